/* history.h - the cells of all sessions, for history_request.
 *
 *     LG_TRY(jp_history_new(store, &history, err));
 *     jp_history_add(history, 3, code, (jp_bytes){"42", 2});
 *     jp_history_answer(history, content, &reply, err);   // ,"history":[[7,3,"(6*7)"]]
 *
 * One for each executor: the kernel's own, and one for each subshell, which is a session of its own. lib/store/
 * history_store.h has the rest: how many are kept, where, and what happens when that fails. */
#ifndef JP_HISTORY_H
#define JP_HISTORY_H

#include "kernel/jupyter/wire_json.h"
#include "lib/store/history_store.h"

typedef struct jp_history jp_history;

/* The store is borrowed and outlives the history. */
lg_status jp_history_new(store_history *store, jp_history **out, lg_err *err) LG_MUST_CHECK;
void jp_history_free(jp_history *history);
/* Copies. output.len 0: the cell had no result. */
void jp_history_add(jp_history *history, long long line, jp_bytes input, jp_bytes output);
/* Appends the member "history" of the reply to a request with this content. */
lg_status jp_history_answer(const jp_history *history, const json_t *content, lg_buf *reply, lg_err *err) LG_MUST_CHECK;

#endif
