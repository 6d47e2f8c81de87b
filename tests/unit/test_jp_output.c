/* What a cell prints, in parts: no secret leaves, also where it is cut between two messages. */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/net/secret.h"
#include "tests/support/test.h"

static lg_err err;
static jp_kernel kernel;
static lg_buf shown; /* texts of all streams, one behind the other; other contents as JSON */
static int messages;

static void begin(void)
{
    err = (lg_err){0};
    kernel = (jp_kernel){.wake_fd = -1};
    messages = 0;
    lg_buf_init(&shown, 0);
    CHECK_OK(jp_signer_new(JP_SHA256, "secret", 6, &kernel.signer, &err));
    jp_voice_init(&kernel.voice, kernel.signer);
    jp_queue_init(&kernel.packets, 10000, 64 << 20, -1);
    jp_executor_init(&kernel.main, &kernel);
}

static void receive(void)
{
    jp_item *item;
    while ((item = jp_queue_take(&kernel.packets, false))) {
        jp_packet *packet = (jp_packet *)item;
        jp_bytes content = jp_frames_at(&packet->frames, 6);
        json_t *object = NULL;
        CHECK_OK(jp_json_read(content, &object, &err));
        json_t *text = json_object_get(object, "text");
        if (text) lg_buf_add(&shown, json_string_value(text), json_string_length(text));
        else lg_buf_add(&shown, content.data, content.len);
        messages++;
        json_decref(object);
        jp_packet_free(packet);
    }
}

static void end(void)
{
    jp_output_end(&kernel.main.output);
    receive();
    jp_executor_release(&kernel.main);
    jp_queue_release(&kernel.packets);
    jp_signer_free(kernel.signer);
    lg_buf_release(&shown);
}

static void print(const char *text)
{
    kernel.main.output.out.stream(&kernel.main.output.out, false, text, strlen(text));
}

/* As the I/O thread does when text has waited long enough. */
static void tick(void)
{
    jp_output_tick(&kernel.main.output, kernel.main.output.last + 1);
}

TEST(what_a_library_prints_comes_before_what_follows)
{
    lg_buf content;
    begin();
    jp_capture_init(&kernel.capture);
    jp_capture_open(&kernel.capture);
    jp_capture_begin(&kernel.capture, &kernel.main.output);
    printf("buffered by the library, %d", 1);
    lg_buf_init(&content, 0);
    lg_buf_adds(&content, "{}");
    jp_output_send(&kernel.main.output, "display_data", NULL, &content);
    CHECK(write(STDERR_FILENO, "not buffered", 12) == 12);
    jp_output_flush(&kernel.main.output);
    jp_capture_close(&kernel.capture);
    receive();
    CHECK_STR(lg_buf_str(&shown), "buffered by the library, 1{}not buffered");
    CHECK(messages == 3);
    CHECK(fcntl(STDOUT_FILENO, F_GETFD) >= 0 && kernel.capture.end[0] < 0);
    lg_buf_release(&content);
    end();
}

/* Nobody looks at it again and again while its rest does not come. */
TEST(a_character_that_is_cut_waits_for_its_rest_alone)
{
    jp_output *output = &kernel.main.output;
    uint64_t woken = 0;
    begin();
    kernel.wake_fd = eventfd(0, EFD_NONBLOCK);
    print("caf\xc3");
    CHECK(read(kernel.wake_fd, &woken, sizeof woken) == sizeof woken);
    CHECK(jp_output_tick(output, output->last + 1) == -1 && jp_output_tick(output, output->last + 1) == -1);
    receive();
    CHECK_STR(lg_buf_str(&shown), "caf");
    print("\xa9");
    CHECK(read(kernel.wake_fd, &woken, sizeof woken) == sizeof woken); /* whoever sends knows that it has come */
    CHECK(jp_output_tick(output, output->last) > 0);
    tick();
    receive();
    CHECK_STR(lg_buf_str(&shown), "caf\xc3\xa9");
    jp_output_captured(output, false, "\xc3", 1);
    CHECK(jp_output_tick(output, output->last + 1) == -1 && jp_output_tick(output, output->last + 1) == -1);
    jp_output_captured(output, false, "\xa9", 1);
    tick();
    jp_output_captured(output, false, "\xc3", 1);
    tick();
    jp_output_flush(output);
    receive();
    CHECK_STR(lg_buf_str(&shown), "caf\xc3\xa9\xc3\xa9\xef\xbf\xbd"); /* at the end it is no character */
    end();
    close(kernel.wake_fd);
}

/* Text of which too much was printed would wait for hours here: an interrupt lets the cell go on to its end. */
TEST(an_interrupt_ends_the_wait_of_slow_text)
{
    static char text[JP_STREAM_CHUNK + 100];
    begin();
    memset(text, 'x', sizeof text - 1);
    kernel.main.output.tokens = -1e12;
    kernel.main.output.filled = lg_now();
    lg_cancel_set(&kernel.main.cancel);
    print(text);
    jp_output_flush(&kernel.main.output);
    receive();
    CHECK_INT(shown.len, sizeof text - 1);
    end();
}

TEST(a_secret_in_two_parts)
{
    net_secret *s = NULL;
    begin();
    CHECK_OK(net_secret_new("one-secret-of-mine", 18, &s, &err));
    print("it is one-sec");
    tick();
    receive();
    CHECK_STR(lg_buf_str(&shown), "it is "); /* the rest may be the beginning of one */
    print("ret-of-mine, is it?\n");
    tick();
    receive();
    CHECK_STR(lg_buf_str(&shown), "it is [secret], is it?\n");
    print("one-sec");
    tick();
    receive();
    CHECK_STR(lg_buf_str(&shown), "it is [secret], is it?\n");
    jp_output_flush(&kernel.main.output); /* it was none */
    receive();
    CHECK_STR(lg_buf_str(&shown), "it is [secret], is it?\none-sec");
    end();
    net_secret_free(s);
}

TEST(a_secret_between_two_chunks)
{
    net_secret *s = NULL;
    static char text[JP_STREAM_CHUNK + 40];
    begin();
    CHECK_OK(net_secret_new("one-secret-of-mine", 18, &s, &err));
    memset(text, '.', sizeof text - 1);
    memcpy(text + JP_STREAM_CHUNK - 9, "one-secret-of-mine", 18);
    print(text);
    jp_output_flush(&kernel.main.output);
    receive();
    CHECK(messages >= 2);
    CHECK_INT(shown.len, sizeof text - 1 - 18 + 8);
    CHECK_HAS(lg_buf_str(&shown), "..[secret]..");
    CHECK(!strstr(lg_buf_str(&shown), "one-sec") && !strstr(lg_buf_str(&shown), "of-mine"));
    end();
    net_secret_free(s);
}

TEST(secrets_in_everything_that_leaves)
{
    net_secret *s = NULL;
    begin();
    CHECK_OK(net_secret_new("a\"quoted/secret", 15, &s, &err));
    dsl_bundle bundle = {.text = "it is a\"quoted/secret", .html = "<p>a&quot;quoted/secret</p>"};
    kernel.main.output.out.display(&kernel.main.output.out, &bundle, NULL, false);
    kernel.main.output.out.display(&kernel.main.output.out, &bundle, "live", false);
    kernel.main.output.out.display(&kernel.main.output.out, &bundle, "live", true);
    kernel.main.output.out.display_end(&kernel.main.output.out, "live");
    kernel.main.output.out.result(&kernel.main.output.out, &bundle);
    receive();
    CHECK_INT(messages, 4);
    CHECK(!strstr(lg_buf_str(&shown), "quoted"));
    int found = 0;
    for (const char *at = lg_buf_str(&shown); (at = strstr(at, "[secret]")); at++) found++;
    CHECK_INT(found, 8); /* text and HTML of each */
    end();
    net_secret_free(s);
}

static void draw(const char *form, bool update)
{
    const dsl_bundle bundle = {.text = form};
    kernel.main.output.out.display(&kernel.main.output.out, &bundle, "live", update);
}

TEST(a_live_display_waits_for_room_and_who_draws_does_not)
{
    begin();
    lg_cancel_set(&kernel.main.cancel); /* else, if it did wait, this would never end */
    draw("epoch 1", false);
    kernel.packets.most_count = 1;
    usleep(300000); /* now the next form does not come too soon */
    draw("epoch 2", true);
    draw("epoch 3", true);
    receive();
    CHECK_INT(messages, 1);
    kernel.main.output.out.display_end(&kernel.main.output.out, "live");
    receive();
    CHECK_INT(messages, 2);
    CHECK(!strstr(lg_buf_str(&shown), "epoch 2"));
    CHECK_HAS(lg_buf_str(&shown), "epoch 3");
    end();
}

TEST(nobody_may_be_asked)
{
    lg_buf answer;
    begin();
    lg_buf_init(&answer, 100);
    kernel.main.output.request = NULL;
    CHECK_INT(kernel.main.output.out.ask(&kernel.main.output.out, "?", true, &kernel.main.cancel, &answer, &err), LG_E_UNSUPPORTED);
    CHECK(!err.code && !answer.len && !messages);
    end();
}
