/* test_onnx.c - a file of the onnx package comes to its numbers and nodes; files made here, byte by byte, are refused
 * where they are not as they must be. */
#include "nnlib/io/onnx.h"
#include "nnlib/io/proto_wire.h"
#include "tests/support/weights.h"

static nn_onnx net;

static lg_status read_net(const void *data, size_t len)
{
    static unsigned char *kept;
    nn_onnx_release(&net);
    free(kept);
    kept = malloc(len ? len : 1);
    if (len) memcpy(kept, data, len);
    lg_err_clear(&err);
    return nn_onnx_read(kept, len, "x", &net, &err);
}

/* ---- writing messages ---- */
typedef struct msg {
    unsigned char data[2048];
    size_t len;
} msg;

static void put_varint(msg *m, uint64_t value)
{
    for (; value > 127; value >>= 7) m->data[m->len++] = (unsigned char)(value | 128);
    m->data[m->len++] = (unsigned char)value;
}

static void put_number(msg *m, uint32_t field, uint64_t value)
{
    put_varint(m, (uint64_t)field << 3);
    put_varint(m, value);
}

static void put_bytes(msg *m, uint32_t field, const void *data, size_t len)
{
    put_varint(m, (uint64_t)field << 3 | 2);
    put_varint(m, len);
    memcpy(m->data + m->len, data, len);
    m->len += len;
}

static void put_text(msg *m, uint32_t field, const char *text)
{
    put_bytes(m, field, text, strlen(text));
}

static void put_msg(msg *m, uint32_t field, const msg *inside)
{
    put_bytes(m, field, inside->data, inside->len);
}

static msg value_of(const char *name)
{
    msg tensor = {0}, type = {0}, value = {0};
    put_number(&tensor, 1, 1);
    put_msg(&type, 1, &tensor);
    put_text(&value, 1, name);
    put_msg(&value, 2, &type);
    return value;
}

static msg tensor_of(const char *name, uint64_t type, uint64_t dim, size_t bytes)
{
    static const unsigned char zeros[64];
    msg t = {0};
    put_number(&t, 1, dim);
    put_number(&t, 2, type);
    put_text(&t, 8, name);
    if (bytes) put_bytes(&t, 9, zeros, bytes);
    return t;
}

static msg node_of(const char *op, const char *a, const char *b, const char *out)
{
    msg n = {0};
    put_text(&n, 1, a);
    if (b) put_text(&n, 1, b);
    put_text(&n, 2, out);
    put_text(&n, 4, op);
    return n;
}

/* x -> node -> y, with the tensor w. */
static msg graph_of(const msg *node, const msg *tensor)
{
    msg g = {0}, x = value_of("x"), y = value_of("y");
    put_msg(&g, 1, node);
    put_msg(&g, 5, tensor);
    put_msg(&g, 11, &x);
    put_msg(&g, 12, &y);
    return g;
}

static msg model_of(const msg *graph, uint64_t version, uint64_t opset)
{
    msg m = {0}, set = {0};
    put_number(&m, 1, version);
    put_number(&set, 2, opset);
    put_msg(&m, 8, &set);
    put_msg(&m, 7, graph);
    return m;
}

static lg_status read_graph_of(const msg *node, const msg *tensor)
{
    msg g = graph_of(node, tensor), m = model_of(&g, 8, 13);
    return read_net(m.data, m.len);
}

static void check_refused(const msg *node, const msg *tensor, int code, const char *why)
{
    CHECK(read_graph_of(node, tensor) != LG_OK);
    CHECK_INT(err.code, code);
    CHECK_HAS(code == 361 || code == 365 ? err.why : err.msg, why);
}

static msg attr_ints(const char *name, int n, int64_t value)
{
    msg a = {0};
    put_text(&a, 1, name);
    put_number(&a, 20, 7);
    for (int i = 0; i < n; i++) put_number(&a, 8, (uint64_t)value);
    return a;
}

static msg conv_with(const msg *attr)
{
    msg n = node_of("Conv", "x", "w", "y");
    put_msg(&n, 5, attr);
    return n;
}

/* ---- what is right ---- */
TEST(as_the_onnx_package_wrote_it)
{
    CHECK_OK(read_golden("small.onnx"));
    CHECK_INT(list.count, 6);
    check_golden_numbers("conv.w", "4x3x3x3");
    check_golden_numbers("conv.b", "4"); /* as numbers of the message */
    CHECK_INT(nn_named_find(&list, "dense.w")->dtype, NN_F16);
    check_golden_numbers("dense.w", "2x4");
    CHECK_NEAR(float_at("dense.b", 0), 0.5, 0); /* float16 as numbers of the message */
    CHECK_NEAR(float_at("dense.b", 1), -0.25, 0);
    CHECK_NEAR(float_at("six", 0), 6, 0); /* of a Constant */
    CHECK_STR(shape_of("six"), "1 number");
    const nn_named_tensor *shape = nn_named_find(&list, "shape");
    CHECK(shape && shape->dtype == NN_I64 && memcmp(shape->data, (int64_t[]){0, -1}, 16) == 0);
}

TEST(the_nodes_of_it)
{
    static const char *const ops[] = {"Conv", "Clip", "MaxPool", "GlobalAveragePool", "Reshape", "Gemm", "Softmax"};
    size_t len;
    unsigned char *data = bytes_of("tests/golden/weights/small.onnx", &len);
    CHECK_OK(read_net(data, len));
    CHECK_INT(net.opset, 13);
    CHECK_INT(net.nodes, 7);
    for (int i = 0; i < 7; i++) CHECK_STR(net.node[i].op, ops[i]);
    const nn_onnx_node *conv = &net.node[0], *clip = &net.node[1];
    CHECK_STR(conv->name, "conv");
    CHECK_INT(conv->inputs, 3);
    CHECK_STR(conv->input[1], "conv.w");
    CHECK_INT(conv->attrs, 4);
    const nn_onnx_attr *pads = nn_onnx_attr_find(conv, "pads"), *group = nn_onnx_attr_find(conv, "group");
    CHECK(pads && pads->count == 4 && pads->whole[0] == 1 && pads->whole[3] == 0);
    CHECK(group && group->count == 1 && group->whole[0] == 1);
    CHECK(!nn_onnx_attr_find(conv, "dilations"));
    CHECK_STR(clip->input[1], ""); /* left out */
    CHECK_STR(clip->input[2], "six");
    CHECK_STR(nn_onnx_attr_find(&net.node[2], "auto_pad")->text, "SAME_UPPER");
    CHECK_NEAR(nn_onnx_attr_find(&net.node[5], "alpha")->number, 0.5, 0);
    CHECK_INT(nn_onnx_attr_find(&net.node[6], "axis")->whole[0], -1);
    CHECK_INT(net.inputs, 1);
    CHECK_STR(net.input[0].name, "x");
    CHECK_INT(net.input[0].rank, 4);
    CHECK_INT(net.input[0].dim[0], -1);
    CHECK_INT(net.input[0].dim[1], 3);
    CHECK_STR(net.output[0].name, "y");
    free(data);
}

TEST(made_here)
{
    msg node = node_of("Add", "x", "w", "y"), w = tensor_of("w", 1, 2, 8);
    CHECK_OK(read_graph_of(&node, &w));
    msg g = graph_of(&node, &w), also = value_of("w"); /* older files list tensors as inputs too */
    put_msg(&g, 11, &also);
    msg m = model_of(&g, 3, 7);
    CHECK_OK(read_net(m.data, m.len));
    CHECK_INT(net.inputs, 1);
}

/* ---- what is not ---- */
TEST(tensors_that_are_refused)
{
    msg node = node_of("Add", "x", "w", "y"), w = tensor_of("w", 1, 2, 12);
    check_refused(&node, &w, 361, "needs 8 bytes, and has 12");
    w = tensor_of("w", 11, 1, 8);
    check_refused(&node, &w, 363, "are float64");
    w = tensor_of("w", 8, 1, 8);
    check_refused(&node, &w, 363, "are text");
    w = tensor_of("w", 99, 1, 8);
    check_refused(&node, &w, 363, "of a type that is not read");
    w = tensor_of("w", 1, UINT64_MAX, 8);
    check_refused(&node, &w, 361, "shape -1");
    w = tensor_of("w", 1, 1u << 30, 0);
    check_refused(&node, &w, 361, "not as many numbers");
    w = tensor_of("w", 1, 2, 8);
    put_number(&w, 14, 1);
    check_refused(&node, &w, 362, "in another file");
    w = tensor_of("w", 1, 2, 8);
    put_text(&w, 13, "");
    check_refused(&node, &w, 362, "in another file");
    w = tensor_of("w", 1, 2, 8);
    put_bytes(&w, 4, "\0\0\0\0\0\0\0\0", 8);
    check_refused(&node, &w, 361, "in more than one way");
    w = tensor_of("w", 1, 2, 8);
    put_bytes(&w, 9, "\0\0\0\0\0\0\0\0", 8);
    check_refused(&node, &w, 361, "field 9 is there twice");
    w = tensor_of("w", 1, 2, 0);
    put_bytes(&w, 4, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
    check_refused(&node, &w, 361, "other numbers than");
    w = tensor_of("w", 10, 1, 0);
    put_number(&w, 5, 65536); /* no float16 */
    check_refused(&node, &w, 361, "other numbers than");
    w = tensor_of("w", 1, 1, 0);
    put_bytes(&w, 4, "\0\0\300\177", 4);
    check_refused(&node, &w, 364, "numbers that are none");
    w = tensor_of("a/../b", 1, 2, 8);
    check_refused(&node, &w, 361, "is a path");
    w = tensor_of("x", 1, 2, 8);
    check_refused(&node, &w, 361, "`w`, which a node Add reads");
}

TEST(nodes_that_are_refused)
{
    msg w = tensor_of("w", 1, 2, 8), node = node_of("Expand", "x", "w", "y"), a;
    check_refused(&node, &w, 365, "a node `Expand`");
    node = node_of("Add", "x", NULL, "y");
    check_refused(&node, &w, 361, "has 1 inputs, and needs 2");
    node = node_of("Add", "x", "y", "y");
    check_refused(&node, &w, 361, "`y`, which a node Add reads, is nowhere");
    node = node_of("Add", "x", "w", "x");
    check_refused(&node, &w, 361, "`x` is given twice");
    node = node_of("Add", "x", "w", "z");
    check_refused(&node, &w, 361, "`y`, an output of the graph");
    node = node_of("Add", "x", "w", "y");
    put_text(&node, 7, "com.microsoft");
    check_refused(&node, &w, 365, "com.microsoft");
    a = attr_ints("strides", 2, 0), node = conv_with(&a);
    check_refused(&node, &w, 365, "`strides`");
    a = attr_ints("pads", 4, -9), node = conv_with(&a);
    check_refused(&node, &w, 365, "`pads`");
    a = attr_ints("axis", 1, 0), node = conv_with(&a);
    check_refused(&node, &w, 365, "the attribute `axis`");
    a = attr_ints("strides", 17, 1), node = conv_with(&a);
    check_refused(&node, &w, 365, "more than 16 numbers");
    a = attr_ints("strides", 2, 1), node = conv_with(&a);
    CHECK_OK(read_graph_of(&node, &w));
    put_msg(&node, 5, &a);
    check_refused(&node, &w, 361, "`strides` twice");
    put_number(&a, 3, 1), node = conv_with(&a);
    check_refused(&node, &w, 361, "of another kind than it says");
    a = (msg){0};
    put_text(&a, 1, "then_branch"), put_number(&a, 20, 5), put_text(&a, 6, "");
    node = conv_with(&a);
    check_refused(&node, &w, 365, "then_branch");
}

TEST(models_that_are_refused)
{
    msg node = node_of("Add", "x", "w", "y"), w = tensor_of("w", 1, 2, 8), g = graph_of(&node, &w), m;
    m = model_of(&g, 8, 999);
    CHECK_INT(read_net(m.data, m.len), LG_E_UNSUPPORTED);
    CHECK_HAS(err.why, "version 999; versions 7 to 28");
    m = model_of(&g, 99, 13);
    CHECK_INT(read_net(m.data, m.len), LG_E_UNSUPPORTED);
    m = model_of(&g, 8, 13);
    put_msg(&m, 7, &g); /* protobuf would merge the two */
    CHECK_INT(read_net(m.data, m.len), LG_E_FORMAT);
    CHECK_HAS(err.why, "the model: field 7 is there twice");
    m = model_of(&g, 8, 13);
    put_text(&m, 25, "");
    CHECK_INT(read_net(m.data, m.len), LG_E_UNSUPPORTED);
    m = model_of(&g, 8, 13);
    put_text(&m, 100, "a field that nobody knows");
    CHECK_OK(read_net(m.data, m.len));
    put_varint(&m, 101 << 3 | 3); /* a group */
    CHECK_INT(read_net(m.data, m.len), LG_E_FORMAT);
    m = model_of(&g, 8, 13);
    put_varint(&m, 7 << 3), put_varint(&m, 0);
    CHECK_INT(read_net(m.data, m.len), LG_E_FORMAT);
    put_text(&g, 15, "");
    m = model_of(&g, 8, 13);
    CHECK_INT(read_net(m.data, m.len), LG_E_UNSUPPORTED);
}

TEST(numbers_of_the_wire)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool good;
    } rows[] = {
        {"\x08\x00", 2, true},
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, true},
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, false}, /* 65 bits */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 12, false},
        {"\x08\x80", 2, false},
        {"\x00\x00", 2, false}, /* field 0 */
        {"\x09\0\0\0\0\0\0\0", 8, false},
        {"\x0d\0\0\0", 4, false},
        {"\x0a\x02\x61", 3, false},
        {"\x0e\x00", 2, false},
        {"\xff\xff\xff\xff\x7f\x00", 6, false}, /* too large a number of a field */
        {"\xf8\xff\xff\xff\x0f\x00", 6, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char *data = malloc(rows[i].len);
        memcpy(data, rows[i].bytes, rows[i].len);
        nn_wire w = nn_wire_of(data, rows[i].len);
        nn_wire_field f;
        while (nn_wire_next(&w, &f)) continue;
        if (!w.why != rows[i].good) TEST_FAIL("row %zu: %s", i, w.why ? w.why : "read");
        free(data);
    }
}

TEST(every_cut_is_refused)
{
    size_t len;
    unsigned char *data = bytes_of("tests/golden/weights/small.onnx", &len);
    for (size_t n = 0; n < len; n++) CHECK(read_net(data, n) != LG_OK || n > len - 20); /* its end may be left out */
    CHECK_OK(read_net(data, len));
    free(data);
}

TEST(memory_that_is_refused)
{
    check_refused_memory(read_golden, "small.onnx");
}

/* Networks that others trained: all of their weights, and nothing in them that is not read. */
TEST(published_networks)
{
    static const struct {
        const char *file;
        size_t nodes, tensors, numbers;
    } rows[] = {{"squeezenet1.1.onnx", 68, 52, 1235496},
                {"mobilenet_v1_0.75_224.onnx", 59, 58, 2577354},
                {"resnet50_thin_opennsfw.onnx", 124, 108, 5891266}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[100];
        size_t len, numbers = 0;
        snprintf(name, sizeof name, "data/pretrained/%s", rows[i].file);
        unsigned char *data = bytes_of(test_shared(name), &len);
        CHECK_OK(read_net(data, len));
        CHECK_INT(net.nodes, rows[i].nodes);
        CHECK_INT(net.tensors.count, rows[i].tensors);
        for (size_t k = 0; k < net.tensors.count; k++) numbers += net.tensors.at[k].count;
        CHECK_INT(numbers, rows[i].numbers);
        CHECK_INT(net.outputs, 2);
        CHECK_STR(net.output[1].name, "logits");
        free(data);
    }
}
