/* chart_contour.c - a surface from above: bands of equal height and the lines between them, by marching squares, on the
 * logarithm of the values where all are positive. */
#include "lib/plot/learning.h"
#include "lib/plot/panel.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { SIDE = 420, LEFT = 62, LEVELS = 14, WANTED = 7, LABEL_ROOM = 46, LINES = 13, COLUMNS = 41 };

typedef struct contour {
    const plt_contour_spec *s;
    plt_doc *doc;
    plt_scene *scene;
    double top;
    bool log;
    double low, high; /* of the values that are numbers */
    double level[LEVELS];
    int levels, decimals; /* of the levels as text; below 0: four digits */
    struct {
        double x, y;
        int level;
    } label[LEVELS]; /* those that are placed */
    int labels;
} contour;

static double value_at(const contour *c, int row, int column)
{
    return c->s->value[(size_t)row * (size_t)c->s->n + (size_t)column];
}

/* The height that is drawn: levels at equal ratios are equally far apart on it. */
static double height(const contour *c, double value)
{
    return c->log ? log(value) : value;
}

/* ---- levels ---- */

/* Those of a series of numbers from 1 to 10, in every decade, that lie between low and high. */
static int count_series(const contour *c, const double *head, int heads, double *level)
{
    int n = 0;
    for (int decade = (int)floor(log10(c->low)) - 1; decade <= (int)ceil(log10(c->high)); decade++)
        for (int i = 0; i < heads; i++) {
            double v = head[i] * pow(10, decade);
            if (!(v > c->low && v < c->high)) continue;
            if (n < LEVELS) level[n] = v;
            n++;
        }
    return n;
}

/* So many that multiples of a pleasant step (1, 2, 2.5, 5 times a power of ten) are exact. */
static int decimals_of(double step)
{
    int n = 0;
    while (n < 12 && fabs(step - round(step)) > 1e-6) step *= 10, n++;
    return n;
}

/* The coarsest pleasant series that gives enough lines; where values hardly differ, equal steps. */
static void choose_levels(contour *c)
{
    enum { SERIES = 5 };
    static const double series[SERIES][9] = {
        {1}, {1, 3}, {1, 2, 5}, {1, 1.5, 2, 3, 5, 7}, {1, 1.5, 2, 3, 4, 5, 6, 7, 8}};
    static const int heads[SERIES] = {1, 2, 3, 6, 9};
    for (int i = 0; i < SERIES && c->log; i++) {
        double level[LEVELS] = {0};
        int n = count_series(c, series[i], heads[i], level);
        if (n > LEVELS) break; /* what the coarser one gave must do */
        memcpy(c->level, level, sizeof level);
        c->levels = n;
        if (n >= WANTED) return;
    }
    if (c->levels >= 4 && c->high > 3 * c->low && c->log) return;
    double step = plt_nice_step(c->high - c->low, LEVELS);
    if ((c->high - c->low) / step > LEVELS) step = plt_nice_step(c->high - c->low, WANTED);
    c->levels = 0;
    c->decimals = decimals_of(step);
    for (double v = (floor(c->low / step) + 1) * step; v < c->high && c->levels < LEVELS; v += step)
        c->level[c->levels++] = v;
}

static void level_text(const contour *c, int i, char out[32])
{
    if (c->decimals < 0) snprintf(out, 32, "%.4g", c->level[i]);
    else snprintf(out, 32, "%.*f", c->decimals, c->level[i]);
}

static void find_range(contour *c)
{
    size_t n = (size_t)c->s->n * (size_t)c->s->n;
    c->low = c->high = NAN;
    for (size_t i = 0; i < n; i++) {
        double v = c->s->value[i];
        if (!isfinite(v)) continue;
        if (!(v >= c->low)) c->low = v;
        if (!(v <= c->high)) c->high = v;
    }
    c->log = c->low > 0;
}

/* Between the four values around a place, in columns and rows of the grid. */
static double between(const contour *c, double x, double y)
{
    int most = c->s->n - 2, column = (int)fmin(floor(x), most), row = (int)fmin(floor(y), most);
    double fx = x - column, fy = y - row;
    double a = height(c, value_at(c, row, column)), b = height(c, value_at(c, row, column + 1));
    double d = height(c, value_at(c, row + 1, column)), e = height(c, value_at(c, row + 1, column + 1));
    return (a * (1 - fx) + b * fx) * (1 - fy) + (d * (1 - fx) + e * fx) * fy;
}

static int band_of(const contour *c, double drawn)
{
    int band = 0;
    while (band < c->levels && drawn >= height(c, c->level[band])) band++;
    return band;
}

static uint32_t band_color(const contour *c, int band)
{
    double share = c->levels ? (double)band / c->levels : 0;
    return plt_mix(PLT_PAPER, PLT_BLUE, 0.04 + 0.62 * share);
}

/* ---- lines ---- */

static double pixel_x(const contour *c, double column)
{
    return LEFT + SIDE * column / (c->s->n - 1);
}

static double pixel_y(const contour *c, double row)
{
    return c->top + SIDE - SIDE * row / (c->s->n - 1);
}

/* Where an edge of a cell crosses the level: edge 0 below, 1 right, 2 above, 3 left. False: it does not. */
static bool crossing(const contour *c, int row, int column, int edge, double level, double xy[2])
{
    static const int from[4][2] = {{0, 0}, {0, 1}, {1, 0}, {0, 0}}, to[4][2] = {{0, 1}, {1, 1}, {1, 1}, {1, 0}};
    double a = height(c, value_at(c, row + from[edge][0], column + from[edge][1]));
    double b = height(c, value_at(c, row + to[edge][0], column + to[edge][1])), v = height(c, level);
    if (!isfinite(a) || !isfinite(b) || (a < v) == (b < v)) return false;
    double share = (v - a) / (b - a);
    xy[0] = pixel_x(c, column + from[edge][1] + share * (to[edge][1] - from[edge][1]));
    xy[1] = pixel_y(c, row + from[edge][0] + share * (to[edge][0] - from[edge][0]));
    return true;
}

/* Where the edges of a cell cross the level: in at, and which in edge; returns how many (0, 2 or 4). Where all four are
 * crossed the middle of the cell decides which corners hang together: edges 0 and 1, 2 and 3 cut off the other two, or
 * 3 and 0, 1 and 2 do. */
static int crossings(const contour *c, int row, int column, double level, double at[4][2], int edge[4])
{
    static const int through[4] = {0, 1, 2, 3}, around[4] = {3, 0, 1, 2};
    int n = 0;
    for (int e = 0; e < 4; e++)
        if (crossing(c, row, column, e, level, at[e])) edge[n++] = e;
    if (n < 4) return n == 2 ? 2 : 0;
    bool low_corner = value_at(c, row, column) < level;
    bool low_middle = between(c, column + 0.5, row + 0.5) < height(c, level);
    memcpy(edge, low_corner == low_middle ? through : around, sizeof through);
    return 4;
}

/* The line of a level through one cell: up to two pieces, four numbers each; returns how many. */
static int cell_pieces(const contour *c, int row, int column, double level, double piece[2][4])
{
    double at[4][2];
    int edge[4], n = crossings(c, row, column, level, at, edge);
    for (int i = 0; i < n / 2; i++)
        for (int k = 0; k < 4; k++) piece[i][k] = at[edge[2 * i + k / 2]][k % 2];
    return n / 2;
}

/* ---- the ground ---- */

typedef struct outline {
    double *xy;
    int n;
} outline;

static void lift(outline *o)
{
    if (o->n) o->xy[2 * o->n] = o->xy[2 * o->n + 1] = NAN, o->n++;
}

static void add_point(outline *o, double x, double y)
{
    o->xy[2 * o->n] = x, o->xy[2 * o->n + 1] = y, o->n++;
}

static bool corner_high(const contour *c, int row, int column, double level)
{
    return value_at(c, row, column) >= level;
}

static bool all_finite(const contour *c, int row, int column)
{
    return isfinite(value_at(c, row, column)) && isfinite(value_at(c, row, column + 1)) &&
           isfinite(value_at(c, row + 1, column)) && isfinite(value_at(c, row + 1, column + 1));
}

static bool all_high(const contour *c, int row, int column, double level)
{
    return all_finite(c, row, column) && corner_high(c, row, column, level) && corner_high(c, row, column + 1, level) &&
           corner_high(c, row + 1, column, level) && corner_high(c, row + 1, column + 1, level);
}

static void add_strip(const contour *c, int row, int from, int to, outline *o)
{
    lift(o);
    add_point(o, pixel_x(c, from), pixel_y(c, row));
    add_point(o, pixel_x(c, to), pixel_y(c, row));
    add_point(o, pixel_x(c, to), pixel_y(c, row + 1));
    add_point(o, pixel_x(c, from), pixel_y(c, row + 1));
}

/* The part of a cell above the level: once around it, or two corners that do not hang together. */
static void add_part(const contour *c, int row, int column, double level, outline *o)
{
    static const int corner[4][2] = {{0, 0}, {0, 1}, {1, 1}, {1, 0}};
    double at[4][2];
    int edge[4], n = crossings(c, row, column, level, at, edge);
    bool split = n == 4 && between(c, column + 0.5, row + 0.5) < height(c, level);
    if (!n) return;
    lift(o);
    for (int k = 0, parts = 0; k < 4; k++) {
        bool high = corner_high(c, row + corner[k][0], column + corner[k][1], level), cut = false;
        double xy[2];
        if (split && high) { /* the edge before the corner, the corner, the edge behind it */
            if (parts++) lift(o);
            add_point(o, at[(k + 3) % 4][0], at[(k + 3) % 4][1]);
        }
        if (high) add_point(o, pixel_x(c, column + corner[k][1]), pixel_y(c, row + corner[k][0]));
        cut = crossing(c, row, column, k, level, xy);
        if (cut && (!split || high)) add_point(o, xy[0], xy[1]);
    }
}

/* All that is above a level, as one shape over those below it. */
static void draw_band(const contour *c, int band)
{
    enum { PART = 9 }; /* points a cell can take, lifts included */
    int cells = c->s->n - 1;
    outline o = {.xy = plt_doc_alloc(c->doc, (size_t)cells * (size_t)cells * PART * 2, sizeof(double))};
    double level = c->level[band - 1];
    for (int row = 0; o.xy && row < cells; row++)
        for (int column = 0, to; column < cells; column = to) {
            for (to = column; to < cells && all_high(c, row, to, level); to++) continue;
            if (to > column) add_strip(c, row, column, to, &o);
            else {
                if (all_finite(c, row, column)) add_part(c, row, column, level, &o);
                to = column + 1;
            }
        }
    if (o.n) plt_draw_path(c->scene, o.xy, o.n, false, (plt_paint){.fill = band_color(c, band), .filled = true});
}

static void draw_ground(const contour *c)
{
    int cells = c->s->n - 1;
    plt_draw_rect(c->scene, LEFT, c->top, SIDE, SIDE, (plt_paint){.fill = band_color(c, 0), .filled = true});
    for (int band = 1; band <= c->levels; band++) draw_band(c, band);
    for (int row = 0; row < cells; row++)
        for (int column = 0; column < cells; column++)
            if (!all_finite(c, row, column))
                plt_draw_rect(c->scene, pixel_x(c, column), pixel_y(c, row + 1), (double)SIDE / cells,
                              (double)SIDE / cells, (plt_paint){.fill = PLT_GREY, .filled = true});
}

/* ---- labels ---- */

/* How far a place is from the labels there are, and from the edge and the middle of the map. */
static double freedom(const contour *c, double x, double y)
{
    double room = fmin(fmin(x - LEFT, LEFT + SIDE - x) - 14, fmin(y - c->top, c->top + SIDE - y) - 4);
    room = fmin(room, hypot(x - LEFT - SIDE / 2.0, y - c->top - SIDE / 2.0) - 20);
    for (int i = 0; i < c->labels; i++) room = fmin(room, hypot(x - c->label[i].x, y - c->label[i].y));
    return room;
}

static void draw_level(contour *c, int at)
{
    double level = c->level[at];
    size_t cells = (size_t)(c->s->n - 1) * (size_t)(c->s->n - 1);
    double *xy = plt_doc_alloc(c->doc, cells * 2 * 3 * 2, sizeof *xy), best = 0, x = 0, y = 0;
    int n = 0;
    for (int row = 0; xy && row < c->s->n - 1; row++)
        for (int column = 0; column < c->s->n - 1; column++) {
            double piece[2][4];
            int pieces = cell_pieces(c, row, column, level, piece);
            for (int i = 0; i < pieces; i++) {
                if (n) xy[2 * n] = xy[2 * n + 1] = NAN, n++;
                memcpy(xy + 2 * n, piece[i], sizeof piece[i]);
                n += 2;
                double mx = (piece[i][0] + piece[i][2]) / 2, my = (piece[i][1] + piece[i][3]) / 2;
                double free = freedom(c, mx, my);
                if (free > best) best = free, x = mx, y = my;
            }
        }
    if (!n) return;
    plt_draw_path(c->scene, xy, n, false, (plt_paint){.stroke = PLT_INK, .width = 1, .opacity = 0.75});
    if (best < LABEL_ROOM / 2.0) return;
    c->label[c->labels].x = x, c->label[c->labels].y = y;
    c->label[c->labels++].level = at;
}

static void draw_labels(const contour *c)
{
    char text[32];
    for (int i = 0; i < c->labels; i++) {
        level_text(c, c->label[i].level, text);
        plt_draw_text(c->scene, c->label[i].x, c->label[i].y + 4,
                      (plt_font){.size = 11, .halo = true, .anchor = PLT_MIDDLE, .bold = true}, text);
    }
}

/* ---- around it ---- */

static void draw_axes(const contour *c)
{
    const plt_contour_spec *s = c->s;
    const plt_font font = {.size = 11, .anchor = PLT_MIDDLE};
    plt_draw_rect(c->scene, LEFT, c->top, SIDE, SIDE, (plt_paint){.stroke = 0x999999, .width = 1});
    for (int i = -2; i <= 2; i++) {
        double share = (i + 2) / 4.0, x = LEFT + SIDE * share, y = c->top + SIDE - SIDE * share;
        plt_draw_line(c->scene, x, c->top + SIDE, x, c->top + SIDE + 4, (plt_paint){.stroke = 0x999999, .width = 1});
        plt_draw_line(c->scene, LEFT - 4, y, LEFT, y, (plt_paint){.stroke = 0x999999, .width = 1});
        plt_draw_textf(c->scene, x, c->top + SIDE + 17, font, "%.3g", s->radius * i / 2);
        plt_draw_textf(c->scene, LEFT - 8, y + 4, (plt_font){.size = 11, .anchor = PLT_END}, "%.3g", s->radius * i / 2);
    }
    if (s->x_label) plt_draw_text(c->scene, LEFT + SIDE / 2.0, c->top + SIDE + 34, font, s->x_label);
    if (s->y_label)
        plt_draw_text(c->scene, 20, c->top + SIDE / 2.0, (plt_font){.size = 11, .anchor = PLT_MIDDLE, .turn = -90},
                      s->y_label);
}

/* The first place with this value; the middle where it has it. */
static int place_of(const contour *c, double value)
{
    int n = c->s->n * c->s->n, middle = c->s->n / 2 * c->s->n + c->s->n / 2;
    if (!(c->s->value[middle] < value) && !(c->s->value[middle] > value)) return middle;
    for (int i = 0; i < n; i++)
        if (!(c->s->value[i] < value) && !(c->s->value[i] > value)) return i;
    return 0;
}

static void draw_marks(const contour *c)
{
    int n = c->s->n, lowest = place_of(c, c->low), middle = n / 2;
    double x = pixel_x(c, lowest % n), y = pixel_y(c, lowest / n), mx = pixel_x(c, middle), my = pixel_y(c, middle);
    if (lowest != middle * n + middle)
        plt_draw_path(c->scene, (const double[]){x - 5, y - 5, x + 5, y + 5, NAN, NAN, x - 5, y + 5, x + 5, y - 5}, 5,
                      false, (plt_paint){.stroke = PLT_VERMILION, .width = 2.5});
    plt_draw_circle(c->scene, mx, my, 6,
                    (plt_paint){.fill = PLT_PAPER, .filled = true, .stroke = PLT_VERMILION, .width = 2.5});
    plt_draw_circle(c->scene, mx, my, 2, (plt_paint){.fill = PLT_VERMILION, .filled = true});
}

/* The bands from the highest down, with the level at each border, and what is marked. */
static void draw_key(const contour *c)
{
    double x = LEFT + SIDE + 24, y = c->top + 6, h = fmin(22, 260.0 / (c->levels + 1));
    int n = c->s->n, lowest = place_of(c, c->low), middle = n / 2;
    char text[32];
    for (int band = c->levels; band >= 0; band--, y += h) {
        plt_draw_rect(c->scene, x, y, 22, h,
                      (plt_paint){.fill = band_color(c, band), .filled = true, .stroke = 0x999999, .width = 0.5});
        if (!band) continue;
        level_text(c, band - 1, text);
        plt_draw_text(c->scene, x + 30, y + h + 4, (plt_font){.size = 11}, text);
    }
    y += 22;
    plt_draw_circle(c->scene, x + 6, y, 6, (plt_paint){.stroke = PLT_VERMILION, .width = 2.5});
    plt_draw_textf(c->scene, x + 20, y + 4, (plt_font){.size = 11, .bold = true}, "here %.4g",
                   value_at(c, middle, middle));
    y += 24;
    if (lowest != middle * n + middle)
        plt_draw_path(c->scene, (const double[]){x + 1, y - 5, x + 11, y + 5, NAN, NAN, x + 1, y + 5, x + 11, y - 5}, 5,
                      false, (plt_paint){.stroke = PLT_VERMILION, .width = 2.5});
    plt_draw_textf(c->scene, x + 20, y + 4, (plt_font){.size = 11}, "lowest %.4g", c->low);
    plt_draw_textf(c->scene, x + 20, y + 24, (plt_font){.size = 11}, "highest %.4g", c->high);
}

/* A coarse map in characters; o is the middle, x the lowest place. */
static void add_plain(const contour *c, lg_buf *out)
{
    static const char ramp[LEVELS + 2] = " .,:;-=+*%#&$@W"; /* a character a band */
    int n = c->s->n, lines = n < LINES ? n : LINES, columns = 2 * n - 1 < COLUMNS ? 2 * n - 1 : COLUMNS;
    int lowest = place_of(c, c->low);
    char text[32];
    for (int line = 0; line < lines; line++) {
        double y = (double)(n - 1) * (lines - 1 - line) / (lines - 1);
        for (int column = 0; column < columns; column++) {
            double x = (double)(n - 1) * column / (columns - 1), drawn = between(c, x, y);
            bool middle = line == lines / 2 && column == columns / 2;
            bool low =
                (int)lround(y) == lowest / n && column == (int)lround((double)(columns - 1) * (lowest % n) / (n - 1));
            lg_buf_addc(out, middle ? 'o' : low ? 'x' : isfinite(drawn) ? ramp[band_of(c, drawn)] : '?');
        }
        lg_buf_addc(out, '\n');
    }
    lg_buf_addf(out, "o here %.4g, x lowest %.4g, highest %.4g; levels:", value_at(c, n / 2, n / 2), c->low, c->high);
    for (int i = 0; i <= c->levels; i++) {
        lg_buf_addf(out, " `%c`", ramp[i]);
        if (i == c->levels) break;
        level_text(c, i, text);
        lg_buf_addf(out, " %s", text);
    }
}

void plt_contour(plt_doc *doc, const plt_contour_spec *s)
{
    contour c = {.s = s, .doc = doc, .decimals = -1, .top = s->title && *s->title ? 44 : 18};
    if (s->n >= 2) find_range(&c);
    if (s->n < 2 || !isfinite(c.low)) {
        plt_figure_empty(doc, s->title);
        return;
    }
    c.scene = plt_scene_card(doc, c.top + SIDE + 46, s->title);
    if (c.high > c.low) choose_levels(&c);
    draw_ground(&c);
    for (int i = c.levels - 1; i >= 0; i--) draw_level(&c, i);
    draw_labels(&c);
    draw_axes(&c);
    draw_marks(&c);
    draw_key(&c);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    lg_buf_addf(&built, "%.4g in the middle, from %.4g to %.4g around it", value_at(&c, s->n / 2, s->n / 2), c.low,
                c.high);
    add_plain(&c, &plain);
    plt_figure_say(doc, c.scene, s->sentence, &built, &plain);
}
