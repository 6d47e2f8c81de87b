/* fit.h - training, evaluating and predicting over data of any size.
 *
 *     nn_fit_options o = nn_fit_defaults();
 *     o.net = net, o.weights = start, o.train = source, o.validation = &other, o.epochs = 20, o.pool = pool;
 *     nn_run run = {0};
 *     lg_status st = nn_fit(&o, &run, err);
 *     // st LG_OK, LG_E_INTERRUPTED or LG_E_NUMERIC: run is valid either way when run.weights is set
 *     nn_run_release(&run);
 *
 * Weights go in untouched and new weights come out. What is guaranteed:
 *  - same options, same seed, same data: the same run, bit for bit, with any number of threads;
 *  - accuracy and loss of training are running means over the batches of the epoch, as Keras reports them;
 *  - on interrupt the unfinished batch is discarded; weights are the best so far, or, before the first epoch ended,
 *    those of the last whole batch; the history is kept; status LG_E_INTERRUPTED;
 *  - when the loss is no longer a number, training stops (LL401); weights are those of the best epoch, or, before the
 *    first epoch ended, those it started from; status LG_E_NUMERIC;
 *  - best: highest validation accuracy, among equals the lower validation loss; without validation the lowest training
 *    loss. */
#ifndef NN_FIT_H
#define NN_FIT_H

#include "nnlib/model/exec.h"
#include "nnlib/train/schedule.h"
#include "nnlib/train/statistics.h"

/* Images come through this. fill may be called from several threads at once, each for other places of a batch: it
 * converts images[indices[i]], i < n, to floats x (n, input shape) and writes label[i] (label may be NULL). A source
 * whose pictures are other ones in every epoch says `fresh`: for training, index i in epoch e (from 1, counting on
 * after `continue`) is then i + (e - 1) * count. */
typedef struct nn_source {
    int64_t count;
    bool fresh;
    void *ctx;
    lg_status (*fill)(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *err);
} nn_source;

typedef struct nn_epoch {
    int epoch; /* from 1; goes on counting after `continue` */
    double loss, accuracy;         /* training, running mean */
    double val_loss, val_accuracy; /* NAN without validation */
    double seconds;                /* training and validation */
    double images_per_second;      /* training alone */
    double lr;                     /* of its last step */
    bool best;                     /* the best so far when it ended */
    double *recall;                /* (classes) on validation, else on training; NAN where a class has no images.
                                      In nn_run.recall */
    int64_t *confusion;            /* (classes, classes), of validation, else of training as seen while it went on.
                                      Kept for the best epoch and the last one, NULL for all others */
    nn_calibration calibration;    /* of the same images as confusion, for every epoch */
} nn_epoch;

/* What a run leaves. Zero-initialise; release when done. */
typedef struct nn_run {
    nn_weights *weights; /* to use: a reference to one of the two below, as asked */
    nn_weights *last;    /* after the last whole batch: to continue from */
    nn_weights *top;     /* of the best epoch; meaningless while best is -1. NULL in a run to resume: `weights` is */
    float *slots;        /* the optimiser's numbers belonging to `last`; may be NULL */
    size_t nslots;
    int64_t steps;       /* updates made since the optimiser began */
    nn_epoch *epoch;     /* history, from the first run on when it was continued */
    double *recall;      /* (epochs, classes) */
    int epochs, classes;
    int best;            /* index in epoch of `top`, -1 before an epoch has ended */
    int before;          /* number of the last epoch before this run: 0, or what a continued run had reached */
    bool interrupted, diverged, patience; /* why it ended early */
    double seconds;
    double waited;       /* of these seconds: those in which no network worked, because its pictures were being made
                            (decoded, varied, turned into numbers). Negative: not known */
    const char *optimizer; /* name in nn_optims */
} nn_run;

typedef struct nn_progress {
    int epoch, epochs;       /* this one (from 1) and the last one */
    int batch, batches;      /* finished in this epoch */
    int64_t images;          /* finished in this epoch */
    double loss, accuracy;   /* running means */
    double seconds;          /* since the epoch began */
} nn_progress;

typedef struct nn_fit_options {
    const nn_net *net;
    const nn_weights *weights; /* to start from: of net, of the same with other layers frozen, or of the whole that
                                  net is a part of */
    const nn_run *resume;      /* go on after this run: history, best so far, optimiser's numbers. Usually with
                                  weights = resume->last. The optimiser begins anew where other layers learn now, and
                                  the best epoch is sought anew where frozen ones have other numbers. It may be a run
                                  of the whole that net is the tail of. NULL: a fresh run */
    bool within;               /* `resume` is a checkpoint of this very run (same options otherwise): `epochs` counts
                                  from where that run began, and schedule and patience go on where they stood. `time`
                                  counts anew */
    nn_source train;
    const nn_source *validation; /* or NULL */
    int epochs, batch;
    double lr, momentum, decay;  /* momentum < 0: the optimiser's own */
    bool nesterov;
    const char *optimizer;       /* name in nn_optims */
    const char *schedule;        /* name in nn_schedule_names; over the steps of this run alone, what it continues
                                    left out */
    const char *loss;            /* name in nn_losses, or "auto" (crossentropy) */
    const float *class_weight;   /* (classes) or NULL */
    uint64_t seed;               /* order of the images and dropout */
    bool no_shuffle;
    bool keep_last;              /* else the best */
    int patience;                /* stop after so many epochs without a better one; 0: off */
    double time;                 /* stop at the end of a batch after so many seconds (what was seen of that epoch counts
                                    as an epoch); 0: no limit */
    lg_pool *pool;
    lg_cancel *cancel;
    int64_t limit;               /* memory; 0: NN_MEMORY_LIMIT */
    /* Called on the thread of nn_fit; all may be NULL. */
    void *ctx;
    void (*on_batch)(void *ctx, const nn_progress *progress);
    void (*on_epoch)(void *ctx, const nn_epoch *epoch); /* borrowed, valid during the call */
    /* Called after each epoch, behind on_epoch, with the run as it stands: last, top, slots, steps, history, best,
     * before. Whoever keeps these can go on bit for bit with resume and within: shuffling depends on seed and number of
     * the epoch, dropout on seed and steps, so there is no other state. Borrowed, valid during the call. */
    void *checkpoint_ctx;
    void (*on_checkpoint)(void *ctx, const nn_run *run);
} nn_fit_options;

/* epochs 10, batch 32, lr 0.01, sgd, schedule constant, loss auto, seed 1, momentum -1 */
nn_fit_options nn_fit_defaults(void);
lg_status nn_fit(const nn_fit_options *options, nn_run *run, lg_err *err) LG_MUST_CHECK;
void nn_run_release(nn_run *run);

/* ---- using it ---- */
/* Images at a time for the features of a large network, one to transfer from: enough that the weights, which every
 * piece of a batch reads anew, are read seldom; few enough that activations of 224x224 stay near the processor. */
enum { NN_FEATURE_BATCH = 16 };
typedef struct nn_predict_options {
    const nn_weights *weights;
    nn_source source;
    int batch;      /* 0: 64 */
    lg_pool *pool;
    lg_cancel *cancel;
    int64_t limit;
    void *ctx;
    void (*on_batch)(void *ctx, int64_t done); /* images done; may be NULL */
} nn_predict_options;
/* probabilities (source.count, outputs) and labels (source.count, may be NULL) are the caller's. Interrupted:
 * LG_E_INTERRUPTED. */
lg_status nn_predict(const nn_predict_options *options, float *probabilities, int32_t *labels,
                     lg_err *err) LG_MUST_CHECK;
/* Mean loss of probabilities, as shown for validation (a probability of 0 counts as the smallest float), and the
 * cross-entropy of them. */
double nn_mean_loss(const nn_loss_type *loss, const float *probabilities, const int32_t *labels, int64_t n,
                    int classes);
double nn_cross_entropy(const float *probabilities, const int32_t *labels, int64_t n, int classes);

#endif
