/* op_rotate.c - turns about the middle: v[0] is the angle in degrees, clockwise as seen, uniform in -s .. s for
 * strength s. */
#include "lib/image/op.h"
#include <math.h>

#include "lib/base/banned.h"

static void rotate_draw(double strength, uint64_t key, img_drawn *out)
{
    *out = (img_drawn){.v = {(float)img_key_between(key, 0, -strength, strength)}, .on = strength > 0};
}

/* Reading goes the other way round. */
static void rotate_map(const img_drawn *drawn, int h, int w, img_affine *out)
{
    (void)h, (void)w;
    double angle = (double)drawn->v[0] * M_PI / 180, s = sin(angle), c = cos(angle);
    *out = (img_affine){.a = c, .b = s, .d = -s, .e = c};
}

static void rotate_text(const img_drawn *drawn, lg_buf *out)
{
    img_signed_text("rot ", (double)drawn->v[0], "°", out);
}

const img_op img_op_rotate = {
    .name = "rotate",
    .doc = "turn by up to so many degrees to either side",
    .order = 3,
    .max = 180,
    .draw = rotate_draw,
    .map = rotate_map,
    .text = rotate_text,
};
