/* chart_curves.c - accuracy and loss while training, side by side. */
#include "lib/plot/panel.h"
#include <limits.h>
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

typedef struct curve_pair {
    const char *name;
    const double *train, *val;
    bool percent;
} curve_pair;

static int first_epoch(const plt_curves_spec *s)
{
    return s->first > 0 ? s->first : 1;
}

/* Last known value, or NaN. */
static double last_value(const double *y, int n)
{
    for (int i = n - 1; y && i >= 0; i--)
        if (isfinite(y[i])) return y[i];
    return NAN;
}

static void value_text(lg_buf *out, double v, bool percent)
{
    if (percent) plt_add_percent(out, v);
    else if (isfinite(v)) lg_buf_addf(out, "%.3g", v);
    else lg_buf_adds(out, "–");
}

/* Accuracy is always drawn from 0 to 100%, so that pictures of two runs compare; loss from 0, on a log scale when it
 * spans more than a factor of fifty. */
static plt_scale value_scale(const curve_pair *pair, int n)
{
    if (pair->percent) return plt_scale_make(&(plt_axis){.min = 0, .max = 1, .percent = true}, 0, 1, 5);
    double low, high, low2, high2;
    plt_extent(pair->train, n, false, &low, &high);
    plt_extent(pair->val, n, false, &low2, &high2);
    low = fmin(low, low2), high = fmax(high, high2); /* fmin and fmax skip NaN */
    bool log = low > 0 && high / low > 50;
    return plt_scale_make(&(plt_axis){.log = log}, log ? low : fmin(0, low), high, 5);
}

/* Who is ahead at the end: "training ahead by 3.1 points", for losses "training lower by 0.21"; nothing below half a
 * point or a fiftieth of the loss. True: training is. */
static bool add_gap(lg_buf *out, const curve_pair *pair, int n)
{
    double train = last_value(pair->train, n), val = last_value(pair->val, n);
    double lead = pair->percent ? train - val : val - train;
    if (!isfinite(lead) || fabs(lead) < (pair->percent ? 0.005 : 0.02 * fmax(train, val))) return false;
    const char *who = lead > 0 ? "training" : "validation";
    if (pair->percent) lg_buf_addf(out, "%s ahead by %.1f points", who, fabs(lead) * 100);
    else lg_buf_addf(out, "%s lower by %.2g", who, fabs(lead));
    return lead > 0;
}

/* Named in a line of its own above the panel, where no curve and no label comes. */
static void draw_gap(const plt_panel *p, const plt_curves_spec *s, const curve_pair *pair)
{
    lg_buf gap;
    lg_buf_init(&gap, 0);
    bool shaded = add_gap(&gap, pair, s->n) && s->n > 1;
    if (shaded)
        plt_panel_lead(p, first_epoch(s), pair->train, pair->val, s->n, pair->percent,
                       (plt_paint){.fill = PLT_VERMILION, .filled = true, .opacity = 0.12});
    if (gap.len)
        plt_draw_textf(p->scene, p->x - 34, p->y - 12, (plt_font){.size = 11}, "%s%s", shaded ? "shaded: " : "",
                       lg_buf_str(&gap));
    lg_buf_release(&gap);
}

enum { LABEL_HALF = 44, LABEL_UP = 10, LABEL_DOWN = 4, LABEL_STEPS = 22 }; /* of "best: epoch 12" around its place */

/* How much of a curve runs through a label in the middle of x whose text stands on y. */
static int covers(const plt_panel *p, const plt_curves_spec *s, const double *curve, double x, double y)
{
    int covered = 0;
    double left = plt_panel_x(p, first_epoch(s)), step = plt_panel_x(p, first_epoch(s) + 1) - left;
    for (int k = 0; k <= LABEL_STEPS && curve && s->n > 1; k++) {
        double at = (x + LABEL_HALF * (2.0 * k / LABEL_STEPS - 1) - left) / step;
        int i = (int)floor(at);
        if (!(at >= 0 && i + 1 < s->n)) continue;
        double value = curve[i] + (curve[i + 1] - curve[i]) * (at - i), line = plt_panel_y(p, value);
        covered += line > y - LABEL_UP - 2 && line < y + LABEL_DOWN + 1; /* false for NaN */
    }
    return covered;
}

/* The first of some places where the label covers least of the curves. */
static double place_best(const plt_panel *p, const plt_curves_spec *s, const curve_pair *pair, double x,
                         const double *place, int places)
{
    double best = place[0];
    int least = INT_MAX;
    for (int k = 0; k < places; k++) {
        if (!(place[k] >= p->y + LABEL_UP && place[k] <= p->y + p->h - LABEL_DOWN)) continue;
        int covered = covers(p, s, pair->train, x, place[k]) + covers(p, s, pair->val, x, place[k]);
        if (covered >= least) continue;
        least = covered;
        best = place[k];
    }
    return best;
}

static void draw_best(const plt_panel *p, const plt_curves_spec *s, const curve_pair *pair)
{
    int i = s->best - first_epoch(s);
    const double *y = pair->val ? pair->val : pair->train;
    if (s->best <= 0 || i < 0 || i >= s->n || !isfinite(y[i])) return;
    double x = plt_panel_x(p, s->best), at = plt_panel_y(p, y[i]);
    plt_draw_circle(p->scene, x, at, 5.5, (plt_paint){.stroke = PLT_INK, .width = 1.5});
    plt_font font = {.size = 11, .anchor = PLT_MIDDLE, .halo = true};
    if (i == s->n - 1 && p->x + p->w - x > 90) { /* still training: the right side is free */
        font.anchor = PLT_START;
        plt_draw_textf(p->scene, x + 10, at + 4, font, "best: epoch %d", s->best);
        return;
    }
    /* below, away from the training curve of accuracies; inside the gap of losses where that is wide enough */
    double other = pair->train && pair->val ? plt_panel_y(p, pair->train[i]) : NAN, low = p->y + p->h - 4;
    double y_text = other > at && other < at + 34 ? at - 11 : at + 20;
    if (y_text > low) y_text = at - 11;
    if (y_text < p->y + 10) y_text = fmin(fmax(at, other) + 20, low); /* fmax skips NaN */
    const double place[] = {
        y_text, at + 20, at - 11, at + 30, at - 22, at + 40, at - 33, other + 20, other - 11, p->y + LABEL_UP + 2, low};
    x = fmin(fmax(x, p->x + LABEL_HALF), p->x + p->w - LABEL_HALF);
    y_text = place_best(p, s, pair, x, place, (int)(sizeof place / sizeof *place));
    plt_draw_textf(p->scene, x, y_text, font, "best: epoch %d", s->best);
}

static const plt_paint curve_paint[2] = {
    {.stroke = PLT_BLUE, .width = 2},             /* training */
    {.stroke = PLT_GREEN, .width = 2, .dash = 5}, /* validation */
};

static void draw_ends(const plt_panel *p, const plt_curves_spec *s, const curve_pair *pair)
{
    plt_end_label ends[2];
    lg_buf text[2];
    const double *y[2] = {pair->train, pair->val};
    int n = 0;
    for (int i = 0; i < 2; i++) {
        double v = last_value(y[i], s->n);
        lg_buf_init(&text[i], 0);
        if (!isfinite(v)) continue;
        value_text(&text[i], v, pair->percent);
        ends[n++] = (plt_end_label){.y = plt_panel_y(p, v) - 3,
                                    .name = i ? "validation" : "training",
                                    .value = lg_buf_str(&text[i]),
                                    .line = curve_paint[i]};
    }
    plt_panel_ends(p, ends, n, 68);
    lg_buf_release(&text[0]);
    lg_buf_release(&text[1]);
}

static void draw_pair(plt_scene *scene, const plt_curves_spec *s, const curve_pair *pair, double x, double w,
                      double top)
{
    int last = first_epoch(s) + s->n - 1;
    double from = first_epoch(s), to = s->total > last ? s->total : last;
    plt_axis epochs = {.min = from, .max = to, .whole = true};
    plt_panel p = {.scene = scene, .x = x + 48, .y = top + 40, .w = w - 48 - 84, .h = 166};
    p.sx = plt_scale_make(&epochs, from, to > from ? to : from + 1, p.w < 300 ? 4 : 8);
    p.sy = value_scale(pair, s->n);
    plt_panel_axes(&p, "epoch", NULL);
    plt_draw_text(scene, p.x - 34, p.y - 28, (plt_font){.size = 12, .bold = true},
                  p.sy.log ? "loss (log scale)" : pair->name);
    if (pair->train && pair->val) draw_gap(&p, s, pair);
    if (pair->train) plt_panel_line(&p, NULL, from, pair->train, s->n, curve_paint[0], false);
    if (pair->val) plt_panel_line(&p, NULL, from, pair->val, s->n, curve_paint[1], false);
    draw_best(&p, s, pair);
    draw_ends(&p, s, pair);
}

/* ---- words ---- */
static void plain_curve(lg_buf *out, const curve_pair *pair, const char *name, const double *y,
                        const plt_curves_spec *s)
{
    double low = 0, high = 1, a, b;
    if (!y) return;
    if (!pair->percent) {
        plt_extent(pair->train, s->n, false, &low, &high);
        plt_extent(pair->val, s->n, false, &a, &b);
        low = fmin(low, a), high = fmax(high, b);
    }
    lg_buf_addf(out, "%s%-8s  %-10s  ", out->len ? "\n" : "", pair->name, name);
    value_text(out, y[0], pair->percent);
    lg_buf_addc(out, ' ');
    plt_add_spark(out, y, s->n, low, high);
    lg_buf_addc(out, ' ');
    value_text(out, last_value(y, s->n), pair->percent);
}

static void say_best(lg_buf *out, const plt_curves_spec *s)
{
    int i = s->best - first_epoch(s);
    if (s->best <= 0 || i < 0 || i >= s->n) return;
    const double *y = s->val_accuracy ? s->val_accuracy : s->val_loss ? s->val_loss : s->train_accuracy;
    lg_buf_addf(out, "; best at epoch %d", s->best);
    if (!y || !isfinite(y[i])) return;
    lg_buf_adds(out, " (");
    value_text(out, y[i], y != s->val_loss);
    lg_buf_addc(out, ')');
}

/* When the gap between training and validation last began to grow and kept growing to the end; 0: it does not. */
static int growing_since(const double *train, const double *val, int n)
{
    int i = n - 1;
    while (i > 0 && train[i] - val[i] > train[i - 1] - val[i - 1]) i--;
    return n - 1 - i >= 3 ? i + 1 : 0;
}

static void say(lg_buf *out, const plt_curves_spec *s)
{
    bool percent = s->train_accuracy || s->val_accuracy;
    const double *train = percent ? s->train_accuracy : s->train_loss, *val = percent ? s->val_accuracy : s->val_loss;
    double t = last_value(train, s->n), v = last_value(val, s->n);
    lg_buf_addf(out, "After epoch %d", first_epoch(s) + s->n - 1);
    if (s->total > first_epoch(s) + s->n - 1) lg_buf_addf(out, " of %d", s->total);
    lg_buf_adds(out, percent ? ": " : " the loss is: ");
    if (isfinite(t)) {
        lg_buf_adds(out, "training ");
        value_text(out, t, percent);
    }
    if (isfinite(v)) {
        lg_buf_adds(out, isfinite(t) ? ", validation " : "validation ");
        value_text(out, v, percent);
    }
    if (percent && isfinite(t) && isfinite(v)) {
        lg_buf gap;
        lg_buf_init(&gap, 0);
        bool ahead = add_gap(&gap, &(curve_pair){.train = train, .val = val, .percent = true}, s->n);
        if (gap.len) lg_buf_addf(out, ", %s", lg_buf_str(&gap));
        int since = ahead ? growing_since(train, val, s->n) : 0;
        if (since) lg_buf_addf(out, ", growing since epoch %d", first_epoch(s) + since - 1);
        lg_buf_release(&gap);
    }
    say_best(out, s);
}

void plt_curves(plt_doc *doc, const plt_curves_spec *s)
{
    curve_pair pairs[2];
    int n = 0;
    if (s->train_accuracy || s->val_accuracy)
        pairs[n++] = (curve_pair){"accuracy", s->train_accuracy, s->val_accuracy, true};
    if (s->train_loss || s->val_loss) pairs[n++] = (curve_pair){"loss", s->train_loss, s->val_loss, false};
    if (s->n < 1 || n == 0) {
        plt_figure_empty(doc, s->title);
        return;
    }
    double top = s->title && *s->title ? 36 : 12;
    plt_scene *scene = plt_scene_card(doc, top + 254, s->title);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    for (int i = 0; i < n; i++) {
        draw_pair(scene, s, &pairs[i], 8 + i * 316, n == 1 ? 624 : 312, top);
        plain_curve(&plain, &pairs[i], "training", pairs[i].train, s);
        plain_curve(&plain, &pairs[i], "validation", pairs[i].val, s);
    }
    say(&built, s);
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
