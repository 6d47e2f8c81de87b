/* backlog.h - what libzmq still holds of replies, and letting go of front ends that do not take theirs.
 *
 *     jp_backlog_asked(&backlog, request, fd);                  // each request that came in
 *     if (!jp_backlog_room(&backlog, now)) return;              // hold it, and ask again after JP_FLOW_LOOK
 *     jp_backlog_send(&backlog, socket, packet);                // the packet belongs to libzmq now
 *
 * A reply goes to one front end, so what lies there is known for each. When it is more than JP_BACKLOG_MOST for all
 * together there is no room, until they have taken JP_BACKLOG_STEP; after `patience` without room the one for which
 * most lies is disconnected. With a patience of 0 nothing is ever held. docs/adr/0164 says why.
 *
 * One for each ROUTER that answers. Threads: the I/O thread; only the functions libzmq calls run in its threads. */
#ifndef JP_BACKLOG_H
#define JP_BACKLOG_H

#include "kernel/jupyter/connection.h"
#include "kernel/jupyter/wire.h"

enum { JP_BACKLOG_MOST = 64 << 20, JP_BACKLOG_STEP = 8 << 20 }; /* bytes */

typedef struct jp_backlog {
    const jp_connection *connection; /* borrowed */
    jp_channel channel;
    lg_buf asking; /* of jp_asking *: connections that asked for something */
    double most_patience, patience, held_since, looked;
    size_t sent;    /* bytes since somebody was cut */
    bool unbounded; /* the end: what is left goes out */
} jp_backlog;

void jp_backlog_init(jp_backlog *backlog, const jp_connection *connection, jp_channel channel, double patience);
void jp_backlog_release(jp_backlog *backlog);
/* A signed request came through this descriptor of libzmq's. Of more than a thousand front ends the newest are cut. */
void jp_backlog_asked(jp_backlog *backlog, const jp_request *request, int fd);
/* Is there room for one more reply? Called again and again while there is none: it looks whose patience is due. */
bool jp_backlog_room(jp_backlog *backlog, double now);
/* Consumes the reply. One to a front end that was cut is dropped; one to a connection that jp_backlog_asked could not
 * make out is sent, and not counted. */
void jp_backlog_send(jp_backlog *backlog, void *socket, jp_packet *reply);

#endif
