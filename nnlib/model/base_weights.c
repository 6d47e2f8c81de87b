/* base_weights.c - where a base's parameters lie in the files of Keras and torchvision, and how their numbers turn. */
#include <stdio.h>
#include <string.h>
#include "nnlib/model/base_list.h"
#include "lib/base/banned.h"

static const struct {
    const char *ours, *torch;
} torch_params[] = {{"kernel", "weight"},
                    {"bias", "bias"},
                    {"gamma", "weight"},
                    {"beta", "bias"},
                    {"moving_mean", "running_mean"},
                    {"moving_variance", "running_var"}};

static const char *torch_param(const char *ours)
{
    for (size_t i = 0; i < sizeof torch_params / sizeof *torch_params; i++)
        if (strcmp(torch_params[i].ours, ours) == 0) return torch_params[i].torch;
    return NULL;
}

/* A list behind `flatten` is (places, channels) with us and (channels, places) in torch; elsewhere it has one place. */
static int64_t flattened_places(const nn_net *net, const nn_node *node)
{
    const nn_node *before = nn_net_node(net, node->input[0]);
    if (strcmp(before->type->name, "flatten") != 0 || before->spec.in[0].rank != 3) return 1;
    return before->spec.in[0].dim[0] * before->spec.in[0].dim[1];
}

void nn_weight_torch_order(const nn_net *net, int index, int k, nn_weight_name *out)
{
    const nn_node *node = nn_net_node(net, index);
    const nn_shape *ours = &node->param[k].shape;
    const int64_t *d = ours->dim;
    *out = (nn_weight_name){.shape = *ours, .out = (int64_t)nn_shape_size(*ours), .in = 1, .places = 1};
    if (ours->rank == 4) {
        bool depthwise = strcmp(node->type->name, "depthwise") == 0;
        out->places = d[0] * d[1];
        out->in = depthwise ? 1 : d[2];
        out->out = depthwise ? d[2] : d[3];
        out->shape = (nn_shape){.rank = 4, .dim = {out->out, out->in, d[0], d[1]}};
    } else if (ours->rank == 2) {
        out->places = flattened_places(net, node);
        out->in = d[0] / out->places;
        out->out = d[1];
        out->shape = (nn_shape){.rank = 2, .dim = {d[1], d[0]}};
    }
    out->turned = ours->rank > 1;
}

bool nn_base_weight(const nn_base *base, const nn_net *net, int node, int k, nn_weight_file file, nn_weight_name *out)
{
    const nn_node *n = nn_net_node(net, node);
    const nn_param *param = &n->param[k];
    *out = (nn_weight_name){.shape = param->shape, .out = (int64_t)nn_shape_size(param->shape), .in = 1, .places = 1};
    if (file == NN_FILE_KERAS) {
        bool depthwise = strcmp(n->type->name, "depthwise") == 0 && param->shape.rank == 4;
        snprintf(out->name, sizeof out->name, "%s/%s%s", n->name, depthwise ? "depthwise_" : "", param->name);
        return base->keras != NULL;
    }
    const char *layer = base->list == nn_list_vgg16 ? nn_vgg16_torch_name(n->name) : n->name;
    const char *what = torch_param(param->name);
    if (!base->torch || !layer || !what) return false;
    nn_weight_torch_order(net, node, k, out);
    snprintf(out->name, sizeof out->name, "%s.%s", layer, what);
    return true;
}

void nn_weight_turn(const nn_weight_name *name, const float *from, float *to)
{
    for (int64_t o = 0; o < name->out; o++)
        for (int64_t i = 0; i < name->in; i++)
            for (int64_t p = 0; p < name->places; p++) to[(p * name->in + i) * name->out + o] = *from++;
}

const nn_preprocess *nn_base_preprocess(const nn_base *base, nn_weight_file file)
{
    return file == NN_FILE_TORCH && base->torch ? &nn_preprocess_torch : base->preprocess;
}
