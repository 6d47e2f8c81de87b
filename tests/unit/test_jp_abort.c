/* What a failed cell aborts. The test is the I/O thread: it gives requests to the executor and takes its replies. */
#include <time.h>

#include "kernel/commands/workbench.h"
#include "kernel/jupyter/io.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/subshell.h"
#include "kernel/jupyter/wire_json.h"
#include "tests/support/lens.h"
#include "tests/support/request.h"

static lg_err err;
static jp_kernel kernel;
static cmd_workbench *bench;

static void open_kernel(void)
{
    kernel.wake_fd = -1;
    CHECK_OK(jp_signer_new(JP_SHA256, "secret", 6, &kernel.signer, &err));
    jp_voice_init(&kernel.voice, kernel.signer);
    jp_queue_init(&kernel.packets, 10000, 64 << 20, -1);
    jp_queue_init(&kernel.replies, 10000, 64 << 20, -1);
    CHECK_OK(store_history_new(&kernel.cells, &err));
    CHECK_OK(jp_widgets_new(&kernel, &kernel.widgets, &err));
    CHECK_OK(cmd_workbench_new(&bench, &err));
    jp_executor_init(&kernel.main, &kernel);
    kernel.main.session = cmd_workbench_session(bench);
    CHECK_OK(jp_executor_start(&kernel.main, &err));
}

static void close_kernel(void)
{
    jp_item *item;
    jp_executor_stop(&kernel.main);
    jp_executor_join(&kernel.main);
    while ((item = jp_queue_take(&kernel.packets, false))) jp_packet_free((jp_packet *)item);
    jp_executor_release(&kernel.main);
    jp_widgets_free(kernel.widgets);
    cmd_workbench_free(bench);
    store_history_free(kernel.cells);
    jp_queue_release(&kernel.packets);
    jp_queue_release(&kernel.replies);
    jp_signer_free(kernel.signer);
}

static void send(const char *code)
{
    static int asked;
    char id[16], content[128];
    snprintf(id, sizeof id, "%d", ++asked);
    snprintf(content, sizeof content, "{\"code\":\"%s\"}", code);
    jp_subshells_route(&kernel, request_from(kernel.signer, "execute_request", id, content));
}

/* "1 ok": whose reply the next one is, and its status. */
static const char *reply(void)
{
    static char text[64];
    json_t *parent = NULL, *content = NULL;
    jp_packet *packet = (jp_packet *)jp_queue_take(&kernel.replies, true);
    CHECK_OK(jp_json_read(jp_frames_at(&packet->frames, 3), &parent, &err));
    CHECK_OK(jp_json_read(jp_frames_at(&packet->frames, 5), &content, &err));
    snprintf(text, sizeof text, "%s %s", json_string_value(json_object_get(parent, "msg_id")),
             json_string_value(json_object_get(content, "status")));
    json_decref(parent);
    json_decref(content);
    jp_packet_free(packet);
    return text;
}

static void until_searched(unsigned long long number)
{
    double end = lg_now() + 60;
    while (atomic_load(&kernel.searches) < number && lg_now() < end)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    CHECK_INT(atomic_load(&kernel.searches), number);
}

/* The reply of a cell that failed waits until all that lay in the socket was read, and that is aborted. */
TEST(what_lies_in_the_socket_when_a_cell_fails_is_aborted)
{
    open_kernel();
    send("nonsense here");
    until_searched(1);
    CHECK(jp_queue_empty(&kernel.replies));
    send("say hello");
    send("say hello");
    atomic_store(&kernel.searched, 1);
    CHECK_STR(reply(), "1 error");
    send("say hello"); /* by somebody who has seen that */
    CHECK_STR(reply(), "2 aborted");
    CHECK_STR(reply(), "3 aborted");
    CHECK_STR(reply(), "4 ok");
    /* one that is told to end meanwhile does */
    send("nonsense here");
    until_searched(2);
    close_kernel();
}
