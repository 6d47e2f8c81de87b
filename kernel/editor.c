/* editor.c - cells typed with libedit, which is loaded when there is a terminal to edit on. */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/editor.h"
#include "lib/base/library.h"
#include "lib/base/banned.h"

enum { LOOK_AGAIN = 200 /* milliseconds: a signal may come just before a wait begins */ };

editor_library main_editor_lib;

static const lg_symbol symbols[] = {
#define LIBEDIT_SYMBOL(name) {#name, (void **)&main_editor_lib.name},
    LIBEDIT_FUNCTIONS(LIBEDIT_SYMBOL)
#undef LIBEDIT_SYMBOL
        {0}};

static lg_library libedit = {.name = "libedit",
                             .sonames = (const char *const[]){"libedit.so.2", "libedit.so.0", NULL},
                             .package = "libedit2",
                             .symbols = symbols};

static volatile sig_atomic_t ended_by_signal, resized;

static void on_end(int number)
{
    ended_by_signal = number;
}

static void on_resize(int number)
{
    (void)number;
    resized = 1;
}

/* ---- reading ---- */
/* 1: a byte; 0: the end. */
static int read_byte(editor *e, char *byte)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    for (;;) {
        if (ended_by_signal) return 0;
        if (lg_cancelled(&main_terminal_cancel)) { /* a SIGINT that no key sent */
            lg_cancel_clear(&main_terminal_cancel);
            *byte = 3;
            return 1;
        }
        if (resized) {
            resized = 0;
            main_editor_lib.el_resize(e->el);
            main_editor_lib.el_set(e->el, EL_REFRESH);
            fflush(stdout);
        }
        if (poll(&in, 1, LOOK_AGAIN) <= 0) continue;
        ssize_t n = read(STDIN_FILENO, byte, 1);
        if (n == 1) return 1;
        if (n == 0 || (errno != EINTR && errno != EAGAIN)) return 0;
    }
}

/* One character of UTF-8; bytes that are none are left out. */
static int read_character(EditLine *el, wchar_t *out)
{
    char byte[4];
    size_t len = 0;
    uint32_t c;
    editor *e = editor_of(el);
    while (read_byte(e, &byte[len]) == 1) {
        int n = lg_utf8_next(byte, ++len, &c);
        if (n > 0) {
            *out = (wchar_t)c;
            return 1;
        }
        if (len == sizeof byte || ((unsigned char)byte[len - 1] & 0xc0) != (len > 1 ? 0x80 : 0xc0)) len = 0;
    }
    return 0;
}

static char *prompt(EditLine *el)
{
    static char mark[] = "> ";
    (void)el;
    return mark;
}

/* ---- one cell ---- */
static const int ending[] = {SIGTERM, SIGHUP, SIGQUIT};
enum { ENDINGS = sizeof ending / sizeof *ending };

typedef struct handlers {
    struct sigaction ending[ENDINGS], resize;
} handlers;

/* Signals that end the program wait until the terminal is as it was. */
static void catch_signals(handlers *before)
{
    struct sigaction end = {.sa_handler = on_end}, resize = {.sa_handler = on_resize};
    ended_by_signal = 0;
    for (int i = 0; i < ENDINGS; i++) sigaction(ending[i], &end, &before->ending[i]);
    sigaction(SIGWINCH, &resize, &before->resize);
}

static void let_signals_go(const handlers *before)
{
    for (int i = 0; i < ENDINGS; i++) sigaction(ending[i], &before->ending[i], NULL);
    sigaction(SIGWINCH, &before->resize, NULL);
}

/* What was left for; false: to give up. */
static bool come_back(editor *e)
{
    fputs(e->after == EDITOR_GIVE_UP ? "^C\n" : "\n", stdout);
    if (e->after == EDITOR_LIST) main_editor_print_list(&e->found);
    if (e->after == EDITOR_CARD) main_editor_print_wrapped(e->card);
    fflush(stdout);
    if (e->after == EDITOR_STOP) raise(SIGTSTP);
    return e->after != EDITOR_GIVE_UP;
}

static editor_got edit(editor *e, lg_buf *cell)
{
    for (;;) {
        int count;
        e->after = EDITOR_GO_ON;
        if (e->held) main_editor_lib.el_wpush(e->el, main_editor_key_restore);
        const wchar_t *line = main_editor_lib.el_wgets(e->el, &count);
        if (line && count > 0) {
            main_editor_narrow(cell, line, (size_t)count);
            return EDITOR_CELL;
        }
        if (e->after == EDITOR_GO_ON) return EDITOR_END;
        if (!come_back(e)) return EDITOR_NOTHING;
    }
}

editor_got main_editor_read(editor *e, lg_buf *cell, int *ended_by)
{
    handlers before;
    catch_signals(&before);
    lg_cancel_clear(&main_terminal_cancel);
    e->at = e->count;
    fputs("\033[?2004h", stdout); /* pasted text comes in marks */
    editor_got got = edit(e, cell);
    fputs("\033[?2004l", stdout);
    if (got == EDITOR_END) fputc('\n', stdout);
    fflush(stdout);
    lg_free(e->held);
    e->held = NULL;
    *ended_by = ended_by_signal;
    let_signals_go(&before);
    return got;
}

/* ---- beginning ---- */
static lg_status set_up(editor *e, lg_err *err)
{
    HistEventW event;
    e->el = main_editor_lib.el_init("logolens", stdin, stdout, stderr);
    e->past = main_editor_lib.history_winit();
    if (!e->el || !e->past) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    main_editor_lib.history_w(e->past, &event, H_SETSIZE, EDITOR_REMEMBERED);
    main_editor_lib.el_set(e->el, EL_CLIENTDATA, e);
    main_editor_lib.el_set(e->el, EL_PROMPT, prompt);
    main_editor_lib.el_set(e->el, EL_EDITOR, "emacs");
    main_editor_lib.el_set(e->el, EL_SETTY, "-d", "-isig",
                           NULL); /* Ctrl-C and Ctrl-Z are keys while something is typed */
    main_editor_lib.el_set(e->el, EL_GETCFN, read_character);
    main_editor_lib.el_wset(e->el, EL_HIST, main_editor_lib.history_w, e->past);
    main_editor_bind_keys(e);
    return LG_OK;
}

lg_status main_editor_new(dsl_session *session, editor **out, lg_err *err)
{
    LG_TRY(lg_library_open(&libedit, err));
    /* how wide characters are; nothing else of the language depends on it */
    if (!setlocale(LC_CTYPE, "C.UTF-8")) setlocale(LC_CTYPE, "");
    editor *e = lg_alloc(1, sizeof *e, err);
    if (!e) return err->status;
    e->session = session;
    lg_status st = set_up(e, err);
    if (st) main_editor_free(e);
    else *out = e;
    return st;
}

/* ---- what was run before ---- */
void main_editor_remember(editor *e, const char *text, size_t len)
{
    HistEventW event;
    while (len && strchr("\r\n \t", text[len - 1])) len--;
    wchar_t *wide = len ? main_editor_widen(text, len) : NULL;
    e->at = e->count;
    if (!wide) return;
    if (e->count && wcscmp(e->entry[e->count - 1], wide) == 0) {
        lg_free(wide);
        return;
    }
    if (e->count == EDITOR_REMEMBERED) {
        lg_free(e->entry[0]);
        memmove(e->entry, e->entry + 1, (EDITOR_REMEMBERED - 1) * sizeof *e->entry);
        e->count--;
    }
    e->entry[e->count++] = wide;
    e->at = e->count;
    main_editor_lib.history_w(e->past, &event, H_ENTER, wide);
}

void main_editor_free(editor *e)
{
    if (!e) return;
    if (e->el) main_editor_lib.el_end(e->el);
    if (e->past) main_editor_lib.history_wend(e->past);
    for (size_t i = 0; i < e->count; i++) lg_free(e->entry[i]);
    dsl_completion_release(&e->found);
    lg_free(e->draft);
    lg_free(e->held);
    lg_free(e->card);
    lg_free(e);
}
