/* kernel_state.h - what the parts of kernel/jupyter share: one record, and who may touch which member of it. */
#ifndef JP_KERNEL_STATE_H
#define JP_KERNEL_STATE_H

#include "kernel/jupyter/backlog.h"
#include "kernel/jupyter/capture.h"
#include "kernel/jupyter/executor.h"
#include "kernel/jupyter/flow.h"
#include "kernel/jupyter/kernel.h"
#include "kernel/jupyter/usage.h"
#include "kernel/jupyter/widget.h"
#include "lib/store/history_store.h"

struct jp_kernel {
    /* constant after jp_kernel_open */
    jp_connection connection;
    jp_signer *signer; /* its replay memory: I/O thread only */
    jp_voice voice;
    jp_workspaces workspaces; /* constant once threads run */
    int wake_fd, signal_fd;
    /* shared, each with its own protection */
    jp_queue packets;        /* executors -> I/O thread: jp_packet for IOPub */
    jp_queue replies;        /* the same for shell and stdin, which wait for no slow reader of IOPub */
    store_history *cells;    /* that were run, in all sessions */
    jp_widgets *widgets;
    jp_capture capture;
    atomic_bool stopping;    /* all of it */
    atomic_ullong received;  /* shell messages so far: what is "queued" when a cell fails */
    atomic_ullong displays;  /* named so far */
    atomic_ullong searches, searched; /* jp_io_search: how many were asked for, and are done with */
    /* I/O thread only, but for what executor.h says */
    jp_executor main;        /* the first of the list that subshell.h keeps */
    int subshells;           /* others in it */
    /* I/O thread only */
    void *context, *socket[JP_CHANNELS];
    bool stirred[JP_CHANNELS]; /* something was sent there, or not all of it read: its descriptor may keep silent */
    jp_packet *held, *held_reply; /* could not be sent yet: there is no room */
    jp_flow flow;
    jp_backlog backlog[JP_CONTROL + 1]; /* of shell and control */
    double stop_by;
    int search_turns;           /* of the loop, for the search that goes on */
    int parent_pid, server_pid; /* 0: nobody whose death would end us */
    jp_usage usage;
};

/* Hands a message to the I/O thread; never waits. Of control, which only that thread answers, it is sent at once. */
void jp_kernel_put(jp_kernel *kernel, jp_packet *packet);
/* Builds a message and puts it into the queue for the I/O thread; never waits. */
void jp_kernel_send(jp_kernel *kernel, jp_channel channel, jp_answered to, const char *type, const char *metadata,
                    const lg_buf *content);
/* status busy, idle or starting. */
void jp_kernel_status(jp_kernel *kernel, jp_answered to, const char *state);
/* A reply to a request, of the type that its own type asks for, on its own channel. metadata NULL: {}. */
void jp_kernel_reply(jp_kernel *kernel, const jp_request *request, const char *metadata, const lg_buf *content);
/* The same where something was wrong. count: execution_count of an execute_reply, left out of others. What was wrong
 * with a cell is published too. */
void jp_kernel_reply_error(jp_kernel *kernel, const jp_request *request, long long count, const lg_err *err);
/* A message that expects no reply: a failure of it is only logged. */
bool jp_one_way(const char *type);
jp_answered jp_answering(const jp_request *request);
/* "execute_request" -> "execute_reply". */
void jp_reply_type(const char *type, char out[80]);
/* Has the server that started us gone, or whoever started us for it? */
bool jp_kernel_orphan(const jp_kernel *kernel);
/* Content shared by shell and control. */
void jp_kernel_info(lg_buf *out);

#endif
