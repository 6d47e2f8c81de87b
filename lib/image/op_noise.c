/* op_noise.c - grain: to every value a random number is added, nearly normal with mean 0 and deviation v[0] x 255;
 * v[0] is uniform in 0 .. s for strength s. Each number is the sum of the four 16-bit quarters of one key (Irwin-Hall
 * with n = 4, deviation 65536 / sqrt 3), which is much faster than an exact normal and looks the same. */
#include "lib/image/op.h"
#include <math.h>

#include "lib/base/banned.h"

static void noise_draw(double strength, uint64_t key, img_drawn *out)
{
    *out = (img_drawn){.v = {(float)img_key_between(key, 0, 0, strength)}, .key = key, .on = strength > 0};
}

static lg_status noise_apply(const img_drawn *drawn, img_picture *p, lg_err *err)
{
    (void)err;
    float scale = drawn->v[0] * 255 * sqrtf(3) / 65536;
    for (size_t i = 0; i < img_size(p); i++) {
        uint64_t r = img_key_mix(drawn->key, i + 1);
        int sum = (int)(r & 0xffff) + (int)(r >> 16 & 0xffff) + (int)(r >> 32 & 0xffff) + (int)(r >> 48);
        p->px[i] = img_byte((float)p->px[i] + scale * (float)(sum - 2 * 65535));
    }
    return LG_OK;
}

static void noise_text(const img_drawn *drawn, lg_buf *out)
{
    lg_buf_addf(out, "noise %.0f%%", 100 * (double)drawn->v[0]);
}

const img_op img_op_noise = {
    .name = "noise",
    .doc = "grain with a deviation of up to this share of white",
    .order = 7,
    .max = 1,
    .draw = noise_draw,
    .apply = noise_apply,
    .text = noise_text,
};
