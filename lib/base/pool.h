/* pool.h - a fixed team of threads that runs numbered pieces of one job.
 *
 *     lg_pool *pool;
 *     LG_TRY(lg_pool_new(0, &pool, err));          // 0: as many as this process may use
 *     lg_pool_run(pool, batch, convolve_image, &job); // returns when all pieces are done
 *
 * The caller's own thread takes part. Results must not depend on which thread runs a piece or on their number: a job
 * that sums writes one partial sum per *piece* and adds them in order afterwards (so pieces depend on the work, never
 * on lg_pool_size). lg_pool_run never allocates and never fails. Runs on one pool from several threads are serialised;
 * a piece must not call lg_pool_run on its own pool. Workers block all signals. */
#ifndef LG_POOL_H
#define LG_POOL_H

#include "lib/base/lg.h"

typedef struct lg_pool lg_pool;
/* piece in [0, pieces); worker in [0, lg_pool_size): for scratch memory of its own. */
typedef void lg_pool_fn(void *ctx, int piece, int worker);

/* threads 0: lg_pool_default_size(). *out owned by the caller. */
lg_status lg_pool_new(int threads, lg_pool **out, lg_err *err) LG_MUST_CHECK;
void lg_pool_free(lg_pool *pool);
int lg_pool_size(const lg_pool *pool); /* at least 1, the caller included; NULL pool: 1 */
/* pool NULL: runs all pieces on the calling thread. */
void lg_pool_run(lg_pool *pool, int pieces, lg_pool_fn *fn, void *ctx);
/* Cores this process may use: affinity mask and cgroup quota, at least 1. */
int lg_pool_default_size(void);

#endif
