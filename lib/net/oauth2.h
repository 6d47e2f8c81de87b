/* oauth2.h - OAuth 2.0: the requests for tokens, written and read; nothing here talks to anybody.
 *
 *     // an application's own token (X, Facebook): RFC 6749, 4.4
 *     LG_TRY(net_oauth2_basic(key, secret, &authorization, err));      // Basic eHZ6MWV2...
 *     LG_TRY(net_oauth2_app_form(&body, err));                         // grant_type=client_credentials
 *     ... POST to the token endpoint ...
 *     LG_TRY(net_oauth2_token_read(reply.data, reply.len, now, &token, err));
 *
 *     // a user's token, with PKCE (RFC 7636): a browser is sent to net_oauth2_authorize_url, comes back to an address
 *     // of ours, net_oauth2_redirect_read takes the code out of it, net_oauth2_code_form asks for the token
 *
 * Random bytes and the time are arguments. Texts with secrets in them (basic, the forms) are for the caller to wipe. */
#ifndef NET_OAUTH2_H
#define NET_OAUTH2_H

#include "lib/net/secret.h"

enum { NET_PKCE = 44 }; /* 43 letters and a NUL */

/* RFC 7636, 4.1: 32 random bytes in base64url. */
void net_pkce_verifier(const uint8_t drawn[32], char out[NET_PKCE]);
/* RFC 7636, 4.2, method S256: SHA-256 of the verifier in base64url. */
void net_pkce_challenge(const char *verifier, char out[NET_PKCE]);

/* Value of Authorization for an application: both are percent-encoded first (RFC 6749, 2.3.1). */
lg_status net_oauth2_basic(const char *id, const char *secret, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* "Bearer TOKEN" (RFC 6750, 2.1). */
lg_status net_oauth2_bearer(net_secret *token, lg_buf *out, lg_err *err) LG_MUST_CHECK;

/* Bodies of requests to the token endpoint, application/x-www-form-urlencoded. */
lg_status net_oauth2_app_form(lg_buf *out, lg_err *err) LG_MUST_CHECK;
lg_status net_oauth2_code_form(const char *client_id, const char *code, const char *redirect, const char *verifier,
                               lg_buf *out, lg_err *err) LG_MUST_CHECK;
lg_status net_oauth2_refresh_form(const char *client_id, const char *refresh_token, lg_buf *out,
                                  lg_err *err) LG_MUST_CHECK;

/* Where the user's browser goes to allow us in (RFC 6749, 4.1.1). state: random, to know the answer by. */
typedef struct net_authorize {
    const char *endpoint, *client_id, *redirect, *scope, *state, *challenge;
} net_authorize;
lg_status net_oauth2_authorize_url(const net_authorize *ask, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* The code in the address the browser came back to. LL716: another state, or the user said no. */
lg_status net_oauth2_redirect_read(const char *url, const char *state, lg_buf *code, lg_err *err) LG_MUST_CHECK;

typedef struct net_token {
    net_secret *access, *refresh; /* owned; refresh may be NULL */
    int64_t expires_at;           /* seconds since 1970; 0: not said */
    char scope[400];              /* "" where it was not said */
} net_token;
/* The answer of the token endpoint (RFC 6749, 5.1 and 5.2); now: seconds since 1970. LL716: it is an error, which is
 * repeated without secrets, or no such answer. */
lg_status net_oauth2_token_read(const char *json, size_t len, int64_t now, net_token *out, lg_err *err) LG_MUST_CHECK;
void net_token_release(net_token *token);

#endif
