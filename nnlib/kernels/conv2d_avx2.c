/* conv2d_avx2.c - see conv2d_vector.h. */
#include "nnlib/kernels/simd_avx2.h"
#include "nnlib/kernels/conv2d_vector.h"
#include "lib/base/banned.h"
