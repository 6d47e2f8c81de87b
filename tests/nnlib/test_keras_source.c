/* test_keras_source.c - the Python of a network: as kept in tests/golden/keras/source_*.py, which Keras has run.
 *
 * With PEER_PYTHON (a Python that has Keras) it runs them again; see check_source.py. NN_BLESS=1 writes them anew. */
#include "tests/support/export_nets.h"

static lg_buf source_of(const nn_net *net)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 20);
    nn_keras_source(net, &text);
    lg_err_clear(&err);
    CHECK_OK(lg_buf_check(&text, &err));
    return text;
}

static void as_kept(nn_net *net, const char *path)
{
    lg_buf text = source_of(net);
    char kept[1 << 16];
    FILE *f = fopen(path, getenv("NN_BLESS") ? "w+" : "r");
    if (!f) TEST_FAIL("cannot open %s", path);
    if (getenv("NN_BLESS")) fwrite(lg_buf_str(&text), 1, text.len, f), rewind(f);
    kept[fread(kept, 1, sizeof kept - 1, f)] = '\0';
    fclose(f);
    CHECK_STR(lg_buf_str(&text), kept);
    lg_buf_release(&text);
    nn_net_unref(net);
}

TEST(sources_are_as_kept)
{
    as_kept(REPORT_NET, "tests/golden/keras/source_report.py");
    as_kept(NET("input 32x24x1", "conv 8 5x3 stride 2 same no bias l2 0.0001 name=first", "batchnorm momentum 0.9",
                "activation leaky", "depthwise 3x3 relu6 same stride 2", "pad 1x2", "conv 6 3 swish dilation 2 same",
                "avgpool 3 stride 2 same", "batchnorm epsilon 0.00001", "maxpool 2x3 same stride 1", "dropout 12.5%",
                "globalmax", "dense 7 elu l2 0.5 no bias", "dense 3 softmax"),
            "tests/golden/keras/source_layers.py");
}

/* Branches: a block in a block, and outputs side by side. */
TEST(branches_are_named)
{
    static const char *const lines[] = {"input 12x12x2", "conv 4 3x3 same relu", "conv 4 3x3 same",
                                        "batchnorm",     "activation relu",      "conv 4 1x1"};
    nn_net *net = NULL;
    nn_config config = {0};
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) CHECK_OK(nn_net_add_line(net, lines[i], &err));
    CHECK_OK(nn_net_add_to(net, nn_layer_find("add"), &config, (const int[]){5, 2}, 2, &err));
    CHECK_OK(nn_net_add_to(net, nn_layer_find("add"), &config, (const int[]){6, 1}, 2, &err));
    CHECK_OK(nn_net_add_to(net, nn_layer_find("concat"), &config, (const int[]){7, 0}, 2, &err));
    CHECK_OK(nn_net_add_line(net, "globalavg", &err));
    CHECK_OK(nn_net_add_line(net, "dense 4 softmax", &err));
    CHECK_OK(nn_net_finish(net, &err));
    as_kept(net, "tests/golden/keras/source_branches.py");
}

TEST(paddings_and_kept_dimensions)
{
    nn_net *net = NET("input 8x8x3", "pad 0x1 extra 2x1", "pad 2", "pad 1 before 0x2", "globalavg keepdims", "flatten");
    lg_buf text = source_of(net);
    CHECK_HAS(lg_buf_str(&text), "layers.ZeroPadding2D(((0, 2), (1, 2)), name");
    CHECK_HAS(lg_buf_str(&text), "layers.ZeroPadding2D((2, 2), name");
    CHECK_HAS(lg_buf_str(&text), "layers.ZeroPadding2D(((1, 1), (3, 1)), name");
    CHECK_HAS(lg_buf_str(&text), "layers.GlobalAveragePooling2D(keepdims=True, name");
    lg_buf_release(&text);
    nn_net_unref(net);
}

/* Its numbers stand in the source, and colours are turned round before it. */
TEST(preprocess_brings_its_numbers)
{
    nn_weights *weights = export_weights("prepared");
    as_kept(nn_net_ref(nn_weights_net(weights)), "tests/golden/keras/source_prepared.py");
    nn_weights_unref(weights);
}

TEST(names_are_quoted)
{
    nn_net *net = NULL;
    nn_config config = {.name = "a\"b\\c\xc3\xa9"};
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 4x4x1", &err));
    CHECK_OK(nn_net_add(net, nn_layer_find("flatten"), &config, &err));
    CHECK_OK(nn_net_finish(net, &err));
    lg_buf text = source_of(net);
    CHECK_HAS(lg_buf_str(&text), "outputs = layers.Flatten(name=\"a\\\"b\\\\c\\u00e9\")(inputs)\n");
    lg_buf_release(&text);
    nn_net_unref(net);
}

TEST(a_name_of_keras_is_taken_once)
{
    nn_net *net = NULL;
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 4x4x1", &err));
    CHECK_OK(nn_net_add_line(net, "conv 2 1x1 name=conv2d_2", &err));
    CHECK(nn_net_add_line(net, "conv 2 1x1", &err) != LG_OK);
    CHECK_INT(err.code, 209);
    nn_net_unref(net);
}

TEST(keras_builds_the_same)
{
    char line[1024];
    if (!getenv("PEER_PYTHON")) SKIP("PEER_PYTHON names no Python with Keras");
    snprintf(line, sizeof line, "\"%s\" tests/golden/keras/check_source.py", getenv("PEER_PYTHON"));
    CHECK_INT(system(line), 0);
}
