/* publish.c - the one place that sends. */
#include "kernel/jupyter/publish.h"

#include <errno.h>
#include <zmq.h>

#include "kernel/jupyter/io.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/subshell.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

enum { SENT_AT_ONCE = 256 }; /* messages before it is looked what came in */

/* ---- sending ---- */
bool jp_publish_frames(void *socket, const jp_frames *frames)
{
    size_t count = jp_frames_count(frames);
    for (size_t i = 0; i < count; i++) {
        jp_bytes frame = jp_frames_at(frames, i);
        int flags = ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0);
        if (zmq_send(socket, frame.data, frame.len, flags) >= 0) continue;
        if (i == 0 && (zmq_errno() == EHOSTUNREACH || zmq_errno() == EAGAIN)) return false;
        lg_log(LG_LOG_WARN, "a message could not be sent: %s", zmq_strerror(zmq_errno()));
        break;
    }
    return true;
}

/* ---- subscriptions ---- */
/* A subscription is the byte 1 and the topic; the welcome goes out under that very topic, before whatever waits to be
 * sent: it is the first a front end reads. */
static void welcome(jp_kernel *kernel, jp_bytes topic)
{
    lg_buf content;
    lg_err err = {0};
    jp_packet *packet = NULL;
    lg_buf_init(&content, 0);
    lg_buf_addc(&content, '{');
    jp_json_key(&content, "subscription");
    jp_json_text(&content, topic.data, topic.len);
    lg_buf_addc(&content, '}');
    if (jp_packet_new(&kernel->voice, JP_IOPUB, (jp_answered){.topic = topic}, "iopub_welcome", NULL, &content, &packet,
                      &err))
        lg_log(LG_LOG_ERROR, "a front end is not welcomed: %s", err.msg);
    else jp_flow_send(&kernel->flow, kernel->socket[JP_IOPUB], packet);
    lg_buf_release(&content);
}

/* Somebody who sends nothing but subscriptions gets no more welcomes than there is room for. */
static void serve_subscription(jp_kernel *kernel, zmq_msg_t *msg)
{
    const char *bytes = zmq_msg_data(msg);
    size_t len = zmq_msg_size(msg);
    if (!len || bytes[0] != 1 || zmq_msg_more(msg)) return;
    jp_flow_reader(&kernel->flow, zmq_msg_get(msg, ZMQ_SRCFD));
    if (jp_flow_overfull(&kernel->flow)) lg_log(LG_LOG_WARN, "a front end is not welcomed: too much waits");
    else welcome(kernel, (jp_bytes){bytes + 1, len - 1});
}

bool jp_publish_subscriptions(jp_kernel *kernel)
{
    bool any = true, more = false; /* in the middle of a message nobody should send */
    for (int i = 0; any && (i < JP_READ_AT_ONCE || more); i++) {
        zmq_msg_t msg;
        zmq_msg_init(&msg);
        any = zmq_msg_recv(&msg, kernel->socket[JP_IOPUB], ZMQ_DONTWAIT) >= 0;
        if (any && !more) serve_subscription(kernel, &msg);
        more = any && zmq_msg_more(&msg);
        zmq_msg_close(&msg);
    }
    return any;
}

/* ---- what waits ---- */
/* What goes out on IOPub, in order: false when there is nothing more, or no room for it. */
static bool publish_next(jp_kernel *kernel, double now)
{
    if (!kernel->held) {
        kernel->held = (jp_packet *)jp_queue_take(&kernel->packets, false);
        /* Who has just come is welcomed before anything else reaches them: libzmq takes in subscriptions while it sends
         * only when a millisecond or so has passed since this. */
        if (kernel->held && jp_publish_subscriptions(kernel)) kernel->stirred[JP_IOPUB] = true;
    }
    if (!kernel->held || !jp_flow_room(&kernel->flow, kernel->held, now)) return false;
    kernel->stirred[JP_IOPUB] = true;
    jp_flow_send(&kernel->flow, kernel->socket[JP_IOPUB], kernel->held);
    kernel->held = NULL;
    return true;
}

static void ask(jp_kernel *kernel, jp_packet *question)
{
    kernel->stirred[JP_STDIN] = true;
    if (!jp_publish_frames(kernel->socket[JP_STDIN], &question->frames)) jp_subshells_unreached(kernel, question);
    jp_packet_free(question);
}

/* False: there is no room for it yet. */
static bool send_reply(jp_kernel *kernel, jp_packet *reply, double now)
{
    jp_backlog *backlog = &kernel->backlog[reply->channel];
    if (!jp_backlog_room(backlog, now)) return false;
    kernel->stirred[reply->channel] = true;
    jp_backlog_send(backlog, kernel->socket[reply->channel], reply);
    return true;
}

void jp_publish_control(jp_kernel *kernel, jp_packet *reply)
{
    if (!send_reply(kernel, reply, lg_now())) jp_packet_free(reply);
}

static void send_replies(jp_kernel *kernel, double now)
{
    for (;;) {
        jp_packet *packet = kernel->held_reply;
        if (!packet) packet = (jp_packet *)jp_queue_take(&kernel->replies, false);
        kernel->held_reply = NULL;
        if (!packet) return;
        if (packet->channel == JP_STDIN) ask(kernel, packet);
        else if (!send_reply(kernel, packet, now)) {
            kernel->held_reply = packet;
            return;
        }
    }
}

bool jp_publish_waiting(jp_kernel *kernel)
{
    int turns = SENT_AT_ONCE;
    double now = lg_now();
    while (turns && publish_next(kernel, now)) turns--;
    send_replies(kernel, now);
    return !turns;
}

void jp_publish_rest(jp_kernel *kernel)
{
    kernel->flow.unbounded = kernel->backlog[JP_SHELL].unbounded = true; /* nobody is waited for any more */
    while (jp_publish_waiting(kernel)) continue;
}
