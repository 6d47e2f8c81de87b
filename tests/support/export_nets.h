/* export_nets.h - networks that together have every kind of layer, padding and activation, for tests of the files that
 * other programs read.
 *
 *     nn_weights *w = export_weights("layers");             // its network is nn_weights_net(w); nn_weights_unref
 *     export_images(w, 3, x);                               // the same numbers everywhere
 *     export_predict(w, 3, x, p);
 *     nn_about about = export_about(w, "layers");
 */
#ifndef TEST_EXPORT_NETS_H
#define TEST_EXPORT_NETS_H

#include "tests/support/nn_test.h"

/* A line "@5,2 add" reads layers 5 and 2 (the input is 0), any other the one before it. */
static const struct export_net {
    const char *name, *line[32];
} export_nets[] = {
    {"report",
     {"input 32x32x3", "conv 16 3x3 relu", "maxpool 2", "conv 32 3x3 relu", "maxpool 2", "flatten", "dense 64 relu",
      "dropout 0.5", "dense 4 softmax"}},
    {"layers",
     {"input 19x17x3", "conv 6 3x3 same leaky stride 2 l2 0.01", "batchnorm epsilon 0.01", "activation elu",
      "depthwise 3x3 relu6 same", "pad 1x2 extra 2x0", "conv 5 3x2 gelu dilation 2 name=odd",
      "avgpool 3x2 stride 2 same", "maxpool 2 same stride 1", "dropout 0.3", "conv 4 2x3 swish same no bias", "flatten",
      "dense 9 tanh no bias", "batchnorm", "activation sigmoid", "flatten", "dense 3 softmax"}},
    {"residual",
     {"input 12x10x2", "conv 4 3x3 same no bias", "batchnorm", "activation relu", "conv 4 3x3 same", "batchnorm",
      "@5,3 add", "activation relu", "conv 4 1x1 relu6", "@8,7,3 add", "maxpool 3x3 stride 2 same", "globalavg",
      "dense 4 softmax"}},
    {"side_by_side",
     {"input 9x9x3", "conv 4 1x1 relu", "@0 conv 3 3x3 same stride 1 elu", "@0 avgpool 3 stride 1 same",
      "@1,2,3 concat", "depthwise 2x2 stride 2 sigmoid", "@5 globalmax", "@5 globalavg", "@6,7 concat",
      "activation gelu", "dense 5 softmax", "dropout 0.1"}},
    {"crossed", /* Keras lists layer 1 behind 2 and 3, and all kernels are of one size */
     {"input 6x5x3", "conv 3 1x1", "@0 conv 3 1x1 tanh", "@2 conv 3 1x1", "@0 conv 3 1x1", "@3,1 add", "@4,5 add",
      "globalavg", "dense 3 softmax"}},
    {"prepared",
     {"input 9x8x3", "preprocess torch", "pad 1x2 before 2x1", "conv 3 3x3 stride 2 tanh", "preprocess tf",
      "@0 preprocess caffe", "depthwise 4x4 stride 3 tanh", "globalavg", "@4 globalmax", "@7,8 concat",
      "dense 3 softmax"}},
    {"places",
     {"input 8x6x1", "pad 0x1", "conv 5 3x3 same dilation 2 swish", "avgpool 2", "activation linear",
      "conv 3 1x1 softmax"}},
    {"kept_dims",
     {"input 7x7x3", "depthwise 3x3 no bias", "activation tanh", "globalavg keepdims", "conv 6 1x1 leaky", "flatten",
      "dense 2 sigmoid"}},
};
enum { EXPORT_NETS = sizeof export_nets / sizeof *export_nets, EXPORT_IMAGES = 3 };

static inline void export_add(nn_net *net, const char *line)
{
    int input[NN_MAX_INPUTS] = {nn_net_count(net) - 1}, n = 1;
    char config[512];
    if (*line == '@')
        for (n = 0, line++; *line != ' '; line += *line == ',') input[n++] = (int)strtol(line, (char **)&line, 10);
    line += strspn(line, " ");
    size_t word = strcspn(line, " ");
    char name[40];
    snprintf(name, sizeof name, "%.*s", (int)word, line);
    const nn_layer_type *type = nn_layer_find(name);
    CHECK(type && type->config_size <= sizeof config);
    nn_config_init(type, config);
    CHECK_OK(nn_config_parse(type, config, line + word, &err));
    CHECK_OK(nn_net_add_to(net, type, config, input, n, &err));
}

/* Every number drawn, so that none of them is 0 or 1 by nature; variances are above 0. */
static inline nn_weights *export_fill(const nn_net *net)
{
    nn_weights *weights = NULL;
    CHECK_OK(nn_weights_new(net, 3, &weights, &err));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            float *at = nn_weights_data(weights) + node->offset[k];
            size_t n = nn_shape_size(node->param[k].shape);
            bool kernel = node->param[k].init == NN_GLOROT_UNIFORM; /* larger, so that answers depend on the image */
            for (size_t j = 0; kernel && j < n; j++) at[j] *= 2;
            if (!kernel) hash_fill(at, n, (uint32_t)(i * 8 + k), 0.4f);
            for (size_t j = 0; node->param[k].init == NN_ONES && j < n; j++) at[j] += 1;
        }
    }
    return weights;
}

static inline nn_weights *export_weights(const char *name)
{
    nn_net *net = NULL;
    int which = 0;
    while (which < EXPORT_NETS && strcmp(export_nets[which].name, name) != 0) which++;
    CHECK(which < EXPORT_NETS);
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    for (const char *const *line = export_nets[which].line; *line; line++) export_add(net, *line);
    CHECK_OK(nn_net_finish(net, &err));
    nn_weights *weights = export_fill(net);
    nn_net_unref(net);
    return weights;
}

static inline size_t export_in(const nn_weights *weights)
{
    return nn_shape_size(nn_net_input(nn_weights_net(weights)));
}
static inline size_t export_out(const nn_weights *weights)
{
    return nn_shape_size(nn_net_output(nn_weights_net(weights)));
}

/* Noise, each image brighter and with more of it than the one before, so that answers differ. */
static inline void export_images(const nn_weights *weights, int n, float *x)
{
    size_t in = export_in(weights);
    for (int i = 0; i < n; i++, x += in) {
        hash_fill(x, in, (uint32_t)(99 + i), 0.3f + 0.4f * (float)i);
        for (size_t k = 0; k < in; k++) x[k] += 0.3f * (float)i - (float)(k % 3) * 0.2f;
    }
}

/* What our own network says, p (n, outputs). */
static inline void export_predict(const nn_weights *weights, int n, const float *x, float *p)
{
    nn_exec *exec = NULL;
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = nn_weights_net(weights), .max_batch = n}, &exec, &err));
    nn_exec_load(exec, weights);
    memcpy(nn_exec_input(exec), x, (size_t)n * export_in(weights) * sizeof *x);
    nn_exec_forward(exec, n);
    memcpy(p, nn_exec_output(exec), (size_t)n * export_out(weights) * sizeof *p);
    nn_exec_free(exec);
}

static inline nn_about export_about(const nn_weights *weights, const char *name)
{
    static const char *const labels[] = {"Adidas", "Nike \"Air\"?\?/",
                                         "D\xc3\xa9"
                                         "calage",
                                         "*/", "other"};
    size_t out = export_out(weights);
    return (nn_about){.weights = weights,
                      .name = name,
                      .label = labels,
                      .labels = out <= 5 ? (int)out : 0,
                      .high = 1,
                      .preprocessing = "32x32x3 crop, scale 0..1",
                      .recipe = "model x { flatten } # */ ?\?/\nfit x \xc3\xa9"};
}

#endif
