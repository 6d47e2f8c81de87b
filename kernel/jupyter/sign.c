/* sign.c - libsodium's HMACs, libnettle's for long messages; replay memory in two generations. */
#include "kernel/jupyter/sign.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "lib/base/nettle.h"
#include "lib/base/banned.h"

/* Seen signatures: open addressing over their first 64 bits (a signature is as good as random, and forging one needs
 * the key). When the younger table is full it becomes the older one, so at least one whole generation is remembered. */
enum { SEEN_GENERATION = 65536, SEEN_SLOTS = 2 * SEEN_GENERATION };

/* From here on the time a signature takes is seen (libsodium: 2.5 ms a megabyte), and loading a library pays. */
enum { LONG = 64 * 1024, BLOCK = 64 /* of SHA-256: a longer key is replaced by its hash (RFC 2104) */ };

struct jp_signer {
    union { /* state after the key, copied for each message */
        crypto_auth_hmacsha256_state sha256;
        crypto_auth_hmacsha512_state sha512;
    } keyed;
    unsigned char key[BLOCK]; /* the same for libnettle, which starts from it */
    size_t key_len;
    jp_hash hash;
    bool on;
    uint64_t *young, *old; /* SEEN_SLOTS each; 0 is a free slot */
    size_t count;          /* in young */
};

/* ---- signing by libnettle ---- */
/* Written once under pthread_once, read only afterwards. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool nettle_there;

static void by_nettle(const void *key, size_t key_len, const jp_bytes *part, int parts, unsigned char mac[LG_SHA256])
{
    lg_nettle_hmac state;
    lg_nettle_hmac_key(&state, key, key_len);
    for (int i = 0; i < parts; i++)
        if (part[i].len) lg_nettle_hmac_add(&state, part[i].data, part[i].len);
    lg_nettle_hmac_digest(&state, mac);
    sodium_memzero(&state, sizeof state);
}

/* Keys and texts of every length up to two blocks, each text in two parts. */
static bool agrees(void)
{
    unsigned char text[2 * BLOCK + 2], a[LG_SHA256], b[LG_SHA256];
    crypto_auth_hmacsha256_state state;
    bool same = true;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (unsigned char)(i * 7 + 1);
    for (size_t len = 0; same && len <= sizeof text; len++) {
        size_t key_len = len <= BLOCK ? len : BLOCK, cut = len / 3;
        const jp_bytes part[2] = {{(char *)text, cut}, {(char *)text + cut, len - cut}};
        by_nettle(text, key_len, part, 2, a);
        crypto_auth_hmacsha256_init(&state, text, key_len);
        crypto_auth_hmacsha256_update(&state, text, len);
        crypto_auth_hmacsha256_final(&state, b);
        same = memcmp(a, b, sizeof a) == 0;
    }
    return same;
}

static void load_once(void)
{
    lg_err err = {0};
    if (lg_nettle_load(&err)) lg_log(LG_LOG_INFO, "signatures are libsodium's: %s", err.msg);
    else if (!agrees()) lg_log(LG_LOG_WARN, "signatures are libsodium's: libnettle here gives others");
    else nettle_there = true;
}

static bool is_long(const jp_bytes part[JP_SIGNED_PARTS])
{
    size_t len = 0;
    for (int i = 0; i < JP_SIGNED_PARTS; i++) len += part[i].len;
    if (len >= LONG) pthread_once(&once, load_once);
    return len >= LONG && nettle_there;
}

/* ---- a signer ---- */
static void keep_key(jp_signer *signer, const char *key, size_t len)
{
    signer->key_len = len <= BLOCK ? len : crypto_hash_sha256_BYTES;
    if (len > BLOCK) crypto_hash_sha256(signer->key, (const unsigned char *)key, len);
    else if (len) memcpy(signer->key, key, len);
}

lg_status jp_signer_new(jp_hash hash, const char *key, size_t len, jp_signer **out, lg_err *err)
{
    if (sodium_init() < 0) return lg_fail(err, LG_E_INTERNAL, 910, "the cryptography library could not be started");
    jp_signer *signer = lg_alloc(1, sizeof *signer, err);
    if (!signer) return err->status;
    signer->on = len > 0;
    signer->hash = hash;
    if (hash == JP_SHA512) crypto_auth_hmacsha512_init(&signer->keyed.sha512, (const unsigned char *)key, len);
    else crypto_auth_hmacsha256_init(&signer->keyed.sha256, (const unsigned char *)key, len);
    keep_key(signer, key, len);
    *out = signer;
    return LG_OK;
}

void jp_signer_free(jp_signer *signer)
{
    if (!signer) return;
    sodium_memzero(&signer->keyed, sizeof signer->keyed);
    sodium_memzero(signer->key, sizeof signer->key);
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
    if (is_long(part)) {
        by_nettle(signer->key, signer->key_len, part, JP_SIGNED_PARTS, mac);
        return LG_SHA256;
    }
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
