/* terminal.h - the language on a terminal: where its results go, and where its lines come from. Internal to the
 * program.
 *
 *     terminal t;
 *     main_terminal_open(&t);
 *     lg_status st = main_terminal_execute(&t, session, code, len, &err);   // SIGINT sets main_terminal_cancel
 *     main_terminal_release(&t);
 *
 * A live display is one line that changes in place on a terminal; elsewhere only its final form is printed. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "kernel/dsl/session.h"

enum { TERMINAL_LIVE_MOST = 16 };

typedef struct terminal_live {
    char id[64];
    lg_buf text; /* its newest form */
} terminal_live;

typedef struct terminal {
    dsl_out out;
    terminal_live live[TERMINAL_LIVE_MOST];
    int count, width; /* width: columns of the screen; out.columns: what tables are made for */
    bool tty, drawn;  /* drawn: the last line on the screen is a live one */
    lg_buf result;    /* text of the results of the text that ran last, for the history */
} terminal;

extern lg_cancel main_terminal_cancel;
/* once: the second Ctrl-C finds the default action, and ends the process. */
void main_terminal_catch_interrupt(bool once);

void main_terminal_open(terminal *t);
void main_terminal_release(terminal *t);
lg_status main_terminal_execute(terminal *t, dsl_session *session, const char *code, size_t len,
                                lg_err *err) LG_MUST_CHECK;

/* terminal_wrap.c: text to read, with lines broken between words where they are longer than so many columns. What goes
 * on of a table's row or a list stands below its last column; a rule is cut. A table with more columns than there is
 * room for comes in parts, each with the first column. */
void main_terminal_wrap(const char *text, size_t len, int columns, lg_buf *out);

/* ---- editor.c: a cell, typed with editing keys ----
 *
 * Enter ends a cell that is complete, and begins a new line in one that is not. Tab completes, or lists what fits;
 * Shift-Tab and Alt-? show the card of the word; arrows move within a cell of several lines and through what was run
 * before; Ctrl-R searches in that. Ctrl-C gives up, Ctrl-D ends, Ctrl-Z stops the program until it is called back. */
typedef struct editor editor;

typedef enum editor_got {
    EDITOR_CELL,
    EDITOR_NOTHING, /* Ctrl-C */
    EDITOR_END      /* Ctrl-D, the input was closed, or a signal that ends the program: *ended_by, else 0 */
} editor_got;

/* session is borrowed: for completion and cards. LL504 where libedit is not installed. */
lg_status main_editor_new(dsl_session *session, editor **out, lg_err *err) LG_MUST_CHECK;
void main_editor_free(editor *e);
/* What arrow-up brings back, oldest first. */
void main_editor_remember(editor *e, const char *text, size_t len);
/* Appends to cell. */
editor_got main_editor_read(editor *e, lg_buf *cell, int *ended_by);

/* Lines broken at blanks, so that none is wider than the screen; what continues one stands below its text. */
void main_editor_print_wrapped(const char *text);

/* ---- plain_reader.c: the same where nothing can be edited ----
 * Lines until the cell is complete, with a mark before each unless `prompt` is false. */
editor_got main_plain_read(bool prompt, lg_buf *cell);

#endif
