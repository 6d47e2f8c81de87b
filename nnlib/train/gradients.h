/* gradients.h - how much of the loss's gradient reaches each layer, with one batch.
 *
 *     nn_gradients g = {0};
 *     LG_TRY(nn_gradients_measure(&(nn_gradients_options){.weights = w, .source = s, .batch = 32, .seed = 1,
 *                                                         .lr = 0.01, .pool = pool}, &g, err));
 *     g.layer[0].norm / g.layer[g.last].norm;             // what the first layer gets of the last one's
 *     nn_gradients_release(&g);
 *
 * The batch is the first one of nn_fit with the same source, batch and seed, and so is the gradient: dropout drops,
 * batchnorm works by the batch. Nothing is updated. Cross-entropy, with the penalties of l2.
 *
 * What is told of a layer:
 *  - norm, the Euclidean length of its gradient; rms, that for one weight: norm / sqrt(weights).
 *  - It vanishes below 1% of what the last layer that learns gets, and explodes above 100 times that. Glorot & Bengio
 *    (2010, "Understanding the difficulty of training deep feedforward neural networks") ask that gradients keep their
 *    size from layer to layer; initialised as here they do within a factor of about ten, so two orders of magnitude
 *    are a fault of the network and not of chance. A gradient of 0 is silent: nothing arrives at all.
 *  - ratio, lr · norm / norm of the weights: what one step of plain sgd changes. About 0.001 is usual (Karpathy,
 * CS231n, "Ratio of weights:updates"); a hundred times less hardly moves, a hundred times more tears the weights about.
 *  - dead, the share of the units (channels) behind its relu that are 0 for every image of the batch, by the network as
 *    it is used; NaN where no relu follows, or where finding out would take long (NN_DEAD_MACS). */
#ifndef NN_GRADIENTS_H
#define NN_GRADIENTS_H

#include "nnlib/train/fit.h"

#define NN_VANISHES   0.01
#define NN_EXPLODES   100.0
#define NN_RATIO_LOW  1e-5
#define NN_RATIO_HIGH 1e-1
#define NN_DEAD_MACS  2e10 /* multiply-adds of all images together */

typedef enum nn_gradient_state {
    NN_GRADIENT_FINE,
    NN_GRADIENT_VANISHES,
    NN_GRADIENT_EXPLODES,
    NN_GRADIENT_SILENT,
    NN_GRADIENT_FROZEN, /* norm and all behind it are NaN */
} nn_gradient_state;

typedef struct nn_layer_gradient {
    int node;                             /* of the network */
    int64_t params;                       /* that learn; of a frozen layer: all */
    double norm, rms, share, ratio, dead; /* share: of the last layer's norm, NaN where that is 0 */
    nn_gradient_state state;
} nn_layer_gradient;

/* Zero-initialise; release when done. */
typedef struct nn_gradients {
    nn_layer_gradient *layer; /* those with parameters, in the order of the network */
    int count;
    int first, last; /* places of the first and the last one that learns */
    int images;
    double loss;
} nn_gradients;

typedef struct nn_gradients_options {
    const nn_weights *weights;
    nn_source source;
    int batch;
    uint64_t seed;
    double lr; /* for ratio */
    lg_pool *pool;
    lg_cancel *cancel;
    int64_t limit;
    void *ctx;
    void (*on_image)(void *ctx, int64_t done, int64_t images); /* while images are made; may be NULL */
} nn_gradients_options;

/* LL405, LL430, LL406, LL409, LL207, LL901, Interrupted. */
lg_status nn_gradients_measure(const nn_gradients_options *options, nn_gradients *out, lg_err *err) LG_MUST_CHECK;
void nn_gradients_release(nn_gradients *gradients);

#endif
