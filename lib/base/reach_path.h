/* reach_path.h - what the files of the reach share: where a path leads, and the errors about it. Internal to lib/base.
 */
#ifndef LG_REACH_PATH_H
#define LG_REACH_PATH_H

#include "lib/base/reach.h"
#include <limits.h>

/* Where a path leads. When it is not there, `real` is the nearest folder that is, and the rest as written. */
typedef struct lg_place {
    char real[PATH_MAX];
    size_t head; /* length of the part of `real` that exists */
    size_t tail; /* bytes at the end of the path as written that do not exist; 0: all is there */
    int why;     /* errno of the look-up, 0 when all is there */
} lg_place;

/* Follows links and `..`; no check. Fails on paths that cannot be: empty, too long, not UTF-8. */
lg_status lg_place_find(const char *path, lg_place *place, lg_err *err) LG_MUST_CHECK;
/* The same, then LL601 unless the place is in reach. */
lg_status lg_place_check(const char *path, lg_reach_mode mode, lg_place *place, lg_err *err) LG_MUST_CHECK;
bool lg_reach_holds(const char *real, lg_reach_mode mode);

/* Full path of what a descriptor has open; false when the system cannot say. */
bool lg_fd_path(int fd, char path[PATH_MAX]);

/* For lg_reach_init: starts with no host allowed. */
void lg_reach_forget_hosts(void);

/* Errors; path is the path as written. */
lg_status lg_reach_denied(const char *path, const char *real, lg_reach_mode mode, lg_err *err);
lg_status lg_reach_missing(const char *path, const lg_place *place, lg_err *err);
lg_status lg_reach_cannot(const char *path, lg_reach_mode mode, int error, lg_err *err);

#endif
