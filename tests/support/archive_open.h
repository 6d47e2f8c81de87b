/* archive_open.h - for tests: one archive from bytes, and what is in it. */
#ifndef TEST_ARCHIVE_OPEN_H
#define TEST_ARCHIVE_OPEN_H

#include "tests/support/archive.h"
#include <fcntl.h>
#include "lib/data/archive.h"
#include "lib/data/cache.h"
#include "tests/support/load.h"

static const data_archive_watch nobody = {0};
static data_archive *a;
static lg_buf got;

static inline lg_status open_bytes(const lg_buf *bytes, const char *name)
{
    lg_err_clear(&err);
    data_archive_unref(a);
    a = NULL;
    return data_archive_from(bytes->data, bytes->len, name, &nobody, &a, &err);
}

/* The text of a file in the archive, or the code of the error. */
static inline const char *text_of(const char *name)
{
    static char code[16];
    lg_buf_release(&got);
    lg_buf_init(&got, 1 << 20);
    lg_err_clear(&err);
    if (data_archive_read(a, name, &got, &err) == LG_OK) return lg_buf_str(&got);
    snprintf(code, sizeof code, "LL%d", err.code);
    return code;
}

/* Names in the archive, each followed by a blank. */
static inline const char *names(void)
{
    static char text[2000];
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; a && i < data_archive_count(a); i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s ", data_archive_name(a, i));
    return text;
}

static inline void drop(void)
{
    data_archive_unref(a);
    a = NULL;
    lg_buf_release(&got);
}

static inline void packed_text(zipping *z, const char *name, const char *text, zip_how how)
{
    zip_add(z, name, text, strlen(text), how);
}

static inline const char *set_folder(void)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/set", ds_folder);
    return path;
}

static inline void add_file(zipping *z, const char *file, const char *name)
{
    char full[300];
    lg_buf bytes;
    lg_buf_init(&bytes, 0);
    snprintf(full, sizeof full, "%s/%s", ds_folder, file);
    CHECK_OK(lg_reach_read(full, &bytes, &err));
    zip_add(z, name, bytes.data, bytes.len, (zip_how){.deflate = true});
    lg_buf_release(&bytes);
}

static inline const char *write_zip(zipping *z, const char *name)
{
    static char path[200];
    zip_end(z, (zip_end_how){0});
    ds_write(name, z->out.data, z->out.len);
    zip_release(z);
    snprintf(path, sizeof path, "%s/%s", ds_folder, name);
    return path;
}

#endif
