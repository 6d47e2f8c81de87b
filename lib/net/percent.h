/* percent.h - percent-encoding: text in web addresses, forms and signatures.
 *
 *     net_percent(&text, "Ladies + Gentlemen", 18); // Ladies%20%2B%20Gentlemen
 *
 * RFC 3986, 2.1 and 2.3: letters, digits and `-._~` stay, every other byte becomes %XX in capitals. That is also what
 * RFC 5849, 3.6 wants for signatures. Forms (application/x-www-form-urlencoded) are read with `+` as a blank, and
 * written with %20, which every reader of forms takes too. */
#ifndef NET_PERCENT_H
#define NET_PERCENT_H

#include "lib/base/lg.h"

/* A name and its value, as they are meant: not encoded. Names may come twice. Texts borrowed. */
typedef struct net_pair {
    const char *name, *value;
} net_pair;

/* Appends `len` bytes of text, encoded. */
void net_percent(lg_buf *out, const char *text, size_t len);
/* Appends name=value&name=value, encoded. */
void net_form(lg_buf *out, const net_pair *pair, size_t count);
/* Appends what a part of a form means: %XX and `+` decoded. A `%` without two hexadecimal digits stays as it is. */
void net_form_decode(lg_buf *out, const char *text, size_t len);
/* Value of a hexadecimal digit, or -1. */
int net_hex(char c);

#endif
