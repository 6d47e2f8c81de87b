/* theme.c - palettes and themes: what the roles of colours look like. */
#include "lib/plot/theme.h"
#include "lib/plot/chart.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

const char *const plt_palette_names[] = {"okabe-ito", "grey", "high-contrast", NULL};
const char *const plt_theme_names[] = {"auto", "light", "dark", NULL};
const char *const plt_alt_names[] = {"short", "long", "off", NULL};

static _Thread_local plt_look look = {.decimals = -1};

plt_look plt_look_default(void)
{
    return (plt_look){.decimals = -1};
}

void plt_look_use(const plt_look *now)
{
    look = *now;
}

plt_look plt_look_now(void)
{
    return look;
}

int plt_decimals(int usual)
{
    return look.decimals < 0 ? usual : look.decimals;
}

const char *plt_points(double share, int usual)
{
    static _Thread_local char rotation[16][40];
    static _Thread_local unsigned turn;
    char *text = rotation[turn++ % 16];
    snprintf(text, sizeof rotation[0], "%.*f", plt_decimals(usual), 100 * share);
    return text;
}

const char *plt_sure(double confidence)
{
    static _Thread_local char rotation[16][40];
    static _Thread_local unsigned turn;
    char *text = rotation[turn++ % 16];
    int decimals = plt_decimals(0);
    double unit = pow(10, decimals);
    snprintf(text, sizeof rotation[0], "%.*f", decimals, floor(100 * confidence * unit + 1e-4) / unit);
    return text;
}

static bool like_a_word(const char *label)
{
    static const char *const words[] = {"a",       "all", "and", "any",  "both", "each", "every", "few",
                                        "has",     "is",  "it",  "many", "most", "no",   "none",  "not",
                                        "nothing", "of",  "one", "or",   "some", "that", "the",   "this"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(label, words[i]) == 0) return true;
    return strchr(label, ' ') != NULL;
}

const char *plt_label(const char *label)
{
    static _Thread_local char rotation[8][240]; /* a label has at most 200 bytes */
    static _Thread_local unsigned turn;
    double number;
    if (!like_a_word(label) && !lg_parse_double(label, &number)) return label;
    char *text = rotation[turn++ % 8];
    int n = snprintf(text, sizeof rotation[0], "`%s`", label);
    return n > 0 && n < (int)sizeof rotation[0] ? text : label;
}

/* ---- colours ---- */
enum { ROLES = 7 };
static const uint32_t roles[ROLES] = {PLT_BLUE,   PLT_VERMILION, PLT_GREEN,      PLT_PURPLE,
                                      PLT_ORANGE, PLT_GREY,      PLT_WARN_GROUND};
static const uint32_t light[PLT_PALETTES][ROLES] = {
    {PLT_BLUE, PLT_VERMILION, PLT_GREEN, PLT_PURPLE, PLT_ORANGE, PLT_GREY, PLT_WARN_GROUND},
    {0x333333, 0x808080, 0x5c5c5c, 0x919191, 0x999999, 0x767676, 0xf2f2f2},
    {0x00457a, 0x8a2e00, 0x00593f, 0x7a2a5c, 0x6e4a00, 0x4d4d4d, 0xfff3e0},
};
static const uint32_t dark[PLT_PALETTES][ROLES] = {
    {0x56b4e9, 0xe8743b, 0x2fb98d, 0xcc79a7, 0xe69f00, 0x9a9a9a, 0x3a2c10},
    {0xd9d9d9, 0x8c8c8c, 0xb0b0b0, 0x7c7c7c, 0x999999, 0x9a9a9a, 0x2e2e2e},
    {0x8fd0ff, 0xffa877, 0x5ce0b5, 0xf0b0d8, 0xffd073, 0xc4c4c4, 0x3a2c10},
};
enum { DARK_PAPER = 0x1b, DARK_INK = 0xe8, LIGHT_INK = PLT_INK & 0xff };

/* Neutral greys keep their distance from the card: white becomes the dark ground, the ink light. */
static uint32_t turned(uint32_t grey)
{
    double share = (255.0 - (grey & 0xff)) / (255.0 - LIGHT_INK);
    uint32_t v = (uint32_t)lround(DARK_PAPER + (DARK_INK - DARK_PAPER) * fmin(share, 1));
    return v << 16 | v << 8 | v;
}

uint32_t plt_look_color(uint32_t role)
{
    if (role & PLT_EXACT) return role & 0xffffff;
    bool night = look.theme == PLT_THEME_DARK;
    for (int i = 0; i < ROLES; i++)
        if (role == roles[i]) return (night ? dark : light)[look.palette][i];
    bool neutral = (role >> 16 & 0xff) == (role & 0xff) && (role >> 8 & 0xff) == (role & 0xff);
    return night && neutral ? turned(role) : role;
}

static double luminance(uint32_t color)
{
    static const double weight[] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double c = (color >> (16 - 8 * i) & 255) / 255.0;
        sum += weight[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

double plt_contrast(uint32_t a, uint32_t b)
{
    double x = luminance(a), y = luminance(b);
    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}
