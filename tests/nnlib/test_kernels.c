/* test_kernels.c - every variant in kernels.def against the scalar reference, on sizes that leave tails everywhere. A
 * line in kernels.def makes a test here; an operation without a check does not compile. */
#include <pthread.h>
#include "lib/base/lg.h"
#include "nnlib/kernels/variants.h"
#include "tests/support/test.h"

static lg_rng rng;
static lg_err err;
static int compared;

/* n random floats; owned. Blocks are exact, so that the address sanitizer sees a step too far. */
static float *some(size_t n)
{
    float *p = lg_alloc(n, sizeof *p, &err);
    for (size_t i = 0; i < n; i++) p[i] = (float)lg_rng_normal(&rng);
    return p;
}

static float *same_as(const float *from, size_t n)
{
    float *p = lg_alloc(n, sizeof *p, &err);
    memcpy(p, from, n * sizeof *p);
    return p;
}

static void near_all(const char *what, const float *got, const float *want, size_t n, double tolerance)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        if (fabs((double)want[i]) > largest) largest = fabs((double)want[i]);
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - (double)want[i]) <= tolerance * largest + 1e-30))
            TEST_FAIL("%s[%zu] of %zu is %.9g, expected %.9g (largest %.3g)", what, i, n, (double)got[i],
                      (double)want[i], largest);
    compared++;
}

/* ---- matrix product ---- */

static void sgemm_once(nn_any_fn *run, nn_trans trans, int m, int n, int k, int gap, float beta, double tolerance)
{
    int lda = (trans == NN_GEMM_TN ? m : k) + gap, ldb = (trans == NN_GEMM_NT ? k : n) + gap, ldc = n + gap;
    size_t c_len = (size_t)m * (size_t)ldc;
    float *a = some((size_t)(trans == NN_GEMM_TN ? k : m) * (size_t)lda);
    float *b = some((size_t)(trans == NN_GEMM_NT ? n : k) * (size_t)ldb);
    float *c = some(c_len), *want = same_as(c, c_len);
    if (beta == 0 && c_len) c[0] = want[0] = NAN; /* beta 0 must not read c */
    nn_sgemm_args args = {.trans = trans, .m = m, .n = n, .k = k, .a = a, .lda = lda, .b = b, .ldb = ldb, .beta = beta,
                          .c = c, .ldc = ldc};
    ((void (*)(const nn_sgemm_args *))run)(&args);
    args.c = want;
    nn_sgemm__scalar(&args);
    near_all("c", c, want, c_len, tolerance * sqrt(1 + k));
    lg_free(a), lg_free(b), lg_free(c), lg_free(want);
}

static void check_sgemm(nn_any_fn *run, double tolerance)
{
    for (int trans = NN_GEMM_NN; trans <= NN_GEMM_NT; trans++) {
        for (int n = 1; n <= 67; n++) {
            sgemm_once(run, (nn_trans)trans, 5, n, 7, 0, 0, tolerance);
            sgemm_once(run, (nn_trans)trans, n, 3 + n % 31, 1 + n % 9, 3, 1, tolerance);
            sgemm_once(run, (nn_trans)trans, 2, 33, n, 1, 0.5f, tolerance);
        }
        sgemm_once(run, (nn_trans)trans, 67, 67, 300, 0, 1, tolerance);
        sgemm_once(run, (nn_trans)trans, 130, 140, 260, 2, -2, tolerance);
        sgemm_once(run, (nn_trans)trans, 4, 5, 0, 0, 1, tolerance);
        sgemm_once(run, (nn_trans)trans, 385, 390, 401, 3, 0, tolerance); /* large enough for OpenBLAS */
    }
}

/* ---- convolution ---- */

typedef struct conv_data {
    nn_conv2d conv;
    int images;
    size_t x_len, y_len, w_len;
    float *x, *w, *b, *dy, *out, *want, *out2, *want2;
    uint8_t *argmax, *want_argmax;
    void *scratch;
    nn_conv2d_args args;
} conv_data;

static bool conv_fits(const nn_conv2d *c)
{
    return nn_conv2d_out_h(c) > 0 && nn_conv2d_out_w(c) > 0;
}

static conv_data conv_new(nn_conv2d conv, int images, size_t scratch)
{
    conv_data d = {.conv = conv, .images = images};
    size_t n = (size_t)images, out = (size_t)(nn_conv2d_out_h(&conv) * nn_conv2d_out_w(&conv) * conv.out_c);
    d.x_len = n * (size_t)(conv.in_h * conv.in_w * conv.in_c);
    d.y_len = n * out;
    d.w_len = (size_t)(conv.kernel_h * conv.kernel_w * conv.in_c * conv.out_c);
    d.x = some(d.x_len), d.w = some(d.w_len), d.b = some((size_t)conv.out_c), d.dy = some(d.y_len);
    d.argmax = lg_alloc(d.y_len, 1, &err);
    d.want_argmax = lg_alloc(d.y_len, 1, &err);
    d.scratch = lg_alloc(scratch, 1, &err);
    memset(d.scratch, 0xFF, scratch); /* NaN: nothing may be taken from it */
    for (size_t i = 0; i < d.y_len; i++) {
        uint64_t r = lg_rng_below(&rng, 6);
        d.argmax[i] = r < 4 ? (uint8_t)r : NN_POOL_NONE;
    }
    d.args = (nn_conv2d_args){.images = images, .x = d.x, .w = d.w, .b = d.b, .dy = d.dy, .argmax = d.argmax,
                              .scratch = d.scratch};
    return d;
}

static void conv_release(conv_data *d)
{
    lg_free(d->x), lg_free(d->w), lg_free(d->b), lg_free(d->dy), lg_free(d->out), lg_free(d->want);
    lg_free(d->out2), lg_free(d->want2), lg_free(d->argmax), lg_free(d->want_argmax), lg_free(d->scratch);
}

static void run_both(nn_any_fn *run, void (*scalar)(const nn_conv2d_args *), nn_conv2d_args *args, conv_data *d,
                     size_t scratch, bool forward)
{
    args->conv = &d->conv;
    ((void (*)(const nn_conv2d_args *))run)(args);
    args->y = args->dx = args->dw = d->want;
    args->db = d->want2;
    if (forward) args->argmax = d->want_argmax;
    memset(d->scratch, 0xFF, scratch);
    scalar(args);
}

static void forward_once(nn_any_fn *run, nn_conv2d conv, int images, double tolerance)
{
    size_t scratch = nn_conv2d_forward_scratch(&conv);
    conv_data d = conv_new(conv, images, scratch);
    d.out = some(d.y_len), d.want = some(d.y_len);
    d.args.y = d.out;
    if (conv.in_w % 3 == 0) d.args.b = NULL;
    run_both(run, nn_conv2d_forward__scalar, &d.args, &d, scratch, true);
    near_all("y", d.out, d.want, d.y_len, tolerance);
    size_t differ = 0; /* rounding may settle near ties otherwise; a wrong rule would differ everywhere */
    for (size_t i = 0; conv.pool && i < d.y_len; i++) differ += d.argmax[i] != d.want_argmax[i];
    if (differ > d.y_len / 1000 + 1) TEST_FAIL("%zu of %zu argmax differ", differ, d.y_len);
    conv_release(&d);
}

static void data_once(nn_any_fn *run, nn_conv2d conv, int images, double tolerance)
{
    size_t scratch = nn_conv2d_backward_data_scratch(&conv);
    conv_data d = conv_new(conv, images, scratch);
    d.out = some(d.x_len), d.want = some(d.x_len);
    d.args.dx = d.out;
    run_both(run, nn_conv2d_backward_data__scalar, &d.args, &d, scratch, false);
    near_all("dx", d.out, d.want, d.x_len, tolerance);
    conv_release(&d);
}

static void weights_once(nn_any_fn *run, nn_conv2d conv, int images, double tolerance)
{
    size_t scratch = nn_conv2d_backward_weights_scratch(&conv), out = (size_t)conv.out_c;
    conv_data d = conv_new(conv, images, scratch);
    d.out = some(d.w_len), d.want = same_as(d.out, d.w_len), d.out2 = some(out), d.want2 = same_as(d.out2, out);
    d.args.dw = d.out, d.args.db = d.out2;
    d.args.add = conv.in_h % 2;
    run_both(run, nn_conv2d_backward_weights__scalar, &d.args, &d, scratch, false);
    near_all("dw", d.out, d.want, d.w_len, tolerance);
    near_all("db", d.out2, d.want2, out, tolerance * 4);
    conv_release(&d);
}

typedef void conv_once(nn_any_fn *run, nn_conv2d conv, int images, double tolerance);

/* Channel counts, then kernels, strides, dilations, padding, then the shapes of a real network. */
static void conv_sweep(conv_once *once, nn_any_fn *run, double tolerance)
{
    for (int c = 1; c <= 67; c++) {
        for (int how = 0; how < 4; how++) {
            nn_conv2d conv = {.in_h = 6 + c % 3, .in_w = 5 + c % 4, .in_c = how % 2 ? 1 + c % 5 : c,
                              .out_c = how % 2 ? c : 1 + c % 7, .kernel_h = 3, .kernel_w = 3, .relu = how / 2,
                              .pool = how / 2 && c % 3, .same = c % 2};
            conv.most = c % 3 ? 0 : 6 * sqrtf((float)conv.in_c); /* twice the deviation of a sum */
            once(run, conv, 2, tolerance);
        }
    }
    for (int i = 0; i < 4 * 3 * 3 * 2 * 2; i++) {
        static const int kernels[4][2] = {{1, 1}, {2, 3}, {5, 1}, {5, 5}};
        const int *k = kernels[i % 4];
        nn_conv2d conv = {.in_h = 17, .in_w = 15, .in_c = 3, .out_c = 18, .kernel_h = k[0], .kernel_w = k[1],
                          .stride_h = 1 + i / 4 % 3, .stride_w = 1 + (i / 4 + i / 12) % 3, .dilation_h = 1 + i / 12 % 3,
                          .dilation_w = 1 + (i / 12 + i / 36) % 3, .same = i / 36 % 2, .pool = i / 72 % 2};
        if (conv_fits(&conv)) once(run, conv, 3, tolerance);
    }
    for (int i = 0; i < 8; i++) {
        static const int shapes[4][3] = {{64, 3, 16}, {31, 16, 32}, {14, 32, 64}, {6, 64, 128}};
        const int *s = shapes[i / 2];
        once(run, (nn_conv2d){.in_h = s[0], .in_w = s[0], .in_c = s[1], .out_c = s[2], .kernel_h = 3, .kernel_w = 3,
                              .relu = i % 2, .pool = i % 2}, i < 2 ? 1 : 9, tolerance);
    }
    for (int w = 1; w <= 67; w++)
        once(
            run,
            (nn_conv2d){
                .in_h = 3, .in_w = 2 + w, .in_c = 2, .out_c = 20, .kernel_h = 2, .kernel_w = 2, .pool = w > 1 && w % 2},
            1, tolerance);
}

/* Channels enough to be cut into blocks: more than one block of them, vectors that are not full, padding on one side or
 * all, places left out by strides and gaps, and more places than pass over a block at once. */
static void wide_sweep(conv_once *once, nn_any_fn *run, double tolerance)
{
    static const nn_conv2d wide[] = {
        {.in_h = 7, .in_w = 7, .in_c = 517, .out_c = 35, .kernel_h = 3, .kernel_w = 3, .same = true, .relu = true},
        {.in_h = 6, .in_w = 5, .in_c = 35, .out_c = 261, .kernel_h = 3, .kernel_w = 3, .same = true, .relu = true},
        {.in_h = 5, .in_w = 6, .in_c = 257, .out_c = 273, .kernel_h = 2, .kernel_w = 3, .relu = true, .most = 100},
        {.in_h = 7, .in_w = 6, .in_c = 260, .out_c = 258, .kernel_h = 3, .kernel_w = 2, .stride_h = 2, .stride_w = 3,
         .same = true},
        {.in_h = 5, .in_w = 4, .in_c = 256, .out_c = 256, .kernel_h = 3, .kernel_w = 3, .dilation_h = 2,
         .dilation_w = 3, .same = true, .relu = true},
        {.in_h = 1, .in_w = 2, .in_c = 300, .out_c = 288, .kernel_h = 5, .kernel_w = 5, .same = true},
        {.in_h = 5, .in_w = 4, .in_c = 256, .out_c = 512, .kernel_h = 1, .kernel_w = 1, .stride_h = 2, .stride_w = 2},
        {.in_h = 14, .in_w = 13, .in_c = 256, .out_c = 17, .kernel_h = 3, .kernel_w = 3, .same = true, .relu = true},
        {.in_h = 14, .in_w = 13, .in_c = 17, .out_c = 256, .kernel_h = 3, .kernel_w = 3, .same = true},
        {.in_h = 1, .in_w = 405, .in_c = 256, .out_c = 256, .kernel_h = 1, .kernel_w = 1},
    };
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) once(run, wide[i], wide[i].in_w > 400 ? 1 : 3, tolerance);
}

static void check_conv2d_forward(nn_any_fn *run, double tolerance)
{
    conv_sweep(forward_once, run, tolerance);
    wide_sweep(forward_once, run, tolerance);
}

static void check_conv2d_backward_data(nn_any_fn *run, double tolerance)
{
    conv_sweep(data_once, run, tolerance);
    wide_sweep(data_once, run, tolerance);
}

static void check_conv2d_backward_weights(nn_any_fn *run, double tolerance)
{
    conv_sweep(weights_once, run, tolerance);
    wide_sweep(weights_once, run, tolerance);
}

/* ---- convolution of each channel on its own ---- */

static void depthwise_once(nn_any_fn *run, nn_depthwise_args a, double tolerance)
{
    nn_conv2d conv = {.in_h = a.in_h, .in_w = a.in_w, .in_c = a.channels, .out_c = a.channels, .kernel_h = a.kernel_h,
                      .kernel_w = a.kernel_w, .stride_h = a.stride_h, .stride_w = a.stride_w, .same = a.same};
    size_t channels = (size_t)a.channels, x_len = (size_t)(a.images * a.in_h * a.in_w) * channels;
    size_t y_len = (size_t)(a.images * nn_conv2d_out_h(&conv) * nn_conv2d_out_w(&conv)) * channels;
    float *x = some(x_len), *w = some((size_t)(a.kernel_h * a.kernel_w) * channels), *b = some(channels);
    float *y = some(y_len), *want = some(y_len);
    a.x = x, a.w = w, a.b = a.channels % 4 ? b : NULL, a.y = want;
    nn_depthwise_forward__scalar(&a);
    a.y = y;
    ((void (*)(const nn_depthwise_args *))run)(&a);
    near_all("y", y, want, y_len, tolerance);
    lg_free(x), lg_free(w), lg_free(b), lg_free(y), lg_free(want);
}

static void check_depthwise_forward(nn_any_fn *run, double tolerance)
{
    for (int c = 1; c <= 67; c++)
        depthwise_once(run, (nn_depthwise_args){.images = 2, .in_h = 5 + c % 4, .in_w = 4 + c % 9, .channels = c,
                                                .kernel_h = 3, .kernel_w = 2 + c % 3, .stride_h = 1 + c % 2,
                                                .stride_w = c % 3, .same = c % 2, .relu = c % 5 > 2,
                                                .most = c % 5 > 3 ? 0.5f : 0},
                       tolerance);
    for (int size = 1; size <= 9; size++) /* windows larger than the image */
        depthwise_once(run, (nn_depthwise_args){.images = 1, .in_h = 4, .in_w = 7, .channels = 19, .kernel_h = size,
                                                .kernel_w = size, .same = true},
                       tolerance);
}

/* ---- pooling ---- */

static void maxpool_once(nn_any_fn *run, nn_maxpool_args a, bool backward, double tolerance)
{
    size_t x_len = (size_t)a.images * (size_t)(a.in_h * a.in_w * a.channels);
    size_t y_len = (size_t)a.images * (size_t)(nn_maxpool_out_h(&a) * nn_maxpool_out_w(&a) * a.channels);
    float *x = some(x_len), *y = some(y_len), *want = some(y_len), *dx = some(x_len), *want_dx = some(x_len);
    uint16_t *argmax = lg_alloc(y_len, 2, &err), *want_argmax = lg_alloc(y_len, 2, &err);
    for (size_t i = 0; a.channels % 2 && i < x_len; i++) x[i] = roundf(x[i] * 2); /* equals: the first wins */
    a.x = x, a.y = want, a.argmax = want_argmax;
    nn_maxpool_forward__scalar(&a);
    if (backward) {
        a.dy = y, a.dx = want_dx;
        nn_maxpool_backward__scalar(&a);
        a.dx = dx;
        ((void (*)(const nn_maxpool_args *))run)(&a);
        near_all("dx", dx, want_dx, x_len, tolerance);
    } else {
        a.y = y, a.argmax = argmax;
        ((void (*)(const nn_maxpool_args *))run)(&a);
        near_all("y", y, want, y_len, tolerance);
        CHECK(memcmp(argmax, want_argmax, y_len * 2) == 0);
    }
    lg_free(x), lg_free(y), lg_free(want), lg_free(dx), lg_free(want_dx), lg_free(argmax), lg_free(want_argmax);
}

/* A maximum compares nothing with NaN: it stays where it comes first, and loses anywhere else. */
static void maxpool_nan(nn_any_fn *run)
{
    enum { CHANNELS = 21 };
    float x[4 * CHANNELS], y[CHANNELS];
    for (int i = 0; i < 4 * CHANNELS; i++) x[i] = i / CHANNELS == i % CHANNELS % 4 ? NAN : (float)(i / CHANNELS + 1);
    ((void (*)(const nn_maxpool_args *))run)(&(nn_maxpool_args){
        .images = 1, .in_h = 2, .in_w = 2, .channels = CHANNELS, .pool_h = 2, .pool_w = 2, .x = x, .y = y});
    for (int c = 0; c < CHANNELS; c++) {
        bool first = isnan(x[c]), last = isnan(x[3 * CHANNELS + c]);
        if (first ? !isnan(y[c]) : !(y[c] == (last ? 3 : 4))) TEST_FAIL("channel %d gives %g", c, (double)y[c]);
    }
}

static void maxpool_sweep(nn_any_fn *run, bool backward, double tolerance)
{
    for (int c = 1; c <= 67; c++)
        maxpool_once(run, (nn_maxpool_args){.images = 2, .in_h = 5 + c % 4, .in_w = 7, .channels = c, .pool_h = 2,
                                            .pool_w = 2 + c % 2, .stride_h = 1 + c % 3, .same = c % 2},
                     backward, tolerance);
    for (int size = 3; size <= 5; size++) /* windows that overlap, the last one wide */
        maxpool_once(run, (nn_maxpool_args){.images = 2, .in_h = 9, .in_w = 8, .channels = 19, .pool_h = size,
                                            .pool_w = size, .stride_h = 2, .stride_w = 1, .same = true},
                     backward, tolerance);
}

static void check_maxpool_forward(nn_any_fn *run, double tolerance)
{
    maxpool_sweep(run, false, tolerance);
    maxpool_nan(run);
}

static void check_maxpool_backward(nn_any_fn *run, double tolerance)
{
    maxpool_sweep(run, true, tolerance);
}

/* ---- element by element, and rows ---- */
/* One frame for all: the arguments are set up twice, on equal data, run by both, and every array compared. */
enum { ARRAYS = 5 };
typedef struct element_case {
    size_t n;
    float *array[ARRAYS];
    int32_t label[67];
    uint8_t *bytes;
} element_case;

static element_case element_new(size_t n)
{
    element_case e = {.n = n};
    for (int i = 0; i < ARRAYS; i++) e.array[i] = some(n);
    e.bytes = lg_alloc(n, 1, &err);
    for (size_t i = 0; i < n; i++) e.bytes[i] = (uint8_t)lg_rng_next(&rng);
    for (int i = 0; i < 67; i++) e.label[i] = (int32_t)lg_rng_next(&rng) & 0x7FFFFFFF;
    return e;
}

static element_case element_copy(const element_case *e)
{
    element_case copy = *e;
    for (int i = 0; i < ARRAYS; i++) copy.array[i] = same_as(e->array[i], e->n);
    return copy;
}

typedef void element_run(nn_any_fn *run, element_case *e, int how);

static void element_sweep(nn_any_fn *run, nn_any_fn *scalar, element_run *call, int ways, double tolerance)
{
    for (size_t n = 0; n <= 67 * 67; n += n < 67 ? 1 : 1000) {
        for (int how = 0; how < ways; how++) {
            element_case got = element_new(n), want = element_copy(&got);
            call(run, &got, how);
            call(scalar, &want, how);
            for (int i = 0; i < ARRAYS; i++) {
                near_all("array", got.array[i], want.array[i], n, tolerance);
                lg_free(got.array[i]), lg_free(want.array[i]);
            }
            lg_free(got.bytes);
        }
    }
}

#define CALL(op, ...) ((void (*)(const nn_args_of_##op *))run)(&(nn_args_of_##op){__VA_ARGS__})
#define ELEMENTWISE(op, ways, ...)                                                                                     \
    static void call_##op(nn_any_fn *run, element_case *e, int how)                                                    \
    {                                                                                                                  \
        float **v = e->array;                                                                                          \
        (void)how, (void)v;                                                                                            \
        __VA_ARGS__;                                                                                                   \
    }                                                                                                                  \
    static void check_##op(nn_any_fn *run, double tolerance)                                                           \
    {                                                                                                                  \
        element_sweep(run, (nn_any_fn *)nn_##op##__scalar, call_##op, ways, tolerance);                                \
    }

ELEMENTWISE(act_forward, 9, CALL(act_forward, .act = (nn_act)how, .alpha = 0.3f, .n = e->n, .x = v[0], .y = v[how % 2]))
ELEMENTWISE(act_backward, 9, CALL(act_backward, .act = (nn_act)how, .alpha = 0.3f, .n = e->n, .x = v[0], .y = v[1],
                                  .dy = v[2], .dx = v[2 + how % 2]))
ELEMENTWISE(fill, 1, CALL(fill, .n = e->n, .value = 3, .y = v[0]))
ELEMENTWISE(axpy, 1, CALL(axpy, .n = e->n, .alpha = 0.7f, .x = v[0], .y = v[1]))
ELEMENTWISE(scale_u8, 1, CALL(scale_u8, .n = e->n, .x = e->bytes, .scale = 1 / 255.0f, .shift = -0.5f, .y = v[0]))

static int rows_of(size_t n)
{
    return n < 67 ? 1 : 67;
}

#define ROWS .rows = rows_of(e->n), .cols = (int)(e->n / (size_t)rows_of(e->n))
ELEMENTWISE(add_bias, 1, CALL(add_bias, ROWS, .b = v[0], .y = v[1]))
ELEMENTWISE(sum_rows, 2, CALL(sum_rows, ROWS, .x = v[0], .add = how, .y = v[1]))
ELEMENTWISE(softmax_forward, 2, if (e->n) CALL(softmax_forward, ROWS, .x = v[0], .y = v[how]))
ELEMENTWISE(softmax_backward, 2, if (e->n) CALL(softmax_backward, ROWS, .y = v[0], .dy = v[1], .dx = v[1 + how]))
ELEMENTWISE(softmax_xent, 2, for (int i = 0; e->n && i < 67; i++) e->label[i] %= (int)e->n / rows_of(e->n);
            if (e->n) CALL(softmax_xent, ROWS, .x = v[0], .label = e->label, .weight = how ? v[1] : NULL,
                           .scale = 0.1f, .p = v[2], .loss = v[3], .dx = v[how ? 4 : 0]))
ELEMENTWISE(sgd, 4, CALL(sgd, .n = e->n, .rate = 0.1f, .momentum = how ? 0.9f : 0, .decay = how == 3 ? 0.01f : 0,
                         .nesterov = how == 2, .g = v[0], .v = how ? v[1] : NULL, .w = v[2]))
ELEMENTWISE(adam, 1, for (size_t i = 0; i < e->n; i++) v[2][i] = fabsf(v[2][i]);
            CALL(adam, .n = e->n, .rate = 0.1f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-7f, .g = v[0], .m = v[1],
                 .v = v[2], .w = v[3]))

/* ---- a test for each line of kernels.def ---- */

static void check_variant(void (*check)(nn_any_fn *, double), nn_op op, nn_isa isa, nn_any_fn *run)
{
    if (!nn_isa_runs(isa)) SKIP("this machine cannot run it");
    lg_rng_init(&rng, 42);
    compared = 0;
    check(run, nn_op_tolerance(op));
    printf("  %s %s: %d comparisons\n", nn_op_name(op), nn_isa_name(isa), compared);
}

#define NN_OP(op, args, tolerance)
#define NN_VARIANT(op, isa)                                                                                            \
    TEST(op##_##isa)                                                                                                   \
    {                                                                                                                  \
        check_variant(check_##op, NN_OP_##op, NN_ISA_##isa, (nn_any_fn *)nn_##op##__##isa);                            \
    }
#include "nnlib/kernels/kernels.def"
