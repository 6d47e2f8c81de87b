/* receptive.c - from the image on: r' = r + (window - 1)·jump, start' = start - before·jump, jump' = jump·stride
 * (Araujo et al. 2019); back: the rows and the columns that count, marked one by one. */
#include "nnlib/model/receptive.h"
#include <string.h>
#include "lib/base/banned.h"

nn_sliding nn_sliding_of(const nn_node *node)
{
    const nn_dims one = {1, 1, 0};
    return node->type->window ? node->type->window(&node->spec) : (nn_sliding){one, one, one, {0, 0, 0}};
}

static bool is_image(const nn_shape *shape)
{
    return shape->rank == 3;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- from the image on ---- */

/* No image is so large. Strides of maps that have one place left would multiply beyond all numbers. */
static const int64_t FAR = (int64_t)1 << 31;

/* Two ways join: their hull at the first of `places`, and the most it is anywhere. It is the largest at one of the
 * ends: the last pixel less the first one is a convex function of the place. */
static void join(int64_t *top, int64_t *field, int64_t *jump, int64_t top2, int64_t field2, int64_t jump2,
                 int64_t places)
{
    int64_t end = places - 1;
    int64_t first = most(*top + *field, top2 + field2) - least(*top, top2);
    int64_t last =
        most(*top + end * *jump + *field, top2 + end * jump2 + field2) - least(*top + end * *jump, top2 + end * jump2);
    *field = most(first, last);
    *top = least(*top, top2);
    *jump = most(*jump, jump2);
}

static nn_sight sight_of(const nn_node *node, const nn_sight *seen)
{
    const nn_sliding by = nn_sliding_of(node);
    nn_sight s = {1, 1, 1, 1, 0, 0};
    if (node->spec.nin) s = seen[node->input[0]];
    for (int k = 1; k < node->spec.nin; k++) {
        const nn_sight *other = &seen[node->input[k]];
        join(&s.top, &s.h, &s.down, other->top, other->h, other->down, node->spec.in[k].dim[0]);
        join(&s.left, &s.w, &s.across, other->left, other->w, other->across, node->spec.in[k].dim[1]);
    }
    s.h = least(s.h + (by.size.h - 1) * by.dilation.h * s.down, FAR);
    s.w = least(s.w + (by.size.w - 1) * by.dilation.w * s.across, FAR);
    s.top = most(s.top - by.before.h * s.down, -FAR), s.left = most(s.left - by.before.w * s.across, -FAR);
    s.down = least(s.down * by.stride.h, FAR), s.across = least(s.across * by.stride.w, FAR);
    return s;
}

void nn_sights(const nn_net *net, nn_sight *sight)
{
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        sight[i] = is_image(&node->spec.out) ? sight_of(node, sight) : (nn_sight){0};
    }
}

/* ---- back to the image ---- */

/* Lines along one side of a node's output, one byte each: does it count? A list has one line. */
static size_t lines_of(const nn_node *node, int side)
{
    return is_image(&node->spec.out) ? (size_t)node->spec.out.dim[side] : 1;
}

typedef struct windows {
    int64_t size, stride, dilation, before;
} windows;

/* Marks the lines of an input that the marked lines of the output are made of; without anything to write it only tells
 * whether there are any. */
static bool mark(const uint8_t *out, size_t places, const windows *w, uint8_t *in, size_t lines)
{
    bool any = false;
    for (size_t p = 0; p < places; p++) {
        int64_t first = (int64_t)p * w->stride - w->before;
        for (int64_t t = 0; out[p] && t < w->size; t++) {
            int64_t line = first + t * w->dilation;
            if (line < 0 || line >= (int64_t)lines) continue;
            any = true;
            if (in) in[line] = 1;
        }
    }
    return any;
}

/* Of every node the marks of its rows and, behind them, those of its columns. */
typedef struct marks {
    const nn_net *net;
    uint8_t **of; /* (nodes) */
} marks;

static uint8_t *side_of(const marks *m, int node, int side)
{
    return m->of[node] + (side ? lines_of(nn_net_node(m->net, node), 0) : 0);
}

/* From a node to one of its inputs. A list takes all there is. */
static void pass_on(const marks *m, int i, int input)
{
    const nn_node *node = nn_net_node(m->net, i), *from = nn_net_node(m->net, input);
    const nn_sliding s = nn_sliding_of(node);
    const windows side[2] = {{s.size.h, s.stride.h, s.dilation.h, s.before.h},
                             {s.size.w, s.stride.w, s.dilation.w, s.before.w}};
    if (!is_image(&node->spec.out)) {
        memset(m->of[input], 1, lines_of(from, 0) + lines_of(from, 1));
        return;
    }
    for (int k = 0; k < 2; k++) /* a window that lies wholly in zeros sees nothing, whatever its other side says */
        if (!mark(side_of(m, i, k), lines_of(node, k), &side[k], NULL, lines_of(from, k))) return;
    for (int k = 0; k < 2; k++)
        mark(side_of(m, i, k), lines_of(node, k), &side[k], side_of(m, input, k), lines_of(from, k));
}

static bool extent(const uint8_t *mark, size_t n, int64_t *first, int64_t *last, int64_t *count)
{
    for (size_t i = 0; i < n; i++) {
        if (!mark[i]) continue;
        if (!(*count)++) *first = (int64_t)i;
        *last = (int64_t)i;
    }
    return *count > 0;
}

static nn_reach reach_of(const marks *m, int i)
{
    const nn_node *node = nn_net_node(m->net, i);
    nn_reach r = {0};
    r.none = !extent(side_of(m, i, 0), lines_of(node, 0), &r.top, &r.bottom, &r.rows) ||
             !extent(side_of(m, i, 1), lines_of(node, 1), &r.left, &r.right, &r.columns);
    return r;
}

static lg_status take_marks(marks *m, uint8_t **block, lg_err *err)
{
    size_t nodes = (size_t)nn_net_count(m->net), all = 0;
    for (size_t i = 0; i < nodes; i++)
        all += lines_of(nn_net_node(m->net, (int)i), 0) + lines_of(nn_net_node(m->net, (int)i), 1);
    m->of = lg_alloc(nodes, sizeof *m->of, err);
    *block = m->of ? lg_alloc(all, 1, err) : NULL;
    if (!*block) return err->status;
    uint8_t *at = *block;
    for (size_t i = 0; i < nodes; i++) {
        m->of[i] = at;
        at += lines_of(nn_net_node(m->net, (int)i), 0) + lines_of(nn_net_node(m->net, (int)i), 1);
    }
    return LG_OK;
}

lg_status nn_reach_back(const nn_net *net, int node, int64_t row, int64_t column, nn_reach *reach, lg_err *err)
{
    marks m = {.net = net};
    uint8_t *block = NULL;
    lg_status st = take_marks(&m, &block, err);
    bool image = is_image(&nn_net_node(net, node)->spec.out);
    for (int i = node; st == LG_OK && i >= 0; i--) {
        const nn_node *at = nn_net_node(net, i);
        if (i == node) side_of(&m, i, 0)[image ? row : 0] = side_of(&m, i, 1)[image ? column : 0] = 1;
        reach[i] = reach_of(&m, i);
        for (int k = 0; k < at->spec.nin && !reach[i].none; k++) pass_on(&m, i, at->input[k]);
    }
    for (int i = node + 1; st == LG_OK && i < nn_net_count(net); i++) reach[i] = (nn_reach){.none = true};
    lg_free(block);
    lg_free(m.of);
    return st;
}
