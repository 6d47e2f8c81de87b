/* test_onnx_write.c - our own reader takes the ONNX file of a network: every number bit for bit, the nodes as they must
 * be. What other programs make of it is asked by tests/real/export.sh. */
#include "nnlib/io/onnx.h"
#include "nnlib/io/onnx_write.h"
#include "tests/support/export_nets.h"

static lg_buf bytes;
static nn_onnx net;

static void read_back(const nn_about *about)
{
    lg_buf_release(&bytes);
    lg_buf_init(&bytes, (size_t)1 << 28);
    lg_err_clear(&err);
    CHECK_OK(nn_onnx_write(about, &bytes, &err));
    nn_onnx_release(&net);
    CHECK_OK(nn_onnx_read(bytes.data, bytes.len, "x", &net, &err));
}

static const nn_onnx_node *node_called(const char *name)
{
    for (size_t i = 0; i < net.nodes; i++)
        if (strcmp(net.node[i].name, name) == 0) return &net.node[i];
    TEST_FAIL("there is no node %s", name);
}

static const char *ops_in_order(void)
{
    static char text[2000];
    text[0] = 0;
    for (size_t i = 0; i < net.nodes; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", net.node[i].op);
    return text;
}

/* "1 2 3 4" */
static const char *ints_of(const char *node, const char *attr)
{
    static char text[100];
    const nn_onnx_attr *a = nn_onnx_attr_find(node_called(node), attr);
    if (!a) return "none";
    text[0] = 0;
    for (int i = 0; i < a->count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld", i ? " " : "", (long long)a->whole[i]);
    return text;
}

/* Where number i of ours lies in the file: kernels with four sides are turned to (out, in, height, width). */
static size_t place_of(const nn_node *node, int k, size_t i)
{
    const int64_t *d = node->param[k].shape.dim;
    if (node->param[k].shape.rank != 4) return i;
    bool depthwise = strcmp(node->type->name, "depthwise") == 0;
    size_t in = depthwise ? 1 : (size_t)d[2], out = (size_t)(depthwise ? d[2] : d[3]), places = (size_t)(d[0] * d[1]);
    return (i % out * in + i / out % in) * places + i / out / in;
}

static void check_numbers(const nn_weights *weights)
{
    const nn_net *of = nn_weights_net(weights);
    for (int i = 0; i < nn_net_count(of); i++) {
        const nn_node *node = nn_net_node(of, i);
        for (int k = 0; k < node->nparam; k++) {
            char name[80];
            const float *ours = nn_weights_param(weights, i, k);
            snprintf(name, sizeof name, "%s/%s", node->name, node->param[k].name);
            const nn_named_tensor *t = nn_named_find(&net.tensors, name);
            if (!t) TEST_FAIL("%s is not in the file", name);
            CHECK_INT(t->count, nn_shape_size(node->param[k].shape));
            for (size_t j = 0; j < t->count; j++)
                if (memcmp((const char *)t->data + place_of(node, k, j) * 4, &ours[j], 4) != 0)
                    TEST_FAIL("%s: number %zu is another one", name, j);
        }
    }
}

TEST(numbers_come_back_bit_for_bit)
{
    for (int i = 0; i < EXPORT_NETS; i++) {
        nn_weights *weights = export_weights(export_nets[i].name);
        nn_about about = export_about(weights, export_nets[i].name);
        read_back(&about);
        CHECK_INT(net.opset, 13);
        CHECK_INT(net.inputs, 1);
        CHECK_STR(net.input[0].name, "image");
        CHECK_INT(net.input[0].rank, 4);
        CHECK_INT(net.input[0].dim[0], -1);
        CHECK_INT(net.input[0].dim[3], nn_net_input(nn_weights_net(weights)).dim[2]);
        CHECK_INT(net.outputs, 1);
        CHECK_STR(net.output[0].name, "probabilities");
        CHECK_INT(net.output[0].rank, nn_net_output(nn_weights_net(weights)).rank + 1);
        check_numbers(weights);
        nn_weights_unref(weights);
    }
}

TEST(nodes_of_the_reports_network)
{
    nn_weights *weights = export_weights("report");
    nn_about about = export_about(weights, "report");
    read_back(&about);
    CHECK_STR(ops_in_order(), "Transpose Conv Relu MaxPool Conv Relu MaxPool Transpose Flatten Gemm Relu Gemm Softmax");
    CHECK_STR(net.node[0].input[0], "image");
    CHECK_STR(ints_of("input1", "perm"), "0 3 1 2");
    CHECK_STR(ints_of("conv1", "pads"), "0 0 0 0");
    CHECK_STR(ints_of("maxpool1", "kernel_shape"), "2 2");
    CHECK_STR(ints_of("maxpool1", "strides"), "2 2");
    CHECK_STR(ints_of("flatten1/places", "perm"), "0 2 3 1");
    CHECK_STR(node_called("dense1")->input[1], "dense1/kernel");
    CHECK_STR(node_called("dense2")->input[0], "dense1/output"); /* no dropout */
    CHECK_STR(ints_of("dense2/softmax", "axis"), "1");
    CHECK_STR(node_called("dense2/softmax")->output[0], "probabilities");
    nn_weights_unref(weights);
}

TEST(nodes_of_every_kind)
{
    nn_weights *weights = export_weights("layers");
    nn_about about = export_about(weights, "layers");
    read_back(&about);
    CHECK_STR(ops_in_order(), "Transpose Conv LeakyRelu BatchNormalization Elu Conv Clip Pad Conv Mul Erf Add Mul Mul "
                              "AveragePool MaxPool Conv Sigmoid Mul Transpose Flatten Gemm Tanh BatchNormalization "
                              "Sigmoid Gemm Softmax");
    CHECK_STR(ints_of("conv1", "pads"), "1 1 1 1");
    CHECK_STR(ints_of("conv1", "strides"), "2 2");
    CHECK_NEAR(nn_onnx_attr_find(node_called("conv1/leaky"), "alpha")->number, 0.2, 1e-7);
    CHECK_NEAR(nn_onnx_attr_find(node_called("batchnorm1"), "epsilon")->number, 0.01, 1e-9);
    CHECK_STR(ints_of("depthwise1", "group"), "6");
    CHECK_STR(ints_of("odd", "dilations"), "2 2");
    CHECK_STR(ints_of("avgpool1", "pads"), "0 0 1 1"); /* 10x11 in windows of 3x2: the odd line comes behind */
    CHECK_INT(node_called("dense1")->inputs, 2);
    const nn_named_tensor *pads = nn_named_find(&net.tensors, "pad1/pads");
    CHECK(pads && pads->dtype == NN_I64 && memcmp(pads->data, (int64_t[]){0, 0, 1, 2, 0, 0, 3, 2}, 64) == 0);
    nn_weights_unref(weights);
}

TEST(branches_and_ends)
{
    nn_weights *weights = export_weights("residual");
    nn_about about = export_about(weights, "residual");
    read_back(&about);
    CHECK_STR(node_called("add1")->op, "Add");
    CHECK_STR(node_called("add2")->op, "Sum");
    CHECK_STR(node_called("add2")->input[2], "activation1/output");
    nn_weights_unref(weights);
    weights = export_weights("side_by_side");
    about = export_about(weights, "side_by_side");
    read_back(&about);
    CHECK_STR(node_called("concat1")->input[2], "avgpool1/output");
    CHECK_STR(ints_of("concat2", "axis"), "1");
    CHECK_STR(net.node[net.nodes - 1].op, "Identity"); /* a dropout at the end */
    nn_weights_unref(weights);
    weights = export_weights("places");
    about = export_about(weights, "places");
    read_back(&about);
    CHECK_STR(ints_of("conv2/places", "perm"), "0 2 3 1");
    CHECK_STR(node_called("conv2")->input[0], "avgpool1/output"); /* no linear activation */
    nn_weights_unref(weights);
}

static bool has_text(const char *text)
{
    return memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

TEST(what_it_says_beside)
{
    nn_weights *weights = export_weights("report");
    nn_about about = export_about(weights, "report");
    read_back(&about);
    CHECK(has_text("Logolens"));
    CHECK(has_text("\"D\\u00e9calage\", \"*/\"]"));
    CHECK(has_text("32x32x3 crop, scale 0..1"));
    CHECK(has_text("byte / 255"));
    CHECK(has_text("input1: input 32x32x3\nconv1: conv 16 3x3 relu\nmaxpool1: maxpool 2x2\n"));
    CHECK(has_text("model x { flatten }"));
    nn_weights_unref(weights);
}

TEST(refusals)
{
    static const nn_layer_type *pad; /* a kind of layer that no writer knows */
    nn_layer_type odd = *(pad = nn_layer_find("pad"));
    nn_net *of = NULL;
    nn_weights *weights = NULL;
    char config[512];
    odd.name = "wobble";
    nn_config_init(&odd, config);
    CHECK_OK(nn_net_new(&of, &err));
    CHECK_OK(nn_net_add_line(of, "input 4x4x1", &err));
    CHECK_OK(nn_net_add(of, &odd, config, &err));
    CHECK_OK(nn_net_finish(of, &err));
    CHECK_OK(nn_weights_zero(of, &weights, &err));
    nn_about about = export_about(weights, "odd");
    lg_buf_clear(&bytes);
    CHECK_INT(nn_onnx_write(&about, &bytes, &err), LG_E_UNSUPPORTED);
    CHECK_INT(err.code, 367);
    CHECK_HAS(err.why, "`wobble1` is a `wobble`");
    nn_weights_unref(weights);
    nn_net_unref(of);
}

/* Every allocation refused in turn. */
TEST(without_memory)
{
    nn_weights *weights = export_weights("residual");
    nn_about about = export_about(weights, "residual");
    lg_status st = LG_E_MEMORY;
    long n = 0;
    for (; st == LG_E_MEMORY && n < 500; n++) {
        lg_buf_release(&bytes);
        lg_err_clear(&err);
        lg_alloc_fail_at(n + 1, true);
        st = nn_onnx_write(&about, &bytes, &err);
        lg_alloc_fail_at(0, false);
    }
    CHECK_OK(st);
    CHECK(n > 5);
    nn_weights_unref(weights);
}

/* ---- a whole network comes back ---- */
/* A network of the file answers as the one that was written. */
static void check_answers(const nn_weights *weights, const nn_onnx_classifier *c)
{
    size_t in = EXPORT_IMAGES * nn_shape_size(nn_net_input(nn_weights_net(weights)));
    size_t out = EXPORT_IMAGES * nn_shape_size(nn_net_output(nn_weights_net(weights)));
    float *x = malloc(in * sizeof *x), *want = malloc(out * sizeof *want), *got = malloc(out * sizeof *got);
    CHECK(nn_shape_equal(nn_net_output(c->net), nn_net_output(nn_weights_net(weights))));
    export_images(weights, EXPORT_IMAGES, x);
    export_predict(weights, EXPORT_IMAGES, x, want);
    export_predict(c->weights, EXPORT_IMAGES, x, got);
    for (size_t i = 0; i < out; i++) CHECK_NEAR(got[i], want[i], 2e-6);
    free(x), free(want), free(got);
}

TEST(networks_come_back_as_networks)
{
    for (int i = 0; i < EXPORT_NETS; i++) {
        nn_weights *weights = export_weights(export_nets[i].name);
        nn_about about = export_about(weights, export_nets[i].name);
        nn_onnx_classifier c;
        read_back(&about);
        lg_err_clear(&err);
        if (nn_onnx_net(bytes.data, bytes.len, "x", NULL, &c, &err)) TEST_FAIL("%s: %s", export_nets[i].name, err.why);
        check_answers(weights, &c);
        nn_onnx_classifier_release(&c);
        nn_weights_unref(weights);
    }
}
