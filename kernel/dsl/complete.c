/* complete.c - Tab: what may stand at the cursor, from the same tables as everything else. Objects of the right kind
 * come first, then options still unset, then flags. */
#include "kernel/dsl/offer.h"
#include "kernel/dsl/card.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- words of the language ---- */
static void offer_commands(dsl_offer *o)
{
    const dsl_config *config = &o->session->config;
    for (size_t i = 0; config->commands && config->commands[i]; i++) {
        const dsl_command *command = config->commands[i];
        lg_buf line;
        if (!dsl_offer_begins(o, command->name) || (o->block_follows && !command->takes_layers)) continue;
        lg_buf_init(&line, 4096);
        dsl_signature_line(command->name, command->params, command->takes_layers, command->takes_where, &line);
        if (command->summary) lg_buf_addf(&line, " – %s", command->summary);
        dsl_offer_add(o, command->name, "command", lg_buf_str(&line));
        lg_buf_release(&line);
    }
    dsl_offer_add(o, "for", "keyword", "for NAME in a, b, c { … }");
    if (o->block_follows) return;
    dsl_offer_add(o, "let", "keyword", "let NAME = value");
    dsl_offer_add(o, "check", "keyword", "check scratch.val.accuracy > 0.5");
}

/* Each of a comma-separated list; the default is said to be it. */
static void offer_choices(dsl_offer *o, const dsl_param *param)
{
    char line[200];
    lg_buf list;
    lg_buf_init(&list, 1 << 16);
    dsl_choice_list(param->choices, &list);
    for (char *at = list.data; at && *at;) {
        char *end = strstr(at, ", ");
        if (end) *end = 0;
        bool dflt = param->dflt && !strcmp(param->dflt, at);
        const char *says = dsl_choice_sentence(at);
        snprintf(line, sizeof line, "%s%s%s", says, *says && dflt ? "; " : "", dflt ? "the default" : "");
        if (!param->later || dsl_choice_index(param->later, at) < 0) dsl_offer_add(o, at, "choice", line);
        at = end ? end + 2 : NULL;
    }
    lg_buf_release(&list);
}

/* Words that depend on the word before: `set theme` -> auto, light, dark. */
static void offer_words_after(dsl_offer *o, const dsl_param *param)
{
    const dsl_context *c = &o->context;
    char before[64];
    if (!c->command || !c->command->words || !c->end) return;
    dsl_token_copy(&c->tokens, &c->tokens.token[c->end - 1], before);
    const char *const *word = c->command->words((int)(param - c->command->params), before);
    for (; word && *word; word++) dsl_offer_word(o, *word, "value", "");
}

/* Words of a layer that depend on its first: `base resnet50 until` -> its layers. */
static void offer_layer_words(dsl_offer *o, const dsl_param *param)
{
    const dsl_context *c = &o->context;
    char first[64];
    lg_buf words;
    if (!c->layer || !c->layer->words || c->end < 2) return;
    dsl_token_copy(&c->tokens, &c->tokens.token[1], first);
    lg_buf_init(&words, 1 << 18);
    c->layer->words((int)(param - c->layer->params), first, &words);
    for (char *at = words.data, *end; at && *at; at = end) {
        end = at + strcspn(at, "\n");
        if (*end) *end++ = 0;
        char *tab = strchr(at, '\t');
        if (tab) *tab++ = 0;
        dsl_offer_word(o, at, "value", tab ? tab : "");
    }
    lg_buf_release(&words);
}

/* ---- values ---- */
/* Usual ones, where nothing is there yet that they would replace. */
static void offer_usual(dsl_offer *o, const char *values, const dsl_param *param)
{
    char word[40];
    if (o->word_goes_on && param->type != DSL_T_DATE) return;
    for (const char *at = values; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        dsl_offer_add(o, word, "value", param->dflt && !strcmp(param->dflt, word) ? "the default" : "");
        at += n;
    }
}

static void offer_default(dsl_offer *o, const dsl_param *param)
{
    lg_buf signature;
    if (!param->dflt || param->list || o->word_goes_on || strchr(param->dflt, ' ')) return;
    lg_buf_init(&signature, 4096);
    dsl_signature(param, &signature);
    dsl_offer_add(o, param->dflt, "value", lg_buf_str(&signature));
    lg_buf_release(&signature);
}

static void offer_places(dsl_offer *o, const dsl_param *param)
{
    bool load = o->context.command && dsl_same(o->context.command->name, "load");
    if (!strcmp(param->name, "labels")) dsl_offer_add(o, "folders", "value", "the folder a picture lies in");
    else if (load) dsl_offer_add(o, "sample:logos", "place", "the bundled set");
    dsl_offer_files(o, param->endings);
}

static bool offer_as_told(dsl_offer *o, const dsl_param *param)
{
    switch (param->offers) {
    case DSL_OFFER_LABELS: dsl_offer_labels(o); return true;
    case DSL_OFFER_FIELDS: dsl_offer_fields(o); return true;
    case DSL_OFFER_LAYERS: dsl_offer_layer_names(o); return true;
    case DSL_OFFER_MAPS: dsl_offer_maps(o); return true;
    case DSL_OFFER_HANDLES: dsl_offer_handles(o); return true;
    default: return false;
    }
}

static bool behind_comma(const dsl_context *c)
{
    return c->end && c->tokens.token[c->end - 1].kind == TOK_COMMA;
}

static void offer_values(dsl_offer *o, const dsl_param *param)
{
    offer_choices(o, param);
    if (offer_as_told(o, param)) return;
    switch (param->type) {
    case DSL_T_OBJECT: dsl_offer_objects(o, param->kinds ? param->kinds : ~0u, true); break;
    case DSL_T_GRID:
        if (!behind_comma(&o->context)) dsl_offer_objects(o, param->kinds | DSL_GRIDS, true); /* numbers, or one grid */
        break;
    case DSL_T_PATH: offer_places(o, param); break;
    case DSL_T_OUTPATH: dsl_offer_new_files(o, param->endings); break;
    case DSL_T_LABEL: dsl_offer_labels(o); break;
    case DSL_T_IMAGE:
        dsl_offer_images(o);
        if (param->files) dsl_offer_files(o, dsl_picture_endings);
        break;
    case DSL_T_LAYER: dsl_offer_layer_names(o); break;
    case DSL_T_SPLIT: offer_usual(o, "80/20 70/15/15 90/10", param); break;
    case DSL_T_TIMES: offer_usual(o, "x2 x5 x10", param); break;
    case DSL_T_DURATION: offer_usual(o, "30s 5m 1h", param); break;
    case DSL_T_DATE: offer_usual(o, "today yesterday 7d 30d", param); break;
    case DSL_T_SIZE:
        if (!strcmp(param->name, "size") && param->role == DSL_OPTION) offer_usual(o, "32x32 64x64 128x128", param);
        offer_default(o, param);
        break;
    case DSL_T_NEWNAME: break;
    case DSL_T_WORD:
        offer_words_after(o, param);
        offer_layer_words(o, param);
        offer_default(o, param);
        break;
    case DSL_T_TEXT: offer_words_after(o, param); break;
    case DSL_T_INT:
    case DSL_T_NUMBER:
        if (param->required && !param->dflt && param->role == DSL_POSITIONAL) /* filters, units; the rate of dropout */
            offer_usual(o, param->type == DSL_T_INT ? "16 32 64 128" : "0.2 0.5", param);
        offer_default(o, param);
        break;
    default: offer_default(o, param);
    }
}

/* ---- options and arguments ---- */
/* The flag that excludes this one, or NULL. */
static const char *excluded_by(const char *name)
{
    static const char *const pairs[][2] = {{"same", "valid"}, {"valid", "same"}, {"max", "avg"}, {"avg", "max"}};
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++)
        if (!strcmp(pairs[k][0], name)) return pairs[k][1];
    return NULL;
}

static bool is_free(const dsl_offer *o, const dsl_param *params, int i, dsl_role role)
{
    if (params[i].role != role || params[i].late || o->context.used[i]) return false;
    const char *other = role == DSL_FLAG ? excluded_by(params[i].name) : NULL;
    for (int k = 0; other && params[k].name && k < 128; k++)
        if (o->context.used[k] && params[k].role == DSL_FLAG && !strcmp(params[k].name, other)) return false;
    return true;
}

static void offer_param(dsl_offer *o, const dsl_param *param, const char *type)
{
    char off[80];
    bool on = param->type == DSL_T_FLAG && param->dflt && dsl_same(param->dflt, "on") && !excluded_by(param->name);
    snprintf(off, sizeof off, on && !o->context.after_no ? "no %.70s" : "%.70s", param->name);
    lg_buf signature;
    lg_buf_init(&signature, 4096);
    if (strlen(off) > strlen(param->name)) lg_buf_adds(&signature, "no ");
    dsl_signature(param, &signature);
    if (dsl_offer_begins(o, off) || dsl_offer_begins(o, param->name)) /* `sh` -> no shuffle */
        dsl_offer_plain(o, off, type, lg_buf_str(&signature));
    lg_buf_release(&signature);
}

static void offer_params(dsl_offer *o, dsl_role role, const char *type)
{
    const dsl_param *params = dsl_context_params(&o->context);
    for (int i = 0; params && params[i].name && i < 128; i++)
        if (is_free(o, params, i, role)) offer_param(o, &params[i], type);
}

/* Right behind the verb any word would be the name of what is made. */
static bool wants_name(const dsl_context *c, const dsl_param *params)
{
    return c->end == 1 && params[0].name && params[0].type == DSL_T_NEWNAME && params[0].role == DSL_POSITIONAL;
}

static void offer_positionals(dsl_offer *o)
{
    const dsl_param *params = dsl_context_params(&o->context);
    bool choice = false; /* one that has to come first: no text takes its place */
    for (int i = 0; params[i].name && i < 128; i++) {
        if (!is_free(o, params, i, DSL_POSITIONAL)) continue;
        bool anything = params[i].type == DSL_T_TEXT || params[i].type == DSL_T_WORD;
        if (!choice || !anything) offer_values(o, &params[i]);
        choice |= params[i].type == DSL_T_CHOICE && params[i].required;
    }
}

static void offer_flag_value(dsl_offer *o)
{
    dsl_offer_add(o, "on", "value", "");
    dsl_offer_add(o, "off", "value", "");
}

static void offer_arguments(dsl_offer *o)
{
    const dsl_context *c = &o->context;
    const dsl_param *params = dsl_context_params(c);
    if (!params) return;
    if (c->assigns) offer_flag_value(o);
    else if (c->pending >= 0) offer_values(o, &params[c->pending]);
    else if (c->after_no) offer_params(o, DSL_FLAG, "flag");
    if (c->assigns || c->pending >= 0 || c->after_no) return;
    if (wants_name(c, params)) return;
    offer_positionals(o);
    if (o->next == ',') return; /* a list, so these are its values */
    offer_params(o, DSL_OPTION, "option");
    offer_params(o, DSL_PREPOSITION, "preposition");
    if (c->command && c->command->takes_where) dsl_offer_add(o, "where", "preposition", "where label = nike");
    offer_params(o, DSL_FLAG, "flag");
    if (c->layer) offer_params(o, DSL_POSITIONAL, "option");
}

/* `help fit lr`: what there are cards of. */
static void offer_help_words(dsl_offer *o)
{
    const dsl_config *config = &o->session->config;
    char before[64];
    dsl_token_copy(&o->context.tokens, &o->context.tokens.token[o->context.end - 1], before);
    const dsl_command *command = o->context.end > 1 ? dsl_command_find(config, before) : NULL;
    const dsl_layer_type *layer = o->context.end > 1 ? dsl_layer_find(config, before) : NULL;
    for (int pass = 0; pass < 2; pass++) {
        const dsl_param *p = pass ? (layer ? layer->params : NULL) : (command ? command->params : NULL);
        for (; p && p->name; p++) dsl_offer_add(o, p->name, p->role == DSL_FLAG ? "flag" : "option", p->help);
    }
    if (o->context.end > 1) return;
    offer_commands(o);
    if (o->line_goes_on) return;
    for (const dsl_layer_type *l = config->layers; l && l->name; l++) dsl_offer_add(o, l->name, "layer", l->summary);
    dsl_offer_objects(o, ~0u, false);
    for (const char *const *topic = dsl_help_topics; *topic; topic++)
        if (strcmp(*topic, "no")) dsl_offer_add(o, *topic, "topic", "");
    for (const dsl_code *code = dsl_codes; code->code && o->partial_len; code++) {
        char name[16];
        snprintf(name, sizeof name, "LL%03d", code->code);
        dsl_offer_add(o, name, "code", code->when);
    }
}

/* ---- conditions ---- */
static void offer_facts(dsl_offer *o)
{
    dsl_offer_objects(o, ~0u, true);
    dsl_offer_facts(o);
}

static void offer_sign(dsl_offer *o, const char *kind, bool check)
{
    bool number = !strcmp(kind, "number"), text = !strcmp(kind, "text"), truth = !strcmp(kind, "truth");
    dsl_offer_add(o, "=", "sign", "equal; capital letters do not count");
    dsl_offer_add(o, "!=", "sign", "different");
    if (!text && !truth)
        for (int i = 0; i < 4; i++) dsl_offer_add(o, (const char *const[]){"<", "<=", ">", ">="}[i], "sign", "");
    if (!number && !truth && !check) dsl_offer_add(o, "contains", "sign", "is the text a part of it");
    if (!check && !truth) dsl_offer_add(o, "in", "sign", "one of several");
}

static void offer_compared(dsl_offer *o, const char *kind)
{
    const char *field = o->context.field;
    if (dsl_same(field, "label") || dsl_same(field, "predicted") || dsl_same(field, "second")) dsl_offer_labels(o);
    else if (!strcmp(kind, "truth")) dsl_offer_add(o, "yes", "value", ""), dsl_offer_add(o, "no", "value", "");
    else if (dsl_same(field, "split"))
        for (int i = 0; i < 3; i++) dsl_offer_add(o, (const char *const[]){"train", "val", "test"}[i], "value", "");
    else dsl_offer_field_values(o, field);
}

/* True: an option may stand here too. */
static bool offer_condition(dsl_offer *o)
{
    bool check = dsl_same(o->context.verb, "check");
    char kind[16] = "";
    if (!check) dsl_offer_field_kind(o, o->context.field, kind);
    switch (o->context.expect) {
    case EXPECT_FIELD:
        if (check) offer_facts(o);
        else dsl_offer_fields(o);
        dsl_offer_add(o, "not", "keyword", "turns the condition round");
        return false;
    case EXPECT_SIGN: offer_sign(o, kind, check); break;
    case EXPECT_VALUE:
        if (check) offer_facts(o);
        else offer_compared(o, kind);
        return false;
    default: break;
    }
    bool whole = o->context.expect == EXPECT_MORE || !strcmp(kind, "truth");
    if (whole) dsl_offer_add(o, "and", "keyword", "both"), dsl_offer_add(o, "or", "keyword", "one of the two");
    return whole && !check;
}

/* ---- where we are ---- */
static void offer_grammar(dsl_offer *o)
{
    if (dsl_same(o->context.verb, "for") && o->context.end == 2) dsl_offer_add(o, "in", "keyword", "which values");
}

static void offer_first_word(dsl_offer *o)
{
    if (o->context.spot.behind_block || o->glued) return; /* a new line has to come first, or a blank */
    if (o->context.in_model) {
        dsl_offer_layers(o);
        return;
    }
    offer_commands(o);
    if (!o->line_goes_on) offer_facts(o); /* a name alone shows what it stands for */
}

/* Does the function take as many numbers as stand behind it? */
static bool takes(int function, int numbers)
{
    bool many = function == DSL_F_MIN || function == DSL_F_MAX || function == DSL_F_MEAN;
    return many || numbers <= 1 || (function == DSL_F_ROUND && numbers == 2);
}

/* In arithmetic: a number, a fact or a function behind a sign, and a sign behind those. */
static void offer_operand(dsl_offer *o)
{
    const dsl_context *c = &o->context;
    dsl_token_kind before = c->end ? c->tokens.token[c->end - 1].kind : TOK_LPAREN;
    if (before != TOK_LPAREN && before != TOK_OPERATOR && before != TOK_COMMA) return;
    if (o->next != '(') offer_facts(o);
    for (int i = 0; i < DSL_F_COUNT; i++)
        if (takes(i, o->numbers))
            dsl_offer_add(o, dsl_function_names[i], "function", dsl_function_sentence(dsl_function_names[i]));
}

static void offer_all(dsl_offer *o)
{
    const dsl_context *c = &o->context;
    if (c->spot.in_comment || (c->broken && !o->in_field)) return;
    if (o->partial_len && *o->partial == '$') {
        if (o->quote != '\'') dsl_offer_variables(o);
    } else if (o->in_field) {
        offer_facts(o);
    } else if (c->spot.in_parens && !o->quote) {
        offer_operand(o);
    } else if (c->spot.in_grid) {
        return; /* numbers */
    } else if (!c->end) {
        if (!o->quote) offer_first_word(o);
    } else if (c->command && dsl_same(c->command->name, "help")) {
        offer_help_words(o);
    } else {
        if (!c->expect || offer_condition(o)) offer_arguments(o);
        offer_grammar(o);
    }
}

/* ---- the word at the cursor ---- */
static bool in_name(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_' || (unsigned char)ch >= 0x80;
}

static bool in_word(const dsl_offer *o, char ch)
{
    if (o->partial_len && *o->partial == '$') return in_name(ch);
    if (o->in_field || o->context.spot.in_parens) return in_name(ch) || ch == '.' || ch == '%';
    return !strchr(" \t\r\n\f\v{}()[],;=\"'<>!\\", ch);
}

/* The word before the cursor begins here. */
static size_t word_start(const char *code, size_t at, const dsl_spot *place)
{
    const char *stops = place->in_parens ? " \t\r\n\f\v{}()[],;=\"'<>!\\+-*/^" : " \t\r\n\f\v{}()[],;=\"'<>!\\";
    while (at > place->statement && !strchr(stops, code[at - 1])) at--;
    return at;
}

/* Behind the last `${` of a text that is still open, or at its `$`, or `end`. */
static size_t field_start(const char *code, size_t start, size_t end)
{
    size_t name = end;
    while (name > start && in_name(code[name - 1])) name--;
    if (name > start && code[name - 1] == '$' && (name - 1 == start || code[name - 2] != '\\')) return name - 1;
    for (size_t at = end; at >= start + 2; at--) {
        if (code[at - 1] == '}') return end;
        if (code[at - 1] == '{' && code[at - 2] == '$') return at;
    }
    return end;
}

/* The text the cursor is in goes on to its quote; of what is filled in, `start` is moved to the name. True: to a name.
 */
static bool find_in_text(dsl_offer *o, const char *code, size_t end, size_t size, size_t *start)
{
    size_t stop = end;
    while (stop < size && !strchr("\r\n", code[stop]) && code[stop] != o->quote)
        stop += 1 + (code[stop] == '\\' && o->quote == '"' && stop + 1 < size);
    o->unclosed = stop >= size || code[stop] != o->quote;
    size_t field = o->quote == '"' ? field_start(code, *start, end) : end;
    bool behind_brace = field > *start + 1 && code[field - 1] == '{' && code[field - 2] == '$';
    if (field == end && !behind_brace) return false;
    o->in_field = behind_brace;
    o->brace = behind_brace && !(memchr(code + end, '}', stop < size ? stop - end : size - end));
    *start = field;
    return true;
}

/* `(a, b)`: two. */
static int numbers_in(const char *code, size_t at, size_t size)
{
    int depth = 0, numbers = 1;
    if (at >= size || code[at] != '(') return 0;
    for (; at < size && !strchr("\r\n", code[at]); at++) {
        depth += (code[at] == '(') - (code[at] == ')');
        if (!depth) break;
        numbers += depth == 1 && code[at] == ',';
    }
    return numbers;
}

lg_status dsl_session_complete(dsl_session *session, const char *code, size_t len, size_t cursor, dsl_completion *out,
                               lg_err *err)
{
    *out = (dsl_completion){0};
    size_t valid = lg_utf8_valid(code, len), end = lg_utf8_offset(code, valid, cursor), stop = end;
    dsl_offer o = {.session = session, .out = out, .err = err};
    dsl_context *c = &o.context;
    dsl_context_find(&session->config, code, end, c);
    o.quote = c->spot.quote;
    size_t start = o.quote ? c->spot.text : word_start(code, end, &c->spot), upto = start - (o.quote != 0);
    bool filled = o.quote && find_in_text(&o, code, end, valid, &start);
    o.partial = code + start;
    o.partial_len = end - start;
    while (stop < valid && (o.quote && !filled ? !o.unclosed && code[stop] != o.quote : in_word(&o, code[stop])))
        stop += 1 + (o.quote && !filled && code[stop] == '\\' && o.quote == '"' && stop + 1 < valid);
    o.word_goes_on = stop > end;
    size_t next = stop;
    while (next < valid && (code[next] == ' ' || code[next] == '\t')) next++;
    o.line_goes_on = next < valid && !strchr("\n\r;}#", code[next]);
    o.next = o.line_goes_on ? code[next] : 0;
    o.numbers = numbers_in(code, next, valid);
    o.glued = next == stop && (o.next == '(' || o.next == '[' || o.next == '"');
    for (; next < valid && !strchr("\n\r;}#", code[next]); next++) o.block_follows |= code[next] == '{';
    if (filled) o.quote = 0;
    lg_status st = dsl_context_read(&session->config, upto, c, err);
    if (st == LG_OK) st = dsl_context_rest(&session->config, upto, stop, valid, c, err);
    if (st == LG_OK) offer_all(&o);
    dsl_context_release(c);
    out->start = lg_utf8_count(code, start);
    out->end = out->start + lg_utf8_count(code + start, stop - start);
    if (st == LG_OK) st = o.status;
    if (st) dsl_completion_release(out);
    return st;
}
