/* layer_dense.c - fully connected, y = f(x·W + b).
 *
 * x is (n, in), W is (in, units), b is (units), y is (n, units). Backward: dW += xT·dz, db += sum of dz, dx = dz·WT. */
#include "nnlib/layers/ending.h"
#include <stdio.h>
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

typedef struct dense_config {
    nn_config base;
    int64_t units;
    double l2;
    int32_t activation, bias;
} dense_config;

static const nn_field dense_fields[] = {
    {.name = "units", .keras = "units", .kind = NN_INT, .offset = offsetof(dense_config, units), .positional = true,
     .required = true,
     .min = 1, .max = 1e15, .help = "how many numbers come out; `classes` stands for one per label",
     .low = "a layer has at least one output", .high = "many units: slow, and it learns the training images by heart"},
    {.name = "activation", .keras = "activation", .kind = NN_CHOICE, .offset = offsetof(dense_config, activation),
     .positional = true,
     .choices = nn_activation_names, .help = "what is done to every number at the end"},
    {.name = "l2", .keras = "kernel_regularizer", .kind = NN_NUMBER, .offset = offsetof(dense_config, l2), .min = 0,
     .max = 1000,
     .help = "penalty on large weights: l2 times the sum of their squares is added to the loss",
     .low = "a penalty cannot be negative", .high = "too high: all weights go to 0 and nothing is learnt"},
    {.name = "bias", .aliases = "use_bias", .keras = "use_bias", .kind = NN_FLAG,
     .offset = offsetof(dense_config, bias), .fallback = 1,
     .value = 1, .max = 1, .help = "add a number of its own to every output"},
    NN_FIELD_NAME,
    {0},
};

static nn_activation dense_activation(const nn_spec *spec)
{
    return nn_ending_of(spec, ((const dense_config *)spec->config)->activation);
}

/* Folding gives a bias to a layer that has none of its own. */
static bool has_bias(const nn_spec *spec)
{
    return ((const dense_config *)spec->config)->bias || spec->folded;
}

static lg_status dense_infer(nn_spec *spec, lg_err *err)
{
    const dense_config *c = spec->config;
    char size[NN_SHAPE_TEXT];
    if (spec->in[0].rank != 1) {
        lg_fail(err, LG_E_SHAPE, 205, "`dense` needs a list of numbers, but gets a %s image",
                nn_shape_text(spec->in[0], size));
        return lg_try(err, "add `flatten` (or `globalavg`) above this line");
    }
    spec->out = nn_shape_list(c->units);
    return LG_OK;
}

static int dense_params(const nn_spec *spec, nn_param param[NN_MAX_PARAMS])
{
    const dense_config *c = spec->config;
    int64_t in = spec->in[0].dim[0];
    param[0] = (nn_param){.name = "kernel", .shape = {.rank = 2, .dim = {in, c->units}}, .init = NN_GLOROT_UNIFORM,
                          .fan_in = (double)in, .fan_out = (double)c->units, .l2 = c->l2};
    param[1] = (nn_param){.name = "bias", .shape = nn_shape_list(c->units), .init = NN_ZEROS};
    return c->bias ? 2 : 1;
}

static size_t dense_saved(const nn_spec *spec)
{
    return nn_ending_saved(dense_activation(spec), spec->out);
}

static void dense_forward(const nn_call *call)
{
    const dense_config *c = call->spec->config;
    int n = call->y.n, units = (int)c->units, in = (int)call->spec->in[0].dim[0];
    nn_sgemm(&(nn_sgemm_args){.trans = NN_GEMM_NN, .m = n, .n = units, .k = in, .a = call->x[0].data,
                              .b = call->param[0], .c = call->y.data});
    if (has_bias(call->spec))
        nn_add_bias(&(nn_add_bias_args){.rows = n, .cols = units, .b = call->param[1], .y = call->y.data});
    nn_ending_forward(dense_activation(call->spec), call);
}

static void dense_backward(const nn_call *call)
{
    const dense_config *c = call->spec->config;
    int n = call->dy.n, units = (int)c->units, in = (int)call->spec->in[0].dim[0];
    nn_ending_backward(dense_activation(call->spec), call);
    bool frozen = !call->grad[0];
    if (!frozen)
        nn_sgemm(&(nn_sgemm_args){.trans = NN_GEMM_TN, .m = in, .n = units, .k = n, .a = call->x[0].data,
                                  .b = call->dy.data, .beta = 1, .c = call->grad[0]});
    if (c->bias && !frozen)
        nn_sum_rows(&(nn_sum_rows_args){.rows = n, .cols = (size_t)units, .x = call->dy.data, .add = true,
                                        .y = call->grad[1]});
    if (call->dx[0].data)
        nn_sgemm(&(nn_sgemm_args){.trans = NN_GEMM_NT, .m = n, .n = in, .k = units, .a = call->dy.data,
                                  .b = call->param[0], .c = call->dx[0].data});
}

static void dense_formula(const nn_spec *spec, char out[NN_FORMULA])
{
    const dense_config *c = spec->config;
    long long in = spec->in[0].dim[0], units = c->units;
    snprintf(out, NN_FORMULA, c->bias ? "(%lld+1)·%lld" : "%lld·%lld", in, units);
}

static double dense_macs(const nn_spec *spec)
{
    return (double)spec->in[0].dim[0] * (double)spec->out.dim[0];
}

static const nn_example dense_examples[] = {
    {.line = "dense 4", .in = {{1, {6}}}},
    {.line = "dense 5 relu l2 0.01", .in = {{1, {7}}}},
    {.line = "dense 3 gelu no bias", .in = {{1, {4}}}},
    {.line = "dense 4 softmax", .in = {{1, {6}}}},
    {.line = "dense 33 tanh", .in = {{1, {40}}}},
    {0},
};

const nn_layer_type nn_layer_dense = {
    .name = "dense", .keras = "Dense", .doc = "Every output is a weighted sum of all inputs plus a bias.",
    .config_size = sizeof(dense_config), .fields = dense_fields,
    .flags = NN_NEEDS_X | NN_NEEDS_Y | NN_FOLDS | NN_TAKES_ENDING,
    .infer = dense_infer, .params = dense_params, .saved = dense_saved, .forward = dense_forward,
    .backward = dense_backward, .formula = dense_formula, .macs = dense_macs, .examples = dense_examples,
};
