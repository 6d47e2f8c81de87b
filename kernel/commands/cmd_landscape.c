/* cmd_landscape.c - `landscape`: the loss around the present weights, as a map. */
#include "kernel/commands/learn_images.h"
#include "kernel/commands/lesson_filter.h"
#include "kernel/commands/params.h"
#include "lib/plot/learning.h"
#include "lib/plot/theme.h"

#include <math.h>

#include "lib/base/banned.h"

enum { MODEL, ON, SIZE, RADIUS, SEED };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model whose weights are in the middle; it is not changed"),
    [ON] = CMD_ON("images to compute the loss of: the training part"),
    [SIZE] = {.name = "size",
              .role = DSL_OPTION,
              .type = DSL_T_INT,
              .dflt = "21",
              .min = 3,
              .max = 101,
              .help = "points along each side of the map, an odd number",
              .advice = "11 is quick and coarse; 41 takes four times as long as 21"},
    [RADIUS] = {.name = "radius",
                .role = DSL_OPTION,
                .type = DSL_T_NUMBER,
                .dflt = "1",
                .min = 1e-6,
                .max = 1000,
                .help = "how far to go: at 1 every filter has moved by as much as it weighs",
                .advice = "0.1 shows the ground near the weights, 1 the surroundings"},
    [SEED] = CMD_SEED("draws the two directions, and which images"),
    {0},
};

typedef struct view {
    const dsl_call *call;
    cmd_learn_images images;
    cmd_live live;
    nn_landscape l;
} view;

static lg_status landscape_check(const dsl_call *call, lg_err *err)
{
    const dsl_value *size = &call->arg[SIZE].value[0];
    if (size->integer % 2) return LG_OK;
    lg_fail(err, LG_E_ARG, 142, "`landscape size` wants an odd number, not %lld", (long long)size->integer);
    lg_why(err, "the weights themselves are the point in the middle");
    lg_try(err, "size %lld", (long long)size->integer + 1);
    return lg_err_place(err, size->span);
}

static void on_image(void *ctx, int64_t done, int64_t images)
{
    view *v = ctx;
    cmd_live_progress(&v->live, "making pictures", (long)done, (long)images);
}

static void on_point(void *ctx, int done, int points)
{
    view *v = ctx;
    cmd_live_progress(&v->live, "measuring the loss", done, points);
}

static lg_status measure(view *v, lg_err *err)
{
    const dsl_call *call = v->call;
    lg_pool *pool = NULL;
    LG_TRY(cmd_pool(call, &pool, err));
    nn_landscape_options o = {.weights = v->images.model->weights,
                              .source = cmd_source(v->images.view),
                              .size = (int)call->arg[SIZE].value[0].integer,
                              .radius = call->arg[RADIUS].value[0].number,
                              .seed = cmd_seed(call, SEED),
                              .pool = pool,
                              .cancel = call->cancel,
                              .ctx = v,
                              .on_image = on_image,
                              .on_point = on_point};
    o.images = nn_landscape_images(v->images.model->net, o.size);
    return nn_landscape_find(&o, &v->l, err);
}

/* ---- words ---- */
static double coordinate(const nn_landscape *l, int i)
{
    return l->radius * (i - l->size / 2) / (l->size / 2);
}

static void say_form(const nn_landscape *l, lg_buf *out)
{
    switch (l->form) {
    case NN_FORM_FLAT: lg_buf_adds(out, "nearly flat"); break;
    case NN_FORM_SLOPE: lg_buf_adds(out, "a slope, down to one side"); break;
    case NN_FORM_BOWL: lg_buf_adds(out, "a bowl, bent up about alike on all sides"); break;
    case NN_FORM_VALLEY:
        lg_buf_addf(out,
                    "steep along one direction: a valley, bent up %.2g times as much along one direction as across it",
                    l->steep / l->gentle);
        break;
    case NN_FORM_SADDLE: lg_buf_adds(out, "a saddle, bent up along one direction and down along another"); break;
    case NN_FORM_RIDGE: lg_buf_adds(out, "a hill, bent down on all sides"); break;
    case NN_FORM_UNKNOWN: lg_buf_adds(out, "of no form that could be told: losses near them are no numbers"); break;
    }
}

static void say(const nn_landscape *l, lg_buf *out)
{
    int size = l->size, x = (int)(l->lowest % (size_t)size), y = (int)(l->lowest / (size_t)size);
    lg_buf_addf(out,
                "The loss is %.4g here and lies between %.4g and %.4g within %g; around these weights the ground is ",
                l->here, l->loss[l->lowest], l->loss[l->highest], l->radius);
    say_form(l, out);
    if (l->lowest == (size_t)(size / 2 * size + size / 2)) lg_buf_adds(out, "; nowhere on the map is it lower");
    else lg_buf_addf(out, "; it is lowest at %.3g, %.3g", coordinate(l, x), coordinate(l, y));
}

/* ---- the document ---- */
static void doc_axes(plt_doc *doc, const nn_landscape *l)
{
    int n = l->size, middle = n / 2;
    plt_fold_begin(doc, "the losses along both axes");
    plt_table(doc, "The loss along each direction, the other being 0");
    plt_column(doc, PLT_RIGHT, "Distance");
    plt_column(doc, PLT_RIGHT, "First direction");
    plt_column(doc, PLT_RIGHT, "Second direction");
    for (int i = 0; i < n; i++) {
        plt_row(doc, i == middle ? PLT_ROW_TOTAL : PLT_ROW_PLAIN);
        plt_head(doc, "%.4g", coordinate(l, i));
        plt_cell(doc, "%.5g", l->loss[(size_t)middle * (size_t)n + (size_t)i]);
        plt_cell(doc, "%.5g", l->loss[(size_t)i * (size_t)n + (size_t)middle]);
    }
    plt_fold_end(doc);
}

static int not_numbers(const nn_landscape *l)
{
    int count = 0;
    for (int i = 0; i < l->size * l->size; i++) count += !isfinite(l->loss[i]);
    return count;
}

static void doc_how(plt_doc *doc, const view *v)
{
    const nn_landscape *l = &v->l;
    plt_note(doc,
             "%s losses, each the mean over the same %d images, dropout off; two random directions (seed %llu), every "
             "filter of them as long as the filter it moves (Li et al. 2018). They move %s weights; biases and the "
             "numbers of batchnorm stay%s",
             lg_thousands((long long)l->size * l->size), l->images, (unsigned long long)cmd_seed(v->call, SEED),
             lg_thousands((long long)l->moved), nn_net_frozen(v->images.model->net) ? ", and so do frozen layers" : "");
    plt_note(doc,
             "this is a plane through a space of %s dimensions: another `seed` shows another one, and the way that "
             "training took hardly shows on random directions, so it is not drawn",
             lg_thousands((long long)nn_net_trained_params(v->images.model->net)));
    if (not_numbers(l)) plt_note(doc, "%d places have no loss that is a number: grey", not_numbers(l));
}

static lg_status fill(plt_doc *doc, const view *v, lg_err *err)
{
    const dsl_call *call = v->call;
    const nn_landscape *l = &v->l;
    lg_buf words;
    plt_title(doc, "landscape %s on %s%s: %dx%d points, radius %g, seed %llu%s%s", v->images.model_name,
              v->images.data_name, cmd_where_text(call), l->size, l->size, l->radius,
              (unsigned long long)cmd_seed(call, SEED), *call->note ? " " : "", call->note);
    cmd_warn_untrained(doc, &call->arg[MODEL].value[0], -1);
    if (cmd_model_run(v->images.model)) cmd_note_stale(doc, call, v->images.model);
    cmd_warn_cleaned(doc, v->images.model, v->images.model_name, v->images.set, v->images.data_name);
    lg_buf_init(&words, 0);
    say(l, &words);
    lg_status st = lg_buf_check(&words, err);
    if (st == LG_OK)
        plt_contour(doc, &(plt_contour_spec){.sentence = lg_buf_str(&words),
                                             .x_label = "along the first direction",
                                             .y_label = "along the second direction",
                                             .value = l->loss,
                                             .n = l->size,
                                             .radius = l->radius});
    lg_buf_release(&words);
    LG_TRY(st);
    doc_axes(doc, l);
    doc_how(doc, v);
    return LG_OK;
}

static lg_status landscape_run(const dsl_call *call, lg_err *err)
{
    view v = {.call = call};
    plt_doc doc;
    plt_doc_init(&doc);
    cmd_live_init(&v.live, call->out);
    lg_status st;
    LG_GO(cmd_learn_images_open(call, MODEL, ON, &v.images, err));
    LG_GO(measure(&v, err));
    LG_GO(fill(&doc, &v, err));
    st = cmd_live_result(call, &v.live, &doc, true, err);
done:
    if (st) {
        cmd_live_close(&v.live, st);
        plt_doc_release(&doc);
    }
    nn_landscape_release(&v.l);
    cmd_learn_images_release(&v.images);
    return st && !err->span.line ? lg_err_place(err, call->arg[MODEL].value[0].span) : st;
}

const dsl_command dsl_cmd_landscape = {
    .name = "landscape",
    .summary = "loss surface around the current weights",
    .detail =
        "The weights of the model are moved along two random directions, and the loss of a fixed sample of images is "
        "drawn as a map with lines of equal loss. A flat wide bowl is easy ground; a narrow valley asks for a "
        "smaller learning rate. The model is not changed.",
    .group = "Teach",
    .params = params,
    .examples =
        (const char *const[]){"landscape scratch size 21", "landscape scratch on logos.val size 11 radius 0.5", NULL},
    .takes_where = true,
    .check = landscape_check,
    .run = landscape_run,
};
