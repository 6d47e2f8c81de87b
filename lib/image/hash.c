#include "lib/image/hash.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "lib/image/resize.h"
#include "lib/base/banned.h"

enum { SIDE = 32, LOW = 8 };

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Integers throughout, so that the last bit of a cosine decides nothing: cosines in 1/16384. Written once under
 * pthread_once, read only afterwards. */
static pthread_once_t cosines_once = PTHREAD_ONCE_INIT;
static int32_t cosine[LOW][SIDE];

static void make_cosines(void)
{
    for (int u = 0; u < LOW; u++)
        for (int x = 0; x < SIDE; x++)
            cosine[u][x] = (int32_t)lrint(16384 * cos(3.14159265358979323846 * u * (2 * x + 1) / (2 * SIDE)));
}

static uint64_t dct_signs(const uint8_t grey[SIDE * SIDE])
{
    int64_t half[SIDE][LOW], low[LOW * LOW], sorted[LOW * LOW - 1];
    pthread_once(&cosines_once, make_cosines);
    for (int y = 0; y < SIDE; y++) {
        for (int u = 0; u < LOW; u++) {
            half[y][u] = 0;
            for (int x = 0; x < SIDE; x++) half[y][u] += cosine[u][x] * grey[y * SIDE + x];
        }
    }
    for (int i = 0; i < LOW * LOW; i++) {
        low[i] = 0;
        for (int y = 0; y < SIDE; y++) low[i] += cosine[i / LOW][y] * half[y][i % LOW];
    }
    memcpy(sorted, low + 1, sizeof sorted);
    qsort(sorted, LOW * LOW - 1, sizeof *sorted, by_value);
    int64_t median = sorted[(LOW * LOW - 1) / 2];
    uint64_t hash = 0;
    for (int i = 1; i < LOW * LOW; i++) hash |= (uint64_t)(low[i] > median) << i;
    return hash;
}

lg_status img_phash(const img_picture *p, uint64_t *hash, lg_err *err)
{
    img_picture small = {0}, grey = {0};
    LG_TRY(img_resize(p, SIDE, SIDE, &small, err));
    lg_status st = img_convert(&small, 1, &grey, err);
    if (!st) *hash = dct_signs(grey.px);
    img_picture_release(&small);
    img_picture_release(&grey);
    return st;
}
