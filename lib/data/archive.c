/* archive.c - what an archive is, what is in it under which names, and whether it is still the one that was opened. */
#include "lib/data/archive.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/reach.h"
#include "lib/data/archive_private.h"

#include "lib/base/banned.h"

enum { HEAD = 8, DEEPEST = 64, SPARE = 16 };

/* ---- bytes ---- */
lg_status data_archive_bytes(const data_archive *a, const archive_bytes *from, uint64_t at, void *out, size_t n,
                             size_t *got, lg_err *err)
{
    size_t left = at < from->size ? (from->size - at < n ? (size_t)(from->size - at) : n) : 0;
    *got = 0;
    if (from->fd < 0) {
        if (left) memcpy(out, from->mem + at, left);
        *got = left;
        return LG_OK;
    }
    while (*got < left) {
        ssize_t k = pread(from->fd, (char *)out + *got, left - *got, (off_t)(at + *got));
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) {
            lg_fail(err, LG_E_IO, 391, "`%.200s` cannot be read", a->name);
            return lg_why(err, "%s", strerror(errno));
        }
        if (k == 0) break; /* it became shorter */
        *got += (size_t)k;
    }
    return LG_OK;
}

/* ---- errors ---- */
lg_status data_archive_damaged(const data_archive *a, lg_err *err, const char *fmt, ...)
{
    char *why;
    lg_buf text;
    va_list ap;
    lg_buf_init(&text, 4000);
    va_start(ap, fmt);
    lg_buf_addv(&text, fmt, ap);
    va_end(ap);
    why = text.failed ? NULL : text.data;
    lg_fail(err, LG_E_FORMAT, 337, "the archive `%.200s` is damaged", a->name);
    lg_why(err, "%s", why ? why : "it cannot be understood");
    lg_buf_release(&text);
    return lg_try(err, "download or copy it again; `unzip -t` and `tar tf` in a terminal say more");
}

static lg_status too_much(const data_archive *a, const char *why, lg_err *err)
{
    lg_fail(err, LG_E_LIMIT, 338, "the archive `%.200s` unpacks to more than an archive of its size should", a->name);
    lg_why(err, "%s", why);
    return lg_try(err, "if you trust it, unpack it and load the folder");
}

lg_status data_archive_check_size(const data_archive *a, uint64_t unpacked, uint64_t file, lg_err *err)
{
    uint64_t most = DATA_ARCHIVE_FREE + DATA_ARCHIVE_RATIO * file;
    char why[200];
    if (unpacked <= most) return LG_OK;
    lg_buf text;
    lg_buf_init(&text, sizeof why - 1);
    lg_buf_addf(&text, "more than %s MB from %s bytes; the limit is %d times its size, and %d MB",
                lg_thousands((long long)(most >> 20)), lg_thousands((long long)file), DATA_ARCHIVE_RATIO,
                (int)(DATA_ARCHIVE_FREE >> 20));
    too_much(a, lg_buf_str(&text), err);
    lg_buf_release(&text);
    return err->status;
}

lg_status data_archive_one_more(data_archive *a, lg_err *err)
{
    if (++a->entries <= a->most) return LG_OK;
    lg_fail(err, LG_E_LIMIT, 338, "the archive `%.200s` holds too many files", a->name);
    lg_why(err, "more than %s", lg_thousands((long long)a->most));
    return lg_try(err, "unpack it and load the folder");
}

/* ---- names ---- */
/* Adds one part of a name; false where it does not fit. */
static bool add_part(char *out, size_t size, size_t *len, const char *part, size_t n)
{
    if (*len + n + 2 > size) return false;
    if (*len) out[(*len)++] = '/';
    memcpy(out + *len, part, n);
    *len += n;
    out[*len] = 0;
    return true;
}

const char *data_archive_tidy(const char *name, bool backslash, char *out, size_t size, bool *outside)
{
    const char *ends = backslash ? "/\\" : "/";
    size_t len = 0;
    int depth = 0;
    *outside = strchr(ends, name[0]) && name[0];
    if (backslash && name[0] && name[1] == ':' && strchr(ends, name[2])) *outside = true;
    out[0] = 0;
    for (const char *part = name; *part && !*outside;) {
        size_t n = strcspn(part, ends);
        if (n == 2 && part[0] == '.' && part[1] == '.') *outside = true;
        bool counts = n && !(n == 1 && part[0] == '.');
        if (counts && (++depth > DEEPEST || !add_part(out, size, &len, part, n))) return NULL;
        part += n + (part[n] != 0);
    }
    return !*outside && len && lg_utf8_valid(out, len) == len ? out : NULL;
}

lg_status data_archive_leave(data_archive *a, size_t *which, const char *name, lg_err *err)
{
    size_t n = strlen(name);
    *which += 1;
    if (*a->left.first || lg_utf8_valid(name, n) != n) return LG_OK;
    a->left.first = lg_arena_strndup(&a->text, name, n < 200 ? n : lg_utf8_offset(name, n, 60), err);
    return a->left.first ? LG_OK : err->status;
}

static lg_status make_room(data_archive *a, lg_err *err)
{
    if (a->count < a->room) return LG_OK;
    size_t room = a->room ? a->room * 2 : 256;
    archive_member *more = lg_realloc(a->member, a->room, room, sizeof *more, err);
    if (!more) return err->status;
    a->member = more;
    a->room = room;
    return LG_OK;
}

lg_status data_archive_add(data_archive *a, const char *name, bool backslash, const archive_member *member, lg_err *err)
{
    char tidied[PATH_MAX];
    bool outside;
    size_t taken = strlen(a->path) + SPARE; /* of a path that a saved set can hold */
    size_t room = taken < sizeof tidied ? sizeof tidied - taken : 1;
    if (!data_archive_tidy(name, backslash, tidied, room, &outside))
        return data_archive_leave(a, outside ? &a->left.outside : &a->left.names, name, err);
    LG_TRY(make_room(a, err));
    archive_member *m = &a->member[a->count];
    *m = *member;
    m->order = (uint32_t)a->count;
    m->name = lg_arena_strndup(&a->text, tidied, strlen(tidied), err);
    if (!m->name) return err->status;
    a->count++;
    return LG_OK;
}

static int by_name(const void *left, const void *right)
{
    const archive_member *x = left, *y = right;
    int order = strcmp(x->name, y->name);
    return order ? order : x->order < y->order ? -1 : 1;
}

/* Sorted; of files of one name the last one stays. */
static lg_status sort_members(data_archive *a, lg_err *err)
{
    size_t kept = 0;
    if (a->count) qsort(a->member, a->count, sizeof *a->member, by_name);
    for (size_t i = 0; i < a->count; i++) {
        bool again = i + 1 < a->count && strcmp(a->member[i].name, a->member[i + 1].name) == 0;
        if (again) LG_TRY(data_archive_leave(a, &a->left.repeated, a->member[i].name, err));
        else a->member[kept++] = a->member[i];
    }
    a->count = kept;
    return LG_OK;
}

/* ---- what it is ---- */
static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && lg_casecmp(name + n - m, end) == 0;
}

/* Kinds of archives that are known and not read. NULL: none of these. */
static const char *other_kind(const uint8_t head[HEAD])
{
    static const struct {
        const char *head, *kind;
        size_t len;
    } known[] = {{"7z\xbc\xaf\x27\x1c", "a 7z archive", 6},
                 {"Rar!\x1a\x07", "a RAR archive", 6},
                 {"\xfd"
                  "7zXZ",
                  "packed with xz", 5},
                 {"BZh", "packed with bzip2", 3},
                 {"\x28\xb5\x2f\xfd", "packed with zstd", 4}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (memcmp(head, known[k].head, known[k].len) == 0) return known[k].kind;
    return NULL;
}

static lg_status unread_kind(const data_archive *a, const char *kind, lg_err *err)
{
    lg_fail(err, LG_E_UNSUPPORTED, 337, "`%.200s` is %s, which cannot be read in place", a->name, kind);
    lg_why(err, "archives that can: .zip, .tar, .tar.gz");
    return lg_try(err, "unpack it and load the folder, or pack it again as .zip");
}

static lg_status no_archive(const data_archive *a, lg_err *err)
{
    if (ends_in(a->name, ".zip") || ends_in(a->name, ".tar") || ends_in(a->name, ".tgz") || ends_in(a->name, ".tar.gz"))
        return data_archive_damaged(a, err, "it does not begin as an archive does");
    lg_fail(err, LG_E_DATA, 393, "`%.200s` is a file; here a folder is needed, or an archive", a->name);
    return lg_why(err, "archives are .zip, .tar and .tar.gz; it does not begin as one of these");
}

static lg_status list(data_archive *a, const data_archive_watch *watch, lg_err *err)
{
    uint8_t head[HEAD] = {0};
    size_t got;
    bool known = true;
    a->most = watch->most ? watch->most : DATA_ARCHIVE_MOST;
    LG_TRY(data_archive_bytes(a, &a->file, 0, head, sizeof head, &got, err));
    const char *other = other_kind(head);
    bool zip = memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0 || memcmp(head, "PK\7\10", 4) == 0;
    if (other) return unread_kind(a, other, err);
    if (zip || ends_in(a->name, ".zip")) LG_TRY(data_archive_zip_list(a, watch, err));
    else LG_TRY(data_archive_tar_list(a, head[0] == 0x1f && head[1] == 0x8b, watch, &known, err));
    return known ? sort_members(a, err) : no_archive(a, err);
}

/* ---- life ---- */
static data_archive *archive_new(const char *path, size_t len, lg_err *err)
{
    static atomic_ullong opened;
    data_archive *a = lg_alloc(1, sizeof *a, err);
    if (!a) return NULL;
    atomic_init(&a->refs, 1);
    a->opened = atomic_fetch_add(&opened, 1);
    pthread_mutex_init(&a->lock, NULL);
    lg_arena_init(&a->text, 0);
    a->file.fd = a->store.fd = -1;
    a->left.first = "";
    a->path = lg_strndup(path, len, err);
    if (!a->path) {
        data_archive_unref(a);
        return NULL;
    }
    const char *slash = strrchr(a->path, '/');
    a->name = slash ? slash + 1 : a->path;
    return a;
}

data_archive *data_archive_ref(data_archive *archive)
{
    atomic_fetch_add_explicit(&archive->refs, 1, memory_order_relaxed);
    return archive;
}

void data_archive_unref(data_archive *a)
{
    if (!a || atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) != 1) return;
    data_archive_zip_close(a->zip);
    if (a->store.fd >= 0 && a->store.fd != a->file.fd) close(a->store.fd);
    if (a->file.fd >= 0) close(a->file.fd);
    pthread_mutex_destroy(&a->lock);
    lg_arena_release(&a->text);
    lg_free(a->member);
    lg_free(a->path);
    lg_free(a);
}

data_archive *data_archive_failed(const char *path, size_t len, const lg_err *why, lg_err *err)
{
    data_archive *a = archive_new(path, len, err);
    if (a) a->failed = *why;
    return a;
}

static lg_status open_file(data_archive *a, lg_err *err)
{
    struct stat st;
    LG_TRY(lg_reach_open(a->path, &a->file.fd, &a->file.size, err));
    if (fstat(a->file.fd, &st) != 0) return data_archive_damaged(a, err, "%s", strerror(errno));
    a->device = st.st_dev, a->inode = st.st_ino;
    a->changed[0] = st.st_mtim.tv_sec, a->changed[1] = st.st_mtim.tv_nsec;
    return LG_OK;
}

static lg_status finish(data_archive *a, const data_archive_watch *watch, data_archive **out, lg_err *err)
{
    lg_status st = list(a, watch, err);
    if (st) data_archive_unref(a);
    else *out = a;
    return st;
}

lg_status data_archive_open(const char *path, const data_archive_watch *watch, data_archive **out, lg_err *err)
{
    data_archive *a = archive_new(path, strlen(path), err);
    if (!a) return err->status;
    if (open_file(a, err) == LG_OK) return finish(a, watch, out, err);
    data_archive_unref(a);
    return err->status;
}

lg_status data_archive_from(const void *bytes, size_t len, const char *name, const data_archive_watch *watch,
                            data_archive **out, lg_err *err)
{
    data_archive *a = archive_new(name, strlen(name), err);
    if (!a) return err->status;
    a->file = (archive_bytes){.fd = -1, .mem = bytes, .size = len};
    return finish(a, watch, out, err);
}

/* ---- reading ---- */
const char *data_archive_path(const data_archive *archive)
{
    return archive->path;
}

bool data_archive_later(const data_archive *archive, const data_archive *other)
{
    return archive->opened > other->opened;
}

size_t data_archive_count(const data_archive *archive)
{
    return archive->count;
}

const char *data_archive_name(const data_archive *archive, size_t place)
{
    return archive->member[place].name;
}

const data_archive_left *data_archive_left_out(const data_archive *archive)
{
    return &archive->left;
}

static int name_order(const void *key, const void *member)
{
    return strcmp(key, ((const archive_member *)member)->name);
}

/* What was listed is of the file as it was; another one of the same name is none of ours, nor one that was written to.
 */
static lg_status check_same(const data_archive *a, lg_err *err)
{
    struct stat st;
    int fd = -1;
    uint64_t size;
    if (a->file.fd < 0) return LG_OK; /* in memory */
    LG_TRY(lg_reach_open(a->path, &fd, &size, err));
    bool same = fstat(fd, &st) == 0 && st.st_dev == a->device && st.st_ino == a->inode && size == a->file.size &&
                st.st_mtim.tv_sec == a->changed[0] && st.st_mtim.tv_nsec == a->changed[1];
    close(fd);
    if (same) return LG_OK;
    lg_fail(err, LG_E_DATA, 317, "%.200s has changed since it was loaded", a->name);
    return lg_try(err, "load it again");
}

static lg_status locked(const data_archive *a, const archive_member *m, lg_err *err)
{
    lg_fail(err, LG_E_UNSUPPORTED, 337, "`%.200s` in `%.100s` is locked with a password", m->name, a->name);
    lg_why(err, "it is encrypted");
    return lg_try(err, "unpack the archive with its password, and load the folder");
}

lg_status data_archive_read(data_archive *a, const char *name, lg_buf *out, lg_err *err)
{
    if (a->failed.status) {
        *err = a->failed;
        return err->status;
    }
    LG_TRY(lg_buf_check(out, err));
    LG_TRY(check_same(a, err));
    const archive_member *m = a->count ? bsearch(name, a->member, a->count, sizeof *a->member, name_order) : NULL;
    if (!m) return lg_fail(err, LG_E_DATA, 302, "there is no `%.200s` in `%.100s`", name, a->name);
    if (m->locked) return locked(a, m, err);
    if (m->size > out->limit - out->len) {
        lg_fail(err, LG_E_LIMIT, 303, "`%.200s` in `%.100s` is too large to be read here", name, a->name);
        return lg_why(err, "it has %s bytes; the limit is %s", lg_thousands((long long)m->size),
                      lg_thousands((long long)out->limit));
    }
    LG_TRY(a->zip ? data_archive_zip_read(a, m, out, err) : data_archive_tar_read(a, m, out, err));
    lg_buf_add(out, "", 0); /* an empty file, too, is a text */
    return lg_buf_check(out, err);
}

bool data_archive_split(const char *path, size_t *len)
{
    const char *mark = *path ? strstr(path + 1, "//") : NULL;
    *len = mark ? (size_t)(mark - path) : 0;
    return mark != NULL;
}
