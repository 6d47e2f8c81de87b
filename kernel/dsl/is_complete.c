/* is_complete.c - may the cell be run, or does it go on? Brackets, a comma or a `\` at the end say it does. */
#include "kernel/dsl/inside.h"
#include <string.h>

#include "lib/base/banned.h"

/* Two blanks for each bracket that is open, two more where a line goes on. */
static dsl_completeness goes_on(const dsl_tokens *tokens, bool joined, char indent[64])
{
    int depth = tokens->depth + joined;
    size_t n = (size_t)(depth < 31 ? depth : 31) * 2;
    memset(indent, ' ', n);
    indent[n] = 0;
    return DSL_INCOMPLETE;
}

/* The last line ends in `\`, and no comment does: that ends with its line. An empty line behind it ends the statement.
 */
static bool ends_with_join(const char *code, size_t len, bool in_comment)
{
    size_t at = len, lines = 0;
    while (at && strchr(" \t\r\n", code[at - 1])) lines += code[--at] == '\n';
    return at && code[at - 1] == '\\' && !in_comment && lines <= 1;
}

/* `model m` and on the next line `{`: that has been read as two commands, and no bracket behind it will mend it. */
static bool opens_nothing(const dsl_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        dsl_token_kind before = i ? tokens->token[i - 1].kind : TOK_NEWLINE;
        if (tokens->token[i].kind != TOK_LBRACE) continue;
        if (before == TOK_NEWLINE || before == TOK_SEMICOLON || before == TOK_LBRACE) return true;
    }
    return false;
}

dsl_completeness dsl_is_complete(const char *code, size_t len, char indent[64])
{
    dsl_tokens tokens;
    lg_err err = {0};
    lg_arena arena;
    dsl_stmt *program = NULL;
    indent[0] = 0;
    if (dsl_lex(code, len, &tokens, &err) != LG_OK) return DSL_COMPLETE;
    size_t last = tokens.count;
    while (last && (tokens.token[last - 1].kind == TOK_NEWLINE || tokens.token[last - 1].kind == TOK_END ||
                    tokens.token[last - 1].kind == TOK_ERROR))
        last--;
    bool in_comment = last < tokens.count && tokens.token[last].comment;
    bool comma = last && tokens.token[last - 1].kind == TOK_COMMA;
    dsl_completeness answer = DSL_COMPLETE;
    lg_arena_init(&arena, DSL_ARENA_MAX);
    if (tokens.error.code == 102) answer = opens_nothing(&tokens) ? DSL_INVALID : goes_on(&tokens, comma, indent);
    else if (tokens.error.status != LG_OK) answer = DSL_INVALID;
    else if (comma || ends_with_join(code, len, in_comment)) answer = goes_on(&tokens, true, indent);
    else if (dsl_parse(&tokens, &arena, NULL, &program, &err) == LG_E_SYNTAX) answer = DSL_INVALID;
    lg_arena_release(&arena);
    dsl_tokens_release(&tokens);
    return answer;
}
