/* terminal_wrap.c - what is wider than the screen: lines are broken between words, tables between columns. */
#include <limits.h>
#include <string.h>

#include "kernel/terminal.h"
#include "lib/base/banned.h"

/* What a character takes on the screen, and in *bytes of the text. */
static int columns_at(const char *at, size_t len, size_t *bytes)
{
    char one[8] = "";
    uint32_t cp;
    int n = lg_utf8_next(at, len, &cp);
    *bytes = n > 0 ? (size_t)n : 1;
    if (n <= 0) return 1;
    memcpy(one, at, *bytes);
    return lg_utf8_width(one);
}

/* Where the last column of a table or list begins that leaves half of the screen: what goes on stands below it. */
static int hang(const char *line, size_t len, int columns)
{
    int at = 0, blanks = 2, found = 0;
    for (size_t i = 0, n; i < len && at <= columns / 2; i += n) {
        int width = columns_at(line + i, len - i, &n);
        if (line[i] != ' ' && blanks >= 2) found = at;
        blanks = line[i] == ' ' ? blanks + 1 : 0;
        at += width;
    }
    return found;
}

/* A rule below the head of a table says nothing beyond the edge. */
static bool is_rule(const char *line, size_t len)
{
    static const char dash[] = "─";
    size_t i = 0;
    while (i < len && (line[i] == ' ' || (len - i >= sizeof dash - 1 && memcmp(line + i, dash, sizeof dash - 1) == 0)))
        i += line[i] == ' ' ? 1 : sizeof dash - 1;
    return len > 0 && i == len;
}

/* `12 Nike · 15 Puma`: a list, which is broken behind a dot where that leaves more than half of a line. */
static bool behind_dot(const char *line, size_t at)
{
    static const char dot[] = " ·";
    return at >= sizeof dot - 1 && memcmp(line + at - (sizeof dot - 1), dot, sizeof dot - 1) == 0;
}

/* The bytes of the line's beginning that fit; *cut: those up to the last blank among them, 0 where there is none. */
static size_t fit(const char *line, size_t len, int columns, size_t *cut)
{
    size_t i = 0, item = 0;
    bool begun = false;
    *cut = 0;
    for (size_t n; i < len; i += n) {
        columns -= columns_at(line + i, len - i, &n);
        if (line[i] == ' ' && begun) *cut = i;
        if (line[i] == ' ' && behind_dot(line, i)) item = i;
        if (columns < 0) break;
        begun |= line[i] != ' ';
    }
    if (item > i / 2) *cut = item;
    return i;
}

static void wrap_line(const char *line, size_t len, int columns, lg_buf *out)
{
    int indent = hang(line, len, columns);
    size_t cut, n = fit(line, len, columns, &cut);
    if (n < len && is_rule(line, len)) len = n;
    for (; n < len; n = fit(line, len, columns - indent, &cut)) {
        size_t end = cut ? cut : n;
        lg_buf_add(out, line, end);
        while (out->len && out->data[out->len - 1] == ' ') out->len--;
        while (end < len && line[end] == ' ') end++;
        line += end, len -= end;
        if (!len) return;
        lg_buf_addc(out, '\n');
        for (int i = 0; i < indent; i++) lg_buf_addc(out, ' ');
    }
    lg_buf_add(out, line, len);
}

/* ---- tables ---- */
enum { COLUMNS = 64 };
typedef struct span {
    int from, to;
} span;

static size_t line_of(const char *text, const char *end)
{
    const char *stop = memchr(text, '\n', (size_t)(end - text));
    return (size_t)((stop ? stop : end) - text);
}

static const char *next_line(const char *text, const char *end)
{
    text += line_of(text, end);
    return text < end ? text + 1 : end;
}

/* The columns of a table by the rule below its head, a stroke for each; 0: it is none, or has too many. */
static int spans_of(const char *line, size_t len, span *out)
{
    int count = 0, at = 0;
    bool inside = false;
    if (!is_rule(line, len)) return 0;
    for (size_t i = 0, n; i < len; i += n, at++) {
        columns_at(line + i, len - i, &n);
        if (line[i] != ' ' && !inside && count == COLUMNS) return 0;
        if (line[i] != ' ' && !inside) out[count++].from = at;
        inside = line[i] != ' ';
        if (inside) out[count - 1].to = at + 1;
    }
    return count;
}

/* A line with nothing between the columns is one of the table; the first that is none ends it. */
static bool is_row(const char *line, size_t len, const span *column, int count)
{
    int at = 0, k = 0;
    for (size_t i = 0, n; i < len; i += n) {
        int width = columns_at(line + i, len - i, &n);
        while (k < count && at >= column[k].to && width) k++;
        if (line[i] != ' ' && (k == count || at < column[k].from)) return false;
        at += width;
    }
    return len > 0;
}

/* What stands in a column, filled up to its width. */
static void add_cell(const char *line, size_t len, span column, lg_buf *out)
{
    int at = 0;
    for (size_t i = 0, n; i < len && at < column.to; i += n) {
        int width = columns_at(line + i, len - i, &n);
        if (at >= column.from) lg_buf_add(out, line + i, n);
        at += width;
    }
    for (at = at > column.from ? at : column.from; at < column.to; at++) lg_buf_addc(out, ' ');
}

/* A column without a word at its head, as of bars, belongs to the one before. */
static int join_unnamed(const char *head, size_t len, span *column, int count)
{
    int kept = count > 0;
    for (int k = 1; k < count; k++) {
        if (is_row(head, len, (const span[]){{0, column[k].from}, {column[k].to, INT_MAX}}, 2))
            column[kept - 1].to = column[k].to;
        else column[kept++] = column[k];
    }
    return kept;
}

/* Of every row the first column and those from `first` on up to `next`. */
static void add_part(const char *text, const char *stop, const span *column, int first, int next, int columns,
                     lg_buf *out)
{
    lg_buf row;
    lg_buf_init(&row, 0);
    for (; text < stop; text = next_line(text, stop)) {
        size_t len = line_of(text, stop);
        lg_buf_clear(&row);
        add_cell(text, len, column[0], &row);
        for (int i = first; i < next; i++) {
            lg_buf_adds(&row, "  ");
            add_cell(text, len, column[i], &row);
        }
        while (row.len && row.data[row.len - 1] == ' ') row.len--;
        wrap_line(row.data, row.len, columns, out);
        lg_buf_addc(out, '\n');
    }
    lg_buf_release(&row);
}

/* A table of which more than the end of its last column is beyond the edge comes in parts, one below the other, that
 * all have the first column. Gives where it ends, which is `text` where none begins. */
static const char *add_table(const char *text, const char *end, int columns, lg_buf *out)
{
    span column[COLUMNS];
    const char *rule = next_line(text, end), *stop = text;
    int count = join_unnamed(text, line_of(text, end), column, spans_of(rule, line_of(rule, end), column));
    if (count < 3 || column[count - 1].to <= columns || column[count - 1].from <= columns / 2) return text;
    while (stop < end && is_row(stop, line_of(stop, end), column, count)) stop = next_line(stop, end);
    for (int first = 1, next; stop > text && first < count; first = next) {
        int width = column[0].to;
        for (next = first; next < count; next++) {
            width += 2 + column[next].to - column[next].from;
            if (width > columns && next > first) break;
        }
        if (first > 1) lg_buf_addc(out, '\n');
        add_part(text, stop, column, first, next, columns, out);
    }
    if (stop > text && stop[-1] != '\n' && out->len) out->len--;
    return stop;
}

void main_terminal_wrap(const char *text, size_t len, int columns, lg_buf *out)
{
    const char *end = text + len;
    while (text < end) {
        const char *table = add_table(text, end, columns, out);
        if (table > text) {
            text = table;
            continue;
        }
        wrap_line(text, line_of(text, end), columns, out);
        text += line_of(text, end);
        if (text < end) lg_buf_addc(out, '\n'), text++;
    }
}
