/* history.h - the cells of this session, for history_request.
 *
 *     jp_history_add(history, 3, code, code_len, "42", 2);
 *     jp_history_answer(history, content, &reply, err);   // ,"history":[[1,3,"(6*7)"]]
 *
 * Held in memory: the newest 10,000 cells, at most 32 MiB of text. Session numbers: ours is 1, and 0 means it too. */
#ifndef JP_HISTORY_H
#define JP_HISTORY_H

#include "kernel/jupyter/wire_json.h"

typedef struct jp_history jp_history;

lg_status jp_history_new(jp_history **out, lg_err *err) LG_MUST_CHECK;
void jp_history_free(jp_history *history);
/* Copies. output_len 0: the cell had no result. Without memory the entry is not kept. */
void jp_history_add(jp_history *history, long long line, jp_bytes input, jp_bytes output);
/* Appends the member "history" of the reply to a request with this content. */
lg_status jp_history_answer(const jp_history *history, const json_t *content, lg_buf *reply, lg_err *err) LG_MUST_CHECK;
/* Does the pattern match the whole text? `*` stands for any characters, `?` for one. */
bool jp_glob_match(jp_bytes pattern, jp_bytes text);

#endif
