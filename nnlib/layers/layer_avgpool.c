/* layer_avgpool.c - the mean of each window. With `same` only the numbers inside the image count, as in Keras. */
#include "nnlib/layers/window.h"
#include <string.h>
#include "lib/base/banned.h"

typedef struct avgpool_config {
    nn_config base;
    nn_dims window, stride; /* stride 0: as the window */
    int32_t same;
} avgpool_config;

static const nn_field avgpool_fields[] = {
    {.name = "window",
     .aliases = "pool_size size",
     .keras = "pool_size",
     .kind = NN_SIZE,
     .offset = offsetof(avgpool_config, window),
     .positional = true,
     .fallback = 2,
     .min = 1,
     .max = 255,
     .help = "height x width of the window",
     .low = "a window has at least one number",
     .high = "a large window blurs most of the image away"},
    {.name = "stride",
     .aliases = "strides",
     .keras = "strides",
     .kind = NN_SIZE,
     .offset = offsetof(avgpool_config, stride),
     .fallback = 0,
     .min = 1,
     .max = 255,
     .help = "steps between windows (default: the window's size)",
     .low = "the window must move",
     .high = "a stride above the window leaves numbers out"},
    {.name = "same",
     .keras = "padding",
     .kind = NN_FLAG,
     .offset = offsetof(avgpool_config, same),
     .value = 1,
     .max = 1,
     .help = "windows may reach over the border; only numbers inside count"},
    {.name = "valid",
     .kind = NN_FLAG,
     .offset = offsetof(avgpool_config, same),
     .value = 0,
     .max = 1,
     .help = "windows stay inside (the default)"},
    NN_FIELD_NAME,
    {0},
};

static nn_window avgpool_window(const nn_spec *spec)
{
    const avgpool_config *c = spec->config;
    return (nn_window){
        .size = c->window, .stride = c->stride.h ? c->stride : c->window, .dilation = {1, 1, 0}, .same = c->same};
}

static lg_status avgpool_infer(nn_spec *spec, lg_err *err)
{
    nn_window window = avgpool_window(spec);
    LG_TRY(nn_window_infer("avgpool", &window, spec->in[0], &spec->out, err));
    spec->out.dim[2] = spec->in[0].dim[2];
    return LG_OK;
}

/* to[c] += share · from[c] */
static void add_share(size_t n, float share, const float *restrict from, float *restrict to)
{
    for (size_t c = 0; c < n; c++) to[c] += share * from[c];
}

/* One window: its numbers go to `small` (c) there, that of `small` to all of them back. */
static void avgpool_one(const nn_spec *spec, const nn_place *p, float *large, float *small, bool back)
{
    size_t channels = (size_t)spec->in[0].dim[2], width = (size_t)spec->in[0].dim[1];
    float share = 1.0f / (float)((p->h_to - p->h_from) * (p->w_to - p->w_from));
    for (int64_t h = p->h_from; h < p->h_to; h++) {
        for (int64_t w = p->w_from; w < p->w_to; w++) {
            float *at = large + ((size_t)(p->top + h) * width + (size_t)(p->left + w)) * channels;
            add_share(channels, share, back ? small : at, back ? at : small);
        }
    }
}

/* large: images as they come in, small: as they go out. One of them is written, from zeros. */
static void avgpool_all(const nn_call *call, float *large, float *small, bool back)
{
    const nn_spec *spec = call->spec;
    nn_window window = avgpool_window(spec);
    size_t in = nn_shape_size(spec->in[0]), out = nn_shape_size(spec->out), n = (size_t)call->x[0].n;
    memset(back ? large : small, 0, n * (back ? in : out) * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        float *at = small + i * out;
        for (int64_t row = 0; row < spec->out.dim[0]; row++) {
            for (int64_t column = 0; column < spec->out.dim[1]; column++, at += spec->out.dim[2]) {
                nn_place place = nn_window_place(&window, spec->in[0], spec->out, row, column);
                avgpool_one(spec, &place, large + i * in, at, back);
            }
        }
    }
}

static void avgpool_forward(const nn_call *call)
{
    avgpool_all(call, call->x[0].data, call->y.data, false);
}

static void avgpool_backward(const nn_call *call)
{
    if (call->dx[0].data) avgpool_all(call, call->dx[0].data, call->dy.data, true);
}

static nn_sliding avgpool_sees(const nn_spec *spec)
{
    nn_window w = avgpool_window(spec);
    return nn_window_slides(&w, spec->in[0], spec->out);
}

static const nn_example avgpool_examples[] = {
    {.line = "avgpool 2", .in = {{3, {6, 7, 3}}}},
    {.line = "avgpool 3x2 stride 2 same", .in = {{3, {7, 5, 2}}}},
    {.line = "avgpool 3 stride 1 valid", .in = {{3, {5, 5, 2}}}},
    {.line = "avgpool 2x2 same", .in = {{3, {5, 3, 4}}}},
    {0},
};

const nn_layer_type nn_layer_avgpool = {
    .name = "avgpool",
    .aliases = "averagepooling2d average_pooling2d",
    .keras = "AveragePooling2D",
    .doc = "The mean of each window.",
    .config_size = sizeof(avgpool_config),
    .fields = avgpool_fields,
    .infer = avgpool_infer,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
    .window = avgpool_sees,
    .examples = avgpool_examples,
};
