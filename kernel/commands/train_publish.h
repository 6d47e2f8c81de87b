/* train_publish.h - a training that goes on, as subshells see it: after each epoch the model with that epoch's weights,
 * and the run so far, as finished versions of their own. Used by kernel/commands/train_job.c alone.
 *
 *     cmd_train_publisher p;
 *     cmd_train_publish_begin(call, &job, &p);
 *     ... cmd_train_publish(&p, run);                  // on_checkpoint: after each epoch
 *     cmd_train_publish_end(&p);
 *
 * What is published is taken back by who binds the result (dsl_session_unpublish). With somebody who follows the
 * session every epoch is published; without, only as long as that takes less than a two-hundredth of the time, so
 * that a subshell which is opened in the middle finds something. Trouble is logged and never an error: the training
 * goes on. */
#ifndef CMD_TRAIN_PUBLISH_H
#define CMD_TRAIN_PUBLISH_H

#include "kernel/commands/train_job.h"

typedef struct cmd_train_publisher {
    const dsl_call *call;
    const cmd_train *job;
    nn_weights *top; /* copy of the best epoch's weights; a reference, or NULL */
    int best;        /* the epoch they are of */
    double ended, cost; /* clock after the last one; seconds it took */
} cmd_train_publisher;

void cmd_train_publish_begin(const dsl_call *call, const cmd_train *job, cmd_train_publisher *p);
/* run: as nn_fit has it after an epoch; borrowed. */
void cmd_train_publish(cmd_train_publisher *p, const nn_run *run);
void cmd_train_publish_end(cmd_train_publisher *p);

#endif
