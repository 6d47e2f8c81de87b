/* kept.h - pictures that were packed before: one that is drawn again unchanged is not packed again.
 *
 *     lg_buf key;                                   // everything the bytes of the picture depend on
 *     lg_buf_init(&key, PLT_KEPT_MOST);
 *     lg_buf_add(&key, rgb, size);
 *     if (!plt_kept_find(&key, out)) {
 *         pack(rgb, out);
 *         plt_kept_add(&key, out->data, out->len);
 *     }
 *     lg_buf_release(&key);
 *
 * A key is compared as a whole, not by a hash: no picture is ever taken for another. At most PLT_KEPT_MOST bytes of
 * keys and pictures are kept in a process; what was not asked for the longest goes first. Thread-safe. A key that
 * failed to grow, a picture too large, no memory: then nothing is kept and nothing found. docs/adr/0162 says why. */
#ifndef PLT_KEPT_H
#define PLT_KEPT_H

#include "lib/base/lg.h"

enum { PLT_KEPT_MOST = 16 << 20 }; /* bytes */

/* Appends the picture to out when there is one. */
bool plt_kept_find(const lg_buf *key, lg_buf *out);
void plt_kept_add(const lg_buf *key, const void *picture, size_t len);
size_t plt_kept_bytes(void); /* kept now */
void plt_kept_clear(void);

#endif
