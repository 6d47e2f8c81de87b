/* embedding.h - where a network sees images: the numbers of a layer for each of them, and maps of those in the plane.
 *
 *     int node = nn_features_node(net);                       // what the last dense layer decides from
 *     LG_TRY(nn_features(&predict, node, features, err));     // (images, nn_shape_size(node's output))
 *     nn_embedding_options how = {.x = features, .n = 601, .d = 64, .pool = pool, .cancel = cancel};
 *     LG_TRY(nn_pca(&how, map, kept, err));                   // map (601, 2), kept: share of the spread per axis
 *     LG_TRY(nn_tsne(&how, map, &divergence, err));
 *     LG_TRY(nn_neighbours(&how, 10, near, err));             // (601, 10): who lies next to whom, in all d dimensions
 *
 * All results are the same, bit for bit, with any number of threads. Numbers of x must be finite (LL412 else). All
 * arrays are the caller's. Failures beside: LL901, Interrupted. */
#ifndef NN_EMBEDDING_H
#define NN_EMBEDDING_H

#include "nnlib/train/fit.h"

/* The layer whose output the last dense layer reads: there, images of one class lie together. Without a dense layer the
 * last one before the output. Dropout, which does nothing outside training, is passed over. */
int nn_features_node(const nn_net *net);
/* Outputs of a node for every image of the source, as dropout-free prediction makes them. */
lg_status nn_features(const nn_predict_options *options, int node, float *features, lg_err *err) LG_MUST_CHECK;

typedef struct nn_embedding_options {
    const float *x; /* (n, d) */
    int64_t n, d;
    lg_pool *pool;
    lg_cancel *cancel;
    double perplexity; /* t-SNE: about how many neighbours count; 0: 30, fewer where n is small */
    int rounds;        /* t-SNE; 0: 1000 */
    void *ctx;
    void (*on_round)(void *ctx, int done, int rounds); /* t-SNE; may be NULL */
} nn_embedding_options;

/* Principal components (Pearson 1901; Hotelling 1933): map (n, 2) are the centred points along the two directions of
 * the largest variance, kept (2) the shares of the variance these have. A direction's sign is such that its largest
 * number is positive. Directions without variance are 0. */
lg_status nn_pca(const nn_embedding_options *options, double *map, double *kept, lg_err *err) LG_MUST_CHECK;

/* t-SNE (van der Maaten & Hinton 2008), all pairs: begins with the PCA map scaled to a spread of 1e-4, attraction is
 * 12-fold for the first quarter of the rounds, rate max(n / 48, 50) as Belkina et al. 2019 give it in the original's
 * units. *divergence: Kullback-Leibler, at the end. n at most NN_TSNE_MOST (memory grows with its square). */
enum { NN_TSNE_MOST = 3000 };
lg_status nn_tsne(const nn_embedding_options *options, double *map, double *divergence, lg_err *err) LG_MUST_CHECK;

/* near (n, k): the places of the k nearest other points by Euclidean distance, nearest first, equal ones by place.
 * k < n. */
lg_status nn_neighbours(const nn_embedding_options *options, int k, int32_t *near, lg_err *err) LG_MUST_CHECK;

#endif
