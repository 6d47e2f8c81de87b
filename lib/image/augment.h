/* augment.h - slightly different variants of a picture: what `augment` draws and makes.
 *
 *     img_augment how = {0};
 *     img_augment_set(&how, "rotate", 15);                  // up to 15 degrees to either side
 *     img_augment_set(&how, "shift", 0.1);                  // up to a tenth of the side
 *     img_variant variant;
 *     img_variant_draw(&how, img_variant_key(seed, id, 3, 0), &variant);
 *     LG_TRY(img_variant_make(&variant, &picture, other, err)); // other: as many bytes as the picture has
 *     img_variant_text(&variant, &text);                    // "rot -7°, right +4%, down +1%"
 *
 * Order: flip, zoom, rotate, shear and shift are one affine map about the middle, sampled once, bilinear in fixed
 * point (weights of 8 bits), beyond the edge mirrored (… c b a | a b c …, OpenCV's BORDER_REFLECT); then brightness,
 * noise, erase. What is drawn depends on the key alone, what is made on the variant and the bytes: neither on
 * threads nor on what was made before. A variant in which nothing is on gives the very bytes. */
#ifndef IMG_AUGMENT_H
#define IMG_AUGMENT_H

#include "lib/image/op.h"

/* Strength per operation, in the order of img_ops; 0: off. A plain value. */
typedef struct img_augment {
    double strength[IMG_MAX_OPS];
} img_augment;

/* false: no such operation for augmentation, or a strength beyond its bounds. */
bool img_augment_set(img_augment *how, const char *op, double strength);
double img_augment_get(const img_augment *how, const char *op); /* 0 where there is no such operation */

/* The drawn numbers per operation. A plain value. */
typedef struct img_variant {
    img_drawn drawn[IMG_MAX_OPS];
} img_variant;

/* Variant 0 is the untouched picture: its key draws nothing. epoch is 0 unless every epoch has its own variants. */
uint64_t img_variant_key(uint64_t seed, uint64_t image, uint32_t variant, uint32_t epoch);
void img_variant_draw(const img_augment *how, uint64_t key, img_variant *out);
/* out (h, w, c), other memory than src. LL901 only. */
lg_status img_variant_make(const img_variant *variant, const img_picture *src, uint8_t *out, lg_err *err) LG_MUST_CHECK;
/* What is on, parted by ", "; "untouched" where nothing is. */
void img_variant_text(const img_variant *variant, lg_buf *out);

/* The geometric core: out (h, w, c) is src read through the map (about the middles of both), mirrored at the edges. */
void img_warp(const img_picture *src, const img_affine *map, uint8_t *out);

#endif
