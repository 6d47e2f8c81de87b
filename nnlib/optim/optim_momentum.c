/* optim_momentum.c - sgd with the usual momentum of 0.9. */
#include "nnlib/optim/step.h"
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

static void momentum_update(const nn_hyper *h, size_t n, float *w, const float *g, float *const *slot)
{
    nn_step_decay(h, n, w);
    nn_sgd(&(nn_sgd_args){.n = n, .rate = (float)h->lr, .momentum = (float)h->momentum, .nesterov = h->nesterov, .g = g,
                          .v = slot[0], .w = w});
}

const nn_optim_type nn_optim_momentum = {
    .name = "momentum", .keras = "SGD", .doc = "sgd that keeps most of its speed from step to step (momentum 0.9).",
    .lr = 0.01, .momentum = 0.9, .slots = 1, .update = momentum_update,
};
