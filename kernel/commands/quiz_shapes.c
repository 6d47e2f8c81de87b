/* quiz_shapes.c - what comes out of a layer. */
#include "kernel/commands/quiz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

static bool is(const nn_node *node, const char *type)
{
    return strcmp(node->type->name, type) == 0;
}

static long long side(const nn_shape *s, int k)
{
    return (long long)s->dim[k];
}

/* "62x62x16", "512 numbers" */
static const char *shape_words(const nn_shape *s, char out[64])
{
    if (s->rank == 3) snprintf(out, 64, "%lldx%lldx%lld", side(s, 0), side(s, 1), side(s, 2));
    else snprintf(out, 64, "%s numbers", lg_thousands(side(s, 0)));
    return out;
}

/* ---- windows ---- */
typedef struct window {
    long long k[2], stride[2], in[2];
    bool same, plain; /* plain: no gaps, and as many steps across as down */
} window;

/* From the first number of a window to the last, gaps included. */
static long long span(long long size, long long dilation)
{
    return (size - 1) * dilation + 1;
}

static bool window_of(const nn_node *node, window *w)
{
    const nn_field *field = nn_field_find(node->type->fields, "same");
    int32_t flag = 0;
    if (!node->type->window || node->spec.in[0].rank != 3 || node->spec.out.rank != 3) return false;
    const nn_sliding slides = node->type->window(&node->spec);
    if (field) memcpy(&flag, (const char *)node->spec.config + field->offset, sizeof flag);
    *w = (window){.k = {span(slides.size.h, slides.dilation.h), span(slides.size.w, slides.dilation.w)},
                  .stride = {slides.stride.h, slides.stride.w},
                  .in = {side(&node->spec.in[0], 0), side(&node->spec.in[0], 1)},
                  .same = field && flag == field->value,
                  .plain = slides.dilation.h == 1 && slides.dilation.w == 1 && slides.stride.h == slides.stride.w};
    return true;
}

static long long out_of(const window *w, int side, bool same)
{
    long long n = w->in[side], s = w->stride[side];
    return same ? (n + s - 1) / s : (n - w->k[side]) / s + 1;
}

/* "(31 - 3) / 2 + 1 = 15" of the rows, and of the columns where they differ. */
static void way_of(const window *w, cmd_question *q)
{
    bool square = w->in[0] == w->in[1] && w->k[0] == w->k[1] && w->stride[0] == w->stride[1];
    for (int i = 0; i < (square ? 1 : 2); i++) {
        const char *what = square ? "each side" : i ? "columns" : "rows";
        if (w->same && w->stride[i] == 1)
            cmd_q_way(q, "%s: zeros are added around, so stride 1 keeps %lld. ", what, w->in[i]);
        else if (w->same)
            cmd_q_way(q, "%s: %lld / %lld, rounded up, = %lld. ", what, w->in[i], w->stride[i], out_of(w, i, true));
        else {
            bool whole = (w->in[i] - w->k[i]) % w->stride[i] == 0;
            cmd_q_way(q, "%s: (%lld - %lld) / %lld%s + 1 = %lld. ", what, w->in[i], w->k[i], w->stride[i],
                      whole ? "" : ", rounded down,", out_of(w, i, false));
        }
    }
}

static bool ask_window(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const nn_node *node = nn_net_node(quiz->net, about + 1);
    window w;
    char in[64], does[80];
    bool conv = is(node, "conv"), pool = is(node, "maxpool") || is(node, "avgpool"), depth = is(node, "depthwise");
    if (!(conv || pool || depth) || !window_of(node, &w) || !w.plain) return false; /* the question tells no more */
    const nn_shape *i = &node->spec.in[0], *o = &node->spec.out;
    long long h = out_of(&w, 0, w.same), v = out_of(&w, 1, w.same);
    if (h != side(o, 0) || v != side(o, 1)) return false;
    if (conv) snprintf(does, sizeof does, "%lld filters of %lldx%lld", side(o, 2), w.k[0], w.k[1]);
    else if (depth) snprintf(does, sizeof does, "one kernel of %lldx%lld for each map", w.k[0], w.k[1]);
    else snprintf(does, sizeof does, "windows of %lldx%lld", w.k[0], w.k[1]);
    cmd_q_text(q, "`%s` (%s) gets %s. It has %s, stride %lld, %s. What comes out?", node->name, node->type->name,
               shape_words(i, in), does, w.stride[0], w.same ? "zeros around (same)" : "no padding (valid)");
    cmd_q_right(q, "%lldx%lldx%lld", h, v, side(o, 2));
    way_of(&w, q);
    if (conv) cmd_q_way(q, "One map for each of the %lld filters", side(o, 2));
    else cmd_q_way(q, "Each of the %lld maps by itself, so there are as many as before", side(o, 2));
    if (conv)
        cmd_q_wrong(q, "each filter reads all maps and gives one: there are as many maps as filters", "%lldx%lldx%lld",
                    h, v, side(i, 2) == side(o, 2) ? 2 * side(o, 2) : side(i, 2));
    if (w.same)
        cmd_q_wrong(q, "that is `valid`, without zeros around", "%lldx%lldx%lld", out_of(&w, 0, false),
                    out_of(&w, 1, false), side(o, 2));
    else
        cmd_q_wrong(
            q, pool ? "a row that is left over fills no window, so it is dropped" : "that is `same`, with zeros around",
            "%lldx%lldx%lld", out_of(&w, 0, true), out_of(&w, 1, true), side(o, 2));
    if (pool && side(o, 2) > 1)
        cmd_q_wrong(q, "rows and columns are pooled, maps are not", "%lldx%lldx%lld", h, v, side(o, 2) / 2);
    if (h > 1 && v > 1)
        cmd_q_wrong(q, "the first place counts as well: that is the + 1", "%lldx%lldx%lld", h - 1, v - 1, side(o, 2));
    cmd_q_wrong(q, "with a window this large fewer places are left", "%lldx%lldx%lld", w.in[0], w.in[1], side(o, 2));
    return true;
}

/* ---- to a list ---- */
static bool ask_list(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const nn_node *node = nn_net_node(quiz->net, about + 1);
    const nn_shape *i = &node->spec.in[0];
    char in[64];
    bool flat = is(node, "flatten"), global = is(node, "globalavg") || is(node, "globalmax");
    if (!(flat || global) || i->rank != 3) return false;
    long long h = side(i, 0), w = side(i, 1), c = side(i, 2), all = h * w * c;
    cmd_q_text(q, "`%s` gets %s. How many numbers come out?", node->type->name, shape_words(i, in));
    if (flat) {
        cmd_q_right(q, "%s", lg_thousands(all));
        cmd_q_way(q, "%lld · %lld · %lld = %s: all numbers, one behind the other", h, w, c, lg_thousands(all));
        cmd_q_wrong(q, "one number for each map is what `globalavg` gives", "%s", lg_thousands(c));
        cmd_q_wrong(q, "that is one map; there are several", "%s", lg_thousands(h * w));
        cmd_q_wrong(q, "sides are multiplied, not added", "%s", lg_thousands(h + w + c));
    } else {
        cmd_q_right(q, "%s", lg_thousands(c));
        cmd_q_way(q, "%s of each map: %lld maps, %lld numbers", is(node, "globalavg") ? "the mean" : "the largest", c,
                  c);
        cmd_q_wrong(q, "all numbers are what `flatten` gives", "%s", lg_thousands(all));
        cmd_q_wrong(q, "those are the places of one map", "%s", lg_thousands(h * w));
    }
    return true;
}

static bool ask_dense(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const nn_node *node = nn_net_node(quiz->net, about + 1);
    if (!is(node, "dense") || node->spec.in[0].rank != 1) return false;
    long long in = side(&node->spec.in[0], 0), out = side(&node->spec.out, 0);
    cmd_q_text(q, "`%s` is a dense layer of %s units and gets %s numbers. How many come out for one image?", node->name,
               lg_thousands(out), lg_thousands(in));
    cmd_q_right(q, "%s", lg_thousands(out));
    cmd_q_way(q, "each unit adds up all %s numbers, weighed, and gives one: %s units, %s numbers", lg_thousands(in),
              lg_thousands(out), lg_thousands(out));
    cmd_q_wrong(q, "those are its weights, not what it gives", "%s", lg_thousands(in * out));
    cmd_q_wrong(q, "that is what comes in", "%s", lg_thousands(in));
    return true;
}

/* Layers that change numbers and not how many there are. */
static bool ask_kept(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const nn_node *node = nn_net_node(quiz->net, about + 1);
    char size[64];
    bool drops = is(node, "dropout");
    if (!(drops || is(node, "batchnorm") || is(node, "activation"))) return false;
    const nn_shape *s = &node->spec.in[0];
    long long n = (long long)nn_shape_size(*s);
    cmd_q_text(q, "`%s` (%s) gets %s. How many numbers does it give on?", node->name, node->type->name,
               shape_words(s, size));
    cmd_q_right(q, "%s", lg_thousands(n));
    cmd_q_way(q, drops ? "dropout sets some to 0 while training, but they keep their places; in use it does nothing"
                       : "each number is changed by itself: as many as before");
    cmd_q_wrong(q,
                drops ? "what is dropped becomes 0, it does not go away"
                      : "nothing is joined here: that is what pooling does",
                "%s", lg_thousands(n / 2));
    cmd_q_wrong(q, "it adds nothing", "%s", lg_thousands(2 * n));
    return true;
}

/* ---- along the way ---- */
enum { LONG = 24 };
/* Nodes from the input to this one where each reads just one; how many, 0: too many, or a way that forks. */
static int trail_of(const nn_net *net, int node, int trail[LONG])
{
    int n = 0, back[LONG];
    for (; node > 0; node = nn_net_node(net, node)->input[0]) {
        if (n == LONG || nn_net_node(net, node)->spec.nin != 1) return 0;
        back[n++] = node;
    }
    for (int i = 0; i < n; i++) trail[i] = back[n - 1 - i];
    return n;
}

static bool ask_trail(const cmd_quiz *quiz, int about, cmd_question *q)
{
    int trail[LONG], n = trail_of(quiz->net, about + 1, trail);
    const nn_node *node = nn_net_node(quiz->net, about + 1);
    const nn_shape in = nn_net_input(quiz->net);
    char size[64], before[64];
    long long h = side(&in, 0), w = side(&in, 1);
    if (n < 3 || node->spec.out.rank != 3 || in.rank != 3) return false;
    cmd_q_text(q, "An image of %s goes in. What size has it behind `%s`?", shape_words(&in, size), node->name);
    cmd_q_way(q, "%lldx%lld", h, w);
    for (int i = 0; i < n; i++) {
        const nn_shape *s = &nn_net_node(quiz->net, trail[i])->spec.out,
                       *was = &nn_net_node(quiz->net, trail[i])->spec.in[0];
        window win;
        if (side(s, 0) != side(was, 0) || side(s, 1) != side(was, 1))
            cmd_q_way(q, " → %lldx%lld", side(s, 0), side(s, 1));
        if (window_of(nn_net_node(quiz->net, trail[i]), &win))
            h = (h + win.stride[0] - 1) / win.stride[0], w = (w + win.stride[1] - 1) / win.stride[1];
    }
    const nn_shape *out = &node->spec.out, *last = &node->spec.in[0];
    cmd_q_right(q, "%s", shape_words(out, size));
    cmd_q_way(q, ", and %lld maps, as the last layer with filters has", side(out, 2));
    cmd_q_wrong(q, "windows without zeros around take a border away at every layer", "%lldx%lldx%lld", h, w,
                side(out, 2));
    cmd_q_wrong(q, "that is what comes into this layer", "%s", shape_words(last, before));
    cmd_q_wrong(q, "the maps are those of the image, which the first filters have replaced", "%lldx%lldx%lld",
                side(out, 0), side(out, 1), side(&in, 2));
    return true;
}

static const nn_summary_row *row_of(const cmd_quiz *quiz, int node)
{
    for (int i = 0; i < quiz->summary->count; i++)
        if (quiz->summary->row[i].node == node) return &quiz->summary->row[i];
    return NULL;
}

static bool ask_field(const cmd_quiz *quiz, int about, cmd_question *q)
{
    int trail[LONG], n = trail_of(quiz->net, about + 1, trail);
    const nn_node *node = nn_net_node(quiz->net, about + 1);
    const nn_summary_row *row = row_of(quiz, about + 1);
    long long field = 1, jump = 1, plain = 1, last = 1;
    int windows = 0;
    if (!row || row->field_h < 2 || row->field_h != row->field_w || node->spec.out.rank != 3) return false;
    cmd_q_way(q, "1");
    for (int i = 0; i < n; i++) {
        const nn_node *at = nn_net_node(quiz->net, trail[i]);
        if (!at->type->window) continue;
        const nn_sliding slides = at->type->window(&at->spec);
        long long size = span(slides.size.h, slides.dilation.h);
        if (size == 1 && slides.stride.h == 1) continue;
        cmd_q_way(q, " + (%lld - 1)·%lld", size, jump);
        field += (size - 1) * jump, plain += size - 1, last = size;
        if (jump > INT32_MAX) return false; /* maps of one place: no image is so large */
        jump *= slides.stride.h;
        windows++;
    }
    if (windows < 2 || field != row->field_h) return false;
    cmd_q_text(q, "How many pixels of the image can one number behind `%s` depend on, along one side?", node->name);
    cmd_q_right(q, "%lld", field);
    cmd_q_way(q, " = %lld: every window adds its size less one, times the strides of all layers before it", field);
    cmd_q_wrong(q, "that is this layer's own window, in numbers of the layer before and not in pixels", "%lld", last);
    cmd_q_wrong(q, "steps of a pooled map are wider: each stride multiplies what follows", "%lld", plain);
    cmd_q_wrong(q, "only a dense layer or a global one sees all of it", "%lld",
                (long long)nn_net_input(quiz->net).dim[0]);
    return true;
}

void cmd_quiz_shapes(cmd_quiz *quiz)
{
    int layers = nn_net_count(quiz->net) - 1;
    cmd_ask *const ask[] = {ask_window, ask_list, ask_dense, ask_kept, ask_trail, ask_field};
    for (size_t i = 0; i < sizeof ask / sizeof *ask; i++) cmd_quiz_add(quiz, ask[i], layers);
}
