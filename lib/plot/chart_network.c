/* chart_network.c - the network as boxes: height is the height of the image, width the number of channels, both on a
 * log scale, so that the data can be seen shrinking and deepening. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { ROW_HEIGHT = 158, BOX_MOST = 84, DEPTH_MOST = 34, PER_ROW = 7, LANE = 8 };

static const double STEP = 624.0 / PER_ROW;

static void shape_text(lg_buf *out, const plt_network_layer *l)
{
    if (l->height > 1 || l->width > 1) lg_buf_addf(out, "%dx%dx%d", l->height, l->width, l->channels);
    else lg_buf_adds(out, lg_thousands(l->channels));
}

static double log_share(int value, int most)
{
    return most > 1 ? log2(fmax(value, 1)) / log2(most) : 1;
}

/* A box seen from the side: the front face is the image (height by width, to scale), the depth the channels. */
static void draw_box(plt_scene *scene, const plt_network_layer *l, int most_side, int most_depth, double cx,
                     double base)
{
    bool list = l->height <= 1 && l->width <= 1;
    double h =
        list ? 16 + 60 * log_share(l->channels, most_depth) : 8 + (BOX_MOST - 8) * log_share(l->height, most_side);
    double w = list ? 10 : fmax(4, (8 + (BOX_MOST - 8) * log_share(l->width, most_side)) * 0.35);
    double d = list ? 0 : 3 + (DEPTH_MOST - 3) * log_share(l->channels, most_depth);
    double x = cx - (w + d) / 2, y = base - h, up = d * 0.45;
    plt_paint face = {.fill = plt_mix(0xffffff, PLT_BLUE, 0.35), .filled = true, .stroke = PLT_BLUE, .width = 1};
    plt_paint side = {.fill = plt_mix(0xffffff, PLT_BLUE, 0.6), .filled = true, .stroke = PLT_BLUE, .width = 1};
    plt_paint lid = {.fill = plt_mix(0xffffff, PLT_BLUE, 0.15), .filled = true, .stroke = PLT_BLUE, .width = 1};
    if (d > 0) {
        plt_draw_path(scene, (const double[]){x, y, x + d, y - up, x + d + w, y - up, x + w, y}, 4, true, lid);
        plt_draw_path(scene, (const double[]){x + w, y, x + w + d, y - up, x + w + d, base - up, x + w, base}, 4, true,
                      side);
    }
    plt_draw_rect(scene, x, y, w, h, face);
    if (l->frozen) plt_draw_hatch(scene, x, y, w, h, (plt_paint){.stroke = PLT_INK, .width = 1});
}

/* How many lines run above that of layer i: those that begin no later and end no earlier. */
static int lane_of(const plt_network_spec *s, int i)
{
    int lane = 0;
    for (int j = i + 1; j < s->n; j++) lane += s->layers[j].also && s->layers[j].also <= s->layers[i].also;
    return lane;
}

static int lanes(const plt_network_spec *s)
{
    int most = 0;
    for (int i = 0; i < s->n; i++)
        if (s->layers[i].also && lane_of(s, i) + 1 > most) most = lane_of(s, i) + 1;
    return most < 4 ? most : 4;
}

/* The line that leads past layers to i: up behind the layer it comes from, along the rows, down before i. */
static void draw_past(plt_scene *scene, const plt_network_spec *s, int i, double top, double row_height)
{
    int from = s->layers[i].also - 1, lane = lane_of(s, i) % 4;
    plt_paint line = {.stroke = PLT_INK, .width = 1.2};
    if (from < 0 || from + 1 >= i) return;
    for (int row = from / PER_ROW; row <= i / PER_ROW; row++) {
        bool begins = row == from / PER_ROW, ends = row == i / PER_ROW;
        double y = top + row * row_height + 4 + lane * LANE, base = top + (row + 1) * row_height - 54 - 16;
        double x1 = begins ? 8 + STEP * (from % PER_ROW + 1) : 8, x2 = ends ? 8 + STEP * (i % PER_ROW) : 8 + 624;
        if (begins) plt_draw_path(scene, (const double[]){x1, base, x1, y}, 2, false, line);
        plt_draw_path(scene, (const double[]){x1, y, x2, y}, 2, false, line);
        if (!ends) continue;
        plt_draw_path(scene, (const double[]){x2, y, x2, base}, 2, false, line);
        plt_draw_path(scene, (const double[]){x2 - 4, base - 6, x2 + 4, base - 6, x2, base}, 3, true,
                      (plt_paint){.fill = PLT_INK, .filled = true});
    }
}

static void draw_layer(plt_scene *scene, const plt_network_spec *s, int i, double bottom, int most_side, int most_depth)
{
    const plt_network_layer *l = &s->layers[i];
    double step = STEP, cx = 8 + step * (i % PER_ROW) + step / 2, base = bottom - 54;
    plt_font small = {.size = 11, .anchor = PLT_MIDDLE};
    lg_buf text;
    lg_buf_init(&text, 0);
    shape_text(&text, l);
    draw_box(scene, l, most_side, most_depth, cx, base);
    if (scene)
        plt_draw_text(scene, cx, base + 16, (plt_font){.size = 11, .bold = true, .anchor = PLT_MIDDLE},
                      plt_text_fit(scene->doc, l->name, 11, true, step - 4));
    plt_draw_text(scene, cx, base + 30, small, lg_buf_str(&text));
    if (l->params > 0) {
        small.color = 0x555555;
        plt_draw_textf(scene, cx, base + 44, small, "%s%s", lg_thousands(l->params), l->frozen ? " frozen" : "");
    }
    if (i + 1 < s->n && (i + 1) % PER_ROW)
        plt_draw_text(scene, cx + step / 2, base - 4, (plt_font){.size = 11, .anchor = PLT_MIDDLE, .color = 0x555555},
                      "→");
    lg_buf_release(&text);
}

void plt_network(plt_doc *doc, const plt_network_spec *s)
{
    if (s->n < 1) {
        plt_figure_empty(doc, s->title);
        return;
    }
    int most_side = 2, most_depth = 2, columns = 0, rows = (s->n + PER_ROW - 1) / PER_ROW;
    int64_t params = 0;
    double top = s->title && *s->title ? 34 : 8;
    double row_height = ROW_HEIGHT + lanes(s) * LANE;
    plt_scene *scene = plt_scene_card(doc, top + rows * row_height, s->title);
    lg_buf built, plain;
    lg_buf_init(&built, 0);
    lg_buf_init(&plain, 0);
    for (int i = 0; i < s->n; i++) {
        const plt_network_layer *l = &s->layers[i];
        int side = l->height > l->width ? l->height : l->width, w = plt_plain_width(l->name);
        if (side > most_side) most_side = side;
        if (l->channels > most_depth) most_depth = l->channels;
        if (w > columns) columns = w;
        params += l->params;
    }
    for (int i = 0; i < s->n; i++) {
        draw_layer(scene, s, i, top + (i / PER_ROW + 1) * row_height, most_side, most_depth);
        draw_past(scene, s, i, top, row_height);
        if (i) lg_buf_addc(&plain, '\n');
        plt_add_padded(&plain, s->layers[i].name, columns + 2, PLT_LEFT);
        shape_text(&plain, &s->layers[i]);
        if (s->layers[i].frozen) lg_buf_adds(&plain, "  (frozen)");
        if (s->layers[i].also) lg_buf_addf(&plain, "  (and %s)", s->layers[s->layers[i].also - 1].name);
    }
    lg_buf_adds(&built, "From ");
    shape_text(&built, &s->layers[0]);
    lg_buf_adds(&built, " to ");
    shape_text(&built, &s->layers[s->n - 1]);
    lg_buf_addf(&built, " in %d step%s with %s parameters", s->n - 1, s->n == 2 ? "" : "s", lg_thousands(params));
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
