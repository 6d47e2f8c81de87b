/* access.c - which keys a session has for a platform, and which server they are for. */
#include "kernel/commands/access_parts.h"
#include "lib/base/reach.h"
#include "lib/store/paths.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { PLATFORMS_MOST = 8 };

const cmd_platform cmd_platforms[] = {
    {"twitter", "X", "https://api.x.com"},
    {"instagram", "Instagram", "https://graph.facebook.com"},
    {"facebook", "Facebook", "https://graph.facebook.com"},
    {"bluesky", "Bluesky", "https://bsky.social"},
    {"mastodon", "Mastodon", NULL},
    {"azure", "Azure", NULL},
    {0},
};

struct cmd_keyring {
    cmd_keys of[PLATFORMS_MOST]; /* as in cmd_platforms */
};

const cmd_platform *cmd_platform_find(const char *name)
{
    const cmd_platform *p = cmd_platforms;
    while (p->name && strcmp(p->name, name) != 0) p++;
    return p->name ? p : NULL;
}

/* ---- the session's keys ---- */
void cmd_keys_forget(cmd_keys *keys)
{
    net_credentials_release(&keys->credentials);
    net_token_release(&keys->token);
    net_secret_free(keys->spent);
    lg_free(keys->file);
    *keys = (cmd_keys){0};
}

void cmd_keyring_free(cmd_keyring *ring)
{
    if (!ring) return;
    for (int i = 0; i < PLATFORMS_MOST; i++) cmd_keys_forget(&ring->of[i]);
    lg_free(ring);
}

lg_status cmd_keys_of(const dsl_call *call, const char *platform, cmd_keys **out, lg_err *err)
{
    const cmd_platform *p = cmd_platform_find(platform);
    cmd_keyring **place = cmd_keyring_place(call);
    LG_BUG_ON(!p);
    if (!*place) *place = lg_alloc(1, sizeof **place, err);
    if (!*place) return err->status;
    *out = &(*place)->of[p - cmd_platforms];
    return LG_OK;
}

lg_status cmd_keys_take(cmd_keys *keys, net_credentials *credentials, cmd_key_source source, const char *file,
                        lg_err *err)
{
    char *copy = NULL;
    if (file && !(copy = lg_strdup(file, err))) {
        net_credentials_release(credentials);
        return err->status;
    }
    cmd_keys_forget(keys);
    *keys = (cmd_keys){.credentials = *credentials, .source = source, .file = copy};
    *credentials = (net_credentials){0};
    return LG_OK;
}

static bool is_value(const net_credentials *of, const char *name, const char *value)
{
    net_secret *secret = net_credentials_secret(of, name);
    if (!secret) return false;
    bool same = strcmp(net_secret_open(secret), value) == 0;
    net_secret_close(secret);
    return same;
}

/* Those of the session, or what they were before the token was refreshed? */
static bool are_known(const cmd_keys *keys, const net_credentials *now)
{
    if (net_credentials_same(now, &keys->credentials)) return true;
    bool spent = keys->spent && is_value(now, "refresh_token", net_secret_open(keys->spent));
    if (keys->spent) net_secret_close(keys->spent);
    return spent;
}

lg_status cmd_keys_load(cmd_keys *keys, const char *platform, lg_err *err)
{
    net_credentials now = {0};
    store_paths paths = {0};
    if (keys->source != CMD_KEYS_USUAL && keys->credentials.count) return LG_OK;
    LG_TRY(store_paths_init(&paths, err));
    lg_status st = net_credentials_load(paths.config, platform, &now, err);
    store_paths_release(&paths);
    if (st) return st;
    if (!are_known(keys, &now)) return cmd_keys_take(keys, &now, CMD_KEYS_USUAL, NULL, err);
    net_credentials_release(&now);
    return LG_OK;
}

lg_status cmd_keys_usual_instance(net_credentials *of, lg_err *err)
{
    net_credentials usual = {0};
    store_paths paths = {0};
    if (net_credentials_plain(of, "instance")) return LG_OK;
    LG_TRY(store_paths_init(&paths, err));
    lg_status st = net_credentials_load(paths.config, of->platform, &usual, err);
    const char *instance = st ? NULL : net_credentials_plain(&usual, "instance");
    if (instance) st = net_credentials_set(of, "instance", instance, strlen(instance), err);
    net_credentials_release(&usual);
    store_paths_release(&paths);
    return st;
}

static bool has(const cmd_keys *keys, const char *name)
{
    return net_credentials_secret(&keys->credentials, name) || net_credentials_plain(&keys->credentials, name);
}

bool cmd_keys_enough(const cmd_keys *keys)
{
    const char *p = keys->credentials.platform;
    if (strcmp(p, "twitter") == 0)
        return has(keys, "bearer_token") || (has(keys, "consumer_key") && has(keys, "consumer_secret")) ||
               (has(keys, "access_token") && !has(keys, "access_token_secret")) ||
               (has(keys, "refresh_token") && has(keys, "client_id"));
    if (strcmp(p, "bluesky") == 0) return has(keys, "handle") && has(keys, "app_password");
    if (strcmp(p, "mastodon") == 0) return has(keys, "instance");
    if (strcmp(p, "azure") == 0)
        return has(keys, "sas_token") || (has(keys, "account_name") && has(keys, "account_key"));
    return has(keys, "access_token");
}

/* ---- writing back ---- */
static lg_status copy_key(const net_credentials *from, const char *name, net_credentials *to, lg_err *err)
{
    net_secret *secret = net_credentials_secret(from, name);
    const char *text = secret ? net_secret_open(secret) : net_credentials_plain(from, name);
    lg_status st = text ? net_credentials_set(to, name, text, strlen(text), err) : LG_OK;
    if (secret) net_secret_close(secret);
    return st;
}

/* Only the tokens: keys of the environment stay there. *written: the file has them now. */
static lg_status write_tokens(const cmd_keys *keys, const char *old_refresh, bool *written, lg_err *err)
{
    static const char *const names[] = {"access_token", "refresh_token", "expires_at"};
    lg_status st;
    store_paths paths = {0};
    net_credentials file = {0};
    LG_GO(store_paths_init(&paths, err));
    LG_GO(net_credentials_load_named(paths.config, keys->file, keys->credentials.platform, &file, err));
    if (!is_value(&file, "refresh_token", old_refresh)) goto done;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        LG_GO(copy_key(&keys->credentials, names[i], &file, err));
    LG_GO(net_credentials_save_named(paths.config, keys->file, &file, err));
    *written = true;
done:
    net_credentials_release(&file);
    store_paths_release(&paths);
    return st;
}

lg_status cmd_keys_write_back(cmd_keys *keys, const char *old_refresh, lg_err *err)
{
    lg_err why = {0};
    bool written = false, from_file = keys->source == CMD_KEYS_USUAL || keys->source == CMD_KEYS_FILE;
    if (from_file && write_tokens(keys, old_refresh, &written, &why))
        lg_log(LG_LOG_WARN, "a refreshed token is kept in this session only: %s %s", why.msg, why.why);
    if (written) {
        net_secret_free(keys->spent);
        keys->spent = NULL;
    }
    if (written || keys->spent) return LG_OK;
    return net_secret_new(old_refresh, strlen(old_refresh), &keys->spent, err);
}

/* ---- the server ---- */
static lg_status not_an_origin(const char *text, lg_err *err)
{
    lg_fail(err, LG_E_ARG, 507, "`%.100s` is not the address of a server", text);
    return lg_try(err, "write `instance` as https://mastodon.example, without a path");
}

/* "mastodon.example" and "https://mastodon.example/" -> "https://mastodon.example". */
static lg_status origin_of(const char *text, char origin[CMD_ORIGIN_MOST], lg_err *err)
{
    net_url *url = NULL;
    lg_err unread = {0};
    char *whole = lg_strf(err, "%s%s", strstr(text, "://") ? "" : "https://", text);
    if (!whole || !(url = lg_alloc(1, sizeof *url, err))) {
        lg_free(whole);
        return err->status;
    }
    const char *path = strstr(whole, "://") + 3;
    path += strcspn(path, "/?#");
    bool bare = !*path || strcmp(path, "/") == 0;
    lg_status st = bare && net_url_parse(whole, url, &unread) == LG_OK ? LG_OK : not_an_origin(text, err);
    if (st == LG_OK) {
        snprintf(origin, CMD_ORIGIN_MOST, "%s://%s", url->https ? "https" : "http", url->host);
        size_t n = strlen(origin);
        if (url->port != (url->https ? 443 : 80)) snprintf(origin + n, CMD_ORIGIN_MOST - n, ":%u", url->port);
    }
    lg_free(url);
    lg_free(whole);
    return st;
}

lg_status cmd_access_new(cmd_keys *keys, cmd_access **out, lg_err *err)
{
    const cmd_platform *platform = cmd_platform_find(keys->credentials.platform);
    const char *instance = net_credentials_plain(&keys->credentials, "instance");
    cmd_access *access = lg_alloc(1, sizeof *access, err);
    if (!access) return err->status;
    *access = (cmd_access){.platform = platform, .keys = keys};
    lg_status st = LG_OK;
    if (instance) st = origin_of(instance, access->origin, err);
    else if (platform->origin) snprintf(access->origin, sizeof access->origin, "%s", platform->origin);
    if (st == LG_OK && access->origin[0])
        st = instance && keys->source == CMD_KEYS_NEARBY ? lg_reach_host(access->origin, err)
                                                         : lg_reach_allow_host(access->origin, err);
    if (st == LG_OK) *out = access;
    else lg_free(access);
    return st;
}

void cmd_keys_why(const cmd_keys *keys, const char *otherwise, lg_err *err)
{
    const net_credentials *of = &keys->credentials;
    lg_buf names;
    lg_buf_init(&names, 0);
    for (size_t i = 0; i < of->count; i++) /* where its server is, is no key */
        if (strcmp(of->key[i].name, "instance") != 0)
            lg_buf_addf(&names, "%s`%s`", names.len ? ", " : "", of->key[i].name);
    if (names.len)
        lg_why(err, "file or environment have only %s for it; `help connect` lists what is needed", lg_buf_str(&names));
    else lg_why(err, "%s", otherwise);
    lg_buf_release(&names);
}

static lg_status not_connected(const cmd_keys *keys, const char *platform, lg_err *err)
{
    const cmd_platform *p = cmd_platform_find(platform);
    lg_fail(err, LG_E_DENIED, 502, "there are no keys for %s", p->title);
    cmd_keys_why(keys, "neither the file `credentials` nor the environment has them, and this session was given none",
                 err);
    return lg_try(err, "`connect %s` asks for them; `help connect` says where they can be put", platform);
}

lg_status cmd_access_open(const dsl_call *call, const char *platform, cmd_access **out, lg_err *err)
{
    cmd_keys *keys = NULL;
    *out = NULL;
    LG_TRY(cmd_keys_of(call, platform, &keys, err));
    LG_TRY(cmd_keys_load(keys, platform, err));
    if (!cmd_keys_enough(keys)) return not_connected(keys, platform, err);
    return cmd_access_new(keys, out, err);
}

void cmd_access_close(cmd_access *access)
{
    lg_free(access);
}

const char *cmd_access_origin(const cmd_access *access)
{
    return access->origin;
}
