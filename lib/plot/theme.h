/* theme.h - how everything is drawn: palette, theme, decimals of rates, alt texts.
 *
 *     plt_look look = plt_look_default();
 *     look.palette = PLT_PALETTE_GREY;
 *     plt_look_use(&look);                        // from here on, on this thread
 *     plt_cell(&doc, "%s%%", plt_points(share, 1));
 *
 * The look belongs to the thread that builds and renders documents: a session's thread sets it from its settings before
 * a cell runs, and no builder or renderer needs to be told. A document is built and rendered under one look. Threads
 * that never set one have the default.
 *
 * Charts name colours by their role (PLT_BLUE: what is right, training; PLT_VERMILION: what is wrong; 0xffffff: the
 * card; neutral greys: rules). plt_look_color says what a role looks like. A colour that already is one carries
 * PLT_EXACT.
 *
 * Palettes: okabe-ito (Okabe and Ito 2008, distinguishable with every kind of colour vision), grey (for print: only
 * lightness, dash and words differ), high-contrast (every mark at least 7:1 against its card). Everywhere marks keep at
 * least 3:1 and text 4.5:1 (WCAG 2.1). Themes: auto (charts on a white card, words as the page has them), light and
 * dark (the whole output on a ground of its own). */
#ifndef PLT_THEME_H
#define PLT_THEME_H

#include "lib/base/lg.h"

typedef enum plt_palette { PLT_PALETTE_OKABE_ITO, PLT_PALETTE_GREY, PLT_PALETTE_CONTRAST, PLT_PALETTES } plt_palette;
typedef enum plt_theme { PLT_THEME_AUTO, PLT_THEME_LIGHT, PLT_THEME_DARK, PLT_THEMES } plt_theme;
typedef enum plt_alt {
    PLT_ALT_SHORT, /* one sentence */
    PLT_ALT_LONG,  /* the sentence and the chart in words and numbers */
    PLT_ALT_OFF,   /* alt="": readers of screens pass over pictures; the text form says everything */
    PLT_ALTS
} plt_alt;

typedef struct plt_look {
    plt_palette palette;
    plt_theme theme;
    int decimals; /* of rates in percent, 0..6; below 0: as many as each output usually has */
    plt_alt alt;
} plt_look;

plt_look plt_look_default(void);
void plt_look_use(const plt_look *look); /* copied; this thread */
plt_look plt_look_now(void);

/* Names as `set` takes them, NULL-terminated, in the order of the enums. */
extern const char *const plt_palette_names[];
extern const char *const plt_theme_names[];
extern const char *const plt_alt_names[];

/* Decimals of a rate that is usually printed with so many; and the rate in percent so printed, without the sign:
 * plt_points(0.8543, 1) is "85.4". This thread's, the last 16 stay. */
int plt_decimals(int usual);
const char *plt_points(double share, int usual);
/* How sure a model is, in percent: cut and not rounded, so that a picture that is left out by `min 60%` never reads as
 * 60%, and none but a certain one as 100%. This thread's, the last 16 stay. */
const char *plt_sure(double confidence);
/* A label as it stands in a sentence: in backquotes where it would be read as a word of it ("`none` has 68") or as one
 * of its numbers ("`7` has 6,265"), else as it is. This thread's, the last 8 stay. */
const char *plt_label(const char *label);

enum { PLT_EXACT = 1 << 24 };
/* 0xRRGGBB of a role, or of an exact colour, under this thread's look. */
uint32_t plt_look_color(uint32_t role);
/* Relative luminance contrast of two exact colours, 1..21 (WCAG 2.1). */
double plt_contrast(uint32_t a, uint32_t b);

#endif
