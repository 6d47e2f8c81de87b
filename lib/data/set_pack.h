/* set_pack.h - a dataset as bytes and back: which files, what each was called, labelled and used for.
 *
 *     data_pack(set, "/home/ana/project", &out);           // into any lg_buf
 *
 *     data_unpack_spec spec = {.in = &in, .base = "/home/ana/project", .pool = pool};
 *     data_lost lost = {0};
 *     LG_GO(data_unpack(&spec, &set, &lost, err));
 *     if (lost.count) warn(lost.name, lost.why);
 *
 * Pictures are not copied: they are named by path and content hash, so a saved dataset is small. Paths below `base`
 * (the folder of the saved file) are kept relative to it: a project moves as a whole. When it is opened, the pictures
 * are read again, with the rules the dataset was made by, and the set is equal to the one saved: same rows, ids,
 * labels, parts, look-alikes, fingerprint, pixels. A picture that is gone, or whose content is another, stays in the
 * set as one that cannot be read, as `load` does it; the fingerprint is another then. */
#ifndef DATA_SET_PACK_H
#define DATA_SET_PACK_H

#include "lib/base/pack.h"
#include "lib/data/dataset.h"

/* base: a full path without a slash at its end, or "". Failures (memory) stick in the buffer. */
void data_pack(const data_set *set, const char *base, lg_buf *out);

typedef struct data_unpack_spec {
    lg_unpack *in;
    const char *base;
    lg_pool *pool;                                          /* NULL: this thread alone */
    lg_cancel *cancel;                                      /* may be NULL */
    void (*progress)(void *ctx, size_t done, size_t count); /* may be NULL; on the calling thread */
    void (*unpacking)(void *ctx, size_t done, size_t count); /* the same: megabytes of a packed tar */
    void *progress_ctx;
} data_unpack_spec;

/* Pictures that could be read when the set was saved and cannot be now; the first of them, borrowed from the set. */
typedef struct data_lost {
    size_t count;
    const char *name, *why;
} data_lost;

/* *out owned, data_unref. LL331 damaged, LL601 a picture outside of what may be read, Interrupted;
 * LL302 or LL317 when not one picture is left. */
lg_status data_unpack(const data_unpack_spec *spec, data_set **out, data_lost *lost, lg_err *err) LG_MUST_CHECK;

#endif
