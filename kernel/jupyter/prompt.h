/* prompt.h - asking whoever runs a cell: input_request and input_reply.
 *
 * The executor asks and waits; the I/O thread hands it answers through kernel->answers as long as kernel->asking is
 * set, and drops the rest. An answer counts if it comes from the front end that sent the cell, is an input_reply and,
 * where it says what it answers, answers this question: one to an earlier question that was interrupted does not. What
 * was typed is wiped from every buffer of ours. */
#ifndef JP_PROMPT_H
#define JP_PROMPT_H

#include "kernel/dsl/out.h"
#include "kernel/jupyter/wire.h"

struct jp_kernel;
/* dsl_out.ask of a cell. Executor only. */
lg_status jp_prompt_ask(dsl_out *out, const char *prompt, bool secret, lg_cancel *cancel, lg_buf *answer, lg_err *err);
/* Frees a message that may hold what was typed. */
void jp_prompt_wipe(jp_request *request);
/* Answers that nobody took. */
void jp_prompt_forget(struct jp_kernel *kernel);

#endif
