/* inspect.c - Shift-Tab and `help WORD`: cards made from the tables. */
#include "kernel/dsl/card.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- parameters ---- */
static const char *type_word(const dsl_param *param)
{
    static const char *const words[] = {[DSL_T_NONE] = "",
                                        [DSL_T_FLAG] = "on or off",
                                        [DSL_T_INT] = "whole number",
                                        [DSL_T_NUMBER] = "number",
                                        [DSL_T_SIZE] = "size HxW",
                                        [DSL_T_SPLIT] = "shares 80/20",
                                        [DSL_T_TIMES] = "xN",
                                        [DSL_T_RANGE] = "range low..high",
                                        [DSL_T_CHOICE] = "one of",
                                        [DSL_T_WORD] = "word",
                                        [DSL_T_TEXT] = "text",
                                        [DSL_T_PATH] = "file",
                                        [DSL_T_OUTPATH] = "file to write",
                                        [DSL_T_DURATION] = "time",
                                        [DSL_T_DATE] = "date",
                                        [DSL_T_LABEL] = "label",
                                        [DSL_T_IMAGE] = "image number or name",
                                        [DSL_T_LAYER] = "layer",
                                        [DSL_T_NEWNAME] = "new name",
                                        [DSL_T_OBJECT] = "object",
                                        [DSL_T_GRID] = "grid"};
    if (param->files) return "image number, name or file";
    return words[param->type];
}

void dsl_signature(const dsl_param *param, lg_buf *out)
{
    lg_buf_addf(out, "%s  ", param->name);
    if (param->type == DSL_T_CHOICE || param->type == DSL_T_OBJECT) dsl_want_text(param, out);
    else lg_buf_adds(out, type_word(param));
    if (param->type != DSL_T_CHOICE && param->type != DSL_T_OBJECT && param->choices) {
        lg_buf_adds(out, " or ");
        dsl_choice_list(param->choices, out);
    }
    if (param->dflt && param->type != DSL_T_FLAG) lg_buf_addf(out, ", default %s", param->dflt);
    else if (param->dflt_help) lg_buf_addf(out, ", default: %s", param->dflt_help);
    else if (param->type == DSL_T_FLAG)
        lg_buf_addf(out, ", %s unless written otherwise", param->dflt && dsl_same(param->dflt, "on") ? "on" : "off");
}

static void upper_name(const dsl_param *param, lg_buf *out)
{
    for (const char *s = param->name; *s; s++) lg_buf_addc(out, (char)toupper((unsigned char)*s));
    if (param->list) lg_buf_adds(out, ", …");
}

/* `fit MODEL [on DATASET] [as NAME] options` */
void dsl_signature_line(const char *name, const dsl_param *params, bool block, bool where, lg_buf *out)
{
    lg_buf_adds(out, name);
    for (const dsl_param *p = params; p && p->name; p++) {
        if ((p->role != DSL_POSITIONAL && p->role != DSL_PREPOSITION) || p->late) continue;
        bool optional = !p->required || p->implicit;
        lg_buf_adds(out, optional ? " [" : " ");
        if (p->role == DSL_PREPOSITION) lg_buf_addf(out, "%s ", p->name);
        if (p->role == DSL_PREPOSITION)
            lg_buf_adds(out, p->type == DSL_T_OBJECT                             ? "OBJECT"
                             : p->type == DSL_T_NEWNAME                          ? "NAME"
                             : p->type == DSL_T_PATH || p->type == DSL_T_OUTPATH ? "FILE"
                                                                                 : "VALUE");
        else upper_name(p, out);
        if (optional) lg_buf_addc(out, ']');
    }
    bool options = false;
    for (const dsl_param *p = params; p && p->name; p++)
        options |= (p->role == DSL_OPTION || p->role == DSL_FLAG) && !p->late;
    if (where) lg_buf_adds(out, " [where …]");
    if (options) lg_buf_adds(out, " [options]");
    if (block) lg_buf_adds(out, " { layers }");
}

static void param_rows(dsl_card *c, const dsl_param *params)
{
    if (!params || !params->name) return;
    dsl_card_table(c, true);
    for (const dsl_param *p = params; p->name; p++) {
        lg_buf line;
        if (p->late) continue;
        lg_buf_init(&line, 1 << 14);
        dsl_signature(p, &line);
        if (p->help) lg_buf_addf(&line, " – %s", p->help);
        const char *sign = line.data ? strstr(line.data, "  ") : NULL;
        dsl_card_row(c, p->name, sign ? sign + 2 : "");
        lg_buf_release(&line);
    }
    dsl_card_table(c, false);
}

static void command_card(dsl_card *c, const dsl_command *command)
{
    lg_buf line;
    lg_buf_init(&line, 1 << 14);
    dsl_card_title(c, command->name, "command", command->summary);
    dsl_signature_line(command->name, command->params, command->takes_layers, command->takes_where, &line);
    dsl_card_code(c, lg_buf_str(&line));
    lg_buf_release(&line);
    dsl_card_line(c, command->detail);
    param_rows(c, command->params);
    dsl_card_examples(c, command->examples, 2);
}

static void layer_card(dsl_card *c, const dsl_layer_type *layer)
{
    lg_buf line;
    lg_buf_init(&line, 1 << 14);
    dsl_card_title(c, layer->name, "layer", layer->summary);
    dsl_signature_line(layer->name, layer->params, layer->block, false, &line);
    dsl_card_code(c, lg_buf_str(&line));
    lg_buf_clear(&line);
    for (size_t i = 0; layer->aliases && layer->aliases[i]; i++)
        lg_buf_addf(&line, "%s%s", i ? ", " : "also written: ", layer->aliases[i]);
    dsl_card_line(c, lg_buf_str(&line));
    lg_buf_release(&line);
    param_rows(c, layer->params);
    dsl_card_examples(c, layer->examples, 2);
}

void dsl_param_card(dsl_card *c, const char *owner, const dsl_param *param)
{
    lg_buf line;
    lg_buf_init(&line, 1 << 14);
    lg_buf_addf(&line, "%s %s", owner, param->name);
    dsl_card_title(c, lg_buf_str(&line),
               param->role == DSL_FLAG          ? "flag"
               : param->role == DSL_PREPOSITION ? "preposition"
                                                : "option",
               param->help);
    lg_buf_clear(&line);
    dsl_signature(param, &line);
    dsl_card_line(c, lg_buf_str(&line));
    if (param->late) dsl_card_line(c, "not part of this version");
    char bounds[100];
    dsl_bounds(param, bounds);
    dsl_card_line(c, bounds);
    dsl_card_line(c, param->advice);
    lg_buf_release(&line);
}

/* An example with this option: one that has it, else the first with its default added. */
static void option_example(dsl_card *c, const char *const *examples, const dsl_param *param)
{
    char word[80];
    const char *first = examples ? examples[0] : NULL;
    snprintf(word, sizeof word, " %s", param->name);
    for (const char *const *e = examples; e && *e; e++)
        if (strstr(*e, word)) {
            dsl_card_head(c, "Example");
            dsl_card_code(c, *e);
            return;
        }
    if (!first || strpbrk(first, "{;\n") || param->late || param->role == DSL_POSITIONAL ||
        (param->role != DSL_FLAG && !param->dflt))
        return;
    lg_buf line;
    lg_buf_init(&line, 4096);
    bool off = param->role == DSL_FLAG && param->dflt && dsl_same(param->dflt, "on");
    lg_buf_addf(&line, "%s%s%s", first, off ? " no" : "", word);
    if (param->role != DSL_FLAG) lg_buf_addf(&line, " %s", param->dflt);
    dsl_card_head(c, "Example");
    dsl_card_code(c, lg_buf_str(&line));
    lg_buf_release(&line);
}

static void code_card(dsl_card *c, const dsl_code *code)
{
    char name[24];
    snprintf(name, sizeof name, "LL%03d", code->code);
    dsl_card_title(c, name, "error", code->when);
    dsl_card_line(c, code->help);
    if (*code->example) {
        dsl_card_head(c, "Example");
        dsl_card_code(c, code->example);
    }
}

/* ---- words by themselves ---- */
static const dsl_code *code_of(const char *word)
{
    long long number;
    if (tolower((unsigned char)word[0]) == 'l' && tolower((unsigned char)word[1]) == 'l') word += 2;
    return lg_parse_int(word, &number) && number > 100 && number < 1000 ? dsl_code_find((int)number) : NULL;
}

/* An option word alone: who knows it? */
static bool option_card(dsl_card *c, const dsl_config *config, const char *word)
{
    int found = 0;
    for (size_t i = 0; config->commands && config->commands[i]; i++)
        for (const dsl_param *p = config->commands[i]->params; p && p->name; p++)
            if (p->role != DSL_POSITIONAL && dsl_same(word, p->name) && found++ < 6) {
                dsl_param_card(c, config->commands[i]->name, p);
                if (found == 1) option_example(c, config->commands[i]->examples, p);
            }
    for (const dsl_layer_type *l = config->layers; l && l->name; l++)
        for (const dsl_param *p = l->params; p && p->name; p++)
            if (dsl_same(word, p->name) && found++ < 6) dsl_param_card(c, l->name, p);
    return found > 0;
}

/* `fit lr`: an option of a command or a layer. */
static bool pair_card(const dsl_config *config, const char *words, dsl_card *c)
{
    char first[64];
    const char *blank = strchr(words, ' ');
    if (!blank || blank - words >= (ptrdiff_t)sizeof first) return false;
    memcpy(first, words, (size_t)(blank - words));
    first[blank - words] = 0;
    const dsl_command *command = dsl_command_find(config, first);
    const dsl_layer_type *layer = dsl_layer_find(config, first);
    for (int pass = 0; pass < 2; pass++) {
        const dsl_param *p = pass ? (layer ? layer->params : NULL) : (command ? command->params : NULL);
        for (; p && p->name; p++)
            if (dsl_same(blank + 1, p->name) || (p->aliases && dsl_choice_index(p->aliases, blank + 1) >= 0)) {
                dsl_param_card(c, pass ? layer->name : command->name, p);
                option_example(c, pass ? layer->examples : command->examples, p);
                return true;
            }
    }
    return false;
}

static bool word_card(dsl_session *session, const char *word, dsl_card *c)
{
    const dsl_config *config = &session->config;
    const dsl_command *command = dsl_command_find(config, word);
    const dsl_layer_type *layer = dsl_layer_find(config, word);
    const dsl_object *object = dsl_session_get(session, word);
    const dsl_code *code = code_of(word);
    if (object) dsl_object_card(c, word, object);
    if (command) command_card(c, command);
    if (layer && !command) layer_card(c, layer);
    if (object || command || layer) return true;
    if (code) code_card(c, code);
    if (code || pair_card(config, word, c)) return true;
    bool topic = dsl_topic_card(c, config, word);
    if (option_card(c, config, word) || topic || dsl_choice_card(c, config, word)) return true;
    if (dsl_dotted_card(c, session, word)) return true;
    const char *here = dsl_synonym(config, word);
    if (!here) return false;
    lg_buf_addf(c->text, "`%s` is called `%s` here\n\n", word, here);
    command_card(c, dsl_command_find(config, here));
    return true;
}

lg_status dsl_session_card(dsl_session *session, const char *word, bool *found, lg_buf *text, lg_buf *html, lg_err *err)
{
    dsl_card c = {text, html};
    *found = *word && word_card(session, word, &c);
    return *found ? lg_buf_check(text, err) : LG_OK;
}

/* ---- a word at a place ---- */
static bool is_word_byte(char c)
{
    return c && !strchr(" \t\r\n\f\v{}()[],;=\"'<>!\\", c);
}

/* What the layer gives here: the model command up to and with this line, closed, bound as if it were run. */
static void layer_here(dsl_session *session, const char *code, const dsl_context *context, size_t line_end, dsl_card *c)
{
    lg_arena arena;
    lg_buf text, answer;
    dsl_tokens tokens = {0};
    dsl_stmt *program = NULL;
    dsl_call call;
    lg_err err = {0};
    char verb[64];
    if (!session->config.layer_at || !context->in_model) return;
    size_t begin = context->tokens.token[context->model].at;
    lg_arena_init(&arena, 1 << 24);
    lg_buf_init(&text, DSL_CELL_MAX);
    lg_buf_init(&answer, 1 << 16);
    lg_buf_add(&text, code + begin, line_end - begin);
    dsl_walk walk = {.session = session, .cell = &arena, .dry = true, .code = code, .size = line_end};
    lg_status st;
    LG_GO(dsl_lex(lg_buf_str(&text), text.len, &tokens, &err));
    lg_buf_addc(&text, '\n');
    for (int i = tokens.depth; i > 0; i--)
        lg_buf_addc(&text, tokens.open[i - 1] == '(' ? ')' : tokens.open[i - 1] == '[' ? ']' : '}');
    dsl_tokens_release(&tokens);
    LG_GO(dsl_lex(lg_buf_str(&text), text.len, &tokens, &err));
    LG_GO(dsl_parse(&tokens, &arena, &session->config, &program, &err));
    if (!program || program->kind != STMT_COMMAND) goto done;
    dsl_token_copy(&context->tokens, &context->tokens.token[context->model], verb);
    const dsl_command *command = dsl_command_find(&session->config, verb);
    if (!command) goto done;
    LG_GO(dsl_bind_call(&walk, command, program, &arena, &call, &err));
    if (!walk.unknown && call.nlayers) session->config.layer_at(&call, &answer);
    if (answer.len) {
        lg_buf line;
        lg_buf_init(&line, 1 << 16);
        lg_buf_addf(&line, "here: %s", lg_buf_str(&answer));
        dsl_card_line(c, lg_buf_str(&line));
        lg_buf_release(&line);
    }
done:
    (void)st;
    dsl_names_release(&walk.vars);
    dsl_names_release(&walk.shadow);
    dsl_tokens_release(&tokens);
    lg_buf_release(&answer);
    lg_buf_release(&text);
    lg_arena_release(&arena);
}

/* `let lr = 0.01` in a line above that has not run yet. */
static bool let_card(const dsl_context *context, const char *word, dsl_card *c)
{
    char name[64];
    const dsl_tokens *tokens = &context->tokens;
    for (size_t i = context->end; i-- > 0 && *word == '$';) {
        dsl_token_copy(tokens, &tokens->token[i], name);
        if (!dsl_same(name, "let") || i + 3 >= context->end) continue;
        dsl_token_copy(tokens, &tokens->token[i + 1], name);
        if (strcmp(name, word + 1)) continue;
        const char *from = tokens->text + tokens->token[i + 3].at;
        dsl_card_title(c, word, "variable", dsl_brief(from, strcspn(from, "\r\n;#")).s);
        return true;
    }
    return false;
}

static bool variable_card(dsl_session *session, const dsl_context *context, const char *word, dsl_card *c)
{
    if (let_card(context, word, c)) return true;
    const dsl_var *var = *word == '$' ? dsl_names_get(&session->vars, word + 1) : NULL;
    if (!var) return false;
    lg_buf value;
    lg_buf_init(&value, 1 << 16);
    for (int i = 0; i < var->count && i < 20; i++) lg_buf_addf(&value, "%s%s", i ? ", " : "", var->text[i]);
    dsl_card_title(c, word, "variable", lg_buf_str(&value));
    lg_buf_release(&value);
    return true;
}

static bool place_card(dsl_session *session, const char *code, size_t len, size_t start, size_t end, dsl_card *c,
                       lg_err *err)
{
    char word[64] = {0};
    dsl_context context;
    if (end - start >= sizeof word || start == end) return false;
    memcpy(word, code + start, end - start);
    if (dsl_context_read(&session->config, code, start, &context, err) != LG_OK) return false;
    bool found = false;
    if (context.in_comment || context.in_string) goto done;
    const dsl_layer_type *layer =
        context.in_model && context.first >= context.end ? dsl_layer_find(&session->config, word) : NULL;
    const dsl_param *params = dsl_context_params(&context);
    if (layer) {
        size_t line_end = end;
        while (line_end < len && !strchr("\n\r;}", code[line_end])) line_end++;
        layer_card(c, layer);
        layer_here(session, code, &context, line_end, c);
        found = true;
    }
    for (const dsl_param *p = params; !found && p && p->name; p++) {
        bool named = dsl_same(word, p->name) || (p->aliases && dsl_choice_index(p->aliases, word) >= 0);
        if (!named || p->role == DSL_POSITIONAL || dsl_session_get(session, word)) continue;
        dsl_param_card(c, context.layer ? context.layer->name : context.command->name, p);
        option_example(c, context.layer ? context.layer->examples : context.command->examples, p);
        found = true;
    }
    if (!found)
        found = dsl_field_card(c, session, &context, word) || variable_card(session, &context, word, c) ||
                (!dsl_session_get(session, word) && dsl_value_card(c, &context, word)) || word_card(session, word, c);
done:
    dsl_context_release(&context);
    return found;
}

lg_status dsl_session_inspect(dsl_session *session, const char *code, size_t len, size_t cursor, int detail,
                              bool *found, char **text, char **html, lg_err *err)
{
    lg_buf plain, rich;
    (void)detail;
    *found = false;
    *text = *html = NULL;
    size_t valid = lg_utf8_valid(code, len), at = lg_utf8_offset(code, valid, cursor), start = at, end = at;
    while (start && is_word_byte(code[start - 1])) start--;
    while (end < valid && is_word_byte(code[end])) end++;
    if (start < end && code[start] == '$') { /* `$lr/2` */
        for (end = start + 1; end < valid && (isalnum((unsigned char)code[end]) || code[end] == '_'); end++) continue;
    }
    lg_buf_init(&plain, 1 << 20);
    lg_buf_init(&rich, 1 << 20);
    dsl_card c = {&plain, &rich};
    *found = place_card(session, code, valid, start, end, &c, err);
    if (*found && !(*text = lg_buf_take(&plain, err))) *found = false;
    if (*found && !(*html = lg_buf_take(&rich, err))) {
        lg_free(*text);
        *text = NULL;
        *found = false;
    }
    lg_buf_release(&plain);
    lg_buf_release(&rich);
    return err->status;
}
