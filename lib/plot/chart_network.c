/* chart_network.c - the network as boxes: height is the height of the image, width the number of channels, both on a
 * log scale, so that the data can be seen shrinking and deepening. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { ROW_HEIGHT = 158, BOX_MOST = 84, DEPTH_MOST = 34, PER_ROW = 7 };

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

static void draw_layer(plt_scene *scene, const plt_network_spec *s, int i, double top, int most_side, int most_depth)
{
    const plt_network_layer *l = &s->layers[i];
    double step = 624.0 / PER_ROW, cx = 8 + step * (i % PER_ROW) + step / 2, base = top + ROW_HEIGHT - 54;
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
    plt_scene *scene = plt_scene_card(doc, top + rows * ROW_HEIGHT, s->title);
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
        draw_layer(scene, s, i, top + i / PER_ROW * ROW_HEIGHT, most_side, most_depth);
        if (i) lg_buf_addc(&plain, '\n');
        plt_add_padded(&plain, s->layers[i].name, columns + 2, PLT_LEFT);
        shape_text(&plain, &s->layers[i]);
        if (s->layers[i].frozen) lg_buf_adds(&plain, "  (frozen)");
    }
    lg_buf_adds(&built, "From ");
    shape_text(&built, &s->layers[0]);
    lg_buf_adds(&built, " to ");
    shape_text(&built, &s->layers[s->n - 1]);
    lg_buf_addf(&built, " in %d step%s with %s parameters", s->n - 1, s->n == 2 ? "" : "s", lg_thousands(params));
    plt_figure_say(doc, scene, s->sentence, &built, &plain);
}
