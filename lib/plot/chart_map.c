/* chart_map.c - a map of points in the plane, each with its class; where there is room, as its picture. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum {
    WIDE = 480,
    TALL = 440,
    MARGIN = 24, /* the map */
    SHOWN = 30,  /* CSS pixels of a picture */
    MOST_PICTURES = 80,
    LEGEND = 100, /* width of its texts */
    COLUMNS = 60,
    LINES = 20, /* the map in letters */
    MOST_CLASSES = 60,
};

typedef struct map {
    const plt_map_spec *s;
    plt_scene *scene;
    double top, x0, y0, scale; /* of the data, into the square of the map */
    char letter[MOST_CLASSES + 1][2];
} map;

/* The first letter of a name that no class before it has, else a digit, else '*'. */
static void give_letters(map *m)
{
    bool used[256] = {false};
    for (int k = 0; k < m->s->n && k < MOST_CLASSES; k++) {
        char c = '*';
        for (const char *p = m->s->labels[k]; *p && c == '*'; p++)
            if (isalnum((unsigned char)*p) && !used[toupper((unsigned char)*p)]) c = (char)toupper((unsigned char)*p);
        for (const char *p = "123456789"; *p && c == '*'; p++)
            if (!used[(unsigned char)*p]) c = *p;
        if (c != '*') used[(unsigned char)c] = true;
        m->letter[k][0] = c;
    }
}

static const char *letter_of(const map *m, int point)
{
    int label = m->s->label[point];
    return label < 0 || label >= m->s->n ? "?" : label >= MOST_CLASSES ? "*" : m->letter[label];
}

static uint32_t color_of(const map *m, int point)
{
    int label = m->s->label[point];
    return label < 0 ? PLT_GREY : plt_series_color(label);
}

static bool finite_point(const map *m, int i)
{
    return isfinite(m->s->xy[2 * i]) && isfinite(m->s->xy[2 * i + 1]);
}

/* One scale for both axes, so that distances on the map are true; the middle of the data in the middle. */
static void fit_scale(map *m)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int i = 0; i < m->s->points; i++) {
        if (!finite_point(m, i)) continue;
        for (int k = 0; k < 2; k++) {
            low[k] = fmin(low[k], m->s->xy[2 * i + k]);
            high[k] = fmax(high[k], m->s->xy[2 * i + k]);
        }
    }
    double wide = high[0] - low[0], tall = high[1] - low[1];
    double sx = wide > 0 ? (WIDE - 2 * MARGIN) / wide : INFINITY, sy = tall > 0 ? (TALL - 2 * MARGIN) / tall : INFINITY;
    m->scale = fmin(sx, sy);
    if (!isfinite(m->scale)) m->scale = 1;
    m->x0 = (low[0] + high[0]) / 2, m->y0 = (low[1] + high[1]) / 2;
}

static double place_x(const map *m, int i)
{
    return 16 + WIDE / 2.0 + (m->s->xy[2 * i] - m->x0) * m->scale;
}

static double place_y(const map *m, int i)
{
    return m->top + TALL / 2.0 - (m->s->xy[2 * i + 1] - m->y0) * m->scale;
}

static bool is_wrong(const map *m, int i)
{
    return m->s->wrong && m->s->wrong[i];
}

static void draw_disc(const map *m, double x, double y, const char *letter, uint32_t color, bool wrong)
{
    plt_draw_circle(m->scene, x, y, 6,
                    (plt_paint){.fill = wrong ? PLT_PAPER : color, .filled = true, .stroke = color, .width = 1.5});
    plt_draw_text(m->scene, x, y + 3,
                  (plt_font){.size = 9, .bold = true, .anchor = PLT_MIDDLE, .color = wrong ? color : PLT_PAPER},
                  letter);
}

static bool draw_picture(const map *m, int i, double x, double y)
{
    int side = m->s->side;
    uint8_t *rgb = plt_doc_alloc(m->scene->doc, (size_t)side * (size_t)side * 3, 1);
    if (!rgb || !m->s->picture(m->s->ctx, i, rgb)) return false;
    double left = x - SHOWN / 2.0, above = y - SHOWN / 2.0;
    uint32_t color = color_of(m, i);
    plt_draw_image(m->scene, left, above, SHOWN, SHOWN, rgb, side, side);
    plt_draw_rect(m->scene, left, above, SHOWN, SHOWN,
                  (plt_paint){.stroke = color, .width = 2.5, .dash = is_wrong(m, i) ? 3 : 0});
    draw_disc(m, left + 1, above + 1, letter_of(m, i), color, is_wrong(m, i));
    return true;
}

/* Pictures stand where they cover no other picture, the first points first. */
static int draw_pictures(const map *m)
{
    double at[MOST_PICTURES][2];
    int count = 0;
    for (int i = 0; i < m->s->points && count < MOST_PICTURES && m->s->picture; i++) {
        if (!finite_point(m, i)) continue;
        double x = place_x(m, i), y = place_y(m, i);
        bool free = true;
        for (int k = 0; k < count && free; k++)
            free = fabs(at[k][0] - x) >= SHOWN + 8 || fabs(at[k][1] - y) >= SHOWN + 8;
        if (!free || !draw_picture(m, i, x, y)) continue;
        at[count][0] = x, at[count++][1] = y;
    }
    return count;
}

/* Bytes that all names begin with, up to a blank or the like, where one of them is too long for the legend: without
 * them they can be told apart. */
static size_t alike(const map *m)
{
    bool wide = false;
    size_t n = m->s->n > 1 ? strlen(m->s->labels[0]) : 0;
    for (int k = 0; k < m->s->n; k++) {
        size_t same = 0;
        wide |= plt_text_width(m->s->labels[k], 12, false) > LEGEND - 24;
        while (same < n && m->s->labels[k][same] == m->s->labels[0][same]) same++;
        n = same;
    }
    while (n && !strchr(" _-/.", m->s->labels[0][n - 1])) n--;
    return wide && n > 3 ? n : 0;
}

static void draw_legend(const map *m, int pictures)
{
    double x = WIDE + 32, y = m->top + 12;
    size_t cut = alike(m);
    int most = (TALL - 120) / 20;
    for (int k = 0; k < m->s->n && k < most; k++, y += 20) {
        int64_t count = 0;
        for (int i = 0; i < m->s->points; i++) count += m->s->label[i] == k;
        draw_disc(m, x + 6, y, k < MOST_CLASSES ? m->letter[k] : "*", plt_series_color(k), false);
        lg_buf text;
        lg_buf_init(&text, 0);
        lg_buf_addf(&text, "%s%s %s", cut ? "…" : "", m->s->labels[k] + cut, lg_thousands(count));
        plt_draw_text(m->scene, x + 18, y + 4, (plt_font){0},
                      plt_text_fit(m->scene->doc, lg_buf_str(&text), 12, false, LEGEND));
        lg_buf_release(&text);
    }
    if (m->s->n > most) plt_draw_textf(m->scene, x, y + 4, (plt_font){.size = 11}, "and %d more", m->s->n - most);
    y = m->top + TALL - 70;
    if (m->s->wrong) {
        draw_disc(m, x + 6, y, "A", PLT_INK, true);
        plt_draw_text(m->scene, x + 18, y + 4, (plt_font){.size = 11}, "hollow, dashed:");
        plt_draw_text(m->scene, x + 18, y + 18, (plt_font){.size = 11}, "called otherwise");
    }
    if (pictures)
        plt_draw_textf(m->scene, x, y + 44, (plt_font){.size = 11}, "%d of %s shown", pictures,
                       lg_thousands(m->s->points));
}

/* The map in letters: the class with the most points in each cell. */
static void add_letters(const map *m, lg_buf *plain)
{
    int64_t best[LINES][COLUMNS] = {{0}};
    const char *said[LINES][COLUMNS] = {{NULL}};
    for (int k = -1; k < m->s->n; k++) {
        int64_t count[LINES][COLUMNS] = {{0}};
        for (int i = 0; i < m->s->points; i++) {
            if (!finite_point(m, i) || m->s->label[i] != k) continue;
            int column = (int)((place_x(m, i) - 16) / WIDE * (COLUMNS - 1) + 0.5);
            int line = (int)((place_y(m, i) - m->top) / TALL * (LINES - 1) + 0.5);
            if (column < 0 || column >= COLUMNS || line < 0 || line >= LINES) continue;
            if (++count[line][column] > best[line][column])
                best[line][column] = count[line][column], said[line][column] = letter_of(m, i);
        }
    }
    for (int line = 0; line < LINES; line++) {
        int last = COLUMNS;
        while (last > 0 && !said[line][last - 1]) last--;
        for (int c = 0; c < last; c++) lg_buf_adds(plain, said[line][c] ? said[line][c] : " ");
        lg_buf_addc(plain, '\n');
    }
    for (int k = 0; k < m->s->n && k < MOST_CLASSES; k++)
        lg_buf_addf(plain, "%s%s %s", k ? "  " : "", m->letter[k], m->s->labels[k]);
}

void plt_map(plt_doc *doc, const plt_map_spec *s)
{
    bool any = false;
    map m = {.s = s, .top = s->title && *s->title ? 44 : 18};
    for (int i = 0; i < s->points; i++) any |= finite_point(&m, i);
    if (!any) {
        plt_figure_empty(doc, s->title);
        return;
    }
    m.scene = plt_scene_card(doc, m.top + TALL + 30, s->title);
    give_letters(&m);
    fit_scale(&m);
    plt_draw_rect(m.scene, 16, m.top, WIDE, TALL, (plt_paint){.stroke = 0xdddddd, .width = 1});
    for (int i = 0; i < s->points; i++)
        if (finite_point(&m, i))
            draw_disc(&m, place_x(&m, i), place_y(&m, i), letter_of(&m, i), color_of(&m, i), is_wrong(&m, i));
    int pictures = draw_pictures(&m);
    draw_legend(&m, pictures);
    if (s->x_label) plt_draw_text(m.scene, 16, m.top + TALL + 18, (plt_font){.size = 11}, s->x_label);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    lg_buf_addf(&built, "a map of %s images of %d classes", lg_thousands(s->points), s->n);
    add_letters(&m, &plain);
    plt_figure_say(doc, m.scene, s->sentence, &built, &plain);
}
