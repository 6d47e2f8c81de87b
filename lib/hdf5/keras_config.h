/* keras_config.h - the description of a model that Keras keeps beside its weights (JSON), as far as weights need it:
 * which layers there are, and what their variables are called. Internal to lib/hdf5; runs in the helper.
 *
 *     h5_config config;
 *     LG_GO(h5_config_read(text, len, "model.keras", &config, err));
 *     const h5_config_layer *layer = h5_config_at(&config, "layers/conv2d_1");   // where Keras 3 keeps its variables
 *     h5_config_release(&config);
 *
 * All of it is checked though little is used: a layer or an activation that is not in the lists here is LL362, numbers
 * that cannot be are LL361. So what is read is a network of known layers, or nothing. */
#ifndef H5_KERAS_CONFIG_H
#define H5_KERAS_CONFIG_H

#include "nnlib/nnlib.h"

/* What Keras calls a class of layers and its variables, in the order of its files. */
typedef struct h5_class {
    const char *name;        /* "Conv2D" */
    const char *variable[4]; /* "kernel", "bias" */
    bool model;              /* has layers of its own */
} h5_class;

const h5_class *h5_class_named(const char *name, size_t len);
/* Of a layer's place in a file of Keras 3, "conv2d_1" or "layers/conv2d_1"; NULL: none that is known. */
const h5_class *h5_class_at(const char *place);
/* "batch_normalization"; out holds at least 64 bytes. */
void h5_snake_case(const char *keras_class, char out[64]);
/* What variable `number` of `count` is called; NULL where that cannot be told. */
const char *h5_variable(const h5_class *kind, int number, int count);

typedef struct h5_config_layer {
    const char *name;  /* "conv1_conv" */
    const char *place; /* "layers/conv2d" */
    const h5_class *kind;
    bool scale, center; /* batchnorm */
} h5_config_layer;

typedef struct h5_config {
    const char *file;
    h5_config_layer *layer;
    size_t count;
    nn_name_map places, names; /* of two layers that share a name the first */
    lg_arena room;
} h5_config;

lg_status h5_config_read(const char *text, size_t len, const char *file, h5_config *out, lg_err *err) LG_MUST_CHECK;
void h5_config_release(h5_config *config);
const h5_config_layer *h5_config_at(const h5_config *config, const char *place);
const h5_config_layer *h5_config_named(const h5_config *config, const char *name);

#endif
