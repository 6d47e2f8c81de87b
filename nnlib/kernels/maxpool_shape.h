/* maxpool_shape.h - where the windows of a maximum lie, for every variant. */
#ifndef NN_MAXPOOL_SHAPE_H
#define NN_MAXPOOL_SHAPE_H

#include "nnlib/kernels/conv2d_shape.h"

/* Pooling moves over the image as a convolution does; only the arithmetic in the window differs. */
static inline conv_shape pool_shape(const nn_maxpool_args *a)
{
    return conv_shape_of(&(nn_conv2d){.in_h = a->in_h, .in_w = a->in_w, .in_c = a->channels, .out_c = a->channels,
                                      .kernel_h = a->pool_h, .kernel_w = a->pool_w,
                                      .stride_h = a->stride_h ? a->stride_h : a->pool_h,
                                      .stride_w = a->stride_w ? a->stride_w : a->pool_w, .same = a->same});
}

/* The part of a window that lies inside the input: lines [from, to) of it, for the output line `at`. */
typedef struct pool_window {
    int start, from, to;
} pool_window;

static inline pool_window pool_window_of(int at, int stride, int pad, int size, int in)
{
    pool_window w = {.start = at * stride - pad, .to = size};
    if (w.start < 0) w.from = -w.start;
    if (w.start + size > in) w.to = in - w.start;
    return w;
}

#endif
