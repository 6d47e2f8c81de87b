/* layer_add.c - the sum of several outputs of one shape, number by number; the joint of a residual block. */
#include "nnlib/layers/ending.h"
#include <string.h>
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

static const nn_field add_fields[] = {NN_FIELD_NAME, {0}};

static lg_status add_infer(nn_spec *spec, lg_err *err)
{
    char a[NN_SHAPE_TEXT], b[NN_SHAPE_TEXT];
    for (int k = 1; k < spec->nin; k++) {
        if (nn_shape_equal(spec->in[0], spec->in[k])) continue;
        lg_fail(err, LG_E_SHAPE, 212, "`add` needs inputs of one size, but gets %s and %s",
                nn_shape_text(spec->in[0], a), nn_shape_text(spec->in[k], b));
        return lg_try(err, "write `same` in the convolutions between, with as many filters as there were before");
    }
    spec->out = spec->in[0];
    return LG_OK;
}

static size_t add_count(const nn_call *call)
{
    return (size_t)call->x[0].n * nn_shape_size(call->spec->out);
}

/* The sum of two in one pass, closed by relu where that follows: a block of a residual network is mostly memory. */
static void add_two(size_t n, const float *restrict a, const float *restrict b, bool relu, float *restrict y)
{
    if (relu)
        for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i] < 0 ? 0 : a[i] + b[i];
    else
        for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

static void add_forward(const nn_call *call)
{
    size_t n = add_count(call);
    bool relu = call->spec->nin == 2 && call->spec->ending == NN_RELU;
    add_two(n, call->x[0].data, call->x[1].data, relu, call->y.data);
    for (int k = 2; k < call->spec->nin; k++)
        nn_axpy(&(nn_axpy_args){.n = n, .alpha = 1, .x = call->x[k].data, .y = call->y.data});
    if (!relu) nn_ending_forward(call->spec->ending, call);
}

static void add_backward(const nn_call *call)
{
    for (int k = 0; k < call->spec->nin; k++) {
        if (call->dx[k].data) memcpy(call->dx[k].data, call->dy.data, add_count(call) * sizeof(float));
    }
}

static const nn_example add_examples[] = {
    {.line = "add", .in = {{3, {3, 4, 2}}, {3, {3, 4, 2}}}},
    {.line = "add", .in = {{1, {5}}, {1, {5}}, {1, {5}}}},
    {0},
};

const nn_layer_type nn_layer_add = {
    .name = "add", .keras = "Add", .doc = "The sum of several outputs, number by number.",
    .config_size = sizeof(nn_config), .fields = add_fields, .min_inputs = 2, .max_inputs = NN_MAX_INPUTS,
    .flags = NN_TAKES_ENDING,
    .infer = add_infer, .forward = add_forward, .backward = add_backward, .examples = add_examples,
};
