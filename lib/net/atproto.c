/* atproto.c - sessions of the AT Protocol: com.atproto.server.createSession and refreshSession. */
#include <jansson.h>
#include <sodium.h>
#include <string.h>
#include "lib/net/atproto.h"

#include "lib/base/banned.h"

/* ---- asking ---- */
static void add_text(lg_buf *out, const char *text)
{
    lg_buf_addc(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') lg_buf_addc(out, '\\');
        if ((unsigned char)*text >= ' ') lg_buf_addc(out, *text); /* secrets and handles hold no others */
    }
    lg_buf_addc(out, '"');
}

lg_status net_atproto_login(const char *handle, net_secret *password, lg_buf *out, lg_err *err)
{
    const char *text = net_secret_open(password);
    lg_buf_reserve(out, 2 * (strlen(handle) + strlen(text)) + 40); /* growing would leave a copy behind */
    lg_buf_adds(out, "{\"identifier\":");
    add_text(out, handle);
    lg_buf_adds(out, ",\"password\":");
    add_text(out, text);
    lg_buf_addc(out, '}');
    net_secret_close(password);
    return lg_buf_check(out, err);
}

/* ---- reading ---- */
enum { CLAIMS_MOST = 4096 };

/* The `exp` of a JSON web token (RFC 7519, 4.1.4), which is its middle part in base64url. */
static int64_t expires(const char *token)
{
    unsigned char claims[CLAIMS_MOST];
    size_t len = 0;
    const char *start = strchr(token, '.'), *end = start ? strchr(start + 1, '.') : NULL;
    if (!end || sodium_base642bin(claims, sizeof claims, start + 1, (size_t)(end - start - 1), NULL, &len, NULL,
                                  sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return 0;
    json_t *root = json_loadb((const char *)claims, len, 0, NULL);
    json_int_t at = json_integer_value(json_object_get(root, "exp"));
    json_decref(root);
    return at > 0 ? at : 0;
}

static lg_status not_a_session(const char *why, lg_err *err)
{
    lg_fail(err, LG_E_FORMAT, 716, "the answer of Bluesky is no session");
    return lg_why(err, "%s", why);
}

/* {"error": "AuthenticationRequired", "message": "Invalid identifier or password"} */
static lg_status refused(json_t *root, lg_err *err)
{
    const char *name = json_string_value(json_object_get(root, "error"));
    const char *said = json_string_value(json_object_get(root, "message"));
    if (!name && !said) return LG_OK;
    char *text = lg_strf(err, "%s%s%s", name ? name : "", name && said ? ": " : "", said ? said : "");
    if (!text) return err->status;
    net_scrub(text, strlen(text)); /* before the end is cut off, which could be within one */
    lg_fail(err, LG_E_DENIED, 716, "Bluesky gave no session");
    lg_why(err, "it said: %.300s", text);
    lg_free(text);
    return err->status;
}

static lg_status take(json_t *root, const char *name, net_secret **out, lg_err *err)
{
    json_t *text = json_object_get(root, name);
    if (!json_is_string(text)) return not_a_session("it lacks one of the two tokens", err);
    return net_secret_new(json_string_value(text), json_string_length(text), out, err);
}

static lg_status take_both(json_t *root, net_token *out, lg_err *err)
{
    if (!json_is_object(root)) return not_a_session("it is no object of JSON", err);
    LG_TRY(refused(root, err));
    LG_TRY(take(root, "accessJwt", &out->access, err));
    LG_TRY(take(root, "refreshJwt", &out->refresh, err));
    out->expires_at = expires(json_string_value(json_object_get(root, "accessJwt")));
    return LG_OK;
}

/* jansson's own copy. */
static void wipe_text(json_t *root, const char *name)
{
    json_t *text = json_object_get(root, name);
    if (json_is_string(text)) sodium_memzero((char *)json_string_value(text), json_string_length(text));
}

lg_status net_atproto_read(const char *json, size_t len, net_token *out, lg_err *err)
{
    *out = (net_token){0};
    json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    if (!root) return not_a_session("it is not JSON", err);
    lg_status st = take_both(root, out, err);
    if (st) net_token_release(out);
    wipe_text(root, "accessJwt");
    wipe_text(root, "refreshJwt");
    json_decref(root);
    return st;
}
