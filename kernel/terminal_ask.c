/* terminal_ask.c - a question on a terminal: what is typed as an answer need not be seen. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "kernel/main.h"
#include "lib/net/secret.h"
#include "lib/base/banned.h"

enum { LINE_MOST = 8192, LOOK_AGAIN = 50 /* milliseconds */ };

/* A signal that ends or stops the program would leave a terminal behind that shows nothing: it waits until that is
 * undone. Who was stopped goes on without an answer. */
static volatile sig_atomic_t ended_by;
static const int ending[] = {SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { ENDINGS = sizeof ending / sizeof *ending };

static void on_end(int number)
{
    ended_by = number;
}

typedef struct quiet {
    struct termios before;
    struct sigaction action[ENDINGS];
    bool hidden;
} quiet;

static void quiet_begin(quiet *q, bool secret)
{
    struct sigaction action = {.sa_handler = on_end};
    struct termios now;
    q->hidden = secret && tcgetattr(STDIN_FILENO, &q->before) == 0;
    ended_by = 0;
    for (int i = 0; i < ENDINGS; i++) sigaction(ending[i], &action, &q->action[i]);
    if (!q->hidden) return;
    now = q->before;
    now.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
}

static void quiet_end(const quiet *q)
{
    if (q->hidden) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &q->before);
        fputc('\n', stderr);
    }
    for (int i = 0; i < ENDINGS; i++) sigaction(ending[i], &q->action[i], NULL);
    if (ended_by) raise(ended_by);
}

static lg_status closed(lg_err *err)
{
    lg_fail(err, LG_E_DATA, 508, "there was no answer to the question");
    return lg_why(err, "the input was closed");
}

static lg_status read_line(lg_cancel *cancel, char line[LINE_MOST], size_t *len, lg_err *err)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    for (*len = 0; !*len || line[*len - 1] != '\n';) {
        LG_TRY(lg_cancel_check(cancel, err));
        if (ended_by) return closed(err);
        if (*len == LINE_MOST) return lg_fail(err, LG_E_LIMIT, 508, "the answer to the question is too long");
        if (poll(&in, 1, LOOK_AGAIN) <= 0) continue;
        ssize_t n = read(STDIN_FILENO, line + *len, LINE_MOST - *len);
        if (n > 0) *len += (size_t)n;
        else if (n == 0 || (errno != EINTR && errno != EAGAIN)) return closed(err);
    }
    --*len;
    return LG_OK;
}

lg_status main_ask(const char *prompt, bool secret, lg_cancel *cancel, lg_buf *answer, lg_err *err)
{
    char line[LINE_MOST];
    size_t len = 0;
    quiet q;
    if (!isatty(STDIN_FILENO)) return LG_E_UNSUPPORTED;
    quiet_begin(&q, secret);
    fputs(prompt, stderr);
    fflush(stderr);
    lg_status st = read_line(cancel, line, &len, err);
    if (st && !q.hidden && err->code == 508) fputc('\n', stderr); /* Ctrl-D leaves the cursor behind the question */
    quiet_end(&q);
    if (st == LG_OK) lg_buf_add(answer, line, len);
    net_forget(line, sizeof line);
    return st == LG_OK ? lg_buf_check(answer, err) : st;
}
