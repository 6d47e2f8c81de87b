/* cmd_convolve.c - `convolve`: a kernel slides over a grid, every dot product written out. */
#include "kernel/commands/lesson.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { GRID, WITH, STRIDE, AT, SAME, VALID, ANIMATE };

#define KERNELS "identity edge sharpen blur emboss sobelx sobely"

static const dsl_param params[] = {
    [GRID] = {.name = "grid", .role = DSL_POSITIONAL, .type = DSL_T_GRID, .kinds = DSL_GRIDS, .required = true,
              .help = "the numbers, [1 2; 3 4] or the name of a grid"},
    [WITH] = {.name = "with", .role = DSL_PREPOSITION, .type = DSL_T_GRID, .kinds = DSL_GRIDS, .choices = KERNELS,
              .required = true, .help = "the kernel: a name, or numbers such as [0 1 0; 1 -4 1; 0 1 0]"},
    [STRIDE] = {.name = "stride", .role = DSL_OPTION, .type = DSL_T_INT, .dflt = "1", .min = 1, .max = 8,
                .help = "steps between positions"},
    [AT] = {.name = "at", .role = DSL_OPTION, .type = DSL_T_INT, .list = true, .min = 0, .max = 4096,
            .dflt_help = "all positions", .help = "one position alone: row, column of the result, from 1"},
    [SAME] = {.name = "same", .role = DSL_FLAG, .type = DSL_T_FLAG,
              .help = "pad with zeros first, so that the result is as large as the grid"},
    [VALID] = {.name = "valid", .role = DSL_FLAG, .type = DSL_T_FLAG, .help = "no padding; the default"},
    [ANIMATE] = {.name = "animate", .role = DSL_FLAG, .type = DSL_T_FLAG, .dflt = "on",
                 .help = "show the kernel move; `no animate` shows the last position"},
    {0},
};

/* ---- kernels ---- */
static const struct {
    const char *what;
    double cell[9];
} named[] = {
    {"leaves every number as it is", {0, 0, 0, 0, 1, 0, 0, 0, 0}},
    {"far from 0 where a number differs from its four neighbours", {0, 1, 0, 1, -4, 1, 0, 1, 0}},
    {"makes differences to the neighbours larger", {0, -1, 0, -1, 5, -1, 0, -1, 0}},
    {"a mean that counts near numbers more", {0.0625, 0.125, 0.0625, 0.125, 0.25, 0.125, 0.0625, 0.125, 0.0625}},
    {"light from the upper left, as on a relief", {-2, -1, 0, -1, 1, 1, 0, 1, 2}},
    {"finds upright edges: the right side minus the left", {-1, 0, 1, -2, 0, 2, -1, 0, 1}},
    {"finds level edges: below minus above", {-1, -2, -1, 0, 0, 0, 1, 2, 1}},
};

static lg_status kernel_of(const dsl_call *call, cmd_stack *out, lg_err *err)
{
    const dsl_value *with = &call->arg[WITH].value[0];
    if (with->type != DSL_T_CHOICE) return cmd_lesson_grid(call, WITH, out, err);
    *out = (cmd_stack){3, 3, 1, lg_arena_alloc(call->arena, 9, sizeof *out->cell, err)};
    if (!out->cell) return err->status;
    memcpy(out->cell, named[with->choice].cell, sizeof named[0].cell);
    return LG_OK;
}

static const char *kernel_name(const dsl_call *call)
{
    const dsl_value *with = &call->arg[WITH].value[0];
    return with->type == DSL_T_CHOICE ? with->text : cmd_lesson_name(call, WITH);
}

/* ---- the work ---- */
typedef struct slide {
    cmd_stack x, kernel, padded, y;
    uint8_t *border; /* marks of padded */
    int stride, at;  /* at -1: all */
    bool same;
    const char **line; /* of each number of y */
} slide;

static lg_status fits(const dsl_call *call, const slide *s, lg_err *err)
{
    if (s->same || (s->kernel.rows <= s->x.rows && s->kernel.cols <= s->x.cols)) return LG_OK;
    lg_fail(err, LG_E_SHAPE, 203, "the %dx%d kernel is larger than the %dx%d grid", s->kernel.rows, s->kernel.cols,
            s->x.rows, s->x.cols);
    lg_why(err, "it has no place to lie in, and without a place there is no dot product");
    lg_try(err, "take a smaller kernel, or add `same`, which pads the grid with zeros");
    return lg_err_place(err, call->arg[WITH].value[0].span);
}

static int results(int size, int window, int stride, bool same)
{
    return same ? (size + stride - 1) / stride : (size - window) / stride + 1;
}

static lg_status prepare(const dsl_call *call, slide *s, lg_err *err)
{
    *s = (slide){.stride = (int)call->arg[STRIDE].value[0].integer, .same = dsl_on(call, SAME)};
    if (s->same && dsl_on(call, VALID)) {
        lg_fail(err, LG_E_ARG, 202, "`same` and `valid` exclude each other");
        lg_try(err, "leave one of them out; `valid` is the default");
        return lg_err_place(err, call->arg[VALID].value[0].span);
    }
    LG_TRY(cmd_lesson_grid(call, GRID, &s->x, err));
    LG_TRY(kernel_of(call, &s->kernel, err));
    LG_TRY(fits(call, s, err));
    return cmd_lesson_at(call, AT, results(s->x.rows, s->kernel.rows, s->stride, s->same),
                         results(s->x.cols, s->kernel.cols, s->stride, s->same), &s->at, err);
}

/* Zeros needed before and after along one side; the odd one lies behind, as in TensorFlow. */
static void border(int size, int window, int stride, int *before, int *after)
{
    int need = ((size + stride - 1) / stride - 1) * stride + window - size;
    if (need < 0) need = 0;
    *before = need / 2;
    *after = need - *before;
}

/* What `same` does first, by the layer that does it: the grid with its zeros, and where they are. */
static lg_status pad_first(const dsl_call *call, slide *s, lg_err *err)
{
    int top = 0, bottom = 0, left = 0, right = 0;
    s->padded = s->x;
    if (!s->same) return LG_OK;
    border(s->x.rows, s->kernel.rows, s->stride, &top, &bottom);
    border(s->x.cols, s->kernel.cols, s->stride, &left, &right);
    char *line = lg_strf(err, "pad %dx%d extra %dx%d", top, left, bottom - top, right - left);
    if (!line) return err->status;
    lg_status st = cmd_lesson_layer(call, line, &s->x, NULL, &s->padded, err);
    lg_free(line);
    LG_TRY(st);
    s->border = lg_arena_alloc(call->arena, (size_t)s->padded.rows * (size_t)s->padded.cols, 1, err);
    if (!s->border) return err->status;
    for (int r = 0; r < s->padded.rows; r++)
        for (int c = 0; c < s->padded.cols; c++)
            if (r < top || c < left || r >= top + s->x.rows || c >= left + s->x.cols)
                s->border[r * s->padded.cols + c] = PLT_CELL_BORDER;
    return LG_OK;
}

static lg_status run_layer(const dsl_call *call, slide *s, lg_err *err)
{
    char *line = lg_strf(err, "conv 1 kernel %dx%d stride %d %s no bias", s->kernel.rows, s->kernel.cols, s->stride,
                         s->same ? "same" : "valid");
    if (!line) return err->status;
    cmd_layer_weights weights = {s->kernel.cell, (size_t)s->kernel.rows * (size_t)s->kernel.cols, NULL};
    lg_status st = cmd_lesson_layer(call, line, &s->x, &weights, &s->y, err);
    lg_free(line);
    return st;
}

/* "16·1 + 3·1 + 7·-4 + 10·1 + 1·1 = 2": zeros of the kernel add nothing and are left out. */
static const char *written_out(const dsl_call *call, const slide *s, int row, int col, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 0);
    for (int i = 0; i < s->kernel.rows; i++)
        for (int j = 0; j < s->kernel.cols; j++) {
            double k = s->kernel.cell[i * s->kernel.cols + j];
            if (k == 0) continue;
            if (text.len) lg_buf_adds(&text, " + ");
            plt_add_cell_number(&text, s->padded.cell[(row * s->stride + i) * s->padded.cols + col * s->stride + j]);
            lg_buf_adds(&text, "·");
            plt_add_cell_number(&text, k);
        }
    if (!text.len) lg_buf_adds(&text, "every number times 0");
    lg_buf_adds(&text, " = ");
    plt_add_cell_number(&text, s->y.cell[row * s->y.cols + col]);
    return cmd_lesson_text(call, &text, err);
}

static lg_status write_out(const dsl_call *call, slide *s, lg_err *err)
{
    int n = s->y.rows * s->y.cols;
    s->line = lg_arena_alloc(call->arena, (size_t)n, sizeof *s->line, err);
    if (!s->line) return err->status;
    for (int i = 0; i < n; i++)
        if (!(s->line[i] = written_out(call, s, i / s->y.cols, i % s->y.cols, err))) return err->status;
    return LG_OK;
}

/* ---- showing it ---- */
static lg_status draw(const dsl_call *call, plt_doc *doc, const slide *s, lg_err *err)
{
    const char *name = cmd_lesson_name(call, GRID);
    bool all = s->at < 0;
    int at = all ? s->y.rows * s->y.cols - 1 : s->at;
    const plt_numbers in = cmd_lesson_numbers(call, &s->padded, 0, s->border, s->same ? "padded with zeros" : name, err),
                      kernel = cmd_lesson_numbers(call, &s->kernel, 0, NULL, "kernel", err),
                      out = cmd_lesson_numbers(call, &s->y, 0, NULL, "feature map", err);
    LG_TRY(err->status);
    plt_slide(doc, &(plt_slide_spec){.sentence = "", .in = &in, .kernel = &kernel, .channels = 1, .out = out,
                                     .window_h = s->kernel.rows, .window_w = s->kernel.cols, .stride_h = s->stride,
                                     .stride_w = s->stride, .line = s->line, .at = at, .animate = all && dsl_on(call, ANIMATE)});
    return LG_OK;
}

static void say(plt_doc *doc, const dsl_call *call, const slide *s, lg_err *err)
{
    const dsl_value *with = &call->arg[WITH].value[0];
    lg_buf text;
    lg_buf_init(&text, 0);
    if (s->at >= 0) {
        plt_sentence(doc, "at %d,%d: %s", s->at / s->y.cols + 1, s->at % s->y.cols + 1, s->line[s->at]);
    } else {
        int n = s->y.rows * s->y.cols;
        lg_buf_addf(&text, "%d position%s of the kernel, %d number%s in the feature map: ", n, n == 1 ? "" : "s", n,
                    n == 1 ? "" : "s");
        cmd_lesson_extremes(&text, &s->y);
        const char *sentence = cmd_lesson_text(call, &text, err);
        if (sentence) plt_sentence(doc, "%s", sentence);
        if (!plt_slide_moves(s->y.rows, s->y.cols) && dsl_on(call, ANIMATE)) cmd_doc_too_many(doc, n);
        cmd_doc_positions(doc, s->line, s->y.rows, s->y.cols);
    }
    lg_buf_release(&text);
    if (with->type == DSL_T_CHOICE) plt_note(doc, "%s: %s", with->text, named[with->choice].what);
}

static lg_status convolve_check(const dsl_call *call, lg_err *err)
{
    slide s;
    return prepare(call, &s, err);
}

static lg_status convolve_run(const dsl_call *call, lg_err *err)
{
    slide s;
    plt_doc doc;
    LG_TRY(prepare(call, &s, err));
    LG_TRY(pad_first(call, &s, err));
    LG_TRY(run_layer(call, &s, err));
    LG_TRY(write_out(call, &s, err));
    plt_doc_init(&doc);
    plt_title(&doc, "%s convolved with %s%s: %dx%d to %dx%d", cmd_lesson_name(call, GRID), kernel_name(call),
              s.same ? ", same" : "", s.x.rows, s.x.cols, s.y.rows, s.y.cols);
    if (draw(call, &doc, &s, err) == LG_OK) say(&doc, call, &s, err);
    if (err->status == LG_OK) return cmd_display(call, &doc, true, err);
    plt_doc_release(&doc);
    return err->status;
}

const dsl_command dsl_cmd_convolve = {
    .name = "convolve",
    .summary = "slide a kernel over a grid, showing every dot product",
    .detail =
        "At every position the numbers under the kernel are multiplied by its numbers, and the products are added up: "
        "one number of the feature map. Computed by the library's own layer `conv`, which like Keras does not turn the "
        "kernel round.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"convolve [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] with edge same",
                                      "convolve [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] with [0 1 0; 1 -4 1; 0 1 "
                                      "0] at 2,2",
                                      NULL},
    .check = convolve_check,
    .run = convolve_run,
};
