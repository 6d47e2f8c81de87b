/* pixel_block.h - the fitted pixels of a table's images, wherever they are; for lib/data only.
 *
 *     data_block *block = data_block_new(table, &rules, err);   // nothing is decoded yet
 *     data_block_keep(block, 17, px, true);                     // decoded anyway: keep it where there is room
 *     data_room room = {0};
 *     LG_GO(data_block_get(block, 17, &room, &px, err));        // from memory, from disk, or decoded now
 *     done: data_room_release(&room);
 *
 * Image i of a block is image i of its table, as data_rules make it. A block of a combined set holds nothing itself:
 * its images are those of other blocks. Any number of threads may use one. Where an image is kept does not show. */
#ifndef DATA_PIXEL_BLOCK_H
#define DATA_PIXEL_BLOCK_H

#include "lib/data/dataset.h"

struct data_table;
typedef struct data_block data_block;

/* rules: size with channels, fit, and what is done to the fitted pixels. Takes a reference of the table. */
data_block *data_block_new(struct data_table *table, const data_rules *rules, lg_err *err);
/* The same images with one channel instead of three equal ones. */
data_block *data_block_grey(const data_block *colour, lg_err *err);
/* A block of `count` images that are those of others: image i is image at[i] of from[i], all of one size. Takes
 * references. */
data_block *data_block_joined(struct data_table *table, data_block *const *from, const uint32_t *at, size_t count,
                              lg_err *err);
data_block *data_block_ref(data_block *block);
void data_block_unref(data_block *block); /* NULL is fine */

data_size data_block_size(const data_block *block);
/* Whether all of its images may be kept before anybody asks for them. */
bool data_block_is_small(const data_block *block);

/* Keeps an image where there is room. early: nobody has asked for it yet. */
void data_block_keep(data_block *block, size_t image, const uint8_t *px, bool early);
/* *px (h, w, c) borrowed from the block or from room, until the next call with that room. Images that cannot be read
 * are black. LL302, LL317: decoded now, and the file is gone or another one; LL901. */
lg_status data_block_get(data_block *block, size_t image, data_room *room, const uint8_t **px,
                         lg_err *err) LG_MUST_CHECK;

/* Something done with the pixels of many images, in parallel, in chunks between which progress comes through. */
typedef struct data_visit {
    data_block *block;
    size_t count;            /* visits */
    const uint32_t *image;   /* (count) which image each is of; NULL: image i */
    const bool *skip;        /* (count) or NULL */
    /* Called once for each visit, on any thread. px is a copy of its own, which it may change. */
    lg_status (*fn)(void *ctx, size_t visit, uint8_t *px, lg_err *err);
    void *ctx;
    lg_pool *pool;
    lg_cancel *cancel;
    void (*progress)(void *ctx, size_t done, size_t count);
    void *progress_ctx;
} data_visit;
/* The error is that of the first visit that failed. */
lg_status data_block_visit(const data_visit *visit, lg_err *err) LG_MUST_CHECK;

#endif
