/* onnx_parts.h - what the readers of ONNX's messages share; only for onnx*.c.
 *
 * A message is walked with nn_onnx_next, which checks of each field that its kind is the one that the description says,
 * and that a field which can be there once is not there twice (protobuf would let the last one win, or merge them: two
 * readers could then see two different networks in one file). */
#ifndef NN_ONNX_PARTS_H
#define NN_ONNX_PARTS_H

#include "nnlib/io/onnx.h"
#include "nnlib/io/proto_wire.h"

/* A field that is known: number below 32, its kind, and whether it may come again. Fields that are not listed are
 * passed over. */
typedef struct onnx_field {
    uint32_t number;
    nn_wire_kind kind;
    bool many;
} onnx_field;

typedef struct onnx_walk {
    const char *file, *what; /* of which message, for the text of a failure */
    const onnx_field *known; /* ends with number 0 */
    nn_wire wire;
    uint32_t seen; /* a bit for each number */
    lg_status st;
} onnx_walk;

/* The next known field; false at the end or with w->st set. Numbers of repeated kinds (fixed32, varint) may also come
 * packed, as bytes: f->kind says so. */
bool nn_onnx_next(onnx_walk *w, nn_wire_field *f, lg_err *err);

/* A text as a name: 0 to NN_NAMED_NAME bytes that show. */
lg_status nn_onnx_name(const char *file, lg_arena *room, const nn_wire *text, const char **out,
                       lg_err *err) LG_MUST_CHECK;

/* TensorProto; name: what it is called instead of its own name, or NULL. */
lg_status nn_onnx_read_tensor(nn_onnx *net, nn_wire message, const char *name, lg_err *err) LG_MUST_CHECK;

/* NodeProto. A Constant gives a tensor, and node->op is then NULL. */
lg_status nn_onnx_read_node(nn_onnx *net, nn_wire message, nn_onnx_node *node, lg_err *err) LG_MUST_CHECK;

/* LL365: something is right, but is not read here. */
lg_status nn_onnx_not_read(const char *file, lg_err *err, const char *fmt, ...) LG_PRINTF(3, 4);

#endif
