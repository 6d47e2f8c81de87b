/* layer_globalavg.c - the mean of each map; a list of as many numbers as there are channels comes out, or with
 * `keepdims` an image of one place, for convolutions behind it. */
#include "nnlib/layers/window.h"
#include <string.h>
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

typedef struct globalavg_config {
    nn_config base;
    int32_t keepdims;
} globalavg_config;

static const nn_field globalavg_fields[] = {
    {.name = "keepdims",
     .keras = "keepdims",
     .kind = NN_FLAG,
     .offset = offsetof(globalavg_config, keepdims),
     .value = 1,
     .max = 1,
     .help = "give an image of one place instead of a list"},
    NN_FIELD_NAME,
    {0},
};

static lg_status globalavg_infer(nn_spec *spec, lg_err *err)
{
    LG_TRY(nn_need_image("globalavg", spec->in[0], "write it instead of `flatten`, not below it", err));
    const globalavg_config *c = spec->config;
    int64_t channels = spec->in[0].dim[2];
    spec->out = c->keepdims ? nn_shape_image(1, 1, channels) : nn_shape_list(channels);
    return LG_OK;
}

static void globalavg_forward(const nn_call *call)
{
    const int64_t *in = call->spec->in[0].dim;
    size_t places = (size_t)(in[0] * in[1]), channels = (size_t)in[2];
    float *y = call->y.data, share = 1.0f / (float)places;
    for (int i = 0; i < call->y.n; i++, y += channels) {
        nn_sum_rows(&(nn_sum_rows_args){
            .rows = (int)places, .cols = channels, .x = call->x[0].data + (size_t)i * places * channels, .y = y});
        for (size_t c = 0; c < channels; c++) y[c] *= share;
    }
}

static void globalavg_backward(const nn_call *call)
{
    const int64_t *in = call->spec->in[0].dim;
    size_t places = (size_t)(in[0] * in[1]), channels = (size_t)in[2];
    float *dy = call->dy.data, *dx = call->dx[0].data, share = 1.0f / (float)places;
    if (!dx) return;
    for (int i = 0; i < call->dy.n; i++, dy += channels) {
        for (size_t c = 0; c < channels; c++) dy[c] *= share;
        for (size_t k = 0; k < places; k++, dx += channels) memcpy(dx, dy, channels * sizeof *dx);
    }
}

/* One window, the whole image. */
static nn_sliding globalavg_sees(const nn_spec *spec)
{
    const nn_dims all = {spec->in[0].dim[0], spec->in[0].dim[1], 0};
    return (nn_sliding){.size = all, .dilation = {1, 1, 0}, .stride = all};
}

static const nn_example globalavg_examples[] = {{.line = "globalavg", .in = {{3, {3, 4, 2}}}},
                                                {.line = "globalavg", .in = {{3, {5, 1, 7}}}},
                                                {.line = "globalavg keepdims", .in = {{3, {2, 3, 4}}}},
                                                {0}};

const nn_layer_type nn_layer_globalavg = {
    .name = "globalavg",
    .aliases = "globalaveragepooling2d global_average_pooling2d",
    .keras = "GlobalAveragePooling2D",
    .doc = "The mean of each map: an image becomes a list of its channels.",
    .config_size = sizeof(globalavg_config),
    .fields = globalavg_fields,
    .infer = globalavg_infer,
    .forward = globalavg_forward,
    .backward = globalavg_backward,
    .window = globalavg_sees,
    .examples = globalavg_examples,
};
