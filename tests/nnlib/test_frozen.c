/* test_frozen.c - layers that keep their numbers while others learn, and networks cut where learning begins. That the
 * numbers are Keras' is tested in test_keras.c. */
#include "tests/support/nn_test.h"

#define BASE                                                                                                           \
    "input 12x12x2", "conv 6 3x3 no bias", "batchnorm momentum 0.5", "activation relu", "maxpool 2",                   \
        "depthwise 3x3 same", "batchnorm momentum 0.5", "activation relu6"
#define HEAD "globalavg", "dropout 0.3", "dense 7 tanh l2 0.01", "dense 3 softmax"
#define WHOLE NET(BASE, HEAD)
enum { CUT = 8, IMAGE = 12 * 12 * 2, CLASSES = 3 };

/* net again with these nodes frozen; the old one goes. */
static nn_net *freeze(nn_net *net, const int *nodes, int n)
{
    bool frozen[40] = {false};
    nn_net *again = NULL;
    lg_err_clear(&err);
    for (int i = 0; i < n; i++) frozen[nodes[i]] = true;
    CHECK_OK(nn_net_with_frozen(net, frozen, &again, &err));
    nn_net_unref(net);
    return again;
}
#define FREEZE(net, ...)                                                                                               \
    freeze(net, (const int[]){__VA_ARGS__}, (int)(sizeof((const int[]){__VA_ARGS__}) / sizeof(int)))

static nn_weights *weights_of(const nn_net *net)
{
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 5, &w, &err));
    return w;
}

static bool same_node(const nn_weights *a, int i, const nn_weights *b, int j)
{
    const nn_node *node = nn_net_node(nn_weights_net(a), i);
    for (int k = 0; k < node->nparam; k++)
        if (memcmp(nn_weights_param(a, i, k), nn_weights_param(b, j, k),
                   nn_shape_size(node->param[k].shape) * sizeof(float)))
            return false;
    return true;
}

/* Images of three kinds, labels with them; index is the picture. */
static lg_status fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    (void)ctx, (void)e;
    for (int i = 0; i < n; i++, x += IMAGE) {
        int32_t kind = (int32_t)(indices[i] % CLASSES);
        hash_fill(x, IMAGE, (uint32_t)(500 + indices[i]), 0.5f);
        for (int k = kind; k < IMAGE; k += CLASSES) x[k] += 0.4f;
        if (label) label[i] = kind;
    }
    return LG_OK;
}

TEST(counts_and_places)
{
    nn_net *all = WHOLE, *net = NULL, *again = NULL;
    size_t head = 6 * 7 + 7 + 7 * 3 + 3, moving = 2 * (6 + 6);
    CHECK_INT(nn_net_frozen(all), 0);
    CHECK_INT(nn_net_trained_params(all), nn_net_params(all) - moving);
    net = FREEZE(nn_net_ref(all), 1, 2, 3, 5, 6); /* 3 has no parameters: nothing to freeze */
    CHECK_INT(nn_net_frozen(net), 4);
    CHECK(!nn_net_node(net, 3)->frozen && nn_net_node(net, 2)->frozen);
    CHECK_INT(nn_net_params(net), nn_net_params(all));
    CHECK_INT(nn_net_moving(net), moving);
    CHECK_INT(nn_net_trained_params(net), head);
    CHECK_INT(nn_net_block(net), nn_net_block(all));
    for (int i = 0; i < nn_net_count(net); i++)
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++)
            CHECK((nn_net_node(net, i)->offset[k] < nn_net_trained_block(net)) ==
                  nn_node_trains(nn_net_node(net, i), k));
    CHECK(nn_net_same_layers(all, net) && !nn_net_same(all, net) && !nn_net_laid_out_alike(all, net));
    again = FREEZE(nn_net_ref(net), 0);
    CHECK(nn_net_same(all, again) && nn_net_laid_out_alike(all, again));
    CHECK_STR(nn_net_node(again, 10)->name, nn_net_node(all, 10)->name);
    nn_net_unref(again), nn_net_unref(net), nn_net_unref(all);
}

TEST(summary_and_keras_tell_what_is_frozen)
{
    nn_net *net = FREEZE(WHOLE, 1, 2);
    nn_summary s;
    lg_buf text;
    char line[80];
    CHECK_OK(nn_summary_new(net, &s, &err));
    CHECK(s.row[0].frozen && s.row[0].trained == 0 && !s.row[2].frozen && s.row[10].trained == 24);
    CHECK_INT(s.trained, nn_net_params(net) - 108 - 24 - 12);
    lg_buf_init(&text, 0);
    nn_summary_text(&s, &text);
    snprintf(line, sizeof line, "Trainable params: %zu\nNon-trainable params: 144\n", nn_net_params(net) - 144);
    CHECK_HAS(lg_buf_str(&text), line);
    lg_buf_clear(&text);
    nn_keras_source(net, &text);
    CHECK_HAS(lg_buf_str(&text), "model = keras.Model(inputs, outputs)\nmodel.get_layer(\"conv2d_1\").trainable = "
                                 "False\nmodel.get_layer(\"batch_normalization_1\").trainable = False\n");
    lg_buf_clear(&text);
    CHECK_OK(nn_keras_config(net, "whole", NN_KERAS_3, &text, &err));
    CHECK_HAS(lg_buf_str(&text), "\"name\": \"conv2d_1\", \"trainable\": false");
    CHECK_HAS(lg_buf_str(&text), "\"name\": \"depthwise_conv2d_1\", \"trainable\": true");
    lg_buf_release(&text);
    nn_summary_release(&s);
    nn_net_unref(net);
}

TEST(weights_change_their_places_not_their_numbers)
{
    nn_net *all = WHOLE, *net = FREEZE(nn_net_ref(all), 5, 10);
    nn_weights *w = weights_of(all), *other = NULL, *back = NULL, *fresh = weights_of(net);
    CHECK_OK(nn_weights_for(w, net, &other, &err));
    CHECK_OK(nn_weights_for(other, all, &back, &err));
    for (int i = 0; i < nn_net_count(net); i++) CHECK(same_node(w, i, other, i) && same_node(fresh, i, w, i));
    CHECK(memcmp(nn_weights_block(w), nn_weights_block(other), nn_net_block(all) * sizeof(float)) != 0);
    CHECK(memcmp(nn_weights_block(w), nn_weights_block(back), nn_net_block(all) * sizeof(float)) == 0);
    nn_weights_unref(w), nn_weights_unref(other), nn_weights_unref(back), nn_weights_unref(fresh);
    nn_net_unref(net), nn_net_unref(all);
}

/* ---- training ---- */

static nn_exec *trainer(const nn_net *net, const char *optim, lg_pool *pool, bool keep)
{
    nn_exec *exec = NULL;
    lg_err_clear(&err);
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 21, .train = true, .keep = keep, .pool = pool,
                                            .loss = nn_loss_find("crossentropy"), .optim = nn_optim_find(optim),
                                            .seed = 5},
                         &exec, &err));
    return exec;
}

static void batch(nn_exec *exec, int step, int n)
{
    int64_t index[32];
    for (int i = 0; i < n; i++) index[i] = step * 32 + i;
    CHECK_OK(fill(NULL, index, n, nn_exec_input(exec), nn_exec_labels(exec), &err));
}

/* Weights after three steps. Owned. */
static nn_weights *learnt(const nn_net *net, const nn_weights *start, const char *optim, int threads)
{
    lg_pool *pool = NULL;
    nn_weights *after = NULL;
    CHECK_OK(lg_pool_new(threads, &pool, &err));
    CHECK_OK(nn_weights_copy(start, &after, &err));
    nn_exec *exec = trainer(net, optim, pool, false);
    nn_exec_load(exec, start);
    for (int step = 0; step < 3; step++) {
        batch(exec, step, 21 - 4 * step);
        nn_exec_gradient(exec, 21 - 4 * step);
        nn_exec_step(exec, &(nn_hyper){.lr = 0.05, .momentum = 0.9, .decay = 0.1});
    }
    nn_exec_store(exec, after);
    nn_exec_free(exec);
    lg_pool_free(pool);
    return after;
}

static void only_the_others_learn(nn_net *net)
{
    nn_weights *start = weights_of(net);
    for (int o = 0; nn_optims[o]; o++) {
        nn_weights *one = learnt(net, start, nn_optims[o]->name, 1), *three = learnt(net, start, nn_optims[o]->name, 3);
        for (int i = 0; i < nn_net_count(net); i++) {
            const nn_node *node = nn_net_node(net, i);
            if (node->nparam && same_node(start, i, one, i) != node->frozen)
                TEST_FAIL("%s under %s: frozen %d", node->name, nn_optims[o]->name, node->frozen);
        }
        CHECK(memcmp(nn_weights_block(one), nn_weights_block(three), nn_net_block(net) * sizeof(float)) == 0);
        nn_weights_unref(one), nn_weights_unref(three);
    }
    nn_weights_unref(start);
    nn_net_unref(net);
}

TEST(frozen_layers_do_not_move_whatever_the_optimiser)
{
    only_the_others_learn(FREEZE(WHOLE, 1, 2, 5, 6));
    only_the_others_learn(FREEZE(WHOLE, 2, 5, 6, 10));
    only_the_others_learn(FREEZE(WHOLE, 1, 11));
}

/* Folded, fused, in pieces: the same gradient as one layer after the other. */
static void same_as_kept(nn_net *net)
{
    nn_weights *w = weights_of(net);
    nn_exec *a = trainer(net, "sgd", NULL, false), *b = trainer(net, "sgd", NULL, true);
    nn_exec_load(a, w), nn_exec_load(b, w);
    batch(a, 0, 21), batch(b, 0, 21);
    nn_exec_gradient(a, 21), nn_exec_gradient(b, 21);
    CHECK_NEAR(nn_exec_loss(a), nn_exec_loss(b), 1e-5);
    double largest = 0;
    for (size_t i = 0; i < nn_net_trained_block(net); i++) largest = fmax(largest, fabs((double)nn_exec_grad(b)[i]));
    CHECK(largest > 0);
    for (size_t i = 0; i < nn_net_trained_block(net); i++)
        CHECK_NEAR((double)nn_exec_grad(a)[i], (double)nn_exec_grad(b)[i], 1e-5 * largest + 1e-7);
    nn_exec_free(a), nn_exec_free(b);
    nn_weights_unref(w);
    nn_net_unref(net);
}

TEST(planned_equals_kept)
{
    same_as_kept(FREEZE(WHOLE, 1, 2, 5, 6));
    same_as_kept(FREEZE(WHOLE, 2, 5, 6));
    same_as_kept(FREEZE(WHOLE, 6, 10));
    nn_net *pooled = NET("input 12x12x2", "conv 4 3x3 swish", "conv 5 3x3 relu", "maxpool 2", "conv 4 3x3", "maxpool 2",
                         "flatten", "dense 9 gelu", "dense 3 softmax");
    nn_net *dropped = NET("input 12x12x2", "batchnorm", "conv 4 3x3", "batchnorm", "dropout 0.2", "conv 4 3x3 relu",
                          "batchnorm", "maxpool 2", "flatten", "dense 3", "activation softmax");
    same_as_kept(FREEZE(pooled, 2, 4, 7));
    same_as_kept(FREEZE(dropped, 1, 2, 3, 5, 6));
}

/* Nothing goes back behind the first layer that learns, and nothing is kept for that. */
TEST(no_work_before_the_first_layer_that_learns)
{
    nn_net *all = WHOLE, *net = FREEZE(nn_net_ref(all), 1, 2, 5, 6);
    nn_weights *w = weights_of(net);
    nn_exec *kept = trainer(net, "adam", NULL, true), *lean = trainer(net, "adam", NULL, false);
    nn_exec *full = trainer(all, "adam", NULL, false);
    nn_exec_load(kept, w);
    batch(kept, 0, 8);
    nn_exec_gradient(kept, 8);
    for (int i = 1; i <= 9; i++) CHECK(!nn_exec_activation_grad(kept, i));
    CHECK(nn_exec_activation_grad(kept, 10) && nn_exec_activation_grad(kept, 11));
    CHECK(nn_exec_bytes(lean) < nn_exec_bytes(full) / 2);
    nn_exec_free(kept), nn_exec_free(lean), nn_exec_free(full);
    nn_weights_unref(w);
    nn_net_unref(net), nn_net_unref(all);
}

TEST(all_frozen_is_refused)
{
    nn_net *net = FREEZE(WHOLE, 1, 2, 5, 6, 10, 11);
    nn_exec *exec = NULL;
    CHECK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 4, .train = true,
                                         .loss = nn_loss_find("crossentropy"), .optim = nn_optim_find("sgd")},
                      &exec, &err) != LG_OK);
    CHECK_INT(err.code, 430);
    CHECK(!exec);
    lg_err_clear(&err);
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 4}, &exec, &err)); /* it can be used */
    nn_exec_free(exec);
    nn_net_unref(net);
}

TEST(frozen_while_it_is_built)
{
    nn_net *net = NULL, *same = FREEZE(NET("input 4x4x1", "conv 2 3x3", "flatten", "dense 2 softmax"), 1);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 4x4x1", &err));
    CHECK_OK(nn_net_add_line(net, "conv 2 3x3", &err));
    nn_net_freeze(net, 1);
    CHECK_OK(nn_net_add_line(net, "flatten", &err));
    nn_net_freeze(net, 2);
    CHECK_OK(nn_net_add_line(net, "dense 2 softmax", &err));
    CHECK_OK(nn_net_finish(net, &err));
    CHECK(nn_net_same(net, same) && nn_net_frozen(net) == 1);
    nn_net_unref(net), nn_net_unref(same);
}

static nn_fit_options options(const nn_net *net, const nn_weights *start)
{
    nn_fit_options o = nn_fit_defaults();
    o.net = net, o.weights = start, o.batch = 8, o.lr = 0.01, o.optimizer = "adam", o.epochs = 2, o.keep_last = true;
    o.train = (nn_source){.count = 30, .fill = fill};
    return o;
}

/* First the head alone, then all: the weights go on, the optimiser begins anew, the history is one. */
TEST(thawed_and_continued)
{
    nn_net *net = FREEZE(WHOLE, 1, 2, 5, 6), *thawed = FREEZE(nn_net_ref(net), 0);
    nn_weights *start = weights_of(net), *turned = NULL;
    nn_run first = {0}, second = {0}, alone = {0};
    nn_fit_options o = options(net, start);
    CHECK_OK(nn_fit(&o, &first, &err));
    CHECK(same_node(start, 1, first.last, 1) && !same_node(start, 10, first.last, 10));
    CHECK_INT(first.nslots, 2 * nn_net_trained_block(net));
    o.net = thawed, o.weights = first.last, o.resume = &first;
    CHECK_OK(nn_fit(&o, &second, &err));
    CHECK_INT(second.epochs, 4);
    CHECK(nn_net_same(nn_weights_net(second.last), thawed) && !same_node(first.last, 1, second.last, 1));
    CHECK_INT(second.nslots, 2 * nn_net_trained_block(thawed));
    CHECK_OK(nn_weights_for(first.last, thawed, &turned, &err)); /* laid out beforehand: the same */
    o.weights = turned;
    CHECK_OK(nn_fit(&o, &alone, &err));
    CHECK(memcmp(nn_weights_block(second.last), nn_weights_block(alone.last), nn_net_block(net) * sizeof(float)) == 0);
    nn_run_release(&first), nn_run_release(&second), nn_run_release(&alone);
    nn_weights_unref(start), nn_weights_unref(turned);
    nn_net_unref(net), nn_net_unref(thawed);
}

/* ---- files ---- */

TEST(files_keep_what_is_frozen)
{
    nn_net *all = WHOLE, *net = FREEZE(nn_net_ref(all), 2, 10), *again = NULL;
    lg_buf out;
    lg_unpack in;
    lg_buf_init(&out, 0);
    nn_net_pack(all, &out);
    CHECK(!memmem(out.data, out.len, "frozen", 6)); /* as before there were any */
    lg_buf_clear(&out);
    nn_net_pack(net, &out);
    CHECK_OK(lg_buf_check(&out, &err));
    lg_unpack_init(&in, out.data, out.len, "a.lmodel", "network");
    CHECK_OK(nn_net_unpack(&in, &again, &err));
    CHECK_OK(lg_unpack_end(&in, &err));
    CHECK(nn_net_same(net, again));
    lg_buf_release(&out);
    nn_net_unref(net), nn_net_unref(again), nn_net_unref(all);
}

/* A run of before: its optimiser's numbers are as long as the whole block. It goes on bit for bit. */
TEST(runs_of_before_go_on)
{
    nn_net *net = WHOLE;
    nn_weights *start = weights_of(net);
    nn_run run = {0}, read = {0}, on = {0}, want = {0};
    nn_fit_options o = options(net, start);
    lg_buf out;
    lg_unpack in;
    size_t block = nn_net_block(net), trained = nn_net_trained_block(net);
    CHECK(block > trained);
    CHECK_OK(nn_fit(&o, &run, &err));
    o.resume = &run, o.weights = run.last;
    CHECK_OK(nn_fit(&o, &want, &err));
    float *now = run.slots, *before = lg_alloc(2 * block, sizeof *before, &err);
    for (size_t s = 0; s < 2; s++) memcpy(before + s * block, now + s * trained, trained * sizeof *before);
    run.slots = before, run.nslots = 2 * block;
    lg_buf_init(&out, 0);
    nn_run_pack(&run, &out);
    lg_unpack_init(&in, out.data, out.len, "a.lmodel", "run");
    CHECK_OK(nn_run_unpack(&in, net, &read, &err));
    CHECK_INT(read.nslots, 2 * trained);
    CHECK(memcmp(read.slots, now, read.nslots * sizeof *now) == 0);
    read.last = nn_weights_ref(run.last), read.top = nn_weights_ref(run.top);
    read.weights = nn_weights_ref(run.weights);
    o.resume = &read;
    CHECK_OK(nn_fit(&o, &on, &err));
    CHECK(memcmp(nn_weights_block(on.last), nn_weights_block(want.last), block * sizeof(float)) == 0);
    lg_free(now);
    lg_buf_release(&out);
    nn_run_release(&run), nn_run_release(&read), nn_run_release(&on), nn_run_release(&want);
    nn_weights_unref(start);
    nn_net_unref(net);
}

/* ---- cutting ---- */

static int cut_of(nn_net *net)
{
    int cut = nn_net_cut(net);
    nn_net_unref(net);
    return cut;
}

/* Two ways from node 1, joined in node 4; then a batchnorm. */
static nn_net *branches(const char *const *frozen)
{
    nn_net *net = NULL;
    nn_config config = {0};
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 12x12x2", &err));
    CHECK_OK(nn_net_add_line(net, "conv 4 3x3 same name first", &err));
    CHECK_OK(nn_net_add_line(net, "conv 4 3x3 same name second", &err));
    CHECK_OK(nn_net_add_line(net, "batchnorm name norm", &err));
    CHECK_OK(nn_net_add_to(net, nn_layer_find("add"), &config, (const int[]){3, 1}, 2, &err));
    CHECK_OK(nn_net_add_line(net, "batchnorm name third", &err));
    CHECK_OK(nn_net_add_line(net, "activation relu", &err));
    CHECK_OK(nn_net_add_line(net, "flatten", &err));
    CHECK_OK(nn_net_add_line(net, "dense 3 softmax", &err));
    for (; *frozen; frozen++) nn_net_freeze(net, nn_net_find(net, *frozen));
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}
#define BRANCHES(...) branches((const char *const[]){__VA_ARGS__, NULL})

TEST(the_cut_is_where_learning_begins)
{
    CHECK_INT(cut_of(WHOLE), 0);
    CHECK_INT(cut_of(FREEZE(WHOLE, 1, 2, 5, 6)), CUT); /* not behind the dropout */
    CHECK_INT(cut_of(FREEZE(WHOLE, 1, 2, 5)), 5);
    CHECK_INT(cut_of(FREEZE(WHOLE, 1, 5, 6)), 1);      /* the batchnorm behind it learns */
    CHECK_INT(cut_of(FREEZE(WHOLE, 2, 5, 6)), 0);
    CHECK_INT(cut_of(FREEZE(WHOLE, 1, 2, 5, 6, 10, 11)), CUT);
    CHECK_INT(cut_of(FREEZE(NET("input 4x4x1", "flatten", "dense 3", "dense 2 softmax"), 2)), 2);
    CHECK_INT(cut_of(NET("input 4x4x1", "flatten", "dense 2 softmax")), 1);
    CHECK_INT(cut_of(BRANCHES("first")), 1);
    CHECK_INT(cut_of(BRANCHES("first", "second", "norm")), 4); /* the sum: nothing jumps over it */
    CHECK_INT(cut_of(BRANCHES("first", "second")), 1);         /* both lead on, one past the other */
    CHECK_INT(cut_of(BRANCHES("first", "second", "norm", "third")), 7);
}

TEST(parts_keep_names_shapes_and_weights)
{
    nn_net *net = FREEZE(WHOLE, 1, 2, 5, 6), *head = NULL, *tail = NULL;
    nn_weights *w = weights_of(net), *fixed = NULL, *rest = NULL, *fresh = NULL, *joined = NULL;
    CHECK_OK(nn_net_head(net, CUT, &head, &err));
    CHECK_OK(nn_net_tail(net, CUT, &tail, &err));
    CHECK_INT(nn_net_count(head), CUT + 1);
    CHECK_INT(nn_net_count(tail), nn_net_count(net) - CUT);
    CHECK(nn_shape_equal(nn_net_output(head), nn_shape_list(6)));
    CHECK(nn_shape_equal(nn_net_input(tail), nn_shape_list(6)));
    CHECK_INT(nn_net_params(head) + nn_net_params(tail), nn_net_params(net));
    CHECK_INT(nn_net_trained_params(head), 0);
    CHECK(nn_net_trains_alike(net, tail) && nn_net_trained_block(tail) == nn_net_trained_block(net));
    for (int i = CUT + 1; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i), *there = nn_net_node(tail, i - CUT);
        CHECK_STR(there->name, node->name);
        CHECK_STR(there->keras_name, node->keras_name);
        for (int k = 0; k < node->nparam; k++) CHECK_INT(there->offset[k], node->offset[k]);
    }
    CHECK_OK(nn_weights_for(w, head, &fixed, &err));
    CHECK_OK(nn_weights_for(w, tail, &rest, &err));
    CHECK_OK(nn_weights_new(tail, 5, &fresh, &err));
    for (int i = 1; i < nn_net_count(net); i++)
        CHECK(i <= CUT ? same_node(w, i, fixed, i) : same_node(w, i, rest, i - CUT));
    CHECK(memcmp(nn_weights_block(rest), nn_weights_block(fresh), nn_net_block(tail) * sizeof(float)) == 0);
    for (size_t i = 0; i < nn_net_block(tail); i++) nn_weights_data(rest)[i] += 1;
    CHECK_OK(nn_weights_join(w, rest, &joined, &err));
    for (int i = 1; i < nn_net_count(net); i++)
        CHECK(i <= CUT ? same_node(w, i, joined, i) : same_node(rest, i - CUT, joined, i));
    nn_weights_unref(w), nn_weights_unref(fixed), nn_weights_unref(rest), nn_weights_unref(fresh);
    nn_weights_unref(joined);
    nn_net_unref(net), nn_net_unref(head), nn_net_unref(tail);
}

/* A head leaves out what does not lead to its end; what it says is what the whole says there. */
static void check_features(const nn_net *net, int node)
{
    nn_weights *w = weights_of(net), *some = NULL;
    nn_net *head = NULL;
    nn_exec *kept = NULL;
    size_t size = nn_shape_size(nn_net_node(net, node)->spec.out);
    float *features = malloc(19 * size * sizeof *features);
    double largest = 0;
    if (node) CHECK_OK(nn_net_head(net, node, &head, &err));
    if (node) CHECK_OK(nn_weights_for(w, head, &some, &err));
    if (node) CHECK_STR(nn_net_node(head, nn_net_count(head) - 1)->name, nn_net_node(net, node)->name);
    CHECK_OK(nn_features(&(nn_predict_options){.weights = w, .source = {.count = 19, .fill = fill}, .batch = 8}, node,
                         features, &err));
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 19, .keep = true}, &kept, &err));
    nn_exec_load(kept, w);
    int64_t index[19];
    for (int i = 0; i < 19; i++) index[i] = i;
    CHECK_OK(fill(NULL, index, 19, nn_exec_input(kept), NULL, &err));
    nn_exec_forward(kept, 19);
    const float *want = node ? nn_exec_activation(kept, node) : nn_exec_input(kept);
    for (size_t i = 0; i < 19 * size; i++) largest = fmax(largest, fabs((double)want[i]));
    for (size_t i = 0; i < 19 * size; i++) CHECK_NEAR((double)features[i], (double)want[i], 1e-5 * largest);
    nn_exec_free(kept);
    free(features);
    nn_weights_unref(w), nn_weights_unref(some);
    nn_net_unref(head);
}

/* Three layers read the first; the second and fourth of them are not asked when the third's reader is. */
static nn_net *fan(void)
{
    static const char *const names[] = {"two", "three", "four"};
    const nn_layer_type *norm = nn_layer_find("batchnorm");
    nn_net *net = NULL;
    nn_config joint = {0};
    char config[512];
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 12x12x2", &err));
    CHECK_OK(nn_net_add_line(net, "conv 4 3x3", &err));
    for (int i = 0; i < 3; i++) {
        nn_config_init(norm, config);
        snprintf(config, NN_NAME, "%s", names[i]);
        CHECK_OK(nn_net_add_to(net, norm, config, (const int[]){1}, 1, &err));
    }
    nn_config_init(norm, config);
    CHECK_OK(nn_net_add_to(net, norm, config, (const int[]){3}, 1, &err));
    CHECK_OK(nn_net_add_to(net, nn_layer_find("add"), &joint, (const int[]){2, 4, 5}, 3, &err));
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}

TEST(what_a_layer_inside_says_needs_only_what_leads_there)
{
    nn_net *net = WHOLE, *two = BRANCHES("first"), *many = fan(), *head = NULL;
    for (int i = 0; i < nn_net_count(net); i++) check_features(net, i);
    for (int i = 1; i < nn_net_count(two); i++) check_features(two, i);
    for (int i = 1; i < nn_net_count(many); i++) check_features(many, i);
    CHECK_OK(nn_net_head(many, 5, &head, &err));
    CHECK_INT(nn_net_count(head), 4);
    CHECK_STR(nn_net_node(head, 2)->name, "three");
    nn_net_unref(head), nn_net_unref(net), nn_net_unref(two), nn_net_unref(many);
}

/* ---- training the tail ---- */

typedef struct kept_rows {
    const float *row;
    size_t size;
} kept_rows;

static lg_status fill_rows(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    const kept_rows *kept = ctx;
    (void)e;
    for (int i = 0; i < n; i++) {
        memcpy(x + (size_t)i * kept->size, kept->row + (size_t)indices[i] * kept->size, kept->size * sizeof *x);
        if (label) label[i] = (int32_t)(indices[i] % CLASSES);
    }
    return LG_OK;
}

/* On the numbers of the cut, the tail learns what the whole learns: dropout, order, optimiser and all. */
static void tail_equals_whole(nn_net *net, const char *optim)
{
    enum { IMAGES = 30, MORE = 12 };
    int cut = nn_net_cut(net);
    nn_net *tail = NULL;
    nn_weights *start = weights_of(net), *joined = NULL;
    nn_run whole = {0}, part = {0};
    kept_rows kept = {.size = nn_shape_size(nn_net_node(net, cut)->spec.out)};
    float *rows = malloc((IMAGES + MORE) * kept.size * sizeof *rows);
    nn_source val = {.count = MORE, .fill = fill};
    CHECK(cut > 0);
    CHECK_OK(nn_net_tail(net, cut, &tail, &err));
    nn_predict_options use = {.weights = start, .source = {.count = IMAGES + MORE, .fill = fill}, .batch = 11};
    CHECK_OK(nn_features(&use, cut, rows, &err));
    kept.row = rows;
    nn_fit_options o = options(net, start);
    o.optimizer = optim, o.epochs = 4, o.validation = &val;
    CHECK_OK(nn_fit(&o, &whole, &err));
    val = (nn_source){.count = MORE, .fill = fill_rows, .ctx = &kept};
    o.net = tail, o.train = (nn_source){.count = IMAGES, .fill = fill_rows, .ctx = &kept};
    CHECK_OK(nn_fit(&o, &part, &err));
    CHECK_OK(nn_weights_join(start, part.last, &joined, &err));
    for (int e = 0; e < 4; e++) {
        CHECK_NEAR(whole.epoch[e].loss, part.epoch[e].loss, 1e-5);
        CHECK_NEAR(whole.epoch[e].val_loss, part.epoch[e].val_loss, 1e-5);
    }
    CHECK(!same_node(start, nn_net_count(net) - 1, whole.last, nn_net_count(net) - 1));
    for (size_t i = 0; i < nn_net_block(net); i++)
        CHECK_NEAR((double)nn_weights_block(joined)[i], (double)nn_weights_block(whole.last)[i], 1e-5);
    CHECK_INT(part.nslots, whole.nslots);
    for (size_t i = 0; i < part.nslots; i++) CHECK_NEAR((double)part.slots[i], (double)whole.slots[i], 1e-5);
    nn_run more = {0}, other = {0}; /* a run of the whole goes on in the tail, its optimiser too */
    o.weights = whole.last, o.resume = &whole;
    CHECK_OK(nn_fit(&o, &more, &err));
    o.weights = part.last, o.resume = &part;
    CHECK_OK(nn_fit(&o, &other, &err));
    for (size_t i = 0; i < nn_net_block(tail); i++)
        CHECK_NEAR((double)nn_weights_block(more.last)[i], (double)nn_weights_block(other.last)[i], 2e-5);
    nn_run_release(&more), nn_run_release(&other), nn_run_release(&whole), nn_run_release(&part);
    nn_weights_unref(start), nn_weights_unref(joined);
    free(rows);
    nn_net_unref(tail), nn_net_unref(net);
}

TEST(the_tail_learns_as_the_whole)
{
    tail_equals_whole(FREEZE(WHOLE, 1, 2, 5, 6), "adam"); /* from a list */
    tail_equals_whole(FREEZE(WHOLE, 1, 2, 5), "momentum"); /* from an image, a batchnorm behind it */
    tail_equals_whole(FREEZE(WHOLE, 1, 2, 5, 6, 10), "sgd"); /* a frozen layer in the tail */
    tail_equals_whole(BRANCHES("first", "second", "norm", "third"), "sgd");
    tail_equals_whole(BRANCHES("first"), "rmsprop");
}

/* ---- memory ---- */

static lg_status all_parts(const nn_net *net, const nn_weights *w, lg_err *e)
{
    nn_net *again = NULL, *head = NULL, *tail = NULL;
    nn_weights *turned = NULL, *rest = NULL, *joined = NULL;
    float features[4 * 6];
    bool frozen[40] = {false, true};
    lg_status st;
    LG_GO(nn_net_with_frozen(net, frozen, &again, e));
    LG_GO(nn_weights_for(w, again, &turned, e));
    LG_GO(nn_net_head(net, CUT, &head, e));
    LG_GO(nn_net_tail(net, CUT, &tail, e));
    LG_GO(nn_weights_for(w, tail, &rest, e));
    LG_GO(nn_weights_join(w, rest, &joined, e));
    LG_GO(nn_features(&(nn_predict_options){.weights = w, .source = {.count = 4, .fill = fill}}, CUT, features, e));
done:
    nn_weights_unref(turned), nn_weights_unref(rest), nn_weights_unref(joined);
    nn_net_unref(again), nn_net_unref(head), nn_net_unref(tail);
    return st;
}

TEST(memory_may_be_refused_anywhere)
{
    nn_net *net = FREEZE(WHOLE, 1, 2, 5, 6);
    nn_weights *w = weights_of(net);
    int refused = 0;
    for (long at = 1;; at++) {
        lg_err e = {0};
        lg_alloc_fail_at(at, false);
        lg_status st = all_parts(net, w, &e);
        lg_alloc_fail_at(0, false);
        if (st == LG_OK) break;
        CHECK(st == LG_E_MEMORY && e.code == 901);
        refused++;
    }
    CHECK(refused > 40);
    nn_weights_unref(w);
    nn_net_unref(net);
}
