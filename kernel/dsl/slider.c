/* slider.c - a line that is kept, with the objects it named, to be run again with another value of one option. */
#include "kernel/dsl/slider.h"
#include "kernel/dsl/inside.h"

#include <string.h>

#include "lib/base/banned.h"

enum { LINE_MOST = 200 }; /* bytes of a line that is proposed whole */

struct dsl_again {
    dsl_session *session; /* of its own, in which nothing runs: objects and settings */
    lg_arena arena;       /* of the rest */
    dsl_slider slider;
    const char *head, *tail; /* the line before and behind the option */
};

/* ---- the line ---- */
static bool left_out(const dsl_call *call, int param, const char *option, bool flag)
{
    const char *name = call->command->params[param].name;
    return !strcmp(name, option) || (!flag && !strcmp(name, DSL_SLIDER_FLAG));
}

/* The line up to the option, which is left out; without the flag unless that is wanted. `where` comes behind. */
static lg_status head_of(const dsl_call *call, const char *option, bool flag, lg_arena *arena, const char **out,
                         lg_err *err)
{
    int n = 0;
    while (call->command->params[n].name) n++;
    dsl_arg *arg = lg_arena_alloc(arena, (size_t)n, sizeof *arg, err);
    if (!arg) return err->status;
    for (int i = 0; i < n; i++)
        if (!left_out(call, i, option, flag)) arg[i] = call->arg[i];
    dsl_call shorter = *call;
    shorter.arg = arg;
    shorter.where = NULL;
    return dsl_written(&shorter, false, arena, out, err);
}

static lg_status tail_of(const dsl_call *call, lg_arena *arena, const char **out, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 24);
    if (call->where) {
        lg_buf_adds(&text, " where ");
        dsl_cond_text(call->where, &text);
    }
    *out = lg_buf_check(&text, err) ? NULL : lg_arena_strndup(arena, lg_buf_str(&text), text.len, err);
    lg_buf_release(&text);
    return *out ? LG_OK : err->status;
}

static void add_option(const dsl_slider *slider, const int place[DSL_SLIDER_AXES], lg_buf *out)
{
    lg_buf_addf(out, " %s ", slider->option);
    for (int i = 0; i < slider->naxes; i++) lg_buf_addf(out, "%s%s", i ? "," : "", slider->axis[i].word[place[i]]);
}

/* ---- in words ---- */
static void add_range(const dsl_slider *slider, lg_buf *out)
{
    for (int i = 0; i < slider->naxes; i++) {
        const dsl_axis *axis = &slider->axis[i];
        lg_buf_adds(out, i ? ", " : " ");
        if (slider->naxes > 1) lg_buf_addf(out, "%s ", axis->label);
        lg_buf_addf(out, "%s to %s", axis->word[0], axis->word[axis->count - 1]);
    }
}

void dsl_slider_text(const dsl_call *call, const dsl_slider *slider, lg_buf *out)
{
    lg_err ignored = {0};
    lg_arena arena;
    lg_buf line;
    const char *head, *tail;
    int next[DSL_SLIDER_AXES];
    lg_arena_init(&arena, DSL_ARENA_MAX);
    lg_buf_init(&line, 1 << 20);
    for (int i = 0; i < slider->naxes; i++) next[i] = (slider->axis[i].start + 1) % slider->axis[i].count;
    bool whole = head_of(call, slider->option, false, &arena, &head, &ignored) == LG_OK &&
                 tail_of(call, &arena, &tail, &ignored) == LG_OK;
    if (whole) lg_buf_adds(&line, head);
    add_option(slider, next, &line);
    if (whole) lg_buf_adds(&line, tail);
    lg_buf_addf(out, "slider for the %s:", slider->what);
    add_range(slider, out);
    if (whole && line.len <= LINE_MOST)
        lg_buf_addf(out, ". Where none can be moved, type for example: %s", lg_buf_str(&line));
    else {
        lg_buf_clear(&line);
        add_option(slider, next, &line);
        lg_buf_addf(out, ". Where none can be moved, write`%s` in the line instead of `slider`", lg_buf_str(&line));
    }
    lg_buf_release(&line);
    lg_arena_release(&arena);
}

/* ---- what the line saw ---- */
static lg_status hold(dsl_again *again, const char *name, dsl_object *object, lg_err *err)
{
    return object ? dsl_session_bind(again->session, name, dsl_object_ref(object), err) : LG_OK;
}

static lg_status hold_value(dsl_again *again, const dsl_call *call, const dsl_value *value, lg_err *err)
{
    const dsl_object *object = value->object;
    if (!object || !value->name) return LG_OK;
    const char *data = object->cls->data ? object->cls->data(object->payload) : NULL;
    if (data && !dsl_session_get(again->session, data))
        LG_TRY(hold(again, data, dsl_session_get(call->session, data), err));
    return hold(again, value->name, value->object, err);
}

static lg_status hold_all(dsl_again *again, const dsl_call *call, lg_err *err)
{
    for (int i = 0; call->command->params[i].name; i++)
        for (int k = 0; k < call->arg[i].count; k++) LG_TRY(hold_value(again, call, &call->arg[i].value[k], err));
    return dsl_session_copy_settings(call->session, again->session, err);
}

static lg_status copy_text(dsl_again *again, const char **text, lg_err *err)
{
    *text = lg_arena_strndup(&again->arena, *text, strlen(*text), err);
    return *text ? LG_OK : err->status;
}

static lg_status copy_axis(dsl_again *again, dsl_axis *axis, lg_err *err)
{
    const char **word = lg_arena_alloc(&again->arena, (size_t)axis->count, sizeof *word, err);
    if (!word) return err->status;
    for (int i = 0; i < axis->count; i++) {
        word[i] = axis->word[i];
        LG_TRY(copy_text(again, &word[i], err));
    }
    axis->word = word;
    return copy_text(again, &axis->label, err);
}

static lg_status copy_slider(dsl_again *again, const dsl_slider *slider, lg_err *err)
{
    again->slider = *slider;
    for (int i = 0; i < slider->naxes; i++) LG_TRY(copy_axis(again, &again->slider.axis[i], err));
    LG_TRY(copy_text(again, &again->slider.option, err));
    return copy_text(again, &again->slider.what, err);
}

lg_status dsl_again_new(const dsl_call *call, const dsl_slider *slider, dsl_again **out, lg_err *err)
{
    lg_status st;
    dsl_again *again = lg_alloc(1, sizeof *again, err);
    if (!again) return err->status;
    lg_arena_init(&again->arena, DSL_ARENA_MAX);
    LG_GO(dsl_session_new(&(dsl_config){0}, &again->session, err));
    LG_GO(hold_all(again, call, err));
    LG_GO(copy_slider(again, slider, err));
    LG_GO(head_of(call, slider->option, true, &again->arena, &again->head, err));
    LG_GO(tail_of(call, &again->arena, &again->tail, err));
    *out = again;
    return LG_OK;
done:
    dsl_again_free(again);
    return st;
}

void dsl_again_free(dsl_again *again)
{
    if (!again) return;
    dsl_session_free(again->session);
    lg_arena_release(&again->arena);
    lg_free(again);
}

const dsl_slider *dsl_again_slider(const dsl_again *again)
{
    return &again->slider;
}

/* A session for one run: what is held, with the surroundings of home. */
static lg_status again_session(const dsl_again *again, const dsl_session *home, dsl_session **out, lg_err *err)
{
    LG_TRY(dsl_session_snapshot(again->session, out, err));
    (*out)->config = home->config;
    return LG_OK;
}

lg_status dsl_again_run(const dsl_again *again, dsl_session *home, const int place[DSL_SLIDER_AXES], dsl_out *out,
                        lg_cancel *cancel, lg_err *err)
{
    lg_buf line;
    dsl_session *session = NULL;
    lg_buf_init(&line, 1 << 24);
    lg_buf_adds(&line, again->head);
    add_option(&again->slider, place, &line);
    lg_buf_adds(&line, again->tail);
    lg_status st = lg_buf_check(&line, err);
    if (st == LG_OK) st = again_session(again, home, &session, err);
    if (st == LG_OK) st = dsl_session_execute(session, lg_buf_str(&line), line.len, out, cancel, err);
    if (home->config.settings) home->config.settings(home);
    dsl_session_free(session);
    lg_buf_release(&line);
    return st;
}
