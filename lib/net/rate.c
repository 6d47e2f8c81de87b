/* rate.c - rate limits of many dialects in one record. */
#include "lib/net/rate.h"
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

enum { DAY = 86400, RESET_MOST = 31 * DAY };

/* ---- dates ---- */
/* Days from 1970-01-01 in the Gregorian calendar; March is the first month, so that the leap day is the year's last. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1, m = (month + 9) % 12;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

typedef struct date_parts {
    int year, month, day, hour, minute, second;
} date_parts;

static bool parts_seconds(const date_parts *d, int64_t *out)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (d->year < 1970 || d->year > 9999 || d->month < 1 || d->month > 12) return false;
    if (d->day < 1 || d->day > days[d->month - 1]) return false;
    if (d->hour > 23 || d->minute > 59 || d->second > 60) return false;
    *out = days_of(d->year, d->month, d->day) * DAY + d->hour * 3600 + d->minute * 60 + d->second;
    return true;
}

/* Exactly n digits at *text, which moves behind them; -1 where they are not. */
static int digits(const char **text, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if ((*text)[i] < '0' || (*text)[i] > '9') return -1;
        value = 10 * value + (*text)[i] - '0';
    }
    *text += n;
    return value;
}

static bool literal(const char **text, const char *any)
{
    if (!**text || !strchr(any, **text)) return false;
    ++*text;
    return true;
}

static bool clock_of(const char **text, date_parts *d)
{
    d->hour = digits(text, 2);
    if (d->hour < 0 || !literal(text, ":")) return false;
    d->minute = digits(text, 2);
    if (d->minute < 0 || !literal(text, ":")) return false;
    d->second = digits(text, 2);
    return d->second >= 0;
}

/* Z, or an offset in seconds. */
static bool offset_of(const char **text, int *seconds)
{
    *seconds = 0;
    if (literal(text, "Zz")) return true;
    int sign = **text == '-' ? -1 : 1;
    if (!literal(text, "+-")) return false;
    int hours = digits(text, 2);
    if (hours < 0 || hours > 23) return false;
    literal(text, ":");
    int minutes = digits(text, 2);
    if (minutes < 0 || minutes > 59) return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool net_date_iso(const char *text, int64_t *out)
{
    date_parts d;
    int offset;
    d.year = digits(&text, 4);
    if (d.year < 0 || !literal(&text, "-")) return false;
    d.month = digits(&text, 2);
    if (d.month < 0 || !literal(&text, "-")) return false;
    d.day = digits(&text, 2);
    if (d.day < 0 || !literal(&text, "Tt ") || !clock_of(&text, &d)) return false;
    if (literal(&text, ".")) text += strspn(text, "0123456789");
    if (!offset_of(&text, &offset) || *text || !parts_seconds(&d, out)) return false;
    *out -= offset;
    return true;
}

/* 1 for Jan; 0 where it is none. */
static int month_of(const char *text, size_t n)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; n == 3 && i < 12; i++)
        if (memcmp(names + 3 * i, text, 3) == 0) return i + 1;
    return 0;
}

/* The three forms differ in order and signs, not in what their words look like: a month has a name, a time has colons,
 * the first number is the day, and the second the year:
 *     Sun, 06 Nov 1994 08:49:37 GMT    Sunday, 06-Nov-94 08:49:37 GMT    Sun Nov  6 08:49:37 1994 */
bool net_date_http(const char *text, int64_t now, int64_t *out)
{
    date_parts d = {.hour = -1};
    bool short_year = false;
    while (*text) {
        size_t n = strcspn(text, " ,-");
        const char *word = text;
        if (n == 8 && text[2] == ':') {
            if (!clock_of(&word, &d)) return false;
        } else if (n && strspn(text, "0123456789") >= n) {
            int value = n <= 4 ? digits(&word, (int)n) : -1;
            if (value < 0 || (d.day && d.year)) return false;
            if (d.day) d.year = value, short_year = n == 2;
            else d.day = value;
        } else if (!d.month) {
            d.month = month_of(text, n);
        }
        text += n + strspn(text + n, " ,-");
    }
    if (short_year) d.year += 2000;
    if (d.hour < 0 || !parts_seconds(&d, out)) return false;
    /* RFC 9110: two digits that lie more than 50 years ahead mean the century before. */
    if (short_year && *out > now + (int64_t)50 * 366 * DAY) {
        d.year -= 100;
        return parts_seconds(&d, out);
    }
    return true;
}

/* ---- headers ---- */
static const char *value_of(const net_pair *header, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(header[i].name, name) == 0) return header[i].value;
    return NULL;
}

/* A whole number at the text's beginning, as in `3000;w=300`; -1 where there is none. */
static int64_t number_at(const char *text)
{
    size_t n = text ? strspn(text, "0123456789") : 0;
    if (!n || n > 17 || (text[n] && !strchr(" ;,.", text[n]))) return -1;
    int64_t value = 0;
    for (size_t i = 0; i < n; i++) value = 10 * value + text[i] - '0';
    return value;
}

/* Seconds since 1970 of a reset in any of its forms; 0: not said, or no sense. */
static int64_t reset_of(const char *text, int64_t now)
{
    int64_t value = number_at(text);
    if (value < 0 && (!text || !net_date_iso(text, &value))) return 0;
    if (value > (int64_t)1000000000000) value /= 1000; /* milliseconds */
    if (value < 1000000000) value += now;              /* seconds from now */
    return value > now - DAY && value <= now + RESET_MOST ? value : 0;
}

static double retry_after_of(const char *text, int64_t now)
{
    int64_t value = number_at(text), date;
    if (value < 0 && text && net_date_http(text, now, &date)) value = date > now ? date - now : 0;
    return value >= 0 && value <= RESET_MOST ? (double)value : -1;
}

typedef struct rate_names {
    const char *limit, *remaining, *reset;
} rate_names;

static const rate_names dialects[] = {
    {"x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"},
    {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"},
    {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"},
    {"x-app-limit-24hour-limit", "x-app-limit-24hour-remaining", "x-app-limit-24hour-reset"},
    {"x-user-limit-24hour-limit", "x-user-limit-24hour-remaining", "x-user-limit-24hour-reset"},
};

/* Does `b` bind more than `a`? */
static bool binds_more(const net_rate *a, const net_rate *b)
{
    if (a->limit < 0 && a->remaining < 0 && !a->reset) return true;
    if (b->remaining != 0) return false;
    return a->remaining != 0 || b->reset > a->reset;
}

/* The largest number behind any of "name": in a text of JSON; -1 where there is none. */
static int64_t largest(const char *text, const char *name)
{
    int64_t most = -1;
    size_t n = strlen(name);
    for (const char *at = text; at && (at = strstr(at, name)) != NULL; at += n) {
        const char *value = at + n + strspn(at + n, "\": ");
        size_t len = strspn(value, "0123456789");
        char number[18] = "";
        if (len && len < sizeof number) memcpy(number, value, len);
        int64_t one = number_at(number);
        if (one > most) most = one;
    }
    return most;
}

/* {"call_count":28,"total_time":25,"total_cputime":25}, or lists of such for each business, which may say in how many
 * minutes it goes on. */
static void read_usage(const char *text, net_rate *out)
{
    static const char *const names[] = {"\"call_count\"", "\"total_time\"", "\"total_cputime\""};
    for (size_t i = 0; text && i < sizeof names / sizeof *names; i++) {
        int64_t percent = largest(text, names[i]);
        if (percent > out->used_percent && percent < 100000) out->used_percent = (int)percent;
    }
    int64_t minutes = text ? largest(text, "\"estimated_time_to_regain_access\"") : -1;
    if (minutes > 0 && minutes * 60 <= RESET_MOST && out->retry_after < (double)minutes * 60)
        out->retry_after = (double)minutes * 60;
}

void net_rate_read(const net_pair *header, size_t count, int64_t now, net_rate *out)
{
    *out = (net_rate){.limit = -1, .remaining = -1, .retry_after = -1, .used_percent = -1};
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        net_rate one = *out;
        one.limit = number_at(value_of(header, count, dialects[i].limit));
        one.remaining = number_at(value_of(header, count, dialects[i].remaining));
        one.reset = reset_of(value_of(header, count, dialects[i].reset), now);
        if ((one.limit >= 0 || one.remaining >= 0 || one.reset) && binds_more(out, &one)) *out = one;
    }
    out->retry_after = retry_after_of(value_of(header, count, "retry-after"), now);
    read_usage(value_of(header, count, "x-app-usage"), out);
    read_usage(value_of(header, count, "x-business-use-case-usage"), out);
}

/* ---- waiting ---- */
static double doubled(double first, int times, double most)
{
    for (; times > 0 && first < most; times--) first *= 2;
    return first < most ? first : most;
}

double net_rate_wait(const net_rate *rate, int attempt, int64_t now, double jitter)
{
    if (rate->retry_after >= 0) return rate->retry_after + 1;
    if (rate->reset > now) return (double)(rate->reset - now) + 1;
    return doubled(15, attempt, 900) * (1 - 0.25 * jitter);
}

double net_backoff(int attempt, double jitter)
{
    return doubled(0.5, attempt, 8) * (1 - 0.5 * jitter);
}
