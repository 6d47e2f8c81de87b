/* The error record: the first failure wins, texts are cut between characters and made harmless. */
#include "lib/base/lg.h"
#include "tests/support/test.h"

TEST(first_failure_wins)
{
    lg_err err = {0};
    CHECK_INT(lg_fail(&err, LG_E_SHAPE, 203, "`%s` cannot fit here", "conv"), LG_E_SHAPE);
    CHECK_INT(lg_why(&err, "it is %d wide", 3), LG_E_SHAPE);
    CHECK_INT(lg_try(&err, "add `same`"), LG_E_SHAPE);
    CHECK_INT(lg_fail(&err, LG_E_IO, 302, "second"), LG_E_SHAPE);
    CHECK_INT(lg_why(&err, "of the second"), LG_E_SHAPE);
    CHECK_INT(lg_try(&err, "of the second"), LG_E_SHAPE);
    CHECK_STR(err.msg, "`conv` cannot fit here");
    CHECK_STR(err.why, "it is 3 wide");
    CHECK_STR(err.hint, "add `same`");
    CHECK_INT(err.code, 203);
    CHECK_HAS(err.file, "test_err.c");
    lg_err_clear(&err);
    CHECK_INT(err.status, LG_OK);
    CHECK_STR(err.msg, "");
}

TEST(place)
{
    lg_err err = {0};
    CHECK_INT(lg_err_place(&err, (lg_span){.line = 1, .col = 2, .len = 3}), LG_OK);
    CHECK_INT(err.span.line, 0); /* no failure, no place */
    lg_fail(&err, LG_E_ARG, 141, "x");
    CHECK_INT(lg_err_place(&err, (lg_span){.line = 4, .col = 5, .len = 6}), LG_E_ARG);
    CHECK_INT(lg_err_place(&err, (lg_span){.line = 7, .col = 8, .len = 9}), LG_E_ARG);
    CHECK_INT(err.span.line, 4);
    CHECK_INT(err.span.len, 6);
}

/* Any length around the size of the field: valid UTF-8 comes out, and as much of it as fits. */
TEST(long_texts)
{
    static char text[3000];
    for (size_t n = 380; n < 420; n++)
        for (size_t shift = 0; shift < 4; shift++) {
            lg_err err = {0};
            memset(text, 'a', shift);
            for (size_t i = 0; i < n; i++) memcpy(text + shift + 3 * i, "\xe2\x82\xac", 4);
            lg_fail(&err, LG_E_ARG, 1, "%s", text);
            size_t len = strlen(err.msg);
            CHECK_INT(lg_utf8_valid(err.msg, len), len);
            CHECK(len >= sizeof err.msg - 7);
            CHECK(!strchr(err.msg, '?')); /* no character was cut in two */
            CHECK_STR(err.msg + len - 3, "...");
        }
    lg_err err = {0};
    memset(text, 'b', sizeof err.msg - 1);
    text[sizeof err.msg - 1] = 0;
    lg_fail(&err, LG_E_ARG, 1, "%s", text);
    CHECK_STR(err.msg, text); /* just fits */
}

TEST(texts_are_harmless)
{
    lg_err err = {0};
    lg_fail(&err, LG_E_ARG, 1, "no `%s`",
            "\x1b[2J\xff\xe2\x80\xae"
            "x");
    CHECK_STR(err.msg, "no `?[2J????x`");
    lg_why(&err, "%s", "two\nlines");
    CHECK_STR(err.why, "two\nlines");
    CHECK_INT(err.status, LG_E_ARG);
}

TEST(names_and_cancel)
{
    CHECK_STR(lg_status_name(LG_OK), "Ok");
    CHECK_STR(lg_status_name(LG_E_SHAPE), "ShapeError");
    CHECK_STR(lg_status_name(LG_E_INTERNAL), "InternalError");
    CHECK_STR(lg_status_name((lg_status)99), "?");
    lg_err err = {0};
    lg_cancel cancel = {0};
    CHECK_OK(lg_cancel_check(NULL, &err));
    CHECK_OK(lg_cancel_check(&cancel, &err));
    lg_cancel_set(&cancel);
    CHECK_INT(lg_cancel_check(&cancel, &err), LG_E_INTERRUPTED);
    lg_cancel_clear(&cancel);
    CHECK(!lg_cancelled(&cancel));
}
