/* conv2d_wide_vector.h - convolutions of many channels: forward, and the gradient of the weights; included by
 * conv2d_vector.h.
 *
 * The weights of such a layer are larger than the first cache, often than the second. So they are taken a block at a
 * time, a few terms of two vectors of output channels, copied together; the block stays in the first caches while many
 * places pass over it, and the sums wait in y (or dw) meanwhile, which changes no bit of them. Blocks are of one kernel
 * place each: places of y that it sees outside of the image are left out, so padding costs neither a copy nor products
 * with zero (a fifth of all in a 3x3 over 7x7). */
#ifndef NN_CONV2D_WIDE_VECTOR_H
#define NN_CONV2D_WIDE_VECTOR_H

#include <string.h>
#include "nnlib/kernels/conv2d_shape.h"
#include "nnlib/kernels/tile.h"

enum {
    WIDE_COLS = 2 * VL,
    WIDE_FAR = 512, /* floats from place to place, from which on they are copied together */
};

/* y (images, out_h, out_w, out_c) of x (images, in_h, in_w, in_c); no pooling. */
typedef struct wide_conv {
    int images, in_h, in_w, in_c, out_h, out_w, out_c;
    int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    bool relu;
    float most;
} wide_conv;

static wide_conv wide_of(const nn_conv2d *c, const conv_shape *s, int images)
{
    return (wide_conv){.images = images, .in_h = c->in_h, .in_w = c->in_w, .in_c = c->in_c, .out_h = s->conv_h,
                       .out_w = s->conv_w, .out_c = c->out_c, .kernel_h = c->kernel_h, .kernel_w = c->kernel_w,
                       .stride_h = s->stride_h, .stride_w = s->stride_w, .dilation_h = s->dilation_h,
                       .dilation_w = s->dilation_w, .pad_top = s->pad_top, .pad_left = s->pad_left, .relu = c->relu,
                       .most = c->most};
}

/* Places [from, to) along one side whose input by a kernel place is inside. */
typedef struct span {
    int from, to;
    int in; /* where the first of them looks */
} span;

static span span_of(int k, int dilation, int pad, int stride, int in, int out)
{
    int at = k * dilation - pad;
    span s = {.from = at < 0 ? (-at + stride - 1) / stride : 0, .to = at < in ? (in - 1 - at) / stride + 1 : 0};
    if (s.to > out) s.to = out;
    if (s.from > s.to) s.from = s.to;
    s.in = s.from * stride + at;
    return s;
}

static span span_down(const wide_conv *c, int k)
{
    return span_of(k / c->kernel_w, c->dilation_h, c->pad_top, c->stride_h, c->in_h, c->out_h);
}

static span span_right(const wide_conv *c, int k)
{
    return span_of(k % c->kernel_w, c->dilation_w, c->pad_left, c->stride_w, c->in_w, c->out_w);
}

/* Does a kernel place see the image from every place of y? */
static bool sees_all(const wide_conv *c, int k)
{
    span down = span_down(c, k), right = span_right(c, k);
    return down.to - down.from == c->out_h && right.to - right.from == c->out_w;
}

/* Lines of places that one block of weights after the other is taken to. */
typedef struct wide_pass {
    const wide_conv *conv;
    const float *x;
    float *y;
    float *rows;      /* room for the input of these places by one kernel place, CONV_WIDE_TERMS channels of it */
    int first, lines; /* of all lines of all images */
    bool flat;        /* neighbouring places all through: the lines are one */
    bool far;         /* places so far apart in x that they would fight for the same sets of the first cache */
    span down, right; /* of the kernel place at hand */
} wide_pass;

/* What a line of places sees through the kernel place at hand, channels from j on; NULL: nothing. */
static const float *line_input(const wide_pass *p, int line, int j)
{
    const wide_conv *c = p->conv;
    int image = line / c->out_h, h = line % c->out_h;
    if (h < p->down.from || h >= p->down.to) return NULL;
    size_t in = (size_t)image * (size_t)c->in_h + (size_t)(p->down.in + (h - p->down.from) * c->stride_h);
    return p->x + (in * (size_t)c->in_w + (size_t)p->right.in) * (size_t)c->in_c + j;
}

/* Copies that input together, `terms` channels of each place. */
static void copy_rows(const wide_pass *p, int j, int terms, ptrdiff_t apart)
{
    const wide_conv *c = p->conv;
    ptrdiff_t from_apart = (ptrdiff_t)c->stride_w * c->in_c;
    float *to = p->rows;
    for (int line = p->first; line < p->first + p->lines; line++) {
        const float *from = line_input(p, line, j);
        for (int i = p->right.from; from && i < p->right.to; i++, from += from_apart, to += apart)
            for (int v = 0; v < terms; v += VL) {
                vm lanes = vm_first(terms - v);
                vf_store_first(to + v, vf_load_first(from + v, lanes), lanes);
            }
    }
}

static void wide_line(tile *t, const float *x, float *y, int places, int vecs)
{
    bool go_on = t->start && t->ld_start;
    for (int i = 0, n; i < places; i += n) {
        n = tile_rows(i, places, TILE_ROWS);
        t->x = x + i * t->apart;
        t->y = y + i * t->ldy;
        if (go_on) t->start = t->y;
        tile_table[vecs - 1][n - 1](t);
    }
}

/* One block of weights, whose first channel is j, over all lines; o is the first output channel. */
static void wide_block(const wide_pass *p, tile *t, int j, int o, int vecs)
{
    const wide_conv *c = p->conv;
    int places = p->right.to - p->right.from;
    const float *rows = p->rows;
    if (p->flat) {
        const float *x = p->far ? rows : line_input(p, p->first, j);
        wide_line(t, x, p->y + (ptrdiff_t)p->first * c->out_w * t->ldy + o, p->lines * c->out_w, vecs);
        return;
    }
    for (int line = p->first; line < p->first + p->lines; line++) {
        const float *x = line_input(p, line, j);
        if (!x) continue;
        wide_line(t, p->far ? rows : x, p->y + ((ptrdiff_t)line * c->out_w + p->right.from) * t->ldy + o, places, vecs);
        rows += places * t->apart;
    }
}

static void wide_start(const wide_pass *p, const float *b)
{
    const wide_conv *c = p->conv;
    float *y = p->y + (ptrdiff_t)p->first * c->out_w * c->out_c;
    for (int r = p->lines * c->out_w; r > 0; r--, y += c->out_c) {
        if (b) memcpy(y, b, (size_t)c->out_c * sizeof *y);
        else memset(y, 0, (size_t)c->out_c * sizeof *y);
    }
}

static void wide_relu(const wide_pass *p)
{
    const wide_conv *c = p->conv;
    size_t n = (size_t)p->lines * (size_t)c->out_w * (size_t)c->out_c;
    float *y = p->y + (ptrdiff_t)p->first * c->out_w * c->out_c;
    vf most = vf_set(c->most > 0 ? c->most : INFINITY);
    for (size_t i = 0; i < n; i += VL) {
        vm lanes = vm_first(n - i < VL ? (int)(n - i) : VL);
        vf_store_first(y + i, vf_at_most(vf_relu(vf_load_first(y + i, lanes)), most), lanes);
    }
}

static void copy_columns(const float *from, ptrdiff_t ld, int rows, int vecs, vm last, float *to)
{
    for (int r = 0; r < rows; r++, from += ld, to += WIDE_COLS)
        for (int v = 0; v < vecs; v++)
            vf_store(to + v * VL, v < vecs - 1 ? vf_load(from + v * VL) : vf_load_first(from + v * VL, last));
}

/* Terms [j, j + terms) of a kernel place, to all output channels. Where every kernel place sees the image from every
 * place, the first terms bring the bias and the last ones close; else both are passes of their own. */
static void wide_terms(const wide_pass *p, const float *w, const float *b, int j, int terms, bool first, bool last)
{
    float block[CONV_WIDE_TERMS * WIDE_COLS];
    const wide_conv *c = p->conv;
    tile t = {.apart = p->far ? terms + VL : (ptrdiff_t)c->stride_w * c->in_c, .step = 1, .w = block, .ldw = WIDE_COLS,
              .segs = 1, .subs = 1, .len = terms, .ld_start = first ? 0 : c->out_c, .ldy = c->out_c,
              .relu = c->relu && last, .most = c->most};
    if (p->far) copy_rows(p, j, terms, t.apart);
    for (int o = 0, vecs; o < c->out_c; o += vecs * VL) {
        vecs = tile_vecs(&t, o, c->out_c);
        t.start = !first ? p->y : b ? b + o : NULL;
        copy_columns(w + o, c->out_c, terms, vecs, t.last, block);
        wide_block(p, &t, j, o, vecs);
    }
}

static void wide_lines(wide_pass *p, const float *w, const float *b, bool whole)
{
    const wide_conv *c = p->conv;
    int places = c->kernel_h * c->kernel_w;
    if (!whole) wide_start(p, b);
    for (int k = 0; k < places; k++) {
        p->down = span_down(c, k);
        p->right = span_right(c, k);
        for (int j = 0, n; j < c->in_c; j += n) {
            n = tile_rows(j, c->in_c, CONV_WIDE_TERMS);
            wide_terms(p, w + ((ptrdiff_t)k * c->in_c + j) * c->out_c, b, j, n, whole && k == 0 && j == 0,
                       whole && k == places - 1 && j + n == c->in_c);
        }
    }
    if (!whole && c->relu) wide_relu(p);
}

static void wide_forward(const wide_conv *c, const float *x, const float *w, const float *b, float *y, float *scratch)
{
    int places = c->kernel_h * c->kernel_w, lines = c->images * c->out_h;
    bool whole = sees_all(c, 0) && sees_all(c, places - 1);
    wide_pass p = {.conv = c, .x = x, .y = y, .rows = scratch,
                   .flat = whole && places == 1 && c->stride_h == 1 && c->stride_w == 1,
                   .far = c->stride_w * c->in_c >= WIDE_FAR};
    for (; p.first < lines; p.first += p.lines) {
        p.lines = tile_rows(p.first, lines, (CONV_WIDE_ROWS + c->out_w - 1) / c->out_w);
        wide_lines(&p, w, b, whole);
    }
}

/* ---- gradient of the weights ---- */
/* Terms are places, rows are input channels. What a kernel place sees of some lines is copied together, a panel of
 * channels at a time: in x two places lie a power of two apart more often than not, and would fight for the same sets
 * of every cache. */
typedef struct weights_pass {
    wide_pass lines; /* their input is what is copied */
    const float *dy;
    float *blocks;   /* (out_c / WIDE_COLS, terms, WIDE_COLS) of dy */
    int terms;       /* places that the kernel place at hand sees the image from */
} weights_pass;

/* Lines that the kernel place at hand sees the image from. */
static int seeing_lines(const wide_pass *p)
{
    int n = 0;
    for (int line = p->first; line < p->first + p->lines; line++) n += line_input(p, line, 0) != NULL;
    return n;
}

static void copy_gradients(weights_pass *p)
{
    const wide_pass *lines = &p->lines;
    const wide_conv *c = lines->conv;
    int seen = lines->right.to - lines->right.from;
    float *to = p->blocks;
    p->terms = seeing_lines(lines) * seen;
    for (int o = 0; o < c->out_c; o += WIDE_COLS) {
        int vecs = c->out_c - o > VL ? 2 : 1;
        vm last = vm_first(c->out_c - o - (vecs - 1) * VL);
        for (int line = lines->first; line < lines->first + lines->lines; line++) {
            if (!line_input(lines, line, 0)) continue;
            const float *from = p->dy + ((ptrdiff_t)line * c->out_w + lines->right.from) * c->out_c + o;
            copy_columns(from, c->out_c, seen, vecs, last, to);
            to += seen * WIDE_COLS;
        }
    }
}

/* dw (channels, out_c) of one kernel place, channels [j, j + n). */
static void panel_gradient(const weights_pass *p, int j, int n, float *dw)
{
    const wide_conv *c = p->lines.conv;
    tile t = {.apart = 1, .step = CONV_WIDE_PANEL, .ldw = WIDE_COLS, .segs = 1, .subs = 1, .len = p->terms,
              .ld_start = c->out_c, .ldy = c->out_c};
    copy_rows(&p->lines, j, n, CONV_WIDE_PANEL);
    for (int o = 0, vecs; o < c->out_c; o += vecs * VL) {
        vecs = tile_vecs(&t, o, c->out_c);
        t.w = p->blocks + (ptrdiff_t)(o / WIDE_COLS) * p->terms * WIDE_COLS;
        t.start = dw + o;
        wide_line(&t, p->lines.rows, dw + o, n, vecs);
    }
}

/* dw += what some lines of places give. */
static void lines_gradient(weights_pass *p, float *dw)
{
    const wide_conv *c = p->lines.conv;
    for (int k = 0; k < c->kernel_h * c->kernel_w; k++) {
        p->lines.down = span_down(c, k);
        p->lines.right = span_right(c, k);
        copy_gradients(p);
        for (int j = 0, n; p->terms && j < c->in_c; j += n) {
            n = tile_rows(j, c->in_c, CONV_WIDE_PANEL);
            panel_gradient(p, j, n, dw + ((ptrdiff_t)k * c->in_c + j) * c->out_c);
        }
    }
}

static void wide_weights(const wide_conv *c, const float *x, const float *dy, float *dw, float *scratch)
{
    int lines = c->images * c->out_h, most = CONV_WIDE_PLACES / c->out_w;
    weights_pass p = {.lines = {.conv = c, .x = x, .rows = scratch}, .dy = dy,
                      .blocks = scratch + (size_t)(CONV_WIDE_PLACES + c->out_w) * CONV_WIDE_PANEL};
    for (; p.lines.first < lines; p.lines.first += p.lines.lines) {
        p.lines.lines = tile_rows(p.lines.first, lines, most > 0 ? most : 1);
        lines_gradient(&p, dw);
    }
}

#endif
