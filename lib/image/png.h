/* png.h - pictures as files: PNG (exact) and JPEG (small), into memory.
 *
 *     lg_buf png;
 *     lg_buf_init(&png, 8 << 20);
 *     LG_TRY(img_png_write(&thumb, 4, &png, err)); // each pixel shown as 4x4
 *     ...
 *     lg_buf_release(&png);
 *
 * The writers append to `out`, which the caller initialised; its limit is the limit. PNG: ISO/IEC 15948, 8 bits, each
 * row filtered by the smallest sum of absolute differences, packed by zlib at level 6. Same pixels, same bytes (for one
 * zlib). JPEG: TurboJPEG with its accurate DCT, 4:2:0 below quality 90, 4:4:4 from there, grey as grey. */
#ifndef IMG_PNG_H
#define IMG_PNG_H

#include "lib/image/picture.h"

/* scale >= 1: nearest-neighbour enlargement while writing. */
lg_status img_png_write(const img_picture *p, int scale, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* Plain pixels (h, w, c), c 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA; `stride` bytes from row to row. */
lg_status img_png_write_pixels(const uint8_t *px, int h, int w, int c, size_t stride, lg_buf *out,
                               lg_err *err) LG_MUST_CHECK;
/* 0x00RRGGBB words with the 256 colours that show them best (palette.h): a third of the size or less. `stride` words
 * from row to row. Stops early where out is full. */
lg_status img_png_write_256(const uint32_t *px, int h, int w, size_t stride, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* quality 1..100. */
lg_status img_jpeg_write(const img_picture *p, int quality, lg_buf *out, lg_err *err) LG_MUST_CHECK;

#endif
