/* parquet.c - tables as Apache Parquet: pages, row groups, the footer that says where they lie.
 *
 * After the Apache Parquet specification (apache/parquet-format: README.md, Encodings.md, LogicalTypes.md,
 * parquet.thrift); numbers of fields and enumerations below are those of parquet.thrift. */
#include "lib/report/parquet.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#include "lib/report/thrift.h"
#include "lib/base/banned.h"

enum {
    PAGE_BYTES = 1 << 20,  /* of values, before they are packed; one that is larger is a page alone */
    PAGE_ROWS = 1 << 18,   /* truths are small: a bit each */
    GROUP_CELLS = 1 << 20, /* in a row group */
    PACKING = 6            /* zlib's level */
};
#define WHOLE_MOST 9007199254740992.0 /* 2^53 */
#define DAY_MS     86400000

/* Type, ConvertedType, Encoding, CompressionCodec */
enum { BOOLEAN = 0, INT32 = 1, INT64 = 2, DOUBLE = 5, BYTE_ARRAY = 6 };
enum { CONVERTED_UTF8 = 0, CONVERTED_DATE = 6, CONVERTED_TIMESTAMP_MILLIS = 9 };
enum { PLAIN = 0, RLE = 3, GZIP = 2, OPTIONAL = 1, DATA_PAGE = 0 };
/* LogicalType, a union: the number of the field that is set */
enum { LOGICAL_STRING = 1, LOGICAL_DATE = 6, LOGICAL_TIMESTAMP = 8 };

/* A column of one row group, as the footer tells of it. */
typedef struct chunk {
    size_t at, packed, plain; /* in the file; bytes with headers, packed and not */
    size_t nulls;
} chunk;

typedef struct writer {
    const rep_table *table;
    const rep_work *work;
    rep_meaning meaning[REP_COLUMNS]; /* those that hold for every value */
    size_t group_rows, groups;
    chunk *chunk;        /* (groups, columns) */
    size_t start;        /* of the file in out */
    lg_buf page, values; /* one page: levels and values; values alone */
    lg_buf *out;
    lg_err *err;
} writer;

static void add32(lg_buf *out, uint32_t value)
{
    const char bytes[] = {(char)value, (char)(value >> 8), (char)(value >> 16), (char)(value >> 24)};
    lg_buf_add(out, bytes, sizeof bytes);
}

static void add64(lg_buf *out, uint64_t value)
{
    add32(out, (uint32_t)value);
    add32(out, (uint32_t)(value >> 32));
}

/* ---- what a column is ---- */
static bool whole(double number)
{
    return isnan(number) || (number == floor(number) && fabs(number) < WHOLE_MOST);
}

/* Does every value have the meaning that the column claims? */
static bool holds(const rep_table *table, int column, rep_meaning meaning)
{
    int64_t ms;
    for (size_t r = 0; r < table->rows; r++) {
        const rep_cell *cell = rep_cell_at(table, r, column);
        if (meaning == REP_AS_WHOLE && !whole(cell->number)) return false;
        if (meaning == REP_AS_TIME && *cell->text && !rep_time_parse(cell->text, &ms)) return false;
        if (meaning == REP_AS_DAY && *cell->text && !rep_day_parse(cell->text, &ms)) return false;
    }
    return true;
}

static rep_meaning meaning_of(const rep_table *table, int column)
{
    rep_meaning meaning = table->meaning[column];
    bool fits = table->column[column].type == (meaning == REP_AS_WHOLE ? REP_NUMBER : REP_TEXT);
    return fits && holds(table, column, meaning) ? meaning : REP_AS_IS;
}

static int physical(const writer *w, int column)
{
    switch (w->meaning[column]) {
    case REP_AS_DAY: return INT32;
    case REP_AS_TIME:
    case REP_AS_WHOLE: return INT64;
    default: break;
    }
    rep_type type = w->table->column[column].type;
    return type == REP_TEXT ? BYTE_ARRAY : type == REP_TRUTH ? BOOLEAN : DOUBLE;
}

/* ---- values ---- */
static bool missing(const writer *w, size_t row, int column)
{
    const rep_cell *cell = rep_cell_at(w->table, row, column);
    return w->table->column[column].type == REP_TEXT ? !*cell->text : isnan(cell->number);
}

/* UTF-8 always: what is none becomes U+FFFD. */
static void add_utf8(lg_buf *out, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t good = lg_utf8_valid(text + at, len - at);
        lg_buf_add(out, text + at, good);
        at += good;
        if (at < len) lg_buf_adds(out, "\xef\xbf\xbd");
        at += at < len;
    }
}

static void add_text(lg_buf *out, const char *text)
{
    size_t at = out->len;
    add32(out, 0);
    add_utf8(out, text, strlen(text));
    if (out->failed) return;
    size_t len = out->len - at - 4;
    for (int i = 0; i < 4; i++) out->data[at + (size_t)i] = (char)(len >> 8 * i);
}

static void add_value(writer *w, size_t row, int column)
{
    const rep_cell *cell = rep_cell_at(w->table, row, column);
    int64_t ms = 0;
    uint64_t bits;
    switch (w->meaning[column]) {
    case REP_AS_WHOLE: add64(&w->values, (uint64_t)(int64_t)cell->number); return;
    case REP_AS_TIME:
        if (rep_time_parse(cell->text, &ms)) add64(&w->values, (uint64_t)ms);
        return;
    case REP_AS_DAY:
        if (rep_day_parse(cell->text, &ms)) add32(&w->values, (uint32_t)(ms / DAY_MS));
        return;
    default: break;
    }
    if (w->table->column[column].type == REP_TEXT) {
        add_text(&w->values, cell->text);
        return;
    }
    memcpy(&bits, &cell->number, sizeof bits);
    add64(&w->values, bits);
}

/* Bits, the lowest first: truths, and whether there is a value. */
typedef struct bits {
    lg_buf *out;
    unsigned byte;
    int used;
} bits;

static void add_bit(bits *b, bool bit)
{
    b->byte |= (unsigned)bit << b->used;
    if (++b->used < 8) return;
    lg_buf_addc(b->out, (char)b->byte);
    *b = (bits){.out = b->out};
}

static void end_bits(bits *b)
{
    while (b->used) add_bit(b, false);
}

/* Rows of one page, from `row` on; their values are left in w->values. */
static size_t take_values(writer *w, size_t row, size_t end, int column, size_t *nulls)
{
    size_t at = row;
    bits truths = {.out = &w->values};
    bool truth = physical(w, column) == BOOLEAN;
    lg_buf_clear(&w->values);
    for (*nulls = 0; at < end && at - row < PAGE_ROWS && w->values.len < PAGE_BYTES; at++) {
        if (missing(w, at, column)) ++*nulls;
        else if (truth) add_bit(&truths, rep_cell_at(w->table, at, column)->number != 0);
        else add_value(w, at, column);
    }
    end_bits(&truths);
    return at - row;
}

/* ---- pages ---- */
static void add_varint(lg_buf *out, size_t value)
{
    for (; value >= 0x80; value >>= 7) lg_buf_addc(out, (char)(value | 0x80));
    lg_buf_addc(out, (char)value);
}

/* Definition levels: 1 where there is a value. One run where all rows are alike, else one bit a row. */
static void add_levels(writer *w, size_t row, size_t rows, int column, size_t nulls)
{
    lg_buf *page = &w->page;
    size_t at = page->len;
    add32(page, 0);
    if (nulls == 0 || nulls == rows) {
        add_varint(page, rows << 1);
        lg_buf_addc(page, nulls == 0);
    } else {
        bits levels = {.out = page};
        add_varint(page, (rows + 7) / 8 << 1 | 1);
        for (size_t r = row; r < row + rows; r++) add_bit(&levels, !missing(w, r, column));
        end_bits(&levels);
    }
    if (page->failed) return;
    size_t len = page->len - at - 4;
    for (int i = 0; i < 4; i++) page->data[at + (size_t)i] = (char)(len >> 8 * i);
}

static void add_page_header(lg_buf *out, size_t rows, size_t plain, size_t packed)
{
    thrift t = {.out = out};
    rep_thrift_int(&t, 1, THRIFT_I32, DATA_PAGE);
    rep_thrift_int(&t, 2, THRIFT_I32, (int64_t)plain);
    rep_thrift_int(&t, 3, THRIFT_I32, (int64_t)packed);
    rep_thrift_open(&t, 5); /* DataPageHeader */
    rep_thrift_int(&t, 1, THRIFT_I32, (int64_t)rows);
    rep_thrift_int(&t, 2, THRIFT_I32, PLAIN);
    rep_thrift_int(&t, 3, THRIFT_I32, RLE);
    rep_thrift_int(&t, 4, THRIFT_I32, RLE);
    rep_thrift_close(&t);
    rep_thrift_stop(&t);
}

/* One gzip member (RFC 1952), into `out`. */
static lg_status pack(const lg_buf *in, lg_buf *out, lg_err *err)
{
    enum { GZIP_WINDOW = 15 + 16, MEMORY = 8 };
    z_stream z = {0};
    int end = Z_MEM_ERROR;
    if (deflateInit2(&z, PACKING, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return lg_fail(err, LG_E_MEMORY, 901, "out of memory while packing a table");
    size_t most = deflateBound(&z, in->len);
    lg_buf_clear(out);
    if (lg_buf_reserve(out, most)) {
        z.next_in = (unsigned char *)in->data;
        z.avail_in = (unsigned)in->len;
        z.next_out = (unsigned char *)out->data;
        z.avail_out = (unsigned)most;
        end = deflate(&z, Z_FINISH);
        out->len = (size_t)z.total_out;
    }
    deflateEnd(&z);
    if (end == Z_STREAM_END) return LG_OK;
    return lg_fail(err, LG_E_MEMORY, 901, "out of memory while packing a table");
}

static lg_status write_page(writer *w, size_t row, size_t rows, int column, size_t nulls, chunk *c)
{
    lg_buf_clear(&w->page);
    add_levels(w, row, rows, column, nulls);
    lg_buf_add(&w->page, w->values.data ? w->values.data : "", w->values.len);
    LG_TRY(lg_buf_check(&w->values, w->err));
    LG_TRY(lg_buf_check(&w->page, w->err));
    LG_TRY(pack(&w->page, &w->values, w->err)); /* the values have been copied */
    size_t start = w->out->len;
    add_page_header(w->out, rows, w->page.len, w->values.len);
    c->plain += w->out->len - start + w->page.len;
    lg_buf_add(w->out, w->values.data, w->values.len);
    c->packed += w->out->len - start;
    c->nulls += nulls;
    return lg_buf_check(w->out, w->err);
}

static lg_status write_chunk(writer *w, size_t row, size_t end, int column, chunk *c)
{
    *c = (chunk){.at = w->out->len - w->start};
    while (row < end) {
        size_t nulls, rows = take_values(w, row, end, column, &nulls);
        LG_TRY(lg_cancel_check(w->work->cancel, w->err));
        LG_TRY(write_page(w, row, rows, column, nulls, c));
        row += rows;
    }
    return LG_OK;
}

static size_t group_end(const writer *w, size_t group)
{
    size_t end = (group + 1) * w->group_rows;
    return end < w->table->rows ? end : w->table->rows;
}

static lg_status write_groups(writer *w)
{
    size_t columns = (size_t)w->table->columns;
    for (size_t g = 0; g < w->groups; g++)
        for (size_t i = 0; i < columns; i++) {
            LG_TRY(write_chunk(w, g * w->group_rows, group_end(w, g), (int)i, &w->chunk[g * columns + i]));
            if (w->work->progress) w->work->progress(w->work->ctx, g * columns + i + 1, w->groups * columns);
        }
    return LG_OK;
}

/* ---- footer ---- */
static void add_name(thrift *t, int field, const char *name)
{
    lg_buf text;
    lg_buf_init(&text, 0);
    add_utf8(&text, name, strlen(name));
    if (text.failed) t->out->failed = text.failed;
    if (field) rep_thrift_bytes(t, field, lg_buf_str(&text), text.len);
    else rep_thrift_item_bytes(t, lg_buf_str(&text), text.len);
    lg_buf_release(&text);
}

static void add_logical(thrift *t, int converted, int logical)
{
    rep_thrift_int(t, 6, THRIFT_I32, converted);
    rep_thrift_open(t, 10); /* LogicalType */
    rep_thrift_open(t, logical);
    if (logical == LOGICAL_TIMESTAMP) {
        rep_thrift_truth(t, 1, true); /* isAdjustedToUTC */
        rep_thrift_open(t, 2);        /* TimeUnit */
        rep_thrift_open(t, 1);        /* MILLIS */
        rep_thrift_close(t);
        rep_thrift_close(t);
    }
    rep_thrift_close(t);
    rep_thrift_close(t);
}

static void add_column(thrift *t, const writer *w, int column)
{
    int type = physical(w, column);
    rep_thrift_item(t); /* SchemaElement */
    rep_thrift_int(t, 1, THRIFT_I32, type);
    rep_thrift_int(t, 3, THRIFT_I32, OPTIONAL);
    add_name(t, 4, w->table->column[column].name);
    if (type == BYTE_ARRAY) add_logical(t, CONVERTED_UTF8, LOGICAL_STRING);
    if (w->meaning[column] == REP_AS_DAY) add_logical(t, CONVERTED_DATE, LOGICAL_DATE);
    if (w->meaning[column] == REP_AS_TIME) add_logical(t, CONVERTED_TIMESTAMP_MILLIS, LOGICAL_TIMESTAMP);
    rep_thrift_close(t);
}

static void add_chunk(thrift *t, const writer *w, int column, const chunk *c, size_t rows)
{
    rep_thrift_item(t); /* ColumnChunk */
    rep_thrift_int(t, 2, THRIFT_I64, (int64_t)c->at);
    rep_thrift_open(t, 3); /* ColumnMetaData */
    rep_thrift_int(t, 1, THRIFT_I32, physical(w, column));
    rep_thrift_list(t, 2, THRIFT_I32, 2);
    rep_thrift_item_int(t, PLAIN);
    rep_thrift_item_int(t, RLE);
    rep_thrift_list(t, 3, THRIFT_BYTES, 1);
    add_name(t, 0, w->table->column[column].name);
    rep_thrift_int(t, 4, THRIFT_I32, GZIP);
    rep_thrift_int(t, 5, THRIFT_I64, (int64_t)rows);
    rep_thrift_int(t, 6, THRIFT_I64, (int64_t)c->plain);
    rep_thrift_int(t, 7, THRIFT_I64, (int64_t)c->packed);
    rep_thrift_int(t, 9, THRIFT_I64, (int64_t)c->at);
    rep_thrift_open(t, 12); /* Statistics */
    rep_thrift_int(t, 3, THRIFT_I64, (int64_t)c->nulls);
    rep_thrift_close(t);
    rep_thrift_close(t);
    rep_thrift_close(t);
}

static void add_group(thrift *t, const writer *w, size_t group)
{
    size_t columns = (size_t)w->table->columns, plain = 0, packed = 0;
    size_t rows = group_end(w, group) - group * w->group_rows;
    const chunk *c = &w->chunk[group * columns];
    for (size_t i = 0; i < columns; i++) plain += c[i].plain, packed += c[i].packed;
    rep_thrift_item(t); /* RowGroup */
    rep_thrift_list(t, 1, THRIFT_RECORD, columns);
    for (size_t i = 0; i < columns; i++) add_chunk(t, w, (int)i, &c[i], rows);
    rep_thrift_int(t, 2, THRIFT_I64, (int64_t)plain);
    rep_thrift_int(t, 3, THRIFT_I64, (int64_t)rows);
    rep_thrift_int(t, 5, THRIFT_I64, (int64_t)c->at);
    rep_thrift_int(t, 6, THRIFT_I64, (int64_t)packed);
    rep_thrift_close(t);
}

static void add_footer(const writer *w)
{
    static const char maker[] = "Logolens version " LG_VERSION;
    size_t start = w->out->len;
    thrift t = {.out = w->out};
    rep_thrift_int(&t, 1, THRIFT_I32, 2); /* FileMetaData: version */
    rep_thrift_list(&t, 2, THRIFT_RECORD, (size_t)w->table->columns + 1);
    rep_thrift_item(&t);
    add_name(&t, 4, "table");
    rep_thrift_int(&t, 5, THRIFT_I32, w->table->columns);
    rep_thrift_close(&t);
    for (int i = 0; i < w->table->columns; i++) add_column(&t, w, i);
    rep_thrift_int(&t, 3, THRIFT_I64, (int64_t)w->table->rows);
    rep_thrift_list(&t, 4, THRIFT_RECORD, w->groups);
    for (size_t g = 0; g < w->groups; g++) add_group(&t, w, g);
    rep_thrift_bytes(&t, 6, maker, sizeof maker - 1);
    rep_thrift_stop(&t);
    add32(w->out, (uint32_t)(w->out->len - start));
    lg_buf_adds(w->out, "PAR1");
}

/* ---- all of it ---- */
static lg_status write_file(writer *w)
{
    size_t columns = (size_t)w->table->columns;
    w->group_rows = columns < GROUP_CELLS ? GROUP_CELLS / (columns ? columns : 1) : 1;
    w->groups = columns ? (w->table->rows + w->group_rows - 1) / w->group_rows : 0;
    w->chunk = lg_alloc(w->groups * columns, sizeof *w->chunk, w->err);
    if (!w->chunk) return w->err->status;
    for (int i = 0; i < w->table->columns; i++) w->meaning[i] = meaning_of(w->table, i);
    lg_buf_adds(w->out, "PAR1");
    LG_TRY(write_groups(w));
    add_footer(w);
    return lg_buf_check(w->out, w->err);
}

lg_status rep_parquet_write(const rep_table *table, const rep_work *work, lg_buf *out, lg_err *err)
{
    static const rep_work none;
    writer *w = lg_alloc(1, sizeof *w, err);
    if (!w) return err->status;
    *w = (writer){.table = table, .work = work ? work : &none, .start = out->len, .out = out, .err = err};
    lg_buf_init(&w->page, 0);
    lg_buf_init(&w->values, 0);
    lg_status st = write_file(w);
    lg_buf_release(&w->page);
    lg_buf_release(&w->values);
    lg_free(w->chunk);
    lg_free(w);
    return st;
}
