/* test_base.c - the bases: their parameters to the last one, what `until` cuts, the names their weights have. */
#include "nnlib/model/base.h"
#include "tests/support/nn_test.h"

static nn_net *base_net(const char *name, bool top, const char *until)
{
    const nn_base *base = nn_base_find(name);
    nn_base_options o = nn_base_defaults(base);
    nn_net *net = NULL;
    o.top = top, o.until = until;
    lg_err_clear(&err);
    CHECK_OK(nn_base_net(base, &o, &net, &err));
    return net;
}

TEST(parameters_to_the_last_one)
{
    for (const nn_base *base = nn_bases; base->name; base++) {
        for (int top = 0; top < 2; top++) {
            nn_net *net = base_net(base->name, top, NULL);
            size_t counted = nn_net_params(net) - (base->keras ? 0 : nn_net_moving(net));
            if (counted != (top ? base->params_top : base->params))
                TEST_FAIL("%s has %zu parameters, top %d", base->name, counted, top);
            nn_net_unref(net);
        }
    }
    CHECK_INT(nn_base_find("ResNet50")->params, 23587712);
    CHECK_INT(nn_base_find("vgg16")->params_top, 138357544);
}

TEST(until_leaves_out_what_leads_elsewhere)
{
    nn_net *net = base_net("resnet50", false, "conv2_block1_1_relu");
    CHECK(nn_net_find(net, "conv2_block1_1_relu") == nn_net_count(net) - 1);
    CHECK_INT(nn_net_find(net, "conv2_block1_0_conv"), -1);
    CHECK_INT(nn_net_output(net).dim[0], 56);
    nn_net_unref(net);
    net = base_net("resnet50", true, "conv4_block6_out");
    CHECK_INT(nn_net_params(net), 8589184); /* what keras.Model(inputs, that layer's output) counts */
    CHECK_INT(nn_net_output(net).dim[2], 1024);
    nn_net_unref(net);
    net = base_net("squeezenet", false, "FEATURES.4"); /* case does not matter */
    CHECK_STR(nn_net_node(net, nn_net_count(net) - 1)->name, "features.4");
    CHECK_INT(nn_net_output(net).dim[0], 54);
    nn_net_unref(net);
}

TEST(a_head_of_ones_own)
{
    nn_net *net = NULL;
    nn_base_options o = nn_base_defaults(nn_base_find("mobilenet_v2"));
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 97x64x3", &err)); /* the network's size counts, not the base's */
    CHECK_OK(nn_base_add(nn_base_find("mobilenet_v2"), &o, net, &err));
    CHECK_OK(nn_net_add_line(net, "globalavg", &err));
    CHECK_OK(nn_net_add_line(net, "dense 4 softmax", &err));
    CHECK_OK(nn_net_finish(net, &err));
    CHECK_INT(nn_net_params(net), 2257984 + 1280 * 4 + 4);
    CHECK_INT(nn_net_node(net, nn_net_find(net, "out_relu"))->spec.out.dim[0], 4);
    nn_net_unref(net);
}

TEST(a_base_learns)
{
    enum { N = 12 };
    const nn_base *base = nn_base_find("mobilenet_v2");
    nn_base_options o = nn_base_defaults(base);
    nn_net *net = NULL;
    nn_weights *w = NULL;
    nn_exec *exec = NULL;
    double first = 0;
    o.width = 0.1;
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 32x32x3", &err));
    CHECK_OK(nn_base_add(base, &o, net, &err));
    CHECK_OK(nn_net_add_line(net, "globalavg", &err));
    CHECK_OK(nn_net_add_line(net, "dense 3 softmax", &err));
    CHECK_OK(nn_net_finish(net, &err));
    CHECK_OK(nn_weights_new(net, 2, &w, &err));
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net,
                                            .max_batch = N,
                                            .train = true,
                                            .loss = nn_loss_find("crossentropy"),
                                            .optim = nn_optim_find("adam")},
                         &exec, &err));
    nn_exec_load(exec, w);
    for (int step = 0; step < 12; step++) {
        hash_fill(nn_exec_input(exec), N * 32 * 32 * 3, 5, 1.0f);
        for (int i = 0; i < N; i++) nn_exec_labels(exec)[i] = i % 3;
        nn_exec_gradient(exec, N);
        if (step == 0) first = nn_exec_loss(exec);
        nn_exec_step(exec, &(nn_hyper){.lr = 0.003});
    }
    CHECK(first > 0.9 && nn_exec_loss(exec) < 0.5 * first);
    nn_exec_free(exec);
    nn_weights_unref(w);
    nn_net_unref(net);
}

static void refused(const char *name, nn_base_options o, int code, const char *sentence)
{
    const nn_base *base = NULL;
    nn_net *net = NULL;
    lg_err_clear(&err);
    if (nn_base_need(name, &base, &err) == LG_OK) CHECK(nn_base_net(base, &o, &net, &err) != LG_OK);
    CHECK(net == NULL);
    CHECK_INT(err.code, code);
    CHECK_HAS(err.msg, sentence);
}

TEST(what_is_refused)
{
    nn_base_options o = nn_base_defaults(nn_base_find("resnet50"));
    refused("resnet51", o, 218, "no base is called `resnet51`");
    CHECK_HAS(err.hint, "did you mean `resnet50`?");
    CHECK_HAS(err.why, "squeezenet1.1");
    o.until = "conv4_block6_ou";
    refused("resnet50", o, 219, "`resnet50` has no layer `conv4_block6_ou`");
    CHECK_HAS(err.hint, "did you mean `conv4_block6_out`?");
    o.until = NULL, o.width = 0.5;
    refused("resnet50", o, 142, "has one width only");
    refused("mobilenet", (nn_base_options){.size = {224, 224, 3}, .width = 0}, 142, "0.01 to 16");
    refused("mobilenet", (nn_base_options){.size = {0, 224, 3}, .width = 1}, 142, "pixels a side");
    refused("vgg16", (nn_base_options){.size = {16, 16, 3}, .width = 1}, 203, "cannot fit here");
    refused("vgg16", (nn_base_options){.size = {224, 224, 3}, .width = 1, .top = true}, 142, "classes");
    refused("mobilenet", (nn_base_options){.size = {224, 224, 3}, .width = 16, .top = true, .classes = 1000000}, 207,
            "would need");
}

TEST(only_behind_an_input_of_three_channels)
{
    const nn_base *base = nn_base_find("mobilenet");
    nn_base_options o = nn_base_defaults(base);
    nn_net *net = NULL;
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 64x64x1", &err));
    CHECK_INT(nn_base_add(base, &o, net, &err), LG_E_SHAPE);
    CHECK_HAS(err.msg, "wants images of 3 channels, not 1");
    lg_err_clear(&err);
    CHECK_OK(nn_net_add_line(net, "conv 3", &err));
    CHECK_INT(nn_base_add(base, &o, net, &err), LG_E_SHAPE);
    CHECK_INT(err.code, 216);
    nn_net_unref(net);
}

/* Every parameter has a name of its own in each kind of file its base is in, and turning moves every number. */
static void check_names(const nn_base *base, nn_weight_file file)
{
    enum { MOST = 600 };
    static char name[MOST][80];
    int n = 0;
    nn_net *net = base_net(base->name, true, NULL);
    for (int i = 0; i < nn_net_count(net); i++) {
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++) {
            nn_weight_name w;
            CHECK(n < MOST);
            CHECK(nn_base_weight(base, net, i, k, file, &w));
            CHECK(nn_shape_size(w.shape) == nn_shape_size(nn_net_node(net, i)->param[k].shape));
            CHECK(w.out * w.in * w.places == (int64_t)nn_shape_size(w.shape));
            for (int j = 0; j < n; j++)
                if (strcmp(name[j], w.name) == 0) TEST_FAIL("%s: two are called %s", base->name, w.name);
            snprintf(name[n++], sizeof *name, "%s", w.name);
        }
    }
    CHECK(n > 20);
    nn_net_unref(net);
}

TEST(each_parameter_has_one_name_in_a_file)
{
    for (const nn_base *base = nn_bases; base->name; base++) {
        nn_net *net = base_net(base->name, false, NULL);
        nn_weight_name w;
        int first = 1;
        while (!nn_net_node(net, first)->nparam) first++;
        CHECK(nn_base_weight(base, net, first, 0, NN_FILE_KERAS, &w) == (base->keras != NULL));
        CHECK(nn_base_weight(base, net, first, 0, NN_FILE_TORCH, &w) == (base->torch != NULL));
        if (base->keras) check_names(base, NN_FILE_KERAS);
        if (base->torch) check_names(base, NN_FILE_TORCH);
        nn_net_unref(net);
    }
}

TEST(turning_is_a_permutation)
{
    enum { OUT = 3, IN = 4, PLACES = 6, N = OUT * IN * PLACES };
    float from[N], to[N], seen[N] = {0};
    nn_weight_name w = {.out = OUT, .in = IN, .places = PLACES, .turned = true};
    for (int i = 0; i < N; i++) from[i] = (float)i;
    nn_weight_turn(&w, from, to);
    for (int i = 0; i < N; i++) seen[(int)to[i]]++;
    for (int i = 0; i < N; i++) CHECK(seen[i] == 1);
    CHECK(to[(2 * IN + 1) * OUT + 2] == (float)((2 * IN + 1) * PLACES + 2));
}

TEST(pixels)
{
    const uint8_t rgb[] = {255, 128, 0};
    float x[3];
    nn_preprocess_pixels(&nn_preprocess_tf, 1, rgb, x);
    CHECK_NEAR(x[0], 1, 1e-6);
    CHECK_NEAR(x[1], 128 / 127.5 - 1, 1e-6);
    CHECK_NEAR(x[2], -1, 1e-6);
    nn_preprocess_pixels(&nn_preprocess_caffe, 1, rgb, x);
    CHECK_NEAR(x[0], -103.939, 1e-4);
    CHECK_NEAR(x[1], 128 - 116.779, 1e-4);
    CHECK_NEAR(x[2], 255 - 123.68, 1e-4);
    nn_preprocess_pixels(&nn_preprocess_torch, 1, rgb, x);
    CHECK_NEAR(x[0], (1 - 0.485) / 0.229, 1e-5);
    CHECK_NEAR(x[2], -0.406 / 0.225, 1e-5);
    CHECK(nn_base_preprocess(nn_base_find("vgg16"), NN_FILE_TORCH) == &nn_preprocess_torch);
    CHECK(nn_base_preprocess(nn_base_find("vgg16"), NN_FILE_KERAS) == &nn_preprocess_caffe);
}

/* The layer makes of pixels of 0..1 what the function makes of bytes. */
TEST(preprocess_is_a_layer)
{
    static const nn_preprocess *const modes[] = {&nn_preprocess_tf, &nn_preprocess_caffe, &nn_preprocess_torch};
    const uint8_t rgb[] = {255, 128, 0, 7, 31, 200};
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        char line[40];
        float want[6];
        nn_net *net = NULL;
        nn_weights *none = NULL;
        nn_exec *exec = NULL;
        snprintf(line, sizeof line, "preprocess %s", modes[m]->name);
        CHECK_OK(nn_net_new(&net, &err));
        CHECK_OK(nn_net_add_line(net, "input 1x2x3", &err));
        CHECK_OK(nn_net_add_line(net, line, &err));
        CHECK_OK(nn_net_finish(net, &err));
        CHECK_OK(nn_weights_zero(net, &none, &err));
        CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 1}, &exec, &err));
        nn_exec_load(exec, none);
        for (int i = 0; i < 6; i++) nn_exec_input(exec)[i] = (float)rgb[i] / 255;
        nn_exec_forward(exec, 1);
        nn_preprocess_pixels(modes[m], 2, rgb, want);
        for (int i = 0; i < 6; i++) CHECK_NEAR(nn_exec_output(exec)[i], want[i], 3e-5);
        nn_exec_free(exec);
        nn_weights_unref(none);
        nn_net_unref(net);
    }
}

TEST(every_allocation_may_fail)
{
    for (long nth = 1;; nth++) {
        nn_net *net = NULL;
        const nn_base *base = nn_base_find("squeezenet");
        nn_base_options o = nn_base_defaults(base);
        lg_err e = {0};
        lg_alloc_fail_at(nth, false);
        lg_status st = nn_base_net(base, &o, &net, &e);
        lg_alloc_fail_at(0, false);
        if (st == LG_OK) {
            CHECK(nth > 50);
            nn_net_unref(net);
            break;
        }
        CHECK_INT(st, LG_E_MEMORY);
        CHECK(net == NULL);
    }
}
