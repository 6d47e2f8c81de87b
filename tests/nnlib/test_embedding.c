/* test_embedding.c - embedding.h against scikit-learn (tests/golden/statistics/make_embedding.py), on made points and
 * on what a trained network makes of 600 images, the same on any number of threads, and features equal to what the
 * network makes of an image. */
#include "nnlib/nnlib.h"
#include "tests/support/test.h"
#include <string.h>

enum { MOST = 4096 };

static float *points(int n, int d, int groups)
{
    lg_err err = {0};
    float *x = lg_alloc((size_t)n * (size_t)d, sizeof *x, &err);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < d; k++) {
            double noise = sin(12.9898 * i + 78.233 * k) * 43758.5453;
            x[i * d + k] = (float)((noise - floor(noise)) / (1 + k) + (k == i % groups));
        }
    return x;
}

static void check_pca(int n, int d, int groups, const double *want)
{
    lg_err err = {0};
    float *x = points(n, d, groups);
    double *map = lg_alloc((size_t)n * 2, sizeof *map, &err), kept[2], most = 0;
    CHECK_OK(nn_pca(&(nn_embedding_options){.x = x, .n = n, .d = d}, map, kept, &err));
    CHECK_NEAR(kept[0], want[0], 1e-9);
    CHECK_NEAR(kept[1], want[1], 1e-9);
    for (int i = 0; i < 2 * n; i++) most = fmax(most, fabs(want[2 + i]));
    for (int i = 0; i < 2 * n; i++) CHECK_NEAR(map[i], want[2 + i], 1e-6 * most);
    lg_free(map);
    lg_free(x);
}

/* Venna & Kaski 2001: how far neighbours on the map are from being neighbours. */
static double trustworthiness(const float *x, const double *map, int n, int d, int k)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double real[MOST], shown[MOST];
        for (int j = 0; j < n; j++) {
            real[j] = 0;
            for (int c = 0; c < d; c++) real[j] += pow((double)x[i * d + c] - (double)x[j * d + c], 2);
            shown[j] = pow(map[2 * i] - map[2 * j], 2) + pow(map[2 * i + 1] - map[2 * j + 1], 2);
        }
        for (int j = 0; j < n; j++) {
            int place = 0, rank = 1;
            if (j == i) continue;
            for (int o = 0; o < n; o++) {
                if (o == i || o == j) continue;
                place += shown[o] < shown[j];
                rank += real[o] < real[j];
            }
            if (place < k && rank > k) sum += rank - k;
        }
    }
    return 1 - 2 * sum / ((double)n * k * (2 * n - 3 * k - 1));
}

static void check_tsne(int n, int d, int groups, const double *want)
{
    lg_err err = {0};
    float *x = points(n, d, groups);
    double *map = lg_alloc((size_t)n * 2, sizeof *map, &err), *other = lg_alloc((size_t)n * 2, sizeof *map, &err);
    double divergence, again;
    lg_pool *pool = NULL;
    CHECK_OK(lg_pool_new(3, &pool, &err));
    CHECK_OK(nn_tsne(&(nn_embedding_options){.x = x, .n = n, .d = d}, map, &divergence, &err));
    CHECK_OK(nn_tsne(&(nn_embedding_options){.x = x, .n = n, .d = d, .pool = pool}, other, &again, &err));
    CHECK(memcmp(map, other, (size_t)n * 2 * sizeof *map) == 0);
    CHECK(divergence <= 1.05 * want[0]);
    CHECK(trustworthiness(x, map, n, d, 10) >= want[1] - 0.01);
    lg_pool_free(pool);
    lg_free(map);
    lg_free(other);
    lg_free(x);
}

/* Share of the k nearest points that are among the k nearest on the map. */
static double kept_neighbours(const float *x, const double *map, int n, int d, int k)
{
    lg_err err = {0};
    long same = 0;
    int32_t *real = lg_alloc((size_t)n * (size_t)k, sizeof *real, &err);
    int32_t *shown = lg_alloc((size_t)n * (size_t)k, sizeof *shown, &err);
    float *flat = lg_alloc((size_t)n * 2, sizeof *flat, &err);
    for (int i = 0; i < 2 * n; i++) flat[i] = (float)map[i];
    CHECK_OK(nn_neighbours(&(nn_embedding_options){.x = x, .n = n, .d = d}, k, real, &err));
    CHECK_OK(nn_neighbours(&(nn_embedding_options){.x = flat, .n = n, .d = 2}, k, shown, &err));
    for (int i = 0; i < n; i++)
        for (int a = 0; a < k; a++)
            for (int b = 0; b < k; b++) same += real[i * k + a] == shown[i * k + b];
    lg_free(real);
    lg_free(shown);
    lg_free(flat);
    return (double)same / ((double)n * k);
}

static void check_real(const double *want)
{
    enum { N = 600, D = 64 };
    static uint8_t bytes[N * D];
    static float x[N * D];
    static double map[N * 2];
    lg_err err = {0};
    double kept[2], divergence;
    lg_pool *pool = NULL;
    FILE *f = fopen("tests/golden/statistics/features.bin", "rb");
    CHECK(f && fread(bytes, 1, sizeof bytes, f) == sizeof bytes);
    fclose(f);
    for (int i = 0; i < N * D; i++) x[i] = bytes[i];
    CHECK_OK(nn_pca(&(nn_embedding_options){.x = x, .n = N, .d = D}, map, kept, &err));
    CHECK_NEAR(kept[0], want[0], 1e-9);
    CHECK_NEAR(kept[1], want[1], 1e-9);
    CHECK_OK(lg_pool_new(2, &pool, &err));
    CHECK_OK(nn_tsne(&(nn_embedding_options){.x = x, .n = N, .d = D, .pool = pool}, map, &divergence, &err));
    CHECK(divergence <= 1.05 * want[2]);
    CHECK(trustworthiness(x, map, N, D, 10) >= want[3] - 0.01);
    CHECK(kept_neighbours(x, map, N, D, 10) >= want[4] - 0.01);
    lg_pool_free(pool);
}

TEST(as_scikit_learn)
{
    static char line[1 << 16];
    static double want[MOST];
    int lines = 0;
    FILE *f = fopen("tests/golden/statistics/embedding.txt", "r");
    CHECK(f);
    while (f && fgets(line, sizeof line, f)) {
        char name[16];
        int n, d, groups, at = 0, count = 0;
        if (*line == '#' || sscanf(line, "%15s %d %d %d = %n", name, &n, &d, &groups, &at) < 4) continue;
        char *save, *token = strtok_r(line + at, " \n", &save);
        for (; token && count < MOST; token = strtok_r(NULL, " \n", &save)) want[count++] = strtod(token, NULL);
        if (strcmp(name, "pca") == 0) check_pca(n, d, groups, want);
        else if (strcmp(name, "tsne") == 0) check_tsne(n, d, groups, want);
        else check_real(want);
        lines++;
    }
    CHECK_INT(lines, 7);
    if (f) fclose(f);
}

TEST(points_that_are_one_have_a_map_too)
{
    lg_err err = {0};
    float x[20] = {0}, broken[4] = {1, 2, NAN, 4};
    double map[20], kept[2], divergence;
    CHECK_OK(nn_pca(&(nn_embedding_options){.x = x, .n = 10, .d = 2}, map, kept, &err));
    for (int i = 0; i < 20; i++) CHECK(map[i] == 0);
    CHECK_OK(nn_tsne(&(nn_embedding_options){.x = x, .n = 10, .d = 2}, map, &divergence, &err));
    for (int i = 0; i < 20; i++) CHECK(isfinite(map[i]));
    CHECK(nn_pca(&(nn_embedding_options){.x = broken, .n = 2, .d = 2}, map, kept, &err) == LG_E_NUMERIC);
    CHECK_INT(err.code, 412);
}

TEST(neighbours)
{
    lg_err err = {0};
    const float x[] = {0, 1, 3, 7, 8};
    const int32_t want[] = {1, 2, 0, 2, 1, 0, 4, 2, 3, 2};
    int32_t near[10];
    CHECK_OK(nn_neighbours(&(nn_embedding_options){.x = x, .n = 5, .d = 1}, 2, near, &err));
    CHECK(memcmp(near, want, sizeof want) == 0);
}

static lg_status fill(void *ctx, const int64_t *index, int n, float *x, int32_t *label, lg_err *err)
{
    (void)ctx, (void)label, (void)err;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 64; k++) x[i * 64 + k] = (float)sin((double)(index[i] * 64 + k));
    return LG_OK;
}

/* The last dense layer, fed with the features by hand, gives the network's own answer. */
TEST(features_are_what_the_last_layer_reads)
{
    static const char *const lines[] = {"input 8x8x1",  "conv 4 3x3 relu", "maxpool 2",      "flatten",
                                        "dense 6 relu", "dropout 0.5",     "dense 3 softmax"};
    enum { IMAGES = 70, WIDTH = 6, OUT = 3 };
    lg_err err = {0};
    nn_net *net = NULL;
    nn_weights *weights = NULL;
    float features[IMAGES * WIDTH], said[IMAGES * OUT];
    CHECK_OK(nn_net_new(&net, &err));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) CHECK_OK(nn_net_add_line(net, lines[i], &err));
    CHECK_OK(nn_net_finish(net, &err));
    CHECK_OK(nn_weights_new(net, 1, &weights, &err));
    int node = nn_features_node(net);
    CHECK_STR(nn_net_node(net, node)->name, "dense1");
    nn_predict_options o = {.weights = weights, .source = {.count = IMAGES, .fill = fill}, .batch = 32};
    CHECK_OK(nn_features(&o, node, features, &err));
    CHECK_OK(nn_predict(&o, said, NULL, &err));
    const float *w = nn_weights_param(weights, nn_net_count(net) - 1, 0);
    const float *b = nn_weights_param(weights, nn_net_count(net) - 1, 1);
    for (int i = 0; i < IMAGES; i++) {
        double score[OUT], sum = 0;
        for (int k = 0; k < OUT; k++) {
            score[k] = (double)b[k];
            for (int j = 0; j < WIDTH; j++) score[k] += (double)features[i * WIDTH + j] * (double)w[j * OUT + k];
            sum += exp(score[k]);
        }
        for (int k = 0; k < OUT; k++) CHECK_NEAR((double)said[i * OUT + k], exp(score[k]) / sum, 1e-5);
    }
    nn_weights_unref(weights);
    nn_net_unref(net);
}
