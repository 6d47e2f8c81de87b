/* feature_store.h - rows of numbers by key, kept on disk from run to run: what the frozen part of a network made of an
 * image.
 *
 *     store_features *store;
 *     const store_features_options o = {
 *         .folder = "/home/ana/.cache/logolens/features", .fingerprint = hex, .floats = n};
 *     LG_TRY(store_features_open(&o, &store, err));
 *     const float *row = store_features_find(store, key);       // NULL: not there, make it
 *     LG_GO(store_features_add(store, keys, rows, count, err));
 *     if (store_features_trouble(store)) …                      // the disk is full: goes on, but keeps nothing
 *     store_features_close(store);
 *
 * **Fingerprint**: SHA-256, as 64 hexadecimal digits, of everything that makes the rows but the image: layers, their
 * weights, preprocessing, size, arithmetic. **Key**: 32 bytes, a SHA-256 of the image's content and what is done to it.
 * Rows under one fingerprint are all of one length.
 *
 * Rows are written in files of a few megabytes, each under a name that its content gives, whole or not at all (a file
 * that was cut off, or of which a bit has changed, is taken away and its rows are made again). So several programs may
 * read and add at once, without locks, and a kill at any time costs what was not yet written: at most the last file.
 * Every row has a checksum, which the first find asks. Files are mapped, not read; one that another program takes away
 * stays readable for as long as it is mapped. Mode 0600; all access goes through lib/base/reach.h.
 *
 * All files together stay below a bound; what was used longest ago goes first. A store that would fill the bound
 * alone, or whose disk is full, keeps further rows in memory as far as that is allowed, and then not at all: add
 * succeeds, find gives NULL.
 *
 * find may be called from several threads at once; everything else by one thread while nobody calls find. */
#ifndef STORE_FEATURE_STORE_H
#define STORE_FEATURE_STORE_H

#include "lib/base/lg.h"

enum { STORE_KEY = 32 };
typedef struct store_features store_features;

typedef struct store_features_options {
    const char *folder;      /* full path below a place of our own; made when it is needed. NULL: memory alone */
    const char *fingerprint; /* 64 hexadecimal digits */
    size_t floats;           /* of a row, at least 1 */
    uint64_t most_bytes;     /* of all files in the folder; 0: 4 GB, or a tenth of what is free there if that is less */
    uint64_t most_memory;    /* for rows that are in no file; 0: a quarter of what this process may have */
} store_features_options;

/* Fails for want of memory alone (LL901); what is wrong with the disk is told by store_features_trouble. */
lg_status store_features_open(const store_features_options *options, store_features **out, lg_err *err) LG_MUST_CHECK;
/* The row of a key, NULL when it is not there or not whole. Borrowed until the next add, flush or close. */
const float *store_features_find(const store_features *store, const uint8_t key[STORE_KEY]);
/* Rows (n, floats) under keys (n, 32); one that is there already is passed over. LL901. */
lg_status store_features_add(store_features *store, const uint8_t (*keys)[STORE_KEY], const float *rows, size_t n,
                             lg_err *err) LG_MUST_CHECK;
/* Writes what is not yet written. Rows get other places. */
void store_features_flush(store_features *store);
/* Why rows are no longer kept on disk, as one sentence; NULL while they are. */
const char *store_features_trouble(const store_features *store);
size_t store_features_count(const store_features *store); /* rows it has */
/* Flushes, brings the folder back below its bound. NULL is fine. */
void store_features_close(store_features *store);

#endif
