/* op_shear.c - slants: rows move sideways in proportion to their height. v[0] is the angle of the slant in degrees, the
 * upper part going right where it is positive, uniform in -s .. s for strength s. */
#include "lib/image/op.h"
#include <math.h>

#include "lib/base/banned.h"

static void shear_draw(double strength, uint64_t key, img_drawn *out)
{
    *out = (img_drawn){.v = {(float)img_key_between(key, 0, -strength, strength)}, .on = strength > 0};
}

static void shear_map(const img_drawn *drawn, int h, int w, img_affine *out)
{
    (void)h, (void)w;
    *out = (img_affine){.a = 1, .b = tan((double)drawn->v[0] * M_PI / 180), .e = 1};
}

static void shear_text(const img_drawn *drawn, lg_buf *out)
{
    img_signed_text("shear ", (double)drawn->v[0], "°", out);
}

const img_op img_op_shear = {
    .name = "shear",
    .doc = "slant by up to so many degrees to either side",
    .order = 4,
    .max = 60,
    .draw = shear_draw,
    .map = shear_map,
    .text = shear_text,
};
