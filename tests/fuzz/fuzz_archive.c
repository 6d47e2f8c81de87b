/* fuzz_archive.c - any bytes as an archive; every file in it read. `make fuzz F=archive`. The first byte says what the
 * file is called: a name that ends in .zip makes a zip of anything. */
#include <stdlib.h>
#include <string.h>
#include "lib/data/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names are tidied, and stand in their order. */
static void check_names(const data_archive *a)
{
    for (size_t i = 0; i < data_archive_count(a); i++) {
        const char *name = data_archive_name(a, i);
        size_t n = strlen(name);
        bool up = strncmp(name, "../", 3) == 0 || strstr(name, "/../") || strcmp(name, "..") == 0;
        if (!n || name[0] == '/' || name[n - 1] == '/' || strstr(name, "//") || up) abort();
        if (lg_utf8_valid(name, n) != n) abort();
        if (i && strcmp(data_archive_name(a, i - 1), name) >= 0) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 1 << 20, FILES = 64 };
    const data_archive_watch watch = {.most = 4096};
    data_archive *a = NULL;
    lg_err err = {0};
    if (!size) return 0;
    if (data_archive_from(data + 1, size - 1, data[0] & 1 ? "/x.zip" : "/x", &watch, &a, &err)) {
        if (!err.code || !*err.msg) abort();
        return 0;
    }
    check_names(a);
    for (size_t i = 0; i < data_archive_count(a) && i < FILES; i++) {
        lg_buf out;
        lg_buf_init(&out, MOST);
        lg_err_clear(&err);
        if (data_archive_read(a, data_archive_name(a, i), &out, &err) == LG_OK ? out.len > MOST : !err.code) abort();
        lg_buf_release(&out);
    }
    data_archive_unref(a);
    return 0;
}
