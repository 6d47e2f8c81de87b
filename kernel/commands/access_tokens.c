/* access_tokens.c - the Authorization of a request: which of the keys, and what must be asked for first. */
#include "kernel/commands/access_parts.h"
#include "lib/net/atproto.h"
#include "lib/net/oauth1.h"
#include "scraper/account.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/banned.h"

enum { EARLY = 60, /* seconds: a token that ends so soon could end on its way */ BODY_MOST = 1 << 16 };
static const char form_type[] = "application/x-www-form-urlencoded;charset=UTF-8";

/* One request to be authorized. */
typedef struct asking {
    cmd_access *access;
    net_client *client;
    const char *method, *url;
    lg_buf *out;
    lg_cancel *cancel;
    lg_err *err;
    bool user; /* in the name of a user */
} asking;

static net_secret *secret(const cmd_access *access, const char *name)
{
    return net_credentials_secret(&access->keys->credentials, name);
}

static const char *plain(const cmd_access *access, const char *name)
{
    return net_credentials_plain(&access->keys->credentials, name);
}

static bool is(const cmd_access *access, const char *platform)
{
    return strcmp(access->platform->name, platform) == 0;
}

/* ---- which keys ---- */
/* A user's token of OAuth 2: OAuth 1 has a secret to each token. */
static bool has_oauth2(const cmd_access *access)
{
    bool token = secret(access, "access_token") && !secret(access, "access_token_secret");
    return is(access, "twitter") && (token || (secret(access, "refresh_token") && plain(access, "client_id")));
}

static bool has_oauth1(const cmd_access *access)
{
    return is(access, "twitter") && secret(access, "consumer_key") && secret(access, "consumer_secret") &&
           secret(access, "access_token") && secret(access, "access_token_secret");
}

bool cmd_access_has_user(const cmd_access *access)
{
    if (is(access, "twitter")) return has_oauth2(access) || has_oauth1(access);
    return !cmd_access_anonymous(access);
}

bool cmd_access_anonymous(const cmd_access *access)
{
    return is(access, "mastodon") && !secret(access, "access_token");
}

/* ---- asking for tokens ---- */
typedef struct token_request {
    const char *path, *authorization, *type;
    const lg_buf *body;
} token_request;

static lg_status no_token(const asking *a, net_reply *reply, lg_err *why, lg_err *err)
{
    char said[300], code[40];
    net_scrub_buf(&reply->body); /* before its end is cut off, which could be within a secret */
    scrape_account_refusal(lg_buf_str(&reply->body), reply->body.len, said, code);
    lg_fail(err, LG_E_DENIED, 501, "%s refuses these keys (answer %d)", a->access->platform->title, reply->status);
    if (*said) lg_why(err, "it said: %s", said);
    else if (*why->why) lg_why(err, "%s", why->why);
    return lg_try(err, "compare them with the platform's page for developers; `connect %s` takes new ones",
                  a->access->platform->name);
}

/* Sends it; reply is released by the caller, its body holds tokens. 429 and 5xx are errors of their own. */
static lg_status ask_token(const asking *a, const token_request *token, net_reply *reply, lg_err *err)
{
    char url[CMD_ORIGIN_MOST + 100];
    lg_err why = {0};
    snprintf(url, sizeof url, "%s%s", a->access->origin, token->path);
    net_request ask = {.method = "POST",
                       .url = url,
                       .authorization = token->authorization,
                       .accept = "application/json",
                       .content_type = token->type,
                       .body = token->body ? lg_buf_str(token->body) : "",
                       .body_len = token->body ? token->body->len : 0};
    LG_TRY(net_fetch(a->client, &ask, a->cancel, reply, err));
    if (net_reply_check(reply, &why) == LG_OK) return LG_OK;
    bool refused = reply->status == 400 || reply->status == 401 || reply->status == 403 || reply->status == 404;
    if (refused) return no_token(a, reply, &why, err);
    *err = why;
    return err->status;
}

static void reply_wipe(net_reply *reply)
{
    net_wipe(&reply->body);
    net_reply_release(reply);
}

/* Consumes the token. */
static lg_status take_token(cmd_keys *keys, net_token *token)
{
    net_token_release(&keys->token);
    keys->token = *token;
    *token = (net_token){0};
    return LG_OK;
}

static bool is_fresh(int64_t expires_at)
{
    return expires_at == 0 || time(NULL) + EARLY < expires_at;
}

/* ---- X ---- */
static lg_status app_token(const asking *a)
{
    lg_status st;
    lg_err *err = a->err;
    cmd_keys *keys = a->access->keys;
    net_secret *key = secret(a->access, "consumer_key"), *hidden = secret(a->access, "consumer_secret");
    lg_buf basic, body;
    net_reply reply = {0};
    net_token token = {0};
    if (keys->token.access && is_fresh(keys->token.expires_at)) return LG_OK;
    lg_buf_init(&basic, BODY_MOST);
    lg_buf_init(&body, BODY_MOST);
    st = net_oauth2_basic(net_secret_open(key), net_secret_open(hidden), &basic, err);
    net_secret_close(key);
    net_secret_close(hidden);
    if (st == LG_OK) st = net_oauth2_app_form(&body, err);
    if (st) goto done;
    LG_GO(ask_token(a, &(token_request){"/oauth2/token", lg_buf_str(&basic), form_type, &body}, &reply, err));
    LG_GO(net_oauth2_token_read(lg_buf_str(&reply.body), reply.body.len, time(NULL), &token, err));
    LG_GO(take_token(keys, &token));
done:
    net_wipe(&basic);
    net_wipe(&body);
    reply_wipe(&reply);
    return st;
}

static lg_status sign(const asking *a)
{
    static const char *const names[] = {"consumer_key", "consumer_secret", "access_token", "access_token_secret"};
    const char *value[4];
    char nonce[33];
    for (int i = 0; i < 4; i++) value[i] = net_secret_open(secret(a->access, names[i]));
    net_nonce(nonce);
    net_oauth1 keys = {value[0], value[1], value[2], value[3], nonce, time(NULL), "1.0"};
    lg_status st = net_oauth1_header(a->method, a->url, NULL, 0, &keys, a->out, a->err);
    for (int i = 0; i < 4; i++) net_secret_close(secret(a->access, names[i]));
    return st;
}

static lg_status set_secret(net_credentials *of, const char *name, net_secret *value, lg_err *err)
{
    const char *text = net_secret_open(value);
    lg_status st = net_credentials_set(of, name, text, strlen(text), err);
    net_secret_close(value);
    return st;
}

static lg_status keep_user_token(cmd_keys *keys, const net_token *token, lg_err *err)
{
    char old[NET_SECRET_MOST + 1], until[32];
    net_secret *before = net_credentials_secret(&keys->credentials, "refresh_token");
    snprintf(old, sizeof old, "%s", net_secret_open(before));
    net_secret_close(before);
    snprintf(until, sizeof until, "%lld", (long long)token->expires_at);
    lg_status st = set_secret(&keys->credentials, "access_token", token->access, err);
    if (st == LG_OK && token->refresh) st = set_secret(&keys->credentials, "refresh_token", token->refresh, err);
    if (st == LG_OK) st = net_credentials_set(&keys->credentials, "expires_at", until, strlen(until), err);
    if (st == LG_OK) st = cmd_keys_write_back(keys, old, err);
    net_forget(old, sizeof old);
    return st;
}

/* The form of a refresh; a confidential application also shows its secret. */
static lg_status refresh_form(const asking *a, lg_buf *body, lg_buf *basic)
{
    net_secret *refresh = secret(a->access, "refresh_token"), *hidden = secret(a->access, "client_secret");
    const char *id = plain(a->access, "client_id");
    lg_status st = net_oauth2_refresh_form(id, net_secret_open(refresh), body, a->err);
    net_secret_close(refresh);
    if (st || !hidden) return st;
    st = net_oauth2_basic(id, net_secret_open(hidden), basic, a->err);
    net_secret_close(hidden);
    return st;
}

static lg_status refresh_user(const asking *a)
{
    lg_status st;
    lg_err *err = a->err;
    lg_buf body, basic;
    net_reply reply = {0};
    net_token token = {0};
    lg_buf_init(&body, BODY_MOST);
    lg_buf_init(&basic, BODY_MOST);
    LG_GO(refresh_form(a, &body, &basic));
    LG_GO(ask_token(
        a, &(token_request){"/2/oauth2/token", basic.len ? lg_buf_str(&basic) : NULL, form_type, &body}, &reply, err));
    LG_GO(net_oauth2_token_read(lg_buf_str(&reply.body), reply.body.len, time(NULL), &token, err));
    LG_GO(keep_user_token(a->access->keys, &token, err));
done:
    net_wipe(&body);
    net_wipe(&basic);
    reply_wipe(&reply);
    net_token_release(&token);
    return st;
}

static lg_status user_token(const asking *a)
{
    const char *until = plain(a->access, "expires_at");
    long long at = 0;
    bool fresh = secret(a->access, "access_token") && (!until || !lg_parse_int(until, &at) || is_fresh(at));
    bool can = secret(a->access, "refresh_token") && plain(a->access, "client_id");
    if (!fresh && can) LG_TRY(refresh_user(a));
    return net_oauth2_bearer(secret(a->access, "access_token"), a->out, a->err);
}

static lg_status no_user(const asking *a)
{
    lg_fail(a->err, LG_E_DENIED, 501, "these keys of X are an application's, and no user's");
    lg_why(a->err, "questions about an account need access_token and access_token_secret, or a token of OAuth 2");
    return lg_try(a->err, "`help connect` lists the names");
}

static lg_status authorize_x(const asking *a)
{
    cmd_keys *keys = a->access->keys;
    net_secret *bearer = secret(a->access, "bearer_token");
    bool pair = secret(a->access, "consumer_key") && secret(a->access, "consumer_secret");
    if (a->user && has_oauth2(a->access)) return user_token(a);
    if (a->user) return has_oauth1(a->access) ? sign(a) : no_user(a);
    if (bearer) return net_oauth2_bearer(bearer, a->out, a->err);
    if (pair && !keys->app_refused) {
        lg_status st = app_token(a);
        if (st == LG_OK) return net_oauth2_bearer(keys->token.access, a->out, a->err);
        if (a->err->code != 501 || !has_oauth1(a->access)) return st;
        lg_err_clear(a->err);
        keys->app_refused = true;
    }
    if (has_oauth2(a->access)) return user_token(a);
    return has_oauth1(a->access) ? sign(a) : no_user(a);
}

/* ---- Bluesky ---- */
static lg_status log_in(const asking *a)
{
    lg_status st;
    lg_err *err = a->err;
    lg_buf body;
    net_reply reply = {0};
    net_token token = {0};
    lg_buf_init(&body, BODY_MOST);
    const char *handle = plain(a->access, "handle");
    handle += *handle == '@';
    LG_GO(net_atproto_login(handle, secret(a->access, "app_password"), &body, err));
    LG_GO(ask_token(a,
                    &(token_request){"/xrpc/com.atproto.server.createSession", NULL, "application/json", &body}, &reply,
                    err));
    LG_GO(net_atproto_read(lg_buf_str(&reply.body), reply.body.len, &token, err));
    LG_GO(take_token(a->access->keys, &token));
done:
    net_wipe(&body);
    reply_wipe(&reply);
    return st;
}

/* The refresh token is good once, and may have ended: then the password serves. */
static lg_status renew_session(const asking *a)
{
    lg_err unused = {0};
    lg_buf bearer;
    net_reply reply = {0};
    net_token token = {0};
    lg_buf_init(&bearer, BODY_MOST);
    asking quiet = *a;
    quiet.err = &unused;
    lg_status st = net_oauth2_bearer(a->access->keys->token.refresh, &bearer, &unused);
    if (st == LG_OK)
        st = ask_token(&quiet,
                       &(token_request){"/xrpc/com.atproto.server.refreshSession", lg_buf_str(&bearer), NULL, NULL},
                       &reply, &unused);
    if (st == LG_OK) st = net_atproto_read(lg_buf_str(&reply.body), reply.body.len, &token, &unused);
    if (st == LG_OK) st = take_token(a->access->keys, &token);
    net_wipe(&bearer);
    reply_wipe(&reply);
    if (st == LG_OK) return LG_OK;
    LG_TRY(lg_cancel_check(a->cancel, a->err));
    return log_in(a);
}

static lg_status authorize_bluesky(const asking *a)
{
    cmd_keys *keys = a->access->keys;
    if (!keys->token.access) LG_TRY(log_in(a));
    else if (!is_fresh(keys->token.expires_at)) LG_TRY(renew_session(a));
    return net_oauth2_bearer(keys->token.access, a->out, a->err);
}

/* ---- any ---- */
/* Keys go to their own server alone: an address may come out of an answer. */
static lg_status own_server(const cmd_access *access, const char *url, lg_err *err)
{
    net_url *both = lg_alloc(2, sizeof *both, err);
    if (!both) return err->status;
    lg_status st = net_url_parse(url, &both[0], err);
    if (st == LG_OK) st = net_url_parse(access->origin, &both[1], err);
    if (st == LG_OK && !net_url_same_origin(&both[0], &both[1])) {
        char shown[NET_SHOWN];
        net_url_show(url, shown);
        lg_fail(err, LG_E_DENIED, 601, "`%s` is not on the server that the keys are for", shown);
        st = lg_why(err, "keys of %s go to %s and nowhere else", access->platform->title, access->origin);
    }
    lg_free(both);
    return st;
}

static lg_status authorize(const asking *a)
{
    LG_TRY(own_server(a->access, a->url, a->err));
    if (is(a->access, "twitter")) return authorize_x(a);
    if (is(a->access, "bluesky")) return authorize_bluesky(a);
    net_secret *token = secret(a->access, "access_token");
    return token ? net_oauth2_bearer(token, a->out, a->err) : LG_OK;
}

lg_status cmd_access_authorize(cmd_access *access, net_client *client, const char *method, const char *url,
                               lg_buf *authorization, lg_cancel *cancel, lg_err *err)
{
    return authorize(&(asking){access, client, method, url, authorization, cancel, err, false});
}

lg_status cmd_access_authorize_user(cmd_access *access, net_client *client, const char *method, const char *url,
                                    lg_buf *authorization, lg_cancel *cancel, lg_err *err)
{
    return authorize(&(asking){access, client, method, url, authorization, cancel, err, true});
}

/* Bluesky says so with answer 400: {"error": "ExpiredToken"}. */
static bool says_expired(const net_reply *reply)
{
    static const char word[] = "ExpiredToken";
    return reply->status == 400 && reply->body.len && memmem(reply->body.data, reply->body.len, word, sizeof word - 1);
}

bool cmd_access_stale(cmd_access *access, const net_reply *reply)
{
    cmd_keys *keys = access->keys;
    if (reply->status != 401 && !says_expired(reply)) return false;
    if (is(access, "bluesky") && keys->token.access) {
        keys->token.expires_at = 1;
        return true;
    }
    if (!is(access, "twitter")) return false;
    if (keys->token.access) { /* the application's */
        net_token_release(&keys->token);
        return true;
    }
    lg_err unused = {0};
    return has_oauth2(access) && secret(access, "refresh_token") && plain(access, "client_id") &&
           net_credentials_set(&keys->credentials, "expires_at", "1", 1, &unused) == LG_OK;
}

/* ---- the account of Instagram ---- */
static lg_status no_account(lg_err *err)
{
    lg_fail(err, LG_E_DENIED, 509, "no Instagram account is tied to a page of this account");
    lg_why(err, "Instagram answers to a business or creator account that is tied to a Facebook page");
    return lg_try(err, "tie them on Facebook, or put `user_id = ...` beside the access_token");
}

static lg_status find_account(cmd_access *access, net_client *client, lg_cancel *cancel, lg_err *err)
{
    lg_status st;
    lg_arena arena;
    lg_buf url, authorization;
    net_reply reply = {0};
    scrape_request request;
    scrape_account account;
    lg_arena_init(&arena, 1 << 20);
    lg_buf_init(&url, NET_URL_MOST);
    lg_buf_init(&authorization, BODY_MOST);
    scrape_account_init(&account);
    LG_BUG_ON(!scrape_account_request("instagram", SCRAPE_PAGES, &request));
    lg_buf_addf(&url, "%s%s?", access->origin, request.path);
    net_form(&url, &(net_pair){request.param[0].name, request.param[0].value}, 1);
    LG_GO(lg_buf_check(&url, err));
    LG_GO(cmd_access_authorize(access, client, "GET", lg_buf_str(&url), &authorization, cancel, err));
    net_request ask = {.url = lg_buf_str(&url), .authorization = lg_buf_str(&authorization)};
    LG_GO(net_fetch(client, &ask, cancel, &reply, err));
    LG_GO(net_reply_check(&reply, err));
    LG_GO(scrape_account_read(SCRAPE_PAGES, lg_buf_str(&reply.body), reply.body.len, &arena, &account, err));
    if (!account.tied_id || strlen(account.tied_id) >= CMD_ACCOUNT_MOST) LG_GO(no_account(err));
    snprintf(access->keys->account, CMD_ACCOUNT_MOST, "%s", account.tied_id);
done:
    net_wipe(&authorization);
    lg_buf_release(&url);
    net_reply_release(&reply);
    lg_arena_release(&arena);
    return st;
}

lg_status cmd_access_account(cmd_access *access, net_client *client, const char **out, lg_cancel *cancel, lg_err *err)
{
    const char *given = plain(access, "user_id");
    *out = "";
    if (!is(access, "instagram")) return LG_OK;
    if (given) *out = given;
    else if (!access->keys->account[0]) LG_TRY(find_account(access, client, cancel, err));
    if (!given) *out = access->keys->account;
    return LG_OK;
}
