/* dash_count.c - counts, weeks, and the sentences made of them. The script counts and words the same way from what
 * passes its filters; a test compares the two. */
#include "lib/report/dash_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plot/plot.h"

#include "lib/base/banned.h"

/* ---- days ---- */
enum { DAY_MS = 86400000, FIRST_DAY = 3652 /* 1980 */, LAST_DAY = 54787 /* 2120 */ };

int32_t rep_dash_day(int64_t time)
{
    if (time == REP_NO_TIME) return DASH_NO_DAY;
    int64_t day = time / DAY_MS - (time % DAY_MS < 0);
    return day < FIRST_DAY || day > LAST_DAY ? DASH_NO_DAY : (int32_t)day;
}

/* Days since 1970 as a date (after Howard Hinnant, "chrono-compatible low-level date algorithms"). */
void rep_dash_date(int32_t day, lg_buf *out)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int dom = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    lg_buf_addf(out, "%d %s %d", dom, months[month - 1], yoe + era * 400 + (month <= 2));
}

/* Up to so many days a chart has a column for each of them. */
enum { DAILY_MOST = 21 };

/* Weeks begin on Mondays; 29 December 1969 was one. */
static int week_of(int32_t day)
{
    return (day + 3) / 7;
}

static int period_of(const dash *d, int32_t day)
{
    return d->daily ? day - d->first_day : (week_of(day) - week_of(d->first_day)) / d->step;
}

int32_t rep_dash_period_day(const dash *d, int period)
{
    if (d->daily) return d->first_day + period;
    return (week_of(d->first_day) + period * d->step) * 7 - 3;
}

/* ---- counts ---- */
static bool shows(const dash_post *post, int label)
{
    for (size_t i = 0; i < post->shots; i++)
        if (post->shot[i].sure && post->shot[i].label == label) return true;
    return false;
}

static void count_post(dash *d, const dash_post *post)
{
    bool sure = false, brand = false;
    for (int k = 0; k < d->labels; k++) {
        if (!shows(post, k)) continue;
        d->label[k].posts++;
        sure = true;
        brand = brand || !d->label[k].rest;
    }
    d->none += sure && !brand;
    d->unsure += !sure;
}

static void count_days(dash *d)
{
    d->first_day = d->last_day = DASH_NO_DAY;
    for (size_t i = 0; i < d->posts; i++) {
        int32_t day = d->post[i].day;
        if (day == DASH_NO_DAY) {
            d->undated++;
            continue;
        }
        if (d->first_day == DASH_NO_DAY || day < d->first_day) d->first_day = day;
        if (d->last_day == DASH_NO_DAY || day > d->last_day) d->last_day = day;
    }
    if (d->first_day == DASH_NO_DAY) return;
    int weeks = week_of(d->last_day) - week_of(d->first_day) + 1, days = d->last_day - d->first_day + 1;
    d->daily = days <= DAILY_MOST;
    d->step = weeks <= 60 ? 1 : weeks <= 240 ? 4 : weeks <= 780 ? 13 : 52;
    d->periods = d->daily ? days : (weeks + d->step - 1) / d->step;
}

/* The brands with most posts; all posts where nothing was classified. */
static void choose_lines(dash *d)
{
    if (!d->labelled) d->line[d->lines++] = -1;
    while (d->labelled && d->lines < DASH_LINES) {
        int best = -1;
        for (int k = 0; k < d->labels; k++) {
            bool taken = d->label[k].rest || !d->label[k].posts;
            for (int i = 0; i < d->lines; i++) taken = taken || d->line[i] == k;
            if (!taken && (best < 0 || d->label[k].posts > d->label[best].posts)) best = k;
        }
        if (best < 0) return;
        d->line[d->lines++] = best;
    }
}

lg_status rep_dash_count(dash *d, lg_err *err)
{
    for (size_t i = 0; i < d->posts; i++) count_post(d, &d->post[i]);
    count_days(d);
    choose_lines(d);
    d->week = lg_arena_alloc(&d->arena, (size_t)d->lines * (size_t)d->periods, sizeof *d->week, err);
    if (!d->week) return err->status;
    for (size_t i = 0; i < d->posts; i++) {
        const dash_post *post = &d->post[i];
        if (post->day == DASH_NO_DAY) continue;
        int at = period_of(d, post->day);
        for (int k = 0; k < d->lines; k++) d->week[k * d->periods + at] += d->line[k] < 0 || shows(post, d->line[k]);
    }
    return LG_OK;
}

/* Byar's approximation of the exact limits of a Poisson mean (Breslow and Day 1987, formulas 2.10 and 2.11). */
void rep_dash_count_range(double k, double *low, double *high)
{
    *low = k > 0 ? k * pow(1 - 1 / (9 * k) - 1.96 / (3 * sqrt(k)), 3) : 0;
    *high = (k + 1) * pow(1 - 1 / (9 * (k + 1)) + 1.96 / (3 * sqrt(k + 1)), 3);
}

size_t rep_dash_text_len(const dash *d, const char *text)
{
    size_t len = strlen(text);
    if (len <= d->text_most) return len;
    for (len = d->text_most; len && ((unsigned char)text[len] & 0xc0) == 0x80;) len--;
    return len;
}

/* ---- sentences ---- */
static void join(lg_buf *out, int at, int of)
{
    if (at) lg_buf_adds(out, at == of - 1 ? " and " : ", ");
}

/* Rounded half up, as the script does. */
static double tenths(double x)
{
    return floor(10 * x + 0.5) / 10;
}

double rep_dash_percent(double part, double whole)
{
    return whole > 0 ? floor(100 * part / whole + 0.5) : 0;
}

static void say_shares(const dash *d, lg_buf *out)
{
    for (int i = 0; i < d->lines; i++) {
        const dash_label *label = &d->label[d->line[i]];
        join(out, i, d->lines);
        lg_buf_addf(out, "%s%s on %s (%.0f%%)", label->name, i ? "" : " is", lg_thousands((long long)label->posts),
                    rep_dash_percent((double)label->posts, (double)d->posts));
    }
    if (!d->lines) lg_buf_adds(out, "No post shows one of the brands");
    if (d->none)
        lg_buf_addf(out, "; %s show%s none of the brands", lg_thousands((long long)d->none), d->none == 1 ? "s" : "");
    if (d->unsure)
        lg_buf_addf(out, "%s %s %s too unclear to say", d->none ? ", and" : ";", lg_thousands((long long)d->unsure),
                    d->unsure == 1 ? "is" : "are");
    lg_buf_addc(out, '.');
}

void rep_dash_sentence(const dash *d, lg_buf *out)
{
    if (!d->posts) return;
    lg_buf_addf(out, "%s post%s with %s picture%s", lg_thousands((long long)d->posts), d->posts == 1 ? "" : "s",
                lg_thousands((long long)d->shots), d->shots == 1 ? "" : "s");
    for (int i = 0; i < d->platforms; i++) {
        if (i) join(out, i, d->platforms);
        else lg_buf_adds(out, " from ");
        lg_buf_adds(out, rep_dash_platform(d, d->platform[i]));
    }
    if (d->first_day != DASH_NO_DAY) {
        lg_buf_adds(out, ", ");
        rep_dash_date(d->first_day, out);
        if (d->last_day != d->first_day) {
            lg_buf_adds(out, " to ");
            rep_dash_date(d->last_day, out);
        }
    }
    lg_buf_adds(out, ". ");
    if (d->labelled) say_shares(d, out);
}

void rep_dash_people_sentence(const dash *d, const rep_customers *list, lg_buf *out)
{
    (void)d;
    if (list->current == 1) lg_buf_addf(out, "1 person posts %s", list->brand);
    else lg_buf_addf(out, "%s people post %s", lg_thousands((long long)list->current), list->brand);
    if (list->wanted_posts > 1) lg_buf_addf(out, " at least %d times", list->wanted_posts);
    if (list->current && !isnan(list->right))
        lg_buf_addf(out, "; about %.0f (%.0f to %.0f) of them really do", list->right, list->right_low,
                    list->right_high);
    lg_buf_addc(out, '.');
    if (list->potential)
        lg_buf_addf(out, " %s more post%s a rival's only.", lg_thousands((long long)list->potential),
                    list->potential == 1 ? "s" : "");
}

/* The first column and the last are cut by `limit`, by how far back a search reaches, by today: where enough is left
 * they are no part of a trend, which they would make. */
static void say_trend(const dash *d, int line, lg_buf *out)
{
    bool whole = d->periods < 4;
    const uint32_t *week = d->week + line * d->periods + !whole;
    int columns = whole ? d->periods : d->periods - 2, first = columns / 2, second = columns - first;
    double before = 0, after = 0, low, high;
    for (int i = 0; i < columns; i++) *(i < first ? &before : &after) += week[i];
    if (before + after == 0) return;
    plt_wilson((int64_t)after, (int64_t)(before + after), &low, &high);
    double expected = (double)second / columns;
    const char *name = d->line[line] < 0 ? "All posts" : d->label[d->line[line]].name;
    bool rose = low > expected, fell = high < expected;
    lg_buf_addf(out, "%s %s from %.1f a %s in the first half of the time to %.1f in the second, %s. ", name,
                rose   ? "rose"
                : fell ? "fell"
                       : "went",
                tenths(before / (first * d->step)), d->daily ? "day" : "week", tenths(after / (second * d->step)),
                rose || fell ? "more than chance explains" : "which may be chance");
}

void rep_dash_trend(const dash *d, lg_buf *out)
{
    if (!d->lines) {
        lg_buf_adds(out, "There is no post to draw. ");
        return;
    }
    if (d->periods < 2) {
        lg_buf_addf(out, "All posts are of one %s: there is no trend to tell. ", d->daily ? "day" : "week");
        return;
    }
    for (int i = 0; i < d->lines && i < 3; i++) say_trend(d, i, out);
}
