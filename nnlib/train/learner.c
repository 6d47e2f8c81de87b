/* learner.c - some images, through what is frozen. */
#include "nnlib/train/learner.h"
#include "nnlib/train/feed.h"
#include "lib/base/banned.h"

/* A source of the images chosen. */
typedef struct chosen {
    const nn_learner_options *o;
    const int64_t *order;
    int64_t n;
} chosen;

static lg_status chosen_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *err)
{
    const chosen *c = ctx;
    for (int i = 0; i < n; i++) {
        size_t floats = nn_shape_size(nn_net_input(nn_weights_net(c->o->weights)));
        LG_TRY(c->o->source.fill(c->o->source.ctx, c->order + indices[i], 1, x + (size_t)i * floats,
                                 label ? label + i : NULL, err));
    }
    return LG_OK;
}

static void on_batch(void *ctx, int64_t done)
{
    const chosen *c = ctx;
    if (c->o->on_image) c->o->on_image(c->o->ctx, done, c->n);
}

static lg_status check_labels(const nn_learner *l, lg_err *err)
{
    int classes = (int)nn_net_output(l->tail).dim[0];
    for (int i = 0; i < l->n; i++)
        if (l->label[i] < 0 || l->label[i] >= classes)
            return lg_fail(err, LG_E_DATA, 409, "one of the images has class %d, but the network knows %d classes",
                           l->label[i] + 1, classes);
    return LG_OK;
}

static lg_status find_tail(const nn_learner_options *o, nn_learner *l, lg_err *err)
{
    const nn_net *net = nn_weights_net(o->weights);
    l->cut = nn_net_cut(net);
    if (l->cut > 0) LG_TRY(nn_net_tail(net, l->cut, &l->tail, err));
    else l->tail = nn_net_ref(net);
    l->floats = nn_shape_size(nn_net_input(l->tail));
    return nn_weights_for(o->weights, l->tail, &l->weights, err);
}

static lg_status take_memory(const nn_learner_options *o, nn_learner *l, int64_t **order, lg_err *err)
{
    int64_t limit = o->limit ? o->limit : NN_MEMORY_LIMIT;
    if ((double)l->n * (double)l->floats * sizeof(float) > (double)limit) {
        lg_fail(err, LG_E_LIMIT, 207, "%s images would need %.1f GB", lg_thousands(l->n),
                (double)l->n * (double)l->floats * sizeof(float) / 1e9);
        return lg_try(err, "take fewer images");
    }
    l->x = lg_alloc((size_t)l->n * l->floats, sizeof *l->x, err);
    l->label = l->x ? lg_alloc((size_t)l->n, sizeof *l->label, err) : NULL;
    *order = l->label ? lg_alloc((size_t)o->source.count, sizeof **order, err) : NULL;
    return *order ? LG_OK : LG_E_MEMORY;
}

lg_status nn_learner_open(const nn_learner_options *o, nn_learner *l, lg_err *err)
{
    int64_t *order = NULL;
    lg_status st;
    *l = (nn_learner){.n = o->images < o->source.count ? o->images : (int)o->source.count};
    if (l->n < 1) return lg_fail(err, LG_E_DATA, 406, "there are no images to learn from");
    LG_GO(find_tail(o, l, err));
    LG_GO(take_memory(o, l, &order, err));
    nn_feed_order(&o->source, o->seed, 1, true, order);
    chosen c = {.o = o, .order = order, .n = l->n};
    const nn_predict_options run = {.weights = o->weights,
                                    .source = {.count = l->n, .ctx = &c, .fill = chosen_fill},
                                    .batch = l->cut ? NN_FEATURE_BATCH : 0,
                                    .pool = o->pool,
                                    .cancel = o->cancel,
                                    .limit = o->limit,
                                    .ctx = &c,
                                    .on_batch = on_batch};
    LG_GO(nn_feed_forward(&run, l->cut, l->x, l->label, err));
    LG_GO(check_labels(l, err));
done:
    lg_free(order);
    if (st) nn_learner_release(l);
    return st;
}

void nn_learner_release(nn_learner *l)
{
    nn_weights_unref(l->weights);
    nn_net_unref(l->tail);
    lg_free(l->x);
    lg_free(l->label);
    *l = (nn_learner){0};
}
