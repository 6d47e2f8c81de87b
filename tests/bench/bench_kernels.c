/* bench_kernels.c - times each variant of the heavy operations on the shapes of the report's network, one thread.
 *
 *     build/bench/bench_kernels [seconds per line]
 *
 * One line a variant: microseconds a call of 8 images (a product, an array) and GFLOP/s, the least of many runs. GFLOP
 * are those of the dense definition, so a sparse pass may show more than the machine can multiply. BENCH_SCALAR=1 times
 * the reference of convolution and products too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/lg.h"
#include "nnlib/kernels/variants.h"

enum { IMAGES = 8 };

static lg_err err;
static lg_rng rng;

static float *some(size_t n)
{
    float *p = lg_alloc(n, sizeof *p, &err);
    if (!p) exit(1);
    for (size_t i = 0; i < n; i++) p[i] = (float)lg_rng_normal(&rng);
    return p;
}

static void time_variant(const nn_variant *v, const void *args, const char *what, double flop, double limit)
{
    if (!nn_isa_runs(v->isa) || (v->isa == NN_ISA_scalar && flop > 1e7 && !getenv("BENCH_SCALAR"))) return;
    double best = 1e9;
    for (double end = lg_now() + limit; lg_now() < end;) {
        double start = lg_now();
        ((void (*)(const void *))v->run)(args);
        double took = lg_now() - start;
        if (took < best) best = took;
    }
    printf("%-24s %-7s %-22s %9.2f us %7.1f GFLOP/s\n", nn_op_name(v->op), nn_isa_name(v->isa), what,
           best * 1e6, flop / best / 1e9);
}

static void time_conv(nn_conv2d conv, double limit)
{
    size_t x = IMAGES * (size_t)(conv.in_h * conv.in_w * conv.in_c);
    size_t y = IMAGES * (size_t)(nn_conv2d_out_h(&conv) * nn_conv2d_out_w(&conv) * conv.out_c);
    size_t w = (size_t)(conv.kernel_h * conv.kernel_w * conv.in_c * conv.out_c),
           scratch = nn_conv2d_forward_scratch(&conv);
    if (scratch < nn_conv2d_backward_data_scratch(&conv)) scratch = nn_conv2d_backward_data_scratch(&conv);
    if (scratch < nn_conv2d_backward_weights_scratch(&conv)) scratch = nn_conv2d_backward_weights_scratch(&conv);
    nn_conv2d_args args = {.conv = &conv, .images = IMAGES, .x = some(x), .w = some(w), .b = some((size_t)conv.out_c),
                           .y = some(y), .dy = some(y), .argmax = lg_alloc(y, 1, &err), .dx = some(x), .dw = some(w),
                           .db = some((size_t)conv.out_c), .scratch = lg_alloc(scratch, 1, &err)};
    nn_conv2d unpooled = conv;
    unpooled.pool = false;
    double flop = 2.0 * IMAGES * nn_conv2d_out_h(&unpooled) * nn_conv2d_out_w(&unpooled) * (double)w;
    char what[64];
    snprintf(what, sizeof what, "%dx%dx%d -> %d%s", conv.in_h, conv.in_w, conv.in_c, conv.out_c,
             conv.pool ? " pool" : "");
    for (size_t i = 0; i < nn_variant_count; i++)
        if (nn_variants[i].op == NN_OP_conv2d_forward || nn_variants[i].op == NN_OP_conv2d_backward_data ||
            nn_variants[i].op == NN_OP_conv2d_backward_weights)
            time_variant(&nn_variants[i], &args, what, flop, limit);
}

static void time_sgemm(nn_trans trans, int m, int n, int k, double limit)
{
    nn_sgemm_args args = {.trans = trans, .m = m, .n = n, .k = k, .a = some((size_t)m * (size_t)k),
                          .b = some((size_t)n * (size_t)k), .c = some((size_t)m * (size_t)n)};
    char what[64];
    snprintf(what, sizeof what, "%s %dx%dx%d", (const char *[]){"NN", "TN", "NT"}[trans], m, n, k);
    for (size_t i = 0; i < nn_variant_count; i++)
        if (nn_variants[i].op == NN_OP_sgemm) time_variant(&nn_variants[i], &args, what, 2.0 * m * n * k, limit);
}

static void time_op(nn_op op, const void *args, const char *what, double flop, double limit)
{
    for (size_t i = 0; i < nn_variant_count; i++)
        if (nn_variants[i].op == op) time_variant(&nn_variants[i], args, what, flop, limit);
}

/* Each on as many numbers as the report's network has weights, or an image has pixels. */
static void time_elements(double limit)
{
    enum { N = 130532, ROWS = 4, PIXELS = 64 * 64 * 3 };
    float *a = some(ROWS * N), *b = some(N), *c = some(N), *d = some(N);
    uint8_t *bytes = lg_alloc(PIXELS, 1, &err);
    for (size_t i = 0; i < N; i++) c[i] = c[i] * c[i];
    time_op(NN_OP_axpy, &(nn_axpy_args){.n = N, .alpha = 1e-9f, .x = a, .y = b}, "130,532", 2 * N, limit);
    time_op(NN_OP_sum_rows, &(nn_sum_rows_args){.rows = ROWS, .cols = N, .x = a, .y = b}, "4 x 130,532", ROWS * N,
            limit);
    time_op(NN_OP_sgd, &(nn_sgd_args){.n = N, .rate = 1e-9f, .g = a, .w = b}, "130,532", 3 * N, limit);
    time_op(NN_OP_sgd, &(nn_sgd_args){.n = N, .rate = 1e-9f, .momentum = 0.9f, .g = a, .v = d, .w = b},
            "130,532 momentum", 5 * N, limit);
    time_op(NN_OP_adam, &(nn_adam_args){.n = N, .rate = 1e-9f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-7f, .g = a,
                                        .m = d, .v = c, .w = b}, "130,532", 12 * N, limit);
    time_op(NN_OP_scale_u8, &(nn_scale_u8_args){.n = PIXELS, .x = bytes, .scale = 1, .y = b}, "12,288", 2 * PIXELS,
            limit);
    time_op(NN_OP_act_forward, &(nn_act_args){.act = NN_ACT_RELU, .n = N, .x = a, .y = b}, "130,532 relu", N, limit);
    time_op(NN_OP_act_backward, &(nn_act_args){.act = NN_ACT_RELU, .n = N, .y = a, .dy = d, .dx = b}, "130,532 relu", N,
            limit);
}

int main(int argc, char **argv)
{
    double limit = argc > 1 ? strtod(argv[1], NULL) : 0.2;
    lg_rng_init(&rng, 1);
    time_elements(limit);
    for (int pool = 1; pool >= 0; pool--) {
        static const int shapes[4][3] = {{64, 3, 16}, {31, 16, 32}, {14, 32, 64}, {6, 64, 128}};
        for (int i = 0; i < 4; i++)
            time_conv((nn_conv2d){.in_h = shapes[i][0], .in_w = shapes[i][0], .in_c = shapes[i][1], .relu = true,
                                  .out_c = shapes[i][2], .kernel_h = 3, .kernel_w = 3, .pool = pool}, limit);
    }
    for (int trans = NN_GEMM_NN; trans <= NN_GEMM_NT; trans++) {
        time_sgemm((nn_trans)trans, 32, 64, 512, limit);
        time_sgemm((nn_trans)trans, 256, 256, 256, limit);
        time_sgemm((nn_trans)trans, 512, 512, 512, limit);
        time_sgemm((nn_trans)trans, 1024, 1024, 1024, limit);
    }
    return 0;
}
