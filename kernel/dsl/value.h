/* value.h - what the words of a line become: values, and the six kinds of objects.
 *
 * Values live in the cell's arena and are borrowed by the command that gets them. Objects are immutable,
 * reference-counted versions: a command never changes one, it makes a new version and binds the name to it
 * (dsl_session_bind), so a reader that holds a reference always sees a whole, finished object. */
#ifndef DSL_VALUE_H
#define DSL_VALUE_H

#include "lib/base/lg.h"

struct dsl_out;

/* ---- objects ---- */
typedef enum dsl_kind {
    DSL_KIND_NONE,
    DSL_KIND_DATASET,
    DSL_KIND_MODEL,
    DSL_KIND_RUN,
    DSL_KIND_TABLE,
    DSL_KIND_POSTS,
    DSL_KIND_GRID,
    DSL_KIND_COUNT
} dsl_kind;

/* "dataset", "model", "run", "table", "posts", "grid"; NONE: "thing". */
const char *dsl_kind_name(dsl_kind kind);
/* "a dataset", "posts": as it stands in a sentence. */
const char *dsl_kind_phrase(dsl_kind kind);

typedef struct dsl_object dsl_object;

/* A fact about an object: a number, or text (text wins where it is set). text is borrowed from the arena given. */
typedef struct dsl_fact {
    double number;
    const char *text;
} dsl_fact;

/* One class per kind of payload; constant tables. All functions may be called from any thread. */
typedef struct dsl_class {
    dsl_kind kind;
    void (*drop)(void *payload);
    /* `val.adidas.recall` of `scratch.val.adidas.recall`: LG_OK and *out; or LG_E_NAME with nothing written to err
     * when there is no such field (the caller words the error from `fields`). May be NULL. */
    lg_status (*field)(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err);
    /* Known fields, one path a line, appended to out (for completion and "did you mean"). May be NULL. */
    void (*fields)(const void *payload, lg_buf *out);
    /* Labels the object knows, one a line (completion after `label =`). May be NULL. */
    void (*labels)(const void *payload, lg_buf *out);
    /* Layers of a model and what they give, "conv1<tab>62x62x16" one a line; for Tab after `layer`. May be NULL. */
    void (*layers)(const void *payload, lg_buf *out);
    /* Name of the dataset that a model works on where a command names none. May be NULL, and give NULL. */
    const char *(*data)(const void *payload);
    /* Images of a part (dsl_part) whose number, or else whose name, begins with prefix: "412<tab>Nike, val" one a line,
     * at most `most`; for Tab after `image`. May be NULL. */
    void (*images)(const void *payload, int part, const char *prefix, int most, lg_buf *out);
    /* Fields of its rows, for `where` and `sort`: "label text", "id number", "broken truth", one a line ("year any":
     * texts that may be numbers). May be NULL: then the fields are only known when the line runs. */
    void (*where_fields)(const void *payload, lg_buf *out);
    /* Different texts that its rows have in a field and that begin with prefix (case does not count), one a line, at
     * most `most`; of very many rows it may look at the first alone. For Tab behind `where source =`. May be NULL. */
    void (*values)(const void *payload, const char *field, const char *prefix, int most, lg_buf *out);
    /* "3,000 images, 4 classes, 64x64x3": one line for `list` and inspection. */
    void (*brief)(const void *payload, lg_buf *out);
    /* Shows the object in full (what a line that is only its name, or `show X`, gives). */
    lg_status (*show)(const dsl_object *object, const char *name, struct dsl_out *out, lg_err *err);
} dsl_class;

struct dsl_object {
    atomic_int refs;
    const dsl_class *cls;
    void *payload; /* owned, dropped by cls->drop */
    char *recipe;  /* owned: the steps that make an equal object in a new session, one a line, defaults filled in */
    char made[32]; /* ISO 8601 time */
};

/* payload is consumed; recipe is copied (may be NULL). Starts with one reference. */
lg_status dsl_object_new(const dsl_class *cls, void *payload, const char *recipe, dsl_object **out,
                         lg_err *err) LG_MUST_CHECK;
dsl_object *dsl_object_ref(dsl_object *object);
void dsl_object_unref(dsl_object *object); /* NULL is fine */

typedef struct dsl_grid {
    int rows, cols;
    double *cell; /* row by row */
} dsl_grid;

/* A grid of numbers, as `let g = [1 2; 3 4]` makes it; the numbers are copied. The payload of every class of kind GRID
 * begins with a dsl_grid. cls NULL: the language's own class, which shows plain text. */
lg_status dsl_grid_new(const dsl_class *cls, int rows, int cols, const double *cell, const char *recipe,
                       dsl_object **out, lg_err *err) LG_MUST_CHECK;
const dsl_grid *dsl_object_grid(const dsl_object *object); /* borrowed; NULL: not a grid */
extern const dsl_class dsl_class_grid;

/* ---- values ---- */
typedef enum dsl_type {
    DSL_T_NONE,
    DSL_T_FLAG,     /* stands alone; `no X` switches it off */
    DSL_T_INT,      /* 20 */
    DSL_T_NUMBER,   /* 0.01, 1e-3, 10% */
    DSL_T_SIZE,     /* 3x3, 64x64x3, 64 (= 64x64) */
    DSL_T_SPLIT,    /* 80/20, 70/15/15 */
    DSL_T_TIMES,    /* x10 */
    DSL_T_RANGE,    /* 0.2..0.95 */
    DSL_T_CHOICE,   /* one of dsl_param.choices */
    DSL_T_WORD,     /* a free word: a label, a metric, a column */
    DSL_T_TEXT,     /* any text, quoted or not */
    DSL_T_PATH,     /* a file, folder or place to read */
    DSL_T_OUTPATH,  /* a file to write */
    DSL_T_DURATION, /* 30s 5m 2h 7d, in seconds */
    DSL_T_DATE,
    DSL_T_LABEL,   /* a label of the dataset */
    DSL_T_IMAGE,   /* an image id (412, 412.1) or name */
    DSL_T_LAYER,   /* name of a layer of the model */
    DSL_T_NEWNAME, /* the name of the object to make */
    DSL_T_OBJECT,  /* an existing object of one of dsl_param.kinds; `logos.val` gives object logos and part val */
    DSL_T_GRID     /* [1 2; 3 4], or the name of a grid */
} dsl_type;

typedef enum dsl_part { DSL_PART_ALL, DSL_PART_TRAIN, DSL_PART_VAL, DSL_PART_TEST } dsl_part;

/* What one word became. A parameter whose default is a word its type does not know (`off`, `auto`, `keep`) accepts that
 * word, and so does one with `choices` beside another type (dense units: a number or `classes`): then type is
 * DSL_T_CHOICE, text the word, number 0 and choice its place in `choices` (or -1 where it stands only in dflt). */
typedef struct dsl_value {
    dsl_type type;
    lg_span span;       /* where it was written; line 0 for a default */
    const char *text;   /* as written (after filling in), "" never NULL */
    double number;      /* INT, NUMBER, TIMES, DURATION (seconds), DATE (Unix time); RANGE: low end; FLAG: 1 or 0;
                           IMAGE: the id where it is one */
    double high;        /* RANGE: high end */
    long long integer;  /* INT, TIMES; IMAGE: the id's whole part, 0 for a file name */
    int size[3], nsize; /* SIZE: h, w, c; SPLIT: percentages as written, e.g. 80 20 */
    int choice;         /* CHOICE: index into choices */
    dsl_object *object; /* OBJECT, GRID by name: borrowed, held by the call. NULL before the run phase */
    const char *name;   /* OBJECT: the object's name without part */
    dsl_part part;      /* OBJECT */
    dsl_grid grid;      /* GRID: the numbers, written as a matrix or named */
} dsl_value;

#endif
