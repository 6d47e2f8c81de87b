/* answer_text.c - times and texts as platforms write them. */
#include "scraper/answer.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- times ---- */
/* Days since 1970-01-01 in the Gregorian calendar: the year is counted from March, so that the day of leap years comes
 * last. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Exactly n digits, within limits. */
static bool digits(const char **s, int n, int least, int most, int *out)
{
    int value = 0;
    for (int i = 0; i < n; i++, (*s)++) {
        if (**s < '0' || **s > '9') return false;
        value = value * 10 + (**s - '0');
    }
    *out = value;
    return value >= least && value <= most;
}

static bool sign(const char **s, char c)
{
    bool is = **s == c;
    *s += is;
    return is;
}

/* Of .123456 the first three digits. */
static bool fraction(const char **s, int *ms)
{
    *ms = 0;
    if (!sign(s, '.')) return true;
    int n = 0;
    for (; **s >= '0' && **s <= '9'; (*s)++, n++)
        if (n < 3) *ms = *ms * 10 + (**s - '0');
    for (int i = n; i < 3; i++) *ms *= 10;
    return n > 0;
}

/* Z, +01:00, +0100: minutes to take off. */
static bool zone(const char **s, int *minutes)
{
    int hour, minute;
    *minutes = 0;
    if (sign(s, 'Z') || sign(s, 'z')) return true;
    int way = **s == '+' ? 1 : **s == '-' ? -1 : 0;
    if (!way) return false;
    (*s)++;
    if (!digits(s, 2, 0, 23, &hour)) return false;
    sign(s, ':');
    if (!digits(s, 2, 0, 59, &minute)) return false;
    *minutes = way * (hour * 60 + minute);
    return true;
}

bool scrape_time_parse(const char *s, int64_t *out)
{
    int year, month, day, hour, minute, second, ms, off;
    if (!digits(&s, 4, 1, 9999, &year) || !sign(&s, '-') || !digits(&s, 2, 1, 12, &month) || !sign(&s, '-') ||
        !digits(&s, 2, 1, days_in(year, month), &day))
        return false;
    if (*s != 'T' && *s != 't' && *s != ' ') return false;
    s++;
    if (!digits(&s, 2, 0, 23, &hour) || !sign(&s, ':') || !digits(&s, 2, 0, 59, &minute) || !sign(&s, ':') ||
        !digits(&s, 2, 0, 60, &second) || !fraction(&s, &ms) || !zone(&s, &off) || *s)
        return false;
    int64_t minutes = (days_of(year, month, day) * 24 + hour) * 60 + minute - off;
    *out = (minutes * 60 + second) * 1000 + ms;
    return true;
}

void scrape_time_text(int64_t time, bool with_fraction, char out[32])
{
    int64_t second = time / 1000, ms = time % 1000;
    if (ms < 0) second--, ms += 1000;
    int64_t day = second / 86400, of_day = second % 86400;
    if (of_day < 0) day--, of_day += 86400;
    int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), mp = (5 * of_year + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9), date = (int)(of_year - (153 * mp + 2) / 5 + 1);
    int full = (int)((year + era * 400 + (month <= 2)) % 10000);
    int h = (int)(of_day / 3600), m = (int)(of_day / 60 % 60), s = (int)(of_day % 60);
    if (full < 0) full = 0;
    if (with_fraction)
        snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", full, month, date, h, m, s, (int)ms % 1000);
    else snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", full, month, date, h, m, s);
}

/* ---- HTML to text ---- */
static void code_point_add(lg_buf *out, uint32_t c)
{
    if (c < 0x20 && c != '\n' && c != '\t') c = 0xfffd;
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = 0xfffd;
    if (c < 0x80) {
        lg_buf_addc(out, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char head[] = {0, 0xc0, 0xe0, 0xf0};
    lg_buf_addc(out, (char)(head[more] | (c >> (6 * more))));
    while (more--) lg_buf_addc(out, (char)(0x80 | ((c >> (6 * more)) & 0x3f)));
}

/* &#233; or &#xe9; : its value and length, 0 when it is none. */
static size_t numbered(const char *s, uint32_t *value)
{
    bool hex = s[2] == 'x' || s[2] == 'X';
    size_t i = hex ? 3 : 2, first = i;
    *value = 0;
    for (; s[i] && i < first + 8; i++) {
        int d = s[i] >= '0' && s[i] <= '9'             ? s[i] - '0'
                : hex && isxdigit((unsigned char)s[i]) ? (s[i] | 32) - 'a' + 10
                                                       : -1;
        if (d < 0) break;
        *value = *value > 0x110000 ? *value : *value * (hex ? 16 : 10) + (uint32_t)d;
    }
    return i > first && s[i] == ';' ? i + 1 : 0;
}

static size_t entity(const char *s, uint32_t *value)
{
    static const struct {
        const char *name;
        uint32_t value;
    } named[] = {{"&amp;", '&'},  {"&lt;", '<'},        {"&gt;", '>'},       {"&quot;", '"'},    {"&apos;", '\''},
                 {"&nbsp;", ' '}, {"&hellip;", 0x2026}, {"&ndash;", 0x2013}, {"&mdash;", 0x2014}};
    if (s[1] == '#') return numbered(s, value);
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strncmp(s, named[i].name, strlen(named[i].name)) == 0) {
            *value = named[i].value;
            return strlen(named[i].name);
        }
    return 0;
}

static bool is_tag(const char *s, const char *name)
{
    size_t n = strlen(name);
    return strncasecmp(s, name, n) == 0 && !isalnum((unsigned char)s[n]);
}

/* A tag ends at the first > outside of quotes; one that does not end is text. */
static size_t tag_length(const char *s)
{
    char quote = 0;
    for (size_t i = 1; s[i]; i++) {
        if (quote) quote = s[i] == quote ? 0 : quote;
        else if (s[i] == '"' || s[i] == '\'') quote = s[i];
        else if (s[i] == '>') return i + 1;
    }
    return 0;
}

static void html_strip(const char *s, lg_buf *out)
{
    while (*s) {
        uint32_t c;
        bool opens = *s == '<' && (isalpha((unsigned char)s[1]) || s[1] == '/' || s[1] == '!');
        size_t n = opens ? tag_length(s) : *s == '&' ? entity(s, &c) : 0;
        if (!n) {
            lg_buf_addc(out, *s++);
            continue;
        }
        if (!opens) code_point_add(out, c);
        else if (is_tag(s, "<br")) lg_buf_addc(out, '\n');
        else if (is_tag(s, "</p")) lg_buf_adds(out, "\n\n");
        s += n;
    }
}

const char *scrape_from_html(scrape_reader *r, const char *html)
{
    lg_buf text;
    if (!html) return NULL;
    lg_buf_init(&text, SCRAPE_LONGEST_TEXT + 16);
    html_strip(html, &text);
    while (text.len && text.data[text.len - 1] == '\n') text.data[--text.len] = 0;
    const char *copy = lg_buf_check(&text, r->err) ? NULL : scrape_copy(r, lg_buf_str(&text), text.len);
    lg_buf_release(&text);
    return copy;
}
