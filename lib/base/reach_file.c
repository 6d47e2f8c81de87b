/* reach_file.c - opening, reading and writing files in reach.
 *
 * A path is resolved and checked first, so that nothing outside is even opened. Between that and the opening a folder
 * may be swapped for a link; therefore the result is opened as a bare handle (O_PATH: no device is started, no pipe
 * waited for), the system is asked what that handle really is, and only then is the very same file opened for reading,
 * through the handle. */
#include "lib/base/reach_path.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/banned.h"

static lg_status wrong_kind(const char *path, mode_t mode, lg_err *err)
{
    if (S_ISDIR(mode)) return lg_fail(err, LG_E_DATA, 393, "`%.200s` is a folder; here a file is needed", path);
    const char *kind = S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
    return lg_fail(err, LG_E_DATA, 393, "`%.200s` is %s; here a file is needed", path, kind);
}

/* Bare handle of what lies at the place, checked again after it was opened. */
static lg_status handle_open(const char *path, const lg_place *place, int *handle, struct stat *st, lg_err *err)
{
    char real[PATH_MAX];
    int fd = open(place->real, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return lg_reach_cannot(path, LG_REACH_READ, errno, err);
    lg_status status = LG_OK;
    if (fstat(fd, st) != 0 || !lg_fd_path(fd, real)) status = lg_reach_cannot(path, LG_REACH_READ, errno, err);
    else if (!lg_reach_holds(real, LG_REACH_READ)) status = lg_reach_denied(path, real, LG_REACH_READ, err);
    else if (!S_ISREG(st->st_mode)) status = wrong_kind(path, st->st_mode, err);
    if (status != LG_OK) close(fd);
    else *handle = fd;
    return status;
}

lg_status lg_reach_open(const char *path, int *fd, uint64_t *size, lg_err *err)
{
    lg_place place;
    struct stat st;
    char link[32];
    int handle = -1;
    LG_TRY(lg_place_check(path, LG_REACH_READ, &place, err));
    if (place.why) return lg_reach_missing(path, &place, err);
    LG_TRY(handle_open(path, &place, &handle, &st, err));
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    int file = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int error = errno;
    close(handle);
    if (file < 0) return lg_reach_cannot(path, LG_REACH_READ, error, err);
    *fd = file;
    *size = (uint64_t)st.st_size;
    return LG_OK;
}

static lg_status too_large(const char *path, uint64_t size, size_t limit, lg_err *err)
{
    lg_fail(err, LG_E_LIMIT, 303, "`%.200s` is too large to be read here", path);
    return lg_why(err, "it has %s bytes; the limit is %s", lg_thousands((long long)size),
                  lg_thousands((long long)limit));
}

/* Reads to the end of the file, which may have grown since its size was asked. */
static lg_status read_all(const char *path, int fd, uint64_t size, lg_buf *out, lg_err *err)
{
    size_t first = out->len, want = (size_t)size + 1; /* one more, to meet the end without growing */
    for (;;) {
        size_t room = out->limit - out->len;
        if (room < want) want = room;
        if (want && !lg_buf_reserve(out, want)) return lg_buf_check(out, err);
        char spare;
        ssize_t n = want ? read(fd, out->data + out->len, want) : read(fd, &spare, 1);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return lg_reach_cannot(path, LG_REACH_READ, errno, err);
        if (n == 0) break;
        if (!want) return too_large(path, (uint64_t)(out->len - first) + 1, out->limit, err);
        out->len += (size_t)n;
        out->data[out->len] = 0;
        want = want > (size_t)n ? want - (size_t)n : 1 << 16;
    }
    lg_buf_add(out, "", 0); /* an empty file, too, is a text */
    return lg_buf_check(out, err);
}

lg_status lg_reach_read(const char *path, lg_buf *out, lg_err *err)
{
    int fd = -1;
    uint64_t size = 0;
    LG_TRY(lg_buf_check(out, err));
    LG_TRY(lg_reach_open(path, &fd, &size, err));
    lg_status st =
        size > out->limit - out->len ? too_large(path, size, out->limit, err) : read_all(path, fd, size, out, err);
    close(fd);
    return st;
}

/* ---- writing ---- */
/* Opens the folder of a place for writing and checks it again; *name is the last part of the path. */
static lg_status folder_open(const char *path, const char *real, int *folder, const char **name, lg_err *err)
{
    char parent[PATH_MAX], opened[PATH_MAX];
    const char *slash = strrchr(real, '/');
    size_t len = slash == real ? 1 : (size_t)(slash - real);
    memcpy(parent, real, len);
    parent[len] = 0;
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return lg_reach_cannot(path, LG_REACH_WRITE, errno, err);
    if (!lg_fd_path(fd, opened) || strcmp(opened, parent) != 0) {
        close(fd);
        return lg_reach_denied(path, real, LG_REACH_WRITE, err);
    }
    *folder = fd;
    *name = slash + 1;
    return LG_OK;
}

/* What is there already may be replaced when it is a file that may be written. */
static lg_status may_replace(const char *path, int folder, const char *name, lg_err *err)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? LG_OK : lg_reach_cannot(path, LG_REACH_WRITE, errno, err);
    if (!S_ISREG(st.st_mode)) return wrong_kind(path, st.st_mode, err);
    if (faccessat(folder, name, W_OK, AT_EACCESS) != 0) return lg_reach_cannot(path, LG_REACH_WRITE, errno, err);
    return LG_OK;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len < 1u << 30 ? len : 1u << 30);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) return EIO;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

#define TEMPORARY ".logolens-%ld-%u.tmp"

/* A new file; -1 with errno. The temporary name is unique by process and count; one left by a crash is not ours to
 * reuse (O_EXCL). */
static int temporary_open(int folder, int mode, char temporary[64])
{
    static atomic_uint made;
    int fd;
    do {
        snprintf(temporary, 64, TEMPORARY, (long)getpid(), atomic_fetch_add(&made, 1));
        fd = openat(folder, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    } while (fd < 0 && errno == EEXIST);
    return fd;
}

/* 0 or errno. */
static int replace_file(int folder, const char *name, const void *data, size_t len, int mode, bool sync)
{
    char temporary[64];
    int fd = temporary_open(folder, mode, temporary), error;
    if (fd < 0) return errno;
    error = write_all(fd, data, len);
    if (!error && sync && fsync(fd) != 0) error = errno;
    if (close(fd) != 0 && !error) error = errno;
    if (!error && renameat(folder, temporary, folder, name) != 0) error = errno;
    if (error) {
        unlinkat(folder, temporary, 0);
        return error;
    }
    return sync && fsync(folder) != 0 && errno != EINVAL ? errno
                                                         : 0; /* EINVAL: a file system that cannot and need not */
}

static lg_status write_whole(const char *path, const void *data, size_t len, int mode, bool sync, lg_err *err)
{
    char *real = NULL;
    const char *name;
    int folder = -1;
    lg_status st;
    LG_GO(lg_reach_resolve(path, LG_REACH_WRITE, &real, err));
    if (!real[1]) LG_GO(wrong_kind(path, S_IFDIR, err));
    LG_GO(folder_open(path, real, &folder, &name, err));
    LG_GO(may_replace(path, folder, name, err));
    int error = replace_file(folder, name, data, len, mode, sync);
    if (error) {
        st = lg_reach_cannot(path, LG_REACH_WRITE, error, err);
        if (error == ENOSPC || error == EDQUOT || error == EFBIG)
            lg_try(err, "make room for %s bytes", lg_thousands((long long)len));
    }
done:
    if (folder >= 0) close(folder);
    lg_free(real);
    return st;
}

lg_status lg_reach_write(const char *path, const void *data, size_t len, int mode, lg_err *err)
{
    return write_whole(path, data, len, mode, true, err);
}

lg_status lg_reach_write_quick(const char *path, const void *data, size_t len, int mode, lg_err *err)
{
    return write_whole(path, data, len, mode, false, err);
}

/* Some file systems have no files without names: there the name is taken away at once. */
static int scratch_open(int folder)
{
    char temporary[64];
    int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) return fd;
    fd = temporary_open(folder, 0600, temporary);
    if (fd >= 0) unlinkat(folder, temporary, 0);
    return fd;
}

lg_status lg_reach_scratch(const char *folder, int *fd, lg_err *err)
{
    char *path = lg_strf(err, "%s/x", folder), *real = NULL;
    const char *name;
    int dir = -1;
    lg_status st = path ? LG_OK : err->status;
    if (!st) st = lg_reach_resolve(path, LG_REACH_WRITE, &real, err);
    if (!st) st = folder_open(path, real, &dir, &name, err);
    int made = st ? -1 : scratch_open(dir);
    if (!st && made < 0) st = lg_reach_cannot(folder, LG_REACH_WRITE, errno, err);
    if (!st) *fd = made;
    if (dir >= 0) close(dir);
    lg_free(real);
    lg_free(path);
    return st;
}

/* Of another machine or container that shares the folder the process cannot be seen; but nobody writes for so long. */
static bool is_left_over(int folder, const char *name)
{
    enum { LONG_AGO = 60 };
    struct stat st;
    struct timespec now;
    char again[64];
    long pid;
    unsigned count;
    if (sscanf(name, TEMPORARY, &pid, &count) != 2 || pid <= 0) return false;
    snprintf(again, sizeof again, TEMPORARY, pid, count);
    if (strcmp(again, name) != 0 || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid()) return false;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec - st.st_mtim.tv_sec < LONG_AGO) return false;
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

lg_status lg_reach_tidy(const char *folder, lg_err *err)
{
    char *path = lg_strf(err, "%s/x", folder), *real = NULL;
    const char *name;
    int fd = -1;
    lg_err missing = {0};
    if (!path) return err->status;
    lg_status st = lg_reach_resolve(path, LG_REACH_WRITE, &real, &missing);
    if (st == LG_OK) st = folder_open(path, real, &fd, &name, &missing);
    if (st && missing.code != 302) *err = missing;
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (is_left_over(fd, e->d_name)) unlinkat(fd, e->d_name, 0);
    if (dir) closedir(dir);
    else if (fd >= 0) close(fd);
    lg_free(real);
    lg_free(path);
    return err->status;
}

/* ---- folders ---- */
/* Makes the parts of rest one below the other, starting in `folder`, which is closed. 0 or errno. */
static int make_parts(int folder, const char *rest)
{
    char part[NAME_MAX + 1];
    int error = 0;
    while (!error && *rest) {
        rest += strspn(rest, "/");
        size_t n = strcspn(rest, "/");
        if (n > NAME_MAX) {
            error = ENAMETOOLONG;
            break;
        }
        memcpy(part, rest, n);
        part[n] = 0;
        rest += n;
        if (mkdirat(folder, part, 0700) != 0 && errno != EEXIST) error = errno;
        int next = error ? -1 : openat(folder, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (!error && next < 0) error = errno;
        if (next < 0) break;
        close(folder);
        folder = next;
    }
    close(folder);
    return error;
}

lg_status lg_reach_mkdir(const char *path, lg_err *err)
{
    lg_place place;
    struct stat st;
    char head[PATH_MAX], opened[PATH_MAX];
    LG_TRY(lg_place_check(path, LG_REACH_WRITE, &place, err));
    if (!place.why) {
        if (stat(place.real, &st) == 0 && S_ISDIR(st.st_mode)) return LG_OK;
        lg_fail(err, LG_E_DATA, 393, "`%.200s` is a file; here a folder is needed", path);
        return lg_try(err, "choose another name");
    }
    if (place.why != ENOENT) return lg_reach_missing(path, &place, err);
    snprintf(head, sizeof head, "%.*s", (int)place.head, place.real);
    int folder = open(head, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) return lg_reach_cannot(path, LG_REACH_WRITE, errno, err);
    if (!lg_fd_path(folder, opened) || strcmp(opened, head) != 0) {
        close(folder);
        return lg_reach_denied(path, place.real, LG_REACH_WRITE, err);
    }
    int error = make_parts(folder, place.real + place.head);
    return error ? lg_reach_cannot(path, LG_REACH_WRITE, error, err) : LG_OK;
}

/* Opens the folder that holds what `path` names, checked for writing; *real (owned) keeps *name alive. */
static lg_status holder_open(const char *path, char **real, int *folder, const char **name, lg_err *err)
{
    LG_TRY(lg_reach_resolve(path, LG_REACH_WRITE, real, err));
    if (!(*real)[1]) return lg_fail(err, LG_E_DENIED, 601, "the root of all folders cannot be renamed or removed");
    return folder_open(path, *real, folder, name, err);
}

lg_status lg_reach_rename(const char *from, const char *to, lg_err *err)
{
    char *real[2] = {NULL, NULL};
    const char *name[2] = {NULL, NULL};
    int folder[2] = {-1, -1};
    lg_status st;
    LG_GO(holder_open(from, &real[0], &folder[0], &name[0], err));
    LG_GO(holder_open(to, &real[1], &folder[1], &name[1], err));
    if (renameat(folder[0], name[0], folder[1], name[1]) != 0) {
        if (errno == EEXIST || errno == ENOTEMPTY || errno == EISDIR || errno == ENOTDIR)
            st = lg_fail(err, LG_E_DATA, 394, "`%.200s` is there already", to);
        else st = lg_reach_cannot(from, LG_REACH_WRITE, errno, err);
    }
done:
    for (int i = 0; i < 2; i++) {
        if (folder[i] >= 0) close(folder[i]);
        lg_free(real[i]);
    }
    return st;
}

/* ---- locks ---- */
/* 0, or errno: EWOULDBLOCK when somebody else holds it too long. The holder is asked for again and again, so that an
 * interrupt is seen. */
static int take_lock(int folder, lg_cancel *cancel)
{
    enum { TRIES = 500 };
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    for (int i = 0; i < TRIES && !lg_cancelled(cancel); i++) {
        if (flock(folder, LOCK_EX | LOCK_NB) == 0) return 0;
        if (errno != EWOULDBLOCK && errno != EINTR) return errno;
        nanosleep(&pause, NULL);
    }
    return EWOULDBLOCK;
}

lg_status lg_reach_lock(const char *path, lg_cancel *cancel, int *lock, lg_err *err)
{
    char *real = NULL;
    const char *name;
    int folder = -1;
    lg_status st = holder_open(path, &real, &folder, &name, err);
    int error = st ? 0 : take_lock(folder, cancel);
    lg_free(real);
    *lock = -1;
    if (st == LG_OK && error == EWOULDBLOCK && (st = lg_cancel_check(cancel, err)) == LG_OK) {
        lg_fail(err, LG_E_IO, 392, "`%.200s` cannot be written now", path);
        st = lg_why(err, "another program has been holding the lock of its folder for five seconds");
    }
    if (st == LG_OK) *lock = folder; /* with any other error, too: a file system without locks */
    else if (folder >= 0) close(folder);
    return st;
}

void lg_reach_unlock(int lock)
{
    close(lock);
}

/* 0 or errno. Never leaves the folder: names are unlinked, and only real folders are gone into. */
static int remove_tree(int folder, const char *name, int depth)
{
    if (unlinkat(folder, name, 0) == 0) return 0;
    if (errno != EISDIR && errno != EPERM) return errno;
    if (depth == 0) return ELOOP;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), error = 0;
    if (fd < 0) return errno;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        error = errno;
        close(fd);
        return error;
    }
    for (struct dirent *e; !error && (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) error = remove_tree(fd, e->d_name, depth - 1);
    closedir(dir);
    return error ? error : unlinkat(folder, name, AT_REMOVEDIR) ? errno : 0;
}

lg_status lg_reach_remove(const char *path, lg_err *err)
{
    enum { DEEPEST = 64 };
    char *real = NULL;
    const char *name = NULL;
    int folder = -1;
    lg_status st;
    LG_GO(holder_open(path, &real, &folder, &name, err));
    int error = remove_tree(folder, name, DEEPEST);
    if (error == ENOENT) st = lg_fail(err, LG_E_DATA, 302, "there is no file or folder `%.200s`", path);
    else if (error) st = lg_reach_cannot(path, LG_REACH_WRITE, error, err);
done:
    if (folder >= 0) close(folder);
    lg_free(real);
    return st;
}
