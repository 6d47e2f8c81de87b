/* look.c - what all charts share: colours, numbers as text, sparklines and bars of block characters. */
#include "lib/plot/block.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

/* ---- colours ---- */
uint32_t plt_mix(uint32_t from, uint32_t to, double share)
{
    uint32_t out = 0;
    from = plt_look_color(from);
    to = plt_look_color(to);
    for (int shift = 16; shift >= 0; shift -= 8) {
        double a = from >> shift & 255, b = to >> shift & 255;
        out |= (uint32_t)lround(a + (b - a) * share) << shift;
    }
    return out | PLT_EXACT;
}

uint32_t plt_tone_color(plt_tone tone)
{
    return tone == PLT_TONE_GOOD ? PLT_BLUE : tone == PLT_TONE_BAD ? PLT_VERMILION : PLT_GREY;
}

/* The strongest fill stops short of the full colour: white text would be needed there, and the step from dark to white
 * text in the middle of a table reads as a message it is not. Every fill keeps 4.5:1 against the ink. */
uint32_t plt_tone_fill(plt_tone tone, double shade, uint32_t *ink)
{
    static const double most[] = {0, 0.7, 0.75, 0.6};
    double strongest = most[tone];
    uint32_t text = plt_look_color(PLT_INK), fill = plt_mix(PLT_PAPER, plt_tone_color(tone), strongest);
    while (strongest > 0.05 && plt_contrast(plt_look_color(fill), text) < 4.5) {
        strongest -= 0.05;
        fill = plt_mix(PLT_PAPER, plt_tone_color(tone), strongest);
    }
    *ink = text | PLT_EXACT;
    return plt_mix(PLT_PAPER, plt_tone_color(tone), plt_clamp01(shade) * strongest);
}

uint32_t plt_series_color(int index)
{
    static const uint32_t colors[] = {PLT_BLUE, PLT_VERMILION, PLT_GREEN, PLT_PURPLE};
    return colors[(unsigned)index % 4];
}

uint32_t plt_split_color(const char *name, int index)
{
    if (!lg_casecmp(name, "train")) return PLT_BLUE;
    if (!lg_casecmp(name, "val")) return PLT_GREEN;
    if (!lg_casecmp(name, "test")) return PLT_PURPLE;
    return plt_series_color(index);
}

const char *plt_edge_name(plt_edge edge)
{
    static const char *const names[] = {"", "train", "val", "test", "right", "wrong"};
    return names[edge];
}

void plt_add_edges(lg_buf *out, const bool *used)
{
    static const char *const lines[] = {"", "solid", "dashed", "dotted", "solid", "double"};
    static const char *const colors[] = {"", " blue", " green", " purple", " blue", " vermilion"};
    bool grey = plt_look_now().palette == PLT_PALETTE_GREY;
    for (int e = PLT_EDGE_TRAIN; e <= PLT_EDGE_BAD; e++)
        if (used[e])
            lg_buf_addf(out, "%s%s%s: %s", out->len ? " · " : "frame ", lines[e], grey ? "" : colors[e],
                        plt_edge_name((plt_edge)e));
}

/* ---- numbers ---- */
double plt_clamp01(double x)
{
    return x > 0 ? (x < 1 ? x : 1) : 0;
}

void plt_add_percent(lg_buf *out, double share)
{
    if (!isfinite(share)) lg_buf_adds(out, "–");
    else if (plt_look_now().decimals < 0 && (fabs(share) >= 0.9995 || share == 0))
        lg_buf_addf(out, "%.0f%%", share * 100);
    else lg_buf_addf(out, "%.*f%%", plt_decimals(1), share * 100);
}

/* 1e-5, not 1e-05. */
static void add_exponent(lg_buf *out, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.2e", value);
    char *e = strchr(text, 'e'), *end = e;
    while (end[-1] == '0') end--;
    if (end[-1] == '.') end--;
    char sign = e[1];
    for (e += 2; *e == '0' && e[1]; e++) continue;
    lg_buf_add(out, text, (size_t)(end - text));
    lg_buf_addf(out, "e%s%s", sign == '-' ? "-" : "", e);
}

void plt_add_number(lg_buf *out, double value)
{
    char text[40];
    double size = fabs(value);
    if (!isfinite(value)) lg_buf_adds(out, "–");
    else if (size >= 1e15 || (size > 0 && size < 1e-3)) add_exponent(out, value);
    else if (size >= 1000 || value == rint(value)) lg_buf_adds(out, lg_thousands((long long)llround(value)));
    else {
        snprintf(text, sizeof text, "%.*f", size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4, value);
        size_t len = strlen(text);
        while (text[len - 1] == '0' && text[len - 2] != '.') text[--len] = 0;
        lg_buf_adds(out, text);
    }
}

double plt_nice_step(double span, int parts)
{
    if (!(span > 0) || !isfinite(span)) return 1;
    double raw = span / parts, power = pow(10, floor(log10(raw))), lead = raw / power;
    return power * (lead <= 1.0001 ? 1 : lead <= 2.0001 ? 2 : lead <= 2.5001 ? 2.5 : lead <= 5.0001 ? 5 : 10);
}

/* ---- block characters ---- */
void plt_add_repeat(lg_buf *out, const char *s, int times)
{
    for (int i = 0; i < times; i++) lg_buf_adds(out, s);
}

/* More values than columns: each column shows the last one of its share, so the end is always exact. */
void plt_add_spark(lg_buf *out, const double *y, int n, double low, double high)
{
    static const char *const step[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    int columns = n < 40 ? n : 40;
    for (int i = 0; i < columns; i++) {
        double v = y[(long long)(i + 1) * n / columns - 1];
        double share = high > low ? (v - low) / (high - low) : 0;
        lg_buf_adds(out, isfinite(v) ? step[(int)(plt_clamp01(share) * 7.999)] : " ");
    }
}

void plt_add_blocks(lg_buf *out, double share, int width)
{
    static const char *const part[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int eighths = (int)lround(plt_clamp01(share) * width * 8);
    if (eighths == 0 && share > 0) eighths = 1;
    plt_add_repeat(out, "█", eighths / 8);
    lg_buf_adds(out, part[eighths % 8]);
}

int plt_plain_width(const char *text)
{
    lg_buf plain;
    lg_buf_init(&plain, 0);
    lg_buf_add_plain(&plain, text, strlen(text));
    int width = lg_utf8_width(lg_buf_str(&plain));
    lg_buf_release(&plain);
    return width;
}

void plt_add_padded(lg_buf *out, const char *text, int columns, plt_align align)
{
    int blank = columns - plt_plain_width(text);
    int before = align == PLT_RIGHT ? blank : align == PLT_CENTER ? blank / 2 : 0;
    plt_add_repeat(out, " ", before);
    lg_buf_add_plain(out, text, strlen(text));
    plt_add_repeat(out, " ", blank - (before > 0 ? before : 0));
}

/* ---- small texts ---- */
void plt_wilson(int64_t k, int64_t n, double *low, double *high)
{
    const double z = 1.959963984540054; /* 97.5% point of the normal distribution */
    if (n <= 0) {
        *low = 0;
        *high = 1;
        return;
    }
    double p = (double)k / (double)n, zz = z * z / (double)n;
    double middle = p + zz / 2, half = z * sqrt(p * (1 - p) / (double)n + zz / (4 * (double)n)), scale = 1 + zz;
    *low = plt_clamp01((middle - half) / scale);
    *high = plt_clamp01((middle + half) / scale);
    if (k <= 0) *low = 0; /* exact ends, where rounding would leave 1e-17 */
    if (k >= n) *high = 1;
}

void plt_duration(double seconds, lg_buf *out)
{
    if (!(seconds >= 0) || seconds > 1e9) {
        lg_buf_adds(out, "–");
        return;
    }
    long s = lround(seconds);
    if (seconds < 0.0995) lg_buf_addf(out, "%.0f ms", seconds * 1000);
    else if (seconds < 9.95) lg_buf_addf(out, "%.1f s", seconds);
    else if (s < 60) lg_buf_addf(out, "%ld s", s);
    else if (s < 3600) lg_buf_addf(out, s % 60 ? "%ld min %ld s" : "%ld min", s / 60, s % 60);
    else lg_buf_addf(out, s / 60 % 60 ? "%ld h %ld min" : "%ld h", s / 3600, s / 60 % 60);
}

double plt_progress_share(const plt_progress_state *state)
{
    if (state->epochs <= 0) return 0;
    double within = state->batches > 0 ? plt_clamp01((double)state->batch / state->batches) : 0;
    double done = state->epoch > 0 ? state->epoch - 1 + within : 0;
    return plt_clamp01(done / state->epochs);
}

/* Does this line begin with a bar? Blocks are U+2588 (full) to U+258F, what is left of the bar is U+2591. */
static bool is_bar(const char *line, size_t len)
{
    unsigned char last = len >= 3 && memcmp(line, "\xE2\x96", 2) == 0 ? (unsigned char)line[2] : 0;
    return last >= 0x88 && last <= 0x91 && last != 0x90;
}

const char *plt_live_line(const char *text, size_t *len)
{
    for (const char *line = text; *line; line += *len + (line[*len] == '\n')) {
        *len = strcspn(line, "\n");
        if (is_bar(line, *len)) return line;
    }
    *len = 0;
    return text;
}

void plt_progress_line(const plt_progress_state *state, bool bar, lg_buf *out)
{
    if (state->epochs > 0) lg_buf_addf(out, "epoch %d of %d", state->epoch, state->epochs);
    if (bar) {
        size_t before = out->len;
        lg_buf_adds(out, "  ");
        plt_add_blocks(out, plt_progress_share(state), 16);
        if (out->failed) return;
        plt_add_repeat(out, "░", 18 - lg_utf8_width(out->data + before));
    }
    const char *between = bar ? "  " : " · ";
    if (state->batches > 0) lg_buf_addf(out, "%sbatch %d of %d", between, state->batch, state->batches);
    if (state->images_per_second > 0)
        lg_buf_addf(out, "%s%s images/s", between,
                    lg_thousands((long long)llround(fmin(state->images_per_second, 1e15))));
    if (state->seconds_left >= 0) {
        lg_buf_adds(out, between);
        plt_duration(state->seconds_left, out);
        lg_buf_adds(out, " left");
    }
}
