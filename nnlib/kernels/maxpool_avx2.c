/* maxpool_avx2.c - see maxpool_vector.h. */
#include "nnlib/kernels/simd_avx2.h"
#include "nnlib/kernels/maxpool_vector.h"
#include "lib/base/banned.h"
