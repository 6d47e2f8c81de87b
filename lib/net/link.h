/* link.h - the Link header: where Mastodon says that the next page is (RFC 8288, 3).
 *
 *     lg_buf_init(&next, NET_URL_MOST);
 *     more = net_link_find(net_reply_header(&reply, "link"), "next", &next); // <https://...>; rel="next", <...>; ...
 *
 * What is found is text of the server: it may be anything, also an address of another host. It is judged like any other
 * where it is fetched (url.h). */
#ifndef NET_LINK_H
#define NET_LINK_H

#include "lib/base/lg.h"

/* Appends the target of the first link of this relation; false where there is none. header may be NULL. rel in small
 * letters. */
bool net_link_find(const char *header, const char *rel, lg_buf *out);

#endif
