/* test_keras.c - the same numbers as Keras: every layer forward and backward, the report's network, the optimisers.
 *
 * Equal means: largest difference at most 1e-4 times the largest magnitude of the tensor, plus 1e-6. The golden files
 * and how they are made: tests/golden/keras/make_goldens.py. */
#include "tests/support/keras_golden.h"

/* "7x8x3" -> shape */
static nn_shape shape_of(const char *text)
{
    nn_shape s = {0};
    for (const char *p = text; *p && *p != '|'; p += *p == 'x') s.dim[s.rank++] = strtol(p, (char **)&p, 10);
    return s;
}

static void check_layer_record(const record *r)
{
    char line[80];
    const char *bar = strchr(r->name, '|'), *what = strrchr(r->name, '|') + 1;
    lone_layer l;
    snprintf(line, sizeof line, "%.*s", (int)(bar - r->name), r->name);
    lone_init(&l, line, (const nn_shape[]){shape_of(bar + 1), {0}}, 3);
    hash_fill(l.x[0], lone_in(&l, 0), 1, strncmp(line, "activation", 10) ? 1.0f : 8.0f);
    for (int k = 0; k < l.nparam; k++) {
        hash_fill(l.param[k], lone_param(&l, k), (uint32_t)(2 + k), 0.5f);
        for (size_t i = 0; i < lone_param(&l, k) && strcmp(l.info[k].name, "moving_variance") == 0; i++)
            l.param[k][i] = fabsf(l.param[k][i]);
    }
    hash_fill(l.dy, lone_out(&l), 9, 1.0f);
    l.used = true;
    if (strcmp(what, "used") == 0) lone_run(&l, false), check_record(r, l.y, lone_out(&l));
    l.used = false;
    lone_run(&l, false);
    if (strcmp(what, "y") == 0) check_record(r, l.y, lone_out(&l));
    lone_run(&l, true);
    if (strcmp(what, "dx") == 0) check_record(r, l.dx[0], lone_in(&l, 0));
    for (int k = 0; k < l.nparam; k++)
        if (what[0] == 'd' && strcmp(what + 1, l.info[k].name) == 0) check_record(r, l.grad[k], lone_param(&l, k));
    if (strncmp(what, "moved ", 6) == 0) lone_settle(&l);
    for (int k = 0; k < l.nparam; k++)
        if (strncmp(what, "moved ", 6) == 0 && strcmp(what + 6, l.info[k].name) == 0)
            check_record(r, l.param[k], lone_param(&l, k));
    lone_release(&l);
}

TEST(layers_equal_keras)
{
    golden g = read_golden("tests/golden/keras/layers.bin");
    CHECK(g.count > 140);
    for (int i = 1; i < g.count; i++) check_layer_record(&g.item[i]);
    free_golden(&g);
}

/* ---- networks ---- */

static void check_first_batch(const golden *g, const char *name, const nn_net *net, nn_exec *exec, int count)
{
    check_record(find(g, name, "p"), nn_exec_output(exec), (size_t)count * nn_shape_size(nn_net_output(net)));
    check_block(net, nn_exec_grad(exec), NULL, find(g, name, "grad"), 1e-4, true);
}

typedef struct run_case {
    const char *name, *optim;
    nn_hyper hyper;
    int steps, size, channels, classes, count, dropout; /* node of the dropout, or -1 */
    bool first;
} run_case;

static void check_run(const golden *g, nn_net *net, const run_case *c, bool keep)
{
    nn_exec *exec = NULL;
    nn_weights *start = keras_start(net);
    float *mask = NULL, losses[64];
    size_t masked = c->dropout >= 0 ? (size_t)c->count * nn_shape_size(nn_net_node(net, c->dropout)->spec.out) : 0;
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = c->count, .train = true, .keep = keep,
                                            .loss = nn_loss_find("crossentropy"), .optim = nn_optim_find(c->optim)},
                         &exec, &err));
    nn_exec_load(exec, start);
    if (masked) mask = malloc(masked * sizeof *mask);
    if (masked) nn_exec_set_mask(exec, c->dropout, mask);
    int base = (int)find(g, c->name, "base")->data[0];
    for (int step = 0; step < c->steps; step++) {
        make_batch(base + step, c->size, c->channels, c->classes, c->count, nn_exec_input(exec), nn_exec_labels(exec));
        for (size_t i = 0; i < masked; i++)
            mask[i] = (float)(hash_bits((uint32_t)(3000 + base + step), (uint32_t)i) >> 31);
        nn_exec_gradient(exec, c->count);
        losses[step] = (float)nn_exec_loss(exec);
        if (step == 0 && c->first) check_first_batch(g, c->name, net, exec, c->count);
        nn_exec_step(exec, &c->hyper);
    }
    check_record(find(g, c->name, "loss"), losses, (size_t)c->steps);
    check_block(net, nn_exec_weights(exec), NULL, find(g, c->name, "weights"), 1e-4, false);
    check_block(net, nn_exec_weights(exec), nn_weights_block(start), find(g, c->name, "weights"), 1e-3, false);
    free(mask);
    nn_exec_free(exec);
    nn_weights_unref(start);
}

TEST(report_network_equals_keras)
{
    golden g = read_golden("tests/golden/keras/nets.bin");
    nn_net *net = REPORT_NET;
    CHECK_INT(nn_net_params(net), 130532);
    run_case c = {.name = "report", .optim = "sgd", .hyper = {.lr = 0.01}, .steps = 20, .size = 64, .channels = 3,
                  .classes = 4, .count = 32, .dropout = 11, .first = true};
    check_run(&g, net, &c, false);
    nn_net_unref(net);
    free_golden(&g);
}

/* `residual { … }` of the language: the last output plus that of node `from`. */
static void join(nn_net *net, int from)
{
    const nn_layer_type *add = nn_layer_find("add");
    nn_config config = {0};
    CHECK_OK(nn_net_add_to(net, add, &config, (const int[]){nn_net_count(net) - 1, from}, 2, &err));
}

TEST(batchnorm_in_a_residual_block_equals_keras)
{
    static const char *const before[] = {"input 12x12x2", "conv 6 3x3 same no bias", "batchnorm momentum 0.9",
                                         "activation relu", "depthwise 3x3 same", "batchnorm momentum 0.9",
                                         "activation relu", "conv 6 1x1", "batchnorm momentum 0.9"};
    static const char *const after[] = {"activation relu", "pad 1", "avgpool 2", "globalavg", "dense 3 softmax"};
    golden g = read_golden("tests/golden/keras/nets.bin");
    nn_net *net = NULL;
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) CHECK_OK(nn_net_add_line(net, before[i], &err));
    join(net, 3);
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) CHECK_OK(nn_net_add_line(net, after[i], &err));
    CHECK_OK(nn_net_finish(net, &err));
    CHECK_INT(nn_net_moving(net), 36);
    run_case c = {.name = "residual", .optim = "sgd", .hyper = {.lr = 0.05, .momentum = 0.9}, .steps = 20, .size = 12,
                  .channels = 2, .classes = 3, .count = 24, .dropout = -1, .first = true};
    check_run(&g, net, &c, false);
    check_run(&g, net, &c, true);
    nn_net_unref(net);
    free_golden(&g);
}

TEST(optimisers_equal_keras)
{
    static const run_case cases[] = {
        {.name = "sgd", .optim = "sgd", .hyper = {.lr = 0.1}, .first = true},
        {.name = "sgd decay", .optim = "sgd", .hyper = {.lr = 0.1, .decay = 0.1}},
        {.name = "momentum", .optim = "momentum", .hyper = {.lr = 0.1, .momentum = 0.9}},
        {.name = "momentum nesterov", .optim = "sgd", .hyper = {.lr = 0.1, .momentum = 0.9, .nesterov = true}},
        {.name = "adam", .optim = "adam", .hyper = {.lr = 0.01}},
        {.name = "rmsprop", .optim = "rmsprop", .hyper = {.lr = 0.01}},
    };
    golden g = read_golden("tests/golden/keras/nets.bin");
    nn_net *net = NET("input 10x10x2", "conv 4 3x3 relu l2 0.01", "maxpool 2", "flatten", "dense 3 softmax");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_case c = cases[i];
        c.steps = 6, c.size = 10, c.channels = 2, c.classes = 3, c.count = 8, c.dropout = -1;
        check_run(&g, net, &c, i % 2 == 1); /* every other one unfused, all outputs kept */
    }
    nn_net_unref(net);
    free_golden(&g);
}

/* Frozen layers as a base has them, before, between and behind what learns, batchnorms among them; the penalty of a
 * frozen layer counts for nothing. */
TEST(frozen_layers_equal_keras)
{
    static const struct {
        const char *name;
        int frozen[6];
    } cases[] = {{"1+2+5+6+8", {1, 2, 5, 6, 8}}, {"5+6+8", {5, 6, 8}}, {"2+6", {2, 6}}, {"1+11", {1, 11}}};
    golden g = read_golden("tests/golden/keras/frozen.bin");
    nn_net *all = NET("input 10x10x2", "conv 4 3x3 same no bias l2 0.01", "batchnorm momentum 0.9",
                      "activation relu", "maxpool 2", "conv 5 3x3 no bias", "batchnorm momentum 0.9",
                      "activation relu", "depthwise 2x2 tanh", "maxpool 2 stride 1 same", "flatten", "dense 6 tanh", "dense 3 softmax");
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        bool frozen[20] = {false}, adam = i % 2;
        char name[60];
        nn_net *net = NULL;
        for (const int *at = cases[i / 2].frozen; *at; at++) frozen[*at] = true;
        CHECK_OK(nn_net_with_frozen(all, frozen, &net, &err));
        snprintf(name, sizeof name, "%s %s", cases[i / 2].name, adam ? "adam" : "sgd");
        run_case c = {.name = name, .optim = adam ? "adam" : "sgd", .hyper = {.lr = adam ? 0.01 : 0.1}, .steps = 3,
                      .size = 10, .channels = 2, .classes = 3, .count = 12, .dropout = -1, .first = true};
        check_run(&g, net, &c, false);
        check_run(&g, net, &c, true);
        nn_net_unref(net);
    }
    nn_net_unref(all);
    free_golden(&g);
}
