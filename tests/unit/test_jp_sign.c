/* test_jp_sign.c - signatures against the vectors of RFC 4231, and the memory of messages seen. */
#include <sodium.h>
#include "kernel/jupyter/sign.h"
#include "tests/support/test.h"

#define BYTES(text) ((jp_bytes){(text), sizeof(text) - 1})

/* The parts are signed as one text, so a vector may be cut anywhere. */
static void check_vector_of(jp_hash hash, jp_bytes key, jp_bytes data, const char *want)
{
    lg_err err = {0};
    jp_signer *signer = NULL;
    char hex[JP_SIGNATURE + 1];
    CHECK_OK(jp_signer_new(hash, key.data, key.len, &signer, &err));
    for (size_t cut = 0; cut <= data.len; cut++) {
        const jp_bytes part[JP_SIGNED_PARTS] = {{data.data, cut / 2},
                                                {data.data + cut / 2, cut - cut / 2},
                                                {data.data + cut, 0},
                                                {data.data + cut, data.len - cut}};
        jp_signer_sign(signer, part, hex);
        CHECK_STR(hex, want);
        CHECK(jp_signer_verify(signer, part, (jp_bytes){hex, strlen(hex)}));
    }
    jp_signer_free(signer);
}

static void check_vector(jp_bytes key, jp_bytes data, const char *want)
{
    check_vector_of(JP_SHA256, key, data, want);
}

TEST(rfc4231_case_1)
{
    check_vector(BYTES("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
                 BYTES("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

TEST(rfc4231_case_2)
{
    check_vector(BYTES("Jefe"), BYTES("what do ya want for nothing?"),
                 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(rfc4231_case_6_key_longer_than_a_block)
{
    char key[131];
    memset(key, 0xaa, sizeof key);
    check_vector((jp_bytes){key, sizeof key}, BYTES("Test Using Larger Than Block-Size Key - Hash Key First"),
                 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(rfc4231_with_sha512)
{
    char key[131];
    check_vector_of(JP_SHA512,
                    BYTES("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
                    BYTES("Hi There"),
                    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                    "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
    memset(key, 0xaa, sizeof key);
    check_vector_of(JP_SHA512, (jp_bytes){key, sizeof key},
                    BYTES("Test Using Larger Than Block-Size Key - Hash Key First"),
                    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
                    "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

/* Long messages may be another library's work: whoever signs them, the digits are libsodium's. */
TEST(long_messages_have_the_same_signature)
{
    static char text[200000];
    static const size_t lengths[] = {65535, 65536, 65537, 65599, 131072, sizeof text},
                        keys[] = {1, 36, 63, 64, 65, 200};
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i * 31 + i / 253);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        lg_err err = {0};
        jp_signer *signer = NULL;
        unsigned char mac[crypto_auth_hmacsha256_BYTES];
        char want[2 * sizeof mac + 1], got[JP_SIGNATURE + 1];
        crypto_auth_hmacsha256_state state;
        size_t len = lengths[i], cut = len / 3;
        const jp_bytes part[JP_SIGNED_PARTS] = {{text, 7}, {"", 0}, {text + 7, cut}, {text + 7 + cut, len - cut - 7}};
        crypto_auth_hmacsha256_init(&state, (const unsigned char *)text, keys[i]);
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, len);
        crypto_auth_hmacsha256_final(&state, mac);
        sodium_bin2hex(want, sizeof want, mac, sizeof mac);
        CHECK_OK(jp_signer_new(JP_SHA256, text, keys[i], &signer, &err));
        jp_signer_sign(signer, part, got);
        CHECK_STR(got, want);
        CHECK(jp_signer_verify(signer, part, (jp_bytes){want, strlen(want)}));
        text[len - 1] ^= 1;
        CHECK(!jp_signer_verify(signer, part, (jp_bytes){want, strlen(want)}));
        text[len - 1] ^= 1;
        jp_signer_free(signer);
    }
}

static const jp_bytes message[JP_SIGNED_PARTS] = {{"{}", 2}, {"{}", 2}, {"{}", 2}, {"{}", 2}};

static void every_digit_counts(jp_hash hash, size_t digits)
{
    lg_err err = {0};
    jp_signer *signer = NULL;
    char hex[JP_SIGNATURE + 1];
    CHECK_OK(jp_signer_new(hash, "key", 3, &signer, &err));
    jp_signer_sign(signer, message, hex);
    CHECK_INT(strlen(hex), digits);
    for (size_t i = 0; i < digits; i++) {
        char keep = hex[i];
        hex[i] = keep == '0' ? '1' : '0';
        CHECK(!jp_signer_verify(signer, message, (jp_bytes){hex, digits}));
        hex[i] = keep;
    }
    for (size_t len = 0; len < digits; len++) CHECK(!jp_signer_verify(signer, message, (jp_bytes){hex, len}));
    CHECK(jp_signer_verify(signer, message, (jp_bytes){hex, digits}));
    jp_signer_free(signer);
}

TEST(every_changed_digit_is_refused)
{
    every_digit_counts(JP_SHA256, 64);
    every_digit_counts(JP_SHA512, 128);
}

TEST(an_empty_key_signs_nothing)
{
    lg_err err = {0};
    jp_signer *signer = NULL;
    char hex[JP_SIGNATURE + 1];
    CHECK_OK(jp_signer_new(JP_SHA256, "", 0, &signer, &err));
    CHECK(!jp_signer_keyed(signer));
    jp_signer_sign(signer, message, hex);
    CHECK_STR(hex, "");
    CHECK(jp_signer_verify(signer, message, (jp_bytes){"anything", 8}));
    CHECK(jp_signer_fresh(signer, (jp_bytes){"x", 1}) && jp_signer_fresh(signer, (jp_bytes){"x", 1}));
    jp_signer_free(signer);
}

static bool fresh(jp_signer *signer, int number)
{
    char text[JP_SIGNATURE + 1];
    snprintf(text, sizeof text, "%064d", number);
    return jp_signer_fresh(signer, (jp_bytes){text, 64});
}

TEST(at_least_65536_signatures_are_remembered)
{
    lg_err err = {0};
    jp_signer *signer = NULL;
    CHECK_OK(jp_signer_new(JP_SHA256, "key", 3, &signer, &err));
    for (int i = 0; i < 200000; i++) {
        CHECK(fresh(signer, i));
        CHECK(!fresh(signer, i));
        if (i >= 65535) CHECK(!fresh(signer, i - 65535));
    }
    CHECK(fresh(signer, 0)); /* and forgotten at last: memory is bounded */
    jp_signer_free(signer);
}
