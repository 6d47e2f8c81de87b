/* ast.h - phase 1 of the language, inside kernel/dsl only: tokens, and the tree the parser makes of them.
 *
 *     dsl_tokens tokens;
 *     LG_TRY(dsl_lex(code, len, &tokens, err));      // a mistake in the text becomes the last token, TOK_ERROR
 *     LG_TRY(dsl_parse(&tokens, &arena, config, &program, err));
 *     dsl_tokens_release(&tokens);
 *
 * The tree lives in the arena and points into the text, which must outlive it. No function here calls itself deeper
 * than DSL_DEPTH brackets; arithmetic becomes a list of stack operations, conditions a list of or-ed and-groups, so
 * evaluating them never recurses. */
#ifndef DSL_AST_H
#define DSL_AST_H

#include "lib/base/lg.h"

struct dsl_config;

enum {
    DSL_DEPTH = 200,          /* brackets inside brackets */
    DSL_CELL_MAX = 16 << 20,  /* bytes of one cell */
    DSL_ARENA_MAX = 256 << 20 /* bytes of tree for one cell */
};

/* ---- tokens ---- */
typedef enum dsl_token_kind {
    TOK_END,
    TOK_NEWLINE,
    TOK_SEMICOLON,
    TOK_COMMA,
    TOK_EQUAL,
    TOK_COMPARE, /* != <= >= == < > */
    TOK_LBRACE,
    TOK_RBRACE,
    TOK_LPAREN,
    TOK_RPAREN,
    TOK_LBRACKET,
    TOK_RBRACKET,
    TOK_WORD,
    TOK_STRING, /* "…" with its quotes */
    TOK_RAW,    /* '…' with its quotes */
    TOK_VAR,    /* $name with its $ */
    TOK_NUMBER, /* these three inside ( ) only */
    TOK_NAME,
    TOK_OPERATOR, /* + - * / ^ */
    TOK_ERROR     /* the text cannot be read from here on: dsl_tokens.error */
} dsl_token_kind;

typedef struct dsl_token {
    uint8_t kind;
    bool glued;               /* nothing between it and the token before */
    uint32_t at, len;         /* bytes */
    uint32_t line, col, cols; /* from 1; code points */
    uint32_t comment;         /* 1 + byte offset of the `#` of a comment that stands before it on its line; 0: none */
} dsl_token;

typedef struct dsl_tokens {
    const char *text;
    size_t size;
    dsl_token *token; /* ends with TOK_END or TOK_ERROR */
    size_t count, cap;
    lg_err error;
    int depth;            /* brackets open at the end */
    char open[DSL_DEPTH]; /* which: ( [ { */
} dsl_tokens;

/* Fails only for want of memory; see TOK_ERROR. */
lg_status dsl_lex(const char *text, size_t size, dsl_tokens *out, lg_err *err) LG_MUST_CHECK;
void dsl_tokens_release(dsl_tokens *tokens);
lg_span dsl_token_span(const dsl_token *token);

/* A piece of the user's text made fit for a message: at most 40 code points, control characters escaped. Used as
 * dsl_brief(s, n).s inside a call. */
typedef struct dsl_bit {
    char s[200];
} dsl_bit;
dsl_bit dsl_brief(const char *s, size_t len);

/* What is wrong with a character that looks like an ordinary one (no-break space, curly quote, …), or NULL. *use gets
 * what to type instead. */
const char *dsl_odd_character(uint32_t cp, const char **use);

/* ---- tree ---- */
typedef struct dsl_op { /* arithmetic, in postfix order */
    char op;            /* n number, r name, v variable, + - * / ^, ~ minus sign, f function */
    uint8_t function;
    int argc;
    double number;
    const char *at;
    uint32_t len;
    lg_span span;
    struct dsl_op *next;
} dsl_op;
typedef struct dsl_expr {
    dsl_op *first;
    int stack; /* values that are waiting at most */
} dsl_expr;

enum {
    DSL_F_SQRT,
    DSL_F_LOG,
    DSL_F_EXP,
    DSL_F_MIN,
    DSL_F_MAX,
    DSL_F_ROUND,
    DSL_F_ABS,
    DSL_F_FLOOR,
    DSL_F_CEIL,
    DSL_F_MEAN,
    DSL_F_COUNT
};
extern const char *const dsl_function_names[DSL_F_COUNT];

typedef struct dsl_atom {
    uint8_t kind; /* TOK_WORD TOK_STRING TOK_RAW TOK_VAR, or TOK_LPAREN with expr */
    uint32_t len;
    const char *at; /* a string without its quotes, a variable without its $ */
    lg_span span;
    dsl_expr *expr;
    struct dsl_atom *next;
} dsl_atom;
typedef struct dsl_list {
    dsl_atom *first;
    int count;
} dsl_list;

typedef struct dsl_row {
    dsl_list cells;
    struct dsl_row *next;
} dsl_row;
typedef struct dsl_matrix {
    dsl_row *first;
    int rows;
    lg_span span;
} dsl_matrix;

typedef enum dsl_cmp { CMP_TRUE, CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_CONTAINS, CMP_IN } dsl_cmp;
typedef struct dsl_leaf {
    bool or_before, negate;
    uint8_t cmp;
    dsl_atom *left;
    dsl_list right;
    lg_span span;
    struct dsl_leaf *next;
} dsl_leaf;
typedef struct dsl_test { /* a condition: groups of leaves joined by and; the groups by or */
    dsl_leaf *first;
    const char *at; /* as written */
    uint32_t len;
} dsl_test;

typedef enum dsl_node_kind { NODE_LIST, NODE_SETTING, NODE_WHERE, NODE_MATRIX } dsl_node_kind;
typedef struct dsl_node {
    uint8_t kind;
    dsl_atom *word; /* SETTING: the name; WHERE: the word itself */
    dsl_list list;
    void *extra; /* WHERE: dsl_test; MATRIX: dsl_matrix */
    struct dsl_node *next;
} dsl_node;

typedef enum dsl_stmt_kind { STMT_COMMAND, STMT_LET, STMT_FOR, STMT_CHECK, STMT_SHOW } dsl_stmt_kind;
typedef struct dsl_stmt {
    uint8_t kind;
    bool has_block;
    int runs;          /* rounds so far inside the outermost loop */
    dsl_atom *head;    /* verb; LET, FOR: the variable; SHOW: what to show */
    dsl_node *args;    /* COMMAND; LET, FOR: one node */
    dsl_test *test;    /* CHECK */
    dsl_atom *message; /* CHECK, or NULL */
    struct dsl_stmt *block;
    const char *at; /* the source, block included */
    uint32_t len;
    uint32_t comment; /* 1 + offset of a comment that ends it, 0: none */
    struct dsl_stmt *next;
} dsl_stmt;

/* config (commands and layers) is only used to word errors; may be NULL. */
lg_status dsl_parse(const dsl_tokens *tokens, lg_arena *arena, const struct dsl_config *config, dsl_stmt **out,
                    lg_err *err) LG_MUST_CHECK;

#endif
