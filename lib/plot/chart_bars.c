/* chart_bars.c - rows on one horizontal scale: bars, the class histogram, dots with whiskers. */
#include "lib/plot/panel.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { ROW = 24, BAR = 14, LABEL_MOST = 170, PLAIN_BAR = 30 };

/* Room for the widest label. */
static double label_width(const char *const *labels, int n)
{
    double width = 40;
    for (int i = 0; i < n; i++) width = fmax(width, plt_text_width(labels[i], 12, false));
    return fmin(width, LABEL_MOST);
}

static void draw_label(plt_scene *scene, double right, double y, const char *text)
{
    if (scene)
        plt_draw_text(scene, right, y, (plt_font){.anchor = PLT_END},
                      plt_text_fit(scene->doc, text, 12, false, LABEL_MOST));
}

static int widest(const char *const *labels, int n)
{
    int columns = 0;
    for (int i = 0; i < n; i++) {
        int w = plt_plain_width(labels[i]);
        if (w > columns) columns = w;
    }
    return columns < 30 ? columns : 30;
}

static void value_text(lg_buf *out, double v, bool percent)
{
    if (percent) plt_add_percent(out, v);
    else plt_add_number(out, v);
}

/* ---- bars ---- */
static const char *bar_text(const plt_bars_spec *s, int i, lg_buf *scratch)
{
    if (s->texts) return s->texts[i];
    lg_buf_clear(scratch);
    value_text(scratch, s->values[i], s->percent);
    return lg_buf_str(scratch);
}

static void say_bars(const plt_bars_spec *s, lg_buf *out, lg_buf *scratch)
{
    int top = 0, low = 0;
    for (int i = 1; i < s->n; i++) {
        if (s->values[i] > s->values[top]) top = i;
        if (s->values[i] < s->values[low]) low = i;
    }
    lg_buf_addf(out, "%s has the most (%s)", s->labels[top], bar_text(s, top, scratch));
    if (s->n > 1) lg_buf_addf(out, ", %s the least (%s)", s->labels[low], bar_text(s, low, scratch));
}

static void draw_baseline(plt_scene *scene, double x, double top, double low, const char *name)
{
    if (!isfinite(x)) return;
    plt_draw_line(scene, x, top, x, low, (plt_paint){.stroke = 0x555555, .width = 1, .dash = 3});
    if (name) plt_draw_text(scene, x, low + 13, (plt_font){.size = 11, .anchor = PLT_MIDDLE, .halo = true}, name);
}

void plt_bars(plt_doc *doc, const plt_bars_spec *s)
{
    if (s->n < 1) {
        plt_figure_empty(doc, s->title);
        return;
    }
    double low, high, top = s->title && *s->title ? 42 : 16, left = 24 + label_width(s->labels, s->n);
    plt_extent(s->values, s->n, false, &low, &high);
    bool based = isfinite(s->baseline) && s->baseline != 0;
    high = s->percent ? 1 : fmax(high, s->baseline);
    double scale = (640 - left - 90) / (high > 0 ? high : 1);
    plt_scene *scene = plt_scene_card(doc, top + s->n * ROW + (based ? 26 : 12), s->title);
    lg_buf scratch, built, plain;
    lg_buf_init(&scratch, 0);
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    for (int i = 0; i < s->n; i++) {
        double y = top + i * ROW, w = isfinite(s->values[i]) ? fmax(0, s->values[i] * scale) : 0;
        draw_label(scene, left - 8, y + 15, s->labels[i]);
        plt_draw_rect(scene, left, y + 4, fmax(w, 1), BAR, (plt_paint){.fill = PLT_BLUE, .filled = true});
        plt_draw_text(scene, left + w + 6, y + 15, (plt_font){0}, bar_text(s, i, &scratch));
        if (i) lg_buf_addc(&plain, '\n');
        plt_add_padded(&plain, s->labels[i], widest(s->labels, s->n) + 2, PLT_LEFT);
        plt_add_blocks(&plain, s->values[i] / (high > 0 ? high : 1), PLAIN_BAR);
        lg_buf_addf(&plain, " %s", bar_text(s, i, &scratch));
    }
    if (based) {
        draw_baseline(scene, left + s->baseline * scale, top, top + s->n * ROW, s->baseline_name);
        lg_buf_addf(&plain, "\nline: %s ", s->baseline_name ? s->baseline_name : "");
        value_text(&plain, s->baseline, s->percent);
    }
    say_bars(s, &built, &scratch);
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
    lg_buf_release(&scratch);
}

/* ---- the class histogram ---- */
typedef struct class_row {
    int index;
    int64_t total;
} class_row;

static int parts(const plt_histogram_spec *s)
{
    return s->splits && s->nsplit > 0 ? s->nsplit : 1;
}

/* Largest first; of equals the earlier one. Owned by the document. */
static class_row *sorted_rows(plt_doc *doc, const plt_histogram_spec *s)
{
    class_row *rows = plt_doc_alloc(doc, (size_t)s->n, sizeof *rows);
    for (int i = 0; rows && i < s->n; i++) {
        class_row row = {.index = i};
        for (int k = 0; k < parts(s); k++) row.total += s->counts[i * parts(s) + k];
        int at = i;
        for (; at > 0 && rows[at - 1].total < row.total; at--) rows[at] = rows[at - 1];
        rows[at] = row;
    }
    return rows;
}

static plt_paint split_paint(const plt_histogram_spec *s, int k)
{
    uint32_t color = s->splits ? plt_split_color(s->splits[k], k) : PLT_BLUE;
    return (plt_paint){.fill = color, .filled = true};
}

static void draw_histogram_row(plt_scene *scene, const plt_histogram_spec *s, const class_row *row, double left,
                               double y, double scale)
{
    double x = left;
    draw_label(scene, left - 8, y + 15, s->labels[row->index]);
    for (int k = 0; k < parts(s); k++) {
        double w = (double)s->counts[row->index * parts(s) + k] * scale;
        plt_draw_rect(scene, x, y + 4, w, BAR, split_paint(s, k));
        if (k > 0 && w > 0)
            plt_draw_rect(scene, x - 0.75, y + 4, 1.5, BAR, (plt_paint){.fill = 0xffffff, .filled = true});
        x += w;
    }
    plt_draw_text(scene, x + 6, y + 15, (plt_font){0}, lg_thousands(row->total));
}

static void draw_legend(plt_scene *scene, const plt_histogram_spec *s, double y)
{
    double x = 624;
    for (int k = parts(s) - 1; s->splits && k >= 0; k--) {
        int64_t total = 0;
        lg_buf text;
        lg_buf_init(&text, 0);
        for (int i = 0; i < s->n; i++) total += s->counts[i * parts(s) + k];
        lg_buf_addf(&text, "%s %s", s->splits[k], lg_thousands(total));
        x -= plt_text_width(lg_buf_str(&text), 11, false);
        plt_draw_text(scene, x, y, (plt_font){.size = 11}, lg_buf_str(&text));
        plt_draw_rect(scene, x - 16, y - 10, 12, 11, split_paint(s, k));
        x -= 30;
        lg_buf_release(&text);
    }
}

static void plain_histogram(lg_buf *out, const plt_histogram_spec *s, const class_row *rows)
{
    int columns = widest(s->labels, s->n) + 2;
    int64_t most = rows[0].total > 0 ? rows[0].total : 1;
    for (int i = 0; i < s->n; i++) {
        if (i) lg_buf_addc(out, '\n');
        plt_add_padded(out, s->labels[rows[i].index], columns, PLT_LEFT);
        plt_add_blocks(out, (double)rows[i].total / (double)most, PLAIN_BAR);
        lg_buf_addf(out, " %s", lg_thousands(rows[i].total));
        for (int k = 0; s->splits && k < parts(s); k++)
            lg_buf_addf(out, "%s%s %s", k ? ", " : " (", s->splits[k],
                        lg_thousands(s->counts[rows[i].index * parts(s) + k]));
        if (s->splits) lg_buf_addc(out, ')');
    }
}

void plt_histogram(plt_doc *doc, const plt_histogram_spec *s)
{
    class_row *rows = s->n > 0 ? sorted_rows(doc, s) : NULL;
    if (!rows) {
        plt_figure_empty(doc, s->title);
        return;
    }
    bool own_line = s->title && plt_text_width(s->title, 14, true) > 300; /* then the legend goes below the title */
    double top = (s->title && *s->title) || s->splits ? 42 : 16, left = 24 + label_width(s->labels, s->n);
    if (own_line && s->splits) top += 18;
    double scale = (640 - left - 80) / (rows[0].total > 0 ? (double)rows[0].total : 1);
    plt_scene *scene = plt_scene_card(doc, top + s->n * ROW + 12, s->title);
    draw_legend(scene, s, own_line ? 44 : 26);
    for (int i = 0; i < s->n; i++) draw_histogram_row(scene, s, &rows[i], left, top + i * ROW, scale);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    const class_row *last = &rows[s->n - 1];
    int64_t total = 0;
    for (int i = 0; i < s->n; i++) total += rows[i].total;
    lg_buf_addf(&built, "%s image%s in %d class%s", lg_thousands(total), total == 1 ? "" : "s", s->n,
                s->n == 1 ? "" : "es");
    if (s->n > 1 && rows[0].total == last->total) {
        lg_buf_addf(&built, ", %s of each", lg_thousands(last->total));
    } else {
        lg_buf_addf(&built, ": %s has %s", plt_label(s->labels[rows[0].index]), lg_thousands(rows[0].total));
        if (s->n > 1) lg_buf_addf(&built, ", %s %s", plt_label(s->labels[last->index]), lg_thousands(last->total));
        double times = s->n > 1 && last->total > 0 ? (double)rows[0].total / (double)last->total : 1;
        if (times >= 1.05)
            lg_buf_addf(&built, "; the largest is %.*f times the smallest", times < 9.95 ? 1 : 0, times);
    }
    plain_histogram(&plain, s, rows);
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}

/* ---- dots with whiskers ---- */
static void interval_text(lg_buf *out, const plt_intervals_spec *s, int i)
{
    value_text(out, s->value[i], s->percent);
    lg_buf_adds(out, " (");
    value_text(out, s->low[i], s->percent);
    lg_buf_adds(out, " to ");
    value_text(out, s->high[i], s->percent);
    lg_buf_addc(out, ')');
}

static void draw_interval(const plt_panel *p, const plt_intervals_spec *s, int i, double y)
{
    double a = plt_panel_x(p, s->low[i]), b = plt_panel_x(p, s->high[i]), x = plt_panel_x(p, s->value[i]);
    plt_paint whisker = {.stroke = PLT_BLUE, .width = 2};
    lg_buf text;
    lg_buf_init(&text, 0);
    interval_text(&text, s, i);
    draw_label(p->scene, p->x - 10, y + 4, s->labels[i]);
    plt_draw_path(p->scene, (const double[]){a, y - 4, a, y + 4, NAN, NAN, a, y, b, y, NAN, NAN, b, y - 4, b, y + 4}, 8,
                  false, whisker);
    plt_draw_circle(p->scene, x, y, 4.5, (plt_paint){.fill = PLT_BLUE, .filled = true, .stroke = 0xffffff, .width = 1});
    plt_draw_text(p->scene, p->x + p->w + 12, y + 4, (plt_font){0}, lg_buf_str(&text));
    lg_buf_release(&text);
}

static plt_scale interval_scale(const plt_intervals_spec *s)
{
    double low, high, a, b;
    if (s->percent) return plt_scale_make(&(plt_axis){.min = 0, .max = 1, .percent = true}, 0, 1, 5);
    plt_extent(s->low, s->n, false, &low, &high);
    plt_extent(s->high, s->n, false, &a, &b);
    return plt_scale_make(&(plt_axis){0}, fmin(low, a), fmax(high, b), 5);
}

/* One row: "nike  ───────├──●──┤────────  62.0% (55.1% to 68.4%)" */
static void plain_interval(lg_buf *out, const plt_scale *scale, const plt_intervals_spec *s, int i, int columns)
{
    int a = (int)(plt_clamp01(plt_scale_share(scale, s->low[i])) * PLAIN_BAR);
    int b = (int)(plt_clamp01(plt_scale_share(scale, s->high[i])) * PLAIN_BAR);
    int x = (int)(plt_clamp01(plt_scale_share(scale, s->value[i])) * PLAIN_BAR);
    if (i) lg_buf_addc(out, '\n');
    plt_add_padded(out, s->labels[i], columns, PLT_LEFT);
    for (int k = 0; k <= PLAIN_BAR; k++)
        lg_buf_adds(out, k == x ? "●" : k == a ? "├" : k == b ? "┤" : k > a && k < b ? "─" : "·");
    lg_buf_adds(out, "  ");
    interval_text(out, s, i);
}

void plt_intervals(plt_doc *doc, const plt_intervals_spec *s)
{
    if (s->n < 1) {
        plt_figure_empty(doc, s->title);
        return;
    }
    bool based = isfinite(s->baseline) && s->baseline != 0;
    double top = s->title && *s->title ? 46 : 20, left = 26 + label_width(s->labels, s->n), height = s->n * ROW;
    plt_scene *scene = plt_scene_card(doc, top + height + (based ? 54 : 40), s->title);
    plt_panel p = {.scene = scene, .x = left, .y = top - 6, .w = 640 - left - 190, .h = height + 8};
    p.sx = interval_scale(s);
    p.sy = (plt_scale){.max = 1}; /* no ticks */
    plt_panel_axes(&p, NULL, NULL);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    if (based) draw_baseline(scene, plt_panel_x(&p, s->baseline), p.y, p.y + p.h + 20, s->baseline_name);
    int columns = widest(s->labels, s->n) + 2;
    for (int i = 0; i < s->n; i++) {
        draw_interval(&p, s, i, top + i * ROW + 8);
        plain_interval(&plain, &p.sx, s, i, columns);
        lg_buf_addf(&built, "%s%s ", i ? "; " : "", s->labels[i]);
        interval_text(&built, s, i);
    }
    if (based) {
        lg_buf_addf(&plain, "\nline: %s ", s->baseline_name ? s->baseline_name : "");
        value_text(&plain, s->baseline, s->percent);
    }
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
