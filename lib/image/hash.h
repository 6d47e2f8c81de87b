/* hash.h - is this the same file, and does it look the same?
 *
 *     uint64_t a, b;
 *     LG_TRY(img_phash(&first, &a, err));
 *     LG_TRY(img_phash(&second, &b, err));
 *     if (img_phash_distance(a, b) <= 6) near_duplicates();
 *
 * The content hash (SHA-256 of the file's bytes) names an image for good: edits, splits and labels hang on it. The
 * perceptual hash tells near-duplicates: rescaled, recompressed or slightly brighter copies differ in few of its 64
 * bits, other pictures in about 32. It is the sign of the 8x8 lowest DCT coefficients (without the mean) of a 32x32
 * grey version against their median (Zauner, "Implementation and benchmarking of perceptual image hash functions",
 * 2010). */
#ifndef IMG_HASH_H
#define IMG_HASH_H

#include "lib/image/picture.h"

#define IMG_SHA256_HEX 65
/* 64 lower-case hexadecimal digits and NUL. */
void img_sha256(const void *bytes, size_t len, char hex[IMG_SHA256_HEX]);

/* 64-bit DCT hash, the same on every machine. */
lg_status img_phash(const img_picture *p, uint64_t *hash, lg_err *err) LG_MUST_CHECK;
static inline int img_phash_distance(uint64_t a, uint64_t b)
{
    return __builtin_popcountll(a ^ b);
}

/* Groups n pictures so that any two at most `distance` bits apart (0..16) are in one group (single linkage).
 * group[i] (caller's, n) becomes the smallest index of i's group, so group[i] == i for those alone. *joined, if not
 * NULL, counts pictures that are in a group with an earlier one. Multi-index hashing (Norouzi, Punjani & Fleet, 2012)
 * instead of comparing all pairs: 100,000 pictures take well under a second at distance 6. */
lg_status img_near_groups(const uint64_t *hash, size_t n, int distance, lg_cancel *cancel, uint32_t *group,
                          size_t *joined, lg_err *err) LG_MUST_CHECK;

#endif
