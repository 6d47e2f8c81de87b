/* spot.c - brackets, texts, comments and statements, and nothing else of the language. */
#include "kernel/dsl/spot.h"
#include <string.h>

#include "lib/base/banned.h"

typedef struct scan {
    const char *code;
    size_t end, at;
    dsl_spot *out;
    char open[DSL_DEPTH];
    int depth, beyond; /* beyond: brackets deeper than the language allows */
    size_t quiet;      /* from a comma to here there are only blanks, line ends and comments; 0: no comma */
} scan;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

/* The statement that ends before `at`, if there is one, is noted; the next begins behind it. */
static void end_statement(scan *s, size_t at, size_t next)
{
    dsl_spot *out = s->out;
    size_t from = out->statement;
    while (from < at && is_space(s->code[from])) from++;
    if (from < at) out->recent[out->seen++ % DSL_RECENT] = (dsl_span){from, at};
    out->statement = next;
    out->behind_block = false;
}

static bool in_brackets(const scan *s)
{
    return s->depth && s->open[s->depth - 1] != '{';
}

static void open_bracket(scan *s, char c)
{
    dsl_spot *out = s->out;
    if (s->depth == DSL_DEPTH) {
        s->beyond++;
        return;
    }
    s->open[s->depth++] = c;
    if (c != '{') return;
    size_t verb = out->statement;
    while (verb < s->at && is_space(s->code[verb])) verb++;
    out->block[out->blocks++] = verb;
    end_statement(s, s->at + 1, s->at + 1);
}

static void close_bracket(scan *s, char c)
{
    char opener = c == ')' ? '(' : c == ']' ? '[' : '{';
    int depth = s->depth;
    if (s->beyond) {
        s->beyond--;
        return;
    }
    while (depth && s->open[depth - 1] != opener && opener == '{') depth--; /* what was left open inside the block */
    if (!depth || s->open[depth - 1] != opener) return;
    s->depth = depth - 1;
    if (c != '}') return;
    s->out->blocks--;
    end_statement(s, s->at, s->at + 1);
    s->out->behind_block = true;
}

static bool blank_since_comma(const scan *s, size_t to)
{
    if (!s->quiet) return false;
    for (size_t i = s->quiet; i < to; i++)
        if (!is_space(s->code[i])) return false;
    return true;
}

static void line_end(scan *s)
{
    if (in_brackets(s)) return;
    if (blank_since_comma(s, s->at)) s->quiet = s->at + 1;
    else end_statement(s, s->at, s->at + 1);
}

/* Moves to the end of the line, or of all. */
static void comment(scan *s)
{
    char before = s->at ? s->code[s->at - 1] : '\n';
    bool begins = is_space(before) || (before && strchr(";{([,", before));
    if (!begins) return;
    bool quiet = blank_since_comma(s, s->at);
    while (s->at < s->end && s->code[s->at] != '\n' && s->code[s->at] != '\r') s->at++;
    s->out->in_comment = s->at == s->end;
    if (quiet) s->quiet = s->at;
    s->at--; /* the caller steps on */
}

/* Moves to the quote that ends the text, or before the end of its line. */
static void text(scan *s)
{
    char quote = s->code[s->at];
    size_t i = s->at + 1;
    for (; i < s->end && s->code[i] != quote; i++) {
        if (s->code[i] == '\n' || s->code[i] == '\r') {
            s->at = i - 1;
            return;
        }
        if (s->code[i] == '\\' && quote == '"' && i + 1 < s->end && (unsigned char)s->code[i + 1] >= 0x20) i++;
    }
    if (i >= s->end) {
        s->out->quote = quote;
        s->out->text = s->at + 1;
    }
    s->at = i;
}

/* A word that begins scheme:// runs to the next blank. */
static void scheme(scan *s)
{
    size_t from = s->at;
    if (s->at + 3 >= s->end || s->code[s->at + 1] != '/' || s->code[s->at + 2] != '/') return;
    while (from && s->code[from - 1] >= 'a' && s->code[from - 1] <= 'z') from--;
    bool begins = from < s->at && (!from || is_space(s->code[from - 1]) || strchr("{}()[],;=\"'<>", s->code[from - 1]));
    if (!begins) return;
    while (s->at < s->end && (unsigned char)s->code[s->at] > ' ') s->at++;
    if (s->code[s->at - 1] == '\\') s->at--;
    s->at--;
}

/* A `\` that ends its line joins the next one to it. */
static void join(scan *s)
{
    size_t i = s->at + 1;
    while (i < s->end && is_blank(s->code[i])) i++;
    if (i == s->end || (s->code[i] != '\n' && s->code[i] != '\r')) return;
    s->at = i + (s->code[i] == '\r' && i + 1 < s->end && s->code[i + 1] == '\n');
}

void dsl_spot_find(const char *code, size_t at, dsl_spot *out)
{
    static const bool special[256] = {['\n'] = true, ['\r'] = true, [';'] = true, [','] = true,  ['('] = true,
                                      [')'] = true,  ['['] = true,  [']'] = true, ['{'] = true,  ['}'] = true,
                                      ['"'] = true,  ['\''] = true, ['#'] = true, ['\\'] = true, [':'] = true};
    scan s = {.code = code, .end = at, .out = out};
    out->statement = out->text = out->seen = 0;
    out->blocks = 0;
    out->in_comment = out->behind_block = false;
    out->quote = 0;
    for (; s.at < at; s.at++) {
        char c = code[s.at];
        if (!special[(unsigned char)c]) continue;
        switch (c) {
        case '\n':
        case '\r': line_end(&s); break;
        case ';':
            if (!in_brackets(&s)) end_statement(&s, s.at, s.at + 1);
            break;
        case ',': s.quiet = s.at + 1; break;
        case '#': comment(&s); break;
        case '"':
        case '\'': text(&s); break;
        case ':': scheme(&s); break;
        case '\\': join(&s); break;
        case '(':
        case '[':
        case '{': open_bracket(&s, c); break;
        default: close_bracket(&s, c);
        }
    }
    while (out->statement < at && is_space(code[out->statement])) out->statement++;
    out->behind_block = out->behind_block && out->statement == at;
    out->in_parens = s.depth && s.open[s.depth - 1] == '(';
    out->in_grid = s.depth && s.open[s.depth - 1] == '[';
}

const dsl_span *dsl_spot_recent(const dsl_spot *place, size_t n)
{
    size_t kept = place->seen < DSL_RECENT ? place->seen : DSL_RECENT;
    return n < kept ? &place->recent[(place->seen - kept + n) % DSL_RECENT] : NULL;
}

void dsl_spot_word(const char *code, size_t at, size_t end, char out[64])
{
    size_t n = 0;
    while (at < end && is_space(code[at])) at++;
    while (at + n < end && n < 64 && !strchr(" \t\r\n\f\v{}()[],;=\"'<>!\\", code[at + n])) n++;
    if (n == 64) n = 0;
    memcpy(out, code + at, n);
    out[n] = 0;
}
