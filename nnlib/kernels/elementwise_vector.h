/* elementwise_vector.h - sums, scaling, optimiser steps and the cheap activations; included by elementwise_avx2.c and
 * elementwise_avx512.c. Loops over arrays that do not overlap are plain C: the compiler turns them into vectors. */
#include "nnlib/kernels/tile.h"
#include "nnlib/kernels/variants.h"

void NN_NAME(axpy)(const nn_axpy_args *a)
{
    const float *restrict x = a->x;
    float *restrict y = a->y, alpha = a->alpha;
    for (size_t i = 0; i < a->n; i++) y[i] += alpha * x[i];
}

void NN_NAME(scale_u8)(const nn_scale_u8_args *a)
{
    const uint8_t *restrict x = a->x;
    float *restrict y = a->y, scale = a->scale, shift = a->shift;
    for (size_t i = 0; i < a->n; i++) y[i] = (float)x[i] * scale + shift;
}

/* Columns in blocks whose sums stay in registers while all rows pass. */
void NN_NAME(sum_rows)(const nn_sum_rows_args *a)
{
    enum { BLOCK = 4 * VL };
    size_t stride = a->stride ? a->stride : a->cols, c = 0;
    for (; c + BLOCK <= a->cols; c += BLOCK) {
        vf sum[4];
        NN_UNROLL for (int i = 0; i < 4; i++) sum[i] = a->add ? vf_load(a->y + c + i * VL) : vf_zero();
        const float *x = a->x + c;
        for (int r = 0; r < a->rows; r++, x += stride)
            NN_UNROLL for (int i = 0; i < 4; i++) sum[i] = vf_add(sum[i], vf_load(x + i * VL));
        NN_UNROLL for (int i = 0; i < 4; i++) vf_store(a->y + c + i * VL, sum[i]);
    }
    for (; c < a->cols; c += VL) {
        vm lanes = vm_first(a->cols - c < VL ? (int)(a->cols - c) : VL);
        vf sum = a->add ? vf_load_first(a->y + c, lanes) : vf_zero();
        for (int r = 0; r < a->rows; r++) sum = vf_add(sum, vf_load_first(a->x + (size_t)r * stride + c, lanes));
        vf_store_first(a->y + c, sum, lanes);
    }
}

static void sgd_plain(const nn_sgd_args *a)
{
    const float *restrict g = a->g;
    float *restrict w = a->w, rate = a->rate, decay = a->decay;
    for (size_t i = 0; i < a->n; i++) w[i] -= rate * (g[i] + decay * w[i]);
}

void NN_NAME(sgd)(const nn_sgd_args *a)
{
    if (!a->v) {
        sgd_plain(a);
        return;
    }
    const float *restrict g = a->g;
    float *restrict w = a->w, *restrict v = a->v, rate = a->rate, momentum = a->momentum, decay = a->decay;
    float ahead = a->nesterov ? momentum : 0, now = a->nesterov ? 1 : 0; /* w += v, or momentum·v + step */
    for (size_t i = 0; i < a->n; i++) {
        float step = -rate * (g[i] + decay * w[i]), next = momentum * v[i] + step;
        v[i] = next;
        w[i] += a->nesterov ? ahead * next + now * step : next;
    }
}

/* Written out: the compiler's own loop would call sqrtf, which may set errno. */
void NN_NAME(adam)(const nn_adam_args *a)
{
    vf b1 = vf_set(a->beta1), b2 = vf_set(a->beta2), rest1 = vf_set(1 - a->beta1), rest2 = vf_set(1 - a->beta2);
    vf rate = vf_set(-a->rate), epsilon = vf_set(a->epsilon), decay = vf_set(a->decay);
    for (size_t i = 0; i < a->n; i += VL) {
        vm lanes = vm_first(a->n - i < VL ? (int)(a->n - i) : VL);
        vf w = vf_load_first(a->w + i, lanes), g = vf_fma(decay, w, vf_load_first(a->g + i, lanes));
        vf m = vf_fma(b1, vf_load_first(a->m + i, lanes), vf_mul(rest1, g));
        vf v = vf_fma(b2, vf_load_first(a->v + i, lanes), vf_mul(rest2, vf_mul(g, g)));
        w = vf_fma(rate, vf_div(m, vf_add(vf_sqrt(v), epsilon)), w);
        vf_store_first(a->m + i, m, lanes);
        vf_store_first(a->v + i, v, lanes);
        vf_store_first(a->w + i, w, lanes);
    }
}

/* The activations without a transcendental function; the others are the reference's. x may be y, so vectors are
 * loaded and stored one by one. */
NN_INLINE void act_vectors(const nn_act_args *a, const nn_act act, const bool backward)
{
    vf zero = vf_zero(), six = vf_set(6), bend = vf_set(a->alpha - 1);
    for (size_t i = 0; i < a->n; i += VL) {
        vm lanes = vm_first(a->n - i < VL ? (int)(a->n - i) : VL);
        vf v = vf_load_first((backward ? a->dy : a->x) + i, lanes);
        vf y = backward ? vf_load_first(a->y + i, lanes) : v;
        if (act == NN_ACT_LEAKY)
            v = vf_fma(bend, vf_keep_greater(v, zero, y), v);
        else
            v = backward ? vf_keep_greater(v, y, zero) : vf_relu(v);
        if (act == NN_ACT_RELU6) v = backward ? vf_keep_greater(v, six, y) : vf_smaller(six, v);
        vf_store_first((backward ? a->dx : a->y) + i, v, lanes);
    }
}

void NN_NAME(act_forward)(const nn_act_args *a)
{
    switch (a->act) {
    case NN_ACT_RELU: act_vectors(a, NN_ACT_RELU, false); break;
    case NN_ACT_RELU6: act_vectors(a, NN_ACT_RELU6, false); break;
    case NN_ACT_LEAKY: act_vectors(a, NN_ACT_LEAKY, false); break;
    default: nn_act_forward__scalar(a);
    }
}

void NN_NAME(act_backward)(const nn_act_args *a)
{
    switch (a->act) {
    case NN_ACT_RELU: act_vectors(a, NN_ACT_RELU, true); break;
    case NN_ACT_RELU6: act_vectors(a, NN_ACT_RELU6, true); break;
    case NN_ACT_LEAKY: act_vectors(a, NN_ACT_LEAKY, true); break;
    default: nn_act_backward__scalar(a);
    }
}
