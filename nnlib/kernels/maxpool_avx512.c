/* maxpool_avx512.c - see maxpool_vector.h. */
#include "nnlib/kernels/simd_avx512.h"
#include "nnlib/kernels/maxpool_vector.h"
#include "lib/base/banned.h"
