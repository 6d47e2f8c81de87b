/* The door to keys: they go to their own server, and to no other address, whoever names it. */
#include "kernel/commands/access.h"
#include "lib/net/secret.h"
#include "tests/support/lens.h"

static lens l;
static lg_err err;

/* What a request to this address would carry. */
static lg_status authorize(cmd_access *access, const char *url, lg_buf *out)
{
    err = (lg_err){0};
    lg_buf_clear(out);
    return cmd_access_authorize(access, NULL, "GET", url, out, NULL, &err);
}

static void goes(cmd_access *access, const char *url)
{
    lg_buf out;
    lg_buf_init(&out, 1 << 16);
    CHECK_OK(authorize(access, url, &out));
    CHECK_STR(lg_buf_str(&out), "Bearer the-key-of-the-user");
    net_wipe(&out);
}

static void stays(cmd_access *access, const char *url)
{
    lg_buf out;
    lg_buf_init(&out, 1 << 16);
    if (authorize(access, url, &out) == LG_OK) TEST_FAIL("keys would go to %s", url);
    CHECK_INT(out.len, 0);
    CHECK(!strstr(err.msg, "the-key") && !strstr(err.why, "the-key"));
    net_wipe(&out);
}

TEST(keys_go_to_their_own_server_alone)
{
    cmd_access *access = NULL;
    lens_home_in_memory();
    lens_shop();
    setenv("LOGOLENS_TWITTER_BEARER_TOKEN", "the-key-of-the-user", 1);
    CHECK_INT(lens_open(&l), LG_OK);
    const dsl_call call = {.session = l.session};
    CHECK_OK(cmd_access_open(&call, "twitter", &access, &err));
    CHECK_STR(cmd_access_origin(access), "https://api.x.com");
    goes(access, "https://api.x.com/2/tweets/search/recent?query=a");
    goes(access, "https://API.X.com:443/2/users/me");
    static const char *const others[] = {
        "http://api.x.com/2/users/me",         "https://api.x.com:8443/2/users/me", "https://api.x.com.example.org/2",
        "https://api.x.com@example.org/2",     "https://x.com/2/users/me",          "https://example.org/api.x.com",
        "https://example.org/?https://api.x.com/", "//api.x.com/2/users/me",        "https://api.x.com\\@example.org/"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) stays(access, others[i]);
    cmd_access_close(access);
}

TEST(what_is_not_there_is_told)
{
    cmd_access *access = NULL;
    const dsl_call call = {.session = l.session};
    err = (lg_err){0};
    CHECK(cmd_access_open(&call, "bluesky", &access, &err) != LG_OK && !access);
    CHECK_INT(err.code, 502);
    setenv("LOGOLENS_MASTODON_INSTANCE", "https://mastodon.example/path", 1);
    err = (lg_err){0};
    CHECK(cmd_access_open(&call, "mastodon", &access, &err) != LG_OK && !access);
    CHECK_INT(err.code, 507);
    unsetenv("LOGOLENS_MASTODON_INSTANCE");
    unsetenv("LOGOLENS_TWITTER_BEARER_TOKEN");
    lens_close(&l);
}
