/* Resizing against a plain double-precision reference, fitting, enlarging. */
#include "tests/support/test.h"
#include "lib/image/resize.h"

static img_picture noise(int h, int w, int c, uint64_t seed)
{
    lg_err err = {0};
    lg_rng rng;
    img_picture p = {0};
    CHECK_OK(img_picture_init(&p, h, w, c, &err));
    lg_rng_init(&rng, seed);
    for (size_t i = 0; i < img_size(&p); i++) p.px[i] = (uint8_t)lg_rng_below(&rng, 256);
    return p;
}

/* Triangle filter by its definition, one output value at a time, over the window (x0, y0)-(x1, y1). */
static double reference(const img_picture *p, const double box[4], int h, int w, int y, int x, int k)
{
    double rx = (box[2] - box[0]) / w, ry = (box[3] - box[1]) / h, sx = rx > 1 ? rx : 1, sy = ry > 1 ? ry : 1;
    double cx = box[0] + (x + 0.5) * rx, cy = box[1] + (y + 0.5) * ry, sum = 0, total = 0;
    for (int r = 0; r < p->h; r++) {
        for (int q = 0; q < p->w; q++) {
            double wy = 1 - fabs(r + 0.5 - cy) / sy, wx = 1 - fabs(q + 0.5 - cx) / sx;
            if (wy <= 0 || wx <= 0) continue;
            sum += wx * wy * img_at(p, r, q)[k];
            total += wx * wy;
        }
    }
    return sum / total;
}

static void compare(const img_picture *p, const double box[4], int h, int w)
{
    lg_err err = {0};
    img_picture out = {0};
    CHECK_OK(img_resize_window(p, box[0], box[1], box[2], box[3], h, w, &out, &err));
    CHECK(out.h == h && out.w == w && out.c == p->c);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int k = 0; k < p->c; k++) CHECK_NEAR(img_at(&out, y, x)[k], reference(p, box, h, w, y, x, k), 0.56);
    img_picture_release(&out);
}

TEST(resize_equals_the_definition)
{
    static const int sizes[][4] = {{40, 60, 13, 17}, {9, 7, 30, 21},  {64, 64, 1, 1},
                                   {1, 1, 5, 6},     {33, 50, 33, 8}, {5, 90, 64, 64}};
    for (int c = 1; c <= 3; c += 2) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            const int *s = sizes[i];
            img_picture p = noise(s[0], s[1], c, 7 + i);
            compare(&p, (double[]){0, 0, s[1], s[0]}, s[2], s[3]);
            compare(&p, (double[]){0.2 * s[1], 0.1 * s[0], 0.75 * s[1], 0.9 * s[0]}, s[2], s[3]);
            img_picture_release(&p);
        }
    }
}

TEST(flat_pictures_stay_flat)
{
    lg_err err = {0};
    for (int v = 0; v < 256; v += 51) {
        img_picture p = {0}, q = {0};
        CHECK_OK(img_picture_init(&p, 97, 131, 3, &err));
        memset(p.px, v, img_size(&p));
        CHECK_OK(img_resize(&p, 64, 64, &q, &err));
        for (size_t i = 0; i < img_size(&q); i++) CHECK_INT(q.px[i], v);
        img_picture_release(&p);
        img_picture_release(&q);
    }
}

TEST(fit_modes)
{
    lg_err err = {0};
    img_picture p = {0}, q = {0};
    CHECK_OK(img_picture_init(&p, 40, 80, 1, &err));
    for (int y = 0; y < 40; y++) memset(img_at(&p, y, 20), 200, 40); /* the middle square is light, the sides black */
    CHECK_OK(img_fit(&p, IMG_FIT_CROP, 20, 20, &q, &err));
    for (size_t i = 0; i < img_size(&q); i++)
        if (i % 20 > 0 && i % 20 < 19) CHECK_INT(q.px[i], 200);
    img_picture_release(&q);
    memset(p.px, 200, img_size(&p));
    CHECK_OK(img_fit(&p, IMG_FIT_PAD, 20, 20, &q, &err));
    CHECK_INT(*img_at(&q, 4, 10), 0);
    CHECK_INT(*img_at(&q, 5, 0), 200);
    CHECK_INT(*img_at(&q, 14, 19), 200);
    CHECK_INT(*img_at(&q, 15, 10), 0);
    img_picture_release(&q);
    CHECK_OK(img_fit(&p, IMG_FIT_STRETCH, 7, 3, &q, &err));
    CHECK(q.h == 7 && q.w == 3 && q.px[20] == 200);
    img_picture_release(&q);
    img_picture_release(&p);
}

TEST(enlarge_repeats)
{
    lg_err err = {0};
    img_picture p = noise(3, 5, 3, 1), q = {0};
    CHECK_OK(img_enlarge(&p, 4, &q, &err));
    CHECK(q.h == 12 && q.w == 20);
    for (int y = 0; y < 12; y++)
        for (int x = 0; x < 20; x++) CHECK(!memcmp(img_at(&q, y, x), img_at(&p, y / 4, x / 4), 3));
    img_picture_release(&q);
    CHECK_INT(img_enlarge(&p, 0, &q, &err), LG_E_ARG);
    img_picture_release(&p);
}

TEST(crop_and_convert)
{
    lg_err err = {0};
    img_picture p = noise(10, 12, 3, 3), q = {0};
    CHECK_OK(img_crop(&p, -3, 4, 8, 100, &q, &err));
    CHECK(q.w == 5 && q.h == 6 && !memcmp(img_at(&q, 0, 0), img_at(&p, 4, 0), 15));
    img_picture_release(&q);
    CHECK_INT(img_crop(&p, 12, 0, 4, 4, &q, &err), LG_E_ARG);
    lg_err_clear(&err);
    CHECK_OK(img_convert(&p, 1, &q, &err));
    const uint8_t *v = p.px;
    CHECK_NEAR(q.px[0], 0.299 * v[0] + 0.587 * v[1] + 0.114 * v[2], 0.51);
    img_picture_release(&q);
    img_picture_release(&p);
}

TEST(out_of_memory_is_said)
{
    img_picture p = noise(30, 30, 3, 5), q = {0};
    for (long nth = 1;; nth++) {
        lg_err err = {0};
        lg_alloc_fail_at(nth, false);
        lg_status st = img_fit(&p, IMG_FIT_PAD, 8, 12, &q, &err);
        lg_alloc_fail_at(0, false);
        if (st == LG_OK) break;
        CHECK_INT(st, LG_E_MEMORY);
        CHECK(q.px == NULL);
    }
    img_picture_release(&q);
    img_picture_release(&p);
}
