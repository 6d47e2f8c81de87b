/* cond.h - a bound condition from inside, for kernel/dsl only: a list of leaves, groups of and joined by or; several
 * `where` are joined by and. */
#ifndef DSL_COND_H
#define DSL_COND_H

#include "kernel/dsl/inside.h"

typedef struct cond_value {
    const char *text;
    double number;
    bool is_number;
    bool is_truth; /* yes no true false: number is 1 or 0, which a field of numbers compares with */
    lg_span span;
} cond_value;

typedef struct cond_leaf {
    bool or_before, negate;
    dsl_cmp cmp;
    const char *field;
    cond_value *value;
    int count;
    lg_span span;
} cond_leaf;

struct dsl_cond {
    struct dsl_cond *next; /* stays first: bind.c walks along it */
    cond_leaf *leaf;
    int count;
    const char *text;
};

typedef enum cond_kind { COND_ANY, COND_TEXT, COND_NUMBER, COND_TRUTH } cond_kind;
/* LL151 where a field of this kind cannot be compared so. ANY: its texts may be numbers, as labels 0 to 9 are. */
lg_status dsl_cond_value_check(const cond_leaf *leaf, cond_kind kind, lg_err *err) LG_MUST_CHECK;

#endif
