/* oauth1.h - OAuth 1.0a: requests signed with HMAC-SHA1, as X takes them for a user's own keys.
 *
 *     net_oauth1 keys = {.consumer_key = key, .consumer_secret = secret, .token = token, .token_secret = token_secret,
 *                        .nonce = nonce, .timestamp = now, .version = "1.0"};
 *     net_pair form[] = {{"status", "Hello Ladies + Gentlemen, a signed OAuth request!"}};
 *     LG_TRY(net_oauth1_header("POST", "https://api.x.com/1.1/statuses/update.json", form, 1, &keys, &header, err));
 *     // header: OAuth oauth_consumer_key="...", ..., oauth_signature="..."   (the value of Authorization)
 *
 * RFC 5849, 3.4: the signature is over the method, the address without its query, and all parameters: those of the
 * query, those of a body that is a form, and those named oauth_* but the signature. Parameters are sorted by name, then
 * value, after encoding; a name may come twice. A body that is no form (JSON, a file) does not count.
 *
 * Nothing here asks the clock or draws a number: nonce and time are arguments, the same ones give the same signature.
 * SHA-1 is libcrypto's, loaded at the first signature (LL504 where it is missing), and nothing else uses it. SHA-1 as
 * HMAC is what the standard demands; that collisions of SHA-1 are known does not break it (RFC 6194, 3.3). */
#ifndef NET_OAUTH1_H
#define NET_OAUTH1_H

#include "lib/net/percent.h"

typedef struct net_oauth1 {
    const char *consumer_key, *consumer_secret;
    const char *token, *token_secret; /* NULL while there is no token yet */
    const char *nonce;                /* never used twice in one second; net_nonce draws one */
    int64_t timestamp;                /* seconds since 1970 */
    const char *version;              /* "1.0", or NULL: left out */
} net_oauth1;

/* The text that is signed (3.4.1). form: parameters of a body that is a form. LL701: not an address. */
lg_status net_oauth1_base(const char *method, const char *url, const net_pair *form, size_t count,
                          const net_oauth1 *keys, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* Its signature in base64 (3.4.2). */
lg_status net_oauth1_signature(const char *method, const char *url, const net_pair *form, size_t count,
                               const net_oauth1 *keys, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* The value of the Authorization header (3.5.1). */
lg_status net_oauth1_header(const char *method, const char *url, const net_pair *form, size_t count,
                            const net_oauth1 *keys, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* HMAC-SHA1 (RFC 2104), 20 bytes. */
lg_status net_hmac_sha1(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[20],
                        lg_err *err) LG_MUST_CHECK;
/* 32 letters and digits from the system's randomness. */
void net_nonce(char out[33]);

#endif
