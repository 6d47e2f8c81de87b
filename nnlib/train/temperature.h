/* temperature.h - confidence that means what it says: one number that makes a network less (or more) sure of all it
 * answers, fitted on images it did not learn from.
 *
 *     nn_temperature t = nn_temperature_fit(p, truth, n, classes);   // p (n, classes): what the network answered
 *     nn_temperature_apply(t.t, p, classes, calibrated);             // one image; the order of the classes stays
 *
 * Temperature scaling (Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks, 2017): softmax(z / T)
 * with the T that gives the true classes the largest likelihood. Of what a softmax gave it needs no z: z differs from
 * log p by the same number for all classes, which a softmax does not see. Shares below 1e-38, which float cannot tell
 * from 0, count as 1e-38. The mean negative log-likelihood is convex in 1 / T, so there is one answer; it is looked for
 * between NN_COLDEST and NN_HOTTEST. Pure functions; nothing is allocated and nothing fails. */
#ifndef NN_TEMPERATURE_H
#define NN_TEMPERATURE_H

#include <stddef.h>
#include <stdint.h>

#define NN_COLDEST 0.05
#define NN_HOTTEST 20.0

typedef struct nn_temperature {
    double t;           /* above 1: the network was too sure. NN_COLDEST where nothing it said was wrong */
    double nll, nll_at; /* mean negative log-likelihood at 1, and at t */
} nn_temperature;

/* Rows whose truth is no class are passed over; without any t is 1 and both likelihoods are 0. */
nn_temperature nn_temperature_fit(const float *p, const int32_t *truth, size_t n, int classes);
/* out may be p. */
void nn_temperature_apply(double t, const float *p, int classes, float *out);

#endif
