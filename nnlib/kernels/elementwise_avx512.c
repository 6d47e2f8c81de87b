/* elementwise_avx512.c - see elementwise_vector.h. */
#include "nnlib/kernels/simd_avx512.h"
#include "nnlib/kernels/elementwise_vector.h"
#include "lib/base/banned.h"
