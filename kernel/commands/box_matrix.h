/* box_matrix.h - a confusion matrix as a table object. */
#ifndef CMD_BOX_MATRIX_H
#define CMD_BOX_MATRIX_H

#include "kernel/commands/judge.h"

typedef struct cmd_matrix {
    cmd_score score;
    cmd_labels labels;
    char *title; /* what was used, owned */
    bool training;
    int normalize; /* 0 none, 1 rows, 2 columns, 3 all */
    int *order;    /* classes in the order shown, owned */
    char *note;    /* what is odd about where it comes from, owned; or NULL */
    data_set *set; /* the images it was counted over and, row by row, what they were called; NULL: from a file */
    int32_t *said; /* owned */
    float *sure;   /* how sure it was of that, owned */
} cmd_matrix;

extern const dsl_class cmd_matrix_class;
void cmd_matrix_free(cmd_matrix *matrix);
/* Takes counts, labels, images and verdicts out of a judgement, in the order of the names. The title is words, copied.
 */
lg_status cmd_matrix_new(cmd_judged *judged, const char *words, cmd_matrix **out, lg_err *err) LG_MUST_CHECK;
/* The matrix of a value, NULL where it is another table. */
const cmd_matrix *cmd_matrix_of(const dsl_value *value);
void cmd_doc_matrix(plt_doc *doc, const cmd_matrix *matrix, lg_err *err);
/* The most confused pairs as sentences, each with its images folded away under it (surest first) where they are known.
 */
void cmd_doc_pairs(plt_doc *doc, const cmd_matrix *matrix, lg_err *err);

#endif
