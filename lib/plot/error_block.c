/* error_block.c - an error as people read it: sentence, line with caret, why, try. */
#include "lib/plot/plot.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* Bytes each part may take once its hidden characters are visible; together below 2 kB with all colours. */
enum { MSG_BYTES = 420, WHY_BYTES = 560, TRY_BYTES = 420, WINDOW_COLUMNS = 88, WINDOW_BYTES = 270 };

/* Bold, not red: JupyterLab's bold red on the red ground of an error has a contrast of 2.1 where the page is dark. */
#define BLUE  "\033[34m"
#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

static void paint(lg_buf *out, bool ansi, const char *code)
{
    if (ansi) lg_buf_adds(out, code);
}

/* One line, visible-safe, cut at a code point when longer than `most` bytes. Line breaks and tabs become blanks. */
static void add_cut(lg_buf *out, const char *text, size_t most)
{
    lg_buf safe;
    lg_buf_init(&safe, 0);
    for (const char *s = text; *s;) {
        size_t n = strcspn(s, "\n\r\t");
        lg_buf_add_plain(&safe, s, n);
        s += n;
        if (*s) lg_buf_addc(&safe, ' '), s++;
    }
    size_t len = safe.len;
    if (len > most) len = lg_utf8_valid(lg_buf_str(&safe), most - 3);
    lg_buf_add(out, lg_buf_str(&safe), len);
    if (safe.len > most) lg_buf_adds(out, "…");
    lg_buf_release(&safe);
}

/* The nth line (from 1) of the cell, without its end; false when there is none. \n, \r\n and \r end a line. */
static bool find_line(const char *cell, int n, const char **line, size_t *len)
{
    for (int at = 1;; at++) {
        *line = cell;
        *len = strcspn(cell, "\r\n");
        if (at == n) return true;
        cell += *len;
        if (!*cell) return false;
        cell += cell[0] == '\r' && cell[1] == '\n' ? 2 : 1;
    }
}

/* One character of the line as it will be printed. */
typedef struct glyph {
    char text[12];
    int bytes, columns;
} glyph;

/* Returns the bytes used of the line; an invalid byte is one character, as the reader of cells counts it. */
static size_t next_glyph(const char *line, size_t len, glyph *g)
{
    uint32_t cp;
    if (*line >= ' ' && *line < 0x7f) { /* as is; a line may have millions of them */
        *g = (glyph){.text = {*line}, .bytes = 1, .columns = 1};
        return 1;
    }
    int bytes = lg_utf8_next(line, len, &cp);
    size_t used = bytes > 0 ? (size_t)bytes : 1;
    lg_buf one;
    lg_buf_init(&one, 0);
    if (*line == '\t') lg_buf_addc(&one, ' ');
    else lg_buf_add_plain(&one, line, used);
    size_t n = one.len < sizeof g->text ? one.len : 0;
    memcpy(g->text, lg_buf_str(&one), n);
    g->text[n] = 0;
    g->bytes = (int)n;
    g->columns = lg_utf8_width(g->text);
    lg_buf_release(&one);
    return used;
}

/* Columns before the span, and of the span itself, as far as a window shows it. */
static void measure(const char *line, size_t len, lg_span span, int *before, int *wide)
{
    glyph g;
    int point = 1;
    *before = *wide = 0;
    for (size_t at = 0; at < len && *wide <= WINDOW_COLUMNS; point++) {
        at += next_glyph(line + at, len - at, &g);
        if (point < span.col) *before += g.columns;
        else if (point < (long long)span.col + span.len) *wide += g.columns;
        else break;
    }
}

/* Prints the columns from..from+WINDOW of the line, "…" where something is cut. Returns how far the text was moved to
 * the left. */
static int add_window(lg_buf *out, const char *line, size_t len, int from)
{
    glyph g;
    int column = 0, start = -1;
    size_t begin = out->len;
    if (from > 0) lg_buf_adds(out, "…");
    for (size_t at = 0; at < len;) {
        at += next_glyph(line + at, len - at, &g);
        column += g.columns;
        if (column - g.columns < from || (g.columns == 0 && start < 0 && from > 0)) continue;
        if (start < 0) start = column - g.columns;
        if (column - from > WINDOW_COLUMNS || out->len - begin + (size_t)g.bytes > WINDOW_BYTES) {
            lg_buf_adds(out, "…");
            break;
        }
        lg_buf_add(out, g.text, (size_t)g.bytes);
    }
    return from > 0 ? (start < 0 ? column : start) - 1 : 0;
}

static void add_source(lg_buf *out, const char *line, size_t len, lg_span span, bool ansi)
{
    int before = 0, wide = 0;
    measure(line, len, span, &before, &wide);
    lg_buf_addf(out, "\n%4d | ", span.line);
    int from = before + (wide < 40 ? wide : 40) > WINDOW_COLUMNS - 4 ? before - 24 : 0;
    int moved = add_window(out, line, len, from);
    if (span.len <= 0) return;
    int room = WINDOW_COLUMNS - (before - moved);
    if (wide > room) wide = room;
    lg_buf_adds(out, "\n     | ");
    for (int i = moved; i < before; i++) lg_buf_addc(out, ' ');
    paint(out, ansi, BOLD);
    lg_buf_addc(out, '^');
    for (int i = 1; i < wide; i++) lg_buf_addc(out, '^');
    paint(out, ansi, PLAIN);
}

static void add_reason(lg_buf *out, const char *label, const char *text, size_t most, bool ansi)
{
    if (!*text) return;
    lg_buf_adds(out, "\n   ");
    paint(out, ansi, BLUE);
    lg_buf_adds(out, label);
    paint(out, ansi, PLAIN);
    lg_buf_addc(out, ' ');
    add_cut(out, text, most);
}

void plt_error_block(const lg_err *err, const char *cell, bool ansi, lg_buf *out)
{
    const char *line;
    size_t len;
    if (err->code > 0) {
        paint(out, ansi, BOLD);
        lg_buf_addf(out, "LL%03d", err->code);
        paint(out, ansi, PLAIN);
        lg_buf_adds(out, "  ");
    }
    paint(out, ansi, BOLD);
    add_cut(out, err->msg, MSG_BYTES);
    paint(out, ansi, PLAIN);
    if (*err->source) add_source(out, err->source, strlen(err->source), err->span, ansi);
    else if (cell && err->span.line > 0 && find_line(cell, err->span.line, &line, &len))
        add_source(out, line, len, err->span, ansi);
    add_reason(out, "why:", err->why, WHY_BYTES, ansi);
    add_reason(out, "try:", err->hint, TRY_BYTES, ansi);
}
