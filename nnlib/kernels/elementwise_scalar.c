/* elementwise_scalar.c - activations, sums, scaling and optimiser steps: the definitions. */
#include "nnlib/kernels/variants.h"
#include <math.h>
#include "lib/base/banned.h"

static double sigmoid(double x)
{
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static const double SQRT_HALF = 0.70710678118654752440, INV_SQRT_2PI = 0.39894228040143267794;

static double act_value(nn_act act, double alpha, double x)
{
    switch (act) {
    case NN_ACT_LINEAR: return x;
    case NN_ACT_RELU: return x < 0 ? 0 : x;
    case NN_ACT_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case NN_ACT_LEAKY: return x < 0 ? alpha * x : x;
    case NN_ACT_ELU: return x < 0 ? alpha * expm1(x) : x;
    case NN_ACT_GELU: return 0.5 * x * (1 + erf(x * SQRT_HALF));
    case NN_ACT_SWISH: return x * sigmoid(x);
    case NN_ACT_SIGMOID: return sigmoid(x);
    case NN_ACT_TANH: return tanh(x);
    }
    return x;
}

/* f'(x), from x or from y = f(x) as the header says. */
static double act_slope(nn_act act, double alpha, double x, double y)
{
    switch (act) {
    case NN_ACT_LINEAR: return 1;
    case NN_ACT_RELU: return y > 0;
    case NN_ACT_RELU6: return y > 0 && y < 6;
    case NN_ACT_LEAKY: return y < 0 ? alpha : 1;
    case NN_ACT_ELU: return y < 0 ? y + alpha : 1;
    case NN_ACT_GELU: return 0.5 * (1 + erf(x * SQRT_HALF)) + x * INV_SQRT_2PI * exp(-0.5 * x * x);
    case NN_ACT_SWISH: return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
    case NN_ACT_SIGMOID: return y * (1 - y);
    case NN_ACT_TANH: return 1 - y * y;
    }
    return 1;
}

void nn_act_forward__scalar(const nn_act_args *a)
{
    for (size_t i = 0; i < a->n; i++) a->y[i] = (float)act_value(a->act, (double)a->alpha, (double)a->x[i]);
}

void nn_act_backward__scalar(const nn_act_args *a)
{
    bool from_x = a->act == NN_ACT_GELU || a->act == NN_ACT_SWISH, from_y = !from_x && a->act != NN_ACT_LINEAR;
    for (size_t i = 0; i < a->n; i++)
        a->dx[i] = (float)((double)a->dy[i] * act_slope(a->act, (double)a->alpha, from_x ? (double)a->x[i] : 0,
                                                        from_y ? (double)a->y[i] : 0));
}

void nn_fill__scalar(const nn_fill_args *a)
{
    for (size_t i = 0; i < a->n; i++) a->y[i] = a->value;
}

void nn_axpy__scalar(const nn_axpy_args *a)
{
    for (size_t i = 0; i < a->n; i++) a->y[i] += a->alpha * a->x[i];
}

void nn_scale_u8__scalar(const nn_scale_u8_args *a)
{
    for (size_t i = 0; i < a->n; i++) a->y[i] = (float)a->x[i] * a->scale + a->shift;
}

void nn_add_bias__scalar(const nn_add_bias_args *a)
{
    for (int r = 0; r < a->rows; r++)
        for (int c = 0; c < a->cols; c++) a->y[(size_t)r * (size_t)a->cols + (size_t)c] += a->b[c];
}

void nn_sum_rows__scalar(const nn_sum_rows_args *a)
{
    size_t stride = a->stride ? a->stride : a->cols;
    for (size_t c = 0; c < a->cols; c++) {
        double sum = a->add ? (double)a->y[c] : 0;
        for (int r = 0; r < a->rows; r++) sum += (double)a->x[(size_t)r * stride + c];
        a->y[c] = (float)sum;
    }
}

static float row_max(const float *x, int n)
{
    float max = x[0];
    for (int c = 1; c < n; c++)
        if (x[c] > max) max = x[c];
    return max;
}

/* y = softmax(x) of one row; returns log of the sum of exp(x). */
static double softmax_row(const float *x, float *y, int n)
{
    double max = (double)row_max(x, n), sum = 0;
    for (int c = 0; c < n; c++) sum += exp((double)x[c] - max);
    for (int c = 0; c < n && y; c++) y[c] = (float)(exp((double)x[c] - max) / sum);
    return max + log(sum);
}

void nn_softmax_forward__scalar(const nn_softmax_args *a)
{
    for (int r = 0; r < a->rows; r++)
        softmax_row(a->x + (size_t)r * (size_t)a->cols, a->y + (size_t)r * (size_t)a->cols, a->cols);
}

void nn_softmax_backward__scalar(const nn_softmax_args *a)
{
    for (int r = 0; r < a->rows; r++) {
        size_t row = (size_t)r * (size_t)a->cols;
        const float *y = a->y + row, *dy = a->dy + row;
        double dot = 0;
        for (int c = 0; c < a->cols; c++) dot += (double)dy[c] * (double)y[c];
        for (int c = 0; c < a->cols; c++) a->dx[row + (size_t)c] = (float)((double)y[c] * ((double)dy[c] - dot));
    }
}

/* dx is made from x itself, one element at a time, so that p, dx and x may be one array: p first would lose x. */
void nn_softmax_xent__scalar(const nn_softmax_xent_args *a)
{
    for (int r = 0; r < a->rows; r++) {
        size_t row = (size_t)r * (size_t)a->cols;
        int label = a->label[r];
        double log_sum = softmax_row(a->x + row, NULL, a->cols), weight = a->weight ? (double)a->weight[label] : 1;
        if (a->loss) a->loss[r] = (float)((log_sum - (double)a->x[row + (size_t)label]) * weight);
        for (int c = 0; c < a->cols; c++) {
            double p = exp((double)a->x[row + (size_t)c] - log_sum);
            if (a->p) a->p[row + (size_t)c] = (float)p;
            if (a->dx) a->dx[row + (size_t)c] = (float)((p - (c == label)) * weight * (double)a->scale);
        }
    }
}

void nn_sgd__scalar(const nn_sgd_args *a)
{
    for (size_t i = 0; i < a->n; i++) {
        float step = -a->rate * (a->g[i] + a->decay * a->w[i]);
        if (a->v) {
            a->v[i] = a->momentum * a->v[i] + step;
            step = a->nesterov ? a->momentum * a->v[i] + step : a->v[i];
        }
        a->w[i] += step;
    }
}

void nn_adam__scalar(const nn_adam_args *a)
{
    for (size_t i = 0; i < a->n; i++) {
        float g = a->g[i] + a->decay * a->w[i];
        a->m[i] = a->beta1 * a->m[i] + (1 - a->beta1) * g;
        a->v[i] = a->beta2 * a->v[i] + (1 - a->beta2) * g * g;
        a->w[i] -= a->rate * a->m[i] / (sqrtf(a->v[i]) + a->epsilon);
    }
}
