/* optim_sgd.c - stochastic gradient descent, with momentum (Polyak) or Nesterov's form of it, as Keras' SGD:
 * v = momentum·v - lr·g; w += v, or w += momentum·v - lr·g. */
#include "nnlib/optim/step.h"
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

static void sgd_update(const nn_hyper *h, size_t n, float *w, const float *g, float *const *slot)
{
    nn_step_decay(h, n, w);
    nn_sgd(&(nn_sgd_args){.n = n, .rate = (float)h->lr, .momentum = (float)h->momentum, .nesterov = h->nesterov, .g = g,
                          .v = h->momentum != 0 ? slot[0] : NULL, .w = w});
}

const nn_optim_type nn_optim_sgd = {
    .name = "sgd", .keras = "SGD", .doc = "A step against the gradient; with momentum it keeps some of its speed.",
    .lr = 0.01, .momentum = 0, .slots = 1, .update = sgd_update,
};
