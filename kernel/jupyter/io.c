/* io.c - one loop over five sockets, two descriptors and a clock.
 *
 * Slow front ends (docs/adr): each has room for SUBSCRIBER_WAITING messages. When one of them is full, sending stops
 * for everybody, the queue fills and the executor waits, so that nobody loses anything, but at most for `most_patience`
 * seconds in each `patience_back`; after that the slow one (and only it) loses messages. */
#include "kernel/jupyter/io.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/prompt.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/net/secret.h"
#include "lib/base/banned.h"

enum { READ_AT_ONCE = 64 }; /* messages of one socket before the next one's turn */

static const double most_patience = 5, patience_back = 60, stop_within = 0.6;

/* ---- sending ---- */
/* False: a subscriber has no room (only the first frame can meet that). */
static bool send_frames(void *socket, const jp_frames *frames)
{
    size_t count = jp_frames_count(frames);
    for (size_t i = 0; i < count; i++) {
        jp_bytes frame = jp_frames_at(frames, i);
        int flags = ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0);
        if (zmq_send(socket, frame.data, frame.len, flags) >= 0) continue;
        if (zmq_errno() == EAGAIN && i == 0) return false;
        lg_log(LG_LOG_WARN, "a message could not be sent: %s", zmq_strerror(zmq_errno()));
        return true;
    }
    return true;
}

static bool send_dropping(jp_kernel *kernel, const jp_packet *packet)
{
    int drop = 0, keep = 1;
    zmq_setsockopt(kernel->socket[JP_IOPUB], ZMQ_XPUB_NODROP, &drop, sizeof drop);
    bool sent = send_frames(kernel->socket[JP_IOPUB], &packet->frames);
    zmq_setsockopt(kernel->socket[JP_IOPUB], ZMQ_XPUB_NODROP, &keep, sizeof keep);
    return sent;
}

static bool send_packet(jp_kernel *kernel, const jp_packet *packet, double now)
{
    bool was_held = kernel->held_since > 0;
    if (send_frames(kernel->socket[packet->channel], &packet->frames)) {
        if (was_held) kernel->patience -= now - kernel->held_since;
        kernel->held_since = 0;
        return true;
    }
    if (packet->channel != JP_IOPUB) return true; /* without SNDHWM this is no want of room */
    if (!was_held) kernel->held_since = now;
    if (now - kernel->held_since < kernel->patience) return false;
    if (kernel->patience > 0) lg_log(LG_LOG_WARN, "a front end reads too slowly and loses output");
    kernel->patience = 0;
    kernel->held_since = 0;
    return send_dropping(kernel, packet);
}

/* ---- receiving ---- */
enum { TYPED = 1 << 16 };

/* One whole message, or false. What is beyond the limits is read and forgotten, and the message fails its check. typed:
 * it may hold a secret, of which no copy stays behind (memory that grows leaves one). */
static bool receive(void *socket, bool typed, jp_frames *frames)
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

/* ---- subscriptions ---- */
/* A subscription is the byte 1 and the topic; the welcome goes out under that very topic, before whatever waits to be
 * sent: it is the first a front end reads. */
static void welcome(jp_kernel *kernel, jp_bytes topic)
{
    lg_buf content;
    lg_err err = {0};
    jp_packet *packet = NULL;
    if (lg_utf8_valid(topic.data, topic.len) != topic.len) return;
    lg_buf_init(&content, 0);
    lg_buf_addc(&content, '{');
    jp_json_key(&content, "subscription");
    jp_json_text(&content, topic.data, topic.len);
    lg_buf_addc(&content, '}');
    if (jp_packet_new(&kernel->voice, JP_IOPUB, (jp_answered){.topic = topic}, "iopub_welcome", NULL, &content, &packet,
                      &err))
        lg_log(LG_LOG_ERROR, "a front end is not welcomed: %s", err.msg);
    else if (kernel->held || !send_frames(kernel->socket[JP_IOPUB], &packet->frames))
        jp_queue_put(&kernel->packets, &packet->item);
    else jp_packet_free(packet);
    lg_buf_release(&content);
}

static void read_subscriptions(jp_kernel *kernel)
{
    jp_frames frames;
    for (int i = 0; i < READ_AT_ONCE; i++) {
        bool any = receive(kernel->socket[JP_IOPUB], false, &frames);
        jp_bytes frame = jp_frames_at(&frames, 0);
        if (any && frame.len && frame.data[0] == 1 && jp_frames_count(&frames) == 1)
            welcome(kernel, (jp_bytes){frame.data + 1, frame.len - 1});
        jp_frames_release(&frames);
        if (!any) return;
    }
}

/* ---- what waits ---- */
static void send_waiting(jp_kernel *kernel)
{
    double now = lg_now();
    for (;;) {
        if (!kernel->held) {
            read_subscriptions(kernel); /* who has just come is welcomed before anything else reaches them */
            kernel->held = (jp_packet *)jp_queue_take(&kernel->packets, false);
        }
        if (!kernel->held || !send_packet(kernel, kernel->held, now)) return;
        jp_packet_free(kernel->held);
        kernel->held = NULL;
    }
}

/* ---- requests ---- */
static jp_request *receive_request(jp_kernel *kernel, jp_channel channel, bool *any)
{
    jp_frames frames;
    lg_err err = {0};
    jp_request *request = NULL;
    *any = receive(kernel->socket[channel], channel == JP_STDIN, &frames);
    if (!*any) {
        jp_frames_release(&frames);
        return NULL;
    }
    if (jp_request_new(&frames, kernel->signer, channel, &request, &err)) lg_log(LG_LOG_WARN, "dropped %s", err.msg);
    return request;
}

/* ---- stopping ---- */
static void stop(jp_kernel *kernel)
{
    if (kernel->stop_by > 0) return;
    kernel->stop_by = lg_now() + stop_within;
    atomic_store(&kernel->stopping, true);
    lg_cancel_set(&kernel->cancel);
    jp_queue_close(&kernel->requests);
    jp_queue_close(&kernel->packets);
    jp_queue_close(&kernel->answers);
}

static void shut_down(jp_kernel *kernel, const jp_request *request)
{
    lg_err err = {0};
    json_t *content = NULL;
    lg_buf reply;
    bool restart = false;
    if (jp_json_read(jp_request_part(request, JP_CONTENT), &content, &err) == LG_OK)
        restart = jp_json_bool(content, "restart", false);
    json_decref(content);
    lg_buf_init(&reply, 0);
    lg_buf_addf(&reply, "{\"status\":\"ok\",\"restart\":%s}", restart ? "true" : "false");
    jp_kernel_send(kernel, request->channel, jp_answering(request), "shutdown_reply", NULL, &reply);
    jp_kernel_send(kernel, JP_IOPUB, jp_answering(request), "shutdown_reply", NULL, &reply);
    lg_buf_release(&reply);
    stop(kernel);
}

/* ---- control ---- */
static void interrupt(jp_kernel *kernel, const jp_request *request)
{
    lg_buf reply;
    lg_cancel_set(&kernel->cancel);
    lg_buf_init(&reply, 0);
    lg_buf_adds(&reply, "{\"status\":\"ok\"}");
    jp_kernel_send(kernel, request->channel, jp_answering(request), "interrupt_reply", NULL, &reply);
    lg_buf_release(&reply);
}

static void tell_kernel_info(jp_kernel *kernel, const jp_request *request)
{
    lg_buf reply;
    lg_buf_init(&reply, 0);
    jp_kernel_info(&reply);
    jp_kernel_send(kernel, request->channel, jp_answering(request), "kernel_info_reply", NULL, &reply);
    lg_buf_release(&reply);
}

static void serve_control(jp_kernel *kernel, const jp_request *request)
{
    jp_answered to = jp_answering(request);
    jp_kernel_status(kernel, to, "busy");
    if (strcmp(request->type, "kernel_info_request") == 0) tell_kernel_info(kernel, request);
    else if (strcmp(request->type, "interrupt_request") == 0) interrupt(kernel, request);
    else if (strcmp(request->type, "shutdown_request") == 0) shut_down(kernel, request);
    else lg_log(LG_LOG_WARN, "a message of unknown type on control");
    jp_kernel_status(kernel, to, "idle");
}

/* ---- each socket ---- */
static void read_control(jp_kernel *kernel)
{
    bool any = true;
    for (int i = 0; i < READ_AT_ONCE && any; i++) {
        jp_request *request = receive_request(kernel, JP_CONTROL, &any);
        if (request) serve_control(kernel, request);
        jp_request_free(request);
    }
}

/* shutdown_request on shell is an old habit of clients; it must not wait for the cell that runs. */
static void read_shell(jp_kernel *kernel)
{
    bool any = true;
    for (int i = 0; i < READ_AT_ONCE && any; i++) {
        jp_request *request = receive_request(kernel, JP_SHELL, &any);
        if (!request) continue;
        if (strcmp(request->type, "shutdown_request") == 0) {
            serve_control(kernel, request);
            jp_request_free(request);
            continue;
        }
        request->arrival = atomic_fetch_add(&kernel->received, 1) + 1;
        jp_queue_put(&kernel->requests, &request->item);
    }
}

/* What comes while nobody has been asked is dropped: an answer that came too late, or that nobody wanted. */
static void read_stdin(jp_kernel *kernel)
{
    bool any = true;
    for (int i = 0; i < READ_AT_ONCE && any; i++) {
        jp_request *request = receive_request(kernel, JP_STDIN, &any);
        if (!request) continue;
        if (atomic_load(&kernel->asking) && !jp_queue_full(&kernel->answers))
            jp_queue_put(&kernel->answers, &request->item);
        else jp_prompt_wipe(request);
    }
}

static void echo_heartbeat(jp_kernel *kernel)
{
    jp_frames frames;
    for (int i = 0; i < READ_AT_ONCE; i++) {
        bool any = receive(kernel->socket[JP_HEARTBEAT], false, &frames);
        lg_err err = {0};
        if (any && jp_frames_check(&frames, &err) == LG_OK) send_frames(kernel->socket[JP_HEARTBEAT], &frames);
        jp_frames_release(&frames);
        if (!any) return;
    }
}

static void read_signals(jp_kernel *kernel)
{
    struct signalfd_siginfo info;
    while (read(kernel->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGINT) lg_cancel_set(&kernel->cancel);
        else stop(kernel);
    }
}

/* ---- the loop ---- */
static long timeout_ms(const jp_kernel *kernel, double text_due)
{
    double wait = kernel->watch_parent ? 1 : 3600;
    if (kernel->stop_by > 0) wait = 0.05;
    if (kernel->held) wait = 0.002;
    if (text_due >= 0 && text_due < wait) wait = text_due;
    return (long)(wait * 1000) + 1;
}

static void read_ready(jp_kernel *kernel, const zmq_pollitem_t *item)
{
    uint64_t count;
    if (item[5].revents && read(kernel->wake_fd, &count, sizeof count) < 0) lg_log(LG_LOG_DEBUG, "woken for nothing");
    if (item[6].revents) read_signals(kernel);
    if (item[JP_CONTROL].revents) read_control(kernel);
    if (item[JP_HEARTBEAT].revents) echo_heartbeat(kernel);
    if (item[JP_IOPUB].revents) read_subscriptions(kernel);
    if (item[JP_STDIN].revents) read_stdin(kernel);
    if (item[JP_SHELL].revents && !atomic_load(&kernel->stopping)) read_shell(kernel);
}

static bool finished(const jp_kernel *kernel)
{
    return kernel->stop_by > 0 && (atomic_load(&kernel->executor_done) || lg_now() > kernel->stop_by);
}

void jp_io_run(jp_kernel *kernel)
{
    zmq_pollitem_t item[JP_CHANNELS + 2];
    lg_thread_name("io");
    for (int i = 0; i < JP_CHANNELS; i++) item[i] = (zmq_pollitem_t){.socket = kernel->socket[i], .events = ZMQ_POLLIN};
    item[JP_CHANNELS] = (zmq_pollitem_t){.fd = kernel->wake_fd, .events = ZMQ_POLLIN};
    item[JP_CHANNELS + 1] = (zmq_pollitem_t){.fd = kernel->signal_fd, .events = ZMQ_POLLIN};
    kernel->patience = most_patience;
    double refill = lg_now() + patience_back;
    while (!finished(kernel)) {
        double now = lg_now(), text_due = jp_output_tick(&kernel->output, now);
        if (now > refill) kernel->patience = most_patience, refill = now + patience_back;
        send_waiting(kernel);
        item[JP_SHELL].events = jp_queue_full(&kernel->requests) ? 0 : ZMQ_POLLIN;
        if (zmq_poll(item, JP_CHANNELS + 2, timeout_ms(kernel, text_due)) > 0) read_ready(kernel, item);
        if (kernel->watch_parent && getppid() != kernel->parent_pid) stop(kernel);
        if (atomic_load(&kernel->executor_done)) stop(kernel);
    }
    kernel->patience = 0; /* nobody is waited for any more */
    send_waiting(kernel);
}
