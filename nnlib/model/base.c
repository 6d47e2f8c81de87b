/* base.c - the table of bases, and from a base's list to layers of a network. */
#include "nnlib/model/base.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "nnlib/model/base_list.h"
#include "lib/base/banned.h"

#define HOWARD   "Howard et al. 2017, Efficient Convolutional Neural Networks for Mobile Vision Applications"
#define SANDLER  "Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks"
#define HE       "He et al. 2015, Deep Residual Learning for Image Recognition"
#define IANDOLA  "Iandola et al. 2016, AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size"
#define SIMONYAN "Simonyan & Zisserman 2014, Very Deep Convolutional Networks for Large-Scale Image Recognition"

const nn_base nn_bases[] = {
    {.name = "mobilenet",
     .aliases = "mobilenet_v1 mobilenetv1",
     .doc = "Small and fast; any width.",
     .paper = HOWARD,
     .keras = "MobileNet",
     .size = 224,
     .preprocess = &nn_preprocess_tf,
     .widths = true,
     .params = 3228864,
     .params_top = 4253864,
     .list = nn_list_mobilenet},
    {.name = "mobilenet_v2",
     .aliases = "mobilenetv2",
     .doc = "Smaller than mobilenet and better; any width.",
     .paper = SANDLER,
     .keras = "MobileNetV2",
     .size = 224,
     .preprocess = &nn_preprocess_tf,
     .widths = true,
     .params = 2257984,
     .params_top = 3538984,
     .list = nn_list_mobilenet_v2},
    {.name = "resnet50",
     .doc = "The usual one to transfer from, as in Keras.",
     .paper = HE,
     .keras = "ResNet50",
     .size = 224,
     .preprocess = &nn_preprocess_caffe,
     .params = 23587712,
     .params_top = 25636712,
     .list = nn_list_resnet_keras,
     .blocks = {3, 4, 6, 3}},
    {.name = "resnet50_v1.5",
     .aliases = "resnet50_v1_5",
     .doc = "resnet50 as in torchvision: strides in the 3x3.",
     .paper = HE,
     .torch = "resnet50",
     .size = 224,
     .preprocess = &nn_preprocess_torch,
     .params = 23508032,
     .params_top = 25557032,
     .list = nn_list_resnet_bottleneck,
     .blocks = {3, 4, 6, 3}},
    {.name = "resnet18",
     .doc = "The smallest residual network of the paper.",
     .paper = HE,
     .torch = "resnet18",
     .size = 224,
     .preprocess = &nn_preprocess_torch,
     .params = 11176512,
     .params_top = 11689512,
     .list = nn_list_resnet_basic,
     .blocks = {2, 2, 2, 2}},
    {.name = "resnet34",
     .doc = "Twice as deep as resnet18.",
     .paper = HE,
     .torch = "resnet34",
     .size = 224,
     .preprocess = &nn_preprocess_torch,
     .params = 21284672,
     .params_top = 21797672,
     .list = nn_list_resnet_basic,
     .blocks = {3, 4, 6, 3}},
    {.name = "resnet101",
     .doc = "Deep and slow.",
     .paper = HE,
     .torch = "resnet101",
     .size = 224,
     .preprocess = &nn_preprocess_torch,
     .params = 42500160,
     .params_top = 44549160,
     .list = nn_list_resnet_bottleneck,
     .blocks = {3, 4, 23, 3}},
    {.name = "squeezenet",
     .aliases = "squeezenet1.0 squeezenet1_0",
     .doc = "Very few parameters.",
     .paper = IANDOLA,
     .torch = "squeezenet1_0",
     .size = 224,
     .preprocess = &nn_preprocess_torch,
     .params = 735424,
     .params_top = 1248424,
     .list = nn_list_squeezenet},
    {.name = "squeezenet1.1",
     .aliases = "squeezenet1_1",
     .doc = "squeezenet at less than half the work.",
     .paper = IANDOLA,
     .torch = "squeezenet1_1",
     .size = 224,
     .preprocess = &nn_preprocess_torch,
     .params = 722496,
     .params_top = 1235496,
     .list = nn_list_squeezenet11},
    {.name = "vgg16",
     .doc = "Plain 3x3 convolutions; many parameters, slow.",
     .paper = SIMONYAN,
     .keras = "VGG16",
     .torch = "vgg16",
     .size = 224,
     .preprocess = &nn_preprocess_caffe,
     .params = 14714688,
     .params_top = 138357544,
     .list = nn_list_vgg16},
    {.name = NULL},
};
enum { BASES = sizeof nn_bases / sizeof *nn_bases - 1 };

/* ---- finding ---- */

static bool called(const nn_base *base, const char *name)
{
    size_t len = strlen(name);
    if (strcasecmp(base->name, name) == 0) return true;
    for (const char *p = base->aliases; p && *p;) {
        size_t n = strcspn(p, " ");
        if (n == len && strncasecmp(p, name, n) == 0) return true;
        p += n;
        p += strspn(p, " ");
    }
    return false;
}

const nn_base *nn_base_find(const char *name)
{
    for (const nn_base *base = nn_bases; base->name; base++)
        if (called(base, name)) return base;
    return NULL;
}

lg_status nn_base_need(const char *name, const nn_base **out, lg_err *err)
{
    const char *names[BASES];
    char list[300] = "";
    size_t used = 0;
    *out = nn_base_find(name);
    if (*out) return LG_OK;
    for (int i = 0; i < BASES; i++) {
        int more = snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", nn_bases[i].name);
        if (more > 0 && used + (size_t)more < sizeof list) used += (size_t)more;
        names[i] = nn_bases[i].name;
    }
    const char *near = lg_nearest(name, names, BASES);
    lg_fail(err, LG_E_NAME, 218, "no base is called `%.60s`", name);
    lg_status st = lg_why(err, "bases: %s", list);
    return near ? lg_try(err, "did you mean `%s`?", near) : st;
}

nn_base_options nn_base_defaults(const nn_base *base)
{
    return (nn_base_options){.size = {base->size, base->size, 3}, .width = 1, .classes = 1000};
}

/* ---- the list ---- */

static int next_layer(nn_list *list, const char *prefix, const char *suffix)
{
    size_t before = strlen(prefix), behind = strlen(suffix);
    LG_BUG_ON(list->count >= NN_MAX_LAYERS || before + behind >= NN_NAME);
    char *name = list->layer[list->count].name;
    memcpy(name, prefix, before);
    memcpy(name + before, suffix, behind + 1);
    return list->count++;
}

int nn_list_put(nn_list *list, int from, const char *prefix, const char *suffix, const char *words, ...)
{
    int number = next_layer(list, prefix, suffix);
    nn_list_layer *layer = &list->layer[number];
    va_list ap;
    va_start(ap, words);
    int length = vsnprintf(layer->words, sizeof layer->words, words, ap);
    va_end(ap);
    LG_BUG_ON(length < 0 || length >= (int)sizeof layer->words);
    layer->input[0] = from;
    layer->inputs = 1;
    return number;
}

int nn_list_join(nn_list *list, const char *kind, int a, int b, const char *prefix, const char *suffix)
{
    int number = nn_list_put(list, a, prefix, suffix, "%s", kind);
    list->layer[number].input[1] = b;
    list->layer[number].inputs = 2;
    return number;
}

/* ---- from the list to a network ---- */

static lg_status check_options(const nn_base *base, const nn_base_options *o, lg_err *err)
{
    if (!base->widths && o->width != 1) {
        lg_fail(err, LG_E_ARG, 142, "`%s` has one width only, not %g", base->name, o->width);
        return lg_try(err, "`mobilenet` and `mobilenet_v2` have any width");
    }
    if (!(o->width >= 0.01 && o->width <= 16))
        return lg_fail(err, LG_E_ARG, 142, "the width of `%s` must be 0.01 to 16, not %g", base->name, o->width);
    if (o->top && (o->classes < 1 || o->classes > 1000000))
        return lg_fail(err, LG_E_ARG, 142, "`%s` can have 1 to 1,000,000 classes, not %s", base->name,
                       lg_thousands(o->classes));
    if (o->size.h >= 1 && o->size.w >= 1 && o->size.h <= 65536 && o->size.w <= 65536) return LG_OK;
    return lg_fail(err, LG_E_ARG, 142, "images for `%s` must have 1 to 65,536 pixels a side", base->name);
}

static lg_status no_such_layer(const nn_list *list, const char *until, lg_err *err)
{
    const char *names[NN_MAX_LAYERS];
    for (int i = 1; i < list->count; i++) names[i - 1] = list->layer[i].name;
    const char *near = lg_nearest(until, names, (size_t)(list->count - 1));
    lg_fail(err, LG_E_NAME, 219, "`%s` has no layer `%.60s`", list->base->name, until);
    lg_status st =
        lg_why(err, "its layers go from `%s` to `%s`", list->layer[1].name, list->layer[list->count - 1].name);
    return near ? lg_try(err, "did you mean `%s`?", near) : st;
}

/* Marks what leads to the last layer wanted. Layers stand behind what they read. */
static lg_status mark_needed(nn_list *list, lg_err *err)
{
    const char *until = list->options->until;
    int last = list->count - 1;
    for (int i = 1; until && i <= list->count; i++) {
        if (i == list->count) return no_such_layer(list, until, err);
        last = i;
        if (strcasecmp(list->layer[i].name, until) == 0) break;
    }
    list->layer[last].needed = true;
    for (int i = last; i > 0; i--)
        for (int k = 0; list->layer[i].needed && k < list->layer[i].inputs; k++)
            list->layer[list->layer[i].input[k]].needed = true;
    return LG_OK;
}

static lg_status add_layer(const nn_list *list, int i, const int *node, nn_net *net, lg_err *err)
{
    const nn_list_layer *layer = &list->layer[i];
    char word[16], line[sizeof layer->words + NN_NAME + 8];
    int input[2] = {node[layer->input[0]], node[layer->input[1]]};
    snprintf(word, sizeof word, "%.*s", (int)strcspn(layer->words, " "), layer->words);
    const nn_layer_type *type = nn_layer_find(word);
    LG_BUG_ON(!type);
    void *config = lg_alloc(1, type->config_size, err);
    if (!config) return LG_E_MEMORY;
    snprintf(line, sizeof line, "%s name %s", layer->words + strlen(word), layer->name);
    nn_config_init(type, config);
    lg_status st = nn_config_parse(type, config, line, err);
    if (st == LG_OK) st = nn_net_add_to(net, type, config, input, layer->inputs, err);
    lg_free(config);
    return st;
}

static lg_status add_needed(nn_list *list, nn_net *net, lg_err *err)
{
    int node[NN_MAX_LAYERS] = {nn_net_count(net) - 1}; /* of the images, and of each layer that was added */
    list->base->list(list);
    LG_TRY(mark_needed(list, err));
    for (int i = 1; i < list->count; i++) {
        if (!list->layer[i].needed) continue;
        LG_TRY(add_layer(list, i, node, net, err));
        node[i] = nn_net_count(net) - 1;
    }
    return LG_OK;
}

lg_status nn_base_add(const nn_base *base, const nn_base_options *options, nn_net *net, lg_err *err)
{
    nn_base_options o = *options;
    nn_list list = {.base = base, .options = &o, .count = 1};
    LG_TRY(check_options(base, &o, err));
    int before = nn_net_count(net);
    bool prepared = before == 2 && nn_net_node(net, 1)->type == nn_layer_find("preprocess");
    if (before != 1 && !prepared) {
        lg_fail(err, LG_E_SHAPE, 216, "`base %s` stands only at the beginning, behind `input` and `preprocess`",
                base->name);
        lg_why(err, "its weights were trained on pictures, not on what another layer makes of them");
        return lg_try(err, "make it the first line of the block, and the only base");
    }
    nn_shape in = nn_net_input(net);
    o.size = (nn_dims){in.dim[0], in.dim[1], 3};
    if (in.dim[2] != 3) {
        lg_fail(err, LG_E_SHAPE, 212, "`base %s` wants images of 3 channels, not %lld", base->name,
                (long long)in.dim[2]);
        return lg_try(err, "load the images in colour (`input %lldx%lldx3`)", (long long)in.dim[0],
                      (long long)in.dim[1]);
    }
    list.layer = lg_alloc(NN_MAX_LAYERS, sizeof *list.layer, err);
    if (!list.layer) return LG_E_MEMORY;
    lg_status st = add_needed(&list, net, err);
    lg_free(list.layer);
    return st;
}

lg_status nn_base_net(const nn_base *base, const nn_base_options *options, nn_net **out, lg_err *err)
{
    lg_status st;
    char line[64];
    nn_net *net = NULL;
    LG_TRY(check_options(base, options, err));
    snprintf(line, sizeof line, "input %lldx%lldx3", (long long)options->size.h, (long long)options->size.w);
    LG_GO(nn_net_new(&net, err));
    LG_GO(nn_net_add_line(net, line, err));
    LG_GO(nn_base_add(base, options, net, err));
    LG_GO(nn_net_finish(net, err));
    *out = net;
    net = NULL;
done:
    nn_net_unref(net);
    return st;
}
