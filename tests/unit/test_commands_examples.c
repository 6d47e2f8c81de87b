/* Every example in the commands' own tables runs as it is written, in a session that has what examples speak of. */
#include "tests/support/examples.h"
#include "tests/support/platforms.h"

TEST(examples_run_as_written)
{
    int bad = 0, count = 0;
    for (const dsl_command *const *c = dsl_commands; *c; c++) {
        if (!(*c)->examples || !(*c)->examples[0]) bad++, printf("`%s` has no example\n", (*c)->name);
        for (const char *const *e = (*c)->examples; e && *e; e++, count++) {
            lens l;
            char *text = examples_with_shop(*e);
            bool connects = strcmp((*c)->name, "connect") == 0;
            examples_start(&l);
            if (connects) platforms_start();
            /* what asks a platform ends where there are no keys, which there are none of here (LL502) */
            if (lens_run(&l, text) && (connects || l.err.code != 502))
                bad++, printf("%s\n  gave LL%03d %s (%s) [%s]\n", text, l.err.code, l.err.msg, l.err.why, l.err.hint);
            else if (!l.err.status && !l.text.len && !l.displays && !l.cleared) bad++, printf("%s\n  showed nothing\n", text);
            if (connects) platforms_stop();
            examples_end(&l);
            free(text);
        }
    }
    CHECK(count > 20);
    CHECK_INT(bad, 0);
}

/* ---- the other cards ---- */
static bool runs(const char *cell)
{
    lens l;
    char *text = examples_with_shop(cell);
    examples_start(&l);
    bool ok = lens_run(&l, text) == LG_OK;
    if (!ok) printf("%s\n  gave LL%03d %s (%s)\n", text, l.err.code, l.err.msg, l.err.why);
    examples_end(&l);
    free(text);
    return ok;
}

/* A line of a layer runs in one of the places where a layer may stand. */
static bool layer_runs(const char *line)
{
    static const char *const frames[][2] = {
        {"model m on logos { ", "; flatten; dense classes softmax }"},
        {"model m on logos { flatten; ", "; dense classes softmax }"},
        {"model m on logos { conv 16 3x3 relu; ", "; flatten; dense classes softmax }"},
        {"model m on logos { flatten; ", " }"},
        {"model m { ", "; flatten; dense 3 softmax }"}};
    lens l;
    lg_err first = {0};
    bool ok = false;
    examples_start(&l);
    for (size_t i = 0; i < sizeof frames / sizeof *frames && !ok; i++) {
        char cell[1000];
        snprintf(cell, sizeof cell, "%s%s%s", frames[i][0], line, frames[i][1]);
        ok = lens_run(&l, cell) == LG_OK;
        if (i == 0) first = l.err;
    }
    if (!ok) printf("%s\n  gave LL%03d %s (%s)\n", line, first.code, first.msg, first.why);
    examples_end(&l);
    return ok;
}

static const dsl_layer_type *find_layer(const dsl_config *config, const char *line)
{
    size_t n = strcspn(line, " \n");
    for (const dsl_layer_type *t = config->layers; t->name; t++)
        if (strlen(t->name) == n && !strncmp(t->name, line, n)) return t;
    return NULL;
}

TEST(examples_of_layers)
{
    lens l;
    int bad = 0, count = 0;
    examples_start(&l);
    for (const dsl_layer_type *t = dsl_session_config(l.session)->layers; t->name; t++) {
        for (const char *const *e = t->examples; e && *e; e++, count++) bad += !layer_runs(*e);
        if (!t->examples || !t->examples[0]) bad++, printf("layer `%s` has no example\n", t->name);
    }
    examples_end(&l);
    CHECK(count >= 12);
    CHECK_INT(bad, 0);
}

TEST(examples_of_topics)
{
    lens l;
    int bad = 0, count = 0;
    const char *example;
    examples_start(&l);
    const dsl_config *config = dsl_session_config(l.session);
    for (size_t i = 0; (example = dsl_topic_example(i)); i++, count++)
        bad += find_layer(config, example) ? !layer_runs(example) : !runs(example);
    examples_end(&l);
    lens_close(&made);
    CHECK(count > 30);
    CHECK_INT(bad, 0);
}
