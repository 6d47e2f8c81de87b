/* OAuth 2.0: what is asked for tokens, byte for byte, and what is made of answers. */
#include "lib/net/oauth2.h"
#include "tests/support/test.h"

static lg_err err;

/* RFC 7636, appendix B. */
TEST(pkce_of_rfc7636)
{
    static const uint8_t random[32] = {116, 24,  223, 180, 151, 153, 224, 37,  79,  250, 96,  125, 216, 173, 187, 186,
                                       22,  212, 37,  77,  105, 214, 191, 240, 91,  88,  5,   88,  83,  132, 141, 121};
    char verifier[NET_PKCE], challenge[NET_PKCE];
    net_pkce_verifier(random, verifier);
    CHECK_STR(verifier, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    net_pkce_challenge(verifier, challenge);
    CHECK_STR(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

/* X's documentation of application-only tokens. */
TEST(basic_of_x_documentation)
{
    lg_buf out;
    lg_buf_init(&out, 1000);
    CHECK_OK(net_oauth2_basic("xvz1evFS4wEEPTGEFPHBog", "L8qq9PZyRg6ieKGEKhZolGC0vJWLw8iEJ88DRdyOg", &out, &err));
    CHECK_STR(lg_buf_str(&out), "Basic eHZ6MWV2RlM0d0VFUFRHRUZQSEJvZzpMOHFxOVBaeVJnNmllS0dFS2hab2xHQzB2SldMdzhpRUo4OERS"
                                "ZHlPZw==");
    lg_buf_clear(&out);
    CHECK_OK(net_oauth2_basic("a:b", "c d", &out, &err));
    CHECK_STR(lg_buf_str(&out), "Basic YSUzQWI6YyUyMGQ="); /* a%3Ab:c%20d */
    lg_buf_release(&out);
}

TEST(forms)
{
    lg_buf out;
    lg_buf_init(&out, 1000);
    CHECK_OK(net_oauth2_app_form(&out, &err));
    CHECK_STR(lg_buf_str(&out), "grant_type=client_credentials");
    lg_buf_clear(&out);
    CHECK_OK(net_oauth2_code_form("id", "c/1", "http://127.0.0.1:8080/x", "v~1", &out, &err));
    CHECK_STR(lg_buf_str(&out), "grant_type=authorization_code&client_id=id&code=c%2F1&redirect_uri=http%3A%2F%2F127."
                                "0.0.1%3A8080%2Fx&code_verifier=v~1");
    lg_buf_clear(&out);
    CHECK_OK(net_oauth2_refresh_form("id", "r+1", &out, &err));
    CHECK_STR(lg_buf_str(&out), "grant_type=refresh_token&client_id=id&refresh_token=r%2B1");
    lg_buf_clear(&out);
    net_authorize ask = {.endpoint = "https://x.com/i/oauth2/authorize", .client_id = "id", .state = "s1",
                         .redirect = "http://127.0.0.1:8080/", .scope = "tweet.read offline.access", .challenge = "c"};
    CHECK_OK(net_oauth2_authorize_url(&ask, &out, &err));
    CHECK_STR(lg_buf_str(&out), "https://x.com/i/oauth2/authorize?response_type=code&client_id=id&redirect_uri=http%3A%"
                                "2F%2F127.0.0.1%3A8080%2F&scope=tweet.read%20offline.access&state=s1&code_challenge=c&"
                                "code_challenge_method=S256");
    lg_buf_release(&out);
}

static lg_status redirect(const char *url, char code[64])
{
    lg_buf out;
    err = (lg_err){0};
    lg_buf_init(&out, 63);
    lg_status st = net_oauth2_redirect_read(url, "st/1", &out, &err);
    snprintf(code, 64, "%s", lg_buf_str(&out));
    lg_buf_release(&out);
    return st;
}

TEST(what_the_browser_brings)
{
    char code[64];
    CHECK_OK(redirect("http://127.0.0.1:1/?state=st%2F1&code=a+b%2Bc#x", code));
    CHECK_STR(code, "a b+c");
    CHECK_OK(redirect("/cb?xcode=1&code=2&state=st/1", code));
    CHECK_STR(code, "2");
    CHECK_INT(redirect("/?state=other&code=1", code), LG_E_DENIED);
    CHECK_HAS(err.why, "state");
    CHECK_INT(redirect("/?code=1", code), LG_E_DENIED);
    CHECK_INT(redirect("/?state=st/1&code=", code), LG_E_FORMAT);
    CHECK_INT(redirect("/#state=st/1&code=1", code), LG_E_DENIED);
    CHECK_INT(redirect("/?state=st/1&error=access_denied", code), LG_E_DENIED);
    CHECK_HAS(err.why, "access_denied");
    CHECK_INT(err.code, 716);
}

static lg_status token(const char *json, net_token *out)
{
    err = (lg_err){0};
    return net_oauth2_token_read(json, strlen(json), 1000000, out, &err);
}

TEST(tokens)
{
    net_token t;
    CHECK_OK(token("{\"token_type\":\"bearer\",\"expires_in\":7200,\"access_token\":\"aaaaaaaaaa\","
                   "\"scope\":\"tweet.read\",\"refresh_token\":\"bbbbbbbbbb\"}",
                   &t));
    CHECK_STR(net_secret_open(t.access), "aaaaaaaaaa");
    net_secret_close(t.access);
    CHECK_STR(net_secret_open(t.refresh), "bbbbbbbbbb");
    net_secret_close(t.refresh);
    CHECK_INT(t.expires_at, 1007200);
    CHECK_STR(t.scope, "tweet.read");
    lg_buf header;
    lg_buf_init(&header, 100);
    CHECK_OK(net_oauth2_bearer(t.access, &header, &err));
    CHECK_STR(lg_buf_str(&header), "Bearer aaaaaaaaaa");
    lg_buf_release(&header);
    net_token_release(&t);
    CHECK_OK(token("{\"access_token\":\"aaaaaaaaaa\",\"refresh_token\":null,\"expires_in\":-5}", &t));
    CHECK(!t.refresh && t.expires_at == 0 && !t.scope[0]);
    net_token_release(&t);
}

TEST(what_is_no_token)
{
    net_token t;
    static const struct {
        const char *json, *why;
    } bad[] = {
        {"", "not JSON"},
        {"[]", "no object"},
        {"{}", "access_token"},
        {"{\"access_token\":5}", "a text"},
        {"{\"access_token\":\"short\"}", "5 characters"},
        {"{\"access_token\":\"aaaaaaaaaa\",\"access_token\":\"bbbbbbbbbb\"}", "not JSON"},
        {"{\"access_token\":\"aaaaaaaaaa\",\"token_type\":\"mac\"}", "kind"},
        {"{\"access_token\":\"aaaaaaaaaa\",\"refresh_token\":[]}", "a text"},
        {"{\"error\":\"invalid_grant\"}", "invalid_grant"},
        {"{\"error\":\"x\",\"error_description\":\"the code is old\"}", "the code is old"},
        {"{\"error\":{\"message\":\"Invalid OAuth access token.\",\"code\":190}}", "Invalid OAuth access token."},
        {"{\"errors\":[{\"code\":99,\"message\":\"Unable to verify your credentials\"}]}", "Unable to verify"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(token(bad[i].json, &t) != LG_OK);
        CHECK_HAS(err.why, bad[i].why);
        CHECK(!t.access && !t.refresh);
    }
}

/* A server that repeats what it got does not bring a secret onto the screen. */
TEST(an_error_repeats_no_secret)
{
    net_token t;
    net_secret *secret;
    CHECK_OK(net_secret_new("refresh-me-please", 17, &secret, &err));
    CHECK_INT(token("{\"error\":\"bad token refresh-me-please\"}", &t), LG_E_DENIED);
    CHECK_HAS(err.why, "bad token [secret]");
    char json[500];
    for (int n = 270; n < 300; n++) { /* cut within the secret */
        snprintf(json, sizeof json, "{\"error\":\"%*s refresh-me-please\"}", n, "x");
        CHECK_INT(token(json, &t), LG_E_DENIED);
        CHECK(!strstr(err.why, "refresh"));
    }
    net_secret_free(secret);
}
