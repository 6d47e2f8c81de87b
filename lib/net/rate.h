/* rate.h - how often may be asked: rate limits as platforms tell them, and how long to wait. Pure: the time and the
 * randomness are arguments.
 *
 *     net_rate_read(reply.header, reply.headers, now, &rate);
 *     if (status == 429) wait = net_rate_wait(&rate, attempt, now, lg_rng_uniform(&rng));
 *
 * Understood: X's x-rate-limit-*, and its limits of a day (x-app-limit-24hour-*, x-user-limit-24hour-*); RateLimit-* as
 * Bluesky has them; X-RateLimit-* as Mastodon has them; Retry-After in seconds or as a date (RFC 9110, 10.2.3);
 * Facebook's and Instagram's x-app-usage and x-business-use-case-usage. A reset is given in seconds since 1970, in
 * seconds from now, or as a date of ISO 8601. Of several limits the one counts that is used up; of several of these the
 * one that lasts longest. What makes no sense (negative, long past, more than 31 days away) counts as not said. */
#ifndef NET_RATE_H
#define NET_RATE_H

#include "lib/net/percent.h"

typedef struct net_rate {
    int64_t limit, remaining; /* requests in a window; -1: not said */
    int64_t reset;            /* when the window ends, seconds since 1970; 0: not said */
    double retry_after;       /* seconds from when it was read; -1: not said */
    int used_percent;         /* -1: not said */
} net_rate;

/* Names of headers in small letters. now: seconds since 1970. */
void net_rate_read(const net_pair *header, size_t count, int64_t now, net_rate *out);
/* Seconds to wait after the answer 429 came for the attempt-th time (from 0); jitter: 0 to 1. What the server says
 * counts, and one second more for clocks that differ; where it says nothing, 15 seconds and twice that each time, up to
 * 15 minutes, of which the jitter takes up to a quarter. */
double net_rate_wait(const net_rate *rate, int attempt, int64_t now, double jitter);
/* Seconds to wait before the attempt-th repetition (from 0) of what broke off: half a second and twice that each time,
 * up to 8 seconds, of which the jitter takes up to a half. */
double net_backoff(int attempt, double jitter);

/* Seconds since 1970 of 2026-08-01T13:50:00.055798Z or with an offset as +02:00 (RFC 3339), or of a date of HTTP in any
 * of its three forms (RFC 9110, 5.6.7); false where it is none. now: for years of two digits. */
bool net_date_iso(const char *text, int64_t *out);
bool net_date_http(const char *text, int64_t now, int64_t *out);

#endif
