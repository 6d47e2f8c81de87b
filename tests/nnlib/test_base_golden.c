/* test_base_golden.c - every layer of every base beside Keras and torchvision, from the same weights; and the network
 * with batchnorm folded away beside itself.
 *
 * Weights are made from the names they have in a file, in the order of that file, so names and orders are tested too.
 * Files and how they are made: tests/golden/keras/make_bases.py. */
#include "nnlib/model/base.h"
#include "nnlib/model/plan.h"
#include "nnlib/train/explain.h"
#include "tests/support/keras_golden.h"

enum { SAMPLES = 32 };

/* FNV-1a of 32 bits. */
static uint32_t stream_of(const char *name)
{
    uint32_t h = 0x811c9dc5u;
    for (; *name; name++) h = (h ^ (uint8_t)*name) * 0x01000193u;
    return h;
}

static void fill(const nn_param *param, const nn_weight_name *name, float *to)
{
    size_t n = nn_shape_size(param->shape);
    float fan_in = (float)(name->in * name->places), scale = 0.1f, start = 0;
    if (param->shape.rank == 4 || param->shape.rank == 2) {
        if (!name->turned) fan_in = (float)n / (float)param->shape.dim[param->shape.rank - 1];
        if (!name->turned && param->shape.dim[3] == 1)
            fan_in = (float)(param->shape.dim[0] * param->shape.dim[1]); /* depthwise */
        scale = (float)(sqrt(6 / (double)fan_in) * (param->shape.rank == 2 ? 0.1 : 1));
    }
    if (strcmp(param->name, "gamma") == 0) scale = 0.2f, start = 0.8f;
    if (strcmp(param->name, "moving_variance") == 0) scale = 0.5f, start = 1;
    hash_fill(to, n, stream_of(name->name), scale);
    for (size_t i = 0; i < n && start > 0; i++) to[i] += start;
}

static nn_weights *weights_by_name(const nn_base *base, const nn_net *net, nn_weight_file file)
{
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_zero(net, &w, &err));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            nn_weight_name name;
            size_t n = nn_shape_size(node->param[k].shape);
            float *numbers = malloc(n * sizeof *numbers);
            CHECK(nn_base_weight(base, net, i, k, file, &name));
            fill(&node->param[k], &name, numbers);
            nn_weight_turn(&name, numbers, nn_weights_data(w) + node->offset[k]);
            free(numbers);
        }
    }
    return w;
}

/* ---- layer by layer ---- */

static void check_layer(const record *r, const float *y, size_t n)
{
    double mean = 0, magnitude = 0;
    float got[SAMPLES + 2];
    for (size_t i = 0; i < n; i++) mean += (double)y[i], magnitude += fabs((double)y[i]);
    got[0] = (float)(mean / (double)n), got[1] = (float)(magnitude / (double)n);
    for (int i = 0; i < SAMPLES; i++) got[2 + i] = y[hash_bits(77, (uint32_t)i) % n];
    check_record(r, got, SAMPLES + 2);
}

/* Layers that torchvision has no module for. */
static bool may_lack(const char *type)
{
    return strcmp(type, "pad") == 0 || strcmp(type, "add") == 0 || strcmp(type, "flatten") == 0;
}

static int check_layers(const golden *g, const char *prefix, const nn_net *net, const nn_exec *exec)
{
    int checked = 0;
    for (int i = 1; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        char name[240];
        const record *r = NULL;
        snprintf(name, sizeof name, "%s%s", prefix, node->name);
        for (int j = 0; j < g->count && !r; j++)
            if (strcmp(g->item[j].name, name) == 0) r = &g->item[j];
        if (!r && !may_lack(node->type->name)) TEST_FAIL("no record %s", name);
        if (!r) continue;
        check_layer(r, nn_exec_activation(exec, i), nn_shape_size(node->spec.out));
        checked++;
    }
    return checked;
}

/* ---- folded ---- */

static int count_running(const nn_net *net, const char *type)
{
    nn_plan plan;
    int n = 0;
    CHECK_OK(nn_plan_init(&plan, &(nn_plan_options){.net = net, .images = 1}, &err));
    for (int i = 0; i < plan.count; i++) n += plan.node[i].runs && strcmp(nn_net_node(net, i)->type->name, type) == 0;
    nn_plan_release(&plan);
    return n;
}

static void check_folded(const nn_net *net, const nn_weights *w, const nn_exec *kept)
{
    nn_exec *exec = NULL;
    size_t in = nn_shape_size(nn_net_input(net)), out = nn_shape_size(nn_net_output(net));
    CHECK_INT(count_running(net, "batchnorm") + count_running(net, "dropout"), 0);
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 1}, &exec, &err));
    nn_exec_load(exec, w);
    memcpy(nn_exec_input(exec), nn_exec_input((nn_exec *)kept), in * sizeof(float));
    nn_exec_forward(exec, 1);
    check_equal("folded", nn_exec_output(exec), nn_exec_output(kept), out, 1e-5, 0);
    nn_exec_free(exec);
}

/* "resnet50|1|64|64|": base, width, height and width of the images. */
static int check_case(const golden *g, const char *prefix, nn_weight_file file, int *layers)
{
    char name[40];
    double width;
    long long h, w;
    nn_net *net = NULL;
    nn_exec *exec = NULL;
    CHECK(sscanf(prefix, "%39[^|]|%lf|%lld|%lld|", name, &width, &h, &w) == 4);
    const nn_base *base = nn_base_find(name);
    nn_base_options o = nn_base_defaults(base);
    o.width = width, o.top = true, o.size = (nn_dims){h, w, 3};
    CHECK_OK(nn_base_net(base, &o, &net, &err));
    nn_weights *weights = weights_by_name(base, net, file);
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 1, .keep = true}, &exec, &err));
    nn_exec_load(exec, weights);
    hash_fill(nn_exec_input(exec), nn_shape_size(nn_net_input(net)), 1, 1.0f);
    nn_exec_forward(exec, 1);
    *layers += check_layers(g, prefix, net, exec);
    check_folded(net, weights, exec);
    nn_exec_free(exec);
    nn_weights_unref(weights);
    nn_net_unref(net);
    return 1;
}

static int check_file(const char *path, nn_weight_file file, int *layers)
{
    golden g = read_golden(path);
    char last[160] = "";
    int cases = 0;
    for (int i = 1; i < g.count; i++) {
        char prefix[160];
        int bar = 0, at = 0;
        for (; bar < 4; at++) bar += g.item[i].name[at] == '|';
        snprintf(prefix, sizeof prefix, "%.*s", at, g.item[i].name);
        if (strcmp(prefix, last) != 0) cases += check_case(&g, prefix, file, layers);
        snprintf(last, sizeof last, "%s", prefix);
    }
    free_golden(&g);
    return cases;
}

TEST(every_layer_equals_keras)
{
    int layers = 0;
    CHECK_INT(check_file("tests/golden/keras/bases_keras.bin", NN_FILE_KERAS, &layers), 7);
    CHECK(layers > 700);
}

TEST(every_layer_equals_torchvision)
{
    int layers = 0;
    CHECK_INT(check_file("tests/golden/keras/bases_torch.bin", NN_FILE_TORCH, &layers), 10);
    CHECK(layers > 700);
}

/* ---- where it sees a class ---- */

static const record *heat_record(const golden *g, const char *what, const char *layer, int score)
{
    char name[160];
    snprintf(name, sizeof name, "%s|%s|%d", what, layer, score);
    for (int i = 0; i < g->count; i++)
        if (strcmp(g->item[i].name, name) == 0) return &g->item[i];
    TEST_FAIL("no record %s", name);
    return NULL;
}

TEST(heat_of_a_residual_network_equals_torch)
{
    enum { HEIGHT = 48, WIDTH = 64, PIXELS = HEIGHT * WIDTH };
    static const char *const layers[] = {"layer1.1", "layer3.0", "layer4.1"};
    static float image[PIXELS * 3], heat[PIXELS];
    const nn_base *base = nn_base_find("resnet18");
    nn_base_options o = nn_base_defaults(base);
    nn_net *net = NULL;
    float before;
    golden g = read_golden("tests/golden/keras/bases_explain.bin");
    o.top = true, o.size = (nn_dims){HEIGHT, WIDTH, 3};
    lg_err_clear(&err);
    CHECK_OK(nn_base_net(base, &o, &net, &err));
    nn_weights *weights = weights_by_name(base, net, NN_FILE_TORCH);
    hash_fill(image, PIXELS * 3, 1, 1.0f);
    for (int k = 0; k < 2; k++) {
        nn_explain_options how = {.weights = weights, .image = image, .score = k ? 700 : 3};
        for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
            int node = nn_net_find(net, layers[i]);
            CHECK(node > 0);
            CHECK_OK(nn_gradcam(&how, node, heat, &err));
            const nn_shape s = nn_net_node(net, node)->spec.out;
            const record *r = heat_record(&g, "gradcam", layers[i], how.score);
            CHECK_INT(r->count, s.dim[0] * s.dim[1]);
            check_record(r, heat, r->count);
        }
        CHECK_OK(nn_saliency(&how, heat, &err));
        check_record(heat_record(&g, "saliency", "", how.score), heat, PIXELS);
    }
    nn_explain_options how = {.weights = weights, .image = image, .score = 3};
    const nn_occlusion_options patch = {.height = 12, .width = 16, .down = 8, .across = 12};
    CHECK_OK(nn_occlusion(&how, &patch, heat, &before, &err));
    check_equal("occlusion", heat, heat_record(&g, "occlusion", "", 3)->data, PIXELS, 1e-3, 0); /* of a 1,000th */
    CHECK_STR(nn_net_node(net, nn_explain_node(net))->name, "layer4.1");
    nn_weights_unref(weights);
    nn_net_unref(net);
    free_golden(&g);
}

TEST(a_residual_network_runs_as_convolutions_and_sums)
{
    nn_net *net = NULL;
    const nn_base *base = nn_base_find("resnet50");
    nn_base_options o = nn_base_defaults(base);
    lg_err_clear(&err);
    CHECK_OK(nn_base_net(base, &o, &net, &err));
    CHECK_INT(count_running(net, "conv"), 53);
    CHECK_INT(count_running(net, "add"), 16);
    CHECK_INT(count_running(net, "activation"), 0);
    CHECK_INT(count_running(net, "batchnorm"), 0);
    nn_net_unref(net);
}
