/* cmd_evaluate.c - `evaluate`: the score card of a model. */
#include "kernel/commands/judge.h"
#include "lib/plot/theme.h"

#include "lib/base/banned.h"

enum { MODEL, ON, AS, CI };

static const dsl_param params[] = {
    [MODEL] = CMD_JUDGED_MODEL,
    [ON] = CMD_JUDGED_ON,
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the card as a table"},
    [CI] = CMD_CI_PARAM,
    {0},
};

/* What the accuracy is worth beside an answer that needs no model. */
static void doc_verdict(plt_doc *doc, const cmd_judged *j, double level)
{
    int64_t right = cmd_score_right(&j->score), total = cmd_score_total(&j->score);
    nn_interval ci = nn_wilson(right, total, level);
    double baseline = cmd_score_baseline(&j->score);
    const char *than = ci.low > baseline    ? "better than"
                       : ci.high < baseline ? "worse than"
                                            : "not distinguishable from";
    if (baseline == 1) { /* one class alone: there is no other answer to compare with */
        plt_sentence(doc, "%s of %s right: %s%% (%.4g%% interval %s), the recall of %s, for all of these are %s",
                     lg_thousands((long long)right), lg_thousands((long long)total),
                     plt_points((double)right / (double)total, 1), 100 * level, cmd_interval_text(right, total, level),
                     plt_label(cmd_score_largest(&j->score, j->labels.name)),
                     plt_label(cmd_score_largest(&j->score, j->labels.name)));
        return;
    }
    plt_sentence(doc, "%s of %s right: accuracy %s%% (%.4g%% interval %s), %s always answering %s (%s%%)",
                 lg_thousands((long long)right), lg_thousands((long long)total),
                 plt_points((double)right / (double)total, 1), 100 * level, cmd_interval_text(right, total, level),
                 than, plt_label(cmd_score_largest(&j->score, j->labels.name)), plt_points(baseline, 1));
}

static void doc_card(plt_doc *doc, const cmd_judged *j)
{
    const int64_t *count = j->score.count;
    int n = j->score.classes, present = 0, counted = 0;
    for (int k = 0; k < n; k++) {
        nn_class_score s = nn_confusion_class(count, n, k);
        present += s.truth > 0;
        counted += s.truth + s.predicted > 0;
    }
    plt_pair(doc, "loss", "%.4f", j->score.loss);
    plt_pair(doc, "balanced accuracy", "%s%% (mean recall of %d class%s)",
             plt_points(nn_confusion_balanced_accuracy(count, n), 1), present, present == 1 ? "" : "es");
    plt_pair(doc, "macro F1", "%.3f (mean of %d class%s)", nn_confusion_macro_f1(count, n), counted,
             counted == 1 ? "" : "es");
    plt_pair(doc, "calibration", "%s (expected error %.3f)", cmd_calibration_text(&j->score.calibration),
             nn_calibration_error(&j->score.calibration));
    for (int k = 0; k < n && n <= 50 && present > 1; k++)
        if (!nn_confusion_class(count, n, k).truth)
            plt_note(doc, "no image is %s: its recall is not known", j->labels.name[k]);
}

static lg_status fill(plt_doc *doc, const dsl_call *call, const cmd_judged *j, lg_err *err)
{
    doc_verdict(doc, j, cmd_ci_level(call));
    doc_card(doc, j);
    if (!call->where) cmd_doc_never(doc, &j->score, j->labels.name, j->model_name);
    return plt_doc_check(doc, err);
}

static void rows(rep_table *table, const dsl_call *call, const cmd_judged *j)
{
    const int64_t *count = j->score.count;
    int n = j->score.classes;
    int64_t right = cmd_score_right(&j->score), total = cmd_score_total(&j->score);
    nn_interval ci = nn_wilson(right, total, cmd_ci_level(call));
    const struct {
        const char *name;
        double value;
    } figures[] = {{"images", (double)total},
                   {"right", (double)right},
                   {"accuracy", (double)right / (double)total},
                   {"low", ci.low},
                   {"high", ci.high},
                   {"baseline", cmd_score_baseline(&j->score)},
                   {"balanced_accuracy", nn_confusion_balanced_accuracy(count, n)},
                   {"macro_f1", nn_confusion_macro_f1(count, n)},
                   {"loss", j->score.loss},
                   {"calibration", nn_calibration_error(&j->score.calibration)}};
    rep_column_add(table, "model", REP_TEXT);
    rep_column_add(table, "data", REP_TEXT);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) rep_column_add(table, figures[i].name, REP_NUMBER);
    rep_row_add(table);
    rep_text(table, j->model_name);
    rep_text(table, j->data_name);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) rep_number(table, figures[i].value);
}

static lg_status evaluate_run(const dsl_call *call, lg_err *err)
{
    return cmd_judging_run(call, &(cmd_judging){.model = MODEL, .on = ON, .as = AS, .fill = fill, .rows = rows}, err);
}

const dsl_command dsl_cmd_evaluate = {
    .name = "evaluate",
    .summary = "accuracy and loss on a split, with a confidence interval",
    .detail =
        "Accuracy counts every image once, balanced accuracy and macro F1 every class once: where classes differ in "
        "size they differ too. The interval is Wilson's; always answering with the largest class is the least a "
        "model must beat.",
    .group = "Evaluate",
    .params = params,
    .examples = (const char *const[]){"evaluate scratch on logos.val", "evaluate scratch ci 90% as card", NULL},
    .makes = DSL_KIND_TABLE,
    .takes_where = true,
    .check = cmd_ci_check,
    .asks_model = true,
    .run = evaluate_run,
};
