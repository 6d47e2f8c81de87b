/* Sessions of Bluesky: what is asked, what is taken of the answer, and what is said of one that is none. */
#include <sodium.h>
#include "lib/net/atproto.h"
#include "tests/support/test.h"

static lg_err err;
static net_token token;

static lg_status take(const char *json)
{
    err = (lg_err){0};
    return net_atproto_read(json, strlen(json), &token, &err);
}

TEST(the_body_of_a_login)
{
    lg_buf body;
    net_secret *password = NULL;
    lg_buf_init(&body, 1 << 16);
    CHECK_OK(net_secret_new("pass\"word\\1", 11, &password, &err));
    CHECK_OK(net_atproto_login("shop.test", password, &body, &err));
    CHECK_STR(lg_buf_str(&body), "{\"identifier\":\"shop.test\",\"password\":\"pass\\\"word\\\\1\"}");
    net_wipe(&body);
    CHECK(body.data == NULL);
    net_secret_free(password);
}

TEST(a_session_is_read)
{
    /* {"scope":"x","exp":1790000000} */
    CHECK_OK(take("{\"accessJwt\":\"eyJhbGciOiJub25lIn0.eyJzY29wZSI6IngiLCJleHAiOjE3OTAwMDAwMDB9.c2ln\","
                  "\"refreshJwt\":\"another-token\",\"handle\":\"shop.test\",\"did\":\"did:plc:1\"}"));
    CHECK_INT(token.expires_at, 1790000000);
    CHECK_STR(net_secret_open(token.refresh), "another-token");
    net_secret_close(token.refresh);
    net_token_release(&token);
    /* No token of ours has to be one of JSON. */
    static const char *const odd[] = {"no-dots-in-it", "one.dot-in-it", "a.!!!.not-base64", "a.bm90LWpzb24.no-json",
                                      "a.eyJleHAiOiJzb29uIn0.no-number"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char json[200];
        snprintf(json, sizeof json, "{\"accessJwt\":\"%s\",\"refreshJwt\":\"another-token\"}", odd[i]);
        CHECK_OK(take(json));
        CHECK_INT(token.expires_at, 0);
        net_token_release(&token);
    }
    CHECK(!net_scrub_needed());
}

TEST(answers_that_are_no_session)
{
    net_secret *sent = NULL;
    CHECK_OK(net_secret_new("sent-password-1", 15, &sent, &err));
    CHECK_INT(take("{\"error\":\"AuthenticationRequired\",\"message\":\"wrong: sent-password-1\"}"), LG_E_DENIED);
    CHECK(err.code == 716 && strstr(err.why, "AuthenticationRequired") && strstr(err.why, "[secret]"));
    CHECK(!strstr(err.why, "sent-password"));
    net_secret_free(sent);
    static const char *const bad[] = {"", "[]", "{}", "no json", "{\"accessJwt\":\"only-this-one\"}",
                                      "{\"accessJwt\":7,\"refreshJwt\":\"another-token\"}",
                                      "{\"accessJwt\":\"short\",\"refreshJwt\":\"another-token\"}",
                                      "{\"accessJwt\":\"a-token-1\",\"accessJwt\":\"a-token-2\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(take(bad[i]) != LG_OK);
        CHECK(!token.access && !token.refresh);
    }
    CHECK(!net_scrub_needed());
}
