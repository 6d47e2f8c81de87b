/* test_safetensors.c - files of the format's own library come to the same bits; what is not as it must be is refused.
 */
#include "tests/support/weights.h"

/* A file from its header, with padding, and n bytes of numbers 0, 1, 2, … (as bytes below 64, so that floats are
 * finite). */
static size_t file_of(const char *header, size_t n, unsigned char *out)
{
    size_t h = strlen(header);
    for (int i = 0; i < 8; i++) out[i] = (unsigned char)(h >> (8 * i));
    memcpy(out + 8, header, h);
    for (size_t i = 0; i < n; i++) out[8 + h + i] = (unsigned char)(i % 64);
    return 8 + h + n;
}

static void check_refused(const char *header, size_t n, int code, const char *why)
{
    unsigned char file[4096];
    size_t len = file_of(header, n, file);
    if (read_bytes(file, len) == LG_OK) TEST_FAIL("read: %s", header);
    CHECK_INT(err.code, code);
    CHECK_HAS(code == 363 ? err.msg : err.why, why);
    CHECK_INT(list.count, 0);
}

#define W(type, shape, from, to)                                                                                       \
    "{\"w\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":[" from "," to "]}}"

TEST(as_the_formats_own_library_reads_it)
{
    static const char *const names[] = {"conv1.weight", "conv1.bias", "half", "quo\"te/\xc3\xa9"};
    float ours[4][16];
    CHECK_OK(read_golden("small.safetensors"));
    CHECK_INT(list.count, 5);
    check_golden_numbers("conv1.weight", "2x3x1x2");
    CHECK_INT(nn_named_find(&list, "half")->dtype, NN_F16);
    CHECK_INT(nn_named_find(&list, "bn.num_batches_tracked")->dtype, NN_I64);
    CHECK_INT(nn_named_floats(&list, nn_named_find(&list, "bn.num_batches_tracked"), ours[0], &err), LG_E_UNSUPPORTED);
    CHECK_INT(err.code, 363);
    lg_err_clear(&err);
    for (int i = 0; i < 4; i++) CHECK_OK(nn_named_floats(&list, nn_named_find(&list, names[i]), ours[i], &err));
    CHECK_OK(read_golden("small_f32.safetensors")); /* converted by numpy */
    CHECK_INT(list.count, 4);
    for (int i = 0; i < 4; i++) {
        const nn_named_tensor *t = nn_named_find(&list, names[i]);
        CHECK(t && memcmp(ours[i], t->data, t->bytes) == 0);
    }
}

TEST(written_as_the_formats_own_library_writes_it)
{
    static const char *const files[] = {"small.safetensors", "small_f32.safetensors"};
    for (int i = 0; i < 2; i++) {
        char path[PATH_MAX];
        lg_buf out;
        size_t len;
        snprintf(path, sizeof path, "tests/golden/weights/%s", files[i]);
        unsigned char *want = bytes_of(path, &len);
        CHECK_OK(read_golden(files[i]));
        nn_named_tensor first = list.at[0]; /* the order of the list does not matter */
        list.at[0] = list.at[list.count - 1], list.at[list.count - 1] = first;
        lg_buf_init(&out, 0);
        lg_buf_adds(&out, "abc"); /* behind what is there */
        CHECK_OK(nn_format_find("safetensors")->save(&list, &out, &err));
        CHECK_INT(out.len, len + 3);
        CHECK(memcmp(out.data + 3, want, len) == 0);
        lg_buf_release(&out);
        free(want);
    }
}

TEST(what_must_be_refused)
{
    unsigned char file[64] = {0};
    check_refused("{}", 0, 361, "no tensors");
    check_refused(" " W("F32", "[1]", "0", "4"), 4, 361, "does not begin with {");
    check_refused("{\"w\":1}", 0, 361, "has no dtype, shape and data_offsets");
    check_refused("[]", 0, 362, "");
    check_refused("{\"w\"", 0, 361, "no JSON");
    check_refused(W("F32", "[1]", "0", "4") "x", 4, 361, "no JSON");
    check_refused(
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"w\":{\"dtype\":\"F32\",\"shape\":[1],"
        "\"data_offsets\":[4,8]}}",
        8, 361, "duplicate");
    check_refused(W("F32", "[2]", "0", "4"), 4, 361, "needs 8 bytes, and has 4");
    check_refused(W("F32", "[4294967296,4294967296]", "0", "4"), 4, 361, "needs uncountably many bytes, and has 4");
    check_refused(W("F32", "[9223372036854775808]", "0", "4"), 4, 361, "no JSON");
    check_refused(W("F32", "[-1]", "0", "4"), 4, 361, "no number");
    check_refused(W("F32", "[1.0]", "0", "4"), 4, 361, "no number");
    check_refused(W("F32", "[0]", "0", "0"), 0, 361, "shape 0, which no numbers");
    check_refused(W("F32", "[1,1,1,1,1,1,1,1,1]", "0", "4"), 4, 361, "at most 8");
    check_refused(W("F32", "[1]", "4", "8"), 8, 361, "a gap before `w`");
    check_refused(W("F32", "[1]", "0", "4"), 8, 361, "4 bytes at its end");
    check_refused(W("F32", "[1]", "0", "8"), 4, 361, "should lie at 0 to 8 of 4 bytes");
    check_refused(W("F32", "[1]", "4", "0"), 4, 361, "should lie at");
    check_refused(W("F64", "[1]", "0", "8"), 8, 363, "F64");
    check_refused(W("BOOL", "[1]", "0", "1"), 1, 363, "BOOL");
    check_refused(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],"
        "\"data_offsets\":[2,6]}}",
        6, 361, "an overlap before `b`");
    check_refused("{\"__metadata__\":{\"a\":1},\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, 361,
                  "not a list of texts");
    CHECK_INT(read_bytes(file, 4), LG_E_UNSUPPORTED); /* too short to be known */
    CHECK_INT(read_bytes(file, 8), LG_E_FORMAT);
    CHECK_INT(read_bytes(file, 0), LG_E_FORMAT);
    CHECK_HAS(err.why, "empty");
    unsigned char far[128];
    size_t len = file_of(W("F32", "[1]", "0", "4"), 0, far);
    far[7] = 0x80;
    CHECK_INT(read_bytes(far, len), LG_E_FORMAT);
    CHECK_HAS(err.why, "the length of its header");
}

static void check_name(const char *json, const char *why)
{
    char header[1024];
    snprintf(header, sizeof header, "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", json);
    if (why) check_refused(header, 4, 361, why);
    else {
        unsigned char file[2048];
        size_t len = file_of(header, 4, file);
        CHECK_OK(read_bytes(file, len));
        CHECK_INT(list.count, 1);
    }
}

TEST(names)
{
    char name[300];
    memset(name, 'n', sizeof name);
    name[257] = 0;
    check_name(name, "has 257 bytes");
    name[256] = 0;
    check_name(name, NULL);
    check_name("", "has no name");
    check_name("a..b/c:0", NULL);
    check_name("conv1/kernel", NULL);
    check_name("onnx::Conv_1", NULL);
    check_name("../w", "is a path");
    check_name("a/../w", "is a path");
    check_name("a/..", "is a path");
    check_name("a\\\\w", "is a path");
    check_name("a\\u001b[31mw", "do not show");
    check_name("a\\nw", "do not show");
    check_name("a\\u202ew", "do not show");
    check_name("a\\u0000w", "no JSON");
    check_name("a\xff", "no JSON");
}

TEST(numbers_that_are_none)
{
    unsigned char file[256];
    size_t len = file_of(W("F32", "[3]", "0", "12"), 12, file);
    memset(file + len - 4, 0xff, 4);
    CHECK_INT(read_bytes(file, len), LG_E_NUMERIC);
    CHECK_INT(err.code, 364);
    CHECK_HAS(err.why, "1 of its 3 numbers are infinite or NaN, number 3 is the first");
    len = file_of(W("F16", "[2]", "0", "4"), 4, file);
    file[len - 1] = 0x7c, file[len - 2] = 0; /* infinity */
    CHECK_INT(read_bytes(file, len), LG_E_NUMERIC);
    len = file_of(W("BF16", "[1]", "0", "2"), 2, file);
    file[len - 1] = 0x7f, file[len - 2] = 0xc0;
    CHECK_INT(read_bytes(file, len), LG_E_NUMERIC);
}

/* A header that would need gigabytes as JSON is refused before. */
TEST(a_header_of_a_million_values)
{
    enum { N = 4000000 };
    unsigned char *file = malloc(N + 8);
    for (int i = 0; i < 8; i++) file[i] = (unsigned char)((long long)N >> (8 * i));
    memset(file + 8, '[', N);
    file[8] = '{';
    CHECK_INT(read_bytes(file, N + 8), LG_E_FORMAT);
    CHECK_HAS(err.why, "1,048,576 values");
    free(file);
}

TEST(every_cut_is_refused)
{
    size_t len;
    unsigned char *data = bytes_of("tests/golden/weights/small.safetensors", &len);
    for (size_t n = 0; n < len; n++) CHECK(read_bytes(data, n) != LG_OK);
    CHECK_OK(read_bytes(data, len));
    free(data);
}

TEST(memory_that_is_refused)
{
    check_refused_memory(read_golden, "small.safetensors");
}
