/* pixel_kernels.h - the inner loops of resizing, warping and adding up, in the widest instructions the machine has.
 *
 *     const img_kernels *k = img_kernels_best();
 *     k->row(&across, row, 3, kept);
 *
 * Invariants: every variant gives the very bytes of the scalar one, which is the judge (integers throughout, each sum
 * exact, one rounding); tests/unit/test_pixel_kernels.c compares them. Chosen once, at the first call, by what
 * processor and operating system offer; NN_ISA=scalar in the environment lowers the choice as it does the library's.
 *
 * A variant may read up to IMG_KERNEL_SLACK bytes behind the row it is given and writes only what it says. */
#ifndef IMG_PIXEL_KERNELS_H
#define IMG_PIXEL_KERNELS_H

#include "lib/image/picture.h"

/* Weights have 16 fraction bits and sum to exactly 1 << 16; between the passes a value keeps 7 fraction bits, so the
 * second sum stays below 255 * 2^7 * 2^16 < 2^31. */
enum { IMG_WEIGHT_BITS = 16, IMG_KEEP_BITS = 7, IMG_KERNEL_SLACK = 16 };
/* Bits behind the point of a warp's coordinate, and of those the ones that weigh. */
enum { IMG_WARP_FRACTION = 24, IMG_WARP_WEIGHT = 8 };

/* Which source pixels make each output pixel of one axis: `taps` weights per pixel, the first for source pixel
 * first[i]; all lie inside the source. */
typedef struct img_axis {
    int n, taps;
    int *first;
    uint32_t *weight; /* (n, taps) */
    int16_t *brief;   /* (n, 4 * quads) the same weights, with zeros behind; NULL where one does not fit */
    int quads;
} img_axis;
/* Fills brief and quads where all weights are below 1 << 15: those of shrinking are, of enlarging some are not. */
lg_status img_axis_abbreviate(img_axis *a, lg_err *err) LG_MUST_CHECK;
void img_axis_release(img_axis *a); /* leaves it empty */

/* A walk through src: the point read for pixel 0 and the step to the next, in IMG_WARP_FRACTION bits; half a weight has
 * been added already. */
typedef struct img_walk {
    int64_t x, y, dx, dy;
} img_walk;

typedef struct img_kernels {
    const char *name;
    /* One source row (w, c) to out (n, c), values of 8 + IMG_KEEP_BITS bits. c is 1 or 3. */
    void (*row)(const img_axis *a, const uint8_t *row, int c, uint16_t *out);
    /* Output row y from rows (…, width), whose first is source row first_row, to out (width). */
    void (*column)(const img_axis *a, int y, const uint16_t *rows, int first_row, size_t width, uint8_t *out);
    /* n pixels of src read along a walk, bilinear, mirrored at the edges, to out (n, src->c). Reads src alone. */
    void (*warp)(const img_picture *src, img_walk walk, int n, uint8_t *out);
    /* Sum of each channel over n pixels of c channels. */
    void (*sums)(const uint8_t *px, size_t n, int c, uint64_t sum[3]);
} img_kernels;

const img_kernels *img_kernels_best(void);
/* Those this machine can run, scalar first; NULL behind the last. */
const img_kernels *img_kernels_at(int index);

extern const img_kernels img_kernels_scalar;
#if defined(__x86_64__)
extern const img_kernels img_kernels_avx2;
#endif

#endif
