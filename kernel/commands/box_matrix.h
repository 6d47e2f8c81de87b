/* box_matrix.h - a confusion matrix as a table object. */
#ifndef CMD_BOX_MATRIX_H
#define CMD_BOX_MATRIX_H

#include "kernel/commands/box_model.h"

typedef struct cmd_matrix {
    cmd_score score;
    cmd_labels labels;
    char *title;  /* what was used, owned */
    bool training;
    int normalize; /* 0 none, 1 rows, 2 columns, 3 all */
    int *order;    /* classes in the order shown, owned */
} cmd_matrix;
extern const dsl_class cmd_matrix_class;
void cmd_matrix_free(cmd_matrix *matrix);
void cmd_doc_matrix(plt_doc *doc, const cmd_matrix *matrix, lg_err *err);

#endif
