/* chart_log_bars.c - horizontal bars over a logarithmic axis, and the band in which all is well. */
#include "lib/plot/learning.h"
#include "lib/plot/panel.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { ROW = 22, NAMES = 108, TEXTS = 208, RIGHT = 624, MOST = 60 };

typedef struct bars {
    const plt_log_bars_spec *s;
    plt_doc *doc;
    plt_scene *scene;
    plt_scale scale;
    double top, x, w, h;
} bars;

static bool is_bad(const plt_log_bars_spec *s, int i)
{
    return s->bad && s->bad[i];
}

static double place(const bars *b, double value)
{
    return b->x + b->w * fmin(fmax(plt_scale_share(&b->scale, value), 0), 1);
}

/* Around all values and the band, in whole powers of ten. */
static plt_scale scale_of(const plt_log_bars_spec *s)
{
    double low, high;
    plt_extent(s->values, s->n, true, &low, &high);
    if (s->low > 0) low = fmin(s->low, isfinite(low) ? low : s->low);
    if (s->high > 0) high = fmax(s->high, isfinite(high) ? high : s->high);
    return plt_scale_make(&(plt_axis){.log = true}, low, high, 6);
}

static void draw_band(const bars *b)
{
    const plt_log_bars_spec *s = b->s;
    if (!(s->low > 0)) return;
    double from = place(b, s->low), to = place(b, s->high);
    plt_draw_rect(b->scene, from, b->top, to - from, b->h,
                  (plt_paint){.fill = plt_mix(PLT_PAPER, PLT_GREEN, 0.12), .filled = true});
    for (int i = 0; i < 2; i++)
        plt_draw_line(b->scene, i ? to : from, b->top, i ? to : from, b->top + b->h,
                      (plt_paint){.stroke = PLT_GREEN, .width = 1, .dash = 4});
    if (s->band)
        plt_draw_text(b->scene, (from + to) / 2, b->top - 6,
                      (plt_font){.size = 11, .anchor = PLT_MIDDLE, .color = PLT_GREEN, .bold = true}, s->band);
}

/* 1000 and not 1e+03. */
static int tick_digits(double value)
{
    return value < 1e5 ? 5 : 3;
}

static void draw_axis(const bars *b)
{
    for (double v = b->scale.min; v <= b->scale.max + 1e-9; v += b->scale.step) {
        double value = pow(10, v), x = place(b, value);
        plt_draw_line(b->scene, x, b->top, x, b->top + b->h, (plt_paint){.stroke = 0xdddddd, .width = 1});
        plt_draw_textf(b->scene, x, b->top + b->h + 16, (plt_font){.size = 11, .anchor = PLT_MIDDLE}, "%.*g",
                       tick_digits(value), value);
    }
    if (b->s->axis)
        plt_draw_text(b->scene, b->x + b->w / 2, b->top + b->h + 34, (plt_font){.size = 11, .anchor = PLT_MIDDLE},
                      b->s->axis);
}

/* A bar that is outside of the band is hatched too, so that it is not its colour alone. */
static void draw_bar(const bars *b, int i)
{
    const plt_log_bars_spec *s = b->s;
    double y = b->top + i * ROW + 4, end = place(b, s->values[i]);
    if (!b->scene) return;
    plt_draw_text(b->scene, b->x - 8, y + 11, (plt_font){.size = 12, .anchor = PLT_END},
                  plt_text_fit(b->doc, s->labels[i], 12, false, NAMES - 12));
    if (isfinite(s->values[i]) && s->values[i] > 0) {
        double w = fmax(end - b->x, 1);
        plt_draw_rect(b->scene, b->x, y, w, ROW - 8,
                      (plt_paint){.fill = is_bad(s, i) ? PLT_VERMILION : PLT_BLUE, .filled = true});
        if (is_bad(s, i)) plt_draw_hatch(b->scene, b->x, y, w, ROW - 8, (plt_paint){.stroke = PLT_PAPER, .width = 1});
    }
    plt_draw_text(b->scene, b->x + b->w + 8, y + 11, (plt_font){.size = 11, .bold = is_bad(s, i)},
                  plt_text_fit(b->doc, s->texts[i], 11, is_bad(s, i), TEXTS - 10));
}

static void add_plain(const bars *b, lg_buf *out)
{
    const plt_log_bars_spec *s = b->s;
    int names = 4;
    for (int i = 0; i < s->n; i++) {
        int w = plt_plain_width(s->labels[i]);
        names = w > names ? w : names;
    }
    for (int i = 0; i < s->n; i++) {
        double share = plt_scale_share(&b->scale, s->values[i]);
        if (i) lg_buf_addc(out, '\n');
        plt_add_padded(out, s->labels[i], names + 2, PLT_LEFT);
        plt_add_blocks(out, isfinite(share) ? fmin(fmax(share, 0), 1) : 0, 24);
        lg_buf_addf(out, " %s%s", s->texts[i], is_bad(s, i) ? " !" : "");
    }
    lg_buf_addf(out, "\nthe bars are logarithmic: they begin at %.*g and end at %.*g",
                tick_digits(pow(10, b->scale.min)), pow(10, b->scale.min), tick_digits(pow(10, b->scale.max)),
                pow(10, b->scale.max));
    if (s->low > 0) lg_buf_addf(out, "; %s from %.3g to %.3g", s->band ? s->band : "well", s->low, s->high);
}

void plt_log_bars(plt_doc *doc, const plt_log_bars_spec *s)
{
    if (s->n < 1 || s->n > MOST) {
        plt_figure_empty(doc, s->title);
        return;
    }
    bars b = {.s = s, .doc = doc, .scale = scale_of(s), .top = s->title && *s->title ? 62 : 36, .x = 16 + NAMES};
    b.w = RIGHT - TEXTS - b.x;
    b.h = s->n * ROW;
    b.scene = plt_scene_card(doc, b.top + b.h + (s->axis ? 46 : 28), s->title);
    draw_band(&b);
    draw_axis(&b);
    if (s->heading)
        plt_draw_text(b.scene, b.x + b.w + 8, b.top - 6, (plt_font){.size = 11, .bold = true},
                      plt_text_fit(doc, s->heading, 11, true, TEXTS - 10));
    for (int i = 0; i < s->n; i++) draw_bar(&b, i);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    for (int i = 0; i < s->n; i++) lg_buf_addf(&built, "%s%s %s", i ? "; " : "", s->labels[i], s->texts[i]);
    add_plain(&b, &plain);
    plt_figure_say(doc, b.scene, s->sentence, &built, &plain);
}
