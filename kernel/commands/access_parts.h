/* access_parts.h - what the files of access.h and the command `connect` share: the keys of a session. */
#ifndef CMD_ACCESS_PARTS_H
#define CMD_ACCESS_PARTS_H

#include "kernel/commands/access.h"
#include "lib/net/credentials.h"
#include "lib/net/oauth2.h"

enum { CMD_ORIGIN_MOST = 300, CMD_ACCOUNT_MOST = 64 };

/* Where keys came from; what is further down goes before what is further up. */
typedef enum cmd_key_source {
    CMD_KEYS_USUAL,  /* environment and the file `credentials` */
    CMD_KEYS_FILE,   /* another file of the user's settings folder */
    CMD_KEYS_NEARBY, /* a file within reach of the notebook */
    CMD_KEYS_TYPED   /* at the prompt */
} cmd_key_source;

/* What the session knows of one platform. */
typedef struct cmd_keys {
    net_credentials credentials;
    cmd_key_source source;
    char *file;      /* name of the file in the settings folder, or the path of one nearby; NULL: none */
    net_secret *spent; /* the refresh token that environment and file still say, and that is used up; or NULL; owned */
    net_token token; /* made of the credentials: the application's on X, the session of Bluesky */
    bool app_refused; /* X gives this application no token; the user's keys are used */
    char account[CMD_ACCOUNT_MOST];
} cmd_keys;

typedef struct cmd_platform {
    const char *name, *title, *origin; /* origin NULL: each user has a server of their own */
} cmd_platform;
extern const cmd_platform cmd_platforms[]; /* {0}-terminated */

typedef struct cmd_keyring cmd_keyring; /* of a workbench: the keys of its session */
void cmd_keyring_free(cmd_keyring *ring);
/* Of workbench.c: the session's, or NULL as long as it has none. */
cmd_keyring **cmd_keyring_place(const dsl_call *call);

struct cmd_access {
    const cmd_platform *platform;
    cmd_keys *keys; /* of the session */
    char origin[CMD_ORIGIN_MOST];
};

const cmd_platform *cmd_platform_find(const char *name);
/* The session's record of a platform, made where there is none. */
lg_status cmd_keys_of(const dsl_call *call, const char *platform, cmd_keys **out, lg_err *err) LG_MUST_CHECK;
/* Puts credentials (consumed) in the place of those there were; what was made of others is forgotten. file: copied, or
 * NULL. */
lg_status cmd_keys_take(cmd_keys *keys, net_credentials *credentials, cmd_key_source source, const char *file,
                        lg_err *err) LG_MUST_CHECK;
void cmd_keys_forget(cmd_keys *keys);
/* Those of environment and file anew, unless the session was given others. */
lg_status cmd_keys_load(cmd_keys *keys, const char *platform, lg_err *err) LG_MUST_CHECK;
/* Gives credentials without an `instance` the one of environment and file, which the user put there. */
lg_status cmd_keys_usual_instance(net_credentials *of, lg_err *err) LG_MUST_CHECK;
/* Is there enough to ask for something with? */
bool cmd_keys_enough(const cmd_keys *keys);
/* Why there is not: the names of what is there, which may be misspelt; `otherwise` where nothing is. */
void cmd_keys_why(const cmd_keys *keys, const char *otherwise, lg_err *err);
/* Settles the server of keys that there are, and allows it. */
lg_status cmd_access_new(cmd_keys *keys, cmd_access **out, lg_err *err) LG_MUST_CHECK;
/* A refreshed token of X goes into the file that its keys came from. Where they did not come from a file, or it cannot
 * be written, it stays in the session: what the source says is known as spent. */
lg_status cmd_keys_write_back(cmd_keys *keys, const char *old_refresh, lg_err *err) LG_MUST_CHECK;

#endif
