/* history_journal.c - a file of records for each program that runs, emptied as soon as history.sqlite has them.
 *
 * A record is written by one call, so that a kill leaves whole records and at most one that is cut off, which its
 * length and hash tell. Whether its program still runs is told by the lock on the file, which the system takes away
 * with it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/reach.h"
#include "lib/store/history_parts.h"
#include "lib/base/banned.h"

enum { MAGIC = 0x3148474c, NO_OUTPUT = 1, NAME_TRIES = 8, JOURNAL_MOST = 3 * HISTORY_BYTES };

typedef struct record {
    uint32_t magic, flags;
    int64_t line, started;
    uint64_t input_len, output_len, hash;
    char key[HISTORY_KEY];
} record;

static const char folder_name[] = "history.pending";

static lg_status journal_fail(const char *what, lg_err *err)
{
    int why = errno;
    lg_fail(err, LG_E_IO, 518, "what was run cannot be %s for the history", what);
    return lg_why(err, "%s: %s", folder_name, strerror(why));
}

static lg_status open_folder(const char *folder, char **path, int *fd, lg_err *err)
{
    char *named = lg_strf(err, "%s/%s", folder, folder_name);
    if (!named) return err->status;
    lg_status st = lg_reach_mkdir(named, err);
    if (!st) st = lg_reach_resolve(named, LG_REACH_WRITE, path, err);
    lg_free(named);
    LG_TRY(st);
    *fd = open(*path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd >= 0) return LG_OK;
    journal_fail("noted", err);
    lg_free(*path);
    return err->status;
}

/* ---- writing ---- */
/* A file of ours, locked and still there: before the lock was held somebody may have taken it for a dead program's. */
static int make_locked(int folder, const char *name)
{
    struct stat st;
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    flock(fd, LOCK_EX); /* a file system without locks: then nobody can take it for a dead one's */
    if (fstat(fd, &st) == 0 && st.st_nlink) return fd;
    close(fd);
    errno = EEXIST;
    return -1;
}

lg_status store_history_journal_open(history_journal *j, const char *folder, lg_err *err)
{
    char *path, name[64];
    int dir, fd = -1;
    struct timespec now = {0};
    *j = (history_journal){.fd = -1, .failed = true};
    LG_TRY(open_folder(folder, &path, &dir, err));
    errno = EEXIST;
    for (int i = 0; fd < 0 && errno == EEXIST && i < NAME_TRIES; i++) {
        uint64_t dice = 0;
        if (getrandom(&dice, sizeof dice, 0) < 0) break;
        /* in the order of their names they are adopted */
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(name, sizeof name, "%012lld.%09ld-%016llx", (long long)now.tv_sec, now.tv_nsec,
                 (unsigned long long)dice);
        fd = make_locked(dir, name);
    }
    lg_status st = fd < 0 ? journal_fail("noted", err) : LG_OK;
    close(dir);
    if (!st) *j = (history_journal){.fd = fd, .path = lg_strf(err, "%s/%s", path, name)};
    lg_free(path);
    if (st || j->path) return st;
    close(fd);
    *j = (history_journal){.fd = -1, .failed = true};
    return err->status;
}

static uint64_t hash_of(const record *r, const char *input, const char *output)
{
    uint64_t hash = lg_hash64(&r->line, sizeof r->line, r->input_len ^ r->flags);
    hash = lg_hash64(input, r->input_len, hash);
    return lg_hash64(output ? output : "", r->output_len, hash);
}

lg_status store_history_journal_add(history_journal *j, const history_session *s, const store_cell *cell, lg_err *err)
{
    record r = {.magic = MAGIC,
                .flags = cell->output ? 0 : NO_OUTPUT,
                .line = cell->line,
                .started = s->started,
                .input_len = cell->input_len,
                .output_len = cell->output_len};
    memcpy(r.key, s->key, sizeof r.key);
    r.hash = hash_of(&r, cell->input, cell->output);
    struct iovec part[] = {{&r, sizeof r}, {(void *)cell->input, r.input_len}, {(void *)cell->output, r.output_len}};
    size_t whole = sizeof r + r.input_len + r.output_len;
    ssize_t n;
    if (j->len + whole >= JOURNAL_MOST) {
        errno = EFBIG;
        j->failed = true;
        return journal_fail("noted", err);
    }
    do n = writev(j->fd, part, r.output_len ? 3 : 2);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)whole) {
        j->len += whole;
        return LG_OK;
    }
    if (n >= 0) errno = ENOSPC;
    journal_fail("noted", err);
    j->failed = true;
    (void)!ftruncate(j->fd, (off_t)j->len); /* without half a record, what follows can be read */
    return err->status;
}

void store_history_journal_empty(history_journal *j)
{
    if (j->fd < 0 || (!j->len && !j->failed)) return;
    j->failed = ftruncate(j->fd, 0) != 0;
    if (!j->failed) j->len = 0;
}

void store_history_journal_close(history_journal *j, bool remove)
{
    if (j->fd >= 0 && remove) unlink(j->path);
    if (j->fd >= 0) close(j->fd);
    lg_free(j->path);
    *j = (history_journal){.fd = -1};
}

/* ---- what others left ---- */
lg_status store_history_journal_each(const char *data, size_t len, history_put_fn *put, void *ctx, lg_err *err)
{
    record r;
    for (size_t at = 0; len - at >= sizeof r; at += sizeof r + r.input_len + r.output_len) {
        history_session s = {0};
        memcpy(&r, data + at, sizeof r);
        size_t left = len - at - sizeof r;
        if (r.magic != MAGIC || r.input_len > left || r.output_len > left - r.input_len) break;
        const char *input = data + at + sizeof r, *output = r.flags & NO_OUTPUT ? NULL : input + r.input_len;
        if (r.hash != hash_of(&r, input, output) || memchr(r.key, 0, sizeof r.key)) break;
        memcpy(s.key, r.key, sizeof r.key);
        s.started = r.started;
        LG_TRY(put(
            ctx, &s,
            &(store_cell){
                .line = r.line, .input = input, .input_len = r.input_len, .output = output, .output_len = r.output_len},
            err));
    }
    return LG_OK;
}

static lg_status read_whole(int fd, size_t size, lg_buf *text, lg_err *err)
{
    if (!lg_buf_reserve(text, size)) return lg_buf_check(text, err);
    while (text->len < size) {
        ssize_t n = read(fd, text->data + text->len, size - text->len);
        if (n > 0) text->len += (size_t)n;
        else if (n == 0 || errno != EINTR) break;
    }
    return LG_OK;
}

/* Whoever holds the lock runs; what has no name any more was adopted by somebody else just now. */
static bool is_left(int fd, struct stat *info)
{
    return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, info) == 0 && S_ISREG(info->st_mode) && info->st_nlink;
}

static lg_status adopt_one(int folder, const char *name, history_take_fn *take, void *ctx, lg_err *err)
{
    struct stat info;
    lg_buf text;
    lg_status st = LG_OK;
    int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return LG_OK;
    lg_buf_init(&text, JOURNAL_MOST);
    if (is_left(fd, &info)) {
        if (info.st_size && info.st_size < JOURNAL_MOST) st = read_whole(fd, (size_t)info.st_size, &text, err);
        if (!st && text.len) st = take(ctx, text.data, text.len, err);
        if (!st) unlinkat(folder, name, 0);
    }
    lg_buf_release(&text);
    close(fd);
    return st;
}

lg_status store_history_journals_adopt(const char *folder, history_take_fn *take, void *ctx, lg_err *err)
{
    char *path;
    int dir;
    struct dirent **name = NULL;
    lg_status st = LG_OK;
    LG_TRY(open_folder(folder, &path, &dir, err));
    int count = scandir(path, &name, NULL, alphasort);
    if (count < 0) st = journal_fail("looked up", err);
    for (int i = 0; i < count; i++) {
        if (!st && name[i]->d_name[0] != '.') st = adopt_one(dir, name[i]->d_name, take, ctx, err);
        free(name[i]);
    }
    free(name);
    close(dir);
    lg_free(path);
    return st;
}
