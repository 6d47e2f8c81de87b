/* c_source.h - a network with its weights as one file of C99 that needs nothing but the C library and -lm.
 *
 *     LG_GO(nn_c_source(&(nn_about){.weights = weights, .name = "scratch", .high = 1}, &text, err));
 *
 * Of a model `scratch` for 64x64x3 images and 4 classes the file has
 *
 *     enum { SCRATCH_HEIGHT = 64, SCRATCH_WIDTH = 64, SCRATCH_CHANNELS = 3, SCRATCH_CLASSES = 4 };
 *     const char *const scratch_class_name[SCRATCH_CLASSES];
 *     void scratch_predict(const float *image, float *probabilities);
 *
 * and, with -DSCRATCH_MAIN, a program that reads images as numbers from its standard input and writes a line of
 * probabilities for each:
 *
 *     cc -O2 -std=c99 -DSCRATCH_MAIN scratch.c -lm -o scratch
 *
 * - An image is height x width x channels floats, row by row, the channel fastest, red first, after the model's own
 *   scaling, which the first comment says.
 * - Weights are written so that they read back bit for bit. Of a batchnorm its scale and shift are written, as
 *   nn_layer_type.affine gives them. A sum is added up in another order than here: results agree to rounding.
 * - Outputs of layers share one static block, sized here: scratch_predict is for one thread at a time, and takes
 *   nothing from the heap or, beyond a few hundred bytes, from the stack.
 * - Compiles without warnings under -std=c99 -Wall -Wextra with gcc and clang. ASCII alone. */
#ifndef NN_C_SOURCE_H
#define NN_C_SOURCE_H

#include "nnlib/model/facts.h"

#define NN_C_SOURCE_MOST ((size_t)64 << 20) /* bytes of weights; compilers take minutes and gigabytes for more */

/* Appends the text. LL367 above NN_C_SOURCE_MOST, and for a kind of layer that cannot be written so; LL364. */
lg_status nn_c_source(const nn_about *about, lg_buf *out, lg_err *err) LG_MUST_CHECK;

/* The name of a model as a name in C: "scratch", "net_7up". out: NN_C_NAME bytes. */
enum { NN_C_NAME = 64 };
void nn_c_name(const char *name, char out[NN_C_NAME]);

#endif
