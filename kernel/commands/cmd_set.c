/* cmd_set.c - `set`: change a setting. */
#include "kernel/commands/settings.h"

#include "lib/base/banned.h"

enum { NAME, VALUE };

static const dsl_param params[] = {
    [NAME] = {.name = "setting", .role = DSL_POSITIONAL, .type = DSL_T_CHOICE,
              .choices = "seed threads palette theme detail decimals alt store",
              .later = "store",
              .required = true, .help = "which one: how things are drawn and computed"},
    [VALUE] = {.name = "value", .role = DSL_POSITIONAL, .type = DSL_T_TEXT, .required = true, .help = "its new value"},
    {0},
};

static lg_status store_is_later(const dsl_value *name, lg_err *err)
{
    lg_fail(err, LG_E_UNSUPPORTED, 146, "`set store` is not part of this version");
    lg_why(err, "runs and settings are kept in your own folders on this machine");
    lg_try(err, "`save scratch to scratch.lmodel` keeps an object where you say");
    return lg_err_place(err, name->span);
}

/* Bind time: a value that cannot be is told before anything of the cell runs. */
static lg_status set_check(const dsl_call *call, lg_err *err)
{
    const dsl_value *name = &call->arg[NAME].value[0], *value = &call->arg[VALUE].value[0];
    const cmd_setting *setting = cmd_setting_find(name->text);
    if (!setting) return store_is_later(name, err);
    if (cmd_setting_word(setting, value->text)) return LG_OK;
    lg_buf wants;
    lg_buf_init(&wants, 1000);
    cmd_setting_wants(setting, &wants);
    lg_fail(err, LG_E_ARG, 141, "`set %s` wants %s, not `%.60s`", name->text, lg_buf_str(&wants), value->text);
    const char *near = setting->words ? lg_nearest(value->text, setting->words, cmd_setting_count(setting)) : NULL;
    if (near) lg_try(err, "did you mean `%s`?", near);
    lg_buf_release(&wants);
    return lg_err_place(err, value->span);
}

static const char *const *set_words(int param, const char *before)
{
    const cmd_setting *setting = param == VALUE ? cmd_setting_find(before) : NULL;
    return setting ? setting->words : NULL;
}

static lg_status set_run(const dsl_call *call, lg_err *err)
{
    const cmd_setting *setting = cmd_setting_find(call->arg[NAME].value[0].text);
    const char *word = cmd_setting_word(setting, call->arg[VALUE].value[0].text);
    const char *old = dsl_session_setting(call->session, setting->name);
    plt_doc doc;
    plt_doc_init(&doc);
    plt_text(&doc, "%s: %s (was %s)", setting->name, word, old ? old : setting->usual);
    lg_status st = dsl_session_set(call->session, setting->name, word, err);
    if (st == LG_OK) return cmd_display(call, &doc, false, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_set = {
    .name = "set",
    .summary = "change a setting",
    .detail = "seed: the default of every command that draws at random. threads: of the computation. palette, theme: "
              "colours of charts, tables and frames. detail high: outputs may be larger than 400 KB. decimals: digits "
              "behind the point of printed rates. alt: the words of pictures for those who do not see them. `list "
              "settings` shows all.",
    .group = "Session",
    .params = params,
    .examples = (const char *const[]){"set seed 7", "set palette grey", "set decimals 2", NULL},
    .words = set_words,
    .check = set_check,
    .run = set_run,
};
