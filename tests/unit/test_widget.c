/* Sliders without sockets: what a cell puts into the queue of messages, and what moving one adds to it. */
#include "kernel/commands/workbench.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/plot/theme.h"
#include "tests/support/lens.h"
#include "tests/support/request.h"

#define LINE "convolve [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] with edge"

static lg_err err;
static cmd_workbench *bench;
static jp_kernel kernel;
static int asked; /* messages of the page, for their ids */

/* One message of ours, its content read. */
typedef struct sent {
    char type[64], parent[64];
    json_t *content;
} sent;
static sent got[256];
static int count;

static void forget(void)
{
    while (count) json_decref(got[--count].content);
}

static void close_all(void)
{
    jp_item *item;
    forget();
    while ((item = jp_queue_take(&kernel.packets, false))) jp_packet_free((jp_packet *)item);
    jp_widgets_free(kernel.widgets);
    cmd_workbench_free(bench);
    bench = NULL;
    if (!kernel.signer) return;
    jp_executor_release(&kernel.main);
    jp_queue_release(&kernel.packets);
    jp_signer_free(kernel.signer);
    memset(&kernel, 0, sizeof kernel);
}

static void setup(void)
{
    if (kernel.signer) close_all(); /* of a test that failed */
    lg_err_clear(&err);
    kernel.wake_fd = -1;
    CHECK_OK(jp_signer_new(JP_SHA256, "secret", 6, &kernel.signer, &err));
    jp_voice_init(&kernel.voice, kernel.signer);
    jp_queue_init(&kernel.packets, 10000, 64 << 20, -1);
    jp_executor_init(&kernel.main, &kernel);
    CHECK_OK(cmd_workbench_new(&bench, &err));
    kernel.main.session = cmd_workbench_session(bench);
    CHECK_OK(jp_widgets_new(&kernel, &kernel.widgets, &err));
}

static jp_request *request_of(const char *type, const char *content)
{
    char id[80];
    snprintf(id, sizeof id, "%s %d", type, ++asked);
    return request_from(kernel.signer, type, id, content);
}

static json_t *read_part(const jp_packet *packet, size_t behind)
{
    json_t *out = NULL;
    size_t at = 0;
    while (jp_frames_at(&packet->frames, at).len != 9) at++; /* the delimiter */
    CHECK_OK(jp_json_read(jp_frames_at(&packet->frames, at + behind), &out, &err));
    return out;
}

static void copy(char out[64], const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    snprintf(out, 64, "%s", text ? text : "");
}

/* Everything that waits to be sent. */
static void receive(void)
{
    jp_item *item;
    forget();
    while ((item = jp_queue_take(&kernel.packets, false))) {
        jp_packet *packet = (jp_packet *)item;
        sent *s = &got[count++];
        CHECK(count < 256);
        json_t *header = read_part(packet, 2), *parent = read_part(packet, 3);
        copy(s->type, header, "msg_type");
        copy(s->parent, parent, "msg_id");
        s->content = read_part(packet, 5);
        json_decref(header);
        json_decref(parent);
        jp_packet_free(packet);
    }
}

static void cell(const char *code)
{
    jp_request *request = request_of("execute_request", "{}");
    jp_output_begin(&kernel.main.output, request, 1, false, false);
    CHECK_OK(dsl_session_execute(cmd_workbench_session(bench), code, strlen(code), &kernel.main.output.out, &kernel.main.cancel,
                                 &err));
    jp_output_end(&kernel.main.output);
    jp_request_free(request);
    receive();
}

/* The comm of a model among what was opened. */
static const char *comm_of(const char *model)
{
    for (int i = 0; i < count; i++) {
        const json_t *state = json_object_get(json_object_get(got[i].content, "data"), "state");
        const char *name = json_string_value(json_object_get(state, "_model_name"));
        if (name && strcmp(name, model) == 0) return json_string_value(json_object_get(got[i].content, "comm_id"));
    }
    TEST_FAIL("no %s", model);
    return "";
}

static char axis[33];

static void slider(const char *line)
{
    cell(line);
    snprintf(axis, sizeof axis, "%s", comm_of("SelectionSliderModel"));
}

static jp_request *moved(const char *index)
{
    char content[256];
    snprintf(content, sizeof content, "{\"comm_id\":\"%s\",\"data\":{\"method\":\"update\",\"state\":{\"index\":%s}}}",
             axis, index);
    return request_of("comm_msg", content);
}

/* What the executor does with a message. */
static lg_status serve(jp_request *request)
{
    json_t *content = NULL;
    lg_err_clear(&err);
    lg_status st = jp_json_read(jp_request_part(request, JP_CONTENT), &content, &err);
    if (st == LG_OK) st = jp_widgets_message(kernel.widgets, request, content, &err);
    json_decref(content);
    jp_widgets_draw(kernel.widgets, &kernel.main, request);
    jp_request_free(request);
    return st;
}

static const json_t *form(int i, const char *mime)
{
    return json_object_get(json_object_get(got[i].content, "data"), mime);
}

TEST(a_line_opens_its_models_before_it_is_shown)
{
    setup();
    slider(LINE " slider");
    CHECK_INT(count, 8);
    for (int i = 0; i < 6; i++) CHECK_STR(got[i].type, "comm_open");
    CHECK_STR(got[6].type, "display_data");
    CHECK_HAS(json_string_value(form(6, "text/plain")), LINE " at 1,2");
    CHECK(form(6, "application/vnd.jupyter.widget-view+json"));
    CHECK_STR(got[7].type, "display_data");
    CHECK_HAS(json_string_value(form(7, "text/plain")), "at 1,1: ");
    CHECK(form(7, "image/png"));
    close_all();
}

TEST(of_nine_moves_that_wait_one_is_drawn)
{
    setup();
    slider(LINE " slider");
    for (int i = 0; i < 9; i++) jp_queue_put(&kernel.main.requests, &moved(i % 2 ? "2" : "3")->item);
    for (int i = 0; i < 9; i++) {
        CHECK_OK(serve((jp_request *)jp_queue_take(&kernel.main.requests, false)));
        receive();
        CHECK_INT(count, i < 8 ? 1 : 2);
        CHECK_HAS(json_string_value(json_object_get(json_object_get(got[0].content, "data"), "method")), "echo_update");
    }
    CHECK_STR(got[1].type, "update_display_data");
    CHECK_STR(got[1].parent, got[0].parent);
    CHECK_HAS(json_string_value(form(1, "text/plain")), "at 2,2: 16·1 + 3·1 + 7·-4 + 10·1 + 1·1 = 2");
    close_all();
}

TEST(a_drawing_is_whole_when_it_settles)
{
    setup();
    slider(LINE " slider");
    CHECK(!jp_widgets_unsettled(kernel.widgets));
    CHECK_OK(serve(moved("1")));
    receive();
    CHECK(!form(1, "image/png") && form(1, "text/html"));
    CHECK(jp_widgets_unsettled(kernel.widgets));
    char parent[64];
    snprintf(parent, sizeof parent, "%s", got[1].parent);
    jp_widgets_settle(kernel.widgets, &kernel.main);
    receive();
    CHECK_INT(count, 1);
    CHECK_STR(got[0].parent, parent);
    CHECK(form(0, "image/png"));
    CHECK(!jp_widgets_unsettled(kernel.widgets));
    close_all();
}

/* ---- two shells ---- */
static jp_executor other;
static const char *moved_meanwhile; /* by the other shell, as soon as this one begins to draw; NULL: no more */

static void begin_to_draw(dsl_session *session)
{
    const char *index = moved_meanwhile;
    (void)session;
    moved_meanwhile = NULL;
    if (!index) return;
    json_t *content = NULL;
    lg_err trouble = {0};
    jp_request *request = moved(index);
    CHECK_OK(jp_json_read(jp_request_part(request, JP_CONTENT), &content, &trouble));
    CHECK_OK(jp_widgets_message(kernel.widgets, request, content, &trouble));
    jp_widgets_draw(kernel.widgets, &other, request); /* finds it busy */
    CHECK(!jp_widgets_unsettled(kernel.widgets));     /* and does not wait for it */
    json_decref(content);
    jp_request_free(request);
}

/* One slider is drawn by one shell at a time, which goes on until it has drawn what was asked last. */
TEST(what_another_shell_moves_meanwhile_is_drawn)
{
    setup();
    slider(LINE " slider");
    dsl_config config = *dsl_session_config(cmd_workbench_session(bench));
    config.settings = begin_to_draw;
    dsl_session *session = NULL;
    CHECK_OK(dsl_session_new(&config, &session, &err));
    kernel.main.session = session;
    jp_executor_init(&other, &kernel);
    other.session = cmd_workbench_session(bench);
    moved_meanwhile = "3";
    CHECK_OK(serve(moved("1")));
    CHECK(!moved_meanwhile);
    receive();
    CHECK_INT(count, 4);
    CHECK_STR(got[0].type, "comm_msg");
    CHECK_STR(got[1].type, "comm_msg");
    CHECK_HAS(json_string_value(form(2, "text/plain")), "at 1,2: ");
    CHECK_HAS(json_string_value(form(3, "text/plain")), "at 2,2: ");
    moved_meanwhile = "0"; /* also while its last forms are drawn */
    jp_widgets_settle(kernel.widgets, &kernel.main);
    receive();
    CHECK_HAS(json_string_value(form(count - 1, "text/plain")), "at 1,1: ");
    CHECK(jp_widgets_unsettled(kernel.widgets));
    jp_widgets_settle(kernel.widgets, &other);
    receive();
    CHECK(form(0, "image/png"));
    jp_executor_release(&other);
    dsl_session_free(session);
    close_all();
}

TEST(what_is_no_place_moves_nothing)
{
    static const char *const odd[] = {"-1", "4", "9999999999", "1.0", "1e3", "\"1\"", "null", "true", "[1]", "{}"};
    setup();
    slider(LINE " slider");
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) CHECK_INT(serve(moved(odd[i])), LG_E_FORMAT);
    CHECK(serve(moved("NaN")) != LG_OK);
    snprintf(axis, sizeof axis, "%s", comm_of("VBoxModel"));
    CHECK_INT(serve(moved("1")), LG_E_FORMAT);
    receive();
    CHECK_INT(count, 0);
    close_all();
}

TEST(a_slider_holds_what_its_line_named)
{
    setup();
    cell("let g = [1 2; 3 4]\nlet k = [5]");
    slider("convolve g with k slider");
    cell("let g = [0]\nlet k = [0]\nset decimals 2");
    CHECK_OK(serve(moved("3")));
    receive();
    CHECK_HAS(json_string_value(form(1, "text/plain")), "at 2,2: 4·5 = 20");
    close_all();
}

/* Also the images of a model that the line did not name; and what it is drawn with is not what cells are. */
TEST(a_slider_holds_the_images_of_a_model)
{
    static bool made;
    if (!made) lens_shop();
    made = true;
    setup();
    cell("load logos from shop split 80/20\n"
         "model m on logos { conv 4 3x3 relu; conv 4 3x3 relu; flatten; dense classes softmax }");
    slider("activations m image 2 layer conv1 slider");
    cell("drop logos where label = adidas\nset decimals 3");
    CHECK_OK(serve(moved("1")));
    receive();
    CHECK_INT(count, 2);
    CHECK_HAS(json_string_value(form(1, "text/plain")), "conv2");
    CHECK_STR(plt_points(0.5, 1), "50.000");
    close_all();
}

static lg_status open_control(const char *id)
{
    char content[256];
    json_t *read = NULL;
    snprintf(content, sizeof content, "{\"comm_id\":\"%s\",\"target_name\":\"jupyter.widget.control\"}", id);
    jp_request *request = request_of("comm_open", content);
    CHECK_OK(jp_json_read(jp_request_part(request, JP_CONTENT), &read, &err));
    lg_status st = jp_widgets_open(kernel.widgets, request, read, &err);
    json_decref(read);
    jp_request_free(request);
    receive();
    return st;
}

/* Ids are the page's own: as long as ours are kept, and quoted in lists; of more than are kept the oldest goes. */
TEST(ids_of_pages)
{
    char id[70];
    lg_buf list;
    setup();
    for (int n = 64; n < 66; n++) {
        memset(id, 'x', sizeof id);
        id[n] = 0;
        CHECK_OK(open_control(id));
        CHECK_INT(count, n > 64);
    }
    CHECK_STR(got[0].type, "comm_close");
    CHECK_OK(open_control("a\\u0000b"));
    CHECK_STR(got[0].type, "comm_close");
    CHECK_OK(open_control("a\\\"b"));
    CHECK_INT(count, 0);
    lg_buf_init(&list, 1 << 20);
    jp_widgets_list(kernel.widgets, NULL, &list);
    id[64] = 0;
    CHECK_HAS(lg_buf_str(&list), "\"a\\\"b\":{\"target_name\":\"jupyter.widget.control\"}");
    CHECK_HAS(lg_buf_str(&list), id);
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "page %d", i);
        CHECK_OK(open_control(id));
    }
    lg_buf_clear(&list);
    jp_widgets_list(kernel.widgets, NULL, &list);
    CHECK(strstr(lg_buf_str(&list), "\"page 39\"") && strstr(lg_buf_str(&list), "\"page 24\""));
    CHECK(!strstr(lg_buf_str(&list), "\"page 23\""));
    lg_buf_release(&list);
    close_all();
}

TEST(the_oldest_of_many_is_closed)
{
    setup();
    slider(LINE " slider");
    char first[33];
    snprintf(first, sizeof first, "%s", axis);
    for (int i = 1; i < JP_SLIDERS; i++) slider(LINE " slider");
    CHECK_INT(count, 8);
    slider(LINE " slider");
    CHECK_INT(count, 8 + 6);
    CHECK_OK(serve(moved("1")));
    snprintf(axis, sizeof axis, "%s", first);
    CHECK_INT(serve(moved("1")), LG_E_FORMAT);
    close_all();
}

/* Wherever memory ends, the drawing of the line is there, and a slider either works or is not. */
TEST(memory_may_end_anywhere)
{
    setup();
    slider(LINE " slider");
    for (long nth = 1; nth < 400; nth += nth < 60 ? 1 : 7) {
        jp_request *request = moved(nth % 2 ? "2" : "1");
        lg_alloc_fail_at(nth, false);
        (void)!serve(request);
        jp_widgets_settle(kernel.widgets, &kernel.main);
        lg_alloc_fail_at(0, false);
    }
    receive();
    CHECK_OK(serve(moved("0")));
    receive();
    CHECK_HAS(json_string_value(form(1, "text/plain")), "at 1,1: ");
    for (long nth = 1; nth < 400; nth += nth < 60 ? 1 : 7) {
        jp_request *request = request_of("execute_request", "{}");
        jp_output_begin(&kernel.main.output, request, 1, false, false);
        lg_alloc_fail_at(nth, false);
        lg_status st = dsl_session_execute(cmd_workbench_session(bench), LINE " slider", strlen(LINE " slider"),
                                           &kernel.main.output.out, &kernel.main.cancel, &err);
        lg_alloc_fail_at(0, false);
        CHECK(st == LG_OK || st == LG_E_MEMORY);
        lg_err_clear(&err);
        jp_output_end(&kernel.main.output);
        jp_request_free(request);
        receive();
    }
    slider(LINE " slider");
    CHECK_OK(serve(moved("3")));
    close_all();
}

TEST(a_queue_can_be_waited_for)
{
    setup();
    CHECK(!jp_queue_wait(&kernel.main.requests, 0.01));
    jp_queue_put(&kernel.main.requests, &moved("1")->item);
    CHECK(jp_queue_wait(&kernel.main.requests, 1000));
    jp_request_free((jp_request *)jp_queue_take(&kernel.main.requests, false));
    jp_queue_close(&kernel.main.requests);
    CHECK(jp_queue_wait(&kernel.main.requests, 1000));
    close_all();
}
