/* The container of saved files: what was written comes back, and nothing else does. */
#include "lib/base/pack.h"
#include "lib/store/bundle.h"
#include "tests/support/test.h"

static lg_err err;

/* A small file with two sections, "numbers" and "words". */
static void write_small(store_writer *w)
{
    const float values[3] = {0.5f, -1e30f, 3e-39f};
    lg_err_clear(&err);
    store_writer_init(w, "model", 2);
    lg_buf *out = store_writer_section(w, "numbers");
    lg_pack_u8(out, 7), lg_pack_u32(out, 0x01020304), lg_pack_u64(out, UINT64_MAX), lg_pack_i64(out, INT64_MIN);
    lg_pack_f64(out, -0.0), lg_pack_f32s(out, values, 3);
    out = store_writer_section(w, "words");
    lg_pack_text(out, "Zoë"), lg_pack_text(out, "");
    CHECK(store_writer_finish(w, &err) == LG_OK);
}

TEST(what_was_written_comes_back)
{
    store_writer w;
    store_bundle b;
    lg_unpack in;
    float values[3];
    write_small(&w);
    CHECK(store_bundle_read("a.lmodel", w.out.data, w.out.len, &b, &err) == LG_OK);
    CHECK_STR(b.kind, "model");
    CHECK(store_bundle_section(&b, "numbers", &in, &err) == LG_OK);
    CHECK_INT(lg_unpack_u8(&in), 7);
    CHECK_INT(lg_unpack_u32(&in), 0x01020304);
    CHECK(lg_unpack_u64(&in) == UINT64_MAX);
    CHECK(lg_unpack_i64(&in) == INT64_MIN);
    CHECK(signbit(lg_unpack_f64(&in)));
    CHECK(lg_unpack_f32s(&in, values, 3));
    CHECK(values[1] == -1e30f && values[2] == 3e-39f);
    CHECK(lg_unpack_end(&in, &err) == LG_OK);
    CHECK(store_bundle_section(&b, "words", &in, &err) == LG_OK);
    CHECK_STR(lg_unpack_text(&in, 10), "Zoë");
    CHECK_STR(lg_unpack_text(&in, 10), "");
    CHECK(lg_unpack_end(&in, &err) == LG_OK);
    store_writer_release(&w);
}

TEST(the_layout_is_the_documented_one)
{
    store_writer w;
    write_small(&w);
    const unsigned char *d = (const unsigned char *)w.out.data;
    CHECK(memcmp(d, "\x89LENS\r\n\x1a\1\0\0\0\2\0\0\0model\0\0\0\0\0\0\0\0\0\0\0", 32) == 0);
    CHECK_INT(d[32] | d[33] << 8, w.out.len);
    CHECK(memcmp(d + 40, "numbers\0\0\0\0\0\0\0\0\0", 16) == 0);
    CHECK_INT(d[56], 40 + 2 * 64 + 32);             /* the first section begins right behind the head */
    CHECK(memcmp(d + 200 + 1, "\4\3\2\1", 4) == 0); /* little-endian */
    store_writer_release(&w);
}

TEST(cut_at_every_byte)
{
    store_writer w;
    store_bundle b;
    write_small(&w);
    for (size_t len = 0; len < w.out.len; len++) {
        char *part = malloc(len ? len : 1); /* of that size, so that a sanitizer sees a byte too far */
        memcpy(part, w.out.data, len);
        lg_err_clear(&err);
        CHECK(store_bundle_read("a.lmodel", part, len, &b, &err) == LG_E_FORMAT);
        CHECK_INT(err.code, len < 12 ? 332 : 331);
        free(part);
    }
    store_writer_release(&w);
}

TEST(every_bit_counts)
{
    store_writer w;
    store_bundle b;
    write_small(&w);
    for (size_t i = 0; i < w.out.len * 8; i++) {
        w.out.data[i / 8] = (char)(w.out.data[i / 8] ^ 1 << i % 8);
        lg_err_clear(&err);
        CHECK(store_bundle_read("a.lmodel", w.out.data, w.out.len, &b, &err) == LG_E_FORMAT);
        CHECK_INT(err.code, i < 64 ? 332 : i < 96 && i != 64 ? 333 : 331);
        w.out.data[i / 8] = (char)(w.out.data[i / 8] ^ 1 << i % 8);
    }
    lg_buf_addc(&w.out, 0);
    CHECK(store_bundle_read("a.lmodel", w.out.data, w.out.len, &b, &err) == LG_E_FORMAT); /* nor may it grow */
    store_writer_release(&w);
}

TEST(a_newer_format_is_told)
{
    store_writer w;
    store_bundle b;
    write_small(&w);
    w.out.data[8] = STORE_VERSION + 1;
    CHECK(store_bundle_read("a.lmodel", w.out.data, w.out.len, &b, &err) == LG_E_FORMAT);
    CHECK_INT(err.code, 333);
    CHECK(strstr(err.msg, "a.lmodel") && strstr(err.why, "format 2"));
    store_writer_release(&w);
}

TEST(a_section_that_is_missing)
{
    store_writer w;
    store_bundle b;
    lg_unpack in;
    write_small(&w);
    CHECK(store_bundle_read("a.lmodel", w.out.data, w.out.len, &b, &err) == LG_OK);
    CHECK(store_bundle_section(&b, "images", &in, &err) == LG_E_FORMAT);
    CHECK_INT(err.code, 331);
    store_writer_release(&w);
}

/* ---- the reader of a section ---- */
static lg_unpack reader(const void *data, size_t len)
{
    lg_unpack in;
    lg_err_clear(&err);
    lg_unpack_init(&in, data, len, "a.lrun", "history");
    return in;
}

TEST(a_reader_never_leaves_its_bytes)
{
    for (size_t len = 0; len < 8; len++) {
        lg_unpack in = reader("\1\2\3\4\5\6\7", len);
        CHECK(lg_unpack_u64(&in) == 0);
        CHECK(in.bad && lg_unpack_u8(&in) == 0 && lg_unpack_bytes(&in, 0) == NULL);
        CHECK(lg_unpack_check(&in, &err) == LG_E_FORMAT);
        CHECK(strstr(err.why, "history"));
    }
}

TEST(a_count_is_no_larger_than_its_bytes)
{
    lg_unpack in = reader("\3\0\0\0abcdef", 10);
    CHECK_INT(lg_unpack_count(&in, 10, 2), 3);
    in = reader("\3\0\0\0abcde", 9);
    CHECK_INT(lg_unpack_count(&in, 10, 2), 0);
    CHECK(in.bad);
    in = reader("\377\377\377\377abcde", 9);
    CHECK_INT(lg_unpack_count(&in, SIZE_MAX, 1), 0);
    CHECK(in.bad);
    in = reader("\3\0\0\0abcdef", 10);
    CHECK_INT(lg_unpack_count(&in, 2, 1), 0);
    CHECK(in.bad);
}

TEST(texts_are_utf8_and_whole)
{
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"\2\0\0\0a\377", 7}, {"\2\0\0\0a\0\0", 7}, {"\2\0\0\0abc", 7}, {"\2\0\0\0ab", 6}, {"\377\377\377\377ab", 7},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lg_unpack in = reader(bad[i].bytes, bad[i].len);
        CHECK_STR(lg_unpack_text(&in, SIZE_MAX), "");
        CHECK(in.bad);
    }
    lg_unpack in = reader("\2\0\0\0ab", 7);
    CHECK_STR(lg_unpack_text(&in, 1), ""); /* longer than is wanted */
}

TEST(numbers_are_numbers)
{
    const float nan_value = NAN, values[2] = {1, INFINITY};
    float got[2] = {5, 5};
    lg_unpack in = reader(values, sizeof values);
    CHECK(!lg_unpack_f32s(&in, got, 2) && in.bad && got[0] == 5);
    in = reader(values, sizeof values);
    CHECK(!lg_unpack_f32s(&in, got, 3) && !lg_unpack_f32s(&in, got, SIZE_MAX));
    in = reader(&nan_value, sizeof nan_value);
    CHECK(!lg_unpack_f32s(&in, got, 1));
    in = reader("\0\0\0\0\0\0\370\177", 8);
    CHECK(lg_unpack_finite(&in) == 0 && in.bad);
    in = reader("\2", 1);
    CHECK(!lg_unpack_truth(&in) && in.bad);
    in = reader("\5\0\0\0\0\0\0\0", 8);
    CHECK_INT(lg_unpack_range(&in, 1, 4), 1);
    CHECK(in.bad);
    in = reader("\5\0", 2);
    CHECK_INT(lg_unpack_u8(&in), 5);
    CHECK(lg_unpack_end(&in, &err) == LG_E_FORMAT); /* something is left over */
}
