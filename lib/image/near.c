/* near.c - img_near_groups of hash.h.
 *
 * Two hashes at most d bits apart agree in at least one of d + 1 pieces of their 64 bits (pigeonhole), so only hashes
 * that share a piece are compared. Equal hashes are joined first: a thousand copies cost no thousand squared. */
#include <stdlib.h>
#include <string.h>
#include "lib/image/hash.h"
#include "lib/base/banned.h"

typedef struct entry {
    uint64_t hash;
    uint32_t index, key;
} entry;

static int by_hash(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static int by_key(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Union-find whose root is the smallest index; paths are halved on the way. */
static uint32_t root_of(uint32_t *group, uint32_t i)
{
    while (group[i] != i) i = group[i] = group[group[i]];
    return i;
}

static void join(uint32_t *group, uint32_t a, uint32_t b)
{
    a = root_of(group, a);
    b = root_of(group, b);
    if (a < b) group[b] = a;
    else group[a] = b;
}

static lg_status compare_piece(entry *e, size_t n, int distance, lg_cancel *cancel, uint32_t *group, lg_err *err)
{
    qsort(e, n, sizeof *e, by_key);
    for (size_t i = 0; i < n; i++) {
        if ((i & 255) == 0) LG_TRY(lg_cancel_check(cancel, err));
        for (size_t k = i + 1; k < n && e[k].key == e[i].key; k++)
            if (img_phash_distance(e[i].hash, e[k].hash) <= distance) join(group, e[i].index, e[k].index);
    }
    return LG_OK;
}

lg_status img_near_groups(const uint64_t *hash, size_t n, int distance, lg_cancel *cancel, uint32_t *group,
                          size_t *joined, lg_err *err)
{
    if (distance < 0 || distance > 16)
        return lg_fail(err, LG_E_ARG, 323, "near-duplicates are 0 to 16 bits apart, not %d", distance);
    entry *e = lg_alloc(n, sizeof *e, err);
    if (!e) return LG_E_MEMORY;
    lg_status st = LG_OK;
    for (size_t i = 0; i < n; i++) {
        group[i] = (uint32_t)i;
        e[i] = (entry){.hash = hash[i], .index = (uint32_t)i};
    }
    qsort(e, n, sizeof *e, by_hash);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && e[kept - 1].hash == e[i].hash) group[e[i].index] = e[kept - 1].index;
        else e[kept++] = e[i];
    }
    int pieces = distance + 1;
    for (int p = 0; p < pieces && distance > 0; p++) {
        int from = 64 * p / pieces, bits = 64 * (p + 1) / pieces - from;
        for (size_t i = 0; i < kept; i++) e[i].key = (uint32_t)(e[i].hash >> from & ((1ull << bits) - 1));
        LG_GO(compare_piece(e, kept, distance, cancel, group, err));
    }
    if (joined) *joined = 0;
    for (size_t i = 0; i < n; i++) {
        group[i] = root_of(group, (uint32_t)i);
        if (joined) *joined += group[i] != i;
    }
done:
    lg_free(e);
    return st;
}
