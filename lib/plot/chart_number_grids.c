/* chart_number_grids.c - numbers in cells, and a window that slides over them. */
#include "lib/plot/block.h"
#include "lib/plot/number_grids.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { LEFT = 16, WIDE = 608, GAP = 20, CAPTION = 18, LINE = 16, LINES = 6, WORDS = 12, SHORT = 7, SUM = 20 };

/* Where a grid lies: its upper left cell, the size of its cells and letters. */
typedef struct place {
    double x, y, w, h, font;
} place;

/* ---- numbers ---- */
/* The shortest text that is exactly this number (in 32 bits, as layers have it), so that what is written out can be
 * computed after; where that is long, four digits. */
void plt_add_cell_number(lg_buf *out, double value)
{
    char text[40];
    value += 0.0; /* -0 is 0 */
    for (int digits = 1; digits <= SHORT && fabs(value) < 1e7; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if ((float)strtod(text, NULL) != (float)value || strchr(text, 'e')) continue;
        if (strlen(text) > SHORT + (size_t)(*text == '-')) break;
        lg_buf_adds(out, text);
        return;
    }
    plt_add_number(out, value);
}

static const char *number(plt_doc *doc, double value)
{
    lg_buf text;
    lg_buf_init(&text, 64);
    plt_add_cell_number(&text, value);
    const char *copy = lg_buf_check(&text, &doc->failed) ? NULL : plt_doc_strdup(doc, lg_buf_str(&text));
    lg_buf_release(&text);
    return copy ? copy : "";
}

static double cell_of(const plt_numbers *g, int row, int col)
{
    return g->cell[(size_t)row * (size_t)g->cols + (size_t)col];
}

static plt_cell_mark mark_of(const plt_numbers *g, int row, int col)
{
    return g->mark ? (plt_cell_mark)g->mark[(size_t)row * (size_t)g->cols + (size_t)col] : PLT_CELL_PLAIN;
}

/* ---- plain text ---- */
static void add_plain(plt_doc *doc, lg_buf *out, const plt_numbers *g)
{
    int widest = 1;
    for (int i = 0; i < g->rows * g->cols; i++) {
        int width = plt_plain_width(number(doc, g->cell[i]));
        if (width > widest) widest = width;
    }
    if (out->len) lg_buf_addc(out, '\n');
    lg_buf_adds(out, g->caption);
    for (int r = 0; r < g->rows; r++) {
        bool won = false;
        lg_buf_addc(out, '\n');
        for (int c = 0; c < g->cols; c++) {
            lg_buf_adds(out, won ? " " : "  ");
            plt_add_padded(out, number(doc, cell_of(g, r, c)), widest, PLT_RIGHT);
            won = mark_of(g, r, c) == PLT_CELL_WON;
            if (won) lg_buf_addc(out, '*');
        }
    }
}

/* ---- places ---- */
static place measure(plt_doc *doc, const plt_numbers *g)
{
    double widest = 0;
    for (int i = 0; i < g->rows * g->cols; i++)
        widest = fmax(widest, plt_text_width(number(doc, g->cell[i]), 12, true));
    place p = {.w = fmax(26, ceil(widest) + 9), .h = 24, .font = 12};
    double most = floor((double)WIDE / g->cols);
    if (p.w > most) {
        p.font = fmax(7, floor(120 * (most - 4) / (widest + 1)) / 10);
        p.font = fmin(p.font, 12);
        p.w = most;
    }
    return p;
}

/* From left to right, then below. */
typedef struct flow {
    double x, y, row; /* row: height of the highest so far */
} flow;

static void flow_break(flow *f)
{
    if (f->x > LEFT) f->y += f->row + 14;
    f->x = LEFT;
    f->row = 0;
}

static place flow_put(plt_doc *doc, flow *f, const plt_numbers *g)
{
    place p = measure(doc, g);
    double width = fmax(p.w * g->cols, plt_text_width(g->caption, 12, true)), height = CAPTION + p.h * g->rows;
    if (f->x > LEFT && f->x + width > LEFT + WIDE) flow_break(f);
    p.x = f->x;
    p.y = f->y + CAPTION;
    f->x += width + GAP;
    f->row = fmax(f->row, height);
    return p;
}

/* ---- drawing ---- */
static void draw_number(plt_scene *scene, const place *p, int row, int col, double value, bool bold)
{
    if (!scene) return;
    plt_draw_text(scene, p->x + (col + 0.5) * p->w, p->y + (row + 0.5) * p->h + p->font * 0.36,
                  (plt_font){.size = p->font, .bold = bold, .anchor = PLT_MIDDLE}, number(scene->doc, value));
}

static void draw_ground(plt_scene *scene, const place *p, int row, int col, plt_cell_mark mark)
{
    uint32_t ink;
    double x = p->x + col * p->w, y = p->y + row * p->h;
    if (mark == PLT_CELL_BORDER) plt_draw_rect(scene, x, y, p->w, p->h, (plt_paint){.fill = 0xe4e4e4, .filled = true});
    else if (mark == PLT_CELL_CHANGED)
        plt_draw_rect(scene, x, y, p->w, p->h,
                      (plt_paint){.fill = plt_tone_fill(PLT_TONE_GOOD, 0.35, &ink), .filled = true});
}

static void draw_ring(plt_scene *scene, const place *p, int row, int col)
{
    plt_draw_rect(scene, p->x + col * p->w + 2.5, p->y + row * p->h + 2.5, p->w - 5, p->h - 5,
                  (plt_paint){.stroke = PLT_BLUE, .width = 2, .radius = 8});
}

static void draw_lines(plt_scene *scene, const place *p, const plt_numbers *g)
{
    plt_paint line = {.stroke = 0xb8b8b8, .width = 1};
    for (int r = 0; r <= g->rows; r++)
        plt_draw_line(scene, p->x, p->y + r * p->h, p->x + g->cols * p->w, p->y + r * p->h, line);
    for (int c = 0; c <= g->cols; c++)
        plt_draw_line(scene, p->x + c * p->w, p->y, p->x + c * p->w, p->y + g->rows * p->h, line);
}

static bool is_bold(const plt_numbers *g, int row, int col, bool winners)
{
    plt_cell_mark mark = mark_of(g, row, col);
    return mark == PLT_CELL_CHANGED || (mark == PLT_CELL_WON && winners);
}

/* Everything but what moves: numbers false leaves the cells empty, winners false their marks for later. */
static void draw_grid(plt_scene *scene, const place *p, const plt_numbers *g, bool numbers, bool winners)
{
    plt_draw_text(scene, p->x, p->y - 6, (plt_font){.size = 12, .bold = true}, g->caption);
    for (int r = 0; r < g->rows; r++)
        for (int c = 0; c < g->cols; c++) draw_ground(scene, p, r, c, mark_of(g, r, c));
    draw_lines(scene, p, g);
    for (int bold = 0; bold < 2 && numbers; bold++) /* one style after the other: they share a group */
        for (int r = 0; r < g->rows; r++)
            for (int c = 0; c < g->cols; c++)
                if (is_bold(g, r, c, winners) == bold) draw_number(scene, p, r, c, cell_of(g, r, c), bold);
    for (int r = 0; r < g->rows && winners; r++)
        for (int c = 0; c < g->cols; c++)
            if (mark_of(g, r, c) == PLT_CELL_WON) draw_ring(scene, p, r, c);
}

static void draw_frame(plt_scene *scene, const place *p, int row, int col, int rows, int cols)
{
    plt_draw_rect(scene, p->x + col * p->w, p->y + row * p->h, cols * p->w, rows * p->h,
                  (plt_paint){.stroke = PLT_VERMILION, .width = 3});
}

void plt_number_grids(plt_doc *doc, const plt_grids_spec *s)
{
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    plt_scene *parts = plt_scene_new(doc, 640, 0);
    flow f = {.x = LEFT, .y = s->title && *s->title ? 40 : 12};
    for (int i = 0; i < s->n; i++) {
        place p = flow_put(doc, &f, &s->grid[i]);
        draw_grid(parts, &p, &s->grid[i], true, true);
        add_plain(doc, &plain, &s->grid[i]);
    }
    plt_scene *card = plt_scene_card(doc, ceil(f.y + f.row + 16), s->title);
    plt_draw_scene(card, 0, 0, parts);
    lg_buf_addf(&built, "%d grids of numbers", s->n);
    plt_figure_say(doc, card, s->sentence, &built, &plain);
}

/* ---- the sliding window ---- */
typedef struct slide {
    const plt_slide_spec *spec;
    plt_scene *scene;
    place in[PLT_SLIDE_CHANNELS], kernel[PLT_SLIDE_CHANNELS], products[PLT_SLIDE_CHANNELS], out;
    double text; /* top of the lines below */
    bool moves, shows_products;
} slide;

/* So many numbers in all frames together leave room for the rest of an output. */
enum { MOST_PRODUCTS = 2500 };

static void decide(slide *m)
{
    const plt_slide_spec *s = m->spec;
    int positions = s->out.rows * s->out.cols;
    m->moves = s->animate && plt_slide_moves(s->out.rows, s->out.cols);
    m->shows_products =
        s->kernel && (!m->moves || positions * s->window_h * s->window_w * s->channels <= MOST_PRODUCTS);
}

static int gap(int dilation)
{
    return dilation > 1 ? dilation : 1;
}

/* Products as a grid of their own; their cells are measured for the longest of all positions. */
static plt_numbers products_at(plt_doc *doc, const plt_slide_spec *s, int channel, int row, int col)
{
    size_t cells = (size_t)s->window_h * (size_t)s->window_w;
    double *cell = plt_doc_alloc(doc, cells, sizeof *cell);
    plt_numbers g = {.caption = "products", .rows = cell ? s->window_h : 0, .cols = s->window_w, .cell = cell};
    for (int i = 0; i < g.rows; i++)
        for (int j = 0; j < g.cols; j++)
            cell[i * g.cols + j] = cell_of(&s->in[channel], row * s->stride_h + i * gap(s->dilation_h),
                                           col * s->stride_w + j * gap(s->dilation_w)) *
                                   cell_of(&s->kernel[channel], i, j);
    return g;
}

static plt_numbers longest_products(plt_doc *doc, const plt_slide_spec *s, int channel)
{
    plt_numbers longest = {0};
    double widest = -1;
    for (int i = 0; i < s->out.rows * s->out.cols; i++) {
        plt_numbers g = products_at(doc, s, channel, i / s->out.cols, i % s->out.cols);
        double width = g.rows ? measure(doc, &g).w : 0;
        if (width > widest) longest = g;
        widest = fmax(widest, width);
    }
    return longest;
}

/* The grid that a channel's sum stands below. */
static const place *summed_at(const slide *m, int channel)
{
    return m->shows_products ? &m->products[channel] : &m->kernel[channel];
}

static void put_channel(slide *m, flow *f, int c)
{
    const plt_slide_spec *s = m->spec;
    plt_doc *doc = m->scene->doc;
    m->in[c] = flow_put(doc, f, &s->in[c]);
    draw_grid(m->scene, &m->in[c], &s->in[c], true, !m->moves);
    if (s->kernel) {
        m->kernel[c] = flow_put(doc, f, &s->kernel[c]);
        draw_grid(m->scene, &m->kernel[c], &s->kernel[c], true, false);
    }
    if (m->shows_products) {
        plt_numbers products = longest_products(doc, s, c);
        if (!products.rows) return;
        m->products[c] = flow_put(doc, f, &products);
        draw_grid(m->scene, &m->products[c], &products, false, false);
    }
    if (s->channels < 2) return;
    if (s->kernel) f->row = fmax(f->row, summed_at(m, c)->y - f->y + s->window_h * summed_at(m, c)->h + SUM);
    flow_break(f);
}

/* What each of several channels adds, below its products. */
static void draw_sums(const slide *m, int row, int col)
{
    const plt_slide_spec *s = m->spec;
    for (int k = 0; k < s->channels && s->channels > 1 && s->kernel; k++) {
        const place *p = summed_at(m, k);
        double sum = 0;
        for (int i = 0; i < s->window_h * s->window_w; i++)
            sum += cell_of(&s->in[k], row * s->stride_h + i / s->window_w * gap(s->dilation_h),
                           col * s->stride_w + i % s->window_w * gap(s->dilation_w)) *
                   s->kernel[k].cell[i];
        plt_draw_textf(m->scene, p->x, p->y + s->window_h * p->h + SUM - 4, (plt_font){.size = WORDS, .bold = true},
                       "%ssum %s", k ? "+ " : "", number(m->scene->doc, sum));
    }
}

static void draw_outlines(const slide *m)
{
    const plt_slide_spec *s = m->spec;
    plt_paint line = {.stroke = PLT_INK, .width = 2};
    for (int r = 0; r < s->out.rows; r++)
        for (int c = 0; c < s->out.cols; c++)
            for (int k = 0; k < s->channels; k++)
                plt_draw_rect(m->scene, m->in[k].x + c * s->stride_w * m->in[k].w,
                              m->in[k].y + r * s->stride_h * m->in[k].h, s->window_w * m->in[k].w,
                              s->window_h * m->in[k].h, line);
}

/* How the number arises, over at most LINES lines; returns how many. Without a scene it only counts. */
static int draw_words(plt_scene *scene, double y, const char *text)
{
    int lines = 0;
    for (size_t used; lines < LINES && *text && (used = plt_line_of(text, WORDS, WIDE)) > 0; lines++) {
        bool more = lines == LINES - 1 && text[used];
        plt_draw_textf(scene, LEFT, y + lines * LINE + 12, (plt_font){.size = WORDS}, "%.*s%s", (int)used, text,
                       more ? " …" : "");
        text += used + (text[used] == ' ');
    }
    return lines;
}

static int most_lines(const slide *m)
{
    const plt_slide_spec *s = m->spec;
    int most = 1, n = s->out.rows * s->out.cols;
    for (int i = 0; i < n; i++) {
        int lines = m->moves || i == s->at ? draw_words(NULL, 0, s->line[i]) : 1;
        if (lines > most) most = lines;
    }
    return most;
}

/* The first of the marked cells that is the result of this window: windows that overlap hold winners of others too. */
static void draw_winner(const slide *m, int row, int col)
{
    const plt_slide_spec *s = m->spec;
    for (int i = 0; i < s->window_h * s->window_w; i++) {
        int y = row * s->stride_h + i / s->window_w, x = col * s->stride_w + i % s->window_w;
        bool won = mark_of(&s->in[0], y, x) == PLT_CELL_WON &&
                   (float)cell_of(&s->in[0], y, x) == (float)cell_of(&s->out, row, col);
        if (!won) continue;
        draw_ring(m->scene, &m->in[0], y, x);
        return;
    }
}

/* With gaps each number has a frame of its own, and a dashed line around all says what they span. */
static void draw_window(const slide *m, const place *p, int row, int col)
{
    const plt_slide_spec *s = m->spec;
    int down = gap(s->dilation_h), across = gap(s->dilation_w);
    if (down == 1 && across == 1) {
        draw_frame(m->scene, p, row, col, s->window_h, s->window_w);
        return;
    }
    plt_draw_rect(m->scene, p->x + col * p->w, p->y + row * p->h, ((s->window_w - 1) * across + 1) * p->w,
                  ((s->window_h - 1) * down + 1) * p->h, (plt_paint){.stroke = PLT_VERMILION, .width = 1.5, .dash = 4});
    for (int i = 0; i < s->window_h * s->window_w; i++)
        draw_frame(m->scene, p, row + i / s->window_w * down, col + i % s->window_w * across, 1, 1);
}

static void draw_position(const slide *m, int i)
{
    const plt_slide_spec *s = m->spec;
    int row = i / s->out.cols, col = i % s->out.cols;
    for (int k = 0; k < s->channels && m->shows_products; k++) {
        plt_numbers products = products_at(m->scene->doc, s, k, row, col);
        for (int p = 0; p < products.rows * products.cols; p++)
            draw_number(m->scene, &m->products[k], p / products.cols, p % products.cols, products.cell[p], false);
    }
    for (int k = 0; k < s->channels; k++) draw_window(m, &m->in[k], row * s->stride_h, col * s->stride_w);
    draw_frame(m->scene, &m->out, row, col, 1, 1);
    draw_sums(m, row, col);
    draw_words(m->scene, m->text, s->line[i]);
}

static void draw_moves(const slide *m)
{
    const plt_slide_spec *s = m->spec;
    int n = s->out.rows * s->out.cols;
    plt_scene_frames(m->scene, n);
    for (int i = 0; i < n; i++) {
        plt_scene_from(m->scene, i + 1, n);
        draw_number(m->scene, &m->out, i / s->out.cols, i % s->out.cols, s->out.cell[i], false);
        draw_winner(m, i / s->out.cols, i % s->out.cols);
        plt_scene_from(m->scene, i + 1, i + 1);
        draw_position(m, i);
    }
    plt_scene_from(m->scene, 0, 0);
}

void plt_slide(plt_doc *doc, const plt_slide_spec *s)
{
    lg_buf built, plain;
    slide m = {.spec = s, .scene = plt_scene_new(doc, 640, 0)};
    if (!m.scene) return;
    decide(&m);
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    flow f = {.x = LEFT, .y = s->title && *s->title ? 40 : 12};
    for (int c = 0; c < s->channels; c++) {
        put_channel(&m, &f, c);
        add_plain(doc, &plain, &s->in[c]);
        if (s->kernel) add_plain(doc, &plain, &s->kernel[c]);
    }
    if (s->outline) draw_outlines(&m);
    m.out = flow_put(doc, &f, &s->out);
    draw_grid(m.scene, &m.out, &s->out, !m.moves, false);
    add_plain(doc, &plain, &s->out);
    m.text = f.y + f.row + 14;
    if (m.moves) draw_moves(&m);
    else draw_position(&m, s->at);
    plt_scene *card = plt_scene_card(doc, ceil(m.text + LINE * most_lines(&m) + 12), s->title);
    plt_draw_scene(card, 0, 0, m.scene);
    lg_buf_addf(&built, "%s at %d,%d: %s", s->out.caption, s->at / s->out.cols + 1, s->at % s->out.cols + 1,
                s->line[s->at]);
    plt_figure_say(doc, card, s->sentence, &built, &plain);
}
