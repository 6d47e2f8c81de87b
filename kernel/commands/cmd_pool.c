/* cmd_pool.c - `pool`: the largest, or the mean, of each window of a grid. */
#include "kernel/commands/lesson_image.h"

#include <math.h>

#include "lib/base/banned.h"

enum { GRID, WINDOW, STRIDE, MAX, AVG, ANIMATE, IMAGE, CHANNEL, CROP, AT, SLIDER };

static const dsl_param params[] = {
    [GRID] = CMD_SUBJECT,
    [WINDOW] = {.name = "window",
                .role = DSL_POSITIONAL,
                .type = DSL_T_SIZE,
                .dflt = "2x2",
                .help = "height x width of the window"},
    [STRIDE] = {.name = "stride",
                .role = DSL_OPTION,
                .type = DSL_T_INT,
                .dflt_help = "the window",
                .min = 1,
                .max = 16,
                .help = "steps between windows"},
    [MAX] = {.name = "max", .role = DSL_FLAG, .type = DSL_T_FLAG, .help = "the largest of each window; the default"},
    [AVG] = {.name = "avg", .role = DSL_FLAG, .type = DSL_T_FLAG, .help = "the mean of each window"},
    [ANIMATE] = {.name = "animate",
                 .role = DSL_FLAG,
                 .type = DSL_T_FLAG,
                 .dflt = "on",
                 .help = "show one window after the other; `no animate` shows all at once"},
    [IMAGE] = CMD_SUBJECT_IMAGE,
    [CHANNEL] = CMD_SUBJECT_CHANNEL("red green blue", "red"),
    [CROP] = CMD_SUBJECT_CROP,
    [AT] = CMD_SUBJECT_AT("all windows", "one window alone: row, column of the result, from 1"),
    [SLIDER] = CMD_SLIDER("the position of the window"),
    {0},
};

static const cmd_subject_params subject_params = {GRID, IMAGE, CHANNEL, CROP, false};

typedef struct pooling {
    cmd_subject subject;
    cmd_stack all, x, y;    /* x, y: of all, what is shown */
    cmd_view view;          /* of the results */
    int rows, cols;         /* of all results */
    int h, w, down, across; /* the window and its steps */
    int at;                 /* in all results; -1: all of them */
    bool mean;
    uint8_t *won; /* marks of x */
    const char **line;
} pooling;

static lg_status check_window(const dsl_call *call, const pooling *p, lg_err *err)
{
    const dsl_value *window = &call->arg[WINDOW].value[0];
    if (window->nsize == 3 || p->h < 1 || p->w < 1) {
        lg_fail(err, LG_E_ARG, 141, "`pool` wants a window of height x width, not `%s`", window->text);
        lg_try(err, "write `2x2`");
        return lg_err_place(err, window->span);
    }
    if (p->h > CMD_LESSON_MOST || p->w > CMD_LESSON_MOST) {
        lg_fail(err, LG_E_ARG, 142, "`pool` shows windows of up to %dx%d, not `%s`", CMD_LESSON_MOST, CMD_LESSON_MOST,
                window->text);
        return lg_err_place(err, window->span);
    }
    if (!p->all.cell || (p->h <= p->all.rows && p->w <= p->all.cols)) return LG_OK;
    lg_fail(err, LG_E_SHAPE, 203, "the %dx%d window is larger than the %dx%d %s", p->h, p->w, p->all.rows, p->all.cols,
            p->subject.image ? "image" : "grid");
    lg_why(err, "it has no place to lie in");
    lg_try(err, "take a smaller window, such as %dx%d", p->all.rows < 2 ? 1 : 2, p->all.cols < 2 ? 1 : 2);
    return lg_err_place(err, window->span);
}

/* While a cell is bound, images are not looked at: then p->all stays empty. */
static lg_status prepare(const dsl_call *call, pooling *p, bool run, lg_err *err)
{
    const dsl_value *window = &call->arg[WINDOW].value[0];
    *p = (pooling){.h = window->size[0], .w = window->size[1], .mean = dsl_on(call, AVG)};
    p->down = call->arg[STRIDE].count ? (int)call->arg[STRIDE].value[0].integer : p->h;
    p->across = call->arg[STRIDE].count ? p->down : p->w;
    if (p->mean && dsl_on(call, MAX)) {
        lg_fail(err, LG_E_ARG, 202, "`max` and `avg` exclude each other");
        lg_try(err, "leave one of them out; `max` is the default");
        return lg_err_place(err, call->arg[AVG].value[0].span);
    }
    if (run || !cmd_subject_is_image(call, GRID)) {
        LG_TRY(cmd_subject_of(call, &subject_params, &p->subject, err));
        p->all = p->subject.x;
    }
    return check_window(call, p, err);
}

static double cell_at(const cmd_stack *x, int row, int col)
{
    return x->cell[row * x->cols + col];
}

/* The first number of the window that is the layer's result. */
static void mark_winner(pooling *p, int row, int col)
{
    double most = cell_at(&p->y, row, col);
    for (int i = 0; i < p->h; i++)
        for (int j = 0; j < p->w; j++) {
            int r = row * p->down + i, c = col * p->across + j;
            if ((double)(float)cell_at(&p->x, r, c) != most) continue;
            p->won[r * p->x.cols + c] = PLT_CELL_WON;
            return;
        }
}

/* "largest of 35 19 13 22 is 35" */
static const char *written_out(const dsl_call *call, const pooling *p, int row, int col, lg_err *err)
{
    lg_buf text;
    lg_buf_init(&text, 0);
    lg_buf_adds(&text, p->mean ? "mean of" : "largest of");
    for (int i = 0; i < p->h; i++)
        for (int j = 0; j < p->w; j++) {
            lg_buf_addc(&text, ' ');
            plt_add_cell_number(&text, cell_at(&p->x, row * p->down + i, col * p->across + j));
        }
    lg_buf_adds(&text, " is ");
    plt_add_cell_number(&text, cell_at(&p->y, row, col));
    return cmd_lesson_text(call, &text, err);
}

static lg_status run_layer(const dsl_call *call, pooling *p, lg_err *err)
{
    cmd_stack y;
    const cmd_window window = {p->h, p->w, p->down, p->across};
    char *line = lg_strf(err, "%s %dx%d stride %dx%d", p->mean ? "avgpool" : "maxpool", p->h, p->w, p->down, p->across);
    if (!line) return err->status;
    lg_status st = cmd_lesson_layer(call, line, &p->all, NULL, &y, err);
    lg_free(line);
    LG_TRY(st);
    p->rows = y.rows;
    p->cols = y.cols;
    LG_TRY(cmd_lesson_at(call, AT, "the result", y.rows, y.cols, &p->at, err));
    if (p->at < 0 && dsl_on(call, SLIDER)) p->at = p->subject.image ? y.rows / 2 * y.cols + y.cols / 2 : 0;
    p->view = cmd_subject_view(&p->subject, &y, &window, p->at);
    const cmd_view covers =
        p->subject.image ? cmd_view_covers(&p->view, &window) : (cmd_view){0, 0, p->all.rows, p->all.cols};
    LG_TRY(cmd_lesson_cut(call, &y, &p->view, &p->y, err));
    return cmd_lesson_cut(call, &p->all, &covers, &p->x, err);
}

static lg_status write_out(const dsl_call *call, pooling *p, lg_err *err)
{
    int n = p->y.rows * p->y.cols;
    p->won = lg_arena_alloc(call->arena, (size_t)p->x.rows * (size_t)p->x.cols, 1, err);
    p->line = p->won ? lg_arena_alloc(call->arena, (size_t)n, sizeof *p->line, err) : NULL;
    for (int i = 0; p->line && i < n; i++) {
        if (!p->mean) mark_winner(p, i / p->y.cols, i % p->y.cols);
        if (!(p->line[i] = written_out(call, p, i / p->y.cols, i % p->y.cols, err))) return err->status;
    }
    return p->line ? LG_OK : err->status;
}

/* ---- showing it ---- */
/* The place `at` among what is shown; the last place where none was named. */
static int place_shown(const pooling *p)
{
    if (p->at < 0) return p->y.rows * p->y.cols - 1;
    return (p->at / p->cols - p->view.top) * p->y.cols + p->at % p->cols - p->view.left;
}

static void say(plt_doc *doc, const dsl_call *call, const pooling *p)
{
    int n = p->rows * p->cols, rows = p->all.rows - ((p->rows - 1) * p->down + p->h),
        cols = p->all.cols - ((p->cols - 1) * p->across + p->w);
    if (p->at >= 0)
        plt_sentence(doc, "at %d,%d: %s", p->at / p->cols + 1, p->at % p->cols + 1, p->line[place_shown(p)]);
    plt_sentence(doc, "%s window%s, %s number%s instead of %s: %s of each window stays", lg_thousands(n),
                 n == 1 ? "" : "s", lg_thousands(n), n == 1 ? "" : "s", lg_thousands(p->all.rows * p->all.cols),
                 p->mean ? "the mean" : "the largest");
    if (rows > 0 || cols > 0)
        plt_note(doc, "no whole window fits into the last %d row%s and %d column%s: they are left out, as Keras does",
                 rows, rows == 1 ? "" : "s", cols, cols == 1 ? "" : "s");
    if (p->at < 0 && !plt_slide_moves(p->y.rows, p->y.cols) && dsl_on(call, ANIMATE))
        cmd_doc_too_many(doc, p->y.rows * p->y.cols);
    if (p->at < 0 || dsl_on(call, SLIDER))
        cmd_doc_positions(doc, p->line, p->y.rows, p->y.cols, p->view.top, p->view.left);
}

static lg_status pool_check(const dsl_call *call, lg_err *err)
{
    pooling p;
    return prepare(call, &p, false, err);
}

static lg_status draw(const dsl_call *call, plt_doc *doc, const pooling *p, lg_err *err)
{
    const cmd_window window = {p->h, p->w, p->down, p->across};
    const cmd_view covers = cmd_view_covers(&p->view, &window);
    const plt_numbers in = cmd_lesson_numbers(call, &p->x, 0, p->won, p->subject.channel[0], err),
                      out = cmd_lesson_numbers(call, &p->y, 0, NULL, p->mean ? "means" : "largest", err);
    LG_TRY(err->status);
    plt_title(doc, "%s pooled by %s of %dx%d: %dx%d to %dx%d", p->subject.name, p->mean ? "means" : "the largest", p->h,
              p->w, p->all.rows, p->all.cols, p->rows, p->cols);
    LG_TRY(cmd_doc_subject(doc, &p->subject, &covers, err));
    plt_slide(doc, &(plt_slide_spec){.sentence = "",
                                     .in = &in,
                                     .channels = 1,
                                     .out = out,
                                     .window_h = p->h,
                                     .window_w = p->w,
                                     .stride_h = p->down,
                                     .stride_w = p->across,
                                     .line = p->line,
                                     .at = place_shown(p),
                                     .animate = p->at < 0 && dsl_on(call, ANIMATE),
                                     .outline = p->down >= p->h && p->across >= p->w});
    say(doc, call, p);
    return LG_OK;
}

static lg_status pool_run(const dsl_call *call, lg_err *err)
{
    pooling p;
    plt_doc doc;
    dsl_slider slider;
    bool moves = dsl_on(call, SLIDER);
    plt_doc_init(&doc);
    lg_status st = prepare(call, &p, true, err);
    if (st == LG_OK) st = run_layer(call, &p, err);
    if (st == LG_OK) st = write_out(call, &p, err);
    if (st == LG_OK) st = draw(call, &doc, &p, err);
    if (st == LG_OK && moves)
        st = cmd_lesson_slider(call, "position of the window", p.rows, p.cols, p.at, &slider, err);
    cmd_subject_release(&p.subject);
    if (st == LG_OK) return moves ? cmd_slide(call, &doc, true, &slider, err) : cmd_display(call, &doc, true, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_pool = {
    .name = "pool",
    .summary = "keep the largest (or mean) of each window",
    .detail = "Pooling makes an image smaller and keeps what is strongest in every place; the winners have a ring. "
              "Computed by the library's own layers `maxpool` and `avgpool`.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"pool [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] 2x2",
                                      "pool [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] 2x2 avg no animate",
                                      "pool [35 19 25 6; 13 22 16 53; 4 3 7 10; 9 8 1 3] 2x2 slider",
                                      "pool logos.train 2x2 image 7", NULL},
    .check = pool_check,
    .run = pool_run,
};
