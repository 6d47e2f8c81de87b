/* reach_list.c - all files below a folder, without running in circles.
 *
 * The walk is depth first with one descriptor a level. A link to a folder is followed only when it leads to a place
 * in reach, beside or outside the folder listed, that was not followed before; so every folder is listed once. */
#include "lib/base/reach_path.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
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
    lg_err *err;
} walk;

static lg_status add_file(walk *w)
{
    lg_listing *out = w->out;
    if (out->count == w->limit && w->shallow) return LG_OK;
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
    memcpy(w->path + len, "/", 2);
    return add_file(w);
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
    if (name[0] == '.' && (!w->shallow || !name[1] || strcmp(name, "..") == 0)) return LG_OK;
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

/* fd is closed. */
static lg_status list_open(walk *w, const char *folder, int fd, size_t limit, lg_listing *out, lg_err *err)
{
    w->written = folder;
    w->limit = limit ? limit : LIMIT_DEFAULT;
    w->out = out;
    w->err = err;
    lg_status st = walk_folder(w, fd, 0, 0, false);
    lg_free(w->linked);
    if (st != LG_OK) lg_listing_release(out);
    else if (out->count) qsort(out->path, out->count, sizeof *out->path, by_bytes);
    return st;
}

lg_status lg_reach_list(const char *folder, size_t limit, lg_cancel *cancel, lg_listing *out, lg_err *err)
{
    lg_place place;
    int fd = -1;
    *out = (lg_listing){0};
    LG_TRY(list_start(folder, &place, &fd, err));
    walk w = {.root = place.real, .cancel = cancel};
    return list_open(&w, folder, fd, limit, out, err);
}

/* ---- a folder itself ---- */
/* Somebody types in a large folder: its names are read again only when they have changed. */
static struct {
    pthread_mutex_t lock;
    lg_listing names;
    struct stat of; /* st_nlink 0: nothing is kept */
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_kept(const struct stat *st)
{
    const struct stat *of = &kept.of;
    return of->st_nlink && of->st_dev == st->st_dev && of->st_ino == st->st_ino &&
           same_time(of->st_mtim, st->st_mtim) && same_time(of->st_ctim, st->st_ctim);
}

/* Only a folder that has been at rest: what changes within a tick of the clock has the same time. */
static bool worth_keeping(const struct stat *st, const lg_listing *names)
{
    enum { FEW = 200, REST = 2 };
    return names->count > FEW && time(NULL) - st->st_mtim.tv_sec > REST && time(NULL) - st->st_ctim.tv_sec > REST;
}

static lg_status choose(const lg_listing *names, lg_look_fn *wants, void *ctx, size_t limit, lg_listing *out,
                        lg_err *err)
{
    *out = (lg_listing){0};
    if (!(out->path = lg_alloc(limit, sizeof *out->path, err))) return err->status;
    for (size_t i = 0; i < names->count && out->count < limit; i++) {
        const char *name = names->path[i];
        if (wants ? !wants(ctx, name, name[strlen(name) - 1] == '/') : name[0] == '.') continue;
        if (!(out->path[out->count] = lg_strdup(name, err))) {
            lg_listing_release(out);
            return err->status;
        }
        out->count++;
    }
    return LG_OK;
}

/* With the lock held. *from gets the names that are kept, or `names`, which is the caller's. fd is closed. */
static lg_status names_of(const char *folder, const char *real, int fd, lg_listing *names, const lg_listing **from,
                          lg_err *err)
{
    enum { MOST = 100000 };
    struct stat st = {0};
    *from = &kept.names;
    bool known = fstat(fd, &st) == 0;
    if (known && is_kept(&st)) {
        close(fd);
        return LG_OK;
    }
    walk w = {.root = real, .shallow = true};
    LG_TRY(list_open(&w, folder, fd, MOST, names, err));
    if (!known || !worth_keeping(&st, names)) {
        *from = names;
        return LG_OK;
    }
    lg_listing_release(&kept.names);
    kept.names = *names;
    kept.of = st;
    *names = (lg_listing){0};
    return LG_OK;
}

lg_status lg_reach_look(const char *folder, lg_look_fn *wants, void *ctx, size_t limit, lg_listing *out, lg_err *err)
{
    lg_place place;
    lg_listing names = {0};
    int fd = -1;
    *out = (lg_listing){0};
    LG_TRY(list_start(folder, &place, &fd, err));
    pthread_mutex_lock(&kept.lock);
    const lg_listing *from;
    lg_status st = names_of(folder, place.real, fd, &names, &from, err);
    if (st == LG_OK) st = choose(from, wants, ctx, limit, out, err);
    pthread_mutex_unlock(&kept.lock);
    lg_listing_release(&names);
    return st;
}

void lg_listing_release(lg_listing *listing)
{
    for (size_t i = 0; i < LG_MISSED_SHOWN; i++) lg_free(listing->example[i].path);
    for (size_t i = 0; i < listing->count; i++) lg_free(listing->path[i]);
    lg_free(listing->path);
    *listing = (lg_listing){0};
}
