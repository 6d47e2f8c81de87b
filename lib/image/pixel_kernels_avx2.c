/* pixel_kernels_avx2.c - the loops of pixel_kernels.h, eight 32-bit or sixteen 16-bit lanes at a time. Every product
 * and sum is the scalar one's, so the bytes are too. */
#include <immintrin.h>
#include <string.h>

#include "lib/image/pixel_kernels.h"

#include "lib/base/banned.h"

/* ---- resizing ---- */
static inline __m256i broadcast(uint32_t v)
{
    return _mm256_set1_epi32((int)v);
}

/* Two taps of three channels: lanes r g b - r g b -. */
static inline __m128i pixel_sums(const uint32_t *w, const uint8_t *p, int taps)
{
    const __m128i spread = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m256i twice = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    __m256i sum = _mm256_setzero_si256();
    int t = 0;
    for (; t + 2 <= taps; t += 2, p += 6) {
        __m256i px = _mm256_cvtepu8_epi32(_mm_shuffle_epi8(_mm_loadl_epi64((const __m128i *)p), spread));
        __m256i weight = _mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)(w + t)));
        sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(px, _mm256_permutevar8x32_epi32(weight, twice)));
    }
    __m128i both = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    if (t < taps) {
        __m128i px = _mm_cvtepu8_epi32(_mm_shuffle_epi8(_mm_loadl_epi64((const __m128i *)p), spread));
        both = _mm_add_epi32(both, _mm_mullo_epi32(px, _mm_set1_epi32((int)w[t])));
    }
    return both;
}

static void row_of_three_wide(const img_axis *a, const uint8_t *row, uint16_t *out)
{
    const int shift = IMG_WEIGHT_BITS - IMG_KEEP_BITS;
    const __m128i half = _mm_set1_epi32(1 << (shift - 1));
    for (int x = 0; x < a->n; x++, out += 3) {
        const uint8_t *p = row + (size_t)a->first[x] * 3;
        __m128i sum = pixel_sums(a->weight + (size_t)x * (size_t)a->taps, p, a->taps);
        sum = _mm_srli_epi32(_mm_add_epi32(sum, half), shift);
        uint64_t rgb = (uint64_t)_mm_cvtsi128_si64(_mm_packus_epi32(sum, sum));
        memcpy(out, &rgb, 6);
    }
}

/* Four taps of three channels: 16-bit pairs r r, g g, b b, -, the lower two taps' in the lower half. Pixels are below
 * 256 and the weights of one output pixel sum to 1 << 16, so the sums of pairs are exact. */
__attribute__((always_inline)) static inline __m256i quad_sums(const int16_t *w, const uint8_t *p, int quads)
{
    const __m256i pairs = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 6, -1, 9, -1, 7,
                                           -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    const __m256i twice = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    __m256i sum = _mm256_setzero_si256();
    for (int q = 0; q < quads; q++, p += 12, w += 4) {
        __m256i px = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)p));
        __m256i weight = _mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)w));
        weight = _mm256_permutevar8x32_epi32(weight, twice);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_shuffle_epi8(px, pairs), weight));
    }
    return sum;
}

/* Two output pixels, one in each half. */
__attribute__((always_inline)) static inline __m256i two_pixels(__m256i one, __m256i two)
{
    const int shift = IMG_WEIGHT_BITS - IMG_KEEP_BITS;
    __m256i both =
        _mm256_add_epi32(_mm256_permute2x128_si256(one, two, 0x20), _mm256_permute2x128_si256(one, two, 0x31));
    both = _mm256_srli_epi32(_mm256_add_epi32(both, _mm256_set1_epi32(1 << (shift - 1))), shift);
    return _mm256_packus_epi32(both, both);
}

/* Each is stored with a fourth channel that the next one overwrites, but for the last two. */
__attribute__((always_inline)) static inline void row_of_quads(const img_axis *a, const uint8_t *row, int quads,
                                                               uint16_t *out)
{
    const int n = a->n, *first = a->first;
    const int16_t *w = a->brief;
    int x = 0;
    for (; x + 2 < n; x += 2, w += 8 * quads, out += 6) {
        __m256i both = two_pixels(quad_sums(w, row + (size_t)first[x] * 3, quads),
                                  quad_sums(w + 4 * quads, row + (size_t)first[x + 1] * 3, quads));
        _mm_storel_epi64((__m128i *)out, _mm256_castsi256_si128(both));
        _mm_storel_epi64((__m128i *)(out + 3), _mm256_extracti128_si256(both, 1));
    }
    for (; x < n; x++, w += 4 * quads, out += 3) {
        __m256i sum = quad_sums(w, row + (size_t)first[x] * 3, quads);
        uint64_t rgb = (uint64_t)_mm_cvtsi128_si64(_mm256_castsi256_si128(two_pixels(sum, sum)));
        memcpy(out, &rgb, 6);
    }
}

/* The usual lengths are constants in their loops. */
static void row_of_three(const img_axis *a, const uint8_t *row, uint16_t *out)
{
    switch (a->quads) {
    case 1: row_of_quads(a, row, 1, out); break;
    case 2: row_of_quads(a, row, 2, out); break;
    case 3: row_of_quads(a, row, 3, out); break;
    case 4: row_of_quads(a, row, 4, out); break;
    case 5: row_of_quads(a, row, 5, out); break;
    default: row_of_quads(a, row, a->quads, out);
    }
}

/* Eight taps at a time; weights that are not there weigh 0. */
static void row_of_one(const img_axis *a, const uint8_t *row, uint16_t *out)
{
    const int shift = IMG_WEIGHT_BITS - IMG_KEEP_BITS;
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int x = 0; x < a->n; x++) {
        const uint8_t *p = row + a->first[x];
        const int *w = (const int *)(a->weight + (size_t)x * (size_t)a->taps);
        __m256i sum = _mm256_setzero_si256();
        for (int t = 0; t < a->taps; t += 8) {
            __m256i there = _mm256_cmpgt_epi32(_mm256_set1_epi32(a->taps - t), lane);
            __m256i px = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p + t)));
            sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(px, _mm256_maskload_epi32(w + t, there)));
        }
        __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        four = _mm_add_epi32(four, _mm_srli_si128(four, 8));
        four = _mm_add_epi32(four, _mm_srli_si128(four, 4));
        out[x] = (uint16_t)(((uint32_t)_mm_cvtsi128_si32(four) + (1u << (shift - 1))) >> shift);
    }
}

static void avx2_row(const img_axis *a, const uint8_t *row, int c, uint16_t *out)
{
    if (c == 3 && a->brief) row_of_three(a, row, out);
    else if (c == 3) row_of_three_wide(a, row, out);
    else row_of_one(a, row, out);
}

/* Sixteen values of an output row. */
static inline __m128i column_bytes(const uint32_t *w, int taps, const uint16_t *row, size_t width)
{
    const int shift = IMG_WEIGHT_BITS + IMG_KEEP_BITS;
    __m256i low = broadcast(1u << (shift - 1)), high = low;
    for (int t = 0; t < taps; t++, row += width) {
        __m256i weight = broadcast(w[t]);
        __m256i a = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)row));
        __m256i b = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(row + 8)));
        low = _mm256_add_epi32(low, _mm256_mullo_epi32(a, weight));
        high = _mm256_add_epi32(high, _mm256_mullo_epi32(b, weight));
    }
    __m256i words = _mm256_packus_epi32(_mm256_srli_epi32(low, shift), _mm256_srli_epi32(high, shift));
    words = _mm256_permute4x64_epi64(words, 0xD8);
    return _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

static void avx2_column(const img_axis *a, int y, const uint16_t *rows, int first_row, size_t width, uint8_t *out)
{
    const uint32_t *w = a->weight + (size_t)y * (size_t)a->taps;
    const uint16_t *row = rows + (size_t)(a->first[y] - first_row) * width;
    size_t i = 0;
    for (; i + 16 <= width; i += 16) _mm_storeu_si128((__m128i *)(out + i), column_bytes(w, a->taps, row + i, width));
    for (; i < width; i++) {
        uint32_t sum = 1u << (IMG_WEIGHT_BITS + IMG_KEEP_BITS - 1);
        for (int t = 0; t < a->taps; t++) sum += w[t] * row[i + (size_t)t * width];
        out[i] = (uint8_t)(sum >> (IMG_WEIGHT_BITS + IMG_KEEP_BITS));
    }
}

/* ---- warping ---- */
/* What takes c is inlined, so that c is a constant in all of it. */
enum { LANES = 8, STEP_MAX = 1 << 27 }; /* a step of 8 pixels, seven times, stays below 2^30 */

/* … c b a | a b c … for -n <= i < 2n. */
static inline __m256i mirrored(__m256i i, int n)
{
    __m256i at = _mm256_xor_si256(i, _mm256_srai_epi32(i, 31));
    return _mm256_min_epi32(at, _mm256_sub_epi32(_mm256_set1_epi32(2 * n - 1), at));
}

/* The 4 bytes from each index on, lowest first, 0 beyond the end of the picture. */
static inline __m256i gathered(const uint8_t *px, __m256i at, int last)
{
    __m256i from = _mm256_min_epi32(at, _mm256_set1_epi32(last));
    __m256i over = _mm256_slli_epi32(_mm256_sub_epi32(at, from), 3);
    return _mm256_srlv_epi32(_mm256_i32gather_epi32((const int *)px, from, 1), over);
}

/* Channel k of two pixels as 16-bit pairs. */
static inline __m256i paired(__m256i left, __m256i right, int k)
{
    const __m256i byte = _mm256_set1_epi32(255);
    __m256i a = _mm256_and_si256(_mm256_srli_epi32(left, 8 * k), byte);
    __m256i b = _mm256_and_si256(_mm256_srli_epi32(right, 8 * k), byte);
    return _mm256_or_si256(a, _mm256_slli_epi32(b, 16));
}

/* Where eight pixels are read: whole parts and weights. */
typedef struct eight {
    __m256i ix, iy, fx, fy;
} eight;

/* Of three channels (or one): the two pixels of a row as pairs. */
typedef struct pairs {
    __m256i k0, k1, k2;
} pairs;

static inline __m256i blended_channel(__m256i upper, __m256i lower, __m256i wx, const eight *e)
{
    const __m256i above = _mm256_sub_epi32(broadcast(1 << IMG_WARP_WEIGHT), e->fy);
    __m256i a = _mm256_mullo_epi32(_mm256_madd_epi16(upper, wx), above);
    __m256i b = _mm256_mullo_epi32(_mm256_madd_epi16(lower, wx), e->fy);
    __m256i sum = _mm256_add_epi32(_mm256_add_epi32(a, b), broadcast(1u << (2 * IMG_WARP_WEIGHT - 1)));
    return _mm256_srli_epi32(sum, 2 * IMG_WARP_WEIGHT);
}

/* The rows above and below, as bytes of each lane. */
__attribute__((always_inline)) static inline __m256i blended(const eight *e, const pairs *upper, const pairs *lower,
                                                             int c)
{
    const __m256i left = _mm256_sub_epi32(broadcast(1 << IMG_WARP_WEIGHT), e->fx);
    const __m256i wx = _mm256_or_si256(left, _mm256_slli_epi32(e->fx, 16));
    __m256i out = blended_channel(upper->k0, lower->k0, wx, e);
    if (c == 1) return out;
    out = _mm256_or_si256(out, _mm256_slli_epi32(blended_channel(upper->k1, lower->k1, wx, e), 8));
    return _mm256_or_si256(out, _mm256_slli_epi32(blended_channel(upper->k2, lower->k2, wx, e), 16));
}

__attribute__((always_inline)) static inline pairs gathered_pairs(const uint8_t *px, __m256i left, __m256i right,
                                                                  int last, int c)
{
    __m256i l = gathered(px, left, last), r = gathered(px, right, last);
    if (c == 1) return (pairs){.k0 = paired(l, r, 0)};
    return (pairs){paired(l, r, 0), paired(l, r, 1), paired(l, r, 2)};
}

__attribute__((always_inline)) static inline __m256i read_eight(const img_picture *src, const eight *e, int c)
{
    const int last = (int)img_size(src) - 4;
    const __m256i next = _mm256_set1_epi32(1), pitch = _mm256_set1_epi32(src->w * c), size = _mm256_set1_epi32(c);
    __m256i x0 = _mm256_mullo_epi32(mirrored(e->ix, src->w), size);
    __m256i x1 = _mm256_mullo_epi32(mirrored(_mm256_add_epi32(e->ix, next), src->w), size);
    __m256i y0 = _mm256_mullo_epi32(mirrored(e->iy, src->h), pitch);
    __m256i y1 = _mm256_mullo_epi32(mirrored(_mm256_add_epi32(e->iy, next), src->h), pitch);
    pairs upper = gathered_pairs(src->px, _mm256_add_epi32(y0, x0), _mm256_add_epi32(y0, x1), last, c);
    pairs lower = gathered_pairs(src->px, _mm256_add_epi32(y1, x0), _mm256_add_epi32(y1, x1), last, c);
    return blended(e, &upper, &lower, c);
}

/* ---- where all neighbours lie inside, and two bytes more: three channels ---- */
/* Where the upper row's pixels of eight lanes begin. Gathering takes longer than eight loads here. */
typedef struct starts {
    const uint8_t *p0, *p1, *p2, *p3, *p4, *p5, *p6, *p7;
} starts;

static inline __m256 loaded_four(const uint8_t *a, const uint8_t *b, const uint8_t *c, const uint8_t *d)
{
    __m128 low = _mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)a));
    __m128 high = _mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)c));
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadh_pi(low, (const __m64 *)b)),
                                _mm_loadh_pi(high, (const __m64 *)d), 1);
}

/* Both pixels of a row come with one load, as l0 l1 l2 r0 | r1 r2 - -. */
static inline pairs loaded_pairs(const starts *s, size_t down)
{
    const __m256i byte = _mm256_set1_epi32(255), third = _mm256_set1_epi32(255 << 16);
    __m256 a = loaded_four(s->p0 + down, s->p1 + down, s->p4 + down, s->p5 + down);
    __m256 b = loaded_four(s->p2 + down, s->p3 + down, s->p6 + down, s->p7 + down);
    __m256i low = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
    __m256i high = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD));
    __m256i low1 = _mm256_srli_epi32(low, 8), low2 = _mm256_srli_epi32(low, 16);
    return (pairs){_mm256_or_si256(_mm256_and_si256(low, byte), _mm256_and_si256(low1, third)),
                   _mm256_or_si256(_mm256_and_si256(low1, byte), _mm256_and_si256(_mm256_slli_epi32(high, 16), third)),
                   _mm256_or_si256(_mm256_and_si256(low2, byte), _mm256_and_si256(_mm256_slli_epi32(high, 8), third))};
}

static inline const uint8_t *start_of(const img_picture *src, const img_walk *at, int lane)
{
    int64_t x = (at->x + lane * at->dx) >> IMG_WARP_FRACTION, y = (at->y + lane * at->dy) >> IMG_WARP_FRACTION;
    return src->px + (y * src->w + x) * 3;
}

static inline __m256i read_inner(const img_picture *src, const img_walk *at, const eight *e)
{
    const starts s = {start_of(src, at, 0), start_of(src, at, 1), start_of(src, at, 2), start_of(src, at, 3),
                      start_of(src, at, 4), start_of(src, at, 5), start_of(src, at, 6), start_of(src, at, 7)};
    pairs upper = loaded_pairs(&s, 0), lower = loaded_pairs(&s, (size_t)src->w * 3);
    return blended(e, &upper, &lower, 3);
}

/* The lowest c bytes of each lane, 4 * c bytes from each half. */
__attribute__((always_inline)) static inline void put_eight(__m256i px, int c, uint8_t *out)
{
    const __m256i three = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, 0, 1, 2, 4, 5, 6, 8,
                                           9, 10, 12, 13, 14, -1, -1, -1, -1);
    const __m256i one = _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4, 8, 12, -1,
                                         -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    __m256i packed = _mm256_shuffle_epi8(px, c == 3 ? three : one);
    __m128i half[2] = {_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1)};
    for (int i = 0; i < 2; i++, out += 4 * c) {
        int tail = c == 3 ? _mm_extract_epi32(half[i], 2) : _mm_cvtsi128_si32(half[i]);
        if (c == 3) _mm_storel_epi64((__m128i *)out, half[i]);
        memcpy(out + 4 * c - 4, &tail, 4);
    }
}

/* Do all points from `from` to `to` (of a line) lie within one mirror of 0..n, the next pixel too? */
static inline bool within(int64_t from, int64_t to, int n)
{
    from >>= IMG_WARP_FRACTION, to >>= IMG_WARP_FRACTION;
    return from >= -n && from <= 2 * (int64_t)n - 2 && to >= -n && to <= 2 * (int64_t)n - 2;
}

/* Do all of them lie in 0..n, and `behind` pixels more? */
static inline bool inside(int64_t from, int64_t to, int n, int behind)
{
    from >>= IMG_WARP_FRACTION, to >>= IMG_WARP_FRACTION;
    return from >= 0 && to >= 0 && from < n - behind && to < n - behind;
}

/* Lanes of a coordinate: those from a point on, less the whole part of that; and of such lanes their whole part and
 * the eight bits that weigh. */
static inline __m256i lanes_from(int64_t at, __m256i steps)
{
    return _mm256_add_epi32(_mm256_set1_epi32((int)(at & ((1 << IMG_WARP_FRACTION) - 1))), steps);
}
static inline __m256i whole_of(int64_t at, __m256i lanes)
{
    __m256i base = _mm256_set1_epi32((int)(at >> IMG_WARP_FRACTION));
    return _mm256_add_epi32(base, _mm256_srai_epi32(lanes, IMG_WARP_FRACTION));
}
static inline __m256i weight_of(__m256i lanes)
{
    return _mm256_and_si256(_mm256_srai_epi32(lanes, IMG_WARP_FRACTION - IMG_WARP_WEIGHT), _mm256_set1_epi32(255));
}

/* Eights that leave one mirror's reach, and the last few, are the scalar loop's. */
__attribute__((always_inline)) static inline void walk_row(const img_picture *src, const img_walk *walk, int n, int c,
                                                           uint8_t *out)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i dx = _mm256_mullo_epi32(lane, _mm256_set1_epi32((int)walk->dx));
    const __m256i dy = _mm256_mullo_epi32(lane, _mm256_set1_epi32((int)walk->dy));
    img_walk at = *walk;
    for (int x = 0; x < n; x += LANES, out += LANES * c, at.x += LANES * at.dx, at.y += LANES * at.dy) {
        int64_t ex = at.x + (LANES - 1) * at.dx, ey = at.y + (LANES - 1) * at.dy;
        if (x + LANES > n || !within(at.x, ex, src->w) || !within(at.y, ey, src->h)) {
            img_kernels_scalar.warp(src, at, n - x < LANES ? n - x : LANES, out);
            continue;
        }
        const __m256i fx = lanes_from(at.x, dx), fy = lanes_from(at.y, dy);
        const eight e = {whole_of(at.x, fx), whole_of(at.y, fy), weight_of(fx), weight_of(fy)};
        bool inner = c == 3 && inside(at.x, ex, src->w, 2) && inside(at.y, ey, src->h, 1);
        put_eight(inner ? read_inner(src, &at, &e) : read_eight(src, &e, c), c, out);
    }
}

/* Indices and fractions have 32 bits here; what needs more is rare. */
static void avx2_warp(const img_picture *src, img_walk walk, int n, uint8_t *out)
{
    bool small = walk.dx > -STEP_MAX && walk.dx < STEP_MAX && walk.dy > -STEP_MAX && walk.dy < STEP_MAX;
    if (!small || img_size(src) < 4 || img_size(src) > INT32_MAX) img_kernels_scalar.warp(src, walk, n, out);
    else if (src->c == 3) walk_row(src, &walk, n, 3, out);
    else walk_row(src, &walk, n, 1, out);
}

/* ---- adding up ---- */
static inline __m256i load32(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}
static inline __m256i add_bytes(__m256i sum, __m256i bytes)
{
    return _mm256_add_epi64(sum, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
}
static inline uint64_t four_lanes(__m256i v)
{
    uint64_t lane[4];
    _mm256_storeu_si256((__m256i *)lane, v);
    return lane[0] + lane[1] + lane[2] + lane[3];
}

/* 32 pixels lie in three vectors; each has a third of every channel, in places where the other two have another. */
static size_t sums_of_three(const uint8_t *px, size_t n, uint64_t sum[3])
{
    static const uint8_t third[34] = {255, 0,   0, 255, 0,   0, 255, 0,   0, 255, 0,   0, 255, 0,   0, 255, 0,
                                      0,   255, 0, 0,   255, 0, 0,   255, 0, 0,   255, 0, 0,   255, 0, 0,   255};
    const __m256i at1 = load32(third + 2), at2 = load32(third + 1), at0 = load32(third); /* places 1, 4, … and so on */
    __m256i red = _mm256_setzero_si256(), green = red, blue = red;
    size_t i = 0;
    for (; i + 32 <= n; i += 32, px += 96) {
        __m256i a = load32(px), b = load32(px + 32), c = load32(px + 64);
        red = add_bytes(red, _mm256_blendv_epi8(_mm256_blendv_epi8(a, b, at1), c, at2));
        green = add_bytes(green, _mm256_blendv_epi8(_mm256_blendv_epi8(a, b, at2), c, at0));
        blue = add_bytes(blue, _mm256_blendv_epi8(_mm256_blendv_epi8(a, b, at0), c, at1));
    }
    sum[0] = four_lanes(red), sum[1] = four_lanes(green), sum[2] = four_lanes(blue);
    return i;
}

static size_t sums_of_one(const uint8_t *px, size_t n, uint64_t sum[3])
{
    __m256i all = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 32 <= n; i += 32) all = add_bytes(all, load32(px + i));
    sum[0] = four_lanes(all), sum[1] = sum[2] = 0;
    return i;
}

static void avx2_sums(const uint8_t *px, size_t n, int c, uint64_t sum[3])
{
    uint64_t rest[3];
    size_t done = c == 3 ? sums_of_three(px, n, sum) : sums_of_one(px, n, sum);
    img_kernels_scalar.sums(px + done * (size_t)c, n - done, c, rest);
    for (int k = 0; k < 3; k++) sum[k] += rest[k];
}

const img_kernels img_kernels_avx2 = {
    .name = "avx2", .row = avx2_row, .column = avx2_column, .warp = avx2_warp, .sums = avx2_sums};
