/* onnx_node.c - NodeProto and AttributeProto, against the table of operators. */
#include "nnlib/io/onnx_parts.h"
#include <float.h>
#include <string.h>
#include "lib/base/banned.h"

enum { N_INPUT = 1, N_OUTPUT = 2, N_NAME = 3, N_OP = 4, N_ATTR = 5, N_DOMAIN = 7, N_OVERLOAD = 8 };
static const onnx_field node_fields[] = {{N_INPUT, NN_WIRE_BYTES, true},     {N_OUTPUT, NN_WIRE_BYTES, true},
                                         {N_NAME, NN_WIRE_BYTES, false},     {N_OP, NN_WIRE_BYTES, false},
                                         {N_ATTR, NN_WIRE_BYTES, true},      {N_DOMAIN, NN_WIRE_BYTES, false},
                                         {N_OVERLOAD, NN_WIRE_BYTES, false}, {0}};

enum { A_NAME = 1, A_FLOAT = 2, A_INT = 3, A_TEXT = 4, A_TENSOR = 5, A_INTS = 8, A_TYPE = 20, A_REF = 21 };
static const onnx_field attr_fields[] = {
    {A_NAME, NN_WIRE_BYTES, false},  {A_FLOAT, NN_WIRE_FIXED32, false}, {A_INT, NN_WIRE_VARINT, false},
    {A_TEXT, NN_WIRE_BYTES, false},  {A_TENSOR, NN_WIRE_BYTES, false},  {A_INTS, NN_WIRE_VARINT, true},
    {A_TYPE, NN_WIRE_VARINT, false}, {A_REF, NN_WIRE_BYTES, false},     {0}};

static const struct op {
    const char *name;
    int min, max, outputs;
    const char *attrs;
} ops[] = {
#define ONNX_OP(name, min, max, outputs, attrs) {name, min, max, outputs, attrs},
#define ONNX_ATTR(name, kind, least, most)
#include "nnlib/io/onnx_ops.def"
#undef ONNX_OP
#undef ONNX_ATTR
};
static const struct attr_rule {
    const char *name;
    nn_onnx_kind kind;
    double least, most;
} rules[] = {
#define ONNX_OP(name, min, max, outputs, attrs)
#define ONNX_ATTR(name, kind, least, most) {name, NN_ONNX_##kind, least, most},
#include "nnlib/io/onnx_ops.def"
#undef ONNX_OP
#undef ONNX_ATTR
};

/* ---- attributes ---- */
static lg_status add_ints(const char *file, nn_onnx_attr *a, nn_wire_field *f, lg_err *err)
{
    uint64_t value = f->value;
    bool packed = f->kind == NN_WIRE_BYTES;
    while (!packed || nn_wire_varint(&f->body, &value)) {
        if (a->count == NN_ONNX_LIST)
            return nn_onnx_not_read(file, err, "an attribute is a list of more than %d numbers", NN_ONNX_LIST);
        a->whole[a->count++] = (int64_t)value;
        if (!packed) return LG_OK;
    }
    return f->body.why ? nn_named_damaged(file, err, "an attribute: %s", f->body.why) : LG_OK;
}

/* What it says, its type left to check. seen: which of the fields are there. */
static lg_status read_attr(nn_onnx *net, nn_wire message, nn_onnx_attr *a, nn_wire *tensor, uint32_t *seen, lg_err *err)
{
    const char *file = net->tensors.file;
    onnx_walk w = {.file = file, .what = "an attribute", .known = attr_fields, .wire = message};
    nn_wire_field f;
    int64_t one = 0;
    uint32_t bits;
    *a = (nn_onnx_attr){.name = "", .text = ""};
    while (nn_onnx_next(&w, &f, err)) {
        switch (f.number) {
        case A_NAME: LG_TRY(nn_onnx_name(file, &net->room, &f.body, &a->name, err)); break;
        case A_FLOAT:
            bits = (uint32_t)f.value;
            memcpy(&a->number, &bits, sizeof bits);
            break;
        case A_INT: one = (int64_t)f.value; break;
        case A_TEXT: LG_TRY(nn_onnx_name(file, &net->room, &f.body, &a->text, err)); break;
        case A_TENSOR: *tensor = f.body; break;
        case A_INTS: LG_TRY(add_ints(file, a, &f, err)); break;
        case A_TYPE: a->kind = f.value < 64 ? (nn_onnx_kind)f.value : 0; break;
        default: return nn_onnx_not_read(file, err, "it has functions of its own");
        }
    }
    if (a->kind == NN_ONNX_INT) a->whole[0] = one, a->count = 1;
    *seen = w.seen;
    return w.st;
}

/* The field that holds a value of this kind; 0: a kind that is not read, such as a graph. */
static uint32_t field_of(nn_onnx_kind kind)
{
    switch (kind) {
    case NN_ONNX_FLOAT: return A_FLOAT;
    case NN_ONNX_INT: return A_INT;
    case NN_ONNX_TEXT: return A_TEXT;
    case NN_ONNX_TENSOR: return A_TENSOR;
    case NN_ONNX_INTS: return A_INTS;
    default: return 0;
    }
}

static bool in_range(const nn_onnx_attr *a, const struct attr_rule *rule)
{
    static const char *const texts[] = {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", "constant", "reflect", "edge"};
    if (a->kind == NN_ONNX_FLOAT) return (double)a->number >= rule->least && (double)a->number <= rule->most;
    if (a->kind == NN_ONNX_TEXT) {
        bool mode = strcmp(a->name, "mode") == 0;
        for (int i = mode ? 4 : 0; i < (mode ? 7 : 4); i++)
            if (strcmp(texts[i], a->text) == 0) return true;
        return false;
    }
    for (int i = 0; i < a->count; i++)
        if ((double)a->whole[i] < rule->least || (double)a->whole[i] > rule->most) return false;
    return true;
}

/* Whether a word is one of those in a text with blanks between them. */
static bool is_among(const char *word, const char *words)
{
    size_t len = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += len)
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len])) return len > 0;
    return false;
}

static lg_status check_attr(const char *file, const struct op *op, const nn_onnx_attr *a, uint32_t seen, lg_err *err)
{
    enum { VALUES = 1 << A_FLOAT | 1 << A_INT | 1 << A_TEXT | 1 << A_TENSOR | 1 << A_INTS };
    const struct attr_rule *rule = rules;
    while (strcmp(rule->name, a->name) != 0 && rule + 1 < rules + sizeof rules / sizeof *rules) rule++;
    if (strcmp(rule->name, a->name) != 0 || !is_among(a->name, op->attrs) || a->kind != rule->kind)
        return nn_onnx_not_read(file, err, "a node %s has the attribute `%.60s`, of kind %d", op->name, a->name,
                                (int)a->kind);
    if (seen & VALUES & ~((uint32_t)1 << field_of(a->kind)))
        return nn_named_damaged(file, err, "the attribute `%.60s` has a value of another kind than it says", a->name);
    if (in_range(a, rule)) return LG_OK;
    return nn_onnx_not_read(file, err, "a node %s has a value of `%.60s` that is not read (%s%.40s%lld)", op->name,
                            a->name, a->text, a->text[0] ? ", " : "", (long long)a->whole[0]);
}

static lg_status read_attrs(nn_onnx *net, nn_wire message, const struct op *op, nn_onnx_node *node, lg_err *err)
{
    const char *file = net->tensors.file;
    onnx_walk w = {.file = file, .what = "a node", .known = node_fields, .wire = message};
    nn_wire_field f;
    nn_wire tensor;
    uint32_t seen;
    while (nn_onnx_next(&w, &f, err)) {
        if (f.number != N_ATTR) continue;
        nn_onnx_attr *a = &node->attr[node->attrs];
        LG_TRY(read_attr(net, f.body, a, &tensor, &seen, err));
        LG_TRY(check_attr(file, op, a, seen, err));
        if (nn_onnx_attr_find(node, a->name))
            return nn_named_damaged(file, err, "a node %s has the attribute `%.60s` twice", op->name, a->name);
        node->attrs++;
    }
    return w.st;
}

/* ---- nodes ---- */
static lg_status read_names(nn_onnx *net, nn_wire message, nn_onnx_node *node, int attrs, lg_err *err)
{
    const char *file = net->tensors.file;
    onnx_walk w = {.file = file, .what = "a node", .known = node_fields, .wire = message};
    nn_wire_field f;
    node->input = lg_arena_alloc(&net->room, (size_t)node->inputs, sizeof *node->input, err);
    node->output = lg_arena_alloc(&net->room, (size_t)node->outputs, sizeof *node->output, err);
    node->attr = lg_arena_alloc(&net->room, (size_t)attrs, sizeof *node->attr, err);
    if (!node->input || !node->output || !node->attr) return err->status;
    node->inputs = node->outputs = 0;
    while (nn_onnx_next(&w, &f, err)) {
        if (f.number == N_INPUT) LG_TRY(nn_onnx_name(file, &net->room, &f.body, &node->input[node->inputs++], err));
        if (f.number == N_OUTPUT) LG_TRY(nn_onnx_name(file, &net->room, &f.body, &node->output[node->outputs++], err));
    }
    return w.st;
}

/* What it is, and how many of each it has. */
static lg_status read_kind(nn_onnx *net, nn_wire message, nn_onnx_node *node, int *attrs, lg_err *err)
{
    const char *file = net->tensors.file, *text;
    onnx_walk w = {.file = file, .what = "a node", .known = node_fields, .wire = message};
    nn_wire_field f;
    size_t inputs = 0, outputs = 0, attributes = 0;
    *node = (nn_onnx_node){.op = "", .name = ""};
    while (nn_onnx_next(&w, &f, err)) {
        switch (f.number) {
        case N_INPUT: inputs++; break;
        case N_OUTPUT: outputs++; break;
        case N_ATTR: attributes++; break;
        case N_NAME: LG_TRY(nn_onnx_name(file, &net->room, &f.body, &node->name, err)); break;
        case N_OP: LG_TRY(nn_onnx_name(file, &net->room, &f.body, &node->op, err)); break;
        default:
            LG_TRY(nn_onnx_name(file, &net->room, &f.body, &text, err));
            if (text[0] && strcmp(text, "ai.onnx") != 0)
                return nn_onnx_not_read(file, err, "a node is of the operators `%.60s`, not of ONNX's own", text);
        }
    }
    if (w.st) return w.st;
    if (inputs > NN_ONNX_INPUTS || outputs > NN_ONNX_INPUTS || attributes > NN_ONNX_ATTRS)
        return nn_onnx_not_read(file, err, "a node %.60s has too many inputs, outputs or attributes", node->op);
    node->inputs = (int)inputs, node->outputs = (int)outputs, *attrs = (int)attributes;
    return LG_OK;
}

/* Its value becomes a tensor, by the name of its output. */
static lg_status read_constant(nn_onnx *net, nn_wire message, nn_onnx_node *node, lg_err *err)
{
    const char *file = net->tensors.file;
    onnx_walk w = {.file = file, .what = "a node", .known = node_fields, .wire = message};
    nn_wire_field f;
    nn_wire tensor = {0};
    nn_onnx_attr a = {0};
    uint32_t seen;
    while (nn_onnx_next(&w, &f, err))
        if (f.number == N_ATTR) LG_TRY(read_attr(net, f.body, &a, &tensor, &seen, err));
    if (w.st) return w.st;
    if (a.kind != NN_ONNX_TENSOR || strcmp(a.name, "value") != 0 || !tensor.at)
        return nn_onnx_not_read(file, err, "a node Constant has no tensor as its `value`");
    if (!node->output[0][0]) return nn_named_damaged(file, err, "a node Constant has no output");
    node->op = NULL;
    return nn_onnx_read_tensor(net, tensor, node->output[0], err);
}

static lg_status check_counts(const char *file, const struct op *op, const nn_onnx_node *node, lg_err *err)
{
    int needed = 0;
    for (int i = 0; i < node->inputs; i++) needed += i < op->min && node->input[i][0];
    if (node->inputs > op->max || needed < op->min)
        return nn_named_damaged(file, err, "a node %s has %d inputs, and needs %d to %d", op->name, node->inputs,
                                op->min, op->max);
    if (node->outputs < 1 || node->outputs > op->outputs || !node->output[0][0])
        return nn_onnx_not_read(file, err, "a node %s has %d outputs", op->name, node->outputs);
    return LG_OK;
}

lg_status nn_onnx_read_node(nn_onnx *net, nn_wire message, nn_onnx_node *node, lg_err *err)
{
    static const struct op constant = {"Constant", 0, 0, 1, "value"};
    const char *file = net->tensors.file;
    const struct op *op = NULL;
    int attrs = 0;
    LG_TRY(read_kind(net, message, node, &attrs, err));
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (strcmp(ops[i].name, node->op) == 0) op = &ops[i];
    bool is_constant = strcmp(node->op, constant.name) == 0;
    if (is_constant) op = &constant;
    if (!op) return nn_onnx_not_read(file, err, "it has a node `%.60s`", node->op);
    LG_TRY(read_names(net, message, node, attrs, err));
    LG_TRY(check_counts(file, op, node, err));
    if (is_constant)
        return attrs == 1 ? read_constant(net, message, node, err)
                          : nn_onnx_not_read(file, err, "a node Constant has %d attributes", attrs);
    return read_attrs(net, message, op, node, err);
}
