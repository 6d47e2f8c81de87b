/* atproto.h - Bluesky's way in (AT Protocol): the requests for a session, written and read; nothing here talks.
 *
 *     LG_TRY(net_atproto_login(handle, password, &body, err));   // POST com.atproto.server.createSession
 *     LG_TRY(net_atproto_read(reply.data, reply.len, &session, err));
 *     ... "Bearer " session.access, until session.expires_at ...
 *     // POST com.atproto.server.refreshSession with "Bearer " session.refresh and no body gives a new pair
 *
 * The body of a login holds the password: the caller wipes it (net_wipe). */
#ifndef NET_ATPROTO_H
#define NET_ATPROTO_H

#include "lib/net/oauth2.h"

/* {"identifier": handle, "password": …} */
lg_status net_atproto_login(const char *handle, net_secret *password, lg_buf *out, lg_err *err) LG_MUST_CHECK;
/* accessJwt and refreshJwt of either answer; expires_at is read out of the first, 0 where it does not say. LL716: it is
 * an error, which is repeated without secrets, or no such answer. */
lg_status net_atproto_read(const char *json, size_t len, net_token *out, lg_err *err) LG_MUST_CHECK;

#endif
