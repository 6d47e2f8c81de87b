/* loss_focal.c - focal loss (Lin et al. 2017, "Focal loss for dense object detection") of softmax probabilities:
 * -(1 - p)² · log p with p the probability of the true class; Keras CategoricalFocalCrossentropy with gamma 2 and
 * alpha 1. Class weights take the place of alpha. */
#include "nnlib/core/optim.h"
#include <math.h>
#include "lib/base/banned.h"

/* With L = -(1-p)²·log p: p·dL/dp = 2p(1-p)·log p - (1-p)², and dp/dz_j = p·([j is true] - p_j). 1-p is the sum of the
 * others, so nothing is lost where p is near 1; log p comes from the scores, so nothing overflows where it is near 0.
 */
static void focal_row(const nn_loss_call *call, int row)
{
    size_t at = (size_t)row * (size_t)call->classes;
    const float *z = call->z + at;
    int label = call->label[row];
    double most = z[0], sum = 0, others = 0, weight = call->class_weight ? (double)call->class_weight[label] : 1;
    for (int c = 1; c < call->classes; c++) most = (double)z[c] > most ? (double)z[c] : most;
    for (int c = 0; c < call->classes; c++) {
        double e = exp((double)z[c] - most);
        sum += e;
        others += c == label ? 0 : e;
    }
    double log_p = (double)z[label] - most - log(sum), p = exp(log_p), q = others / sum, log_sum = most + log(sum);
    double slope = (2 * p * q * log_p - q * q) * weight * (double)call->scale;
    call->loss[row] = (float)(-q * q * log_p * weight);
    for (int c = 0; c < call->classes; c++) {
        double share = exp((double)z[c] - log_sum);
        double towards = c == label ? q : -share; /* [c is true] - share */
        call->p[at + (size_t)c] = (float)share;
        if (call->dz) call->dz[at + (size_t)c] = (float)(slope * towards);
    }
}

static void focal_run(const nn_loss_call *call)
{
    for (int i = 0; i < call->n; i++) focal_row(call, i);
}

static double focal_value(double p)
{
    return -(1 - p) * (1 - p) * log(p);
}

const nn_loss_type nn_loss_focal = {
    .name = "focal", .keras = "categorical_focal_crossentropy",
    .doc = "Cross-entropy that counts images the less the surer they are already right (gamma 2).",
    .run = focal_run, .value = focal_value,
};
