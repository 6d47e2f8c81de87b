/* layer_depthwise.c - one small pattern for each channel, y = f(x * W + b), as Keras' DepthwiseConv2D.
 *
 * x is (n, h, w, c), W is (kh, kw, c, 1), b is (c), y is (n, oh, ow, c). Direct: for each place of the output all
 * places of its window; backward sixteen channels at a time. */
#include "nnlib/layers/ending.h"
#include "nnlib/layers/window.h"
#include <stdio.h>
#include <string.h>
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

typedef struct depthwise_config {
    nn_config base;
    nn_dims kernel, stride;
    int32_t activation, same, bias;
} depthwise_config;

static const nn_field depthwise_fields[] = {
    {.name = "kernel",
     .aliases = "kernel_size size",
     .keras = "kernel_size",
     .kind = NN_SIZE,
     .offset = offsetof(depthwise_config, kernel),
     .positional = true,
     .fallback = 3,
     .min = 1,
     .max = 1024,
     .bare_max = 11,
     .help = "height x width of each pattern",
     .low = "1x1 only makes a channel brighter or darker",
     .high = "a large window is slow; two 3x3 layers see as much as 5x5"},
    {.name = "activation",
     .keras = "activation",
     .kind = NN_CHOICE,
     .offset = offsetof(depthwise_config, activation),
     .positional = true,
     .choices = nn_activation_names,
     .help = "what is done to every number at the end"},
    {.name = "stride",
     .aliases = "strides",
     .keras = "strides",
     .kind = NN_SIZE,
     .offset = offsetof(depthwise_config, stride),
     .fallback = 1,
     .min = 1,
     .max = 1024,
     .help = "steps between windows",
     .low = "the window must move",
     .high = "a stride above the window leaves pixels out"},
    {.name = "same",
     .keras = "padding",
     .kind = NN_FLAG,
     .offset = offsetof(depthwise_config, same),
     .value = 1,
     .max = 1,
     .help = "pad with zeros, so that the maps are as large as the image (divided by the stride)"},
    {.name = "valid",
     .kind = NN_FLAG,
     .offset = offsetof(depthwise_config, same),
     .value = 0,
     .max = 1,
     .help = "no padding (the default): the maps lose the border"},
    {.name = "bias",
     .aliases = "use_bias",
     .keras = "use_bias",
     .kind = NN_FLAG,
     .offset = offsetof(depthwise_config, bias),
     .fallback = 1,
     .value = 1,
     .max = 1,
     .help = "add a number of its own to every map"},
    NN_FIELD_NAME,
    {0},
};

static nn_activation depthwise_activation(const nn_spec *spec)
{
    return nn_ending_of(spec, ((const depthwise_config *)spec->config)->activation);
}

static nn_window depthwise_window(const nn_spec *spec)
{
    const depthwise_config *c = spec->config;
    return (nn_window){.size = c->kernel, .stride = c->stride, .dilation = {1, 1, 0}, .same = c->same};
}

/* Folding gives a bias to a layer that has none of its own. */
static bool has_bias(const nn_spec *spec)
{
    return ((const depthwise_config *)spec->config)->bias || spec->folded;
}

static lg_status depthwise_infer(nn_spec *spec, lg_err *err)
{
    nn_window window = depthwise_window(spec);
    LG_TRY(nn_window_infer("depthwise", &window, spec->in[0], &spec->out, err));
    spec->out.dim[2] = spec->in[0].dim[2];
    return LG_OK;
}

/* Keras counts what goes in and out of a kernel from its last two sides, here channels and 1. */
static int depthwise_params(const nn_spec *spec, nn_param param[NN_MAX_PARAMS])
{
    const depthwise_config *c = spec->config;
    int64_t channels = spec->in[0].dim[2];
    double area = (double)c->kernel.h * (double)c->kernel.w;
    param[0] = (nn_param){.name = "kernel",
                          .shape = {.rank = 4, .dim = {c->kernel.h, c->kernel.w, channels, 1}},
                          .init = NN_GLOROT_UNIFORM,
                          .fan_in = area * (double)channels,
                          .fan_out = area};
    param[1] = (nn_param){.name = "bias", .shape = nn_shape_list(channels), .init = NN_ZEROS};
    return c->bias ? 2 : 1;
}

static size_t depthwise_saved(const nn_spec *spec)
{
    return nn_ending_saved(depthwise_activation(spec), spec->out);
}

/* Three arrays meet in each place of each window: a number of the image, one of the kernel and one of the output, each
 * for all channels. Two of them are multiplied and added to the third. */
typedef struct depthwise_arrays {
    float *image, *kernel, *out;
} depthwise_arrays;

typedef enum depthwise_goal { TO_IMAGE, TO_KERNEL } depthwise_goal;

/* One window for one channel. */
static void place_one(const nn_spec *spec, const nn_place *p, depthwise_arrays at, depthwise_goal goal)
{
    const depthwise_config *config = spec->config;
    int64_t channels = spec->in[0].dim[2], width = spec->in[0].dim[1];
    for (int64_t h = p->h_from; h < p->h_to; h++) {
        for (int64_t w = p->w_from; w < p->w_to; w++) {
            float *x = at.image + ((p->top + h) * width + p->left + w) * channels;
            float *k = at.kernel + (h * config->kernel.w + w) * channels;
            if (goal == TO_IMAGE) *x += *at.out * *k;
            else *k += *x * *at.out;
        }
    }
}

/* Four channels at once; arithmetic on such a value is the compiler's, on any machine. */
typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
enum { BLOCK = 16 };

/* One window for BLOCK channels, those of the output in registers. */
static inline void place_block(const nn_spec *spec, const nn_place *p, depthwise_arrays at, const depthwise_goal goal)
{
    const depthwise_config *config = spec->config;
    int64_t channels = spec->in[0].dim[2], width = spec->in[0].dim[1];
    four *out = (four *)(void *)at.out, o0 = out[0], o1 = out[1], o2 = out[2], o3 = out[3];
    for (int64_t h = p->h_from; h < p->h_to; h++) {
        float *x_at = at.image + ((p->top + h) * width + p->left + p->w_from) * channels;
        float *k_at = at.kernel + (h * config->kernel.w + p->w_from) * channels;
        for (int64_t w = p->w_from; w < p->w_to; w++, x_at += channels, k_at += channels) {
            four *x = (four *)(void *)x_at, *k = (four *)(void *)k_at;
            if (goal == TO_IMAGE) x[0] += o0 * k[0], x[1] += o1 * k[1], x[2] += o2 * k[2], x[3] += o3 * k[3];
            else k[0] += x[0] * o0, k[1] += x[1] * o1, k[2] += x[2] * o2, k[3] += x[3] * o3;
        }
    }
}

static void depthwise_place(const nn_spec *spec, const nn_place *p, depthwise_arrays at, depthwise_goal goal)
{
    int64_t c = 0;
    for (; c + BLOCK <= spec->out.dim[2]; c += BLOCK) {
        if (goal == TO_IMAGE) place_block(spec, p, at, TO_IMAGE);
        else place_block(spec, p, at, TO_KERNEL);
        at.image += BLOCK, at.kernel += BLOCK, at.out += BLOCK;
    }
    for (; c < spec->out.dim[2]; c++, at.image++, at.kernel++, at.out++) place_one(spec, p, at, goal);
}

static void depthwise_walk(const nn_call *call, depthwise_arrays all, depthwise_goal goal)
{
    const nn_spec *spec = call->spec;
    nn_window window = depthwise_window(spec);
    size_t in = nn_shape_size(spec->in[0]);
    depthwise_arrays at = all;
    for (int i = 0; i < call->x[0].n; i++, at.image += in) {
        for (int64_t row = 0; row < spec->out.dim[0]; row++) {
            for (int64_t column = 0; column < spec->out.dim[1]; column++, at.out += spec->out.dim[2]) {
                nn_place place = nn_window_place(&window, spec->in[0], spec->out, row, column);
                depthwise_place(spec, &place, at, goal);
            }
        }
    }
}

static void depthwise_forward(const nn_call *call)
{
    const depthwise_config *c = call->spec->config;
    const int64_t *in = call->spec->in[0].dim;
    nn_activation ending = depthwise_activation(call->spec);
    bool relu = ending == NN_RELU || ending == NN_RELU6;
    nn_depthwise_forward(&(nn_depthwise_args){.images = call->y.n, .in_h = (int)in[0], .in_w = (int)in[1],
                                              .channels = (int)in[2], .kernel_h = (int)c->kernel.h,
                                              .kernel_w = (int)c->kernel.w, .stride_h = (int)c->stride.h,
                                              .stride_w = (int)c->stride.w, .same = c->same, .relu = relu,
                                              .most = ending == NN_RELU6 ? 6 : 0, .x = call->x[0].data,
                                              .w = call->param[0], .y = call->y.data,
                                              .b = has_bias(call->spec) ? call->param[1] : NULL});
    if (!relu) nn_ending_forward(ending, call);
}

static void depthwise_backward(const nn_call *call)
{
    const depthwise_config *c = call->spec->config;
    size_t channels = (size_t)call->spec->out.dim[2], n = (size_t)call->dy.n * nn_shape_size(call->spec->out);
    float *dy = call->dy.data, *dx = call->dx[0].data;
    nn_ending_backward(depthwise_activation(call->spec), call);
    bool frozen = !call->grad[0];
    if (!frozen) depthwise_walk(call, (depthwise_arrays){call->x[0].data, call->grad[0], dy}, TO_KERNEL);
    if (c->bias && !frozen)
        nn_sum_rows(&(nn_sum_rows_args){
            .rows = (int)(n / channels), .cols = channels, .x = dy, .add = true, .y = call->grad[1]});
    if (!dx) return;
    memset(dx, 0, (size_t)call->x[0].n * nn_shape_size(call->spec->in[0]) * sizeof *dx);
    depthwise_walk(call, (depthwise_arrays){dx, (float *)call->param[0], dy}, TO_IMAGE);
}

static void depthwise_formula(const nn_spec *spec, char out[NN_FORMULA])
{
    const depthwise_config *c = spec->config;
    snprintf(out, NN_FORMULA, c->bias ? "(%lld·%lld+1)·%lld" : "%lld·%lld·%lld", (long long)c->kernel.h,
             (long long)c->kernel.w, (long long)spec->in[0].dim[2]);
}

static nn_sliding depthwise_sees(const nn_spec *spec)
{
    nn_window w = depthwise_window(spec);
    return nn_window_slides(&w, spec->in[0], spec->out);
}

static double depthwise_macs(const nn_spec *spec)
{
    const depthwise_config *c = spec->config;
    return nn_shape_count(spec->out) * (double)c->kernel.h * (double)c->kernel.w;
}

static const nn_example depthwise_examples[] = {
    {.line = "depthwise 3x3 relu", .in = {{3, {6, 7, 3}}}},
    {.line = "depthwise 3 same", .in = {{3, {5, 4, 5}}}},
    {.line = "depthwise 3x2 tanh stride 2", .in = {{3, {7, 6, 2}}}},
    {.line = "depthwise 2x3 same", .in = {{3, {4, 5, 19}}}},
    {.line = "depthwise 3x3 swish stride 2 same no bias", .in = {{3, {6, 5, 3}}}},
    {0},
};

const nn_layer_type nn_layer_depthwise = {
    .name = "depthwise",
    .aliases = "depthwiseconv2d depthwise_conv2d",
    .keras = "DepthwiseConv2D",
    .doc = "Slides one small pattern over each channel on its own.",
    .config_size = sizeof(depthwise_config),
    .fields = depthwise_fields,
    .flags = NN_NEEDS_X | NN_NEEDS_Y | NN_FOLDS | NN_TAKES_ENDING,
    .infer = depthwise_infer,
    .params = depthwise_params,
    .saved = depthwise_saved,
    .forward = depthwise_forward,
    .backward = depthwise_backward,
    .formula = depthwise_formula,
    .window = depthwise_sees,
    .macs = depthwise_macs,
    .examples = depthwise_examples,
};
