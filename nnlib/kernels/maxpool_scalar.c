/* maxpool_scalar.c - maximum over windows, and its gradient to the place that won. */
#include "nnlib/kernels/variants.h"
#include <string.h>
#include "nnlib/kernels/conv2d_shape.h"
#include "lib/base/banned.h"

/* Pooling moves over the image as a convolution does; only the arithmetic in the window differs. */
static conv_shape pool_shape(const nn_maxpool_args *a)
{
    return conv_shape_of(&(nn_conv2d){.in_h = a->in_h, .in_w = a->in_w, .in_c = a->channels, .out_c = a->channels,
                                      .kernel_h = a->pool_h, .kernel_w = a->pool_w,
                                      .stride_h = a->stride_h ? a->stride_h : a->pool_h,
                                      .stride_w = a->stride_w ? a->stride_w : a->pool_w, .same = a->same});
}

int nn_maxpool_out_h(const nn_maxpool_args *a)
{
    return pool_shape(a).out_h;
}

int nn_maxpool_out_w(const nn_maxpool_args *a)
{
    return pool_shape(a).out_w;
}

/* The part of a window that lies inside the input: lines [from, to) of it, for the output line `at`. */
typedef struct window {
    int start, from, to;
} window;

static window window_of(int at, int stride, int pad, int size, int in)
{
    window w = {.start = at * stride - pad, .to = size};
    if (w.start < 0) w.from = -w.start;
    if (w.start + size > in) w.to = in - w.start;
    return w;
}

static void pool_point(const nn_maxpool_args *a, const float *x, window h, window w, float *y, uint16_t *argmax)
{
    bool first = true;
    for (int kh = h.from; kh < h.to; kh++) {
        for (int kw = w.from; kw < w.to; kw++) {
            const float *in =
                x + ((size_t)(h.start + kh) * (size_t)a->in_w + (size_t)(w.start + kw)) * (size_t)a->channels;
            for (int c = 0; c < a->channels; c++) {
                if (!first && !(in[c] > y[c])) continue;
                y[c] = in[c];
                if (argmax) argmax[c] = (uint16_t)(kh * a->pool_w + kw);
            }
            first = false;
        }
    }
}

void nn_maxpool_forward__scalar(const nn_maxpool_args *a)
{
    conv_shape s = pool_shape(a);
    size_t channels = (size_t)a->channels;
    for (size_t i = 0; i < (size_t)a->images * (size_t)s.out_h * (size_t)s.out_w; i++) {
        size_t image = i / ((size_t)s.out_h * (size_t)s.out_w);
        int py = (int)(i / (size_t)s.out_w % (size_t)s.out_h), px = (int)(i % (size_t)s.out_w);
        pool_point(a, a->x + image * s.x_len, window_of(py, s.stride_h, s.pad_top, a->pool_h, a->in_h),
                   window_of(px, s.stride_w, s.pad_left, a->pool_w, a->in_w), a->y + i * channels,
                   a->argmax ? a->argmax + i * channels : NULL);
    }
}

void nn_maxpool_backward__scalar(const nn_maxpool_args *a)
{
    conv_shape s = pool_shape(a);
    size_t channels = (size_t)a->channels;
    memset(a->dx, 0, (size_t)a->images * s.x_len * sizeof *a->dx);
    for (size_t i = 0; i < (size_t)a->images * (size_t)s.out_h * (size_t)s.out_w; i++) {
        size_t image = i / ((size_t)s.out_h * (size_t)s.out_w);
        int top = (int)(i / (size_t)s.out_w % (size_t)s.out_h) * s.stride_h - s.pad_top;
        int left = (int)(i % (size_t)s.out_w) * s.stride_w - s.pad_left;
        float *dx = a->dx + image * s.x_len;
        for (size_t c = 0; c < channels; c++) {
            int place = a->argmax[i * channels + c];
            size_t y = (size_t)(top + place / a->pool_w), x = (size_t)(left + place % a->pool_w);
            dx[(y * (size_t)a->in_w + x) * channels + c] += a->dy[i * channels + c];
        }
    }
}
