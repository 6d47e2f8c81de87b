/* backend_svg.c - a scene as SVG 1.1, small: neighbours of one style share an element or a group.
 *
 * The file runs nothing and loads nothing: shapes, text, and pictures as data URIs. Text stays text, so it can be
 * selected, and is set in the reader's own sans serif. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

/* At most one decimal, no trailing zero: 12.5, 12, 0. */
static void add_num(lg_buf *out, double v)
{
    long tenths = lround(v * 10);
    if (tenths % 10) lg_buf_addf(out, "%s%ld.%ld", tenths < 0 ? "-" : "", labs(tenths) / 10, labs(tenths) % 10);
    else lg_buf_addf(out, "%ld", tenths / 10);
}

static void add_attr(lg_buf *out, const char *name, double v)
{
    lg_buf_addf(out, " %s=\"", name);
    add_num(out, v);
    lg_buf_addc(out, '"');
}

static void add_color(lg_buf *out, const char *name, uint32_t c)
{
    c = plt_look_color(c);
    uint32_t r = c >> 16 & 255, g = c >> 8 & 255, b = c & 255;
    if (r % 17 == 0 && g % 17 == 0 && b % 17 == 0) lg_buf_addf(out, " %s=\"#%x%x%x\"", name, r / 17, g / 17, b / 17);
    else lg_buf_addf(out, " %s=\"#%06x\"", name, c);
}

static void add_paint(lg_buf *out, const plt_paint *p)
{
    if (p->filled) add_color(out, "fill", p->fill);
    else lg_buf_adds(out, " fill=\"none\"");
    if (p->width > 0) {
        add_color(out, "stroke", p->stroke);
        if (p->width != 1) add_attr(out, "stroke-width", p->width);
        if (p->dash > 0) add_attr(out, "stroke-dasharray", p->dash);
    }
    if (p->opacity > 0 && p->opacity < 1) lg_buf_addf(out, " opacity=\"%.2g\"", p->opacity);
}

/* A coordinate in tenths, written as short as the path grammar allows: a minus sign separates by itself. */
static void add_tenths(lg_buf *out, long tenths, bool first)
{
    long size = labs(tenths);
    if (tenths < 0) lg_buf_addc(out, '-');
    else if (!first) lg_buf_addc(out, ' ');
    if (size % 10 == 0) lg_buf_addf(out, "%ld", size / 10);
    else if (size < 10) lg_buf_addf(out, ".%ld", size);
    else lg_buf_addf(out, "%ld.%ld", size / 10, size % 10);
}

/* Steps are relative to the rounded point before, so that rounding does not add up. */
static void add_path_data(lg_buf *out, const plt_shape *s)
{
    bool down = false, steps = false;
    long x = 0, y = 0;
    for (int i = 0; i < s->n; i++) {
        if (!isfinite(s->xy[2 * i]) || !isfinite(s->xy[2 * i + 1])) {
            down = false;
            continue;
        }
        long nx = lround(s->xy[2 * i] * 10), ny = lround(s->xy[2 * i + 1] * 10);
        if (!down) lg_buf_addc(out, 'M');
        else if (!steps) lg_buf_addc(out, ny == y ? 'h' : nx == x ? 'v' : 'l');
        bool flat = down && !steps && ny == y, upright = down && !steps && !flat && nx == x;
        if (!upright) add_tenths(out, down ? nx - x : nx, !down || !steps);
        if (!flat) add_tenths(out, down ? ny - y : ny, upright);
        steps = down && !flat && !upright;
        down = true;
        x = nx;
        y = ny;
    }
    if (s->closed) lg_buf_addc(out, 'z');
}

static bool same_paint(const plt_paint *a, const plt_paint *b)
{
    return a->filled == b->filled && a->fill == b->fill && a->stroke == b->stroke && a->width == b->width &&
           a->dash == b->dash && a->opacity == b->opacity && a->radius == b->radius;
}

static bool same_frames(const plt_shape *a, const plt_shape *b)
{
    return a->from == b->from && a->until == b->until && a->frames == b->frames;
}

/* Open lines of one style become one path. Returns the last shape used. */
static const plt_shape *add_path(lg_buf *out, const plt_shape *s)
{
    lg_buf_adds(out, "<path d=\"");
    add_path_data(out, s);
    while (!s->closed && !s->paint.filled && s->next && s->next->kind == PLT_SHAPE_PATH && !s->next->closed &&
           same_frames(s, s->next) && same_paint(&s->paint, &s->next->paint)) {
        s = s->next;
        add_path_data(out, s);
    }
    lg_buf_addc(out, '"');
    add_paint(out, &s->paint);
    lg_buf_adds(out, "/>");
    return s;
}

static void add_rect(lg_buf *out, const plt_shape *s)
{
    lg_buf_adds(out, "<rect");
    add_attr(out, "x", s->x);
    add_attr(out, "y", s->y);
    add_attr(out, "width", s->w);
    add_attr(out, "height", s->h);
    if (s->paint.radius > 0) add_attr(out, "rx", s->paint.radius);
    add_paint(out, &s->paint);
    lg_buf_adds(out, "/>");
}

static bool same_font(const plt_font *a, const plt_font *b)
{
    return a->size == b->size && a->bold == b->bold && a->halo == b->halo && a->mono == b->mono &&
           a->anchor == b->anchor && a->color == b->color;
}

static void add_font(lg_buf *out, const plt_font *f)
{
    if (f->size != 12) add_attr(out, "font-size", f->size);
    if (f->bold) lg_buf_adds(out, " font-weight=\"600\"");
    if (f->mono) lg_buf_adds(out, " font-family=\"Menlo,Consolas,'DejaVu Sans Mono',monospace\"");
    if (f->anchor) lg_buf_addf(out, " text-anchor=\"%s\"", f->anchor == PLT_END ? "end" : "middle");
    if (f->color != PLT_INK) add_color(out, "fill", f->color);
    if (f->halo) {
        add_color(out, "stroke", PLT_PAPER);
        lg_buf_adds(out, " stroke-width=\"3\" paint-order=\"stroke\"");
    }
}

static void add_text(lg_buf *out, const plt_shape *s, bool grouped)
{
    lg_buf_adds(out, "<text");
    add_attr(out, "x", round(s->x));
    add_attr(out, "y", round(s->y));
    if (!grouped) add_font(out, &s->font);
    if (s->font.turn != 0) {
        lg_buf_adds(out, " transform=\"rotate(");
        add_num(out, s->font.turn);
        lg_buf_addc(out, ' ');
        add_num(out, s->x);
        lg_buf_addc(out, ' ');
        add_num(out, s->y);
        lg_buf_adds(out, ")\"");
    }
    lg_buf_addc(out, '>');
    plt_xml_text(out, s->text);
    lg_buf_adds(out, "</text>");
}

/* Texts of one style share a group. Returns the last shape used. */
static const plt_shape *add_texts(lg_buf *out, const plt_shape *s)
{
    const plt_shape *n = s->next;
    bool group = n && n->kind == PLT_SHAPE_TEXT && same_frames(s, n) && same_font(&s->font, &n->font);
    if (group) {
        lg_buf_adds(out, "<g");
        add_font(out, &s->font);
        lg_buf_addc(out, '>');
    }
    add_text(out, s, group);
    while (group && s->next && s->next->kind == PLT_SHAPE_TEXT && same_frames(s, s->next) &&
           same_font(&s->font, &s->next->font)) {
        s = s->next;
        add_text(out, s, true);
    }
    if (group) lg_buf_adds(out, "</g>");
    return s;
}

static void add_circle(lg_buf *out, const plt_shape *s)
{
    lg_buf_adds(out, "<circle");
    add_attr(out, "cx", s->x);
    add_attr(out, "cy", s->y);
    add_attr(out, "r", s->w);
    add_paint(out, &s->paint);
    lg_buf_adds(out, "/>");
}

/* A picture that cannot be encoded leaves its frame empty. */
static void add_image(lg_buf *out, const plt_shape *s, const plt_options *options)
{
    lg_buf bytes;
    lg_err err = {0};
    const char *mime = options->encode ? options->encode_mime : "image/png";
    lg_buf_init(&bytes, 0);
    lg_status st = options->encode ? options->encode(options->encode_ctx, s->rgb, s->pixel_w, s->pixel_h, &bytes, &err)
                                   : plt_png_pixels(s->rgb, s->pixel_w, s->pixel_h, &bytes, &err);
    if (st == LG_OK && bytes.failed == LG_OK) {
        lg_buf_adds(out, "<image");
        add_attr(out, "x", s->x);
        add_attr(out, "y", s->y);
        add_attr(out, "width", s->w);
        add_attr(out, "height", s->h);
        lg_buf_addf(out, " style=\"image-rendering:pixelated\" href=\"data:%s;base64,", mime);
        lg_buf_base64(out, lg_buf_str(&bytes), bytes.len);
        lg_buf_adds(out, "\"/>");
    }
    lg_buf_release(&bytes);
}

/* ---- frames ---- */
/* The last frame stays as long as three, so that the end can be seen. */
enum { HOLD = 3 };

/* Readers that play nothing see the attribute: the last frame. */
static void open_frames(lg_buf *out, const plt_shape *s)
{
    double all = s->frames + HOLD, from = (s->from - 1) / all, until = s->until / all;
    bool starts = s->from == 1, stays = s->until == s->frames;
    lg_buf_adds(out, stays ? "<g>" : "<g visibility=\"hidden\">");
    if (starts && stays) return;
    lg_buf_addf(out, "<animate attributeName=\"visibility\" calcMode=\"discrete\" dur=\"%.1fs\" "
                     "repeatCount=\"indefinite\" values=\"%s%s%s\" keyTimes=\"0",
                all * PLT_FRAME_SECONDS, starts ? "" : "hidden;", "visible", stays ? "" : ";hidden");
    if (!starts) lg_buf_addf(out, ";%.4f", from);
    if (!stays) lg_buf_addf(out, ";%.4f", until);
    lg_buf_adds(out, "\"/>");
}

static const plt_shape *add_shape(lg_buf *out, const plt_shape *s, const plt_options *options)
{
    switch (s->kind) {
    case PLT_SHAPE_PATH: return add_path(out, s);
    case PLT_SHAPE_TEXT: return add_texts(out, s);
    case PLT_SHAPE_IMAGE: add_image(out, s, options); break;
    case PLT_SHAPE_RECT: add_rect(out, s); break;
    case PLT_SHAPE_CIRCLE: add_circle(out, s); break;
    }
    return s;
}

void plt_svg_render(const plt_scene *scene, const plt_options *options, lg_buf *out)
{
    lg_buf_addf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
                "font-family=\"system-ui,Arial,sans-serif\" font-size=\"12\"",
                scene->width, scene->height, scene->width, scene->height);
    add_color(out, "fill", PLT_INK);
    lg_buf_adds(out, " stroke-linejoin=\"round\">");
    for (const plt_shape *s = scene->first, *before = NULL; s; before = s, s = s->next) {
        bool begins = s->from && !(before && same_frames(before, s));
        if (before && before->from && !same_frames(before, s)) lg_buf_adds(out, "</g>");
        if (begins) open_frames(out, s);
        s = add_shape(out, s, options);
    }
    if (scene->last && scene->last->from) lg_buf_adds(out, "</g>");
    lg_buf_adds(out, "</svg>");
}
