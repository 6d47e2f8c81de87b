/* canvas.h - the drawing board of the picture set: outlines, masks, colours, noise, in exact arithmetic.
 *
 * Only + - * / sqrt and floor are used on numbers that reach a pixel (sine is our own polynomial), so every machine
 * draws the same picture. Internal to lib/sample.
 *
 * A canvas keeps what a surface reflects (albedo) apart from the light that falls on it (shade): marks are printed into
 * the albedo, folds and shadows go into the shade, and smp_lens puts both together. */
#ifndef SMP_CANVAS_H
#define SMP_CANVAS_H

#include "lib/base/lg.h"

typedef struct smp_rgb {
    float r, g, b;
} smp_rgb; /* 0..1 */
typedef struct smp_point {
    float x, y;
} smp_point; /* pixels; y down */

typedef struct smp_canvas {
    int w, h;
    float *albedo; /* (h, w, 3) */
    float *shade;  /* (h, w): 1 is even light */
    float *gloss;  /* (h, w): light added on top */
    float *mask;   /* (h, w): coverage of the shape drawn last, 0..1 */
    float *part;   /* (h, w + 2): scratch of the mask maker */
    float *field;  /* (h, w): scratch: fold heights, blur */
    int top, bottom; /* rows of `part` in use; all others are 0 */
    lg_rng rng;
} smp_canvas;

/* w, h: at most; smp_canvas_begin picks the size of each picture. */
lg_status smp_canvas_init(smp_canvas *c, int w, int h, lg_err *err) LG_MUST_CHECK;
void smp_canvas_release(smp_canvas *c);
void smp_canvas_begin(smp_canvas *c, int w, int h, uint64_t seed);

/* ---- chance ---- */
/* Each call takes the next number of the picture's stream, and C leaves the order of arguments and initialisers open:
 * one draw per declaration or statement, so that every compiler draws the same picture. */
float smp_between(smp_canvas *c, float lo, float hi);
int smp_pick(smp_canvas *c, int n); /* 0..n-1 */
bool smp_chance(smp_canvas *c, float p);
uint32_t smp_seed(smp_canvas *c);

/* ---- numbers ---- */
float smp_sin(float turns); /* sin(2 pi turns), within 1e-6 */
static inline float smp_cos(float turns)
{
    return smp_sin(turns + 0.25f);
}
float smp_floor(float v);
static inline float smp_clamp(float v, float lo, float hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}
static inline float smp_mix(float a, float b, float t)
{
    return a + (b - a) * t;
}
float smp_smooth(float lo, float hi, float v); /* 0 below lo, 1 above hi, smooth between */
smp_rgb smp_mix_rgb(smp_rgb a, smp_rgb b, float t);
smp_rgb smp_scale_rgb(smp_rgb a, float k);
/* Lattice noise in 0..1: one value per unit square, or smooth between them, or three octaves of that. */
float smp_hash(int x, int y, uint32_t seed);
float smp_noise(float x, float y, uint32_t seed);
float smp_fbm(float x, float y, uint32_t seed);

/* ---- where a drawing goes ---- */
/* A drawing lives in a 100 x 100 box; a place maps that box to four corners of the picture as a perspective does, then
 * lets the folds of the cloth push it about. */
typedef struct smp_folds {
    int n;
    uint32_t seed;
    float reach; /* pixels a drawing is pushed by a fold of height 1 */
    struct {
        float dx, dy, phase, amp, wobble;
    } f[4];
} smp_folds;
typedef struct smp_place {
    float m[9];             /* homography from the 0..1 square */
    const smp_folds *folds; /* or NULL */
} smp_place;
/* Corners in order top left, top right, bottom right, bottom left. */
smp_place smp_place_quad(const smp_point corner[4]);
/* Box of `size` pixels square about (x, y), turned by `turns`, flattened by `squash` in x, corners moved by `tilt`. */
smp_place smp_place_box(smp_canvas *c, float x, float y, float w, float h, float turns, float tilt);
smp_point smp_put(const smp_place *place, float x, float y); /* x, y in 0..100 */
float smp_fold_height(const smp_folds *folds, float x, float y);

/* ---- shapes ---- */
/* A drawing is a list of outlines, ended by NULL; an outline beginning with '-' is cut out of what came before.
 * Commands as in SVG with whole numbers in 0..100: M x y, L x y, C x y x y x y, Z, and O x y r (circle; negative
 * radius: a hole), R x y w h (upright box). */
void smp_draw(smp_canvas *c, const char *const *drawing, const smp_place *place); /* into c->mask */
void smp_draw_one(smp_canvas *c, const char *outline, const smp_place *place);
/* A stroke of `width` pixels along points. */
void smp_stroke(smp_canvas *c, const smp_point *pt, int n, float width);
/* n dashes from a to b, `width` pixels wide. */
void smp_dashes(smp_canvas *c, smp_point a, smp_point b, int n, float width);
/* Softens the mask by a box of radius r pixels (twice: nearly round). */
void smp_soften(smp_canvas *c, float *plane, int r);

/* Lays a colour over the albedo where the mask is, `amount` 0..1. */
void smp_fill(smp_canvas *c, smp_rgb colour, float amount);
/* Multiplies the shade where the mask is. */
void smp_darken(smp_canvas *c, float factor);

#endif
