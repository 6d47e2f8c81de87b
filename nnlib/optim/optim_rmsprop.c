/* optim_rmsprop.c - RMSprop (Tieleman & Hinton 2012), as Keras: rho 0.9, w -= lr·g / sqrt(v + 1e-7). */
#include "nnlib/optim/step.h"
#include <math.h>
#include "lib/base/banned.h"

static void rmsprop_update(const nn_hyper *h, size_t n, float *w, const float *g, float *const *slot)
{
    float rate = (float)h->lr, *v = slot[0];
    nn_step_decay(h, n, w);
    for (size_t i = 0; i < n; i++) {
        v[i] = 0.9f * v[i] + 0.1f * g[i] * g[i];
        w[i] -= rate * g[i] / sqrtf(v[i] + 1e-7f);
    }
}

const nn_optim_type nn_optim_rmsprop = {
    .name = "rmsprop", .keras = "RMSprop", .doc = "Divides each step by the usual size of that weight's gradient.",
    .lr = 0.001, .momentum = 0, .slots = 1, .update = rmsprop_update,
};
