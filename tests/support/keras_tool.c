/* keras_tool.c - files of Keras through the helper, for tests that are no C.
 *
 *     keras_tool HELPER read FILE...            a line for each: its name, then ok and counts, or the error
 *     keras_tool HELPER list FILE               a line for each tensor: name, shape, sum, sum of number times place
 *     keras_tool HELPER write KIND IN OUT       the weights and description of IN, a chain or graph of plain layers, as
 *                                               .keras (KIND 0), .h5 (1) or .weights.h5 (2) */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/hdf5/keras_file.h"

static lg_err err;

static lg_status read_file(const char *path, unsigned char **data, h5_weights *w)
{
    FILE *f = fopen(path, "rb");
    lg_err_clear(&err);
    *data = NULL;
    if (!f || fseek(f, 0, SEEK_END)) return lg_fail(&err, LG_E_IO, 302, "%s is not there", path);
    size_t len = (size_t)ftell(f);
    rewind(f);
    *data = malloc(len ? len : 1);
    if (fread(*data, 1, len, f) != len) return lg_fail(&err, LG_E_IO, 391, "%s cannot be read", path);
    fclose(f);
    return h5_weights_read(*data, len, path, NULL, w, &err);
}

static void tell(const char *path)
{
    unsigned char *data;
    h5_weights w;
    if (read_file(path, &data, &w)) printf("%s\tLL%d\t%s (%s)\n", path, err.code, err.msg, err.why);
    else printf("%s\tok\t%zu tensors%s\n", path, w.tensors.count, w.config ? ", a model" : "");
    if (!err.code) h5_weights_release(&w);
    free(data);
}

static int list_of(const char *path)
{
    unsigned char *data;
    h5_weights w;
    char shape[NN_NAMED_SHAPE_TEXT];
    if (read_file(path, &data, &w)) return fprintf(stderr, "LL%d %s (%s)\n", err.code, err.msg, err.why), 1;
    for (size_t i = 0; i < w.tensors.count; i++) {
        const nn_named_tensor *t = &w.tensors.at[i];
        float *all = malloc(t->count * sizeof *all);
        double sum = 0, weighed = 0;
        if (nn_named_floats(&w.tensors, t, all, &err)) return 1;
        for (size_t k = 0; k < t->count; k++) sum += all[k], weighed += (double)all[k] * (double)(k % 1009 + 1);
        printf("%s\t%s\t%.17g\t%.17g\n", t->name, nn_named_shape_text(t->rank, t->dim, shape), sum, weighed);
        free(all);
    }
    h5_weights_release(&w);
    free(data);
    return 0;
}

enum { LAYERS = 1000, VARIABLES = 8 };
static h5_tensor tensor[LAYERS][VARIABLES];
static h5_layer layer[LAYERS];

/* What is called name/… in the order of the file. */
static void take_layer(const h5_weights *w, size_t at, const char *name, const char *class_name)
{
    size_t len = strlen(name);
    layer[at] = (h5_layer){.name = name, .keras_class = class_name, .tensor = tensor[at]};
    for (size_t i = 0; i < w->tensors.count; i++) {
        const nn_named_tensor *t = &w->tensors.at[i];
        if (strncmp(t->name, name, len) != 0 || t->name[len] != '/') continue;
        h5_tensor *out = &tensor[at][layer[at].count++];
        *out = (h5_tensor){.name = t->name + len + 1, .rank = t->rank, .data = t->data};
        memcpy(out->dim, t->dim, sizeof out->dim);
        float *all = malloc(t->count * sizeof *all);
        if (nn_named_floats(&w->tensors, t, all, &err)) exit(1);
        out->data = all;
    }
}

static int write_again(int kind, const char *from, const char *to)
{
    unsigned char *data;
    h5_weights w;
    lg_buf out;
    lg_buf_init(&out, 0);
    if (read_file(from, &data, &w)) return fprintf(stderr, "LL%d %s (%s)\n", err.code, err.msg, err.why), 1;
    json_t *layers = json_object_get(json_object_get(json_loads(w.config, 0, NULL), "config"), "layers");
    size_t count = json_array_size(layers);
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_array_get(layers, i);
        const char *name = json_string_value(json_object_get(json_object_get(one, "config"), "name"));
        take_layer(&w, i, name, json_string_value(json_object_get(one, "class_name")));
    }
    if (h5_write_model(layer, count, w.config, (h5_kind)kind, &out, &err))
        return fprintf(stderr, "LL%d %s (%s)\n", err.code, err.msg, err.why), 1;
    FILE *f = fopen(to, "wb");
    bool done = f && fwrite(out.data, 1, out.len, f) == out.len;
    return f && fclose(f) == 0 && done ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
    h5_setup(&(h5_options){.program = argv[1]});
    if (strcmp(argv[2], "list") == 0) return list_of(argv[3]);
    if (strcmp(argv[2], "write") == 0 && argc == 6) return write_again(argv[3][0] - '0', argv[4], argv[5]);
    for (int i = 3; i < argc; i++) tell(argv[i]);
    return 0;
}
