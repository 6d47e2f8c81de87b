/* statistics.h - is one model really better? Tests for two models, intervals of differences, and calibration.
 *
 *     // scratch alone right on 24 images, transfer alone on 61, of 601:
 *     nn_paired t = nn_mcnemar_test(24, 61);                     // t.p 0.0001, t.chi2 15.25
 *     nn_interval d = nn_paired_interval(24, 61, 601, 0.95);     // scratch - transfer: -9.1 to -3.1 points
 *     // 385 of 601 against 40 of 55 other images:
 *     nn_rates r = nn_rates_test(385, 601, 40, 55, 0.95);        // r.difference -0.087, r.low -0.19 .. r.high 0.05
 *
 * All functions are pure, accept 0 images (p = 1, the widest interval) and never fail. Counts are not negative.
 * Sources: McNemar 1947 and Edwards 1948 (continuity); mid-p: Fagerland, Lydersen & Laake 2013; the paired interval:
 * Bonett & Price 2012; two rates: Newcombe 1998, method 10; Fisher 1935; calibration: Guo et al. 2017. */
#ifndef NN_STATISTICS_H
#define NN_STATISTICS_H

#include "nnlib/train/metrics.h"

/* ---- one class ---- */
/* Of F1, which is 2j / (1 + j) of the share j = right / (truth + predicted - right): Wilson's interval of that share,
 * carried over (the map is monotone). */
nn_interval nn_f1_interval(const nn_class_score *score, double level);

/* ---- two models on the same images ---- */
/* b: only the first is right, c: only the second. Two-sided probability of a split at least as uneven if both were
 * equally good. */
double nn_mcnemar_midp(int64_t b, int64_t c); /* exact binomial less half of the point probability */
double nn_mcnemar_chi2(int64_t b, int64_t c); /* the statistic (|b - c| - 1)^2 / (b + c), one degree of freedom */

/* The choice made here: mid-p while b + c < 25, for the plain exact test is too timid there; chi-square with continuity
 * correction from 25 on, where both agree and the textbook number can be checked by hand. */
typedef struct nn_paired {
    double p;
    double chi2; /* NaN where mid-p was used */
} nn_paired;
nn_paired nn_mcnemar_test(int64_t b, int64_t c);
/* Of the difference of the two rates (first - second) over n images. */
nn_interval nn_paired_interval(int64_t b, int64_t c, int64_t n, double level);

/* ---- two rates on different images ---- */
typedef struct nn_rates {
    double difference; /* first - second */
    double low, high;  /* Newcombe's interval at the level */
    double p;          /* two-sided: pooled z, or Fisher's exact test where a count of 5 is not to be expected */
    bool exact;        /* it was Fisher's */
} nn_rates;
nn_rates nn_rates_test(int64_t right1, int64_t n1, int64_t right2, int64_t n2, double level);
/* Two-sided, of the table [a b; c d]: the sum of all tables of these margins that are not more probable. */
double nn_fisher(int64_t a, int64_t b, int64_t c, int64_t d);
/* P(X > x) for chi-square with one degree of freedom. */
double nn_chi2_tail(double x);
/* P(|T| > t) for Student's t with df >= 1 degrees of freedom (Student 1908; the finite series of Abramowitz & Stegun
 * 26.7.3 and 26.7.4), and the t for which that is `p`, 0 < p < 1. df < 1: 1, and infinity. */
double nn_student_tail(double t, int df);
double nn_student_quantile(double p, int df);

/* ---- does 80% mean 80%? ---- */
enum { NN_BINS = 10 }; /* of equal width over 0..1; a value on a border belongs to the bin above, 1 to the last */
typedef struct nn_calibration {
    int64_t count[NN_BINS], right[NN_BINS];
    double confidence[NN_BINS];                                            /* sum over the images of the bin */
} nn_calibration;                                                          /* {0} is empty */
void nn_calibration_add(nn_calibration *c, double confidence, bool right); /* NaN counts nowhere */
int64_t nn_calibration_total(const nn_calibration *c);
/* Expected calibration error: mean of |accuracy - confidence| over the bins, weighted by their images. 0 if empty. */
double nn_calibration_error(const nn_calibration *c);
/* Mean confidence - accuracy: above 0 the model claims more than it keeps. 0 if empty. */
double nn_calibration_gap(const nn_calibration *c);

#endif
