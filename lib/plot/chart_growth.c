/* chart_growth.c - a picture that changes step by step, and beside it the number that grows with it. */
#include "lib/plot/panel.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { SIDE = 224, LEFT = 20 };

static uint8_t *copied(plt_doc *doc, const plt_growth_frame *f)
{
    size_t row = 3 * (size_t)f->width;
    uint8_t *copy = f->width > 0 && f->height > 0 ? plt_doc_alloc(doc, (size_t)f->height, row) : NULL;
    if (copy) memcpy(copy, f->rgb, row * (size_t)f->height);
    return copy;
}

/* As large as the place allows; small pictures by a whole number, which shows their pixels. */
static double times_of(const plt_growth_frame *f)
{
    double longer = f->width > f->height ? f->width : f->height;
    return longer <= SIDE ? floor(SIDE / longer) : SIDE / longer;
}

static void add_frame_words(lg_buf *out, const plt_growth_spec *s, const plt_growth_frame *f)
{
    lg_buf_addf(out, "%s ", s->x_label);
    plt_add_number(out, f->x);
    lg_buf_addf(out, ": %s %.3g", s->y_label, f->y);
}

static void draw_frame(plt_scene *scene, const plt_growth_spec *s, const plt_growth_frame *f, const plt_panel *p,
                       double top)
{
    uint8_t *rgb = copied(scene->doc, f);
    double times = times_of(f), w = f->width * times, h = f->height * times;
    double x = plt_panel_x(p, f->x), y = plt_panel_y(p, f->y);
    lg_buf words;
    lg_buf_init(&words, 0);
    add_frame_words(&words, s, f);
    if (rgb) plt_draw_image(scene, LEFT + (SIDE - w) / 2, top + (SIDE - h) / 2, w, h, rgb, f->width, f->height);
    plt_draw_text(scene, LEFT + SIDE / 2.0, top + SIDE + 20, (plt_font){.anchor = PLT_MIDDLE, .bold = true},
                  plt_text_fit(scene->doc, lg_buf_str(&words), 12, true, SIDE + 24));
    plt_draw_circle(scene, x, y, 6, (plt_paint){.stroke = PLT_INK, .width = 2});
    lg_buf_release(&words);
}

static void say(lg_buf *out, const plt_growth_spec *s)
{
    lg_buf_addf(out, "%s %.3g to %.3g at %s ", s->y_label, s->y[0], s->frame[s->frames - 1].y, s->x_label);
    plt_add_number(out, s->frame[s->frames - 1].x);
}

static void plain_growth(lg_buf *out, const plt_growth_spec *s)
{
    double low, high;
    plt_extent(s->y, s->n, false, &low, &high);
    lg_buf_addf(out, "%s  %.3g ", s->y_label, s->y[0]);
    plt_add_spark(out, s->y, s->n, low, high);
    lg_buf_addf(out, " %.3g", s->y[s->n - 1]);
    for (int i = 0; i < s->frames; i++) {
        lg_buf_addc(out, '\n');
        add_frame_words(out, s, &s->frame[i]);
    }
}

void plt_growth(plt_doc *doc, const plt_growth_spec *s)
{
    double low, high;
    plt_extent(s->y, s->n, false, &low, &high);
    if (s->frames < 1 || s->n < 1 || !isfinite(low)) {
        plt_figure_empty(doc, s->title);
        return;
    }
    double top = s->title && *s->title ? 44 : 20, first = s->x[0], last = s->x[s->n - 1];
    plt_scene *scene = plt_scene_card(doc, top + SIDE + 36, s->title);
    plt_panel p = {.scene = scene, .x = LEFT + SIDE + 74, .y = top + 18, .h = SIDE - 34};
    p.w = 640 - p.x - 24;
    p.sx = plt_scale_make(&(plt_axis){.min = first, .max = last > first ? last : first + 1, .whole = true}, first, last,
                          5);
    p.sy = plt_scale_make(&(plt_axis){0}, fmin(low, 0), high, 5);
    plt_panel_axes(&p, s->x_label, s->y_label);
    plt_panel_line(&p, s->x, 0, s->y, s->n, (plt_paint){.stroke = PLT_BLUE, .width = 2}, false);
    plt_scene_frames(scene, s->frames);
    for (int i = 0; scene && i < s->frames; i++) {
        plt_scene_from(scene, i + 1, i + 1);
        draw_frame(scene, s, &s->frame[i], &p, top);
    }
    plt_scene_from(scene, 0, 0);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    say(&built, s);
    plain_growth(&plain, s);
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
