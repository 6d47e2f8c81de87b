/* pca.c - the two directions of the largest variance, and nearest neighbours.
 *
 * The eigenvectors come from the smaller of the two products of the centred points with themselves, (d, d) or (n, n),
 * by subspace iteration with a Rayleigh-Ritz step (Stewart 1969): a block a little wider than the two wanted converges
 * by the ratio to the first eigenvalue outside the block. */
#include "nnlib/train/embedding.h"
#include <math.h>
#include <string.h>
#include "nnlib/core/rng.h"
#include "lib/base/banned.h"

enum { BLOCK = 8, AXES = 2, MOST_ROUNDS = 400 };

typedef struct pca {
    const nn_embedding_options *o;
    double *centred; /* (n, d) */
    double *product; /* (m, m), m = min(n, d) */
    double *q, *y;   /* (BLOCK, m): the block, and product times it */
    int64_t m;
    int block;
    double value[BLOCK];
} pca;

static double dot(const double *a, const double *b, int64_t n)
{
    double lane[4] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++) lane[k] += a[i + k] * b[i + k];
    for (; i < n; i++) sum += a[i] * b[i];
    return sum + ((lane[0] + lane[1]) + (lane[2] + lane[3]));
}

static lg_status centre(pca *p, lg_err *err)
{
    int64_t n = p->o->n, d = p->o->d;
    for (int64_t k = 0; k < d; k++) {
        double mean = 0;
        for (int64_t i = 0; i < n; i++) mean += (double)p->o->x[i * d + k];
        mean /= (double)n;
        if (!isfinite(mean)) return lg_fail(err, LG_E_NUMERIC, 412, "the network gives numbers that are not finite");
        for (int64_t i = 0; i < n; i++) p->centred[i * d + k] = (double)p->o->x[i * d + k] - mean;
    }
    return LG_OK;
}

/* Row `piece` of the product, up to the diagonal. Features are turned to (d, n) first where (d, d) is the smaller. */
static void product_row(void *ctx, int piece, int worker)
{
    (void)worker;
    pca *p = ctx;
    int64_t len = p->o->n <= p->o->d ? p->o->d : p->o->n;
    if (p->o->cancel && lg_cancelled(p->o->cancel)) return;
    for (int64_t j = 0; j <= piece; j++) {
        double v = dot(p->centred + piece * len, p->centred + j * len, len);
        p->product[piece * p->m + j] = p->product[j * p->m + piece] = v;
    }
}

static void times_row(void *ctx, int piece, int worker)
{
    (void)worker;
    pca *p = ctx;
    for (int b = 0; b < p->block; b++) p->y[b * p->m + piece] = dot(p->product + piece * p->m, p->q + b * p->m, p->m);
}

/* Gram-Schmidt, twice over for accuracy; a vector that vanishes becomes 0. */
static void orthonormalise(double *v, int block, int64_t m)
{
    for (int b = 0; b < block; b++) {
        double *row = v + b * m, before = sqrt(dot(row, row, m));
        for (int round = 0; round < 2; round++)
            for (int a = 0; a < b; a++) {
                double along = dot(row, v + a * m, m);
                for (int64_t i = 0; i < m; i++) row[i] -= along * v[a * m + i];
            }
        double length = sqrt(dot(row, row, m));
        double scale = length > before * 1e-13 && length > 0 ? 1 / length : 0;
        for (int64_t i = 0; i < m; i++) row[i] *= scale;
    }
}

/* Cyclic Jacobi of a small symmetric matrix: a becomes diagonal, the columns of e its eigenvectors. */
static void jacobi(double a[BLOCK][BLOCK], double e[BLOCK][BLOCK], int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) e[i][j] = i == j;
    for (int sweep = 0; sweep < 50; sweep++) {
        double off = 0, all = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) *(i == j ? &all : &off) += a[i][j] * a[i][j];
        if (off <= 1e-30 * all) return;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                if (fabs(a[p][q]) <= 1e-300) continue;
                double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
                double c = 1 / sqrt(t * t + 1), s = t * c;
                for (int k = 0; k < n; k++) {
                    double kp = a[k][p], kq = a[k][q];
                    a[k][p] = c * kp - s * kq, a[k][q] = s * kp + c * kq;
                }
                for (int k = 0; k < n; k++) {
                    double pk = a[p][k], qk = a[q][k];
                    a[p][k] = c * pk - s * qk, a[q][k] = s * pk + c * qk;
                }
                for (int k = 0; k < n; k++) {
                    double kp = e[k][p], kq = e[k][q];
                    e[k][p] = c * kp - s * kq, e[k][q] = s * kp + c * kq;
                }
            }
    }
}

/* The block turned to the best eigenvectors it holds, largest first; y turns with it. */
static void ritz(pca *p)
{
    double a[BLOCK][BLOCK], e[BLOCK][BLOCK], q[BLOCK], y[BLOCK];
    int order[BLOCK];
    for (int i = 0; i < p->block; i++)
        for (int j = 0; j < p->block; j++) a[i][j] = dot(p->q + i * p->m, p->y + j * p->m, p->m);
    for (int i = 0; i < p->block; i++)
        for (int j = 0; j < i; j++) a[i][j] = a[j][i] = (a[i][j] + a[j][i]) / 2;
    jacobi(a, e, p->block);
    for (int i = 0; i < p->block; i++) {
        int at = i;
        for (; at > 0 && a[order[at - 1]][order[at - 1]] < a[i][i]; at--) order[at] = order[at - 1];
        order[at] = i;
    }
    for (int i = 0; i < p->block; i++) p->value[i] = a[order[i]][order[i]];
    for (int64_t k = 0; k < p->m; k++) {
        for (int i = 0; i < p->block; i++) q[i] = p->q[i * p->m + k], y[i] = p->y[i * p->m + k];
        for (int i = 0; i < p->block; i++) {
            double sq = 0, sy = 0;
            for (int j = 0; j < p->block; j++) sq += e[j][order[i]] * q[j], sy += e[j][order[i]] * y[j];
            p->q[i * p->m + k] = sq, p->y[i * p->m + k] = sy;
        }
    }
}

/* Are the first two pairs eigenpairs: |Cv - lv| small beside the largest eigenvalue? */
static bool settled(const pca *p)
{
    for (int b = 0; b < AXES && b < p->block; b++) {
        double sum = 0;
        for (int64_t i = 0; i < p->m; i++) {
            double r = p->y[b * p->m + i] - p->value[b] * p->q[b * p->m + i];
            sum += r * r;
        }
        if (sqrt(sum) > 1e-12 * p->value[0]) return false;
    }
    return true;
}

static lg_status iterate(pca *p, lg_err *err)
{
    for (int64_t i = 0; i < p->block * p->m; i++) p->q[i] = (double)nn_key_uniform(nn_key(0x706361, (uint64_t)i)) - 0.5;
    orthonormalise(p->q, p->block, p->m);
    for (int round = 0; round < MOST_ROUNDS; round++) {
        LG_TRY(lg_cancel_check(p->o->cancel, err));
        lg_pool_run(p->o->pool, (int)p->m, times_row, p);
        ritz(p);
        if (settled(p)) break;
        double *next = p->y;
        p->y = p->q, p->q = next;
        orthonormalise(p->q, p->block, p->m);
    }
    return LG_OK;
}

/* Direction b in the d dimensions of the features has its largest number positive; points along it. `wide`: the
 * eigenvectors are those of (n, n), and points are centred as (n, d). */
static void project(const pca *p, int b, bool wide, double *map)
{
    int64_t n = p->o->n, d = p->o->d;
    const double *v = p->q + b * p->m;
    double value = p->value[b] > 0 ? sqrt(p->value[b]) : 0, most = 0, at_most = 0;
    for (int64_t k = 0; k < d; k++) {
        double along = 0;
        if (!wide) along = v[k];
        else
            for (int64_t i = 0; i < n; i++) along += v[i] * p->centred[i * d + k];
        if (fabs(along) > most) most = fabs(along), at_most = along;
    }
    double sign = at_most < 0 ? -1 : 1;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        if (wide) sum = v[i] * value;
        else
            for (int64_t k = 0; k < d; k++) sum += v[k] * p->centred[k * n + i];
        map[AXES * i + b] = sign * sum;
    }
}

/* (n, d) to (d, n). */
static lg_status turn(pca *p, lg_err *err)
{
    int64_t n = p->o->n, d = p->o->d;
    double *turned = lg_alloc((size_t)(n * d), sizeof *turned, err);
    if (!turned) return err->status;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < d; k++) turned[k * n + i] = p->centred[i * d + k];
    lg_free(p->centred);
    p->centred = turned;
    return LG_OK;
}

lg_status nn_pca(const nn_embedding_options *o, double *map, double *kept, lg_err *err)
{
    bool wide = o->n <= o->d;
    pca p = {.o = o, .m = wide ? o->n : o->d};
    double total = 0;
    lg_status st = LG_OK;
    memset(map, 0, (size_t)o->n * AXES * sizeof *map);
    kept[0] = kept[1] = 0;
    if (o->n < 2 || o->d < 1) return LG_OK;
    p.block = p.m < BLOCK ? (int)p.m : BLOCK;
    p.centred = lg_alloc((size_t)(o->n * o->d), sizeof *p.centred, err);
    p.product = p.centred ? lg_alloc((size_t)(p.m * p.m), sizeof *p.product, err) : NULL;
    p.q = p.product ? lg_alloc((size_t)(BLOCK * p.m), sizeof *p.q, err) : NULL;
    p.y = p.q ? lg_alloc((size_t)(BLOCK * p.m), sizeof *p.y, err) : NULL;
    if (!p.y) LG_GO(err->status);
    LG_GO(centre(&p, err));
    if (!wide) LG_GO(turn(&p, err));
    lg_pool_run(o->pool, (int)p.m, product_row, &p);
    for (int64_t i = 0; i < p.m; i++) total += p.product[i * p.m + i];
    if (!(total > 0)) goto done; /* all points are one */
    LG_GO(iterate(&p, err));
    for (int b = 0; b < AXES && b < p.block; b++) {
        project(&p, b, wide, map);
        kept[b] = p.value[b] > 0 ? p.value[b] / total : 0;
    }
done:
    lg_free(p.centred);
    lg_free(p.product);
    lg_free(p.q);
    lg_free(p.y);
    return st;
}

/* ---- neighbours ---- */
typedef struct near_job {
    const nn_embedding_options *o;
    int k;
    int32_t *near;
    double *distance; /* (n, k) */
} near_job;

static void near_row(void *ctx, int piece, int worker)
{
    (void)worker;
    near_job *job = ctx;
    int64_t d = job->o->d;
    const float *mine = job->o->x + piece * d;
    int32_t *near = job->near + (int64_t)piece * job->k;
    double *far = job->distance + (int64_t)piece * job->k;
    int have = 0;
    if (job->o->cancel && lg_cancelled(job->o->cancel)) return;
    for (int64_t j = 0; j < job->o->n; j++) {
        double sum = 0;
        if (j == piece) continue;
        for (int64_t i = 0; i < d; i++) {
            double diff = (double)mine[i] - (double)job->o->x[j * d + i];
            sum += diff * diff;
        }
        if (have == job->k && !(sum < far[have - 1])) continue;
        int at = have < job->k ? have++ : have - 1;
        for (; at > 0 && sum < far[at - 1]; at--) far[at] = far[at - 1], near[at] = near[at - 1];
        far[at] = sum, near[at] = (int32_t)j;
    }
}

lg_status nn_neighbours(const nn_embedding_options *o, int k, int32_t *near, lg_err *err)
{
    near_job job = {.o = o, .k = k, .near = near};
    if (k < 1 || o->n <= k) return LG_OK;
    job.distance = lg_alloc((size_t)o->n * (size_t)k, sizeof *job.distance, err);
    if (!job.distance) return err->status;
    lg_pool_run(o->pool, (int)o->n, near_row, &job);
    lg_free(job.distance);
    return lg_cancel_check(o->cancel, err);
}
