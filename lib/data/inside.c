/* inside.c - images that are not a file of their own: pictures inside IDX files, parts of pictures. */
#include <string.h>
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

static data_idx *find_idx(const data_table *table, const char *path, size_t len)
{
    for (size_t i = 0; i < table->idxs; i++)
        if (strlen(table->idx[i]->path) == len && memcmp(table->idx[i]->path, path, len) == 0) return table->idx[i];
    return NULL;
}

lg_status data_table_keep(data_table *table, data_idx *idx, lg_err *err)
{
    if (find_idx(table, idx->path, strlen(idx->path))) return LG_OK;
    data_idx **more = lg_realloc(table->idx, table->idxs, table->idxs + 1, sizeof *more, err);
    if (!more) return err->status;
    table->idx = more;
    table->idx[table->idxs++] = data_idx_ref(idx);
    return LG_OK;
}

/* A file that cannot be read makes its pictures unreadable, nothing more: it was there when the set was made. */
lg_status data_table_open(data_table *table, lg_err *err)
{
    const char *missed = NULL;
    size_t missed_len = 0;
    for (size_t i = 0; i < table->count; i++) {
        size_t len, number;
        const char *path = table->fact[i].path;
        if (!data_idx_split(path, &len, &number) || find_idx(table, path, len)) continue;
        if (missed && missed_len == len && memcmp(missed, path, len) == 0) continue;
        lg_err said = {0};
        data_idx *idx = NULL;
        char *file = lg_strf(err, "%.*s", (int)len, path);
        if (!file) return err->status;
        lg_status st = data_idx_open(file, &idx, &said);
        if (!st) st = data_table_keep(table, idx, err);
        else if (st == LG_E_MEMORY) *err = said;
        data_idx_unref(idx);
        lg_free(file);
        if (st == LG_E_MEMORY) return st;
        missed = path;
        missed_len = len;
    }
    return LG_OK;
}

bool data_idx_picture(const data_table *table, const char *path, const data_idx **idx, const uint8_t **px)
{
    size_t len, number;
    *px = NULL;
    *idx = NULL;
    if (!data_idx_split(path, &len, &number)) return false;
    *idx = find_idx(table, path, len);
    if (*idx && number < (*idx)->count) *px = (*idx)->px + number * (size_t)(*idx)->h * (size_t)(*idx)->w;
    return true;
}

size_t data_column(const data_table *table, const char *name)
{
    size_t k = 0;
    while (k < table->columns && strcmp(table->column[k], name)) k++;
    return k;
}

/* Without the column every image is a picture of its own, and its number its id. */
lg_status data_table_number(data_table *table, bool kept, lg_err *err)
{
    size_t column = data_column(table, DATA_MARK_COLUMN), picture = 0, mark = 0;
    bool marks = column < table->columns;
    for (size_t i = 0; i < table->count; i++) {
        data_fact *fact = &table->fact[i];
        const char **cell = marks ? &table->cell[i * table->columns + column] : NULL;
        bool same = i && fact->crop.w > 0 && strcmp(fact->path, fact[-1].path) == 0;
        picture += !same;
        mark = same ? mark + 1 : 1;
        if (kept && marks && **cell) fact->number = *cell;
        else if (!marks) fact->number = lg_arena_strf(&table->text, err, "%u", fact->id);
        else if (fact->crop.w > 0) fact->number = lg_arena_strf(&table->text, err, "%zu.%zu", picture, mark);
        else fact->number = lg_arena_strf(&table->text, err, "%zu", picture);
        if (!fact->number) return err->status;
        if (marks) *cell = fact->number;
    }
    return LG_OK;
}

/* Four whole numbers as 142x196+38+12, nothing else. */
bool data_crop_read(const char *text, data_crop *out)
{
    static const char between[] = {'x', '+', '+', 0};
    double value[4];
    for (int k = 0; k < 4; k++) {
        size_t n = strspn(text, "0123456789");
        if (n < 1 || n > 6 || text[n] != between[k]) return false;
        value[k] = 0;
        for (size_t i = 0; i < n; i++) value[k] = value[k] * 10 + (text[i] - '0');
        text += n + 1;
    }
    *out = (data_crop){.w = value[0], .h = value[1], .x = value[2], .y = value[3]};
    return value[0] >= 1 && value[1] >= 1;
}
