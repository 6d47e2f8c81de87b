/* scrub.c - finding secrets in text, however they are written there.
 *
 * A text is read in units: a unit is one byte of what is meant, written as itself, as %XX, as \uXXXX or as an entity of
 * HTML. A secret that is written in any mixture of these is found by comparing units.
 *
 * Base64 has no such units: three bytes become four letters, and where the secret begins within the three is not known.
 * So there are three patterns: the letters that depend on the secret alone when it begins at the first, second and
 * third byte. X's key and secret are percent-encoded before they become base64 (RFC 6749, 2.3.1), hence three more. */
#include <sodium.h>
#include <string.h>
#include "lib/net/percent.h"
#include "lib/net/secret_private.h"

#include "lib/base/banned.h"

static const char replacement[] = "[secret]";
enum { REPLACEMENT = sizeof replacement - 1 };
_Static_assert(REPLACEMENT <= (int)NET_SECRET_LEAST, "a text never becomes longer");

/* ---- base64 ---- */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool in_base64(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
           c == '-' || c == '_' || c == '=';
}

/* A byte of the value, or of its percent-encoding when it needs one. */
typedef struct byte_source {
    const char *value;
    size_t len, at;
    char code[3];
    int left; /* of `code` */
    bool encoded;
} byte_source;

static int next_byte(byte_source *from)
{
    static const char digits[] = "0123456789ABCDEF";
    if (from->left) return (unsigned char)from->code[3 - from->left--];
    if (from->at == from->len) return -1;
    unsigned char c = (unsigned char)from->value[from->at++];
    bool stays = c < 0x80 && ((in_base64((char)c) && !strchr("+/=", c)) || c == '.' || c == '~');
    if (!from->encoded || stays) return c;
    memcpy(from->code, (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
    from->left = 2;
    return '%';
}

static uint32_t pattern_write(const net_secret *secret, bool encoded, int shift, char *out)
{
    byte_source from = {.value = secret->value, .len = secret->len, .encoded = encoded};
    uint32_t bits = 0, n = 0;
    /* The first letter is dropped as far as it depends on bytes before the secret. */
    int have = 0, skip = (6 - 8 * shift % 6) % 6;
    for (int byte; (byte = next_byte(&from)) >= 0;) {
        bits = bits << 8 | (uint32_t)byte;
        have += 8;
        if (skip && have >= skip) {
            have -= skip;
            skip = 0;
        }
        while (!skip && have >= 6) {
            have -= 6;
            out[n++] = letters[bits >> have & 63];
        }
        bits &= 0xffff;
    }
    return n;
}

/* Six patterns; percent-encoding makes three bytes of one at most. */
size_t net_patterns_room(size_t len)
{
    return 3 * (len * 4 / 3 + 2) + 3 * (3 * len * 4 / 3 + 2);
}

void net_patterns_make(net_secret *secret, size_t room)
{
    size_t at = secret->len + 1;
    for (int i = 0; i < NET_PATTERNS; i++) {
        secret->pattern[i].start = (uint32_t)at;
        secret->pattern[i].len = pattern_write(secret, i >= 3, i % 3, secret->value + at);
        at += secret->pattern[i].len;
    }
    LG_BUG_ON(at > secret->len + 1 + room);
}

/* ---- units ---- */
static int hex_value(const char *text, size_t len, size_t digits)
{
    int value = 0;
    if (len < digits) return -1;
    for (size_t i = 0; i < digits; i++) {
        int one = net_hex(text[i]);
        if (one < 0) return -1;
        value = value << 4 | one;
    }
    return value;
}

static size_t percent_unit(const char *text, size_t len, bool twice, int *byte)
{
    int value = hex_value(text + 1, len - 1, 2);
    if (value < 0) return 0;
    *byte = value;
    int again = twice && value == '%' && len > 3 ? hex_value(text + 3, len - 3, 2) : -1;
    if (again < 0) return 3;
    *byte = again;
    return 5;
}

static size_t escape_unit(const char *text, size_t len, int *byte)
{
    if (len >= 2 && strchr("\"\\/'", text[1]) && text[1]) {
        *byte = (unsigned char)text[1];
        return 2;
    }
    int value = len >= 6 && text[1] == 'u' ? hex_value(text + 2, 4, 4) : -1;
    if (value < 0 || value > 0x7f) return 0;
    *byte = value;
    return 6;
}

static size_t entity_unit(const char *text, size_t len, int *byte)
{
    static const struct {
        const char *name;
        char means;
    } entity[] = {{"&amp;", '&'},  {"&lt;", '<'},    {"&gt;", '>'},  {"&quot;", '"'},
                  {"&#39;", '\''}, {"&#x27;", '\''}, {"&#34;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; i < sizeof entity / sizeof *entity; i++) {
        size_t n = strlen(entity[i].name);
        if (len < n || memcmp(text, entity[i].name, n) != 0) continue;
        *byte = entity[i].means;
        return n;
    }
    return 0;
}

/* Bytes of text that write one byte, which *byte gets. twice: percent-encoding of percent-encoding counts as one. */
static size_t unit(const char *text, size_t len, bool twice, int *byte)
{
    size_t n = 0;
    if (*text == '%') n = percent_unit(text, len, twice, byte);
    else if (*text == '\\') n = escape_unit(text, len, byte);
    else if (*text == '&') n = entity_unit(text, len, byte);
    if (n) return n;
    *byte = (unsigned char)*text;
    return 1;
}

/* ---- finding ---- */
typedef enum scrub_way { SCRUB_ONCE, SCRUB_TWICE, SCRUB_BASE64 } scrub_way;

static bool same(int byte, char wanted, scrub_way way)
{
    if (byte == (unsigned char)wanted) return true;
    if (way == SCRUB_BASE64) return (byte == '-' && wanted == '+') || (byte == '_' && wanted == '/');
    return byte == '+' && wanted == ' '; /* forms */
}

static bool is_escape(char c)
{
    return c == '%' || c == '\\' || c == '&';
}

/* Length of the text that writes `wanted` in units, or 0. */
static size_t match_units(const char *text, size_t len, const char *wanted, size_t wanted_len, scrub_way way)
{
    size_t at = 0;
    for (size_t i = 0; i < wanted_len; i++) {
        int byte = 0;
        if (at >= len) return 0;
        at += unit(text + at, len - at, way != SCRUB_ONCE, &byte);
        if (!same(byte, wanted[i], way)) return 0;
    }
    return at;
}

static size_t match_plain(const net_secret *secret, const char *text, size_t len)
{
    if (len >= secret->len && memcmp(text, secret->value, secret->len) == 0) return secret->len;
    size_t once = match_units(text, len, secret->value, secret->len, SCRUB_ONCE);
    return once ? once : match_units(text, len, secret->value, secret->len, SCRUB_TWICE);
}

static size_t match_base64(const net_secret *secret, const char *text, size_t len)
{
    size_t longest = 0;
    for (int i = 0; i < NET_PATTERNS; i++) {
        net_pattern p = secret->pattern[i];
        size_t n = match_units(text, len, secret->value + p.start, p.len, SCRUB_BASE64);
        if (n > longest) longest = n;
    }
    while (longest && longest < len && in_base64(text[longest])) longest++;
    return longest;
}

/* Bytes at text that are a secret, or 0; *base64: letters before them are of the same run. */
static size_t find(const net_secret *first, const char *text, size_t len, bool *base64)
{
    size_t longest = 0;
    for (const net_secret *s = first; s; s = s->next) {
        size_t plain = match_plain(s, text, len), run = match_base64(s, text, len);
        if (plain > longest) longest = plain, *base64 = false;
        if (run > longest) longest = run, *base64 = true;
    }
    return longest;
}

/* ---- where a secret may begin ---- */
/* Texts are long, and most places of them are told from a secret by their first two bytes. */
typedef struct beginnings {
    bool first[256];       /* what a secret, or its base64, begins with when nothing is encoded */
    uint8_t pair[1 << 13]; /* a bit for its first two bytes */
} beginnings;

/* The bytes that stand for one of a form or of base64, itself among them. */
static int variants(char c, bool base64, unsigned char out[2])
{
    out[0] = (unsigned char)c;
    if (!base64) out[1] = '+';
    else out[1] = c == '+' ? '-' : '_';
    return c == ' ' || (base64 && (c == '+' || c == '/')) ? 2 : 1;
}

static void add_beginning(beginnings *b, const char *text, bool base64)
{
    unsigned char x[2], y[2];
    int n = variants(text[0], base64, x), m = variants(text[1], base64, y);
    for (int i = 0; i < n; i++) {
        b->first[x[i]] = true;
        for (int j = 0; j < m; j++) b->pair[(x[i] << 8 | y[j]) >> 3] |= (uint8_t)(1 << (y[j] & 7));
    }
}

static void beginnings_of(const net_secret *first, beginnings *b)
{
    memset(b, 0, sizeof *b);
    for (const net_secret *s = first; s; s = s->next) {
        add_beginning(b, s->value, false);
        for (int i = 0; i < NET_PATTERNS; i++) add_beginning(b, s->value + s->pattern[i].start, true);
    }
}

static bool may_be(const beginnings *b, const char *text, size_t len)
{
    unsigned char c = (unsigned char)text[0], d = len > 1 ? (unsigned char)text[1] : 0;
    int once = 0, twice = 0;
    if (!is_escape(text[0]))
        return b->first[c] && (len < 2 || is_escape(text[1]) || (b->pair[(c << 8 | d) >> 3] >> (d & 7) & 1));
    unit(text, len, false, &once);
    unit(text, len, true, &twice);
    return b->first[once] || b->first[twice];
}

static size_t scrub_all(const net_secret *first, char *text, size_t len)
{
    size_t in = 0, out = 0;
    beginnings b;
    beginnings_of(first, &b);
    while (in < len) {
        bool base64 = false;
        size_t n = may_be(&b, text + in, len - in) ? find(first, text + in, len - in, &base64) : 0;
        if (!n) {
            text[out++] = text[in++];
            continue;
        }
        while (base64 && out && in_base64(text[out - 1])) out--;
        memcpy(text + out, replacement, REPLACEMENT);
        out += REPLACEMENT;
        in += n;
    }
    return out;
}

size_t net_scrub(char *text, size_t len)
{
    if (!net_scrub_needed()) return len;
    net_secret *first = net_secrets_lock();
    size_t out = first ? scrub_all(first, text, len) : len;
    net_secrets_unlock();
    if (out == len) return len;
    text[out] = 0;
    return out;
}

/* ---- what may go on in the next part ---- */
enum { LONGEST_UNIT = 6 };

/* Does the text end before `wanted` does, and agrees with it so far? An escape at its end may become anything. */
static bool begins(const char *text, size_t len, const char *wanted, size_t wanted_len, scrub_way way)
{
    size_t at = 0;
    for (size_t i = 0; i < wanted_len; i++) {
        int byte = 0;
        if (at >= len || (is_escape(text[at]) && len - at < LONGEST_UNIT)) return true;
        at += unit(text + at, len - at, way != SCRUB_ONCE, &byte);
        if (!same(byte, wanted[i], way)) return false;
    }
    return false;
}

static bool begins_secret(const net_secret *s, const char *text, size_t len)
{
    if (begins(text, len, s->value, s->len, SCRUB_ONCE) || begins(text, len, s->value, s->len, SCRUB_TWICE))
        return true;
    for (int i = 0; i < NET_PATTERNS; i++)
        if (begins(text, len, s->value + s->pattern[i].start, s->pattern[i].len, SCRUB_BASE64)) return true;
    return false;
}

static size_t tail_of(const net_secret *first, const char *text, size_t len)
{
    size_t most = LONGEST_UNIT * (size_t)NET_SECRET_MOST;
    beginnings b;
    beginnings_of(first, &b);
    for (size_t at = len > most ? len - most : 0; at < len; at++) {
        bool cut = is_escape(text[at]) && len - at < LONGEST_UNIT;
        if (!cut && !may_be(&b, text + at, len - at)) continue;
        for (const net_secret *s = first; s; s = s->next)
            if (begins_secret(s, text + at, len - at)) return len - at;
    }
    return 0;
}

size_t net_scrub_tail(const char *text, size_t len)
{
    if (!net_scrub_needed()) return 0;
    net_secret *first = net_secrets_lock();
    size_t tail = first ? tail_of(first, text, len) : 0;
    net_secrets_unlock();
    return tail;
}

void net_scrub_err(lg_err *err)
{
    net_scrub(err->msg, strlen(err->msg));
    net_scrub(err->why, strlen(err->why));
    net_scrub(err->hint, strlen(err->hint));
    net_scrub(err->source, strlen(err->source));
}

void net_scrub_buf(lg_buf *buf)
{
    if (buf->data) buf->len = net_scrub(buf->data, buf->len);
}
