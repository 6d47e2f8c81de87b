/* weights_file.h - a file of weights that a cell names, whatever its format.
 *
 *     cmd_weights_file file;
 *     LG_TRY(cmd_weights_file_read("weights/resnet50.h5", cancel, &file, err));
 *     const nn_named_tensor *t = nn_named_find(&file.weights.tensors, "conv1_conv/kernel");
 *     …
 *     cmd_weights_file_release(&file);
 *
 * The content decides what it is: safetensors, ONNX, .npz and .npy are read here, files of Keras (.keras, .h5) in their
 * helper (lib/hdf5/keras_file.h, which says what their tensors are called). Errors: those of reaching a file
 * (lib/base/reach.h; LL303 for one of more than 4 GB), and LL361 to LL366, LL504. */
#ifndef CMD_WEIGHTS_FILE_H
#define CMD_WEIGHTS_FILE_H

#include "lib/hdf5/keras_file.h"

typedef struct cmd_weights_file {
    h5_weights weights;
    char *path;      /* as it was named, for messages */
    uint64_t size;   /* of the file, in bytes */
    char sha256[65]; /* of the file */
    const nn_named_tensor **order; /* an ONNX file's tensors as its nodes use them; else NULL */
    size_t ordered;
    lg_buf bytes;    /* where numbers of other formats lie */
} cmd_weights_file;

/* After a failure there is nothing to release. */
lg_status cmd_weights_file_read(const char *path, lg_cancel *cancel, cmd_weights_file *out, lg_err *err) LG_MUST_CHECK;
void cmd_weights_file_release(cmd_weights_file *file);

#endif
