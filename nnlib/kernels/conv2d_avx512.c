/* conv2d_avx512.c - see conv2d_vector.h. */
#include "nnlib/kernels/simd_avx512.h"
#include "nnlib/kernels/conv2d_vector.h"
#include "lib/base/banned.h"
