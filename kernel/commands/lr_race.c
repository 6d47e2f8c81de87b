/* lr_race.c - finding the runs of a race, judging them, and saying so. */
#include "kernel/commands/lr_race.h"
#include "kernel/commands/judge.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

static const double CHANCE = 0.97;   /* of the loss of guessing: above it nothing is learnt */
static const double FALLING = 0.005; /* of the loss, an epoch */
static const double MOVED = 0.02;    /* of the loss, over all epochs: below it hardly anything has happened */
static const double BEHIND = 1.1;    /* times the loss of the best */

/* ---- who takes part ---- */
/* Where " lr 0.1" stands in the settings, and how long it is. */
static const char *rate_in(const char *settings, size_t *len)
{
    const char *at = strstr(settings, " lr ");
    if (at) *len = 4 + strcspn(at + 4, " ");
    return at;
}

static bool rate_of(const cmd_run *run, double *lr)
{
    char number[40];
    size_t len;
    const char *at = rate_in(run->settings, &len);
    if (!at || len - 4 >= sizeof number) return false;
    snprintf(number, sizeof number, "%.*s", (int)(len - 4), at + 4);
    return lg_parse_double(number, lr);
}

static bool same_but_rate(const cmd_run *a, const cmd_run *b)
{
    size_t m, n;
    const char *x = rate_in(a->settings, &m), *y = rate_in(b->settings, &n);
    return x && y && x - a->settings == y - b->settings &&
           strncmp(a->settings, b->settings, (size_t)(x - a->settings)) == 0 && strcmp(x + m, y + n) == 0 &&
           strcmp(a->fingerprint, b->fingerprint) == 0 && strcmp(a->model, b->model) == 0;
}

static bool takes_part(const cmd_run *run)
{
    return !run->run.interrupted && run->run.before == 0 && (run->run.epochs || run->run.diverged);
}

/* In its place by rate; a later run of the same rate replaces an earlier one. */
static void enter(cmd_race *race, const cmd_run *run, const char *name, double lr)
{
    int at = 0;
    while (at < race->n && race->racer[at].lr > lr) at++;
    bool again = at < race->n && !(race->racer[at].lr < lr);
    if (!again && race->n == CMD_RUNS) return;
    if (!again) memmove(&race->racer[at + 1], &race->racer[at], (size_t)(race->n++ - at) * sizeof *race->racer);
    race->racer[at] = (cmd_racer){.run = run, .name = name, .lr = lr};
}

/* ---- judging ---- */
static const nn_epoch *last_of(const cmd_racer *r)
{
    return r->run->run.epochs ? &r->run->run.epoch[r->run->run.epochs - 1] : NULL;
}

/* Entropy of the classes' shares, of the validation images, else as if all were equally frequent. */
static double guessing_of(const cmd_race *race)
{
    for (int i = 0; i < race->n; i++) {
        const cmd_score *s = &race->racer[i].run->score[DATA_VAL];
        double all = s->count ? (double)cmd_score_total(s) : 0, sum = 0;
        for (int k = 0; all > 0 && k < s->classes; k++) {
            double share = (double)nn_confusion_class(s->count, s->classes, k).truth / all;
            if (share > 0) sum -= share * log(share);
        }
        if (all > 0 && sum > 0) return sum;
    }
    int classes = race->racer[0].run->run.classes;
    return log(classes > 1 ? classes : 2);
}

/* What the race is about: the validation accuracy that was reached, else the loss at the end. */
static double merit(const cmd_racer *r)
{
    const nn_epoch *kept = cmd_run_kept(r->run), *last = last_of(r);
    if (!last || r->run->run.diverged) return -INFINITY;
    return isnan(kept->val_accuracy) ? -last->loss : kept->val_accuracy;
}

static bool at_chance(const cmd_race *race, const cmd_racer *r)
{
    return last_of(r) && last_of(r)->loss >= CHANCE * race->guessing;
}

/* How much the loss fell in the last epoch. */
static double slope(const cmd_racer *r)
{
    const nn_run *run = &r->run->run;
    return run->epochs > 1 ? run->epoch[run->epochs - 2].loss - run->epoch[run->epochs - 1].loss : 0;
}

static bool still_falling(const cmd_racer *r)
{
    return slope(r) > FALLING * last_of(r)->loss;
}

static bool hardly_moves(const cmd_racer *r)
{
    double first = r->run->run.epoch[0].loss;
    return fabs(first - last_of(r)->loss) < MOVED * first;
}

/* Does the loss fall in every epoch? */
static bool falls(const cmd_racer *r)
{
    const nn_run *run = &r->run->run;
    for (int i = 1; i < run->epochs; i++)
        if (run->epoch[i].loss >= run->epoch[i - 1].loss) return false;
    return run->epochs > 1;
}

static bool like_best(const cmd_race *race, const cmd_racer *r)
{
    const cmd_score *a = &race->racer[race->best].run->score[DATA_VAL], *b = &r->run->score[DATA_VAL];
    if (!a->count || !b->count || r->run->run.diverged) return false;
    return nn_rates_test(cmd_score_right(a), cmd_score_total(a), cmd_score_right(b), cmd_score_total(b), 0.95).p >=
           0.05;
}

static cmd_race_verdict verdict_of(const cmd_race *race, const cmd_racer *r)
{
    const cmd_racer *best = race->best < 0 ? NULL : &race->racer[race->best];
    if (r == best) return RACE_RIGHT;
    if (r->run->run.diverged) return RACE_LOST;
    bool larger = best ? r->lr > best->lr : !falls(r);
    if (larger && at_chance(race, r)) return RACE_STUCK;
    if (best && !at_chance(race, r) && like_best(race, r)) return RACE_ALSO_RIGHT;
    if (larger) return RACE_LARGE;
    bool behind = !best || last_of(r)->loss > BEHIND * last_of(best)->loss;
    return behind && (still_falling(r) || hardly_moves(r)) ? RACE_SMALL : RACE_SLOW;
}

bool cmd_race_of(const cmd_run *const *run, const char *const *name, int n, cmd_race *out)
{
    double lr;
    *out = (cmd_race){.best = -1};
    int last = n - 1;
    while (last >= 0 && !takes_part(run[last])) last--;
    for (int i = 0; i <= last; i++)
        if (takes_part(run[i]) && same_but_rate(run[i], run[last]) && rate_of(run[i], &lr))
            enter(out, run[i], name[i], lr);
    if (out->n < 2) return false;
    out->guessing = guessing_of(out);
    for (int i = 0; i < out->n; i++) {
        if (out->racer[i].run->run.diverged || at_chance(out, &out->racer[i])) continue;
        if (out->best < 0 || merit(&out->racer[i]) > merit(&out->racer[out->best])) out->best = i;
    }
    for (int i = 0; i < out->n; i++) out->racer[i].verdict = verdict_of(out, &out->racer[i]);
    return true;
}

bool cmd_race_has(const cmd_race *race, const cmd_run *run)
{
    for (int i = 0; i < race->n; i++)
        if (race->racer[i].run == run) return true;
    return false;
}

/* ---- words ---- */
static const char *const notes[] = {
    [RACE_RIGHT] = "right",
    [RACE_LOST] = "too large",
    [RACE_STUCK] = "too large",
    [RACE_LARGE] = "rather large",
    [RACE_SMALL] = "too small",
    [RACE_SLOW] = "rather small",
    [RACE_ALSO_RIGHT] = "right as well",
};

static void say_end(const cmd_racer *r, lg_buf *out)
{
    const nn_run *run = &r->run->run;
    lg_buf_addf(out, "loss %.3g in epoch 1, %.3g in epoch %d", run->epoch[0].loss, last_of(r)->loss, last_of(r)->epoch);
}

static int rises(const cmd_racer *r)
{
    int n = 0;
    for (int i = 1; i < r->run->run.epochs; i++) n += r->run->run.epoch[i].loss > r->run->run.epoch[i - 1].loss;
    return n;
}

/* A best rate at the end of those tried may not be the best there is. */
static void say_edge(const cmd_race *race, const cmd_racer *r, lg_buf *out)
{
    if (r == &race->racer[0]) lg_buf_adds(out, "; no larger one was tried");
    else if (r == &race->racer[race->n - 1]) lg_buf_adds(out, "; no smaller one was tried");
}

static void say_racer(const cmd_race *race, const cmd_racer *r, lg_buf *out)
{
    const nn_run *run = &r->run->run;
    const cmd_racer *best = race->best < 0 ? NULL : &race->racer[race->best];
    lg_buf_addf(out, "lr %g: %s: ", r->lr, notes[r->verdict]);
    switch (r->verdict) {
    case RACE_LOST:
        lg_buf_addf(out, "the steps overshoot and the loss is no longer a number in epoch %d",
                    run->epochs ? last_of(r)->epoch + 1 : 1);
        return;
    case RACE_STUCK:
        lg_buf_addf(out,
                    "the loss stays at %.3g, where guessing is (%.3g): steps so long pass over everything there is to "
                    "learn",
                    last_of(r)->loss, race->guessing);
        return;
    case RACE_LARGE:
        say_end(r, out);
        if (rises(r)) lg_buf_addf(out, ", and it rose %d time%s on the way", rises(r), rises(r) == 1 ? "" : "s");
        lg_buf_addf(out, "; lr %g comes to %.3g", best->lr, last_of(best)->loss);
        return;
    case RACE_SMALL:
        if (hardly_moves(r)) lg_buf_addf(out, "the loss hardly falls, %.4g in epoch 1 and", run->epoch[0].loss);
        else lg_buf_addf(out, "still falling, by %.2g in the last epoch, at", slope(r));
        lg_buf_addf(out, " %.4g in epoch %d", last_of(r)->loss, last_of(r)->epoch);
        if (best) lg_buf_addf(out, " where lr %g is at %.3g", best->lr, last_of(best)->loss);
        if (!hardly_moves(r)) lg_buf_adds(out, "; more epochs may get there");
        return;
    case RACE_SLOW:
        say_end(r, out);
        if (best) lg_buf_addf(out, "; lr %g comes to %.3g", best->lr, last_of(best)->loss);
        return;
    case RACE_ALSO_RIGHT:
        say_end(r, out);
        lg_buf_addf(out, "; on the validation images not distinguishable from lr %g", best->lr);
        return;
    case RACE_RIGHT:
        say_end(r, out);
        lg_buf_adds(out, ", the best of those tried");
        say_edge(race, r, out);
        return;
    }
}

/* "lr 1 is too large, lr 0.1 right, lr 0.001 too small in 5 epochs" */
static void say_race(const cmd_race *race, lg_buf *out)
{
    for (int i = 0; i < race->n; i++)
        lg_buf_addf(out, "%s%g %s%s", i ? ", " : "lr ", race->racer[i].lr, i ? "" : "is ",
                    notes[race->racer[i].verdict]);
    lg_buf_addf(out, " in %d epochs", race->racer[0].run->planned);
    if (race->best < 0) lg_buf_adds(out, "; none of them has learnt more than guessing");
}

/* ---- the document ---- */
static double top_of(const cmd_race *race)
{
    double most = race->guessing;
    for (int i = 0; i < race->n; i++)
        for (int k = 0; k < race->racer[i].run->run.epochs; k++) {
            const nn_epoch *e = &race->racer[i].run->run.epoch[k];
            most = fmax(most, fmax(e->loss, e->val_loss)); /* fmax skips NaN */
        }
    return fmin(1.1 * most, 2 * race->guessing);
}

static void doc_picture(plt_doc *doc, const cmd_race *race, double *room, const char *sentence)
{
    plt_multiple panel[CMD_RUNS];
    char name[CMD_RUNS][32], detail[CMD_RUNS][48];
    for (int i = 0; i < race->n; i++) {
        const cmd_racer *r = &race->racer[i];
        int n = r->run->run.epochs;
        double *train = room, *val = room + n;
        for (int k = 0; k < n; k++) train[k] = r->run->run.epoch[k].loss, val[k] = r->run->run.epoch[k].val_loss;
        room += 2 * n;
        snprintf(name[i], sizeof name[i], "lr %g", r->lr);
        snprintf(detail[i], sizeof detail[i], n ? "loss %.3g to %.3g" : "lost at once", n ? train[0] : 0,
                 n ? train[n - 1] : 0);
        panel[i] = (plt_multiple){.name = name[i],
                                  .note = notes[r->verdict],
                                  .detail = detail[i],
                                  .train = train,
                                  .val = n && !isnan(val[0]) ? val : NULL,
                                  .n = n,
                                  .lost = r->run->run.diverged ? n + 1 : 0};
    }
    plt_multiples(doc, &(plt_multiples_spec){.title = "A race of learning rates: loss by epoch",
                                             .sentence = sentence,
                                             .x_label = "epoch",
                                             .y = {.min = 0, .max = top_of(race)},
                                             .panel = panel,
                                             .n = race->n,
                                             .total = race->racer[0].run->planned,
                                             .baseline = race->guessing,
                                             .baseline_name = "guessing"});
}

static void doc_table(plt_doc *doc, const cmd_race *race)
{
    plt_table(doc, "%s", "");
    plt_column(doc, PLT_RIGHT, "lr");
    plt_column(doc, PLT_LEFT, "Run");
    plt_column(doc, PLT_RIGHT, "First loss");
    plt_column(doc, PLT_RIGHT, "Last loss");
    plt_column(doc, PLT_RIGHT, "Validation");
    plt_column(doc, PLT_RIGHT, "95%% interval");
    plt_column(doc, PLT_LEFT, "Rate");
    for (int i = 0; i < race->n; i++) {
        const cmd_racer *r = &race->racer[i];
        const nn_epoch *last = last_of(r);
        const cmd_score *s = &r->run->score[DATA_VAL];
        bool judged = last && s->count;
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%g", r->lr);
        plt_cell(doc, "%s", r->name);
        if (last) plt_cell(doc, "%.3g", r->run->run.epoch[0].loss);
        else plt_cell(doc, "–");
        if (last && !r->run->run.diverged) plt_cell(doc, "%.3g", last->loss);
        else plt_cell(doc, "lost");
        if (judged) plt_cell(doc, "%s%%", plt_points(nn_confusion_accuracy(s->count, s->classes), 1));
        else plt_cell(doc, "–");
        plt_cell(doc, "%s", judged ? cmd_interval_text(cmd_score_right(s), cmd_score_total(s), 0.95) : "–");
        plt_cell(doc, "%s", notes[r->verdict]);
    }
}

void cmd_doc_race(plt_doc *doc, const cmd_race *race)
{
    lg_buf words;
    lg_err ignored = {0};
    size_t numbers = 1;
    for (int i = 0; i < race->n; i++) numbers += 2 * (size_t)race->racer[i].run->run.epochs;
    double *room = lg_alloc(numbers, sizeof *room, &ignored);
    if (!room) return;
    lg_buf_init(&words, 0);
    say_race(race, &words);
    doc_picture(doc, race, room, lg_buf_str(&words));
    for (int i = 0; i < race->n; i++) {
        lg_buf_clear(&words);
        say_racer(race, &race->racer[i], &words);
        plt_item(doc, "%s", lg_buf_str(&words));
    }
    doc_table(doc, race);
    lg_buf_release(&words);
    lg_free(room);
}
