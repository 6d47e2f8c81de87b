/* cmd_findlr.c - `findlr`: try many learning rates for a few steps and suggest one; the weights stay as they are. */
#include "kernel/commands/train_job.h"
#include "kernel/commands/params.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, ON, RANGE, STEPS, BATCH, OPTIMIZER, SEED, BALANCE };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model that is to be trained"),
    [ON] = CMD_ON("images to try with: the training part"),
    [RANGE] = {.name = "range",
               .role = DSL_OPTION,
               .type = DSL_T_RANGE,
               .dflt = "0.000001..1",
               .min = 1e-9,
               .max = 1e6,
               .help = "smallest and largest rate to try",
               .advice = "start where nothing is learnt yet and end where the loss explodes; measuring stops there"},
    [STEPS] = {.name = "steps",
               .role = DSL_OPTION,
               .type = DSL_T_INT,
               .dflt = "100",
               .min = 10,
               .max = 100000,
               .help = "how many rates, one batch each",
               .advice = "100 to 300; few: a jagged curve; many: the network has learnt much before the end"},
    [BATCH] = CMD_BATCH("images per step; a good rate belongs to one batch size"),
    [OPTIMIZER] = CMD_OPTIMIZER("the one `fit` will use: a good rate belongs to it"),
    [SEED] = CMD_SEED("order of the images and dropout"),
    [BALANCE] = CMD_BALANCE("rare classes weigh more, as in `fit … balance`"),
    {0},
};

typedef struct lr_view {
    const dsl_call *call;
    const cmd_train *job;
    cmd_live live;
    int steps;
} lr_view;

/* ---- the picture ---- */
/* The part of the curve inside the band, over the whole of it. */
static double *band_part(const dsl_call *call, const nn_lr_range *r)
{
    lg_err ignored = {0};
    double *y = lg_arena_alloc(call->arena, (size_t)r->count + 1, sizeof *y, &ignored);
    for (int i = 0; y && i < r->count; i++) y[i] = r->lr[i] >= r->from && r->lr[i] <= r->to ? r->loss[i] : (double)NAN;
    return y;
}

static double loss_at(const nn_lr_range *r, double lr)
{
    int i = 0;
    while (i < r->count - 1 && r->lr[i] < lr) i++;
    return r->count ? r->loss[i] : (double)NAN;
}

/* Where the loss exploded it would press everything else to the floor: the axis ends a little above where it began. */
static double top_of(const nn_lr_range *r)
{
    double most = r->count ? r->loss[0] : 1;
    for (int i = 0; i < r->count && i < 10; i++) most = r->loss[i] > most ? r->loss[i] : most;
    return 1.25 * most;
}

/* A little below the lowest loss: from 0 on the fall, which is what matters, would look flat. */
static double bottom_of(const nn_lr_range *r)
{
    double least = r->count ? r->loss[0] : 0;
    for (int i = 0; i < r->count; i++) least = r->loss[i] < least ? r->loss[i] : least;
    return 0.85 * least;
}

static void doc_curve(plt_doc *doc, const dsl_call *call, const nn_lr_range *r, const char *sentence)
{
    plt_line line[2] = {{.name = "loss", .x = r->lr, .y = r->loss, .n = r->count, .color = PLT_BLUE}};
    plt_mark mark[2];
    int lines = 1, marks = 0;
    double *part = r->suggest > 0 ? band_part(call, r) : NULL, top = top_of(r);
    if (part) line[lines++] = (plt_line){.name = "usable", .x = r->lr, .y = part, .n = r->count, .color = PLT_GREEN};
    char suggested[40], diverges[40];
    snprintf(suggested, sizeof suggested, "suggested %g", r->suggest);
    snprintf(diverges, sizeof diverges, "diverges above %.2g", r->diverges);
    if (r->suggest > 0) mark[marks++] = (plt_mark){suggested, r->suggest, loss_at(r, r->suggest), PLT_MARK_RING};
    if (r->diverges > 0) {
        double y = loss_at(r, r->diverges);
        mark[marks++] = (plt_mark){diverges, r->diverges, y < top ? y : top, PLT_MARK_CROSS};
    }
    plt_lines(doc, &(plt_lines_spec){.title = "",
                                     .sentence = sentence,
                                     .x = {.label = "learning rate (log)", .log = true},
                                     .y = {.label = "loss", .min = bottom_of(r), .max = top},
                                     .lines = line,
                                     .nline = lines,
                                     .marks = mark,
                                     .nmark = marks});
}

static void lr_step(void *ctx, const nn_lr_range *r)
{
    lr_view *view = ctx;
    plt_doc doc;
    if (!cmd_live_due(&view->live)) return;
    plt_doc_init(&doc);
    plt_title(&doc, "findlr %s on %s", view->job->spec.model_name, view->job->data_name);
    plt_progress(&doc, (double)r->count / view->steps, "step %d of %d, lr %.2g, loss %.3f", r->count, view->steps,
                 r->lr[r->count - 1], r->loss[r->count - 1]);
    if (r->count > 1) doc_curve(&doc, view->call, r, "");
    cmd_live_send(&view->live, &doc);
}

/* ---- what it says ---- */
/* The line to copy: what was given here and differs from the defaults of `fit` stands in it. */
static void fit_line(const dsl_call *call, const cmd_train *job, double lr, lg_buf *out)
{
    const cmd_train_spec *s = &job->spec, usual = cmd_train_defaults();
    lg_buf_addf(out, "fit %s", s->model_name);
    if (s->on) lg_buf_addf(out, " on %s", s->on->text);
    if (s->batch != usual.batch) lg_buf_addf(out, " batch %d", s->batch);
    lg_buf_addf(out, " lr %g", lr);
    if (strcmp(s->optimizer, usual.optimizer)) lg_buf_addf(out, " optimizer %s", s->optimizer);
    if (s->balance) lg_buf_adds(out, " balance");
    lg_buf_adds(out, cmd_where_whole(call));
}

static void doc_result(plt_doc *doc, const lr_view *view, const nn_lr_range *r)
{
    const cmd_train *job = view->job;
    double *range = (double[]){r->lr[0], r->lr[r->count - 1]};
    char sentence[200];
    if (r->suggest > 0 && r->diverges > 0)
        snprintf(sentence, sizeof sentence, "Suggested lr %g; the loss falls from %.2g to %.2g and diverges above %.2g",
                 r->suggest, r->from, r->to, r->diverges);
    else if (r->suggest > 0)
        snprintf(sentence, sizeof sentence, "Suggested lr %g; the loss falls from %.2g to %.2g", r->suggest, r->from,
                 r->to);
    else snprintf(sentence, sizeof sentence, "No rate from %.2g to %.2g made the loss fall", range[0], range[1]);
    doc_curve(doc, view->call, r, sentence);
    if (r->suggest > 0) {
        lg_buf line;
        lg_buf_init(&line, 4096);
        fit_line(view->call, job, r->suggest, &line);
        plt_code(doc, "%s", lg_buf_str(&line));
        lg_buf_release(&line);
        plt_text(doc, "The weights of %s are as they were.", job->spec.model_name);
        return;
    }
    if (r->diverges > 0)
        plt_note(doc, "the loss exploded before it fell: try smaller rates, `range %g..%g`", r->lr[0] / 1000,
                 r->diverges);
    else
        plt_note(doc,
                 "try larger rates, `range %g..%g`, or more `steps`; a network that learns at no rate has a "
                 "fault elsewhere: look at the labels",
                 r->lr[0], 1000 * range[1]);
}

static lg_status show(const dsl_call *call, lr_view *view, const nn_lr_range *r, bool stopped, lg_err *err)
{
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "findlr %s on %s%s: %d of %d rates from %.2g to %.2g, batch %d, %s%s%s", view->job->spec.model_name,
              view->job->data_name, cmd_where_text(call), r->count, view->steps, r->lr[0], r->lr[r->count - 1],
              view->job->options.batch, view->job->options.optimizer, *call->note ? " " : "", call->note);
    if (stopped) plt_text(&doc, "Stopped after %d of %d steps", r->count, view->steps);
    doc_result(&doc, view, r);
    return cmd_live_end(&view->live, &doc, !stopped, cmd_output_limit(call), err);
}

static nn_lr_options options_of(const dsl_call *call, const cmd_train *job, lr_view *view)
{
    const nn_fit_options *o = &job->options;
    const dsl_value *range = &call->arg[RANGE].value[0];
    return (nn_lr_options){.net = o->net,
                           .weights = o->weights,
                           .train = o->train,
                           .low = range->number,
                           .high = range->high,
                           .steps = view->steps,
                           .batch = o->batch,
                           .momentum = o->momentum,
                           .optimizer = o->optimizer,
                           .loss = o->loss,
                           .class_weight = o->class_weight,
                           .seed = o->seed,
                           .pool = o->pool,
                           .cancel = o->cancel,
                           .ctx = view,
                           .on_step = lr_step};
}

static lg_status measure(const dsl_call *call, const cmd_train *job, lg_err *err)
{
    nn_lr_range r = {0};
    lg_err later = {0};
    lr_view view = {.call = call, .job = job, .steps = (int)call->arg[STEPS].value[0].integer};
    nn_lr_options o = options_of(call, job, &view);
    cmd_live_init(&view.live, call->out);
    lg_status st = nn_lr_range_find(&o, &r, err);
    lg_status shown = r.count ? show(call, &view, &r, st == LG_E_INTERRUPTED, &later) : LG_OK;
    if (st == LG_OK && shown) *err = later, st = shown;
    if (st && view.live.shown) call->out->display_end(call->out, view.live.id);
    nn_lr_range_release(&r);
    if (st == LG_E_ARG) return lg_err_place(err, call->arg[RANGE].given ? call->arg[RANGE].value[0].span : call->span);
    return st ? lg_err_place(err, call->span) : LG_OK;
}

static lg_status findlr_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *model = &call->arg[MODEL].value[0];
    cmd_train_spec spec = cmd_train_defaults();
    cmd_train job = {0};
    spec.model = cmd_model_of(model);
    spec.model_name = model->name;
    spec.on = dsl_val(call, ON);
    spec.batch = (int)call->arg[BATCH].value[0].integer;
    spec.optimizer = call->arg[OPTIMIZER].value[0].text;
    spec.seed = cmd_seed(call, SEED);
    spec.balance = dsl_on(call, BALANCE);
    lg_status st = cmd_train_prepare(call, &spec, &job, err);
    if (st) lg_err_place(err, model->span);
    else st = measure(call, &job, err);
    cmd_train_release(&job);
    return st;
}

const dsl_command dsl_cmd_findlr = {
    .name = "findlr",
    .summary = "try many learning rates for a few steps and suggest one",
    .detail = "Starts from the model's first weights, takes one step with each rate, from the smallest to the largest, "
              "and draws the loss over them: flat where the rate is too small to learn anything, falling where it is "
              "usable, rising where the steps overshoot. The model and its weights stay as they are.",
    .group = "Train",
    .params = params,
    .examples = (const char *const[]){"findlr scratch", "findlr scratch range 0.0001..1 steps 60 optimizer adam",
                                      "findlr scratch on logos steps 20 where not duplicate", NULL},
    .takes_where = true,
    .run = findlr_run,
};
