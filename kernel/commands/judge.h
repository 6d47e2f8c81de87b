/* judge.h - one set of predictions behind every figure of evaluate, report, mistakes, confusion and compare, so that
 * figures cannot disagree.
 *
 *     cmd_judged j;
 *     LG_TRY(cmd_judge(call, MODEL, 0, ON, &j, err));     // predicts, filters by `where`, counts
 *     cmd_doc_judged(&doc, call, "report", &j);           // title, notes, TRAINING IMAGES
 *     ... j.score, cmd_judged_probability(&j, row)
 *     cmd_judged_release(&j);
 *
 * Every image keeps its prediction by number; the order of the images can never matter. */
#ifndef CMD_JUDGE_H
#define CMD_JUDGE_H

#include "kernel/commands/box_table.h"
#include "kernel/commands/opinion.h"

typedef struct cmd_judged {
    const cmd_model *model;
    const char *model_name, *data_name; /* "scratch", "logos.val": of the call's arena */
    data_set *set;                      /* the images judged on, a reference */
    cmd_opinion opinion;                /* over all of the part; rows are found by number */
    int32_t *said;                      /* (rows of set): the class each image was called, owned */
    cmd_labels labels;
    cmd_score score;
    bool training; /* these are training images */
} cmd_judged;

/* `model` and `on` are parameters of the call, `at` which of the model's values. `where` may name the model's opinion.
 * Places its errors. */
lg_status cmd_judge(const dsl_call *call, int model, int at, int on, cmd_judged *out, lg_err *err) LG_MUST_CHECK;
/* Another model on the images of `first`, its `where` included. */
lg_status cmd_judge_same(const dsl_call *call, const dsl_value *model, const cmd_judged *first, cmd_judged *out,
                         lg_err *err) LG_MUST_CHECK;
void cmd_judged_release(cmd_judged *judged); /* {0} is fine */

static inline const float *cmd_judged_probability(const cmd_judged *j, size_t row)
{
    return cmd_opinion_of(&j->opinion, j->set, row);
}
int64_t cmd_score_right(const cmd_score *score);
/* Name of the class that has the most images. */
const char *cmd_score_largest(const cmd_score *score, char *const *label);

/* "scratch on logos.val where label = nike, 601 images": for titles; owned (lg_free). */
char *cmd_judged_words(const dsl_call *call, const cmd_judged *j, lg_err *err) LG_MUST_CHECK;
/* Begins a document: its title with the verb in front, what is stale, and TRAINING IMAGES where that is so. */
void cmd_doc_judged(plt_doc *doc, const dsl_call *call, const cmd_judged *j, lg_err *err);
/* "TRAINING IMAGES: …" as a heading. */
void cmd_doc_training(plt_doc *doc);
/* Warning LL410: classes that have images and are never predicted. */
void cmd_doc_never(plt_doc *doc, const cmd_score *score, char *const *label, const char *model);

/* Warning LL420: images of the set that are, byte for byte, in the training part of what the model was trained on. */
void cmd_warn_seen(plt_doc *doc, const dsl_call *call, const cmd_model *model, const char *name, const data_set *set);
/* "overconfident by 12 points"; this thread's, until the next call. */
const char *cmd_calibration_text(const nn_calibration *calibration);

/* ---- the command as a whole: evaluate, report, mistakes ---- */
typedef struct cmd_judging {
    int model, on, as; /* parameters */
    bool png;          /* it has charts or pictures */
    lg_status (*fill)(plt_doc *doc, const dsl_call *call, const cmd_judged *j, lg_err *err);
    /* What `as NAME` keeps, as "report of scratch on logos.val, 601 images". */
    void (*rows)(rep_table *table, const dsl_call *call, const cmd_judged *j);
} cmd_judging;
lg_status cmd_judging_run(const dsl_call *call, const cmd_judging *judging, lg_err *err) LG_MUST_CHECK;

/* Rows of params they share. */
#define CMD_JUDGED_MODEL                                                                                               \
    {                                                                                                                  \
        .name = "model", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_MODELS, .required = true,          \
        .implicit = true, .help = "a trained model"                                                                    \
    }
#define CMD_JUDGED_ON                                                                                                  \
    {                                                                                                                  \
        .name = "on", .role = DSL_PREPOSITION, .type = DSL_T_OBJECT, .kinds = DSL_DATASETS,                            \
        .dflt_help = "the validation part of its own dataset", .help = "the images to judge it on"                     \
    }
/* The `ci` option, 95% or 95 or 0.95; its level, 0.5..0.999; and the `check` of a command that has it. */
#define CMD_CI_PARAM                                                                                                   \
    {                                                                                                                  \
        .name = "ci", .role = DSL_OPTION, .type = DSL_T_NUMBER, .dflt = "95%",                                         \
        .help = "how sure the intervals are to hold the true rate, 50% to 99.9%"                                       \
    }
double cmd_ci_level(const dsl_call *call);
lg_status cmd_ci_check(const dsl_call *call, lg_err *err) LG_MUST_CHECK;
/* "60.1 to 67.8%" in one of a few rotating buffers; "–" without images. */
const char *cmd_interval_text(int64_t right, int64_t total, double level);

#endif
