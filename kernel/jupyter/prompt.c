/* prompt.c - one question, one answer, one line. */
#include "kernel/jupyter/prompt.h"

#include <string.h>

#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/net/secret.h"
#include "lib/base/banned.h"

static const double look_again = 0.05; /* seconds: an interrupt is seen so soon */

void jp_prompt_wipe(jp_request *request)
{
    if (!request) return;
    net_wipe(&request->frames.bytes);
    jp_request_free(request);
}

void jp_prompt_forget(jp_kernel *kernel)
{
    jp_item *item;
    while ((item = jp_queue_take(&kernel->answers, false))) jp_prompt_wipe((jp_request *)item);
}

/* ---- the question ---- */
typedef struct question {
    const jp_request *cell;
    char id[80]; /* msg_id of the input_request */
} question;

/* msg_id of a header; "" where there is none. */
static void read_id(jp_bytes header, char id[80])
{
    lg_err unread = {0};
    json_t *object = NULL;
    *id = 0;
    if (jp_json_read(header, &object, &unread)) return;
    jp_bytes text = jp_json_opt_text(object, "msg_id", "");
    if (text.len < 80) memcpy(id, text.data, text.len), id[text.len] = 0;
    json_decref(object);
}

static lg_status send_question(jp_kernel *kernel, const char *prompt, bool secret, question *q, lg_err *err)
{
    lg_buf content;
    jp_packet *packet = NULL;
    lg_buf_init(&content, 1 << 16);
    lg_buf_addc(&content, '{');
    jp_json_member(&content, "prompt", prompt);
    jp_json_member_bool(&content, "password", secret);
    lg_buf_addc(&content, '}');
    lg_status st = jp_packet_new(&kernel->voice, JP_STDIN, jp_answering(q->cell), "input_request", NULL, &content,
                                 &packet, err);
    if (st == LG_OK) {
        read_id(jp_frames_at(&packet->frames, q->cell->routing + 2), q->id);
        jp_kernel_put(kernel, packet);
    }
    lg_buf_release(&content);
    return st;
}

/* ---- the answer ---- */
static bool same_front_end(const jp_request *a, const jp_request *b)
{
    bool same = a->routing == b->routing;
    for (size_t i = 0; same && i < a->routing; i++) {
        jp_bytes x = jp_frames_at(&a->frames, i), y = jp_frames_at(&b->frames, i);
        same = x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
    }
    return same;
}

static bool belongs(const question *q, const jp_request *reply)
{
    char parent[80];
    if (strcmp(reply->type, "input_reply") != 0 || !same_front_end(q->cell, reply)) return false;
    read_id(jp_request_part(reply, JP_PARENT), parent);
    return !*parent || strcmp(parent, q->id) == 0;
}

static lg_status no_answer(const char *why, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 508, "there was no answer to the question");
    return lg_why(err, "%s", why);
}

static lg_status read_value(const jp_request *reply, lg_buf *answer, lg_err *err)
{
    lg_err unread = {0};
    json_t *content = NULL;
    if (jp_json_read(jp_request_part(reply, JP_CONTENT), &content, &unread))
        return no_answer("the front end sent none that can be read", err);
    json_t *value = json_object_get(content, "value");
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    lg_status st = LG_OK;
    if (!text) st = no_answer("the front end sent none", err);
    else if (len == 1 && *text == '\4') st = no_answer("the input was closed", err);
    else lg_buf_add(answer, text, len);
    if (text) net_forget((char *)text, len); /* jansson's own copy */
    json_decref(content);
    return st == LG_OK ? lg_buf_check(answer, err) : st;
}

static lg_status wait_for(jp_kernel *kernel, const question *q, lg_cancel *cancel, jp_request **out, lg_err *err)
{
    for (;;) {
        jp_request *reply = (jp_request *)jp_queue_take(&kernel->answers, false);
        lg_status st = lg_cancel_check(cancel, err);
        if (st == LG_OK && reply && belongs(q, reply)) {
            *out = reply;
            return LG_OK;
        }
        jp_prompt_wipe(reply);
        LG_TRY(st);
        if (!reply) jp_queue_wait(&kernel->answers, look_again);
    }
}

lg_status jp_prompt_ask(dsl_out *out, const char *prompt, bool secret, lg_cancel *cancel, lg_buf *answer, lg_err *err)
{
    jp_output *output = out->ctx;
    jp_kernel *kernel = output->kernel;
    jp_request *reply = NULL;
    question q = {.cell = output->request};
    if (!q.cell) return LG_E_UNSUPPORTED;
    jp_output_flush(output); /* what explains the question comes before it */
    jp_prompt_forget(kernel);
    atomic_store(&kernel->asking, true);
    lg_status st = send_question(kernel, prompt, secret, &q, err);
    if (st == LG_OK) st = wait_for(kernel, &q, cancel, &reply, err);
    atomic_store(&kernel->asking, false);
    if (st == LG_OK) st = read_value(reply, answer, err);
    jp_prompt_wipe(reply);
    jp_prompt_forget(kernel);
    return st;
}
