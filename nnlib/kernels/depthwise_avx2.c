/* depthwise_avx2.c - see depthwise_vector.h. */
#include "nnlib/kernels/simd_avx2.h"
#include "nnlib/kernels/depthwise_vector.h"
#include "lib/base/banned.h"
