/* things.c - cloth, shirts, shoes, caps, bags, signs, balls, boxes and woven labels. */
#include "lib/sample/things.h"
#include <math.h>
#include <string.h>
#include "lib/base/banned.h"

float smp_luma(smp_rgb v)
{
    return 0.3f * v.r + 0.59f * v.g + 0.11f * v.b;
}

smp_rgb smp_goods_colour(smp_canvas *c)
{
    static const smp_rgb goods[] = {
        {.06f, .06f, .07f}, {.90f, .90f, .88f}, {.10f, .13f, .28f}, {.70f, .10f, .12f}, {.12f, .28f, .62f},
        {.50f, .51f, .53f}, {.10f, .35f, .20f}, {.40f, .08f, .14f}, {.90f, .45f, .10f}, {.93f, .78f, .18f},
        {.88f, .50f, .62f}, {.12f, .50f, .52f}, {.78f, .70f, .56f}, {.26f, .27f, .29f}, {.35f, .62f, .85f},
        {.30f, .18f, .42f}, {.86f, .86f, .88f}, {.08f, .08f, .09f},
    };
    return smp_dye(c, goods[smp_pick(c, (int)(sizeof goods / sizeof *goods))]);
}

smp_rgb smp_dye(smp_canvas *c, smp_rgb v)
{
    float r = smp_between(c, 0.85f, 1.12f), g = smp_between(c, 0.85f, 1.12f), b = smp_between(c, 0.85f, 1.12f);
    return (smp_rgb){smp_clamp(v.r * r, 0, 1), smp_clamp(v.g * g, 0, 1), smp_clamp(v.b * b, 0, 1)};
}

static smp_rgb ground_colour(smp_canvas *c, const smp_scene *s)
{
    return s->house ? smp_dye(c, s->house->ground) : smp_goods_colour(c);
}

static float texture_at(smp_texture t, int x, int y, uint32_t seed)
{
    float n = smp_hash(x, y, seed) - 0.5f;
    switch (t) {
    case SMP_WEAVE: return 0.5f * n + ((x + y) & 1 ? 0.25f : -0.25f);
    case SMP_KNIT: return 0.4f * n + 0.6f * smp_sin((float)x * 0.31f + 0.1f * smp_sin((float)y * 0.25f));
    case SMP_LEATHER: return 1.4f * (smp_noise((float)x * 0.45f, (float)y * 0.45f, seed) - 0.5f) + 0.3f * n;
    case SMP_MESH: return (x % 3 == 0) && (y % 3 == (x / 3) % 2) ? -1.4f : 0.3f * n;
    default: return 0.2f * n;
    }
}

void smp_texture_apply(smp_canvas *c, smp_texture texture, float amount)
{
    uint32_t seed = smp_seed(c);
    for (int y = 0; y < c->h; y++) {
        for (int x = 0; x < c->w; x++) {
            float m = c->mask[y * c->w + x];
            if (m > 0) c->shade[y * c->w + x] *= 1 + m * amount * texture_at(texture, x, y, seed);
        }
    }
}

static void folds_begin(smp_canvas *c, smp_folds *folds, float strength)
{
    float unit = 1.0f / (float)c->w;
    int n = 2 + smp_pick(c, 3);
    *folds = (smp_folds){.n = n, .seed = smp_seed(c), .reach = strength * (float)c->w * 0.018f};
    float lean = smp_between(c, 0, 1);
    for (int i = 0; i < folds->n; i++) {
        float turn = lean + smp_between(c, -0.12f, 0.12f), freq = smp_between(c, 0.7f, 2.6f) * unit;
        folds->f[i].dx = freq * smp_cos(turn);
        folds->f[i].dy = freq * smp_sin(turn);
        folds->f[i].phase = smp_between(c, 0, 1);
        folds->f[i].amp = smp_between(c, 0.3f, 1) * strength;
        folds->f[i].wobble = smp_between(c, 0.3f, 1.2f);
    }
}

/* Light from one side on the fold heights; only where the mask is. */
static void folds_shade(smp_canvas *c, const smp_folds *folds, float strength)
{
    float turn = smp_between(c, 0, 1), lx = smp_cos(turn), ly = smp_sin(turn), unit = (float)c->w / 100;
    for (int y = 0; y < c->h; y++)
        for (int x = 0; x < c->w; x++) c->field[y * c->w + x] = smp_fold_height(folds, (float)x, (float)y);
    for (int y = 0; y < c->h; y++) {
        for (int x = 0; x < c->w; x++) {
            int i = y * c->w + x;
            if (c->mask[i] <= 0) continue;
            float h = c->field[i], gx = h - c->field[x ? i - 1 : i], gy = h - c->field[y ? i - c->w : i];
            float light = 1 + strength * unit * 9 * (gx * lx + gy * ly) + 0.12f * strength * h;
            c->shade[i] *= smp_mix(1, smp_clamp(light, 0.35f, 1.7f), c->mask[i]);
        }
    }
}

/* Stripes, checks, halves or blotches of a second colour: what cloth is printed with besides a mark. */
static void pattern(smp_canvas *c, smp_rgb second)
{
    int kind = smp_pick(c, 22);
    if (kind > 4) return;
    float turn = kind == 2 ? 0 : smp_between(c, 0, 1), dx = smp_cos(turn), dy = smp_sin(turn),
          at = smp_between(c, 0.2f, 0.8f);
    float period = smp_between(c, 0.06f, 0.25f) * (float)c->w, duty = smp_between(c, 0.15f, 0.6f);
    uint32_t seed = smp_seed(c);
    for (int y = 0; y < c->h; y++) {
        for (int x = 0; x < c->w; x++) {
            float u = ((float)x * dx + (float)y * dy) / period, v = ((float)x * -dy + (float)y * dx) / period, on = 0;
            float fu = u - smp_floor(u), fv = v - smp_floor(v);
            if (kind <= 1) on = fu < duty;
            else if (kind == 2) on = 0.5f * (float)(fu < 0.5f) + 0.5f * (float)(fv < 0.5f);
            else if (kind == 3) on = (float)x * dx + (float)y * dy > at * (float)c->w * (dx + dy > 0 ? dx + dy : 0.5f);
            else on = smp_smooth(0.48f, 0.54f, smp_fbm((float)x / period, (float)y / period, seed));
            int i = y * c->w + x;
            float a = on * c->mask[i], *p = c->albedo + 3 * i;
            p[0] = smp_mix(p[0], second.r, a);
            p[1] = smp_mix(p[1], second.g, a);
            p[2] = smp_mix(p[2], second.b, a);
        }
    }
}

/* A line of stitches along two points of a place. */
static void stitches(smp_canvas *c, smp_point a, smp_point b, smp_rgb thread)
{
    float dx = b.x - a.x, dy = b.y - a.y, len = sqrtf(dx * dx + dy * dy);
    int n = (int)(len / (0.03f * (float)c->w));
    smp_dashes(c, a, b, n < 60 ? n : 60, 0.009f * (float)c->w);
    smp_fill(c, thread, 0.7f);
}

static void seam(smp_canvas *c, smp_point a, smp_point b, float width)
{
    const smp_point pt[2] = {a, b};
    smp_stroke(c, pt, 2, width);
    smp_darken(c, 0.62f);
}

static void fill_mask(smp_canvas *c)
{
    for (int i = 0; i < c->w * c->h; i++) c->mask[i] = 1;
}

/* The shape's shadow on what lies behind it. */
static void drop_shadow(smp_canvas *c, const char *outline, const smp_place *place)
{
    smp_place low = *place;
    float by = 0.03f * (float)c->w;
    for (int i = 0; i < 3; i++) { /* moves the map by (by/2, by) pixels */
        low.m[i] += by * 0.5f * low.m[6 + i];
        low.m[3 + i] += by * low.m[6 + i];
    }
    smp_draw_one(c, outline, &low);
    smp_soften(c, c->mask, c->w / 32);
    smp_darken(c, 0.5f);
}

static void mark_room(smp_canvas *c, smp_scene *s, const smp_place *place, float x, float y, float room)
{
    (void)c;
    s->at = smp_put(place, x, y);
    smp_point l = smp_put(place, x - 1, y), r = smp_put(place, x + 1, y);
    float dx = r.x - l.x, dy = r.y - l.y;
    s->room = sqrtf(dx * dx + dy * dy) * 50 * room;
}

/* ---- the things ---- */

static void paint_cloth(smp_canvas *c, smp_scene *s)
{
    float w = (float)c->w, h = (float)c->h;
    s->ground = ground_colour(c, s);
    folds_begin(c, &s->folds, smp_between(c, 0.4f, 1.3f));
    fill_mask(c);
    smp_fill(c, s->ground, 1);
    pattern(c, smp_goods_colour(c));
    smp_texture texture = smp_chance(c, 0.5f) ? SMP_WEAVE : SMP_KNIT;
    smp_texture_apply(c, texture, smp_between(c, 0.05f, 0.2f));
    folds_shade(c, &s->folds, smp_between(c, 0.5f, 1.2f));
    if (smp_chance(c, 0.5f)) {
        float x = smp_between(c, 0, w), y = smp_between(c, 0, h), lean = smp_between(c, -0.3f, 0.3f) * w;
        smp_point a = {x - lean, 0}, b = {x + lean, h};
        if (smp_chance(c, 0.5f)) a = (smp_point){0, y - lean}, b = (smp_point){w, y + lean};
        seam(c, a, b, 0.015f * w);
        a.x += 0.03f * w, b.x += 0.03f * w;
        if (smp_chance(c, 0.6f)) stitches(c, a, b, smp_goods_colour(c));
    }
    s->at.x = w * smp_between(c, 0.32f, 0.68f);
    s->at.y = h * smp_between(c, 0.32f, 0.68f);
    s->room = w * smp_between(c, 0.55f, 0.95f);
    s->turns = smp_between(c, -0.06f, 0.06f);
}

static void paint_shirt(smp_canvas *c, smp_scene *s)
{
    static const char body[] = "M28 6C36 14 64 14 72 6L92 14L100 40L82 46L80 104L20 104L18 46L0 40L8 14Z";
    float w = (float)c->w, h = (float)c->h, size = smp_between(c, 1.15f, 2.0f) * (w < h ? w : h);
    float px = w * smp_between(c, 0.45f, 0.55f);
    float py = h * 0.5f + size * smp_between(c, 0, 0.12f);
    float turns = smp_between(c, -0.03f, 0.03f);
    smp_place place = smp_place_box(c, px, py, size, size * 1.05f, turns, 0.03f);
    s->ground = ground_colour(c, s);
    smp_rgb trim = smp_goods_colour(c);
    drop_shadow(c, body, &place);
    folds_begin(c, &s->folds, smp_between(c, 0.3f, 0.9f));
    smp_draw_one(c, body, &place);
    smp_fill(c, s->ground, 1);
    pattern(c, smp_goods_colour(c));
    smp_texture_apply(c, SMP_WEAVE, smp_between(c, 0.04f, 0.14f));
    folds_shade(c, &s->folds, smp_between(c, 0.5f, 1.1f));
    smp_draw_one(c, "M28 6C36 14 64 14 72 6L74 10C64 21 36 21 26 10Z", &place);
    smp_fill(c, smp_chance(c, 0.5f) ? trim : s->ground, 1);
    smp_darken(c, 0.8f);
    seam(c, smp_put(&place, 18, 46), smp_put(&place, 24, 10), 0.012f * w);
    seam(c, smp_put(&place, 82, 46), smp_put(&place, 76, 10), 0.012f * w);
    bool small = smp_chance(c, 0.1f);
    float mx = small ? (smp_chance(c, 0.7f) ? 65.0f : 35.0f) : 50;
    float room = small ? 0.25f : smp_between(c, 0.42f, 0.58f);
    mark_room(c, s, &place, mx, small ? 34 : 46, room);
}

static void shoe_sole(smp_canvas *c, const smp_place *place)
{
    static const smp_rgb soles[] = {{.92f, .91f, .88f}, {.72f, .52f, .32f}, {.08f, .08f, .08f}, {.80f, .80f, .78f}};
    smp_draw_one(c, "M2 75C30 79 70 79 97 73C100 82 99 89 96 91L8 92C2 91 0 84 2 75Z", place);
    smp_fill(c, smp_chance(c, 0.8f) ? soles[smp_pick(c, 4)] : smp_goods_colour(c), 1);
    smp_texture_apply(c, SMP_SMOOTH, 0.2f);
    for (int i = 0; i < 14; i++)
        seam(c, smp_put(place, 8 + (float)i * 6.4f, 86), smp_put(place, 9 + (float)i * 6.4f, 92), 0.012f * (float)c->w);
    seam(c, smp_put(place, 2, 77), smp_put(place, 97, 75), 0.012f * (float)c->w);
}

static void shoe_laces(smp_canvas *c, const smp_place *place, smp_rgb colour)
{
    for (int i = 0; i < 5; i++) {
        float t = (float)i / 4, x = smp_mix(36, 56, t), y = smp_mix(49, 27, t);
        const smp_point pt[2] = {smp_put(place, x, y), smp_put(place, x + 8, y + 5)};
        smp_stroke(c, pt, 2, 0.022f * (float)c->w);
        smp_darken(c, 0.8f);
        smp_stroke(c, pt, 2, 0.016f * (float)c->w);
        smp_fill(c, colour, 1);
    }
}

static void paint_shoe(smp_canvas *c, smp_scene *s)
{
    static const char upper[] =
        "M4 76C5 63 18 57 32 50C42 44 50 33 56 23C60 17 64 20 68 24C74 30 84 29 92 20C98 40 98 60 97 76L4 79Z";
    float w = (float)c->w, h = (float)c->h, size = smp_between(c, 1.0f, 1.6f) * w,
          flip = smp_chance(c, 0.5f) ? -1.0f : 1.0f;
    float px = w * smp_between(c, 0.44f, 0.56f);
    float py = h * smp_between(c, 0.44f, 0.58f);
    float turns = smp_between(c, -0.05f, 0.05f);
    smp_place place = smp_place_box(c, px, py, flip * size, size * 0.72f, turns, 0.04f);
    s->ground = ground_colour(c, s);
    smp_rgb trim = smp_chance(c, 0.5f) ? s->ground : smp_goods_colour(c);
    drop_shadow(c, "M2 80C30 84 70 84 97 80L96 98L8 98Z", &place);
    smp_draw_one(c, upper, &place);
    smp_fill(c, s->ground, 1);
    smp_texture texture = smp_chance(c, 0.5f) ? SMP_LEATHER : SMP_MESH;
    smp_texture_apply(c, texture, smp_between(c, 0.08f, 0.25f));
    folds_begin(c, &s->folds, 0.25f);
    folds_shade(c, &s->folds, 0.8f);
    smp_draw_one(c, "M56 23C64 16 84 20 92 21C87 33 74 35 66 30Z", &place);
    smp_fill(c, smp_scale_rgb(trim, 0.4f), 1);
    smp_draw_one(c, "M4 76C5 64 14 59 26 54C31 60 31 70 28 78Z", &place);
    smp_fill(c, trim, 0.9f);
    smp_draw_one(c, "M86 32C91 30 95 32 97 44L97 76L84 78C88 62 88 46 86 32Z", &place);
    smp_fill(c, trim, 0.9f);
    stitches(c, smp_put(&place, 30, 54), smp_put(&place, 31, 76), smp_goods_colour(c));
    stitches(c, smp_put(&place, 83, 34), smp_put(&place, 83, 76), smp_goods_colour(c));
    shoe_sole(c, &place);
    shoe_laces(c, &place, smp_goods_colour(c));
    const smp_point side[4] = {smp_put(&place, 44, 38), smp_put(&place, 80, 35), smp_put(&place, 82, 75),
                               smp_put(&place, 38, 77)};
    s->side = smp_place_quad(side);
    mark_room(c, s, &place, smp_between(c, 56, 62), 56, 0.4f);
}

static void paint_cap(smp_canvas *c, smp_scene *s)
{
    static const char dome[] = "M10 62C8 24 32 6 52 6C78 6 94 28 90 60C66 52 36 52 10 62Z";
    static const char visor[] = "M10 62C36 50 68 50 90 60C98 66 101 78 96 84C70 66 34 66 4 86C0 78 2 66 10 62Z";
    float w = (float)c->w, h = (float)c->h, size = smp_between(c, 1.0f, 1.45f) * (w < h ? w : h);
    float px = w * smp_between(c, 0.42f, 0.58f);
    float py = h * smp_between(c, 0.5f, 0.6f);
    float turns = smp_between(c, -0.06f, 0.06f);
    smp_place place = smp_place_box(c, px, py, size, size, turns, 0.05f);
    s->ground = ground_colour(c, s);
    drop_shadow(c, visor, &place);
    smp_draw_one(c, dome, &place);
    smp_fill(c, s->ground, 1);
    smp_texture_apply(c, SMP_WEAVE, smp_between(c, 0.06f, 0.16f));
    folds_begin(c, &s->folds, 0.4f);
    folds_shade(c, &s->folds, 0.9f);
    seam(c, smp_put(&place, 52, 6), smp_put(&place, 30, 56), 0.01f * w);
    seam(c, smp_put(&place, 52, 6), smp_put(&place, 74, 56), 0.01f * w);
    smp_draw_one(c, "O52 6 3", &place);
    smp_darken(c, 0.7f);
    smp_draw_one(c, visor, &place);
    smp_fill(c, smp_chance(c, 0.6f) ? s->ground : smp_goods_colour(c), 1);
    smp_darken(c, 0.78f);
    mark_room(c, s, &place, 51, 34, smp_between(c, 0.42f, 0.56f));
}

static void paint_bag(smp_canvas *c, smp_scene *s)
{
    static const char body[] =
        "M12 30C12 20 20 16 30 16L70 16C80 16 88 20 88 30L92 92C92 96 88 98 84 98L16 98C12 98 8 96 8 92Z";
    float w = (float)c->w, h = (float)c->h, size = smp_between(c, 1.0f, 1.6f) * (w < h ? w : h);
    float px = w * smp_between(c, 0.44f, 0.56f);
    float py = h * smp_between(c, 0.42f, 0.5f);
    float turns = smp_between(c, -0.05f, 0.05f);
    smp_place place = smp_place_box(c, px, py, size, size, turns, 0.05f);
    s->ground = ground_colour(c, s);
    smp_rgb trim = smp_goods_colour(c);
    drop_shadow(c, body, &place);
    smp_draw_one(c, "M32 20C32 -4 68 -4 68 20L62 20C62 6 38 6 38 20Z", &place);
    smp_fill(c, trim, 1);
    smp_draw_one(c, body, &place);
    smp_fill(c, s->ground, 1);
    smp_texture texture = smp_chance(c, 0.6f) ? SMP_WEAVE : SMP_LEATHER;
    smp_texture_apply(c, texture, smp_between(c, 0.06f, 0.18f));
    folds_begin(c, &s->folds, smp_between(c, 0.3f, 0.8f));
    folds_shade(c, &s->folds, 0.9f);
    seam(c, smp_put(&place, 11, 38), smp_put(&place, 89, 38), 0.02f * w);
    stitches(c, smp_put(&place, 12, 41), smp_put(&place, 88, 41), trim);
    seam(c, smp_put(&place, 18, 92), smp_put(&place, 82, 92), 0.012f * w);
    float mx = smp_between(c, 46, 54);
    float room = smp_between(c, 0.46f, 0.62f);
    mark_room(c, s, &place, mx, 64, room);
}

static void paint_sign(smp_canvas *c, smp_scene *s)
{
    float w = (float)c->w, h = (float)c->h, sw = smp_between(c, 0.7f, 1.2f) * w, sh = smp_between(c, 0.55f, 0.95f) * h;
    float px = w * smp_between(c, 0.42f, 0.58f);
    float py = h * smp_between(c, 0.42f, 0.58f);
    float turns = smp_between(c, -0.03f, 0.03f);
    smp_place place = smp_place_box(c, px, py, sw, sh, turns, 0.12f);
    s->ground = ground_colour(c, s);
    s->flat = true;
    drop_shadow(c, "R0 0 100 100", &place);
    smp_draw_one(c, "R0 0 100 100", &place);
    smp_fill(c, smp_scale_rgb(smp_goods_colour(c), 0.7f), 1);
    smp_draw_one(c, "R3 4 94 92", &place);
    smp_fill(c, s->ground, 1);
    smp_rgb second = smp_goods_colour(c);
    if (smp_chance(c, 0.4f)) pattern(c, second);
    smp_texture_apply(c, SMP_SMOOTH, 0.15f);
    float mx = smp_between(c, 45, 55);
    float my = smp_between(c, 45, 52);
    float room = smp_between(c, 0.5f, 0.8f);
    mark_room(c, s, &place, mx, my, room);
}

static void paint_ball(smp_canvas *c, smp_scene *s)
{
    float w = (float)c->w, h = (float)c->h, r = smp_between(c, 0.34f, 0.52f) * (w < h ? w : h);
    float mx = w * smp_between(c, 0.4f, 0.6f), my = h * smp_between(c, 0.42f, 0.58f);
    smp_point mid = {mx, my};
    smp_place place = smp_place_box(c, mid.x, mid.y, 2 * r, 2 * r, smp_between(c, 0, 1), 0);
    s->ground = ground_colour(c, s);
    drop_shadow(c, "O50 56 48", &place);
    smp_draw_one(c, "O50 50 50", &place);
    smp_fill(c, s->ground, 1);
    smp_texture_apply(c, SMP_LEATHER, 0.15f);
    float lx = smp_between(c, -0.6f, 0.6f), ly = smp_between(c, -0.8f, -0.2f);
    for (int y = 0; y < c->h; y++) {
        for (int x = 0; x < c->w; x++) {
            float u = ((float)x - mid.x) / r, v = ((float)y - mid.y) / r, z2 = 1 - u * u - v * v,
                  m = c->mask[y * c->w + x];
            if (m <= 0) continue;
            float light = 0.35f + 0.75f * smp_clamp(u * lx + v * ly + 0.75f * sqrtf(z2 > 0 ? z2 : 0), 0, 2);
            c->shade[y * c->w + x] *= smp_mix(1, light, m);
        }
    }
    static const char *const panels[] = {"M20 14L36 30L26 52L2 48L0 42L4 50L24 55L40 30L22 12Z",
                                         "M80 14L64 30L74 52L98 48L98 52L72 56L60 30L78 12Z",
                                         "M26 52L34 78L66 78L74 52L77 54L68 82L32 82L23 54Z"};
    smp_rgb second = smp_goods_colour(c);
    for (int i = 0; i < 3; i++) {
        smp_draw_one(c, panels[i], &place);
        smp_fill(c, second, 0.85f);
        smp_darken(c, 0.8f);
    }
    s->at = mid;
    s->room = r * smp_between(c, 1.1f, 1.5f);
    s->turns = smp_between(c, -0.12f, 0.12f);
}

static void paint_box(smp_canvas *c, smp_scene *s)
{
    float w = (float)c->w, h = (float)c->h, bw = smp_between(c, 0.7f, 1.1f) * w, bh = bw * smp_between(c, 0.4f, 0.62f);
    float bx = w * smp_between(c, 0.42f, 0.58f), by = h * smp_between(c, 0.5f, 0.62f);
    float sideways = smp_chance(c, 0.5f) ? 1.0f : -1.0f;
    float lean = sideways * smp_between(c, 0.08f, 0.25f) * bw, deep = smp_between(c, 0.25f, 0.5f) * bh;
    smp_place front = smp_place_box(c, bx, by, bw, bh, smp_between(c, -0.025f, 0.025f), 0.03f);
    smp_point tl = smp_put(&front, 0, 0), tr = smp_put(&front, 100, 0);
    const smp_point lid[4] = {{tl.x + lean, tl.y - deep}, {tr.x + lean * 0.6f, tr.y - deep}, tr, tl};
    smp_place top = smp_place_quad(lid);
    s->ground = ground_colour(c, s);
    s->flat = true;
    drop_shadow(c, "R0 0 100 100", &front);
    smp_draw_one(c, "R0 0 100 100", &front);
    smp_fill(c, s->ground, 1);
    smp_texture_apply(c, SMP_SMOOTH, 0.2f);
    smp_draw_one(c, "R0 0 100 14", &front);
    smp_fill(c, smp_chance(c, 0.5f) ? s->ground : smp_goods_colour(c), 1);
    smp_darken(c, 0.85f);
    smp_draw_one(c, "R0 0 100 100", &top);
    smp_fill(c, s->ground, 1);
    smp_darken(c, smp_between(c, 0.6f, 1.3f));
    float mx = smp_between(c, 40, 60);
    float room = smp_between(c, 0.38f, 0.55f);
    mark_room(c, s, &front, mx, 57, room);
}

static void paint_label(smp_canvas *c, smp_scene *s)
{
    paint_cloth(c, s);
    float w = (float)c->w, lw = smp_between(c, 0.6f, 0.95f) * w, lh = lw * smp_between(c, 0.5f, 0.9f);
    smp_place place = smp_place_box(c, s->at.x, s->at.y, lw, lh, s->turns, 0.04f);
    place.folds = &s->folds;
    s->ground = ground_colour(c, s);
    drop_shadow(c, "R0 0 100 100", &place);
    smp_draw_one(c, "R0 0 100 100", &place);
    smp_fill(c, s->ground, 1);
    smp_texture_apply(c, SMP_WEAVE, 0.2f);
    smp_rgb thread = smp_goods_colour(c);
    stitches(c, smp_put(&place, 5, 6), smp_put(&place, 95, 6), thread);
    stitches(c, smp_put(&place, 5, 94), smp_put(&place, 95, 94), thread);
    s->room = lw * smp_between(c, 0.65f, 0.85f);
    if (s->room > lh) s->room = lh;
}

void smp_thing_paint(smp_canvas *c, smp_thing thing, const smp_house *house, smp_scene *s)
{
    static void (*const painters[SMP_THINGS])(smp_canvas *, smp_scene *) = {
        [SMP_CLOTH] = paint_cloth, [SMP_SHIRT] = paint_shirt, [SMP_SHOE] = paint_shoe,
        [SMP_CAP] = paint_cap,     [SMP_BAG] = paint_bag,     [SMP_SIGN] = paint_sign,
        [SMP_BALL] = paint_ball,   [SMP_BOX] = paint_box,     [SMP_LABEL] = paint_label,
    };
    *s = (smp_scene){.thing = thing, .house = house};
    painters[thing](c, s);
}

/* ---- in front ---- */

static void finger(smp_canvas *c, const smp_scene *s)
{
    static const smp_rgb skins[] = {
        {.93f, .76f, .65f}, {.82f, .62f, .48f}, {.62f, .43f, .31f}, {.42f, .28f, .20f}, {.28f, .18f, .13f}};
    smp_rgb skin = skins[smp_pick(c, 5)];
    float turn = smp_between(c, 0, 1), w = (float)c->w, thick = smp_between(c, 0.07f, 0.13f) * w;
    int n = 1 + smp_pick(c, 3);
    for (int i = 0; i < n; i++) {
        float off = s->room * smp_between(c, 0.3f, 0.5f), along = (float)i * thick * 1.05f;
        float x = s->at.x + off * smp_cos(turn) - along * smp_sin(turn),
              y = s->at.y + off * smp_sin(turn) + along * smp_cos(turn);
        const smp_point pt[2] = {{x, y}, {x + w * smp_cos(turn), y + w * smp_sin(turn)}};
        smp_stroke(c, pt, 2, thick);
        smp_soften(c, c->mask, 1);
        smp_fill(c, smp_scale_rgb(skin, smp_between(c, 0.85f, 1.05f)), 1);
        smp_place tip = smp_place_box(c, x, y, thick, thick, 0, 0);
        smp_draw_one(c, "O50 50 50", &tip);
        smp_fill(c, skin, 1);
        const smp_point edge[2] = {{x - thick * 0.45f * smp_sin(turn), y + thick * 0.45f * smp_cos(turn)},
                                   {pt[1].x - thick * 0.45f * smp_sin(turn), pt[1].y + thick * 0.45f * smp_cos(turn)}};
        smp_stroke(c, edge, 2, thick * 0.25f);
        smp_soften(c, c->mask, 1);
        smp_darken(c, 0.7f);
    }
}

static void strap(smp_canvas *c, const smp_scene *s)
{
    float turn = smp_between(c, 0, 1), w = (float)c->w, off = s->room * smp_between(c, -0.35f, 0.35f);
    float x = s->at.x - off * smp_sin(turn), y = s->at.y + off * smp_cos(turn), dx = w * smp_cos(turn),
          dy = w * smp_sin(turn);
    const smp_point pt[2] = {{x - dx, y - dy}, {x + dx, y + dy}};
    float thick = smp_between(c, 0.03f, 0.1f) * w;
    smp_stroke(c, pt, 2, thick * 1.4f);
    smp_soften(c, c->mask, 2);
    smp_darken(c, 0.6f);
    smp_stroke(c, pt, 2, thick);
    smp_fill(c, smp_goods_colour(c), 1);
    smp_texture_apply(c, SMP_KNIT, 0.15f);
}

void smp_occlude(smp_canvas *c, const smp_scene *s)
{
    if (smp_chance(c, 0.5f)) finger(c, s);
    else strap(c, s);
}
