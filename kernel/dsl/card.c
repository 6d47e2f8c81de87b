/* card.c - the lines of a card, written as text and as HTML at once. */
#include "kernel/dsl/card.h"
#include <string.h>

#include "lib/base/banned.h"

/* marked: what stands in `backquotes` is code. */
static void add_html(lg_buf *out, const char *s, bool marked)
{
    bool code = false;
    for (; *s; s++) {
        if (marked && *s == '`' && (code || (s[1] && !strchr("` ", s[1]) && strchr(s + 1, '`')))) {
            code = !code;
            lg_buf_adds(out, code ? "<code>" : "</code>");
            continue;
        }
        const char *entity = *s == '&'   ? "&amp;"
                             : *s == '<' ? "&lt;"
                             : *s == '>' ? "&gt;"
                             : *s == '"' ? "&quot;"
                                         : NULL;
        if (entity) lg_buf_adds(out, entity);
        else lg_buf_addc(out, *s);
    }
}

static void html_in(dsl_card *c, const char *before, const char *s, const char *after)
{
    if (!c->html) return;
    lg_buf_adds(c->html, before);
    add_html(c->html, s, false);
    lg_buf_adds(c->html, after);
}

static void html_sentence(dsl_card *c, const char *before, const char *s, const char *after)
{
    if (!c->html) return;
    lg_buf_adds(c->html, before);
    add_html(c->html, s, true);
    lg_buf_adds(c->html, after);
}

void dsl_card_title(dsl_card *c, const char *word, const char *kind, const char *sentence)
{
    lg_buf_addf(c->text, "%s  (%s)\n", word, kind);
    html_in(c, "<p><b><code>", word, "</code></b> ");
    html_in(c, "<i>", kind, "</i>");
    if (sentence && *sentence) {
        lg_buf_addf(c->text, "%s\n", sentence);
        html_sentence(c, "<br>", sentence, "");
    }
    html_in(c, "", "", "</p>\n");
}

void dsl_card_line(dsl_card *c, const char *s)
{
    if (!s || !*s) return;
    lg_buf_addf(c->text, "%s\n", s);
    html_sentence(c, "<p>", s, "</p>\n");
}

void dsl_card_code(dsl_card *c, const char *s)
{
    lg_buf_adds(c->text, "  ");
    for (const char *at = s; *at; at++) {
        lg_buf_addc(c->text, *at);
        if (*at == '\n') lg_buf_adds(c->text, "  ");
    }
    lg_buf_addc(c->text, '\n');
    html_in(c, "<pre>", s, "</pre>\n");
}

void dsl_card_head(dsl_card *c, const char *s)
{
    lg_buf_addf(c->text, "\n%s\n", s);
    html_in(c, "<p><b>", s, "</b></p>\n");
}

void dsl_card_table(dsl_card *c, bool begin)
{
    if (c->html) lg_buf_adds(c->html, begin ? "<table>\n" : "</table>\n");
}

void dsl_card_row(dsl_card *c, const char *left, const char *right)
{
    lg_buf_addf(c->text, "  %-12s %s\n", left, right);
    html_in(c, "<tr><td style=\"text-align:left;vertical-align:top\">", "", *left ? "<code>" : "");
    html_in(c, "", left, *left ? "</code></td>" : "</td>");
    html_sentence(c, "<td style=\"text-align:left\">", right, "</td></tr>\n");
}

void dsl_card_examples(dsl_card *c, const char *const *examples, int most)
{
    if (!examples || !examples[0] || (c->detail & DSL_OMIT_EXAMPLES)) return;
    if (c->detail & DSL_MORE) most = 100;
    dsl_card_head(c, examples[1] ? "Examples" : "Example");
    for (int i = 0; examples[i] && i < most; i++)
        if (!i || strcmp(examples[i], examples[i - 1])) dsl_card_code(c, examples[i]);
}
