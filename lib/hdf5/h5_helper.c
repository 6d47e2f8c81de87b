/* h5_helper.c - the kernel's side: a process for each file. */
#include "lib/hdf5/h5_helper.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/base/spawn.h"
#include "lib/base/banned.h"

enum { LOOK_MS = 100, WALL_FACTOR = 12, PIPE_BYTES = 1 << 20, BYTES_A_SECOND = 16 << 20 };
#define CPU_SECONDS 10.0
/* Address space that the library and its work take beside what is in proportion to the file. */
#define MEMORY_FREE  ((uint64_t)512 << 20)
#define MEMORY_TIMES 8

static struct {
    pthread_mutex_t lock;
    char program[4096]; /* "": none */
    double seconds;
} setup = {.lock = PTHREAD_MUTEX_INITIALIZER};

void h5_setup(const h5_options *options)
{
    pthread_mutex_lock(&setup.lock);
    snprintf(setup.program, sizeof setup.program, "%s", options->program ? options->program : "");
    setup.seconds = options->seconds > 0 ? options->seconds : CPU_SECONDS;
    pthread_mutex_unlock(&setup.lock);
}

typedef struct helper {
    const char *file;
    pid_t pid;
    int answer; /* the pipe's end to read from */
    double end; /* by lg_now */
    double seconds;
    lg_cancel *cancel;
} helper;

/* ---- messages ---- */
static lg_status no_helper(const char *file, const char *why, lg_err *err)
{
    lg_fail(err, LG_E_UNSUPPORTED, 366, "`%.200s` cannot be handled: HDF5 has a helper process of its own", file);
    lg_why(err, "it cannot be started here: %s", why);
    return lg_try(err, "use safetensors, which needs no helper");
}

static lg_status nonsense(const helper *h, lg_err *err)
{
    return nn_named_damaged(h->file, err, "its reader answered what cannot be");
}

static lg_status too_long(const helper *h, lg_err *err)
{
    return nn_named_damaged(h->file, err, "it takes more than %.3g s", h->seconds);
}

/* ---- the question ---- */
static bool write_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += n, len -= (size_t)n;
    }
    return true;
}

/* A file without a name that nobody can change any more; -1. */
static int make_memory(const h5_ask *ask, const h5_bytes *parts, int count)
{
    static const char zeros[H5_ASK_AT];
    int fd = memfd_create("logolens-weights", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool whole = fd >= 0 && write_all(fd, ask, sizeof *ask) && write_all(fd, zeros, H5_ASK_AT - sizeof *ask);
    for (int i = 0; whole && i < count; i++) whole = write_all(fd, parts[i].data, parts[i].len);
    if (whole) whole = fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
    if (whole) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

static lg_status start(helper *h, const char *program, const h5_ask *ask, const h5_bytes *parts, int count, lg_err *err)
{
    int ends[2];
    if (!*program) return no_helper(h->file, "this program was not told of one", err);
    int memory = make_memory(ask, parts, count);
    if (memory < 0) return no_helper(h->file, strerror(errno), err);
    int failed = pipe2(ends, O_CLOEXEC) ? errno : 0;
    if (!failed) {
        const lg_given given[] = {{memory, STDIN_FILENO}, {ends[1], STDOUT_FILENO}};
        fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* where that is refused, 64 KB do too */
        failed = lg_spawn(program, (const char *const[]){"sandbox", "weights", NULL}, given, 2, &h->pid);
        close(ends[1]);
        if (failed) close(ends[0]);
        else h->answer = ends[0];
    }
    close(memory);
    return failed ? no_helper(h->file, strerror(failed), err) : LG_OK;
}

/* ---- the answer ---- */
/* Ends it, whatever it is doing; what waitpid says. */
static int end_helper(helper *h)
{
    int status = 0;
    pid_t gone = waitpid(h->pid, &status, WNOHANG);
    if (gone == 0) kill(h->pid, SIGKILL); /* still ours, so the number is */
    while (gone == 0 && (gone = waitpid(h->pid, &status, 0)) < 0 && errno == EINTR) gone = 0;
    h->pid = 0;
    return gone < 0 ? 0 : status;
}

static int wait_for_end(helper *h)
{
    int status = 0;
    pid_t gone;
    while ((gone = waitpid(h->pid, &status, 0)) < 0 && errno == EINTR) {
    }
    h->pid = 0;
    return gone < 0 ? 0 : status;
}

/* The pipe is closed, so it has ended or is about to. */
static lg_status say_gone(helper *h, lg_err *err)
{
    int status = wait_for_end(h);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) return too_long(h, err);
    if (WIFSIGNALED(status))
        return nn_named_damaged(h->file, err, "its reader crashed (signal %d) in the sandboxed helper",
                                WTERMSIG(status));
    if (WEXITSTATUS(status) == 2) return no_helper(h->file, "it is of another version", err);
    return nn_named_damaged(h->file, err, "its reader crashed in the sandboxed helper");
}

/* Exactly len bytes, watching the time and the user meanwhile. */
static lg_status receive(helper *h, void *out, size_t len, lg_err *err)
{
    char *at = out;
    while (len) {
        struct pollfd line = {.fd = h->answer, .events = POLLIN};
        LG_TRY(lg_cancel_check(h->cancel, err));
        if (lg_now() > h->end) return too_long(h, err);
        int ready = poll(&line, 1, LOOK_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        ssize_t n = ready < 0 ? -1 : read(h->answer, at, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return say_gone(h, err);
        at += n, len -= (size_t)n;
    }
    return LG_OK;
}

static lg_status take_config(helper *h, uint64_t len, h5_answer *answer, lg_err *err)
{
    if (answer->config || len > H5_CONFIG_MOST) return nonsense(h, err);
    answer->config = lg_alloc((size_t)len + 1, 1, err);
    if (!answer->config) return err->status;
    LG_TRY(receive(h, answer->config, (size_t)len, err));
    bool text = strlen(answer->config) == len && lg_utf8_valid(answer->config, (size_t)len) == len;
    return text ? LG_OK : nonsense(h, err);
}

/* size: of all that is announced. */
static lg_status take_body(helper *h, uint64_t len, uint64_t *size, lg_buf *body, lg_err *err)
{
    if (len > *size) return nonsense(h, err);
    *size -= len;
    if (!lg_buf_reserve(body, (size_t)len)) return lg_buf_check(body, err);
    LG_TRY(receive(h, body->data + body->len, (size_t)len, err));
    body->len += (size_t)len;
    body->data[body->len] = 0;
    return LG_OK;
}

/* A failure's own words, if they can be those of our helper. */
static lg_status take_failure(helper *h, const h5_end *end, lg_err *err)
{
    static const int codes[] = {361, 362, 363, 366, 504, 901};
    bool known = end->status < LG_E_INTERRUPTED && end->msg[0] && memchr(end->msg, 0, sizeof end->msg) &&
                 memchr(end->why, 0, sizeof end->why) && memchr(end->hint, 0, sizeof end->hint);
    bool listed = false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) listed |= codes[i] == end->code;
    if (!known || !listed) return nonsense(h, err);
    lg_fail(err, (lg_status)end->status, end->code, "%s", end->msg);
    if (end->why[0]) lg_why(err, "%s", end->why);
    return end->hint[0] ? lg_try(err, "%s", end->hint) : err->status;
}

static lg_status take_end(helper *h, const h5_head *head, uint64_t size, h5_answer *answer, lg_err *err)
{
    h5_end end;
    if (head->len != sizeof end) return nonsense(h, err);
    LG_TRY(receive(h, &end, sizeof end, err));
    if (end.status) return take_failure(h, &end, err);
    answer->counted = end.counted != 0;
    return size ? nonsense(h, err) : LG_OK;
}

static lg_status take_answer(helper *h, uint64_t most, h5_answer *answer, lg_err *err)
{
    h5_head head;
    uint64_t size = 0;
    bool told = false;
    for (;;) {
        LG_TRY(receive(h, &head, sizeof head, err));
        if (head.piece == H5_CONFIG) {
            LG_TRY(take_config(h, head.len, answer, err));
        } else if (head.piece == H5_SIZE && !told && head.len <= most) {
            size = head.len, told = true;
            if (!lg_buf_reserve(answer->body, (size_t)size)) return lg_buf_check(answer->body, err);
        } else if (head.piece == H5_BODY) {
            LG_TRY(take_body(h, head.len, &size, answer->body, err));
        } else if (head.piece == H5_END) {
            LG_TRY(take_end(h, &head, size, answer, err));
            return told ? LG_OK : nonsense(h, err);
        } else {
            return nonsense(h, err);
        }
    }
}

/* What does not fit the kernel's own memory is no fault of the file. */
static lg_status ask_program(h5_ask *ask, const char *program, const h5_bytes *parts, int count, uint64_t most,
                             helper *h, h5_answer *answer, lg_err *err)
{
    size_t before = answer->body->len;
    lg_status st = start(h, program, ask, parts, count, err);
    if (st == LG_OK) {
        h->end = lg_now() + h->seconds * WALL_FACTOR;
        st = take_answer(h, most, answer, err);
        close(h->answer);
        if (h->pid) end_helper(h);
    }
    if (st == LG_OK) return LG_OK;
    lg_free(answer->config);
    answer->config = NULL;
    answer->body->len = before;
    if (answer->body->data) answer->body->data[before] = 0;
    return st;
}

lg_status h5_helper_ask(h5_ask *ask, const h5_bytes *parts, int count, uint64_t most, lg_cancel *cancel,
                        h5_answer *answer, lg_err *err)
{
    char program[sizeof setup.program];
    pthread_mutex_lock(&setup.lock);
    memcpy(program, setup.program, sizeof program);
    double seconds = setup.seconds + (double)ask->len / BYTES_A_SECOND;
    pthread_mutex_unlock(&setup.lock);
    ask->size = sizeof *ask;
    ask->seconds = (uint32_t)(seconds < 1 ? 1 : seconds);
    ask->memory = MEMORY_FREE + MEMORY_TIMES * ask->len;
    helper h = {.file = ask->file, .answer = -1, .seconds = seconds, .cancel = cancel};
    answer->config = NULL;
    return ask_program(ask, program, parts, count, most, &h, answer, err);
}
