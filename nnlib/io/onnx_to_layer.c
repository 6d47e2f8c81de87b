/* onnx_to_layer.c - nodes that look at no neighbours: dense layers, scales, activations, joints, and what only says how
 * numbers lie. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "nnlib/io/onnx_build.h"
#include "lib/base/banned.h"

static bool is(const onnx_builder *b, const char *op)
{
    return strcmp(b->at->op, op) == 0;
}

/* ---- Gemm, MatMul ---- */
/* Weights are (in, units), or with turned (units, in), for a list of `in` numbers. */
static lg_status check_weights(const onnx_builder *b, const onnx_value *list, bool turned, lg_err *err)
{
    const nn_named_tensor *w = nn_onnx_tensor(b, 1);
    char shape[NN_NAMED_SHAPE_TEXT];
    int64_t in = nn_onnx_channels(b, list);
    if (!w) return nn_onnx_refuse(b, err, "has weights that are computed; those that are in the file are read");
    if (w->rank == 2 && w->dim[turned] == in) return LG_OK;
    return nn_onnx_refuse(b, err, "has weights of %s for a list of %lld numbers",
                          nn_named_shape_text(w->rank, w->dim, shape), (long long)in);
}

/* A tensor that is added to lists of n: n numbers, or one. */
static bool adds_to_list(const nn_named_tensor *t, int64_t n)
{
    if (!t || t->rank > 2 || (t->rank == 2 && t->dim[0] != 1)) return false;
    return t->count == 1 || t->count == (size_t)n;
}

/* A bias that an Add behind gives, if nobody else reads what the MatMul gives; *out is then what the Add gives. */
static const nn_named_tensor *take_bias(const onnx_builder *b, int64_t units, onnx_value **out)
{
    const onnx_value *v = nn_onnx_output(b);
    if (v->readers != 1 || v->called) return NULL;
    const nn_onnx_node *add = &b->graph.node[v->reader];
    int other = strcmp(add->input[0], b->at->output[0]) == 0;
    if (strcmp(add->op, "Add") != 0) return NULL;
    const nn_named_tensor *bias = nn_onnx_tensor_called(b, add->input[other]);
    if (!adds_to_list(bias, units)) return NULL;
    *out = nn_onnx_value_of(b, add->output[0]);
    b->needed[v->reader] = false;
    return bias;
}

static lg_status fill_dense(onnx_builder *b, const onnx_value *list, const onnx_fill *weights, const onnx_fill *bias,
                            bool turned, lg_err *err)
{
    const int64_t *dim = weights->tensor->dim;
    int64_t in = dim[turned], units = dim[!turned], in_step = turned ? 1 : units;
    onnx_fill f = *weights;
    f.order = (onnx_order){.places = list->places,
                           .in = in / list->places,
                           .out = units,
                           .place_step = in_step,
                           .in_step = list->places * in_step,
                           .out_step = turned ? in : 1};
    LG_TRY(nn_onnx_fill(b, 0, &f, err));
    if (!bias->tensor) return LG_OK;
    f = *bias;
    f.order = (onnx_order){.places = 1, .in = 1, .out = units, .out_step = f.tensor->count > 1};
    return nn_onnx_fill(b, 1, &f, err);
}

lg_status nn_onnx_to_dense(onnx_builder *b, lg_err *err)
{
    bool gemm = is(b, "Gemm"), turned = nn_onnx_int(b, "transB", 0);
    onnx_value *list, *out = nn_onnx_output(b);
    onnx_fill weights = {.tensor = nn_onnx_tensor(b, 1), .times = nn_onnx_number(b, "alpha", 1)};
    onnx_fill bias = {.tensor = nn_onnx_tensor(b, 2), .times = nn_onnx_number(b, "beta", 1)};
    LG_TRY(nn_onnx_list(b, 0, &list, err));
    if (nn_onnx_int(b, "transA", 0)) return nn_onnx_refuse(b, err, "turns what it reads (`transA`)");
    LG_TRY(check_weights(b, list, turned, err));
    int64_t units = weights.tensor->dim[!turned];
    if (!gemm) bias.tensor = take_bias(b, units, &out);
    else if (b->at->inputs > 2 && b->at->input[2][0] && !adds_to_list(bias.tensor, units))
        return nn_onnx_refuse(b, err, "adds something else than one number, or one for each of its %lld",
                              (long long)units);
    LG_TRY(
        nn_onnx_put(b, &list->layer, 1, out, "", err, "dense %lld%s", (long long)units, bias.tensor ? "" : " no bias"));
    LG_TRY(fill_dense(b, list, &weights, &bias, turned, err));
    out->layer = nn_onnx_last(b), out->rank = 2, out->places = 1;
    return LG_OK;
}

/* ---- scales and levels of channels ---- */
lg_status nn_onnx_to_batchnorm(onnx_builder *b, lg_err *err)
{
    static const char *const names[] = {"scale", "level", "mean", "variance"};
    onnx_value *v;
    LG_TRY(nn_onnx_computed(b, 0, &v, err));
    int64_t n = nn_onnx_channels(b, v);
    if (nn_onnx_channel_axis(v) != 1)
        return nn_onnx_refuse(b, err, "reads images (N, H, W, C); images (N, C, H, W) are read");
    for (int k = 0; k < 4; k++) {
        const nn_named_tensor *t = nn_onnx_tensor(b, 1 + k);
        if (!t || t->rank != 1 || t->dim[0] != n)
            return nn_onnx_refuse(b, err, "has no %s of %lld numbers in the file", names[k], (long long)n);
    }
    LG_TRY(nn_onnx_put(b, &v->layer, 1, nn_onnx_output(b), "", err, "batchnorm epsilon %.9g",
                       nn_onnx_number(b, "epsilon", 1e-5)));
    for (int k = 0; k < 4; k++) {
        const nn_named_tensor *t = nn_onnx_tensor(b, 1 + k);
        LG_TRY(nn_onnx_fill(b, k, &(onnx_fill){.tensor = t, .order = nn_onnx_channel_order(b, v, t), .times = 1}, err));
    }
    onnx_value *out = nn_onnx_give(b, nn_onnx_last(b), v);
    out->positive = out->shares = false;
    return LG_OK;
}

/* Is it one number, or one for each channel, as ONNX stretches shapes to one another? */
static bool is_of_channels(const onnx_builder *b, const onnx_value *v, const nn_named_tensor *t)
{
    int64_t n = nn_onnx_channels(b, v);
    if (t->rank > v->rank) return false;
    for (int i = 0; i < t->rank; i++) {
        bool channel = v->rank - t->rank + i == nn_onnx_channel_axis(v);
        if (t->dim[i] != 1 && !(channel && t->dim[i] == n)) return false;
    }
    return true;
}

/* A batchnorm that neither moves nor scales by itself: scale and level are all it does. */
static lg_status put_affine(onnx_builder *b, const onnx_value *v, const onnx_fill *scale, const onnx_fill *level,
                            lg_err *err)
{
    LG_TRY(nn_onnx_put(b, &v->layer, 1, nn_onnx_output(b), "", err, "batchnorm epsilon 1e-12"));
    LG_TRY(nn_onnx_fill(b, 0, scale, err));
    LG_TRY(nn_onnx_fill(b, 1, level, err));
    LG_TRY(nn_onnx_fill(b, 3, &(onnx_fill){.times = 1}, err)); /* variance; the mean is 0 */
    onnx_value *out = nn_onnx_give(b, nn_onnx_last(b), v);
    out->positive = out->shares = false;
    return LG_OK;
}

/* x + t, x - t, t - x, x · t, x / t; second: t is the second of the two. */
static lg_status put_arithmetic(onnx_builder *b, const onnx_value *v, const nn_named_tensor *t, bool second,
                                lg_err *err)
{
    onnx_fill constant = {.tensor = t, .order = nn_onnx_channel_order(b, v, t), .times = 1}, one = {.times = 1};
    if (is(b, "Add")) return put_affine(b, v, &one, &constant, err);
    if (is(b, "Mul")) return put_affine(b, v, &constant, &(onnx_fill){0}, err);
    if (is(b, "Sub")) {
        if (second) constant.times = -1;
        else one.times = -1;
        return put_affine(b, v, &one, &constant, err);
    }
    if (!second) return nn_onnx_refuse(b, err, "divides numbers of the file by an image");
    constant.over = true;
    return put_affine(b, v, &constant, &(onnx_fill){0}, err);
}

lg_status nn_onnx_to_arithmetic(onnx_builder *b, lg_err *err)
{
    char shape[NN_NAMED_SHAPE_TEXT];
    onnx_value *v;
    int second = nn_onnx_tensor(b, 1) != NULL;
    const nn_named_tensor *t = nn_onnx_tensor(b, second);
    if (!t && is(b, "Add")) return nn_onnx_to_sum(b, err);
    if (!t) return nn_onnx_refuse(b, err, "joins two layers in a way for which there is no layer; Add is read");
    LG_TRY(nn_onnx_computed(b, !second, &v, err));
    if (!is_of_channels(b, v, t))
        return nn_onnx_refuse(b, err, "has a constant of %s; one number is read, or one for each channel",
                              nn_named_shape_text(t->rank, t->dim, shape));
    return put_arithmetic(b, v, t, second, err);
}

/* ---- joints ---- */
/* Layers take eight inputs at most: the first of them become one until no more are left. */
static lg_status put_joint(onnx_builder *b, const char *kind, int *from, int n, lg_err *err)
{
    while (n > NN_MAX_INPUTS) {
        LG_TRY(nn_onnx_put(b, from, NN_MAX_INPUTS, nn_onnx_output(b), "_part", err, "%s", kind));
        from[0] = nn_onnx_last(b);
        memmove(from + 1, from + NN_MAX_INPUTS, (size_t)(n - NN_MAX_INPUTS) * sizeof *from);
        n -= NN_MAX_INPUTS - 1;
    }
    return nn_onnx_put(b, from, n, nn_onnx_output(b), "", err, "%s", kind);
}

/* All inputs, of one rank and with numbers in one order. */
static lg_status read_joint(const onnx_builder *b, int *from, onnx_value *like, lg_err *err)
{
    onnx_value *v;
    for (int k = 0; k < b->at->inputs; k++) {
        LG_TRY(nn_onnx_computed(b, k, &v, err));
        if (!k) *like = *v;
        if (v->rank != like->rank || (v->rank == 4 ? v->last != like->last : v->places != like->places))
            return nn_onnx_refuse(b, err, "joins what lies in different orders");
        like->positive = like->positive && v->positive;
        from[k] = v->layer;
    }
    return LG_OK;
}

lg_status nn_onnx_to_sum(onnx_builder *b, lg_err *err)
{
    int from[NN_ONNX_INPUTS];
    onnx_value like;
    LG_TRY(read_joint(b, from, &like, err));
    if (b->at->inputs == 1) return nn_onnx_to_itself(b, err);
    LG_TRY(put_joint(b, "add", from, b->at->inputs, err));
    nn_onnx_give(b, nn_onnx_last(b), &like)->shares = false;
    return LG_OK;
}

lg_status nn_onnx_to_concat(onnx_builder *b, lg_err *err)
{
    int from[NN_ONNX_INPUTS];
    int64_t axis = nn_onnx_int(b, "axis", 1);
    onnx_value like;
    LG_TRY(read_joint(b, from, &like, err));
    if (axis < 0) axis += like.rank;
    if (axis != nn_onnx_channel_axis(&like) || (like.rank == 2 && like.places > 1))
        return nn_onnx_refuse(b, err, "does not put channels side by side");
    if (b->at->inputs == 1) return nn_onnx_to_itself(b, err);
    LG_TRY(put_joint(b, "concat", from, b->at->inputs, err));
    nn_onnx_give(b, nn_onnx_last(b), &like)->shares = false;
    return LG_OK;
}

/* ---- activations ---- */
/* An end of a Clip: attribute up to version 10, then an input. Left out: none. */
static lg_status clip_end(const onnx_builder *b, const char *attr, int k, double none, double *out, lg_err *err)
{
    const nn_named_tensor *t = nn_onnx_tensor(b, k);
    float value;
    *out = nn_onnx_number(b, attr, none);
    if (b->at->inputs <= k || !b->at->input[k][0]) return LG_OK;
    if (!t || t->count != 1) return nn_onnx_refuse(b, err, "has ends that are not one number in the file");
    LG_TRY(nn_named_floats(&b->graph.tensors, t, &value, err));
    *out = (double)value;
    return LG_OK;
}

static lg_status clip_word(const onnx_builder *b, const char **word, lg_err *err)
{
    double low, high;
    LG_TRY(clip_end(b, "min", 1, -INFINITY, &low, err));
    LG_TRY(clip_end(b, "max", 2, INFINITY, &high, err));
    *word = high == 6 ? "relu6" : "relu";
    if (low == 0 && (high == 6 || high > 3e38)) return LG_OK;
    return nn_onnx_refuse(b, err, "clips from %g to %g; from 0 to 6 is read, and from 0 without an end", low, high);
}

static lg_status activation_word(const onnx_builder *b, const char **word, lg_err *err)
{
    static const struct {
        const char *op, *word;
        double alpha, usual; /* the one our layer has, and the operator's own; 0: none */
    } rows[] = {{"Relu", "relu", 0, 0},
                {"Sigmoid", "sigmoid", 0, 0},
                {"Tanh", "tanh", 0, 0},
                {"Elu", "elu", 1, 1},
                {"LeakyRelu", "leaky", 0.2, 0.01}};
    if (is(b, "Clip")) return clip_word(b, word, err);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!is(b, rows[i].op)) continue;
        double alpha = nn_onnx_number(b, "alpha", rows[i].usual);
        *word = rows[i].word;
        if (fabs(alpha - rows[i].alpha) < 1e-6) return LG_OK;
        return nn_onnx_refuse(b, err, "has `alpha` %g; %g is read", alpha, rows[i].alpha);
    }
    LG_BUG_ON(true);
}

lg_status nn_onnx_to_activation(onnx_builder *b, lg_err *err)
{
    const char *word = "";
    onnx_value *v;
    LG_TRY(nn_onnx_computed(b, 0, &v, err));
    LG_TRY(activation_word(b, &word, err));
    LG_TRY(nn_onnx_put(b, &v->layer, 1, nn_onnx_output(b), "", err, "activation %s", word));
    onnx_value *out = nn_onnx_give(b, nn_onnx_last(b), v);
    out->positive = strncmp(word, "relu", 4) == 0 || strcmp(word, "sigmoid") == 0;
    out->shares = false;
    return LG_OK;
}

/* Over the channels. Up to version 12 it went over all axes from its own on, which is the same where those behind are
 * of size 1. */
lg_status nn_onnx_to_softmax(onnx_builder *b, lg_err *err)
{
    enum { ONE_AXIS_SINCE = 13 };
    onnx_value *v;
    LG_TRY(nn_onnx_computed(b, 0, &v, err));
    nn_shape in = nn_onnx_shape(b, v);
    bool since = b->graph.opset >= ONE_AXIS_SINCE, place = in.rank == 1 || in.dim[0] * in.dim[1] == 1;
    int64_t axis = nn_onnx_int(b, "axis", since ? -1 : 1);
    if (axis < 0) axis += v->rank;
    bool channels = axis == nn_onnx_channel_axis(v) && (since || place || axis == 3);
    if (!channels && !(!since && place && axis == 1))
        return nn_onnx_refuse(b, err, "goes along axis %lld; along the channels it is read", (long long)axis);
    LG_TRY(nn_onnx_put(b, &v->layer, 1, nn_onnx_output(b), "", err, "activation softmax"));
    onnx_value *out = nn_onnx_give(b, nn_onnx_last(b), v);
    out->positive = out->shares = true;
    return LG_OK;
}

/* ---- how numbers lie ---- */
lg_status nn_onnx_to_itself(onnx_builder *b, lg_err *err)
{
    onnx_value *v;
    if (is(b, "Identity") && nn_onnx_tensor(b, 0)) return LG_OK; /* nn_onnx_tensor finds it behind this */
    LG_TRY(nn_onnx_computed(b, 0, &v, err));
    nn_onnx_give(b, v->layer, v);
    return LG_OK;
}

/* An image becomes a list: ours place by place, the file's channel by channel unless channels come last there. */
static lg_status put_flatten(onnx_builder *b, const onnx_value *v, lg_err *err)
{
    nn_shape in = nn_onnx_shape(b, v);
    LG_TRY(nn_onnx_put(b, &v->layer, 1, nn_onnx_output(b), "", err, "flatten"));
    onnx_value *out = nn_onnx_give(b, nn_onnx_last(b), v);
    out->rank = 2;
    out->places = v->last || in.dim[2] == 1 ? 1 : in.dim[0] * in.dim[1];
    out->shares = out->shares && in.dim[0] * in.dim[1] == 1;
    return LG_OK;
}

lg_status nn_onnx_to_flatten(onnx_builder *b, lg_err *err)
{
    onnx_value *v;
    LG_TRY(nn_onnx_computed(b, 0, &v, err));
    int64_t axis = nn_onnx_int(b, "axis", 1);
    if (axis < 0) axis += v->rank;
    if (axis != 1) return nn_onnx_refuse(b, err, "flattens from axis %lld on; from 1 on is read", (long long)axis);
    return v->rank == 2 ? nn_onnx_to_itself(b, err) : put_flatten(b, v, err);
}

/* N of a shape: 0 (as it is), -1 (what is left over), or as many images as the graph was written for, mostly one. */
static bool is_images(const onnx_builder *b, int64_t n)
{
    return n == 0 || n == -1 || n == 1 || n == b->images;
}

/* To (N, all), of which only one may be -1. */
static bool is_list(const onnx_builder *b, const int64_t *to, int count, int64_t numbers)
{
    if (count != 2 || !is_images(b, to[0])) return false;
    return to[1] == numbers || (to[1] == -1 && to[0] != -1);
}

/* To the shape that is there. */
static bool is_same_image(const onnx_builder *b, const int64_t *to, int count, nn_shape in, bool last)
{
    int64_t dim[4] = {0, last ? in.dim[0] : in.dim[2], last ? in.dim[1] : in.dim[0], last ? in.dim[2] : in.dim[1]};
    bool same = count == 4 && is_images(b, to[0]);
    for (int i = 1; i < 4 && same; i++) same = to[i] == dim[i] || to[i] == 0;
    return same;
}

lg_status nn_onnx_to_reshape(onnx_builder *b, lg_err *err)
{
    int64_t to[4];
    int count;
    onnx_value *v;
    LG_TRY(nn_onnx_computed(b, 0, &v, err));
    LG_TRY(nn_onnx_wholes(b, 1, 4, to, &count, err));
    nn_shape in = nn_onnx_shape(b, v);
    bool empty = false; /* with `allowzero` 0 does not stand for what was there */
    for (int i = 0; i < count; i++) empty = empty || (to[i] == 0 && nn_onnx_int(b, "allowzero", 0));
    if (!empty && v->rank == 4 && is_same_image(b, to, count, in, v->last)) return nn_onnx_to_itself(b, err);
    if (empty || !is_list(b, to, count, (int64_t)nn_shape_size(in)))
        return nn_onnx_refuse(b, err, "makes another shape than a list of all numbers of an image");
    return v->rank == 2 ? nn_onnx_to_itself(b, err) : put_flatten(b, v, err);
}

lg_status nn_onnx_to_transpose(onnx_builder *b, lg_err *err)
{
    static const int64_t ways[3][4] = {{0, 2, 3, 1}, {0, 3, 1, 2}, {0, 1, 2, 3}}; /* to last, from last, neither */
    const nn_onnx_attr *perm = nn_onnx_attr_find(b->at, "perm");
    onnx_value *v;
    LG_TRY(nn_onnx_computed(b, 0, &v, err));
    for (int i = 0; i < 3 && perm && perm->count == 4 && v->rank == 4; i++) {
        if (memcmp(perm->whole, ways[i], sizeof ways[i]) != 0 || (i < 2 && v->last != i)) continue;
        nn_onnx_give(b, v->layer, v)->last = i == 2 ? v->last : !v->last;
        return LG_OK;
    }
    return nn_onnx_refuse(b, err, "turns something else than (N, C, H, W) and (N, H, W, C)");
}
