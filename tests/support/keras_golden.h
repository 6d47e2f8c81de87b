/* keras_golden.h - the files of tests/golden/keras: read, and compared with.
 *
 * Equal means: largest difference at most 1e-4 times the largest magnitude of the tensor, plus 1e-6. The files and how
 * they are made: tests/golden/keras/make_*.py. */
#ifndef TESTS_KERAS_GOLDEN_H
#define TESTS_KERAS_GOLDEN_H

#include "tests/support/nn_test.h"

typedef struct record {
    char name[160];
    uint32_t count;
    float *data;
} record;

enum { GOLDEN_MOST = 2000 }; /* records */
typedef struct golden {
    record *item;
    int count;
} golden;

static inline golden read_golden(const char *path)
{
    golden g = {0};
    FILE *f = fopen(path, "rb");
    char magic[4];
    uint32_t len;
    if (!f) TEST_FAIL("cannot open %s", path);
    CHECK(fread(magic, 1, 4, f) == 4 && memcmp(magic, "NNG1", 4) == 0);
    g.item = calloc(GOLDEN_MOST, sizeof *g.item);
    while (fread(&len, 4, 1, f) == 1) {
        record *r = &g.item[g.count++];
        CHECK(len < sizeof r->name && g.count < GOLDEN_MOST);
        CHECK(fread(r->name, 1, len, f) == len && fread(&r->count, 4, 1, f) == 1);
        r->data = malloc((size_t)r->count * 4 + 4);
        CHECK(fread(r->data, 4, r->count, f) == r->count);
    }
    fclose(f);
    return g;
}

static inline void free_golden(golden *g)
{
    for (int i = 0; i < g->count; i++) free(g->item[i].data);
    free(g->item);
}

static inline void check_equal(const char *what, const float *got, const float *want, size_t n, double relative,
                               double absolute)
{
    double worst = 0, largest = 0;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)got[i] - (double)want[i]), m = fabs((double)want[i]);
        if (!(d <= worst)) worst = d, at = i;
        if (m > largest) largest = m;
    }
    if (!(worst <= relative * largest + absolute))
        TEST_FAIL("%s: number %zu of %zu is %.8g, Keras says %.8g (largest %.4g)", what, at, n, (double)got[at],
                  (double)want[at], largest);
}

static inline void check_record(const record *r, const float *got, size_t n)
{
    CHECK_INT(r->count, n);
    check_equal(r->name, got, r->data, n, 1e-4, 1e-6);
}

static inline const record *find(const golden *g, const char *net, const char *what)
{
    char name[160];
    snprintf(name, sizeof name, "%s|%s", net, what);
    for (int i = 0; i < g->count; i++) {
        if (strcmp(g->item[i].name, name) == 0) return &g->item[i];
    }
    TEST_FAIL("no record %s", name);
}

static inline void make_batch(int step, int size, int channels, int classes, int count, float *x, int32_t *label)
{
    size_t image = (size_t)size * (size_t)size * (size_t)channels;
    for (int i = 0; i < count; i++)
        label[i] = (int32_t)(hash_bits((uint32_t)(1000 + step), (uint32_t)i) >> 8) % classes;
    for (size_t k = 0; k < (size_t)count * image; k++) {
        int i = (int)(k / image), row = (int)(k % image) / (size * channels), col = (int)(k % image) / channels % size;
        bool on = (row / 8 * (label[i] + 1) + col / 8) % 4 == 0;
        x[k] = (float)(hash_bits((uint32_t)(2000 + step), (uint32_t)k) >> 24) / 510.0f - 0.5f + (on ? 0.5f : 0.0f);
    }
}

static inline nn_weights *keras_start(const nn_net *net)
{
    nn_weights *w = NULL;
    uint32_t stream = 10;
    CHECK_OK(nn_weights_zero(net, &w, &err));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            const nn_shape *s = &node->param[k].shape;
            double area = s->rank == 4 ? (double)(s->dim[0] * s->dim[1]) : 1;
            float scale =
                s->rank == 1 ? 0.1f : (float)sqrt(6.0 / (area * (double)(s->dim[s->rank - 2] + s->dim[s->rank - 1])));
            float *at = nn_weights_data(w) + node->offset[k];
            hash_fill(at, nn_shape_size(*s), stream++, scale);
            for (size_t j = 0; j < nn_shape_size(*s) && node->param[k].init == NN_ONES; j++) at[j] += 1;
        }
    }
    return w;
}

/* Compares a block laid out as the weights with all tensors of a record, one behind the other. minus: compare changes.
 */
static inline void check_block(const nn_net *net, const float *block, const float *minus, const record *r,
                               double relative, bool trained_only)
{
    size_t at = 0;
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            char what[240];
            if (trained_only && !nn_node_trains(node, k)) continue;
            size_t n = nn_shape_size(node->param[k].shape), from = node->offset[k];
            float *got = malloc(n * sizeof *got), *want = malloc(n * sizeof *want);
            snprintf(what, sizeof what, "%s %s%s %s", r->name, minus ? "change of " : "", node->name,
                     node->param[k].name);
            CHECK(at + n <= r->count);
            for (size_t j = 0; j < n; j++) {
                float off = minus ? minus[from + j] : 0;
                got[j] = block[from + j] - off, want[j] = r->data[at + j] - off;
            }
            check_equal(what, got, want, n, relative, 1e-6);
            free(got), free(want);
            at += n;
        }
    }
    CHECK_INT(at, r->count);
}

/* What make_explain.py and make_step.py give a network and show it: tensor after tensor from the hash, variances
 * positive. The caller frees the weights. */
static inline nn_weights *hashed_weights(const nn_net *net)
{
    nn_weights *w = NULL;
    uint32_t stream = 100;
    CHECK_OK(nn_weights_zero(net, &w, &err));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            float *at = nn_weights_data(w) + node->offset[k];
            size_t n = nn_shape_size(node->param[k].shape);
            hash_fill(at, n, stream++, 0.5f);
            if (strcmp(node->param[k].name, "moving_variance")) continue;
            for (size_t j = 0; j < n; j++) at[j] = fabsf(at[j]) + 0.3f;
        }
    }
    return w;
}

static inline void hashed_picture(const nn_net *net, float *to)
{
    size_t n = nn_shape_size(nn_net_input(net));
    hash_fill(to, n, 7, 1);
    for (size_t i = 0; i < n; i++) to[i] = fabsf(to[i]);
}

#endif
