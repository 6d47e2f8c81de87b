/* cmd_unfreeze.c - `unfreeze`: layers learn again, the last ones of a base first. */
#include "kernel/commands/freeze.h"
#include "kernel/commands/params.h"

#include "lib/base/banned.h"

enum { MODEL, LAYERS, LAST };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model whose layers shall learn"),
    [LAYERS] = CMD_LAYERS,
    [LAST] = {.name = "last",
              .role = DSL_OPTION,
              .type = DSL_T_INT,
              .min = 1,
              .max = NN_MAX_LAYERS,
              .dflt_help = "all of them",
              .help = "only so many of these layers, from the end",
              .advice = "10 to 50 of a base, with a tenth of the learning rate; more need more images"},
    {0},
};

/* Leaves the last n of the chosen ones. */
static void keep_last(bool *chosen, int count, int64_t n)
{
    for (int i = count - 1; i > 0; i--)
        if (chosen[i] && n-- <= 0) chosen[i] = false;
}

static lg_status unfreeze_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *value = &call->arg[MODEL].value[0], *last = dsl_val(call, LAST);
    const nn_net *net = cmd_model_of(value)->net;
    int count = nn_net_count(net);
    bool *chosen = NULL;
    LG_TRY(cmd_layers_chosen(call, cmd_model_of(value), value->name, LAYERS, &chosen, err));
    if (last) keep_last(chosen, count, last->integer);
    bool *frozen = lg_alloc((size_t)count, sizeof *frozen, err);
    for (int i = 0; frozen && i < count; i++) frozen[i] = nn_net_node(net, i)->frozen && !chosen[i];
    lg_status st = frozen ? cmd_model_freeze(call, value, frozen, chosen, err) : err->status;
    lg_free(frozen);
    lg_free(chosen);
    return st;
}

const dsl_command dsl_cmd_unfreeze = {
    .name = "unfreeze",
    .summary = "let layers learn again",
    .detail = "`unfreeze transfer last 10` opens the last ten layers of the base, counted as Keras counts them (those "
              "without weights too). `fit transfer continue lr 0.0001` then goes on from what was learnt, with small "
              "steps: large ones would wash out what the base knows.",
    .group = "Model",
    .params = params,
    .examples = (const char *const[]){"unfreeze scratch layers all", "unfreeze scratch layers all last 2", NULL},
    .run = unfreeze_run,
};
