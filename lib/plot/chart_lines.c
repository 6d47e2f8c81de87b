/* chart_lines.c - lines over numbers, with marks. */
#include "lib/plot/panel.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

static void widen(double *low, double *high, double a, double b)
{
    *low = fmin(*low, a); /* fmin and fmax skip NaN */
    *high = fmax(*high, b);
}

static void extents(const plt_lines_spec *s, double x[2], double y[2])
{
    double a, b;
    x[0] = x[1] = y[0] = y[1] = NAN;
    for (int i = 0; i < s->nline; i++) {
        const plt_line *l = &s->lines[i];
        plt_extent(l->y, l->n, s->y.log, &a, &b);
        widen(&y[0], &y[1], a, b);
        plt_extent(l->x, l->n, s->x.log, &a, &b);
        if (l->x) widen(&x[0], &x[1], a, b);
        else if (l->n > 0) widen(&x[0], &x[1], 1, l->n);
    }
}

static plt_scale x_scale(const plt_lines_spec *s, const double x[2])
{
    plt_axis axis = s->x;
    if (!(axis.max > axis.min) && !axis.log && x[1] > x[0]) axis.min = x[0], axis.max = x[1]; /* lines fill the width */
    return plt_scale_make(&axis, x[0], x[1], 8);
}

static void draw_mark(const plt_panel *p, const plt_mark *m)
{
    double x = plt_panel_x(p, m->x), y = plt_panel_y(p, m->y), right = p->x + p->w;
    plt_font font = {.size = 11, .halo = true, .anchor = PLT_MIDDLE};
    plt_paint rule = {.stroke = 0x555555, .width = 1, .dash = 3};
    const char *name = m->name ? m->name : "";
    if (m->kind == PLT_MARK_VERTICAL) {
        plt_draw_line(p->scene, x, p->y, x, p->y + p->h, rule);
        double half = plt_text_width(name, 11, false) / 2; /* above the panel, where it covers no line */
        plt_draw_text(p->scene, fmin(fmax(x, p->x + 16 + half), right + half), p->y - 4, font, name);
    } else if (m->kind == PLT_MARK_HORIZONTAL) {
        font.anchor = PLT_START;
        plt_draw_line(p->scene, p->x, y, right, y, rule);
        plt_draw_text(p->scene, p->x + 6, y - 5, font, name);
    } else {
        if (m->kind == PLT_MARK_RING)
            plt_draw_circle(p->scene, x, y, 5.5, (plt_paint){.stroke = PLT_INK, .width = 1.5});
        else
            plt_draw_path(p->scene, (const double[]){x - 5, y - 5, x + 5, y + 5, NAN, NAN, x - 5, y + 5, x + 5, y - 5},
                          5, false, (plt_paint){.stroke = PLT_VERMILION, .width = 2});
        double half = plt_text_width(name, 11, false) / 2;
        plt_draw_text(p->scene, fmin(fmax(x, p->x + half), right - half), y - p->y > 24 ? y - 11 : y + 20, font, name);
    }
}

/* A count over something measured, named by its axis: where it ends says nothing. */
static bool is_spread(const plt_lines_spec *s)
{
    const char *name = s->lines[0].name;
    return s->nline == 1 && name && s->y.label && strcmp(name, s->y.label) == 0;
}

static void draw_lines(const plt_panel *p, const plt_lines_spec *s, plt_doc *doc)
{
    plt_end_label *ends = plt_doc_alloc(doc, (size_t)s->nline, sizeof *ends);
    int n = 0;
    for (int i = 0; ends && i < s->nline; i++) {
        const plt_line *l = &s->lines[i];
        plt_paint paint = {.stroke = l->color ? l->color : plt_series_color(i),
                           .width = 2,
                           .dash = l->dash               ? 5
                                   : i >= 4 && !l->color ? 2
                                                         : 0};
        plt_panel_line(p, l->x, 1, l->y, l->n, paint, l->points);
        int last = l->n - 1;
        while (last >= 0 && !isfinite(plt_panel_y(p, l->y[last]))) last--;
        if (last < 0) continue;
        lg_buf value;
        lg_buf_init(&value, 0);
        plt_scale_text(&p->sy, l->y[last], &value);
        ends[n].y = plt_panel_y(p, l->y[last]) - 3;
        ends[n].name = l->name ? l->name : "";
        ends[n].value = plt_doc_strdup(doc, lg_buf_str(&value));
        ends[n].line = paint;
        n += ends[n].value != NULL;
        lg_buf_release(&value);
    }
    if (ends && !is_spread(s)) plt_panel_ends(p, ends, n, 98);
}

/* "62.1%" of a line's values, each as text. */
typedef struct line_words {
    lg_buf first, last, low, high;
} line_words;

static void add_words(lg_buf *out, const line_words *w)
{
    const char *first = lg_buf_str(&w->first), *last = lg_buf_str(&w->last), *low = lg_buf_str(&w->low),
               *high = lg_buf_str(&w->high);
    bool level = strcmp(first, last) == 0;
    if (strcmp(low, high) == 0) {
        lg_buf_addf(out, " stays at %s", first);
        return;
    }
    if (level) lg_buf_addf(out, " begins and ends at %s", first);
    else lg_buf_addf(out, " goes from %s to %s", first, last);
    bool lower = strcmp(low, first) && strcmp(low, last), higher = strcmp(high, first) && strcmp(high, last);
    if (lower) lg_buf_addf(out, " (lowest %s", low);
    if (higher) lg_buf_addf(out, "%s %s", lower ? ", highest" : " (highest", high);
    if (lower || higher) lg_buf_addc(out, ')');
}

static void say_line(lg_buf *out, const plt_lines_spec *s, const plt_line *l, const plt_scale *scale)
{
    double low, high;
    int first = 0, last = l->n - 1;
    plt_extent(l->y, l->n, s->y.log, &low, &high);
    while (first < l->n && !isfinite(l->y[first])) first++;
    while (last > first && !isfinite(l->y[last])) last--;
    if (out->len) lg_buf_adds(out, "; ");
    lg_buf_adds(out, l->name ? l->name : "the line");
    if (first >= l->n) {
        lg_buf_adds(out, " has no values");
        return;
    }
    if (first == last || s->nline > 5) { /* many lines: a sentence for each would be a page */
        lg_buf_adds(out, first == last ? " is " : " ends at ");
        plt_scale_text(scale, l->y[last], out);
        return;
    }
    line_words w;
    lg_buf *const text[] = {&w.first, &w.last, &w.low, &w.high};
    const double value[] = {l->y[first], l->y[last], low, high};
    for (int i = 0; i < 4; i++) {
        lg_buf_init(text[i], 0);
        plt_scale_text(scale, value[i], text[i]);
    }
    add_words(out, &w);
    for (int i = 0; i < 4; i++) lg_buf_release(text[i]);
}

static void plain_lines(lg_buf *out, const plt_lines_spec *s, const plt_scale *scale)
{
    int columns = 0;
    for (int i = 0; i < s->nline; i++) {
        int w = plt_plain_width(s->lines[i].name ? s->lines[i].name : "");
        if (w > columns) columns = w;
    }
    for (int i = 0; i < s->nline; i++) {
        const plt_line *l = &s->lines[i];
        double low, high;
        plt_extent(l->y, l->n, s->y.log, &low, &high);
        if (i) lg_buf_addc(out, '\n');
        plt_add_padded(out, l->name ? l->name : "", columns + 2, PLT_LEFT);
        plt_add_spark(out, l->y, l->n, low, high);
        if (is_spread(s)) continue;
        lg_buf_addc(out, ' ');
        if (l->n > 0) plt_scale_text(scale, l->y[l->n - 1], out);
    }
    for (int i = 0; i < s->nmark; i++)
        if (s->marks[i].name && *s->marks[i].name) lg_buf_addf(out, "\nmarked: %s", s->marks[i].name);
}

void plt_lines(plt_doc *doc, const plt_lines_spec *s)
{
    double x[2], y[2];
    extents(s, x, y);
    if (s->nline < 1 || !isfinite(y[0])) {
        plt_figure_empty(doc, s->title);
        return;
    }
    double height = s->height > 120 ? s->height : 260, top = s->title && *s->title ? 62 : 38;
    plt_scene *scene = plt_scene_card(doc, height, s->title);
    plt_panel p = {.scene = scene, .x = 60, .y = top, .w = 640 - 60 - 118, .h = height - top - 48};
    p.sx = x_scale(s, x);
    p.sy = plt_scale_make(&s->y, y[0], y[1], 5);
    plt_panel_axes(&p, s->x.label, s->y.label);
    draw_lines(&p, s, doc);
    for (int i = 0; i < s->nmark; i++) draw_mark(&p, &s->marks[i]);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    for (int i = 0; i < s->nline; i++) say_line(&built, s, &s->lines[i], &p.sy);
    plain_lines(&plain, s, &p.sy);
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
