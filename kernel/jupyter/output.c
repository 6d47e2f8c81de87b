/* output.c - coalescing of text and of live displays. */
#include "kernel/jupyter/output.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/prompt.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/net/secret.h"
#include "lib/plot/plot.h"
#include "lib/base/banned.h"

static const double stream_gap = 0.05, live_gap = 0.25; /* seconds between two messages */
/* Text of a cell that may leave as fast as it comes, and what comes back each second. Jupyter's server throws text away
 * beyond 3 MB in any 3 s, and forgets what it counted when a cell ends; these stay below that together. */
static const double text_burst = 1.8e6, text_rate = 0.35e6, text_frames = 1000; /* what is around a chunk counts too */

/* A live display: its name in the front end is its own, so that the same word in a later cell is another display. */
typedef struct jp_live {
    struct jp_live *next;
    char *id, *name;
    double last;
    lg_buf waiting; /* content of the newest form, if it came too soon */
    lg_buf picture; /* of that form, for consoles */
} jp_live;

static jp_output *of(dsl_out *out)
{
    return out->ctx;
}

jp_answered jp_output_parent(const jp_output *output)
{
    return (jp_answered){.parent = {lg_buf_str(&output->parent), output->parent.len}};
}

/* ---- text ---- */
enum { LINE_BACK = 4096 }; /* how far a line that goes on is looked for */

/* Bytes of text that end with a whole character: a sequence that has begun but is not complete waits for its rest. */
static size_t whole(const char *text, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        unsigned char c = (unsigned char)text[len - back];
        if ((c & 0xC0) == 0x80) continue;
        size_t need = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return need > back ? len - back : len;
    }
    return len;
}

/* Bytes of what waits that may leave: what could be the beginning of a secret, or of a character, waits for its rest,
 * and of a full chunk the line that goes on. */
static size_t may_leave(const lg_buf *text)
{
    size_t len = whole(lg_buf_str(text), text->len - net_scrub_tail(lg_buf_str(text), text->len)), end = len;
    if (text->len < JP_STREAM_CHUNK) return len;
    while (end && len - end < LINE_BACK && text->data[end - 1] != '\n') end--;
    return end && text->data[end - 1] == '\n' ? end : len;
}

/* Makes one message of what waits; with `all` of all of it. Under lock. */
static void flush_text(jp_output *output, bool all)
{
    lg_buf content, *text = &output->text;
    net_scrub_buf(text);
    size_t len = all ? text->len : may_leave(text);
    if (!len) return;
    lg_buf_init(&content, 0);
    lg_buf_addc(&content, '{');
    jp_json_member(&content, "name", output->is_error ? "stderr" : "stdout");
    jp_json_key(&content, "text");
    jp_json_text(&content, text->data, len);
    lg_buf_addc(&content, '}');
    memmove(text->data, text->data + len, text->len - len);
    text->len -= len;
    text->data[text->len] = 0;
    output->last = lg_now();
    output->tokens -= (double)content.len + text_frames;
    jp_kernel_send(output->kernel, JP_IOPUB, jp_output_parent(output), "stream", NULL, &content);
    lg_buf_release(&content);
}

static void flush_now(jp_output *output, bool all)
{
    pthread_mutex_lock(&output->lock);
    flush_text(output, all);
    pthread_mutex_unlock(&output->lock);
}

/* Seconds until text may leave again. Under lock. */
static double text_due(jp_output *output, double now)
{
    output->tokens += (now - output->filled) * text_rate;
    if (output->tokens > text_burst) output->tokens = text_burst;
    output->filled = now;
    return output->tokens >= 0 ? 0 : -output->tokens / text_rate;
}

/* A full chunk leaves at once while there is some of the burst left; whoever prints on is slowed down to what front
 * ends take before they start to throw output away. An interrupt ends the wait. */
static void flush_chunk(jp_output *output)
{
    pthread_mutex_lock(&output->lock);
    double due = lg_now() + text_due(output, lg_now());
    pthread_mutex_unlock(&output->lock);
    while (lg_now() < due && !lg_cancelled(&output->executor->cancel))
        nanosleep(&(struct timespec){.tv_nsec = 500 * 1000}, NULL);
    flush_now(output, false);
    jp_queue_wait_room(&output->kernel->packets, &output->executor->cancel);
}

/* Appends what there is room for, and says how much. Under lock. */
static size_t add_text(jp_output *output, bool is_error, const char *text, size_t len)
{
    if (output->is_error != is_error) flush_text(output, true);
    output->is_error = is_error;
    output->cut = false;
    size_t room = JP_STREAM_CHUNK - output->text.len, part = len < room ? len : room;
    lg_buf_add(&output->text, text, part);
    return part;
}

static void print(jp_output *output, bool is_error, const char *text, size_t len)
{
    uint64_t one = 1;
    while (len) {
        pthread_mutex_lock(&output->lock);
        bool cut = output->cut;
        size_t part = add_text(output, is_error, text, len);
        bool first = cut || output->text.len == part, full = output->text.len >= JP_STREAM_CHUNK;
        pthread_mutex_unlock(&output->lock);
        text += part, len -= part;
        if (full) flush_chunk(output);
        /* the I/O thread must know that text waits; its counter being full means that it is about to look */
        if (first && !full && write(output->kernel->wake_fd, &one, sizeof one) < 0) continue;
    }
}

void jp_output_captured(jp_output *output, bool is_error, const char *text, size_t len)
{
    pthread_mutex_lock(&output->lock);
    while (len) {
        size_t part = add_text(output, is_error, text, len);
        text += part, len -= part;
        if (output->text.len >= JP_STREAM_CHUNK) flush_text(output, false);
    }
    pthread_mutex_unlock(&output->lock);
}

double jp_output_due(jp_output *output, double now)
{
    pthread_mutex_lock(&output->lock);
    double due = text_due(output, now);
    pthread_mutex_unlock(&output->lock);
    return due;
}

/* ---- the line of a live display, in a console ---- */
enum { LINE = 79 }; /* columns, what a narrow terminal has: a line that wraps cannot be wiped */

static void wipe_line(jp_output *output)
{
    if (!output->drawn) return;
    output->drawn = false;
    print(output, true, "\r\033[K", 4);
}

static void draw_line(jp_output *output, const char *text)
{
    size_t len;
    const char *line = plt_live_line(text, &len);
    if (!len) return;
    wipe_line(output);
    print(output, true, line, lg_utf8_fit(line, len, LINE));
    output->drawn = true;
}

static void output_stream(dsl_out *out, bool is_error, const char *text, size_t len)
{
    wipe_line(of(out));
    print(of(out), is_error, text, len);
}

double jp_output_tick(jp_output *output, double now)
{
    double wait = -1;
    pthread_mutex_lock(&output->lock);
    if (output->text.len && !output->cut) {
        double due = text_due(output, now);
        wait = output->last + stream_gap - now;
        if (due > wait) wait = due;
        if (wait <= 0) {
            flush_text(output, false);
            output->cut = output->text.len > 0;
            wait = -1;
        }
    }
    pthread_mutex_unlock(&output->lock);
    return wait;
}

/* ---- displays ---- */
/* Writes "data":{…},"metadata":{…} of a bundle. A form larger than JP_FORM_LIMIT is left out (text is cut). */
static void add_bundle(lg_buf *out, const dsl_bundle *bundle)
{
    const char *text = bundle->text ? bundle->text : "";
    size_t len = strlen(text), html_len = bundle->html ? strlen(bundle->html) : 0;
    bool html = bundle->html && html_len <= JP_FORM_LIMIT, png = bundle->png && bundle->png_size <= JP_FORM_LIMIT;
    lg_buf note;
    lg_buf_init(&note, 0);
    lg_buf_add(&note, text, len <= JP_FORM_LIMIT ? len : whole(text, JP_FORM_LIMIT));
    if (len > JP_FORM_LIMIT || (bundle->html && !html) || (bundle->png && !png))
        lg_buf_addf(&note, "\n(%s left out: more than %d MiB)",
                    bundle->png && !png     ? "picture"
                    : bundle->html && !html ? "drawing"
                                            : "rest",
                    JP_FORM_LIMIT >> 20);
    jp_json_key(out, "data");
    lg_buf_addc(out, '{');
    if (bundle->text || note.len) jp_json_key(out, "text/plain"), jp_json_text(out, lg_buf_str(&note), note.len);
    if (html) jp_json_member(out, "text/html", bundle->html);
    if (png) {
        jp_json_key(out, "image/png");
        lg_buf_addc(out, '"');
        lg_buf_base64(out, bundle->png, bundle->png_size);
        lg_buf_addc(out, '"');
    }
    lg_buf_adds(out, "},\"metadata\":{");
    if (png && bundle->png_width > 0 && bundle->png_height > 0)
        lg_buf_addf(out, "\"image/png\":{\"width\":%d,\"height\":%d}", bundle->png_width, bundle->png_height);
    lg_buf_addc(out, '}');
    lg_buf_release(&note);
}

void jp_output_content(const dsl_bundle *bundle, const char *display_id, lg_buf *out)
{
    lg_buf_addc(out, '{');
    add_bundle(out, bundle);
    jp_json_key(out, "transient");
    lg_buf_addc(out, '{');
    if (display_id) jp_json_member(out, "display_id", display_id);
    lg_buf_adds(out, "}}");
}

void jp_output_flush(jp_output *output)
{
    wipe_line(output);
    jp_capture_drain(&output->kernel->capture);
    flush_now(output, true);
}

void jp_output_send(jp_output *output, const char *type, const char *metadata, const lg_buf *content)
{
    jp_output_flush(output);
    jp_kernel_send(output->kernel, JP_IOPUB, jp_output_parent(output), type, metadata, content);
    jp_queue_wait_room(&output->kernel->packets, &output->executor->cancel);
}

/* Of displays: no two shells have one of the same name. */
static unsigned long long next_serial(jp_output *output)
{
    return atomic_fetch_add(&output->kernel->displays, 1) + 1;
}

static jp_live *live_find(jp_output *output, const char *id)
{
    jp_live *live = output->live;
    while (live && strcmp(live->id, id) != 0) live = live->next;
    return live;
}

static void live_free(jp_live *live)
{
    if (!live) return;
    lg_buf_release(&live->waiting);
    lg_buf_release(&live->picture);
    lg_free(live->id);
    lg_free(live->name);
    lg_free(live);
}

static void live_remove(jp_output *output, const char *id)
{
    for (jp_live **at = &output->live; *at; at = &(*at)->next) {
        if (strcmp((*at)->id, id) != 0) continue;
        jp_live *live = *at;
        *at = live->next;
        live_free(live);
        return;
    }
}

/* NULL when there is no memory: the display is then shown as a plain one. */
static jp_live *live_new(jp_output *output, const char *id)
{
    lg_err err = {0};
    live_remove(output, id);
    jp_live *live = lg_alloc(1, sizeof *live, &err);
    if (!live) return NULL;
    lg_buf_init(&live->waiting, 0);
    lg_buf_init(&live->picture, 0);
    live->id = lg_strdup(id, &err);
    live->name = lg_strf(&err, "%.8s-%llu-%s", output->kernel->voice.session, next_serial(output), id);
    if (!live->id || !live->name) {
        live_free(live);
        return NULL;
    }
    live->next = output->live;
    output->live = live;
    return live;
}

static void live_flush(jp_output *output, jp_live *live)
{
    if (!live->waiting.len) return;
    jp_output_send(output, output->console ? "display_data" : "update_display_data", NULL, &live->waiting);
    if (live->picture.len) jp_output_send(output, "display_data", NULL, &live->picture);
    lg_buf_clear(&live->waiting);
    live->last = lg_now();
}

/* A form that may come too soon to be shown waits, and replaces the one that waited. */
static void live_wait(jp_live *live, lg_buf *content)
{
    lg_buf_release(&live->waiting);
    live->waiting = *content;
}

static void send_display(jp_output *output, const dsl_bundle *bundle, const char *name)
{
    lg_buf content;
    lg_buf_init(&content, 0);
    jp_output_content(bundle, name, &content);
    jp_output_send(output, "display_data", NULL, &content);
    lg_buf_release(&content);
}

/* Of a display that has a picture qtconsole shows the picture alone: the words come first, and it by itself. */
static dsl_bundle words_of(const dsl_bundle *bundle)
{
    dsl_bundle words = *bundle;
    words.png = NULL;
    return words;
}

static dsl_bundle picture_of(const dsl_bundle *bundle)
{
    dsl_bundle picture = *bundle;
    picture.text = picture.html = NULL;
    return picture;
}

/* Of a live display a console gets a line now and then; the whole of it waits for the end. */
static void console_live(jp_output *output, jp_live *live, const dsl_bundle *bundle)
{
    const dsl_bundle words = words_of(bundle), picture = picture_of(bundle);
    lg_buf_clear(&live->waiting);
    lg_buf_clear(&live->picture);
    jp_output_content(&words, NULL, &live->waiting);
    if (bundle->png) jp_output_content(&picture, NULL, &live->picture);
    if (lg_now() < live->last + live_gap) return;
    draw_line(output, bundle->text ? bundle->text : "");
    live->last = lg_now();
}

static void console_display(jp_output *output, const dsl_bundle *bundle)
{
    const dsl_bundle words = words_of(bundle), picture = picture_of(bundle);
    send_display(output, &words, NULL);
    if (bundle->png) send_display(output, &picture, NULL);
}

static void output_display(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    jp_output *output = of(out);
    jp_live *live = id && update ? live_find(output, id) : NULL;
    bool known = live != NULL;
    if (id && !known) live = live_new(output, id);
    if (output->console) {
        live ? console_live(output, live, bundle) : console_display(output, bundle);
        return;
    }
    lg_buf content;
    lg_buf_init(&content, 0);
    jp_output_content(bundle, live ? live->name : NULL, &content);
    /* Without room the newest form waits here, not the command that draws: `fit` never waits for who reads slowly. */
    if (known && (lg_now() < live->last + live_gap || jp_queue_full(&output->kernel->packets))) {
        live_wait(live, &content);
        return;
    }
    jp_output_send(output, known ? "update_display_data" : "display_data", NULL, &content);
    if (live) {
        live->last = lg_now();
        lg_buf_clear(&live->waiting);
    }
    lg_buf_release(&content);
}

/* A display that keeps its name when the cell has ended. The slider comes before it: drawings differ in height, and
 * what one drags must stay where it is. */
static void output_slide(dsl_out *out, const dsl_call *call, const dsl_slider *slider, const dsl_bundle *bundle)
{
    jp_output *output = of(out);
    char name[64];
    snprintf(name, sizeof name, "%.8s-%llu-slider", output->kernel->voice.session, next_serial(output));
    jp_widgets_add(output->kernel->widgets, output, call, slider, name);
    if (output->console) console_display(output, bundle);
    else send_display(output, bundle, name);
}

static void output_display_end(dsl_out *out, const char *id)
{
    jp_output *output = of(out);
    jp_live *live = live_find(output, id);
    if (!live) return;
    live_flush(output, live);
    live_remove(output, id);
}

static void output_result(dsl_out *out, const dsl_bundle *bundle)
{
    jp_output *output = of(out);
    if (output->silent) return;
    lg_buf content;
    const dsl_bundle words = words_of(bundle), picture = picture_of(bundle);
    bool apart = output->console && bundle->png;
    lg_buf_init(&content, 0);
    lg_buf_addc(&content, '{');
    jp_json_member_int(&content, "execution_count", output->count);
    add_bundle(&content, apart ? &words : bundle);
    lg_buf_addc(&content, '}');
    jp_output_send(output, "execute_result", NULL, &content);
    if (apart) send_display(output, &picture, NULL);
    lg_buf_release(&content);
    lg_buf_clear(&output->result);
    if (bundle->text) lg_buf_adds(&output->result, bundle->text);
}

static void output_clear(dsl_out *out, bool wait)
{
    lg_buf content;
    lg_buf_init(&content, 0);
    lg_buf_addf(&content, "{\"wait\":%s}", wait ? "true" : "false");
    jp_output_send(of(out), "clear_output", NULL, &content);
    lg_buf_release(&content);
}

/* ---- life ---- */
void jp_output_init(jp_output *output, struct jp_executor *executor)
{
    *output = (jp_output){.executor = executor, .kernel = executor->kernel};
    output->out = (dsl_out){.ctx = output,
                            .stream = output_stream,
                            .display = output_display,
                            .display_end = output_display_end,
                            .result = output_result,
                            .clear = output_clear,
                            .slide = output_slide,
                            .ask = jp_prompt_ask,
                            .live = true,
                            .columns = 100};
    pthread_mutex_init(&output->lock, NULL);
    lg_buf_init(&output->text, JP_STREAM_CHUNK);
    lg_buf_init(&output->parent, JP_MESSAGE_LIMIT);
    lg_buf_init(&output->result, JP_FORM_LIMIT);
}

void jp_output_release(jp_output *output)
{
    jp_capture_forget(&output->kernel->capture, output);
    while (output->live) live_remove(output, output->live->id);
    lg_buf_release(&output->text);
    lg_buf_release(&output->parent);
    lg_buf_release(&output->result);
    pthread_mutex_destroy(&output->lock);
}

void jp_output_begin(jp_output *output, const jp_request *request, long long count, bool silent, bool may_ask)
{
    jp_bytes header = jp_request_part(request, JP_HEADER);
    jp_output_flush(output); /* what was printed since the cell before is that cell's */
    pthread_mutex_lock(&output->lock);
    lg_buf_clear(&output->parent);
    lg_buf_add(&output->parent, header.data, header.len);
    output->tokens = text_burst;
    output->filled = lg_now();
    pthread_mutex_unlock(&output->lock);
    output->count = count;
    output->silent = silent;
    output->request = may_ask ? request : NULL;
    jp_capture_begin(&output->kernel->capture, output);
}

void jp_output_end(jp_output *output)
{
    output->request = NULL;
    while (output->live) {
        live_flush(output, output->live);
        live_remove(output, output->live->id);
    }
    jp_output_flush(output);
}
