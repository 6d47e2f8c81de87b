/* nettle.c - the functions of libnettle.so.8 that are used, by name. */
#include "lib/base/nettle.h"

#include "lib/base/library.h"

#include "lib/base/banned.h"

/* nettle/sha2.h and nettle/hmac.h of libnettle.so.8; the struct of SHA-256 has 112 bytes. */
typedef struct context {
    _Alignas(16) unsigned char opaque[512];
} context;
static struct {
    void (*start)(context *c);
    void (*add)(context *c, size_t len, const uint8_t *bytes);
    void (*digest)(context *c, size_t len, uint8_t *digest);
    void (*hmac_key)(lg_nettle_hmac *c, size_t len, const uint8_t *key);
    void (*hmac_add)(lg_nettle_hmac *c, size_t len, const uint8_t *bytes);
    void (*hmac_digest)(lg_nettle_hmac *c, size_t len, uint8_t *digest);
} nettle;

static const lg_symbol symbols[] = {{"nettle_sha256_init", (void **)&nettle.start},
                                    {"nettle_sha256_update", (void **)&nettle.add},
                                    {"nettle_sha256_digest", (void **)&nettle.digest},
                                    {"nettle_hmac_sha256_set_key", (void **)&nettle.hmac_key},
                                    {"nettle_hmac_sha256_update", (void **)&nettle.hmac_add},
                                    {"nettle_hmac_sha256_digest", (void **)&nettle.hmac_digest},
                                    {0}};
static lg_library library = {.name = "libnettle",
                             .sonames = (const char *const[]){"libnettle.so.8", NULL},
                             .package = "libnettle8",
                             .symbols = symbols};

lg_status lg_nettle_load(lg_err *err)
{
    return lg_library_open(&library, err);
}

void lg_nettle_sha256(const void *bytes, size_t len, uint8_t digest[LG_SHA256])
{
    context c;
    nettle.start(&c);
    nettle.add(&c, len, bytes);
    nettle.digest(&c, LG_SHA256, digest);
}

void lg_nettle_hmac_key(lg_nettle_hmac *state, const void *key, size_t len)
{
    nettle.hmac_key(state, len, key);
}

void lg_nettle_hmac_add(lg_nettle_hmac *state, const void *bytes, size_t len)
{
    nettle.hmac_add(state, len, bytes);
}

void lg_nettle_hmac_digest(lg_nettle_hmac *state, uint8_t digest[LG_SHA256])
{
    nettle.hmac_digest(state, LG_SHA256, digest);
}
