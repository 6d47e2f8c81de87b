/* h5_serve.c - the helper's side: libhdf5 first, then everything given up, then the bytes. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/confine.h"
#include "lib/hdf5/h5_parts.h"
#include "lib/hdf5/hdf5_library.h"
#include "lib/base/banned.h"

/* ---- answers ---- */
static void send_all(const void *data, size_t len)
{
    const char *at = data;
    while (len) {
        ssize_t n = write(STDOUT_FILENO, at, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) _exit(1);
        at += n, len -= (size_t)n;
    }
}

void h5_send(h5_piece piece, const void *data, size_t len)
{
    h5_head head = {.piece = piece, .len = len};
    send_all(&head, sizeof head);
    send_all(data, len);
}

void h5_send_size(uint64_t len)
{
    h5_head head = {.piece = H5_SIZE, .len = len};
    send_all(&head, sizeof head);
}

static void send_end(lg_status st, const lg_err *err, bool counted)
{
    h5_end end = {.status = (uint32_t)st, .counted = counted};
    if (st) {
        end.code = err->code;
        memcpy(end.msg, err->msg, sizeof end.msg);
        memcpy(end.why, err->why, sizeof end.why);
        memcpy(end.hint, err->hint, sizeof end.hint);
    }
    h5_send(H5_END, &end, sizeof end);
}

/* ---- the question ---- */
/* NULL: not started by keras_file.h. */
static const h5_ask *take_ask(void)
{
    struct stat memory;
    if (fstat(STDIN_FILENO, &memory) || memory.st_size < (off_t)H5_ASK_AT || !S_ISREG(memory.st_mode)) return NULL;
    const h5_ask *ask = mmap(NULL, (size_t)memory.st_size, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0);
    if (ask == MAP_FAILED) return NULL;
    if (ask->size != sizeof *ask || ask->len != (uint64_t)memory.st_size - H5_ASK_AT) return NULL;
    if (memchr(ask->file, 0, sizeof ask->file) == NULL) return NULL;
    return ask;
}

/* Everything but computing, and that for so long. False: this system cannot hold it. */
static bool give_up_all(const h5_ask *ask)
{
    struct rlimit time = {.rlim_cur = ask->seconds, .rlim_max = ask->seconds + 1};
    close(STDIN_FILENO);
    lg_close_from(STDERR_FILENO + 1);
    if (setrlimit(RLIMIT_CPU, &time)) return false;
    unsigned held = lg_confine((size_t)ask->memory);
    return held & (LG_CONFINED_FILES | LG_CONFINED_CALLS);
}

static lg_status answer(const h5_ask *ask, bool *counted, lg_err *err)
{
    const unsigned char *data = (const unsigned char *)ask + H5_ASK_AT;
    LG_TRY(h5_library_open(err));
    json_object_seed(0); /* from the system, which cannot be asked later */
    if (!give_up_all(ask))
        return lg_fail(err, LG_E_UNSUPPORTED, 366,
                       "files of HDF5 cannot be used: their helper cannot be confined here");
    if (ask->work == H5_WRITE) return h5_write_file(ask, data, err);
    return h5_read_file(data, (size_t)ask->len, ask->file, counted, err);
}

int h5_serve(void)
{
    lg_err err = {0};
    bool counted = false;
    const h5_ask *ask = take_ask();
    if (!ask) {
        fputs("logolens sandbox weights: the kernel starts this by itself to read and write files of Keras\n", stderr);
        return 2;
    }
    lg_status st = answer(ask, &counted, &err);
    send_end(st, &err, counted);
    _exit(0); /* what the library would do at its end nobody needs */
}
