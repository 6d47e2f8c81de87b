/* test_nettle.c - libnettle's SHA-256 and HMAC against the vectors of FIPS 180 and RFC 4231. */
#include "lib/base/nettle.h"
#include "tests/support/test.h"

static bool loaded(void)
{
    lg_err err = {0};
    return lg_nettle_load(&err) == LG_OK;
}

static void check_digest(const uint8_t digest[LG_SHA256], const char *want)
{
    char hex[2 * LG_SHA256 + 1];
    for (int i = 0; i < LG_SHA256; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    CHECK_STR(hex, want);
}

TEST(fips_180_vectors)
{
    uint8_t digest[LG_SHA256];
    if (!loaded()) SKIP("libnettle is not installed");
    lg_nettle_sha256("abc", 3, digest);
    check_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    lg_nettle_sha256("", 0, digest);
    check_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void check_hmac(const void *key, size_t key_len, const char *text, const char *want)
{
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        lg_nettle_hmac state;
        uint8_t digest[LG_SHA256];
        lg_nettle_hmac_key(&state, key, key_len);
        lg_nettle_hmac_add(&state, text, cut);
        lg_nettle_hmac_add(&state, text + cut, strlen(text) - cut);
        lg_nettle_hmac_digest(&state, digest);
        check_digest(digest, want);
    }
}

TEST(rfc_4231_vectors)
{
    unsigned char key[131];
    if (!loaded()) SKIP("libnettle is not installed");
    memset(key, 0x0b, 20);
    check_hmac(key, 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check_hmac("Jefe", 4, "what do ya want for nothing?",
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    check_hmac(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First",
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
