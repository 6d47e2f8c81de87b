/* number_grids.h - grids of numbers as pictures: side by side, and a window that slides over one of them.
 *
 *     plt_number_grids(&doc, &(plt_grids_spec){.title = "pad g by 1", .grid = grids, .n = 2});
 *     plt_slide(&doc, &(plt_slide_spec){.in = &padded, .kernel = &edge, .channels = 1, .out = map, .window_h = 3,
 *                                       .window_w = 3, .stride_h = 1, .stride_w = 1, .line = lines, .animate = true});
 *
 * As all charts (chart.h): on a card, the sentence below is the alternative text, plain text shows the same numbers.
 * Cells are as wide as the longest number; a grid that is too wide for the card gets smaller letters. */
#ifndef PLT_NUMBER_GRIDS_H
#define PLT_NUMBER_GRIDS_H

#include "lib/plot/chart.h"

typedef enum plt_cell_mark {
    PLT_CELL_PLAIN,
    PLT_CELL_BORDER,  /* put around: grey ground */
    PLT_CELL_CHANGED, /* another number than before: tinted ground, bold */
    PLT_CELL_WON,     /* the largest of its window: a ring, bold */
} plt_cell_mark;

typedef struct plt_numbers {
    const char *caption;
    int rows, cols;      /* at most PLT_GRID_MOST each */
    const double *cell;  /* row by row */
    const uint8_t *mark; /* of plt_cell_mark; NULL: all plain */
} plt_numbers;
enum { PLT_GRID_MOST = 40, PLT_SLIDE_CHANNELS = 4, PLT_SLIDE_MOST = 100 };

typedef struct plt_grids_spec {
    const char *title, *sentence;
    const plt_numbers *grid;
    int n;
} plt_grids_spec;
void plt_number_grids(plt_doc *doc, const plt_grids_spec *spec);

/* A window over a grid (or over the same place of several channels), what is multiplied there, and the grid of results.
 * Position (r, c) of the output has its window at row r * stride_h, column c * stride_w of the input, whose border, if
 * there is one, is part of it. */
typedef struct plt_slide_spec {
    const char *title, *sentence;
    const plt_numbers *in;     /* channels of them, of one size */
    const plt_numbers *kernel; /* one for each channel; NULL: nothing is multiplied (pooling) */
    int channels;              /* 1..PLT_SLIDE_CHANNELS; of several the sum of each stands below its products */
    plt_numbers out;
    int window_h, window_w, stride_h, stride_w;
    int dilation_h, dilation_w; /* from one number of the window to the next; 0 is 1. Gaps are not framed */
    const char *const *line;    /* of each position of the output: how its number arises */
    int at;                     /* the position that is shown when nothing moves, counted from 0 */
    bool animate; /* all positions one after the other; their marks appear with them. Ignored where there are
                     more than PLT_SLIDE_MOST: see plt_slide_moves */
    bool outline; /* also the outlines of all windows, where they do not overlap */
} plt_slide_spec;
void plt_slide(plt_doc *doc, const plt_slide_spec *spec);
/* May an output of so many rows and columns move? A hundred positions take two minutes, and most of an output's room.
 */
static inline bool plt_slide_moves(int rows, int cols)
{
    return rows * cols <= PLT_SLIDE_MOST;
}

/* A number as it stands in a cell: exact where that takes at most seven digits, else four digits. */
void plt_add_cell_number(lg_buf *out, double value);

#endif
