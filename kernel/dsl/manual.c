/* manual.c - docs/commands.md: every command and layer, from the tables that bind them. */
#include "kernel/dsl/card.h"
#include <string.h>

#include "lib/base/banned.h"

const char *const dsl_groups[] = {"Data",  "Model",    "Train",   "Evaluate", "Explain",
                                  "Teach", "Business", "Session", NULL};

/* Text of a table cell. */
static void add_cell(lg_buf *out, const char *text)
{
    for (; text && *text; text++) {
        if (*text == '|') lg_buf_addc(out, '\\');
        lg_buf_addc(out, *text == '\n' ? ' ' : *text);
    }
}

static const char *role_word(const dsl_param *p)
{
    return p->role == DSL_POSITIONAL ? "" : p->role == DSL_FLAG ? "flag" : p->role == DSL_OPTION ? "option" : "";
}

static void add_params(lg_buf *out, const dsl_param *params)
{
    if (!params || !params->name) return;
    lg_buf_adds(out, "\n| Word | | Value | Meaning |\n|--|--|--|--|\n");
    for (const dsl_param *p = params; p->name; p++) {
        lg_buf line;
        char bounds[100];
        lg_buf_init(&line, 1 << 14);
        dsl_signature(p, &line);
        const char *sign = strstr(lg_buf_str(&line), "  ");
        lg_buf_addf(out, "| `%s` | %s | ", p->name, role_word(p));
        add_cell(out, sign ? sign + 2 : "");
        dsl_bounds(p, bounds);
        if (*bounds) lg_buf_addf(out, "; %s", bounds);
        lg_buf_adds(out, " | ");
        add_cell(out, p->help);
        if (p->advice) lg_buf_adds(out, ". ");
        add_cell(out, p->advice);
        lg_buf_adds(out, p->late ? " (not part of this version) |\n" : " |\n");
        lg_buf_release(&line);
    }
}

static void add_examples(lg_buf *out, const char *const *examples)
{
    if (!examples || !examples[0]) return;
    lg_buf_adds(out, "\n```lens\n");
    for (size_t i = 0; examples[i]; i++) { /* layers have some twice: for tests, with other sizes */
        bool said = false;
        for (size_t k = 0; k < i; k++) said |= strcmp(examples[k], examples[i]) == 0;
        if (!said) lg_buf_addf(out, "%s\n", examples[i]);
    }
    lg_buf_adds(out, "```\n");
}

static void add_command(lg_buf *out, const dsl_command *c)
{
    lg_buf_addf(out, "\n### %s\n\n`", c->name);
    dsl_signature_line(c->name, c->params, c->takes_layers, c->takes_where, out);
    lg_buf_addf(out, "`\n\n%s.", c->summary);
    if (c->detail) lg_buf_addf(out, " %s", c->detail);
    lg_buf_addc(out, '\n');
    add_params(out, c->params);
    add_examples(out, c->examples);
}

static void add_layer(lg_buf *out, const dsl_layer_type *l)
{
    lg_buf_addf(out, "\n### %s\n\n`", l->name);
    dsl_signature_line(l->name, l->params, l->block, false, out);
    lg_buf_addf(out, "`\n\n%s", l->summary ? l->summary : "");
    for (size_t i = 0; l->aliases && l->aliases[i]; i++)
        lg_buf_addf(out, "%s`%s`%s", i ? ", " : " Also written ", l->aliases[i], l->aliases[i + 1] ? "" : ".");
    lg_buf_addc(out, '\n');
    add_params(out, l->params);
    add_examples(out, l->examples);
}

static bool in_group(const dsl_command *c, const char *group)
{
    if (group) return !strcmp(c->group, group);
    for (size_t g = 0; dsl_groups[g]; g++)
        if (!strcmp(c->group, dsl_groups[g])) return false;
    return true;
}

static void add_group(lg_buf *out, const dsl_config *config, const char *group)
{
    bool any = false;
    for (size_t i = 0; config->commands[i]; i++) {
        if (!in_group(config->commands[i], group)) continue;
        if (!any) lg_buf_addf(out, "\n## %s\n", group ? group : "Other");
        any = true;
        add_command(out, config->commands[i]);
    }
}

void dsl_manual(const dsl_config *config, lg_buf *out)
{
    lg_buf_adds(out, "# Commands and layers\n\nMade from the program's own tables by `make docs`; in a notebook "
                     "`help WORD` shows the same, Tab completes and Shift-Tab explains.\n");
    for (size_t g = 0; dsl_groups[g]; g++) add_group(out, config, dsl_groups[g]);
    add_group(out, config, NULL);
    lg_buf_adds(out, "\n## Layers\n\nThey stand between the braces of `model NAME on DATASET { … }`, one a line.\n");
    for (const dsl_layer_type *l = config->layers; l && l->name; l++) add_layer(out, l);
}
