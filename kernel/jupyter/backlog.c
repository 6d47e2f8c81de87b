/* backlog.c - an account of bytes for each connection that asks. */
#include "kernel/jupyter/backlog.h"

#include <string.h>

#include "kernel/jupyter/transport.h"
#include "lib/base/banned.h"

static const double least_patience = 0.25; /* after one was cut, who may come back: until all have taken what lies */
/* Seconds without a look: this process was stopped, or its machine, and whoever reads may have been stopped with it. */
static const double stopped = 1;
enum { ROUTING_ID = 255 }; /* bytes, the most that libzmq takes */

/* The list holds it, and each reply of its that libzmq has not got rid of. */
typedef struct jp_asking {
    jp_peer peer;
    atomic_size_t lying; /* bytes */
    atomic_size_t holders;
    bool cut; /* its requests may still be on the way to us; what they ask is not answered */
    size_t len;
    char id[ROUTING_ID];
} jp_asking;

/* ---- the list ---- */
static size_t count(const jp_backlog *backlog)
{
    return backlog->asking.len / sizeof(jp_asking *);
}

static jp_asking **list(const jp_backlog *backlog)
{
    return (jp_asking **)(void *)backlog->asking.data;
}

static void let_go(jp_asking *one)
{
    if (atomic_fetch_sub(&one->holders, 1) == 1) lg_free(one);
}

static void take_out(jp_backlog *backlog, size_t i)
{
    let_go(list(backlog)[i]);
    list(backlog)[i] = list(backlog)[count(backlog) - 1];
    backlog->asking.len -= sizeof(jp_asking *);
}

static void forget_who_left(jp_backlog *backlog)
{
    for (size_t i = count(backlog); i-- > 0;)
        if (!jp_peer_there(&list(backlog)[i]->peer)) take_out(backlog, i);
}

/* Where libzmq's name for the connection is in the list; count() if it is not. */
static size_t find(const jp_backlog *backlog, jp_bytes id)
{
    size_t i = 0;
    while (i < count(backlog) &&
           (list(backlog)[i]->len != id.len || memcmp(list(backlog)[i]->id, id.data, id.len) != 0))
        i++;
    return i;
}

static lg_status add(jp_backlog *backlog, jp_bytes id, const jp_peer *peer, lg_err *err)
{
    jp_asking *one = lg_alloc(1, sizeof *one, err);
    if (!one) return err->status;
    *one = (jp_asking){.peer = *peer, .len = id.len};
    atomic_store(&one->holders, 1);
    memcpy(one->id, id.data, id.len);
    lg_buf_add(&backlog->asking, &one, sizeof one);
    lg_status st = lg_buf_check(&backlog->asking, err);
    if (st) lg_free(one);
    return st;
}

/* Is it known, and still the same connection? One that comes back under its name before the old one was noticed to be
 * dead takes its place: the old one is then nobody's, and what lies there for it goes with it. */
static bool is_known(jp_backlog *backlog, jp_bytes id, const jp_peer *peer)
{
    size_t i = find(backlog, id);
    if (i == count(backlog)) return false;
    const jp_asking *old = list(backlog)[i];
    if (old->peer.fd == peer->fd && old->peer.socket == peer->socket) return true;
    if (atomic_load(&old->lying)) jp_peer_cut(&old->peer);
    take_out(backlog, i);
    return false;
}

void jp_backlog_asked(jp_backlog *backlog, const jp_request *request, int fd)
{
    lg_err err = {0};
    jp_peer peer;
    jp_bytes id = jp_frames_at(&request->frames, 0);
    if (id.len > ROUTING_ID || !jp_peer_find(backlog->connection, backlog->channel, fd, &peer)) return;
    if (is_known(backlog, id, &peer)) return;
    forget_who_left(backlog);
    if (add(backlog, id, &peer, &err) == LG_OK) return;
    backlog->asking.failed = LG_OK; /* there is room again when somebody has left */
    if (jp_peer_cut(&peer)) lg_log(LG_LOG_WARN, "too many front ends: one more was disconnected");
}

/* ---- the account ---- */
/* In a thread of libzmq's, or in ours where nobody is there to take it. */
static void taken(void *data, void *hint)
{
    jp_packet *reply = jp_transport_handed(hint);
    (void)data;
    jp_asking *one = reply->account;
    size_t charge = reply->item.size;
    jp_packet_free(reply);
    atomic_fetch_sub(&one->lying, charge);
    let_go(one);
}

/* Of a reply that nobody's account has. */
static void gone(void *data, void *hint)
{
    (void)data;
    jp_packet_free(jp_transport_handed(hint));
}

/* Whom it is for is gone, as a rule, and libzmq drops it. But an answer must not depend on what the system says about
 * descriptors. */
static void send_uncounted(void *socket, jp_packet *reply)
{
    jp_transport_hand(socket, reply, 0, gone);
}

void jp_backlog_send(jp_backlog *backlog, void *socket, jp_packet *reply)
{
    size_t i = find(backlog, jp_frames_at(&reply->frames, 0));
    if (i == count(backlog)) {
        send_uncounted(socket, reply);
        return;
    }
    if (list(backlog)[i]->cut) {
        jp_packet_free(reply);
        return;
    }
    jp_asking *one = list(backlog)[i];
    reply->item.size += jp_frames_count(&reply->frames) * JP_FRAME_COST;
    reply->account = one;
    backlog->sent += reply->item.size;
    atomic_fetch_add(&one->holders, 1);
    atomic_fetch_add(&one->lying, reply->item.size);
    jp_transport_hand(socket, reply, 0, taken);
}

/* ---- room ---- */
/* What lies there for one that was cut is on its way out, and no reason for others to wait. */
static size_t lying(const jp_backlog *backlog, jp_asking **most)
{
    size_t sum = 0, highest = 0;
    *most = NULL;
    for (size_t i = 0; i < count(backlog); i++) {
        jp_asking *one = list(backlog)[i];
        size_t here = one->cut ? 0 : atomic_load(&one->lying);
        sum += here;
        if (here > highest) highest = here, *most = one;
    }
    return sum;
}

static void cut(jp_backlog *backlog, jp_asking *one)
{
    one->cut = true;
    backlog->held_since = 0;
    backlog->sent = 0;
    if (jp_peer_cut(&one->peer))
        lg_log(LG_LOG_WARN, "a front end did not take its replies for %.2g s and was disconnected", backlog->patience);
    backlog->patience = backlog->most_patience < least_patience ? backlog->most_patience : least_patience;
}

/* How large the next reply is does not count: others would have to make room for one that asks for much. A little room
 * after there was none is none: who reads slowly would let all others have as little. */
bool jp_backlog_room(jp_backlog *backlog, double now)
{
    jp_asking *most;
    size_t sum = lying(backlog, &most);
    if (backlog->sent > JP_BACKLOG_MOST && !sum) backlog->patience = backlog->most_patience;
    while (!backlog->unbounded) {
        if (sum <= JP_BACKLOG_MOST - (backlog->held_since > 0 ? (size_t)JP_BACKLOG_STEP : 0)) break;
        if (backlog->held_since <= 0 || now > backlog->looked + stopped) backlog->held_since = now;
        backlog->looked = now;
        if (now < backlog->held_since + backlog->patience) return false;
        cut(backlog, most);
        sum = lying(backlog, &most);
    }
    backlog->held_since = 0;
    return true;
}

/* ---- life ---- */
void jp_backlog_init(jp_backlog *backlog, const jp_connection *connection, jp_channel channel, double patience)
{
    *backlog =
        (jp_backlog){.connection = connection, .channel = channel, .most_patience = patience, .patience = patience};
    lg_buf_init(&backlog->asking, JP_PEERS * sizeof(jp_asking *));
}

void jp_backlog_release(jp_backlog *backlog)
{
    while (count(backlog)) take_out(backlog, count(backlog) - 1);
    lg_buf_release(&backlog->asking);
}
