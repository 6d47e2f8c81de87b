/* feed.c - pieces of a batch filled in parallel; pieces are those of nn_pieces. */
#include "nnlib/train/feed.h"
#include "nnlib/core/rng.h"
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

enum { FEED_PIECES = 16 };

typedef struct feed_job {
    nn_feed *feed;
    const int64_t *indices;
    int n;
    float *x;
    int32_t *label;
} feed_job;

lg_status nn_feed_init(nn_feed *feed, lg_err *err)
{
    feed->err = lg_alloc(FEED_PIECES, sizeof *feed->err, err);
    return feed->err ? LG_OK : LG_E_MEMORY;
}

void nn_feed_order(const nn_source *source, uint64_t seed, int epoch, bool shuffle, int64_t *order)
{
    int64_t n = source->count, first = source->fresh ? (epoch - 1) * n : 0;
    lg_rng rng;
    for (int64_t i = 0; i < n; i++) order[i] = first + i;
    if (!shuffle) return;
    lg_rng_init(&rng, nn_key(seed, (uint64_t)epoch));
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)lg_rng_below(&rng, (uint64_t)i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

void nn_feed_release(nn_feed *feed)
{
    lg_free(feed->err);
    feed->err = NULL;
}

static lg_status check_labels(const feed_job *job, nn_piece_range r, lg_err *err)
{
    for (int i = r.first; job->label && i < r.first + r.count; i++) {
        if (job->label[i] >= 0 && job->label[i] < job->feed->classes) continue;
        return lg_fail(err, LG_E_DATA, 409, "image %lld has class %d, but the network knows %d classes",
                       (long long)job->indices[i], job->label[i] + 1, job->feed->classes);
    }
    return LG_OK;
}

static void feed_piece(void *ctx, int index, int worker)
{
    const feed_job *job = ctx;
    nn_piece_range r = nn_piece(job->n, index);
    lg_err *err = &job->feed->err[index];
    const nn_source *s = &job->feed->source;
    (void)worker;
    lg_err_clear(err);
    lg_status st = s->fill(s->ctx, job->indices + r.first, r.count, job->x + (size_t)r.first * job->feed->size,
                           job->label ? job->label + r.first : NULL, err);
    if (st == LG_OK && job->feed->classes) st = check_labels(job, r, err);
    err->status = st;
}

lg_status nn_feed_batch(nn_feed *feed, const int64_t *indices, int n, float *x, int32_t *label, lg_err *err)
{
    feed_job job = {.feed = feed, .indices = indices, .n = n, .x = x, .label = label};
    int pieces = nn_pieces(n);
    lg_pool_run(feed->pool, pieces, feed_piece, &job);
    for (int i = 0; i < pieces; i++) {
        if (feed->err[i].status == LG_OK) continue;
        if (err && err->status == LG_OK) *err = feed->err[i];
        return feed->err[i].status;
    }
    return LG_OK;
}
