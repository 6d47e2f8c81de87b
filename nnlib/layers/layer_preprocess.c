/* layer_preprocess.c - pixels of 0..1 as published weights want them. It is a layer, not something done before the
 * network, so that whatever holds the network (a file, an export, a picture of where it looks) holds this too. */
#include "nnlib/layers/preprocess.h"
#include "nnlib/layers/window.h"
#include "lib/base/banned.h"

extern const nn_layer_type nn_layer_preprocess;

const nn_preprocess nn_preprocess_caffe = {
    .name = "caffe", .bgr = true, .scale = 1, .mean = {103.939f, 116.779f, 123.68f}, .deviation = {1, 1, 1}};
const nn_preprocess nn_preprocess_tf = {.name = "tf", .scale = 1 / 127.5f, .mean = {1, 1, 1}, .deviation = {1, 1, 1}};
const nn_preprocess nn_preprocess_torch = {
    .name = "torch", .scale = 1 / 255.0f, .mean = {0.485f, 0.456f, 0.406f}, .deviation = {0.229f, 0.224f, 0.225f}};

static const char *const modes[] = {"caffe", "tf", "torch", NULL};
static const nn_preprocess *const mode_of[] = {&nn_preprocess_caffe, &nn_preprocess_tf, &nn_preprocess_torch};

typedef struct preprocess_config {
    nn_config base;
    int32_t mode;
} preprocess_config;

static const nn_field preprocess_fields[] = {
    {.name = "mode",
     .kind = NN_CHOICE,
     .offset = offsetof(preprocess_config, mode),
     .positional = true,
     .required = true,
     .choices = modes,
     .help = "caffe: blue first, less the mean of ImageNet; tf: -1 to 1; torch: less its mean, by its deviation"},
    NN_FIELD_NAME,
    {0},
};

void nn_preprocess_pixels(const nn_preprocess *p, size_t n, const uint8_t *pixels, float *x)
{
    for (size_t i = 0; i < n; i++, pixels += 3, x += 3) {
        for (int c = 0; c < 3; c++)
            x[c] = ((float)pixels[p->bgr ? 2 - c : c] * p->scale - p->mean[c]) / p->deviation[c];
    }
}

nn_pixel_map nn_preprocess_map(const nn_preprocess *p)
{
    nn_pixel_map map;
    for (int c = 0; c < 3; c++) {
        map.from[c] = p->bgr ? 2 - c : c;
        map.factor[c] = 255 * p->scale / p->deviation[c];
        map.offset[c] = -p->mean[c] / p->deviation[c];
    }
    return map;
}

const nn_preprocess *nn_preprocess_of(const nn_layer_type *type, const void *config)
{
    if (type != &nn_layer_preprocess) return NULL;
    return mode_of[((const preprocess_config *)config)->mode];
}

static lg_status preprocess_infer(nn_spec *spec, lg_err *err)
{
    LG_TRY(nn_need_image("preprocess", spec->in[0], "move this line to the top", err));
    spec->out = spec->in[0];
    if (spec->out.dim[2] == 3) return LG_OK;
    lg_fail(err, LG_E_SHAPE, 212, "`preprocess` wants images of 3 channels, not %lld", (long long)spec->out.dim[2]);
    return lg_try(err, "load the images in colour: `size %lldx%lldx3`", (long long)spec->out.dim[0],
                  (long long)spec->out.dim[1]);
}

static nn_pixel_map map_of(const nn_spec *spec)
{
    return nn_preprocess_map(nn_preprocess_of(&nn_layer_preprocess, spec->config));
}

static size_t pixels_of(const nn_call *call)
{
    return (size_t)call->x[0].n * nn_shape_size(call->x[0].shape) / 3;
}

static void preprocess_forward(const nn_call *call)
{
    const nn_pixel_map map = map_of(call->spec);
    const float *x = call->x[0].data;
    float *y = call->y.data;
    for (size_t i = pixels_of(call); i > 0; i--, x += 3, y += 3) {
        for (int c = 0; c < 3; c++) y[c] = map.factor[c] * x[map.from[c]] + map.offset[c];
    }
}

static void preprocess_backward(const nn_call *call)
{
    const nn_pixel_map map = map_of(call->spec);
    const float *dy = call->dy.data;
    float *dx = call->dx[0].data;
    if (!dx) return;
    for (size_t i = pixels_of(call); i > 0; i--, dy += 3, dx += 3) {
        for (int c = 0; c < 3; c++) dx[map.from[c]] = map.factor[c] * dy[c];
    }
}

static const nn_example preprocess_examples[] = {
    {.line = "preprocess caffe", .in = {{3, {3, 4, 3}}}},
    {.line = "preprocess tf", .in = {{3, {2, 3, 3}}}},
    {.line = "preprocess torch", .in = {{3, {3, 2, 3}}}},
    {0},
};

const nn_layer_type nn_layer_preprocess = {
    .name = "preprocess",
    .aliases = "rescaling",
    .keras = "Rescaling",
    .doc = "Turns pixels of 0..1 into what published weights were trained with; `base` adds it by itself.",
    .config_size = sizeof(preprocess_config),
    .fields = preprocess_fields,
    .infer = preprocess_infer,
    .forward = preprocess_forward,
    .backward = preprocess_backward,
    .examples = preprocess_examples,
};
