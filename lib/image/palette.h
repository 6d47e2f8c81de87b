/* palette.h - the 256 colours that show a picture best, and which of them each of its colours becomes.
 *
 *     img_palette palette;
 *     LG_TRY(img_palette_make(pixels, h, w, w, &palette, err)); // 0x00RRGGBB words
 *     const uint8_t *rgb = palette.rgb[palette.of[img_palette_cell(pixels[0])]];
 *
 * Colours are told apart in 32 steps a channel, 64 of green. A step or a group of them that is mostly one colour keeps
 * exactly that colour, so paper, lines and flat areas stay as they are drawn; what is mixed becomes its mean. No
 * dithering: grain is what PNG packs worst. */
#ifndef IMG_PALETTE_H
#define IMG_PALETTE_H

#include "lib/base/lg.h"

enum { IMG_PALETTE_MOST = 256, IMG_PALETTE_CELLS = 1 << 16 };

typedef struct img_palette {
    uint8_t rgb[IMG_PALETTE_MOST][3];
    int n;
    uint8_t of[IMG_PALETTE_CELLS];
} img_palette;

static inline uint32_t img_palette_cell(uint32_t pixel)
{
    return (pixel >> 8 & 0xf800) | (pixel >> 5 & 0x7e0) | (pixel >> 3 & 0x1f);
}

/* pixels (h, w), `stride` words from row to row, h and w at least 1. LL901 where there is no memory for it. */
lg_status img_palette_make(const uint32_t *pixels, int h, int w, size_t stride, img_palette *out,
                           lg_err *err) LG_MUST_CHECK;

#endif
