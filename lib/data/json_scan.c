/* json_scan.c - a strict reader of JSON (RFC 8259) over bytes as they come. What it takes and refuses is what jansson
 * takes and refuses: UTF-8, no zero characters, numbers that fit, no more than 2,048 values in one another. */
#include "lib/data/json_scan.h"
#include <string.h>
#include <unistd.h>
#include "lib/base/reach.h"

#include "lib/base/banned.h"

enum { ROOM = 1 << 18, NUMBER_MOST = 400 };

/* ---- bytes ---- */
lg_status data_json_open(data_json *s, const char *path, lg_cancel *cancel, lg_err *err)
{
    uint64_t size;
    *s = (data_json){.fd = -1, .line = 1, .cancel = cancel};
    s->room = lg_alloc(ROOM, 1, err);
    if (!s->room) return err->status;
    s->at = s->end = s->room;
    lg_status st = lg_reach_open(path, &s->fd, &size, err);
    if (st) data_json_close(s);
    return st;
}

void data_json_text(data_json *s, const char *text, size_t len)
{
    *s = (data_json){.fd = -1, .line = 1, .at = text, .end = text + len};
}

void data_json_close(data_json *s)
{
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
    lg_free(s->room);
    s->room = NULL;
    s->at = s->end = NULL;
}

static bool fill(data_json *s)
{
    if (s->fd < 0) return false;
    if (lg_cancel_check(s->cancel, &s->err) == LG_OK) {
        ssize_t n = read(s->fd, s->room, ROOM);
        s->at = s->room;
        s->end = s->room + (n > 0 ? n : 0);
        if (n > 0) return true;
        if (n < 0) lg_fail(&s->err, LG_E_IO, 391, "the file cannot be read to its end");
    }
    if (s->err.status) memcpy(s->why, "it cannot be read", 18);
    close(s->fd);
    s->fd = -1;
    return false;
}

/* The next byte, -1 at the end. */
static int look(data_json *s)
{
    if (s->at == s->end && !fill(s)) return -1;
    return (unsigned char)*s->at;
}

/* Goes past the byte that look gave. */
static void step(data_json *s)
{
    if (s->copy) lg_buf_addc(s->copy, *s->at);
    s->at++;
}

/* ---- failures, in the words people know from other readers of JSON ---- */
static bool fail_at(data_json *s, const char *what, int byte)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = strlen(what);
    if (s->why[0]) return false;
    memcpy(s->why, what, n);
    if (byte < 0) memcpy(s->why + n, " near end of file", 18);
    else if (byte > ' ' && byte < 127) {
        memcpy(s->why + n, " near '", 7);
        s->why[n + 7] = (char)byte;
        memcpy(s->why + n + 8, "'", 2);
    } else {
        memcpy(s->why + n, " near byte 0x", 13);
        s->why[n + 13] = hex[byte >> 4];
        s->why[n + 14] = hex[byte & 15];
        s->why[n + 15] = 0;
    }
    return false;
}

static bool fail_here(data_json *s, const char *what)
{
    return fail_at(s, what, look(s));
}

/* ---- blanks ---- */
static int after_blanks(data_json *s)
{
    for (;;) {
        int c = look(s);
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return c;
        s->line += c == '\n';
        s->at++; /* blanks are not copied */
    }
}

/* ---- strings ---- */
static bool hex_digits(data_json *s, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int c = look(s);
        if (c >= '0' && c <= '9') *out = *out << 4 | (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f') *out = *out << 4 | (uint32_t)((c | 32) - 'a' + 10);
        else return fail_at(s, "invalid escape", c);
        step(s);
    }
    return true;
}

/* \uD83D\uDE00 is one character; half of such a pair is none, nor is zero. */
static bool unicode(data_json *s)
{
    uint32_t high, low;
    if (!hex_digits(s, &high)) return false;
    if (high == 0 || (high >= 0xdc00 && high < 0xe000)) return fail_here(s, "invalid character by number");
    if (high < 0xd800 || high >= 0xe000) return true;
    if (look(s) != '\\') return fail_here(s, "half a character by number");
    step(s);
    if (look(s) != 'u') return fail_here(s, "half a character by number");
    step(s);
    if (!hex_digits(s, &low)) return false;
    return (low >= 0xdc00 && low < 0xe000) || fail_here(s, "half a character by number");
}

static bool escape(data_json *s)
{
    step(s);
    int c = look(s);
    if (c < 0 || !strchr("\"\\/bfnrtu", c) || c == 0) return fail_at(s, "invalid escape", c);
    step(s);
    return c != 'u' || unicode(s);
}

/* A character of two to four bytes. */
static bool wide(data_json *s, int first)
{
    uint32_t cp;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (first < 0xc2 || first > 0xf4) return fail_at(s, "not UTF-8", first);
    cp = (uint32_t)first & (0x3fu >> more);
    step(s);
    for (int i = 0; i < more; i++) {
        int c = look(s);
        if (c < 0 || (c & 0xc0) != 0x80) return fail_at(s, "not UTF-8", c);
        cp = cp << 6 | ((uint32_t)c & 0x3f);
        step(s);
    }
    if (cp < least[more] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000)) return fail_here(s, "not UTF-8");
    return true;
}

/* Behind the opening quote, to the closing one, which is not read. Runs of plain letters go at once. */
static bool letters(data_json *s)
{
    for (;;) {
        const char *from = s->at;
        while (s->at < s->end && (unsigned char)*s->at >= 0x20 && (unsigned char)*s->at < 0x80 && *s->at != '"' &&
               *s->at != '\\')
            s->at++;
        if (s->copy && s->at > from) lg_buf_add(s->copy, from, (size_t)(s->at - from));
        int c = look(s);
        if (c == '"') return true;
        if (c < 0) return fail_at(s, "a string does not end", c);
        if (c < 0x20) return fail_at(s, "a string with a control character", c);
        if (c == '\\' ? !escape(s) : c >= 0x80 && !wide(s, c)) return false;
    }
}

static bool string(data_json *s)
{
    step(s);
    if (!letters(s)) return false;
    step(s);
    return true;
}

/* ---- numbers ---- */
typedef struct number {
    char text[NUMBER_MOST];
    size_t len;
    bool real;
} number;

/* The next byte belongs to the number. One that fills the text is refused by fits. */
static void take(data_json *s, number *n)
{
    if (n->len + 1 < NUMBER_MOST) n->text[n->len++] = (char)look(s);
    step(s);
}

static bool digits(data_json *s, number *n)
{
    bool any = false;
    for (int c; (c = look(s)) >= '0' && c <= '9'; any = true) take(s, n);
    return any || fail_here(s, "invalid number");
}

/* Most numbers are short, and cannot be too large. */
static bool fits(data_json *s, number *n)
{
    long long whole;
    double real;
    n->text[n->len] = 0;
    if (n->len < 18 && !n->real) return true;
    if (n->real && n->len < 200 && !strpbrk(n->text, "eE")) return true;
    if (n->len + 1 == NUMBER_MOST) return fail_here(s, "a number is too long");
    if (n->real ? lg_parse_double(n->text, &real) : lg_parse_int(n->text, &whole)) return true;
    return fail_here(s, "a number is too large");
}

static bool read_number(data_json *s)
{
    number n;
    n.len = 0;
    n.real = false;
    if (look(s) == '-') take(s, &n);
    if (look(s) == '0') {
        take(s, &n);
        if (look(s) >= '0' && look(s) <= '9') return fail_here(s, "a number begins with 0");
    } else if (!digits(s, &n)) {
        return false;
    }
    if (look(s) == '.') {
        n.real = true;
        take(s, &n);
        if (!digits(s, &n)) return false;
    }
    if (look(s) == 'e' || look(s) == 'E') {
        n.real = true;
        take(s, &n);
        if (look(s) == '+' || look(s) == '-') take(s, &n);
        if (!digits(s, &n)) return false;
    }
    return fits(s, &n);
}

static bool word(data_json *s, const char *text)
{
    for (; *text; text++) {
        if (look(s) != *text) return fail_here(s, "unexpected token");
        step(s);
    }
    int c = look(s);
    return !((c | 32) >= 'a' && (c | 32) <= 'z') || fail_at(s, "unexpected token", c);
}

/* A value that has none in it. */
static bool scalar(data_json *s, int c)
{
    if (c == '"') return string(s);
    if (c == '-' || (c >= '0' && c <= '9')) return read_number(s);
    if (c == 't') return word(s, "true");
    if (c == 'f') return word(s, "false");
    if (c == 'n') return word(s, "null");
    return fail_at(s, "unexpected token", c);
}

/* ---- objects and arrays ---- */
char data_json_peek(data_json *s)
{
    int c = s->why[0] ? -1 : after_blanks(s);
    return c < 0 ? 0 : (char)c;
}

static bool deeper(data_json *s)
{
    return s->depth < DATA_JSON_DEPTH || fail_here(s, "too many values in one another");
}

bool data_json_enter(data_json *s)
{
    char c = data_json_peek(s);
    if (s->why[0] || (c != '{' && c != '[')) return false;
    if (!deeper(s)) return false;
    s->depth++;
    step(s);
    return true;
}

/* The end of what was gone into (false), or a comma where one must be. */
static bool goes_on(data_json *s, bool *first, char close, const char *what)
{
    if (s->why[0]) return false;
    int c = after_blanks(s);
    if (c == close) {
        step(s);
        s->depth--;
        return false;
    }
    if (*first) {
        *first = false;
        return true;
    }
    if (c != ',') return fail_at(s, what, c);
    step(s);
    return true;
}

static bool key_begins(data_json *s)
{
    int c = after_blanks(s);
    return c == '"' || fail_at(s, "string expected", c);
}

static bool colon(data_json *s)
{
    int c = after_blanks(s);
    if (c != ':') return fail_at(s, "':' expected", c);
    step(s);
    return true;
}

bool data_json_key(data_json *s, bool *first, lg_buf *out)
{
    lg_buf_clear(out);
    if (!goes_on(s, first, '}', "'}' expected") || !key_begins(s)) return false;
    s->at++;
    s->copy = out;
    bool whole = letters(s);
    s->copy = NULL;
    if (!whole) return false;
    s->at++;
    return colon(s);
}

bool data_json_item(data_json *s, bool *first)
{
    return goes_on(s, first, ']', "']' expected");
}

/* Without calling itself: what is open is a list of brackets, so that no file makes the stack grow. */
static bool skip_value(data_json *s)
{
    int base = s->depth;
    bool first = true;
    for (bool more = true; more;) {
        int c = after_blanks(s);
        if (!deeper(s)) return false;
        if (c == '{' || c == '[') {
            s->open[s->depth++] = (uint8_t)c;
            step(s);
            first = true;
        } else if (!scalar(s, c)) {
            return false;
        }
        for (more = false; s->depth > base && !more;) {
            bool object = s->open[s->depth - 1] == '{';
            more = goes_on(s, &first, object ? '}' : ']', object ? "'}' expected" : "']' expected");
            if (s->why[0]) return false;
            if (more && object && !(key_begins(s) && string(s) && colon(s))) return false;
            first = false;
        }
    }
    return !s->why[0];
}

bool data_json_skip(data_json *s, lg_buf *copy)
{
    if (s->why[0]) return false;
    s->copy = copy;
    bool whole = skip_value(s);
    s->copy = NULL;
    return whole;
}

bool data_json_end(data_json *s)
{
    if (s->why[0]) return false;
    int c = after_blanks(s);
    return c < 0 ? !s->why[0] : fail_at(s, "end of file expected", c);
}
