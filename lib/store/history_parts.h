/* history_parts.h - what the files of the history share. Internal to lib/store. */
#ifndef STORE_HISTORY_PARTS_H
#define STORE_HISTORY_PARTS_H

#include <pthread.h>

#include "lib/store/history_store.h"
#include "lib/store/sqlite_library.h"

enum {
    HISTORY_KEY = 32, /* letters of a session's key */
    HISTORY_STATEMENTS = 24,
    HISTORY_WAITING = 10000, /* cells in memory */
    HISTORY_CELLS = 100000,  /* in the file */
    HISTORY_BYTES = 32 << 20 /* of text, in either */
};

/* Now, milliseconds since 1970 UTC. */
int64_t store_now_ms(void);

/* A session as the file knows it: its number is looked up by the key. */
typedef struct history_session {
    char key[HISTORY_KEY + 1];
    int64_t started; /* milliseconds since 1970 UTC */
    int64_t number;  /* 0: not in the file yet */
} history_session;

/* A cell on its way to the file. */
typedef struct history_entry {
    int session;
    int64_t line;
    size_t input_len, output_len;
    bool has_output;
    char text[]; /* input, then output */
} history_entry;

static inline store_cell history_cell(const history_entry *e, int64_t session)
{
    return (store_cell){.session = session,
                        .line = e->line,
                        .input = e->text,
                        .input_len = e->input_len,
                        .output = e->has_output ? e->text + e->input_len : NULL,
                        .output_len = e->output_len};
}

/* ---- history_journal.c: what a kill leaves ---- */
typedef struct history_journal {
    int fd;       /* -1: none */
    char *path;   /* owned */
    uint64_t len; /* of whole records */
    bool failed;  /* it lacks a record: nothing more is promised */
} history_journal;

/* Makes the file, which this process holds a lock on until it ends. */
lg_status store_history_journal_open(history_journal *j, const char *folder, lg_err *err) LG_MUST_CHECK;
lg_status store_history_journal_add(history_journal *j, const history_session *s, const store_cell *cell,
                                    lg_err *err) LG_MUST_CHECK;
/* All that it holds is elsewhere now. */
void store_history_journal_empty(history_journal *j);
/* remove: nothing is in it that is needed. */
void store_history_journal_close(history_journal *j, bool remove);
/* Calls put with each whole record of a journal's bytes, oldest first. */
typedef lg_status history_put_fn(void *ctx, const history_session *s, const store_cell *cell, lg_err *err);
lg_status store_history_journal_each(const char *data, size_t len, history_put_fn *put, void *ctx,
                                     lg_err *err) LG_MUST_CHECK;
/* Journals of programs that are gone: take is called with the bytes of each, which is removed when take went well. */
typedef lg_status history_take_fn(void *ctx, const char *data, size_t len, lg_err *err);
lg_status store_history_journals_adopt(const char *folder, history_take_fn *take, void *ctx, lg_err *err) LG_MUST_CHECK;

/* ---- history_file.c: the file ---- */
typedef struct history_file {
    sqlite3 *db; /* NULL: not open */
    char *path;  /* owned */
    double waiting_since;
    bool locked; /* the last failure: another program had it for too long; stays when it is closed */
    uint64_t device, inode; /* of the file that is open */
    struct {
        const char *sql; /* a literal: its address is its name */
        sqlite3_stmt *statement;
    } kept[HISTORY_STATEMENTS];
    size_t cells_put, bytes_put; /* since what is too old was taken out */
} history_file;

/* Loads SQLite, makes or checks the file and its tables. LL518; LL519 a damaged one, which is then put aside. */
lg_status store_history_file_open(history_file *f, const char *folder, lg_err *err) LG_MUST_CHECK;
void store_history_file_close(history_file *f);
/* A transaction: begin; puts; end(st) commits when st is LG_OK, else takes everything back. */
lg_status store_history_file_begin(history_file *f, lg_err *err) LG_MUST_CHECK;
/* *number gets the session's, made where the file has none. What is there already is left as it is. */
lg_status store_history_file_put(history_file *f, const history_session *s, const store_cell *cell, int64_t *number,
                                 lg_err *err) LG_MUST_CHECK;
lg_status store_history_file_end(history_file *f, lg_status st, lg_err *err) LG_MUST_CHECK;
/* Moves a damaged file out of the way, unless another program has done so. */
void store_history_file_put_aside(const history_file *f, const char *folder);

/* The number behind the last one given. */
lg_status store_history_file_next_session(history_file *f, int64_t *out, lg_err *err) LG_MUST_CHECK;
/* The line behind the last one of a session. */
lg_status store_history_file_next_line(history_file *f, int64_t session, int64_t *out, lg_err *err) LG_MUST_CHECK;
/* Cells, newest first, until fn returns false: of one session, lines from start up to stop; or of all others. */
typedef bool history_row_fn(void *ctx, int64_t id, const char *input, size_t len);
lg_status store_history_file_lines(history_file *f, int64_t session, int64_t start, int64_t stop, history_row_fn *fn,
                                   void *ctx, lg_err *err) LG_MUST_CHECK;
lg_status store_history_file_others(history_file *f, int64_t session, history_row_fn *fn, void *ctx,
                                    lg_err *err) LG_MUST_CHECK;
/* The cell of an id; *more is what fn returned. */
lg_status store_history_file_tell(history_file *f, int64_t id, store_cell_fn *fn, void *ctx, bool *more,
                                  lg_err *err) LG_MUST_CHECK;

/* Calls fn with every cell. */
lg_status store_history_file_all(history_file *f, history_row_fn *fn, void *ctx, lg_err *err) LG_MUST_CHECK;
lg_status store_history_file_remove(history_file *f, int64_t id, lg_err *err) LG_MUST_CHECK;
/* Writes the file anew and empties its log: what was removed is in neither. */
lg_status store_history_file_shrink(history_file *f, lg_err *err) LG_MUST_CHECK;

/* ---- history_forget.c ---- */
typedef struct history_names {
    char **name; /* owned */
    size_t count;
} history_names;
bool store_history_names_in(const history_names *names, const store_cell *cell);

/* ---- history_store.c: both ----
 * Two locks. `file_lock` is held while the file is read or written, and taken first. `lock` guards what waits, the
 * journal and the sessions; whoever adds a cell takes only this one, which is never held while a disk is waited for. */
struct store_history {
    char *folder; /* NULL: kept nowhere */
    pthread_mutex_t lock, file_lock;
    pthread_cond_t wake;
    /* under lock */
    history_entry **waiting; /* HISTORY_WAITING, oldest first; made at first use */
    size_t count, bytes;
    history_names forgotten; /* what holds one of these is not kept */
    size_t writing;          /* the first so many are being written: they stay */
    history_session *session;
    int sessions, room;
    history_journal journal;
    bool journal_tried, running, stopping, told_add;
    bool fresh; /* something was added since the writing began */
    pthread_t writer;
    /* under file_lock */
    history_file file;
    bool open, refused, told; /* refused: it could not be opened the last time, and not because it was locked */
    bool adopted, told_adopt; /* what programs left that were killed is in it */
};

/* All that waits goes into the file, which is opened if need be; file_lock is held. */
lg_status store_history_move(store_history *h, lg_err *err) LG_MUST_CHECK;

#endif
