/* augment.c - drawing variants and making them. */
#include "lib/image/augment.h"
#include <math.h>
#include <string.h>
#include "lib/image/pixel_kernels.h"

#include "lib/base/banned.h"

static int place_of(const char *op)
{
    for (int i = 0; img_ops[i] && i < IMG_MAX_OPS; i++)
        if (img_ops[i]->draw && strcmp(img_ops[i]->name, op) == 0) return i;
    return -1;
}

bool img_augment_set(img_augment *how, const char *op, double strength)
{
    int at = place_of(op);
    if (at < 0 || !(strength >= 0 && strength <= img_ops[at]->max)) return false;
    how->strength[at] = strength;
    return true;
}

double img_augment_get(const img_augment *how, const char *op)
{
    int at = place_of(op);
    return at < 0 ? 0 : how->strength[at];
}

uint64_t img_variant_key(uint64_t seed, uint64_t image, uint32_t variant, uint32_t epoch)
{
    if (variant == 0) return 0;
    uint64_t key = img_key_mix(img_key_mix(seed, image), (uint64_t)epoch << 32 | variant);
    return key ? key : 1; /* 0 is the untouched picture's */
}

/* Each operation has a key of its own, so that switching one on leaves what the others draw as it is. */
void img_variant_draw(const img_augment *how, uint64_t key, img_variant *out)
{
    *out = (img_variant){0};
    for (int i = 0; key && img_ops[i] && i < IMG_MAX_OPS; i++) {
        const img_op *op = img_ops[i];
        if (!op->draw || how->strength[i] <= 0) continue;
        op->draw(how->strength[i], lg_hash64(op->name, strlen(op->name), key), &out->drawn[i]);
    }
}

/* The operation at a place of the order that is on; NULL. */
static const img_op *op_in_turn(const img_variant *variant, int order, const img_drawn **drawn)
{
    for (int i = 0; img_ops[i] && i < IMG_MAX_OPS; i++) {
        if (img_ops[i]->order != order || !variant->drawn[i].on) continue;
        *drawn = &variant->drawn[i];
        return img_ops[i];
    }
    return NULL;
}

lg_status img_variant_make(const img_variant *variant, const img_picture *src, uint8_t *out, lg_err *err)
{
    const img_drawn *drawn = NULL;
    img_affine map = IMG_AFFINE_IDENTITY;
    bool moved = false;
    for (int order = 1; order <= IMG_MAX_OPS; order++) {
        const img_op *op = op_in_turn(variant, order, &drawn);
        if (!op || !op->map) continue;
        img_affine step;
        op->map(drawn, src->h, src->w, &step);
        map = img_affine_then(&map, &step);
        moved = true;
    }
    if (moved) img_warp(src, &map, out);
    else memcpy(out, src->px, img_size(src));
    img_picture made = {.h = src->h, .w = src->w, .c = src->c, .px = out}; /* borrowed */
    for (int order = 1; order <= IMG_MAX_OPS; order++) {
        const img_op *op = op_in_turn(variant, order, &drawn);
        if (op && op->apply && !op->map) LG_TRY(op->apply(drawn, &made, err));
    }
    return LG_OK;
}

void img_variant_text(const img_variant *variant, lg_buf *out)
{
    const img_drawn *drawn = NULL;
    int said = 0;
    for (int order = 1; order <= IMG_MAX_OPS; order++) {
        const img_op *op = op_in_turn(variant, order, &drawn);
        if (!op) continue;
        if (said++) lg_buf_adds(out, ", ");
        op->text(drawn, out);
    }
    if (!said) lg_buf_adds(out, "untouched");
}

/* ---- the warp ---- */
/* To the nearest weight, so that a map that lands on pixels reads exactly those. */
static int64_t fixed(double v)
{
    return (int64_t)floor(v * (1 << IMG_WARP_FRACTION) + 0.5);
}

void img_warp(const img_picture *src, const img_affine *map, uint8_t *out)
{
    const img_kernels *kernels = img_kernels_best();
    const double cx = (src->w - 1) / 2.0, cy = (src->h - 1) / 2.0;
    const int64_t half = 1 << (IMG_WARP_FRACTION - IMG_WARP_WEIGHT - 1), ax = fixed(map->a), ay = fixed(map->d);
    for (int y = 0; y < src->h; y++, out += (size_t)src->w * (size_t)src->c) {
        int64_t sx = fixed(map->a * -cx + map->b * (y - cy) + map->c + cx) + half;
        int64_t sy = fixed(map->d * -cx + map->e * (y - cy) + map->f + cy) + half;
        kernels->warp(src, (img_walk){.x = sx, .y = sy, .dx = ax, .dy = ay}, src->w, out);
    }
}
