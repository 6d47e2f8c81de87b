/* lr_range.h - which learning rates are usable: a few steps with a rate that grows from step to step (Smith 2017,
 * "Cyclical learning rates for training neural networks", section 3.3; the curve over a logarithmic rate and the mean
 * with bias correction as Howard & Gugger 2018, fastai).
 *
 *     nn_lr_options o = nn_lr_defaults();
 *     o.net = net, o.weights = first, o.train = source, o.pool = pool;
 *     nn_lr_range r = {0};
 *     lg_status st = nn_lr_range_find(&o, &r, err);      // LG_OK or LG_E_INTERRUPTED: r holds what was measured
 *     if (r.suggest > 0) printf("lr %g", r.suggest);
 *     nn_lr_range_release(&r);
 *
 * Step i of n takes the rate low · (high/low)^(i/(n-1)) and the loss of its batch is noted before the weights move. The
 * weights given are not touched. What is read from the curve:
 *  - loss: the mean of the losses so far, older ones weighing less (a tenth goes with each step);
 *  - diverges: the rate at which that mean had grown to 4 times its lowest value, or was no number; measuring ends
 *    there;
 *  - from … to: the usable band: from the rate at which a tenth of the whole fall was done to the rate of the lowest
 *    mean, at which the steps are already too large to gain anything;
 *  - suggest: a tenth of the rate at the end of the band (fastai's rule; the mean lags behind what a rate does), but
 *    not below its beginning, rounded to 1, 2 or 5 times a power of ten.
 * The same options give the same numbers, bit for bit, with any number of threads. */
#ifndef NN_LR_RANGE_H
#define NN_LR_RANGE_H

#include "nnlib/train/fit.h"

typedef struct nn_lr_range {
    int count;           /* steps measured */
    double *lr;          /* (count), ascending */
    double *loss;        /* (count), the running mean */
    double *batch_loss;  /* (count), of each batch */
    double diverges;     /* 0: it did not */
    double from, to;     /* 0: no rate made the loss fall */
    double suggest;      /* 0: none */
} nn_lr_range;

typedef struct nn_lr_options {
    const nn_net *net;
    const nn_weights *weights;
    nn_source train;
    double low, high;      /* 0 < low < high */
    int steps, batch;      /* steps 10 to 100,000 */
    double momentum;       /* < 0: the optimiser's own */
    const char *optimizer, *loss;
    const float *class_weight; /* (classes) or NULL */
    uint64_t seed;         /* order of the images and dropout: those of nn_fit */
    lg_pool *pool;
    lg_cancel *cancel;
    int64_t limit;         /* memory; 0: NN_MEMORY_LIMIT */
    void *ctx;
    void (*on_step)(void *ctx, const nn_lr_range *so_far); /* on the calling thread; may be NULL */
} nn_lr_options;

nn_lr_options nn_lr_defaults(void); /* 1e-6..1, 100 steps, batch 32, sgd, loss auto, seed 1 */
/* LL142 numbers that make no sense, LL141 names, LL406 no images. */
lg_status nn_lr_range_find(const nn_lr_options *options, nn_lr_range *range, lg_err *err) LG_MUST_CHECK;
void nn_lr_range_release(nn_lr_range *range);

#endif
