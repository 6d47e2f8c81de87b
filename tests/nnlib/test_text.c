/* Text: UTF-8 at its edges, comparing without case, "did you mean", and text made safe to show. */
#include "lib/base/lg.h"
#include "tests/support/test.h"
#include <limits.h>

static int decode(const char *s, uint32_t *cp)
{
    *cp = 0xdead;
    return lg_utf8_next(s, strlen(s), cp);
}

/* The classes of Markus Kuhn's UTF-8 decoder stress test: boundaries of each length, then what must be refused. */
TEST(utf8_boundaries)
{
    static const struct {
        const char *text;
        int bytes;
        uint32_t cp;
    } good[] = {
        {"\x01", 1, 1},
        {"\x7f", 1, 0x7f},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xee\x80\x80", 3, 0xe000},
        {"\xef\xbf\xbd", 3, 0xfffd},
        {"\xef\xbf\xbf", 3, 0xffff},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint32_t cp;
        CHECK_INT(decode(good[i].text, &cp), good[i].bytes);
        CHECK_INT(cp, good[i].cp);
        for (int cut = 1; cut < good[i].bytes; cut++) CHECK_INT(lg_utf8_next(good[i].text, (size_t)cut, &cp), 0);
    }
}

TEST(utf8_refused)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\x80\xbf\x80",
        "\xc0\xaf",
        "\xe0\x80\xaf",
        "\xf0\x80\x80\xaf",
        "\xf8\x80\x80\x80\xaf",
        "\xfc\x80\x80\x80\x80\xaf",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xc0\x80",
        "\xed\xa0\x80",
        "\xed\xaf\xbf",
        "\xed\xb0\x80",
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc3(",
        "\xe2\x82(",
        "\xf0\x9f\x98(",
        "\xc0 ",
        "\xe0 ",
        "\xf0 ",
        "\xf8\x88\x80\x80\x80",
    };
    uint32_t cp;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (decode(bad[i], &cp)) TEST_FAIL("case %zu was taken for U+%04X", i, (unsigned)cp);
        CHECK_INT(lg_utf8_valid(bad[i], strlen(bad[i])), 0);
    }
    CHECK_INT(lg_utf8_next("", 0, &cp), 0);
    CHECK_INT(lg_utf8_next("\0x", 2, &cp), 1);
    CHECK_INT(cp, 0);
}

/* Every value there is: what is encoded by the rule comes back, what is no scalar value does not. */
TEST(utf8_all_code_points)
{
    for (uint32_t c = 0x80; c < 0x110800; c++) {
        char s[4];
        int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (int i = n - 1; i > 0; i--) s[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
        s[0] = (char)((0xf00u >> n & 0xff) | c >> 6 * (n - 1));
        uint32_t cp = 0;
        bool scalar = c < 0x110000 && !(c >= 0xd800 && c < 0xe000);
        int used = lg_utf8_next(s, (size_t)n, &cp);
        if (used != (scalar ? n : 0) || (scalar && cp != c)) TEST_FAIL("U+%04X gave %d bytes, U+%04X", c, used, cp);
    }
}

TEST(utf8_counting)
{
    const char *text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"; /* a ä € 😀 z: 1 2 3 4 1 bytes */
    CHECK_INT(lg_utf8_count(text, strlen(text)), 5);
    CHECK_INT(lg_utf8_offset(text, strlen(text), 0), 0);
    CHECK_INT(lg_utf8_offset(text, strlen(text), 3), 6);
    CHECK_INT(lg_utf8_offset(text, strlen(text), 99), strlen(text));
    CHECK_INT(lg_utf8_valid(text, strlen(text)), strlen(text));
    CHECK_INT(lg_utf8_valid("ok\xff", 3), 2);
    CHECK_INT(lg_utf8_valid("ok\xe2\x82", 4), 2);
    CHECK_INT(lg_utf8_count("\xff\xfe", 2), 2); /* an invalid byte counts as one character */
}

TEST(fit)
{
    CHECK_INT(lg_utf8_fit("nike", 4, 3), 3);
    CHECK_INT(lg_utf8_fit("nike", 4, 9), 4);
    CHECK_INT(lg_utf8_fit("nike", 4, 0), 0);
    CHECK_INT(lg_utf8_fit("a\xe6\x97\xa5\xe6\x9c\xac", 7, 4), 4); /* half of 本 is none */
    CHECK_INT(lg_utf8_fit("a\xe6\x97\xa5\xe6\x9c\xac", 7, 5), 7);
    CHECK_INT(lg_utf8_fit("e\xcc\x81x", 4, 1), 3); /* the accent belongs to the e */
}

TEST(width)
{
    CHECK_INT(lg_utf8_width(""), 0);
    CHECK_INT(lg_utf8_width("nike"), 4);
    CHECK_INT(lg_utf8_width("K\xc3\xb6ln"), 4);
    CHECK_INT(lg_utf8_width("e\xcc\x81"), 1);                        /* e and a combining accent */
    CHECK_INT(lg_utf8_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);         /* 日本 */
    CHECK_INT(lg_utf8_width("\xed\x95\x9c"), 2);                     /* 한 */
    CHECK_INT(lg_utf8_width("\xef\xbc\xa1"), 2);                     /* fullwidth A */
    CHECK_INT(lg_utf8_width("\xf0\x9f\x98\x80"), 2);                 /* 😀 */
    CHECK_INT(lg_utf8_width("\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd"), 2); /* 👍🏽 */
    CHECK_INT(lg_utf8_width("a\xe2\x80\x8b"
                            "b"),
              2); /* zero-width space */
    CHECK_INT(lg_utf8_width("\n\t"), 0);
}

TEST(casecmp)
{
    static const char *const same[][2] = {
        {"", ""},
        {"Nike", "nIKE"},
        {"K\xc3\x96LN", "k\xc3\xb6ln"},                           /* Ö ö */
        {"\xc5\xa0KODA", "\xc5\xa1koda"},                         /* Š š */
        {"\xc5\xb9", "\xc5\xba"},                                 /* Ź ź */
        {"\xc5\xb8", "\xc3\xbf"},                                 /* Ÿ ÿ */
        {"\xce\xa3\xce\x91\xce\xa3", "\xcf\x83\xce\xb1\xcf\x82"}, /* ΣΑΣ σας */
        {"\xce\x86", "\xce\xac"},                                 /* Ά ά */
        {"\xd0\x9c\xd0\x9e\xd0\xa1\xd0\x9a\xd0\x92\xd0\x90", "\xd0\xbc\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0"},
        {"\xd0\x81", "\xd1\x91"},         /* Ё ё */
        {"\xd2\x90", "\xd2\x91"},         /* Ґ ґ */
        {"\xe1\xba\xa0", "\xe1\xba\xa1"}, /* Ạ ạ */
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (lg_casecmp(same[i][0], same[i][1])) TEST_FAIL("%s and %s differ", same[i][0], same[i][1]);
    CHECK(lg_case_contains("Schuh gr\xc3\xb6\xc3\x9f" "e", "GR\xc3\x96\xc3\x9f"));
    CHECK(lg_case_contains("aab", "AB") && lg_case_contains("x", "") && lg_case_contains("", ""));
    CHECK(!lg_case_contains("aab", "abb") && !lg_case_contains("", "a") && !lg_case_contains("ab", "abc"));
    CHECK(!lg_case_contains("\xff" "a", "\xfe"));
    CHECK(lg_casecmp("a", "b") < 0);
    CHECK(lg_casecmp("B", "a") > 0);
    CHECK(lg_casecmp("a", "ab") < 0);
    CHECK(lg_casecmp("ab", "a") > 0);
    CHECK(lg_casecmp("\xc3\x97", "\xc3\xb7") != 0); /* × and ÷ are no letters */
    CHECK(lg_casecmp("\xff", "\xfe") > 0);
    CHECK(lg_casecmp("\xff", "\xc3\xbf") != 0);
    CHECK(lg_casecmp("@", "`") != 0);
    CHECK(lg_casecmp("[", "{") != 0);
}

TEST(edit_distance)
{
    static const struct {
        const char *a, *b;
        int distance;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"kitten", "sitting", 3},
        {"saturday", "sunday", 3},
        {"ca", "ac", 1},
        {"ca", "abc", 3}, /* 3, not 2: optimal string alignment */
        {"abcdef", "abcfde", 2},
        {"epoch", "epochs", 1},
        {"addam", "adam", 1},
        {"NIKE", "nike", 0},
        {"intention", "execution", 5},
        {"teh", "the", 1},
        {"k\xc3\xb6ln", "koln", 1},
        {"a cat", "an abct", 4},
        {"banana", "banaan", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int there = lg_edit_distance(cases[i].a, cases[i].b), back = lg_edit_distance(cases[i].b, cases[i].a);
        if (there != cases[i].distance || back != there)
            TEST_FAIL("%s, %s: %d and %d, expected %d", cases[i].a, cases[i].b, there, back, cases[i].distance);
    }
    static char a[5001], b[4001];
    memset(a, 'a', 5000);
    memset(b, 'a', 4000);
    CHECK_INT(lg_edit_distance(a, b), 1000);
}

TEST(nearest)
{
    static const char *const options[] = {"epochs", "batch", "lr",   "optimizer", "momentum", "schedule",
                                          "loss",   NULL,    "seed", "patience",  "decay",    "time"};
    size_t n = sizeof options / sizeof *options;
    CHECK_STR(lg_nearest("epoch", options, n), "epochs");
    CHECK_STR(lg_nearest("EPOCHS", options, n), "epochs");
    CHECK_STR(lg_nearest("bacth", options, n), "batch");
    CHECK_STR(lg_nearest("optimiser", options, n), "optimizer");
    CHECK_STR(lg_nearest("shcedule", options, n), "schedule");
    CHECK_STR(lg_nearest("sede", options, n), "seed");
    CHECK_STR(lg_nearest("opt", options, n), "optimizer"); /* begins like it */
    static const char *const layer[] = {"weights", "until", "width"};
    CHECK_STR(lg_nearest("wieghts", layer, 3), "weights"); /* fewer edits, though `width` begins more like it */
    CHECK(lg_nearest("xyz", options, n) == NULL);
    CHECK(lg_nearest("", options, n) == NULL);
    CHECK(lg_nearest("x", options, n) == NULL);
    CHECK(lg_nearest("dropout", options, n) == NULL);
    CHECK(lg_nearest("epochs", NULL, 0) == NULL);
    static const char *const close_by[] = {"bat", "cat", "cats", "catalogue"};
    CHECK_STR(lg_nearest("cat", close_by, 4), "cat");
    CHECK_STR(lg_nearest("catz", close_by, 4), "cat"); /* one edit like `cats`, and the earlier name */
    CHECK_STR(lg_nearest("ca", close_by, 4), "cat");   /* the longer common beginning */
    static char long_word[5000];
    memset(long_word, 'e', sizeof long_word - 1);
    CHECK(lg_nearest(long_word, options, n) == NULL);
}

TEST(thousands)
{
    CHECK_STR(lg_thousands(0), "0");
    CHECK_STR(lg_thousands(7), "7");
    CHECK_STR(lg_thousands(999), "999");
    CHECK_STR(lg_thousands(1000), "1,000");
    CHECK_STR(lg_thousands(130532), "130,532");
    CHECK_STR(lg_thousands(-1234567), "-1,234,567");
    CHECK_STR(lg_thousands(LLONG_MAX), "9,223,372,036,854,775,807");
    CHECK_STR(lg_thousands(LLONG_MIN), "-9,223,372,036,854,775,808");
    char both[64];
    snprintf(both, sizeof both, "%s of %s", lg_thousands(1000), lg_thousands(2000));
    CHECK_STR(both, "1,000 of 2,000");
}

static const char *plain(const char *s, size_t len)
{
    static char text[200];
    lg_buf buf;
    lg_buf_init(&buf, 0);
    lg_buf_add_plain(&buf, s, len);
    snprintf(text, sizeof text, "%s", lg_buf_str(&buf));
    lg_buf_release(&buf);
    return text;
}

TEST(plain_text)
{
    CHECK_STR(plain("", 0), "");
    CHECK_STR(plain("Just do it \xe2\x9c\x93", 14), "Just do it \xe2\x9c\x93");
    CHECK_STR(plain("a\nb\tc\rd", 7), "a\\nb\\tc\\rd");
    CHECK_STR(plain("\x1b[31m\x7f", 6), "\\x1b[31m\\x7f");
    CHECK_STR(plain("\0", 1), "\\x00");
    CHECK_STR(plain("\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90\xf0\x9f\xbf\xbf", 13), "\\ufffe\\uffff\\ufdd0\\U0001ffff");
    CHECK_STR(plain("a\xff\xc3", 3), "a\\xff\\xc3");
    CHECK_STR(plain("\xe2\x80\xae"
                    "evil",
                    7),
              "\\u202eevil");                                      /* right-to-left override */
    CHECK_STR(plain("\xe2\x81\xa6\xd8\x9c", 5), "\\u2066\\u061c"); /* isolate, Arabic letter mark */
    CHECK_STR(plain("\xc2\x85\xe2\x80\xa8", 5), "\\u0085\\u2028"); /* line ends in disguise */
    CHECK_STR(plain("\xf3\xa0\x81\x81", 4), "\\U000e0041");        /* tag letter A */
    CHECK_STR(plain("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac", 11),
              "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac"); /* an emoji made of two, joined */
}

TEST(scrub)
{
    char text[] = "a\x1b[0m\nb\xff\xe2\x80\xae\xc3\xa4\xc3";
    lg_text_scrub(text);
    CHECK_STR(text, "a?[0m\nb????\xc3\xa4?");
}
