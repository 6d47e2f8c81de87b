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
    int logits, features; /* nodes */
} photo_case;

static void check_photos(const nn_base *base, const nn_weights *w, const json_t *kept, const char *folder,
                         const photo_case *c)
{
    int n = (int)json_array_size(kept), size = base->size;
    size_t pixels = (size_t)size * (size_t)size;
    uint8_t *image = malloc(pixels * 3);
    nn_exec *exec = NULL;
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = c->net, .max_batch = 1, .keep = true}, &exec, &err));
    nn_exec_load(exec, w);
    for (int i = 0; i < n; i++) {
        const json_t *one = json_array_get(kept, (size_t)i);
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, json_string_value(json_object_get(one, "image")));
        read_pixels(path, size, image);
        nn_preprocess_pixels(base->preprocess, pixels, image, nn_exec_input(exec));
        nn_exec_forward(exec, 1);
        check_photo(one, nn_exec_activation(exec, c->logits), nn_exec_activation(exec, c->features),
                    (int)nn_shape_size(nn_net_node(c->net, c->features)->spec.out));
    }
    nn_exec_free(exec);
    free(image);
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
    snprintf(path, sizeof path, "%s/golden/golden.json", folder);
    json_t *golden = json_load_file(path, 0, NULL);
    const json_t *kept = json_object_get(json_object_get(golden, "models"), "mobilenet_v1_0.75_224");
    CHECK(json_array_size(kept) >= 12);
    check_photos(base, w, kept, folder,
                 &(photo_case){.net = net,
                               .logits = nn_net_find(net, "conv_preds"),
                               .features = nn_net_find(net, "global_average_pooling2d")});
    json_decref(golden);
    free(file.bytes);
    nn_weights_unref(w);
    nn_net_unref(net);
}
