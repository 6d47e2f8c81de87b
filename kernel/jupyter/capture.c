/* capture.c - two pipes in the place of descriptors 1 and 2. */
#include "kernel/jupyter/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/jupyter/output.h"
#include "lib/base/confine.h"
#if LG_SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif
#include "lib/base/banned.h"

enum { BLOCK = 16 << 10, PIPE = 64 << 10 };

/* ---- dying ---- */
static int last_words[JP_CAPTURED], last_place = -1;

/* What a library said before it gave up (an assertion, say) must not end with the pipe it is in. */
static void hand_on_last_words(int signal_number)
{
    char block[512];
    for (int i = 0; i < JP_CAPTURED; i++) {
        ssize_t n;
        while ((n = read(last_words[i], block, sizeof block)) > 0)
            if (!lg_takes(last_place) || write(last_place, block, (size_t)n) != n) break;
    }
    raise(signal_number); /* the handler is reset: this ends the process when we return */
}

static void expect_the_worst(const jp_capture *capture)
{
    static const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    struct sigaction act = {.sa_handler = hand_on_last_words, .sa_flags = (int)SA_RESETHAND};
    for (int i = 0; i < JP_CAPTURED; i++) last_words[i] = capture->end[i];
    last_place = capture->kept[1];
    size_t count = LG_SANITIZED ? 1 : sizeof numbers / sizeof *numbers; /* they have handlers of their own for faults */
    for (size_t i = 0; i < count; i++) sigaction(numbers[i], &act, NULL);
}

/* ---- opening and closing ---- */
void jp_capture_init(jp_capture *capture)
{
    *capture = (jp_capture){.end = {-1, -1}, .kept = {-1, -1}};
    pthread_mutex_init(&capture->lock, NULL);
}

static bool redirect(jp_capture *capture, int which)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return false;
    capture->end[which] = ends[0];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    capture->kept[which] = fcntl(which + 1, F_DUPFD_CLOEXEC, 3);
    bool done = capture->kept[which] >= 0 && dup2(ends[1], which + 1) >= 0;
    close(ends[1]);
    return done;
}

static void log_goes_to(int fd)
{
    lg_log_fd(fd);
#if LG_SANITIZED
    __sanitizer_set_report_fd((void *)(intptr_t)fd); /* NOLINT: the interface wants a pointer */
#endif
}

void jp_capture_open(jp_capture *capture)
{
    fflush(stdout);
    atomic_store(&capture->on, true);
    if (redirect(capture, 0) && redirect(capture, 1)) {
        log_goes_to(capture->kept[1]);
        expect_the_worst(capture);
        return;
    }
    int why = errno;
    jp_capture_close(capture);
    lg_log(LG_LOG_WARN, "what libraries print is not shown in cells: %s", strerror(why));
}

void jp_capture_close(jp_capture *capture)
{
    if (!atomic_load(&capture->on)) return;
    /* not jp_capture_drain: a library that still prints may wait for room in a pipe, with stdout locked */
    for (int i = 0; i < JP_CAPTURED; i++) jp_capture_take(capture, i);
    pthread_mutex_lock(&capture->lock);
    atomic_store(&capture->on, false);
    log_goes_to(STDERR_FILENO);
    for (int i = 0; i < JP_CAPTURED; i++) {
        if (capture->kept[i] >= 0) dup2(capture->kept[i], i + 1), close(capture->kept[i]);
        if (capture->end[i] >= 0) close(capture->end[i]);
        capture->kept[i] = capture->end[i] = last_words[i] = -1;
    }
    pthread_mutex_unlock(&capture->lock);
}

/* ---- reading ---- */
void jp_capture_begin(jp_capture *capture, struct jp_output *output)
{
    pthread_mutex_lock(&capture->lock);
    capture->output = output;
    pthread_mutex_unlock(&capture->lock);
}

void jp_capture_forget(jp_capture *capture, const struct jp_output *output)
{
    pthread_mutex_lock(&capture->lock);
    if (capture->output == output) capture->output = NULL;
    pthread_mutex_unlock(&capture->lock);
}

/* Without waiting for whoever reads it: this may be the I/O thread. */
static void to_the_log(int fd, const char *text, size_t len)
{
    while (len && lg_takes(fd)) {
        ssize_t n = write(fd, text, len < LG_AT_ONCE ? len : LG_AT_ONCE);
        if (n <= 0) return;
        text += n;
        len -= (size_t)n;
    }
}

bool jp_capture_take(jp_capture *capture, int which)
{
    char block[BLOCK];
    ssize_t n = 1;
    pthread_mutex_lock(&capture->lock);
    for (size_t all = 0; atomic_load(&capture->on) && all < PIPE && n > 0; all += (size_t)n) {
        n = read(capture->end[which], block, sizeof block);
        if (n > 0 && capture->output) jp_output_captured(capture->output, which == 1, block, (size_t)n);
        else if (n > 0) to_the_log(capture->kept[which], block, (size_t)n);
        if (n < 0) break;
    }
    pthread_mutex_unlock(&capture->lock);
    return n != 0;
}

void jp_capture_drain(jp_capture *capture)
{
    if (!atomic_load(&capture->on)) return;
    fflush(stdout);
    for (int i = 0; i < JP_CAPTURED; i++) jp_capture_take(capture, i);
}

double jp_capture_due(jp_capture *capture, double now)
{
    double due = -1;
    pthread_mutex_lock(&capture->lock);
    if (atomic_load(&capture->on)) due = capture->output ? jp_output_due(capture->output, now) : 0;
    pthread_mutex_unlock(&capture->lock);
    return due;
}
