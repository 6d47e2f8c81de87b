/* test_box_alarms.c - what a training is warned of, and what it is not. */
#include "kernel/commands/box_model.h"
#include "tests/support/test.h"

static lg_err err;
static nn_epoch epoch[12];

/* loss, accuracy, val_loss, val_accuracy for each epoch; ended by a loss of 0. */
static nn_run run_of(const double (*row)[4])
{
    nn_run r = {.epoch = epoch, .classes = 4};
    for (; row[r.epochs][0] > 0; r.epochs++)
        epoch[r.epochs] = (nn_epoch){.epoch = r.epochs + 1,
                                     .loss = row[r.epochs][0],
                                     .accuracy = row[r.epochs][1],
                                     .val_loss = row[r.epochs][2],
                                     .val_accuracy = row[r.epochs][3]};
    return r;
}

TEST(overfitting)
{
    nn_run r =
        run_of((const double[][4]){{1.3, .4, 1.2, .4}, {.9, .6, .9, .6}, {.6, .8, .95, .6}, {.3, .9, 1.1, .6}, {0}});
    CHECK_INT(cmd_overfits_since(&r), 2);
    r.epochs = 3; /* one epoch above the lowest is chance */
    CHECK_INT(cmd_overfits_since(&r), 0);
    r = run_of((const double[][4]){{1.3, .4, 1.2, .4}, {.9, .6, .9, .6}, {.6, .8, .7, .6}, {.3, .95, .6, .6}, {0}});
    CHECK_INT(cmd_overfits_since(&r), 0); /* a gap, but validation still gains */
    r = run_of((const double[][4]){{1.3, .4, 1.2, .4}, {.9, .6, .9, .6}, {1.2, .5, 1.3, .4}, {1.4, .4, 1.5, .3}, {0}});
    CHECK_INT(cmd_overfits_since(&r), 0); /* both get worse: that is no learning by heart */
    r = run_of(
        (const double[][4]){{1.3, .4, NAN, NAN}, {.9, .6, NAN, NAN}, {.6, .8, NAN, NAN}, {.3, .9, NAN, NAN}, {0}});
    CHECK_INT(cmd_overfits_since(&r), 0);
    CHECK_INT(cmd_overfits_since(&(nn_run){0}), 0);
}

TEST(a_rate_that_is_too_low)
{
    nn_run r =
        run_of((const double[][4]){{1.386, .25, 1.39, .25}, {1.385, .26, 1.39, .25}, {1.384, .26, 1.39, .25}, {0}});
    CHECK(cmd_hardly_learns(&r));
    r.before = 3;
    CHECK(!cmd_hardly_learns(&r)); /* what was learnt before counts */
    r.before = 0, r.epochs = 2;
    CHECK(!cmd_hardly_learns(&r));
    r = run_of((const double[][4]){{.01, .99, .01, .99}, {.01, .99, .01, .99}, {.01, .99, .01, .99}, {0}});
    CHECK(!cmd_hardly_learns(&r));
    r = run_of((const double[][4]){{1.3, .3, 1, .3}, {1.2, .4, 1, .3}, {1.1, .5, 1, .3}, {0}});
    CHECK(!cmd_hardly_learns(&r));
    r = run_of((const double[][4]){{1.3, .3, 1, .3}, {2, .3, 1, .3}, {4, .3, 1, .3}, {0}});
    CHECK(!cmd_hardly_learns(&r)); /* that rate is too high */
}

TEST(a_class_that_is_never_predicted)
{
    cmd_silent silent = {0};
    int64_t none[9] = {5, 0, 0, 3, 0, 0, 0, 0, 0}, some[9] = {5, 0, 0, 2, 1, 0, 0, 0, 0};
    char *names[] = {"adidas", "nike", "puma"};
    const cmd_run run = {.model = "scratch", .labels = {.name = names, .count = 3}};
    nn_epoch e = {.epoch = 2, .confusion = none};
    cmd_silent_note(&silent, &e, 3);
    e.epoch = 3;
    cmd_silent_note(&silent, &e, 3);
    CHECK_INT(silent.since[0], 0);
    CHECK_INT(silent.since[1], 2);
    CHECK_INT(silent.since[2], 0); /* there are no images of it */

    plt_doc doc;
    plt_bundle out = {0};

    nn_run so_far = {.epoch = &e, .epochs = 1};
    plt_doc_init(&doc);
    plt_title(&doc, "fit scratch");
    cmd_doc_alarms(&doc, &run, &so_far, &silent);
    CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_TEXT}, &out, &err));
    CHECK_HAS(out.text, "nike never predicted since epoch 2; if it stays so, try `fit scratch balance`");
    plt_bundle_release(&out);
    plt_doc_release(&doc);

    e.epoch = 4, e.confusion = some;
    cmd_silent_note(&silent, &e, 3);
    CHECK_INT(silent.since[1], 0);
}
