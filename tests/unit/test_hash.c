/* Content hash against published vectors; perceptual hash; grouping against all pairs. */
#include <sodium.h>
#include "tests/support/test.h"
#include "lib/image/decode.h"
#include "lib/image/hash.h"
#include "lib/image/png.h"
#include "lib/image/resize.h"

TEST(sha256_fips_180_vectors)
{
    char hex[IMG_SHA256_HEX];
    img_sha256("abc", 3, hex);
    CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    img_sha256("", 0, hex);
    CHECK_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Long texts may be another library's work. The vector is FIPS 180's, too. */
TEST(sha256_of_long_texts_is_libsodium_s)
{
    static uint8_t text[1000000];
    static const size_t lengths[] = {4095, 4096, 4097, 4151, 4152, 4160, 45000, 65536, 999999};
    unsigned char digest[crypto_hash_sha256_BYTES];
    char got[IMG_SHA256_HEX], want[IMG_SHA256_HEX];
    memset(text, 'a', sizeof text);
    img_sha256(text, sizeof text, got);
    CHECK_STR(got, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * 13 + i / 251);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        crypto_hash_sha256(digest, text + i, lengths[i]);
        sodium_bin2hex(want, sizeof want, digest, sizeof digest);
        img_sha256(text + i, lengths[i], got);
        CHECK_STR(got, want);
    }
}

/* Blobs whose look is the seed's. */
static img_picture scene(uint64_t seed, int h, int w)
{
    lg_err err = {0};
    lg_rng rng;
    img_picture p = {0};
    double cx[6], cy[6], r[6], v[6];
    CHECK_OK(img_picture_init(&p, h, w, 3, &err));
    lg_rng_init(&rng, seed);
    for (int i = 0; i < 6; i++) {
        cx[i] = lg_rng_uniform(&rng);
        cy[i] = lg_rng_uniform(&rng);
        r[i] = 0.02 + 0.1 * lg_rng_uniform(&rng);
        v[i] = 60 + 190 * lg_rng_uniform(&rng);
    }
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            double sum = 20;
            for (int i = 0; i < 6; i++) {
                double dx = (x + 0.5) / w - cx[i], dy = (y + 0.5) / h - cy[i];
                sum += v[i] * exp(-(dx * dx + dy * dy) / r[i]);
            }
            memset(img_at(&p, y, x), (int)(sum > 255 ? 255 : sum), 3);
        }
    }
    return p;
}

TEST(phash_survives_scaling_and_jpeg)
{
    lg_err err = {0};
    uint64_t all[20];
    for (uint64_t s = 0; s < 20; s++) {
        img_picture p = scene(s, 120, 160), q = {0};
        lg_buf jpeg;
        uint64_t small, packed;
        lg_buf_init(&jpeg, 0);
        CHECK_OK(img_phash(&p, &all[s], &err));
        CHECK_OK(img_resize(&p, 64, 80, &q, &err));
        CHECK_OK(img_phash(&q, &small, &err));
        img_picture_release(&q);
        CHECK_OK(img_jpeg_write(&p, 50, &jpeg, &err));
        CHECK_OK(img_decode(jpeg.data, jpeg.len, NULL, &q, NULL, &err));
        CHECK_OK(img_phash(&q, &packed, &err));
        CHECK(img_phash_distance(all[s], small) <= 6);
        CHECK(img_phash_distance(all[s], packed) <= 6);
        img_picture_release(&p);
        img_picture_release(&q);
        lg_buf_release(&jpeg);
    }
    for (int i = 0; i < 20; i++)
        for (int k = 0; k < i; k++) CHECK(img_phash_distance(all[i], all[k]) > 10);
}

/* Single linkage by comparing everything with everything until nothing changes. */
static void naive_groups(const uint64_t *hash, size_t n, int distance, uint32_t *group)
{
    for (size_t i = 0; i < n; i++) group[i] = (uint32_t)i;
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < n; k++)
                if (img_phash_distance(hash[i], hash[k]) <= distance && group[k] < group[i]) {
                    group[i] = group[k];
                    again = true;
                }
    }
}

TEST(near_groups_equal_all_pairs)
{
    enum { N = 400 };
    lg_err err = {0};
    lg_rng rng;
    lg_rng_init(&rng, 11);
    uint64_t hash[N];
    uint32_t got[N], want[N];
    for (int i = 0; i < N; i++) {
        hash[i] = i < 40 ? lg_rng_next(&rng) : hash[lg_rng_below(&rng, (uint64_t)i)];
        if (i >= 40)
            for (uint64_t f = lg_rng_below(&rng, 14); f > 0; f--) hash[i] ^= 1ull << lg_rng_below(&rng, 64);
    }
    for (int distance = 0; distance <= 16; distance++) {
        size_t joined = 0, expected = 0;
        CHECK_OK(img_near_groups(hash, N, distance, NULL, got, &joined, &err));
        naive_groups(hash, N, distance, want);
        for (int i = 0; i < N; i++) {
            CHECK_INT(got[i], want[i]);
            expected += want[i] != (uint32_t)i;
        }
        CHECK_INT(joined, expected);
    }
    CHECK_INT(img_near_groups(hash, N, 17, NULL, got, NULL, &err), LG_E_ARG);
}

TEST(near_groups_can_be_interrupted)
{
    enum { N = 1000 };
    lg_err err = {0};
    uint64_t hash[N];
    uint32_t group[N];
    for (uint64_t i = 0; i < N; i++) hash[i] = i * 0x9E3779B97F4A7C15u;
    lg_cancel cancel = {0};
    lg_cancel_set(&cancel);
    CHECK_INT(img_near_groups(hash, N, 6, &cancel, group, NULL, &err), LG_E_INTERRUPTED);
}
