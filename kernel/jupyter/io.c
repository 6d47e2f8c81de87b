/* io.c - one loop over five sockets, two descriptors and a clock. */
#include "kernel/jupyter/io.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
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

bool jp_io_receive(void *socket, bool typed, jp_frames *frames)
{
    zmq_msg_t msg;
    bool more = true, any = false;
    jp_frames_init(frames);
    if (typed) lg_buf_reserve(&frames->bytes, TYPED);
    while (more) {
        zmq_msg_init(&msg);
        if (zmq_msg_recv(&msg, socket, any ? 0 : ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&msg);
            if (any && zmq_errno() == EINTR) continue;
            break;
        }
        any = true;
        jp_frames_add(frames, zmq_msg_data(&msg), zmq_msg_size(&msg));
        more = zmq_msg_more(&msg);
        if (typed) net_forget(zmq_msg_data(&msg), zmq_msg_size(&msg));
        zmq_msg_close(&msg);
    }
    return any;
}

/* ---- requests ---- */
static jp_request *receive_request(jp_kernel *kernel, jp_channel channel, bool *any)
{
    jp_frames frames;
    lg_err err = {0};
    jp_request *request = NULL;
    *any = jp_io_receive(kernel->socket[channel], channel == JP_STDIN, &frames);
    if (!*any) {
        jp_frames_release(&frames);
        return NULL;
    }
    if (jp_request_new(&frames, kernel->signer, channel, &request, &err)) lg_log(LG_LOG_WARN, "dropped %s", err.msg);
    return request;
}

/* ---- each socket ---- */
static void read_control(jp_kernel *kernel)
{
    bool any = true;
    for (int i = 0; i < JP_READ_AT_ONCE && any; i++) {
        jp_request *request = receive_request(kernel, JP_CONTROL, &any);
        if (request) jp_control_serve(kernel, request);
        jp_request_free(request);
    }
}

/* shutdown_request on shell is an old habit of clients; it must not wait for the cell that runs. */
static void read_shell(jp_kernel *kernel)
{
    bool any = true;
    for (int i = 0; i < JP_READ_AT_ONCE && any; i++) {
        jp_request *request = receive_request(kernel, JP_SHELL, &any);
        if (!request) continue;
        if (strcmp(request->type, "shutdown_request") == 0) {
            jp_control_serve(kernel, request);
            jp_request_free(request);
            continue;
        }
        jp_subshells_route(kernel, request);
    }
}

/* What comes while nobody has been asked is dropped: an answer that came too late, or that nobody wanted. */
static void read_stdin(jp_kernel *kernel)
{
    bool any = true;
    for (int i = 0; i < JP_READ_AT_ONCE && any; i++) {
        jp_request *request = receive_request(kernel, JP_STDIN, &any);
        if (request) jp_subshells_answer(kernel, request);
    }
}

static void echo_heartbeat(jp_kernel *kernel)
{
    jp_frames frames;
    for (int i = 0; i < JP_READ_AT_ONCE; i++) {
        bool any = jp_io_receive(kernel->socket[JP_HEARTBEAT], false, &frames);
        lg_err err = {0};
        if (any && jp_frames_check(&frames, &err) == LG_OK) jp_publish_frames(kernel->socket[JP_HEARTBEAT], &frames);
        jp_frames_release(&frames);
        if (!any) return;
    }
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

static long timeout_ms(const jp_kernel *kernel, bool more, double text_due)
{
    double wait = kernel->parent_pid ? 1 : 3600;
    if (more) return 0;
    if (kernel->stop_by > 0) wait = 0.05;
    if (kernel->held && JP_FLOW_LOOK < wait) wait = JP_FLOW_LOOK;
    if (text_due >= 0 && text_due < wait) wait = text_due;
    return (long)(wait * 1000) + 1;
}

static void read_ready(jp_kernel *kernel, const zmq_pollitem_t *item)
{
    uint64_t count;
    if (item[WOKEN].revents && read(kernel->wake_fd, &count, sizeof count) < 0)
        lg_log(LG_LOG_DEBUG, "woken for nothing");
    if (item[SIGNALLED].revents) read_signals(kernel);
    if (item[JP_CONTROL].revents) read_control(kernel);
    if (item[JP_HEARTBEAT].revents) echo_heartbeat(kernel);
    if (item[JP_IOPUB].revents) jp_publish_subscriptions(kernel);
    if (item[JP_STDIN].revents) read_stdin(kernel);
    for (int i = 0; i < JP_CAPTURED; i++)
        if (item[PRINTED + i].revents) jp_capture_take(&kernel->capture, i);
    if (item[JP_SHELL].revents && !atomic_load(&kernel->stopping)) read_shell(kernel);
}

static bool finished(jp_kernel *kernel)
{
    return kernel->stop_by > 0 && (jp_subshells_done(kernel) || lg_now() > kernel->stop_by);
}

void jp_io_run(jp_kernel *kernel)
{
    zmq_pollitem_t item[WATCHED];
    lg_thread_name("io");
    for (int i = 0; i < JP_CHANNELS; i++) item[i] = (zmq_pollitem_t){.socket = kernel->socket[i], .events = ZMQ_POLLIN};
    item[WOKEN] = (zmq_pollitem_t){.fd = kernel->wake_fd, .events = ZMQ_POLLIN};
    item[SIGNALLED] = (zmq_pollitem_t){.fd = kernel->signal_fd, .events = ZMQ_POLLIN};
    for (int i = 0; i < JP_CAPTURED; i++)
        item[PRINTED + i] = (zmq_pollitem_t){.fd = kernel->capture.end[i], .events = ZMQ_POLLIN};
    while (!finished(kernel)) {
        double now = lg_now(), text_due = jp_subshells_tick(kernel, now);
        bool more = jp_publish_waiting(kernel);
        item[JP_SHELL].events = jp_subshells_full(kernel) ? 0 : ZMQ_POLLIN;
        int count = jp_capture_wants(&kernel->capture, now) ? WATCHED : PRINTED;
        for (int i = PRINTED; i < WATCHED; i++) item[i].revents = 0;
        if (zmq_poll(item, count, timeout_ms(kernel, more, text_due)) > 0) read_ready(kernel, item);
        if (jp_kernel_orphan(kernel)) jp_control_stop(kernel);
        if (atomic_load(&kernel->main.done)) jp_control_stop(kernel);
    }
    jp_publish_rest(kernel);
}
