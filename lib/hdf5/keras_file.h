/* keras_file.h - files of weights as Keras writes them, which are HDF5 or hold it: read and written in a helper process
 * that can do nothing else, never in this one.
 *
 *     h5_setup(&(h5_options){.program = "/proc/self/exe"});                    // main, once
 *
 *     h5_weights w;
 *     LG_TRY(h5_weights_read(bytes, len, "resnet50.h5", &cancel, &w, err));     // or .npz, ONNX, safetensors …
 *     const nn_named_tensor *t = nn_named_find(&w.tensors, "conv1_conv/kernel");
 *     …
 *     h5_weights_release(&w);
 *
 * HDF5 is a large format with a large library, in which memory errors are found every year, and its files can name
 * others to be read. So its bytes go to `logolens sandbox weights`, a process of one file: it loads libhdf5, gives up
 * everything (lib/base/confine.h), and only then looks at them, as an image in memory that has no name anywhere. What
 * comes back is safetensors, which is checked here like any other (nnlib/io/format.h). What goes wrong there is an
 * error of this one file: a crash, a limit, an answer that makes no sense.
 *
 * Read are, whatever the file is called
 *  - whole models of Keras 3 (.keras: a zip archive) and of any Keras (.h5 with `model_weights`),
 *  - weights of Keras 3 (.weights.h5) and of any Keras before (.h5 with `layer_names`), as keras.applications has them.
 *
 * Tensors are called layer/variable, as NN_FILE_KERAS says (nnlib/model/base.h): "conv1_conv/kernel",
 * "conv1_bn/moving_mean", "conv_dw_1/depthwise_kernel"; their order is the file's. A layer is called what the file says
 * it is called. Some files of Keras 3 (.weights.h5 by its earlier versions) do not say: `counted` is then true, and
 * layers are called after their class and how many of it there were before ("conv2d", "conv2d_1", "dense"; in a model
 * within the model "functional/conv2d"). A variable of a layer that is not known is called by its number,
 * "my_layer/0". Numbers of optimisers and random generators are left out.
 *
 * Refused by name (LL362) are links to elsewhere, numbers in other files, virtual datasets, filters other than deflate,
 * shuffle and checksums, and types other than float32, float16 and integers (LL363); and a model's description that
 * holds layers or activations which are not known, Lambda above all: they are programs.
 *
 * Errors: as nn_weights_file_read (LL361 to LL365), LL366 where no helper can be started, LL504 where libhdf5 is not
 * installed. Limits: 10 s of processor time and a second for each 16 MB; memory in proportion to the file. Why it is
 * built so: docs/adr/0122-hdf5-only-in-a-helper.md. */
#ifndef H5_KERAS_FILE_H
#define H5_KERAS_FILE_H

#include "nnlib/nnlib.h"

typedef struct h5_options {
    const char *program; /* the logolens binary; copied. NULL: none, files of HDF5 are LL366 */
    double seconds;      /* of processor time for a small file; 0: 10 */
} h5_options;
/* Before the threads that read; without it no helper is started. */
void h5_setup(const h5_options *options);

/* ---- reading ---- */
typedef struct h5_weights {
    nn_named_tensors tensors;
    char *config; /* the model's description as Keras keeps it, JSON in UTF-8; NULL: the file has none. From a stranger:
                     what is in it was looked at for kinds of layers, and nothing else is known of it */
    bool counted; /* names of layers are those of classes, see above */
    char *block;  /* where numbers of a file of Keras lie */
} h5_weights;

/* Whether the bytes begin like HDF5, or like an archive of Keras. */
bool h5_is_keras(const void *data, size_t len);
/* Weights in any format that is read; the content decides. `file` names it in messages; it and (unless the bytes are
 * Keras') `data` must stay as long as the tensors are used. After a failure there is nothing to release. */
lg_status h5_weights_read(const void *data, size_t len, const char *file, lg_cancel *cancel, h5_weights *out,
                          lg_err *err) LG_MUST_CHECK;
void h5_weights_release(h5_weights *weights);

/* What files with counted names call parameter k of a node: the class and the number of such layers before it,
 * "conv2d_1/kernel". False where there is no such class. Right for networks whose layers stand in the order in which
 * Keras numbers them: all that are one chain, and others that Keras lists alike. */
bool h5_counted_name(const nn_net *net, int node, int k, nn_weight_name *out);

/* ---- writing ---- */
typedef enum h5_kind {
    H5_MODEL_KERAS,  /* .keras, for keras.models.load_model of Keras 3 */
    H5_MODEL_H5,     /* .h5, for load_model of Keras 2 and 3 */
    H5_WEIGHTS_KERAS /* .weights.h5, for load_weights of Keras 3; has no description of the model */
} h5_kind;

typedef struct h5_tensor {
    const char *name; /* "kernel" */
    int rank;         /* 0 to 4 */
    int64_t dim[NN_MAX_RANK];
    const float *data; /* in Keras' order, that is ours: (kh, kw, in, out), (in, units) */
} h5_tensor;

typedef struct h5_layer {
    const char *name;        /* "conv2d_1"; no two alike, without `/` */
    const char *keras_class; /* "Conv2D" */
    const h5_tensor *tensor; /* in the order of Keras: kernel, bias; gamma, beta, moving_mean, moving_variance */
    int count;               /* 0 for layers without weights, which are in the list too */
} h5_layer;

/* All layers in the order of model.layers (an InputLayer may be left out). config: what model.to_json() gives, for
 * H5_MODEL_H5 in the form that Keras 2 reads if it is to; borrowed, and not looked at. The bytes are appended to out
 * (LG_E_LIMIT when they are more than its limit). Equal layers make equal bytes. LL361 for a list that makes no sense,
 * LL366, LL504. */
lg_status h5_write_model(const h5_layer *layer, size_t count, const char *config, h5_kind kind, lg_buf *out,
                         lg_err *err) LG_MUST_CHECK;

/* ---- the other side ---- */
/* What the program does as `logolens sandbox weights`: takes a file (descriptor 0), gives up all else, answers
 * (descriptor 1). Returns the exit status: 0, or 2 when it was not started by this. */
int h5_serve(void);

#endif
