/* pixel_kernels.c - the scalar loops, which are the judge of the others, and the choice. */
#include "lib/image/pixel_kernels.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

void img_axis_release(img_axis *a)
{
    lg_free(a->first);
    lg_free(a->weight);
    lg_free(a->brief);
    *a = (img_axis){0};
}

lg_status img_axis_abbreviate(img_axis *a, lg_err *err)
{
    size_t count = (size_t)a->n * (size_t)a->taps;
    for (size_t i = 0; i < count; i++)
        if (a->weight[i] > INT16_MAX) return LG_OK;
    a->quads = (a->taps + 3) / 4;
    a->brief = lg_alloc((size_t)a->n, 4 * (size_t)a->quads * sizeof *a->brief, err);
    if (!a->brief) return LG_E_MEMORY;
    const uint32_t *from = a->weight;
    for (int i = 0; i < a->n; i++, from += a->taps) {
        int16_t *to = a->brief + (size_t)i * 4 * (size_t)a->quads;
        for (int t = 0; t < a->taps; t++) to[t] = (int16_t)from[t];
    }
    return LG_OK;
}

/* ---- the scalar loops ---- */
static void scalar_row(const img_axis *a, const uint8_t *row, int c, uint16_t *out)
{
    const uint32_t half = 1u << (IMG_WEIGHT_BITS - IMG_KEEP_BITS - 1);
    for (int x = 0; x < a->n; x++) {
        const uint32_t *w = a->weight + (size_t)x * (size_t)a->taps;
        const uint8_t *p = row + (size_t)a->first[x] * (size_t)c;
        uint32_t sum[3] = {half, half, half};
        for (int t = 0; t < a->taps; t++, p += c)
            for (int k = 0; k < c; k++) sum[k] += w[t] * p[k];
        for (int k = 0; k < c; k++) *out++ = (uint16_t)(sum[k] >> (IMG_WEIGHT_BITS - IMG_KEEP_BITS));
    }
}

/* In blocks, so that the sums stay near. */
static void scalar_column(const img_axis *a, int y, const uint16_t *rows, int first_row, size_t width, uint8_t *out)
{
    enum { BLOCK = 256 };
    uint32_t sum[BLOCK];
    const uint32_t *w = a->weight + (size_t)y * (size_t)a->taps;
    for (size_t from = 0; from < width; from += BLOCK) {
        size_t n = width - from < BLOCK ? width - from : BLOCK;
        for (size_t i = 0; i < n; i++) sum[i] = 1u << (IMG_WEIGHT_BITS + IMG_KEEP_BITS - 1);
        for (int t = 0; t < a->taps; t++) {
            const uint16_t *row = rows + (size_t)(a->first[y] - first_row + t) * width + from;
            if (w[t] == 0) continue;
            for (size_t i = 0; i < n; i++) sum[i] += w[t] * row[i];
        }
        for (size_t i = 0; i < n; i++) out[from + i] = (uint8_t)(sum[i] >> (IMG_WEIGHT_BITS + IMG_KEEP_BITS));
    }
}

/* … c b a | a b c … : any index to one inside. */
static int mirror(int64_t i, int n)
{
    int64_t period = 2 * (int64_t)n, at = i % period;
    if (at < 0) at += period;
    return (int)(at < n ? at : period - 1 - at);
}

static inline void blend(const uint8_t *const p[4], unsigned fx, unsigned fy, int c, uint8_t *out)
{
    const unsigned one = 1u << IMG_WARP_WEIGHT;
    for (int k = 0; k < c; k++) {
        unsigned upper = p[0][k] * (one - fx) + p[1][k] * fx, lower = p[2][k] * (one - fx) + p[3][k] * fx;
        out[k] =
            (uint8_t)((upper * (one - fy) + lower * fy + (1u << (2 * IMG_WARP_WEIGHT - 1))) >> (2 * IMG_WARP_WEIGHT));
    }
}

static void blend_at_edge(const img_picture *src, int64_t ix, int64_t iy, unsigned fx, unsigned fy, uint8_t *out)
{
    int x0 = mirror(ix, src->w), x1 = mirror(ix + 1, src->w), y0 = mirror(iy, src->h), y1 = mirror(iy + 1, src->h);
    const uint8_t *const p[4] = {img_at(src, y0, x0), img_at(src, y0, x1), img_at(src, y1, x0), img_at(src, y1, x1)};
    blend(p, fx, fy, src->c, out);
}

static inline void walk_row(const img_picture *src, img_walk at, int n, int c, uint8_t *out)
{
    const size_t row = (size_t)src->w * (size_t)c;
    const unsigned mask = (1u << IMG_WARP_WEIGHT) - 1;
    const int weighs = IMG_WARP_FRACTION - IMG_WARP_WEIGHT;
    for (int x = 0; x < n; x++, at.x += at.dx, at.y += at.dy, out += c) {
        int64_t ix = at.x >> IMG_WARP_FRACTION, iy = at.y >> IMG_WARP_FRACTION;
        unsigned fx = (unsigned)(at.x >> weighs) & mask, fy = (unsigned)(at.y >> weighs) & mask;
        if ((uint64_t)ix >= (uint64_t)src->w - 1 || (uint64_t)iy >= (uint64_t)src->h - 1) {
            blend_at_edge(src, ix, iy, fx, fy, out);
            continue;
        }
        const uint8_t *p0 = src->px + (size_t)iy * row + (size_t)ix * (size_t)c;
        const uint8_t *const p[4] = {p0, p0 + c, p0 + row, p0 + row + c};
        blend(p, fx, fy, c, out);
    }
}

static void scalar_warp(const img_picture *src, img_walk walk, int n, uint8_t *out)
{
    if (src->c == 3) walk_row(src, walk, n, 3, out);
    else walk_row(src, walk, n, 1, out);
}

static void scalar_sums(const uint8_t *px, size_t n, int c, uint64_t sum[3])
{
    sum[0] = sum[1] = sum[2] = 0;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < c; k++) sum[k] += px[i * (size_t)c + (size_t)k];
}

const img_kernels img_kernels_scalar = {
    .name = "scalar", .row = scalar_row, .column = scalar_column, .warp = scalar_warp, .sums = scalar_sums};

/* ---- the choice ---- */
/* __builtin_cpu_supports asks the operating system too (XCR0), not only the processor. */
const img_kernels *img_kernels_at(int index)
{
    if (index == 0) return &img_kernels_scalar;
#if defined(__x86_64__)
    if (index == 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &img_kernels_avx2;
#endif
    return NULL;
}

/* Written once under pthread_once, read only afterwards. */
static pthread_once_t chosen_once = PTHREAD_ONCE_INIT;
static const img_kernels *chosen;

static void choose(void)
{
    const char *highest = getenv("NN_ISA");
    chosen = &img_kernels_scalar;
    if (highest && strcmp(highest, "scalar") == 0) return;
    for (int i = 1; img_kernels_at(i); i++) chosen = img_kernels_at(i);
}

const img_kernels *img_kernels_best(void)
{
    pthread_once(&chosen_once, choose);
    return chosen;
}
