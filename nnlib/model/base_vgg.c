/* base_vgg.c - VGG16 (Simonyan & Zisserman 2014), named as Keras names it; torchvision's is the same network. */
#include "nnlib/model/base_list.h"
#include <stdio.h>
#include <string.h>
#include "lib/base/banned.h"

static const struct {
    const char *name, *torch;
    int filters; /* 0: maxpool */
} layers[] = {
    {"block1_conv1", "features.0", 64},
    {"block1_conv2", "features.2", 64},
    {"block1_pool", NULL, 0},
    {"block2_conv1", "features.5", 128},
    {"block2_conv2", "features.7", 128},
    {"block2_pool", NULL, 0},
    {"block3_conv1", "features.10", 256},
    {"block3_conv2", "features.12", 256},
    {"block3_conv3", "features.14", 256},
    {"block3_pool", NULL, 0},
    {"block4_conv1", "features.17", 512},
    {"block4_conv2", "features.19", 512},
    {"block4_conv3", "features.21", 512},
    {"block4_pool", NULL, 0},
    {"block5_conv1", "features.24", 512},
    {"block5_conv2", "features.26", 512},
    {"block5_conv3", "features.28", 512},
    {"block5_pool", NULL, 0},
};
static const char *const dense[][2] = {
    {"fc1", "classifier.0"}, {"fc2", "classifier.3"}, {"predictions", "classifier.6"}};

void nn_list_vgg16(nn_list *l)
{
    int x = 0;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        x = layers[i].filters ? nn_list_put(l, x, layers[i].name, "", "conv %d 3x3 relu same", layers[i].filters)
                              : nn_list_put(l, x, layers[i].name, "", "maxpool 2");
    if (!l->options->top) return;
    x = nn_list_put(l, x, "flatten", "", "flatten");
    x = nn_list_put(l, x, "fc1", "", "dense 4096 relu");
    x = nn_list_put(l, x, "fc2", "", "dense 4096 relu");
    nn_list_put(l, x, "predictions", "", "dense %d softmax", l->options->classes);
}

const char *nn_vgg16_torch_name(const char *layer)
{
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (strcmp(layers[i].name, layer) == 0) return layers[i].torch;
    for (size_t i = 0; i < sizeof dense / sizeof *dense; i++)
        if (strcmp(dense[i][0], layer) == 0) return dense[i][1];
    return NULL;
}
