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
    CHECK(!st[0].apart);
    CHECK(!st[1].apart);
    CHECK(st[2].apart);
    /* z sqrt((b + c - (b - c)^2 / n) / (n (n - 1))) with b = 10, c = 0; z of 5% over the three pairs */
    CHECK_NEAR(st[2].needed, 2.393979800 * sqrt((10 - 1.0) / (100.0 * 99)), 1e-9);
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
    CHECK(!st[1].apart);
    /* the seeds alone: pooled variance (0.0002 + 0.0128) / 4, t of 4 degrees of freedom */
    CHECK(st[1].needed > 2.776 * sqrt(0.013 / 4 * 2 / 3) - 0.001);
    cmd_sweep_free(s);
}

/* The four settings differ by steps, their seeds by the same little: with the variance of all of them and Holm's rule
 * the verdicts fall in the order of the places. By its own two runs alone the third would be told apart, for they
 * happen to agree, and the fourth not. */
TEST(all_settings_say_what_the_luck_of_a_seed_is)
{
    cmd_standing st[4];
    cmd_sweep *s = sweep_of(4, 2, "loss");
    const int runs[4][2] = {{88, 92}, {86, 90}, {78, 78}, {70, 80}};
    for (int i = 0; i < 8; i++) s->trial[i] = trial(runs[i / 2][i % 2], 0);
    CHECK_INT(cmd_sweep_judge(s, st), 4);
    /* pooled: (8 + 8 + 0 + 50) / 4 in points; scipy.stats.t.isf(0.05 / 6 / 2, 4) = 4.8510084 for the clearest */
    double se = sqrt(66 / 4.0 * (1 / 2.0 + 1 / 2.0)) / 100;
    CHECK_NEAR(st[3].needed, 4.8510084 * se, 1e-7);
    CHECK(!st[3].apart && !st[2].apart && !st[1].apart);
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
    CHECK(!st[1].apart);
    cmd_sweep_free(s);
}
