/* quiz_metrics.c - what the figures of an evaluation mean, on a confusion matrix of the model's own. */
#include "kernel/commands/quiz.h"
#include "kernel/commands/judge.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

static int64_t at(const cmd_quiz *quiz, int truth, int said)
{
    return quiz->score->count[(size_t)truth * (size_t)quiz->score->classes + (size_t)said];
}

static nn_class_score class_of(const cmd_quiz *quiz, int label)
{
    return nn_confusion_class(quiz->score->count, quiz->score->classes, label);
}

static const char *count(int64_t n)
{
    return lg_thousands((long long)n);
}

static const char *percent(int64_t part, int64_t whole)
{
    return plt_points(whole ? (double)part / (double)whole : 0, 1);
}

static bool ask_accuracy(const cmd_quiz *quiz, int about, cmd_question *q)
{
    int64_t right = cmd_score_right(quiz->score), all = cmd_score_total(quiz->score);
    int n = quiz->score->classes;
    double sum = 0;
    int known = 0;
    (void)about;
    if (all < 2) return false;
    for (int k = 0; k < n; k++) {
        nn_class_score s = class_of(quiz, k);
        if (s.truth) sum += (double)s.right / (double)s.truth, known++;
    }
    cmd_q_text(q, "On the diagonal of the matrix stand %s of the %s images. What is the accuracy?", count(right),
               count(all));
    cmd_q_right(q, "%s%%", percent(right, all));
    cmd_q_way(q, "%s / %s = %s%%: what is called as it is, over all", count(right), count(all), percent(right, all));
    cmd_q_wrong(q, "those are off the diagonal: the ones it has wrong", "%s%%", percent(all - right, all));
    cmd_q_wrong(q, "the mean of the recalls is balanced accuracy, where rare labels count as much as frequent ones",
                "%s%%", plt_points(sum / (known ? known : 1), 1));
    cmd_q_wrong(q, "that is right against wrong, not against all", "%s%%",
                percent(right < all - right ? right : all - right, right < all - right ? all - right : right));
    return true;
}

/* Recall reads a row, precision a column. */
static bool ask_rate(const cmd_quiz *quiz, int label, bool recall, cmd_question *q)
{
    nn_class_score s = class_of(quiz, label);
    int64_t all = cmd_score_total(quiz->score), whole = recall ? s.truth : s.predicted,
            other = recall ? s.predicted : s.truth;
    const char *name = quiz->label[label];
    if (whole < 1) return false;
    cmd_q_text(q, "%s images are %s, %s are called %s, and %s are both. What is the %s of %s?", count(s.truth), name,
               count(s.predicted), name, count(s.right), recall ? "recall" : "precision", name);
    cmd_q_right(q, "%s%%", percent(s.right, whole));
    cmd_q_way(q, "%s / %s = %s%%: %s", count(s.right), count(whole), percent(s.right, whole),
              recall ? "of the images that are so, how many were found" : "of those called so, how many are");
    if (other)
        cmd_q_wrong(q, recall ? "over those called so: that is precision" : "over those that are so: that is recall",
                    "%s%%", percent(s.right, other));
    cmd_q_wrong(q, "over all images: the others have no part in it", "%s%%", percent(s.right, all));
    cmd_q_wrong(q, "those are the ones that were missed, or called so wrongly", "%s%%",
                percent(whole - s.right, whole));
    return true;
}

static bool ask_recall(const cmd_quiz *quiz, int about, cmd_question *q)
{
    return ask_rate(quiz, about, true, q);
}

static bool ask_precision(const cmd_quiz *quiz, int about, cmd_question *q)
{
    return ask_rate(quiz, about, false, q);
}

static bool ask_f1(const cmd_quiz *quiz, int about, cmd_question *q)
{
    nn_class_score s = class_of(quiz, about);
    if (!s.truth || !s.predicted || !s.right) return false;
    double recall = (double)s.right / (double)s.truth, precision = (double)s.right / (double)s.predicted;
    double f1 = 2 * recall * precision / (recall + precision);
    cmd_q_text(q, "%s images are %s, %s are called so, and %s are both: recall %s%%, precision %s%%. What is F1?",
               count(s.truth), quiz->label[about], count(s.predicted), count(s.right), plt_points(recall, 1),
               plt_points(precision, 1));
    cmd_q_right(q, "%s%%", plt_points(f1, 1));
    cmd_q_way(q, "2·%s / (%s + %s) = %s%%: the harmonic mean, which the smaller one of the two pulls down",
              count(s.right), count(s.truth), count(s.predicted), plt_points(f1, 1));
    cmd_q_wrong(q, "the product is smaller than either of them", "%s%%", plt_points(recall * precision, 1));
    cmd_q_wrong(q, "that is the plain mean, which forgives one of them being small", "%s%%",
                plt_points((recall + precision) / 2, 1));
    cmd_q_wrong(q, "that is the larger one of the two", "%s%%", plt_points(fmax(recall, precision), 1));
    return true;
}

/* The cell off the diagonal with the most images, which must be the only one with so many. */
static bool ask_common(const cmd_quiz *quiz, int about, cmd_question *q)
{
    int n = quiz->score->classes, t = -1, p = -1, ties = 0;
    (void)about;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            if (i == k || !at(quiz, i, k)) continue;
            if (t < 0 || at(quiz, i, k) > at(quiz, t, p)) t = i, p = k, ties = 0;
            else if (at(quiz, i, k) == at(quiz, t, p)) ties++;
        }
    if (t < 0 || ties || n < 3) return false;
    cmd_q_text(q, "Which confusion is the most common one? (Rows are what an image is, columns what it is called.)");
    cmd_q_right(q, "%s called %s", quiz->label[t], quiz->label[p]);
    cmd_q_way(q, "%s images stand in row %s, column %s: the largest number off the diagonal", count(at(quiz, t, p)),
              quiz->label[t], quiz->label[p]);
    cmd_q_wrong(q, "rows and columns the other way round", "%s called %s", quiz->label[p], quiz->label[t]);
    int other = n - 1; /* a third class: neither what these images are nor what they are called */
    while (other == t || other == p) other--;
    cmd_q_wrong(q, "that cell has fewer images", "%s called %s", quiz->label[t], quiz->label[other]);
    return true;
}

static bool ask_interval(const cmd_quiz *quiz, int about, cmd_question *q)
{
    int64_t right = cmd_score_right(quiz->score), all = cmd_score_total(quiz->score);
    nn_interval now = nn_wilson(right, all, 0.95), more = nn_wilson(4 * right, 4 * all, 0.95);
    double width = now.high - now.low, then = more.high - more.low;
    (void)about;
    if (all < 2 || fabs(then / width - 0.5) > 0.05) return false; /* near 0 and 100% an interval shrinks faster */
    cmd_q_text(q,
               "%s of %s are right, and the 95%% interval goes from %s to %s%%: it is %s points wide. About how wide "
               "would it be "
               "with four times as many images and the same rate?",
               count(right), count(all), plt_points(now.low, 1), plt_points(now.high, 1), plt_points(width, 1));
    cmd_q_right(q, "%s points", plt_points(then, 1));
    cmd_q_way(q, "about half: its width goes with 1 / √images, and √4 = 2; for %s of %s it goes from %s to %s%%",
              count(4 * right), count(4 * all), plt_points(more.low, 1), plt_points(more.high, 1));
    cmd_q_wrong(q, "it does not go with the number of images but with its root", "%s points", plt_points(width / 4, 1));
    cmd_q_wrong(q, "more images tell more: the rate is the same, the doubt is not", "%s points", plt_points(width, 1));
    return true;
}

static bool ask_baseline(const cmd_quiz *quiz, int about, cmd_question *q)
{
    int64_t right = cmd_score_right(quiz->score), all = cmd_score_total(quiz->score);
    nn_interval ci = nn_wilson(right, all, 0.95);
    double baseline = cmd_score_baseline(quiz->score);
    const char *largest = cmd_score_largest(quiz->score, quiz->label);
    static const char *const says[] = {"yes: all of the interval lies above it",
                                       "no: all of the interval lies below it", "that is open: the interval holds it"};
    int truth = ci.low > baseline ? 0 : ci.high < baseline ? 1 : 2;
    (void)about;
    if (all < 2) return false;
    cmd_q_text(
        q,
        "%s has %s%% right (95%% interval %s to %s%%); always saying %s would have %s%% right. Is it better than that?",
        quiz->model_name, percent(right, all), plt_points(ci.low, 1), plt_points(ci.high, 1), largest,
        plt_points(baseline, 1));
    cmd_q_right(q, "%s", says[truth]);
    cmd_q_way(q, "%s%% %s %s to %s%%: only what lies outside the interval is told apart by these %s images",
              plt_points(baseline, 1),
              truth == 2 ? "lies within"
              : truth    ? "lies above"
                         : "lies below",
              plt_points(ci.low, 1), plt_points(ci.high, 1), count(all));
    for (int i = 0; i < 3; i++)
        if (i != truth)
            cmd_q_wrong(q,
                        i == 2 ? "it is not: compare the ends of the interval with the baseline"
                               : "compare the ends of the interval with the baseline, not its middle",
                        "%s", says[i]);
    return true;
}

static bool ask_balanced(const cmd_quiz *quiz, int about, cmd_question *q)
{
    enum { TERMS = 6 };
    int n = quiz->score->classes;
    double sum = 0, least = 1;
    (void)about;
    if (n < 2 || n > TERMS) return false;
    for (int k = 0; k < n; k++)
        if (!class_of(quiz, k).truth) return false;
    cmd_q_way(q, "(");
    for (int k = 0; k < n; k++) {
        nn_class_score s = class_of(quiz, k);
        double recall = (double)s.right / (double)s.truth;
        cmd_q_way(q, "%s%s", k ? " + " : "", plt_points(recall, 1));
        sum += recall, least = fmin(least, recall);
    }
    cmd_q_way(q, ") / %d = %s%%: every label counts the same, however few its images", n, plt_points(sum / n, 1));
    cmd_q_text(q, "What is the balanced accuracy: the mean of the recalls of all %d labels?", n);
    cmd_q_right(q, "%s%%", plt_points(sum / n, 1));
    cmd_q_wrong(q, "that is accuracy, in which frequent labels count more", "%s%%",
                percent(cmd_score_right(quiz->score), cmd_score_total(quiz->score)));
    cmd_q_wrong(q, "that is the smallest recall", "%s%%", plt_points(least, 1));
    cmd_q_wrong(q, "that is what guessing would come to", "%s%%", plt_points(1.0 / n, 1));
    return true;
}

void cmd_quiz_metrics(cmd_quiz *quiz)
{
    int n = quiz->score->classes;
    cmd_quiz_add(quiz, ask_accuracy, 1);
    cmd_quiz_add(quiz, ask_recall, n);
    cmd_quiz_add(quiz, ask_precision, n);
    cmd_quiz_add(quiz, ask_f1, n);
    cmd_quiz_add(quiz, ask_common, 1);
    cmd_quiz_add(quiz, ask_interval, 1);
    cmd_quiz_add(quiz, ask_baseline, 1);
    cmd_quiz_add(quiz, ask_balanced, 1);
}
