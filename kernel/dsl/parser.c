/* parser.c - tokens to tree, by hand, one function a grammar rule. Blocks and brackets are the only recursion, and the
 * lexer has already limited how deep they go. */
#include "kernel/dsl/inside.h"
#include <string.h>

#include "lib/base/banned.h"

typedef struct parser {
    const dsl_tokens *tokens;
    const dsl_token *tok; /* the one to read next */
    lg_arena *arena;
    const dsl_config *config;
    lg_err *err;
    int depth; /* of ^ and signs */
} parser;

const char *const dsl_function_names[DSL_F_COUNT] = {"sqrt",  "log", "exp",   "min",  "max",
                                                     "round", "abs", "floor", "ceil", "mean"};

static const char *tok_text(const parser *p, const dsl_token *tok)
{
    return p->tokens->text + tok->at;
}

static bool tok_is(const parser *p, const dsl_token *tok, const char *word)
{
    return tok->kind == TOK_WORD && dsl_same_n(tok_text(p, tok), word, tok->len);
}

static void next(parser *p)
{
    if (p->tok->kind != TOK_END && p->tok->kind != TOK_ERROR) p->tok++;
}

static bool ends_statement(const dsl_token *tok)
{
    return tok->kind == TOK_NEWLINE || tok->kind == TOK_SEMICOLON || tok->kind == TOK_RBRACE || tok->kind == TOK_END;
}

/* Mistakes: what the lexer found comes first where it stands here. */
static bool lexer_failed(parser *p)
{
    if (p->tok->kind != TOK_ERROR) return false;
    if (p->err->status == LG_OK) *p->err = p->tokens->error;
    return true;
}

static const char *tok_name(const parser *p, char out[220])
{
    const dsl_token *tok = p->tok;
    if (tok->kind == TOK_NEWLINE || tok->kind == TOK_END) return "the end of the line";
    dsl_bit bit = dsl_brief(tok_text(p, tok), tok->len);
    out[0] = '`';
    size_t n = strlen(bit.s);
    memcpy(out + 1, bit.s, n);
    memcpy(out + 1 + n, "`", 2);
    return out;
}

/* The place of an error: the token here, or the one before where a line ended too early. */
static lg_span here(const parser *p)
{
    const dsl_token *tok = p->tok;
    if ((tok->kind == TOK_NEWLINE || tok->kind == TOK_END) && tok > p->tokens->token) tok--;
    return dsl_token_span(tok);
}

#define PARSE_FAIL(p, code, ...) (lg_fail((p)->err, LG_E_SYNTAX, code, __VA_ARGS__), lg_err_place((p)->err, here(p)))

/* A sum without its brackets, or a sign of times that is none: what school and the outputs write. */
static lg_status arithmetic(parser *p)
{
    const dsl_token *tok = p->tok, *first = tok;
    const char *text = tok_text(p, tok);
    bool dot = tok->len >= 2 && !memcmp(text, "\xc2\xb7", 2);
    bool x = tok->glued && tok->len >= 2 && *text == 'x' && text[1] >= '0' && text[1] <= '9';
    if (dot || x) return lg_try(p->err, "times is written `*`, as in `(4 * 22)`");
    while (first > p->tokens->token && !ends_statement(first - 1)) first--;
    size_t end = tok->at + strcspn(text, "\n;#\"{}");
    while (end > tok->at && p->tokens->text[end - 1] == ' ') end--;
    bool call = tok->kind == TOK_LPAREN && tok->glued && tok_is(p, first, "let"); /* let a = sqrt(4) */
    if (tok->len != 1 || !(call || strchr("+-*/", *text))) return LG_E_NAME;
    if (!tok_is(p, first, "let") || tok - first < 4 || first[3].at >= end || end - first->at > 120)
        return lg_try(p->err, "arithmetic stands in brackets, as in `(1 + 2 * 3)`");
    return lg_try(p->err, "arithmetic stands in brackets: %.*s(%.*s)", (int)(first[3].at - first->at),
                  tok_text(p, first), (int)(end - first[3].at), tok_text(p, &first[3]));
}

static lg_status unexpected(parser *p)
{
    char name[220];
    if (lexer_failed(p)) return p->err->status;
    const char *what = tok_name(p, name);
    switch (p->tok->kind) {
    case TOK_COMPARE:
        PARSE_FAIL(p, 109, "%s can only stand after `where` or `check`", what);
        return lg_try(p->err, "write e.g. `where confidence < 40%%`");
    case TOK_LBRACE:
        PARSE_FAIL(p, 109, "%s can only stand at the end of a command", what);
        return lg_try(p->err, "write it on the line of its command, as in `model NAME on DATASET {`");
    case TOK_EQUAL:
        if (p->tok - p->tokens->token >= 2 && p->tok[-2].kind == TOK_COMMA) { /* limit=10, size=16 */
            p->tok -= 2;
            PARSE_FAIL(p, 147, "options are separated by blanks, not by commas");
            return lg_try(p->err, "leave out this comma");
        }
        PARSE_FAIL(p, 109, "%s can only stand between an option and its value", what);
        return lg_try(p->err, "write e.g. `epochs=20` or `epochs 20`");
    case TOK_NEWLINE:
    case TOK_END:
    case TOK_SEMICOLON:
        PARSE_FAIL(p, 109, "a value is missing at the end of this line");
        return lg_try(p->err, "write it, or remove what asks for it");
    case TOK_COMMA:
        PARSE_FAIL(p, 109, "%s can only stand between the values of a list", what);
        return lg_try(p->err, "leave it out; options are separated by blanks");
    default:
        PARSE_FAIL(p, 109, "%s does not fit here", what);
        if (arithmetic(p) != LG_E_NAME) return p->err->status;
        return lg_try(p->err, "begin a new line for a new command, or quote it: \"…\"");
    }
}

static void *make(parser *p, size_t size)
{
    return lg_arena_alloc(p->arena, 1, size, p->err);
}

/* ---- arithmetic ---- */
static lg_status parse_sum(parser *p, dsl_expr *expr, dsl_op ***tail, int *waiting);

static lg_status emit(parser *p, dsl_expr *expr, dsl_op ***tail, int *waiting, dsl_op op)
{
    dsl_op *made = make(p, sizeof *made);
    if (!made) return p->err->status;
    *made = op;
    **tail = made;
    *tail = &made->next;
    *waiting += op.op == 'n' || op.op == 'r' || op.op == 'v' ? 1 : op.op == 'f' ? 1 - op.argc : op.op == '~' ? 0 : -1;
    if (*waiting > expr->stack) expr->stack = *waiting;
    return LG_OK;
}

static bool is_op(const parser *p, const char *which)
{
    return p->tok->kind == TOK_OPERATOR && strchr(which, *tok_text(p, p->tok));
}

static lg_status parse_arguments(parser *p, dsl_expr *expr, dsl_op ***tail, int *waiting, dsl_op op)
{
    next(p);
    for (;;) {
        LG_TRY(parse_sum(p, expr, tail, waiting));
        op.argc++;
        if (p->tok->kind == TOK_RPAREN) break;
        if (p->tok->kind != TOK_COMMA) return unexpected(p);
        next(p);
    }
    next(p);
    bool many = op.function == DSL_F_MIN || op.function == DSL_F_MAX || op.function == DSL_F_MEAN;
    if (op.argc > 1 && !many && !(op.function == DSL_F_ROUND && op.argc == 2)) {
        lg_fail(p->err, LG_E_SYNTAX, 120, "`%s` takes one number, not %d", dsl_function_names[op.function], op.argc);
        return lg_err_place(p->err, op.span);
    }
    return emit(p, expr, tail, waiting, op);
}

static lg_status parse_function(parser *p, dsl_expr *expr, dsl_op ***tail, int *waiting)
{
    const dsl_token *tok = p->tok;
    dsl_op op = {.op = 'f', .at = tok_text(p, tok), .len = tok->len, .span = dsl_token_span(tok)};
    for (int i = 0; i < DSL_F_COUNT; i++)
        if (dsl_same_n(op.at, dsl_function_names[i], op.len)) {
            op.function = (uint8_t)i;
            next(p);
            return parse_arguments(p, expr, tail, waiting, op);
        }
    PARSE_FAIL(p, 120, "there is no function `%s`", dsl_brief(op.at, op.len).s);
    lg_why(p->err, "functions: sqrt, log, exp, min, max, round, abs, floor, ceil, mean");
    char word[32] = {0};
    if (op.len < sizeof word) memcpy(word, op.at, op.len);
    const char *near = lg_nearest(word, dsl_function_names, DSL_F_COUNT);
    return near ? lg_try(p->err, "did you mean `%s`?", near) : lg_try(p->err, "write * for a multiplication");
}

static lg_status parse_primary(parser *p, dsl_expr *expr, dsl_op ***tail, int *waiting)
{
    const dsl_token *tok = p->tok;
    dsl_op op = {.at = tok_text(p, tok), .len = tok->len, .span = dsl_token_span(tok)};
    switch (tok->kind) {
    case TOK_NUMBER: {
        char digits[64];
        bool percent = op.at[op.len - 1] == '%';
        size_t n = op.len - percent;
        op.op = 'n';
        if (n < sizeof digits) {
            memcpy(digits, op.at, n);
            digits[n] = 0;
        }
        if (n >= sizeof digits || !lg_parse_double(digits, &op.number)) {
            PARSE_FAIL(p, 122, "the number `%s` is too long or too large", dsl_brief(op.at, op.len).s);
            return lg_try(p->err, "write it shorter, e.g. `1e9`");
        }
        if (percent) op.number /= 100;
        next(p);
        return emit(p, expr, tail, waiting, op);
    }
    case TOK_NAME:
        if (tok[1].kind == TOK_LPAREN) return parse_function(p, expr, tail, waiting);
        op.op = 'r';
        next(p);
        return emit(p, expr, tail, waiting, op);
    case TOK_VAR:
        op.op = 'v';
        op.at++;
        op.len--;
        next(p);
        return emit(p, expr, tail, waiting, op);
    case TOK_LPAREN:
        next(p);
        LG_TRY(parse_sum(p, expr, tail, waiting));
        if (p->tok->kind != TOK_RPAREN) return unexpected(p);
        next(p);
        return LG_OK;
    case TOK_RPAREN:
        PARSE_FAIL(p, 120, "a number is missing before this `)`");
        return lg_try(p->err, "write e.g. `($lr / 2)`");
    default: return unexpected(p);
    }
}

/* Signs, then a power: -2^2 is -4, 2^-1 is a half, and ^ binds to the right. */
static lg_status parse_factor(parser *p, dsl_expr *expr, dsl_op ***tail, int *waiting)
{
    dsl_op minus = {.op = '~', .span = dsl_token_span(p->tok)};
    bool negative = false;
    for (; is_op(p, "+-"); next(p)) negative ^= *tok_text(p, p->tok) == '-';
    LG_TRY(parse_primary(p, expr, tail, waiting));
    if (is_op(p, "^")) {
        dsl_op power = {.op = '^', .span = dsl_token_span(p->tok)};
        if (++p->depth > DSL_DEPTH) return PARSE_FAIL(p, 112, "powers are nested more than %d deep here", DSL_DEPTH);
        next(p);
        LG_TRY(parse_factor(p, expr, tail, waiting));
        p->depth--;
        LG_TRY(emit(p, expr, tail, waiting, power));
    }
    return negative ? emit(p, expr, tail, waiting, minus) : LG_OK;
}

static lg_status parse_product(parser *p, dsl_expr *expr, dsl_op ***tail, int *waiting)
{
    LG_TRY(parse_factor(p, expr, tail, waiting));
    while (is_op(p, "*/")) {
        dsl_op op = {.op = *tok_text(p, p->tok), .span = dsl_token_span(p->tok)};
        next(p);
        LG_TRY(parse_factor(p, expr, tail, waiting));
        LG_TRY(emit(p, expr, tail, waiting, op));
    }
    return LG_OK;
}

static lg_status parse_sum(parser *p, dsl_expr *expr, dsl_op ***tail, int *waiting)
{
    LG_TRY(parse_product(p, expr, tail, waiting));
    while (is_op(p, "+-")) {
        dsl_op op = {.op = *tok_text(p, p->tok), .span = dsl_token_span(p->tok)};
        next(p);
        LG_TRY(parse_product(p, expr, tail, waiting));
        LG_TRY(emit(p, expr, tail, waiting, op));
    }
    return LG_OK;
}

static lg_status parse_paren(parser *p, dsl_atom *atom)
{
    const dsl_token *open = p->tok;
    dsl_expr *expr = make(p, sizeof *expr);
    if (!expr) return p->err->status;
    dsl_op **tail = &expr->first;
    int waiting = 0;
    next(p);
    LG_TRY(parse_sum(p, expr, &tail, &waiting));
    if (p->tok->kind == TOK_COMMA) {
        PARSE_FAIL(p, 120, "round brackets hold arithmetic, not a list");
        return lg_try(p->err, "write a size as `3x3`, and lists without brackets");
    }
    if (p->tok->kind != TOK_RPAREN) return unexpected(p);
    atom->kind = TOK_LPAREN;
    atom->expr = expr;
    atom->len = p->tok->at + 1 - open->at;
    atom->span.len = p->tok->line == open->line ? (int)(p->tok->col + 1 - open->col) : 1;
    next(p);
    return LG_OK;
}

/* ---- atoms, lists, grids ---- */
static bool starts_atom(const dsl_token *tok)
{
    return tok->kind == TOK_WORD || tok->kind == TOK_STRING || tok->kind == TOK_RAW || tok->kind == TOK_VAR ||
           tok->kind == TOK_LPAREN;
}

static lg_status parse_atom(parser *p, dsl_atom **out)
{
    const dsl_token *tok = p->tok;
    if (!starts_atom(tok)) return unexpected(p);
    dsl_atom *atom = make(p, sizeof *atom);
    if (!atom) return p->err->status;
    *atom = (dsl_atom){.kind = tok->kind, .at = tok_text(p, tok), .len = tok->len, .span = dsl_token_span(tok)};
    *out = atom;
    if (tok->kind == TOK_LPAREN) return parse_paren(p, atom);
    if (tok->kind == TOK_VAR) atom->at++, atom->len--;
    if (tok->kind == TOK_STRING || tok->kind == TOK_RAW) atom->at++, atom->len -= 2;
    next(p);
    return tok->kind == TOK_STRING ? dsl_string_check(atom, p->err) : LG_OK;
}

static lg_status parse_list(parser *p, dsl_list *list)
{
    dsl_atom **tail = &list->first;
    for (;;) {
        LG_TRY(parse_atom(p, tail));
        tail = &(*tail)->next;
        list->count++;
        if (p->tok->kind != TOK_COMMA) return LG_OK;
        next(p);
        if (starts_atom(p->tok) || lexer_failed(p)) continue;
        p->tok--;
        PARSE_FAIL(p, 109, "a value is missing after this comma");
        return lg_try(p->err, "remove the comma, or write the next value after it");
    }
}

static lg_status parse_matrix(parser *p, dsl_matrix **out)
{
    dsl_matrix *matrix = *out = make(p, sizeof *matrix);
    if (!matrix) return p->err->status;
    dsl_row **tail = &matrix->first;
    matrix->span = dsl_token_span(p->tok);
    next(p);
    for (;;) {
        while (p->tok->kind == TOK_NEWLINE || p->tok->kind == TOK_SEMICOLON) next(p);
        if (p->tok->kind == TOK_RBRACKET) break;
        dsl_row *row = *tail = make(p, sizeof *row);
        if (!row) return p->err->status;
        tail = &row->next;
        matrix->rows++;
        for (dsl_atom **cell = &row->cells.first; p->tok->kind == TOK_WORD || p->tok->kind == TOK_VAR;
             cell = &(*cell)->next) {
            LG_TRY(parse_atom(p, cell));
            row->cells.count++;
        }
        if (row->cells.count &&
            (p->tok->kind == TOK_NEWLINE || p->tok->kind == TOK_SEMICOLON || p->tok->kind == TOK_RBRACKET))
            continue;
        if (lexer_failed(p)) return p->err->status;
        char name[220];
        const char *what = tok_name(p, name);
        PARSE_FAIL(p, 109, "%s does not fit into a grid of numbers", what);
        return lg_try(p->err, "separate numbers by blanks and rows by `;`, as in [1 2; 3 4]");
    }
    if (!matrix->rows) {
        PARSE_FAIL(p, 109, "this grid is empty");
        return lg_try(p->err, "write numbers into it, as in [1 2; 3 4]");
    }
    next(p);
    return LG_OK;
}

/* ---- conditions ---- */
static dsl_cmp compare_sign(const char *s, size_t n)
{
    if (n == 2) return s[0] == '!' ? CMP_NE : s[0] == '<' ? CMP_LE : s[0] == '>' ? CMP_GE : CMP_EQ;
    return s[0] == '<' ? CMP_LT : s[0] == '>' ? CMP_GT : CMP_EQ;
}

static lg_status parse_leaf(parser *p, dsl_leaf *leaf)
{
    const dsl_token *first = p->tok;
    for (; tok_is(p, p->tok, "not"); next(p)) leaf->negate ^= true;
    if (!starts_atom(p->tok)) {
        if (lexer_failed(p)) return p->err->status;
        PARSE_FAIL(p, 109, "a condition is missing here");
        return lg_try(p->err, "write e.g. `label = nike` or `confidence < 40%%`");
    }
    LG_TRY(parse_atom(p, &leaf->left));
    leaf->span = leaf->left->span;
    const dsl_token *tok = p->tok;
    if (tok->kind == TOK_COMPARE || tok->kind == TOK_EQUAL || tok_is(p, tok, "contains")) {
        leaf->cmp = tok->kind == TOK_WORD ? CMP_CONTAINS : compare_sign(tok_text(p, tok), tok->len);
        next(p);
        if (!starts_atom(p->tok)) {
            if (lexer_failed(p)) return p->err->status;
            PARSE_FAIL(p, 109, "a value is missing to compare with");
            return lg_try(p->err, "write e.g. `label = nike` or `confidence < 40%%`");
        }
        leaf->right.count = 1;
        return parse_atom(p, &leaf->right.first);
    }
    if (tok_is(p, tok, "in")) {
        leaf->cmp = CMP_IN;
        next(p);
        return parse_list(p, &leaf->right);
    }
    leaf->cmp = CMP_TRUE;
    if (leaf->left->kind == TOK_WORD) return LG_OK;
    p->tok = first;
    PARSE_FAIL(p, 109, "a condition compares two things");
    return lg_try(p->err, "write e.g. `label = nike` or `confidence < 40%%`");
}

static lg_status parse_test(parser *p, dsl_test **out)
{
    dsl_test *test = *out = make(p, sizeof *test);
    if (!test) return p->err->status;
    dsl_leaf **tail = &test->first;
    test->at = tok_text(p, p->tok);
    for (bool or_before = false;;) {
        *tail = make(p, sizeof **tail);
        if (!*tail) return p->err->status;
        (*tail)->or_before = or_before;
        LG_TRY(parse_leaf(p, *tail));
        tail = &(*tail)->next;
        or_before = tok_is(p, p->tok, "or");
        if (!or_before && !tok_is(p, p->tok, "and")) break;
        next(p);
    }
    test->len = (uint32_t)(tok_text(p, p->tok - 1) + p->tok[-1].len - test->at);
    return LG_OK;
}

/* ---- statements ---- */
static lg_status parse_program(parser *p, dsl_stmt **out);

static lg_status parse_node(parser *p, dsl_node **out)
{
    dsl_node *node = *out = make(p, sizeof *node);
    if (!node) return p->err->status;
    if (p->tok->kind == TOK_LBRACKET) {
        node->kind = NODE_MATRIX;
        dsl_matrix *matrix = NULL;
        LG_TRY(parse_matrix(p, &matrix));
        node->extra = matrix;
        return LG_OK;
    }
    if (tok_is(p, p->tok, "where") && !ends_statement(p->tok + 1)) {
        node->kind = NODE_WHERE;
        LG_TRY(parse_atom(p, &node->word));
        dsl_test *test = NULL;
        LG_TRY(parse_test(p, &test));
        node->extra = test;
        return LG_OK;
    }
    if (p->tok->kind == TOK_WORD && p->tok[1].kind == TOK_EQUAL) {
        node->kind = NODE_SETTING;
        LG_TRY(parse_atom(p, &node->word));
        next(p);
        if (p->tok->kind == TOK_LBRACKET) return unexpected(p);
    }
    return parse_list(p, &node->list);
}

static lg_status parse_block(parser *p, dsl_stmt *stmt)
{
    stmt->has_block = true;
    next(p);
    LG_TRY(parse_program(p, &stmt->block));
    if (p->tok->kind != TOK_RBRACE) return unexpected(p);
    next(p);
    if (ends_statement(p->tok) || lexer_failed(p)) return p->err->status;
    PARSE_FAIL(p, 109, "after `}` comes a new line");
    return lg_try(p->err, "begin a new line here, or write `;` between");
}

/* The rest of the source line from `start`, without its comment. */
static size_t line_length(const parser *p, const dsl_token *start)
{
    const dsl_token *t = start;
    while (t->kind != TOK_NEWLINE && t->kind != TOK_END && t->kind != TOK_ERROR && t->kind != TOK_SEMICOLON &&
           t->line == start->line)
        t++;
    if (t->kind != TOK_ERROR) return t[-1].at + t[-1].len - start->at;
    const char *s = p->tokens->text + start->at;
    size_t n = 0, left = p->tokens->size - start->at;
    while (n < left && s[n] != '\n' && s[n] != '\r') n++;
    return n;
}

/* A call may go on over several lines, up to its last bracket. */
static size_t call_length(const parser *p, const dsl_token *start, size_t len)
{
    const char *s = tok_text(p, start);
    size_t left = p->tokens->size - start->at;
    int depth = 0;
    char quote = 0;
    for (size_t i = 0; i < left && i < 4096; i++) {
        if (i >= len && depth == 0) break;
        if (quote) quote = s[i] == quote || s[i] == '\n' ? 0 : quote;
        else if (s[i] == '"' || s[i] == '\'') quote = s[i];
        else if (s[i] && strchr("([{", s[i])) depth++;
        else if (s[i] && strchr(")]}", s[i]) && --depth == 0 && i >= len) return i + 1;
    }
    return len;
}

static lg_status from_python(parser *p, const dsl_token *start)
{
    lg_buf line;
    size_t len = line_length(p, start), whole = call_length(p, start, len);
    lg_buf_init(&line, 4096);
    bool known = whole < 4096 && dsl_from_python(p->config, tok_text(p, start), whole, &line);
    p->tok = start;
    PARSE_FAIL(p, 105, "this is written like Python");
    p->err->span.len = (int)lg_utf8_count(tok_text(p, start), len);
    lg_why(p->err, "here a line is a command, what it works on, and options: `fit scratch epochs 20`");
    if (known && line.len < 300) lg_try(p->err, "%s", lg_buf_str(&line));
    else if (tok_is(p, start, "for")) lg_try(p->err, "for i in 1..3 { … }");
    else if (tok_is(p, start, "if") || tok_is(p, start, "while"))
        lg_try(p->err, "there is no `%.*s`: `check` stops a cell, `where` chooses rows, `for` repeats", (int)start->len,
               tok_text(p, start));
    else lg_try(p->err, "`help` shows the commands");
    lg_buf_release(&line);
    return p->err->status;
}

/* `x = 1`: here only `let` gives a value a name. */
static lg_status assignment(parser *p, const dsl_token *start)
{
    for (const dsl_token *t = start; !ends_statement(t) && t->kind != TOK_ERROR; t++)
        if (t->kind == TOK_LPAREN && t->glued && t[-1].kind == TOK_WORD) return from_python(p, start);
    const char *name = tok_text(p, start);
    p->tok = start;
    dsl_bit line = dsl_brief(name, line_length(p, start));
    bool python = !dsl_is_identifier(dsl_brief(name, start->len).s);
    PARSE_FAIL(p, 109, "a value gets its name with `let`");
    return python ? lg_try(p->err, "write e.g. `let lr = 0.01`, and then `$lr`") : lg_try(p->err, "let %s", line.s);
}

static lg_status parse_let(parser *p, dsl_stmt *stmt)
{
    stmt->kind = STMT_LET;
    next(p);
    if (p->tok->kind != TOK_WORD || p->tok[1].kind != TOK_EQUAL) {
        if (lexer_failed(p)) return p->err->status;
        PARSE_FAIL(p, 109, "`let` wants a name, `=` and a value");
        return lg_try(p->err, "write e.g. `let lr = 0.01`");
    }
    LG_TRY(parse_atom(p, &stmt->head));
    next(p);
    stmt->args = make(p, sizeof *stmt->args);
    if (!stmt->args) return p->err->status;
    if (p->tok->kind == TOK_LBRACKET) return parse_node(p, &stmt->args);
    if (starts_atom(p->tok) || lexer_failed(p))
        return p->err->status ? p->err->status : parse_list(p, &stmt->args->list);
    PARSE_FAIL(p, 109, "a value is missing after `=`");
    return lg_try(p->err, "write e.g. `let lr = 0.01`");
}

static lg_status parse_for(parser *p, dsl_stmt *stmt)
{
    stmt->kind = STMT_FOR;
    next(p);
    bool shape = p->tok->kind == TOK_WORD && tok_is(p, p->tok + 1, "in");
    if (shape) {
        LG_TRY(parse_atom(p, &stmt->head));
        next(p);
        stmt->args = make(p, sizeof *stmt->args);
        if (!stmt->args) return p->err->status;
        if (starts_atom(p->tok)) {
            const dsl_token *list = p->tok;
            LG_TRY(parse_list(p, &stmt->args->list));
            if (p->tok->kind == TOK_LBRACE) return parse_block(p, stmt);
            if (p->tok->kind == TOK_LPAREN && p->tok->glued) return from_python(p, list - 3);
        }
    }
    if (lexer_failed(p)) return p->err->status;
    PARSE_FAIL(p, 109, "`for` wants a name, `in`, a list and a block");
    return lg_try(p->err, "write e.g. `for rate in 0.1, 0.01 { fit scratch lr $rate }`");
}

static lg_status parse_check(parser *p, dsl_stmt *stmt)
{
    stmt->kind = STMT_CHECK;
    stmt->head = make(p, sizeof *stmt->head);
    if (!stmt->head) return p->err->status;
    stmt->head->span = dsl_token_span(p->tok);
    next(p);
    LG_TRY(parse_test(p, &stmt->test));
    if (p->tok->kind == TOK_STRING || p->tok->kind == TOK_RAW) return parse_atom(p, &stmt->message);
    return LG_OK;
}

static bool python_word(const parser *p, const dsl_token *tok)
{
    static const char *const words[] = {"import", "def",    "class", "return", "if",     "elif",
                                        "else:",  "while",  "try:",  "except", "lambda", "assert",
                                        "del",    "global", "raise", "yield",  "async",  "await"};
    if (tok_is(p, tok, "from")) return tok[1].kind == TOK_WORD && tok_is(p, tok + 2, "import");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (tok_is(p, tok, words[i])) return !p->config || !dsl_command_find(p->config, words[i]);
    return false;
}

static lg_status parse_command(parser *p, dsl_stmt *stmt)
{
    const dsl_token *start = p->tok;
    if (start[1].kind == TOK_LPAREN && start[1].glued) return from_python(p, start);
    if (start[1].kind == TOK_EQUAL) return assignment(p, start);
    if (python_word(p, start)) return from_python(p, start);
    LG_TRY(parse_atom(p, &stmt->head));
    for (dsl_node **tail = &stmt->args; starts_atom(p->tok) || p->tok->kind == TOK_LBRACKET; tail = &(*tail)->next)
        LG_TRY(parse_node(p, tail));
    if (p->tok->kind == TOK_LBRACE) return parse_block(p, stmt);
    return LG_OK;
}

static lg_status parse_statement(parser *p, dsl_stmt *stmt)
{
    switch (p->tok->kind) {
    case TOK_WORD:
        if (tok_is(p, p->tok, "let")) return parse_let(p, stmt);
        if (tok_is(p, p->tok, "for")) return parse_for(p, stmt);
        if (tok_is(p, p->tok, "check")) return parse_check(p, stmt);
        return parse_command(p, stmt);
    case TOK_LPAREN:
    case TOK_VAR: stmt->kind = STMT_SHOW; return parse_atom(p, &stmt->head);
    case TOK_STRING:
    case TOK_RAW:
        PARSE_FAIL(p, 109, "a line begins with a command, not with a text");
        return lg_try(p->err, "write e.g. `say` before it");
    case TOK_LBRACKET:
        PARSE_FAIL(p, 109, "a line begins with a command, not with a grid");
        return lg_try(p->err, "give it a name: `let g = [1 2; 3 4]`");
    default: return unexpected(p);
    }
}

/* Statements up to `}` or the end. */
static lg_status parse_program(parser *p, dsl_stmt **out)
{
    dsl_stmt **tail = out;
    for (;;) {
        while (p->tok->kind == TOK_NEWLINE || p->tok->kind == TOK_SEMICOLON) next(p);
        if (p->tok->kind == TOK_END || p->tok->kind == TOK_RBRACE) return LG_OK;
        const dsl_token *start = p->tok;
        dsl_stmt *stmt = *tail = make(p, sizeof *stmt);
        if (!stmt) return p->err->status;
        LG_TRY(parse_statement(p, stmt));
        if (!ends_statement(p->tok)) return unexpected(p);
        stmt->at = tok_text(p, start);
        stmt->len = p->tok[-1].at + p->tok[-1].len - start->at;
        stmt->comment = p->tok->comment;
        tail = &stmt->next;
    }
}

lg_status dsl_parse(const dsl_tokens *tokens, lg_arena *arena, const dsl_config *config, dsl_stmt **out, lg_err *err)
{
    parser p = {.tokens = tokens, .tok = tokens->token, .arena = arena, .config = config, .err = err};
    *out = NULL;
    return parse_program(&p, out);
}
