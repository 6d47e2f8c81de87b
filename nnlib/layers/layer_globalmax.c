/* layer_globalmax.c - the largest number of each map; a list of as many numbers as there are channels comes out. */
#include "nnlib/layers/window.h"
#include <string.h>
#include "lib/base/banned.h"

static const nn_field globalmax_fields[] = {NN_FIELD_NAME, {0}};

static lg_status globalmax_infer(nn_spec *spec, lg_err *err)
{
    LG_TRY(nn_need_image("globalmax", spec->in[0], "write it instead of `flatten`, not below it", err));
    spec->out = nn_shape_list(spec->in[0].dim[2]);
    return LG_OK;
}

static size_t globalmax_saved(const nn_spec *spec)
{
    return nn_shape_size(spec->out) * sizeof(uint32_t); /* which place won */
}

/* Of equal numbers the first wins. */
static void globalmax_forward(const nn_call *call)
{
    const int64_t *in = call->spec->in[0].dim;
    size_t places = (size_t)(in[0] * in[1]), channels = (size_t)in[2];
    const float *x = call->x[0].data;
    float *y = call->y.data;
    uint32_t *won = call->training ? call->saved : NULL;
    for (int i = 0; i < call->y.n; i++, y += channels) {
        for (size_t k = 0; k < places; k++, x += channels) {
            for (size_t c = 0; c < channels; c++) {
                if (k && !(x[c] > y[c])) continue;
                y[c] = x[c];
                if (won) won[(size_t)i * channels + c] = (uint32_t)k;
            }
        }
    }
}

static void globalmax_backward(const nn_call *call)
{
    const int64_t *in = call->spec->in[0].dim;
    size_t places = (size_t)(in[0] * in[1]), channels = (size_t)in[2];
    const uint32_t *won = call->saved;
    float *dx = call->dx[0].data;
    if (!dx) return;
    memset(dx, 0, (size_t)call->dy.n * places * channels * sizeof *dx);
    for (size_t i = 0; i < (size_t)call->dy.n; i++) {
        for (size_t c = 0; c < channels; c++)
            dx[(i * places + won[i * channels + c]) * channels + c] = call->dy.data[i * channels + c];
    }
}

static const nn_example globalmax_examples[] = {
    {.line = "globalmax", .in = {{3, {3, 4, 2}}}}, {.line = "globalmax", .in = {{3, {5, 1, 7}}}}, {0}};

const nn_layer_type nn_layer_globalmax = {
    .name = "globalmax",
    .aliases = "globalmaxpooling2d global_max_pooling2d",
    .keras = "GlobalMaxPooling2D",
    .doc = "The largest number of each map: an image becomes a list of its channels.",
    .config_size = sizeof(nn_config),
    .fields = globalmax_fields,
    .infer = globalmax_infer,
    .saved = globalmax_saved,
    .forward = globalmax_forward,
    .backward = globalmax_backward,
    .examples = globalmax_examples,
};
