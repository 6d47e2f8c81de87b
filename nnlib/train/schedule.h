/* schedule.h - how the learning rate changes while training.
 *
 *     nn_schedule s;
 *     nn_schedule_init(&s, nn_schedule_find("one-cycle"), 0.05, epochs * batches);
 *     for (…) { hyper.lr = nn_schedule_lr(&s, step); … }       // step from 0
 *     nn_schedule_epoch(&s, val_loss);                         // after each epoch; only plateau listens
 *
 * `lr` is the largest rate of each of them. With t = step / steps:
 *   constant  lr throughout.
 *   cosine    lr · (1 + cos πt) / 2: from lr to 0 (Loshchilov & Hutter 2017, SGDR, eq. 5 without restarts; Keras
 *             CosineDecay).
 *   onecycle  up from lr/25 to lr over the first 30 % of the steps, then down to lr/250,000, both along half a cosine
 *             (Smith 2018, "A disciplined approach to neural network hyper-parameters", part 1; shape and shares are
 *             those of PyTorch's OneCycleLR). Momentum is left alone.
 *   step      lr, a tenth of it from half of the steps on, a hundredth from three quarters on (He et al. 2016, CIFAR;
 *             Keras PiecewiseConstantDecay).
 *   plateau   lr, halved whenever 3 epochs in a row have not brought the loss 0.0001 below the lowest one before
 *             (Keras ReduceLROnPlateau with factor 0.5, patience 3).
 * A value: copied freely. Only `plateau` has a state, which is a function of the losses it was told. */
#ifndef NN_SCHEDULE_H
#define NN_SCHEDULE_H

#include "lib/base/lg.h"

typedef enum nn_schedule_kind {
    NN_SCHEDULE_CONSTANT,
    NN_SCHEDULE_COSINE,
    NN_SCHEDULE_ONECYCLE,
    NN_SCHEDULE_STEP,
    NN_SCHEDULE_PLATEAU,
    NN_SCHEDULES
} nn_schedule_kind;

typedef struct nn_schedule {
    nn_schedule_kind kind;
    double lr;
    int64_t steps;
    double share, lowest; /* plateau: what is left of lr; the lowest loss so far */
    int waited;           /* plateau: epochs since */
} nn_schedule;

extern const char *const nn_schedule_names[NN_SCHEDULES];
/* By name, without case, a `-` within it ignored ("one-cycle"). -1 when there is none. */
int nn_schedule_find(const char *name);
void nn_schedule_init(nn_schedule *schedule, nn_schedule_kind kind, double lr, int64_t steps);
/* The rate of a step; one behind the last counts as the last. */
double nn_schedule_lr(const nn_schedule *schedule, int64_t step);
/* An epoch has ended with this loss: of validation where there is one. NAN is no improvement. */
void nn_schedule_epoch(nn_schedule *schedule, double loss);

#endif
