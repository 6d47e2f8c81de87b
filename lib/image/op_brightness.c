/* op_brightness.c - how bright a picture is: the mean of 0.299 R + 0.587 G + 0.114 B, 0..1 (ITU-R BT.601 luma); and
 * making it brighter or darker: every value times v[0], uniform in 1 - s .. 1 + s for strength s, clamped to a byte. */
#include "lib/image/op.h"
#include "lib/image/pixel_kernels.h"

#include "lib/base/banned.h"

static void brightness_draw(double strength, uint64_t key, img_drawn *out)
{
    *out = (img_drawn){.v = {(float)img_key_between(key, 0, 1 - strength, 1 + strength)}, .on = strength > 0};
}

/* There are only 256 answers. */
static lg_status brightness_apply(const img_drawn *drawn, img_picture *p, lg_err *err)
{
    (void)err;
    uint8_t becomes[256];
    for (int i = 0; i < 256; i++) becomes[i] = img_byte((float)i * drawn->v[0]);
    for (size_t i = 0; i < img_size(p); i++) p->px[i] = becomes[p->px[i]];
    return LG_OK;
}

static void brightness_text(const img_drawn *drawn, lg_buf *out)
{
    img_signed_text("light ", 100 * ((double)drawn->v[0] - 1), "%", out);
}

static double brightness_measure(const img_picture *p)
{
    uint64_t sum[3];
    size_t n = (size_t)p->h * (size_t)p->w;
    img_kernels_best()->sums(p->px, n, p->c, sum);
    uint64_t all = p->c == 1 ? sum[0] * 1000 : sum[0] * 299 + sum[1] * 587 + sum[2] * 114;
    return (double)all / (255000.0 * (double)n);
}

const img_op img_op_brightness = {
    .name = "brightness",
    .doc = "brighter or darker by up to this share",
    .order = 6,
    .max = 1,
    .draw = brightness_draw,
    .apply = brightness_apply,
    .text = brightness_text,
    .measure = brightness_measure,
};
