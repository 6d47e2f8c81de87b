/* layer_dropout.c - switches off a share of the numbers while training (Srivastava et al. 2014), inverted: the kept
 * ones grow by 1 / (1 - rate), so that nothing has to be done when the network is used.
 *
 * Which ones is drawn from (seed, step, layer, image, position), never from a stream: the same whatever the pieces and
 * threads, and backward draws it again instead of keeping it. */
#include "nnlib/core/layer.h"
#include <string.h>
#include "nnlib/core/rng.h"
#include "lib/base/banned.h"

typedef struct dropout_config {
    nn_config base;
    double rate;
} dropout_config;

static const nn_field dropout_fields[] = {
    {.name = "rate",
     .keras = "rate",
     .kind = NN_NUMBER,
     .offset = offsetof(dropout_config, rate),
     .positional = true,
     .required = true,
     .min = 0,
     .max = 0.99,
     .fallback = 0.5,
     .help = "share of the numbers switched off in each step of training",
     .low = "a share cannot be negative",
     .high = "nearly everything would be switched off, so nothing could be learnt"},
    NN_FIELD_NAME,
    {0},
};

static lg_status dropout_infer(nn_spec *spec, lg_err *err)
{
    (void)err;
    spec->out = spec->in[0];
    return LG_OK;
}

/* to = from where kept, scaled; 0 elsewhere. */
static void dropout_apply(const nn_call *call, const float *from, float *to)
{
    const dropout_config *c = call->spec->config;
    size_t size = nn_shape_size(call->spec->out);
    float rate = (float)c->rate, scale = 1.0f / (1.0f - rate);
    uint64_t key = nn_key(nn_key(call->seed, call->step), (uint64_t)call->node);
    for (int i = 0; i < call->x[0].n; i++) {
        uint64_t image = nn_key(key, (uint64_t)(call->first + i));
        for (size_t k = 0; k < size; k++) {
            size_t at = (size_t)i * size + k;
            bool kept = call->mask ? call->mask[at] != 0 : nn_key_uniform(nn_mix(image + k)) >= rate;
            to[at] = kept ? from[at] * scale : 0;
        }
    }
}

static void dropout_forward(const nn_call *call)
{
    size_t n = (size_t)call->y.n * nn_shape_size(call->y.shape);
    if (call->training) dropout_apply(call, call->x[0].data, call->y.data);
    else memcpy(call->y.data, call->x[0].data, n * sizeof(float));
}

static void dropout_backward(const nn_call *call)
{
    if (call->dx[0].data) dropout_apply(call, call->dy.data, call->dx[0].data);
}

static const nn_example dropout_examples[] = {
    {.line = "dropout 0.5", .in = {{1, {40}}}}, {.line = "dropout 20%", .in = {{3, {3, 4, 2}}}},
    {.line = "dropout 0", .in = {{1, {5}}}},    {0},
};

const nn_layer_type nn_layer_dropout = {
    .name = "dropout", .keras = "Dropout", .doc = "Switches off a share of the numbers while training.",
    .config_size = sizeof(dropout_config), .fields = dropout_fields, .flags = NN_TRAINING_ONLY, .infer = dropout_infer,
    .forward = dropout_forward, .backward = dropout_backward, .examples = dropout_examples,
};
