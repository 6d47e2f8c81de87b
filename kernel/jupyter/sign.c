/* sign.c - libsodium's HMACs; replay memory in two generations. */
#include "kernel/jupyter/sign.h"

#include <sodium.h>
#include <string.h>

#include "lib/base/banned.h"

/* Seen signatures: open addressing over their first 64 bits (a signature is as good as random, and forging one needs
 * the key). When the younger table is full it becomes the older one, so at least one whole generation is remembered. */
enum { SEEN_GENERATION = 65536, SEEN_SLOTS = 2 * SEEN_GENERATION };

struct jp_signer {
    union { /* state after the key, copied for each message */
        crypto_auth_hmacsha256_state sha256;
        crypto_auth_hmacsha512_state sha512;
    } keyed;
    jp_hash hash;
    bool on;
    uint64_t *young, *old; /* SEEN_SLOTS each; 0 is a free slot */
    size_t count;          /* in young */
};

lg_status jp_signer_new(jp_hash hash, const char *key, size_t len, jp_signer **out, lg_err *err)
{
    if (sodium_init() < 0) return lg_fail(err, LG_E_INTERNAL, 910, "the cryptography library could not be started");
    jp_signer *signer = lg_alloc(1, sizeof *signer, err);
    if (!signer) return err->status;
    signer->on = len > 0;
    signer->hash = hash;
    if (hash == JP_SHA512) crypto_auth_hmacsha512_init(&signer->keyed.sha512, (const unsigned char *)key, len);
    else crypto_auth_hmacsha256_init(&signer->keyed.sha256, (const unsigned char *)key, len);
    *out = signer;
    return LG_OK;
}

void jp_signer_free(jp_signer *signer)
{
    if (!signer) return;
    sodium_memzero(&signer->keyed, sizeof signer->keyed);
    lg_free(signer->young);
    lg_free(signer->old);
    lg_free(signer);
}

bool jp_signer_keyed(const jp_signer *signer)
{
    return signer->on;
}

/* Both return the bytes of the code they made. */
static size_t sign_sha256(const jp_signer *signer, const jp_bytes part[JP_SIGNED_PARTS], unsigned char *mac)
{
    crypto_auth_hmacsha256_state state = signer->keyed.sha256;
    for (int i = 0; i < JP_SIGNED_PARTS; i++)
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)part[i].data, part[i].len);
    crypto_auth_hmacsha256_final(&state, mac);
    return crypto_auth_hmacsha256_BYTES;
}

static size_t sign_sha512(const jp_signer *signer, const jp_bytes part[JP_SIGNED_PARTS], unsigned char *mac)
{
    crypto_auth_hmacsha512_state state = signer->keyed.sha512;
    for (int i = 0; i < JP_SIGNED_PARTS; i++)
        crypto_auth_hmacsha512_update(&state, (const unsigned char *)part[i].data, part[i].len);
    crypto_auth_hmacsha512_final(&state, mac);
    return crypto_auth_hmacsha512_BYTES;
}

void jp_signer_sign(const jp_signer *signer, const jp_bytes part[JP_SIGNED_PARTS], char hex[JP_SIGNATURE + 1])
{
    unsigned char mac[JP_SIGNATURE / 2];
    hex[0] = '\0';
    if (!signer->on) return;
    size_t len = signer->hash == JP_SHA512 ? sign_sha512(signer, part, mac) : sign_sha256(signer, part, mac);
    sodium_bin2hex(hex, JP_SIGNATURE + 1, mac, len);
}

bool jp_signer_verify(const jp_signer *signer, const jp_bytes part[JP_SIGNED_PARTS], jp_bytes signature)
{
    char want[JP_SIGNATURE + 1];
    if (!signer->on) return true;
    jp_signer_sign(signer, part, want);
    size_t len = strlen(want);
    return signature.len == len && sodium_memcmp(want, signature.data, len) == 0;
}

/* Slot that holds `mark`, or the free one where it belongs. */
static uint64_t *seen_slot(uint64_t *table, uint64_t mark)
{
    size_t at = mark % SEEN_SLOTS;
    while (table[at] && table[at] != mark) at = (at + 1) % SEEN_SLOTS;
    return &table[at];
}

bool jp_signer_fresh(jp_signer *signer, jp_bytes signature)
{
    if (!signer->on) return true;
    uint64_t mark = lg_hash64(signature.data, signature.len, 0) | 1;
    if (signer->old && *seen_slot(signer->old, mark)) return false;
    if (signer->young && *seen_slot(signer->young, mark)) return false;
    if (!signer->young || signer->count == SEEN_GENERATION) {
        lg_err err = {0};
        uint64_t *table = lg_alloc(SEEN_SLOTS, sizeof *table, &err);
        if (!table) return false; /* what cannot be remembered is not obeyed */
        lg_free(signer->old);
        signer->old = signer->young;
        signer->young = table;
        signer->count = 0;
    }
    *seen_slot(signer->young, mark) = mark;
    signer->count++;
    return true;
}
