/* kernel.h - the Jupyter kernel: five sockets on one thread, the language on another.
 *
 *     jp_kernel *kernel;
 *     LG_TRY(jp_kernel_open(&connection, insecure, &kernel, err)); // listening from here on
 *     LG_TRY(dsl_session_new(&config, &session, err));
 *     bool clean = jp_kernel_serve(kernel, session, &workspaces);  // until shutdown, SIGTERM, SIGHUP or an orphan
 *     if (clean) { dsl_session_free(session); jp_kernel_free(kernel); }
 *
 * Threads: the caller of jp_kernel_serve is the I/O thread and owns every socket; one executor thread owns the session,
 * and each subshell is one more, with a session of its own (executor.h, subshell.h). They hand each other messages
 * through queues (queue.h). Shared besides: cancel tokens, the text of a stream that waits to be sent (output.h),
 * questions that are open (prompt.h), and sliders (widget.h). SIGINT, SIGTERM and SIGHUP are blocked by jp_kernel_open
 * for this thread and all it starts later, and read from a descriptor.
 *
 * The cells that are run are kept in memory, and with jp_kernel_keep_history across restarts
 * (lib/store/history_store.h).
 *
 * jp_kernel_open: LL194 an address that cannot be bound, LL195 an empty key where others could connect, LL198 a
 * registration that nobody answered, LL199 keys for encryption that cannot be used. */
#ifndef JP_KERNEL_H
#define JP_KERNEL_H

#include "kernel/dsl/session.h"
#include "kernel/jupyter/connection.h"
#include "lib/store/history_store.h"

typedef struct jp_kernel jp_kernel;

lg_status jp_kernel_open(const jp_connection *connection, bool insecure, jp_kernel **out, lg_err *err) LG_MUST_CHECK;
/* The cells that are run, in all sessions. Borrowed. */
store_history *jp_kernel_cells(jp_kernel *kernel);
/* Before jp_kernel_serve: the folder to keep the history of cells in. */
lg_status jp_kernel_keep_history(jp_kernel *kernel, const char *folder, lg_err *err) LG_MUST_CHECK;

/* Where the workspaces of subshells come from. */
typedef struct jp_workspaces {
    void *ctx;
    /* I/O thread, while the main session is in use. *session belongs to *workspace, sees what the main session has
     * (dsl_session_follow), and is used by the subshell's thread alone. */
    lg_status (*fork)(void *ctx, void **workspace, dsl_session **session, lg_err *err);
    void (*free)(void *workspace); /* the subshell's thread, when it ends */
} jp_workspaces;

/* False: a running cell did not stop in time (600 ms); its thread still uses kernel and session, so neither may be
 * freed, and the process should end with _exit. The sockets are closed either way. workspaces: copied. */
bool jp_kernel_serve(jp_kernel *kernel, dsl_session *session, const jp_workspaces *workspaces);
void jp_kernel_free(jp_kernel *kernel);

#endif
