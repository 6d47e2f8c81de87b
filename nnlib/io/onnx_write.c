/* onnx_write.c - the graph is walked twice: once for the nodes, once for their numbers. */
#include "nnlib/io/onnx_write.h"
#include <stdio.h>
#include <string.h>
#include "nnlib/io/onnx.h"
#include "nnlib/io/proto_write.h"
#include "lib/base/banned.h"

enum { IR_VERSION = 7, OPSET = 13, VALUE = NN_NAME + 16 };
enum {
    MODEL_VERSION = 1,
    MODEL_PRODUCER = 2,
    MODEL_PRODUCED = 3,
    MODEL_DOC = 6,
    MODEL_GRAPH = 7,
    MODEL_OPSET = 8,
    MODEL_NOTES = 14
};
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_TENSOR = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { N_INPUT = 1, N_OUTPUT = 2, N_NAME = 3, N_OP = 4, N_ATTR = 5 };
enum { A_NAME = 1, A_FLOAT = 2, A_INT = 3, A_INTS = 8, A_KIND = 20 };
enum { T_DIM = 1, T_TYPE = 2, T_NAME = 8, T_RAW = 9, TYPE_FLOAT = 1, TYPE_I64 = 7 };
#define MOST_BYTES (((int64_t)1 << 31) - (1 << 20)) /* of numbers; the rest is small */

typedef struct onnx_writer {
    const nn_about *about;
    const nn_net *net;
    lg_buf *out;
    char (*value)[VALUE]; /* the name of what each layer gives; images lie NCHW there */
    bool six, erf;        /* which constants are wanted */
} onnx_writer;

/* ---- nodes ---- */
/* The rest of a node, attributes, is the caller's, who closes it. inputs end with NULL. */
static size_t open_node(onnx_writer *w, const char *op, const char *name, const char *const *input, const char *output)
{
    size_t node = nn_put_open(w->out, GRAPH_NODE);
    for (; *input; input++) nn_put_text(w->out, N_INPUT, *input);
    nn_put_text(w->out, N_OUTPUT, output);
    nn_put_text(w->out, N_NAME, name);
    nn_put_text(w->out, N_OP, op);
    return node;
}

static void put_attr_ints(onnx_writer *w, const char *name, const int64_t *value, int n)
{
    size_t attr = nn_put_open(w->out, N_ATTR);
    nn_put_text(w->out, A_NAME, name);
    for (int i = 0; i < n; i++) nn_put_number(w->out, A_INTS, (uint64_t)value[i]);
    nn_put_number(w->out, A_KIND, NN_ONNX_INTS);
    nn_put_close(w->out, attr);
}

static void put_attr_int(onnx_writer *w, const char *name, int64_t value)
{
    size_t attr = nn_put_open(w->out, N_ATTR);
    nn_put_text(w->out, A_NAME, name);
    nn_put_number(w->out, A_INT, (uint64_t)value);
    nn_put_number(w->out, A_KIND, NN_ONNX_INT);
    nn_put_close(w->out, attr);
}

static void put_attr_float(onnx_writer *w, const char *name, double value)
{
    size_t attr = nn_put_open(w->out, N_ATTR);
    nn_put_text(w->out, A_NAME, name);
    nn_put_float(w->out, A_FLOAT, (float)value);
    nn_put_number(w->out, A_KIND, NN_ONNX_FLOAT);
    nn_put_close(w->out, attr);
}

/* A node without attributes, of one or two inputs. */
static void put_plain(onnx_writer *w, const char *op, const char *name, const char *a, const char *b,
                      const char *output)
{
    nn_put_close(w->out, open_node(w, op, name, (const char *const[]){a, b, NULL}, output));
}

static void put_transpose(onnx_writer *w, const char *name, const char *from, bool to_places, const char *output)
{
    static const int64_t places[] = {0, 2, 3, 1}, channels[] = {0, 3, 1, 2};
    size_t node = open_node(w, "Transpose", name, (const char *const[]){from, NULL}, output);
    put_attr_ints(w, "perm", to_places ? places : channels, 4);
    nn_put_close(w->out, node);
}

/* "conv1/kernel" */
static const char *part_of(const nn_node *node, const char *part, char out[VALUE])
{
    snprintf(out, VALUE, "%s/%s", node->name, part);
    return out;
}

/* ---- activations ---- */
static void put_gelu(onnx_writer *w, const nn_node *node, const char *x, const char *y)
{
    char name[5][VALUE];
    static const char *const part[] = {"gelu_x", "gelu_erf", "gelu_one", "gelu_two", "gelu"};
    for (int i = 0; i < 5; i++) part_of(node, part[i], name[i]);
    put_plain(w, "Mul", name[0], x, "constant/root_half", name[0]);
    put_plain(w, "Erf", name[1], name[0], NULL, name[1]);
    put_plain(w, "Add", name[2], name[1], "constant/one", name[2]);
    put_plain(w, "Mul", name[3], x, name[2], name[3]);
    put_plain(w, "Mul", name[4], name[3], "constant/half", y);
    w->erf = true;
}

static void put_activation(onnx_writer *w, const nn_node *node, nn_activation a, const char *x, const char *y)
{
    static const struct {
        const char *op, *attr;
        double value;
    } plain[] = {
        [NN_RELU] = {"Relu", NULL, 0},  [NN_LEAKY] = {"LeakyRelu", "alpha", 0.2},
        [NN_ELU] = {"Elu", "alpha", 1}, [NN_SIGMOID] = {"Sigmoid", NULL, 0},
        [NN_TANH] = {"Tanh", NULL, 0},  [NN_SOFTMAX] = {"Softmax", NULL, 0},
    };
    char name[VALUE], gate[VALUE];
    part_of(node, nn_activation_names[a], name);
    if (a == NN_GELU) {
        put_gelu(w, node, x, y);
    } else if (a == NN_SWISH) {
        part_of(node, "swish_gate", gate);
        put_plain(w, "Sigmoid", gate, x, NULL, gate);
        put_plain(w, "Mul", name, x, gate, y);
    } else if (a == NN_RELU6) {
        const char *const input[] = {x, "constant/zero", "constant/six", NULL};
        nn_put_close(w->out, open_node(w, "Clip", name, input, y));
        w->six = true;
    } else {
        size_t made = open_node(w, plain[a].op, name, (const char *const[]){x, NULL}, y);
        if (plain[a].attr) put_attr_float(w, plain[a].attr, plain[a].value);
        if (a == NN_SOFTMAX) put_attr_int(w, "axis", 1); /* channels come first here */
        nn_put_close(w->out, made);
    }
}

/* ---- layers ---- */
static void put_window(onnx_writer *w, const nn_facts *f, bool dilates)
{
    if (dilates) put_attr_ints(w, "dilations", (const int64_t[]){f->dilation.h, f->dilation.w}, 2);
    put_attr_ints(w, "kernel_shape", (const int64_t[]){f->window.h, f->window.w}, 2);
    put_attr_ints(w, "pads", (const int64_t[]){f->before.h, f->before.w, f->behind.h, f->behind.w}, 4);
    put_attr_ints(w, "strides", (const int64_t[]){f->stride.h, f->stride.w}, 2);
}

/* conv, depthwise, dense, batchnorm: x and all parameters are the inputs. */
static void put_weighted(onnx_writer *w, int i, const nn_facts *f, const char *x, const char *y)
{
    const nn_node *node = nn_net_node(w->net, i);
    static const char *const op[] = {[NN_OP_CONV] = "Conv",
                                     [NN_OP_DEPTHWISE] = "Conv",
                                     [NN_OP_DENSE] = "Gemm",
                                     [NN_OP_BATCHNORM] = "BatchNormalization"};
    char name[NN_MAX_PARAMS][VALUE];
    const char *input[NN_MAX_PARAMS + 2] = {x};
    nn_array array[NN_MAX_PARAMS];
    int n = nn_facts_arrays(f, w->about->weights, i, array);
    for (int k = 0; k < n; k++) input[k + 1] = part_of(node, array[k].name, name[k]);
    size_t made = open_node(w, op[f->op], node->name, input, y);
    if (f->op == NN_OP_BATCHNORM) put_attr_float(w, "epsilon", f->epsilon);
    if (f->op == NN_OP_CONV || f->op == NN_OP_DEPTHWISE) put_window(w, f, true);
    if (f->op == NN_OP_DEPTHWISE) put_attr_int(w, "group", node->spec.in[0].dim[2]);
    nn_put_close(w->out, made);
}

static void put_pool(onnx_writer *w, const nn_node *node, const nn_facts *f, const char *x, const char *y)
{
    const char *op = f->op == NN_OP_MAXPOOL ? "MaxPool" : "AveragePool";
    size_t made = open_node(w, op, node->name, (const char *const[]){x, NULL}, y);
    put_window(w, f, false); /* count_include_pad is 0 where nothing is said */
    nn_put_close(w->out, made);
}

static void put_flatten(onnx_writer *w, const char *name, const char *x, const char *y)
{
    size_t made = open_node(w, "Flatten", name, (const char *const[]){x, NULL}, y);
    put_attr_int(w, "axis", 1);
    nn_put_close(w->out, made);
}

static void put_global(onnx_writer *w, const nn_node *node, const nn_facts *f, const char *x, const char *y)
{
    const char *op = f->op == NN_OP_GLOBALAVG ? "GlobalAveragePool" : "GlobalMaxPool";
    char place[VALUE], list[VALUE];
    part_of(node, "place", place), part_of(node, "list", list);
    put_plain(w, op, node->name, x, NULL, f->keepdims ? y : place);
    if (!f->keepdims) put_flatten(w, list, place, y);
}

static void put_joint(onnx_writer *w, const nn_node *node, const nn_facts *f, const char *y)
{
    const char *input[NN_MAX_INPUTS + 1] = {0};
    for (int k = 0; k < node->spec.nin; k++) input[k] = w->value[node->input[k]];
    const char *op = f->op == NN_OP_CONCAT ? "Concat" : node->spec.nin == 2 ? "Add" : "Sum";
    size_t made = open_node(w, op, node->name, input, y);
    if (f->op == NN_OP_CONCAT) put_attr_int(w, "axis", 1);
    nn_put_close(w->out, made);
}

static void put_op(onnx_writer *w, int i, const nn_facts *f, const char *x, const char *y)
{
    const nn_node *node = nn_net_node(w->net, i);
    char part[VALUE];
    switch (f->op) {
    case NN_OP_INPUT: put_transpose(w, node->name, "image", false, y); break;
    case NN_OP_CONV:
    case NN_OP_DEPTHWISE:
    case NN_OP_DENSE:
    case NN_OP_BATCHNORM: put_weighted(w, i, f, x, y); break;
    case NN_OP_MAXPOOL:
    case NN_OP_AVGPOOL: put_pool(w, node, f, x, y); break;
    case NN_OP_GLOBALAVG:
    case NN_OP_GLOBALMAX: put_global(w, node, f, x, y); break;
    case NN_OP_PAD: put_plain(w, "Pad", node->name, x, part_of(node, "pads", part), y); break;
    case NN_OP_FLATTEN:
        put_transpose(w, part_of(node, "places", part), x, true, part);
        put_flatten(w, node->name, part, y);
        break;
    case NN_OP_ADD:
    case NN_OP_CONCAT: put_joint(w, node, f, y); break;
    case NN_OP_ACTIVATION:
    case NN_OP_DROPOUT: break;
    }
}

static lg_status put_layer(onnx_writer *w, int i, lg_err *err)
{
    const nn_node *node = nn_net_node(w->net, i);
    const char *x = w->value[node->input[0]];
    bool last = i == nn_net_count(w->net) - 1, image = node->spec.out.rank == 3;
    char scores[VALUE], output[VALUE], name[VALUE];
    nn_facts f;
    LG_TRY(nn_facts_of(node, &f, err));
    part_of(node, "output", output);
    if (last && !image) snprintf(output, VALUE, "probabilities");
    bool turns = f.op == NN_OP_FLATTEN && node->spec.in[0].rank == 3; /* places come before channels again */
    if (f.op == NN_OP_INPUT && !image) {
        snprintf(output, VALUE, "image");
    } else if (f.view && !turns) {
        if (last && !image) put_plain(w, "Identity", node->name, x, NULL, output);
        else snprintf(output, VALUE, "%s", x);
    } else if (f.activation == NN_LINEAR) {
        put_op(w, i, &f, x, output);
    } else {
        if (f.op != NN_OP_ACTIVATION) put_op(w, i, &f, x, part_of(node, "scores", scores));
        put_activation(w, node, f.activation, f.op == NN_OP_ACTIVATION ? x : scores, output);
    }
    if (last && image) put_transpose(w, part_of(node, "places", name), output, true, "probabilities");
    memcpy(w->value[i], output, VALUE);
    return LG_OK;
}

/* ---- numbers ---- */
/* dims end with 0. The caller adds so many bytes. */
static size_t open_tensor(onnx_writer *w, const char *name, int type, const int64_t *dim, size_t bytes)
{
    size_t tensor = nn_put_open(w->out, GRAPH_TENSOR);
    for (; *dim; dim++) nn_put_number(w->out, T_DIM, (uint64_t)*dim);
    nn_put_number(w->out, T_TYPE, (uint64_t)type);
    nn_put_text(w->out, T_NAME, name);
    nn_put_bytes_head(w->out, T_RAW, bytes);
    lg_buf_reserve(w->out, bytes);
    return tensor;
}

static void put_constant(onnx_writer *w, const char *name, float value)
{
    size_t tensor = open_tensor(w, name, TYPE_FLOAT, (const int64_t[]){0}, sizeof value);
    lg_buf_add(w->out, &value, sizeof value);
    nn_put_close(w->out, tensor);
}

/* (places, in, out) of ours as (out, in, places). */
static void put_turned(onnx_writer *w, const float *from, int64_t places, int64_t in, int64_t outs)
{
    size_t n = (size_t)(places * in * outs);
    if (!lg_buf_reserve(w->out, n * sizeof *from)) return;
    char *to = w->out->data + w->out->len;
    for (int64_t o = 0; o < outs; o++)
        for (int64_t i = 0; i < in; i++)
            for (int64_t p = 0; p < places; p++, to += sizeof *from)
                memcpy(to, &from[(p * in + i) * outs + o], sizeof *from);
    w->out->len += n * sizeof *from;
    w->out->data[w->out->len] = 0;
}

static void put_kernel(onnx_writer *w, const nn_array *a, const char *name, bool depthwise)
{
    const int64_t *d = a->shape.dim;
    int64_t in = depthwise ? 1 : d[2], outs = depthwise ? d[2] : d[3];
    size_t bytes = nn_shape_size(a->shape) * sizeof *a->data;
    size_t tensor = open_tensor(w, name, TYPE_FLOAT, (const int64_t[]){outs, in, d[0], d[1], 0}, bytes);
    put_turned(w, a->data, d[0] * d[1], in, outs);
    nn_put_close(w->out, tensor);
}

static void put_array(onnx_writer *w, const nn_node *node, const nn_array *a, bool depthwise)
{
    size_t bytes = nn_shape_size(a->shape) * sizeof *a->data;
    int64_t dim[NN_MAX_RANK + 1] = {0};
    char name[VALUE];
    part_of(node, a->name, name);
    if (a->shape.rank == 4) {
        put_kernel(w, a, name, depthwise);
        return;
    }
    memcpy(dim, a->shape.dim, (size_t)a->shape.rank * sizeof *dim);
    size_t tensor = open_tensor(w, name, TYPE_FLOAT, dim, bytes);
    lg_buf_add(w->out, a->data, bytes);
    nn_put_close(w->out, tensor);
}

static lg_status put_numbers(onnx_writer *w, int i, lg_err *err)
{
    const nn_node *node = nn_net_node(w->net, i);
    char name[VALUE];
    nn_facts f;
    LG_TRY(nn_facts_of(node, &f, err));
    nn_array array[NN_MAX_PARAMS];
    int n = nn_facts_arrays(&f, w->about->weights, i, array);
    for (int k = 0; k < n; k++) put_array(w, node, &array[k], f.op == NN_OP_DEPTHWISE);
    if (f.op != NN_OP_PAD) return LG_OK;
    const int64_t pads[] = {0, 0, f.before.h, f.before.w, 0, 0, f.behind.h, f.behind.w};
    size_t tensor = open_tensor(w, part_of(node, "pads", name), TYPE_I64, (const int64_t[]){8, 0}, sizeof pads);
    lg_buf_add(w->out, pads, sizeof pads);
    nn_put_close(w->out, tensor);
    return LG_OK;
}

static void put_constants(onnx_writer *w)
{
    if (w->six) put_constant(w, "constant/zero", 0), put_constant(w, "constant/six", 6);
    if (!w->erf) return;
    put_constant(w, "constant/root_half", 0.70710678118654752f);
    put_constant(w, "constant/one", 1);
    put_constant(w, "constant/half", 0.5f);
}

/* ---- the whole ---- */
/* An input or output: (N, shape...). */
static void put_value(onnx_writer *w, uint32_t field, const char *name, nn_shape shape)
{
    enum { V_NAME = 1, V_TYPE = 2, TYPE_TENSOR = 1, TENSOR_ELEMENT = 1, TENSOR_SHAPE = 2, DIM_VALUE = 1, DIM_NAME = 2 };
    size_t value = nn_put_open(w->out, field);
    nn_put_text(w->out, V_NAME, name);
    size_t type = nn_put_open(w->out, V_TYPE), tensor = nn_put_open(w->out, TYPE_TENSOR);
    nn_put_number(w->out, TENSOR_ELEMENT, TYPE_FLOAT);
    size_t shaped = nn_put_open(w->out, TENSOR_SHAPE);
    for (int k = -1; k < shape.rank; k++) {
        size_t dim = nn_put_open(w->out, 1);
        if (k < 0) nn_put_text(w->out, DIM_NAME, "N");
        else nn_put_number(w->out, DIM_VALUE, (uint64_t)shape.dim[k]);
        nn_put_close(w->out, dim);
    }
    nn_put_close(w->out, shaped);
    nn_put_close(w->out, tensor);
    nn_put_close(w->out, type);
    nn_put_close(w->out, value);
}

static lg_status put_graph(onnx_writer *w, lg_err *err)
{
    size_t graph = nn_put_open(w->out, MODEL_GRAPH);
    for (int i = 0; i < nn_net_count(w->net); i++) LG_TRY(put_layer(w, i, err));
    nn_put_text(w->out, GRAPH_NAME, w->about->name);
    for (int i = 0; i < nn_net_count(w->net); i++) LG_TRY(put_numbers(w, i, err));
    put_constants(w);
    put_value(w, GRAPH_INPUT, "image", nn_net_input(w->net));
    put_value(w, GRAPH_OUTPUT, "probabilities", nn_net_output(w->net));
    nn_put_close(w->out, graph);
    return lg_buf_check(w->out, err);
}

static void put_note(void *ctx, const char *key, const char *value)
{
    lg_buf *out = ctx;
    size_t note = nn_put_open(out, MODEL_NOTES);
    nn_put_text(out, 1, key);
    nn_put_text(out, 2, value);
    nn_put_close(out, note);
}

static void put_head(onnx_writer *w)
{
    char in[NN_SHAPE_TEXT], scale[80], doc[400];
    nn_about_scale(w->about, scale);
    snprintf(doc, sizeof doc,
             "Input `image`: float32 (N, height, width, channels), %s, each number %s, red first. Output "
             "`probabilities`: one for each class, in the order of the metadata `classes`.",
             nn_shape_text(nn_net_input(w->net), in), scale);
    nn_put_number(w->out, MODEL_VERSION, IR_VERSION);
    nn_put_text(w->out, MODEL_PRODUCER, "Logolens");
    nn_put_text(w->out, MODEL_PRODUCED, LG_VERSION);
    nn_put_text(w->out, MODEL_DOC, doc);
    size_t opset = nn_put_open(w->out, MODEL_OPSET);
    nn_put_number(w->out, 2, OPSET);
    nn_put_close(w->out, opset);
}

lg_status nn_onnx_write(const nn_about *about, lg_buf *out, lg_err *err)
{
    onnx_writer w = {.about = about, .net = nn_weights_net(about->weights), .out = out};
    lg_status st;
    LG_TRY(nn_about_check(about, err));
    if ((int64_t)nn_net_params(w.net) > MOST_BYTES / (int64_t)sizeof(float)) {
        nn_not_written("ONNX", err, "its weights take more than 2 GB, which such a file cannot hold");
        return lg_try(err, "export %.60s to %.60s.safetensors", about->name, about->name);
    }
    w.value = lg_alloc((size_t)nn_net_count(w.net), sizeof *w.value, err);
    if (!w.value) return err->status;
    put_head(&w);
    LG_GO(put_graph(&w, err));
    LG_GO(nn_about_notes(about, put_note, out, err));
    st = lg_buf_check(out, err);
done:
    lg_free(w.value);
    return st;
}
