/* bench_bases.c - one 224x224 image, and eight, through each base without its top. One JSON line a base.
 *
 *     build/bench/bench_bases [threads [rounds [base]]]        (threads 0: all of this process)
 *     {"base": "resnet50", "macs": …, "batch1_ms": …, "batch1_cpu_ms": …, "batch8_images_per_s": …, "threads": …}
 *
 * cpu is the processor's time of all threads, the least of all rounds: what counts where others use the machine too. */
#include "nnlib/nnlib.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct span {
    double wall, cpu; /* seconds */
} span;

static span least(nn_exec *exec, int n, int rounds)
{
    span best = {1e9, 1e9};
    for (int i = 0; i < rounds; i++) {
        clock_t cpu = clock();
        double from = lg_now(), took;
        nn_exec_forward(exec, n);
        took = lg_now() - from;
        if (took < best.wall) best.wall = took;
        took = (double)(clock() - cpu) / CLOCKS_PER_SEC;
        if (took < best.cpu) best.cpu = took;
    }
    return best;
}

static lg_status bench(const nn_base *base, lg_pool *pool, int rounds, lg_err *err)
{
    lg_status st;
    nn_net *net = NULL;
    nn_weights *weights = NULL;
    nn_exec *exec = NULL;
    nn_summary summary = {0};
    nn_base_options o = nn_base_defaults(base);
    LG_GO(nn_base_net(base, &o, &net, err));
    LG_GO(nn_weights_new(net, 1, &weights, err));
    LG_GO(nn_summary_new(net, &summary, err));
    LG_GO(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 8, .pool = pool}, &exec, err));
    nn_exec_load(exec, weights);
    for (size_t i = 0; i < 8 * nn_shape_size(nn_net_input(net)); i++)
        nn_exec_input(exec)[i] = (float)(i * 2654435761u % 1000) / 500 - 1;
    span one = least(exec, 1, rounds), eight = least(exec, 8, rounds);
    printf("{\"base\": \"%s\", \"macs\": %.0f, \"batch1_ms\": %.2f, \"batch1_cpu_ms\": %.2f, ", base->name,
           summary.macs, one.wall * 1e3, one.cpu * 1e3);
    printf("\"batch8_images_per_s\": %.1f, \"batch8_cpu_ms\": %.1f, \"threads\": %d}\n", 8 / eight.wall,
           eight.cpu * 1e3, lg_pool_size(pool));
    fflush(stdout);
done:
    nn_summary_release(&summary);
    nn_exec_free(exec);
    nn_weights_unref(weights);
    nn_net_unref(net);
    return st;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 0, rounds = argc > 2 ? atoi(argv[2]) : 5;
    lg_pool *pool = NULL;
    lg_err err = {0};
    lg_status st = rounds < 1 ? LG_E_ARG : lg_pool_new(threads, &pool, &err);
    for (const nn_base *base = nn_bases; st == LG_OK && base->name; base++)
        if (argc < 4 || strcmp(argv[3], base->name) == 0) st = bench(base, pool, rounds, &err);
    if (st != LG_OK) fprintf(stderr, "LL%03d %s (%s)\n", err.code, err.msg, err.why);
    lg_pool_free(pool);
    return st != LG_OK;
}
