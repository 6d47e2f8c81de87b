/* keras_config.c - which layers a model has, by its description. */
#include "lib/hdf5/keras_config.h"
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "lib/hdf5/h5_parts.h"
#include "lib/base/banned.h"

enum { DEPTH_MOST = 8, PLACE_MOST = 512, COUNT_MOST = 1000000, VALUES_MOST = 400 * NN_MAX_LAYERS };

/* ---- classes ---- */
static const h5_class classes[] = {
    {.name = "Functional", .model = true},
    {.name = "Model", .model = true},
    {.name = "Sequential", .model = true},
    {.name = "Conv2D", .variable = {"kernel", "bias"}},
    {.name = "Conv2DTranspose", .variable = {"kernel", "bias"}},
    {.name = "Dense", .variable = {"kernel", "bias"}},
    {.name = "DepthwiseConv2D", .variable = {"depthwise_kernel", "bias"}},
    {.name = "SeparableConv2D", .variable = {"depthwise_kernel", "pointwise_kernel", "bias"}},
    {.name = "BatchNormalization", .variable = {"gamma", "beta", "moving_mean", "moving_variance"}},
    {.name = "LayerNormalization", .variable = {"gamma", "beta"}},
    {.name = "Normalization", .variable = {"mean", "variance", "count"}},
    {.name = "PReLU", .variable = {"alpha"}},
    {.name = "InputLayer"},
    {.name = "Activation"},
    {.name = "ActivityRegularization"},
    {.name = "Add"},
    {.name = "Average"},
    {.name = "AveragePooling2D"},
    {.name = "CenterCrop"},
    {.name = "Concatenate"},
    {.name = "Cropping2D"},
    {.name = "Dropout"},
    {.name = "ELU"},
    {.name = "Flatten"},
    {.name = "GaussianDropout"},
    {.name = "GaussianNoise"},
    {.name = "GlobalAveragePooling2D"},
    {.name = "GlobalMaxPooling2D"},
    {.name = "LeakyReLU"},
    {.name = "MaxPooling2D"},
    {.name = "Maximum"},
    {.name = "Multiply"},
    {.name = "Permute"},
    {.name = "RandomBrightness"},
    {.name = "RandomContrast"},
    {.name = "RandomCrop"},
    {.name = "RandomFlip"},
    {.name = "RandomRotation"},
    {.name = "RandomTranslation"},
    {.name = "RandomZoom"},
    {.name = "ReLU"},
    {.name = "Rescaling"},
    {.name = "Reshape"},
    {.name = "Resizing"},
    {.name = "Softmax"},
    {.name = "SpatialDropout2D"},
    {.name = "Subtract"},
    {.name = "UpSampling2D"},
    {.name = "ZeroPadding2D"},
};
enum { CLASSES = sizeof classes / sizeof *classes };

static const char *const activations[] = {
    "linear",       "relu",       "relu6",     "leaky_relu", "elu",         "selu",        "gelu",
    "swish",        "silu",       "sigmoid",   "tanh",       "softmax",     "softplus",    "softsign",
    "hard_sigmoid", "hard_swish", "hard_silu", "mish",       "exponential", "log_softmax", "celu",
    "ReLU",         "LeakyReLU",  "ELU",       "PReLU",      "Softmax"};

const h5_class *h5_class_named(const char *name, size_t len)
{
    for (int i = 0; i < CLASSES; i++)
        if (strlen(classes[i].name) == len && memcmp(classes[i].name, name, len) == 0) return &classes[i];
    return NULL;
}

/* MaxPooling2D -> max_pooling2d, as Keras 3 names the groups of its files. */
void h5_snake_case(const char *keras_class, char out[64])
{
    size_t n = 0;
    for (const char *c = keras_class; *c && n < 62; c++) {
        bool begins = isupper((unsigned char)*c) && c > keras_class &&
                      (islower((unsigned char)c[-1]) || islower((unsigned char)c[1]));
        if (begins) out[n++] = '_';
        out[n++] = (char)tolower((unsigned char)*c);
    }
    out[n] = 0;
}

const h5_class *h5_class_at(const char *place)
{
    char snake[64];
    const char *slash = strrchr(place, '/'), *last = slash ? slash + 1 : place;
    size_t len = strlen(last), digits = 0;
    while (digits < len && isdigit((unsigned char)last[len - 1 - digits])) digits++;
    if (digits && digits + 1 < len && last[len - 1 - digits] == '_') len -= digits + 1;
    for (int i = 0; i < CLASSES; i++) {
        h5_snake_case(classes[i].name, snake);
        if (strlen(snake) == len && memcmp(snake, last, len) == 0) return &classes[i];
    }
    return NULL;
}

/* Those that may be left out are at the end, but for gamma and beta of batchnorm: of three it cannot be told which is
 * not there. */
const char *h5_variable(const h5_class *kind, int number, int count)
{
    int most = 0;
    if (!kind) return NULL;
    while (most < 4 && kind->variable[most]) most++;
    if (number >= count || count > most) return NULL;
    if (strcmp(kind->name, "BatchNormalization") == 0) {
        if (count == 3) return NULL;
        return kind->variable[count == 2 ? number + 2 : number];
    }
    if (strcmp(kind->name, "LayerNormalization") == 0 && count != most) return NULL;
    return kind->variable[number];
}

/* ---- messages ---- */
static lg_status unknown(const h5_config *c, const char *name, const char *what, const char *which, lg_err *err)
{
    bool program = strcmp(which, "Lambda") == 0;
    lg_fail(err, LG_E_UNSUPPORTED, 362, "the model in `%.200s` has a layer that is not known", c->file);
    lg_why(err, "`%.60s` is of the %s `%.60s`%s", name, what, which, program ? ", which is a program" : "");
    return lg_try(err, "save the weights alone where they were made: model.save_weights(\"x.weights.h5\")");
}

static lg_status wrong(const h5_config *c, lg_err *err, const char *what, const char *name)
{
    return nn_named_damaged(c->file, err, "the description of its model is none: %s `%.60s`", what, name);
}

/* ---- one layer ---- */
static lg_status check_activation(const h5_config *c, const char *layer, const json_t *value, lg_err *err)
{
    const json_t *inside = json_object_get(value, "config");
    if (json_is_object(value) && json_is_string(inside)) value = inside;
    else if (json_is_object(value)) value = json_object_get(value, "class_name");
    const char *name = json_string_value(value);
    if (!value || json_is_null(value)) return LG_OK;
    for (size_t i = 0; name && i < sizeof activations / sizeof *activations; i++)
        if (strcmp(activations[i], name) == 0) return LG_OK;
    if (!name) return wrong(c, err, "there is no activation as it must be in", layer);
    return unknown(c, layer, "activation", name, err);
}

static lg_status check_settings(const h5_config *c, const char *name, const json_t *settings, lg_err *err)
{
    static const char *const counts[] = {"filters", "units", "groups", "depth_multiplier"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const json_t *value = json_object_get(settings, counts[i]);
        json_int_t n = json_integer_value(value);
        if (value && !json_is_null(value) && (!json_is_integer(value) || n < 1 || n > COUNT_MOST))
            return nn_named_damaged(c->file, err, "the description of its model has `%.60s` with %s that cannot be",
                                    name, counts[i]);
    }
    return check_activation(c, name, json_object_get(settings, "activation"), err);
}

static bool is_on(const json_t *settings, const char *name)
{
    return !json_is_false(json_object_get(settings, name));
}

static lg_status note_layer(h5_config *c, const char *name, const char *place, const h5_class *kind,
                            const json_t *settings, lg_err *err)
{
    bool fresh;
    if (c->count == NN_MAX_LAYERS)
        return nn_named_damaged(c->file, err, "its model has more than %s layers", lg_thousands(NN_MAX_LAYERS));
    h5_config_layer *layer = &c->layer[c->count];
    *layer = (h5_config_layer){.kind = kind, .scale = is_on(settings, "scale"), .center = is_on(settings, "center")};
    layer->name = lg_arena_strndup(&c->room, name, strlen(name), err);
    if (!layer->name) return err->status;
    layer->place = lg_arena_strndup(&c->room, place, strlen(place), err);
    if (!layer->place) return err->status;
    LG_TRY(nn_name_map_put(&c->places, layer->place, (uint32_t)c->count, &fresh, err));
    LG_TRY(nn_name_map_put(&c->names, layer->name, (uint32_t)c->count, &fresh, err));
    c->count++;
    return LG_OK;
}

/* ---- the tree ---- */
static lg_status take_layers(h5_config *c, const json_t *model, const char *place, int depth, lg_err *err);

/* How many of its class came before in this model. */
static int number_of(int used[CLASSES], const h5_class *kind)
{
    return used[kind - classes]++;
}

static lg_status take_layer(h5_config *c, const json_t *layer, const char *above, int used[CLASSES], int depth,
                            lg_err *err)
{
    char snake[64], place[PLACE_MOST];
    const char *class_name = json_string_value(json_object_get(layer, "class_name"));
    const json_t *settings = json_object_get(layer, "config");
    const char *name = json_string_value(json_object_get(settings, "name"));
    if (!name) name = json_string_value(json_object_get(layer, "name"));
    if (!class_name || !settings) return wrong(c, err, "a layer has no class or settings in", *above ? above : "it");
    if (!name) name = class_name; /* of models in the first versions */
    LG_TRY(nn_named_check_name(c->file, name, err));
    const h5_class *kind = h5_class_named(class_name, strlen(class_name));
    if (!kind) return unknown(c, name, "class", class_name, err);
    h5_snake_case(class_name, snake);
    int before = number_of(used, kind);
    int n = before ? snprintf(place, sizeof place, "%slayers/%s_%d", above, snake, before)
                   : snprintf(place, sizeof place, "%slayers/%s", above, snake);
    if (n < 0 || (size_t)n >= sizeof place - 2) return wrong(c, err, "models are too deep in", name);
    LG_TRY(note_layer(c, name, place, kind, settings, err));
    if (!kind->model) return check_settings(c, name, settings, err);
    place[n] = '/', place[n + 1] = 0;
    return take_layers(c, layer, place, depth + 1, err);
}

static lg_status take_layers(h5_config *c, const json_t *model, const char *place, int depth, lg_err *err)
{
    int used[CLASSES] = {0};
    const json_t *config = json_object_get(model, "config");
    const json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    if (depth > DEPTH_MOST) return wrong(c, err, "models are too deep in", place);
    if (!json_is_array(layers)) return wrong(c, err, "there is no list of layers in", *place ? place : "it");
    for (size_t i = 0; i < json_array_size(layers); i++)
        LG_TRY(take_layer(c, json_array_get(layers, i), place, used, depth, err));
    return LG_OK;
}

static lg_status take_model(h5_config *c, const json_t *root, lg_err *err)
{
    const char *name = json_string_value(json_object_get(root, "class_name"));
    const h5_class *kind = name ? h5_class_named(name, strlen(name)) : NULL;
    if (!name) return wrong(c, err, "it has no", "class_name");
    if (!kind || !kind->model) return unknown(c, "the model", "class", name, err);
    c->layer = lg_alloc(NN_MAX_LAYERS, sizeof *c->layer, err);
    if (!c->layer) return err->status;
    return take_layers(c, root, "", 0, err);
}

/* ---- the text ---- */
/* Values there are at most, before JSON takes memory for them. */
static size_t most_values(const char *text, size_t n)
{
    size_t values = 1;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (quoted && text[i] == '\\') i++;
        else if (text[i] == '"') quoted = !quoted;
        else if (!quoted) values += text[i] == ',' || text[i] == '[' || text[i] == '{';
    }
    return values;
}

lg_status h5_config_read(const char *text, size_t len, const char *file, h5_config *out, lg_err *err)
{
    json_error_t said;
    *out = (h5_config){.file = file};
    lg_arena_init(&out->room, 0);
    if (len > H5_CONFIG_MOST || most_values(text, len) > VALUES_MOST)
        return nn_named_damaged(file, err, "the description of its model is larger than that of %s layers",
                                lg_thousands(NN_MAX_LAYERS));
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &said);
    if (!root)
        return nn_named_damaged(file, err, "the description of its model is no JSON: %.100s, line %d", said.text,
                                said.line);
    lg_status st = take_model(out, root, err);
    json_decref(root);
    return st;
}

void h5_config_release(h5_config *config)
{
    lg_free(config->layer);
    nn_name_map_release(&config->places);
    nn_name_map_release(&config->names);
    lg_arena_release(&config->room);
    *config = (h5_config){0};
}

static const h5_config_layer *layer_of(const h5_config *config, long at)
{
    return at < 0 ? NULL : &config->layer[at];
}

const h5_config_layer *h5_config_at(const h5_config *config, const char *place)
{
    return layer_of(config, nn_name_map_find(&config->places, place));
}

const h5_config_layer *h5_config_named(const h5_config *config, const char *name)
{
    return layer_of(config, nn_name_map_find(&config->names, name));
}
