#include "lib/image/picture.h"
#include <string.h>
#include "lib/base/banned.h"

static lg_status check_shape(int h, int w, int c, lg_err *err)
{
    if (h >= 1 && w >= 1 && h <= IMG_MAX_SIDE && w <= IMG_MAX_SIDE && (c == 1 || c == 3)) return LG_OK;
    lg_fail(err, LG_E_ARG, 323, "a picture cannot be %d x %d with %d channels", w, h, c);
    return lg_why(err, "sides go from 1 to %d, channels are 1 (grey) or 3 (RGB)", IMG_MAX_SIDE);
}

lg_status img_picture_init(img_picture *p, int h, int w, int c, lg_err *err)
{
    LG_TRY(check_shape(h, w, c, err));
    uint8_t *px = lg_alloc((size_t)h * (size_t)w, (size_t)c, err);
    if (!px) return LG_E_MEMORY;
    *p = (img_picture){.h = h, .w = w, .c = c, .px = px};
    return LG_OK;
}

lg_status img_picture_copy(img_picture *p, const uint8_t *px, int h, int w, int c, lg_err *err)
{
    LG_TRY(check_shape(h, w, c, err));
    uint8_t *copy = lg_memdup(px, (size_t)h * (size_t)w, (size_t)c, err);
    if (!copy) return LG_E_MEMORY;
    *p = (img_picture){.h = h, .w = w, .c = c, .px = copy};
    return LG_OK;
}

void img_picture_release(img_picture *p)
{
    if (p->lender) p->lender->take_back(p->lender);
    else lg_free(p->px);
    *p = (img_picture){0};
}

static uint8_t luma(const uint8_t *rgb)
{
    return (uint8_t)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

lg_status img_convert(const img_picture *src, int channels, img_picture *out, lg_err *err)
{
    if (channels == src->c) return img_picture_copy(out, src->px, src->h, src->w, src->c, err);
    LG_TRY(img_picture_init(out, src->h, src->w, channels, err));
    size_t n = (size_t)src->h * (size_t)src->w;
    for (size_t i = 0; i < n; i++) {
        if (channels == 1) out->px[i] = luma(src->px + 3 * i);
        else memset(out->px + 3 * i, src->px[i], 3);
    }
    return LG_OK;
}

lg_status img_crop(const img_picture *src, int x, int y, int w, int h, img_picture *out, lg_err *err)
{
    int64_t x1 = (int64_t)x + w, y1 = (int64_t)y + h;
    int x0 = x > 0 ? x : 0, y0 = y > 0 ? y : 0;
    if (x1 > src->w) x1 = src->w;
    if (y1 > src->h) y1 = src->h;
    if (x1 <= x0 || y1 <= y0) {
        lg_fail(err, LG_E_ARG, 323, "the box lies outside the picture");
        return lg_why(err, "box %d,%d %dx%d, picture %dx%d", x, y, w, h, src->w, src->h);
    }
    LG_TRY(img_picture_init(out, (int)y1 - y0, (int)x1 - x0, src->c, err));
    for (int row = 0; row < out->h; row++)
        memcpy(img_at(out, row, 0), img_at(src, y0 + row, x0), (size_t)out->w * (size_t)out->c);
    return LG_OK;
}

/* Each output pixel (y, x) comes from (a0 + ay*y + ax*x, ...) of the source: bit 2 of orientation-1 transposes, the
 * other two say which source axis runs backwards. */
lg_status img_orient(const img_picture *src, int orientation, img_picture *out, lg_err *err)
{
    static const struct {
        bool transpose, flip_y, flip_x;
    } how[9] = {
        [1] = {0, 0, 0}, [2] = {0, 0, 1}, [3] = {0, 1, 1}, [4] = {0, 1, 0},
        [5] = {1, 0, 0}, [6] = {1, 1, 0}, [7] = {1, 1, 1}, [8] = {1, 0, 1},
    };
    if (orientation < 2 || orientation > 8) return img_picture_copy(out, src->px, src->h, src->w, src->c, err);
    bool t = how[orientation].transpose;
    LG_TRY(img_picture_init(out, t ? src->w : src->h, t ? src->h : src->w, src->c, err));
    for (int y = 0; y < out->h; y++) {
        for (int x = 0; x < out->w; x++) {
            int sy = t ? x : y, sx = t ? y : x;
            if (how[orientation].flip_y) sy = src->h - 1 - sy;
            if (how[orientation].flip_x) sx = src->w - 1 - sx;
            memcpy(img_at(out, y, x), img_at(src, sy, sx), (size_t)src->c);
        }
    }
    return LG_OK;
}
