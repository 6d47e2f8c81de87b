/* keras_names.h - which dataset of a file of Keras is which tensor. Internal to lib/hdf5; runs in the helper.
 *
 *     LG_GO(h5_names_find(&file, config, &names, err));       // config may be NULL
 *     for (i …) names.tensor[i].name                          // "conv2d/kernel", of names.tensor[i].array
 *     h5_names_release(&names);
 */
#ifndef H5_KERAS_NAMES_H
#define H5_KERAS_NAMES_H

#include "lib/hdf5/hdf5_file.h"
#include "lib/hdf5/keras_config.h"

typedef struct h5_named {
    const char *name; /* in the file's room */
    h5_array array;
} h5_named;

typedef struct h5_names {
    h5_named *tensor;
    size_t count, cap;
    bool counted;
} h5_names;

lg_status h5_names_find(h5_file *file, const h5_config *config, h5_names *out, lg_err *err) LG_MUST_CHECK;
void h5_names_release(h5_names *names);
/* "model_weights" where that has the layers, "" where the file itself has them as Keras 2 kept them; NULL: neither. */
lg_status h5_old_root(h5_file *file, const char **out, lg_err *err) LG_MUST_CHECK;

#endif
