/* feed.h - a batch from a source, converted by several threads at once. */
#ifndef NN_FEED_H
#define NN_FEED_H

#include "nnlib/train/fit.h"

typedef struct nn_feed {
    nn_source source;
    lg_pool *pool;
    size_t size; /* floats of one image */
    int classes; /* labels must be below; 0: no labels wanted */
    lg_err *err; /* one for each piece */
} nn_feed;

lg_status nn_feed_init(nn_feed *feed, lg_err *err) LG_MUST_CHECK; /* the fields above err are the caller's to set */
/* Images indices[0 … n) to x and label. The error is that of the first piece that failed. A label out of range is
 * LL409. */
lg_status nn_feed_batch(nn_feed *feed, const int64_t *indices, int n, float *x, int32_t *label,
                        lg_err *err) LG_MUST_CHECK;
/* Indices of one epoch (from 1), source->count of them. They depend on seed and number of the epoch alone, so that a
 * run in two parts equals a run in one. */
void nn_feed_order(const nn_source *source, uint64_t seed, int epoch, bool shuffle, int64_t *order);
void nn_feed_release(nn_feed *feed);
/* What a node of the network (-1: its last) makes of every image of the source, in order; labels may be NULL. */
lg_status nn_feed_forward(const nn_predict_options *options, int node, float *out, int32_t *labels,
                          lg_err *err) LG_MUST_CHECK;

#endif
