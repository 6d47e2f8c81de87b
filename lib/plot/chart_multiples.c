/* chart_multiples.c - small multiples: one little chart for each run, all with the same axes, so that heights compare.
 */
#include "lib/plot/panel.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { LEFT = 54, GAP = 18, RIGHT = 16, HIGH = 120, HEAD = 62, FOOT = 44 };

static const plt_paint line_paint[2] = {
    {.stroke = PLT_BLUE, .width = 2},             /* training */
    {.stroke = PLT_GREEN, .width = 2, .dash = 4}, /* validation */
};

static int columns_of(int n)
{
    return n <= 4 ? n : n <= 6 ? 3 : 4;
}

/* "training solid · validation dashed", each behind a short piece of its line. */
static void draw_legend(plt_scene *scene, const plt_multiples_spec *s, double y)
{
    static const char *const name[] = {"training", "validation"};
    double x = LEFT;
    for (int i = 0; i < 2; i++) {
        bool there = false;
        for (int k = 0; k < s->n; k++) there |= (i ? s->panel[k].val : s->panel[k].train) != NULL;
        if (!there) continue;
        plt_draw_line(scene, x, y - 4, x + 26, y - 4, line_paint[i]);
        plt_draw_text(scene, x + 32, y, (plt_font){.size = 11}, name[i]);
        x += 50 + plt_text_width(name[i], 11, false);
    }
    if (s->baseline > 0) {
        plt_draw_line(scene, x, y - 4, x + 26, y - 4, (plt_paint){.stroke = PLT_GREY, .width = 1.5, .dash = 2});
        plt_draw_text(scene, x + 32, y, (plt_font){.size = 11}, s->baseline_name);
    }
}

/* Where the loss was lost, or the end: what lies above the axis runs along its upper edge. */
static void draw_lost(const plt_panel *p, const plt_multiple *m)
{
    double x = plt_panel_x(p, m->lost), y = p->y + 4;
    if (m->lost <= 0 || !isfinite(x)) return;
    plt_draw_path(p->scene, (const double[]){x - 5, y - 5, x + 5, y + 5, NAN, NAN, x - 5, y + 5, x + 5, y - 5}, 5,
                  false, (plt_paint){.stroke = PLT_VERMILION, .width = 2});
    bool right = x > p->x + p->w / 2;
    plt_draw_text(p->scene, right ? x - 9 : x + 9, y + 12,
                  (plt_font){.size = 11, .halo = true, .anchor = right ? PLT_END : PLT_START}, "lost");
}

static void draw_multiple(plt_panel *p, const plt_multiples_spec *s, const plt_multiple *m, bool first)
{
    plt_doc *doc = p->scene->doc;
    plt_draw_text(p->scene, p->x, p->y - 38, (plt_font){.size = 12, .bold = true},
                  plt_text_fit(doc, m->name, 12, true, p->w + GAP - 4));
    plt_draw_text(p->scene, p->x, p->y - 23, (plt_font){.size = 12},
                  plt_text_fit(doc, m->note, 12, false, p->w + GAP - 4));
    if (m->detail)
        plt_draw_text(p->scene, p->x, p->y - 8, (plt_font){.size = 11},
                      plt_text_fit(doc, m->detail, 11, false, p->w + GAP - 4));
    plt_scale own = p->sy;
    if (!first) p->sy.step = 0; /* the axis is that of the row: its numbers stand at its left end */
    plt_panel_axes(p, s->x_label, NULL);
    p->sy = own;
    for (double at = own.step; !first && at < own.max + own.step * 1e-6; at += own.step) {
        double y = round(plt_panel_y(p, at)) + 0.5;
        plt_draw_line(p->scene, p->x, y, p->x + p->w, y, (plt_paint){.stroke = 0xe6e6e6, .width = 1});
    }
    if (s->baseline > 0)
        plt_draw_line(p->scene, p->x, plt_panel_y(p, s->baseline), p->x + p->w, plt_panel_y(p, s->baseline),
                      (plt_paint){.stroke = PLT_GREY, .width = 1.5, .dash = 2});
    if (m->train && m->val && s->y.percent)
        plt_panel_lead(p, 1, m->train, m->val, m->n, true,
                       (plt_paint){.fill = PLT_VERMILION, .filled = true, .opacity = 0.12});
    if (m->train) plt_panel_line(p, NULL, 1, m->train, m->n, line_paint[0], false);
    if (m->val) plt_panel_line(p, NULL, 1, m->val, m->n, line_paint[1], false);
    draw_lost(p, m);
}

/* ---- words ---- */
static double last_known(const double *y, int n)
{
    for (int i = n - 1; y && i >= 0; i--)
        if (isfinite(y[i])) return y[i];
    return NAN;
}

static void plain_line(lg_buf *out, const char *name, const double *y, int n, const plt_scale *scale, int columns)
{
    if (!y) return;
    plt_add_padded(out, "", columns, PLT_LEFT);
    lg_buf_addf(out, "%-10s  ", name);
    plt_add_spark(out, y, n, scale->min, scale->max);
    double last = last_known(y, n);
    lg_buf_addc(out, ' ');
    if (!isfinite(last)) lg_buf_adds(out, "–");
    else if (scale->percent) plt_add_percent(out, last);
    else lg_buf_addf(out, "%.3g", last);
    lg_buf_addc(out, '\n');
}

static void say_multiples(const plt_multiples_spec *s, const plt_scale *scale, lg_buf *built, lg_buf *plain)
{
    for (int i = 0; i < s->n; i++) {
        const plt_multiple *m = &s->panel[i];
        lg_buf_addf(built, "%s%s: %s", i ? "; " : "", m->name, m->note);
        lg_buf_addf(plain, "%s: %s\n", m->name, m->note);
        plain_line(plain, "training", m->train, m->n, scale, 2);
        plain_line(plain, "validation", m->val, m->n, scale, 2);
    }
    while (plain->len && plain->data[plain->len - 1] == '\n') plain->data[--plain->len] = 0;
}

void plt_multiples(plt_doc *doc, const plt_multiples_spec *s)
{
    int columns = columns_of(s->n), longest = s->total;
    if (s->n < 1) {
        plt_figure_empty(doc, s->title);
        return;
    }
    int rows = (s->n + columns - 1) / columns;
    double top = s->title && *s->title ? 52 : 28;
    plt_scene *scene = plt_scene_card(doc, top + rows * (HEAD + HIGH + FOOT) - 4, s->title);
    double w = (640.0 - LEFT - RIGHT - GAP * (columns - 1)) / columns;
    if (w > 300) w = 300;
    for (int i = 0; i < s->n; i++) longest = s->panel[i].n > longest ? s->panel[i].n : longest;
    plt_panel p = {.scene = scene, .w = w, .h = HIGH};
    p.sx = plt_scale_make(&(plt_axis){.min = 1, .max = longest > 1 ? longest : 2, .whole = true}, 1, longest, 4);
    p.sy = plt_scale_make(&s->y, s->y.min, s->y.max, 4);
    if (scene) draw_legend(scene, s, top);
    for (int i = 0; scene && i < s->n; i++) {
        p.x = LEFT + (i % columns) * (w + GAP), p.y = top + HEAD + (i / columns) * (HEAD + HIGH + FOOT);
        draw_multiple(&p, s, &s->panel[i], i % columns == 0);
    }
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    say_multiples(s, &p.sy, &built, &plain);
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
