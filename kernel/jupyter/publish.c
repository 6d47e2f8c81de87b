/* publish.c - the one place that sends. */
#include "kernel/jupyter/publish.h"

#include <zmq.h>

#include "kernel/jupyter/io.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

static const double most_patience = 5, patience_back = 60;

/* ---- sending ---- */
bool jp_publish_frames(void *socket, const jp_frames *frames)
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
    bool sent = jp_publish_frames(kernel->socket[JP_IOPUB], &packet->frames);
    zmq_setsockopt(kernel->socket[JP_IOPUB], ZMQ_XPUB_NODROP, &keep, sizeof keep);
    return sent;
}

static bool send_packet(jp_kernel *kernel, const jp_packet *packet, double now)
{
    bool was_held = kernel->held_since > 0;
    if (jp_publish_frames(kernel->socket[packet->channel], &packet->frames)) {
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
    else if (kernel->held || !jp_publish_frames(kernel->socket[JP_IOPUB], &packet->frames))
        jp_queue_put(&kernel->packets, &packet->item);
    else jp_packet_free(packet);
    lg_buf_release(&content);
}

void jp_publish_subscriptions(jp_kernel *kernel)
{
    jp_frames frames;
    for (int i = 0; i < JP_READ_AT_ONCE; i++) {
        bool any = jp_io_receive(kernel->socket[JP_IOPUB], false, &frames);
        jp_bytes frame = jp_frames_at(&frames, 0);
        if (any && frame.len && frame.data[0] == 1 && jp_frames_count(&frames) == 1)
            welcome(kernel, (jp_bytes){frame.data + 1, frame.len - 1});
        jp_frames_release(&frames);
        if (!any) return;
    }
}

/* ---- what waits ---- */
void jp_publish_waiting(jp_kernel *kernel)
{
    double now = lg_now();
    if (now > kernel->refill) kernel->patience = most_patience, kernel->refill = now + patience_back;
    for (;;) {
        if (!kernel->held) {
            jp_publish_subscriptions(kernel); /* who has just come is welcomed before anything else reaches them */
            kernel->held = (jp_packet *)jp_queue_take(&kernel->packets, false);
        }
        if (!kernel->held || !send_packet(kernel, kernel->held, now)) return;
        jp_packet_free(kernel->held);
        kernel->held = NULL;
    }
}
