/* spot.h - which statement and which brackets a byte of a cell stands in, inside kernel/dsl only: for Tab and
 * Shift-Tab, which ask while one types.
 *
 * The text before the place is gone through once, byte by byte, without tokens: a cell of a megabyte takes less than a
 * millisecond. What is wrong in other lines does not matter: a text ends with its line at the latest, a bracket that
 * nothing opened is passed over, and a `}` closes what was left open inside its block. */
#ifndef DSL_SPOT_H
#define DSL_SPOT_H

#include "kernel/dsl/inside.h"

enum { DSL_RECENT = 256 };

typedef struct dsl_span {
    size_t from, to; /* bytes; to: behind its last */
} dsl_span;

typedef struct dsl_spot {
    size_t statement;        /* where the statement of the place begins; the place itself where none has begun */
    size_t block[DSL_DEPTH]; /* statements whose { } the place stands in, outermost first */
    int blocks;
    bool in_parens, in_grid; /* the innermost bracket that is open is ( or [ */
    bool in_comment;
    bool behind_block;           /* nothing but blanks since a `}`: a new line has to come first */
    char quote;                  /* of a text that is still open here, or 0 */
    size_t text;                 /* behind its quote */
    dsl_span recent[DSL_RECENT]; /* the last statements before that one, oldest first from `oldest`; a ring */
    size_t seen;                 /* statements there were; the last DSL_RECENT of them are kept */
} dsl_spot;

/* at <= the bytes of code, which are UTF-8. */
void dsl_spot_find(const char *code, size_t at, dsl_spot *out);
/* The nth of the kept statements, 0 the oldest; NULL behind the last. */
const dsl_span *dsl_spot_recent(const dsl_spot *place, size_t n);
/* The word that begins at `at` (blanks before it skipped), "" where none does or it is longer. */
void dsl_spot_word(const char *code, size_t at, size_t end, char out[64]);

#endif
