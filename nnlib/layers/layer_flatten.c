/* layer_flatten.c - an image as the list of its numbers; nothing moves, only the shape changes. */
#include "nnlib/core/layer.h"
#include "lib/base/banned.h"

static const nn_field flatten_fields[] = {NN_FIELD_NAME, {0}};

static lg_status flatten_infer(nn_spec *spec, lg_err *err)
{
    (void)err;
    spec->out = nn_shape_list((int64_t)nn_shape_count(spec->in[0]));
    return LG_OK;
}

static const nn_example flatten_examples[] = {
    {.line = "flatten", .in = {{3, {3, 4, 2}}}}, {.line = "flatten", .in = {{1, {5}}}}, {0}};

const nn_layer_type nn_layer_flatten = {
    .name = "flatten", .keras = "Flatten", .doc = "Turns an image into the list of its numbers.",
    .config_size = sizeof(nn_config), .fields = flatten_fields, .flags = NN_VIEW, .infer = flatten_infer,
    .examples = flatten_examples,
};
