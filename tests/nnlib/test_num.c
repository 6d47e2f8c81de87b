/* Numbers: parsing without locale, the published sequences of the generators, the hash. */
#include "lib/base/lg.h"
#include "tests/support/test.h"
#include <float.h>
#include <limits.h>
#include <locale.h>

static bool is_int(const char *s, long long want)
{
    long long got = 77;
    return lg_parse_int(s, &got) && got == want;
}

TEST(integers)
{
    CHECK(is_int("0", 0));
    CHECK(is_int("-0", 0));
    CHECK(is_int("+42", 42));
    CHECK(is_int("007", 7));
    CHECK(is_int("9223372036854775807", LLONG_MAX));
    CHECK(is_int("-9223372036854775808", LLONG_MIN));
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x10",
                                      "1e3",
                                      "--1",
                                      "1_000",
                                      "1,000",
                                      "abc",
                                      "\xd9\xa1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        long long out = 5;
        if (lg_parse_int(bad[i], &out) || out != 5) TEST_FAIL("`%s` was taken", bad[i]);
    }
}

static bool is_double(const char *s, double want)
{
    double got = 77;
    return lg_parse_double(s, &got) && got == want;
}

TEST(doubles)
{
    CHECK(is_double("0", 0));
    CHECK(is_double("-2.5", -2.5));
    CHECK(is_double(".5", .5));
    CHECK(is_double("5.", 5));
    CHECK(is_double("1e-3", 1e-3));
    CHECK(is_double("+1.25E+2", 125));
    CHECK(is_double("0.1", 0.1));
    CHECK(is_double("1.7976931348623157e308", DBL_MAX));
    CHECK(is_double("5e-324", 5e-324));
    CHECK(is_double("1e-999", 0));
    CHECK(is_double("9007199254740993", 9007199254740992.0)); /* halfway: to even */
    static const char *const bad[] = {"",   ".",  "-",   "e5",    "1e",    "1e+",    "0x1p3", "inf", "nan", "-Infinity",
                                      " 1", "1 ", "1,5", "1.2.3", "1e999", "-1e999", "1d3",   "1f",  "--1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double out = 5;
        if (lg_parse_double(bad[i], &out) || out != 5) TEST_FAIL("`%s` was taken", bad[i]);
    }
}

TEST(texts_of_numbers)
{
    static const double value[] = {0, 1, -32, 0.1, 1.0 / 3, 0.1 + 0.2, 1e-7, 1e300, 4.9e-324, 123456789012345678.0};
    static const char *const text[] = {"0", "1", "-32", "0.1", "0.3333333333333333", "0.30000000000000004", "1e-07",
                                       "1e+300", "4.94066e-324", "1.2345678901234568e+17"};
    char out[40];
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        double back;
        lg_number_text(value[i], out);
        CHECK_STR(out, text[i]);
        CHECK(lg_parse_double(out, &back) && back == value[i]);
    }
}

TEST(doubles_in_any_locale)
{
    static const char *const commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8"};
    bool set = false;
    for (size_t i = 0; i < sizeof commas / sizeof *commas && !set; i++) set = setlocale(LC_ALL, commas[i]) != NULL;
    if (!set) SKIP("no locale with a decimal comma is installed");
    bool right = is_double("1.5", 1.5) && !is_double("1,5", 1.5);
    setlocale(LC_ALL, "C");
    CHECK(right);
}

/* SplitMix64 of 1234567 as published with its reference code fills the state. */
TEST(splitmix64)
{
    lg_rng rng;
    lg_rng_init(&rng, 1234567);
    CHECK(rng.s[0] == 6457827717110365317u);
    CHECK(rng.s[1] == 3203168211198807973u);
    CHECK(rng.s[2] == 9817491932198370423u);
    CHECK(rng.s[3] == 4593380528125082431u);
}

/* First outputs of the authors' C code for the state 1, 2, 3, 4. */
TEST(xoshiro256starstar)
{
    static const uint64_t want[] = {11520u,
                                    0u,
                                    1509978240u,
                                    1215971899390074240u,
                                    1216172134540287360u,
                                    607988272756665600u,
                                    16172922978634559625u,
                                    8476171486693032832u,
                                    10595114339597558777u,
                                    2904607092377533576u};
    lg_rng rng = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) CHECK(lg_rng_next(&rng) == want[i]);
}

/* The same from a seed: both parts together. */
TEST(seeded)
{
    lg_rng rng, again;
    lg_rng_init(&rng, 0);
    CHECK(lg_rng_next(&rng) == 0x99ec5f36cb75f2b4u);
    lg_rng_init(&rng, 42);
    lg_rng_init(&again, 42);
    for (int i = 0; i < 100; i++) CHECK(lg_rng_next(&rng) == lg_rng_next(&again));
}

TEST(uniform_and_normal)
{
    lg_rng rng;
    lg_rng_init(&rng, 7);
    double sum = 0, low = 1, high = 0;
    enum { N = 200000 };
    for (int i = 0; i < N; i++) {
        double u = lg_rng_uniform(&rng);
        sum += u;
        low = u < low ? u : low;
        high = u > high ? u : high;
    }
    CHECK(low >= 0 && high < 1);
    CHECK_NEAR(sum / N, 0.5, 5 * 0.2887 / sqrt(N));
    double mean = 0, square = 0, fourth = 0;
    for (int i = 0; i < N; i++) {
        double x = lg_rng_normal(&rng);
        CHECK(isfinite(x));
        mean += x, square += x * x, fourth += x * x * x * x;
    }
    CHECK_NEAR(mean / N, 0, 5 / sqrt(N));
    CHECK_NEAR(square / N, 1, 5 * sqrt(2.0 / N));
    CHECK_NEAR(fourth / N, 3, 5 * sqrt(96.0 / N));
}

TEST(below_is_unbiased)
{
    lg_rng rng;
    lg_rng_init(&rng, 3);
    int seen[7] = {0};
    for (int i = 0; i < 70000; i++) {
        uint64_t x = lg_rng_below(&rng, 7);
        CHECK(x < 7);
        seen[x]++;
    }
    for (int i = 0; i < 7; i++) CHECK_NEAR(seen[i], 10000, 5 * sqrt(10000 * 6.0 / 7));
    /* With a bound of 3/4 of the range a draw that is not repeated gives every third number twice as often. */
    uint64_t bound = UINT64_C(3) << 62;
    int rest[3] = {0};
    for (int i = 0; i < 30000; i++) rest[lg_rng_below(&rng, bound) % 3]++;
    for (int i = 0; i < 3; i++) CHECK_NEAR(rest[i], 10000, 5 * sqrt(10000 * 2.0 / 3));
    CHECK_INT(lg_rng_below(&rng, 1), 0);
    CHECK_INT(lg_rng_below(&rng, 0), 0);
}

/* Undoes the finaliser, so that the published FNV-1a values can be compared. */
static uint64_t unfinish(uint64_t h)
{
    h ^= h >> 33;
    h *= 0x9cb4b2f8129337dbu; /* inverse of 0xc4ceb9fe1a85ec53 */
    h ^= h >> 33;
    h *= 0x4f74430c22a54005u; /* inverse of 0xff51afd7ed558ccd */
    return h ^ h >> 33;
}

TEST(hash)
{
    CHECK(unfinish(lg_hash64("", 0, 0)) == 0xcbf29ce484222325u);
    CHECK(unfinish(lg_hash64("a", 1, 0)) == 0xaf63dc4c8601ec8cu);
    CHECK(unfinish(lg_hash64("foobar", 6, 0)) == 0x85944171f73967e8u);
    CHECK(lg_hash64("a", 1, 0) != lg_hash64("a", 1, 1));
    CHECK(lg_hash64("ab", 2, 0) != lg_hash64("ba", 2, 0));
}
