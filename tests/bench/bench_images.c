/* bench_images.c - JPEGs of a folder to (n, size, size, 3) floats in 0..1, and variants of pictures: one JSON line
 * each, in the words of the peers' scripts. `make bench-images` runs it beside them.
 *
 *     bench_images images LIST SIZE THREADS REPEATS MARGIN [OUT]   LIST: a path a line; OUT: the floats, raw
 *     bench_images load FOLDER SIZE THREADS REPEATS PROGRAM [OUT]  what `load` does: data_load, with the helpers of
 *                                                                  PROGRAM (build/logolens), and data_fill
 *     bench_images augment COUNT SIZE THREADS REPEATS              ten variants each: flip, rotate 20, shift 0.1
 *
 * MARGIN: a JPEG is decoded reduced while it stays MARGIN times as large as SIZE; 0 decodes it whole. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "lib/base/pool.h"
#include "lib/base/reach.h"
#include "lib/data/dataset.h"
#include "lib/image/augment.h"
#include "lib/image/decode.h"
#include "lib/image/jail.h"
#include "lib/image/resize.h"

#include "lib/base/banned.h"

enum { MOST = 4096, MOST_REPEATS = 64, TIMES = 10, FILE_LIMIT = 64 << 20 };

typedef struct work {
    char *path[MOST];
    int count, size, margin;
    img_augment how;
    uint8_t *px; /* (count, size, size, 3): pictures to vary */
    float *out;  /* (count or count * TIMES, size, size, 3) */
    bool failed; /* any piece may set it */
} work;

static int number(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

static size_t floats_each(const work *w)
{
    return (size_t)w->size * (size_t)w->size * 3;
}

static lg_status slurp(const char *path, lg_buf *bytes, lg_err *err)
{
    int f = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    ssize_t n = f < 0 || fstat(f, &about) || !lg_buf_reserve(bytes, (size_t)about.st_size)
                    ? -1
                    : read(f, bytes->data, (size_t)about.st_size);
    if (f >= 0) close(f);
    if (n < 0) return lg_fail(err, LG_E_IO, 391, "%s cannot be read", path);
    bytes->len = (size_t)n;
    return LG_OK;
}

static void to_floats(const uint8_t *px, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] = (float)px[i] * (1 / 255.0f);
}

static void one_file(void *ctx, int piece, int worker)
{
    (void)worker;
    work *w = ctx;
    lg_err err = {0};
    lg_buf bytes;
    img_picture photo = {0}, small = {0};
    img_info info;
    int least = w->size * w->margin;
    img_decode_options want = {.channels = 3, .min_w = least, .min_h = least};
    lg_buf_init(&bytes, FILE_LIMIT);
    lg_status st = slurp(w->path[piece], &bytes, &err);
    if (!st) st = img_decode(bytes.data, bytes.len, &want, &photo, &info, &err);
    if (!st) st = img_fit_view(&photo, &info.view, IMG_FIT_STRETCH, w->size, w->size, &small, &err);
    if (!st) to_floats(small.px, floats_each(w), w->out + (size_t)piece * floats_each(w));
    if (st) __atomic_store_n(&w->failed, true, __ATOMIC_RELAXED);
    img_picture_release(&photo);
    img_picture_release(&small);
    lg_buf_release(&bytes);
}

static void one_picture(void *ctx, int piece, int worker)
{
    (void)worker;
    work *w = ctx;
    lg_err err = {0};
    size_t n = floats_each(w);
    img_picture src = {.h = w->size, .w = w->size, .c = 3, .px = w->px + (size_t)piece * n}, made = {0};
    if (img_picture_init(&made, w->size, w->size, 3, &err)) {
        __atomic_store_n(&w->failed, true, __ATOMIC_RELAXED);
        return;
    }
    for (uint32_t v = 0; v < TIMES; v++) {
        img_variant variant;
        img_variant_draw(&w->how, img_variant_key(7, (uint64_t)piece, v + 1, 0), &variant);
        if (img_variant_make(&variant, &src, made.px, &err)) __atomic_store_n(&w->failed, true, __ATOMIC_RELAXED);
        to_floats(made.px, n, w->out + ((size_t)piece * TIMES + v) * n);
    }
    img_picture_release(&made);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sum_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i];
    return sum;
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* cpu: seconds of the round that took least, of all threads; on a busy machine the figure to compare. */
static void say(const work *w, const char *bench, int items, int threads, double *seconds, double cpu, int repeats)
{
    size_t floats = (size_t)items * floats_each(w);
    qsort(seconds, (size_t)repeats, sizeof *seconds, by_value);
    printf("{\"bench\":\"%s\",\"peer\":\"logolens\",\"threads\":%d,\"n\":%d,\"s\":{\"min\":%.4f,\"median\":%.4f},"
           "\"images_per_s\":%.0f,\"cpu_us_per_image\":%.1f,\"mean\":%.5f}\n",
           bench, threads, items, seconds[0], seconds[repeats / 2], items / seconds[0], cpu * 1e6 / items,
           sum_of(w->out, floats) / (double)floats);
}

/* The first round is not counted: it takes the memory. */
static int timed(work *w, const char *bench, lg_pool_fn *piece, int items, int threads, int repeats)
{
    double seconds[MOST_REPEATS], least = 1e9;
    lg_err err = {0};
    lg_pool *pool = NULL;
    if (repeats < 1 || repeats > MOST_REPEATS || lg_pool_new(threads, &pool, &err)) return 1;
    for (int r = -1; r < repeats; r++) {
        double start = lg_now(), cpu = cpu_seconds();
        lg_pool_run(pool, w->count, piece, w);
        cpu = cpu_seconds() - cpu;
        if (cpu < least) least = cpu;
        if (r >= 0) seconds[r] = lg_now() - start;
    }
    lg_pool_free(pool);
    say(w, bench, items, threads, seconds, least, repeats);
    return w->failed;
}

static int write_floats(const work *w, const char *path)
{
    size_t floats = (size_t)w->count * floats_each(w);
    FILE *out = fopen(path, "wb");
    if (!out) return 1;
    int st = fwrite(w->out, sizeof *w->out, floats, out) != floats;
    return fclose(out) || st;
}

static int bench_images(work *w, char **arg, int count)
{
    char line[4096];
    lg_err err = {0};
    FILE *list = fopen(arg[0], "r");
    if (!list) return 1;
    while (w->count < MOST && fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        w->path[w->count] = lg_strdup(line, &err);
        if (!w->path[w->count++]) return 1;
    }
    fclose(list);
    w->size = number(arg[1]);
    w->margin = number(arg[4]);
    w->out = lg_alloc((size_t)w->count * floats_each(w), sizeof *w->out, &err);
    if (!w->out || !w->count) return 1;
    int st = timed(w, "images", one_file, w->count, number(arg[2]), number(arg[3]));
    return st || count < 6 ? st : write_floats(w, arg[5]);
}

/* One `load`, and the batch that its pixels are. */
static lg_status load_once(work *w, const char *folder, lg_pool *pool, lg_err *err)
{
    data_set *set = NULL;
    data_report report = {0};
    data_load_spec spec = {.name = "bench",
                           .from = folder,
                           .labels = "folders",
                           .size = {w->size, w->size, 3},
                           .fit = IMG_FIT_STRETCH,
                           .cut = DATA_80_20,
                           .pool = pool};
    lg_status st = data_load(&spec, &set, &report, err);
    if (!st && (data_count(set) > MOST || report.broken)) st = lg_fail(err, LG_E_ARG, 300, "not %d whole JPEGs", MOST);
    if (!st && !w->out) {
        w->count = (int)data_count(set);
        w->out = lg_alloc((size_t)w->count * floats_each(w), sizeof *w->out, err);
        if (!w->out) st = err->status;
    }
    if (!st) {
        static uint32_t rows[MOST];
        for (int i = 0; i < w->count; i++) rows[i] = (uint32_t)i;
        st = data_fill(set, rows, (size_t)w->count, w->out, NULL, err);
    }
    data_report_release(&report);
    data_unref(set);
    return st;
}

/* Of those that have ended: all rounds together, their starts too. */
static double cpu_of_helpers(void)
{
    struct rusage u;
    if (getrusage(RUSAGE_CHILDREN, &u)) return 0;
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

static int bench_load(work *w, char **arg, int count)
{
    double seconds[MOST_REPEATS];
    lg_err err = {0};
    lg_pool *pool = NULL;
    int threads = number(arg[2]), repeats = number(arg[3]);
    w->size = number(arg[1]);
    img_jail_setup(&(img_jail_options){.program = arg[4]});
    if (repeats < 1 || repeats > MOST_REPEATS || lg_reach_init(NULL, &err) || lg_reach_allow_read(arg[0], &err) ||
        lg_pool_new(threads, &pool, &err))
        return 1;
    lg_status st = LG_OK;
    for (int r = -1; r < repeats && !st; r++) {
        double start = lg_now();
        st = load_once(w, arg[0], pool, &err);
        if (r >= 0) seconds[r] = lg_now() - start;
    }
    lg_pool_free(pool);
    img_jail_stop();
    if (st) fprintf(stderr, "%s\n", err.msg);
    else say(w, "load", w->count, threads, seconds, (cpu_seconds() + cpu_of_helpers()) / (repeats + 1), repeats);
    return st || count < 6 ? st != LG_OK : write_floats(w, arg[5]);
}

static int bench_augment(work *w, char **arg)
{
    lg_err err = {0};
    w->count = number(arg[0]);
    w->size = number(arg[1]);
    size_t bytes = (size_t)w->count * floats_each(w);
    w->px = lg_alloc(bytes, 1, &err);
    w->out = lg_alloc(bytes * TIMES, sizeof *w->out, &err);
    if (!w->px || !w->out) return 1;
    for (size_t i = 0; i < bytes; i++) w->px[i] = (uint8_t)(i * 7 + i / 64);
    if (!img_augment_set(&w->how, "flip", 1) || !img_augment_set(&w->how, "rotate", 20) ||
        !img_augment_set(&w->how, "shift", 0.1))
        return 1;
    return timed(w, "augment", one_picture, w->count * TIMES, number(arg[2]), number(arg[3]));
}

int main(int argc, char **argv)
{
    static work w;
    int st = 2;
    if (argc >= 7 && strcmp(argv[1], "images") == 0) st = bench_images(&w, argv + 2, argc - 2);
    else if (argc >= 7 && strcmp(argv[1], "load") == 0) st = bench_load(&w, argv + 2, argc - 2);
    else if (argc >= 6 && strcmp(argv[1], "augment") == 0) st = bench_augment(&w, argv + 2);
    if (st) fprintf(stderr, st == 2 ? "usage: see the head of tests/bench/bench_images.c\n" : "it failed\n");
    for (int i = 0; i < MOST; i++) lg_free(w.path[i]);
    lg_free(w.px);
    lg_free(w.out);
    return st;
}
