/* layer_conv2d.c - convolution over images, y = f(x * W + b), as Keras' Conv2D (a cross-correlation).
 *
 * x is (n, h, w, in), W is (kh, kw, in, filters), b is (filters), y is (n, oh, ow, filters).
 * With relu (or nothing) behind it and a 2x2 maxpool behind that, both are done in one go: the kernel writes the pooled
 * maps and remembers which place won, and backward works on those places alone. */
#include "nnlib/layers/ending.h"
#include "nnlib/layers/window.h"
#include <stdio.h>
#include <string.h>
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

typedef struct conv2d_config {
    nn_config base;
    int64_t filters;
    nn_dims kernel, stride, dilation;
    double l2;
    int32_t activation, same, bias;
} conv2d_config;

static const nn_field conv2d_fields[] = {
    {.name = "filters", .keras = "filters", .kind = NN_INT, .offset = offsetof(conv2d_config, filters),
     .positional = true,
     .required = true, .min = 1, .max = 1e15, .help = "how many patterns it looks for, one map each",
     .low = "it needs at least one filter",
     .high = "many filters: slow, and more weights than the images can teach"},
    {.name = "kernel", .aliases = "kernel_size size", .keras = "kernel_size", .kind = NN_SIZE,
     .offset = offsetof(conv2d_config, kernel),
     .positional = true, .fallback = 3, .min = 1, .max = 1024, .bare_max = 11, .help = "height x width of each pattern",
     .low = "1x1 mixes channels and sees no neighbours",
     .high = "a large window is slow; two 3x3 layers see as much as 5x5"},
    {.name = "activation", .keras = "activation", .kind = NN_CHOICE, .offset = offsetof(conv2d_config, activation),
     .positional = true,
     .choices = nn_activation_names, .help = "what is done to every number at the end"},
    {.name = "stride", .aliases = "strides", .keras = "strides", .kind = NN_SIZE,
     .offset = offsetof(conv2d_config, stride), .fallback = 1,
     .min = 1, .max = 1024, .help = "steps between windows", .low = "the window must move",
     .high = "a stride above the window leaves pixels out"},
    {.name = "dilation", .aliases = "dilation_rate", .keras = "dilation_rate", .kind = NN_SIZE,
     .offset = offsetof(conv2d_config, dilation),
     .fallback = 1, .min = 1, .max = 1024, .help = "spreads the window: every so many pixels one is looked at",
     .low = "1 is a window without gaps", .high = "the window soon outgrows the image"},
    {.name = "same", .keras = "padding", .kind = NN_FLAG, .offset = offsetof(conv2d_config, same), .value = 1, .max = 1,
     .help = "pad with zeros, so that the maps are as large as the image (divided by the stride)"},
    {.name = "valid", .kind = NN_FLAG, .offset = offsetof(conv2d_config, same), .value = 0, .max = 1,
     .help = "no padding (the default): the maps lose the border"},
    {.name = "bias", .aliases = "use_bias", .keras = "use_bias", .kind = NN_FLAG,
     .offset = offsetof(conv2d_config, bias), .fallback = 1,
     .value = 1, .max = 1, .help = "add a number of its own to every map"},
    {.name = "l2", .keras = "kernel_regularizer", .kind = NN_NUMBER, .offset = offsetof(conv2d_config, l2), .min = 0,
     .max = 1000,
     .help = "penalty on large weights: l2 times the sum of their squares is added to the loss",
     .low = "a penalty cannot be negative", .high = "too high: all weights go to 0 and nothing is learnt"},
    NN_FIELD_NAME,
    {0},
};

static nn_activation conv2d_activation(const nn_spec *spec)
{
    return nn_ending_of(spec, ((const conv2d_config *)spec->config)->activation);
}

/* Folding gives a bias to a layer that has none of its own. */
static bool has_bias(const nn_spec *spec)
{
    return ((const conv2d_config *)spec->config)->bias || spec->folded;
}

static nn_window conv2d_window(const nn_spec *spec)
{
    const conv2d_config *c = spec->config;
    return (nn_window){.size = c->kernel, .stride = c->stride, .dilation = c->dilation, .same = c->same};
}

static lg_status conv2d_infer(nn_spec *spec, lg_err *err)
{
    const conv2d_config *c = spec->config;
    nn_window w = conv2d_window(spec);
    bool strides = c->stride.h > 1 || c->stride.w > 1, dilates = c->dilation.h > 1 || c->dilation.w > 1;
    if (strides && dilates) {
        lg_fail(err, LG_E_ARG, 202, "`conv` can have a stride or a dilation, not both");
        return lg_try(err, "leave one of them out; `maxpool 2` below makes the image smaller too");
    }
    LG_TRY(nn_window_infer("conv", &w, spec->in[0], &spec->out, err));
    spec->out.dim[2] = c->filters;
    return LG_OK;
}

static int conv2d_params(const nn_spec *spec, nn_param param[NN_MAX_PARAMS])
{
    const conv2d_config *c = spec->config;
    int64_t in = spec->in[0].dim[2];
    double area = (double)c->kernel.h * (double)c->kernel.w;
    param[0] = (nn_param){.name = "kernel", .shape = {.rank = 4, .dim = {c->kernel.h, c->kernel.w, in, c->filters}},
                          .init = NN_GLOROT_UNIFORM, .fan_in = area * (double)in, .fan_out = area * (double)c->filters,
                          .l2 = c->l2};
    param[1] = (nn_param){.name = "bias", .shape = nn_shape_list(c->filters), .init = NN_ZEROS};
    return c->bias ? 2 : 1;
}

/* What the kernels are told. relu and relu6 are theirs to apply in forward. */
static nn_conv2d conv2d_job(const nn_spec *spec)
{
    const conv2d_config *c = spec->config;
    const int64_t *in = spec->in[0].dim;
    nn_activation a = conv2d_activation(spec);
    return (nn_conv2d){.in_h = (int)in[0], .in_w = (int)in[1], .in_c = (int)in[2], .out_c = (int)c->filters,
                       .kernel_h = (int)c->kernel.h, .kernel_w = (int)c->kernel.w, .stride_h = (int)c->stride.h,
                       .stride_w = (int)c->stride.w, .dilation_h = (int)c->dilation.h, .dilation_w = (int)c->dilation.w,
                       .same = c->same, .relu = a == NN_RELU || a == NN_RELU6, .most = a == NN_RELU6 ? 6 : 0,
                       .pool = spec->fused != NULL};
}

/* A maxpool 2 with stride 2, valid, after relu or nothing: what the kernels can do in the same pass. */
static bool conv2d_fuse(const nn_spec *spec, const nn_layer_type *next, const nn_spec *next_spec)
{
    nn_activation a = conv2d_activation(spec);
    if (strcmp(next->name, "maxpool") != 0 || (a != NN_RELU && a != NN_LINEAR)) return false;
    const nn_sliding w = next->window(next_spec);
    return w.size.h == 2 && w.size.w == 2 && w.stride.h == 2 && w.stride.w == 2 &&
           next_spec->out.dim[0] == spec->out.dim[0] / 2 && next_spec->out.dim[1] == spec->out.dim[1] / 2;
}

static size_t conv2d_saved(const nn_spec *spec)
{
    if (spec->fused) return nn_shape_size(spec->fused->out); /* one byte: which place of the window won */
    return nn_ending_saved(conv2d_activation(spec), spec->out);
}

static size_t conv2d_scratch(const nn_spec *spec, int n)
{
    (void)n;
    nn_conv2d job = conv2d_job(spec);
    size_t bytes = nn_conv2d_forward_scratch(&job), more = nn_conv2d_backward_data_scratch(&job);
    if (more > bytes) bytes = more;
    more = nn_conv2d_backward_weights_scratch(&job);
    return more > bytes ? more : bytes;
}

static void conv2d_forward(const nn_call *call)
{
    nn_conv2d job = conv2d_job(call->spec);
    nn_conv2d_forward(&(nn_conv2d_args){.conv = &job, .images = call->y.n, .x = call->x[0].data, .w = call->param[0],
                                        .b = has_bias(call->spec) ? call->param[1] : NULL, .y = call->y.data,
                                        .argmax = job.pool && call->training ? call->saved : NULL,
                                        .scratch = call->scratch});
    if (!job.relu) nn_ending_forward(conv2d_activation(call->spec), call);
}

static void conv2d_backward(const nn_call *call)
{
    const conv2d_config *c = call->spec->config;
    nn_conv2d job = conv2d_job(call->spec);
    if (!job.pool) nn_ending_backward(conv2d_activation(call->spec), call);
    nn_conv2d_args a = {.conv = &job, .images = call->dy.n, .x = call->x[0].data, .w = call->param[0],
                        .dy = call->dy.data, .argmax = job.pool ? call->saved : NULL, .dw = call->grad[0],
                        .db = c->bias ? call->grad[1] : NULL, .add = true, .dx = call->dx[0].data,
                        .scratch = call->scratch};
    if (a.dw) nn_conv2d_backward_weights(&a);
    if (a.dx) nn_conv2d_backward_data(&a);
}

static void conv2d_formula(const nn_spec *spec, char out[NN_FORMULA])
{
    const conv2d_config *c = spec->config;
    snprintf(out, NN_FORMULA, c->bias ? "(%lld·%lld·%lld+1)·%lld" : "%lld·%lld·%lld·%lld", (long long)c->kernel.h,
             (long long)c->kernel.w, (long long)spec->in[0].dim[2], (long long)c->filters);
}

static nn_sliding conv2d_sees(const nn_spec *spec)
{
    nn_window w = conv2d_window(spec);
    return nn_window_slides(&w, spec->in[0], spec->out);
}

static double conv2d_macs(const nn_spec *spec)
{
    const conv2d_config *c = spec->config;
    return nn_shape_count(spec->out) * (double)c->kernel.h * (double)c->kernel.w * (double)spec->in[0].dim[2];
}

static const nn_example conv2d_examples[] = {
    {.line = "conv 3 3x3 relu", .in = {{3, {6, 7, 2}}}},
    {.line = "conv 4 3x3 same", .in = {{3, {5, 4, 3}}}},
    {.line = "conv 2 3x2 tanh stride 2", .in = {{3, {7, 6, 2}}}},
    {.line = "conv 3 3 sigmoid stride 2 same no bias", .in = {{3, {6, 5, 2}}}},
    {.line = "conv 2 3x3 gelu dilation 2", .in = {{3, {7, 7, 2}}}},
    {.line = "conv 3 2x3 swish dilation 2 same l2 0.01", .in = {{3, {5, 6, 2}}}},
    {.line = "conv 17 1x1 leaky", .in = {{3, {3, 4, 5}}}},
    {.line = "conv 3 2x2 softmax", .in = {{3, {3, 4, 2}}}},
    {.line = "conv 16 5x5 elu same", .in = {{3, {9, 9, 3}}}},
    {0},
};

const nn_layer_type nn_layer_conv2d = {
    .name = "conv", .aliases = "conv2d", .keras = "Conv2D",
    .doc = "Slides small patterns over the image and notes how well each fits at every place.",
    .config_size = sizeof(conv2d_config), .fields = conv2d_fields,
    .flags = NN_NEEDS_X | NN_NEEDS_Y | NN_FOLDS | NN_TAKES_ENDING,
    .infer = conv2d_infer, .params = conv2d_params, .saved = conv2d_saved, .scratch = conv2d_scratch,
    .forward = conv2d_forward, .backward = conv2d_backward, .fuse = conv2d_fuse, .formula = conv2d_formula,
    .window = conv2d_sees, .macs = conv2d_macs, .examples = conv2d_examples,
};
