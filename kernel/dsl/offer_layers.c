/* offer_layers.c - Tab inside `model { }`: layers, with what reaches them and what they would make of it there. */
#include "kernel/dsl/offer.h"
#include "kernel/dsl/card.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

static void close_brackets(const dsl_tokens *tokens, lg_buf *text)
{
    lg_buf_addc(text, '\n');
    for (int i = tokens->depth; i > 0; i--)
        lg_buf_addc(text, tokens->open[i - 1] == '(' ? ')' : tokens->open[i - 1] == '[' ? ']' : '}');
}

void dsl_open_model(dsl_session *session, const dsl_context *context, size_t end, dsl_open_model_fn *fn, lg_buf *out)
{
    lg_arena arena;
    lg_buf text;
    dsl_tokens tokens = {0};
    dsl_stmt *program = NULL;
    dsl_call call = {0};
    lg_err err = {0};
    char verb[64];
    if (!fn || !context->in_model || context->model >= end) return;
    lg_arena_init(&arena, 1 << 24);
    lg_buf_init(&text, DSL_CELL_MAX);
    lg_buf_add(&text, context->code + context->model, end - context->model);
    dsl_walk walk = {.session = session, .cell = &arena, .dry = true, .code = context->code, .size = end};
    lg_status st;
    LG_GO(dsl_lex(lg_buf_str(&text), text.len, &tokens, &err));
    close_brackets(&tokens, &text);
    dsl_tokens_release(&tokens);
    LG_GO(dsl_lex(lg_buf_str(&text), text.len, &tokens, &err));
    LG_GO(dsl_parse(&tokens, &arena, &session->config, &program, &err));
    if (!program || program->kind != STMT_COMMAND) goto done;
    dsl_spot_word(context->code, context->model, end, verb);
    const dsl_command *command = dsl_command_find(&session->config, verb);
    if (!command) goto done;
    LG_GO(dsl_bind_call(&walk, command, program, &arena, &call, &err));
    if (!walk.unknown) fn(&call, out);
done:
    (void)st;
    dsl_names_release(&walk.vars);
    dsl_names_release(&walk.shadow);
    dsl_tokens_release(&tokens);
    lg_buf_release(&text);
    lg_arena_release(&arena);
}

/* What stands behind the tab of the line that begins with this word; "" where there is none. */
static void line_of(const lg_buf *lines, const char *word, char out[120])
{
    size_t n = strlen(word);
    out[0] = 0;
    for (const char *at = lines->data; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (!strncmp(at, word, n) && at[n] == '\t')
            snprintf(out, 120, "%.*s", (int)strcspn(at + n + 1, "\n"), at + n + 1);
}

void dsl_layer_here(dsl_session *session, const dsl_context *context, const char *name, char out[260])
{
    char in[120], gives[120];
    lg_buf shapes;
    out[0] = 0;
    lg_buf_init(&shapes, 1 << 16);
    dsl_open_model(session, context, context->spot.statement, session->config.layers_next, &shapes);
    line_of(&shapes, "", in);
    line_of(&shapes, name, gives);
    if (*gives == '-') snprintf(out, 260, "not behind %s: %s", in, gives + 2);
    else if (*in && *gives) snprintf(out, 260, "here %s to %s", in, gives);
    else if (*in) snprintf(out, 260, "here of %s", in);
    lg_buf_release(&shapes);
}

/* Does the place follow the block's own brace? */
static bool is_first(const dsl_context *context)
{
    const dsl_span *last = context->spot.seen ? &context->spot.recent[(context->spot.seen - 1) % DSL_RECENT] : NULL;
    return last && last->from == context->model;
}

static void add_layer(dsl_offer *o, const dsl_layer_type *layer, const lg_buf *shapes)
{
    char in[120], gives[120];
    lg_buf line;
    bool begins = !strcmp(layer->name, "input") || !strcmp(layer->name, "base");
    if (!dsl_offer_begins(o, layer->name) || (begins && !is_first(&o->context))) return;
    if (o->block_follows && !layer->block) return;
    lg_buf_init(&line, 4096);
    dsl_signature_line(layer->name, layer->params, layer->block, false, &line);
    line_of(shapes, "", in);
    line_of(shapes, layer->name, gives);
    if (*gives == '-' && !o->partial_len) {
        lg_buf_release(&line);
        return;
    }
    if (*gives == '-') lg_buf_addf(&line, " – not behind %s: %s", in, gives + 2);
    else if (*in && *gives) lg_buf_addf(&line, " – here %s to %s", in, gives);
    else if (*in) lg_buf_addf(&line, " – here of %s", in);
    dsl_offer_add(o, layer->name, "layer", lg_buf_str(&line));
    lg_buf_release(&line);
}

void dsl_offer_layers(dsl_offer *o)
{
    lg_buf shapes;
    size_t end = o->context.spot.statement;
    lg_buf_init(&shapes, 1 << 16);
    dsl_open_model(o->session, &o->context, end, o->session->config.layers_next, &shapes);
    for (const dsl_layer_type *l = o->session->config.layers; l && l->name; l++) add_layer(o, l, &shapes);
    dsl_offer_add(o, "for", "keyword", "for NAME in a, b, c { … }");
    lg_buf_release(&shapes);
}
