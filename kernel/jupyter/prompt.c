/* prompt.c - one question, one answer, one line. */
#include "kernel/jupyter/prompt.h"

#include <string.h>

#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/net/secret.h"
#include "lib/base/banned.h"

/* Seconds: how soon an interrupt is seen, and how long a front end may take to listen. */
static const double look_again = 0.05, reach_within = 3;

void jp_prompt_wipe(jp_request *request)
{
    if (!request) return;
    net_wipe(&request->frames.bytes);
    jp_request_free(request);
}

/* Answers that nobody took. */
static void forget(jp_prompt *prompt)
{
    jp_item *item;
    while ((item = jp_queue_take(&prompt->answers, false))) jp_prompt_wipe((jp_request *)item);
}

void jp_prompt_init(jp_prompt *prompt)
{
    enum { ANSWERS_WAITING = 100, BYTES_WAITING = 64 << 20 };
    *prompt = (jp_prompt){0};
    jp_queue_init(&prompt->answers, ANSWERS_WAITING, BYTES_WAITING, -1);
    pthread_mutex_init(&prompt->lock, NULL);
}

void jp_prompt_release(jp_prompt *prompt)
{
    forget(prompt);
    jp_queue_release(&prompt->answers);
    pthread_mutex_destroy(&prompt->lock);
}

/* ---- the question ---- */
/* msg_id of a header; "" where there is none. */
static void read_id(jp_bytes header, char id[JP_MSG_ID])
{
    lg_err unread = {0};
    json_t *object = NULL;
    *id = 0;
    if (jp_json_read(header, &object, &unread)) return;
    jp_bytes text = jp_json_opt_text(object, "msg_id", "");
    if (text.len < JP_MSG_ID) memcpy(id, text.data, text.len), id[text.len] = 0;
    json_decref(object);
}

/* From here on answers are taken: before the question leaves. */
static void begin(jp_prompt *prompt, const jp_request *cell, jp_bytes header)
{
    forget(prompt);
    pthread_mutex_lock(&prompt->lock);
    prompt->cell = cell;
    prompt->unreached = false;
    read_id(header, prompt->id);
    pthread_mutex_unlock(&prompt->lock);
}

static void end(jp_prompt *prompt)
{
    pthread_mutex_lock(&prompt->lock);
    prompt->cell = NULL;
    pthread_mutex_unlock(&prompt->lock);
    forget(prompt);
}

static lg_status send_question(jp_executor *x, const jp_request *cell, const char *question, bool secret, lg_err *err)
{
    lg_buf content;
    jp_packet *packet = NULL;
    lg_buf_init(&content, 1 << 16);
    lg_buf_addc(&content, '{');
    jp_json_member(&content, "prompt", question);
    jp_json_member_bool(&content, "password", secret);
    lg_buf_addc(&content, '}');
    lg_status st = jp_packet_new(&x->kernel->voice, JP_STDIN, jp_answering(cell), "input_request", NULL, &content,
                                 &packet, err);
    if (st == LG_OK) {
        begin(&x->prompt, cell, jp_frames_at(&packet->frames, cell->routing + 2));
        jp_kernel_put(x->kernel, packet);
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

/* Under lock. */
static bool belongs(const jp_prompt *prompt, const jp_request *reply)
{
    char parent[JP_MSG_ID];
    if (!prompt->cell || strcmp(reply->type, "input_reply") != 0 || !same_front_end(prompt->cell, reply)) return false;
    read_id(jp_request_part(reply, JP_PARENT), parent);
    return !*parent || strcmp(parent, prompt->id) == 0;
}

bool jp_prompt_offer(jp_prompt *prompt, jp_request *reply)
{
    pthread_mutex_lock(&prompt->lock);
    bool taken = belongs(prompt, reply) && !jp_queue_full(&prompt->answers);
    if (taken) jp_queue_put(&prompt->answers, &reply->item);
    pthread_mutex_unlock(&prompt->lock);
    return taken;
}

void jp_prompt_unreached(jp_prompt *prompt, const jp_packet *question)
{
    enum { HEADER_FROM_END = 4 };
    char id[JP_MSG_ID];
    read_id(jp_frames_at(&question->frames, jp_frames_count(&question->frames) - HEADER_FROM_END), id);
    pthread_mutex_lock(&prompt->lock);
    if (prompt->cell && strcmp(prompt->id, id) == 0) prompt->unreached = true;
    pthread_mutex_unlock(&prompt->lock);
}

static bool reached_nobody(jp_prompt *prompt)
{
    pthread_mutex_lock(&prompt->lock);
    bool unreached = prompt->unreached;
    pthread_mutex_unlock(&prompt->lock);
    return unreached;
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

/* Until there is an answer, or the question is known to have reached nobody: *out is NULL then. */
static lg_status wait_for(jp_prompt *prompt, lg_cancel *cancel, jp_request **out, lg_err *err)
{
    for (;;) {
        LG_TRY(lg_cancel_check(cancel, err));
        *out = (jp_request *)jp_queue_take(&prompt->answers, false);
        if (*out || reached_nobody(prompt)) return LG_OK;
        jp_queue_wait(&prompt->answers, look_again);
    }
}

static lg_status ask_until_reached(jp_executor *x, const jp_request *cell, const char *question, bool secret,
                                   lg_cancel *cancel, jp_request **out, lg_err *err)
{
    double end = lg_now() + reach_within;
    do {
        LG_TRY(send_question(x, cell, question, secret, err));
        LG_TRY(wait_for(&x->prompt, cancel, out, err));
        if (*out) return LG_OK;
        jp_queue_wait(&x->prompt.answers, look_again);
    } while (lg_now() < end);
    return no_answer("the front end that ran the cell does not listen for questions", err);
}

lg_status jp_prompt_ask(dsl_out *out, const char *question, bool secret, lg_cancel *cancel, lg_buf *answer,
                        lg_err *err)
{
    jp_output *output = out->ctx;
    jp_executor *x = output->executor;
    jp_request *reply = NULL;
    if (!output->request) return LG_E_UNSUPPORTED;
    jp_output_flush(output); /* what explains the question comes before it */
    lg_status st = ask_until_reached(x, output->request, question, secret, cancel, &reply, err);
    end(&x->prompt);
    if (st == LG_OK) st = read_value(reply, answer, err);
    jp_prompt_wipe(reply);
    return st;
}
