/* npy.h - one array as numpy.save writes it, and the zip archives of them that numpy.savez makes (.npz).
 *
 *     LG_TRY(nn_npy_read(bytes, len, "conv1.weight", &list, err));      // adds one tensor, whose data may point into
 * bytes
 *
 *     nn_zip zip;
 *     LG_GO(nn_zip_open(&zip, bytes, len, "resnet.npz", err));
 *     for (size_t i = 0; i < zip.count; i++) LG_GO(nn_zip_bytes(&zip, &zip.entry[i], &list.room, &inside, err));
 *     nn_zip_release(&zip);
 *
 * Read are versions 1 to 3 of .npy with a header of at most 10,000 bytes (which is numpy's own limit): a dictionary of
 * exactly descr, fortran_order and shape. It is Python to numpy, and here a text of a small grammar. Arrays in
 * Fortran's order are turned into C's.
 *
 * An archive is read only where its list can be read in one way: it ends where the file does, entries do not lie over
 * one another, an entry's own header has the name and method that the list has, checksums agree. No entry, and all of
 * them together, may be unpacked to more than their packing can be. */
#ifndef NN_NPY_H
#define NN_NPY_H

#include "nnlib/core/named_tensors.h"

#define NN_NPY_MAGIC "\x93NUMPY"

/* LL361, LL363, LL364. */
lg_status nn_npy_read(const unsigned char *data, size_t len, const char *name, nn_named_tensors *out,
                      lg_err *err) LG_MUST_CHECK;

typedef struct nn_zip_entry {
    const char *name;
    const unsigned char *data; /* as it is packed */
    size_t packed, size, begin, end;
    uint32_t crc;
    int method; /* 0: as it is, 8: deflate */
} nn_zip_entry;

typedef struct nn_zip {
    const char *file;
    const unsigned char *data;
    size_t len;
    nn_zip_entry *entry; /* in the order of their places */
    size_t count;
    lg_arena names;
} nn_zip;

/* LL361, LL362; release also after a failure. */
lg_status nn_zip_open(nn_zip *zip, const unsigned char *data, size_t len, const char *file, lg_err *err) LG_MUST_CHECK;
void nn_zip_release(nn_zip *zip);
/* entry->size bytes: of the archive itself, or unpacked into room. */
lg_status nn_zip_bytes(const nn_zip *zip, const nn_zip_entry *entry, lg_arena *room, const unsigned char **out,
                       lg_err *err) LG_MUST_CHECK;

#endif
