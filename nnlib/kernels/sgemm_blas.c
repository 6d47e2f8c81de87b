/* sgemm_blas.c - large matrix products by OpenBLAS, brought in by the first of them. Small ones, and all of them where
 * the library is missing, are our own: below LARGE ours is as fast, and nothing has to be loaded.
 *
 * OpenBLAS runs on the calling thread only: pieces are spread by our own pool. Its choice of kernel (and with it
 * OPENBLAS_CORETYPE of the environment) is left alone. */
#include "nnlib/kernels/variants.h"
#include <pthread.h>
#include <stdlib.h>
#include "lib/base/library.h"
#include "lib/base/banned.h"

static const double LARGE = 384.0 * 384 * 384; /* m·n·k */

/* As cblas.h has it. */
enum { ROW_MAJOR = 101, NO_TRANS = 111, TRANS = 112 };
static void (*blas_sgemm)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a,
                          int lda, const float *b, int ldb, float beta, float *c, int ldc);
static void (*blas_set_threads)(int threads);

static void before_load(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
}

static lg_status after_load(lg_err *err)
{
    (void)err;
    blas_set_threads(1);
    return LG_OK;
}

static const lg_symbol symbols[] = {{"cblas_sgemm", (void **)&blas_sgemm},
                                    {"openblas_set_num_threads", (void **)&blas_set_threads},
                                    {0}};
static lg_library openblas = {.name = "OpenBLAS", .sonames = (const char *const[]){"libopenblas.so.0", NULL},
                              .package = "libopenblas0-pthread", .symbols = symbols, .before_load = before_load,
                              .after_load = after_load};
static pthread_once_t openblas_once = PTHREAD_ONCE_INIT;
static bool openblas_there;

static void open_once(void)
{
    lg_err err = {0};
    openblas_there = lg_library_open(&openblas, &err) == LG_OK;
    if (!openblas_there) lg_log(LG_LOG_INFO, "matrix products are our own: %s", err.msg);
}

bool nn_kernels_openblas(void)
{
    if (nn_op_chosen(NN_OP_sgemm) != NN_ISA_blas) return false;
    pthread_once(&openblas_once, open_once);
    return openblas_there;
}

static int given(int ld, int packed)
{
    return ld ? ld : packed;
}

void nn_sgemm__blas(const nn_sgemm_args *g)
{
    bool large = (double)g->m * g->n * g->k >= LARGE, ta = g->trans == NN_GEMM_TN, tb = g->trans == NN_GEMM_NT;
    if (large) pthread_once(&openblas_once, open_once);
    if (!large || !openblas_there) {
        ((void (*)(const nn_sgemm_args *))nn_op_best(NN_OP_sgemm, NN_ISA_avx512)->run)(g);
        return;
    }
    blas_sgemm(ROW_MAJOR, ta ? TRANS : NO_TRANS, tb ? TRANS : NO_TRANS, g->m, g->n, g->k, 1, g->a,
               given(g->lda, ta ? g->m : g->k), g->b, given(g->ldb, tb ? g->k : g->n), g->beta, g->c,
               given(g->ldc, g->n));
}
