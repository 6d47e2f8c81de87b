/* learning.h - pictures of how a network learns: one step, the gradient of every layer, the loss around its weights.
 *
 *     plt_step(&doc, &(plt_step_spec){.box = boxes, .n = 5, .loss = 1.39, .loss_after = 1.31, .line = lines,
 *                                     .animate = true});
 *     plt_log_bars(&doc, &(plt_log_bars_spec){.labels = names, .values = norms, .n = 6, .low = 0.01, .high = 100});
 *     plt_contour(&doc, &(plt_contour_spec){.value = losses, .n = 21, .radius = 1});
 *
 * As all charts (chart.h): on a card, the sentence below is the alternative text, plain text shows the same numbers. */
#ifndef PLT_LEARNING_H
#define PLT_LEARNING_H

#include "lib/plot/chart.h"

/* V38: one step of learning as a flow: forward from the image to the loss, the gradient back from the loss, every
 * layer's update, and the loss again. */
typedef struct plt_step_box {
    const char *name, *size; /* "conv1", "62x62x16" */
    double gradient, update; /* norms; NaN: none reaches it */
    bool frozen;             /* gets no update */
    bool asked;              /* the layer that is shown in numbers elsewhere: marked */
    bool gap;                /* stands for layers that are left out; name says how many. frozen: all of them are */
} plt_step_box;
enum { PLT_STEP_BOXES = 7 };
typedef struct plt_step_spec {
    const char *title, *sentence;
    const uint8_t *rgb; /* the image, (pixel_h, pixel_w, 3), copied; NULL: none is drawn */
    int pixel_w, pixel_h;
    const plt_step_box *box; /* n, in the order of the network; at most PLT_STEP_BOXES */
    int n;
    double loss, loss_after;
    const char *const *line; /* words of each position, plt_step_frames(n) of them */
    bool animate;            /* position after position; else all at once, with the last words */
} plt_step_spec;
/* Forward through the boxes, the loss, back through them, the update, the loss again. */
static inline int plt_step_frames(int boxes)
{
    return 2 * boxes + 3;
}
void plt_step(plt_doc *doc, const plt_step_spec *spec);

/* V39: horizontal bars over a logarithmic axis, with a band in which all is well. */
typedef struct plt_log_bars_spec {
    const char *title, *sentence;
    const char *axis;          /* what is measured, with its unit */
    const char *const *labels; /* n */
    const double *values;      /* n; not positive: drawn without a bar */
    const char *const *texts;  /* n: at the end of the bar */
    const char *heading;       /* above those; NULL: none */
    const bool *bad;           /* n: outside of what is well; NULL: none is */
    int n;
    double low, high; /* the band; low 0: none */
    const char *band; /* its name */
} plt_log_bars_spec;
void plt_log_bars(plt_doc *doc, const plt_log_bars_spec *spec);

/* V40: a surface over a square, seen from above: lines of the same height at labelled levels, which lie at equal
 * ratios, on a ground that grows darker with the height. The middle is marked, and the lowest place. Values that are
 * not finite are left out. */
typedef struct plt_contour_spec {
    const char *title, *sentence;
    const char *x_label, *y_label;
    const double *value; /* (n, n): row 0 is y = -radius, column 0 is x = -radius */
    int n;               /* at least 2 */
    double radius;
} plt_contour_spec;
void plt_contour(plt_doc *doc, const plt_contour_spec *spec);

#endif
