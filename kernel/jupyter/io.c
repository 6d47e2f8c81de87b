/* io.c - one loop over five sockets, four descriptors and a clock.
 *
 * zmq_poll asks every socket, before it waits and after. Here only those are read that have news: the descriptor of a
 * socket (ZMQ_FD) tells that libzmq has some for it, and any call on the socket takes the news in; so after a call
 * nothing may be left unread that was not looked at since. `stirred` remembers the calls. */
#include "kernel/jupyter/io.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "kernel/jupyter/control.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/publish.h"
#include "kernel/jupyter/subshell.h"
#include "lib/net/secret.h"
#include "lib/base/banned.h"

/* ---- receiving ---- */
enum { TYPED = 1 << 16 };

/* *fd: the descriptor of libzmq's that it came through; -1: not known. */
static bool receive(void *socket, bool typed, jp_frames *frames, int *fd)
{
    zmq_msg_t msg;
    bool more = true, any = false;
    jp_frames_init(frames);
    if (typed) lg_buf_reserve(&frames->bytes, TYPED);
    while (more) {
        zmq_msg_init(&msg);
        if (zmq_msg_recv(&msg, socket, any ? 0 : ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&msg);
            if (zmq_errno() == EINTR) continue; /* not "nothing is there": who believed that would not look again */
            break;
        }
        any = true;
        jp_frames_add(frames, zmq_msg_data(&msg), zmq_msg_size(&msg));
        more = zmq_msg_more(&msg);
        if (!more) *fd = zmq_msg_get(&msg, ZMQ_SRCFD);
        if (typed) net_forget(zmq_msg_data(&msg), zmq_msg_size(&msg));
        zmq_msg_close(&msg);
    }
    return any;
}

bool jp_io_receive(void *socket, bool typed, jp_frames *frames)
{
    int fd;
    return receive(socket, typed, frames, &fd);
}

/* ---- requests ---- */
static jp_request *receive_request(jp_kernel *kernel, jp_channel channel, bool *any)
{
    jp_frames frames;
    lg_err err = {0};
    jp_request *request = NULL;
    int fd = -1;
    *any = receive(kernel->socket[channel], channel == JP_STDIN, &frames, &fd);
    if (!*any) {
        jp_frames_release(&frames);
        return NULL;
    }
    if (jp_request_new(&frames, kernel->signer, channel, &request, &err)) lg_log(LG_LOG_WARN, "dropped %s", err.msg);
    if (request && channel <= JP_CONTROL) jp_backlog_asked(&kernel->backlog[channel], request, fd);
    return request;
}

/* ---- each socket: true when there may be more ---- */
/* What is said on IOPub about each request has the request's own header in it, which may be large: once much of it
 * waits it leaves before the next is read. */
static bool read_on(jp_kernel *kernel, int read)
{
    return read == 0 || (read < JP_READ_AT_ONCE && !jp_queue_full(&kernel->packets));
}

static bool read_control(jp_kernel *kernel)
{
    bool any = true;
    for (int i = 0; any && read_on(kernel, i); i++) {
        jp_request *request = receive_request(kernel, JP_CONTROL, &any);
        if (request) jp_control_serve(kernel, request);
        jp_request_free(request);
    }
    return any;
}

/* shutdown_request on shell is an old habit of clients; it must not wait for the cell that runs. */
static bool read_shell(jp_kernel *kernel)
{
    bool any = true;
    for (int i = 0; any && read_on(kernel, i); i++) {
        jp_request *request = receive_request(kernel, JP_SHELL, &any);
        if (!request) continue;
        if (strcmp(request->type, "shutdown_request") == 0) {
            jp_control_serve(kernel, request);
            jp_request_free(request);
            continue;
        }
        jp_subshells_route(kernel, request);
    }
    return any;
}

/* What comes while nobody has been asked is dropped: an answer that came too late, or that nobody wanted. */
static bool read_stdin(jp_kernel *kernel)
{
    bool any = true;
    for (int i = 0; i < JP_READ_AT_ONCE && any; i++) {
        jp_request *request = receive_request(kernel, JP_STDIN, &any);
        if (request) jp_subshells_answer(kernel, request);
    }
    return any;
}

static bool echo_heartbeat(jp_kernel *kernel)
{
    jp_frames frames;
    bool any = true;
    for (int i = 0; i < JP_READ_AT_ONCE && any; i++) {
        any = jp_io_receive(kernel->socket[JP_HEARTBEAT], false, &frames);
        lg_err err = {0};
        if (any && jp_frames_check(&frames, &err) == LG_OK) jp_publish_frames(kernel->socket[JP_HEARTBEAT], &frames);
        jp_frames_release(&frames);
    }
    return any;
}

static void read_signals(jp_kernel *kernel)
{
    struct signalfd_siginfo info;
    while (read(kernel->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGINT) jp_subshells_interrupt(kernel, "");
        else jp_control_stop(kernel);
    }
}

/* ---- the loop ---- */
enum { WOKEN = JP_CHANNELS, SIGNALLED, PRINTED, WATCHED = PRINTED + JP_CAPTURED }; /* besides the sockets */

static long timeout_ms(const jp_kernel *kernel, bool more, double text_due, double capture_due)
{
    double wait = kernel->parent_pid ? 1 : 3600;
    if (more) return 0;
    if (kernel->stop_by > 0) wait = 0.05;
    if ((kernel->held || kernel->held_reply) && JP_FLOW_LOOK < wait) wait = JP_FLOW_LOOK;
    if (text_due >= 0 && text_due < wait) wait = text_due;
    if (capture_due > 0 && capture_due < wait) wait = capture_due;
    return (long)(wait * 1000) + 1;
}

static int descriptor_of(void *socket)
{
    int fd = -1;
    size_t size = sizeof fd;
    LG_BUG_ON(zmq_getsockopt(socket, ZMQ_FD, &fd, &size));
    return fd;
}

/* Requests wait in their socket while the main shell has enough of them, while replies wait, and once the kernel
 * ends. */
static bool is_open(jp_kernel *kernel, int channel)
{
    if (channel != JP_SHELL) return true;
    if (jp_queue_full(&kernel->main.requests) || jp_queue_full(&kernel->replies)) return false;
    return !atomic_load(&kernel->stopping);
}

/* Waits for whatever comes, and notes which sockets have news. */
static void wait_for_any(jp_kernel *kernel, struct pollfd item[WATCHED], bool captured, long timeout)
{
    const struct pollfd shell = item[JP_SHELL];
    bool open = is_open(kernel, JP_SHELL);
    for (int i = 0; i < WATCHED; i++) item[i].revents = 0;
    for (int i = 0; i < JP_CHANNELS; i++)
        if (kernel->stirred[i] && (i != JP_SHELL || open)) timeout = 0;
    if (!open) item[JP_SHELL].fd = -1, kernel->stirred[JP_SHELL] = true;
    poll(item, captured ? WATCHED : PRINTED, (int)timeout);
    item[JP_SHELL].fd = shell.fd;
    for (int i = 0; i < JP_CHANNELS; i++)
        if (item[i].revents) kernel->stirred[i] = true;
}

/* Control comes first; shell last, when what others have to say about its requests is known. */
static void read_sockets(jp_kernel *kernel)
{
    static const struct {
        jp_channel channel;
        bool (*read)(jp_kernel *kernel);
    } order[] = {{JP_CONTROL, read_control},
                 {JP_HEARTBEAT, echo_heartbeat},
                 {JP_IOPUB, jp_publish_subscriptions},
                 {JP_STDIN, read_stdin},
                 {JP_SHELL, read_shell}};
    for (size_t i = 0; i < JP_CHANNELS; i++) {
        bool *stirred = &kernel->stirred[order[i].channel];
        if (*stirred && is_open(kernel, order[i].channel)) *stirred = order[i].read(kernel);
    }
}

static void read_ready(jp_kernel *kernel, struct pollfd item[WATCHED])
{
    uint64_t count;
    if (item[WOKEN].revents && read(kernel->wake_fd, &count, sizeof count) < 0)
        lg_log(LG_LOG_DEBUG, "woken for nothing");
    if (item[SIGNALLED].revents) read_signals(kernel);
    for (int i = 0; i < JP_CAPTURED; i++)
        if (item[PRINTED + i].revents && !jp_capture_take(&kernel->capture, i)) item[PRINTED + i].fd = -1;
    read_sockets(kernel);
}

/* ---- searches ---- */
enum { SEARCH_TURNS = 256 }; /* who asks without end holds up nobody's failure for longer */

void jp_io_search(jp_kernel *kernel, const atomic_bool *enough)
{
    uint64_t one = 1;
    unsigned long long number = atomic_fetch_add(&kernel->searches, 1) + 1;
    if (write(kernel->wake_fd, &one, sizeof one) < 0) lg_log(LG_LOG_DEBUG, "wake");
    while (atomic_load(&kernel->searched) < number && !atomic_load(enough))
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

/* Behind a turn of the loop. Those that were asked for before it are done when nothing lies there, or nothing more is
 * read. */
static void end_searches(jp_kernel *kernel, unsigned long long number)
{
    if (number == atomic_load(&kernel->searched)) return;
    if (kernel->stirred[JP_SHELL] && is_open(kernel, JP_SHELL) && ++kernel->search_turns < SEARCH_TURNS) return;
    kernel->search_turns = 0;
    atomic_store(&kernel->searched, number);
}

/* ---- until the end ---- */
static bool finished(jp_kernel *kernel)
{
    return kernel->stop_by > 0 && (jp_subshells_done(kernel) || lg_now() > kernel->stop_by);
}

void jp_io_run(jp_kernel *kernel)
{
    struct pollfd item[WATCHED];
    lg_thread_name("io");
    for (int i = 0; i < WATCHED; i++) item[i].events = POLLIN;
    for (int i = 0; i < JP_CHANNELS; i++) {
        item[i].fd = descriptor_of(kernel->socket[i]);
        kernel->stirred[i] = true; /* nobody has looked yet */
    }
    item[WOKEN].fd = kernel->wake_fd;
    item[SIGNALLED].fd = kernel->signal_fd;
    for (int i = 0; i < JP_CAPTURED; i++) item[PRINTED + i].fd = kernel->capture.end[i];
    while (!finished(kernel)) {
        double now = lg_now(), text_due = jp_subshells_tick(kernel, now);
        double capture_due = jp_capture_due(&kernel->capture, now);
        unsigned long long searches = atomic_load(&kernel->searches);
        bool more = jp_publish_waiting(kernel) || searches != atomic_load(&kernel->searched);
        wait_for_any(kernel, item, capture_due == 0, timeout_ms(kernel, more, text_due, capture_due));
        read_ready(kernel, item);
        end_searches(kernel, searches);
        if (jp_kernel_orphan(kernel)) jp_control_stop(kernel);
        if (atomic_load(&kernel->main.done)) jp_control_stop(kernel);
    }
    jp_publish_rest(kernel);
}
