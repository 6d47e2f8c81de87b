/* op_glare.c - over-bright patches, as lamps and sun leave them on shiny marks: found, measured, and filled from what
 * lies around.
 *
 * A pixel is over-bright when its largest channel is at least v[0] and its saturation, (max - min) / max, is at most
 * 0.2: bright and without colour, which is what tells a highlight from a bright yellow mark (Saint-Pierre, Boisvert,
 * Grimard & Cheriet, "Detection and correction of specular reflections", 2011, use the same two measures). Over-bright
 * pixels that touch, also at corners, are one patch. A patch of more than a quarter of the picture is paper or sky, not
 * glare, and stays. v[1] says what a patch becomes: 0 the median, channel by channel, of the pixels up to two away from
 * it that are not over-bright; 2 their mean; 1 no channel above v[0]. A patch around which there is nothing else is
 * clipped. The measure is the share of the picture that is glare at 240. */
#include <stdlib.h>
#include <string.h>
#include "lib/image/op.h"

#include "lib/base/banned.h"

enum { MEDIAN, CLIP, MEAN };
enum { CLEAR, BRIGHT, PATCH, RING, KEPT }; /* of a pixel: nothing, over-bright, in the patch at hand, around it, done */
enum { REACH = 2, MEASURED_AT = 240 };

typedef struct glare {
    img_picture *p;
    int threshold, fill;
    uint8_t *mark;  /* (h, w) */
    uint32_t *list; /* pixels of the patch, behind them those of its ring */
    size_t patch, ring;
} glare;

static bool over_bright(const uint8_t *px, int c, int threshold)
{
    int most = px[0], least = px[0];
    for (int k = 1; k < c; k++) {
        most = px[k] > most ? px[k] : most;
        least = px[k] < least ? px[k] : least;
    }
    return most >= threshold && (most - least) * 5 <= most;
}

static lg_status glare_init(glare *g, img_picture *p, int threshold, int fill, lg_err *err)
{
    size_t n = (size_t)p->h * (size_t)p->w;
    *g = (glare){.p = p, .threshold = threshold, .fill = fill};
    g->mark = lg_alloc(n, 1, err);
    g->list = lg_alloc(n, sizeof *g->list, err);
    if (!g->mark || !g->list) return LG_E_MEMORY;
    for (size_t i = 0; i < n; i++) g->mark[i] = over_bright(p->px + i * (size_t)p->c, p->c, threshold) ? BRIGHT : CLEAR;
    return LG_OK;
}

static void glare_release(glare *g)
{
    lg_free(g->mark);
    lg_free(g->list);
}

/* Marks those within `reach` of pixel i that are `from` as `to` and appends them. */
static size_t spread(glare *g, uint32_t i, int reach, int from, int to, size_t n)
{
    int w = g->p->w, h = g->p->h, x = (int)(i % (uint32_t)w), y = (int)(i / (uint32_t)w);
    int x0 = x > reach ? x - reach : 0, x1 = x + reach < w ? x + reach : w - 1;
    int y0 = y > reach ? y - reach : 0, y1 = y + reach < h ? y + reach : h - 1;
    for (int yy = y0; yy <= y1; yy++)
        for (int xx = x0; xx <= x1; xx++) {
            uint32_t at = (uint32_t)yy * (uint32_t)w + (uint32_t)xx;
            if (g->mark[at] != from) continue;
            g->mark[at] = (uint8_t)to;
            g->list[n++] = at;
        }
    return n;
}

/* The patch that holds pixel `first`, by flooding. */
static void find_patch(glare *g, uint32_t first)
{
    g->mark[first] = PATCH;
    g->list[0] = first;
    g->patch = 1;
    for (size_t i = 0; i < g->patch; i++) g->patch = spread(g, g->list[i], 1, BRIGHT, PATCH, g->patch);
}

static void find_ring(glare *g)
{
    size_t n = g->patch;
    for (size_t i = 0; i < g->patch; i++) n = spread(g, g->list[i], REACH, CLEAR, RING, n);
    g->ring = n - g->patch;
}

static uint8_t ring_value(const glare *g, int channel)
{
    size_t count[256] = {0}, sum = 0, below = 0;
    for (size_t i = 0; i < g->ring; i++) {
        uint8_t v = g->p->px[g->list[g->patch + i] * (size_t)g->p->c + (size_t)channel];
        count[v]++;
        sum += v;
    }
    if (g->fill == MEAN) return (uint8_t)((sum + g->ring / 2) / g->ring);
    int median = 0;
    while ((below += count[median]) * 2 < g->ring) median++;
    return (uint8_t)median;
}

static void fill_patch(glare *g)
{
    uint8_t value[3] = {0};
    bool clip = g->fill == CLIP || !g->ring;
    for (int k = 0; !clip && k < g->p->c; k++) value[k] = ring_value(g, k);
    for (size_t i = 0; i < g->patch; i++) {
        uint8_t *px = g->p->px + g->list[i] * (size_t)g->p->c;
        for (int k = 0; k < g->p->c; k++) {
            if (!clip) px[k] = value[k];
            else if (px[k] > g->threshold) px[k] = (uint8_t)g->threshold;
        }
    }
}

/* Walks over all patches; fills those that are glare where asked to, and counts their pixels. */
static size_t walk(glare *g, bool fill)
{
    size_t n = (size_t)g->p->h * (size_t)g->p->w, found = 0;
    for (size_t i = 0; i < n; i++) {
        if (g->mark[i] != BRIGHT) continue;
        find_patch(g, (uint32_t)i);
        bool is_glare = g->patch * 4 <= n;
        g->ring = 0;
        if (is_glare) found += g->patch;
        if (is_glare && fill) {
            if (g->fill != CLIP) find_ring(g);
            fill_patch(g);
        }
        for (size_t k = 0; k < g->patch; k++) g->mark[g->list[k]] = KEPT;
        for (size_t k = 0; k < g->ring; k++) g->mark[g->list[g->patch + k]] = CLEAR;
    }
    return found;
}

static lg_status glare_apply(const img_drawn *drawn, img_picture *p, lg_err *err)
{
    glare g;
    lg_status st = glare_init(&g, p, (int)drawn->v[0], (int)drawn->v[1], err);
    if (!st) walk(&g, true);
    glare_release(&g);
    return st;
}

static double glare_measure(const img_picture *p)
{
    glare g;
    lg_err ignored = {0};
    size_t found = 0;
    if (glare_init(&g, (img_picture *)p, MEASURED_AT, CLIP, &ignored) == LG_OK) found = walk(&g, false);
    glare_release(&g);
    return (double)found / ((double)p->h * p->w);
}

const img_op img_op_glare = {
    .name = "glare",
    .doc = "over-bright patches, replaced by what lies around them",
    .apply = glare_apply,
    .measure = glare_measure,
};
