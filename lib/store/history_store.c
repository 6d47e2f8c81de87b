/* history_store.c - cells wait in memory, and in a journal, until a thread of ours has written them. */
#include "lib/store/history_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "lib/store/history_parts.h"
#include "lib/base/banned.h"

enum { SETTLE_MS = 100, WRITER_STACK = 512 << 10 };

lg_status store_history_new(store_history **out, lg_err *err)
{
    store_history *h = lg_alloc(1, sizeof *h, err);
    if (!h) return err->status;
    pthread_condattr_t attr;
    pthread_mutex_init(&h->lock, NULL);
    pthread_mutex_init(&h->file_lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&h->wake, &attr);
    pthread_condattr_destroy(&attr);
    h->journal.fd = -1;
    *out = h;
    return LG_OK;
}

lg_status store_history_keep(store_history *h, const char *folder, lg_err *err)
{
    h->folder = lg_strdup(folder, err);
    return h->folder ? LG_OK : err->status;
}

int store_history_begin(store_history *h)
{
    lg_err err = {0};
    uint64_t dice[2] = {0};
    if (getrandom(dice, sizeof dice, 0) < 0) dice[0] = (uint64_t)(lg_now() * 1e9);
    pthread_mutex_lock(&h->lock);
    int number = -1;
    if (h->sessions == h->room) {
        int room = h->room ? 2 * h->room : 4;
        history_session *more = lg_realloc(h->session, (size_t)h->room, (size_t)room, sizeof *more, &err);
        if (more) h->session = more, h->room = room;
    }
    if (h->sessions < h->room) {
        history_session *s = &h->session[number = h->sessions++];
        snprintf(s->key, sizeof s->key, "%016llx%016llx", (unsigned long long)dice[0], (unsigned long long)dice[1]);
        s->started = store_now_ms();
    }
    pthread_mutex_unlock(&h->lock);
    return number;
}

/* ---- trouble ---- */
static void tell(bool *told, const lg_err *trouble)
{
    if (*told) return;
    *told = true;
    lg_log(LG_LOG_WARN, "%s: %s%s%s", trouble->msg, trouble->why, trouble->hint[0] ? "; try: " : "", trouble->hint);
}

/* ---- what waits (lock is held) ---- */
static void drop_oldest(store_history *h)
{
    history_entry *e = h->waiting[h->writing];
    h->bytes -= e->input_len + e->output_len;
    memmove(&h->waiting[h->writing], &h->waiting[h->writing + 1],
            (h->count - h->writing - 1) * sizeof(history_entry *));
    h->count--;
    lg_free(e);
}

static void wait_in_memory(store_history *h, int session, const store_cell *cell)
{
    lg_err err = {0};
    size_t len = cell->input_len + cell->output_len;
    if (!h->waiting) h->waiting = lg_alloc(HISTORY_WAITING, sizeof *h->waiting, &err);
    history_entry *e = h->waiting ? lg_alloc(1, sizeof *e + len, &err) : NULL;
    if (!e) return;
    while (h->count > h->writing && (h->count == HISTORY_WAITING || h->bytes + len > HISTORY_BYTES)) drop_oldest(h);
    if (h->count == HISTORY_WAITING) {
        lg_free(e);
        return;
    }
    e->session = session, e->line = cell->line;
    e->input_len = cell->input_len, e->output_len = cell->output_len, e->has_output = cell->output != NULL;
    memcpy(e->text, cell->input, cell->input_len);
    if (cell->output_len) memcpy(e->text + cell->input_len, cell->output, cell->output_len);
    h->waiting[h->count++] = e;
    h->bytes += len;
}

/* The first n have been written. */
static void written(store_history *h, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        h->bytes -= h->waiting[i]->input_len + h->waiting[i]->output_len;
        lg_free(h->waiting[i]);
    }
    h->count -= n;
    if (n) memmove(h->waiting, h->waiting + n, h->count * sizeof *h->waiting);
    if (!h->count) store_history_journal_empty(&h->journal);
}

/* ---- the file (file_lock is held) ---- */
static lg_status put_one(void *ctx, const history_session *s, const store_cell *cell, lg_err *err)
{
    int64_t number;
    return store_history_file_put(ctx, s, cell, &number, err);
}

static lg_status take_journal(void *ctx, const char *data, size_t len, lg_err *err)
{
    LG_TRY(store_history_file_begin(ctx, err));
    return store_history_file_end(ctx, store_history_journal_each(data, len, put_one, ctx, err), err);
}

static lg_status open_file(store_history *h, lg_err *err)
{
    if (h->open) return LG_OK;
    lg_status st = store_history_file_open(&h->file, h->folder, err);
    h->open = st == LG_OK;
    h->refused = st != LG_OK && !h->file.locked;
    return st;
}

/* Whatever keeps it from that keeps nothing else from being written, but for a damaged file. */
static lg_status adopt(store_history *h, lg_err *err)
{
    lg_err left = {0};
    if (h->adopted) return LG_OK;
    lg_status st = store_history_journals_adopt(h->folder, take_journal, &h->file, &left);
    h->adopted = st == LG_OK;
    if (st && left.code == 519) *err = left;
    else if (st) tell(&h->told_adopt, &left);
    return err->status;
}

static history_entry *entry_at(store_history *h, size_t i, history_session *s)
{
    pthread_mutex_lock(&h->lock);
    history_entry *e = h->waiting[i];
    *s = h->session[e->session];
    pthread_mutex_unlock(&h->lock);
    return e;
}

static void session_is(store_history *h, int session, int64_t number)
{
    pthread_mutex_lock(&h->lock);
    h->session[session].number = number;
    pthread_mutex_unlock(&h->lock);
}

/* Another file may give other ones, and a transaction that was taken back gave none. */
static void forget_numbers(store_history *h)
{
    pthread_mutex_lock(&h->lock);
    for (int i = 0; i < h->sessions; i++) h->session[i].number = 0;
    pthread_mutex_unlock(&h->lock);
}

static void close_file(store_history *h)
{
    if (h->open) store_history_file_close(&h->file);
    h->open = false;
    forget_numbers(h);
}

static lg_status put_waiting(store_history *h, size_t n, lg_err *err)
{
    lg_status st = LG_OK;
    LG_TRY(store_history_file_begin(&h->file, err));
    for (size_t i = 0; !st && i < n; i++) {
        history_session s;
        int64_t number;
        history_entry *e = entry_at(h, i, &s);
        store_cell cell = history_cell(e, 0);
        st = store_history_file_put(&h->file, &s, &cell, &number, err);
        if (!st && !s.number) session_is(h, e->session, number);
    }
    st = store_history_file_end(&h->file, st, err);
    if (st) forget_numbers(h);
    return st;
}

static lg_status write_once(store_history *h, size_t n, lg_err *err)
{
    LG_TRY(open_file(h, err));
    LG_TRY(adopt(h, err));
    return n ? put_waiting(h, n, err) : LG_OK;
}

/* A damaged file is put aside, and it is tried once more with a new one. */
static lg_status write_some(store_history *h, size_t n, lg_err *err)
{
    lg_status st = write_once(h, n, err);
    if (!st || err->code != 519) return st;
    close_file(h);
    store_history_file_put_aside(&h->file, h->folder);
    lg_try(err, "it was moved away as history.damaged.sqlite, and a new one begins");
    lg_log(LG_LOG_WARN, "%s: %s; %s", err->msg, err->why, err->hint);
    lg_err_clear(err);
    return write_once(h, n, err);
}

lg_status store_history_move(store_history *h, lg_err *err)
{
    if (!h->folder) return LG_OK;
    pthread_mutex_lock(&h->lock);
    size_t n = h->writing = h->count;
    h->fresh = false;
    pthread_mutex_unlock(&h->lock);
    lg_status st = write_some(h, n, err);
    pthread_mutex_lock(&h->lock);
    h->writing = 0;
    if (!st) written(h, n);
    pthread_mutex_unlock(&h->lock);
    if (st) tell(&h->told, err);
    else h->told = false;
    return st;
}

lg_status store_history_settle(store_history *h, lg_err *err)
{
    pthread_mutex_lock(&h->file_lock);
    lg_status st = store_history_move(h, err);
    pthread_mutex_unlock(&h->file_lock);
    return st;
}

/* ---- the writer ---- */
/* Waits for a cell, then a moment for more. What could not be written is tried again with the next one. False: the
 * end. */
static bool wait_for_cells(store_history *h)
{
    pthread_mutex_lock(&h->lock);
    while (!h->stopping && !h->fresh) pthread_cond_wait(&h->wake, &h->lock);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SETTLE_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) until.tv_sec++, until.tv_nsec -= 1000000000L;
    while (!h->stopping && pthread_cond_timedwait(&h->wake, &h->lock, &until) != ETIMEDOUT) {
    }
    bool more = !h->stopping;
    pthread_mutex_unlock(&h->lock);
    return more;
}

static void *write_cells(void *arg)
{
    store_history *h = arg;
    lg_thread_name("history");
    while (wait_for_cells(h)) {
        lg_err err = {0};
        if (store_history_settle(h, &err)) lg_log(LG_LOG_DEBUG, "history: %s", err.msg);
    }
    return NULL;
}

static void start_writer(store_history *h)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, WRITER_STACK);
    int failed = pthread_create(&h->writer, &attr, write_cells, h);
    pthread_attr_destroy(&attr);
    h->running = !failed;
    if (failed) lg_log(LG_LOG_WARN, "no thread could be started for the history: %s", strerror(failed));
}

static void note(store_history *h, int session, const store_cell *cell)
{
    lg_err err = {0};
    if (!h->journal_tried && store_history_journal_open(&h->journal, h->folder, &err)) tell(&h->told_add, &err);
    h->journal_tried = true;
    if (h->journal.failed) return;
    if (store_history_journal_add(&h->journal, &h->session[session], cell, &err)) tell(&h->told_add, &err);
}

static void add(store_history *h, int session, const store_cell *cell)
{
    if (h->folder) note(h, session, cell);
    wait_in_memory(h, session, cell);
    if (h->folder && !h->running) start_writer(h);
    if (h->running && !h->fresh) pthread_cond_signal(&h->wake);
    h->fresh = true;
}

void store_history_add(store_history *h, int session, const store_cell *cell)
{
    if (session < 0 || cell->input_len > HISTORY_BYTES || cell->output_len > HISTORY_BYTES - cell->input_len) return;
    pthread_mutex_lock(&h->lock);
    if (!store_history_names_in(&h->forgotten, cell)) add(h, session, cell);
    pthread_mutex_unlock(&h->lock);
}

/* What waits is in the journal, which the next program reads, if it could be written whole; else, and where the file is
 * open anyway, it is written now. */
static bool finish(store_history *h)
{
    lg_err err = {0};
    if (!h->folder || !h->count) return true;
    if (!h->journal.failed && !h->open && !h->refused) return false;
    return store_history_move(h, &err) == LG_OK || h->refused;
}

void store_history_free(store_history *h)
{
    if (!h) return;
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    if (h->running) pthread_join(h->writer, NULL);
    bool done = finish(h);
    close_file(h);
    store_history_journal_close(&h->journal, done);
    while (h->count) drop_oldest(h);
    lg_free(h->waiting);
    for (size_t i = 0; i < h->forgotten.count; i++) lg_free(h->forgotten.name[i]);
    lg_free(h->forgotten.name);
    lg_free(h->session);
    lg_free(h->folder);
    pthread_cond_destroy(&h->wake);
    pthread_mutex_destroy(&h->file_lock);
    pthread_mutex_destroy(&h->lock);
    lg_free(h);
}
