/* depthwise_shape.h - where the windows of a depthwise convolution lie, for every variant. */
#ifndef NN_DEPTHWISE_SHAPE_H
#define NN_DEPTHWISE_SHAPE_H

#include "nnlib/kernels/maxpool_shape.h"

/* It moves over the image as a convolution does, one channel at a time. */
static inline conv_shape depthwise_shape(const nn_depthwise_args *a)
{
    return conv_shape_of(&(nn_conv2d){.in_h = a->in_h,
                                      .in_w = a->in_w,
                                      .in_c = a->channels,
                                      .out_c = a->channels,
                                      .kernel_h = a->kernel_h,
                                      .kernel_w = a->kernel_w,
                                      .stride_h = a->stride_h,
                                      .stride_w = a->stride_w,
                                      .same = a->same});
}

#endif
