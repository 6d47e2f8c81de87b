/* secret_private.h - what secret.c and scrub.c share: the list of all secrets, and what scrub.c looks for in each. */
#ifndef NET_SECRET_PRIVATE_H
#define NET_SECRET_PRIVATE_H

#include "lib/net/secret.h"

/* Three places of a byte in base64, for the value itself and for its percent-encoding. */
enum { NET_PATTERNS = 6 };

typedef struct net_pattern {
    uint32_t start, len; /* in `value` */
} net_pattern;

struct net_secret {
    char *value; /* guarded: the value, a NUL, the patterns */
    size_t len;
    net_pattern pattern[NET_PATTERNS];
    int open; /* by how many; under the lock */
    net_secret *next;
};

/* Fills `pattern`; `room` bytes are free at value + len + 1. */
void net_patterns_make(net_secret *secret, size_t room);
size_t net_patterns_room(size_t len);
/* All secrets, opened, until net_secrets_unlock; NULL: there is none (unlock all the same). */
net_secret *net_secrets_lock(void);
void net_secrets_unlock(void);

#endif
