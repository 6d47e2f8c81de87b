/* cmd_activate.c - `activate`: what an activation function does to every number of a grid. */
#include "kernel/commands/lesson_filter.h"
#include "kernel/commands/params.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { GRID, FUNCTION, IMAGE, CHANNEL, CROP, WITH, LAYER, FILTER };
enum { POINTS = 121 }; /* of the curve */

static const dsl_param params[] = {
    [GRID] = CMD_SUBJECT,
    [FUNCTION] = {.name = "function",
                  .role = DSL_POSITIONAL,
                  .type = DSL_T_CHOICE,
                  .choices = "linear relu relu6 leaky elu gelu swish sigmoid tanh",
                  .dflt = "relu",
                  .help = "what is done to every number"},
    [IMAGE] = CMD_SUBJECT_IMAGE,
    [CHANNEL] = CMD_SUBJECT_CHANNEL("red green blue", "red"),
    [CROP] = CMD_SUBJECT_CROP,
    [WITH] = {.name = "with",
              .role = DSL_PREPOSITION,
              .type = DSL_T_OBJECT,
              .kinds = DSL_MODELS,
              .help = "a model: then the sums of one filter for the image are activated"},
    [LAYER] = CMD_LAYER("the first conv", "of a model: the layer of the filter"),
    [FILTER] = CMD_FILTER_NUMBER,
    {0},
};

static const cmd_subject_params subject_params = {GRID, IMAGE, CHANNEL, CROP, false};

typedef struct activated {
    cmd_stack x, y, from, to; /* from, to: points of the curve */
    uint8_t *mark;
    int changed, zeros; /* numbers that became others; of those: 0 */
    int node;           /* of a filter's layer */
} activated;

static lg_status apply(const dsl_call *call, const cmd_stack *x, cmd_stack *y, lg_err *err)
{
    char *line = lg_strf(err, "activation %s", call->arg[FUNCTION].value[0].text);
    if (!line) return err->status;
    lg_status st = cmd_lesson_layer(call, line, x, NULL, y, err);
    lg_free(line);
    return st;
}

/* As wide as the grid's numbers, so that all of them lie on it. */
static lg_status draw_points(const dsl_call *call, activated *a, lg_err *err)
{
    double wide = 3;
    for (int i = 0; i < a->x.rows * a->x.cols; i++) wide = fmax(wide, fabs(a->x.cell[i]));
    a->from = (cmd_stack){1, POINTS, 1, lg_arena_alloc(call->arena, POINTS, sizeof(double), err)};
    if (!a->from.cell) return err->status;
    for (int i = 0; i < POINTS; i++) a->from.cell[i] = wide * (i - POINTS / 2) / (POINTS / 2);
    return apply(call, &a->from, &a->to, err);
}

static lg_status compare(const dsl_call *call, activated *a, lg_err *err)
{
    int n = a->x.rows * a->x.cols;
    a->mark = lg_arena_alloc(call->arena, (size_t)n, 1, err);
    if (!a->mark) return err->status;
    for (int i = 0; i < n; i++) {
        if ((double)(float)a->x.cell[i] == a->y.cell[i]) continue;
        a->mark[i] = PLT_CELL_CHANGED;
        a->changed++;
        a->zeros += a->y.cell[i] == 0;
    }
    return LG_OK;
}

static void draw_curve(plt_doc *doc, const dsl_call *call, const activated *a)
{
    const char *word = call->arg[FUNCTION].value[0].text;
    const plt_line line = {.name = word, .x = a->from.cell, .y = a->to.cell, .n = POINTS};
    plt_lines(doc, &(plt_lines_spec){.title = word,
                                     .sentence = "",
                                     .x = {.label = "number before"},
                                     .y = {.label = "after"},
                                     .lines = &line,
                                     .nline = 1,
                                     .height = 220});
}

static void say(plt_doc *doc, const activated *a)
{
    int n = a->x.rows * a->x.cols;
    if (!a->changed) plt_sentence(doc, "none of the %d numbers changed", n);
    else if (a->zeros == n) plt_sentence(doc, "all %d became 0", n);
    else if (a->zeros == a->changed)
        plt_sentence(doc, "%d of %d became 0, the others stayed as they were", a->zeros, n);
    else if (a->zeros) plt_sentence(doc, "%d of %d changed, %d of them became 0", a->changed, n, a->zeros);
    else plt_sentence(doc, "%d of %d changed", a->changed, n);
}

static lg_status check_options(const dsl_call *call, lg_err *err)
{
    bool model = call->arg[WITH].count > 0, image = cmd_subject_is_image(call, GRID);
    const int misplaced = model && !image                     ? WITH
                          : !model && call->arg[LAYER].given  ? LAYER
                          : !model && call->arg[FILTER].given ? FILTER
                          : model && call->arg[CHANNEL].given ? CHANNEL
                                                              : -1;
    if (misplaced < 0) return LG_OK;
    lg_fail(err, LG_E_ARG, 144,
            misplaced == WITH      ? "`%s` is for images of a dataset, and this is a grid"
            : misplaced == CHANNEL ? "`%s` is for images as they are, and a filter sees all channels"
                                   : "`%s` is for filters of a model, and none is named",
            call->command->params[misplaced].name);
    lg_try(err, "activate logos.train relu with scratch layer conv1 filter 3 image 7");
    return lg_err_place(err, call->arg[misplaced].value[0].span);
}

static lg_status activate_check(const dsl_call *call, lg_err *err)
{
    cmd_subject s;
    LG_TRY(check_options(call, err));
    return cmd_subject_is_image(call, GRID) ? LG_OK : cmd_subject_of(call, &subject_params, &s, err);
}

/* The sums of a filter take the place of the image. */
static lg_status take_filter(const dsl_call *call, cmd_subject *s, int *node, lg_err *err)
{
    cmd_filter f;
    LG_TRY(cmd_filter_of(call, &call->arg[WITH].value[0], LAYER, FILTER, s, &f, err));
    LG_TRY(cmd_lesson_conv(call, &f.x, &f.kernel, f.has_bias ? &f.bias : NULL, &f.motion, &s->x, err));
    *node = f.node;
    char *name = lg_strf(err, "sums of %s filter %d", f.layer, f.number);
    s->channel[0] = name ? lg_arena_strndup(call->arena, name, strlen(name), err) : NULL;
    lg_free(name);
    return s->channel[0] ? LG_OK : err->status;
}

/* Every number stands alone, so what is shown is what is worked on. */
static lg_status work(const dsl_call *call, const cmd_subject *s, const cmd_view *view, activated *a, lg_err *err)
{
    LG_TRY(cmd_lesson_cut(call, &s->x, view, &a->x, err));
    LG_TRY(apply(call, &a->x, &a->y, err));
    LG_TRY(compare(call, a, err));
    return draw_points(call, a, err);
}

static lg_status draw(const dsl_call *call, plt_doc *doc, const cmd_subject *s, int node, lg_err *err)
{
    activated a = {.node = node};
    bool model = call->arg[WITH].count > 0;
    const cmd_view view = cmd_subject_view(s, &s->x, &(cmd_window){1, 1, 1, 1}, -1);
    LG_TRY(work(call, s, &view, &a, err));
    const plt_numbers grids[] = {
        cmd_lesson_numbers(call, &a.x, 0, NULL, s->channel[0], err),
        cmd_lesson_numbers(call, &a.y, 0, a.mark, a.changed ? "activated; blue: changed" : "activated", err)};
    LG_TRY(err->status);
    plt_title(doc, "%s of %s%s%s: %dx%d", call->arg[FUNCTION].value[0].text, model ? s->channel[0] : "",
              model ? " for " : "", s->name, s->x.rows, s->x.cols);
    if (model) cmd_warn_untrained(doc, &call->arg[WITH].value[0], a.node);
    LG_TRY(cmd_doc_subject(doc, s, model ? NULL : &view, err));
    if (model)
        plt_note(doc, "shown are rows %d to %d and columns %d to %d of the %dx%d sums", view.top + 1,
                 view.top + view.rows, view.left + 1, view.left + view.cols, s->x.rows, s->x.cols);
    draw_curve(doc, call, &a);
    plt_number_grids(doc, &(plt_grids_spec){.sentence = "", .grid = grids, .n = 2});
    say(doc, &a);
    return LG_OK;
}

static lg_status activate_run(const dsl_call *call, lg_err *err)
{
    int node = -1;
    cmd_subject s;
    plt_doc doc;
    plt_doc_init(&doc);
    lg_status st = call->arg[WITH].count ? cmd_subject_named(call, &subject_params, &s, err)
                                         : cmd_subject_of(call, &subject_params, &s, err);
    if (st == LG_OK && call->arg[WITH].count) st = take_filter(call, &s, &node, err);
    if (st == LG_OK) st = draw(call, &doc, &s, node, err);
    cmd_subject_release(&s);
    if (st == LG_OK) return cmd_display(call, &doc, true, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_activate = {
    .name = "activate",
    .summary = "apply an activation function",
    .detail = "An activation works on every number alone. Without one, layers behind one another could do no more than "
              "a single layer. Computed by the library's own layer `activation`.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"activate [-37 43; 29 2] relu", "activate [-2 -1 0; 0.5 1 2] sigmoid",
                                      "activate logos.train relu with scratch layer conv1 filter 3 image 7", NULL},
    .check = activate_check,
    .run = activate_run,
};
