/* test_gradients.c - what reaches each layer: against a step of nn_fit, and in networks where the answer is known. */
#include <math.h>
#include "tests/support/nn_test.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE * 2 };

/* Image i is noise, brighter by its class. */
static lg_status noise_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    (void)ctx, (void)e;
    for (int i = 0; i < n; i++) {
        int32_t class = (int32_t)(indices[i] % 3);
        hash_fill(x + i * PIXELS, PIXELS, (uint32_t)indices[i] + 40, 0.5f);
        for (int k = 0; k < PIXELS; k++) x[i * PIXELS + k] += 0.5f * (float)class;
        if (label) label[i] = class;
    }
    return LG_OK;
}

static const nn_source source = {.count = 20, .fill = noise_fill};

static nn_gradients measure(const nn_weights *w, int batch, lg_pool *pool)
{
    nn_gradients g = {0};
    CHECK_OK(nn_gradients_measure(
        &(nn_gradients_options){.weights = w, .source = source, .batch = batch, .seed = 5, .lr = 0.1, .pool = pool}, &g,
        &err));
    return g;
}

static nn_net *usual(void)
{
    return NET("input 8x8x2", "conv 4 3x3 relu", "batchnorm", "conv 5 3x3 l2 0.01", "activation relu", "flatten",
               "dropout 0.3", "dense 6 relu", "dense 3 softmax");
}

/* The update of the first batch is lr times that gradient. */
TEST(gradients_are_those_of_the_first_step_of_fit)
{
    nn_net *net = usual();
    nn_weights *w = NULL;
    nn_run run = {0};
    nn_fit_options o = nn_fit_defaults();
    CHECK_OK(nn_weights_new(net, 3, &w, &err));
    nn_gradients g = measure(w, 20, NULL);
    o.net = net, o.weights = w, o.train = source, o.epochs = 1, o.batch = 20, o.lr = 0.1, o.seed = 5,
    o.keep_last = true;
    CHECK_OK(nn_fit(&o, &run, &err));
    CHECK_INT(g.images, 20);
    CHECK_INT(g.count, 5);
    CHECK(g.first == 0 && g.last == 4);
    CHECK_NEAR(g.loss, run.epoch[0].loss, 1e-6);
    for (int i = 0; i < g.count; i++) {
        const nn_node *node = nn_net_node(net, g.layer[i].node);
        double moved = 0, weight = 0;
        int64_t params = 0;
        for (int k = 0; k < node->nparam; k++) {
            const float *a = nn_weights_param(w, g.layer[i].node, k),
                        *b = nn_weights_param(run.last, g.layer[i].node, k);
            size_t n = nn_shape_size(node->param[k].shape);
            if (node->param[k].moving) continue;
            params += (int64_t)n;
            for (size_t j = 0; j < n; j++) {
                moved += pow((double)(b[j] - a[j]), 2);
                weight += pow((double)a[j], 2);
            }
        }
        CHECK_INT(g.layer[i].params, params);
        CHECK_NEAR(g.layer[i].norm, sqrt(moved) / 0.1, 1e-4 * g.layer[i].norm + 1e-6);
        CHECK_NEAR(g.layer[i].rms, g.layer[i].norm / sqrt((double)params), 1e-9);
        CHECK_NEAR(g.layer[i].ratio, sqrt(moved / weight), 1e-4 * g.layer[i].ratio);
        CHECK_NEAR(g.layer[i].share, g.layer[i].norm / g.layer[4].norm, 1e-9);
        CHECK_INT(g.layer[i].state, NN_GRADIENT_FINE);
    }
    nn_gradients_release(&g), nn_run_release(&run), nn_weights_unref(w), nn_net_unref(net);
}

TEST(the_same_on_any_number_of_threads)
{
    nn_net *net = usual();
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 3, &w, &err));
    nn_gradients one = measure(w, 16, NULL);
    for (int threads = 2; threads < 4; threads++) {
        lg_pool *pool = NULL;
        CHECK_OK(lg_pool_new(threads, &pool, &err));
        nn_gradients many = measure(w, 16, pool);
        for (int i = 0; i < one.count; i++) CHECK(!memcmp(&one.layer[i].norm, &many.layer[i].norm, sizeof(double)));
        nn_gradients_release(&many), lg_pool_free(pool);
    }
    nn_gradients_release(&one), nn_weights_unref(w), nn_net_unref(net);
}

TEST(vanishing_exploding_and_silent)
{
    nn_net *net = NET("input 8x8x2", "flatten", "dense 8 sigmoid", "dense 8 sigmoid", "dense 8 sigmoid",
                      "dense 8 sigmoid", "dense 8 sigmoid", "dense 3 softmax");
    nn_weights *w = NULL, *large = NULL, *dead = NULL;
    CHECK_OK(nn_weights_new(net, 1, &w, &err));
    nn_gradients g = measure(w, 8, NULL);
    CHECK_INT(g.layer[1].state, NN_GRADIENT_VANISHES);
    CHECK(g.layer[1].share < NN_VANISHES && isnan(g.layer[0].dead));
    CHECK_INT(g.layer[g.last].state, NN_GRADIENT_FINE);
    nn_gradients_release(&g), nn_weights_unref(w), nn_net_unref(net);

    net = NET("input 8x8x2", "flatten", "dense 8", "dense 8", "dense 8", "dense 3 softmax");
    CHECK_OK(nn_weights_new(net, 1, &large, &err));
    float *middle = nn_weights_data(large) + nn_net_node(net, 4)->offset[0];
    float *last = nn_weights_data(large) + nn_net_node(net, 5)->offset[0];
    float *first = nn_weights_data(large) + nn_net_node(net, 2)->offset[0];
    for (int i = 0; i < 64; i++) middle[i] *= 1e4f;
    for (int i = 0; i < 24; i++) last[i] *= 1e-2f;
    for (int i = 0; i < PIXELS * 8; i++) first[i] *= 1e-4f;
    g = measure(large, 8, NULL);
    CHECK_INT(g.layer[0].state, NN_GRADIENT_EXPLODES);
    CHECK(g.layer[0].share > NN_EXPLODES && g.layer[0].ratio > NN_RATIO_HIGH);
    nn_gradients_release(&g), nn_weights_unref(large), nn_net_unref(net);

    /* A relu that never fires lets nothing through. */
    net = NET("input 8x8x2", "conv 4 3x3 relu", "conv 4 3x3", "activation relu", "flatten", "dense 3 softmax");
    CHECK_OK(nn_weights_new(net, 1, &dead, &err));
    for (int c = 0; c < 4; c++) (nn_weights_data(dead) + nn_net_node(net, 2)->offset[1])[c] = -100;
    (nn_weights_data(dead) + nn_net_node(net, 1)->offset[1])[2] = -100;
    g = measure(dead, 8, NULL);
    CHECK_INT(g.layer[0].state, NN_GRADIENT_SILENT);
    CHECK_INT(g.layer[1].state, NN_GRADIENT_SILENT);
    CHECK(g.layer[0].norm <= 0);
    CHECK_NEAR(g.layer[0].dead, 0.25, 1e-12);
    CHECK_NEAR(g.layer[1].dead, 1, 1e-12);
    nn_gradients_release(&g), nn_weights_unref(dead), nn_net_unref(net);
}

/* What is frozen before all that learns runs once; the rest gets what it gets in the whole. */
TEST(frozen_layers_and_images)
{
    nn_net *net = usual(), *half = NULL;
    bool frozen[9] = {[1] = true, [2] = true};
    nn_weights *w = NULL, *again = NULL;
    CHECK_OK(nn_weights_new(net, 3, &w, &err));
    CHECK_OK(nn_net_with_frozen(net, frozen, &half, &err));
    CHECK_OK(nn_weights_for(w, half, &again, &err));
    nn_gradients g = measure(again, 6, NULL);
    CHECK_INT(g.images, 6);
    CHECK(g.first == 2 && g.last == 4 && g.count == 5);
    CHECK_INT(g.layer[1].state, NN_GRADIENT_FROZEN);
    CHECK(isnan(g.layer[1].norm) && g.layer[2].norm > 0);
    CHECK_INT(g.layer[1].params, 16);
    nn_gradients_release(&g);
    nn_learner l = {0};
    CHECK_OK(
        nn_learner_open(&(nn_learner_options){.weights = again, .source = source, .images = 50, .seed = 5}, &l, &err));
    CHECK(l.n == 20 && l.cut == 2 && l.floats == 6 * 6 * 4);
    nn_learner_release(&l);
    lg_cancel cancel = {0};
    lg_cancel_set(&cancel);
    nn_gradients_options o = {.weights = w, .source = source, .batch = 4, .cancel = &cancel};
    CHECK_INT(nn_gradients_measure(&o, &g, &err), LG_E_INTERRUPTED);
    lg_err_clear(&err);
    o.cancel = NULL, o.source.count = 0;
    CHECK(nn_gradients_measure(&o, &g, &err) != LG_OK && err.code == 406);
    lg_err_clear(&err);
    nn_weights_unref(again), nn_weights_unref(w), nn_net_unref(half), nn_net_unref(net);
}

/* A unit that is 0 behind its relu is not dead where something is added first; relu6 is a relu. */
TEST(which_relu_is_a_layers_own)
{
    static const char *const lines[] = {"input 8x8x2",    "conv 4 3x3 same relu6", "conv 4 3x3 same", "add",
                                        "activation relu", "flatten",              "dense 3 softmax"};
    nn_net *net = NULL;
    nn_config config = {0};
    nn_weights *w = NULL;
    CHECK_OK(nn_net_new(&net, &err));
    for (int i = 0; i < 7; i++) {
        if (i == 3) CHECK_OK(nn_net_add_to(net, nn_layer_find("add"), &config, (const int[]){2, 1}, 2, &err));
        else CHECK_OK(nn_net_add_line(net, lines[i], &err));
    }
    CHECK_OK(nn_net_finish(net, &err));
    CHECK_OK(nn_weights_new(net, 1, &w, &err));
    for (int i = 1; i < 3; i++) (nn_weights_data(w) + nn_net_node(net, i)->offset[1])[2] = -100;
    nn_gradients g = measure(w, 8, NULL);
    CHECK_NEAR(g.layer[0].dead, 0.25, 1e-12);
    CHECK(isnan(g.layer[1].dead));
    nn_gradients_release(&g), nn_weights_unref(w), nn_net_unref(net);
}

static lg_status first_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    LG_TRY(noise_fill(ctx, indices, n, x, label, e));
    for (int i = 0; i < n && label; i++) label[i] = 0;
    return LG_OK;
}

/* One class alone is always right: nothing reaches the last layer, and what a penalty does elsewhere is no explosion.
 * Of more classes than the network knows there is no loss. */
TEST(a_last_layer_that_nothing_reaches)
{
    nn_net *net = NET("input 8x8x2", "conv 2 3x3 l2 0.1", "flatten", "dense 1 softmax");
    nn_weights *w = NULL;
    nn_gradients g = {0};
    nn_gradients_options o = {.source = {.count = 20, .fill = first_fill}, .batch = 8, .lr = 0.1};
    CHECK_OK(nn_weights_new(net, 1, &w, &err));
    o.weights = w;
    CHECK_OK(nn_gradients_measure(&o, &g, &err));
    CHECK(g.layer[0].norm > 0 && isnan(g.layer[0].share));
    CHECK_INT(g.layer[0].state, NN_GRADIENT_FINE);
    CHECK_INT(g.layer[1].state, NN_GRADIENT_SILENT);
    nn_gradients_release(&g);
    o.source = source;
    CHECK(nn_gradients_measure(&o, &g, &err) != LG_OK && err.code == 409);
    CHECK(!g.layer);
    lg_err_clear(&err);
    nn_weights_unref(w), nn_net_unref(net);
}
