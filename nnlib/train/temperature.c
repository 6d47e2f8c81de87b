/* temperature.c - the one-dimensional fit of temperature scaling. */
#include "nnlib/train/temperature.h"
#include <math.h>

#include "lib/base/banned.h"

typedef struct likelihood {
    double nll, slope; /* mean, and its derivative by 1 / T */
    size_t rows;
} likelihood;

static double log_share(float p)
{
    return log((double)(p > 1e-38f ? p : 1e-38f));
}

/* One row at b = 1 / T: log sum exp(b l) - b l[truth], and by b: the mean of l under softmax(b l) - l[truth]. */
static void add_row(const float *p, int truth, int classes, double b, likelihood *out)
{
    double most = -INFINITY, sum = 0, mean = 0, own = log_share(p[truth]);
    for (int k = 0; k < classes; k++) most = fmax(most, log_share(p[k]));
    for (int k = 0; k < classes; k++) {
        double l = log_share(p[k]), e = exp(b * (l - most));
        sum += e;
        mean += e * l;
    }
    out->nll += log(sum) + b * (most - own);
    out->slope += mean / sum - own;
    out->rows++;
}

static likelihood likelihood_at(const float *p, const int32_t *truth, size_t n, int classes, double b)
{
    likelihood all = {0};
    for (size_t i = 0; i < n; i++)
        if (truth[i] >= 0 && truth[i] < classes) add_row(p + i * (size_t)classes, truth[i], classes, b, &all);
    if (!all.rows) return all;
    all.nll /= (double)all.rows;
    all.slope /= (double)all.rows;
    return all;
}

/* The slope grows with b: where it is 0 is halved in on, in log b. */
nn_temperature nn_temperature_fit(const float *p, const int32_t *truth, size_t n, int classes)
{
    enum { HALVINGS = 60 };
    double low = log(1 / NN_HOTTEST), high = log(1 / NN_COLDEST);
    likelihood before = likelihood_at(p, truth, n, classes, 1);
    if (!before.rows) return (nn_temperature){.t = 1};
    for (int i = 0; i < HALVINGS && high - low > 1e-12; i++) {
        double middle = (low + high) / 2;
        if (likelihood_at(p, truth, n, classes, exp(middle)).slope < 0) low = middle;
        else high = middle;
    }
    double b = exp((low + high) / 2);
    return (nn_temperature){.t = 1 / b, .nll = before.nll, .nll_at = likelihood_at(p, truth, n, classes, b).nll};
}

void nn_temperature_apply(double t, const float *p, int classes, float *out)
{
    double most = -INFINITY, sum = 0;
    for (int k = 0; k < classes; k++) most = fmax(most, log_share(p[k]));
    for (int k = 0; k < classes; k++) sum += exp((log_share(p[k]) - most) / t);
    for (int k = 0; k < classes; k++) out[k] = (float)(exp((log_share(p[k]) - most) / t) / sum);
}
