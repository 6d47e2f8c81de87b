/* terminal.c - results as plain text, in a terminal or a batch job; and `logolens run FILE`. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel/commands/workbench.h"
#include "kernel/main.h"
#include "kernel/terminal.h"
#include "lib/net/secret.h"
#include "lib/base/banned.h"

enum { SCRIPT_LIMIT = 64 << 20, NARROWEST = 20, UNKNOWN_WIDTH = 100, RESULT_LIMIT = 1 << 20 };

lg_cancel main_terminal_cancel;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    lg_cancel_set(&main_terminal_cancel);
}

void main_terminal_catch_interrupt(bool once)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = once ? (int)SA_RESETHAND : 0};
    sigaction(SIGINT, &action, NULL);
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

/* A screen breaks lines anywhere; where the text goes elsewhere its lines stay whole. */
static void print_text(terminal *t, const char *text, size_t len)
{
    if (!len) return;
    wipe_line(t);
    lg_buf lines;
    lg_buf_init(&lines, 0);
    if (t->tty && t->width > NARROWEST) main_terminal_wrap(text, len, t->width, &lines);
    bool wrapped = lines.len && !lines.failed;
    put(stdout, wrapped ? lg_buf_str(&lines) : text, wrapped ? lines.len : len);
    lg_buf_release(&lines);
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
    terminal *t = out->ctx;
    if (t->result.len) lg_buf_addc(&t->result, '\n');
    lg_buf_adds(&t->result, bundle->text);
    print_text(t, bundle->text, strlen(bundle->text));
}

/* ---- live displays ---- */
static terminal_live *find_live(terminal *t, const char *id)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->live[i].id, id) == 0) return &t->live[i];
    return NULL;
}

/* NULL when too many are open: then it is printed as a plain one. */
static terminal_live *open_live(terminal *t, const char *id)
{
    terminal_live *line = find_live(t, id);
    if (line || t->count == TERMINAL_LIVE_MOST || strlen(id) >= sizeof line->id) return line;
    line = &t->live[t->count++];
    *line = (terminal_live){0};
    memcpy(line->id, id, strlen(id) + 1);
    lg_buf_init(&line->text, 0);
    return line;
}

/* Where the last " · " of a text begins, or NULL. */
static const char *last_dot(const char *text, size_t len)
{
    static const char dot[] = " · ";
    for (size_t n = sizeof dot - 1; len >= n; len--)
        if (!memcmp(text + len - n, dot, n)) return text + len - n;
    return NULL;
}

/* Of a line that is too long the details in its middle go: how far it is comes first, how long it takes last. */
static void shorten(const char *line, size_t len, int columns, lg_buf *out)
{
    const char *last = lg_utf8_fit(line, len, columns) < len ? last_dot(line, len) : NULL;
    size_t head = last ? (size_t)(last - line) : len, tail = len - head;
    for (const char *dot = last; dot && (dot = last_dot(line, head));) {
        head = (size_t)(dot - line);
        lg_buf_clear(out);
        lg_buf_add(out, line, head);
        lg_buf_add(out, last, tail);
        if (lg_utf8_fit(lg_buf_str(out), out->len, columns) == out->len) return;
    }
    lg_buf_clear(out);
    lg_buf_add(out, line, lg_utf8_fit(line, len, columns));
}

/* Its bar, no longer than the terminal is wide. */
static void draw_line(terminal *t, const lg_buf *text)
{
    size_t len;
    lg_buf fits;
    const char *line = plt_live_line(lg_buf_str(text), &len);
    if (!len) return;
    lg_buf_init(&fits, 0);
    shorten(line, len, t->width - 1, &fits);
    wipe_line(t);
    put(stdout, lg_buf_str(&fits), fits.len);
    lg_buf_release(&fits);
    fflush(stdout);
    t->drawn = true;
}

static void close_live(terminal *t, terminal_live *line)
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
    terminal_live *line = id ? open_live(t, id) : NULL;
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
    terminal_live *line = find_live(t, id);
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

/* ---- running ---- */
/* 0: not known. */
static int columns_of(int fd)
{
    struct winsize size = {0};
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* A window may have another width each time. */
static void measure(terminal *t)
{
    int columns = columns_of(STDOUT_FILENO);
    t->width = columns > 1 ? columns : UNKNOWN_WIDTH;
    t->out.columns = t->width > NARROWEST ? t->width : NARROWEST;
}

void main_terminal_open(terminal *t)
{
    *t = (terminal){.tty = isatty(STDOUT_FILENO) != 0};
    lg_buf_init(&t->result, RESULT_LIMIT);
    t->out = (dsl_out){.ctx = t,
                       .stream = terminal_stream,
                       .display = terminal_display,
                       .display_end = terminal_display_end,
                       .result = terminal_result,
                       .clear = terminal_clear,
                       .ask = terminal_ask,
                       .live = t->tty};
    measure(t);
}

void main_terminal_release(terminal *t)
{
    lg_buf_release(&t->result);
}

lg_status main_terminal_execute(terminal *t, dsl_session *session, const char *code, size_t len, lg_err *err)
{
    measure(t);
    lg_buf_clear(&t->result);
    lg_status st = dsl_session_execute(session, code, len, &t->out, &main_terminal_cancel, err);
    while (t->count) close_live(t, &t->live[0]);
    fflush(stdout);
    return st;
}

/* ---- the command ---- */
static int run_script(terminal *t, dsl_session *session, const lg_buf *script)
{
    lg_err err = {0};
    main_terminal_catch_interrupt(true);
    lg_status st = main_terminal_execute(t, session, lg_buf_str(script), script->len, &err);
    if (st) main_say_error(&err, lg_buf_str(script));
    return st == LG_OK ? MAIN_OK : st == LG_E_INTERRUPTED ? MAIN_INTERRUPTED : MAIN_FAILED;
}

int main_run_script(const char *path)
{
    lg_err err = {0};
    lg_buf script;
    terminal t;
    cmd_workbench *bench = NULL;
    store_history *cells = NULL; /* a script's lines are not kept; it may take out what others left */
    lg_buf_init(&script, SCRIPT_LIMIT);
    lg_status st = main_read_file(path, SCRIPT_LIMIT, &script, &err);
    if (st == LG_OK) st = main_set_up(&err);
    if (st == LG_OK) st = cmd_workbench_new(&bench, &err);
    if (st == LG_OK) cmd_workbench_keep_runs(bench);
    if (st == LG_OK) st = main_history_open(&cells, &err);
    if (st == LG_OK) cmd_workbench_history(bench, cells);
    if (st) main_say_error(&err, NULL);
    main_terminal_open(&t);
    int status = st ? MAIN_FAILED : run_script(&t, cmd_workbench_session(bench), &script);
    main_terminal_release(&t);
    cmd_workbench_free(bench);
    store_history_free(cells);
    lg_buf_release(&script);
    return status;
}
