/* layer_input.c - where images come in, or the numbers that other layers made of them (nn_net_tail). */
#include "nnlib/core/layer.h"
#include "lib/base/banned.h"

static const nn_field input_fields[] = {
    {.name = "size", .aliases = "shape", .keras = "shape", .kind = NN_SIZE, .offset = offsetof(nn_input_config, size),
     .positional = true,
     .required = true, .channels = true, .fallback = 64, .min = 1, .max = 65536,
     .help = "height x width of the images, x channels (3 when left out)", .low = "an image has at least one pixel",
     .high = "larger images cost memory and time with the square of their side"},
    {.name = "list", .kind = NN_FLAG, .offset = offsetof(nn_input_config, list), .value = 1, .max = 1,
     .help = "a list of numbers instead of an image, such as 1x1x512"},
    NN_FIELD_NAME,
    {0},
};

static lg_status input_infer(nn_spec *spec, lg_err *err)
{
    (void)err;
    const nn_input_config *c = spec->config;
    int64_t channels = c->size.c ? c->size.c : 3;
    spec->out = nn_shape_image(c->size.h, c->size.w, channels);
    if (c->list) spec->out = nn_shape_list(c->size.h * c->size.w * channels);
    return LG_OK;
}

static const nn_example input_examples[] = {
    {.line = "input 6x5x2"}, {.line = "input 64"}, {.line = "input 1x1x9 list"}, {0}};

const nn_layer_type nn_layer_input = {
    .name = "input", .aliases = "inputlayer", .keras = "InputLayer", .doc = "The images the network is made for.",
    .config_size = sizeof(nn_input_config), .fields = input_fields, .infer = input_infer, .examples = input_examples,
};
