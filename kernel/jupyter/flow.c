/* flow.c - an account of bytes, and a list of connections. */
#include "kernel/jupyter/flow.h"

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

/* Who has let everybody wait once may have come back and be as stuck as before; others wait for such a one a moment
 * only, until everybody has shown that they read. */
static const double most_patience = 5, least_patience = 0.25;
/* Seconds without a look: this process was stopped, or its machine, and whoever reads may have been stopped with it. */
static const double stopped = 1;
enum { FRAME = 64, MOST_READERS = 1024 }; /* bytes of a frame in the list of each subscriber */

/* A connection, by the number of its descriptor and by what the system calls the socket behind it: libzmq closes it
 * when it likes, and the number may soon mean something else. */
typedef struct jp_reader {
    int fd, queued; /* bytes on the way when there was no room any more */
    ino_t socket;
    bool moves; /* took something since */
} jp_reader;

static size_t reader_count(const jp_flow *flow)
{
    return flow->readers.len / sizeof(jp_reader);
}

/* ---- the account ---- */
/* In a thread of libzmq's. The flag is read first: it says that all of the packet was written before. */
static void taken(void *data, void *hint)
{
    jp_packet *packet = hint;
    (void)data;
    LG_BUG_ON(!atomic_load(&packet->handed));
    jp_flow *flow = packet->flow;
    uint64_t one = 1;
    size_t charge = packet->item.size;
    jp_packet_free(packet);
    atomic_fetch_sub(&flow->afloat, charge);
    /* an eventfd that is too full to add to wakes its reader anyway */
    if (atomic_exchange(&flow->awaited, false) && write(flow->wake_fd, &one, sizeof one) < 0) return;
}

static size_t charge_of(const jp_flow *flow, const jp_packet *packet)
{
    return packet->item.size + jp_frames_count(&packet->frames) * FRAME * (1 + reader_count(flow));
}

static bool send_frame(void *socket, jp_bytes frame)
{
    if (zmq_send(socket, frame.data, frame.len, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0) return true;
    lg_log(LG_LOG_WARN, "a message could not be sent: %s", zmq_strerror(zmq_errno()));
    return false;
}

/* Only the last frame, the largest as a rule, is handed over; libzmq copies the others. They are taken before it. */
void jp_flow_send(jp_flow *flow, void *socket, jp_packet *packet)
{
    zmq_msg_t msg;
    size_t count = jp_frames_count(&packet->frames), charge = charge_of(flow, packet);
    jp_bytes last = jp_frames_at(&packet->frames, count - 1);
    if (zmq_msg_init_data(&msg, (char *)last.data, last.len, taken, packet)) {
        lg_log(LG_LOG_WARN, "a message could not be sent: %s", zmq_strerror(zmq_errno()));
        jp_packet_free(packet);
        return;
    }
    packet->item.size = charge;
    packet->flow = flow;
    flow->sent += charge;
    atomic_fetch_add(&flow->afloat, charge);
    atomic_store(&packet->handed, true);
    bool sent = true;
    for (size_t i = 0; i + 1 < count && sent; i++) sent = send_frame(socket, jp_frames_at(&packet->frames, i));
    if (!sent || zmq_msg_send(&msg, socket, ZMQ_DONTWAIT) < 0) zmq_msg_close(&msg);
}

/* ---- who reads ---- */
static jp_reader *readers(jp_flow *flow)
{
    return (jp_reader *)(void *)flow->readers.data;
}

static bool is_socket(int fd, ino_t *socket)
{
    struct stat about;
    if (fstat(fd, &about) || !S_ISSOCK(about.st_mode)) return false;
    *socket = about.st_ino;
    return true;
}

/* Does it end at the address front ends subscribe to? */
static bool is_iopub(const jp_connection *connection, int fd)
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
    if (here.any.sa_family == AF_INET) return ntohs(here.v4.sin_port) == connection->port[JP_IOPUB];
    if (here.any.sa_family == AF_INET6) return ntohs(here.v6.sin6_port) == connection->port[JP_IOPUB];
    jp_connection_address(connection, JP_IOPUB, address);
    return connection->ipc && strcmp(here.path.sun_path, address + strlen("ipc://")) == 0;
}

static bool still_there(const jp_reader *reader)
{
    ino_t socket;
    return is_socket(reader->fd, &socket) && socket == reader->socket;
}

static void forget_who_left(jp_flow *flow)
{
    size_t kept = 0, count = reader_count(flow);
    for (size_t i = 0; i < count; i++)
        if (still_there(&readers(flow)[i])) readers(flow)[kept++] = readers(flow)[i];
    flow->readers.len = kept * sizeof(jp_reader);
}

/* Bytes that are on their way to the peer; they become fewer when it reads, and more when libzmq then writes. */
static int queued(const jp_reader *reader)
{
    int bytes = 0;
    return ioctl(reader->fd, SIOCOUTQ, &bytes) ? 0 : bytes;
}

static void look(jp_flow *flow, bool first)
{
    for (size_t i = 0; i < reader_count(flow); i++) {
        jp_reader *reader = &readers(flow)[i];
        int bytes = queued(reader);
        if (first) reader->moves = false, reader->queued = bytes;
        if (!bytes || bytes != reader->queued) reader->moves = true;
    }
}

/* Only a descriptor of our own is safe to use here: libzmq may close its own between any two of these lines. */
static bool cut(const jp_reader *reader)
{
    jp_reader own = {.fd = dup(reader->fd), .socket = reader->socket};
    bool done = own.fd >= 0 && still_there(&own) && shutdown(own.fd, SHUT_RDWR) == 0;
    if (own.fd >= 0) close(own.fd);
    return done;
}

/* Who is not in the list could never be let go of, and one such that is stuck would hold up all others for ever. */
void jp_flow_reader(jp_flow *flow, int fd)
{
    jp_reader reader = {.fd = fd};
    forget_who_left(flow);
    if (fd < 0 || !is_socket(fd, &reader.socket) || !is_iopub(flow->connection, fd)) return;
    for (size_t i = 0; i < reader_count(flow); i++)
        if (readers(flow)[i].socket == reader.socket) return;
    lg_buf_add(&flow->readers, &reader, sizeof reader);
    if (!flow->readers.failed) return;
    flow->readers.failed = LG_OK; /* there is room again when somebody has left */
    if (cut(&reader)) lg_log(LG_LOG_WARN, "too many front ends: one more was disconnected");
}

static void cut_who_is_stuck(jp_flow *flow)
{
    for (size_t i = 0; i < reader_count(flow); i++) {
        if (readers(flow)[i].moves || !cut(&readers(flow)[i])) continue;
        lg_log(LG_LOG_WARN, "a front end took no output for %.2g s and was disconnected", flow->patience);
        flow->patience = least_patience;
        flow->sent = 0;
    }
}

/* ---- room ---- */
static bool fits(jp_flow *flow, size_t charge)
{
    size_t afloat = atomic_load(&flow->afloat);
    return flow->unbounded || !afloat || afloat + charge <= JP_FLOW_MOST;
}

/* No room: who takes nothing from here on until patience ends, while we look on, is cut. */
static void hold(jp_flow *flow, double now)
{
    bool first = flow->held_since <= 0 || now > flow->looked + stopped;
    if (first) flow->held_since = now;
    if (!first && now < flow->looked + JP_FLOW_LOOK) return;
    flow->looked = now;
    forget_who_left(flow);
    look(flow, first);
    if (now < flow->held_since + flow->patience) return;
    cut_who_is_stuck(flow);
    flow->held_since = 0;
}

bool jp_flow_room(jp_flow *flow, const jp_packet *packet, double now)
{
    size_t charge = charge_of(flow, packet);
    if (flow->sent > JP_FLOW_MOST && !atomic_load(&flow->afloat)) flow->patience = most_patience;
    if (!fits(flow, charge)) {
        atomic_store(&flow->awaited, true);
        if (!fits(flow, charge)) { /* nothing was taken before that could be seen */
            hold(flow, now);
            return false;
        }
    }
    atomic_store(&flow->awaited, false);
    flow->held_since = 0;
    return true;
}

bool jp_flow_overfull(const jp_flow *flow)
{
    return atomic_load(&flow->afloat) > 2 * (size_t)JP_FLOW_MOST;
}

/* ---- life ---- */
void jp_flow_init(jp_flow *flow, const jp_connection *connection, int wake_fd)
{
    *flow = (jp_flow){.wake_fd = wake_fd, .connection = connection, .patience = most_patience};
    lg_buf_init(&flow->readers, MOST_READERS * sizeof(jp_reader));
}

void jp_flow_release(jp_flow *flow)
{
    lg_buf_release(&flow->readers);
}
