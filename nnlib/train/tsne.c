/* tsne.c - t-SNE over all pairs. Every sum over points is made of sums over one row each, added in the order of the
 * rows, so the number of threads cannot be seen in it. */
#include "nnlib/train/embedding.h"
#include <float.h>
#include <math.h>
#include <string.h>
#include "lib/base/banned.h"

enum { DEFAULT_ROUNDS = 1000 };

typedef struct tsne {
    const nn_embedding_options *o;
    int64_t n;
    double perplexity, exaggeration;
    double *p;    /* (n, n): squared distances, then affinities of pairs, which sum to 1 */
    double *y;    /* (n, 2) */
    double *pull; /* (n, 4): attraction and repulsion of each point, before they are scaled */
    double *sum;  /* (n): of 1 / (1 + squared distance), or of the divergence */
    double z;     /* all of sum */
} tsne;

static void distance_row(void *ctx, int piece, int worker)
{
    (void)worker;
    tsne *t = ctx;
    int64_t d = t->o->d;
    const float *a = t->o->x + piece * d;
    if (t->o->cancel && lg_cancelled(t->o->cancel)) return;
    for (int64_t j = 0; j < t->n; j++) {
        const float *b = t->o->x + j * d;
        double sum = 0;
        for (int64_t i = 0; i < d; i++) sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        t->p[piece * t->n + j] = sum;
    }
}

/* Widths by bisection: such that the entropy of a row is that of `perplexity` equal neighbours. */
static void affinity_row(void *ctx, int piece, int worker)
{
    (void)worker;
    tsne *t = ctx;
    double *row = t->p + piece * t->n, low = 0, high = DBL_MAX, nearest = DBL_MAX;
    for (int64_t j = 0; j < t->n; j++)
        if (j != piece && row[j] < nearest) nearest = row[j];
    double mean = 0;
    for (int64_t j = 0; j < t->n; j++) mean += j == piece ? 0 : row[j] - nearest;
    mean /= (double)(t->n - 1);
    double beta = mean > 0 ? 1 / mean : 1, total = 0;
    for (int round = 0; round < 200; round++) {
        double weighted = 0;
        total = 0;
        for (int64_t j = 0; j < t->n; j++) {
            if (j == piece) continue;
            double p = exp(-(row[j] - nearest) * beta);
            total += p;
            weighted += p * (row[j] - nearest);
        }
        double excess = log(total) + beta * weighted / total - log(t->perplexity);
        if (fabs(excess) < 1e-5) break;
        if (excess > 0) low = beta, beta = high < DBL_MAX ? (low + high) / 2 : beta * 2;
        else high = beta, beta = (low + high) / 2;
    }
    for (int64_t j = 0; j < t->n; j++) row[j] = j == piece ? 0 : exp(-(row[j] - nearest) * beta) / total;
}

static void symmetric(tsne *t)
{
    for (int64_t i = 0; i < t->n; i++)
        for (int64_t j = 0; j < i; j++) {
            double both = (t->p[i * t->n + j] + t->p[j * t->n + i]) / (2 * (double)t->n);
            t->p[i * t->n + j] = t->p[j * t->n + i] = both;
        }
}

static void force_row(void *ctx, int piece, int worker)
{
    (void)worker;
    tsne *t = ctx;
    const double *p = t->p + piece * t->n, *y = t->y;
    double x0 = y[2 * piece], y0 = y[2 * piece + 1], ax = 0, ay = 0, rx = 0, ry = 0, sum = 0;
    for (int64_t j = 0; j < t->n; j++) {
        double dx = x0 - y[2 * j], dy = y0 - y[2 * j + 1], q = 1 / (1 + dx * dx + dy * dy), pq = p[j] * q, qq = q * q;
        ax += pq * dx, ay += pq * dy, rx += qq * dx, ry += qq * dy, sum += q;
    }
    double *pull = t->pull + 4 * piece;
    pull[0] = ax, pull[1] = ay, pull[2] = rx, pull[3] = ry;
    t->sum[piece] = sum - 1; /* without the point itself */
}

static void add_up(tsne *t)
{
    t->z = 0;
    for (int64_t i = 0; i < t->n; i++) t->z += t->sum[i];
}

static void divergence_row(void *ctx, int piece, int worker)
{
    (void)worker;
    tsne *t = ctx;
    const double *p = t->p + piece * t->n, *y = t->y;
    double sum = 0;
    for (int64_t j = 0; j < t->n; j++) {
        if (j == piece || p[j] <= 0) continue;
        double dx = y[2 * piece] - y[2 * j], dy = y[2 * piece + 1] - y[2 * j + 1];
        double q = 1 / (1 + dx * dx + dy * dy) / t->z;
        sum += p[j] * log(p[j] / (q > DBL_MIN ? q : DBL_MIN));
    }
    t->sum[piece] = sum;
}

/* One step with momentum and the gains of the original: larger while the direction stays. */
static void move(tsne *t, double rate, double momentum, double *speed, double *gain)
{
    for (int64_t i = 0; i < t->n; i++)
        for (int k = 0; k < 2; k++) {
            double g = 4 * (t->exaggeration * t->pull[4 * i + k] - t->pull[4 * i + 2 + k] / t->z);
            int64_t at = 2 * i + k;
            gain[at] = g * speed[at] < 0 ? gain[at] + 0.2 : gain[at] * 0.8;
            if (gain[at] < 0.01) gain[at] = 0.01;
            speed[at] = momentum * speed[at] - rate * gain[at] * g;
            t->y[at] += speed[at];
        }
}

static lg_status settle(tsne *t, double *speed, double *gain, lg_err *err)
{
    int rounds = t->o->rounds > 0 ? t->o->rounds : DEFAULT_ROUNDS, early = rounds / 4;
    double rate = fmax((double)t->n / 12 / 4, 50);
    for (int64_t i = 0; i < 2 * t->n; i++) gain[i] = 1;
    for (int r = 0; r < rounds; r++) {
        LG_TRY(lg_cancel_check(t->o->cancel, err));
        if (r == early) memset(speed, 0, (size_t)t->n * 2 * sizeof *speed);
        if (r == early)
            for (int64_t i = 0; i < 2 * t->n; i++) gain[i] = 1;
        t->exaggeration = r < early ? 12 : 1;
        lg_pool_run(t->o->pool, (int)t->n, force_row, t);
        add_up(t);
        move(t, rate, r < early ? 0.5 : 0.8, speed, gain);
        if (t->o->on_round) t->o->on_round(t->o->ctx, r + 1, rounds);
    }
    lg_pool_run(t->o->pool, (int)t->n, force_row, t);
    add_up(t);
    return LG_OK;
}

/* The PCA map, its first axis spread by 1e-4; points that PCA cannot tell apart begin on a tiny spiral. */
static lg_status begin(tsne *t, lg_err *err)
{
    double kept[2], square = 0;
    LG_TRY(nn_pca(t->o, t->y, kept, err));
    for (int64_t i = 0; i < t->n; i++) square += t->y[2 * i] * t->y[2 * i];
    double spread = sqrt(square / (double)t->n);
    for (int64_t i = 0; i < t->n; i++) {
        double turn = 2.399963229728653 * (double)i, off = spread > 0 ? 1e-9 : 1e-4;
        t->y[2 * i] = (spread > 0 ? t->y[2 * i] / spread * 1e-4 : 0) + off * cos(turn);
        t->y[2 * i + 1] = (spread > 0 ? t->y[2 * i + 1] / spread * 1e-4 : 0) + off * sin(turn);
    }
    return LG_OK;
}

lg_status nn_tsne(const nn_embedding_options *o, double *map, double *divergence, lg_err *err)
{
    tsne t = {.o = o, .n = o->n, .y = map, .perplexity = o->perplexity > 0 ? o->perplexity : 30};
    double *speed = NULL, *gain = NULL;
    lg_status st = LG_OK;
    *divergence = 0;
    if (o->n < 4) {
        double kept[2];
        return nn_pca(o, map, kept, err);
    }
    if (o->n > NN_TSNE_MOST) return lg_fail(err, LG_E_LIMIT, 412, "t-SNE takes at most %d images", NN_TSNE_MOST);
    if (t.perplexity > (double)(o->n - 1) / 3) t.perplexity = (double)(o->n - 1) / 3;
    if (t.perplexity < 1) t.perplexity = 1;
    t.p = lg_alloc((size_t)(t.n * t.n), sizeof *t.p, err);
    t.pull = t.p ? lg_alloc((size_t)t.n * 4, sizeof *t.pull, err) : NULL;
    t.sum = t.pull ? lg_alloc((size_t)t.n, sizeof *t.sum, err) : NULL;
    speed = t.sum ? lg_alloc((size_t)t.n * 2, sizeof *speed, err) : NULL;
    gain = speed ? lg_alloc((size_t)t.n * 2, sizeof *gain, err) : NULL;
    if (!gain) LG_GO(err->status);
    LG_GO(begin(&t, err));
    lg_pool_run(o->pool, (int)t.n, distance_row, &t);
    LG_GO(lg_cancel_check(o->cancel, err));
    lg_pool_run(o->pool, (int)t.n, affinity_row, &t);
    symmetric(&t);
    LG_GO(settle(&t, speed, gain, err));
    lg_pool_run(o->pool, (int)t.n, divergence_row, &t);
    for (int64_t i = 0; i < t.n; i++) *divergence += t.sum[i];
done:
    lg_free(t.p);
    lg_free(t.pull);
    lg_free(t.sum);
    lg_free(speed);
    lg_free(gain);
    return st;
}
