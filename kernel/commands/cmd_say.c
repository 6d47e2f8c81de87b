/* cmd_say.c - `say`: print a line of text; $names are filled in. */
#include "kernel/commands/workbench.h"

#include <string.h>

#include "lib/base/banned.h"

enum { TEXT };

static const dsl_param params[] = {
    [TEXT] = {.name = "text", .role = DSL_POSITIONAL, .type = DSL_T_TEXT, .required = true, .list = true,
              .help = "what to print; in \"…\" $lr and ${scratch.val.accuracy} are filled in"},
    {0},
};

static lg_status say_run(const dsl_call *call, lg_err *err)
{
    lg_buf line;
    lg_buf_init(&line, 1 << 20);
    for (int i = 0; i < call->arg[TEXT].count; i++) {
        const dsl_value *value = &call->arg[TEXT].value[i], *before = i ? value - 1 : NULL;
        const char *text = value->text;
        /* Words stand one blank apart; a wider gap on the line was a comma and a blank. */
        if (before) lg_buf_adds(&line, value->span.col - before->span.col - before->span.len > 1 ? ", " : " ");
        lg_buf_add_plain(&line, text, strlen(text));
    }
    lg_buf_addc(&line, '\n');
    lg_status st = lg_buf_check(&line, err);
    if (st == LG_OK) call->out->stream(call->out, false, line.data, line.len);
    lg_buf_release(&line);
    return st;
}

const dsl_command dsl_cmd_say = {
    .name = "say",
    .summary = "print a line of text",
    .group = "Session",
    .params = params,
    .examples = (const char *const[]){"say \"learning rate $lr\"", NULL},
    .run = say_run,
};
