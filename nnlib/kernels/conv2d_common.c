/* conv2d_common.c - what a caller asks before it convolves: output size and scratch memory. */
#include "nnlib/kernels/conv2d_shape.h"
#include "lib/base/banned.h"

int nn_conv2d_out_h(const nn_conv2d *conv)
{
    return conv_shape_of(conv).out_h;
}

int nn_conv2d_out_w(const nn_conv2d *conv)
{
    return conv_shape_of(conv).out_w;
}

enum { LANES = 16 }; /* the longest vector of any variant */

static size_t part(size_t count, size_t size)
{
    return ((count * size + 63) & ~(size_t)63) + CONV_SLACK;
}

static size_t whole(int n)
{
    return ((size_t)n + LANES - 1) / LANES * LANES;
}

static size_t padded_input(const nn_conv2d *c, const conv_shape *s)
{
    return part(s->padded_h * s->padded_w * (size_t)c->in_c, sizeof(float));
}

static size_t kernel_places(const nn_conv2d *c)
{
    return (size_t)c->kernel_h * (size_t)c->kernel_w;
}

/* What some lines of places see, for convolutions of many channels. */
static size_t wide_rows(int line)
{
    return part((size_t)(CONV_WIDE_ROWS + line) * (CONV_WIDE_TERMS + LANES), sizeof(float));
}

static size_t wide_panels(const nn_conv2d *c, const conv_shape *s)
{
    return part((size_t)(CONV_WIDE_PLACES + s->conv_w) * (CONV_WIDE_PANEL + whole(c->out_c) + LANES), sizeof(float));
}

/* The input with its padding around it; the weights in blocks of up to two vectors of channels. */
size_t nn_conv2d_forward_scratch(const nn_conv2d *c)
{
    conv_shape s = conv_shape_of(c);
    return padded_input(c, &s) + part(kernel_places(c) * (size_t)c->in_c * (whole(c->out_c) + LANES), sizeof(float)) +
           (conv_wide_forward(c, &s) ? wide_rows(s.conv_w) : 0);
}

/* The gradient before pooling (stride and padding spread out between and around) or dx with its padding; turned
 * weights; lists of the output channels of one place. */
size_t nn_conv2d_backward_data_scratch(const nn_conv2d *c)
{
    conv_shape s = conv_shape_of(c);
    size_t h = (size_t)s.conv_h * (size_t)s.stride_h + 2 * (size_t)c->kernel_h * (size_t)s.dilation_h;
    size_t w = (size_t)s.conv_w * (size_t)s.stride_w + 2 * (size_t)c->kernel_w * (size_t)s.dilation_w;
    return part(h * w * (size_t)c->out_c, sizeof(float)) + padded_input(c, &s) +
           part(kernel_places(c) * whole(c->in_c) * (size_t)c->out_c, sizeof(float)) +
           part(8 * ((size_t)c->out_c + LANES), sizeof(float)) +
           (conv_wide_data(c, &s) ? wide_rows(c->in_w) : 0);
}

/* The input with its padding, the gradient before pooling, turned weight gradients (each kernel row rounded up to
 * whole vectors), and a band of gradients with their places. */
size_t nn_conv2d_backward_weights_scratch(const nn_conv2d *c)
{
    conv_shape s = conv_shape_of(c);
    return padded_input(c, &s) + part(s.conv_len, sizeof(float)) +
           part(kernel_places(c) * whole(c->in_c) * (size_t)c->out_c, sizeof(float)) +
           2 * part(conv_band_places(c) * whole(c->out_c), sizeof(float)) +
           (conv_wide_weights(c) ? wide_panels(c, &s) : 0);
}
