/* conv2d_shape.h - the numbers every convolution variant starts from. */
#ifndef NN_CONV2D_SHAPE_H
#define NN_CONV2D_SHAPE_H

#include "nnlib/kernels/kernels.h"

typedef struct conv_shape {
    int stride_h, stride_w, dilation_h, dilation_w;
    int pad_h, pad_w;         /* lines added in all; pad_top and pad_left of them before */
    int pad_top, pad_left;
    int conv_h, conv_w;       /* before pooling */
    int out_h, out_w;         /* of y */
    size_t x_len, y_len;      /* floats of one image */
    size_t conv_len;
    size_t padded_h, padded_w;
} conv_shape;

static inline int conv_out(int in, int kernel, int stride, int dilation, bool same, int *pad)
{
    int span = (kernel - 1) * dilation + 1;
    *pad = 0;
    if (!same) return in >= span ? (in - span) / stride + 1 : 0;
    int out = (in + stride - 1) / stride, need = (out - 1) * stride + span;
    if (need > in) *pad = need - in;
    return out;
}

static inline conv_shape conv_shape_of(const nn_conv2d *c)
{
    conv_shape s = {.stride_h = c->stride_h ? c->stride_h : 1, .stride_w = c->stride_w ? c->stride_w : 1,
                    .dilation_h = c->dilation_h ? c->dilation_h : 1, .dilation_w = c->dilation_w ? c->dilation_w : 1};
    s.conv_h = conv_out(c->in_h, c->kernel_h, s.stride_h, s.dilation_h, c->same, &s.pad_h);
    s.conv_w = conv_out(c->in_w, c->kernel_w, s.stride_w, s.dilation_w, c->same, &s.pad_w);
    s.pad_top = s.pad_h / 2;
    s.pad_left = s.pad_w / 2;
    s.out_h = c->pool ? s.conv_h / 2 : s.conv_h;
    s.out_w = c->pool ? s.conv_w / 2 : s.conv_w;
    s.padded_h = (size_t)c->in_h + (size_t)s.pad_h;
    s.padded_w = (size_t)c->in_w + (size_t)s.pad_w;
    s.x_len = (size_t)c->in_h * (size_t)c->in_w * (size_t)c->in_c;
    s.y_len = (size_t)s.out_h * (size_t)s.out_w * (size_t)c->out_c;
    s.conv_len = (size_t)s.conv_h * (size_t)s.conv_w * (size_t)c->out_c;
    return s;
}

/* Bytes after each array in scratch: a variant may touch one vector past the end. */
enum { CONV_SLACK = 256 };

/* Pooled places whose gradients the weights pass holds at once: as many as a first-level cache likes. */
static inline size_t conv_band_places(const nn_conv2d *c)
{
    size_t places = 1536 / (size_t)c->out_c;
    return places > 16 ? places : 16;
}

/* Convolutions of many channels are cut into blocks, see conv2d_wide_vector.h. */
enum {
    CONV_WIDE_CHANNELS = 256, /* from which on it pays */
    CONV_WIDE_MAP = 200,      /* places of a map, up to which it does */
    CONV_WIDE_TERMS = 256,    /* channels of a block of weights: 32 KB with AVX-512 */
    CONV_WIDE_ROWS = 400,     /* places that pass over a block before the next one: eight images of 7x7 */
    CONV_WIDE_PANEL = 96,     /* channels whose weight gradients are made together */
    CONV_WIDE_PLACES = 400,   /* places that they are summed over at once */
};

/* Where maps are small, padding is much of them, and weights of many channels leave the second cache before the next
 * line wants them. 1x1 kernels and larger maps are as fast without: measured. */
static inline bool conv_wide_forward(const nn_conv2d *c, const conv_shape *s)
{
    return !c->pool && c->kernel_h * c->kernel_w > 1 && c->in_c >= CONV_WIDE_CHANNELS &&
           s->conv_h * s->conv_w <= CONV_WIDE_MAP;
}

/* The gradient of the input is such a convolution of dy, as long as no stride spreads it. */
static inline bool conv_wide_data(const nn_conv2d *c, const conv_shape *s)
{
    return !c->pool && s->stride_h == 1 && s->stride_w == 1 && c->kernel_h * c->kernel_w > 1 &&
           c->out_c >= CONV_WIDE_CHANNELS && c->in_h * c->in_w <= CONV_WIDE_MAP;
}

/* Here the size of the maps hardly counts: without copies, places fight for the sets of the caches. */
static inline bool conv_wide_weights(const nn_conv2d *c)
{
    return !c->pool && c->in_c >= CONV_WIDE_CHANNELS && c->out_c >= CONV_WIDE_CHANNELS;
}

#endif
