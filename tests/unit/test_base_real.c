/* test_base_real.c - bases with real weights: photographs give the logits and features that were kept with them. */
#include <jansson.h>
#include "lib/image/decode.h"
#include "nnlib/model/base.h"
#include "nnlib/nnlib.h"
#include "tests/support/npz.h"
#include "tests/support/test.h"

static lg_err err;

static void read_pixels(const char *path, int size, uint8_t *pixels)
{
    img_picture picture = {0};
    FILE *f = fopen(path, "rb");
    static uint8_t bytes[1 << 20];
    if (!f) TEST_FAIL("cannot open %s", path);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    CHECK_OK(img_decode(bytes, len, &(img_decode_options){.channels = 3}, &picture, NULL, &err));
    CHECK(picture.w == size && picture.h == size && picture.c == 3);
    memcpy(pixels, picture.px, (size_t)size * (size_t)size * 3);
    img_picture_release(&picture);
}

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

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void check_range(const char *what, double got, double want, double range)
{
    if (!(fabs(got - want) <= 1e-3 * range)) TEST_FAIL("%s is %.6f, kept is %.6f", what, got, want);
}

/* One photograph: scores before softmax, features before the classifier. */
static void check_photo(const json_t *kept, const float *logits, const float *features, int nfeatures)
{
    const char *image = json_string_value(json_object_get(kept, "image"));
    const json_t *top = json_object_get(kept, "top5"), *first = json_object_get(kept, "feat_first8");
    double sum = 0, low = 0, high = 0, feature_sum = 0;
    int best = 0;
    for (int i = 0; i < 1000; i++) {
        sum += (double)logits[i];
        low = fmin(low, (double)logits[i]), high = fmax(high, (double)logits[i]);
        if (logits[i] > logits[best]) best = i;
    }
    for (int i = 0; i < nfeatures; i++) feature_sum += (double)features[i];
    CHECK_INT(best, json_integer_value(json_array_get(json_array_get(top, 0), 0)));
    for (size_t i = 0; i < json_array_size(top); i++) {
        const json_t *row = json_array_get(top, i);
        check_range(image, (double)logits[json_integer_value(json_array_get(row, 0))],
                    json_number_value(json_array_get(row, 2)), high - low);
    }
    check_range(image, sum, number(kept, "logit_sum"), 1000 * (high - low) / 10);
    for (size_t i = 0; i < json_array_size(first); i++)
        check_range(image, (double)features[i], json_number_value(json_array_get(first, i)), 6);
    check_range(image, feature_sum, number(kept, "feat_sum"), feature_sum);
}

typedef struct photo_case {
    const nn_net *net;
    const nn_weights *weights;
    int size;
    nn_preprocess preprocess;
    const char *logits, *features; /* layers; of an image the mean of each channel */
} photo_case;

/* A layer's output as a list. Owned, free. */
static float *list_of(const photo_case *c, const nn_exec *exec, const char *layer, int *n)
{
    int node = nn_net_find(c->net, layer);
    nn_shape shape = nn_net_node(c->net, node)->spec.out;
    size_t channels = (size_t)shape.dim[shape.rank - 1], places = nn_shape_size(shape) / channels;
    const float *y = nn_exec_activation(exec, node);
    float *list = calloc(channels, sizeof *list);
    for (size_t i = 0; i < places * channels; i++) list[i % channels] += y[i] / (float)places;
    *n = (int)channels;
    return list;
}

static void check_photos(const json_t *kept, const char *folder, const photo_case *c)
{
    size_t pixels = (size_t)c->size * (size_t)c->size;
    uint8_t *image = malloc(pixels * 3);
    nn_exec *exec = NULL;
    CHECK(json_array_size(kept) >= 12);
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = c->net, .max_batch = 1, .keep = true}, &exec, &err));
    nn_exec_load(exec, c->weights);
    for (size_t i = 0; i < json_array_size(kept); i++) {
        const json_t *one = json_array_get(kept, i);
        char path[PATH_MAX];
        int classes, n;
        snprintf(path, sizeof path, "%s/%s", folder, json_string_value(json_object_get(one, "image")));
        read_pixels(path, c->size, image);
        nn_preprocess_pixels(&c->preprocess, pixels, image, nn_exec_input(exec));
        nn_exec_forward(exec, 1);
        float *logits = list_of(c, exec, c->logits, &classes), *features = list_of(c, exec, c->features, &n);
        CHECK_INT(classes, 1000);
        check_photo(one, logits, features, n);
        free(logits);
        free(features);
    }
    nn_exec_free(exec);
    free(image);
}

static void check_model(const char *model, const char *folder, const photo_case *c)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/golden/golden.json", folder);
    json_t *golden = json_load_file(path, 0, NULL);
    check_photos(json_object_get(json_object_get(golden, "models"), model), folder, c);
    json_decref(golden);
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
    check_model("mobilenet_v1_0.75_224", folder,
                &(photo_case){.net = net,
                              .weights = w,
                              .size = 224,
                              .preprocess = *base->preprocess,
                              .logits = "conv_preds",
                              .features = "global_average_pooling2d"});
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
    check_model(
        "squeezenet1.1", folder,
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
