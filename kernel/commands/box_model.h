/* box_model.h - networks and runs as objects of the language.
 *
 * A model object is a net with its first and its present weights; `fit` makes a new version with new weights and the
 * run that made them. A run object holds the history and everything that was measured when it ended: one set of
 * predictions per part, from which every figure is derived, so figures cannot disagree. */
#ifndef CMD_BOX_MODEL_H
#define CMD_BOX_MODEL_H

#include "kernel/commands/box_dataset.h"
#include "nnlib/nnlib.h"

/* What a model got right on one part of a dataset. count is (classes, classes), [true * classes + predicted]. */
typedef struct cmd_score {
    int64_t *count; /* owned; NULL: not measured */
    int classes;
    double loss;
    nn_calibration calibration; /* how sure the model was; empty where only counts are known */
} cmd_score;
int64_t cmd_score_total(const cmd_score *score);
void cmd_score_release(cmd_score *score);
lg_status cmd_score_copy(const cmd_score *from, cmd_score *to, lg_err *err) LG_MUST_CHECK;
/* accuracy, baseline, count, balanced_accuracy, macro_f1, LABEL.recall, LABEL.precision, LABEL.f1, LABEL.count; and
 * where the calibration is known: loss, calibration (expected error), overconfidence (mean confidence - accuracy). */
lg_status cmd_score_field(const cmd_score *score, char *const *label, const char *path, double *out);
void cmd_score_fields(const cmd_score *score, char *const *label, const char *prefix, lg_buf *out);
/* Share of the largest class: what always answering with it would give. */
double cmd_score_baseline(const cmd_score *score);

/* Class names of a model or a run. */
typedef struct cmd_labels {
    char **name; /* count, owned */
    int count;
} cmd_labels;
lg_status cmd_labels_of(const data_set *set, cmd_labels *out, lg_err *err) LG_MUST_CHECK;
lg_status cmd_labels_copy(const cmd_labels *from, cmd_labels *to, lg_err *err) LG_MUST_CHECK;
void cmd_labels_release(cmd_labels *labels);

typedef struct cmd_run {
    nn_run run;             /* its weights are those of what was trained: the network, or its tail (model_cut.h) */
    char *model, *data;     /* names, owned */
    char *name;             /* `as` name, or "run 3"; owned */
    char *settings;         /* "epochs 20 batch 32 lr 0.01 …", owned */
    char fingerprint[65];   /* of the dataset it was trained on */
    cmd_labels labels;
    cmd_score score[DATA_SPLITS]; /* by data_split_kind, VAL and TEST measured where they exist */
    int64_t train_count;
    int number;             /* 1 for the first run of its model */
    int planned;            /* last epoch that was asked for */
    int threads;
    bool keep_last;         /* its weights are the last epoch's, not the best one's */
    bool going_on;          /* epochs are still to come: this is what a subshell sees of it (train_publish.h) */
    double seconds;
} cmd_run;
/* " where label = nike" of a run that learnt from some images of its dataset, else NULL; borrowed. */
const char *cmd_run_where(const cmd_run *run);
/* The epoch whose weights are kept; NULL before one has ended. */
const nn_epoch *cmd_run_kept(const cmd_run *run);
extern const dsl_class cmd_run_class;
void cmd_run_free(cmd_run *run);

/* The pretrained part of a model: `base`. Zero-initialise. */
typedef struct cmd_pretrained {
    int layers;        /* nodes 1 … layers are its, preprocessing included; 0: there is none */
    char *name;        /* "mobilenet", owned */
    char *file;        /* its weights came from, without folders, owned; NULL: they began as random numbers */
    uint64_t bytes;    /* of that file */
    char sha256[65];
} cmd_pretrained;
void cmd_pretrained_release(cmd_pretrained *base);
lg_status cmd_pretrained_copy(const cmd_pretrained *from, cmd_pretrained *to, lg_err *err) LG_MUST_CHECK;

enum { CMD_RUNS = 12 }; /* runs a model remembers for `curves MODEL`, fewer of large networks */
typedef struct cmd_model {
    nn_net *net;            /* reference */
    nn_weights *first;      /* initial weights for its seed; reference */
    nn_weights *weights;    /* present weights; reference */
    char *on;               /* name of its dataset, or NULL; owned */
    cmd_labels labels;      /* of that dataset; count 0 without */
    bool by_class;          /* the last dense was written `classes` */
    cmd_pretrained base;
    uint64_t seed;
    bool ruled;             /* it was fitted, and these are the rules of those images: later ones get the same */
    data_rules rules;
    dsl_object *run[CMD_RUNS]; /* its latest runs, the one that made `weights` last; references */
    int runs;
} cmd_model;
extern const dsl_class cmd_model_class;
void cmd_model_free(cmd_model *model);
/* The same model, runs and all, with no network and no weights yet: for a version that differs in these. Owned. */
lg_status cmd_model_again(const cmd_model *old, cmd_model **out, lg_err *err) LG_MUST_CHECK;
/* Forgets the oldest runs until those before the last one hold at most so many bytes: runs of large networks weigh
 * hundreds of megabytes, and only the last one is ever gone on from. */
void cmd_model_forget_runs(cmd_model *model, size_t most);
/* Parameters of frozen layers, averages of batchnorm included. */
size_t cmd_frozen_params(const nn_net *net);
/* Weights of a network like the model's (another dropout, say), drawn from a seed, those of a base taken over. Owned.
 * LL408 where the images are of another size and those do not fit it. */
lg_status cmd_first_weights(const cmd_model *model, const nn_net *net, uint64_t seed, nn_weights **out,
                            lg_err *err) LG_MUST_CHECK;
/* The present numbers of the model's frozen layers into weights of a network like its own: wherever the others begin,
 * these are what they begin with. */
void cmd_keep_frozen(const cmd_model *model, nn_weights *weights);
/* Does its network prepare pixels itself, at a size of its own? Then images are fitted to it: of their rules all
 * but size and scale stay. */
bool cmd_model_prepares(const cmd_model *model);
/* The file that all of its weights came from, so that it answers without having learnt here; NULL: there is none. */
const char *cmd_model_came_from(const cmd_model *model);
/* The images as its network wants them: the set itself, or the same at the network's size. Owned. */
lg_status cmd_model_view(const cmd_model *model, const data_set *set, data_set **out, lg_err *err) LG_MUST_CHECK;
const cmd_model *cmd_model_of(const dsl_value *value);
const cmd_run *cmd_model_run(const cmd_model *model); /* NULL: not trained */

/* Binds a new version; model (or run) is consumed. */
lg_status cmd_model_bind(const dsl_call *call, const char *name, cmd_model *model, lg_err *err) LG_MUST_CHECK;

/* A reader of batches over the rows of a set (all its rows). ctx and set are borrowed by the source. */
nn_source cmd_source(const data_set *set);
/* The same for training: every variant of every row where `augment` asked for them and all rows are training images. */
nn_source cmd_training_source(const data_set *set);

/* Are the images of the size the network wants? LL408. */
lg_status cmd_model_sees(const cmd_model *model, const char *model_name, const data_set *set, const char *data_name,
                         lg_err *err) LG_MUST_CHECK;
/* That, and are its outputs the dataset's labels? LL408, LL409. */
lg_status cmd_model_fits(const cmd_model *model, const char *model_name, const data_set *set, const char *data_name,
                         lg_err *err) LG_MUST_CHECK;
/* Predictions for every row of a set: probabilities (rows, outputs), owned (lg_free). With progress over a second. */
lg_status cmd_predict(const dsl_call *call, const cmd_model *model, const data_set *set, float **probability,
                      lg_err *err) LG_MUST_CHECK;
/* Scores the usable rows of a set. */
lg_status cmd_score_of(const dsl_call *call, const cmd_model *model, const data_set *set, cmd_score *out, lg_err *err)
    LG_MUST_CHECK;

/* The images a command that judges works on: `on logos.val` as written, `on logos` its validation part, nothing: the
 * part of the model's own dataset. *name ("logos.val") from the cell's arena; *set owned; *training tells that these
 * are training images. LL403 no validation part, LL404 no dataset. */
lg_status cmd_judged_on(const dsl_call *call, const cmd_model *model, const char *model_name, const dsl_value *on,
                        data_set **set, const char **name, bool *training, lg_err *err) LG_MUST_CHECK;
/* The same without the call's `where`. */
lg_status cmd_judged_part(const dsl_call *call, const cmd_model *model, const char *model_name, const dsl_value *on,
                          data_set **set, const char **name, bool *training, lg_err *err) LG_MUST_CHECK;
/* "trained before the last change to logos", where that is so: a note in the document. */
void cmd_note_stale(plt_doc *doc, const dsl_call *call, const cmd_model *model);
/* Warning LL343: the images were fitted, cleaned or scaled in another way than those the model learnt from. */
void cmd_warn_cleaned(plt_doc *doc, const cmd_model *model, const char *model_name, const data_set *set,
                      const char *data_name);

/* ---- alarms: what a training is warned of ---- */
/* The epoch since which it learns by heart: validation loss was lowest there, has risen by more than 5 % since, while
 * training loss went on falling and training is ahead by more than 5 points. 0: it does not. */
int cmd_overfits_since(const nn_run *run);
/* After three epochs or more the loss is less than 2 % below that of the first one. */
bool cmd_hardly_learns(const nn_run *run);
enum { CMD_SILENT = 64 }; /* classes watched */
typedef struct cmd_silent { /* zero-initialise */
    int since[CMD_SILENT]; /* epoch since which a class that is there is never predicted; 0: it is */
} cmd_silent;
void cmd_silent_note(cmd_silent *silent, const nn_epoch *epoch, int classes);
/* A note for each that holds now. so_far: the history up to now (run->run is empty while it goes on). With silent also
 * what the result says by itself (classes, overfitting): for the live display; NULL: for the result. */
void cmd_doc_alarms(plt_doc *doc, const cmd_run *run, const nn_run *so_far, const cmd_silent *silent);

/* Parts of documents. */
/* The layer table, and drawings where the detail word (shapes params receptive memory all; folded: a pretrained base in
 * one line) has them; err->status tells what failed. */
void cmd_doc_summary(plt_doc *doc, const cmd_model *model, const char *name, const char *detail, lg_err *err);
void cmd_doc_stopped(plt_doc *doc, const cmd_run *run); /* why it ended early, where it did */
void cmd_doc_run(plt_doc *doc, const cmd_run *run); /* curves, recall, gap, warnings, run card */

#endif
