/* terminal.c - `logolens run FILE`: the language in a terminal or a batch job, results as plain text.
 *
 * A live display is one line that changes in place on a terminal; elsewhere only its final form is printed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel/commands/workbench.h"
#include "kernel/main.h"
#include "lib/net/secret.h"
#include "lib/base/banned.h"

enum { SCRIPT_LIMIT = 64 << 20, LIVE_MOST = 16 };

typedef struct live_line {
    char id[64];
    lg_buf text; /* its newest form */
} live_line;

typedef struct terminal {
    dsl_out out;
    live_line live[LIVE_MOST];
    int count;
    bool tty, drawn; /* drawn: the last line on the screen is a live one */
} terminal;

static lg_cancel script_cancel;

/* The second Ctrl-C finds the default action and ends the process. */
static void on_interrupt(int signal_number)
{
    (void)signal_number;
    lg_cancel_set(&script_cancel);
}

/* ---- text ---- */
static void wipe_line(terminal *t)
{
    if (t->drawn) fputs("\r\033[K", stdout);
    t->drawn = false;
}

/* All that is printed passes here, and no secret does. */
static void put(FILE *to, const char *text, size_t len)
{
    lg_buf clean;
    if (!net_scrub_needed()) {
        fwrite(text, 1, len, to);
        return;
    }
    lg_buf_init(&clean, 0);
    lg_buf_add(&clean, text, len);
    net_scrub_buf(&clean);
    fwrite(lg_buf_str(&clean), 1, clean.len, to);
    lg_buf_release(&clean);
}

static void print_text(terminal *t, const char *text, size_t len)
{
    if (!len) return;
    wipe_line(t);
    put(stdout, text, len);
    if (text[len - 1] != '\n') fputc('\n', stdout);
    fflush(stdout);
}

static void terminal_stream(dsl_out *out, bool is_error, const char *text, size_t len)
{
    terminal *t = out->ctx;
    wipe_line(t);
    if (is_error) fflush(stdout);
    put(is_error ? stderr : stdout, text, len);
    fflush(is_error ? stderr : stdout);
}

static void terminal_result(dsl_out *out, const dsl_bundle *bundle)
{
    print_text(out->ctx, bundle->text, strlen(bundle->text));
}

/* ---- live displays ---- */
static live_line *find_live(terminal *t, const char *id)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->live[i].id, id) == 0) return &t->live[i];
    return NULL;
}

/* NULL when too many are open: then it is printed as a plain one. */
static live_line *open_live(terminal *t, const char *id)
{
    live_line *line = find_live(t, id);
    if (line || t->count == LIVE_MOST || strlen(id) >= sizeof line->id) return line;
    line = &t->live[t->count++];
    *line = (live_line){0};
    memcpy(line->id, id, strlen(id) + 1);
    lg_buf_init(&line->text, 0);
    return line;
}

/* Its bar, cut to the width of the terminal. */
static void draw_line(terminal *t, const lg_buf *text)
{
    size_t len;
    const char *line = plt_live_line(lg_buf_str(text), &len);
    if (!len) return;
    wipe_line(t);
    put(stdout, line, lg_utf8_offset(line, len, (size_t)t->out.columns - 1));
    fflush(stdout);
    t->drawn = true;
}

static void close_live(terminal *t, live_line *line)
{
    print_text(t, lg_buf_str(&line->text), line->text.len);
    wipe_line(t);
    lg_buf_release(&line->text);
    *line = t->live[--t->count];
}

static void terminal_display(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    terminal *t = out->ctx;
    (void)update;
    live_line *line = id ? open_live(t, id) : NULL;
    if (!line) {
        print_text(t, bundle->text, strlen(bundle->text));
        return;
    }
    lg_buf_clear(&line->text);
    lg_buf_adds(&line->text, bundle->text);
    if (t->tty) draw_line(t, &line->text);
}

static void terminal_display_end(dsl_out *out, const char *id)
{
    terminal *t = out->ctx;
    live_line *line = find_live(t, id);
    if (line) close_live(t, line);
}

static void terminal_clear(dsl_out *out, bool wait)
{
    terminal *t = out->ctx;
    (void)wait;
    if (t->tty) fputs("\033[2J\033[H", stdout);
}

static lg_status terminal_ask(dsl_out *out, const char *prompt, bool secret, lg_cancel *cancel, lg_buf *answer,
                              lg_err *err)
{
    wipe_line(out->ctx);
    fflush(stdout);
    return main_ask(prompt, secret, cancel, answer, err);
}

/* ---- the command ---- */
static int columns_of(int fd)
{
    struct winsize size = {0};
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 100;
}

static void open_terminal(terminal *t)
{
    *t = (terminal){.tty = isatty(STDOUT_FILENO) != 0};
    t->out = (dsl_out){.ctx = t,
                       .stream = terminal_stream,
                       .display = terminal_display,
                       .display_end = terminal_display_end,
                       .result = terminal_result,
                       .clear = terminal_clear,
                       .ask = terminal_ask,
                       .live = t->tty,
                       .columns = columns_of(STDOUT_FILENO)};
}

static int execute(terminal *t, dsl_session *session, const lg_buf *script)
{
    lg_err err = {0};
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    lg_status st = dsl_session_execute(session, lg_buf_str(script), script->len, &t->out, &script_cancel, &err);
    while (t->count) close_live(t, &t->live[0]);
    fflush(stdout);
    if (st) main_say_error(&err, lg_buf_str(script));
    return st == LG_OK ? MAIN_OK : st == LG_E_INTERRUPTED ? MAIN_INTERRUPTED : MAIN_FAILED;
}

int main_run_script(const char *path)
{
    lg_err err = {0};
    lg_buf script;
    terminal t;
    cmd_workbench *bench = NULL;
    lg_buf_init(&script, SCRIPT_LIMIT);
    lg_status st = main_read_file(path, SCRIPT_LIMIT, &script, &err);
    if (st == LG_OK) st = main_set_up(&err);
    if (st == LG_OK) st = cmd_workbench_new(&bench, &err);
    if (st == LG_OK) cmd_workbench_keep_runs(bench);
    if (st) main_say_error(&err, NULL);
    open_terminal(&t);
    int status = st ? MAIN_FAILED : execute(&t, cmd_workbench_session(bench), &script);
    cmd_workbench_free(bench);
    lg_buf_release(&script);
    return status;
}
