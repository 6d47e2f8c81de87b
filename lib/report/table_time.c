/* table_time.c - times as texts of ISO 8601 and back, in the proleptic Gregorian calendar, always UTC. */
#include "lib/report/table.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

#define DAY_MS 86400000
#define FIRST  (-62135596800000) /* 0001-01-01T00:00:00Z */
#define LAST   253402300799999   /* 9999-12-31T23:59:59.999Z */

enum { TIME_TEXT = 32 };

/* Years are counted from March, so that the leap day is a year's last: days before a month are then (153 m + 2) / 5. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && leap(year) ? 29 : days[month - 1];
}

/* A first guess at the year, then months one by one: no table, and nothing that is hard to see. */
static void date_of(int64_t days, int *year, int *month, int *day)
{
    int y = (int)(1970 + days / 366);
    while (days_of(y + 1, 1, 1) <= days) y++;
    while (days_of(y, 1, 1) > days) y--;
    int64_t rest = days - days_of(y, 1, 1);
    int m = 1;
    while (rest >= month_days(y, m)) rest -= month_days(y, m++);
    *year = y, *month = m, *day = (int)rest + 1;
}

static void write_time(int64_t ms, bool clock, char out[TIME_TEXT])
{
    int64_t days = ms / DAY_MS - (ms % DAY_MS < 0), rest = ms - days * DAY_MS;
    int year, month, day, n, seconds = (int)(rest / 1000), part = (int)(rest % 1000);
    date_of(days, &year, &month, &day);
    n = snprintf(out, TIME_TEXT, "%04d-%02d-%02d", year, month, day);
    if (!clock) return;
    n += snprintf(out + n, TIME_TEXT - (size_t)n, "T%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (part) n += snprintf(out + n, TIME_TEXT - (size_t)n, ".%03d", part);
    snprintf(out + n, TIME_TEXT - (size_t)n, "Z");
}

static void add_time(rep_table *table, int64_t ms, bool clock)
{
    char text[TIME_TEXT];
    if (ms < FIRST || ms > LAST) {
        rep_missing(table);
        return;
    }
    write_time(ms, clock, text);
    rep_text(table, text);
}

void rep_time(rep_table *table, int64_t milliseconds)
{
    add_time(table, milliseconds, true);
}

void rep_day(rep_table *table, int64_t milliseconds)
{
    add_time(table, milliseconds, false);
}

/* ---- back ---- */
/* The digits of a form such as "dddd-dd-dd" one after the other; false where the text is not of it. */
static bool follows(const char *text, const char *form, int digit[])
{
    for (; *form; form++, text++) {
        if (*form != 'd' && *form != *text) return false;
        if (*form != 'd') continue;
        if (*text < '0' || *text > '9') return false;
        *digit++ = *text - '0';
    }
    return true;
}

static bool day_at(const char *text, int64_t *ms)
{
    int d[8];
    if (!follows(text, "dddd-dd-dd", d)) return false;
    int year = d[0] * 1000 + d[1] * 100 + d[2] * 10 + d[3], month = d[4] * 10 + d[5], day = d[6] * 10 + d[7];
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days(year, month)) return false;
    *ms = days_of(year, month, day) * DAY_MS;
    return true;
}

bool rep_day_parse(const char *text, int64_t *milliseconds)
{
    return strlen(text) == 10 && day_at(text, milliseconds);
}

bool rep_time_parse(const char *text, int64_t *milliseconds)
{
    int d[9] = {0};
    size_t len = strlen(text);
    bool parts = len == 24;
    if (len != 20 && !parts) return false;
    if (!follows(text + 10, parts ? "Tdd:dd:dd.dddZ" : "Tdd:dd:ddZ", d) || !day_at(text, milliseconds)) return false;
    int hour = d[0] * 10 + d[1], minute = d[2] * 10 + d[3], second = d[4] * 10 + d[5];
    if (hour > 23 || minute > 59 || second > 59) return false;
    *milliseconds += ((int64_t)hour * 3600 + minute * 60 + second) * 1000 + d[6] * 100 + d[7] * 10 + d[8];
    return true;
}
