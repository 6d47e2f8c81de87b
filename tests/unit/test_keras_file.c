/* Files of Keras: every layout is read with the right names and numbers, what is refused is named, what is written is
 * read again; the helper is not believed and its end is one file's error. Called as `test_keras_file sandbox weights`
 * this program is a helper that lies. */
#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "lib/hdf5/h5_parts.h"
#include "tests/support/keras.h"
#include "tests/support/weights.h"

/* ---- a helper that lies: the byte behind the signature says how ---- */
enum {
    DIE = 'a',
    HANG,
    EXIT,
    SILENT,
    MUCH,
    OVER,
    TWICE,
    SHORT,
    STRANGE,
    UNKNOWN_CODE,
    ENDLESS_TEXT,
    BAD_CONFIG,
    NANS,
    GOOD
};
static const char signature[] = H5_SIGNATURE_BYTES;

static void put(const void *data, size_t len)
{
    if (write(STDOUT_FILENO, data, len) != (ssize_t)len) _exit(3);
}

static void put_piece(uint32_t piece, const void *data, uint64_t len)
{
    h5_head head = {.piece = piece, .len = len};
    put(&head, sizeof head);
    if (data) put(data, len);
}

/* safetensors of one tensor with one number. */
static void put_body(const void *number)
{
    static const char text[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    char body[8 + sizeof text - 1 + 4] = {sizeof text - 1};
    memcpy(body + 8, text, sizeof text - 1);
    memcpy(body + 8 + sizeof text - 1, number, 4);
    put_piece(H5_SIZE, NULL, sizeof body);
    put_piece(H5_BODY, body, sizeof body);
}

static void lie(int how)
{
    h5_end end = {0};
    if (how == DIE) raise(SIGSEGV);
    if (how == HANG) pause();
    if (how == EXIT) _exit(1);
    if (how == SILENT) return;
    if (how == MUCH) put_piece(H5_SIZE, NULL, UINT64_MAX / 2);
    if (how == OVER) put_piece(H5_SIZE, NULL, 8), put_piece(H5_BODY, signature, 9);
    if (how == TWICE) put_body("\0\0\0\0"), put_body("\0\0\0\0");
    if (how == SHORT) put_piece(H5_SIZE, NULL, 100);
    if (how == STRANGE) end.status = 77, strcpy(end.msg, "x"), end.code = 361;
    if (how == UNKNOWN_CODE) end.status = LG_E_FORMAT, strcpy(end.msg, "x"), end.code = 203;
    if (how == ENDLESS_TEXT) end.status = LG_E_FORMAT, end.code = 361, memset(end.msg, 'x', sizeof end.msg);
    if (how == BAD_CONFIG) put_piece(H5_CONFIG, "a\xff", 2), put_body("\0\0\0\0");
    if (how == NANS) put_body("\0\0\xc0\x7f");
    if (how == GOOD) put_piece(H5_CONFIG, "{}", 2), put_body("\0\0\x80\x3f");
    put_piece(H5_END, &end, sizeof end);
}

__attribute__((constructor)) static void be_a_liar(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "sandbox") || strcmp(argv[2], "weights")) return;
    signal(SIGSEGV, SIG_DFL);
    const char *page = mmap(NULL, H5_ASK_AT + 16, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0);
    lie(page[H5_ASK_AT + sizeof signature - 1]);
    _exit(0);
}

/* ---- set-up ---- */
static h5_weights w;

static void use_helper(const char *program, double seconds)
{
    h5_setup(&(h5_options){.program = program, .seconds = seconds});
}

static lg_status read_h5(const void *data, size_t len)
{
    lg_err_clear(&err);
    h5_weights_release(&w);
    return h5_weights_read(data, len, "x.h5", NULL, &w, &err);
}

static unsigned char *golden(const char *name, size_t *len)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "tests/golden/keras/hdf5_%s", name);
    return bytes_of(path, len);
}

static lg_status read_golden_h5(const char *name)
{
    size_t len;
    unsigned char *data = golden(name, &len);
    lg_status st = read_h5(data, len);
    free(data); /* of a file of Keras nothing is borrowed */
    return st;
}

/* ---- what is read ---- */
typedef struct expected {
    const char *name, *shape;
    int k; /* make_hdf5.py: number i is (3 i - 17) / 64 + k */
} expected;

static void check_tensor(const nn_named_tensors *all, const expected *want)
{
    char shape[NN_NAMED_SHAPE_TEXT];
    const nn_named_tensor *t = nn_named_find(all, want->name);
    if (!t) TEST_FAIL("there is no %s", want->name);
    CHECK_STR(nn_named_shape_text(t->rank, t->dim, shape), want->shape);
    float *number = malloc(t->count * sizeof *number);
    CHECK_OK(nn_named_floats(all, t, number, &err));
    for (size_t i = 0; i < t->count; i++) CHECK_NEAR(number[i], golden_number(i) + (float)want->k, 0);
    free(number);
}

static void check_file(const char *name, const expected *want, size_t n, bool config, bool counted)
{
    CHECK_OK(read_golden_h5(name));
    for (size_t i = 0; i < n; i++) check_tensor(&w.tensors, &want[i]);
    CHECK_INT(w.tensors.count, n);
    CHECK_INT(w.config != NULL, config);
    CHECK_INT(w.counted, counted);
}
#define CHECK_FILE(name, want, config, counted) check_file(name, want, sizeof want / sizeof *want, config, counted)

/* Keras lists weights that are not trained where their layer is. */
static const expected small_model[] = {{"first/kernel", "3x3x3x2", 0},
                                       {"first/bias", "2", 1},
                                       {"first_bn/gamma", "2", 2},
                                       {"first_bn/beta", "2", 3},
                                       {"first_bn/moving_mean", "2", 4},
                                       {"first_bn/moving_variance", "2", 5},
                                       {"deep/depthwise_kernel", "3x3x2x1", 6},
                                       {"deep_bn/beta", "2", 7},
                                       {"deep_bn/moving_mean", "2", 8},
                                       {"deep_bn/moving_variance", "2", 9},
                                       {"second/kernel", "1x1x2x3", 10},
                                       {"second/bias", "3", 11},
                                       {"last/kernel", "48x4", 12},
                                       {"last/bias", "4", 13}};

TEST(a_whole_model_of_keras_3)
{
    use_helper(keras_helper(), 0);
    CHECK_FILE("model.keras", small_model, true, false);
    CHECK_HAS(w.config, "\"class_name\": \"DepthwiseConv2D\"");
}

TEST(a_whole_model_of_h5)
{
    use_helper(keras_helper(), 0);
    CHECK_FILE("model.h5", small_model, true, false);
    CHECK_STR(w.tensors.at[2].name, "first_bn/gamma"); /* the file's order */
}

/* Without a description nobody knows which one this batchnorm is without. */
static void without_description(const char *const layer[6], const char *file, bool counted)
{
    char name[14][80];
    expected want[14];
    for (int i = 0; i < 14; i++) {
        static const int of[14] = {0, 0, 1, 1, 1, 1, 2, 3, 3, 3, 4, 4, 5, 5};
        want[i] = small_model[i];
        const char *variable = strchr(want[i].name, '/') + 1;
        if (of[i] == 3) snprintf(name[i], sizeof name[i], "%s/%d", layer[3], i - 7);
        else snprintf(name[i], sizeof name[i], "%s/%s", layer[of[i]], variable);
        want[i].name = name[i];
    }
    CHECK_FILE(file, want, false, counted);
}

TEST(weights_of_keras_3)
{
    static const char *const said[] = {"first", "first_bn", "deep", "deep_bn", "second", "last"};
    use_helper(keras_helper(), 0);
    without_description(said, "model.weights.h5", false);
}

TEST(weights_of_keras_3_without_names)
{
    static const char *const counted[] = {
        "conv2d", "batch_normalization", "depthwise_conv2d", "batch_normalization_1", "conv2d_1", "dense"};
    use_helper(keras_helper(), 0);
    without_description(counted, "counted.weights.h5", true);
}

static const expected nested_model[] = {{"outer_conv/kernel", "1x1x3x3", 0}, {"outer_conv/bias", "3", 1},
                                        {"inner_conv/kernel", "3x3x3x2", 2}, {"inner_conv/bias", "2", 3},
                                        {"inner_bn/gamma", "2", 4},          {"inner_bn/beta", "2", 5},
                                        {"inner_bn/moving_mean", "2", 6},    {"inner_bn/moving_variance", "2", 7},
                                        {"outer_dense/kernel", "2x2", 8},    {"outer_dense/bias", "2", 9}};

TEST(a_model_within_a_model)
{
    use_helper(keras_helper(), 0);
    CHECK_FILE("nested.keras", nested_model, true, false);
    CHECK_FILE("nested.h5", nested_model, true, false);
}

TEST(published_weights_of_before)
{
    static const expected old[] = {{"conv1_conv/kernel", "3x3x3x2", 0},
                                   {"conv1_conv/bias", "2", 1},
                                   {"conv1_bn/gamma", "2", 2},
                                   {"conv1_bn/beta", "2", 3},
                                   {"conv1_bn/moving_mean", "2", 4},
                                   {"conv1_bn/moving_variance", "2", 5},
                                   {"conv_dw_1/depthwise_kernel", "3x3x2x1", 6},
                                   {"predictions/kernel", "64x4", 7},
                                   {"predictions/bias", "4", 8}};
    static const expected keras1[] = {{"block1_conv1/kernel", "3x3x3x2", 0},
                                      {"block1_conv1/bias", "2", 1},
                                      {"bn/gamma", "2", 2},
                                      {"bn/moving_variance", "2", 3}};
    use_helper(keras_helper(), 0);
    CHECK_FILE("old.h5", old, false, false);
    CHECK_INT(nn_named_find(&w.tensors, "predictions/bias")->dtype, NN_F16);
    CHECK_FILE("keras1.h5", keras1, false, false);
}

TEST(other_formats_are_read_here)
{
    size_t len;
    unsigned char *data = bytes_of("tests/golden/weights/small_f32.safetensors", &len);
    use_helper(NULL, 0); /* and need no helper */
    CHECK_OK(read_h5(data, len));
    CHECK(!w.config && !w.block && w.tensors.count > 0);
    h5_weights_release(&w);
    free(data);
    CHECK_INT(read_h5("<html>", 6), LG_E_UNSUPPORTED);
    CHECK_INT(err.code, 362);
}

/* ---- what is refused ---- */
TEST(what_is_refused_is_named)
{
    static const struct {
        const char *file;
        int code;
        const char *why;
    } bad[] = {{"bad_virtual.h5", 362, "virtual dataset"},
               {"bad_external.h5", 362, "external storage"},
               {"bad_extlink.h5", 362, "external link"},
               {"bad_soft.h5", 362, "soft link"},
               {"bad_filter.h5", 362, "scale and offset"},
               {"bad_float64.h5", 363, "float64"},
               {"bad_bytes.h5", 362, "without a sign"},
               {"bad_opaque.h5", 363, "opaque"},
               {"bad_text.h5", 363, "texts"},
               {"bad_empty.h5", 361, "has no numbers"},
               {"bad_unwritten.h5", 361, "not there"},
               {"bad_nan.h5", 364, "NaN"}};
    char told[sizeof err.msg + sizeof err.why];
    use_helper(keras_helper(), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (read_golden_h5(bad[i].file) == LG_OK) TEST_FAIL("%s was read", bad[i].file);
        if (err.code != bad[i].code) TEST_FAIL("%s is LL%d: %s (%s)", bad[i].file, err.code, err.msg, err.why);
        snprintf(told, sizeof told, "%s %s", err.msg, err.why);
        CHECK_HAS(told, bad[i].why);
        CHECK(!w.tensors.count && !w.config && !w.block);
    }
}

/* Cut off, or with a byte turned round: an error of the file, or its tensors, and never a helper that crashed. */
static void check_damaged(const unsigned char *data, size_t len, size_t place, const char *name)
{
    lg_status st = read_h5(data, len);
    if (st == LG_OK) return;
    if (err.code < 361 || err.code > 364) TEST_FAIL("%s at %zu is LL%d: %s", name, place, err.code, err.msg);
    if (strstr(err.why, "crashed")) TEST_FAIL("%s at %zu: %s", name, place, err.why);
}

TEST(damaged_files)
{
    static const char *const files[] = {"old.h5", "model.keras"};
    use_helper(keras_helper(), 0);
    for (int f = 0; f < 2; f++) {
        size_t len;
        unsigned char *data = golden(files[f], &len);
        for (size_t cut = 0; cut < len; cut += len / 8) check_damaged(data, cut, cut, files[f]);
        for (size_t at = 9; at < len; at += len / 14) {
            data[at] ^= 0x41;
            check_damaged(data, len, at, files[f]);
            data[at] ^= 0x41;
        }
        free(data);
    }
}

/* ---- the helper is not believed ---- */
static lg_status ask_liar(int how)
{
    char file[64] = {0};
    memcpy(file, signature, sizeof signature - 1);
    file[sizeof signature - 1] = (char)how;
    use_helper("/proc/self/exe", 0.05);
    return read_h5(file, sizeof file);
}

static int open_files(void)
{
    int n = 0;
    DIR *all = opendir("/proc/self/fd");
    while (readdir(all)) n++;
    closedir(all);
    return n;
}

TEST(a_helper_that_lies)
{
    int before = open_files();
    for (int how = DIE; how < NANS; how++) {
        if (ask_liar(how) == LG_OK) TEST_FAIL("the lie %c was believed", how);
        if (err.code != 361) TEST_FAIL("the lie %c is LL%d: %s", how, err.code, err.msg);
        const char *why = how == DIE || how == EXIT || how == SILENT ? "crashed"
                          : how == HANG                              ? "takes more than"
                                                                     : "what cannot be";
        CHECK_HAS(err.why, why);
        CHECK(!w.tensors.count && !w.config && !w.block);
    }
    CHECK_INT(ask_liar(NANS), LG_E_NUMERIC);
    CHECK_INT(err.code, 364);
    CHECK_OK(ask_liar(GOOD));
    CHECK_STR(w.config, "{}");
    CHECK(w.tensors.count == 1 && strcmp(w.tensors.at[0].name, "a") == 0);
    h5_weights_release(&w);
    CHECK_INT(open_files(), before);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0); /* none is left */
}

TEST(interrupted)
{
    char file[64] = {0};
    lg_cancel cancel = {0};
    memcpy(file, signature, sizeof signature - 1);
    file[sizeof signature - 1] = HANG;
    use_helper("/proc/self/exe", 60);
    lg_cancel_set(&cancel);
    lg_err_clear(&err);
    CHECK_INT(h5_weights_read(file, sizeof file, "x.h5", &cancel, &w, &err), LG_E_INTERRUPTED);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0);
}

TEST(without_a_helper)
{
    static const char *const programs[] = {NULL, "/nowhere/logolens"};
    for (int i = 0; i < 2; i++) {
        use_helper(programs[i], 0);
        CHECK_INT(read_golden_h5("old.h5"), LG_E_UNSUPPORTED);
        CHECK_INT(err.code, 366);
    }
}

TEST(refused_memory)
{
    use_helper(keras_helper(), 0);
    long n = 0;
    lg_status st = LG_E_MEMORY;
    while (st == LG_E_MEMORY && n < 200) {
        lg_alloc_fail_at(++n, true);
        st = read_golden_h5("keras1.h5");
        lg_alloc_fail_at(0, false);
        if (st) CHECK(!w.tensors.count && !w.config && !w.block);
    }
    CHECK_OK(st);
    CHECK(n > 5);
    h5_weights_release(&w);
}

/* ---- writing ---- */
static const float ones[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const h5_tensor conv[] = {{"kernel", 4, {1, 1, 3, 2}, ones}, {"bias", 1, {2}, ones + 6}};
static const h5_tensor again[] = {{"kernel", 4, {1, 1, 2, 2}, ones + 8}};
static const h5_tensor norm[] = {{"gamma", 1, {2}, ones + 1},
                                 {"beta", 1, {2}, ones + 2},
                                 {"moving_mean", 1, {2}, ones + 3},
                                 {"moving_variance", 1, {2}, ones + 4}};
static const h5_layer layers[] = {{"c1", "Conv2D", conv, 2},
                                  {"act", "Activation", NULL, 0},
                                  {"bn", "BatchNormalization", norm, 4},
                                  {"c2", "Conv2D", again, 1}};
static const char description[] =
    "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": ["
    "{\"class_name\": \"Conv2D\", \"config\": {\"name\": \"c1\", \"filters\": 2, \"activation\": \"relu\"}},"
    "{\"class_name\": \"Activation\", \"config\": {\"name\": \"act\", \"activation\": \"relu\"}},"
    "{\"class_name\": \"BatchNormalization\", \"config\": {\"name\": \"bn\"}},"
    "{\"class_name\": \"Conv2D\", \"config\": {\"name\": \"c2\", \"use_bias\": false}}]}}";

static void check_floats(const char *name, const float *want, size_t n)
{
    float got[32];
    const nn_named_tensor *t = nn_named_find(&w.tensors, name);
    if (!t || t->count != n) TEST_FAIL("%s is not there as it was", name);
    CHECK_OK(nn_named_floats(&w.tensors, t, got, &err));
    CHECK(memcmp(got, want, n * sizeof *want) == 0);
}

TEST(what_is_written_is_read)
{
    lg_buf out, twice;
    lg_buf_init(&out, 0);
    lg_buf_init(&twice, 0);
    use_helper(keras_helper(), 0);
    for (h5_kind kind = H5_MODEL_KERAS; kind <= H5_WEIGHTS_KERAS; kind++) {
        lg_buf_clear(&out);
        lg_buf_clear(&twice);
        lg_err_clear(&err);
        CHECK_OK(h5_write_model(layers, 4, description, kind, &out, &err));
        CHECK_OK(h5_write_model(layers, 4, description, kind, &twice, &err));
        CHECK(out.len == twice.len && memcmp(out.data, twice.data, out.len) == 0);
        CHECK(memcmp(out.data, kind == H5_MODEL_KERAS ? "PK\3\4" : "\x89HDF", 4) == 0);
        CHECK_OK(read_h5(out.data, out.len));
        CHECK_INT(w.tensors.count, 7);
        check_floats("c1/kernel", ones, 6);
        check_floats("c1/bias", ones + 6, 2);
        check_floats("bn/beta", ones + 2, 2);
        check_floats("bn/moving_variance", ones + 4, 2);
        check_floats("c2/kernel", ones + 8, 4);
        if (kind == H5_WEIGHTS_KERAS) CHECK(w.config == NULL);
        else CHECK_STR(w.config, description);
    }
    h5_weights_release(&w);
    lg_buf_release(&out);
    lg_buf_release(&twice);
}

/* So many names that their list is cut: an object's header takes 64 KB. */
TEST(long_lists_are_cut)
{
    enum { MANY = 700 };
    static char name[MANY][128];
    static h5_layer many[MANY];
    lg_buf out;
    lg_buf_init(&out, 0);
    use_helper(keras_helper(), 0);
    for (int i = 0; i < MANY; i++) {
        snprintf(name[i], sizeof name[i], "%0110d", i);
        many[i] = (h5_layer){name[i], "Dense", norm, 1};
    }
    lg_err_clear(&err);
    CHECK_OK(h5_write_model(many, MANY, "{}", H5_WEIGHTS_KERAS, &out, &err));
    lg_buf_clear(&out);
    CHECK_OK(h5_write_model(many, MANY, "{\"class_name\": \"Model\", \"config\": {\"layers\": []}}", H5_MODEL_H5, &out,
                            &err));
    CHECK_OK(read_h5(out.data, out.len));
    CHECK_INT(w.tensors.count, MANY);
    h5_weights_release(&w);
    lg_buf_release(&out);
}

TEST(lists_that_make_no_sense)
{
    static const h5_tensor no_dim = {"kernel", 1, {0}, ones}, no_data = {"kernel", 1, {2}, NULL};
    static const h5_layer bad[][2] = {{{"a", "Dense", norm, 1}, {"a", "Dense", norm, 1}},
                                      {{"a/b", "Dense", norm, 1}, {"c", "Dense", norm, 1}},
                                      {{"", "Dense", norm, 1}, {"c", "Dense", norm, 1}},
                                      {{"a", "Dense", &no_dim, 1}, {"c", "Dense", norm, 1}},
                                      {{"a", "Dense", &no_data, 1}, {"c", "Dense", norm, 1}}};
    lg_buf out;
    lg_buf_init(&out, 0);
    lg_buf_adds(&out, "before");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lg_err_clear(&err);
        CHECK(h5_write_model(bad[i], 2, "{}", H5_MODEL_KERAS, &out, &err) != LG_OK);
        CHECK_INT(err.code, 361);
        CHECK_STR(lg_buf_str(&out), "before");
    }
    use_helper(NULL, 0);
    lg_err_clear(&err);
    CHECK_INT(h5_write_model(layers, 4, "{}", H5_MODEL_KERAS, &out, &err), LG_E_UNSUPPORTED);
    CHECK_STR(lg_buf_str(&out), "before");
    lg_buf_release(&out);
}

/* ---- layers that are counted ---- */
TEST(counted_names_of_a_network)
{
    static const char *const lines[] = {"input 8x8x3", "conv 2 3x3", "batchnorm", "depthwise 3x3",
                                        "conv 3 1x1",  "flatten",    "dense 4"};
    static const char *const want[] = {"conv2d/kernel",
                                       "conv2d/bias",
                                       "batch_normalization/gamma",
                                       "batch_normalization/beta",
                                       "batch_normalization/moving_mean",
                                       "batch_normalization/moving_variance",
                                       "depthwise_conv2d/depthwise_kernel",
                                       "depthwise_conv2d/bias",
                                       "conv2d_1/kernel",
                                       "conv2d_1/bias",
                                       "dense/kernel",
                                       "dense/bias"};
    nn_net *net;
    nn_weight_name name;
    size_t n = 0;
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) CHECK_OK(nn_net_add_line(net, lines[i], &err));
    CHECK_OK(nn_net_finish(net, &err));
    for (int i = 0; i < nn_net_count(net); i++)
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++) {
            CHECK(h5_counted_name(net, i, k, &name));
            CHECK_STR(name.name, want[n++]);
            CHECK(nn_shape_equal(name.shape, nn_net_node(net, i)->param[k].shape));
        }
    CHECK_INT(n, sizeof want / sizeof *want);
    nn_net_unref(net);
}
