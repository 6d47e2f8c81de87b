/* nettle.h - SHA-256 and its HMAC by libnettle, whose code uses the processor's own instructions where it has them.
 *
 *     if (lg_nettle_load(&err) == LG_OK) lg_nettle_sha256(bytes, len, digest);
 *
 * Loaded at first use and may be absent: whoever calls has another way to the same digest, and compares the two before
 * this one is trusted. Five times as fast as libsodium's portable C: docs/adr/0101, docs/adr/0162. */
#ifndef LG_NETTLE_H
#define LG_NETTLE_H

#include "lib/base/lg.h"

enum { LG_SHA256 = 32 }; /* bytes of a digest */

/* libnettle's struct has 336 bytes; no header of its is used. Holds key material: wipe it. */
typedef struct lg_nettle_hmac {
    _Alignas(16) unsigned char opaque[1024];
} lg_nettle_hmac;

/* Thread-safe. The functions below may be called by any thread once it has returned LG_OK. */
lg_status lg_nettle_load(lg_err *err) LG_MUST_CHECK;
void lg_nettle_sha256(const void *bytes, size_t len, uint8_t digest[LG_SHA256]);
/* HMAC-SHA-256 of RFC 2104: key, any number of add, digest. */
void lg_nettle_hmac_key(lg_nettle_hmac *state, const void *key, size_t len);
void lg_nettle_hmac_add(lg_nettle_hmac *state, const void *bytes, size_t len);
void lg_nettle_hmac_digest(lg_nettle_hmac *state, uint8_t digest[LG_SHA256]);

#endif
