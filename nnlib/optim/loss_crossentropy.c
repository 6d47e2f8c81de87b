/* loss_crossentropy.c - softmax and cross-entropy in one: -log of the probability given to the true class. */
#include "nnlib/core/optim.h"
#include <math.h>
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

static void crossentropy_run(const nn_loss_call *call)
{
    nn_softmax_xent(&(nn_softmax_xent_args){.rows = call->n, .cols = call->classes, .x = call->z, .label = call->label,
                                            .weight = call->class_weight, .scale = call->scale, .p = call->p,
                                            .loss = call->loss, .dx = call->dz});
}

static double crossentropy_value(double p)
{
    return -log(p);
}

const nn_loss_type nn_loss_crossentropy = {
    .name = "crossentropy", .keras = "sparse_categorical_crossentropy",
    .doc = "Minus the logarithm of the probability given to the true class.", .run = crossentropy_run,
    .value = crossentropy_value,
};
