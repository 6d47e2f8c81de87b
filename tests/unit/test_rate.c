/* Rate limits: every dialect, and all exchanges that were recorded. */
#include <dirent.h>
#include <jansson.h>
#include "lib/net/rate.h"
#include "tests/support/test.h"

enum { NOW = 1700000000 };
static net_rate rate;

static void read_pairs(size_t count, const net_pair *header)
{
    net_rate_read(header, count, NOW, &rate);
}
#define READ(...)                                                                                                      \
    do {                                                                                                               \
        const net_pair test_pairs[] = {__VA_ARGS__};                                                                   \
        read_pairs(sizeof test_pairs / sizeof *test_pairs, test_pairs);                                                \
    } while (0)

TEST(x)
{
    READ({"x-rate-limit-limit", "450"}, {"x-rate-limit-remaining", "449"}, {"x-rate-limit-reset", "1700000900"});
    CHECK_INT(rate.limit, 450);
    CHECK_INT(rate.remaining, 449);
    CHECK_INT(rate.reset, NOW + 900);
    CHECK_NEAR(rate.retry_after, -1, 0);
    CHECK_NEAR(net_rate_wait(&rate, 3, NOW, 0.5), 901, 0);
    /* The day's limit is used up, the window's is not. */
    READ({"x-rate-limit-limit", "450"}, {"x-rate-limit-remaining", "449"}, {"x-rate-limit-reset", "1700000900"},
         {"x-app-limit-24hour-limit", "500"}, {"x-app-limit-24hour-remaining", "0"},
         {"x-app-limit-24hour-reset", "1700050000"});
    CHECK_INT(rate.remaining, 0);
    CHECK_INT(rate.reset, NOW + 50000);
}

TEST(bluesky)
{
    READ({"ratelimit-limit", "30"}, {"ratelimit-remaining", "0"}, {"ratelimit-reset", "1700000300"},
         {"ratelimit-policy", "30;w=300"});
    CHECK_INT(rate.limit, 30);
    CHECK_INT(rate.remaining, 0);
    CHECK_INT(rate.reset, NOW + 300);
    /* The draft of the IETF counts from now. */
    READ({"ratelimit-limit", "100, 100;w=60"}, {"ratelimit-remaining", "5"}, {"ratelimit-reset", "50"});
    CHECK_INT(rate.limit, 100);
    CHECK_INT(rate.reset, NOW + 50);
}

TEST(mastodon)
{
    READ({"x-ratelimit-limit", "300"}, {"x-ratelimit-remaining", "299"},
         {"x-ratelimit-reset", "2023-11-14T22:18:20.055798Z"});
    CHECK_INT(rate.reset, NOW + 300);
    READ({"x-ratelimit-reset", "2023-11-15T00:18:20+02:00"});
    CHECK_INT(rate.reset, NOW + 300);
    CHECK_INT(rate.limit, -1);
}

TEST(facebook)
{
    READ({"x-app-usage", "{\"call_count\":28,\"total_time\":95,\"total_cputime\":25}"});
    CHECK_INT(rate.used_percent, 95);
    CHECK_NEAR(rate.retry_after, -1, 0);
    READ({"x-business-use-case-usage",
          "{\"112\":[{\"type\":\"pages\",\"call_count\":100,\"total_cputime\":25,\"total_time\":25,"
          "\"estimated_time_to_regain_access\":19}],\"113\":[{\"estimated_time_to_regain_access\": 7}]}"});
    CHECK_INT(rate.used_percent, 100);
    CHECK_NEAR(rate.retry_after, 19 * 60, 0);
    READ({"x-app-usage", "{\"call_count\":\"x\"}"});
    CHECK_INT(rate.used_percent, -1);
}

TEST(retry_after)
{
    READ({"retry-after", "120"});
    CHECK_NEAR(rate.retry_after, 120, 0);
    CHECK_NEAR(net_rate_wait(&rate, 0, NOW, 0), 121, 0);
    READ({"retry-after", "Tue, 14 Nov 2023 22:15:20 GMT"});
    CHECK_NEAR(rate.retry_after, 120, 0);
    READ({"retry-after", "Tue, 14 Nov 2000 22:15:20 GMT"});
    CHECK_NEAR(rate.retry_after, 0, 0);
    READ({"retry-after", "-5"});
    CHECK_NEAR(rate.retry_after, -1, 0);
    READ({"retry-after", "99999999999999999999"});
    CHECK_NEAR(rate.retry_after, -1, 0);
    READ({"retry-after", "soon"});
    CHECK_NEAR(rate.retry_after, -1, 0);
}

TEST(what_makes_no_sense_was_not_said)
{
    static const char *const bad[] = {"-1", "", "abc", "1e9", "999999999999999999999", "4000000000", "1600000000",
                                      "2023-13-14T22:18:20Z", "2023-11-14T22:18:20", "2023-11-14T25:18:20Z", "0x10"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        READ({"x-rate-limit-limit", "15"}, {"x-rate-limit-remaining", "-1"}, {"x-rate-limit-reset", bad[i]});
        CHECK_INT(rate.reset, 0);
        CHECK_INT(rate.remaining, -1);
    }
    READ({"x-rate-limit-reset", "1700000900000"}); /* milliseconds do */
    CHECK_INT(rate.reset, NOW + 900);
    READ({"server", "x"});
    CHECK(rate.limit == -1 && rate.remaining == -1 && rate.reset == 0 && rate.used_percent == -1);
}

TEST(waiting_without_a_word_of_the_server)
{
    net_rate none = {.limit = -1, .remaining = -1, .retry_after = -1};
    CHECK_NEAR(net_rate_wait(&none, 0, NOW, 0), 15, 1e-9);
    CHECK_NEAR(net_rate_wait(&none, 1, NOW, 0), 30, 1e-9);
    CHECK_NEAR(net_rate_wait(&none, 1, NOW, 1), 22.5, 1e-9);
    CHECK_NEAR(net_rate_wait(&none, 1000000, NOW, 0), 900, 1e-9);
    none.reset = NOW - 5; /* the window has ended already, and yet 429 */
    CHECK_NEAR(net_rate_wait(&none, 0, NOW, 0), 15, 1e-9);
}

TEST(back_off_doubles_and_is_spread)
{
    CHECK_NEAR(net_backoff(0, 0), 0.5, 1e-9);
    CHECK_NEAR(net_backoff(0, 1), 0.25, 1e-9);
    CHECK_NEAR(net_backoff(3, 0), 4, 1e-9);
    CHECK_NEAR(net_backoff(4, 0), 8, 1e-9);
    CHECK_NEAR(net_backoff(1000000, 0.5), 6, 1e-9);
}

/* RFC 9110, 5.6.7: one moment in three forms. */
TEST(dates)
{
    int64_t t;
    CHECK(net_date_http("Sun, 06 Nov 1994 08:49:37 GMT", NOW, &t) && t == 784111777);
    CHECK(net_date_http("Sunday, 06-Nov-94 08:49:37 GMT", NOW, &t) && t == 784111777);
    CHECK(net_date_http("Sun Nov  6 08:49:37 1994", NOW, &t) && t == 784111777);
    CHECK(net_date_http("Sunday, 06-Nov-26 08:49:37 GMT", NOW, &t) && t == 1793954977);
    CHECK(!net_date_http("Sun, 06 Nov 1994", NOW, &t) && !net_date_http("", NOW, &t));
    CHECK(!net_date_http("Sun, 32 Nov 1994 08:49:37 GMT", NOW, &t) && !net_date_http("08:49:37", NOW, &t));
    CHECK(!net_date_http("Sun, 06 Nov 1994 1994 08:49:37 GMT", NOW, &t));
    CHECK(net_date_iso("1970-01-01T00:00:00Z", &t) && t == 0);
    CHECK(net_date_iso("2000-02-29T23:59:60Z", &t) && t == 951868800);
    CHECK(net_date_iso("2024-02-29t12:00:00.5-01:30", &t) && t == 1709213400);
    CHECK(!net_date_iso("2024-02-30T12:00:00Z", &t) && !net_date_iso("2024-02-29T12:00:00Zx", &t));
}

typedef struct tape_sum {
    int exchanges, limited;
} tape_sum;

/* Reads every answer of a folder of recorded exchanges as if its window had begun just then. */
static tape_sum read_tapes(const char *folder, const char *prefix, int64_t limit_most)
{
    tape_sum sum = {0};
    DIR *dir = opendir(folder);
    CHECK(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[PATH_MAX], name[64];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        json_t *tape = strstr(entry->d_name, ".json") ? json_load_file(path, 0, NULL) : NULL, *one;
        size_t i;
        json_array_foreach(tape, i, one)
        {
            net_pair pair[100];
            size_t count = 0;
            const char *key;
            json_t *value;
            json_object_foreach(json_object_get(one, "headers"), key, value)
            {
                if (json_is_string(value) && count < 100) pair[count++] = (net_pair){key, json_string_value(value)};
            }
            snprintf(name, sizeof name, "%sreset", prefix);
            const char *said = json_string_value(json_object_get(json_object_get(one, "headers"), name));
            int64_t reset = 0;
            if (said && !net_date_iso(said, &reset)) CHECK_INT(sscanf(said, "%ld", &reset), 1);
            net_rate_read(pair, count, reset ? reset - 60 : NOW, &rate);
            sum.exchanges++;
            if (!said) continue;
            sum.limited++;
            CHECK_INT(rate.reset, reset);
            CHECK(rate.limit > 0 && rate.limit <= limit_most && rate.remaining >= 0 && rate.remaining <= rate.limit);
        }
        json_decref(tape);
    }
    closedir(dir);
    return sum;
}

TEST(recorded_exchanges_of_x)
{
    tape_sum sum = read_tapes(test_shared("data/api/tweepy-cassettes"), "x-rate-limit-", 100000);
    printf("  X: %d answers, %d with limits\n", sum.exchanges, sum.limited);
    CHECK(sum.limited >= 60);
}

TEST(recorded_exchanges_of_mastodon)
{
    tape_sum sum = read_tapes(test_shared("data/api/mastodon-cassettes"), "x-ratelimit-", 100000);
    printf("  Mastodon: %d answers, %d with limits\n", sum.exchanges, sum.limited);
    CHECK(sum.limited >= 60);
}
