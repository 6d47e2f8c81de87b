/* Who is welcomed when: a front end whose subscription came while something else was about to be sent. */
#include <time.h>
#include <zmq.h>

#include "kernel/jupyter/io.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/publish.h"
#include "kernel/jupyter/wire_json.h"
#include "tests/support/test.h"

enum { LATE = 60000, FLOOD = 20 * JP_READ_AT_ONCE };

static jp_kernel kernel;
static lg_err err;
static void *context, *front;

static void set_int(void *socket, int option, int value)
{
    CHECK(zmq_setsockopt(socket, option, &value, sizeof value) == 0);
}

static void open_kernel(void)
{
    char address[JP_ADDRESS];
    size_t size = sizeof address;
    err = (lg_err){0};
    context = zmq_ctx_new();
    kernel = (jp_kernel){.wake_fd = -1, .connection = {.ip = "127.0.0.1"}};
    CHECK_OK(jp_signer_new(JP_SHA256, "secret", 6, &kernel.signer, &err));
    jp_voice_init(&kernel.voice, kernel.signer);
    jp_queue_init(&kernel.packets, 1000, 32 << 20, -1);
    jp_queue_init(&kernel.replies, 1000, 32 << 20, -1);
    kernel.socket[JP_IOPUB] = zmq_socket(context, ZMQ_XPUB);
    set_int(kernel.socket[JP_IOPUB], ZMQ_SNDHWM, 0);
    set_int(kernel.socket[JP_IOPUB], ZMQ_XPUB_VERBOSE, 1);
    CHECK(zmq_bind(kernel.socket[JP_IOPUB], "tcp://127.0.0.1:*") == 0);
    CHECK(zmq_getsockopt(kernel.socket[JP_IOPUB], ZMQ_LAST_ENDPOINT, address, &size) == 0);
    kernel.connection.port[JP_IOPUB] = atoi(strrchr(address, ':') + 1);
    jp_flow_init(&kernel.flow, &kernel.connection, -1);
    front = zmq_socket(context, ZMQ_XSUB);
    set_int(front, ZMQ_RCVHWM, 0);
    set_int(front, ZMQ_SNDHWM, 0);
    CHECK(zmq_connect(front, address) == 0);
}

static void close_kernel(void)
{
    set_int(front, ZMQ_LINGER, 0);
    set_int(kernel.socket[JP_IOPUB], ZMQ_LINGER, 0);
    zmq_close(front);
    zmq_close(kernel.socket[JP_IOPUB]);
    zmq_ctx_term(context);
    jp_queue_release(&kernel.packets);
    jp_queue_release(&kernel.replies);
    jp_flow_release(&kernel.flow);
    jp_signer_free(kernel.signer);
}

/* libzmq has taken it in, and nobody has read it. */
static void subscribe(const char *topic, int times)
{
    char message[32];
    zmq_pollitem_t item = {.socket = kernel.socket[JP_IOPUB], .events = ZMQ_POLLIN};
    int len = snprintf(message, sizeof message, "\1%s", topic);
    for (int i = 0; i < times; i++) CHECK(zmq_send(front, message, (size_t)len, 0) == len);
    CHECK(zmq_poll(&item, 1, LATE) == 1);
}

/* "TYPE TOPIC" of the next message, names that are made up by the kernel left out. */
static const char *next(void)
{
    static char text[128];
    jp_frames frames;
    json_t *header = NULL;
    zmq_pollitem_t item = {.socket = front, .events = ZMQ_POLLIN};
    CHECK(zmq_poll(&item, 1, LATE) == 1);
    CHECK(jp_io_receive(front, false, &frames));
    CHECK_OK(jp_json_read(jp_frames_at(&frames, 3), &header, &err));
    jp_bytes topic = jp_frames_at(&frames, 0);
    const char *dot = topic.len > 7 ? memchr(topic.data + 7, '.', topic.len - 7) : NULL;
    if (dot) topic = (jp_bytes){dot, (size_t)(topic.data + topic.len - dot)};
    snprintf(text, sizeof text, "%s %.*s", json_string_value(json_object_get(header, "msg_type")), (int)topic.len,
             topic.data);
    json_decref(header);
    jp_frames_release(&frames);
    return text;
}

TEST(a_welcome_comes_before_what_is_about_to_be_sent)
{
    open_kernel();
    subscribe("kernel", 1);
    jp_kernel_status(&kernel, (jp_answered){0}, "busy");
    CHECK(!jp_publish_waiting(&kernel));
    CHECK_STR(next(), "iopub_welcome .status");
    CHECK_STR(next(), "iopub_welcome kernel");
    CHECK_STR(next(), "status .status");
    jp_kernel_status(&kernel, (jp_answered){0}, "idle");
    CHECK(!jp_publish_waiting(&kernel));
    CHECK_STR(next(), "status .status");
    close_kernel();
}

TEST(subscriptions_hold_up_nobody)
{
    int before = 0;
    open_kernel();
    subscribe("", FLOOD);
    jp_kernel_status(&kernel, (jp_answered){0}, "busy");
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL); /* as many of them as possible */
    CHECK(!jp_publish_waiting(&kernel));
    while (strcmp(next(), "status .status") != 0) before++;
    CHECK(before > 0 && before < FLOOD);
    close_kernel();
}

TEST(who_subscribes_again_and_again_gets_no_more_welcomes_than_there_is_room_for)
{
    open_kernel();
    subscribe("kernel", 1);
    atomic_fetch_add(&kernel.flow.afloat, 2 * (size_t)JP_FLOW_MOST + 1);
    kernel.flow.unbounded = true;
    CHECK(!jp_publish_subscriptions(&kernel));
    jp_kernel_status(&kernel, (jp_answered){0}, "busy");
    CHECK(!jp_publish_waiting(&kernel));
    CHECK_STR(next(), "status .status");
    subscribe("kernel", 1);
    jp_kernel_status(&kernel, (jp_answered){0}, "busy");
    CHECK(!jp_publish_waiting(&kernel));
    CHECK_STR(next(), "status .status");
    atomic_fetch_sub(&kernel.flow.afloat, 2 * (size_t)JP_FLOW_MOST + 1);
    subscribe("kernel", 1);
    CHECK(jp_publish_subscriptions(&kernel));
    CHECK_STR(next(), "iopub_welcome kernel");
    close_kernel();
}

/* libzmq may take a subscription in while something is sent, and its descriptor says nothing of it then: here that is
 * done by asking the socket in between. Nothing else is sent that would find it. */
TEST(who_came_while_something_was_sent_is_welcomed_though_nothing_tells_of_it)
{
    open_kernel();
    jp_kernel_status(&kernel, (jp_answered){0}, "busy");
    CHECK(!jp_publish_waiting(&kernel));
    subscribe("kernel", 1);
    CHECK(kernel.stirred[JP_IOPUB]);
    CHECK(!jp_publish_waiting(&kernel));
    CHECK_STR(next(), "iopub_welcome kernel");
    /* a welcome is something that was sent, too */
    subscribe("", 1);
    CHECK(kernel.stirred[JP_IOPUB]);
    CHECK(!jp_publish_waiting(&kernel));
    CHECK_STR(next(), "iopub_welcome ");
    CHECK(!jp_publish_waiting(&kernel));
    CHECK(!kernel.stirred[JP_IOPUB]); /* nobody is looked for again and again */
    close_kernel();
}
