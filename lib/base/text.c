/* text.c - UTF-8, comparing without case, "did you mean", and text made safe to show. */
#include "lib/base/lg.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- UTF-8 (Unicode 15, table 3-7: well-formed byte sequences) ---- */
int lg_utf8_next(const char *s, size_t len, uint32_t *cp)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (len == 0) return 0;
    unsigned char first = (unsigned char)s[0];
    if (first < 0x80) {
        *cp = first;
        return 1;
    }
    int bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || len < (size_t)bytes) return 0;
    uint32_t value = first & (0x7fu >> bytes);
    for (int i = 1; i < bytes; i++) {
        unsigned char next = (unsigned char)s[i];
        if ((next & 0xc0) != 0x80) return 0;
        value = value << 6 | (next & 0x3f);
    }
    if (value < least[bytes] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
    *cp = value;
    return bytes;
}

/* Eight bytes of ASCII: nearly all text, and cells may hold megabytes of it. */
static bool ascii8(const char *s, size_t left)
{
    uint64_t eight;
    if (left < sizeof eight) return false;
    memcpy(&eight, s, sizeof eight);
    return !(eight & 0x8080808080808080u);
}

size_t lg_utf8_valid(const char *s, size_t len)
{
    size_t at = 0;
    uint32_t cp;
    while (at < len) {
        if (ascii8(s + at, len - at)) {
            at += 8;
            continue;
        }
        int bytes = lg_utf8_next(s + at, len - at, &cp);
        if (!bytes) break;
        at += (size_t)bytes;
    }
    return at;
}

/* Like lg_utf8_next but never stops: an invalid byte counts as one character of its own, in a range where none are. */
static int next_any(const char *s, size_t len, uint32_t *cp)
{
    int bytes = lg_utf8_next(s, len, cp);
    if (bytes || !len) return bytes;
    *cp = 0x110000u + (unsigned char)s[0];
    return 1;
}

size_t lg_utf8_offset(const char *s, size_t len, size_t points)
{
    size_t at = 0;
    uint32_t cp;
    while (points && at < len) {
        bool eight = points >= 8 && ascii8(s + at, len - at);
        at += eight ? 8 : (size_t)next_any(s + at, len - at, &cp);
        points -= eight ? 8 : 1;
    }
    return at;
}

size_t lg_utf8_count(const char *s, size_t len)
{
    size_t count = 0;
    uint32_t cp;
    for (size_t at = 0; at < len;) {
        bool eight = ascii8(s + at, len - at);
        at += eight ? 8 : (size_t)next_any(s + at, len - at, &cp);
        count += eight ? 8 : 1;
    }
    return count;
}

typedef struct range {
    uint32_t first, last;
} range;

static bool in_ranges(uint32_t cp, const range *ranges, size_t n)
{
    for (size_t i = 0; i < n && ranges[i].first <= cp; i++)
        if (cp <= ranges[i].last) return true;
    return false;
}
#define IN(cp, ranges) in_ranges((cp), (ranges), sizeof(ranges) / sizeof *(ranges))

/* Marks that take no column of their own: general categories Mn, Me and Cf of the scripts met in captions. */
static const range no_width[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},   {0x64b, 0x65f},     {0x6d6, 0x6dc},
    {0x93c, 0x93c},   {0x941, 0x948},   {0x94d, 0x94d},   {0xe31, 0xe31},   {0xe34, 0xe3a},     {0xe47, 0xe4e},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064},   {0x2066, 0x2069},
    {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0x1f3fb, 0x1f3ff}, {0xe0000, 0xe01ef},
};
/* East Asian Wide and Fullwidth (UAX 11), with the pictographs terminals draw in two columns. */
static const range two_wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x25fd, 0x25fe},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x26bd, 0x26be},   {0x2705, 0x2705},
    {0x270a, 0x270b},   {0x2728, 0x2728},   {0x274c, 0x274c},   {0x2753, 0x2755},   {0x2795, 0x2797},
    {0x2b50, 0x2b50},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
    {0xa000, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7eb},
    {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

static int columns_of(uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) return 0;
    if (cp < 0x300) return 1;
    return IN(cp, no_width) ? 0 : IN(cp, two_wide) ? 2 : 1;
}

int lg_utf8_width(const char *s)
{
    size_t len = strlen(s);
    int columns = 0;
    uint32_t cp;
    for (size_t at = 0; at < len && columns < INT_MAX - 2;) {
        at += (size_t)next_any(s + at, len - at, &cp);
        columns += columns_of(cp);
    }
    return columns;
}

size_t lg_utf8_fit(const char *s, size_t len, int columns)
{
    uint32_t cp;
    size_t at = 0;
    for (size_t n; at < len; at += n) {
        n = (size_t)next_any(s + at, len - at, &cp);
        columns -= columns_of(cp);
        if (columns < 0) break;
    }
    return at;
}

/* ---- case: simple folding (Unicode CaseFolding.txt, status C and S) of Latin, Greek and Cyrillic ---- */
static uint32_t fold_latin(uint32_t cp)
{
    if (cp < 0x80) return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    if (cp < 0x100) return cp == 0xb5 ? 0x3bc : cp >= 0xc0 && cp <= 0xde && cp != 0xd7 ? cp + 32 : cp;
    if (cp == 0x130 || cp == 0x138 || cp == 0x149) return cp;
    if (cp == 0x178) return 0xff;
    if (cp == 0x17f) return 's';
    bool odd_is_upper = (cp >= 0x139 && cp <= 0x148) || cp >= 0x179;
    return odd_is_upper == (cp & 1) ? cp + 1 : cp;
}

static uint32_t fold_greek(uint32_t cp)
{
    if (cp == 0x386) return 0x3ac;
    if (cp >= 0x388 && cp <= 0x38a) return cp + 37;
    if (cp == 0x38c) return 0x3cc;
    if (cp == 0x38e || cp == 0x38f) return cp + 63;
    if (cp >= 0x391 && cp <= 0x3ab && cp != 0x3a2) return cp + 32;
    return cp == 0x3c2 ? 0x3c3 : cp;
}

static uint32_t fold_cyrillic(uint32_t cp)
{
    if (cp < 0x410) return cp + 80;
    if (cp < 0x430) return cp + 32;
    if (cp == 0x4c0) return 0x4cf;
    if (cp >= 0x4c1 && cp <= 0x4ce) return cp & 1 ? cp + 1 : cp;
    bool pairs = (cp >= 0x460 && cp <= 0x481) || (cp >= 0x48a && cp <= 0x4bf) || cp >= 0x4d0;
    return pairs && !(cp & 1) ? cp + 1 : cp;
}

static uint32_t fold(uint32_t cp)
{
    if (cp < 0x180) return fold_latin(cp);
    if (cp >= 0x386 && cp <= 0x3c2) return fold_greek(cp);
    if (cp >= 0x400 && cp <= 0x52f) return fold_cyrillic(cp);
    if (cp == 0x1e9e) return 0xdf;
    bool pairs = (cp >= 0x1e00 && cp <= 0x1e95) || (cp >= 0x1ea0 && cp <= 0x1eff);
    return pairs && !(cp & 1) ? cp + 1 : cp;
}

int lg_casecmp(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    while (la && lb) {
        uint32_t ca, cb;
        int na = next_any(a, la, &ca), nb = next_any(b, lb, &cb);
        ca = fold(ca);
        cb = fold(cb);
        if (ca != cb) return ca < cb ? -1 : 1;
        a += na, la -= (size_t)na;
        b += nb, lb -= (size_t)nb;
    }
    return la ? 1 : lb ? -1 : 0;
}

bool lg_case_contains(const char *text, const char *part)
{
    uint32_t c, p;
    for (size_t left = strlen(text);;) {
        const char *t = text, *w = part;
        size_t lt = left, lw = strlen(part);
        while (lt && lw) {
            int nt = next_any(t, lt, &c), nw = next_any(w, lw, &p);
            if (fold(c) != fold(p)) break;
            t += nt, lt -= (size_t)nt;
            w += nw, lw -= (size_t)nw;
        }
        if (!lw) return true;
        if (!lt) return false; /* the rest of the text is too short */
        int n = next_any(text, left, &c);
        text += n, left -= (size_t)n;
    }
}

/* ---- did you mean ---- */
enum { WORD_MAX = 255 };
typedef struct word {
    uint32_t cp[WORD_MAX];
    size_t len; /* of the whole text; only the first WORD_MAX characters are kept */
} word;

static void word_read(word *w, const char *s)
{
    size_t left = strlen(s);
    for (w->len = 0; left; w->len++) {
        uint32_t cp;
        int n = next_any(s, left, &cp);
        if (w->len < WORD_MAX) w->cp[w->len] = fold(cp);
        s += n, left -= (size_t)n;
    }
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: three rows of the table, given up as soon as a whole row is past the limit. */
static int word_distance(const word *a, const word *b, int limit)
{
    int rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *row = rows[2];
    int na = least((int)a->len, WORD_MAX), nb = least((int)b->len, WORD_MAX);
    if (na - nb > limit || nb - na > limit) return limit + 1;
    for (int j = 0; j <= nb; j++) last[j] = j;
    for (int i = 1; i <= na; i++) {
        int best = row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int cost = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (a->cp[i - 1] != b->cp[j - 1]));
            if (i > 1 && j > 1 && a->cp[i - 1] == b->cp[j - 2] && a->cp[i - 2] == b->cp[j - 1])
                cost = least(cost, before[j - 2] + 1);
            row[j] = cost;
            best = least(best, cost);
        }
        if (best > limit) return limit + 1;
        int *spare = before;
        before = last, last = row, row = spare;
    }
    return last[nb];
}

int lg_edit_distance(const char *a, const char *b)
{
    word wa, wb;
    word_read(&wa, a);
    word_read(&wb, b);
    size_t rest_a = wa.len > WORD_MAX ? wa.len - WORD_MAX : 0, rest_b = wb.len > WORD_MAX ? wb.len - WORD_MAX : 0;
    size_t rest = rest_a > rest_b ? rest_a - rest_b : rest_b - rest_a;
    return word_distance(&wa, &wb, WORD_MAX) + (int)(rest < INT_MAX / 2 ? rest : INT_MAX / 2);
}

static int common_prefix(const word *a, const word *b)
{
    size_t n = 0;
    while (n < WORD_MAX && n < a->len && n < b->len && a->cp[n] == b->cp[n]) n++;
    return (int)n;
}

/* Fewest edits win, then the longest common beginning, then the earlier name; when nothing is near, the shortest name
 * that begins with the word (three letters or more). */
const char *lg_nearest(const char *text, const char *const *names, size_t n)
{
    word w, name;
    word_read(&w, text);
    if (!w.len || w.len > WORD_MAX) return NULL;
    int limit = w.len < 6 ? 1 : (int)w.len / 3, best_distance = limit + 1, best_prefix = -1;
    size_t longer_len = SIZE_MAX;
    const char *best = NULL, *longer = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!names[i] || !*names[i]) continue;
        word_read(&name, names[i]);
        int prefix = common_prefix(&w, &name), distance = word_distance(&w, &name, best_distance);
        bool something_left = (size_t)distance < (w.len > name.len ? w.len : name.len);
        if (distance <= limit && something_left && name.len <= WORD_MAX &&
            (distance < best_distance || (distance == best_distance && prefix > best_prefix))) {
            best = names[i], best_distance = distance, best_prefix = prefix;
        }
        if ((size_t)prefix == w.len && w.len >= 3 && name.len < longer_len) longer = names[i], longer_len = name.len;
    }
    return best ? best : longer;
}

/* ---- text for people ---- */
const char *lg_thousands(long long value)
{
    static _Thread_local char rotation[8][32];
    static _Thread_local unsigned turn;
    char *text = rotation[turn++ % 8] + 31;
    unsigned long long rest = value < 0 ? 0ull - (unsigned long long)value : (unsigned long long)value;
    *text = 0;
    for (int digits = 0; rest || !digits; digits++, rest /= 10) {
        if (digits && digits % 3 == 0) *--text = ',';
        *--text = (char)('0' + rest % 10);
    }
    if (value < 0) *--text = '-';
    return text;
}

/* Characters that hide or reorder what stands beside them: controls, bidi marks, zero-width space, tags. The joiners
 * U+200C and U+200D stay: Persian and emoji are written with them. */
static const range unseen[] = {
    {0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200b, 0x200b}, {0x200e, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x2060}, {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xe0000, 0xe007f},
};

/* And the 66 code points that are no characters (Unicode 3.4, D14): readers refuse a text with one in it, cairo too. */
static bool is_unseen(uint32_t cp)
{
    bool none = (cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef);
    return none || cp >= 0x110000 || IN(cp, unseen);
}

static void add_escape(lg_buf *buf, uint32_t cp)
{
    if (cp == '\n') lg_buf_adds(buf, "\\n");
    else if (cp == '\t') lg_buf_adds(buf, "\\t");
    else if (cp == '\r') lg_buf_adds(buf, "\\r");
    else if (cp >= 0x110000) lg_buf_addf(buf, "\\x%02x", (unsigned)(cp - 0x110000));
    else if (cp < 0x80) lg_buf_addf(buf, "\\x%02x", (unsigned)cp);
    else lg_buf_addf(buf, cp > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)cp);
}

void lg_buf_add_plain(lg_buf *buf, const char *s, size_t len)
{
    uint32_t cp;
    size_t plain = 0; /* characters from here to `at` need no escape */
    for (size_t at = 0; at < len;) {
        int bytes = next_any(s + at, len - at, &cp);
        if (is_unseen(cp)) {
            lg_buf_add(buf, s + plain, at - plain);
            add_escape(buf, cp);
            plain = at + (size_t)bytes;
        }
        at += (size_t)bytes;
    }
    lg_buf_add(buf, s + plain, len - plain);
}

void lg_text_scrub(char *s)
{
    size_t len = strlen(s);
    uint32_t cp;
    for (size_t at = 0; at < len;) {
        size_t bytes = (size_t)next_any(s + at, len - at, &cp);
        if (cp != '\n' && is_unseen(cp)) memset(s + at, '?', bytes);
        at += bytes;
    }
}
