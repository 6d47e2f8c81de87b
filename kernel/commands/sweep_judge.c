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

/* Variance of one run around the mean of its setting, pooled over all settings; *df its degrees of freedom. */
static double seed_variance(const cmd_sweep *sweep, const cmd_standing *standing, int n, int *df)
{
    double sum = 0;
    *df = 0;
    for (int i = 0; i < n; i++) {
        sum += squares(sweep, &standing[i]);
        *df += standing[i].runs - 1;
    }
    return *df ? sum / *df : 0;
}

/* What chance explains with probability 1 - p, from the variances of both sources. */
static double margin(double images, double seeds, int df, double p)
{
    double z = nn_normal_quantile(1 - p), t = df ? nn_student_quantile(p, df) : 0;
    return sqrt(z * z * images + t * t * seeds);
}

/* Holm 1979: the clearest of m differences must hold at 5%/m, the next at 5%/(m - 1), …; the first that does not, and
 * all behind it, are not distinguishable. Clearest: the largest beside its own margin. m counts all pairs, not only
 * those with the best: which one that is was seen in the same numbers. */
static void find_apart(const cmd_sweep *sweep, cmd_standing *standing, int n)
{
    int df;
    double variance = seed_variance(sweep, standing, n, &df);
    bool accuracy = strcmp(sweep->metric, "accuracy") == 0, stopped = false;
    for (int i = 0; i < n; i++) {
        cmd_standing *s = &standing[i];
        s->behind = fabs(standing[0].mean - s->mean);
        s->images = accuracy && i ? image_variance(sweep, standing[0].setting, s->setting) : 0;
        s->seeds = i ? variance * (1.0 / standing[0].runs + 1.0 / s->runs) : 0;
        s->needed = i && (accuracy || df) ? margin(s->images, s->seeds, df, 0.05) : (double)NAN;
    }
    for (int left = n - 1; left > 0; left--) {
        cmd_standing *clearest = NULL;
        for (int i = 1; i < n; i++) {
            cmd_standing *s = &standing[i];
            if (s->judged) continue;
            if (!clearest || s->behind * clearest->needed > clearest->behind * s->needed) clearest = s;
        }
        clearest->judged = true;
        if (!isnan(clearest->needed))
            clearest->needed = margin(clearest->images, clearest->seeds, df, 0.05 / (n * (n - 1) / 2 - (n - 1 - left)));
        stopped = stopped || !(clearest->behind > clearest->needed);
        clearest->apart = !stopped;
    }
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
    find_apart(sweep, standing, n);
    return n;
}
