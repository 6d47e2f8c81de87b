/* test_palette.c - pictures of 256 colours: what is flat stays exact, what is mixed stays near. */
#include "lib/image/decode.h"
#include "lib/image/palette.h"
#include "lib/image/png.h"
#include "tests/support/test.h"

enum { SIDE = 96, STRIDE = SIDE + 7 };

static uint32_t word(int r, int g, int b)
{
    return (uint32_t)r << 16 | (uint32_t)g << 8 | (uint32_t)b;
}

/* What lies behind a row, and in the highest byte of a word, is none of the picture's. */
static uint32_t *blank(void)
{
    lg_err err = {0};
    uint32_t *pixels = lg_alloc(SIDE, STRIDE * sizeof *pixels, &err);
    CHECK(pixels);
    for (int i = 0; i < SIDE * STRIDE; i++) pixels[i] = i % STRIDE < SIDE ? 0x5affffff : 0xff123456 * (uint32_t)i;
    return pixels;
}

static img_picture through_png(const uint32_t *pixels, size_t *len)
{
    lg_err err = {0};
    img_picture p = {0};
    lg_buf png;
    lg_buf_init(&png, 0);
    CHECK_OK(img_png_write_256(pixels, SIDE, SIDE, STRIDE, &png, &err));
    CHECK_INT(png.data[25], 3); /* colours by their numbers */
    CHECK_OK(img_decode(png.data, png.len, &(img_decode_options){.channels = 3}, &p, NULL, &err));
    CHECK(p.w == SIDE && p.h == SIDE);
    if (len) *len = png.len;
    lg_buf_release(&png);
    return p;
}

/* The largest and the mean difference of a channel. */
static int difference(const uint32_t *pixels, const img_picture *p, double *mean)
{
    int most = 0;
    double sum = 0;
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            for (int i = 0; i < 3; i++) {
                int d = abs((int)(pixels[y * STRIDE + x] >> (16 - 8 * i) & 255) - img_at(p, y, x)[i]);
                most = d > most ? d : most;
                sum += d;
            }
        }
    }
    if (mean) *mean = sum / (SIDE * SIDE * 3);
    return most;
}

TEST(paper_and_flat_areas_are_exact)
{
    uint32_t *pixels = blank();
    const uint32_t flat[] = {0x0072b2, 0xd55e00, 0x009e73, 0x222222};
    for (int k = 0; k < 4; k++) {
        for (int y = 10; y < 40; y++)
            for (int x = 2; x < 20; x++) pixels[y * STRIDE + 22 * k + x] = flat[k];
    }
    /* and below them others, some of them so near that they are counted as one with paper or with a flat one */
    const uint32_t near[] = {0xf8fcf8, 0x0573b7, 0xd05c07, 0x079e70, 0x272027};
    for (int i = 0; i < 45 * SIDE; i++)
        pixels[(50 + i / SIDE) * STRIDE + i % SIDE] = i % 9 ? word(i % 251, i % 256, i % 13) : near[i / 9 % 5];
    img_picture p = through_png(pixels, NULL);
    for (int y = 0; y < 45; y++) {
        for (int x = 0; x < SIDE; x++) {
            const uint8_t *got = img_at(&p, y, x);
            CHECK_INT(word(got[0], got[1], got[2]), pixels[y * STRIDE + x] & 0xffffff);
        }
    }
    img_picture_release(&p);
    lg_free(pixels);
}

TEST(what_is_mixed_stays_near)
{
    double mean;
    uint32_t *pixels = blank();
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) pixels[y * STRIDE + x] = word(255 * x / SIDE, 255 * y / SIDE, 60 + x / 2);
    img_picture p = through_png(pixels, NULL);
    CHECK(difference(pixels, &p, &mean) <= 24 && mean < 5);
    img_picture_release(&p);
    /* 200 shades that are far enough from each other: all are there */
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) pixels[y * STRIDE + x] = word(y % 20 * 12, x % 10 * 24, 128);
    p = through_png(pixels, NULL);
    CHECK_INT(difference(pixels, &p, NULL), 0);
    img_picture_release(&p);
    lg_free(pixels);
}

TEST(a_small_mark_keeps_its_colour)
{
    uint32_t *pixels = blank();
    lg_rng rng;
    lg_rng_init(&rng, 7);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            pixels[y * STRIDE + x] = word((int)lg_rng_below(&rng, 128), 128 + (int)lg_rng_below(&rng, 128), 90);
    for (int i = 0; i < 6; i++) pixels[(40 + i / 3) * STRIDE + 40 + i % 3] = 0xff30c0;
    img_picture p = through_png(pixels, NULL);
    const uint8_t *mark = img_at(&p, 40, 40);
    CHECK_INT(word(mark[0], mark[1], mark[2]), 0xff30c0);
    img_picture_release(&p);
    lg_free(pixels);
}

TEST(small_pictures_and_one_colour)
{
    lg_err err = {0};
    img_palette *palette = lg_alloc(1, sizeof *palette, &err);
    const uint32_t one = 0xabcdef;
    CHECK(palette);
    CHECK_OK(img_palette_make(&one, 1, 1, 1, palette, &err));
    CHECK(palette->n == 1 && palette->rgb[0][0] == 0xab && palette->rgb[0][2] == 0xef);
    CHECK_INT(palette->of[img_palette_cell(one)], 0);
    lg_free(palette);
    lg_buf png;
    lg_buf_init(&png, 0);
    CHECK_INT(img_png_write_256(&one, 0, 1, 1, &png, &err), LG_E_ARG);
    lg_buf_release(&png);
}

TEST(it_ends_where_the_file_is_full_or_memory_is)
{
    uint32_t *pixels = blank();
    lg_rng rng;
    lg_buf png;
    lg_err err = {0};
    size_t len;
    lg_rng_init(&rng, 1);
    for (int i = 0; i < SIDE * STRIDE; i++) pixels[i] = (uint32_t)lg_rng_below(&rng, 1 << 24);
    img_picture p = through_png(pixels, &len);
    img_picture_release(&p);
    for (size_t limit = 40; limit < len; limit += 997) {
        lg_buf_init(&png, limit);
        CHECK_INT(img_png_write_256(pixels, SIDE, SIDE, STRIDE, &png, &err), LG_E_LIMIT);
        CHECK(png.failed == LG_E_LIMIT && png.len <= limit);
        lg_err_clear(&err);
        lg_buf_release(&png);
    }
    for (long nth = 1;; nth++) {
        lg_buf_init(&png, 0);
        lg_alloc_fail_at(nth, false);
        lg_status st = img_png_write_256(pixels, SIDE, SIDE, STRIDE, &png, &err);
        lg_alloc_fail_at(0, false);
        lg_buf_release(&png);
        if (st == LG_OK) break;
        CHECK(st == LG_E_MEMORY && err.code == 901);
        lg_err_clear(&err);
    }
    lg_free(pixels);
}
