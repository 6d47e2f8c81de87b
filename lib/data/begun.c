/* begun.c - images whose number or name begins with what somebody has typed so far.
 *
 * An index of the file names is made when it is first asked for and stays with the set: a hundred thousand names take
 * some fifty milliseconds to sort, and then every key stroke a few microseconds. */
#include "lib/data/dataset_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

typedef struct entry {
    const char *base, *path;
    uint32_t row;
} entry;

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int by_path(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static int by_name(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = strcmp(x->base, y->base);
    return order ? order : by_path(a, b);
}

/* Rows in the order of their names, and behind them in that of their paths; NULL without memory. Two that ask at once
 * make it twice, and one is kept. */
static const uint32_t *name_index(const data_set *set)
{
    data_set *shared = (data_set *)(uintptr_t)set;
    uint32_t *rows = atomic_load(&shared->by_name), *none = NULL;
    lg_err ignored = {0};
    if (rows) return rows;
    entry *all = lg_alloc(set->rows + 1, sizeof *all, &ignored);
    rows = all ? lg_alloc(2 * set->rows + 1, sizeof *rows, &ignored) : NULL;
    if (rows) {
        for (size_t i = 0; i < set->rows; i++) {
            const char *path = data_fact_of(set, i)->name;
            all[i] = (entry){base_of(path), path, (uint32_t)i};
        }
        qsort(all, set->rows, sizeof *all, by_name);
        for (size_t i = 0; i < set->rows; i++) rows[i] = all[i].row;
        qsort(all, set->rows, sizeof *all, by_path);
        for (size_t i = 0; i < set->rows; i++) rows[set->rows + i] = all[i].row;
    }
    lg_free(all);
    if (!rows || atomic_compare_exchange_strong(&shared->by_name, &none, rows)) return rows;
    lg_free(rows);
    return none;
}

typedef struct asked {
    const data_set *set;
    data_split_kind part; /* DATA_NONE: all */
    size_t most;
    data_begun_fn *fn;
    void *ctx;
} asked;

static void tell(asked *a, size_t row, const char *means)
{
    if (!a->most || (a->part != DATA_NONE && a->set->row[row].split != (uint32_t)a->part)) return;
    a->most--;
    a->fn(a->ctx, row, means);
}

static size_t first_id(const data_set *set, uint64_t id)
{
    size_t low = 0, high = set->rows;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (data_fact_of(set, mid)->id < id) low = mid + 1;
        else high = mid;
    }
    return low;
}

/* 4, 40 to 49, 400 to 499 … Rows stand in the order of their ids. */
static void tell_ids(asked *a, uint64_t begun)
{
    for (uint64_t width = 1; a->most && begun && begun * width <= UINT32_MAX; width *= 10)
        for (size_t row = first_id(a->set, begun * width); row < a->set->rows && a->most; row++) {
            if (data_fact_of(a->set, row)->id >= (begun + 1) * width) break;
            tell(a, row, data_fact_of(a->set, row)->number);
        }
}

static void tell_numbers(asked *a, const char *prefix, size_t n)
{
    char id[16];
    long long begun = 0;
    bool plain = a->set->rows > 0; /* with marks the numbers are 412.1, 412.2 */
    if (plain) {
        snprintf(id, sizeof id, "%u", (unsigned)data_fact_of(a->set, a->set->rows - 1)->id);
        plain = strcmp(id, data_fact_of(a->set, a->set->rows - 1)->number) == 0;
    }
    if (plain && n) {
        if (*prefix != '0' && lg_parse_int(prefix, &begun)) tell_ids(a, (uint64_t)begun);
        return;
    }
    for (size_t row = 0; row < a->set->rows && a->most; row++) {
        const char *number = data_fact_of(a->set, row)->number;
        if (strncmp(number, prefix, n) == 0) tell(a, row, number);
    }
}

/* What means this image alone: its file's name, else the whole path, else (marks of one picture) its number. */
static const char *its_own_name(const data_set *set, const uint32_t *index, size_t at)
{
    const char *path = data_fact_of(set, index[at])->name, *base = base_of(path);
    bool shared = false, same = false;
    for (int side = -1; side <= 1; side += 2) {
        if ((side < 0 && at == 0) || (side > 0 && at + 1 == set->rows)) continue;
        const char *other = data_fact_of(set, index[at + (size_t)side])->name;
        shared |= strcmp(base_of(other), base) == 0;
        same |= strcmp(other, path) == 0;
    }
    return same ? data_fact_of(set, index[at])->number : shared ? path : base;
}

/* whole: paths instead of the files' names. */
static void tell_files(asked *a, const char *prefix, size_t n, bool whole)
{
    const data_set *set = a->set;
    const uint32_t *names = name_index(set), *index = names && whole ? names + set->rows : names;
    size_t low = 0, high = index ? set->rows : 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const char *path = data_fact_of(set, index[mid])->name;
        if (strcmp(whole ? path : base_of(path), prefix) < 0) low = mid + 1;
        else high = mid;
    }
    for (; index && a->most && low < set->rows; low++) {
        const char *path = data_fact_of(set, index[low])->name;
        if (strncmp(whole ? path : base_of(path), prefix, n) != 0) return;
        tell(a, index[low], whole ? path : its_own_name(set, index, low));
    }
}

void data_rows_begun(const data_set *set, data_split_kind part, const char *prefix, size_t most, data_begun_fn *fn,
                     void *ctx)
{
    asked a = {set, part, most, fn, ctx};
    size_t n = strlen(prefix);
    if (!n || strspn(prefix, "0123456789.") == n) tell_numbers(&a, prefix, n);
    if (!n) return;
    tell_files(&a, prefix, n, false);
    if (strchr(prefix, '/')) tell_files(&a, prefix, n, true);
}
