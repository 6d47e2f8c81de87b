/* fuzz_exif.c - any bytes as an Exif block: by themselves, in a JPEG and in a PNG, which must say the same.
 *
 * `make fuzz F=exif`. */
#include "lib/image/decode_parts.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 8192 };

static size_t put_be(uint8_t *to, size_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    return (size_t)bytes;
}

/* A header pass needs no more: tables, a frame of one channel, a scan, the end. */
static size_t in_jpeg(const uint8_t *data, size_t size, uint8_t *out)
{
    static const uint8_t rest[] = {0xff, 0xdb, 0, 2, 0xff, 0xc4, 0, 2,    0xff, 0xc0, 0, 11,   8,   0,
                                   3,    0,    5, 1, 1,    0x11, 0, 0xff, 0xda, 0,    2, 0xff, 0xd9};
    size_t n = 0;
    memcpy(out, "\xff\xd8\xff\xe1", 4), n += 4;
    n += put_be(out + n, size + 8, 2);
    memcpy(out + n, "Exif\0", 6), n += 6;
    if (size) memcpy(out + n, data, size);
    n += size;
    memcpy(out + n, rest, sizeof rest);
    return n + sizeof rest;
}

static size_t put_chunk(uint8_t *out, const char *type, const uint8_t *data, size_t size)
{
    put_be(out, size, 4);
    memcpy(out + 4, type, 4);
    if (size) memcpy(out + 8, data, size);
    put_be(out + 8 + size, crc32(0, out + 4, (uInt)size + 4), 4);
    return size + 12;
}

static size_t in_png(const uint8_t *data, size_t size, uint8_t *out)
{
    static const uint8_t head[13] = {0, 0, 0, 5, 0, 0, 0, 3, 8, 0, 0, 0, 0};
    size_t n = 8;
    memcpy(out, "\x89PNG\r\n\x1a\n", 8);
    n += put_chunk(out + n, "IHDR", head, sizeof head);
    n += put_chunk(out + n, "eXIf", data, size);
    n += put_chunk(out + n, "IDAT", head, 1);
    return n + put_chunk(out + n, "IEND", NULL, 0);
}

static void check_file(const uint8_t *file, size_t len, int orientation)
{
    uint8_t *exact = malloc(len); /* so that reading beyond it is seen */
    lg_err err = {0};
    img_info info;
    if (!exact) return;
    memcpy(exact, file, len);
    if (img_probe(exact, len, NULL, &info, &err)) abort();
    if (info.orientation != orientation || info.w != (orientation >= 5 ? 3 : 5) || info.h != 8 - info.w) abort();
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[MOST + 256];
    if (size > MOST) return -1;
    int orientation = img_exif_orientation((img_bytes){data, size});
    if (orientation < 1 || orientation > 8) abort();
    check_file(file, in_jpeg(data, size, file), orientation);
    check_file(file, in_png(data, size, file), orientation);
    return 0;
}
