/* simd_avx2.h - the few vector operations the kernels are written in, as AVX2 with FMA. For *_avx2.c files only. */
#ifndef NN_SIMD_AVX2_H
#define NN_SIMD_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#define NN_NAME(op) nn_##op##__avx2
enum { VL = 8, TILE_ROWS = 6 }; /* floats in a vector; rows of a tile of two vectors: 12 of 16 registers hold sums */

typedef __m256 vf;  /* VL floats */
typedef __m256i vi; /* VL int32 */
typedef __m256i vm; /* the first n lanes, all bits set */

static inline vm vm_first(int n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vf vf_zero(void)
{
    return _mm256_setzero_ps();
}
static inline vf vf_set(float v)
{
    return _mm256_set1_ps(v);
}
static inline vf vf_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
static inline void vf_store(float *p, vf v)
{
    _mm256_storeu_ps(p, v);
}
static inline vf vf_load_first(const float *p, vm m) /* other lanes 0, not read */
{
    return _mm256_maskload_ps(p, m);
}
static inline void vf_store_first(float *p, vf v, vm m)
{
    _mm256_maskstore_ps(p, m, v);
}
static inline vf vf_add(vf a, vf b)
{
    return _mm256_add_ps(a, b);
}
static inline vf vf_fma(vf a, vf b, vf c) /* a·b + c */
{
    return _mm256_fmadd_ps(a, b, c);
}
static inline vf vf_mul(vf a, vf b)
{
    return _mm256_mul_ps(a, b);
}
static inline vf vf_div(vf a, vf b)
{
    return _mm256_div_ps(a, b);
}
static inline vf vf_sqrt(vf v)
{
    return _mm256_sqrt_ps(v);
}
static inline vf vf_relu(vf v) /* NaN stays NaN: max gives its second operand */
{
    return _mm256_max_ps(_mm256_setzero_ps(), v);
}
static inline vf vf_at_most(vf v, vf most) /* NaN stays NaN */
{
    return _mm256_min_ps(most, v);
}
static inline vi vi_set(int v)
{
    return _mm256_set1_epi32(v);
}
/* Where v > *best: *best = v and *place = p. */
static inline void vf_keep_larger(vf *best, vi *place, vf v, int p)
{
    vf larger = _mm256_cmp_ps(v, *best, _CMP_GT_OQ);
    *best = _mm256_blendv_ps(*best, v, larger);
    *place = _mm256_blendv_epi8(*place, _mm256_set1_epi32(p), _mm256_castps_si256(larger));
}
/* place where v > 0, p elsewhere. */
static inline vi vi_where_positive(vf v, vi place, int p)
{
    vf open = _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GT_OQ);
    return _mm256_blendv_epi8(_mm256_set1_epi32(p), place, _mm256_castps_si256(open));
}
static inline void vi_store_bytes_first(uint8_t *p, vi v, vm m)
{
    int32_t wide[8];
    int n = __builtin_popcount((unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(m)));
    _mm256_storeu_si256((__m256i *)wide, v);
    for (int i = 0; i < n; i++) p[i] = (uint8_t)wide[i];
}

static inline void vi_store_words_first(uint16_t *p, vi v, vm m)
{
    uint16_t words[8];
    size_t n = (size_t)__builtin_popcount((unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(m)));
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(v, v), 0x08);
    _mm_storeu_si128((__m128i *)(void *)words, _mm256_castsi256_si128(packed));
    __builtin_memcpy(p, words, n * sizeof *p);
}

static inline vi vi_load_words_first(const uint16_t *p, vm m) /* other lanes 0, not read */
{
    uint16_t words[8] = {0};
    size_t n = (size_t)__builtin_popcount((unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(m)));
    __builtin_memcpy(words, p, n * sizeof *p);
    return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)words));
}
static inline vf vf_where_is(vf v, vi which, int p) /* v where which is p, 0 elsewhere */
{
    return _mm256_and_ps(v, _mm256_castsi256_ps(_mm256_cmpeq_epi32(which, _mm256_set1_epi32(p))));
}

static inline vi vi_load_first(const int32_t *p, vm m)
{
    return _mm256_maskload_epi32(p, m);
}
static inline void vi_store(int32_t *p, vi v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}
static inline vi vi_load_bytes_first(const uint8_t *p, vm m) /* other lanes 255, not read */
{
    int n = __builtin_popcount((unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(m)));
    uint8_t bytes8[8];
    uint64_t bytes;
    __builtin_memset(bytes8, 255, sizeof bytes8);
    if (n == 8)
        __builtin_memcpy(bytes8, p, 8);
    else
        for (int i = 0; i < n; i++) bytes8[i] = p[i];
    __builtin_memcpy(&bytes, bytes8, 8);
    return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)bytes));
}
static inline vi vi_add(vi a, vi b)
{
    return _mm256_add_epi32(a, b);
}
/* table[index], by the lowest bits of each index. */
static inline vi vi_pick(vi table, vi index)
{
    return _mm256_permutevar8x32_epi32(table, index);
}
/* 0 where which is p, v elsewhere. */
static inline vf vf_zero_where(vf v, vi which, int p)
{
    return _mm256_andnot_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(which, _mm256_set1_epi32(p))), v);
}
/* Writes the lanes of g and row where which is p to the fronts of to_g and to_row (a whole vector is written);
 * returns how many there are. */
static inline int v_collect(vf g, vi row, vi which, int p, float *to_g, int32_t *to_row)
{
    float gs[VL];
    int32_t rows[VL];
    int n = 0;
    vf_store(gs, g);
    vi_store(rows, row);
    unsigned m = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(which, _mm256_set1_epi32(p))));
    for (; m; m &= m - 1, n++) {
        to_g[n] = gs[__builtin_ctz(m)];
        to_row[n] = rows[__builtin_ctz(m)];
    }
    return n;
}
/* Rows become columns: pairs, fours, then halves of registers change places. */
static inline void vf_turn(vf v[VL])
{
    vf t[VL];
    for (int i = 0; i < VL; i += 2) {
        t[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
    }
    for (int i = 0; i < VL; i += 4)
        for (int j = 0; j < 2; j++) {
            v[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0x44);
            v[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0xEE);
        }
    for (int j = 0; j < 4; j++) {
        t[j] = _mm256_permute2f128_ps(v[j], v[j + 4], 0x20);
        t[j + 4] = _mm256_permute2f128_ps(v[j], v[j + 4], 0x31);
    }
    for (int i = 0; i < VL; i++) v[i] = t[i];
}

static inline vf vf_keep_greater(vf v, vf a, vf b) /* v where a > b, 0 elsewhere */
{
    return _mm256_and_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ), v);
}
static inline vf vf_smaller(vf a, vf b) /* b where either is NaN */
{
    return _mm256_min_ps(a, b);
}

#endif
