/* op_blur.c - how sharp a picture is: the variance of its Laplacian (0 1 0; 1 -4 1; 0 1 0) over the luma 0..255 of all
 * pixels that have four neighbours; blurred pictures have little (Pech-Pacheco, Cristobal, Chamorro-Martinez &
 * Fernandez-Valdivia, "Diatom autofocusing in brightfield microscopy: a comparative study", 2000; OpenCV users know it
 * as Laplacian(…).var()). 0 for a picture of less than 3 x 3. */
#include "lib/image/op.h"

#include "lib/base/banned.h"

static int luma_at(const img_picture *p, int y, int x)
{
    return img_luma(img_at(p, y, x), p->c);
}

static double blur_measure(const img_picture *p)
{
    int64_t sum = 0, squares = 0, n = (int64_t)(p->h - 2) * (p->w - 2);
    if (p->h < 3 || p->w < 3) return 0;
    for (int y = 1; y < p->h - 1; y++)
        for (int x = 1; x < p->w - 1; x++) {
            int v = luma_at(p, y - 1, x) + luma_at(p, y + 1, x) + luma_at(p, y, x - 1) + luma_at(p, y, x + 1) -
                    4 * luma_at(p, y, x);
            sum += v;
            squares += (int64_t)v * v;
        }
    double mean = (double)sum / (double)n;
    return (double)squares / (double)n - mean * mean;
}

const img_op img_op_blur = {
    .name = "blur",
    .doc = "how sharp a picture is: the variance of its Laplacian",
    .measure = blur_measure,
};
