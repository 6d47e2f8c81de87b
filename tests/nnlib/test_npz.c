/* test_npz.c - arrays and archives of numpy's come to its numbers; those that are not as they must be are refused. */
#include <zlib.h>
#include "tests/support/weights.h"

/* ---- one array ---- */
static lg_status read_npy(const char *header, size_t numbers)
{
    unsigned char file[2048] = "\x93NUMPY\x01";
    size_t h = strlen(header);
    file[7] = 0;
    file[8] = (unsigned char)h, file[9] = (unsigned char)(h >> 8);
    memcpy(file + 10, header, h);
    for (size_t i = 0; i < numbers; i++) {
        float value = golden_number(i);
        memcpy(file + 10 + h + 4 * i, &value, 4);
    }
    return read_bytes(file, 10 + h + 4 * numbers);
}

#define HEADER(type, order, shape) "{'descr': " type ", 'fortran_order': " order ", 'shape': " shape ", }\n"

static void check_refused(const char *header, size_t numbers, int code, const char *text)
{
    if (read_npy(header, numbers) == LG_OK) TEST_FAIL("read: %s", header);
    CHECK_INT(err.code, code);
    CHECK_HAS(code == 361 ? err.why : err.msg, text);
}

TEST(headers_that_are_read)
{
    static const struct {
        const char *header, *shape;
        size_t numbers;
    } rows[] = {
        {HEADER("'<f4'", "False", "(2, 3)"), "2x3", 6},
        {HEADER("'<f4'", "False", "()"), "1 number", 1},
        {HEADER("'<f4'", "False", "(4,)"), "4", 4},
        {HEADER("'<f4'", "True", "(4,)"), "4", 4},
        {"{\"shape\":(2L,3L,),\"descr\":\"<f4\",\"fortran_order\":False}", "2x3", 6},
        {HEADER("'<f4'", "True", "(1, 4, 1)"), "1x4x1", 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_OK(read_npy(rows[i].header, rows[i].numbers));
        check_golden_numbers("array", rows[i].shape);
    }
}

TEST(headers_that_are_refused)
{
    check_refused(HEADER("'<f4'", "False", "(2, 3)"), 5, 361, "needs 24 bytes, and has 20");
    check_refused(HEADER("'<f4'", "False", "(2, 3)"), 7, 361, "needs 24 bytes, and has 28");
    check_refused(HEADER("'<f4'", "True", "(2, 3)"), 5, 361, "needs 24 bytes, and has 20");
    check_refused(HEADER("'<f4'", "True", "(4294967296, 4294967296)"), 5, 361, "uncountably many");
    check_refused(HEADER("'<f4'", "False", "(0, 3)"), 0, 361, "0x3, which no numbers can have");
    check_refused(HEADER("'<f4'", "False", "(4)"), 4, 361, "none of numpy's");
    check_refused(HEADER("'<f4'", "False", "(-4,)"), 4, 361, "none of numpy's");
    check_refused(HEADER("'<f4'", "False", "(1e3,)"), 4, 361, "none of numpy's");
    check_refused(HEADER("'<f4'", "False", "(1000000000000000000000000000000,)"), 4, 361, "none of numpy's");
    check_refused(HEADER("'<f4'", "False", "(1,1,1,1,1,1,1,1,1)"), 1, 361, "none of numpy's");
    check_refused(HEADER("'<f4'", "False", "((((1,))))"), 1, 361, "none of numpy's");
    check_refused(HEADER("'<f4'", "__import__('os')", "(1,)"), 1, 361, "near `__import__('os'), 's`");
    check_refused(HEADER("'<f4'", "False", "(1,)") "x", 1, 361, "none of numpy's");
    check_refused("{'descr': '<f4', 'fortran_order': False}", 1, 361, "none of numpy's");
    check_refused("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", 1, 361, "none of numpy's");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': 1}", 1, 361, "none of numpy's");
    check_refused("{'descr': '<f4' 'fortran_order': False, 'shape': ()}", 1, 361, "none of numpy's");
    check_refused("{'descr': '<f4", 1, 361, "none of numpy's");
    check_refused("", 1, 361, "none of numpy's");
    check_refused(HEADER("'>f4'", "False", "(1,)"), 1, 363, "`>f4`");
    check_refused(HEADER("'<f8'", "False", "(1,)"), 2, 363, "`<f8`");
    check_refused(HEADER("[('a', '<f4')]", "False", "(1,)"), 1, 363, "`record`");
    check_refused(HEADER("'|O'", "False", "(1,)"), 1, 363, "`|O`");
    CHECK_HAS(err.why, "a program and never run");
}

/* The message ends where the header does. */
TEST(a_text_that_does_not_end)
{
    static const unsigned char file[] = "\x93NUMPY\x01\x00\x06\x00{'desc"
                                        "SECRET";
    CHECK(read_bytes(file, sizeof file - 1) != LG_OK);
    CHECK_STR(err.why, "the header of `array` is none of numpy's, near ``");
}

TEST(arrays_as_numpy_wrote_them)
{
    CHECK_OK(read_golden("fortran.npy"));
    check_golden_numbers("array", "3x5");
    CHECK_OK(read_golden("version2.npy"));
    check_golden_numbers("array", "3x5");
}

/* ---- archives ---- */
TEST(archives_as_numpy_wrote_them)
{
    static const char *const files[] = {"small_stored.npz", "small_packed.npz"};
    for (int i = 0; i < 2; i++) {
        CHECK_OK(read_golden(files[i]));
        CHECK_INT(list.count, 5);
        check_golden_numbers("conv1.weight", "2x3x1x2");
        check_golden_numbers("conv1.bias", "2");
        check_golden_numbers("turned", "2x3x4"); /* in Fortran's order */
        CHECK_NEAR(float_at("scale", 0), 0.5, 0);
        CHECK_INT(nn_named_find(&list, "steps")->dtype, NN_I64);
    }
}

/* An archive of n entries, stored. What is written is put into `list_at` and the places of the entries. */
typedef struct archive {
    unsigned char data[1 << 17];
    size_t len, list_at, head[4];
} archive;

static void put(archive *a, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) a->data[a->len++] = i < 8 ? (unsigned char)(value >> (8 * i)) : 0;
}

static size_t an_array(unsigned char out[64])
{
    static const char header[] = "{'descr':'<f4','fortran_order':False,'shape':()}";
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = sizeof header - 1, out[9] = 0;
    memcpy(out + 10, header, sizeof header - 1);
    memset(out + 10 + sizeof header - 1, 0, 4);
    return 10 + sizeof header - 1 + 4;
}

static archive archive_of(const char *const *names, int n)
{
    archive a = {0};
    unsigned char array[64];
    size_t size = an_array(array);
    uint32_t crc = (uint32_t)crc32_z(0, array, size);
    for (int i = 0; i < n; i++) {
        size_t len = strlen(names[i]);
        a.head[i] = a.len;
        put(&a, 0x04034b50, 4), put(&a, 20, 2), put(&a, 0, 8), put(&a, crc, 4), put(&a, size, 4), put(&a, size, 4);
        put(&a, len, 2), put(&a, 0, 2);
        memcpy(a.data + a.len, names[i], len), a.len += len;
        memcpy(a.data + a.len, array, size), a.len += size;
    }
    a.list_at = a.len;
    for (int i = 0; i < n; i++) {
        size_t len = strlen(names[i]);
        put(&a, 0x02014b50, 4), put(&a, 20, 4), put(&a, 0, 8), put(&a, crc, 4), put(&a, size, 4), put(&a, size, 4);
        put(&a, len, 2), put(&a, 0, 12), put(&a, a.head[i], 4);
        memcpy(a.data + a.len, names[i], len), a.len += len;
    }
    size_t list_size = a.len - a.list_at;
    put(&a, 0x06054b50, 4), put(&a, 0, 4), put(&a, (uint64_t)n, 2), put(&a, (uint64_t)n, 2), put(&a, list_size, 4);
    put(&a, a.list_at, 4), put(&a, 0, 2);
    return a;
}

static archive two(void)
{
    return archive_of((const char *const[]){"a.npy", "b.npy"}, 2);
}

static void check_archive(const archive *a, int code, const char *text)
{
    CHECK(read_bytes(a->data, a->len) != LG_OK);
    CHECK_INT(err.code, code);
    CHECK_HAS(code == 361 ? err.why : err.msg, text);
}

TEST(archives_made_here)
{
    archive a = two();
    CHECK_OK(read_bytes(a.data, a.len));
    CHECK_INT(list.count, 2);
    a.data[a.len - 2] = 3; /* a comment */
    memcpy(a.data + a.len, "abc", 3), a.len += 3;
    CHECK_OK(read_bytes(a.data, a.len));
    a.len--;
    check_archive(&a, 361, "no list at its end");
}

TEST(archives_that_are_refused)
{
    enum { FLAGS = 8, METHOD = 10, CRC = 16, PACKED = 20, SIZE = 24, OFFSET = 42 };
    archive a = archive_of((const char *const[]){"a.npy", "a.npy"}, 2);
    check_archive(&a, 361, "`a` is in it twice");
    a = archive_of((const char *const[]){"a.npy", "b.txt"}, 2);
    check_archive(&a, 361, "`b.txt` in the archive is no array");
    a = archive_of((const char *const[]){"a.npy", "../b.npy"}, 2);
    check_archive(&a, 361, "is a path: `../b`");
    a = archive_of((const char *const[]){"a.npy", ".npy"}, 2);
    check_archive(&a, 361, "is no array");
    a = two(), a.data[a.list_at + FLAGS] = 1;
    check_archive(&a, 362, "packed in a way that is not read");
    CHECK_HAS(err.why, "encrypted");
    a = two(), a.data[a.list_at + METHOD] = 12;
    check_archive(&a, 362, "packed in a way that is not read");
    a = two(), a.data[a.list_at + METHOD] = 8;
    check_archive(&a, 361, "called otherwise");
    a = two(), a.data[a.list_at + METHOD] = a.data[8] = 8;
    check_archive(&a, 361, "the packing of `a.npy` is damaged");
    a = two(), a.data[a.list_at + CRC] ^= 1;
    check_archive(&a, 361, "the checksum of `a.npy`");
    a = two(), a.data[a.list_at + PACKED]++;
    check_archive(&a, 361, "the sizes of `a.npy`");
    a = two(), a.data[a.list_at + PACKED + 1]++, a.data[a.list_at + SIZE + 1]++;
    check_archive(&a, 361, "`a.npy` is cut off");
    a = two(), memset(a.data + a.list_at + SIZE, 0xff, 4);
    check_archive(&a, 362, "of more than is read");
    a = two(), memset(a.data + a.list_at + OFFSET, 0xfe, 4);
    check_archive(&a, 361, "not where the archive's list says");
    a = two(), a.data[a.head[0] + 30] = 'c';
    check_archive(&a, 361, "called otherwise where its bytes are");
    a = two(), a.data[a.len - 12]++; /* one entry more on this disk, but not in all */
    check_archive(&a, 361, "the archive's list");
    a = two(), a.data[a.len - 10]++;
    check_archive(&a, 361, "the archive's list");
    a = two(), a.data[a.len - 6]++;
    check_archive(&a, 361, "the archive's list is not where");
    a = two(), memmove(a.data + a.list_at + 1, a.data + a.list_at, a.len - a.list_at), a.len++;
    check_archive(&a, 361, "the archive's list is not where");
}

/* Two entries of one place: a small archive of as much as one likes. */
TEST(entries_over_one_another)
{
    archive a = archive_of((const char *const[]){"a.npy", "a.npy"}, 2);
    memcpy(a.data + a.list_at + 46 + 5 + 42, a.data + a.list_at + 42, 4);
    check_archive(&a, 361, "lie over one another");
}

/* One packed entry whose list says what it comes to. */
static archive packed(size_t bytes, size_t size)
{
    static const char name[] = "a.npy";
    archive a = {0};
    put(&a, 0x04034b50, 4), put(&a, 20, 4), put(&a, 8, 2), put(&a, 0, 16), put(&a, 5, 2), put(&a, 0, 2);
    memcpy(a.data + a.len, name, 5), a.len += 5 + bytes;
    a.list_at = a.len;
    put(&a, 0x02014b50, 4), put(&a, 20, 4), put(&a, 0, 2), put(&a, 8, 2), put(&a, 0, 8), put(&a, bytes, 4);
    put(&a, size, 4), put(&a, 5, 2), put(&a, 0, 16);
    memcpy(a.data + a.len, name, 5), a.len += 5;
    put(&a, 0x06054b50, 4), put(&a, 0, 4), put(&a, 1, 2), put(&a, 1, 2), put(&a, 51, 4), put(&a, a.list_at, 4);
    put(&a, 0, 2);
    return a;
}

/* Refused by what the list says, before there is memory for it. */
TEST(a_bomb)
{
    enum { MB = 1 << 20 };
    archive a = packed(60, 80 * MB);
    check_archive(&a, 361, "the sizes of `a.npy`"); /* fewer bytes than any packing needs */
    a = packed(100000, 90 * MB);
    check_archive(&a, 361, "unpacked it would have 94,371,840 bytes");
    a = packed(100000, 60 * MB);
    check_archive(&a, 361, "the packing of `a.npy` is damaged");
}

TEST(every_cut_is_refused)
{
    static const char *const files[] = {"small_stored.npz", "small_packed.npz", "fortran.npy"};
    for (int i = 0; i < 3; i++) {
        char path[PATH_MAX];
        size_t len;
        snprintf(path, sizeof path, "tests/golden/weights/%s", files[i]);
        unsigned char *data = bytes_of(path, &len);
        for (size_t n = 0; n < len; n++) CHECK(read_bytes(data, n) != LG_OK);
        CHECK_OK(read_bytes(data, len));
        free(data);
    }
}

TEST(memory_that_is_refused)
{
    check_refused_memory(read_golden, "small_packed.npz");
}

/* Networks that others trained. */
TEST(published_weights)
{
    static const struct {
        const char *file, *name, *shape;
        size_t tensors;
    } rows[] = {{"cifar10_resnet20.npz", "layer1.0.conv1.weight", "16x16x3x3", 97},
                {"cifar10_resnet56.npz", "bn1.running_var", "16", 277},
                {"mobilenet_v1_0.75_224.npz", "conv1.kernel", "3x3x3x24", 137}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[100];
        size_t len;
        snprintf(name, sizeof name, "data/pretrained/%s", rows[i].file);
        unsigned char *data = bytes_of(test_shared(name), &len);
        CHECK_OK(read_bytes(data, len));
        free(data);
        CHECK_STR(shape_of(rows[i].name), rows[i].shape);
        CHECK_INT(list.count, rows[i].tensors);
    }
}
