/* test_explain.c - where a decision came from: maps against TensorFlow's (explain.bin), and what they must be. */
#include <math.h>
#include "tests/support/keras_golden.h"
#include "tests/support/nn_test.h"

enum { PIXELS = 20 * 20, MOST = 20 * 20 * 3 };

static nn_net *plain(void)
{
    return NET("input 20x18x3", "conv 6 3x3 relu", "maxpool 2", "conv 8 3x3 same gelu", "dropout 0.5",
               "conv 7 3x3 stride 2 relu", "flatten", "dense 9 tanh", "dense 5 softmax");
}

static nn_net *grey(void)
{
    return NET("input 9x8x1", "conv 4 3x3 sigmoid", "globalmax", "dense 3 softmax");
}

/* A sum, and the first layers frozen, as bases are. */
static nn_net *deep(void)
{
    static const char *const lines[] = {"input 17x19x3", "preprocess tf",    "conv 8 3x3 stride 2 same no bias",
                                        "batchnorm",     "activation relu6", "depthwise 3x3 same no bias",
                                        "batchnorm",     "activation swish", "conv 8 1x1",
                                        "add",           "activation relu",  "globalavg",
                                        "dropout 0.3",   "dense 4",          "activation softmax"};
    const bool frozen[20] = {[2] = true, [3] = true, [5] = true, [6] = true};
    nn_net *net = NULL, *again = NULL;
    nn_config config = {0};
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (i == 9) CHECK_OK(nn_net_add_to(net, nn_layer_find("add"), &config, (const int[]){8, 4}, 2, &err));
        else CHECK_OK(nn_net_add_line(net, lines[i], &err));
    }
    CHECK_OK(nn_net_finish(net, &err));
    CHECK_OK(nn_net_with_frozen(net, frozen, &again, &err));
    nn_net_unref(net);
    return again;
}

static const record *found(const golden *g, const char *net, const char *what, int node, int score)
{
    char name[80];
    if (node >= 0) snprintf(name, sizeof name, "%s %d|%d", what, node, score);
    else snprintf(name, sizeof name, "%s|%d", what, score);
    return find(g, net, name);
}

typedef struct golden_case {
    const char *name;
    nn_net *(*make)(void);
    int nodes[4], scores[2], last;
} golden_case;

static void check_gradients(const golden *g, const golden_case *c, const nn_explain_options *how)
{
    const nn_net *net = nn_weights_net(how->weights);
    float heat[PIXELS], large[PIXELS];
    int h = (int)nn_net_input(net).dim[0], w = (int)nn_net_input(net).dim[1];
    for (int i = 0; i < 4 && c->nodes[i]; i++) {
        const nn_shape s = nn_net_node(net, c->nodes[i])->spec.out;
        CHECK_OK(nn_gradcam(how, c->nodes[i], heat, &err));
        check_record(found(g, c->name, "gradcam", c->nodes[i], how->score), heat, (size_t)(s.dim[0] * s.dim[1]));
        nn_map_resize(heat, (int)s.dim[0], (int)s.dim[1], large, h, w);
        check_record(found(g, c->name, "resized", c->nodes[i], how->score), large, (size_t)(h * w));
    }
    CHECK_OK(nn_saliency(how, heat, &err));
    check_record(found(g, c->name, "saliency", -1, how->score), heat, (size_t)(h * w));
}

static void check_occlusion(const golden *g, const golden_case *c, const nn_explain_options *how)
{
    static const nn_occlusion_options window[] = {
        {.height = 4, .width = 4, .down = 2, .across = 2, .grey = 0.5f},
        {.height = 5, .width = 3, .down = 3, .across = 2, .grey = 0.5f},
    };
    const nn_net *net = nn_weights_net(how->weights);
    size_t pixels = (size_t)(nn_net_input(net).dim[0] * nn_net_input(net).dim[1]);
    for (int k = 0; k < 2; k++) {
        float heat[PIXELS], before;
        CHECK_OK(nn_occlusion(how, &window[k], heat, &before, &err));
        check_record(found(g, c->name, "occlusion", k, how->score), heat, pixels);
        check_equal("before", &before, &find(g, c->name, "probability")->data[how->score], 1, 1e-4, 1e-6);
    }
}

/* Several classes in one pass are each what they are alone. */
TEST(occlusion_of_several_classes)
{
    nn_net *net = grey();
    nn_weights *weights = hashed_weights(net);
    float image[72], alone[72], all[2 * 72], before[2], once;
    static const int score[2] = {2, 0};
    nn_explain_options how = {.weights = weights, .image = image};
    nn_occlusion_options patch = {.height = 4, .width = 3, .down = 2, .across = 2, .grey = 0.5f};
    hashed_picture(net, image);
    CHECK_OK(nn_occlusion_of(&how, &patch, score, 2, all, before, &err));
    for (int k = 0; k < 2; k++) {
        how.score = score[k];
        CHECK_OK(nn_occlusion(&how, &patch, alone, &once, &err));
        CHECK(memcmp(alone, all + k * 72, sizeof alone) == 0);
        CHECK(!(before[k] < once) && !(before[k] > once));
    }
    CHECK(memcmp(all, all + 72, sizeof alone) != 0);
    nn_weights_unref(weights), nn_net_unref(net);
}

TEST(maps_are_those_of_tensorflow)
{
    static const golden_case cases[] = {
        {"plain", plain, {1, 3, 5}, {0, 3}, 5},
        {"deep", deep, {3, 4, 9, 10}, {0, 2}, 10},
        {"grey", grey, {1}, {1, 2}, 1},
    };
    golden g = read_golden("tests/golden/keras/explain.bin");
    lg_pool *pool = NULL;
    CHECK_OK(lg_pool_new(2, &pool, &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_net *net = cases[i].make();
        nn_weights *weights = hashed_weights(net);
        float image[MOST];
        hashed_picture(net, image);
        CHECK_INT(nn_explain_node(net), cases[i].last);
        for (int k = 0; k < 2; k++) {
            nn_explain_options how = {.weights = weights, .image = image, .score = cases[i].scores[k], .pool = pool};
            check_gradients(&g, &cases[i], &how);
            check_occlusion(&g, &cases[i], &how);
        }
        nn_weights_unref(weights);
        nn_net_unref(net);
    }
    lg_pool_free(pool);
    free_golden(&g);
}

/* ---- without another library ---- */

/* The slope of a score along each pixel, by moving it a little. */
TEST(saliency_is_the_slope_of_the_score)
{
    nn_net *net = NET("input 5x4x2", "conv 3 3x3 tanh same", "flatten", "dense 3");
    nn_weights *weights = hashed_weights(net);
    float image[40], heat[20];
    nn_exec *exec = NULL;
    const float step = 0.01f;
    hashed_picture(net, image);
    nn_explain_options how = {.weights = weights, .image = image, .score = 2};
    CHECK_OK(nn_saliency(&how, heat, &err));
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 2}, &exec, &err));
    nn_exec_load(exec, weights);
    for (int p = 0; p < 20; p++) {
        double largest = 0;
        for (int c = 0; c < 2; c++) {
            float *x = nn_exec_input(exec);
            memcpy(x, image, sizeof image), memcpy(x + 40, image, sizeof image);
            x[2 * p + c] += step, x[40 + 2 * p + c] -= step;
            nn_exec_forward(exec, 2);
            double slope = (double)(nn_exec_output(exec)[2] - nn_exec_output(exec)[5]) / (2 * (double)step);
            largest = fmax(largest, fabs(slope));
        }
        CHECK_NEAR(heat[p], largest, 2e-3);
    }
    nn_exec_free(exec), nn_weights_unref(weights), nn_net_unref(net);
}

TEST(layers_that_have_places)
{
    nn_net *net = NET("input 6x6x1", "conv 2 3x3", "batchnorm", "activation relu", "maxpool 2", "conv 2 2x2 relu",
                      "flatten", "dense 2 softmax");
    CHECK_INT(nn_explain_node(net), 3); /* the second convolution has one place */
    CHECK_INT(nn_first_maps_node(net), 3);
    CHECK(nn_has_places(nn_net_node(net, 4)) && !nn_has_places(nn_net_node(net, 5)));
    CHECK(!nn_has_places(nn_net_node(net, 6)));
    nn_net_unref(net);
    net = NET("input 6x6x1", "flatten", "dense 2 softmax");
    CHECK_INT(nn_explain_node(net), -1);
    CHECK_INT(nn_first_maps_node(net), -1);
    nn_net_unref(net);
}

TEST(heat_is_counted_by_ninths)
{
    float heat[6 * 9] = {0}, none[4] = {0}, below[2] = {-1, -2};
    nn_heat h;
    heat[0] = 1, heat[5 * 9 + 8] = 2, heat[2 * 9 + 4] = 1, heat[2] = -5;
    CHECK_OK(nn_heat_of(heat, 6, 9, &h, &err));
    CHECK_NEAR(h.sum, 4, 1e-9);
    CHECK_NEAR(h.ninth[0], 0.25, 1e-9);
    CHECK_NEAR(h.ninth[4], 0.25, 1e-9);
    CHECK_NEAR(h.ninth[8], 0.5, 1e-9);
    CHECK(h.row == 5 && h.column == 8);
    CHECK_NEAR(h.half, 1.0 / 54, 1e-9);
    CHECK_OK(nn_heat_of(none, 2, 2, &h, &err));
    CHECK(h.sum <= 0 && h.most <= 0 && h.half <= 0);
    CHECK_OK(nn_heat_of(below, 1, 2, &h, &err));
    CHECK(h.sum <= 0 && h.most <= 0 && h.half <= 0);
}

static void count_patches(void *ctx, int done, int patches)
{
    int *seen = ctx;
    seen[0] = done, seen[1] = patches;
}

TEST(windows_reach_the_edges_and_can_be_interrupted)
{
    nn_net *net = grey();
    nn_weights *weights = hashed_weights(net);
    float image[72], heat[72], before;
    int seen[2] = {0};
    lg_cancel cancel = {0};
    nn_occlusion_options wide = {.height = 30, .width = 30, .down = 15, .across = 15, .grey = 0.5f};
    nn_explain_options how = {.weights = weights, .image = image, .score = 1, .ctx = seen, .on_patch = count_patches};
    hashed_picture(net, image);
    CHECK_OK(nn_occlusion(&how, &wide, heat, &before, &err)); /* larger than the image: one window, all of it */
    CHECK(seen[0] == 1 && seen[1] == 1);
    for (int i = 1; i < 72; i++) CHECK_NEAR(heat[i], heat[0], 1e-9);
    nn_occlusion_options patch = nn_occlusion_defaults(net);
    CHECK_INT(patch.height, 1);
    CHECK_INT(nn_occlusion_patches(net, &patch), 72);
    how.cancel = &cancel;
    lg_cancel_set(&cancel);
    CHECK_INT(nn_occlusion(&how, &patch, heat, &before, &err), LG_E_INTERRUPTED);
    lg_err_clear(&err);
    CHECK_INT(nn_saliency(&how, heat, &err), LG_E_INTERRUPTED);
    nn_weights_unref(weights), nn_net_unref(net);
}
