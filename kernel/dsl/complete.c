/* complete.c - Tab: what may stand at the cursor, from the same tables as everything else. Objects of the right kind
 * come first, then options still unset, then flags. */
#include "kernel/dsl/context.h"
#include "lib/base/reach.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MOST_MATCHES = 500 };

typedef struct completer {
    dsl_session *session;
    dsl_completion *out;
    const char *partial;
    size_t partial_len;
    bool in_field; /* behind `${` of a text */
    dsl_context context;
    lg_err *err;
    lg_status status;
} completer;

static bool starts(const completer *c, const char *text)
{
    text += *text == '"' && c->partial_len && *c->partial != '"'; /* a label that needs quotes */
    for (size_t i = 0; i < c->partial_len; i++)
        if (tolower((unsigned char)text[i]) != tolower((unsigned char)c->partial[i]))
            return false; /* also at its end */
    return true;
}

static void put_match(completer *c, const char *text, const char *type, const char *signature)
{
    dsl_completion *out = c->out;
    if (c->status || out->count >= MOST_MATCHES) return;
    for (size_t i = 0; i < out->count; i++)
        if (!strcmp(out->match[i].text, text)) return;
    if ((out->count & (out->count - 1)) == 0) {
        size_t cap = out->count ? out->count * 2 : 1;
        dsl_match *grown = lg_realloc(out->match, out->count, cap, sizeof *grown, c->err);
        if (!grown) {
            c->status = c->err->status;
            return;
        }
        out->match = grown;
    }
    dsl_match match = {.text = lg_strdup(text, c->err)};
    if (match.text) match.type = lg_strdup(type, c->err);
    if (match.type) match.signature = lg_strdup(signature, c->err);
    out->match[out->count++] = match;
    if (!match.signature) c->status = c->err->status;
}

static void add_match(completer *c, const char *text, const char *type, const char *signature)
{
    if (starts(c, text)) put_match(c, text, type, signature);
}

void dsl_completion_release(dsl_completion *completion)
{
    for (size_t i = 0; i < completion->count; i++) {
        lg_free(completion->match[i].text);
        lg_free(completion->match[i].type);
        lg_free(completion->match[i].signature);
    }
    lg_free(completion->match);
    *completion = (dsl_completion){0};
}

/* ---- sources of words ---- */
static void add_commands(completer *c)
{
    const dsl_config *config = &c->session->config;
    for (size_t i = 0; config->commands && config->commands[i]; i++)
        add_match(c, config->commands[i]->name, "command",
                  config->commands[i]->summary ? config->commands[i]->summary : "");
    add_match(c, "let", "keyword", "let NAME = value");
    add_match(c, "for", "keyword", "for NAME in a, b, c { … }");
    add_match(c, "check", "keyword", "check scratch.val.accuracy > 0.5");
}

static void add_layers(completer *c)
{
    for (const dsl_layer_type *l = c->session->config.layers; l && l->name; l++)
        add_match(c, l->name, "layer", l->summary ? l->summary : "");
    add_match(c, "for", "keyword", "for NAME in a, b, c { … }");
}

static void add_objects(completer *c, unsigned kinds, bool parts)
{
    const dsl_names *objects = &c->session->objects;
    for (size_t i = 0; i < objects->count; i++) {
        const dsl_object *object = objects->row[i].value;
        if (!object || !(kinds & 1u << object->cls->kind)) continue;
        char name[200];
        lg_buf brief;
        lg_buf_init(&brief, 4096);
        if (object->cls->brief) object->cls->brief(object->payload, &brief);
        add_match(c, objects->row[i].name, dsl_kind_name(object->cls->kind), lg_buf_str(&brief));
        static const char *const suffix[] = {"train", "val", "test"};
        size_t n = strlen(objects->row[i].name);
        bool dotted = c->partial_len > n && c->partial[n] == '.';
        for (int k = 0; parts && dotted && object->cls->kind == DSL_KIND_DATASET && k < 3; k++) {
            snprintf(name, sizeof name, "%.150s.%s", objects->row[i].name, suffix[k]);
            add_match(c, name, "part", "");
        }
        lg_buf_release(&brief);
    }
}

/* `scratch.` in arithmetic or a check: facts about it. */
static void add_fields(completer *c)
{
    const dsl_names *objects = &c->session->objects;
    for (size_t i = 0; i < objects->count; i++) {
        const dsl_object *object = objects->row[i].value;
        const char *name = objects->row[i].name;
        size_t n = strlen(name);
        if (!object || !object->cls->fields || c->partial_len <= n || strncmp(c->partial, name, n) ||
            c->partial[n] != '.')
            continue;
        lg_buf fields;
        lg_buf_init(&fields, 1 << 18);
        object->cls->fields(object->payload, &fields);
        for (char *at = fields.data; at && *at;) {
            char *end = strchr(at, '\n'), full[300];
            if (end) *end = 0;
            snprintf(full, sizeof full, "%.120s.%.160s", name, at);
            add_match(c, full, "field", "");
            at = end ? end + 1 : NULL;
        }
        lg_buf_release(&fields);
    }
}

static void add_variables(completer *c)
{
    char name[80] = "$";
    const dsl_tokens *tokens = &c->context.tokens;
    for (size_t i = 0; i < c->session->vars.count; i++) {
        const dsl_var *var = c->session->vars.row[i].value;
        if (!var) continue;
        snprintf(name, sizeof name, "$%.70s", c->session->vars.row[i].name);
        add_match(c, name, "variable", var->count ? var->text[0] : "");
    }
    for (size_t i = 0; i + 1 < c->context.end; i++) {
        char word[64];
        dsl_token_copy(tokens, &tokens->token[i], word);
        if (tokens->token[i].kind != TOK_WORD || !(dsl_same(word, "let") || dsl_same(word, "for"))) continue;
        dsl_token_copy(tokens, &tokens->token[i + 1], word);
        snprintf(name, sizeof name, "$%s", word);
        add_match(c, name, "variable", "");
    }
}

static void add_choices(completer *c, const dsl_param *param)
{
    lg_buf list;
    lg_buf_init(&list, 1 << 16);
    dsl_choice_list(param->choices, &list);
    for (char *at = list.data; at && *at;) {
        char *end = strstr(at, ", ");
        if (end) *end = 0;
        bool dflt = param->dflt && !strcmp(param->dflt, at);
        add_match(c, at, "choice", dflt ? "the default" : "");
        at = end ? end + 2 : NULL;
    }
    lg_buf_release(&list);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

/* Above the places that may be read, the ways down to them: `/us` -> /usr/share/datasets/, `~/lo` -> ~/logos/. */
static void add_roots(completer *c)
{
    char home[1024] = "", entry[1400];
    char *resolved = NULL;
    lg_err quiet = {0};
    if (*c->partial == '~' && lg_reach_home(&resolved, &quiet) == LG_OK) snprintf(home, sizeof home, "%s", resolved);
    lg_free(resolved);
    size_t n = strlen(home);
    const char *root;
    for (size_t i = 0; (root = lg_reach_root(i)); i++) {
        if (n && (strncmp(root, home, n) || root[n] != '/')) continue;
        snprintf(entry, sizeof entry, "%s%s/", n ? "~" : "", root + n);
        add_match(c, entry, "folder", "may be read");
    }
}

/* ending NULL: pictures. */
static bool is_offered(const char *name, const char *ending)
{
    static const char *const pictures[] = {".jpg", ".jpeg", ".png", ".bmp"};
    size_t n = strlen(name);
    for (size_t i = 0; !ending && i < sizeof pictures / sizeof *pictures; i++) {
        size_t m = strlen(pictures[i]);
        if (n > m && lg_casecmp(name + n - m, pictures[i]) == 0) return true;
    }
    return ending && ends_with(name, ending);
}

/* One level below the folder that is already written; of files those that end so. */
static void add_files(completer *c, const char *ending)
{
    enum { LOOK = 20000 };
    char folder[1024] = ".", entry[1400];
    size_t slash = c->partial_len;
    while (slash && c->partial[slash - 1] != '/') slash--;
    if (slash >= sizeof folder || (c->partial_len && memchr(c->partial, ':', c->partial_len))) return;
    if (slash) memcpy(folder, c->partial, slash), folder[slash] = 0;
    if (c->partial_len && (*c->partial == '/' || *c->partial == '~')) add_roots(c);
    lg_listing listing = {0};
    lg_err quiet = {0};
    if (lg_reach_look(folder, LOOK, &listing, &quiet) != LG_OK) return;
    for (size_t i = 0; i < listing.count; i++) {
        size_t n = strlen(listing.path[i]);
        bool is_folder = ends_with(listing.path[i], "/");
        if (slash + n + 1 > sizeof entry) continue;
        memcpy(entry, c->partial, slash);
        memcpy(entry + slash, listing.path[i], n + 1);
        if (!is_folder && !is_offered(entry, ending)) continue;
        if (!strpbrk(entry, " #,;=()[]{}<>!\"'") || c->context.in_string)
            add_match(c, entry, is_folder ? "folder" : "file", "");
    }
    lg_listing_release(&listing);
}

/* The first object of the line that is asked for, or else the dataset of a model in it, the chosen or newest one. */
static const dsl_object *line_object(completer *c, bool (*suits)(const dsl_object *object))
{
    const dsl_tokens *tokens = &c->context.tokens;
    const dsl_object *its = NULL;
    char word[64];
    for (size_t i = c->context.first; i < c->context.end; i++) {
        dsl_token_copy(tokens, &tokens->token[i], word);
        word[strcspn(word, ".")] = 0;
        const dsl_object *object = *word ? dsl_session_get(c->session, word) : NULL;
        if (object && suits(object)) return object;
        const char *on = object && object->cls->data ? object->cls->data(object->payload) : NULL;
        if (on && !its) its = dsl_session_get(c->session, on);
    }
    if (its && suits(its)) return its; /* the dataset of a model in the line */
    const char *name = dsl_session_default(c->session, DSL_KIND_DATASET);
    const dsl_object *object = name ? dsl_session_get(c->session, name) : NULL;
    for (size_t i = c->session->objects.count; !object && i > 0; i--) { /* else the newest */
        const dsl_object *one = c->session->objects.row[i - 1].value;
        if (one && one->cls->kind == DSL_KIND_DATASET) object = one;
    }
    return object && suits(object) ? object : NULL;
}

static bool knows_labels(const dsl_object *object)
{
    return object->cls->labels != NULL;
}

static bool has_rows(const dsl_object *object)
{
    return object->cls->where_fields != NULL;
}

/* Can a model be asked about the rows of this line? */
static bool with_opinions(const completer *c)
{
    if (c->context.command && c->context.command->asks_model) return true;
    for (const dsl_param *p = dsl_context_params(&c->context); p && p->name; p++)
        if (dsl_param_is_opinion(p)) return true;
    return false;
}

/* Fields of the rows; only one: of that one its kind goes to kind. */
static void add_row_fields(completer *c, const char *only, char kind[16])
{
    lg_buf fields;
    lg_buf_init(&fields, 1 << 16);
    dsl_where_fields(line_object(c, has_rows), with_opinions(c), &fields);
    for (char *at = fields.data, *end; at && *at; at = end) {
        if ((end = strchr(at, '\n'))) *end++ = 0;
        char *blank = strchr(at, ' ');
        if (blank) *blank++ = 0;
        if (!only) add_match(c, at, "field", blank ? blank : "");
        else if (!strcmp(only, at)) snprintf(kind, 16, "%s", blank ? blank : "");
    }
    lg_buf_release(&fields);
}

static void add_labels(completer *c)
{
    const dsl_object *object = line_object(c, knows_labels);
    if (!object) return;
    lg_buf labels;
    lg_buf_init(&labels, 1 << 18);
    object->cls->labels(object->payload, &labels);
    for (char *at = labels.data; at && *at;) {
        char *end = strchr(at, '\n'), quoted[300];
        if (end) *end = 0;
        bool plain = !strpbrk(at, " #,;=()[]{}<>!\"'");
        snprintf(quoted, sizeof quoted, plain || c->context.in_string ? "%.250s" : "\"%.250s\"", at);
        add_match(c, quoted, "label", "");
        at = end ? end + 1 : NULL;
    }
    lg_buf_release(&labels);
}

static bool has_layers(const dsl_object *object)
{
    return object->cls->layers != NULL;
}

static void add_layer_names(completer *c)
{
    const dsl_object *object = line_object(c, has_layers);
    if (!object) return;
    lg_buf layers;
    lg_buf_init(&layers, 1 << 18);
    object->cls->layers(object->payload, &layers);
    for (char *at = layers.data, *end; at && *at; at = end) {
        if ((end = strchr(at, '\n'))) *end++ = 0;
        char *tab = strchr(at, '\t');
        if (tab) *tab++ = 0;
        add_match(c, at, "layer", tab ? tab : "");
    }
    lg_buf_release(&layers);
}

static bool has_images(const dsl_object *object)
{
    return object->cls->images != NULL;
}

/* `logos.val` in the line: only images of that part. */
static int line_part(completer *c, const dsl_object *object)
{
    static const char *const parts[] = {"", ".train", ".val", ".test"};
    char word[64];
    for (size_t i = c->context.first; i < c->context.end; i++) {
        dsl_token_copy(&c->context.tokens, &c->context.tokens.token[i], word);
        for (int k = DSL_PART_TRAIN; k <= DSL_PART_TEST; k++) {
            size_t n = strlen(word), m = strlen(parts[k]);
            if (n <= m || strcmp(word + n - m, parts[k])) continue;
            word[n - m] = 0;
            if (dsl_session_get(c->session, word) == object) return k;
            word[n - m] = '.';
        }
    }
    return DSL_PART_ALL;
}

/* Numbers and names of images that are there, with their labels. */
static void add_ids(completer *c)
{
    enum { MOST = 60 };
    const dsl_object *object = line_object(c, has_images);
    char prefix[256];
    if (!object || c->partial_len >= sizeof prefix) return;
    memcpy(prefix, c->partial, c->partial_len);
    prefix[c->partial_len] = 0;
    lg_buf images;
    lg_buf_init(&images, 1 << 18);
    object->cls->images(object->payload, line_part(c, object), prefix, MOST, &images);
    for (char *at = images.data, *end; at && *at; at = end) {
        if ((end = strchr(at, '\n'))) *end++ = 0;
        char *tab = strchr(at, '\t');
        if (tab) *tab++ = 0;
        /* They may begin otherwise: `01.png` of several folders becomes `nike/01.png`. */
        if (!strpbrk(at, " #,;=()[]{}<>!\"'") || c->context.in_string) put_match(c, at, "image", tab ? tab : "");
    }
    lg_buf_release(&images);
}

/* Words that depend on the word before: `set theme` -> auto, light, dark. */
static void add_words_after(completer *c, const dsl_param *param)
{
    const dsl_command *command = c->context.command;
    char before[64];
    if (!command || !command->words || c->context.end <= c->context.first) return;
    dsl_token_copy(&c->context.tokens, &c->context.tokens.token[c->context.end - 1], before);
    const char *const *word = command->words((int)(param - command->params), before);
    for (; word && *word; word++) add_match(c, *word, "value", "");
}

static void add_splits(completer *c, const dsl_param *param)
{
    static const char *const shares[] = {"80/20", "70/15/15", "90/10"};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        add_match(c, shares[i], "value", param->dflt && !strcmp(param->dflt, shares[i]) ? "the default" : "");
}

static void add_values(completer *c, const dsl_param *param)
{
    add_choices(c, param);
    lg_buf signature;
    lg_buf_init(&signature, 4096);
    dsl_signature(param, &signature);
    switch (param->type) {
    case DSL_T_OBJECT: add_objects(c, param->kinds ? param->kinds : ~0u, true); break;
    case DSL_T_GRID: add_objects(c, param->kinds | DSL_GRIDS, true); break;
    case DSL_T_PATH:
        if (c->context.command && dsl_same(c->context.command->name, "run")) {
            add_files(c, ".lens");
            break;
        }
        if (!strcmp(param->name, "labels")) add_match(c, "folders", "value", "the folder a picture lies in");
        else if (c->context.command && dsl_same(c->context.command->name, "load"))
            add_match(c, "sample:logos", "place", "the bundled set");
        add_files(c, "");
        break;
    case DSL_T_OUTPATH: add_files(c, ""); break;
    case DSL_T_WORD:
        if (!strcmp(param->name, "sort") || !strcmp(param->name, "by")) add_row_fields(c, NULL, NULL);
        else if (param->dflt && !param->list) add_match(c, param->dflt, "value", lg_buf_str(&signature));
        break;
    case DSL_T_LABEL: add_labels(c); break;
    case DSL_T_IMAGE:
        add_ids(c);
        if (param->files) add_files(c, NULL);
        break;
    case DSL_T_LAYER: add_layer_names(c); break;
    case DSL_T_NEWNAME: break;
    case DSL_T_SPLIT: add_splits(c, param); break;
    case DSL_T_TEXT: add_words_after(c, param); break;
    default:
        if (param->dflt && !param->list) add_match(c, param->dflt, "value", lg_buf_str(&signature));
    }
    lg_buf_release(&signature);
}

/* ---- where we are ---- */
static void add_condition(completer *c)
{
    static const char *const signs[] = {"=", "!=", "<", "<=", ">", ">=", "contains", "in"};
    bool check = dsl_same(c->context.verb, "check");
    char kind[16] = "";
    switch (c->context.expect) {
    case EXPECT_FIELD:
        if (!check) add_row_fields(c, NULL, NULL);
        if (check) add_objects(c, ~0u, true);
        if (check) add_fields(c);
        add_match(c, "not", "keyword", "");
        break;
    case EXPECT_SIGN:
        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) add_match(c, signs[i], "sign", "");
        break;
    case EXPECT_VALUE:
        if (dsl_same(c->context.field, "label") || dsl_same(c->context.field, "predicted") ||
            dsl_same(c->context.field, "second"))
            add_labels(c);
        if (dsl_same(c->context.field, "split"))
            for (int i = 0; i < 3; i++) add_match(c, (const char *const[]){"train", "val", "test"}[i], "value", "");
        if (!check) add_row_fields(c, c->context.field, kind);
        if (!strcmp(kind, "truth")) add_match(c, "yes", "value", ""), add_match(c, "no", "value", "");
        if (check) add_objects(c, ~0u, true);
        if (check) add_fields(c);
        break;
    default: add_match(c, "and", "keyword", ""); add_match(c, "or", "keyword", "");
    }
}

static void add_params(completer *c, dsl_role role, const char *type, bool values)
{
    const dsl_param *params = dsl_context_params(&c->context);
    for (int i = 0; params && params[i].name && i < 128; i++) {
        const dsl_param *param = &params[i];
        if (param->role != role || param->late || c->context.used[i]) continue;
        if (values) {
            add_values(c, param);
            continue;
        }
        lg_buf signature;
        char off[80];
        lg_buf_init(&signature, 4096);
        dsl_signature(param, &signature);
        bool on = param->type == DSL_T_FLAG && param->dflt && dsl_same(param->dflt, "on");
        snprintf(off, sizeof off, "no %.70s", param->name);
        add_match(c, on && !c->context.after_no ? off : param->name, type, lg_buf_str(&signature));
        lg_buf_release(&signature);
    }
}

static void add_arguments(completer *c)
{
    const dsl_param *params = dsl_context_params(&c->context);
    if (!params) return;
    if (c->context.pending >= 0) {
        add_values(c, &params[c->context.pending]);
        return;
    }
    if (c->context.after_no) {
        add_params(c, DSL_FLAG, "flag", false);
        return;
    }
    add_params(c, DSL_POSITIONAL, "", true);
    add_params(c, DSL_OPTION, "option", false);
    add_params(c, DSL_PREPOSITION, "preposition", false);
    if (c->context.command && c->context.command->takes_where)
        add_match(c, "where", "preposition", "where label = nike");
    add_params(c, DSL_FLAG, "flag", false);
    if (c->context.layer) add_params(c, DSL_POSITIONAL, "option", false);
}

static void add_help_words(completer *c)
{
    if (!c->context.command || !dsl_same(c->context.command->name, "help")) return;
    add_commands(c);
    add_layers(c);
    add_objects(c, ~0u, false);
    for (const char *const *topic = dsl_help_topics; *topic; topic++) add_match(c, *topic, "topic", "");
    for (const dsl_code *code = dsl_codes; code->code && c->partial_len; code++) {
        char name[16];
        snprintf(name, sizeof name, "LL%03d", code->code);
        add_match(c, name, "code", code->when);
    }
}

static void find_candidates(completer *c)
{
    const dsl_context *context = &c->context;
    if (context->in_comment || context->broken) return;
    if (c->in_field) {
        add_objects(c, ~0u, true);
        add_fields(c);
    } else if (c->partial_len && *c->partial == '$') {
        add_variables(c);
    } else if (context->in_parens) {
        add_objects(c, ~0u, true);
        add_fields(c);
        for (int i = 0; i < DSL_F_COUNT; i++) add_match(c, dsl_function_names[i], "function", "");
    } else if (context->first >= context->end) {
        if (context->in_model) add_layers(c);
        else {
            add_commands(c);
            add_objects(c, ~0u, true);
            add_fields(c);
        }
    } else {
        if (context->expect) add_condition(c);
        if (!context->expect || context->expect == EXPECT_MORE ||
            (context->expect == EXPECT_SIGN && !dsl_same(context->verb, "check")))
            add_arguments(c);
        add_help_words(c);
    }
}

/* The word before the cursor begins here; inside a text it is the whole text. */
static size_t word_start(const char *code, size_t at, bool parens)
{
    const char *stops = parens ? " \t\r\n\f\v{}()[],;=\"'<>!\\+-*/^%" : " \t\r\n\f\v{}()[],;=\"'<>!\\";
    while (at && !strchr(stops, code[at - 1])) at--;
    return at;
}

/* Behind the last `${` of a text that is still open, or `end`. */
static size_t field_start(const char *code, size_t start, size_t end)
{
    for (size_t at = end; at >= start + 2; at--) {
        if (code[at - 1] == '}') return end;
        if (code[at - 1] == '{' && code[at - 2] == '$') return at;
    }
    return end;
}

lg_status dsl_session_complete(dsl_session *session, const char *code, size_t len, size_t cursor, dsl_completion *out,
                               lg_err *err)
{
    *out = (dsl_completion){0};
    size_t valid = lg_utf8_valid(code, len), end = lg_utf8_offset(code, valid, cursor);
    completer c = {.session = session, .out = out, .err = err};
    out->start = out->end = lg_utf8_count(code, end);
    LG_TRY(dsl_context_read(&session->config, code, end, &c.context, err));
    size_t start = c.context.in_string ? c.context.tokens.token[c.context.tokens.count - 1].at : 0;
    if (c.context.in_string) { /* the error token remembers where the text ends; its span where it begins */
        const lg_span *span = &c.context.tokens.error.span;
        start = end;
        for (int points = span->len - 1; points > 0 && start; points--) do
                start--;
            while (start && ((unsigned char)code[start] & 0xc0) == 0x80);
    } else start = word_start(code, end, c.context.in_parens);
    dsl_context_release(&c.context);
    c.partial = code + start;
    c.partial_len = end - start;
    bool in_string = start && (code[start - 1] == '"' || code[start - 1] == '\'') && c.partial_len <= end;
    LG_TRY(dsl_context_read(&session->config, code, start - (in_string && start ? 1 : 0), &c.context, err));
    c.context.in_string = in_string;
    size_t field = in_string ? field_start(code, start, end) : end;
    if (field < end || (in_string && field && code[field - 1] == '{')) {
        c.in_field = true;
        start = field;
        c.partial = code + start;
        c.partial_len = end - start;
    }
    find_candidates(&c);
    dsl_context_release(&c.context);
    out->start = lg_utf8_count(code, start);
    if (c.status) dsl_completion_release(out);
    return c.status;
}
