/* buf.c - growing bytes whose failure sticks, and base64 (RFC 4648). */
#include "lib/base/lg.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

void lg_buf_init(lg_buf *buf, size_t limit)
{
    *buf = (lg_buf){.limit = !limit ? (size_t)1 << 30 : limit < SIZE_MAX / 4 ? limit : SIZE_MAX / 4};
}

void lg_buf_release(lg_buf *buf)
{
    lg_free(buf->data);
    *buf = (lg_buf){.limit = buf->limit};
}

void lg_buf_clear(lg_buf *buf)
{
    buf->len = 0;
    buf->failed = LG_OK;
    if (buf->data) buf->data[0] = 0;
}

/* Doubles the block, but never past the limit. */
static bool buf_grow(lg_buf *buf, size_t need)
{
    size_t cap = buf->cap ? buf->cap : 128;
    while (cap < need) cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap > buf->limit + 1) cap = buf->limit + 1;
    lg_err err = {0};
    char *data = lg_realloc(buf->data, buf->data ? buf->len + 1 : 0, cap, 1, &err);
    if (!data) {
        buf->failed = LG_E_MEMORY;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

bool lg_buf_reserve(lg_buf *buf, size_t more)
{
    if (buf->failed) return false;
    if (more > buf->limit - buf->len) {
        buf->failed = LG_E_LIMIT;
        return false;
    }
    size_t need = buf->len + more + 1;
    return need <= buf->cap || buf_grow(buf, need);
}

void lg_buf_add(lg_buf *buf, const void *data, size_t len)
{
    if (!lg_buf_reserve(buf, len)) return;
    if (len) memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = 0;
}

void lg_buf_adds(lg_buf *buf, const char *s)
{
    lg_buf_add(buf, s, strlen(s));
}

void lg_buf_addc(lg_buf *buf, char c)
{
    lg_buf_add(buf, &c, 1);
}

/* Writes into the room there is; only a text that does not fit is formatted twice. */
void lg_buf_addv(lg_buf *buf, const char *fmt, va_list ap)
{
    if (!lg_buf_reserve(buf, 0)) return;
    va_list again;
    va_copy(again, ap);
    size_t room = buf->cap - buf->len;
    int n = vsnprintf(buf->data + buf->len, room, fmt, ap);
    bool fits = n >= 0 && (size_t)n < room;
    if (n < 0) buf->failed = LG_E_MEMORY;
    else if (!fits && lg_buf_reserve(buf, (size_t)n)) {
        vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, again);
        fits = true;
    }
    if (fits) buf->len += (size_t)n;
    buf->data[buf->len] = 0;
    va_end(again);
}

void lg_buf_addf(lg_buf *buf, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    lg_buf_addv(buf, fmt, ap);
    va_end(ap);
}

lg_status lg_buf_check(const lg_buf *buf, lg_err *err)
{
    if (buf->failed == LG_E_LIMIT)
        return lg_fail(err, LG_E_LIMIT, 902, "a result grew past its limit of %s bytes",
                       lg_thousands((long long)buf->limit));
    if (buf->failed) return lg_fail(err, buf->failed, 901, "there is not enough memory left");
    return LG_OK;
}

const char *lg_buf_str(const lg_buf *buf)
{
    return buf->data ? buf->data : "";
}

char *lg_buf_take(lg_buf *buf, lg_err *err)
{
    if (lg_buf_check(buf, err)) return NULL;
    char *text = buf->data ? buf->data : lg_strdup("", err);
    *buf = (lg_buf){.limit = buf->limit};
    return text;
}

void lg_buf_base64(lg_buf *buf, const void *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = data;
    if (!lg_buf_reserve(buf, len / 3 > SIZE_MAX / 8 ? SIZE_MAX : (len + 2) / 3 * 4)) return;
    char *out = buf->data + buf->len;
    for (; len >= 3; in += 3, len -= 3, out += 4) {
        uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        out[0] = digits[v >> 18];
        out[1] = digits[v >> 12 & 63];
        out[2] = digits[v >> 6 & 63];
        out[3] = digits[v & 63];
    }
    if (len) {
        uint32_t v = (uint32_t)in[0] << 16 | (len > 1 ? (uint32_t)in[1] << 8 : 0);
        out[0] = digits[v >> 18];
        out[1] = digits[v >> 12 & 63];
        out[2] = len > 1 ? digits[v >> 6 & 63] : '=';
        out[3] = '=';
        out += 4;
    }
    buf->len = (size_t)(out - buf->data);
    *out = 0;
}
