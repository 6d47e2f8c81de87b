/* cache.h - how much memory and disk the fitted pixels of all datasets may take together.
 *
 *     data_cache_setup(&(data_cache_limits){.folder = "/home/ann/.cache/logolens"}); // main, once
 *
 * A dataset is a table of references to files. The pixels that a network wants are kept where there is room: in memory,
 * then in a file without a name in `folder`, and beyond both they are decoded again whenever they are asked for. What a
 * set has is kept for as long as the set is: an epoch visits every image once and then all of them again, and for such
 * rounds any rule that throws out one image to keep another one loses. The order in which places are given out
 * decides where an image is kept, never what it looks like.
 *
 * All functions are thread-safe. */
#ifndef DATA_CACHE_H
#define DATA_CACHE_H

#include "lib/base/lg.h"

#define DATA_CACHE_NONE 1 /* byte: no picture has room in it */

typedef struct data_cache_limits {
    uint64_t memory;    /* bytes; 0: half of what this process may have; DATA_CACHE_NONE: nothing */
    uint64_t early;     /* bytes of that which `load` may take before anybody has asked for a pixel; 0: 256 MB */
    uint64_t disk;      /* bytes; 0: a quarter of what is free there; DATA_CACHE_NONE: nothing */
    const char *folder; /* where the file may lie, below a folder of our own; NULL: no disk */
} data_cache_limits;

/* Holds for what is kept from now on. */
void data_cache_setup(const data_cache_limits *limits);
/* Bytes that all sets hold now; either may be NULL. */
void data_cache_used(uint64_t *memory, uint64_t *disk);
/* An empty file without a name for what has to be unpacked, where pixels are kept on disk, else in memory; *fd closed
 * by the caller. *most: bytes that may be put into it. */
lg_status data_cache_scratch(int *fd, uint64_t *most, lg_err *err) LG_MUST_CHECK;
/* Pictures decoded because their pixels were in no cache, in this process. */
uint64_t data_cache_misses(void);

#endif
