/* metrics.h - counting right and wrong: confusion counts, recall, precision, F1, intervals. */
#ifndef NN_METRICS_H
#define NN_METRICS_H

#include "lib/base/lg.h"

typedef struct nn_interval {
    double low, high;
} nn_interval;

/* Wilson score interval (Wilson 1927) for `right` of `total`, level 0.95 for 95 %. total 0: {0, 1}. */
nn_interval nn_wilson(int64_t right, int64_t total, double level);
/* z with P(|Z| < z) = level for the normal distribution (Acklam's approximation with one Halley step). */
double nn_normal_quantile(double level);

/* count[t * classes + p]: images of class t that were taken for p. All functions work on such a matrix. */
typedef struct nn_class_score {
    int64_t truth, predicted, right; /* row total, column total, diagonal */
    double recall, precision, f1;    /* 0 where the denominator is 0 */
} nn_class_score;
/* A truth or prediction that is not 0..classes-1 counts nowhere. */
void nn_confusion_add(int64_t *count, int classes, int32_t truth, int32_t predicted);
nn_class_score nn_confusion_class(const int64_t *count, int classes, int k);
int64_t nn_confusion_total(const int64_t *count, int classes);
double nn_confusion_accuracy(const int64_t *count, int classes);          /* 0 without images */
double nn_confusion_balanced_accuracy(const int64_t *count, int classes); /* mean recall of the classes present */
/* Mean F1 of the classes present or predicted (scikit-learn's choice): a class that is only ever said counts as 0. */
double nn_confusion_macro_f1(const int64_t *count, int classes);

/* Place of the largest of n numbers, the first of equals. */
int nn_argmax(const float *p, int n);
/* McNemar's exact test for two models on the same images: b only the first got right, c only the second. Two-sided. */
double nn_mcnemar(int64_t b, int64_t c);

#endif
