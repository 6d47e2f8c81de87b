/* proto_wire.c - tags, varints and lengths; what they mean is in onnx.c. */
#include "nnlib/io/proto_wire.h"
#include "lib/base/banned.h"

static bool fail(nn_wire *w, const char *why)
{
    w->why = why;
    return false;
}

bool nn_wire_varint(nn_wire *w, uint64_t *out)
{
    uint64_t value = 0;
    if (w->why || w->at == w->end) return false;
    for (int shift = 0;; shift += 7) {
        if (w->at == w->end) return fail(w, "a number is cut off");
        unsigned char byte = *w->at++;
        if (shift == 63 && byte > 1) return fail(w, "a number has more than 64 bits");
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) break;
    }
    *out = value;
    return true;
}

static bool fixed(nn_wire *w, size_t bytes, uint64_t *out)
{
    if (nn_wire_left(w) < bytes) return fail(w, "a number is cut off");
    *out = 0;
    for (size_t i = 0; i < bytes; i++) *out |= (uint64_t)w->at[i] << (8 * i);
    w->at += bytes;
    return true;
}

static bool bytes(nn_wire *w, nn_wire *body)
{
    uint64_t len;
    if (!nn_wire_varint(w, &len)) return w->why ? false : fail(w, "a length is missing");
    if (len > nn_wire_left(w)) return fail(w, "a part reaches beyond the end of what holds it");
    *body = nn_wire_of(w->at, (size_t)len);
    w->at += len;
    return true;
}

bool nn_wire_next(nn_wire *w, nn_wire_field *f)
{
    uint64_t tag;
    if (!nn_wire_varint(w, &tag)) return false;
    if (tag >> 32 || !(tag >> 3)) return fail(w, "a field has a number that none can have");
    *f = (nn_wire_field){.number = (uint32_t)(tag >> 3), .kind = (nn_wire_kind)(tag & 7)};
    switch (tag & 7) {
    case NN_WIRE_VARINT:
        if (nn_wire_varint(w, &f->value)) return true;
        return w->why ? false : fail(w, "a number is missing");
    case NN_WIRE_FIXED64: return fixed(w, 8, &f->value);
    case NN_WIRE_FIXED32: return fixed(w, 4, &f->value);
    case NN_WIRE_BYTES: return bytes(w, &f->body);
    default: return fail(w, "a field is of a kind that is not in use");
    }
}
