/* h5_parts.h - what the two sides of keras_file.h share. Internal to lib/hdf5.
 *
 * The helper finds one memfd as its standard input: a page with the question, then the bytes it is about. It answers
 * through a pipe, its standard output, in pieces: a head that says what comes and how much, then that. The last piece
 * is H5_END. */
#ifndef H5_PARTS_H
#define H5_PARTS_H

#include "lib/hdf5/keras_file.h"

#define H5_CONFIG_MOST ((uint64_t)32 << 20)
#define H5_ASK_AT      ((size_t)4096)
/* Numbers may come to this many times the file, and this much besides; names of tensors to this much. */
#define H5_UNPACKED_TIMES ((uint64_t)4)
#define H5_UNPACKED_FREE  ((uint64_t)64 << 20)
#define H5_HEADER_MOST    ((uint64_t)20000000)

enum { H5_SIGNATURE = 8, H5_NAME = NN_NAMED_NAME + 1 };
#define H5_SIGNATURE_BYTES "\x89HDF\r\n\x1a\n"

typedef enum h5_work { H5_READ = 1, H5_WRITE } h5_work;

/* The first page of the memfd. */
typedef struct h5_ask {
    uint32_t size; /* sizeof of this: both sides are of one build */
    uint32_t work;
    uint32_t kind; /* H5_WRITE */
    uint32_t seconds;
    uint64_t len; /* H5_READ: bytes of the file. H5_WRITE: of all that follows */
    uint64_t memory;
    uint64_t rows, config_len; /* H5_WRITE: h5_row[rows], the description, the numbers */
    char file[256];
} h5_ask;

/* H5_WRITE: a tensor, or a layer that has none (tensor is ""). Rows of a layer follow each other. */
typedef struct h5_row {
    char layer[H5_NAME], keras_class[64], tensor[H5_NAME];
    int32_t rank;
    uint64_t dim[NN_MAX_RANK];
    uint64_t at, count; /* of its numbers, in floats */
} h5_row;

typedef enum h5_piece {
    H5_CONFIG = 1, /* the model's description */
    H5_SIZE,       /* nothing; len is what all H5_BODY will come to */
    H5_BODY,       /* safetensors, or the file that was wanted */
    H5_END,        /* h5_end */
} h5_piece;

typedef struct h5_head {
    uint32_t piece, zero;
    uint64_t len;
} h5_head;

typedef struct h5_end {
    uint32_t status; /* lg_status */
    int32_t code;
    uint32_t counted, zero;
    char msg[400], why[600], hint[400];
} h5_end;

/* ---- the helper's side ---- */
/* Sends a piece; the process ends where nobody listens any more. */
void h5_send(h5_piece piece, const void *data, size_t len);
void h5_send_size(uint64_t len);

/* A file of Keras (h5_is_keras) as pieces. */
lg_status h5_read_file(const unsigned char *data, size_t len, const char *file, bool *counted, lg_err *err);
/* The file that is asked for as pieces. */
lg_status h5_write_file(const h5_ask *ask, const unsigned char *data, lg_err *err);

/* LL362: there is something in it that is not read. */
lg_status h5_refused(const char *file, lg_err *err, const char *fmt, ...) LG_PRINTF(3, 4);

#endif
