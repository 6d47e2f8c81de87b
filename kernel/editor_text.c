/* editor_text.c - text of libedit and text of ours, and lists of what fits. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel/editor.h"
#include "lib/base/banned.h"

enum { LIST_LINES = 24 /* of matches with their meaning */, LIST_WORDS = 120 };

static void add_character(lg_buf *out, wchar_t wide)
{
    uint32_t c = (uint32_t)wide;
    if (c < 0x80) {
        lg_buf_addc(out, (char)c);
    } else if (c < 0x800) {
        lg_buf_addc(out, (char)(0xc0 | c >> 6));
    } else if (c < 0x10000) {
        lg_buf_addc(out, (char)(0xe0 | c >> 12));
        lg_buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
    } else {
        lg_buf_addc(out, (char)(0xf0 | c >> 18));
        lg_buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
        lg_buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
    }
    if (c >= 0x80) lg_buf_addc(out, (char)(0x80 | (c & 0x3f)));
}

void main_editor_narrow(lg_buf *out, const wchar_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++) add_character(out, text[i]);
}

wchar_t *main_editor_widen(const char *text, size_t len)
{
    lg_err err = {0};
    wchar_t *wide = lg_alloc(len + 1, sizeof *wide, &err), *at = wide;
    for (size_t i = 0; wide && i < len;) {
        uint32_t c = 0;
        int n = lg_utf8_next(text + i, len - i, &c);
        i += n > 0 ? (size_t)n : 1;
        *at++ = n > 0 && c ? (wchar_t)c : 0xfffd;
    }
    return wide;
}

static int screen_columns(void)
{
    struct winsize size = {0};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

/* ---- cards ---- */
/* Where what continues a line begins: below the second column of a table, else below the first letter. */
static size_t hang_of(const char *line, size_t len, size_t columns)
{
    size_t indent = 0;
    while (indent < len && line[indent] == ' ') indent++;
    for (size_t i = indent; i + 2 < len && i < columns / 2; i++)
        if (line[i] == ' ' && line[i + 1] == ' ' && line[i + 2] != ' ') return i + 2;
    return indent < columns / 2 ? indent : 0;
}

/* Bytes of a line that fit: up to a blank where there is one, whole characters where there is none. */
static size_t fits(const char *line, size_t len, size_t columns)
{
    char one[8];
    uint32_t c;
    size_t at = 0, blank = 0, used = 0;
    for (int n; at < len && (n = lg_utf8_next(line + at, len - at, &c)) > 0; at += (size_t)n) {
        memcpy(one, line + at, (size_t)n);
        one[n] = 0;
        used += (size_t)lg_utf8_width(one);
        if (used > columns) return blank ? blank : at ? at : (size_t)n;
        if (c == ' ' && at) blank = at;
    }
    return len;
}

static void print_line(const char *line, size_t len, size_t columns)
{
    size_t hang = hang_of(line, len, columns), n = fits(line, len, columns);
    if (n <= hang) n = len; /* nothing but its first word: as it is */
    printf("%.*s\n", (int)n, line);
    while ((line += n, len -= n)) {
        while (len && *line == ' ') line++, len--;
        n = fits(line, len, columns - hang);
        if (len) printf("%*s%.*s\n", (int)hang, "", (int)n, line);
        if (!len) break;
    }
}

void main_editor_print_wrapped(const char *text)
{
    size_t columns = (size_t)screen_columns() - 1;
    while (*text) {
        size_t len = strcspn(text, "\n");
        print_line(text, len, columns);
        text += len + (text[len] == '\n');
    }
}

/* ---- lists ---- */
/* Text of others (names of files) as it can be shown, cut to the columns there are. */
static void print_cut(const char *text, int columns)
{
    lg_buf plain, cut;
    uint32_t c;
    lg_buf_init(&plain, 0);
    lg_buf_init(&cut, 0);
    lg_buf_add_plain(&plain, text, strlen(text));
    for (size_t at = 0; at < plain.len;) {
        int n = lg_utf8_next(plain.data + at, plain.len - at, &c);
        if (n <= 0 || c == '\n') break;
        lg_buf_add(&cut, plain.data + at, (size_t)n);
        if (lg_utf8_width(lg_buf_str(&cut)) > columns) {
            cut.len -= (size_t)n;
            break;
        }
        at += (size_t)n;
    }
    printf("%.*s\n", (int)cut.len, lg_buf_str(&cut));
    lg_buf_release(&plain);
    lg_buf_release(&cut);
}

static void print_with_meaning(const dsl_match *match)
{
    size_t n = strlen(match->text);
    lg_err err = {0};
    bool named = strncmp(match->signature, match->text, n) == 0;
    char *line = lg_strf(&err, named ? "  %s%s" : "  %-16s  %s", named ? "" : match->text, match->signature);
    if (line) print_cut(line, screen_columns() - 1);
    lg_free(line);
}

/* Down the columns, as names of files are listed everywhere. */
static void print_words(const dsl_completion *found, size_t count)
{
    int columns = screen_columns() - 1, widest = 1;
    for (size_t i = 0; i < count; i++) {
        int width = lg_utf8_width(found->match[i].text);
        if (width > widest) widest = width;
    }
    size_t across = widest + 2 <= columns ? (size_t)(columns / (widest + 2)) : 1, rows = (count + across - 1) / across;
    for (size_t row = 0; row < rows; row++) {
        lg_buf line;
        lg_buf_init(&line, 0);
        for (size_t i = row; i < count; i += rows) {
            lg_buf_addf(&line, "  %s", found->match[i].text);
            for (int k = lg_utf8_width(found->match[i].text); i + rows < count && k < widest; k++)
                lg_buf_addc(&line, ' ');
        }
        print_cut(lg_buf_str(&line), columns);
        lg_buf_release(&line);
    }
}

void main_editor_print_list(const dsl_completion *found)
{
    bool meaning = false;
    for (size_t i = 0; i < found->count; i++) meaning = meaning || *found->match[i].signature;
    meaning = meaning && found->count <= LIST_LINES;
    size_t most = LIST_WORDS, shown = found->count < most ? found->count : most;
    for (size_t i = 0; meaning && i < shown; i++) print_with_meaning(&found->match[i]);
    if (!meaning) print_words(found, shown);
    if (shown < found->count) printf("  … and %s more\n", lg_thousands((long long)(found->count - shown)));
}
