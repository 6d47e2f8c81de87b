/* photos.h - photographs through trained networks, against the numbers that were kept with them: those of the
 * handed-over data (golden.json), and those of tests/golden/photos. */
#ifndef TESTS_PHOTOS_H
#define TESTS_PHOTOS_H

#include <jansson.h>
#include <math.h>
#include "lib/image/decode.h"
#include "nnlib/nnlib.h"
#include "tests/support/test.h"

static lg_err err;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { PHOTO_STEP = 4 }; /* so many times slower: every fourth will do */
#else
enum { PHOTO_STEP = 1 };
#endif

typedef struct photo_case {
    const nn_net *net;
    const nn_weights *weights;
    int size, mean; /* of the network's images; mean: each pixel is that of so many squared of the photograph */
    nn_preprocess preprocess;
    const char *logits, *features; /* layers; of an image the mean of each channel */
    bool shares;                   /* what comes out is the softmax of the logits */
    const json_t *classes;         /* their names */
} photo_case;

static inline void read_photo(const char *path, int size, uint8_t *pixels)
{
    img_picture picture = {0};
    static uint8_t bytes[1 << 20];
    FILE *f = fopen(path, "rb");
    if (!f) TEST_FAIL("cannot open %s", path);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    CHECK_OK(img_decode(bytes, len, &(img_decode_options){.channels = 3}, &picture, NULL, &err));
    CHECK(picture.w == size && picture.h == size && picture.c == 3);
    memcpy(pixels, picture.px, (size_t)size * (size_t)size * 3);
    img_picture_release(&picture);
}

/* The pixels of a photograph as the network wants them. */
static inline void prepare_photo(const photo_case *c, const uint8_t *pixels, float *x)
{
    int n = c->size, mean = c->mean;
    if (mean == 1) {
        nn_preprocess_pixels(&c->preprocess, (size_t)n * (size_t)n, pixels, x);
        return;
    }
    for (int i = 0; i < n * n * 3; i++) {
        int row = i / 3 / n, column = i / 3 % n, channel = i % 3, sum = 0;
        for (int k = 0; k < mean * mean; k++)
            sum += pixels[((row * mean + k / mean) * n * mean + column * mean + k % mean) * 3 + channel];
        float pixel = (float)sum / (float)(mean * mean) * c->preprocess.scale;
        x[i] = (pixel - c->preprocess.mean[channel]) / c->preprocess.deviation[channel];
    }
}

/* ---- what is kept ---- */
static inline double kept_number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static double photo_worst; /* largest difference so far, as a part of the range allowed to it */

static inline void check_range(const char *what, double got, double want, double range)
{
    photo_worst = fmax(photo_worst, fabs(got - want) / range);
    if (!(fabs(got - want) <= 1e-3 * range)) TEST_FAIL("%s is %.6f, kept is %.6f", what, got, want);
}

/* One photograph: scores before softmax, probabilities if they are there, features before the classifier. */
static inline void check_photo(const json_t *kept, const json_t *names, const float *logits, int classes,
                               const float *shares, const float *features, int nfeatures)
{
    const char *image = json_string_value(json_object_get(kept, "image"));
    const json_t *top = json_object_get(kept, "top5"), *first = json_object_get(kept, "feat_first8");
    double sum = 0, low = 0, high = 0, feature_sum = 0;
    int best = 0;
    for (int i = 0; i < classes; i++) {
        sum += (double)logits[i];
        low = fmin(low, (double)logits[i]), high = fmax(high, (double)logits[i]);
        if (logits[i] > logits[best]) best = i;
    }
    for (int i = 0; i < nfeatures; i++) feature_sum += (double)features[i];
    CHECK_INT(best, json_integer_value(json_array_get(json_array_get(top, 0), 0)));
    if (names)
        CHECK_STR(json_string_value(json_array_get(names, (size_t)best)),
                  json_string_value(json_array_get(json_array_get(top, 0), 1)));
    for (size_t i = 0; i < json_array_size(top); i++) {
        const json_t *row = json_array_get(top, i);
        json_int_t k = json_integer_value(json_array_get(row, 0));
        check_range(image, (double)logits[k], json_number_value(json_array_get(row, 2)), high - low);
        if (shares) check_range(image, (double)shares[k], json_number_value(json_array_get(row, 3)), 1);
    }
    check_range(image, sum, kept_number(kept, "logit_sum"), classes * (high - low) / 10);
    for (size_t i = 0; i < json_array_size(first); i++)
        check_range(image, (double)features[i], json_number_value(json_array_get(first, i)), 6);
    check_range(image, feature_sum, kept_number(kept, "feat_sum"), feature_sum);
}

/* ---- running ---- */
/* A layer's output as a list. Owned, free. */
static inline float *list_of(const photo_case *c, const nn_exec *exec, const char *layer, int *n)
{
    int node = nn_net_find(c->net, layer);
    if (node < 0) TEST_FAIL("no layer %s", layer);
    nn_shape shape = nn_net_node(c->net, node)->spec.out;
    size_t channels = (size_t)shape.dim[shape.rank - 1], places = nn_shape_size(shape) / channels;
    const float *y = nn_exec_activation(exec, node);
    float *list = calloc(channels, sizeof *list);
    for (size_t i = 0; i < places * channels; i++) list[i % channels] += y[i] / (float)places;
    *n = (int)channels;
    return list;
}

/* As it is used, layers joined to one another, a network gives the same as layer by layer. */
static inline void check_joined(const photo_case *c, nn_exec *exec, nn_exec *joined)
{
    size_t in = nn_shape_size(nn_net_input(c->net)), out = nn_shape_size(nn_net_output(c->net));
    float range = 1;
    memcpy(nn_exec_input(joined), nn_exec_input(exec), in * sizeof(float));
    nn_exec_forward(joined, 1);
    for (size_t i = 0; i < out; i++) range = fmaxf(range, fabsf(nn_exec_output(exec)[i]));
    for (size_t i = 0; i < out; i++) CHECK_NEAR(nn_exec_output(joined)[i], nn_exec_output(exec)[i], 1e-4f * range);
}

static inline void run_photo(const photo_case *c, const char *folder, const json_t *one, nn_exec *exec, nn_exec *joined)
{
    char path[PATH_MAX];
    static uint8_t pixels[256 * 256 * 3];
    int classes, n;
    snprintf(path, sizeof path, "%s/%s", folder, json_string_value(json_object_get(one, "image")));
    read_photo(path, c->size * c->mean, pixels);
    prepare_photo(c, pixels, nn_exec_input(exec));
    nn_exec_forward(exec, 1);
    float *logits = list_of(c, exec, c->logits, &classes), *features = list_of(c, exec, c->features, &n);
    check_photo(one, c->classes, logits, classes, c->shares ? nn_exec_output(exec) : NULL, features, n);
    check_joined(c, exec, joined);
    free(logits);
    free(features);
}

/* All photographs that are kept of a model, in the list that golden.json has of it or, where it has none, ours. */
static inline void check_photos(const char *model, const photo_case *how)
{
    char path[PATH_MAX];
    const char *folder = test_shared("data/pretrained");
    photo_case c = *how;
    snprintf(path, sizeof path, "%s/golden/golden.json", folder);
    json_t *golden = json_load_file(path, 0, NULL),
           *ours = json_load_file("tests/golden/photos/networks.json", 0, NULL);
    CHECK(golden && ours);
    json_t *kept = json_object_get(json_object_get(golden, "models"), model);
    c.classes = json_object_get(kept ? golden : ours, "classes");
    if (!kept) {
        c.classes = json_object_get(c.classes, model);
        kept = json_object_get(json_object_get(ours, "models"), model);
    }
    CHECK_INT(json_array_size(kept), 12);
    nn_exec *exec = NULL, *joined = NULL;
    if (!c.mean) c.mean = 1;
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = c.net, .max_batch = 1, .keep = true}, &exec, &err));
    CHECK_OK(nn_exec_new(&(nn_exec_options){.net = c.net, .max_batch = 1}, &joined, &err));
    nn_exec_load(exec, c.weights);
    nn_exec_load(joined, c.weights);
    photo_worst = 0;
    for (size_t i = 0; i < json_array_size(kept); i += PHOTO_STEP)
        run_photo(&c, folder, json_array_get(kept, i), exec, joined);
    printf("  %s: %zu photographs, none further off than %.1e of the range\n", model,
           json_array_size(kept) / PHOTO_STEP, photo_worst);
    nn_exec_free(exec);
    nn_exec_free(joined);
    json_decref(golden);
    json_decref(ours);
}

#endif
