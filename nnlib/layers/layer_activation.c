/* layer_activation.c - an activation on its own, y = f(x). */
#include "nnlib/layers/ending.h"
#include <string.h>
#include "lib/base/banned.h"

typedef struct activation_config {
    nn_config base;
    int32_t function;
} activation_config;

static const nn_field activation_fields[] = {
    {.name = "function", .aliases = "activation", .keras = "activation", .kind = NN_CHOICE,
     .offset = offsetof(activation_config, function),
     .positional = true, .required = true, .choices = nn_activation_names, .help = "what is done to every number"},
    NN_FIELD_NAME,
    {0},
};

static nn_activation activation_of(const nn_spec *spec)
{
    return (nn_activation)((const activation_config *)spec->config)->function;
}

static lg_status activation_infer(nn_spec *spec, lg_err *err)
{
    (void)err;
    spec->out = spec->in[0];
    return LG_OK;
}

static size_t activation_saved(const nn_spec *spec)
{
    return nn_ending_saved(activation_of(spec), spec->out);
}

static void activation_forward(const nn_call *call)
{
    memcpy(call->y.data, call->x[0].data, (size_t)call->y.n * nn_shape_size(call->y.shape) * sizeof(float));
    nn_ending_forward(activation_of(call->spec), call);
}

static void activation_backward(const nn_call *call)
{
    if (!call->dx[0].data) return;
    nn_ending_backward(activation_of(call->spec), call);
    memcpy(call->dx[0].data, call->dy.data, (size_t)call->dy.n * nn_shape_size(call->dy.shape) * sizeof(float));
}

static const nn_example activation_examples[] = {
    {.line = "activation relu", .in = {{3, {3, 4, 2}}}},    {.line = "activation linear", .in = {{1, {7}}}},
    {.line = "activation relu6", .in = {{1, {9}}}},         {.line = "activation leaky", .in = {{1, {9}}}},
    {.line = "activation elu", .in = {{1, {9}}}},           {.line = "activation gelu", .in = {{3, {3, 2, 3}}}},
    {.line = "activation swish", .in = {{1, {9}}}},         {.line = "activation sigmoid", .in = {{1, {9}}}},
    {.line = "activation tanh", .in = {{1, {9}}}},          {.line = "activation softmax", .in = {{3, {2, 2, 4}}}},
    {0},
};

const nn_layer_type nn_layer_activation = {
    .name = "activation", .keras = "Activation", .doc = "An activation on its own.",
    .config_size = sizeof(activation_config), .fields = activation_fields, .flags = NN_NEEDS_Y | NN_IS_ENDING,
    .infer = activation_infer, .saved = activation_saved, .forward = activation_forward,
    .backward = activation_backward, .examples = activation_examples,
};
