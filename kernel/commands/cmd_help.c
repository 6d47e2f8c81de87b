/* cmd_help.c - `help`: how to use a word; without one, all the commands. */
#include "kernel/commands/workbench.h"

#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

enum { WORD };

static const dsl_param params[] = {
    [WORD] = {.name = "word", .role = DSL_POSITIONAL, .type = DSL_T_TEXT, .list = true,
              .help = "a command, a layer, an option, an object, an error code such as LL203, `layers` or `language`"},
    {0},
};

/* Words people come with, which are none of the language's. */
static bool about_transfer(const char *word)
{
    static const char *const words[] = {"transfer", "pretrained", "backbone", "finetune", "fine-tune", "finetuning"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcasecmp(word, words[i])) return true;
    return false;
}

static lg_status no_such_word(const dsl_call *call, const dsl_value *word, lg_err *err)
{
    enum { MOST = 400 };
    const char *names[MOST];
    size_t n = 0;
    const dsl_config *config = dsl_session_config(call->session);
    for (size_t i = 0; config->commands[i] && n < MOST; i++) names[n++] = config->commands[i]->name;
    for (size_t i = 0; config->layers[i].name && n < MOST; i++) names[n++] = config->layers[i].name;
    const char *near = lg_nearest(word->text, names, n);
    lg_fail(err, LG_E_NAME, 131, "there is no help on `%.60s`", word->text);
    if (about_transfer(word->text))
        lg_try(err, "`help base` is about networks that others trained, `help unfreeze` about training them further");
    else if (near) lg_try(err, "did you mean `help %s`?", near);
    else lg_try(err, "`help` alone lists all commands");
    return lg_err_place(err, word->span);
}

/* `help fit lr` asks for two words as one. */
static lg_status help_word(const dsl_call *call, const dsl_value *word, lg_err *err)
{
    bool found;
    const dsl_arg *all = &call->arg[WORD];
    dsl_value both = *word;
    if (all->count > 1) {
        both.text = lg_arena_strf(call->arena, err, "%s %s", word->text, all->value[1].text);
        if (!both.text) return err->status;
        word = &both;
    }
    lg_buf text, html;
    lg_buf_init(&text, 0);
    lg_buf_init(&html, 0);
    lg_status st = dsl_session_card(call->session, word->text, &found, &text, &html, err);
    if (st == LG_OK && !found) st = no_such_word(call, word, err);
    if (st == LG_OK) st = lg_buf_check(&text, err);
    if (st == LG_OK)
        call->out->display(
            call->out,
            &(dsl_bundle){.text = lg_buf_str(&text), .html = html.len && !html.failed ? lg_buf_str(&html) : NULL}, NULL,
            false);
    lg_buf_release(&text);
    lg_buf_release(&html);
    return st;
}

/* The commands of one group, or those of no known one. */
static void help_group(const dsl_call *call, plt_doc *doc, const char *group, bool others)
{
    const dsl_config *config = dsl_session_config(call->session);
    for (size_t i = 0; config->commands[i]; i++) {
        const dsl_command *c = config->commands[i];
        bool known = false;
        for (size_t g = 0; dsl_groups[g]; g++) known |= strcmp(c->group, dsl_groups[g]) == 0;
        if (others ? known : strcmp(c->group, group) != 0) continue;
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", c->name);
        plt_cell(doc, "%s", c->group);
        plt_cell(doc, "%s", c->summary);
    }
}

static lg_status help_run(const dsl_call *call, lg_err *err)
{
    if (call->arg[WORD].count) return help_word(call, &call->arg[WORD].value[0], err);
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "Logolens %s: one line, one sentence; the verb first, then what it works on", LG_VERSION);
    plt_table(&doc, "%s", "");
    plt_column(&doc, PLT_LEFT, "Command");
    plt_column(&doc, PLT_LEFT, "Group");
    plt_column(&doc, PLT_LEFT, "What it does");
    for (size_t g = 0; dsl_groups[g]; g++) help_group(call, &doc, dsl_groups[g], false);
    help_group(call, &doc, "", true);
    plt_text(&doc, "`let`, `for`, `check` and `where` join lines together: `help language`. The layers of a model: "
                   "`help layers`.");
    plt_text(&doc, "`help fit` explains one with examples; Tab completes, Shift-Tab explains the word at the cursor.");
    plt_code(&doc, "load logos from sample:logos size 64x64\nmodel scratch on logos {\n  conv 16 3x3 relu; maxpool 2\n"
                   "  flatten; dense classes softmax\n}\nfit scratch\nconfusion scratch");
    plt_text(&doc, "New here? `logolens lessons`, typed in a terminal, writes notebooks to learn with.");
    return cmd_display(call, &doc, false, err);
}

const dsl_command dsl_cmd_help = {
    .name = "help",
    .summary = "how to use a word",
    .group = "Session",
    .params = params,
    .examples = (const char *const[]){"help", "help fit", "help fit lr", "help layers", "help LL203", NULL},
    .run = help_run,
};
