/* landscape.h - the loss around the present weights, on a plane through them (Li, Xu, Taylor, Studer, Goldstein 2018,
 * "Visualizing the Loss Landscape of Neural Nets", NeurIPS).
 *
 *     nn_landscape l = {0};
 *     nn_landscape_options o = {.weights = w, .source = s, .size = 21, .radius = 1, .seed = 1, .pool = pool};
 *     o.images = nn_landscape_images(nn_weights_net(w), o.size);
 *     lg_status st = nn_landscape_find(&o, &l, err);
 *     l.loss[(size_t)row * 21 + column];              // row: along the second direction, from -radius
 *     nn_landscape_release(&l);
 *
 * Two directions are drawn from the seed, every number from a normal distribution, and each filter (each unit of a
 * dense layer) of a direction is scaled to the length of the filter it moves: at distance 1 a filter has moved by as
 * much as it weighs, whatever its layer's size. Biases and the numbers of batchnorm stay, as in the paper; so do frozen
 * layers. The loss is the mean cross-entropy, without penalties, of the network as it is used, over a fixed sample of
 * images; a probability of 0 counts as the smallest float, so no image gives more than 87.3. The same options give the
 * same numbers, bit for bit, with any number of threads. Where numbers overflow a loss is NaN. */
#ifndef NN_LANDSCAPE_H
#define NN_LANDSCAPE_H

#include "nnlib/train/fit.h"

#define NN_LANDSCAPE_MACS 2e11 /* multiply-adds: a few seconds on two cores */
enum { NN_LANDSCAPE_FEWEST = 8, NN_LANDSCAPE_MOST = 256 };

typedef struct nn_landscape_options {
    const nn_weights *weights;
    nn_source source;
    int size;      /* points along each direction: odd, so that the weights themselves are one; at least 3 */
    double radius; /* distance of the outer points, above 0 */
    int images;    /* of the sample, at most */
    uint64_t seed; /* directions, and which images */
    lg_pool *pool;
    lg_cancel *cancel;
    int64_t limit;
    void *ctx;
    void (*on_image)(void *ctx, int64_t done, int64_t images); /* while images are made; may be NULL */
    void (*on_point)(void *ctx, int done, int points);         /* while the network runs; may be NULL */
} nn_landscape_options;

/* What it looks like from the middle, by differences over half the radius. */
typedef enum nn_landscape_form {
    NN_FORM_FLAT,   /* all losses within 2% of the one here */
    NN_FORM_SLOPE,  /* it falls to one side, and does not bend up before half the radius */
    NN_FORM_BOWL,   /* bent up on all sides, about alike */
    NN_FORM_VALLEY, /* bent up on all sides, along one direction at least three times as much as across it */
    NN_FORM_SADDLE, /* bent up along one direction and down along another */
    NN_FORM_RIDGE,  /* bent down on all sides */
    NN_FORM_UNKNOWN /* one of the losses that would tell is no number */
} nn_landscape_form;

/* Zero-initialise; release when done. */
typedef struct nn_landscape {
    int size, images;
    double radius;
    double *loss; /* (size, size) */
    double here;
    size_t lowest, highest; /* places in loss; of those that are numbers */
    nn_landscape_form form;
    double steep, gentle; /* second derivatives along the most and the least bent direction; NaN where unknown */
    double slope[2];      /* along both directions, the first one's first */
    size_t moved;         /* weights that the directions move */
} nn_landscape;

/* How many images take a few seconds for so many points. */
int nn_landscape_images(const nn_net *net, int size);
/* LL405 is not asked for: any network whose output is a list of probabilities. LL142 numbers that make no sense, LL406,
 * LL409, LL207, LL437 the loss here is no number, LL901, Interrupted. */
lg_status nn_landscape_find(const nn_landscape_options *options, nn_landscape *out, lg_err *err) LG_MUST_CHECK;
void nn_landscape_release(nn_landscape *landscape);

/* A direction as it is drawn: nn_net_trained_block floats, laid out as the weights. number: 0 or 1. */
void nn_landscape_direction(const nn_weights *weights, uint64_t seed, int number, float *direction);

#endif
