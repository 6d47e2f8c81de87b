/* archive_zip.c - the list of a zip archive by libzip, its files by zlib.
 *
 * libzip knows the list at the archive's end, its 64-bit form, encodings of names and what encryption looks like, and
 * finds where an entry's bytes begin. It is not made for several threads, so these bytes are fetched under a lock, as
 * they are packed; unpacking them, which takes the time, and checking them is outside of it.
 *
 * The prototypes and numbers below are those of libzip's stable C interface (1.0 and later; libzip.org/documentation);
 * declared here so that neither building nor starting needs it. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>
#include "lib/base/cgroup.h"
#include "lib/base/library.h"
#include "lib/data/archive_private.h"

#include "lib/base/banned.h"

/* ---- libzip ---- */
enum { ZIP_READ_ONLY = 16, ZIP_AS_PACKED = 4 };
enum { ZIP_STAT_HAS_SIZE = 4 };
enum { ZIP_DO_OPEN, ZIP_DO_READ, ZIP_DO_CLOSE, ZIP_DO_STAT, ZIP_DO_ERROR, ZIP_DO_FREE, ZIP_DO_SEEK, ZIP_DO_TELL };
enum { ZIP_DO_SUPPORTS = 14 };
enum { ZIP_WRONG_DISKS = 1, ZIP_WRONG_READ = 5, ZIP_WRONG_MEMORY = 14, ZIP_WRONG_CALL = 28 };
enum { ZIP_UNIX = 3, ZIP_MAC = 19 };
typedef struct zip_archive zip_archive;
typedef struct zip_source zip_source;
typedef struct zip_file zip_file;
typedef struct zip_fault {
    int zip_err, sys_err;
    char *text;
    void *spare[4];
} zip_fault;
typedef struct zip_facts {
    uint64_t valid;
    const char *name;
    uint64_t index, size, comp_size;
    time_t mtime;
    uint32_t crc;
    uint16_t comp_method, encryption_method;
    uint32_t flags;
} zip_facts;
typedef struct zip_seek {
    int64_t offset;
    int whence;
} zip_seek;
typedef int64_t (*zip_feed_fn)(void *ctx, void *data, uint64_t len, int what);

static struct {
    zip_source *(*source_function_create)(zip_feed_fn feed, void *ctx, zip_fault *fault);
    void (*source_free)(zip_source *source);
    zip_archive *(*open_from_source)(zip_source *source, int flags, zip_fault *fault);
    void (*discard)(zip_archive *archive);
    int64_t (*get_num_entries)(zip_archive *archive, uint32_t flags);
    int (*stat_index)(zip_archive *archive, uint64_t index, uint32_t flags, zip_facts *facts);
    int (*get_external_attributes)(zip_archive *archive, uint64_t index, uint32_t flags, uint8_t *maker,
                                   uint32_t *attributes);
    zip_file *(*fopen_index)(zip_archive *archive, uint64_t index, uint32_t flags);
    int64_t (*fread)(zip_file *file, void *out, uint64_t n);
    int (*fclose)(zip_file *file);
    void (*fault_init)(zip_fault *fault);
    void (*fault_fini)(zip_fault *fault);
    const char *(*fault_text)(zip_fault *fault);
} zip;

static const lg_symbol symbols[] = {
    {"zip_source_function_create", (void **)&zip.source_function_create},
    {"zip_source_free", (void **)&zip.source_free},
    {"zip_open_from_source", (void **)&zip.open_from_source},
    {"zip_discard", (void **)&zip.discard},
    {"zip_get_num_entries", (void **)&zip.get_num_entries},
    {"zip_stat_index", (void **)&zip.stat_index},
    {"zip_file_get_external_attributes", (void **)&zip.get_external_attributes},
    {"zip_fopen_index", (void **)&zip.fopen_index},
    {"zip_fread", (void **)&zip.fread},
    {"zip_fclose", (void **)&zip.fclose},
    {"zip_error_init", (void **)&zip.fault_init},
    {"zip_error_fini", (void **)&zip.fault_fini},
    {"zip_error_strerror", (void **)&zip.fault_text},
    {0},
};
static lg_library libzip = {.name = "libzip",
                            .sonames = (const char *const[]){"libzip.so.4", "libzip.so.5", NULL},
                            .package = "libzip-dev",
                            .symbols = symbols};

/* ---- the archive's bytes, as libzip asks for them ---- */
/* Most of what may be read to find the list: what DATA_ARCHIVE_MOST entries with names of usual length take. libzip
 * keeps the list in memory, several times its size. */
#define LIST_MOST ((uint64_t)128 << 20)

/* In memory it is about eight times as large: a quarter of that is the most it may take. */
static uint64_t list_most(void)
{
    double share = lg_memory() / 32;
    return share < (double)LIST_MOST ? (uint64_t)share : LIST_MOST;
}

typedef struct archive_zip {
    const data_archive *a;
    zip_archive *archive;
    uint64_t at, budget; /* bytes that may yet be read; only while it is opened */
    bool opening, spent;
    lg_cancel *cancel;
    int fault[2];
    lg_err err; /* why reading failed */
} archive_zip;

static int64_t fail(archive_zip *z, int zip_err, int sys_err)
{
    z->fault[0] = zip_err, z->fault[1] = sys_err;
    return -1;
}

static int64_t feed_read(archive_zip *z, void *data, uint64_t len)
{
    size_t got;
    lg_err_clear(&z->err);
    if (z->opening && lg_cancel_check(z->cancel, &z->err)) return fail(z, ZIP_WRONG_READ, EINTR);
    if (len > SSIZE_MAX) return fail(z, ZIP_WRONG_CALL, EINVAL);
    if (z->opening && len > z->budget) {
        z->spent = true;
        return fail(z, ZIP_WRONG_READ, EFBIG);
    }
    if (data_archive_bytes(z->a, &z->a->file, z->at, data, (size_t)len, &got, &z->err))
        return fail(z, ZIP_WRONG_READ, EIO);
    z->at += got;
    if (z->opening) z->budget -= got;
    return (int64_t)got;
}

static int64_t feed_seek(archive_zip *z, const void *data, uint64_t len)
{
    zip_seek to;
    if (len < sizeof to) return fail(z, ZIP_WRONG_CALL, EINVAL);
    memcpy(&to, data, sizeof to);
    int64_t size = (int64_t)z->a->file.size, from = to.whence == SEEK_SET   ? 0
                                                    : to.whence == SEEK_CUR ? (int64_t)z->at
                                                                            : size;
    if (to.offset < -from || to.offset > size - from) return fail(z, ZIP_WRONG_CALL, EINVAL);
    z->at = (uint64_t)(from + to.offset);
    return 0;
}

static int64_t feed_stat(archive_zip *z, void *data, uint64_t len)
{
    zip_facts facts = {.valid = ZIP_STAT_HAS_SIZE, .size = z->a->file.size};
    if (len < sizeof facts) return fail(z, ZIP_WRONG_CALL, EINVAL);
    memcpy(data, &facts, sizeof facts);
    return sizeof facts;
}

static int64_t feed(void *ctx, void *data, uint64_t len, int what)
{
    archive_zip *z = ctx;
    switch (what) {
    case ZIP_DO_OPEN: z->at = 0; return 0;
    case ZIP_DO_READ: return feed_read(z, data, len);
    case ZIP_DO_CLOSE:
    case ZIP_DO_FREE: return 0;
    case ZIP_DO_STAT: return feed_stat(z, data, len);
    case ZIP_DO_ERROR:
        if (len < sizeof z->fault) return -1;
        memcpy(data, z->fault, sizeof z->fault);
        return sizeof z->fault;
    case ZIP_DO_SEEK: return feed_seek(z, data, len);
    case ZIP_DO_TELL: return (int64_t)z->at;
    case ZIP_DO_SUPPORTS: return (1 << (ZIP_DO_TELL + 1)) - 1 + (1 << ZIP_DO_SUPPORTS);
    default: return fail(z, ZIP_WRONG_CALL, EINVAL);
    }
}

/* ---- opening ---- */
static lg_status cannot_open(const data_archive *a, const archive_zip *z, zip_fault *fault, lg_err *err)
{
    if (z->err.status) {
        *err = z->err;
        return err->status;
    }
    if (fault->zip_err == ZIP_WRONG_MEMORY) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    if (z->spent) {
        lg_fail(err, LG_E_LIMIT, 338, "the archive `%.200s` has too long a list of its files", a->name);
        lg_why(err, "more than %d MB", (int)(list_most() >> 20));
        return lg_try(err, "unpack it and load the folder");
    }
    if (fault->zip_err == ZIP_WRONG_DISKS) {
        lg_fail(err, LG_E_UNSUPPORTED, 337, "`%.200s` is one of several parts of an archive", a->name);
        return lg_try(err, "unpack the parts together, and load the folder");
    }
    return data_archive_damaged(a, err, "it has no list of its files at its end that can be read (%s)",
                                zip.fault_text(fault));
}

static lg_status open_zip(data_archive *a, archive_zip *z, lg_err *err)
{
    zip_fault fault = {0};
    lg_status st = LG_OK;
    zip.fault_init(&fault);
    zip_source *source = zip.source_function_create(feed, z, &fault);
    z->opening = true;
    z->archive = source ? zip.open_from_source(source, ZIP_READ_ONLY, &fault) : NULL;
    z->opening = false;
    if (!z->archive) {
        st = cannot_open(a, z, &fault, err);
        if (source) zip.source_free(source);
    }
    zip.fault_fini(&fault);
    return st;
}

/* ---- the list ---- */
typedef struct zip_totals {
    uint64_t packed, unpacked;
    size_t files, locked;
} zip_totals;

/* The kind of an entry is in what its maker's system says; those of other systems have files and folders only. */
static mode_t kind_of(const archive_zip *z, uint64_t index)
{
    uint8_t maker = 0;
    uint32_t attributes = 0;
    if (zip.get_external_attributes(z->archive, index, 0, &maker, &attributes) != 0) return 0;
    return maker == ZIP_UNIX || maker == ZIP_MAC ? (mode_t)(attributes >> 16) & S_IFMT : 0;
}

static lg_status list_one(data_archive *a, uint64_t index, zip_totals *totals, lg_err *err)
{
    zip_facts facts = {0};
    if (zip.stat_index(a->zip->archive, index, 0, &facts) != 0 || !facts.name)
        return data_archive_leave(a, &a->left.names, "", err);
    size_t n = strlen(facts.name);
    mode_t kind = kind_of(a->zip, index);
    totals->packed += facts.comp_size < a->file.size ? facts.comp_size : a->file.size + 1;
    if (facts.size > UINT64_MAX / 4 / DATA_ARCHIVE_MOST)
        return data_archive_check_size(a, UINT64_MAX, a->file.size, err);
    totals->unpacked += facts.size;
    if (kind == S_IFLNK) return data_archive_leave(a, &a->left.links, facts.name, err);
    if (kind == S_IFDIR || (n && (facts.name[n - 1] == '/' || facts.name[n - 1] == '\\'))) return LG_OK;
    if (kind && kind != S_IFREG) return data_archive_leave(a, &a->left.kinds, facts.name, err);
    archive_member m = {.at = index,
                        .size = facts.size,
                        .packed = facts.comp_size,
                        .crc = facts.crc,
                        .method = facts.comp_method,
                        .locked = facts.encryption_method != 0};
    totals->files++;
    totals->locked += m.locked;
    return data_archive_add(a, facts.name, true, &m, err);
}

static lg_status check_totals(const data_archive *a, const zip_totals *totals, lg_err *err)
{
    if (totals->locked && totals->locked == totals->files) {
        lg_fail(err, LG_E_UNSUPPORTED, 337, "the archive `%.200s` is locked with a password", a->name);
        lg_why(err, "all %s files in it are encrypted", lg_thousands((long long)totals->files));
        return lg_try(err, "unpack it with its password, and load the folder");
    }
    LG_TRY(data_archive_check_size(a, totals->unpacked, a->file.size, err));
    if (totals->packed <= a->file.size) return LG_OK;
    return data_archive_damaged(a, err, "its files would take more than its %s bytes: they lie over one another",
                                lg_thousands((long long)a->file.size));
}

lg_status data_archive_zip_list(data_archive *a, const data_archive_watch *watch, lg_err *err)
{
    enum { SHORTEST = 22 };
    zip_totals totals = {0};
    if (a->file.size < SHORTEST) return data_archive_damaged(a, err, "it is shorter than any archive");
    LG_TRY(lg_library_open(&libzip, err));
    a->zip = lg_alloc(1, sizeof *a->zip, err);
    if (!a->zip) return err->status;
    *a->zip = (archive_zip){.a = a, .budget = list_most(), .cancel = watch->cancel};
    LG_TRY(open_zip(a, a->zip, err));
    a->zip->cancel = NULL;
    int64_t count = zip.get_num_entries(a->zip->archive, 0);
    for (int64_t i = 0; i < count; i++) {
        if (i % 1024 == 0) LG_TRY(lg_cancel_check(watch->cancel, err));
        LG_TRY(data_archive_one_more(a, err));
        LG_TRY(list_one(a, (uint64_t)i, &totals, err));
    }
    return check_totals(a, &totals, err);
}

void data_archive_zip_close(archive_zip *z)
{
    if (!z) return;
    if (z->archive) zip.discard(z->archive);
    lg_free(z);
}

/* ---- one file ---- */
static lg_status damaged(const data_archive *a, const archive_member *m, const char *why, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 337, "`%.200s` in `%.100s` is damaged", m->name, a->name);
    return lg_why(err, "%s", why);
}

/* Its bytes as they are packed, behind what `out` has. */
static lg_status fetch(data_archive *a, const archive_member *m, lg_buf *out, lg_err *err)
{
    size_t want = (size_t)m->packed, got = 0;
    if (!lg_buf_reserve(out, want)) return lg_buf_check(out, err);
    pthread_mutex_lock(&a->lock);
    lg_err_clear(&a->zip->err);
    zip_file *file = zip.fopen_index(a->zip->archive, m->at, ZIP_AS_PACKED);
    while (file && got < want) {
        int64_t n = zip.fread(file, out->data + out->len + got, want - got);
        if (n <= 0) break;
        got += (size_t)n;
    }
    if (file) zip.fclose(file);
    lg_err said = a->zip->err;
    pthread_mutex_unlock(&a->lock);
    if (said.status) {
        *err = said;
        return err->status;
    }
    if (got < want) return damaged(a, m, "it ends early, or is not where the archive's list says", err);
    out->len += got;
    out->data[out->len] = 0;
    return LG_OK;
}

/* To exactly the size that the list says. */
static lg_status inflate_into(const data_archive *a, const archive_member *m, const lg_buf *packed, lg_buf *out,
                              lg_err *err)
{
    z_stream s = {.next_in = (unsigned char *)packed->data, .avail_in = (unsigned)packed->len};
    size_t size = (size_t)m->size;
    if (!lg_buf_reserve(out, size)) return lg_buf_check(out, err);
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK) return lg_fail(err, LG_E_MEMORY, 901, "out of memory");
    s.next_out = (unsigned char *)out->data + out->len;
    s.avail_out = (unsigned)size;
    int said = inflate(&s, Z_FINISH);
    bool whole = said == Z_STREAM_END && s.avail_out == 0;
    inflateEnd(&s);
    if (said == Z_MEM_ERROR) return lg_fail(err, LG_E_MEMORY, 901, "out of memory");
    if (!whole)
        return damaged(a, m, "its packing is damaged, or its size is another than the archive's list says", err);
    out->len += size;
    out->data[out->len] = 0;
    return LG_OK;
}

/* A packing is at most 1,032 times smaller than what is in it, and hardly larger: what says otherwise gets no memory.
 */
static lg_status check_member(const data_archive *a, const archive_member *m, lg_err *err)
{
    if (m->method != 0 && m->method != 8) {
        lg_fail(err, LG_E_UNSUPPORTED, 337, "`%.200s` in `%.100s` is packed in a way that is not read", m->name,
                a->name);
        lg_why(err, "it is packed by method %d; those read are 0 (as it is) and 8 (deflate)", m->method);
        return lg_try(err, "unpack the archive and load the folder");
    }
    bool stored = m->method == 0;
    bool fits =
        stored ? m->packed == m->size : m->size <= 1032 * m->packed + 64 && m->packed <= m->size + m->size / 8 + 1024;
    if (m->packed > a->file.size || !fits || m->size > UINT32_MAX / 2)
        return damaged(a, m, "the sizes that the archive's list gives cannot be", err);
    return LG_OK;
}

lg_status data_archive_zip_read(data_archive *a, const archive_member *m, lg_buf *out, lg_err *err)
{
    lg_buf packed;
    lg_status st;
    size_t first = out->len;
    LG_TRY(check_member(a, m, err));
    if (m->method == 0) LG_TRY(fetch(a, m, out, err));
    lg_buf_init(&packed, (size_t)m->packed + 1);
    if (m->method) LG_GO(fetch(a, m, &packed, err));
    if (m->method) LG_GO(inflate_into(a, m, &packed, out, err));
    st = LG_OK;
    if (crc32(0, out->data ? (unsigned char *)out->data + first : (unsigned char *)"", (unsigned)(out->len - first)) !=
        m->crc)
        st = damaged(a, m, "its checksum is another than the archive's list says", err);
done:
    lg_buf_release(&packed);
    return st;
}
