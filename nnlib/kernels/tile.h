/* tile.h - the one inner loop under matrix products and convolutions; included by ISA files after simd_*.h.
 *
 * A tile is rows x vecs vectors of sums held in registers:
 *
 *     y[r][v] = start[r][v] + sum over (s, u, j) of x[r·apart + s·line + u·gap + j·step] · w[(s, u, j)·ldw + v]
 *
 * with s < segs, u < subs, j < len and w running on through all terms. Read so, forward convolution is a tile whose
 * rows are neighbouring places of the output and whose terms are (kernel row, kernel column, channel); the gradient of
 * the weights has rows of weights and terms of places; a matrix product has one segment. A pooled tile holds two lines
 * of places, `below` apart, and writes the largest of each four.
 * See Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008) for the register blocking. */
#ifndef NN_TILE_H
#define NN_TILE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include "nnlib/kernels/kernels.h"

#if defined(__clang__)
#define NN_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NN_UNROLL _Pragma("GCC unroll 32")
#endif
#define NN_INLINE static inline __attribute__((always_inline))

typedef struct tile {
    const float *x;
    ptrdiff_t apart, below, line, gap, step;
    const float *w;
    ptrdiff_t ldw;
    int segs, subs, len;
    vm last;            /* lanes of the last vector that exist */
    const float *start; /* NULL: zeros */
    ptrdiff_t ld_start; /* 0: the same for each row, as a bias is */
    float *y;
    ptrdiff_t ldy;
    uint8_t *argmax; /* pooled tiles; may be NULL */
    bool relu;
    float most; /* of plain tiles with relu; 0: no limit */
} tile;

/* The sums of R lines of P rows of B vectors. Constant arguments: every loop over them disappears. */
NN_INLINE void tile_sums(const tile *t, const int R, const int P, const int B, vf sum[2][TILE_ROWS][2])
{
    const vm last = t->last;
    NN_UNROLL for (int r = 0; r < R; r++) NN_UNROLL for (int p = 0; p < P; p++) NN_UNROLL for (int b = 0; b < B; b++)
    {
        const float *start = t->start ? t->start + p * t->ld_start + b * VL : NULL;
        sum[r][p][b] = !t->start ? vf_zero() : b < B - 1 ? vf_load(start) : vf_load_first(start, last);
    }
    const float *w = t->w;
    const ptrdiff_t apart = t->apart, ldw = t->ldw, step = t->step;
    for (int s = 0; s < t->segs; s++) {
        for (int u = 0; u < t->subs; u++) {
            const float *x0 = t->x + s * t->line + u * t->gap, *x1 = x0 + t->below;
            for (int j = t->len; j > 0; j--) {
                vf weight[2];
                NN_UNROLL for (int b = 0; b < B; b++)
                    weight[b] = b < B - 1 ? vf_load(w + b * VL) : vf_load_first(w + b * VL, last);
                NN_UNROLL for (int r = 0; r < R; r++) NN_UNROLL for (int p = 0; p < P; p++)
                {
                    vf in = vf_set((r ? x1 : x0)[p * apart]);
                    NN_UNROLL for (int b = 0; b < B; b++) sum[r][p][b] = vf_fma(in, weight[b], sum[r][p][b]);
                }
                w += ldw;
                x0 += step;
                x1 += step;
            }
        }
    }
}

NN_INLINE void tile_plain(const tile *t, const int P, const int B)
{
    vf sum[2][TILE_ROWS][2];
    tile_sums(t, 1, P, B, sum);
    float *const first = t->y;
    const ptrdiff_t ldy = t->ldy;
    const vm last = t->last;
    const bool relu = t->relu;
    const vf most = vf_set(relu && t->most > 0 ? t->most : INFINITY);
    NN_UNROLL for (int p = 0; p < P; p++) NN_UNROLL for (int b = 0; b < B; b++)
    {
        vf v = relu ? vf_at_most(vf_relu(sum[0][p][b]), most) : sum[0][p][b];
        float *y = first + p * ldy + b * VL;
        if (b < B - 1)
            vf_store(y, v);
        else
            vf_store_first(y, v, last);
    }
}

/* P pooled places from two lines of 2·P. */
NN_INLINE void tile_pooled(const tile *t, const int P, const int B)
{
    vf sum[2][TILE_ROWS][2];
    tile_sums(t, 2, 2 * P, B, sum);
    float *const y = t->y;
    uint8_t *const argmax = t->argmax;
    const ptrdiff_t ldy = t->ldy;
    const vm last = t->last;
    const bool relu = t->relu;
    NN_UNROLL for (int p = 0; p < P; p++) NN_UNROLL for (int b = 0; b < B; b++)
    {
        vf best = sum[0][2 * p][b];
        vi place = vi_set(0);
        vf_keep_larger(&best, &place, sum[0][2 * p + 1][b], 1);
        vf_keep_larger(&best, &place, sum[1][2 * p][b], 2);
        vf_keep_larger(&best, &place, sum[1][2 * p + 1][b], 3);
        if (relu) {
            place = vi_where_positive(best, place, NN_POOL_NONE);
            best = vf_relu(best);
        }
        vm lanes = b < B - 1 ? vm_first(VL) : last;
        vf_store_first(y + p * ldy + b * VL, best, lanes);
        if (argmax) vi_store_bytes_first(argmax + p * ldy + b * VL, place, lanes);
    }
}

/* One function a size, so that each keeps its sums in registers. */
typedef void tile_fn(const tile *t);
#define NN_TILE(rows)                                                                                                  \
    static void tile_##rows##_1(const tile *t) { tile_plain(t, rows, 1); }                                             \
    static void tile_##rows##_2(const tile *t) { tile_plain(t, rows, 2); }
NN_TILE(1) NN_TILE(2) NN_TILE(3) NN_TILE(4) NN_TILE(5) NN_TILE(6)
#if defined(__AVX512F__)
NN_TILE(7) NN_TILE(8) NN_TILE(9) NN_TILE(10) NN_TILE(11) NN_TILE(12)
#endif
#undef NN_TILE

static tile_fn *const tile_table[2][TILE_ROWS] = {
#if defined(__AVX512F__)
    {tile_1_1, tile_2_1, tile_3_1, tile_4_1, tile_5_1, tile_6_1, tile_7_1, tile_8_1, tile_9_1, tile_10_1, tile_11_1,
     tile_12_1},
    {tile_1_2, tile_2_2, tile_3_2, tile_4_2, tile_5_2, tile_6_2, tile_7_2, tile_8_2, tile_9_2, tile_10_2, tile_11_2,
     tile_12_2},
#else
    {tile_1_1, tile_2_1, tile_3_1, tile_4_1, tile_5_1, tile_6_1},
    {tile_1_2, tile_2_2, tile_3_2, tile_4_2, tile_5_2, tile_6_2},
#endif
};

/* Columns [from, n) of vectors: how many vectors the next tile takes (1 or 2), and the lanes of its last. */
static inline int tile_vecs(tile *t, int from, int n)
{
    int left = n - from, vecs = left > VL ? 2 : 1;
    t->last = vm_first(left - (vecs - 1) * VL);
    return vecs;
}

/* Cuts n rows into tiles of nearly equal size <= most: the size of the tile that begins at row `from`. */
static inline int tile_rows(int from, int n, int most)
{
    int left = n - from, tiles = (left + most - 1) / most;
    return (left + tiles - 1) / tiles;
}

/* All rows and columns of one product whose first tile is t; x, w, start and y move on from there. */
static inline void tile_product(const tile *first, int rows, int cols)
{
    for (int c = 0, vecs; c < cols; c += vecs * VL) {
        tile t = *first;
        vecs = tile_vecs(&t, c, cols);
        t.w += c;
        for (int r = 0, n; r < rows; r += n) {
            n = tile_rows(r, rows, TILE_ROWS);
            t.x = first->x + r * t.apart;
            t.y = first->y + r * t.ldy + c;
            t.start = first->start ? first->start + r * t.ld_start + c : NULL;
            tile_table[vecs - 1][n - 1](&t);
        }
    }
}

/* to[c][r] = (add: +=) from[r][c], one block of registers at a time. */
static inline void turn(const float *from, ptrdiff_t ld, int rows, int cols, float *to, ptrdiff_t ld_to, bool add)
{
    for (int r = 0; r < rows; r += VL) {
        vm to_lanes = vm_first(rows - r);
        for (int c = 0; c < cols; c += VL) {
            vm lanes = vm_first(cols - c);
            vf v[VL];
            NN_UNROLL for (int i = 0; i < VL; i++)
                v[i] = r + i < rows ? vf_load_first(from + (r + i) * ld + c, lanes) : vf_zero();
            vf_turn(v);
            float *out = to + c * ld_to + r;
            NN_UNROLL for (int i = 0; i < VL; i++)
            {
                float *at = out + i * ld_to;
                if (c + i < cols) vf_store_first(at, add ? vf_add(vf_load_first(at, to_lanes), v[i]) : v[i], to_lanes);
            }
        }
    }
}

#endif
