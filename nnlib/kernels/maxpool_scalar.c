/* maxpool_scalar.c - maximum over windows, and its gradient to the place that won. */
#include "nnlib/kernels/variants.h"
#include <string.h>
#include "nnlib/kernels/maxpool_shape.h"
#include "lib/base/banned.h"

int nn_maxpool_out_h(const nn_maxpool_args *a)
{
    return pool_shape(a).out_h;
}

int nn_maxpool_out_w(const nn_maxpool_args *a)
{
    return pool_shape(a).out_w;
}

static void pool_point(const nn_maxpool_args *a, const float *x, pool_window h, pool_window w, float *y,
                       uint16_t *argmax)
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
        pool_point(a, a->x + image * s.x_len, pool_window_of(py, s.stride_h, s.pad_top, a->pool_h, a->in_h),
                   pool_window_of(px, s.stride_w, s.pad_left, a->pool_w, a->in_w), a->y + i * channels,
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
