/* h5_helper.h - one question to the helper: starting it, watching it, and not believing what comes back. Internal to
 * lib/hdf5.
 *
 *     const h5_bytes parts[] = {{data, len}};
 *     LG_TRY(h5_helper_ask(&ask, parts, 1, most, cancel, &answer, err));
 */
#ifndef H5_HELPER_H
#define H5_HELPER_H

#include "lib/hdf5/h5_parts.h"

typedef struct h5_bytes {
    const void *data;
    size_t len;
} h5_bytes;

typedef struct h5_answer {
    lg_buf *body; /* appended to */
    char *config; /* owned (lg_free); NULL: none came */
    bool counted;
} h5_answer;

/* ask's work, kind, file and sizes are the caller's, its limits follow from them. most: bytes of body that make sense.
 * After a failure there is no config, and the body is as it was. */
lg_status h5_helper_ask(h5_ask *ask, const h5_bytes *parts, int count, uint64_t most, lg_cancel *cancel,
                        h5_answer *answer, lg_err *err) LG_MUST_CHECK;

#endif
