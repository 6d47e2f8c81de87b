/* entries.c - images that a layout knows by itself take the place of the listing of files. */
#include <stdlib.h>
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

bool data_ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

lg_status data_entries_add(data_entries *entries, const data_entry *entry, lg_err *err)
{
    if (entries->count >= DATA_MAX_IMAGES)
        return lg_fail(err, LG_E_LIMIT, 303, "there are more than %s images", lg_thousands(DATA_MAX_IMAGES));
    if (entries->count == entries->room) {
        size_t room = entries->room ? entries->room * 2 : 256;
        data_entry *more = lg_realloc(entries->entry, entries->room, room, sizeof *more, err);
        if (!more) return err->status;
        entries->entry = more;
        entries->room = room;
    }
    entries->entry[entries->count++] = *entry;
    return LG_OK;
}

/* By path, and for one path as they came: a merge sort of places keeps that order. */
typedef struct placed {
    const data_entry *entry;
    size_t place;
} placed;

static int by_path(const void *left, const void *right)
{
    const placed *a = left, *b = right;
    int order = strcmp(a->entry->path, b->entry->path);
    return order ? order : a->place < b->place ? -1 : 1;
}

lg_status data_entries_take(loading *l, data_entries *entries, lg_err *err)
{
    size_t n = entries->count;
    placed *order = lg_alloc(n, sizeof *order, err);
    char **path = lg_alloc(n, sizeof *path, err);
    const char **label = lg_alloc(n, sizeof *label, err);
    size_t *taken = lg_alloc(n, sizeof *taken, err);
    uint8_t *part = lg_alloc(n, sizeof *part, err);
    data_crop *crop = lg_alloc(n, sizeof *crop, err);
    bool *several = lg_alloc(n, sizeof *several, err);
    if (!order || !path || !label || !taken || !part || !crop || !several) {
        lg_free(order), lg_free(path), lg_free(label), lg_free(taken), lg_free(part), lg_free(crop), lg_free(several);
        return err->status;
    }
    for (size_t i = 0; i < n; i++) order[i] = (placed){.entry = &entries->entry[i], .place = i};
    qsort(order, n, sizeof *order, by_path);
    for (size_t i = 0; i < n; i++) {
        const data_entry *entry = order[i].entry;
        path[i] = entry->path;
        label[i] = entry->label;
        part[i] = (uint8_t)entry->part;
        crop[i] = entry->crop;
        several[i] = entry->several;
    }
    entries->count = 0; /* the listing owns the paths now */
    lg_free(order);
    for (size_t i = 0; i < l->list.count; i++) lg_free(l->list.path[i]);
    lg_free(l->list.path);
    lg_free(l->label), lg_free(l->taken), lg_free(l->part), lg_free(l->crop), lg_free(l->several);
    l->list.path = path;
    l->list.count = n;
    l->label = label;
    l->taken = taken;
    l->part = part;
    l->crop = crop;
    l->several = several;
    return LG_OK;
}

void data_entries_release(data_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) lg_free(entries->entry[i].path);
    lg_free(entries->entry);
    *entries = (data_entries){0};
}
