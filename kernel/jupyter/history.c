/* history.c - a ring of entries. */
#include "kernel/jupyter/history.h"

#include <string.h>

#include "lib/base/banned.h"

enum { HISTORY_CELLS = 10000, HISTORY_BYTES = 32 << 20, HISTORY_SESSION = 1 };

typedef struct entry {
    long long line;
    char *text; /* input, then output */
    size_t input, output;
} entry;

struct jp_history {
    entry *ring; /* HISTORY_CELLS */
    size_t first, count, bytes;
};

lg_status jp_history_new(jp_history **out, lg_err *err)
{
    jp_history *history = lg_alloc(1, sizeof *history, err);
    if (!history) return err->status;
    *out = history;
    return LG_OK;
}

static entry *at(const jp_history *history, size_t index)
{
    return &history->ring[(history->first + index) % HISTORY_CELLS];
}

static void drop_oldest(jp_history *history)
{
    entry *oldest = at(history, 0);
    history->bytes -= oldest->input + oldest->output;
    lg_free(oldest->text);
    history->first = (history->first + 1) % HISTORY_CELLS;
    history->count--;
}

void jp_history_free(jp_history *history)
{
    if (!history) return;
    while (history->count) drop_oldest(history);
    lg_free(history->ring);
    lg_free(history);
}

void jp_history_add(jp_history *history, long long line, jp_bytes input, jp_bytes output)
{
    lg_err err = {0};
    size_t len = input.len + output.len;
    if (len > HISTORY_BYTES) return;
    if (!history->ring) history->ring = lg_alloc(HISTORY_CELLS, sizeof *history->ring, &err);
    char *text = history->ring ? lg_alloc(len + 1, 1, &err) : NULL;
    if (!text) return;
    memcpy(text, input.data, input.len);
    memcpy(text + input.len, output.data, output.len);
    while (history->count == HISTORY_CELLS || history->bytes + len > HISTORY_BYTES) drop_oldest(history);
    *at(history, history->count++) = (entry){.line = line, .text = text, .input = input.len, .output = output.len};
    history->bytes += len;
}

/* Bytes of the character that begins text. */
static size_t one_character(const char *text, size_t len)
{
    uint32_t cp;
    int bytes = lg_utf8_next(text, len, &cp);
    return bytes > 0 ? (size_t)bytes : 1;
}

/* Greedy with one point to come back to (the last star), so the time is at most pattern times text. */
bool jp_glob_match(jp_bytes pattern, jp_bytes text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.data[p] == '*') {
            star = p++, from = t;
        } else if (p < pattern.len && pattern.data[p] == '?') {
            p++, t += one_character(text.data + t, text.len - t);
        } else if (p < pattern.len && pattern.data[p] == text.data[t]) {
            p++, t++;
        } else if (star != SIZE_MAX) {
            p = star + 1, t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '*') p++;
    return p == pattern.len;
}

static bool same_input(const entry *a, const entry *b)
{
    return a->input == b->input && memcmp(a->text, b->text, a->input) == 0;
}

static bool repeated_later(const jp_history *history, size_t index)
{
    for (size_t i = index + 1; i < history->count; i++)
        if (same_input(at(history, i), at(history, index))) return true;
    return false;
}

static void add_entry(const entry *e, bool output, lg_buf *reply)
{
    if (reply->data[reply->len - 1] != '[') lg_buf_addc(reply, ',');
    lg_buf_addf(reply, "[%d,%lld,%s", HISTORY_SESSION, e->line, output ? "[" : "");
    jp_json_text(reply, e->text, e->input);
    if (output) {
        lg_buf_addc(reply, ',');
        if (e->output) jp_json_text(reply, e->text + e->input, e->output);
        else lg_buf_adds(reply, "null");
        lg_buf_addc(reply, ']');
    }
    lg_buf_addc(reply, ']');
}

/* Chooses by marking from the newest back, so that `n` takes the last ones; then writes in order. */
static void search(const jp_history *history, const json_t *content, long long most, bool *chosen)
{
    jp_bytes pattern = jp_json_opt_text(content, "pattern", "*");
    bool unique = jp_json_bool(content, "unique", false);
    for (size_t i = history->count; i-- > 0 && most > 0;) {
        const entry *e = at(history, i);
        if (!jp_glob_match(pattern, (jp_bytes){e->text, e->input})) continue;
        if (unique && repeated_later(history, i)) continue;
        chosen[i] = true;
        most--;
    }
}

static void range(const jp_history *history, const json_t *content, bool *chosen)
{
    long long session = jp_json_int(content, "session", 0);
    long long start = jp_json_int(content, "start", 0), stop = jp_json_int(content, "stop", INT64_MAX);
    if (session != 0 && session != HISTORY_SESSION) return;
    for (size_t i = 0; i < history->count; i++)
        chosen[i] = at(history, i)->line >= start && at(history, i)->line < stop;
}

lg_status jp_history_answer(const jp_history *history, const json_t *content, lg_buf *reply, lg_err *err)
{
    jp_bytes how;
    LG_TRY(jp_json_need_text(content, "hist_access_type", &how, err));
    bool *chosen = lg_alloc(history->count, sizeof *chosen, err);
    if (!chosen) return err->status;
    lg_status st = LG_OK;
    long long most = jp_json_int(content, "n", INT64_MAX);
    if (strcmp(how.data, "range") == 0) range(history, content, chosen);
    else if (strcmp(how.data, "search") == 0) search(history, content, most, chosen);
    else if (strcmp(how.data, "tail") == 0)
        for (size_t i = history->count; i-- > 0 && most-- > 0;) chosen[i] = true;
    else st = lg_fail(err, LG_E_FORMAT, 192, "the front end asked for a kind of history there is not");
    jp_json_key(reply, "history");
    lg_buf_addc(reply, '[');
    for (size_t i = 0; st == LG_OK && i < history->count; i++)
        if (chosen[i]) add_entry(at(history, i), jp_json_bool(content, "output", false), reply);
    lg_buf_addc(reply, ']');
    lg_free(chosen);
    return st;
}
