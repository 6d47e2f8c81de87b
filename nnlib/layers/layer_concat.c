/* layer_concat.c - outputs side by side: the channels of images, or the numbers of lists. */
#include "nnlib/core/layer.h"
#include <string.h>
#include "lib/base/banned.h"

static const nn_field concat_fields[] = {NN_FIELD_NAME, {0}};

static lg_status concat_infer(nn_spec *spec, lg_err *err)
{
    char a[NN_SHAPE_TEXT], b[NN_SHAPE_TEXT];
    int last = spec->in[0].rank - 1;
    spec->out = spec->in[0];
    for (int k = 1; k < spec->nin; k++) {
        nn_shape beside = spec->in[k];
        beside.dim[last] = spec->in[0].dim[last];
        if (!nn_shape_equal(spec->in[0], beside)) {
            lg_fail(err, LG_E_SHAPE, 212, "`concat` needs images of one height and width, but gets %s and %s",
                    nn_shape_text(spec->in[0], a), nn_shape_text(spec->in[k], b));
            return lg_try(err, "write `same` in the convolutions between");
        }
        spec->out.dim[last] += spec->in[k].dim[last];
    }
    return LG_OK;
}

/* Copies between the block of all channels and one input's, row by row; channels are the last dimension. */
static void concat_copy(const nn_call *call, int k, size_t before, float *whole, float *part, bool into_whole)
{
    const nn_shape *out = &call->spec->out, *in = &call->spec->in[k];
    size_t all = (size_t)out->dim[out->rank - 1], mine = (size_t)in->dim[in->rank - 1];
    size_t rows = (size_t)call->x[0].n * nn_shape_size(*out) / all;
    for (size_t r = 0; r < rows; r++) {
        float *a = whole + r * all + before, *b = part + r * mine;
        memcpy(into_whole ? a : b, into_whole ? b : a, mine * sizeof(float));
    }
}

static void concat_all(const nn_call *call, float *whole, const nn_tensor *part, bool into_whole)
{
    size_t before = 0;
    for (int k = 0; k < call->spec->nin; k++) {
        if (part[k].data) concat_copy(call, k, before, whole, part[k].data, into_whole);
        before += (size_t)call->spec->in[k].dim[call->spec->in[k].rank - 1];
    }
}

static void concat_forward(const nn_call *call)
{
    concat_all(call, call->y.data, call->x, true);
}

static void concat_backward(const nn_call *call)
{
    concat_all(call, call->dy.data, call->dx, false);
}

static const nn_example concat_examples[] = {
    {.line = "concat", .in = {{3, {3, 2, 2}}, {3, {3, 2, 3}}}},
    {.line = "concat", .in = {{1, {5}}, {1, {2}}, {1, {1}}}},
    {0},
};

const nn_layer_type nn_layer_concat = {
    .name = "concat", .aliases = "concatenate", .keras = "Concatenate", .doc = "Several outputs side by side.",
    .config_size = sizeof(nn_config), .fields = concat_fields, .min_inputs = 2, .max_inputs = NN_MAX_INPUTS,
    .infer = concat_infer, .forward = concat_forward, .backward = concat_backward, .examples = concat_examples,
};
