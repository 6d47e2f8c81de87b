/* test_exec.c - planned execution: threads do not matter, nothing is allocated, branches, masks, kept outputs. */
#include "tests/support/nn_test.h"

static nn_exec *trainer(const nn_net *net, int batch, lg_pool *pool, bool keep)
{
    nn_exec *exec = NULL;
    lg_err_clear(&err);
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = batch, .train = true, .keep = keep, .pool = pool,
                                            .loss = nn_loss_find("crossentropy"), .optim = nn_optim_find("momentum"),
                                            .seed = 5}, &exec, &err));
    return exec;
}

static void set_batch(nn_exec *exec, const nn_net *net, int n, uint32_t stream)
{
    hash_fill(nn_exec_input(exec), (size_t)n * nn_shape_size(nn_net_input(net)), stream, 1.0f);
    for (int i = 0; i < n; i++)
        nn_exec_labels(exec)[i] =
            (int32_t)(hash_bits(stream + 1, (uint32_t)i) % (uint32_t)nn_shape_size(nn_net_output(net)));
}

/* Weights after a few steps with dropout, batches of several sizes, on so many threads. Owned, free. */
static float *weights_after(const nn_net *net, int threads)
{
    static const int sizes[] = {32, 29, 1, 32, 17};
    lg_pool *pool = NULL;
    nn_weights *w = NULL;
    CHECK_OK(lg_pool_new(threads, &pool, &err));
    CHECK_OK(nn_weights_new(net, 3, &w, &err));
    nn_exec *exec = trainer(net, 32, pool, false);
    nn_exec_load(exec, w);
    for (int i = 0; i < 5; i++) {
        set_batch(exec, net, sizes[i], (uint32_t)(200 + 10 * i));
        nn_exec_gradient(exec, sizes[i]);
        nn_exec_step(exec, &(nn_hyper){.lr = 0.05, .momentum = 0.9});
    }
    float *after = malloc(nn_net_block(net) * sizeof *after);
    memcpy(after, nn_exec_weights(exec), nn_net_block(net) * sizeof *after);
    nn_exec_free(exec);
    nn_weights_unref(w);
    lg_pool_free(pool);
    return after;
}

static void any_threads(nn_net *net)
{
    float *one = weights_after(net, 1);
    for (int threads = 2; threads <= 4; threads++) {
        float *more = weights_after(net, threads);
        if (memcmp(one, more, nn_net_block(net) * sizeof *one))
            TEST_FAIL("%d threads give other weights than one", threads);
        free(more);
    }
    free(one);
    nn_net_unref(net);
}

TEST(threads_do_not_matter)
{
    any_threads(NET("input 20x20x3", "conv 8 3x3 relu", "maxpool 2", "conv 16 3x3 relu l2 0.001", "maxpool 2",
                    "flatten", "dense 24 relu", "dropout 0.5", "dense 4 softmax"));
    any_threads(NET("input 12x12x3", "batchnorm", "conv 8 3x3", "batchnorm", "activation relu", "maxpool 2",
                    "depthwise 3x3", "globalavg", "dropout 0.5", "batchnorm", "dense 4 softmax"));
}

static void no_allocation(nn_net *net)
{
    lg_pool *pool = NULL;
    nn_weights *w = NULL;
    CHECK_OK(lg_pool_new(2, &pool, &err));
    CHECK_OK(nn_weights_new(net, 1, &w, &err));
    nn_exec *exec = trainer(net, 16, pool, false);
    nn_exec_load(exec, w);
    set_batch(exec, net, 16, 1);
    long before = lg_alloc_count();
    for (int i = 0; i < 2; i++) {
        nn_exec_gradient(exec, 16 - i);
        nn_exec_step(exec, &(nn_hyper){.lr = 0.01, .momentum = 0.9});
        nn_exec_forward(exec, 16);
    }
    CHECK_INT(lg_alloc_count() - before, 0);
    CHECK(nn_exec_bytes(exec) < (size_t)40 << 20);
    nn_exec_free(exec);
    nn_weights_unref(w);
    lg_pool_free(pool);
    nn_net_unref(net);
}

TEST(running_never_allocates)
{
    no_allocation(REPORT_NET);
    no_allocation(NET("input 12x12x3", "conv 8 3x3 relu", "batchnorm", "globalmax", "dense 4 softmax"));
}

/* Averages follow the batches and nothing else: weight decay passes them by, a network in use reads them. */
TEST(moving_numbers_only_follow_the_batches)
{
    nn_net *net = NET("input 6x6x2", "batchnorm momentum 0", "flatten", "dense 2 softmax");
    nn_weights *w = NULL;
    CHECK_INT(nn_net_params(net), 8 + 146);
    CHECK_INT(nn_net_moving(net), 4);
    CHECK_OK(nn_weights_new(net, 3, &w, &err));
    nn_exec *exec = trainer(net, 20, NULL, false);
    nn_exec_load(exec, w);
    set_batch(exec, net, 20, 8);
    nn_exec_gradient(exec, 20);
    CHECK(memcmp(nn_exec_weights(exec), nn_weights_block(w), nn_net_block(net) * sizeof(float)) == 0);
    nn_exec_step(exec, &(nn_hyper){.lr = 0.5, .decay = 1});
    const float *mean = nn_exec_weights(exec) + nn_net_node(net, 1)->offset[2];
    const float *variance = nn_exec_weights(exec) + nn_net_node(net, 1)->offset[3];
    for (int c = 0; c < 2; c++) { /* momentum 0: those of the last batch */
        double sum = 0, square = 0;
        for (int i = c; i < 20 * 72; i += 2) {
            double v = (double)nn_exec_input(exec)[i];
            sum += v, square += v * v;
        }
        CHECK_NEAR((double)mean[c], sum / 720, 1e-6);
        CHECK_NEAR((double)variance[c], square / 720 - sum / 720 * sum / 720, 1e-6);
    }
    nn_exec_free(exec);
    nn_weights_unref(w);
    nn_net_unref(net);
}

/* Fused, in pieces, sharing memory: the same numbers as one layer after the other with everything kept. */
static void same_as_kept(const nn_net *net, int n)
{
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 4, &w, &err));
    nn_exec *a = trainer(net, n, NULL, false), *b = trainer(net, n, NULL, true);
    nn_exec_load(a, w), nn_exec_load(b, w);
    set_batch(a, net, n, 300), set_batch(b, net, n, 300);
    nn_exec_gradient(a, n), nn_exec_gradient(b, n);
    CHECK_NEAR(nn_exec_loss(a), nn_exec_loss(b), 1e-5);
    double largest = 0;
    for (size_t i = 0; i < nn_net_trained_block(net); i++) largest = fmax(largest, fabs((double)nn_exec_grad(b)[i]));
    CHECK(largest > 0);
    for (size_t i = 0; i < nn_net_trained_block(net); i++)
        CHECK_NEAR((double)nn_exec_grad(a)[i], (double)nn_exec_grad(b)[i], 1e-5 * largest + 1e-7);
    nn_exec_free(a), nn_exec_free(b);
    nn_weights_unref(w);
}

TEST(planned_equals_kept)
{
    nn_net *nets[] = {
        NET("input 14x14x2", "conv 4 3x3 relu", "maxpool 2", "conv 6 3x3 relu same", "maxpool 3 stride 2", "flatten",
            "dense 9 gelu", "dropout 0.3", "dense 3 softmax"),
        NET("input 9x9x2", "dropout 0.2", "conv 4 3x3", "maxpool 2", "conv 3 2x2 swish", "activation tanh", "flatten",
            "flatten", "dense 3", "activation softmax"),
        NET("input 4x4x1", "flatten", "dense 5 softmax"),
        NET("input 9x8x1", "conv 3 3x3 relu", "maxpool 3x2 stride 2", "flatten",
            "dense 2 softmax"), /* looks like 2x2 */
        NET("input 8x8x2", "batchnorm", "conv 4 3x3 no bias", "batchnorm", "activation relu", "dropout 0.2",
            "depthwise 3x3 same stride 2", "pad 1", "avgpool 2", "globalmax", "batchnorm", "dense 3 softmax"),
        NET("input 12x12x3", "conv 5 3x3 relu", "maxpool 2 stride 2 same", "conv 5 3x3 sigmoid", "maxpool 2", "flatten",
            "dense 2 softmax"),
    };
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        same_as_kept(nets[i], 19);
        nn_net_unref(nets[i]);
    }
}

static void add_to(nn_net *net, const char *line, int a, int b)
{
    char config[512], word[32];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(line, " "), line);
    const nn_layer_type *type = nn_layer_find(word);
    nn_config_init(type, config);
    CHECK_OK(nn_config_parse(type, config, line + strlen(word), &err));
    CHECK_OK(nn_net_add_to(net, type, config, (const int[]){a, b}, b < 0 ? 1 : 2, &err));
}

/* Two branches from one convolution, joined twice; its output is read three times. */
static nn_net *branches(void)
{
    nn_net *net = NULL;
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 8x8x2", &err));
    CHECK_OK(nn_net_add_line(net, "conv 4 3x3 tanh", &err)); /* 1 */
    add_to(net, "conv 4 3x3 swish same", 1, -1);             /* 2 */
    add_to(net, "conv 4 1x1", 1, -1);                        /* 3 */
    add_to(net, "add", 2, 1);                                /* 4 */
    add_to(net, "concat", 4, 3);                             /* 5 */
    add_to(net, "add", 5, 5);                                /* 6: one output twice */
    CHECK_OK(nn_net_add_line(net, "flatten", &err));
    CHECK_OK(nn_net_add_line(net, "dense 3 softmax", &err));
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}

TEST(branches_have_the_right_gradient)
{
    nn_net *net = branches();
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 6, &w, &err));
    same_as_kept(net, 11);
    nn_exec *exec = trainer(net, 6, NULL, false);
    nn_exec_load(exec, w);
    set_batch(exec, net, 6, 400);
    nn_exec_gradient(exec, 6);
    float *grad = malloc(nn_net_block(net) * sizeof *grad);
    memcpy(grad, nn_exec_grad(exec), nn_net_block(net) * sizeof *grad);
    for (size_t i = 0; i < nn_net_block(net); i += 7) {
        double loss[2];
        for (int side = 0; side < 2; side++) {
            nn_weights *moved = NULL;
            CHECK_OK(nn_weights_copy(w, &moved, &err));
            nn_weights_data(moved)[i] += side ? 1e-2f : -1e-2f;
            nn_exec_load(exec, moved);
            nn_exec_gradient(exec, 6);
            loss[side] = nn_exec_loss(exec);
            nn_weights_unref(moved);
        }
        CHECK_NEAR((loss[1] - loss[0]) / 2e-2, (double)grad[i], 2e-4 + 2e-3 * fabs((double)grad[i]));
    }
    free(grad);
    nn_exec_free(exec);
    nn_weights_unref(w);
    nn_net_unref(net);
}

TEST(dropout_switches_off_the_right_share)
{
    nn_net *net = NET("input 40x40x3", "dropout 30%", "flatten", "dense 2 softmax");
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 1, &w, &err));
    nn_exec *exec = trainer(net, 4, NULL, true);
    nn_exec_load(exec, w);
    size_t image = 4800;
    for (size_t i = 0; i < 4 * image; i++) nn_exec_input(exec)[i] = 1;
    nn_exec_gradient(exec, 4);
    const float *y = nn_exec_activation(exec, 1);
    int off = 0, alike = 0;
    for (size_t i = 0; i < 4 * image; i++) {
        CHECK(y[i] == 0 || fabs((double)y[i] - 1 / 0.7) < 1e-6);
        off += y[i] == 0;
    }
    for (size_t i = 0; i < image; i++) alike += y[i] == y[image + i];
    CHECK_NEAR(off / 19200.0, 0.3, 0.015);            /* 4.5 sigma */
    CHECK_NEAR(alike / 4800.0, 0.49 + 0.09, 0.035);   /* images are drawn apart */
    float *first = malloc(image * sizeof *first);
    memcpy(first, y, image * sizeof *first);
    nn_exec_gradient(exec, 4);
    CHECK(memcmp(first, nn_exec_activation(exec, 1), image * sizeof *first) == 0); /* same step, same mask */
    nn_exec_step(exec, &(nn_hyper){.lr = 0.01});
    nn_exec_gradient(exec, 4);
    CHECK(memcmp(first, nn_exec_activation(exec, 1), image * sizeof *first) != 0);
    nn_exec_forward(exec, 4);
    for (size_t i = 0; i < 4 * image; i++) CHECK(nn_exec_activation(exec, 1)[i] == 1);
    free(first);
    nn_exec_free(exec);
    nn_weights_unref(w);
    nn_net_unref(net);
}

TEST(class_weights_scale_losses)
{
    nn_net *net = NET("input 3x3x1", "flatten", "dense 2 softmax");
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 1, &w, &err));
    nn_exec *exec = trainer(net, 4, NULL, false);
    nn_exec_load(exec, w);
    set_batch(exec, net, 4, 500);
    for (int i = 0; i < 4; i++) nn_exec_labels(exec)[i] = i % 2;
    nn_exec_gradient(exec, 4);
    double plain[4];
    for (int i = 0; i < 4; i++) plain[i] = (double)nn_exec_losses(exec)[i];
    nn_exec_set_class_weight(exec, (const float[]){3, 0.5f});
    nn_exec_gradient(exec, 4);
    for (int i = 0; i < 4; i++) CHECK_NEAR((double)nn_exec_losses(exec)[i], plain[i] * (i % 2 ? 0.5 : 3), 1e-5);
    nn_exec_free(exec);
    nn_weights_unref(w);
    nn_net_unref(net);
}

/* Every optimiser brings w towards the minimum of sum (w - i)^2. */
TEST(optimisers_descend)
{
    for (int k = 0; nn_optims[k]; k++) {
        const nn_optim_type *o = nn_optims[k];
        float w[5] = {0}, g[5], slot[4][5] = {{0}}, *slots[4] = {slot[0], slot[1], slot[2], slot[3]};
        double first = 0, last = 0;
        for (int64_t step = 1; step <= 400; step++) {
            double loss = 0;
            for (int i = 0; i < 5; i++) {
                g[i] = 2 * (w[i] - (float)i);
                loss += ((double)w[i] - i) * ((double)w[i] - i);
            }
            if (step == 1) first = loss;
            last = loss;
            o->update(&(nn_hyper){.lr = 0.03, .momentum = o->momentum, .step = step}, 5, w, g, slots);
        }
        if (!(last < first / 1000)) TEST_FAIL("%s: %g from %g", o->name, last, first);
    }
}

TEST(a_network_without_softmax_is_not_trained)
{
    nn_net *net = NET("input 4x4x1", "flatten", "dense 3 relu");
    nn_exec *exec = NULL;
    CHECK(nn_exec_new(&(nn_exec_options){.net = net,
                                         .max_batch = 4,
                                         .train = true,
                                         .loss = nn_loss_find("crossentropy"),
                                         .optim = nn_optim_find("sgd")},
                      &exec, &err) == LG_E_SHAPE);
    CHECK_INT(err.code, 405);
    CHECK_STR(err.hint, "end it with `dense classes softmax`");
    lg_err_clear(&err);
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 4}, &exec, &err)); /* but used it may be */
    nn_exec_free(exec);
    nn_net_unref(net);
}
