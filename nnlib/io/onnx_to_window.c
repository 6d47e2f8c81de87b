/* onnx_to_window.c - nodes that slide a window over an image.
 *
 * ONNX says how many zeros lie on each of the four sides. Where the windows lie follows from those before the image and
 * from how many windows there are: if that is what `same` does, or no padding at all, the layer does it itself; else a
 * layer `pad` comes before. */
#include <string.h>
#include "nnlib/io/onnx_build.h"
#include "lib/base/banned.h"

/* One direction of the windows of a node. */
typedef struct onnx_side {
    int64_t in, size, stride, dilation;
    int64_t before, after; /* padding */
    int64_t out;
} onnx_side;

typedef struct onnx_window {
    onnx_side h, w;
} onnx_window;

static int64_t span(const onnx_side *s)
{
    return (s->size - 1) * s->dilation + 1;
}

/* Padding that the windows really reach behind the image; below 0: so much of it none of them reaches. */
static int64_t reached(const onnx_side *s)
{
    return (s->out - 1) * s->stride + span(s) - s->in - s->before;
}

static bool is_valid(const onnx_side *s)
{
    return s->before == 0 && reached(s) <= 0;
}

static bool is_same(const onnx_side *s)
{
    int64_t out = (s->in + s->stride - 1) / s->stride, all = (out - 1) * s->stride + span(s) - s->in;
    return s->out == out && s->before == (all > 0 ? all / 2 : 0);
}

/* ---- what the node says ---- */
/* Two whole numbers, or the one value they have when left out. */
static lg_status read_pair(const onnx_builder *b, const char *attr, int64_t otherwise, int64_t *h, int64_t *w,
                           lg_err *err)
{
    const nn_onnx_attr *a = nn_onnx_attr_find(b->at, attr);
    *h = *w = otherwise;
    if (!a) return LG_OK;
    if (a->count != 2) return nn_onnx_refuse(b, err, "has %d numbers as its `%s`; two are read", a->count, attr);
    *h = a->whole[0], *w = a->whole[1];
    return LG_OK;
}

static lg_status read_pads(const onnx_builder *b, onnx_window *w, lg_err *err)
{
    const nn_onnx_attr *a = nn_onnx_attr_find(b->at, "pads");
    if (!a) return LG_OK;
    if (a->count != 4) return nn_onnx_refuse(b, err, "has %d numbers as its `pads`; four are read", a->count);
    w->h.before = a->whole[0], w->w.before = a->whole[1];
    w->h.after = a->whole[2], w->w.after = a->whole[3];
    return LG_OK;
}

/* As many windows as there are strides in the image, and the padding that needs. */
static void pad_same(onnx_side *s, bool lower)
{
    int64_t all = ((s->in + s->stride - 1) / s->stride - 1) * s->stride + span(s) - s->in;
    if (all < 0) all = 0;
    s->before = lower ? all - all / 2 : all / 2;
    s->after = all - s->before;
}

static lg_status count_places(const onnx_builder *b, onnx_side *s, bool ceil, lg_err *err)
{
    int64_t room = s->in + s->before + s->after - span(s);
    if (room < 0)
        return nn_onnx_refuse(b, err, "has windows of %lld, and images of %lld with their padding", (long long)span(s),
                              (long long)(room + span(s)));
    s->out = room / s->stride + 1;
    if (!ceil || room % s->stride == 0) return LG_OK;
    if (s->out * s->stride < s->in + s->before) s->out++; /* no window begins behind the image */
    return LG_OK;
}

/* Everything but the size of the window and how many there are. */
static lg_status read_window(const onnx_builder *b, const onnx_value *image, onnx_window *w, lg_err *err)
{
    const nn_onnx_attr *automatic = nn_onnx_attr_find(b->at, "auto_pad");
    nn_shape in = nn_onnx_shape(b, image);
    w->h.in = in.dim[0], w->w.in = in.dim[1];
    LG_TRY(read_pair(b, "strides", 1, &w->h.stride, &w->w.stride, err));
    LG_TRY(read_pair(b, "dilations", 1, &w->h.dilation, &w->w.dilation, err));
    if (!automatic || strcmp(automatic->text, "NOTSET") == 0) return read_pads(b, w, err);
    bool lower = strcmp(automatic->text, "SAME_LOWER") == 0;
    if (strcmp(automatic->text, "VALID") == 0) return LG_OK;
    pad_same(&w->h, lower);
    pad_same(&w->w, lower);
    return LG_OK;
}

/* ---- padding ---- */
typedef struct onnx_padding {
    int64_t by, before, extra;
} onnx_padding;

/* As many zeros on both sides, if that makes no more windows; else exactly those that are reached. */
static onnx_padding padding_of(const onnx_side *s)
{
    int64_t need = reached(s) > 0 ? reached(s) : 0, extra = need > s->before ? need - s->before : 0;
    if ((s->in + 2 * s->before + extra - span(s)) / s->stride + 1 == s->out)
        return (onnx_padding){.by = s->before, .extra = extra};
    return (onnx_padding){.by = need, .before = s->before - need};
}

static lg_status put_padding(onnx_builder *b, int from, const onnx_value *as, const char *suffix, onnx_padding h,
                             onnx_padding w, lg_err *err)
{
    return nn_onnx_put(b, &from, 1, as, suffix, err, "pad %lldx%lld before %lldx%lld extra %lldx%lld", (long long)h.by,
                       (long long)w.by, (long long)h.before, (long long)w.before, (long long)h.extra,
                       (long long)w.extra);
}

/* Where `same` or no padding does it, nothing; else a layer, behind which there is none. Where the windows come from.
 */
static lg_status pad_image(onnx_builder *b, const onnx_window *w, int *from, bool *same, lg_err *err)
{
    *same = false;
    if (is_valid(&w->h) && is_valid(&w->w)) return LG_OK;
    *same = is_same(&w->h) && is_same(&w->w);
    if (*same) return LG_OK;
    LG_TRY(put_padding(b, *from, nn_onnx_output(b), "_pad", padding_of(&w->h), padding_of(&w->w), err));
    *from = nn_onnx_last(b);
    return LG_OK;
}

/* ---- Conv ---- */
static lg_status check_kernel(const onnx_builder *b, const nn_named_tensor *w, const onnx_value *image, lg_err *err)
{
    char shape[NN_NAMED_SHAPE_TEXT];
    int64_t channels = nn_onnx_channels(b, image), group = nn_onnx_int(b, "group", 1), h, width;
    if (!w) return nn_onnx_refuse(b, err, "has weights that are computed; those that are in the file are read");
    nn_named_shape_text(w->rank, w->dim, shape);
    if (w->rank != 4) return nn_onnx_refuse(b, err, "has weights of %s; four dimensions are read", shape);
    LG_TRY(read_pair(b, "kernel_shape", 0, &h, &width, err));
    if ((h || width) && (h != w->dim[2] || width != w->dim[3]))
        return nn_onnx_refuse(b, err, "says windows of %lldx%lld, and has weights of %s", (long long)h,
                              (long long)width, shape);
    if (group != 1 && (group != channels || w->dim[0] != channels))
        return nn_onnx_refuse(b, err,
                              "has %lld groups for %lld channels in and %lld out; one is read, or as many as "
                              "channels in and out",
                              (long long)group, (long long)channels, (long long)w->dim[0]);
    if (w->dim[1] == (group == 1 ? channels : 1)) return LG_OK;
    return nn_onnx_refuse(b, err, "has weights of %s, which do not fit %lld channels", shape, (long long)channels);
}

/* Input 2, if it is there, must be n numbers of the file. */
static lg_status check_bias(const onnx_builder *b, int64_t n, const nn_named_tensor **bias, lg_err *err)
{
    char shape[NN_NAMED_SHAPE_TEXT];
    *bias = nn_onnx_tensor(b, 2);
    if (!*bias && (b->at->inputs < 3 || !b->at->input[2][0])) return LG_OK;
    if (!*bias) return nn_onnx_refuse(b, err, "has a bias that is computed; one that is in the file is read");
    if ((*bias)->rank == 1 && (*bias)->dim[0] == n) return LG_OK;
    return nn_onnx_refuse(b, err, "has a bias of %s; one of %lld is read",
                          nn_named_shape_text((*bias)->rank, (*bias)->dim, shape), (long long)n);
}

static lg_status put_conv(onnx_builder *b, int from, const nn_named_tensor *w, const onnx_window *win, const char *end,
                          lg_err *err)
{
    int64_t kh = w->dim[2], kw = w->dim[3], group = nn_onnx_int(b, "group", 1);
    const onnx_value *as = nn_onnx_output(b);
    if (group == 1)
        return nn_onnx_put(b, &from, 1, as, "", err, "conv %lld %lldx%lld stride %lldx%lld dilation %lldx%lld%s",
                           (long long)w->dim[0], (long long)kh, (long long)kw, (long long)win->h.stride,
                           (long long)win->w.stride, (long long)win->h.dilation, (long long)win->w.dilation, end);
    if ((win->h.dilation > 1 && kh > 1) || (win->w.dilation > 1 && kw > 1))
        return nn_onnx_refuse(b, err, "has gaps in its windows and a group for each channel; one of both is read");
    return nn_onnx_put(b, &from, 1, as, "", err, "depthwise %lldx%lld stride %lldx%lld%s", (long long)kh, (long long)kw,
                       (long long)win->h.stride, (long long)win->w.stride, end);
}

static lg_status fill_conv(onnx_builder *b, const nn_named_tensor *w, const nn_named_tensor *bias, lg_err *err)
{
    int64_t places = w->dim[2] * w->dim[3], in = w->dim[1];
    onnx_order order = {
        .places = places, .in = in, .out = w->dim[0], .place_step = 1, .in_step = places, .out_step = in * places};
    LG_TRY(nn_onnx_fill(b, 0, &(onnx_fill){.tensor = w, .order = order, .times = 1}, err));
    if (!bias) return LG_OK;
    order = (onnx_order){.places = 1, .in = 1, .out = w->dim[0], .out_step = 1};
    return nn_onnx_fill(b, 1, &(onnx_fill){.tensor = bias, .order = order, .times = 1}, err);
}

lg_status nn_onnx_to_conv(onnx_builder *b, lg_err *err)
{
    const nn_named_tensor *w = nn_onnx_tensor(b, 1), *bias;
    onnx_value *image;
    onnx_window win = {0};
    bool same;
    LG_TRY(nn_onnx_image(b, 0, &image, err));
    LG_TRY(check_kernel(b, w, image, err));
    LG_TRY(check_bias(b, w->dim[0], &bias, err));
    win.h.size = w->dim[2], win.w.size = w->dim[3];
    LG_TRY(read_window(b, image, &win, err));
    LG_TRY(count_places(b, &win.h, false, err));
    LG_TRY(count_places(b, &win.w, false, err));
    int from = image->layer;
    LG_TRY(pad_image(b, &win, &from, &same, err));
    const char *end = same ? (bias ? " same" : " same no bias") : (bias ? "" : " no bias");
    LG_TRY(put_conv(b, from, w, &win, end, err));
    LG_TRY(fill_conv(b, w, bias, err));
    onnx_value *v = nn_onnx_give(b, nn_onnx_last(b), image);
    v->positive = v->shares = false;
    return LG_OK;
}

/* ---- MaxPool, AveragePool ---- */
/* Zeros are less than none of the numbers, so that a maximum over them is one over what is inside. */
static lg_status check_max(const onnx_builder *b, const onnx_value *image, const onnx_window *w, lg_err *err)
{
    bool inside = is_valid(&w->h) && is_valid(&w->w), same = is_same(&w->h) && is_same(&w->w);
    if (inside || same || image->positive) return LG_OK;
    return nn_onnx_refuse(b, err,
                          "pads numbers that may be below 0 in another way than SAME_UPPER; behind a Relu it "
                          "would be read");
}

/* Whether a mean counts zeros around the image is the file's to say; `same` counts none, `pad` makes them count. */
static lg_status check_average(const onnx_builder *b, const onnx_window *w, bool *counts, lg_err *err)
{
    bool inside = is_valid(&w->h) && is_valid(&w->w), same = is_same(&w->h) && is_same(&w->w);
    bool over = reached(&w->h) > w->h.after || reached(&w->w) > w->w.after;
    *counts = nn_onnx_int(b, "count_include_pad", 0);
    if (inside || (same && !*counts) || (*counts && !over)) return LG_OK;
    return nn_onnx_refuse(b, err,
                          *counts ? "has windows that end behind its padding (`ceil_mode`), and counts zeros"
                                  : "leaves out zeros of a padding that is not SAME_UPPER; with "
                                    "`count_include_pad` it would be read");
}

static lg_status read_pool(const onnx_builder *b, const onnx_value *image, onnx_window *w, lg_err *err)
{
    bool ceil = nn_onnx_int(b, "ceil_mode", 0);
    LG_TRY(read_pair(b, "kernel_shape", 0, &w->h.size, &w->w.size, err));
    if (!w->h.size) return nn_onnx_refuse(b, err, "does not say how large its windows are");
    LG_TRY(read_window(b, image, w, err));
    if (w->h.dilation > 1 || w->w.dilation > 1)
        return nn_onnx_refuse(b, err, "has gaps in its windows (`dilations`); windows without are read");
    LG_TRY(count_places(b, &w->h, ceil, err));
    return count_places(b, &w->w, ceil, err);
}

lg_status nn_onnx_to_pool(onnx_builder *b, lg_err *err)
{
    bool max = strcmp(b->at->op, "MaxPool") == 0, same, counts = false;
    onnx_value *image;
    onnx_window w = {0};
    LG_TRY(nn_onnx_image(b, 0, &image, err));
    LG_TRY(read_pool(b, image, &w, err));
    LG_TRY(max ? check_max(b, image, &w, err) : check_average(b, &w, &counts, err));
    int from = image->layer;
    if (counts && !(is_valid(&w.h) && is_valid(&w.w))) {
        LG_TRY(put_padding(b, from, nn_onnx_output(b), "_pad", padding_of(&w.h), padding_of(&w.w), err));
        from = nn_onnx_last(b), same = false;
    } else {
        LG_TRY(pad_image(b, &w, &from, &same, err));
    }
    LG_TRY(nn_onnx_put(b, &from, 1, nn_onnx_output(b), "", err, "%s %lldx%lld stride %lldx%lld%s",
                       max ? "maxpool" : "avgpool", (long long)w.h.size, (long long)w.w.size, (long long)w.h.stride,
                       (long long)w.w.stride, same ? " same" : ""));
    nn_onnx_give(b, nn_onnx_last(b), image)->shares = false;
    return LG_OK;
}

/* ---- over the whole image ---- */
static lg_status put_globalavg(onnx_builder *b, const onnx_value *image, bool keepdims, lg_err *err)
{
    LG_TRY(nn_onnx_put(b, &image->layer, 1, nn_onnx_output(b), "", err, "globalavg%s", keepdims ? " keepdims" : ""));
    onnx_value *v = nn_onnx_give(b, nn_onnx_last(b), image);
    v->shares = false;
    if (!keepdims) v->rank = 2, v->places = 1;
    return LG_OK;
}

lg_status nn_onnx_to_globalavg(onnx_builder *b, lg_err *err)
{
    onnx_value *image;
    LG_TRY(nn_onnx_image(b, 0, &image, err));
    return put_globalavg(b, image, true, err);
}

lg_status nn_onnx_to_globalmax(onnx_builder *b, lg_err *err)
{
    onnx_value *image;
    LG_TRY(nn_onnx_image(b, 0, &image, err));
    nn_shape in = nn_onnx_shape(b, image);
    LG_TRY(nn_onnx_put(b, &image->layer, 1, nn_onnx_output(b), "", err, "maxpool %lldx%lld", (long long)in.dim[0],
                       (long long)in.dim[1]));
    nn_onnx_give(b, nn_onnx_last(b), image)->shares = false;
    return LG_OK;
}

/* Its axes: an attribute up to version 17, then an input. */
static lg_status read_axes(const onnx_builder *b, int64_t axes[2], int *count, lg_err *err)
{
    const nn_onnx_attr *a = nn_onnx_attr_find(b->at, "axes");
    *count = 0;
    if (!a && b->at->inputs > 1) return nn_onnx_wholes(b, 1, 2, axes, count, err);
    if (!a || a->count > 2) return LG_OK;
    memcpy(axes, a->whole, (size_t)a->count * sizeof *axes);
    *count = a->count;
    return LG_OK;
}

/* Height and width and nothing else, of an image. */
static lg_status check_axes(const onnx_builder *b, const onnx_value *v, lg_err *err)
{
    int64_t axes[2] = {0}, first = v->last ? 1 : 2;
    int count;
    LG_TRY(read_axes(b, axes, &count, err));
    for (int i = 0; i < count; i++) axes[i] += axes[i] < 0 ? 4 : 0;
    bool good = v->rank == 4 && count == 2 && axes[0] != axes[1];
    for (int i = 0; i < 2 && good; i++) good = axes[i] == first || axes[i] == first + 1;
    return good ? LG_OK : nn_onnx_refuse(b, err, "does not go over height and width of an image");
}

lg_status nn_onnx_to_reduce_mean(onnx_builder *b, lg_err *err)
{
    onnx_value *image;
    LG_TRY(nn_onnx_computed(b, 0, &image, err));
    LG_TRY(check_axes(b, image, err));
    return put_globalavg(b, image, nn_onnx_int(b, "keepdims", 1), err);
}

lg_status nn_onnx_to_squeeze(onnx_builder *b, lg_err *err)
{
    onnx_value *image;
    LG_TRY(nn_onnx_computed(b, 0, &image, err));
    LG_TRY(check_axes(b, image, err));
    nn_shape in = nn_onnx_shape(b, image);
    if (in.dim[0] != 1 || in.dim[1] != 1)
        return nn_onnx_refuse(b, err, "takes away sizes of an image of %lldx%lld; those of 1 are taken away",
                              (long long)in.dim[0], (long long)in.dim[1]);
    return nn_onnx_to_flatten(b, err);
}

/* ---- Pad ---- */
/* The last input, and what stands in its place up to version 10. */
static lg_status check_zeros(const onnx_builder *b, lg_err *err)
{
    const nn_onnx_attr *mode = nn_onnx_attr_find(b->at, "mode");
    const nn_named_tensor *with = nn_onnx_tensor(b, 2);
    bool constant = !mode || strcmp(mode->text, "constant") == 0, said = b->at->inputs > 2 && b->at->input[2][0];
    float value = (float)nn_onnx_number(b, "value", 0);
    if (said && with && with->count == 1) LG_TRY(nn_named_floats(&b->graph.tensors, with, &value, err));
    bool known = !said || (with && with->count == 1), axes = b->at->inputs > 3 && b->at->input[3][0];
    if (constant && known && value == 0 && !axes) return LG_OK;
    return nn_onnx_refuse(b, err,
                          "pads with other numbers than 0, or says along which axes; zeros around images are "
                          "read");
}

static lg_status read_padding(const onnx_builder *b, int64_t pads[8], int *count, lg_err *err)
{
    const nn_onnx_attr *a = nn_onnx_attr_find(b->at, "pads");
    *count = 0;
    if (!a && b->at->inputs > 1) return nn_onnx_wholes(b, 1, 8, pads, count, err);
    if (!a || a->count > 8) return LG_OK;
    memcpy(pads, a->whole, (size_t)a->count * sizeof *pads);
    *count = a->count;
    return LG_OK;
}

static onnx_padding padding_from(int64_t before, int64_t after)
{
    int64_t by = before < after ? before : after;
    return (onnx_padding){.by = by, .before = before - by, .extra = after - by};
}

lg_status nn_onnx_to_pad(onnx_builder *b, lg_err *err)
{
    enum { MOST = 1024 };
    int64_t pads[8] = {0};
    int count;
    onnx_value *image;
    LG_TRY(nn_onnx_computed(b, 0, &image, err));
    LG_TRY(check_zeros(b, err));
    LG_TRY(read_padding(b, pads, &count, err));
    int h = image->last ? 1 : 2, w = h + 1;
    bool good = image->rank == 4 && count == 8;
    for (int i = 0; i < 8; i++)
        good = good && pads[i] >= 0 && pads[i] <= MOST && (!pads[i] || i % 4 == h || i % 4 == w);
    if (!good) return nn_onnx_refuse(b, err, "does not pad height and width of an image by 0 to %d", MOST);
    LG_TRY(put_padding(b, image->layer, nn_onnx_output(b), "", padding_from(pads[h], pads[h + 4]),
                       padding_from(pads[w], pads[w + 4]), err));
    nn_onnx_give(b, nn_onnx_last(b), image)->shares = false;
    return LG_OK;
}
