/* landscape.c - the loss at many points of a plane. */
#include "nnlib/train/landscape.h"
#include <float.h>
#include <math.h>
#include <string.h>
#include "nnlib/core/rng.h"
#include "nnlib/train/learner.h"
#include "lib/base/banned.h"

void nn_landscape_release(nn_landscape *l)
{
    lg_free(l->loss);
    *l = (nn_landscape){0};
}

int nn_landscape_images(const nn_net *net, int size)
{
    double one = nn_net_macs(net, nn_net_cut(net)) * size * size, images = NN_LANDSCAPE_MACS / fmax(one, 1);
    return (int)fmin(fmax(images, NN_LANDSCAPE_FEWEST), NN_LANDSCAPE_MOST);
}

/* ---- directions ---- */

/* Numbers of a tensor that belong to one filter, or unit: those with the same index in its last dimension; of
 * depthwise, whose last is 1, in the one before. Returns how many filters; 0: the tensor stays (biases, batchnorm). */
static size_t filters_of(const nn_node *node, int k)
{
    const nn_shape *s = &node->param[k].shape;
    if (s->rank < 2 || !nn_node_trains(node, k)) return 0;
    size_t last = (size_t)s->dim[s->rank - 1];
    return s->rank == 4 && last == 1 && strcmp(node->type->name, "depthwise") == 0 ? (size_t)s->dim[2] : last;
}

/* Scales one filter of d to the length of that of w. */
static void normalise(const float *w, float *d, size_t n, size_t stride)
{
    double weight = 0, drawn = 0;
    for (size_t i = 0; i < n; i += stride) {
        weight += (double)w[i] * (double)w[i];
        drawn += (double)d[i] * (double)d[i];
    }
    double factor = drawn > 0 ? sqrt(weight / drawn) : 0;
    for (size_t i = 0; i < n; i += stride) d[i] = (float)((double)d[i] * factor);
}

/* Large networks have weights for seconds. */
static lg_status draw_direction(const nn_weights *weights, uint64_t seed, int number, float *direction,
                                lg_cancel *cancel, lg_err *err)
{
    enum { STRETCH = 1 << 20 };
    const nn_net *net = nn_weights_net(weights);
    memset(direction, 0, nn_net_trained_block(net) * sizeof *direction);
    for (int i = 1; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            size_t n = nn_shape_size(node->param[k].shape), filters = filters_of(node, k);
            float *d = direction + node->offset[k];
            lg_rng rng;
            if (!filters) continue;
            lg_rng_init(&rng, nn_key(nn_key(nn_key(seed, (uint64_t)number + 1), (uint64_t)node->key), (uint64_t)k));
            for (size_t j = 0; j < n; j++) {
                if (j % STRETCH == 0) LG_TRY(lg_cancel_check(cancel, err));
                d[j] = (float)lg_rng_normal(&rng);
            }
            for (size_t f = 0; f < filters; f++) {
                LG_TRY(lg_cancel_check(cancel, err));
                normalise(nn_weights_param(weights, i, k) + f, d + f, n - f, filters);
            }
        }
    }
    return LG_OK;
}

void nn_landscape_direction(const nn_weights *weights, uint64_t seed, int number, float *direction)
{
    lg_err never = {0}; /* nobody stops it */
    (void)draw_direction(weights, seed, number, direction, NULL, &never);
}

/* ---- losses ---- */

typedef struct surface {
    const nn_landscape_options *o;
    nn_landscape *l;
    nn_learner from;
    nn_weights *moved;
    float *direction[2];
    size_t block; /* floats of a direction */
    nn_exec *exec;
} surface;

static double coordinate(const nn_landscape *l, int i)
{
    int middle = l->size / 2;
    return l->radius * (i - middle) / middle;
}

/* The weights of a point: the middle is exactly where they were. */
static void move_to(surface *s, double x, double y)
{
    const float *w = nn_weights_block(s->from.weights), *a = s->direction[0], *b = s->direction[1];
    float *to = nn_weights_data(s->moved);
    const float fx = (float)x, fy = (float)y;
    for (size_t i = 0; i < s->block; i++) to[i] = w[i] + fx * a[i] + fy * b[i];
    nn_exec_load(s->exec, s->moved);
}

static double mean_loss(const surface *s)
{
    size_t classes = nn_shape_size(nn_net_output(s->from.tail));
    double sum = 0;
    for (int i = 0; i < s->from.n; i++) {
        double p = (double)nn_exec_output(s->exec)[(size_t)i * classes + (size_t)s->from.label[i]];
        if (isnan(p)) return NAN;
        sum -= log(fmax(p, (double)FLT_MIN));
    }
    return sum / s->from.n;
}

static lg_status visit(surface *s, lg_err *err)
{
    nn_landscape *l = s->l;
    int points = l->size * l->size;
    for (int i = 0; i < points; i++) {
        LG_TRY(lg_cancel_check(s->o->cancel, err));
        move_to(s, coordinate(l, i % l->size), coordinate(l, i / l->size));
        nn_exec_forward(s->exec, s->from.n);
        LG_TRY(lg_cancel_check(s->o->cancel, err));
        l->loss[i] = mean_loss(s);
        if (s->o->on_point) s->o->on_point(s->o->ctx, i + 1, points);
    }
    return LG_OK;
}

static lg_status prepare(surface *s, lg_err *err)
{
    const nn_landscape_options *o = s->o;
    nn_landscape *l = s->l;
    const nn_learner_options from = {.weights = o->weights,
                                     .source = o->source,
                                     .images = o->images,
                                     .seed = o->seed,
                                     .pool = o->pool,
                                     .cancel = o->cancel,
                                     .limit = o->limit,
                                     .ctx = o->ctx,
                                     .on_image = o->on_image};
    LG_TRY(nn_learner_open(&from, &s->from, err));
    const nn_net *tail = s->from.tail;
    s->block = nn_net_trained_block(tail);
    for (int i = 0; i < 2; i++) {
        s->direction[i] = lg_alloc(s->block, sizeof(float), err);
        if (!s->direction[i]) return LG_E_MEMORY;
        LG_TRY(draw_direction(s->from.weights, o->seed, i, s->direction[i], o->cancel, err));
    }
    for (int i = 1; i < nn_net_count(tail); i++)
        for (int k = 0; k < nn_net_node(tail, i)->nparam; k++)
            if (filters_of(nn_net_node(tail, i), k)) l->moved += nn_shape_size(nn_net_node(tail, i)->param[k].shape);
    LG_TRY(nn_weights_copy(s->from.weights, &s->moved, err));
    l->images = s->from.n;
    l->loss = lg_alloc((size_t)l->size * (size_t)l->size, sizeof *l->loss, err);
    if (!l->loss) return LG_E_MEMORY;
    LG_TRY(nn_exec_new(&(nn_exec_options){.net = tail, .max_batch = s->from.n, .pool = o->pool, .limit = o->limit},
                       &s->exec, err));
    nn_exec_set_cancel(s->exec, o->cancel);
    memcpy(nn_exec_input(s->exec), s->from.x, (size_t)s->from.n * s->from.floats * sizeof(float));
    return LG_OK;
}

/* ---- what it looks like ---- */

static double at(const nn_landscape *l, int column, int row)
{
    int middle = l->size / 2;
    return l->loss[(size_t)((middle + row) * l->size + middle + column)];
}

/* The matrix of second derivatives, over h points to each side, and its eigenvalues. */
static void find_bends(nn_landscape *l)
{
    int h = l->size / 4 > 0 ? l->size / 4 : 1;
    double d = l->radius * h / (l->size / 2), dd = d * d;
    double xx = (at(l, h, 0) + at(l, -h, 0) - 2 * l->here) / dd, yy = (at(l, 0, h) + at(l, 0, -h) - 2 * l->here) / dd;
    double xy = (at(l, h, h) + at(l, -h, -h) - at(l, h, -h) - at(l, -h, h)) / (4 * dd);
    double middle = (xx + yy) / 2, spread = hypot((xx - yy) / 2, xy);
    l->steep = middle + spread, l->gentle = middle - spread;
    l->slope[0] = (at(l, h, 0) - at(l, -h, 0)) / (2 * d), l->slope[1] = (at(l, 0, h) - at(l, 0, -h)) / (2 * d);
}

static nn_landscape_form form_of(const nn_landscape *l)
{
    double range = l->loss[l->highest] - l->loss[l->lowest], slope = hypot(l->slope[0], l->slope[1]);
    if (isnan(slope + l->steep)) return NN_FORM_UNKNOWN; /* else every comparison would say no: a hill */
    if (range <= 0.02 * l->here) return NN_FORM_FLAT;
    if (slope > fmax(l->steep, 0) * l->radius / 2) return NN_FORM_SLOPE;
    if (l->gentle > 0) return l->steep >= 3 * l->gentle ? NN_FORM_VALLEY : NN_FORM_BOWL;
    return l->steep > 0 ? NN_FORM_SADDLE : NN_FORM_RIDGE;
}

static lg_status look(nn_landscape *l, lg_err *err)
{
    size_t n = (size_t)l->size * (size_t)l->size, middle = n / 2;
    l->here = l->loss[middle];
    if (!isfinite(l->here)) {
        lg_fail(err, LG_E_NUMERIC, 437, "the loss of this network is not a number, so there is no landscape around it");
        return lg_try(err, "begin again from its first weights, with a smaller learning rate");
    }
    l->lowest = l->highest = middle;
    for (size_t i = 0; i < n; i++) {
        if (l->loss[i] < l->loss[l->lowest]) l->lowest = i;
        if (l->loss[i] > l->loss[l->highest]) l->highest = i;
    }
    find_bends(l);
    l->form = form_of(l);
    return LG_OK;
}

static lg_status check_numbers(const nn_landscape_options *o, lg_err *err)
{
    if (o->size < 3 || o->size % 2 == 0)
        return lg_fail(err, LG_E_ARG, 142,
                       "a landscape has an odd number of points along each side, 3 at least, not %d", o->size);
    if (!(o->radius > 0) || isinf(o->radius))
        return lg_fail(err, LG_E_ARG, 142, "the radius of a landscape must be above 0, not %g", o->radius);
    return LG_OK;
}

lg_status nn_landscape_find(const nn_landscape_options *o, nn_landscape *l, lg_err *err)
{
    surface s = {.o = o, .l = l};
    lg_status st;
    *l = (nn_landscape){.size = o->size, .radius = o->radius};
    LG_TRY(check_numbers(o, err));
    LG_GO(prepare(&s, err));
    LG_GO(visit(&s, err));
    LG_GO(look(l, err));
done:
    nn_exec_free(s.exec);
    nn_weights_unref(s.moved);
    nn_learner_release(&s.from);
    for (int i = 0; i < 2; i++) lg_free(s.direction[i]);
    if (st) nn_landscape_release(l);
    return st;
}
