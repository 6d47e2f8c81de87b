/* nn_test.h - what the tests of the library share: building nets, a layer on its own, numbers both sides can compute.
 */
#ifndef NN_TEST_H
#define NN_TEST_H

#include "nnlib/nnlib.h"
#include "tests/support/test.h"

static lg_err err; /* for CHECK_OK */

/* The hash of tests/golden/keras/make_goldens.py. */
static inline uint32_t hash_bits(uint32_t stream, uint32_t i)
{
    uint32_t x = stream * 0x9e3779b1u + i * 0x85ebca6bu;
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ (x >> 16);
}

static inline float hash_number(uint32_t stream, uint32_t i, float scale)
{
    return ((float)(hash_bits(stream, i) >> 8) * (1.0f / 8388608) - 1.0f) * scale;
}

static inline void hash_fill(float *to, size_t n, uint32_t stream, float scale)
{
    for (size_t i = 0; i < n; i++) to[i] = hash_number(stream, (uint32_t)i, scale);
}

/* A finished net from lines; CHECKs inside. */
static inline nn_net *net_of(const char *const *lines, int n)
{
    nn_net *net = NULL;
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    for (int i = 0; i < n; i++) CHECK_OK(nn_net_add_line(net, lines[i], &err));
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}
#define NET(...)                                                                                                       \
    net_of((const char *const[]){__VA_ARGS__}, (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

#define REPORT_NET                                                                                                     \
    NET("input 64x64x3", "conv 16 3x3 relu", "maxpool 2", "conv 32 3x3 relu", "maxpool 2", "conv 64 3x3 relu",        \
        "maxpool 2", "conv 128 3x3 relu", "maxpool 2", "flatten", "dense 64 relu", "dropout 0.5", "dense 4 softmax")

/* One layer outside any net, with all its memory. */
typedef struct lone_layer {
    const nn_layer_type *type;
    char config[512];
    nn_spec spec;
    nn_param info[NN_MAX_PARAMS];
    int nparam, n;
    float *x[NN_MAX_INPUTS], *dx[NN_MAX_INPUTS], *param[NN_MAX_PARAMS], *grad[NN_MAX_PARAMS], *y, *dy;
    void *saved, *scratch;
    double *sums[2]; /* of the whole batch, there and back */
    bool used;       /* run as when the network is used, not as in training */
} lone_layer;

static inline size_t lone_in(const lone_layer *l, int k) { return (size_t)l->n * nn_shape_size(l->spec.in[k]); }
static inline size_t lone_out(const lone_layer *l) { return (size_t)l->n * nn_shape_size(l->spec.out); }
static inline size_t lone_param(const lone_layer *l, int k) { return nn_shape_size(l->info[k].shape); }

static inline float *lone_floats(size_t n)
{
    float *p = lg_alloc(n, sizeof *p, &err);
    CHECK(p != NULL);
    return p;
}

/* line "conv 3 3x3 relu", n images of the given shapes (rank 0 ends). */
static inline void lone_init(lone_layer *l, const char *line, const nn_shape *in, int n)
{
    char word[64];
    size_t len = strcspn(line, " ");
    *l = (lone_layer){.n = n};
    lg_err_clear(&err);
    snprintf(word, sizeof word, "%.*s", (int)len, line);
    l->type = nn_layer_find(word);
    CHECK(l->type && l->type->config_size <= sizeof l->config);
    nn_config_init(l->type, l->config);
    CHECK_OK(nn_config_parse(l->type, l->config, line + len, &err));
    l->spec.config = l->config;
    for (; l->spec.nin < NN_MAX_INPUTS && in[l->spec.nin].rank; l->spec.nin++)
        l->spec.in[l->spec.nin] = in[l->spec.nin];
    CHECK_OK(l->type->infer(&l->spec, &err));
    if (l->type->params) l->nparam = l->type->params(&l->spec, l->info);
    for (int k = 0; k < l->spec.nin; k++) l->x[k] = lone_floats(lone_in(l, k)), l->dx[k] = lone_floats(lone_in(l, k));
    for (int k = 0; k < l->nparam; k++)
        l->param[k] = lone_floats(lone_param(l, k)), l->grad[k] = lone_floats(lone_param(l, k));
    l->y = lone_floats(lone_out(l));
    l->dy = lone_floats(lone_out(l));
    l->saved = lg_alloc((size_t)n, l->type->saved ? l->type->saved(&l->spec) : 0, &err);
    l->scratch = lg_alloc(1, l->type->scratch ? l->type->scratch(&l->spec, n) : 0, &err);
    for (int k = 0; k < 2; k++)
        l->sums[k] = lg_alloc(l->type->sums ? (size_t)l->type->sums(&l->spec) : 0, sizeof(double), &err);
}

static inline void lone_release(lone_layer *l)
{
    for (int k = 0; k < NN_MAX_INPUTS; k++) lg_free(l->x[k]), lg_free(l->dx[k]);
    for (int k = 0; k < NN_MAX_PARAMS; k++) lg_free(l->param[k]), lg_free(l->grad[k]);
    lg_free(l->y), lg_free(l->dy), lg_free(l->saved), lg_free(l->scratch);
    lg_free(l->sums[0]), lg_free(l->sums[1]);
}

static inline nn_tensor lone_tensor(const lone_layer *l, float *data, nn_shape shape)
{
    return (nn_tensor){.data = data, .n = l->n, .shape = shape};
}

/* Runs the layer in training, the batch being one piece; views copy. */
static inline void lone_run(lone_layer *l, bool back)
{
    nn_tensor x[NN_MAX_INPUTS], dx[NN_MAX_INPUTS];
    for (int k = 0; k < l->spec.nin; k++) {
        x[k] = lone_tensor(l, l->x[k], l->spec.in[k]);
        dx[k] = lone_tensor(l, l->dx[k], l->spec.in[k]);
    }
    nn_call call = {.spec = &l->spec, .training = !l->used, .node = 1, .seed = 7, .step = 3, .x = x, .batch = l->n,
                    .total = {l->sums[0], l->sums[1]}, .share = {l->sums[0], l->sums[1]},
                    .y = lone_tensor(l, l->y, l->spec.out), .dy = lone_tensor(l, l->dy, l->spec.out), .dx = dx,
                    .param = (const float *const *)l->param, .grad = l->grad, .saved = l->saved, .scratch = l->scratch};
    if (l->type->sums && !l->used) (back ? l->type->sum_backward : l->type->sum_forward)(&call, l->sums[back]);
    if (l->type->flags & NN_VIEW) {
        if (back) memcpy(l->dx[0], l->dy, lone_out(l) * sizeof(float));
        else memcpy(l->y, l->x[0], lone_out(l) * sizeof(float));
    } else if (back) {
        l->type->backward(&call);
    } else {
        l->type->forward(&call);
    }
}

/* What follows an update of the weights. */
static inline void lone_settle(lone_layer *l)
{
    nn_call call = {.spec = &l->spec, .batch = l->n, .param = (const float *const *)l->param,
                    .total = {l->sums[0], l->sums[1]}};
    l->type->settle(&call, l->param);
}

#endif
