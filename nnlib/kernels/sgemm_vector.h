/* sgemm_vector.h - matrix product from tiles; included by sgemm_avx2.c and sgemm_avx512.c. */
#include "nnlib/kernels/tile.h"
#include "nnlib/kernels/variants.h"

enum { TERMS = 128, COLS = 2 * VL }; /* the block of a transposed b that is turned at a time: fits the first cache */

/* c += a·bT for columns [c0, c0 + cols) and terms [k0, k0 + terms): b is turned into rows first. */
static void nt_block(const nn_sgemm_args *g, tile t, int c0, int cols, int k0, int terms)
{
    float turned[TERMS * COLS];
    ptrdiff_t ldb = g->ldb ? g->ldb : g->k;
    turn(g->b + c0 * ldb + k0, ldb, cols, terms, turned, COLS, false);
    t.x += k0 * t.step;
    t.w = turned;
    t.ldw = COLS;
    t.len = terms;
    t.y += c0;
    if (k0 > 0) t.start = t.y;
    else if (t.start) t.start += c0;
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
    if (g->trans != NN_GEMM_NT) {
        tile_product(&t, g->m, g->n);
        return;
    }
    t.ld_start = ldc;
    for (int c = 0; c < g->n; c += COLS) {
        int cols = g->n - c < COLS ? g->n - c : COLS;
        if (g->k == 0) nt_block(g, t, c, cols, 0, 0);
        for (int k = 0; k < g->k; k += TERMS)
            nt_block(g, t, c, cols, k, g->k - k < TERMS ? g->k - k : TERMS);
    }
}
