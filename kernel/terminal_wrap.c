/* terminal_wrap.c - lines longer than the screen, broken between words. */
#include "kernel/terminal.h"
#include <string.h>

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

/* The bytes of the line's beginning that fit; *cut: those up to the last blank among them, 0 where there is none. */
static size_t fit(const char *line, size_t len, int columns, size_t *cut)
{
    size_t i = 0;
    bool begun = false;
    *cut = 0;
    for (size_t n; i < len; i += n) {
        columns -= columns_at(line + i, len - i, &n);
        if (line[i] == ' ' && begun) *cut = i;
        if (columns < 0) break;
        begun |= line[i] != ' ';
    }
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

void main_terminal_wrap(const char *text, size_t len, int columns, lg_buf *out)
{
    const char *end = text + len;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        wrap_line(text, (size_t)((stop ? stop : end) - text), columns, out);
        if (stop) lg_buf_addc(out, '\n');
        text = stop ? stop + 1 : end;
    }
}
