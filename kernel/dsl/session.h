/* session.h - one workspace of the language: names, variables, settings, and the only door the kernel uses.
 *
 *     dsl_session *s;
 *     LG_TRY(dsl_session_new(&config, &s, err));
 *     dsl_session_execute(s, "say hello", 9, &out, &cancel, err);   // err: LL code, sentence, why, try, span
 *
 * One executor thread owns a session; only dsl_session_snapshot and dsl_session_follow (for the one that is followed)
 * may be called from others. Cells are read (lexed, parsed) and bound whole before anything runs. */
#ifndef DSL_SESSION_H
#define DSL_SESSION_H

#include "kernel/dsl/out.h"
#include "kernel/dsl/value.h"
#include "lib/base/pool.h"

struct dsl_command;
struct dsl_layer_type;
struct dsl_call;
typedef struct dsl_session dsl_session;

typedef struct dsl_config {
    const struct dsl_command *const *commands; /* NULL-terminated, sorted by name (the generated table) */
    const struct dsl_layer_type *layers;       /* {0}-terminated; the layer words of `model { }` */
    lg_pool *pool;                             /* borrowed, outlives the session */
    void *services;                            /* for commands (dsl_session_services), borrowed */
    const dsl_class *grid_class;               /* of grids made by `let`; NULL: dsl_class_grid */
    /* Shift-Tab on a layer: appends what its last layer gives at this place ("62x62x16, 448 parameters"). call is the
     * model command as far as it is written. Adds nothing where that cannot be said. May be NULL. */
    void (*layer_at)(const struct dsl_call *call, lg_buf *out);
    /* Tab inside the block: appends what reaches a layer that comes next, and what each layer would make of it with its
     * defaults: "<tab>62x62x16", "maxpool<tab>31x31x16", "conv<tab>60x60xFILTERS", "dense<tab>- it needs a list"
     * (it cannot stand here) one a line. Adds nothing where that cannot be said. May be NULL. */
    void (*layers_next)(const struct dsl_call *call, lg_buf *out);
    /* The session's settings take effect on the thread that calls: before a cell runs, and after each `set` in it. May
     * be NULL. */
    void (*settings)(dsl_session *session);
} dsl_config;

lg_status dsl_session_new(const dsl_config *config, dsl_session **out, lg_err *err) LG_MUST_CHECK;
void dsl_session_free(dsl_session *session);

/* Runs a cell. On failure err says everything the user should read; what earlier commands of the cell finished stays.
 * Asks `cancel` between commands and hands it to them. code need not be NUL-terminated and may hold any bytes. */
lg_status dsl_session_execute(dsl_session *session, const char *code, size_t len, dsl_out *out, lg_cancel *cancel,
                              lg_err *err) LG_MUST_CHECK;
/* An arithmetic or field in brackets or plain, for user_expressions: `(6*7)`, `scratch.val.accuracy`, a name. *text is
 * owned by the caller. */
lg_status dsl_session_evaluate(dsl_session *session, const char *expr, size_t len, char **text,
                               lg_err *err) LG_MUST_CHECK;

/* ---- Tab ---- */
typedef struct dsl_match {
    char *text;      /* replaces [start, end) */
    char *type;      /* "command", "option", "flag", "dataset", "model", …, "layer", "file", "label", "choice" */
    char *signature; /* "lr  number, default 0.01", or "" */
} dsl_match;
typedef struct dsl_completion {
    dsl_match *match;
    size_t count;
    size_t start, end; /* code points in the cell */
} dsl_completion;
/* cursor in code points, clamped. Never fails for bad text: no matches then. */
lg_status dsl_session_complete(dsl_session *session, const char *code, size_t len, size_t cursor, dsl_completion *out,
                               lg_err *err) LG_MUST_CHECK;
void dsl_completion_release(dsl_completion *completion);

/* ---- Shift-Tab ---- text (plain) and html are owned by the caller when *found. detail: DSL_MORE for every example,
 * the whole recipe and all fields of an object, which else are cut to one screen; and parts to leave out. */
enum {
    DSL_MORE = 1,
    DSL_OMIT_SIGNATURE = 2,
    DSL_OMIT_DETAIL = 4, /* the paragraph of a command */
    DSL_OMIT_OPTIONS = 8,
    DSL_OMIT_EXAMPLES = 16,
    DSL_OMIT_FIELDS = 32, /* of an object; its recipe is DSL_OMIT_SIGNATURE */
};
lg_status dsl_session_inspect(dsl_session *session, const char *code, size_t len, size_t cursor, int detail,
                              bool *found, char **text, char **html, lg_err *err) LG_MUST_CHECK;

typedef enum dsl_completeness { DSL_COMPLETE, DSL_INCOMPLETE, DSL_INVALID } dsl_completeness;
/* indent gets the blanks the next line should start with ("" unless incomplete), NUL-terminated. */
dsl_completeness dsl_is_complete(const char *code, size_t len, char indent[64]);

/* ---- for commands ---- */
/* Binds a name to a new version (object consumed: the session holds that reference). */
lg_status dsl_session_bind(dsl_session *session, const char *name, dsl_object *object, lg_err *err) LG_MUST_CHECK;
/* The same for a data edit, which `undo` can take back: what the name stood for stays known (the latest 200 edits).
 * Binding a name without this forgets its edits. step: the command, for people. kept: NULL, or what the command wrote
 * elsewhere and `undo` has to take back as well, in whatever words the two agree on. */
lg_status dsl_session_bind_edit(dsl_session *session, const char *name, dsl_object *object, const char *step,
                                const char *kept, lg_err *err) LG_MUST_CHECK;
size_t dsl_session_edits(dsl_session *session, const char *name); /* edits that can be taken back; NULL: of all names */
/* Takes back the latest edit (of `name`, unless NULL). LG_E_NAME with nothing in err where there is none. */
typedef struct dsl_undone {
    char *name, *step, *kept; /* kept may be NULL */
    dsl_object *after, *before; /* what the edit had made; what the name stands for again, NULL: nothing */
} dsl_undone;
lg_status dsl_session_undo(dsl_session *session, const char *name, dsl_undone *out, lg_err *err) LG_MUST_CHECK;
void dsl_undone_release(dsl_undone *undone);
/* What names stood for before their edits, newest first: calls fn until it returns false. */
typedef bool dsl_edit_fn(void *ctx, const char *name, dsl_object *before);
void dsl_session_each_edit(dsl_session *session, dsl_edit_fn *fn, void *ctx);
/* From now on `undo` does not take back what was done to `name` so far. */
void dsl_session_forget_edits(dsl_session *session, const char *name);
/* Borrowed, or NULL. `name` may be dotted only where objects are so named (trial.1). */
dsl_object *dsl_session_get(dsl_session *session, const char *name);
lg_status dsl_session_remove(dsl_session *session, const char *name, lg_err *err) LG_MUST_CHECK;
/* Was something it was made from changed since, by its recipe? For what is made once and kept: tables, and datasets
 * made of others. */
bool dsl_session_stale(dsl_session *session, const char *name);
/* The same, of what it was made from asking only about `maker`. */
bool dsl_session_changed(dsl_session *session, const char *name, const char *maker);
/* Every object, in the order made: calls fn until it returns false. */
typedef bool dsl_each_fn(void *ctx, const char *name, dsl_object *object);
void dsl_session_each(dsl_session *session, dsl_each_fn *fn, void *ctx);
/* `use NAME`. NULL name asks: the chosen or only object of that kind, or NULL. */
lg_status dsl_session_use(dsl_session *session, const char *name, lg_err *err) LG_MUST_CHECK;
const char *dsl_session_default(dsl_session *session, dsl_kind kind);
/* Settings of `set`: text values by name; NULL when unset. */
lg_status dsl_session_set(dsl_session *session, const char *name, const char *value, lg_err *err) LG_MUST_CHECK;
const char *dsl_session_setting(dsl_session *session, const char *name);
lg_pool *dsl_session_pool(dsl_session *session);
void *dsl_session_services(dsl_session *session);
const dsl_config *dsl_session_config(dsl_session *session);
/* `run FILE`: executes text as part of the running cell, with messages that name `where` ("lesson.lens"); refuses to
 * nest deeper than 16. */
lg_status dsl_session_run_text(dsl_session *session, const char *where, const char *code, size_t len, dsl_out *out,
                               lg_cancel *cancel, lg_err *err) LG_MUST_CHECK;

/* A second session with the same names, variables and settings, which from now on goes its own way. */
lg_status dsl_session_snapshot(dsl_session *session, dsl_session **out, lg_err *err) LG_MUST_CHECK;

/* ---- subshells ---- follow.c
 * A new session that follows `parent` (borrowed, must outlive it) sees what that one has: objects, variables, settings
 * and choices as they stood when the session was refreshed last, finished versions all. What it binds, sets or removes
 * itself is its own from then on and nobody else sees it; an object of its own that it removes gives way to the
 * parent's. `undo` knows its own edits alone. */
void dsl_session_follow(dsl_session *session, dsl_session *parent);
/* Before each cell, on its own thread. Costs nothing where the parent has not changed, or there is none. */
lg_status dsl_session_refresh(dsl_session *session, lg_err *err) LG_MUST_CHECK;
/* For commands that take long: what there is so far, under the name it will have (object consumed). Followers see it in
 * the place of what the name stands for; the session itself does not. */
bool dsl_session_followed(dsl_session *session); /* does anybody follow? */
lg_status dsl_session_publish(dsl_session *session, const char *name, dsl_object *object, lg_err *err) LG_MUST_CHECK;
void dsl_session_unpublish(dsl_session *session); /* all of it, at the command's end, when what it made is bound */

/* The card of a word - a command, layer, option, object or error code - as Shift-Tab and `help` show it. Appends to
 * text and, unless NULL, html. */
lg_status dsl_session_card(dsl_session *session, const char *word, bool *found, lg_buf *text, lg_buf *html,
                           lg_err *err) LG_MUST_CHECK;

/* Examples of the cards that are neither command, layer nor code, for tests; NULL behind the last. */
const char *dsl_topic_example(size_t index);
/* All commands and layers as Markdown: docs/commands.md. */
void dsl_manual(const dsl_config *config, lg_buf *out);
/* The words of all commands and layers as JSON, for what colours lines without the program (words.c has the form). */
void dsl_words_list(const dsl_config *config, lg_buf *out);
/* Groups of commands in the order of the manual, NULL-terminated. */
extern const char *const dsl_groups[];

/* What an error code means, for `help LL203`; NULL: no such code. dsl_codes ends with code 0. */
typedef struct dsl_code {
    int code;
    const char *when, *example, *help; /* example may be "" */
} dsl_code;
extern const dsl_code dsl_codes[];
const dsl_code *dsl_code_find(int code);

/* "LL203", or "Interrupted"; the block people read is made by lib/plot (plt_error_block). */
void dsl_error_name(const lg_err *err, char out[16]);

#endif
