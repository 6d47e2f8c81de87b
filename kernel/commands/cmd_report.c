/* cmd_report.c - `report`: precision, recall and F1 of every class, with intervals; does 80% mean 80%? */
#include "kernel/commands/judge.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdio.h>

#include "lib/base/banned.h"

enum { MODEL, ON, AS, CI, CALIBRATION };

static const dsl_param params[] = {
    [MODEL] = CMD_JUDGED_MODEL,
    [ON] = CMD_JUDGED_ON,
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the report as a table"},
    [CI] = CMD_CI_PARAM,
    [CALIBRATION] = {.name = "calibration",
                     .role = DSL_FLAG,
                     .type = DSL_T_FLAG,
                     .help = "also draw how often it is right when it is so sure"},
    {0},
};

/* ---- the table ---- */
static void rate_cells(plt_doc *doc, int64_t right, int64_t total, double level)
{
    if (total > 0) plt_cell(doc, "%s%%", plt_points((double)right / (double)total, 1));
    else plt_cell(doc, "%s", "–");
    plt_cell(doc, "%s", cmd_interval_text(right, total, level));
}

static void class_row(plt_doc *doc, const char *label, const nn_class_score *s, double level)
{
    nn_interval f1 = nn_f1_interval(s, level);
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", label);
    plt_cell(doc, "%s", lg_thousands((long long)s->truth));
    rate_cells(doc, s->right, s->predicted, level);
    rate_cells(doc, s->right, s->truth, level);
    if (s->truth + s->predicted) {
        plt_cell(doc, "%.3f", s->f1);
        plt_cell(doc, "%.2f to %.2f", f1.low, f1.high);
    }
}

/* Means that count every class once; a class without images has no recall, and still stands in the table. */
static void macro_row(plt_doc *doc, const cmd_score *score)
{
    double precision = 0;
    int counted = 0;
    for (int k = 0; k < score->classes; k++) {
        nn_class_score s = nn_confusion_class(score->count, score->classes, k);
        if (!(s.truth + s.predicted)) continue;
        precision += s.precision;
        counted++;
    }
    plt_row(doc, PLT_ROW_TOTAL);
    plt_head(doc, "mean of classes");
    plt_cell(doc, "%s", lg_thousands((long long)cmd_score_total(score)));
    plt_cell(doc, "%s%%", plt_points(counted ? precision / counted : 0, 1));
    plt_cell_tip(doc, "a class that is never predicted counts as 0");
    plt_cell(doc, "%s", "");
    plt_cell(doc, "%s%%", plt_points(nn_confusion_balanced_accuracy(score->count, score->classes), 1));
    plt_cell_tip(doc, "balanced accuracy");
    plt_cell(doc, "%s", "");
    plt_cell(doc, "%.3f", nn_confusion_macro_f1(score->count, score->classes));
    plt_cell_tip(doc, "macro F1");
}

static void doc_table(plt_doc *doc, const cmd_judged *j, double level)
{
    static const char *const columns[] = {"Precision", "Recall", "F1"};
    plt_table(doc, "%s", "");
    plt_column(doc, PLT_LEFT, "Class");
    plt_column(doc, PLT_RIGHT, "Images");
    for (int i = 0; i < 3; i++) {
        plt_column(doc, PLT_RIGHT, "%s", columns[i]);
        plt_column(doc, PLT_RIGHT, "%.4g%% interval", 100 * level);
    }
    for (int k = 0; k < j->score.classes; k++) {
        nn_class_score s = nn_confusion_class(j->score.count, j->score.classes, k);
        class_row(doc, j->labels.name[k], &s, level);
    }
    macro_row(doc, &j->score);
}

/* ---- V20: a dot with whiskers for the recall of each class, beside what chance would find ---- */
static void doc_chart(plt_doc *doc, const cmd_judged *j, double level)
{
    enum { MOST = 24 };
    const char *label[MOST];
    double low[MOST], value[MOST], high[MOST];
    int n = 0;
    for (int k = 0; k < j->score.classes && n < MOST; k++) {
        nn_class_score s = nn_confusion_class(j->score.count, j->score.classes, k);
        if (!s.truth) continue;
        nn_interval ci = nn_wilson(s.right, s.truth, level);
        label[n] = j->labels.name[k];
        low[n] = ci.low, value[n] = s.recall, high[n++] = ci.high;
    }
    if (n)
        plt_intervals(doc, &(plt_intervals_spec){.title = "Recall: of each class, how much was found",
                                                 .sentence = "",
                                                 .labels = label,
                                                 .low = low,
                                                 .value = value,
                                                 .high = high,
                                                 .n = n,
                                                 .percent = true,
                                                 .baseline = 1.0 / j->score.classes,
                                                 .baseline_name = "guessing"});
}

static void doc_sentences(plt_doc *doc, const cmd_judged *j)
{
    for (int k = 0; k < j->score.classes && k < 24; k++) {
        nn_class_score s = nn_confusion_class(j->score.count, j->score.classes, k);
        const char *name = j->labels.name[k];
        if (!s.truth && !s.predicted) plt_item(doc, "%s: no image, and none was called so", name);
        else if (!s.truth)
            plt_item(doc, "%s: no image; %s %s called so, wrongly", name, lg_thousands((long long)s.predicted),
                     s.predicted == 1 ? "was" : "were");
        else if (!s.predicted)
            plt_item(doc, "%s: %s image%s, and none was called so", name, lg_thousands((long long)s.truth),
                     s.truth == 1 ? "" : "s");
        else
            plt_item(doc, "%s: found %s of %s; of %s called so %s %s", name, lg_thousands((long long)s.right),
                     lg_thousands((long long)s.truth), lg_thousands((long long)s.predicted),
                     lg_thousands((long long)s.right), s.right == 1 ? "is" : "are");
    }
}

static void doc_calibration(plt_doc *doc, const nn_calibration *c)
{
    double confidence[NN_BINS], accuracy[NN_BINS];
    for (int i = 0; i < NN_BINS; i++) {
        confidence[i] = c->count[i] ? c->confidence[i] / (double)c->count[i] : (double)NAN;
        accuracy[i] = c->count[i] ? (double)c->right[i] / (double)c->count[i] : (double)NAN;
    }
    double right = 0, n = (double)nn_calibration_total(c);
    char sentence[200];
    for (int i = 0; i < NN_BINS; i++) right += (double)c->right[i];
    snprintf(sentence, sizeof sentence,
             "It is %s: on average %s%% sure and %s%% right (expected calibration error %.3f)", cmd_calibration_text(c),
             plt_points(right / n + nn_calibration_gap(c), 1), plt_points(right / n, 1), nn_calibration_error(c));
    plt_calibration(doc, &(plt_calibration_spec){.title = "How often it is right when it is so sure",
                                                 .sentence = sentence,
                                                 .n = NN_BINS,
                                                 .confidence = confidence,
                                                 .accuracy = accuracy,
                                                 .count = c->count});
}

static lg_status fill(plt_doc *doc, const dsl_call *call, const cmd_judged *j, lg_err *err)
{
    double level = cmd_ci_level(call);
    doc_table(doc, j, level);
    doc_chart(doc, j, level);
    doc_sentences(doc, j);
    if (dsl_on(call, CALIBRATION)) doc_calibration(doc, &j->score.calibration);
    if (!call->where) cmd_doc_never(doc, &j->score, j->labels.name, j->model_name);
    return plt_doc_check(doc, err);
}

static void rows(rep_table *table, const dsl_call *call, const cmd_judged *j)
{
    static const char *const columns[] = {"images",         "predicted", "right",      "precision",   "precision_low",
                                          "precision_high", "recall",    "recall_low", "recall_high", "f1",
                                          "f1_low",         "f1_high"};
    double level = cmd_ci_level(call);
    rep_column_add(table, "label", REP_TEXT);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) rep_column_add(table, columns[i], REP_NUMBER);
    for (int k = 0; k < j->score.classes; k++) {
        nn_class_score s = nn_confusion_class(j->score.count, j->score.classes, k);
        nn_interval p = nn_wilson(s.right, s.predicted, level), r = nn_wilson(s.right, s.truth, level);
        nn_interval f = nn_f1_interval(&s, level);
        const double none = NAN, values[] = {(double)s.truth,
                                             (double)s.predicted,
                                             (double)s.right,
                                             s.predicted ? s.precision : none,
                                             p.low,
                                             p.high,
                                             s.truth ? s.recall : none,
                                             r.low,
                                             r.high,
                                             s.f1,
                                             f.low,
                                             f.high};
        rep_row_add(table);
        rep_text(table, j->labels.name[k]);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) rep_number(table, values[i]);
    }
}

static lg_status report_run(const dsl_call *call, lg_err *err)
{
    return cmd_judging_run(
        call, &(cmd_judging){.model = MODEL, .on = ON, .as = AS, .png = true, .fill = fill, .rows = rows}, err);
}

const dsl_command dsl_cmd_report = {
    .name = "report",
    .summary = "precision, recall, F1 per class with intervals",
    .detail =
        "Precision: of those it called Nike, how many are Nike. Recall: of all Nikes, how many it found. F1 is high "
        "only where both are. Few images make wide intervals. With `calibration`: does it keep what it promises? "
        "On the diagonal, 80% sure means right 80 times of 100.",
    .group = "Evaluate",
    .params = params,
    .examples = (const char *const[]){"report scratch on logos.val", "report scratch calibration as classes", NULL},
    .makes = DSL_KIND_TABLE,
    .takes_where = true,
    .check = cmd_ci_check,
    .asks_model = true,
    .run = report_run,
};
