/* cmd_use.c - `use`: make an object the one that is meant when none is named. */
#include "kernel/commands/workbench.h"

#include "lib/base/banned.h"

enum { OBJECT };

static const dsl_param params[] = {
    [OBJECT] = {.name = "object", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_ANYTHING, .required = true,
                .help = "a dataset, model, …"},
    {0},
};

static lg_status use_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *object = &call->arg[OBJECT].value[0];
    LG_TRY(dsl_session_use(call->session, object->name, err));
    plt_doc doc;
    plt_doc_init(&doc);
    for (dsl_kind kind = DSL_KIND_DATASET; kind < DSL_KIND_COUNT; kind++) {
        const char *name = dsl_session_default(call->session, kind);
        if (name) plt_pair(&doc, dsl_kind_name(kind), "%s", name);
    }
    return cmd_display(call, &doc, false, err);
}

const dsl_command dsl_cmd_use = {
    .name = "use",
    .summary = "make an object the default one",
    .group = "Session",
    .params = params,
    .examples = (const char *const[]){"use scratch", NULL},
    .run = use_run,
};
