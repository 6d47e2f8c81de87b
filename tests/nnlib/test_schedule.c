/* test_schedule.c - learning rates by step: names, ends, tops, and what plateau remembers. */
#include "tests/support/nn_test.h"

static nn_schedule made(nn_schedule_kind kind, int64_t steps)
{
    nn_schedule s;
    nn_schedule_init(&s, kind, 0.1, steps);
    return s;
}

TEST(names)
{
    for (int i = 0; i < NN_SCHEDULES; i++) CHECK_INT(nn_schedule_find(nn_schedule_names[i]), i);
    CHECK_INT(nn_schedule_find("one-cycle"), NN_SCHEDULE_ONECYCLE);
    CHECK_INT(nn_schedule_find("OneCycle"), NN_SCHEDULE_ONECYCLE);
    CHECK_INT(nn_schedule_find("linear"), -1);
    CHECK_INT(nn_schedule_find(""), -1);
    CHECK_INT(nn_schedule_find("a-word-that-is-far-too-long-for-any"), -1);
}

/* Of any length, a single step included: never above lr, never below 0, and a number. */
TEST(rates_stay_within_lr)
{
    static const int64_t lengths[] = {0, 1, 2, 3, 4, 7, 10, 99, 1000};
    for (int kind = 0; kind < NN_SCHEDULES; kind++)
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            nn_schedule s = made((nn_schedule_kind)kind, lengths[k]);
            for (int64_t i = 0; i < lengths[k] + 3; i++) {
                double lr = nn_schedule_lr(&s, i);
                CHECK(lr >= 0 && lr <= 0.1 * (1 + 1e-12));
            }
        }
}

TEST(onecycle_rises_and_falls)
{
    nn_schedule s = made(NN_SCHEDULE_ONECYCLE, 100);
    CHECK_NEAR(nn_schedule_lr(&s, 0), 0.1 / 25, 1e-12);
    CHECK_NEAR(nn_schedule_lr(&s, 29), 0.1, 1e-12);
    CHECK_NEAR(nn_schedule_lr(&s, 99), 0.1 / 250000, 1e-12);
    CHECK_NEAR(nn_schedule_lr(&s, 64), (0.1 + 0.1 / 250000) / 2, 1e-12);
    for (int i = 1; i < 100; i++) CHECK((i <= 29) == (nn_schedule_lr(&s, i) > nn_schedule_lr(&s, i - 1)));
}

TEST(onecycle_equals_pytorch)
{
    static char line[1 << 15];
    int lines = 0;
    FILE *f = fopen("tests/golden/pytorch/onecycle.txt", "r");
    CHECK(f);
    while (fgets(line, sizeof line, f)) {
        double top;
        int steps, at = 0;
        if (*line == '#' || sscanf(line, "%lf %d = %n", &top, &steps, &at) < 2) continue;
        nn_schedule s;
        nn_schedule_init(&s, NN_SCHEDULE_ONECYCLE, top, steps);
        char *next = line + at;
        for (int i = 0; i < steps; i++) CHECK_NEAR(nn_schedule_lr(&s, i), strtod(next, &next), 1e-12 * top);
        lines++;
    }
    fclose(f);
    CHECK_INT(lines, 4);
}

TEST(only_plateau_listens)
{
    for (int kind = 0; kind < NN_SCHEDULES; kind++) {
        nn_schedule s = made((nn_schedule_kind)kind, 50);
        double before = nn_schedule_lr(&s, 10);
        for (int i = 0; i < 7; i++) nn_schedule_epoch(&s, 1.0);
        CHECK_NEAR(nn_schedule_lr(&s, 10), kind == NN_SCHEDULE_PLATEAU ? before / 4 : before, 1e-12);
    }
}
