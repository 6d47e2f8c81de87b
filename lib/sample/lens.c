#include "lib/sample/lens.h"
#include <math.h>
#include "lib/base/banned.h"

static smp_rgb light_colour(smp_canvas *c)
{
    static const smp_rgb lights[] = {{1.10f, 1.00f, 0.84f}, {0.90f, 0.98f, 1.12f}, {1.0f, 1.0f, 1.0f},
                                     {1.0f, 1.0f, 1.0f},    {1.16f, 0.94f, 0.72f}, {0.94f, 1.06f, 0.94f},
                                     {1.04f, 0.92f, 1.08f}};
    smp_rgb v = lights[smp_pick(c, (int)(sizeof lights / sizeof *lights))];
    return smp_mix_rgb((smp_rgb){1, 1, 1}, v, smp_between(c, 0, 0.7f));
}

static void glare(smp_canvas *c)
{
    float x0 = smp_between(c, 0.1f, 0.9f) * (float)c->w, y0 = smp_between(c, 0.1f, 0.9f) * (float)c->h;
    float rx = smp_between(c, 0.05f, 0.2f) * (float)c->w, ry = smp_between(c, 0.06f, 0.3f) * (float)c->w;
    float turn = smp_between(c, 0, 1), cs = smp_cos(turn), sn = smp_sin(turn), power = smp_between(c, 0.25f, 0.95f);
    for (int y = 0; y < c->h; y++) {
        for (int x = 0; x < c->w; x++) {
            float dx = (float)x - x0, dy = (float)y - y0, u = (dx * cs + dy * sn) / rx, v = (dy * cs - dx * sn) / ry;
            float d = 1 - (u * u + v * v);
            if (d > 0) c->gloss[y * c->w + x] += power * d * d;
        }
    }
}

/* A shadow edge across the picture: something out of sight stands in the light. */
static void cast_shadow(smp_canvas *c)
{
    float turn = smp_between(c, 0, 1), cs = smp_cos(turn), sn = smp_sin(turn),
          at = smp_between(c, -0.25f, 0.25f) * (float)c->w;
    float soft = smp_between(c, 1, 0.2f * (float)c->w), deep = smp_between(c, 0.4f, 0.75f);
    for (int y = 0; y < c->h; y++) {
        for (int x = 0; x < c->w; x++) {
            float d = ((float)x - 0.5f * (float)c->w) * cs + ((float)y - 0.5f * (float)c->h) * sn;
            c->shade[y * c->w + x] *= smp_mix(1, deep, smp_smooth(at - soft, at + soft, d));
        }
    }
}

static void expose(smp_canvas *c)
{
    smp_rgb light = light_colour(c);
    float turn = smp_between(c, 0, 1), fall = smp_between(c, 0, 0.35f), gx = fall * smp_cos(turn) / (float)c->w,
          gy = fall * smp_sin(turn) / (float)c->h;
    float exposure = smp_between(c, 0.95f, 1.2f), contrast = smp_between(c, 0.95f, 1.3f),
          haze = smp_between(c, 0, 0.06f);
    float vignette = smp_between(c, 0, 0.3f) / ((float)c->w * (float)c->w);
    const float tint[3] = {light.r, light.g, light.b};
    for (int y = 0; y < c->h; y++) {
        for (int x = 0; x < c->w; x++) {
            int i = y * c->w + x;
            float dx = (float)x - 0.5f * (float)c->w, dy = (float)y - 0.5f * (float)c->h;
            float k = c->shade[i] * exposure * (1 + gx * dx + gy * dy) * (1 - vignette * (dx * dx + dy * dy));
            for (int ch = 0; ch < 3; ch++) {
                float v = c->albedo[3 * i + ch] * k * tint[ch] + c->gloss[i];
                v = 0.42f + (v - 0.42f) * contrast + haze;
                if (v > 0.8f) v = 0.8f + 0.2f * (1 - 1 / (1 + (v - 0.8f) * 4)); /* a film's soft shoulder */
                c->albedo[3 * i + ch] = v;
            }
        }
    }
}

static void blur(smp_canvas *c)
{
    int r = smp_chance(c, 0.18f) ? 1 + (c->w > 110 && smp_chance(c, 0.4f)) : 0;
    int shake = smp_chance(c, 0.08f) ? 1 + smp_pick(c, 1 + c->w / 40) : 0;
    int dx = smp_pick(c, 3) - 1, dy = dx == 0 ? 1 : smp_pick(c, 3) - 1;
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < c->w * c->h; i++) c->field[i] = c->albedo[3 * i + k];
        smp_soften(c, c->field, r);
        for (int y = 0; y < c->h; y++) {
            for (int x = 0; x < c->w; x++) {
                float sum = 0;
                for (int s = 0; s <= shake; s++) {
                    int sx = x + s * dx, sy = y + s * dy;
                    sx = sx < 0 ? 0 : sx >= c->w ? c->w - 1 : sx;
                    sy = sy < 0 ? 0 : sy >= c->h ? c->h - 1 : sy;
                    sum += c->field[sy * c->w + sx];
                }
                c->albedo[3 * (y * c->w + x) + k] = sum / (float)(shake + 1);
            }
        }
    }
}

lg_status smp_lens(smp_canvas *c, img_picture *out, lg_err *err)
{
    LG_TRY(img_picture_init(out, c->h, c->w, 3, err));
    if (smp_chance(c, 0.2f)) glare(c);
    if (smp_chance(c, 0.15f)) cast_shadow(c);
    expose(c);
    blur(c);
    float grain = smp_between(c, 0.005f, 0.035f), colour = 0.6f * grain;
    uint32_t seed = smp_seed(c);
    for (int i = 0; i < c->w * c->h; i++) {
        float n = grain * (smp_hash(i, 0, seed) + smp_hash(i, 1, seed) + smp_hash(i, 2, seed) - 1.5f);
        for (int k = 0; k < 3; k++) {
            float v = c->albedo[3 * i + k] + n + colour * (smp_hash(i, 3 + k, seed) - 0.5f);
            out->px[3 * i + k] = (uint8_t)(smp_clamp(v, 0, 1) * 255 + 0.5f);
        }
    }
    return LG_OK;
}
