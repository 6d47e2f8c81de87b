/* escape.c - the one place where other people's text becomes HTML or SVG, and its plain form.
 *
 * First lg_buf_add_plain makes controls, bidi overrides and invalid UTF-8 visible, then the five characters that mean
 * something to HTML and XML are replaced. What is left cannot open a tag, close an attribute or reorder its
 * surroundings. (Formulas: the root element carries the class that keeps MathJax away from `$` and `\(`.) */
#include "lib/plot/block.h"
#include <string.h>

#include "lib/base/banned.h"

static void add_escaped(lg_buf *out, const char *text, size_t len)
{
    lg_buf plain;
    lg_buf_init(&plain, 0);
    lg_buf_add_plain(&plain, text, len);
    const char *s = lg_buf_str(&plain), *from = s;
    for (; *s; s++) {
        const char *instead = *s == '&'    ? "&amp;"
                              : *s == '<'  ? "&lt;"
                              : *s == '>'  ? "&gt;"
                              : *s == '"'  ? "&quot;"
                              : *s == '\'' ? "&#39;"
                                           : NULL;
        if (!instead) continue;
        lg_buf_add(out, from, (size_t)(s - from));
        lg_buf_adds(out, instead);
        from = s + 1;
    }
    lg_buf_add(out, from, (size_t)(s - from));
    if (plain.failed && !out->failed) out->failed = plain.failed;
    lg_buf_release(&plain);
}

/* Hebrew, Arabic and their neighbours and presentation forms (Unicode bidi classes R and AL). */
static bool has_right_to_left(const char *text, size_t len)
{
    uint32_t cp;
    for (size_t at = 0; at < len;) {
        int n = lg_utf8_next(text + at, len - at, &cp);
        if (n > 1 &&
            ((cp >= 0x590 && cp <= 0x8ff) || (cp >= 0xfb1d && cp <= 0xfdff) || (cp >= 0xfe70 && cp <= 0xfefc) ||
             (cp >= 0x10800 && cp <= 0x10fff) || (cp >= 0x1e800 && cp <= 0x1efff)))
            return true;
        at += n > 0 ? (size_t)n : 1;
    }
    return false;
}

static void add_html(lg_buf *out, const char *text, size_t len)
{
    bool isolate = has_right_to_left(text, len);
    if (isolate) lg_buf_adds(out, "<bdi>");
    add_escaped(out, text, len);
    if (isolate) lg_buf_adds(out, "</bdi>");
}

void plt_html_text(lg_buf *out, const char *text)
{
    add_html(out, text, strlen(text));
}

void plt_html_lines(lg_buf *out, const char *text)
{
    for (;;) {
        size_t len = strcspn(text, "\n");
        add_html(out, text, len);
        text += len;
        if (!*text) return;
        lg_buf_adds(out, "<br>");
        text++;
    }
}

/* The word in backquotes that begins at *from, which moves to the first one; its length, 0 where none is. */
static size_t quoted_word(const char **from, const char *end)
{
    while ((*from = memchr(*from, '`', (size_t)(end - *from)))) {
        const char *word = *from + 1, *to = memchr(word, '`', (size_t)(end - word));
        if (to && to > word && *word != ' ' && to[-1] != ' ') return (size_t)(to - word);
        ++*from; /* it is a backquote */
    }
    return 0;
}

static void add_marked(lg_buf *out, const char *text, size_t len, const char *open)
{
    const char *end = text + len, *from = text;
    for (size_t n; (n = quoted_word(&from, end)); text = from = from + n + 2) {
        if (from > text) add_html(out, text, (size_t)(from - text));
        lg_buf_adds(out, open);
        add_html(out, from + 1, n);
        lg_buf_adds(out, "</code>");
    }
    if (text < end) add_html(out, text, (size_t)(end - text));
}

void plt_html_marked(lg_buf *out, const char *text, const char *open)
{
    for (;;) {
        size_t len = strcspn(text, "\n");
        add_marked(out, text, len, open);
        text += len;
        if (!*text) return;
        lg_buf_adds(out, "<br>");
        text++;
    }
}

void plt_xml_text(lg_buf *out, const char *text)
{
    add_escaped(out, text, strlen(text));
}

void plt_plain_lines(lg_buf *out, const char *text, int indent)
{
    for (;;) {
        size_t len = strcspn(text, "\n");
        lg_buf_add_plain(out, text, len);
        text += len;
        if (!*text) return;
        lg_buf_addc(out, '\n');
        plt_add_repeat(out, " ", indent);
        text++;
    }
}
