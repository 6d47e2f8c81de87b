/* depthwise_vector.h - one kernel for each channel, a vector of channels at a time; included by depthwise_avx2.c and
 * depthwise_avx512.c.
 *
 * Neighbouring places of a line share the kernel: each of its numbers is loaded once for up to TALL of them. Places
 * whose window reaches over the border are taken alone. A place adds up its window in one order, however it is
 * taken. */
#include <math.h>
#include "nnlib/kernels/depthwise_shape.h"
#include "nnlib/kernels/tile.h"
#include "nnlib/kernels/variants.h"

enum { TALL = 4 };

typedef struct depthwise_line {
    const nn_depthwise_args *a;
    const float *x;  /* the image */
    pool_window h;   /* rows of the window of this line */
    ptrdiff_t apart; /* floats in x from one place to the next */
} depthwise_line;

/* P places whose windows are columns [w.from, w.to) of the kernel, the first of them at w.start; one vector of
 * channels. */
NN_INLINE void depthwise_places(const depthwise_line *l, pool_window w, ptrdiff_t c, vm lanes, float *y, const int P)
{
    const nn_depthwise_args *a = l->a;
    const ptrdiff_t channels = a->channels, apart = l->apart;
    vf sum[TALL];
    NN_UNROLL for (int p = 0; p < P; p++) sum[p] = a->b ? vf_load_first(a->b + c, lanes) : vf_zero();
    for (int kh = l->h.from; kh < l->h.to; kh++) {
        const float *x = l->x + ((ptrdiff_t)(l->h.start + kh) * a->in_w + w.start + w.from) * channels + c;
        const float *k = a->w + (ptrdiff_t)(kh * a->kernel_w + w.from) * channels + c;
        for (int n = w.to - w.from; n > 0; n--, x += channels, k += channels) {
            vf weight = vf_load_first(k, lanes);
            NN_UNROLL for (int p = 0; p < P; p++) sum[p] = vf_fma(vf_load_first(x + p * apart, lanes), weight, sum[p]);
        }
    }
    const vf most = vf_set(a->most > 0 ? a->most : INFINITY);
    NN_UNROLL for (int p = 0; p < P; p++)
        vf_store_first(y + p * channels + c, a->relu ? vf_at_most(vf_relu(sum[p]), most) : sum[p], lanes);
}

/* All channels of `places` places, TALL or one. */
static inline void depthwise_channels(const depthwise_line *l, pool_window w, int places, float *y)
{
    for (int c = 0; c < l->a->channels; c += VL) {
        vm lanes = vm_first(l->a->channels - c);
        if (places == TALL) depthwise_places(l, w, c, lanes, y, TALL);
        else depthwise_places(l, w, c, lanes, y, 1);
    }
}

void NN_NAME(depthwise_forward)(const nn_depthwise_args *a)
{
    conv_shape s = depthwise_shape(a);
    float *y = a->y;
    depthwise_line l = {.a = a, .apart = (ptrdiff_t)s.stride_w * a->channels};
    for (int line = 0; line < a->images * s.out_h; line++) {
        l.x = a->x + (size_t)(line / s.out_h) * s.x_len;
        l.h = pool_window_of(line % s.out_h, s.stride_h, s.pad_top, a->kernel_h, a->in_h);
        for (int column = 0, n; column < s.out_w; column += n, y += (ptrdiff_t)n * a->channels) {
            pool_window w = pool_window_of(column, s.stride_w, s.pad_left, a->kernel_w, a->in_w);
            bool inside = w.start >= 0 && w.start + (TALL - 1) * s.stride_w + a->kernel_w <= a->in_w;
            n = inside ? TALL : 1;
            depthwise_channels(&l, w, n, y);
        }
    }
}
