/* table_json.c - an array of flat JSON objects as a table: one walk over the text finds the columns and what they are,
 * a second one fills the rows. */
#include "lib/report/table.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

typedef enum json_kind { JSON_NULL, JSON_TEXT, JSON_NUMBER, JSON_TRUTH } json_kind;

typedef struct json_reader {
    const char *start, *at, *end, *name;
    rep_table *table;
    bool filling; /* second walk */
    bool mixed[REP_COLUMNS], seen[REP_COLUMNS];
    lg_buf key, value; /* value: the text, or how the number or truth is written */
    lg_err *err;
} json_reader;

static lg_status json_fail(json_reader *r, const char *what)
{
    int line = 1;
    for (const char *p = r->start; p < r->at; p++) line += *p == '\n';
    lg_fail(r->err, LG_E_FORMAT, 330, "`%s` cannot be read as a table: line %d %s", r->name, line, what);
    return lg_try(r->err, "a table is an array of objects: [{\"label\": \"nike\", \"count\": 85}, …]");
}

static char peek(json_reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at)) r->at++;
    return r->at < r->end ? *r->at : 0;
}

static bool take(json_reader *r, char c)
{
    if (peek(r) != c) return false;
    r->at++;
    return true;
}

/* ---- values ---- */
static bool hex4(const char *at, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        const char *digit =
            at[i] ? strchr("0123456789abcdef", at[i] | (at[i] >= 'A' && at[i] <= 'F' ? 0x20 : 0)) : NULL;
        if (!digit) return false;
        *out = *out * 16 + (uint32_t)(digit - "0123456789abcdef");
    }
    return true;
}

static void add_utf8(lg_buf *out, uint32_t cp)
{
    if (cp < 0x80) lg_buf_addc(out, (char)cp);
    else if (cp < 0x800) lg_buf_addf(out, "%c%c", (char)(0xc0 | cp >> 6), (char)(0x80 | (cp & 0x3f)));
    else if (cp < 0x10000)
        lg_buf_addf(out, "%c%c%c", (char)(0xe0 | cp >> 12), (char)(0x80 | (cp >> 6 & 0x3f)),
                    (char)(0x80 | (cp & 0x3f)));
    else
        lg_buf_addf(out, "%c%c%c%c", (char)(0xf0 | cp >> 18), (char)(0x80 | (cp >> 12 & 0x3f)),
                    (char)(0x80 | (cp >> 6 & 0x3f)), (char)(0x80 | (cp & 0x3f)));
}

/* After the backslash. A pair of surrogates is one character; a lone one, and \u0000, become U+FFFD. */
static lg_status escape(json_reader *r, lg_buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *simple = r->at < r->end ? strchr(from, *r->at) : NULL;
    uint32_t cp, low;
    if (simple && *simple) {
        lg_buf_addc(out, to[simple - from]);
        r->at++;
        return LG_OK;
    }
    if (r->end - r->at < 5 || *r->at != 'u' || !hex4(r->at + 1, &cp)) return json_fail(r, "has an unknown \\ sequence");
    r->at += 5;
    if (cp >= 0xd800 && cp < 0xdc00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u' &&
        hex4(r->at + 2, &low) && low >= 0xdc00 && low < 0xe000) {
        cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
        r->at += 6;
    }
    add_utf8(out, cp == 0 || (cp >= 0xd800 && cp < 0xe000) ? 0xfffd : cp);
    return LG_OK;
}

static lg_status string(json_reader *r, lg_buf *out)
{
    lg_buf_clear(out);
    for (r->at++; r->at < r->end && *r->at != '"';) {
        if ((unsigned char)*r->at < 0x20) return json_fail(r, "has a text that does not end on its line");
        if (*r->at != '\\') {
            lg_buf_addc(out, *r->at++);
            continue;
        }
        r->at++;
        LG_TRY(escape(r, out));
    }
    if (r->at == r->end) return json_fail(r, "has a text that does not end");
    r->at++;
    return lg_buf_check(out, r->err);
}

static lg_status value(json_reader *r, json_kind *kind)
{
    static const char *const words[] = {"null", "true", "false"};
    double number;
    if (peek(r) == '"') {
        *kind = JSON_TEXT;
        return string(r, &r->value);
    }
    const char *start = r->at;
    while (r->at < r->end && !strchr(" \t\r\n,]}", *r->at)) r->at++;
    lg_buf_clear(&r->value);
    lg_buf_add(&r->value, start, (size_t)(r->at - start));
    for (int i = 0; i < 3; i++)
        if (strcmp(lg_buf_str(&r->value), words[i]) == 0) {
            *kind = i ? JSON_TRUTH : JSON_NULL;
            return LG_OK;
        }
    *kind = JSON_NUMBER;
    if (lg_parse_double(lg_buf_str(&r->value), &number)) return lg_buf_check(&r->value, r->err);
    r->at = start;
    return json_fail(r, "has a value that is no text, number, true, false or null");
}

/* ---- rows ---- */
static int column_of(const json_reader *r)
{
    for (int i = 0; i < r->table->columns; i++)
        if (strcmp(r->table->column[i].name, lg_buf_str(&r->key)) == 0) return i;
    return -1;
}

static lg_status note_column(json_reader *r, json_kind kind)
{
    static const rep_type types[] = {REP_TEXT, REP_TEXT, REP_NUMBER, REP_TRUTH};
    int at = column_of(r);
    if (at < 0) {
        at = r->table->columns;
        rep_column_add(r->table, lg_buf_str(&r->key), REP_TEXT);
        LG_TRY(rep_table_check(r->table, r->err));
    }
    if (kind == JSON_NULL) return LG_OK;
    if (r->seen[at] && r->table->column[at].type != types[kind]) r->mixed[at] = true;
    r->seen[at] = true;
    r->table->column[at].type = r->mixed[at] ? REP_TEXT : types[kind];
    return LG_OK;
}

static void fill_cell(json_reader *r, json_kind kind)
{
    rep_table *t = r->table;
    int at = column_of(r);
    if (at < 0 || kind == JSON_NULL) return;
    double number = 0;
    t->filled = at;
    if (t->column[at].type == REP_TEXT) rep_text(t, lg_buf_str(&r->value));
    else if (kind == JSON_TRUTH) rep_truth(t, *lg_buf_str(&r->value) == 't');
    else if (lg_parse_double(lg_buf_str(&r->value), &number)) rep_number(t, number);
}

static lg_status object(json_reader *r)
{
    json_kind kind;
    if (!take(r, '{')) return json_fail(r, "has something else than an object in the array");
    if (r->filling) rep_row_add(r->table);
    for (bool first = true; !take(r, '}'); first = false) {
        if (!first && !take(r, ',')) return json_fail(r, "lacks a comma or }");
        if (peek(r) != '"') return json_fail(r, "lacks a key in quotes");
        LG_TRY(string(r, &r->key));
        if (!take(r, ':')) return json_fail(r, "lacks a colon after a key");
        LG_TRY(value(r, &kind));
        if (r->filling) fill_cell(r, kind);
        else LG_TRY(note_column(r, kind));
    }
    return rep_table_check(r->table, r->err);
}

static lg_status walk(json_reader *r)
{
    r->at = r->start;
    if (!take(r, '[')) return json_fail(r, "does not begin an array");
    for (bool first = true; !take(r, ']'); first = false) {
        if (!first && !take(r, ',')) return json_fail(r, "lacks a comma or ]");
        LG_TRY(object(r));
    }
    return peek(r) ? json_fail(r, "goes on after the array") : LG_OK;
}

lg_status rep_json_read(const char *bytes, size_t len, const char *name, rep_table *table, lg_err *err)
{
    while (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) bytes += 3, len -= 3;
    json_reader *r = lg_alloc(1, sizeof *r, err);
    if (!r) return err->status;
    *r = (json_reader){.start = bytes, .at = bytes, .end = bytes + len, .name = name, .table = table, .err = err};
    lg_buf_init(&r->key, 1 << 16);
    lg_buf_init(&r->value, 16 << 20);
    const char *zero = len ? memchr(bytes, 0, len) : NULL;
    size_t valid = zero ? (size_t)(zero - bytes) : lg_utf8_valid(bytes, len);
    lg_status st = LG_OK;
    if (valid < len) {
        r->at += valid;
        st = json_fail(r, zero ? "has a zero byte" : "is not UTF-8");
    }
    if (st == LG_OK) st = walk(r);
    r->filling = true;
    if (st == LG_OK) st = walk(r);
    lg_buf_release(&r->key);
    lg_buf_release(&r->value);
    lg_free(r);
    return st;
}
