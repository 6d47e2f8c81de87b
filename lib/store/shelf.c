/* shelf.c - files by key. When a file was used last is its time of modification, which reading sets. */
#include "lib/store/shelf.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/reach.h"

#include "lib/base/banned.h"

static char *path_of(const store_shelf *shelf, const char *name, const char *ending, lg_err *err)
{
    return lg_strf(err, "%s/%s%s", shelf->folder, name, ending);
}

lg_status store_shelf_put(const store_shelf *shelf, const char *key, const void *data, size_t len, bool durable,
                          lg_err *err)
{
    if (len > shelf->most_bytes / 4)
        return lg_fail(err, LG_E_LIMIT, 303, "%s bytes are too many for the store", lg_thousands((long long)len));
    LG_TRY(lg_reach_mkdir(shelf->folder, err));
    char *path = path_of(shelf, key, shelf->ending, err);
    if (!path) return err->status;
    lg_status st =
        durable ? lg_reach_write(path, data, len, 0600, err) : lg_reach_write_quick(path, data, len, 0600, err);
    lg_free(path);
    return st;
}

static lg_status read_used(const char *path, lg_buf *out, bool *found, lg_err *err)
{
    int fd = -1;
    uint64_t size;
    lg_err gone = {0};
    lg_status st = lg_reach_open(path, &fd, &size, &gone);
    if (st && gone.code == 302) return LG_OK;
    if (st) {
        *err = gone;
        return st;
    }
    if (futimens(fd, NULL)) lg_log(LG_LOG_DEBUG, "the time of use of %s cannot be set", path);
    close(fd);
    LG_TRY(lg_reach_read(path, out, err));
    *found = true;
    return LG_OK;
}

lg_status store_shelf_get(const store_shelf *shelf, const char *key, lg_buf *out, bool *found, lg_err *err)
{
    *found = false;
    char *path = path_of(shelf, key, shelf->ending, err);
    if (!path) return err->status;
    lg_status st = read_used(path, out, found, err);
    lg_free(path);
    return st;
}

/* ---- keeping it bounded ---- */
typedef struct kept {
    const char *name;
    uint64_t size;
    struct timespec used;
} kept;

static int latest_first(const void *left, const void *right)
{
    const kept *a = left, *b = right;
    if (a->used.tv_sec != b->used.tv_sec) return a->used.tv_sec < b->used.tv_sec ? 1 : -1;
    if (a->used.tv_nsec != b->used.tv_nsec) return a->used.tv_nsec < b->used.tv_nsec ? 1 : -1;
    return strcmp(a->name, b->name);
}

static bool has_ending(const char *name, const char *ending)
{
    size_t n = strlen(name), m = strlen(ending);
    return n > m && strcmp(name + n - m, ending) == 0 && !strchr(name, '/');
}

/* Ours among the files listed, with size and time; what goes away meanwhile is not there. */
static lg_status look_at(const store_shelf *shelf, const lg_listing *list, kept *file, size_t *count, lg_err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        struct stat st;
        lg_err gone = {0};
        int fd = -1;
        uint64_t size;
        if (!has_ending(list->path[i], shelf->ending)) continue;
        char *path = path_of(shelf, list->path[i], "", err);
        if (!path) return err->status;
        bool there = lg_reach_open(path, &fd, &size, &gone) == LG_OK && fstat(fd, &st) == 0;
        if (fd >= 0) close(fd);
        lg_free(path);
        if (there) file[(*count)++] = (kept){.name = list->path[i], .size = size, .used = st.st_mtim};
    }
    return LG_OK;
}

static lg_status take_away(const store_shelf *shelf, kept *file, size_t count, lg_err *err)
{
    uint64_t bytes = 0;
    qsort(file, count, sizeof *file, latest_first);
    for (size_t i = 0; i < count; i++) {
        bytes += file[i].size;
        if (i < shelf->most_files && bytes <= shelf->most_bytes) continue;
        bytes -= file[i].size; /* a smaller one behind it may still have room */
        lg_err gone = {0};
        char *path = path_of(shelf, file[i].name, "", err);
        if (!path) return err->status;
        if (lg_reach_remove(path, &gone) && gone.code != 302) lg_log(LG_LOG_WARN, "%s", gone.msg);
        lg_free(path);
    }
    return LG_OK;
}

lg_status store_shelf_trim(const store_shelf *shelf, lg_err *err)
{
    lg_listing list = {0};
    size_t count = 0;
    LG_TRY(lg_reach_tidy(shelf->folder, err));
    LG_TRY(lg_reach_list(shelf->folder, 0, NULL, &list, err));
    kept *file = lg_alloc(list.count, sizeof *file, err);
    lg_status st = file ? look_at(shelf, &list, file, &count, err) : err->status;
    if (st == LG_OK) st = take_away(shelf, file, count, err);
    lg_free(file);
    lg_listing_release(&list);
    return st;
}
