/* publish.c - the one place that sends. */
#include "kernel/jupyter/publish.h"

#include <errno.h>
#include <zmq.h>

#include "kernel/jupyter/io.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/subshell.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

enum {
    SENT_AT_ONCE = 256,    /* messages before it is looked what came in */
    WELCOMES_IN_A_ROW = 16 /* before an output: a flood of subscriptions, which need no signature, holds up nobody */
};

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
/* NULL: none is sent. Somebody who sends nothing but subscriptions gets no more welcomes than there is room for. */
static jp_packet *new_welcome(jp_kernel *kernel, jp_bytes topic)
{
    lg_buf content;
    lg_err err = {0};
    jp_packet *packet = NULL;
    if (jp_flow_overfull(&kernel->flow)) {
        lg_log(LG_LOG_WARN, "a front end is not welcomed: too much waits");
        return NULL;
    }
    lg_buf_init(&content, 0);
    lg_buf_addc(&content, '{');
    jp_json_key(&content, "subscription");
    jp_json_text(&content, topic.data, topic.len);
    lg_buf_addc(&content, '}');
    if (jp_packet_new(&kernel->voice, JP_IOPUB, (jp_answered){.topic = topic}, "iopub_welcome", NULL, &content, &packet,
                      &err))
        lg_log(LG_LOG_ERROR, "a front end is not welcomed: %s", err.msg);
    lg_buf_release(&content);
    return packet;
}

/* A subscription is the byte 1 and the topic; the welcome goes out under that very topic. */
static void note_subscription(jp_kernel *kernel, zmq_msg_t *msg, jp_frames *topics)
{
    const char *bytes = zmq_msg_data(msg);
    size_t len = zmq_msg_size(msg);
    if (!len || bytes[0] != 1 || zmq_msg_more(msg)) return;
    jp_flow_reader(&kernel->flow, zmq_msg_get(msg, ZMQ_SRCFD));
    jp_frames_add(topics, bytes + 1, len - 1);
}

/* Appends the topics somebody subscribed to. True: there may be more. */
static bool read_subscriptions(jp_kernel *kernel, jp_frames *topics)
{
    bool any = true, more = false; /* in the middle of a message nobody should send */
    for (int i = 0; any && (i < JP_READ_AT_ONCE || more); i++) {
        zmq_msg_t msg;
        zmq_msg_init(&msg);
        any = zmq_msg_recv(&msg, kernel->socket[JP_IOPUB], ZMQ_DONTWAIT) >= 0;
        if (any && !more) note_subscription(kernel, &msg, topics);
        more = any && zmq_msg_more(&msg);
        zmq_msg_close(&msg);
    }
    return any;
}

/* True: something was sent. */
static bool welcome(jp_kernel *kernel, const jp_frames *topics)
{
    bool any = false;
    for (size_t i = 0; i < jp_frames_count(topics); i++) {
        jp_packet *packet = new_welcome(kernel, jp_frames_at(topics, i));
        if (!packet) continue;
        jp_flow_send(&kernel->flow, kernel->socket[JP_IOPUB], packet);
        any = true;
    }
    return any;
}

bool jp_publish_subscriptions(jp_kernel *kernel)
{
    jp_frames topics;
    jp_frames_init(&topics);
    bool more = read_subscriptions(kernel, &topics);
    if (welcome(kernel, &topics)) more = true; /* the sending may have taken in who came meanwhile */
    jp_frames_release(&topics);
    return more;
}

/* ---- what waits ---- */
/* Sends a packet, or, where somebody has come who was not welcomed yet, a welcome in its place: true then. libzmq takes
 * in subscriptions when it likes, also while it sends a topic, and who gets a message is settled by that; so what it
 * says is decided behind the topic. The packet is consumed only if it was sent. */
static bool welcomed_instead(jp_kernel *kernel, jp_packet *packet)
{
    void *socket = kernel->socket[JP_IOPUB];
    jp_frames topics;
    jp_packet *first = NULL;
    if (!jp_flow_begin(socket, jp_frames_at(&packet->frames, 0))) {
        jp_packet_free(packet);
        return false;
    }
    jp_frames_init(&topics);
    read_subscriptions(kernel, &topics);
    if (jp_frames_count(&topics)) first = new_welcome(kernel, jp_frames_at(&topics, 0));
    jp_flow_finish(&kernel->flow, socket, first ? first : packet);
    welcome(kernel, &topics); /* under the topics they asked for; the first was under any that reaches them */
    jp_frames_release(&topics);
    return first != NULL;
}

/* What goes out on IOPub, in order: false when there is nothing more, or no room for it. */
static bool publish_next(jp_kernel *kernel, double now)
{
    if (!kernel->held) kernel->held = (jp_packet *)jp_queue_take(&kernel->packets, false);
    if (!kernel->held || !jp_flow_room(&kernel->flow, kernel->held, now)) return false;
    kernel->stirred[JP_IOPUB] = true;
    int tries = WELCOMES_IN_A_ROW;
    while (tries && welcomed_instead(kernel, kernel->held)) tries--;
    if (!tries) jp_flow_send(&kernel->flow, kernel->socket[JP_IOPUB], kernel->held);
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
    bool *stirred = &kernel->stirred[JP_IOPUB];
    /* who came before what waits gets one welcome, under their own topic */
    if (*stirred) *stirred = jp_publish_subscriptions(kernel);
    while (turns && publish_next(kernel, now)) turns--;
    send_replies(kernel, now);
    return !turns;
}

void jp_publish_rest(jp_kernel *kernel)
{
    kernel->flow.unbounded = kernel->backlog[JP_SHELL].unbounded = true; /* nobody is waited for any more */
    while (jp_publish_waiting(kernel)) continue;
}
