/* inside.h - phase 2 of the language, inside kernel/dsl only: names, scopes, binding, running.
 *
 * One walker (eval.c) goes over the tree twice. The dry walk binds everything and runs nothing: it follows the names
 * that lines will make in `shadow`, the variables in `vars`, and treats what cannot be known yet as an unknown word
 * that fits everywhere. The second walk binds each line again, now with real objects, and runs it. */
#ifndef DSL_INSIDE_H
#define DSL_INSIDE_H

#include "kernel/dsl/ast.h"
#include "kernel/dsl/command.h"
#include <pthread.h>

/* ---- names.c: a small hash from text to pointer; order of insertion is kept ---- */
typedef struct dsl_names_row {
    char *name; /* owned */
    void *value;
} dsl_names_row;
typedef struct dsl_names {
    dsl_names_row *row;
    uint32_t *slot; /* 1 + index into row */
    size_t count, cap, slots, live;
} dsl_names;
void *dsl_names_get(const dsl_names *names, const char *name);
/* *old gets the value that stood there (or NULL). */
lg_status dsl_names_put(dsl_names *names, const char *name, void *value, void **old, lg_err *err) LG_MUST_CHECK;
void *dsl_names_remove(dsl_names *names, const char *name); /* the value, or NULL */
void dsl_names_release(dsl_names *names);                   /* values are the caller's */

/* ---- variables ---- */
typedef struct dsl_var {
    int count;
    bool unknown; /* dry walk only */
    const char **text;
    struct dsl_var *below; /* what a loop variable hides */
} dsl_var;

/* ---- edits.c: the log of data edits ---- */
typedef struct dsl_edit {
    char *name, *step;  /* owned */
    char *kept;         /* what else it wrote, in the words of its command; owned, or NULL */
    dsl_object *before; /* reference; NULL: there was nothing of that name */
} dsl_edit;
typedef struct dsl_edits {
    dsl_edit *edit; /* newest last */
    size_t count;
} dsl_edits;
void dsl_edits_release(dsl_edits *edits);
lg_status dsl_edits_copy(const dsl_edits *from, dsl_edits *to, lg_err *err) LG_MUST_CHECK;
void dsl_edits_forget(dsl_edits *edits, const char *name);

/* ---- the session ---- */
struct dsl_session {
    dsl_config config;
    pthread_mutex_t lock; /* all that follows changes under it; its own thread reads without */
    atomic_ullong version; /* counts the changes, from 1 */
    atomic_int followers;
    dsl_names published;  /* dsl_object *, of commands that go on: followers see these instead of objects */
    /* of one that follows another */
    dsl_session *parent;     /* borrowed; NULL: it follows none */
    unsigned long long seen; /* the parent's version that it has; 0: none */
    /* names that it has bound or removed itself; the values say nothing */
    dsl_names own_objects, own_vars, own_settings;
    bool own_choice[DSL_KIND_COUNT];
    /* what it has */
    dsl_names objects;    /* dsl_object * */
    dsl_names vars;       /* dsl_var *, one block each */
    dsl_names settings;   /* char * */
    char *chosen[DSL_KIND_COUNT];
    dsl_edits edits;
    int nesting; /* of run FILE */
};
void dsl_forget_choice(dsl_session *session, const char *name); /* `use NAME`; the lock is held */
/* Around every change of what a session has. */
void dsl_change_begin(dsl_session *session);
void dsl_change_end(dsl_session *session);
/* From now on the name is the session's own, whatever happens to the one it follows; own: one of the tables above. */
lg_status dsl_own(dsl_session *session, dsl_names *own, const char *name, lg_err *err) LG_MUST_CHECK;
/* to is new and used by nobody else. */
lg_status dsl_session_copy_settings(dsl_session *from, dsl_session *to, lg_err *err) LG_MUST_CHECK;
lg_status dsl_session_set_var(dsl_session *session, const char *name, const dsl_var *value, lg_err *err) LG_MUST_CHECK;

/* ---- a walk ---- */
typedef struct dsl_shadow {
    dsl_kind kind; /* NONE: cannot be known yet */
} dsl_shadow;
typedef struct dsl_walk {
    dsl_session *session;
    dsl_out *out;
    lg_cancel *cancel;
    lg_arena *cell; /* the tree, and what the dry walk notes */
    const char *code;
    size_t size;
    bool dry;
    bool open_world;                    /* dry: an earlier line may make any name (`run FILE`) */
    bool unknown;                       /* dry: the line being bound holds something that cannot be known yet */
    dsl_names shadow;                   /* dry: dsl_shadow *, names the cell will make or change */
    const char *chosen[DSL_KIND_COUNT]; /* dry: by `use` in this cell */
    dsl_names vars;                     /* dsl_var *: loop variables; in the dry walk also those of `let` */
    const char *loop;                   /* value of the innermost loop variable, or NULL */
    int loop_depth;
    long steps, rounds;
} dsl_walk;
/* The first of the two walks: binds everything, runs nothing. */
lg_status dsl_walk_dry(dsl_walk *walk, dsl_stmt *program, lg_err *err) LG_MUST_CHECK;
lg_status dsl_walk_cell(dsl_session *session, const char *code, size_t size, dsl_out *out, lg_cancel *cancel,
                        lg_err *err) LG_MUST_CHECK;

/* ---- fill.c: atoms with their variables filled in ---- */
typedef struct dsl_word {
    const char *text;
    bool quoted;
    bool unknown;
    bool computed; /* an arithmetic: text has every digit of value */
    double value;
    lg_span span;
} dsl_word;
typedef struct dsl_words {
    dsl_word *word;
    int count;
} dsl_words;
lg_status dsl_list_words(dsl_walk *walk, const dsl_list *list, lg_arena *arena, dsl_words *out,
                         lg_err *err) LG_MUST_CHECK;
lg_status dsl_atom_text(dsl_walk *walk, const dsl_atom *atom, lg_arena *arena, dsl_word *out,
                        lg_err *err) LG_MUST_CHECK;
/* Of a `for` list: ranges a..b are counted out. */
lg_status dsl_loop_words(dsl_walk *walk, const dsl_list *list, lg_arena *arena, dsl_words *out,
                         lg_err *err) LG_MUST_CHECK;
lg_status dsl_string_check(const dsl_atom *atom, lg_err *err) LG_MUST_CHECK;             /* escapes of a "…" */
char *dsl_atom_source(const dsl_atom *atom, lg_arena *arena, lg_err *err) LG_MUST_CHECK; /* unfilled, unquoted */
const dsl_var *dsl_find_var(const dsl_walk *walk, const char *name);

/* ---- expr.c ---- */
lg_status dsl_expr_value(dsl_walk *walk, const dsl_expr *expr, lg_arena *arena, double *out, bool *unknown,
                         lg_err *err) LG_MUST_CHECK;
/* `scratch.val.accuracy`. *unknown: only in a dry walk. */
lg_status dsl_field_value(dsl_walk *walk, const char *path, lg_span span, lg_arena *arena, dsl_fact *out, bool *unknown,
                          lg_err *err) LG_MUST_CHECK;
bool dsl_text_number(const char *text, double *out); /* 0.4 or 40%, whole text */
void dsl_number_show(double value, char out[40]); /* for people: at most four digits that count after the point */

/* ---- names_find.c: objects by name ---- */
typedef struct dsl_found {
    bool exists, unknown;
    dsl_kind kind;
    dsl_object *object; /* NULL while only a dry walk knows it */
    bool changing;      /* dry: an earlier line of the cell works on it */
    dsl_part part;
    char *name;       /* without part, in the arena */
    const char *rest; /* what follows the name (".val.accuracy" without its first dot), "" */
} dsl_found;
/* Longest known name at the front of the dotted text. fields: the rest may be anything, else only a part. */
lg_status dsl_find(dsl_walk *walk, const char *text, bool fields, lg_arena *arena, dsl_found *out,
                   lg_err *err) LG_MUST_CHECK;
/* Calls fn for every name of the kinds given, session and shadow. */
void dsl_each_name(dsl_walk *walk, unsigned kinds, void (*fn)(void *ctx, const char *name, dsl_kind kind), void *ctx);

/* ---- convert.c: typed values ---- */
typedef struct dsl_target { /* what is being bound: a command or a layer */
    const char *name;
    const dsl_param *params;
    bool layer, takes_where;
    const dsl_command *command;
} dsl_target;
lg_status dsl_convert(dsl_walk *walk, const dsl_target *target, const dsl_param *param, const dsl_word *word,
                      lg_arena *arena, dsl_value *out, lg_err *err) LG_MUST_CHECK;
/* "a whole number", "one of sgd, adam", … */
void dsl_want_text(const dsl_param *param, lg_buf *out);
void dsl_bounds(const dsl_param *param, char out[100]); /* "from 1", "more than 0", "from 0 to 1"; or "" */
int dsl_choice_index(const char *choices, const char *word); /* -1: not one of them */
void dsl_choice_list(const char *choices, lg_buf *out);      /* comma-separated, aliases left out */
const char *dsl_near_choice(const char *choices, const char *text, lg_arena *arena); /* or NULL */
int dsl_param_count(const dsl_param *params);
extern const char *const dsl_prepositions[], *const dsl_grammar_words[]; /* NULL-terminated */
bool dsl_is_reserved(const dsl_config *config, const char *word);
bool dsl_is_preposition(const char *word);
/* Is it a usable name? LL110 or LL111. */
lg_status dsl_name_check(const dsl_config *config, const dsl_word *word, lg_err *err) LG_MUST_CHECK;
bool dsl_is_identifier(const char *word);
/* May an object of this kind take the name? LL135 where one of another kind has it. */
lg_status dsl_name_free(dsl_walk *walk, const char *name, dsl_kind kind, lg_span span, lg_err *err) LG_MUST_CHECK;

/* ---- bind.c ---- */
lg_status dsl_bind_call(dsl_walk *walk, const dsl_command *command, dsl_stmt *stmt, lg_arena *arena, dsl_call *out,
                        lg_err *err) LG_MUST_CHECK;
/* Parameters only, for layers. */
lg_status dsl_bind_args(dsl_walk *walk, const dsl_target *target, const dsl_stmt *stmt, lg_arena *arena, dsl_arg **args,
                        dsl_cond **where, char **note, lg_err *err) LG_MUST_CHECK;
lg_status dsl_bind_layers(dsl_walk *walk, dsl_stmt *block, lg_arena *arena, dsl_layer **layers, int *count,
                          lg_err *err) LG_MUST_CHECK;
/* The line as one would type it; with defaults also what was left to them. */
lg_status dsl_written(const dsl_call *call, bool defaults, lg_arena *arena, const char **out,
                      lg_err *err) LG_MUST_CHECK;

/* Runs body once per value of a `for`; shared by cells and by blocks of layers. */
typedef lg_status dsl_body_fn(dsl_walk *walk, dsl_stmt *body, void *ctx, lg_err *err);
lg_status dsl_loop(dsl_walk *walk, dsl_stmt *stmt, dsl_body_fn *body, void *ctx, lg_err *err) LG_MUST_CHECK;
lg_status dsl_let(dsl_walk *walk, const dsl_stmt *stmt, lg_err *err) LG_MUST_CHECK;
lg_status dsl_place(lg_err *err, lg_span span);                /* lg_err_place, but for LL101 */
lg_status dsl_step(dsl_walk *walk, lg_err *err) LG_MUST_CHECK; /* asks cancel now and then */
lg_status dsl_matrix_grid(dsl_walk *walk, const dsl_matrix *matrix, lg_arena *arena, dsl_grid *out, bool *unknown,
                          lg_err *err) LG_MUST_CHECK;

/* ---- cond.c ---- */
lg_status dsl_cond_bind(dsl_walk *walk, const dsl_test *test, lg_arena *arena, dsl_cond **out,
                        lg_err *err) LG_MUST_CHECK;
lg_status dsl_check_run(dsl_walk *walk, const dsl_stmt *stmt, lg_arena *arena, lg_err *err) LG_MUST_CHECK;

/* ---- where.c ---- */
/* Are the fields, values and labels of `where`, and the field of `sort`, those of the object? LL149, LL151, LL313. */
lg_status dsl_where_check(dsl_walk *walk, const dsl_target *target, const dsl_arg *arg, const dsl_cond *where,
                          lg_err *err) LG_MUST_CHECK;
/* "label text" a line: fields of the rows of an object, and of a model's opinion of them. Nothing: not known. */
void dsl_where_fields(const dsl_object *rows, bool opinions, lg_buf *out);
bool dsl_cond_is_opinion(const char *field); /* predicted, confidence, second, correct, loss: there with a model only */
bool dsl_param_is_opinion(const dsl_param *param); /* `with MODEL` */
/* Does `where` or `sort` name what only a model says? */
bool dsl_wants_opinion(const dsl_target *target, const dsl_arg *arg, const dsl_cond *where);

/* ---- suggest.c ---- */
const dsl_command *dsl_command_find(const dsl_config *config, const char *word); /* without regard to case */
const dsl_layer_type *dsl_layer_find(const dsl_config *config, const char *word);
/* What other languages call it: `train` -> `fit`; NULL. Only words the table has are given. */
const char *dsl_synonym(const dsl_config *config, const char *word);
const char *dsl_option_synonym(const char *word);
lg_status dsl_no_command(dsl_walk *walk, const dsl_stmt *stmt, lg_err *err);
lg_status dsl_no_option(const dsl_target *target, const dsl_word *word, lg_err *err);

/* ---- meant.c ---- */
/* LL133, of a value of a command: the whole line with an object of the right kind in its place, where there is one.
 * LL130, of a number before an object: how many of it. LL110: a file where the name comes first. */
void dsl_meant_value(dsl_walk *walk, const dsl_target *target, const dsl_param *param, const dsl_stmt *stmt,
                     const dsl_word *word, lg_err *err);
/* A better `try` for dsl_no_option's error, where the place of the word says what was meant. */
void dsl_meant(dsl_walk *walk, const dsl_target *target, const dsl_stmt *stmt, const dsl_word *word, lg_err *err);

lg_status dsl_no_layer(dsl_walk *walk, const dsl_stmt *stmt, lg_err *err);
/* The same line in this language, or false when the line is no Python we know. */
bool dsl_from_python(const dsl_config *config, const char *line, size_t len, lg_buf *out);

/* ---- lineage.c: dsl_call.recipe from the objects of a call and its step ---- */
lg_status dsl_lineage(const dsl_call *call, lg_arena *arena, const char **out, lg_err *err) LG_MUST_CHECK;

/* ---- topics.c: `help` for what is no command ---- */
extern const char *const dsl_help_topics[]; /* NULL-terminated: layers, language, let, for, … */

/* ---- inspect.c ---- */
void dsl_signature(const dsl_param *param, lg_buf *out); /* "lr  number, default 0.01" */

/* ASCII case only: verbs and option words. */
bool dsl_same(const char *a, const char *b);
bool dsl_same_n(const char *a, const char *b, size_t n); /* a has n bytes, b ends with NUL */
bool dsl_is_digits(const char *s);                       /* one at least, and nothing else */

#endif
