/* meant.c - a word that has no place on its line, or an object of the wrong kind in it: what its neighbours say was
 * meant. */
#include "kernel/dsl/inside.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

typedef struct around {
    const dsl_node *option, *before, *node, *after; /* two before the word, one before, the word's own, the next */
} around;

static around find_around(const dsl_stmt *stmt, const dsl_word *word)
{
    around a = {0};
    for (const dsl_node *node = stmt->args; node; a.option = a.before, a.before = node, node = node->next) {
        const dsl_atom *atom = node->kind == NODE_LIST ? node->list.first : NULL;
        if (!atom || atom->span.line != word->span.line || atom->span.col != word->span.col) continue;
        a.node = node;
        a.after = node->next;
        return a;
    }
    return (around){0};
}

static dsl_bit first_of(const dsl_node *node)
{
    const dsl_atom *atom = node && node->kind == NODE_LIST ? node->list.first : NULL;
    return atom ? dsl_brief(atom->at, atom->len) : (dsl_bit){""};
}

/* `where label nike`, `where label is nike`: what compares is missing. */
static bool comparison(const around *a, const dsl_word *word, lg_err *err)
{
    const dsl_test *test = a->before && a->before->kind == NODE_WHERE ? a->before->extra : NULL;
    if (!test) return false;
    dsl_bit field = dsl_brief(test->at, test->len), value = first_of(a->after);
    bool is = dsl_same(word->text, "is") || dsl_same(word->text, "equals"), like = dsl_same(word->text, "like");
    if (is || like)
        lg_try(err, "did you mean `where %s %s %s`?", field.s, like ? "contains" : "=", *value.s ? value.s : "…");
    else if (strchr(field.s, ' ')) return false;
    else lg_try(err, "did you mean `where %s = %s`?", field.s, dsl_brief(word->text, strlen(word->text)).s);
    return true;
}

/* `size 48 x 48` */
static bool parted_size(const around *a, const dsl_word *word, lg_err *err)
{
    dsl_bit high = first_of(a->before), wide = first_of(a->after);
    if (!dsl_same(word->text, "x") || !dsl_is_digits(high.s) || !dsl_is_digits(wide.s)) return false;
    lg_try(err, "did you mean `%sx%s`?", high.s, wide.s);
    return true;
}

static const dsl_param *named(const dsl_target *target, const char *word)
{
    for (const dsl_param *p = target->params; p && p->name; p++)
        if (dsl_same(word, p->name)) return p;
    return NULL;
}

/* `from My pictures size 64x64`: a path with blanks, up to the next word that is an option's. */
static bool blank_path(const dsl_target *target, const around *a, lg_err *err)
{
    const dsl_param *option = a->option ? named(target, first_of(a->option).s) : NULL;
    if (!option || (option->type != DSL_T_PATH && option->type != DSL_T_OUTPATH)) return false;
    lg_buf path;
    lg_buf_init(&path, 2048);
    lg_buf_adds(&path, first_of(a->before).s);
    for (const dsl_node *node = a->node; node && node->kind == NODE_LIST && node->list.count == 1; node = node->next) {
        dsl_bit word = first_of(node);
        if (named(target, word.s)) break;
        lg_buf_addf(&path, " %s", word.s);
    }
    lg_try(err, "quote a name that has blanks: %s \"%s\"", option->name, lg_buf_str(&path));
    lg_buf_release(&path);
    return true;
}

/* The preposition that takes an object of this kind, or NULL. kind NONE: the only one that takes objects. */
static const dsl_param *object_place(const dsl_target *target, dsl_kind kind)
{
    const dsl_param *found = NULL;
    for (const dsl_param *p = target->params; p && p->name; p++) {
        if (p->role != DSL_PREPOSITION || p->type != DSL_T_OBJECT || p->late) continue;
        if (kind != DSL_KIND_NONE && !(p->kinds & 1u << kind)) continue;
        if (found) return NULL;
        found = p;
    }
    return found;
}

/* `evaluate scratch logos.val`, `confusion scratch with logos.val` */
static bool preposition(dsl_walk *walk, const dsl_target *target, const around *a, const dsl_word *word, lg_err *err)
{
    lg_arena arena;
    dsl_found found = {0};
    lg_err quiet = {0};
    dsl_bit name = first_of(a->after);
    bool wrong = dsl_is_preposition(word->text);
    if (wrong && !*name.s) return false;
    lg_arena_init(&arena, 1 << 16);
    bool thing = dsl_find(walk, wrong ? name.s : word->text, false, &arena, &found, &quiet) == LG_OK && found.exists &&
                 !found.unknown && found.kind != DSL_KIND_NONE;
    const dsl_param *place = thing ? object_place(target, found.kind) : NULL;
    if (place) lg_try(err, "did you mean `%s %s`?", place->name, wrong ? name.s : word->text);
    lg_arena_release(&arena);
    return place != NULL;
}

/* `relabel logos nike to Swoosh`, `save scratch as best.lmodel`: another preposition than this command's. */
static bool other_preposition(const dsl_target *target, const around *a, const dsl_word *word, lg_err *err)
{
    static const char *const pairs[][2] = {{"to", "as"}, {"as", "to"}, {"into", "as"}, {"as", "into"}, {"in", "to"}};
    dsl_bit name = first_of(a->after);
    for (size_t i = 0; *name.s && i < sizeof pairs / sizeof *pairs; i++) {
        const dsl_param *here = dsl_same(word->text, pairs[i][0]) ? named(target, pairs[i][1]) : NULL;
        if (!here || here->role != DSL_PREPOSITION) continue;
        const dsl_param *format = named(target, "format");
        if (format && here->type == DSL_T_OUTPATH && dsl_choice_index(format->choices, name.s) >= 0)
            lg_try(err, "did you mean `to FILE.%s`?", name.s); /* `export scratch as onnx` */
        else lg_try(err, "did you mean `%s %s`?", here->name, name.s);
        return true;
    }
    return false;
}

/* `fit scratch 10 epochs`, `fit scratch for 10 epochs`, `fit scratch with lr 0.1`: as one says it. */
static bool as_one_says_it(const dsl_target *target, const around *a, const dsl_word *word, lg_err *err)
{
    bool number = dsl_is_digits(word->text);
    const dsl_node *next = number ? a->node : a->after, *third = next ? next->next : NULL;
    dsl_bit value = first_of(next), option = first_of(third);
    const dsl_param *counted = dsl_is_digits(value.s) ? named(target, option.s) : NULL;
    if (counted && (counted->type == DSL_T_INT || counted->type == DSL_T_NUMBER)) {
        lg_try(err, "did you mean `%s %s`?", counted->name, value.s);
        return true;
    }
    const dsl_param *straight = number || !*option.s ? NULL : named(target, value.s);
    bool filler = dsl_is_preposition(word->text) || dsl_same(word->text, "for") || dsl_same(word->text, "using");
    if (!filler || !straight || straight->role != DSL_OPTION) return false;
    lg_try(err, "did you mean `%s %s`?", straight->name, option.s);
    return true;
}

/* `compare scratch vs transfer` */
static bool against(const dsl_target *target, const around *a, const dsl_word *word, lg_err *err)
{
    static const char *const words[] = {"vs", "vs.", "versus", "against", "and"};
    dsl_bit left = first_of(a->before), right = first_of(a->after);
    const dsl_param *first = target->params;
    bool one_of_them = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) one_of_them |= dsl_same(word->text, words[i]);
    if (!one_of_them || !first || !first->list || first->type != DSL_T_OBJECT || !*left.s || !*right.s) return false;
    lg_try(err, "put a comma between them: %s %s, %s", target->name, left.s, right.s);
    return true;
}

/* `load my photos from x`: a name of two words. */
static bool parted_name(const dsl_target *target, const dsl_stmt *stmt, const around *a, const dsl_word *word,
                        lg_err *err)
{
    const dsl_param *first = target->params;
    dsl_bit before = first_of(a->before);
    if (!first || first->type != DSL_T_NEWNAME || first->role != DSL_POSITIONAL || a->before != stmt->args)
        return false;
    if (!dsl_is_identifier(word->text) || !a->after) return false;
    if (dsl_is_preposition(word->text) || dsl_same(word->text, "in")) return false;
    lg_try(err, "a name is one word: `%s %s_%s`", target->name, before.s, word->text);
    return true;
}

void dsl_meant(dsl_walk *walk, const dsl_target *target, const dsl_stmt *stmt, const dsl_word *word, lg_err *err)
{
    if (word->quoted || err->code != 140 || strlen(word->text) > 100) return;
    around a = find_around(stmt, word);
    if (comparison(&a, word, err) || parted_size(&a, word, err)) return;
    if (as_one_says_it(target, &a, word, err) || against(target, &a, word, err)) return;
    if (preposition(walk, target, &a, word, err)) return;
    if (other_preposition(target, &a, word, err) || strncmp(err->hint, "`help ", 6) != 0) return;
    if (!blank_path(target, &a, err)) parted_name(target, stmt, &a, word, err);
}

/* ---- an object of the wrong kind ---- */
typedef struct edit { /* of the line: these bytes become that text */
    const char *at;
    size_t len;
    const char *text;
} edit;

/* Where the command's first line ends, or its block begins; a brace in a text is none. */
static size_t line_end(const dsl_stmt *stmt)
{
    char quote = 0;
    size_t n = 0;
    for (; n < stmt->len && !strchr("\r\n", stmt->at[n]); n++) {
        char c = stmt->at[n];
        if (quote == '"' && c == '\\' && n + 1 < stmt->len) n++;
        else if (quote) quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'') quote = c;
        else if (c == '{') break;
    }
    return n;
}

/* Its bytes, without the command's block, its comment and blanks at its end. */
static size_t line_len(const dsl_stmt *stmt)
{
    size_t n = line_end(stmt);
    while (n && strchr(" \t;", stmt->at[n - 1])) n--;
    return n;
}

/* Does it go on on the next line? What stands there would be lost. */
static bool goes_on(const dsl_stmt *stmt)
{
    size_t n = line_end(stmt);
    return n < stmt->len && stmt->at[n] != '{';
}

/* The line with its edits, which are in order, as what to type. */
static void try_line(const dsl_stmt *stmt, const edit *edits, int count, lg_err *err)
{
    lg_buf line;
    const char *at = stmt->at, *end = stmt->at + line_len(stmt);
    if (goes_on(stmt)) return;
    lg_buf_init(&line, 400);
    for (int i = 0; i < count; i++) {
        lg_buf_add(&line, at, (size_t)(edits[i].at - at));
        lg_buf_adds(&line, edits[i].text);
        at = edits[i].at + edits[i].len;
    }
    lg_buf_add(&line, at, (size_t)(end - at));
    if (stmt->has_block) lg_buf_adds(&line, " { … }");
    if (!line.failed) lg_try(err, "%s", lg_buf_str(&line));
    lg_buf_release(&line);
}

/* *before: the value before it in its list, or NULL. */
static const dsl_atom *atom_of(const dsl_stmt *stmt, const dsl_word *word, const dsl_atom **before)
{
    for (const dsl_node *node = stmt->args; node; node = node->next) {
        *before = NULL;
        for (const dsl_atom *atom = node->kind == NODE_LIST ? node->list.first : NULL; atom; atom = atom->next) {
            if (atom->span.line == word->span.line && atom->span.col == word->span.col)
                return atom->kind == TOK_WORD && atom->at + atom->len <= stmt->at + line_len(stmt) ? atom : NULL;
            *before = atom;
        }
    }
    return NULL;
}

/* `dashboard from logos, fans to a.html` */
static void try_without(const dsl_stmt *stmt, const dsl_atom *wrong, const dsl_atom *before, lg_err *err)
{
    const char *from = before ? before->at + before->len : wrong->at;
    const char *to = before ? wrong->at + wrong->len : wrong->next ? wrong->next->at : from;
    if (from < to && to <= stmt->at + line_len(stmt)) try_line(stmt, &(edit){from, (size_t)(to - from), ""}, 1, err);
}

static bool is_written(const dsl_stmt *stmt, const char *name)
{
    for (const dsl_node *node = stmt->args; node; node = node->next) {
        if (node->kind == NODE_SETTING && dsl_same_n(node->word->at, name, node->word->len)) return true;
        for (const dsl_atom *atom = node->kind == NODE_LIST ? node->list.first : NULL; atom; atom = atom->next)
            if (atom->kind == TOK_WORD && dsl_same_n(atom->at, name, atom->len)) return true;
    }
    return false;
}

static dsl_kind kind_of(dsl_walk *walk, const dsl_atom *atom)
{
    lg_arena arena;
    dsl_found found = {0};
    lg_err quiet = {0};
    dsl_bit name = dsl_brief(atom->at, atom->len);
    bool unknown = walk->unknown;
    lg_arena_init(&arena, 1 << 16);
    bool known = dsl_find(walk, name.s, false, &arena, &found, &quiet) == LG_OK && found.exists && !found.unknown;
    dsl_kind kind = known ? found.kind : DSL_KIND_NONE;
    lg_arena_release(&arena);
    walk->unknown = unknown;
    return kind;
}

/* `evaluate logos on scratch`: what stands at the other place, and belongs here. */
static const dsl_atom *exchanged(dsl_walk *walk, const dsl_target *target, const dsl_param *param, const dsl_stmt *stmt,
                                 const dsl_atom *wrong)
{
    for (const dsl_node *node = stmt->args; node; node = node->next) {
        const dsl_node *next = node->next;
        const dsl_param *place = next && node->kind == NODE_LIST && node->list.count == 1 && next->kind == NODE_LIST
                                     ? named(target, first_of(node).s)
                                     : NULL;
        if (!place || place->role != DSL_PREPOSITION || !(place->kinds & 1u << kind_of(walk, wrong))) continue;
        const dsl_atom *other = next->list.count == 1 && next->list.first->kind == TOK_WORD ? next->list.first : NULL;
        if (other > wrong && (param->kinds & 1u << kind_of(walk, other))) return other;
    }
    return NULL;
}

typedef struct candidate {
    const dsl_stmt *stmt;
    const char *name;
} candidate;

static void take_name(void *ctx, const char *name, dsl_kind kind)
{
    candidate *c = ctx;
    (void)kind;
    if (!c->name && !strchr(name, '.') && !is_written(c->stmt, name)) c->name = name;
}

/* `show 5 logos`: so many of them. */
static bool counted_first(dsl_walk *walk, const dsl_target *target, const dsl_stmt *stmt, const dsl_word *word,
                          lg_err *err)
{
    around a = find_around(stmt, word);
    const dsl_atom *thing = a.after && a.after->kind == NODE_LIST ? a.after->list.first : NULL;
    const dsl_param *limit = named(target, "limit");
    if (a.node != stmt->args || !dsl_is_digits(word->text) || !thing || !limit || !kind_of(walk, thing)) return false;
    lg_try(err, "%s %s limit %s", target->name, dsl_brief(thing->at, thing->len).s, word->text);
    return true;
}

/* `open logos.ldata`: the file, where a name comes first. */
static bool file_for_name(dsl_walk *walk, const dsl_target *target, const dsl_stmt *stmt, const dsl_word *word,
                          lg_err *err)
{
    const dsl_param *from = named(target, "from");
    const char *slash = strrchr(word->text, '/'), *stem = slash ? slash + 1 : word->text;
    char name[40];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(stem, "."), stem);
    if (!from || from->type != DSL_T_PATH || is_written(stmt, "from") || !strpbrk(word->text, "/.")) return false;
    lg_buf file;
    lg_buf_init(&file, 1000);
    dsl_add_word(&file, word->text);
    bool may = dsl_is_identifier(name) && !dsl_is_reserved(&walk->session->config, name);
    if (!file.failed) lg_try(err, "%s %s from %s", target->name, may ? name : "logos", lg_buf_str(&file));
    lg_buf_release(&file);
    return true;
}

void dsl_meant_value(dsl_walk *walk, const dsl_target *target, const dsl_param *param, const dsl_stmt *stmt,
                     const dsl_word *word, lg_err *err)
{
    const dsl_atom *before = NULL;
    if (err->code == 110 && file_for_name(walk, target, stmt, word, err)) return;
    if (err->code == 130 && counted_first(walk, target, stmt, word, err)) return;
    const dsl_atom *wrong = err->code == 133 && target->command && param->kinds ? atom_of(stmt, word, &before) : NULL;
    if (!wrong) return;
    dsl_bit written = dsl_brief(wrong->at, wrong->len);
    const dsl_atom *other = param->role == DSL_POSITIONAL ? exchanged(walk, target, param, stmt, wrong) : NULL;
    candidate c = {.stmt = stmt};
    if (other) {
        const dsl_bit right = dsl_brief(other->at, other->len);
        try_line(stmt, (edit[]){{wrong->at, wrong->len, right.s}, {other->at, other->len, written.s}}, 2, err);
        return;
    }
    if (before || wrong->next) { /* in a list: which other one was meant cannot be known */
        try_without(stmt, wrong, before, err);
        return;
    }
    dsl_each_name(walk, param->kinds, take_name, &c);
    const dsl_param *place = param->role == DSL_POSITIONAL ? object_place(target, kind_of(walk, wrong)) : NULL;
    if (!c.name) return;
    if (!place || is_written(stmt, place->name)) {
        try_line(stmt, &(edit){wrong->at, wrong->len, c.name}, 1, err);
        return;
    }
    char both[300]; /* `fit logos`: the images are named, and the model is not */
    snprintf(both, sizeof both, "%.80s %s %s", c.name, place->name, written.s);
    try_line(stmt, &(edit){wrong->at, wrong->len, both}, 1, err);
}
