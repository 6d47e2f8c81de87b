/* archive_tar.c - the list of a tar archive, plain or packed with gzip.
 *
 * A tar is headers of 512 bytes, each before its file, filled up to 512: POSIX.1-1988 (ustar) and -2001 (pax: records
 * before a header that give its name and size), GNU's long names, and old Unix before both. Of a plain one only the
 * headers are read. A packed one is unpacked once from its beginning to its end, and what may be wanted of it is kept
 * in a scratch file. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "lib/data/archive_private.h"
#include "lib/data/cache.h"

#include "lib/base/banned.h"

enum { BLOCK = 512, PIECE = 1 << 18, RECORDS_MOST = 1 << 20, MEMBER_MOST = 1 << 30 };

/* A header. Numbers are octal texts. */
typedef struct tar_header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2],
        user[32], group[32], major[8], minor[8], prefix[155], rest[12];
} tar_header;
_Static_assert(sizeof(tar_header) == BLOCK, "a header is a block");

typedef struct tar {
    data_archive *a;
    const data_archive_watch *watch;
    uint64_t at;   /* in the tar, unpacked */
    uint64_t file; /* packed: bytes of the archive taken so far */
    bool packed, ended;
    z_stream z;
    uint8_t *in, *piece; /* (PIECE) packed bytes; unpacked ones on their way to the scratch file */
    uint64_t scratch_most;
    /* of the next header, from records before it */
    char name[PATH_MAX];
    uint64_t size;
    bool has_name, has_size, sparse, pax;
} tar;

/* ---- the stream ---- */
static lg_status bad_gzip(const tar *t, lg_err *err)
{
    return data_archive_damaged(t->a, err, "its packing cannot be read at byte %s",
                                lg_thousands((long long)(t->file - t->z.avail_in)));
}

static lg_status more_packed(tar *t, lg_err *err)
{
    size_t got;
    const data_archive_watch *w = t->watch;
    LG_TRY(lg_cancel_check(w->cancel, err));
    if (w->progress) w->progress(w->progress_ctx, (size_t)(t->file >> 20), (size_t)(t->a->file.size >> 20));
    LG_TRY(data_archive_bytes(t->a, &t->a->file, t->file, t->in, PIECE, &got, err));
    t->file += got;
    t->z.next_in = t->in;
    t->z.avail_in = (unsigned)got;
    return LG_OK;
}

/* A file may be several gzip members, one behind the other; zeros behind the last are padding. */
static lg_status next_member(tar *t, lg_err *err)
{
    while (!t->ended) {
        if (t->z.avail_in == 0) LG_TRY(more_packed(t, err));
        if (t->z.avail_in == 0) t->ended = true;
        else if (*t->z.next_in == 0x1f) break;
        else if (*t->z.next_in) t->ended = true; /* something else behind it, which gzip ignores too */
        else t->z.next_in++, t->z.avail_in--;
    }
    return t->ended || inflateReset(&t->z) == Z_OK ? LG_OK : bad_gzip(t, err);
}

static lg_status take_packed(tar *t, void *out, size_t n, size_t *got, lg_err *err)
{
    t->z.next_out = out;
    t->z.avail_out = (unsigned)n;
    while (t->z.avail_out && !t->ended) {
        if (t->z.avail_in == 0) LG_TRY(more_packed(t, err));
        if (t->z.avail_in == 0) return data_archive_damaged(t->a, err, "it ends in the middle of its packing");
        int said = inflate(&t->z, Z_NO_FLUSH);
        if (said == Z_STREAM_END) LG_TRY(next_member(t, err));
        else if (said == Z_MEM_ERROR) return lg_fail(err, LG_E_MEMORY, 901, "out of memory");
        else if (said != Z_OK && said != Z_BUF_ERROR) return bad_gzip(t, err);
    }
    *got = n - t->z.avail_out;
    return data_archive_check_size(t->a, t->at + *got, t->file - t->z.avail_in, err);
}

/* Up to n bytes; fewer only at the end. */
static lg_status take(tar *t, void *out, size_t n, size_t *got, lg_err *err)
{
    if (t->packed) LG_TRY(take_packed(t, out, n, got, err));
    else LG_TRY(data_archive_bytes(t->a, &t->a->file, t->at, out, n, got, err));
    t->at += *got;
    return LG_OK;
}

static lg_status keep(tar *t, const uint8_t *bytes, size_t n, lg_err *err)
{
    data_archive *a = t->a;
    if (a->store.size + n > t->scratch_most) {
        lg_fail(err, LG_E_LIMIT, 338, "the archive `%.200s` is too large to be read packed", a->name);
        lg_why(err, "unpacked it has more than %s MB%s", lg_thousands((long long)(t->scratch_most >> 20)),
               t->scratch_most < DATA_ARCHIVE_DISK ? ", and there is no room for more" : "");
        return lg_try(err, "unpack it and load the folder, or pack it as .zip, which is read in place");
    }
    while (n) {
        ssize_t k = pwrite(a->store.fd, bytes, n, (off_t)a->store.size);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) {
            lg_fail(err, LG_E_IO, 392, "there is no room to unpack the archive `%.200s`", a->name);
            lg_why(err, "%s, after %s MB; nothing of it is kept", k ? strerror(errno) : "nothing could be written",
                   lg_thousands((long long)(a->store.size >> 20)));
            return lg_try(err, "make room, or pack it as .zip, which is read in place");
        }
        bytes += k, n -= (size_t)k, a->store.size += (size_t)k;
    }
    return LG_OK;
}

/* Over n bytes of the tar; into the scratch file where they are to be kept. */
static lg_status pass(tar *t, uint64_t n, bool keeps, const char *name, lg_err *err)
{
    if (!t->packed) {
        bool there = t->at <= t->a->file.size && n <= t->a->file.size - t->at;
        t->at += there ? n : 0;
        return there ? LG_OK : data_archive_damaged(t->a, err, "it ends before %.200s does", name);
    }
    while (n) {
        size_t got, want = n < PIECE ? (size_t)n : PIECE;
        LG_TRY(take(t, t->piece, want, &got, err));
        if (got < want) return data_archive_damaged(t->a, err, "it ends before %.200s does", name);
        if (keeps) LG_TRY(keep(t, t->piece, got, err));
        n -= got;
    }
    return LG_OK;
}

/* ---- a header ---- */
/* An octal number, or GNU's: the first bit set, then big-endian. False: none, or beyond all. */
static bool read_number(const char *text, size_t n, uint64_t *out)
{
    const unsigned char *s = (const unsigned char *)text;
    uint64_t v = 0;
    if (*s & 0x80) {
        if (*s != 0x80) return false; /* negative, or too large */
        for (size_t i = 1; i < n; i++) {
            if (v >> 55) return false;
            v = v << 8 | s[i];
        }
        *out = v;
        return true;
    }
    while (n && *s == ' ') s++, n--;
    for (; n && *s >= '0' && *s <= '7'; s++, n--) v = v << 3 | (uint64_t)(*s - '0');
    if (n && *s && *s != ' ') return false;
    *out = v;
    return true;
}

/* The sum of its bytes, its own field counted as blanks; some made it of signed ones. */
static bool sum_agrees(const tar_header *h)
{
    const unsigned char *s = (const unsigned char *)h;
    uint64_t said;
    int64_t plain = 0, with_sign = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        bool own = i >= 148 && i < 156;
        plain += own ? ' ' : s[i];
        with_sign += own ? ' ' : (signed char)s[i];
    }
    return read_number(h->checksum, sizeof h->checksum, &said) &&
           ((int64_t)said == plain || (int64_t)said == with_sign);
}

static bool is_zero(const tar_header *h)
{
    static const char zero[BLOCK];
    return memcmp(h, zero, BLOCK) == 0;
}

/* prefix/name, unless a record gave it. */
static void read_name(tar *t, const tar_header *h)
{
    if (t->has_name) return;
    size_t n = 0, first = strnlen(h->name, sizeof h->name);
    bool posix = memcmp(h->magic, "ustar", 6) == 0;
    if (posix && h->prefix[0]) {
        n = strnlen(h->prefix, sizeof h->prefix);
        memcpy(t->name, h->prefix, n);
        t->name[n++] = '/';
    }
    memcpy(t->name + n, h->name, first);
    t->name[n + first] = 0;
}

/* ---- records before a header ---- */
/* "LENGTH KEY=VALUE\n", of which name, size and what says "sparse" matter. */
static lg_status take_record(tar *t, const char *key, size_t n, const char *value, size_t len, lg_err *err)
{
    if (n == 4 && memcmp(key, "path", 4) == 0) {
        t->has_name = true;
        bool fits = len && len < sizeof t->name && !memchr(value, 0, len);
        if (fits) memcpy(t->name, value, len);
        t->name[fits ? len : 0] = 0;
    } else if (n == 4 && memcmp(key, "size", 4) == 0) {
        t->size = 0;
        t->has_size = true;
        for (size_t i = 0; i < len; i++) {
            if (value[i] < '0' || value[i] > '9' || t->size > UINT64_MAX / 32)
                return data_archive_damaged(t->a, err, "a size in it is no number");
            t->size = t->size * 10 + (uint64_t)(value[i] - '0');
        }
    } else if (n > 11 && memcmp(key, "GNU.sparse.", 11) == 0) {
        t->sparse = true;
    }
    return LG_OK;
}

static lg_status read_records(tar *t, const char *s, size_t left, lg_err *err)
{
    while (left) {
        size_t len = 0, digits = 0;
        for (; digits < left && digits < 8 && s[digits] >= '0' && s[digits] <= '9'; digits++)
            len = len * 10 + (size_t)(s[digits] - '0');
        const char *key = s + digits + 1, *equal;
        if (!digits || digits >= left || s[digits] != ' ' || len <= digits + 2 || len > left || s[len - 1] != '\n' ||
            !(equal = memchr(key, '=', len - digits - 2)))
            return data_archive_damaged(t->a, err, "a record before a file's header cannot be understood");
        LG_TRY(take_record(t, key, (size_t)(equal - key), equal + 1, (size_t)(s + len - 1 - (equal + 1)), err));
        s += len;
        left -= len;
    }
    return LG_OK;
}

/* Records of a pax header, or GNU's long name: text behind the header. */
static lg_status read_before(tar *t, char type, uint64_t size, lg_err *err)
{
    lg_status st = LG_OK;
    size_t got, all = (size_t)((size + BLOCK - 1) / BLOCK * BLOCK);
    if (size > RECORDS_MOST) return data_archive_damaged(t->a, err, "what stands before a file's header is too long");
    char *text = lg_alloc(all + 1, 1, err);
    if (!text) return err->status;
    LG_GO(take(t, text, all, &got, err));
    if (got < all) LG_GO(data_archive_damaged(t->a, err, "it ends in the middle of a header"));
    if (type == 'x') {
        t->pax = true;
        LG_GO(read_records(t, text, (size_t)size, err));
    } else if (type == 'L') {
        size_t n = strnlen(text, (size_t)size);
        t->has_name = true;
        if (n >= sizeof t->name) n = 0;
        memcpy(t->name, text, n);
        t->name[n] = 0;
    }
done:
    lg_free(text);
    return st;
}

/* Old GNU sparse files have more headers behind the first: a byte in each says whether another follows. */
static lg_status skip_sparse_headers(tar *t, const tar_header *h, lg_err *err)
{
    char block[BLOCK];
    size_t got;
    bool more = ((const char *)h)[482] != 0;
    while (more) {
        LG_TRY(take(t, block, BLOCK, &got, err));
        if (got < BLOCK) return data_archive_damaged(t->a, err, "it ends in the middle of a header");
        more = block[504] != 0;
        LG_TRY(lg_cancel_check(t->watch->cancel, err));
    }
    return LG_OK;
}

/* ---- an entry ---- */
static void forget_records(tar *t)
{
    t->has_name = t->has_size = t->sparse = t->pax = false;
    t->name[0] = 0;
}

/* What fills the last block; at the end of a plain one some leave it out. */
static lg_status pad(tar *t, uint64_t size, lg_err *err)
{
    uint64_t over = size % BLOCK, left = t->a->file.size - t->at;
    if (!over) return LG_OK;
    if (t->packed || left >= BLOCK - over) return pass(t, BLOCK - over, false, "its last file", err);
    t->at += left;
    return LG_OK;
}

/* A regular file: its bytes are where they are, or are kept. */
static lg_status take_file(tar *t, uint64_t size, lg_err *err)
{
    data_archive *a = t->a;
    char tidied[PATH_MAX];
    bool outside,
        keeps = t->packed && size <= MEMBER_MOST && data_archive_tidy(t->name, false, tidied, PATH_MAX, &outside);
    archive_member m = {.at = t->packed ? a->store.size : t->at, .size = size};
    LG_TRY(pass(t, size, keeps, t->name, err));
    LG_TRY(pad(t, size, err));
    if (t->packed && size > MEMBER_MOST) return data_archive_leave(a, &a->left.kinds, t->name, err);
    return data_archive_add(a, t->name, false, &m, err);
}

static lg_status take_entry(tar *t, const tar_header *h, uint64_t size, lg_err *err)
{
    data_archive *a = t->a;
    size_t n;
    bool file = h->type == '0' || h->type == 0 || h->type == '7', link = h->type == '1' || h->type == '2';
    bool bodiless = link || (h->type >= '3' && h->type <= '6');
    LG_TRY(data_archive_one_more(a, err));
    read_name(t, h);
    n = strlen(t->name);
    bool folder = h->type == '5' || (file && n && t->name[n - 1] == '/'); /* the latter in old Unix */
    if (folder) file = false, bodiless = true;
    if (bodiless && !t->pax) size = 0;
    if (file && !t->sparse) return take_file(t, size, err);
    if (h->type == 'S') LG_TRY(skip_sparse_headers(t, h, err));
    LG_TRY(pass(t, size, false, t->name, err));
    LG_TRY(pad(t, size, err));
    if (folder) return LG_OK;
    return data_archive_leave(a, link ? &a->left.links : &a->left.kinds, t->name, err);
}

/* One header and what belongs to it. *end: nothing follows. */
static lg_status next_entry(tar *t, bool first, bool *known, bool *end, lg_err *err)
{
    tar_header h;
    size_t got;
    uint64_t size;
    LG_TRY(take(t, &h, BLOCK, &got, err));
    *end = got == 0 || (got == BLOCK && is_zero(&h));
    if (first && (got < BLOCK || (!*end && !sum_agrees(&h)))) {
        *known = false;
        *end = true;
    }
    if (*end) return LG_OK;
    if (got < BLOCK) return data_archive_damaged(t->a, err, "it ends in the middle of a header");
    if (!sum_agrees(&h) || !read_number(h.size, sizeof h.size, &size))
        return data_archive_damaged(t->a, err, "the header at byte %s cannot be understood",
                                    lg_thousands((long long)(t->at - BLOCK)));
    if (h.type == 'x' || h.type == 'g' || h.type == 'L' || h.type == 'K') return read_before(t, h.type, size, err);
    if (t->has_size) size = t->size;
    if (size > INT64_MAX) return data_archive_damaged(t->a, err, "a file in it is larger than files can be");
    LG_TRY(take_entry(t, &h, size, err));
    forget_records(t);
    return LG_OK;
}

/* What is behind the end of a packed tar is unpacked too: its checksum comes last. */
static lg_status drain(tar *t, lg_err *err)
{
    size_t got = 1;
    while (t->packed && !t->ended && got) LG_TRY(take(t, t->piece, PIECE, &got, err));
    return LG_OK;
}

static lg_status list_all(tar *t, bool *known, lg_err *err)
{
    bool end = false;
    for (size_t i = 0; !end; i++) {
        if (i % 256 == 0) LG_TRY(lg_cancel_check(t->watch->cancel, err));
        LG_TRY(next_entry(t, i == 0, known, &end, err));
    }
    return *known ? drain(t, err) : LG_OK;
}

static lg_status open_scratch(tar *t, lg_err *err)
{
    t->in = lg_alloc(PIECE, 1, err);
    t->piece = lg_alloc(PIECE, 1, err);
    if (!t->in || !t->piece) return err->status;
    LG_TRY(data_cache_scratch(&t->a->store.fd, &t->scratch_most, err));
    if (t->scratch_most > DATA_ARCHIVE_DISK) t->scratch_most = DATA_ARCHIVE_DISK;
    if (inflateInit2(&t->z, 16 + MAX_WBITS) != Z_OK) return lg_fail(err, LG_E_MEMORY, 901, "out of memory");
    return LG_OK;
}

lg_status data_archive_tar_list(data_archive *a, bool packed, const data_archive_watch *watch, bool *known, lg_err *err)
{
    lg_status st = LG_OK;
    tar *t = lg_alloc(1, sizeof *t, err);
    if (!t) return err->status;
    *t = (tar){.a = a, .watch = watch, .packed = packed};
    if (packed) LG_GO(open_scratch(t, err));
    st = list_all(t, known, err);
    if (!packed) a->store = a->file;
done:
    if (packed) inflateEnd(&t->z);
    lg_free(t->in);
    lg_free(t->piece);
    lg_free(t);
    return st;
}

lg_status data_archive_tar_read(data_archive *a, const archive_member *m, lg_buf *out, lg_err *err)
{
    size_t got, size = (size_t)m->size;
    if (!lg_buf_reserve(out, size)) return lg_buf_check(out, err);
    LG_TRY(data_archive_bytes(a, &a->store, m->at, out->data + out->len, size, &got, err));
    if (got < size) return data_archive_damaged(a, err, "it ends before %.200s does", m->name);
    out->len += size;
    out->data[out->len] = 0;
    return LG_OK;
}
