/* transport.h - what libzmq does not tell: which connection a message came through, and when one that was sent is gone.
 *
 *     jp_peer peer;
 *     if (jp_peer_find(connection, JP_SHELL, zmq_msg_get(msg, ZMQ_SRCFD), &peer)) ...
 *     if (jp_peer_there(&peer)) jp_peer_cut(&peer);
 *
 * A connection is known by the number of its descriptor and by what the system calls the socket behind it: libzmq
 * closes it when it likes, and the number may soon mean something else. I/O thread only. */
#ifndef JP_TRANSPORT_H
#define JP_TRANSPORT_H

#include <sys/types.h>

#include "kernel/jupyter/connection.h"
#include "kernel/jupyter/wire.h"

enum { JP_PEERS = 1024, JP_FRAME_COST = 64 }; /* connections of a channel; bytes of a frame in libzmq's list */

typedef struct jp_peer {
    int fd;
    ino_t socket;
} jp_peer;

/* False: no connection to the address of this channel (any more). fd -1: not known. */
bool jp_peer_find(const jp_connection *connection, jp_channel channel, int fd, jp_peer *peer);
bool jp_peer_there(const jp_peer *peer);
/* Bytes that are on their way to the peer; they become fewer when it reads, and more when libzmq then writes. */
int jp_peer_queued(const jp_peer *peer);
/* Ends it. libzmq notices, and frees what lies there for it. False: it is gone already. */
bool jp_peer_cut(const jp_peer *peer);

/* One frame of a message that goes on; false (it is logged): it was not sent. Never waits. */
bool jp_transport_send(void *socket, jp_bytes frame);
/* Sends the frames of a packet from `first` on, none of which waits, and hands over the packet with the last of them,
 * the largest as a rule: `taken` is called with it as hint, in a thread of libzmq's, when the last connection has taken
 * that frame or is gone, or it could not be sent. Frames before are copied, and taken before it. */
typedef void jp_taken_fn(void *data, void *packet);
void jp_transport_hand(void *socket, jp_packet *packet, size_t first, jp_taken_fn *taken);
/* For `taken`: all of the packet was written before this, by another thread. */
jp_packet *jp_transport_handed(void *packet);

#endif
