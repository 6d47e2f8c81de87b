/* layer_batchnorm.c - batch normalisation (Ioffe & Szegedy 2015), as Keras 3's BatchNormalization over the last axis.
 *
 * While training, each channel is brought to mean 0 and variance 1 over the batch (biased variance), then scaled and
 * shifted: y = gamma·x̂ + beta with x̂ = (x - mean) / sqrt(variance + epsilon). Averages of both move along,
 * m = momentum·m + (1 - momentum)·batch, and stand in for them when the network is used.
 *
 * Of the whole batch it needs sum(x) and sum(x²) there, sum(dy) and sum(dy·x̂) back, for each channel; in double, so
 * that the variance can be taken as mean of squares less square of the mean. With m numbers in a channel:
 * dx = gamma / sqrt(variance + epsilon) · (dy - sum(dy)/m - x̂·sum(dy·x̂)/m). */
#include "nnlib/core/layer.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "lib/base/banned.h"

typedef struct batchnorm_config {
    nn_config base;
    double momentum, epsilon;
} batchnorm_config;

enum { GAMMA, BETA, MEAN, VARIANCE, PARAMS };

static const nn_field batchnorm_fields[] = {
    {.name = "momentum",
     .keras = "momentum",
     .kind = NN_NUMBER,
     .offset = offsetof(batchnorm_config, momentum),
     .fallback = 0.99,
     .min = 0,
     .max = 1,
     .help = "how slowly the averages follow the batches",
     .low = "0 keeps only the last batch: what the network says then depends on it",
     .high = "1 never moves: the averages stay those of a fresh network"},
    {.name = "epsilon",
     .keras = "epsilon",
     .kind = NN_NUMBER,
     .offset = offsetof(batchnorm_config, epsilon),
     .fallback = 0.001,
     .min = 1e-12,
     .max = 10,
     .help = "added to the variance, so that nothing is divided by 0",
     .low = "a channel without any difference would be divided by 0",
     .high = "differences between numbers are flattened"},
    NN_FIELD_NAME,
    {0},
};

static size_t channels_of(const nn_spec *spec)
{
    return (size_t)spec->out.dim[spec->out.rank - 1];
}

static lg_status batchnorm_infer(nn_spec *spec, lg_err *err)
{
    (void)err;
    spec->out = spec->in[0];
    return LG_OK;
}

static int batchnorm_params(const nn_spec *spec, nn_param param[NN_MAX_PARAMS])
{
    nn_shape list = nn_shape_list((int64_t)channels_of(spec));
    param[GAMMA] = (nn_param){.name = "gamma", .shape = list, .init = NN_ONES};
    param[BETA] = (nn_param){.name = "beta", .shape = list, .init = NN_ZEROS};
    param[MEAN] = (nn_param){.name = "moving_mean", .shape = list, .init = NN_ZEROS, .moving = true};
    param[VARIANCE] = (nn_param){.name = "moving_variance", .shape = list, .init = NN_ONES, .moving = true};
    return PARAMS;
}

static size_t batchnorm_scratch(const nn_spec *spec, int n)
{
    (void)n;
    return 4 * channels_of(spec) * sizeof(float);
}

static int batchnorm_sums(const nn_spec *spec)
{
    return (int)(2 * channels_of(spec));
}

/* Numbers of one channel in so many images. */
static double numbers(const nn_spec *spec, int images)
{
    return (double)images * (double)(nn_shape_size(spec->out) / channels_of(spec));
}

/* Mean and variance of a channel over the batch, from the sums there. */
static double batch_mean(const nn_call *call, size_t c)
{
    return call->total[0][c] / numbers(call->spec, call->batch);
}

static double batch_variance(const nn_call *call, size_t c)
{
    double mean = batch_mean(call, c);
    return fmax(call->total[0][channels_of(call->spec) + c] / numbers(call->spec, call->batch) - mean * mean, 0);
}

/* 1 / sqrt(variance + epsilon) of the batch. */
static double batch_inverse(const nn_call *call, size_t c)
{
    const batchnorm_config *config = call->spec->config;
    return 1 / sqrt(batch_variance(call, c) + config->epsilon);
}

static void batchnorm_sum_forward(const nn_call *call, double *sum)
{
    size_t channels = channels_of(call->spec), rows = (size_t)numbers(call->spec, call->x[0].n);
    const float *x = call->x[0].data;
    double *square = sum + channels;
    memset(sum, 0, 2 * channels * sizeof *sum);
    for (size_t r = 0; r < rows; r++, x += channels) {
        for (size_t c = 0; c < channels; c++) {
            double v = (double)x[c];
            sum[c] += v;
            square[c] += v * v;
        }
    }
}

static void scale_and_shift(const float *const *param, size_t c, double mean, double inverse, float *scale,
                            float *shift)
{
    double factor = (double)param[GAMMA][c] * inverse;
    scale[c] = (float)factor;
    shift[c] = (float)((double)param[BETA][c] - mean * factor);
}

static void batchnorm_affine(const nn_spec *spec, const float *const *param, float *scale, float *shift)
{
    const batchnorm_config *config = spec->config;
    for (size_t c = 0; c < channels_of(spec); c++)
        scale_and_shift(param, c, (double)param[MEAN][c], 1 / sqrt((double)param[VARIANCE][c] + config->epsilon), scale,
                        shift);
}

/* By the batch, or by the averages: when the network is used, when it is steady, and when the layer is frozen. */
static bool of_the_batch(const nn_call *call)
{
    return call->training && call->total[0];
}

/* y = scale·x + shift for each channel, in the two halves of scratch. */
static void batchnorm_forward(const nn_call *call)
{
    size_t channels = channels_of(call->spec), rows = (size_t)numbers(call->spec, call->y.n);
    float *restrict scale = call->scratch, *restrict shift = scale + channels, *restrict y = call->y.data;
    const float *restrict x = call->x[0].data;
    bool batch = of_the_batch(call);
    if (!batch) batchnorm_affine(call->spec, call->param, scale, shift);
    for (size_t c = 0; batch && c < channels; c++)
        scale_and_shift(call->param, c, batch_mean(call, c), batch_inverse(call, c), scale, shift);
    for (size_t r = 0; r < rows; r++, x += channels, y += channels)
        for (size_t c = 0; c < channels; c++) y[c] = scale[c] * x[c] + shift[c];
}

/* sum(dy) and sum(dy·x̂); x̂ = (x - mean)·inverse, so the second is inverse·(sum(dy·x) - mean·sum(dy)). */
static void batchnorm_sum_backward(const nn_call *call, double *sum)
{
    size_t channels = channels_of(call->spec), rows = (size_t)numbers(call->spec, call->dy.n);
    const float *x = call->x[0].data, *dy = call->dy.data;
    double *with_x = sum + channels;
    memset(sum, 0, 2 * channels * sizeof *sum);
    for (size_t r = 0; r < rows; r++, x += channels, dy += channels) {
        for (size_t c = 0; c < channels; c++) {
            sum[c] += (double)dy[c];
            with_x[c] += (double)dy[c] * (double)x[c];
        }
    }
    for (size_t c = 0; c < channels; c++)
        with_x[c] = (with_x[c] - batch_mean(call, c) * sum[c]) * batch_inverse(call, c);
}

/* By the averages gamma and beta learn from sum(dy·x̂) and sum(dy) of this piece alone. */
static void averages_learn(const nn_call *call)
{
    const batchnorm_config *config = call->spec->config;
    size_t channels = channels_of(call->spec), rows = (size_t)numbers(call->spec, call->dy.n);
    const float *x = call->x[0].data, *dy = call->dy.data;
    for (size_t c = 0; c < channels; c++) {
        double mean = (double)call->param[MEAN][c], sum = 0, with_x = 0;
        for (size_t r = 0; r < rows; r++) {
            sum += (double)dy[r * channels + c];
            with_x += (double)dy[r * channels + c] * ((double)x[r * channels + c] - mean);
        }
        call->grad[GAMMA][c] += (float)(with_x / sqrt((double)call->param[VARIANCE][c] + config->epsilon));
        call->grad[BETA][c] += (float)sum;
    }
}

/* dx = scale·dy for each channel. */
static void averages_backward(const nn_call *call)
{
    size_t channels = channels_of(call->spec), rows = (size_t)numbers(call->spec, call->dy.n);
    float *restrict scale = call->scratch, *restrict dx = call->dx[0].data;
    const float *restrict dy = call->dy.data;
    if (call->grad[GAMMA]) averages_learn(call);
    if (!dx) return;
    batchnorm_affine(call->spec, call->param, scale, scale + channels);
    for (size_t r = 0; r < rows; r++, dy += channels, dx += channels)
        for (size_t c = 0; c < channels; c++) dx[c] = scale[c] * dy[c];
}

/* dx = a·dy + b·(x - mean) + d for each channel. */
static void batchnorm_backward(const nn_call *call)
{
    if (!of_the_batch(call)) {
        averages_backward(call);
        return;
    }
    size_t channels = channels_of(call->spec), rows = (size_t)numbers(call->spec, call->dy.n);
    float *restrict a = call->scratch, *restrict b = a + channels, *restrict d = b + channels;
    float *restrict mean = d + channels, *restrict dx = call->dx[0].data;
    const float *restrict x = call->x[0].data, *restrict dy = call->dy.data;
    double m = numbers(call->spec, call->batch);
    for (size_t c = 0; c < channels; c++) {
        double inverse = batch_inverse(call, c), factor = (double)call->param[GAMMA][c] * inverse;
        a[c] = (float)factor;
        b[c] = (float)(-factor * inverse * call->total[1][channels + c] / m);
        d[c] = (float)(-factor * call->total[1][c] / m);
        mean[c] = (float)batch_mean(call, c);
        call->grad[GAMMA][c] += (float)call->share[1][channels + c];
        call->grad[BETA][c] += (float)call->share[1][c];
    }
    if (!dx) return;
    for (size_t r = 0; r < rows; r++, x += channels, dy += channels, dx += channels)
        for (size_t c = 0; c < channels; c++) dx[c] = a[c] * dy[c] + b[c] * (x[c] - mean[c]) + d[c];
}

static void batchnorm_settle(const nn_call *call, float *const *param)
{
    const batchnorm_config *config = call->spec->config;
    double keep = config->momentum;
    for (size_t c = 0; c < channels_of(call->spec); c++) {
        param[MEAN][c] = (float)(keep * (double)param[MEAN][c] + (1 - keep) * batch_mean(call, c));
        param[VARIANCE][c] = (float)(keep * (double)param[VARIANCE][c] + (1 - keep) * batch_variance(call, c));
    }
}

static void batchnorm_formula(const nn_spec *spec, char out[NN_FORMULA])
{
    snprintf(out, NN_FORMULA, "4·%zu, half trained", channels_of(spec));
}

static double batchnorm_macs(const nn_spec *spec)
{
    return nn_shape_count(spec->out);
}

static const nn_example batchnorm_examples[] = {
    {.line = "batchnorm", .in = {{3, {3, 4, 2}}}},
    {.line = "batchnorm momentum 0.9 epsilon 0.01", .in = {{3, {2, 2, 5}}}},
    {.line = "batchnorm", .in = {{1, {7}}}},
    {0},
};

const nn_layer_type nn_layer_batchnorm = {
    .name = "batchnorm",
    .aliases = "batchnormalization batch_normalization",
    .keras = "BatchNormalization",
    .doc = "Brings each channel to mean 0 and variance 1, then to a scale and level it learns.",
    .config_size = sizeof(batchnorm_config),
    .fields = batchnorm_fields,
    .flags = NN_NEEDS_X,
    .infer = batchnorm_infer,
    .params = batchnorm_params,
    .scratch = batchnorm_scratch,
    .forward = batchnorm_forward,
    .backward = batchnorm_backward,
    .sums = batchnorm_sums,
    .sum_forward = batchnorm_sum_forward,
    .sum_backward = batchnorm_sum_backward,
    .settle = batchnorm_settle,
    .affine = batchnorm_affine,
    .formula = batchnorm_formula,
    .macs = batchnorm_macs,
    .examples = batchnorm_examples,
};
