/* base_resnet.c - residual networks (He et al. 2015): Keras' ResNet50, which strides in the first 1x1 of a block, and
 * torchvision's, which stride in the 3x3. Maxima are taken behind a relu, where zeros around the image change nothing:
 * so both pad by hand. */
#include "nnlib/model/base_list.h"
#include <stdio.h>
#include "lib/base/banned.h"

/* ---- Keras ---- */

static int keras_bn(nn_list *l, int x, const char *prefix, const char *suffix)
{
    return nn_list_put(l, x, prefix, suffix, "batchnorm epsilon 1.001e-5");
}

static int keras_block(nn_list *l, int x, const char *name, int filters, int stride, bool widens)
{
    int shortcut = x;
    if (widens) {
        shortcut = nn_list_put(l, x, name, "_0_conv", "conv %d 1x1 stride %d", 4 * filters, stride);
        shortcut = keras_bn(l, shortcut, name, "_0_bn");
    }
    x = nn_list_put(l, x, name, "_1_conv", "conv %d 1x1 stride %d", filters, stride);
    x = keras_bn(l, x, name, "_1_bn");
    x = nn_list_put(l, x, name, "_1_relu", "activation relu");
    x = nn_list_put(l, x, name, "_2_conv", "conv %d 3x3 same", filters);
    x = keras_bn(l, x, name, "_2_bn");
    x = nn_list_put(l, x, name, "_2_relu", "activation relu");
    x = nn_list_put(l, x, name, "_3_conv", "conv %d 1x1", 4 * filters);
    x = keras_bn(l, x, name, "_3_bn");
    x = nn_list_join(l, "add", shortcut, x, name, "_add");
    return nn_list_put(l, x, name, "_out", "activation relu");
}

void nn_list_resnet_keras(nn_list *l)
{
    int x = nn_list_put(l, 0, "conv1_pad", "", "pad 3");
    x = nn_list_put(l, x, "conv1_conv", "", "conv 64 7x7 stride 2");
    x = keras_bn(l, x, "conv1", "_bn");
    x = nn_list_put(l, x, "conv1_relu", "", "activation relu");
    x = nn_list_put(l, x, "pool1_pad", "", "pad 1");
    x = nn_list_put(l, x, "pool1_pool", "", "maxpool 3 stride 2");
    for (int stage = 0; stage < 4; stage++) {
        for (int i = 0; i < l->base->blocks[stage]; i++) {
            char name[NN_NAME];
            snprintf(name, sizeof name, "conv%d_block%d", stage + 2, i + 1);
            x = keras_block(l, x, name, 64 << stage, stage && i == 0 ? 2 : 1, i == 0);
        }
    }
    if (!l->options->top) return;
    x = nn_list_put(l, x, "avg_pool", "", "globalavg");
    nn_list_put(l, x, "predictions", "", "dense %d softmax", l->options->classes);
}

/* ---- torchvision ---- */

/* A convolution padded on all sides and its batchnorm; number "1" makes conv1 and bn1. */
static int torch_conv(nn_list *l, int x, const char *prefix, char number, int filters, int kernel, int stride)
{
    const char conv[] = {'c', 'o', 'n', 'v', number, '\0'}, bn[] = {'b', 'n', number, '\0'},
               pad[] = {'p', 'a', 'd', number, '\0'};
    if (kernel > 1 && stride > 1) x = nn_list_put(l, x, prefix, pad, "pad %d", kernel / 2);
    x = nn_list_put(l, x, prefix, conv, "conv %d %dx%d stride %d %s no bias", filters, kernel, kernel, stride,
                    stride == 1 ? "same" : "valid");
    return nn_list_put(l, x, prefix, bn, "batchnorm momentum 0.9 epsilon 1e-5");
}

static int torch_end(nn_list *l, int x, int before, const char *prefix, const char *block, int filters, int stride)
{
    if (filters) {
        before = nn_list_put(l, before, prefix, "downsample.0", "conv %d 1x1 stride %d no bias", filters, stride);
        before = nn_list_put(l, before, prefix, "downsample.1", "batchnorm momentum 0.9 epsilon 1e-5");
    }
    x = nn_list_join(l, "add", x, before, prefix, "add");
    return nn_list_put(l, x, block, "", "activation relu");
}

static int basic_block(nn_list *l, int from, const char *block, int filters, int stride)
{
    char prefix[NN_NAME];
    snprintf(prefix, sizeof prefix, "%.16s.", block);
    int x = torch_conv(l, from, prefix, '1', filters, 3, stride);
    x = nn_list_put(l, x, prefix, "relu1", "activation relu");
    x = torch_conv(l, x, prefix, '2', filters, 3, 1);
    return torch_end(l, x, from, prefix, block, stride > 1 ? filters : 0, stride);
}

static int bottleneck_block(nn_list *l, int from, const char *block, int filters, int stride, bool widens)
{
    char prefix[NN_NAME];
    snprintf(prefix, sizeof prefix, "%.16s.", block);
    int x = torch_conv(l, from, prefix, '1', filters, 1, 1);
    x = nn_list_put(l, x, prefix, "relu1", "activation relu");
    x = torch_conv(l, x, prefix, '2', filters, 3, stride);
    x = nn_list_put(l, x, prefix, "relu2", "activation relu");
    x = torch_conv(l, x, prefix, '3', 4 * filters, 1, 1);
    return torch_end(l, x, from, prefix, block, widens ? 4 * filters : 0, stride);
}

static void torch_resnet(nn_list *l, bool bottleneck)
{
    int x = torch_conv(l, 0, "", '1', 64, 7, 2);
    x = nn_list_put(l, x, "relu", "", "activation relu");
    x = nn_list_put(l, x, "maxpool.pad", "", "pad 1");
    x = nn_list_put(l, x, "maxpool", "", "maxpool 3 stride 2");
    for (int stage = 0; stage < 4; stage++) {
        for (int i = 0; i < l->base->blocks[stage]; i++) {
            char name[NN_NAME];
            int stride = stage && i == 0 ? 2 : 1;
            snprintf(name, sizeof name, "layer%d.%d", stage + 1, i);
            x = bottleneck ? bottleneck_block(l, x, name, 64 << stage, stride, i == 0)
                           : basic_block(l, x, name, 64 << stage, stride);
        }
    }
    if (!l->options->top) return;
    x = nn_list_put(l, x, "avgpool", "", "globalavg");
    nn_list_put(l, x, "fc", "", "dense %d softmax", l->options->classes);
}

void nn_list_resnet_basic(nn_list *l)
{
    torch_resnet(l, false);
}

void nn_list_resnet_bottleneck(nn_list *l)
{
    torch_resnet(l, true);
}
