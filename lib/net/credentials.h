/* credentials.h - what a platform wants to know of its caller: from a file of the user's, the environment, or given.
 *
 *     net_credentials x = {0};
 *     LG_GO(net_credentials_load(paths.config, "twitter", &x, err));
 *     LG_GO(net_credentials_need(&x, "bearer_token", &token, err));    // LL714, with what to do, where there is none
 *     done: net_credentials_release(&x);
 *
 * The file is `credentials` in the settings folder, of the user and closed to everybody else (0600), or it is refused
 * (LL713) with the line to type:
 *
 *     # comment
 *     [twitter]
 *     bearer_token = AAAA...
 *     [mastodon]
 *     instance = https://mastodon.example
 *     access_token = ...
 *
 * A value is the rest of its line without blanks around it, and without quotes that enclose it. The environment goes
 * before the file: bearer_token of twitter is LOGOLENS_TWITTER_BEARER_TOKEN. What was given (net_credentials_set) goes
 * before both.
 *
 * All values are secrets (secret.h), but for those whose names say what is public: handle, instance, client_id,
 * user_id, page_id, scope, expires_at, account_name. The file is read into locked memory and wiped. It is opened
 * without lib/base/reach.h, as config.json is: no cell may read or write it. */
#ifndef NET_CREDENTIALS_H
#define NET_CREDENTIALS_H

#include "lib/net/secret.h"

enum { NET_KEYS_MOST = 16, NET_NAME_MOST = 32 };

typedef struct net_key {
    char name[NET_NAME_MOST];
    net_secret *secret; /* owned; NULL for a public one */
    char *plain;        /* owned; of a public one */
} net_key;

typedef struct net_credentials {
    char platform[NET_NAME_MOST];
    net_key key[NET_KEYS_MOST];
    size_t count;
} net_credentials;

/* No file, or nothing in it of this platform: empty, no error. platform: small letters. LL713 not safe, LL603 cannot be
 * read, LL715 cannot be understood (with the line). */
lg_status net_credentials_load(const char *folder, const char *platform, net_credentials *out,
                               lg_err *err) LG_MUST_CHECK;
/* The same without the environment, from another file of the folder; there lines before any [platform] are of the
 * platform asked for. name NULL: `credentials`. LL302: no such file. */
lg_status net_credentials_load_named(const char *folder, const char *name, const char *platform, net_credentials *out,
                                     lg_err *err) LG_MUST_CHECK;
/* The same of a file that is open already (and stays so); shown: its name for messages. */
lg_status net_credentials_load_open(int fd, const char *shown, const char *platform, net_credentials *out,
                                    lg_err *err) LG_MUST_CHECK;
/* Is a value of this name shown to everybody? */
bool net_credentials_is_public(const char *name);
/* "LOGOLENS_TWITTER_BEARER_TOKEN" */
void net_credentials_variable(const char *platform, const char *name, char out[80]);
/* Sets or replaces one. The value is copied; the caller wipes its own. LL715. */
lg_status net_credentials_set(net_credentials *of, const char *name, const char *value, size_t len,
                              lg_err *err) LG_MUST_CHECK;
/* Borrowed; NULL where there is none of this name. */
net_secret *net_credentials_secret(const net_credentials *of, const char *name);
const char *net_credentials_plain(const net_credentials *of, const char *name);
/* LL714 where there is none, saying where it can be put. */
lg_status net_credentials_need(const net_credentials *of, const char *name, net_secret **out,
                               lg_err *err) LG_MUST_CHECK;
/* Writes the platform's part of the file anew, whole or not at all, mode 0600; other parts stay as they are. With
 * nothing in `of` the part goes. What came from the environment is written as well. Two at a time wait for each other.
 * LL713, LL603. */
lg_status net_credentials_save(const char *folder, const net_credentials *of, lg_err *err) LG_MUST_CHECK;
/* The same in another file of the folder. */
lg_status net_credentials_save_named(const char *folder, const char *name, const net_credentials *of,
                                     lg_err *err) LG_MUST_CHECK;
/* The same names with the same values? */
bool net_credentials_same(const net_credentials *a, const net_credentials *b);
void net_credentials_release(net_credentials *of);

#endif
