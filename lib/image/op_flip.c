/* op_flip.c - mirrors left and right, in half of the variants. It mirrors lettering too, which is why it is off unless
 * asked for. Nothing is kept in v; on says it all. */
#include "lib/image/op.h"

#include "lib/base/banned.h"

static void flip_draw(double strength, uint64_t key, img_drawn *out)
{
    *out = (img_drawn){.on = strength > 0 && img_key_uniform(key, 0) < 0.5};
}

static void flip_map(const img_drawn *drawn, int h, int w, img_affine *out)
{
    (void)drawn, (void)h, (void)w;
    *out = (img_affine){.a = -1, .e = 1};
}

static void flip_text(const img_drawn *drawn, lg_buf *out)
{
    (void)drawn;
    lg_buf_adds(out, "flip");
}

const img_op img_op_flip = {
    .name = "flip",
    .doc = "mirror left and right in half of the variants",
    .order = 1,
    .max = 1,
    .draw = flip_draw,
    .map = flip_map,
    .text = flip_text,
};
