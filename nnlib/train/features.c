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

lg_status nn_features(const nn_predict_options *o, int node, float *features, lg_err *err)
{
    return nn_feed_forward(o, node, features, NULL, err);
}
