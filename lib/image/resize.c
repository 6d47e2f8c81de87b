#include "lib/image/resize.h"
#include <math.h>
#include <string.h>
#include "lib/image/pixel_kernels.h"
#include "lib/base/banned.h"

/* The triangle is centred on the output pixel's centre, `support` source pixels to each side. Rounding the running sum
 * instead of each weight makes them add up to exactly 1. part: room for `taps` numbers. */
static void axis_weights(img_axis *a, int i, double centre, double support, int size, double *part)
{
    int lo = (int)floor(centre - support + 0.5), hi = (int)floor(centre + support + 0.5);
    if (lo < 0) lo = 0;
    if (hi > size) hi = size;
    if (hi <= lo) { /* a window beyond the last centre: the nearest pixel */
        lo = lo >= size ? size - 1 : lo;
        hi = lo + 1;
    }
    double total = 0, sum = 0;
    for (int t = 0; t < hi - lo; t++) {
        double height = 1 - fabs(lo + t + 0.5 - centre) / support;
        part[t] = height > 0 ? height : 0;
        total += part[t];
    }
    uint32_t *w = a->weight + (size_t)i * (size_t)a->taps, before = 0;
    a->first[i] = lo;
    for (int t = 0; t < hi - lo; t++) {
        sum += total > 0 ? part[t] / total : 1.0 / (hi - lo);
        uint32_t upto = t == hi - lo - 1 ? 1u << IMG_WEIGHT_BITS : (uint32_t)(sum * (1 << IMG_WEIGHT_BITS) + 0.5);
        w[t] = upto - before;
        before = upto;
    }
}

/* Variances add: a triangle of half-width r has r^2 / 6, a mean over `scale` pixels (scale^2 - 1) / 12 of theirs. */
static double support_of(double ratio, int scale)
{
    double before = (1 - 1.0 / ((double)scale * scale)) / 2;
    return sqrt(fmax(1, ratio * ratio - before));
}

/* All pixels get `taps` weights, so the window must end inside; those moved in front are 0. */
static void axis_keep_inside(img_axis *a, int i, int size)
{
    int over = a->first[i] + a->taps - size;
    if (over <= 0) return;
    uint32_t *w = a->weight + (size_t)i * (size_t)a->taps;
    memmove(w + over, w, (size_t)(a->taps - over) * sizeof *w);
    memset(w, 0, (size_t)over * sizeof *w);
    a->first[i] -= over;
}

/* size source pixels, of which from..to become n. */
static lg_status axis_init(img_axis *a, double from, double to, int scale, int size, int n, lg_err *err)
{
    double ratio = (to - from) / n, support = support_of(ratio, scale);
    *a = (img_axis){.n = n, .taps = (int)ceil(support) * 2 + 2};
    if (a->taps > size) a->taps = size;
    a->first = lg_alloc((size_t)n, sizeof *a->first, err);
    a->weight = lg_alloc((size_t)n * (size_t)a->taps, sizeof *a->weight, err);
    double *part = lg_alloc((size_t)a->taps, sizeof *part, err);
    lg_status st = a->first && a->weight && part ? LG_OK : LG_E_MEMORY;
    for (int i = 0; !st && i < n; i++) {
        axis_weights(a, i, from + (i + 0.5) * ratio, support, size, part);
        axis_keep_inside(a, i, size);
    }
    lg_free(part);
    return st ? st : img_axis_abbreviate(a, err);
}

/* Kernels may read a little behind a row: the last ones go through a copy with room. */
static void row_passes(const img_picture *src, const img_axis *ax, int top, int bottom, uint8_t *copy, uint16_t *rows)
{
    const img_kernels *kernels = img_kernels_best();
    size_t width = (size_t)src->w * (size_t)src->c, made = (size_t)ax->n * (size_t)src->c;
    for (int y = top; y < bottom; y++, rows += made) {
        const uint8_t *row = img_at(src, y, 0);
        if ((size_t)(src->h - 1 - y) * width < IMG_KERNEL_SLACK) row = memcpy(copy, row, width);
        kernels->row(ax, row, src->c, rows);
    }
}

static lg_status passes(const img_picture *src, const img_axis *ax, const img_axis *ay, img_picture *out, lg_err *err)
{
    int top = ay->first[0], bottom = ay->first[ay->n - 1] + ay->taps;
    size_t width = (size_t)ax->n * (size_t)src->c;
    uint16_t *rows = lg_alloc((size_t)(bottom - top) * width, sizeof *rows, err);
    uint8_t *copy = lg_alloc((size_t)src->w * (size_t)src->c + IMG_KERNEL_SLACK, 1, err);
    lg_status st = rows && copy ? img_picture_init(out, ay->n, ax->n, src->c, err) : LG_E_MEMORY;
    if (!st) {
        row_passes(src, ax, top, bottom, copy, rows);
        for (int y = 0; y < ay->n; y++) img_kernels_best()->column(ay, y, rows, top, width, img_at(out, y, 0));
    }
    lg_free(rows);
    lg_free(copy);
    return st;
}

lg_status img_resize_view(const img_picture *src, const img_view *v, int h, int w, img_picture *out, lg_err *err)
{
    img_axis ax = {0}, ay = {0};
    lg_status st;
    if (!(v->x0 >= 0 && v->x0 < v->x1 && v->x1 <= src->w && v->y0 >= 0 && v->y0 < v->y1 && v->y1 <= src->h) || h < 1 ||
        w < 1 || h > IMG_MAX_SIDE || w > IMG_MAX_SIDE) {
        lg_fail(err, LG_E_ARG, 323, "a picture of %d x %d cannot be made %d x %d", src->w, src->h, w, h);
        return lg_why(err, "sides go from 1 to %d and the window must lie inside the picture", IMG_MAX_SIDE);
    }
    LG_GO(axis_init(&ax, v->x0, v->x1, v->scale, src->w, w, err));
    LG_GO(axis_init(&ay, v->y0, v->y1, v->scale, src->h, h, err));
    LG_GO(passes(src, &ax, &ay, out, err));
done:
    img_axis_release(&ax);
    img_axis_release(&ay);
    return st;
}

lg_status img_resize_window(const img_picture *src, double x0, double y0, double x1, double y1, int h, int w,
                            img_picture *out, lg_err *err)
{
    return img_resize_view(src, &(img_view){.x0 = x0, .y0 = y0, .x1 = x1, .y1 = y1, .scale = 1}, h, w, out, err);
}

lg_status img_resize(const img_picture *src, int h, int w, img_picture *out, lg_err *err)
{
    img_view all = img_view_all(src);
    if (h == src->h && w == src->w) return img_picture_copy(out, src->px, h, w, src->c, err);
    return img_resize_view(src, &all, h, w, out, err);
}

static lg_status fit_stretch(const img_picture *src, const img_view *v, int h, int w, img_picture *out, lg_err *err)
{
    bool all = v->scale == 1 && v->x1 - v->x0 == src->w && v->y1 - v->y0 == src->h;
    return all ? img_resize(src, h, w, out, err) : img_resize_view(src, v, h, w, out, err);
}

static lg_status fit_pad(const img_picture *src, const img_view *v, int h, int w, img_picture *out, lg_err *err)
{
    img_picture inner = {0};
    double sw = v->x1 - v->x0, sh = v->y1 - v->y0, scale = fmin(w / sw, h / sh);
    int ih = (int)floor(sh * scale + 0.5), iw = (int)floor(sw * scale + 0.5);
    LG_TRY(fit_stretch(src, v, ih < 1 ? 1 : ih > h ? h : ih, iw < 1 ? 1 : iw > w ? w : iw, &inner, err));
    lg_status st = img_picture_init(out, h, w, src->c, err);
    int top = (h - inner.h) / 2, left = (w - inner.w) / 2;
    for (int y = 0; !st && y < inner.h; y++)
        memcpy(img_at(out, top + y, left), img_at(&inner, y, 0), (size_t)inner.w * (size_t)inner.c);
    img_picture_release(&inner);
    return st;
}

lg_status img_fit_view(const img_picture *src, const img_view *v, img_fit_mode mode, int h, int w, img_picture *out,
                       lg_err *err)
{
    double sw = v->x1 - v->x0, sh = v->y1 - v->y0;
    if (mode == IMG_FIT_STRETCH || h < 1 || w < 1 || (h == sh && w == sw)) return fit_stretch(src, v, h, w, out, err);
    if (mode == IMG_FIT_PAD) return fit_pad(src, v, h, w, out, err);
    double scale = fmax(w / sw, h / sh), ww = fmin(w / scale, sw), wh = fmin(h / scale, sh);
    img_view middle = {.x0 = v->x0 + (sw - ww) / 2, .y0 = v->y0 + (sh - wh) / 2, .scale = v->scale};
    middle.x1 = fmin(middle.x0 + ww, v->x1);
    middle.y1 = fmin(middle.y0 + wh, v->y1);
    return img_resize_view(src, &middle, h, w, out, err);
}

lg_status img_fit(const img_picture *src, img_fit_mode mode, int h, int w, img_picture *out, lg_err *err)
{
    img_view all = img_view_all(src);
    return img_fit_view(src, &all, mode, h, w, out, err);
}

lg_status img_enlarge(const img_picture *src, int factor, img_picture *out, lg_err *err)
{
    if (factor < 1 || factor > 64)
        return lg_fail(err, LG_E_ARG, 323, "pictures are enlarged 1 to 64 times, not %d", factor);
    LG_TRY(img_picture_init(out, src->h * factor, src->w * factor, src->c, err));
    size_t row = (size_t)out->w * (size_t)out->c;
    for (int y = 0; y < src->h; y++) {
        uint8_t *to = img_at(out, y * factor, 0);
        for (int x = 0; x < out->w; x++)
            memcpy(to + (size_t)x * (size_t)src->c, img_at(src, y, x / factor), (size_t)src->c);
        for (int f = 1; f < factor; f++) memcpy(to + (size_t)f * row, to, row);
    }
    return LG_OK;
}
