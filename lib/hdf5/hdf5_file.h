/* hdf5_file.h - an HDF5 file in memory: which groups and datasets are in it, their texts and their numbers. Internal to
 * lib/hdf5; runs in the helper.
 *
 *     LG_GO(h5_file_open(image, len, "resnet50.h5", &file, err));     // walks through all of it
 *     if (h5_file_has(&file, "model_weights", false)) ...
 *     LG_GO(h5_file_texts(&file, "model_weights", "layer_names", &texts, err));
 *     LG_GO(h5_file_shape(&file, "model_weights/dense/dense/kernel:0", &array, err));
 *     LG_GO(h5_file_numbers(&file, &array, block, err));               // array.bytes of them
 *
 * Opening looks at everything that has a name: only groups, datasets and types, each under one name, no links to
 * elsewhere. So a path that h5_file_has knows leads to a dataset (a group) of this file and nowhere else. The shape of
 * a dataset is looked at before its numbers: they must lie in the file itself, packed by deflate at most, and be of a
 * type that weights have. */
#ifndef H5_HDF5_FILE_H
#define H5_HDF5_FILE_H

#include "lib/hdf5/hdf5_library.h"
#include "nnlib/nnlib.h"

typedef struct h5_object {
    const char *path; /* "layers/conv2d"; the root is "" */
    bool dataset;
} h5_object;

typedef struct h5_file {
    const char *name; /* for messages */
    const unsigned char *image;
    size_t len;
    uint64_t left; /* bytes that numbers may still have; the opener may allow more */
    hid_t id;
    lg_arena room;
    h5_object *object; /* in the order of names */
    size_t count, cap;
    nn_name_map paths, places;
} h5_file;

typedef struct h5_texts {
    const char **text;
    size_t count;
} h5_texts;

typedef struct h5_array {
    const char *path;
    nn_dtype dtype;
    bool counter; /* whole numbers without a sign, which no weights are; dtype means nothing then */
    int rank;
    int64_t dim[NN_NAMED_RANK];
    uint64_t bytes;
} h5_array;

lg_status h5_file_open(const unsigned char *image, size_t len, const char *name, h5_file *out,
                       lg_err *err) LG_MUST_CHECK;
void h5_file_close(h5_file *file);
bool h5_file_has(const h5_file *file, const char *path, bool dataset);
/* A list of texts that hangs at a group or dataset; Keras cuts long ones into attr0, attr1, … count is 0 and text NULL
 * where there is none. */
lg_status h5_file_texts(h5_file *file, const char *path, const char *attr, h5_texts *out, lg_err *err) LG_MUST_CHECK;
/* One text; NULL where there is none. */
lg_status h5_file_text(h5_file *file, const char *path, const char *attr, const char **out, lg_err *err) LG_MUST_CHECK;
lg_status h5_file_shape(h5_file *file, const char *path, h5_array *out, lg_err *err) LG_MUST_CHECK;
lg_status h5_file_numbers(const h5_file *file, const h5_array *array, void *out, lg_err *err) LG_MUST_CHECK;

#endif
