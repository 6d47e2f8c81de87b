/* bind.c - phase 2: words to roles, left to right, by the table. A preposition or option word takes the next list; a
 * flag stands alone; anything else fills the first positional whose kind fits. */
#include "kernel/dsl/context.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

typedef struct binder {
    dsl_walk *walk;
    const dsl_target *target;
    const dsl_stmt *stmt;
    lg_arena *arena;
    dsl_arg *arg;
    int params;
    dsl_cond *where, **where_tail;
    lg_buf *note;
    lg_err *err;
} binder;

static bool same_as_any(const char *names, const char *word)
{
    return names && dsl_choice_index(names, word) >= 0;
}

static int find_param(const binder *b, const char *word)
{
    for (int i = 0; i < b->params; i++)
        if (dsl_same(word, b->target->params[i].name)) return i;
    for (int i = 0; i < b->params; i++)
        if (same_as_any(b->target->params[i].aliases, word)) return i;
    return -1;
}

static dsl_word plain_word(const dsl_atom *atom, char *text)
{
    return (dsl_word){.text = text, .quoted = atom->kind != TOK_WORD, .span = atom->span};
}

/* May this word, unquoted and alone in its list, name a parameter? */
static int word_param(const binder *b, const dsl_node *node, char **text)
{
    if (node->kind != NODE_LIST || node->list.first->kind != TOK_WORD) return -1;
    *text = dsl_atom_source(node->list.first, b->arena, b->err);
    return *text ? find_param(b, *text) : -1;
}

/* Is the word on the line? */
static bool given(const binder *b, const char *word)
{
    for (const dsl_node *node = b->stmt->args; node; node = node->next)
        if (node->kind == NODE_LIST && node->list.first->kind == TOK_WORD &&
            dsl_same_n(node->list.first->at, word, node->list.first->len))
            return true;
    return false;
}

/* ---- values into a parameter ---- */
static lg_status given_twice(binder *b, int index, lg_span span)
{
    lg_fail(b->err, LG_E_ARG, 145, "`%s` is given twice", b->target->params[index].name);
    lg_try(b->err, "keep one of the two");
    return lg_err_place(b->err, span);
}

/* `lr 0,01`: in some countries a comma stands before the decimals. */
static bool decimal_comma(binder *b, const dsl_param *param, const dsl_words *words)
{
    const dsl_word *a = &words->word[0], *c = &words->word[1];
    bool digits = strspn(a->text, "0123456789") == strlen(a->text) && strspn(c->text, "0123456789%") == strlen(c->text);
    bool close = words->count == 2 && a->span.line == c->span.line && c->span.col == a->span.col + a->span.len + 1;
    if (param->type != DSL_T_NUMBER || !digits || !close || !*a->text || !*c->text) return false;
    lg_try(b->err, "did you mean `%.30s.%.30s`?", a->text, c->text);
    return true;
}

/* The same line once for each value: `for rate in 0.1, 0.01 { fit scratch lr $rate again as trial }`. */
static bool loop_instead(binder *b, const dsl_param *param, const dsl_words *words)
{
    const dsl_word *first = &words->word[0], *last = &words->word[words->count - 1];
    const dsl_stmt *stmt = b->stmt;
    if (b->target->layer || param->role != DSL_OPTION || memchr(stmt->at, '\n', stmt->len) || stmt->len > 150)
        return false;
    size_t from = lg_utf8_offset(stmt->at, stmt->len, (size_t)(first->span.col - stmt->head->span.col));
    size_t to = lg_utf8_offset(stmt->at, stmt->len, (size_t)(last->span.col + last->span.len - stmt->head->span.col));
    if (first->span.line != stmt->head->span.line || to > stmt->len || from >= to) return false;
    const char *name = dsl_same(param->name, "lr") ? "rate" : param->name;
    bool fit = dsl_same(b->target->name, "fit");
    lg_try(b->err, "for %s in %.*s { %.*s$%s%.*s%s%s }", name, (int)(to - from), stmt->at + from, (int)from, stmt->at,
           name, (int)(stmt->len - to), stmt->at + to, fit && !given(b, "again") ? " again" : "",
           fit && !given(b, "as") ? " as trial" : "");
    return true;
}

/* `conv 8 3x3 relu, maxpool 2` */
static lg_status comma_after_layer(binder *b, const dsl_word *word)
{
    lg_fail(b->err, LG_E_SYNTAX, 147, "layers are separated by `;` or a new line, not by commas");
    lg_try(b->err, "write `; %s` instead of the comma", word->text);
    return lg_err_place(b->err, word->span);
}

/* `conv 16, 3x3`: the second is the layer's next value. */
static bool parted_by_comma(const binder *b, const dsl_param *param, const dsl_words *words)
{
    const char *second = words->word[1].text;
    if (!b->target->layer || param->role != DSL_POSITIONAL || words->count != 2 || dsl_has_form(param, second))
        return false;
    for (const dsl_param *p = param + 1; p->name && p->role == DSL_POSITIONAL; p++)
        if (dsl_has_form(p, second)) return true;
    return false;
}

/* Commas where blanks belong: `epochs 20, batch 32`. */
static lg_status too_many(binder *b, const dsl_param *param, const dsl_words *words)
{
    for (int i = 1; i < words->count; i++)
        if (!words->word[i].quoted && find_param(b, words->word[i].text) >= 0) {
            lg_fail(b->err, LG_E_SYNTAX, 147, "options are separated by blanks, not by commas");
            lg_try(b->err, "leave out the comma before `%s`", words->word[i].text);
            return lg_err_place(b->err, words->word[i].span);
        }
    for (int i = 1; b->target->layer && i < words->count; i++)
        if (dsl_layer_find(&b->walk->session->config, words->word[i].text))
            return comma_after_layer(b, &words->word[i]);
    lg_fail(b->err, LG_E_ARG, 147, "`%s %s` takes one value, not %d", b->target->name, param->name, words->count);
    if (param->type == DSL_T_SIZE && words->count == 2 && dsl_is_digits(words->word[0].text) &&
        dsl_is_digits(words->word[1].text))
        lg_try(b->err, "did you mean `%.9sx%.9s`?", words->word[0].text, words->word[1].text);
    else if (parted_by_comma(b, param, words))
        lg_try(b->err, "leave out the comma: %s %s %s", b->target->name, words->word[0].text, words->word[1].text);
    else if (!decimal_comma(b, param, words) && !loop_instead(b, param, words))
        lg_try(b->err, "keep one, or repeat the line in `for x in … { }`");
    return lg_err_place(b->err, words->word[1].span);
}

static bool bare_size(const dsl_param *param, const dsl_word *word, const dsl_value *value)
{
    bool bare = param->type == DSL_T_SIZE && param->role == DSL_POSITIONAL && value->type == DSL_T_SIZE &&
                !strpbrk(word->text, "xX");
    return bare && param->max > 0 && !word->unknown && value->size[0] > param->max;
}

static lg_status size_bounds(binder *b, const dsl_param *param, const dsl_word *word, const dsl_value *value,
                             bool named)
{
    if (value->type != DSL_T_SIZE || word->unknown || !value->nsize) return LG_OK;
    if (!named && bare_size(param, word, value)) {
        int n = value->size[0];
        lg_fail(b->err, LG_E_ARG, 144, "`%s` would be a %dx%d %s here", word->text, n, n, param->name);
        lg_try(b->err, "write `%dx%d` if you mean it, else a size such as `3x3`", n, n);
        return lg_err_place(b->err, word->span);
    }
    if (param->role == DSL_POSITIONAL || param->max <= 0) return LG_OK;
    for (int i = 0; i < 2; i++)
        if (value->size[i] < param->min || value->size[i] > param->max) {
            lg_fail(b->err, LG_E_ARG, 142, "`%s %s` must lie between %.0f and %.0f, not `%s`", b->target->name,
                    param->name, param->min, param->max, dsl_brief(word->text, strlen(word->text)).s);
            return lg_err_place(b->err, word->span);
        }
    return LG_OK;
}

static lg_status join_numbers(binder *b, dsl_value *value, int count)
{
    double *cell = lg_arena_alloc(b->arena, (size_t)count, sizeof *cell, b->err);
    if (!cell) return b->err->status;
    for (int i = 0; i < count; i++) {
        if (value[i].grid.rows != 1 || value[i].grid.cols != 1 || value[i].object) return LG_OK;
        cell[i] = value[i].grid.cell[0];
    }
    value[0].grid = (dsl_grid){1, count, cell};
    return LG_OK;
}

static lg_status convert_all(binder *b, const dsl_param *param, const dsl_words *words, bool named, dsl_arg *out,
                             lg_err *err)
{
    dsl_value *value = lg_arena_alloc(b->arena, (size_t)words->count, sizeof *value, err);
    if (!value) return err->status;
    for (int i = 0; i < words->count; i++) {
        if (dsl_convert(b->walk, b->target, param, &words->word[i], b->arena, &value[i], err)) {
            dsl_meant_value(b->walk, b->target, param, b->stmt, &words->word[i], err);
            return err->status;
        }
        lg_err *keep = b->err;
        b->err = err;
        lg_status st = size_bounds(b, param, &words->word[i], &value[i], named);
        b->err = keep;
        LG_TRY(st);
    }
    *out = (dsl_arg){.value = value, .count = words->count, .given = true};
    if (param->type != DSL_T_GRID || words->count < 2) return LG_OK;
    LG_TRY(join_numbers(b, value, words->count));
    if (value[0].grid.cols == words->count) out->count = 1;
    return LG_OK;
}

static lg_status refuse_late(binder *b, const dsl_param *param, lg_span span)
{
    lg_fail(b->err, LG_E_UNSUPPORTED, 146, "`%s %s` is not part of this version", b->target->name, param->name);
    lg_try(b->err, "leave it out; `help %s` shows what there is", b->target->name);
    return lg_err_place(b->err, span);
}

static lg_status put(binder *b, int index, const dsl_words *words, lg_span span)
{
    const dsl_param *param = &b->target->params[index];
    if (param->late) return refuse_late(b, param, span);
    if (b->arg[index].given) return given_twice(b, index, span);
    if (words->count > 1 && !param->list) return too_many(b, param, words);
    if (words->count == 0) {
        lg_fail(b->err, LG_E_ARG, 144, "`%s %s` got an empty list", b->target->name, param->name);
        return lg_err_place(b->err, span);
    }
    return convert_all(b, param, words, true, &b->arg[index], b->err);
}

static lg_status put_matrix(binder *b, int index, const dsl_matrix *matrix, lg_span span)
{
    const dsl_param *param = &b->target->params[index];
    if (param->type != DSL_T_GRID) {
        lg_buf want;
        lg_buf_init(&want, 2048);
        dsl_want_text(param, &want);
        lg_fail(b->err, LG_E_ARG, 141, "`%s %s` wants %s, not a grid", b->target->name, param->name, lg_buf_str(&want));
        lg_buf_release(&want);
        return lg_err_place(b->err, matrix->span);
    }
    if (param->late) return refuse_late(b, param, span);
    if (b->arg[index].given) return given_twice(b, index, span);
    dsl_value *value = lg_arena_alloc(b->arena, 1, sizeof *value, b->err);
    if (!value) return b->err->status;
    *value = (dsl_value){.type = DSL_T_GRID, .span = matrix->span, .text = "", .choice = -1};
    LG_TRY(dsl_matrix_grid(b->walk, matrix, b->arena, &value->grid, &b->walk->unknown, b->err));
    b->arg[index] = (dsl_arg){.value = value, .count = 1, .given = true};
    return LG_OK;
}

static lg_status put_flag(binder *b, int index, bool on, lg_span span)
{
    const dsl_param *param = &b->target->params[index];
    if (param->late && on) return refuse_late(b, param, span);
    if (b->arg[index].given) return given_twice(b, index, span);
    dsl_value *value = lg_arena_alloc(b->arena, 1, sizeof *value, b->err);
    if (!value) return b->err->status;
    *value = (dsl_value){.type = DSL_T_FLAG, .span = span, .text = on ? "on" : "off", .number = on, .choice = -1};
    b->arg[index] = (dsl_arg){.value = value, .count = 1, .given = true};
    return LG_OK;
}

/* ---- nodes ---- */
/* `show logos label = adidas`: a field, so `where` is missing. */
static lg_status no_setting(binder *b, const dsl_node *node, const dsl_word *word)
{
    bool field = b->target->takes_where && (dsl_same(word->text, "label") || dsl_cond_is_opinion(word->text));
    lg_buf known;
    lg_buf_init(&known, 1 << 16);
    for (int i = 0; b->target->takes_where && i < b->params; i++)
        if (b->arg[i].count && b->arg[i].value[0].object)
            dsl_where_fields(b->arg[i].value[0].object, false, &known);
    size_t n = strlen(word->text);
    for (const char *at = lg_buf_str(&known); *at && !field; at += strcspn(at, "\n"), at += *at == '\n')
        field = !strncmp(at, word->text, n) && (at[n] == ' ' || at[n] == '\n');
    lg_buf_release(&known);
    const dsl_atom *value = node->list.first;
    lg_status st = dsl_no_option(b->target, word, b->err);
    char *said = value->kind == TOK_WORD || value->kind == TOK_STRING || value->kind == TOK_RAW
                     ? lg_arena_strndup(b->arena, value->at, value->len, b->err)
                     : NULL;
    int flag = said ? find_param(b, said) : -1; /* padding=same */
    if (flag >= 0 && b->target->params[flag].type == DSL_T_FLAG)
        return lg_try(b->err, "write `%s` alone", b->target->params[flag].name);
    if (!field) return st;
    const char *quote = value->kind == TOK_STRING ? "\"" : value->kind == TOK_RAW ? "'" : "";
    return lg_try(b->err, "did you mean `where %s = %s%s%s%s`?", word->text, value->kind == TOK_VAR ? "$" : "", quote,
                  dsl_brief(value->at, value->len).s, quote);
}

static lg_status bind_setting(binder *b, const dsl_node *node)
{
    char *text = dsl_atom_source(node->word, b->arena, b->err);
    if (!text) return b->err->status;
    dsl_word word = plain_word(node->word, text);
    int index = find_param(b, text);
    if (index < 0) return no_setting(b, node, &word);
    dsl_words words;
    LG_TRY(dsl_list_words(b->walk, &node->list, b->arena, &words, b->err));
    if (b->target->params[index].type != DSL_T_FLAG) return put(b, index, &words, node->word->span);
    static const char yes[] = "on=true=yes=1", no[] = "off=false=no=0";
    bool on = words.count == 1 && dsl_choice_index(yes, words.word[0].text) == 0;
    if (words.count == 1 && (on || dsl_choice_index(no, words.word[0].text) == 0))
        return put_flag(b, index, on, node->word->span);
    lg_fail(b->err, LG_E_ARG, 141, "`%s %s` is switched on by its word alone", b->target->name, text);
    lg_try(b->err, "write `%s` or `no %s`", b->target->params[index].name, b->target->params[index].name);
    return lg_err_place(b->err, node->list.first->span);
}

static bool wants_text(const dsl_param *param)
{
    return param->type == DSL_T_LABEL || param->type == DSL_T_WORD || param->type == DSL_T_TEXT;
}

/* `#adidas`, not `# a remark` */
static bool touches_hash(const binder *b)
{
    const char *code = b->walk->code;
    return code && b->stmt->comment < b->walk->size && (unsigned char)code[b->stmt->comment] > ' ';
}

/* `tag #adidas limit 5`: the value was read as a comment. */
static lg_status comment_took_it(binder *b, const char *option)
{
    const char *at = b->walk->code + b->stmt->comment - 1;
    size_t left = b->walk->size - (b->stmt->comment - 1), n = 0;
    while (n < left && (unsigned char)at[n] > ' ') n++;
    dsl_bit word = dsl_brief(at, n);
    lg_fail(b->err, LG_E_SYNTAX, 101, "`%s` was read as a comment", word.s);
    lg_why(b->err, "# starts a comment");
    return lg_try(b->err, "write `%s %s` or quote it: \"%s\"", option, word.s + 1, word.s);
}

static lg_status no_value(binder *b, int index, const char *word, lg_span span)
{
    const dsl_param *param = &b->target->params[index];
    if (b->stmt->comment && wants_text(param) && touches_hash(b)) return comment_took_it(b, word);
    lg_buf want;
    lg_buf_init(&want, 2048);
    dsl_want_text(param, &want);
    lg_fail(b->err, LG_E_ARG, 144, "`%s` needs a value after it: %s", word, lg_buf_str(&want));
    lg_buf_release(&want);
    if (param->dflt) lg_try(b->err, "write e.g. `%s %s`", param->name, param->dflt);
    else lg_try(b->err, "`help %s` shows examples", b->target->name);
    return lg_err_place(b->err, span);
}

/* Option or preposition: takes the next list. *node moves past it. */
static lg_status bind_option(binder *b, int index, const char *word, const dsl_node **node)
{
    lg_span span = (*node)->list.first->span;
    if ((*node)->list.count > 1) {
        lg_fail(b->err, LG_E_SYNTAX, 147, "there is a comma after `%s`", word);
        lg_try(b->err, "leave out the comma; options are separated by blanks");
        return lg_err_place(b->err, span);
    }
    const dsl_node *value = (*node)->next;
    if (!value || value->kind == NODE_SETTING || value->kind == NODE_WHERE) return no_value(b, index, word, span);
    *node = value;
    if (value->kind == NODE_MATRIX) return put_matrix(b, index, value->extra, span);
    dsl_words words;
    LG_TRY(dsl_list_words(b->walk, &value->list, b->arena, &words, b->err));
    char *text;
    int other = word_param(b, value, &text);
    LG_TRY(b->err->status);
    if (other >= 0 && value->list.count == 1) {
        lg_err local = {0};
        dsl_value scratch;
        bool fits = dsl_convert(b->walk, b->target, &b->target->params[index], &words.word[0], b->arena, &scratch,
                                &local) == LG_OK;
        bool free_text = b->target->params[index].type == DSL_T_WORD || b->target->params[index].type == DSL_T_TEXT ||
                         b->target->params[index].type == DSL_T_LABEL;
        if (!fits || (free_text && b->target->params[other].role != DSL_POSITIONAL && value->next &&
                      value->next->kind == NODE_LIST))
            return no_value(b, index, word, span);
    }
    return put(b, index, &words, span);
}

static bool is_positional(const binder *b, int i)
{
    return b->target->params[i].role == DSL_POSITIONAL;
}

/* Texts with .list may come one after the other: `say hello world`. */
static bool may_append(const binder *b, int i)
{
    return is_positional(b, i) && b->target->params[i].type == DSL_T_TEXT && b->target->params[i].list &&
           b->arg[i].given;
}

static lg_status append(binder *b, int i, const dsl_arg *more)
{
    int count = b->arg[i].count + more->count;
    dsl_value *value = lg_arena_alloc(b->arena, (size_t)count, sizeof *value, b->err);
    if (!value) return b->err->status;
    memcpy(value, b->arg[i].value, (size_t)b->arg[i].count * sizeof *value);
    memcpy(value + b->arg[i].count, more->value, (size_t)more->count * sizeof *value);
    b->arg[i] = (dsl_arg){.value = value, .count = count, .given = true};
    return LG_OK;
}

typedef struct near_names {
    const char *name[128];
    size_t count;
} near_names;

static void add_near(void *ctx, const char *name, dsl_kind kind)
{
    near_names *list = ctx;
    (void)kind;
    if (list->count < 128) list->name[list->count++] = name;
}

/* `compare first second`: the name of an object behind a list of objects. */
static lg_status forgotten_comma(const binder *b, const dsl_word *word)
{
    near_names objects = {0};
    for (int i = 0; i < b->params; i++) {
        const dsl_arg *arg = &b->arg[i];
        if (!is_positional(b, i) || !b->target->params[i].list || !arg->given || !arg->count) continue;
        if (b->target->params[i].type == DSL_T_LABEL && !strncmp(b->err->hint, "`help ", 6)) /* nothing is near */
            return lg_try(b->err, "put a comma between them: %s, %s", arg->value[arg->count - 1].text, word->text);
        if (b->target->params[i].type != DSL_T_OBJECT) continue;
        dsl_each_name(b->walk, b->target->params[i].kinds, add_near, &objects);
        for (size_t k = 0; k < objects.count; k++)
            if (dsl_same(objects.name[k], word->text))
                return lg_try(b->err, "put a comma between them: %s %s, %s", b->target->name,
                              arg->value[arg->count - 1].name, word->text);
    }
    return b->err->status;
}

/* `softmax 1 2 3` */
static void forgotten_commas(const binder *b, const dsl_word *word)
{
    double number;
    for (int i = 0; i < b->params && lg_parse_double(word->text, &number); i++)
        if (is_positional(b, i) && b->target->params[i].type == DSL_T_GRID && b->target->params[i].list)
            lg_try(b->err, "put commas between the numbers, as in `%s 2.0, 1.0, 0.1`", b->target->name);
}

/* Nothing takes this word: is it a misspelt option, a misspelt name, or a value of the wrong kind? */
static lg_status nothing_fits(binder *b, const dsl_word *word, int first_free, const lg_err *why)
{
    const char *options[128];
    size_t count = 0;
    near_names objects = {0};
    for (int i = 0; i < b->params && count < 128; i++)
        if (!is_positional(b, i)) options[count++] = b->target->params[i].name;
    bool named = !word->quoted && strlen(word->text) < 100 && dsl_is_identifier(word->text);
    bool near_option = named && (lg_nearest(word->text, options, count) || dsl_option_synonym(word->text));
    /* `fit n`: so short a word is near to anything, and right behind the verb the name of what it works on stands */
    const dsl_node *first = b->stmt->args;
    if (strlen(word->text) < 3 && first_free == 0 && first->kind == NODE_LIST &&
        first->list.first->span.col == word->span.col)
        near_option = false;
    if (first_free >= 0 && b->target->params[first_free].type == DSL_T_OBJECT && strlen(word->text) < 100) {
        dsl_each_name(b->walk, ~0u, add_near, &objects);
        if (lg_nearest(word->text, objects.name, objects.count)) near_option = false;
    }
    if (first_free >= 0 && b->target->params[first_free].type == DSL_T_NEWNAME) near_option = false;
    if (first_free >= 0 && !near_option) {
        *b->err = *why;
        return b->err->status;
    }
    dsl_no_option(b->target, word, b->err);
    dsl_meant(b->walk, b->target, b->stmt, word, b->err);
    if (!named) forgotten_commas(b, word);
    return named ? forgotten_comma(b, word) : b->err->status;
}

/* `set theme dark`: no text takes the place of a choice that is needed. */
static lg_status unknown_choice(binder *b, int index, const dsl_word *word)
{
    const dsl_param *param = &b->target->params[index];
    lg_buf list;
    lg_buf_init(&list, 2048);
    dsl_choice_list(param->choices, &list);
    dsl_bit got = dsl_brief(word->text, strlen(word->text));
    if (!strchr(param->choices, ' ')) { /* `delete user …` */
        lg_buf_release(&list);
        lg_fail(b->err, LG_E_ARG, 141, "`%s` wants `%s` first, not `%s`", b->target->name, param->choices, got.s);
        if (dsl_session_get(b->walk->session, word->text))
            lg_why(b->err, "it is about people: `%s` is an object, which lasts as long as the kernel", got.s);
        else lg_try(b->err, "%s %s %s", b->target->name, param->choices, got.s);
        return lg_err_place(b->err, word->span);
    }
    lg_fail(b->err, LG_E_ARG, 141, "`%s` has no %s `%s`", b->target->name, param->name, got.s);
    lg_why(b->err, "it wants one of %s", lg_buf_str(&list));
    lg_buf_release(&list);
    const char *near = dsl_near_choice(param->choices, word->text, b->arena);
    if (near) lg_try(b->err, "did you mean `%s`?", near);
    else lg_try(b->err, "`help %s` shows what there is", b->target->name);
    return lg_err_place(b->err, word->span);
}

static bool takes_anything(const dsl_param *param)
{
    return param->type == DSL_T_TEXT || param->type == DSL_T_WORD;
}

static lg_status bind_positional(binder *b, const dsl_node *node)
{
    dsl_words words;
    LG_TRY(dsl_list_words(b->walk, &node->list, b->arena, &words, b->err));
    if (!words.count) return LG_OK;
    lg_err first_error = {0};
    int first_free = -1;
    for (int i = 0; i < b->params; i++) {
        const dsl_param *param = &b->target->params[i];
        if (!is_positional(b, i) || param->late || (b->arg[i].given && !may_append(b, i))) continue;
        lg_err local = {0};
        dsl_arg arg = {0};
        lg_status st = LG_OK;
        if (words.count > 1 && !param->list) {
            lg_err *keep = b->err;
            b->err = &local;
            st = too_many(b, param, &words);
            b->err = keep;
        } else st = convert_all(b, param, &words, false, &arg, &local);
        if (st == LG_OK) {
            bool skips = first_free >= 0 && b->target->params[first_free].type == DSL_T_CHOICE &&
                         b->target->params[first_free].required && takes_anything(param);
            if (skips) return unknown_choice(b, first_free, &words.word[0]);
            if (b->arg[i].given) return append(b, i, &arg);
            b->arg[i] = arg;
            return LG_OK;
        }
        if (st == LG_E_MEMORY || st == LG_E_LIMIT) {
            *b->err = local;
            return st;
        }
        if (first_free < 0) {
            first_free = i;
            first_error = local;
        }
    }
    return nothing_fits(b, &words.word[0], first_free, &first_error);
}

/* Until the object's place is filled, a word that can fill it is the object, even if it is an option word too. */
static bool object_first(binder *b, const char *word, const dsl_node *node)
{
    for (int i = 0; i < b->params; i++) {
        const dsl_param *param = &b->target->params[i];
        if (!is_positional(b, i) || b->arg[i].given) continue;
        if (param->type == DSL_T_NEWNAME) /* right behind the verb also a word that is refused as a name */
            return node == b->stmt->args ? !dsl_is_preposition(word)
                                         : dsl_is_identifier(word) && !dsl_is_reserved(&b->walk->session->config, word);
        if (param->type == DSL_T_CHOICE || param->type == DSL_T_WORD || param->type == DSL_T_TEXT)
            return param->type != DSL_T_CHOICE ? b->params == 1
                                               : dsl_choice_index(param->choices, word) >= 0 && !node->next;
        if (param->type != DSL_T_OBJECT) return false;
        dsl_found found;
        lg_err local = {0};
        return dsl_find(b->walk, word, false, b->arena, &found, &local) == LG_OK && found.exists && !found.unknown;
    }
    return false;
}

static lg_status bind_no(binder *b, const dsl_node **node)
{
    const dsl_node *what = (*node)->next;
    char *text = NULL;
    int index = what ? word_param(b, what, &text) : -1;
    LG_TRY(b->err->status);
    if (index >= 0 && b->target->params[index].type == DSL_T_FLAG) {
        *node = what;
        return put_flag(b, index, false, what->list.first->span);
    }
    lg_buf flags;
    lg_buf_init(&flags, 2048);
    for (int i = 0; i < b->params; i++)
        if (b->target->params[i].type == DSL_T_FLAG)
            lg_buf_addf(&flags, "%s%s", flags.len ? ", " : "", b->target->params[i].name);
    lg_fail(b->err, LG_E_ARG, 148, "`no` switches off a word of `%s`, and `%s` is none", b->target->name,
            text ? dsl_brief(text, strlen(text)).s : "the end");
    if (flags.len) lg_why(b->err, "it can switch off: %s", lg_buf_str(&flags));
    lg_try(b->err, "`help %s` shows what it knows", b->target->name);
    lg_buf_release(&flags);
    return lg_err_place(b->err, what && what->kind == NODE_LIST ? what->list.first->span : (*node)->list.first->span);
}

static lg_status bind_where(binder *b, const dsl_node *node)
{
    const dsl_test *test = node->extra;
    dsl_word word = {.text = "where", .span = node->word->span};
    if (node == b->stmt->args && b->params && b->target->params[0].type == DSL_T_NEWNAME)
        return dsl_name_check(&b->walk->session->config, &word, b->err); /* `model where on logos` */
    if (!b->target->takes_where) return dsl_no_option(b->target, &word, b->err);
    LG_TRY(dsl_cond_bind(b->walk, test, b->arena, b->where_tail, b->err));
    while (*b->where_tail) b->where_tail = (dsl_cond **)*b->where_tail; /* `next` is the first member */
    return LG_OK;
}

static lg_status bind_list(binder *b, const dsl_node **node)
{
    char *word = NULL;
    int index = word_param(b, *node, &word);
    LG_TRY(b->err->status);
    if (word && dsl_same(word, "no") && (*node)->list.count == 1) return bind_no(b, node);
    if (index < 0 || object_first(b, word, *node)) return bind_positional(b, *node);
    const dsl_param *param = &b->target->params[index];
    if (param->type == DSL_T_FLAG) {
        if ((*node)->list.count == 1) return put_flag(b, index, true, (*node)->list.first->span);
        lg_fail(b->err, LG_E_SYNTAX, 147, "there is a comma after `%s`", word);
        lg_try(b->err, "leave out the comma; options are separated by blanks");
        return lg_err_place(b->err, (*node)->list.first->span);
    }
    if (param->role != DSL_POSITIONAL) return bind_option(b, index, word, node);
    bool by_name = (*node)->next && (*node)->list.count == 1 && !b->arg[index].given &&
                   (b->target->layer || (param->type != DSL_T_OBJECT && param->type != DSL_T_NEWNAME &&
                                         param->type != DSL_T_TEXT && param->type != DSL_T_WORD));
    return by_name ? bind_option(b, index, word, node) : bind_positional(b, *node);
}

static lg_status bind_nodes(binder *b)
{
    for (const dsl_node *node = b->stmt->args; node; node = node->next) {
        switch (node->kind) {
        case NODE_SETTING: LG_TRY(bind_setting(b, node)); break;
        case NODE_WHERE: LG_TRY(bind_where(b, node)); break;
        case NODE_LIST: LG_TRY(bind_list(b, &node)); break;
        default: {
            int index = -1;
            const dsl_matrix *matrix = node->extra;
            for (int i = 0; i < b->params && index < 0; i++)
                if (is_positional(b, i) && b->target->params[i].type == DSL_T_GRID && !b->arg[i].given) index = i;
            if (index < 0) {
                lg_fail(b->err, LG_E_ARG, 141, "`%s` has no use for a grid of numbers here", b->target->name);
                lg_try(b->err, "`help %s` shows what it takes", b->target->name);
                return lg_err_place(b->err, matrix->span);
            }
            LG_TRY(put_matrix(b, index, matrix, matrix->span));
        }
        }
    }
    return LG_OK;
}

/* ---- what was not written ---- */
typedef struct candidates {
    const char *name[9];
    dsl_kind kind[9];
    int count;
    bool unknown; /* dry: there is a name of which only the run will tell what it is (`open x from …`) */
} candidates;

static void add_candidate(void *ctx, const char *name, dsl_kind kind)
{
    candidates *c = ctx;
    c->unknown |= kind == DSL_KIND_NONE;
    if (kind == DSL_KIND_NONE || strchr(name, '.')) return;
    if (c->count < 9) {
        c->name[c->count] = name;
        c->kind[c->count] = kind;
    }
    c->count++;
}

static const char *chosen_name(dsl_walk *walk, unsigned kinds, dsl_kind *kind)
{
    for (int k = 1; k < DSL_KIND_COUNT; k++) {
        const char *name = !(kinds & 1u << k)             ? NULL
                           : walk->dry && walk->chosen[k] ? walk->chosen[k]
                                                          : walk->session->chosen[k];
        *kind = (dsl_kind)k;
        if (name) return name;
    }
    return NULL;
}

static const char *kinds_word(unsigned kinds)
{
    for (int k = 1; k < DSL_KIND_COUNT; k++)
        if ((kinds & 0x7e) == 1u << k) return dsl_kind_name((dsl_kind)k);
    return "object";
}

static lg_status ambiguous(binder *b, const dsl_param *param, const candidates *c)
{
    const char *kind = kinds_word(param->kinds);
    char list[500];
    size_t used = 0;
    for (int i = 0; i < c->count && i < 8; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.50s", i ? ", " : "", c->name[i]);
    lg_fail(b->err, LG_E_NAME, 132, "which %s should `%s` use?", kind, b->target->name);
    lg_why(b->err, "you have: %s%s", list, c->count > 8 ? ", …" : "");
    const char *preposition = param->role == DSL_PREPOSITION ? param->name : "";
    lg_try(b->err, "write `%s %s%s%s`, or choose one for all lines: `use %s`", b->target->name, preposition,
           *preposition ? " " : "", c->name[0], c->name[0]);
    return lg_err_place(b->err, b->stmt->head->span);
}

static lg_status none_yet(binder *b, const dsl_param *param)
{
    const char *kind = kinds_word(param->kinds);
    const dsl_config *config = &b->walk->session->config;
    lg_fail(b->err, LG_E_NAME, 134, "`%s` needs %s %s, and there is none yet", b->target->name,
            strchr("aeiou", *kind) ? "an" : "a", kind);
    if (!strcmp(kind, "dataset") && dsl_command_find(config, "load"))
        lg_try(b->err, "load images first: `load logos from sample:logos`");
    else if (!strcmp(kind, "model") && dsl_command_find(config, "model"))
        lg_try(b->err, "define one first: `model scratch on logos { … }`; `help model` shows how");
    else lg_try(b->err, "`list` shows everything that exists");
    return lg_err_place(b->err, b->stmt->head->span);
}

static lg_status fill_implicit(binder *b, int index)
{
    const dsl_param *param = &b->target->params[index];
    candidates c = {0};
    dsl_kind kind = DSL_KIND_NONE;
    unsigned kinds = param->kinds & (DSL_DATASETS | DSL_MODELS | DSL_RUNS | DSL_TABLES | DSL_POSTSES | DSL_GRIDS);
    const char *name = chosen_name(b->walk, kinds, &kind);
    if (!name) {
        dsl_each_name(b->walk, kinds, add_candidate, &c);
        if (b->walk->dry && ((c.count == 0 && b->walk->open_world) || (c.count <= 1 && c.unknown))) {
            b->walk->unknown = true;
            return LG_OK;
        }
        if (c.count == 0) return param->required ? none_yet(b, param) : LG_OK;
        if (c.count > 1) return param->required ? ambiguous(b, param, &c) : LG_OK;
        name = c.name[0];
        kind = c.kind[0];
    }
    dsl_word word = {.text = name, .span = b->stmt->head->span};
    dsl_words words = {&word, 1};
    LG_TRY(convert_all(b, param, &words, true, &b->arg[index], b->err));
    lg_buf_addf(b->note, "%s%s %s", b->note->len ? ", " : "(using ", dsl_kind_name(kind), name);
    return LG_OK;
}

/* An example of several lines, as one that can be typed. */
static void try_example(const char *example, lg_err *err)
{
    lg_buf line;
    lg_buf_init(&line, 4096);
    for (const char *s = example; *s; s++) {
        if (*s != '\n') {
            lg_buf_addc(&line, *s);
            continue;
        }
        bool opens = s > example && s[-1] == '{';
        while (s[1] == ' ') s++;
        lg_buf_adds(&line, opens || s[1] == '}' ? " " : "; ");
    }
    lg_try(err, "for example: %s", lg_buf_str(&line));
    lg_buf_release(&line);
}

static lg_status missing(binder *b, const dsl_param *param)
{
    lg_buf want;
    lg_buf_init(&want, 2048);
    dsl_want_text(param, &want);
    if (param->role == DSL_POSITIONAL)
        lg_fail(b->err, LG_E_ARG, 143, "`%s` needs %s: %s", b->target->name, lg_buf_str(&want),
                param->help ? param->help : param->name);
    else lg_fail(b->err, LG_E_ARG, 143, "`%s` needs `%s` with %s", b->target->name, param->name, lg_buf_str(&want));
    lg_buf_release(&want);
    const dsl_command *command = b->target->command;
    if (command && command->examples && command->examples[0]) try_example(command->examples[0], b->err);
    else lg_try(b->err, "`help %s` shows how", b->target->name);
    return lg_err_place(b->err, b->stmt->head->span);
}

/* A default is written as the user would write it; a list by commas. One its type cannot read stays a word. */
static lg_status fill_default(binder *b, int index)
{
    const dsl_param *param = &b->target->params[index];
    dsl_word word[16];
    dsl_words words = {word, 0};
    if (param->type == DSL_T_FLAG) {
        if (!dsl_same(param->dflt, "on")) return LG_OK;
        LG_TRY(put_flag(b, index, true, (lg_span){0}));
        b->arg[index].given = false;
        return LG_OK;
    }
    for (const char *at = param->dflt; words.count < 16;) {
        size_t n = param->list ? strcspn(at, ",") : strlen(at);
        word[words.count] = (dsl_word){.text = lg_arena_strndup(b->arena, at, n, b->err)};
        if (!word[words.count++].text) return b->err->status;
        at += n;
        if (!*at) break;
        at += 1 + strspn(at + 1, " ");
    }
    lg_err local = {0};
    bool before = b->walk->unknown;
    if (param->type == DSL_T_OBJECT || convert_all(b, param, &words, true, &b->arg[index], &local) != LG_OK) {
        dsl_value *value = lg_arena_alloc(b->arena, 1, sizeof *value, b->err);
        if (!value) return b->err->status;
        *value = (dsl_value){
            .type = DSL_T_CHOICE, .text = param->dflt, .choice = dsl_choice_index(param->choices, param->dflt)};
        b->arg[index] = (dsl_arg){.value = value, .count = 1};
    }
    b->walk->unknown = before;
    b->arg[index].given = false;
    return LG_OK;
}

/* The dataset of the line; its rows have no opinions of their own. */
static bool filters_images(binder *b)
{
    for (int i = 0; i < b->params; i++) {
        const dsl_value *value = b->arg[i].count ? &b->arg[i].value[0] : NULL;
        dsl_found found = {0};
        lg_err local = {0};
        if (!value || value->type != DSL_T_OBJECT || !value->name) continue;
        if (value->object) return value->object->cls->kind == DSL_KIND_DATASET;
        return dsl_find(b->walk, value->name, false, b->arena, &found, &local) == LG_OK &&
               found.kind == DSL_KIND_DATASET;
    }
    return false;
}

/* `where predicted = adidas` asks a model, so `with` may be filled in as if it were implicit. */
static bool asks_model(binder *b, const dsl_param *param)
{
    return b->target->takes_where && dsl_param_is_opinion(param) &&
           dsl_wants_opinion(b->target, b->arg, b->where) && filters_images(b);
}

static lg_status fill_rest(binder *b)
{
    for (int i = 0; i < b->params; i++) {
        const dsl_param *param = &b->target->params[i];
        if (b->arg[i].given) continue;
        if ((param->implicit && param->type == DSL_T_OBJECT) || asks_model(b, param)) LG_TRY(fill_implicit(b, i));
        if (b->arg[i].given || (b->walk->dry && b->walk->unknown && param->implicit)) continue;
        if (param->required) return missing(b, param);
        if (param->dflt) LG_TRY(fill_default(b, i));
    }
    return LG_OK;
}

lg_status dsl_bind_args(dsl_walk *walk, const dsl_target *target, const dsl_stmt *stmt, lg_arena *arena, dsl_arg **args,
                        dsl_cond **where, char **note, lg_err *err)
{
    lg_buf notes;
    lg_buf_init(&notes, 4096);
    binder b = {.walk = walk,
                .target = target,
                .stmt = stmt,
                .arena = arena,
                .params = dsl_param_count(target->params),
                .note = &notes,
                .err = err};
    b.where_tail = &b.where;
    lg_status st = LG_OK;
    b.arg = lg_arena_alloc(arena, (size_t)b.params + 1, sizeof *b.arg, err);
    if (!b.arg) LG_GO(err->status);
    LG_GO(bind_nodes(&b));
    LG_GO(fill_rest(&b));
    if (target->takes_where) LG_GO(dsl_where_check(walk, target, b.arg, b.where, err));
    if (notes.len) lg_buf_addc(&notes, ')');
    *note = lg_arena_strndup(arena, lg_buf_str(&notes), notes.len, err);
    if (!*note) st = err->status;
    *args = b.arg;
    *where = b.where;
done:
    lg_buf_release(&notes);
    return st;
}
