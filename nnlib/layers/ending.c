/* ending.c - activations in place, through the kernels. */
#include "nnlib/layers/ending.h"
#include <string.h>
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

static const nn_act ending_act[] = {
    [NN_LINEAR] = NN_ACT_LINEAR, [NN_RELU] = NN_ACT_RELU, [NN_RELU6] = NN_ACT_RELU6, [NN_LEAKY] = NN_ACT_LEAKY,
    [NN_ELU] = NN_ACT_ELU,       [NN_GELU] = NN_ACT_GELU, [NN_SWISH] = NN_ACT_SWISH, [NN_SIGMOID] = NN_ACT_SIGMOID,
    [NN_TANH] = NN_ACT_TANH,
};

static float ending_alpha(nn_activation a)
{
    return a == NN_LEAKY ? 0.2f : 1.0f;
}

static bool keeps_scores(nn_activation a)
{
    return a == NN_GELU || a == NN_SWISH;
}

static nn_softmax_args softmax_rows(const nn_tensor *t)
{
    int64_t cols = t->shape.dim[t->shape.rank - 1];
    return (nn_softmax_args){.rows = (int)((size_t)t->n * nn_shape_size(t->shape) / (size_t)cols), .cols = (int)cols};
}

nn_activation nn_ending_of(const nn_spec *spec, int32_t own)
{
    return own == NN_LINEAR ? spec->ending : (nn_activation)own;
}

size_t nn_ending_saved(nn_activation activation, nn_shape out)
{
    return keeps_scores(activation) ? nn_shape_size(out) * sizeof(float) : 0;
}

void nn_ending_forward(nn_activation a, const nn_call *call)
{
    size_t n = (size_t)call->y.n * nn_shape_size(call->y.shape);
    float *y = call->y.data;
    if (a == NN_LINEAR || (a == NN_SOFTMAX && call->raw)) return;
    if (a == NN_SOFTMAX) {
        nn_softmax_args rows = softmax_rows(&call->y);
        rows.x = y, rows.y = y;
        nn_softmax_forward(&rows);
        return;
    }
    if (keeps_scores(a) && call->training && call->saved) memcpy(call->saved, y, n * sizeof *y);
    nn_act_forward(&(nn_act_args){.act = ending_act[a], .alpha = ending_alpha(a), .n = n, .x = y, .y = y});
}

void nn_ending_backward(nn_activation a, const nn_call *call)
{
    size_t n = (size_t)call->dy.n * nn_shape_size(call->dy.shape);
    float *dy = call->dy.data;
    if (a == NN_LINEAR || (a == NN_SOFTMAX && call->raw)) return;
    if (a == NN_SOFTMAX) {
        nn_softmax_args rows = softmax_rows(&call->dy);
        rows.y = call->y.data, rows.dy = dy, rows.dx = dy;
        nn_softmax_backward(&rows);
        return;
    }
    const float *scores = keeps_scores(a) ? call->saved : NULL;
    nn_act_backward(&(nn_act_args){.act = ending_act[a], .alpha = ending_alpha(a), .n = n, .x = scores,
                                   .y = call->y.data, .dy = dy, .dx = dy});
}
