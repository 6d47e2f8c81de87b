/* keras_names.c - names by the two layouts there are.
 *
 * Old (Keras 1 and 2, and .h5 of Keras 3): a group for each layer, in it datasets; attributes layer_names and
 * weight_names say in which order. Old weights are called "conv1/kernel:0", "model/conv1/kernel", "conv1_W_1:0".
 * New (Keras 3): layers/conv2d_1/vars/0, where the group is called after the class and the dataset is a number; later
 * versions have an attribute `name` of vars, which the layer is called. */
#include "lib/hdf5/keras_names.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/hdf5/h5_parts.h"
#include "lib/base/banned.h"

enum { NAME_MOST = 2 * NN_NAMED_NAME, PATH_TEXT = 1200, VARS_MOST = 1000 };

static lg_status add_tensor(h5_file *file, const char *layer, const char *variable, const char *path, h5_names *out,
                            lg_err *err)
{
    h5_array array;
    if (strstr(path, "seed_generator")) return LG_OK; /* the state of dropout's random numbers */
    LG_TRY(h5_file_shape(file, path, &array, err));
    if (array.counter)
        return h5_refused(file->name, err, "`%.100s` holds integers without a sign, which are no weights", path);
    if (out->count == out->cap) {
        size_t cap = out->cap ? 2 * out->cap : 256;
        h5_named *more = lg_realloc(out->tensor, out->cap, cap, sizeof *more, err);
        if (!more) return err->status;
        out->tensor = more, out->cap = cap;
    }
    const char *name = lg_arena_strf(&file->room, err, "%s%s%s", layer, *layer ? "/" : "", variable);
    if (!name) return err->status;
    LG_TRY(nn_named_check_name(file->name, name, err));
    out->tensor[out->count++] = (h5_named){.name = name, .array = array};
    return LG_OK;
}

/* ---- the old layout ---- */
/* Names that Keras 1 gave: behind the layer's own name, with a number that says nothing behind. */
static const struct {
    const char *old, *variable;
} old_variables[] = {{"_W", "kernel"},
                     {"_b", "bias"},
                     {"_gamma", "gamma"},
                     {"_beta", "beta"},
                     {"_running_mean", "moving_mean"},
                     {"_running_std", "moving_variance"}};

/* "block1_conv1_W_1" of block1_conv1 is "kernel". */
static const char *old_variable(const char *layer, const char *name)
{
    size_t len = strlen(layer);
    if (strncmp(layer, name, len) != 0) return NULL;
    for (size_t i = 0; i < sizeof old_variables / sizeof *old_variables; i++) {
        size_t more = strlen(old_variables[i].old);
        const char *rest = name + len + more;
        if (strncmp(name + len, old_variables[i].old, more) != 0) continue;
        if (!*rest || (*rest == '_' && strspn(rest + 1, "0123456789") == strlen(rest + 1)))
            return old_variables[i].variable;
    }
    return NULL;
}

/* Bytes of what is before the last slash. */
static size_t parent_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? (size_t)(slash - name) : 0;
}

/* Weights of a model within the model come from several layers. */
static bool is_model(const h5_texts *weights)
{
    for (size_t i = 1; i < weights->count; i++) {
        size_t a = parent_of(weights->text[0]), b = parent_of(weights->text[i]);
        if (a != b || memcmp(weights->text[0], weights->text[i], a) != 0) return true;
    }
    return false;
}

/* Keras 3 calls it kernel, its published files and NN_FILE_KERAS depthwise_kernel. */
static const char *of_class(const h5_config *config, const char *layer, const char *variable)
{
    const h5_config_layer *known = config ? h5_config_named(config, layer) : NULL;
    bool depthwise = known && strcmp(known->kind->name, "DepthwiseConv2D") == 0;
    return depthwise && strcmp(variable, "kernel") == 0 ? "depthwise_kernel" : variable;
}

static lg_status take_old(h5_file *file, const h5_config *config, const char *group, const char *layer, bool model,
                          const char *weight, h5_names *out, lg_err *err)
{
    char name[NAME_MOST], within[NAME_MOST];
    const char *path = lg_arena_strf(&file->room, err, "%s/%s", group, weight);
    if (!path) return err->status;
    if (!h5_file_has(file, path, true))
        return nn_named_damaged(file->name, err, "its list names `%.100s`, which is not there", path);
    size_t n = strlen(weight), colon = strcspn(weight, ":");
    if (n >= NAME_MOST || strspn(weight + colon, ":0123456789") != n - colon)
        return nn_named_damaged(file->name, err, "`%.100s` is no name of a weight", weight);
    snprintf(name, sizeof name, "%.*s", (int)colon, weight);
    size_t parent = parent_of(name);
    const char *variable = parent ? name + parent + 1 : name;
    if (model && parent) {
        name[parent] = 0;
        size_t above = parent_of(name);
        snprintf(within, sizeof within, "%s", above ? name + above + 1 : name);
        layer = within;
    }
    const char *known = old_variable(layer, variable);
    return add_tensor(file, layer, known ? known : of_class(config, layer, variable), path, out, err);
}

static lg_status find_old(h5_file *file, const h5_config *config, const char *root, h5_names *out, lg_err *err)
{
    h5_texts layers, weights;
    LG_TRY(h5_file_texts(file, root, "layer_names", &layers, err));
    for (size_t i = 0; i < layers.count; i++) {
        const char *layer = layers.text[i];
        LG_TRY(nn_named_check_name(file->name, layer, err));
        const char *group = lg_arena_strf(&file->room, err, "%s%s%s", root, *root ? "/" : "", layer);
        if (!group) return err->status;
        if (!h5_file_has(file, group, false))
            return nn_named_damaged(file->name, err, "its list names the layer `%.60s`, which is not there", layer);
        LG_TRY(h5_file_texts(file, group, "weight_names", &weights, err));
        bool model = is_model(&weights);
        for (size_t k = 0; k < weights.count; k++) {
            LG_TRY(nn_named_check_name(file->name, weights.text[k], err));
            LG_TRY(take_old(file, config, group, layer, model, weights.text[k], out, err));
        }
    }
    return LG_OK;
}

lg_status h5_old_root(h5_file *file, const char **out, lg_err *err)
{
    static const char *const roots[] = {"model_weights", ""};
    h5_texts layers;
    *out = NULL;
    for (int i = 0; i < 2 && !*out; i++) {
        if (!h5_file_has(file, roots[i], false)) continue;
        LG_TRY(h5_file_texts(file, roots[i], "layer_names", &layers, err));
        if (layers.text) *out = roots[i];
    }
    return LG_OK;
}

/* ---- the new layout ---- */
/* A group of variables: where the layer is, and how many it has. */
typedef struct vars {
    char place[NAME_MOST]; /* "layers/conv2d_1", as Keras 3 writes it */
    const char *path;      /* "layers/conv2d_1/vars" */
    int count;
} vars;

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The first files of Keras 3 say _layer_checkpoint_dependencies where later ones say layers. */
static bool place_of(const char *path, char out[NAME_MOST])
{
    static const char old[] = "_layer_checkpoint_dependencies/", now[] = "layers/";
    size_t n = 0, len = strlen(path) - strlen("/vars");
    for (const char *at = path; at < path + len;) {
        bool first = (at == path || at[-1] == '/') && strncmp(at, old, sizeof old - 1) == 0;
        if (n + sizeof now >= NAME_MOST) return false;
        if (first) memcpy(out + n, now, sizeof now - 1), n += sizeof now - 1, at += sizeof old - 1;
        else out[n++] = *at++;
    }
    out[n] = 0;
    return true;
}

/* What a layer is called of which the file says no more than its place: "functional/conv2d" of
 * layers/functional/layers/conv2d. */
static void counted_name(const char *place, char out[NAME_MOST])
{
    size_t n = 0;
    for (const char *at = place; *at;) {
        size_t len = strcspn(at, "/");
        bool said = len == 6 && memcmp(at, "layers", 6) == 0;
        if (!said && n) out[n++] = '/';
        if (!said) memcpy(out + n, at, len), n += len;
        at += len + (at[len] == '/');
    }
    out[n] = 0;
}

/* The datasets 0, 1, … and nothing else. */
static lg_status count_vars(const h5_file *file, size_t at, vars *v, lg_err *err)
{
    char path[PATH_TEXT];
    size_t len = strlen(v->path), inside = 0;
    for (size_t i = at + 1; i < file->count; i++) {
        const char *other = file->object[i].path;
        if (strncmp(other, v->path, len) != 0 || other[len] != '/') break; /* a group's objects follow it */
        inside++;
    }
    for (v->count = 0; v->count < VARS_MOST; v->count++) {
        snprintf(path, sizeof path, "%s/%d", v->path, v->count);
        if (!h5_file_has(file, path, true)) break;
    }
    if (inside == (size_t)v->count) return LG_OK;
    return nn_named_damaged(file->name, err, "`%.100s` holds something else than variables 0, 1, 2 …", v->path);
}

/* By the description of the model, which rules; else by the file; else by the place. */
static lg_status name_layer(h5_file *file, const h5_config_layer *known, const vars *v, char out[NAME_MOST],
                            bool *counted, lg_err *err)
{
    const char *said = known ? known->name : NULL;
    if (!said) LG_TRY(h5_file_text(file, v->path, "name", &said, err));
    if (said) {
        LG_TRY(nn_named_check_name(file->name, said, err));
        snprintf(out, NAME_MOST, "%s", said);
        return LG_OK;
    }
    *counted = true;
    counted_name(v->place, out);
    return LG_OK;
}

/* Of a batchnorm that the description tells of also where some are left out. */
static const char *variable_of(const h5_config_layer *known, const vars *v, int k)
{
    const h5_class *kind = known ? known->kind : h5_class_at(v->place);
    const char *name = h5_variable(kind, k, v->count);
    if (name || !known || v->count != 3 || known->scale == known->center) return name;
    return kind->variable[k == 0 ? (known->scale ? 0 : 1) : k + 1];
}

static lg_status take_vars(h5_file *file, const h5_config *config, size_t at, h5_names *out, lg_err *err)
{
    vars v = {.path = file->object[at].path};
    char layer[NAME_MOST], number[16];
    if (!place_of(v.path, v.place)) return nn_named_damaged(file->name, err, "the way to `%.60s` is too long", v.path);
    LG_TRY(count_vars(file, at, &v, err));
    if (!v.count || strstr(v.path, "seed_generator")) return LG_OK;
    const h5_config_layer *known = config ? h5_config_at(config, v.place) : NULL;
    LG_TRY(name_layer(file, known, &v, layer, &out->counted, err));
    for (int k = 0; k < v.count; k++) {
        const char *variable = variable_of(known, &v, k);
        const char *path = lg_arena_strf(&file->room, err, "%s/%d", v.path, k);
        if (!path) return err->status;
        snprintf(number, sizeof number, "%d", k);
        LG_TRY(add_tensor(file, layer, variable ? variable : number, path, out, err));
    }
    return LG_OK;
}

static bool is_of_the_model(const char *path)
{
    return strncmp(path, "optimizer/", 10) != 0 && strncmp(path, "metrics/", 8) != 0;
}

static lg_status find_new(h5_file *file, const h5_config *config, h5_names *out, lg_err *err)
{
    for (size_t i = 0; i < file->count; i++) {
        const h5_object *o = &file->object[i];
        if (!o->dataset && ends_with(o->path, "/vars") && is_of_the_model(o->path))
            LG_TRY(take_vars(file, config, i, out, err));
    }
    return LG_OK;
}

/* ---- both ---- */
lg_status h5_names_find(h5_file *file, const h5_config *config, h5_names *out, lg_err *err)
{
    const char *root;
    *out = (h5_names){0};
    LG_TRY(h5_old_root(file, &root, err));
    LG_TRY(root ? find_old(file, config, root, out, err) : find_new(file, config, out, err));
    if (out->count) return LG_OK;
    if (root) return nn_named_damaged(file->name, err, "its layers have no weights");
    lg_fail(err, LG_E_UNSUPPORTED, 362, "`%.200s` is an HDF5 file, but not one of Keras' weights", file->name);
    lg_why(err, "it has neither a list `layer_names` nor groups `vars`");
    return lg_try(err, "save the weights with Keras: model.save_weights(\"x.weights.h5\")");
}

void h5_names_release(h5_names *names)
{
    lg_free(names->tensor);
    *names = (h5_names){0};
}
