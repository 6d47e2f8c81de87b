/* proto_write.c - the few kinds of fields there are. */
#include "nnlib/io/proto_write.h"
#include <string.h>
#include "nnlib/io/proto_wire.h"
#include "lib/base/banned.h"

enum { VARINT_MOST = 10 };

static size_t varint_of(uint64_t value, unsigned char out[VARINT_MOST])
{
    size_t n = 0;
    for (; value > 127; value >>= 7) out[n++] = (unsigned char)(value | 128);
    out[n++] = (unsigned char)value;
    return n;
}

static void put_varint(lg_buf *out, uint64_t value)
{
    unsigned char bytes[VARINT_MOST];
    lg_buf_add(out, bytes, varint_of(value, bytes));
}

static void put_head(lg_buf *out, uint32_t field, nn_wire_kind kind)
{
    put_varint(out, (uint64_t)field << 3 | (uint64_t)kind);
}

size_t nn_put_open(lg_buf *out, uint32_t field)
{
    put_head(out, field, NN_WIRE_BYTES);
    lg_buf_addc(out, 0); /* its length, when that is known */
    return out->len;
}

void nn_put_close(lg_buf *out, size_t opened)
{
    unsigned char bytes[VARINT_MOST];
    if (out->failed) return;
    size_t len = out->len - opened, n = varint_of(len, bytes);
    if (!lg_buf_reserve(out, n - 1)) return;
    memmove(out->data + opened + n - 1, out->data + opened, len + 1); /* with the zero byte at the end */
    memcpy(out->data + opened - 1, bytes, n);
    out->len += n - 1;
}

void nn_put_number(lg_buf *out, uint32_t field, uint64_t value)
{
    put_head(out, field, NN_WIRE_VARINT);
    put_varint(out, value);
}

void nn_put_float(lg_buf *out, uint32_t field, float value)
{
    put_head(out, field, NN_WIRE_FIXED32);
    lg_buf_add(out, &value, sizeof value);
}

void nn_put_text(lg_buf *out, uint32_t field, const char *text)
{
    nn_put_bytes_head(out, field, strlen(text));
    lg_buf_adds(out, text);
}

void nn_put_bytes_head(lg_buf *out, uint32_t field, size_t len)
{
    put_head(out, field, NN_WIRE_BYTES);
    put_varint(out, len);
}
