#include "lib/sample/canvas.h"
#include <math.h>
#include <string.h>
#include "lib/base/banned.h"

lg_status smp_canvas_init(smp_canvas *c, int w, int h, lg_err *err)
{
    size_t n = (size_t)h * (size_t)(w + 2);
    float **const planes[] = {&c->shade, &c->gloss, &c->mask, &c->part, &c->field};
    *c = (smp_canvas){.albedo = lg_alloc(3 * n, sizeof(float), err)};
    if (!c->albedo) return LG_E_MEMORY;
    for (int i = 0; i < 5; i++)
        if (!(*planes[i] = lg_alloc(n, sizeof(float), err))) return LG_E_MEMORY;
    return LG_OK;
}

void smp_canvas_release(smp_canvas *c)
{
    lg_free(c->albedo);
    lg_free(c->shade);
    lg_free(c->gloss);
    lg_free(c->mask);
    lg_free(c->part);
    lg_free(c->field);
    *c = (smp_canvas){0};
}

void smp_canvas_begin(smp_canvas *c, int w, int h, uint64_t seed)
{
    c->w = w;
    c->h = h;
    c->top = h;
    c->bottom = 0;
    memset(c->part, 0, (size_t)h * (size_t)(w + 2) * sizeof(float));
    lg_rng_init(&c->rng, seed);
    for (int i = 0; i < w * h; i++) {
        c->shade[i] = 1;
        c->gloss[i] = 0;
    }
}

float smp_between(smp_canvas *c, float lo, float hi)
{
    return lo + (hi - lo) * (float)lg_rng_uniform(&c->rng);
}
int smp_pick(smp_canvas *c, int n)
{
    return (int)lg_rng_below(&c->rng, (uint64_t)n);
}
bool smp_chance(smp_canvas *c, float p)
{
    return lg_rng_uniform(&c->rng) < (double)p;
}
uint32_t smp_seed(smp_canvas *c)
{
    return (uint32_t)lg_rng_next(&c->rng);
}

float smp_floor(float v)
{
    float t = (float)(int)v;
    return t > v ? t - 1 : t;
}

/* Odd polynomial on a quarter turn (Taylor to the 11th power), the rest by symmetry. */
float smp_sin(float turns)
{
    double t = turns;
    t -= (double)(int64_t)t;
    if (t < 0) t += 1;
    double sign = 1;
    if (t >= 0.5) {
        t -= 0.5;
        sign = -1;
    }
    if (t > 0.25) t = 0.5 - t;
    double x = t * 6.283185307179586, s = x * x;
    return (float)(sign * x * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110))))));
}

float smp_smooth(float lo, float hi, float v)
{
    float t = smp_clamp((v - lo) / (hi - lo), 0, 1);
    return t * t * (3 - 2 * t);
}

smp_rgb smp_mix_rgb(smp_rgb a, smp_rgb b, float t)
{
    return (smp_rgb){smp_mix(a.r, b.r, t), smp_mix(a.g, b.g, t), smp_mix(a.b, b.b, t)};
}

smp_rgb smp_scale_rgb(smp_rgb a, float k)
{
    return (smp_rgb){a.r * k, a.g * k, a.b * k};
}

float smp_hash(int x, int y, uint32_t seed)
{
    uint32_t v = (uint32_t)x * 0x9E3779B1u ^ (uint32_t)y * 0x85EBCA77u ^ seed;
    v = (v ^ v >> 15) * 0x2C1B3C6Du;
    v = (v ^ v >> 12) * 0x297A2D39u;
    return (float)((v ^ v >> 15) >> 8) * (1.0f / 16777216);
}

float smp_noise(float x, float y, uint32_t seed)
{
    float fx = smp_floor(x), fy = smp_floor(y), tx = x - fx, ty = y - fy;
    int ix = (int)fx, iy = (int)fy;
    tx = tx * tx * (3 - 2 * tx);
    ty = ty * ty * (3 - 2 * ty);
    float top = smp_mix(smp_hash(ix, iy, seed), smp_hash(ix + 1, iy, seed), tx);
    float bottom = smp_mix(smp_hash(ix, iy + 1, seed), smp_hash(ix + 1, iy + 1, seed), tx);
    return smp_mix(top, bottom, ty);
}

float smp_fbm(float x, float y, uint32_t seed)
{
    return 0.57f * smp_noise(x, y, seed) + 0.29f * smp_noise(2 * x, 2 * y, seed + 1) +
           0.14f * smp_noise(4 * x, 4 * y, seed + 2);
}

/* ---- places ---- */

/* The projective map that takes the unit square to a quadrangle (Heckbert, "Fundamentals of Texture Mapping and Image
 * Warping", 1989, section 2.2.3). */
smp_place smp_place_quad(const smp_point q[4])
{
    smp_place p = {.m = {0}};
    float dx1 = q[1].x - q[2].x, dx2 = q[3].x - q[2].x, sx = q[0].x - q[1].x + q[2].x - q[3].x;
    float dy1 = q[1].y - q[2].y, dy2 = q[3].y - q[2].y, sy = q[0].y - q[1].y + q[2].y - q[3].y;
    float det = dx1 * dy2 - dx2 * dy1;
    if (det > -1e-6f && det < 1e-6f) det = 1e-6f;
    float g = (sx * dy2 - dx2 * sy) / det, h = (dx1 * sy - sx * dy1) / det;
    const float m[9] = {q[1].x - q[0].x + g * q[1].x,
                        q[3].x - q[0].x + h * q[3].x,
                        q[0].x,
                        q[1].y - q[0].y + g * q[1].y,
                        q[3].y - q[0].y + h * q[3].y,
                        q[0].y,
                        g,
                        h,
                        1};
    memcpy(p.m, m, sizeof m);
    return p;
}

smp_place smp_place_box(smp_canvas *c, float x, float y, float w, float h, float turns, float tilt)
{
    static const float corner[4][2] = {{-0.5f, -0.5f}, {0.5f, -0.5f}, {0.5f, 0.5f}, {-0.5f, 0.5f}};
    float cs = smp_cos(turns), sn = smp_sin(turns);
    smp_point q[4];
    for (int i = 0; i < 4; i++) {
        float u = w * (corner[i][0] + smp_between(c, -tilt, tilt)),
              v = h * (corner[i][1] + smp_between(c, -tilt, tilt));
        q[i] = (smp_point){x + cs * u - sn * v, y + sn * u + cs * v};
    }
    return smp_place_quad(q);
}

float smp_fold_height(const smp_folds *folds, float x, float y)
{
    float sum = 0;
    for (int i = 0; i < folds->n; i++) {
        float wobble = smp_noise(x * 0.03f, y * 0.03f, folds->seed + (uint32_t)i) * folds->f[i].wobble;
        float s = smp_sin(folds->f[i].dx * x + folds->f[i].dy * y + folds->f[i].phase + wobble);
        sum += folds->f[i].amp * (s > 0 ? s * s : s * 0.4f); /* ridges are narrow, valleys wide */
    }
    return sum;
}

smp_point smp_put(const smp_place *place, float x, float y)
{
    const float *m = place->m;
    float u = x / 100, v = y / 100, d = m[6] * u + m[7] * v + m[8];
    if (d < 0.05f) d = 0.05f;
    smp_point p = {(m[0] * u + m[1] * v + m[2]) / d, (m[3] * u + m[4] * v + m[5]) / d};
    if (place->folds) {
        float push = smp_fold_height(place->folds, p.x, p.y) * place->folds->reach;
        p.x += push;
        p.y += 0.6f * push;
    }
    return p;
}

/* ---- shapes ---- */

/* Adds one edge to the signed-area buffer: each row gets, at the pixels the edge crosses, the change in coverage to its
 * right (the method of Raph Levien's font-rs). */
static void add_edge(smp_canvas *c, smp_point a, smp_point b)
{
    if (a.y == b.y) return;
    float sign = 1;
    if (a.y > b.y) {
        smp_point t = a;
        a = b;
        b = t;
        sign = -1;
    }
    float slope = (b.x - a.x) / (b.y - a.y);
    int from = a.y < 0 ? 0 : (int)a.y, to = b.y > (float)c->h ? c->h : (int)b.y + 1;
    if (to > c->h) to = c->h;
    if (from < c->top) c->top = from;
    if (to > c->bottom) c->bottom = to;
    for (int y = from; y < to; y++) {
        float y0 = a.y > (float)y ? a.y : (float)y, y1 = b.y < (float)(y + 1) ? b.y : (float)(y + 1);
        if (y1 <= y0) continue;
        float x0 = smp_clamp(a.x + (y0 - a.y) * slope, 0, (float)c->w),
              x1 = smp_clamp(a.x + (y1 - a.y) * slope, 0, (float)c->w);
        if (x0 > x1) {
            float t = x0;
            x0 = x1;
            x1 = t;
        }
        float *row = c->part + (size_t)y * (size_t)(c->w + 2), cover = sign * (y1 - y0);
        int i0 = (int)x0, i1 = (int)x1;
        if (i0 == i1) {
            float right = (float)(i0 + 1) - 0.5f * (x0 + x1);
            row[i0] += cover * right;
            row[i0 + 1] += cover * (1 - right);
            continue;
        }
        float per = cover / (x1 - x0), before = 0; /* coverage per pixel of width; area up to the last pixel */
        for (int i = i0; i <= i1; i++) {
            float l = x0 > (float)i ? x0 : (float)i, r = x1 < (float)(i + 1) ? x1 : (float)(i + 1);
            float area = per * (r - l) * ((float)(i + 1) - 0.5f * (l + r));
            row[i] += area + before;
            before = per * (r - l) - area;
        }
        row[i1 + 1] += before;
    }
}

/* A straight line in the drawing bends with the folds, so it goes down in short pieces. */
static void add_line(smp_canvas *c, const smp_place *place, smp_point a, smp_point b)
{
    float len = fabsf(b.x - a.x) + fabsf(b.y - a.y);
    int steps = place->folds ? 1 + (int)(len / 4) : 1;
    smp_point from = smp_put(place, a.x, a.y);
    for (int i = 1; i <= steps; i++) {
        float t = (float)i / (float)steps;
        smp_point to = smp_put(place, smp_mix(a.x, b.x, t), smp_mix(a.y, b.y, t));
        add_edge(c, from, to);
        from = to;
    }
}

static void add_curve(smp_canvas *c, const smp_place *place, smp_point a, const float v[6])
{
    enum { STEPS = 10 };
    smp_point from = a;
    for (int i = 1; i <= STEPS; i++) {
        float t = (float)i / STEPS, s = 1 - t, p = s * s * s, q = 3 * s * s * t, r = 3 * s * t * t, u = t * t * t;
        smp_point to = {p * a.x + q * v[0] + r * v[2] + u * v[4], p * a.y + q * v[1] + r * v[3] + u * v[5]};
        add_line(c, place, from, to);
        from = to;
    }
}

static void add_circle(smp_canvas *c, const smp_place *place, const float v[3])
{
    enum { STEPS = 28 };
    smp_point from = {v[0] + fabsf(v[2]), v[1]};
    for (int i = 1; i <= STEPS; i++) {
        float t = (float)(i % STEPS) / STEPS;
        smp_point to = {v[0] + fabsf(v[2]) * smp_cos(t), v[1] + v[2] * smp_sin(t)};
        add_line(c, place, from, to);
        from = to;
    }
}

static const char *read_number(const char *s, float *out)
{
    while (*s == ' ') s++;
    bool minus = *s == '-';
    int v = 0;
    for (s += minus; *s >= '0' && *s <= '9'; s++) v = v * 10 + (*s - '0');
    *out = (float)(minus ? -v : v);
    return s;
}

static void trace(smp_canvas *c, const char *s, const smp_place *place)
{
    smp_point at = {0}, start = {0};
    float v[6];
    while (*s) {
        char cmd = *s++;
        int n = cmd == 'C' ? 6 : cmd == 'R' ? 4 : cmd == 'O' ? 3 : cmd == 'M' || cmd == 'L' ? 2 : 0;
        for (int i = 0; i < n; i++) s = read_number(s, &v[i]);
        if (cmd == 'M') at = start = (smp_point){v[0], v[1]};
        else if (cmd == 'O') add_circle(c, place, v);
        else if (cmd == 'R') {
            const smp_point q[5] = {
                {v[0], v[1]}, {v[0] + v[2], v[1]}, {v[0] + v[2], v[1] + v[3]}, {v[0], v[1] + v[3]}, {v[0], v[1]}};
            for (int i = 0; i < 4; i++) add_line(c, place, q[i], q[i + 1]);
        } else if (cmd == 'L' || cmd == 'Z') {
            smp_point to = cmd == 'Z' ? start : (smp_point){v[0], v[1]};
            add_line(c, place, at, to);
            at = to;
        } else if (cmd == 'C') {
            add_curve(c, place, at, v);
            at = (smp_point){v[4], v[5]};
        }
    }
}

/* Turns the signed areas into coverage and joins it to the mask, or cuts it out; the areas are used up. */
static void settle(smp_canvas *c, bool cut)
{
    for (int y = c->top; y < c->bottom; y++) {
        float *row = c->part + (size_t)y * (size_t)(c->w + 2);
        float *mask = c->mask + (size_t)y * (size_t)c->w, sum = 0;
        for (int x = 0; x < c->w; x++) {
            sum += row[x];
            float cover = smp_clamp(fabsf(sum), 0, 1);
            if (cover < 1e-4f) continue;
            mask[x] = cut ? mask[x] * (1 - cover) : 1 - (1 - mask[x]) * (1 - cover);
        }
        memset(row, 0, (size_t)(c->w + 2) * sizeof(float));
    }
    c->top = c->h;
    c->bottom = 0;
}

static void clear_mask(smp_canvas *c)
{
    memset(c->mask, 0, (size_t)c->h * (size_t)c->w * sizeof(float));
}

void smp_draw(smp_canvas *c, const char *const *drawing, const smp_place *place)
{
    clear_mask(c);
    for (; *drawing; drawing++) {
        bool cut = **drawing == '-';
        trace(c, *drawing + cut, place);
        settle(c, cut);
    }
}

void smp_draw_one(smp_canvas *c, const char *outline, const smp_place *place)
{
    smp_draw(c, (const char *const[]){outline, NULL}, place);
}

static void add_stroke(smp_canvas *c, smp_point a, smp_point b, float width)
{
    float dx = b.x - a.x, dy = b.y - a.y, len = sqrtf(dx * dx + dy * dy);
    if (len < 1e-3f) return;
    float ox = -dy / len * width / 2, oy = dx / len * width / 2;
    const smp_point q[5] = {
        {a.x + ox, a.y + oy}, {b.x + ox, b.y + oy}, {b.x - ox, b.y - oy}, {a.x - ox, a.y - oy}, {a.x + ox, a.y + oy}};
    for (int k = 0; k < 4; k++) add_edge(c, q[k], q[k + 1]);
}

void smp_stroke(smp_canvas *c, const smp_point *pt, int n, float width)
{
    clear_mask(c);
    for (int i = 0; i + 1 < n; i++) {
        add_stroke(c, pt[i], pt[i + 1], width);
        settle(c, false);
    }
}

void smp_dashes(smp_canvas *c, smp_point a, smp_point b, int n, float width)
{
    float dx = b.x - a.x, dy = b.y - a.y;
    clear_mask(c);
    for (int i = 0; i < n; i++) {
        float t0 = (float)i / (float)n, t1 = ((float)i + 0.6f) / (float)n;
        add_stroke(c, (smp_point){a.x + dx * t0, a.y + dy * t0}, (smp_point){a.x + dx * t1, a.y + dy * t1}, width);
    }
    settle(c, false);
}

static void box_line(const float *in, float *out, int n, int step, int r)
{
    float sum = 0, width = (float)(2 * r + 1);
    for (int i = -r; i <= r; i++) sum += in[(i < 0 ? 0 : i >= n ? n - 1 : i) * step];
    for (int i = 0; i < n; i++) {
        out[i * step] = sum / width;
        int add = i + r + 1, drop = i - r;
        sum += in[(add >= n ? n - 1 : add) * step] - in[(drop < 0 ? 0 : drop) * step];
    }
}

void smp_soften(smp_canvas *c, float *plane, int r)
{
    for (int pass = 0; pass < 2 && r > 0; pass++) {
        for (int y = 0; y < c->h; y++) box_line(plane + y * c->w, c->part + y * c->w, c->w, 1, r);
        for (int x = 0; x < c->w; x++) box_line(c->part + x, plane + x, c->h, c->w, r);
    }
    if (r > 0) memset(c->part, 0, (size_t)c->h * (size_t)(c->w + 2) * sizeof(float));
}

void smp_fill(smp_canvas *c, smp_rgb colour, float amount)
{
    const float v[3] = {colour.r, colour.g, colour.b};
    for (int i = 0; i < c->w * c->h; i++) {
        float a = c->mask[i] * amount;
        if (a <= 0) continue;
        for (int k = 0; k < 3; k++) c->albedo[3 * i + k] = smp_mix(c->albedo[3 * i + k], v[k], a);
    }
}

void smp_darken(smp_canvas *c, float factor)
{
    for (int i = 0; i < c->w * c->h; i++) c->shade[i] *= smp_mix(1, factor, c->mask[i]);
}
