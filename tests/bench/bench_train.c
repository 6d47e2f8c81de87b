/* bench_train.c - an epoch of the course's network: 3,000 images 64x64x3, batch 32, SGD. One JSON line.
 *
 *     build/bench/bench_train [threads [rounds [images]]]        (threads 0: all of this process)
 *     {"epoch_s_min": …, "epoch_s_median": …, "images_per_s": …, "peak_rss_mb": …, "threads": …, "isa": "avx512"} */
#include "nnlib/nnlib.h"
#include "nnlib/kernels/kernels.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char *const lines[] = {"input 64x64x3", "conv 16 3x3 relu", "maxpool 2",  "conv 32 3x3 relu", "maxpool 2",
                                    "conv 64 3x3 relu", "maxpool 2",      "conv 128 3x3 relu", "maxpool 2", "flatten",
                                    "dense 64 relu", "dropout 0.5",       "dense 4 softmax"};
enum { IMAGE = 64 * 64 * 3 };
static uint8_t *pixels; /* (images, 64, 64, 3) */

static lg_status fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *err)
{
    (void)ctx, (void)err;
    for (int i = 0; i < n; i++) {
        nn_scale_u8(&(nn_scale_u8_args){.n = IMAGE, .x = pixels + (size_t)indices[i] * IMAGE, .scale = 1.0f / 255,
                                        .y = x + (size_t)i * IMAGE});
        if (label) label[i] = (int32_t)(indices[i] % 4);
    }
    return LG_OK;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static lg_status run(int threads, int rounds, int images, double *seconds, int *used, lg_err *err)
{
    lg_status st;
    lg_pool *pool = NULL;
    nn_net *net = NULL;
    nn_weights *start = NULL;
    nn_run result = {0};
    LG_GO(lg_pool_new(threads, &pool, err));
    LG_GO(nn_net_new(&net, err));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) LG_GO(nn_net_add_line(net, lines[i], err));
    LG_GO(nn_net_finish(net, err));
    LG_GO(nn_weights_new(net, 1, &start, err));
    nn_fit_options o = nn_fit_defaults();
    o.net = net, o.weights = start, o.pool = pool, o.epochs = rounds, o.keep_last = true;
    o.train = (nn_source){.count = images, .fill = fill};
    LG_GO(nn_fit(&o, &result, err));
    for (int i = 0; i < rounds; i++) seconds[i] = result.epoch[i].seconds;
    *used = lg_pool_size(pool);
done:
    nn_run_release(&result);
    nn_weights_unref(start);
    nn_net_unref(net);
    lg_pool_free(pool);
    return st;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 0, rounds = argc > 2 ? atoi(argv[2]) : 5,
        images = argc > 3 ? atoi(argv[3]) : 3000;
    double seconds[100];
    int used = 1;
    lg_err err = {0};
    struct rusage usage;
    char report[4096], isa[16] = "?";
    if (rounds < 1 || rounds > 100 || images < 1) return 2;
    pixels = malloc((size_t)images * IMAGE);
    if (!pixels) return 1;
    lg_rng rng;
    lg_rng_init(&rng, 7);
    for (size_t i = 0; i < (size_t)images * IMAGE; i++) pixels[i] = (uint8_t)lg_rng_next(&rng);
    if (run(threads, rounds, images, seconds, &used, &err) != LG_OK) {
        fprintf(stderr, "LL%03d %s (%s)\n", err.code, err.msg, err.why);
        return 1;
    }
    nn_kernels_report(report, sizeof report);
    const char *conv = strstr(report, "conv2d_forward: ");
    if (conv) sscanf(conv, "conv2d_forward: %15s", isa);
    qsort(seconds, (size_t)rounds, sizeof *seconds, compare);
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"epoch_s_min\": %.4f, \"epoch_s_median\": %.4f, \"images_per_s\": %.0f, \"peak_rss_mb\": %.1f, "
           "\"threads\": %d, \"isa\": \"%s\", \"images\": %d, \"rounds\": %d}\n",
           seconds[0], seconds[rounds / 2], images / seconds[0], (double)usage.ru_maxrss / 1024, used, isa, images,
           rounds);
    free(pixels);
    return 0;
}
