/* base_mobilenet.c - MobileNet (Howard et al. 2017) and MobileNetV2 (Sandler et al. 2018) as keras.applications builds
 * them: every 3x3 works on one channel each, and 1x1 convolutions mix the channels. */
#include "nnlib/model/base_list.h"
#include <stdio.h>
#include "lib/base/banned.h"

/* Convolution, batchnorm, relu6. The three names differ in how they are put together, hence whole ones. */
static int conv_bn_relu6(nn_list *l, int x, const char *const name[3], const char *words, const char *bn)
{
    x = nn_list_put(l, x, name[0], "", "%s", words);
    x = nn_list_put(l, x, name[1], "", "%s", bn);
    return name[2] ? nn_list_put(l, x, name[2], "", "activation relu6") : x;
}

/* ---- MobileNet ---- */

static int filters_of(const nn_list *l, int filters)
{
    int n = (int)(filters * l->options->width);
    return n > 1 ? n : 1;
}

/* conv_dw_1, conv_dw_1_bn, conv_dw_1_relu */
static int named_block(nn_list *l, int x, const char *stem, const char *words)
{
    char bn[NN_NAME], relu[NN_NAME];
    snprintf(bn, sizeof bn, "%.24s_bn", stem);
    snprintf(relu, sizeof relu, "%.24s_relu", stem);
    return conv_bn_relu6(l, x, (const char *const[]){stem, bn, relu}, words, "batchnorm");
}

static int separable(nn_list *l, int x, int block, int filters, int stride)
{
    char depthwise[NN_NAME], pointwise[NN_NAME], pad[NN_NAME], words[64];
    snprintf(depthwise, sizeof depthwise, "conv_dw_%d", block);
    snprintf(pointwise, sizeof pointwise, "conv_pw_%d", block);
    snprintf(pad, sizeof pad, "conv_pad_%d", block);
    if (stride == 2) x = nn_list_put(l, x, pad, "", "pad 0 extra 1");
    x = named_block(l, x, depthwise, stride == 2 ? "depthwise 3x3 stride 2 no bias" : "depthwise 3x3 same no bias");
    snprintf(words, sizeof words, "conv %d 1x1 same no bias", filters_of(l, filters));
    return named_block(l, x, pointwise, words);
}

void nn_list_mobilenet(nn_list *l)
{
    static const struct {
        int filters, stride;
    } block[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                 {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
    char words[64];
    snprintf(words, sizeof words, "conv %d 3x3 stride 2 same no bias", filters_of(l, 32));
    int x = named_block(l, 0, "conv1", words);
    for (int i = 0; i < (int)(sizeof block / sizeof *block); i++)
        x = separable(l, x, i + 1, block[i].filters, block[i].stride);
    if (!l->options->top) return;
    x = nn_list_put(l, x, "global_average_pooling2d", "", "globalavg keepdims");
    x = nn_list_put(l, x, "dropout", "", "dropout 0.001");
    x = nn_list_put(l, x, "conv_preds", "", "conv %d 1x1 same", l->options->classes);
    x = nn_list_put(l, x, "reshape_2", "", "flatten");
    nn_list_put(l, x, "predictions", "", "activation softmax");
}

/* ---- MobileNetV2 ---- */

/* The nearest multiple of 8, but not less than nine tenths. */
static int by_eight(double filters)
{
    int n = (int)(filters + 4) / 8 * 8;
    if (n < 8) n = 8;
    return n < 0.9 * filters ? n + 8 : n;
}

typedef struct inverted {
    int x, channels; /* what came before */
    int height, width;
} inverted;

static const char batchnorm_v2[] = "batchnorm momentum 0.999 epsilon 0.001";

/* "block_1_" and "expand": block_1_expand, block_1_expand_BN, block_1_expand_relu. */
static int named_block_v2(nn_list *l, int x, const char *prefix, const char *stem, const char *words, bool relu)
{
    char name[3][NN_NAME];
    snprintf(name[0], NN_NAME, "%.15s%.10s", prefix, stem);
    snprintf(name[1], NN_NAME, "%.15s%.10s_BN", prefix, stem);
    snprintf(name[2], NN_NAME, "%.15s%.10s_relu", prefix, stem);
    return conv_bn_relu6(l, x, (const char *const[]){name[0], name[1], relu ? name[2] : NULL}, words, batchnorm_v2);
}

/* Keras pads by hand what a window of stride 2 needs: nothing above and to the left of an even image. */
static int pad_for_stride(nn_list *l, inverted *b, int x, const char *prefix)
{
    int even_h = b->height % 2 == 0, even_w = b->width % 2 == 0;
    b->height = (b->height + 1) / 2, b->width = (b->width + 1) / 2;
    return nn_list_put(l, x, prefix, "pad", "pad %dx%d extra %dx%d", !even_h, !even_w, even_h, even_w);
}

static void inverted_block(nn_list *l, inverted *b, int block, int filters, int stride)
{
    char prefix[NN_NAME] = "expanded_conv_", words[64];
    int x = b->x, out = by_eight((int)(filters * l->options->width));
    if (block) {
        snprintf(prefix, sizeof prefix, "block_%d_", block);
        snprintf(words, sizeof words, "conv %d 1x1 same no bias", 6 * b->channels);
        x = named_block_v2(l, x, prefix, "expand", words, true);
    }
    if (stride == 2) x = pad_for_stride(l, b, x, prefix);
    x = named_block_v2(l, x, prefix, "depthwise",
                       stride == 2 ? "depthwise 3x3 stride 2 no bias" : "depthwise 3x3 same no bias", true);
    snprintf(words, sizeof words, "conv %d 1x1 same no bias", out);
    x = named_block_v2(l, x, prefix, "project", words, false);
    if (b->channels == out && stride == 1) x = nn_list_join(l, "add", b->x, x, prefix, "add");
    b->x = x, b->channels = out;
}

void nn_list_mobilenet_v2(nn_list *l)
{
    static const struct {
        int filters, stride;
    } block[] = {{16, 1}, {24, 2}, {24, 1}, {32, 2}, {32, 1},  {32, 1},  {64, 2},  {64, 1}, {64, 1},
                 {64, 1}, {96, 1}, {96, 1}, {96, 1}, {160, 2}, {160, 1}, {160, 1}, {320, 1}};
    double width = l->options->width;
    inverted b = {.channels = by_eight(32 * width),
                  .height = (int)(l->options->size.h + 1) / 2,
                  .width = (int)(l->options->size.w + 1) / 2};
    char words[64];
    snprintf(words, sizeof words, "conv %d 3x3 stride 2 same no bias", b.channels);
    b.x = conv_bn_relu6(l, 0, (const char *const[]){"Conv1", "bn_Conv1", "Conv1_relu"}, words, batchnorm_v2);
    for (int i = 0; i < (int)(sizeof block / sizeof *block); i++)
        inverted_block(l, &b, i, block[i].filters, block[i].stride);
    snprintf(words, sizeof words, "conv %d 1x1 no bias", width > 1 ? by_eight(1280 * width) : 1280);
    int x = conv_bn_relu6(l, b.x, (const char *const[]){"Conv_1", "Conv_1_bn", "out_relu"}, words, batchnorm_v2);
    if (!l->options->top) return;
    x = nn_list_put(l, x, "global_average_pooling2d", "", "globalavg");
    nn_list_put(l, x, "predictions", "", "dense %d softmax", l->options->classes);
}
