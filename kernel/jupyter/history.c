/* history.c - history_request and its reply. */
#include "kernel/jupyter/history.h"

#include <string.h>

#include "lib/base/banned.h"

struct jp_history {
    store_history *store;
    int session;
};

lg_status jp_history_new(store_history *store, jp_history **out, lg_err *err)
{
    jp_history *history = lg_alloc(1, sizeof *history, err);
    if (!history) return err->status;
    history->store = store;
    history->session = store_history_begin(store);
    *out = history;
    return LG_OK;
}

void jp_history_free(jp_history *history)
{
    lg_free(history);
}

void jp_history_add(jp_history *history, long long line, jp_bytes input, jp_bytes output)
{
    store_history_add(history->store, history->session,
                      &(store_cell){.line = line,
                                    .input = input.data,
                                    .input_len = input.len,
                                    .output = output.len ? output.data : NULL,
                                    .output_len = output.len});
}

typedef struct answering {
    lg_buf *reply;
    bool output;
} answering;

/* A reply that is full already is not filled further: it becomes an error. */
static bool add_cell(void *ctx, const store_cell *cell)
{
    answering *a = ctx;
    lg_buf *reply = a->reply;
    lg_err full = {0};
    if (lg_buf_check(reply, &full)) return false;
    if (reply->data[reply->len - 1] != '[') lg_buf_addc(reply, ',');
    lg_buf_addf(reply, "[%lld,%lld,%s", (long long)cell->session, (long long)cell->line, a->output ? "[" : "");
    jp_json_text(reply, cell->input, cell->input_len);
    if (a->output) {
        lg_buf_addc(reply, ',');
        if (cell->output) jp_json_text(reply, cell->output, cell->output_len);
        else lg_buf_adds(reply, "null");
        lg_buf_addc(reply, ']');
    }
    lg_buf_addc(reply, ']');
    return true;
}

static lg_status read_how(const json_t *content, store_history_how *how, lg_err *err)
{
    static const char *const word[] = {[STORE_RANGE] = "range", [STORE_TAIL] = "tail", [STORE_SEARCH] = "search"};
    jp_bytes asked;
    LG_TRY(jp_json_need_text(content, "hist_access_type", &asked, err));
    for (int i = 0; i < 3; i++) {
        if (strcmp(asked.data, word[i]) != 0) continue;
        *how = (store_history_how)i;
        return LG_OK;
    }
    return lg_fail(err, LG_E_FORMAT, 192, "the front end asked for a kind of history there is not");
}

lg_status jp_history_answer(const jp_history *history, const json_t *content, lg_buf *reply, lg_err *err)
{
    answering a = {.reply = reply, .output = jp_json_bool(content, "output", false)};
    jp_bytes pattern = jp_json_opt_text(content, "pattern", "*");
    store_history_ask ask = {.of = jp_json_int(content, "session", 0),
                             .start = jp_json_int(content, "start", 0),
                             .stop = jp_json_int(content, "stop", INT64_MAX),
                             .most = jp_json_int(content, "n", INT64_MAX),
                             .pattern = pattern.data,
                             .pattern_len = pattern.len};
    LG_TRY(read_how(content, &ask.how, err));
    if (ask.how == STORE_RANGE) ask.most = INT64_MAX;
    if (!ask.stop) ask.stop = INT64_MAX; /* as IPython has it: no end */
    if (ask.how == STORE_SEARCH) ask.unique = jp_json_bool(content, "unique", false);
    jp_json_key(reply, "history");
    lg_buf_addc(reply, '[');
    lg_status st = store_history_find(history->store, history->session, &ask, add_cell, &a, err);
    lg_buf_addc(reply, ']');
    return st;
}
