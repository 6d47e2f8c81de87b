/* fuzz_png.c - any bytes as PNG: as they are, and with the checksums of all chunks put right, which leads past them.
 *
 * `make fuzz F=png`. */
#include <zlib.h>
#include "tests/fuzz/fuzz_picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_right(uint8_t *file, size_t size)
{
    for (size_t at = 8; at + 12 <= size;) {
        size_t len = (size_t)file[at] << 24 | (size_t)file[at + 1] << 16 | (size_t)file[at + 2] << 8 | file[at + 3];
        if (len > size - at - 12) return;
        uint32_t sum = (uint32_t)crc32(0, file + at + 4, (uInt)len + 4);
        for (int i = 0; i < 4; i++) file[at + 8 + len + (size_t)i] = (uint8_t)(sum >> (8 * (3 - i)));
        at += 12 + len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) return -1;
    if (size) memcpy(copy, data, size);
    put_right(copy, size);
    int taken = fuzz_picture(copy, size, IMG_PNG);
    free(copy);
    return fuzz_picture(data, size, IMG_PNG) && taken ? -1 : 0;
}
