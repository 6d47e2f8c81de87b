/* proto_write.h - protobuf messages, written (protobuf.dev, "Encoding"). proto_wire.h reads them.
 *
 *     size_t tensor = nn_put_open(&out, 5);        // a message inside of the one that is being written
 *     nn_put_number(&out, 2, 1);
 *     nn_put_text(&out, 8, "conv1/kernel");
 *     nn_put_close(&out, tensor);
 *
 * One buffer, whatever the depth: closing puts the length where the message begins, and moves what follows when it
 * takes more than one byte. Failures (memory, limit) stick in the buffer. */
#ifndef NN_PROTO_WRITE_H
#define NN_PROTO_WRITE_H

#include "lib/base/lg.h"

size_t nn_put_open(lg_buf *out, uint32_t field);
void nn_put_close(lg_buf *out, size_t opened);

void nn_put_number(lg_buf *out, uint32_t field, uint64_t value); /* signed ones in two's complement */
void nn_put_float(lg_buf *out, uint32_t field, float value);
void nn_put_text(lg_buf *out, uint32_t field, const char *text);
/* The head of a field of so many bytes, which the caller adds. */
void nn_put_bytes_head(lg_buf *out, uint32_t field, size_t len);

#endif
