/* panel.c - axes and what is drawn between them. */
#include "lib/plot/panel.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { TICKS_MOST = 12, END_HEIGHT = 30 };

void plt_extent(const double *y, int n, bool log, double *low, double *high)
{
    *low = *high = NAN;
    for (int i = 0; y && i < n; i++) {
        if (!isfinite(y[i]) || (log && y[i] <= 0)) continue;
        if (!(y[i] >= *low)) *low = y[i];
        if (!(y[i] <= *high)) *high = y[i];
    }
}

static plt_scale scale_log(const plt_axis *axis, double low, double high)
{
    double from = axis->max > axis->min && axis->min > 0 ? axis->min : low;
    double to = axis->max > axis->min ? axis->max : high;
    if (!(from > 0)) from = 1;
    if (!(to > from)) to = from * 10;
    plt_scale s = {
        .min = floor(log10(from) + 1e-9), .max = ceil(log10(to) - 1e-9), .log = true, .percent = axis->percent};
    if (s.max <= s.min) s.max = s.min + 1;
    s.step = ceil((s.max - s.min) / 6);
    return s;
}

plt_scale plt_scale_make(const plt_axis *axis, double low, double high, int parts)
{
    if (axis->log) return scale_log(axis, low, high);
    bool given = axis->max > axis->min;
    plt_scale s = {.min = given ? axis->min : low, .max = given ? axis->max : high, .percent = axis->percent};
    if (!isfinite(s.min) || !isfinite(s.max)) s.min = 0, s.max = 1;
    if (s.max <= s.min) s.max = s.min + (s.min == 0 ? 1 : fabs(s.min) * 0.1);
    s.step = plt_nice_step(s.max - s.min, parts);
    if (axis->whole) s.step = fmax(1, ceil(s.step));
    if (given) return s;
    s.min = floor(s.min / s.step + 1e-9) * s.step;
    s.max = ceil(s.max / s.step - 1e-9) * s.step;
    return s;
}

double plt_scale_share(const plt_scale *s, double value)
{
    if (s->log) value = value > 0 ? log10(value) : NAN;
    return (value - s->min) / (s->max - s->min);
}

void plt_scale_text(const plt_scale *s, double value, lg_buf *out)
{
    if (s->percent) lg_buf_addf(out, "%.4g%%", value * 100);
    else if (!s->log && fabs(value) < s->step * 1e-6) lg_buf_addc(out, '0');
    else plt_add_number(out, value);
}

double plt_panel_x(const plt_panel *p, double x)
{
    return p->x + p->w * plt_scale_share(&p->sx, x);
}

double plt_panel_y(const plt_panel *p, double y)
{
    return p->y + p->h * (1 - plt_scale_share(&p->sy, y));
}

/* Every tick as text and as share along the scale; a scale without step has none. Ticks are counted, not added up, so
 * rounding errors stay small. */
static int scale_ticks(const plt_scale *s, double share[TICKS_MOST], lg_buf text[TICKS_MOST])
{
    int n = 0;
    if (s->step <= 0) return 0;
    double first = ceil(s->min / s->step - 1e-9);
    for (int i = 0; n < TICKS_MOST; i++) {
        double at = (first + i) * s->step;
        if (at > s->max + s->step * 1e-6) break;
        lg_buf_init(&text[n], 0);
        plt_scale_text(s, s->log ? pow(10, at) : at, &text[n]);
        share[n++] = (at - s->min) / (s->max - s->min);
    }
    return n;
}

static void release_all(lg_buf *text, int n)
{
    for (int i = 0; i < n; i++) lg_buf_release(&text[i]);
}

void plt_panel_axes(const plt_panel *p, const char *x_label, const char *y_label)
{
    double share[TICKS_MOST];
    lg_buf text[TICKS_MOST];
    double right = p->x + p->w, low = p->y + p->h;
    int n = scale_ticks(&p->sy, share, text);
    for (int i = 0; i < n; i++) {
        double y = round(low - p->h * share[i]) + 0.5;
        if (share[i] > 0) plt_draw_line(p->scene, p->x, y, right, y, (plt_paint){.stroke = 0xe6e6e6, .width = 1});
    }
    for (int i = 0; i < n; i++)
        plt_draw_text(p->scene, p->x - 6, low - p->h * share[i] + 4, (plt_font){.size = 11, .anchor = PLT_END},
                      lg_buf_str(&text[i]));
    release_all(text, n);
    plt_draw_line(p->scene, p->x, round(low) + 0.5, right, round(low) + 0.5,
                  (plt_paint){.stroke = 0x999999, .width = 1});
    n = scale_ticks(&p->sx, share, text);
    for (int i = 0; i < n; i++) {
        double x = round(p->x + p->w * share[i]) + 0.5;
        plt_draw_line(p->scene, x, low, x, low + 4, (plt_paint){.stroke = 0x999999, .width = 1});
    }
    for (int i = 0; i < n; i++)
        plt_draw_text(p->scene, p->x + p->w * share[i], low + 17, (plt_font){.size = 11, .anchor = PLT_MIDDLE},
                      lg_buf_str(&text[i]));
    release_all(text, n);
    if (x_label)
        plt_draw_text(p->scene, p->x + p->w / 2, low + 33, (plt_font){.size = 11, .anchor = PLT_MIDDLE}, x_label);
    if (y_label) plt_draw_text(p->scene, p->x - 34, p->y - 11, (plt_font){.size = 12, .bold = true}, y_label);
}

static bool known(const plt_panel *p, double x, double y)
{
    return isfinite(plt_panel_x(p, x)) && isfinite(plt_panel_y(p, y));
}

void plt_panel_line(const plt_panel *p, const double *x, double first, const double *y, int n, plt_paint paint,
                    bool points)
{
    lg_err err = {0};
    if (!p->scene || n < 1) return;
    double *xy = lg_alloc((size_t)n * 2, sizeof *xy, &err);
    if (!xy) return;
    for (int i = 0; i < n; i++) {
        double at = x ? x[i] : first + i;
        xy[2 * i] = plt_panel_x(p, at);
        xy[2 * i + 1] = fmin(fmax(plt_panel_y(p, y[i]), p->y - 4), p->y + p->h + 4);
        if (!known(p, at, y[i])) xy[2 * i] = xy[2 * i + 1] = NAN;
    }
    plt_draw_path(p->scene, xy, n, false, paint);
    for (int i = 0; i < n; i++) {
        bool alone = (i == 0 || !isfinite(xy[2 * i - 2])) && (i == n - 1 || !isfinite(xy[2 * i + 2]));
        if (isfinite(xy[2 * i]) && (points || alone || i == n - 1))
            plt_draw_circle(p->scene, xy[2 * i], xy[2 * i + 1], 2.5, (plt_paint){.fill = paint.stroke, .filled = true});
    }
    lg_free(xy);
}

/* Two lines as seen by plt_panel_lead. */
typedef struct line_pair {
    const plt_panel *p;
    double first;
    const double *a, *b;
    int n;
    bool above;
} line_pair;

/* Pixels that a leads b by at the i-th point; NaN where one is not known or there is no such point. */
static double lead_at(const line_pair *l, int i)
{
    if (i < 0 || i >= l->n) return NAN;
    double lead = plt_panel_y(l->p, l->b[i]) - plt_panel_y(l->p, l->a[i]);
    return l->above ? lead : -lead;
}

static int put_point(const line_pair *l, const double *y, int i, double *xy, int k)
{
    xy[k] = plt_panel_x(l->p, l->first + i);
    xy[k + 1] = plt_panel_y(l->p, y[i]);
    return k + 2;
}

/* Where the lines cross between a point where a leads and its neighbour, if that is known. */
static int put_crossing(const line_pair *l, int in, int out, double *xy, int k)
{
    double lead = lead_at(l, in), gone = lead_at(l, out), from[2], to[2];
    if (!isfinite(gone)) return k;
    put_point(l, l->a, in, from, 0);
    put_point(l, l->a, out, to, 0);
    for (int c = 0; c < 2; c++) xy[k + c] = from[c] + lead / (lead - gone) * (to[c] - from[c]);
    return k + 2;
}

/* One path for each run of points where a leads, from crossing to crossing. */
void plt_panel_lead(const plt_panel *p, double first, const double *a, const double *b, int n, bool above,
                    plt_paint paint)
{
    lg_err err = {0};
    const line_pair l = {.p = p, .first = first, .a = a, .b = b, .n = n, .above = above};
    double *xy = p->scene && n > 1 ? lg_alloc((size_t)n * 4 + 4, sizeof *xy, &err) : NULL;
    for (int from = 0, to; xy && from < n; from = to + 1) {
        for (to = from; lead_at(&l, to) > 0;) to++;
        if (to == from) continue;
        int k = put_crossing(&l, from, from - 1, xy, 0);
        for (int i = from; i < to; i++) k = put_point(&l, a, i, xy, k);
        k = put_crossing(&l, to - 1, to, xy, k);
        for (int i = to - 1; i >= from; i--) k = put_point(&l, b, i, xy, k);
        if (k > 4) plt_draw_path(p->scene, xy, k / 2, true, paint);
    }
    lg_free(xy);
}

/* From the top each label gives way downwards, then from the bottom up: order is kept, none leaves the panel. */
void plt_panel_ends(const plt_panel *p, plt_end_label *labels, int n, double width)
{
    if (!p->scene) return;
    for (int i = 1; i < n; i++) /* insertion sort by wished place */
        for (int k = i; k > 0 && labels[k].y < labels[k - 1].y; k--) {
            plt_end_label t = labels[k];
            labels[k] = labels[k - 1];
            labels[k - 1] = t;
        }
    double step = fmin(END_HEIGHT, (p->h + 20) / (n > 0 ? n : 1)), top = p->y - 8, low = p->y + p->h - 8;
    for (int i = 0; i < n; i++) {
        labels[i].y = fmax(labels[i].y, top);
        top = labels[i].y + step;
    }
    for (int i = n - 1; i >= 0; i--) {
        labels[i].y = fmin(labels[i].y, low);
        low = labels[i].y - step;
    }
    double x = p->x + p->w + 9;
    for (int i = 0; i < n; i++)
        plt_draw_line(p->scene, x, labels[i].y - 9, x, labels[i].y + (step >= 24 ? 15 : 1), labels[i].line);
    for (int i = 0; i < n; i++)
        plt_draw_text(p->scene, x + 6, labels[i].y, (plt_font){.size = 11},
                      plt_text_fit(p->scene->doc, labels[i].name, 11, false, width));
    for (int i = 0; i < n && step >= 24; i++)
        plt_draw_text(p->scene, x + 6, labels[i].y + 14, (plt_font){.size = 12, .bold = true}, labels[i].value);
}
