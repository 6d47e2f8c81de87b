/* table_write.c - tables as CSV, TSV (RFC 4180) and JSON (RFC 8259). */
#include "lib/report/table.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- CSV ---- */
bool rep_is_formula(const char *text)
{
    double number;
    static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
    const char *at = text + strspn(text, "'");
    if (*at && strchr("=+-@\t\r\n", *at)) return !lg_parse_double(at, &number);
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (strncmp(at, wide[i], 3) == 0) return true;
    return false;
}

static void csv_field(const char *text, char separator, lg_buf *out)
{
    bool formula = rep_is_formula(text), quoted = strchr(text, separator) || strpbrk(text, "\"\r\n\t") ||
                                                  *text == ' ' || (*text && text[strlen(text) - 1] == ' ');
    if (quoted) lg_buf_addc(out, '"');
    if (formula) lg_buf_addc(out, '\'');
    for (const char *p = text; *p; p++) {
        if (*p == '"') lg_buf_addc(out, '"');
        lg_buf_addc(out, *p);
    }
    if (quoted) lg_buf_addc(out, '"');
}

void rep_csv_head(const rep_table *table, char separator, lg_buf *out)
{
    for (int i = 0; i < table->columns; i++) {
        if (i) lg_buf_addc(out, separator);
        csv_field(table->column[i].name, separator, out);
    }
    lg_buf_adds(out, "\r\n");
}

void rep_csv_rows(const rep_table *table, char separator, size_t from, size_t to, lg_buf *out)
{
    lg_buf cell;
    lg_buf_init(&cell, 0);
    for (size_t r = from; r < to && !out->failed; r++) {
        for (int i = 0; i < table->columns; i++) {
            lg_buf_clear(&cell);
            rep_cell_text(table, r, i, &cell);
            if (cell.failed) out->failed = cell.failed;
            if (i) lg_buf_addc(out, separator);
            if (table->column[i].type == REP_TEXT) csv_field(lg_buf_str(&cell), separator, out);
            else lg_buf_adds(out, lg_buf_str(&cell));
        }
        lg_buf_adds(out, "\r\n");
    }
    lg_buf_release(&cell);
}

void rep_csv_write(const rep_table *table, char separator, lg_buf *out)
{
    rep_csv_head(table, separator, out);
    rep_csv_rows(table, separator, 0, table->rows, out);
}

/* ---- JSON ---- */
static void json_string(const char *text, lg_buf *out)
{
    size_t len = strlen(text);
    lg_buf_addc(out, '"');
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        int n = lg_utf8_next(text + at, len - at, &cp);
        if (n == 0) lg_buf_adds(out, "\xef\xbf\xbd");
        else if (cp == '"' || cp == '\\') lg_buf_addf(out, "\\%c", (char)cp);
        else if (cp == '\n') lg_buf_adds(out, "\\n");
        else if (cp == '\t') lg_buf_adds(out, "\\t");
        else if (cp < 0x20 || cp == 0x7f || cp == 0x2028 || cp == 0x2029 || cp == '<') /* safe inside HTML too */
            lg_buf_addf(out, "\\u%04x", (unsigned)cp);
        else lg_buf_add(out, text + at, (size_t)n);
        at += n ? (size_t)n : 1;
    }
    lg_buf_addc(out, '"');
}

static void json_cell(const rep_table *table, size_t row, int column, lg_buf *out)
{
    const rep_cell *cell = rep_cell_at(table, row, column);
    rep_type type = table->column[column].type;
    if (type == REP_TEXT) json_string(cell->text, out);
    else if (isnan(cell->number)) lg_buf_adds(out, "null");
    else if (type == REP_TRUTH) lg_buf_adds(out, cell->number != 0 ? "true" : "false");
    else rep_number_text(cell->number, out);
}

void rep_json_rows(const rep_table *table, size_t from, size_t to, lg_buf *out)
{
    for (size_t r = from; r < to && !out->failed; r++) {
        lg_buf_adds(out, r ? ",\n {" : "\n {");
        for (int i = 0; i < table->columns; i++) {
            if (i) lg_buf_adds(out, ", ");
            json_string(table->column[i].name, out);
            lg_buf_adds(out, ": ");
            json_cell(table, r, i, out);
        }
        lg_buf_addc(out, '}');
    }
}

void rep_json_write(const rep_table *table, lg_buf *out)
{
    lg_buf_adds(out, "[");
    rep_json_rows(table, 0, table->rows, out);
    lg_buf_adds(out, "\n]\n");
}
