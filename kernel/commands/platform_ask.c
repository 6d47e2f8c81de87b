/* platform_ask.c - the session's keys as the driver of scrapes wants them. */
#include "kernel/commands/platform_ask.h"
#include "lib/store/config.h"

#include <string.h>

#include "lib/base/banned.h"

enum { NOT_CONNECTED = 502 };

static lg_status authorize(void *ctx, net_client *client, const char *method, const char *url, lg_buf *out, lg_err *err)
{
    cmd_platform *p = ctx;
    return cmd_access_authorize(p->access, client, method, url, out, p->call->cancel, err);
}

static bool stale(void *ctx, const net_reply *reply)
{
    cmd_platform *p = ctx;
    return cmd_access_stale(p->access, reply);
}

static lg_status contact_read(cmd_platform *p, lg_err *err)
{
    store_paths paths = {0};
    store_config config = {0};
    lg_status st = store_paths_init(&paths, err);
    if (!st) st = store_config_load(&paths, &config, err);
    p->contact = config.contact;
    config.contact = NULL;
    store_config_release(&config);
    store_paths_release(&paths);
    return st;
}

/* Instagram wants the number of the asking account in its requests. */
static lg_status account_read(cmd_platform *p, lg_err *err)
{
    const char *number = NULL;
    net_client *client = NULL;
    const net_settings settings = {.contact = p->contact};
    if (strcmp(p->platform->name, "instagram") != 0) return LG_OK;
    LG_TRY(net_client_new(&settings, &client, err));
    lg_status st = cmd_access_account(p->access, client, &number, p->call->cancel, err);
    if (!st && number) p->account = lg_arena_strndup(p->call->arena, number, strlen(number), err);
    net_client_free(client);
    return st ? st : err->status;
}

static lg_status begin(const dsl_call *call, const char *name, cmd_platform *out, lg_err *err)
{
    *out = (cmd_platform){.call = call, .platform = scrape_platform_find(name)};
    LG_BUG_ON(!out->platform);
    LG_TRY(contact_read(out, err));
    LG_TRY(cmd_access_open(call, out->platform->name, &out->access, err));
    out->way = (scrape_access){cmd_access_origin(out->access), authorize, stale, out};
    return LG_OK;
}

lg_status cmd_platform_open(const dsl_call *call, const char *name, cmd_platform *out, lg_err *err)
{
    lg_status st = begin(call, name, out, err);
    if (!st) st = account_read(out, err);
    if (st) cmd_platform_close(out);
    return st;
}

lg_status cmd_platform_look(const dsl_call *call, const char *name, cmd_platform *out, lg_err *err)
{
    lg_err why = {0};
    lg_status st = begin(call, name, out, &why);
    if (st && why.code != NOT_CONNECTED) {
        *err = why;
        cmd_platform_close(out);
        return st;
    }
    if (st) out->way = (scrape_access){.origin = out->platform->origin ? out->platform->origin : "https://YOUR-SERVER"};
    /* its own number would have to be asked for */
    if (strcmp(out->platform->name, "instagram") == 0) out->account = "17841400000000000";
    return LG_OK;
}

void cmd_platform_close(cmd_platform *p)
{
    cmd_access_close(p->access);
    lg_free(p->contact);
    p->access = NULL;
    p->contact = NULL;
}
