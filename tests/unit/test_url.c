/* Web addresses: what is one, what may be fetched, and the kinds of internet addresses. */
#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include "lib/base/reach.h"
#include "lib/net/url.h"
#include "tests/support/test.h"

static lg_err err;
static net_url url;

static lg_status parse(const char *text)
{
    err = (lg_err){0};
    return net_url_parse(text, &url, &err);
}

TEST(addresses_are_written_in_one_way)
{
    CHECK_OK(parse("HTTPS://API.x.COM:443/2/Tweets?a=b%20c#part"));
    CHECK_STR(url.text, "https://api.x.com/2/Tweets?a=b%20c");
    CHECK_STR(url.host, "api.x.com");
    CHECK(url.https && url.port == 443);
    CHECK_OK(parse("http://127.0.0.1:8080"));
    CHECK_STR(url.text, "http://127.0.0.1:8080/");
    CHECK(!url.https && url.port == 8080);
    CHECK_OK(parse("https://[2606:4700:0:0::1]/x"));
    CHECK(url.host[0] == '[' && url.port == 443);
    CHECK_OK(parse("https://xn--80ak6aa92e.example/\xc3\xa9"));
    CHECK_STR(url.text, "https://xn--80ak6aa92e.example/%c3%a9");
    CHECK_OK(parse("https://example.org/a/../b/./c"));
    CHECK_STR(url.text, "https://example.org/b/c");
}

TEST(what_could_be_read_in_two_ways_is_no_address)
{
    static const char *const bad[] = {
        "", "x", "http", "https:", "https:/x", "https://", "https:///x", "//x.com/x", "x.com", "ftp://x.com/",
        "file:///etc/passwd", "FILE:/etc/passwd", "gopher://x.com/_x", "https://user@x.com/", "https://u:p@x.com/",
        "https://api.x.com@evil.example/", "https://@x.com/", "https://x.com:/", "https://x.com:0/",
        "https://x.com:65536/",
        "https://x.com:+443/", "https://x.com:443:443/", "https://x.com:4 43/", "https://x y.com/", "https://x.com/a b",
        "https://x.com/\t", "https://x.com\\@evil.example/", "https://x.com/\\", "https://x.com./", "https://x..com/",
        "https://.x.com/", "https://-x.com/", "https://x-.com/", "https://x_y.com/", "https://%78.com/",
        "https://x.com%00.evil/",
        "https://\xd0\xb0pi.x.com/", "http://127.1/", "http://0x7f000001/", "http://0177.0.0.1/", "http://2130706433/",
        "http://127.0.0.1.:80/", "http://1.2.3.4.5/", "http://1.2.3.256/", "http://x.0x7f/", "http://[::1/",
        "http://[::1%25lo]/",
        "http://[1.2.3.4]/", "http://[]/", "http://[::1]x/", "http://\xe2\x91\xa0.1.1.1/", "https://x.com/\x7f",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parse(bad[i]) != LG_E_ARG || err.code != 701) TEST_FAIL("%s became %s", bad[i], url.text);
    }
    char longer[NET_URL_MOST + 1];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    memcpy(longer, "https://x.com/", 14);
    CHECK_INT(parse(longer), LG_E_ARG);
    longer[NET_URL_MOST - 1] = 0;
    CHECK_OK(parse(longer));
    /* One that grows beyond the bound by what is encoded. */
    memset(longer + 14, 0xc3, 5000);
    CHECK_INT(parse(longer), LG_E_ARG);
}

static const char *joined(const char *location)
{
    static net_url next;
    err = (lg_err){0};
    return net_url_join(&url, location, &next, &err) ? err.msg : next.text;
}

/* RFC 3986, 5.4: the examples that lead to http addresses, and what must not. */
TEST(redirects_lead_where_rfc3986_says)
{
    CHECK_OK(parse("http://a.example/b/c/d;p?q"));
    CHECK_STR(joined("g"), "http://a.example/b/c/g");
    CHECK_STR(joined("./g/"), "http://a.example/b/c/g/");
    CHECK_STR(joined("/g"), "http://a.example/g");
    CHECK_STR(joined("//g.example/x"), "http://g.example/x");
    CHECK_STR(joined("?y"), "http://a.example/b/c/d;p?y");
    CHECK_STR(joined("g?y#s"), "http://a.example/b/c/g?y");
    CHECK_STR(joined("../../../g"), "http://a.example/g");
    CHECK_STR(joined("https://x.com:443/z"), "https://x.com/z");
    CHECK_STR(joined("\xc3\xa9"), "http://a.example/b/c/%c3%a9");
    CHECK_HAS(joined(""), "not an address");
    CHECK_HAS(joined("file:///etc/passwd"), "not an address");
    CHECK_HAS(joined("FILE:/etc/passwd"), "not an address");
    CHECK_HAS(joined("gopher://127.0.0.1:1/_x"), "not an address");
    CHECK_HAS(joined("javascript:alert(1)"), "not an address");
    CHECK_HAS(joined("//u@evil.example/"), "not an address");
    CHECK_HAS(joined("/\\evil.example"), "not an address");
    CHECK_HAS(joined("\\\\evil.example"), "not an address");
    CHECK_HAS(joined("/x y"), "not an address");
}

static void allow(const char *origin)
{
    err = (lg_err){0};
    CHECK_OK(lg_reach_allow_host(origin, &err));
}

/* 0 when it may be fetched, else the code. */
static int refusal(const char *text, net_use use)
{
    err = (lg_err){0};
    if (net_url_parse(text, &url, &err)) return err.code;
    return net_url_check(&url, use, &err) ? err.code : 0;
}

TEST(keys_go_to_allowed_origins_alone)
{
    CHECK_OK(lg_reach_init(NULL, &err));
    CHECK_INT(refusal("https://api.x.com/2", NET_API), 601);
    allow("https://api.x.com");
    allow("http://127.0.0.1:8080");
    CHECK_INT(refusal("https://api.x.com/2", NET_API), 0);
    CHECK_INT(refusal("https://api.x.com:443/2", NET_API), 0);
    CHECK_INT(refusal("https://api.x.com:22/2", NET_API), 601);
    CHECK_INT(refusal("http://api.x.com/2", NET_API), 601);
    CHECK_INT(refusal("https://x.com/2", NET_API), 601);
    CHECK_INT(refusal("https://api.x.com.evil.example/2", NET_API), 601);
    CHECK_INT(refusal("http://127.0.0.1:8080/", NET_API), 0);
    CHECK_INT(refusal("http://127.0.0.1:8081/", NET_API), 601);
}

TEST(pictures_come_from_the_public_internet)
{
    CHECK_OK(lg_reach_init(NULL, &err));
    allow("http://127.0.0.1:8080");
    CHECK_INT(refusal("https://pbs.twimg.com/media/x.jpg", NET_MEDIA), 0);
    CHECK_INT(refusal("https://8.8.8.8/x.jpg", NET_MEDIA), 0);
    CHECK_INT(refusal("https://[2606:4700::1]/x.jpg", NET_MEDIA), 0);
    CHECK_INT(refusal("http://127.0.0.1:8080/x.jpg", NET_MEDIA), 0);
    static const char *const bad[] = {
        "http://pbs.twimg.com/x.jpg", "https://pbs.twimg.com:8443/x.jpg", "http://127.0.0.1:8081/x",
        "https://127.0.0.1/x",
        "https://localhost/x", "https://a.localhost/x", "https://printer/x", "https://nas.local/x",
        "https://metadata.google.internal/",
        "https://router.lan/", "https://10.1.2.3/x", "https://169.254.169.254/latest/meta-data/",
        "https://100.100.100.200/",
        "https://[::1]/", "https://[::ffff:8.8.8.8]/", "https://[fe80::1]/", "https://[fd00:ec2::254]/",
        "https://192.168.0.1/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (refusal(bad[i], NET_MEDIA) != 702) TEST_FAIL("%s: LL%d", bad[i], refusal(bad[i], NET_MEDIA));
}

static net_kind kind(const char *text)
{
    struct sockaddr_storage address = {0};
    bool six = strchr(text, ':') != NULL;
    address.ss_family = six ? AF_INET6 : AF_INET;
    void *to = six ? (void *)&((struct sockaddr_in6 *)&address)->sin6_addr
                   : (void *)&((struct sockaddr_in *)&address)->sin_addr;
    CHECK(inet_pton(address.ss_family, text, to) == 1);
    return net_address_kind((struct sockaddr *)&address);
}

/* Each range by its first and last address, and their neighbours. */
TEST(kinds_of_addresses)
{
    static const struct {
        const char *address;
        net_kind kind;
    } rows[] = {
        {"0.0.0.0", NET_KIND_NEVER},
        {"0.255.255.255", NET_KIND_NEVER},
        {"1.0.0.0", NET_KIND_PUBLIC},
        {"9.255.255.255", NET_KIND_PUBLIC},
        {"10.0.0.0", NET_KIND_PRIVATE},
        {"10.255.255.255", NET_KIND_PRIVATE},
        {"11.0.0.0", NET_KIND_PUBLIC},
        {"100.63.255.255", NET_KIND_PUBLIC},
        {"100.64.0.0", NET_KIND_PRIVATE},
        {"100.127.255.255", NET_KIND_PRIVATE},
        {"100.128.0.0", NET_KIND_PUBLIC},
        {"126.255.255.255", NET_KIND_PUBLIC},
        {"127.0.0.1", NET_KIND_LOOPBACK},
        {"127.255.255.255", NET_KIND_LOOPBACK},
        {"128.0.0.0", NET_KIND_PUBLIC},
        {"168.63.129.16", NET_KIND_NEVER},
        {"168.63.129.17", NET_KIND_PUBLIC},
        {"169.253.255.255", NET_KIND_PUBLIC},
        {"169.254.169.254", NET_KIND_NEVER},
        {"169.255.0.0", NET_KIND_PUBLIC},
        {"172.15.255.255", NET_KIND_PUBLIC},
        {"172.16.0.0", NET_KIND_PRIVATE},
        {"172.31.255.255", NET_KIND_PRIVATE},
        {"172.32.0.0", NET_KIND_PUBLIC},
        {"192.0.0.1", NET_KIND_NEVER},
        {"192.0.1.0", NET_KIND_PUBLIC},
        {"192.0.2.255", NET_KIND_NEVER},
        {"192.88.99.1", NET_KIND_NEVER},
        {"192.167.255.255", NET_KIND_PUBLIC},
        {"192.168.0.0", NET_KIND_PRIVATE},
        {"192.169.0.0", NET_KIND_PUBLIC},
        {"198.17.255.255", NET_KIND_PUBLIC},
        {"198.18.0.0", NET_KIND_NEVER},
        {"198.19.255.255", NET_KIND_NEVER},
        {"198.20.0.0", NET_KIND_PUBLIC},
        {"198.51.100.9", NET_KIND_NEVER},
        {"203.0.113.9", NET_KIND_NEVER},
        {"223.255.255.255", NET_KIND_PUBLIC},
        {"224.0.0.0", NET_KIND_NEVER},
        {"239.255.255.255", NET_KIND_NEVER},
        {"240.0.0.0", NET_KIND_NEVER},
        {"255.255.255.255", NET_KIND_NEVER},
        {"::", NET_KIND_NEVER},
        {"::1", NET_KIND_LOOPBACK},
        {"::2", NET_KIND_NEVER},
        {"::7f00:1", NET_KIND_NEVER},
        {"::ffff:8.8.8.8", NET_KIND_NEVER},
        {"::ffff:127.0.0.1", NET_KIND_NEVER},
        {"64:ff9b::8.8.8.8", NET_KIND_PUBLIC},
        {"64:ff9b::7f00:1", NET_KIND_NEVER},
        {"64:ff9b::10.0.0.1", NET_KIND_NEVER},
        {"64:ff9b:1::1", NET_KIND_NEVER},
        {"100::1", NET_KIND_NEVER},
        {"1fff::1", NET_KIND_NEVER},
        {"2001::1", NET_KIND_NEVER},
        {"2001:1ff::1", NET_KIND_NEVER},
        {"2001:200::1", NET_KIND_PUBLIC},
        {"2001:db8::1", NET_KIND_NEVER},
        {"2001:db9::1", NET_KIND_PUBLIC},
        {"2002:7f00:1::", NET_KIND_NEVER},
        {"2003::1", NET_KIND_PUBLIC},
        {"2606:4700::1", NET_KIND_PUBLIC},
        {"3fff:fff::1", NET_KIND_NEVER},
        {"3fff:1000::1", NET_KIND_PUBLIC},
        {"4000::1", NET_KIND_NEVER},
        {"fbff::1", NET_KIND_NEVER},
        {"fc00::1", NET_KIND_PRIVATE},
        {"fd12::1", NET_KIND_PRIVATE},
        {"fd00:ec2::254", NET_KIND_NEVER},
        {"fe80::1", NET_KIND_NEVER},
        {"fec0::1", NET_KIND_NEVER},
        {"ff02::1", NET_KIND_NEVER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (kind(rows[i].address) != rows[i].kind) TEST_FAIL("%s is %d", rows[i].address, kind(rows[i].address));
    struct sockaddr local = {.sa_family = AF_UNIX};
    CHECK_INT(net_address_kind(&local), NET_KIND_NEVER);
}

static bool may_connect(const char *text, const char *address)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    CHECK_OK(parse(text));
    CHECK(inet_pton(AF_INET, address, &four.sin_addr) == 1);
    return net_address_check((struct sockaddr *)&four, &url);
}

/* What a name is resolved to is judged each time it is connected to. */
TEST(a_name_that_leads_inside_is_not_connected_to)
{
    CHECK_OK(lg_reach_init(NULL, &err));
    allow("https://social.example");
    allow("http://127.0.0.1:8080");
    CHECK(may_connect("https://pictures.example/", "8.8.8.8"));
    CHECK(!may_connect("https://pictures.example/", "127.0.0.1"));
    CHECK(!may_connect("https://pictures.example/", "10.0.0.1"));
    CHECK(!may_connect("https://pictures.example/", "169.254.169.254"));
    CHECK(may_connect("https://social.example/", "10.0.0.1")); /* an instance in a university's network */
    CHECK(!may_connect("https://social.example/", "127.0.0.1"));
    CHECK(!may_connect("https://social.example/", "169.254.169.254"));
    CHECK(may_connect("http://127.0.0.1:8080/", "127.0.0.1"));
    CHECK(!may_connect("http://127.0.0.1:8081/", "127.0.0.1"));
    CHECK(!may_connect("http://127.0.0.1:8080/", "10.0.0.1"));
}

TEST(same_origin_is_scheme_host_and_port)
{
    net_url other;
    CHECK_OK(parse("https://a.example/x"));
    static const struct {
        const char *text;
        bool same;
    } rows[] = {{"https://A.example:443/y?z", true}, {"http://a.example:443/", false}, {"https://b.example/", false},
                {"https://a.example:444/", false},   {"https://a.example.b/", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_OK(net_url_parse(rows[i].text, &other, &err));
        CHECK_INT(net_url_same_origin(&url, &other), rows[i].same);
    }
}

TEST(messages_hold_no_query)
{
    char shown[NET_SHOWN];
    CHECK_OK(parse("https://graph.facebook.com/me?access_token=secret"));
    net_url_show(url.text, shown);
    CHECK_STR(shown, "https://graph.facebook.com/me");
    CHECK(parse("https://u@x.com/me?access_token=secret") != LG_OK);
    CHECK_HAS(err.why, "user name");
    CHECK(!strstr(err.msg, "secret") && !strstr(err.why, "secret"));
}

/* The handed-over rules: "url", verdict, note. The rows about media are judged as media, the others as what carries
 * keys; and none that is denied may carry keys. */
TEST(every_row_of_the_corpus)
{
    char line[2000];
    int rows = 0, wrong = 0;
    FILE *file = fopen(test_shared("corpora/api/url_policy.tsv"), "r");
    CHECK(file && fgets(line, sizeof line, file));
    CHECK_OK(lg_reach_init(NULL, &err));
    allow("https://api.x.com");
    allow("https://api.twitter.com");
    while (fgets(line, sizeof line, file)) {
        char *verdict = strchr(line, '\t');
        CHECK(verdict != NULL);
        *verdict++ = 0;
        json_t *text = json_loads(line, JSON_DECODE_ANY, NULL);
        CHECK(json_is_string(text));
        bool allowed = strncmp(verdict, "allow", 5) == 0;
        bool media = strstr(verdict, "media and redirects") != NULL;
        int code = refusal(json_string_value(text), media ? NET_MEDIA : NET_API);
        bool right = (code == 0) == allowed;
        if (media && refusal(json_string_value(text), NET_API) == 0) right = false;
        if (!right) printf("  %s: LL%d\n", line, code);
        json_decref(text);
        wrong += !right;
        rows++;
    }
    fclose(file);
    CHECK_INT(wrong, 0);
    CHECK(rows >= 35);
    printf("  %d rows of url_policy.tsv have their verdict\n", rows);
}
