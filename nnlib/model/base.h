/* base.h - the networks people transfer from, layer by layer as their authors' libraries build them, so that published
 * weights fit.
 *
 *     const nn_base *base = nn_base_find("mobilenet");
 *     nn_base_options o = nn_base_defaults(base);       // 224x224, width 1, no top
 *     nn_net *net;
 *     o.width = 0.75;
 *     LG_TRY(nn_base_net(base, &o, &net, err));         // input 224x224x3 … conv_pw_13_relu, 7x7x768
 *     …
 *     nn_preprocess_pixels(base->preprocess, n, pixels, nn_exec_input(exec)); // or a layer `preprocess tf` before it
 *     nn_net_unref(net);
 *
 * To go on with layers of one's own, add the base to a network that has nothing but its `input`:
 *
 *     LG_GO(nn_net_add_line(net, "input 224x224x3", err));
 *     LG_GO(nn_net_add_line(net, "preprocess tf", err));   // takes pixels of 0..1; may be left out
 *     LG_GO(nn_base_add(base, &o, net, err));
 *     LG_GO(nn_net_add_line(net, "globalavg", err));
 *     LG_GO(nn_net_add_line(net, "dense 4 softmax", err));
 *     LG_GO(nn_net_finish(net, err));
 *
 * name           parameters  with top    size pixels the same network as                     paper
 * mobilenet       3,228,864   4,253,864  224  tf     keras.applications.MobileNet             Howard 2017
 * mobilenet_v2    2,257,984   3,538,984  224  tf     keras.applications.MobileNetV2           Sandler 2018
 * resnet50       23,587,712  25,636,712  224  caffe  keras.applications.ResNet50              He 2015
 * resnet50_v1.5  23,508,032  25,557,032  224  torch  torchvision resnet50, timm resnet50      He 2015
 * resnet18       11,176,512  11,689,512  224  torch  torchvision resnet18, timm resnet18      He 2015
 * resnet34       21,284,672  21,797,672  224  torch  torchvision resnet34, timm resnet34      He 2015
 * resnet101      42,500,160  44,549,160  224  torch  torchvision resnet101, timm resnet101    He 2015
 * squeezenet        735,424   1,248,424  224  torch  torchvision squeezenet1_0                Iandola 2016
 * squeezenet1.1     722,496   1,235,496  224  torch  torchvision squeezenet1_1                Iandola 2016
 * vgg16          14,714,688 138,357,544  224  caffe  keras.applications.VGG16, torchvision vgg16  Simonyan 2014
 *
 * Papers (arXiv): Howard et al. 1704.04861, Sandler et al. 1801.04381, He et al. 1512.03385, Iandola et al. 1602.07360,
 * Simonyan & Zisserman 1409.1556.
 *
 * Counts are at width 1 and 1,000 classes, made as the library named makes them: Keras counts the averages of
 * batchnorm, torchvision does not (nn_net_params does; nn_net_moving says how many they are). Only mobilenet and
 * mobilenet_v2 have widths. vgg16's published torchvision weights want `torch` pixels, Keras' want `caffe`.
 *
 * **Names of layers** are those of the library named: conv1_conv, conv2_block1_1_conv, block_1_expand, block5_pool in
 * Keras; layer1.0.conv1, features.3.squeeze in torchvision. What has no name there is called after the module that does
 * it: layer1.0.relu1 and layer1.0.add, and layer1.0 for what the block gives.
 *
 * **until LAYER** keeps the network up to that layer, whose output is then the last one, and leaves out everything that
 * does not lead to it: the shortcut beside conv2_block1_1_relu, for instance. With `top` the classifier is there too.
 *
 * Ownership: nn_base records are static. A net from nn_base_net is the caller's (nn_net_unref). */
#ifndef NN_BASE_H
#define NN_BASE_H

#include "nnlib/core/named_tensors.h"
#include "nnlib/layers/preprocess.h"
#include "nnlib/model/net.h"

typedef struct nn_list nn_list;

typedef struct nn_base {
    const char *name;
    const char *aliases;             /* other spellings, blank between; may be NULL */
    const char *doc;                 /* one sentence */
    const char *paper;               /* authors, year, title */
    const char *keras;               /* the function of Keras that builds the same network; NULL: there is none */
    const char *torch;               /* the same of torchvision */
    int size;                        /* height and width of the images its weights were trained with */
    const nn_preprocess *preprocess; /* and how they were prepared */
    bool widths;                     /* other widths than 1 exist */
    size_t params, params_top;       /* without and with the top, as in the table above */
    void (*list)(nn_list *list);     /* writes the layers down, see base_list.h */
    int blocks[4];                   /* of the stages of a residual network */
} nn_base;
extern const nn_base nn_bases[]; /* ends with name NULL */

/* By name or alias, without case. LL218 with the list when there is none; nn_base_find(…) itself gives NULL. */
const nn_base *nn_base_find(const char *name);
lg_status nn_base_need(const char *name, const nn_base **out, lg_err *err) LG_MUST_CHECK;

typedef struct nn_base_options {
    nn_dims size;      /* of the images; they have 3 channels */
    double width;      /* factor on the numbers of filters */
    bool top;          /* the classifier too */
    int classes;       /* of the top */
    const char *until; /* last layer, or NULL */
} nn_base_options;
nn_base_options nn_base_defaults(const nn_base *base);

/* LL142 for a width the base does not have or a size out of range, LL219 when it has no layer `until`, and what
 * nn_net_add may say: LL203 for images too small, LL207. */
lg_status nn_base_net(const nn_base *base, const nn_base_options *options, nn_net **out, lg_err *err) LG_MUST_CHECK;
/* Behind the `input` of a network that has nothing else yet, or only `preprocess` (LL216), with its size; the caller
 * adds more, or finishes. On failure the network may hold some of the layers. */
lg_status nn_base_add(const nn_base *base, const nn_base_options *options, nn_net *net, lg_err *err) LG_MUST_CHECK;

/* ---- where a parameter lies in a file of weights ---- */
typedef enum nn_weight_file {
    NN_FILE_KERAS, /* "conv1_conv/kernel", "conv1_bn/moving_mean", "conv_dw_1/depthwise_kernel": layer/variable */
    NN_FILE_TORCH, /* "layer1.0.conv1.weight", "bn1.running_var": a state dict of torchvision; timm's ResNets are named
                      the same, the top of its vgg16 is not */
} nn_weight_file;

/* A tensor of a file. Numbers of torch lie (out, in, kernel places), ours (kernel places, in, out); a list of torch is
 * out numbers, its in and places 1. Files of Keras lie as ours do. */
typedef struct nn_weight_name {
    char name[80];
    nn_shape shape; /* in the file */
    int64_t out, in, places;
    bool turned;    /* nn_weight_turn has something to do */
} nn_weight_name;
/* Parameter k of a node of the base: of those that nn_base_add added, not of a head behind them. False where the base
 * is not in such files (base->keras, base->torch). num_batches_tracked of a state dict belongs to nobody. */
bool nn_base_weight(const nn_base *base, const nn_net *net, int node, int k, nn_weight_file file, nn_weight_name *out);
/* The same but for the name, which is "", of any node: how PyTorch and ONNX lay such a parameter out. */
void nn_weight_torch_order(const nn_net *net, int node, int k, nn_weight_name *out);
/* The file's numbers in our order. */
void nn_weight_turn(const nn_weight_name *name, const float *from, float *to);
/* Fills the parameters of nodes from … to - 1, which nn_base_add added, with a file's tensors: by the names of Keras
 * (`/` or `.` between layer and variable) or of torchvision; where the file has neither, as ONNX files that number what
 * they hold, in the order of the graph, with batchnorms as they are or multiplied into the convolutions. More tensors
 * than the base wants (a top it leaves out) are passed over. order (n tensors of the list, as the graph uses them):
 * NULL for the list's own. *file: whose weights they are. LL221 names the first that differs and what the file holds.
 */
lg_status nn_base_load(const nn_base *base, const nn_net *net, int from, int to, const nn_named_tensors *list,
                       const nn_named_tensor *const *order, size_t n, nn_weights *into, nn_weight_file *file,
                       lg_err *err) LG_MUST_CHECK;
/* How images are prepared for weights from such files: Keras' and torchvision's VGG16 differ in nothing else. */
const nn_preprocess *nn_base_preprocess(const nn_base *base, nn_weight_file file);

#endif
