/* kernels.h - the arithmetic of the library: plain functions on plain f32 arrays, chosen once for this machine.
 *
 *     nn_conv2d conv = {.in_h = 64, .in_w = 64, .in_c = 3, .out_c = 16, .kernel_h = 3, .kernel_w = 3,
 *                       .relu = true, .pool = true};
 *     nn_conv2d_forward(&(nn_conv2d_args){.conv = &conv, .images = 8, .x = x, .w = w, .b = b,
 *                                         .y = y, .argmax = argmax, .scratch = scratch}); // y is (8, 31, 31, 16)
 *
 * Invariants
 *  - Every kernel is void: it cannot fail, allocates nothing, starts no threads and keeps no state. Shapes were checked
 *    by the caller when the network was planned. Memory is borrowed. Arrays need only the alignment of their type, but
 *    64 bytes (as lg_alloc gives) is faster. Arrays of one call do not overlap unless a comment says "may be".
 *  - Any number of threads may call any kernel at once, each with its own scratch.
 *  - Activations are NHWC, convolution weights HWIO (kernel_h, kernel_w, in_c, out_c), dense weights (in, units): the
 *    layouts of Keras. A row is one image (or one sample) wherever "rows" is said.
 *  - A kernel treats each image alike, wherever it stands in the call: forward results of an image and its dx do not
 *    depend on its neighbours, bit for bit. Sums over images (dw, db) are made in the order of the images of the call.
 *  - **Pieces.** So that results do not depend on the number of threads either, a batch is always cut by one rule, that
 *    of nn_pieces/nn_piece below; each piece writes partial sums of its own and nn_sum_rows adds them in order. A piece
 *    may run several layers, forward and backward, before it waits for the others: that is what keeps cores busy.
 *  - Fields left out of an argument struct are zero and mean the usual thing (stride and dilation 0 mean 1).
 *
 * Which variant serves (scalar, avx2, avx512) is chosen once from kernels.def by what the machine has; NN_ISA=scalar or
 * avx2 in the environment lowers the choice. scalar is the readable reference the others are tested against. */
#ifndef NN_KERNELS_H
#define NN_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- cutting a batch into pieces ---- */
/* Number of pieces a batch of so many images is cut into: one per 8 images begun, at most 16. */
int nn_pieces(int images);
/* Images [first, first + count) of a piece; pieces differ by at most one image. */
typedef struct nn_piece_range {
    int first, count;
} nn_piece_range;
nn_piece_range nn_piece(int images, int piece);
/* The same of any number of pieces. */
nn_piece_range nn_piece_of(int images, int pieces, int piece);

/* ---- matrix product ---- */
/* c (m,n) = a·b + beta·c, row-major; lda, ldb, ldc are the lengths of the stored rows. NN: a (m,k), b (k,n).
 * TN: a is stored (k,m). NT: b is stored (n,k). beta 0 overwrites c, whatever it held. Served by OpenBLAS where it is
 * installed and the product is large, by our own kernel otherwise; which one depends on the sizes only. */
typedef enum nn_trans { NN_GEMM_NN, NN_GEMM_TN, NN_GEMM_NT } nn_trans;
typedef struct nn_sgemm_args {
    nn_trans trans;
    int m, n, k;
    const float *a;
    int lda; /* 0: packed */
    const float *b;
    int ldb; /* 0: packed */
    float beta;
    float *c;
    int ldc; /* 0: packed */
} nn_sgemm_args;
void nn_sgemm(const nn_sgemm_args *args);

/* ---- convolution ---- */
/* What a convolution is. out = (in + padding - ((kernel-1)·dilation + 1)) / stride + 1, rounded down; `same` pads so
 * that out = ceil(in / stride), the odd line at the bottom and right (TensorFlow's rule).
 *
 * pool fuses the 2x2 maximum of stride 2 that often follows (a last odd row or column is dropped). Forward then
 * writes the pooled y and, unless it is NULL, argmax: 0..3 for the place in the window (row·2 + column, the first
 * of equals), NN_POOL_NONE where relu closed it, so that no gradient passes. Backward takes the pooled dy with that
 * argmax and works on the few places that have a gradient: several times faster than unfused. */
#define NN_POOL_NONE 255
typedef struct nn_conv2d {
    int in_h, in_w, in_c, out_c;
    int kernel_h, kernel_w;
    int stride_h, stride_w;     /* 0: 1 */
    int dilation_h, dilation_w; /* 0: 1 */
    bool same;                  /* padding; false: valid */
    bool relu;                  /* fused activation */
    float most;                 /* with relu and without pool: larger results become this (relu6); 0: no limit */
    bool pool;                  /* fused 2x2 maximum */
} nn_conv2d;
int nn_conv2d_out_h(const nn_conv2d *conv); /* of y, after the fused pooling; <= 0: the kernel does not fit */
int nn_conv2d_out_w(const nn_conv2d *conv);

/* Arguments of the three; each reads the fields its line names. (H, W, C) is the input, (OH, OW, OC) the output.
 *   forward:           x, w, b -> y [, argmax]
 *   backward_data:     dy, w [, argmax] -> dx (overwritten)
 *   backward_weights:  x, dy [, argmax] -> dw, db (overwritten, or added to with `add`); sums over the images
 * Backward without pool takes dy *before* the activation: run nn_act_backward first (it may be in place). With pool, a
 * closed relu is in argmax and nothing has to be done first. */
typedef struct nn_conv2d_args {
    const nn_conv2d *conv;
    int images;
    const float *x;        /* (images, H, W, C) */
    const float *w;        /* (kernel_h, kernel_w, C, OC) */
    const float *b;        /* (OC) or NULL */
    float *y;              /* (images, OH, OW, OC) */
    uint8_t *argmax;       /* (images, OH, OW, OC); forward writes it (NULL: not wanted), backward reads it */
    const float *dy;       /* (images, OH, OW, OC) */
    float *dx;             /* (images, H, W, C) */
    float *dw;             /* (kernel_h, kernel_w, C, OC) */
    float *db;             /* (OC) or NULL */
    bool add;              /* dw, db: add to what is there */
    void *scratch;         /* 64-byte aligned, of the size the function below gives; contents need not be kept */
} nn_conv2d_args;
void nn_conv2d_forward(const nn_conv2d_args *args);
void nn_conv2d_backward_data(const nn_conv2d_args *args);
void nn_conv2d_backward_weights(const nn_conv2d_args *args);
/* Bytes of scratch for any number of images, the same for every variant. */
size_t nn_conv2d_forward_scratch(const nn_conv2d *conv);
size_t nn_conv2d_backward_data_scratch(const nn_conv2d *conv);
size_t nn_conv2d_backward_weights_scratch(const nn_conv2d *conv);

/* ---- convolution of each channel on its own ---- */
/* y[…][c] = sum over the window of x[…][c]·w[…][c], plus b[c]; sizes as of nn_conv2d, relu and most too. */
typedef struct nn_depthwise_args {
    int images, in_h, in_w, channels;
    int kernel_h, kernel_w;
    int stride_h, stride_w; /* 0: 1 */
    bool same, relu;
    float most;
    const float *x;         /* (images, H, W, C) */
    const float *w;         /* (kernel_h, kernel_w, C) */
    const float *b;         /* (C) or NULL */
    float *y;               /* (images, OH, OW, C) */
} nn_depthwise_args;
void nn_depthwise_forward(const nn_depthwise_args *args);

/* ---- pooling on its own ---- */
/* Maximum over windows. argmax is the place in the window (row·pool_w + column, the first of equals), so a window has
 * at most 65,535 places. `same` pads as above, with values that never win. Backward overwrites dx. */
typedef struct nn_maxpool_args {
    int images, in_h, in_w, channels;
    int pool_h, pool_w;
    int stride_h, stride_w; /* 0: as the pool */
    bool same;
    const float *x;         /* (images, H, W, C) */
    float *y;               /* (images, OH, OW, C) */
    uint16_t *argmax;       /* (images, OH, OW, C); forward: NULL if not wanted */
    const float *dy;        /* (images, OH, OW, C) */
    float *dx;              /* (images, H, W, C) */
} nn_maxpool_args;
int nn_maxpool_out_h(const nn_maxpool_args *args);
int nn_maxpool_out_w(const nn_maxpool_args *args);
void nn_maxpool_forward(const nn_maxpool_args *args);
void nn_maxpool_backward(const nn_maxpool_args *args);

/* ---- element by element ---- */
/* gelu is the exact one (with erf), leaky and elu take alpha. */
typedef enum nn_act {
    NN_ACT_LINEAR, NN_ACT_RELU, NN_ACT_RELU6, NN_ACT_LEAKY, NN_ACT_ELU, NN_ACT_GELU, NN_ACT_SWISH, NN_ACT_SIGMOID,
    NN_ACT_TANH
} nn_act;
/* forward: y = f(x), y may be x. backward: dx = dy·f'(x), dx may be dy; x is read by gelu and swish only, y by the
 * others, so the array not named may be NULL. */
typedef struct nn_act_args {
    nn_act act;
    float alpha;
    size_t n;
    const float *x;
    float *y;
    const float *dy;
    float *dx;
} nn_act_args;
void nn_act_forward(const nn_act_args *args);
void nn_act_backward(const nn_act_args *args);

/* y[i] = value. */
typedef struct nn_fill_args { size_t n; float value; float *y; } nn_fill_args;
void nn_fill(const nn_fill_args *args);
/* y[i] += alpha · x[i]. */
typedef struct nn_axpy_args { size_t n; float alpha; const float *x; float *y; } nn_axpy_args;
void nn_axpy(const nn_axpy_args *args);
/* y[i] = x[i] · scale + shift, e.g. 1/255 for pixels in 0..1. */
typedef struct nn_scale_u8_args { size_t n; const uint8_t *x; float scale, shift; float *y; } nn_scale_u8_args;
void nn_scale_u8(const nn_scale_u8_args *args);

/* ---- rows ---- */
/* y[r][c] += b[c]. */
typedef struct nn_add_bias_args { int rows, cols; const float *b; float *y; } nn_add_bias_args;
void nn_add_bias(const nn_add_bias_args *args);
/* y[c] = sum over r of x[r·stride + c], from row 0 on (+ y[c] first, with add). Sums of bias gradients, and of the
 * partial gradients of pieces; cut the columns to use several threads. */
typedef struct nn_sum_rows_args {
    int rows;
    size_t cols, stride; /* stride 0: cols */
    const float *x;
    bool add;
    float *y;
} nn_sum_rows_args;
void nn_sum_rows(const nn_sum_rows_args *args);

/* Softmax of each row; the row's maximum is taken off first, so nothing overflows. y may be x. Backward:
 * dx = y·(dy - sum(dy·y)), dx may be dy. */
typedef struct nn_softmax_args {
    int rows, cols;
    const float *x;
    float *y;
    const float *dy;
    float *dx;
} nn_softmax_args;
void nn_softmax_forward(const nn_softmax_args *args);
void nn_softmax_backward(const nn_softmax_args *args);

/* Softmax and cross-entropy in one, from the logits: p = softmax(x), loss[r] = -log p[r][label[r]] taken in a way that
 * neither over- nor underflows. dx, unless NULL, gets (p - onehot) · scale, with scale = 1/batch for the mean loss, and
 * · weight[label] where class weights are given (loss too). p and dx may be x. */
typedef struct nn_softmax_xent_args {
    int rows, cols;
    const float *x;       /* (rows, cols) */
    const int32_t *label; /* (rows), each in [0, cols) */
    const float *weight;  /* (cols) or NULL */
    float scale;
    float *p;             /* (rows, cols) or NULL */
    float *loss;          /* (rows) or NULL */
    float *dx;            /* (rows, cols) or NULL */
} nn_softmax_xent_args;
void nn_softmax_xent(const nn_softmax_xent_args *args);

/* ---- one step of an optimiser, as Keras defines it ---- */
/* g' = g + decay·w. Without v: w -= rate·g'. With: v = momentum·v - rate·g', w += v (nesterov: w += momentum·v -
 * rate·g'). */
typedef struct nn_sgd_args {
    size_t n;
    float rate, momentum, decay;
    bool nesterov;
    const float *g;
    float *v; /* NULL when momentum is 0 */
    float *w;
} nn_sgd_args;
void nn_sgd(const nn_sgd_args *args);
/* Adam (Kingma & Ba 2015, last line of section 2): m = b1·m + (1-b1)·g', v = b2·v + (1-b2)·g'^2,
 * w -= rate·m / (sqrt(v) + epsilon); the caller folds the bias corrections of this step into rate. */
typedef struct nn_adam_args {
    size_t n;
    float rate, beta1, beta2, epsilon, decay;
    const float *g;
    float *m, *v, *w;
} nn_adam_args;
void nn_adam(const nn_adam_args *args);

/* ---- which variant serves ---- */
/* For the log: fills text with lines such as "conv2d_forward: avx512"; returns the number of operations. OpenBLAS is
 * brought in by the first large product, not by this. */
int nn_kernels_report(char *text, size_t size);
/* Are large matrix products OpenBLAS's? Brings it in as the first of them would; false where it is not installed, or
 * NN_ISA leaves it out. */
bool nn_kernels_openblas(void);

#endif
