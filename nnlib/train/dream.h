/* dream.h - the picture that a network likes best: activation maximisation.
 *
 *     nn_dream_options how = {.weights = weights, .node = last, .channel = 2, .high = 1, .steps = 200, .seed = 1};
 *     nn_dream dream;
 *     lg_status st = nn_dream_run(&how, &dream, err);   // LG_OK or LG_E_INTERRUPTED: dream holds what there is
 *     ... dream.image, dream.score[0 … dream.done], dream.frame[k]
 *     nn_dream_release(&dream);
 *
 * What is made large is a number of the network as it is used (averages of batchnorm, dropout off): of the last layer
 * the score of a class before the softmax (Simonyan et al. 2013), of a layer with places the mean of one of its maps,
 * of a list one of its numbers, both behind the layer's activation (Erhan et al. 2009). The image begins as grey noise
 * and climbs along the gradient. A step is as long whatever the gradient's length; what a gradient says in coarse and
 * in fine counts alike (it is taken apart by blurring it wider and wider, and each part brought to one length), for by
 * itself it is almost all fine grain. As Olah, Mordvintsev and Schubert (2017) describe, three things keep the image
 * from becoming a pattern that only works pixel by pixel: each step sees it shifted by a few pixels, around the edges
 * (jitter); differences between neighbours cost something (total variation); and at first, less and less, it is
 * blurred. Pixels stay within [low, high], so that the image is one a camera could have taken, even though none ever
 * did.
 *
 * The score told is that of the image as it is, unshifted. Everything runs on one thread, in a fixed order: same
 * weights, same seed, same image, bit for bit. */
#ifndef NN_DREAM_H
#define NN_DREAM_H

#include "nnlib/model/exec.h"

enum { NN_DREAM_FRAMES = 12, NN_DREAM_NOISES = 24 };

typedef struct nn_dream_frame {
    int step;
    double score;
    float *image; /* (input shape), owned */
} nn_dream_frame;

typedef struct nn_dream {
    float *image;  /* (input shape), owned */
    double *score; /* (steps + 1), owned: of the noise, then behind each step; NAN where it was not measured */
    int done;      /* steps made */
    bool asleep;   /* nothing to climb along: none of the NN_DREAM_NOISES images of noise that were tried
                      moves the number */
    nn_dream_frame frame[NN_DREAM_FRAMES]; /* of the noise, and at the steps asked for; the last one is the end */
    int frames;
    float *output; /* (output shape), owned: what the network answers to the image */
} nn_dream;

typedef struct nn_dream_options {
    const nn_weights *weights;
    int node, channel;
    float low, high; /* what black and white are for the network */
    int steps;
    const int *frame; /* steps to keep, ascending, without 0 and the last; or NULL */
    int frames;       /* at most NN_DREAM_FRAMES - 2 */
    uint64_t seed;
    lg_cancel *cancel;
    int64_t limit; /* memory; 0: NN_MEMORY_LIMIT */
    void *ctx;
    void (*on_step)(void *ctx, const nn_dream *so_far); /* behind each step that is measured; may be NULL */
} nn_dream_options;

/* How many numbers of a node can be chosen from: its maps, or its list. */
int nn_dream_channels(const nn_net *net, int node);
/* *dream is written whatever comes, and to be released. Failures: LL207, LL901, Interrupted. */
lg_status nn_dream_run(const nn_dream_options *options, nn_dream *dream, lg_err *err) LG_MUST_CHECK;
void nn_dream_release(nn_dream *dream);

#endif
