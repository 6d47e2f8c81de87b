/* fuzz_net.c - any bytes as what servers send besides posts. The first byte says as what: an address and where its
 * redirect leads, headers of rate limits, an answer of a token endpoint, the browser's answer, a text with a secret in
 * it, or parameters that are signed.
 *
 * Looked for beside crashes: an address that was read once and is not read the same again; one that may be fetched and
 * names an address that may not; a scrubbed text in which the secret is still there. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "lib/net/link.h"
#include "lib/net/oauth1.h"
#include "lib/net/oauth2.h"
#include "lib/net/rate.h"
#include "lib/net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool so)
{
    if (!so) __builtin_trap();
}

static void as_address(const char *text)
{
    static net_url url, again, next;
    lg_err err = {0};
    const char *line = strchr(text, '\n');
    char *first = lg_strndup(text, line ? (size_t)(line - text) : strlen(text), &err);
    if (net_url_parse(first, &url, &err) == LG_OK) {
        need(net_url_parse(url.text, &again, &err) == LG_OK);
        need(strcmp(url.text, again.text) == 0 && net_url_same_origin(&url, &again));
        char shown[NET_SHOWN];
        net_url_show(url.text, shown);
        need(!strchr(shown, '?'));
        if (net_url_check(&url, NET_MEDIA, &err) == LG_OK) need(url.https && url.port == 443);
        lg_err_clear(&err);
        if (line && net_url_join(&url, line + 1, &next, &err) == LG_OK)
            need(net_url_parse(next.text, &again, &err) == LG_OK && strcmp(next.text, again.text) == 0);
    }
    lg_free(first);
}

/* Lines of "name: value". */
static void as_headers(char *text)
{
    net_pair pair[50];
    size_t count = 0;
    net_rate rate;
    int64_t seconds;
    for (char *line = text; line && count < 50;) {
        char *end = strchr(line, '\n'), *colon = strchr(line, ':');
        if (end) *end++ = 0;
        if (colon) {
            *colon = 0;
            pair[count++] = (net_pair){line, colon + 1};
        }
        line = end;
    }
    net_rate_read(pair, count, 1700000000, &rate);
    need(net_rate_wait(&rate, 3, 1700000000, 0.5) >= 0 && net_rate_wait(&rate, 3, 1700000000, 0.5) < 32 * 86400);
    for (size_t i = 0; i < count; i++) {
        net_date_http(pair[i].value, 1700000000, &seconds);
        net_date_iso(pair[i].value, &seconds);
        lg_buf link;
        lg_buf_init(&link, 10000);
        net_link_find(pair[i].value, "next", &link);
        lg_buf_release(&link);
    }
}

static void as_token(const char *text, size_t len)
{
    net_token token;
    lg_err err = {0};
    if (net_oauth2_token_read(text, len, 1700000000, &token, &err) == LG_OK) net_token_release(&token);
}

static void as_browser(const char *text)
{
    lg_buf code;
    lg_err err = {0};
    lg_buf_init(&code, 10000);
    (void)net_oauth2_redirect_read(text, "state", &code, &err);
    lg_buf_release(&code);
}

/* What is in front of the first line end is the secret. */
static void as_secret(char *text, size_t len)
{
    net_secret *secret = NULL;
    lg_err err = {0};
    char *line = memchr(text, '\n', len);
    if (!line || net_secret_new(text, (size_t)(line - text), &secret, &err)) return;
    char *rest = line + 1;
    size_t n = net_scrub(rest, len - (size_t)(rest - text));
    /* [secret] may itself be made part of one, as may what stood around it; a secret without these letters is gone. */
    const char *value = net_secret_open(secret);
    if (!strpbrk(value, "[secrt]")) need(!memmem(rest, n, value, strlen(value)));
    net_secret_close(secret);
    net_secret_free(secret);
}

static void as_signed(const char *text)
{
    lg_buf out;
    lg_err err = {0};
    net_oauth1 keys = {.consumer_key = "k", .consumer_secret = "s", .nonce = "n", .timestamp = 1};
    lg_buf_init(&out, 1 << 20);
    if (net_oauth1_base("GET", text, NULL, 0, &keys, &out, &err) == LG_OK)
        need(strspn(out.data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%&") == out.len);
    lg_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    char *text = malloc(size);
    if (!text) return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    switch (data[0] % 6) {
    case 0: as_address(text); break;
    case 1: as_headers(text); break;
    case 2: as_token(text, size - 1); break;
    case 3: as_browser(text); break;
    case 4: as_secret(text, size - 1); break;
    default: as_signed(text); break;
    }
    free(text);
    return 0;
}
