/* Who reads IOPub: more front ends than there is a list for, which may be stuck and must not escape it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/jupyter/flow.h"
#include "tests/support/test.h"

enum { MORE = 1100 }; /* than are listed */

static int listener;
static jp_connection connection = {.ip = "127.0.0.1"};

typedef struct pair {
    int theirs, ours;
} pair;

/* Descriptors for both ends of so many connections; false: this system gives no such number. */
static bool room_for(rlim_t descriptors)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur >= descriptors) return true;
    if (limit.rlim_max < descriptors) return false;
    limit.rlim_cur = descriptors;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static void listen_here(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof here;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&here, len) == 0 && listen(listener, 16) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&here, &len) == 0);
    connection.port[JP_IOPUB] = ntohs(here.sin_port);
}

static pair join(void)
{
    pair p = {.theirs = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in here;
    socklen_t len = sizeof here;
    CHECK(getsockname(listener, (struct sockaddr *)&here, &len) == 0);
    CHECK(connect(p.theirs, (struct sockaddr *)&here, len) == 0);
    p.ours = accept(listener, NULL, NULL);
    return p;
}

static void leave(pair p)
{
    close(p.theirs);
    close(p.ours);
}

/* Looked at from our end: what the other one reads first is what lies in its buffer. */
static bool is_cut(pair p)
{
    char byte;
    return recv(p.ours, &byte, 1, MSG_DONTWAIT) == 0;
}

TEST(of_too_many_the_newest_are_cut_and_later_ones_are_known_again)
{
    static pair front[MORE];
    jp_flow flow;
    if (!room_for(2 * MORE + 100)) SKIP("this system gives too few descriptors");
    listen_here();
    jp_flow_init(&flow, &connection, -1);
    for (int i = 0; i < MORE; i++) {
        front[i] = join();
        jp_flow_reader(&flow, front[i].ours);
        jp_flow_reader(&flow, front[i].ours); /* another topic */
    }
    CHECK(!is_cut(front[0]) && !is_cut(front[1000]));
    CHECK(is_cut(front[MORE - 1]));
    size_t full = flow.readers.len;
    for (int i = 0; i < MORE; i++) leave(front[i]);
    pair late = join();
    jp_flow_reader(&flow, late.ours);
    CHECK(!is_cut(late));
    CHECK(flow.readers.len > 0 && flow.readers.len < full / 100);
    leave(late);
    close(listener);
    jp_flow_release(&flow);
}

/* Nobody reads at the other end, and both buffers are full. */
static void fill(pair p)
{
    static char block[1 << 16];
    while (send(p.ours, block, sizeof block, MSG_DONTWAIT) > 0) continue;
}

/* Is there room from one time to another, for whoever asks as often as the I/O thread does? */
static bool room(jp_flow *flow, double from, double until)
{
    const jp_packet packet = {.item.size = 100};
    bool found = false;
    for (double now = from; now <= until && !found; now += JP_FLOW_LOOK) found = jp_flow_room(flow, &packet, now);
    return found;
}

TEST(who_takes_nothing_is_cut_when_patience_ends)
{
    jp_flow flow;
    listen_here();
    jp_flow_init(&flow, &connection, -1);
    pair stuck = join(), reads = join();
    jp_flow_reader(&flow, stuck.ours);
    jp_flow_reader(&flow, reads.ours);
    fill(stuck);
    CHECK(room(&flow, 100, 100)); /* nothing is afloat */
    atomic_store(&flow.afloat, JP_FLOW_MOST);
    CHECK(!room(&flow, 101, 105.9) && !is_cut(stuck));
    atomic_store(&flow.afloat, 0);
    CHECK(room(&flow, 106, 106)); /* it was in time */
    atomic_store(&flow.afloat, JP_FLOW_MOST);
    CHECK(!room(&flow, 107, 111.9) && !is_cut(stuck));
    CHECK(!room(&flow, 111.92, 112.1) && is_cut(stuck) && !is_cut(reads));
    leave(stuck);

    /* the next one is waited for a moment only */
    pair next = join();
    jp_flow_reader(&flow, next.ours);
    fill(next);
    atomic_store(&flow.afloat, 0);
    CHECK(room(&flow, 113, 113));
    atomic_store(&flow.afloat, JP_FLOW_MOST);
    CHECK(!room(&flow, 114, 114.2) && !is_cut(next));
    CHECK(!room(&flow, 114.22, 114.4) && is_cut(next) && !is_cut(reads));
    leave(next);
    leave(reads);
    close(listener);
    jp_flow_release(&flow);
}

/* Who read nothing while we could not look may have been stopped with us. */
TEST(nobody_is_cut_for_the_time_the_kernel_stood_still)
{
    jp_flow flow;
    listen_here();
    jp_flow_init(&flow, &connection, -1);
    pair stuck = join();
    jp_flow_reader(&flow, stuck.ours);
    fill(stuck);
    atomic_store(&flow.afloat, JP_FLOW_MOST);
    CHECK(!room(&flow, 100, 102) && !room(&flow, 200, 204.9) && !is_cut(stuck));
    CHECK(!room(&flow, 204.92, 205.1) && is_cut(stuck));
    leave(stuck);
    close(listener);
    jp_flow_release(&flow);
}

TEST(only_connections_to_iopub_are_listed)
{
    jp_flow flow;
    int both[2];
    listen_here();
    pair other = join();
    connection.port[JP_IOPUB]++;
    jp_flow_init(&flow, &connection, -1);
    jp_flow_reader(&flow, other.ours);
    jp_flow_reader(&flow, -1);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
    jp_flow_reader(&flow, both[0]);
    CHECK_INT((long long)flow.readers.len, 0);
    connection.port[JP_IOPUB]--;
    jp_flow_reader(&flow, other.ours);
    CHECK(flow.readers.len > 0);
    close(both[0]), close(both[1]);
    leave(other);
    close(listener);
    jp_flow_release(&flow);
}
