/* context.h - where in a cell a place is: for Tab and Shift-Tab, inside kernel/dsl only. Works on unfinished and wrong
 * text: only what stands before the place is read. */
#ifndef DSL_CONTEXT_H
#define DSL_CONTEXT_H

#include "kernel/dsl/spot.h"

typedef enum dsl_expect { /* inside a `where` or `check` */
                          EXPECT_NOTHING,
                          EXPECT_FIELD,
                          EXPECT_SIGN,
                          EXPECT_VALUE,
                          EXPECT_MORE /* and, or, or the next option */
} dsl_expect;

typedef struct dsl_context {
    const char *code;
    dsl_spot spot;
    dsl_tokens tokens; /* of the statement, up to the place */
    size_t end;        /* of them before the one that ends them */
    size_t model;      /* byte of the verb whose block of layers this is in; in_model says if any */
    bool in_model, broken;
    const dsl_command *command;
    const dsl_layer_type *layer;
    char verb[64];
    bool used[128]; /* parameters given so far */
    bool after_no;  /* the last word is `no` */
    int pending;    /* parameter whose value is next, or -1 */
    bool assigns;   /* right behind `flag=` */
    dsl_expect expect;
    char field[64];           /* the field a value is compared with */
    const dsl_token *newname; /* the name the statement gives to what it makes, or NULL */
} dsl_context;

/* The place is `at`: brackets and blocks, no words yet. */
void dsl_context_find(const dsl_config *config, const char *code, size_t at, dsl_context *out);
/* Then the words of its statement before `upto`, which is not behind the place. */
lg_status dsl_context_read(const dsl_config *config, size_t upto, dsl_context *context, lg_err *err) LG_MUST_CHECK;
/* Marks what the text behind the place, on the same line from `from` to `end`, already gives. */
lg_status dsl_context_rest(const dsl_config *config, size_t upto, size_t from, size_t end, dsl_context *context,
                           lg_err *err) LG_MUST_CHECK;
void dsl_context_release(dsl_context *context);
const dsl_param *dsl_context_params(const dsl_context *context); /* {0}-terminated; NULL: none */
bool dsl_has_form(const dsl_param *param, const char *word); /* could it stand there without the parameter's name? */
void dsl_token_copy(const dsl_tokens *tokens, const dsl_token *token, char out[64]); /* "" when longer */

/* What the statements before the place give names to when they run: objects, and variables as "$name". kind: NONE where
 * only the run will tell, and for variables. line: the statement. A name may come several times, the oldest first. */
typedef void dsl_made_fn(void *ctx, const char *name, dsl_kind kind, dsl_span line);
lg_status dsl_each_made(const dsl_config *config, const dsl_context *context, dsl_made_fn *fn, void *ctx,
                        lg_err *err) LG_MUST_CHECK;
/* Bytes of a statement from `from` until its line ends, or one of `stops`. */
size_t dsl_line_len(const char *code, size_t from, dsl_span line, const char *stops);

#endif
