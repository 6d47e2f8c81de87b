/* contend.h - models, or confusion matrices, that are compared: who was right about which image.
 *
 *     cmd_contest c;
 *     LG_TRY(cmd_contest_open(call, OBJECTS, ON, &c, err));
 *     if (c.paired) cmd_contest_pair(&c, 0, 1, -1, &pair);      // pair.only_first, pair.only_second, pair.test.p
 *     else r = nn_rates_test(…);                                // different images: c.one[0].score, c.one[1].score
 *     cmd_contest_close(&c);
 */
#ifndef CMD_CONTEND_H
#define CMD_CONTEND_H

#include "kernel/commands/box_matrix.h"

enum { CMD_CONTENDERS = 8 };

typedef struct cmd_contender {
    const char *name;
    const cmd_model *model;   /* NULL for a matrix */
    const cmd_matrix *matrix; /* NULL for a model */
    cmd_judged judged;        /* of a model */
    const cmd_score *score;
    const cmd_labels *labels;
    const data_set *set; /* the images and what each was called; NULL where only counts are known */
    const int32_t *said;
} cmd_contender;

typedef struct cmd_contest {
    cmd_contender one[CMD_CONTENDERS];
    int n;
    bool paired; /* all were judged on the same images, and those are known */
} cmd_contest;

/* Two to eight models, judged on the same images, or as many matrices as they are. LL402 where models were validated on
 * different images and no `on` names common ones; LL133 a table that is no matrix, or models beside tables; LL143 fewer
 * than two; LL409 other labels. Close it whatever comes back. */
lg_status cmd_contest_open(const dsl_call *call, int objects, int on, cmd_contest *out, lg_err *err) LG_MUST_CHECK;
void cmd_contest_close(cmd_contest *contest);

typedef struct cmd_pair {
    int64_t both, only_first, only_second, neither;
    nn_paired test;
} cmd_pair;
/* a against b on the images of one class (label -1: all) of a paired contest. */
void cmd_contest_pair(const cmd_contest *contest, int a, int b, int label, cmd_pair *out);
/* How sure it was of what it called the image of a row. */
double cmd_contender_sure(const cmd_contender *one, size_t row);
/* The one with the highest accuracy, the first of equals. */
int cmd_contest_best(const cmd_contest *contest);

#endif
