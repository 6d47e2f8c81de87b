/* http_reply.c - headers of an answer: bounded, kept, and what they mean. */
#include <stdio.h>
#include <string.h>
#include "lib/net/http_private.h"

#include "lib/base/banned.h"

enum { LINE_STEP = 32 };

static lg_status improper(net_transfer *t, const char *why)
{
    char shown[NET_SHOWN];
    net_url_show(t->url.text, shown);
    lg_fail(&t->fault, LG_E_FORMAT, 708, "the answer of `%s` cannot be read", shown);
    return lg_why(&t->fault, "%s", why);
}

void net_reply_begin(net_transfer *t)
{
    lg_arena_release(&t->reply.arena);
    lg_arena_init(&t->reply.arena, 4 * t->limits->header_most + (1 << 16));
    t->reply.header = NULL;
    t->reply.headers = 0;
    t->reply.status = 0;
    t->headed = false;
    lg_buf_clear(&t->reply.body);
    net_body_release(&t->body);
}

const char *net_reply_header(const net_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->headers; i++)
        if (strcmp(reply->header[i].name, name) == 0) return reply->header[i].value;
    return NULL;
}

/* Room for one more; the old block stays in the arena, which is bounded. */
static lg_status room_for_one(net_transfer *t)
{
    net_reply *r = &t->reply;
    if (r->headers % LINE_STEP) return LG_OK;
    net_pair *grown = lg_arena_alloc(&r->arena, r->headers + LINE_STEP, sizeof *grown, &t->fault);
    if (!grown) return t->fault.status;
    if (r->headers) memcpy(grown, r->header, r->headers * sizeof *grown);
    r->header = grown;
    return LG_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Two lengths that differ are a sign that somebody between us and the server reads it in another way (RFC 9112). */
static lg_status check_length(net_transfer *t, const char *value)
{
    const char *before = net_reply_header(&t->reply, "content-length");
    if (before && strcmp(before, value) != 0) return improper(t, "it has two lengths that differ");
    return LG_OK;
}

static lg_status keep_line(net_transfer *t, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (!colon) return LG_OK; /* libcurl has refused what is none */
    size_t name_len = (size_t)(colon - line);
    const char *value = colon + 1, *end = line + len;
    while (value < end && is_blank(*value)) value++;
    while (end > value && is_blank(end[-1])) end--;
    LG_TRY(room_for_one(t));
    char *name = lg_arena_strndup(&t->reply.arena, line, name_len, &t->fault);
    char *text = lg_arena_strndup(&t->reply.arena, value, (size_t)(end - value), &t->fault);
    if (!name || !text) return t->fault.status;
    for (char *c = name; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
    if (strcmp(name, "content-length") == 0) LG_TRY(check_length(t, text));
    t->reply.header[t->reply.headers++] = (net_pair){name, text};
    return LG_OK;
}

static lg_status too_many(net_transfer *t, const char *what, long long most)
{
    char shown[NET_SHOWN];
    net_url_show(t->url.text, shown);
    lg_fail(&t->fault, LG_E_LIMIT, 707, "the answer of `%s` is too large", shown);
    return lg_why(&t->fault, "it has more than %s %s", lg_thousands(most), what);
}

/* A line with its end. A status line begins a new answer: the one before it was an interim one (100, 103). Lines behind
 * the body (trailers) count, and are not kept. */
lg_status net_reply_line(net_transfer *t, const char *line, size_t len)
{
    t->header_bytes += len;
    if (t->header_bytes > t->limits->header_most)
        return too_many(t, "bytes of headers", (long long)t->limits->header_most);
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        t->reply.headers = 0;
        t->headed = false;
        return LG_OK;
    }
    if (t->body.decided) return LG_OK;
    if (line[0] == '\r' || line[0] == '\n') return net_reply_headers_end(t);
    if (t->reply.headers >= (size_t)t->limits->headers_most) return too_many(t, "headers", t->limits->headers_most);
    return keep_line(t, line, len);
}

/* What says that it is too large is believed. */
lg_status net_reply_headers_end(net_transfer *t)
{
    const char *text = net_reply_header(&t->reply, "content-length");
    long long length = 0;
    t->headed = true;
    if (!text || !lg_parse_int(text, &length)) return LG_OK;
    if (length < 0) return improper(t, "its length is negative");
    if ((unsigned long long)length <= t->limits->body_most) return LG_OK;
    return too_many(t, "bytes", (long long)t->limits->body_most);
}

/* ---- what it means ---- */
static lg_status limited(const net_reply *reply, const char *shown, lg_err *err)
{
    const net_rate *rate = &reply->rate;
    lg_fail(err, LG_E_LIMIT, 710, "`%s` has been asked too often", shown);
    if (rate->limit >= 0) lg_why(err, "%s requests are possible in its window", lg_thousands(rate->limit));
    if (rate->retry_after >= 0) return lg_try(err, "again in %.0f seconds", rate->retry_after);
    int minute = (int)(rate->reset % 86400 / 60);
    if (rate->reset > 0) return lg_try(err, "again at %02d:%02d UTC", minute / 60, minute % 60);
    return lg_try(err, "again in a quarter of an hour");
}

enum { SAID_READ = 16384, SAID_SHOWN = 300 };

/* The beginning of what the server says, in one line. Secrets go before it is cut, which could be within one. */
static void why_said(const net_reply *reply, lg_err *err)
{
    char said[SAID_READ + 1];
    size_t n = reply->body.len < SAID_READ ? reply->body.len : SAID_READ;
    if (n) memcpy(said, reply->body.data, n);
    said[n] = 0;
    n = net_scrub(said, n);
    if (n > SAID_SHOWN) {
        n = SAID_SHOWN;
        while (n && ((unsigned char)said[n] & 0xc0) == 0x80) n--; /* no half character */
    }
    said[n] = 0;
    for (char *c = said; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t') *c = ' ';
    if (*said) lg_why(err, "status %d; it says: %s", reply->status, said);
    else lg_why(err, "status %d", reply->status);
}

lg_status net_reply_check(const net_reply *reply, lg_err *err)
{
    char shown[NET_SHOWN];
    int status = reply->status;
    if ((status >= 200 && status <= 299) || status == 304) return LG_OK;
    net_url_show(reply->url, shown);
    if (status == 429) return limited(reply, shown, err);
    if (status == 401 || status == 403) {
        lg_fail(err, LG_E_DENIED, 712, "`%s` does not let us in", shown);
        lg_try(err, "look whether the keys are right, and whether they allow this");
    } else {
        lg_fail(err, LG_E_NETWORK, 711, "`%s` answers with an error", shown);
    }
    why_said(reply, err);
    net_scrub_err(err);
    return err->status;
}

void net_reply_release(net_reply *reply)
{
    lg_free(reply->url);
    lg_buf_release(&reply->body);
    lg_arena_release(&reply->arena);
    *reply = (net_reply){0};
}
