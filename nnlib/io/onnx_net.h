/* onnx_net.h - a whole ONNX classifier as a network of ours with its weights.
 *
 *     nn_onnx_classifier c;
 *     LG_GO(nn_onnx_net(bytes, len, "squeezenet1.1.onnx", &(nn_onnx_choice){.softmax = true}, &c, err));
 *     nn_exec_new(&(nn_exec_options){.net = c.net, .max_batch = 1}, &exec, err);   // as any other network
 *     nn_exec_load(exec, c.weights);
 *     nn_onnx_classifier_release(&c);
 *
 * Images of ONNX are (N, C, H, W), ours (N, H, W, C): kernels are turned round, and where an image becomes a list of
 * its numbers, the rows of the weights behind are put in our order. Numbers are those of the file otherwise; nothing is
 * folded (nn_exec does that) and no layer is left out but those that do nothing when a network is used (Identity,
 * Dropout) and those that do not lead to the output chosen.
 *
 * **Names of layers** are what the graph's output is called that a layer gives ("logits", "features"), else the name of
 * the node ("layer1.0.conv1" of PyTorch's "/layer1/layer1.0/conv1/Conv"), else that of its weights ("conv1" of
 * "conv1.w"), else that of what it gives; with letters, digits and `_.-` alone, cut to fit from the left, and numbered
 * where two would be the same. What a node needs besides its main layer is called after that: "conv1_pad".
 *
 * **What is read**: Conv of one group, or of as many groups as channels come in and go out; BatchNormalization; Relu,
 * Clip from 0 to 6 or without an end, LeakyRelu 0.2, Elu 1, Sigmoid, Tanh, x · sigmoid(x), gelu, Softmax over the
 * channels; MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool, ReduceMean over height and width; Add and Sum of
 * layers, Concat of channels; Gemm, MatMul with weights; Add, Sub, Mul, Div with a number or one for each channel;
 * Flatten, Squeeze, and Reshape to a list, also to a shape that Shape, Gather, Slice, Concat, Cast, Squeeze and
 * Unsqueeze make of an image's; Pad with zeros; Transpose between NCHW and NHWC; Identity, Dropout, Constant. All else,
 * and settings for which there is no layer, are refused with LL365, which names the node and what would be read. */
#ifndef NN_ONNX_NET_H
#define NN_ONNX_NET_H

#include "nnlib/model/net.h"

/* What is wanted of the file; all may be left 0. */
typedef struct nn_onnx_choice {
    const char *output;    /* which value of the graph comes out; NULL: its output `logits`, else its last output */
    int64_t height, width; /* of the images, where the file leaves them open */
    const char *pixels;    /* how it wants its pixels, "caffe", "tf" or "torch": a layer `preprocess` comes first, and
                              the network takes pixels of 0..1. NULL: images are what the graph takes, which no file
                              says */
    bool softmax;          /* put a softmax behind scores, so that probabilities come out */
} nn_onnx_choice;

typedef struct nn_onnx_classifier {
    nn_net *net;         /* references of the caller's */
    nn_weights *weights; /* finite */
    bool scores;         /* the file ends in scores, not in probabilities (whatever `softmax` put behind them) */
} nn_onnx_classifier;

/* choice: NULL for the defaults. What nn_onnx_read says (LL361 to LL365), LL207 where it would need too much memory. */
lg_status nn_onnx_net(const void *data, size_t len, const char *file, const nn_onnx_choice *choice,
                      nn_onnx_classifier *out, lg_err *err) LG_MUST_CHECK;
void nn_onnx_classifier_release(nn_onnx_classifier *classifier);

#endif
