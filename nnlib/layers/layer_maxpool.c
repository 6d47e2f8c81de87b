/* layer_maxpool.c - the largest of each window. */
#include "nnlib/layers/window.h"
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

typedef struct maxpool_config {
    nn_config base;
    nn_dims window, stride; /* stride 0: as the window */
    int32_t same;
} maxpool_config;

static const nn_field maxpool_fields[] = {
    {.name = "window", .aliases = "pool_size size", .keras = "pool_size", .kind = NN_SIZE,
     .offset = offsetof(maxpool_config, window),
     .positional = true, .fallback = 2, .min = 1, .max = 255, .help = "height x width of the window",
     .low = "a window has at least one number", .high = "a large window throws most of the image away"},
    {.name = "stride", .aliases = "strides", .keras = "strides", .kind = NN_SIZE,
     .offset = offsetof(maxpool_config, stride), .fallback = 0,
     .min = 1, .max = 255, .help = "steps between windows (default: the window's size)",
     .low = "the window must move", .high = "a stride above the window leaves numbers out"},
    {.name = "same", .keras = "padding", .kind = NN_FLAG, .offset = offsetof(maxpool_config, same), .value = 1,
     .max = 1,
     .help = "pad, so that border numbers count too"},
    {.name = "valid", .kind = NN_FLAG, .offset = offsetof(maxpool_config, same), .value = 0, .max = 1,
     .help = "no padding (the default)"},
    NN_FIELD_NAME,
    {0},
};

static nn_window maxpool_window(const nn_spec *spec)
{
    const maxpool_config *c = spec->config;
    return (nn_window){.size = c->window, .stride = c->stride.h ? c->stride : c->window, .dilation = {1, 1, 0},
                       .same = c->same};
}

static lg_status maxpool_infer(nn_spec *spec, lg_err *err)
{
    nn_window window = maxpool_window(spec);
    LG_TRY(nn_window_infer("maxpool", &window, spec->in[0], &spec->out, err));
    spec->out.dim[2] = spec->in[0].dim[2];
    return LG_OK;
}

static size_t maxpool_saved(const nn_spec *spec)
{
    return nn_shape_size(spec->out) * sizeof(uint16_t); /* which place of the window won */
}

static nn_maxpool_args maxpool_args(const nn_call *call)
{
    nn_window w = maxpool_window(call->spec);
    const int64_t *in = call->spec->in[0].dim;
    return (nn_maxpool_args){.in_h = (int)in[0], .in_w = (int)in[1], .channels = (int)in[2], .pool_h = (int)w.size.h,
                             .pool_w = (int)w.size.w, .stride_h = (int)w.stride.h, .stride_w = (int)w.stride.w,
                             .same = w.same, .argmax = call->training ? call->saved : NULL};
}

static void maxpool_forward(const nn_call *call)
{
    nn_maxpool_args a = maxpool_args(call);
    a.images = call->y.n, a.x = call->x[0].data, a.y = call->y.data;
    nn_maxpool_forward(&a);
}

static void maxpool_backward(const nn_call *call)
{
    nn_maxpool_args a = maxpool_args(call);
    if (!call->dx[0].data) return;
    a.images = call->dy.n, a.dy = call->dy.data, a.dx = call->dx[0].data;
    nn_maxpool_backward(&a);
}

static nn_sliding maxpool_sees(const nn_spec *spec)
{
    nn_window w = maxpool_window(spec);
    return nn_window_slides(&w, spec->in[0], spec->out);
}

static const nn_example maxpool_examples[] = {
    {.line = "maxpool 2", .in = {{3, {6, 7, 3}}}},
    {.line = "maxpool 3x2 stride 2 same", .in = {{3, {7, 5, 2}}}},
    {.line = "maxpool 3 stride 1 valid", .in = {{3, {5, 5, 2}}}},
    {.line = "maxpool 2x2 same", .in = {{3, {5, 3, 4}}}},
    {0},
};

const nn_layer_type nn_layer_maxpool = {
    .name = "maxpool", .aliases = "maxpooling2d max_pooling2d", .keras = "MaxPooling2D",
    .doc = "Keeps the largest number of each window.", .config_size = sizeof(maxpool_config), .fields = maxpool_fields,
    .infer = maxpool_infer, .saved = maxpool_saved, .forward = maxpool_forward, .backward = maxpool_backward,
    .window = maxpool_sees, .examples = maxpool_examples,
};
