/* archive.h - the files inside one file: zip, tar, and tar packed with gzip, read where they are.
 *
 *     data_archive *set = NULL;
 *     LG_TRY(data_archive_open("/home/ana/set.zip", &(data_archive_watch){.cancel = cancel}, &set, err));
 *     for (size_t i = 0; i < data_archive_count(set); i++) look_at(data_archive_name(set, i));
 *     LG_TRY(data_archive_read(set, "adidas/1.jpg", &bytes, err));
 *     data_archive_unref(set);
 *
 * Nothing is unpacked beside the archive or into the project. Zip (PKWARE's APPNOTE, also of more than 4 GB) and plain
 * tar (POSIX ustar and pax, GNU's long names, old Unix) are read in any order from the file itself; a packed tar has no
 * order but its own, so its files go once into a file without a name (data_cache_scratch), which is gone with the last
 * reference. Zip is read by libzip, loaded at first use: without it zip alone is LL504.
 *
 * The file's content decides what it is. Names in it have `/` between folders, no `.` and `..`, and are UTF-8; where
 * one comes twice the later file counts, as it does when unpacked. Links, devices, names that lead out of the archive
 * and the like are left out and counted (data_archive_left): nothing in an archive is ever followed.
 *
 * Limits, before memory or disk is taken: DATA_ARCHIVE_MOST entries; unpacked DATA_ARCHIVE_FREE bytes and
 * DATA_ARCHIVE_RATIO times the file's size; a packed tar DATA_ARCHIVE_DISK bytes; single files what the buffer they are
 * read into allows.
 *
 * A file in an archive is named ARCHIVE//NAME: no path of a file has two slashes in a row. Opened archives never
 * change, _ref/_unref are atomic, and any number of threads may read one. */
#ifndef DATA_ARCHIVE_H
#define DATA_ARCHIVE_H

#include "lib/base/lg.h"

#define DATA_ARCHIVE_MOST  1000000
#define DATA_ARCHIVE_FREE  ((uint64_t)256 << 20)
#define DATA_ARCHIVE_RATIO 200
#define DATA_ARCHIVE_DISK  ((uint64_t)64 << 30)

typedef struct data_archive data_archive;

/* Who is told of an opening that takes its time, who may end it, and how much it may be. */
typedef struct data_archive_watch {
    lg_cancel *cancel;                                      /* may be NULL */
    void (*progress)(void *ctx, size_t done, size_t count); /* megabytes of a packed tar; may be NULL */
    void *progress_ctx;
    size_t most; /* entries that may be listed; 0: DATA_ARCHIVE_MOST */
} data_archive_watch;

/* What of an archive is not read. */
typedef struct data_archive_left {
    size_t links, outside, names, repeated, kinds; /* links; names with `..` or from the root; names that cannot be
                                                      used; files that come again later; devices and the like */
    const char *first;                             /* a name, "" where there is none to tell */
} data_archive_left;

/* LL393 neither zip nor tar (also a folder), LL337 damaged, encrypted or of another kind (7z, rar, .tar.xz, ...), LL338
 * beyond the limits, LL504 no libzip, LL302, LL391, LL601, Interrupted. *out owned. */
lg_status data_archive_open(const char *path, const data_archive_watch *watch, data_archive **out,
                            lg_err *err) LG_MUST_CHECK;
/* The same from bytes, which stay where they are as long as the archive is used; `name` for messages. */
lg_status data_archive_from(const void *bytes, size_t len, const char *name, const data_archive_watch *watch,
                            data_archive **out, lg_err *err) LG_MUST_CHECK;
/* For an archive that could not be opened but is needed by name: every reading fails as the opening did. */
data_archive *data_archive_failed(const char *path, size_t len, const lg_err *why, lg_err *err);
data_archive *data_archive_ref(data_archive *archive);
void data_archive_unref(data_archive *archive); /* NULL is fine */

const char *data_archive_path(const data_archive *archive);
/* Was opened later than the other. */
bool data_archive_later(const data_archive *archive, const data_archive *other);
size_t data_archive_count(const data_archive *archive);
/* In byte order. Borrowed. */
const char *data_archive_name(const data_archive *archive, size_t place);
const data_archive_left *data_archive_left_out(const data_archive *archive);
/* A whole file into out, whose limit is the limit (LL303). LL302 not in it or the archive is gone, LL317 the archive is
 * another than it was, LL337 the file is encrypted, packed in a way not known, or damaged. */
lg_status data_archive_read(data_archive *archive, const char *name, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* For ARCHIVE//NAME: true, with the length of ARCHIVE. */
bool data_archive_split(const char *path, size_t *len);

#endif
