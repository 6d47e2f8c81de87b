/* chart_stations.c - stations side by side, as many in a row as the card holds. */
#include "lib/plot/block.h"
#include "lib/plot/stations.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum {
    WIDE = 880,
    PER_ROW = 3,
    LEFT = 14,
    STEP = (WIDE - 2 * LEFT) / PER_ROW,
    INNER = STEP - 22,
    HIGH = 172,
    PICTURES = 56,
    TILE = 62,
    ROW = 17
};

/* ---- one station ---- */
static void draw_tiles(plt_scene *scene, const plt_station *s, double x, double y)
{
    plt_font small = {.size = 10, .anchor = PLT_MIDDLE, .color = 0x555555};
    for (int i = 0; i < s->tiles; i++, x += TILE + 3) {
        const plt_tile *t = &s->tile[i];
        size_t bytes = (size_t)t->h * (size_t)t->w * 3;
        double longer = t->h > t->w ? t->h : t->w, h = TILE * t->h / longer, w = TILE * t->w / longer;
        double left = x + (TILE - w) / 2, top = y + (TILE - h) / 2;
        uint8_t *copy = plt_doc_alloc(scene->doc, bytes, 1);
        if (!copy) return;
        memcpy(copy, t->rgb, bytes);
        plt_draw_image(scene, left, top, w, h, copy, t->w, t->h);
        plt_draw_rect(scene, left, top, w, h, (plt_paint){.stroke = 0xb8b8b8, .width = 1});
        plt_draw_text(scene, x + TILE / 2.0, y + TILE + 13, small, t->name);
    }
}

static int bars_of(const plt_station *s)
{
    return s->numbers < PLT_STATION_BARS ? s->numbers : PLT_STATION_BARS;
}

static void extremes(const plt_station *s, double *low, double *high)
{
    *low = *high = 0;
    for (int i = 0; i < bars_of(s); i++) {
        if (!isfinite(s->number[i])) continue;
        *low = fmin(*low, s->number[i]), *high = fmax(*high, s->number[i]);
    }
}

/* Bars from a common zero: blue above, vermilion below. */
static void draw_numbers(plt_scene *scene, const plt_station *s, double x, double y)
{
    double low, high, high_px = TILE;
    int n = bars_of(s);
    extremes(s, &low, &high);
    double span = high - low > 0 ? high - low : 1, step = fmin(24, (double)INNER / n), zero = y + high_px * high / span;
    for (int i = 0; i < n; i++) {
        double v = isfinite(s->number[i]) ? s->number[i] : 0, h = fabs(v) / span * high_px;
        plt_draw_rect(scene, x + i * step, v > 0 ? zero - h : zero, fmax(1, step - (step > 4 ? 2 : 0.5)), h,
                      (plt_paint){.fill = v > 0 ? PLT_BLUE : PLT_VERMILION, .filled = true});
    }
    plt_draw_line(scene, x, zero, x + n * step, zero, (plt_paint){.stroke = 0x767676, .width = 1});
    plt_font small = {.size = 10, .color = 0x555555};
    if (n < s->numbers)
        plt_draw_textf(scene, x, y + TILE + 13, small, "the first %d of %s numbers, in order", n,
                       lg_thousands(s->numbers));
    else plt_draw_textf(scene, x, y + TILE + 13, small, n == 1 ? "its number" : "its %d numbers, in order", n);
}

static void draw_shares(plt_scene *scene, const plt_station *s, double x, double y)
{
    enum { NAMES = 96, BARS = 96 };
    for (int i = 0; i < s->bars; i++, y += ROW) {
        const plt_share_bar *b = &s->bar[i];
        plt_font font = {.size = 11, .bold = b->said};
        plt_draw_text(scene, x, y + 12, font, plt_text_fit(scene->doc, b->name, 11, b->said, NAMES - 6));
        plt_draw_rect(scene, x + NAMES, y + 3, fmax(1, BARS * plt_clamp01(b->share)), ROW - 6,
                      (plt_paint){.fill = b->wrong ? PLT_VERMILION : PLT_BLUE, .filled = true});
        lg_buf text;
        lg_buf_init(&text, 64);
        plt_add_percent(&text, b->share);
        if (b->label) lg_buf_adds(&text, b->said ? " right" : " its label");
        plt_draw_text(scene, x + NAMES + fmax(1, BARS * plt_clamp01(b->share)) + 4, y + 12, font, lg_buf_str(&text));
        lg_buf_release(&text);
    }
}

static void draw_station(plt_scene *scene, const plt_station *s, double x, double y)
{
    if (!scene) return;
    plt_doc *doc = scene->doc;
    plt_font grey = {.size = 11, .color = 0x555555};
    double name = plt_text_width(s->name, 13, true);
    plt_draw_text(scene, x, y + 14, (plt_font){.size = 13, .bold = true}, plt_text_fit(doc, s->name, 13, true, INNER));
    if (s->passed && name + 60 < INNER) {
        grey.anchor = PLT_END;
        plt_draw_text(scene, x + INNER, y + 14, grey, plt_text_fit(doc, s->passed, 11, false, INNER - name - 12));
        grey.anchor = PLT_START;
    }
    plt_draw_text(scene, x, y + 30, (plt_font){.size = 11}, plt_text_fit(doc, s->what, 11, false, INNER));
    plt_draw_text(scene, x, y + 45, grey, plt_text_fit(doc, s->size, 11, false, INNER));
    if (s->bars) draw_shares(scene, s, x, y + PICTURES);
    else if (s->numbers) draw_numbers(scene, s, x, y + PICTURES);
    else draw_tiles(scene, s, x, y + PICTURES);
    plt_draw_text(scene, x, y + PICTURES + TILE + 29, (plt_font){.size = 11},
                  plt_text_fit(doc, s->range, 11, false, INNER));
}

void plt_stations(plt_doc *doc, const plt_stations_spec *spec)
{
    if (spec->n < 1) {
        plt_figure_empty(doc, spec->title);
        return;
    }
    int rows = (spec->n + PER_ROW - 1) / PER_ROW;
    double top = spec->title && *spec->title ? 36 : 8;
    plt_scene *scene = plt_scene_card_wide(doc, WIDE, top + rows * HIGH, spec->title);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    for (int i = 0; i < spec->n; i++) {
        double x = LEFT + i % PER_ROW * STEP, y = top + i / PER_ROW * HIGH;
        draw_station(scene, &spec->station[i], x, y);
        if (i + 1 < spec->n)
            plt_draw_text(scene, x + INNER + 3, y + PICTURES + TILE / 2.0 + 6, (plt_font){.size = 16}, "→");
        if (i % PER_ROW == 0 && i)
            plt_draw_line(scene, LEFT, y - 3, WIDE - LEFT, y - 3, (plt_paint){.stroke = 0xe4e4e4, .width = 1});
    }
    lg_buf_adds(&plain, spec->plain ? spec->plain : "");
    lg_buf_addf(&built, "%d stations from %s to %s", spec->n, spec->station[0].name, spec->station[spec->n - 1].name);
    plt_figure_say(doc, scene, spec->sentence, &built, &plain);
}

/* ---- flatten ---- */
enum { CELL_W = 58, CELL_H = 26, GRID_GAP = 46, LIST_W = 72, RUN = 150, RUN_H = 46 };

typedef struct unroll {
    const plt_unroll_spec *spec;
    plt_scene *scene;
    int rows, cols;     /* that are drawn */
    double grids, list; /* tops */
} unroll;

static const char *number(plt_doc *doc, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.3g", value + 0.0);
    const char *copy = plt_doc_strdup(doc, text);
    return copy ? copy : "";
}

/* A place has one ground wherever its numbers stand; its name says the same. */
static uint32_t ground(const unroll *u, int row, int col)
{
    return plt_mix(0xffffff, plt_series_color(row * u->cols + col), 0.28);
}

static void draw_cell(const unroll *u, double x, double y, double w, int row, int col, int k, bool bold)
{
    plt_paint paint = {.fill = ground(u, row, col), .filled = true, .stroke = 0x767676, .width = 1};
    plt_draw_rect(u->scene, x, y, w, CELL_H, paint);
    plt_draw_text(u->scene, x + w / 2, y + 17, (plt_font){.size = 12, .anchor = PLT_MIDDLE, .bold = bold},
                  number(u->scene->doc, u->spec->cell[row][col][k]));
}

/* Are there maps between this one and the one before, or the first? */
static bool skips(const plt_unroll_spec *s, int k)
{
    return s->map[k] != (k ? s->map[k - 1] + 1 : 0);
}

static void dots(const unroll *u, double x, double y)
{
    plt_draw_text(u->scene, x, y, (plt_font){.size = 12, .anchor = PLT_MIDDLE, .color = 0x555555}, "…");
}

static double grid_x(const unroll *u, int k)
{
    return RUN + k * (u->cols * CELL_W + GRID_GAP);
}

static void draw_grids(const unroll *u)
{
    const plt_unroll_spec *s = u->spec;
    plt_font small = {.size = 11, .color = 0x555555};
    plt_draw_text(u->scene, 16, u->grids + 18, (plt_font){.size = 12, .bold = true},
                  plt_text_fit(u->scene->doc, s->from, 12, true, RUN - 26));
    plt_draw_textf(u->scene, 16, u->grids + 34, small, "%dx%dx%d", s->h, s->w, s->c);
    for (int k = 0; k < s->maps; k++) {
        double x = grid_x(u, k);
        plt_draw_textf(u->scene, x, u->grids - 6, (plt_font){.size = 11, .bold = true}, "map %d", s->map[k] + 1);
        for (int r = 0; r < u->rows; r++)
            for (int c = 0; c < u->cols; c++)
                draw_cell(u, x + c * CELL_W, u->grids + r * CELL_H, CELL_W, r, c, k, false);
        if (s->w > u->cols) dots(u, x + u->cols * CELL_W + 9, u->grids + 17);
        if (s->h > u->rows) plt_draw_text(u->scene, x + 4, u->grids + u->rows * CELL_H + 12, small, "⋮");
    }
}

/* One place: its maps, one behind the other, with their numbers in the list. */
static void draw_run(const unroll *u, int row, int col, double y)
{
    const plt_unroll_spec *s = u->spec;
    plt_font index = {.size = 10, .color = 0x555555, .anchor = PLT_MIDDLE}, small = {.size = 10, .color = 0x555555};
    double x = RUN;
    plt_draw_textf(u->scene, 16, y + 12, (plt_font){.size = 12}, "place %d,%d", row + 1, col + 1);
    if (s->c > 1)
        plt_draw_textf(u->scene, 16, y + 26, small, "numbers %s–%s", lg_thousands(plt_unrolled(s, row, col, 0)),
                       lg_thousands(plt_unrolled(s, row, col, s->c - 1)));
    for (int k = 0; k < s->maps; k++, x += LIST_W) {
        if (skips(s, k)) dots(u, x + 12, y + 17), x += 24;
        draw_cell(u, x, y, LIST_W, row, col, k, true);
        plt_draw_textf(u->scene, x + LIST_W / 2.0, y + CELL_H + 11, index, "number %s",
                       lg_thousands(plt_unrolled(s, row, col, s->map[k])));
    }
    if (s->map[s->maps - 1] + 1 < s->c) dots(u, x + 12, y + 17), x += 24;
    if (col + 1 == u->cols && s->w > u->cols)
        plt_draw_text(u->scene, x + 12, y + 17, small, "then the places to the right");
}

static void draw_frame(const unroll *u, int row, int col)
{
    for (int k = 0; k < u->spec->maps; k++)
        plt_draw_rect(u->scene, grid_x(u, k) + col * CELL_W, u->grids + row * CELL_H, CELL_W, CELL_H,
                      (plt_paint){.stroke = PLT_VERMILION, .width = 3});
}

static void draw_list(const unroll *u)
{
    const plt_unroll_spec *s = u->spec;
    int n = u->rows * u->cols;
    plt_draw_textf(u->scene, 16, u->list - 10, (plt_font){.size = 12, .bold = true}, "%s: one list of %s numbers",
                   s->name, lg_thousands((long long)s->h * s->w * s->c));
    plt_scene_frames(u->scene, s->animate ? n : 1);
    for (int i = 0; i < n; i++) {
        int row = i / u->cols, col = i % u->cols;
        plt_scene_from(u->scene, i + 1, n);
        draw_run(u, row, col, u->list + i * RUN_H);
        plt_scene_from(u->scene, i + 1, i + 1);
        if (s->animate && i + 1 < n) draw_frame(u, row, col);
    }
    plt_scene_from(u->scene, 0, 0);
}

static void add_plain(lg_buf *out, const unroll *u)
{
    const plt_unroll_spec *s = u->spec;
    for (int i = 0; i < u->rows * u->cols; i++) {
        int row = i / u->cols, col = i % u->cols;
        lg_buf_addf(out, "%splace %d,%d:", i ? "\n" : "", row + 1, col + 1);
        for (int k = 0; k < s->maps; k++)
            lg_buf_addf(out, "%s map %d is number %s (%.3g)", k ? "," : "", s->map[k] + 1,
                        lg_thousands(plt_unrolled(s, row, col, s->map[k])), s->cell[row][col][k] + 0.0);
    }
}

void plt_unroll(plt_doc *doc, const plt_unroll_spec *s)
{
    double top = s->title && *s->title ? 54 : 26;
    unroll u = {.spec = s, .grids = top};
    u.rows = s->h < PLT_UNROLL_SIDE ? s->h : PLT_UNROLL_SIDE;
    u.cols = s->w < PLT_UNROLL_SIDE ? s->w : PLT_UNROLL_SIDE;
    u.list = top + u.rows * CELL_H + 48;
    u.scene = plt_scene_card(doc, u.list + u.rows * u.cols * RUN_H + 4, s->title);
    if (!u.scene) return;
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    draw_grids(&u);
    draw_list(&u);
    add_plain(&plain, &u);
    lg_buf_addf(&built, "%s computes nothing: %dx%dx%d numbers become a list of %s", s->name, s->h, s->w, s->c,
                lg_thousands((long long)s->h * s->w * s->c));
    plt_figure_say(doc, u.scene, s->sentence, &built, &plain);
}
