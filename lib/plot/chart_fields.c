/* chart_fields.c - outlines on an image, each with its line in a list beside it. What lies outside of the image, in the
 * border of zeros, is drawn around it as far as there is room. */
#include "lib/plot/block.h"
#include "lib/plot/fields.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { LEFT = 16, WIDE = 608, SIDE = 372, LIST = 408, LIST_WIDE = 216, MAP = 96, ROW = 16 };
enum { LINE = 17, WORDS = 12, LINES = 3 };

typedef struct picture {
    const plt_fields_spec *spec;
    plt_scene *scene;
    double top;                        /* of the drawing */
    double scale, x, y;                /* of a pixel; where pixel 0,0 lies */
    double from_y, to_y, from_x, to_x; /* pixels that are shown */
} picture;

/* ---- places ---- */
/* As much around the image as the largest box needs, at most a third of its side. */
static void measure(picture *p)
{
    const plt_fields_spec *s = p->spec;
    double more_y = s->image_h / 3.0, more_x = s->image_w / 3.0;
    p->to_y = s->image_h, p->to_x = s->image_w;
    for (int i = 0; i < s->n; i++) {
        const plt_field_box *b = &s->box[i];
        p->from_y = fmax(-more_y, fmin(p->from_y, (double)b->top));
        p->from_x = fmax(-more_x, fmin(p->from_x, (double)b->left));
        p->to_y = fmin(s->image_h + more_y, fmax(p->to_y, (double)(b->top + b->rows)));
        p->to_x = fmin(s->image_w + more_x, fmax(p->to_x, (double)(b->left + b->cols)));
    }
    p->scale = fmin(SIDE / (p->to_y - p->from_y), SIDE / (p->to_x - p->from_x));
    p->x = LEFT - p->from_x * p->scale;
    p->y = p->top - p->from_y * p->scale;
}

static double bottom_of(const picture *p)
{
    return p->y + p->to_y * p->scale;
}

/* ---- the image ---- */
static bool has_border(const picture *p)
{
    return p->from_y < 0 || p->from_x < 0 || p->to_y > p->spec->image_h || p->to_x > p->spec->image_w;
}

static void draw_image(const picture *p)
{
    const plt_fields_spec *s = p->spec;
    double w = (p->to_x - p->from_x) * p->scale, h = (p->to_y - p->from_y) * p->scale;
    size_t bytes = (size_t)s->pixel_w * (size_t)s->pixel_h * 3;
    if (has_border(p)) {
        plt_draw_rect(p->scene, LEFT, p->top, w, h, (plt_paint){.fill = 0xececec, .filled = true});
        plt_draw_hatch(p->scene, LEFT, p->top, w, h, (plt_paint){.stroke = 0xcfcfcf, .width = 1});
    }
    plt_paint ground = {.fill = 0xf6f6f6, .filled = true, .stroke = 0x767676, .width = 1};
    plt_draw_rect(p->scene, p->x, p->y, s->image_w * p->scale, s->image_h * p->scale, ground);
    uint8_t *copy = s->rgb ? plt_doc_alloc(p->scene->doc, bytes, 1) : NULL;
    if (!copy) return;
    memcpy(copy, s->rgb, bytes);
    plt_draw_image(p->scene, p->x, p->y, s->image_w * p->scale, s->image_h * p->scale, copy, s->pixel_w, s->pixel_h);
}

/* A box as far as it can be shown: sides that lie beyond are left open. */
static void draw_outline(const picture *p, const plt_field_box *b, plt_paint paint)
{
    double t = (double)b->top, l = (double)b->left, e = t + (double)b->rows, r = l + (double)b->cols;
    double y1 = p->y + fmax(t, p->from_y) * p->scale, y2 = p->y + fmin(e, p->to_y) * p->scale;
    double x1 = p->x + fmax(l, p->from_x) * p->scale, x2 = p->x + fmin(r, p->to_x) * p->scale;
    if (y2 <= y1 || x2 <= x1) return;
    if (t >= p->from_y) plt_draw_line(p->scene, x1, y1, x2, y1, paint);
    if (e <= p->to_y) plt_draw_line(p->scene, x1, y2, x2, y2, paint);
    if (l >= p->from_x) plt_draw_line(p->scene, x1, y1, x1, y2, paint);
    if (r <= p->to_x) plt_draw_line(p->scene, x2, y1, x2, y2, paint);
}

/* What the box does not see becomes pale. */
static void draw_unseen(const picture *p, const plt_field_box *b)
{
    const plt_fields_spec *s = p->spec;
    plt_paint pale = {.fill = 0xffffff | PLT_EXACT, .filled = true, .opacity = 0.62};
    double h = s->image_h, w = s->image_w, k = p->scale;
    /* Whole pixels of the page, or a seam shows where two of the rectangles meet. */
    double y0 = round(p->y), y3 = round(p->y + h * k), x0 = round(p->x), x3 = round(p->x + w * k);
    double y1 = round(p->y + k * fmin(h, fmax(0, (double)b->top)));
    double y2 = round(p->y + k * fmin(h, fmax(0, (double)(b->top + b->rows))));
    double x1 = round(p->x + k * fmin(w, fmax(0, (double)b->left)));
    double x2 = round(p->x + k * fmin(w, fmax(0, (double)(b->left + b->cols))));
    plt_draw_rect(p->scene, x0, y0, x3 - x0, y1 - y0, pale);
    plt_draw_rect(p->scene, x0, y2, x3 - x0, y3 - y2, pale);
    plt_draw_rect(p->scene, x0, y1, x1 - x0, y2 - y1, pale);
    plt_draw_rect(p->scene, x2, y1, x3 - x2, y2 - y1, pale);
}

/* ---- beside it ---- */
/* The output of the last layer, its place marked. */
static double draw_map(const picture *p, double y)
{
    const plt_fields_spec *s = p->spec;
    plt_font small = {.size = 11, .color = 0x555555};
    plt_paint line = {.stroke = 0xb8b8b8, .width = 1}, mark = {.fill = PLT_VERMILION, .filled = true};
    if (!p->scene) return y;
    const char *name = s->n ? s->box[s->n - 1].name : "";
    plt_draw_text(p->scene, LIST, y + 12, (plt_font){.size = 12, .bold = true},
                  plt_text_fit(p->scene->doc, name, 12, true, LIST_WIDE));
    y += 20;
    if (!s->map_h) {
        plt_draw_textf(p->scene, LIST, y + 10, small, "a list of %s number%s", lg_thousands(s->map_w),
                       s->map_w == 1 ? "" : "s");
        return y + 22;
    }
    double cell = fmin((double)MAP / s->map_h, (double)MAP / s->map_w), w = cell * s->map_w, h = cell * s->map_h;
    plt_draw_rect(p->scene, LIST, y, w, h, (plt_paint){.fill = 0xf6f6f6, .filled = true});
    for (int r = 0; r <= s->map_h; r++)
        if (cell >= 5 || r == 0 || r == s->map_h)
            plt_draw_line(p->scene, LIST, y + r * cell, LIST + w, y + r * cell, line);
    for (int c = 0; c <= s->map_w; c++)
        if (cell >= 5 || c == 0 || c == s->map_w)
            plt_draw_line(p->scene, LIST + c * cell, y, LIST + c * cell, y + h, line);
    double least = fmax(cell, 4); /* so that it can be seen */
    plt_draw_rect(p->scene, LIST + (s->column + 0.5) * cell - least / 2, y + (s->row + 0.5) * cell - least / 2, least,
                  least, mark);
    plt_draw_textf(p->scene, LIST + w + 10, y + 11, small, "place %d,%d", s->row + 1, s->column + 1);
    plt_draw_textf(p->scene, LIST + w + 10, y + 26, small, "of %dx%d", s->map_h, s->map_w);
    return y + h + 12;
}

static void draw_entry(const picture *p, int i, double y, bool now)
{
    const plt_field_box *b = &p->spec->box[i];
    plt_font font = {.size = 12, .bold = now, .color = now ? PLT_VERMILION : 0};
    if (!p->scene) return;
    plt_draw_text(p->scene, LIST + 12, y + 12, font, plt_text_fit(p->scene->doc, b->name, 12, now, LIST_WIDE - 92));
    font.anchor = PLT_END;
    plt_draw_textf(p->scene, LIST + LIST_WIDE, y + 12, font, "%s%lldx%lld", now ? "sees " : "", (long long)b->rows,
                   (long long)b->cols);
}

/* ---- words ---- */
/* How many lines; without a scene it only counts. */
static int draw_words(plt_scene *scene, double y, const char *text)
{
    int lines = 0;
    for (size_t used; lines < LINES && *text && (used = plt_line_of(text, WORDS, WIDE)) > 0; lines++) {
        plt_draw_textf(scene, LEFT, y + lines * LINE + 12, (plt_font){.size = WORDS}, "%.*s", (int)used, text);
        text += used + (text[used] == ' ');
    }
    return lines;
}

static int most_lines(const plt_fields_spec *s)
{
    int most = 1;
    for (int i = 0; i < s->n; i++) {
        int lines = draw_words(NULL, 0, s->box[i].line);
        if (lines > most) most = lines;
    }
    return most;
}

/* ---- frames ---- */
static void draw_boxes(const picture *p, double list, double words)
{
    const plt_fields_spec *s = p->spec;
    plt_paint halo = {.stroke = 0xffffff | PLT_EXACT, .width = 4, .opacity = 0.8};
    plt_paint past = {.stroke = PLT_BLUE, .width = 1.6}, now = {.stroke = PLT_VERMILION, .width = 3};
    int n = s->animate ? s->n : 1, last = s->n - 1;
    plt_scene_frames(p->scene, n);
    for (int i = 0; i < s->n; i++) { /* under all outlines */
        plt_scene_from(p->scene, i + 1, i + 1);
        if (s->animate || i == last) draw_unseen(p, &s->box[i]);
    }
    for (int i = 0; i < s->n; i++) {
        if (s->animate && i < last) {
            plt_scene_from(p->scene, i + 1, i + 1);
            draw_outline(p, &s->box[i], halo);
            draw_outline(p, &s->box[i], now);
            draw_entry(p, i, list + i * ROW, true);
            draw_words(p->scene, words, s->box[i].line);
            plt_scene_from(p->scene, i + 2, n);
        } else {
            plt_scene_from(p->scene, s->animate ? n : 0, s->animate ? n : 0);
        }
        draw_outline(p, &s->box[i], halo);
        draw_outline(p, &s->box[i], i == last ? now : past);
        draw_entry(p, i, list + i * ROW, i == last);
        if (i == last) draw_words(p->scene, words, s->box[i].line);
    }
    plt_scene_from(p->scene, 0, 0);
}

void plt_fields(plt_doc *doc, const plt_fields_spec *s)
{
    if (s->n < 1) {
        plt_figure_empty(doc, s->title);
        return;
    }
    lg_buf built, plain;
    picture p = {.spec = s, .scene = plt_scene_new(doc, 640, 0), .top = s->title && *s->title ? 40 : 14};
    if (!p.scene) return;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    measure(&p);
    draw_image(&p);
    double list = draw_map(&p, p.top), end = list + s->n * ROW;
    if (has_border(&p)) {
        plt_font small = {.size = 11, .color = 0x555555};
        plt_draw_text(p.scene, LIST + 12, end + 18, small, "hatched: outside of the image");
        end += 22;
    }
    double words = fmax(bottom_of(&p), end) + 10;
    draw_boxes(&p, list, words);
    plt_scene *card = plt_scene_card(doc, ceil(words + LINE * most_lines(s) + 10), s->title);
    plt_draw_scene(card, 0, 0, p.scene);
    for (int i = 0; i < s->n; i++) lg_buf_addf(&plain, "%s%s", i ? "\n" : "", s->box[i].line);
    lg_buf_adds(&built, s->box[s->n - 1].line);
    plt_figure_say(doc, card, s->sentence, &built, &plain);
}
