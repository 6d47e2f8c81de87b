/* lr_range.c - the learning rate range test. All memory is taken before the first step. */
#include "nnlib/train/lr_range.h"
#include <math.h>
#include <string.h>
#include "nnlib/train/feed.h"
#include "lib/base/banned.h"

enum { LEAST_STEPS = 10, MOST_STEPS = 100000 };
static const double carry = 0.9, blown_up = 4, begun = 0.1, below_end = 10;

typedef struct range_test {
    const nn_lr_options *o;
    nn_lr_range *r;
    nn_exec *exec;
    nn_feed feed;
    nn_hyper hyper;
    int64_t *order;
    int batch, epoch; /* number of the epoch whose order is in use */
    int64_t next;     /* place in it */
} range_test;

nn_lr_options nn_lr_defaults(void)
{
    return (nn_lr_options){.low = 1e-6, .high = 1, .steps = 100, .batch = 32, .momentum = -1, .optimizer = "sgd",
                           .loss = "auto", .seed = 1};
}

static lg_status check(const nn_lr_options *o, const nn_loss_type **loss, const nn_optim_type **optim, lg_err *err)
{
    if (!(o->low > 0 && o->low < o->high && isfinite(o->high)))
        return lg_fail(err, LG_E_ARG, 142, "`findlr range` goes from a rate above 0 to a larger one, not from %g to %g",
                       o->low, o->high);
    if (o->steps < LEAST_STEPS || o->steps > MOST_STEPS)
        return lg_fail(err, LG_E_ARG, 142, "`findlr steps` must be %d to %s, not %d", LEAST_STEPS,
                       lg_thousands(MOST_STEPS), o->steps);
    if (o->batch < 1) return lg_fail(err, LG_E_ARG, 142, "`findlr batch` must be at least 1, not %d", o->batch);
    if (o->train.count < 1) return lg_fail(err, LG_E_DATA, 406, "there are no training images");
    *optim = nn_optim_find(o->optimizer);
    if (!*optim) return lg_fail(err, LG_E_ARG, 141, "no optimizer is called `%.40s`", o->optimizer);
    *loss = nn_loss_find(strcmp(o->loss, "auto") == 0 ? "crossentropy" : o->loss);
    return *loss ? LG_OK : lg_fail(err, LG_E_ARG, 141, "no loss is called `%.40s`", o->loss);
}

static lg_status begin(range_test *t, lg_err *err)
{
    const nn_lr_options *o = t->o;
    const nn_loss_type *loss = NULL;
    const nn_optim_type *optim = NULL;
    LG_TRY(check(o, &loss, &optim, err));
    t->batch = o->batch < o->train.count ? o->batch : (int)o->train.count;
    t->next = o->train.count;
    t->hyper.momentum = o->momentum < 0 ? optim->momentum : o->momentum;
    t->feed = (nn_feed){.source = o->train, .pool = o->pool, .size = nn_shape_size(nn_net_input(o->net)),
                        .classes = (int)nn_net_output(o->net).dim[0]};
    LG_TRY(nn_exec_new(&(nn_exec_options){.net = o->net, .max_batch = t->batch, .train = true, .pool = o->pool,
                                          .loss = loss, .optim = optim, .seed = o->seed, .limit = o->limit},
                       &t->exec, err));
    LG_TRY(nn_feed_init(&t->feed, err));
    size_t n = (size_t)o->steps;
    t->order = lg_alloc((size_t)o->train.count, sizeof *t->order, err);
    t->r->lr = lg_alloc(n, sizeof *t->r->lr, err);
    t->r->loss = lg_alloc(n, sizeof *t->r->loss, err);
    t->r->batch_loss = lg_alloc(n, sizeof *t->r->batch_loss, err);
    if (!t->order || !t->r->lr || !t->r->loss || !t->r->batch_loss) return LG_E_MEMORY;
    nn_weights *start = NULL;
    LG_TRY(nn_weights_for(o->weights, o->net, &start, err));
    nn_exec_load(t->exec, start);
    nn_weights_unref(start);
    nn_exec_set_class_weight(t->exec, o->class_weight);
    nn_exec_set_cancel(t->exec, o->cancel);
    return LG_OK;
}

/* Batches in the order of nn_fit: epoch after epoch, each in an order of its own. */
static lg_status next_batch(range_test *t, int *n, lg_err *err)
{
    int64_t count = t->o->train.count;
    if (t->next >= count) {
        nn_feed_order(&t->o->train, t->o->seed, ++t->epoch, true, t->order);
        t->next = 0;
    }
    *n = count - t->next < t->batch ? (int)(count - t->next) : t->batch;
    LG_TRY(nn_feed_batch(&t->feed, t->order + t->next, *n, nn_exec_input(t->exec), nn_exec_labels(t->exec), err));
    t->next += *n;
    return LG_OK;
}

static lg_status one_step(range_test *t, double *mean, lg_err *err)
{
    const nn_lr_options *o = t->o;
    nn_lr_range *r = t->r;
    int n = 0, i = r->count;
    LG_TRY(lg_cancel_check(o->cancel, err));
    LG_TRY(next_batch(t, &n, err));
    nn_exec_gradient(t->exec, n);
    LG_TRY(lg_cancel_check(o->cancel, err));
    r->lr[i] = o->low * pow(o->high / o->low, (double)i / (o->steps - 1));
    r->batch_loss[i] = nn_exec_loss(t->exec);
    *mean = carry * *mean + (1 - carry) * r->batch_loss[i];
    r->loss[i] = *mean / (1 - pow(carry, i + 1));
    r->count++;
    t->hyper.lr = r->lr[i];
    nn_exec_step(t->exec, &t->hyper);
    return LG_OK;
}

static lg_status steps(range_test *t, lg_err *err)
{
    nn_lr_range *r = t->r;
    double mean = 0, lowest = HUGE_VAL;
    while (r->count < t->o->steps && !(r->diverges > 0)) {
        LG_TRY(one_step(t, &mean, err));
        int i = r->count - 1;
        if (r->loss[i] < lowest) lowest = r->loss[i];
        /* The batch that blew up was seen with the weights of the step before. */
        if (!(r->loss[i] <= blown_up * lowest)) r->diverges = r->lr[i > 0 ? i - 1 : 0];
        if (t->o->on_step) t->o->on_step(t->o->ctx, r);
    }
    return LG_OK;
}

/* The nearest of 1, 2, 5 times a power of ten, by ratio. */
static double rounded(double x)
{
    static const double heads[] = {1, 2, 5, 10};
    double decade = pow(10, floor(log10(x))), near = decade;
    for (int i = 1; i < 4; i++)
        if (fabs(log(heads[i] * decade / x)) < fabs(log(near / x))) near = heads[i] * decade;
    return near;
}

/* How much one batch differs from the next, as a standard deviation: from the differences of neighbours, which a slow
 * fall hardly changes. */
static double batch_spread(const nn_lr_range *r, int n)
{
    double sum = 0;
    for (int i = 1; i < n; i++) sum += pow(r->batch_loss[i] - r->batch_loss[i - 1], 2);
    return n > 1 ? sqrt(sum / (2 * (n - 1))) : 0;
}

/* The band is where the mean falls: it ends at its lowest point and begins where a tenth of the fall is done. What
 * batches differ by alone is no fall. */
static void read_curve(nn_lr_range *r)
{
    int low = r->count < LEAST_STEPS ? 0 : LEAST_STEPS - 1, n = 0; /* earlier means are of too few batches */
    double first = 0;
    for (int i = low + 1; i < r->count; i++)
        if (r->loss[i] < r->loss[low]) low = i;
    for (; n < low && n < LEAST_STEPS; n++) first += r->batch_loss[n];
    first /= n ? n : 1;
    double fall = first - r->loss[low];
    if (!(fall > first / 20 && fall > 1.5 * batch_spread(r, low))) return;
    int from = low;
    while (from > 0 && r->loss[from - 1] <= first - begun * fall) from--;
    r->from = r->lr[from], r->to = r->lr[low];
    double wanted = r->to / below_end;
    r->suggest = rounded(wanted > r->from ? wanted : r->from);
}

lg_status nn_lr_range_find(const nn_lr_options *options, nn_lr_range *range, lg_err *err)
{
    range_test t = {.o = options, .r = range};
    *range = (nn_lr_range){0};
    lg_status st = begin(&t, err);
    if (st == LG_OK) st = steps(&t, err);
    if (st == LG_OK || st == LG_E_INTERRUPTED) read_curve(range);
    else nn_lr_range_release(range);
    nn_feed_release(&t.feed);
    lg_free(t.order);
    nn_exec_free(t.exec);
    return st;
}

void nn_lr_range_release(nn_lr_range *range)
{
    lg_free(range->lr);
    lg_free(range->loss);
    lg_free(range->batch_loss);
    *range = (nn_lr_range){0};
}
