/* conv2d_vector.h - direct convolution from tiles, and the sparse backward passes behind a fused pooling; included by
 * conv2d_avx2.c and conv2d_avx512.c.
 *
 * Forward and both dense gradients are the tile of tile.h read three ways; no im2col copy is made. Behind a pooling
 * only one place in four has a gradient, and which one is known: the sparse passes spend their multiplications there
 * alone. Their vectors run along the input channels, so each gradient value is one scalar times whole vectors. */
#include <string.h>
#include "nnlib/kernels/conv2d_shape.h"
#include "nnlib/kernels/conv2d_wide_vector.h"
#include "nnlib/kernels/tile.h"
#include "nnlib/kernels/variants.h"

/* Scratch is handed out in 64-byte steps with room for one vector too many, as conv2d_common.c counts it. */
static float *take(char **scratch, size_t floats)
{
    float *p = (float *)(void *)*scratch;
    *scratch += ((floats * sizeof(float) + 63) & ~(size_t)63) + CONV_SLACK;
    return p;
}

/* Copies an image into the middle of a zeroed one. */
static void pad_image(const nn_conv2d *c, const conv_shape *s, const float *x, float *padded)
{
    size_t row = s->padded_w * (size_t)c->in_c, in_row = (size_t)c->in_w * (size_t)c->in_c;
    memset(padded, 0, s->padded_h * row * sizeof *padded);
    for (int h = 0; h < c->in_h; h++)
        memcpy(padded + (size_t)(h + s->pad_top) * row + (size_t)s->pad_left * (size_t)c->in_c, x + (size_t)h * in_row,
               in_row * sizeof *x);
}

/* A convolution whose input already has its padding. */
typedef struct plane {
    int out_h, out_w, out_c;                     /* places of y, before pooling; channels */
    ptrdiff_t down, right;                       /* floats in x from one place to the next */
    ptrdiff_t line, gap;                         /* floats in x between kernel rows, and between kernel columns */
    int segs, subs, len;                         /* kernel rows, columns, terms: as tile.h says */
    ptrdiff_t ldw, w_block;                      /* floats in w from term to term, and from 2·VL channels to the next */
    bool relu, pool;
    float most;
} plane;

static plane plane_of(const nn_conv2d *c, const conv_shape *s)
{
    ptrdiff_t row = (ptrdiff_t)s->padded_w * c->in_c;
    bool together = s->dilation_w == 1; /* the columns of a kernel row are then one run of floats */
    return (plane){.out_h = s->conv_h, .out_w = s->conv_w, .out_c = c->out_c, .down = s->stride_h * row,
                   .right = (ptrdiff_t)s->stride_w * c->in_c, .line = s->dilation_h * row,
                   .gap = (ptrdiff_t)s->dilation_w * c->in_c, .segs = c->kernel_h, .subs = together ? 1 : c->kernel_w,
                   .len = together ? c->kernel_w * c->in_c : c->in_c, .ldw = c->out_c, .w_block = (ptrdiff_t)2 * VL,
                   .relu = c->relu, .pool = c->pool, .most = c->most};
}

/* One function a size, for pooled tiles: P places of B vectors. */
#define NN_POOLED(P, B)                                                                                                \
    static void pooled_##P##_##B(const tile *t) { tile_pooled(t, P, B); }
NN_POOLED(1, 1) NN_POOLED(2, 1) NN_POOLED(3, 1) NN_POOLED(1, 2)
#if defined(__AVX512F__)
NN_POOLED(4, 1) NN_POOLED(5, 1) NN_POOLED(6, 1) NN_POOLED(2, 2) NN_POOLED(3, 2)
static tile_fn *const pooled_table[2][TILE_ROWS] = {
    {pooled_1_1, pooled_2_1, pooled_3_1, pooled_4_1, pooled_5_1, pooled_6_1}, {pooled_1_2, pooled_2_2, pooled_3_2}};
static const int pooled_most[2] = {6, 3};
#else
static tile_fn *const pooled_table[2][TILE_ROWS] = {{pooled_1_1, pooled_2_1, pooled_3_1}, {pooled_1_2}};
static const int pooled_most[2] = {3, 1};
#endif
#undef NN_POOLED

/* One line of y (from two lines of places when pooled). t is set but for x, y and argmax. */
static void plane_line(const plane *p, tile *t, const float *x, float *y, uint8_t *argmax, int vecs)
{
    int n = p->pool ? p->out_w / 2 : p->out_w, most = p->pool ? pooled_most[vecs - 1] : TILE_ROWS;
    for (int i = 0, size; i < n; i += size) {
        size = tile_rows(i, n, most);
        t->x = x + (p->pool ? 2 * i : i) * p->right;
        t->y = y + (ptrdiff_t)i * p->out_c;
        t->argmax = argmax ? argmax + (ptrdiff_t)i * p->out_c : NULL;
        tile_fn *run = p->pool ? pooled_table[vecs - 1][size - 1] : tile_table[vecs - 1][size - 1];
        run(t);
    }
}

static void plane_forward(const plane *p, const float *x, const float *w, const float *b, float *y, uint8_t *argmax)
{
    int lines = p->pool ? p->out_h / 2 : p->out_h;
    ptrdiff_t y_line = (ptrdiff_t)(p->pool ? p->out_w / 2 : p->out_w) * p->out_c;
    for (int o = 0, vecs; o < p->out_c; o += vecs * VL) {
        tile t = {.apart = p->right,
                  .below = p->down,
                  .line = p->line,
                  .gap = p->gap,
                  .step = 1,
                  .w = w + o / (2 * VL) * p->w_block,
                  .ldw = p->ldw,
                  .segs = p->segs,
                  .subs = p->subs,
                  .len = p->len,
                  .start = b ? b + o : NULL,
                  .ldy = p->out_c,
                  .relu = p->relu,
                  .most = p->most};
        vecs = tile_vecs(&t, o, p->out_c);
        for (int h = 0; h < lines; h++)
            plane_line(p, &t, x + (p->pool ? 2 * h : h) * p->down, y + h * y_line + o,
                       argmax ? argmax + h * y_line + o : NULL, vecs);
    }
}

/* Weights of many channels are copied so that those of one block lie together: a strided block would use only some of
 * the sets of the first cache, and miss. */
static const float *block_weights(plane *p, const float *w, float *blocks)
{
    ptrdiff_t terms = (ptrdiff_t)p->segs * p->subs * p->len;
    if (p->out_c <= 2 * VL) return w;
    p->ldw = 2 * VL;
    p->w_block = terms * p->ldw;
    for (int o = 0; o < p->out_c; o += 2 * VL) {
        vm first = vm_first(p->out_c - o), second = vm_first(p->out_c - o > VL ? p->out_c - o - VL : 0);
        float *to = blocks + o / (2 * VL) * p->w_block;
        const float *from = w + o;
        for (ptrdiff_t k = 0; k < terms; k++, to += p->ldw, from += p->out_c) {
            vf_store(to, vf_load_first(from, first));
            vf_store(to + VL, vf_load_first(from + VL, second));
        }
    }
    return blocks;
}

void NN_NAME(conv2d_forward)(const nn_conv2d_args *a)
{
    const nn_conv2d *c = a->conv;
    conv_shape s = conv_shape_of(c);
    if (conv_wide_forward(c, &s)) {
        wide_conv all = wide_of(c, &s, a->images);
        wide_forward(&all, a->x, a->w, a->b, a->y, a->scratch);
        return;
    }
    plane p = plane_of(c, &s);
    char *scratch = a->scratch;
    float *padded = take(&scratch, s.padded_h * s.padded_w * (size_t)c->in_c);
    const float *w = block_weights(&p, a->w, (float *)(void *)scratch);
    for (int image = 0; image < a->images; image++) {
        const float *x = a->x + (size_t)image * s.x_len;
        if (s.pad_h || s.pad_w) {
            pad_image(c, &s, x, padded);
            x = padded;
        }
        plane_forward(&p, x, w, a->b, a->y + (size_t)image * s.y_len,
                      a->argmax ? a->argmax + (size_t)image * s.y_len : NULL);
    }
}

/* ---- gradient of the input, dense: a forward convolution of the spread gradient with turned weights ---- */

/* w (kernel, in, out) -> (kernel reversed, out, in). */
static void turn_weights(const nn_conv2d *c, const float *w, float *turned)
{
    ptrdiff_t places = (ptrdiff_t)c->kernel_h * c->kernel_w, size = (ptrdiff_t)c->in_c * c->out_c;
    for (ptrdiff_t k = 0; k < places; k++)
        turn(w + k * size, c->out_c, c->in_c, c->out_c, turned + (places - 1 - k) * size, c->in_c, false);
}

/* The gradient of one image with zeros between (stride) and around (so that every input place meets every kernel
 * place), and at the places pooling passed over. */
static void spread_gradient(const nn_conv2d_args *a, const conv_shape *s, int image, size_t rows, size_t cols, float *g)
{
    const nn_conv2d *c = a->conv;
    size_t channels = (size_t)c->out_c, top = (size_t)((c->kernel_h - 1) * s->dilation_h - s->pad_top);
    size_t left = (size_t)((c->kernel_w - 1) * s->dilation_w - s->pad_left);
    const float *dy = a->dy + (size_t)image * s->y_len;
    const uint8_t *argmax = c->pool ? a->argmax + (size_t)image * s->y_len : NULL;
    memset(g, 0, rows * cols * channels * sizeof *g);
    for (size_t h = 0; h < (size_t)s->out_h; h++) {
        for (size_t w = 0; w < (size_t)s->out_w; w++, dy += channels) {
            float *to = g + ((top + (c->pool ? 2 * h : h) * (size_t)s->stride_h) * cols + left +
                             (c->pool ? 2 * w : w) * (size_t)s->stride_w) * channels;
            if (!argmax) {
                memcpy(to, dy, channels * sizeof *dy);
                continue;
            }
            for (size_t o = 0; o < channels; o++)
                if (argmax[o] != NN_POOL_NONE)
                    to[((size_t)(argmax[o] / 2 * s->stride_h) * cols + (size_t)(argmax[o] % 2 * s->stride_w)) *
                           channels + o] = dy[o];
            argmax += channels;
        }
    }
}

/* Stride 1 leaves nothing to spread: dy is the image, with as much padding as the kernel looks past its edges. */
static void data_wide(const nn_conv2d_args *a, const conv_shape *s)
{
    const nn_conv2d *c = a->conv;
    char *scratch = a->scratch;
    float *turned = take(&scratch, (size_t)(c->kernel_h * c->kernel_w) * (size_t)c->in_c * (size_t)c->out_c);
    wide_conv back = {.images = a->images, .in_h = s->conv_h, .in_w = s->conv_w, .in_c = c->out_c, .out_h = c->in_h,
                      .out_w = c->in_w, .out_c = c->in_c, .kernel_h = c->kernel_h, .kernel_w = c->kernel_w,
                      .stride_h = 1, .stride_w = 1, .dilation_h = s->dilation_h, .dilation_w = s->dilation_w,
                      .pad_top = (c->kernel_h - 1) * s->dilation_h - s->pad_top,
                      .pad_left = (c->kernel_w - 1) * s->dilation_w - s->pad_left};
    turn_weights(c, a->w, turned);
    wide_forward(&back, a->dy, turned, NULL, a->dx, (float *)(void *)scratch);
}

static void data_dense(const nn_conv2d_args *a, const conv_shape *s)
{
    const nn_conv2d *c = a->conv;
    char *scratch = a->scratch;
    size_t rows = (size_t)(c->in_h + (c->kernel_h - 1) * s->dilation_h);
    size_t cols = (size_t)(c->in_w + (c->kernel_w - 1) * s->dilation_w);
    float *turned = take(&scratch, (size_t)(c->kernel_h * c->kernel_w) * (size_t)c->in_c * (size_t)c->out_c);
    float *g = take(&scratch, rows * cols * (size_t)c->out_c);
    nn_conv2d back = {.in_h = (int)rows, .in_w = (int)cols, .in_c = c->out_c, .out_c = c->in_c,
                      .kernel_h = c->kernel_h, .kernel_w = c->kernel_w, .dilation_h = s->dilation_h,
                      .dilation_w = s->dilation_w};
    conv_shape back_shape = conv_shape_of(&back);
    plane p = plane_of(&back, &back_shape);
    turn_weights(c, a->w, turned);
    for (int image = 0; image < a->images; image++) {
        spread_gradient(a, s, image, rows, cols, g);
        plane_forward(&p, g, turned, NULL, a->dx + (size_t)image * s->x_len, NULL);
    }
}

/* ---- gradient of the input behind a pooled 3x3 convolution of stride 1 ---- */
/* The four places of a pooled place reach 4x4 input places. For a vector of input channels these 16 sums stay in
 * registers while the output channels are walked through, sorted by the place that won: 9 multiplications each. */

typedef struct taps {
    int count[4];    /* by place */
    float *g[4];
    int32_t *row[4]; /* offset of the output channel's weights */
} taps;
enum { TAPS_ROUND = 2 }; /* lists are filled up to a multiple of this with zeros, which makes their ends predictable */

/* first: offsets of the first VL output channels. */
static void taps_sort(taps *t, const float *dy, const uint8_t *argmax, int channels, const int32_t *first)
{
    memset(t->count, 0, sizeof t->count);
    for (int o = 0; o < channels; o += VL) {
        vm lanes = vm_first(channels - o);
        vf g = vf_load_first(dy + o, lanes);
        vi which = vi_load_bytes_first(argmax + o, lanes);
        vi row = vi_add(vi_load_first(first, vm_first(VL)), vi_set(o * 9 * VL));
        g = vf_zero_where(g, which, NN_POOL_NONE);
        for (int place = 0; place < 4; place++)
            t->count[place] += v_collect(g, row, which, place, t->g[place] + t->count[place],
                                         t->row[place] + t->count[place]);
    }
    for (int place = 0; place < 4; place++)
        for (; t->count[place] % TAPS_ROUND; t->count[place]++)
            t->g[place][t->count[place]] = 0, t->row[place][t->count[place]] = 0;
}

/* sum[(r + kh)·4 + c + kw] += g · w[kh·3 + kw] for one place (r, c) of the four. */
NN_INLINE void patch_place(const taps *t, const float *w, const int r, const int c, vf sum[16])
{
    const float *g = t->g[r * 2 + c];
    const int32_t *row = t->row[r * 2 + c];
    for (int n = t->count[r * 2 + c]; n > 0; n--) {
        vf value = vf_set(*g++);
        const float *from = w + *row++;
        NN_UNROLL for (int k = 0; k < 9; k++)
            sum[(r + k / 3) * 4 + c + k % 3] = vf_fma(value, vf_load(from + k * VL), sum[(r + k / 3) * 4 + c + k % 3]);
    }
}

/* dx: top left of the 4x4 input places, lines `line` floats apart, places `apart`. */
static void patch_add(const taps *t, const float *w, float *dx, ptrdiff_t line, ptrdiff_t apart, vm lanes)
{
    vf sum[16];
    NN_UNROLL for (int i = 0; i < 16; i++) sum[i] = vf_load_first(dx + i / 4 * line + i % 4 * apart, lanes);
    patch_place(t, w, 0, 0, sum);
    patch_place(t, w, 0, 1, sum);
    patch_place(t, w, 1, 0, sum);
    patch_place(t, w, 1, 1, sum);
    NN_UNROLL for (int i = 0; i < 16; i++) vf_store_first(dx + i / 4 * line + i % 4 * apart, sum[i], lanes);
}

/* w (3, 3, in, out) -> (in / VL, out, 3, 3, VL); lanes past the last channel are never stored. */
static void pack_weights(const nn_conv2d *c, const float *w, float *packed)
{
    for (int i = 0; i < c->in_c; i += VL, packed += (ptrdiff_t)c->out_c * 9 * VL)
        for (ptrdiff_t k = 0; k < 9; k++)
            turn(w + (k * c->in_c + i) * c->out_c, c->out_c, c->in_c - i < VL ? c->in_c - i : VL, c->out_c,
                 packed + k * VL, 9 * VL, false);
}

static void data_patches(const nn_conv2d_args *a, const conv_shape *s)
{
    const nn_conv2d *c = a->conv;
    char *scratch = a->scratch;
    size_t vecs = ((size_t)c->in_c + VL - 1) / VL, out = (size_t)c->out_c;
    float *packed = take(&scratch, vecs * VL * 9 * out), *list = take(&scratch, 8 * (out + VL));
    int32_t first[VL];
    ptrdiff_t line = (ptrdiff_t)s->padded_w * c->in_c;
    bool padded = s->pad_h || s->pad_w;
    float *frame = padded ? take(&scratch, s->padded_h * (size_t)line) : NULL;
    taps t;
    for (size_t i = 0; i < 4; i++) {
        t.g[i] = list + i * (out + VL);
        t.row[i] = (int32_t *)(void *)(list + (4 + i) * (out + VL));
    }
    for (int i = 0; i < VL; i++) first[i] = i * 9 * VL;
    memset(packed, 0, vecs * VL * 9 * out * sizeof *packed);
    pack_weights(c, a->w, packed);
    for (int image = 0; image < a->images; image++) {
        float *dx = a->dx + (size_t)image * s->x_len, *to = padded ? frame : dx;
        memset(to, 0, s->padded_h * (size_t)line * sizeof *to);
        for (size_t place = 0; place < (size_t)(s->out_h * s->out_w); place++) {
            size_t at = (size_t)image * s->y_len + place * out;
            float *corner = to + (ptrdiff_t)(place / (size_t)s->out_w) * 2 * line +
                            (ptrdiff_t)(place % (size_t)s->out_w) * 2 * c->in_c;
            taps_sort(&t, a->dy + at, a->argmax + at, c->out_c, first);
            for (size_t v = 0; v < vecs; v++)
                patch_add(&t, packed + v * out * 9 * VL, corner + v * VL, line, c->in_c,
                          vm_first(c->in_c - (int)v * VL));
        }
        for (int h = 0; padded && h < c->in_h; h++)
            memcpy(dx + (size_t)h * (size_t)c->in_w * (size_t)c->in_c,
                   frame + (h + s->pad_top) * line + s->pad_left * c->in_c,
                   (size_t)c->in_w * (size_t)c->in_c * sizeof *dx);
    }
}

void NN_NAME(conv2d_backward_data)(const nn_conv2d_args *a)
{
    const nn_conv2d *c = a->conv;
    conv_shape s = conv_shape_of(c);
    bool plain = s.stride_h == 1 && s.stride_w == 1 && s.dilation_h == 1 && s.dilation_w == 1;
    if (c->pool && plain && c->kernel_h == 3 && c->kernel_w == 3)
        data_patches(a, &s);
    else if (conv_wide_data(c, &s))
        data_wide(a, &s);
    else
        data_dense(a, &s);
}

/* ---- gradient of the weights ---- */

static void clear_sums(const nn_conv2d_args *a)
{
    const nn_conv2d *c = a->conv;
    if (a->add) return;
    memset(a->dw, 0, (size_t)(c->kernel_h * c->kernel_w) * (size_t)c->in_c * (size_t)c->out_c * sizeof *a->dw);
    if (a->db) memset(a->db, 0, (size_t)c->out_c * sizeof *a->db);
}

/* db[o] += g[place][o] over places of one image. */
static void bias_gradient(const float *g, size_t places, size_t channels, float *db)
{
    for (size_t place = 0; place < places; place++, g += channels)
        for (size_t o = 0; o < channels; o++) db[o] += g[o];
}

/* All places give to db, in their order. */
static void weights_wide(const nn_conv2d_args *a, const conv_shape *s)
{
    wide_conv all = wide_of(a->conv, s, a->images);
    size_t places = (size_t)a->images * (size_t)s->conv_h * (size_t)s->conv_w;
    wide_weights(&all, a->x, a->dy, a->dw, a->scratch);
    if (a->db) bias_gradient(a->dy, places, (size_t)a->conv->out_c, a->db);
}

/* Dense: rows of the tile are neighbouring weights, terms are the places of the image. */
static void weights_dense(const nn_conv2d_args *a, const conv_shape *s)
{
    const nn_conv2d *c = a->conv;
    plane p = plane_of(c, s);
    for (int image = 0; image < a->images; image++) {
        const float *x = a->x + (size_t)image * s->x_len, *dy = a->dy + (size_t)image * s->y_len;
        if (s->pad_h || s->pad_w) {
            pad_image(c, s, x, a->scratch);
            x = a->scratch;
        }
        for (int k = 0; k < p.segs * p.subs; k++) {
            float *dw = a->dw + (ptrdiff_t)k * p.len * c->out_c;
            tile t = {.x = x + k / p.subs * p.line + k % p.subs * p.gap, .apart = 1, .line = p.down, .step = p.right,
                      .w = dy, .ldw = c->out_c, .segs = p.out_h, .subs = 1, .len = p.out_w, .start = dw,
                      .ld_start = c->out_c, .y = dw, .ldy = c->out_c};
            tile_product(&t, p.len, c->out_c);
        }
        if (a->db) bias_gradient(dy, (size_t)(s->conv_h * s->conv_w), (size_t)c->out_c, a->db);
    }
}

/* Sparse. Each pooled place and output channel is one gradient value g and one offset into x, the corner of the window
 * it came from; dwT[o] += g · window, whole vectors along the input channels, for all places of a band before the next
 * channel, so that the sums of a channel stay in registers. dwT is turned into dw at the end. */
typedef struct band {
    float *g;    /* (places, stride) */
    int32_t *at; /* (places, stride): offset into x */
    int places, stride; /* stride: out_c rounded up to whole vectors */
    bool corners;        /* at counts from x, not from the corner of its window */
    const int32_t *step; /* (VL): what each of the four places adds to the offset; the other entries are 0 */
} band;

/* Fills b->places places from place `from` of the call on; x begins at image `first`. Adds the gradients up in db. */
static void band_fill(const nn_conv2d_args *a, const plane *p, size_t from, int first, size_t x_len, band *b)
{
    size_t out_w = (size_t)p->out_w / 2, out_h = (size_t)p->out_h / 2;
    vi table = vi_load_first(b->step, vm_first(VL));
    for (int o = 0; o < p->out_c; o += VL) {
        size_t column = from % out_w, row = from / out_w % out_h, image = from / (out_w * out_h) - (size_t)first;
        size_t at = from * (size_t)p->out_c + (size_t)o, to = (size_t)o;
        vm lanes = vm_first(p->out_c - o);
        vf sum = a->db ? vf_load_first(a->db + o, lanes) : vf_zero();
        for (int n = b->places; n > 0; n--, at += (size_t)p->out_c, to += (size_t)b->stride) {
            size_t corner = image * x_len + row * 2 * (size_t)p->down + column * 2 * (size_t)p->right;
            vi which = vi_load_bytes_first(a->argmax + at, lanes);
            vf g = vf_zero_where(vf_load_first(a->dy + at, lanes), which, NN_POOL_NONE);
            vf_store(b->g + to, g);
            vi_store(b->at + to, vi_add(vi_set(b->corners ? (int)corner : 0), vi_pick(table, which)));
            sum = vf_add(sum, g);
            if (++column == out_w) column = 0, row++;
            if (row == out_h) row = 0, image++;
        }
        if (a->db) vf_store_first(a->db + o, sum, lanes);
    }
}

/* to[s][v] += g · x[s·line + v·VL] over the places of a band, for one output channel. */
NN_INLINE void band_sums(const band *b, const float *x, ptrdiff_t line, float *to, ptrdiff_t to_line,
                         const int S, const int V)
{
    vf sum[18];
    NN_UNROLL for (int i = 0; i < S * V; i++) sum[i] = vf_load(to + i / V * to_line + i % V * VL);
    const float *gradient = b->g;
    const int32_t *at = b->at;
    for (int n = b->places; n > 0; n--, gradient += b->stride, at += b->stride) {
        vf g = vf_set(*gradient);
        const float *from = x + *at;
        NN_UNROLL for (int i = 0; i < S * V; i++) sum[i] = vf_fma(g, vf_load(from + i / V * line + i % V * VL), sum[i]);
    }
    NN_UNROLL for (int i = 0; i < S * V; i++) vf_store(to + i / V * to_line + i % V * VL, sum[i]);
}

typedef void band_fn(const band *b, const float *x, ptrdiff_t line, float *to, ptrdiff_t to_line);
#define NN_BAND(S, V)                                                                                                  \
    static void band_##S##_##V(const band *b, const float *x, ptrdiff_t line, float *to, ptrdiff_t to_line) \
    {                                                                                                                  \
        band_sums(b, x, line, to, to_line, S, V);                                                               \
    }
NN_BAND(1, 1) NN_BAND(1, 2) NN_BAND(1, 3) NN_BAND(1, 4) NN_BAND(1, 5) NN_BAND(1, 6)
NN_BAND(3, 1) NN_BAND(3, 2) NN_BAND(3, 3) NN_BAND(3, 4)
#if defined(__AVX512F__)
NN_BAND(3, 5) NN_BAND(3, 6)
enum { BAND_VECS_3 = 6 };
#else
enum { BAND_VECS_3 = 4 };
#endif
enum { BAND_VECS_1 = 6 };
static band_fn *const band_table_1[] = {band_1_1, band_1_2, band_1_3, band_1_4, band_1_5, band_1_6};
static band_fn *const band_table_3[] = {band_3_1, band_3_2, band_3_3, band_3_4,
#if defined(__AVX512F__)
                                        band_3_5, band_3_6
#endif
};

/* All output channels and kernel places of a band. dwT is (out_c, segs·subs, vecs·VL). */
static void band_apply(const band *b, const plane *p, const float *x, float *dwt)
{
    int vecs = (p->len + VL - 1) / VL, lines = p->subs == 1 && p->segs % 3 == 0 ? 3 : 1;
    int most = lines == 3 ? BAND_VECS_3 : BAND_VECS_1;
    ptrdiff_t to_line = (ptrdiff_t)vecs * VL;
    for (int o = 0; o < p->out_c; o++) {
        band one = {.g = b->g + o, .at = b->at + o, .places = b->places, .stride = b->stride};
        for (int k = 0; k < p->segs * p->subs; k += lines) {
            const float *from = x + k / p->subs * p->line + k % p->subs * p->gap;
            float *to = dwt + ((ptrdiff_t)o * p->segs * p->subs + k) * to_line;
            for (int v = 0, n; v < vecs; v += n) {
                n = tile_rows(v, vecs, most);
                band_fn *run = lines == 3 ? band_table_3[n - 1] : band_table_1[n - 1];
                run(&one, from + v * VL, p->line, to + v * VL, to_line);
            }
        }
    }
}

/* dw[k][o] += dwT[o][k]. */
static void turn_back(const plane *p, const float *dwt, float *dw)
{
    ptrdiff_t to_line = (p->len + VL - 1) / VL * VL, places = (ptrdiff_t)p->segs * p->subs;
    for (ptrdiff_t k = 0; k < places; k++)
        turn(dwt + k * to_line, places * to_line, p->out_c, p->len, dw + k * p->len * p->out_c, p->out_c, true);
}

static void weights_sparse(const nn_conv2d_args *a, const conv_shape *s)
{
    const nn_conv2d *c = a->conv;
    plane p = plane_of(c, s);
    size_t out = (size_t)c->out_c, per_image = (size_t)(s->out_h * s->out_w), most = conv_band_places(c);
    size_t row = (size_t)(p.segs * p.subs) * (size_t)((p.len + VL - 1) / VL * VL);
    char *scratch = a->scratch;
    bool copied = s->pad_h || s->pad_w || p.len % VL; /* a last vector may read past the end of x */
    float *copy = copied ? take(&scratch, s->padded_h * s->padded_w * (size_t)c->in_c) : NULL;
    float *dwt = take(&scratch, out * row);
    size_t stride = (out + VL - 1) / VL * VL;
    band b = {.g = take(&scratch, most * stride), .at = (int32_t *)(void *)take(&scratch, most * stride),
              .stride = (int)stride, .corners = true,
              .step = (int32_t[VL]){0, (int32_t)p.right, (int32_t)p.down, (int32_t)(p.down + p.right)}};
    memset(dwt, 0, out * row * sizeof *dwt);
    int step = copied || per_image >= most ? 1 : (int)(most / per_image); /* images taken together */
    for (int image = 0; image < a->images; image += step) {
        int n = a->images - image < step ? a->images - image : step;
        const float *x = a->x + (size_t)image * s->x_len;
        if (copied) {
            pad_image(c, s, x, copy);
            x = copy;
        }
        for (size_t from = 0, end = (size_t)n * per_image; from < end; from += most) {
            b.places = (int)(end - from < most ? end - from : most);
            band_fill(a, &p, (size_t)image * per_image + from, image, s->x_len, &b);
            band_apply(&b, &p, x, dwt);
        }
    }
    turn_back(&p, dwt, a->dw);
}

#if defined(NN_PATCHES)
/* Few input channels would leave most lanes of the sparse pass empty. For 3x3 kernels of stride 1 the 4x4 patch below a
 * pooled place is then held as one vector a channel, and each output channel picks what its own place saw. */

/* dw[k] += g · what the place saw through kernel place k, for input channel `channel` and a vector of output channels.
 */
static void patch_sums(const band *b, const plane *p, const float *x, size_t from, int channel, float *dw, ptrdiff_t ld,
                       vm lanes)
{
    ptrdiff_t apart = p->right, line = p->down, column = (ptrdiff_t)from % (p->out_w / 2);
    vm wide = vm_first((int)(4 * apart));
    int32_t picks[VL];
    for (int l = 0; l < VL; l++) picks[l] = l % 4 * (int32_t)apart + channel + l / 4 % 2 * VL;
    vi pick = vi_load_first(picks, vm_first(VL));
    vf sum[9];
    NN_UNROLL for (int k = 0; k < 9; k++) sum[k] = vf_load_first(dw + k * ld, lanes);
    const float *g = b->g;
    const int32_t *at = b->at;
    x += (ptrdiff_t)from / (p->out_w / 2) * 2 * line;
    for (int n = b->places; n > 0; n--, g += b->stride, at += b->stride) {
        vf patch = vf_patch(x + 2 * column * apart, line, wide, pick), value = vf_load(g);
        vi first = vi_load_first(at, vm_first(VL));
        NN_UNROLL for (int k = 0; k < 9; k++)
            sum[k] = vf_fma(value, vf_pick(patch, vi_add(first, vi_set(k / 3 * 4 + k % 3))), sum[k]);
        if (++column == p->out_w / 2) column = 0, x += 2 * line;
    }
    NN_UNROLL for (int k = 0; k < 9; k++) vf_store_first(dw + k * ld, sum[k], lanes);
}

static void weights_patches(const nn_conv2d_args *a, const conv_shape *s)
{
    const nn_conv2d *c = a->conv;
    plane p = plane_of(c, s);
    size_t out = (size_t)c->out_c, stride = (out + VL - 1) / VL * VL, places = (size_t)(s->out_h * s->out_w);
    size_t most = conv_band_places(c);
    char *scratch = a->scratch;
    float *padded = take(&scratch, s->padded_h * s->padded_w * (size_t)c->in_c);
    band b = {.g = take(&scratch, most * stride), .at = (int32_t *)(void *)take(&scratch, most * stride),
              .stride = (int)stride, .step = (int32_t[VL]){0, 1, 4, 5}};
    for (int image = 0; image < a->images; image++) {
        const float *x = a->x + (size_t)image * s->x_len;
        if (s->pad_h || s->pad_w) {
            pad_image(c, s, x, padded);
            x = padded;
        }
        for (size_t from = 0; from < places; from += most) {
            b.places = (int)(places - from < most ? places - from : most);
            band_fill(a, &p, (size_t)image * places + from, image, s->x_len, &b);
            for (int o = 0; o < c->out_c; o += VL) {
                band one = {.g = b.g + o, .at = b.at + o, .places = b.places, .stride = b.stride};
                for (int i = 0; i < c->in_c; i++)
                    patch_sums(&one, &p, x, from, i, a->dw + (ptrdiff_t)i * c->out_c + o,
                               (ptrdiff_t)c->in_c * c->out_c, vm_first(c->out_c - o));
            }
        }
    }
}

static bool weights_by_patches(const nn_conv2d_args *a, const conv_shape *s)
{
    const nn_conv2d *c = a->conv;
    bool plain = s->stride_h == 1 && s->stride_w == 1 && s->dilation_h == 1 && s->dilation_w == 1;
    if (!plain || c->kernel_h != 3 || c->kernel_w != 3 || c->in_c > 4) return false;
    weights_patches(a, s);
    return true;
}
#else
static bool weights_by_patches(const nn_conv2d_args *a, const conv_shape *s)
{
    (void)a, (void)s;
    return false;
}
#endif

void NN_NAME(conv2d_backward_weights)(const nn_conv2d_args *a)
{
    conv_shape s = conv_shape_of(a->conv);
    clear_sums(a);
    if (conv_wide_weights(a->conv))
        weights_wide(a, &s);
    else if (!a->conv->pool)
        weights_dense(a, &s);
    else if (!weights_by_patches(a, &s))
        weights_sparse(a, &s);
}
