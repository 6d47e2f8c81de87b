/* depthwise_scalar.c - one kernel for each channel, added up in double: the judge of the others. */
#include "nnlib/kernels/depthwise_shape.h"
#include "nnlib/kernels/variants.h"
#include "lib/base/banned.h"

static double depthwise_point(const nn_depthwise_args *a, const float *x, pool_window h, pool_window w, int c)
{
    double sum = a->b ? (double)a->b[c] : 0;
    for (int kh = h.from; kh < h.to; kh++) {
        for (int kw = w.from; kw < w.to; kw++) {
            size_t in = (size_t)(h.start + kh) * (size_t)a->in_w + (size_t)(w.start + kw);
            size_t tap = (size_t)(kh * a->kernel_w + kw);
            sum +=
                (double)x[in * (size_t)a->channels + (size_t)c] * (double)a->w[tap * (size_t)a->channels + (size_t)c];
        }
    }
    return sum;
}

void nn_depthwise_forward__scalar(const nn_depthwise_args *a)
{
    conv_shape s = depthwise_shape(a);
    float *y = a->y;
    for (int image = 0; image < a->images; image++) {
        const float *x = a->x + (size_t)image * s.x_len;
        for (int place = 0; place < s.out_h * s.out_w; place++) {
            pool_window h = pool_window_of(place / s.out_w, s.stride_h, s.pad_top, a->kernel_h, a->in_h);
            pool_window w = pool_window_of(place % s.out_w, s.stride_w, s.pad_left, a->kernel_w, a->in_w);
            for (int c = 0; c < a->channels; c++, y++) {
                *y = (float)depthwise_point(a, x, h, w, c);
                if (a->relu && *y < 0) *y = 0;
                if (a->relu && a->most > 0 && *y > a->most) *y = a->most;
            }
        }
    }
}
