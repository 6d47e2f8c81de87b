/* inside.c - images that are not a file of their own: in archives, inside IDX files, parts of pictures. */
#include <string.h>
#include "lib/base/reach.h"
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

static data_idx *find_idx(const data_table *table, const char *path, size_t len)
{
    for (size_t i = 0; i < table->idxs; i++)
        if (strlen(table->idx[i]->path) == len && memcmp(table->idx[i]->path, path, len) == 0) return table->idx[i];
    return NULL;
}

static lg_status keep_idx(data_table *table, data_idx *idx, lg_err *err)
{
    if (find_idx(table, idx->path, strlen(idx->path))) return LG_OK;
    data_idx **more = lg_realloc(table->idx, table->idxs, table->idxs + 1, sizeof *more, err);
    if (!more) return err->status;
    table->idx = more;
    table->idx[table->idxs++] = data_idx_ref(idx);
    return LG_OK;
}

static data_archive *find_archive(const data_table *table, const char *path)
{
    size_t len;
    if (!data_archive_split(path, &len)) return NULL;
    for (size_t i = 0; i < table->archives; i++) {
        const char *have = data_archive_path(table->archive[i]);
        if (strlen(have) == len && memcmp(have, path, len) == 0) return table->archive[i];
    }
    return NULL;
}

static lg_status add_archive(data_table *table, data_archive *archive, lg_err *err)
{
    data_archive **more = lg_realloc(table->archive, table->archives, table->archives + 1, sizeof *more, err);
    if (!more) return err->status;
    table->archive = more;
    table->archive[table->archives++] = data_archive_ref(archive);
    return LG_OK;
}

/* Two sets may know one archive as it was at two times: then it is the later one that can be read. */
lg_status data_table_keep_archive(data_table *table, data_archive *archive, lg_err *err)
{
    for (size_t i = 0; i < table->archives; i++) {
        data_archive *have = table->archive[i];
        if (strcmp(data_archive_path(have), data_archive_path(archive))) continue;
        if (!data_archive_later(archive, have)) return LG_OK;
        table->archive[i] = data_archive_ref(archive);
        data_archive_unref(have);
        return LG_OK;
    }
    return add_archive(table, archive, err);
}

lg_status data_table_keep_all(data_table *table, const data_table *of, lg_err *err)
{
    for (size_t i = 0; i < of->idxs; i++) LG_TRY(keep_idx(table, of->idx[i], err));
    for (size_t i = 0; i < of->archives; i++) LG_TRY(data_table_keep_archive(table, of->archive[i], err));
    return LG_OK;
}

/* FILE//NUMBER of an IDX file that is none in an archive, and not there as an archive: its two slashes are the last. */
static bool is_idx_picture(const data_table *table, const char *path, size_t *len, size_t *number)
{
    size_t first;
    return data_idx_split(path, len, number) &&
           !(data_archive_split(path, &first) && first == *len && find_archive(table, path));
}

/* Opens the archive of a path, unless it is there. One that cannot be opened makes its files unreadable, nothing more:
 * it was there when the set was made. Where the path may be of an IDX file, what is no archive is left to that. */
static lg_status open_archive(data_table *table, const char *path, const data_archive_watch *watch, lg_err *err)
{
    size_t len, idx, number;
    if (!data_archive_split(path, &len) || find_archive(table, path)) return LG_OK;
    lg_err said = {0};
    data_archive *archive = NULL;
    char *file = lg_strndup(path, len, err);
    if (!file) return err->status;
    lg_status st = data_archive_open(file, watch, &archive, &said);
    lg_free(file);
    if (st == LG_E_MEMORY || st == LG_E_INTERRUPTED) {
        *err = said;
        return st;
    }
    if (st && data_idx_split(path, &idx, &number) && idx == len) return LG_OK;
    if (st) archive = data_archive_failed(path, len, &said, err);
    if (!archive) return err->status;
    st = add_archive(table, archive, err);
    data_archive_unref(archive);
    return st;
}

static lg_status open_idx(data_table *table, const char *path, size_t len, lg_err *err)
{
    lg_err said = {0};
    data_idx *idx = NULL;
    char *file = lg_strndup(path, len, err);
    if (!file) return err->status;
    lg_status st = data_idx_open(file, find_archive(table, path), &idx, &said);
    if (!st) st = keep_idx(table, idx, err);
    else if (st == LG_E_MEMORY) *err = said;
    data_idx_unref(idx);
    lg_free(file);
    return st == LG_E_MEMORY ? st : LG_OK;
}

/* A file that cannot be read makes its pictures unreadable, nothing more: it was there when the set was made. Pictures
 * of one file stand beside each other: after one of them the others need not be tried. */
lg_status data_table_open(data_table *table, const data_archive_watch *watch, lg_err *err)
{
    const char *tried[2] = {"", ""}; /* an archive, an IDX file: paths that begin with their names */
    size_t tried_len[2] = {0};
    for (size_t i = 0; i < table->count; i++) {
        size_t len, number;
        const char *path = table->fact[i].path;
        if (!data_archive_split(path, &len)) continue;
        if (len != tried_len[0] || memcmp(path, tried[0], len) != 0) LG_TRY(open_archive(table, path, watch, err));
        tried[0] = path, tried_len[0] = len;
        if (!is_idx_picture(table, path, &len, &number)) continue;
        if (len == tried_len[1] && memcmp(path, tried[1], len) == 0) continue;
        if (!find_idx(table, path, len)) LG_TRY(open_idx(table, path, len, err));
        tried[1] = path, tried_len[1] = len;
    }
    return LG_OK;
}

lg_status data_table_read(const data_table *table, const char *path, lg_buf *out, lg_err *err)
{
    size_t len;
    data_archive *archive = find_archive(table, path);
    if (!archive) return lg_reach_read(path, out, err);
    return data_archive_split(path, &len) ? data_archive_read(archive, path + len + 2, out, err) : LG_OK;
}

bool data_idx_picture(const data_table *table, const char *path, const data_idx **idx, const uint8_t **px)
{
    size_t len, number;
    *px = NULL;
    *idx = NULL;
    if (!is_idx_picture(table, path, &len, &number)) return false;
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
