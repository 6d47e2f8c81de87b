/* features.c - the output of a layer inside the network, for the images of a source. */
#include "nnlib/train/embedding.h"
#include <string.h>
#include "nnlib/train/feed.h"
#include "lib/base/banned.h"

static bool is(const nn_node *node, const char *kind)
{
    return strcmp(node->type->name, kind) == 0;
}

int nn_features_node(const nn_net *net)
{
    int last = nn_net_count(net) - 1, decides = last;
    for (int i = last; i > 0; i--)
        if (is(nn_net_node(net, i), "dense")) {
            decides = i;
            break;
        }
    int node = decides > 0 ? nn_net_node(net, decides)->input[0] : 0;
    while (node > 0 && is(nn_net_node(net, node), "dropout")) node = nn_net_node(net, node)->input[0];
    return node;
}

static lg_status features_all(const nn_predict_options *o, int node, nn_exec *exec, nn_feed *feed, int64_t *indices,
                              int batch, float *features, lg_err *err)
{
    size_t size = nn_shape_size(nn_net_node(nn_weights_net(o->weights), node)->spec.out);
    for (int64_t done = 0; done < o->source.count;) {
        int n = o->source.count - done < batch ? (int)(o->source.count - done) : batch;
        for (int i = 0; i < n; i++) indices[i] = done + i;
        LG_TRY(lg_cancel_check(o->cancel, err));
        LG_TRY(nn_feed_batch(feed, indices, n, nn_exec_input(exec), NULL, err));
        nn_exec_forward(exec, n);
        LG_TRY(lg_cancel_check(o->cancel, err));
        const float *out = node ? nn_exec_activation(exec, node) : nn_exec_input(exec);
        memcpy(features + (size_t)done * size, out, (size_t)n * size * sizeof *out);
        done += n;
        if (o->on_batch) o->on_batch(o->ctx, done);
    }
    return LG_OK;
}

lg_status nn_features(const nn_predict_options *o, int node, float *features, lg_err *err)
{
    const nn_net *net = nn_weights_net(o->weights);
    nn_feed feed = {.source = o->source, .pool = o->pool, .size = nn_shape_size(nn_net_input(net))};
    int batch = o->batch > 0 ? o->batch : 64;
    nn_exec *exec = NULL;
    int64_t *indices = NULL;
    lg_status st;
    if (o->source.count <= 0) return LG_OK;
    if (batch > o->source.count) batch = (int)o->source.count;
    LG_GO(nn_exec_new(
        &(nn_exec_options){.net = net, .max_batch = batch, .keep = true, .pool = o->pool, .limit = o->limit}, &exec,
        err));
    nn_exec_load(exec, o->weights);
    nn_exec_set_cancel(exec, o->cancel);
    LG_GO(nn_feed_init(&feed, err));
    indices = lg_alloc((size_t)batch, sizeof *indices, err);
    LG_GO(indices ? LG_OK : LG_E_MEMORY);
    LG_GO(features_all(o, node, exec, &feed, indices, batch, features, err));
done:
    lg_free(indices);
    nn_feed_release(&feed);
    nn_exec_free(exec);
    return st;
}
