/* kernel_state.h - what the parts of kernel/jupyter share: one record, and who may touch which member of it. */
#ifndef JP_KERNEL_STATE_H
#define JP_KERNEL_STATE_H

#include "kernel/jupyter/flow.h"
#include "kernel/jupyter/kernel.h"
#include "kernel/jupyter/output.h"
#include "kernel/jupyter/queue.h"
#include "kernel/jupyter/usage.h"
#include "kernel/jupyter/widget.h"
#include "lib/store/history_store.h"

struct jp_kernel {
    /* constant after jp_kernel_open */
    jp_connection connection;
    jp_signer *signer; /* its replay memory: I/O thread only */
    jp_voice voice;
    int wake_fd, signal_fd;
    /* shared, each with its own protection */
    jp_queue requests; /* I/O thread -> executor: jp_request */
    jp_queue packets;  /* executor -> I/O thread: jp_packet for IOPub */
    jp_queue replies;  /* the same for the other channels, which wait for no slow front end */
    jp_queue answers;  /* I/O thread -> executor: jp_request, what was typed */
    atomic_bool asking; /* somebody has been asked: an answer is wanted */
    jp_output output;
    store_history *cells; /* that were run, in all sessions */
    lg_cancel cancel;
    atomic_bool stopping, executor_done;
    atomic_ullong received; /* shell messages so far: what is "queued" when a cell fails */
    /* I/O thread only */
    void *context, *socket[JP_CHANNELS];
    jp_packet *held; /* could not be sent yet: there is no room */
    jp_flow flow;
    double stop_by;
    int parent_pid, server_pid; /* 0: nobody whose death would end us */
    jp_usage usage;
    /* executor only */
    dsl_session *session;
    jp_widgets *widgets;
    pthread_t executor;
};

/* Hands a message to the I/O thread; never waits. */
void jp_kernel_put(jp_kernel *kernel, jp_packet *packet);
/* Builds a message and puts it into the queue for the I/O thread; never waits. */
void jp_kernel_send(jp_kernel *kernel, jp_channel channel, jp_answered to, const char *type, const char *metadata,
                    const lg_buf *content);
/* status busy, idle or starting. */
void jp_kernel_status(jp_kernel *kernel, jp_answered to, const char *state);
jp_answered jp_answering(const jp_request *request);
/* "execute_request" -> "execute_reply". */
void jp_reply_type(const char *type, char out[80]);
/* Has the server that started us gone, or whoever started us for it? */
bool jp_kernel_orphan(const jp_kernel *kernel);
/* Content shared by shell and control. */
void jp_kernel_info(lg_buf *out);
void *jp_executor_run(void *kernel); /* thread function */

#endif
