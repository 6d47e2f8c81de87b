/* cmd_clear.c - `clear`: the cell's output so far goes away when the next output comes. */
#include "kernel/commands/workbench.h"

#include "lib/base/banned.h"

static const dsl_param params[] = {{0}};

static lg_status clear_run(const dsl_call *call, lg_err *err)
{
    (void)err;
    call->out->clear(call->out, true);
    return LG_OK;
}

const dsl_command dsl_cmd_clear = {
    .name = "clear",
    .summary = "clear the cell's output before the next one",
    .group = "Session",
    .params = params,
    .examples = (const char *const[]){"clear", NULL},
    .run = clear_run,
};
