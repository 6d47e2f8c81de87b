/* Which settings a sweep tries, and what it says about their order. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "kernel/commands/box_sweep.h"
#include "tests/support/test.h"

static const cmd_sweep_value rates[] = {{0.1, "0.1"}, {0.03, "0.03"}, {0.01, "0.01"}};
static const cmd_sweep_value sizes[] = {{16, "16"}, {32, "32"}};

static cmd_sweep_setting *plan(cmd_sweep_axis *axis, int some, uint64_t seed, lg_arena *arena, int *count)
{
    lg_err err = {0};
    cmd_sweep_setting *out = NULL;
    lg_arena_init(arena, 0);
    CHECK_OK(cmd_sweep_plan(axis, some, seed, arena, &out, count, &err));
    return out;
}

TEST(all_combinations_once)
{
    cmd_sweep_axis axis[SWEEP_AXES] = {
        [SWEEP_LR] = {.value = rates, .count = 3}, [SWEEP_BATCH] = {.value = sizes, .count = 2}};
    lg_arena arena;
    int n;
    cmd_sweep_setting *s = plan(axis, 0, 1, &arena, &n);
    CHECK_INT(n, 6);
    CHECK_STR(s[0].value[SWEEP_LR].text, "0.1");
    CHECK_STR(s[1].value[SWEEP_BATCH].text, "32");
    CHECK_STR(s[5].value[SWEEP_LR].text, "0.01");
    CHECK_STR(s[5].value[SWEEP_DROPOUT].text, "");
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            CHECK(strcmp(s[i].value[SWEEP_LR].text, s[k].value[SWEEP_LR].text) ||
                  strcmp(s[i].value[SWEEP_BATCH].text, s[k].value[SWEEP_BATCH].text));
    lg_arena_release(&arena);
}

TEST(drawn_settings_differ_and_follow_the_seed)
{
    cmd_sweep_axis axis[SWEEP_AXES] = {
        [SWEEP_LR] = {.range = true, .low = 0.001, .high = 1}, [SWEEP_BATCH] = {.value = sizes, .count = 2}};
    lg_arena a, b;
    int n, m, low = 0;
    cmd_sweep_setting *s = plan(axis, 60, 7, &a, &n), *again = plan(axis, 60, 7, &b, &m);
    CHECK_INT(n, 60);
    CHECK_INT(m, 60);
    CHECK(memcmp(s, again, sizeof *s * 60) == 0);
    for (int i = 0; i < n; i++) {
        double v = s[i].value[SWEEP_LR].number, back;
        CHECK(v >= 0.001 && v <= 1);
        CHECK(lg_parse_double(s[i].value[SWEEP_LR].text, &back) && back == v);
        low += v < 0.0316;
    }
    CHECK(low > 15 && low < 45); /* evenly over the powers of ten: half of them are below the middle one */
    lg_arena_release(&a);
    lg_arena_release(&b);
    /* more than there are: all of them, once */
    cmd_sweep_axis few[SWEEP_AXES] = {[SWEEP_LR] = {.value = rates, .count = 3}};
    plan(few, 50, 1, &a, &n);
    CHECK_INT(n, 3);
    lg_arena_release(&a);
    cmd_sweep_axis narrow[SWEEP_AXES] = {[SWEEP_LR] = {.range = true, .low = 0.1, .high = 0.12}};
    s = plan(narrow, 50, 1, &a, &n);
    CHECK_INT(n, 3); /* 0.1, 0.11 and 0.12 are all there is with two digits */
    lg_arena_release(&a);
}

TEST(too_many_are_counted)
{
    cmd_sweep_axis axis[SWEEP_AXES] = {[SWEEP_BATCH] = {.range = true, .whole = true, .low = 1, .high = 1e6},
                                       [SWEEP_EPOCHS] = {.range = true, .whole = true, .low = 1, .high = 1e5}};
    cmd_sweep_setting *out;
    lg_arena arena;
    lg_err err = {0};
    int n;
    lg_arena_init(&arena, 0);
    CHECK_INT(cmd_sweep_plan(axis, 0, 1, &arena, &out, &n, &err), LG_E_LIMIT);
    CHECK_INT(n, INT_MAX);
    axis[SWEEP_EPOCHS] = (cmd_sweep_axis){0};
    axis[SWEEP_BATCH].high = 1000;
    err = (lg_err){0};
    CHECK_INT(cmd_sweep_plan(axis, 0, 1, &arena, &out, &n, &err), LG_E_LIMIT);
    CHECK_INT(n, 1000);
    err = (lg_err){0};
    CHECK_OK(cmd_sweep_plan(axis, 5, 1, &arena, &out, &n, &err));
    CHECK_INT(n, 5);
    lg_arena_release(&arena);
}

/* ---- standings ---- */
enum { IMAGES = 100 };

/* A trial that has the first `right` images right, but for `other` of them, which are others. */
static cmd_trial *trial(int right, int other)
{
    lg_err err = {0};
    cmd_trial *t = lg_alloc(1, sizeof *t, &err);
    atomic_init(&t->refs, 1);
    t->right = lg_alloc(IMAGES, 1, &err);
    t->images = IMAGES;
    for (int i = 0; i < right - other; i++) t->right[i] = 1;
    for (int i = 0; i < other; i++) t->right[IMAGES - 1 - i] = 1;
    t->score = (cmd_score){.count = lg_alloc(4, sizeof(int64_t), &err), .classes = 2, .loss = 1 - right / 100.0};
    nn_calibration_add(&t->score.calibration, 1, true);
    t->score.count[0] = right, t->score.count[1] = IMAGES - right;
    return t;
}

static cmd_sweep *sweep_of(int settings, int repeat, const char *metric)
{
    lg_err err = {0};
    cmd_sweep *s = lg_alloc(1, sizeof *s, &err);
    s->settings = settings, s->repeat = repeat;
    s->metric = lg_strdup(metric, &err);
    s->lower = strcmp(metric, "loss") == 0;
    s->setting = lg_alloc((size_t)settings, sizeof *s->setting, &err);
    s->trial = lg_alloc((size_t)(settings * repeat), sizeof *s->trial, &err);
    return s;
}

TEST(student_t_of_the_tables)
{
    const double table[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
    for (int df = 1; df <= 10; df++) CHECK_NEAR(cmd_student_t(df), table[df - 1], 0.025);
    CHECK_NEAR(cmd_student_t(30), 2.0423, 0.001);
    CHECK(isinf(cmd_student_t(0)));
}

TEST(paired_images_decide_without_repeats)
{
    cmd_standing st[3];
    cmd_sweep *s = sweep_of(3, 1, "accuracy");
    s->trial[0] = trial(80, 0);
    s->trial[1] = trial(90, 0);  /* has all of the first one's, and ten more: 10 against 0 is no chance */
    s->trial[2] = trial(85, 15); /* much is different, little is gained */
    CHECK_INT(cmd_sweep_judge(s, st), 3);
    CHECK_INT(st[0].setting, 1);
    CHECK_INT(st[1].setting, 2);
    CHECK_INT(st[2].setting, 0);
    CHECK_NEAR(st[1].behind, 0.05, 1e-12);
    CHECK(!cmd_standing_apart(&st[0]));
    CHECK(!cmd_standing_apart(&st[1]));
    CHECK(cmd_standing_apart(&st[2]));
    /* 1.96 sqrt((b + c - (b - c)^2 / n) / (n (n - 1))) with b = 10, c = 0 */
    CHECK_NEAR(st[2].needed, 1.96 * sqrt((10 - 1.0) / (100.0 * 99)), 1e-9);
    cmd_sweep_free(s);
}

TEST(seeds_widen_what_chance_can_do)
{
    cmd_standing st[2];
    cmd_sweep *s = sweep_of(2, 3, "accuracy");
    const int steady[] = {80, 81, 82}, wild[] = {70, 78, 86};
    for (int k = 0; k < 3; k++) s->trial[k] = trial(steady[k], 0), s->trial[3 + k] = trial(wild[k], 0);
    CHECK_INT(cmd_sweep_judge(s, st), 2);
    CHECK_INT(st[0].setting, 0);
    CHECK_NEAR(st[0].mean, 0.81, 1e-12);
    CHECK_NEAR(st[1].low, 0.70, 1e-12);
    CHECK_NEAR(st[1].high, 0.86, 1e-12);
    CHECK(!cmd_standing_apart(&st[1]));
    /* the seeds alone: pooled variance (0.0002 + 0.0128) / 4, t of 4 degrees of freedom */
    CHECK(st[1].needed > 2.776 * sqrt(0.013 / 4 * 2 / 3) - 0.001);
    cmd_sweep_free(s);
}

TEST(unfinished_settings_and_other_metrics)
{
    cmd_standing st[3];
    cmd_sweep *s = sweep_of(3, 2, "loss");
    s->trial[0] = trial(50, 0);
    s->trial[2] = trial(70, 0);
    CHECK_INT(cmd_sweep_finished(s), 2);
    CHECK_INT(cmd_sweep_judge(s, st), 2);
    CHECK_INT(st[0].setting, 1); /* the lower loss */
    CHECK(isnan(st[1].needed));  /* one run each tells nothing about a loss */
    CHECK(!cmd_standing_apart(&st[1]));
    cmd_sweep_free(s);
}
