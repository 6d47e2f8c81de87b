/* idx.h - files of many equal pictures: the IDX format of MNIST and the sets made after it.
 *
 *     data_idx *digits = NULL;
 *     LG_TRY(data_idx_open("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", NULL, &digits, err));
 *     use(digits->px + 17 * digits->h * digits->w);  // picture 17, from 0: (h, w) bytes of grey, rows from the top
 *     data_idx_unref(digits);
 *
 * An IDX file (LeCun, Cortes, Burges, "The MNIST database of handwritten digits") is a magic number (0, 0, element
 * type, number of dimensions), the dimensions as big-endian u32, and the elements. Read here are unsigned bytes (type
 * 8) in three dimensions (pictures) or one (labels), plain or packed with gzip (RFC 1952). The length is checked before
 * memory is taken: a packed file may not unpack to more than its own header says, nor to more than DATA_IDX_LIMIT.
 *
 * A picture in such a file is named FILE//NUMBER, with the number from 0 and five digits or more: no path of a file has
 * two slashes in a row. Opened files never change; _ref/_unref are atomic. */
#ifndef DATA_IDX_H
#define DATA_IDX_H

#include <stdatomic.h>
#include "lib/base/lg.h"
#include "lib/data/archive.h"

#define DATA_IDX_LIMIT ((size_t)1 << 30) /* bytes unpacked */

typedef struct data_idx {
    atomic_int refs;
    char *path;
    size_t count;
    int h, w;    /* 1, 1 for labels */
    uint8_t *px; /* (count, h, w) */
} data_idx;

/* LL302 not there, LL303 too large, LL327 not an IDX file, cut off or with too much behind; LL601. *out owned. within:
 * the archive that a path ARCHIVE//NAME is in; NULL: a file of its own. */
lg_status data_idx_open(const char *path, data_archive *within, data_idx **out, lg_err *err) LG_MUST_CHECK;
/* The same from bytes: `name` for messages. */
lg_status data_idx_read(const char *bytes, size_t len, const char *name, data_idx **out, lg_err *err) LG_MUST_CHECK;
data_idx *data_idx_ref(data_idx *idx);
void data_idx_unref(data_idx *idx); /* NULL is fine */
/* For FILE//NUMBER, the file's own name ARCHIVE//NAME where it is in one: true, with the length of FILE and the number.
 */
bool data_idx_split(const char *path, size_t *len, size_t *number);

#endif
