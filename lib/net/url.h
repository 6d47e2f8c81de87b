/* url.h - web addresses: read strictly, and the rules of what may be fetched.
 *
 *     net_url url;
 *     LG_TRY(net_url_parse(text, &url, err));              // LL701 not an address that can be used
 *     LG_TRY(net_url_check(&url, NET_MEDIA, err));         // LL601, LL702 not one that may be used
 *     LG_TRY(net_url_join(&url, location, &next, err));    // where a redirect leads
 *
 * Programs read unusual addresses in different ways, and each difference has been somebody's way in. So what could be
 * read in two ways is refused: user names, blanks, backslashes, control characters, hosts with other letters than
 * a-z 0-9 - (international names are written in punycode), a dot at their end, addresses in octal, hex or with fewer
 * than four numbers. The rest is RFC 3986 as libcurl's own parser reads it, and what it made of the text is what is
 * fetched.
 *
 * Rules
 *  - NET_API, requests that carry the user's keys: the origin (scheme, host, port) must be one that the user allowed or
 *    connected (lib/base/reach.h).
 *  - NET_MEDIA, pictures whose addresses come from other people: https at port 443 and a host of the public internet,
 *    or an origin that the user allowed. Never names or addresses of this computer, its network or its cloud.
 *  - http:// is for this computer alone, where the user allowed it.
 * Whether a name's address is of the public internet is seen when it is connected to, at each connection
 * (net_address_check): so a name that is resolved to something else the second time gains nothing. */
#ifndef NET_URL_H
#define NET_URL_H

#include "lib/base/lg.h"

struct sockaddr;
enum { NET_URL_MOST = 8000, NET_HOST_MOST = 254 };

typedef struct net_url {
    char text[NET_URL_MOST];  /* what is fetched; without fragment */
    char host[NET_HOST_MOST]; /* small letters; IPv6 in brackets */
    uint16_t port;
    bool https;
} net_url;

typedef enum net_use { NET_API, NET_MEDIA } net_use;

lg_status net_url_parse(const char *text, net_url *out, lg_err *err) LG_MUST_CHECK;
/* Reads `location` as RFC 3986, 5 does from base; what it leads to is parsed as strictly. LL701. */
lg_status net_url_join(const net_url *base, const char *location, net_url *out, lg_err *err) LG_MUST_CHECK;
lg_status net_url_check(const net_url *url, net_use use, lg_err *err) LG_MUST_CHECK;
/* RFC 6454, 5: scheme, host and port are equal. */
bool net_url_same_origin(const net_url *a, const net_url *b);
/* For messages: the address without its query, which may hold keys, without secrets, and cut where it is long. */
enum { NET_SHOWN = 160 };
void net_url_show(const char *url, char out[NET_SHOWN]);

/* What kind of address, by IANA's registries of special addresses (RFC 6890). NEVER: links of this network, groups,
 * metadata of clouds, and those that stand for others (mapped, 6to4, Teredo). */
typedef enum net_kind { NET_KIND_PUBLIC, NET_KIND_PRIVATE, NET_KIND_LOOPBACK, NET_KIND_NEVER } net_kind;
net_kind net_address_kind(const struct sockaddr *address);
/* May this address be connected to for the url, which passed net_url_check? An origin that the user allowed may lie in
 * a private network, and on this computer where its host says so (127.0.0.1, [::1], localhost); else it may not. */
bool net_address_check(const struct sockaddr *address, const net_url *url);

#endif
