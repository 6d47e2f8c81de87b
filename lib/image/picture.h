/* picture.h - the one picture type: 8-bit pixels, grey or RGB, rows from the top.
 *
 *     img_picture p = {0};
 *     LG_TRY(img_picture_init(&p, 64, 96, 3, err)); // 64 rows, 96 columns, black
 *     img_at(&p, 10, 20)[0] = 255;                  // row 10, column 20: red
 *     img_picture_release(&p);
 *
 * Invariants: px is (h, w, c), tightly packed, c fastest; c is 1 (grey) or 3 (RGB); 1 <= h, w <= IMG_MAX_SIDE.
 * A zeroed img_picture is empty and may be released. Functions that fill an `out` picture expect it empty (or already
 * released) and leave it empty when they fail. Plain values: different pictures may be used from different threads. */
#ifndef IMG_PICTURE_H
#define IMG_PICTURE_H

#include "lib/base/lg.h"

#define IMG_MAX_SIDE 65535

/* Whose pixels a picture shows, where they are not its own. */
typedef struct img_lender {
    void (*take_back)(struct img_lender *self);
} img_lender;

typedef struct img_picture {
    int h, w, c;
    uint8_t *px;        /* (h, w, c), owned: img_picture_release */
    img_lender *lender; /* NULL but for the pictures of img_jail_lend: then px goes back to it */
} img_picture;

/* How a picture shows the photo it was decoded from: which window of it, in its pixels with fractions, is the photo,
 * and over how many of the photo's pixels, each way, one of its own is a mean. A plain value. */
typedef struct img_view {
    double x0, y0, x1, y1;
    int scale;
} img_view;

static inline img_view img_view_all(const img_picture *p)
{
    return (img_view){.x1 = p->w, .y1 = p->h, .scale = 1};
}

/* Black picture. LL901 out of memory; LL323 when a side or c is out of range. */
lg_status img_picture_init(img_picture *p, int h, int w, int c, lg_err *err) LG_MUST_CHECK;
/* A copy of packed pixels px (h, w, c). */
lg_status img_picture_copy(img_picture *p, const uint8_t *px, int h, int w, int c, lg_err *err) LG_MUST_CHECK;
void img_picture_release(img_picture *p); /* leaves it empty */

static inline size_t img_size(const img_picture *p)
{
    return (size_t)p->h * (size_t)p->w * (size_t)p->c;
}
static inline uint8_t *img_at(const img_picture *p, int y, int x)
{
    return p->px + ((size_t)y * (size_t)p->w + (size_t)x) * (size_t)p->c;
}

/* src with `channels` (1 or 3): grey is 0.299 R + 0.587 G + 0.114 B, rounded; RGB from grey repeats it. */
lg_status img_convert(const img_picture *src, int channels, img_picture *out, lg_err *err) LG_MUST_CHECK;

/* The part of src at (x, y) of size w x h, cut at the picture's edges. LL323 when nothing of it lies inside. */
lg_status img_crop(const img_picture *src, int x, int y, int w, int h, img_picture *out, lg_err *err) LG_MUST_CHECK;

/* Turns src as an EXIF orientation says (1..8, TIFF 6.0 tag 274); 1 and unknown values copy. 5..8 swap h and w. */
lg_status img_orient(const img_picture *src, int orientation, img_picture *out, lg_err *err) LG_MUST_CHECK;

#endif
