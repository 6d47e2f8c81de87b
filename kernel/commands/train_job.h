/* train_job.h - one training run, whoever asks for it: prepared from plain values, run, measured, and kept.
 *
 *     cmd_train_spec spec = cmd_train_defaults();
 *     spec.model = model, spec.model_name = "scratch", spec.epochs = 5, spec.lr = 0.01;
 *     cmd_train job;
 *     lg_status st = cmd_train_prepare(call, &spec, &job, err);     // images found, checked; job.run describes the run
 *     job.options.ctx = view, job.options.on_batch = draw, job.options.on_epoch = note;
 *     if (st == LG_OK) st = cmd_train_run(call, &job, err);         // trains and measures
 *     if (job.whole) … cmd_train_bind(call, &job, NULL, &bind_err)  // even where st is an interrupt
 *     cmd_train_release(&job);                                      // also after a failure of prepare
 *
 * Who trains many times (`sweep`) gives a cmd_model of its own where the network differs (it need not be bound), sets
 * `name`, and takes the run by cmd_train_take instead of binding it: the model in the session stays as it is.
 *
 * cmd_train_run asks the run store (run_store.h) first: a run that was trained once, in whichever session, is there in
 * an instant, one that was cut off goes on after its last whole epoch, and either ends bit for bit as if trained here.
 * options.on_checkpoint is taken: by the store, and by what subshells see of a training that goes on. */
#ifndef CMD_TRAIN_JOB_H
#define CMD_TRAIN_JOB_H

#include "kernel/commands/model_cut.h"

/* Everything that decides a run; what `fit` takes as options. Borrowed until the job is released. */
typedef struct cmd_train_spec {
    const cmd_model *model;
    const char *model_name;
    const dsl_value *on; /* the images, as written behind `on`; NULL: the model's own dataset */
    const char *name;    /* of the run; NULL: "run 3" */
    int epochs, batch;
    double lr, momentum; /* momentum < 0: the optimiser's own */
    const char *optimizer, *schedule, *loss; /* names, as in nn_fit_options */
    double decay;
    int patience; /* 0: off */
    double time;  /* seconds; 0: no limit */
    uint64_t seed;
    bool keep_last, balance, no_shuffle;
    bool resume; /* `continue`: go on after the model's last run, where it has one */
    bool lost;   /* a run whose loss was lost before an epoch had ended is kept as well, with what it began with */
    bool again;  /* train even where the run store has this run, or the beginning of it */
    bool publish; /* the model and the run are bound to their names in the end: subshells see them after each epoch */
} cmd_train_spec;

typedef struct cmd_train {
    cmd_train_spec spec;
    const char *data_name;
    data_set *set; /* the images that pass the call's `where`, all parts of them; owned */
    data_set *view;               /* the same as the model's network wants them; owned */
    data_set *train, *val, *test; /* of these; owned; val and test NULL where there are no images */
    data_split_kind part;         /* the one to learn from */
    int asked_batch;              /* options.batch is at most the number of images */
    cmd_cut cut;                  /* options.net is its tail */
    cmd_feed feed, val_feed;      /* what it works on */
    nn_weights *start;            /* of the whole network, where it begins; owned */
    float *weight;          /* class weights, or NULL; owned */
    cmd_run *run;           /* owned until bound or taken; described by prepare, filled by run */
    bool whole;             /* there is a result to keep: trained (or stopped on the way) and measured */
    bool reused;            /* it came whole from the run store and was not trained again */
    char found_as[64], found_of[32]; /* reused: what it was called then, and when that was (UTC) */
    int taken_up;           /* the epoch after which a run that had been cut off went on; 0: it was not */
    nn_fit_options options; /* the caller adds ctx, on_batch, on_epoch */
} cmd_train;

cmd_train_spec cmd_train_defaults(void); /* those of `fit` */

/* Finds and checks the images (of the dataset, those that pass the call's `where`: it chooses what is learnt from and
 * what judges alike), fills options and the description of the run. LL407 none passes, LL404 no dataset, LL406 nothing
 * to learn from, LL408/LL409 images that do not fit the network. */
lg_status cmd_train_prepare(const dsl_call *call, const cmd_train_spec *spec, cmd_train *job,
                            lg_err *err) LG_MUST_CHECK;
/* Is `run` what this job would give? Same settings, images and count of them, ended by itself. The first weights are
 * the caller's to compare: they belong to the model. A job with `continue` or `time` is never the same. */
bool cmd_train_same(const cmd_train *job, const cmd_run *run);
/* Trains, then measures the kept weights on the validation and test images. The status is that of nn_fit
 * (LG_E_INTERRUPTED in the words of this run); job->whole tells whether a result is
 * there all the same. */
lg_status cmd_train_run(const dsl_call *call, cmd_train *job, lg_err *err) LG_MUST_CHECK;
/* The whole network with what the run has learnt; where it has learnt nothing, as it began. Owned. */
lg_status cmd_train_weights(const cmd_train *job, nn_weights **out, lg_err *err) LG_MUST_CHECK;
/* The model's new version with this run; run_object: one reference, consumed. *out owned. */
lg_status cmd_train_model(const cmd_train *job, dsl_object *run_object, cmd_model **out, lg_err *err) LG_MUST_CHECK;
/* The run as an object, whose payload is the cmd_run; job->run is NULL afterwards. */
lg_status cmd_train_take(const dsl_call *call, cmd_train *job, dsl_object **out, lg_err *err) LG_MUST_CHECK;
/* The model's new version, with the run, is bound to the model's name; the run also to `as` (or NULL), which keeps each
 * round of a loop. */
lg_status cmd_train_bind(const dsl_call *call, cmd_train *job, const char *as, lg_err *err) LG_MUST_CHECK;
void cmd_train_release(cmd_train *job);

#endif
