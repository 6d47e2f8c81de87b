/* chart_calibration.c - the reliability diagram: confidence across, accuracy up, the diagonal is the promise. */
#include "lib/plot/panel.h"
#include <math.h>

#include "lib/base/banned.h"

enum { SIDE = 240 };

static bool measured(const plt_calibration_spec *s, int i)
{
    return s->count[i] > 0 && isfinite(s->confidence[i]) && isfinite(s->accuracy[i]);
}

/* The disc's area is the number of images; its distance to the diagonal is drawn as a stalk. */
static void draw_bin(const plt_panel *p, const plt_calibration_spec *s, int i, int64_t most)
{
    double x = plt_panel_x(p, s->confidence[i]), y = plt_panel_y(p, s->accuracy[i]);
    double promised = plt_panel_y(p, s->confidence[i]), r = 3 + 11 * sqrt((double)s->count[i] / (double)most);
    bool over = s->accuracy[i] < s->confidence[i];
    uint32_t color = over ? PLT_VERMILION : PLT_BLUE;
    plt_draw_line(p->scene, x, promised, x, y, (plt_paint){.stroke = color, .width = 1.5, .dash = over ? 3 : 0});
    plt_draw_circle(p->scene, x, y, r,
                    (plt_paint){.fill = color, .filled = true, .stroke = 0xffffff, .width = 1, .opacity = 0.85});
}

/* Beside the chart, so that no number covers a disc. */
static void draw_list(plt_scene *scene, const plt_calibration_spec *s, double x, double y)
{
    plt_draw_text(scene, x, y, (plt_font){.size = 11, .bold = true}, "sure");
    plt_draw_text(scene, x + 70, y, (plt_font){.size = 11, .bold = true}, "right");
    plt_draw_text(scene, x + 200, y, (plt_font){.size = 11, .bold = true, .anchor = PLT_END}, "images");
    for (int i = 0; i < s->n; i++) {
        if (!measured(s, i)) continue;
        lg_buf sure, right;
        lg_buf_init(&sure, 0);
        lg_buf_init(&right, 0);
        plt_add_percent(&sure, s->confidence[i]);
        plt_add_percent(&right, s->accuracy[i]);
        y += 18;
        plt_draw_text(scene, x, y, (plt_font){0}, lg_buf_str(&sure));
        plt_draw_text(scene, x + 70, y, (plt_font){0}, lg_buf_str(&right));
        plt_draw_textf(scene, x + 200, y, (plt_font){.anchor = PLT_END}, "%s", lg_thousands(s->count[i]));
        lg_buf_release(&sure);
        lg_buf_release(&right);
    }
}

static void add_bin(lg_buf *built, lg_buf *plain, const plt_calibration_spec *s, int i)
{
    if (built->len) lg_buf_adds(built, "; ");
    lg_buf_adds(built, "sure ");
    plt_add_percent(built, s->confidence[i]);
    lg_buf_adds(built, ", right ");
    plt_add_percent(built, s->accuracy[i]);
    lg_buf_addf(built, " of %s", lg_thousands(s->count[i]));
    if (plain->len) lg_buf_addc(plain, '\n');
    lg_buf_adds(plain, "sure ");
    plt_add_percent(plain, s->confidence[i]);
    lg_buf_adds(plain, "  ");
    plt_add_blocks(plain, s->accuracy[i], 20);
    lg_buf_adds(plain, " right ");
    plt_add_percent(plain, s->accuracy[i]);
    lg_buf_addf(plain, " of %s", lg_thousands(s->count[i]));
}

void plt_calibration(plt_doc *doc, const plt_calibration_spec *s)
{
    int64_t most = 0;
    for (int i = 0; i < s->n; i++)
        if (measured(s, i) && s->count[i] > most) most = s->count[i];
    if (!most) {
        plt_figure_empty(doc, s->title);
        return;
    }
    double top = s->title && *s->title ? 66 : 40;
    plt_scene *scene = plt_scene_card(doc, top + SIDE + 48, s->title);
    plt_panel p = {.scene = scene, .x = 62, .y = top, .w = SIDE, .h = SIDE};
    p.sx = p.sy = plt_scale_make(&(plt_axis){.min = 0, .max = 1, .percent = true}, 0, 1, 5);
    plt_panel_axes(&p, "how sure it was", "how often it was right");
    plt_draw_line(scene, p.x, p.y + p.h, p.x + p.w, p.y, (plt_paint){.stroke = PLT_GREY, .width = 1.5, .dash = 5});
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    for (int i = 0; i < s->n; i++) {
        if (!measured(s, i)) continue;
        draw_bin(&p, s, i, most);
        add_bin(&built, &plain, s, i);
    }
    draw_list(scene, s, 350, top + 4);
    plt_draw_text(scene, 350, top + SIDE - 18, (plt_font){.size = 11}, "dashed line: keeps every promise");
    plt_draw_text(scene, 350, top + SIDE - 2, (plt_font){.size = 11}, "below it (vermilion): claims too much");
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
