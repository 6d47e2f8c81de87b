/* Growing bytes: a failure sticks, limits hold to the byte, base64 is RFC 4648. */
#include "lib/base/lg.h"
#include "tests/support/test.h"

TEST(grows)
{
    lg_err err = {0};
    lg_buf buf;
    lg_buf_init(&buf, 0);
    CHECK_STR(lg_buf_str(&buf), "");
    for (int i = 0; i < 10000; i++) lg_buf_addf(&buf, "%04d", i);
    CHECK_OK(lg_buf_check(&buf, &err));
    CHECK_INT(buf.len, 40000);
    CHECK(memcmp(buf.data + 4 * 1234, "1234", 4) == 0);
    CHECK_INT(strlen(lg_buf_str(&buf)), 40000);
    lg_buf_clear(&buf);
    CHECK_STR(lg_buf_str(&buf), "");
    lg_buf_add(&buf, "a\0b", 3);
    lg_buf_addc(&buf, 'c');
    lg_buf_adds(&buf, "de");
    CHECK_INT(buf.len, 6);
    CHECK(memcmp(buf.data, "a\0bcde", 7) == 0);
    char *text = lg_buf_take(&buf, &err);
    CHECK(text && text[2] == 'b');
    CHECK(buf.data == NULL && buf.len == 0);
    lg_free(text);
    text = lg_buf_take(&buf, &err);
    CHECK_STR(text, "");
    lg_free(text);
    lg_buf_release(&buf);
}

TEST(formatted_text_of_every_length)
{
    lg_buf buf;
    static char word[1200];
    memset(word, 'x', sizeof word - 1);
    for (int n = 0; n < 1100; n += 7) {
        lg_buf_init(&buf, 0);
        lg_buf_addf(&buf, "%.*s", n, word);
        lg_buf_addf(&buf, "%.*s", n, word);
        CHECK_INT(buf.len, 2 * n);
        CHECK_INT(strlen(lg_buf_str(&buf)), 2 * n);
        lg_buf_release(&buf);
    }
}

TEST(limit_to_the_byte)
{
    lg_err err = {0};
    lg_buf buf;
    lg_buf_init(&buf, 1000);
    for (int i = 0; i < 1000; i++) lg_buf_addc(&buf, 'x');
    CHECK_OK(lg_buf_check(&buf, &err));
    CHECK_INT(buf.len, 1000);
    CHECK(buf.cap <= 1001); /* nor does the block outgrow it */
    lg_buf_addc(&buf, 'y');
    lg_buf_adds(&buf, ""); /* the failure sticks */
    CHECK_INT(lg_buf_check(&buf, &err), LG_E_LIMIT);
    CHECK_INT(buf.len, 1000);
    CHECK(lg_buf_take(&buf, &err) == NULL);
    CHECK_STR(err.msg, "a result grew past its limit of 1,000 bytes");
    lg_buf_clear(&buf);
    err = (lg_err){0};
    CHECK_OK(lg_buf_check(&buf, &err));
    lg_buf_addf(&buf, "%1001d", 7);
    CHECK_INT(lg_buf_check(&buf, &err), LG_E_LIMIT);
    CHECK_STR(lg_buf_str(&buf), ""); /* nothing half-written */
    lg_buf_clear(&buf);
    lg_buf_add(&buf, "x", 0);
    CHECK_INT(buf.len, 0);
    CHECK(!lg_buf_reserve(&buf, SIZE_MAX));
    lg_buf_release(&buf);
    lg_buf_init(&buf, SIZE_MAX);
    CHECK(!lg_buf_reserve(&buf, SIZE_MAX));
    CHECK_INT(buf.failed, LG_E_LIMIT);
    lg_buf_release(&buf);
}

TEST(memory_failure_sticks)
{
    lg_err err = {0};
    lg_buf buf;
    lg_buf_init(&buf, 0);
    lg_buf_adds(&buf, "kept");
    lg_alloc_fail_at(1, false);
    for (int i = 0; i < 1000; i++) lg_buf_adds(&buf, "more");
    CHECK_INT(lg_buf_check(&buf, &err), LG_E_MEMORY);
    CHECK_INT(err.code, 901);
    CHECK(strncmp(lg_buf_str(&buf), "kept", 4) == 0);
    lg_buf_release(&buf);
}

TEST(reserve)
{
    lg_buf buf;
    lg_buf_init(&buf, 0);
    CHECK(lg_buf_reserve(&buf, 5000));
    memset(buf.data, 'r', 5000);
    buf.len = 5000;
    lg_buf_adds(&buf, "!");
    CHECK_INT(strlen(lg_buf_str(&buf)), 5001);
    lg_buf_release(&buf);
}

/* RFC 4648, section 10. */
TEST(base64)
{
    static const char *const cases[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lg_buf buf;
        lg_buf_init(&buf, 0);
        lg_buf_base64(&buf, cases[i][0], strlen(cases[i][0]));
        CHECK_STR(lg_buf_str(&buf), cases[i][1]);
        lg_buf_release(&buf);
    }
    lg_buf buf;
    lg_buf_init(&buf, 0);
    lg_buf_base64(&buf, "\xfb\xff\xbf\x00", 4);
    CHECK_STR(lg_buf_str(&buf), "+/+/AA==");
    lg_buf_base64(&buf, "x", SIZE_MAX); /* refused before a byte is read */
    CHECK_INT(buf.failed, LG_E_LIMIT);
    lg_buf_release(&buf);
}
