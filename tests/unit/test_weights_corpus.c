/* test_weights_corpus.c - every file of weights in the handed-over corpus gets its verdict: what is right is read and
 * fits the network it was made for, what is wrong is refused, and formats that are not read are named. Files of Keras go
 * through the helper; those of ONNX are read as whole networks too. */
#include <unistd.h>
#include "lib/hdf5/keras_file.h"
#include "nnlib/io/onnx_net.h"
#include "tests/support/keras.h"
#include "tests/support/weights.h"

static const nn_named_wish tiny[] = {
    {"conv2d.bias", 1, {2}}, {"conv2d.kernel", 4, {3, 3, 3, 2}}, {"dense.bias", 1, {4}}, {"dense.kernel", 2, {18, 4}}};
static const nn_named_wish tiny_npz[] = {{"sequential_1.conv2d_4.bias", 1, {2}},
                                         {"sequential_1.conv2d_4.kernel", 4, {3, 3, 3, 2}},
                                         {"sequential_1.dense_2.bias", 1, {4}},
                                         {"sequential_1.dense_2.kernel", 2, {18, 4}}};
static const nn_named_wish gemm[] = {{"w", 2, {18, 4}}, {"b", 1, {4}}};
static const nn_named_wish array[] = {{"array", 2, {18, 4}}};

static const nn_named_wish tiny_keras[] = {{"conv2d_4/bias", 1, {2}},
                                           {"conv2d_4/kernel", 4, {3, 3, 3, 2}},
                                           {"dense_2/bias", 1, {4}},
                                           {"dense_2/kernel", 2, {18, 4}}};

#define WISHES(list) list, sizeof(list) / sizeof *(list)
/* Formats that are read, and what their right files must hold. */
static const struct {
    const char *format;
    const nn_named_wish *wish;
    size_t n;
} formats[] = {
    {"safetensors", WISHES(tiny)}, {"npz", WISHES(tiny_npz)}, {"npy", WISHES(array)}, {"onnx", WISHES(gemm)},
    {"h5", WISHES(tiny_keras)},    {"keras", WISHES(tiny_keras)}};

static size_t numbers_in_all(const nn_named_tensors *all)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) count += all->at[i].count;
    return count;
}

/* Read, and of the network that the corpus means. */
static lg_status judge(const char *name, const char *format, const unsigned char *data, size_t len)
{
    h5_weights w;
    lg_err_clear(&err);
    lg_status st = h5_weights_read(data, len, "x", NULL, &w, &err);
    if (st) return st;
    if (strstr(name, "_full")) CHECK_INT(numbers_in_all(&w.tensors), 130532);
    for (size_t i = 0; !strstr(name, "_full") && i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].format, format) == 0)
            st = nn_named_match(&w.tensors, formats[i].wish, formats[i].n, true, &err);
    h5_weights_release(&w);
    return st;
}

static bool is_read(const char *format)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].format, format) == 0)
            return true;
    return false;
}

static bool short_and_plain(const char *text)
{
    return strlen(text) < 400 && lg_utf8_valid(text, strlen(text)) == strlen(text) && !strpbrk(text, "\x1b\n");
}

static void check_refusal(const char *name)
{
    bool known = err.code == 221 || (err.code >= 361 && err.code <= 365);
    if (!known || !short_and_plain(err.msg) || !err.why[0]) TEST_FAIL("%s: LL%d %s", name, err.code, err.msg);
}

/* As a network, the file has the same verdict. */
static void check_network(const char *name, const unsigned char *data, size_t len, bool good)
{
    nn_onnx_classifier c;
    lg_err_clear(&err);
    lg_status st = nn_onnx_net(data, len, "x", NULL, &c, &err);
    if (good != (st == LG_OK)) TEST_FAIL("%s as a network: LL%d %s (%s)", name, err.code, err.msg, err.why);
    if (st) check_refusal(name);
    else CHECK(nn_shape_equal(nn_net_output(c.net), nn_shape_list(4)) && c.scores);
    nn_onnx_classifier_release(&c);
}

/* One line of models.tsv: name, format, verdict. */
static void check_row(const char *folder, const char *name, const char *format, const char *expect)
{
    char path[PATH_MAX + 80];
    size_t len;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unsigned char *data = bytes_of(path, &len);
    lg_status st = judge(name, format, data, len);
    lg_err said = err;
    if (strcmp(format, "onnx") == 0) check_network(name, data, len, strcmp(expect, "ok") == 0);
    err = said;
    free(data);
    if (!is_read(format)) expect = "error";
    if (strcmp(expect, "ok") == 0 && st) TEST_FAIL("%s is LL%d: %s (%s)", name, err.code, err.msg, err.why);
    if (strcmp(expect, "error") == 0 && !st) TEST_FAIL("%s was read", name);
    if (st) check_refusal(name);
}

TEST(every_file_of_the_corpus)
{
    const char *folder = test_shared("corpora/models");
    char path[PATH_MAX + 80], line[1024], name[256], format[32], expect[16];
    int rows = 0;
    h5_setup(&(h5_options){.program = keras_helper()});
    snprintf(path, sizeof path, "%s/models.tsv", folder);
    FILE *f = fopen(path, "r");
    CHECK(f && fgets(line, sizeof line, f));
    while (fgets(line, sizeof line, f)) {
        CHECK_INT(sscanf(line, "%255[^\t]\t%31[^\t]\t%15[^\t]", name, format, expect), 3);
        check_row(folder, name, format, expect);
        rows++;
    }
    fclose(f);
    CHECK_INT(rows, 111);
}
