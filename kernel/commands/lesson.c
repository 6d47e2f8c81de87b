/* lesson.c - grids, and networks of one layer that work on them. */
#include "kernel/commands/lesson.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

#define LARGEST 1e9 /* far inside of what a layer's numbers hold, even summed over a window */

/* ---- a network of one layer ---- */
/* Where numbers come in. A list may be longer than channels may be many. */
static char *input_line(const cmd_stack *x, const char *line, lg_err *err)
{
    enum { SIDE = 65536 };
    int n = x->rows * x->cols * x->channels, across = 1;
    if (strncmp(line, "dense", 5) != 0) return lg_strf(err, "input %dx%dx%d", x->rows, x->cols, x->channels);
    while (across < n && (n % across || n / across > SIDE)) across++;
    return lg_strf(err, "input %dx%dx1 list", n / across, across);
}

static lg_status one_layer(const cmd_stack *x, const char *line, nn_net **out, lg_err *err)
{
    lg_status st;
    char *input = input_line(x, line, err);
    nn_net *net = NULL;
    if (!input) return err->status;
    LG_GO(nn_net_new(&net, err));
    LG_GO(nn_net_add_line(net, input, err));
    LG_GO(nn_net_add_line(net, line, err));
    LG_GO(nn_net_finish(net, err));
    *out = net;
    net = NULL;
done:
    nn_net_unref(net);
    lg_free(input);
    return st;
}

static lg_status weights_of(const nn_net *net, const cmd_layer_weights *given, nn_weights **out, lg_err *err)
{
    LG_TRY(nn_weights_zero(net, out, err));
    if (!given) return LG_OK;
    const nn_node *node = nn_net_node(net, 1);
    float *block = nn_weights_data(*out);
    for (size_t i = 0; i < given->count; i++) block[node->offset[0] + i] = (float)given->kernel[i];
    size_t channels = node->nparam > 1 ? nn_shape_size(node->param[1].shape) : 0;
    for (size_t i = 0; given->bias && i < channels; i++) block[node->offset[1] + i] = (float)given->bias[i];
    return LG_OK;
}

static lg_status take_output(const dsl_call *call, const nn_net *net, const nn_exec *exec, cmd_stack *y, lg_err *err)
{
    nn_shape shape = nn_net_output(net);
    size_t n = nn_shape_size(shape);
    const float *from = nn_exec_output(exec);
    bool image = shape.rank == 3;
    *y = (cmd_stack){image ? (int)shape.dim[0] : 1, image ? (int)shape.dim[1] : 1, (int)shape.dim[image ? 2 : 0],
                     lg_arena_alloc(call->arena, n, sizeof *y->cell, err)};
    if (!y->cell) return err->status;
    for (size_t i = 0; i < n; i++) y->cell[i] = (double)from[i];
    return LG_OK;
}

lg_status cmd_lesson_layer(const dsl_call *call, const char *line, const cmd_stack *x, const cmd_layer_weights *given,
                           cmd_stack *y, lg_err *err)
{
    nn_net *net = NULL;
    nn_weights *weights = NULL;
    nn_exec *exec = NULL;
    lg_status st;
    LG_GO(one_layer(x, line, &net, err));
    LG_GO(weights_of(net, given, &weights, err));
    LG_GO(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 1}, &exec, err));
    nn_exec_load(exec, weights);
    float *input = nn_exec_input(exec);
    for (int i = 0; i < x->rows * x->cols * x->channels; i++) input[i] = (float)x->cell[i];
    nn_exec_forward(exec, 1);
    LG_GO(take_output(call, net, exec, y, err));
done:
    nn_exec_free(exec);
    nn_weights_unref(weights);
    nn_net_unref(net);
    return st;
}

lg_status cmd_lesson_conv(const dsl_call *call, const cmd_stack *x, const cmd_stack *kernel, const double *bias,
                          const cmd_motion *m, cmd_stack *y, lg_err *err)
{
    char *line = lg_strf(err, "conv 1 kernel %dx%d stride %dx%d dilation %dx%d %s%s", kernel->rows, kernel->cols,
                         m->down, m->across, m->dilation_rows, m->dilation_cols, m->same ? "same" : "valid",
                         bias ? "" : " no bias");
    if (!line) return err->status;
    size_t n = (size_t)kernel->rows * (size_t)kernel->cols * (size_t)kernel->channels;
    const cmd_layer_weights weights = {kernel->cell, n, bias};
    lg_status st = cmd_lesson_layer(call, line, x, &weights, y, err);
    lg_free(line);
    return st;
}

/* ---- what the line names ---- */
lg_status cmd_lesson_grid(const dsl_call *call, int param, cmd_stack *out, lg_err *err)
{
    const dsl_value *value = &call->arg[param].value[0];
    const dsl_grid *grid = &value->grid;
    if (grid->rows > CMD_LESSON_MOST || grid->cols > CMD_LESSON_MOST) {
        lg_fail(err, LG_E_ARG, 142, "`%s` shows grids of up to %dx%d, and this one has %dx%d numbers",
                call->command->name, CMD_LESSON_MOST, CMD_LESSON_MOST, grid->rows, grid->cols);
        lg_why(err, "every number gets a cell of its own, which has to be read");
        lg_try(err, "write a smaller one, such as [35 19 25 6; 13 22 16 53]");
        return lg_err_place(err, value->span);
    }
    int n = grid->rows * grid->cols;
    for (int i = 0; i < n; i++) {
        if (fabs(grid->cell[i]) <= LARGEST) continue;
        lg_fail(err, LG_E_ARG, 142, "`%s` takes numbers between -1,000,000,000 and 1,000,000,000, not %g",
                call->command->name, grid->cell[i]);
        lg_why(err, "layers compute in 32 bits, and sums of larger numbers would be rounded beyond use");
        return lg_err_place(err, value->span);
    }
    *out = (cmd_stack){grid->rows, grid->cols, 1, grid->cell};
    return LG_OK;
}

const char *cmd_lesson_name(const dsl_call *call, int param)
{
    const dsl_value *value = &call->arg[param].value[0];
    lg_err ignored = {0};
    if (value->name) return value->name;
    char *text = lg_strf(&ignored, "a %dx%d grid", value->grid.rows, value->grid.cols);
    const char *copy = text ? lg_arena_strndup(call->arena, text, strlen(text), &ignored) : NULL;
    lg_free(text);
    return copy ? copy : "a grid";
}

lg_status cmd_lesson_at(const dsl_call *call, int param, const char *of, int rows, int cols, int *place, lg_err *err)
{
    const dsl_arg *at = &call->arg[param];
    *place = -1;
    if (!at->count) return LG_OK;
    if (at->count != 2) {
        lg_fail(err, LG_E_ARG, 141, "`%s at` wants a row and a column", call->command->name);
        lg_try(err, "at 1,1 is the first place of %s, at %d,%d the last", of, rows, cols);
        return lg_err_place(err, at->value[0].span);
    }
    long long row = at->value[0].integer, col = at->value[1].integer;
    if (row < 1 || row > rows || col < 1 || col > cols) {
        lg_fail(err, LG_E_ARG, 142, "there is no place %lld,%lld: %s has %d rows and %d columns", row, col, of, rows,
                cols);
        lg_why(err, "`at ROW,COLUMN` counts the places of %s, from 1", of);
        lg_try(err, "at 1,1 is the first one, at %d,%d the last", rows, cols);
        return lg_err_place(err, at->value[row < 1 || row > rows ? 0 : 1].span);
    }
    *place = (int)(row - 1) * cols + (int)(col - 1);
    return LG_OK;
}

/* ---- sliders ---- */
/* "1", "2", …, or with cols "1,1", "1,2", … */
static const char **counted(const dsl_call *call, int n, int cols, lg_err *err)
{
    const char **word = lg_arena_alloc(call->arena, (size_t)n, sizeof *word, err);
    for (int i = 0; word && i < n; i++) {
        word[i] = cols ? lg_arena_strf(call->arena, err, "%d,%d", i / cols + 1, i % cols + 1)
                       : lg_arena_strf(call->arena, err, "%d", i + 1);
        if (!word[i]) return NULL;
    }
    return word;
}

lg_status cmd_lesson_slider(const dsl_call *call, const char *what, int rows, int cols, int place, dsl_slider *out,
                            lg_err *err)
{
    int n = rows * cols;
    bool two = n > PLT_SLIDE_MOST && rows > 1 && cols > 1;
    *out = (dsl_slider){.option = "at", .what = what, .naxes = n < 2 ? 0 : two ? 2 : 1};
    if (two) {
        out->axis[0] = (dsl_axis){"row", counted(call, rows, 0, err), rows, place / cols};
        out->axis[1] = (dsl_axis){"column", counted(call, cols, 0, err), cols, place % cols};
    } else out->axis[0] = (dsl_axis){"row, column", counted(call, n, cols, err), n, place};
    return err->status;
}

/* ---- words and pictures ---- */
plt_numbers cmd_lesson_numbers(const dsl_call *call, const cmd_stack *x, int channel, const uint8_t *mark,
                               const char *caption, lg_err *err)
{
    int n = x->rows * x->cols;
    double *cell = lg_arena_alloc(call->arena, (size_t)n, sizeof *cell, err);
    for (int i = 0; cell && i < n; i++) cell[i] = x->cell[i * x->channels + channel];
    return (plt_numbers){.caption = caption, .rows = cell ? x->rows : 0, .cols = x->cols, .cell = cell, .mark = mark};
}

const char *cmd_lesson_text(const dsl_call *call, lg_buf *text, lg_err *err)
{
    const char *copy = lg_buf_check(text, err) ? NULL : lg_arena_strndup(call->arena, lg_buf_str(text), text->len, err);
    lg_buf_release(text);
    return copy;
}

void cmd_doc_positions(plt_doc *doc, const char *const *line, int rows, int cols, int top, int left)
{
    lg_buf all;
    lg_buf_init(&all, 0);
    for (int i = 0; i < rows * cols; i++)
        lg_buf_addf(&all, "%s%d,%d: %s", i ? "\n" : "", top + i / cols + 1, left + i % cols + 1, line[i]);
    if (lg_buf_check(&all, &doc->failed) == LG_OK) {
        if (rows * cols == 1) plt_fold_begin(doc, "the only position");
        else plt_fold_begin(doc, "all %d positions, by row and column of the result", rows * cols);
        plt_code(doc, "%s", lg_buf_str(&all));
        plt_fold_end(doc);
    }
    lg_buf_release(&all);
}

void cmd_doc_too_many(plt_doc *doc, int positions)
{
    plt_note(doc, "%d positions are too many to follow one after the other (at most %d move): the last one is drawn",
             positions, PLT_SLIDE_MOST);
}

void cmd_lesson_extremes(lg_buf *out, const cmd_stack *x)
{
    int low = 0, high = 0;
    for (int i = 1; i < x->rows * x->cols; i++) {
        if (x->cell[i] < x->cell[low]) low = i;
        if (x->cell[i] > x->cell[high]) high = i;
    }
    if (!(x->cell[high] > x->cell[low])) {
        if (x->rows * x->cols > 1) lg_buf_adds(out, "all of them ");
        plt_add_cell_number(out, x->cell[high]);
        return;
    }
    lg_buf_adds(out, "largest ");
    plt_add_cell_number(out, x->cell[high]);
    lg_buf_addf(out, " at %d,%d, smallest ", high / x->cols + 1, high % x->cols + 1);
    plt_add_cell_number(out, x->cell[low]);
    lg_buf_addf(out, " at %d,%d", low / x->cols + 1, low % x->cols + 1);
}
