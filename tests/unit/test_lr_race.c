/* A race of learning rates: who takes part, and the verdict of each. */
#include <math.h>
#include "kernel/commands/lr_race.h"
#include "tests/support/lens.h"

enum { EPOCHS = 4 };

typedef struct fake {
    cmd_run run;
    nn_epoch epoch[EPOCHS];
    int64_t count[4];
    char settings[120];
} fake;

/* right of 200 validation images of two classes, half of each. */
static void make(fake *f, double lr, const double loss[EPOCHS], int right)
{
    *f = (fake){0};
    snprintf(f->settings, sizeof f->settings, "epochs %d batch 8 lr %g optimizer sgd keep best seed 1", EPOCHS, lr);
    for (int i = 0; i < EPOCHS; i++)
        f->epoch[i] = (nn_epoch){.epoch = i + 1, .loss = loss[i], .val_loss = loss[i], .val_accuracy = right / 200.0};
    f->count[0] = right / 2, f->count[1] = 100 - right / 2;
    f->count[3] = right - right / 2, f->count[2] = 100 - f->count[3];
    f->run = (cmd_run){.run = {.epoch = f->epoch, .epochs = EPOCHS, .classes = 2, .best = EPOCHS - 1},
                       .settings = f->settings,
                       .model = "m",
                       .data = "d",
                       .planned = EPOCHS,
                       .score = {[DATA_VAL] = {.count = f->count, .classes = 2}}};
}

static const double stuck[] = {0.70, 0.69, 0.70, 0.69}, still[] = {0.80, 0.7999, 0.7998, 0.7997},
                    good[] = {0.6, 0.3, 0.2, 0.1}, slow[] = {0.68, 0.66, 0.64, 0.62},
                    flat[] = {0.45, 0.40, 0.3999, 0.3998}, wild[] = {0.6, 0.5, 0.6, 0.4},
                    near_good[] = {0.6, 0.4, 0.3, 0.15};

static cmd_race_verdict verdict(const cmd_race *race, double lr)
{
    for (int i = 0; i < race->n; i++)
        if (fabs(race->racer[i].lr - lr) < 1e-12) return race->racer[i].verdict;
    TEST_FAIL("no racer of %g", lr);
}

TEST(verdicts)
{
    fake f[8];
    const cmd_run *run[8];
    const char *name[8];
    cmd_race race;
    make(&f[0], 0.1, good, 190), make(&f[1], 10, stuck, 100), make(&f[2], 0.01, slow, 130),
        make(&f[3], 100, stuck, 100);
    make(&f[4], 1, wild, 150), make(&f[5], 0.02, flat, 150), make(&f[6], 0.05, near_good, 186);
    make(&f[7], 1e-6, still, 100);
    f[3].run.run.epochs = 0, f[3].run.run.best = -1, f[3].run.run.diverged = true;
    for (int i = 0; i < 8; i++) run[i] = &f[i].run, name[i] = "r";
    CHECK(cmd_race_of(run, name, 8, &race));
    CHECK_INT(race.n, 8);
    CHECK_NEAR(race.guessing, log(2), 1e-9);
    for (int i = 1; i < 8; i++) CHECK(race.racer[i - 1].lr > race.racer[i].lr);
    CHECK_INT(verdict(&race, 100), RACE_LOST);
    CHECK_INT(verdict(&race, 10), RACE_STUCK);
    CHECK_INT(verdict(&race, 1), RACE_LARGE);
    CHECK_INT(verdict(&race, 0.1), RACE_RIGHT);
    CHECK_INT(verdict(&race, 0.05), RACE_ALSO_RIGHT);
    CHECK_INT(verdict(&race, 0.02), RACE_SLOW);
    CHECK_INT(verdict(&race, 0.01), RACE_SMALL);
    CHECK_INT(verdict(&race, 1e-6), RACE_SMALL); /* it has not even begun to fall */
}

TEST(who_takes_part)
{
    fake f[5];
    const cmd_run *run[5];
    static const char *const name[] = {"a", "b", "c", "d", "e"};
    cmd_race race;
    make(&f[0], 0.1, good, 190), make(&f[1], 0.01, slow, 130), make(&f[2], 0.1, slow, 120), make(&f[3], 1, stuck, 100);
    make(&f[4], 0.01, slow, 130);
    for (int i = 0; i < 5; i++) run[i] = &f[i].run;
    snprintf(f[0].settings, sizeof f[0].settings,
             "epochs 9 batch 8 lr 0.1 optimizer sgd keep best seed 1"); /* longer */
    make(&f[1], 0.02, slow, 130);
    CHECK(cmd_race_of(run, name, 5, &race));
    CHECK_INT(race.n, 4);
    f[1].run.run.interrupted = true;
    CHECK(cmd_race_of(run, name, 5, &race));
    CHECK_INT(race.n, 3); /* c, d, e */
    CHECK_STR(race.racer[0].name, "d");
    CHECK_STR(race.racer[2].name, "e");
    make(&f[1], 0.01, slow, 130);
    CHECK(cmd_race_of(run, name, 5, &race));
    CHECK_INT(race.n, 3); /* of b and e the later one */
    CHECK_STR(race.racer[2].name, "e");
    CHECK(!cmd_race_of(run, name, 1, &race) && !cmd_race_of(run, name, 0, &race));
    memcpy(f[3].run.fingerprint, "other", 6), memcpy(f[4].run.fingerprint, "other", 6);
    CHECK(cmd_race_of(run, name, 5, &race));
    CHECK_INT(race.n, 2);
    f[3].run.run.before = 2; /* continued */
    CHECK(!cmd_race_of(run, name, 5, &race));
}

/* None has learnt: no rate is right, and what falls from above chance is still too small. */
TEST(none_has_learnt)
{
    static const double above[] = {0.80, 0.78, 0.76, 0.74};
    fake f[2];
    const cmd_run *run[] = {&f[0].run, &f[1].run};
    static const char *const name[] = {"a", "b"};
    cmd_race race;
    make(&f[0], 5, stuck, 100), make(&f[1], 0.001, above, 100);
    CHECK(cmd_race_of(run, name, 2, &race));
    CHECK_INT(race.best, -1);
    CHECK_INT(verdict(&race, 5), RACE_STUCK);
    CHECK_INT(verdict(&race, 0.001), RACE_SMALL);
    plt_doc doc;
    plt_bundle out = {0};
    lg_err err = {0};
    plt_doc_init(&doc);
    cmd_doc_race(&doc, &race);
    CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_TEXT | PLT_HTML}, &out, &err));
    CHECK_HAS(out.text, "lr 5 is too large, 0.001 too small in 4 epochs; none of them has learnt more than guessing");
    CHECK_HAS(out.text, "lr 0.001: too small: still falling, by 0.02 in the last epoch, at 0.74 in epoch 4;");
    plt_bundle_release(&out);
    plt_doc_release(&doc);
}
