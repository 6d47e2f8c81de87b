/* reach_list.c - all files below a folder, without running in circles.
 *
 * The walk is depth first with one descriptor a level. A link to a folder is followed only when it leads to a place
 * in reach, beside or outside the folder listed, that was not followed before; so every folder is listed once. */
#include "lib/base/reach_path.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/banned.h"

enum { DEPTH_MAX = 64, LIMIT_DEFAULT = 1000000 };

typedef struct place_id {
    dev_t dev;
    ino_t ino;
} place_id;

typedef struct walk {
    const char *written; /* the folder as the user wrote it, for errors */
    const char *root;    /* where it really is */
    size_t limit, cap, entries;
    lg_cancel *cancel;
    lg_listing *out;
    place_id *linked; /* folders that were entered through a link or below one, each once */
    size_t linked_count, linked_cap;
    char path[PATH_MAX]; /* of the entry, relative to the root */
    bool shallow; /* names of the folder itself: folders are not entered */
    lg_look_fn *wants;
    void *ctx;
    lg_err *err;
} walk;

/* Of a folder itself the first names alone: the list is a heap whose top is the last of them. */
static lg_status add_name(walk *w)
{
    lg_listing *out = w->out;
    size_t at = out->count;
    if (at == w->limit && strcmp(w->path, out->path[0]) >= 0) return LG_OK;
    char *name = lg_strdup(w->path, w->err);
    if (!name) return w->err->status;
    if (at < w->limit) {
        for (out->count++; at && strcmp(out->path[(at - 1) / 2], name) < 0; at = (at - 1) / 2)
            out->path[at] = out->path[(at - 1) / 2];
        out->path[at] = name;
        return LG_OK;
    }
    lg_free(out->path[0]);
    at = 0;
    for (size_t child = 1; child < out->count; child = 2 * at + 1) {
        child += child + 1 < out->count && strcmp(out->path[child], out->path[child + 1]) < 0;
        if (strcmp(out->path[child], name) <= 0) break;
        out->path[at] = out->path[child];
        at = child;
    }
    out->path[at] = name;
    return LG_OK;
}

static lg_status add_file(walk *w)
{
    lg_listing *out = w->out;
    if (w->shallow) return !w->wants || w->wants(w->ctx, w->path, false) ? add_name(w) : LG_OK;
    if (out->count == w->limit) {
        lg_fail(w->err, LG_E_LIMIT, 303, "`%.200s` holds too many files", w->written);
        return lg_why(w->err, "more than %s lie below it", lg_thousands((long long)w->limit));
    }
    if (out->count == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 256;
        char **path = lg_realloc(out->path, w->cap, cap, sizeof *path, w->err);
        if (!path) return w->err->status;
        out->path = path;
        w->cap = cap;
    }
    out->path[out->count] = lg_strdup(w->path, w->err);
    if (!out->path[out->count]) return w->err->status;
    out->count++;
    return LG_OK;
}

/* What is left out though somebody may want it: name in the folder of this length. */
static lg_status miss(walk *w, size_t len, const char *name, const char *why)
{
    lg_listing *out = w->out;
    out->skipped++;
    if (out->missed++ >= LG_MISSED_SHOWN) return LG_OK;
    lg_missed *example = &out->example[out->missed - 1];
    example->why = why;
    example->path = lg_strf(w->err, "%.*s%s%s", (int)len, w->path, len ? "/" : "", name);
    return example->path ? LG_OK : w->err->status;
}

static lg_status add_folder(walk *w, size_t len)
{
    if (w->wants && !w->wants(w->ctx, w->path, true)) return LG_OK;
    memcpy(w->path + len, "/", 2);
    return add_name(w);
}

static bool is_below(const char *path, const char *folder)
{
    size_t n = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
    return strncmp(path, folder, n) == 0 && (!path[n] || path[n] == '/');
}

/* Notes a folder reached through a link. *again: it was there before. */
static lg_status note_linked(walk *w, const struct stat *st, bool *again)
{
    *again = false;
    for (size_t i = 0; i < w->linked_count && !*again; i++)
        *again = w->linked[i].dev == st->st_dev && w->linked[i].ino == st->st_ino;
    if (*again) return LG_OK;
    if (w->linked_count == w->linked_cap) {
        size_t cap = w->linked_cap ? w->linked_cap * 2 : 16;
        place_id *linked = lg_realloc(w->linked, w->linked_cap, cap, sizeof *linked, w->err);
        if (!linked) return w->err->status;
        w->linked = linked;
        w->linked_cap = cap;
    }
    w->linked[w->linked_count++] = (place_id){.dev = st->st_dev, .ino = st->st_ino};
    return LG_OK;
}

/* Where a link leads, as a bare handle, or -1 when that is not for us. Resolved first, so that nothing outside is
 * opened, and asked again of what was opened. */
static int follow(int dir, const char *name, char real[PATH_MAX], struct stat *st)
{
    char link[PATH_MAX + NAME_MAX + 2];
    if (!lg_fd_path(dir, link)) return -1;
    size_t len = strlen(link);
    snprintf(link + len, sizeof link - len, "/%s", name);
    if (!realpath(link, real) || !lg_reach_holds(real, LG_REACH_READ)) return -1;
    int fd = open(real, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return -1;
    if (fstat(fd, st) == 0 && lg_fd_path(fd, real) && lg_reach_holds(real, LG_REACH_READ)) return fd;
    close(fd);
    return -1;
}

static lg_status walk_folder(walk *w, int fd, size_t len, int depth, bool linked);

/* Lists the folder that `name` in `dir` stands for as the entry w->path of this length. */
static lg_status enter(walk *w, int dir, const char *name, int flags, size_t len, int depth, bool linked)
{
    struct stat st;
    bool again = false;
    if (depth >= DEPTH_MAX) return miss(w, 0, w->path, "it lies deeper than 64 folders");
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | flags);
    if (fd < 0 || fstat(fd, &st) != 0) { /* may not be read, or is gone */
        if (fd >= 0) close(fd);
        return miss(w, 0, w->path, "it may not be read");
    }
    lg_status status = linked ? note_linked(w, &st, &again) : LG_OK;
    if (status == LG_OK && !again) return walk_folder(w, fd, len, depth, linked);
    close(fd);
    return status;
}

static lg_status visit_link(walk *w, int dir, const char *name, size_t len, int depth)
{
    char real[PATH_MAX];
    struct stat st;
    int handle = follow(dir, name, real, &st);
    lg_status status = LG_OK;
    if (handle >= 0 && S_ISREG(st.st_mode)) {
        status = add_file(w);
    } else if (handle >= 0 && S_ISDIR(st.st_mode) && w->shallow) {
        status = add_folder(w, len);
    } else if (handle < 0) {
        status = miss(w, 0, w->path, "a link that leads nowhere, or out of what may be read");
    } else if (!S_ISDIR(st.st_mode)) {
        status = miss(w, 0, w->path, "a link to a device, a pipe or a socket");
    } else if (is_below(w->root, real)) {
        w->out->skipped++;
    } else if (!is_below(real, w->root)) {
        status = enter(w, handle, ".", 0, len, depth, true);
    }
    if (handle >= 0) close(handle);
    return status;
}

/* A file that a crash left half-written has a dot before its name like all that people do not want listed. */
static lg_status visit(walk *w, int dir, const struct dirent *entry, size_t len, int depth, bool linked)
{
    const char *name = entry->d_name;
    size_t n = strlen(name);
    struct stat st;
    if (name[0] == '.' && (!w->wants || !name[1] || strcmp(name, "..") == 0)) return LG_OK;
    if (lg_utf8_valid(name, n) != n) return miss(w, len, name, "its name is not UTF-8");
    if (len + n + 3 > sizeof w->path) return miss(w, len, name, "its path is too long");
    bool told = w->shallow && (entry->d_type == DT_REG || entry->d_type == DT_DIR);
    if (told) st.st_mode = entry->d_type == DT_REG ? S_IFREG : S_IFDIR; /* a large folder is looked at in no time */
    else if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)) return miss(w, len, name, "it may not be read");
    if (len) w->path[len++] = '/';
    memcpy(w->path + len, name, n + 1);
    if (S_ISREG(st.st_mode)) return add_file(w);
    if (S_ISDIR(st.st_mode) && w->shallow) return add_folder(w, len + n);
    if (S_ISDIR(st.st_mode)) return enter(w, dir, name, O_NOFOLLOW, len + n, depth + 1, linked);
    if (S_ISLNK(st.st_mode)) return visit_link(w, dir, name, len + n, depth + 1);
    return miss(w, 0, w->path, "a device, a pipe or a socket");
}

static lg_status walk_folder(walk *w, int fd, size_t len, int depth, bool linked)
{
    DIR *dir = fdopendir(fd);
    lg_status st = LG_OK;
    if (!dir) {
        close(fd);
        return lg_reach_cannot(w->written, LG_REACH_READ, errno, w->err);
    }
    for (struct dirent *entry; st == LG_OK && (entry = readdir(dir));) {
        if (w->entries++ % 256 == 0) st = lg_cancel_check(w->cancel, w->err);
        if (st == LG_OK) st = visit(w, dirfd(dir), entry, len, depth, linked);
    }
    closedir(dir);
    return st;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static lg_status list_start(const char *folder, lg_place *place, int *fd, lg_err *err)
{
    char opened[PATH_MAX];
    LG_TRY(lg_place_check(folder, LG_REACH_READ, place, err));
    if (place->why) return lg_reach_missing(folder, place, err);
    *fd = open(place->real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd < 0 && errno == ENOTDIR) {
        lg_fail(err, LG_E_DATA, 393, "`%.200s` is a file; here a folder is needed", folder);
        lg_why(err, "all files below the folder are taken");
        const char *slash = strrchr(folder, '/');
        if (!slash || slash == folder) return lg_try(err, "name its folder: `.`");
        return lg_try(err, "name its folder: `%.*s`", (int)(slash - folder), folder);
    }
    if (*fd < 0) return lg_reach_cannot(folder, LG_REACH_READ, errno, err);
    if (lg_fd_path(*fd, opened) && lg_reach_holds(opened, LG_REACH_READ)) return LG_OK;
    close(*fd);
    return lg_reach_denied(folder, place->real, LG_REACH_READ, err);
}

static lg_status list(walk *w, const char *folder, size_t limit, lg_listing *out, lg_err *err)
{
    lg_place place;
    int fd = -1;
    *out = (lg_listing){0};
    LG_TRY(list_start(folder, &place, &fd, err));
    w->written = folder;
    w->root = place.real;
    w->limit = limit ? limit : LIMIT_DEFAULT;
    w->out = out;
    w->err = err;
    if (w->shallow && !(out->path = lg_alloc(limit, sizeof *out->path, err))) {
        close(fd);
        return err->status;
    }
    lg_status st = walk_folder(w, fd, 0, 0, false);
    lg_free(w->linked);
    if (st != LG_OK) lg_listing_release(out);
    else if (out->count) qsort(out->path, out->count, sizeof *out->path, by_bytes);
    return st;
}

lg_status lg_reach_list(const char *folder, size_t limit, lg_cancel *cancel, lg_listing *out, lg_err *err)
{
    walk w = {.cancel = cancel};
    return list(&w, folder, limit, out, err);
}

lg_status lg_reach_look(const char *folder, lg_look_fn *wants, void *ctx, size_t limit, lg_listing *out, lg_err *err)
{
    walk w = {.shallow = true, .wants = wants, .ctx = ctx};
    return list(&w, folder, limit, out, err);
}

void lg_listing_release(lg_listing *listing)
{
    for (size_t i = 0; i < LG_MISSED_SHOWN; i++) lg_free(listing->example[i].path);
    for (size_t i = 0; i < listing->count; i++) lg_free(listing->path[i]);
    lg_free(listing->path);
    *listing = (lg_listing){0};
}
