/* subshell.h - which executors a kernel has: the main shell, and one for each subshell (JEP 91). I/O thread only.
 *
 *     control:  create_subshell_request -> {"subshell_id": "5f…"}, delete_subshell_request, list_subshell_request
 *     shell:    a message whose header has that subshell_id is that executor's
 *
 * A subshell has a workspace of its own, made by kernel.h's jp_workspaces, and with it a queue, an execution count, a
 * history, a cancel token and questions of its own. One that is deleted is found by no message any more; what runs in
 * it is interrupted, what waits is answered with an error, and its thread is joined when it has ended. */
#ifndef JP_SUBSHELL_H
#define JP_SUBSHELL_H

#include "kernel/jupyter/executor.h"

enum { JP_SUBSHELLS = 1000 }; /* at a time */

/* Gives a message of the shell channel to the executor it is for; request is consumed. One for a subshell that there is
 * not is answered at once: LL197; one for a subshell for which too much waits: LL513; so is kernel_info_request, unless
 * its sender has asked that executor something before that is not answered yet. */
void jp_subshells_route(struct jp_kernel *kernel, jp_request *request);
/* Gives an input_reply to whoever asked for it, else drops it; request is consumed. */
void jp_subshells_answer(struct jp_kernel *kernel, jp_request *request);
/* A question that reached nobody: whoever asked is told. */
void jp_subshells_unreached(struct jp_kernel *kernel, const jp_packet *question);
/* Serves one of the three requests; false: it is none of them. */
bool jp_subshells_control(struct jp_kernel *kernel, const jp_request *request);
/* Interrupts what runs: in one subshell, or, "", everywhere. */
void jp_subshells_interrupt(struct jp_kernel *kernel, const char *id);
/* Text that waited long enough leaves (output.h), and those that have ended are let go. Returns as jp_output_tick. */
double jp_subshells_tick(struct jp_kernel *kernel, double now);
/* All executors are told to end. */
void jp_subshells_stop(struct jp_kernel *kernel);
bool jp_subshells_done(struct jp_kernel *kernel); /* all have */
/* Lets go of all that have ended; the others keep what they use. */
void jp_subshells_release(struct jp_kernel *kernel);

#endif
