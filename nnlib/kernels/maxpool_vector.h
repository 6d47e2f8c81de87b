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

void NN_NAME(maxpool_forward)(const nn_maxpool_args *a)
{
    conv_shape s = pool_shape(a);
    size_t channels = (size_t)a->channels, at = 0;
    for (int image = 0; image < a->images; image++) {
        const float *x = a->x + (size_t)image * s.x_len;
        for (int py = 0; py < s.out_h; py++) {
            pool_window h = pool_window_of(py, s.stride_h, s.pad_top, a->pool_h, a->in_h);
            for (int px = 0; px < s.out_w; px++, at += channels) {
                pool_window w = pool_window_of(px, s.stride_w, s.pad_left, a->pool_w, a->in_w);
                for (size_t c = 0; c < channels; c += VL)
                    pool_lanes(a, x + c, h, w, vm_first(channels - c < VL ? (int)(channels - c) : VL), a->y + at + c,
                               a->argmax ? a->argmax + at + c : NULL);
            }
        }
    }
}
