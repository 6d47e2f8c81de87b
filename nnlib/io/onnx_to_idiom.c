/* onnx_to_idiom.c - several nodes that are one layer with us: x · sigmoid(x), which is swish, and
 * x · (1 + erf(x / √2)) / 2, which is gelu. Nobody else may read what lies between. */
#include <math.h>
#include <string.h>
#include "nnlib/io/onnx_build.h"
#include "lib/base/banned.h"

enum { MOST_NODES = 5 };

/* The nodes in a row, the one in work first. */
typedef struct onnx_idiom {
    const nn_onnx_node *node[MOST_NODES];
    int count;
} onnx_idiom;

/* The input of a node with two that is not `name`. */
static const char *other_input(const nn_onnx_node *n, const char *name)
{
    return n->input[strcmp(n->input[0], name) == 0];
}

/* Goes on with the only reader of the last node, if it is such an operator. */
static bool step(const onnx_builder *b, onnx_idiom *i, const char *op)
{
    const onnx_value *v = nn_onnx_value_of(b, i->node[i->count - 1]->output[0]);
    if (v->readers != 1 || v->called || strcmp(b->graph.node[v->reader].op, op) != 0) return false;
    i->node[i->count++] = &b->graph.node[v->reader];
    return true;
}

/* Does the last node take `name` besides what the one before gives? */
static bool joins(const onnx_idiom *i, const char *name)
{
    return strcmp(other_input(i->node[i->count - 1], i->node[i->count - 2]->output[0]), name) == 0;
}

static bool is_number(const onnx_builder *b, const char *name, double number)
{
    const nn_named_tensor *t = nn_onnx_tensor_called(b, name);
    lg_err said = {0};
    float value;
    if (!t || t->count != 1 || nn_named_floats(&b->graph.tensors, t, &value, &said)) return false;
    return fabs((double)value - number) < 1e-4;
}

static bool joins_number(const onnx_builder *b, const onnx_idiom *i, double number)
{
    return is_number(b, other_input(i->node[i->count - 1], i->node[i->count - 2]->output[0]), number);
}

static bool is_swish(const onnx_builder *b, onnx_idiom *i)
{
    return strcmp(b->at->op, "Sigmoid") == 0 && step(b, i, "Mul") && joins(i, b->at->input[0]);
}

static bool is_gelu(const onnx_builder *b, onnx_idiom *i, const char **x)
{
    bool divides = strcmp(b->at->op, "Div") == 0, second;
    if (!divides && strcmp(b->at->op, "Mul") != 0) return false;
    second = !divides && nn_onnx_tensor(b, 0) != NULL;
    *x = b->at->input[second];
    return is_number(b, b->at->input[!second], divides ? sqrt(2) : sqrt(0.5)) && step(b, i, "Erf") &&
           step(b, i, "Add") && joins_number(b, i, 1) && step(b, i, "Mul") && joins(i, *x) && step(b, i, "Mul") &&
           joins_number(b, i, 0.5);
}

lg_status nn_onnx_to_idiom(onnx_builder *b, bool *made, lg_err *err)
{
    const char *x = b->at->input[0], *word = "swish";
    onnx_idiom i = {.node = {b->at}, .count = 1};
    *made = is_swish(b, &i);
    if (!*made) {
        i.count = 1, word = "gelu";
        *made = is_gelu(b, &i, &x);
    }
    const onnx_value *v = nn_onnx_value_of(b, x);
    if (!*made || !v || v->layer < 0) return *made = false, LG_OK;
    const nn_onnx_node *last = i.node[i.count - 1];
    onnx_value *out = nn_onnx_value_of(b, last->output[0]);
    LG_TRY(nn_onnx_put(b, &v->layer, 1, out, "", err, "activation %s", word));
    out->layer = nn_onnx_last(b), out->rank = v->rank, out->last = v->last, out->places = v->places;
    for (int k = 1; k < i.count; k++) b->needed[i.node[k] - b->graph.node] = false;
    return LG_OK;
}
