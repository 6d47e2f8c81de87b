/* stb.c - stb_image from the distribution, for PNG and BMP that decode_png.c and decode_bmp.c have checked.
 *
 * stb_image gives its allocator no context, so the budget of the decode under way is thread-local: it is set when a
 * decode begins and empty when it ends. All memory is zeroed (lg_alloc), so that no old bytes ever reach a pixel. */
#include <limits.h>
#include <string.h>

static void *budget_alloc(unsigned long size);
static void *budget_realloc(void *old, unsigned long old_size, unsigned long size);
static void budget_free(void *p);

#include "lib/base/lg.h"
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_MAX_DIMENSIONS                   65535
#define STBI_ASSERT(x)                        LG_BUG_ON(!(x))
#define STBI_MALLOC(size)                     budget_alloc(size)
#define STBI_FREE(p)                          budget_free(p)
#define STBI_REALLOC_SIZED(p, old_size, size) budget_realloc(p, old_size, size)
/* Not our code: its warnings are off, also where it is inlined into ours below. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#else
#pragma GCC diagnostic ignored "-Wunused-but-set-parameter"
#endif
#include <stb/stb_image.h>

#include "lib/image/decode_parts.h"
#include "lib/base/banned.h"

enum { BLOCKS = 32 }; /* stb_image holds fewer than ten at once */
static _Thread_local struct {
    size_t left;
    lg_err *err; /* of the decode under way */
    struct {
        void *p;
        size_t size;
    } block[BLOCKS];
} budget;

static int budget_find(const void *p)
{
    for (int i = 0; i < BLOCKS; i++)
        if (budget.block[i].p == p) return i;
    return -1;
}

static void *budget_alloc(unsigned long size)
{
    int slot = budget_find(NULL);
    if (slot < 0 || size > budget.left) return NULL;
    void *p = lg_alloc(1, size, budget.err);
    if (!p) return NULL;
    budget.block[slot].p = p;
    budget.block[slot].size = size;
    budget.left -= size;
    return p;
}

static void budget_free(void *p)
{
    int slot = p ? budget_find(p) : -1;
    if (slot < 0) return;
    budget.left += budget.block[slot].size;
    budget.block[slot].p = NULL;
    lg_free(p);
}

static void *budget_realloc(void *old, unsigned long old_size, unsigned long size)
{
    if (!old) return budget_alloc(size);
    int slot = budget_find(old);
    (void)old_size; /* what stb_image says it used; the block's own size is the truth */
    if (slot < 0 || size > budget.left + budget.block[slot].size) return NULL;
    void *p = lg_realloc(old, budget.block[slot].size, size, 1, budget.err);
    if (!p) return NULL;
    budget.left = budget.left + budget.block[slot].size - size;
    budget.block[slot].p = p;
    budget.block[slot].size = size;
    return p;
}

/* Lays (v, alpha) over white, in place. Returns whether anything was transparent. */
static bool over_white(uint8_t *px, size_t n, int c)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *in = px + (size_t)(c + 1) * i;
        uint32_t a = in[c];
        any |= a != 255;
        for (int k = 0; k < c; k++)
            px[(size_t)c * i + (size_t)k] = (uint8_t)((in[k] * a + 255 * (255 - a) + 127) / 255);
    }
    return any;
}

/* stb_image's own words for what the header passes did not see. */
static lg_status explain(const img_info *info, lg_err *err)
{
    if (err->code) return err->status; /* out of memory, filled by the allocator */
    const char *why = stbi_failure_reason(), *format = img_format_name(info->format);
    if (why && !strcmp(why, "outofmem"))
        return img_bad(err, LG_E_LIMIT, "decoding it takes more memory than its size allows for");
    if (why && (!strcmp(why, "not enough pixels") || strstr(why, "EOF") || strstr(why, "end of")))
        return img_bad(err, LG_E_FORMAT, "the %s data ends early", format);
    return img_bad(err, LG_E_FORMAT, "its %s data is damaged", format);
}

lg_status img_stb_decode(img_bytes file, size_t memory, img_picture *out, img_info *info, lg_err *err)
{
    int w, h, c;
    memset(&budget, 0, sizeof budget);
    budget.left = memory;
    budget.err = err;
    uint8_t *px = file.len > INT_MAX ? NULL : stbi_load_from_memory(file.p, (int)file.len, &w, &h, &c, 0);
    if (!px) return explain(info, err);
    budget.block[budget_find(px)].p = NULL; /* the picture's from here on */
    if (c == 2 || c == 4) info->alpha = over_white(px, (size_t)w * (size_t)h, --c);
    info->channels = c;
    *out = (img_picture){.h = h, .w = w, .c = c, .px = px};
    return LG_OK;
}
