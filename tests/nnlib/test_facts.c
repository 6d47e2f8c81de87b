/* test_facts.c - every kind of layer is known to those who write networks down, and its words read back. */
#include "nnlib/core/json_text.h"
#include "nnlib/layers/window.h"
#include "tests/support/export_nets.h"

/* A new kind of layer must be told to facts.c, and to the writers. */
TEST(every_layer_is_known)
{
    for (int i = 0; nn_layers[i]; i++) {
        lone_layer l;
        nn_facts f;
        lone_init(&l, nn_layers[i]->examples[0].line, nn_layers[i]->examples[0].in, 1);
        nn_node node = {.type = l.type, .name = "x", .spec = l.spec, .nparam = l.nparam};
        lg_err_clear(&err);
        CHECK_OK(nn_facts_of(&node, &f, &err));
        CHECK_INT(f.activation, nn_ends_in(l.type, l.config));
        CHECK(f.view || !(l.type->flags & NN_VIEW));
        lone_release(&l);
    }
}

/* What `same` adds is what the layers themselves leave out of their windows. */
TEST(paddings_of_same)
{
    for (int64_t size = 1; size < 8; size++)
        for (int64_t stride = 1; stride < 4; stride++)
            for (int64_t in = 1; in < 12; in++) {
                char line[120], image[80];
                nn_facts f;
                snprintf(line, sizeof line, "maxpool %lldx%lld stride %lld same", (long long)size, (long long)size,
                         (long long)stride);
                snprintf(image, sizeof image, "input %lldx%lldx1", (long long)in, (long long)in);
                nn_net *net = NET(image, line);
                const nn_node *node = nn_net_node(net, 1);
                CHECK_OK(nn_facts_of(node, &f, &err));
                nn_window w = {{size, size, 0}, {stride, stride, 0}, {1, 1, 0}, true};
                int64_t last = node->spec.out.dim[0] - 1;
                nn_place first = nn_window_place(&w, node->spec.in[0], node->spec.out, 0, 0);
                nn_place end = nn_window_place(&w, node->spec.in[0], node->spec.out, last, last);
                CHECK_INT(f.before.h, -first.top);
                CHECK_INT(f.behind.w, end.left + size > in ? end.left + size - in : 0);
                nn_net_unref(net);
            }
}

TEST(words_read_back_as_the_same_layers)
{
    for (int i = 0; nn_layers[i]; i++) {
        for (const nn_example *e = nn_layers[i]->examples; e->line; e++) {
            char first[512], second[512];
            lg_buf words;
            lg_err_clear(&err);
            nn_config_init(nn_layers[i], first);
            nn_config_init(nn_layers[i], second);
            CHECK_OK(nn_config_parse(nn_layers[i], first, e->line + strcspn(e->line, " "), &err));
            nn_node node = {.type = nn_layers[i], .spec = {.config = first}};
            lg_buf_init(&words, 0);
            nn_node_words(&node, &words);
            CHECK(strncmp(lg_buf_str(&words), nn_layers[i]->name, strlen(nn_layers[i]->name)) == 0);
            CHECK_OK(nn_config_parse(nn_layers[i], second, lg_buf_str(&words) + strlen(nn_layers[i]->name), &err));
            if (memcmp(first, second, nn_layers[i]->config_size))
                TEST_FAIL("`%s` comes back from `%s` as another layer", e->line, lg_buf_str(&words));
            lg_buf_release(&words);
        }
    }
}

/* Blue, green, red less their means, from 0..1 red first: as a convolution of one place. */
TEST(preprocess_is_a_convolution)
{
    nn_net *net = NET("input 2x2x3", "preprocess caffe");
    nn_facts f;
    lg_err_clear(&err);
    CHECK_OK(nn_facts_of(nn_net_node(net, 1), &f, &err));
    CHECK(f.op == NN_OP_CONV && f.fixed);
    static const float want[] = {0, 0, 255, 0, 255, 0, 255, 0, 0};
    CHECK(memcmp(f.kernel, want, sizeof want) == 0);
    CHECK_NEAR(f.bias[0], -103.939, 1e-4);
    nn_net_unref(net);
}

TEST(frozen_layers_are_told)
{
    nn_net *net = NULL;
    lg_buf words;
    lg_buf_init(&words, 0);
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 4x4x1", &err));
    CHECK_OK(nn_net_add_line(net, "conv 2 1x1", &err));
    nn_net_freeze(net, 1);
    CHECK_OK(nn_net_add_line(net, "globalavg", &err));
    CHECK_OK(nn_net_finish(net, &err));
    nn_net_words(net, &words);
    CHECK_STR(lg_buf_str(&words), "input1: input 4x4x1\nconv1: conv 2 1x1, frozen\nglobalavg1: globalavg");
    lg_buf_release(&words);
    nn_net_unref(net);
}

TEST(texts_of_json)
{
    lg_buf out;
    lg_buf_init(&out, 0);
    nn_json_text(&out, "D\xc3\xa9 \"A\" \\ \n \xf0\x9f\x91\x9f \xff");
    CHECK_STR(lg_buf_str(&out), "\"D\\u00e9 \\\"A\\\" \\\\ \\u000a \\ud83d\\udc5f \\ufffd\"");
    lg_buf_release(&out);
}

TEST(how_bytes_become_numbers)
{
    char text[80];
    nn_about_scale(&(nn_about){.low = 0, .high = 1}, text);
    CHECK_STR(text, "byte / 255");
    nn_about_scale(&(nn_about){.low = -1, .high = 1}, text);
    CHECK_STR(text, "-1 + byte * 2 / 255");
}
