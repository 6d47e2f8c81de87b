/* test_net.c - building networks: shapes, names, counts, and what is said when a layer does not fit. */
#include "tests/support/nn_test.h"

static nn_net *begun(const char *const *lines, int n)
{
    nn_net *net = NULL;
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    for (int i = 0; i < n; i++) CHECK_OK(nn_net_add_line(net, lines[i], &err));
    return net;
}
#define BEGUN(...)                                                                                                     \
    begun((const char *const[]){__VA_ARGS__}, (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

static void fails(nn_net *net, const char *line, int code, const char *msg)
{
    int before = nn_net_count(net);
    lg_err_clear(&err);
    CHECK(nn_net_add_line(net, line, &err) != LG_OK);
    CHECK_STR(err.msg, msg);
    CHECK_INT(err.code, code);
    CHECK_INT(nn_net_count(net), before);
}

TEST(table_of_the_report)
{
    static const struct { const char *title, *shape; size_t params; const char *formula; int64_t field; } want[] = {
        {"conv2d_1 (Conv2D)", "(None, 62, 62, 16)", 448, "(3·3·3+1)·16", 3},
        {"max_pooling2d_1 (MaxPooling2D)", "(None, 31, 31, 16)", 0, "", 4},
        {"conv2d_2 (Conv2D)", "(None, 29, 29, 32)", 4640, "(3·3·16+1)·32", 8},
        {"max_pooling2d_2 (MaxPooling2D)", "(None, 14, 14, 32)", 0, "", 10},
        {"conv2d_3 (Conv2D)", "(None, 12, 12, 64)", 18496, "(3·3·32+1)·64", 18},
        {"max_pooling2d_3 (MaxPooling2D)", "(None, 6, 6, 64)", 0, "", 22},
        {"conv2d_4 (Conv2D)", "(None, 4, 4, 128)", 73856, "(3·3·64+1)·128", 38},
        {"max_pooling2d_4 (MaxPooling2D)", "(None, 2, 2, 128)", 0, "", 46},
        {"flatten_1 (Flatten)", "(None, 512)", 0, "", 0},
        {"dense_1 (Dense)", "(None, 64)", 32832, "(512+1)·64", 0},
        {"dropout_1 (Dropout)", "(None, 64)", 0, "", 0},
        {"dense_2 (Dense)", "(None, 4)", 260, "(64+1)·4", 0},
    };
    nn_net *net = REPORT_NET;
    nn_summary s;
    lg_buf text;
    CHECK_OK(nn_summary_new(net, &s, &err));
    CHECK_INT(s.count, sizeof want / sizeof *want);
    for (int i = 0; i < s.count; i++) {
        CHECK_STR(s.row[i].title, want[i].title);
        CHECK_STR(s.row[i].shape, want[i].shape);
        CHECK_INT(s.row[i].params, want[i].params);
        CHECK_STR(s.row[i].formula, want[i].formula);
        CHECK_INT(s.row[i].field_h, want[i].field);
        CHECK_STR(s.row[i].connected, "");
    }
    CHECK_INT(s.params, 130532);
    CHECK_INT((long long)s.row[0].macs, 62 * 62 * 16 * 27);
    lg_buf_init(&text, 0);
    nn_summary_text(&s, &text);
    CHECK_HAS(lg_buf_str(&text), "Total params: 130,532");
    lg_buf_release(&text);
    nn_summary_release(&s);
    nn_net_unref(net);
}

TEST(window_does_not_fit)
{
    nn_net *net = BEGUN("input 64x64", "conv 16 3x3 relu", "maxpool 2", "conv 32 3x3 relu", "maxpool 2",
                        "conv 64 3x3 relu", "maxpool 2", "conv 128 3x3 relu", "maxpool 2");
    CHECK_OK(nn_net_for_data(net, "logos", &err));
    fails(net, "conv 256 3x3 relu", 203,
          "`conv` cannot fit here: its 3x3 window is larger than the 2x2 image that reaches it");
    CHECK_STR(err.why, "sizes so far: 64x64 → 62x62 → 31x31 → 29x29 → 14x14 → 12x12 → 6x6 → 4x4 → 2x2");
    CHECK_STR(err.hint, "remove this line, add `same`, or load larger images (`clean logos size 128x128`)");
    CHECK_INT(err.status, LG_E_SHAPE);
    lg_err_clear(&err);
    CHECK_OK(nn_net_add_line(net, "conv 256 3x3 relu same", &err));
    nn_net_unref(net);
    net = BEGUN("input 5x4x1", "activation relu");
    fails(net, "conv 2 3x3 dilation 2", 203,
          "`conv` cannot fit here: its 5x5 window is larger than the 5x4 image that reaches it");
    CHECK_STR(err.why, "sizes so far: 5x4");
    CHECK_STR(err.hint, "remove this line, add `same`, or use larger images (`input 10x8x1`)");
    fails(net, "maxpool 6", 203,
          "`maxpool` cannot fit here: its 6x6 window is larger than the 5x4 image that reaches it");
    nn_net_unref(net);
}

TEST(long_trails_are_shortened)
{
    nn_net *net = BEGUN("input 200x200");
    for (int i = 0; i < 60; i++) CHECK_OK(nn_net_add_line(net, "conv 1 3x3", &err));
    fails(net, "conv 1 99x99", 203,
          "`conv` cannot fit here: its 99x99 window is larger than the 80x80 image that reaches it");
    CHECK_HAS(err.why, "200x200 → … → ");
    CHECK_STR(err.why + strlen(err.why) - strlen("82x82 → 80x80"), "82x82 → 80x80");
    nn_net_unref(net);
}

TEST(lists_and_images)
{
    nn_net *net = BEGUN("input 64x64x3", "conv 16 3x3 relu");
    fails(net, "dense 4 softmax", 205, "`dense` needs a list of numbers, but gets a 62x62x16 image");
    CHECK_STR(err.hint, "add `flatten` (or `globalavg`) above this line");
    CHECK_STR(err.why, "");
    CHECK_OK((lg_err_clear(&err), nn_net_add_line(net, "flatten", &err)));
    fails(net, "conv 4 3x3", 204, "`conv` needs an image, but gets a list of 61504 numbers");
    fails(net, "maxpol 2", 201, "no layer is called `maxpol`");
    CHECK_STR(err.hint, "did you mean `maxpool`?");
    CHECK_HAS(err.why, "layers: activation, add, ");
    fails(net, "input 3x3", 216, "`input` stands only at the beginning");
    fails(net, "dense 4 name flatten1", 209, "there are two layers called `flatten1`");
    fails(net, "add", 211, "`add` takes 2 to 8 inputs, not 1");
    nn_net_unref(net);
    CHECK_OK((lg_err_clear(&err), nn_net_new(&net, &err)));
    fails(net, "conv 3 3x3", 216, "a network begins with `input`");
    lg_err_clear(&err);
    CHECK(nn_net_finish(net, &err) != LG_OK && err.code == 208);
    nn_net_unref(net);
}

TEST(too_large_is_refused_before_anything_is_taken)
{
    static const char *const lines[] = {"conv 1000000000 3x3", "conv 100000000000000 1024x1024 same",
                                        "conv 999999999999999 1x1"};
    nn_net *net = BEGUN("input 64x64x3");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        lg_err_clear(&err);
        CHECK_INT(nn_net_add_line(net, lines[i], &err), LG_E_LIMIT);
        CHECK_INT(err.code, 207);
        CHECK_HAS(err.msg, "this network would need ");
        CHECK_HAS(err.msg, " GB");
    }
    lg_err_clear(&err);
    CHECK(nn_net_add_line(net, "conv 1000000000 3x3", &err) != LG_OK);
    CHECK_HAS(err.msg, "GB");
    CHECK_OK((lg_err_clear(&err), nn_net_add_line(net, "flatten", &err)));
    fails(net, "dense 4000000000", 207, "this network would need 196640.0 GB");
    CHECK_STR(err.why, "`dense` alone has 49156000000000 weights; the limit is 4.3 GB");
    nn_net_set_limit(net, INT64_MAX); /* even then nothing may outgrow an int */
    fails(net, "dense 4000000000", 207, "this network would need 196640.0 GB");
    lg_err_clear(&err);
    nn_net_unref(net);
    net = BEGUN("input 1000x1000x3", "conv 64 3x3", "flatten", "dense 3 softmax");
    nn_exec *exec = NULL;
    CHECK_OK(nn_net_finish(net, &err));
    CHECK_INT(nn_exec_new(&(nn_exec_options){.net = net,
                                             .max_batch = 100000,
                                             .train = true,
                                             .keep = true,
                                             .loss = nn_loss_find("crossentropy"),
                                             .optim = nn_optim_find("sgd")},
                          &exec, &err),
              LG_E_LIMIT);
    CHECK_INT(err.code, 207);
    CHECK_HAS(err.msg, "for batches of 100,000");
    nn_net_unref(net);
}

TEST(a_thousand_layers)
{
    nn_net *net = BEGUN("input 8x8x2");
    nn_exec *exec = NULL;
    for (int i = 0; i < 996; i++) CHECK_OK(nn_net_add_line(net, i % 2 ? "activation relu" : "conv 2 3x3 same", &err));
    CHECK_OK(nn_net_add_line(net, "flatten", &err));
    CHECK_OK(nn_net_add_line(net, "dense 2 softmax", &err));
    CHECK_OK(nn_net_add_line(net, "dropout 0", &err));
    fails(net, "dropout 0", 213, "a network may have at most 1000 layers");
    lg_err_clear(&err);
    CHECK_OK(nn_net_finish(net, &err));
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 2}, &exec, &err));
    nn_exec_free(exec);
    nn_net_unref(net);
}

TEST(names)
{
    nn_net *net =
        NET("input 16x16x3", "Conv2D 4 3x3 name=eyes", "conv 4 3x3", "MaxPooling2D 2", "flatten", "dense 2 softmax");
    CHECK_STR(nn_net_node(net, 1)->name, "eyes");
    CHECK_STR(nn_net_node(net, 2)->name, "conv2");
    CHECK_STR(nn_net_node(net, 2)->keras_name, "conv2d_2");
    CHECK_STR(nn_net_node(net, 3)->keras_name, "max_pooling2d_1");
    CHECK_INT(nn_net_find(net, "EYES"), 1);
    CHECK_INT(nn_net_find(net, "nose"), -1);
    nn_net *other = NET("input 16x16x3", "conv 4 3x3", "conv 4 3x3", "maxpool 2", "flatten", "dense 2 softmax");
    nn_net *third = NET("input 16x16x3", "conv 4 3x3", "conv 4 3x3 relu", "maxpool 2", "flatten", "dense 2 softmax");
    CHECK(nn_net_same(net, other) && !nn_net_same(net, third));
    nn_net_unref(net), nn_net_unref(other), nn_net_unref(third);
}

TEST(first_weights)
{
    nn_net *net = REPORT_NET, *shorter = NET("input 64x64x3", "conv 16 3x3 relu", "flatten", "dense 4 softmax");
    nn_weights *a = NULL, *b = NULL, *c = NULL;
    CHECK_OK(nn_weights_new(net, 1, &a, &err));
    CHECK_OK(nn_weights_new(net, 2, &b, &err));
    CHECK_OK(nn_weights_new(shorter, 1, &c, &err));
    CHECK(memcmp(nn_weights_param(a, 1, 0), nn_weights_param(b, 1, 0), 432 * sizeof(float)) != 0);
    CHECK(memcmp(nn_weights_param(a, 1, 0), nn_weights_param(c, 1, 0), 432 * sizeof(float)) == 0);
    const float *w = nn_weights_param(a, 7, 0); /* conv4: 73,728 numbers in ±sqrt(6 / (9·(64 + 128))) */
    double limit = sqrt(6.0 / (9 * 192)), sum = 0, squares = 0, largest = 0;
    for (int i = 0; i < 73728; i++) {
        sum += (double)w[i], squares += (double)w[i] * (double)w[i];
        largest = fmax(largest, fabs((double)w[i]));
    }
    CHECK(largest <= limit && largest > 0.99 * limit);
    CHECK_NEAR(sum / 73728, 0, 5 * limit / sqrt(3 * 73728.0));
    CHECK_NEAR(squares / 73728, limit * limit / 3, 0.02 * limit * limit / 3);
    for (int i = 0; i < 128; i++) CHECK(nn_weights_param(a, 7, 1)[i] == 0);
    CHECK(nn_weights_finite(a));
    nn_weights_unref(a), nn_weights_unref(b), nn_weights_unref(c);
    nn_net_unref(net), nn_net_unref(shorter);
}

/* Every allocation on the way fails once; nothing leaks (asan) and the next try works. */
static lg_status build_and_plan(lg_err *e)
{
    static const char *const lines[] = {
        "input 12x12x2", "conv 4 3x3 relu name=first", "maxpool 2", "flatten", "dropout 0.5", "dense 3 softmax"};
    lg_status st;
    nn_net *net = NULL;
    nn_weights *w = NULL, *copy = NULL;
    nn_exec *exec = NULL;
    nn_summary s = {0};
    LG_GO(nn_net_new(&net, e));
    LG_GO(nn_net_for_data(net, "logos", e));
    for (int i = 0; i < 6; i++) LG_GO(nn_net_add_line(net, lines[i], e));
    LG_GO(nn_net_finish(net, e));
    LG_GO(nn_weights_new(net, 1, &w, e));
    LG_GO(nn_weights_copy(w, &copy, e));
    LG_GO(nn_summary_new(net, &s, e));
    LG_GO(nn_exec_new(&(nn_exec_options){.net = net,
                                         .max_batch = 9,
                                         .train = true,
                                         .loss = nn_loss_find("crossentropy"),
                                         .optim = nn_optim_find("adam")},
                      &exec, e));
    nn_exec_load(exec, w);
    nn_exec_gradient(exec, 9);
    nn_exec_step(exec, &(nn_hyper){.lr = 0.01});
done:
    nn_summary_release(&s);
    nn_exec_free(exec);
    nn_weights_unref(w);
    nn_weights_unref(copy);
    nn_net_unref(net);
    return st;
}

TEST(every_allocation_may_fail)
{
    int failures = 0;
    for (long nth = 1; nth < 500; nth++) {
        lg_err e = {0};
        lg_alloc_fail_at(nth, false);
        lg_status st = build_and_plan(&e);
        lg_alloc_fail_at(0, false);
        if (st == LG_OK) break;
        CHECK_INT(st, LG_E_MEMORY);
        CHECK_INT(e.code, 901);
        failures++;
    }
    CHECK(failures > 25 && failures < 400);
}
