/* confusion.c - true by predicted, with totals, recall, precision and their intervals. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

typedef struct matrix_sums {
    int64_t *row, *column; /* n each: true and predicted totals */
    int64_t total, correct;
} matrix_sums;

static bool sum_up(plt_doc *doc, const plt_confusion_spec *s, matrix_sums *sums)
{
    sums->row = plt_doc_alloc(doc, (size_t)s->n, sizeof(int64_t));
    sums->column = plt_doc_alloc(doc, (size_t)s->n, sizeof(int64_t));
    if (!sums->row || !sums->column) return false;
    for (int t = 0; t < s->n; t++) {
        for (int p = 0; p < s->n; p++) {
            int64_t count = s->counts[(size_t)t * (size_t)s->n + (size_t)p];
            sums->row[t] += count;
            sums->column[p] += count;
            sums->total += count;
            if (t == p) sums->correct += count;
        }
    }
    return true;
}

/* "64.1%" */
static void rate_cell(plt_doc *doc, int64_t k, int64_t n, const char *tip)
{
    if (n > 0) plt_cell(doc, "%s%%", plt_points((double)k / (double)n, 1));
    else plt_cell(doc, "–");
    plt_cell_tip(doc, "%s", tip);
}

/* "60 to 68%" */
static void interval_cell(plt_doc *doc, int64_t k, int64_t n)
{
    double low, high;
    plt_wilson(k, n, &low, &high);
    if (n > 0) plt_cell(doc, "%s to %s%%", plt_points(low, 0), plt_points(high, 0));
    else plt_cell(doc, "–");
}

static int64_t hits(const plt_confusion_spec *s, int i)
{
    return s->counts[(size_t)i * (size_t)s->n + (size_t)i];
}

/* Mistakes below a fiftieth of the row keep the page's own colours: a pale cell is the brightest thing on a dark page,
 * and should not be the rarest mistake. The rest begin with a colour that can be told from white. */
static void mistake_tone(plt_doc *doc, double share)
{
    if (share >= 0.02) plt_cell_tone(doc, PLT_TONE_BAD, 0.35 + 0.65 * sqrt(share));
}

static void matrix_row(plt_doc *doc, const plt_confusion_spec *s, const matrix_sums *sums, int t)
{
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", s->labels[t]);
    for (int p = 0; p < s->n; p++) {
        int64_t count = s->counts[(size_t)t * (size_t)s->n + (size_t)p];
        double share = sums->row[t] > 0 ? (double)count / (double)sums->row[t] : 0;
        plt_cell(doc, "%s", lg_thousands(count));
        if (t != p) mistake_tone(doc, share);
        else if (share >= 0.02) plt_cell_tone(doc, PLT_TONE_GOOD, share);
        if (t == p) plt_cell_bold(doc);
        plt_cell_tip(doc, "%s of %s %s called %s (%s%%)", lg_thousands(count), lg_thousands(sums->row[t]),
                     s->labels[t], s->labels[p], plt_points(share, 1));
    }
    plt_cell(doc, "%s", lg_thousands(sums->row[t]));
    plt_cell_bold(doc);
    rate_cell(doc, hits(s, t), sums->row[t], "share of this class that was found");
    interval_cell(doc, hits(s, t), sums->row[t]);
}

static void matrix_totals(plt_doc *doc, const plt_confusion_spec *s, const matrix_sums *sums)
{
    plt_row(doc, PLT_ROW_TOTAL);
    plt_head(doc, "Predicted Total");
    for (int p = 0; p < s->n; p++) plt_cell(doc, "%s", lg_thousands(sums->column[p]));
    plt_cell(doc, "%s", lg_thousands(sums->total));
    plt_cell(doc, "%s", "");
    plt_cell(doc, "%s", "");
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "Precision");
    for (int p = 0; p < s->n; p++)
        rate_cell(doc, hits(s, p), sums->column[p], "share of these predictions that was right");
    rate_cell(doc, sums->correct, sums->total, "accuracy: share of all images that was right");
    plt_cell_bold(doc);
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "95%% interval");
    for (int p = 0; p < s->n; p++) interval_cell(doc, hits(s, p), sums->column[p]);
    interval_cell(doc, sums->correct, sums->total);
}

static void say(plt_doc *doc, const plt_confusion_spec *s, const matrix_sums *sums)
{
    double low, high;
    int64_t most = 0;
    int from = 0, to = 0;
    for (int t = 0; t < s->n; t++)
        for (int p = 0; p < s->n; p++)
            if (t != p && s->counts[(size_t)t * (size_t)s->n + (size_t)p] > most)
                most = s->counts[(size_t)t * (size_t)s->n + (size_t)p], from = t, to = p;
    plt_wilson(sums->correct, sums->total, &low, &high);
    const char *correct = lg_thousands(sums->correct), *total = lg_thousands(sums->total);
    double share = (double)sums->correct / (double)sums->total;
    if (most == 0)
        plt_sentence(doc, "%s of %s correct (%s%%, 95%% interval %s to %s%%); no mistakes", correct, total,
                     plt_points(share, 1), plt_points(low, 1), plt_points(high, 1));
    else
        plt_sentence(doc, "%s of %s correct (%s%%, 95%% interval %s to %s%%); most common mistake: %s %s called %s",
                     correct, total, plt_points(share, 1), plt_points(low, 1), plt_points(high, 1), lg_thousands(most),
                     plt_label(s->labels[from]), plt_label(s->labels[to]));
}

void plt_confusion(plt_doc *doc, const plt_confusion_spec *s)
{
    matrix_sums sums = {0};
    if (s->n < 1 || !sum_up(doc, s, &sums) || sums.total <= 0) {
        plt_figure_empty(doc, s->caption);
        return;
    }
    plt_table(doc, "%s", s->caption ? s->caption : "");
    plt_column(doc, PLT_LEFT, "true \\ predicted");
    for (int p = 0; p < s->n; p++) plt_column(doc, PLT_RIGHT, "%s", s->labels[p]);
    plt_column(doc, PLT_RIGHT, "True Total");
    plt_column(doc, PLT_RIGHT, "Recall");
    plt_column(doc, PLT_RIGHT, "95%% interval");
    for (int t = 0; t < s->n; t++) matrix_row(doc, s, &sums, t);
    matrix_totals(doc, s, &sums);
    if (!s->sentence) say(doc, s, &sums);
    else if (*s->sentence) plt_sentence(doc, "%s", s->sentence);
}
