/* sign.h - HMAC signatures of messages, and the memory of those seen (no message is obeyed twice).
 *
 *     jp_signer *signer;
 *     LG_TRY(jp_signer_new(JP_SHA256, key, strlen(key), &signer, err));
 *     char hex[JP_SIGNATURE + 1];
 *     jp_signer_sign(signer, part, hex);
 *
 * An empty key switches signing and checking off, as the protocol says (whether that is acceptable is decided where the
 * connection is opened). jp_signer_sign and _verify may be called by any thread; jp_signer_fresh by one.
 * Source: RFC 2104 and FIPS 180-4 as built into libsodium, and libnettle for long messages (adr/0162); lower-case hex.
 * Which schemes, and why no other: adr/0154.
 */
#ifndef JP_SIGN_H
#define JP_SIGN_H

#include "lib/base/lg.h"

/* JP_SIGNATURE: digits of the longest signature. */
enum { JP_SIGNATURE = 128, JP_SIGNED_PARTS = 4 };

/* signature_scheme hmac-sha256 (what everybody uses) and hmac-sha512. */
typedef enum jp_hash { JP_SHA256, JP_SHA512 } jp_hash;

typedef struct jp_bytes {
    const char *data;
    size_t len;
} jp_bytes;

typedef struct jp_signer jp_signer;

lg_status jp_signer_new(jp_hash hash, const char *key, size_t len, jp_signer **out, lg_err *err) LG_MUST_CHECK;
void jp_signer_free(jp_signer *signer); /* wipes the key */
bool jp_signer_keyed(const jp_signer *signer);
/* Signature of header, parent_header, metadata, content; "" with an empty key. */
void jp_signer_sign(const jp_signer *signer, const jp_bytes part[JP_SIGNED_PARTS], char hex[JP_SIGNATURE + 1]);
/* Compares in constant time. Always true with an empty key. */
bool jp_signer_verify(const jp_signer *signer, const jp_bytes part[JP_SIGNED_PARTS], jp_bytes signature);
/* False when this (valid) signature is among the last 65,536 or more seen. Always true with an empty key. */
bool jp_signer_fresh(jp_signer *signer, jp_bytes signature);

#endif
