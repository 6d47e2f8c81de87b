/* executor.h - a thread that owns one workspace of the language: the main shell, or a subshell.
 *
 *     jp_executor_init(x, kernel);
 *     x->session = session;
 *     LG_TRY(jp_executor_start(x, err));
 *     jp_queue_put(&x->requests, &request->item);     // answered in order, each between busy and idle
 *     jp_executor_stop(x);                             // what runs is interrupted; the thread ends
 *     if (atomic_load(&x->done)) jp_executor_join(x);
 *     jp_executor_release(x);
 *
 * The I/O thread starts, stops and releases executors (subshell.h keeps the list of them). An executor that was stopped
 * for itself (a deleted subshell) answers what still waits for it with an error; one that is stopped with the kernel
 * leaves it. */
#ifndef JP_EXECUTOR_H
#define JP_EXECUTOR_H

#include "kernel/dsl/session.h"
#include "kernel/jupyter/history.h"
#include "kernel/jupyter/output.h"
#include "kernel/jupyter/prompt.h"
#include "kernel/jupyter/queue.h"

struct jp_kernel;

/* Bytes of requests that wait for one. Those of the main shell that are more stay in their socket, and with them all
 * that is behind them; a subshell, which must not hold up others, refuses more. */
enum { JP_REQUESTS_MOST = 64 << 20, JP_SENDERS = 64 };

typedef struct jp_executor {
    /* constant once the thread runs */
    struct jp_kernel *kernel;
    char id[JP_SUBSHELL_ID]; /* "": the main shell */
    dsl_session *session;
    void *workspace; /* of a subshell: what session belongs to; the thread frees it when it ends */
    /* shared, each with its own protection */
    jp_queue requests; /* I/O thread -> executor: jp_request */
    jp_prompt prompt;
    jp_output output;
    lg_cancel cancel;
    atomic_bool stopping, done;
    atomic_ullong served; /* requests it is done with */
    /* I/O thread only */
    unsigned long long given;    /* requests it was given */
    uint64_t sender[JP_SENDERS]; /* who sent the latest of them: a hash of the routing frames */
    struct jp_executor *next;
    pthread_t thread;
    bool leaving; /* a deleted subshell: no message finds it */
    bool refuses; /* a subshell that had too much waiting: until nothing waits, so that what it takes is in order */
    /* the executor's thread only */
    jp_history *history;
    long long count;         /* execution_count */
    unsigned long long drop; /* execute_requests that arrived up to here are answered `aborted` */
} jp_executor;

void jp_executor_init(jp_executor *x, struct jp_kernel *kernel);
void jp_executor_release(jp_executor *x); /* its thread has ended, or was never started */
lg_status jp_executor_start(jp_executor *x, lg_err *err) LG_MUST_CHECK; /* LL196 no thread is left */
void jp_executor_stop(jp_executor *x);
void jp_executor_join(jp_executor *x); /* waits for the thread to end */
/* Answers a request that is not served with an error, between busy and idle: whoever asked is not left waiting. count:
 * execution_count of an execute_reply. */
void jp_executor_refuse(struct jp_kernel *kernel, const jp_request *request, long long count, const lg_err *err);
/* Does a message of this type on shell get a reply? Not a comm message, nor one of a type we do not know: its name
 * would be in the reply's header, whatever stands in it. */
bool jp_executor_replies(const char *type);

#endif
