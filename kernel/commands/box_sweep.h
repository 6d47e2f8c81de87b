/* box_sweep.h - a sweep as an object of the language: the settings it tried, every finished run, and what they say.
 *
 *     cmd_sweep_axis axis[SWEEP_AXES] = {...};              // the values listed for each setting
 *     LG_TRY(cmd_sweep_plan(axis, 0, 1, &arena, &setting, &n, err));
 *     ...                                                   // one cmd_trial for each setting and seed
 *     cmd_sweep_judge(sweep, standing, err);                // best first, and who is distinguishable from the best
 *     cmd_doc_sweep(&doc, sweep, err);
 *
 * Invariants
 *  - A sweep has settings x repeat places; trial[setting * repeat + round] is NULL where a run was not finished.
 *  - A trial is immutable and shared: a later sweep that asks for the same run takes it instead of training again.
 *  - Everything shown is derived from the trials, so figures cannot disagree. */
#ifndef CMD_BOX_SWEEP_H
#define CMD_BOX_SWEEP_H

#include "kernel/commands/box_table.h"
#include "kernel/commands/box_model.h"

enum cmd_sweep_axes {
    SWEEP_LR,
    SWEEP_BATCH,
    SWEEP_EPOCHS,
    SWEEP_OPTIMIZER,
    SWEEP_MOMENTUM,
    SWEEP_DROPOUT,
    SWEEP_SCHEDULE,
    SWEEP_AXES
};
extern const char *const cmd_sweep_axis_names[SWEEP_AXES]; /* "lr", "batch", … */

enum { SWEEP_RUNS = 200, SWEEP_REPEAT = 20 }; /* most runs at once (LL440), most seeds a setting */

/* ---- what to try ---- */
typedef struct cmd_sweep_value {
    double number;
    char text[40]; /* as it is shown and typed: "0.01", "adam"; "" for: left as it is */
} cmd_sweep_value;

/* Values of one setting. count 0: the setting is left as it is. A range is for drawing. */
typedef struct cmd_sweep_axis {
    const cmd_sweep_value *value; /* count */
    int count;
    bool range, whole; /* low..high; whole numbers only */
    double low, high;
} cmd_sweep_axis;

typedef struct cmd_sweep_setting {
    cmd_sweep_value value[SWEEP_AXES];
} cmd_sweep_setting;

/* All combinations of the listed values, the last axis changing fastest; or, unless 0, `some` different ones drawn with
 * the seed (all of them where there are no more). Ranges: a range of whole numbers is a list when nothing is drawn;
 * else lr is drawn evenly over its powers of ten and the others evenly, two digits kept. *out from the arena. LL440
 * more than SWEEP_RUNS settings; *count then says how many there would be (INT_MAX: more than can be counted). */
lg_status cmd_sweep_plan(const cmd_sweep_axis axis[SWEEP_AXES], int some, uint64_t seed, lg_arena *arena,
                         cmd_sweep_setting **out, int *count, lg_err *err) LG_MUST_CHECK;

/* ---- what came out ---- */
typedef struct cmd_trial {
    atomic_int refs;
    char *key;         /* everything that decides the run, owned */
    const nn_net *net; /* reference */
    cmd_score score;   /* of the kept weights on the validation images; owned */
    uint8_t *right;    /* (images): was this validation image right? owned */
    size_t images;
    double *val_accuracy; /* (epochs), owned */
    int epochs, kept;     /* kept: number of the epoch whose weights were measured, 0 before the first ended */
    double seconds;
    bool diverged;
} cmd_trial;
cmd_trial *cmd_trial_ref(cmd_trial *trial);
void cmd_trial_unref(cmd_trial *trial); /* NULL is fine */

typedef struct cmd_sweep {
    char *model, *data; /* names, owned */
    char *metric;       /* "accuracy", "nike.recall": on the validation images; owned */
    char *rest;         /* " balance seed 3": what else belongs to the line of the winner; owned */
    cmd_labels labels;
    cmd_sweep_setting *setting; /* settings, owned */
    int settings, repeat;
    bool varies[SWEEP_AXES]; /* has more than one value */
    cmd_trial **trial;       /* (settings, repeat), each a reference or NULL; owned */
    uint64_t seed;           /* of the first round */
    int64_t train_count;
    bool lower;   /* the metric is a loss */
    bool fresh;   /* each round began with first weights of its own */
    bool tested;  /* the dataset has test images */
    bool late;    /* the time was up */
    bool stopped; /* interrupted */
} cmd_sweep;
extern const dsl_class cmd_sweep_class; /* kind table; fields best.lr … best.mean, settings, runs, ties */
void cmd_sweep_free(cmd_sweep *sweep);

/* The metric of one trial; NAN where it has none. */
double cmd_sweep_value_of(const cmd_sweep *sweep, const cmd_trial *trial);
int cmd_sweep_finished(const cmd_sweep *sweep); /* trials there are */
/* "lr 0.01 batch 16": the settings that vary, or all that were given where none does. */
void cmd_sweep_setting_text(const cmd_sweep *sweep, int setting, lg_buf *out);

/* ---- what it means ---- */
typedef struct cmd_standing {
    int setting, runs;
    double mean, low, high; /* of its runs */
    double behind;          /* how much worse its mean is than the best one's; 0 for the best */
    double needed;          /* a difference up to this may be chance (95%); NAN where that cannot be told */
    double images, seeds;   /* variance of `behind` from either source of chance */
    bool judged, apart;     /* apart: behind the best by more than chance explains */
} cmd_standing;
/* Settings with at least one run, best first; returns how many. standing has room for sweep->settings.
 *
 * Two sources of chance count. The images: for accuracy each image's share of right answers is compared pair by pair
 * (a mean of differences over the same images). The seeds: the spread of runs around the means of their settings,
 * pooled over all settings. needed = sqrt((z se_images)^2 + (t se_seeds)^2) at the level that Holm's rule (1979) leaves
 * to this comparison among all pairs, so that all verdicts together err in at most 5% of sweeps though the best was
 * picked by the same numbers; without repeats the seeds' part is missing, for metrics other than accuracy that of the
 * images. */
int cmd_sweep_judge(const cmd_sweep *sweep, cmd_standing *standing);

/* V18: sentence of the best, table, dots and ranges, verdict, line of the winner, curves. */
void cmd_doc_sweep(plt_doc *doc, const cmd_sweep *sweep, lg_err *err);
/* One row a run: its settings, seed, metric, accuracy, epoch kept, seconds. table is empty before. */
lg_status cmd_sweep_table(const void *payload, rep_table *table, lg_err *err) LG_MUST_CHECK;
/* The first rows alone, for the live display. */
void cmd_doc_sweep_so_far(plt_doc *doc, const cmd_sweep *sweep, lg_err *err);

#endif
