/* bench_augment.c - what a variant costs: 64x64x3 pictures, one thread. `make bench-augment`. */
#include "lib/image/augment.h"
#include <stdio.h>

#include "lib/base/banned.h"

static double images_per_second(const img_augment *how, const img_picture *src, uint8_t *out)
{
    enum { IMAGES = 20000 };
    lg_err err = {0};
    double start = lg_now();
    for (uint64_t key = 1; key <= IMAGES; key++) {
        img_variant variant;
        img_variant_draw(how, key, &variant);
        if (img_variant_make(&variant, src, out, &err)) return 0;
    }
    return IMAGES / (lg_now() - start);
}

int main(void)
{
    static const struct {
        const char *name, *op[4];
        double strength[4];
    } rows[] = {
        {"flip, rotate, shift", {"flip", "rotate", "shift"}, {1, 15, 0.1}},
        {"defaults (rotate, shift, zoom, brightness)", {"rotate", "shift", "zoom", "brightness"}, {15, 0.1, 0.1, 0.2}},
        {"noise", {"noise"}, {0.1}},
        {"erase", {"erase"}, {0.2}}};
    static uint8_t out[64 * 64 * 3];
    lg_err err = {0};
    img_picture p = {0};
    if (img_picture_init(&p, 64, 64, 3, &err)) return 1;
    for (size_t i = 0; i < img_size(&p); i++) p.px[i] = (uint8_t)(i * 7 + i / 64);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        img_augment how = {0};
        for (int k = 0; k < 4 && rows[r].op[k]; k++)
            if (!img_augment_set(&how, rows[r].op[k], rows[r].strength[k])) return 1;
        double best = 0;
        for (int round = 0; round < 5; round++) {
            double now = images_per_second(&how, &p, out);
            if (now > best) best = now;
        }
        printf("%-44s %8.0f images/s  %6.1f us each\n", rows[r].name, best, 1e6 / best);
    }
    img_picture_release(&p);
    return 0;
}
