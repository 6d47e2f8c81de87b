/* pack.h - plain data as bytes and back: what saved files are made of.
 *
 *     lg_pack_u32(&out, 4);                        // into any lg_buf
 *     lg_pack_text(&out, "adidas");
 *
 *     lg_unpack in;
 *     lg_unpack_init(&in, bytes, len, "scratch.lmodel", "labels");
 *     size_t n = lg_unpack_count(&in, 8192, 5);    // at most 8,192, of at least 5 bytes each
 *     const char *label = lg_unpack_text(&in, 200);
 *     LG_TRY(lg_unpack_end(&in, err));             // LL331 when anything above was not as it must be
 *
 * Numbers are little-endian, in two's complement and IEEE 754. A text is its length (u32), its bytes, and a zero byte.
 *
 * Nothing that is read is believed: a reader never leaves its bytes, and after the first thing that is wrong every
 * further read gives 0 or "", so that the question is asked once, with lg_unpack_check, before the data is used.
 * Lengths are to be read with lg_unpack_count, which cannot promise more than the bytes that are left: what is then
 * allocated is bounded by the size of the file. */
#ifndef LG_PACK_H
#define LG_PACK_H

#include "lib/base/lg.h"

/* ---- writing: a failure sticks in the buffer ---- */
void lg_pack_u8(lg_buf *out, uint8_t value);
void lg_pack_u32(lg_buf *out, uint32_t value);
void lg_pack_u64(lg_buf *out, uint64_t value);
void lg_pack_i64(lg_buf *out, int64_t value);
void lg_pack_f64(lg_buf *out, double value);
void lg_pack_text(lg_buf *out, const char *text);              /* valid UTF-8; NULL is written as "" */
void lg_pack_f32s(lg_buf *out, const float *values, size_t n); /* without their count */

/* ---- reading ---- */
typedef struct lg_unpack {
    const unsigned char *data;
    size_t len, at;
    const char *file, *part; /* for the message: which file, and what of it. Borrowed */
    bool bad;
    char why[160];
} lg_unpack;

/* data, file and part are borrowed for as long as `in` is used, and texts that are read point into data. */
void lg_unpack_init(lg_unpack *in, const void *data, size_t len, const char *file, const char *part);
uint8_t lg_unpack_u8(lg_unpack *in);
uint32_t lg_unpack_u32(lg_unpack *in);
uint64_t lg_unpack_u64(lg_unpack *in);
int64_t lg_unpack_i64(lg_unpack *in);
double lg_unpack_f64(lg_unpack *in);                              /* any number, NaN too */
bool lg_unpack_truth(lg_unpack *in);                              /* 0 or 1 */
int64_t lg_unpack_range(lg_unpack *in, int64_t min, int64_t max); /* an i64 within; min when it is not */
double lg_unpack_finite(lg_unpack *in);
/* A u32 that is at most `most`, and whose things, of at least `each` bytes, fit into what is left. */
size_t lg_unpack_count(lg_unpack *in, size_t most, size_t each);
/* UTF-8 of at most `most` bytes without zero bytes inside; "" after a failure, never NULL. */
const char *lg_unpack_text(lg_unpack *in, size_t most);
/* n finite numbers; false, and nothing written, when they are not there. */
bool lg_unpack_f32s(lg_unpack *in, float *values, size_t n);
/* The rest as bytes, `len` of them; NULL when there are fewer. */
const void *lg_unpack_bytes(lg_unpack *in, size_t len);
/* The reader's own complaint: "layer 3 has no input". The first one stands. */
void lg_unpack_refuse(lg_unpack *in, const char *fmt, ...) LG_PRINTF(2, 3);
/* LL331: the file is damaged, with the place. */
lg_status lg_unpack_check(const lg_unpack *in, lg_err *err) LG_MUST_CHECK;
/* The same, and nothing may be left over. */
lg_status lg_unpack_end(lg_unpack *in, lg_err *err) LG_MUST_CHECK;

#endif
