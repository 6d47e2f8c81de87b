/* freeze.h - what `freeze` and `unfreeze` share: which layers are meant, and the model's new version. */
#ifndef CMD_FREEZE_H
#define CMD_FREEZE_H

#include "kernel/commands/box_model.h"

/* The row `layers`: names, names that end in `*`, `base` or `all`. */
#define CMD_LAYERS                                                                                                     \
    {                                                                                                                  \
        .name = "layers", .role = DSL_OPTION, .type = DSL_T_WORD, .list = true, .dflt = "base", .choices = "base all", \
        .offers = DSL_OFFER_LAYERS,                                                                                    \
        .help = "which layers: the pretrained ones, all, or names (conv5* for all that begin so)"                      \
    }

/* Marks the nodes of the model that `layers` of the call names: (nodes) booleans, owned (lg_free). LL219 no such layer,
 * LL222 the model has no base. */
lg_status cmd_layers_chosen(const dsl_call *call, const cmd_model *model, const char *name, int layers, bool **chosen,
                            lg_err *err) LG_MUST_CHECK;
/* The first node called so, in our words or Keras'; -1. */
int cmd_layer_called(const cmd_model *model, const char *word);
/* LL219 `scratch` has no layer `conv9`. Returns its status. */
lg_status cmd_no_layer(const char *name, const cmd_model *model, const char *word, lg_err *err);
/* Binds the model with these nodes frozen, weights and runs as they are, and shows what that leaves to train; `changed`
 * (nodes) are those it is about. */
lg_status cmd_model_freeze(const dsl_call *call, const dsl_value *value, const bool *frozen, const bool *changed,
                           lg_err *err) LG_MUST_CHECK;

#endif
