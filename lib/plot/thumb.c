/* thumb.c - a picture of a contact sheet and the boxes in it, with their names, as shapes. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { LETTERS = 11, TAG = 14, MOST_TAGS = 100 };

/* Larger pictures are reduced first. */
static void draw_pixels(plt_scene *scene, const plt_thumb_box *t, double x, double y, int w, int h, int times)
{
    int pw = t->width > times * w ? times * w : t->width, ph = t->height > times * h ? times * h : t->height;
    lg_buf scaled;
    lg_buf_init(&scaled, 0);
    const uint8_t *rgb = plt_thumb_scale(&scaled, t, pw, ph);
    uint8_t *copy = rgb && rgb != t->rgb ? plt_doc_alloc(scene->doc, (size_t)pw * (size_t)ph, 3) : NULL;
    if (copy) memcpy(copy, rgb, (size_t)pw * (size_t)ph * 3);
    if (copy || rgb == t->rgb) plt_draw_image(scene, x, y, w, h, copy ? copy : t->rgb, pw, ph);
    lg_buf_release(&scaled);
}

typedef struct area {
    double x, y, w, h;
} area;

static area area_of(const plt_box *m, const area *picture)
{
    return (area){picture->x + m->x * picture->w, picture->y + m->y * picture->h, m->w * picture->w, m->h * picture->h};
}

static bool overlap(const area *a, const area *b)
{
    return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static plt_paint line_of(const plt_box *m)
{
    if (m->edge) return plt_edge_paint(m->edge);
    return (plt_paint){.stroke = plt_series_color(m->series), .width = 2};
}

/* Over the box, below it, or at its upper edge inside: where there is room in the picture and no other name. */
static area place_tag(const area *box, double width, const area *picture, const area *tag, int tags)
{
    const double y[] = {box->y - TAG, box->y + box->h, box->y, box->y + box->h - TAG};
    area at = {.w = width, .h = TAG};
    at.x = fmax(picture->x, fmin(box->x - 1, picture->x + picture->w - width));
    for (size_t k = 0; k < sizeof y / sizeof *y; k++) {
        at.y = y[k];
        bool free = at.y >= picture->y && at.y + TAG <= picture->y + picture->h;
        for (int i = 0; i < tags && free; i++) free = !overlap(&at, &tag[i]);
        if (free) return at;
    }
    at.y = fmax(picture->y, fmin(box->y, picture->y + picture->h - TAG));
    return at;
}

static void draw_tags(plt_scene *scene, const plt_outline *first, const area *picture)
{
    area tag[MOST_TAGS];
    int tags = 0;
    for (const plt_outline *m = first; m && tags < MOST_TAGS; m = m->next) {
        if (!*m->text) continue;
        area box = area_of(&m->box, picture);
        const char *text = plt_text_fit(scene->doc, m->text, LETTERS, true, picture->w - 6);
        if (!text) return;
        area at = place_tag(&box, plt_text_width(text, LETTERS, true) + 6, picture, tag, tags);
        plt_draw_rect(scene, at.x, at.y, at.w, at.h,
                      (plt_paint){.fill = line_of(&m->box).stroke, .filled = true, .radius = 2});
        plt_draw_text(scene, at.x + 3, at.y + 11, (plt_font){.size = LETTERS, .bold = true, .color = PLT_PAPER}, text);
        tag[tags++] = at;
    }
}

void plt_thumb_draw(plt_scene *scene, const plt_thumb_box *t, double x, double y, int width, int height, int times)
{
    const area picture = {x, y, width, height};
    if (!scene) return;
    draw_pixels(scene, t, x, y, width, height, times);
    for (const plt_outline *m = t->outline; m; m = m->next) {
        area box = area_of(&m->box, &picture);
        plt_paint line = line_of(&m->box), ground = {.stroke = PLT_PAPER, .width = line.width + 2, .opacity = 0.7};
        plt_draw_rect(scene, box.x, box.y, box.w, box.h, ground);
        plt_draw_rect(scene, box.x, box.y, box.w, box.h, line);
    }
    draw_tags(scene, t->outline, &picture);
}
