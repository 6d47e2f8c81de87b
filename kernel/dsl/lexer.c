/* lexer.c - text to tokens. Two modes: inside ( ) the characters + - * / ^ are operators, elsewhere they are part of a
 * word. The innermost open bracket decides, so one stack of brackets is all the state there is. */
#include "kernel/dsl/ast.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

typedef struct lexer {
    dsl_tokens *out;
    const char *s;
    size_t size, at;
    uint32_t line, col;
    size_t glue; /* where the last token ended */
    uint32_t comment;
    dsl_token opened[DSL_DEPTH];
    lg_err *err;
    lg_status status; /* want of memory */
} lexer;

lg_span dsl_token_span(const dsl_token *token)
{
    return (lg_span){(int)token->line, (int)token->col, token->cols ? (int)token->cols : 1};
}

void dsl_tokens_release(dsl_tokens *tokens)
{
    lg_free(tokens->token);
    *tokens = (dsl_tokens){0};
}

dsl_bit dsl_brief(const char *s, size_t len)
{
    dsl_bit bit = {{0}};
    size_t used = 0, at = 0;
    for (int points = 0; at < len; points++) {
        uint32_t cp = 0;
        int n = lg_utf8_next(s + at, len - at, &cp);
        if (points == 40 || n <= 0) {
            snprintf(bit.s + used, sizeof bit.s - used, "…");
            break;
        }
        if (cp < 0x20 || cp == 0x7f || (cp >= 0x80 && cp < 0xa0)) cp = '?';
        if (cp == '?' || cp < 0x80) bit.s[used++] = (char)cp;
        else memcpy(bit.s + used, s + at, (size_t)n), used += (size_t)n;
        at += (size_t)n;
    }
    return bit;
}

/* ---- characters that are not what they seem ---- */
const char *dsl_odd_character(uint32_t cp, const char **use)
{
    static const struct {
        uint32_t low, high;
        const char *what, *use;
    } odd[] = {
        {0xa0, 0xa0, "a no-break space, not a blank", "an ordinary blank"},
        {0x1680, 0x1680, "an unusual space, not a blank", "an ordinary blank"},
        {0x2000, 0x200a, "an unusual space, not a blank", "an ordinary blank"},
        {0x202f, 0x202f, "a no-break space, not a blank", "an ordinary blank"},
        {0x205f, 0x205f, "an unusual space, not a blank", "an ordinary blank"},
        {0x3000, 0x3000, "a full-width space, not a blank", "an ordinary blank"},
        {0x85, 0x85, "an unusual line end", "a new line"},
        {0x2028, 0x2029, "an unusual line end", "a new line"},
        {0xad, 0xad, "an invisible hyphen", "the word without it"},
        {0x200b, 0x200f, "an invisible character", "the word again, without it"},
        {0x202a, 0x202e, "an invisible character that turns the writing direction", "the word again, without it"},
        {0x2060, 0x2069, "an invisible character", "the word again, without it"},
        {0xfeff, 0xfeff, "an invisible character", "the word again, without it"},
        {0x201c, 0x201f, "a typographic quote", "the straight quote \""},
        {0x2033, 0x2033, "a typographic quote", "the straight quote \""},
        {0xab, 0xab, "a typographic quote", "the straight quote \""},
        {0xbb, 0xbb, "a typographic quote", "the straight quote \""},
        {0x2018, 0x201b, "a typographic quote", "the straight quote '"},
        {0xff0c, 0xff0c, "a full-width comma", "the comma ,"},
        {0xff1b, 0xff1b, "a full-width semicolon", "the semicolon ;"},
        {0xff1d, 0xff1d, "a full-width equals sign", "the sign ="},
        {0xff08, 0xff08, "a full-width bracket", "the bracket ("},
        {0xff09, 0xff09, "a full-width bracket", "the bracket )"},
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        if (cp >= odd[i].low && cp <= odd[i].high) {
            *use = odd[i].use;
            return odd[i].what;
        }
    return NULL;
}

/* ---- tokens out ---- */
static bool lex_push(lexer *lx, dsl_token token)
{
    dsl_tokens *out = lx->out;
    if (out->count == out->cap) {
        size_t cap = out->cap ? out->cap * 2 : 64;
        dsl_token *grown = lg_realloc(out->token, out->count, cap, sizeof *grown, lx->err);
        if (!grown) {
            lx->status = lx->err->status;
            return false;
        }
        out->token = grown;
        out->cap = cap;
    }
    out->token[out->count++] = token;
    return true;
}

/* A token from `start` to here, begun at (line, col). */
static bool lex_emit(lexer *lx, dsl_token_kind kind, size_t start, uint32_t line, uint32_t col)
{
    dsl_token token = {.kind = (uint8_t)kind,
                       .glued = start == lx->glue && start > 0,
                       .at = (uint32_t)start,
                       .len = (uint32_t)(lx->at - start),
                       .line = line,
                       .col = col,
                       .cols = lx->line == line ? lx->col - col : 1,
                       .comment = lx->comment};
    lx->comment = 0;
    lx->glue = lx->at;
    return lex_push(lx, token);
}

/* Ends the tokens with TOK_ERROR; the caller has just filled out->error. */
static void lex_stop(lexer *lx, lg_span span)
{
    lx->out->error.span = span;
    lex_push(lx, (dsl_token){.kind = TOK_ERROR,
                             .at = (uint32_t)lx->at,
                             .line = (uint32_t)span.line,
                             .col = (uint32_t)span.col,
                             .cols = (uint32_t)span.len,
                             .comment = lx->comment});
}

#define LEX_FAIL(lx, code, ...) lg_fail(&(lx)->out->error, LG_E_SYNTAX, code, __VA_ARGS__)

static uint32_t lex_peek(const lexer *lx, int *bytes)
{
    uint32_t cp = 0;
    *bytes = lx->at < lx->size ? lg_utf8_next(lx->s + lx->at, lx->size - lx->at, &cp) : 0;
    return cp;
}

static void lex_step(lexer *lx, int bytes)
{
    lx->at += (size_t)bytes;
    lx->col++;
}

static bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}
static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}
static bool name_start(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}
static bool name_more(int c)
{
    return name_start(c) || is_digit(c);
}
static int lex_byte(const lexer *lx, size_t ahead)
{
    return lx->at + ahead < lx->size ? (unsigned char)lx->s[lx->at + ahead] : -1;
}

/* A new line: \n, \r\n or \r. Inside ( ) it is a blank, after a comma nothing. */
static bool lex_newline(lexer *lx)
{
    size_t start = lx->at;
    uint32_t line = lx->line, col = lx->col;
    lx->at += lex_byte(lx, 0) == '\r' && lex_byte(lx, 1) == '\n' ? 2 : 1;
    dsl_tokens *out = lx->out;
    dsl_token_kind last = out->count ? out->token[out->count - 1].kind : TOK_NEWLINE;
    bool quiet = (out->depth && out->open[out->depth - 1] == '(') || (last == TOK_COMMA) ||
                 (last == TOK_NEWLINE && !lx->comment);
    bool ok = quiet || lex_emit(lx, TOK_NEWLINE, start, line, col);
    lx->comment = 0;
    lx->line++;
    lx->col = 1;
    return ok;
}

static bool lex_comment(lexer *lx)
{
    int before = lx->at ? (unsigned char)lx->s[lx->at - 1] : '\n';
    size_t start = lx->at;
    lg_span span = {(int)lx->line, (int)lx->col, 0};
    bool starts = is_blank(before) || strchr("\r\n;{([,", before);
    while (lx->at < lx->size && lx->s[lx->at] != '\n' && lx->s[lx->at] != '\r') {
        int n;
        lex_peek(lx, &n);
        if (!starts && is_blank(lex_byte(lx, 0))) break;
        lex_step(lx, n);
    }
    if (starts) {
        lx->comment = (uint32_t)start + 1;
        return true;
    }
    dsl_bit word = dsl_brief(lx->s + start, lx->at - start);
    LEX_FAIL(lx, 101, "`%s` begins with the sign of a comment", word.s);
    lg_why(&lx->out->error, "# starts a comment");
    lg_try(&lx->out->error, "quote it: \"%s\"; a comment needs a blank before its #", word.s);
    span.len = (int)lx->col - span.col;
    lex_stop(lx, span);
    return false;
}

/* Not a character of the language here. */
static bool lex_odd(lexer *lx)
{
    int bytes;
    uint32_t cp = lex_peek(lx, &bytes);
    const char *use = NULL, *what = dsl_odd_character(cp, &use);
    lg_err *err = &lx->out->error;
    if (what) {
        bool visible = strstr(what, "quote") || strstr(what, "width");
        if (visible) LEX_FAIL(lx, 106, "`%.*s` is %s", bytes, lx->s + lx->at, what);
        else LEX_FAIL(lx, 106, "there is %s (U+%04X) here", what, (unsigned)cp);
        lg_try(err, "type %s", use);
    } else if (cp == 0xd7) {
        LEX_FAIL(lx, 106, "`×` is a multiplication sign, not the letter x");
        lg_try(err, "write `3x3`, with the letter x and no blanks");
    } else if (cp == '!') {
        LEX_FAIL(lx, 106, "`!` is not used here; there is no way to run shell commands");
        lg_why(err, "`!` only stands in `!=`, after `where` or `check`");
        lg_try(err, "use a terminal for shell commands");
    } else if (cp == '$' && lx->at + 1 < lx->size && lx->s[lx->at + 1] == '{') {
        size_t n = 0;
        while (lx->at + n < lx->size && !strchr("}\n", lx->s[lx->at + n])) n++;
        dsl_bit bit = dsl_brief(lx->s + lx->at, n + (lx->at + n < lx->size && lx->s[lx->at + n] == '}'));
        LEX_FAIL(lx, 106, "`%s` is filled in only inside quotes", bit.s);
        lg_try(err, "put the text in quotes: \"%s\"", bit.s);
    } else if (cp == '$') {
        LEX_FAIL(lx, 106, "`$` must be followed by the name of a variable");
        lg_try(err, "write `let lr = 0.01` and then `$lr`, or put the text in '…'");
    } else if (cp == '\\') {
        LEX_FAIL(lx, 106, "`\\` may only stand at the end of a line, which then goes on in the next");
        lg_try(err, "write paths with `/`, or put the text in '…'");
    } else {
        bool shown = cp > 0x20 && cp != 0x7f && !(cp >= 0x80 && cp < 0xa0);
        if (shown) LEX_FAIL(lx, 106, "`%.*s` cannot stand here", bytes, lx->s + lx->at);
        else LEX_FAIL(lx, 106, "there is an invisible control character (U+%04X) here", (unsigned)cp);
        lg_try(err, shown ? "put texts in quotes: \"…\"" : "delete it and type the line again");
    }
    lex_stop(lx, (lg_span){(int)lx->line, (int)lx->col, 1});
    return false;
}

static bool lex_string(lexer *lx)
{
    char quote = lx->s[lx->at];
    size_t start = lx->at;
    uint32_t col = lx->col;
    lex_step(lx, 1);
    for (;;) {
        int c = lex_byte(lx, 0), n;
        if (c < 0 || c == '\n' || c == '\r') break;
        if (c < 0x20 && c != '\t') return lex_odd(lx);
        if (c == quote) {
            lex_step(lx, 1);
            return lex_emit(lx, quote == '"' ? TOK_STRING : TOK_RAW, start, lx->line, col);
        }
        if (c == '\\' && quote == '"' && lex_byte(lx, 1) >= 0x20) lex_step(lx, 1);
        lex_peek(lx, &n);
        lex_step(lx, n);
    }
    LEX_FAIL(lx, 103, "the text that begins with `%c` has no closing `%c` on its line", quote, quote);
    lg_try(&lx->out->error, "close it with `%c`", quote);
    lex_stop(lx, (lg_span){(int)lx->line, (int)col, (int)(lx->col - col)});
    return false;
}

/* Is this byte part of a word that has begun? */
static bool word_more(int c)
{
    return c > 0x20 && c != 0x7f && !strchr("{}()[],;=\"'<>!\\", c);
}

static size_t scheme_len(const lexer *lx)
{
    size_t n = 0;
    while (lex_byte(lx, n) >= 'a' && lex_byte(lx, n) <= 'z') n++;
    return n && lex_byte(lx, n) == ':' && lex_byte(lx, n + 1) == '/' && lex_byte(lx, n + 2) == '/' &&
                   lex_byte(lx, n + 3) > 0x20
               ? n
               : 0;
}

static bool lex_word(lexer *lx)
{
    size_t start = lx->at;
    uint32_t col = lx->col;
    bool place = scheme_len(lx) > 0;
    for (;;) {
        int c = lex_byte(lx, 0), n;
        if (c < 0 || (place ? c <= 0x20 : !word_more(c))) break;
        if (place && c == '\\' && lex_byte(lx, 1) <= 0x20) break;
        uint32_t cp = lex_peek(lx, &n);
        const char *use;
        bool times = cp == 0xd7 && start < lx->at && is_digit((unsigned char)lx->s[lx->at - 1]);
        if (times || (cp >= 0x80 && (cp < 0xa0 || dsl_odd_character(cp, &use)))) return lex_odd(lx);
        lex_step(lx, n);
    }
    return lex_emit(lx, TOK_WORD, start, lx->line, col);
}

/* Digits of \d+(\.\d+)?([eE][+-]?\d+)?%? */
static bool lex_number(lexer *lx)
{
    size_t start = lx->at;
    uint32_t col = lx->col;
    while (is_digit(lex_byte(lx, 0))) lex_step(lx, 1);
    if (lex_byte(lx, 0) == '.' && is_digit(lex_byte(lx, 1)))
        for (lex_step(lx, 1); is_digit(lex_byte(lx, 0));) lex_step(lx, 1);
    int e = lex_byte(lx, 0), sign = lex_byte(lx, 1);
    int skip = sign == '+' || sign == '-' ? 2 : 1;
    if ((e == 'e' || e == 'E') && is_digit(lex_byte(lx, (size_t)skip))) {
        while (skip--) lex_step(lx, 1);
        while (is_digit(lex_byte(lx, 0))) lex_step(lx, 1);
    }
    if (lex_byte(lx, 0) == '%') lex_step(lx, 1);
    return lex_emit(lx, TOK_NUMBER, start, lx->line, col);
}

static bool lex_name(lexer *lx, dsl_token_kind kind, bool dots)
{
    size_t start = lx->at;
    uint32_t col = lx->col;
    if (kind == TOK_VAR) lex_step(lx, 1);
    while (name_more(lex_byte(lx, 0)) || (dots && lex_byte(lx, 0) == '.' && name_more(lex_byte(lx, 1)))) {
        int n;
        uint32_t cp = lex_peek(lx, &n);
        const char *use;
        if (cp == 0xd7 || (cp >= 0x80 && (cp < 0xa0 || dsl_odd_character(cp, &use)))) return lex_odd(lx);
        lex_step(lx, n);
    }
    return lex_emit(lx, kind, start, lx->line, col);
}

/* ---- brackets ---- */
static bool lex_open(lexer *lx, char c, dsl_token_kind kind)
{
    dsl_tokens *out = lx->out;
    if (out->depth == DSL_DEPTH) {
        LEX_FAIL(lx, 112, "brackets are nested more than %d deep here", DSL_DEPTH);
        lg_try(&out->error, "split the line, and name parts of it with `let`");
        lex_stop(lx, (lg_span){(int)lx->line, (int)lx->col, 1});
        return false;
    }
    size_t start = lx->at;
    lex_step(lx, 1);
    if (!lex_emit(lx, kind, start, lx->line, lx->col - 1)) return false;
    lx->opened[out->depth] = out->token[out->count - 1];
    out->open[out->depth++] = c;
    return true;
}

static bool lex_close(lexer *lx, char c, char opener, dsl_token_kind kind)
{
    dsl_tokens *out = lx->out;
    lg_span here = {(int)lx->line, (int)lx->col, 1};
    if (out->depth == 0) {
        LEX_FAIL(lx, 108, "this `%c` closes nothing", c);
        lg_try(&out->error, "remove it, or add the `%c` that is missing before it", opener);
        lex_stop(lx, here);
        return false;
    }
    if (out->open[out->depth - 1] != opener) {
        char open = out->open[out->depth - 1];
        LEX_FAIL(lx, 108, "`%c` cannot close the `%c` of line %u", c, open, lx->opened[out->depth - 1].line);
        lg_try(&out->error, "close it with `%c` first", open == '(' ? ')' : open == '[' ? ']' : '}');
        lex_stop(lx, here);
        return false;
    }
    out->depth--;
    size_t start = lx->at;
    lex_step(lx, 1);
    return lex_emit(lx, kind, start, lx->line, lx->col - 1);
}

static bool lex_punctuation(lexer *lx, dsl_token_kind kind, int bytes)
{
    size_t start = lx->at;
    uint32_t col = lx->col;
    for (int i = 0; i < bytes; i++) lex_step(lx, 1);
    return lex_emit(lx, kind, start, lx->line, col);
}

/* A `\` that ends its line joins the next one to it. */
static bool lex_join(lexer *lx)
{
    size_t ahead = 1;
    while (is_blank(lex_byte(lx, ahead))) ahead++;
    int c = lex_byte(lx, ahead);
    if (c >= 0 && c != '\n' && c != '\r') return lex_odd(lx);
    lx->at += ahead + (c == '\r' && lex_byte(lx, ahead + 1) == '\n' ? 2 : c >= 0 ? 1 : 0);
    if (c >= 0) lx->line++, lx->col = 1;
    return true;
}

static bool lex_in_parens(lexer *lx, int c)
{
    if (is_digit(c)) return lex_number(lx);
    if (name_start(c)) return lex_name(lx, TOK_NAME, true);
    if (strchr("+-*/^", c)) return lex_punctuation(lx, TOK_OPERATOR, 1);
    LEX_FAIL(lx, 120, "`%s` does not belong in arithmetic", dsl_brief(lx->s + lx->at, 1).s);
    lg_why(&lx->out->error, "round brackets hold numbers, $variables, fields, + - * / ^ and functions");
    lg_try(&lx->out->error,
           c == '.' ? "write a digit before the dot, as in `0.5`" : "write words and texts without brackets");
    lex_stop(lx, (lg_span){(int)lx->line, (int)lx->col, 1});
    return false;
}

/* One token, or false at a mistake. */
static bool lex_one(lexer *lx)
{
    int c = lex_byte(lx, 0), next = lex_byte(lx, 1);
    bool parens = lx->out->depth && lx->out->open[lx->out->depth - 1] == '(';
    switch (c) {
    case '\n':
    case '\r': return lex_newline(lx);
    case ' ':
    case '\t':
    case '\f':
    case '\v': lex_step(lx, 1); return true;
    case '#': return lex_comment(lx);
    case '\\': return lex_join(lx);
    case '"':
    case '\'': return lex_string(lx);
    case '(': return lex_open(lx, '(', TOK_LPAREN);
    case '[': return lex_open(lx, '[', TOK_LBRACKET);
    case '{': return lex_open(lx, '{', TOK_LBRACE);
    case ')': return lex_close(lx, ')', '(', TOK_RPAREN);
    case ']': return lex_close(lx, ']', '[', TOK_RBRACKET);
    case '}': return lex_close(lx, '}', '{', TOK_RBRACE);
    case ',': return lex_punctuation(lx, TOK_COMMA, 1);
    case ';': return lex_punctuation(lx, TOK_SEMICOLON, 1);
    case '=': return next == '=' ? lex_punctuation(lx, TOK_COMPARE, 2) : lex_punctuation(lx, TOK_EQUAL, 1);
    case '<':
    case '>': return lex_punctuation(lx, TOK_COMPARE, next == '=' ? 2 : 1);
    case '!': return next == '=' ? lex_punctuation(lx, TOK_COMPARE, 2) : lex_odd(lx);
    case '$': return name_start(next) ? lex_name(lx, TOK_VAR, false) : lex_odd(lx);
    default: break;
    }
    if (c < 0x20 || c == 0x7f) return lex_odd(lx);
    int bytes;
    uint32_t cp = lex_peek(lx, &bytes);
    const char *use;
    if (cp >= 0x80 && (cp < 0xa0 || cp == 0xd7 || dsl_odd_character(cp, &use))) return lex_odd(lx);
    return parens ? lex_in_parens(lx, c) : lex_word(lx);
}

/* A bracket is still open at the end: point at the last word, as that is where the closing one is missing. */
static void lex_unclosed(lexer *lx)
{
    dsl_tokens *out = lx->out;
    size_t last = out->count;
    while (last && out->token[last - 1].kind == TOK_NEWLINE) last--;
    char open = out->open[out->depth - 1];
    const dsl_token *opener = &lx->opened[out->depth - 1], *word = &out->token[last - 1];
    LEX_FAIL(lx, 102, "a `%c` is still open", open);
    if (opener->line + 1 < word->line) lg_why(&out->error, "it was opened in line %u", opener->line);
    lg_try(&out->error, "close it with `%c`", open == '(' ? ')' : open == '[' ? ']' : '}');
    lex_stop(lx, dsl_token_span(word));
}

/* Text that is not UTF-8, holds NUL bytes or is too long is refused as a whole. */
static bool lex_bytes_ok(lexer *lx)
{
    lg_err *err = &lx->out->error;
    size_t bad = lg_utf8_valid(lx->s, lx->size);
    const char *nul = lx->size ? memchr(lx->s, 0, lx->size) : NULL;
    if (lx->size > DSL_CELL_MAX) {
        LEX_FAIL(lx, 113, "this cell is too large to read (%s bytes, at most %s)", lg_thousands((long long)lx->size),
                 lg_thousands(DSL_CELL_MAX));
        lg_try(err, "split it into several cells");
        lex_stop(lx, (lg_span){1, 1, 1});
        return false;
    }
    if (bad == lx->size && !nul) return true;
    bool wide = lx->size >= 2 && (!memcmp(lx->s, "\xff\xfe", 2) || !memcmp(lx->s, "\xfe\xff", 2));
    size_t at = nul && (size_t)(nul - lx->s) < bad ? (size_t)(nul - lx->s) : bad;
    lg_span span = {1, 1, 1};
    size_t start = 0;
    for (size_t i = 0; i < at; i++)
        if (lx->s[i] == '\n' || (lx->s[i] == '\r' && lx->s[i + 1] != '\n')) span.line++, start = i + 1;
    span.col = (int)lg_utf8_count(lx->s + start, at - start) + 1;
    if (wide) LEX_FAIL(lx, 107, "this text is UTF-16, not UTF-8");
    else if (at < bad) LEX_FAIL(lx, 107, "there is a NUL byte in the text");
    else LEX_FAIL(lx, 107, "the byte 0x%02X here is not UTF-8 text", (unsigned)(unsigned char)lx->s[at]);
    lg_try(err, at < bad && !wide ? "delete it and type the line again" : "save the file as UTF-8");
    lex_stop(lx, span);
    return false;
}

lg_status dsl_lex(const char *text, size_t size, dsl_tokens *out, lg_err *err)
{
    lexer lx = {.out = out, .s = text, .size = size, .line = 1, .col = 1, .err = err};
    *out = (dsl_tokens){.text = text, .size = size};
    if (lex_bytes_ok(&lx)) {
        if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) lx.at = 3;
        while (lx.at < size && lex_one(&lx)) {
        }
        if (!lx.status && out->error.status == LG_OK) {
            if (out->depth) lex_unclosed(&lx);
            else lex_emit(&lx, TOK_END, lx.at, lx.line, lx.col);
        }
    }
    if (lx.status) dsl_tokens_release(out);
    return lx.status;
}
