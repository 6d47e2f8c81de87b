/* maxpool_vector.h - maximum over windows, a vector of channels at a time; included by maxpool_avx2.c and
 * maxpool_avx512.c. */
#include "nnlib/kernels/maxpool_shape.h"
#include "nnlib/kernels/tile.h"
#include "nnlib/kernels/variants.h"

/* One vector of channels of one output place; x is at its first channel in the image. The first of equals wins, and
 * NaN where it comes first, as in the reference. */
NN_INLINE void pool_lanes(const nn_maxpool_args *a, const float *x, pool_window h, pool_window w, vm lanes, float *y,
                          uint16_t *argmax)
{
    vf best = vf_zero();
    vi place = vi_set(h.from * a->pool_w + w.from);
    for (int kh = h.from; kh < h.to; kh++) {
        const float *row = x + (size_t)(h.start + kh) * (size_t)a->in_w * (size_t)a->channels;
        for (int kw = w.from; kw < w.to; kw++) {
            vf v = vf_load_first(row + (size_t)(w.start + kw) * (size_t)a->channels, lanes);
            if (kh == h.from && kw == w.from) best = v;
            else vf_keep_larger(&best, &place, v, kh * a->pool_w + kw);
        }
    }
    vf_store_first(y, best, lanes);
    if (argmax) vi_store_words_first(argmax, place, lanes);
}

/* Calls `lanes_of` for each vector of channels of each output place. */
typedef void pool_lanes_fn(const nn_maxpool_args *a, size_t image, size_t channel, pool_window h, pool_window w,
                           vm lanes, size_t at);

NN_INLINE void pool_walk(const nn_maxpool_args *a, pool_lanes_fn *lanes_of)
{
    conv_shape s = pool_shape(a);
    size_t channels = (size_t)a->channels, at = 0;
    for (int image = 0; image < a->images; image++) {
        for (int py = 0; py < s.out_h; py++) {
            pool_window h = pool_window_of(py, s.stride_h, s.pad_top, a->pool_h, a->in_h);
            for (int px = 0; px < s.out_w; px++, at += channels) {
                pool_window w = pool_window_of(px, s.stride_w, s.pad_left, a->pool_w, a->in_w);
                for (size_t c = 0; c < channels; c += VL)
                    lanes_of(a, (size_t)image * s.x_len, c, h, w,
                             vm_first(channels - c < VL ? (int)(channels - c) : VL), at + c);
            }
        }
    }
}

static inline void forward_lanes(const nn_maxpool_args *a, size_t image, size_t channel, pool_window h, pool_window w,
                                 vm lanes, size_t at)
{
    pool_lanes(a, a->x + image + channel, h, w, lanes, a->y + at, a->argmax ? a->argmax + at : NULL);
}

void NN_NAME(maxpool_forward)(const nn_maxpool_args *a)
{
    pool_walk(a, forward_lanes);
}

/* Each place of the window gets what the lanes give whose largest it was, and 0 from the others. */
static inline void backward_lanes(const nn_maxpool_args *a, size_t image, size_t channel, pool_window h, pool_window w,
                                  vm lanes, size_t at)
{
    vf dy = vf_load_first(a->dy + at, lanes);
    vi place = vi_load_words_first(a->argmax + at, lanes);
    for (int kh = h.from; kh < h.to; kh++) {
        float *row = a->dx + image + channel + (size_t)(h.start + kh) * (size_t)a->in_w * (size_t)a->channels;
        for (int kw = w.from; kw < w.to; kw++) {
            float *dx = row + (size_t)(w.start + kw) * (size_t)a->channels;
            vf sum = vf_add(vf_load_first(dx, lanes), vf_where_is(dy, place, kh * a->pool_w + kw));
            vf_store_first(dx, sum, lanes);
        }
    }
}

enum { POOL_WIDE = 16 }; /* places of a window above which it costs less to go to the one that won */

void NN_NAME(maxpool_backward)(const nn_maxpool_args *a)
{
    if (a->pool_h * a->pool_w > POOL_WIDE) {
        nn_maxpool_backward__scalar(a);
        return;
    }
    __builtin_memset(a->dx, 0, (size_t)a->images * pool_shape(a).x_len * sizeof *a->dx);
    pool_walk(a, backward_lanes);
}
