/* idx.c - reads IDX files, plain or packed with gzip, into one block each. */
#include "lib/data/idx.h"
#include <string.h>
#include <zlib.h>
#include "lib/base/reach.h"

#include "lib/base/banned.h"

enum { UBYTE = 8, HEAD_MOST = 16, MOST_SIDE = 4096 };

/* ---- bytes, unpacked where they are packed ---- */
typedef struct idx_stream {
    const char *name;
    bool packed;
    z_stream z;
    const unsigned char *s;
    size_t left;
    bool ended; /* packed: its checksum has been read, and agrees */
} idx_stream;

static lg_status refuse(const idx_stream *in, const char *why, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 327, "%s is no IDX file that can be read", in->name);
    lg_why(err, "%s", why);
    return lg_try(err, "download it again, and compare its checksum with the publisher's");
}

static lg_status stream_open(idx_stream *in, const char *bytes, size_t len, lg_err *err)
{
    in->s = (const unsigned char *)bytes;
    in->left = len;
    in->packed = len > 2 && in->s[0] == 0x1f && in->s[1] == 0x8b;
    if (!in->packed) return LG_OK;
    in->z.next_in = (unsigned char *)bytes; /* zlib does not write there */
    in->z.avail_in = (unsigned)len;
    if (len > UINT32_MAX / 2) return refuse(in, "it is too large", err);
    if (inflateInit2(&in->z, 16 + MAX_WBITS) != Z_OK) return lg_fail(err, LG_E_MEMORY, 901, "out of memory");
    return LG_OK;
}

/* Up to n bytes; fewer only at the end, or where the packing is damaged. */
static size_t stream_take(idx_stream *in, unsigned char *out, size_t n)
{
    if (!in->packed) {
        size_t take = n < in->left ? n : in->left;
        memcpy(out, in->s, take);
        in->s += take;
        in->left -= take;
        return take;
    }
    in->z.next_out = out;
    in->z.avail_out = (unsigned)n;
    while (in->z.avail_out > 0 && !in->ended) {
        int said = inflate(&in->z, Z_NO_FLUSH);
        in->ended = said == Z_STREAM_END;
        if (said != Z_OK) break;
    }
    return n - in->z.avail_out;
}

static void stream_close(idx_stream *in)
{
    if (in->packed) inflateEnd(&in->z);
}

/* ---- the file ---- */
static uint32_t big_endian(const unsigned char *s)
{
    return (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 8 | s[3];
}

static lg_status read_head(idx_stream *in, data_idx *idx, lg_err *err)
{
    unsigned char head[HEAD_MOST];
    if (stream_take(in, head, 8) < 8 || head[0] || head[1] || head[2] != UBYTE || (head[3] != 1 && head[3] != 3))
        return refuse(in, "it does not begin as one of unsigned bytes in one or three dimensions does", err);
    idx->count = big_endian(head + 4);
    idx->h = idx->w = 1;
    if (head[3] == 1) return LG_OK;
    if (stream_take(in, head + 8, 8) < 8) return refuse(in, "it ends in its first line", err);
    uint32_t h = big_endian(head + 8), w = big_endian(head + 12);
    if (h < 1 || h > MOST_SIDE || w < 1 || w > MOST_SIDE)
        return refuse(in, "its pictures have no height or width, or too much of it", err);
    idx->h = (int)h;
    idx->w = (int)w;
    return LG_OK;
}

static lg_status read_elements(idx_stream *in, data_idx *idx, lg_err *err)
{
    unsigned char more;
    size_t each = (size_t)idx->h * (size_t)idx->w;
    if (idx->count > DATA_IDX_LIMIT / each)
        return lg_fail(err, LG_E_LIMIT, 303, "%s has more than %zu MB of pictures", in->name, DATA_IDX_LIMIT >> 20);
    size_t size = idx->count * each;
    idx->px = lg_alloc(size + 1, 1, err);
    if (!idx->px) return err->status;
    if (stream_take(in, idx->px, size) < size) return refuse(in, "it ends before the last picture or is damaged", err);
    if (stream_take(in, &more, 1)) return refuse(in, "there is something behind its last picture", err);
    return in->packed && !in->ended ? refuse(in, "its packing ends early or has another checksum", err) : LG_OK;
}

lg_status data_idx_read(const char *bytes, size_t len, const char *name, data_idx **out, lg_err *err)
{
    lg_status st;
    idx_stream in = {.name = name};
    data_idx *idx = lg_alloc(1, sizeof *idx, err);
    if (!idx) return err->status;
    atomic_init(&idx->refs, 1);
    LG_GO(stream_open(&in, bytes, len, err));
    LG_GO(read_head(&in, idx, err));
    LG_GO(read_elements(&in, idx, err));
    idx->path = lg_strdup(name, err);
    if (!idx->path) st = err->status;
done:
    stream_close(&in);
    if (st) data_idx_unref(idx);
    else *out = idx;
    return st;
}

lg_status data_idx_open(const char *path, data_archive *within, data_idx **out, lg_err *err)
{
    lg_buf bytes;
    size_t len;
    lg_buf_init(&bytes, DATA_IDX_LIMIT);
    bool inside = within && data_archive_split(path, &len);
    lg_status st = inside ? data_archive_read(within, path + len + 2, &bytes, err) : lg_reach_read(path, &bytes, err);
    if (!st) st = data_idx_read(lg_buf_str(&bytes), bytes.len, path, out, err);
    lg_buf_release(&bytes);
    return st;
}

data_idx *data_idx_ref(data_idx *idx)
{
    atomic_fetch_add_explicit(&idx->refs, 1, memory_order_relaxed);
    return idx;
}

void data_idx_unref(data_idx *idx)
{
    if (!idx || atomic_fetch_sub_explicit(&idx->refs, 1, memory_order_acq_rel) != 1) return;
    lg_free(idx->path);
    lg_free(idx->px);
    lg_free(idx);
}

bool data_idx_split(const char *path, size_t *len, size_t *number)
{
    const char *mark = strstr(path, "//");
    for (const char *more = mark; more; more = strstr(more + 2, "//")) mark = more;
    size_t digits = mark ? strspn(mark + 2, "0123456789") : 0;
    if (digits < 5 || digits > 9 || mark[2 + digits]) return false;
    *len = (size_t)(mark - path);
    *number = 0;
    for (const char *s = mark + 2; *s; s++) *number = *number * 10 + (size_t)(*s - '0');
    return true;
}
