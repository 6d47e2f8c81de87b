/* edits.c - the session's log of data edits, newest last: what each name stood for before. Versions are immutable, so
 * taking one back is binding the name to the version before. */
#include "kernel/dsl/inside.h"
#include <string.h>

#include "lib/base/banned.h"

enum { EDITS_MOST = 200 };

static void edit_release(dsl_edit *edit)
{
    lg_free(edit->name);
    lg_free(edit->step);
    lg_free(edit->kept);
    dsl_object_unref(edit->before);
}

/* Removes one; the lock is held. */
static void edits_cut(dsl_edits *edits, size_t at)
{
    edit_release(&edits->edit[at]);
    memmove(&edits->edit[at], &edits->edit[at + 1], (edits->count - at - 1) * sizeof *edits->edit);
    edits->count--;
}

void dsl_edits_release(dsl_edits *edits)
{
    while (edits->count) edit_release(&edits->edit[--edits->count]);
    lg_free(edits->edit);
    *edits = (dsl_edits){0};
}

/* before: a reference that is taken over, also on failure. */
static lg_status edits_add(dsl_edits *edits, const char *name, dsl_object *before, const char *step, const char *kept,
                           lg_err *err)
{
    dsl_edit made = {.name = lg_strdup(name, err), .step = lg_strdup(step, err), .before = before};
    if (kept) made.kept = lg_strdup(kept, err);
    if (!edits->edit) edits->edit = lg_alloc(EDITS_MOST, sizeof *edits->edit, err);
    if (!made.name || !made.step || (kept && !made.kept) || !edits->edit) {
        edit_release(&made);
        return err->status;
    }
    if (edits->count == EDITS_MOST) edits_cut(edits, 0);
    edits->edit[edits->count++] = made;
    return LG_OK;
}

lg_status dsl_edits_copy(const dsl_edits *from, dsl_edits *to, lg_err *err)
{
    for (size_t i = 0; i < from->count; i++) {
        const dsl_edit *e = &from->edit[i];
        LG_TRY(edits_add(to, e->name, e->before ? dsl_object_ref(e->before) : NULL, e->step, e->kept, err));
    }
    return LG_OK;
}

void dsl_edits_forget(dsl_edits *edits, const char *name)
{
    for (size_t i = edits->count; i-- > 0;)
        if (!strcmp(edits->edit[i].name, name)) edits_cut(edits, i);
}

void dsl_session_each_edit(dsl_session *session, dsl_edit_fn *fn, void *ctx)
{
    for (size_t i = session->edits.count; i-- > 0;) {
        const dsl_edit *edit = &session->edits.edit[i];
        if (edit->before && !fn(ctx, edit->name, edit->before)) return;
    }
}

void dsl_session_forget_edits(dsl_session *session, const char *name)
{
    dsl_change_begin(session);
    dsl_edits_forget(&session->edits, name);
    dsl_change_end(session);
}

lg_status dsl_session_bind_edit(dsl_session *session, const char *name, dsl_object *object, const char *step,
                                const char *kept, lg_err *err)
{
    dsl_object *before = dsl_session_get(session, name);
    void *old = NULL;
    lg_status owned = dsl_own(session, &session->own_objects, name, err);
    if (owned) {
        dsl_object_unref(object);
        return owned;
    }
    dsl_change_begin(session);
    lg_status st = edits_add(&session->edits, name, before ? dsl_object_ref(before) : NULL, step, kept, err);
    if (st == LG_OK) {
        st = dsl_names_put(&session->objects, name, object, &old, err);
        if (st) edits_cut(&session->edits, session->edits.count - 1);
    }
    dsl_change_end(session);
    dsl_object_unref(st == LG_OK ? old : object);
    return st;
}

size_t dsl_session_edits(dsl_session *session, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < session->edits.count; i++) n += !name || !strcmp(session->edits.edit[i].name, name);
    return n;
}

lg_status dsl_session_undo(dsl_session *session, const char *name, dsl_undone *out, lg_err *err)
{
    dsl_edits *edits = &session->edits;
    size_t at = edits->count;
    *out = (dsl_undone){0};
    while (at > 0 && name && strcmp(edits->edit[at - 1].name, name)) at--;
    if (!at) return LG_E_NAME;
    dsl_edit *edit = &edits->edit[at - 1];
    dsl_object *after = dsl_session_get(session, edit->name);
    if (after) dsl_object_ref(after);
    *out = (dsl_undone){
        .name = edit->name, .step = edit->step, .kept = edit->kept, .after = after, .before = edit->before};
    lg_status st = LG_OK;
    void *old = NULL;
    dsl_change_begin(session);
    if (edit->before) st = dsl_names_put(&session->objects, edit->name, dsl_object_ref(edit->before), &old, err);
    else {
        old = dsl_names_remove(&session->objects, edit->name);
        dsl_forget_choice(session, edit->name);
    }
    if (st == LG_OK) { /* name, step, kept and a reference to before go on to the caller */
        memmove(edit, edit + 1, (edits->count - at) * sizeof *edit);
        edits->count--;
    } else dsl_object_unref(out->before); /* the reference meant for the name */
    dsl_change_end(session);
    dsl_object_unref(old);
    if (st == LG_OK) return LG_OK;
    dsl_object_unref(after);
    *out = (dsl_undone){0};
    return st;
}

void dsl_undone_release(dsl_undone *undone)
{
    lg_free(undone->name);
    lg_free(undone->step);
    lg_free(undone->kept);
    dsl_object_unref(undone->before);
    dsl_object_unref(undone->after);
    *undone = (dsl_undone){0};
}
