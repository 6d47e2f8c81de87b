/* test_base_real.c - bases with real weights: photographs give the logits and features that were kept with them. */
#include "tests/support/photos.h"
#include "tests/support/npz.h"

/* Every parameter of the base by its name in the file, "/" being "." there. */
static nn_weights *read_weights(const nn_base *base, const nn_net *net, npz *file)
{
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_zero(net, &w, &err));
    for (int i = 0; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            nn_weight_name name;
            size_t n;
            CHECK(nn_base_weight(base, net, i, k, NN_FILE_KERAS, &name));
            *strchr(name.name, '/') = '.';
            float *numbers = npz_find(file, name.name, &n);
            if (!numbers) TEST_FAIL("no array %s", name.name);
            CHECK_INT(n, nn_shape_size(node->param[k].shape));
            nn_weight_turn(&name, numbers, nn_weights_data(w) + node->offset[k]);
            free(numbers);
        }
    }
    CHECK_INT(file->taken, file->count);
    return w;
}

TEST(mobilenet_gives_the_kept_logits)
{
    const char *folder = test_shared("data/pretrained");
    char path[PATH_MAX];
    const nn_base *base = nn_base_find("mobilenet");
    nn_base_options o = nn_base_defaults(base);
    nn_net *net = NULL;
    o.width = 0.75, o.top = true;
    CHECK_OK(nn_base_net(base, &o, &net, &err));
    snprintf(path, sizeof path, "%s/mobilenet_v1_0.75_224.npz", folder);
    npz file = npz_read(path);
    nn_weights *w = read_weights(base, net, &file);
    check_photos("mobilenet_v1_0.75_224",
                 &(photo_case){.net = net,
                              .weights = w,
                              .size = 224,
                              .preprocess = *base->preprocess,
                              .logits = "conv_preds",
                              .features = "global_average_pooling2d",
                               .shares = true});
    free(file.bytes);
    nn_weights_unref(w);
    nn_net_unref(net);
}

/* ---- SqueezeNet 1.1 of an ONNX file: its windows never reach over the border, its scores are not cut off at 0 ---- */

/* The base without what pads its maxima. */
static nn_net *without_pads(const nn_net *base)
{
    nn_net *net = NULL;
    int node[200] = {0};
    CHECK_OK(nn_net_new(&net, &err));
    for (int i = 0; i < nn_net_count(base); i++) {
        const nn_node *n = nn_net_node(base, i);
        int input[2] = {node[n->input[0]], node[n->input[1]]};
        node[i] = input[0];
        if (strcmp(n->type->name, "pad") == 0) continue;
        CHECK_OK(nn_net_add_to(net, n->type, n->spec.config, input, i ? n->spec.nin : 1, &err));
        node[i] = nn_net_count(net) - 1;
    }
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}

/* The numbers of initialiser NAME: in a TensorProto the name (field 8) stands before raw_data (field 9, `J`). */
static void read_initialiser(const uint8_t *bytes, size_t len, const char *name, size_t n, float *to)
{
    char key[40];
    size_t size = 0, key_len = (size_t)snprintf(key, sizeof key, "B%c%sJ", (char)strlen(name), name);
    const uint8_t *at = memmem(bytes, len, key, key_len);
    if (!at) TEST_FAIL("no initialiser %s", name);
    at += key_len;
    for (int shift = 0;; shift += 7, at++) {
        size |= (size_t)(*at & 0x7f) << shift;
        if (*at < 0x80) break;
    }
    CHECK_INT(size, n * 4);
    memcpy(to, at + 1, size);
}

static nn_weights *read_onnx(const char *path, const nn_base *base, const nn_net *net)
{
    nn_weights *w = NULL;
    size_t len;
    static uint8_t bytes[5 << 20];
    FILE *f = fopen(path, "rb");
    int conv = 0;
    if (!f) TEST_FAIL("cannot open %s", path);
    len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    CHECK_OK(nn_weights_zero(net, &w, &err));
    for (int i = 0; i < nn_net_count(net); i++) {
        static const char *const parts[] = {"s", "e1", "e3"};
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            char name[40];
            nn_weight_name where;
            size_t n = nn_shape_size(node->param[k].shape);
            float *numbers = malloc(n * sizeof *numbers);
            snprintf(name, sizeof name, "fire%d%s.%c", 2 + (conv + 2) / 3 - 1, parts[(conv + 2) % 3], "wb"[k]);
            if (conv == 0 || conv == 25) snprintf(name, sizeof name, "conv%d.%c", conv ? 10 : 1, "wb"[k]);
            CHECK(nn_base_weight(base, net, i, k, NN_FILE_TORCH, &where));
            read_initialiser(bytes, len, name, n, numbers);
            nn_weight_turn(&where, numbers, nn_weights_data(w) + node->offset[k]);
            free(numbers);
        }
        conv += node->nparam > 0;
    }
    CHECK_INT(conv, 26);
    return w;
}

TEST(squeezenet_gives_the_kept_logits)
{
    const char *folder = test_shared("data/pretrained");
    char path[PATH_MAX];
    const nn_base *base = nn_base_find("squeezenet1.1");
    nn_base_options o = nn_base_defaults(base);
    nn_net *padded = NULL;
    o.size = (nn_dims){227, 227, 3}, o.top = true;
    CHECK_OK(nn_base_net(base, &o, &padded, &err));
    nn_net *net = without_pads(padded);
    snprintf(path, sizeof path, "%s/squeezenet1.1.onnx", folder);
    nn_weights *w = read_onnx(path, base, net);
    check_photos(
        "squeezenet1.1",
        &(photo_case){.net = net,
                      .weights = w,
                      .size = 227,
                      .logits = "classifier.1",
                      .features = "features.12",
                      .preprocess = {.bgr = true, .scale = 1, .mean = {104, 117, 123}, .deviation = {1, 1, 1}}});
    nn_weights_unref(w);
    nn_net_unref(net);
    nn_net_unref(padded);
}
