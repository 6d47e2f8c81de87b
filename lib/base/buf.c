/* buf.c - growing bytes whose failure sticks, and base64 (RFC 4648). */
#include "lib/base/lg.h"
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

void lg_buf_init(lg_buf *buf, size_t limit)
{
    *buf = (lg_buf){.limit = limit ? limit : (size_t)1 << 30};
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

/* Room for `more` bytes and the NUL, or the failure is noted. */
static bool buf_room(lg_buf *buf, size_t more)
{
    if (buf->failed) return false;
    if (more > buf->limit - buf->len) {
        buf->failed = LG_E_LIMIT;
        return false;
    }
    size_t need = buf->len + more + 1;
    if (need <= buf->cap) return true;
    size_t cap = buf->cap ? buf->cap * 2 : 256;
    while (cap < need) cap *= 2;
    lg_err err = {0};
    char *data = lg_realloc(buf->data, buf->len, cap, 1, &err);
    if (!data) {
        buf->failed = LG_E_MEMORY;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

void lg_buf_add(lg_buf *buf, const void *data, size_t len)
{
    if (!buf_room(buf, len)) return;
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

void lg_buf_addv(lg_buf *buf, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n >= 0 && buf_room(buf, (size_t)n)) {
        vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, again);
        buf->len += (size_t)n;
    }
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
        return lg_fail(err, LG_E_LIMIT, 902, "a result grew past its limit of %zu bytes", buf->limit);
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
    if (!buf_room(buf, (len + 2) / 3 * 4)) return;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t v = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0u);
        char *out = buf->data + buf->len;
        out[0] = digits[v >> 18];
        out[1] = digits[v >> 12 & 63];
        out[2] = left > 1 ? digits[v >> 6 & 63] : '=';
        out[3] = left > 2 ? digits[v & 63] : '=';
        buf->len += 4;
    }
    buf->data[buf->len] = 0;
}
