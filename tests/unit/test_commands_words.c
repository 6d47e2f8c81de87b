/* Every word of the language: `help` knows it, and every option takes its own default. Lists come from the tables. */
#include "tests/support/labelled.h"

extern const dsl_command *const dsl_commands[];
static lens l;

static void setup(void)
{
    static bool made;
    lg_err err = {0};
    if (!made) lens_shop();
    made = true;
    CHECK_OK(lens_open(&l));
    if (lens_run(&l, "load logos from shop size 16x16; load small from shop limit 10\n"
                     "model scratch on logos { conv 4 3x3 relu name conv1; flatten; dense classes softmax }\n"
                     "fit scratch epochs 1 quiet as trial\n"
                     "model transfer on logos { flatten; dense classes softmax }\n"
                     "let lr = 0.01"))
        TEST_FAIL("LL%03d %s", l.err.code, l.err.msg);
    labelled_shop(&l);
}

static int helps(const char *word)
{
    char cell[200];
    snprintf(cell, sizeof cell, "help \"%s\"", word);
    if (lens_run(&l, cell) == LG_OK && l.displays == 1 && l.text.len > 20) return 0;
    printf("no help on `%s`: LL%03d %s\n", word, l.err.code, l.err.msg);
    return 1;
}

/* Words of a blank-separated list; `new=old` gives both. */
static int helps_each(const char *list)
{
    int bad = 0;
    char word[64];
    while (list && *list) {
        size_t n = strcspn(list, " =");
        snprintf(word, sizeof word, "%.*s", (int)n, list);
        if (n) bad += helps(word);
        list += n + (list[n] != 0);
    }
    return bad;
}

static int helps_params(const char *owner, const dsl_param *params)
{
    int bad = 0;
    char both[160];
    for (const dsl_param *p = params; p && p->name; p++) {
        snprintf(both, sizeof both, "%s %s", owner, p->name);
        bad += helps(both);
        if (p->role != DSL_POSITIONAL) bad += helps(p->name);
        bad += helps_each(p->choices);
    }
    return bad;
}

TEST(help_knows_every_word)
{
    static const char *const verbs[] = {
        "say",       "load",      "combine",   "relabel",  "split",  "clean",    "augment", "show",        "describe",
        "drop",      "undo",      "model",     "summary",  "freeze", "unfreeze", "fit",     "findlr",      "sweep",
        "evaluate",  "confusion", "report",    "mistakes", "curves", "compare",  "explain", "activations", "filters",
        "dream",     "embed",     "pad",       "convolve", "pool",   "activate", "softmax", "trace",       "step",
        "gradients", "landscape", "receptive", "overfit",  "quiz",   "connect",  "scrape",  "classify",    "customers",
        "dashboard", "recheck",   "delete",    "export",   "save",   "open",     "use",     "set",         "list",
        "run",       "clear",     "help"};
    static const char *const words[] = {"let",       "for",       "check",
                                        "where",     "and",       "or",
                                        "not",       "in",        "contains",
                                        "no",        "from",      "on",
                                        "with",      "to",        "into",
                                        "as",        "by",        "across",
                                        "train",     "val",       "test",
                                        "dataset",   "model",     "run",
                                        "table",     "posts",     "grid",
                                        "layers",    "language",  "logos",
                                        "scratch",   "trial",     "scratch.val.accuracy",
                                        "logos.val", "okabe-ito", "dark"};
    int bad = 0;
    setup();
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) bad += helps(verbs[i]);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) bad += helps(words[i]);
    for (const dsl_command *const *c = dsl_commands; *c; c++)
        bad += helps((*c)->name) + helps_params((*c)->name, (*c)->params);
    for (const dsl_layer_type *t = dsl_session_config(l.session)->layers; t->name; t++) {
        bad += helps(t->name) + helps_params(t->name, t->params);
        for (size_t i = 0; t->aliases && t->aliases[i]; i++) bad += helps(t->aliases[i]);
    }
    for (const dsl_code *code = dsl_codes; code->code; code++) {
        char name[16];
        snprintf(name, sizeof name, "LL%03d", code->code);
        bad += helps(name);
    }
    lens_close(&l);
    CHECK_INT(bad, 0);
}

/* Nothing runs before the whole cell is bound: the second line stops it, and only once the first one is understood. */
static int binds(const char *line)
{
    char cell[1200];
    snprintf(cell, sizeof cell, "%s\nfti x", line);
    lens_run(&l, cell);
    if (l.err.code == 104 && strstr(l.err.msg, "fti")) return 0;
    printf("%s\n  gave LL%03d %s (%s)\n", line, l.err.code, l.err.msg, l.err.why);
    return 1;
}

/* The example, with one more option: its default as help shows it. */
static int takes_defaults(const dsl_command *c)
{
    int bad = 0;
    const char *example = c->examples[0];
    char line[1000], word[80];
    if (strchr(example, '\n') || strchr(example, '{')) return 0;
    for (const dsl_param *p = c->params; p->name; p++) {
        if (p->role != DSL_OPTION || p->late || !p->dflt) continue;
        snprintf(word, sizeof word, " %s ", p->name);
        if (strstr(example, word)) continue;
        snprintf(line, sizeof line, "%s %s %s", example, p->name, p->dflt);
        bad += binds(line);
        snprintf(line, sizeof line, "%s %s=%s", example, p->name, p->dflt);
        bad += strchr(p->dflt, ' ') ? 0 : binds(line);
    }
    for (const dsl_param *p = c->params; p->name; p++) {
        if (p->role != DSL_FLAG || p->late || strstr(example, p->name)) continue;
        snprintf(line, sizeof line, "%s %s", example, p->name);
        bad += binds(line);
        snprintf(line, sizeof line, "%s no %s", example, p->name);
        bad += binds(line);
    }
    return bad;
}

TEST(options_take_their_defaults)
{
    int bad = 0;
    setup();
    for (const dsl_command *const *c = dsl_commands; *c; c++) bad += takes_defaults(*c);
    lens_close(&l);
    CHECK_INT(bad, 0);
}
