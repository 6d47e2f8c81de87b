/* table.h - a table of texts, numbers and truths: what results become before they leave as CSV, TSV or JSON, and what
 * such files become when they are opened.
 *
 *     rep_table table;
 *     rep_table_init(&table);
 *     rep_column_add(&table, "label", REP_TEXT);
 *     rep_column_add(&table, "recall", REP_NUMBER);
 *     rep_row_add(&table);
 *     rep_text(&table, "nike");
 *     rep_number(&table, 0.247);
 *     lg_buf out;
 *     lg_buf_init(&out, 64 << 20);
 *     rep_csv_write(&table, ',', &out);                // label,recall\r\nnike,0.247\r\n
 *     LG_TRY(rep_table_check(&table, err));            // once, after building
 *     LG_TRY(lg_buf_check(&out, err));
 *     rep_table_release(&table);
 *
 * Invariants
 *  - Columns are added before rows. A cell goes into the next column of the row added last; cells that are not given
 * are missing, cells beyond the last column are left out.
 *  - Every cell has a text or a number, as its column says. A missing text is "", a missing number or truth is NaN.
 *  - Builders return nothing: the first failure (memory, limit) sticks, later builders do nothing, rep_table_check
 * tells.
 *  - Texts are copied and kept as given. Numbers are written with the fewest digits that read back as the same number.
 *  - A table holds at most REP_COLUMNS columns, REP_CELLS cells and 256 MB of text: LL902.
 *  - A complete table may be read by several threads at once.
 */
#ifndef REP_TABLE_H
#define REP_TABLE_H

#include "lib/base/lg.h"

enum { REP_COLUMNS = 1024, REP_CELLS = 20000000 };

typedef enum rep_type { REP_TEXT, REP_NUMBER, REP_TRUTH } rep_type;

typedef union rep_cell {
    const char *text; /* REP_TEXT: never NULL */
    double number;    /* REP_NUMBER; REP_TRUTH: 1 or 0. NaN: missing */
} rep_cell;

/* What a column's texts or numbers are, for formats that tell apart more than we do (parquet.h). Where a value is
 * something else the column counts as REP_AS_IS. */
typedef enum rep_meaning {
    REP_AS_IS,
    REP_AS_WHOLE, /* numbers: whole ones, below 2^53 */
    REP_AS_TIME,  /* texts: 2026-10-01T08:00:00Z or 2026-10-01T08:00:00.123Z, as rep_time writes */
    REP_AS_DAY    /* texts: 2026-10-01 */
} rep_meaning;

typedef struct rep_column {
    const char *name;
    rep_type type;
} rep_column;

/* What long work asks and tells on its way; {0} does neither. */
typedef struct rep_work {
    lg_cancel *cancel;
    void (*progress)(void *ctx, size_t done, size_t total); /* rows, or cells; may be NULL */
    void *ctx;
} rep_work;

/* Read freely; write with the functions below. */
typedef struct rep_table {
    rep_column column[REP_COLUMNS];
    rep_meaning meaning[REP_COLUMNS]; /* of each column */
    int columns;
    size_t rows;
    rep_cell *cell;  /* (rows, columns), row by row */
    size_t capacity; /* cells there is room for */
    int filled;      /* cells given to the last row */
    lg_arena text;
    lg_err failed;
} rep_table;

/* ---- building ---- */
void rep_table_init(rep_table *table);
void rep_table_release(rep_table *table); /* leaves it as after init */
lg_status rep_table_check(const rep_table *table, lg_err *err) LG_MUST_CHECK;
void rep_column_add(rep_table *table, const char *name, rep_type type);
void rep_column_mean(rep_table *table, const char *name, rep_type type, rep_meaning meaning); /* adds one, and says */
void rep_row_add(rep_table *table);
/* The next cell of the row added last. A cell of another type than its column is missing. */
void rep_text(rep_table *table, const char *text);
void rep_textf(rep_table *table, const char *fmt, ...) LG_PRINTF(2, 3);
void rep_number(rep_table *table, double number);
void rep_truth(rep_table *table, bool truth);
void rep_missing(rep_table *table);
/* A text: ISO 8601 in UTC with seconds, milliseconds where there are any; its day alone. Milliseconds since 1970; what
 * lies outside of the years 1 to 9999 is missing. */
void rep_time(rep_table *table, int64_t milliseconds);
void rep_day(rep_table *table, int64_t milliseconds);
/* All columns and rows of `from` become those of `to`, which is empty. */
void rep_table_copy(const rep_table *from, rep_table *to);

/* ---- reading ---- */
static inline const rep_cell *rep_cell_at(const rep_table *table, size_t row, int column)
{
    return &table->cell[row * (size_t)table->columns + (size_t)column];
}
int rep_column_find(const rep_table *table, const char *name); /* ignoring case; -1 */
/* A cell as it is written: "" where missing, yes or no, numbers with the fewest digits. */
void rep_cell_text(const rep_table *table, size_t row, int column, lg_buf *out);
void rep_number_text(double number, lg_buf *out); /* "0.1", "601", "1e+30"; NaN: nothing */
/* Back from rep_time (or rep_day: midnight): exactly these forms, a date that exists. */
bool rep_time_parse(const char *text, int64_t *milliseconds);
bool rep_day_parse(const char *text, int64_t *milliseconds);

/* ---- files ---- */
/* RFC 4180: header, CRLF, quotes where needed. separator ',' or '\t'. A text that a spreadsheet would take for a
 * formula (it begins with = + - @, a tab or a line end, and is no number) is written with ' before it, as OWASP ASVS
 * 1.2.10 asks, and rep_csv_read takes that ' away again, so that texts survive the round trip. NUL bytes are left out.
 */
void rep_csv_write(const rep_table *table, char separator, lg_buf *out);
/* The same in parts: the header, then rows from..to-1. */
void rep_csv_head(const rep_table *table, char separator, lg_buf *out);
void rep_csv_rows(const rep_table *table, char separator, size_t from, size_t to, lg_buf *out);
/* Would a spreadsheet run this text, once the ' before it are gone? */
bool rep_is_formula(const char *text);
/* An array with one object a row: RFC 8259, one row a line, missing cells null. Invalid UTF-8 becomes U+FFFD. */
void rep_json_write(const rep_table *table, lg_buf *out);
/* What stands between "[" and "\n]\n", in parts. */
void rep_json_rows(const rep_table *table, size_t from, size_t to, lg_buf *out);

/* Reads what rep_csv_write writes and what other programs do: a header, LF or CRLF, quoted fields with line breaks, a
 * byte order mark. A column is of numbers where every cell is a number or empty, of truths where every cell is one of
 * yes no true false or empty, else of texts; rows that are too short are filled up, empty lines are skipped. separator
 * 0: tab, semicolon or comma, whichever the header has more of outside of quotes. table is empty before. `name` is the
 * file, for messages. LL330 with its line: a quote that does not end, text after a closing quote, a row longer than the
 * header, no header, bytes that are not UTF-8. LL902 too large. Any bytes are safe. */
lg_status rep_csv_read(const char *bytes, size_t len, char separator, const char *name, rep_table *table,
                       lg_err *err) LG_MUST_CHECK;
/* Reads what rep_json_write writes: an array of flat objects (values text, number, true, false or null; the columns are
 * the keys in the order they first come). LL330 for anything else, with its line. */
lg_status rep_json_read(const char *bytes, size_t len, const char *name, rep_table *table, lg_err *err) LG_MUST_CHECK;

#endif
