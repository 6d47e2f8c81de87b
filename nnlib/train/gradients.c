/* gradients.c - one batch there and back, and the length of what arrives. */
#include "nnlib/train/gradients.h"
#include <math.h>
#include <string.h>
#include "nnlib/train/explain.h"
#include "nnlib/train/learner.h"
#include "lib/base/banned.h"

void nn_gradients_release(nn_gradients *g)
{
    lg_free(g->layer);
    *g = (nn_gradients){0};
}

/* ---- lengths ---- */

static double squares(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}

/* Of a node of the part that learns. */
static void measure_node(const nn_exec *exec, const nn_node *node, double lr, nn_layer_gradient *out)
{
    double gradient = 0, weight = 0;
    out->params = 0;
    for (int k = 0; k < node->nparam; k++) {
        size_t n = nn_shape_size(node->param[k].shape);
        if (!nn_node_trains(node, k)) continue;
        gradient += squares(nn_exec_grad(exec) + node->offset[k], n);
        weight += squares(nn_exec_weights(exec) + node->offset[k], n);
        out->params += (int64_t)n;
    }
    out->norm = sqrt(gradient);
    out->rms = out->norm / sqrt((double)out->params);
    out->ratio = weight > 0 ? lr * sqrt(gradient / weight) : (double)NAN;
}

static nn_gradient_state state_of(const nn_layer_gradient *layer)
{
    if (!isfinite(layer->norm) || layer->share > NN_EXPLODES) return NN_GRADIENT_EXPLODES;
    if (!(layer->norm > 0)) return NN_GRADIENT_SILENT;
    return layer->share < NN_VANISHES ? NN_GRADIENT_VANISHES : NN_GRADIENT_FINE;
}

static lg_status list_layers(const nn_gradients_options *o, const nn_learner *l, const nn_exec *exec, nn_gradients *g,
                             lg_err *err)
{
    const nn_net *net = nn_weights_net(o->weights);
    g->layer = lg_alloc((size_t)nn_net_count(net), sizeof *g->layer, err);
    if (!g->layer) return LG_E_MEMORY;
    g->first = -1;
    for (int i = 1; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        nn_layer_gradient *layer = &g->layer[g->count];
        if (!node->nparam) continue;
        *layer = (nn_layer_gradient){
            .node = i, .norm = NAN, .rms = NAN, .share = NAN, .ratio = NAN, .dead = NAN, .state = NN_GRADIENT_FROZEN};
        for (int k = 0; k < node->nparam; k++) layer->params += (int64_t)nn_shape_size(node->param[k].shape);
        if (!node->frozen) {
            measure_node(exec, nn_net_node(l->tail, i - l->cut), o->lr, layer);
            if (g->first < 0) g->first = g->count;
            g->last = g->count;
        }
        g->count++;
    }
    for (int i = 0; i < g->count; i++) {
        if (nn_net_node(net, g->layer[i].node)->frozen) continue;
        /* Where nothing reaches the last layer a penalty may still move others: an endless share explodes nothing. */
        double last = g->layer[g->last].norm;
        g->layer[i].share = last > 0 ? g->layer[i].norm / last : (double)NAN;
        g->layer[i].state = state_of(&g->layer[i]);
    }
    return LG_OK;
}

static lg_status there_and_back(const nn_gradients_options *o, const nn_learner *l, nn_gradients *g, lg_err *err)
{
    nn_exec *exec = NULL;
    LG_TRY(nn_exec_new(&(nn_exec_options){.net = l->tail,
                                          .max_batch = l->n,
                                          .train = true,
                                          .pool = o->pool,
                                          .loss = nn_loss_find("crossentropy"),
                                          .optim = nn_optim_find("sgd"),
                                          .seed = o->seed,
                                          .limit = o->limit},
                       &exec, err));
    nn_exec_load(exec, l->weights);
    nn_exec_set_cancel(exec, o->cancel);
    memcpy(nn_exec_input(exec), l->x, (size_t)l->n * l->floats * sizeof(float));
    memcpy(nn_exec_labels(exec), l->label, (size_t)l->n * sizeof(int32_t));
    nn_exec_gradient(exec, l->n);
    lg_status st = lg_cancel_check(o->cancel, err);
    g->images = l->n;
    g->loss = nn_exec_loss(exec);
    if (st == LG_OK) st = list_layers(o, l, exec, g, err);
    nn_exec_free(exec);
    return st;
}

/* ---- silent units ---- */

/* The node whose relu a layer's numbers go through, with nothing added before; -1. */
static int relu_behind(const nn_net *net, int node)
{
    int end = nn_with_followers(net, node);
    for (int i = node; i <= end; i++)
        if (strcmp(nn_net_node(net, i)->type->name, "add") == 0) return -1;
    nn_activation a = nn_ends_in(nn_net_node(net, end)->type, nn_net_node(net, end)->spec.config);
    return a == NN_RELU || a == NN_RELU6 ? end : -1;
}

/* Which units of a node fired for this image: into fired, one flag a channel. */
static void note_fired(const nn_exec *exec, const nn_node *node, int number, bool *fired)
{
    const float *y = nn_exec_activation(exec, number);
    size_t channels = (size_t)node->spec.out.dim[node->spec.out.rank - 1], n = nn_shape_size(node->spec.out);
    for (size_t i = 0; i < n; i++)
        if (y[i] > 0) fired[i % channels] = true;
}

static size_t units_of(const nn_net *net, int node)
{
    const nn_shape *s = &nn_net_node(net, node)->spec.out;
    return (size_t)s->dim[s->rank - 1];
}

static lg_status run_images(const nn_gradients_options *o, const nn_learner *l, nn_exec *exec, const nn_gradients *g,
                            bool *fired, lg_err *err)
{
    for (int image = 0; image < l->n; image++) {
        bool *at = fired;
        memcpy(nn_exec_input(exec), l->x + (size_t)image * l->floats, l->floats * sizeof(float));
        nn_exec_forward(exec, 1);
        LG_TRY(lg_cancel_check(o->cancel, err));
        for (int i = 0; i < g->count; i++) {
            int relu = g->layer[i].state == NN_GRADIENT_FROZEN ? -1 : relu_behind(l->tail, g->layer[i].node - l->cut);
            if (relu < 0) continue;
            note_fired(exec, nn_net_node(l->tail, relu), relu, at);
            at += units_of(l->tail, relu);
        }
    }
    return LG_OK;
}

static void count_dead(const nn_learner *l, nn_gradients *g, const bool *fired)
{
    for (int i = 0; i < g->count; i++) {
        int relu = g->layer[i].state == NN_GRADIENT_FROZEN ? -1 : relu_behind(l->tail, g->layer[i].node - l->cut);
        if (relu < 0) continue;
        size_t units = units_of(l->tail, relu), dead = 0;
        for (size_t k = 0; k < units; k++) dead += !fired[k];
        g->layer[i].dead = (double)dead / (double)units;
        fired += units;
    }
}

static lg_status find_dead(const nn_gradients_options *o, const nn_learner *l, nn_gradients *g, lg_err *err)
{
    size_t units = 1;
    nn_exec *exec = NULL;
    if (nn_net_macs(l->tail, 0) * l->n > NN_DEAD_MACS) return LG_OK;
    for (int i = 0; i < g->count; i++) {
        int relu = g->layer[i].state == NN_GRADIENT_FROZEN ? -1 : relu_behind(l->tail, g->layer[i].node - l->cut);
        if (relu >= 0) units += units_of(l->tail, relu);
    }
    bool *fired = lg_alloc(units, sizeof *fired, err);
    lg_status st = fired ? LG_OK : LG_E_MEMORY;
    if (st == LG_OK)
        st = nn_exec_new(&(nn_exec_options){.net = l->tail, .max_batch = 1, .keep = true, .limit = o->limit}, &exec,
                         err);
    if (st == LG_OK) {
        nn_exec_load(exec, l->weights);
        nn_exec_set_cancel(exec, o->cancel);
        st = run_images(o, l, exec, g, fired, err);
    }
    if (st == LG_OK) count_dead(l, g, fired);
    nn_exec_free(exec);
    lg_free(fired);
    return st;
}

lg_status nn_gradients_measure(const nn_gradients_options *o, nn_gradients *g, lg_err *err)
{
    nn_learner l = {0};
    const nn_learner_options from = {.weights = o->weights,
                                     .source = o->source,
                                     .images = o->batch,
                                     .seed = o->seed,
                                     .pool = o->pool,
                                     .cancel = o->cancel,
                                     .limit = o->limit,
                                     .ctx = o->ctx,
                                     .on_image = o->on_image};
    lg_status st;
    *g = (nn_gradients){0};
    LG_GO(nn_learner_open(&from, &l, err));
    LG_GO(there_and_back(o, &l, g, err));
    LG_GO(find_dead(o, &l, g, err));
done:
    nn_learner_release(&l);
    if (st) nn_gradients_release(g);
    return st;
}
