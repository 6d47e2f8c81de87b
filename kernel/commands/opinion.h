/* opinion.h - what a model says to each image of a set: the fields predicted, confidence, second, correct and loss of
 * `where` and `sort`, and the verdict behind every figure.
 *
 *     cmd_opinion o;
 *     LG_TRY(cmd_opinion_ask(call, model, set, &o, err));
 *     LG_TRY(cmd_dataset_where(call, set, cmd_opinion_field, &o, cmd_opinion_fields, &chosen, err));
 *     const float *p = cmd_opinion_of(&o, chosen, row);         // (classes) probabilities
 *     cmd_opinion_release(&o);
 *
 * {0} is no opinion: cmd_opinion_field then knows no field. */
#ifndef CMD_OPINION_H
#define CMD_OPINION_H

#include "kernel/commands/box_model.h"

enum { CMD_OPINION_UNNAMED = 24 };

typedef struct cmd_opinion {
    const cmd_model *model;
    const data_set *set; /* the rows the probabilities belong to, a reference */
    float *probability;  /* (rows, classes), owned; NULL without a model */
    int classes;
    char (*unnamed)[CMD_OPINION_UNNAMED]; /* (classes) "output 281", owned; NULL where the labels are known */
} cmd_opinion;
extern const char *const cmd_opinion_fields[]; /* NULL-terminated */

/* LL408 where the images are of another size. */
lg_status cmd_opinion_ask(const dsl_call *call, const cmd_model *model, const data_set *set, cmd_opinion *out,
                          lg_err *err) LG_MUST_CHECK;
void cmd_opinion_release(cmd_opinion *opinion);
/* The probabilities of a row of any subset of the set; NULL where it has none. */
const float *cmd_opinion_of(const cmd_opinion *opinion, const data_set *set, size_t row);
/* A cmd_extra_field; ctx is the opinion. */
bool cmd_opinion_field(void *ctx, const data_set *set, size_t row, const char *field, dsl_fact *out);
/* "output 281", counted from 0 as published lists of classes are, where the model was made without labels. It lives as
 * long as opinion and model do. */
const char *cmd_opinion_label(const cmd_opinion *opinion, int label);

#endif
