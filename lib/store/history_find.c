/* history_find.c - what is asked of the history, of which the newest may wait in memory. */
#include <string.h>

#include "lib/store/history_parts.h"
#include "lib/base/banned.h"

/* ---- patterns ---- */
/* Bytes of the character that begins text. */
static size_t one_character(const char *text, size_t len)
{
    uint32_t cp;
    int bytes = lg_utf8_next(text, len, &cp);
    return bytes > 0 ? (size_t)bytes : 1;
}

/* Greedy with one point to come back to (the last star), so the time is at most pattern times text. */
bool store_wildcard_match(const char *pattern, size_t pattern_len, const char *text, size_t text_len)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < text_len) {
        if (p < pattern_len && pattern[p] == '*') {
            star = p++, from = t;
        } else if (p < pattern_len && pattern[p] == '?') {
            p++, t += one_character(text + t, text_len - t);
        } else if (p < pattern_len && pattern[p] == text[t]) {
            p++, t++;
        } else if (star != SIZE_MAX) {
            p = star + 1, t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern_len && pattern[p] == '*') p++;
    return p == pattern_len;
}

/* ---- finding: newest first ---- */
typedef struct pick {
    const history_entry *entry; /* in memory, or NULL */
    int64_t id;                 /* in the file */
} pick;

typedef struct finding {
    store_history *h;
    /* as they were when it began: cells go on being added */
    history_entry *const *waiting;
    size_t waits;
    int64_t *number; /* owned: of each session, 0 where the file has none yet */
    const store_history_ask *ask;
    pick *found;
    size_t count, room;
    uint64_t (*seen)[2]; /* two hashes of each input found, an open table of twice `room` */
    lg_err *err;
    lg_status st;
} finding;

static bool make_room(finding *f)
{
    if (f->count < f->room) return true;
    size_t room = f->room ? 2 * f->room : 64;
    pick *more = lg_realloc(f->found, f->room, room, sizeof *more, f->err);
    if (!more) return false;
    f->found = more;
    if (f->ask->unique) {
        uint64_t(*table)[2] = lg_alloc(2 * room, sizeof *table, f->err);
        if (!table) return false;
        for (size_t i = 0; i < 2 * f->room; i++) {
            size_t at = (size_t)(f->seen[i][0] % (2 * room));
            if (!f->seen[i][1]) continue;
            while (table[at][1]) at = (at + 1) % (2 * room);
            memcpy(table[at], f->seen[i], sizeof *table);
        }
        lg_free(f->seen);
        f->seen = table;
    }
    f->room = room;
    return true;
}

/* Was the same input found before? If not, it is from now on. Two hashes of 64 bits stand for the text. */
static bool known(finding *f, const char *input, size_t len)
{
    uint64_t a = lg_hash64(input, len, 1), b = lg_hash64(input, len, 2) | 1;
    size_t at = (size_t)(a % (2 * f->room));
    while (f->seen[at][1]) {
        if (f->seen[at][0] == a && f->seen[at][1] == b) return true;
        at = (at + 1) % (2 * f->room);
    }
    f->seen[at][0] = a, f->seen[at][1] = b;
    return false;
}

/* False: enough. */
static bool consider(finding *f, pick candidate, const char *input, size_t len)
{
    const store_history_ask *ask = f->ask;
    if ((int64_t)f->count >= ask->most) return false;
    if (ask->how == STORE_SEARCH && !store_wildcard_match(ask->pattern, ask->pattern_len, input, len)) return true;
    if (!make_room(f)) {
        f->st = f->err->status;
        return false;
    }
    if (ask->unique && known(f, input, len)) return true;
    f->found[f->count++] = candidate;
    return true;
}

static bool consider_row(void *ctx, int64_t id, const char *input, size_t len)
{
    return consider(ctx, (pick){.id = id}, input, len);
}

/* Numbers of sessions: what the file gave, else the next free ones in the order they began. */
typedef struct numbering {
    int64_t next;
    const int64_t *given;
} numbering;

static int64_t number_of(const numbering *n, int session)
{
    if (session < 0) return n->next;
    int64_t number = n->given[session], next = n->next;
    for (int i = 0; !number && i < session; i++) next += !n->given[i];
    return number ? number : next;
}

typedef enum whose { OF_ONE, OF_OTHERS } whose;

/* Of what waits, newest first: lines of one session, or all of the others. */
static void look_at_waiting(finding *f, const numbering *n, whose who, int64_t session, int64_t start, int64_t stop)
{
    for (size_t i = f->waits; i-- > 0 && !f->st;) {
        const history_entry *e = f->waiting[i];
        bool of_it = number_of(n, e->session) == session;
        if (of_it != (who == OF_ONE) || (of_it && (e->line < start || e->line >= stop))) continue;
        if (!consider(f, (pick){.entry = e}, e->text, e->input_len)) return;
    }
}

/* The line behind the last one of a session, wherever that is. */
static lg_status next_line(finding *f, const numbering *n, int64_t session, int64_t *out)
{
    *out = 1;
    if (f->h->open) LG_TRY(store_history_file_next_line(&f->h->file, session, out, f->err));
    for (size_t i = 0; i < f->waits; i++) {
        const history_entry *e = f->waiting[i];
        if (number_of(n, e->session) == session && e->line >= *out) *out = e->line + 1;
    }
    return LG_OK;
}

static lg_status look_at_lines(finding *f, const numbering *n, int64_t session, int64_t start, int64_t stop)
{
    int64_t next = 0;
    if (start < 0 || stop < 0) LG_TRY(next_line(f, n, session, &next));
    if (start < 0) start += next;
    if (stop < 0) stop += next;
    look_at_waiting(f, n, OF_ONE, session, start, stop);
    if (!f->st && f->h->open)
        LG_TRY(store_history_file_lines(&f->h->file, session, start, stop, consider_row, f, f->err));
    return f->st;
}

static lg_status look(finding *f, int session)
{
    const store_history_ask *ask = f->ask;
    numbering n = {.next = 1, .given = f->number};
    if (f->h->open) LG_TRY(store_history_file_next_session(&f->h->file, &n.next, f->err));
    int64_t own = number_of(&n, session);
    if (ask->how == STORE_RANGE)
        return look_at_lines(f, &n, ask->of > 0 ? ask->of : own + ask->of, ask->start, ask->stop);
    LG_TRY(look_at_lines(f, &n, own, 0, INT64_MAX));
    look_at_waiting(f, &n, OF_OTHERS, own, 0, 0);
    if (!f->st && f->h->open) LG_TRY(store_history_file_others(&f->h->file, own, consider_row, f, f->err));
    return f->st;
}

static lg_status tell_found(finding *f, store_cell_fn *fn, void *ctx)
{
    numbering n = {.next = 1, .given = f->number};
    bool more = true;
    if (f->h->open) LG_TRY(store_history_file_next_session(&f->h->file, &n.next, f->err));
    for (size_t i = f->count; more && i-- > 0;) {
        const history_entry *e = f->found[i].entry;
        if (!e) LG_TRY(store_history_file_tell(&f->h->file, f->found[i].id, fn, ctx, &more, f->err));
        if (!e) continue;
        store_cell cell = history_cell(e, number_of(&n, e->session));
        more = fn(ctx, &cell);
    }
    return LG_OK;
}

/* What waits now stays until the end: nobody writes it meanwhile, as that takes file_lock, and it counts as being
 * written, so that it is not dropped for what comes. */
static lg_status hold_what_waits(finding *f)
{
    store_history *h = f->h;
    pthread_mutex_lock(&h->lock);
    f->number = lg_alloc((size_t)h->sessions + 1, sizeof *f->number, f->err);
    for (int i = 0; f->number && i < h->sessions; i++) f->number[i] = h->session[i].number;
    f->waiting = h->waiting;
    f->waits = h->writing = h->count;
    pthread_mutex_unlock(&h->lock);
    return f->number ? LG_OK : f->err->status;
}

static void let_go(finding *f)
{
    pthread_mutex_lock(&f->h->lock);
    f->h->writing = 0;
    pthread_mutex_unlock(&f->h->lock);
    lg_free(f->number);
    lg_free(f->found);
    lg_free(f->seen);
}

lg_status store_history_find(store_history *h, int session, const store_history_ask *ask, store_cell_fn *fn, void *ctx,
                             lg_err *err)
{
    lg_err trouble = {0};
    finding f = {.h = h, .ask = ask, .err = err};
    pthread_mutex_lock(&h->file_lock);
    /* said already; what waits is answered from memory */
    if (store_history_move(h, &trouble)) lg_log(LG_LOG_DEBUG, "history: %s", trouble.msg);
    lg_status st = hold_what_waits(&f);
    if (!st) st = look(&f, session);
    if (!st) st = tell_found(&f, fn, ctx);
    let_go(&f);
    pthread_mutex_unlock(&h->file_lock);
    return st;
}
