/* onnx_net.c - from a graph to a network: what leads to the output is made into layers one node after the other, and
 * when all sizes are known the weights are put in their places. */
#include "nnlib/io/onnx_net.h"
#include <stdio.h>
#include <string.h>
#include "nnlib/io/onnx_build.h"
#include "nnlib/io/onnx_parts.h"
#include "lib/base/banned.h"

static const struct maker {
    const char *op;
    lg_status (*make)(onnx_builder *b, lg_err *err);
} makers[] = {
    {"Add", nn_onnx_to_arithmetic},
    {"AveragePool", nn_onnx_to_pool},
    {"BatchNormalization", nn_onnx_to_batchnorm},
    {"Clip", nn_onnx_to_activation},
    {"Concat", nn_onnx_to_concat},
    {"Conv", nn_onnx_to_conv},
    {"Div", nn_onnx_to_arithmetic},
    {"Dropout", nn_onnx_to_itself},
    {"Elu", nn_onnx_to_activation},
    {"Flatten", nn_onnx_to_flatten},
    {"Gemm", nn_onnx_to_dense},
    {"GlobalAveragePool", nn_onnx_to_globalavg},
    {"GlobalMaxPool", nn_onnx_to_globalmax},
    {"Identity", nn_onnx_to_itself},
    {"LeakyRelu", nn_onnx_to_activation},
    {"MatMul", nn_onnx_to_dense},
    {"MaxPool", nn_onnx_to_pool},
    {"Mul", nn_onnx_to_arithmetic},
    {"Pad", nn_onnx_to_pad},
    {"ReduceMean", nn_onnx_to_reduce_mean},
    {"Relu", nn_onnx_to_activation},
    {"Reshape", nn_onnx_to_reshape},
    {"Sigmoid", nn_onnx_to_activation},
    {"Softmax", nn_onnx_to_softmax},
    {"Squeeze", nn_onnx_to_squeeze},
    {"Sub", nn_onnx_to_arithmetic},
    {"Sum", nn_onnx_to_sum},
    {"Tanh", nn_onnx_to_activation},
    {"Transpose", nn_onnx_to_transpose},
};

/* ---- messages ---- */
lg_status nn_onnx_refuse(const onnx_builder *b, lg_err *err, const char *fmt, ...)
{
    char why[sizeof err->why];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    const nn_onnx_node *n = b->at;
    return nn_onnx_not_read(b->file, err, "the node %s %s`%.60s` %s", n->op, n->name[0] ? "" : "that gives ",
                            n->name[0] ? n->name : n->output[0], why);
}

/* ---- values ---- */
onnx_value *nn_onnx_value_of(const onnx_builder *b, const char *name)
{
    long at = nn_name_map_find(&b->names, name);
    return at < 0 ? NULL : &b->value[at];
}

onnx_value *nn_onnx_output(const onnx_builder *b)
{
    return nn_onnx_value_of(b, b->at->output[0]);
}

/* Equal tensors are kept once by some writers, and handed on by Identity nodes. */
const nn_named_tensor *nn_onnx_tensor_called(const onnx_builder *b, const char *name)
{
    const onnx_value *v;
    while ((v = nn_onnx_value_of(b, name)) && v->maker >= 0) {
        if (strcmp(b->graph.node[v->maker].op, "Identity") != 0) return NULL;
        name = b->graph.node[v->maker].input[0];
    }
    return name[0] ? nn_named_find(&b->graph.tensors, name) : NULL;
}

const nn_named_tensor *nn_onnx_tensor(const onnx_builder *b, int k)
{
    return k < b->at->inputs ? nn_onnx_tensor_called(b, b->at->input[k]) : NULL;
}

lg_status nn_onnx_computed(const onnx_builder *b, int k, onnx_value **out, lg_err *err)
{
    *out = nn_onnx_value_of(b, b->at->input[k]);
    if (*out && (*out)->layer >= 0) return LG_OK;
    if (*out) return nn_onnx_refuse(b, err, "reads `%.60s`, which is no image and no list", b->at->input[k]);
    return nn_onnx_refuse(b, err, "reads numbers of the file where a layer's are read");
}

lg_status nn_onnx_image(const onnx_builder *b, int k, onnx_value **out, lg_err *err)
{
    LG_TRY(nn_onnx_computed(b, k, out, err));
    if ((*out)->rank != 4) return nn_onnx_refuse(b, err, "reads a list of numbers; images (N, C, H, W) are read");
    if ((*out)->last) return nn_onnx_refuse(b, err, "reads images (N, H, W, C); images (N, C, H, W) are read");
    return LG_OK;
}

lg_status nn_onnx_list(const onnx_builder *b, int k, onnx_value **out, lg_err *err)
{
    LG_TRY(nn_onnx_computed(b, k, out, err));
    if ((*out)->rank != 2) return nn_onnx_refuse(b, err, "reads an image; a list of numbers (N, C) is read");
    return LG_OK;
}

nn_shape nn_onnx_shape(const onnx_builder *b, const onnx_value *v)
{
    return nn_net_node(b->net, v->layer)->spec.out;
}

int64_t nn_onnx_channels(const onnx_builder *b, const onnx_value *v)
{
    nn_shape shape = nn_onnx_shape(b, v);
    return shape.dim[shape.rank - 1];
}

int nn_onnx_channel_axis(const onnx_value *v)
{
    return v->rank == 4 && v->last ? 3 : 1;
}

int64_t nn_onnx_int(const onnx_builder *b, const char *attr, int64_t otherwise)
{
    const nn_onnx_attr *a = nn_onnx_attr_find(b->at, attr);
    return a ? a->whole[0] : otherwise;
}

double nn_onnx_number(const onnx_builder *b, const char *attr, double otherwise)
{
    const nn_onnx_attr *a = nn_onnx_attr_find(b->at, attr);
    return a ? (double)a->number : otherwise;
}

lg_status nn_onnx_wholes(const onnx_builder *b, int k, int most, int64_t *to, int *count, lg_err *err)
{
    const nn_named_tensor *t = nn_onnx_tensor(b, k);
    const onnx_value *v = k < b->at->inputs ? nn_onnx_value_of(b, b->at->input[k]) : NULL;
    if (v && v->whole && v->wholes <= most) {
        memcpy(to, v->whole, (size_t)v->wholes * sizeof *to);
        *count = v->wholes;
        return LG_OK;
    }
    if (!t || (t->dtype != NN_I64 && t->dtype != NN_I32) || t->count > (size_t)most)
        return nn_onnx_refuse(b, err, "has no list of at most %d whole numbers in the file as its input %d", most,
                              k + 1);
    for (size_t i = 0; i < t->count; i++) {
        int32_t narrow;
        if (t->dtype == NN_I64) memcpy(&to[i], (const char *)t->data + 8 * i, 8);
        else memcpy(&narrow, (const char *)t->data + 4 * i, 4), to[i] = narrow;
    }
    *count = (int)t->count;
    return LG_OK;
}

onnx_value *nn_onnx_give(const onnx_builder *b, int layer, const onnx_value *like)
{
    onnx_value *v = nn_onnx_output(b);
    v->layer = layer;
    v->rank = like->rank, v->last = like->last, v->places = like->places;
    v->positive = like->positive, v->shares = like->shares;
    return v;
}

/* ---- names ---- */
static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("_.-", c);
}

/* "conv1" of "conv1.w", where the node has weights that are called so. */
static size_t before_dot(const nn_named_tensor *weights)
{
    const char *dot = weights ? strrchr(weights->name, '.') : NULL;
    return dot ? (size_t)(dot - weights->name) : 0;
}

/* At most room bytes of a name, the last ones, whole words if there are any; what is not plain becomes `_`. */
static void clean_name(const char *name, size_t len, size_t room, char *out)
{
    size_t n = 0;
    if (len > room) {
        name += len - room, len = room;
        size_t word = 0;
        while (word < len && name[word] != '.' && name[word] != '/') word++;
        if (word < len) name += word, len -= word;
    }
    while (len && (*name == '/' || *name == '.')) name++, len--;
    for (; n < len; n++) out[n] = name[n] == '/' ? '.' : name[n];
    for (size_t i = 0; i < n; i++)
        if (!is_plain(out[i])) out[i] = '_';
    out[n] = '\0';
}

/* A name that no layer has yet. */
static void free_name(const nn_net *net, const char *name, size_t len, const char *suffix, char out[NN_NAME])
{
    char tail[24];
    snprintf(tail, sizeof tail, "%.8s", suffix);
    for (int turn = 2;; turn++) {
        clean_name(name, len, NN_NAME - 1 - strlen(tail), out);
        if (!out[0]) memcpy(out, "x", 2);
        memcpy(out + strlen(out), tail, strlen(tail) + 1);
        if (nn_net_find(net, out) < 0) return;
        snprintf(tail, sizeof tail, "%.8s_%d", suffix, turn);
    }
}

/* PyTorch calls a node after all modules that it is in, and the operator: "/layer1/layer1.0/conv1/Conv" is of the
 * module layer1.0.conv1, and all there is of it if it has weights. */
static void module_name(const onnx_builder *b, char out[NN_NAMED_NAME + 1])
{
    bool weights = nn_onnx_tensor(b, 1) != NULL;
    size_t n = 0;
    for (const char *at = b->at->name, *next; *at; at = next) {
        size_t len = strcspn(at, "/");
        next = at + len + (at[len] == '/');
        bool again = len && strncmp(next, at, len) == 0 && next[len] == '.';
        bool op = n && weights && !*next && strcmp(at, b->at->op) == 0;
        if (!len || again || op) continue;
        if (n) out[n++] = '.';
        memcpy(out + n, at, len);
        n += len;
    }
    out[n] = '\0';
}

static void name_layer(const onnx_builder *b, const onnx_value *as, const char *suffix, char out[NN_NAME])
{
    char module[NN_NAMED_NAME + 1];
    const nn_named_tensor *weights = nn_onnx_tensor(b, 1);
    const char *name = as->called ? as->called : b->at->name;
    bool numbered = strncmp(name, "node_", 5) == 0; /* PyTorch's, since it numbers its nodes: "node_Conv_291" */
    size_t len = numbered || !name[0] ? before_dot(weights) : 0;
    if (len) name = weights->name;
    else if (!name[0]) name = b->at->output[0];
    else if (numbered) name += strlen("node_");
    else if (!as->called && name[0] == '/') module_name(b, module), name = module;
    free_name(b->net, name, len ? len : strlen(name), suffix, out);
}

/* ---- layers ---- */
/* What a layer says against its place, in a sentence about the node; memory and its limit are nobody's fault. */
static lg_status say(const onnx_builder *b, const lg_err *said, lg_err *err)
{
    bool fault = said->status != LG_E_MEMORY && said->status != LG_E_LIMIT;
    if (fault && b->at) return nn_onnx_refuse(b, err, "cannot be made a layer: %.300s", said->msg);
    if (fault) return nn_onnx_not_read(b->file, err, "%.300s", said->msg); /* before the nodes, or behind them */
    if (!err->status) *err = *said;
    return err->status;
}

static lg_status add_line(onnx_builder *b, const char *line, const char *name, const int *from, int n, lg_err *err)
{
    char word[16];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(line, " "), line);
    const nn_layer_type *type = nn_layer_find(word);
    LG_BUG_ON(!type);
    void *config = lg_alloc(1, type->config_size, err);
    if (!config) return err->status;
    nn_config_init(type, config);
    lg_status st = nn_config_parse(type, config, line + strlen(word), err);
    snprintf(((nn_config *)config)->name, NN_NAME, "%s", name);
    if (st == LG_OK) st = nn_net_add_to(b->net, type, config, from, n, err);
    lg_free(config);
    return st;
}

lg_status nn_onnx_put(onnx_builder *b, const int *from, int n, const onnx_value *as, const char *suffix, lg_err *err,
                      const char *words, ...)
{
    char line[256], name[NN_NAME];
    lg_err said = {0};
    va_list ap;
    va_start(ap, words);
    int length = vsnprintf(line, sizeof line, words, ap);
    va_end(ap);
    LG_BUG_ON(length < 0 || length >= (int)sizeof line);
    name_layer(b, as, suffix, name);
    return add_line(b, line, name, from, n, &said) ? say(b, &said, err) : LG_OK;
}

int nn_onnx_last(const onnx_builder *b)
{
    return nn_net_count(b->net) - 1;
}

lg_status nn_onnx_fill(onnx_builder *b, int param, const onnx_fill *fill, lg_err *err)
{
    onnx_fill *f = lg_arena_alloc(&b->room, 1, sizeof *f, err);
    if (!f) return err->status;
    *f = *fill;
    f->layer = nn_onnx_last(b), f->param = param;
    f->next = b->fills, b->fills = f;
    return LG_OK;
}

onnx_order nn_onnx_channel_order(const onnx_builder *b, const onnx_value *v, const nn_named_tensor *t)
{
    int64_t n = nn_onnx_channels(b, v), places = v->rank == 2 ? v->places : 1;
    if (t && t->count == 1) return (onnx_order){.places = 1, .in = 1, .out = n};
    return (onnx_order){.places = places, .in = 1, .out = n / places, .place_step = 1, .out_step = places};
}

/* ---- what leads to the output ---- */
static lg_status define(onnx_builder *b, const char *name, int maker, uint32_t *count, lg_err *err)
{
    bool fresh;
    if (!name[0]) return LG_OK;
    LG_TRY(nn_name_map_put(&b->names, name, *count, &fresh, err));
    b->value[(*count)++] = (onnx_value){.layer = -1, .maker = maker};
    return LG_OK;
}

static lg_status define_values(onnx_builder *b, lg_err *err)
{
    size_t most = b->graph.inputs;
    uint32_t count = 0;
    for (size_t i = 0; i < b->graph.nodes; i++) most += (size_t)b->graph.node[i].outputs;
    b->value = lg_arena_alloc(&b->room, most, sizeof *b->value, err);
    b->needed = lg_arena_alloc(&b->room, b->graph.nodes, sizeof *b->needed, err);
    if (!b->value || !b->needed) return err->status;
    for (size_t i = 0; i < b->graph.inputs; i++) LG_TRY(define(b, b->graph.input[i].name, -1, &count, err));
    for (size_t i = 0; i < b->graph.nodes; i++)
        for (int k = 0; k < b->graph.node[i].outputs; k++)
            LG_TRY(define(b, b->graph.node[i].output[k], (int)i, &count, err));
    return LG_OK;
}

static lg_status choose_output(const onnx_builder *b, const char *wanted, const char **out, lg_err *err)
{
    const nn_onnx *g = &b->graph;
    *out = g->output[g->outputs - 1].name;
    for (size_t i = 0; i < g->outputs && !wanted; i++)
        if (strcmp(g->output[i].name, "logits") == 0) *out = "logits";
    if (wanted) *out = wanted;
    const onnx_value *v = nn_onnx_value_of(b, *out);
    if (v && v->maker >= 0) return LG_OK;
    return nn_onnx_not_read(b->file, err, "no node gives `%.60s`, which is to come out", *out);
}

/* Marks the nodes that lead there, and counts who reads what. Nodes stand behind those that they read. */
static void mark_needed(onnx_builder *b, const char *output)
{
    b->needed[nn_onnx_value_of(b, output)->maker] = true;
    for (int i = (int)b->graph.nodes - 1; i >= 0; i--) {
        for (int k = 0; b->needed[i] && k < b->graph.node[i].inputs; k++) {
            onnx_value *v = nn_onnx_value_of(b, b->graph.node[i].input[k]);
            if (!v) continue;
            if (v->maker >= 0) b->needed[v->maker] = true;
            v->readers++;
            if (v->reader < i) v->reader = i;
        }
    }
}

/* What comes out is called so where it is made, however often it is handed on as it is. */
static void call_output(onnx_builder *b, const char *name)
{
    onnx_value *v = nn_onnx_value_of(b, name);
    while (v && v->maker >= 0) {
        const nn_onnx_node *n = &b->graph.node[v->maker];
        if (strcmp(n->op, "Identity") != 0 && strcmp(n->op, "Dropout") != 0) break;
        v = nn_onnx_value_of(b, n->input[0]);
    }
    if (v && !v->called) v->called = name;
}

/* ---- the input ---- */
/* Channels come second, unless the first node turns them there, or there cannot be so many and the last place looks
 * like them. */
static bool channels_last(const onnx_builder *b, const nn_onnx_value *in)
{
    const onnx_value *v = nn_onnx_value_of(b, in->name);
    const nn_onnx_node *reader = &b->graph.node[v->reader];
    const nn_onnx_attr *perm = strcmp(reader->op, "Transpose") == 0 ? nn_onnx_attr_find(reader, "perm") : NULL;
    int64_t second = in->dim[1], last = in->dim[3];
    if (in->rank != 4) return false;
    if (perm && perm->count == 4 && v->readers == 1) return perm->whole[1] == 3;
    return second != 1 && second != 3 && (last == 1 || last == 3);
}

static lg_status image_size(const onnx_builder *b, const nn_onnx_value *in, const nn_onnx_choice *choice, nn_dims *size,
                            lg_err *err)
{
    bool last = channels_last(b, in);
    *size = (nn_dims){1, 1, in->rank == 2 ? in->dim[1] : -1};
    if (in->rank == 4) *size = (nn_dims){in->dim[last ? 1 : 2], in->dim[last ? 2 : 3], in->dim[last ? 3 : 1]};
    else if (in->rank != 2)
        return nn_onnx_not_read(b->file, err, "its input `%.60s` is no image (N, C, H, W) and no list (N, C)",
                                in->name);
    if (size->h < 0) size->h = choice->height ? choice->height : -1;
    if (size->w < 0) size->w = choice->width ? choice->width : -1;
    if (size->h > 0 && size->w > 0 && size->c > 0) return LG_OK;
    nn_onnx_not_read(b->file, err, "its input `%.60s` takes images of any %s", in->name,
                     size->c > 0 ? "size" : "number of channels");
    return size->c > 0 ? lg_try(err, "say the size of the images") : err->status;
}

/* What is asked of the input of the network; there is one that is read. */
static lg_status find_input(const onnx_builder *b, const nn_onnx_value **out, lg_err *err)
{
    *out = NULL;
    for (size_t i = 0; i < b->graph.inputs; i++) {
        if (!nn_onnx_value_of(b, b->graph.input[i].name)->readers) continue;
        if (*out)
            return nn_onnx_not_read(b->file, err, "it has two inputs, `%.60s` and `%.60s`; networks of one are read",
                                    (*out)->name, b->graph.input[i].name);
        *out = &b->graph.input[i];
    }
    return *out ? LG_OK : nn_onnx_not_read(b->file, err, "its output does not depend on an input");
}

static lg_status add_preprocess(onnx_builder *b, const char *mode, lg_err *err)
{
    char line[40], name[NN_NAME];
    lg_err said = {0};
    snprintf(line, sizeof line, "preprocess %.20s", mode);
    free_name(b->net, "preprocess", 10, "", name);
    return add_line(b, line, name, (const int[]){0}, 1, &said) ? say(b, &said, err) : LG_OK;
}

static lg_status add_input(onnx_builder *b, const nn_onnx_choice *choice, lg_err *err)
{
    const nn_onnx_value *in;
    nn_dims size;
    char line[96], name[NN_NAME];
    lg_err said = {0};
    LG_TRY(find_input(b, &in, err));
    LG_TRY(image_size(b, in, choice, &size, err));
    snprintf(line, sizeof line, "input %lldx%lldx%lld", (long long)size.h, (long long)size.w, (long long)size.c);
    free_name(b->net, in->name, strlen(in->name), "", name);
    if (add_line(b, line, name, NULL, 0, &said)) return say(b, &said, err);
    if (choice->pixels) LG_TRY(add_preprocess(b, choice->pixels, err));
    onnx_value *v = nn_onnx_value_of(b, in->name);
    b->images = in->dim[0];
    v->layer = nn_onnx_last(b);
    v->rank = in->rank, v->places = 1, v->last = channels_last(b, in);
    if (in->rank == 4) return LG_OK;
    free_name(b->net, "flatten", 7, "", name);
    if (add_line(b, "flatten", name, (const int[]){v->layer}, 1, &said)) return say(b, &said, err);
    v->layer = nn_onnx_last(b);
    return LG_OK;
}

/* ---- all of it ---- */
static lg_status make_node(onnx_builder *b, lg_err *err)
{
    bool made;
    LG_TRY(nn_onnx_to_shape(b, &made, err));
    if (!made) LG_TRY(nn_onnx_to_idiom(b, &made, err));
    if (made) return LG_OK;
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        if (strcmp(makers[i].op, b->at->op) == 0) return makers[i].make(b, err);
    return nn_onnx_refuse(b, err, "has no layer that does the same");
}

static lg_status make_nodes(onnx_builder *b, lg_err *err)
{
    for (size_t i = 0; i < b->graph.nodes; i++) {
        b->at = &b->graph.node[i];
        if (b->needed[i]) LG_TRY(make_node(b, err));
    }
    b->at = NULL;
    return LG_OK;
}

static bool is_a_place(nn_shape shape)
{
    return shape.rank == 3 && shape.dim[0] * shape.dim[1] == 1;
}

static lg_status add_behind(onnx_builder *b, const char *line, const char *name, lg_err *err)
{
    lg_err said = {0};
    char ours[NN_NAME];
    free_name(b->net, name, strlen(name), "", ours);
    return add_line(b, line, ours, (const int[]){nn_onnx_last(b)}, 1, &said) ? say(b, &said, err) : LG_OK;
}

static lg_status finish(onnx_builder *b, const char *output, const nn_onnx_choice *choice, bool *scores, lg_err *err)
{
    const onnx_value *v = nn_onnx_value_of(b, output);
    lg_err said = {0};
    LG_BUG_ON(v->layer < 0);
    if (v->rank == 2 && v->places > 1)
        return nn_onnx_not_read(b->file, err,
                                "`%.60s`, which comes out, is an image as a list, channel by channel; "
                                "such a list is read before dense layers",
                                output);
    *scores = !v->shares;
    if (choice->softmax && *scores) {
        if (is_a_place(nn_onnx_shape(b, v))) LG_TRY(add_behind(b, "flatten", "flatten", err));
        LG_TRY(add_behind(b, "activation softmax", "softmax", err));
    }
    return nn_net_finish(b->net, &said) ? say(b, &said, err) : LG_OK;
}

static lg_status build(onnx_builder *b, const nn_onnx_choice *choice, bool *scores, lg_err *err)
{
    const char *output;
    LG_TRY(define_values(b, err));
    LG_TRY(choose_output(b, choice->output, &output, err));
    mark_needed(b, output);
    call_output(b, output);
    for (size_t i = 0; i < b->graph.outputs; i++) call_output(b, b->graph.output[i].name);
    LG_TRY(nn_net_new(&b->net, err));
    LG_TRY(add_input(b, choice, err));
    LG_TRY(make_nodes(b, err));
    return finish(b, output, choice, scores, err);
}

/* ---- weights ---- */
static void put_numbers(const onnx_fill *f, const float *from, float *to)
{
    const onnx_order *o = &f->order;
    for (int64_t p = 0; p < o->places; p++) {
        for (int64_t i = 0; i < o->in; i++) {
            for (int64_t k = 0; k < o->out; k++) {
                double x = (double)from[p * o->place_step + i * o->in_step + k * o->out_step];
                *to++ = (float)(f->over ? f->times / x : f->times * x);
            }
        }
    }
}

static lg_status fill_param(const onnx_builder *b, const onnx_fill *f, float *room, nn_weights *weights, lg_err *err)
{
    const nn_node *node = nn_net_node(b->net, f->layer);
    size_t n = nn_shape_size(node->param[f->param].shape);
    float *to = nn_weights_data(weights) + node->offset[f->param];
    for (size_t i = 0; i < n && !f->tensor; i++) to[i] = (float)f->times;
    if (!f->tensor) return LG_OK;
    LG_BUG_ON((size_t)(f->order.places * f->order.in * f->order.out) != n);
    LG_TRY(nn_named_floats(&b->graph.tensors, f->tensor, room, err));
    put_numbers(f, room, to);
    bool variance = strcmp(node->param[f->param].name, "moving_variance") == 0;
    for (size_t i = 0; i < n && variance; i++)
        if (to[i] < 0) return nn_named_damaged(b->file, err, "`%.60s`, a variance, is below 0", f->tensor->name);
    return LG_OK;
}

/* A scale can be one number for a million channels that come of nothing but joints: a small file must not take memory
 * that a large one would. */
static lg_status check_params(const onnx_builder *b, lg_err *err)
{
    enum { EACH = 8, SPARE = 1 << 22 };
    size_t there = 0, wanted = nn_net_params(b->net);
    for (size_t i = 0; i < b->graph.tensors.count; i++) there += b->graph.tensors.at[i].count;
    if (wanted / EACH <= there + SPARE / EACH) return LG_OK;
    return nn_onnx_not_read(b->file, err, "its layers would have %s weights, and the file has %s numbers",
                            lg_thousands((long long)wanted), lg_thousands((long long)there));
}

static lg_status fill_weights(const onnx_builder *b, nn_weights **out, lg_err *err)
{
    lg_status st = LG_OK;
    size_t most = 0;
    LG_TRY(check_params(b, err));
    for (const onnx_fill *f = b->fills; f; f = f->next)
        if (f->tensor && f->tensor->count > most) most = f->tensor->count;
    float *room = lg_alloc(most, sizeof *room, err);
    if (!room) return err->status;
    LG_GO(nn_weights_zero(b->net, out, err));
    for (const onnx_fill *f = b->fills; f; f = f->next) LG_GO(fill_param(b, f, room, *out, err));
    if (!nn_weights_finite(*out)) {
        lg_fail(err, LG_E_NUMERIC, 364, "the network in `%.200s` has numbers that are none", b->file);
        st = lg_why(err, "a node divides by 0, or makes weights too large");
    }
done:
    lg_free(room);
    return st;
}

lg_status nn_onnx_net(const void *data, size_t len, const char *file, const nn_onnx_choice *choice,
                      nn_onnx_classifier *out, lg_err *err)
{
    lg_status st;
    onnx_builder b = {.file = file};
    *out = (nn_onnx_classifier){0};
    lg_arena_init(&b.room, 0);
    LG_GO(nn_onnx_read(data, len, file, &b.graph, err));
    LG_GO(build(&b, choice ? choice : &(nn_onnx_choice){0}, &out->scores, err));
    LG_GO(fill_weights(&b, &out->weights, err));
    out->net = nn_net_ref(b.net);
done:
    if (st) nn_onnx_classifier_release(out);
    nn_net_unref(b.net);
    nn_onnx_release(&b.graph);
    nn_name_map_release(&b.names);
    lg_arena_release(&b.room);
    return st;
}

void nn_onnx_classifier_release(nn_onnx_classifier *c)
{
    nn_net_unref(c->net);
    nn_weights_unref(c->weights);
    *c = (nn_onnx_classifier){0};
}
