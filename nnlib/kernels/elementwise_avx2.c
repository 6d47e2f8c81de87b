/* elementwise_avx2.c - see elementwise_vector.h. */
#include "nnlib/kernels/simd_avx2.h"
#include "nnlib/kernels/elementwise_vector.h"
#include "lib/base/banned.h"
