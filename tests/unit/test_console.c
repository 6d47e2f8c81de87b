/* Questions and farewells that are no lines of the language, and what a console gets of a live display. */
#include "kernel/jupyter/console.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/plot/plot.h"
#include "tests/support/test.h"

static lg_err err;

static jp_bytes bytes(const char *text)
{
    return (jp_bytes){text, strlen(text)};
}

/* The word that a cell asks about; "" where it asks nothing. */
static const char *asked(const char *code)
{
    static char word[256];
    jp_bytes found = {0};
    if (!jp_console_asks(bytes(code), &found)) return "";
    snprintf(word, sizeof word, "%.*s", (int)found.len, found.data);
    return word;
}

TEST(what_is_a_question)
{
    CHECK_STR(asked("fit?"), "fit");
    CHECK_STR(asked("?fit"), "fit");
    CHECK_STR(asked("  fit??\n"), "fit");
    CHECK_STR(asked("??fit"), "fit");
    CHECK_STR(asked("?fit lr"), "fit lr");
    CHECK_STR(asked("? $lr"), "$lr");
    CHECK_STR(asked("logos.train?"), "logos.train");
    CHECK_STR(asked("LL203?"), "LL203");
}

TEST(what_is_none)
{
    static const char *const cells[] = {
        "",           "?",    "???",          "fit",      "say what?", "what is it?",  "?a b c",
        "a\nfit?",    "fit?;", "say \"fit?\"", "?\"fit\"", "fit ? lr",  "?fit # what?", "????????????fit",
        "\xc3\xa9t?", "fit??????"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) CHECK_STR(asked(cells[i]), "");
    jp_bytes word;
    static char large[300] = "?";
    memset(large + 1, 'a', sizeof large - 2);
    CHECK(!jp_console_asks(bytes(large), &word));
    CHECK(!jp_console_asks((jp_bytes){"?a\0b", 4}, &word));
}

TEST(farewells)
{
    CHECK(jp_console_leaves(bytes("exit")) && jp_console_leaves(bytes(" quit\n")));
    CHECK(!jp_console_leaves(bytes("quiz")) && !jp_console_leaves(bytes("exit now")) && !jp_console_leaves(bytes("")));
}

/* ---- who sends ---- */
static jp_signer *signer;

static bool sent_by_console(const char *header, const char *metadata, const char *content)
{
    char hex[JP_SIGNATURE + 1];
    jp_frames frames;
    jp_request *request = NULL;
    json_t *object = NULL;
    const jp_bytes part[JP_SIGNED_PARTS] = {bytes(header), bytes("{}"), bytes(metadata), bytes(content)};
    jp_signer_sign(signer, part, hex);
    jp_frames_init(&frames);
    jp_frames_add(&frames, "<IDS|MSG>", 9);
    jp_frames_add(&frames, hex, strlen(hex));
    for (int i = 0; i < JP_SIGNED_PARTS; i++) jp_frames_add(&frames, part[i].data, part[i].len);
    CHECK_OK(jp_request_new(&frames, signer, JP_SHELL, &request, &err));
    CHECK_OK(jp_json_read(jp_request_part(request, JP_CONTENT), &object, &err));
    bool console = jp_is_console(request, object);
    json_decref(object);
    jp_request_free(request);
    return console;
}

TEST(consoles_and_others)
{
#define OF_CLIENT "{\"msg_type\":\"execute_request\",\"session\":\"ab-cd\",\"msg_id\":\"ab-cd_77_%d\"}"
    static const char asks[] = "{\"code\":\"\",\"silent\":false,\"allow_stdin\":true}";
    char header[6][200];
    err = (lg_err){0};
    CHECK_OK(jp_signer_new(JP_SHA256, "secret", 6, &signer, &err));
    for (int i = 0; i < 6; i++) snprintf(header[i], sizeof header[i], OF_CLIENT, i); /* a signature counts once */
    CHECK(sent_by_console(header[0], "{}", asks));
    CHECK(!sent_by_console(header[1], "{\"cellId\":\"1\"}", asks));
    CHECK(!sent_by_console(header[2], "{}", "{\"code\":\"\",\"allow_stdin\":false}"));
    CHECK(!sent_by_console(header[3], "{}", "{\"code\":\"\"}"));
    CHECK(!sent_by_console(header[4], "{}", "{\"code\":\"\",\"silent\":true,\"allow_stdin\":true}"));
    CHECK(!sent_by_console("{\"msg_type\":\"execute_request\",\"session\":\"ab\",\"msg_id\":\"cd\"}", "{}", asks));
    CHECK(!sent_by_console("{\"msg_type\":\"execute_request\",\"session\":\"\",\"msg_id\":\"_1\"}", "{}", asks));
    CHECK(!sent_by_console("{\"msg_type\":\"execute_request\",\"session\":1,\"msg_id\":\"1_1\"}", "{}", asks));
    jp_signer_free(signer);
}

/* ---- a live display ---- */
static jp_kernel kernel;
static lg_buf shown; /* "stderr:TEXT|" and "TYPE:TEXT|" */

static void receive(void)
{
    jp_item *item;
    while ((item = jp_queue_take(&kernel.packets, false))) {
        jp_packet *packet = (jp_packet *)item;
        json_t *header = NULL, *content = NULL;
        CHECK_OK(jp_json_read(jp_frames_at(&packet->frames, 3), &header, &err));
        CHECK_OK(jp_json_read(jp_frames_at(&packet->frames, 6), &content, &err));
        json_t *name = json_object_get(content, "name"), *data = json_object_get(content, "data");
        json_t *text = data ? json_object_get(data, "text/plain") : json_object_get(content, "text");
        lg_buf_addf(&shown, "%s:%s", json_string_value(name ? name : json_object_get(header, "msg_type")),
                    text ? json_string_value(text) : "");
        if (json_object_get(data, "image/png")) lg_buf_adds(&shown, "+png");
        lg_buf_addc(&shown, '|');
        json_decref(header);
        json_decref(content);
        jp_packet_free(packet);
    }
}

static void open_output(bool console)
{
    err = (lg_err){0};
    kernel = (jp_kernel){.wake_fd = -1};
    CHECK_OK(jp_signer_new(JP_SHA256, "secret", 6, &kernel.signer, &err));
    jp_voice_init(&kernel.voice, kernel.signer);
    jp_queue_init(&kernel.packets, 10000, 64 << 20, -1);
    jp_executor_init(&kernel.main, &kernel);
    lg_buf_init(&shown, 0);
    kernel.main.output.console = console;
}

static void close_output(void)
{
    jp_output_end(&kernel.main.output);
    receive();
    jp_executor_release(&kernel.main);
    jp_queue_release(&kernel.packets);
    jp_signer_free(kernel.signer);
}

/* Two forms of one live display, the second with a picture, something printed between them if `between`, and its end. */
static void live(bool console, const char *between)
{
    open_output(console);
    dsl_out *out = &kernel.main.output.out;
    out->display(out, &(dsl_bundle){.text = "net\n█░  50%  half\nloss 1\n"}, "live", false);
    if (between) out->stream(out, false, between, strlen(between));
    out->display(out, &(dsl_bundle){.text = "all of it", .png = "x", .png_size = 1}, "live", true);
    out->display_end(out, "live");
    close_output();
}

TEST(a_console_gets_a_line_and_the_whole_at_the_end)
{
    live(true, NULL);
    CHECK_STR(lg_buf_str(&shown), "stderr:█░  50%  half\r\033[K|display_data:all of it|display_data:+png|");
    lg_buf_release(&shown);
    live(true, "said\n");
    CHECK_STR(lg_buf_str(&shown), "stderr:█░  50%  half\r\033[K|stdout:said\n|display_data:all of it|display_data:+png|");
    lg_buf_release(&shown);
}

/* Characters of two columns, and one that would be half beyond the edge. */
TEST(the_line_of_a_console_is_cut_to_the_columns_of_a_narrow_terminal)
{
    static const char bar[] = "█░  50%  "; /* nine columns */
    lg_buf text, want;
    lg_buf_init(&text, 0);
    lg_buf_init(&want, 0);
    lg_buf_adds(&text, bar);
    for (int i = 0; i < 60; i++) lg_buf_adds(&text, i == 1 ? "xロ" : "ロ");
    lg_buf_addf(&want, "stderr:%sロx", bar);
    for (int i = 0; i < 33; i++) lg_buf_adds(&want, "ロ"); /* 78 columns; the next one has no room */
    lg_buf_adds(&want, "\r\033[K|display_data:");
    open_output(true);
    dsl_out *out = &kernel.main.output.out;
    out->display(out, &(dsl_bundle){.text = lg_buf_str(&text)}, "live", false);
    out->display_end(out, "live");
    close_output();
    CHECK(strncmp(lg_buf_str(&shown), lg_buf_str(&want), want.len) == 0);
    lg_buf_release(&text);
    lg_buf_release(&want);
    lg_buf_release(&shown);
}

TEST(a_notebook_gets_updates)
{
    live(false, NULL);
    CHECK_STR(lg_buf_str(&shown), "display_data:net\n█░  50%  half\nloss 1\n|update_display_data:all of it+png|");
    lg_buf_release(&shown);
}

static const char *line_of(const char *text)
{
    static char line[100];
    size_t len = 0;
    const char *found = plt_live_line(text, &len);
    snprintf(line, sizeof line, "%.*s", (int)len, found);
    return line;
}

TEST(the_line_of_a_live_display)
{
    CHECK_STR(line_of("a\n▏░░  0%  b\nc\n"), "▏░░  0%  b");
    CHECK_STR(line_of("a\n\n██ 100%  b"), "██ 100%  b");
    CHECK_STR(line_of("a\n▐ is no bar\nb ██"), "");
    CHECK_STR(line_of(""), "");
    CHECK_STR(line_of("\n \n"), "");
}

TEST(a_result_and_a_plain_display_of_a_console)
{
    const dsl_bundle bundle = {.text = "it", .png = "x", .png_size = 1};
    for (int console = 0; console < 2; console++) {
        open_output(console);
        kernel.main.output.out.result(&kernel.main.output.out, &bundle);
        kernel.main.output.out.display(&kernel.main.output.out, &bundle, NULL, false);
        close_output();
        CHECK_STR(lg_buf_str(&shown),
                  console ? "execute_result:it|display_data:+png|display_data:it|display_data:+png|"
                          : "execute_result:it+png|display_data:it+png|");
        lg_buf_release(&shown);
    }
}
