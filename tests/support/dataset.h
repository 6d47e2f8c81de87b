/* dataset.h - for tests of datasets: folders of small pictures, written and taken away again. */
#ifndef TEST_DATASET_H
#define TEST_DATASET_H

#include <ftw.h>
#include <unistd.h>
#include "lib/base/reach.h"
#include "lib/data/dataset.h"
#include "lib/image/png.h"
#include "tests/support/test.h"

static char ds_folder[64];

static inline int ds_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

static inline void ds_clean(void)
{
    if (*ds_folder) nftw(ds_folder, ds_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    *ds_folder = 0;
}

/* A fresh folder, removed when the tests end; the reach is opened for it. */
static inline const char *ds_new(void)
{
    lg_err err = {0};
    static bool first = true;
    ds_clean();
    snprintf(ds_folder, sizeof ds_folder, "/tmp/logolens-test-XXXXXX");
    CHECK(mkdtemp(ds_folder) != NULL);
    if (first) {
        CHECK_OK(lg_reach_init("/tmp", &err));
        atexit(ds_clean);
    }
    first = false;
    return ds_folder;
}

static inline void ds_write(const char *name, const void *data, size_t len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", ds_folder, name);
    for (char *s = strchr(path + strlen(ds_folder) + 1, '/'); s; s = strchr(s + 1, '/')) {
        *s = 0;
        mkdir(path, 0700);
        *s = '/';
    }
    FILE *f = fopen(path, "wb");
    CHECK(f != NULL);
    CHECK(fwrite(data, 1, len, f) == len);
    fclose(f);
}

/* A file of the repository under a name of its own. */
static inline void ds_copy(const char *name, const char *from)
{
    static char bytes[1 << 20];
    FILE *f = fopen(from, "rb");
    if (!f) TEST_FAIL("%s is not there", from);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    ds_write(name, bytes, len);
}

static inline void ds_text(const char *name, const char *text)
{
    ds_write(name, text, strlen(text));
}

/* A picture of h x w x c whose looks depend on `look` alone: soft blobs, so that different looks differ in their
 * perceptual hashes and `bright` moves the brightness only. */
static inline void ds_picture(const char *name, int look, int h, int w, int c, int bright)
{
    lg_err err = {0};
    lg_buf png;
    img_picture p = {0};
    lg_rng rng;
    double grid[6][6];
    lg_rng_init(&rng, (uint64_t)look);
    for (int i = 0; i < 36; i++) grid[i / 6][i % 6] = 40 + 150 * lg_rng_uniform(&rng);
    CHECK_OK(img_picture_init(&p, h, w, c, &err));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int k = 0; k < c; k++)
                img_at(&p, y, x)[k] = (uint8_t)(grid[y * 6 / h][x * 6 / w] + bright + (c == 3 ? k * 5 : 0));
    lg_buf_init(&png, 1 << 20);
    CHECK_OK(img_png_write(&p, 1, &png, &err));
    ds_write(name, png.data, png.len);
    lg_buf_release(&png);
    img_picture_release(&p);
}

/* The pixels of a row, NULL where there are none; good until the eighth call from now. */
static inline const uint8_t *ds_pixels(const data_set *set, size_t row)
{
    static data_room room[8];
    static int next;
    lg_err err = {0};
    const uint8_t *px = NULL;
    next = (next + 1) % 8;
    if (!data_shape(set).h) return NULL;
    CHECK_OK(data_pixels(set, row, &room[next], &px, &err));
    return px;
}

static inline void ds_fill(const data_set *set, const uint32_t *rows, size_t n, float *x, int32_t *y)
{
    lg_err err = {0};
    CHECK_OK(data_fill(set, rows, n, x, y, &err));
}

static inline const data_note *ds_note(const data_report *report, int code)
{
    for (size_t i = 0; i < report->notes; i++)
        if (report->note[i].code == code) return &report->note[i];
    return NULL;
}

#endif
