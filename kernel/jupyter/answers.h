/* answers.h - the requests that only ask: completion, inspection, history and the like.
 *
 * Each function gets the parsed content and appends members to a reply that already holds `"status":"ok"`; a failure
 * becomes an error reply. The executor's thread calls them. */
#ifndef JP_ANSWERS_H
#define JP_ANSWERS_H

#include "kernel/dsl/session.h"
#include "kernel/jupyter/connection.h"
#include "kernel/jupyter/history.h"
#include "kernel/jupyter/widget.h"

typedef struct jp_asked {
    dsl_session *session;
    const jp_history *history;
    jp_widgets *widgets;
    const jp_connection *connection;
    const json_t *content;
} jp_asked;

typedef lg_status jp_answer_fn(const jp_asked *asked, lg_buf *reply, lg_err *err);

/* The answer to a msg_type, or NULL. *bare: the reply's status is the answer's own (is_complete). */
jp_answer_fn *jp_answer_find(const char *type, bool *bare);
/* user_expressions of an execute_request: appends the member to its reply. A bad expression is its own error. */
void jp_answer_expressions(dsl_session *session, const json_t *expressions, lg_buf *reply);
/* "ename":…,"evalue":…,"traceback":[…]; cell NULL: no line of it is shown. */
void jp_error_members(const lg_err *err, const char *cell, lg_buf *out);

#endif
