/* flow.h - what libzmq still holds for front ends that have not taken it yet, and letting go of those that never do.
 *
 *     if (!jp_flow_room(&flow, packet, now)) return;     // hold it, and ask again when woken or after JP_FLOW_LOOK
 *     jp_flow_send(&flow, socket, packet);               // the packet belongs to libzmq now
 *
 * libzmq keeps an own list of messages for each subscriber and counts only messages. Here every message is handed over
 * with a function that is called when the last subscriber's connection has taken it: so the bytes that the slowest one
 * leaves lying are known, and when they would be more than JP_FLOW_MOST there is no room. A connection whose peer takes
 * nothing at all for `patience` while there is no room is cut; its list is freed with it. docs/adr/0152 says why.
 *
 * Threads: jp_flow_* belong to the I/O thread; only the function libzmq calls runs in libzmq's threads. */
#ifndef JP_FLOW_H
#define JP_FLOW_H

#include "kernel/jupyter/connection.h"
#include "kernel/jupyter/wire.h"

enum { JP_FLOW_MOST = 64 << 20 };        /* bytes */
static const double JP_FLOW_LOOK = 0.02; /* seconds between two looks at who takes something */

typedef struct jp_flow {
    atomic_size_t afloat; /* bytes handed over and not taken by everybody yet */
    atomic_bool awaited;  /* somebody waits for them to become fewer: wake_fd is written then */
    int wake_fd;
    /* I/O thread only */
    const jp_connection *connection; /* borrowed */
    lg_buf readers;                  /* of jp_reader: the connections that subscribed */
    double patience, held_since, looked;
    size_t sent;    /* bytes since somebody was cut */
    bool unbounded; /* the end: what is left goes out */
} jp_flow;

void jp_flow_init(jp_flow *flow, const jp_connection *connection, int wake_fd);
void jp_flow_release(jp_flow *flow); /* after the context has ended */
/* Somebody subscribed through this descriptor of libzmq's; -1: not known. Of more than a thousand the newest are
 * cut. */
void jp_flow_reader(jp_flow *flow, int fd);
/* Is there room for one more message? Called again and again while there is none: it looks after who is stuck. */
bool jp_flow_room(jp_flow *flow, const jp_packet *packet, double now);
bool jp_flow_overfull(const jp_flow *flow); /* much more than JP_FLOW_MOST waits */
/* Sends to all subscribers; consumes the packet. */
void jp_flow_send(jp_flow *flow, void *socket, jp_packet *packet);
/* The same in two steps. After the first, who gets the message is settled, but not yet what it says: the packet may be
 * another than the one the topic is of. False: nothing was sent. */
bool jp_flow_begin(void *socket, jp_bytes topic);
void jp_flow_finish(jp_flow *flow, void *socket, jp_packet *packet);

#endif
