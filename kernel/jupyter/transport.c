/* transport.c - descriptors of libzmq's, and messages without a copy. */
#include "kernel/jupyter/transport.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include <linux/sockios.h>

#include "lib/base/banned.h"

/* ---- connections ---- */
static bool is_socket(int fd, ino_t *socket)
{
    struct stat about;
    if (fstat(fd, &about) || !S_ISSOCK(about.st_mode)) return false;
    *socket = about.st_ino;
    return true;
}

/* Does it end at the address of this channel? */
static bool ends_at(const jp_connection *connection, jp_channel channel, int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un path;
    } here = {0};
    socklen_t len = sizeof here - 1;
    char address[JP_ADDRESS];
    if (getsockname(fd, &here.any, &len)) return false;
    if (here.any.sa_family == AF_INET) return ntohs(here.v4.sin_port) == connection->port[channel];
    if (here.any.sa_family == AF_INET6) return ntohs(here.v6.sin6_port) == connection->port[channel];
    jp_connection_address(connection, channel, address);
    return connection->ipc && strcmp(here.path.sun_path, address + strlen("ipc://")) == 0;
}

bool jp_peer_find(const jp_connection *connection, jp_channel channel, int fd, jp_peer *peer)
{
    peer->fd = fd;
    return fd >= 0 && is_socket(fd, &peer->socket) && ends_at(connection, channel, fd);
}

bool jp_peer_there(const jp_peer *peer)
{
    ino_t socket;
    return is_socket(peer->fd, &socket) && socket == peer->socket;
}

int jp_peer_queued(const jp_peer *peer)
{
    int bytes = 0;
    return ioctl(peer->fd, SIOCOUTQ, &bytes) ? 0 : bytes;
}

/* Only a descriptor of our own is safe to use here: libzmq may close its own between any two of these lines. */
bool jp_peer_cut(const jp_peer *peer)
{
    jp_peer own = {.fd = dup(peer->fd), .socket = peer->socket};
    bool done = own.fd >= 0 && jp_peer_there(&own) && shutdown(own.fd, SHUT_RDWR) == 0;
    if (own.fd >= 0) close(own.fd);
    return done;
}

/* ---- messages ---- */
bool jp_transport_send(void *socket, jp_bytes frame)
{
    if (zmq_send(socket, frame.data, frame.len, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0) return true;
    lg_log(LG_LOG_WARN, "a message could not be sent: %s", zmq_strerror(zmq_errno()));
    return false;
}

void jp_transport_hand(void *socket, jp_packet *packet, size_t first, jp_taken_fn *taken)
{
    zmq_msg_t msg;
    size_t count = jp_frames_count(&packet->frames);
    jp_bytes last = jp_frames_at(&packet->frames, count - 1);
    atomic_store(&packet->handed, true);
    if (zmq_msg_init_data(&msg, (char *)last.data, last.len, taken, packet)) {
        lg_log(LG_LOG_WARN, "a message could not be sent: %s", zmq_strerror(zmq_errno()));
        taken(NULL, packet);
        return;
    }
    bool sent = true;
    for (size_t i = first; sent && i + 1 < count; i++)
        sent = jp_transport_send(socket, jp_frames_at(&packet->frames, i));
    if (!sent || zmq_msg_send(&msg, socket, ZMQ_DONTWAIT) < 0) zmq_msg_close(&msg);
}

jp_packet *jp_transport_handed(void *packet)
{
    jp_packet *handed = packet;
    LG_BUG_ON(!atomic_load(&handed->handed));
    return handed;
}
