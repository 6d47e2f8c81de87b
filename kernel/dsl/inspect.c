/* inspect.c - Shift-Tab and `help WORD`: cards made from the tables. */
#include "kernel/dsl/card.h"
#include "kernel/dsl/offer.h"
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
    if (!params || !params->name || (c->detail & DSL_OMIT_OPTIONS)) return;
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
    if (!(c->detail & DSL_OMIT_SIGNATURE)) dsl_card_code(c, lg_buf_str(&line));
    lg_buf_release(&line);
    if (!(c->detail & DSL_OMIT_DETAIL)) dsl_card_line(c, command->detail);
    param_rows(c, command->params);
    dsl_card_examples(c, command->examples, 2);
}

/* here: a line about its place, or "". */
static void layer_card(dsl_card *c, const dsl_layer_type *layer, const char *here)
{
    lg_buf line;
    lg_buf_init(&line, 1 << 16);
    dsl_card_title(c, layer->name, "layer", layer->summary);
    dsl_card_line(c, here);
    dsl_signature_line(layer->name, layer->params, layer->block, false, &line);
    if (!(c->detail & DSL_OMIT_SIGNATURE)) dsl_card_code(c, lg_buf_str(&line));
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
    if (c->detail & DSL_OMIT_EXAMPLES) return;
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

static bool known_card(dsl_session *session, const char *word, dsl_card *c)
{
    const dsl_config *config = &session->config;
    const dsl_command *command = dsl_command_find(config, word);
    const dsl_layer_type *layer = dsl_layer_find(config, word);
    const dsl_object *object = dsl_session_get(session, word);
    const dsl_code *code = code_of(word);
    if (object) dsl_object_card(c, word, object);
    if (command) command_card(c, command);
    if (layer && !command) layer_card(c, layer, "");
    if (object || command || layer) return true;
    if (code) code_card(c, code);
    if (code || pair_card(config, word, c)) return true;
    bool topic = dsl_topic_card(c, config, word);
    if (option_card(c, config, word) || topic || dsl_choice_card(c, config, word)) return true;
    return dsl_dotted_card(c, session, word);
}

static bool synonym_card(dsl_session *session, const char *word, dsl_card *c)
{
    const char *here = dsl_synonym(&session->config, word);
    if (!here) return false;
    char line[200];
    snprintf(line, sizeof line, "`%.80s` is called `%s` here", word, here);
    dsl_card_line(c, line);
    lg_buf_addc(c->text, '\n');
    command_card(c, dsl_command_find(&session->config, here));
    return true;
}

static bool word_card(dsl_session *session, const char *word, dsl_card *c)
{
    return known_card(session, word, c) || synonym_card(session, word, c);
}

lg_status dsl_session_card(dsl_session *session, const char *word, bool *found, lg_buf *text, lg_buf *html, lg_err *err)
{
    dsl_card c = {.text = text, .html = html};
    *found = *word && word_card(session, word, &c);
    return *found ? lg_buf_check(text, err) : LG_OK;
}

/* ---- a word at a place ---- */
static bool is_word_byte(char c)
{
    return c && !strchr(" \t\r\n\f\v{}()[],;=\"'<>!\\", c);
}

/* ---- what lines above make that have not run yet ---- */
typedef struct made_find {
    const char *word; /* "$lr" or "logos" */
    dsl_kind kind;
    dsl_span line;
    bool found;
} made_find;

static void find_made(void *ctx, const char *name, dsl_kind kind, dsl_span line)
{
    made_find *f = ctx;
    if (strcmp(name, f->word)) return;
    f->found = true;
    f->kind = kind;
    f->line = line;
}

static made_find made_above(dsl_session *session, const dsl_context *context, const char *word)
{
    made_find f = {.word = word};
    lg_err quiet = {0};
    if (dsl_each_made(&session->config, context, find_made, &f, &quiet) != LG_OK) f.found = false;
    return f;
}

static bool variable_card(dsl_session *session, const dsl_context *context, const char *word, dsl_card *c)
{
    if (*word != '$') return false;
    made_find f = made_above(session, context, word);
    if (f.found) {
        const char *code = context->code, *equals = memchr(code + f.line.from, '=', f.line.to - f.line.from);
        size_t value = equals ? (size_t)(equals - code) + 1 : f.line.from; /* `for n in …` */
        while (value < f.line.to && code[value] == ' ') value++;
        dsl_card_title(c, word, "variable", dsl_brief(code + value, dsl_line_len(code, value, f.line, ";#{")).s);
        return true;
    }
    const dsl_var *var = dsl_names_get(&session->vars, word + 1);
    if (!var) return false;
    lg_buf value;
    lg_buf_init(&value, 1 << 16);
    for (int i = 0; i < var->count && i < 20; i++) lg_buf_addf(&value, "%s%s", i ? ", " : "", var->text[i]);
    dsl_card_title(c, word, "variable", lg_buf_str(&value));
    lg_buf_release(&value);
    return true;
}

/* An object that a line above makes when the cell runs. */
static bool made_card(dsl_session *session, const dsl_context *context, const char *word, dsl_card *c)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "."), word);
    made_find f = dsl_session_get(session, name) ? (made_find){0} : made_above(session, context, name);
    if (!f.found) return false;
    dsl_card_title(c, name, f.kind ? dsl_kind_name(f.kind) : "object", "made by a line above when the cell runs");
    char line[300];
    size_t n = dsl_line_len(context->code, f.line.from, f.line, "");
    snprintf(line, sizeof line, "%.*s", n < sizeof line ? (int)n : (int)sizeof line - 1, context->code + f.line.from);
    dsl_card_code(c, line);
    return true;
}

/* ---- the word at the cursor ---- */
static bool option_here(dsl_session *session, const dsl_context *context, const char *word, dsl_card *c)
{
    const dsl_param *pending = context->pending >= 0 ? &dsl_context_params(context)[context->pending] : NULL;
    if (pending && dsl_choice_index(pending->choices, word) >= 0) return false; /* `optimizer momentum`: its value */
    for (const dsl_param *p = dsl_context_params(context); p && p->name; p++) {
        bool named = dsl_same(word, p->name) || (p->aliases && dsl_choice_index(p->aliases, word) >= 0);
        if (!named || p->role == DSL_POSITIONAL || dsl_session_get(session, word)) continue;
        dsl_param_card(c, context->layer ? context->layer->name : context->command->name, p);
        option_example(c, context->layer ? context->layer->examples : context->command->examples, p);
        return true;
    }
    return false;
}

/* What the layer makes at its place: as its line is written so far, else as Tab has it. */
static void say_layer(dsl_session *session, const dsl_context *context, const dsl_layer_type *layer, size_t end,
                      dsl_card *c)
{
    char next[260];
    lg_buf at, line;
    lg_buf_init(&at, 1 << 14);
    lg_buf_init(&line, 1 << 14);
    dsl_open_model(session, context, end, session->config.layer_at, &at); /* with this line, its brackets closed */
    if (at.len) lg_buf_addf(&line, "here: %s", lg_buf_str(&at));
    else dsl_layer_here(session, context, layer->name, next), lg_buf_adds(&line, next);
    layer_card(c, layer, lg_buf_str(&line));
    lg_buf_release(&at);
    lg_buf_release(&line);
}

static bool begins(const char *name, const char *word)
{
    return strlen(name) > strlen(word) && dsl_same_n(name, word, strlen(word));
}

/* Half a name: `max`, `Max`, `batchnormal`. */
static bool begins_layer(const dsl_layer_type *layer, const char *word)
{
    bool found = begins(layer->name, word);
    for (size_t i = 0; !found && layer->aliases && layer->aliases[i]; i++) found = begins(layer->aliases[i], word);
    return found;
}

/* Several layers begin so. */
static bool half_words(const dsl_session *session, const char *word, dsl_card *c)
{
    dsl_card_title(c, word, "layers", "several begin so");
    dsl_card_table(c, true);
    for (const dsl_layer_type *l = session->config.layers; l && l->name; l++)
        if (begins_layer(l, word)) dsl_card_row(c, l->name, l->summary ? l->summary : "");
    dsl_card_table(c, false);
    return true;
}

/* At the beginning of a line of `model { }` a word is a layer, and half a word one of those that begin so. */
static bool layer_word(dsl_session *session, const dsl_context *context, const char *word, size_t end, size_t len,
                       dsl_card *c)
{
    if (!context->in_model || context->end) return false;
    const dsl_layer_type *layer = dsl_layer_find(&session->config, word), *half = NULL;
    int halves = 0;
    for (const dsl_layer_type *l = session->config.layers; !layer && l && l->name; l++)
        if (begins_layer(l, word)) half = l, halves++;
    if (!layer && halves > 1) return half_words(session, word, c);
    if (!layer) layer = half;
    if (!layer) return false;
    while (end < len && !strchr("\n\r;}", context->code[end])) end++;
    say_layer(session, context, layer, end, c);
    return true;
}

typedef struct word_at {
    char text[260];
    size_t start, end;
    bool quoted; /* a text; of one that is filled in, the name in it is the word */
} word_at;

static bool in_name(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_' || (unsigned char)ch >= 0x80;
}

/* In "…${scratch.val.accuracy} $lr": the name at the cursor. */
static bool name_in_text(const char *code, size_t from, size_t to, size_t at, word_at *w)
{
    size_t start = at, end = at;
    while (start > from && (in_name(code[start - 1]) || code[start - 1] == '.')) start--;
    while (end < to && (in_name(code[end]) || code[end] == '.')) end++;
    bool braces = start > from + 1 && code[start - 1] == '{' && code[start - 2] == '$';
    bool dollar = start > from && code[start - 1] == '$';
    if (dollar) {
        w->start = start - 1;
        for (end = start; end < to && in_name(code[end]);) end++;
        w->end = end;
    } else if (braces) {
        w->start = start;
        w->end = end;
    }
    return dollar || braces;
}

static void word_in_text(const char *code, size_t size, size_t at, const dsl_spot *place, word_at *w)
{
    size_t to = at;
    while (to < size && !strchr("\r\n", code[to]) && code[to] != place->quote) to++;
    w->quoted = true;
    w->start = place->text;
    w->end = to;
    if (place->quote == '"' && name_in_text(code, place->text, to, at, w)) w->quoted = false;
}

static void word_here(const char *code, size_t size, size_t at, const dsl_spot *place, word_at *w)
{
    size_t start = at, end = at;
    while (start && is_word_byte(code[start - 1])) start--;
    while (end < size && is_word_byte(code[end])) end++;
    if (start < end && (code[start] == '$' || place->in_parens)) { /* `$lr/2`, `scratch.val.loss*2` */
        for (start = at; start && (in_name(code[start - 1]) || code[start - 1] == '.');) start--;
        start -= start && code[start - 1] == '$';
        for (end = at; end < size && (in_name(code[end]) || code[end] == '.' || (end == start && code[end] == '$'));)
            end++;
    }
    w->start = start;
    w->end = end;
}

/* Is a command meant by the word here? As an option of another, `train` is not `fit`. */
static bool names_command(const dsl_context *context)
{
    return !context->end || (context->command && dsl_same(context->command->name, "help"));
}

static bool place_card(dsl_session *session, const char *code, size_t len, size_t at, dsl_card *c, lg_err *err)
{
    word_at w = {.quoted = false};
    dsl_context context;
    dsl_context_find(&session->config, code, at, &context);
    if (context.spot.in_comment) return false;
    bool in_text = context.spot.quote != 0;
    size_t upto = context.spot.text - in_text;
    if (in_text) word_in_text(code, len, at, &context.spot, &w);
    else word_here(code, len, at, &context.spot, &w);
    if (w.end - w.start >= sizeof w.text || w.start == w.end) return false;
    memcpy(w.text, code + w.start, w.end - w.start);
    if (!in_text) { /* the word itself may begin the statement */
        dsl_context_find(&session->config, code, w.start, &context);
        upto = w.start;
    }
    if (dsl_context_read(&session->config, upto, &context, err) != LG_OK) return false;
    bool found = w.quoted ? dsl_thing_card(c, session, &context, w.text) : variable_card(session, &context, w.text, c);
    if (!found && !w.quoted && in_text)
        found = word_card(session, w.text, c) || made_card(session, &context, w.text, c);
    if (!found && !in_text && w.end < len && code[w.end] == '(') found = dsl_function_card(c, w.text);
    if (!found && !w.quoted && !in_text)
        found = layer_word(session, &context, w.text, w.end, len, c) || option_here(session, &context, w.text, c) ||
                dsl_field_card(c, session, &context, w.text) || dsl_thing_card(c, session, &context, w.text) ||
                (!dsl_session_get(session, w.text) && dsl_value_card(c, &context, w.text)) ||
                known_card(session, w.text, c) || made_card(session, &context, w.text, c) ||
                (names_command(&context) && synonym_card(session, w.text, c));
    dsl_context_release(&context);
    return found;
}

lg_status dsl_session_inspect(dsl_session *session, const char *code, size_t len, size_t cursor, int detail,
                              bool *found, char **text, char **html, lg_err *err)
{
    lg_buf plain, rich;
    *found = false;
    *text = *html = NULL;
    size_t valid = lg_utf8_valid(code, len), at = lg_utf8_offset(code, valid, cursor);
    lg_buf_init(&plain, 1 << 20);
    lg_buf_init(&rich, 1 << 20);
    dsl_card c = {.text = &plain, .html = &rich, .detail = detail};
    *found = place_card(session, code, valid, at, &c, err);
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
