/* sgemm_avx2.c - see sgemm_vector.h. */
#include "nnlib/kernels/simd_avx2.h"
#include "nnlib/kernels/sgemm_vector.h"
#include "lib/base/banned.h"
