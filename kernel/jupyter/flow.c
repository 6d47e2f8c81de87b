/* flow.c - an account of bytes, and a list of connections. */
#include "kernel/jupyter/flow.h"

#include <unistd.h>

#include "kernel/jupyter/transport.h"
#include "lib/base/banned.h"

/* Who has let everybody wait once may have come back and be as stuck as before; others wait for such a one a moment
 * only, until everybody has shown that they read. */
static const double most_patience = 5, least_patience = 0.25;
/* Seconds without a look: this process was stopped, or its machine, and whoever reads may have been stopped with it. */
static const double stopped = 1;

typedef struct jp_reader {
    jp_peer peer;
    int queued; /* bytes on the way when there was no room any more */
    bool moves; /* took something since */
} jp_reader;

static size_t reader_count(const jp_flow *flow)
{
    return flow->readers.len / sizeof(jp_reader);
}

/* ---- the account ---- */
/* In a thread of libzmq's. */
static void taken(void *data, void *hint)
{
    jp_packet *packet = jp_transport_handed(hint);
    (void)data;
    jp_flow *flow = packet->account;
    uint64_t one = 1;
    size_t charge = packet->item.size;
    jp_packet_free(packet);
    atomic_fetch_sub(&flow->afloat, charge);
    /* an eventfd that is too full to add to wakes its reader anyway */
    if (atomic_exchange(&flow->awaited, false) && write(flow->wake_fd, &one, sizeof one) < 0) return;
}

static size_t charge_of(const jp_flow *flow, const jp_packet *packet)
{
    return packet->item.size + jp_frames_count(&packet->frames) * JP_FRAME_COST * (1 + reader_count(flow));
}

bool jp_flow_begin(void *socket, jp_bytes topic)
{
    return jp_transport_send(socket, topic);
}

void jp_flow_finish(jp_flow *flow, void *socket, jp_packet *packet)
{
    packet->item.size = charge_of(flow, packet);
    packet->account = flow;
    flow->sent += packet->item.size;
    atomic_fetch_add(&flow->afloat, packet->item.size);
    jp_transport_hand(socket, packet, 1, taken);
}

void jp_flow_send(jp_flow *flow, void *socket, jp_packet *packet)
{
    if (jp_flow_begin(socket, jp_frames_at(&packet->frames, 0))) jp_flow_finish(flow, socket, packet);
    else jp_packet_free(packet);
}

/* ---- who reads ---- */
static jp_reader *readers(jp_flow *flow)
{
    return (jp_reader *)(void *)flow->readers.data;
}

static void forget_who_left(jp_flow *flow)
{
    size_t kept = 0, count = reader_count(flow);
    for (size_t i = 0; i < count; i++)
        if (jp_peer_there(&readers(flow)[i].peer)) readers(flow)[kept++] = readers(flow)[i];
    flow->readers.len = kept * sizeof(jp_reader);
}

static void look(jp_flow *flow, bool first)
{
    for (size_t i = 0; i < reader_count(flow); i++) {
        jp_reader *reader = &readers(flow)[i];
        int bytes = jp_peer_queued(&reader->peer);
        if (first) reader->moves = false, reader->queued = bytes;
        if (!bytes || bytes != reader->queued) reader->moves = true;
    }
}

/* Who is not in the list could never be let go of, and one such that is stuck would hold up all others for ever. */
void jp_flow_reader(jp_flow *flow, int fd)
{
    jp_reader reader = {0};
    forget_who_left(flow);
    if (!jp_peer_find(flow->connection, JP_IOPUB, fd, &reader.peer)) return;
    for (size_t i = 0; i < reader_count(flow); i++)
        if (readers(flow)[i].peer.socket == reader.peer.socket) return;
    lg_buf_add(&flow->readers, &reader, sizeof reader);
    if (!flow->readers.failed) return;
    flow->readers.failed = LG_OK; /* there is room again when somebody has left */
    if (jp_peer_cut(&reader.peer)) lg_log(LG_LOG_WARN, "too many front ends: one more was disconnected");
}

static void cut_who_is_stuck(jp_flow *flow)
{
    for (size_t i = 0; i < reader_count(flow); i++) {
        if (readers(flow)[i].moves || !jp_peer_cut(&readers(flow)[i].peer)) continue;
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
    lg_buf_init(&flow->readers, JP_PEERS * sizeof(jp_reader));
}

void jp_flow_release(jp_flow *flow)
{
    lg_buf_release(&flow->readers);
}
