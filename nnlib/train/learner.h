/* learner.h - the part of a network that learns, and some images as that part gets them: what is frozen before it runs
 * once for each image, whatever is measured of the rest afterwards.
 *
 *     nn_learner l = {0};
 *     LG_GO(nn_learner_open(&(nn_learner_options){.weights = w, .source = s, .images = 32, .seed = 1}, &l, err));
 *     memcpy(nn_exec_input(exec_of_tail), l.x, (size_t)l.n * l.floats * sizeof(float));
 *     done: nn_learner_release(&l);
 *
 * Which images: the first ones of the first epoch of nn_fit with the same source and seed. */
#ifndef NN_LEARNER_H
#define NN_LEARNER_H

#include "nnlib/train/fit.h"

typedef struct nn_learner_options {
    const nn_weights *weights;
    nn_source source;
    int images; /* at most; fewer where there are fewer */
    uint64_t seed;
    lg_pool *pool;
    lg_cancel *cancel;
    int64_t limit; /* memory; 0: NN_MEMORY_LIMIT */
    void *ctx;
    void (*on_image)(void *ctx, int64_t done, int64_t images); /* on the calling thread; may be NULL */
} nn_learner_options;

/* Zero-initialise; release when done. */
typedef struct nn_learner {
    nn_net *tail;        /* reference; the whole network where it learns from the beginning */
    nn_weights *weights; /* of it; owned, nobody else's */
    int cut;             /* node i of the tail is node i + cut of the whole */
    int n;
    size_t floats;  /* of one image */
    float *x;       /* (n, floats) */
    int32_t *label; /* (n), each below the number of outputs */
} nn_learner;

/* LL406 no images, LL409 a label that the network does not know, LL207, LL901, Interrupted, and those of the source. */
lg_status nn_learner_open(const nn_learner_options *options, nn_learner *out, lg_err *err) LG_MUST_CHECK;
void nn_learner_release(nn_learner *learner);

#endif
