/* Replies that are not taken: who is let go of when, over real sockets, with a clock of our own. */
#include <time.h>
#include <zmq.h>

#include "kernel/jupyter/backlog.h"
#include "kernel/jupyter/flow.h"
#include "tests/support/test.h"

enum { LATE = 60000, PIECE = 1 << 20, STEPS = JP_BACKLOG_STEP / PIECE };

static lg_err err;
static jp_connection connection = {.ip = "127.0.0.1"};
static jp_signer *signer;
static jp_backlog backlog;
static void *context, *router;

static void set(void *socket, int option, int value)
{
    CHECK(zmq_setsockopt(socket, option, &value, sizeof value) == 0);
}

static void open_router(double patience)
{
    char address[JP_ADDRESS];
    size_t size = sizeof address;
    err = (lg_err){0};
    context = zmq_ctx_new();
    router = zmq_socket(context, ZMQ_ROUTER);
    set(router, ZMQ_SNDHWM, 0);
    set(router, ZMQ_LINGER, 300); /* as the kernel has it */
    set(router, ZMQ_ROUTER_HANDOVER, 1);
    CHECK(zmq_bind(router, "tcp://127.0.0.1:*") == 0);
    CHECK(zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, address, &size) == 0);
    connection.port[JP_SHELL] = atoi(strrchr(address, ':') + 1);
    CHECK_OK(jp_signer_new(JP_SHA256, "secret", 6, &signer, &err));
    jp_backlog_init(&backlog, &connection, JP_SHELL, patience);
}

static void close_router(void)
{
    zmq_close(router);
    zmq_ctx_term(context);
    jp_backlog_release(&backlog);
    jp_signer_free(signer);
}

/* A front end that keeps one message and what its system takes. */
static void *join(const char *name)
{
    void *front = zmq_socket(context, ZMQ_DEALER);
    char address[JP_ADDRESS];
    jp_connection_address(&connection, JP_SHELL, address);
    set(front, ZMQ_RCVHWM, 1);
    set(front, ZMQ_RCVBUF, 4096);
    set(front, ZMQ_LINGER, 0);
    set(front, ZMQ_RECONNECT_IVL, -1);
    CHECK(zmq_setsockopt(front, ZMQ_ROUTING_ID, name, strlen(name)) == 0);
    CHECK(zmq_connect(front, address) == 0);
    return front;
}

static bool readable(void *socket, long wait)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    return zmq_poll(&item, 1, wait) == 1;
}

/* It asks for something; the request is received, and noted. */
static jp_request *ask(void *front)
{
    static int asked;
    char header[64], hex[JP_SIGNATURE + 1];
    jp_frames frames;
    jp_request *request = NULL;
    int fd = -1;
    int len = snprintf(header, sizeof header, "{\"msg_type\":\"kernel_info_request\",\"msg_id\":\"%d\"}", ++asked);
    const jp_bytes part[JP_SIGNED_PARTS] = {{header, (size_t)len}, {"{}", 2}, {"{}", 2}, {"{}", 2}};
    jp_signer_sign(signer, part, hex);
    zmq_send(front, "<IDS|MSG>", 9, ZMQ_SNDMORE);
    zmq_send(front, hex, strlen(hex), ZMQ_SNDMORE);
    for (int i = 0; i < JP_SIGNED_PARTS; i++) zmq_send(front, part[i].data, part[i].len, i < 3 ? ZMQ_SNDMORE : 0);
    CHECK(readable(router, LATE));
    jp_frames_init(&frames);
    for (bool more = true; more;) {
        zmq_msg_t msg;
        zmq_msg_init(&msg);
        CHECK(zmq_msg_recv(&msg, router, 0) >= 0);
        jp_frames_add(&frames, zmq_msg_data(&msg), zmq_msg_size(&msg));
        more = zmq_msg_more(&msg);
        fd = zmq_msg_get(&msg, ZMQ_SRCFD);
        zmq_msg_close(&msg);
    }
    CHECK_OK(jp_request_new(&frames, signer, JP_SHELL, &request, &err));
    jp_backlog_asked(&backlog, request, fd);
    return request;
}

/* What is in it nobody here reads. */
static void reply(const jp_request *request, size_t bytes)
{
    static char content[PIECE];
    jp_bytes id = jp_frames_at(&request->frames, 0);
    jp_packet *packet = lg_alloc(1, sizeof *packet, &err);
    CHECK(packet != NULL);
    *packet = (jp_packet){.item.size = bytes};
    jp_frames_init(&packet->frames);
    jp_frames_add(&packet->frames, id.data, id.len);
    jp_frames_add(&packet->frames, content, bytes);
    jp_backlog_send(&backlog, router, packet);
}

/* Reads a message; false: there is none, and there will be none. */
static bool take(void *front, long wait)
{
    char byte;
    int more = 1;
    size_t size = sizeof more;
    if (!readable(front, wait)) return false;
    while (more && zmq_recv(front, &byte, 1, 0) >= 0) zmq_getsockopt(front, ZMQ_RCVMORE, &more, &size);
    return true;
}

/* Is there room from one time to another, for whoever asks as often as the I/O thread does? */
static bool room(double from, double until)
{
    bool found = false;
    for (double now = from; now <= until && !found; now += JP_FLOW_LOOK) found = jp_backlog_room(&backlog, now);
    return found;
}

/* More than may lie there, also when its system has taken what it takes. Returns how many replies. */
static int fill(const jp_request *request)
{
    int sent = 0;
    bool full = false;
    while (!full) {
        reply(request, PIECE);
        if (++sent < JP_BACKLOG_MOST / PIECE || room(0, 0)) continue;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        full = !room(0, 0);
    }
    return sent;
}

TEST(who_takes_nothing_is_let_go_of_when_patience_ends)
{
    open_router(5);
    void *stuck = join("stuck"), *other = join("other");
    jp_request *of_stuck = ask(stuck), *of_other = ask(other);
    fill(of_stuck);
    reply(of_other, 100);
    CHECK(!room(100, 104.9));
    CHECK(room(104.92, 105.1)); /* what lies there for one that was cut holds up nobody */
    reply(of_other, 100);
    CHECK(take(other, LATE) && take(other, LATE));
    reply(of_stuck, 100); /* of no use to anybody */
    while (take(stuck, 100)) continue;

    /* the next one is waited for a moment only */
    void *next = join("next");
    jp_request *of_next = ask(next);
    fill(of_next);
    CHECK(!room(106, 106.2) && room(106.22, 106.4));
    jp_request_free(of_stuck), jp_request_free(of_other), jp_request_free(of_next);
    zmq_close(stuck), zmq_close(other), zmq_close(next);
    close_router();
}

TEST(who_takes_some_in_time_stays)
{
    open_router(5);
    void *pauses = join("pauses");
    jp_request *request = ask(pauses);
    int sent = fill(request), taken = 0;
    CHECK(!room(100, 104.9));
    while (!room(104.92, 104.92) && taken < sent) taken += take(pauses, LATE);
    CHECK(taken > STEPS / 2 && taken < 4 * STEPS); /* a few more or less are on their way */
    for (; taken < sent; taken++) CHECK(take(pauses, LATE));
    reply(request, 100);
    CHECK(take(pauses, LATE));
    jp_request_free(request);
    zmq_close(pauses);
    close_router();
}

TEST(nobody_is_cut_for_the_time_the_kernel_stood_still)
{
    open_router(5);
    void *stuck = join("stuck");
    jp_request *request = ask(stuck);
    fill(request);
    CHECK(!room(100, 102) && !room(200, 204.9) && room(204.92, 205.1));
    jp_request_free(request);
    zmq_close(stuck);
    close_router();
}

TEST(without_patience_there_is_always_room)
{
    open_router(0);
    void *stuck = join("stuck"), *other = join("other");
    jp_request *of_stuck = ask(stuck), *of_other = ask(other);
    for (int i = 0; i < JP_BACKLOG_MOST / PIECE + STEPS; i++) reply(of_stuck, PIECE);
    CHECK(room(100, 100));
    reply(of_other, 100);
    CHECK(take(other, LATE));
    jp_request_free(of_stuck), jp_request_free(of_other);
    zmq_close(stuck), zmq_close(other);
    close_router();
}

/* The same name over a new connection: what lies there for the old one is not held against it. */
TEST(who_comes_back_is_another)
{
    open_router(5);
    void *before = join("name"), *after;
    jp_request *old = ask(before), *new;
    fill(old);
    CHECK(!room(100, 100));
    after = join("name");
    new = ask(after);
    CHECK(room(100.1, 100.1));
    reply(new, 100);
    CHECK(take(after, LATE));
    while (take(before, 100)) continue; /* it was cut: not all of it is there */
    jp_request_free(old), jp_request_free(new);
    zmq_close(before), zmq_close(after);
    close_router();
}

/* Where the system does not tell which connection it was, an answer comes all the same. */
TEST(who_cannot_be_made_out_is_answered)
{
    open_router(5);
    void *front = join("name");
    connection.port[JP_SHELL]++;
    jp_request *request = ask(front);
    reply(request, 100);
    CHECK(take(front, LATE));
    jp_request_free(request);
    zmq_close(front);
    close_router();
}
