/* paint.c - maps, kernels and heat as pixels. */
#include "kernel/commands/seen.h"
#include "lib/plot/chart.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

/* Between two colours, share 0..1 of the way. */
static void mix(const uint8_t *from, uint32_t to, double share, uint8_t *out)
{
    for (int c = 0; c < 3; c++) {
        double goal = (double)((to >> (16 - 8 * c)) & 0xff);
        out[c] = (uint8_t)lround((double)from[c] + (goal - (double)from[c]) * share);
    }
}

/* The colours of the palette for a white ground, which these pictures bring along under a dark theme too. */
typedef struct inks {
    uint32_t above, below;
} inks;

static inks inks_on_white(void)
{
    plt_look look = plt_look_now(), white = look;
    white.theme = PLT_THEME_LIGHT;
    plt_look_use(&white);
    inks ink = {plt_look_color(PLT_BLUE), plt_look_color(PLT_VERMILION)};
    plt_look_use(&look);
    return ink;
}

static void put_number(const inks *ink, double v, double most, uint8_t *px)
{
    static const uint8_t white[3] = {0xff, 0xff, 0xff};
    double share = most > 0 && isfinite(v) ? fmin(fabs(v) / most, 1) : 0;
    mix(white, v < 0 ? ink->below : ink->above, share, px);
}

void cmd_paint_numbers(const float *map, size_t stride, int h, int w, double most, img_picture *to, int y, int x)
{
    const inks ink = inks_on_white();
    for (int i = 0; i < h; i++)
        for (int j = 0; j < w; j++)
            put_number(&ink, (double)map[((size_t)i * (size_t)w + (size_t)j) * stride], most, img_at(to, y + i, x + j));
}

lg_status cmd_paint_map(const float *map, int h, int w, double most, int times, bool crossed, img_picture *out,
                        lg_err *err)
{
    const inks ink = inks_on_white();
    LG_TRY(img_picture_init(out, h * times, w * times, 3, err));
    for (int y = 0; y < out->h; y++)
        for (int x = 0; x < out->w; x++)
            put_number(&ink, (double)map[(size_t)(y / times) * (size_t)w + (size_t)(x / times)], most,
                       img_at(out, y, x));
    static const uint8_t white[3] = {0xff, 0xff, 0xff};
    int longer = out->h > out->w ? out->h : out->w;
    for (int k = 0; crossed && k < longer; k++) {
        int y = k * out->h / longer, x = k * out->w / longer;
        mix(white, PLT_GREY, 1, img_at(out, y, x));
        mix(white, PLT_GREY, 1, img_at(out, y, out->w - 1 - x));
    }
    return LG_OK;
}

static bool hot(const float *heat, const img_picture *p, double half, int y, int x)
{
    if (y < 0 || x < 0 || y >= p->h || x >= p->w) return false;
    return half > 0 && (double)heat[(size_t)y * (size_t)p->w + (size_t)x] >= half;
}

/* Inside, with a neighbour outside. */
static bool on_contour(const float *heat, const img_picture *p, double half, int y, int x)
{
    return hot(heat, p, half, y, x) && !(hot(heat, p, half, y - 1, x) && hot(heat, p, half, y + 1, x) &&
                                         hot(heat, p, half, y, x - 1) && hot(heat, p, half, y, x + 1));
}

void cmd_paint_heat(const float *heat, double most, bool alone, bool line, img_picture *p)
{
    const double pale = 0.45, full = 0.75;
    const inks ink = inks_on_white();
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++) {
            uint8_t *px = img_at(p, y, x);
            double v = (double)heat[(size_t)y * (size_t)p->w + (size_t)x];
            double share = most > 0 ? fmax(0, fmin(v / most, 1)) : 0;
            mix(px, PLT_PAPER, alone ? 1 : pale, px);
            mix(px, ink.below, alone ? share : full * share, px);
            if (line && on_contour(heat, p, most / 2, y, x)) mix(px, PLT_INK, 1, px);
        }
}
