/* text_map.c - strings to numbers (linear probing, half full at most), and what a text looks like. */
#include "lib/data/dataset_private.h"
#include <string.h>

#include "lib/base/banned.h"

/* Letters other than ASCII take no part in the folded hash, nor does s (long s folds to it): equal ignoring case must
 * mean equal hashes, and lg_casecmp decides anyway. */
static uint64_t map_hash(const data_map *map, const char *key)
{
    if (!map->fold) return lg_hash64(key, strlen(key), 1);
    uint64_t h = 14695981039346656037u;
    for (const char *s = key; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 32);
        if (c < 0x80 && c != 's') h = (h ^ c) * 1099511628211u;
    }
    return h ^ h >> 32;
}

static size_t map_slot(const data_map *map, const char *key)
{
    size_t at = (size_t)map_hash(map, key) & (map->cap - 1);
    while (map->key[at] && (map->fold ? lg_casecmp(map->key[at], key) : strcmp(map->key[at], key)))
        at = (at + 1) & (map->cap - 1);
    return at;
}

lg_status data_map_init(data_map *map, size_t expected, bool fold, lg_err *err)
{
    size_t cap = 16;
    while (cap < expected * 2) cap *= 2;
    *map = (data_map){.cap = cap, .fold = fold};
    map->key = lg_alloc(cap, sizeof *map->key, err);
    if (map->key) map->value = lg_alloc(cap, sizeof *map->value, err);
    if (map->value) return LG_OK;
    data_map_release(map);
    return err->status;
}

void data_map_release(data_map *map)
{
    lg_free(map->key);
    lg_free(map->value);
    *map = (data_map){0};
}

static lg_status map_grow(data_map *map, lg_err *err)
{
    data_map big;
    LG_TRY(data_map_init(&big, map->cap, map->fold, err));
    for (size_t i = 0; i < map->cap; i++) {
        if (!map->key[i]) continue;
        size_t at = map_slot(&big, map->key[i]);
        big.key[at] = map->key[i];
        big.value[at] = map->value[i];
    }
    big.count = map->count;
    data_map_release(map);
    *map = big;
    return LG_OK;
}

int64_t data_map_get(const data_map *map, const char *key)
{
    if (!map->cap) return -1;
    size_t at = map_slot(map, key);
    return map->key[at] ? map->value[at] : -1;
}

lg_status data_map_put(data_map *map, const char *key, int64_t value, int64_t *first, lg_err *err)
{
    size_t at = map_slot(map, key);
    if (!map->key[at] && map->count * 2 >= map->cap) {
        LG_TRY(map_grow(map, err));
        at = map_slot(map, key);
    }
    if (!map->key[at]) {
        map->key[at] = key;
        map->value[at] = value;
        map->count++;
    }
    if (first) *first = map->value[at];
    return LG_OK;
}

void data_map_set(data_map *map, const char *key, int64_t value)
{
    size_t at = map_slot(map, key);
    if (map->key[at]) map->value[at] = value;
}

/* ---- look-alikes: a short form of the skeleton of UTS 39, for Latin, Greek and Cyrillic ---- */
static bool is_hidden(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c || cp == 0x180e ||
           (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) ||
           cp == 0xfeff || (cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0xe0000 && cp <= 0xe01ef);
}

static bool is_combining(uint32_t cp)
{
    return (cp >= 0x300 && cp <= 0x36f) || (cp >= 0x1ab0 && cp <= 0x1aff) || (cp >= 0x20d0 && cp <= 0x20ff);
}

/* The plain letter a code point is read as, or itself. */
static uint32_t plain_letter(uint32_t cp)
{
    static const char latin[] = /* U+00C0 .. U+017F without their marks */
        "aaaaaaaceeeeiiiidnoooooxouuuuypsaaaaaaaceeeeiiiidnooooo/ouuuuypy"
        "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
        "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
    static const struct {
        uint16_t cp;
        char letter;
    } alike[] = {
        {0x391, 'a'}, {0x392, 'b'}, {0x395, 'e'}, {0x396, 'z'}, {0x397, 'h'}, {0x399, 'i'}, {0x39a, 'k'},
        {0x39c, 'm'}, {0x39d, 'n'}, {0x39f, 'o'}, {0x3a1, 'p'}, {0x3a4, 't'}, {0x3a5, 'y'}, {0x3a7, 'x'},
        {0x3b1, 'a'}, {0x3b9, 'i'}, {0x3bf, 'o'}, {0x3c1, 'p'}, {0x3c5, 'u'}, {0x3bd, 'v'}, {0x405, 's'},
        {0x406, 'i'}, {0x408, 'j'}, {0x410, 'a'}, {0x412, 'b'}, {0x415, 'e'}, {0x41a, 'k'}, {0x41c, 'm'},
        {0x41d, 'h'}, {0x41e, 'o'}, {0x420, 'p'}, {0x421, 'c'}, {0x422, 't'}, {0x423, 'y'}, {0x425, 'x'},
        {0x430, 'a'}, {0x435, 'e'}, {0x43e, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x443, 'y'}, {0x445, 'x'},
        {0x455, 's'}, {0x456, 'i'}, {0x458, 'j'}, {0x501, 'd'}, {0x51b, 'q'}, {0x51d, 'w'}, {0x2019, '\''},
    };
    if (cp >= 'A' && cp <= 'Z') return cp + 32;
    if (cp >= 0xc0 && cp - 0xc0 < sizeof latin - 1) return (unsigned char)latin[cp - 0xc0];
    if (cp >= 0xff21 && cp <= 0xff3a) return cp - 0xff21 + 'a';
    if (cp >= 0xff41 && cp <= 0xff5a) return cp - 0xff41 + 'a';
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
        if (alike[i].cp == cp) return (unsigned char)alike[i].letter;
    return cp;
}

size_t data_put_utf8(char *out, uint32_t cp)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    int bytes = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (int i = bytes - 1; i > 0; i--, cp >>= 6) out[i] = (char)(0x80 | (cp & 0x3f));
    out[0] = (char)((0xf00u >> bytes & 0xff) | cp);
    return (size_t)bytes;
}

char *data_skeleton(const char *text, lg_err *err)
{
    size_t len = strlen(text), at = 0, used = 0;
    char *out = lg_alloc(len + 5, 1, err);
    if (!out) return NULL;
    while (at < len) {
        uint32_t cp = 0;
        int bytes = lg_utf8_next(text + at, len - at, &cp);
        if (!bytes) { /* not UTF-8: kept as it is */
            out[used++] = text[at++];
            continue;
        }
        at += (size_t)bytes;
        if (is_hidden(cp) || is_combining(cp) || cp == ' ' || cp == 0xa0 || cp == 0x3000) continue;
        used += data_put_utf8(out + used, plain_letter(cp));
    }
    out[used] = 0;
    return out;
}

bool data_has_hidden(const char *text)
{
    size_t len = strlen(text);
    uint32_t cp = 0;
    for (size_t at = 0; at < len;) {
        int bytes = lg_utf8_next(text + at, len - at, &cp);
        if (!bytes || is_hidden(cp)) return true;
        at += (size_t)bytes;
    }
    return false;
}
