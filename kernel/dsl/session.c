/* session.c - the workspace: objects, variables, settings, and what `use` chose. */
#include "kernel/dsl/inside.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

lg_status dsl_session_new(const dsl_config *config, dsl_session **out, lg_err *err)
{
    dsl_session *session = lg_alloc(1, sizeof *session, err);
    if (!session) return err->status;
    session->config = *config;
    pthread_mutex_init(&session->lock, NULL);
    atomic_init(&session->version, 1);
    *out = session;
    return LG_OK;
}

void dsl_session_free(dsl_session *session)
{
    if (!session) return;
    if (session->parent) atomic_fetch_sub(&session->parent->followers, 1);
    dsl_session_unpublish(session);
    for (size_t i = 0; i < session->objects.count; i++) dsl_object_unref(session->objects.row[i].value);
    for (size_t i = 0; i < session->vars.count; i++) lg_free(session->vars.row[i].value);
    for (size_t i = 0; i < session->settings.count; i++) lg_free(session->settings.row[i].value);
    for (int k = 0; k < DSL_KIND_COUNT; k++) lg_free(session->chosen[k]);
    dsl_edits_release(&session->edits);
    dsl_names_release(&session->published);
    dsl_names_release(&session->own_objects);
    dsl_names_release(&session->own_vars);
    dsl_names_release(&session->own_settings);
    dsl_names_release(&session->objects);
    dsl_names_release(&session->vars);
    dsl_names_release(&session->settings);
    pthread_mutex_destroy(&session->lock);
    lg_free(session);
}

void dsl_change_begin(dsl_session *session)
{
    pthread_mutex_lock(&session->lock);
}

void dsl_change_end(dsl_session *session)
{
    atomic_fetch_add(&session->version, 1);
    pthread_mutex_unlock(&session->lock);
}

lg_status dsl_own(dsl_session *session, dsl_names *own, const char *name, lg_err *err)
{
    void *old;
    return session->parent ? dsl_names_put(own, name, session, &old, err) : LG_OK;
}

lg_status dsl_session_bind(dsl_session *session, const char *name, dsl_object *object, lg_err *err)
{
    void *old = NULL;
    dsl_change_begin(session);
    lg_status st = dsl_own(session, &session->own_objects, name, err);
    if (st == LG_OK) st = dsl_names_put(&session->objects, name, object, &old, err);
    if (st == LG_OK) dsl_edits_forget(&session->edits, name);
    dsl_change_end(session);
    dsl_object_unref(st == LG_OK ? old : object);
    return st;
}

dsl_object *dsl_session_get(dsl_session *session, const char *name)
{
    return dsl_names_get(&session->objects, name);
}

void dsl_forget_choice(dsl_session *session, const char *name)
{
    for (int k = 0; k < DSL_KIND_COUNT; k++)
        if (session->chosen[k] && !strcmp(session->chosen[k], name)) {
            lg_free(session->chosen[k]);
            session->chosen[k] = NULL;
        }
}

/* A name that is removed: where it was bound here, that of the session that is followed shows again; where it was that
 * one's, it stays away. */
static lg_status disown(dsl_session *session, const char *name, lg_err *err)
{
    if (!dsl_names_get(&session->own_objects, name)) return dsl_own(session, &session->own_objects, name, err);
    dsl_names_remove(&session->own_objects, name);
    session->seen = 0;
    return LG_OK;
}

lg_status dsl_session_remove(dsl_session *session, const char *name, lg_err *err)
{
    if (dsl_session_get(session, name)) LG_TRY(disown(session, name, err));
    dsl_change_begin(session);
    dsl_object *object = dsl_names_remove(&session->objects, name);
    if (object) dsl_forget_choice(session, name);
    if (object) dsl_edits_forget(&session->edits, name);
    dsl_change_end(session);
    if (!object) return lg_fail(err, LG_E_NAME, 130, "there is nothing called `%s`", dsl_brief(name, strlen(name)).s);
    dsl_object_unref(object);
    return LG_OK;
}

void dsl_session_each(dsl_session *session, dsl_each_fn *fn, void *ctx)
{
    for (size_t i = 0; i < session->objects.count; i++) {
        const dsl_names_row *row = &session->objects.row[i];
        if (row->value && !fn(ctx, row->name, row->value)) return;
    }
}

lg_status dsl_session_use(dsl_session *session, const char *name, lg_err *err)
{
    dsl_object *object = dsl_session_get(session, name);
    if (!object) return lg_fail(err, LG_E_NAME, 130, "there is nothing called `%s`", dsl_brief(name, strlen(name)).s);
    char *copy = lg_strdup(name, err);
    if (!copy) return err->status;
    dsl_change_begin(session);
    char **place = &session->chosen[object->cls->kind];
    lg_free(*place);
    *place = copy;
    session->own_choice[object->cls->kind] = true;
    dsl_change_end(session);
    return LG_OK;
}

const char *dsl_session_default(dsl_session *session, dsl_kind kind)
{
    const char *only = NULL;
    if (kind <= DSL_KIND_NONE || kind >= DSL_KIND_COUNT) return NULL;
    if (session->chosen[kind]) return session->chosen[kind];
    for (size_t i = 0; i < session->objects.count; i++) {
        const dsl_names_row *row = &session->objects.row[i];
        if (!row->value || ((dsl_object *)row->value)->cls->kind != kind || strchr(row->name, '.')) continue;
        if (only) return NULL;
        only = row->name;
    }
    return only;
}

lg_status dsl_session_set(dsl_session *session, const char *name, const char *value, lg_err *err)
{
    void *old = NULL;
    char *copy = value ? lg_strdup(value, err) : NULL;
    if (value && !copy) return err->status;
    lg_status st = LG_OK;
    dsl_change_begin(session);
    st = dsl_own(session, &session->own_settings, name, err);
    if (st) old = NULL;
    else if (value) st = dsl_names_put(&session->settings, name, copy, &old, err);
    else old = dsl_names_remove(&session->settings, name);
    dsl_change_end(session);
    lg_free(st == LG_OK ? old : copy);
    if (st == LG_OK && session->config.settings) session->config.settings(session);
    return st;
}

const char *dsl_session_setting(dsl_session *session, const char *name)
{
    return dsl_names_get(&session->settings, name);
}

/* A variable is one block: the header, the pointers, the texts. */
lg_status dsl_session_set_var(dsl_session *session, const char *name, const dsl_var *value, lg_err *err)
{
    size_t bytes = sizeof(dsl_var) + (size_t)value->count * sizeof(char *);
    for (int i = 0; i < value->count; i++) bytes += strlen(value->text[i]) + 1;
    dsl_var *var = lg_alloc(1, bytes, err);
    if (!var) return err->status;
    var->count = value->count;
    var->text = (const char **)(var + 1);
    char *at = (char *)(var->text + var->count);
    for (int i = 0; i < var->count; i++) {
        size_t n = strlen(value->text[i]) + 1;
        memcpy(at, value->text[i], n);
        var->text[i] = at;
        at += n;
    }
    void *old = NULL;
    dsl_change_begin(session);
    lg_status st = dsl_own(session, &session->own_vars, name, err);
    if (st == LG_OK) st = dsl_names_put(&session->vars, name, var, &old, err);
    dsl_change_end(session);
    lg_free(st == LG_OK ? old : var);
    return st;
}

lg_pool *dsl_session_pool(dsl_session *session)
{
    return session->config.pool;
}
void *dsl_session_services(dsl_session *session)
{
    return session->config.services;
}
const dsl_config *dsl_session_config(dsl_session *session)
{
    return &session->config;
}

void dsl_error_name(const lg_err *err, char out[16])
{
    if (err->status == LG_E_INTERRUPTED) snprintf(out, 16, "Interrupted");
    else snprintf(out, 16, "LL%03d", (err->code ? err->code : 900) % 1000);
}

/* ---- running ---- */
lg_status dsl_session_execute(dsl_session *session, const char *code, size_t len, dsl_out *out, lg_cancel *cancel,
                              lg_err *err)
{
    if (session->config.settings) session->config.settings(session);
    return dsl_walk_cell(session, code, len, out, cancel, err);
}

/* The line of the file, for the block people read; of a very long one only its number is told. */
static void copy_line(const char *code, size_t len, int number, lg_err *err)
{
    const char *at = code, *end = code + len;
    for (; number > 1 && at < end; at++) number -= *at == '\n' || (*at == '\r' && (at + 1 == end || at[1] != '\n'));
    size_t n = 0;
    while (at + n < end && at[n] != '\n' && at[n] != '\r') n++;
    if (n == 0 || n >= sizeof err->source) return;
    memcpy(err->source, at, n);
    err->source[n] = 0;
}

lg_status dsl_session_run_text(dsl_session *session, const char *where, const char *code, size_t len, dsl_out *out,
                               lg_cancel *cancel, lg_err *err)
{
    if (session->nesting >= 16) {
        lg_fail(err, LG_E_LIMIT, 114, "files run one another more than 16 deep, last `%s`",
                dsl_brief(where, strlen(where)).s);
        return lg_try(err, "look for a file that runs itself");
    }
    lg_err inner = {0};
    session->nesting++;
    lg_status st = dsl_walk_cell(session, code, len, out, cancel, &inner);
    session->nesting--;
    if (st == LG_OK) return LG_OK;
    if (st == LG_E_INTERRUPTED || *inner.source) { /* a file that this one runs has been named */
        *err = inner;
        return st;
    }
    dsl_bit file = dsl_brief(where, strlen(where));
    if (inner.span.line) lg_fail(err, inner.status, inner.code, "%s line %d: %s", file.s, inner.span.line, inner.msg);
    else lg_fail(err, inner.status, inner.code, "%s: %s", file.s, inner.msg);
    if (*inner.why) lg_why(err, "%s", inner.why);
    if (*inner.hint) lg_try(err, "%s", inner.hint);
    copy_line(code, len, inner.span.line, err);
    if (*err->source) err->span = inner.span;
    return st;
}
