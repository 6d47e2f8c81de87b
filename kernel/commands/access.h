/* access.h - what this session may do at a platform: the keys it has, the server they are for, and the Authorization of
 * one request. The one door to keys for commands; the keys themselves do not leave but through it.
 *
 *     cmd_access *access = NULL;
 *     LG_GO(cmd_access_open(call, "twitter", &access, err));            // LL502: not connected
 *     cmd_access_origin(access);                                       // "https://api.x.com"
 *     LG_GO(cmd_access_authorize(access, client, "GET", url, &authorization, call->cancel, err));
 *     request.authorization = authorization.len ? lg_buf_str(&authorization) : NULL;
 *     ... net_fetch ...
 *     if (cmd_access_stale(access, &reply)) ...                         // once more, with a new token
 *     done:
 *     net_wipe(&authorization);
 *     cmd_access_close(access);
 *
 * Keys come from what the session was given (`connect` at its prompt, or from a file), else from the environment and
 * the file `credentials` (lib/net/credentials.h). Names in the file, or LOGOLENS_TWITTER_BEARER_TOKEN in the
 * environment:
 *
 *   twitter    bearer_token; or consumer_key and consumer_secret, with or without access_token and
 *              access_token_secret of a user; or client_id, access_token, refresh_token and expires_at of a user
 *              (OAuth 2; with client_secret where the application has one)
 *   instagram  access_token; user_id, the number of the account, is found where it is not given
 *   facebook   access_token
 *   bluesky    handle, app_password
 *   mastodon   instance, access_token (without it: public timelines)
 *   azure      account_name with account_key, or sas_token
 *   any        instance: the origin of another server, for tests and servers of one's own
 *
 * What is made of keys (an application's token, a session of Bluesky) is kept in the session and made anew when it has
 * expired; a refreshed token of X is written back into the file it came from, or stays in the session where there is
 * none.
 *
 * The origin is allowed as what the user connected (lib/base/reach.h), but where it stands in a file that lies in the
 * project: such a file may have come with the notebook, so its `instance` must have been allowed (LL601). Keys and
 * origin are of one source, so keys of the user never go to a server that somebody else named.
 *
 * One access at a time, on the executor's thread; it is valid until cmd_access_close, at most as long as its call. */
#ifndef CMD_ACCESS_H
#define CMD_ACCESS_H

#include "kernel/dsl/command.h"
#include "lib/net/http.h"

typedef struct cmd_access cmd_access;

/* platform: twitter, instagram, facebook, bluesky, mastodon, azure. Nothing is asked of it yet. LL502 no keys, LL507 an
 * `instance` that is no origin, LL601 one that was not allowed, LL713 to LL715. */
lg_status cmd_access_open(const dsl_call *call, const char *platform, cmd_access **out, lg_err *err) LG_MUST_CHECK;
void cmd_access_close(cmd_access *access); /* NULL is fine */

/* Scheme, host and port of its server, without a slash at the end; for scrape_query.server and addresses. */
const char *cmd_access_origin(const cmd_access *access);
/* Without keys: public timelines of Mastodon. */
bool cmd_access_anonymous(const cmd_access *access);

/* Appends the value of Authorization for one request, nothing where it goes without. May ask the platform for a token
 * first, with `client`. LL501 the keys were refused, LL601 the address is not of its server. */
lg_status cmd_access_authorize(cmd_access *access, net_client *client, const char *method, const char *url,
                               lg_buf *authorization, lg_cancel *cancel, lg_err *err) LG_MUST_CHECK;
/* The same in the name of a user, for requests about the asking account: on X an application has none (LL501). */
lg_status cmd_access_authorize_user(cmd_access *access, net_client *client, const char *method, const char *url,
                                    lg_buf *authorization, lg_cancel *cancel, lg_err *err) LG_MUST_CHECK;
bool cmd_access_has_user(const cmd_access *access);
/* This answer came: has a token expired that can be made anew? Then the next cmd_access_authorize makes one, and the
 * request is worth sending once more. */
bool cmd_access_stale(cmd_access *access, const net_reply *reply);

/* The number of the asking account, which Instagram wants in scrape_query.account; asked for where it is not known.
 * Borrowed; "" on other platforms. LL509 where there is none. */
lg_status cmd_access_account(cmd_access *access, net_client *client, const char **out, lg_cancel *cancel,
                             lg_err *err) LG_MUST_CHECK;

#endif
