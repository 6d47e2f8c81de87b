/* chart_agreement.c - the agreement square: four areas, as large as the shares of the images they stand for. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>

#include "lib/base/banned.h"

enum { SIDE = 200, LEFT = 40 };

typedef struct area {
    int64_t count;
    const char *mark; /* says it without colour */
    uint32_t fill;
    double x, y, w, h;
} area;

static void draw_area(plt_scene *scene, const area *a)
{
    if (a->count <= 0) return;
    plt_draw_rect(scene, a->x, a->y, a->w, a->h,
                  (plt_paint){.fill = a->fill, .filled = true, .stroke = 0xffffff, .width = 2});
    lg_buf text;
    lg_buf_init(&text, 0);
    lg_buf_addf(&text, "%s %s", a->mark, lg_thousands(a->count));
    if (a->w >= plt_text_width(lg_buf_str(&text), 13, true) + 4 && a->h >= 16)
        plt_draw_text(scene, a->x + a->w / 2, a->y + a->h / 2 + 5,
                      (plt_font){.size = 13, .bold = true, .halo = true, .anchor = PLT_MIDDLE}, lg_buf_str(&text));
    lg_buf_release(&text);
}

/* Left column: the first is right. In each column the part that the second is right about stands on top. */
static void lay_out(const plt_agreement_spec *s, double top, area out[4])
{
    double total = (double)(s->both + s->only_first + s->only_second + s->neither);
    double left = (double)(s->both + s->only_first), right = total - left;
    double w = SIDE * left / total;
    double upper = left > 0 ? SIDE * (double)s->both / left : 0;
    double other = right > 0 ? SIDE * (double)s->only_second / right : 0;
    out[0] = (area){s->both, "A", plt_mix(PLT_PAPER, PLT_BLUE, 0.30), LEFT, top, w, upper};
    out[1] = (area){s->only_first, "B", plt_mix(PLT_PAPER, PLT_BLUE, 0.75), LEFT, top + upper, w, SIDE - upper};
    out[2] = (area){s->only_second, "C", plt_mix(PLT_PAPER, PLT_GREEN, 0.65), LEFT + w, top, SIDE - w, other};
    out[3] = (area){s->neither, "D", plt_mix(PLT_PAPER, PLT_GREY, 0.35), LEFT + w, top + other, SIDE - w, SIDE - other};
}

void plt_agreement(plt_doc *doc, const plt_agreement_spec *s)
{
    int64_t total = s->both + s->only_first + s->only_second + s->neither;
    if (total <= 0) {
        plt_figure_empty(doc, s->title);
        return;
    }
    double top = s->title && *s->title ? 44 : 18;
    plt_scene *scene = plt_scene_card(doc, top + SIDE + 18, s->title);
    area part[4];
    lg_buf built, plain, row[4];
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    for (int i = 0; i < 4; i++) lg_buf_init(&row[i], 0);
    lay_out(s, top, part);
    lg_buf_adds(&row[0], "both right");
    lg_buf_addf(&row[1], "only %s right", s->first);
    lg_buf_addf(&row[2], "only %s right", s->second);
    lg_buf_adds(&row[3], "both wrong");
    for (int i = 0; i < 4; i++) {
        double y = top + 30 + 40 * i;
        draw_area(scene, &part[i]);
        plt_draw_rect(scene, 290, y - 12, 16, 16, (plt_paint){.fill = part[i].fill, .filled = true});
        plt_draw_textf(scene, 314, y, (plt_font){.bold = true}, "%s %s", part[i].mark, lg_thousands(part[i].count));
        plt_draw_text(scene, 390, y, (plt_font){0}, plt_text_fit(doc, lg_buf_str(&row[i]), 12, false, 230));
        lg_buf_addf(&built, "%s%s %s", i ? ", " : "", lg_buf_str(&row[i]), lg_thousands(part[i].count));
        lg_buf_addf(&plain, "%s%s  ", i ? "\n" : "", part[i].mark);
        plt_add_padded(&plain, lg_buf_str(&row[i]), 28, PLT_LEFT);
        plt_add_blocks(&plain, (double)part[i].count / (double)total, 20);
        lg_buf_addf(&plain, " %s", lg_thousands(part[i].count));
        lg_buf_release(&row[i]);
    }
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
