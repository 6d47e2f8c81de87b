/* base_squeezenet.c - SqueezeNet (Iandola et al. 2016) 1.0 and 1.1 as torchvision builds them: fire modules squeeze
 * the channels by a 1x1, then expand them by a 1x1 and a 3x3 side by side. */
#include "nnlib/model/base_list.h"
#include <stdio.h>
#include "lib/base/banned.h"

typedef struct squeeze {
    int x, module; /* the last layer; the number of the next in `features` */
    int height, width;
} squeeze;

/* 3x3 maximum of stride 2 whose last window may reach over the border. It stands behind a relu, where zeros there do
 * not count. */
static void pool(nn_list *l, squeeze *s)
{
    char name[NN_NAME];
    int out_h = (s->height - 2) / 2 + 1, out_w = (s->width - 2) / 2 + 1;
    int over_h = out_h * 2 + 1 - s->height, over_w = out_w * 2 + 1 - s->width;
    snprintf(name, sizeof name, "features.%d", s->module++);
    if (over_h > 0 || over_w > 0) s->x = nn_list_put(l, s->x, name, ".pad", "pad 0 extra %dx%d", over_h, over_w);
    s->x = nn_list_put(l, s->x, name, "", "maxpool 3 stride 2");
    s->height = out_h, s->width = out_w;
}

static int conv_relu(nn_list *l, int x, const char *prefix, const char *suffix, int filters, int kernel)
{
    char relu[NN_NAME];
    x = nn_list_put(l, x, prefix, suffix, "conv %d %dx%d same", filters, kernel, kernel);
    snprintf(relu, sizeof relu, "%.12s_activation", suffix);
    return nn_list_put(l, x, prefix, relu, "activation relu");
}

static void fire(nn_list *l, squeeze *s, int squeezed, int expanded)
{
    char name[NN_NAME];
    snprintf(name, sizeof name, "features.%d", s->module++);
    int small = conv_relu(l, s->x, name, ".squeeze", squeezed, 1);
    int one = conv_relu(l, small, name, ".expand1x1", expanded, 1);
    int three = conv_relu(l, small, name, ".expand3x3", expanded, 3);
    s->x = nn_list_join(l, "concat", one, three, name, "");
}

static squeeze begin(nn_list *l, int filters, int kernel)
{
    squeeze s = {.module = 2,
                 .height = (int)(l->options->size.h - kernel) / 2 + 1,
                 .width = (int)(l->options->size.w - kernel) / 2 + 1};
    s.x = nn_list_put(l, 0, "features.0", "", "conv %d %dx%d stride 2", filters, kernel, kernel);
    s.x = nn_list_put(l, s.x, "features.1", "", "activation relu");
    pool(l, &s);
    return s;
}

static void end(nn_list *l, const squeeze *s)
{
    if (!l->options->top) return;
    int x = nn_list_put(l, s->x, "classifier.0", "", "dropout 0.5");
    x = nn_list_put(l, x, "classifier.1", "", "conv %d 1x1", l->options->classes);
    x = nn_list_put(l, x, "classifier.2", "", "activation relu");
    x = nn_list_put(l, x, "classifier.3", "", "globalavg");
    nn_list_put(l, x, "predictions", "", "activation softmax");
}

void nn_list_squeezenet(nn_list *l)
{
    squeeze s = begin(l, 96, 7);
    fire(l, &s, 16, 64), fire(l, &s, 16, 64), fire(l, &s, 32, 128);
    pool(l, &s);
    fire(l, &s, 32, 128), fire(l, &s, 48, 192), fire(l, &s, 48, 192), fire(l, &s, 64, 256);
    pool(l, &s);
    fire(l, &s, 64, 256);
    end(l, &s);
}

void nn_list_squeezenet11(nn_list *l)
{
    squeeze s = begin(l, 64, 3);
    fire(l, &s, 16, 64), fire(l, &s, 16, 64);
    pool(l, &s);
    fire(l, &s, 32, 128), fire(l, &s, 32, 128);
    pool(l, &s);
    fire(l, &s, 48, 192), fire(l, &s, 48, 192), fire(l, &s, 64, 256), fire(l, &s, 64, 256);
    end(l, &s);
}
