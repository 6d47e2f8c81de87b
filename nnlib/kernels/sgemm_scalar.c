/* sgemm_scalar.c - the reference matrix product: the definition, sums in double. */
#include "nnlib/kernels/variants.h"
#include "lib/base/banned.h"

void nn_sgemm__scalar(const nn_sgemm_args *g)
{
    bool ta = g->trans == NN_GEMM_TN, tb = g->trans == NN_GEMM_NT;
    size_t lda = (size_t)(g->lda ? g->lda : ta ? g->m : g->k), ldb = (size_t)(g->ldb ? g->ldb : tb ? g->k : g->n);
    size_t ldc = (size_t)(g->ldc ? g->ldc : g->n);
    size_t a_row = ta ? 1 : lda, a_col = ta ? lda : 1, b_row = tb ? 1 : ldb, b_col = tb ? ldb : 1;
    for (size_t i = 0; i < (size_t)g->m; i++) {
        for (size_t j = 0; j < (size_t)g->n; j++) {
            float *c = &g->c[i * ldc + j];
            double sum = 0;
            for (size_t l = 0; l < (size_t)g->k; l++)
                sum += (double)g->a[i * a_row + l * a_col] * (double)g->b[l * b_row + j * b_col];
            *c = (float)(g->beta == 0 ? sum : sum + (double)g->beta * (double)*c);
        }
    }
}
