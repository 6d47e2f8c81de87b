/* npz_zip.c - the list at the end of a zip archive (PKWARE's APPNOTE, 4.3), and the bytes of its entries. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "nnlib/io/npy.h"
#include "lib/base/banned.h"

enum { END_SIZE = 22, COMMENT_MOST = 65535, ROW_SIZE = 46, HEAD_SIZE = 30, DEFLATE_MOST = 1032 };
enum { STORED = 0, DEFLATED = 8, LOCKED = 1, ENTRY_ROOM = 64 };
/* All entries together may come to this many times the file, and this much besides. */
enum { UNPACKED_TIMES = 32, UNPACKED_FREE = 64 << 20 };

static uint32_t u16_at(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32_at(const unsigned char *p)
{
    return u16_at(p) | u16_at(p + 2) << 16;
}

/* ---- the list ---- */
/* The record at the end, behind which nothing is but its own comment; NULL: there is none. */
static const unsigned char *find_end(const unsigned char *data, size_t len)
{
    for (size_t comment = 0; comment <= COMMENT_MOST && comment + END_SIZE <= len; comment++) {
        const unsigned char *p = data + (len - END_SIZE - comment);
        if (memcmp(p, "PK\5\6", 4) == 0 && u16_at(p + 20) == comment) return p;
    }
    return NULL;
}

static lg_status too_large(const nn_zip *zip, lg_err *err)
{
    lg_fail(err, LG_E_UNSUPPORTED, 362, "`%.200s` is an archive of more than is read", zip->file);
    lg_why(err, "its list is that of an archive of several parts, or of 4 GB and more (zip64)");
    return lg_try(err, "save the weights as safetensors where they were made");
}

/* The header that stands before an entry's bytes says the same as the list. */
static lg_status find_bytes(const nn_zip *zip, nn_zip_entry *e, const unsigned char *row, size_t list, lg_err *err)
{
    uint32_t name_len = u16_at(row + 28), offset = u32_at(row + 42);
    const unsigned char *head = zip->data + (offset < list ? offset : 0);
    if (offset > list || list - offset < HEAD_SIZE || memcmp(head, "PK\3\4", 4) != 0)
        return nn_named_damaged(zip->file, err, "`%.60s` is not where the archive's list says", e->name);
    size_t lead = HEAD_SIZE + (size_t)u16_at(head + 26) + u16_at(head + 28);
    if (lead > list - offset || e->packed > list - offset - lead)
        return nn_named_damaged(zip->file, err, "`%.60s` is cut off", e->name);
    if (u16_at(head + 26) != name_len || memcmp(head + HEAD_SIZE, row + ROW_SIZE, name_len) != 0 ||
        u16_at(head + 8) != (uint32_t)e->method)
        return nn_named_damaged(zip->file, err, "`%.60s` is called otherwise where its bytes are", e->name);
    e->data = head + lead;
    e->begin = offset, e->end = offset + lead + e->packed;
    return LG_OK;
}

static lg_status check_entry(const nn_zip *zip, const nn_zip_entry *e, uint32_t flags, lg_err *err)
{
    if (flags & LOCKED || (e->method != STORED && e->method != DEFLATED)) {
        lg_fail(err, LG_E_UNSUPPORTED, 362, "`%.60s` in `%.200s` is packed in a way that is not read", e->name,
                zip->file);
        return lg_why(err, flags & LOCKED ? "it is encrypted" : "it is packed by method %d; read are 0 and 8 (deflate)",
                      e->method);
    }
    bool fits = e->method == STORED ? e->packed == e->size : e->size / DEFLATE_MOST <= e->packed;
    if (fits) return LG_OK;
    return nn_named_damaged(zip->file, err, "the sizes of `%.60s` in the archive's list cannot be", e->name);
}

/* The row's whole length goes to *used. */
static lg_status read_row(nn_zip *zip, const unsigned char *row, size_t list, size_t left, size_t *used, lg_err *err)
{
    nn_zip_entry *e = &zip->entry[zip->count];
    if (left < ROW_SIZE || memcmp(row, "PK\1\2", 4) != 0)
        return nn_named_damaged(zip->file, err, "the archive's list ends early");
    size_t name_len = u16_at(row + 28);
    *used = ROW_SIZE + name_len + u16_at(row + 30) + u16_at(row + 32);
    if (*used > left) return nn_named_damaged(zip->file, err, "the archive's list ends early");
    if (!name_len || name_len > NN_NAMED_NAME + 4 || memchr(row + ROW_SIZE, 0, name_len))
        return nn_named_damaged(zip->file, err, "a name in the archive is none that an array can have");
    *e = (nn_zip_entry){
        .method = (int)u16_at(row + 10), .crc = u32_at(row + 16), .packed = u32_at(row + 20), .size = u32_at(row + 24)};
    e->name = lg_arena_strndup(&zip->names, (const char *)row + ROW_SIZE, name_len, err);
    if (!e->name) return err->status;
    if (e->packed == UINT32_MAX || e->size == UINT32_MAX || u32_at(row + 42) == UINT32_MAX || u16_at(row + 34))
        return too_large(zip, err);
    LG_TRY(check_entry(zip, e, u16_at(row + 8), err));
    LG_TRY(find_bytes(zip, e, row, list, err));
    zip->count++;
    return LG_OK;
}

static int by_place(const void *left, const void *right)
{
    const nn_zip_entry *a = left, *b = right;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    return strcmp(a->name, b->name);
}

static lg_status check_together(nn_zip *zip, lg_err *err)
{
    uint64_t unpacked = 0, most = (uint64_t)zip->len * UNPACKED_TIMES + UNPACKED_FREE;
    qsort(zip->entry, zip->count, sizeof *zip->entry, by_place);
    for (size_t i = 0; i < zip->count; i++) {
        unpacked += zip->entry[i].size;
        if (i && zip->entry[i].begin < zip->entry[i - 1].end)
            return nn_named_damaged(zip->file, err, "`%.60s` and `%.60s` lie over one another", zip->entry[i - 1].name,
                                    zip->entry[i].name);
    }
    if (unpacked <= most) return LG_OK;
    return nn_named_damaged(zip->file, err, "unpacked it would have %s bytes, more than %d times its own",
                            lg_thousands((long long)unpacked), UNPACKED_TIMES);
}

lg_status nn_zip_open(nn_zip *zip, const unsigned char *data, size_t len, const char *file, lg_err *err)
{
    *zip = (nn_zip){.file = file, .data = data, .len = len};
    lg_arena_init(&zip->names, 0);
    const unsigned char *end = find_end(data, len);
    if (!end) return nn_named_damaged(file, err, "the archive has no list at its end; perhaps it was cut off");
    size_t count = u16_at(end + 10), size = u32_at(end + 12), list = u32_at(end + 16), used = 0;
    if (u32_at(end + 4) || count == UINT16_MAX || size == UINT32_MAX || list == UINT32_MAX) return too_large(zip, err);
    if (u16_at(end + 8) != count || list > len || size != (size_t)(end - data) - list || list > (size_t)(end - data))
        return nn_named_damaged(file, err, "the archive's list is not where its end says");
    if (count > NN_NAMED_MOST || count > size / ROW_SIZE)
        return nn_named_damaged(file, err, "the archive's list is shorter than its number of entries");
    zip->entry = lg_alloc(count, sizeof *zip->entry, err);
    if (!zip->entry) return err->status;
    for (size_t at = 0; zip->count < count; at += used)
        LG_TRY(read_row(zip, data + list + at, list, size - at, &used, err));
    return check_together(zip, err);
}

void nn_zip_release(nn_zip *zip)
{
    lg_free(zip->entry);
    lg_arena_release(&zip->names);
    *zip = (nn_zip){0};
}

/* ---- bytes ---- */
static lg_status unpack(const nn_zip *zip, const nn_zip_entry *e, unsigned char *out, lg_err *err)
{
    z_stream s = {.next_in = (unsigned char *)e->data, .avail_in = (unsigned)e->packed};
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    s.next_out = out;
    s.avail_out = (unsigned)e->size;
    int said = inflate(&s, Z_FINISH);
    bool whole = said == Z_STREAM_END && s.avail_out == 0 && s.avail_in == 0;
    inflateEnd(&s);
    if (said == Z_MEM_ERROR) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    if (whole) return LG_OK;
    return nn_named_damaged(zip->file, err, "the packing of `%.60s` is damaged, or its size is another than the list's",
                            e->name);
}

lg_status nn_zip_bytes(const nn_zip *zip, const nn_zip_entry *e, lg_arena *room, const unsigned char **out, lg_err *err)
{
    *out = e->data;
    if (e->method == DEFLATED) {
        unsigned char *block = lg_arena_alloc(room, e->size, 1, err);
        if (!block) return err->status;
        LG_TRY(unpack(zip, e, block, err));
        *out = block;
    }
    if (crc32_z(0, *out, e->size) == e->crc) return LG_OK;
    return nn_named_damaged(zip->file, err, "the checksum of `%.60s` is another than the archive's list says", e->name);
}
