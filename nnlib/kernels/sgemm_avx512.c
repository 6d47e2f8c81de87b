/* sgemm_avx512.c - see sgemm_vector.h. */
#include "nnlib/kernels/simd_avx512.h"
#include "nnlib/kernels/sgemm_vector.h"
#include "lib/base/banned.h"
