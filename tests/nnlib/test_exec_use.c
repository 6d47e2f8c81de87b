/* test_exec_use.c - networks that are only used: what is folded into what, and that it changes no result. */
#include "nnlib/model/plan.h"
#include "tests/support/nn_test.h"

static nn_exec *user(const nn_net *net, const nn_weights *w, int batch, bool keep, lg_pool *pool)
{
    nn_exec *exec = NULL;
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = batch, .keep = keep, .pool = pool}, &exec, &err));
    nn_exec_load(exec, w);
    return exec;
}

/* Weights as after a training: averages and scales of batchnorm are no longer those of a fresh network. */
static nn_weights *used_weights(const nn_net *net)
{
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 4, &w, &err));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            const nn_param *p = &node->param[k];
            float *at = nn_weights_data(w) + node->offset[k];
            if (p->shape.rank != 1) continue;
            hash_fill(at, nn_shape_size(p->shape), (uint32_t)(50 + 8 * i + k), 0.5f);
            for (size_t j = 0; j < nn_shape_size(p->shape) && p->init == NN_ONES; j++) at[j] += 1;
        }
    }
    return w;
}

/* Nodes that run, "conv1 depthwise1 …". */
static const char *running(const nn_net *net)
{
    static char text[400];
    size_t used = 0;
    nn_plan plan;
    text[0] = '\0';
    CHECK_OK(nn_plan_init(&plan, &(nn_plan_options){.net = net, .images = 2}, &err));
    for (int i = 1; i < plan.count; i++)
        if (plan.node[i].runs)
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "", nn_net_node(net, i)->name);
    nn_plan_release(&plan);
    return text;
}

static void same_as_kept(nn_net *net, const char *runs)
{
    enum { N = 9 };
    nn_weights *w = used_weights(net);
    nn_exec *folded = user(net, w, N, false, NULL), *kept = user(net, w, N, true, NULL);
    size_t in = nn_shape_size(nn_net_input(net)), out = nn_shape_size(nn_net_output(net));
    double largest = 0;
    CHECK_STR(running(net), runs);
    hash_fill(nn_exec_input(folded), N * in, 3, 1.0f);
    hash_fill(nn_exec_input(kept), N * in, 3, 1.0f);
    nn_exec_forward(folded, N);
    nn_exec_forward(kept, N);
    for (size_t i = 0; i < N * out; i++) largest = fmax(largest, fabs((double)nn_exec_output(kept)[i]));
    CHECK(largest > 0.01);
    for (size_t i = 0; i < N * out; i++)
        CHECK_NEAR((double)nn_exec_output(folded)[i], (double)nn_exec_output(kept)[i], 1e-5 * largest);
    nn_exec_free(folded);
    nn_exec_free(kept);
    nn_weights_unref(w);
    nn_net_unref(net);
}

TEST(batchnorm_and_activations_are_folded)
{
    same_as_kept(NET("input 9x8x3", "conv 5 3x3", "batchnorm", "activation relu"), "conv1");
    same_as_kept(NET("input 9x8x3", "conv 5 3x3 no bias", "batchnorm epsilon 0.1", "activation relu6"), "conv1");
    same_as_kept(NET("input 9x8x3", "conv 20 1x1 no bias", "batchnorm", "activation relu", "maxpool 2"), "conv1");
    same_as_kept(NET("input 9x8x3", "depthwise 3x3 no bias same", "batchnorm", "activation swish"), "depthwise1");
    same_as_kept(NET("input 4x4x3", "flatten", "dense 6 no bias", "batchnorm", "activation tanh"), "dense1");
    same_as_kept(NET("input 4x4x3", "flatten", "dense 6", "activation softmax"), "dense1");
    same_as_kept(NET("input 6x6x2", "conv 4 3x3", "activation gelu", "batchnorm"), "conv1 batchnorm1");
}

TEST(what_would_not_be_the_same_is_not_folded)
{
    same_as_kept(NET("input 9x8x3", "conv 5 3x3 relu", "batchnorm", "activation relu"), "conv1 batchnorm1 activation1");
    same_as_kept(NET("input 9x8x3", "maxpool 2", "batchnorm"), "maxpool1 batchnorm1");
    same_as_kept(NET("input 9x8x3", "conv 5 3x3 relu", "maxpool 2", "batchnorm"), "conv1 batchnorm1");
    same_as_kept(NET("input 9x8x3", "conv 5 3x3", "batchnorm", "batchnorm"), "conv1 batchnorm2");
}

/* `add` of the last node and node a, then more lines. */
static nn_net *with_branch(const char *const *lines, int n, int a, const char *behind)
{
    nn_net *net = NULL;
    nn_config config = {0};
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    for (int i = 0; i < n; i++) CHECK_OK(nn_net_add_line(net, lines[i], &err));
    CHECK_OK(nn_net_add_to(net, nn_layer_find("add"), &config, (const int[]){n - 1, a}, 2, &err));
    CHECK_OK(nn_net_add_line(net, behind, &err));
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}

TEST(a_layer_read_twice_keeps_its_output)
{
    static const char *const block[] = {"input 8x8x4",     "conv 4 3x3 same", "batchnorm",
                                        "activation relu", "conv 4 3x3 same", "batchnorm"};
    same_as_kept(with_branch(block, 6, 3, "activation relu"), "conv1 conv2 add1");
    same_as_kept(with_branch(block, 6, 2, "activation relu"), "conv1 activation1 conv2 add1");
    same_as_kept(with_branch(block, 6, 1, "activation relu"), "conv1 batchnorm1 activation1 conv2 add1");
    same_as_kept(with_branch(block, 6, 0, "batchnorm"), "conv1 conv2 add1 batchnorm3");
}

TEST(training_keeps_them_apart)
{
    nn_net *net = NET("input 8x8x3", "conv 5 3x3", "batchnorm", "activation relu", "globalavg", "dense 3 softmax");
    nn_plan plan;
    CHECK_OK(nn_plan_init(&plan, &(nn_plan_options){.net = net, .images = 2, .train = true}, &err));
    for (int i = 1; i < plan.count; i++) CHECK(plan.node[i].runs);
    CHECK_INT(plan.folded, 0);
    nn_plan_release(&plan);
    nn_net_unref(net);
}

TEST(a_batch_is_its_images)
{
    enum { MOST = 40 };
    nn_net *net =
        NET("input 6x6x2", "conv 4 3x3 no bias", "batchnorm", "activation relu", "globalavg", "dense 3 softmax");
    nn_weights *w = used_weights(net);
    lg_pool *pool = NULL;
    float alone[MOST * 3];
    CHECK_OK(lg_pool_new(3, &pool, &err));
    nn_exec *many = user(net, w, MOST, false, pool), *one = user(net, w, 1, false, NULL);
    hash_fill(nn_exec_input(many), MOST * 72, 6, 1.0f);
    for (int i = 0; i < MOST; i++) {
        memcpy(nn_exec_input(one), nn_exec_input(many) + (size_t)i * 72, 72 * sizeof(float));
        nn_exec_forward(one, 1);
        memcpy(alone + 3 * i, nn_exec_output(one), 3 * sizeof(float));
    }
    for (int n = 1; n <= MOST; n++) {
        nn_exec_forward(many, n);
        CHECK(memcmp(nn_exec_output(many), alone, (size_t)n * 3 * sizeof(float)) == 0);
    }
    long before = lg_alloc_count();
    nn_exec_load(many, w);
    nn_exec_forward(many, MOST);
    CHECK_INT(lg_alloc_count() - before, 0);
    nn_exec_free(many);
    nn_exec_free(one);
    lg_pool_free(pool);
    nn_weights_unref(w);
    nn_net_unref(net);
}
