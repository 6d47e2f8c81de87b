/* executor.c - takes requests in order and answers them.
 *
 * Around every request, known or not: status busy, the work, the reply, status idle. */
#include "kernel/jupyter/executor.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/jupyter/answers.h"
#include "kernel/jupyter/console.h"
#include "kernel/jupyter/io.h"
#include "kernel/jupyter/kernel_state.h"
#include "lib/net/secret.h"
#include "lib/base/banned.h"

/* A failed cell's reply waits this long, so that cells sent together with it have arrived and count as queued; then
 * until all that has arrived was read. */
static const long gather_ns = 10 * 1000 * 1000;

/* ---- replies ---- */
/* A reply that did not fit its buffer becomes an error: whoever asked is never left waiting. */
static void reply_with(jp_executor *x, const jp_request *request, const char *metadata, const lg_buf *content)
{
    lg_err err = {0};
    if (lg_buf_check(content, &err)) jp_kernel_reply_error(x->kernel, request, x->count, &err);
    else jp_kernel_reply(x->kernel, request, metadata, content);
}

/* ---- execute_request ---- */
typedef struct cell {
    const jp_request *request;
    jp_bytes code;
    const json_t *content;
    bool silent, stored, blank;
    char started[32];
    lg_buf *payload; /* items of the reply's payload */
} cell;

static bool is_blank(jp_bytes code)
{
    for (size_t i = 0; i < code.len; i++)
        if (!strchr(" \t\r\n", code.data[i]) || !code.data[i]) return false;
    return true;
}

static void announce(jp_executor *x, const cell *c)
{
    lg_buf content;
    lg_buf_init(&content, 0);
    lg_buf_addc(&content, '{');
    jp_json_key(&content, "code");
    jp_json_text(&content, c->code.data, c->code.len);
    jp_json_member_int(&content, "execution_count", x->count);
    lg_buf_addc(&content, '}');
    jp_kernel_send(x->kernel, JP_IOPUB, jp_answering(c->request), "execute_input", NULL, &content);
    lg_buf_release(&content);
}

/* The code as a C string: json_t keeps its strings terminated, and a NUL inside only shortens what an error shows. */
static const char *code_text(const cell *c)
{
    return c->code.data;
}

static void broadcast_error(jp_executor *x, const cell *c, const lg_err *err)
{
    lg_buf content;
    lg_buf_init(&content, 0);
    lg_buf_addc(&content, '{');
    jp_error_members(err, code_text(c), &content);
    lg_buf_addc(&content, '}');
    jp_kernel_send(x->kernel, JP_IOPUB, jp_answering(c->request), "error", NULL, &content);
    lg_buf_release(&content);
}

/* From here on what the client sent before it could see this failure is dropped. Who interrupts has long sent it. */
static void drop_queued(jp_executor *x, bool interrupted)
{
    if (!interrupted) {
        nanosleep(&(struct timespec){.tv_nsec = gather_ns}, NULL);
        jp_io_search(x->kernel, &x->stopping);
    }
    x->drop = atomic_load(&x->kernel->received);
}

static void finish(jp_executor *x, const cell *c, lg_status st, const lg_err *err)
{
    char metadata[128];
    lg_buf reply;
    lg_buf_init(&reply, JP_MESSAGE_LIMIT);
    lg_buf_addf(&reply, "{\"status\":\"%s\",\"execution_count\":%lld", st ? "error" : "ok", x->count);
    if (st) jp_error_members(err, code_text(c), &reply); /* nothing is evaluated then, and the member is there */
    jp_answer_expressions(x->session, st ? NULL : json_object_get(c->content, "user_expressions"), &reply);
    lg_buf_addf(&reply, ",\"payload\":[%s]}", st ? "" : lg_buf_str(c->payload));
    if (st && jp_json_bool(c->content, "stop_on_error", true) && !c->silent) drop_queued(x, st == LG_E_INTERRUPTED);
    snprintf(metadata, sizeof metadata, "{\"started\":\"%s\"}", c->started);
    reply_with(x, c->request, metadata, &reply);
    lg_buf_release(&reply);
}

static lg_status run_code(jp_executor *x, const cell *c, lg_err *err)
{
    jp_bytes word;
    lg_buf_clear(&x->output.result); /* a question leaves none, and that of the cell before is not its own */
    x->output.console = jp_is_console(c->request, c->content);
    if (jp_console_asks(c->code, &word)) return jp_console_page(x->session, word, c->payload, err);
    if (x->output.console && jp_console_leaves(c->code)) {
        jp_console_exit(c->payload);
        return LG_OK;
    }
    bool may_ask = jp_json_bool(c->content, "allow_stdin", true);
    jp_output_begin(&x->output, c->request, x->count, c->silent, may_ask);
    lg_status st = dsl_session_execute(x->session, c->code.data, c->code.len, &x->output.out, &x->cancel, err);
    jp_output_end(&x->output);
    return st;
}

/* A secret that somebody wrote into a cell is gone before anything can keep the cell: history, recipes, messages. */
static lg_status clean_code(cell *c, lg_buf *room, lg_err *err)
{
    LG_TRY(jp_json_need_text(c->content, "code", &c->code, err));
    if (!net_scrub_needed()) return LG_OK;
    lg_buf_add(room, c->code.data, c->code.len);
    net_scrub_buf(room);
    c->code = (jp_bytes){lg_buf_str(room), room->len};
    return lg_buf_check(room, err);
}

static void execute_cell(jp_executor *x, cell *c)
{
    lg_err failure = {0};
    c->silent = jp_json_bool(c->content, "silent", false);
    c->blank = is_blank(c->code);
    c->stored = !c->silent && !c->blank && jp_json_bool(c->content, "store_history", true);
    lg_time_iso(c->started);
    if (c->stored) x->count++;
    if (!c->silent) announce(x, c);
    lg_status st = c->blank ? LG_OK : run_code(x, c, &failure);
    if (c->stored) {
        lg_buf *result = &x->output.result;
        net_scrub_buf(result);
        jp_history_add(x->history, x->count, c->code, (jp_bytes){lg_buf_str(result), result->len});
    }
    if (st) broadcast_error(x, c, &failure);
    finish(x, c, st, &failure);
}

static lg_status execute(jp_executor *x, const jp_request *request, const json_t *content, lg_err *err)
{
    lg_buf room, payload;
    cell c = {.request = request, .content = content, .payload = &payload};
    lg_buf_init(&payload, JP_MESSAGE_LIMIT);
    lg_buf_init(&room, JP_MESSAGE_LIMIT);
    lg_status st = clean_code(&c, &room, err);
    if (st == LG_OK) execute_cell(x, &c);
    lg_buf_release(&room);
    lg_buf_release(&payload);
    return st;
}

static void abort_request(jp_executor *x, const jp_request *request)
{
    lg_buf content;
    lg_buf_init(&content, 0);
    lg_buf_adds(&content, "{\"status\":\"aborted\"}"); /* a count would be shown beside a cell that never ran */
    reply_with(x, request, NULL, &content);
    lg_buf_release(&content);
}

/* ---- the others ---- */
typedef lg_status comm_fn(jp_widgets *widgets, const jp_request *request, const json_t *content, lg_err *err);

static comm_fn *comm_find(const char *type)
{
    if (strcmp(type, "comm_open") == 0) return jp_widgets_open;
    if (strcmp(type, "comm_msg") == 0) return jp_widgets_message;
    return strcmp(type, "comm_close") == 0 ? jp_widgets_close : NULL;
}

static lg_status answer(jp_executor *x, const jp_request *request, const json_t *content, jp_answer_fn *fn, bool bare,
                        lg_err *err)
{
    lg_buf reply;
    const jp_asked asked = {.session = x->session,
                            .history = x->history,
                            .widgets = x->kernel->widgets,
                            .connection = &x->kernel->connection,
                            .content = content};
    lg_buf_init(&reply, JP_MESSAGE_LIMIT);
    lg_buf_adds(&reply, bare ? "{" : "{\"status\":\"ok\"");
    lg_status st = fn(&asked, &reply, err);
    lg_buf_addc(&reply, '}');
    if (st == LG_OK) reply_with(x, request, NULL, &reply);
    lg_buf_release(&reply);
    return st;
}

static void send_kernel_info(jp_executor *x, const jp_request *request)
{
    lg_buf reply;
    lg_buf_init(&reply, 0);
    jp_kernel_info(&reply);
    reply_with(x, request, NULL, &reply);
    lg_buf_release(&reply);
}

static lg_status dispatch(jp_executor *x, const jp_request *request, const json_t *content, lg_err *err)
{
    bool bare;
    jp_answer_fn *fn = jp_answer_find(request->type, &bare);
    if (fn) return answer(x, request, content, fn, bare, err);
    if (strcmp(request->type, "execute_request") == 0) return execute(x, request, content, err);
    return comm_find(request->type)(x->kernel->widgets, request, content, err);
}

/* Those whose content is read: kernel_info_request has none. */
static bool is_served(const char *type)
{
    bool bare;
    return jp_answer_find(type, &bare) || strcmp(type, "execute_request") == 0 || comm_find(type);
}

bool jp_executor_replies(const char *type)
{
    return strcmp(type, "kernel_info_request") == 0 || (is_served(type) && !jp_one_way(type));
}

/* An interrupt that came while nothing ran was meant for nothing; one that ends the executor holds. This comes before
 * `busy`: whoever has seen that interrupts this request. */
static void forget_interrupt(jp_executor *x)
{
    lg_cancel_clear(&x->cancel);
    if (atomic_load(&x->stopping)) lg_cancel_set(&x->cancel);
}

static void serve_known(jp_executor *x, const jp_request *request)
{
    lg_err err = {0};
    json_t *content = NULL;
    lg_status st = jp_json_read(jp_request_part(request, JP_CONTENT), &content, &err);
    if (st == LG_OK) st = dsl_session_refresh(x->session, &err);
    if (st == LG_OK) st = dispatch(x, request, content, &err);
    if (st && !jp_one_way(request->type)) jp_kernel_reply_error(x->kernel, request, x->count, &err);
    if (st) lg_log(LG_LOG_WARN, "%s: %s %s", request->type, err.msg, err.why);
    json_decref(content);
    /* whatever it said: it may have been the last one that put a drawing off */
    if (comm_find(request->type)) jp_widgets_draw(x->kernel->widgets, x, request);
}

static void serve(jp_executor *x, const jp_request *request)
{
    jp_kernel *kernel = x->kernel;
    forget_interrupt(x);
    jp_kernel_status(kernel, jp_answering(request), "busy");
    if (strcmp(request->type, "kernel_info_request") == 0) send_kernel_info(x, request);
    else if (!is_served(request->type)) lg_log(LG_LOG_WARN, "a message of unknown type on shell");
    else if (strcmp(request->type, "execute_request") == 0 && request->arrival <= x->drop) abort_request(x, request);
    else serve_known(x, request);
    jp_kernel_status(kernel, jp_answering(request), "idle");
    jp_queue_wait_room(&kernel->packets, NULL);
    jp_queue_wait_room(&kernel->replies, NULL);
}

/* The next request; meanwhile, when nothing has come for a moment, drawings that sliders left unfinished. */
static jp_item *next(jp_executor *x)
{
    jp_widgets *widgets = x->kernel->widgets;
    while (jp_widgets_unsettled(widgets) && !jp_queue_wait(&x->requests, JP_SETTLE)) {
        forget_interrupt(x);
        jp_widgets_settle(widgets, x);
    }
    return jp_queue_take(&x->requests, true);
}

/* ---- the end of a subshell ---- */
void jp_executor_refuse(jp_kernel *kernel, const jp_request *request, long long count, const lg_err *err)
{
    jp_kernel_status(kernel, jp_answering(request), "busy");
    if (jp_executor_replies(request->type)) jp_kernel_reply_error(kernel, request, count, err);
    jp_kernel_status(kernel, jp_answering(request), "idle");
}

static void refuse(jp_executor *x, const jp_request *request)
{
    lg_err err = {0};
    if (lg_fail(&err, LG_E_NAME, 197, "the subshell was deleted before this was its turn"))
        jp_executor_refuse(x->kernel, request, x->count, &err);
}

static void leave(jp_executor *x)
{
    jp_item *item;
    while (!atomic_load(&x->kernel->stopping) && (item = jp_queue_take(&x->requests, false))) {
        refuse(x, (jp_request *)item);
        jp_request_free((jp_request *)item);
    }
    if (x->workspace) x->kernel->workspaces.free(x->workspace);
    x->workspace = NULL;
    x->session = NULL;
}

/* ---- the thread ---- */
static void *run(void *arg)
{
    jp_executor *x = arg;
    lg_err err = {0};
    uint64_t one = 1;
    jp_item *item;
    lg_thread_name(*x->id ? "subshell" : "executor");
    if (jp_history_new(x->kernel->cells, &x->history, &err)) {
        lg_log(LG_LOG_ERROR, "%s", err.msg);
        atomic_store(&x->stopping, true);
    }
    while (!atomic_load(&x->stopping) && (item = next(x))) {
        serve(x, (jp_request *)item);
        jp_request_free((jp_request *)item);
        atomic_fetch_add(&x->served, 1);
    }
    jp_history_free(x->history);
    if (*x->id) leave(x);
    atomic_store(&x->done, true);
    if (write(x->kernel->wake_fd, &one, sizeof one) < 0) lg_log(LG_LOG_DEBUG, "wake");
    return NULL;
}

lg_status jp_executor_start(jp_executor *x, lg_err *err)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 8u << 20); /* whatever `ulimit -s` says: deep cells are refused by count */
    int failed = pthread_create(&x->thread, &attr, run, x);
    pthread_attr_destroy(&attr);
    return failed ? lg_fail(err, LG_E_LIMIT, 196, "no thread could be started: %s", strerror(failed)) : LG_OK;
}

void jp_executor_stop(jp_executor *x)
{
    atomic_store(&x->stopping, true);
    lg_cancel_set(&x->cancel);
    jp_queue_close(&x->requests);
    jp_queue_close(&x->prompt.answers);
}

void jp_executor_join(jp_executor *x)
{
    pthread_join(x->thread, NULL);
}

void jp_executor_init(jp_executor *x, jp_kernel *kernel)
{
    *x = (jp_executor){.kernel = kernel};
    jp_queue_init(&x->requests, SIZE_MAX, JP_REQUESTS_MOST, -1);
    jp_prompt_init(&x->prompt);
    jp_output_init(&x->output, x);
}

void jp_executor_release(jp_executor *x)
{
    jp_item *item;
    while ((item = jp_queue_take(&x->requests, false))) jp_request_free((jp_request *)item);
    jp_queue_release(&x->requests);
    jp_prompt_release(&x->prompt);
    jp_output_release(&x->output);
}
