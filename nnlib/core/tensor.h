/* tensor.h - shapes and tensors.
 *
 * A shape describes one image (or one list of numbers); the number of images of a batch stands beside it:
 *
 *     nn_shape image = nn_shape_image(64, 64, 3);   // rank 3: height, width, channels
 *     nn_shape list = nn_shape_list(2048);          // rank 1
 *     nn_tensor x = {.data = pixels, .n = 32, .shape = image};   // (32, 64, 64, 3)
 *
 * Memory order is N, H, W, C with C fastest (NN_NHWC), as Keras keeps images. Convolution kernels are
 * (kh, kw, in, out), dense kernels (in, units). What type the numbers are and how they lie belongs to the tensor, not
 * to the network, so that other types and layouts can be planned where they pay. */
#ifndef NN_TENSOR_H
#define NN_TENSOR_H

#include "lib/base/lg.h"

enum { NN_MAX_RANK = 4 };

/* Networks compute in NN_F32; the others are what numbers in files may be (nnlib/core/named_tensors.h). */
typedef enum nn_dtype { NN_F32, NN_F16, NN_BF16, NN_I64, NN_I32 } nn_dtype;
typedef enum nn_layout { NN_NHWC } nn_layout;

typedef struct nn_shape {
    int rank;                 /* 3: image, 1: list */
    int64_t dim[NN_MAX_RANK]; /* all > 0 */
} nn_shape;

typedef struct nn_tensor {
    float *data; /* (n, shape...) */
    int n;       /* images */
    nn_shape shape;
    nn_dtype dtype;
    nn_layout layout;
} nn_tensor;

nn_shape nn_shape_image(int64_t height, int64_t width, int64_t channels);
nn_shape nn_shape_list(int64_t length);
bool nn_shape_equal(nn_shape a, nn_shape b);
/* Numbers in one image. In double: it may be asked of shapes far too large to exist. */
double nn_shape_count(nn_shape shape);
/* The same as an index; only for shapes of a finished network, which fit in memory. */
size_t nn_shape_size(nn_shape shape);
/* "62x62x16", "2048". out holds at least NN_SHAPE_TEXT bytes; returns out. */
enum { NN_SHAPE_TEXT = 96 };
char *nn_shape_text(nn_shape shape, char out[NN_SHAPE_TEXT]);
/* As Keras prints it: "(None, 62, 62, 16)". */
char *nn_shape_keras(nn_shape shape, char out[NN_SHAPE_TEXT]);

#endif
