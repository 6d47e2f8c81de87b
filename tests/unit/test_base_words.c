/* `base` with files of weights: found, checked, told by name; a frozen one asked once; saved and opened. */
#include "kernel/commands/box_model.h"
#include "lib/base/reach.h"
#include "nnlib/nnlib.h"
#include "tests/support/lens.h"

static lens l;
static lg_err err;
#define RUN(code) CHECK(run(code))
static bool run(const char *code)
{
    if (lens_run(&l, code) == LG_OK) return true;
    printf("LL%03d %s (%s)\n", l.err.code, l.err.msg, l.err.why);
    return false;
}

#define SAYS(words) CHECK(strstr(lg_buf_str(&l.text), words) != NULL)

static char weights_folder[300], features_folder[300];

static void find_folders(void)
{
    store_paths paths = {0};
    CHECK_OK(store_paths_init(&paths, &err));
    CHECK_OK(store_paths_reach(&paths, &err));
    snprintf(weights_folder, sizeof weights_folder, "%s", paths.weights);
    snprintf(features_folder, sizeof features_folder, "%s/features", paths.cache);
    store_paths_release(&paths);
}

static void begin(void)
{
    static bool first = true;
    lg_err ignored = {0};
    if (first) lens_shop();
    first = false;
    CHECK_OK(lens_open(&l));
    find_folders();
    if (lg_reach_remove(features_folder, &ignored)) lg_err_clear(&ignored);
    RUN("load logos from shop size 12x12");
}

/* A file of random weights of the base under the names of its publisher. */
static nn_weights *write_weights(const char *base_name, const char *file, nn_weight_file kind)
{
    const nn_base *base = nn_base_find(base_name);
    nn_base_options o = nn_base_defaults(base);
    nn_named_tensors list;
    nn_net *net = NULL;
    nn_weights *w = NULL;
    lg_buf bytes;
    char path[600];
    static float *block[400];
    int blocks = 0;
    CHECK_OK(nn_base_net(base, &o, &net, &err));
    CHECK_OK(nn_weights_new(net, 5, &w, &err));
    nn_named_init(&list, file);
    for (int i = 0; i < nn_net_count(net); i++)
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++) {
            nn_weight_name name;
            CHECK(nn_base_weight(base, net, i, k, kind, &name));
            size_t n = nn_shape_size(name.shape);
            const float *ours = nn_weights_param(w, i, k);
            float *theirs = block[blocks++] = malloc(n * sizeof *theirs);
            for (int64_t out = 0; out < name.out; out++) /* nn_weight_turn the other way round */
                for (int64_t in = 0; in < name.in; in++)
                    for (int64_t p = 0; p < name.places; p++)
                        theirs[(out * name.in + in) * name.places + p] = ours[(p * name.in + in) * name.out + out];
            nn_named_tensor t = {.name = name.name,
                                 .dtype = NN_F32,
                                 .rank = name.shape.rank,
                                 .data = theirs,
                                 .bytes = n * sizeof *theirs};
            for (int d = 0; d < t.rank; d++) t.dim[d] = name.shape.dim[d];
            CHECK_OK(nn_named_add(&list, &t, &err));
        }
    lg_buf_init(&bytes, (size_t)1 << 30);
    CHECK_OK(nn_format_find("safetensors")->save(&list, &bytes, &err));
    CHECK_OK(lg_reach_mkdir(weights_folder, &err));
    snprintf(path, sizeof path, "%s/%s", weights_folder, file);
    CHECK_OK(lg_reach_write_quick(path, bytes.data, bytes.len, 0600, &err));
    lg_buf_release(&bytes);
    nn_named_release(&list);
    for (int i = 0; i < blocks; i++) free(block[i]);
    nn_net_unref(net);
    return w;
}

static void forget_weights(const char *file)
{
    char path[600];
    lg_err ignored = {0};
    snprintf(path, sizeof path, "%s/%s", weights_folder, file);
    if (lg_reach_remove(path, &ignored)) lg_err_clear(&ignored);
}

static const cmd_model *model_called(const char *name)
{
    return dsl_session_get(l.session, name)->payload;
}

TEST(weights_are_found_by_the_name_of_the_base)
{
    begin();
    nn_weights *w = write_weights("squeezenet1.1", "squeezenet1.1-imagenet.safetensors", NN_FILE_TORCH);
    RUN("model t on logos { input 32x32; base squeezenet1.1 frozen; globalavg; dense classes softmax }");
    SAYS("squeezenet1.1-imagenet.safetensors");
    SAYS("sha256 ");
    const cmd_model *m = model_called("t");
    CHECK_INT(strlen(m->base.sha256), 64);
    CHECK_STR(m->base.name, "squeezenet1.1");
    for (int i = 2; i <= m->base.layers; i++) {
        const nn_node *node = nn_net_node(m->net, i);
        int there = nn_net_find(nn_weights_net(w), node->name);
        for (int k = 0; k < node->nparam; k++)
            CHECK(memcmp(nn_weights_param(m->weights, i, k), nn_weights_param(w, there, k),
                         nn_shape_size(node->param[k].shape) * sizeof(float)) == 0);
    }
    /* squeezenet is another network: the longer name decides */
    CHECK(lens_run(&l, "model u on logos { base squeezenet; globalavg; dense classes softmax }") != LG_OK);
    CHECK_INT(l.err.code, 369);
    forget_weights("squeezenet1.1-imagenet.safetensors");
    CHECK(lens_run(&l, "model t on logos { base squeezenet1.1; globalavg; dense classes softmax }") != LG_OK);
    CHECK_INT(l.err.code, 369);
    nn_weights_unref(w);
    lens_close(&l);
}

TEST(weights_of_another_network_are_told)
{
    begin();
    nn_weights_unref(write_weights("squeezenet", "squeezenet.safetensors", NN_FILE_TORCH));
    char cell[900];
    snprintf(
        cell, sizeof cell,
        "model t on logos { base squeezenet1.1 weights %s/squeezenet.safetensors; globalavg; dense classes softmax }",
        weights_folder);
    CHECK(lens_run(&l, cell) != LG_OK);
    CHECK_INT(l.err.code, 221);
    CHECK(strstr(l.err.msg, "features.0.weight") != NULL);
    snprintf(cell, sizeof cell,
             "model t on logos { base mobilenet width 0.5 weights %s/squeezenet.safetensors; globalavg; dense classes "
             "softmax }",
             weights_folder);
    CHECK(lens_run(&l, cell) != LG_OK);
    CHECK_INT(l.err.code, 221);
    CHECK(strstr(l.err.hint, "width") == NULL); /* the name says nothing of mobilenet */
    forget_weights("squeezenet.safetensors");
    lens_close(&l);
}

#define FROZEN_MODEL                                                                                                   \
    "model t on logos { input 32x32; base mobilenet width 0.1 weights none frozen until conv_pw_6_relu; conv 8 3x3 "   \
    "relu same; globalavg; dropout 0.3; dense classes softmax }\n"
#define FIT "fit t epochs 3 batch 8 lr 0.01 optimizer adam again\n"

/* Bit for bit: features found on disk give what features just computed gave. */
TEST(a_frozen_base_is_asked_once)
{
    begin();
    RUN("augment logos x3 rotate 10 seed 3");
    RUN(FROZEN_MODEL);
    RUN(FIT);
    SAYS("was computed once");
    nn_weights *first = nn_weights_ref(model_called("t")->weights);
    RUN(FIT);
    SAYS("was kept from before");
    size_t size = nn_net_block(nn_weights_net(first)) * sizeof(float);
    CHECK(memcmp(nn_weights_block(first), nn_weights_block(model_called("t")->weights), size) == 0);
    RUN("augment logos x4 rotate 10 seed 3"); /* one more variant of each: three are there */
    RUN(FIT);
    SAYS("was kept from before, but for");
    RUN("augment logos x4 rotate 10 seed 3 fresh"); /* other pictures in every epoch: nothing to keep */
    RUN(FIT);
    CHECK(strstr(lg_buf_str(&l.text), "is frozen: what it makes") == NULL);
    nn_weights_unref(first);
    lens_close(&l);
}

TEST(a_cut_open_base_is_saved_and_opened)
{
    begin();
    RUN(FROZEN_MODEL FIT
        "unfreeze t last 3\nfit t continue epochs 2 lr 0.001 quiet\nsave t to t.lmodel\nopen back from t.lmodel");
    const cmd_model *a = model_called("t"), *b = model_called("back");
    CHECK(nn_net_same(a->net, b->net));
    CHECK_INT(b->runs, 2);
    CHECK_INT(b->base.layers, a->base.layers);
    CHECK_STR(b->base.name, "mobilenet");
    CHECK(memcmp(nn_weights_block(a->weights), nn_weights_block(b->weights), nn_net_block(a->net) * sizeof(float)) ==
          0);
    for (int i = 0; i < 2; i++) {
        const nn_weights *x = ((const cmd_run *)a->run[i]->payload)->run.last;
        const nn_weights *y = ((const cmd_run *)b->run[i]->payload)->run.last;
        CHECK(nn_net_same(nn_weights_net(x), nn_weights_net(y)));
        CHECK(memcmp(nn_weights_block(x), nn_weights_block(y), nn_net_block(nn_weights_net(x)) * sizeof(float)) == 0);
    }
    /* both go on alike, the optimiser's numbers included */
    RUN("fit t continue epochs 1 lr 0.001 quiet again\nfit back continue epochs 1 lr 0.001 quiet again");
    a = model_called("t"), b = model_called("back");
    CHECK(memcmp(nn_weights_block(a->weights), nn_weights_block(b->weights), nn_net_block(a->net) * sizeof(float)) ==
          0);
    lens_close(&l);
}

/* The base's pixels: what `show` and `clean` said of the set does not reach the network but for the rules. */
TEST(images_come_at_the_size_of_the_base)
{
    begin();
    RUN(FROZEN_MODEL "fit t epochs 1 batch 8 quiet");
    RUN("load small from shop size 9x9\nevaluate t on small.val");
    SAYS("right: accuracy");
    CHECK(strstr(lg_buf_str(&l.text), "LL343") == NULL);
    RUN("load mixed from shop\nevaluate t on mixed.val"); /* sizes that differ are no trouble either */
    SAYS("right: accuracy");
    /* a scale of the dataset's does not reach a network that scales by itself */
    RUN("load big from shop size 32x32\n"
        "model s on big { preprocess caffe; conv 4 3x3; globalavg; dense classes softmax }\nevaluate s on big.val");
    char *loss = strdup(strstr(lg_buf_str(&l.text), "loss "));
    loss[strcspn(loss, "\n")] = 0;
    RUN("clean big scale -1..1\nevaluate s on big.val");
    SAYS(loss);
    free(loss);
    lens_close(&l);
}

/* For other programs the preprocessing is a convolution; what they compute is the same. */
TEST(an_export_prepares_pixels_too)
{
    static const char *const pixels[] = {"tf", "caffe", "torch"};
    begin();
    RUN("load big from shop size 32x32");
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++) {
        char cell[600];
        snprintf(
            cell, sizeof cell,
            "model t on big { input 32x32; base mobilenet width 0.1 weights none pixels %s until conv1; "
            "globalavg; dense classes softmax }\nfit t epochs 1 batch 8 quiet\nexport t to t.onnx\nopen u from t.onnx\n"
            "export t to t.py\nexport t to t.c\nexport t to t.safetensors",
            pixels[i]);
        RUN(cell);
        RUN("evaluate t on big.val");
        char *loss = strdup(strstr(lg_buf_str(&l.text), "loss "));
        loss[strcspn(loss, "\n")] = 0;
        RUN("evaluate u on big.val");
        if (!strstr(lg_buf_str(&l.text), loss)) printf("%s: %s in\n%s\n", pixels[i], loss, lg_buf_str(&l.text));
        SAYS(loss);
        free(loss);
    }
    lens_close(&l);
}
