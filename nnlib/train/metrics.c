/* metrics.c - scores from counts. */
#include "nnlib/train/metrics.h"
#include <math.h>
#include "lib/base/banned.h"

/* Acklam's rational approximation of the inverse normal distribution, then one step of Halley's method. */
static double normal_inverse(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                               1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                               6.680131188771972e+01, -1.328068155288572e+01};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                               -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                               3.754408661907416e+00};
    double x, q;
    if (p < 0.02425 || p > 1 - 0.02425) {
        q = sqrt(-2 * log(p < 0.5 ? p : 1 - p));
        x = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
            ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
        if (p > 0.5) x = -x;
    } else {
        q = p - 0.5;
        double r = q * q;
        x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
            (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
    }
    double e = 0.5 * erfc(-x / sqrt(2)) - p, u = e * sqrt(2 * M_PI) * exp(x * x / 2);
    return x - u / (1 + x * u / 2);
}

double nn_normal_quantile(double level)
{
    if (!(level > 0)) return 0;
    if (!(level < 1)) return INFINITY;
    return normal_inverse(0.5 + level / 2);
}

nn_interval nn_wilson(int64_t right, int64_t total, double level)
{
    if (total <= 0) return (nn_interval){0, 1};
    double z = nn_normal_quantile(level), n = (double)total, p = (double)right / n;
    if (isinf(z)) return (nn_interval){0, 1};
    double centre = p + z * z / (2 * n), spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)),
           whole = 1 + z * z / n;
    double low = (centre - spread) / whole, high = (centre + spread) / whole;
    return (nn_interval){right == 0 || low < 0 ? 0 : low, right == total || high > 1 ? 1 : high};
}

void nn_confusion_add(int64_t *count, int classes, int32_t truth, int32_t predicted)
{
    if (truth < 0 || truth >= classes || predicted < 0 || predicted >= classes) return;
    count[(size_t)truth * (size_t)classes + (size_t)predicted]++;
}

nn_class_score nn_confusion_class(const int64_t *count, int classes, int k)
{
    size_t n = (size_t)classes, at = (size_t)k;
    nn_class_score s = {.right = count[at * n + at]};
    for (size_t i = 0; i < n; i++) {
        s.truth += count[at * n + i];
        s.predicted += count[i * n + at];
    }
    if (s.truth) s.recall = (double)s.right / (double)s.truth;
    if (s.predicted) s.precision = (double)s.right / (double)s.predicted;
    if (s.truth + s.predicted) s.f1 = 2 * (double)s.right / (double)(s.truth + s.predicted);
    return s;
}

int64_t nn_confusion_total(const int64_t *count, int classes)
{
    int64_t total = 0;
    for (size_t i = 0; i < (size_t)classes * (size_t)classes; i++) total += count[i];
    return total;
}

double nn_confusion_accuracy(const int64_t *count, int classes)
{
    int64_t total = nn_confusion_total(count, classes), right = 0;
    for (int k = 0; k < classes; k++) right += count[(size_t)k * ((size_t)classes + 1)];
    return total ? (double)right / (double)total : 0;
}

/* Mean of recall over the classes that have images; of F1 over those that have images or were predicted. */
static double class_mean(const int64_t *count, int classes, bool f1)
{
    double sum = 0;
    int present = 0;
    for (int k = 0; k < classes; k++) {
        nn_class_score s = nn_confusion_class(count, classes, k);
        if (!s.truth && !(f1 && s.predicted)) continue;
        sum += f1 ? s.f1 : s.recall;
        present++;
    }
    return present ? sum / present : 0;
}

double nn_confusion_balanced_accuracy(const int64_t *count, int classes)
{
    return class_mean(count, classes, false);
}

double nn_confusion_macro_f1(const int64_t *count, int classes)
{
    return class_mean(count, classes, true);
}

int nn_argmax(const float *p, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++) {
        if (p[i] > p[best]) best = i;
    }
    return best;
}

/* Twice the smaller tail of the binomial distribution with n = b + c, p = 1/2, in logarithms. */
double nn_mcnemar(int64_t b, int64_t c)
{
    int64_t n = b + c, few = b < c ? b : c;
    double tail = 0;
    if (n == 0) return 1;
    for (int64_t k = 0; k <= few; k++)
        tail += exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) - (double)n * M_LN2);
    return tail * 2 < 1 ? tail * 2 : 1;
}
