/* layer_pad.c - zeros around an image; `extra` puts more of them below and to the right, as TensorFlow pads for windows
 * of stride 2, and `before` more of them above and to the left. */
#include "nnlib/layers/window.h"
#include <string.h>
#include "lib/base/banned.h"

typedef struct pad_config {
    nn_config base;
    nn_dims by, extra, before;
} pad_config;

static const nn_field pad_fields[] = {
    {.name = "by",
     .aliases = "padding",
     .keras = "padding",
     .kind = NN_SIZE,
     .offset = offsetof(pad_config, by),
     .positional = true,
     .fallback = 1,
     .min = 0,
     .max = 1024,
     .help = "rows above and below x columns left and right",
     .low = "the border cannot shrink",
     .high = "most of the image would be zeros"},
    {.name = "extra",
     .kind = NN_SIZE,
     .offset = offsetof(pad_config, extra),
     .fallback = 0,
     .min = 0,
     .max = 1024,
     .help = "further rows below x columns to the right",
     .low = "the border cannot shrink",
     .high = "most of the image would be zeros"},
    {.name = "before",
     .kind = NN_SIZE,
     .offset = offsetof(pad_config, before),
     .fallback = 0,
     .min = 0,
     .max = 1024,
     .help = "further rows above x columns to the left",
     .low = "the border cannot shrink",
     .high = "most of the image would be zeros"},
    NN_FIELD_NAME,
    {0},
};

static lg_status pad_infer(nn_spec *spec, lg_err *err)
{
    const pad_config *c = spec->config;
    const int64_t *in = spec->in[0].dim;
    LG_TRY(nn_need_image("pad", spec->in[0], "move this line above `flatten`", err));
    spec->out = nn_shape_image(in[0] + 2 * c->by.h + c->before.h + c->extra.h,
                               in[1] + 2 * c->by.w + c->before.w + c->extra.w, in[2]);
    return LG_OK;
}

/* Copies the images between their own block and the middle of the padded one. */
static void pad_copy(const nn_call *call, float *inner, float *padded, bool back)
{
    const pad_config *c = call->spec->config;
    const int64_t *in = call->spec->in[0].dim, *out = call->spec->out.dim;
    size_t row = (size_t)(in[1] * in[2]), wide = (size_t)(out[1] * out[2]);
    float *at = padded + (size_t)(c->by.h + c->before.h) * wide + (size_t)((c->by.w + c->before.w) * in[2]);
    for (int i = 0; i < call->x[0].n; i++, at += (size_t)(out[0] - in[0]) * wide) {
        for (int64_t h = 0; h < in[0]; h++, inner += row, at += wide)
            memcpy(back ? inner : at, back ? at : inner, row * sizeof(float));
    }
}

static void pad_forward(const nn_call *call)
{
    memset(call->y.data, 0, (size_t)call->y.n * nn_shape_size(call->y.shape) * sizeof(float));
    pad_copy(call, call->x[0].data, call->y.data, false);
}

static void pad_backward(const nn_call *call)
{
    if (call->dx[0].data) pad_copy(call, call->dx[0].data, call->dy.data, true);
}

/* A window of one: nothing more is seen, but sizes change here. */
static nn_sliding pad_sees(const nn_spec *spec)
{
    const pad_config *c = spec->config;
    const nn_dims one = {1, 1, 0};
    return (nn_sliding){one, one, one, {c->by.h + c->before.h, c->by.w + c->before.w, 0}};
}

static const nn_example pad_examples[] = {
    {.line = "pad 1", .in = {{3, {3, 4, 2}}}},
    {.line = "pad 2x1", .in = {{3, {2, 3, 1}}}},
    {.line = "pad 1x3", .in = {{3, {3, 2, 3}}}},
    {.line = "pad 1 extra 1", .in = {{3, {4, 3, 2}}}},
    {.line = "pad 0 extra 1", .in = {{3, {4, 3, 2}}}},
    {.line = "pad 1x2 extra 2x1", .in = {{3, {3, 2, 2}}}},
    {.line = "pad 1 before 2x1 extra 1", .in = {{3, {2, 3, 2}}}},
    {0},
};

const nn_layer_type nn_layer_pad = {
    .name = "pad",
    .aliases = "zeropadding2d zero_padding2d",
    .keras = "ZeroPadding2D",
    .doc = "Puts zeros around the image.",
    .config_size = sizeof(pad_config),
    .fields = pad_fields,
    .infer = pad_infer,
    .forward = pad_forward,
    .backward = pad_backward,
    .window = pad_sees,
    .examples = pad_examples,
};
