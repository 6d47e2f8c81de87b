/* reach_host.c - which hosts a cell may talk to: those whose origin (scheme, host, port) the user allowed. */
#include "lib/base/reach.h"
#include "lib/base/reach_path.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { HOSTS_MAX = 64, ORIGIN_MAX = 300 };

/* Filled at the start and read ever after; the lock is for those who add a host while others read. */
static struct {
    pthread_rwlock_t lock;
    char origin[HOSTS_MAX][ORIGIN_MAX];
    size_t count;
} hosts = {.lock = PTHREAD_RWLOCK_INITIALIZER};

void lg_reach_forget_hosts(void)
{
    pthread_rwlock_wrlock(&hosts.lock);
    hosts.count = 0;
    pthread_rwlock_unlock(&hosts.lock);
}

static void lower(char *s)
{
    for (; *s; s++)
        if (*s >= 'A' && *s <= 'Z') *s = (char)(*s + 32);
}

/* Letters, digits, dots and hyphens, or an IPv6 address in brackets. Anything else (a user name, a blank, a backslash,
 * a percent sign) is read differently by different programs, and is refused therefore. */
static bool host_is_plain(const char *host)
{
    size_t n = strlen(host);
    if (n > 2 && host[0] == '[') return host[n - 1] == ']' && strspn(host + 1, "0123456789abcdef:.") == n - 2;
    return n && strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") == n;
}

/* Origin of a URL as scheme://host:port in small letters, the port always there. RFC 3986, 3.2; RFC 6454, 4. */
static bool origin_of(const char *url, char origin[ORIGIN_MAX])
{
    char host[256], scheme[8];
    const char *rest = strstr(url, "://");
    size_t n = rest ? (size_t)(rest - url) : 0;
    if (!n || n >= sizeof scheme) return false;
    memcpy(scheme, url, n);
    scheme[n] = 0;
    lower(scheme);
    bool https = strcmp(scheme, "https") == 0;
    if (!https && strcmp(scheme, "http") != 0) return false;
    rest += 3;
    n = strcspn(rest, "/?#");
    if (!n || n >= sizeof host) return false;
    memcpy(host, rest, n);
    host[n] = 0;
    lower(host);
    char *bracket = strchr(host, ']'), *colon = strrchr(bracket ? bracket : host, ':');
    long long port = https ? 443 : 80;
    if (colon && (!lg_parse_int(colon + 1, &port) || port < 1 || port > 65535 || colon[1] == '+')) return false;
    if (colon) *colon = 0;
    if (!host_is_plain(host)) return false;
    snprintf(origin, ORIGIN_MAX, "%s://%s:%lld", scheme, host, port);
    return true;
}

static bool is_loopback(const char *origin)
{
    static const char *const names[] = {"http://127.0.0.1:", "http://[::1]:", "http://localhost:"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(origin, names[i], strlen(names[i])) == 0) return true;
    return false;
}

lg_status lg_reach_allow_host(const char *text, lg_err *err)
{
    char origin[ORIGIN_MAX];
    bool understood = origin_of(text, origin);
    const char *path = understood ? strstr(text, "://") + 3 : "";
    path += strcspn(path, "/?#");
    if (!understood || (path[0] && strcmp(path, "/") != 0)) {
        lg_fail(err, LG_E_ARG, 605, "`%.200s` is not the address of a host", text);
        return lg_try(err, "write it as `https://example.org`");
    }
    if (strncmp(origin, "http:", 5) == 0 && !is_loopback(origin)) {
        lg_fail(err, LG_E_DENIED, 605, "`%.200s` would be reached without encryption", text);
        lg_why(err, "http:// is allowed to this computer only (127.0.0.1)");
        return lg_try(err, "use https://");
    }
    pthread_rwlock_wrlock(&hosts.lock);
    bool known = false, full = hosts.count == HOSTS_MAX;
    for (size_t i = 0; i < hosts.count; i++) known = known || strcmp(hosts.origin[i], origin) == 0;
    if (!known && !full) snprintf(hosts.origin[hosts.count++], ORIGIN_MAX, "%s", origin);
    pthread_rwlock_unlock(&hosts.lock);
    if (known || !full) return LG_OK;
    return lg_fail(err, LG_E_LIMIT, 605, "no more than %d hosts can be allowed", HOSTS_MAX);
}

lg_status lg_reach_host(const char *url, lg_err *err)
{
    char origin[ORIGIN_MAX];
    if (!origin_of(url, origin)) {
        lg_fail(err, LG_E_DENIED, 601, "`%.200s` is not an address a notebook may use", url);
        return lg_why(err, "it must begin with https://, a plain host name and nothing else before the path");
    }
    bool allowed = false;
    pthread_rwlock_rdlock(&hosts.lock);
    for (size_t i = 0; i < hosts.count; i++) allowed = allowed || strcmp(hosts.origin[i], origin) == 0;
    pthread_rwlock_unlock(&hosts.lock);
    if (allowed) return LG_OK;
    bool https = strncmp(origin, "https:", 6) == 0, loopback = is_loopback(origin);
    lg_fail(err, LG_E_DENIED, 601, "the host of `%.200s` was not allowed", url);
    lg_why(err, "a notebook talks only to hosts its user allowed");
    if (!https && !loopback) return lg_try(err, "use https://");
    char *port = strrchr(origin, ':');
    if (https && strcmp(port, ":443") == 0) *port = 0;
    return lg_try(err, "`logolens allow %s` in a terminal", origin);
}
