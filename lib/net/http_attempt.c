/* http_attempt.c - one try at one address: what libcurl is told, what it calls, and what its codes mean. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include "lib/net/http_private.h"

#include "lib/base/banned.h"

enum { STALL_BYTES = 100, CONNECT_LEAST_MS = 100 };

/* ---- what libcurl calls ---- */
static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    return net_reply_line(ctx, line, size * count) ? 0 : size * count;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    return net_body_add(ctx, data, size * count) ? 0 : size * count;
}

/* The one place where a connection comes to be: the address is what the name was resolved to this very time. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    net_transfer *t = ctx;
    if (purpose != CURLSOCKTYPE_IPCXN || !net_address_check(&address->addr, &t->url)) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- headers of the request ---- */
static lg_status add_line(net_transfer *t, const char *name, const char *value, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 16);
    lg_buf_reserve(&text, strlen(name) + strlen(value) + 2); /* growing would leave a copy behind */
    if (*name) lg_buf_addf(&text, "%s: ", name);
    lg_buf_adds(&text, value);
    lg_status st = lg_buf_check(&text, err);
    for (size_t i = 0; !st && i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' && text.data[i] != '\t')
            st = lg_fail(err, LG_E_ARG, 701, "a header of a request holds a line break or another control character");
    struct curl_slist *grown = st ? NULL : net_curl.slist_append(t->lines, text.data);
    if (!st && !grown) st = lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    if (grown) t->lines = grown;
    if (text.data) sodium_memzero(text.data, text.cap);
    lg_buf_release(&text);
    return st;
}

/* Lines that are for the first origin alone. */
static lg_status add_own_lines(net_transfer *t, lg_err *err)
{
    const net_request *ask = t->ask;
    if (ask->authorization) LG_TRY(add_line(t, "Authorization", ask->authorization, err));
    if (ask->etag) LG_TRY(add_line(t, "If-None-Match", ask->etag, err));
    if (ask->modified) LG_TRY(add_line(t, "If-Modified-Since", ask->modified, err));
    for (const char *const *line = ask->header; line && *line; line++) LG_TRY(add_line(t, "", *line, err));
    if (!ask->body || t->plain_get) return LG_OK;
    LG_TRY(add_line(t, "Content-Type", ask->content_type ? ask->content_type : "application/octet-stream", err));
    return add_line(t, "", "Expect:", err); /* no waiting for 100 */
}

static lg_status add_lines(net_transfer *t, lg_err *err)
{
    LG_TRY(add_line(t, "Accept", t->ask->accept ? t->ask->accept : "*/*", err));
    LG_TRY(add_line(t, "Accept-Encoding", "gzip", err));
    return t->left ? LG_OK : add_own_lines(t, err);
}

/* ---- options ---- */
static void set_text(net_transfer *t, CURLoption option, const char *value)
{
    net_curl.easy_setopt(t->easy, option, value);
}

static void set_long(net_transfer *t, CURLoption option, long value)
{
    net_curl.easy_setopt(t->easy, option, value);
}

static void set_pointer(net_transfer *t, CURLoption option, void *value)
{
    net_curl.easy_setopt(t->easy, option, value);
}

static void set_rules(net_transfer *t)
{
    set_long(t, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
    set_long(t, CURLOPT_FOLLOWLOCATION, 0);
    set_long(t, CURLOPT_SSL_VERIFYPEER, 1);
    set_long(t, CURLOPT_SSL_VERIFYHOST, 2);
    if (net_curl_trusts()) set_text(t, CURLOPT_CAINFO, net_curl_trusts());
    set_long(t, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set_text(t, CURLOPT_PROXY, "");
    set_text(t, CURLOPT_NOPROXY, "*");
    set_long(t, CURLOPT_NETRC, CURL_NETRC_IGNORED);
    set_long(t, CURLOPT_HTTP09_ALLOWED, 0);
    set_long(t, CURLOPT_HTTP_CONTENT_DECODING, 0);
    set_long(t, CURLOPT_NOSIGNAL, 1);
    set_long(t, CURLOPT_NOPROGRESS, 1);
    set_text(t, CURLOPT_USERAGENT, t->client->agent);
#if LIBCURL_VERSION_NUM >= 0x075700
    set_long(t, CURLOPT_QUICK_EXIT, 1); /* a cancel does not wait for a name to be resolved; older ones ignore it */
#endif
}

static void set_times(net_transfer *t)
{
    double left = t->deadline - t->client->clock->seconds(t->client->clock->ctx);
    long ms = left > 0.001 ? (long)(left * 1000) : 1, connect_ms = (long)(t->limits->connect_seconds * 1000);
    set_long(t, CURLOPT_TIMEOUT_MS, ms);
    set_long(t, CURLOPT_CONNECTTIMEOUT_MS, connect_ms > CONNECT_LEAST_MS ? connect_ms : CONNECT_LEAST_MS);
    long stall = (long)(t->limits->stall_seconds + 0.5);
    set_long(t, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES);
    set_long(t, CURLOPT_LOW_SPEED_TIME, stall > 0 ? stall : 1);
}

static void set_method(net_transfer *t)
{
    const net_request *ask = t->ask;
    const char *method = t->plain_get ? "GET" : ask->method ? ask->method : ask->body ? "POST" : "GET";
    set_long(t, CURLOPT_HTTPGET, 1);
    if (strcmp(method, "HEAD") == 0) set_long(t, CURLOPT_NOBODY, 1);
    if (ask->body && !t->plain_get) {
        set_long(t, CURLOPT_FRESH_CONNECT, 1); /* on an old one that breaks libcurl would send it twice */
        set_long(t, CURLOPT_POST, 1);
        net_curl.easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body_len);
        set_text(t, CURLOPT_POSTFIELDS, ask->body);
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) set_text(t, CURLOPT_CUSTOMREQUEST, method);
}

static void set_callbacks(net_transfer *t)
{
    net_curl.easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    set_pointer(t, CURLOPT_HEADERDATA, t);
    net_curl.easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    set_pointer(t, CURLOPT_WRITEDATA, t);
    net_curl.easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    set_pointer(t, CURLOPT_OPENSOCKETDATA, t);
    set_pointer(t, CURLOPT_ERRORBUFFER, t->error);
    set_pointer(t, CURLOPT_PRIVATE, t);
}

lg_status net_attempt_start(net_transfer *t, lg_err *err)
{
    if (!t->easy) t->easy = net_curl.easy_init();
    if (!t->easy) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    net_reply_begin(t);
    t->refused = false;
    t->error[0] = 0;
    t->fault = (lg_err){0};
    LG_TRY(add_lines(t, err));
    net_curl.easy_reset(t->easy); /* connections stay */
    set_text(t, CURLOPT_URL, t->url.text);
    set_rules(t);
    set_times(t);
    set_method(t);
    set_callbacks(t);
    set_pointer(t, CURLOPT_HTTPHEADER, t->lines);
    if (net_curl.multi_add_handle(t->client->multi, t->easy) != CURLM_OK)
        return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    t->state = NET_RUNNING;
    t->tries++;
    return LG_OK;
}

void net_attempt_stop(net_transfer *t)
{
    if (t->state == NET_RUNNING) net_curl.multi_remove_handle(t->client->multi, t->easy);
    if (t->easy) net_curl.easy_reset(t->easy);
    for (struct curl_slist *line = t->lines; line; line = line->next) sodium_memzero(line->data, strlen(line->data));
    net_curl.slist_free_all(t->lines);
    t->lines = NULL;
    t->state = NET_WAITING;
}

/* ---- codes ---- */
bool net_attempt_broke(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return true;
    default: return false;
    }
}

static bool is_tls(CURLcode code)
{
    switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return true;
    default: return false;
    }
}

static lg_status said(const net_transfer *t, CURLcode code, lg_err *err)
{
    return lg_why(err, "%s", t->error[0] ? t->error : net_curl.easy_strerror(code));
}

static lg_status tls_error(const net_transfer *t, CURLcode code, lg_err *err)
{
    lg_fail(err, LG_E_NETWORK, 705, "the connection to `%s` is not safe", t->url.host);
    said(t, code, err);
    return lg_try(err, "check this computer's date and its package ca-certificates; there is no way around it");
}

static lg_status slow_error(const net_transfer *t, const char *shown, lg_err *err)
{
    bool over = t->client->clock->seconds(t->client->clock->ctx) >= t->deadline;
    lg_fail(err, LG_E_NETWORK, 706, "`%s` is too slow", shown);
    if (over) return lg_why(err, "the answer was not complete after %.0f seconds", t->limits->total_seconds);
    return lg_why(err, "nearly nothing came for %.0f seconds", t->limits->stall_seconds);
}

/* libcurl keeps a line until it is complete, up to 100 KB; what is longer it calls "out of memory", newer ones "too
 * large". */
static bool header_too_long(const net_transfer *t, CURLcode code)
{
    enum { TOO_LARGE = 100 };
    return (int)code == TOO_LARGE || (code == CURLE_OUT_OF_MEMORY && t->header_bytes && !t->body.decided);
}

lg_status net_attempt_error(const net_transfer *t, CURLcode code, lg_err *err)
{
    char shown[NET_SHOWN];
    net_url_show(t->url.text, shown);
    if (t->fault.status) {
        *err = t->fault;
        return err->status;
    }
    if (header_too_long(t, code)) {
        lg_fail(err, LG_E_LIMIT, 707, "the answer of `%s` is too large", shown);
        return lg_why(err, "one of its headers is");
    }
    if (code == CURLE_OUT_OF_MEMORY) return lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left");
    if (t->refused && code == CURLE_COULDNT_CONNECT) {
        lg_fail(err, LG_E_DENIED, 702, "`%s` is not fetched", shown);
        return lg_why(err, "its host leads to an address that is not of the public internet");
    }
    if (code == CURLE_COULDNT_RESOLVE_HOST) {
        lg_fail(err, LG_E_NETWORK, 703, "there is no host `%s`, or no connection to the internet", t->url.host);
        return said(t, code, err);
    }
    if (is_tls(code)) return tls_error(t, code, err);
    if (code == CURLE_OPERATION_TIMEDOUT) return slow_error(t, shown, err);
    if (net_attempt_broke(code)) lg_fail(err, LG_E_NETWORK, 704, "the connection to `%s` broke off", t->url.host);
    else lg_fail(err, LG_E_FORMAT, 708, "the answer of `%s` cannot be read", shown);
    said(t, code, err);
    net_scrub_err(err);
    return err->status;
}
