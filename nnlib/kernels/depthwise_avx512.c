/* depthwise_avx512.c - see depthwise_vector.h. */
#include "nnlib/kernels/simd_avx512.h"
#include "nnlib/kernels/depthwise_vector.h"
#include "lib/base/banned.h"
