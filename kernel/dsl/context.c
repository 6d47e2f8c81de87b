/* context.c - reads the statement before a place token by token. */
#include "kernel/dsl/context.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

void dsl_context_release(dsl_context *context)
{
    dsl_tokens_release(&context->tokens);
}

void dsl_token_copy(const dsl_tokens *tokens, const dsl_token *token, char out[64])
{
    size_t n = token->len < 64 ? token->len : 0;
    memcpy(out, tokens->text + token->at, n);
    out[n] = 0;
}

const dsl_param *dsl_context_params(const dsl_context *context)
{
    return context->layer ? context->layer->params : context->command ? context->command->params : NULL;
}

/* ---- in which block ---- */
static void find_block(const dsl_config *config, dsl_context *c)
{
    char word[64];
    for (int i = 0; i < c->spot.blocks && !c->in_model; i++) {
        dsl_spot_word(c->code, c->spot.block[i], c->spot.block[i] + 64, word);
        const dsl_command *command = dsl_command_find(config, word);
        c->in_model = command && command->takes_layers;
        c->model = c->spot.block[i];
    }
}

/* ---- what the words of the statement have filled ---- */
static int param_of(const dsl_param *params, const char *word)
{
    for (int i = 0; params && params[i].name && i < 128; i++)
        if (dsl_same(word, params[i].name) || (params[i].aliases && dsl_choice_index(params[i].aliases, word) >= 0))
            return i;
    return -1;
}

/* Could the word stand for this place by its form? */
bool dsl_has_form(const dsl_param *param, const char *word)
{
    bool digit = isdigit((unsigned char)*word) || *word == '-' || *word == '+' || *word == '.';
    if (dsl_choice_index(param->choices, word) >= 0) return true;
    switch (param->type) {
    case DSL_T_INT:
    case DSL_T_NUMBER: return digit && strspn(word, "0123456789.%eE+-") == strlen(word);
    case DSL_T_SIZE: return isdigit((unsigned char)*word) && strspn(word, "0123456789xX") == strlen(word);
    case DSL_T_SPLIT: return isdigit((unsigned char)*word) && strchr(word, '/');
    case DSL_T_TIMES: return (*word == 'x' || *word == 'X') && isdigit((unsigned char)word[1]);
    default: return false;
    }
}

static bool may_fill(const dsl_param *param, const dsl_token *t, const char *word)
{
    switch (param->type) {
    case DSL_T_OBJECT:
    case DSL_T_NEWNAME: return t->kind == TOK_WORD && !isdigit((unsigned char)*word) && !strchr(word, '/');
    case DSL_T_INT:
    case DSL_T_NUMBER:
    case DSL_T_SIZE:
    case DSL_T_SPLIT:
    case DSL_T_TIMES:
    case DSL_T_CHOICE: return t->kind != TOK_WORD || dsl_has_form(param, word);
    default: return true;
    }
}

/* The positional a word takes: the first whose kind fits, as binding has it. */
static int first_free(const dsl_context *c, const dsl_param *params, const dsl_token *t, const char *word)
{
    int first = -1;
    for (int i = 0; params && params[i].name && i < 128; i++) {
        if (params[i].role != DSL_POSITIONAL || c->used[i]) continue;
        if (may_fill(&params[i], t, word)) return i;
        if (first < 0) first = i;
    }
    return first;
}

/* Positionals that are given by their name too: `kernel=3x3`, `shares 80/20`. */
static bool by_name(const dsl_context *c, const dsl_param *param)
{
    return c->layer || param->role != DSL_POSITIONAL ||
           (param->type != DSL_T_OBJECT && param->type != DSL_T_NEWNAME && param->type != DSL_T_TEXT &&
            param->type != DSL_T_WORD);
}

static bool joins(const char *word)
{
    return dsl_same(word, "and") || dsl_same(word, "or") || dsl_same(word, "not");
}

/* One word of a condition. True: it still belongs to it. */
static bool read_condition(dsl_context *c, const dsl_token *t, const char *word)
{
    switch (c->expect) {
    case EXPECT_FIELD:
        if (joins(word)) return true;
        memcpy(c->field, word, sizeof c->field);
        c->expect = EXPECT_SIGN;
        return true;
    case EXPECT_SIGN:
        if (t->kind == TOK_COMPARE || t->kind == TOK_EQUAL || dsl_same(word, "contains") || dsl_same(word, "in"))
            c->expect = EXPECT_VALUE;
        else if (joins(word)) c->expect = EXPECT_FIELD;
        else return false;
        return true;
    case EXPECT_VALUE: c->expect = EXPECT_MORE; return true;
    case EXPECT_MORE:
        if (t->kind == TOK_COMMA) c->expect = EXPECT_VALUE;
        else if (joins(word)) c->expect = EXPECT_FIELD;
        else return false;
        return true;
    default: return false;
    }
}

static void read_word(dsl_context *c, const dsl_param *params, const dsl_token *t, const char *word)
{
    const dsl_token *next = t + 1;
    bool list = next < c->tokens.token + c->end && next->kind == TOK_COMMA;
    bool flag = t > c->tokens.token && t[-1].kind == TOK_WORD && c->pending < 0 && !c->after_no;
    c->assigns = t->kind == TOK_EQUAL && flag;
    if (t->kind == TOK_EQUAL || t->kind == TOK_COMMA || t->kind == TOK_LBRACE) return;
    if (t > c->tokens.token && t[-1].kind == TOK_EQUAL && c->pending < 0) return; /* `shuffle=off` */
    c->after_no = c->pending < 0 && t->kind == TOK_WORD && dsl_same(word, "no");
    if (c->after_no) return;
    if (c->pending >= 0) {
        c->used[c->pending] = true;
        if (params[c->pending].type == DSL_T_NEWNAME) c->newname = t;
        if (!list) c->pending = -1;
        return;
    }
    int index = t->kind == TOK_WORD ? param_of(params, word) : -1;
    if (index >= 0 && params[index].role == DSL_FLAG) c->used[index] = true;
    else if (index >= 0 && by_name(c, &params[index]) && (params[index].role != DSL_POSITIONAL || !c->used[index]))
        c->pending = index;
    else if ((index = first_free(c, params, t, word)) >= 0 && t->kind != TOK_NEWLINE) {
        c->used[index] = true;
        if (params[index].type == DSL_T_NEWNAME) c->newname = t;
        if (list) c->pending = index;
    }
}

static void read_statement(const dsl_config *config, dsl_context *c)
{
    char word[64];
    if (!c->end) return;
    dsl_token_copy(&c->tokens, &c->tokens.token[0], c->verb);
    if (c->in_model) c->layer = dsl_layer_find(config, c->verb);
    else c->command = dsl_command_find(config, c->verb);
    const dsl_param *params = dsl_context_params(c);
    if (dsl_same(c->verb, "check")) c->expect = EXPECT_FIELD;
    int nested = 0;
    for (size_t i = 1; i < c->end; i++) {
        const dsl_token *t = &c->tokens.token[i];
        bool opens = t->kind == TOK_LPAREN || t->kind == TOK_LBRACKET,
             closes = t->kind == TOK_RPAREN || t->kind == TOK_RBRACKET;
        nested += opens ? 1 : closes ? -1 : 0;
        if (nested || opens) continue; /* brackets count as one value, when they close */
        dsl_token_copy(&c->tokens, t, word);
        if (c->expect && read_condition(c, t, word)) continue;
        c->expect = EXPECT_NOTHING;
        if (t->kind == TOK_WORD && dsl_same(word, "where")) c->expect = EXPECT_FIELD;
        else read_word(c, params, t, word);
    }
}

lg_status dsl_context_read(const dsl_config *config, size_t upto, dsl_context *c, lg_err *err)
{
    size_t from = c->spot.statement < upto ? c->spot.statement : upto;
    dsl_tokens_release(&c->tokens);
    LG_TRY(dsl_lex(c->code + from, upto - from, &c->tokens, err));
    c->broken = c->tokens.error.status != LG_OK && c->tokens.error.code != 102 && c->tokens.error.code != 103;
    c->end = c->tokens.count - 1;
    read_statement(config, c);
    return LG_OK;
}

void dsl_context_find(const dsl_config *config, const char *code, size_t at, dsl_context *out)
{
    memset(out, 0, offsetof(dsl_context, spot));
    memset(&out->tokens, 0, sizeof *out - offsetof(dsl_context, tokens));
    out->code = code;
    out->pending = -1;
    dsl_spot_find(code, at, &out->spot);
    find_block(config, out);
}

lg_status dsl_context_rest(const dsl_config *config, size_t upto, size_t from, size_t end, dsl_context *c, lg_err *err)
{
    const dsl_param *params = dsl_context_params(c);
    size_t n = 0;
    int grid = c->spot.in_grid;
    for (; from + n < end && !strchr(grid > 0 ? "\n\r}" : "\n\r;}", c->code[from + n]); n++)
        grid += (c->code[from + n] == '[') - (c->code[from + n] == ']');
    if (!params || !n || c->spot.statement >= upto) return LG_OK;
    lg_buf line;
    lg_buf_init(&line, DSL_CELL_MAX);
    lg_buf_add(&line, c->code + c->spot.statement, upto - c->spot.statement);
    lg_buf_addc(&line, ' ');
    lg_buf_add(&line, c->code + from, n);
    dsl_context *whole = lg_alloc(1, sizeof *whole, err);
    lg_status st = whole ? LG_OK : err->status;
    if (whole) {
        whole->code = lg_buf_str(&line);
        whole->pending = -1;
        whole->in_model = c->in_model;
        st = dsl_context_read(config, line.len, whole, err);
        for (int i = 0; st == LG_OK && params[i].name && i < 128; i++)
            if (params[i].role != DSL_POSITIONAL) c->used[i] |= whole->used[i];
        dsl_context_release(whole);
    }
    lg_free(whole);
    lg_buf_release(&line);
    return st;
}

/* ---- names that the lines before make ---- */
static bool makes_names(const dsl_command *command)
{
    for (const dsl_param *p = command->params; p && p->name; p++)
        if (p->type == DSL_T_NEWNAME) return true;
    return false;
}

typedef struct made_walk {
    const dsl_config *config;
    const dsl_context *context;
    dsl_made_fn *fn;
    void *ctx;
} made_walk;

/* `let` and `for`: "$name"; of a grid its name too. */
static void made_variable(const made_walk *w, const dsl_span *line, size_t behind, bool loop)
{
    char word[64], name[80];
    const char *code = w->context->code;
    bool open = !loop;
    for (int i = 0; i < w->context->spot.blocks; i++) open |= w->context->spot.block[i] == line->from;
    dsl_spot_word(code, behind, line->to, word);
    if (!*word || !open) return; /* the variable of a loop is gone when that has ended */
    const char *grid = memchr(code + behind, '=', line->to - behind);
    while (grid && grid + 1 < code + line->to && (grid[1] == ' ' || grid[1] == '\t')) grid++;
    bool is_grid = !loop && grid && grid + 1 < code + line->to && grid[1] == '[';
    snprintf(name, sizeof name, "$%s", word);
    w->fn(w->ctx, is_grid ? word : name, is_grid ? DSL_KIND_GRID : DSL_KIND_NONE, *line);
}

static lg_status made_object(const made_walk *w, const dsl_command *command, const dsl_span *line, lg_err *err)
{
    char name[64];
    dsl_context *c = lg_alloc(1, sizeof *c, err); /* as a context of its own, at the end of the line */
    if (!c) return err->status;
    c->code = w->context->code;
    c->pending = -1;
    c->spot.statement = line->from;
    lg_status st = dsl_context_read(w->config, line->to, c, err);
    if (st == LG_OK && c->newname) {
        dsl_token_copy(&c->tokens, c->newname, name);
        if (dsl_is_identifier(name)) w->fn(w->ctx, name, command->makes, *line);
    }
    for (const dsl_param *p = command->params; st == LG_OK && !c->newname && p->name; p++)
        if (p->type == DSL_T_NEWNAME && p->dflt) w->fn(w->ctx, p->dflt, command->makes, *line);
    dsl_context_release(c);
    lg_free(c);
    return st;
}

lg_status dsl_each_made(const dsl_config *config, const dsl_context *context, dsl_made_fn *fn, void *ctx, lg_err *err)
{
    made_walk w = {config, context, fn, ctx};
    const dsl_span *line;
    char word[64];
    for (size_t n = 0; (line = dsl_spot_recent(&context->spot, n)); n++) {
        dsl_spot_word(context->code, line->from, line->to, word);
        bool loop = dsl_same(word, "for");
        if (loop || dsl_same(word, "let")) made_variable(&w, line, line->from + strlen(word), loop);
        const dsl_command *command = *word ? dsl_command_find(config, word) : NULL;
        if (command && makes_names(command)) LG_TRY(made_object(&w, command, line, err));
    }
    return LG_OK;
}

size_t dsl_line_len(const char *code, size_t from, dsl_span line, const char *stops)
{
    size_t n = 0;
    while (from + n < line.to && code[from + n] != '\n' && code[from + n] != '\r' && !strchr(stops, code[from + n]))
        n++;
    return n;
}
