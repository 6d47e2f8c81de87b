/* proto_wire.h - the fields of a protobuf message, one after the other (protobuf.dev, "Encoding").
 *
 *     nn_wire w = nn_wire_of(data, len);
 *     nn_wire_field f;
 *     while (nn_wire_next(&w, &f))
 *         if (f.number == 7 && f.kind == NN_WIRE_BYTES) …  f.body is a message, a text, bytes or packed numbers
 *     if (w.why) …                                         what is wrong; nothing was read behind it
 *
 * A reader never leaves its bytes. Stricter than the format: a varint has at most 64 bits in at most 10 bytes, a
 * field's number is 1 to 2^29 - 1, groups are refused. Fields that come in any order, and unknown ones, are the
 * caller's affair. */
#ifndef NN_PROTO_WIRE_H
#define NN_PROTO_WIRE_H

#include "lib/base/lg.h"

typedef enum nn_wire_kind { NN_WIRE_VARINT, NN_WIRE_FIXED64, NN_WIRE_BYTES, NN_WIRE_FIXED32 = 5 } nn_wire_kind;

typedef struct nn_wire {
    const unsigned char *at, *end;
    const char *why; /* NULL while all is well */
} nn_wire;

typedef struct nn_wire_field {
    uint32_t number;
    nn_wire_kind kind;
    uint64_t value; /* of the kinds but bytes; signed numbers in two's complement, floats as bits */
    nn_wire body;   /* of bytes */
} nn_wire_field;

static inline nn_wire nn_wire_of(const unsigned char *data, size_t len)
{
    return (nn_wire){.at = data, .end = data + len};
}

static inline size_t nn_wire_left(const nn_wire *w)
{
    return (size_t)(w->end - w->at);
}

/* False at the end, and after a failure. */
bool nn_wire_next(nn_wire *w, nn_wire_field *f);
/* One number of a packed field; false at its end, and after a failure. */
bool nn_wire_varint(nn_wire *w, uint64_t *out);

#endif
