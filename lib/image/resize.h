/* resize.h - change a picture's size without aliasing, and fit it to a network's input.
 *
 *     img_picture small = {0};
 *     LG_TRY(img_fit(&photo, IMG_FIT_CROP, 64, 64, &small, err)); // what `size 64x64 fit crop` means
 *
 * The filter is a triangle whose width follows the ratio, so that shrinking averages the whole area behind a pixel and
 * enlarging interpolates linearly (Pillow's BILINEAR, TensorFlow's antialiased bilinear). It is separable: rows, then
 * columns, in fixed point (weights of 14 bits that sum to exactly 1), so results are the same on every machine and a
 * flat picture stays exactly flat. */
#ifndef IMG_RESIZE_H
#define IMG_RESIZE_H

#include "lib/image/picture.h"

typedef enum img_fit_mode {
    IMG_FIT_CROP,    /* scale until both sides cover, cut the middle */
    IMG_FIT_PAD,     /* scale until both sides fit, black around */
    IMG_FIT_STRETCH, /* both sides on their own */
} img_fit_mode;

/* out is (h, w, src->c). */
lg_status img_resize(const img_picture *src, int h, int w, img_picture *out, lg_err *err) LG_MUST_CHECK;
/* The window of src with corners (x0, y0)-(x1, y1), in pixels with fractions (0 <= x0 < x1 <= src->w), made h x w. */
lg_status img_resize_window(const img_picture *src, double x0, double y0, double x1, double y1, int h, int w,
                            img_picture *out, lg_err *err) LG_MUST_CHECK;
/* What is seen of src through a view, made h x w. A picture decoded at 1/scale holds means already: the filter is
 * narrowed so that both together spread as far as the filter on the full photo would. */
lg_status img_resize_view(const img_picture *src, const img_view *view, int h, int w, img_picture *out,
                          lg_err *err) LG_MUST_CHECK;
lg_status img_fit_view(const img_picture *src, const img_view *view, img_fit_mode mode, int h, int w, img_picture *out,
                       lg_err *err) LG_MUST_CHECK;
lg_status img_fit(const img_picture *src, img_fit_mode mode, int h, int w, img_picture *out, lg_err *err) LG_MUST_CHECK;
/* Every pixel becomes factor x factor of it (1..64): for showing small pictures and feature maps. */
lg_status img_enlarge(const img_picture *src, int factor, img_picture *out, lg_err *err) LG_MUST_CHECK;

#endif
