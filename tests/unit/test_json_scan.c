/* JSON in one pass: what is taken and refused is what jansson takes and refuses, and in which line; values that lie
 * across the parts a file is read in. */
#include <jansson.h>
#include "lib/data/json_scan.h"
#include "tests/support/dataset.h"

static lg_err err;

/* Whole, or why not. */
static const char *judge(data_json *s, lg_buf *copy)
{
    static char why[140];
    data_json_skip(s, copy);
    data_json_end(s);
    if (s->why[0]) snprintf(why, sizeof why, "line %zu: %s", s->line, s->why);
    else why[0] = 0;
    data_json_close(s);
    return why;
}

static const char *judge_text(const char *text)
{
    data_json s;
    data_json_text(&s, text, strlen(text));
    return judge(&s, NULL);
}

static bool jansson_takes(const char *text)
{
    json_t *root = json_loads(text, 0, NULL);
    json_decref(root);
    return root != NULL;
}

TEST(taken)
{
    static const char *const good[] = {
        "[]",
        " {\"a\" : [ ] , \"a\": {} }\n",
        "[0, -0, 10, -1.5, 1e5, 1E+5, 2.5e-3, 0.1, 9223372036854775807, -9223372036854775808, 1e-999]",
        "[true, false, null, \"\"]",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"]",
        "[\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \x7f\"]",
        "[[[[[[{\"a\":[[],{},[1]]}]]]]]]",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(jansson_takes(good[i]));
        CHECK_STR(judge_text(good[i]), "");
    }
}

TEST(refused)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "line 1: unexpected token near end of file"},
        {"[", "line 1: unexpected token near end of file"},
        {"[1", "line 1: ']' expected near end of file"},
        {"[1,]", "line 1: unexpected token near ']'"},
        {"[1 2]", "line 1: ']' expected near '2'"},
        {"[1]\n\n]", "line 3: end of file expected near ']'"},
        {"{\"a\":1,\n}", "line 2: string expected near '}'"},
        {"{\"a\"\n1}", "line 2: ':' expected near '1'"},
        {"{\"a\":1 \"b\":2}", "line 1: '}' expected near '\"'"},
        {"{a:1}", "line 1: string expected near 'a'"},
        {"[1}", "line 1: ']' expected near '}'"},
        {"[01]", "line 1: a number begins with 0 near '1'"},
        {"[-]", "line 1: invalid number near ']'"},
        {"[1.]", "line 1: invalid number near ']'"},
        {"[1e]", "line 1: invalid number near ']'"},
        {"[+1]", "line 1: unexpected token near '+'"},
        {"[9223372036854775808]", "line 1: a number is too large near ']'"},
        {"[1e999]", "line 1: a number is too large near ']'"},
        {"[nul]", "line 1: unexpected token near ']'"},
        {"[nulls]", "line 1: unexpected token near 's'"},
        {"['a']", "line 1: unexpected token near '''"},
        {"[\"a", "line 1: a string does not end near end of file"},
        {"[\"a\nb\"]", "line 1: a string with a control character near byte 0x0a"},
        {"[\"\\x\"]", "line 1: invalid escape near 'x'"},
        {"[\"\\u00g0\"]", "line 1: invalid escape near 'g'"},
        {"[\"\\u0000\"]", "line 1: invalid character by number near '\"'"},
        {"[\"\\ud83d\"]", "line 1: half a character by number near '\"'"},
        {"[\"\\ud83d\\u0041\"]", "line 1: half a character by number near '\"'"},
        {"[\"\\ude00\"]", "line 1: invalid character by number near '\"'"},
        {"[\"\xff\"]", "line 1: not UTF-8 near byte 0xff"},
        {"[\"\xc0\x80\"]", "line 1: not UTF-8 near byte 0xc0"},
        {"[\"\xe0\x80\x80\"]", "line 1: not UTF-8 near '\"'"},
        {"[\"\xed\xa0\x80\"]", "line 1: not UTF-8 near '\"'"},
        {"[\"\xc3\"]", "line 1: not UTF-8 near '\"'"},
        {"\xef\xbb\xbf[]", "line 1: unexpected token near byte 0xef"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!jansson_takes(bad[i].text));
        CHECK_STR(judge_text(bad[i].text), bad[i].why);
    }
}

/* As deep as jansson goes, on no more stack than one value takes. */
TEST(depth)
{
    enum { MOST = 3000 };
    char text[2 * MOST + 2];
    for (int deep = 2047; deep <= 2050; deep++) {
        memset(text, '[', (size_t)deep);
        memset(text + deep, ']', (size_t)deep);
        text[2 * deep] = 0;
        CHECK_INT(*judge_text(text) == 0, jansson_takes(text));
    }
    memset(text, '[', MOST);
    text[MOST] = 0;
    CHECK_HAS(judge_text(text), "too many values in one another");
}

/* A number may have any number of digits before its point and its exponent: what is too long to be judged is refused. */
TEST(long_numbers)
{
    static const char *const ends[] = {"", ".5", "e5", ".5e+5", ".5e-5"};
    for (int digits = 395; digits <= 402; digits++)
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
            lg_buf text;
            lg_buf_init(&text, 1000);
            lg_buf_addc(&text, '[');
            for (int i = 0; i < digits; i++) lg_buf_addc(&text, '1');
            lg_buf_addf(&text, "%s]", ends[k]);
            CHECK(!jansson_takes(lg_buf_str(&text)));
            CHECK_HAS(judge_text(lg_buf_str(&text)), "a number is too l");
            lg_buf_release(&text);
        }
}

/* A file of many parts: strings, numbers and wide letters lie across their ends; what is copied is what is there. */
TEST(files_in_parts)
{
    char path[120];
    lg_buf text, copy;
    data_json s;
    lg_buf_init(&text, 1 << 22);
    lg_buf_init(&copy, 1 << 22);
    ds_new();
    lg_buf_adds(&text, "[");
    for (int i = 0; i < 20000; i++)
        lg_buf_addf(&text, "%s\n{\"name\":\"\xe2\x82\xac %d \\u20ac\",\"box\":[%d.25,-%de-2,true]}", i ? "," : "", i, i,
                    i);
    lg_buf_adds(&text, "]\n");
    CHECK(text.len > 3 << 18);
    ds_write("a.json", text.data, text.len);
    snprintf(path, sizeof path, "%s/a.json", ds_folder);
    CHECK_OK(data_json_open(&s, path, NULL, &err));
    CHECK_STR(judge(&s, &copy), "");
    CHECK_OK(lg_buf_check(&copy, &err));
    json_t *whole = json_loadb(text.data, text.len, 0, NULL), *copied = json_loadb(copy.data, copy.len, 0, NULL);
    CHECK(whole && json_equal(whole, copied));
    json_decref(whole);
    json_decref(copied);
    text.data[text.len - 3] = '?'; /* in the last line */
    ds_write("a.json", text.data, text.len);
    CHECK_OK(data_json_open(&s, path, NULL, &err));
    CHECK_STR(judge(&s, NULL), "line 20001: '}' expected near '?'");
    lg_buf_release(&text);
    lg_buf_release(&copy);
}

TEST(interrupted)
{
    data_json s;
    char path[120];
    lg_cancel cancel = {0};
    ds_new();
    ds_text("a.json", "[1]");
    snprintf(path, sizeof path, "%s/a.json", ds_folder);
    lg_cancel_set(&cancel);
    CHECK_OK(data_json_open(&s, path, &cancel, &err));
    CHECK(!data_json_skip(&s, NULL));
    CHECK(s.err.status == LG_E_INTERRUPTED);
    data_json_close(&s);
    CHECK(data_json_open(&s, "/tmp/logolens-not-there.json", NULL, &err) != LG_OK);
    CHECK_INT(err.code, 302);
    lg_err_clear(&err);
}
