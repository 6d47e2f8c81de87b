/* Pictures in: what is read, what is refused and how it is said; the corpus of hostile and odd files. */
#include <math.h>
#include "tests/support/test.h"
#include "lib/image/decode.h"
#include "lib/image/resize.h"
#include "lib/image/hash.h"
#include "lib/image/png.h"

typedef struct file {
    uint8_t *p;
    size_t len;
} file;

static file read_file(const char *path)
{
    file f = {0};
    FILE *in = fopen(path, "rb");
    if (!in) return f;
    fseek(in, 0, SEEK_END);
    f.len = (size_t)ftell(in);
    rewind(in);
    f.p = malloc(f.len ? f.len : 1); /* exact size: reading beyond it is seen */
    if (fread(f.p, 1, f.len, in) != f.len) f.len = 0;
    fclose(in);
    return f;
}

static img_picture pattern(int h, int w, int c)
{
    lg_err err = {0};
    img_picture p = {0};
    CHECK_OK(img_picture_init(&p, h, w, c, &err));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int k = 0; k < c; k++) img_at(&p, y, x)[k] = (uint8_t)(40 + 150 * y / h + 20 * (x * 3 / w) + 10 * k);
    return p;
}

TEST(png_round_trip_is_exact)
{
    lg_err err = {0};
    for (int c = 1; c <= 3; c += 2) {
        img_picture p = pattern(37, 53, c), q = {0};
        img_info info;
        lg_buf png;
        lg_buf_init(&png, 0);
        CHECK_OK(img_png_write(&p, 1, &png, &err));
        CHECK_OK(img_decode(png.data, png.len, NULL, &q, &info, &err));
        CHECK_INT(q.c, c);
        CHECK_INT(info.format, IMG_PNG);
        CHECK(img_size(&q) == img_size(&p) && !memcmp(p.px, q.px, img_size(&p)));
        lg_buf_release(&png);
        img_picture_release(&p);
        img_picture_release(&q);
    }
}

TEST(jpeg_round_trip_is_close)
{
    lg_err err = {0};
    for (int c = 1; c <= 3; c += 2) {
        img_picture p = pattern(64, 96, c), q = {0};
        lg_buf jpeg;
        lg_buf_init(&jpeg, 0);
        CHECK_OK(img_jpeg_write(&p, 95, &jpeg, &err));
        CHECK_OK(img_decode(jpeg.data, jpeg.len, NULL, &q, NULL, &err));
        CHECK_INT(q.c, c);
        double off = 0;
        for (size_t i = 0; i < img_size(&p); i++) off += abs(p.px[i] - q.px[i]);
        CHECK_NEAR(off / (double)img_size(&p), 0, 1.5);
        lg_buf_release(&jpeg);
        img_picture_release(&p);
        img_picture_release(&q);
    }
}

TEST(jpeg_scaled_decode_covers_what_is_wanted)
{
    lg_err err = {0};
    img_picture p = pattern(300, 700, 3), q = {0};
    img_info info;
    lg_buf jpeg;
    lg_buf_init(&jpeg, 0);
    CHECK_OK(img_jpeg_write(&p, 90, &jpeg, &err));
    img_decode_options want = {.min_w = 64, .min_h = 64};
    CHECK_OK(img_decode(jpeg.data, jpeg.len, &want, &q, &info, &err));
    CHECK_INT(info.scale, 4);
    CHECK_INT(q.w, 175);
    CHECK_INT(q.h, 75);
    CHECK_INT(info.w, 700);
    lg_buf_release(&jpeg);
    img_picture_release(&p);
    img_picture_release(&q);
}

/* Exif orientation: where the stored top-left pixel (row 0, column 0) is shown, for a 2 x 3 picture (TIFF 6.0). */
TEST(orient_moves_the_first_pixel)
{
    static const int shown[9][2] = {{0}, {0, 0}, {0, 2}, {1, 2}, {1, 0}, {0, 0}, {0, 1}, {2, 1}, {2, 0}};
    static const int second[9][2] = {{0}, {0, 1}, {0, 1}, {1, 1}, {1, 1}, {1, 0}, {1, 1}, {1, 1}, {1, 0}};
    lg_err err = {0};
    for (int o = 1; o <= 8; o++) {
        img_picture p = {0}, q = {0};
        CHECK_OK(img_picture_init(&p, 2, 3, 1, &err));
        p.px[0] = 9;
        p.px[1] = 5; /* row 0, column 1 */
        CHECK_OK(img_orient(&p, o, &q, &err));
        CHECK_INT(q.h, o >= 5 ? 3 : 2);
        CHECK_INT(*img_at(&q, shown[o][0], shown[o][1]), 9);
        CHECK_INT(*img_at(&q, second[o][0], second[o][1]), 5);
        img_picture_release(&p);
        img_picture_release(&q);
    }
}

/* A JPEG with the Exif block in front, in both byte orders, comes out upright. */
TEST(exif_orientation_is_applied)
{
    lg_err err = {0};
    img_picture p = {0}, upright = {0};
    CHECK_OK(img_picture_init(&p, 48, 96, 1, &err));
    for (int y = 0; y < 16; y++) memset(img_at(&p, y, 0), 255, 32); /* white corner at the stored top left */
    lg_buf jpeg, turned;
    lg_buf_init(&jpeg, 0);
    lg_buf_init(&turned, 0);
    CHECK_OK(img_jpeg_write(&p, 95, &jpeg, &err));
    static const int corner[9] = {0, 0, 1, 3, 2,
                                  0, 1, 3, 2}; /* 0 top left, 1 top right, 2 bottom left, 3 bottom right */
    for (int o = 1; o <= 8; o++) {
        for (int big = 0; big < 2; big++) {
            uint8_t app1[] = {0xFF, 0xD8, 0xFF, 0xE1, 0,          34, 'E', 'x', 'i', 'f',  0, 0, 'I',
                              'I',  42,   0,    8,    0,          0,  0,   1,   0,   0x12, 1, 3, 0,
                              1,    0,    0,    0,    (uint8_t)o, 0,  0,   0,   0,   0,    0, 0};
            static const uint8_t motorola[] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0};
            if (big) {
                memcpy(app1 + 12, motorola, sizeof motorola);
                app1[30] = 0;
                app1[31] = (uint8_t)o;
            }
            lg_buf_clear(&turned);
            lg_buf_add(&turned, app1, sizeof app1);
            lg_buf_add(&turned, jpeg.data + 2, jpeg.len - 2);
            img_info info;
            CHECK_OK(img_decode(turned.data, turned.len, NULL, &upright, &info, &err));
            CHECK_INT(info.orientation, o);
            CHECK_INT(upright.w, o >= 5 ? 48 : 96);
            CHECK_INT(info.w, upright.w);
            for (int k = 0; k < 4; k++) {
                int v = *img_at(&upright, k / 2 ? upright.h - 5 : 4, k % 2 ? upright.w - 5 : 4);
                CHECK(k == corner[o] ? v > 200 : v < 50);
            }
            img_picture_release(&upright);
        }
    }
    lg_buf_release(&jpeg);
    lg_buf_release(&turned);
    img_picture_release(&p);
}

/* Fitted, a reduced picture is what the whole one is: its half-empty last row and column do not push it aside, wherever
 * the orientation turned them. */
TEST(reduced_pictures_fit_as_whole_ones_do)
{
    lg_err err = {0};
    lg_buf jpeg, turned;
    img_picture p = {0};
    CHECK_OK(img_picture_init(&p, 131, 163, 1, &err));
    for (int y = 0; y < p.h; y++)
        for (int x = 0; x < p.w; x++) *img_at(&p, y, x) = (uint8_t)(127 + 60 * sin(0.15 * x) + 60 * cos(0.12 * y));
    lg_buf_init(&jpeg, 0);
    CHECK_OK(img_jpeg_write(&p, 98, &jpeg, &err));
    for (int o = 1; o <= 8; o++) {
        uint8_t app1[] = {0xFF, 0xD8, 0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,          'I', 'I', 42, 0, 8, 0, 0,
                          0,    1,    0,    0x12, 1, 3,  0,   1,   0,   0,   0, (uint8_t)o, 0,   0,   0,  0, 0, 0, 0};
        img_picture whole = {0}, less = {0}, a = {0}, b = {0};
        img_info info;
        img_decode_options want = {.min_w = 20, .min_h = 20};
        lg_buf_init(&turned, 0);
        lg_buf_add(&turned, app1, sizeof app1);
        lg_buf_add(&turned, jpeg.data + 2, jpeg.len - 2);
        CHECK_OK(img_decode(turned.data, turned.len, NULL, &whole, NULL, &err));
        CHECK_OK(img_decode(turned.data, turned.len, &want, &less, &info, &err));
        CHECK_INT(info.scale, 4);
        CHECK_NEAR(info.view.x1 - info.view.x0, whole.w / 4.0, 1e-9);
        for (img_fit_mode mode = IMG_FIT_CROP; mode <= IMG_FIT_STRETCH; mode++) {
            CHECK_OK(img_fit(&whole, mode, 20, 20, &a, &err));
            CHECK_OK(img_fit_view(&less, &info.view, mode, 20, 20, &b, &err));
            double off = 0;
            for (size_t i = 0; i < img_size(&a); i++) off += abs(a.px[i] - b.px[i]);
            CHECK_NEAR(off / (double)img_size(&a), 0, 1.0);
            img_picture_release(&a);
            img_picture_release(&b);
        }
        img_picture_release(&whole);
        img_picture_release(&less);
        lg_buf_release(&turned);
    }
    lg_buf_release(&jpeg);
    img_picture_release(&p);
}

TEST(transparent_parts_are_laid_over_white)
{
    lg_err err = {0};
    const uint8_t px[] = {255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128};
    lg_buf png;
    lg_buf_init(&png, 0);
    CHECK_OK(img_png_write_pixels(px, 1, 3, 4, sizeof px, &png, &err));
    img_picture p = {0};
    img_info info;
    CHECK_OK(img_decode(png.data, png.len, NULL, &p, &info, &err));
    static const uint8_t want[] = {255, 0, 0, 255, 255, 255, 127, 127, 127};
    CHECK(info.alpha && p.c == 3 && !memcmp(p.px, want, sizeof want));
    lg_buf_release(&png);
    img_picture_release(&p);
}

#define REFUSED(bytes, part)                                                                                           \
    do {                                                                                                               \
        lg_err err = {0};                                                                                              \
        img_picture p = {0};                                                                                           \
        CHECK(img_decode(bytes, sizeof bytes - 1, NULL, &p, NULL, &err) != LG_OK);                                     \
        CHECK_INT(err.code, 305);                                                                                      \
        CHECK_HAS(err.why, part);                                                                                      \
        CHECK(p.px == NULL);                                                                                           \
    } while (0)

TEST(refusals_name_the_reason)
{
    REFUSED("", "empty");
    REFUSED("RIFF\0\0\0\0WEBPVP8 ", "this is a WebP file; JPEG, PNG and BMP are read");
    REFUSED("GIF89a\1\0\1\0", "GIF");
    REFUSED("not a picture at all\n", "text file");
    REFUSED("\x89HDF\r\n\x1a\n", "HDF5");
    REFUSED("\xff\xd8", "ends early");
    REFUSED("\xff\xd8\xff\xd9", "no picture data");
    REFUSED("\x89PNG\r\n\x1a\n", "ends early");
    REFUSED("\xff\xd8\xff\xc0\0\x0b\x0c\0\x10\0\x10\1\1\x11\0", "12 bits");
}

TEST(truncated_files_are_errors_at_every_length)
{
    lg_err err = {0};
    img_picture p = pattern(20, 20, 3), q = {0};
    lg_buf png, jpeg;
    lg_buf_init(&png, 0);
    lg_buf_init(&jpeg, 0);
    CHECK_OK(img_png_write(&p, 1, &png, &err));
    CHECK_OK(img_jpeg_write(&p, 90, &jpeg, &err));
    lg_buf *const all[] = {&png, &jpeg};
    for (int k = 0; k < 2; k++) {
        for (size_t n = 0; n < all[k]->len; n++) {
            uint8_t *part = malloc(n ? n : 1);
            memcpy(part, all[k]->data, n);
            lg_err e = {0};
            if (img_decode(part, n, NULL, &q, NULL, &e) == LG_OK)
                TEST_FAIL("%d of %zu bytes were read", (int)n, all[k]->len);
            CHECK_INT(e.code, 305);
            CHECK(e.why[0]);
            free(part);
        }
    }
    lg_buf_release(&png);
    lg_buf_release(&jpeg);
    img_picture_release(&p);
}

TEST(limits_are_settings)
{
    lg_err err = {0};
    img_picture p = pattern(20, 20, 1), q = {0};
    lg_buf png;
    lg_buf_init(&png, 0);
    CHECK_OK(img_png_write(&p, 1, &png, &err));
    CHECK_INT(img_decode(png.data, png.len, &(img_decode_options){.max_pixels = 399}, &q, NULL, &err), LG_E_LIMIT);
    CHECK_HAS(err.why, "20 x 20");
    lg_err_clear(&err);
    CHECK_INT(img_decode(png.data, png.len, &(img_decode_options){.max_bytes = 10}, &q, NULL, &err), LG_E_LIMIT);
    lg_buf_release(&png);
    img_picture_release(&p);
}

TEST(out_of_memory_anywhere_leaks_nothing)
{
    lg_err err = {0};
    img_picture p = pattern(30, 40, 3), q = {0};
    lg_buf png, jpeg;
    lg_buf_init(&png, 0);
    lg_buf_init(&jpeg, 0);
    CHECK_OK(img_png_write(&p, 1, &png, &err));
    CHECK_OK(img_jpeg_write(&p, 80, &jpeg, &err));
    lg_buf *const all[] = {&png, &jpeg};
    for (int k = 0; k < 2; k++) {
        int failed = 0;
        for (long nth = 1; nth < 100; nth++) {
            lg_err e = {0};
            lg_alloc_fail_at(nth, true);
            lg_status st = img_decode(all[k]->data, all[k]->len, &(img_decode_options){.channels = 1}, &q, NULL, &e);
            lg_alloc_fail_at(0, false);
            if (st == LG_OK) break;
            CHECK(q.px == NULL && e.code);
            failed++;
        }
        CHECK(q.px && failed > 0 && failed < 90);
        img_picture_release(&q);
    }
    lg_buf_release(&png);
    lg_buf_release(&jpeg);
    img_picture_release(&p);
}

/* ---- the corpus: columns path, format, scope, category, expect, w, h, orientation, mean ---- */
typedef struct tally {
    int right, wrong;
} tally;

static bool mean_is_near(const img_picture *p, const char *want, double mean[3])
{
    double m[3], sum[3] = {0};
    size_t n = (size_t)p->h * (size_t)p->w;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) sum[k] += p->px[i * 3 + (size_t)k];
    for (int k = 0; k < 3; k++) mean[k] = sum[k] / (double)n;
    if (sscanf(want, "%lf,%lf,%lf", &m[0], &m[1], &m[2]) != 3) return true;
    return fabs(m[0] - mean[0]) <= 3 && fabs(m[1] - mean[1]) <= 3 && fabs(m[2] - mean[2]) <= 3;
}

static void judge(const char *root, char *column[9], FILE *results, tally *t)
{
    char path[1200], hex[IMG_SHA256_HEX] = "";
    snprintf(path, sizeof path, "%s/%s", root, column[0]);
    file f = read_file(path);
    if (!f.p) return;
    img_picture p = {0};
    lg_err err = {0};
    double mean[3] = {0};
    img_info info = {0};
    bool ok = img_decode(f.p, f.len, &(img_decode_options){.channels = 3}, &p, &info, &err) == LG_OK;
    bool good = true, core = !strcmp(column[2], "core"), valid = !strcmp(column[4], "ok");
    bool bad = !strcmp(column[4], "error") || !strcmp(column[4], "limit");
    /* The corpus's means drop transparency, we lay it over white: such means say nothing. */
    bool near = ok && (mean_is_near(&p, column[8], mean) || info.alpha);
    if (ok) img_sha256(p.px, img_size(&p), hex);
    if (core && valid) good = ok && near && atoi(column[5]) * atoi(column[6]) == p.w * p.h;
    if (bad) good = !ok;
    if (!strcmp(column[2], "foreign")) good = !ok || !strcmp(column[4], "any");
    if (!ok) good = good && err.code == 305 && err.why[0] && lg_utf8_valid(err.why, strlen(err.why)) == strlen(err.why);
    t->right += good;
    t->wrong += !good;
    if (!good)
        printf("    %s: expected %s, got %s %dx%d %.1f,%.1f,%.1f %s (wanted %sx%s %s)\n", column[0], column[4],
               ok ? "ok" : "error", p.w, p.h, mean[0], mean[1], mean[2], err.why, column[5], column[6], column[8]);
    if (results)
        fprintf(results, "%s\t%s\t%d\t%d\t%.1f,%.1f,%.1f\t%s\n", column[0], ok ? "ok" : "err", p.w, p.h, mean[0],
                mean[1], mean[2], ok ? hex : err.why);
    img_picture_release(&p);
    free(f.p);
}

/* With LOGOLENS_IMAGE_RESULTS=file each verdict is written there too, for comparing two runs. */
TEST(corpus_core_verdicts)
{
    const char *root = test_shared("corpora"), *save = getenv("LOGOLENS_IMAGE_RESULTS");
    char name[1200], line[4096];
    snprintf(name, sizeof name, "%s/images/verdicts.tsv", root);
    FILE *in = fopen(name, "r"), *results = save ? fopen(save, "w") : NULL;
    CHECK(in != NULL);
    tally t = {0};
    while (fgets(line, sizeof line, in)) {
        char *column[9], *rest = line;
        int n = 0;
        while (n < 9 && (column[n] = strsep(&rest, "\t"))) n++;
        if (n == 9 && strcmp(column[0], "path")) judge(root, column, results, &t);
    }
    fclose(in);
    if (results) fclose(results);
    printf("    %d files judged right, %d wrong\n", t.right, t.wrong);
    CHECK_INT(t.wrong, 0);
    CHECK(t.right > 1000);
}
