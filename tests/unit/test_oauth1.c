/* OAuth 1.0a against the examples of its standards and of X's documentation. */
#include "lib/net/oauth1.h"
#include "tests/support/test.h"

static const net_oauth1 x_keys = {.consumer_key = "xvz1evFS4wEEPTGEFPHBog",
                                  .consumer_secret = "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
                                  .token = "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
                                  .token_secret = "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
                                  .nonce = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
                                  .timestamp = 1318622958,
                                  .version = "1.0"};
static const net_pair x_form[] = {{"status", "Hello Ladies + Gentlemen, a signed OAuth request!"},
                                  {"include_entities", "true"}};

typedef lg_status (*make_fn)(const char *, const char *, const net_pair *, size_t, const net_oauth1 *, lg_buf *,
                             lg_err *);

/* What `make` writes, in a buffer that the next call reuses. */
static const char *made(make_fn make, const char *method, const char *url, const net_pair *form, size_t count,
                        const net_oauth1 *keys)
{
    static char text[4096];
    lg_buf out;
    lg_err err = {0};
    lg_buf_init(&out, sizeof text - 1);
    lg_status st = make(method, url, form, count, keys, &out, &err);
    snprintf(text, sizeof text, "%s", st ? err.msg : lg_buf_str(&out));
    lg_buf_release(&out);
    return text;
}

TEST(signatures_of_x_documentation)
{
    CHECK_STR(made(net_oauth1_signature, "POST", "https://api.x.com/1.1/statuses/update.json", x_form, 2, &x_keys),
              "Ls93hJiZbQ3akF3HF3x1Bz8/zU4=");
    CHECK_STR(made(net_oauth1_signature, "POST", "https://api.twitter.com/1/statuses/update.json", x_form, 2, &x_keys),
              "tnnArxj06cWHq44gCs1OSKk/jLY=");
    CHECK_STR(
        made(net_oauth1_signature, "post", "https://API.twitter.com:443/1.1/statuses/update.json", x_form, 2, &x_keys),
        "hCtSmYh+iHYCEqBWrE7C7hYmtUk=");
    /* A parameter counts the same in the query as in the form. */
    CHECK_STR(made(net_oauth1_signature, "POST",
                   "https://api.twitter.com/1.1/statuses/update.json?include_entities=true", x_form, 1, &x_keys),
              "hCtSmYh+iHYCEqBWrE7C7hYmtUk=");
}

TEST(signature_of_rfc5849)
{
    net_oauth1 keys = {.consumer_key = "dpf43f3p2l4k3l03",
                       .consumer_secret = "kd94hf93k423kf44",
                       .token = "nnch734d00sl2jdk",
                       .token_secret = "pfkkdhi9sl3r4s00",
                       .nonce = "chapoH",
                       .timestamp = 137131202};
    const char *url = "http://photos.example.net/photos?file=vacation.jpg&size=original";
    CHECK_STR(made(net_oauth1_signature, "GET", url, NULL, 0, &keys), "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    keys.nonce = "kllo9940pd9333jh"; /* OAuth Core 1.0, appendix A */
    keys.timestamp = 1191242096;
    keys.version = "1.0";
    CHECK_STR(made(net_oauth1_signature, "GET", url, NULL, 0, &keys), "tR3+Ty81lMeYAr/Fid0kMTYa/WM=");
}

/* RFC 5849, 3.4.1.1: a name that comes twice, names and values that are encoded, one without a value. */
TEST(base_string_of_rfc5849)
{
    net_oauth1 keys = {.consumer_key = "9djdj82h48djs9d2",
                       .consumer_secret = "",
                       .token = "kkk9d7dh3k39sjv7",
                       .nonce = "7d8f3e4a",
                       .timestamp = 137131201};
    net_pair form[] = {{"c2", ""}, {"a3", "2 q"}};
    CHECK_STR(
        made(net_oauth1_base, "POST", "http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", form, 2, &keys),
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c"
        "%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_"
        "method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7");
}

TEST(names_sort_before_what_follows_them)
{
    net_oauth1 keys = {.consumer_key = "k", .consumer_secret = "", .nonce = "n", .timestamp = 1};
    net_pair form[] = {{"a-b", "1"}, {"a", "2"}, {"a1", "3"}, {"a.b", "4"}, {"a", "10"}};
    CHECK_HAS(made(net_oauth1_base, "GET", "https://example.org", form, 5, &keys),
              "GET&https%3A%2F%2Fexample.org%2F&a%3D10%26a%3D2%26a-b%3D1%26a.b%3D4%26a1%3D3%26oauth_consumer_key");
    /* An empty part of a query is none; a fragment does not count; a port of its own stays. */
    CHECK_HAS(made(net_oauth1_base, "GET", "http://example.org:8080/x?&z&&y=1+2#frag?a=b", NULL, 0, &keys),
              "GET&http%3A%2F%2Fexample.org%3A8080%2Fx&oauth_consumer_key%3Dk%26");
    CHECK_HAS(made(net_oauth1_base, "GET", "http://example.org:8080/x?&z&&y=1+2#frag?a=b", NULL, 0, &keys),
              "%26y%3D1%25202%26z%3D");
}

TEST(header_of_x_documentation)
{
    CHECK_STR(made(net_oauth1_header, "POST", "https://api.x.com/1.1/statuses/update.json", x_form, 2, &x_keys),
              "OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", "
              "oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", oauth_signature_method=\"HMAC-SHA1\", "
              "oauth_timestamp=\"1318622958\", oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", "
              "oauth_version=\"1.0\", oauth_signature=\"Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D\"");
}

/* RFC 2202, 3: test cases 1, 2 and 6. */
TEST(hmac_sha1_of_rfc2202)
{
    lg_err err = {0};
    uint8_t key[80], digest[20];
    char text[41];
    static const char *const want[] = {"b617318655057264e28bc0b6fb378c8ef146be00",
                                       "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
                                       "aa4ae5e15272d00e95705637ce8a3b55ed402112"};
    for (int i = 0; i < 3; i++) {
        const char *data[] = {"Hi There", "what do ya want for nothing?",
                              "Test Using Larger Than Block-Size Key - Hash Key First"};
        size_t n[] = {20, 4, 80};
        memset(key, i == 0 ? 0x0b : 0xaa, sizeof key);
        if (i == 1) memcpy(key, "Jefe", 4);
        CHECK_OK(net_hmac_sha1(key, n[i], data[i], strlen(data[i]), digest, &err));
        for (int k = 0; k < 20; k++) snprintf(text + 2 * k, 3, "%02x", digest[k]);
        CHECK_STR(text, want[i]);
    }
}

TEST(an_address_without_a_host_is_refused)
{
    CHECK_HAS(made(net_oauth1_base, "GET", "/photos", NULL, 0, &x_keys), "must be complete");
    CHECK_HAS(made(net_oauth1_header, "GET", "https:///photos", NULL, 0, &x_keys), "must be complete");
}

TEST(percent_and_forms)
{
    lg_buf out;
    lg_buf_init(&out, 1000);
    net_percent(&out, "Az09-._~ !*'()\xe2\x98\x83\0", 18);
    CHECK_STR(lg_buf_str(&out), "Az09-._~%20%21%2A%27%28%29%E2%98%83%00");
    lg_buf_clear(&out);
    net_form(&out, (net_pair[]){{"a b", "c&d"}, {"e", ""}}, 2);
    CHECK_STR(lg_buf_str(&out), "a%20b=c%26d&e=");
    lg_buf_clear(&out);
    net_form_decode(&out, "a+b%20c%4a%4G%4", 15);
    CHECK_STR(lg_buf_str(&out), "a b cJ%4G%4");
    lg_buf_release(&out);
}

TEST(nonces_differ)
{
    char a[33], b[33];
    net_nonce(a);
    net_nonce(b);
    CHECK_INT(strlen(a), 32);
    CHECK(strspn(a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == 32);
    CHECK(strcmp(a, b) != 0);
}
