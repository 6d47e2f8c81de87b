/* meant.c - a word that has no place on its line: what its neighbours say it was meant for. */
#include "kernel/dsl/inside.h"
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

void dsl_meant(dsl_walk *walk, const dsl_target *target, const dsl_stmt *stmt, const dsl_word *word, lg_err *err)
{
    if (word->quoted || err->code != 140 || strlen(word->text) > 100) return;
    around a = find_around(stmt, word);
    if (comparison(&a, word, err) || parted_size(&a, word, err)) return;
    if (preposition(walk, target, &a, word, err) || strncmp(err->hint, "`help ", 6) != 0) return;
    blank_path(target, &a, err);
}
