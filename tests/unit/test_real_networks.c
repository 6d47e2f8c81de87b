/* test_real_networks.c - networks that others trained and saved as a whole: their ONNX graphs, and the residual
 * networks of CIFAR-10 layer by layer, give the numbers that other programs make of photographs; and their weights come
 * back the same from files of our own. */
#include "tests/support/photos.h"

/* A file of data/pretrained in a block of its size; free it. */
static void *file_of(const char *name, size_t *len)
{
    char path[100];
    snprintf(path, sizeof path, "data/pretrained/%s", name);
    FILE *f = fopen(test_shared(path), "rb");
    if (!f) TEST_FAIL("cannot open %s", name);
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    void *data = malloc(*len);
    CHECK(data && fread(data, 1, *len, f) == *len);
    fclose(f);
    return data;
}

static nn_onnx_classifier classifier_of(const char *name, const nn_onnx_choice *choice)
{
    size_t len;
    nn_onnx_classifier c;
    void *data = file_of(name, &len);
    CHECK_OK(nn_onnx_net(data, len, name, choice, &c, &err));
    free(data); /* nothing of the file is needed any more */
    return c;
}

static const nn_preprocess bgr = {.bgr = true, .scale = 1, .mean = {104, 117, 123}, .deviation = {1, 1, 1}};

/* ---- whole graphs ---- */
static void check_graph(const char *name, const char *file, int size, const nn_preprocess *pixels, const char *features)
{
    nn_onnx_classifier c = classifier_of(file, &(nn_onnx_choice){.softmax = true});
    CHECK(c.scores);
    check_photos(name, &(photo_case){.net = c.net,
                                     .weights = c.weights,
                                     .size = size,
                                     .preprocess = *pixels,
                                     .logits = "logits",
                                     .features = features,
                                     .shares = true});
    nn_onnx_classifier_release(&c);
}

TEST(squeezenet_from_its_graph)
{
    check_graph("squeezenet1.1", "squeezenet1.1.onnx", 227, &bgr, "t61");
}

TEST(mobilenet_from_its_graph)
{
    check_graph("mobilenet_v1_0.75_224", "mobilenet_v1_0.75_224.onnx", 224, &nn_preprocess_tf, "features");
}

TEST(thin_resnet_from_its_graph)
{
    check_graph("resnet50_thin_opennsfw", "resnet50_thin_opennsfw.onnx", 224, &bgr, "features");
}

TEST(features_come_out_where_they_lead_to_no_score)
{
    nn_onnx_classifier c = classifier_of("squeezenet1.1.onnx", &(nn_onnx_choice){.output = "features"});
    CHECK(nn_shape_equal(nn_net_output(c.net), nn_shape_list(512)));
    CHECK_INT(nn_net_find(c.net, "features"), nn_net_count(c.net) - 1);
    CHECK(nn_net_find(c.net, "fire9e3") > 0 && nn_net_find(c.net, "conv10") < 0);
    nn_onnx_classifier_release(&c);
}

/* ---- ResNets of CIFAR-10 ---- */
typedef struct cifar_net {
    nn_net *net;
    int last;
} cifar_net;

static int put(nn_net *net, const char *name, const int *from, int n, const char *words)
{
    char word[16], config[512];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(words, " "), words);
    const nn_layer_type *type = nn_layer_find(word);
    nn_config_init(type, config);
    CHECK_OK(nn_config_parse(type, config, words + strlen(word), &err));
    snprintf(((nn_config *)(void *)config)->name, NN_NAME, "%s", name);
    CHECK_OK(nn_net_add_to(net, type, config, from, n, &err));
    return nn_net_count(net) - 1;
}

static int put_unit(nn_net *net, int from, const char *before, const char *number, int filters, int stride, bool relu)
{
    char name[NN_NAME], words[80];
    snprintf(name, sizeof name, "%sconv%s", before, number);
    snprintf(words, sizeof words, stride > 1 ? "conv %d 3x3 stride 2 no bias" : "conv %d 3x3 same no bias", filters);
    if (stride > 1) from = put(net, "", &from, 1, "pad 1");
    from = put(net, name, &from, 1, words);
    snprintf(name, sizeof name, "%sbn%s", before, number);
    from = put(net, name, &from, 1, "batchnorm epsilon 1e-5");
    return relu ? put(net, "", &from, 1, "activation relu") : from;
}

/* A block; its shortcut leaves out every other pixel and puts channels of zeros on both sides: a frozen convolution. */
static int put_block(nn_net *net, int from, const char *name, int filters, int stride)
{
    char words[60], shortcut[60];
    int x = put_unit(net, from, name, "1", filters, stride, true), both[2] = {from};
    both[1] = put_unit(net, x, name, "2", filters, 1, false);
    if (stride > 1) {
        snprintf(words, sizeof words, "conv %d 1x1 stride 2 no bias", filters);
        snprintf(shortcut, sizeof shortcut, "%sshortcut", name);
        both[0] = put(net, shortcut, &from, 1, words);
        nn_net_freeze(net, both[0]);
    }
    x = put(net, "", both, 2, "add");
    return put(net, "", &x, 1, "activation relu");
}

static nn_net *cifar_resnet(int depth)
{
    nn_net *net = NULL;
    char name[NN_NAME];
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 32x32x3", &err));
    int x = put_unit(net, 0, "", "1", 16, 1, true);
    for (int stage = 1; stage <= 3; stage++) {
        for (int block = 0; block < (depth - 2) / 6; block++) {
            snprintf(name, sizeof name, "layer%d.%d.", stage, block);
            x = put_block(net, x, name, 8 << stage, stage > 1 && block == 0 ? 2 : 1);
        }
    }
    x = put(net, "features", &x, 1, "globalavg");
    x = put(net, "linear", &x, 1, "dense 10");
    put(net, "", &x, 1, "activation softmax");
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}

static void fill_shortcut(const nn_node *node, float *kernel)
{
    int64_t in = node->spec.in[0].dim[2], out = node->spec.out.dim[2];
    for (int64_t i = 0; i < in; i++) kernel[i * out + (out - in) / 2 + i] = 1;
}

/* Each parameter by its name in PyTorch; all of the file's must be asked for. */
static nn_weights *cifar_weights(const nn_net *net, const nn_named_tensors *list)
{
    static const char *const rows[][2] = {{"kernel", "weight"},
                                          {"gamma", "weight"},
                                          {"beta", "bias"},
                                          {"bias", "bias"},
                                          {"moving_mean", "running_mean"},
                                          {"moving_variance", "running_var"}};
    nn_weights *w = NULL;
    size_t taken = 0;
    CHECK_OK(nn_weights_zero(net, &w, &err));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        if (strstr(node->name, "shortcut")) fill_shortcut(node, nn_weights_data(w) + node->offset[0]);
        for (int k = 0; k < node->nparam && !strstr(node->name, "shortcut"); k++) {
            char name[80];
            nn_weight_name order;
            int row = 0;
            while (strcmp(rows[row][0], node->param[k].name) != 0) row++;
            snprintf(name, sizeof name, "%s.%s", node->name, rows[row][1]);
            const nn_named_tensor *t = nn_named_find(list, name);
            if (!t || t->count != nn_shape_size(node->param[k].shape)) TEST_FAIL("no %s", name);
            float *numbers = malloc(t->count * sizeof *numbers);
            CHECK_OK(nn_named_floats(list, t, numbers, &err));
            nn_weight_torch_order(net, i, k, &order);
            nn_weight_turn(&order, numbers, nn_weights_data(w) + node->offset[k]);
            free(numbers);
            taken++;
        }
    }
    CHECK_INT(taken, list->count);
    return w;
}

/* ---- files of weights ---- */
typedef struct weights_file {
    void *data;
    nn_named_tensors list;
} weights_file;

static weights_file weights_of(const char *name)
{
    size_t len;
    weights_file f = {.data = file_of(name, &len)};
    nn_named_init(&f.list, name);
    CHECK_OK(nn_weights_file_read(f.data, len, name, &f.list, &err));
    return f;
}

static void release(weights_file *f)
{
    nn_named_release(&f->list);
    free(f->data);
}

static void check_equal(const nn_named_tensors *a, const nn_named_tensors *b)
{
    CHECK_INT(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const nn_named_tensor *x = &a->at[i], *y = nn_named_find(b, x->name);
        if (!y || x->rank != y->rank || x->dtype != y->dtype || x->bytes != y->bytes) TEST_FAIL("%s", x->name);
        CHECK(memcmp(x->dim, y->dim, (size_t)x->rank * sizeof *x->dim) == 0);
        CHECK(memcmp(x->data, y->data, x->bytes) == 0);
    }
}

/* The same tensors as our own file of them, read again; out->data is that file. */
static weights_file through_safetensors(const nn_named_tensors *list)
{
    lg_buf out;
    weights_file f = {0};
    lg_buf_init(&out, 0);
    CHECK_OK(nn_format_find("safetensors")->save(list, &out, &err));
    f.data = malloc(out.len);
    memcpy(f.data, out.data, out.len);
    nn_named_init(&f.list, "x");
    CHECK_OK(nn_weights_file_read(f.data, out.len, "x.safetensors", &f.list, &err));
    check_equal(list, &f.list);
    lg_buf_release(&out);
    return f;
}

static void check_cifar(int depth)
{
    char name[40], file[48];
    snprintf(name, sizeof name, "cifar10_resnet%d", depth);
    snprintf(file, sizeof file, "%s.npz", name);
    weights_file npz = weights_of(file), ours = through_safetensors(&npz.list);
    nn_net *net = cifar_resnet(depth);
    nn_weights *w = cifar_weights(net, &ours.list);
    check_photos(name, &(photo_case){.net = net,
                                     .weights = w,
                                     .size = 32,
                                     .mean = 7,
                                     .preprocess = nn_preprocess_torch,
                                     .logits = "linear",
                                     .features = "features",
                                     .shares = true});
    nn_weights_unref(w);
    nn_net_unref(net);
    release(&npz);
    release(&ours);
}

TEST(cifar_resnet_20)
{
    check_cifar(20);
}

TEST(cifar_resnet_56)
{
    check_cifar(56);
}

/* ---- the same weights in another format ---- */
static nn_net *base_of(const char *name, double width, int size)
{
    const nn_base *base = nn_base_find(name);
    nn_base_options o = nn_base_defaults(base);
    nn_net *net = NULL;
    o.top = true, o.width = width, o.size = (nn_dims){size, size, 3};
    CHECK_OK(nn_base_net(base, &o, &net, &err));
    return net;
}

static nn_weights *loaded(const char *base, const nn_net *net, const nn_named_tensors *list, nn_weight_file want)
{
    nn_weights *w = NULL;
    nn_weight_file file;
    CHECK_OK(nn_weights_zero(net, &w, &err));
    CHECK_OK(nn_base_load(nn_base_find(base), net, 1, nn_net_count(net), list, NULL, 0, w, &file, &err));
    CHECK_INT(file, want);
    return w;
}

TEST(mobilenet_as_safetensors)
{
    weights_file npz = weights_of("mobilenet_v1_0.75_224.npz"), ours = through_safetensors(&npz.list);
    nn_net *net = base_of("mobilenet", 0.75, 224);
    nn_weights *a = loaded("mobilenet", net, &npz.list, NN_FILE_KERAS);
    nn_weights *b = loaded("mobilenet", net, &ours.list, NN_FILE_KERAS);
    CHECK(memcmp(nn_weights_block(a), nn_weights_block(b), nn_net_block(net) * sizeof(float)) == 0);
    check_photos("mobilenet_v1_0.75_224", &(photo_case){.net = net,
                                                        .weights = b,
                                                        .size = 224,
                                                        .preprocess = nn_preprocess_tf,
                                                        .logits = "conv_preds",
                                                        .features = "global_average_pooling2d",
                                                        .shares = true});
    nn_weights_unref(a);
    nn_weights_unref(b);
    nn_net_unref(net);
    release(&npz);
    release(&ours);
}

/* Batchnorms are in the convolutions there, and the limits of relu6 stand among the weights. */
TEST(mobilenet_as_onnx)
{
    weights_file npz = weights_of("mobilenet_v1_0.75_224.npz"), onnx = weights_of("mobilenet_v1_0.75_224.onnx");
    nn_net *net = base_of("mobilenet", 0.75, 224);
    nn_weights *w = loaded("mobilenet", net, &npz.list, NN_FILE_KERAS); /* its classifier stays */
    nn_weight_file file;
    int top = nn_net_find(net, "conv_preds");
    for (int i = 1; i < top; i++)
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++) {
            const nn_node *node = nn_net_node(net, i);
            memset(nn_weights_data(w) + node->offset[k], 0, nn_shape_size(node->param[k].shape) * sizeof(float));
        }
    CHECK_OK(nn_base_load(nn_base_find("mobilenet"), net, 1, top, &onnx.list, NULL, 0, w, &file, &err));
    check_photos("mobilenet_v1_0.75_224", &(photo_case){.net = net,
                                                        .weights = w,
                                                        .size = 224,
                                                        .preprocess = nn_preprocess_tf,
                                                        .logits = "conv_preds",
                                                        .features = "global_average_pooling2d",
                                                        .shares = true});
    nn_weights_unref(w);
    nn_net_unref(net);
    release(&npz);
    release(&onnx);
}

/* The next node with weights, from i on. */
static int next_with_weights(const nn_net *net, int i)
{
    while (i < nn_net_count(net) && !nn_net_node(net, i)->nparam) i++;
    return i;
}

/* The weights of one network are those of another, layer by layer, whatever the layers without any are. */
static void check_same_weights(const nn_weights *a, const nn_weights *b)
{
    const nn_net *left = nn_weights_net(a), *right = nn_weights_net(b);
    int i = next_with_weights(left, 0), j = next_with_weights(right, 0), layers = 0;
    for (; i < nn_net_count(left); i = next_with_weights(left, i + 1), j = next_with_weights(right, j + 1)) {
        CHECK(j < nn_net_count(right));
        for (int k = 0; k < nn_net_node(left, i)->nparam; k++) {
            nn_shape shape = nn_net_node(left, i)->param[k].shape;
            CHECK(nn_shape_equal(shape, nn_net_node(right, j)->param[k].shape));
            CHECK(memcmp(nn_weights_param(a, i, k), nn_weights_param(b, j, k), nn_shape_size(shape) * 4) == 0);
        }
        layers++;
    }
    CHECK(j == nn_net_count(right) && layers > 20);
}

/* A list's tensors, called as torchvision calls those of the base. */
static void call_as_torchvision(const nn_named_tensors *list, const nn_base *base, const nn_net *net,
                                nn_named_tensors *out)
{
    size_t next = 0;
    for (int i = 0; i < nn_net_count(net); i++) {
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++) {
            nn_weight_name name;
            CHECK(nn_base_weight(base, net, i, k, NN_FILE_TORCH, &name));
            nn_named_tensor t = list->at[next++];
            t.name = name.name;
            CHECK_OK(nn_named_add(out, &t, &err));
        }
    }
    CHECK_INT(next, list->count);
}

TEST(squeezenet_as_safetensors_of_torchvision)
{
    weights_file onnx = weights_of("squeezenet1.1.onnx"), ours;
    nn_onnx_classifier c = classifier_of("squeezenet1.1.onnx", NULL);
    nn_net *net = base_of("squeezenet1.1", 1, 227);
    nn_named_tensors renamed;
    nn_named_init(&renamed, "x");
    call_as_torchvision(&onnx.list, nn_base_find("squeezenet1.1"), net, &renamed);
    ours = through_safetensors(&renamed);
    CHECK(nn_named_find(&ours.list, "features.3.squeeze.weight") != NULL);
    nn_weights *w = loaded("squeezenet1.1", net, &ours.list, NN_FILE_TORCH);
    check_same_weights(c.weights, w);
    nn_weights_unref(w);
    nn_net_unref(net);
    nn_named_release(&renamed);
    release(&onnx);
    release(&ours);
    nn_onnx_classifier_release(&c);
}

TEST(thin_resnet_as_safetensors)
{
    weights_file onnx = weights_of("resnet50_thin_opennsfw.onnx"), ours = through_safetensors(&onnx.list);
    CHECK_INT(ours.list.count, 108);
    release(&onnx);
    release(&ours);
}

/* A network of a graph, saved and opened again as any of ours. */
TEST(a_graph_in_our_own_file)
{
    nn_onnx_classifier c =
        classifier_of("mobilenet_v1_0.75_224.onnx", &(nn_onnx_choice){.pixels = "tf", .softmax = true});
    lg_buf out;
    nn_net *net = NULL;
    nn_weights *w = NULL;
    lg_buf_init(&out, 0);
    nn_net_pack(c.net, &out);
    nn_weights_pack(c.weights, &out);
    lg_unpack in;
    lg_unpack_init(&in, out.data, out.len, "x.lmodel", "network");
    CHECK_OK(nn_net_unpack(&in, &net, &err));
    CHECK_OK(nn_weights_unpack(&in, net, &w, &err));
    CHECK(nn_net_same(c.net, net));
    CHECK(memcmp(nn_weights_block(c.weights), nn_weights_block(w), nn_net_block(net) * sizeof(float)) == 0);
    CHECK(nn_net_find(net, "logits") > 0 && nn_net_find(net, "pw13") > 0);
    nn_weights_unref(w);
    nn_net_unref(net);
    lg_buf_release(&out);
    nn_onnx_classifier_release(&c);
}
