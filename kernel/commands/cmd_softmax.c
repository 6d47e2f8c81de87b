/* cmd_softmax.c - `softmax`: scores become probabilities, with the arithmetic. */
#include "kernel/commands/lesson_filter.h"
#include "kernel/commands/params.h"
#include "kernel/commands/seen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/banned.h"

enum { SCORES, NAMES, TEMPERATURE, IMAGE, ON, SLIDER };
enum { MOST = 100 };                /* scores that are written */
enum { ROWS = 24, LIKELIEST = 12 }; /* of a model: rows of the table; of more classes so many are shown */
#define PLAIN 80.0                  /* the largest score whose exponential is shown as it is */

static const dsl_param params[] = {
    [SCORES] = {.name = "scores",
                .role = DSL_POSITIONAL,
                .type = DSL_T_GRID,
                .kinds = DSL_GRIDS | DSL_MODELS,
                .list = true,
                .required = true,
                .help = "the scores, one for each class: 2.0, 1.0, 0.1 or the name of a grid; or a model with `image`"},
    [NAMES] = {.name = "names",
               .role = DSL_OPTION,
               .type = DSL_T_WORD,
               .offers = DSL_OFFER_LABELS,
               .list = true,
               .dflt_help = "class 1, class 2 …; a model's labels",
               .help = "the classes"},
    [TEMPERATURE] = {.name = "temperature",
                     .role = DSL_OPTION,
                     .type = DSL_T_NUMBER,
                     .dflt = "1",
                     .min = 0.01,
                     .max = 100,
                     .help = "scores are divided by it first",
                     .advice = "below 1 the largest share grows, above 1 the shares come closer to one another"},
    [IMAGE] = {.name = "image",
               .role = DSL_OPTION,
               .type = DSL_T_IMAGE,
               .files = true,
               .dflt_help = "the first",
               .help = "of a model: the image it scores, by number or name, or a file"},
    [ON] = CMD_ON("of a model: the dataset of the image"),
    [SLIDER] = CMD_SLIDER("the temperature"),
    {0},
};

typedef struct scores {
    int n;
    cmd_subject subject;         /* of a model: the image */
    const cmd_model *model;      /* NULL: the scores were written */
    cmd_stack x, divided, share; /* (1, 1, n) */
    double temperature, off;     /* off: taken from every score before exp, so that no number overflows */
    double sum;
    int *row, rows; /* the classes by their place in the table, of which so many are shown */
} scores;

static const cmd_model *model_of(const dsl_call *call)
{
    const dsl_object *object = call->arg[SCORES].value[0].object;
    return object && object->cls->kind == DSL_KIND_MODEL ? cmd_model_of(&call->arg[SCORES].value[0]) : NULL;
}

static lg_status check_numbers(const dsl_call *call, const scores *s, lg_err *err)
{
    const dsl_arg *arg = &call->arg[SCORES];
    if (s->n < 2 || (s->n > MOST && !s->model)) {
        lg_fail(err, LG_E_ARG, 142, "`softmax` shares among 2 to %d scores, and here %s %d", MOST,
                s->n == 1 ? "is" : "are", s->n);
        lg_try(err, "softmax 2.0, 1.0, 0.1");
        return lg_err_place(err, arg->value[0].span);
    }
    for (int i = 0; i < s->n; i++)
        if (!(fabs(s->x.cell[i]) <= 1e6)) {
            lg_fail(err, LG_E_ARG, 142, "`softmax` takes scores between -1,000,000 and 1,000,000, not %g",
                    s->x.cell[i]);
            return lg_err_place(err, arg->value[0].span);
        }
    const dsl_arg *names = &call->arg[NAMES];
    if (!names->count || names->count == s->n) return LG_OK;
    lg_fail(err, LG_E_ARG, 142, "there are %d scores and %d name%s", s->n, names->count, names->count == 1 ? "" : "s");
    lg_why(err, "every score belongs to one class");
    lg_try(err, "give as many names as scores, or none");
    return lg_err_place(err, names->value[0].span);
}

static lg_status of_numbers(const dsl_call *call, scores *s, lg_err *err)
{
    const dsl_arg *arg = &call->arg[SCORES];
    const dsl_grid *grid = &arg->value[0].grid;
    const int of_models[] = {IMAGE, ON};
    for (int i = 0; i < 2; i++)
        if (call->arg[of_models[i]].given) {
            lg_fail(err, LG_E_ARG, 144, "`%s` is for the scores of a model, and these are written",
                    call->command->params[of_models[i]].name);
            lg_try(err, "softmax scratch image 7");
            return lg_err_place(err, call->arg[of_models[i]].value[0].span);
        }
    if (arg->count > 1) {
        lg_fail(err, LG_E_ARG, 147, "`softmax` takes numbers, or one grid");
        lg_try(err, "softmax 2.0, 1.0, 0.1");
        return lg_err_place(err, arg->value[1].span);
    }
    bool fits = grid->rows <= MOST && grid->cols <= MOST;
    s->n = fits ? grid->rows * grid->cols : MOST + 1;
    s->x = (cmd_stack){1, 1, s->n, grid->cell};
    return check_numbers(call, s, err);
}

/* The dataset that is named, or the model's own. */
static lg_status dataset_of(const dsl_call *call, const scores *s, dsl_value *out, lg_err *err)
{
    const dsl_value *model = &call->arg[SCORES].value[0];
    if (call->arg[ON].count) {
        *out = call->arg[ON].value[0];
        return LG_OK;
    }
    dsl_object *object = s->model->on ? dsl_session_get(call->session, s->model->on) : NULL;
    *out = (dsl_value){
        .type = DSL_T_OBJECT, .text = s->model->on ? s->model->on : "", .name = s->model->on, .object = object};
    if (object && object->cls->kind == DSL_KIND_DATASET) return LG_OK;
    lg_fail(err, LG_E_DATA, 404, "`%s` has no dataset to take an image from", model->name);
    lg_try(err, "say which: softmax %s on logos image 7", model->name);
    return lg_err_place(err, model->span);
}

/* The image: a file needs no dataset. */
static lg_status find_image(const dsl_call *call, scores *s, lg_err *err)
{
    dsl_value data;
    const dsl_value *model = &call->arg[SCORES].value[0];
    if (cmd_seen_only_files(call, model, ON, IMAGE)) {
        data_image file;
        LG_TRY(cmd_seen_files(call, model, ON, IMAGE, &s->subject.set, err));
        data_image_at(s->subject.set, 0, &file);
        s->subject.name = file.number;
        return LG_OK;
    }
    LG_TRY(dataset_of(call, s, &data, err));
    return cmd_subject_row(call, &data, IMAGE, &s->subject, err);
}

static lg_status of_model(const dsl_call *call, scores *s, lg_err *err)
{
    LG_TRY(find_image(call, s, err));
    s->subject.image = true;
    LG_TRY(cmd_scores_of(call, &call->arg[SCORES].value[0], &s->subject, &s->x, err));
    s->n = s->x.channels;
    return check_numbers(call, s, err);
}

static lg_status prepare(const dsl_call *call, scores *s, lg_err *err)
{
    *s = (scores){.temperature = call->arg[TEMPERATURE].value[0].number, .model = model_of(call)};
    return s->model ? of_model(call, s, err) : of_numbers(call, s, err);
}

static lg_status shares_at(const dsl_call *call, const scores *s, double temperature, cmd_stack *divided,
                           cmd_stack *share, lg_err *err)
{
    *divided = s->x;
    divided->cell = lg_arena_alloc(call->arena, (size_t)s->n, sizeof *divided->cell, err);
    if (!divided->cell) return err->status;
    for (int i = 0; i < s->n; i++) divided->cell[i] = s->x.cell[i] / temperature;
    return cmd_lesson_layer(call, "activation softmax", divided, NULL, share, err);
}

/* The sum that is written below the table, of the numbers in it. */
static void add_up(scores *s)
{
    double most = s->divided.cell[0];
    for (int i = 1; i < s->n; i++) most = fmax(most, s->divided.cell[i]);
    s->off = fabs(most) > PLAIN ? most : 0;
    for (int i = 0; i < s->n; i++) s->sum += exp(s->divided.cell[i] - s->off);
}

static const char *name_of(const dsl_call *call, int i, char room[24])
{
    const cmd_model *model = model_of(call);
    if (call->arg[NAMES].count) return call->arg[NAMES].value[i].text;
    if (model) return cmd_output_name(model, i);
    snprintf(room, 24, "class %d", i + 1);
    return room;
}

/* ---- which of many ---- */
typedef struct placed {
    double score;
    int class;
} placed;

static int highest_first(const void *left, const void *right)
{
    const placed *a = left, *b = right;
    if (a->score > b->score || a->score < b->score) return a->score > b->score ? -1 : 1;
    return a->class - b->class;
}

/* All in their order, or the likeliest of many: s->row, s->rows. */
static lg_status choose_rows(const dsl_call *call, scores *s, lg_err *err)
{
    placed *all = lg_arena_alloc(call->arena, (size_t)s->n, sizeof *all, err);
    s->row = all ? lg_arena_alloc(call->arena, (size_t)s->n, sizeof *s->row, err) : NULL;
    if (!s->row) return err->status;
    for (int i = 0; i < s->n; i++) all[i] = (placed){s->x.cell[i], i};
    bool many = s->model && s->n > ROWS;
    if (many) qsort(all, (size_t)s->n, sizeof *all, highest_first);
    s->rows = many ? LIKELIEST : s->n;
    for (int i = 0; i < s->n; i++) s->row[i] = all[i].class;
    return LG_OK;
}

static void number_cell(plt_doc *doc, double value)
{
    lg_buf text;
    lg_buf_init(&text, 64);
    plt_add_cell_number(&text, value);
    plt_cell(doc, "%s", lg_buf_str(&text));
    lg_buf_release(&text);
}

/* One row for those that are not shown. */
static void add_others(plt_doc *doc, const scores *s)
{
    double powers = 0, share = 0;
    for (int k = s->rows; k < s->n; k++) {
        powers += exp(s->divided.cell[s->row[k]] - s->off);
        share += s->share.cell[s->row[k]];
    }
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s others", lg_thousands(s->n - s->rows));
    plt_cell(doc, "%s", "");
    if (s->temperature != 1) plt_cell(doc, "%s", "");
    number_cell(doc, powers);
    plt_cell(doc, "%s%%", plt_points(share, 1));
    plt_cell_bar(doc, share);
}

static void add_table(plt_doc *doc, const dsl_call *call, const scores *s)
{
    bool divided = s->temperature != 1;
    char room[24];
    plt_table(doc, "%s", "");
    plt_column(doc, PLT_LEFT, "Class");
    plt_column(doc, PLT_RIGHT, "Score");
    if (divided) plt_column(doc, PLT_RIGHT, "Score / temperature");
    plt_column(doc, PLT_RIGHT, s->off != 0 ? "exp(score - largest)" : divided ? "exp of that" : "exp(score)");
    plt_column(doc, PLT_RIGHT, "Share");
    for (int k = 0; k < s->rows; k++) {
        int i = s->row[k];
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", name_of(call, i, room));
        number_cell(doc, s->x.cell[i]);
        if (divided) number_cell(doc, s->divided.cell[i]);
        number_cell(doc, exp(s->divided.cell[i] - s->off));
        plt_cell(doc, "%s%%", plt_points(s->share.cell[i], 1));
        plt_cell_bar(doc, s->share.cell[i]);
    }
    if (s->rows < s->n) add_others(doc, s);
    plt_row(doc, PLT_ROW_TOTAL);
    plt_head(doc, "sum");
    plt_cell(doc, "%s", "");
    if (divided) plt_cell(doc, "%s", "");
    number_cell(doc, s->sum);
    plt_cell(doc, "100%%");
}

/* The same scores at other temperatures. */
static lg_status add_temperatures(plt_doc *doc, const dsl_call *call, const scores *s, lg_err *err)
{
    static const double tried[] = {0.5, 1, 2};
    cmd_stack divided, share[3];
    char room[24];
    for (int t = 0; t < 3; t++) LG_TRY(shares_at(call, s, tried[t], &divided, &share[t], err));
    plt_fold_begin(doc, "the same scores at temperature 0.5, 1 and 2");
    plt_table(doc, "%s", "");
    plt_column(doc, PLT_LEFT, "Class");
    for (int t = 0; t < 3; t++) plt_column(doc, PLT_RIGHT, "at %g", tried[t]);
    for (int k = 0; k < s->rows; k++) {
        int i = s->row[k];
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", name_of(call, i, room));
        for (int t = 0; t < 3; t++) plt_cell(doc, "%s%%", plt_points(share[t].cell[i], 1));
    }
    plt_fold_end(doc);
    return LG_OK;
}

static void say(plt_doc *doc, const dsl_call *call, const scores *s)
{
    int most = 0;
    char room[24];
    lg_buf text;
    for (int i = 1; i < s->n; i++)
        if (s->share.cell[i] > s->share.cell[most]) most = i;
    lg_buf_init(&text, 256);
    plt_add_cell_number(&text, exp(s->divided.cell[most] - s->off));
    lg_buf_adds(&text, " / ");
    plt_add_cell_number(&text, s->sum);
    plt_sentence(doc, "%s gets the largest share: %s = %s%%", plt_label(name_of(call, most, room)), lg_buf_str(&text),
                 plt_points(s->share.cell[most], 1));
    lg_buf_release(&text);
    if (s->off != 0)
        plt_note(doc, "the largest score is taken from all of them first, so that no number becomes too large; the "
                      "shares are the same");
}

static lg_status softmax_check(const dsl_call *call, lg_err *err)
{
    scores s;
    return model_of(call) ? LG_OK : prepare(call, &s, err);
}

static lg_status show(const dsl_call *call, plt_doc *doc, scores *s, lg_err *err)
{
    char at[40] = "";
    LG_TRY(shares_at(call, s, s->temperature, &s->divided, &s->share, err));
    add_up(s);
    LG_TRY(choose_rows(call, s, err));
    if (s->temperature != 1) snprintf(at, sizeof at, " at temperature %g", s->temperature);
    if (s->model)
        plt_title(doc, "softmax of the %d scores of %s for %s%s", s->n, call->arg[SCORES].value[0].name,
                  s->subject.name, at);
    else plt_title(doc, "softmax of %d scores%s", s->n, at);
    if (s->model) cmd_warn_untrained(doc, &call->arg[SCORES].value[0], -1);
    if (s->model && !s->subject.of) cmd_note_guessed(doc, call, &call->arg[SCORES].value[0], ON);
    LG_TRY(cmd_doc_subject(doc, &s->subject, NULL, err));
    add_table(doc, call, s);
    say(doc, call, s);
    return add_temperatures(doc, call, s, err);
}

/* From nearly all for the largest to nearly the same for each; and the temperature that is drawn now. */
static lg_status temperatures(const dsl_call *call, double now, dsl_slider *out, lg_err *err)
{
    static const double usual[] = {0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10};
    return cmd_slider_numbers(call, "temperature", "temperature", usual, sizeof usual / sizeof *usual, now, out, err);
}

static lg_status display(const dsl_call *call, plt_doc *doc, const scores *s, lg_err *err)
{
    dsl_slider slider;
    if (!dsl_on(call, SLIDER)) return cmd_display(call, doc, s->model != NULL, err);
    LG_TRY(temperatures(call, s->temperature, &slider, err));
    return cmd_slide(call, doc, s->model != NULL, &slider, err);
}

static lg_status softmax_run(const dsl_call *call, lg_err *err)
{
    scores s;
    plt_doc doc;
    plt_doc_init(&doc);
    lg_status st = prepare(call, &s, err);
    if (st == LG_OK) st = show(call, &doc, &s, err);
    cmd_subject_release(&s.subject);
    if (st == LG_OK) st = display(call, &doc, &s, err);
    if (st) plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_softmax = {
    .name = "softmax",
    .summary = "scores to probabilities, with the arithmetic",
    .detail = "The last layer of a network gives a score to each class. Softmax takes the exponential of each and "
              "divides by their sum: all shares are positive and add up to 100%. Computed by the library's own layer "
              "`activation softmax`.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"softmax 2.0, 1.0, 0.1, -1.0 names adidas, nike, other, puma",
                                      "softmax 2.0, 1.0, 0.1 temperature 0.5", "softmax scratch image 7",
                                      "softmax 2.0, 1.0, 0.1 slider", NULL},
    .check = softmax_check,
    .run = softmax_run,
};
