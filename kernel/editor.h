/* editor.h - what the files of the editor share: libedit's functions, and the state of editing. Internal to the
 * program. */
#ifndef EDITOR_H
#define EDITOR_H

#include <histedit.h>

#include "kernel/terminal.h"

#define LIBEDIT_FUNCTIONS(X)                                                                                           \
    X(el_init)                                                                                                         \
    X(el_end)                                                                                                          \
    X(el_set)                                                                                                          \
    X(el_wset)                                                                                                         \
    X(el_get)                                                                                                          \
    X(el_wgets)                                                                                                        \
    X(el_wgetc)                                                                                                        \
    X(el_wline)                                                                                                        \
    X(el_wpush)                                                                                                        \
    X(el_winsertstr)                                                                                                   \
    X(el_deletestr)                                                                                                    \
    X(el_cursor)                                                                                                       \
    X(el_resize)                                                                                                       \
    X(history_winit)                                                                                                   \
    X(history_wend)                                                                                                    \
    X(history_w)

typedef struct editor_library {
#define LIBEDIT_FUNCTION(name) __typeof__(name) *name;
    LIBEDIT_FUNCTIONS(LIBEDIT_FUNCTION)
#undef LIBEDIT_FUNCTION
} editor_library;
extern editor_library main_editor_lib;

enum { EDITOR_REMEMBERED = 1000 };

/* What libedit is left for, whenever something else is printed. */
typedef enum editor_after { EDITOR_GO_ON, EDITOR_LIST, EDITOR_CARD, EDITOR_STOP, EDITOR_GIVE_UP } editor_after;

struct editor {
    EditLine *el;
    HistoryW *past; /* for Ctrl-R */
    dsl_session *session;
    wchar_t *entry[EDITOR_REMEMBERED]; /* oldest first */
    size_t count, at;                  /* at == count: what is being typed, of which `draft` is kept meanwhile */
    wchar_t *draft;
    editor_after after; /* what to do when libedit returns */
    wchar_t *held;      /* text to put back, and where in it the cursor was */
    size_t held_cursor;
    dsl_completion found;
    char *card;
};

static inline editor *editor_of(EditLine *el)
{
    editor *e = NULL;
    main_editor_lib.el_get(el, EL_CLIENTDATA, &e);
    return e;
}

/* ---- editor_text.c ---- */
void main_editor_narrow(lg_buf *out, const wchar_t *text, size_t len); /* appends UTF-8 */
/* Owned; NULL without memory. A NUL, which libedit cannot hold, becomes U+FFFD, as bytes that are no UTF-8 do. */
wchar_t *main_editor_widen(const char *text, size_t len);
/* Matches below the line that is edited: with their meaning where these are few, else in columns. */
void main_editor_print_list(const dsl_completion *found);

/* ---- editor_keys.c ---- */
void main_editor_bind_keys(editor *e);
/* A key that nobody presses: puts back what was typed. */
extern const wchar_t main_editor_key_restore[];

#endif
