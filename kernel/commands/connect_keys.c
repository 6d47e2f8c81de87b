/* connect_keys.c - keys for `connect`: out of a file, or typed. */
#include "kernel/commands/connect.h"
#include "lib/base/reach.h"
#include "lib/store/paths.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/banned.h"

/* ---- a file ---- */
static lg_status nothing_in(const char *platform, const char *path, lg_err *err)
{
    lg_fail(err, LG_E_DENIED, 502, "`%s` holds no keys of %s that are enough to connect", path, platform);
    return lg_try(err, "`help connect` lists their names; a file holds `[%s]` and lines as `name = ...`", platform);
}

static lg_status not_there(const char *folder, const char *path, lg_err *err)
{
    lg_fail(err, LG_E_NAME, 302, "there is no file `%s` in the settings folder", path);
    lg_why(err, "names without a folder are looked for in %s", folder);
    return lg_try(err, "put it there, or write ./%s for one beside the notebook", path);
}

/* The name of a file in the settings folder, where the path leads there: no other way reaches into that folder. */
static lg_status own_name(const char *path, const char *config, const char **name, lg_err *err)
{
    char *home = NULL;
    const char *slash = strrchr(path, '/');
    *name = slash ? NULL : path;
    if (!slash) return LG_OK;
    if (path[0] == '~' && path[1] == '/') LG_TRY(lg_reach_home(&home, err));
    const char *rest = path + (home ? 1 : 0); /* behind ~ */
    char *folder = lg_strf(err, "%s%.*s", home ? home : "", (int)(slash - rest), rest);
    lg_free(home);
    if (!folder) return err->status;
    if (strcmp(folder, config) == 0) *name = slash + 1;
    lg_free(folder);
    return LG_OK;
}

static lg_status read_nearby(const char *platform, const char *path, net_credentials *out, lg_err *err)
{
    int fd = -1;
    uint64_t size = 0;
    LG_TRY(lg_reach_open(path, &fd, &size, err));
    lg_status st = net_credentials_load_open(fd, path, platform, out, err);
    close(fd);
    return st;
}

lg_status cmd_connect_read_file(const char *platform, const char *path, cmd_keys *keys, lg_err *err)
{
    lg_status st;
    store_paths paths = {0};
    const char *name = NULL;
    net_credentials read = {0};
    cmd_keys judged = {0};
    LG_GO(store_paths_init(&paths, err));
    LG_GO(own_name(path, paths.config, &name, err));
    if (name && !*name) LG_GO(not_there(paths.config, path, err));
    if (name) {
        lg_err found = {0};
        st = net_credentials_load_named(paths.config, name, platform, &read, &found);
        if (st && found.code == 302) LG_GO(not_there(paths.config, path, err));
        if (st) *err = found;
    } else {
        st = read_nearby(platform, path, &read, err);
    }
    if (st) goto done;
    if (name) LG_GO(cmd_keys_usual_instance(&read, err));
    judged.credentials = read;
    if (!cmd_keys_enough(&judged)) LG_GO(nothing_in(platform, path, err));
    LG_GO(cmd_keys_take(keys, &read, name ? CMD_KEYS_FILE : CMD_KEYS_NEARBY, name ? name : path, err));
done:
    net_credentials_release(&read);
    store_paths_release(&paths);
    return st;
}

/* ---- typed ---- */
typedef struct wanted {
    const char *platform, *name, *prompt;
    bool may_skip; /* an empty answer is one */
    const char *unless; /* not asked for when this one was given */
    const char *only;   /* asked for only when this one was given */
} wanted;

static const wanted wanted_keys[] = {
    {"twitter", "bearer_token", "Bearer token of X (empty: there are a key and a secret instead): ", true, NULL, NULL},
    {"twitter", "consumer_key", "API key of X (consumer key): ", false, "bearer_token", NULL},
    {"twitter", "consumer_secret", "API key secret of X (consumer secret): ", false, "bearer_token", NULL},
    {"twitter", "access_token", "Access token of a user of X (empty: none): ", true, "bearer_token", NULL},
    {"twitter", "access_token_secret", "Access token secret of that user: ", false, NULL, "access_token"},
    {"instagram", "access_token", "Access token of Instagram (Meta): ", false, NULL, NULL},
    {"facebook", "access_token", "Access token of Facebook (Meta): ", false, NULL, NULL},
    {"bluesky", "handle", "Handle on Bluesky, as name.bsky.social: ", false, NULL, NULL},
    {"bluesky", "app_password", "App password of Bluesky (not that of the account): ", false, NULL, NULL},
    {"mastodon", "instance", "Server of Mastodon, as https://mastodon.example: ", false, NULL, NULL},
    {"mastodon", "access_token", "Access token of that server (empty: public timelines only): ", true, NULL, NULL},
    {"azure", "account_name", "Name of the storage account: ", false, NULL, NULL},
    {"azure", "account_key", "Key of the storage account: ", false, NULL, NULL},
    {0},
};

static bool given(const net_credentials *of, const char *name)
{
    return name && (net_credentials_secret(of, name) || net_credentials_plain(of, name));
}

static bool is_secret(const char *name)
{
    return !net_credentials_is_public(name);
}

static lg_status cannot_ask(const dsl_call *call, const cmd_keys *keys, const char *platform, const char *key,
                            lg_err *err)
{
    char variable[80];
    store_paths paths = {0};
    lg_err unused = {0};
    const char *config = store_paths_init(&paths, &unused) ? "the settings folder" : paths.config;
    net_credentials_variable(platform, key, variable);
    lg_fail(err, LG_E_DENIED, 502, "there are no keys for %s, and nobody can be asked for them here",
            cmd_platform_find(platform)->title);
    cmd_keys_why(keys, "this program was started without a keyboard, or the front end does not pass questions on", err);
    lg_try(err, "put `[%s]` and `%s = ...` into %s/credentials (chmod 600), or set %s", platform, key, config,
           variable);
    store_paths_release(&paths);
    return lg_err_place(err, call->span);
}

static lg_status nothing_typed(const wanted *w, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 508, "nothing was typed, and `%s` is needed", w->name);
    return lg_try(err, "run the line again; `help connect` says where else keys can be put");
}

static void trim(const char **text, size_t *len)
{
    while (*len && strchr(" \t\r\n", **text)) ++*text, --*len;
    while (*len && strchr(" \t\r\n", (*text)[*len - 1])) --*len;
}

static lg_status ask_one(const dsl_call *call, const cmd_keys *keys, const wanted *w, net_credentials *into,
                         lg_err *err)
{
    lg_buf answer;
    dsl_out *out = call->out;
    lg_buf_init(&answer, 1 << 20);
    lg_buf_reserve(&answer, 2 * NET_SECRET_MOST);
    lg_status st = out->ask ? out->ask(out, w->prompt, is_secret(w->name), call->cancel, &answer, err)
                            : LG_E_UNSUPPORTED;
    const char *text = lg_buf_str(&answer);
    size_t len = answer.len;
    trim(&text, &len);
    if (st == LG_E_UNSUPPORTED && !err->code) st = cannot_ask(call, keys, w->platform, w->name, err);
    else if (st == LG_OK && len) st = net_credentials_set(into, w->name, text, len, err);
    else if (st == LG_OK && !w->may_skip) st = nothing_typed(w, err);
    net_wipe(&answer);
    return st;
}

lg_status cmd_connect_ask_keys(const dsl_call *call, const char *platform, cmd_keys *keys, lg_err *err)
{
    lg_status st = LG_OK;
    net_credentials typed = {0};
    snprintf(typed.platform, sizeof typed.platform, "%s", platform);
    for (const wanted *w = wanted_keys; w->platform && st == LG_OK; w++) {
        if (strcmp(w->platform, platform) != 0 || given(&typed, w->unless)) continue;
        if (w->only && !given(&typed, w->only)) continue;
        st = ask_one(call, keys, w, &typed, err);
    }
    if (st == LG_OK) st = cmd_keys_usual_instance(&typed, err);
    if (st == LG_OK) st = cmd_keys_take(keys, &typed, CMD_KEYS_TYPED, NULL, err);
    net_credentials_release(&typed);
    return st;
}

/* ---- kept ---- */
static lg_status keep(const cmd_keys *keys, lg_err *err)
{
    store_paths paths = {0};
    LG_TRY(store_paths_init(&paths, err));
    lg_status st = net_credentials_save(paths.config, &keys->credentials, err);
    store_paths_release(&paths);
    return st;
}

lg_status cmd_connect_offer_keeping(const dsl_call *call, cmd_keys *keys, bool *kept, lg_err *err)
{
    lg_buf answer;
    *kept = false;
    lg_buf_init(&answer, 1 << 16);
    static const char prompt[] =
        "These keys work. Keep them for next time, in a file that is closed to others (yes/no)? ";
    lg_status st = call->out->ask(call->out, prompt, false, call->cancel, &answer, err);
    const char *text = lg_buf_str(&answer);
    size_t len = answer.len;
    trim(&text, &len);
    bool yes = st == LG_OK && len && (*text == 'y' || *text == 'Y' || *text == 'j' || *text == 'J');
    if (yes) st = keep(keys, err);
    if (yes && st == LG_OK) keys->source = CMD_KEYS_USUAL, *kept = true;
    net_wipe(&answer);
    return st;
}
