/* overfit.h - what `overfit` finds out, and its documents: one network trained on a few images, without a cure and with
 * each, judged on the same validation images.
 *
 * Train accuracy is measured after training, on the few images as they are and with dropout off; the lines of the
 * picture are those seen while training. The gap is train accuracy less validation accuracy. */
#ifndef CMD_OVERFIT_H
#define CMD_OVERFIT_H

#include "kernel/commands/box_model.h"

typedef enum cmd_cure { CURE_NONE, CURE_DROPOUT, CURE_AUGMENT, CURE_DECAY, CURE_PATIENCE, CURES } cmd_cure;
extern const char *const cmd_cure_names[CURES]; /* "no cure", "dropout", … */

typedef struct cmd_overfit_run {
    cmd_cure cure;
    int epochs; /* trained; 0: not begun */
    bool done, diverged;
    double *train, *val; /* (planned) accuracies while training, owned */
    int64_t train_right, val_right;
    uint8_t *right; /* (judges): 1 where this validation image is called right; owned */
    char did[160];  /* what the cure is, exactly: "dropout1 drops 50% while training" */
} cmd_overfit_run;

typedef struct cmd_overfit {
    const char *model, *data;  /* borrowed from the call */
    const char *settings;      /* "batch 8, adam, lr 0.001, seed 1" */
    const char *off;           /* what of the network's own is off without a cure, or "" */
    int images, planned;       /* training images; epochs */
    size_t all_images;         /* there were to draw from */
    size_t judges, all_judges; /* validation images that judge, and all there are */
    size_t watched;            /* of the judges: those asked after every epoch, for the lines */
    double baseline;           /* share of the largest class among them */
    int runs;
    cmd_overfit_run run[CURES]; /* the one without a cure first */
} cmd_overfit;

void cmd_overfit_release(cmd_overfit *lab);
int cmd_overfit_finished(const cmd_overfit *lab);
double cmd_overfit_gap(const cmd_overfit *lab, const cmd_overfit_run *run); /* share */
/* Small multiples of the runs that have begun. */
void cmd_doc_overfit_picture(plt_doc *doc, const cmd_overfit *lab, const char *sentence);
/* Picture, table, verdicts, and what was done. */
void cmd_doc_overfit(plt_doc *doc, const cmd_overfit *lab);

#endif
