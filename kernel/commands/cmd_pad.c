/* cmd_pad.c - `pad`: a grid with a border of zeros around it. */
#include "kernel/commands/lesson_image.h"

#include "lib/base/banned.h"

enum { GRID, BY, VALUE, IMAGE, CHANNEL, CROP, AT };

static const dsl_param params[] = {
    [GRID] = CMD_SUBJECT,
    [BY] = {.name = "by",
            .role = DSL_PREPOSITION,
            .type = DSL_T_INT,
            .dflt = "1",
            .min = 1,
            .max = 8,
            .help = "rows and columns to put on every side"},
    [VALUE] = {.name = "value",
               .role = DSL_OPTION,
               .type = DSL_T_NUMBER,
               .dflt = "0",
               .min = -1e9,
               .max = 1e9,
               .help = "the number to put there; layers pad with 0"},
    [IMAGE] = CMD_SUBJECT_IMAGE,
    [CHANNEL] = CMD_SUBJECT_CHANNEL("red green blue", "red"),
    [CROP] = CMD_SUBJECT_CROP,
    [AT] = CMD_SUBJECT_AT("1,1", "of a dataset: row, column of the pixel where the crop begins"),
    {0},
};

static const cmd_subject_params subject_params = {GRID, IMAGE, CHANNEL, CROP, false};

/* Where the layer put its border it leaves 0 of a grid of ones. */
static lg_status run_layer(const dsl_call *call, const cmd_stack *x, cmd_stack *y, uint8_t **mark, lg_err *err)
{
    double value = call->arg[VALUE].value[0].number;
    size_t n = (size_t)x->rows * (size_t)x->cols;
    cmd_stack ones = *x, inside;
    char *line = lg_strf(err, "pad %lld", call->arg[BY].value[0].integer);
    ones.cell = lg_arena_alloc(call->arena, n, sizeof *ones.cell, err);
    lg_status st = line && ones.cell ? LG_OK : err->status;
    for (size_t i = 0; ones.cell && i < n; i++) ones.cell[i] = 1;
    LG_GO(st);
    LG_GO(cmd_lesson_layer(call, line, x, NULL, y, err));
    LG_GO(cmd_lesson_layer(call, line, &ones, NULL, &inside, err));
    n = (size_t)y->rows * (size_t)y->cols;
    if (!(*mark = lg_arena_alloc(call->arena, n, 1, err))) st = err->status;
    for (size_t i = 0; *mark && i < n; i++) {
        if (inside.cell[i] != 0) continue;
        (*mark)[i] = PLT_CELL_BORDER;
        y->cell[i] = value;
    }
done:
    lg_free(line);
    return st;
}

static void say(plt_doc *doc, const dsl_call *call, const cmd_subject *s, const cmd_stack *y, lg_err *err)
{
    lg_buf text;
    const cmd_stack *x = &s->x;
    double value = call->arg[VALUE].value[0].number;
    lg_buf_init(&text, 0);
    lg_buf_addf(&text, "the %dx%d %s becomes %dx%d: %d ", x->rows, x->cols, s->image ? "image" : "grid", y->rows,
                y->cols, y->rows * y->cols - x->rows * x->cols);
    if (value == 0) lg_buf_adds(&text, "zeros");
    else lg_buf_adds(&text, "times "), plt_add_cell_number(&text, value);
    lg_buf_addf(&text, " around its %s number%s", lg_thousands(x->rows * x->cols), x->rows * x->cols == 1 ? "" : "s");
    const char *sentence = cmd_lesson_text(call, &text, err);
    if (sentence) plt_sentence(doc, "%s", sentence);
    plt_note(doc, "a 3x3 kernel that slides over the padded grid gives as many numbers as there were before padding "
                  "by 1: this is what `conv … same` does");
}

static lg_status pad_check(const dsl_call *call, lg_err *err)
{
    cmd_stack x;
    if (cmd_subject_is_image(call, GRID)) return LG_OK;
    if (call->arg[AT].given) {
        lg_fail(err, LG_E_ARG, 144, "`at` is for images of a dataset, and this is a grid");
        lg_try(err, "leave it out: all of a grid is shown");
        return lg_err_place(err, call->arg[AT].value[0].span);
    }
    return cmd_lesson_grid(call, GRID, &x, err);
}

/* What is shown of the image, from the place `at` on. */
static lg_status view_of(const dsl_call *call, const cmd_subject *s, cmd_view *view, lg_err *err)
{
    int at = -1, rows = s->crop_rows < s->x.rows ? s->crop_rows : s->x.rows,
        cols = s->crop_cols < s->x.cols ? s->crop_cols : s->x.cols;
    if (s->image) LG_TRY(cmd_lesson_at(call, AT, "the result", s->x.rows, s->x.cols, &at, err));
    *view = (cmd_view){at < 0 ? 0 : at / s->x.cols, at < 0 ? 0 : at % s->x.cols, rows, cols};
    if (view->top > s->x.rows - rows) view->top = s->x.rows - rows;
    if (view->left > s->x.cols - cols) view->left = s->x.cols - cols;
    return LG_OK;
}

static lg_status draw(const dsl_call *call, plt_doc *doc, const cmd_subject *s, lg_err *err)
{
    cmd_stack y, before, after;
    uint8_t *mark, *shown;
    cmd_view view;
    int by = (int)call->arg[BY].value[0].integer;
    LG_TRY(view_of(call, s, &view, err));
    LG_TRY(run_layer(call, &s->x, &y, &mark, err));
    const cmd_view padded = {view.top, view.left, view.rows + 2 * by, view.cols + 2 * by};
    LG_TRY(cmd_lesson_cut(call, &s->x, &view, &before, err));
    LG_TRY(cmd_lesson_cut(call, &y, &padded, &after, err));
    LG_TRY(cmd_lesson_cut_marks(call, mark, y.cols, &padded, &shown, err));
    const plt_numbers grids[] = {cmd_lesson_numbers(call, &before, 0, NULL, s->channel[0], err),
                                 cmd_lesson_numbers(call, &after, 0, shown, "padded", err)};
    LG_TRY(err->status);
    plt_title(doc, "%s padded by %d: %dx%d to %dx%d", s->name, by, s->x.rows, s->x.cols, y.rows, y.cols);
    LG_TRY(cmd_doc_subject(doc, s, &view, err));
    plt_number_grids(doc, &(plt_grids_spec){.sentence = "", .grid = grids, .n = 2});
    say(doc, call, s, &y, err);
    return err->status;
}

static lg_status pad_run(const dsl_call *call, lg_err *err)
{
    cmd_subject s;
    plt_doc doc;
    lg_status st = cmd_subject_of(call, &subject_params, &s, err);
    plt_doc_init(&doc);
    if (st == LG_OK) st = draw(call, &doc, &s, err);
    cmd_subject_release(&s);
    if (st == LG_OK) return cmd_display(call, &doc, true, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_pad = {
    .name = "pad",
    .summary = "surround a grid with zeros",
    .detail =
        "Where a kernel slides over an image, its result is smaller than the image, and what lies at the border counts "
        "less. Zeros around the image keep the size. Computed by the library's own layer `pad`.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"pad [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] by 1",
                                      "pad [1 2; 3 4] by 2 value 9", "pad logos.train by 2 image 7 channel red", NULL},
    .check = pad_check,
    .run = pad_run,
};
