/* fuzz_bundle.c - any bytes as a saved file. As they are they are refused by their checksums, so they are tried a
 * second time with the checksums and the length put right, which leads into the readers of the sections. What was read
 * is written and read again.
 *
 * `make fuzz F=bundle`. */
#include "kernel/commands/box_file.h"
#include "lib/base/reach.h"
#include "lib/image/hash.h"
#include "lib/store/bundle.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 40, ROW = 64, SUM = 32 };

static void put_sum(uint8_t *to, const uint8_t *data, size_t len)
{
    char hex[IMG_SHA256_HEX];
    img_sha256(data, len, hex);
    for (int i = 0; i < SUM; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], 0};
        to[i] = (uint8_t)strtoul(two, NULL, 16);
    }
}

static uint64_t u64_at(const uint8_t *from)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value |= (uint64_t)from[i] << (8 * i);
    return value;
}

/* Magic, version, length and checksums as they have to be; the last section reaches to the end. */
static void put_right(uint8_t *file, size_t size)
{
    static const uint8_t start[12] = {0x89, 'L', 'E', 'N', 'S', '\r', '\n', 0x1a, STORE_VERSION};
    size_t sections = file[12] % (STORE_SECTIONS + 1), head = HEAD + sections * ROW, at = head + SUM;
    if (at > size) return;
    memcpy(file, start, sizeof start);
    memset(file + 13, 0, 3);
    file[12] = (uint8_t)sections;
    for (int i = 0; i < 8; i++) file[32 + i] = (uint8_t)(size >> (8 * i));
    for (size_t i = 0; i < sections; i++) {
        uint8_t *row = file + HEAD + i * ROW;
        uint64_t len = u64_at(row + 24);
        if (len > size - at || i + 1 == sections) len = size - at;
        for (int k = 0; k < 8; k++) row[16 + k] = (uint8_t)(at >> (8 * k)), row[24 + k] = (uint8_t)(len >> (8 * k));
        put_sum(row + 32, file + at, (size_t)len);
        at += (size_t)len;
    }
    put_sum(file + head, file, head);
}

static void as_file(const void *data, size_t size)
{
    lg_err err = {0};
    lg_buf again;
    dsl_object *object = NULL, *second = NULL;
    if (cmd_file_open(&(cmd_opening){.file = "x", .data = data, .len = size, .base = "/tmp/none"}, &object, &err)) {
        if (!err.code && err.status != LG_E_MEMORY) abort(); /* a failure says what it is */
        cmd_kept_run kept = {.file = "x", .data = data, .len = size};
        cmd_run *run = NULL;
        lg_err_clear(&err);
        if (cmd_file_open_run(&kept, &run, &err) == LG_OK) cmd_run_free(run);
        return;
    }
    if (cmd_file_of(object, "/tmp/none", &again, &err) == LG_OK && object->cls->kind != DSL_KIND_DATASET) {
        if (cmd_file_open(&(cmd_opening){.file = "x", .data = again.data, .len = again.len, .base = ""}, &second, &err))
            abort(); /* what was read cannot be read again */
        dsl_object_unref(second);
    }
    lg_buf_release(&again);
    dsl_object_unref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;
    lg_err err = {0};
    if (!begun && lg_reach_init("/tmp", &err)) return 0;
    begun = true;
    as_file(data, size);
    if (size < HEAD + SUM) return 0;
    uint8_t *copy = malloc(size);
    memcpy(copy, data, size);
    put_right(copy, size);
    as_file(copy, size);
    free(copy);
    return 0;
}
