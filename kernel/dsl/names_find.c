/* names_find.c - what a name in the text stands for: an object, a part of one, or a fact about one. */
#include "kernel/dsl/inside.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

static bool found_exactly(dsl_walk *walk, const char *name, dsl_found *out)
{
    dsl_object *object = dsl_session_get(walk->session, name);
    const dsl_shadow *shadow = walk->dry ? dsl_names_get(&walk->shadow, name) : NULL;
    if (!object && !shadow) return false;
    out->exists = true;
    out->object = shadow ? NULL : object;
    out->kind = shadow ? shadow->kind : object->cls->kind;
    out->changing = shadow != NULL;
    return true;
}

static dsl_part part_of(const char *rest, bool *is_part)
{
    static const char *const parts[] = {"", "train", "val", "test"};
    for (int i = 1; i < 4; i++)
        if (!strcmp(rest, parts[i])) {
            *is_part = true;
            return (dsl_part)i;
        }
    *is_part = !*rest;
    return DSL_PART_ALL;
}

lg_status dsl_find(dsl_walk *walk, const char *text, bool fields, lg_arena *arena, dsl_found *out, lg_err *err)
{
    *out = (dsl_found){.rest = ""};
    size_t len = strlen(text);
    char *name = lg_arena_strndup(arena, text, len, err);
    if (!name) return err->status;
    out->name = name;
    while (!found_exactly(walk, name, out)) {
        char *dot = strrchr(name, '.');
        if (!dot) {
            out->unknown = out->exists = walk->dry && walk->open_world && *text;
            return LG_OK;
        }
        *dot = 0;
        out->rest = text + (dot - name) + 1;
    }
    bool is_part;
    out->part = part_of(out->rest, &is_part);
    bool round = out->changing && *out->rest >= '1' && *out->rest <= '9'; /* trial.2, made in a loop above */
    out->exists = fields || is_part || round;
    return LG_OK;
}

lg_status dsl_name_free(dsl_walk *walk, const char *name, dsl_kind kind, lg_span span, lg_err *err)
{
    dsl_found found = {0};
    if (kind == DSL_KIND_NONE || !found_exactly(walk, name, &found)) return LG_OK;
    if (found.kind == kind || found.kind == DSL_KIND_NONE) return LG_OK;
    lg_fail(err, LG_E_NAME, 135, "`%s` is %s already", name, dsl_kind_phrase(found.kind));
    lg_why(err, "this line would make %s of that name, and only one of them could keep it", dsl_kind_phrase(kind));
    lg_try(err, "choose another name, e.g. `%s_%s`", name, dsl_kind_name(kind));
    return lg_err_place(err, span);
}

void dsl_each_name(dsl_walk *walk, unsigned kinds, void (*fn)(void *ctx, const char *name, dsl_kind kind), void *ctx)
{
    const dsl_names *objects = &walk->session->objects;
    for (size_t i = 0; i < objects->count; i++) {
        const dsl_object *object = objects->row[i].value;
        if (!object || dsl_names_get(&walk->shadow, objects->row[i].name)) continue;
        if (kinds & 1u << object->cls->kind) fn(ctx, objects->row[i].name, object->cls->kind);
    }
    for (size_t i = 0; i < walk->shadow.count; i++) {
        const dsl_shadow *shadow = walk->shadow.row[i].value;
        if (shadow && (shadow->kind == DSL_KIND_NONE || kinds & 1u << shadow->kind))
            fn(ctx, walk->shadow.row[i].name, shadow->kind);
    }
}

/* ---- fields ---- */
typedef struct near_list {
    const char *name[128];
    size_t count;
} near_list;

static void near_add(void *ctx, const char *name, dsl_kind kind)
{
    near_list *list = ctx;
    (void)kind;
    if (list->count < 128) list->name[list->count++] = name;
}

/* `scratch.accuracy`: what a part has of that name, most likely the part it is judged by. */
static const char *field_ending(const near_list *list, const char *word)
{
    const char *found = NULL;
    size_t n = strlen(word);
    for (size_t i = 0; i < list->count; i++) {
        const char *dot = strrchr(list->name[i], '.');
        if (!dot || strlen(dot + 1) != n || !dsl_same(dot + 1, word)) continue;
        if (!strncmp(list->name[i], "val.", 4)) return list->name[i];
        if (!found) found = list->name[i];
    }
    return found;
}

/* What a model knows of itself only after `fit`. */
static bool of_training(const char *field)
{
    static const char *const begins[] = {"val.", "train.", "test.", "best.", "last."};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (!strncmp(field, begins[i], strlen(begins[i]))) return true;
    return false;
}

static lg_status no_field(const dsl_found *found, const char *path, lg_span span, lg_err *err)
{
    lg_buf all;
    lg_buf_init(&all, 1 << 16);
    if (found->object->cls->fields) found->object->cls->fields(found->object->payload, &all);
    char *at = all.data;
    near_list list = {0};
    while (at && *at && list.count < 128) {
        list.name[list.count++] = at;
        at = strchr(at, '\n');
        if (at) *at++ = 0;
    }
    lg_fail(err, LG_E_NAME, 124, "`%s` has no field `%s`", found->name, dsl_brief(found->rest, strlen(found->rest)).s);
    char known[500];
    size_t used = 0;
    for (size_t i = 0; i < list.count && used < 300; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%.60s", i ? ", " : "", list.name[i]);
    if (list.count) lg_why(err, "it has: %s%s", known, used >= 300 ? ", …" : "");
    const char *near = lg_nearest(found->rest, list.name, list.count);
    if (!near) near = field_ending(&list, found->rest);
    if (near) lg_try(err, "did you mean `%s.%s`?", found->name, near);
    else if (found->kind == DSL_KIND_MODEL && of_training(found->rest))
        lg_try(err, "it has that once it is trained: `fit %s`", found->name);
    else lg_try(err, "`show %s` shows it in full", found->name);
    lg_buf_release(&all);
    (void)path;
    return lg_err_place(err, span);
}

/* Of a thing that was taken for a number: a fact about it that is one. */
static void field_example(const dsl_found *found, lg_err *err)
{
    lg_buf all;
    lg_buf_init(&all, 1 << 16);
    if (found->object->cls->fields) found->object->cls->fields(found->object->payload, &all);
    const char *names = lg_buf_str(&all), *usual = strstr(names, "\nval.accuracy\n");
    const char *field = usual ? usual + 1 : names;
    lg_try(err, "name one of its fields, e.g. `%s.%.*s`; Tab lists them", found->name,
           *field ? (int)strcspn(field, "\n") : 4, *field ? field : "kind");
    lg_buf_release(&all);
}

/* Facts every kind has, whatever its class says. */
static bool common_field(const dsl_found *found, dsl_fact *out)
{
    *out = (dsl_fact){0};
    if (!strcmp(found->rest, "kind")) out->text = dsl_kind_name(found->object->cls->kind);
    else if (!strcmp(found->rest, "recipe")) out->text = found->object->recipe;
    else if (!strcmp(found->rest, "made")) out->text = found->object->made;
    return out->text != NULL;
}

lg_status dsl_field_value(dsl_walk *walk, const char *path, lg_span span, lg_arena *arena, dsl_fact *out, bool *unknown,
                          lg_err *err)
{
    dsl_found found;
    LG_TRY(dsl_find(walk, path, true, arena, &found, err));
    if (!found.exists) {
        size_t head = strcspn(path, ".");
        lg_fail(err, LG_E_NAME, 130, "there is nothing called `%s`", dsl_brief(path, head).s);
        near_list list = {0};
        dsl_each_name(walk, ~0u, near_add, &list);
        char *first = lg_arena_strndup(arena, path, head, err);
        const char *near = first ? lg_nearest(first, list.name, list.count) : NULL;
        if (first && dsl_find_var(walk, first)) lg_try(err, "did you mean the variable `$%s`?", first);
        else if (near) lg_try(err, "did you mean `%s%s`?", near, path + head);
        else lg_try(err, "`list` shows everything that exists");
        return lg_err_place(err, span);
    }
    if (!found.object) { /* only a dry walk gets here */
        *unknown = true;
        return LG_OK;
    }
    if (!*found.rest) {
        lg_fail(err, LG_E_ARG, 124, "`%s` is %s, not a number", found.name, dsl_kind_phrase(found.kind));
        field_example(&found, err);
        return lg_err_place(err, span);
    }
    const dsl_class *cls = found.object->cls;
    lg_status st = cls->field ? cls->field(found.object->payload, found.rest, arena, out, err) : LG_E_NAME;
    if (st == LG_OK) return LG_OK;
    if (err->status != LG_OK) return lg_err_place(err, span);
    return common_field(&found, out) ? LG_OK : no_field(&found, path, span, err);
}
