/* cmd_set.c - `set`: change a setting. */
#include "kernel/commands/workbench.h"

#include <string.h>

#include "lib/base/banned.h"

enum { NAME, VALUE };

static const dsl_param params[] = {
    [NAME] = {.name = "setting", .role = DSL_POSITIONAL, .type = DSL_T_CHOICE, .choices = "seed threads detail",
              .required = true, .help = "which one"},
    [VALUE] = {.name = "value", .role = DSL_POSITIONAL, .type = DSL_T_TEXT, .required = true, .help = "its new value"},
    {0},
};

/* What each setting accepts: whole numbers in a range, or words. */
static const struct {
    long long low, high;
    const char *wants;
    const char *const *words;
} rules[] = {
    {.low = 0, .high = 9007199254740991, .wants = "a whole number from 0"},
    {.low = 1, .high = 256, .wants = "a whole number from 1 to 256"},
    {.words = (const char *const[]){"normal", "high", NULL}, .wants = "normal or high"},
};

static bool accepts(int rule, const char *text)
{
    long long number;
    for (size_t i = 0; rules[rule].words && rules[rule].words[i]; i++)
        if (strcmp(rules[rule].words[i], text) == 0) return true;
    return !rules[rule].words && lg_parse_int(text, &number) && number >= rules[rule].low && number <= rules[rule].high;
}

/* Bind time: a value that cannot be is told before anything of the cell runs. */
static lg_status set_check(const dsl_call *call, lg_err *err)
{
    const dsl_value *name = &call->arg[NAME].value[0], *value = &call->arg[VALUE].value[0];
    if (accepts(name->choice, value->text)) return LG_OK;
    lg_fail(err, LG_E_ARG, 141, "`set %s` wants %s, not `%.60s`", name->text, rules[name->choice].wants, value->text);
    return lg_err_place(err, value->span);
}

static lg_status set_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *name = &call->arg[NAME].value[0], *value = &call->arg[VALUE].value[0];
    plt_doc doc;
    const char *old = dsl_session_setting(call->session, name->text);
    plt_doc_init(&doc);
    plt_text(&doc, "%s: %s (was %s)", name->text, value->text, old ? old : "not set");
    lg_status st = dsl_session_set(call->session, name->text, value->text, err);
    if (st == LG_OK) return cmd_display(call, &doc, false, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_set = {
    .name = "set",
    .summary = "change a setting",
    .group = "Session",
    .params = params,
    .examples = (const char *const[]){"set seed 7", "set threads 2", NULL},
    .check = set_check,
    .run = set_run,
};
