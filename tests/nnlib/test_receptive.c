/* test_receptive.c - what is said of receptive fields against what networks do: a light in one pixel reaches a number
 * where, and only where, it is said to. */
#include <math.h>
#include "tests/support/nn_test.h"

enum { BATCH = 32 };

/* Every weight is positive, so nothing that is lit is lost, not even by a maxpool. */
static nn_weights *positive(const nn_net *net)
{
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 5, &w, &err));
    float *at = nn_weights_data(w);
    for (size_t i = 0; i < nn_net_block(net); i++) at[i] = fabsf(at[i]) + 0.01f;
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            bool shifts = !strcmp(node->param[k].name, "bias") || !strcmp(node->param[k].name, "beta") ||
                          !strcmp(node->param[k].name, "moving_mean");
            if (shifts) memset(at + node->offset[k], 0, nn_shape_size(node->param[k].shape) * sizeof *at);
        }
    }
    return w;
}

/* Fills lit (h, w): which pixels reach number 1 of the map at (row, column) of the last node. */
static void light_pixels(const nn_net *net, const nn_weights *weights, int row, int column, uint8_t *lit)
{
    nn_exec *exec = NULL;
    const nn_shape in = nn_net_input(net), out = nn_net_output(net);
    int pixels = (int)(in.dim[0] * in.dim[1]);
    size_t floats = nn_shape_size(in), at = out.rank == 3 ? (size_t)((row * out.dim[1] + column) * out.dim[2]) : 0;
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = BATCH}, &exec, &err));
    nn_exec_load(exec, weights);
    for (int from = 0; from < pixels; from += BATCH) {
        int n = pixels - from < BATCH ? pixels - from : BATCH;
        memset(nn_exec_input(exec), 0, BATCH * floats * sizeof(float));
        for (int i = 0; i < n; i++)
            for (int c = 0; c < in.dim[2]; c++)
                nn_exec_input(exec)[(size_t)i * floats + (size_t)((from + i) * in.dim[2] + c)] = 100;
        nn_exec_forward(exec, n);
        for (int i = 0; i < n; i++)
            lit[from + i] = nn_exec_output(exec)[(size_t)i * nn_shape_size(out) + at] > 0 ? 1 : 0;
    }
    nn_exec_free(exec);
}

static nn_reach extent(const uint8_t *lit, int h, int w)
{
    uint8_t row[64] = {0}, column[64] = {0};
    nn_reach r = {.none = true, .top = h, .left = w, .bottom = -1, .right = -1};
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            if (!lit[y * w + x]) continue;
            r.none = false;
            r.top = y < r.top ? y : r.top, r.bottom = y > r.bottom ? y : r.bottom;
            r.left = x < r.left ? x : r.left, r.right = x > r.right ? x : r.right;
            r.rows += !row[y], r.columns += !column[x];
            row[y] = column[x] = 1;
        }
    return r;
}

static int checked;
static bool one_jump = true; /* no ways with different jumps join */

static void check_place(const nn_net *net, const nn_weights *weights, int row, int column)
{
    uint8_t lit[64 * 64];
    nn_reach said[64];
    nn_sight sight[64];
    const nn_shape in = nn_net_input(net);
    int last = nn_net_count(net) - 1;
    light_pixels(net, weights, row, column, lit);
    CHECK_OK(nn_reach_back(net, last, row, column, said, &err));
    nn_sights(net, sight);
    nn_reach is = extent(lit, (int)in.dim[0], (int)in.dim[1]);
    CHECK_INT(said[0].none, is.none);
    checked++;
    if (is.none) return;
    CHECK_INT(said[0].top, is.top);
    CHECK_INT(said[0].bottom, is.bottom);
    CHECK_INT(said[0].left, is.left);
    CHECK_INT(said[0].right, is.right);
    CHECK_INT(said[0].rows, is.rows);
    CHECK_INT(said[0].columns, is.columns);
    if (!sight[last].h || !one_jump) return;
    /* The field from the image on, cut off at the border, holds it. */
    int64_t top = sight[last].top + row * sight[last].down, left = sight[last].left + column * sight[last].across;
    CHECK(is.top >= top && is.bottom < top + sight[last].h && is.left >= left && is.right < left + sight[last].w);
}

/* All places, and how many of them see as much as is said of all, none of it cut off. */
static int check_net(nn_net *net)
{
    nn_weights *weights = positive(net);
    const nn_shape out = nn_net_output(net);
    nn_sight sight[64];
    nn_reach said[64];
    int whole = 0;
    nn_sights(net, sight);
    int last = nn_net_count(net) - 1, rows = out.rank == 3 ? (int)out.dim[0] : 1,
        columns = out.rank == 3 ? (int)out.dim[1] : 1;
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            check_place(net, weights, r, c);
            CHECK_OK(nn_reach_back(net, last, r, c, said, &err));
            whole += !said[0].none && said[0].bottom - said[0].top + 1 == sight[last].h &&
                     said[0].right - said[0].left + 1 == sight[last].w;
        }
    nn_weights_unref(weights);
    nn_net_unref(net);
    return whole;
}

TEST(a_light_in_a_pixel_is_seen_where_it_is_said)
{
    CHECK_INT(check_net(NET("input 12x11x2", "conv 2 3x3 relu", "maxpool 2", "conv 2 3x2", "maxpool 2x1")), 3);
    CHECK(check_net(NET("input 13x13x1", "conv 2 3x3 same stride 2", "conv 1 3x3 same")) > 0);
    CHECK(check_net(NET("input 15x14x1", "conv 2 5x3 stride 3x2 relu", "conv 1 2x2 same")) > 0);
    CHECK(check_net(NET("input 13x12x1", "conv 1 3x3 dilation 2 same", "conv 1 2x2 dilation 3")) > 0);
    CHECK(check_net(NET("input 14x13x3", "depthwise 3x3 stride 2 same", "conv 2 1x1", "depthwise 3x3 relu6")) > 0);
    CHECK(check_net(NET("input 19x17x1", "avgpool 3 stride 2 same", "maxpool 2 stride 1 same", "avgpool 2 stride 3")) >
          0);
    CHECK(check_net(NET("input 9x10x1", "pad 2x1 extra 1 before 0x2", "conv 1 3x3 stride 2", "batchnorm")) > 0);
    /* Some of these see nothing but zeros. */
    CHECK_INT(check_net(NET("input 8x9x1", "pad 4", "conv 1 3x3 dilation 2", "conv 1 1x1 stride 2")), 6);
    CHECK_INT(check_net(NET("input 9x9x1", "conv 2 3x3", "maxpool 2", "globalavg keepdims", "conv 3 1x1")), 1);
    check_net(NET("input 9x9x2", "maxpool 2", "flatten", "dense 3 relu")); /* all but the last row and column */
    check_net(NET("input 8x6x3", "conv 2 3x3 stride 3", "globalmax", "dense 2"));
    CHECK(checked > 250);
}

/* Two ways to the sum, both from node 1, that look to different sides. */
static nn_net *two_ways(const char *first, const char *second, const char *join)
{
    nn_net *net = NULL;
    nn_config config = {0};
    char words[2][256];
    const nn_layer_type *type[2];
    CHECK_OK((lg_err_clear(&err), nn_net_new(&net, &err)));
    CHECK_OK(nn_net_add_line(net, "input 13x12x2", &err));
    CHECK_OK(nn_net_add_line(net, "conv 2 2x2 same", &err));
    for (int k = 0; k < 2; k++) {
        const char *line = k ? second : first, *rest = strchr(line, ' ');
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)(rest - line), line);
        type[k] = nn_layer_find(name);
        nn_config_init(type[k], words[k]);
        CHECK_OK(nn_config_parse(type[k], words[k], rest + 1, &err));
        CHECK_OK(nn_net_add_to(net, type[k], words[k], (const int[]){1}, 1, &err));
    }
    CHECK_OK(nn_net_add_to(net, nn_layer_find(join), &config, (const int[]){3, 2}, 2, &err));
    CHECK_OK(nn_net_add_line(net, "conv 1 2x2", &err));
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}

TEST(where_ways_join_it_is_their_hull)
{
    nn_sight sight[8];
    CHECK(check_net(two_ways("conv 2 3x3 same", "depthwise 1x1", "add")) > 0);
    CHECK(check_net(two_ways("conv 2 4x2 same dilation 2", "maxpool 3 stride 1 same", "concat")) > 0);
    CHECK(check_net(two_ways("conv 2 5x4 stride 2", "maxpool 5x4 stride 2 valid", "add")) > 0);
    /* One begins at the image, the other in front of it: together they see more than either. */
    nn_net *net = two_ways("conv 2 2x2 same", "depthwise 2x2 same", "add");
    nn_sights(net, sight);
    CHECK_INT(sight[4].h, 3);
    nn_net_unref(net);
    /* Jumps that differ: the far end sees most. */
    net = two_ways("conv 2 3x3 stride 2", "conv 2 8x8", "add");
    nn_sights(net, sight);
    CHECK_INT(sight[2].h, 4);
    CHECK_INT(sight[3].h, 9);
    CHECK_INT(sight[4].h, 9);
    one_jump = false;
    check_net(net);
    one_jump = true;
}

/* With weights as they come, gradients of one number: none outside, some at each side. */
static void check_gradient(nn_net *net, int row, int column)
{
    nn_weights *weights = NULL;
    nn_exec *exec = NULL;
    nn_reach said[64];
    uint8_t touched[64 * 64] = {0};
    const nn_shape in = nn_net_input(net), out = nn_net_output(net);
    int32_t score = (int32_t)((row * out.dim[1] + column) * out.dim[2]);
    CHECK_OK(nn_weights_new(net, 3, &weights, &err));
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 1, .keep = true, .back = true}, &exec, &err));
    nn_exec_load(exec, weights);
    hash_fill(nn_exec_input(exec), nn_shape_size(in), 9, 1);
    nn_exec_explain(exec, 1, &score, 0);
    const float *gradient = nn_exec_activation_grad(exec, 0);
    for (size_t i = 0; i < nn_shape_size(in); i++)
        if (fabsf(gradient[i]) > 0) touched[i / (size_t)in.dim[2]] = 1;
    nn_reach is = extent(touched, (int)in.dim[0], (int)in.dim[1]);
    CHECK_OK(nn_reach_back(net, nn_net_count(net) - 1, row, column, said, &err));
    CHECK(!is.none && is.top == said[0].top && is.bottom == said[0].bottom);
    CHECK(is.left == said[0].left && is.right == said[0].right);
    nn_exec_free(exec);
    nn_weights_unref(weights);
    nn_net_unref(net);
}

TEST(gradients_end_where_the_field_does)
{
    for (int k = 0; k < 3; k++) {
        check_gradient(NET("input 20x18x3", "conv 6 3x3 tanh", "avgpool 2", "conv 8 3x3 same gelu", "conv 4 3x3"), k,
                       3);
        check_gradient(
            NET("input 17x19x1", "conv 4 3x3 stride 2 same", "depthwise 3x3 same", "batchnorm", "conv 3 1x1"), 3 * k,
            k);
        check_gradient(NET("input 16x16x2", "conv 4 3x3 dilation 3", "conv 2 2x2 stride 2 sigmoid"), k, 2);
        check_gradient(two_ways("conv 2 3x3 same tanh", "avgpool 2 stride 1 same", "add"), k, 10 - 5 * k);
    }
}

TEST(published_numbers)
{
    nn_net *net = REPORT_NET;
    nn_sight sight[16];
    nn_reach reach[16];
    nn_sights(net, sight);
    CHECK(sight[7].h == 38 && sight[7].w == 38 && sight[7].down == 8 && sight[7].top == 0);
    CHECK(sight[8].h == 46 && sight[8].down == 16);
    CHECK(sight[9].h == 0 && sight[12].h == 0);
    CHECK_OK(nn_reach_back(net, 7, 3, 0, reach, &err));
    CHECK(reach[7].top == 3 && reach[7].rows == 1 && reach[6].top == 3 && reach[6].bottom == 5 && reach[6].right == 2);
    CHECK(reach[0].top == 24 && reach[0].bottom == 61 && reach[0].left == 0 && reach[0].right == 37);
    CHECK(reach[8].none && reach[12].none);
    CHECK_OK(nn_reach_back(net, 12, 0, 0, reach, &err));
    CHECK(reach[0].top == 0 && reach[0].bottom == 61 && reach[7].rows == 4); /* the last two rows are never looked at */
    nn_net_unref(net);
}

/* As Araujo, Norris and Sim list them. */
TEST(fields_of_known_networks)
{
    static const struct {
        const char *name;
        int field;
    } known[] = {{"vgg16", 212}, {"mobilenet", 315}, {"resnet50", 483}};
    for (int i = 0; i < 3; i++) {
        const nn_base *base = nn_base_find(known[i].name);
        nn_base_options options = nn_base_defaults(base);
        nn_net *net = NULL;
        nn_sight sight[NN_MAX_LAYERS + 1];
        CHECK_OK((lg_err_clear(&err), nn_base_net(base, &options, &net, &err)));
        nn_sights(net, sight);
        CHECK_INT(sight[nn_net_count(net) - 1].h, known[i].field);
        CHECK_INT(sight[nn_net_count(net) - 1].across, 32);
        nn_net_unref(net);
    }
}

/* Strides of maps that have one place left multiply beyond all numbers; what is told ends before. */
TEST(jumps_that_no_image_has)
{
    nn_net *net = NET("input 8x8x1", "conv 1 1x1 stride 1024", "conv 1 1x1 stride 1024", "conv 1 1x1 stride 1024",
                      "conv 1 1x1 stride 1024", "conv 1 1x1 stride 1024", "conv 1 1x1 stride 1024",
                      "conv 1 1x1 stride 1024", "conv 1 3x3 same dilation 2", "conv 1 3x3 same");
    nn_sight sight[10];
    nn_sights(net, sight);
    CHECK_INT(sight[3].down, 1 << 30);
    CHECK_INT(sight[9].down, (int64_t)1 << 31);
    CHECK_INT(sight[9].h, (int64_t)1 << 31);
    CHECK(sight[9].top < 0 && sight[9].left == sight[9].top);
    nn_net_unref(net);
}
