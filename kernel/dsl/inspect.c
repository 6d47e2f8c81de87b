/* inspect.c - Shift-Tab and `help WORD`: cards made from the tables. */
#include "kernel/dsl/context.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- a card is written as text and as HTML at once ---- */
typedef struct card {
    lg_buf *text, *html; /* html may be NULL */
} card;

static void add_html(lg_buf *out, const char *s)
{
    for (; *s; s++) {
        const char *entity = *s == '&'   ? "&amp;"
                             : *s == '<' ? "&lt;"
                             : *s == '>' ? "&gt;"
                             : *s == '"' ? "&quot;"
                                         : NULL;
        if (entity) lg_buf_adds(out, entity);
        else lg_buf_addc(out, *s);
    }
}

static void html_in(card *c, const char *before, const char *s, const char *after)
{
    if (!c->html) return;
    lg_buf_adds(c->html, before);
    add_html(c->html, s);
    lg_buf_adds(c->html, after);
}

static void card_title(card *c, const char *word, const char *kind, const char *sentence)
{
    lg_buf_addf(c->text, "%s  (%s)\n", word, kind);
    html_in(c, "<p><b><code>", word, "</code></b> ");
    html_in(c, "<i>", kind, "</i>");
    if (sentence && *sentence) {
        lg_buf_addf(c->text, "%s\n", sentence);
        html_in(c, "<br>", sentence, "");
    }
    html_in(c, "", "", "</p>\n");
}

static void card_line(card *c, const char *s)
{
    if (!s || !*s) return;
    lg_buf_addf(c->text, "%s\n", s);
    html_in(c, "<p>", s, "</p>\n");
}

static void card_code(card *c, const char *s)
{
    lg_buf_adds(c->text, "  ");
    for (const char *at = s; *at; at++) {
        lg_buf_addc(c->text, *at);
        if (*at == '\n') lg_buf_adds(c->text, "  ");
    }
    lg_buf_addc(c->text, '\n');
    html_in(c, "<pre>", s, "</pre>\n");
}

static void card_head(card *c, const char *s)
{
    lg_buf_addf(c->text, "\n%s\n", s);
    html_in(c, "<p><b>", s, "</b></p>\n");
}

static void card_row(card *c, const char *left, const char *right)
{
    lg_buf_addf(c->text, "  %-12s %s\n", left, right);
    html_in(c, "<tr><td><code>", left, "</code></td>");
    html_in(c, "<td>", right, "</td></tr>\n");
}

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
static void signature_line(const char *name, const dsl_param *params, bool block, bool where, lg_buf *out)
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

static void param_rows(card *c, const dsl_param *params)
{
    if (!params || !params->name) return;
    if (c->html) lg_buf_adds(c->html, "<table>\n");
    for (const dsl_param *p = params; p->name; p++) {
        lg_buf line;
        if (p->late) continue;
        lg_buf_init(&line, 1 << 14);
        dsl_signature(p, &line);
        if (p->help) lg_buf_addf(&line, " – %s", p->help);
        const char *sign = line.data ? strstr(line.data, "  ") : NULL;
        card_row(c, p->name, sign ? sign + 2 : "");
        lg_buf_release(&line);
    }
    if (c->html) lg_buf_adds(c->html, "</table>\n");
}

static void card_examples(card *c, const char *const *examples, int most)
{
    if (!examples || !examples[0]) return;
    card_head(c, examples[1] ? "Examples" : "Example");
    for (int i = 0; examples[i] && i < most; i++) card_code(c, examples[i]);
}

static void command_card(card *c, const dsl_command *command)
{
    lg_buf line;
    lg_buf_init(&line, 1 << 14);
    card_title(c, command->name, "command", command->summary);
    signature_line(command->name, command->params, command->takes_layers, command->takes_where, &line);
    card_code(c, lg_buf_str(&line));
    lg_buf_release(&line);
    card_line(c, command->detail);
    param_rows(c, command->params);
    card_examples(c, command->examples, 2);
}

static void layer_card(card *c, const dsl_layer_type *layer)
{
    lg_buf line;
    lg_buf_init(&line, 1 << 14);
    card_title(c, layer->name, "layer", layer->summary);
    signature_line(layer->name, layer->params, layer->block, false, &line);
    card_code(c, lg_buf_str(&line));
    lg_buf_clear(&line);
    for (size_t i = 0; layer->aliases && layer->aliases[i]; i++)
        lg_buf_addf(&line, "%s%s", i ? ", " : "also written: ", layer->aliases[i]);
    card_line(c, lg_buf_str(&line));
    lg_buf_release(&line);
    param_rows(c, layer->params);
    card_examples(c, layer->examples, 2);
}

static void param_card(card *c, const char *owner, const dsl_param *param)
{
    lg_buf line;
    lg_buf_init(&line, 1 << 14);
    lg_buf_addf(&line, "%s %s", owner, param->name);
    card_title(c, lg_buf_str(&line),
               param->role == DSL_FLAG          ? "flag"
               : param->role == DSL_PREPOSITION ? "preposition"
                                                : "option",
               param->help);
    lg_buf_clear(&line);
    dsl_signature(param, &line);
    card_line(c, lg_buf_str(&line));
    if (param->late) card_line(c, "not part of this version");
    char bounds[100];
    dsl_bounds(param, bounds);
    card_line(c, bounds);
    card_line(c, param->advice);
    lg_buf_release(&line);
}

static void object_card(card *c, const char *name, const dsl_object *object)
{
    lg_buf brief;
    lg_buf_init(&brief, 1 << 16);
    if (object->cls->brief) object->cls->brief(object->payload, &brief);
    card_title(c, name, dsl_kind_name(object->cls->kind), lg_buf_str(&brief));
    if (*object->recipe) card_code(c, object->recipe);
    lg_buf_clear(&brief);
    if (object->cls->fields) object->cls->fields(object->payload, &brief);
    size_t shown = 0;
    lg_buf line;
    lg_buf_init(&line, 1 << 16);
    for (char *at = brief.data; at && *at && shown < 12; shown++) {
        char *end = strchr(at, '\n');
        if (end) *end = 0;
        lg_buf_addf(&line, "%s%s", shown ? ", " : "fields: ", at);
        at = end ? end + 1 : NULL;
    }
    card_line(c, lg_buf_str(&line));
    lg_buf_release(&line);
    lg_buf_release(&brief);
}

static void code_card(card *c, const dsl_code *code)
{
    char name[24];
    snprintf(name, sizeof name, "LL%03d", code->code);
    card_title(c, name, "error", code->when);
    card_line(c, code->help);
    if (*code->example) {
        card_head(c, "Example");
        card_code(c, code->example);
    }
}

static const struct {
    const char *word, *sentence, *example;
} keywords[] = {
    {"let", "gives a value, a list or a grid a name", "let lr = 0.01\nfit scratch lr $lr"},
    {"for", "repeats commands, or layers, for each value of a list",
     "for rate in 0.1, 0.01 { fit scratch epochs 5 lr $rate again quiet as trial }"},
    {"check", "stops the cell when a condition does not hold",
     "check scratch.val.accuracy > 0.5 \"no better than guessing\""},
    {"where", "keeps the rows that fulfil a condition",
     "show logos.val where label = nike and confidence < 40% limit 12"},
};

/* ---- words by themselves ---- */
static const dsl_code *code_of(const char *word)
{
    long long number;
    if (tolower((unsigned char)word[0]) == 'l' && tolower((unsigned char)word[1]) == 'l') word += 2;
    return lg_parse_int(word, &number) && number > 100 && number < 1000 ? dsl_code_find((int)number) : NULL;
}

/* An option word alone: who knows it? */
static bool option_card(card *c, const dsl_config *config, const char *word)
{
    int found = 0;
    for (size_t i = 0; config->commands && config->commands[i]; i++)
        for (const dsl_param *p = config->commands[i]->params; p && p->name; p++)
            if (p->role != DSL_POSITIONAL && dsl_same(word, p->name) && found++ < 6)
                param_card(c, config->commands[i]->name, p);
    for (const dsl_layer_type *l = config->layers; l && l->name; l++)
        for (const dsl_param *p = l->params; p && p->name; p++)
            if (dsl_same(word, p->name) && found++ < 6) param_card(c, l->name, p);
    return found > 0;
}

static bool word_card(dsl_session *session, const char *word, card *c)
{
    const dsl_config *config = &session->config;
    const dsl_command *command = dsl_command_find(config, word);
    const dsl_layer_type *layer = dsl_layer_find(config, word);
    const dsl_object *object = dsl_session_get(session, word);
    const dsl_code *code = code_of(word);
    if (object) object_card(c, word, object);
    if (command) command_card(c, command);
    if (layer && !command) layer_card(c, layer);
    if (object || command || layer) return true;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (dsl_same(word, keywords[i].word)) {
            card_title(c, keywords[i].word, "word", keywords[i].sentence);
            card_code(c, keywords[i].example);
            return true;
        }
    if (code) code_card(c, code);
    if (code || option_card(c, config, word)) return true;
    const char *here = dsl_synonym(config, word);
    if (!here) return false;
    lg_buf_addf(c->text, "`%s` is called `%s` here\n\n", word, here);
    command_card(c, dsl_command_find(config, here));
    return true;
}

lg_status dsl_session_card(dsl_session *session, const char *word, bool *found, lg_buf *text, lg_buf *html, lg_err *err)
{
    card c = {text, html};
    *found = *word && word_card(session, word, &c);
    return *found ? lg_buf_check(text, err) : LG_OK;
}

/* ---- a word at a place ---- */
static bool is_word_byte(char c)
{
    return c && !strchr(" \t\r\n\f\v{}()[],;=\"'<>!\\", c);
}

/* What the layer gives here: the model command up to and with this line, closed, bound as if it were run. */
static void layer_here(dsl_session *session, const char *code, const dsl_context *context, size_t line_end, card *c)
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
        card_line(c, lg_buf_str(&line));
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

static bool variable_card(dsl_session *session, const char *word, card *c)
{
    const dsl_var *var = *word == '$' ? dsl_names_get(&session->vars, word + 1) : NULL;
    if (!var) return false;
    lg_buf value;
    lg_buf_init(&value, 1 << 16);
    for (int i = 0; i < var->count && i < 20; i++) lg_buf_addf(&value, "%s%s", i ? ", " : "", var->text[i]);
    card_title(c, word, "variable", lg_buf_str(&value));
    lg_buf_release(&value);
    return true;
}

static bool place_card(dsl_session *session, const char *code, size_t len, size_t start, size_t end, card *c,
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
        param_card(c, context.layer ? context.layer->name : context.command->name, p);
        found = true;
    }
    char object[64];
    memcpy(object, word, sizeof object);
    object[strcspn(object, ".")] = 0;
    if (!found)
        found = variable_card(session, word, c) || word_card(session, word, c) ||
                (strchr(word, '.') && dsl_session_get(session, object) && word_card(session, object, c));
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
    lg_buf_init(&plain, 1 << 20);
    lg_buf_init(&rich, 1 << 20);
    card c = {&plain, &rich};
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
