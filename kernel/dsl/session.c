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
    *out = session;
    return LG_OK;
}

void dsl_session_free(dsl_session *session)
{
    if (!session) return;
    for (size_t i = 0; i < session->objects.count; i++) dsl_object_unref(session->objects.row[i].value);
    for (size_t i = 0; i < session->vars.count; i++) lg_free(session->vars.row[i].value);
    for (size_t i = 0; i < session->settings.count; i++) lg_free(session->settings.row[i].value);
    for (int k = 0; k < DSL_KIND_COUNT; k++) lg_free(session->chosen[k]);
    dsl_edits_release(&session->edits);
    dsl_names_release(&session->objects);
    dsl_names_release(&session->vars);
    dsl_names_release(&session->settings);
    pthread_mutex_destroy(&session->lock);
    lg_free(session);
}

lg_status dsl_session_bind(dsl_session *session, const char *name, dsl_object *object, lg_err *err)
{
    void *old = NULL;
    pthread_mutex_lock(&session->lock);
    lg_status st = dsl_names_put(&session->objects, name, object, &old, err);
    if (st == LG_OK) dsl_edits_forget(&session->edits, name);
    pthread_mutex_unlock(&session->lock);
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

lg_status dsl_session_remove(dsl_session *session, const char *name, lg_err *err)
{
    pthread_mutex_lock(&session->lock);
    dsl_object *object = dsl_names_remove(&session->objects, name);
    if (object) dsl_forget_choice(session, name);
    if (object) dsl_edits_forget(&session->edits, name);
    pthread_mutex_unlock(&session->lock);
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
    pthread_mutex_lock(&session->lock);
    char **place = &session->chosen[object->cls->kind];
    lg_free(*place);
    *place = copy;
    pthread_mutex_unlock(&session->lock);
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
    pthread_mutex_lock(&session->lock);
    if (value) st = dsl_names_put(&session->settings, name, copy, &old, err);
    else old = dsl_names_remove(&session->settings, name);
    pthread_mutex_unlock(&session->lock);
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
    pthread_mutex_lock(&session->lock);
    lg_status st = dsl_names_put(&session->vars, name, var, &old, err);
    pthread_mutex_unlock(&session->lock);
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

static lg_status copy_names(dsl_session *from, dsl_session *to, lg_err *err)
{
    for (size_t i = 0; i < from->objects.count; i++) {
        const dsl_names_row *row = &from->objects.row[i];
        if (row->value) LG_TRY(dsl_session_bind(to, row->name, dsl_object_ref(row->value), err));
    }
    for (size_t i = 0; i < from->vars.count; i++) {
        const dsl_names_row *row = &from->vars.row[i];
        if (row->value) LG_TRY(dsl_session_set_var(to, row->name, row->value, err));
    }
    for (size_t i = 0; i < from->settings.count; i++) {
        const dsl_names_row *row = &from->settings.row[i];
        if (row->value) LG_TRY(dsl_session_set(to, row->name, row->value, err));
    }
    LG_TRY(dsl_edits_copy(&from->edits, &to->edits, err));
    for (int k = 0; k < DSL_KIND_COUNT; k++)
        if (from->chosen[k] && !(to->chosen[k] = lg_strdup(from->chosen[k], err))) return err->status;
    return LG_OK;
}

/* Everything that is copied changes under the lock only; the executor reads its own session without it. */
lg_status dsl_session_snapshot(dsl_session *session, dsl_session **out, lg_err *err)
{
    dsl_session *made = NULL;
    LG_TRY(dsl_session_new(&session->config, &made, err));
    pthread_mutex_lock(&session->lock);
    lg_status st = copy_names(session, made, err);
    pthread_mutex_unlock(&session->lock);
    if (st != LG_OK) dsl_session_free(made);
    else *out = made;
    return st;
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
