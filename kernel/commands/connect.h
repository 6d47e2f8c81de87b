/* connect.h - the parts of `connect`: where keys come from, what the platform says of them, and how that is shown. */
#ifndef CMD_CONNECT_H
#define CMD_CONNECT_H

#include "kernel/commands/access_parts.h"
#include "kernel/commands/workbench.h"
#include "scraper/account.h"

/* ---- where keys come from (connect_keys.c) ---- */
/* A file that `from` names: without a folder in it, one of the settings folder; else one within reach. */
lg_status cmd_connect_read_file(const char *platform, const char *path, cmd_keys *keys, lg_err *err) LG_MUST_CHECK;
/* Asks for what is needed, one line a key. LL502 where nobody can be asked, with the places to put them. */
lg_status cmd_connect_ask_keys(const dsl_call *call, const char *platform, cmd_keys *keys, lg_err *err) LG_MUST_CHECK;
/* Offers to keep what was typed in the file `credentials`. */
lg_status cmd_connect_offer_keeping(const dsl_call *call, cmd_keys *keys, bool *kept, lg_err *err) LG_MUST_CHECK;

/* ---- what the platform says ---- */
typedef enum connect_state { CONNECT_UNASKED, CONNECT_YES, CONNECT_NO } connect_state;

typedef struct connect_said {
    connect_state state;
    int status;                /* HTTP */
    char said[300], code[40];  /* where it said no */
} connect_said;

typedef struct connect_facts {
    const dsl_call *call;
    cmd_access *access;
    connect_said who, may, used;
    scrape_account account;
    net_rate rate;   /* of the last answer that had one */
    bool limited;    /* the platform has been asked too often */
    bool kept;       /* what was typed is in the file now */
    lg_arena *arena; /* the call's */
} connect_facts;

/* ---- how it is shown (connect_show.c) ---- */
void cmd_connect_show(plt_doc *doc, const connect_facts *facts);
/* Of Azure there is nothing to ask yet. */
void cmd_connect_show_azure(plt_doc *doc, const cmd_keys *keys);
/* "a bearer token", "keys of an application and of a user". */
const char *cmd_connect_kind_of_keys(const cmd_keys *keys);
/* "the file `x.keys`", "the prompt". */
void cmd_connect_source(const cmd_keys *keys, lg_buf *out);

#endif
