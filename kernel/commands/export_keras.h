/* export_keras.h - a model as one file of Keras, layers and weights: what keras.models.load_model reads.
 *
 *     LG_TRY(cmd_keras_write(&about, &bytes, err));      // .keras, of Keras 3
 *     LG_TRY(cmd_keras_h5_write(&about, &bytes, err));   // .h5, of Keras 2 and 3
 *
 * Layers stand in the order in which Keras lists them (nn_keras_order), because its files tell layers apart by that.
 * HDF5 is written by the helper (lib/hdf5/keras_file.h). */
#ifndef CMD_EXPORT_KERAS_H
#define CMD_EXPORT_KERAS_H

#include "nnlib/nnlib.h"

/* LL364, LL366 (no helper), LL367 (what Keras cannot say), LL504 (no libhdf5). */
lg_status cmd_keras_write(const nn_about *about, lg_buf *out, lg_err *err) LG_MUST_CHECK;
lg_status cmd_keras_h5_write(const nn_about *about, lg_buf *out, lg_err *err) LG_MUST_CHECK;

#endif
