/* step.h - what every optimiser does before its own step. */
#ifndef NN_STEP_H
#define NN_STEP_H

#include "nnlib/core/optim.h"

/* Decoupled weight decay, w -= lr·decay·w (Loshchilov & Hutter 2019; `weight_decay` in Keras). */
static inline void nn_step_decay(const nn_hyper *h, size_t n, float *w)
{
    if (h->decay == 0) return;
    float share = (float)(h->lr * h->decay);
    for (size_t i = 0; i < n; i++) w[i] -= w[i] * share;
}

#endif
