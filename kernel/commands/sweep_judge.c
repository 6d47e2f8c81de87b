/* sweep_judge.c - which settings won, and what of that may be chance. */
#include "kernel/commands/box_sweep.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

double cmd_sweep_value_of(const cmd_sweep *sweep, const cmd_trial *trial)
{
    double value;
    if (!trial || cmd_score_field(&trial->score, sweep->labels.name, sweep->metric, &value)) return NAN;
    return value;
}

int cmd_sweep_finished(const cmd_sweep *sweep)
{
    int count = 0;
    for (int i = 0; i < sweep->settings * sweep->repeat; i++) count += sweep->trial[i] != NULL;
    return count;
}

/* Exact for 1 and 2 degrees of freedom; from 3 on the expansion in 1/df of Cornish and Fisher, right to 1%. */
double cmd_student_t(int df)
{
    const double z = 1.959963985, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
    if (df < 1) return INFINITY;
    if (df == 1) return 12.7062047;
    if (df == 2) return 4.3026527;
    double d = df;
    return z + (z3 + z) / (4 * d) + (5 * z5 + 16 * z3 + 3 * z) / (96 * d * d) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * d * d * d);
}

static cmd_standing standing_of(const cmd_sweep *sweep, int setting)
{
    cmd_standing s = {.setting = setting};
    for (int k = 0; k < sweep->repeat; k++) {
        double value = cmd_sweep_value_of(sweep, sweep->trial[setting * sweep->repeat + k]);
        if (isnan(value)) continue;
        if (!s.runs || value < s.low) s.low = value;
        if (!s.runs || value > s.high) s.high = value;
        s.mean += value;
        s.runs++;
    }
    if (s.runs) s.mean /= s.runs;
    return s;
}

/* Sum of squares of a setting's runs around their mean. */
static double squares(const cmd_sweep *sweep, const cmd_standing *s)
{
    double sum = 0;
    for (int k = 0; k < sweep->repeat; k++) {
        double value = cmd_sweep_value_of(sweep, sweep->trial[s->setting * sweep->repeat + k]);
        if (!isnan(value)) sum += (value - s->mean) * (value - s->mean);
    }
    return sum;
}

/* t times the standard error of the difference of two means (Student's two-sample test); 0 without repeats. */
static double seeds_margin(const cmd_sweep *sweep, const cmd_standing *a, const cmd_standing *b)
{
    int df = a->runs + b->runs - 2;
    if (df < 1) return 0;
    double variance = (squares(sweep, a) + squares(sweep, b)) / df;
    return cmd_student_t(df) * sqrt(variance * (1.0 / a->runs + 1.0 / b->runs));
}

/* Share of a setting's runs that had this image right. */
static double right_share(const cmd_sweep *sweep, int setting, size_t image)
{
    int right = 0, runs = 0;
    for (int k = 0; k < sweep->repeat; k++) {
        const cmd_trial *t = sweep->trial[setting * sweep->repeat + k];
        if (t && image < t->images) right += t->right[image], runs++;
    }
    return runs ? (double)right / runs : 0;
}

/* Variance of the mean difference of two settings over the images they share. */
static double image_variance(const cmd_sweep *sweep, int a, int b)
{
    size_t n = 0;
    double sum = 0, sum2 = 0;
    for (int k = 0; k < sweep->repeat; k++) {
        const cmd_trial *t = sweep->trial[a * sweep->repeat + k];
        if (t) n = t->images;
    }
    for (size_t i = 0; i < n; i++) {
        double d = right_share(sweep, a, i) - right_share(sweep, b, i);
        sum += d, sum2 += d * d;
    }
    double count = (double)n;
    return n > 1 ? (sum2 - sum * sum / count) / (count - 1) / count : 0;
}

static bool better(const cmd_sweep *sweep, const cmd_standing *a, const cmd_standing *b)
{
    return sweep->lower ? a->mean < b->mean : a->mean > b->mean;
}

int cmd_sweep_judge(const cmd_sweep *sweep, cmd_standing *standing)
{
    int n = 0;
    for (int i = 0; i < sweep->settings; i++) {
        cmd_standing s = standing_of(sweep, i);
        int at = n;
        if (!s.runs) continue;
        for (; at > 0 && better(sweep, &s, &standing[at - 1]); at--) standing[at] = standing[at - 1];
        standing[at] = s;
        n++;
    }
    bool accuracy = strcmp(sweep->metric, "accuracy") == 0;
    for (int i = 0; i < n; i++) {
        cmd_standing *s = &standing[i];
        double seeds = seeds_margin(sweep, &standing[0], s);
        double images = accuracy ? image_variance(sweep, standing[0].setting, s->setting) : 0;
        bool told = accuracy || standing[0].runs + s->runs > 2;
        s->behind = fabs(standing[0].mean - s->mean);
        s->needed = told ? sqrt(1.96 * 1.96 * images + seeds * seeds) : NAN;
    }
    return n;
}
