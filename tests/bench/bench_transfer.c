/* bench_transfer.c - transfer learning as the product does it: features of images once through a frozen ResNet-50, then
 * a head of two convolutions trained on them; and one image, and eight, through the network. Weights and images are
 * random. One JSON line, in the words of the peers' scripts.
 *
 *     build/bench/bench_transfer [threads [images [epochs [batch of the features]]]]        (threads 0: all)
 *     {"features": {"s": …, "cpu_s": …, "images_per_s": …, "batch": …},
 *      "cached": {"epoch_s": {"min": …, "median": …}, "epoch_cpu_s": {…}},
 *      "infer": [{"batch": 1, "ms": {"min": …}, "cpu_ms_min": …}, …], "peak_rss_mb": …, "threads": …, "isa": "avx512"}
 *
 * cpu is the processor's time of all threads. The head is 7x7x2048 → conv 256 3x3 same relu, the same again, global
 * average, dense 4 softmax; batch 32, SGD at 0.01. */
#include "nnlib/nnlib.h"
#include "nnlib/kernels/kernels.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { SIZE = 224, IMAGE = SIZE * SIZE * 3, CLASSES = 4, EPOCHS = 50 };
static const char *const head_lines[] = {"conv 256 3x3 relu same", "conv 256 3x3 relu same", "globalavg",
                                         "dense 4 softmax"};

typedef struct span {
    double wall, cpu; /* seconds */
} span;

static span now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (span){.wall = lg_now(), .cpu = (double)t.tv_sec + (double)t.tv_nsec * 1e-9};
}

static span since(span from)
{
    span to = now();
    return (span){to.wall - from.wall, to.cpu - from.cpu};
}

typedef struct bench {
    int threads, images, epochs, batch;
    lg_pool *pool;
    nn_net *whole, *base, *head;
    nn_weights *weights, *fixed, *start;
    float *pixels, *rows; /* (images, …): of the images, and of their features */
    span features, one, eight, mark, epoch[EPOCHS];
    int done;
} bench;

/* ---- what is run ---- */

static lg_status fill_from(const float *rows, size_t size, const int64_t *indices, int n, float *x, int32_t *label)
{
    for (int i = 0; i < n; i++) {
        if (x) memcpy(x + (size_t)i * size, rows + (size_t)indices[i] * size, size * sizeof *x);
        if (label) label[i] = (int32_t)(indices[i] * 7 % CLASSES);
    }
    return LG_OK;
}

static lg_status fill_pixels(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *err)
{
    const bench *b = ctx;
    (void)err;
    return fill_from(b->pixels, IMAGE, indices, n, x, label);
}

static lg_status fill_features(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *err)
{
    const bench *b = ctx;
    (void)err;
    return fill_from(b->rows, nn_shape_size(nn_net_input(b->head)), indices, n, x, label);
}

static lg_status make_nets(bench *b, lg_err *err)
{
    const nn_base *base;
    LG_TRY(nn_base_need("resnet50", &base, err));
    nn_base_options o = nn_base_defaults(base);
    LG_TRY(nn_net_new(&b->whole, err));
    LG_TRY(nn_net_add_line(b->whole, "input 224x224x3", err));
    LG_TRY(nn_base_add(base, &o, b->whole, err));
    for (int i = 1; i < nn_net_count(b->whole); i++) nn_net_freeze(b->whole, i);
    for (size_t i = 0; i < sizeof head_lines / sizeof *head_lines; i++)
        LG_TRY(nn_net_add_line(b->whole, head_lines[i], err));
    LG_TRY(nn_net_finish(b->whole, err));
    int cut = nn_net_cut(b->whole);
    LG_TRY(nn_net_head(b->whole, cut, &b->base, err));
    LG_TRY(nn_net_tail(b->whole, cut, &b->head, err));
    LG_TRY(nn_weights_new(b->whole, 7, &b->weights, err));
    LG_TRY(nn_weights_for(b->weights, b->base, &b->fixed, err));
    return nn_weights_for(b->weights, b->head, &b->start, err);
}

static lg_status make_images(bench *b, lg_err *err)
{
    lg_rng rng;
    size_t n = (size_t)b->images;
    b->pixels = lg_alloc(n * IMAGE, sizeof *b->pixels, err);
    b->rows = b->pixels ? lg_alloc(n * nn_shape_size(nn_net_output(b->base)), sizeof *b->rows, err) : NULL;
    if (!b->rows) return LG_E_MEMORY;
    lg_rng_init(&rng, 7);
    for (size_t i = 0; i < n * IMAGE; i++) b->pixels[i] = (float)(lg_rng_next(&rng) >> 40) / (float)(1 << 24);
    memset(b->rows, 1, n * nn_shape_size(nn_net_output(b->base)) * sizeof *b->rows); /* its pages are there */
    return LG_OK;
}

static lg_status run_features(bench *b, lg_err *err)
{
    span from = now();
    LG_TRY(nn_predict(&(nn_predict_options){.weights = b->fixed,
                                            .source = {.count = b->images, .ctx = b, .fill = fill_pixels},
                                            .batch = b->batch,
                                            .pool = b->pool},
                      b->rows, NULL, err));
    b->features = since(from);
    return LG_OK;
}

static void on_epoch(void *ctx, const nn_epoch *epoch)
{
    bench *b = ctx;
    (void)epoch;
    b->epoch[b->done++] = since(b->mark);
    b->mark = now();
}

static lg_status run_head(bench *b, lg_err *err)
{
    nn_run result = {0};
    nn_fit_options o = nn_fit_defaults();
    o.net = b->head, o.weights = b->start, o.pool = b->pool, o.epochs = b->epochs, o.keep_last = true;
    o.train = (nn_source){.count = b->images, .ctx = b, .fill = fill_features};
    o.ctx = b, o.on_epoch = on_epoch;
    b->mark = now();
    lg_status st = nn_fit(&o, &result, err);
    nn_run_release(&result);
    return st;
}

static span least(nn_exec *exec, int n, int rounds)
{
    span best = {1e9, 1e9};
    for (int i = 0; i < rounds; i++) {
        span from = now();
        nn_exec_forward(exec, n);
        span took = since(from);
        if (took.wall < best.wall) best.wall = took.wall;
        if (took.cpu < best.cpu) best.cpu = took.cpu;
    }
    return best;
}

static lg_status run_infer(bench *b, lg_err *err)
{
    nn_exec *exec = NULL;
    LG_TRY(nn_exec_new(&(nn_exec_options){.net = b->base, .max_batch = 8, .pool = b->pool}, &exec, err));
    nn_exec_load(exec, b->fixed);
    for (int i = 0; i < 8; i++)
        memcpy(nn_exec_input(exec) + (size_t)i * IMAGE, b->pixels + (size_t)(i % b->images) * IMAGE,
               IMAGE * sizeof(float));
    b->one = least(exec, 1, 9);
    b->eight = least(exec, 8, 5);
    nn_exec_free(exec);
    return LG_OK;
}

/* ---- what is said ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The first epoch brings pages in; it counts only when it is the only one. */
static void print_epochs(const bench *b, const char *word, bool cpu)
{
    double seconds[EPOCHS];
    int n = 0;
    for (int i = b->done > 1; i < b->done; i++) seconds[n++] = cpu ? b->epoch[i].cpu : b->epoch[i].wall;
    qsort(seconds, (size_t)n, sizeof *seconds, compare);
    printf("\"%s\": {\"min\": %.4f, \"median\": %.4f}", word, seconds[0], seconds[n / 2]);
}

static void print(const bench *b)
{
    struct rusage usage;
    char report[4096], isa[16] = "?";
    nn_kernels_report(report, sizeof report);
    const char *conv = strstr(report, "conv2d_forward: ");
    if (conv) sscanf(conv, "conv2d_forward: %15s", isa);
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"features\": {\"s\": %.3f, \"cpu_s\": %.3f, \"images_per_s\": %.1f, \"batch\": %d}, \"cached\": {",
           b->features.wall, b->features.cpu, b->images / b->features.wall, b->batch);
    print_epochs(b, "epoch_s", false);
    printf(", ");
    print_epochs(b, "epoch_cpu_s", true);
    printf("}, \"infer\": [{\"batch\": 1, \"ms\": {\"min\": %.2f}, \"cpu_ms_min\": %.2f}, "
           "{\"batch\": 8, \"ms\": {\"min\": %.2f}, \"cpu_ms_min\": %.2f}], ",
           b->one.wall * 1e3, b->one.cpu * 1e3, b->eight.wall * 1e3, b->eight.cpu * 1e3);
    printf("\"images\": %d, \"peak_rss_mb\": %.0f, \"threads\": %d, \"isa\": \"%s\"}\n", b->images,
           (double)usage.ru_maxrss / 1024, lg_pool_size(b->pool), isa);
}

static lg_status run(bench *b, lg_err *err)
{
    LG_TRY(lg_pool_new(b->threads, &b->pool, err));
    LG_TRY(make_nets(b, err));
    LG_TRY(make_images(b, err));
    LG_TRY(run_features(b, err));
    LG_TRY(run_head(b, err));
    return run_infer(b, err);
}

int main(int argc, char **argv)
{
    bench b = {.threads = argc > 1 ? atoi(argv[1]) : 0, .images = argc > 2 ? atoi(argv[2]) : 512,
               .epochs = argc > 3 ? atoi(argv[3]) : 4, .batch = argc > 4 ? atoi(argv[4]) : NN_FEATURE_BATCH};
    lg_err err = {0};
    if (b.images < 1 || b.epochs < 1 || b.epochs > EPOCHS || b.batch < 1) return 2;
    lg_status st = run(&b, &err);
    if (st == LG_OK) print(&b);
    else fprintf(stderr, "LL%03d %s (%s)\n", err.code, err.msg, err.why);
    lg_free(b.pixels), lg_free(b.rows);
    nn_weights_unref(b.start), nn_weights_unref(b.fixed), nn_weights_unref(b.weights);
    nn_net_unref(b.head), nn_net_unref(b.base), nn_net_unref(b.whole);
    lg_pool_free(b.pool);
    return st != LG_OK;
}
