/* subshell.c - a list of executors, the main shell first. */
#include "kernel/jupyter/subshell.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#include "kernel/jupyter/control.h"
#include "kernel/jupyter/kernel_state.h"
#include "kernel/jupyter/wire_json.h"
#include "lib/base/banned.h"

/* ---- finding ---- */
static jp_executor *find(jp_kernel *kernel, const char *id)
{
    for (jp_executor *x = &kernel->main; x; x = x->next)
        if (!x->leaving && strcmp(x->id, id) == 0) return x;
    return NULL;
}

static lg_status unknown(lg_err *err)
{
    lg_fail(err, LG_E_NAME, 197, "there is no such subshell");
    return lg_why(err, "it was deleted, or belongs to an earlier start of the kernel");
}

/* ---- messages ---- */
static uint64_t sender_of(const jp_request *request)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < request->routing; i++) {
        jp_bytes frame = jp_frames_at(&request->frames, i);
        hash = lg_hash64(frame.data, frame.len, hash);
    }
    return hash;
}

/* Does nothing of this sender wait or run there? Where more waits than is remembered, that is not known. */
static bool waits_for_nothing(const jp_executor *x, uint64_t sender)
{
    unsigned long long served = atomic_load(&x->served);
    if (x->given - served > JP_SENDERS) return false;
    for (unsigned long long n = served; n < x->given; n++)
        if (x->sender[n % JP_SENDERS] == sender) return false;
    return true;
}

/* JupyterLab asks every new connection for kernel_info on shell, and until it is answered offers neither completion nor
 * a subshell: a console that is opened, or a page that is loaded again, beside a cell that runs would wait for its end.
 * What a sender asked before is answered before. */
static bool answer_at_once(jp_kernel *kernel, const jp_executor *x, const jp_request *request, uint64_t sender)
{
    if (strcmp(request->type, "kernel_info_request") != 0 || !waits_for_nothing(x, sender)) return false;
    jp_control_serve(kernel, request);
    return true;
}

/* Does it take one more? */
static lg_status accepts(const jp_kernel *kernel, jp_executor *x, lg_err *err)
{
    if (!x) return unknown(err);
    if (x == &kernel->main) return LG_OK;
    if (jp_queue_full(&x->requests)) x->refuses = true;
    else if (x->refuses) x->refuses = !jp_queue_empty(&x->requests);
    if (!x->refuses) return LG_OK;
    lg_fail(err, LG_E_LIMIT, 513, "too much waits for this subshell");
    lg_why(err, "%d MiB of requests waited, and it takes no more before it has begun the last of them",
           JP_REQUESTS_MOST >> 20);
    return lg_try(err, "wait for its replies, or interrupt what runs there");
}

void jp_subshells_route(jp_kernel *kernel, jp_request *request)
{
    lg_err err = {0};
    uint64_t sender = sender_of(request);
    jp_executor *x = find(kernel, request->subshell);
    request->arrival = atomic_fetch_add(&kernel->received, 1) + 1;
    if (!x || !answer_at_once(kernel, x, request, sender)) {
        if (accepts(kernel, x, &err) == LG_OK) {
            x->sender[x->given++ % JP_SENDERS] = sender;
            jp_queue_put(&x->requests, &request->item);
            return;
        }
        jp_executor_refuse(kernel, request, 0, &err);
    }
    jp_request_free(request);
}

void jp_subshells_answer(jp_kernel *kernel, jp_request *request)
{
    for (jp_executor *x = &kernel->main; x; x = x->next)
        if (jp_prompt_offer(&x->prompt, request)) return;
    jp_prompt_wipe(request);
}

void jp_subshells_unreached(jp_kernel *kernel, const jp_packet *question)
{
    for (jp_executor *x = &kernel->main; x; x = x->next) jp_prompt_unreached(&x->prompt, question);
}

void jp_subshells_interrupt(jp_kernel *kernel, const char *id)
{
    for (jp_executor *x = &kernel->main; x; x = x->next)
        if (!*id || strcmp(x->id, id) == 0) lg_cancel_set(&x->cancel);
}

/* ---- made and deleted ---- */
/* Its thread has ended, or was never started. */
static void let_go(jp_kernel *kernel, jp_executor *x)
{
    if (x->workspace) kernel->workspaces.free(x->workspace);
    jp_executor_release(x);
    lg_free(x);
}

static lg_status start(jp_kernel *kernel, jp_executor **out, lg_err *err)
{
    unsigned char bytes[(JP_SUBSHELL_ID - 1) / 2];
    if (kernel->subshells >= JP_SUBSHELLS)
        return lg_fail(err, LG_E_LIMIT, 196, "there are %d subshells already", JP_SUBSHELLS);
    jp_executor *x = lg_alloc(1, sizeof *x, err);
    if (!x) return err->status;
    jp_executor_init(x, kernel);
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(x->id, sizeof x->id, bytes, sizeof bytes);
    lg_status st = kernel->workspaces.fork(kernel->workspaces.ctx, &x->workspace, &x->session, err);
    if (st == LG_OK) st = jp_executor_start(x, err);
    if (st == LG_OK) *out = x;
    else let_go(kernel, x);
    return st;
}

static lg_status create(jp_kernel *kernel, const json_t *content, lg_buf *reply, lg_err *err)
{
    jp_executor *x = NULL, **last = &kernel->main.next;
    (void)content;
    LG_TRY(start(kernel, &x, err));
    while (*last) last = &(*last)->next;
    *last = x;
    kernel->subshells++;
    jp_json_member(reply, "subshell_id", x->id);
    return LG_OK;
}

static lg_status delete(jp_kernel *kernel, const json_t *content, lg_buf *reply, lg_err *err)
{
    jp_bytes id;
    jp_executor *x = kernel->main.next;
    (void)reply;
    LG_TRY(jp_json_need_text(content, "subshell_id", &id, err));
    while (x && (x->leaving || strlen(x->id) != id.len || memcmp(x->id, id.data, id.len) != 0)) x = x->next;
    if (!x) return unknown(err);
    x->leaving = true;
    jp_executor_stop(x);
    return LG_OK;
}

static lg_status list(jp_kernel *kernel, const json_t *content, lg_buf *reply, lg_err *err)
{
    (void)content, (void)err;
    jp_json_key(reply, "subshell_id");
    lg_buf_addc(reply, '[');
    for (const jp_executor *x = kernel->main.next; x; x = x->next) {
        if (x->leaving) continue;
        if (reply->data[reply->len - 1] != '[') lg_buf_addc(reply, ',');
        jp_json_string(reply, x->id);
    }
    lg_buf_addc(reply, ']');
    return LG_OK;
}

bool jp_subshells_control(jp_kernel *kernel, const jp_request *request)
{
    static const struct {
        const char *type;
        lg_status (*serve)(jp_kernel *kernel, const json_t *content, lg_buf *reply, lg_err *err);
    } table[] = {{"create_subshell_request", create}, {"delete_subshell_request", delete},
                 {"list_subshell_request", list}};
    lg_err err = {0};
    lg_buf reply;
    json_t *content = NULL;
    size_t i = 0;
    while (i < sizeof table / sizeof *table && strcmp(request->type, table[i].type) != 0) i++;
    if (i == sizeof table / sizeof *table) return false;
    lg_buf_init(&reply, JP_MESSAGE_LIMIT);
    lg_buf_adds(&reply, "{\"status\":\"ok\"");
    lg_status st = jp_json_read(jp_request_part(request, JP_CONTENT), &content, &err);
    if (st == LG_OK) st = table[i].serve(kernel, content, &reply, &err);
    lg_buf_addc(&reply, '}');
    if (st == LG_OK) jp_kernel_reply(kernel, request, NULL, &reply);
    else jp_kernel_reply_error(kernel, request, 0, &err);
    json_decref(content);
    lg_buf_release(&reply);
    return true;
}

/* ---- life ---- */
/* Subshells whose threads have ended; `main` stays in the list. */
static void reap(jp_kernel *kernel)
{
    for (jp_executor **at = &kernel->main.next; *at;) {
        jp_executor *x = *at;
        if (!atomic_load(&x->done)) {
            at = &x->next;
            continue;
        }
        *at = x->next;
        kernel->subshells--;
        jp_executor_join(x);
        let_go(kernel, x);
    }
}

double jp_subshells_tick(jp_kernel *kernel, double now)
{
    double first = -1;
    reap(kernel);
    for (jp_executor *x = &kernel->main; x; x = x->next) {
        double due = jp_output_tick(&x->output, now);
        if (due >= 0) first = first < 0 ? due : fmin(first, due);
    }
    return first;
}

void jp_subshells_stop(jp_kernel *kernel)
{
    for (jp_executor *x = &kernel->main; x; x = x->next) jp_executor_stop(x);
}

bool jp_subshells_done(jp_kernel *kernel)
{
    for (jp_executor *x = &kernel->main; x; x = x->next)
        if (!atomic_load(&x->done)) return false;
    return true;
}

void jp_subshells_release(jp_kernel *kernel)
{
    reap(kernel);
    if (atomic_load(&kernel->main.done)) jp_executor_join(&kernel->main);
}
