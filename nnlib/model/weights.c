/* weights.c - the numbers of a network, in one block. */
#include "nnlib/model/net.h"
#include <math.h>
#include <string.h>
#include "nnlib/core/rng.h"
#include "lib/base/banned.h"

struct nn_weights {
    atomic_int refs;
    const nn_net *net;
    float *data;
};

lg_status nn_weights_zero(const nn_net *net, nn_weights **out, lg_err *err)
{
    nn_weights *w = lg_alloc(1, sizeof *w, err);
    if (!w) return LG_E_MEMORY;
    w->data = lg_alloc(nn_net_block(net), sizeof *w->data, err);
    if (!w->data) {
        lg_free(w);
        return LG_E_MEMORY;
    }
    atomic_init(&w->refs, 1);
    w->net = nn_net_ref(net);
    *out = w;
    return LG_OK;
}

/* Glorot & Bengio 2010: uniform in ±sqrt(6 / (fan_in + fan_out)). */
static void init_tensor(const nn_param *p, uint64_t key, float *w)
{
    size_t n = nn_shape_size(p->shape);
    double limit = sqrt(6 / (p->fan_in + p->fan_out));
    lg_rng rng;
    if (p->init == NN_ZEROS) return;
    lg_rng_init(&rng, key);
    for (size_t i = 0; i < n; i++) w[i] = p->init == NN_ONES ? 1.0f : (float)((2 * lg_rng_uniform(&rng) - 1) * limit);
}

lg_status nn_weights_new(const nn_net *net, uint64_t seed, nn_weights **out, lg_err *err)
{
    LG_TRY(nn_weights_zero(net, out, err));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++)
            init_tensor(&node->param[k], nn_key(nn_key(seed, (uint64_t)node->key), (uint64_t)k),
                        (*out)->data + node->offset[k]);
    }
    return LG_OK;
}

lg_status nn_weights_copy(const nn_weights *weights, nn_weights **out, lg_err *err)
{
    LG_TRY(nn_weights_zero(weights->net, out, err));
    memcpy((*out)->data, weights->data, nn_net_block(weights->net) * sizeof(float));
    return LG_OK;
}

/* The node of a network with this key, -1: none. Keys rise from node to node. */
static int find_key(const nn_net *net, int key)
{
    int low = 0, high = nn_net_count(net) - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (nn_net_node(net, middle)->key < key) low = middle + 1;
        else high = middle;
    }
    return nn_net_node(net, low)->key == key ? low : -1;
}

/* How many nodes of `to` have got numbers that have any. */
static int put(const nn_weights *from, nn_weights *to)
{
    int found = 0;
    for (int i = 0; i < nn_net_count(from->net); i++) {
        const nn_node *source = nn_net_node(from->net, i);
        int at = source->nparam ? find_key(to->net, source->key) : -1;
        if (at < 0) continue;
        const nn_node *node = nn_net_node(to->net, at);
        if (!node->nparam) continue; /* the input of a tail has the key of the node before it */
        LG_BUG_ON(node->nparam != source->nparam);
        for (int k = 0; k < node->nparam; k++) {
            LG_BUG_ON(!nn_shape_equal(source->param[k].shape, node->param[k].shape));
            memcpy(to->data + node->offset[k], from->data + source->offset[k],
                   nn_shape_size(node->param[k].shape) * sizeof(float));
        }
        found++;
    }
    return found;
}

bool nn_weights_frozen_alike(const nn_weights *a, const nn_weights *b)
{
    for (int i = 0; i < nn_net_count(b->net); i++) {
        const nn_node *node = nn_net_node(b->net, i);
        int at = node->frozen ? find_key(a->net, node->key) : -1;
        if (at < 0 || !nn_net_node(a->net, at)->nparam) continue;
        for (int k = 0; k < node->nparam; k++)
            if (memcmp(nn_weights_param(a, at, k), nn_weights_param(b, i, k),
                       nn_shape_size(node->param[k].shape) * sizeof(float)) != 0)
                return false;
    }
    return true;
}

void nn_weights_put(const nn_weights *from, nn_weights *to)
{
    put(from, to);
}

lg_status nn_weights_for(const nn_weights *from, const nn_net *net, nn_weights **out, lg_err *err)
{
    int wanted = 0;
    for (int i = 0; i < nn_net_count(net); i++) wanted += nn_net_node(net, i)->nparam > 0;
    LG_TRY(nn_weights_zero(net, out, err));
    LG_BUG_ON(put(from, *out) != wanted);
    return LG_OK;
}

lg_status nn_weights_join(const nn_weights *whole, const nn_weights *part, nn_weights **out, lg_err *err)
{
    LG_TRY(nn_weights_copy(whole, out, err));
    put(part, *out);
    return LG_OK;
}

nn_weights *nn_weights_ref(const nn_weights *weights)
{
    nn_weights *w = (nn_weights *)weights;
    atomic_fetch_add(&w->refs, 1);
    return w;
}

void nn_weights_unref(const nn_weights *weights)
{
    nn_weights *w = (nn_weights *)weights;
    if (!w || atomic_fetch_sub(&w->refs, 1) > 1) return;
    nn_net_unref(w->net);
    lg_free(w->data);
    lg_free(w);
}

const nn_net *nn_weights_net(const nn_weights *weights)
{
    return weights->net;
}

float *nn_weights_data(nn_weights *weights)
{
    return weights->data;
}

const float *nn_weights_block(const nn_weights *weights)
{
    return weights->data;
}

const float *nn_weights_param(const nn_weights *weights, int node, int k)
{
    return weights->data + nn_net_node(weights->net, node)->offset[k];
}

bool nn_weights_finite(const nn_weights *weights)
{
    size_t n = nn_net_block(weights->net);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(weights->data[i])) return false;
    }
    return true;
}
