/* archive_private.h - what the readers of zip and tar share; for lib/data/archive*.c only. */
#ifndef DATA_ARCHIVE_PRIVATE_H
#define DATA_ARCHIVE_PRIVATE_H

#include <pthread.h>
#include "lib/data/archive.h"

/* Bytes that can be read in any order: of an open file, or in memory. */
typedef struct archive_bytes {
    int fd; /* -1: in memory */
    const uint8_t *mem;
    uint64_t size;
} archive_bytes;

/* One file. */
typedef struct archive_member {
    const char *name;
    uint64_t at; /* zip: number of the entry; tar: where its bytes begin */
    uint64_t size;
    uint64_t packed; /* zip: bytes it takes in the file */
    uint32_t crc;    /* zip */
    uint16_t method; /* zip: 0 as it is, 8 deflate */
    bool locked;     /* zip: encrypted */
    uint32_t order;  /* in which it came */
} archive_member;

struct data_archive {
    atomic_int refs;
    uint64_t opened; /* counts openings in this process */
    char *path;
    const char *name; /* last part of the path, for messages */
    archive_bytes file;
    archive_bytes store; /* what files of a tar are read from: the archive, or the scratch file */
    uint64_t device, inode;
    int64_t changed[2]; /* of the archive when it was opened: seconds, nanoseconds */
    lg_arena text;
    archive_member *member; /* sorted by name once it is open */
    size_t count, room;
    data_archive_left left;
    size_t entries, most;    /* everything that was listed, and how much of it may be */
    pthread_mutex_t lock;    /* over zip */
    struct archive_zip *zip; /* NULL: a tar */
    lg_err failed;           /* why it could not be opened */
};

/* Reads up to n bytes; fewer only at the end. LL391. */
lg_status data_archive_bytes(const data_archive *a, const archive_bytes *from, uint64_t at, void *out, size_t n,
                             size_t *got, lg_err *err) LG_MUST_CHECK;

/* LL337 with its way out. */
lg_status data_archive_damaged(const data_archive *a, lg_err *err, const char *fmt, ...) LG_PRINTF(3, 4);
/* LL338 where what was listed or unpacked so far is more than the limits allow, `file` bytes of the archive being read.
 */
lg_status data_archive_check_size(const data_archive *a, uint64_t unpacked, uint64_t file, lg_err *err) LG_MUST_CHECK;
/* Counts one more entry, whatever it is. LL338 */
lg_status data_archive_one_more(data_archive *a, lg_err *err) LG_MUST_CHECK;
/* Takes a file under its tidied name, or counts it among what is left out. backslash: those divide folders too. */
lg_status data_archive_add(data_archive *a, const char *name, bool backslash, const archive_member *member,
                           lg_err *err) LG_MUST_CHECK;
/* The name under which data_archive_add takes it: NULL where it takes none (out too small counts as that). */
const char *data_archive_tidy(const char *name, bool backslash, char *out, size_t size, bool *outside);
/* Counts what is left out; name: where it is the first, it is told. */
lg_status data_archive_leave(data_archive *a, size_t *which, const char *name, lg_err *err) LG_MUST_CHECK;

/* Readers. *known false: the bytes are of another kind. */
lg_status data_archive_zip_list(data_archive *a, const data_archive_watch *watch, lg_err *err) LG_MUST_CHECK;
lg_status data_archive_zip_read(data_archive *a, const archive_member *m, lg_buf *out, lg_err *err) LG_MUST_CHECK;
void data_archive_zip_close(struct archive_zip *zip);
lg_status data_archive_tar_list(data_archive *a, bool packed, const data_archive_watch *watch, bool *known,
                                lg_err *err) LG_MUST_CHECK;
lg_status data_archive_tar_read(data_archive *a, const archive_member *m, lg_buf *out, lg_err *err) LG_MUST_CHECK;

#endif
