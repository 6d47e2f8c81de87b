/* http_private.h - what the client's files share. A transfer is one request on its way: tries, redirects, waits. */
#ifndef NET_HTTP_PRIVATE_H
#define NET_HTTP_PRIVATE_H

#include <zlib.h>
#include "lib/net/curl_library.h"
#include "lib/net/http.h"
#include "lib/net/secret.h"

typedef enum net_state { NET_FREE, NET_WAITING, NET_RUNNING } net_state;

/* Unpacking a body: none, or gzip. */
typedef struct net_body {
    z_stream stream;
    uint64_t wire; /* bytes of this try */
    bool decided, gzip, ended;
} net_body;

typedef struct net_transfer {
    net_client *client;
    const net_request *ask;
    const net_limits *limits;
    size_t index;
    net_state state;
    net_url origin, url; /* first address, and the one it is at */
    bool left;           /* a redirect has led to another origin */
    bool plain_get;      /* a redirect made a GET of it */
    double deadline, not_before;
    bool rate_waiting;
    int tries; /* begun at this address or others */
    int rate_waits, breaks;
    net_reply reply;
    net_body body;
    size_t header_bytes;
    bool headed;  /* the headers of this try are complete */
    bool refused; /* an internet address was not to be connected to */
    lg_err fault; /* what our callbacks found */
    CURL *easy;   /* kept for the next request */
    struct curl_slist *lines;
    char error[CURL_ERROR_SIZE];
} net_transfer;

struct net_client {
    net_settings settings;
    const net_clock *clock;
    lg_rng rng;
    char agent[200];
    CURLM *multi;
    net_transfer *slot; /* settings.parallel of them */
};

/* ---- http_attempt.c ---- */
/* Puts the transfer's present address on its way. */
lg_status net_attempt_start(net_transfer *t, lg_err *err);
/* Takes it back, ended or not; keeps the reply. */
void net_attempt_stop(net_transfer *t);
/* What libcurl's code means, as an error. */
lg_status net_attempt_error(const net_transfer *t, CURLcode code, lg_err *err);
/* May the same help once more? */
bool net_attempt_broke(CURLcode code);

/* ---- http_reply.c ---- */
void net_reply_begin(net_transfer *t); /* empties it for the next try */
lg_status net_reply_line(net_transfer *t, const char *line, size_t len);
/* The headers are complete. */
lg_status net_reply_headers_end(net_transfer *t);

/* ---- http_body.c ---- */
lg_status net_body_add(net_transfer *t, const char *data, size_t len);
lg_status net_body_end(net_transfer *t); /* whole? */
void net_body_release(net_body *body);

#endif
