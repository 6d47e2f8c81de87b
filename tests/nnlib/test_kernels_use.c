/* test_kernels_use.c - what callers of the kernels rely on, whichever variant serves: the choice by NN_ISA, the cutting
 * into pieces, gradients that belong to their forward pass, and results that do not depend on an image's company. */
#include <sys/wait.h>
#include <unistd.h>
#include "lib/base/pool.h"
#include "nnlib/kernels/variants.h"
#include "tests/support/test.h"

static lg_rng rng;
static lg_err err;

static float *some(size_t n)
{
    float *p = lg_alloc(n, sizeof *p, &err);
    for (size_t i = 0; i < n; i++) p[i] = (float)lg_rng_normal(&rng);
    return p;
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* The choice is made once a process, so each question is asked in a child of its own. First test of the file: the
 * parent must not have chosen yet. */
static int chosen_with(const char *isa, nn_op op)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setenv("NN_ISA", isa, 1);
        _exit((int)nn_op_chosen(op));
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(nn_isa_lowers_the_choice)
{
    CHECK_INT(chosen_with("scalar", NN_OP_conv2d_forward), NN_ISA_scalar);
    CHECK_INT(chosen_with("scalar", NN_OP_sgemm), NN_ISA_scalar);
    if (nn_isa_runs(NN_ISA_avx2)) CHECK_INT(chosen_with("avx2", NN_OP_conv2d_forward), NN_ISA_avx2);
    if (nn_isa_runs(NN_ISA_avx512)) CHECK_INT(chosen_with("avx512", NN_OP_sgemm), NN_ISA_avx512);
    CHECK_INT(chosen_with("", NN_OP_sgemm), NN_ISA_blas);
    CHECK_INT(chosen_with("fast please", NN_OP_sgemm), NN_ISA_blas);
}

TEST(report_names_every_operation)
{
    char text[4096], line[64], cut[8];
    CHECK_INT(nn_kernels_report(text, sizeof text), NN_OP_COUNT);
    for (nn_op op = 0; op < NN_OP_COUNT; op++) {
        snprintf(line, sizeof line, "%s: %s\n", nn_op_name(op), nn_isa_name(nn_op_chosen(op)));
        CHECK_HAS(text, line);
    }
    nn_kernels_report(cut, sizeof cut);
    CHECK(strlen(cut) == sizeof cut - 1);
    nn_kernels_report(NULL, 0);
}

TEST(pieces_cover_every_image_once)
{
    for (int images = 1; images <= 1000; images++) {
        int next = 0, least = images, most = 0;
        for (int i = 0; i < nn_pieces(images); i++) {
            nn_piece_range r = nn_piece(images, i);
            CHECK_INT(r.first, next);
            next += r.count;
            if (r.count < least) least = r.count;
            if (r.count > most) most = r.count;
        }
        CHECK_INT(next, images);
        CHECK(least >= 1 && most - least <= 1);
    }
    CHECK_INT(nn_pieces(0), 0);
    CHECK_INT(nn_pieces(32), 4);
}

TEST(convolution_by_hand)
{
    float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, w[] = {1, 2, 3, 4}, b[] = {0.5f}, y[9];
    nn_conv2d conv = {.in_h = 4, .in_w = 4, .in_c = 1, .out_c = 1, .kernel_h = 2, .kernel_w = 2};
    void *scratch = lg_alloc(nn_conv2d_forward_scratch(&conv), 1, &err);
    nn_conv2d_forward(
        &(nn_conv2d_args){.conv = &conv, .images = 1, .x = x, .w = w, .b = b, .y = y, .scratch = scratch});
    /* top left: 1·1 + 2·2 + 5·3 + 6·4 = 44, one more step to the right adds 1+2+3+4 = 10, one down 40 */
    for (int i = 0; i < 9; i++) CHECK_NEAR(y[i], 44.5 + i % 3 * 10 + i / 3 * 40, 0);
    uint8_t argmax[1];
    conv.pool = conv.relu = true; /* 3x3 places: one window, the largest bottom right */
    nn_conv2d_forward(&(nn_conv2d_args){.conv = &conv, .images = 1, .x = x, .w = w, .b = b, .y = y, .argmax = argmax,
                                        .scratch = scratch});
    CHECK_NEAR(y[0], 94.5, 0);
    CHECK_INT(argmax[0], 3);
    float negative[] = {-1, -1, -1, -1};
    nn_conv2d_forward(&(nn_conv2d_args){.conv = &conv, .images = 1, .x = x, .w = negative, .y = y, .argmax = argmax,
                                        .scratch = scratch});
    CHECK_NEAR(y[0], 0, 0);
    CHECK_INT(argmax[0], NN_POOL_NONE);
    float flat[16] = {0};
    conv.relu = false;
    nn_conv2d_forward(&(nn_conv2d_args){.conv = &conv, .images = 1, .x = flat, .w = w, .b = b, .y = y, .argmax = argmax,
                                        .scratch = scratch});
    CHECK_INT(argmax[0], 0); /* the first of equals */
    lg_free(scratch);
}

TEST(same_padding_is_tensorflows)
{
    nn_conv2d conv = {.in_h = 5, .in_w = 6, .in_c = 1, .out_c = 1, .kernel_h = 3, .kernel_w = 2, .stride_h = 2,
                      .stride_w = 2, .same = true};
    CHECK_INT(nn_conv2d_out_h(&conv), 3);
    CHECK_INT(nn_conv2d_out_w(&conv), 3);
    conv.in_h = 2, conv.same = false;
    CHECK(nn_conv2d_out_h(&conv) <= 0);
    /* the odd line of padding is at the bottom and right: the first output of a 2x2 kernel sees no padding */
    float x[] = {1, 2, 3, 4}, w[] = {1, 10, 100, 1000}, y[4];
    conv = (nn_conv2d){.in_h = 2, .in_w = 2, .in_c = 1, .out_c = 1, .kernel_h = 2, .kernel_w = 2, .same = true};
    void *scratch = lg_alloc(nn_conv2d_forward_scratch(&conv), 1, &err);
    nn_conv2d_forward(&(nn_conv2d_args){.conv = &conv, .images = 1, .x = x, .w = w, .y = y, .scratch = scratch});
    CHECK_NEAR(y[0], 4321, 0);
    CHECK_NEAR(y[3], 4, 0);
    lg_free(scratch);
}

typedef struct conv_run {
    nn_conv2d conv;
    size_t x, y, w;
    float *in, *weights, *out, *dy, *dx, *dw, *zero;
    uint8_t *argmax;
    nn_conv2d_args args;
} conv_run;

static conv_run conv_start(nn_conv2d conv, int images)
{
    conv_run r = {.conv = conv};
    size_t n = (size_t)images, most = nn_conv2d_forward_scratch(&conv);
    if (most < nn_conv2d_backward_data_scratch(&conv)) most = nn_conv2d_backward_data_scratch(&conv);
    if (most < nn_conv2d_backward_weights_scratch(&conv)) most = nn_conv2d_backward_weights_scratch(&conv);
    r.x = (size_t)(conv.in_h * conv.in_w * conv.in_c);
    r.y = (size_t)(nn_conv2d_out_h(&conv) * nn_conv2d_out_w(&conv) * conv.out_c);
    r.w = (size_t)(conv.kernel_h * conv.kernel_w * conv.in_c * conv.out_c);
    r.in = some(n * r.x), r.weights = some(r.w), r.out = some(n * r.y), r.dy = some(n * r.y), r.dx = some(n * r.x);
    r.dw = some(r.w), r.argmax = lg_alloc(n * r.y, 1, &err);
    r.args = (nn_conv2d_args){.images = images, .x = r.in, .w = r.weights, .y = r.out, .argmax = r.argmax, .dy = r.dy,
                              .dx = r.dx, .dw = r.dw, .scratch = lg_alloc(most, 1, &err)};
    return r;
}

static void conv_end(conv_run *r)
{
    lg_free(r->in), lg_free(r->weights), lg_free(r->out), lg_free(r->dy), lg_free(r->dx), lg_free(r->dw);
    lg_free(r->argmax), lg_free(r->args.scratch);
}

/* Convolution is linear in x and in w, also behind a pooling once the winners are fixed (no relu, no bias): with y as
 * the forward pass gave it, <dy, y> = <dx, x> = <dw, w>. */
TEST(gradients_belong_to_the_forward_pass)
{
    lg_rng_init(&rng, 3);
    for (int i = 0; i < 32; i++) {
        nn_conv2d conv = {.in_h = 9 + i % 5, .in_w = 8 + i % 3, .in_c = 1 + i % 19, .out_c = 1 + i * 7 % 40,
                          .kernel_h = 1 + i % 3, .kernel_w = 3, .stride_h = 1 + i / 8 % 2, .dilation_w = 1 + i / 4 % 2,
                          .same = i / 2 % 2, .pool = i % 2};
        conv_run r = conv_start(conv, 3);
        r.args.conv = &conv;
        nn_conv2d_forward(&r.args);
        nn_conv2d_backward_data(&r.args);
        nn_conv2d_backward_weights(&r.args);
        double want = dot(r.dy, r.out, 3 * r.y), size = sqrt(dot(r.out, r.out, 3 * r.y) * dot(r.dy, r.dy, 3 * r.y));
        CHECK_NEAR(dot(r.dx, r.in, 3 * r.x), want, 1e-6 * size);
        CHECK_NEAR(dot(r.dw, r.weights, r.w), want, 1e-6 * size);
        conv_end(&r);
    }
}

/* y and dx of an image are the same bits alone and in company. */
TEST(an_image_does_not_see_its_neighbours)
{
    lg_rng_init(&rng, 4);
    for (int i = 0; i < 12; i++) {
        nn_conv2d conv = {.in_h = 14, .in_w = 13, .in_c = 1 + 11 * (i % 3), .out_c = 16 + 9 * (i % 4), .kernel_h = 3,
                          .kernel_w = 3, .relu = true, .pool = i % 2, .same = i / 2 % 2};
        conv_run r = conv_start(conv, 4);
        r.args.conv = &conv;
        nn_conv2d_forward(&r.args);
        nn_conv2d_backward_data(&r.args);
        float *y = some(r.y), *dx = some(r.x);
        nn_conv2d_args one = r.args;
        one.images = 1, one.x += 2 * r.x, one.dy += 2 * r.y, one.y = y, one.dx = dx;
        uint8_t *argmax = lg_alloc(r.y, 1, &err);
        one.argmax = argmax;
        nn_conv2d_forward(&one);
        nn_conv2d_backward_data(&one);
        CHECK(memcmp(y, r.out + 2 * r.y, r.y * sizeof *y) == 0);
        CHECK(memcmp(dx, r.dx + 2 * r.x, r.x * sizeof *dx) == 0);
        lg_free(y), lg_free(dx), lg_free(argmax);
        conv_end(&r);
    }
}

TEST(cross_entropy_gradient_is_its_slope)
{
    enum { N = 5 };
    float x[N] = {0.3f, -1.2f, 2.0f, 0.0f, 1.1f}, dx[N], p[N], loss[1], up[1], down[1], weight[N] = {1, 2, 3, 4, 5};
    int32_t label[1] = {3};
    nn_softmax_xent_args a = {.rows = 1, .cols = N, .x = x, .label = label, .weight = weight, .scale = 1, .p = p,
                              .loss = loss, .dx = dx};
    nn_softmax_xent(&a);
    CHECK_NEAR(p[0] + p[1] + p[2] + p[3] + p[4], 1, 1e-6);
    CHECK_NEAR(loss[0], -4 * log((double)p[3]), 1e-5);
    for (int i = 0; i < N; i++) {
        float moved[N];
        memcpy(moved, x, sizeof x);
        nn_softmax_xent_args b = {.rows = 1, .cols = N, .x = moved, .label = label, .weight = weight, .loss = up};
        moved[i] = x[i] + 0.01f;
        nn_softmax_xent(&b);
        moved[i] = x[i] - 0.01f;
        b.loss = down;
        nn_softmax_xent(&b);
        CHECK_NEAR(dx[i], (up[0] - down[0]) / 0.02, 1e-3);
    }
    float far[2] = {1000, -1000};
    label[0] = 1;
    nn_softmax_xent(&(nn_softmax_xent_args){.rows = 1, .cols = 2, .x = far, .label = label, .p = p, .loss = loss});
    CHECK_NEAR(loss[0], 2000, 0);
    CHECK_NEAR(p[0], 1, 0);
}

/* Keras: v = 0.9·v - 0.1·g, w += v; nesterov w += 0.9·v - 0.1·g. Two steps by hand from w 1, g 1. */
TEST(momentum_is_keras_momentum)
{
    float w = 1, v = 0, g = 1;
    nn_sgd_args a = {.n = 1, .rate = 0.1f, .momentum = 0.9f, .g = &g, .v = &v, .w = &w};
    nn_sgd(&a);
    nn_sgd(&a);
    CHECK_NEAR(v, -0.19, 1e-7);
    CHECK_NEAR(w, 1 - 0.1 - 0.19, 1e-6);
    w = 1, v = 0, a.nesterov = true;
    nn_sgd(&a);
    CHECK_NEAR(w, 1 - 0.09 - 0.1, 1e-6);
}

enum { LARGE = 400, PRODUCTS = 4 };
typedef struct products {
    float *a, *b, *c[PRODUCTS];
} products;

static void multiply(void *ctx, int piece, int worker)
{
    products *p = ctx;
    (void)worker;
    nn_sgemm(&(nn_sgemm_args){.m = LARGE, .n = LARGE, .k = LARGE, .a = p->a, .b = p->b, .c = p->c[piece]});
}

/* The first large product brings OpenBLAS in; here several threads are first at once, and all get the same bits. */
TEST(large_products_from_several_threads)
{
    products p = {.a = some(LARGE * LARGE), .b = some(LARGE * LARGE)};
    lg_pool *pool;
    for (int i = 0; i < PRODUCTS; i++) p.c[i] = some(LARGE * LARGE);
    CHECK_OK(lg_pool_new(PRODUCTS, &pool, &err));
    lg_pool_run(pool, PRODUCTS, multiply, &p);
    double want = 0;
    for (int k = 0; k < LARGE; k++) want += (double)p.a[k] * (double)p.b[k * LARGE];
    CHECK_NEAR(p.c[0][0], want, 1e-3);
    for (int i = 1; i < PRODUCTS; i++) CHECK(memcmp(p.c[0], p.c[i], LARGE * LARGE * sizeof(float)) == 0);
    const char *threads = getenv("OPENBLAS_NUM_THREADS");
    if (nn_kernels_openblas()) CHECK_STR(threads, "1");
    lg_pool_free(pool);
    lg_free(p.a), lg_free(p.b);
    for (int i = 0; i < PRODUCTS; i++) lg_free(p.c[i]);
}
