/* lesson.h - what the teaching commands (pad, convolve, pool, activate, softmax) share: the numbers they work on, and
 * the library's own layers at work on them.
 *
 *     cmd_lesson lesson;
 *     LG_TRY(cmd_lesson_of(call, GRID, …, &lesson, err));
 *     LG_TRY(cmd_lesson_layer(call, "maxpool 2x2", &lesson.x, NULL, &y, err));
 *
 * No command computes a result by itself: a network of one layer does. What is written out beside it ("16·1 + 3·1 +
 * 7·-4 …") is arithmetic on the same numbers, which tests hold against the layer. */
#ifndef CMD_LESSON_H
#define CMD_LESSON_H

#include "kernel/commands/workbench.h"
#include "lib/plot/number_grids.h"
#include "nnlib/nnlib.h"

enum { CMD_LESSON_MOST = 16 }; /* rows and columns of a grid that is explained number by number */

/* Numbers as layers take them: (rows, cols, channels), channels fastest; from the call's arena. */
typedef struct cmd_stack {
    int rows, cols, channels;
    double *cell;
} cmd_stack;

/* Weights of a layer that has some; zero-initialised: none. */
typedef struct cmd_layer_weights {
    const double *kernel; /* as the layer has them, (kh, kw, channels, 1) */
    size_t count;
    const double *bias; /* as many as the layer gives channels; NULL: it has none */
} cmd_layer_weights;

/* Runs one layer, "maxpool 2x2 stride 1", by a network of its own. `dense` gets x, which is 1x1, as a list. */
lg_status cmd_lesson_layer(const dsl_call *call, const char *line, const cmd_stack *x, const cmd_layer_weights *weights,
                           cmd_stack *y, lg_err *err) LG_MUST_CHECK;

/* How a kernel moves, and how far its numbers lie from each other: 1 leaves no gaps. */
typedef struct cmd_motion {
    int down, across;                 /* from one position to the next */
    int dilation_rows, dilation_cols; /* from one number of the kernel to the next */
    bool same;
} cmd_motion;
/* What a kernel covers, gaps included. */
static inline int cmd_span(int size, int dilation)
{
    return (size - 1) * dilation + 1;
}

/* `conv` with one filter: kernel is (rows, cols, channels of x), bias one number or NULL. */
lg_status cmd_lesson_conv(const dsl_call *call, const cmd_stack *x, const cmd_stack *kernel, const double *bias,
                          const cmd_motion *motion, cmd_stack *y, lg_err *err) LG_MUST_CHECK;

/* The numbers of a grid that was written or named. LL142 where it has more than CMD_LESSON_MOST rows or columns, or
 * numbers beyond a billion. */
lg_status cmd_lesson_grid(const dsl_call *call, int param, cmd_stack *out, lg_err *err) LG_MUST_CHECK;
/* "g", or "a 4x4 grid" for one that stands in the line. */
const char *cmd_lesson_name(const dsl_call *call, int param);
/* `at ROW,COL`, counted from 1, as a place in an output of so many rows and columns; -1 where none was given. `of` says
 * what they are places of, such as "the result". LL142. */
lg_status cmd_lesson_at(const dsl_call *call, int param, const char *of, int rows, int cols, int *place,
                        lg_err *err) LG_MUST_CHECK;

/* A slider over the places of an output, drawn at `place`: row by row in one, or from 101 places on in two, for row and
 * column. None where there is one place. */
lg_status cmd_lesson_slider(const dsl_call *call, const char *what, int rows, int cols, int place, dsl_slider *out,
                            lg_err *err) LG_MUST_CHECK;

/* One channel of a stack as a picture's grid; mark (rows * cols) may be NULL. */
plt_numbers cmd_lesson_numbers(const dsl_call *call, const cmd_stack *x, int channel, const uint8_t *mark,
                               const char *caption, lg_err *err);
/* A line of text in the call's arena; NULL with err filled where memory ran out. */
const char *cmd_lesson_text(const dsl_call *call, lg_buf *text, lg_err *err);
/* Every position that is shown of an output in words, folded: "1,1: 16·1 + … = 2". top, left: the first one's place. */
void cmd_doc_positions(plt_doc *doc, const char *const *line, int rows, int cols, int top, int left);
/* A note that so many positions do not move. */
void cmd_doc_too_many(plt_doc *doc, int positions);
/* The first smallest and largest number of a channel: "largest 60 at 2,4, smallest -140 at 4,1". */
void cmd_lesson_extremes(lg_buf *out, const cmd_stack *x);

#endif
