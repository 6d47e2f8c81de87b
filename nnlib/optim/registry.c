/* registry.c - finding optimisers and losses by name. */
#include "nnlib/core/optim.h"
#include <strings.h>
#include "lib/base/banned.h"

const nn_optim_type *nn_optim_find(const char *name)
{
    for (int i = 0; nn_optims[i]; i++) {
        if (strcasecmp(nn_optims[i]->name, name) == 0) return nn_optims[i];
    }
    return NULL;
}

const nn_loss_type *nn_loss_find(const char *name)
{
    for (int i = 0; nn_losses[i]; i++) {
        if (strcasecmp(nn_losses[i]->name, name) == 0) return nn_losses[i];
    }
    return NULL;
}
