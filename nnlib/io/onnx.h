/* onnx.h - an ONNX file as plain data: the tensors it brings along and the nodes that a classifier computes, in order.
 *
 *     nn_onnx net;
 *     LG_GO(nn_onnx_read(bytes, len, "squeezenet1.1.onnx", &net, err));
 *     for (size_t i = 0; i < net.nodes; i++)
 *         if (strcmp(net.node[i].op, "Conv") == 0) {
 *             const nn_onnx_attr *strides = nn_onnx_attr_find(&net.node[i], "strides");    // NULL: the default holds
 *             const nn_named_tensor *kernel = nn_named_find(&net.tensors, net.node[i].input[1]);
 *         }
 *     nn_onnx_release(&net);
 *
 * Nothing is computed and no other file is opened: tensors that lie in files of their own (external data) are refused.
 * What comes back obeys:
 *  - tensors are the initialisers in the file's order, then the values of Constant nodes, by the name of their output;
 *    those nodes are not among the others. Integers among them are shapes and axes.
 *  - Each input of a node is "" (left out), a tensor, an input of the graph, or the output of an earlier node; no name
 * is given twice. Each output of the graph is one of them.
 *  - Operators are those of onnx_ops.def with the attributes named there, each in its range (LL365 names the first
 *    that is not). There are no graphs inside of nodes, no functions, and no other domain than ONNX's own. */
#ifndef NN_ONNX_H
#define NN_ONNX_H

#include "nnlib/core/named_tensors.h"

enum { NN_ONNX_OPSET_MIN = 7, NN_ONNX_OPSET_MAX = 28 };
enum { NN_ONNX_NODES = 16384, NN_ONNX_INPUTS = 256, NN_ONNX_ATTRS = 16, NN_ONNX_LIST = 16 };

/* As AttributeProto numbers them; a tensor is only Constant's. */
typedef enum nn_onnx_kind {
    NN_ONNX_FLOAT = 1,
    NN_ONNX_INT = 2,
    NN_ONNX_TEXT = 3,
    NN_ONNX_TENSOR = 4,
    NN_ONNX_INTS = 7,
} nn_onnx_kind;

typedef struct nn_onnx_attr {
    const char *name;
    nn_onnx_kind kind;
    float number;                /* FLOAT: finite */
    int64_t whole[NN_ONNX_LIST]; /* INT: the first; INTS: count of them */
    int count;                   /* INT: 1 */
    const char *text;            /* TEXT */
} nn_onnx_attr;

typedef struct nn_onnx_node {
    const char *op, *name; /* name may be "" */
    const char **input, **output;
    nn_onnx_attr *attr;
    int inputs, outputs, attrs;
} nn_onnx_node;

/* An input or output of the graph: NCHW for pictures. */
typedef struct nn_onnx_value {
    const char *name;
    int rank;                   /* -1: not said */
    int64_t dim[NN_NAMED_RANK]; /* -1: any, as the number of images is */
} nn_onnx_value;

typedef struct nn_onnx {
    int64_t opset;
    nn_onnx_node *node;
    nn_onnx_value *input, *output; /* inputs without those that are initialisers */
    size_t nodes, inputs, outputs;
    nn_named_tensors tensors;
    lg_arena room; /* everything but the tensors */
} nn_onnx;

/* LL361, LL363, LL364, LL365. net is to be released also after a failure. */
lg_status nn_onnx_read(const void *data, size_t len, const char *file, nn_onnx *net, lg_err *err) LG_MUST_CHECK;
void nn_onnx_release(nn_onnx *net);
const nn_onnx_attr *nn_onnx_attr_find(const nn_onnx_node *node, const char *name);

#endif
