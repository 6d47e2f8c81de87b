/* panel.h - a pair of axes on a scene: scales, grid, ticks, lines, marks and labels at the lines' ends. */
#ifndef PLT_PANEL_H
#define PLT_PANEL_H

#include "lib/plot/block.h"
#include "lib/plot/chart.h"

/* A range of values and how to print them. A log scale holds its ends as powers of ten. */
typedef struct plt_scale {
    double min, max, step;
    bool percent, log;
} plt_scale;

/* Scale around the values [low, high] as the axis wants it, its ends on pleasant numbers. */
plt_scale plt_scale_make(const plt_axis *axis, double low, double high, int parts);
/* Share 0..1 along the scale; NaN for what cannot be shown on it. */
double plt_scale_share(const plt_scale *scale, double value);
/* A tick or value as text: "50%", "0.25", "1,200". */
void plt_scale_text(const plt_scale *scale, double value, lg_buf *out);

/* Smallest and largest finite (and, for log, positive) value; both NaN when there is none. */
void plt_extent(const double *y, int n, bool log, double *low, double *high);

typedef struct plt_panel {
    plt_scene *scene;
    double x, y, w, h; /* the area inside the axes */
    plt_scale sx, sy;
} plt_panel;

/* Grid lines and ticks; the x label below, the y label above the axis (upright, so it reads at once). */
void plt_panel_axes(const plt_panel *p, const char *x_label, const char *y_label);
double plt_panel_x(const plt_panel *p, double x);
double plt_panel_y(const plt_panel *p, double y);
/* A line through n points; x NULL: first, first + 1, … A point with no neighbour is a dot. */
void plt_panel_line(const plt_panel *p, const double *x, double first, const double *y, int n, plt_paint paint,
                    bool points);
/* The area between lines a and b where a is above b (or, above false, below it), up to where they cross. */
void plt_panel_lead(const plt_panel *p, double first, const double *a, const double *b, int n, bool above,
                    plt_paint paint);

/* Names at the ends of lines, moved apart so that none covers another. */
typedef struct plt_end_label {
    double y; /* wished, in pixels */
    const char *name, *value;
    plt_paint line; /* a stub of the line stands beside its name, for lines that end early */
} plt_end_label;
void plt_panel_ends(const plt_panel *p, plt_end_label *labels, int n, double width);

#endif
