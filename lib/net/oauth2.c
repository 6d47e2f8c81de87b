/* oauth2.c - RFC 6749 and RFC 7636: what is asked for tokens, and what is answered. */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include "lib/net/oauth2.h"
#include "lib/net/percent.h"

#include "lib/base/banned.h"

/* ---- PKCE ---- */
static void base64url(const unsigned char bytes[32], char out[NET_PKCE])
{
    sodium_bin2base64(out, NET_PKCE, bytes, 32, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void net_pkce_verifier(const uint8_t drawn[32], char out[NET_PKCE])
{
    base64url(drawn, out);
}

void net_pkce_challenge(const char *verifier, char out[NET_PKCE])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)verifier, strlen(verifier));
    base64url(hash, out);
}

/* ---- what is asked ---- */
lg_status net_oauth2_basic(const char *id, const char *secret, lg_buf *out, lg_err *err)
{
    lg_buf both;
    lg_buf_init(&both, 1 << 16);
    lg_buf_reserve(&both, 3 * (strlen(id) + strlen(secret)) + 1); /* growing would leave a copy behind */
    net_percent(&both, id, strlen(id));
    lg_buf_addc(&both, ':');
    net_percent(&both, secret, strlen(secret));
    lg_status st = lg_buf_check(&both, err);
    if (!st) {
        lg_buf_reserve(out, both.len * 2 + 16);
        lg_buf_adds(out, "Basic ");
        lg_buf_base64(out, both.data, both.len);
        st = lg_buf_check(out, err);
    }
    net_wipe(&both);
    return st;
}

lg_status net_oauth2_bearer(net_secret *token, lg_buf *out, lg_err *err)
{
    const char *text = net_secret_open(token);
    lg_buf_reserve(out, strlen(text) + 8);
    lg_buf_adds(out, "Bearer ");
    lg_buf_adds(out, text);
    net_secret_close(token);
    return lg_buf_check(out, err);
}

/* Room for all at once, for these hold secrets. */
static lg_status form(lg_buf *out, const net_pair *pair, size_t count, lg_err *err)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++) room += 3 * (strlen(pair[i].name) + strlen(pair[i].value)) + 2;
    lg_buf_reserve(out, room);
    net_form(out, pair, count);
    return lg_buf_check(out, err);
}

lg_status net_oauth2_app_form(lg_buf *out, lg_err *err)
{
    return form(out, (net_pair[]){{"grant_type", "client_credentials"}}, 1, err);
}

lg_status net_oauth2_code_form(const char *client_id, const char *code, const char *redirect, const char *verifier,
                               lg_buf *out, lg_err *err)
{
    net_pair pair[] = {{"grant_type", "authorization_code"},
                       {"client_id", client_id},
                       {"code", code},
                       {"redirect_uri", redirect},
                       {"code_verifier", verifier}};
    return form(out, pair, sizeof pair / sizeof *pair, err);
}

lg_status net_oauth2_refresh_form(const char *client_id, const char *refresh_token, lg_buf *out, lg_err *err)
{
    net_pair pair[] = {{"grant_type", "refresh_token"}, {"client_id", client_id}, {"refresh_token", refresh_token}};
    return form(out, pair, sizeof pair / sizeof *pair, err);
}

lg_status net_oauth2_authorize_url(const net_authorize *ask, lg_buf *out, lg_err *err)
{
    net_pair pair[] = {{"response_type", "code"},
                       {"client_id", ask->client_id},
                       {"redirect_uri", ask->redirect},
                       {"scope", ask->scope},
                       {"state", ask->state},
                       {"code_challenge", ask->challenge},
                       {"code_challenge_method", "S256"}};
    lg_buf_adds(out, ask->endpoint);
    lg_buf_addc(out, strchr(ask->endpoint, '?') ? '&' : '?');
    net_form(out, pair, sizeof pair / sizeof *pair);
    return lg_buf_check(out, err);
}

/* ---- what comes back by the browser ---- */
/* The parameter of a query, decoded, appended to out; false where there is none. */
static bool query_get(const char *url, const char *name, lg_buf *out)
{
    size_t n = strlen(name);
    const char *query = strchr(url, '?');
    while (query && *query && *query != '#') {
        query++;
        size_t len = strcspn(query, "&#");
        if (len > n && query[n] == '=' && memcmp(query, name, n) == 0) {
            net_form_decode(out, query + n + 1, len - n - 1);
            return true;
        }
        query += len;
    }
    return false;
}

static bool equal(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && sodium_memcmp(a, b, strlen(a)) == 0;
}

lg_status net_oauth2_redirect_read(const char *url, const char *state, lg_buf *code, lg_err *err)
{
    lg_status st = LG_OK;
    lg_buf got, fault;
    lg_buf_init(&got, 4096);
    lg_buf_init(&fault, 4096);
    bool known = query_get(url, "state", &got) && equal(lg_buf_str(&got), state);
    if (!known) {
        lg_fail(err, LG_E_DENIED, 716, "the answer of the browser does not belong to the question");
        lg_why(err, "its `state` is another one: it may come from an older attempt, or from somebody else");
        LG_GO(lg_try(err, "connect once more, and use the newest window"));
    }
    if (query_get(url, "error", &fault)) {
        lg_fail(err, LG_E_DENIED, 716, "the platform did not let us in");
        LG_GO(lg_why(err, "it said: %.200s", lg_buf_str(&fault)));
    }
    if (!query_get(url, "code", code) || !code->len)
        LG_GO(lg_fail(err, LG_E_FORMAT, 716, "the answer of the browser holds no code"));
    LG_GO(lg_buf_check(code, err));
done:
    lg_buf_release(&got);
    lg_buf_release(&fault);
    return st;
}

/* ---- what the token endpoint answers ---- */
static lg_status not_a_token(const char *why, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 716, "the platform's answer is no token");
    return lg_why(err, "%s", why);
}

/* Several platforms have an error of their own: {"error": "...", "error_description": "..."} is the standard's, X adds
 * {"errors": [{"message"}]}, Facebook {"error": {"message"}}. */
static lg_status refused(json_t *root, lg_err *err)
{
    json_t *error = json_object_get(root, "error");
    json_t *first = json_array_get(json_object_get(root, "errors"), 0);
    const char *said = json_string_value(json_object_get(root, "error_description"));
    if (!said) said = json_string_value(json_object_get(error, "message"));
    if (!said) said = json_string_value(json_object_get(first, "message"));
    if (!said) said = json_string_value(error);
    if (!said) return LG_OK;
    /* Secrets go before the end is cut off, which could be within one. */
    char *text = lg_strdup(said, err);
    if (!text) return err->status;
    net_scrub(text, strlen(text));
    lg_fail(err, LG_E_DENIED, 716, "the platform gave no token");
    lg_why(err, "it said: %.300s", text);
    lg_free(text);
    return err->status;
}

static lg_status take_secret(json_t *root, const char *name, net_secret **out, lg_err *err)
{
    json_t *text = json_object_get(root, name);
    if (!text || json_is_null(text)) return LG_OK;
    if (!json_is_string(text)) return not_a_token("a token is a text", err);
    return net_secret_new(json_string_value(text), json_string_length(text), out, err);
}

static lg_status take_all(json_t *root, int64_t now, net_token *out, lg_err *err)
{
    if (!json_is_object(root)) return not_a_token("it is no object of JSON", err);
    LG_TRY(refused(root, err));
    const char *type = json_string_value(json_object_get(root, "token_type"));
    const char *scope = json_string_value(json_object_get(root, "scope"));
    json_int_t seconds = json_integer_value(json_object_get(root, "expires_in"));
    if (type && lg_casecmp(type, "bearer") != 0) return not_a_token("it is of a kind that is not known here", err);
    LG_TRY(take_secret(root, "access_token", &out->access, err));
    if (!out->access) return not_a_token("it has no `access_token`", err);
    LG_TRY(take_secret(root, "refresh_token", &out->refresh, err));
    if (seconds > 0 && seconds < (json_int_t)20 * 366 * 86400) out->expires_at = now + seconds;
    if (scope) snprintf(out->scope, sizeof out->scope, "%s", scope);
    lg_text_scrub(out->scope);
    return LG_OK;
}

/* jansson's own copies of the tokens. */
static void wipe_text(json_t *root, const char *name)
{
    json_t *text = json_object_get(root, name);
    if (json_is_string(text)) sodium_memzero((char *)json_string_value(text), json_string_length(text));
}

lg_status net_oauth2_token_read(const char *json, size_t len, int64_t now, net_token *out, lg_err *err)
{
    *out = (net_token){0};
    json_error_t where;
    json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &where);
    if (!root) return not_a_token("it is not JSON", err);
    lg_status st = take_all(root, now, out, err);
    if (st) net_token_release(out);
    wipe_text(root, "access_token");
    wipe_text(root, "refresh_token");
    json_decref(root);
    return st;
}

void net_token_release(net_token *token)
{
    net_secret_free(token->access);
    net_secret_free(token->refresh);
    *token = (net_token){0};
}
