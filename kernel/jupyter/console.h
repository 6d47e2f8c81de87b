/* console.h - what people type into Jupyter's consoles (jupyter console, qtconsole) that is no line of the
 * language, and how a cell of theirs is told from a notebook's.
 *
 *     fit?   ?fit lr   logos?     the card of Shift-Tab, as a `page` of the reply: a console opens its pager,
 *                                 JupyterLab shows it below the cell
 *     exit   quit                 in a console only: it closes
 *
 * No line of the language begins or ends in such a mark, so nothing is lost by it (docs/adr/0161). */
#ifndef JP_CONSOLE_H
#define JP_CONSOLE_H

#include <jansson.h>

#include "kernel/dsl/session.h"
#include "kernel/jupyter/wire.h"

/* Is the front end that sent this cell one that knows no updates of a display, and one form of it only? Those are made
 * with jupyter_client, whose msg_ids are its session with numbers behind it. Notebook pages name their messages
 * otherwise and say which cell it is (metadata.cellId); what is made with it and runs whole notebooks cannot be asked
 * (allow_stdin false). */
bool jp_is_console(const jp_request *request, const json_t *content);

/* Is this cell a question? `word` is what it asks about, inside `code`: one word before the mark, or one or two behind
 * it ("fit lr"). */
bool jp_console_asks(jp_bytes code, jp_bytes *word);
/* Appends the one item of execute_reply's payload. LL131 where there is nothing to be said about the word. */
lg_status jp_console_page(dsl_session *session, jp_bytes word, lg_buf *payload, lg_err *err) LG_MUST_CHECK;

/* `exit` or `quit`, and the item of the payload that closes the console. */
bool jp_console_leaves(jp_bytes code);
void jp_console_exit(lg_buf *payload);

#endif
