/* sgemm_vector.h - matrix product from tiles; included by sgemm_avx2.c and sgemm_avx512.c.
 *
 * b is read in place while it is small. A larger or a transposed one is copied, a block at a time, into rows that lie
 * together: the block stays in the first cache while all rows of a pass over it. */
#include <string.h>
#include "nnlib/kernels/tile.h"
#include "nnlib/kernels/variants.h"

enum { TERMS = 192, COLS = 2 * VL, SMALL = 96 * 1024 }; /* of a block; floats of a b that needs no copy */

static void copy_block(const nn_sgemm_args *g, int c0, int cols, int k0, int terms, float *block)
{
    if (g->trans == NN_GEMM_NT) {
        ptrdiff_t ldb = g->ldb ? g->ldb : g->k;
        turn(g->b + c0 * ldb + k0, ldb, cols, terms, block, COLS, false);
        return;
    }
    ptrdiff_t ldb = g->ldb ? g->ldb : g->n;
    for (int k = 0; k < terms; k++) memcpy(block + k * COLS, g->b + (k0 + k) * ldb + c0, (size_t)cols * sizeof *block);
}

/* c += a·b for columns [c0, c0 + cols) and terms [k0, k0 + terms); t is the product's first tile. */
static void block_product(const nn_sgemm_args *g, tile t, int c0, int cols, int k0, int terms)
{
    float block[TERMS * COLS];
    copy_block(g, c0, cols, k0, terms, block);
    t.x += k0 * t.step;
    t.w = block;
    t.ldw = COLS;
    t.len = terms;
    t.y += c0;
    if (k0 > 0)
        t.start = t.y;
    else if (t.start)
        t.start += c0;
    tile_product(&t, g->m, cols);
}

/* Rows of c are scaled by beta first, where it is neither 0 nor 1. */
static void scale_rows(const nn_sgemm_args *g, ptrdiff_t ldc)
{
    for (int r = 0; r < g->m; r++)
        for (int c = 0; c < g->n; c++) g->c[r * ldc + c] *= g->beta;
}

void NN_NAME(sgemm)(const nn_sgemm_args *g)
{
    bool ta = g->trans == NN_GEMM_TN;
    ptrdiff_t lda = g->lda ? g->lda : ta ? g->m : g->k, ldc = g->ldc ? g->ldc : g->n;
    if (g->beta != 0 && g->beta != 1) scale_rows(g, ldc);
    tile t = {.x = g->a, .apart = ta ? 1 : lda, .step = ta ? lda : 1, .w = g->b, .ldw = g->ldb ? g->ldb : g->n,
              .segs = 1, .subs = 1, .len = g->k, .y = g->c, .ldy = ldc, .start = g->beta != 0 ? g->c : NULL,
              .ld_start = ldc};
    if (g->k == 0 || (g->trans != NN_GEMM_NT && (double)g->n * g->k <= SMALL)) {
        tile_product(&t, g->m, g->n);
        return;
    }
    for (int c = 0; c < g->n; c += COLS)
        for (int k = 0; k < g->k; k += TERMS)
            block_product(g, t, c, g->n - c < COLS ? g->n - c : COLS, k, g->k - k < TERMS ? g->k - k : TERMS);
}
