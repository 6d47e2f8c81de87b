/* op_zoom.c - larger or smaller about the middle, both sides alike: v[0] is the factor, 1.06 six percent larger,
 * uniform in 1 - s .. 1 + s for strength s. */
#include "lib/image/op.h"

#include "lib/base/banned.h"

static void zoom_draw(double strength, uint64_t key, img_drawn *out)
{
    *out = (img_drawn){.v = {(float)img_key_between(key, 0, 1 - strength, 1 + strength)}, .on = strength > 0};
}

static void zoom_map(const img_drawn *drawn, int h, int w, img_affine *out)
{
    (void)h, (void)w;
    double inverse = 1 / (double)drawn->v[0];
    *out = (img_affine){.a = inverse, .e = inverse};
}

static void zoom_text(const img_drawn *drawn, lg_buf *out)
{
    img_signed_text("zoom ", 100 * ((double)drawn->v[0] - 1), "%", out);
}

const img_op img_op_zoom = {
    .name = "zoom",
    .doc = "enlarge or shrink by up to this share",
    .order = 2,
    .max = 0.9,
    .draw = zoom_draw,
    .map = zoom_map,
    .text = zoom_text,
};
