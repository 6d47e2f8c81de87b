/* history_store.h - the cells that people ran, across sessions: one SQLite file, written behind their back.
 *
 *     store_history *h;
 *     LG_TRY(store_history_new(&h, err));
 *     LG_TRY(store_history_keep(h, "/home/ann/.local/share/logolens", err)); // else in memory alone
 *     int session = store_history_begin(h);
 *     store_history_add(h, session, &(store_cell){.line = 1, .input = "say hello", .input_len = 9});
 *     store_history_find(h, session, &(store_history_ask){.how = STORE_TAIL, .most = 10}, print_cell, NULL, err);
 *     store_history_free(h);
 *
 * A cell that was added survives a kill -9 of the program from the moment store_history_add returns, and a power cut
 * some seconds later. Adding costs one write into a file of this program alone (history.pending/KEY); a thread, started
 * with the first cell, moves what waits there into history.sqlite a tenth of a second later, loading SQLite when it has
 * something to write for the first time. What a killed program left in its file is moved by the next one that looks.
 *
 * Sessions have the numbers 1, 2, …, given when their first cell reaches the file; until then a session goes by the
 * next free one. Of all sessions the newest 100,000 cells and 32 MiB of text are kept.
 *
 * Trouble never reaches whoever adds a cell; it is logged once, until it is over. Where the file cannot be used (LL518:
 * unwritable, full disk, another program's, made by a newer version, no SQLite) the newest 10,000 cells and 32 MiB of
 * this program are answered from memory, and are written once that works again. A damaged file is put aside as
 * history.damaged.sqlite and a new one begun (LL519).
 *
 * All functions are thread-safe but _new, _keep and _free. lib/base/reach.h must know the folder as our own. */
#ifndef STORE_HISTORY_STORE_H
#define STORE_HISTORY_STORE_H

#include "lib/base/lg.h"

typedef struct store_history store_history;

/* Opens nothing and starts nothing. */
lg_status store_history_new(store_history **out, lg_err *err) LG_MUST_CHECK;
/* From now on, and before the first cell: kept in this folder, which is there. */
lg_status store_history_keep(store_history *h, const char *folder, lg_err *err) LG_MUST_CHECK;
/* What waits is safe when this returns; it does not wait for a disk. NULL is fine. */
void store_history_free(store_history *h);

/* One more session (a kernel has one, and one for each of its subshells). Never fails. */
int store_history_begin(store_history *h);

typedef struct store_cell {
    int64_t session, line;      /* session: its number; of no account when adding */
    const char *input, *output; /* UTF-8, may hold NULs; output NULL: it had none */
    size_t input_len, output_len;
} store_cell;

/* Copies. A cell of more than 32 MiB is not kept. */
void store_history_add(store_history *h, int session, const store_cell *cell);

typedef enum store_history_how {
    STORE_RANGE, /* of session `of`, lines from `start` up to and without `stop` */
    STORE_TAIL,  /* the newest: those of this session, before them those of the others */
    STORE_SEARCH /* the newest whose input matches the pattern as a whole */
} store_history_how;

typedef struct store_history_ask {
    store_history_how how;
    int64_t of;          /* a session's number; 0 this one, -1 the one before, … */
    int64_t start, stop; /* below 0: counted from the line that comes next in that session */
    int64_t most;        /* cells; the newest are taken */
    const char *pattern; /* store_wildcard_match */
    size_t pattern_len;
    bool unique; /* of several with the same input the newest */
} store_history_ask;

/* Calls fn with each cell, oldest first, until it returns false; cell is borrowed, and fn must not call functions of
 * this header. */
typedef bool store_cell_fn(void *ctx, const store_cell *cell);
lg_status store_history_find(store_history *h, int session, const store_history_ask *ask, store_cell_fn *fn, void *ctx,
                             lg_err *err) LG_MUST_CHECK;
/* Takes out every cell whose input or output holds one of the names as a word, whatever its case, and keeps none of
 * this program's that does from now on: for `delete user`. The file is written anew, so that no byte of it is left. */
lg_status store_history_forget(store_history *h, const char *const *name, size_t names, size_t *cells,
                               lg_err *err) LG_MUST_CHECK;
/* Moves what waits into the file now. Says what is wrong, or LG_OK. */
lg_status store_history_settle(store_history *h, lg_err *err) LG_MUST_CHECK;

/* Does the pattern match the whole text? `*` stands for any characters, `?` for one. */
bool store_wildcard_match(const char *pattern, size_t pattern_len, const char *text, size_t text_len);

#endif
