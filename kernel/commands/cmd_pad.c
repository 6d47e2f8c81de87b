/* cmd_pad.c - `pad`: a grid with a border of zeros around it. */
#include "kernel/commands/lesson.h"

#include "lib/base/banned.h"

enum { GRID, BY, VALUE };

static const dsl_param params[] = {
    [GRID] = {.name = "grid", .role = DSL_POSITIONAL, .type = DSL_T_GRID, .kinds = DSL_GRIDS, .required = true,
              .help = "the numbers, [1 2; 3 4] or the name of a grid"},
    [BY] = {.name = "by", .role = DSL_PREPOSITION, .type = DSL_T_INT, .dflt = "1", .min = 1, .max = 8,
            .help = "rows and columns to put on every side"},
    [VALUE] = {.name = "value", .role = DSL_OPTION, .type = DSL_T_NUMBER, .dflt = "0", .min = -1e9, .max = 1e9,
               .help = "the number to put there; layers pad with 0"},
    {0},
};

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

static void say(plt_doc *doc, const dsl_call *call, const cmd_stack *x, const cmd_stack *y, lg_err *err)
{
    lg_buf text;
    int added = y->rows * y->cols - x->rows * x->cols;
    double value = call->arg[VALUE].value[0].number;
    lg_buf_init(&text, 0);
    lg_buf_addf(&text, "the %dx%d grid becomes %dx%d: %d ", x->rows, x->cols, y->rows, y->cols, added);
    if (value == 0) lg_buf_adds(&text, "zeros");
    else lg_buf_adds(&text, "times "), plt_add_cell_number(&text, value);
    lg_buf_addf(&text, " around its %d numbers", x->rows * x->cols);
    const char *sentence = cmd_lesson_text(call, &text, err);
    if (sentence) plt_sentence(doc, "%s", sentence);
}

static lg_status pad_check(const dsl_call *call, lg_err *err)
{
    cmd_stack x;
    return cmd_lesson_grid(call, GRID, &x, err);
}

static lg_status pad_run(const dsl_call *call, lg_err *err)
{
    cmd_stack x, y;
    uint8_t *mark;
    const char *name = cmd_lesson_name(call, GRID);
    long long by = call->arg[BY].value[0].integer;
    LG_TRY(cmd_lesson_grid(call, GRID, &x, err));
    LG_TRY(run_layer(call, &x, &y, &mark, err));
    const plt_numbers grids[] = {cmd_lesson_numbers(call, &x, 0, NULL, name, err),
                                 cmd_lesson_numbers(call, &y, 0, mark, "padded", err)};
    LG_TRY(err->status);
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "%s padded by %lld: %dx%d to %dx%d", name, by, x.rows, x.cols, y.rows, y.cols);
    plt_number_grids(&doc, &(plt_grids_spec){.sentence = "", .grid = grids, .n = 2});
    say(&doc, call, &x, &y, err);
    plt_note(&doc, "a 3x3 kernel that slides over the padded grid gives as many numbers as there were before padding "
                   "by 1: this is what `conv … same` does");
    if (err->status == LG_OK) return cmd_display(call, &doc, true, err);
    plt_doc_release(&doc);
    return err->status;
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
                                      "pad [1 2; 3 4] by 2 value 9", NULL},
    .check = pad_check,
    .run = pad_run,
};
