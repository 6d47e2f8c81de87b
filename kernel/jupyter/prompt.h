/* prompt.h - asking whoever runs a cell: input_request and input_reply.
 *
 * Each executor has a prompt: it asks and waits, and the I/O thread offers every input_reply to the executors that ask
 * at that moment. One takes it if it comes from the front end that sent the cell, is an input_reply and, where it says
 * what it answers, answers this question: one to an earlier question that was interrupted does not, nor one to the
 * question of another shell. What nobody takes is dropped. A front end that is not there for questions yet, because its
 * stdin connects later than its shell, is asked again for three seconds; one that never listens is an answer too:
 * LL508. What was typed is wiped from every buffer of ours. */
#ifndef JP_PROMPT_H
#define JP_PROMPT_H

#include "kernel/dsl/out.h"
#include "kernel/jupyter/queue.h"

enum { JP_MSG_ID = 80 };

typedef struct jp_prompt {
    jp_queue answers; /* I/O thread -> executor: jp_request, what was typed */
    pthread_mutex_t lock;
    /* under lock */
    const jp_request *cell; /* whose front end is asked; NULL: nobody is */
    char id[JP_MSG_ID];     /* msg_id of the input_request */
    bool unreached;         /* it reached nobody */
} jp_prompt;

void jp_prompt_init(jp_prompt *prompt);
void jp_prompt_release(jp_prompt *prompt);
/* dsl_out.ask of a cell. Executor only. */
lg_status jp_prompt_ask(dsl_out *out, const char *question, bool secret, lg_cancel *cancel, lg_buf *answer,
                        lg_err *err);
/* Takes the reply if it answers what is asked here; else it stays the caller's. I/O thread only. */
bool jp_prompt_offer(jp_prompt *prompt, jp_request *reply);
/* Notes that a question reached nobody, if it is the one asked here. I/O thread only. */
void jp_prompt_unreached(jp_prompt *prompt, const jp_packet *question);
/* Frees a message that may hold what was typed. */
void jp_prompt_wipe(jp_request *request);

#endif
