/* fuzz_picture.h - what the fuzz targets of picture formats do: any bytes through the decoder of one format. What can
 * be decoded must agree with its own header, be the same a second time, and fit a network's input. */
#ifndef FUZZ_PICTURE_H
#define FUZZ_PICTURE_H

#include "lib/image/decode.h"
#include "lib/image/resize.h"

#include <stdlib.h>
#include <string.h>

static inline int fuzz_picture(const uint8_t *data, size_t size, img_format format)
{
    const img_decode_options want = {.channels = 3, .min_w = 8, .min_h = 8, .max_pixels = 1 << 20};
    img_picture first = {0}, second = {0}, small = {0};
    img_info info = {0}, again = {0};
    lg_err err = {0};
    if (img_probe(data, size, &want, &info, &err) || info.format != format) return -1;
    if (img_decode(data, size, &want, &first, &info, &err) == LG_OK) {
        if (first.c != 3 || first.w > info.w || first.h > info.h) abort();
        if (img_decode(data, size, &want, &second, &again, &err)) abort();
        if (memcmp(first.px, second.px, (size_t)first.h * (size_t)first.w * 3) != 0) abort();
        if (img_fit_view(&first, &info.view, IMG_FIT_CROP, 8, 8, &small, &err)) abort();
    }
    img_picture_release(&first);
    img_picture_release(&second);
    img_picture_release(&small);
    return 0;
}

#endif
