/* http.h - fetching: answers of platforms, and pictures whose addresses come from other people.
 *
 *     net_client *client = NULL;
 *     net_reply reply = {0};
 *     LG_GO(net_client_new(NULL, &client, err));
 *     net_request ask = {.url = "https://api.x.com/2/tweets/search/recent?query=logo", .authorization = bearer};
 *     LG_GO(net_fetch(client, &ask, cancel, &reply, err));
 *     LG_GO(net_reply_check(&reply, err));                  // anything but 2xx and 304 becomes an error
 *     ... reply.body.data, reply.rate ...
 *     done:
 *     net_reply_release(&reply);
 *     net_client_free(client);
 *
 * What holds for every request (docs/adr/0140):
 *  - https, with the server's certificate verified; there is no switch. http is for this computer alone (url.h).
 *  - Each redirect is followed by us, five at the most, after the same checks as the first address; each internet
 *    address is checked when it is connected to. Proxies of the environment are not used: behind one that is not seen.
 *  - The authorization and the request's own headers go to the origin of its address and nowhere else; once a redirect
 *    has led away they are not sent again. A body goes nowhere else either: such a redirect is an error.
 *  - Bounds: bytes of the body as they come and unpacked (gzip), of all headers, their number, the time of the whole
 *    request with its repetitions, the time in which nearly nothing comes. No cookies are kept.
 *  - What broke off, and answers 500, 502, 503 and 504, are repeated after a back-off that doubles and is spread; what
 *    has a body only where the server says it did nothing (503). 429 is repeated when the server's own time has come.
 *  - A cancel is seen within a tenth of a second, in every state.
 *
 * Errors: LL601 and LL702 not allowed, LL701 no address, LL703 no such host, LL704 broke off, LL705 not verified, LL706
 * too slow, LL707 too large, LL708 no proper answer, LL709 redirects. Texts hold no queries and no secrets.
 *
 * A client keeps connections open for what comes next. It is for one thread at a time. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "lib/net/rate.h"
#include "lib/net/url.h"

/* ---- asking ---- */
typedef struct net_limits {
    size_t body_most;     /* bytes, on the wire and unpacked */
    size_t header_most;   /* bytes of all headers, redirects included */
    int headers_most;     /* lines of one answer */
    double total_seconds; /* all tries and redirects; waiting for a rate limit does not count */
    double stall_seconds; /* in which less than 100 bytes a second come */
    double connect_seconds;
    int redirects_most, tries_most;
    double rate_wait_most; /* longest wait for a rate limit, in seconds; beyond it the answer 429 is the result */
} net_limits;
/* 20 MB in 30 s; 64 MB in 120 s. Both: 64 KB of headers, 200 lines, 15 s without much, 5 redirects, 4 tries, 16 min. */
extern const net_limits net_limits_api, net_limits_media;

typedef struct net_request {
    const char *method; /* NULL: GET, or POST where there is a body */
    const char *url;
    net_use use;
    const char *authorization; /* value of the header, or NULL */
    const char *accept;        /* NULL: anything */
    const char *const *header; /* more lines, "Name: value", NULL-terminated; or NULL */
    const char *content_type;  /* of the body */
    const void *body;
    size_t body_len;
    const char *etag, *modified; /* of what we have, as the server gave them: the answer is 304 if it still holds */
    const net_limits *limits; /* NULL: those of the use */
} net_request;

/* ---- answers ---- */
typedef struct net_reply {
    int status;
    char *url;        /* where the answer came from in the end; owned */
    net_pair *header; /* names in small letters, in their order, values as they came: text of others; owned */
    size_t headers;
    lg_buf body; /* unpacked */
    net_rate rate;
    int tries, redirects; /* 1 and 0 when all went well */
    uint64_t wire;        /* bytes of bodies that came, all tries together */
    lg_arena arena;       /* of the headers */
} net_reply;
/* The first of a name, or NULL. */
const char *net_reply_header(const net_reply *reply, const char *name);
/* LG_OK for 2xx and 304, else LL710 (429), LL712 (401, 403), LL711 (the rest), with the time it goes on. */
lg_status net_reply_check(const net_reply *reply, lg_err *err) LG_MUST_CHECK;
void net_reply_release(net_reply *reply);

/* ---- the client ---- */
/* Clock and randomness, so that a test of waiting need not wait. */
typedef struct net_clock {
    double (*seconds)(void *ctx);             /* monotonic */
    int64_t (*date)(void *ctx);               /* seconds since 1970 */
    void (*pause)(void *ctx, double seconds); /* while nothing is on its way; never more than 0.05 */
    void *ctx;
} net_clock;
extern const net_clock net_system_clock;

typedef struct net_wait {
    const char *host;
    bool rate;      /* for a rate limit, else to repeat what broke off */
    double seconds; /* left */
    int64_t until;  /* seconds since 1970 */
} net_wait;

typedef struct net_settings {
    int parallel, per_host;                           /* 0: 16 and 6 */
    const char *contact;                              /* in User-Agent: Logolens/0.1.0 (+contact); NULL: none */
    const net_clock *clock;                           /* NULL: the system's */
    uint64_t seed;                                    /* of the back-off's spread; 0: drawn */
    void (*waiting)(void *ctx, const net_wait *wait); /* about once a second while a request waits; may be NULL */
    void *ctx;
} net_settings;

typedef struct net_client net_client;
/* settings: copied, what it points to borrowed until net_client_free; NULL: all zero. LL504 without libcurl. */
lg_status net_client_new(const net_settings *settings, net_client **out, lg_err *err) LG_MUST_CHECK;
void net_client_free(net_client *client);

/* One request to its end. On success *reply is filled (release it), whatever the status. */
lg_status net_fetch(net_client *client, const net_request *ask, lg_cancel *cancel, net_reply *reply,
                    lg_err *err) LG_MUST_CHECK;
/* Many at once, at most settings.per_host of them at one host. `done` is called for each as it ends, in any order, on
 * this thread: with reply, of which it may take parts (setting them to zero), or with NULL and why. What it returns
 * other than LG_OK, with err filled, ends all. */
typedef lg_status (*net_done_fn)(void *ctx, size_t index, net_reply *reply, const lg_err *why, lg_err *err);
lg_status net_fetch_all(net_client *client, const net_request *ask, size_t count, net_done_fn done, void *ctx,
                        lg_cancel *cancel, lg_err *err) LG_MUST_CHECK;

#endif
