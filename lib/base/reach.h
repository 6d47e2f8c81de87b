/* reach.h - the one checked opener: which files and hosts a cell may touch.
 *
 *     LG_TRY(lg_reach_init(NULL, err));                        // main, once
 *     LG_TRY(lg_reach_allow_read("/data/logos", err));         // what the user allowed
 *     LG_TRY(lg_reach_read("brands/labels.txt", &text, err));  // anywhere below: a cell asks
 *
 * A notebook is untrusted text. It reads below its project and below the roots its user allowed, and writes below the
 * project; our own folders (catalogue, cache, weights) are ours to reach. Links are resolved before the check. The
 * project is the nearest parent of the start folder that holds `logolens.json` or `.git` (of the same owner, so that
 * nobody else can widen it), else the start folder. Anything else is LL601 with the line to type in a terminal. Below
 * the project nothing is written whose name begins with a dot: such files (.git/config, .bashrc) steer other programs.
 * /usr/share/datasets is allowed from the start. Roots are set once at the start by main; no cell can widen them.
 *
 * Errors: LL302 not there, LL303 too large, LL393 a folder where a file is needed (or a device, a pipe), LL391 cannot
 * be read, LL392 cannot be written, LL601 outside. A path outside is LL601 whether it exists or not: a cell learns
 * nothing about what lies there.
 *
 * All functions are thread-safe after lg_reach_init. Needs /proc. */
#ifndef LG_REACH_H
#define LG_REACH_H

#include "lib/base/lg.h"

/* Sets start folder (NULL: the current one), finds the project. Call once, before anything else here. */
lg_status lg_reach_init(const char *start, lg_err *err) LG_MUST_CHECK;
/* One more root to read below (a path the user allowed). A root that does not exist is remembered as written. */
lg_status lg_reach_allow_read(const char *path, lg_err *err) LG_MUST_CHECK;
/* A folder of our own to read and write below. */
lg_status lg_reach_own(const char *path, lg_err *err) LG_MUST_CHECK;
/* A host the user allowed, as https://host[:port] or http://127.0.0.1:port. */
lg_status lg_reach_allow_host(const char *origin, lg_err *err) LG_MUST_CHECK;
const char *lg_reach_project(void);
const char *lg_reach_start(void);

typedef enum lg_reach_mode { LG_REACH_READ, LG_REACH_WRITE } lg_reach_mode;
/* Full path of what `path` names (relative: from the start folder; ~ and ~/x: from the home folder), links resolved,
 * checked. For writing, the last part need not exist. *out owned (lg_free). For handing on to a library that wants a
 * path; to read or write a file yourself use the functions below, which also stand up to a folder swapped for a link
 * meanwhile. */
lg_status lg_reach_resolve(const char *path, lg_reach_mode mode, char **out, lg_err *err) LG_MUST_CHECK;
/* Origin check for URLs: LL601 unless allowed. */
lg_status lg_reach_host(const char *url, lg_err *err) LG_MUST_CHECK;

/* Opens a regular file for reading (never a device, pipe or folder) and returns its descriptor, closed by the caller.
 * *size gets its length. Race-free: what was checked is what is open. */
lg_status lg_reach_open(const char *path, int *fd, uint64_t *size, lg_err *err) LG_MUST_CHECK;
/* Whole file into out (initialised by the caller; its limit is the limit: LL303 too large). */
lg_status lg_reach_read(const char *path, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* Writes a file whole or not at all: temporary name beside it, fsync, rename, fsync of the folder. mode e.g. 0600, less
 * the umask. A link to a file is followed. */
lg_status lg_reach_write(const char *path, const void *data, size_t len, int mode, lg_err *err) LG_MUST_CHECK;
/* The same without the two fsync: for what can be made again (caches). After a power cut the file may be empty. */
lg_status lg_reach_write_quick(const char *path, const void *data, size_t len, int mode, lg_err *err) LG_MUST_CHECK;
/* A new file without a name in a folder that may be written: gone when its descriptor, closed by the caller, is. */
lg_status lg_reach_scratch(const char *folder, int *fd, lg_err *err) LG_MUST_CHECK;
/* Takes away what writers that were killed half-way left in a folder: temporary files more than a minute old whose
 * program no longer runs. Not there: nothing to do. */
lg_status lg_reach_tidy(const char *folder, lg_err *err) LG_MUST_CHECK;
/* Waits until nobody else holds the lock of the folder that `path` lies in, and holds it: for reading a file, changing
 * it and writing it again where several programs may do so. The lock is the system's: it goes with the program, however
 * that ends. A file system without locks gives none. LL392 when somebody else holds it for longer than five seconds. */
lg_status lg_reach_lock(const char *path, lg_cancel *cancel, int *lock, lg_err *err) LG_MUST_CHECK;
void lg_reach_unlock(int lock);
/* Gives a file or folder another name in one step; both places must be writable. A file of the new name is replaced; a
 * folder is not (LL394) unless it is empty. */
lg_status lg_reach_rename(const char *from, const char *to, lg_err *err) LG_MUST_CHECK;
/* Removes a file, or a folder with all that is in it (links in it go, not what they lead to). Not there: LL302. */
lg_status lg_reach_remove(const char *path, lg_err *err) LG_MUST_CHECK;
/* Creates a folder and its parents below a writable place, mode 0700. */
lg_status lg_reach_mkdir(const char *path, lg_err *err) LG_MUST_CHECK;

/* Every regular file below a folder, each path relative to it, sorted by byte order. Left out are names that begin with
 * a dot; left out and counted as skipped: links that lead out of the reach, nowhere or to a parent, names that are not
 * UTF-8, files of other kinds, and what lies deeper than 64 folders. A link to a folder is followed once, unless it
 * leads below the folder listed, where everything is listed anyway. More than `limit` files (0: a million): LL303. */
enum { LG_MISSED_SHOWN = 5 };
typedef struct lg_missed {
    char *path; /* may be no UTF-8 */
    const char *why;
} lg_missed;
typedef struct lg_listing {
    char **path;
    size_t count, skipped;
    size_t missed; /* of the skipped, what is nowhere in the list: all but links to a parent */
    lg_missed example[LG_MISSED_SHOWN]; /* the first that were met */
} lg_listing;
lg_status lg_reach_list(const char *folder, size_t limit, lg_cancel *cancel, lg_listing *out,
                        lg_err *err) LG_MUST_CHECK;
void lg_listing_release(lg_listing *listing);
/* What lies in a folder itself, for completion: folders end with `/`. Names that begin with a dot come too, unless
 * wants (NULL: none of those, all others) refuses them. The first `limit` (more than 0) names in byte order; the rest
 * is left out. The names of a large folder are kept until it changes. */
typedef bool lg_look_fn(void *ctx, const char *name, bool folder);
lg_status lg_reach_look(const char *folder, lg_look_fn *wants, void *ctx, size_t limit, lg_listing *out,
                        lg_err *err) LG_MUST_CHECK;
/* Places to read below that people know by name: the project, then what was allowed; NULL behind the last. Borrowed. */
const char *lg_reach_root(size_t index);
/* Where `~` leads, links resolved. *out owned. */
lg_status lg_reach_home(char **out, lg_err *err) LG_MUST_CHECK;

#endif
