/* explain.h - where in an image a decision came from.
 *
 *     nn_explain_options how = {.weights = weights, .image = pixels, .score = 2, .pool = pool, .cancel = cancel};
 *     int node = nn_explain_node(net);                        // the last layer that has places
 *     LG_TRY(nn_gradcam(&how, node, maps, err));              // (h, w) of that node
 *     nn_map_resize(maps, h, w, heat, 64, 64);
 *     LG_TRY(nn_saliency(&how, heat, err));                   // (64, 64), the image's
 *     nn_occlusion_options patch = nn_occlusion_defaults(net);
 *     LG_TRY(nn_occlusion(&how, &patch, heat, &before, err));
 *
 * The network works as it is used: averages of batchnorm, dropout off; what is frozen does not matter. Gradients are
 * those of a score before the last softmax. Nothing is scaled: what the numbers are is said below, and the largest of
 * them may be 0. Failures: LL207, LL901, Interrupted. All arrays are the caller's. */
#ifndef NN_EXPLAIN_H
#define NN_EXPLAIN_H

#include "nnlib/train/fit.h"

typedef struct nn_explain_options {
    const nn_weights *weights;
    const float *image; /* (input shape), h x w x c */
    int score;          /* the class: place in the output */
    lg_pool *pool;      /* occlusion */
    lg_cancel *cancel;
    int64_t limit;
    void *ctx;
    void (*on_patch)(void *ctx, int done, int patches); /* occlusion; may be NULL */
} nn_explain_options;

/* Has this node's output places, more than one of them? */
bool nn_has_places(const nn_node *node);
/* The first (or the last) convolution whose output has places; of a depthwise and the like as well. Together with the
 * norm, the sum and the activation that follow it, where nothing else reads it: what the next layer sees. -1: there is
 * none. */
int nn_explain_node(const nn_net *net);
int nn_first_maps_node(const nn_net *net);

/* A node, or the last of the norm, sum and activation that follow it as said above. */
int nn_with_followers(const nn_net *net, int node);

/* Grad-CAM (Selvaraju et al. 2017): each map of the node weighs as much as the gradient of the score with respect to
 * it, averaged over its places; heat (h, w) is the weighted sum where it is positive, 0 elsewhere. */
lg_status nn_gradcam(const nn_explain_options *options, int node, float *heat, lg_err *err) LG_MUST_CHECK;

/* Saliency (Simonyan et al. 2013): heat (h, w) of the image, at each pixel the largest |gradient| over its channels. */
lg_status nn_saliency(const nn_explain_options *options, float *heat, lg_err *err) LG_MUST_CHECK;

/* Occlusion (Zeiler & Fergus 2014): a window is set to `grey` at every place of a grid, the last ones at the edges;
 * heat (h, w) of the image is at each pixel how much the probability fell, on average over the windows that cover it.
 * It is negative where it rose. *before: the probability of the image as it is. */
typedef struct nn_occlusion_options {
    int height, width; /* of the window */
    int down, across;  /* its steps */
    float grey;        /* in the numbers that the network is given */
} nn_occlusion_options;
/* A fifth of each side, in steps of half a window. */
nn_occlusion_options nn_occlusion_defaults(const nn_net *net);
int nn_occlusion_patches(const nn_net *net, const nn_occlusion_options *patch);
lg_status nn_occlusion(const nn_explain_options *options, const nn_occlusion_options *patch, float *heat, float *before,
                       lg_err *err) LG_MUST_CHECK;
/* The same for several classes in one pass: heat (scores, h, w), before (scores); the options' own score is not asked.
 */
lg_status nn_occlusion_of(const nn_explain_options *options, const nn_occlusion_options *patch, const int *score,
                          int scores, float *heat, float *before, lg_err *err) LG_MUST_CHECK;

/* A map (h, w) made (height, width): bilinear between the middles of its places, as tf.image.resize does. */
void nn_map_resize(const float *map, int h, int w, float *out, int height, int width);

/* Where heat lies: its sum over what is positive, the shares in the ninths of the picture (from the top, row by row)
 * and the place of the largest number. Without any heat all are 0. */
typedef struct nn_heat {
    double sum, most, ninth[9];
    int row, column;
    double half; /* share of the picture, the hottest places first, that holds half of the heat */
} nn_heat;
/* LL901. */
lg_status nn_heat_of(const float *heat, int h, int w, nn_heat *out, lg_err *err) LG_MUST_CHECK;

#endif
