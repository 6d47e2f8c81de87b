/* lr_race.h - runs that differ in nothing but their learning rate: which one was too large, right, too small.
 *
 *     cmd_race race;
 *     if (cmd_race_of(run, name, n, &race)) cmd_doc_race(&doc, &race);
 *
 * A verdict is about the race, not about the world: `right` is the rate that served best among those tried, in so many
 * epochs. Larger ones are too large where the loss was lost, or stays where guessing by the shares of the classes would
 * have it; smaller ones too small where the loss is still falling and behind. What cannot be told apart from the best
 * on the validation images, and has learnt more than guessing, is said to be right as well. */
#ifndef CMD_LR_RACE_H
#define CMD_LR_RACE_H

#include "kernel/commands/box_model.h"

typedef enum cmd_race_verdict {
    RACE_RIGHT,
    RACE_LOST,      /* too large: the loss was lost */
    RACE_STUCK,     /* too large: stays at guessing */
    RACE_LARGE,     /* larger and worse, though it learns */
    RACE_SMALL,     /* too small: falling, and behind */
    RACE_SLOW,      /* smaller and worse */
    RACE_ALSO_RIGHT /* not distinguishable from the best */
} cmd_race_verdict;

typedef struct cmd_racer {
    const cmd_run *run;
    const char *name;
    double lr;
    cmd_race_verdict verdict;
} cmd_racer;

typedef struct cmd_race {
    cmd_racer racer[CMD_RUNS]; /* by rate, the largest first; of equal rates the last run */
    int n, best;               /* best: place of the right one; -1: none has learnt */
    double guessing;           /* loss of naming the classes by their shares */
} cmd_race;

/* Those of the runs (borrowed, in the order made) that are like the last one but for the rate; true where there are two
 * rates at least. Interrupted runs take no part. */
bool cmd_race_of(const cmd_run *const *run, const char *const *name, int n, cmd_race *out);
bool cmd_race_has(const cmd_race *race, const cmd_run *run);
void cmd_doc_race(plt_doc *doc, const cmd_race *race);

#endif
