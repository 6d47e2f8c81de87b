/* box_overfit.c - the overfitting lab as a picture, a table and in words. */
#include "kernel/commands/judge.h"
#include "kernel/commands/overfit.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

const char *const cmd_cure_names[CURES] = {"no cure", "dropout", "augment", "decay", "patience"};

static const double SMALL_GAP = 0.05; /* below it nobody speaks of overfitting */
static const double BY_HEART = 0.95;  /* of the training images */
static const double SIGNIFICANT = 0.05;

void cmd_overfit_release(cmd_overfit *lab)
{
    for (int i = 0; i < CURES; i++) {
        lg_free(lab->run[i].train);
        lg_free(lab->run[i].val);
        lg_free(lab->run[i].right);
    }
    *lab = (cmd_overfit){0};
}

int cmd_overfit_finished(const cmd_overfit *lab)
{
    int n = 0;
    for (int i = 0; i < lab->runs; i++) n += lab->run[i].done;
    return n;
}

static double train_share(const cmd_overfit *lab, const cmd_overfit_run *run)
{
    return (double)run->train_right / lab->images;
}

static double val_share(const cmd_overfit *lab, const cmd_overfit_run *run)
{
    return (double)run->val_right / (double)lab->judges;
}

double cmd_overfit_gap(const cmd_overfit *lab, const cmd_overfit_run *run)
{
    return train_share(lab, run) - val_share(lab, run);
}

static const char *title_of(const cmd_overfit_run *run, char room[32])
{
    snprintf(room, 32, run->cure == CURE_NONE ? "%s" : "with %s", cmd_cure_names[run->cure]);
    return room;
}

/* ---- the picture ---- */
void cmd_doc_overfit_picture(plt_doc *doc, const cmd_overfit *lab, const char *sentence)
{
    plt_multiple panel[CURES];
    char name[CURES][32], note[CURES][48], detail[CURES][48];
    int n = 0;
    for (int i = 0; i < lab->runs; i++) {
        const cmd_overfit_run *run = &lab->run[i];
        if (!run->epochs) continue;
        if (run->done) {
            snprintf(note[n], sizeof note[n], "gap %s points", plt_points(cmd_overfit_gap(lab, run), 0));
            snprintf(detail[n], sizeof detail[n], "%s%% and %s%%", plt_points(train_share(lab, run), 0),
                     plt_points(val_share(lab, run), 0));
        } else {
            snprintf(note[n], sizeof note[n], "epoch %d of %d", run->epochs, lab->planned);
            detail[n][0] = 0;
        }
        panel[n] = (plt_multiple){.name = title_of(run, name[n]),
                                  .note = note[n],
                                  .detail = detail[n],
                                  .train = run->train,
                                  .val = run->val,
                                  .n = run->epochs,
                                  .lost = run->diverged ? run->epochs : 0};
        n++;
    }
    if (n)
        plt_multiples(doc, &(plt_multiples_spec){.title = "Accuracy while training, and the gap after it",
                                                 .sentence = sentence,
                                                 .x_label = "epoch",
                                                 .y = {.min = 0, .max = 1, .percent = true},
                                                 .panel = panel,
                                                 .n = n,
                                                 .total = lab->planned,
                                                 .baseline = lab->baseline,
                                                 .baseline_name = "always the largest class"});
}

/* ---- words ---- */
/* "Gap 38 points; with dropout 30, with augment 15" */
static void say_gaps(const cmd_overfit *lab, lg_buf *out)
{
    const char *between = "; ";
    lg_buf_addf(out, "Gap %s points", plt_points(cmd_overfit_gap(lab, &lab->run[0]), 0));
    for (int i = 1; i < lab->runs; i++) {
        if (!lab->run[i].done) continue;
        lg_buf_addf(out, "%swith %s %s", between, cmd_cure_names[lab->run[i].cure],
                    plt_points(cmd_overfit_gap(lab, &lab->run[i]), 0));
        between = ", ";
    }
}

/* Right on the validation images: only without the cure, only with it. */
static void pair(const cmd_overfit *lab, const cmd_overfit_run *run, int64_t *without, int64_t *with)
{
    *without = *with = 0;
    for (size_t i = 0; i < lab->judges; i++) {
        *without += lab->run[0].right[i] && !run->right[i];
        *with += !lab->run[0].right[i] && run->right[i];
    }
}

/* On new pictures: 1 better, -1 worse, 0 not to be told apart. */
static int verdict_of(const cmd_overfit *lab, const cmd_overfit_run *run, nn_interval *points)
{
    int64_t without, with;
    pair(lab, run, &without, &with);
    *points = nn_paired_interval(with, without, (int64_t)lab->judges, 0.95);
    if (nn_mcnemar_test(without, with).p >= SIGNIFICANT || (points->low <= 0 && points->high >= 0)) return 0;
    return with > without ? 1 : -1;
}

static void say_verdict(const cmd_overfit *lab, const cmd_overfit_run *run, lg_buf *out)
{
    nn_interval d;
    double shrinks = cmd_overfit_gap(lab, &lab->run[0]) - cmd_overfit_gap(lab, run);
    bool forgets = train_share(lab, &lab->run[0]) - train_share(lab, run) > SMALL_GAP; /* else new ones did it */
    int verdict = verdict_of(lab, run, &d);
    double by = val_share(lab, run) - val_share(lab, &lab->run[0]);
    if (run->diverged) lg_buf_adds(out, "the loss was lost; ");
    lg_buf_addf(out, "%s (%s%s points, %s to %s)",
                verdict > 0   ? "better on new pictures"
                : verdict < 0 ? "worse on new pictures"
                              : "not distinguishable",
                by > 0 ? "+" : "", plt_points(by, 1), plt_points(d.low, 1), plt_points(d.high, 1));
    if (verdict <= 0 && forgets && shrinks > SMALL_GAP) lg_buf_adds(out, "; gap smaller as it learns less by heart");
}

static void doc_table(plt_doc *doc, const cmd_overfit *lab)
{
    char name[32];
    plt_table(doc, "After training: %d images as they are, and %s new ones", lab->images,
              lg_thousands((long long)lab->judges));
    plt_column(doc, PLT_LEFT, "Cure");
    plt_column(doc, PLT_RIGHT, "Training");
    plt_column(doc, PLT_RIGHT, "Validation");
    plt_column(doc, PLT_RIGHT, "95%% interval");
    plt_column(doc, PLT_RIGHT, "Gap");
    plt_column(doc, PLT_LEFT, "Against no cure");
    for (int i = 0; i < lab->runs; i++) {
        const cmd_overfit_run *run = &lab->run[i];
        lg_buf words;
        if (!run->done) continue;
        lg_buf_init(&words, 0);
        if (i) say_verdict(lab, run, &words);
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", title_of(run, name));
        plt_cell(doc, "%s%%", plt_points(train_share(lab, run), 1));
        plt_cell(doc, "%s%%", plt_points(val_share(lab, run), 1));
        plt_cell(doc, "%s", cmd_interval_text(run->val_right, (int64_t)lab->judges, 0.95));
        plt_cell(doc, "%s", plt_points(cmd_overfit_gap(lab, run), 1));
        plt_cell_tone(doc, PLT_TONE_BAD, fmax(cmd_overfit_gap(lab, run), 0));
        plt_cell(doc, "%s", i ? lg_buf_str(&words) : "–");
        lg_buf_release(&words);
    }
}

/* Did it do what it was asked for? */
static void doc_by_heart(plt_doc *doc, const cmd_overfit *lab)
{
    const cmd_overfit_run *none = &lab->run[0];
    double learnt = train_share(lab, none), gap = cmd_overfit_gap(lab, none);
    nn_interval ci = nn_wilson(none->val_right, (int64_t)lab->judges, 0.95);
    if (learnt >= BY_HEART && gap > SMALL_GAP)
        plt_sentence(doc,
                     "Without a cure it knows %lld of its %d images by heart and calls %s%% of new ones right; always "
                     "saying the largest class gives %s%%%s",
                     (long long)none->train_right, lab->images, plt_points(val_share(lab, none), 1),
                     plt_points(lab->baseline, 1),
                     ci.low <= lab->baseline && ci.high >= lab->baseline ? ", which the interval does not rule out"
                                                                         : "");
    else if (learnt < BY_HEART)
        plt_sentence(doc, "Without a cure it knows only %s%% of its %d images: it has not learnt them by heart",
                     plt_points(learnt, 0), lab->images);
    else plt_sentence(doc, "It knows its %d images by heart and new ones as well: that is no overfitting", lab->images);
    if (learnt < BY_HEART)
        plt_note(doc, "try more epochs or fewer images: `overfit %s images %d epochs %d`", lab->model,
                 lab->images > 8 ? lab->images / 2 : lab->images, 2 * lab->planned);
}

/* The best cure on new pictures, where one can be told from none. */
static void doc_best(plt_doc *doc, const cmd_overfit *lab)
{
    nn_interval ignored;
    const cmd_overfit_run *best = NULL;
    int cures = 0, worse = 0;
    for (int i = 1; i < lab->runs; i++) {
        const cmd_overfit_run *run = &lab->run[i];
        if (!run->done) continue;
        int verdict = verdict_of(lab, run, &ignored);
        cures++;
        worse += verdict < 0;
        if (verdict > 0 && (!best || run->val_right > best->val_right)) best = run;
    }
    if (!cures) return;
    if (best)
        plt_sentence(
            doc, "With %s %s%% of the same %s new images are called right instead of %s%%, which is more than chance%s",
            cmd_cure_names[best->cure], plt_points(val_share(lab, best), 1), lg_thousands((long long)lab->judges),
            plt_points(val_share(lab, &lab->run[0]), 1),
            cures > 1 ? "; the cures are not compared with each other" : "");
    else
        plt_sentence(doc,
                     "On these %s new images no cure %s none: the best cure for so few images is more images",
                     lg_thousands((long long)lab->judges), worse ? "is better than" : "can be told from");
    if (cures > 1)
        plt_note(doc,
                 "each row is one training, and its interval is not widened for there being %d cures: with another "
                 "`seed` the order may change",
                 cures);
}

static void doc_done(plt_doc *doc, const cmd_overfit *lab)
{
    plt_fold_begin(doc, "What was done");
    plt_item(doc, "%d of %s training images, drawn so that classes keep their shares; %s; %d epochs each", lab->images,
             lg_thousands((long long)lab->all_images), lab->settings, lab->planned);
    if (lab->judges < lab->all_judges)
        plt_item(doc, "%s of %s validation images judge", lg_thousands((long long)lab->judges),
                 lg_thousands((long long)lab->all_judges));
    plt_item(doc, "no cure: the layers of %s from new weights, the same ones for every run%s", lab->model, lab->off);
    for (int i = 1; i < lab->runs; i++)
        if (lab->run[i].epochs) plt_item(doc, "%s: %s", cmd_cure_names[lab->run[i].cure], lab->run[i].did);
    plt_item(doc,
             "figures are measured after training: on the few images as they are, without dropout, and on all that "
             "judge; lines show what was seen while it learnt");
    if (lab->watched < lab->judges) plt_item(doc, "the lines of validation are those of %zu of them", lab->watched);
    plt_fold_end(doc);
}

void cmd_doc_overfit(plt_doc *doc, const cmd_overfit *lab)
{
    lg_buf words;
    lg_buf_init(&words, 0);
    say_gaps(lab, &words);
    cmd_doc_overfit_picture(doc, lab, lg_buf_str(&words));
    lg_buf_release(&words);
    doc_by_heart(doc, lab);
    doc_table(doc, lab);
    doc_best(doc, lab);
    doc_done(doc, lab);
    plt_note(doc, "%s itself stays as it is", lab->model);
}
