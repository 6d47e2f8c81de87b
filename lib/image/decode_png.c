/* decode_png.c - PNG: every chunk is checked here (ISO/IEC 15948), then stb_image gets a file that holds only what
 * makes pixels: IHDR, a palette of 256 entries, tRNS, IDAT, IEND.
 *
 * Entries a palette lacks are black, as in libpng; stb_image alone would show what happened to be on the stack. Texts,
 * profiles and the like never reach a decoder. */
#include <string.h>
#include <zlib.h>
#include "lib/image/decode_parts.h"
#include "lib/base/banned.h"

#define CHUNK(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGBA = 6, FRAME = 12 /* length, type, CRC around the data */ };

typedef struct chunk {
    uint32_t type, len;
    size_t at; /* of the length field */
    const uint8_t *data;
} chunk;

static lg_status damaged(lg_err *err, const char *part)
{
    return img_bad(err, LG_E_FORMAT, "its PNG %s is damaged", part);
}

static lg_status next_chunk(img_bytes file, size_t at, chunk *c, lg_err *err)
{
    if (file.len - at < FRAME) return img_bad(err, LG_E_FORMAT, "the PNG data ends early");
    *c = (chunk){.type = img_be32(file.p + at + 4), .len = img_be32(file.p + at), .at = at, .data = file.p + at + 8};
    if (c->len > INT32_MAX) return damaged(err, "structure");
    if (c->len > file.len - at - FRAME) return img_bad(err, LG_E_FORMAT, "the PNG data ends early");
    return LG_OK;
}

/* For chunks that make pixels; damage in a comment does no harm. */
static bool crc_ok(const chunk *c)
{
    return crc32(0, c->data - 4, c->len + 4) == img_be32(c->data + c->len);
}

static lg_status read_head(const chunk *c, int64_t max_pixels, img_png_header *head, lg_err *err)
{
    static const uint32_t depths[7] = {[GREY] = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16,
                                       [RGB] = 1 << 8 | 1 << 16,
                                       [PALETTE] = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8,
                                       [GREY_ALPHA] = 1 << 8 | 1 << 16,
                                       [RGBA] = 1 << 8 | 1 << 16};
    const uint8_t *p = c->data;
    if (c->type != CHUNK('I', 'H', 'D', 'R') || c->len != 13 || !crc_ok(c)) return damaged(err, "header");
    LG_TRY(img_check_size(img_be32(p), img_be32(p + 4), max_pixels, err));
    *head = (img_png_header){
        .w = (int)img_be32(p), .h = (int)img_be32(p + 4), .depth = p[8], .colour = p[9], .interlace = p[12]};
    if (p[9] > 6 || p[8] > 16 || !(depths[p[9]] >> p[8] & 1) || p[10] || p[11] || p[12] > 1)
        return damaged(err, "header");
    return LG_OK;
}

static lg_status read_palette(const chunk *c, img_png_header *head, lg_err *err)
{
    if (head->palette || head->packed || c->len == 0 || c->len % 3 || c->len > 768 || head->colour == GREY ||
        head->colour == GREY_ALPHA)
        return damaged(err, "palette");
    head->palette = (uint32_t)c->at;
    head->entries = c->len / 3;
    return LG_OK;
}

/* A tRNS that breaks the rules is left out, as libpng does: the picture is whole without it. */
static void read_transparent(const chunk *c, img_png_header *head)
{
    bool fits = (head->colour == GREY && c->len == 2) || (head->colour == RGB && c->len == 6) ||
                (head->colour == PALETTE && head->palette && c->len > 0 && c->len <= head->entries);
    if (fits && !head->packed && !head->transparent && crc_ok(c)) head->transparent = (uint32_t)c->at;
}

static lg_status read_chunk(const chunk *c, const chunk *before, img_png_header *head, img_info *info, lg_err *err)
{
    bool critical = !(c->type >> 24 & 0x20);
    if (critical && !crc_ok(c)) return damaged(err, "checksum");
    switch (c->type) {
    case CHUNK('P', 'L', 'T', 'E'): return read_palette(c, head, err);
    case CHUNK('t', 'R', 'N', 'S'): read_transparent(c, head); return LG_OK;
    case CHUNK('e', 'X', 'I', 'f'):
        if (crc_ok(c)) info->orientation = img_exif_orientation((img_bytes){c->data, c->len});
        return LG_OK;
    case CHUNK('I', 'D', 'A', 'T'):
        if (head->first_data && before->type != c->type) return damaged(err, "structure");
        if (!head->first_data) head->first_data = c->at;
        head->packed += c->len;
        return LG_OK;
    case CHUNK('I', 'E', 'N', 'D'): return LG_OK;
    case CHUNK('C', 'g', 'B', 'I'): return img_bad(err, LG_E_UNSUPPORTED, "it is an Apple variant of PNG (CgBI)");
    default: return critical ? img_bad(err, LG_E_FORMAT, "the PNG needs an extension that is not known here") : LG_OK;
    }
}

lg_status img_png_probe(img_bytes file, int64_t max_pixels, img_png_header *head, img_info *info, lg_err *err)
{
    chunk c, before;
    LG_TRY(next_chunk(file, 8, &c, err));
    LG_TRY(read_head(&c, max_pixels, head, err));
    do {
        before = c;
        LG_TRY(next_chunk(file, c.at + FRAME + c.len, &c, err));
        LG_TRY(read_chunk(&c, &before, head, info, err));
    } while (c.type != CHUNK('I', 'E', 'N', 'D'));
    if (head->colour == PALETTE && !head->palette) return img_bad(err, LG_E_FORMAT, "the PNG lacks its palette");
    if (!head->packed) return img_bad(err, LG_E_FORMAT, "the PNG holds no picture data");
    bool turned = info->orientation >= 5;
    info->w = turned ? head->h : head->w;
    info->h = turned ? head->w : head->h;
    info->channels = head->colour == GREY || head->colour == GREY_ALPHA ? 1 : 3;
    return LG_OK;
}

static void put32(lg_buf *b, uint32_t v)
{
    const uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    lg_buf_add(b, bytes, 4);
}

static void put_chunk(lg_buf *b, uint32_t type, const uint8_t *data, uint32_t len)
{
    put32(b, len);
    put32(b, type);
    if (len) lg_buf_add(b, data, len);
    put32(b, 0); /* stb_image does not read it */
}

static void rewrite(img_bytes file, const img_png_header *head, lg_buf *b)
{
    lg_buf_add(b, file.p, 8 + FRAME + 13);
    if (head->colour == PALETTE) {
        uint8_t palette[768] = {0};
        memcpy(palette, file.p + head->palette + 8, 3 * (size_t)head->entries);
        put_chunk(b, CHUNK('P', 'L', 'T', 'E'), palette, sizeof palette);
    }
    if (head->transparent)
        put_chunk(b, CHUNK('t', 'R', 'N', 'S'), file.p + head->transparent + 8, img_be32(file.p + head->transparent));
    size_t at = head->first_data;
    while (img_be32(file.p + at + 4) == CHUNK('I', 'D', 'A', 'T')) {
        uint32_t len = img_be32(file.p + at);
        if (len) put_chunk(b, CHUNK('I', 'D', 'A', 'T'), file.p + at + 8, len);
        at += FRAME + len;
    }
    put_chunk(b, CHUNK('I', 'E', 'N', 'D'), NULL, 0);
}

/* What an honest file of this size may take inside stb_image: packed and unpacked data (both grow by doubling), the
 * pixels, and one copy of them for each conversion under way. */
static size_t memory_needed(const img_png_header *head)
{
    size_t channels = head->colour == GREY ? 2 : head->colour == GREY_ALPHA ? 2 : 4;
    size_t area = (size_t)head->w * (size_t)head->h, bytes = head->depth == 16 ? 2 : 1;
    size_t need = (1u << 20) + 2 * head->packed + 2 * (area * channels * bytes + 8 * (size_t)head->h) +
                  3 * area * channels * bytes;
    return need < IMG_MAX_MEMORY ? need : IMG_MAX_MEMORY;
}

lg_status img_png_decode(img_bytes file, const img_png_header *head, img_picture *out, img_info *info, lg_err *err)
{
    lg_buf clean;
    lg_buf_init(&clean, file.len + 2048);
    rewrite(file, head, &clean);
    lg_status st = lg_buf_check(&clean, err);
    if (!st)
        st = img_stb_decode((img_bytes){(const uint8_t *)clean.data, clean.len}, memory_needed(head), out, info, err);
    lg_buf_release(&clean);
    return st;
}
