/* archive.h - for tests: zip and tar archives byte by byte, good ones and bad ones, and folders packed into one.
 *
 *     zipping z = {0};
 *     zip_add(&z, "adidas/1.png", data, len, (zip_how){.deflate = true});
 *     zip_end(&z, (zip_end_how){0});
 *     ds_write("set.zip", z.out.data, z.out.len);
 *     zip_release(&z); */
#ifndef TEST_ARCHIVE_H
#define TEST_ARCHIVE_H

#include <zlib.h>
#include "tests/support/dataset.h"

/* ---- bytes ---- */
static inline void put(lg_buf *b, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) lg_buf_addc(b, (char)(v >> 8 * i & 255));
}

/* wbits: -15 raw, 31 gzip. *len becomes that of the packed bytes, lg_free. */
static inline char *squeeze(const void *data, size_t *len, int wbits)
{
    lg_err err = {0};
    z_stream s = {.next_in = (unsigned char *)data, .avail_in = (unsigned)*len};
    CHECK(deflateInit2(&s, 6, Z_DEFLATED, wbits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t room = deflateBound(&s, *len) + 64;
    char *out = lg_alloc(room, 1, &err);
    CHECK(out != NULL);
    s.next_out = (unsigned char *)out;
    s.avail_out = (unsigned)room;
    CHECK(deflate(&s, Z_FINISH) == Z_STREAM_END);
    *len = s.total_out;
    deflateEnd(&s);
    return out;
}

/* ---- zip ---- */
/* What an entry says of itself; 0: the truth. */
typedef struct zip_how {
    bool deflate, locked, utf8, zip64;
    unsigned mode; /* of Unix: 0120777 is a link */
    int method;
    uint32_t crc;
    uint64_t size, packed, place; /* in the list; place: one more than where the entry begins */
    size_t name_len;              /* of a name with zero bytes */
} zip_how;

typedef struct zipping {
    lg_buf out, list;
    unsigned count;
} zipping;

static inline void zip_add(zipping *z, const char *name, const void *data, size_t len, zip_how how)
{
    size_t packed = len, names = how.name_len ? how.name_len : strlen(name);
    char *small = how.deflate ? squeeze(data, &packed, -15) : NULL;
    if (!z->count) lg_buf_init(&z->out, 0), lg_buf_init(&z->list, 0);
    uint32_t crc = how.crc ? how.crc : (uint32_t)crc32(crc32(0, NULL, 0), data, (unsigned)len);
    uint64_t at = how.place ? how.place - 1 : z->out.len, size = how.size ? how.size : len,
             taken = how.packed ? how.packed : packed;
    unsigned flags = (how.locked ? 1 : 0) | (how.utf8 ? 0x800 : 0);
    int method = how.method ? how.method : how.deflate ? 8 : 0;
    lg_buf_adds(&z->out, "PK\3\4");
    put(&z->out, 20, 2), put(&z->out, flags, 2), put(&z->out, (uint64_t)method, 2), put(&z->out, 0, 4);
    put(&z->out, crc, 4), put(&z->out, packed, 4), put(&z->out, len, 4), put(&z->out, names, 2), put(&z->out, 0, 2);
    lg_buf_add(&z->out, name, names);
    lg_buf_add(&z->out, small ? small : data, packed);
    lg_buf_adds(&z->list, "PK\1\2");
    put(&z->list, 3 << 8 | 45, 2), put(&z->list, 20, 2), put(&z->list, flags, 2), put(&z->list, (uint64_t)method, 2);
    put(&z->list, 0, 4), put(&z->list, crc, 4);
    put(&z->list, how.zip64 ? UINT32_MAX : taken, 4), put(&z->list, how.zip64 ? UINT32_MAX : size, 4);
    put(&z->list, names, 2), put(&z->list, how.zip64 ? 28 : 0, 2), put(&z->list, 0, 2), put(&z->list, 0, 4);
    put(&z->list, (uint64_t)(how.mode ? how.mode : 0100644) << 16, 4), put(&z->list, how.zip64 ? UINT32_MAX : at, 4);
    lg_buf_add(&z->list, name, names);
    if (how.zip64) put(&z->list, 1, 2), put(&z->list, 24, 2), put(&z->list, size, 8), put(&z->list, taken, 8);
    if (how.zip64) put(&z->list, at, 8);
    z->count++;
    lg_free(small);
}

typedef struct zip_end_how {
    bool zip64;
    unsigned count, disk; /* 0: the truth */
    uint64_t place;
} zip_end_how;

static inline void zip_end(zipping *z, zip_end_how how)
{
    uint64_t at = how.place ? how.place : z->out.len, count = how.count ? how.count : z->count, tail;
    if (!z->count) lg_buf_init(&z->out, 0), lg_buf_init(&z->list, 0);
    lg_buf_add(&z->out, lg_buf_str(&z->list), z->list.len);
    tail = z->out.len;
    if (how.zip64) {
        lg_buf_adds(&z->out, "PK\6\6");
        put(&z->out, 44, 8), put(&z->out, 45, 2), put(&z->out, 45, 2), put(&z->out, 0, 8);
        put(&z->out, count, 8), put(&z->out, count, 8), put(&z->out, z->list.len, 8), put(&z->out, at, 8);
        lg_buf_adds(&z->out, "PK\6\7");
        put(&z->out, 0, 4), put(&z->out, tail, 8), put(&z->out, 1, 4);
    }
    lg_buf_adds(&z->out, "PK\5\6");
    put(&z->out, how.disk, 2), put(&z->out, how.disk, 2);
    put(&z->out, how.zip64 ? UINT16_MAX : count, 2), put(&z->out, how.zip64 ? UINT16_MAX : count, 2);
    put(&z->out, how.zip64 ? UINT32_MAX : z->list.len, 4), put(&z->out, how.zip64 ? UINT32_MAX : at, 4);
    put(&z->out, 0, 2);
}

static inline void zip_release(zipping *z)
{
    lg_buf_release(&z->out);
    lg_buf_release(&z->list);
    *z = (zipping){0};
}

/* ---- tar ---- */
static inline void tar_pad(lg_buf *tar)
{
    while (tar->len % 512) lg_buf_addc(tar, 0);
}

/* A header. magic "ustar" with prefix where the name is long; size in octal, or GNU's way from 8 GB. */
static inline void tar_head(lg_buf *tar, const char *name, char type, uint64_t size, const char *link)
{
    char h[512] = {0};
    size_t n = strlen(name), cut = 0;
    for (size_t i = 1; n > 100 && i < n && !cut; i++)
        if (name[i] == '/' && n - i - 1 <= 100 && i <= 155) cut = i;
    if (cut) memcpy(h + 345, name, cut), name += cut + 1;
    memcpy(h, name, strnlen(name, 100));
    snprintf(h + 100, 8, "%07o", 0644u);
    if (size < (uint64_t)1 << 33) snprintf(h + 124, 12, "%011llo", (unsigned long long)size);
    else {
        h[124] = (char)0x80;
        for (int i = 0; i < 8; i++) h[135 - i] = (char)(size >> 8 * i & 255);
    }
    h[156] = type;
    memcpy(h + 157, link, strnlen(link, 100));
    memcpy(h + 257,
           "ustar\0"
           "00",
           8);
    memset(h + 148, ' ', 8);
    unsigned sum = 0;
    for (int i = 0; i < 512; i++) sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum);
    lg_buf_add(tar, h, 512);
}

static inline void tar_add(lg_buf *tar, const char *name, char type, const void *data, size_t len)
{
    tar_head(tar, name, type, len, "");
    lg_buf_add(tar, data, len);
    tar_pad(tar);
}

/* Records of pax before the next header, "path=..." */
static inline void tar_record(lg_buf *tar, const char *record)
{
    char text[9000];
    size_t n = strlen(record) + 2, all = n + 1;
    while (all != n + (size_t)snprintf(NULL, 0, "%zu", all)) all++;
    int len = snprintf(text, sizeof text, "%zu %s\n", all, record);
    tar_add(tar, "PaxHeader", 'x', text, (size_t)len);
}

static inline void tar_end(lg_buf *tar)
{
    static const char zero[1024];
    lg_buf_add(tar, zero, sizeof zero);
}

/* ---- a folder packed ---- */
typedef enum packing { PACK_ZIP, PACK_ZIP_STORED, PACK_TAR, PACK_TAR_GZ, PACK_KINDS } packing;
static const char *const packing_ends[PACK_KINDS] = {".zip", ".zip", ".tar", ".tar.gz"};

/* Everything below a folder into ds_folder/.packed/NAME.zip (or .tar ...), names after `top`; its path, one at a time.
 */
static inline const char *pack_folder(const char *folder, const char *name, packing kind, const char *top)
{
    static char path[300];
    char full[700], inside[700], short_path[100];
    lg_listing list;
    lg_err err = {0};
    lg_buf bytes, tar;
    zipping z = {0};
    lg_buf_init(&bytes, 0), lg_buf_init(&tar, 0);
    CHECK_OK(lg_reach_list(folder, 0, NULL, &list, &err));
    for (size_t i = 0; i < list.count; i++) {
        snprintf(full, sizeof full, "%s/%s", folder, list.path[i]);
        snprintf(inside, sizeof inside, "%s%s", top, list.path[i]);
        lg_buf_clear(&bytes);
        CHECK_OK(lg_reach_read(full, &bytes, &err));
        if (kind >= PACK_TAR) tar_add(&tar, inside, '0', bytes.data, bytes.len);
        else zip_add(&z, inside, bytes.data, bytes.len, (zip_how){.deflate = kind == PACK_ZIP});
    }
    if (kind >= PACK_TAR) tar_end(&tar);
    else zip_end(&z, (zip_end_how){0});
    lg_buf *out = kind >= PACK_TAR ? &tar : &z.out;
    snprintf(short_path, sizeof short_path, ".packed/%.40s%s", name, packing_ends[kind]);
    snprintf(path, sizeof path, "%s/%s", ds_folder, short_path);
    size_t len = out->len;
    char *small = kind == PACK_TAR_GZ ? squeeze(out->data, &len, 31) : NULL;
    ds_write(short_path, small ? small : out->data, len);
    lg_free(small);
    lg_listing_release(&list);
    zip_release(&z);
    lg_buf_release(&tar), lg_buf_release(&bytes);
    return path;
}

#endif
