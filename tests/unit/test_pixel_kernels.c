/* Every variant of the pictures' inner loops gives the scalar one's bytes, and writes nothing else. */
#include "lib/image/pixel_kernels.h"
#include <stdlib.h>
#include <string.h>
#include "lib/image/augment.h"
#include "tests/support/test.h"

#include "lib/base/banned.h"

enum { MOST = 70, BEHIND = 32 };

static int below(lg_rng *rng, int n)
{
    return (int)lg_rng_below(rng, (uint32_t)n);
}

static void noise(lg_rng *rng, img_picture *p, int h, int w, int c)
{
    lg_err err = {0};
    *p = (img_picture){0};
    CHECK_OK(img_picture_init(p, h, w, c, &err));
    for (size_t i = 0; i < img_size(p); i++) p->px[i] = (uint8_t)lg_rng_below(rng, 256);
}

static int brief_axes;

/* Weights that sum to 1 << 16, in random places; sometimes all in one. */
static void random_axis(lg_rng *rng, img_axis *a, int size)
{
    lg_err err = {0};
    *a = (img_axis){.n = 1 + below(rng, MOST), .taps = 1 + below(rng, size)};
    a->first = lg_alloc((size_t)a->n, sizeof *a->first, &err);
    a->weight = lg_alloc((size_t)a->n * (size_t)a->taps, sizeof *a->weight, &err);
    CHECK(a->first && a->weight);
    for (int i = 0; i < a->n; i++) {
        uint32_t left = 1u << IMG_WEIGHT_BITS, *w = a->weight + (size_t)i * (size_t)a->taps;
        a->first[i] = below(rng, size - a->taps + 1);
        for (int t = 0; t < a->taps; t++) {
            w[t] = t == a->taps - 1 ? left : lg_rng_below(rng, 4) ? lg_rng_below(rng, left / 2 + 1) : 0;
            left -= w[t];
        }
    }
    CHECK_OK(img_axis_abbreviate(a, &err));
    brief_axes += a->brief != NULL;
}

static void same_resize(const img_kernels *k, lg_rng *rng, int c)
{
    static uint8_t row[MOST * 3 + IMG_KERNEL_SLACK], bytes[2][MOST * 3 + BEHIND];
    static uint16_t rows[MOST * MOST * 3], kept[2][MOST * 3 + BEHIND];
    int size = 1 + below(rng, MOST);
    img_axis a;
    random_axis(rng, &a, size);
    for (size_t i = 0; i < sizeof row; i++) row[i] = (uint8_t)lg_rng_below(rng, 256);
    memset(kept, 0xaa, sizeof kept);
    img_kernels_scalar.row(&a, row, c, kept[0]);
    k->row(&a, row, c, kept[1]);
    CHECK(memcmp(kept[0], kept[1], sizeof kept[0]) == 0);
    size_t width = 1 + lg_rng_below(rng, MOST * 3);
    for (size_t i = 0; i < (size_t)size * width; i++) rows[i] = (uint16_t)lg_rng_below(rng, 255 * 128 + 1);
    for (int y = 0; y < a.n; y += 7) {
        memset(bytes, 0xaa, sizeof bytes);
        img_kernels_scalar.column(&a, y, rows, 0, width, bytes[0]);
        k->column(&a, y, rows, 0, width, bytes[1]);
        CHECK(memcmp(bytes[0], bytes[1], sizeof bytes[0]) == 0);
    }
    img_axis_release(&a);
}

/* At any address, as pictures' rows are. */
static void same_sums(const img_kernels *k, lg_rng *rng, int c)
{
    static uint8_t px[MOST * 3 * 5];
    uint64_t sum[2][3];
    bool white = lg_rng_below(rng, 8) == 0;
    size_t n = lg_rng_below(rng, MOST * 4), from = lg_rng_below(rng, MOST);
    for (size_t i = 0; i < sizeof px; i++) px[i] = (uint8_t)(white ? 255 : lg_rng_below(rng, 256));
    img_kernels_scalar.sums(px + from, n, c, sum[0]);
    k->sums(px + from, n, c, sum[1]);
    CHECK(memcmp(sum[0], sum[1], sizeof sum[0]) == 0);
}

/* From gentle turns to walks far beyond every edge. */
static int64_t random_step(lg_rng *rng, int times)
{
    int64_t one = (int64_t)1 << IMG_WARP_FRACTION;
    return ((int64_t)lg_rng_below(rng, 2001) - 1000) * one * times / 1000;
}

static void same_warp(const img_kernels *k, lg_rng *rng, int c)
{
    static uint8_t out[2][MOST * 3 + BEHIND];
    static const int steps[] = {1, 1, 1, 2, 12};
    img_picture src;
    noise(rng, &src, 1 + below(rng, MOST), 1 + below(rng, MOST), c);
    int times = steps[lg_rng_below(rng, 5)];
    img_walk walk = {.x = random_step(rng, 80), .y = random_step(rng, 80)};
    walk.dx = random_step(rng, times);
    walk.dy = random_step(rng, times);
    memset(out, 0xaa, sizeof out);
    img_kernels_scalar.warp(&src, walk, src.w, out[0]);
    k->warp(&src, walk, src.w, out[1]);
    CHECK(memcmp(out[0], out[1], sizeof out[0]) == 0);
    img_picture_release(&src);
}

TEST(every_variant_gives_the_scalar_bytes)
{
    int variants = 0;
    for (const img_kernels *k; (k = img_kernels_at(variants)); variants++) {
        lg_rng rng;
        lg_rng_init(&rng, 11);
        for (int round = 0; round < 1500; round++) {
            same_resize(k, &rng, round % 2 ? 3 : 1);
            same_warp(k, &rng, round % 2 ? 3 : 1);
            same_sums(k, &rng, round % 2 ? 3 : 1);
        }
    }
    CHECK(brief_axes > 100 && brief_axes < 1500 * variants - 100); /* both kinds were there */
    CHECK(variants >= 1 && img_kernels_at(0) == &img_kernels_scalar);
    printf("  %d variants\n", variants);
}

TEST(the_choice_can_be_lowered)
{
    const char *highest = getenv("NN_ISA");
    if (highest && strcmp(highest, "scalar") == 0) CHECK(img_kernels_best() == &img_kernels_scalar);
    else CHECK(img_kernels_best() == img_kernels_at(1) || !img_kernels_at(1));
}
