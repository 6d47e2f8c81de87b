/* platform_ask.h - a platform as `scrape` and `recheck` ask it: its pure part, the session's keys for it, and who asks.
 *
 *     cmd_platform p = {0};
 *     LG_GO(cmd_platform_open(call, "twitter", &p, err));
 *     d.platform = p.platform, d.access = p.way, d.contact = p.contact;
 *     done: cmd_platform_close(&p); */
#ifndef CMD_PLATFORM_ASK_H
#define CMD_PLATFORM_ASK_H

#include "kernel/commands/access.h"
#include "scraper/drive.h"

typedef struct cmd_platform {
    const dsl_call *call;
    const scrape_platform *platform;
    cmd_access *access; /* NULL: not connected */
    scrape_access way;  /* its ctx is this structure, which therefore stays where it is */
    char *contact;      /* or NULL; owned */
    const char *account; /* of Instagram: the number of the asking account; else NULL. In the call's arena */
} cmd_platform;

/* LL502 not connected. */
lg_status cmd_platform_open(const dsl_call *call, const char *name, cmd_platform *out, lg_err *err) LG_MUST_CHECK;
/* The same for what is only shown: without keys the platform's usual server stands there, and no account. */
lg_status cmd_platform_look(const dsl_call *call, const char *name, cmd_platform *out, lg_err *err) LG_MUST_CHECK;
void cmd_platform_close(cmd_platform *p);

#endif
