/* lineage.c - the recipe of what a call makes: the lines that made what it works on, then its own line. Run in a new
 * session they give an equal object. */
#include "kernel/dsl/inside.h"
#include <string.h>

#include "lib/base/banned.h"

typedef struct history {
    const char **line;
    size_t count, room;
    lg_arena *arena;
    lg_err *err;
} history;

static lg_status add_line(history *h, const char *line, size_t len)
{
    if (h->count == h->room) {
        size_t room = h->room ? 2 * h->room : 16;
        const char **grown = lg_arena_alloc(h->arena, room, sizeof *grown, h->err);
        if (!grown) return h->err->status;
        if (h->count) memcpy(grown, h->line, h->count * sizeof *grown);
        h->line = grown;
        h->room = room;
    }
    char *copy = lg_arena_strndup(h->arena, line, len, h->err);
    if (!copy) return h->err->status;
    h->line[h->count++] = copy;
    return LG_OK;
}

static lg_status add_lines(history *h, const char *recipe)
{
    for (const char *at = recipe; *at;) {
        size_t n = strcspn(at, "\n");
        LG_TRY(add_line(h, at, n));
        at += n + (at[n] == '\n');
    }
    return LG_OK;
}

static bool word_is(const char *at, const char *name)
{
    size_t n = strlen(name);
    return !strncmp(at, name, n) && (!at[n] || at[n] == ' ');
}

/* Does the line make or change what is called so? `relabel NAME …`, `combine a, b into NAME`, `fit m as NAME`. What
 * `classify OBJECT … as NAME` looks at stays as it was. */
static bool concerns(const char *line, const char *name)
{
    const char *second = strchr(line, ' ');
    bool looks = word_is(line, "classify") && strstr(line, " as ");
    if (second && !looks && word_is(second + 1, name)) return true;
    static const char *const before[] = {" as ", " into "};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        for (const char *at = line; (at = strstr(at, before[i])); at++)
            if (word_is(at + strlen(before[i]), name)) return true;
    return false;
}

static size_t next_about(const history *h, size_t from, const char *name)
{
    while (from < h->count && !concerns(h->line[from], name)) from++;
    return from;
}

/* `fit scratch` begins anew: what earlier ones at the end of its lines did to it is gone. */
static void forget_repeats(history *h, const dsl_call *call, const char *name)
{
    for (int i = 0; call->command->params[i].name; i++)
        if (!strcmp(call->command->params[i].name, call->command->anew) && dsl_on(call, i)) return;
    while (h->count) {
        const char *last = h->line[h->count - 1], *second = strchr(last, ' ');
        if (!second || !word_is(last, call->command->name) || !word_is(second + 1, name)) return;
        h->count--;
    }
}

/* Adds what made `name`. Where the lines so far made an earlier version of it, only the rest; else all. anew: the call
 * that begins anew with it, or NULL. */
static lg_status add_maker(history *h, const char *name, const char *recipe, const dsl_call *anew)
{
    history own = {.arena = h->arena, .err = h->err};
    LG_TRY(add_lines(&own, recipe));
    if (anew) forget_repeats(&own, anew, name);
    size_t a = next_about(h, 0, name), b = next_about(&own, 0, name), rest = 0;
    while (a < h->count && b < own.count && !strcmp(h->line[a], own.line[b])) {
        rest = b + 1;
        a = next_about(h, a + 1, name);
        b = next_about(&own, b + 1, name);
    }
    if (a < h->count) rest = 0; /* they made something else of it */
    bool whole = rest && next_about(&own, rest, name) == own.count;
    for (size_t i = rest; i < own.count && !whole; i++) LG_TRY(add_line(h, own.line[i], strlen(own.line[i])));
    return LG_OK;
}

static lg_status add_object(history *h, const dsl_call *call, const dsl_value *value, bool given_data)
{
    const dsl_class *cls = value->object->cls;
    LG_TRY(add_maker(h, value->name, value->object->recipe, call->command->anew ? call : NULL));
    const char *data = !given_data && cls->data ? cls->data(value->object->payload) : NULL;
    const dsl_object *object = data ? dsl_session_get(call->session, data) : NULL;
    return object ? add_maker(h, data, object->recipe, NULL) : LG_OK;
}

static bool has_dataset(const dsl_call *call)
{
    for (int i = 0; call->command->params[i].name; i++)
        for (int k = 0; k < call->arg[i].count; k++) {
            const dsl_object *object = call->arg[i].value[k].object;
            if (object && object->cls->kind == DSL_KIND_DATASET) return true;
        }
    return false;
}

/* Twice: what makes a later object may have changed an earlier one. */
lg_status dsl_lineage(const dsl_call *call, lg_arena *arena, const char **out, lg_err *err)
{
    history h = {.arena = arena, .err = err};
    bool data = has_dataset(call);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; call->command->params && call->command->params[i].name; i++)
            for (int k = 0; k < call->arg[i].count; k++)
                if (call->arg[i].value[k].object) LG_TRY(add_object(&h, call, &call->arg[i].value[k], data));
    lg_buf text;
    lg_buf_init(&text, 1 << 24);
    for (size_t i = 0; i < h.count; i++) lg_buf_addf(&text, "%s\n", h.line[i]);
    lg_buf_adds(&text, call->step);
    lg_status st = lg_buf_check(&text, err);
    if (st == LG_OK && !(*out = lg_arena_strndup(arena, lg_buf_str(&text), text.len, err))) st = err->status;
    lg_buf_release(&text);
    return st;
}

/* ---- out of date ---- */
typedef struct staleness {
    const char *name;  /* of the object asked about */
    const char *maker; /* asked about only; NULL: all */
    history *made;    /* its lines without the last one */
    lg_arena *arena;
    bool stale;
    lg_err *err;
} staleness;

/* Do the lines that made the object still make what is called so now? */
static bool compare_maker(void *ctx, const char *name, dsl_object *object)
{
    staleness *s = ctx;
    history now = {.arena = s->arena, .err = s->err};
    size_t a = next_about(s->made, 0, name), b;
    if (!strcmp(name, s->name) || (s->maker && strcmp(name, s->maker)) || a == s->made->count) return true;
    if (add_lines(&now, object->recipe)) return false;
    b = next_about(&now, 0, name);
    while (a < s->made->count && b < now.count && !strcmp(s->made->line[a], now.line[b])) {
        a = next_about(s->made, a + 1, name);
        b = next_about(&now, b + 1, name);
    }
    s->stale = a < s->made->count || b < now.count;
    return !s->stale;
}

bool dsl_session_changed(dsl_session *session, const char *name, const char *maker)
{
    const dsl_object *object = dsl_session_get(session, name);
    lg_arena arena;
    lg_err quiet = {0};
    if (!object) return false;
    lg_arena_init(&arena, 1 << 26);
    history made = {.arena = &arena, .err = &quiet};
    staleness s = {.name = name, .maker = maker, .made = &made, .arena = &arena, .err = &quiet};
    if (add_lines(&made, object->recipe) == LG_OK && made.count) {
        made.count--;
        dsl_session_each(session, compare_maker, &s);
    }
    lg_arena_release(&arena);
    return s.stale;
}

bool dsl_session_stale(dsl_session *session, const char *name)
{
    return dsl_session_changed(session, name, NULL);
}
