/* cmd_summary.c - `summary`: the layer table, and how each number in it arises. */
#include "kernel/commands/box_model.h"

#include "lib/base/banned.h"

enum { MODEL, DETAIL };

static const dsl_param params[] = {
    [MODEL] = {.name = "model", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_MODELS, .required = true,
               .implicit = true, .help = "the network to look at"},
    [DETAIL] = {.name = "detail", .role = DSL_OPTION, .type = DSL_T_CHOICE,
                .choices = "shapes params receptive memory all", .dflt = "params", .help = "how much to show"},
    {0},
};

static lg_status summary_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *model = &call->arg[MODEL].value[0];
    plt_doc doc;
    plt_doc_init(&doc);
    cmd_doc_summary(&doc, cmd_model_of(model), model->name, call->arg[DETAIL].value[0].text, err);
    if (err->status) {
        plt_doc_release(&doc);
        return err->status;
    }
    if (*call->note) plt_note(&doc, "%s", call->note);
    return cmd_display(call, &doc, false, err);
}

const dsl_command dsl_cmd_summary = {
    .name = "summary",
    .summary = "the layer table: output shape, parameters, how they are computed",
    .group = "Model",
    .params = params,
    .examples = (const char *const[]){"summary scratch", "summary scratch detail all", NULL},
    .run = summary_run,
};
