/* cmd_run.c - `run`: another file of commands, as part of this cell. */
#include "kernel/commands/workbench.h"
#include "lib/base/reach.h"

#include "lib/base/banned.h"

enum { FROM };

static const dsl_param params[] = {
    [FROM] = {.name = "file", .role = DSL_POSITIONAL, .type = DSL_T_PATH, .endings = ".lens",
              .required = true, .help = "a .lens file"},
    {0},
};

static lg_status run_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *file = &call->arg[FROM].value[0];
    lg_buf text;
    lg_buf_init(&text, 16 << 20);
    lg_status st = lg_reach_read(file->text, &text, err);
    if (st) lg_err_place(err, file->span);
    if (st == LG_OK)
        st = dsl_session_run_text(call->session, file->text, lg_buf_str(&text), text.len, call->out, call->cancel, err);
    lg_buf_release(&text);
    return st;
}

const dsl_command dsl_cmd_run = {
    .name = "run",
    .summary = "run another file of commands here",
    .group = "Session",
    .params = params,
    .examples = (const char *const[]){"run lesson.lens", NULL},
    .run = run_run,
};
