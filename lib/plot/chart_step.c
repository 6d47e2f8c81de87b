/* chart_step.c - one step of learning: three rows of boxes, forward, back and update, position after position. */
#include "lib/plot/block.h"
#include "lib/plot/learning.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { LEFT = 16, WIDE = 608, BOX = 46, ROW = 66, GAP = 11, LETTERS = 10, WORDS = 13 };

typedef struct flow {
    plt_doc *doc;
    plt_scene *scene;
    const plt_step_spec *s;
    double top, step, box_w; /* first row; from box to box */
    double letters;
    int frames; /* 0: nothing moves */
} flow;

/* What follows is there from this position on; with `only`, in this one alone. */
static void at_frame(const flow *f, int frame, bool only)
{
    if (f->frames) plt_scene_from(f->scene, frame, only ? frame : f->frames);
}

static void always(const flow *f)
{
    plt_scene_from(f->scene, 0, 0);
}

static double column_x(const flow *f, int column)
{
    return LEFT + column * f->step;
}

static double row_y(const flow *f, int row)
{
    return f->top + row * ROW;
}

static void number(char out[24], double value)
{
    snprintf(out, 24, "%.3g", value);
}

/* Two lines of text in the middle of a box. */
static void write_box(const flow *f, int column, int row, const char *above, const char *below, uint32_t color)
{
    double x = column_x(f, column) + f->box_w / 2, y = row_y(f, row);
    const plt_font bold = {.size = f->letters, .bold = true, .anchor = PLT_MIDDLE, .color = color};
    const plt_font plain = {.size = f->letters, .anchor = PLT_MIDDLE, .color = color};
    if (!f->scene) return;
    plt_draw_text(f->scene, x, y + 20, bold, plt_text_fit(f->doc, above, f->letters, true, f->box_w - 2));
    plt_draw_text(f->scene, x, y + 34, plain, plt_text_fit(f->doc, below, f->letters, false, f->box_w - 2));
}

static void draw_box(const flow *f, int column, int row, uint32_t color, double shade)
{
    plt_draw_rect(
        f->scene, column_x(f, column), row_y(f, row), f->box_w, BOX,
        (plt_paint){
            .fill = plt_mix(PLT_PAPER, color, shade), .filled = true, .stroke = color, .width = 1.2, .radius = 4});
}

/* The box this position is about. */
static void ring(const flow *f, int frame, int column, int row, uint32_t color)
{
    if (!f->frames) return;
    at_frame(f, frame, true);
    plt_draw_rect(f->scene, column_x(f, column) - 2.5, row_y(f, row) - 2.5, f->box_w + 5, BOX + 5,
                  (plt_paint){.stroke = color, .width = 3, .radius = 6});
    always(f);
}

/* From the middle of one side to the middle of the next box, with a head. */
static void arrow(const flow *f, int column, int row, bool back, uint32_t color)
{
    double gap = f->step - f->box_w, x = column_x(f, column) + f->box_w, y = row_y(f, row) + BOX / 2.0;
    double image = column == 0 && f->s->rgb ? f->box_w - fmin(f->box_w, BOX) : 0; /* which is narrower than a box */
    double from = back ? x + gap - 1 : x + 1 - image, to = back ? x + 1 : x + gap - 1, head = back ? 4 : -4;
    const plt_paint line = {.stroke = color, .width = 1.5};
    plt_draw_path(f->scene, (const double[]){from, y, to, y, NAN, NAN, to + head, y - 3.5, to, y, to + head, y + 3.5},
                  6, false, line);
}

static void down(const flow *f, int column, int row, uint32_t color)
{
    double x = column_x(f, column) + f->box_w / 2, from = row_y(f, row) + BOX + 1, to = row_y(f, row + 1) - 1;
    plt_draw_path(f->scene, (const double[]){x, from, x, to, NAN, NAN, x - 3.5, to - 4, x, to, x + 3.5, to - 4}, 6,
                  false, (plt_paint){.stroke = color, .width = 1.5});
}

/* ---- the rows ---- */
static void draw_image(const flow *f)
{
    const plt_step_spec *s = f->s;
    double side = fmin(f->box_w, BOX), x = column_x(f, 0), y = row_y(f, 0);
    size_t bytes = s->rgb ? (size_t)s->pixel_w * (size_t)s->pixel_h * 3 : 0;
    uint8_t *copy = bytes ? plt_doc_alloc(f->doc, bytes, 1) : NULL;
    if (!copy) {
        draw_box(f, 0, 0, PLT_GREY, 0.1);
        write_box(f, 0, 0, "image", "", PLT_INK);
        return;
    }
    memcpy(copy, s->rgb, bytes);
    double longer = s->pixel_w > s->pixel_h ? s->pixel_w : s->pixel_h;
    double w = side * s->pixel_w / longer, h = side * s->pixel_h / longer;
    plt_draw_image(f->scene, x + (side - w) / 2, y + (side - h) / 2, w, h, copy, s->pixel_w, s->pixel_h);
}

static void draw_forward(const flow *f)
{
    const plt_step_spec *s = f->s;
    char text[24];
    draw_image(f);
    for (int i = 0; i <= s->n; i++) {
        int frame = i + 1, column = i + 1;
        uint32_t color = i == s->n ? PLT_PURPLE : PLT_BLUE;
        at_frame(f, frame, false);
        arrow(f, i, 0, false, PLT_BLUE);
        draw_box(f, column, 0, color, i < s->n && s->box[i].gap ? 0.05 : 0.2);
        if (i < s->n && s->box[i].frozen && !s->box[i].gap)
            plt_draw_hatch(f->scene, column_x(f, column), row_y(f, 0), f->box_w, 8,
                           (plt_paint){.stroke = PLT_GREY, .width = 1});
        number(text, s->loss);
        write_box(f, column, 0, i == s->n ? "loss" : s->box[i].name, i == s->n ? text : s->box[i].size, PLT_INK);
        always(f);
        ring(f, frame, column, 0, color);
    }
}

static void draw_back(const flow *f)
{
    const plt_step_spec *s = f->s;
    char text[24];
    at_frame(f, s->n + 2, false);
    down(f, s->n + 1, 0, PLT_VERMILION);
    draw_box(f, s->n + 1, 1, PLT_VERMILION, 0.08);
    write_box(f, s->n + 1, 1, "slope", "of the loss", PLT_INK);
    always(f);
    for (int i = s->n - 1; i >= 0; i--) {
        const plt_step_box *b = &s->box[i];
        int frame = 2 * s->n + 1 - i;
        at_frame(f, frame, false);
        bool reached = b->gap ? !b->frozen : isfinite(b->gradient);
        if (reached) arrow(f, i + 1, 1, true, PLT_VERMILION);
        draw_box(f, i + 1, 1, reached ? PLT_VERMILION : PLT_GREY, b->asked ? 0.25 : 0.08);
        if (isfinite(b->gradient)) number(text, b->gradient);
        else snprintf(text, sizeof text, "%s", b->gap ? "…" : "none");
        write_box(f, i + 1, 1, text, b->gap ? "" : "gradient", PLT_INK);
        always(f);
        ring(f, frame, i + 1, 1, PLT_VERMILION);
    }
}

static void draw_update(const flow *f)
{
    const plt_step_spec *s = f->s;
    char text[24];
    int frame = 2 * s->n + 2;
    at_frame(f, frame, false);
    for (int i = 0; i < s->n; i++) {
        const plt_step_box *b = &s->box[i];
        bool moves = isfinite(b->update);
        if (moves) down(f, i + 1, 1, PLT_GREEN);
        draw_box(f, i + 1, 2, moves ? PLT_GREEN : PLT_GREY, b->asked ? 0.3 : 0.12);
        if (moves) number(text, b->update);
        else snprintf(text, sizeof text, "%s", b->gap ? "…" : b->frozen ? "frozen" : "");
        write_box(f, i + 1, 2, text, moves ? "update" : "", PLT_INK);
    }
    always(f);
    for (int i = 0; i < s->n; i++) ring(f, frame, i + 1, 2, PLT_GREEN);
    at_frame(f, frame + 1, false);
    arrow(f, s->n, 2, false, PLT_BLUE);
    draw_box(f, s->n + 1, 2, s->loss_after > s->loss ? PLT_VERMILION : PLT_BLUE, 0.25);
    number(text, s->loss_after);
    write_box(f, s->n + 1, 2, "loss again", text, PLT_INK);
    always(f);
    ring(f, frame + 1, s->n + 1, 2, PLT_PURPLE);
}

static void draw_words(const flow *f)
{
    static const char *const rows[] = {"forward", "back", "update"};
    static const uint32_t color[] = {PLT_BLUE, PLT_VERMILION, PLT_GREEN};
    int n = plt_step_frames(f->s->n);
    double y = row_y(f, 3) + 4;
    for (int row = 0; row < 3; row++)
        plt_draw_text(f->scene, column_x(f, 0), row ? row_y(f, row) + BOX / 2.0 + 4 : row_y(f, 0) - 6,
                      (plt_font){.size = 12, .bold = true, .color = color[row]}, rows[row]);
    for (int i = f->frames ? 0 : n - 1; i < n && f->scene; i++) {
        at_frame(f, i + 1, i + 1 < n);
        plt_draw_text(f->scene, LEFT, y, (plt_font){.size = WORDS},
                      plt_text_fit(f->doc, f->s->line[i], WORDS, false, WIDE));
        always(f);
    }
}

/* ---- plain text ---- */
static void plain_cell(lg_buf *out, double value, const char *otherwise, int width)
{
    char text[24];
    if (isfinite(value)) number(text, value);
    plt_add_padded(out, isfinite(value) ? text : otherwise, width, PLT_RIGHT);
}

static void add_plain(lg_buf *out, const plt_step_spec *s)
{
    int name = 5, size = 7;
    char before[24], after[24];
    for (int i = 0; i < s->n; i++) {
        int w = plt_plain_width(s->box[i].name), v = plt_plain_width(s->box[i].size);
        name = w > name ? w : name, size = v > size ? v : size;
    }
    plt_add_padded(out, "layer", name + 2, PLT_LEFT);
    plt_add_padded(out, "forward", size, PLT_RIGHT);
    plt_add_padded(out, "gradient", 11, PLT_RIGHT);
    plt_add_padded(out, "update", 11, PLT_RIGHT);
    for (int i = 0; i < s->n; i++) {
        const plt_step_box *b = &s->box[i];
        lg_buf_addc(out, '\n');
        plt_add_padded(out, b->name, name + 2, PLT_LEFT);
        plt_add_padded(out, b->size, size, PLT_RIGHT);
        plain_cell(out, b->gradient, b->gap ? "…" : "none", 11);
        plain_cell(out, b->update, b->gap ? "…" : b->frozen ? "frozen" : "none", 11);
    }
    number(before, s->loss), number(after, s->loss_after);
    lg_buf_addf(out, "\nloss %s, again %s", before, after);
}

void plt_step(plt_doc *doc, const plt_step_spec *s)
{
    if (s->n < 1 || s->n > PLT_STEP_BOXES) {
        plt_figure_empty(doc, s->title);
        return;
    }
    flow f = {.doc = doc, .s = s, .top = s->title && *s->title ? 62 : 34};
    f.box_w = fmin((double)(WIDE - (s->n + 1) * GAP) / (s->n + 2), 86);
    f.letters = f.box_w < 62 ? LETTERS - 1 : LETTERS;
    f.step = (WIDE - f.box_w) / (s->n + 1); /* the last box ends at the right edge */
    f.frames = s->animate ? plt_step_frames(s->n) : 0;
    f.scene = plt_scene_card(doc, f.top + 3 * ROW + 22, s->title);
    plt_scene_frames(f.scene, f.frames);
    draw_forward(&f);
    draw_back(&f);
    draw_update(&f);
    draw_words(&f);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    lg_buf_addf(&built, "Loss %.3g to %.3g", s->loss, s->loss_after);
    add_plain(&plain, s);
    plt_figure_say(doc, f.scene, s->sentence, &built, &plain);
}
