/* secret.h - keys, tokens and passwords: kept where nothing else reads them, taken out of every text that leaves.
 *
 *     LG_TRY(net_secret_new(text, len, &token, err));   // copied; wipe the text
 *     const char *value = net_secret_open(token);       // readable until it is closed again
 *     ... make a header of it ...
 *     net_secret_close(token);
 *     net_scrub(message, strlen(message));              // every secret there is becomes [secret]
 *     net_secret_free(token);
 *
 * A secret lies in memory of libsodium's: locked (not swapped out), left out of core files, between guard pages,
 * unreadable while nobody has it open, and wiped when it is freed. While there is any, the process leaves no core file
 * and cannot be traced by other programs of the user (PR_SET_DUMPABLE), for copies of it pass through libcurl.
 * The type says nothing about its content, so it cannot be printed by mistake.
 *
 * What is known as a secret here is known to net_scrub from then on: text that came from others (an error of a server
 * that repeats the header it got) or was made of it (an address) goes through it before it is shown, logged or stored.
 * Secrets are thread-safe; freeing one is for whoever made it, once. */
#ifndef NET_SECRET_H
#define NET_SECRET_H

#include "lib/base/lg.h"

/* Bounds of what can be a secret. Shorter ones are no secrets, and would be found in any text. */
enum { NET_SECRET_LEAST = 8, NET_SECRET_MOST = 8192 };

typedef struct net_secret net_secret;

/* Copies a value without control characters. LL715: not within the bounds, or not such a text. */
lg_status net_secret_new(const char *value, size_t len, net_secret **out, lg_err *err) LG_MUST_CHECK;
void net_secret_free(net_secret *secret); /* NULL is fine */
/* The value, ended by a NUL; valid until the matching net_secret_close. May be nested. */
const char *net_secret_open(net_secret *secret);
void net_secret_close(net_secret *secret);

/* Replaces in place every secret there is by `[secret]`, also where it is written in percent-encoding (once or twice),
 * as text of JSON or HTML, or lies anywhere within base64, whose run of letters goes then as a whole. Returns the new
 * length, which is never larger, and ends the text with a NUL where it became shorter. Needs no memory. */
size_t net_scrub(char *text, size_t len);
/* The same for all texts of an error. */
void net_scrub_err(lg_err *err);
void net_scrub_buf(lg_buf *buf);
/* Is there any secret? Costs nothing: who would have to copy a text before it can be scrubbed asks this first. */
bool net_scrub_needed(void);
/* Bytes at the end of a text that may be the beginning of a secret: whoever sends a text in parts keeps them back for
 * the next one. At most 6 * NET_SECRET_MOST. */
size_t net_scrub_tail(const char *text, size_t len);
/* Overwrites what a buffer holds, and releases it: for texts with secrets in them. Reserve their room before they are
 * written: growing leaves copies behind. */
void net_wipe(lg_buf *buf);
/* The same of other memory. */
void net_forget(void *data, size_t len);
/* From now on jansson overwrites what it frees: answers with tokens, and messages with what was typed, pass through it,
 * and its reader keeps copies of its own. Once, before other threads start. */
void net_json_wipes(void);

#endif
