/* layer_globalavg.c - the mean of each map; a list of as many numbers as there are channels comes out. */
#include "nnlib/layers/window.h"
#include <string.h>
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

static const nn_field globalavg_fields[] = {NN_FIELD_NAME, {0}};

static lg_status globalavg_infer(nn_spec *spec, lg_err *err)
{
    LG_TRY(nn_need_image("globalavg", spec->in[0], "write it instead of `flatten`, not below it", err));
    spec->out = nn_shape_list(spec->in[0].dim[2]);
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

static const nn_example globalavg_examples[] = {
    {.line = "globalavg", .in = {{3, {3, 4, 2}}}}, {.line = "globalavg", .in = {{3, {5, 1, 7}}}}, {0}};

const nn_layer_type nn_layer_globalavg = {
    .name = "globalavg",
    .aliases = "globalaveragepooling2d global_average_pooling2d",
    .keras = "GlobalAveragePooling2D",
    .doc = "The mean of each map: an image becomes a list of its channels.",
    .config_size = sizeof(nn_config),
    .fields = globalavg_fields,
    .infer = globalavg_infer,
    .forward = globalavg_forward,
    .backward = globalavg_backward,
    .examples = globalavg_examples,
};
