/* cmd_connect.c - `connect`: keys for a platform, and what may be done with them. */
#include "kernel/commands/connect.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { PLATFORM, FROM };

static const dsl_param params[] = {
    [PLATFORM] = {.name = "platform",
                  .role = DSL_POSITIONAL,
                  .type = DSL_T_CHOICE,
                  .choices = "twitter=x instagram facebook bluesky mastodon azure", /* as in cmd_platforms */
                  .required = true,
                  .help = "whose keys; twitter is X"},
    [FROM] = {.name = "from",
              .role = DSL_PREPOSITION,
              .type = DSL_T_PATH,
              .dflt_help = "environment and `credentials`, else asked",
              .help = "a file of yours with mode 0600; a name without a folder is one in the settings folder"},
    {0},
};

/* ---- asking the platform ---- */
static lg_status url_of(const cmd_access *access, const scrape_request *request, lg_buf *out, lg_err *err)
{
    net_pair pair[SCRAPE_PARAMS_MOST];
    for (size_t i = 0; i < request->params; i++)
        pair[i] = (net_pair){request->param[i].name, request->param[i].value};
    lg_buf_clear(out);
    lg_buf_adds(out, cmd_access_origin(access));
    lg_buf_adds(out, request->path);
    if (request->params) lg_buf_addc(out, '?');
    net_form(out, pair, request->params);
    return lg_buf_check(out, err);
}

/* In the name of the user where the question is about one, and there is one. */
static lg_status send_once(connect_facts *f, net_client *client, scrape_about about, const char *url, net_reply *reply,
                           lg_err *err)
{
    lg_buf authorization;
    net_limits limits = net_limits_api;
    limits.rate_wait_most = 0; /* that there is nothing left is an answer too */
    lg_buf_init(&authorization, 1 << 16);
    bool user = about != SCRAPE_USED && cmd_access_has_user(f->access);
    lg_status st = (user ? cmd_access_authorize_user : cmd_access_authorize)(f->access, client, "GET", url,
                                                                             &authorization, f->call->cancel, err);
    net_request ask = {.url = url,
                       .authorization = authorization.len ? lg_buf_str(&authorization) : NULL,
                       .accept = "application/json",
                       .limits = &limits};
    net_reply_release(reply);
    if (st == LG_OK) st = net_fetch(client, &ask, f->call->cancel, reply, err);
    net_wipe(&authorization);
    return st;
}

static lg_status send_question(connect_facts *f, net_client *client, scrape_about about, const char *url,
                               net_reply *reply, lg_err *err)
{
    LG_TRY(send_once(f, client, about, url, reply, err));
    if (!cmd_access_stale(f->access, reply)) return LG_OK;
    return send_once(f, client, about, url, reply, err);
}

/* An answer that says no is a fact; one that cannot be read, or a server in trouble, is an error. */
static lg_status judge(connect_facts *f, scrape_about about, net_reply *reply, connect_said *said, lg_err *err)
{
    said->status = reply->status;
    if (reply->rate.limit >= 0 || reply->rate.used_percent >= 0) f->rate = reply->rate;
    if (reply->status == 429) {
        f->limited = true;
        f->rate = reply->rate;
        return LG_OK;
    }
    if (reply->status >= 500) return net_reply_check(reply, err);
    net_scrub_buf(&reply->body); /* before anything of it is cut off, which could be within a secret */
    if (reply->status >= 400) {
        said->state = CONNECT_NO;
        scrape_account_refusal(lg_buf_str(&reply->body), reply->body.len, said->said, said->code);
        return LG_OK;
    }
    LG_TRY(net_reply_check(reply, err));
    said->state = CONNECT_YES;
    return scrape_account_read(about, lg_buf_str(&reply->body), reply->body.len, f->arena, &f->account, err);
}

static lg_status ask(connect_facts *f, net_client *client, scrape_about about, connect_said *said, lg_err *err)
{
    scrape_request request;
    net_reply reply = {0};
    lg_buf url;
    if (!scrape_account_request(f->access->platform->name, about, &request)) return LG_OK;
    lg_buf_init(&url, NET_URL_MOST);
    lg_status st = url_of(f->access, &request, &url, err);
    if (st == LG_OK) st = send_question(f, client, about, lg_buf_str(&url), &reply, err);
    if (st == LG_OK) st = judge(f, about, &reply, said, err);
    net_reply_release(&reply);
    lg_buf_release(&url);
    return st;
}

/* ---- refusals ---- */
static const char *where_to_look(const char *platform)
{
    static const char *const place[][2] = {
        {"twitter", "the keys stand on the page of your app at developer.x.com; new ones make the old ones invalid"},
        {"instagram", "tokens of Meta end after an hour, or 60 days for long ones: make a new one for your app"},
        {"facebook", "tokens of Meta end after an hour, or 60 days for long ones: make a new one for your app"},
        {"bluesky", "make an app password in the settings of the account; the account's own one is not for programs"},
        {"mastodon", "make an application in the settings of the account on that server; its token is wanted"},
    };
    for (size_t i = 0; i < sizeof place / sizeof *place; i++)
        if (strcmp(place[i][0], platform) == 0) return place[i][1];
    return "compare them with the platform's page for developers";
}

static lg_status refused(const connect_facts *f, const connect_said *said, lg_err *err)
{
    const cmd_platform *p = f->access->platform;
    lg_fail(err, LG_E_DENIED, 501, "%s refuses these keys (answer %d%s%s)", p->title, said->status,
            *said->code ? ", code " : "", said->code);
    if (*said->said) lg_why(err, "it said: %s", said->said);
    lg_try(err, "%s", where_to_look(p->name));
    return lg_err_place(err, f->call->span);
}

/* Who asks, what may be asked, and what is left. 401 is about the keys; 403 is about what they may. */
static lg_status ask_all(connect_facts *f, net_client *client, lg_err *err)
{
    const char *platform = f->access->platform->name;
    bool x = strcmp(platform, "twitter") == 0, anonymous = cmd_access_anonymous(f->access);
    if (anonymous) {
        LG_TRY(ask(f, client, SCRAPE_SAMPLE, &f->may, err));
        return LG_OK;
    }
    if (cmd_access_has_user(f->access)) LG_TRY(ask(f, client, SCRAPE_WHO, &f->who, err));
    if (f->who.status == 401 || (f->who.status == 400 && !x)) return refused(f, &f->who, err);
    LG_TRY(ask(f, client, SCRAPE_MAY, &f->may, err));
    LG_TRY(ask(f, client, SCRAPE_USED, &f->used, err));
    if (f->used.status == 401 && f->who.state != CONNECT_YES) return refused(f, &f->used, err);
    connect_said pages = {0};
    LG_TRY(ask(f, client, SCRAPE_PAGES, &pages, err));
    if (f->account.tied_id) snprintf(f->access->keys->account, CMD_ACCOUNT_MOST, "%s", f->account.tied_id);
    return LG_OK;
}

/* ---- the command ---- */
static lg_status get_keys(const dsl_call *call, const char *platform, cmd_keys *keys, bool *typed, lg_err *err)
{
    const dsl_value *from = dsl_val(call, FROM);
    if (from) {
        lg_status st = cmd_connect_read_file(platform, from->text, keys, err);
        return st ? lg_err_place(err, from->span) : LG_OK;
    }
    LG_TRY(cmd_keys_load(keys, platform, err));
    *typed = !cmd_keys_enough(keys);
    return *typed ? cmd_connect_ask_keys(call, platform, keys, err) : LG_OK;
}

static lg_status ask_platform(connect_facts *f, cmd_keys *keys, lg_err *err)
{
    net_client *client = NULL;
    lg_status st = cmd_access_new(keys, &f->access, err);
    if (st == LG_OK) st = net_client_new(NULL, &client, err);
    if (st == LG_OK) st = ask_all(f, client, err);
    net_client_free(client);
    return st;
}

static lg_status connect_run(const dsl_call *call, lg_err *err)
{
    const char *platform = cmd_platforms[call->arg[PLATFORM].value[0].choice].name;
    connect_facts f = {.call = call, .arena = call->arena, .rate = {.limit = -1, .remaining = -1, .used_percent = -1}};
    cmd_keys *keys = NULL;
    bool typed = false;
    plt_doc doc;
    scrape_account_init(&f.account);
    LG_TRY(cmd_keys_of(call, platform, &keys, err));
    LG_TRY(get_keys(call, platform, keys, &typed, err));
    bool azure = strcmp(platform, "azure") == 0;
    lg_status st = azure ? LG_OK : ask_platform(&f, keys, err);
    /* Keys that were typed wrong are asked for again the next time; where the network failed they stay. */
    if (st && err->code == 501 && keys->source == CMD_KEYS_TYPED) cmd_keys_forget(keys);
    if (st == LG_OK && typed) st = cmd_connect_offer_keeping(call, keys, &f.kept, err);
    if (st == LG_OK) {
        plt_doc_init(&doc);
        if (azure) cmd_connect_show_azure(&doc, keys);
        else cmd_connect_show(&doc, &f);
        st = cmd_display(call, &doc, false, err);
    }
    cmd_access_close(f.access);
    return st;
}

const dsl_command dsl_cmd_connect = {
    .name = "connect",
    .summary = "give keys for a platform, and see what they may do",
    .detail =
        "Keys come from the environment (LOGOLENS_TWITTER_BEARER_TOKEN) and the file `credentials` in the settings "
        "folder, else they are asked for, and not shown while they are typed; there is no way to write one into a "
        "cell. The file is yours and closed to others (chmod 600): a line [twitter], then lines as "
        "bearer_token = … . Names: twitter bearer_token, or consumer_key and consumer_secret, with or without "
        "access_token and access_token_secret, or client_id, access_token and refresh_token; instagram and facebook "
        "access_token; bluesky handle and app_password; mastodon instance and access_token; azure account_name and "
        "account_key. What is shown: the account, what it may be asked, and what is left of its quota; never a key.",
    .group = "Business",
    .params = params,
    .examples = (const char *const[]){"connect twitter", "connect mastodon from mastodon.keys", NULL},
    .run = connect_run,
};
