/* preprocess_conv.c - a layer `preprocess` as what other programs have too. */
#include <stdio.h>
#include <string.h>
#include "nnlib/model/facts.h"
#include "nnlib/layers/preprocess.h"
#include "lib/base/banned.h"

static lg_status add_conv(nn_net *net, const nn_node *node, lg_err *err)
{
    char line[NN_NAME + 40];
    snprintf(line, sizeof line, "conv 3 1x1 name %s", node->name);
    LG_TRY(nn_net_add_line(net, line, err));
    nn_net_freeze(net, nn_net_count(net) - 1);
    return LG_OK;
}

/* Layers keep the name they had: those called by their kind would count the new one. */
static lg_status add_named(nn_net *net, const nn_node *node, bool keras, lg_err *err)
{
    nn_config *config = lg_alloc(1, node->type->config_size, err);
    if (!config) return LG_E_MEMORY;
    memcpy(config, node->spec.config, node->type->config_size);
    snprintf(config->name, sizeof config->name, "%.*s", NN_NAME - 1, keras ? node->keras_name : node->name);
    lg_status st = nn_net_add_to(net, node->type, config, node->input, node->spec.nin, err);
    if (st == LG_OK && node->frozen) nn_net_freeze(net, nn_net_count(net) - 1);
    lg_free(config);
    return st;
}

/* y[o] = sum over i of x[i] · kernel[i][o] + bias[o] */
static void fill_conv(const nn_preprocess *preprocess, float *kernel, float *bias)
{
    const nn_pixel_map map = nn_preprocess_map(preprocess);
    for (int o = 0; o < 3; o++) {
        for (int i = 0; i < 3; i++) kernel[i * 3 + o] = i == map.from[o] ? map.factor[o] : 0;
        bias[o] = map.offset[o];
    }
}

static void fill_weights(const nn_weights *from, nn_weights *to)
{
    const nn_net *old = nn_weights_net(from), *net = nn_weights_net(to);
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i), *was = nn_net_node(old, i);
        const nn_preprocess *preprocess = nn_preprocess_of(was->type, was->spec.config);
        if (preprocess)
            fill_conv(preprocess, nn_weights_data(to) + node->offset[0], nn_weights_data(to) + node->offset[1]);
        for (int k = 0; !preprocess && k < node->nparam; k++)
            memcpy(nn_weights_data(to) + node->offset[k], nn_weights_param(from, i, k),
                   nn_shape_size(node->param[k].shape) * sizeof(float));
    }
}

lg_status nn_preprocess_as_conv(const nn_weights *weights, bool keras, nn_weights **out, lg_err *err)
{
    const nn_net *old = nn_weights_net(weights);
    nn_net *net = NULL;
    lg_status st;
    LG_GO(nn_net_new(&net, err));
    for (int i = 0; i < nn_net_count(old); i++) {
        const nn_node *node = nn_net_node(old, i);
        bool preprocess = nn_preprocess_of(node->type, node->spec.config) != NULL;
        LG_GO(preprocess ? add_conv(net, node, err) : add_named(net, node, keras, err));
    }
    LG_GO(nn_net_finish(net, err));
    LG_GO(nn_weights_zero(net, out, err));
    fill_weights(weights, *out);
done:
    nn_net_unref(net);
    return st;
}
