/* pack.c - bytes and back, byte by byte, so that the machine's own order does not matter. */
#include "lib/base/pack.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { LITTLE = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };

/* ---- writing ---- */
static void pack_number(lg_buf *out, uint64_t value, int bytes)
{
    unsigned char b[8];
    for (int i = 0; i < bytes; i++) b[i] = (unsigned char)(value >> (8 * i));
    lg_buf_add(out, b, (size_t)bytes);
}

void lg_pack_u8(lg_buf *out, uint8_t value)
{
    pack_number(out, value, 1);
}

void lg_pack_u32(lg_buf *out, uint32_t value)
{
    pack_number(out, value, 4);
}

void lg_pack_u64(lg_buf *out, uint64_t value)
{
    pack_number(out, value, 8);
}

void lg_pack_i64(lg_buf *out, int64_t value)
{
    pack_number(out, (uint64_t)value, 8);
}

void lg_pack_f64(lg_buf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    pack_number(out, bits, 8);
}

void lg_pack_text(lg_buf *out, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    lg_pack_u32(out, (uint32_t)len);
    lg_buf_add(out, len ? text : "", len + 1);
}

void lg_pack_f32s(lg_buf *out, const float *values, size_t n)
{
    if (LITTLE) {
        lg_buf_add(out, values, n * sizeof *values);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        lg_pack_u32(out, bits);
    }
}

/* ---- reading ---- */
void lg_unpack_init(lg_unpack *in, const void *data, size_t len, const char *file, const char *part)
{
    *in = (lg_unpack){.data = data, .len = len, .file = file, .part = part};
}

void lg_unpack_refuse(lg_unpack *in, const char *fmt, ...)
{
    va_list ap;
    if (in->bad) return;
    in->bad = true;
    va_start(ap, fmt);
    vsnprintf(in->why, sizeof in->why, fmt, ap);
    va_end(ap);
}

const void *lg_unpack_bytes(lg_unpack *in, size_t len)
{
    if (!in->bad && len > in->len - in->at) lg_unpack_refuse(in, "it ends too early");
    if (in->bad) return NULL;
    in->at += len;
    return in->data + in->at - len;
}

static uint64_t unpack_number(lg_unpack *in, int bytes)
{
    const unsigned char *b = lg_unpack_bytes(in, (size_t)bytes);
    uint64_t value = 0;
    for (int i = 0; b && i < bytes; i++) value |= (uint64_t)b[i] << (8 * i);
    return value;
}

uint8_t lg_unpack_u8(lg_unpack *in)
{
    return (uint8_t)unpack_number(in, 1);
}

uint32_t lg_unpack_u32(lg_unpack *in)
{
    return (uint32_t)unpack_number(in, 4);
}

uint64_t lg_unpack_u64(lg_unpack *in)
{
    return unpack_number(in, 8);
}

int64_t lg_unpack_i64(lg_unpack *in)
{
    uint64_t bits = unpack_number(in, 8);
    int64_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double lg_unpack_f64(lg_unpack *in)
{
    uint64_t bits = unpack_number(in, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double lg_unpack_finite(lg_unpack *in)
{
    double value = lg_unpack_f64(in);
    if (isfinite(value)) return value;
    lg_unpack_refuse(in, "a number in it is none");
    return 0;
}

bool lg_unpack_truth(lg_unpack *in)
{
    uint8_t value = lg_unpack_u8(in);
    if (value > 1) lg_unpack_refuse(in, "%d stands where yes or no belongs", value);
    return value == 1;
}

int64_t lg_unpack_range(lg_unpack *in, int64_t min, int64_t max)
{
    int64_t value = lg_unpack_i64(in);
    if (in->bad) return min;
    if (value >= min && value <= max) return value;
    lg_unpack_refuse(in, "%lld is outside %lld to %lld", (long long)value, (long long)min, (long long)max);
    return min;
}

size_t lg_unpack_count(lg_unpack *in, size_t most, size_t each)
{
    size_t n = lg_unpack_u32(in), left = in->len - in->at;
    if (in->bad) return 0;
    if (n <= most && (!each || n <= left / each)) return n;
    lg_unpack_refuse(in, "a list in it claims %s entries", lg_thousands((long long)n));
    return 0;
}

const char *lg_unpack_text(lg_unpack *in, size_t most)
{
    size_t len = lg_unpack_u32(in);
    if (!in->bad && len > most) lg_unpack_refuse(in, "a text in it is longer than %zu bytes", most);
    const char *text = in->bad ? NULL : lg_unpack_bytes(in, len + 1);
    if (!text) return "";
    if (!text[len] && !memchr(text, 0, len) && lg_utf8_valid(text, len) == len) return text;
    lg_unpack_refuse(in, "a text in it is not UTF-8");
    return "";
}

bool lg_unpack_f32s(lg_unpack *in, float *values, size_t n)
{
    const unsigned char *b = n > in->len / 4 ? NULL : lg_unpack_bytes(in, 4 * n);
    if (!b) {
        lg_unpack_refuse(in, "it ends too early");
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)b[4 * i] | (uint32_t)b[4 * i + 1] << 8 | (uint32_t)b[4 * i + 2] << 16 |
                        (uint32_t)b[4 * i + 3] << 24;
        if ((bits & 0x7f800000u) == 0x7f800000u) { /* an infinity or no number */
            lg_unpack_refuse(in, "a number in it is none");
            return false;
        }
    }
    for (size_t i = 0; LITTLE ? false : i < n; i++) {
        uint32_t bits = (uint32_t)b[4 * i] | (uint32_t)b[4 * i + 1] << 8 | (uint32_t)b[4 * i + 2] << 16 |
                        (uint32_t)b[4 * i + 3] << 24;
        memcpy(&values[i], &bits, 4);
    }
    if (LITTLE && n) memcpy(values, b, 4 * n);
    return true;
}

lg_status lg_unpack_check(const lg_unpack *in, lg_err *err)
{
    if (!in->bad) return LG_OK;
    lg_fail(err, LG_E_FORMAT, 331, "`%.200s` is damaged or not written by Logolens", in->file);
    lg_why(err, "its part `%s` cannot be used: %s (at byte %s)", in->part, in->why, lg_thousands((long long)in->at));
    return lg_try(err, "an older copy, or make the object again and `save` it");
}

lg_status lg_unpack_end(lg_unpack *in, lg_err *err)
{
    if (!in->bad && in->at != in->len) lg_unpack_refuse(in, "something is left over at its end");
    return lg_unpack_check(in, err);
}
