/* base_list.h - a base's layers written down before they are added, so that those that lead nowhere can be left out.
 *
 *     static void tiny(nn_list *l)
 *     {
 *         int x = nn_list_put(l, 0, "conv1", "", "conv %d 3x3 stride 2 same no bias", nn_list_filters(l, 32));
 *         x = nn_list_put(l, x, "conv1", "_bn", "batchnorm");
 *         x = nn_list_join(l, "add", x, 0, "conv1", "_add");
 *         if (l->options->top) nn_list_put(l, x, "predictions", "", "dense %d softmax", l->options->classes);
 *     }
 *
 * Layers are numbered from 1; 0 is the images. Each function gives the number of its layer. The names and words of a
 * base are ours, so that what does not fit is a mistake of ours (LG_BUG_ON), and none of these can fail. */
#ifndef NN_BASE_LIST_H
#define NN_BASE_LIST_H

#include "nnlib/model/base.h"

typedef struct nn_list_layer {
    char name[NN_NAME], words[96];
    int input[2], inputs;
    bool needed;
} nn_list_layer;

struct nn_list {
    const nn_base *base;
    const nn_base_options *options;
    nn_list_layer *layer; /* [NN_MAX_LAYERS], [0] is the images */
    int count;
};

/* Behind layer `from`, called prefix and suffix in one; words as in the language. */
int nn_list_put(nn_list *list, int from, const char *prefix, const char *suffix, const char *words, ...)
    __attribute__((format(printf, 5, 6)));
/* `add` or `concat` of two. */
int nn_list_join(nn_list *list, const char *kind, int a, int b, const char *prefix, const char *suffix);

/* The families; what differs between their members stands in the table of base.c. */
void nn_list_mobilenet(nn_list *list);
void nn_list_mobilenet_v2(nn_list *list);
void nn_list_resnet_keras(nn_list *list);
void nn_list_resnet_basic(nn_list *list);      /* torchvision's with two convolutions a block */
void nn_list_resnet_bottleneck(nn_list *list); /* … and with three */
void nn_list_squeezenet(nn_list *list);
void nn_list_squeezenet11(nn_list *list);
void nn_list_vgg16(nn_list *list);

/* What torchvision calls a layer of Keras' VGG16, "features.0" for block1_conv1; NULL: it has no numbers. */
const char *nn_vgg16_torch_name(const char *layer);

#endif
