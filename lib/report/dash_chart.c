/* dash_chart.c - brands over time: lines with the range that chance alone allows, a sentence, and a table of the same
 * numbers. The script draws it again, in the same places, from the posts that pass its filters. */
#include "lib/report/dash_parts.h"

#include <math.h>
#include <string.h>

#include "lib/plot/block.h"

#include "lib/base/banned.h"

enum { WIDTH = 860, HEIGHT = 300, LEFT = 44, RIGHT = 130, TOP = 14, BOTTOM = 34, LABEL_GAP = 16 };

typedef struct frame {
    const dash *d;
    double top;  /* the number at the upper edge */
    double step; /* between rules */
} frame;

static double count_at(const dash *d, int line, int period)
{
    return d->week[line * d->periods + period];
}

static double high_at(const dash *d, int line, int period)
{
    double low, high;
    rep_dash_count_range(count_at(d, line, period), &low, &high);
    return high;
}

/* 1, 2 or 5 times a power of ten: about four rules, whole numbers. */
static frame frame_of(const dash *d)
{
    double most = 1, power = 1;
    for (int k = 0; k < d->lines; k++)
        for (int i = 0; i < d->periods; i++) most = fmax(most, high_at(d, k, i));
    while (power * 10 <= most / 4) power *= 10;
    double step = most / 4 > 5 * power   ? 10 * power
                  : most / 4 > 2 * power ? 5 * power
                  : most / 4 > power     ? 2 * power
                                         : power;
    return (frame){.d = d, .step = step, .top = ceil(most / step) * step};
}

static double x_at(const dash *d, int period)
{
    double width = WIDTH - LEFT - RIGHT;
    return d->periods < 2 ? LEFT + width / 2 : LEFT + width * period / (d->periods - 1);
}

static double y_at(const frame *f, double value)
{
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / f->top;
}

static void draw_axes(const frame *f, lg_buf *out)
{
    const dash *d = f->d;
    for (double v = 0; v <= f->top + f->step / 2; v += f->step) {
        double y = y_at(f, v);
        lg_buf_addf(out, "<path class=rule d=\"M%d %.1fH%d\"/><text x=%d y=%.1f text-anchor=end>%s</text>", LEFT, y,
                    WIDTH - RIGHT, LEFT - 6, y + 4, lg_thousands((long long)v));
    }
    int every = (d->periods + 5) / 6;
    for (int i = 0; i < d->periods; i += every) {
        lg_buf_addf(out, "<text x=%.1f y=%d text-anchor=middle>", x_at(d, i), HEIGHT - 12);
        rep_dash_date(rep_dash_period_day(d, i), out);
        lg_buf_adds(out, "</text>");
    }
}

static void draw_band(const frame *f, int line, lg_buf *out)
{
    const dash *d = f->d;
    lg_buf_addf(out, "<path class=\"band c%d\" d=\"", line);
    for (int i = 0; i < 2 * d->periods; i++) {
        int period = i < d->periods ? i : 2 * d->periods - 1 - i;
        double low, high;
        rep_dash_count_range(count_at(d, line, period), &low, &high);
        lg_buf_addf(out, "%c%.1f %.1f", i ? 'L' : 'M', x_at(d, period), y_at(f, i < d->periods ? high : low));
    }
    lg_buf_adds(out, "Z\"/>");
}

static void draw_line(const frame *f, int line, lg_buf *out)
{
    const dash *d = f->d;
    lg_buf_addf(out, "<path class=\"line c%d\" d=\"", line);
    for (int i = 0; i < d->periods; i++)
        lg_buf_addf(out, "%c%.1f %.1f", i ? 'L' : 'M', x_at(d, i), y_at(f, count_at(d, line, i)));
    lg_buf_adds(out, "\"/>");
    for (int i = 0; i < d->periods && d->periods <= 40; i++)
        lg_buf_addf(out, "<circle class=\"dot c%d\" cx=%.1f cy=%.1f r=3 />", line, x_at(d, i),
                    y_at(f, count_at(d, line, i)));
}

static const char *line_name(const dash *d, int line)
{
    return d->line[line] < 0 ? "all posts" : d->label[d->line[line]].name;
}

/* A long name is cut: the table has all of it. */
static void add_name(const char *name, lg_buf *out)
{
    enum { MOST = 13 };
    lg_buf words;
    size_t len = strlen(name), shown = lg_utf8_count(name, len) > MOST ? lg_utf8_offset(name, len, MOST - 1) : len;
    lg_buf_init(&words, 0);
    lg_buf_add(&words, name, shown);
    if (shown < len) lg_buf_adds(&words, "…");
    plt_xml_text(out, lg_buf_str(&words));
    lg_buf_release(&words);
}

/* Names at the ends of lines, moved apart where they would lie on each other. */
static void draw_names(const frame *f, lg_buf *out)
{
    const dash *d = f->d;
    int order[DASH_LINES];
    double y[DASH_LINES];
    for (int k = 0; k < d->lines; k++) {
        double at = y_at(f, count_at(d, k, d->periods - 1));
        int i = k;
        for (; i > 0 && y[i - 1] > at; i--) order[i] = order[i - 1], y[i] = y[i - 1];
        order[i] = k, y[i] = at;
    }
    for (int i = 1; i < d->lines; i++) y[i] = fmax(y[i], y[i - 1] + LABEL_GAP);
    for (int i = d->lines - 1; i >= 0; i--) {
        double most = i == d->lines - 1 ? HEIGHT - BOTTOM : y[i + 1] - LABEL_GAP;
        y[i] = fmin(y[i], most);
    }
    for (int i = 0; i < d->lines; i++) {
        lg_buf_addf(out, "<path class=\"line c%d\" d=\"M%d %.1fh20\"/><text x=%d y=%.1f>", order[i], WIDTH - RIGHT + 8,
                    y[i], WIDTH - RIGHT + 33, y[i] + 4);
        add_name(line_name(d, order[i]), out);
        lg_buf_adds(out, "</text>");
    }
}

static void draw(const dash *d, lg_buf *out)
{
    frame f = frame_of(d);
    lg_buf_addf(out, "<svg viewBox=\"0 0 %d %d\" role=img aria-labelledby=trend>", WIDTH, HEIGHT);
    draw_axes(&f, out);
    for (int k = 0; k < d->lines; k++) draw_band(&f, k, out);
    for (int k = 0; k < d->lines; k++) draw_line(&f, k, out);
    draw_names(&f, out);
    lg_buf_adds(out, "</svg>");
}

static void add_table(const dash *d, lg_buf *out)
{
    lg_buf_adds(out, "<details><summary>The same numbers as a table</summary>\n<div class=wide tabindex=0 role=region "
                     "aria-label=\"Posts over time as a table\"><table id=weeks><caption>Posts, and in brackets the "
                     "range in which chance alone would move such a number (95%)</caption><thead><tr><th scope=col>");
    lg_buf_adds(out, d->daily ? "Day</th>" : d->step == 1 ? "Week beginning</th>" : "Weeks beginning</th>");
    for (int k = 0; k < d->lines; k++) {
        lg_buf_adds(out, "<th scope=col>");
        rep_dash_text(out, line_name(d, k));
        lg_buf_adds(out, "</th>");
    }
    lg_buf_adds(out, "</tr></thead><tbody>");
    for (int i = 0; i < d->periods; i++) {
        lg_buf_adds(out, "<tr><th scope=row>");
        rep_dash_date(rep_dash_period_day(d, i), out);
        lg_buf_adds(out, "</th>");
        for (int k = 0; k < d->lines; k++) {
            double low, high;
            rep_dash_count_range(count_at(d, k, i), &low, &high);
            lg_buf_addf(out, "<td>%.0f (%.0f to %.0f)</td>", count_at(d, k, i), floor(low + 0.5), floor(high + 0.5));
        }
        lg_buf_adds(out, "</tr>");
    }
    lg_buf_adds(out, "</tbody></table></div></details>\n");
}

void rep_dash_html_time(const dash *d, lg_buf *out)
{
    if (!d->posts || d->first_day == DASH_NO_DAY) return; /* of files nothing has a date */
    lg_buf_adds(out, "<section aria-labelledby=time>\n<h2 id=time>");
    lg_buf_adds(out, d->labelled ? "Brands over time" : "Posts over time");
    lg_buf_adds(out, "</h2>\n<p id=trend>");
    lg_buf words;
    lg_buf_init(&words, 0);
    rep_dash_trend(d, &words);
    rep_dash_text_of(out, &words);
    lg_buf_adds(out, "</p>\n");
    if (d->periods > 0 && d->lines) {
        lg_buf_adds(out, "<div class=chart id=chart tabindex=0 role=region aria-label=\"Drawing of posts over time\">");
        draw(d, out);
        lg_buf_adds(out, "</div>\n<p class=note>");
        if (d->daily) lg_buf_adds(out, "Posts a day. ");
        else if (d->step == 1) lg_buf_adds(out, "Posts a week. ");
        else lg_buf_addf(out, "Posts in %d weeks. ", d->step);
        lg_buf_addf(out,
                    "The pale band is how far chance alone would move a number (95 times of 100). The first and "
                    "the last %s may be incomplete%s.",
                    d->daily ? "day" : "week", d->periods < 4 ? "" : "; the sentence above leaves them out");
        if (d->undated)
            lg_buf_addf(out, " %s post%s without a date %s not drawn.", lg_thousands((long long)d->undated),
                        d->undated == 1 ? "" : "s", d->undated == 1 ? "is" : "are");
        lg_buf_adds(out, "</p>\n");
        add_table(d, out);
    }
    lg_buf_adds(out, "</section>\n");
}
