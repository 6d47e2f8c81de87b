/* http_body.c - the body of an answer as it comes: counted, unpacked, counted again.
 *
 * libcurl could unpack too, but takes a gzip stream that ends early for a whole one, and counts only what it got. */
#include <stdio.h>
#include <string.h>
#include "lib/net/http_private.h"

#include "lib/base/banned.h"

static lg_status too_large(net_transfer *t, const char *what)
{
    char shown[NET_SHOWN];
    net_url_show(t->url.text, shown);
    lg_fail(&t->fault, LG_E_LIMIT, 707, "the answer of `%s` is too large", shown);
    return lg_why(&t->fault, "%s more than %s bytes", what, lg_thousands((long long)t->limits->body_most));
}

static lg_status unreadable(net_transfer *t, const char *why)
{
    char shown[NET_SHOWN];
    net_url_show(t->url.text, shown);
    lg_fail(&t->fault, LG_E_FORMAT, 708, "the answer of `%s` cannot be read", shown);
    return lg_why(&t->fault, "%s", why);
}

static lg_status keep(net_transfer *t, const void *data, size_t len)
{
    lg_buf *body = &t->reply.body;
    if (len > t->limits->body_most - body->len) return too_large(t, "it has");
    lg_buf_add(body, data, len);
    return lg_buf_check(body, &t->fault);
}

/* How it was packed is known once the headers are complete. */
static lg_status decide(net_transfer *t)
{
    const char *how = net_reply_header(&t->reply, "content-encoding");
    t->body.decided = true;
    if (!how || !*how || lg_casecmp(how, "identity") == 0) return LG_OK;
    if (lg_casecmp(how, "gzip") != 0 && lg_casecmp(how, "x-gzip") != 0)
        return unreadable(t, "it is packed in a way that was not asked for");
    t->body.stream = (z_stream){0};
    if (inflateInit2(&t->body.stream, 15 + 16) != Z_OK)
        return lg_fail(&t->fault, LG_E_MEMORY, 901, "there is not enough memory left");
    t->body.gzip = true;
    return LG_OK;
}

static lg_status unpack(net_transfer *t, const char *data, size_t len)
{
    unsigned char block[32768];
    z_stream *z = &t->body.stream;
    z->next_in = (unsigned char *)(uintptr_t)data;
    z->avail_in = (unsigned int)len;
    do {
        /* A gzip file may be several one after the other (RFC 1952, 2.2). */
        if (t->body.ended && inflateReset(z) != Z_OK) return unreadable(t, "it is damaged (gzip)");
        t->body.ended = false;
        z->next_out = block;
        z->avail_out = sizeof block;
        int code = inflate(z, Z_NO_FLUSH);
        if (code == Z_MEM_ERROR) return lg_fail(&t->fault, LG_E_MEMORY, 901, "there is not enough memory left");
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return unreadable(t, "it is damaged (gzip)");
        LG_TRY(keep(t, block, sizeof block - z->avail_out));
        t->body.ended = code == Z_STREAM_END;
    } while (z->avail_in || (z->avail_out == 0 && !t->body.ended));
    return LG_OK;
}

lg_status net_body_add(net_transfer *t, const char *data, size_t len)
{
    t->reply.wire += len;
    t->body.wire += len;
    if (!t->body.decided) LG_TRY(decide(t));
    if (t->body.wire > t->limits->body_most) return too_large(t, t->body.gzip ? "packed, it has" : "it has");
    return t->body.gzip ? unpack(t, data, len) : keep(t, data, len);
}

lg_status net_body_end(net_transfer *t)
{
    return !t->body.gzip || t->body.ended ? LG_OK : unreadable(t, "it ends early (gzip)");
}

void net_body_release(net_body *body)
{
    if (body->gzip) inflateEnd(&body->stream);
    *body = (net_body){0};
}
