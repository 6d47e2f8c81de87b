/* interactive.c - `logolens` alone on a terminal: cells are typed, run and remembered until Ctrl-D. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/commands/workbench.h"
#include "kernel/jupyter/console.h"
#include "kernel/main.h"
#include "kernel/terminal.h"
#include "lib/net/secret.h"
#include "lib/store/history_store.h"
#include "lib/base/banned.h"

enum { REMEMBERED = 1000, CELL_LIMIT = 16 << 20 };

typedef struct interactive {
    terminal screen;
    cmd_workbench *bench;
    dsl_session *session;
    editor *editor;       /* NULL: lines are read as they come */
    store_history *cells; /* that were run, in all sessions */
    int own;              /* this session */
    int64_t line;
    bool prompt;
} interactive;

/* ---- what is typed ---- */
static bool remember(void *ctx, const store_cell *cell)
{
    main_editor_remember(ctx, cell->input, cell->input_len);
    return true;
}

/* Lines can be edited where there is a keyboard and a screen that can move its cursor. */
static void open_editor(interactive *i)
{
    lg_err err = {0};
    const char *screen = getenv("TERM");
    const store_history_ask newest = {.how = STORE_TAIL, .most = REMEMBERED};
    if (!isatty(STDOUT_FILENO) || !screen || !*screen || strcmp(screen, "dumb") == 0) return;
    if (main_editor_new(i->session, &i->editor, &err)) {
        fprintf(stderr, "Lines cannot be edited here: %s; %s\n", err.msg, err.hint);
        return;
    }
    if (store_history_find(i->cells, i->own, &newest, remember, i->editor, &err))
        lg_log(LG_LOG_WARN, "%s: %s", err.msg, err.why);
}

static editor_got read_cell(interactive *i, lg_buf *cell, int *ended_by)
{
    *ended_by = 0;
    return i->editor ? main_editor_read(i->editor, cell, ended_by) : main_plain_read(i->prompt, cell);
}

/* ---- what is done with it ---- */
static lg_status show_card(interactive *i, jp_bytes word, lg_err *err)
{
    bool found = false;
    char *text = NULL, *html = NULL;
    LG_TRY(dsl_session_inspect(i->session, word.data, word.len, word.len, 1, &found, &text, &html, err));
    if (found && text) main_editor_print_wrapped(text);
    lg_free(text);
    lg_free(html);
    if (found) return LG_OK;
    lg_fail(err, LG_E_NAME, 131, "there is no help on `%.*s`", (int)word.len, word.data);
    return lg_try(err, "`help` alone lists all commands");
}

static void keep(interactive *i, const lg_buf *cell)
{
    lg_buf *result = &i->screen.result;
    net_scrub_buf(result);
    size_t len = cell->len;
    while (len && strchr("\r\n", cell->data[len - 1])) len--;
    store_history_add(i->cells, i->own,
                      &(store_cell){.line = ++i->line,
                                    .input = cell->data,
                                    .input_len = len,
                                    .output = result->len ? lg_buf_str(result) : NULL,
                                    .output_len = result->len});
    if (i->editor) main_editor_remember(i->editor, cell->data, len);
}

static bool is_blank(const lg_buf *cell)
{
    return !cell->len || strspn(cell->data, " \t\r\n") == cell->len;
}

/* False: the end. */
static bool run_cell(interactive *i, lg_buf *cell)
{
    lg_err err = {0};
    jp_bytes word, code = {lg_buf_str(cell), cell->len};
    if (is_blank(cell)) return true;
    if (jp_console_leaves(code)) return false;
    lg_cancel_clear(&main_terminal_cancel);
    lg_buf_clear(&i->screen.result);
    lg_status st = jp_console_asks(code, &word)
                       ? show_card(i, word, &err)
                       : main_terminal_execute(&i->screen, i->session, cell->data, cell->len, &err);
    if (st == LG_E_INTERRUPTED && i->screen.tty) fputc('\n', stderr); /* behind the ^C of the terminal */
    if (st) main_say_error(&err, cell->data);
    keep(i, cell);
    return true;
}

/* A secret that was typed into a cell is gone before anything can keep it. */
static bool clean(lg_buf *cell)
{
    lg_err err = {0};
    if (net_scrub_needed()) net_scrub_buf(cell);
    if (lg_buf_check(cell, &err) == LG_OK) return true;
    main_say_error(&err, NULL);
    return false;
}

/* The signal that ended it, or 0. */
static int serve(interactive *i)
{
    int ended_by = 0;
    editor_got got;
    lg_buf cell;
    lg_buf_init(&cell, CELL_LIMIT);
    for (bool on = true; on; lg_buf_clear(&cell)) {
        got = read_cell(i, &cell, &ended_by);
        if (got == EDITOR_END) break;
        if (got == EDITOR_CELL && clean(&cell)) on = run_cell(i, &cell);
    }
    lg_buf_release(&cell);
    return ended_by;
}

static lg_status open_all(interactive *i, lg_err *err)
{
    LG_TRY(main_set_up(err));
    LG_TRY(main_history_open(&i->cells, err));
    i->own = store_history_begin(i->cells);
    LG_TRY(cmd_workbench_new(&i->bench, err));
    cmd_workbench_keep_runs(i->bench);
    cmd_workbench_history(i->bench, i->cells);
    i->session = cmd_workbench_session(i->bench);
    return LG_OK;
}

int main_interactive(void)
{
    lg_err err = {0};
    int ended_by = 0;
    interactive i = {.prompt = true};
    main_terminal_open(&i.screen);
    lg_status st = open_all(&i, &err);
    if (st) {
        main_say_error(&err, NULL);
    } else {
        printf("Logolens " LG_VERSION ": `help` lists commands, Tab completes, fit? explains.\n");
        fflush(stdout);
        main_terminal_catch_interrupt(false);
        open_editor(&i);
        ended_by = serve(&i);
    }
    main_editor_free(i.editor);
    cmd_workbench_free(i.bench);
    store_history_free(i.cells);
    main_terminal_release(&i.screen);
    if (ended_by) {
        signal(ended_by, SIG_DFL);
        raise(ended_by);
    }
    return st ? MAIN_FAILED : MAIN_OK;
}
