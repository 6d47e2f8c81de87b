/* op_shift.c - moves the picture: v[0] to the right and v[1] down, as shares of its width and height, each uniform in
 * -s .. s for strength s. */
#include "lib/image/op.h"

#include "lib/base/banned.h"

static void shift_draw(double strength, uint64_t key, img_drawn *out)
{
    *out = (img_drawn){.on = strength > 0};
    for (int i = 0; i < 2; i++) out->v[i] = (float)img_key_between(key, i, -strength, strength);
}

static void shift_map(const img_drawn *drawn, int h, int w, img_affine *out)
{
    *out = (img_affine){.a = 1, .c = -(double)drawn->v[0] * w, .e = 1, .f = -(double)drawn->v[1] * h};
}

static void shift_text(const img_drawn *drawn, lg_buf *out)
{
    img_signed_text("right ", 100 * (double)drawn->v[0], "%", out);
    img_signed_text(", down ", 100 * (double)drawn->v[1], "%", out);
}

const img_op img_op_shift = {
    .name = "shift",
    .doc = "move by up to this share of the side, sideways and up or down",
    .order = 5,
    .max = 0.9,
    .draw = shift_draw,
    .map = shift_map,
    .text = shift_text,
};
