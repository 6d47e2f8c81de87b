/* strip.c - pictures that show what a cleaning rule does. */
#include "kernel/commands/box_strip.h"
#include "lib/image/resize.h"
#include "lib/plot/chart.h"

#include <string.h>

#include "lib/base/banned.h"

enum { SIDE = 128, GAP = CMD_STRIP_WIDTH - 2 * SIDE };

static void put_pixel(img_picture *p, int y, int x, uint32_t colour)
{
    uint8_t *px = img_at(p, y, x);
    px[0] = (uint8_t)(colour >> 16), px[1] = (uint8_t)(colour >> 8), px[2] = (uint8_t)colour;
}

/* RGB, enlarged by a whole number or reduced, so that the longer side is at most SIDE. */
static lg_status to_side(const img_picture *src, img_picture *out, lg_err *err)
{
    img_picture rgb = {0};
    int longer = src->h > src->w ? src->h : src->w;
    LG_TRY(img_convert(src, 3, &rgb, err));
    int factor = SIDE / longer < 64 ? SIDE / longer : 64, h = src->h * SIDE / longer, w = src->w * SIDE / longer;
    lg_status st =
        factor ? img_enlarge(&rgb, factor, out, err) : img_resize(&rgb, h > 0 ? h : 1, w > 0 ? w : 1, out, err);
    img_picture_release(&rgb);
    return st;
}

/* 1 where a pixel of the two differs, (h, w); owned. */
static uint8_t *difference(const img_picture *a, const img_picture *b, lg_err *err)
{
    size_t n = (size_t)a->h * (size_t)a->w, c = (size_t)a->c;
    uint8_t *differs = lg_alloc(n, 1, err);
    for (size_t i = 0; differs && i < n; i++) differs[i] = memcmp(a->px + i * c, b->px + i * c, c) != 0;
    return differs;
}

static bool differs_at(const uint8_t *differs, int h, int w, int y, int x)
{
    return y >= 0 && y < h && x >= 0 && x < w && differs[(size_t)y * (size_t)w + (size_t)x];
}

/* A line of one pixel on the inner side of every border between what changed and what did not. big shows the picture
 * enlarged (or reduced), so each of its pixels belongs to one of the difference. */
static void outline(img_picture *big, const uint8_t *differs, int h, int w)
{
    for (int y = 0; y < big->h; y++)
        for (int x = 0; x < big->w; x++) {
            int sy = y * h / big->h, sx = x * w / big->w;
            if (!differs_at(differs, h, w, sy, sx)) continue;
            bool edge = false;
            for (int k = 0; k < 4; k++) {
                int ny = y + (k == 0) - (k == 1), nx = x + (k == 2) - (k == 3);
                bool inside = ny >= 0 && nx >= 0 && ny < big->h && nx < big->w;
                edge |= !inside || !differs_at(differs, h, w, ny * h / big->h, nx * w / big->w);
            }
            if (edge) put_pixel(big, y, x, PLT_VERMILION);
        }
}

static void draw_arrow(img_picture *p)
{
    int y = p->h / 2, left = SIDE + GAP / 4, right = SIDE + GAP - GAP / 4 - 1;
    for (int x = left; x <= right; x++)
        for (int dy = -1; dy <= 1; dy++) put_pixel(p, y + dy, x, PLT_GREY);
    for (int k = 0; k < GAP / 4; k++)
        for (int dy = -k; dy <= k; dy++) put_pixel(p, y + dy, right + 2 - k, PLT_GREY);
}

/* Copies a picture into its half, in the middle. */
static void place(img_picture *to, const img_picture *from, int left)
{
    int top = (to->h - from->h) / 2, x = left + (SIDE - from->w) / 2;
    for (int y = 0; y < from->h; y++) memcpy(img_at(to, top + y, x), img_at(from, y, 0), (size_t)from->w * 3);
}

lg_status cmd_strip_pair(const img_picture *first, const img_picture *second, const cmd_strip_look *look,
                         img_picture *out, lg_err *err)
{
    img_picture a = {0}, b = {0};
    uint8_t *differs = NULL;
    lg_status st;
    LG_GO(to_side(first, &a, err));
    LG_GO(to_side(second, &b, err));
    if (look->outline && first->h == second->h && first->w == second->w && first->c == second->c) {
        differs = difference(first, second, err);
        if (!differs) LG_GO(err->status);
        outline(&b, differs, second->h, second->w);
    }
    LG_GO(img_picture_init(out, a.h > b.h ? a.h : b.h, CMD_STRIP_WIDTH, 3, err));
    memset(out->px, 0xff, img_size(out));
    place(out, &a, 0);
    place(out, &b, SIDE + GAP);
    if (look->arrow && out->h > GAP) draw_arrow(out);
done:
    lg_free(differs);
    img_picture_release(&a);
    img_picture_release(&b);
    return st;
}
