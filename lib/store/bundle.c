/* bundle.c - head, table of sections, checksums.
 *
 *     magic 8 | version u32 | sections u32 | kind 16 | length u64 | (name 16 | at u64 | length u64 | SHA-256 32) per
 *     section | SHA-256 of all before | sections */
#include "lib/store/bundle.h"
#include <string.h>
#include "lib/image/hash.h"

#include "lib/base/banned.h"

enum { HEAD = 40, ROW = 64, SUM = 32 };

/* As PNG's: a byte that is no text, and both line ends, so that a transfer as text is seen at once. */
static const char magic[8] = "\x89"
                             "LENS\r\n\x1a";

static void sum_of(const void *data, size_t len, unsigned char sum[SUM])
{
    char hex[IMG_SHA256_HEX];
    img_sha256(data, len, hex);
    for (int i = 0; i < SUM; i++) {
        int high = hex[2 * i] <= '9' ? hex[2 * i] - '0' : hex[2 * i] - 'a' + 10;
        int low = hex[2 * i + 1] <= '9' ? hex[2 * i + 1] - '0' : hex[2 * i + 1] - 'a' + 10;
        sum[i] = (unsigned char)(high << 4 | low);
    }
}

static size_t head_size(int sections)
{
    return HEAD + (size_t)sections * ROW + SUM;
}

/* ---- writing ---- */
static void add_name(lg_buf *out, const char *name)
{
    char field[STORE_NAME] = "";
    memcpy(field, name, strnlen(name, STORE_NAME - 1));
    lg_buf_add(out, field, STORE_NAME);
}

void store_writer_init(store_writer *w, const char *kind, int sections)
{
    *w = (store_writer){.sections = sections};
    lg_buf_init(&w->out, (size_t)8 << 30);
    lg_buf_add(&w->out, magic, sizeof magic);
    lg_pack_u32(&w->out, STORE_VERSION);
    lg_pack_u32(&w->out, (uint32_t)sections);
    add_name(&w->out, kind);
    lg_pack_u64(&w->out, 0); /* the length, and below the table: filled in at the end */
    for (int i = 0; i < sections * ROW + SUM; i++) lg_buf_addc(&w->out, 0);
}

static void put_u64(char *to, uint64_t value)
{
    for (int i = 0; i < 8; i++) to[i] = (char)(value >> (8 * i));
}

static void close_section(store_writer *w)
{
    if (!w->begun || w->out.failed) return;
    char *row = w->out.data + HEAD + (size_t)(w->begun - 1) * ROW;
    size_t len = w->out.len - w->from;
    put_u64(row + 16, w->from);
    put_u64(row + 24, len);
    sum_of(w->out.data + w->from, len, (unsigned char *)row + 32);
}

lg_buf *store_writer_section(store_writer *w, const char *name)
{
    close_section(w);
    LG_BUG_ON(w->begun >= w->sections);
    if (!w->out.failed) memcpy(w->out.data + HEAD + (size_t)w->begun * ROW, name, strnlen(name, STORE_NAME - 1));
    w->begun++;
    w->from = w->out.len;
    return &w->out;
}

lg_status store_writer_finish(store_writer *w, lg_err *err)
{
    LG_BUG_ON(w->begun != w->sections);
    close_section(w);
    LG_TRY(lg_buf_check(&w->out, err));
    put_u64(w->out.data + 32, w->out.len);
    size_t head = head_size(w->sections) - SUM;
    sum_of(w->out.data, head, (unsigned char *)w->out.data + head);
    return LG_OK;
}

void store_writer_release(store_writer *w)
{
    lg_buf_release(&w->out);
}

/* ---- reading ---- */
static lg_status foreign(const char *file, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 332, "`%.200s` is not a file that Logolens saved", file);
    lg_why(err, "it does not begin as one; the name of a file does not say what is in it");
    return lg_try(err, "`open` takes what `save` wrote; `load` reads folders of images");
}

static lg_status newer(const char *file, uint32_t version, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 333, "`%.200s` was written by a newer Logolens", file);
    lg_why(err, "it has format %u; Logolens " LG_VERSION " reads up to format %d", version, STORE_VERSION);
    return lg_try(err, "update Logolens, or save it again with the older one");
}

static bool same_sum(const void *data, size_t len, const unsigned char sum[SUM])
{
    unsigned char is[SUM];
    sum_of(data, len, is);
    return memcmp(is, sum, SUM) == 0;
}

/* A name: plain characters, then zeros to the end of its field. */
static void read_name(lg_unpack *in, char name[STORE_NAME])
{
    const char *field = lg_unpack_bytes(in, STORE_NAME);
    if (!field) return;
    size_t len = strnlen(field, STORE_NAME);
    for (size_t i = 0; i < STORE_NAME; i++)
        if (i < len ? field[i] < 0x20 || field[i] > 0x7e : field[i] != 0) lg_unpack_refuse(in, "a name is damaged");
    if (!len || len == STORE_NAME) lg_unpack_refuse(in, "a name is damaged");
    if (!in->bad) memcpy(name, field, STORE_NAME);
}

static void read_row(lg_unpack *in, store_bundle *out, int i, size_t *end)
{
    char name[STORE_NAME] = "";
    read_name(in, name);
    uint64_t at = lg_unpack_u64(in), len = lg_unpack_u64(in);
    const unsigned char *sum = lg_unpack_bytes(in, SUM);
    for (int k = 0; k < i; k++)
        if (strcmp(out->section[k].name, name) == 0) lg_unpack_refuse(in, "`%s` is there twice", name);
    if (at != *end || len > in->len - *end) lg_unpack_refuse(in, "`%s` is not where it should be", name);
    if (in->bad) return;
    if (!same_sum(out->data + at, (size_t)len, sum)) lg_unpack_refuse(in, "the checksum of `%s` is wrong", name);
    memcpy(out->section[i].name, name, STORE_NAME);
    out->section[i].at = (size_t)at;
    out->section[i].len = (size_t)len;
    *end += (size_t)len;
}

lg_status store_bundle_read(const char *file, const void *data, size_t len, store_bundle *out, lg_err *err)
{
    lg_unpack in;
    *out = (store_bundle){.file = file, .data = data};
    if (len < 12 || memcmp(data, magic, sizeof magic) != 0) return foreign(file, err);
    lg_unpack_init(&in, data, len, file, "head");
    in.at = sizeof magic;
    uint32_t version = lg_unpack_u32(&in);
    if (version > STORE_VERSION) return newer(file, version, err);
    if (version < 1) lg_unpack_refuse(&in, "there is no format 0");
    out->sections = (int)lg_unpack_count(&in, STORE_SECTIONS, ROW);
    read_name(&in, out->kind);
    uint64_t total = lg_unpack_u64(&in);
    if (total != len) lg_unpack_refuse(&in, "it should have %s bytes", lg_thousands((long long)total));
    size_t end = head_size(out->sections);
    if (!in.bad && (end > len || !same_sum(data, end - SUM, out->data + end - SUM)))
        lg_unpack_refuse(&in, "the checksum of its head is wrong");
    for (int i = 0; i < out->sections && !in.bad; i++) read_row(&in, out, i, &end);
    if (end != len) lg_unpack_refuse(&in, "something is left over at its end");
    return lg_unpack_check(&in, err);
}

bool store_bundle_has(const store_bundle *b, const char *name)
{
    for (int i = 0; i < b->sections; i++)
        if (strcmp(b->section[i].name, name) == 0) return true;
    return false;
}

lg_status store_bundle_section(const store_bundle *b, const char *name, lg_unpack *in, lg_err *err)
{
    for (int i = 0; i < b->sections; i++) {
        if (strcmp(b->section[i].name, name) != 0) continue;
        lg_unpack_init(in, b->data + b->section[i].at, b->section[i].len, b->file, name);
        return LG_OK;
    }
    lg_unpack_init(in, b->data, 0, b->file, name);
    lg_unpack_refuse(in, "it is missing");
    return lg_unpack_check(in, err);
}
