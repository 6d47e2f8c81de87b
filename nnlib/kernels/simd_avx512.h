/* simd_avx512.h - the few vector operations the kernels are written in, as AVX-512. For *_avx512.c files only. */
#ifndef NN_SIMD_AVX512_H
#define NN_SIMD_AVX512_H

#include <immintrin.h>
#include <stddef.h>
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
static inline vf vf_mul(vf a, vf b)
{
    return _mm512_mul_ps(a, b);
}
static inline vf vf_div(vf a, vf b)
{
    return _mm512_div_ps(a, b);
}
static inline vf vf_sqrt(vf v)
{
    return _mm512_sqrt_ps(v);
}
static inline vf vf_relu(vf v) /* NaN stays NaN: max gives its second operand */
{
    return _mm512_max_ps(_mm512_setzero_ps(), v);
}
static inline vf vf_at_most(vf v, vf most) /* NaN stays NaN */
{
    return _mm512_min_ps(most, v);
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

static inline void vi_store_words_first(uint16_t *p, vi v, vm m)
{
    _mm512_mask_cvtepi32_storeu_epi16(p, m, v);
}

static inline vi vi_load_words_first(const uint16_t *p, vm m) /* other lanes 0, not read */
{
    uint16_t words[16] = {0};
    __builtin_memcpy(words, p, (size_t)__builtin_popcount(m) * sizeof *p);
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)words));
}
static inline vf vf_where_is(vf v, vi which, int p) /* v where which is p, 0 elsewhere */
{
    return _mm512_maskz_mov_ps(_mm512_cmpeq_epi32_mask(which, _mm512_set1_epi32(p)), v);
}

static inline vi vi_load_first(const int32_t *p, vm m)
{
    return _mm512_maskz_loadu_epi32(m, p);
}
static inline void vi_store(int32_t *p, vi v)
{
    _mm512_storeu_si512(p, v);
}
static inline vi vi_load_bytes_first(const uint8_t *p, vm m) /* other lanes 255, not read */
{
    return _mm512_cvtepu8_epi32(_mm_mask_loadu_epi8(_mm_set1_epi8(-1), m, p));
}
static inline vi vi_add(vi a, vi b)
{
    return _mm512_add_epi32(a, b);
}
/* table[index], by the lowest bits of each index. */
static inline vi vi_pick(vi table, vi index)
{
    return _mm512_permutexvar_epi32(index, table);
}
/* 0 where which is p, v elsewhere. */
static inline vf vf_zero_where(vf v, vi which, int p)
{
    return _mm512_maskz_mov_ps(_mm512_cmpneq_epi32_mask(which, _mm512_set1_epi32(p)), v);
}
/* Writes the lanes of g and row where which is p to the fronts of to_g and to_row (a whole vector is written);
 * returns how many there are. */
static inline int v_collect(vf g, vi row, vi which, int p, float *to_g, int32_t *to_row)
{
    __mmask16 m = _mm512_cmpeq_epi32_mask(which, _mm512_set1_epi32(p));
    _mm512_storeu_ps(to_g, _mm512_maskz_compress_ps(m, g));
    _mm512_storeu_si512(to_row, _mm512_maskz_compress_epi32(m, row));
    return __builtin_popcount(m);
}
/* Rows become columns: pairs, fours, then quarters of registers change places. */
static inline void vf_turn(vf v[VL])
{
    vf t[VL];
    for (int i = 0; i < VL; i += 2) {
        t[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
    }
    for (int i = 0; i < VL; i += 4)
        for (int j = 0; j < 2; j++) {
            __m512d a = _mm512_castps_pd(t[i + j]), b = _mm512_castps_pd(t[i + j + 2]);
            v[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
            v[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
        }
    for (int j = 0; j < 4; j++) {
        vf low = _mm512_shuffle_f32x4(v[j], v[j + 4], 0x88), high = _mm512_shuffle_f32x4(v[j], v[j + 4], 0xDD);
        vf low2 = _mm512_shuffle_f32x4(v[j + 8], v[j + 12], 0x88),
           high2 = _mm512_shuffle_f32x4(v[j + 8], v[j + 12], 0xDD);
        t[j] = _mm512_shuffle_f32x4(low, low2, 0x88);
        t[j + 8] = _mm512_shuffle_f32x4(low, low2, 0xDD);
        t[j + 4] = _mm512_shuffle_f32x4(high, high2, 0x88);
        t[j + 12] = _mm512_shuffle_f32x4(high, high2, 0xDD);
    }
    for (int i = 0; i < VL; i++) v[i] = t[i];
}

static inline vf vf_keep_greater(vf v, vf a, vf b) /* v where a > b, 0 elsewhere */
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), v);
}
static inline vf vf_smaller(vf a, vf b) /* b where either is NaN */
{
    return _mm512_min_ps(a, b);
}

/* A vector holds a whole 4x4 patch, and any lane can pick any of its values: */
#define NN_PATCHES 1
/* lanes floats each of 4 lines; lane l of the result is value pick[l] of line l / 4, counting from 16 where that is
 * odd. */
static inline vf vf_patch(const float *p, ptrdiff_t line, vm lanes, vi pick)
{
    vf upper = _mm512_permutex2var_ps(vf_load_first(p, lanes), pick, vf_load_first(p + line, lanes));
    vf lower = _mm512_permutex2var_ps(vf_load_first(p + 2 * line, lanes), pick, vf_load_first(p + 3 * line, lanes));
    return _mm512_mask_mov_ps(upper, 0xFF00, lower);
}
static inline vf vf_pick(vf table, vi index)
{
    return _mm512_permutexvar_ps(index, table);
}

#endif
