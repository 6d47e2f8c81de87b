/* follow.c - sessions that take over what another one has: a copy for good, or one that follows.
 *
 * A session is read by its own thread without the lock and changes under it; whoever else reads it holds the lock. */
#include "kernel/dsl/inside.h"
#include <string.h>

#include "lib/base/banned.h"

/* ---- copies ---- */
lg_status dsl_session_copy_settings(dsl_session *from, dsl_session *to, lg_err *err)
{
    for (size_t i = 0; i < from->settings.count; i++) {
        const dsl_names_row *row = &from->settings.row[i];
        if (row->value) LG_TRY(dsl_session_set(to, row->name, row->value, err));
    }
    return LG_OK;
}

static lg_status copy_objects(const dsl_names *from, dsl_session *to, lg_err *err)
{
    for (size_t i = 0; i < from->count; i++) {
        const dsl_names_row *row = &from->row[i];
        if (row->value) LG_TRY(dsl_session_bind(to, row->name, dsl_object_ref(row->value), err));
    }
    return LG_OK;
}

/* All but the edits. */
static lg_status copy_names(dsl_session *from, dsl_session *to, lg_err *err)
{
    LG_TRY(copy_objects(&from->objects, to, err));
    for (size_t i = 0; i < from->vars.count; i++) {
        const dsl_names_row *row = &from->vars.row[i];
        if (row->value) LG_TRY(dsl_session_set_var(to, row->name, row->value, err));
    }
    LG_TRY(dsl_session_copy_settings(from, to, err));
    for (int k = 0; k < DSL_KIND_COUNT; k++)
        if (from->chosen[k] && !(to->chosen[k] = lg_strdup(from->chosen[k], err))) return err->status;
    return LG_OK;
}

lg_status dsl_session_snapshot(dsl_session *session, dsl_session **out, lg_err *err)
{
    dsl_session *made = NULL;
    LG_TRY(dsl_session_new(&session->config, &made, err));
    pthread_mutex_lock(&session->lock);
    lg_status st = copy_names(session, made, err);
    if (st == LG_OK) st = dsl_edits_copy(&session->edits, &made->edits, err);
    pthread_mutex_unlock(&session->lock);
    if (st != LG_OK) dsl_session_free(made);
    else *out = made;
    return st;
}

/* ---- what a command has so far ---- */
bool dsl_session_followed(dsl_session *session)
{
    return atomic_load(&session->followers) > 0;
}

lg_status dsl_session_publish(dsl_session *session, const char *name, dsl_object *object, lg_err *err)
{
    void *old = NULL;
    dsl_change_begin(session);
    lg_status st = dsl_names_put(&session->published, name, object, &old, err);
    dsl_change_end(session);
    dsl_object_unref(st == LG_OK ? old : object);
    return st;
}

void dsl_session_unpublish(dsl_session *session)
{
    dsl_names *published = &session->published;
    if (!published->live) return;
    dsl_names were = *published;
    dsl_change_begin(session);
    *published = (dsl_names){0};
    dsl_change_end(session);
    for (size_t i = 0; i < were.count; i++) dsl_object_unref(were.row[i].value);
    dsl_names_release(&were);
}

/* ---- following ---- */
void dsl_session_follow(dsl_session *session, dsl_session *parent)
{
    session->parent = parent;
    atomic_fetch_add(&parent->followers, 1);
}

/* What the session has bound or removed itself goes into a fresh copy of what it follows. */
static lg_status keep_objects(dsl_session *session, dsl_session *fresh, lg_err *err)
{
    for (size_t i = 0; i < session->own_objects.count; i++) {
        const dsl_names_row *row = &session->own_objects.row[i];
        dsl_object *object = row->value ? dsl_session_get(session, row->name) : NULL;
        if (object) LG_TRY(dsl_session_bind(fresh, row->name, dsl_object_ref(object), err));
        else if (row->value) dsl_object_unref(dsl_names_remove(&fresh->objects, row->name));
    }
    return LG_OK;
}

static lg_status keep_words(dsl_session *session, dsl_session *fresh, lg_err *err)
{
    for (size_t i = 0; i < session->own_vars.count; i++) {
        const char *name = session->own_vars.row[i].name;
        const dsl_var *var = dsl_names_get(&session->vars, name);
        if (var) LG_TRY(dsl_session_set_var(fresh, name, var, err));
    }
    for (size_t i = 0; i < session->own_settings.count; i++) {
        const char *name = session->own_settings.row[i].name;
        LG_TRY(dsl_session_set(fresh, name, dsl_session_setting(session, name), err));
    }
    return LG_OK;
}

static lg_status keep_choices(dsl_session *session, dsl_session *fresh, lg_err *err)
{
    for (int k = 0; k < DSL_KIND_COUNT; k++) {
        if (session->own_choice[k]) {
            lg_free(fresh->chosen[k]);
            fresh->chosen[k] = session->chosen[k] ? lg_strdup(session->chosen[k], err) : NULL;
            if (session->chosen[k] && !fresh->chosen[k]) return err->status;
        }
        if (!fresh->chosen[k] || dsl_session_get(fresh, fresh->chosen[k])) continue;
        lg_free(fresh->chosen[k]); /* removed here */
        fresh->chosen[k] = NULL;
    }
    return LG_OK;
}

static void swap_names(dsl_names *a, dsl_names *b)
{
    dsl_names kept = *a;
    *a = *b;
    *b = kept;
}

static void swap_all(dsl_session *a, dsl_session *b)
{
    swap_names(&a->objects, &b->objects);
    swap_names(&a->vars, &b->vars);
    swap_names(&a->settings, &b->settings);
    for (int k = 0; k < DSL_KIND_COUNT; k++) {
        char *kept = a->chosen[k];
        a->chosen[k] = b->chosen[k];
        b->chosen[k] = kept;
    }
}

lg_status dsl_session_refresh(dsl_session *session, lg_err *err)
{
    dsl_session *parent = session->parent, *fresh = NULL;
    if (!parent || atomic_load(&parent->version) == session->seen) return LG_OK;
    LG_TRY(dsl_session_new(&(dsl_config){0}, &fresh, err));
    pthread_mutex_lock(&parent->lock);
    unsigned long long seen = atomic_load(&parent->version);
    lg_status st = copy_names(parent, fresh, err);
    if (st == LG_OK) st = copy_objects(&parent->published, fresh, err);
    pthread_mutex_unlock(&parent->lock);
    if (st == LG_OK) st = keep_objects(session, fresh, err);
    if (st == LG_OK) st = keep_words(session, fresh, err);
    if (st == LG_OK) st = keep_choices(session, fresh, err);
    if (st == LG_OK) swap_all(session, fresh), session->seen = seen;
    dsl_session_free(fresh); /* with what the session had before */
    return st;
}
