/* shelf.h - a bounded folder of files by key: the run store.
 *
 *     const store_shelf runs = {.folder = "/home/ana/.local/share/logolens/runs", .ending = ".lrun",
 *                               .most_files = 200, .most_bytes = (uint64_t)2 << 30};
 *     LG_TRY(store_shelf_put(&runs, key, data, len, true, err));
 *     if (store_shelf_get(&runs, key, &bytes, &found, err) == LG_OK && found) …
 *     LG_TRY(store_shelf_trim(&runs, err));      // what was used longest ago goes
 *
 * Several programs may use one shelf at once, without locks: a file is written under a name of its own and renamed, so
 * a reader has the old one or the new one, whole; of two writers the later one stays. A file that another program
 * removes meanwhile was not there. All access goes through lib/base/reach.h. */
#ifndef STORE_SHELF_H
#define STORE_SHELF_H

#include "lib/base/lg.h"

typedef struct store_shelf {
    const char *folder; /* full path; made at the first put, mode 0700 */
    const char *ending; /* ".lrun" */
    size_t most_files;
    uint64_t most_bytes; /* of all files together; one file takes a quarter at most */
} store_shelf;

/* key: letters and digits. durable: it outlives a power cut once this returns; otherwise it outlives the end of this
 * program, however that comes, and after a power cut it may be empty, which its checksums tell. LL303 larger than a
 * quarter of the shelf, LL392 and the other words of lg_reach_write. */
lg_status store_shelf_put(const store_shelf *shelf, const char *key, const void *data, size_t len, bool durable,
                          lg_err *err) LG_MUST_CHECK;
/* The file of a key into out (initialised by the caller); it counts as used now. *found false: there is none. */
lg_status store_shelf_get(const store_shelf *shelf, const char *key, lg_buf *out, bool *found,
                          lg_err *err) LG_MUST_CHECK;
/* Takes away what was used longest ago until the bounds hold, and what writers that were killed left behind. */
lg_status store_shelf_trim(const store_shelf *shelf, lg_err *err) LG_MUST_CHECK;

#endif
