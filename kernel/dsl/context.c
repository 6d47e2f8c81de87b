/* context.c - reads the text before a place token by token, keeping a stack of the blocks that are open. */
#include "kernel/dsl/context.h"
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

/* ---- which statement, in which block ---- */
typedef struct open_block {
    size_t verb;
    bool layers;
} open_block;

static void find_statement(const dsl_config *config, dsl_context *c)
{
    open_block stack[DSL_DEPTH + 1];
    int depth = 0, square = 0;
    char word[64];
    for (size_t i = 0; i < c->end; i++) {
        const dsl_token *t = &c->tokens.token[i];
        square += t->kind == TOK_LBRACKET ? 1 : t->kind == TOK_RBRACKET ? -1 : 0;
        if ((t->kind == TOK_NEWLINE && square <= 0) || t->kind == TOK_SEMICOLON) c->first = i + 1;
        if (t->kind == TOK_RBRACE) {
            depth -= depth > 0;
            c->first = i + 1;
        }
        if (t->kind != TOK_LBRACE || depth == DSL_DEPTH) continue;
        dsl_token_copy(&c->tokens, &c->tokens.token[c->first], word);
        const dsl_command *command = dsl_command_find(config, word);
        bool layers = (depth && stack[depth - 1].layers) || (command && command->takes_layers);
        size_t verb = depth && stack[depth - 1].layers ? stack[depth - 1].verb : c->first;
        stack[depth++] = (open_block){verb, layers};
        c->first = i + 1;
    }
    c->in_model = depth && stack[depth - 1].layers;
    if (c->in_model) c->model = stack[depth - 1].verb;
}

/* ---- what the words of the statement have filled ---- */
static int param_of(const dsl_param *params, const char *word)
{
    for (int i = 0; params && params[i].name && i < 128; i++)
        if (dsl_same(word, params[i].name) || (params[i].aliases && dsl_choice_index(params[i].aliases, word) >= 0))
            return i;
    return -1;
}

static int first_free(const dsl_context *c, const dsl_param *params)
{
    for (int i = 0; params && params[i].name && i < 128; i++)
        if (params[i].role == DSL_POSITIONAL && !c->used[i]) return i;
    return -1;
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
    if (t->kind == TOK_EQUAL || t->kind == TOK_COMMA) return;
    c->after_no = c->pending < 0 && t->kind == TOK_WORD && dsl_same(word, "no");
    if (c->after_no) return;
    if (c->pending >= 0) {
        c->used[c->pending] = true;
        if (!list) c->pending = -1;
        return;
    }
    int index = t->kind == TOK_WORD ? param_of(params, word) : -1;
    if (index >= 0 && params[index].role == DSL_FLAG) c->used[index] = true;
    else if (index >= 0 && (params[index].role != DSL_POSITIONAL || c->layer)) c->pending = index;
    else if ((index = first_free(c, params)) >= 0 && t->kind != TOK_NEWLINE) {
        c->used[index] = true;
        if (list) c->pending = index;
    }
}

static void read_statement(const dsl_config *config, dsl_context *c)
{
    char word[64];
    if (c->first >= c->end) return;
    dsl_token_copy(&c->tokens, &c->tokens.token[c->first], c->verb);
    if (c->in_model) c->layer = dsl_layer_find(config, c->verb);
    else c->command = dsl_command_find(config, c->verb);
    const dsl_param *params = dsl_context_params(c);
    if (dsl_same(c->verb, "check")) c->expect = EXPECT_FIELD;
    int nested = 0;
    for (size_t i = c->first + 1; i < c->end; i++) {
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

lg_status dsl_context_read(const dsl_config *config, const char *code, size_t size, dsl_context *out, lg_err *err)
{
    *out = (dsl_context){.pending = -1};
    LG_TRY(dsl_lex(code, size, &out->tokens, err));
    const dsl_tokens *tokens = &out->tokens;
    const dsl_token *last = &tokens->token[tokens->count - 1];
    out->in_comment = last->comment != 0;
    out->in_string = tokens->error.code == 103;
    out->broken = tokens->error.status != LG_OK && tokens->error.code != 102 && tokens->error.code != 103;
    out->in_parens = tokens->depth && tokens->open[tokens->depth - 1] == '(';
    out->end = tokens->count - 1;
    find_statement(config, out);
    read_statement(config, out);
    return LG_OK;
}
