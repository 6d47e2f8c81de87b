/* op_erase.c - covers a rectangle with the picture's mean colour, so that a network cannot rely on one detail (DeVries
 * & Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017; Zhong et al., "Random Erasing
 * Data Augmentation", 2017, whose aspect ratios 1:3 to 3:1 are used). v is left, top, width, height as shares of the
 * side; its area is uniform in 0 .. s of the picture for strength s. */
#include "lib/image/op.h"
#include <math.h>

#include "lib/base/banned.h"

static void erase_draw(double strength, uint64_t key, img_drawn *out)
{
    double area = img_key_between(key, 0, 0, strength);
    double aspect = exp(img_key_between(key, 1, -log(3), log(3)));
    double w = fmin(sqrt(area * aspect), 1), h = fmin(w > 0 ? area / w : 0, 1);
    *out = (img_drawn){.on = strength > 0};
    out->v[0] = (float)img_key_between(key, 2, 0, 1 - w);
    out->v[1] = (float)img_key_between(key, 3, 0, 1 - h);
    out->v[2] = (float)w;
    out->v[3] = (float)h;
}

static void mean_colour(const img_picture *p, uint8_t mean[3])
{
    uint64_t sum[3] = {0}, n = (uint64_t)p->h * (uint64_t)p->w;
    for (size_t i = 0; i < img_size(p); i += (size_t)p->c)
        for (int k = 0; k < p->c; k++) sum[k] += p->px[i + (size_t)k];
    for (int k = 0; k < p->c; k++) mean[k] = (uint8_t)((sum[k] + n / 2) / n);
}

static int edge(float share, int side)
{
    int at = (int)(share * (float)side + 0.5f);
    return at < 0 ? 0 : at > side ? side : at;
}

static lg_status erase_apply(const img_drawn *drawn, img_picture *p, lg_err *err)
{
    (void)err;
    uint8_t mean[3];
    const float *v = drawn->v;
    int left = edge(v[0], p->w), right = edge(v[0] + v[2], p->w);
    int top = edge(v[1], p->h), bottom = edge(v[1] + v[3], p->h);
    mean_colour(p, mean);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            for (int k = 0; k < p->c; k++) img_at(p, y, x)[k] = mean[k];
    return LG_OK;
}

static void erase_text(const img_drawn *drawn, lg_buf *out)
{
    lg_buf_addf(out, "erase %.0f%%", 100 * (double)drawn->v[2] * (double)drawn->v[3]);
}

const img_op img_op_erase = {
    .name = "erase",
    .doc = "cover a rectangle of up to this share of the picture",
    .order = 8,
    .max = 0.9,
    .draw = erase_draw,
    .apply = erase_apply,
    .text = erase_text,
};
