/* sha256.c - the content hash: libsodium's, and for files libnettle's where it is installed.
 *
 * libsodium's is portable C. libnettle's uses the processor's own instructions for SHA-256 where it has them, which
 * takes a fifth of the time: of loading a photo, one part in seven. It is loaded for the first text of LONG bytes, and
 * used only when it gives libsodium's answers for texts of many lengths. docs/adr/0101-content-hashes-by-libnettle.md
 */
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include "lib/base/nettle.h"
#include "lib/image/hash.h"

#include "lib/base/banned.h"

enum { LONG = 4096, DIGEST = crypto_hash_sha256_BYTES };

/* Written once under pthread_once, read only afterwards. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool there;

/* Every length up to two blocks, and some longer. */
static bool agrees(void)
{
    uint8_t text[LONG], a[DIGEST], b[DIGEST];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * 7 + i / 256);
    bool same = true;
    for (size_t len = 0; same && len <= sizeof text; len = len < 130 ? len + 1 : len * 2) {
        crypto_hash_sha256(a, text, len);
        lg_nettle_sha256(text, len, b);
        same = memcmp(a, b, sizeof a) == 0;
    }
    return same;
}

static void open_once(void)
{
    lg_err err = {0};
    if (lg_nettle_load(&err)) lg_log(LG_LOG_INFO, "content hashes are libsodium's: %s", err.msg);
    else if (!agrees()) lg_log(LG_LOG_WARN, "content hashes are libsodium's: libnettle here gives others");
    else there = true;
}

void img_sha256(const void *bytes, size_t len, char hex[IMG_SHA256_HEX])
{
    uint8_t digest[DIGEST];
    if (len >= LONG) pthread_once(&once, open_once);
    if (len >= LONG && there) lg_nettle_sha256(bytes, len, digest);
    else crypto_hash_sha256(digest, bytes, len);
    sodium_bin2hex(hex, IMG_SHA256_HEX, digest, sizeof digest);
}
