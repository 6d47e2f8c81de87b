/* optim_adam.c - Adam (Kingma & Ba 2015), with Keras' defaults: 0.9, 0.999, epsilon 1e-7, bias corrections in the rate.
 */
#include "nnlib/optim/step.h"
#include <math.h>
#include "nnlib/kernels/kernels.h"
#include "lib/base/banned.h"

static void adam_update(const nn_hyper *h, size_t n, float *w, const float *g, float *const *slot)
{
    double t = (double)h->step, rate = h->lr * sqrt(1 - pow(0.999, t)) / (1 - pow(0.9, t));
    nn_step_decay(h, n, w);
    nn_adam(&(nn_adam_args){.n = n, .rate = (float)rate, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-7f, .g = g,
                            .m = slot[0], .v = slot[1], .w = w});
}

const nn_optim_type nn_optim_adam = {
    .name = "adam", .keras = "Adam", .doc = "A step size of its own for every weight, from the gradients seen so far.",
    .lr = 0.001, .momentum = 0, .slots = 2, .update = adam_update,
};
