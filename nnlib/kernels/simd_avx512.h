/* simd_avx512.h - the few vector operations the kernels are written in, as AVX-512. For *_avx512.c files only. */
#ifndef NN_SIMD_AVX512_H
#define NN_SIMD_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#define NN_NAME(op) nn_##op##__avx512
enum { VL = 16, TILE_ROWS = 12 }; /* floats in a vector; rows of a tile of two vectors: 24 of 32 registers hold sums */

typedef __m512 vf;    /* VL floats */
typedef __m512i vi;   /* VL int32 */
typedef __mmask16 vm; /* the first n lanes */

static inline vm vm_first(int n)
{
    return (__mmask16)(n >= VL ? 0xFFFF : (1u << n) - 1);
}
static inline vf vf_zero(void)
{
    return _mm512_setzero_ps();
}
static inline vf vf_set(float v)
{
    return _mm512_set1_ps(v);
}
static inline vf vf_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
static inline void vf_store(float *p, vf v)
{
    _mm512_storeu_ps(p, v);
}
static inline vf vf_load_first(const float *p, vm m) /* other lanes 0, not read */
{
    return _mm512_maskz_loadu_ps(m, p);
}
static inline void vf_store_first(float *p, vf v, vm m)
{
    _mm512_mask_storeu_ps(p, m, v);
}
static inline vf vf_add(vf a, vf b)
{
    return _mm512_add_ps(a, b);
}
static inline vf vf_fma(vf a, vf b, vf c) /* a·b + c */
{
    return _mm512_fmadd_ps(a, b, c);
}
static inline vf vf_relu(vf v) /* NaN stays NaN: max gives its second operand */
{
    return _mm512_max_ps(_mm512_setzero_ps(), v);
}
static inline vi vi_set(int v)
{
    return _mm512_set1_epi32(v);
}
/* Where v > *best: *best = v and *place = p. */
static inline void vf_keep_larger(vf *best, vi *place, vf v, int p)
{
    __mmask16 larger = _mm512_cmp_ps_mask(v, *best, _CMP_GT_OQ);
    *best = _mm512_mask_mov_ps(*best, larger, v);
    *place = _mm512_mask_mov_epi32(*place, larger, _mm512_set1_epi32(p));
}
/* place where v > 0, p elsewhere. */
static inline vi vi_where_positive(vf v, vi place, int p)
{
    return _mm512_mask_mov_epi32(_mm512_set1_epi32(p), _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ), place);
}
static inline void vi_store_bytes_first(uint8_t *p, vi v, vm m)
{
    _mm512_mask_cvtepi32_storeu_epi8(p, m, v);
}

#endif
