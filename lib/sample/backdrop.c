/* backdrop.c - backgrounds: walls, floors, streets and lights, out of focus more often than not. */
#include "lib/sample/things.h"
#include <math.h>
#include <string.h>
#include "lib/base/banned.h"

static void put(smp_canvas *c, int x, int y, smp_rgb v)
{
    float *p = c->albedo + 3 * (y * c->w + x);
    p[0] = v.r;
    p[1] = v.g;
    p[2] = v.b;
}

static smp_rgb wall_colour(smp_canvas *c)
{
    static const smp_rgb walls[] = {{.62f, .60f, .57f}, {.78f, .76f, .72f}, {.35f, .36f, .38f}, {.55f, .47f, .38f},
                                    {.42f, .50f, .56f}, {.70f, .63f, .50f}, {.24f, .25f, .27f}, {.50f, .55f, .46f},
                                    {.86f, .85f, .83f}, {.46f, .33f, .27f}};
    smp_rgb v = walls[smp_pick(c, (int)(sizeof walls / sizeof *walls))];
    float k = smp_between(c, 0.75f, 1.15f);
    return smp_scale_rgb(v, k);
}

/* Each painter gives the colour at a point measured in picture widths. */
typedef struct paint {
    smp_rgb a, b;
    uint32_t seed;
    float scale, tilt;
} paint;
typedef smp_rgb painter(const paint *p, float x, float y);

static smp_rgb paint_gradient(const paint *p, float x, float y)
{
    return smp_mix_rgb(p->a, p->b, smp_clamp(0.5f + (x - 0.5f) * p->tilt + (y - 0.5f) * 1.2f, 0, 1));
}

static smp_rgb paint_plaster(const paint *p, float x, float y)
{
    return smp_scale_rgb(p->a, 0.75f + 0.5f * smp_fbm(x * 7 * p->scale, y * 7 * p->scale, p->seed));
}

static smp_rgb paint_bricks(const paint *p, float x, float y)
{
    float u = x * 6 * p->scale, v = y * 14 * p->scale, row = smp_floor(v);
    u += (int)row % 2 ? 0.5f : 0;
    float fu = u - smp_floor(u), fv = v - row;
    bool joint = fu < 0.06f || fv < 0.14f;
    float tone = 0.75f + 0.5f * smp_hash((int)smp_floor(u), (int)row, p->seed);
    return joint ? p->b : smp_scale_rgb(p->a, tone * (0.85f + 0.3f * smp_noise(x * 60, y * 60, p->seed)));
}

static smp_rgb paint_planks(const paint *p, float x, float y)
{
    float u = x * 5 * p->scale + p->tilt * y, plank = smp_floor(u), f = u - plank;
    float grain = smp_fbm(x * 40 + plank * 9, y * 3 + plank * 5, p->seed);
    float tone = 0.8f + 0.3f * smp_hash((int)plank, 0, p->seed);
    return smp_scale_rgb(smp_mix_rgb(p->a, p->b, grain), f < 0.05f ? 0.45f * tone : tone);
}

static smp_rgb paint_grass(const paint *p, float x, float y)
{
    float n = smp_noise(x * 70, y * 24, p->seed), m = smp_fbm(x * 6, y * 6, p->seed + 9);
    return (smp_rgb){0.12f + 0.25f * n * m, 0.25f + 0.35f * n * (0.4f + m), 0.08f + 0.12f * n};
}

static smp_rgb paint_asphalt(const paint *p, float x, float y)
{
    float n = smp_noise(x * 110, y * 110, p->seed), m = smp_fbm(x * 4, y * 4, p->seed + 3);
    return smp_scale_rgb(p->a, 0.45f + 0.35f * n + 0.4f * m);
}

static smp_rgb paint_tiles(const paint *p, float x, float y)
{
    float u = (x + 0.3f * p->tilt * y) * 6 * p->scale, v = y * 6 * p->scale, fu = u - smp_floor(u),
          fv = v - smp_floor(v);
    smp_rgb base = ((int)smp_floor(u) + (int)smp_floor(v)) % 2 ? p->a : smp_mix_rgb(p->a, p->b, 0.5f);
    return fu < 0.05f || fv < 0.05f ? smp_scale_rgb(p->b, 0.5f) : base;
}

/* Stripes of a blind, a fence, a zebra crossing: bars that are no mark. */
static smp_rgb paint_bars(const paint *p, float x, float y)
{
    float u = (x + p->tilt * y) * 5 * p->scale, f = u - smp_floor(u);
    return f < 0.5f ? p->a : p->b;
}

static void discs(smp_canvas *c, int n)
{
    for (int i = 0; i < n; i++) {
        float r = smp_between(c, 0.03f, 0.14f) * (float)c->w, x = smp_between(c, 0, (float)c->w),
              y = smp_between(c, 0, (float)c->h);
        smp_place place = smp_place_box(c, x, y, 2 * r, 2 * r, 0, 0.03f);
        smp_draw_one(c, "O50 50 50", &place);
        float red = smp_between(c, 0.2f, 1), green = smp_between(c, 0.2f, 0.95f), blue = smp_between(c, 0.15f, 0.95f);
        smp_fill(c, (smp_rgb){red, green, blue}, smp_between(c, 0.25f, 0.8f));
    }
}

static void defocus(smp_canvas *c, int radius)
{
    for (int k = 0; k < 3 && radius > 0; k++) {
        for (int i = 0; i < c->w * c->h; i++) c->field[i] = c->albedo[3 * i + k];
        smp_soften(c, c->field, radius);
        for (int i = 0; i < c->w * c->h; i++) c->albedo[3 * i + k] = c->field[i];
    }
}

void smp_background(smp_canvas *c)
{
    static painter *const painters[] = {paint_gradient, paint_plaster, paint_bricks, paint_planks,   paint_grass,
                                        paint_asphalt,  paint_tiles,   paint_bars,   paint_gradient, paint_plaster};
    painter *at = painters[smp_pick(c, (int)(sizeof painters / sizeof *painters))];
    smp_rgb first = wall_colour(c), second = wall_colour(c);
    float scale = smp_between(c, 0.6f, 1.6f), tilt = smp_between(c, -0.8f, 0.8f);
    paint p = {.a = first, .b = second, .seed = smp_seed(c), .scale = scale, .tilt = tilt};
    for (int y = 0; y < c->h; y++)
        for (int x = 0; x < c->w; x++) put(c, x, y, at(&p, (float)x / (float)c->w, (float)y / (float)c->w));
    if (smp_chance(c, 0.3f)) discs(c, 3 + smp_pick(c, 8));
    int sharp = c->w / 60;
    defocus(c, smp_chance(c, 0.75f) ? 1 + smp_pick(c, 2 + sharp) : 0);
}
