/* chart.h - charts and composite tables over plain arrays: training curves, class histogram, shares, network drawing,
 * intervals, confusion matrix.
 *
 *     plt_curves(&doc, &(plt_curves_spec){.n = 20, .train_accuracy = ta, .val_accuracy = va, .best = 8});
 *     plt_histogram(&doc, &(plt_histogram_spec){.labels = labels, .n = 4, .splits = (const char *const[]){"train",
 * "val"}, .nsplit = 2, .counts = counts});
 *
 * Invariants
 *  - Each adds to the document: a figure (or table) and, below it, a sentence built from the numbers. The sentence is
 * the alt text too. Give .sentence to say it yourself, "" to show none (the built one stays the alt text).
 *  - Every chart stands on its own card of 640 CSS pixels, so it reads the same in light and dark themes. Colours are
 *    those of the palette; series differ by dash as well and are named at the line's end.
 *  - Arrays are copied. NaN means "not measured" and leaves a gap; infinite values are drawn as NaN and counted in a
 * note.
 *  - Plain text shows the same facts: a sparkline or bars of blocks with the numbers.
 *  - Nothing here fails; see plot.h for the sticky failure. n = 0 shows the words "nothing to show yet".
 */
#ifndef PLT_CHART_H
#define PLT_CHART_H

#include "lib/plot/plot.h"
#include "lib/plot/theme.h"

/* Roles of colours, named by what the okabe-ito palette draws them with on white (theme.h says what they look like). */
enum plt_color {
    PLT_INK = 0x222222,
    PLT_BLUE = 0x0072B2,
    PLT_VERMILION = 0xD55E00,
    PLT_GREEN = 0x009E73,
    PLT_PURPLE = 0xCC79A7,
    PLT_ORANGE = 0xE69F00,
    PLT_GREY = 0x767676,
    PLT_WARN_GROUND = 0xFFF3E0,
    PLT_PAPER = 0xFFFFFF,
};

/* V14: accuracy and loss per epoch. Train is solid blue, validation dashed green; who is ahead at the end is named
 * (from half a point on), and shaded where it is training; a ring marks the epoch whose weights are kept. For the live
 * version give `total` and call it again. */
typedef struct plt_curves_spec {
    const char *title;    /* "scratch on logos"; NULL: none */
    const char *sentence; /* NULL: built */
    int n;                /* epochs measured */
    int first;            /* number of the first one; 0 = 1 */
    int total;            /* last epoch planned, the length of the axis; 0 = as far as measured */
    const double *train_accuracy, *val_accuracy; /* n shares 0..1, or NULL */
    const double *train_loss, *val_loss;         /* n values, or NULL */
    int best;                                    /* number of the epoch kept; 0 = none */
} plt_curves_spec;
void plt_curves(plt_doc *doc, const plt_curves_spec *spec);

/* V15: recall per class over the epochs, one small line each with its last value; a class never predicted is marked. */
typedef struct plt_recall_spec {
    const char *title, *sentence;
    const char *const *labels; /* n of them */
    int n, epochs;
    const double *recall; /* (n, epochs), shares 0..1 */
} plt_recall_spec;
void plt_recall(plt_doc *doc, const plt_recall_spec *spec);

/* V2: images per class and split: horizontal bars with numbers, largest first. */
typedef struct plt_histogram_spec {
    const char *title, *sentence;
    const char *const *labels; /* n classes */
    int n;
    const char *const *splits; /* nsplit names: "train", "val", "test"; NULL: no splits */
    int nsplit;                /* 1..4 */
    const int64_t *counts;     /* (n, nsplit) */
} plt_histogram_spec;
void plt_histogram(plt_doc *doc, const plt_histogram_spec *spec);

/* V12: one stacked bar: where the whole is. Parts below 2% are joined as "other". */
typedef struct plt_share_spec {
    const char *title, *sentence;
    const char *unit;          /* "parameters" */
    const char *const *labels; /* n */
    int n;
    const int64_t *values; /* n, not negative */
} plt_share_spec;
void plt_share(plt_doc *doc, const plt_share_spec *spec);

/* V11: the data shrinking and deepening: one box per layer, to scale (log). Frozen layers are hatched;
 * a line above the boxes leads past layers (residual blocks). */
typedef struct plt_network_layer {
    const char *name;            /* "conv 16 3x3" */
    int height, width, channels; /* of its output; a list of numbers has height = width = 1 */
    int64_t params;
    bool frozen;
    int also; /* 1 + the layer whose output comes in here as well, past those between; 0: none */
} plt_network_layer;
typedef struct plt_network_spec {
    const char *title, *sentence;
    const plt_network_layer *layers; /* n, the input first */
    int n;
} plt_network_spec;
void plt_network(plt_doc *doc, const plt_network_spec *spec);

/* Any lines over numbers: learning-rate finder, brand over time, loss per setting. */
typedef struct plt_axis {
    const char *label; /* with its unit: "loss", "learning rate (log)" */
    double min, max;   /* both 0: from the data, rounded to pleasant numbers */
    bool percent;      /* 0..1 shown as 0%..100% */
    bool log;          /* base 10; values that are not positive count as NaN */
    bool whole;        /* ticks at whole numbers only */
} plt_axis;
typedef struct plt_line {
    const char *name; /* at its end */
    const double *x;  /* n ascending values; NULL: 1, 2, 3 … */
    const double *y;
    int n;
    uint32_t color; /* of plt_color; 0: blue, vermilion, green, purple in turn */
    bool dash, points;
} plt_line;
typedef struct plt_mark { /* "best 8" */
    const char *name;
    double x, y;
    enum plt_mark_kind { PLT_MARK_RING, PLT_MARK_CROSS, PLT_MARK_VERTICAL, PLT_MARK_HORIZONTAL } kind;
} plt_mark;
typedef struct plt_lines_spec {
    const char *title, *sentence; /* sentence NULL: first, last and extreme value of each line */
    plt_axis x, y;
    const plt_line *lines;
    int nline;
    const plt_mark *marks;
    int nmark;
    int height; /* CSS pixels; 0 = 260 */
} plt_lines_spec;
void plt_lines(plt_doc *doc, const plt_lines_spec *spec);

/* Horizontal bars with the number at the end. */
typedef struct plt_bars_spec {
    const char *title, *sentence;
    const char *const *labels; /* n */
    const double *values;      /* n */
    int n;
    const char *const *texts; /* n numbers as to be printed; NULL: made from the values */
    bool percent;
    double baseline; /* a dashed line; 0 = none */
    const char *baseline_name;
} plt_bars_spec;
void plt_bars(plt_doc *doc, const plt_bars_spec *spec);

/* V20, V18, V23: a dot with whiskers per row on one scale, each with its numbers. */
typedef struct plt_intervals_spec {
    const char *title, *sentence;
    const char *const *labels;        /* n */
    const double *low, *value, *high; /* n each */
    int n;
    bool percent;    /* 0..1 on a scale of 0%..100% */
    double baseline; /* NaN or 0 = none: "always the largest class" */
    const char *baseline_name;
} plt_intervals_spec;
void plt_intervals(plt_doc *doc, const plt_intervals_spec *spec);

/* V22: how often the model is right when it is so sure: a disc per bin, its area the number of images, beside the
 * diagonal of one who keeps every promise. */
typedef struct plt_calibration_spec {
    const char *title, *sentence;
    int n;                               /* bins */
    const double *confidence, *accuracy; /* n means, 0..1; NaN where a bin is empty */
    const int64_t *count;                /* n */
} plt_calibration_spec;
void plt_calibration(plt_doc *doc, const plt_calibration_spec *spec);

/* V24: who is right where: two models on the same images, four areas. */
typedef struct plt_agreement_spec {
    const char *title, *sentence;
    const char *first, *second;                    /* names of the models */
    int64_t both, only_first, only_second, neither; /* images */
} plt_agreement_spec;
void plt_agreement(plt_doc *doc, const plt_agreement_spec *spec);

/* V9: points in the plane, near each other where they are alike. A point is a disc with the letter of its class, or,
 * where it covers no other, its picture in a frame; hollow and dashed where the model calls it otherwise. Plain text
 * shows the map in letters. Both axes have one scale. */
typedef struct plt_map_spec {
    const char *title, *sentence;
    const char *const *labels; /* n classes */
    int n;
    int points;
    const double *xy;     /* (points, 2) */
    const int32_t *label; /* (points), -1: none */
    const bool *wrong;    /* (points), or NULL */
    const char *x_label;  /* below the map: what its directions are; NULL: nothing */
    int side;             /* pixels of a picture */
    /* Fills rgb (side, side, 3) with the picture of a point; false: it has none. Called for those that are shown, while
     * plt_map runs. NULL: no pictures. */
    bool (*picture)(void *ctx, int point, uint8_t *rgb);
    void *ctx;
} plt_map_spec;
void plt_map(plt_doc *doc, const plt_map_spec *spec);

/* V28: a picture that changes, frame by frame, and beside it the number that grows with it; a ring goes along the line.
 * What plays nothing shows the last frame. */
typedef struct plt_growth_frame {
    double x, y;        /* where on the line */
    const uint8_t *rgb; /* (height, width, 3), copied */
    int width, height;
} plt_growth_frame;
typedef struct plt_growth_spec {
    const char *title, *sentence;
    const char *x_label, *y_label; /* "step", "score" */
    const double *x, *y;           /* n, x ascending */
    int n;
    const plt_growth_frame *frame; /* frames, in their order */
    int frames;
} plt_growth_spec;
void plt_growth(plt_doc *doc, const plt_growth_spec *spec);

/* V41, V42: small multiples: training (solid) and validation (dashed) of several runs, one little chart each, with the
 * same axes. */
typedef struct plt_multiple {
    const char *name;          /* "with dropout" */
    const char *note, *detail; /* what it says, two lines above the chart: "gap 15 points", "100% and 85%" (or NULL) */
    const double *train, *val; /* n values of epochs 1, 2, …, or NULL */
    int n;
    double lost; /* epoch at which the loss was no longer a number: a cross; 0: it always was */
} plt_multiple;
typedef struct plt_multiples_spec {
    const char *title, *sentence; /* sentence NULL: the names with their notes */
    const char *x_label;          /* "epoch" */
    plt_axis y;                   /* min and max given; what lies above runs along the upper edge */
    const plt_multiple *panel;
    int n;     /* up to 12 */
    int total; /* last epoch planned, the length of the axis; 0: of the longest */
    double baseline; /* a dotted line in each; 0: none */
    const char *baseline_name;
} plt_multiples_spec;
void plt_multiples(plt_doc *doc, const plt_multiples_spec *spec);

/* V19: true by predicted. Adds the table with True Total, Predicted Total and their corner, recall and precision with
 * 95% intervals (Wilson), and the sentence "385 of 601 correct (64.1%, 60.1 to 67.8%); most common mistake: ...".
 * The number is printed in every cell; the diagonal is blue, mistakes vermilion, shaded by their share of the row. */
typedef struct plt_confusion_spec {
    const char *caption, *sentence;
    const char *const *labels; /* n classes */
    int n;
    const int64_t *counts; /* (n, n): [true * n + predicted] */
} plt_confusion_spec;
void plt_confusion(plt_doc *doc, const plt_confusion_spec *spec);

#endif
