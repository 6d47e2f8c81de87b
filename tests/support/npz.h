/* npz.h - arrays of a numpy .npz by name, for tests: a zip of stored (not compressed) .npy files of little-endian
 * float32. Anything else fails the test. */
#ifndef TESTS_NPZ_H
#define TESTS_NPZ_H

#include <stdint.h>
#include "tests/support/test.h"

typedef struct npz {
    uint8_t *bytes;
    size_t len;
    int taken; /* arrays asked for so far */
    int count;
} npz;

static inline uint32_t npz_number(const npz *z, size_t at, int bytes)
{
    uint32_t v = 0;
    CHECK(at + (size_t)bytes <= z->len);
    for (int i = bytes; i-- > 0;) v = v << 8 | z->bytes[at + (size_t)i];
    return v;
}

static inline npz npz_read(const char *path)
{
    npz z = {0};
    FILE *f = fopen(path, "rb");
    if (!f) TEST_FAIL("cannot open %s", path);
    fseek(f, 0, SEEK_END);
    z.len = (size_t)ftell(f);
    rewind(f);
    z.bytes = malloc(z.len + 1);
    CHECK(z.bytes && z.len > 22 && fread(z.bytes, 1, z.len, f) == z.len);
    fclose(f);
    z.count = (int)npz_number(&z, z.len - 22 + 10, 2); /* no comment behind the end record */
    return z;
}

/* Numbers of "NAME.npy"; *n of them. Borrowed from z; NULL where there is none. Copied out, since they may lie at any
 * byte. */
static inline float *npz_find(npz *z, const char *name, size_t *n)
{
    size_t at = npz_number(z, z->len - 22 + 16, 4), len = strlen(name);
    for (int i = 0; i < z->count; i++) {
        size_t name_len = npz_number(z, at + 28, 2), skip = npz_number(z, at + 30, 2) + npz_number(z, at + 32, 2);
        size_t local = npz_number(z, at + 42, 4), size = npz_number(z, at + 24, 4);
        bool same = name_len == len + 4 && memcmp(z->bytes + at + 46, name, len) == 0;
        CHECK_INT(npz_number(z, at, 4), 0x02014b50);
        at += 46 + name_len + skip;
        if (!same) continue;
        CHECK_INT(npz_number(z, local + 8, 2), 0); /* stored */
        size_t npy = local + 30 + npz_number(z, local + 26, 2) + npz_number(z, local + 28, 2);
        size_t head = 10 + npz_number(z, npy + 8, 2);
        CHECK(npy + size <= z->len && memcmp(z->bytes + npy, "\x93NUMPY\x01", 7) == 0);
        CHECK(memmem(z->bytes + npy, head, "'<f4'", 5) && !memmem(z->bytes + npy, head, "True", 4));
        *n = (size - head) / 4;
        float *copy = malloc(*n * 4 + 4);
        memcpy(copy, z->bytes + npy + head, *n * 4);
        z->taken++;
        return copy;
    }
    return NULL;
}

#endif
