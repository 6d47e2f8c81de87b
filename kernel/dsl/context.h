/* context.h - where in a cell a place is: for Tab and Shift-Tab, inside kernel/dsl only. Works on unfinished and wrong
 * text: only what stands before the place is read. */
#ifndef DSL_CONTEXT_H
#define DSL_CONTEXT_H

#include "kernel/dsl/inside.h"

typedef enum dsl_expect { /* inside a `where` or `check` */
                          EXPECT_NOTHING,
                          EXPECT_FIELD,
                          EXPECT_SIGN,
                          EXPECT_VALUE,
                          EXPECT_MORE /* and, or, or the next option */
} dsl_expect;

typedef struct dsl_context {
    dsl_tokens tokens; /* of the text before the place */
    size_t first, end; /* tokens of the statement it stands in */
    size_t model;      /* token of the verb whose block of layers this is; in_model says if any */
    bool in_model, in_parens, in_comment, in_string, broken;
    const dsl_command *command;
    const dsl_layer_type *layer;
    char verb[64];
    bool used[128]; /* parameters given so far */
    bool after_no;  /* the last word is `no` */
    int pending;    /* parameter whose value is next, or -1 */
    dsl_expect expect;
    char field[64]; /* the field a value is compared with */
} dsl_context;

/* size bytes of code come before the place. */
lg_status dsl_context_read(const dsl_config *config, const char *code, size_t size, dsl_context *out,
                           lg_err *err) LG_MUST_CHECK;
void dsl_context_release(dsl_context *context);
const dsl_param *dsl_context_params(const dsl_context *context);                     /* {0}-terminated; NULL: none */
void dsl_token_copy(const dsl_tokens *tokens, const dsl_token *token, char out[64]); /* "" when longer */

#endif
