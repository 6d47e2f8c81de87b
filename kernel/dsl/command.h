/* command.h - the contract of a command: one file kernel/commands/cmd_NAME.c that defines `const dsl_command
 * dsl_cmd_NAME`.
 *
 * Everything the language knows of a command stands in this table: binding, error messages, completion, inspection,
 * `help`, docs/commands.md and the example tests are made from it. Example:
 *
 *     enum { MODEL, DATA, NORMALIZE, NEW };
 *     static const dsl_param params[] = {
 *         [MODEL] = {.name = "model", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_MODELS, .implicit =
 * true, .help = "a trained model"}, [DATA] = {.name = "on", .role = DSL_PREPOSITION, .type = DSL_T_OBJECT, .kinds =
 * DSL_DATASETS, .help = "images to judge it on"}, [NORMALIZE] = {.name = "normalize", .role = DSL_OPTION, .type =
 * DSL_T_CHOICE, .choices = "none rows columns all", .dflt = "none", .help = "counts or shares"}, [NEW] = {.name = "as",
 * .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the matrix under this name"}, {0},
 *     };
 *     const dsl_command dsl_cmd_confusion = {.name = "confusion", .summary = "…", .params = params, .makes =
 * DSL_KIND_TABLE, .examples = (const char *const[]){"confusion scratch on logos.val", NULL}, .run = confusion_run};
 */
#ifndef DSL_COMMAND_H
#define DSL_COMMAND_H

#include "kernel/dsl/out.h"
#include "kernel/dsl/session.h"
#include "kernel/dsl/value.h"

typedef enum dsl_role {
    DSL_POSITIONAL, /* filled by the first word whose kind fits, in table order */
    DSL_OPTION,     /* `epochs 20` or `epochs=20` */
    DSL_FLAG,       /* `balance`, `no shuffle`; .dflt = "on" where it is on unless switched off */
    DSL_PREPOSITION /* from on with to into as by where across: name says which */
} dsl_role;

enum { /* dsl_param.kinds: bits 1 << dsl_kind */
       DSL_DATASETS = 1 << DSL_KIND_DATASET,
       DSL_MODELS = 1 << DSL_KIND_MODEL,
       DSL_RUNS = 1 << DSL_KIND_RUN,
       DSL_TABLES = 1 << DSL_KIND_TABLE,
       DSL_POSTSES = 1 << DSL_KIND_POSTS,
       DSL_GRIDS = 1 << DSL_KIND_GRID,
       DSL_ANYTHING = ~0
};

typedef enum dsl_offers { /* what Tab offers where the type alone does not tell */
    DSL_OFFER_TYPE,
    DSL_OFFER_LABELS,
    DSL_OFFER_FIELDS, /* of the rows of the line's object */
    DSL_OFFER_LAYERS, /* names of the model's layers */
    DSL_OFFER_MAPS,   /* 1, 2, … of the layer in the line */
    DSL_OFFER_HANDLES /* people whose posts are there */
} dsl_offers;

typedef struct dsl_param {
    const char *name;
    const char *aliases; /* other spellings of the word, blank-separated ("kernel_size"); compared without case */
    dsl_role role;
    dsl_type type;
    const char *dflt;      /* the default as the user would write it; shown in help and recipes. NULL: none */
    const char *dflt_help; /* shown instead of dflt where the default is computed, e.g. "the dataset's" */
    const char *choices;   /* CHOICE: legal words, blank-separated; aliases after `=`, e.g. "sgd adam" */
    const char *later;     /* of these, the ones that are not part of this version: Tab leaves them out */
    double min, max;       /* numbers: bounds, both 0 = none. A positional SIZE: max is the largest bare number that may
                              stand for a square without its word (`conv 16 3`), 0 = any */
    unsigned kinds;        /* OBJECT */
    bool required;
    bool zero;          /* SIZE: a side may be 0 */
    bool list;          /* takes a comma list (dsl_arg.count > 1) */
    bool ranges;        /* INT, NUMBER: also takes `0.01..0.3`; then the value is a RANGE, both ends within bounds */
    bool implicit;      /* a missing dataset or model is filled in when exactly one exists or `use` chose one; with
                           several it stays empty, unless `required` */
    bool files;         /* IMAGE: a picture file will do as well as an image of the dataset */
    dsl_offers offers;
    const char *endings; /* PATH: of files that Tab offers, ".csv .tsv", or with "- " before them of those it does not;
                            NULL: all */
    bool late;          /* not available in this build of the language: said in help, refused when used */
    const char *help;   /* one clause */
    const char *advice; /* usual range and what goes wrong at both ends; for inspection. May be NULL */
} dsl_param;

/* What one parameter got. count 0: nothing given and no default. */
typedef struct dsl_arg {
    const dsl_value *value; /* count values */
    int count;
    bool given; /* written by the user (or filled in by the implicit rule), not a default */
} dsl_arg;

/* ---- blocks: the layers of `model NAME { … }`, loops unrolled, variables filled in ---- */
typedef struct dsl_layer_type {
    const char *name;
    const char *const *aliases; /* NULL-terminated or NULL; compared without case */
    const char *summary;
    const dsl_param *params; /* {0}-terminated; as for commands */
    /* Tab: words for the parameter `param` where the layer's first word is `first` ("base resnet50 until"), each with
     * what it is, "conv1<tab>112x112x64" one a line. May be NULL. */
    void (*words)(int param, const char *first, lg_buf *out);
    const char *const *examples; /* lines of this layer, NULL-terminated or NULL */
    bool block;              /* takes a block of its own (`residual { … }`) */
    const void *impl;        /* for the command that builds the network */
} dsl_layer_type;

typedef struct dsl_layer {
    const dsl_layer_type *type;
    lg_span span;                  /* the layer's word */
    const dsl_arg *arg;            /* one per params row */
    const struct dsl_layer *inner; /* block */
    int ninner;
} dsl_layer;

/* ---- where ---- */
typedef struct dsl_cond dsl_cond;
/* Value of a field of one row: LG_OK with a number or a text; LG_E_NAME, err left empty, where the rows have no such
 * field; anything else with err filled. */
typedef lg_status dsl_row_field(const void *row, const char *field, dsl_fact *out, lg_err *err);
/* Does the row pass? cond NULL passes. `names` lists the fields there are, NULL-terminated, for the error. */
lg_status dsl_cond_eval(const dsl_cond *cond, dsl_row_field *field, const void *row, const char *const *names,
                        bool *pass, lg_err *err) LG_MUST_CHECK;
/* As it was written, for titles and recipes. */
void dsl_cond_text(const dsl_cond *cond, lg_buf *out);

/* ---- the call ---- */
typedef struct dsl_call {
    dsl_session *session;
    const struct dsl_command *command;
    const dsl_arg *arg;     /* one per params row */
    const dsl_cond *where;  /* or NULL; several are joined by and */
    const dsl_layer *layer; /* the block, for commands with takes_layers */
    int nlayers;
    bool has_block;
    lg_span span;       /* the verb */
    const char *line;   /* the command as written, one line */
    const char *step;   /* the command with defaults filled in */
    const char *recipe; /* for the objects it makes: the steps that made what it works on, one a line, then its own */
    const char *note;   /* "(using model scratch)" where the implicit rule filled something in, else "" */
    const char *loop;   /* inside `for`: the variable's value as text, else NULL */
    int loop_index;     /* inside `for`: 1, 2, … counts the runs of this line, nested loops included; else 0 */
    dsl_out *out;
    lg_cancel *cancel;
    lg_arena *arena; /* the call's: what is taken here is freed when the command has ended */
} dsl_call;

typedef struct dsl_command {
    const char *name;
    const char *summary;         /* one sentence, as in the manual */
    const char *detail;          /* a paragraph for help and inspection; may be NULL */
    const char *group;           /* Data, Model, Train, Evaluate, Session, … */
    const dsl_param *params;     /* {0}-terminated */
    const char *const *examples; /* runnable, NULL-terminated */
    dsl_kind makes;              /* kind of the object bound to the NEWNAME parameter; NONE: nothing */
    /* Tab: legal words of the parameter `param` where the word `before` stands before them (`set theme` …);
     * NULL-terminated, or NULL. May be NULL. */
    const char *const *(*words)(int param, const char *before);
    /* Tab: endings of the files that an object of this kind is written to, blank-separated, the usual one first; NULL:
     * none. May be NULL. */
    const char *(*endings)(dsl_kind kind);
    /* What it makes of its first object does not depend on earlier calls of it, unless this flag is given (`fit` …
     * `continue`): recipes leave those out. NULL: it does. */
    const char *anew;
    bool takes_layers;           /* has a { layers } block */
    bool takes_where;
    bool asks_model; /* `where` may also name what the model of the line says: predicted, confidence, correct, … */
    /* May this call be? (shapes, ids, …) Asked while the cell is bound when every object exists already, and again
     * right before run. May be NULL. Must not change anything. */
    lg_status (*check)(const dsl_call *call, lg_err *err);
    lg_status (*run)(const dsl_call *call, lg_err *err);
} dsl_command;

/* A text as it is written in a line: in quotes where it needs them. */
void dsl_add_word(lg_buf *out, const char *text);
/* Binds what the command made (object consumed). Inside `for` it keeps every round: name.1, name.2, … and `name` is the
 * last one. Outside it is dsl_session_bind. */
lg_status dsl_call_bind(const dsl_call *call, const char *name, dsl_object *object, lg_err *err) LG_MUST_CHECK;

/* Shorthands for run functions. */
static inline bool dsl_on(const dsl_call *call, int param) /* a flag, after defaults */
{
    return call->arg[param].count > 0 && call->arg[param].value[0].number != 0;
}
static inline const dsl_value *dsl_layer_val(const dsl_layer *layer, int param) /* the same of a layer */
{
    return layer->arg[param].count ? layer->arg[param].value : NULL;
}
static inline const dsl_value *dsl_val(const dsl_call *call, int param) /* first value or NULL */
{
    return call->arg[param].count > 0 ? &call->arg[param].value[0] : NULL;
}

#endif
