/* onnx_build.h - what the makers of layers from ONNX's nodes share; only for onnx_net.c and onnx_to_*.c.
 *
 * A maker reads builder->at, adds layers with nn_onnx_put, says with nn_onnx_fill where their parameters lie in the
 * file, and what the node's output has become with nn_onnx_give. */
#ifndef NN_ONNX_BUILD_H
#define NN_ONNX_BUILD_H

#include "nnlib/io/onnx.h"
#include "nnlib/model/net.h"

/* A value of the graph in our network: which layer gives it, and how ONNX's numbers of it lie against ours. */
typedef struct onnx_value {
    int layer;           /* -1: not there (yet) */
    int maker;           /* node of the graph that gives it; -1: it is an input */
    int readers, reader; /* nodes that are needed and read it, and the last of them */
    const char *called;  /* what it is called as an output of the graph, or NULL */
    int rank;            /* as ONNX has it: 4 an image, 2 a list */
    bool last;           /* of an image: channels come last there too (NHWC) */
    int64_t places; /* of a list: there all numbers of a channel lie together, here all of a place: so many places */
    bool positive;  /* no number is below 0 */
    bool shares;    /* it is the outcome of a softmax */
    int64_t *whole; /* it is no image and no list of numbers, but a known list of so many sizes; else NULL */
    int wholes;
} onnx_value;

/* Where number (place, in, out) of a parameter of ours lies in a tensor: at the sum of each times its step. */
typedef struct onnx_order {
    int64_t places, in, out, place_step, in_step, out_step;
} onnx_order;

/* What a parameter is filled with: numbers of a tensor, times `times` or that over them; or, without one, `times`. */
typedef struct onnx_fill {
    struct onnx_fill *next;
    int layer, param;
    const nn_named_tensor *tensor;
    onnx_order order;
    double times;
    bool over;
} onnx_fill;

typedef struct onnx_builder {
    const char *file;
    nn_onnx graph;
    nn_net *net;
    int64_t images;    /* as many as the graph was written for; -1: any */
    nn_name_map names; /* of values */
    onnx_value *value;
    bool *needed;           /* nodes that lead to the output */
    const nn_onnx_node *at; /* the one in work */
    onnx_fill *fills;
    lg_arena room;
} onnx_builder;

/* LL365: the node in work is not read; the text goes on behind its name. */
lg_status nn_onnx_refuse(const onnx_builder *b, lg_err *err, const char *fmt, ...) LG_PRINTF(3, 4);

/* ---- what the node in work reads and gives ---- */
onnx_value *nn_onnx_value_of(const onnx_builder *b, const char *name); /* NULL: a tensor, or left out */
onnx_value *nn_onnx_output(const onnx_builder *b);
/* Input k, or a value, as a tensor; NULL: left out, or computed. */
const nn_named_tensor *nn_onnx_tensor(const onnx_builder *b, int k);
const nn_named_tensor *nn_onnx_tensor_called(const onnx_builder *b, const char *name);
/* Input k as an image (N, C, H, W), or as a list; refused where it is something else. */
lg_status nn_onnx_image(const onnx_builder *b, int k, onnx_value **out, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_list(const onnx_builder *b, int k, onnx_value **out, lg_err *err) LG_MUST_CHECK;
/* Input k as anything that is computed. */
lg_status nn_onnx_computed(const onnx_builder *b, int k, onnx_value **out, lg_err *err) LG_MUST_CHECK;
nn_shape nn_onnx_shape(const onnx_builder *b, const onnx_value *v);   /* ours */
int64_t nn_onnx_channels(const onnx_builder *b, const onnx_value *v); /* of a list all its numbers */
int nn_onnx_channel_axis(const onnx_value *v);
int64_t nn_onnx_int(const onnx_builder *b, const char *attr, int64_t otherwise);
double nn_onnx_number(const onnx_builder *b, const char *attr, double otherwise);
/* Input k as whole numbers, at most `most`; refused where they are not known. */
lg_status nn_onnx_wholes(const onnx_builder *b, int k, int most, int64_t *to, int *count, lg_err *err) LG_MUST_CHECK;

/* ---- layers ---- */
/* Adds a layer behind others, in the words of the language, called after `as` (nn_onnx_output as a rule) and suffix.
 * It is then the last of the network. */
lg_status nn_onnx_put(onnx_builder *b, const int *from, int n, const onnx_value *as, const char *suffix, lg_err *err,
                      const char *words, ...) LG_PRINTF(7, 8) LG_MUST_CHECK;
int nn_onnx_last(const onnx_builder *b); /* the layer added last */
/* The output is what `layer` gives, in all else like `like`. */
onnx_value *nn_onnx_give(const onnx_builder *b, int layer, const onnx_value *like);
/* Parameter `param` of the last layer; tensor NULL: all of it is `fill->times`. */
lg_status nn_onnx_fill(onnx_builder *b, int param, const onnx_fill *fill, lg_err *err) LG_MUST_CHECK;
/* Numbers of a tensor, one for each channel (or one for all), in the order of a value. */
onnx_order nn_onnx_channel_order(const onnx_builder *b, const onnx_value *v, const nn_named_tensor *t);

/* ---- makers ---- */
/* Works out the node, where it does nothing but compute a shape. */
lg_status nn_onnx_to_shape(onnx_builder *b, bool *made, lg_err *err) LG_MUST_CHECK;
/* Makes the node and some behind it one layer, where they are one; they are then no longer needed. */
lg_status nn_onnx_to_idiom(onnx_builder *b, bool *made, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_conv(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_pool(onnx_builder *b, lg_err *err) LG_MUST_CHECK; /* MaxPool, AveragePool */
lg_status nn_onnx_to_globalavg(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_globalmax(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_reduce_mean(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_pad(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_dense(onnx_builder *b, lg_err *err) LG_MUST_CHECK; /* Gemm, MatMul */
lg_status nn_onnx_to_batchnorm(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_arithmetic(onnx_builder *b, lg_err *err) LG_MUST_CHECK; /* Add, Sub, Mul, Div */
lg_status nn_onnx_to_sum(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_concat(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_activation(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_softmax(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_flatten(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_reshape(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_squeeze(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_transpose(onnx_builder *b, lg_err *err) LG_MUST_CHECK;
lg_status nn_onnx_to_itself(onnx_builder *b, lg_err *err) LG_MUST_CHECK; /* Identity, Dropout */

#endif
