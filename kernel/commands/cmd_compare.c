/* cmd_compare.c - `compare`: models side by side, and whether one is really better. */
#include "kernel/commands/contend.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdio.h>

#include "lib/base/banned.h"

enum { OBJECTS, ON, BY, AS, CI };

static const dsl_param params[] = {
    [OBJECTS] = {.name = "models",
                 .role = DSL_POSITIONAL,
                 .type = DSL_T_OBJECT,
                 .kinds = DSL_MODELS | DSL_TABLES,
                 .required = true,
                 .list = true,
                 .help = "two or more models, or confusion matrices"},
    [ON] = {.name = "on",
            .role = DSL_PREPOSITION,
            .type = DSL_T_OBJECT,
            .kinds = DSL_DATASETS,
            .dflt_help = "the validation part of their dataset",
            .help = "the images to judge all of them on"},
    [BY] = {.name = "by", .role = DSL_PREPOSITION, .type = DSL_T_WORD, .offers = DSL_OFFER_LABELS,
            .help = "a label to look at on its own"},
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the comparison as a table"},
    [CI] = CMD_CI_PARAM,
    {0},
};

typedef struct comparison {
    cmd_contest contest;
    double level;
    int label; /* of `by`; -1: none */
    int best;
    bool clear[CMD_CONTENDERS]; /* the best is distinguishable from this one */
} comparison;

static nn_class_score class_of(const cmd_contender *one, int label)
{
    return nn_confusion_class(one->score->count, one->score->classes, label);
}

static int64_t right_of(const cmd_contender *one)
{
    return cmd_score_right(one->score);
}

static int64_t total_of(const cmd_contender *one)
{
    return cmd_score_total(one->score);
}

static double rate_of(const cmd_contender *one)
{
    return nn_confusion_accuracy(one->score->count, one->score->classes);
}

static double macro_of(const cmd_contender *one)
{
    return nn_confusion_macro_f1(one->score->count, one->score->classes);
}

/* ---- the tests ---- */
/* p of a against b; different images: of the two rates. */
static double p_of(const comparison *c, int a, int b)
{
    const cmd_contender *x = &c->contest.one[a], *y = &c->contest.one[b];
    cmd_pair pair;
    if (!c->contest.paired) return nn_rates_test(right_of(x), total_of(x), right_of(y), total_of(y), c->level).p;
    cmd_contest_pair(&c->contest, a, b, -1, &pair);
    return pair.test.p;
}

/* The interval of the difference must leave 0 out as well as the test: for few images one of the two may not, and no
 * reader should find the sentence and the figures under it at odds. */
static bool above_zero(const comparison *c, int a, int b, int label)
{
    cmd_pair pair;
    if (!c->contest.paired) return true;
    cmd_contest_pair(&c->contest, a, b, label, &pair);
    long long n = (long long)(pair.both + pair.only_first + pair.only_second + pair.neither);
    return nn_paired_interval(pair.only_first, pair.only_second, n, c->level).low > 0;
}

/* Is the best distinguishable from each? Holm 1979: the k-th smallest p of n counts n - k + 1 times, and never less
 * than a smaller one did. */
static void find_clear(comparison *c)
{
    double p[CMD_CONTENDERS];
    int n = c->contest.n - 1;
    for (int i = 0; i <= n; i++) p[i] = i == c->best ? NAN : p_of(c, c->best, i);
    for (int i = 0; i <= n; i++) {
        double adjusted = 0;
        for (int j = 0; i != c->best && j <= n; j++) {
            int below = 0;
            if (j == c->best || p[j] > p[i]) continue;
            for (int k = 0; k <= n; k++) below += k != c->best && (p[k] < p[j] || (p[k] <= p[j] && k < j));
            adjusted = fmax(adjusted, (n - below) * p[j]);
        }
        c->clear[i] = i == c->best || (adjusted < 1 - c->level && above_zero(c, c->best, i, -1));
    }
}

static bool all_clear(const comparison *c)
{
    bool clear = true;
    for (int i = 0; i < c->contest.n; i++) clear = clear && c->clear[i];
    return clear;
}

/* ---- V23: the table ---- */
static void names_row(plt_doc *doc, const comparison *c)
{
    plt_table(doc, "%s", "");
    plt_column(doc, PLT_LEFT, "%s", "");
    for (int i = 0; i < c->contest.n; i++) plt_column(doc, PLT_RIGHT, "%s", c->contest.one[i].name);
}

static void rate_cell(plt_doc *doc, int64_t right, int64_t total, double level)
{
    if (total > 0)
        plt_cell(doc, "%s%% (%s)", plt_points((double)right / (double)total, 1),
                 cmd_interval_text(right, total, level));
    else plt_cell(doc, "%s", "–");
}

typedef enum figure {
    ACCURACY,
    PRECISION,
    RECALL,
    MACRO_F1,
    BALANCED,
    BASELINE,
    CALIBRATION,
    IMAGES,
    PARAMS,
    SECONDS
} figure;

static void figure_cell(plt_doc *doc, const comparison *c, const cmd_contender *one, figure what)
{
    const cmd_score *s = one->score;
    const cmd_run *run = one->model ? cmd_model_run(one->model) : NULL;
    nn_class_score k = {0};
    if (c->label >= 0) k = class_of(one, c->label);
    switch (what) {
    case ACCURACY: rate_cell(doc, right_of(one), total_of(one), c->level); break;
    case PRECISION: rate_cell(doc, k.right, k.predicted, c->level); break;
    case RECALL: rate_cell(doc, k.right, k.truth, c->level); break;
    case MACRO_F1: plt_cell(doc, "%.3f", macro_of(one)); break;
    case BALANCED: plt_cell(doc, "%s%%", plt_points(nn_confusion_balanced_accuracy(s->count, s->classes), 1)); break;
    case BASELINE: plt_cell(doc, "%s%%", plt_points(cmd_score_baseline(s), 1)); break;
    case CALIBRATION: plt_cell(doc, "%.3f", nn_calibration_error(&s->calibration)); break;
    case IMAGES: plt_cell(doc, "%s", lg_thousands((long long)total_of(one))); break;
    case PARAMS: plt_cell(doc, "%s", lg_thousands((long long)nn_net_params(one->model->net))); break;
    default:
        if (run) plt_cell(doc, "%.3g s", run->seconds);
        else plt_cell(doc, "%s", "–");
        break;
    }
}

static void figure_row(plt_doc *doc, const comparison *c, figure what, const char *name)
{
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", name);
    for (int i = 0; i < c->contest.n; i++) {
        figure_cell(doc, c, &c->contest.one[i], what);
        if (what == ACCURACY && i == c->best && all_clear(c)) plt_cell_bold(doc);
    }
}

static void doc_table(plt_doc *doc, const comparison *c)
{
    const cmd_contest *all = &c->contest;
    char name[200];
    bool models = true, sure = true;
    for (int i = 0; i < all->n; i++) {
        models = models && all->one[i].model;
        sure = sure && nn_calibration_total(&all->one[i].score->calibration) > 0;
    }
    names_row(doc, c);
    snprintf(name, sizeof name, "Accuracy (%.4g%% interval)", 100 * c->level);
    figure_row(doc, c, ACCURACY, name);
    if (c->label >= 0) {
        snprintf(name, sizeof name, "Precision of %.120s", all->one[0].labels->name[c->label]);
        figure_row(doc, c, PRECISION, name);
        snprintf(name, sizeof name, "Recall of %.120s", all->one[0].labels->name[c->label]);
        figure_row(doc, c, RECALL, name);
    }
    figure_row(doc, c, MACRO_F1, "Macro F1");
    figure_row(doc, c, BALANCED, "Balanced accuracy");
    figure_row(doc, c, BASELINE, "Always the largest class");
    if (sure) figure_row(doc, c, CALIBRATION, "Calibration error");
    figure_row(doc, c, IMAGES, "Images");
    if (models) figure_row(doc, c, PARAMS, "Parameters");
    if (models) figure_row(doc, c, SECONDS, "Training");
}

/* Every class stands here, also one without images. */
static void doc_recalls(plt_doc *doc, const comparison *c)
{
    const cmd_labels *labels = c->contest.one[0].labels;
    if (labels->count > 24) return;
    names_row(doc, c);
    for (int k = 0; k < labels->count; k++) {
        if (k == c->label) continue; /* stands above */
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "Recall of %s", labels->name[k]);
        for (int i = 0; i < c->contest.n; i++) {
            nn_class_score s = class_of(&c->contest.one[i], k);
            rate_cell(doc, s.right, s.truth, c->level);
            if (s.truth) plt_cell_tip(doc, "%lld of %lld", (long long)s.right, (long long)s.truth);
        }
    }
}

/* ---- verdicts ---- */
/* "p = 0.03", "p < 0.0001" */
static const char *p_text(double p, char room[24])
{
    if (p < 0.0001) snprintf(room, 24, "p < 0.0001");
    else snprintf(room, 24, "p = %.2g", p);
    return room;
}

static void say_pair(plt_doc *doc, const comparison *c, int a, int b, int label, bool clear)
{
    cmd_pair pair;
    char p[24], method[60], on[200];
    const char *first = c->contest.one[a].name, *second = c->contest.one[b].name;
    cmd_contest_pair(&c->contest, a, b, label, &pair);
    long long n = (long long)(pair.both + pair.only_first + pair.only_second + pair.neither);
    nn_interval d = nn_paired_interval(pair.only_first, pair.only_second, n, c->level);
    if (isnan(pair.test.chi2)) snprintf(method, sizeof method, "McNemar's test, exact mid-p");
    else snprintf(method, sizeof method, "McNemar's test, chi-square %.2f", pair.test.chi2);
    if (label < 0) snprintf(on, sizeof on, "these %s images", lg_thousands(n));
    else snprintf(on, sizeof on, "the %s images of %.120s", lg_thousands(n), c->contest.one[0].labels->name[label]);
    if (clear) plt_sentence(doc, "%s is better than %s on %s", first, second, on);
    else plt_sentence(doc, "%s and %s are not distinguishable on %s", first, second, on);
    plt_text(doc,
             "%s alone is right on %s, %s alone on %s: a difference of %s points (%.4g%% interval %s to %s), %s (%s)",
             first, lg_thousands((long long)pair.only_first), second, lg_thousands((long long)pair.only_second),
             plt_points((double)(pair.only_first - pair.only_second) / (double)(n ? n : 1), 1), 100 * c->level,
             plt_points(d.low, 1), plt_points(d.high, 1), p_text(pair.test.p, p), method);
    if (!clear && pair.test.p < 1 - c->level && !above_zero(c, a, b, label))
        plt_note(doc, "the interval holds 0, so the verdict stays open though the p value is small");
}

/* Matrices of files: classes of other sizes prove other images; equal ones prove nothing. */
static bool surely_apart(const cmd_contender *a, const cmd_contender *b)
{
    if (a->set && b->set) return true;
    for (int k = 0; k < a->labels->count; k++)
        if (class_of(a, k).truth != class_of(b, k).truth) return true;
    return false;
}

static bool any_apart(const comparison *c)
{
    bool apart = false;
    for (int i = 1; i < c->contest.n; i++) apart = apart || surely_apart(&c->contest.one[0], &c->contest.one[i]);
    return apart;
}

static bool overlap(nn_interval a, nn_interval b)
{
    return a.low <= b.high && b.low <= a.high;
}

/* Different images: what accuracy says and what the classes say may be two things, and both may be chance. */
static void say_apart(plt_doc *doc, const comparison *c, int a, int b)
{
    const cmd_contender *x = &c->contest.one[a], *y = &c->contest.one[b];
    nn_interval i = nn_wilson(right_of(x), total_of(x), c->level), j = nn_wilson(right_of(y), total_of(y), c->level);
    nn_rates r = nn_rates_test(right_of(x), total_of(x), right_of(y), total_of(y), c->level);
    const char *meet = overlap(i, j) ? "the intervals overlap" : "the intervals do not overlap";
    const char *images = surely_apart(x, y) ? "the images differ" : "whether the images are the same is not known";
    char p[24];
    if (!(rate_of(x) > rate_of(y)))
        plt_sentence(doc, "%s and %s are equally often right, %s, and %s", x->name, y->name, meet, images);
    else if (macro_of(x) < macro_of(y))
        plt_sentence(doc, "On a per-class view the model that accuracy prefers, %s, is the worse one, %s, and %s",
                     x->name, meet, images);
    else plt_sentence(doc, "%s is ahead of %s, on a per-class view too, %s, and %s", x->name, y->name, meet, images);
    plt_text(doc,
             "%s has %s%% of %s right, %s %s%% of %s: a difference of %s points (%.4g%% interval %s to %s), %s (%s), "
             "%s; macro F1 %.3f against %.3f",
             x->name, plt_points(rate_of(x), 1), lg_thousands((long long)total_of(x)), y->name,
             plt_points(rate_of(y), 1), lg_thousands((long long)total_of(y)), plt_points(r.difference, 1),
             100 * c->level, plt_points(r.low, 1), plt_points(r.high, 1), p_text(r.p, p),
             r.exact ? "Fisher's exact test" : "test of two proportions",
             c->clear[b] ? "distinguishable" : "not distinguishable", macro_of(x), macro_of(y));
}

static void doc_verdicts(plt_doc *doc, const comparison *c)
{
    for (int i = 0; i < c->contest.n; i++) {
        if (i == c->best) continue;
        if (!c->contest.paired) say_apart(doc, c, c->best, i);
        else say_pair(doc, c, c->best, i, -1, c->clear[i]);
    }
    if (!c->contest.paired)
        plt_note(doc, "for an answer picture by picture, `compare` the models themselves `on` one part of one dataset");
    for (int i = 0; i < c->contest.n; i++)
        if (c->contest.one[i].matrix && c->contest.one[i].matrix->note)
            plt_note(doc, "%s: %s", c->contest.one[i].name, c->contest.one[i].matrix->note);
    if (c->contest.n > 2)
        plt_note(doc,
                 "the p values are as they are; the verdicts, and the best in bold, count %d comparisons (Holm's rule)",
                 c->contest.n - 1);
}

/* How many tests it was is not hidden: this one looks at a single class. */
static void doc_label(plt_doc *doc, const comparison *c)
{
    cmd_pair pair;
    if (c->label < 0 || !c->contest.paired || c->contest.n != 2) return;
    cmd_contest_pair(&c->contest, 0, 1, c->label, &pair);
    int a = pair.only_first >= pair.only_second ? 0 : 1;
    say_pair(doc, c, a, 1 - a, c->label, pair.test.p < 1 - c->level && above_zero(c, a, 1 - a, c->label));
}

/* ---- V24: the square, and the images only one of them gets right ---- */
static lg_status only_one(plt_doc *doc, const comparison *c, int a, int b, lg_err *err)
{
    enum { MOST = 16, SIZE = 64, SIDE = 96 };
    const cmd_contender *x = &c->contest.one[a], *y = &c->contest.one[b];
    cmd_pair pair;
    int shown = 0;
    cmd_contest_pair(&c->contest, a, b, -1, &pair);
    if (!pair.only_first) return LG_OK;
    plt_fold_begin(doc, "%s image%s only %s gets right", lg_thousands((long long)pair.only_first),
                   pair.only_first == 1 ? "" : "s", x->name);
    plt_grid(doc, SIZE, pair.only_first > MOST ? "the first %d; bar: what %s says" : "all %d; bar: what %s says",
             pair.only_first > MOST ? MOST : (int)pair.only_first, y->name);
    for (size_t i = 0; i < data_count(x->set) && shown < MOST; i++) {
        data_image image;
        data_image_at(x->set, i, &image);
        if (x->said[i] != image.label || y->said[i] == image.label) continue;
        LG_TRY(cmd_doc_tile(doc, x->set, i, SIDE, PLT_EDGE_NONE, err));
        plt_thumb_bar(doc, PLT_TONE_BAD, cmd_contender_sure(y, i), "%s %s%%", x->labels->name[y->said[i]],
                      plt_points(cmd_contender_sure(y, i), 0));
        shown++;
    }
    plt_fold_end(doc);
    return LG_OK;
}

static lg_status doc_square(plt_doc *doc, const comparison *c, lg_err *err)
{
    cmd_pair pair;
    if (!c->contest.paired || c->contest.n != 2) return LG_OK;
    cmd_contest_pair(&c->contest, 0, 1, -1, &pair);
    plt_agreement(doc, &(plt_agreement_spec){.title = "Who is right where",
                                             .sentence = "",
                                             .first = c->contest.one[0].name,
                                             .second = c->contest.one[1].name,
                                             .both = pair.both,
                                             .only_first = pair.only_first,
                                             .only_second = pair.only_second,
                                             .neither = pair.neither});
    LG_TRY(only_one(doc, c, 0, 1, err));
    return only_one(doc, c, 1, 0, err);
}

static void doc_intervals(plt_doc *doc, const comparison *c)
{
    const char *label[CMD_CONTENDERS];
    double low[CMD_CONTENDERS], value[CMD_CONTENDERS], high[CMD_CONTENDERS];
    double baseline = cmd_score_baseline(c->contest.one[0].score); /* the same for all where the images are */
    for (int i = 0; i < c->contest.n; i++) {
        const cmd_contender *one = &c->contest.one[i];
        nn_interval ci = nn_wilson(right_of(one), total_of(one), c->level);
        label[i] = one->name;
        low[i] = ci.low, value[i] = rate_of(one), high[i] = ci.high;
    }
    plt_intervals(doc, &(plt_intervals_spec){.title = "Accuracy",
                                             .sentence = "",
                                             .labels = label,
                                             .low = low,
                                             .value = value,
                                             .high = high,
                                             .n = c->contest.n,
                                             .percent = true,
                                             .baseline = c->contest.paired ? baseline : (double)NAN,
                                             .baseline_name = "largest class"});
}

/* ---- the command ---- */
static lg_status find_label(const dsl_call *call, comparison *c, lg_err *err)
{
    const dsl_value *by = dsl_val(call, BY);
    const cmd_labels *labels = c->contest.one[0].labels;
    c->label = -1;
    if (!by) return LG_OK;
    for (int k = 0; k < labels->count; k++)
        if (lg_casecmp(labels->name[k], by->text) == 0) c->label = k;
    if (c->label >= 0) return LG_OK;
    const char *near = lg_nearest(by->text, (const char *const *)labels->name, (size_t)labels->count);
    lg_fail(err, LG_E_DATA, 313, "no label is called `%.80s`", by->text);
    if (near) lg_try(err, "did you mean `%s`?", near);
    return lg_err_place(err, by->span);
}

static void doc_title(plt_doc *doc, const dsl_call *call, const comparison *c)
{
    const cmd_contest *all = &c->contest;
    lg_buf names;
    lg_buf_init(&names, 1 << 16);
    for (int i = 0; i < all->n; i++) lg_buf_addf(&names, "%s%s", i ? ", " : "", all->one[i].name);
    if (all->one[0].model) lg_buf_addf(&names, " on %s", all->one[0].judged.data_name);
    lg_buf_adds(&names, cmd_where_text(call));
    if (all->paired) lg_buf_addf(&names, ", the same %s images", lg_thousands((long long)total_of(&all->one[0])));
    else lg_buf_adds(&names, any_apart(c) ? ", different images" : ", counts only");
    plt_title(doc, "compare %s%s%s", lg_buf_str(&names), *call->note ? " " : "", call->note);
    lg_buf_release(&names);
    for (int i = 0; i < all->n; i++) {
        const cmd_model *model = all->one[i].model;
        if (model && !cmd_model_run(model) && !cmd_model_came_from(model))
            plt_note(doc, "%s has not been trained: its answers are chance", all->one[i].name);
        else if (all->one[i].model) cmd_note_stale(doc, call, all->one[i].model);
        if (all->one[i].model)
            cmd_warn_cleaned(doc, all->one[i].model, all->one[i].name, all->one[i].set, all->one[0].judged.data_name);
    }
    bool training = all->one[0].model && all->one[0].judged.training;
    for (int i = 0; i < all->n && !training; i++)
        if (all->one[i].model) cmd_warn_seen(doc, call, all->one[i].model, all->one[i].name, all->one[i].set);
    for (int i = 0; i < all->n; i++) training = training || (all->one[i].matrix && all->one[i].matrix->training);
    if (training) cmd_doc_training(doc);
}

static lg_status show(const dsl_call *call, const comparison *c, lg_err *err)
{
    plt_doc doc;
    plt_doc_init(&doc);
    doc_title(&doc, call, c);
    doc_verdicts(&doc, c);
    doc_label(&doc, c);
    doc_table(&doc, c);
    doc_recalls(&doc, c);
    doc_intervals(&doc, c);
    if (doc_square(&doc, c, err) == LG_OK) return cmd_display(call, &doc, true, err);
    plt_doc_release(&doc);
    return err->status;
}

static lg_status keep(const dsl_call *call, const comparison *c, lg_err *err)
{
    static const char *const columns[] = {
        "images",   "right",     "accuracy", "low", "high", "baseline", "balanced_accuracy",
        "macro_f1", "precision", "recall",   "f1"};
    rep_table table;
    size_t used = sizeof columns / sizeof *columns - (c->label < 0 ? 3 : 0);
    rep_table_init(&table);
    rep_column_add(&table, "model", REP_TEXT);
    for (size_t i = 0; i < used; i++) rep_column_add(&table, columns[i], REP_NUMBER);
    for (int i = 0; i < c->contest.n; i++) {
        const cmd_contender *one = &c->contest.one[i];
        nn_interval ci = nn_wilson(right_of(one), total_of(one), c->level);
        nn_class_score k = {0};
        if (c->label >= 0) k = class_of(one, c->label);
        const double values[] = {(double)total_of(one),
                                 (double)right_of(one),
                                 rate_of(one),
                                 ci.low,
                                 ci.high,
                                 cmd_score_baseline(one->score),
                                 nn_confusion_balanced_accuracy(one->score->count, one->score->classes),
                                 macro_of(one),
                                 k.precision,
                                 k.recall,
                                 k.f1};
        rep_row_add(&table);
        rep_text(&table, one->name);
        for (size_t v = 0; v < used; v++) rep_number(&table, values[v]);
    }
    return cmd_table_keep(call, AS, &table, call->line, err);
}

static lg_status compare_run(const dsl_call *call, lg_err *err)
{
    comparison c = {.level = cmd_ci_level(call)};
    lg_status st;
    LG_GO(cmd_contest_open(call, OBJECTS, ON, &c.contest, err));
    LG_GO(find_label(call, &c, err));
    c.best = cmd_contest_best(&c.contest);
    find_clear(&c);
    LG_GO(show(call, &c, err));
    if (call->arg[AS].count) st = keep(call, &c, err);
done:
    cmd_contest_close(&c.contest);
    return st;
}

const dsl_command dsl_cmd_compare = {
    .name = "compare",
    .summary = "models side by side on the same images",
    .detail =
        "The verdict may be \"not distinguishable\": McNemar's test looks only at the images that one of them gets "
        "right and the other wrong (exact mid-p below 25 such images, chi-square with continuity correction from "
        "there on). Confusion matrices of different images, also from files, are compared by their rates.",
    .group = "Evaluate",
    .params = params,
    .examples = (const char *const[]){"compare scratch, transfer on logos.val by adidas", NULL},
    .makes = DSL_KIND_TABLE,
    .takes_where = true,
    .check = cmd_ci_check,
    .run = compare_run,
};
