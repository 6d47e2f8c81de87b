/* test_dream.c - activation maximisation where the answer is known, and the gradient of any node it climbs along. */
#include <math.h>
#include "tests/support/nn_test.h"

/* Branches that join twice, so that gradients are added. */
static nn_net *joined(void)
{
    static const char *const lines[] = {
        "input 8x7x3", "preprocess tf",   "conv 4 3x3 same", "batchnorm",       "activation swish", "conv 4 3x3 same",
        "add",         "activation tanh", "dropout 0.5",     "conv 3 3x3 gelu", "globalavg",        "dense 3 softmax"};
    nn_net *net = NULL;
    nn_config config = {0};
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    for (int i = 0; i < (int)(sizeof lines / sizeof *lines); i++) {
        if (i == 6) CHECK_OK(nn_net_add_to(net, nn_layer_find("add"), &config, (const int[]){5, 4}, 2, &err));
        else CHECK_OK(nn_net_add_line(net, lines[i], &err));
    }
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}

static nn_weights *fill(const nn_net *net)
{
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 3, &w, &err));
    for (int i = 0; i < nn_net_count(net); i++)
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++) {
            const nn_param *p = &nn_net_node(net, i)->param[k];
            float *at = nn_weights_data(w) + nn_net_node(net, i)->offset[k];
            if (strcmp(p->name, "bias") == 0) hash_fill(at, nn_shape_size(p->shape), (uint32_t)(10 * i + k), 0.3f);
        }
    return w;
}

/* Weighted sum of a node's output by another way: a network that ends there. */
static double sum_at(nn_exec *head, const float *image, size_t pixels, const float *seed, size_t n)
{
    double sum = 0;
    memcpy(nn_exec_input(head), image, pixels * sizeof *image);
    nn_exec_forward(head, 1);
    for (size_t i = 0; i < n; i++) sum += (double)seed[i] * (double)nn_exec_output(head)[i];
    return sum;
}

static void check_slope(const nn_net *net, const nn_weights *weights, nn_exec *exec, int top)
{
    enum { PIXELS = 8 * 7 * 3, MOST = 8 * 7 * 4 };
    const nn_shape shape = nn_net_node(net, top)->spec.out;
    float image[PIXELS], seed[MOST];
    size_t n = nn_shape_size(shape);
    nn_net *cut = NULL;
    nn_weights *own = NULL;
    nn_exec *head = NULL;
    hash_fill(image, PIXELS, 5, 0.5f), hash_fill(seed, n, 6, 1);
    for (int i = 0; i < PIXELS; i++) image[i] += 0.5f;
    memcpy(nn_exec_input(exec), image, sizeof image);
    nn_exec_scores(exec, 1, top);
    nn_exec_back(exec, 1, top, seed, 0);
    const float *slope = nn_exec_activation_grad(exec, 0);
    CHECK_OK(nn_net_head(net, top, &cut, &err));
    CHECK_OK(nn_weights_for(weights, cut, &own, &err));
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = cut, .max_batch = 1}, &head, &err));
    nn_exec_load(head, own);
    for (int i = 0; i < PIXELS; i += 5) {
        const float step = 0.002f, before = image[i];
        image[i] = before + step;
        double more = sum_at(head, image, PIXELS, seed, n);
        image[i] = before - step;
        double less = sum_at(head, image, PIXELS, seed, n);
        image[i] = before;
        CHECK_NEAR(slope[i], (more - less) / (2 * (double)step), 2e-3 * (1 + fabs((double)slope[i])));
    }
    nn_exec_free(head), nn_weights_unref(own), nn_net_unref(cut);
}

/* From deep down, from the top, and again: what other runs left behind is forgotten. */
TEST(gradients_of_any_node)
{
    nn_net *net = joined();
    nn_weights *weights = fill(net);
    nn_exec *exec = NULL;
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 1, .keep = true, .back = true}, &exec, &err));
    nn_exec_load(exec, weights);
    const int tops[] = {9, 4, 6, 8, 5, 2, 10, 7, 3};
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) check_slope(net, weights, exec, tops[i]);
    nn_exec_free(exec), nn_weights_unref(weights), nn_net_unref(net);
}

/* ---- dreams ---- */
enum { SIDE = 16, PIXELS = SIDE * SIDE };

/* Class 1 likes the left half bright and the right half dark. */
static nn_weights *halves(const nn_net *net)
{
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_zero(net, &w, &err));
    float *kernel = nn_weights_data(w) + nn_net_node(net, 2)->offset[0];
    for (int i = 0; i < PIXELS; i++) kernel[2 * i + 1] = i % SIDE < SIDE / 2 ? 0.1f : -0.1f;
    return w;
}

static double mean(const float *x, int from, int to)
{
    double sum = 0;
    for (int y = 0; y < SIDE; y++)
        for (int k = from; k < to; k++) sum += (double)x[y * SIDE + k] / (SIDE * (to - from));
    return sum;
}

TEST(a_dream_of_halves)
{
    nn_net *net = NET("input 16x16x1", "flatten", "dense 2 softmax");
    nn_weights *weights = halves(net);
    const int frames[] = {5, 50};
    nn_dream dream, again, other;
    nn_dream_options how = {.weights = weights,
                            .node = 2,
                            .channel = 1,
                            .low = -1,
                            .high = 1,
                            .steps = 120,
                            .seed = 4,
                            .frame = frames,
                            .frames = 2};
    CHECK_OK(nn_dream_run(&how, &dream, &err));
    CHECK(!dream.asleep && dream.done == 120);
    CHECK(mean(dream.image, 1, 7) > 0.7 && mean(dream.image, 9, 15) < -0.7);
    for (int i = 0; i < PIXELS; i++) CHECK(dream.image[i] >= -1 && dream.image[i] <= 1);
    CHECK(dream.score[120] > 10 && fabs(dream.score[0]) < 3 && dream.output[1] > 0.99f);
    /* the score is that of the image as it is */
    double score = 0;
    for (int i = 0; i < PIXELS; i++) score += (double)dream.image[i] * (i % SIDE < SIDE / 2 ? 0.1 : -0.1);
    CHECK_NEAR(dream.score[120], score, 1e-4);
    CHECK_INT(dream.frames, 4);
    CHECK(dream.frame[0].step == 0 && dream.frame[1].step == 5 && dream.frame[2].step == 50 &&
          dream.frame[3].step == 120);
    CHECK(memcmp(dream.frame[3].image, dream.image, PIXELS * sizeof(float)) == 0);
    CHECK(dream.frame[1].score > dream.frame[0].score && dream.frame[2].score > dream.frame[1].score);
    CHECK_OK(nn_dream_run(&how, &again, &err));
    CHECK(memcmp(again.image, dream.image, PIXELS * sizeof(float)) == 0);
    how.seed = 5;
    CHECK_OK(nn_dream_run(&how, &other, &err));
    CHECK(memcmp(other.image, dream.image, PIXELS * sizeof(float)) != 0);
    nn_dream_release(&dream), nn_dream_release(&again), nn_dream_release(&other);
    nn_weights_unref(weights), nn_net_unref(net);
}

/* A map that answers to red alone dreams of red; one that is 0 for every image has no dream. */
TEST(dreams_of_maps)
{
    nn_net *net = NET("input 12x12x3", "conv 2 1x1 relu", "globalavg", "dense 2 softmax");
    nn_weights *weights = NULL;
    nn_dream dream, none;
    CHECK_OK(nn_weights_zero(net, &weights, &err));
    float *kernel = nn_weights_data(weights) + nn_net_node(net, 1)->offset[0];
    float *bias = nn_weights_data(weights) + nn_net_node(net, 1)->offset[1];
    kernel[0] = 1, kernel[2] = -1, kernel[4] = -1; /* of map 0: red, green, blue */
    bias[0] = 0.6f, bias[1] = -1;
    nn_dream_options how = {.weights = weights, .node = 1, .high = 1, .steps = 150, .seed = 1};
    CHECK_INT(nn_dream_channels(net, 1), 2);
    CHECK_OK(nn_dream_run(&how, &dream, &err));
    double color[3] = {0};
    for (int i = 0; i < 432; i++) color[i % 3] += (double)dream.image[i] / 144;
    CHECK(color[0] > 0.9 && color[1] < 0.1 && color[2] < 0.1);
    CHECK_NEAR(dream.score[150], 0.6 + color[0] - color[1] - color[2], 1e-3);
    how.channel = 1;
    CHECK_OK(nn_dream_run(&how, &none, &err));
    CHECK(none.asleep && none.done == 0 && none.frames == 1 && none.score[0] <= 0);
    nn_dream_release(&dream), nn_dream_release(&none);
    nn_weights_unref(weights), nn_net_unref(net);
}

static void stop_at_ten(void *ctx, const nn_dream *so_far)
{
    if (so_far->done == 10) lg_cancel_set(ctx);
}

TEST(an_interrupted_dream_is_kept)
{
    nn_net *net = NET("input 16x16x1", "flatten", "dense 2 softmax");
    nn_weights *weights = halves(net);
    lg_cancel cancel = {0};
    nn_dream dream;
    nn_dream_options how = {.weights = weights,
                            .node = 2,
                            .channel = 1,
                            .high = 1,
                            .steps = 50,
                            .seed = 4,
                            .cancel = &cancel,
                            .ctx = &cancel,
                            .on_step = stop_at_ten};
    CHECK_INT(nn_dream_run(&how, &dream, &err), LG_E_INTERRUPTED);
    CHECK(dream.done == 10 && dream.frames == 2 && dream.frame[1].step == 10);
    CHECK(dream.score[10] > dream.score[0] && dream.output[1] > 0.5f);
    nn_dream_release(&dream);
    lg_err_clear(&err);
    CHECK_INT(nn_dream_run(&how, &dream, &err), LG_E_INTERRUPTED); /* before anything was there */
    CHECK_INT(dream.frames, 0);
    nn_dream_release(&dream);
    nn_weights_unref(weights), nn_net_unref(net);
}
