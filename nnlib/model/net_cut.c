/* net_cut.c - networks made of others: with other layers frozen, and the two parts at a cut. */
#include <string.h>
#include "nnlib/model/net_private.h"
#include "lib/base/banned.h"

/* An empty network with room for as many nodes as another has. */
static lg_status begin(const nn_net *from, nn_net **out, lg_err *err)
{
    LG_BUG_ON(!from->finished);
    LG_TRY(nn_net_new(out, err));
    (*out)->limit = from->limit;
    (*out)->node = lg_alloc((size_t)from->count, sizeof *(*out)->node, err);
    if (!(*out)->node) return LG_E_MEMORY;
    (*out)->cap = from->count;
    return from->data_name ? nn_net_for_data(*out, from->data_name, err) : LG_OK;
}

static void end(nn_net *net)
{
    nn_net_lay_out(net);
    net->finished = true;
}

/* Name, key, shapes and all; inputs are as they were. */
static lg_status add_copy(nn_net *net, const nn_node *node, lg_err *err)
{
    void *config = lg_alloc(1, node->type->config_size, err);
    if (!config) return LG_E_MEMORY;
    memcpy(config, node->spec.config, node->type->config_size);
    nn_node *copy = &net->node[net->count++];
    *copy = *node;
    copy->spec.config = config;
    for (int k = 0; k < copy->nparam; k++) net->params += nn_shape_count(copy->param[k].shape);
    net->activations += nn_shape_count(copy->spec.out);
    return LG_OK;
}

/* ---- frozen ---- */

lg_status nn_net_with_frozen(const nn_net *net, const bool *frozen, nn_net **out, lg_err *err)
{
    nn_net *again = NULL;
    lg_status st;
    LG_GO(begin(net, &again, err));
    for (int i = 0; i < net->count; i++) {
        LG_GO(add_copy(again, &net->node[i], err));
        again->node[i].frozen = frozen[i] && again->node[i].nparam > 0;
    }
    end(again);
    *out = again;
    return LG_OK;
done:
    nn_net_unref(again);
    return st;
}

/* ---- cut ---- */

/* None may jump over it. */
bool nn_net_can_cut(const nn_net *net, int node)
{
    if (node < 0 || node >= net->count - 1) return false;
    for (int j = node + 1; j < net->count; j++)
        for (int k = 0; k < net->node[j].spec.nin; k++)
            if (net->node[j].input[k] < node) return false;
    return true;
}

/* The same numbers for an image whenever it comes, in training as in use. */
static bool stands_still(const nn_node *node)
{
    return !(node->type->flags & NN_TRAINING_ONLY) && (node->frozen || !node->nparam);
}

int nn_net_cut(const nn_net *net)
{
    int cut = 0;
    for (int i = 1; i < net->count - 1 && stands_still(&net->node[i]); i++)
        if (nn_net_can_cut(net, i)) cut = i;
    return cut;
}

static lg_status add_tail_input(nn_net *net, const nn_net *from, int node, lg_err *err)
{
    const nn_shape *s = &from->node[node].spec.out;
    nn_input_config config;
    nn_config_init(&nn_layer_input, &config);
    config.size = s->rank == 1 ? (nn_dims){1, 1, s->dim[0]} : (nn_dims){s->dim[0], s->dim[1], s->dim[2]};
    config.list = s->rank == 1;
    LG_BUG_ON(s->rank != 1 && s->rank != 3);
    nn_node input = from->node[0];
    input.spec.config = &config;
    input.spec.out = *s;
    input.key = from->node[node].key;
    return add_copy(net, &input, err);
}

lg_status nn_net_tail(const nn_net *net, int node, nn_net **out, lg_err *err)
{
    nn_net *tail = NULL;
    lg_status st;
    LG_BUG_ON(!nn_net_can_cut(net, node));
    LG_GO(begin(net, &tail, err));
    LG_GO(add_tail_input(tail, net, node, err));
    for (int i = node + 1; i < net->count; i++) {
        LG_GO(add_copy(tail, &net->node[i], err));
        nn_node *copy = &tail->node[tail->count - 1];
        for (int k = 0; k < copy->spec.nin; k++) copy->input[k] -= node;
    }
    end(tail);
    *out = tail;
    return LG_OK;
done:
    nn_net_unref(tail);
    return st;
}

/* place[i]: where node i goes among those that lead to `node`, -1: nowhere. */
static void find_places(const nn_net *net, int node, int *place)
{
    int n = 0;
    for (int i = 0; i <= node; i++) place[i] = -1;
    place[node] = 0;
    for (int i = node; i > 0; i--)
        for (int k = 0; place[i] >= 0 && k < net->node[i].spec.nin; k++) place[net->node[i].input[k]] = 0;
    for (int i = 0; i <= node; i++)
        if (place[i] >= 0) place[i] = n++;
}

lg_status nn_net_head(const nn_net *net, int node, nn_net **out, lg_err *err)
{
    nn_net *head = NULL;
    int *place = NULL;
    lg_status st;
    LG_BUG_ON(node < 1 || node >= net->count);
    LG_GO(begin(net, &head, err));
    place = lg_alloc((size_t)node + 1, sizeof *place, err);
    LG_GO(place ? LG_OK : LG_E_MEMORY);
    find_places(net, node, place);
    for (int i = 0; i <= node; i++) {
        if (place[i] < 0) continue;
        LG_GO(add_copy(head, &net->node[i], err));
        nn_node *copy = &head->node[head->count - 1];
        for (int k = 0; k < copy->spec.nin; k++) copy->input[k] = place[copy->input[k]];
    }
    end(head);
    *out = head, head = NULL;
done:
    lg_free(place);
    nn_net_unref(head);
    return st;
}
