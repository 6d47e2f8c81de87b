/* url.c - what can be an address: strict tests of ours around libcurl's parser; and what may be fetched. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "lib/base/reach.h"
#include "lib/net/curl_library.h"
#include "lib/net/secret.h"
#include "lib/net/url.h"

#include "lib/base/banned.h"

/* Secrets go before the end is cut off, which could be within one. */
void net_url_show(const char *url, char out[NET_SHOWN])
{
    char text[NET_URL_MOST];
    size_t n = strcspn(url, "?#");
    if (n >= sizeof text) n = sizeof text - 1;
    memcpy(text, url, n);
    text[n] = 0;
    n = net_scrub(text, n);
    snprintf(out, NET_SHOWN, n < NET_SHOWN ? "%.*s" : "%.*s...", n < NET_SHOWN ? (int)n : NET_SHOWN - 4, text);
}

static lg_status unusable(const char *text, const char *why, lg_err *err)
{
    char shown[NET_SHOWN];
    net_url_show(text, shown);
    lg_fail(err, LG_E_ARG, 701, "`%s` is not an address that can be used", shown);
    return lg_why(err, "%s", why);
}

/* ---- hosts ---- */
/* The last part is a number, also as 0x7f: what a browser takes for an IPv4 address. */
static bool ends_in_number(const char *host)
{
    const char *dot = strrchr(host, '.'), *last = dot ? dot + 1 : host;
    if (last[0] == '0' && last[1] == 'x') return strspn(last + 2, "0123456789abcdef") == strlen(last + 2);
    return strspn(last, "0123456789") == strlen(last);
}

static bool label_is_plain(const char *label, size_t n)
{
    return n > 0 && n < 64 && label[0] != '-' && label[n - 1] != '-' &&
           strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-") >= n;
}

/* A name or address that every program reads in the same way. */
static bool host_is_plain(const char *host)
{
    struct in6_addr six;
    struct in_addr four;
    size_t n = strlen(host);
    if (host[0] == '[') {
        char inner[64];
        if (n < 4 || n > sizeof inner || host[n - 1] != ']') return false;
        memcpy(inner, host + 1, n - 2);
        inner[n - 2] = 0;
        return inet_pton(AF_INET6, inner, &six) == 1;
    }
    if (ends_in_number(host)) return inet_pton(AF_INET, host, &four) == 1;
    for (const char *label = host;; label++) {
        size_t len = strcspn(label, ".");
        if (!label_is_plain(label, len)) return false;
        label += len;
        if (!*label) return true;
    }
}

/* The part between // and the path, before anything has interpreted it: host and port alone. */
static const char *authority_fault(const char *text)
{
    char host[NET_HOST_MOST + 8];
    const char *start = strstr(text, "://");
    size_t n = start ? strcspn(start + 3, "/?#") : 0;
    if (!start || !n) return "it has no host";
    if (n >= sizeof host) return "its host is too long";
    for (size_t i = 0; i < n; i++) {
        char c = start[3 + i];
        host[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    host[n] = 0;
    if (strchr(host, '@')) return "it holds a user name";
    char *bracket = strchr(host, ']'), *colon = strchr(bracket ? bracket : host, ':');
    if (colon) {
        size_t digits = strspn(colon + 1, "0123456789");
        if (!digits || digits > 5 || colon[1 + digits]) return "its port is not a number from 1 to 65535";
        *colon = 0;
    }
    if (strlen(host) >= NET_HOST_MOST || !host_is_plain(host)) return "its host is not a plain name or address";
    return NULL;
}

static const char *text_fault(const char *text)
{
    size_t n = strlen(text);
    if (n >= NET_URL_MOST) return "it is too long";
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || text[i] == '\\')
            return "it holds a blank, a backslash or a control character";
    size_t scheme = strcspn(text, ":");
    bool https = scheme == 5 && strncasecmp(text, "https", 5) == 0;
    bool http = scheme == 4 && strncasecmp(text, "http", 4) == 0;
    if (!https && !http) return "it does not begin with https://";
    return authority_fault(text);
}

/* ---- libcurl's parser ---- */
/* A part of a parsed address; false where it does not fit or is not there. */
static bool part_get(const CURLU *url, CURLUPart part, unsigned int flags, char *out, size_t size)
{
    char *text = NULL;
    if (net_curl.url_get(url, part, &text, flags) != CURLUE_OK) return false;
    size_t n = strlen(text);
    if (n < size) memcpy(out, text, n + 1);
    net_curl.free(text);
    return n < size;
}

/* Small letters up to the end of the host. */
static void lower(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] >= 'A' && text[i] <= 'Z') text[i] = (char)(text[i] + 32);
}

static bool parts_take(const CURLU *url, net_url *out)
{
    char scheme[8], port[8];
    long long number;
    if (!part_get(url, CURLUPART_SCHEME, 0, scheme, sizeof scheme)) return false;
    if (!part_get(url, CURLUPART_HOST, 0, out->host, sizeof out->host)) return false;
    if (!part_get(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof port)) return false;
    if (!part_get(url, CURLUPART_URL, CURLU_NO_DEFAULT_PORT, out->text, sizeof out->text)) return false;
    lower(out->host, strlen(out->host));
    lower(out->text, 8 + strcspn(out->text + 8, "/?"));
    out->https = strcmp(scheme, "https") == 0;
    if (!lg_parse_int(port, &number) || number < 1 || number > 65535) return false;
    out->port = (uint16_t)number;
    return host_is_plain(out->host);
}

static lg_status parse_into(CURLU *url, const char *text, net_url *out, lg_err *err)
{
    *out = (net_url){0};
    const char *fault = text_fault(text);
    if (fault) return unusable(text, fault, err);
    if (net_curl.url_set(url, CURLUPART_URL, text, CURLU_URLENCODE | CURLU_DISALLOW_USER) != CURLUE_OK)
        return unusable(text, "it is not built as addresses are", err);
    net_curl.url_set(url, CURLUPART_FRAGMENT, NULL, 0);
    if (!parts_take(url, out)) return unusable(text, "its host or port cannot be used", err);
    /* What was made of it must be as plain as what it was made of. */
    fault = text_fault(out->text);
    return fault ? unusable(text, fault, err) : LG_OK;
}

lg_status net_url_parse(const char *text, net_url *out, lg_err *err)
{
    LG_TRY(net_curl_open(err));
    CURLU *url = net_curl.url();
    if (!url) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    lg_status st = parse_into(url, text, out, err);
    net_curl.url_cleanup(url);
    return st;
}

/* A place within the base's host is resolved by libcurl; one with a scheme or host is judged as it stands. */
lg_status net_url_join(const net_url *base, const char *location, net_url *out, lg_err *err)
{
    char full[NET_URL_MOST] = "";
    size_t scheme = strspn(location, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    if (!*location) return unusable("", "there is no address", err);
    if (scheme && location[scheme] == ':') return net_url_parse(location, out, err);
    if (location[0] == '/' && location[1] == '/') {
        snprintf(full, sizeof full, "%s:%.*s", base->https ? "https" : "http", NET_URL_MOST - 10, location);
        return net_url_parse(full, out, err);
    }
    for (const char *c = location; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '\\' || strlen(location) >= NET_URL_MOST)
            return unusable(location, "it holds a blank, a backslash or a control character, or is too long", err);
    LG_TRY(net_curl_open(err));
    CURLU *url = net_curl.url();
    if (!url) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    bool joined = net_curl.url_set(url, CURLUPART_URL, base->text, 0) == CURLUE_OK &&
                  net_curl.url_set(url, CURLUPART_URL, location, CURLU_URLENCODE) == CURLUE_OK &&
                  part_get(url, CURLUPART_URL, 0, full, sizeof full);
    net_curl.url_cleanup(url);
    return joined ? net_url_parse(full, out, err) : unusable(location, "it is not built as addresses are", err);
}

bool net_url_same_origin(const net_url *a, const net_url *b)
{
    return a->https == b->https && a->port == b->port && strcmp(a->host, b->host) == 0;
}

/* ---- what may be fetched ---- */
static lg_status refuse(const net_url *url, const char *why, lg_err *err)
{
    char shown[NET_SHOWN];
    net_url_show(url->text, shown);
    lg_fail(err, LG_E_DENIED, 702, "`%s` is not fetched", shown);
    return lg_why(err, "%s", why);
}

static bool ends_with(const char *host, const char *end)
{
    size_t n = strlen(host), m = strlen(end);
    return n >= m && strcmp(host + n - m, end) == 0;
}

/* RFC 6761, 6762, 8375, and what clouds and routers use. A name without a dot is one of the local network. */
static bool name_is_local(const char *host)
{
    static const char *const ends[] = {".localhost", ".local", ".internal", ".intranet", ".lan",
                                       ".home.arpa", ".corp",  ".home",     ".test",     ".invalid"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(host, ends[i])) return true;
    return !strchr(host, '.') && host[0] != '[';
}

/* The address that a host is, where it is one. */
static bool host_address(const char *host, struct sockaddr_storage *out)
{
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    char inner[64];
    *out = (struct sockaddr_storage){0};
    size_t n = strlen(host);
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        out->ss_family = AF_INET;
        return true;
    }
    if (host[0] != '[' || n < 4 || n > sizeof inner) return false;
    memcpy(inner, host + 1, n - 2);
    inner[n - 2] = 0;
    out->ss_family = AF_INET6;
    return inet_pton(AF_INET6, inner, &six->sin6_addr) == 1;
}

static bool is_allowed(const net_url *url)
{
    lg_err ignored = {0};
    return lg_reach_host(url->text, &ignored) == LG_OK;
}

lg_status net_url_check(const net_url *url, net_use use, lg_err *err)
{
    struct sockaddr_storage address;
    if (use == NET_API) return lg_reach_host(url->text, err);
    if (is_allowed(url)) return LG_OK;
    if (!url->https) return refuse(url, "it would be reached without encryption", err);
    if (url->port != 443) return refuse(url, "its port is not that of https", err);
    if (name_is_local(url->host)) return refuse(url, "its host is a name of the local network", err);
    if (host_address(url->host, &address) && net_address_kind((struct sockaddr *)&address) != NET_KIND_PUBLIC)
        return refuse(url, "its host is not an address of the public internet", err);
    return LG_OK;
}

bool net_address_check(const struct sockaddr *address, const net_url *url)
{
    net_kind kind = net_address_kind(address);
    if (kind == NET_KIND_PUBLIC) return true;
    if (kind == NET_KIND_NEVER || !is_allowed(url)) return false;
    bool here =
        strcmp(url->host, "127.0.0.1") == 0 || strcmp(url->host, "[::1]") == 0 || strcmp(url->host, "localhost") == 0;
    return here == (kind == NET_KIND_LOOPBACK);
}
