/* test_one_step.c - one step of learning: numbers against TensorFlow's (step.bin), against central differences, and
 * against sums written out. */
#include <math.h>
#include "tests/support/keras_golden.h"
#include "tests/support/nn_test.h"

enum { MOST = 64 * 64 * 3 };

static nn_net *small(void)
{
    return NET("input 14x12x3", "conv 4 3x3 relu", "maxpool 2", "conv 5 3x3 stride 2 same tanh no bias", "flatten",
               "dense 6 relu l2 0.01", "dropout 0.5", "dense 4 softmax");
}

static nn_net *normed(void)
{
    return NET("input 11x10x2", "conv 6 3x3 dilation 2 same no bias", "batchnorm", "activation relu",
               "depthwise 3x3 stride 2 same gelu", "globalavg", "dense 3", "activation softmax");
}

static void take(const nn_net *net, const nn_weights *weights, int label, double lr, nn_one_step *s)
{
    static float image[MOST];
    hashed_picture(net, image);
    CHECK_OK(nn_one_step_take(&(nn_one_step_options){.weights = weights, .image = image, .label = label, .lr = lr}, s,
                              &err));
}

static void compare(const golden *g, const char *name, nn_net *net, int label)
{
    nn_weights *weights = hashed_weights(net);
    nn_one_step s = {0};
    char what[80];
    int compared = 0;
    take(net, weights, label, 0.1, &s);
    check_record(find(g, name, "probability"), s.probability, (size_t)s.classes);
    check_record(find(g, name, "later"), s.later, (size_t)s.classes);
    check_record(find(g, name, "loss"), (float[]){(float)s.loss, (float)s.loss_after}, 2);
    for (int i = 1; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            size_t n = nn_shape_size(node->param[k].shape);
            const float *grad = nn_one_step_grad(&s, i, k);
            CHECK((grad != NULL) == !node->param[k].moving);
            if (!grad) {
                CHECK(memcmp(nn_weights_param(s.after, i, k), nn_weights_param(weights, i, k), n * 4) == 0);
                continue;
            }
            snprintf(what, sizeof what, "gradient %d %d", i, k);
            check_record(find(g, name, what), grad, n);
            snprintf(what, sizeof what, "after %d %d", i, k);
            check_record(find(g, name, what), nn_weights_param(s.after, i, k), n);
            compared++;
        }
    }
    CHECK_INT(compared, 7);
    nn_one_step_release(&s), nn_weights_unref(weights), nn_net_unref(net);
}

TEST(a_step_is_that_of_tensorflow)
{
    golden g = read_golden("tests/golden/keras/step.bin");
    compare(&g, "small", small(), 2);
    compare(&g, "normed", normed(), 0);
    free_golden(&g);
}

TEST(scores_and_error_are_those_of_the_softmax)
{
    nn_net *net = small();
    nn_weights *weights = hashed_weights(net);
    nn_one_step s = {0};
    double sum = 0;
    take(net, weights, 1, 0.01, &s);
    for (int c = 0; c < 4; c++) sum += exp((double)s.score[c]);
    for (int c = 0; c < 4; c++) {
        CHECK_NEAR(s.probability[c], exp((double)s.score[c]) / sum, 1e-6);
        CHECK_NEAR(s.error[c], (double)s.probability[c] - (c == 1), 1e-6);
    }
    CHECK_NEAR(s.loss, -log((double)s.probability[1]) + s.penalty, 1e-6);
    CHECK(s.penalty > 0 && s.penalty_after > 0);
    CHECK_NEAR(s.loss_after, -log((double)s.later[1]) + s.penalty_after, 1e-6);
    /* A short step falls about as far as a straight line would, and a long one does not. */
    CHECK(s.loss - s.loss_after > 0.8 * 0.01 * s.square && s.loss - s.loss_after < 1.2 * 0.01 * s.square);
    nn_one_step_release(&s);
    take(net, weights, 1, 20, &s);
    CHECK(s.loss_after > s.loss);
    nn_one_step_release(&s), nn_weights_unref(weights), nn_net_unref(net);
}

/* Every weight of every kind of layer: its gradient is the slope of two runs, and the sum that is written out. */
static void check_weights(nn_net *net, double least)
{
    nn_weights *weights = hashed_weights(net);
    nn_one_step s = {0};
    int checked = 0;
    take(net, weights, 1, 0.01, &s);
    for (int i = 1; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            const float *grad = nn_one_step_grad(&s, i, k);
            size_t n = nn_shape_size(node->param[k].shape), place[4];
            for (size_t j = 0; grad && j < n; j++, checked++) {
                nn_terms t;
                CHECK(nn_one_step_terms(&s, i, k, j, &t));
                CHECK_NEAR(t.sum + t.penalty, grad[j], 1e-5 + 1e-4 * fabs((double)grad[j]));
                CHECK(t.counted <= t.places && t.shown == (t.counted < NN_TERMS ? t.counted : NN_TERMS));
            }
            int listed = nn_one_step_largest(&s, i, k, place, 4);
            for (int j = 0; j < listed; j++) {
                nn_slope slope;
                CHECK_OK(nn_one_step_slope(&s, i, k, place[j], &slope, &err));
                /* a relu or a pool may bend within h: told by the size of the tensor's largest */
                CHECK_NEAR(slope.slope, grad[place[j]], least + 0.02 * fabs((double)grad[place[0]]));
                CHECK(j == 0 || fabsf(grad[place[j]]) <= fabsf(grad[place[j - 1]]));
            }
        }
    }
    CHECK(checked > 100);
    nn_one_step_release(&s), nn_weights_unref(weights), nn_net_unref(net);
}

/* A sum: the output of one layer goes two ways. */
static nn_net *residual(void)
{
    nn_net *net = NULL;
    nn_config config = {0};
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 7x6x2", &err));
    CHECK_OK(nn_net_add_line(net, "conv 4 3x3 same relu", &err));
    CHECK_OK(nn_net_add_line(net, "conv 4 3x3 same", &err));
    CHECK_OK(nn_net_add_to(net, nn_layer_find("add"), &config, (const int[]){2, 1}, 2, &err));
    CHECK_OK(nn_net_add_line(net, "activation relu", &err));
    CHECK_OK(nn_net_add_line(net, "dropout 0.4", &err));
    CHECK_OK(nn_net_add_line(net, "depthwise 2x2", &err));
    CHECK_OK(nn_net_add_line(net, "globalmax", &err));
    CHECK_OK(nn_net_add_line(net, "dense 3 softmax", &err));
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}

TEST(gradients_are_slopes_and_sums)
{
    check_weights(residual(), 2e-4);
    check_weights(small(), 2e-4);
    check_weights(normed(), 2e-4);
    check_weights(NET("input 9x9x2", "conv 3 3x3 stride 2x1 swish", "batchnorm", "conv 4 1x1 sigmoid l2 0.1",
                      "avgpool 2", "flatten", "dense 5 elu no bias", "dense 3 leaky", "dense 2 softmax"),
                  2e-4);
}

TEST(the_largest_gradients)
{
    nn_net *net = NET("input 1x1x5", "flatten", "dense 2 softmax");
    nn_weights *weights = hashed_weights(net);
    nn_one_step s = {0};
    size_t place[12], all[10];
    take(net, weights, 0, 0.01, &s);
    const float *grad = nn_one_step_grad(&s, 2, 0);
    CHECK_INT(nn_one_step_largest(&s, 2, 0, all, 10), 10);
    CHECK_INT(nn_one_step_largest(&s, 2, 0, place, 3), 3);
    CHECK(memcmp(place, all, 3 * sizeof *place) == 0);
    for (int i = 1; i < 10; i++) CHECK(fabsf(grad[all[i]]) <= fabsf(grad[all[i - 1]]));
    CHECK_INT(nn_one_step_largest(&s, 2, 1, place, 12), 2);
    CHECK_INT(nn_one_step_largest(&s, 1, 0, place, 3), 0); /* nothing to learn there */
    nn_one_step_release(&s), nn_weights_unref(weights), nn_net_unref(net);
}

/* What is frozen has no gradient and stays; the rest moves as if it were alone, and runs again from where it begins. */
TEST(frozen_layers_stay)
{
    nn_net *net = small(), *half = NULL, *none = NULL;
    bool frozen[8] = {[1] = true, [3] = true};
    nn_one_step s = {0}, whole = {0};
    nn_weights *weights = hashed_weights(net), *again = NULL;
    CHECK_OK(nn_net_with_frozen(net, frozen, &half, &err));
    CHECK_OK(nn_weights_for(weights, half, &again, &err));
    take(net, weights, 1, 0.05, &whole);
    take(half, again, 1, 0.05, &s);
    CHECK(s.cut == 3 || s.cut == 4);
    CHECK(!nn_one_step_grad(&s, 1, 0) && nn_one_step_norm(&s, 1) <= 0 && nn_one_step_norm(&s, 5) > 0);
    check_equal("gradient", nn_one_step_grad(&s, 5, 0), nn_one_step_grad(&whole, 5, 0), 60, 1e-5, 1e-7);
    check_equal("frozen", nn_weights_param(s.after, 3, 0), nn_weights_param(weights, 3, 0), 180, 0, 0);
    CHECK_NEAR(s.loss, whole.loss, 1e-6);
    CHECK(s.loss_after < s.loss && s.loss_after > whole.loss_after);
    nn_slope slope;
    CHECK_OK(nn_one_step_slope(&s, 5, 1, 2, &slope, &err));
    CHECK_NEAR(slope.slope, nn_one_step_grad(&s, 5, 1)[2], 2e-3);
    const double low = slope.low;
    CHECK_OK(nn_one_step_slope(&s, 5, 1, 1, &slope, &err)); /* and every weight is put back */
    CHECK_OK(nn_one_step_slope(&s, 5, 1, 2, &slope, &err));
    CHECK_NEAR(slope.low, low, 0);
    nn_one_step_release(&s), nn_one_step_release(&whole);
    frozen[5] = frozen[7] = true;
    CHECK_OK(nn_net_with_frozen(net, frozen, &none, &err));
    nn_weights_unref(again), again = NULL;
    CHECK_OK(nn_weights_for(weights, none, &again, &err));
    float image[MOST];
    hashed_picture(none, image);
    nn_one_step_options o = {.weights = again, .image = image, .lr = 1};
    CHECK(nn_one_step_take(&o, &s, &err) != LG_OK && err.code == 430);
    lg_err_clear(&err);
    lg_cancel cancel = {0};
    lg_cancel_set(&cancel);
    o.weights = weights, o.cancel = &cancel;
    CHECK_INT(nn_one_step_take(&o, &s, &err), LG_E_INTERRUPTED);
    lg_err_clear(&err);
    CHECK(!s.exec && !s.before);
    nn_weights_unref(again), nn_weights_unref(weights);
    nn_net_unref(none), nn_net_unref(half), nn_net_unref(net);
}

/* Steady: the same image gives the same loss although there is dropout, and averages stay as they are. */
TEST(steady_training_is_use)
{
    nn_net *net =
        NET("input 6x6x2", "conv 3 3x3", "batchnorm", "activation relu", "flatten", "dropout 0.5", "dense 3 softmax");
    nn_weights *weights = hashed_weights(net);
    nn_exec *exec = NULL;
    float image[72], said[3];
    hashed_picture(net, image);
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 1}, &exec, &err));
    nn_exec_load(exec, weights);
    memcpy(nn_exec_input(exec), image, sizeof image);
    nn_exec_forward(exec, 1);
    memcpy(said, nn_exec_output(exec), sizeof said);
    nn_exec_free(exec);
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net,
                                            .max_batch = 1,
                                            .train = true,
                                            .steady = true,
                                            .loss = nn_loss_find("crossentropy"),
                                            .optim = nn_optim_find("sgd")},
                         &exec, &err));
    nn_exec_load(exec, weights);
    memcpy(nn_exec_input(exec), image, sizeof image);
    nn_exec_labels(exec)[0] = 1;
    for (int i = 0; i < 3; i++) {
        nn_exec_gradient(exec, 1);
        check_equal("probabilities", nn_exec_output(exec), said, 3, 1e-5, 1e-6);
    }
    nn_exec_step(exec, &(nn_hyper){.lr = 0.1});
    const nn_node *norm = nn_net_node(net, 2);
    for (int k = 0; k < 4; k++) {
        bool same = memcmp(nn_exec_weights(exec) + norm->offset[k], nn_weights_param(weights, 2, k), 3 * 4) == 0;
        CHECK(same == (k > 1));
    }
    nn_exec_free(exec), nn_weights_unref(weights), nn_net_unref(net);
}
