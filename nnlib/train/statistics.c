/* statistics.c - the formulas; every probability is summed in logarithms, so large counts do not underflow. */
#include "nnlib/train/statistics.h"
#include <math.h>
#include "lib/base/banned.h"

static double log_choose(int64_t n, int64_t k)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
}

double nn_chi2_tail(double x)
{
    return x > 0 ? erfc(sqrt(x / 2)) : 1;
}

double nn_student_tail(double t, int df)
{
    if (df < 1 || !(t > 0)) return 1;
    double theta = atan(t / sqrt(df)), c = cos(theta), term = df % 2 ? c : 1, sum = df == 1 ? 0 : term;
    for (int k = df % 2 ? 3 : 2; k <= df - 2; k += 2) {
        term *= c * c * (k - 1) / k;
        sum += term;
    }
    double inside = df % 2 ? 2 / acos(-1.0) * (theta + sin(theta) * sum) : sin(theta) * sum;
    return inside < 1 ? 1 - inside : 0;
}

/* The tail falls with t: doubling finds an end, halving the place. */
double nn_student_quantile(double p, int df)
{
    double low = 0, high = 1;
    if (df < 1) return INFINITY;
    while (nn_student_tail(high, df) > p && high < 1e12) high *= 2;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (nn_student_tail(middle, df) > p) low = middle;
        else high = middle;
    }
    return high;
}

nn_interval nn_f1_interval(const nn_class_score *score, double level)
{
    nn_interval j = nn_wilson(score->right, score->truth + score->predicted - score->right, level);
    return (nn_interval){2 * j.low / (1 + j.low), 2 * j.high / (1 + j.high)};
}

/* ---- the same images ---- */
double nn_mcnemar_midp(int64_t b, int64_t c)
{
    int64_t n = b + c, few = b < c ? b : c;
    if (n == 0) return 1;
    double p = nn_mcnemar(b, c) - exp(log_choose(n, few) - (double)n * M_LN2);
    return b == c ? 1 - exp(log_choose(n, few) - (double)n * M_LN2) : p;
}

double nn_mcnemar_chi2(int64_t b, int64_t c)
{
    double off = fabs((double)(b - c)) - 1;
    return b + c > 0 && off > 0 ? off * off / (double)(b + c) : 0;
}

nn_paired nn_mcnemar_test(int64_t b, int64_t c)
{
    if (b + c < 25) return (nn_paired){.p = nn_mcnemar_midp(b, c), .chi2 = (double)NAN};
    double chi2 = nn_mcnemar_chi2(b, c);
    return (nn_paired){.p = nn_chi2_tail(chi2), .chi2 = chi2};
}

/* Wald's interval after one image is added to each of the two uneven cells (Laplace), as Bonett and Price propose. */
nn_interval nn_paired_interval(int64_t b, int64_t c, int64_t n, double level)
{
    if (n <= 0) return (nn_interval){-1, 1};
    double z = nn_normal_quantile(level), whole = (double)n + 2;
    double first = ((double)b + 1) / whole, second = ((double)c + 1) / whole, centre = first - second;
    double spread = z * sqrt((first + second - centre * centre) / whole);
    return (nn_interval){fmax(-1, centre - spread), fmin(1, centre + spread)};
}

/* ---- different images ---- */
double nn_fisher(int64_t a, int64_t b, int64_t c, int64_t d)
{
    int64_t row = a + b, column = a + c, n = a + b + c + d;
    int64_t least = row + column - n > 0 ? row + column - n : 0, most = row < column ? row : column;
    double all = log_choose(n, column), here = log_choose(row, a) + log_choose(n - row, column - a) - all, p = 0;
    for (int64_t k = least; k <= most; k++) {
        double log_p = log_choose(row, k) + log_choose(n - row, column - k) - all;
        if (log_p <= here + 1e-7) p += exp(log_p); /* equal ones count, whatever rounding says */
    }
    return fmin(1, p);
}

/* Every expected count of the 2x2 table is the product of its margins over n. */
static bool expects_few(int64_t right1, int64_t n1, int64_t right2, int64_t n2)
{
    double n = (double)(n1 + n2), rights = (double)(right1 + right2), wrongs = n - rights;
    return fmin((double)n1, (double)n2) * fmin(rights, wrongs) / n < 5;
}

nn_rates nn_rates_test(int64_t right1, int64_t n1, int64_t right2, int64_t n2, double level)
{
    if (n1 <= 0 || n2 <= 0) return (nn_rates){.low = -1, .high = 1, .p = 1};
    double p1 = (double)right1 / (double)n1, p2 = (double)right2 / (double)n2, d = p1 - p2;
    nn_interval one = nn_wilson(right1, n1, level), two = nn_wilson(right2, n2, level);
    nn_rates r = {.difference = d,
                  .low = d - sqrt((p1 - one.low) * (p1 - one.low) + (two.high - p2) * (two.high - p2)),
                  .high = d + sqrt((one.high - p1) * (one.high - p1) + (p2 - two.low) * (p2 - two.low))};
    r.exact = expects_few(right1, n1, right2, n2);
    double pooled = (double)(right1 + right2) / (double)(n1 + n2);
    double variance = pooled * (1 - pooled) * (1 / (double)n1 + 1 / (double)n2);
    r.p = r.exact ? nn_fisher(right1, n1 - right1, right2, n2 - right2) : nn_chi2_tail(d * d / variance);
    return r;
}

/* ---- calibration ---- */
void nn_calibration_add(nn_calibration *c, double confidence, bool right)
{
    if (isnan(confidence)) return;
    int bin = confidence <= 0 ? 0 : confidence >= 1 ? NN_BINS - 1 : (int)(confidence * NN_BINS);
    c->count[bin]++;
    c->right[bin] += right;
    c->confidence[bin] += confidence;
}

int64_t nn_calibration_total(const nn_calibration *c)
{
    int64_t total = 0;
    for (int i = 0; i < NN_BINS; i++) total += c->count[i];
    return total;
}

double nn_calibration_error(const nn_calibration *c)
{
    double off = 0;
    int64_t total = nn_calibration_total(c);
    for (int i = 0; i < NN_BINS; i++) off += fabs(c->confidence[i] - (double)c->right[i]);
    return total ? off / (double)total : 0;
}

double nn_calibration_gap(const nn_calibration *c)
{
    double gap = 0;
    int64_t total = nn_calibration_total(c);
    for (int i = 0; i < NN_BINS; i++) gap += c->confidence[i] - (double)c->right[i];
    return total ? gap / (double)total : 0;
}
