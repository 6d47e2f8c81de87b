/* cmd_freeze.c - `freeze`: layers stop learning. */
#include "kernel/commands/freeze.h"
#include "kernel/commands/params.h"

#include "lib/base/banned.h"

enum { MODEL, LAYERS };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model whose layers to freeze"),
    [LAYERS] = CMD_LAYERS,
    {0},
};

static lg_status freeze_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *value = &call->arg[MODEL].value[0];
    const nn_net *net = cmd_model_of(value)->net;
    bool *chosen = NULL;
    LG_TRY(cmd_layers_chosen(call, cmd_model_of(value), value->name, LAYERS, &chosen, err));
    bool *frozen = lg_memdup(chosen, (size_t)nn_net_count(net), sizeof *chosen, err);
    for (int i = 0; frozen && i < nn_net_count(net); i++) frozen[i] |= nn_net_node(net, i)->frozen;
    lg_status st = frozen ? cmd_model_freeze(call, value, frozen, chosen, err) : err->status;
    lg_free(frozen);
    lg_free(chosen);
    return st;
}

const dsl_command dsl_cmd_freeze = {
    .name = "freeze",
    .summary = "stop layers from learning",
    .detail =
        "Frozen layers keep their weights while the others learn, as `layer.trainable = False` in Keras; a frozen "
        "batchnorm works with its averages. What a frozen base makes of each image is computed once and kept, so "
        "that epochs are fast.",
    .group = "Model",
    .params = params,
    .examples = (const char *const[]){"freeze scratch layers conv1", "freeze scratch layers conv*", NULL},
    .run = freeze_run,
};
