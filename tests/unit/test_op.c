/* Image operations: every one in the table keeps size and range, does nothing at strength 0 and depends on its key
 * alone; what is drawn is what is applied. */
#include "lib/image/augment.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/pool.h"
#include "tests/support/test.h"

#include "lib/base/banned.h"

enum { H = 24, W = 40 };

/* Smooth, with values over the whole range. */
static void picture_of(img_picture *p, int c)
{
    lg_err err = {0};
    *p = (img_picture){0};
    CHECK(img_picture_init(p, H, W, c, &err) == LG_OK);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int k = 0; k < c; k++) img_at(p, y, x)[k] = (uint8_t)(127 + 120 * sin(0.2 * x + 0.3 * y + k));
}

static void make(const img_augment *how, uint64_t key, const img_picture *src, uint8_t *out)
{
    lg_err err = {0};
    img_variant variant;
    img_variant_draw(how, key, &variant);
    CHECK(img_variant_make(&variant, src, out, &err) == LG_OK);
}

TEST(every_operation_repeats_and_rests)
{
    uint8_t a[H * W * 3 + 8], b[H * W * 3 + 8];
    for (size_t i = 0; img_ops[i]; i++) {
        const img_op *op = img_ops[i];
        CHECK(op->name && op->doc && img_op_find(op->name) == op);
        CHECK(op->measure || (op->draw && op->order > 0 && op->text && (op->map || op->apply)));
        for (int c = 1; op->draw && c <= 3; c += 2) {
            img_picture p;
            size_t n = (size_t)H * W * (size_t)c;
            img_augment how = {0};
            picture_of(&p, c);
            CHECK(img_augment_set(&how, op->name, 0));
            make(&how, 99, &p, a);
            CHECK(memcmp(a, p.px, n) == 0);
            CHECK(!img_augment_set(&how, op->name, op->max * 1.01) && !img_augment_set(&how, op->name, -0.1));
            CHECK(img_augment_set(&how, op->name, op->max));
            bool moved = false;
            for (uint64_t key = 1; key < 40; key++) {
                memset(a, 0xaa, sizeof a), memset(b, 0x55, sizeof b);
                make(&how, key, &p, a);
                make(&how, key, &p, b);
                CHECK(memcmp(a, b, n) == 0 && a[n] == 0xaa && b[n] == 0x55);
                moved |= memcmp(a, p.px, n) != 0;
            }
            CHECK(moved);
            make(&how, 0, &p, a); /* the untouched variant */
            CHECK(memcmp(a, p.px, n) == 0);
            img_picture_release(&p);
        }
    }
    CHECK(img_op_find("none") == NULL);
}

TEST(drawn_numbers_stay_within_their_strength)
{
    img_augment how = {0};
    double low = 0, high = 0;
    CHECK(img_augment_set(&how, "rotate", 15) && img_augment_get(&how, "rotate") == 15);
    for (uint32_t v = 1; v < 2000; v++) {
        img_variant variant;
        img_variant_draw(&how, img_variant_key(7, 412, v, 0), &variant);
        for (int i = 0; img_ops[i]; i++) {
            bool rotate = strcmp(img_ops[i]->name, "rotate") == 0;
            CHECK(variant.drawn[i].on == rotate);
            if (rotate)
                low = fmin(low, (double)variant.drawn[i].v[0]), high = fmax(high, (double)variant.drawn[i].v[0]);
        }
    }
    CHECK(low >= -15 && low < -14.8 && high <= 15 && high > 14.8);
    CHECK(img_variant_key(7, 412, 0, 3) == 0);
    CHECK(img_variant_key(7, 412, 1, 0) != img_variant_key(7, 412, 1, 1));
    CHECK(img_variant_key(7, 412, 1, 0) != img_variant_key(7, 413, 1, 0));
    CHECK(img_variant_key(7, 412, 1, 0) != img_variant_key(8, 412, 1, 0));
}

/* An operation switched on must not change what the others draw. */
TEST(operations_draw_independently)
{
    img_augment one = {0}, both = {0};
    img_variant a, b;
    CHECK(img_augment_set(&one, "rotate", 15) && img_augment_set(&both, "rotate", 15));
    CHECK(img_augment_set(&both, "zoom", 0.1));
    img_variant_draw(&one, 5, &a);
    img_variant_draw(&both, 5, &b);
    for (int i = 0; img_ops[i]; i++)
        if (strcmp(img_ops[i]->name, "rotate") == 0) CHECK(a.drawn[i].v[0] == b.drawn[i].v[0]);
}

/* Sets what one operation drew, by hand. */
static void chosen(img_variant *variant, const char *op, float v0, float v1)
{
    *variant = (img_variant){0};
    for (int i = 0; img_ops[i]; i++)
        if (strcmp(img_ops[i]->name, op) == 0) variant->drawn[i] = (img_drawn){.v = {v0, v1}, .on = true};
}

TEST(what_is_said_is_what_is_done)
{
    lg_err err = {0};
    img_variant v;
    img_picture p;
    uint8_t out[H * W * 3];
    picture_of(&p, 3);
    chosen(&v, "flip", 0, 0);
    CHECK(img_variant_make(&v, &p, out, &err) == LG_OK);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) CHECK(memcmp(out + (y * W + x) * 3, img_at(&p, y, W - 1 - x), 3) == 0);
    chosen(&v, "shift", 0.25f, -0.5f); /* 10 to the right, 12 up */
    CHECK(img_variant_make(&v, &p, out, &err) == LG_OK);
    for (int y = 0; y < H - 12; y++)
        for (int x = 10; x < W; x++) CHECK(memcmp(out + (y * W + x) * 3, img_at(&p, y + 12, x - 10), 3) == 0);
    CHECK(memcmp(out + 9 * 3, img_at(&p, 12, 0), 3) == 0); /* beyond the edge it is mirrored */
    chosen(&v, "rotate", 180, 0);
    CHECK(img_variant_make(&v, &p, out, &err) == LG_OK);
    for (int i = 0; i < H * W; i++)
        for (int k = 0; k < 3; k++) CHECK(abs(out[i * 3 + k] - p.px[(H * W - 1 - i) * 3 + k]) <= 1);
    chosen(&v, "brightness", 0.5f, 0);
    CHECK(img_variant_make(&v, &p, out, &err) == LG_OK);
    for (int i = 0; i < H * W * 3; i++) CHECK_INT(out[i], (p.px[i] + 1) / 2);
    lg_buf text;
    lg_buf_init(&text, 0);
    chosen(&v, "rotate", -7.3f, 0);
    img_variant_text(&v, &text);
    CHECK_STR(lg_buf_str(&text), "rot -7°");
    lg_buf_release(&text);
    img_picture_release(&p);
}

/* A quarter turn clockwise of a square: the top edge becomes the right one. */
TEST(positive_turns_are_clockwise)
{
    lg_err err = {0};
    img_variant v;
    img_picture p = {0};
    uint8_t out[9];
    CHECK(img_picture_init(&p, 3, 3, 1, &err) == LG_OK);
    for (int i = 0; i < 9; i++) p.px[i] = (uint8_t)(10 * i);
    chosen(&v, "rotate", 90, 0);
    CHECK(img_variant_make(&v, &p, out, &err) == LG_OK);
    const uint8_t want[9] = {60, 30, 0, 70, 40, 10, 80, 50, 20};
    CHECK(memcmp(out, want, 9) == 0);
    img_picture_release(&p);
}

TEST(glare_is_filled_from_its_surroundings)
{
    lg_err err = {0};
    img_picture p = {0};
    const img_op *glare = img_op_find("glare");
    const uint8_t fill[3][3] = {{50, 60, 70}, {240, 240, 240}, {50, 60, 70}};
    for (int kind = 0; kind < 3; kind++) {
        CHECK(img_picture_init(&p, 16, 16, 3, &err) == LG_OK);
        for (int i = 0; i < 256; i++) memcpy(p.px + 3 * i, fill[0], 3);
        for (int y = 4; y < 8; y++) memset(img_at(&p, y, 4), 250, 12);
        memcpy(img_at(&p, 12, 12), "\xff\xff\x10", 3); /* bright, but yellow */
        CHECK(fabs(glare->measure(&p) - 16.0 / 256) < 1e-9);
        const img_drawn drawn = {.v = {240, (float)kind}, .on = true};
        CHECK(glare->apply(&drawn, &p, &err) == LG_OK);
        for (int y = 4; y < 8; y++)
            for (int x = 4; x < 8; x++) CHECK(memcmp(img_at(&p, y, x), fill[kind], 3) == 0);
        CHECK(memcmp(img_at(&p, 12, 12), "\xff\xff\x10", 3) == 0);
        CHECK(memcmp(img_at(&p, 0, 0), fill[0], 3) == 0);
        img_picture_release(&p);
    }
    CHECK(img_picture_init(&p, 16, 16, 3, &err) == LG_OK); /* white paper is no glare */
    memset(p.px, 255, img_size(&p));
    const img_drawn drawn = {.v = {240, 0}, .on = true};
    CHECK(glare->apply(&drawn, &p, &err) == LG_OK && p.px[0] == 255 && glare->measure(&p) == 0);
    img_picture_release(&p);
}

/* Laplacian of a single bright pixel in a 5x5 picture: -4v and four times v among nine places. */
TEST(measures_equal_their_definitions)
{
    lg_err err = {0};
    img_picture p = {0};
    CHECK(img_picture_init(&p, 5, 5, 1, &err) == LG_OK);
    CHECK(img_op_find("blur")->measure(&p) == 0);
    *img_at(&p, 2, 2) = 100;
    CHECK(fabs(img_op_find("blur")->measure(&p) - (16e4 + 4e4) / 9) < 1e-6);
    CHECK(fabs(img_op_find("brightness")->measure(&p) - 100.0 / 255 / 25) < 1e-9);
    img_picture_release(&p);
}
