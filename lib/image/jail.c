/* jail.c - the team of helpers: starting them, handing over, watching, and not believing what comes back. */
#include "lib/image/jail.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "lib/base/confine.h"
#include "lib/base/spawn.h"
#include "lib/image/jail_parts.h"
#include "lib/base/banned.h"

enum {
    MOST = 32,         /* helpers */
    START_SECONDS = 20 /* until a new one is ready; a machine may be busy */
};
#define CPU_SECONDS 10.0              /* of one file where the options say nothing */
#define WALL_FACTOR 12                /* times that much by the clock: it may share its core */
#define KEPT_BYTES  ((size_t)2 << 20) /* of each area, between pictures; what larger ones took is given back */

typedef struct helper {
    pid_t pid;           /* 0: none */
    int socket;          /* question and answer, one byte each */
    int lifeline;        /* nothing is written to it; closing it ends the helper */
    clockid_t clock;     /* its processor time */
    int core;            /* where it is held; -1: anywhere */
    img_jail_page *page; /* shared with it */
    img_lender lender;   /* of the picture that lies there, while somebody looks at it */
    size_t file, pixels; /* bytes of the page's areas that were used last */
} helper;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    char program[4096]; /* "": decode in this process */
    double seconds;
    bool cannot_start;
    bool busy[MOST]; /* a thread uses it, or is starting it: only that one touches the helper */
    helper team[MOST];
} jail = {.lock = PTHREAD_MUTEX_INITIALIZER, .given_back = PTHREAD_COND_INITIALIZER};

/* ---- the end of a helper ---- */
static void close_fd(int fd)
{
    if (fd >= 0) close(fd);
}

/* Whatever it is doing. Returns what waitpid says, or 0 when somebody else has waited for it. */
static int end_helper(helper *h)
{
    int status = 0;
    close_fd(h->lifeline);
    close_fd(h->socket);
    if (h->pid > 0) {
        pid_t gone = waitpid(h->pid, &status, WNOHANG);
        if (gone == 0) kill(h->pid, SIGKILL); /* still ours, so the number is */
        while (gone == 0 && (gone = waitpid(h->pid, &status, 0)) < 0 && errno == EINTR) gone = 0;
        if (gone != h->pid) status = 0;
    }
    if (h->page) munmap(h->page, JAIL_SIZE);
    *h = (helper){.socket = -1, .lifeline = -1};
    return status;
}

/* ---- the start of a helper ---- */
typedef struct ends {
    int socket, memory, lifeline; /* the child's */
} ends;

static bool open_ends(helper *h, ends *child)
{
    int pair[2], line[2];
    *child = (ends){-1, -1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return false;
    h->socket = pair[0];
    child->socket = pair[1];
    if (pipe2(line, O_CLOEXEC)) return false;
    h->lifeline = line[1];
    child->lifeline = line[0];
    child->memory = memfd_create("logolens-picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (child->socket < 0 || child->lifeline < 0 || child->memory < 0) return false;
    /* Of a smaller file the helper could take away pages under our feet. */
    if (ftruncate(child->memory, (off_t)JAIL_SIZE)) return false;
    if (fcntl(child->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) return false;
    h->page = mmap(NULL, JAIL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, child->memory, 0);
    if (h->page == MAP_FAILED) h->page = NULL;
    return h->page != NULL;
}

static int spawn(helper *h, const char *program, const ends *child)
{
    const lg_given given[] = {
        {child->socket, JAIL_SOCKET}, {child->memory, JAIL_MEMORY}, {child->lifeline, JAIL_LIFELINE}};
    return lg_spawn(program, (const char *const[]){"sandbox", NULL}, given, 3, &h->pid);
}

/* ---- one turn ---- */
typedef enum turn { TURN_DONE, TURN_GONE, TURN_TOO_LONG } turn;

static void set_patience(int socket, double seconds)
{
    time_t whole = (time_t)seconds;
    struct timeval t = {.tv_sec = whole, .tv_usec = (suseconds_t)((seconds - (double)whole) * 1e6)};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
}

static double cpu_of(const helper *h)
{
    struct timespec t = {0};
    clock_gettime(h->clock, &t); /* of one that is gone: 0 */
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The helper runs where its caller ran and now waits: waking another core, which may sleep, takes ten times as long as
 * the whole hand-over. One that works for longer may go anywhere again. */
static void hold_at(helper *h, int core)
{
    cpu_set_t cores;
    if (core == h->core) return;
    CPU_ZERO(&cores);
    if (core >= 0 && core < CPU_SETSIZE) CPU_SET(core, &cores);
    else if (sched_getaffinity(0, sizeof cores, &cores)) return;
    if (sched_setaffinity(h->pid, sizeof cores, &cores) == 0) h->core = core;
}

/* Waits for the helper's byte; looks at its processor time now and then (the socket's patience). */
static turn await(helper *h, double cpu_limit, double wall_limit)
{
    char byte;
    double start = lg_now(), cpu = cpu_of(h);
    for (;;) {
        ssize_t n = recv(h->socket, &byte, 1, 0);
        if (n == 1) return TURN_DONE;
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) return TURN_GONE;
        hold_at(h, -1);
        if (cpu_of(h) - cpu > cpu_limit || lg_now() - start > wall_limit) return TURN_TOO_LONG;
    }
}

/* With the helper's byte everything is ready: it has given up all else by then. */
static const char *start_helper(helper *h, const char *program, double seconds)
{
    ends child;
    *h = (helper){.socket = -1, .lifeline = -1, .core = -1};
    const char *why = open_ends(h, &child) ? NULL : "no memory or descriptors to share";
    int failed = why ? 0 : spawn(h, program, &child);
    close_fd(child.socket);
    close_fd(child.memory);
    close_fd(child.lifeline);
    if (failed) why = strerror(failed);
    if (!why && clock_getcpuclockid(h->pid, &h->clock)) why = "its time cannot be told";
    if (!why) {
        set_patience(h->socket, seconds < 1 ? seconds / 4 : 0.25);
        if (await(h, START_SECONDS, START_SECONDS) != TURN_DONE) why = "it does not answer";
        else if (h->page->size != sizeof *h->page) why = "it is of another version";
    }
    return why;
}

/* ---- whose turn it is ---- */
static void warn_once(const char *what, const char *why)
{
    lg_log(LG_LOG_WARN, "%s: %s; `logolens sandbox --check` tells more", what, why);
}

static helper *find(bool (*wanted)(const helper *))
{
    for (int i = 0; i < MOST; i++)
        if (wanted(&jail.team[i])) return &jail.team[i];
    return NULL;
}
static bool *busy(const helper *h)
{
    return &jail.busy[h - jail.team];
}
static bool is_idle(const helper *h)
{
    return !*busy(h) && h->pid;
}
static bool is_near(const helper *h)
{
    return is_idle(h) && h->core == sched_getcpu();
}
static bool is_free(const helper *h)
{
    return !*busy(h) && !h->pid;
}
static bool is_busy(const helper *h)
{
    return *busy(h);
}

/* Starts one without holding the lock. */
static bool start_outside_lock(helper *h)
{
    static bool told; /* under the lock */
    char program[sizeof jail.program];
    double seconds = jail.seconds;
    memcpy(program, jail.program, sizeof program);
    *busy(h) = true;
    pthread_mutex_unlock(&jail.lock);
    const char *why = start_helper(h, program, seconds);
    bool bare = !why && !(h->page->confined & LG_CONFINED_CALLS);
    if (why) end_helper(h);
    pthread_mutex_lock(&jail.lock);
    if (why && !jail.cannot_start) warn_once("pictures are decoded without the sandboxed helper", why);
    if (bare && !told) warn_once("pictures are decoded in a helper that is not confined", "this system has no seccomp");
    told |= bare;
    if (!why) return true;
    *busy(h) = false;
    jail.cannot_start = true;
    pthread_cond_broadcast(&jail.given_back);
    return false;
}

/* A helper for this thread, or NULL: decode here. */
static helper *take(double *seconds)
{
    helper *h = NULL;
    pthread_mutex_lock(&jail.lock);
    *seconds = jail.seconds;
    while (jail.program[0]) {
        if ((h = find(is_near)) || (h = find(is_idle))) {
            *busy(h) = true;
            break;
        }
        h = jail.cannot_start ? NULL : find(is_free);
        if (h && start_outside_lock(h)) break;
        h = NULL;
        if (jail.cannot_start && !find(is_busy)) break;
        if (!find(is_idle) && find(is_busy)) pthread_cond_wait(&jail.given_back, &jail.lock);
    }
    pthread_mutex_unlock(&jail.lock);
    return h;
}

/* All who wait are told: of a helper that has ended, and where none can be started, each of them decodes by itself. */
static void give_back(helper *h)
{
    pthread_mutex_lock(&jail.lock);
    *busy(h) = false;
    pthread_cond_broadcast(&jail.given_back);
    pthread_mutex_unlock(&jail.lock);
}

/* ---- the answer ---- */
static bool within(int32_t v, int32_t least, int32_t most)
{
    return v >= least && v <= most;
}

bool img_jail_plausible(const img_jail_ask *ask, const img_jail_answer *a)
{
    lg_status st = (lg_status)a->status;
    if (!memchr(a->why, 0, sizeof a->why)) return false;
    for (const char *s = a->why; *s; s++) /* our own words are plain; a terminal obeys others */
        if (*s < ' ' || *s > '~') return false;
    if (a->status != LG_OK)
        return (st == LG_E_FORMAT || st == LG_E_LIMIT || st == LG_E_UNSUPPORTED || st == LG_E_MEMORY);
    bool scale = a->scale == 1 || a->scale == 2 || a->scale == 4 || a->scale == 8;
    if (!scale || !within(a->full_w, 1, IMG_MAX_SIDE) || !within(a->full_h, 1, IMG_MAX_SIDE)) return false;
    return (int64_t)a->full_w * a->full_h <= ask->max_pixels && a->w == (a->full_w + a->scale - 1) / a->scale &&
           a->h == (a->full_h + a->scale - 1) / a->scale && (a->c == 1 || a->c == 3) &&
           (!ask->channels || a->c == ask->channels) && (a->channels == 1 || a->channels == 3) &&
           within(a->orientation, 1, 8) && within(a->format, IMG_JPEG, IMG_BMP);
}

static void take_back(img_lender *self);

static lg_status take_picture(const img_jail_answer *a, helper *h, bool lend, img_picture *out, img_info *info,
                              lg_err *err)
{
    img_picture there = {.h = a->h, .w = a->w, .c = a->c, .px = img_jail_pixels(h->page), .lender = &h->lender};
    if (a->status == LG_E_MEMORY)
        return img_bad(err, LG_E_LIMIT, "decoding it takes more than the %u MB there are for it", IMG_MAX_MEMORY >> 20);
    if (a->status) return img_bad(err, (lg_status)a->status, "%s", a->why);
    h->lender.take_back = take_back;
    if (lend) *out = there;
    else LG_TRY(img_picture_copy(out, there.px, a->h, a->w, a->c, err));
    if (!info) return LG_OK;
    *info = (img_info){.format = (img_format)a->format,
                       .w = a->full_w,
                       .h = a->full_h,
                       .channels = a->channels,
                       .orientation = a->orientation,
                       .scale = a->scale,
                       .alpha = a->alpha != 0,
                       .repaired = a->repaired != 0};
    info->view = img_view_of(info, a->w, a->h);
    return LG_OK;
}

/* Pages of the shared memory stay where they were used; few pictures are large. */
static void give_memory_back(helper *h)
{
    if (h->file > KEPT_BYTES) madvise(img_jail_file(h->page) + KEPT_BYTES, IMG_MAX_BYTES - KEPT_BYTES, MADV_REMOVE);
    if (h->pixels > KEPT_BYTES)
        madvise(img_jail_pixels(h->page) + KEPT_BYTES, JAIL_SIZE - JAIL_PIXEL_AT - KEPT_BYTES, MADV_REMOVE);
    h->file = h->pixels = 0;
}

static void take_back(img_lender *self)
{
    helper *h = (helper *)((char *)self - offsetof(helper, lender));
    give_memory_back(h);
    give_back(h);
}

static lg_status say_crashed(int status, lg_err *err)
{
    if (WIFSIGNALED(status))
        return img_bad(err, LG_E_FORMAT, "its decoder crashed (signal %d) in the sandboxed helper", WTERMSIG(status));
    return img_bad(err, LG_E_FORMAT, "its decoder crashed in the sandboxed helper");
}

/* Asks, waits, reads. *unheard: it had ended before it was asked, so this file is not to blame. */
static lg_status ask_helper(helper *h, const img_jail_ask *ask, const void *bytes, double seconds, bool lend,
                            img_picture *out, img_info *info, bool *unheard, lg_err *err)
{
    char byte = 1;
    h->page->ask = *ask;
    memcpy(img_jail_file(h->page), bytes, ask->len);
    hold_at(h, sched_getcpu());
    *unheard = send(h->socket, &byte, 1, MSG_NOSIGNAL) != 1;
    turn how = *unheard ? TURN_GONE : await(h, seconds, seconds * WALL_FACTOR);
    if (how != TURN_DONE) {
        int status = end_helper(h);
        if (*unheard) return LG_OK;
        if (how == TURN_GONE) return say_crashed(status, err);
        return img_bad(err, LG_E_LIMIT, "decoding it takes more than %g s", seconds);
    }
    img_jail_answer answer = h->page->answer;  /* a copy, that no longer changes, */
    atomic_signal_fence(memory_order_seq_cst); /* nor may the compiler read the page again in its place */
    bool sound = img_jail_plausible(ask, &answer);
    if (!sound) {
        end_helper(h);
        return img_bad(err, LG_E_FORMAT, "its decoder answered what cannot be");
    }
    h->file = ask->len;
    h->pixels = answer.status ? 0 : (size_t)answer.h * (size_t)answer.w * (size_t)answer.c;
    return take_picture(&answer, h, lend, out, info, err);
}

static lg_status decode(const void *bytes, size_t len, const img_decode_options *want, bool lend, img_picture *out,
                        img_info *info, lg_err *err)
{
    img_decode_options asked = want ? *want : (img_decode_options){0};
    if (!asked.max_bytes || asked.max_bytes > IMG_MAX_BYTES) asked.max_bytes = IMG_MAX_BYTES;
    if (!asked.max_pixels || asked.max_pixels > IMG_MAX_PIXELS) asked.max_pixels = IMG_MAX_PIXELS;
    if (!len || len > asked.max_bytes) return img_decode(bytes, len, &asked, out, info, err); /* refused by length */
    const img_jail_ask ask = {.len = len,
                              .max_pixels = asked.max_pixels,
                              .max_bytes = asked.max_bytes,
                              .channels = asked.channels,
                              .min_w = asked.min_w,
                              .min_h = asked.min_h};
    for (;;) {
        double seconds;
        bool unheard = false;
        helper *h = take(&seconds);
        if (!h) return img_decode(bytes, len, &asked, out, info, err);
        lg_status st = ask_helper(h, &ask, bytes, seconds, lend, out, info, &unheard, err);
        if (!lend || st || unheard) take_back(&h->lender);
        if (!unheard) return st;
    }
}

lg_status img_jail_decode(const void *bytes, size_t len, const img_decode_options *want, img_picture *out,
                          img_info *info, lg_err *err)
{
    return decode(bytes, len, want, false, out, info, err);
}

lg_status img_jail_lend(const void *bytes, size_t len, const img_decode_options *want, img_picture *out, img_info *info,
                        lg_err *err)
{
    return decode(bytes, len, want, true, out, info, err);
}

/* ---- set-up ---- */
void img_jail_stop(void)
{
    pthread_mutex_lock(&jail.lock);
    for (helper *h; (h = find(is_idle));) end_helper(h);
    pthread_mutex_unlock(&jail.lock);
}

void img_jail_setup(const img_jail_options *options)
{
    img_jail_stop();
    pthread_mutex_lock(&jail.lock);
    snprintf(jail.program, sizeof jail.program, "%s", options->program ? options->program : "");
    jail.seconds = options->seconds > 0 ? options->seconds : CPU_SECONDS;
    jail.cannot_start = false;
    pthread_mutex_unlock(&jail.lock);
}
