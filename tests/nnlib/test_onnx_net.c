/* test_onnx_net.c - networks of ONNX give what ONNX Runtime makes of them; what there is no layer for is refused. */
#include "nnlib/io/onnx_net.h"
#include <math.h>
#include "nnlib/model/exec.h"
#include "tests/support/weights.h"

static nn_onnx_classifier c;

static lg_status convert(const void *data, size_t len, const nn_onnx_choice *choice)
{
    static unsigned char *kept; /* in a block of its own size */
    nn_onnx_classifier_release(&c);
    free(kept);
    kept = malloc(len ? len : 1);
    if (len) memcpy(kept, data, len);
    lg_err_clear(&err);
    return nn_onnx_net(kept, len, "x", choice, &c, &err);
}

/* ---- the cases that make_goldens.py wrote ---- */
typedef struct onnx_case {
    char name[40], says[100];
    const unsigned char *data;
    size_t len;
} onnx_case;

static onnx_case cases[300];
static int count;

static void read_cases(void)
{
    static size_t len;
    static unsigned char *all;
    if (count) return;
    all = bytes_of("tests/golden/onnx/cases.bin", &len);
    for (size_t at = 0; at < len;) {
        onnx_case *one = &cases[count++];
        char line[200];
        size_t end = (size_t)((unsigned char *)memchr(all + at, '\n', len - at) - all);
        snprintf(line, sizeof line, "%.*s", (int)(end - at), (const char *)all + at);
        CHECK(sscanf(line, "%39s %zu %99[^\n]", one->name, &one->len, one->says) >= 2);
        one->data = all + end + 1;
        at = end + 1 + one->len;
    }
}

static const onnx_case *case_of(const char *name)
{
    read_cases();
    for (int i = 0; i < count; i++)
        if (strcmp(cases[i].name, name) == 0) return &cases[i];
    TEST_FAIL("no case %s", name);
}

static lg_status convert_case(const char *name, const nn_onnx_choice *choice)
{
    const onnx_case *one = case_of(name);
    return convert(one->data, one->len, choice);
}

static float *numbers_of(const char *name, const char *what, size_t *n)
{
    char key[60];
    snprintf(key, sizeof key, "%s.%s", name, what);
    const nn_named_tensor *t = nn_named_find(&list, key);
    if (!t) TEST_FAIL("no %s", key);
    float *all = malloc(t->count * sizeof *all);
    CHECK_OK(nn_named_floats(&list, t, all, &err));
    *n = t->count;
    return all;
}

/* Runs two images; keep: all layers as they stand, else as they are joined for use. */
static void check_run(const onnx_case *one, bool keep)
{
    size_t in, out;
    float *x = numbers_of(one->name, "x", &in), *y = numbers_of(one->name, "y", &out), range = 1;
    nn_exec *exec = NULL;
    CHECK_INT(in, 2 * nn_shape_size(nn_net_input(c.net)));
    if (out != 2 * nn_shape_size(nn_net_output(c.net))) TEST_FAIL("%s: %zu numbers are wanted", one->name, out);
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = c.net, .max_batch = 2, .keep = keep}, &exec, &err));
    nn_exec_load(exec, c.weights);
    memcpy(nn_exec_input(exec), x, in * sizeof *x);
    nn_exec_forward(exec, 2);
    for (size_t i = 0; i < out; i++) range = fmaxf(range, fabsf(y[i]));
    for (size_t i = 0; i < out; i++)
        if (!(fabsf(nn_exec_output(exec)[i] - y[i]) <= 2e-6f * range))
            TEST_FAIL("%s: number %zu is %g, not %g", one->name, i, (double)nn_exec_output(exec)[i], (double)y[i]);
    nn_exec_free(exec);
    free(x);
    free(y);
}

static void read_numbers(void)
{
    size_t len;
    unsigned char *data = bytes_of("tests/golden/onnx/cases.safetensors", &len);
    CHECK_OK(read_bytes(data, len));
    free(data);
}

TEST(each_operator_gives_what_onnx_runtime_gives)
{
    int run = 0;
    read_cases();
    read_numbers();
    for (int i = 0; i < count; i++) {
        const nn_onnx_choice choice = {.height = 8, .width = 8};
        if (cases[i].says[0]) continue;
        if (convert(cases[i].data, cases[i].len, &choice))
            TEST_FAIL("%s: LL%d %s (%s)", cases[i].name, err.code, err.msg, err.why);
        check_run(&cases[i], true);
        check_run(&cases[i], false);
        run++;
    }
    CHECK_INT(run, list.count / 2);
    CHECK(run > 80);
}

TEST(what_has_no_layer_is_refused_by_name)
{
    int refused = 0;
    read_cases();
    for (int i = 0; i < count; i++) {
        if (!cases[i].says[0]) continue;
        if (!convert(cases[i].data, cases[i].len, NULL)) TEST_FAIL("%s was read", cases[i].name);
        CHECK(err.code == 365 || err.code == 364 || err.code == 361);
        if (!strstr(err.why, cases[i].says)) TEST_FAIL("%s: %s", cases[i].name, err.why);
        CHECK(!c.net && !c.weights);
        refused++;
    }
    CHECK(refused > 50);
    CHECK(convert_case("no_leaky", NULL) != LG_OK);
    CHECK_STR(err.why, "the node LeakyRelu `act` has `alpha` 0.01; 0.2 is read");
    CHECK(convert_case("no_clip", NULL) != LG_OK);
    CHECK_STR(err.why,
              "the node Clip that gives `y` clips from -1 to 1; from 0 to 6 is read, and from 0 without an end");
}

/* ---- layers and names ---- */
static const char *layer_of(const char *name)
{
    int at = nn_net_find(c.net, name);
    if (at < 0) TEST_FAIL("no layer %s", name);
    return nn_net_node(c.net, at)->type->name;
}

TEST(names_of_layers)
{
    CHECK_OK(convert_case("two_outputs", NULL));
    CHECK_STR(nn_net_node(c.net, 0)->name, "x");
    CHECK_STR(layer_of("first"), "conv");       /* the node's */
    CHECK_STR(layer_of("g"), "globalavg");      /* what it gives */
    CHECK_STR(layer_of("features"), "flatten"); /* an output of the graph, handed on by an Identity */
    CHECK_STR(layer_of("logits"), "dense");
    CHECK_INT(nn_net_find(c.net, "logits"), nn_net_count(c.net) - 1);
    CHECK_OK(convert_case("conv_pads_wide", NULL));
    CHECK_STR(layer_of("y_pad"), "pad");
    CHECK_OK(convert_case("constants", NULL));
    CHECK_INT(nn_net_find(c.net, "y"), 1);
    CHECK_OK(convert_case("conv_batchnorm_relu", NULL));
    CHECK_STR(layer_of("bn"), "batchnorm"); /* of its weights */
    CHECK_OK(convert_case("sum_ten", NULL));
    CHECK_STR(layer_of("y_part"), "add");
    CHECK_OK(convert_case("modules", NULL)); /* as PyTorch names them */
    CHECK_STR(layer_of("layer1.0.conv1"), "conv");
    CHECK_STR(layer_of("layer1.0.relu.Relu"), "activation");
    CHECK_STR(layer_of("5.features.6.features.7.features.8"), "conv"); /* 39 bytes at most, from a dot on */
    CHECK_STR(layer_of("layer2"), "conv");                             /* rather than node_Conv_17 */
    CHECK_STR(layer_of("relu_3"), "activation");
}

TEST(paddings_become_the_layers_that_say_the_same)
{
    static const struct {
        const char *name, *pad;
        int layers;
    } rows[] = {{"conv_pads_same", NULL, 2},       {"conv_same_upper_odd", NULL, 2},
                {"conv_pads_unreached", "1x1", 3}, {"max_same_pads", NULL, 2},
                {"max_pads_relu", "1x1", 4},       {"average_leaves_out", NULL, 2},
                {"average_counts", "1x1", 3},      {"conv_1x1", NULL, 2},
                {"max_ceil_exact", NULL, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_OK(convert_case(rows[i].name, NULL));
        if (nn_net_count(c.net) != rows[i].layers) TEST_FAIL("%s: %d", rows[i].name, nn_net_count(c.net));
        int pad = nn_net_find(c.net, "y_pad");
        if ((pad >= 0) != (rows[i].pad != NULL)) TEST_FAIL("%s", rows[i].name);
        if (pad < 0) continue;
        char text[NN_FORMULA];
        const nn_node *node = nn_net_node(c.net, pad);
        nn_field_text(nn_field_find(node->type->fields, "by"), node->spec.config, text);
        CHECK_STR(text, rows[i].pad);
    }
}

/* ---- what is chosen ---- */
TEST(another_output_is_chosen)
{
    CHECK_OK(convert_case("two_outputs", &(nn_onnx_choice){.output = "features"}));
    CHECK_INT(nn_net_count(c.net), 4);
    CHECK_STR(nn_net_node(c.net, 3)->name, "features");
    CHECK_OK(convert_case("two_outputs", &(nn_onnx_choice){.output = "a"}));
    CHECK_INT(nn_net_count(c.net), 2);
    CHECK_INT(convert_case("two_outputs", &(nn_onnx_choice){.output = "nothing"}), LG_E_UNSUPPORTED);
    CHECK_HAS(err.why, "no node gives `nothing`");
}

TEST(scores_get_a_softmax_and_probabilities_do_not)
{
    CHECK_OK(convert_case("two_outputs", &(nn_onnx_choice){.softmax = true}));
    CHECK(c.scores);
    CHECK_STR(layer_of("softmax"), "activation");
    CHECK_OK(convert_case("softmax_list", &(nn_onnx_choice){.softmax = true}));
    CHECK(!c.scores);
    CHECK_STR(nn_net_node(c.net, nn_net_count(c.net) - 1)->name, "y");
    CHECK_OK(convert_case("softmax_before_13", NULL));
    CHECK(!c.scores);
    CHECK_OK(convert_case("global_average", &(nn_onnx_choice){.softmax = true}));
    CHECK(nn_net_output(c.net).rank == 1);
}

TEST(sizes_and_pixels_are_chosen)
{
    CHECK_INT(convert_case("any_size", NULL), LG_E_UNSUPPORTED);
    CHECK_HAS(err.why, "takes images of any size");
    CHECK_HAS(err.hint, "say the size");
    CHECK_OK(convert_case("any_size", &(nn_onnx_choice){.height = 12, .width = 10, .pixels = "caffe"}));
    CHECK(nn_shape_equal(nn_net_input(c.net), nn_shape_image(12, 10, 3)));
    CHECK_STR(nn_net_node(c.net, 1)->type->name, "preprocess");
    CHECK_OK(convert_case("conv_valid", &(nn_onnx_choice){.height = 12, .width = 10}));
    CHECK(nn_shape_equal(nn_net_input(c.net), nn_shape_image(6, 7, 3))); /* the file says it */
    CHECK_INT(convert_case("conv_grey", &(nn_onnx_choice){.pixels = "tf"}), LG_E_UNSUPPORTED);
    CHECK_HAS(err.why, "`preprocess` wants images of 3 channels");
}

/* ---- memory ---- */
TEST(memory_that_is_refused)
{
    static const char *const names[] = {"last_list", "sum_ten", "batchnorm_flattened"};
    for (int i = 0; i < 3; i++) {
        const onnx_case *one = case_of(names[i]);
        lg_status st = LG_E_MEMORY;
        long n = 0;
        while (st == LG_E_MEMORY && n < 500) {
            lg_alloc_fail_at(++n, true);
            st = convert(one->data, one->len, NULL);
            lg_alloc_fail_at(0, false);
            CHECK(st == LG_OK || (!c.net && !c.weights));
        }
        CHECK_OK(st);
        CHECK(n > 20);
    }
}

/* Any byte of a network changed: it is refused, or it is a network that runs. */
TEST(changed_bytes)
{
    const onnx_case *one = case_of("last_list");
    unsigned char *data = malloc(one->len);
    for (size_t i = 0; i < one->len; i++) {
        for (int bit = 0; bit < 8; bit += 3) {
            memcpy(data, one->data, one->len);
            data[i] ^= (unsigned char)(1 << bit);
            if (convert(data, one->len, NULL)) CHECK(err.code && err.why[0]);
        }
    }
    free(data);
}
