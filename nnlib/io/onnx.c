/* onnx.c - ModelProto and GraphProto (github.com/onnx/onnx, onnx.proto). The graph is walked several times, once for
 * each kind of its parts, because they may stand in any order. */
#include "nnlib/io/onnx.h"
#include <stdio.h>
#include <string.h>
#include "nnlib/io/onnx_parts.h"
#include "lib/base/banned.h"

enum { MODEL_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPSET = 8, MODEL_TRAINING = 20, MODEL_FUNCTIONS = 25 };
enum { OPSET_DOMAIN = 1, OPSET_VERSION = 2 };
enum { GRAPH_NODE = 1, GRAPH_TENSOR = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12, GRAPH_QUANTS = 14, GRAPH_SPARSE = 15 };
enum { IR_MIN = 3, IR_MAX = 14, DIM_MOST = 1 << 20 };

static const onnx_field model_fields[] = {{MODEL_VERSION, NN_WIRE_VARINT, false}, {MODEL_GRAPH, NN_WIRE_BYTES, false},
                                          {MODEL_OPSET, NN_WIRE_BYTES, true},     {MODEL_TRAINING, NN_WIRE_BYTES, true},
                                          {MODEL_FUNCTIONS, NN_WIRE_BYTES, true}, {0}};
static const onnx_field opset_fields[] = {
    {OPSET_DOMAIN, NN_WIRE_BYTES, false}, {OPSET_VERSION, NN_WIRE_VARINT, false}, {0}};
static const onnx_field graph_fields[] = {{GRAPH_NODE, NN_WIRE_BYTES, true},
                                          {GRAPH_TENSOR, NN_WIRE_BYTES, true},
                                          {GRAPH_INPUT, NN_WIRE_BYTES, true},
                                          {GRAPH_OUTPUT, NN_WIRE_BYTES, true},
                                          {GRAPH_QUANTS, NN_WIRE_BYTES, true},
                                          {GRAPH_SPARSE, NN_WIRE_BYTES, true},
                                          {0}};

typedef struct graph_reader {
    nn_onnx *net;
    const char *file;
    nn_wire graph;
    nn_name_map known; /* what a node may read: tensors, inputs, outputs of the nodes before */
} graph_reader;

/* ---- shared with the other readers ---- */
bool nn_onnx_next(onnx_walk *w, nn_wire_field *f, lg_err *err)
{
    while (w->st == LG_OK && nn_wire_next(&w->wire, f)) {
        const onnx_field *k = w->known;
        while (k->number && k->number != f->number) k++;
        if (!k->number) continue;
        bool twice = !k->many && (w->seen >> k->number & 1);
        bool kind = f->kind == k->kind || (k->many && f->kind == NN_WIRE_BYTES);
        w->seen |= (uint32_t)1 << k->number;
        if (!twice && kind) return true;
        w->st = nn_named_damaged(w->file, err, "%s: field %u %s", w->what, f->number,
                                 twice ? "is there twice" : "is of another kind than it must be");
    }
    if (w->st == LG_OK && w->wire.why) w->st = nn_named_damaged(w->file, err, "%s: %s", w->what, w->wire.why);
    return false;
}

lg_status nn_onnx_name(const char *file, lg_arena *room, const nn_wire *text, const char **out, lg_err *err)
{
    size_t len = nn_wire_left(text);
    *out = "";
    if (!len) return LG_OK;
    if (memchr(text->at, 0, len)) return nn_named_damaged(file, err, "a name has a zero byte in it");
    if (len > NN_NAMED_NAME)
        return nn_named_damaged(file, err, "a name has %s bytes, and may have %d", lg_thousands((long long)len),
                                NN_NAMED_NAME);
    char *copy = lg_arena_strndup(room, (const char *)text->at, len, err);
    if (!copy) return err->status;
    *out = copy;
    return nn_named_check_name(file, copy, err);
}

lg_status nn_onnx_not_read(const char *file, lg_err *err, const char *fmt, ...)
{
    char why[sizeof err->why];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    lg_fail(err, LG_E_UNSUPPORTED, 365, "the ONNX network in `%.200s` has something that is not read", file);
    return lg_why(err, "%s", why);
}

const nn_onnx_attr *nn_onnx_attr_find(const nn_onnx_node *node, const char *name)
{
    for (int i = 0; i < node->attrs; i++)
        if (strcmp(node->attr[i].name, name) == 0) return &node->attr[i];
    return NULL;
}

/* ---- names that nodes may read ---- */
static lg_status define(graph_reader *r, const char *name, lg_err *err)
{
    bool fresh;
    LG_TRY(nn_name_map_put(&r->known, name, 0, &fresh, err));
    return fresh ? LG_OK : nn_named_damaged(r->file, err, "`%.60s` is given twice", name);
}

static bool is_known(const graph_reader *r, const char *name)
{
    return nn_name_map_find(&r->known, name) >= 0;
}

/* ---- inputs and outputs: ValueInfoProto, TypeProto, TensorShapeProto ---- */
static lg_status read_dim(graph_reader *r, nn_wire message, int64_t *out, lg_err *err)
{
    static const onnx_field fields[] = {{1, NN_WIRE_VARINT, false}, {0}};
    onnx_walk w = {.file = r->file, .what = "the size of an input", .known = fields, .wire = message};
    nn_wire_field f;
    *out = -1; /* a name, or nothing: any */
    while (nn_onnx_next(&w, &f, err)) {
        int64_t dim = (int64_t)f.value;
        if (dim > DIM_MOST) return nn_named_damaged(r->file, err, "an input has the size %lld", (long long)dim);
        *out = dim > 0 ? dim : -1;
    }
    return w.st;
}

static lg_status read_shape(graph_reader *r, nn_wire message, nn_onnx_value *value, lg_err *err)
{
    static const onnx_field fields[] = {{1, NN_WIRE_BYTES, true}, {0}};
    onnx_walk w = {.file = r->file, .what = "the shape of an input", .known = fields, .wire = message};
    nn_wire_field f;
    value->rank = 0;
    while (nn_onnx_next(&w, &f, err)) {
        if (value->rank == NN_NAMED_RANK)
            return nn_named_damaged(r->file, err, "`%.60s` has more than %d dimensions", value->name, NN_NAMED_RANK);
        LG_TRY(read_dim(r, f.body, &value->dim[value->rank++], err));
    }
    return w.st;
}

/* Its type must be a tensor of floats. */
static lg_status read_tensor_type(graph_reader *r, nn_wire message, nn_onnx_value *value, lg_err *err)
{
    static const onnx_field fields[] = {{1, NN_WIRE_VARINT, false}, {2, NN_WIRE_BYTES, false}, {0}};
    enum { FLOAT = 1, FLOAT16 = 10 };
    onnx_walk w = {.file = r->file, .what = "the type of an input", .known = fields, .wire = message};
    nn_wire_field f;
    uint64_t type = 0;
    while (nn_onnx_next(&w, &f, err)) {
        if (f.number == 1) type = f.value;
        else LG_TRY(read_shape(r, f.body, value, err));
    }
    if (w.st == LG_OK && type != FLOAT && type != FLOAT16)
        return nn_onnx_not_read(r->file, err,
                                "`%.60s` is of type %llu; inputs and outputs are of 1 (float) or 10 (float16)",
                                value->name, (unsigned long long)type);
    return w.st;
}

static lg_status read_value(graph_reader *r, nn_wire message, nn_onnx_value *value, lg_err *err)
{
    static const onnx_field fields[] = {{1, NN_WIRE_BYTES, false}, {2, NN_WIRE_BYTES, false}, {0}};
    static const onnx_field type_fields[] = {{1, NN_WIRE_BYTES, false}, {0}};
    onnx_walk w = {.file = r->file, .what = "an input or output", .known = fields, .wire = message};
    nn_wire_field f;
    nn_wire type = {0};
    *value = (nn_onnx_value){.name = "", .rank = -1};
    while (nn_onnx_next(&w, &f, err)) {
        if (f.number == 1) LG_TRY(nn_onnx_name(r->file, &r->net->room, &f.body, &value->name, err));
        else type = f.body;
    }
    if (w.st) return w.st;
    if (!value->name[0]) return nn_named_damaged(r->file, err, "an input or output has no name");
    if (!type.at) return LG_OK;
    onnx_walk inside = {.file = r->file, .what = "the type of an input", .known = type_fields, .wire = type};
    while (nn_onnx_next(&inside, &f, err)) LG_TRY(read_tensor_type(r, f.body, value, err));
    return inside.st;
}

/* ---- the graph ---- */
static onnx_walk walk_graph(const graph_reader *r)
{
    return (onnx_walk){.file = r->file, .what = "the graph", .known = graph_fields, .wire = r->graph};
}

/* Room for as many as there are, checked against the most there may be. */
static lg_status count_parts(graph_reader *r, lg_err *err)
{
    onnx_walk w = walk_graph(r);
    nn_wire_field f;
    size_t nodes = 0, inputs = 0, outputs = 0;
    while (nn_onnx_next(&w, &f, err)) {
        nodes += f.number == GRAPH_NODE, inputs += f.number == GRAPH_INPUT, outputs += f.number == GRAPH_OUTPUT;
        if (f.number == GRAPH_SPARSE) return nn_onnx_not_read(r->file, err, "it has sparse tensors");
        if (f.number == GRAPH_QUANTS) return nn_onnx_not_read(r->file, err, "its tensors are quantised");
    }
    if (w.st) return w.st;
    if (nodes > NN_ONNX_NODES || inputs > NN_NAMED_MOST || outputs > NN_ONNX_INPUTS)
        return nn_named_damaged(r->file, err, "it has %s nodes; more than %s, or thousands of outputs, are not read",
                                lg_thousands((long long)nodes), lg_thousands(NN_ONNX_NODES));
    if (!nodes || !outputs) return nn_named_damaged(r->file, err, "its graph has no %s", nodes ? "outputs" : "nodes");
    r->net->node = lg_arena_alloc(&r->net->room, nodes, sizeof *r->net->node, err);
    r->net->input = lg_arena_alloc(&r->net->room, inputs, sizeof *r->net->input, err);
    r->net->output = lg_arena_alloc(&r->net->room, outputs, sizeof *r->net->output, err);
    return r->net->node && r->net->input && r->net->output ? LG_OK : err->status;
}

static lg_status read_tensors(graph_reader *r, lg_err *err)
{
    onnx_walk w = walk_graph(r);
    nn_wire_field f;
    while (nn_onnx_next(&w, &f, err)) {
        if (f.number == GRAPH_TENSOR) LG_TRY(nn_onnx_read_tensor(r->net, f.body, NULL, err));
    }
    for (size_t i = 0; i < r->net->tensors.count && !w.st; i++) LG_TRY(define(r, r->net->tensors.at[i].name, err));
    return w.st;
}

/* Older files list their initialisers among the inputs too. */
static lg_status read_inputs(graph_reader *r, lg_err *err)
{
    onnx_walk w = walk_graph(r);
    nn_wire_field f;
    nn_onnx_value value;
    while (nn_onnx_next(&w, &f, err)) {
        if (f.number != GRAPH_INPUT) continue;
        LG_TRY(read_value(r, f.body, &value, err));
        if (nn_named_find(&r->net->tensors, value.name)) continue;
        LG_TRY(define(r, value.name, err));
        r->net->input[r->net->inputs++] = value;
    }
    return w.st;
}

static lg_status read_nodes(graph_reader *r, lg_err *err)
{
    onnx_walk w = walk_graph(r);
    nn_wire_field f;
    while (nn_onnx_next(&w, &f, err)) {
        if (f.number != GRAPH_NODE) continue;
        nn_onnx_node *node = &r->net->node[r->net->nodes];
        LG_TRY(nn_onnx_read_node(r->net, f.body, node, err));
        for (int i = 0; i < node->inputs; i++) {
            if (!node->input[i][0] || is_known(r, node->input[i])) continue;
            return nn_named_damaged(r->file, err, "`%.60s`, which a node %.40s reads, is nowhere before it",
                                    node->input[i], node->op);
        }
        for (int i = 0; i < node->outputs; i++)
            if (node->output[i][0]) LG_TRY(define(r, node->output[i], err));
        if (node->op) r->net->nodes++;
    }
    return w.st;
}

static lg_status read_outputs(graph_reader *r, lg_err *err)
{
    onnx_walk w = walk_graph(r);
    nn_wire_field f;
    while (nn_onnx_next(&w, &f, err)) {
        if (f.number != GRAPH_OUTPUT) continue;
        nn_onnx_value *value = &r->net->output[r->net->outputs];
        LG_TRY(read_value(r, f.body, value, err));
        if (!is_known(r, value->name))
            return nn_named_damaged(r->file, err, "`%.60s`, an output of the graph, is computed nowhere", value->name);
        r->net->outputs++;
    }
    return w.st;
}

static lg_status read_graph(graph_reader *r, lg_err *err)
{
    LG_TRY(count_parts(r, err));
    LG_TRY(read_tensors(r, err));
    LG_TRY(read_inputs(r, err));
    LG_TRY(read_nodes(r, err));
    return read_outputs(r, err);
}

/* ---- the model ---- */
static lg_status read_opset(nn_onnx *net, nn_wire message, lg_err *err)
{
    const char *file = net->tensors.file, *domain = "";
    onnx_walk w = {.file = file, .what = "an operator set", .known = opset_fields, .wire = message};
    nn_wire_field f;
    int64_t version = 0;
    while (nn_onnx_next(&w, &f, err)) {
        if (f.number == OPSET_VERSION) version = (int64_t)f.value;
        else LG_TRY(nn_onnx_name(file, &net->room, &f.body, &domain, err));
    }
    if (w.st || (domain[0] && strcmp(domain, "ai.onnx") != 0)) return w.st; /* nodes of other domains are refused */
    if (net->opset) return nn_named_damaged(file, err, "its operator set is said twice");
    if (version < NN_ONNX_OPSET_MIN || version > NN_ONNX_OPSET_MAX)
        return nn_onnx_not_read(file, err, "its operators are those of version %lld; versions %d to %d are read",
                                (long long)version, NN_ONNX_OPSET_MIN, NN_ONNX_OPSET_MAX);
    net->opset = version;
    return LG_OK;
}

static lg_status read_model(nn_onnx *net, nn_wire message, nn_wire *graph, lg_err *err)
{
    const char *file = net->tensors.file;
    onnx_walk w = {.file = file, .what = "the model", .known = model_fields, .wire = message};
    nn_wire_field f;
    int64_t version = 0;
    while (nn_onnx_next(&w, &f, err)) {
        if (f.number == MODEL_VERSION) version = (int64_t)f.value;
        else if (f.number == MODEL_GRAPH) *graph = f.body;
        else if (f.number == MODEL_OPSET) LG_TRY(read_opset(net, f.body, err));
        else return nn_onnx_not_read(file, err, "it has functions of its own, or says how it is trained");
    }
    if (w.st) return w.st;
    if (version < IR_MIN || version > IR_MAX)
        return nn_onnx_not_read(file, err, "it is of version %lld of ONNX's format; versions %d to %d are read",
                                (long long)version, IR_MIN, IR_MAX);
    if (!graph->at) return nn_named_damaged(file, err, "it has no graph");
    return net->opset ? LG_OK : nn_named_damaged(file, err, "it does not say which operators it means");
}

lg_status nn_onnx_read(const void *data, size_t len, const char *file, nn_onnx *net, lg_err *err)
{
    nn_wire graph = {0};
    *net = (nn_onnx){0};
    lg_arena_init(&net->room, 0);
    nn_named_init(&net->tensors, file);
    LG_TRY(read_model(net, nn_wire_of(data, len), &graph, err));
    graph_reader r = {.net = net, .file = file, .graph = graph};
    lg_status st = read_graph(&r, err);
    nn_name_map_release(&r.known);
    return st;
}

void nn_onnx_release(nn_onnx *net)
{
    nn_named_release(&net->tensors);
    lg_arena_release(&net->room);
    *net = (nn_onnx){.tensors = {.file = net->tensors.file}};
}
