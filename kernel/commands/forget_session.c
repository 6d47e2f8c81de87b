/* forget_session.c - what a session holds of a person: posts, tables, datasets, and what `undo` would bring back. */
#include "kernel/commands/box_customers.h"
#include "kernel/commands/box_model.h"
#include "kernel/commands/box_table.h"
#include "kernel/commands/forget.h"
#include "kernel/commands/posts_gallery.h"
#include "lib/base/reach.h"
#include "lib/store/paths.h"

#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

/* ---- names, before anything is bound anew ---- */
typedef struct named {
    const char **name;
    size_t count, room;
    lg_arena *arena;
    lg_err *err;
} named;

static bool add_name(void *ctx, const char *name, dsl_object *object)
{
    named *list = ctx;
    (void)object;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 32;
        const char **more = lg_arena_alloc(list->arena, room, sizeof *more, list->err);
        if (!more) return false;
        if (list->count) memcpy(more, list->name, list->count * sizeof *more);
        list->name = more;
        list->room = room;
    }
    list->name[list->count] = lg_arena_strndup(list->arena, name, strlen(name), list->err);
    return list->name[list->count] && ++list->count;
}

typedef struct forgetting {
    const dsl_call *call;
    const cmd_whom *whom;
    cmd_forgotten_list *list;
    named held;  /* datasets of which any version held a picture of theirs */
    named clean; /* fingerprints of versions that held none */
} forgetting;

static lg_status note(forgetting *f, const char *name, const char *what, size_t before, size_t after, lg_err *err)
{
    cmd_forgotten_list *list = f->list;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        cmd_forgotten *more = lg_arena_alloc(f->call->arena, room, sizeof *more, err);
        if (!more) return err->status;
        if (list->count) memcpy(more, list->item, list->count * sizeof *more);
        list->item = more;
        list->room = room;
    }
    list->item[list->count++] = (cmd_forgotten){.name = name,
                                                .what = what,
                                                .before = before,
                                                .after = after,
                                                .undo = dsl_session_edits(f->call->session, name) > 0};
    return LG_OK;
}

/* Binds what takes the place of an object, with a recipe that does not name the person; object is consumed. */
static lg_status bind(forgetting *f, const char *name, dsl_object *object, lg_err *err)
{
    lg_buf recipe;
    lg_buf_init(&recipe, 0);
    size_t found = object->recipe ? cmd_words_without(object->recipe, f->whom, &recipe) : 0;
    char *clean = found ? lg_buf_take(&recipe, err) : NULL;
    lg_buf_release(&recipe);
    if (found && !clean) {
        dsl_object_unref(object);
        return err->status;
    }
    if (clean) { /* nobody else has it yet */
        lg_free(object->recipe);
        object->recipe = clean;
    }
    return dsl_session_bind(f->call->session, name, object, err);
}

static bool names_them(const forgetting *f, const char *text)
{
    lg_buf ignored;
    lg_buf_init(&ignored, 0);
    bool found = text && cmd_words_without(text, f->whom, &ignored) > 0;
    lg_buf_release(&ignored);
    return found;
}

/* ---- kinds ---- */
static lg_status forget_in_posts(forgetting *f, const char *name, const dsl_object *object, lg_err *err)
{
    const rep_posts *posts = object->payload;
    rep_posts *without = NULL;
    dsl_object *next;
    bool found;
    LG_TRY(cmd_posts_without(posts, f->whom, &without, &found, err));
    if (!found && !names_them(f, object->recipe)) {
        rep_posts_unref(without);
        return LG_OK;
    }
    LG_TRY(note(f, name, cmd_posts_are_files(posts) ? "images" : "posts", posts->count, without->count, err));
    LG_TRY(dsl_object_new(&cmd_posts_class, without, object->recipe, &next, err));
    return bind(f, name, next, err);
}

static bool cell_is_theirs(const forgetting *f, const char *text)
{
    lg_buf ignored;
    const char *word = text + (*text == '@');
    for (size_t i = 0; i < f->whom->named; i++)
        if (strcasecmp(word, f->whom->names[i]) == 0) return true;
    lg_buf_init(&ignored, 0);
    bool found = store_mentions_remove(text, f->whom->names, f->whom->named, &ignored) > 0;
    lg_buf_release(&ignored);
    return found;
}

static bool row_is_theirs(const forgetting *f, const rep_table *t, size_t row)
{
    for (int i = 0; i < t->columns; i++)
        if (t->column[i].type == REP_TEXT && cell_is_theirs(f, rep_cell_at(t, row, i)->text)) return true;
    return false;
}

static void copy_row(const rep_table *from, size_t row, rep_table *to)
{
    rep_row_add(to);
    for (int i = 0; i < from->columns; i++) {
        const rep_cell *cell = rep_cell_at(from, row, i);
        if (from->column[i].type == REP_TEXT) rep_text(to, cell->text);
        else if (from->column[i].type == REP_NUMBER) rep_number(to, cell->number);
        else if (cell->number == 0 || cell->number == 1) rep_truth(to, cell->number != 0);
        else rep_missing(to);
    }
}

static lg_status forget_in_table(forgetting *f, const char *name, const dsl_object *object, lg_err *err)
{
    const cmd_table *t = object->payload;
    rep_table next;
    dsl_object *made;
    rep_table_init(&next);
    for (int i = 0; i < t->table.columns; i++) rep_column_add(&next, t->table.column[i].name, t->table.column[i].type);
    for (size_t r = 0; r < t->table.rows; r++)
        if (!row_is_theirs(f, &t->table, r)) copy_row(&t->table, r, &next);
    if (next.rows == t->table.rows && !names_them(f, object->recipe) && !names_them(f, t->title)) {
        rep_table_release(&next);
        return LG_OK;
    }
    LG_TRY(note(f, name, "rows", t->table.rows, next.rows, err));
    lg_buf title;
    lg_buf_init(&title, 0);
    cmd_words_without(t->title, f->whom, &title);
    lg_status st = cmd_table_new(&next, lg_buf_str(&title), object->recipe, &made, err);
    lg_buf_release(&title);
    return st ? st : bind(f, name, made, err);
}

/* Which models have seen them is told by the versions that they learnt from. */
static lg_status note_version(forgetting *f, const char *name, dsl_object *object, size_t pictures, lg_err *err)
{
    char hex[65];
    if (!pictures) {
        LG_TRY(data_fingerprint(object->payload, hex, err));
        name = hex;
    }
    return add_name(pictures ? &f->held : &f->clean, name, object) ? LG_OK : err->status;
}

static size_t pictures_of(const forgetting *f, const data_set *set, uint32_t *ids)
{
    size_t n = 0;
    for (size_t i = 0; i < data_count(set); i++) {
        data_image image;
        data_image_at(set, i, &image);
        if (!cmd_whom_has_picture(f->whom, image.sha256)) continue;
        if (ids) ids[n] = image.id;
        n++;
    }
    return n;
}

/* A set of which nothing is left goes, name and all. */
static lg_status forget_in_dataset(forgetting *f, const char *name, dsl_object *object, lg_err *err)
{
    const data_set *set = object->payload;
    data_set *left = NULL;
    dsl_object *next;
    size_t n = pictures_of(f, set, NULL), all = data_count(set);
    LG_TRY(note_version(f, name, object, n, err));
    if (!n) return LG_OK;
    LG_TRY(note(f, name, "images", all, all - n, err));
    if (n == all) return dsl_session_remove(f->call->session, name, err);
    uint32_t *ids = lg_arena_alloc(f->call->arena, n, sizeof *ids, err);
    if (!ids) return err->status;
    pictures_of(f, set, ids);
    LG_TRY(data_drop(set, ids, n, &left, err));
    LG_TRY(dsl_object_new(&cmd_dataset_class, left, object->recipe, &next, err));
    return bind(f, name, next, err);
}

/* The same question of the posts that are left: the ranks of the others may change. */
static lg_status forget_in_customers(forgetting *f, const char *name, const dsl_object *object, lg_err *err)
{
    const rep_customers *list = cmd_customers(object);
    rep_posts *without = NULL;
    dsl_object *next;
    bool found;
    LG_TRY(cmd_posts_without(list->posts, f->whom, &without, &found, err));
    lg_status st = LG_OK;
    if (found || names_them(f, object->recipe)) {
        size_t before = list->current + list->potential;
        st = cmd_customers_again(object, without, &next, err);
        const rep_customers *now = st ? NULL : cmd_customers(next);
        if (now) st = note(f, name, "customers", before, now->current + now->potential, err);
        if (now && st) dsl_object_unref(next);
        if (!st) st = bind(f, name, next, err);
    }
    rep_posts_unref(without);
    return st;
}

static lg_status forget_in(forgetting *f, const char *name, lg_err *err)
{
    dsl_object *object = dsl_session_get(f->call->session, name);
    if (!object) return LG_OK;
    if (object->cls == &cmd_posts_class) return forget_in_posts(f, name, object, err);
    if (cmd_customers(object)) return forget_in_customers(f, name, object, err);
    if (object->cls == &cmd_table_class) return forget_in_table(f, name, object, err);
    if (object->cls == &cmd_dataset_class) return forget_in_dataset(f, name, object, err);
    return LG_OK;
}

/* ---- undo ---- */
typedef struct edit_look {
    forgetting *f;
    named names;
} edit_look;

static bool look_at_edit(void *ctx, const char *name, dsl_object *before)
{
    edit_look *look = ctx;
    if (before->cls != &cmd_dataset_class) return true;
    size_t n = pictures_of(look->f, before->payload, NULL);
    if (note_version(look->f, name, before, n, look->names.err)) return false;
    return !n || add_name(&look->names, name, before);
}

/* Versions from before an edit that hold pictures of theirs: those names lose their edits. */
static lg_status forget_edits(forgetting *f, lg_err *err)
{
    edit_look look = {.f = f, .names = {.arena = f->call->arena, .err = err}};
    dsl_session_each_edit(f->call->session, look_at_edit, &look);
    LG_TRY(err->status);
    for (size_t i = 0; i < look.names.count; i++) {
        const char *name = look.names.name[i];
        size_t edits = dsl_session_edits(f->call->session, name);
        if (!edits) continue;
        LG_TRY(note(f, name, "edits that `undo` could take back", edits, 0, err));
        dsl_session_forget_edits(f->call->session, name);
    }
    return LG_OK;
}

/* ---- models that have seen them ---- */
static bool is_listed(const named *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->name[i], name) == 0) return true;
    return false;
}

/* Not those that learnt when the pictures had been dropped. A version that nobody has any more may have held them. */
static bool count_learnt(void *ctx, const char *name, dsl_object *object)
{
    forgetting *f = ctx;
    (void)name;
    if (object->cls != &cmd_model_class) return true;
    const cmd_model *model = object->payload;
    bool seen = false;
    for (int i = 0; model->on && is_listed(&f->held, model->on) && i < model->runs; i++)
        seen = seen || !is_listed(&f->clean, ((const cmd_run *)model->run[i]->payload)->fingerprint);
    f->list->learnt += seen;
    return true;
}

lg_status cmd_forget_session(const dsl_call *call, const cmd_whom *whom, cmd_forgotten_list *out, lg_err *err)
{
    const named none = {.arena = call->arena, .err = err};
    named names = none;
    forgetting f = {.call = call, .whom = whom, .list = out, .held = none, .clean = none};
    *out = (cmd_forgotten_list){0};
    dsl_session_each(call->session, add_name, &names);
    LG_TRY(err->status);
    for (size_t i = 0; i < names.count; i++) LG_TRY(forget_in(&f, names.name[i], err));
    LG_TRY(forget_edits(&f, err));
    dsl_session_each(call->session, count_learnt, &f);
    return LG_OK;
}

/* ---- label fixes ---- */
/* The lines of a log that are about none of their pictures. */
static size_t lines_without(const cmd_whom *whom, const lg_buf *log, lg_buf *out)
{
    size_t gone = 0;
    for (const char *at = lg_buf_str(log); *at;) {
        const char *end = strchr(at, '\n');
        size_t n = end ? (size_t)(end - at) + 1 : strlen(at), hex = strspn(at, "0123456789abcdef");
        char sha256[65] = "";
        if (hex == 64) memcpy(sha256, at, 64);
        if (*sha256 && cmd_whom_has_picture(whom, sha256)) gone++;
        else lg_buf_add(out, at, n);
        at += n;
    }
    return gone;
}

static lg_status forget_in_log(const cmd_whom *whom, const char *path, lg_cancel *cancel, size_t *lines, lg_err *err)
{
    enum { MOST = 32 << 20 };
    lg_buf log, left;
    int lock = -1;
    LG_TRY(lg_reach_lock(path, cancel, &lock, err));
    lg_buf_init(&log, MOST);
    lg_buf_init(&left, 0);
    lg_status st = lg_reach_read(path, &log, err);
    size_t gone = st ? 0 : lines_without(whom, &log, &left);
    if (!st && gone) st = lg_buf_check(&left, err);
    if (!st && gone) st = lg_reach_write(path, lg_buf_str(&left), left.len, 0600, err);
    lg_reach_unlock(lock);
    lg_buf_release(&log);
    lg_buf_release(&left);
    *lines += st ? 0 : gone;
    return st;
}

lg_status cmd_forget_fixes(const cmd_whom *whom, lg_cancel *cancel, size_t *lines, lg_err *err)
{
    store_paths paths = {0};
    lg_listing files = {0};
    lg_err none = {0};
    *lines = 0;
    if (!whom->pictures) return LG_OK;
    lg_status st = store_paths_init(&paths, err);
    char *folder = st ? NULL : lg_strf(err, "%s/edits", paths.data);
    if (!st && !folder) st = err->status;
    bool there = !st && lg_reach_list(folder, 0, cancel, &files, &none) == LG_OK; /* nobody has fixed a label yet */
    for (size_t i = 0; there && !st && i < files.count; i++) {
        char *path = lg_strf(err, "%s/%s", folder, files.path[i]);
        st = path ? forget_in_log(whom, path, cancel, lines, err) : err->status;
        lg_free(path);
    }
    lg_listing_release(&files);
    lg_free(folder);
    store_paths_release(&paths);
    return st;
}
