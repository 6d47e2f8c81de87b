/* table_read.c - CSV and TSV into tables: one pass that finds the fields, one that finds what the columns are. */
#include "lib/report/table.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- fields ---- */
typedef struct csv_reader {
    const char *at, *end, *name;
    char separator;
    int line;      /* of the field that is read */
    lg_buf field;  /* the field read last */
    bool row_done; /* it was the last of its row */
    lg_err *err;
} csv_reader;

static lg_status csv_fail(csv_reader *r, const char *what)
{
    lg_fail(r->err, LG_E_FORMAT, 330, "`%s` cannot be read as a table: line %d %s", r->name, r->line, what);
    return lg_try(r->err, "export it again as CSV in UTF-8, with one header line");
}

/* After a field: a separator, a line end, or the end of the file. */
static lg_status field_end(csv_reader *r, bool quoted)
{
    r->row_done = r->at == r->end || *r->at != r->separator;
    if (!r->row_done) {
        r->at++;
        return LG_OK;
    }
    if (r->at == r->end) return LG_OK;
    if (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n') r->at++;
    else if (*r->at != '\n' && *r->at != '\r') return csv_fail(r, quoted ? "goes on after a closing quote" : "");
    r->at++;
    return LG_OK;
}

static lg_status quoted_field(csv_reader *r)
{
    int lines = 0;
    for (r->at++;; r->at++) {
        if (r->at == r->end) return csv_fail(r, "has a quote that does not end");
        if (*r->at == '"') {
            if (r->at + 1 == r->end || r->at[1] != '"') break;
            r->at++;
        }
        lines += *r->at == '\n';
        lg_buf_addc(&r->field, *r->at);
    }
    r->at++;
    LG_TRY(field_end(r, true));
    r->line += lines + r->row_done;
    return LG_OK;
}

static lg_status next_field(csv_reader *r)
{
    lg_buf_clear(&r->field);
    if (r->at < r->end && *r->at == '"') return quoted_field(r);
    const char *start = r->at;
    while (r->at < r->end && *r->at != r->separator && *r->at != '\n' && *r->at != '\r') r->at++;
    lg_buf_add(&r->field, start, (size_t)(r->at - start));
    LG_TRY(field_end(r, false));
    r->line += r->row_done;
    return LG_OK;
}

/* The ' that keeps spreadsheets from running a text is not part of it; see rep_csv_write. */
static const char *unguarded(const char *text)
{
    return *text == '\'' && rep_is_formula(text) ? text + 1 : text;
}

/* ---- rows of texts ---- */
static char best_separator(const char *at, const char *end)
{
    static const char candidate[] = {'\t', ';', ','};
    size_t count[3] = {0};
    bool quoted = false;
    for (; at < end && (quoted || (*at != '\n' && *at != '\r')); at++) {
        if (*at == '"') quoted = !quoted;
        for (int i = 0; i < 3 && !quoted; i++) count[i] += *at == candidate[i];
    }
    int best = 2;
    for (int i = 0; i < 3; i++)
        if (count[i] > count[best]) best = i;
    return candidate[best];
}

static lg_status read_header(csv_reader *r, rep_table *raw)
{
    if (r->at == r->end) return csv_fail(r, "should name the columns, but the file is empty");
    do {
        LG_TRY(next_field(r));
        rep_column_add(raw, unguarded(lg_buf_str(&r->field)), REP_TEXT);
        LG_TRY(rep_table_check(raw, r->err));
        LG_TRY(lg_buf_check(&r->field, r->err));
    } while (!r->row_done);
    return LG_OK;
}

static bool empty_line(const csv_reader *r)
{
    return *r->at == '\n' || *r->at == '\r';
}

static lg_status read_row(csv_reader *r, rep_table *raw)
{
    int fields = 0;
    if (empty_line(r)) {
        r->at += *r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n' ? 2 : 1;
        r->line++;
        return LG_OK;
    }
    rep_row_add(raw);
    do {
        LG_TRY(next_field(r));
        LG_TRY(lg_buf_check(&r->field, r->err));
        if (++fields > raw->columns) {
            r->line -= r->row_done;
            return csv_fail(r, "has more fields than the header");
        }
        rep_text(raw, lg_buf_str(&r->field));
    } while (!r->row_done);
    return rep_table_check(raw, r->err);
}

/* ---- what the columns are ---- */
static bool as_truth(const char *text, double *out)
{
    *out = !lg_casecmp(text, "yes") || !lg_casecmp(text, "true");
    return *out != 0 || !lg_casecmp(text, "no") || !lg_casecmp(text, "false");
}

/* Numbers whose text says more than their value stay texts: 007, and whole numbers that binary64 would round. */
static bool as_number(const char *text, double *out)
{
    const char *digits = text + (*text == '-' || *text == '+');
    bool whole = digits[strspn(digits, "0123456789")] == 0;
    if (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return false;
    return !(whole && strlen(digits) > 15) && lg_parse_double(text, out);
}

static rep_type type_of(const rep_table *raw, int column)
{
    bool number = true, truth = true, any = false;
    double value;
    for (size_t i = 0; i < raw->rows && (number || truth); i++) {
        const char *text = rep_cell_at(raw, i, column)->text;
        if (!*text) continue;
        any = true;
        number = number && as_number(text, &value);
        truth = truth && as_truth(text, &value);
    }
    return !any ? REP_TEXT : number ? REP_NUMBER : truth ? REP_TRUTH : REP_TEXT;
}

static void convert(rep_table *table)
{
    for (int c = 0; c < table->columns; c++) {
        table->column[c].type = type_of(table, c);
        for (size_t i = 0; i < table->rows; i++) {
            rep_cell *cell = &table->cell[i * (size_t)table->columns + (size_t)c];
            const char *text = cell->text;
            double value = 0;
            if (table->column[c].type == REP_TEXT) cell->text = unguarded(text);
            else if (table->column[c].type == REP_NUMBER ? as_number(text, &value) : as_truth(text, &value))
                cell->number = value;
            else cell->number = (double)NAN;
        }
    }
}

static int line_of(const char *bytes, size_t at)
{
    int line = 1;
    for (size_t i = 0; i < at; i++) line += bytes[i] == '\n';
    return line;
}

lg_status rep_csv_read(const char *bytes, size_t len, char separator, const char *name, rep_table *table, lg_err *err)
{
    while (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) bytes += 3, len -= 3;
    csv_reader r = {.at = bytes, .end = bytes + len, .name = name, .line = 1, .err = err};
    const char *zero = len ? memchr(bytes, 0, len) : NULL;
    size_t valid = zero ? (size_t)(zero - bytes) : lg_utf8_valid(bytes, len);
    if (valid < len) {
        r.line = line_of(bytes, valid);
        return csv_fail(&r, zero ? "has a zero byte" : "is not UTF-8");
    }
    r.separator = separator ? separator : best_separator(r.at, r.end);
    lg_buf_init(&r.field, 16 << 20);
    lg_status st = read_header(&r, table);
    while (st == LG_OK && r.at < r.end) st = read_row(&r, table);
    if (st == LG_OK) convert(table);
    lg_buf_release(&r.field);
    return st;
}
