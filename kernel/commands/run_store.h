/* run_store.h - runs that outlive their session: what was trained once is not trained again, and what was cut off goes
 * on. Used by kernel/commands/train_job.c alone.
 *
 *     cmd_run_store store;
 *     cmd_run_store_open(call, &job, &store);          // looks for the run of this job; never fails
 *     if (cmd_run_store_take(&store, &job)) return LG_OK;   // found whole: job.run is that run
 *     cmd_run_store_begin(&store, &job);               // goes on from a checkpoint, where there is one
 *     st = nn_fit(&job.options, &job.run->run, err);   // on_checkpoint: cmd_run_store_checkpoint, which makes more
 *     cmd_run_store_trained(&store, &job);             // and, once it is measured:
 *     cmd_run_store_keep(&store, &job);
 *     cmd_run_store_close(&store);
 *
 * A run is one file, data/runs/KEY.lrun, a checkpoint while it trains and the finished run afterwards. KEY is the
 * SHA-256 of everything that decides the result: layers, first weights, the dataset's fingerprint, all settings,
 * the arithmetic that serves on this machine, and
 * for `continue` the run it goes on from; so equal keys are equal runs, whatever they are called. Files are written
 * whole or not at all; several kernels may train the same at once. At most 200 runs and 2 GB are kept, what was used
 * longest ago goes. A file that is damaged or not what its key says is ignored with a line in the log.
 *
 * A checkpoint is written after an epoch whenever the time for it stays below a twentieth of the training: after every
 * epoch, unless epochs are shorter than some hundred milliseconds. It is not forced to the disk (the end of a program,
 * kill -9 included, does not lose it; a power cut may, which its checksums tell); the finished run is. A run that goes
 * on from a checkpoint ends bit for bit as if it had not been cut off.
 *
 * The store is off in workbenches that nobody switched it on for (cmd_workbench_keep_runs), and for runs with a limit
 * of time, which are never the same twice. Trouble with it is logged and never an error: training does without. */
#ifndef CMD_RUN_STORE_H
#define CMD_RUN_STORE_H

#include "kernel/commands/train_job.h"
#include "lib/store/shelf.h"

typedef struct cmd_run_store {
    bool on;
    char *folder; /* owned */
    char key[65];
    store_shelf shelf;
    const dsl_call *call;
    const cmd_train *job;
    cmd_run *found;             /* owned; NULL: there is none */
    bool whole;                 /* found is finished */
    char made[32];              /* when found was written */
    const nn_run *asked_resume; /* what the options said before begin */
    const nn_weights *asked_weights;
    bool asked_within;
    double before;             /* seconds of training that lie before this one */
    double began, ended, cost; /* clock at the beginning and after the last checkpoint; seconds it took */
} cmd_run_store;

void cmd_run_store_open(const dsl_call *call, const cmd_train *job, cmd_run_store *store);
bool cmd_run_store_take(cmd_run_store *store, cmd_train *job);
void cmd_run_store_begin(cmd_run_store *store, cmd_train *job);
/* After each epoch, with what nn_fit has. */
void cmd_run_store_checkpoint(cmd_run_store *store, const nn_run *run);
/* Right behind nn_fit: the options are as prepared again, seconds are those of the whole run. */
void cmd_run_store_trained(cmd_run_store *store, cmd_train *job);
/* The run has been measured: it is kept. */
void cmd_run_store_keep(cmd_run_store *store, cmd_train *job);
void cmd_run_store_close(cmd_run_store *store);

#endif
