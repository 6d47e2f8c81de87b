/* cmd_fit.c - `fit`: train a model, with live curves; interrupt keeps the best weights. */
#include "kernel/commands/train_job.h"
#include "kernel/commands/params.h"
#include "lib/data/clean.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum {
    MODEL,
    ON,
    AS,
    EPOCHS,
    BATCH,
    LR,
    OPTIMIZER,
    MOMENTUM,
    SCHEDULE,
    LOSS,
    PATIENCE,
    KEEP,
    DECAY,
    SEED,
    TIME,
    BALANCE,
    CONTINUE,
    AGAIN,
    SHUFFLE,
    QUIET
};

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model to train"),
    [ON] = CMD_ON("images to learn from; their .val part judges"),
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the run under this name"},
    [EPOCHS] = CMD_EPOCHS(
        "how often every training image is seen",
        .advice =
            "10 to 50 for a few thousand images; too few: still learning when it ends; too many: learns by heart"),
    [BATCH] =
        CMD_BATCH("images per step",
                  .advice = "16 to 128; small: noisy steps; large: fewer steps an epoch, so it needs a larger lr"),
    [LR] = CMD_LR("learning rate: how far each step goes",
                  .advice = "0.001 to 0.1 for sgd; too low: hardly learns; too high: loss rises or becomes NaN"),
    [OPTIMIZER] = CMD_OPTIMIZER("how a step follows from the gradient"),
    [MOMENTUM] =
        CMD_MOMENTUM("share of the last step that carries on (sgd; `optimizer momentum` uses 0.9)", .dflt = "0"),
    [SCHEDULE] =
        CMD_SCHEDULE("how lr changes while training",
                     .advice = "lr is the largest: cosine falls to 0; onecycle rises for 30% of the steps, then falls; "
                               "step divides by 10 after half and after three quarters of them; plateau halves after 3 "
                               "epochs that were no better. With `continue` it begins anew"),
    [LOSS] = {.name = "loss",
              .role = DSL_OPTION,
              .type = DSL_T_CHOICE,
              .choices = "auto crossentropy focal",
              .dflt = "auto",
              .help = "what is made small",
              .advice =
                  "auto is crossentropy; focal turns to images that are still wrong (gamma 2): worth trying where "
                  "classes are rare, with or without `balance`"},
    [PATIENCE] = {.name = "patience",
                  .role = DSL_OPTION,
                  .type = DSL_T_INT,
                  .choices = "off",
                  .dflt = "off",
                  .min = 1,
                  .max = 1e9,
                  .help = "stop after so many epochs without a better one"},
    [KEEP] = {.name = "keep",
              .role = DSL_OPTION,
              .type = DSL_T_CHOICE,
              .choices = "best last",
              .dflt = "best",
              .help = "whose weights stay: the best epoch's or the last one's"},
    [DECAY] = {.name = "decay",
               .role = DSL_OPTION,
               .type = DSL_T_NUMBER,
               .dflt = "0",
               .min = 0,
               .max = 1,
               .help = "weights shrink by lr x decay each step",
               .advice = "0 to 0.01; too high: nothing is learnt"},
    [SEED] = CMD_SEED("order of the images and dropout"),
    [TIME] = CMD_TIME("stop after so long: 30s, 5m, 2h"),
    [BALANCE] = CMD_BALANCE("rare classes weigh more, so that all count the same"),
    [CONTINUE] = {.name = "continue",
                  .role = DSL_FLAG,
                  .type = DSL_T_FLAG,
                  .help = "go on from the last epoch instead of starting again"},
    [AGAIN] = {.name = "again",
               .role = DSL_FLAG,
               .type = DSL_T_FLAG,
               .help = "train even where the last run was the same"},
    [SHUFFLE] = {.name = "shuffle",
                 .role = DSL_FLAG,
                 .type = DSL_T_FLAG,
                 .dflt = "on",
                 .help = "a new order of the images every epoch"},
    [QUIET] = {.name = "quiet", .role = DSL_FLAG, .type = DSL_T_FLAG, .help = "one line instead of the live picture"},
    {0},
};

/* ---- the live display ---- */
typedef struct fit_view {
    const dsl_call *call;
    cmd_live live;
    const cmd_run *run; /* names and settings; its history is filled as epochs end */
    nn_run so_far;      /* epoch points into `epoch` */
    cmd_silent silent;
    nn_epoch *epoch;    /* copies, owned; recall and confusion are not kept here */
    size_t room;
    int64_t train_count;
    double began;
    char times[40]; /* ": 2,388 × 10 training images", "" where they have no variants */
    bool quiet;
} fit_view;

static void doc_now(plt_doc *doc, const fit_view *view, const nn_progress *p)
{
    lg_buf line;
    double done = p->epoch - 1 + (p->batches ? (double)p->batch / p->batches : 0);
    double first = view->so_far.epochs ? view->so_far.epoch[0].epoch - 1 : p->epoch - 1;
    double elapsed = lg_now() - view->began, share = (done - first) / (p->epochs - first);
    const plt_progress_state state = {.epoch = p->epoch,
                                      .epochs = p->epochs,
                                      .batch = p->batch,
                                      .batches = p->batches,
                                      .images_per_second = p->seconds > 0 ? (double)p->images / p->seconds : -1,
                                      .seconds_left = share > 0.001 ? elapsed / share - elapsed : -1};
    lg_buf_init(&line, 4096);
    plt_progress_line(&state, false, &line);
    plt_title(doc, "fit %s on %s%s%s", view->run->model, view->run->data, cmd_where_text(view->call), view->times);
    plt_progress(doc, plt_progress_share(&state), "%s", lg_buf_str(&line));
    if (!view->quiet)
        plt_text(doc, "this epoch so far: loss %.3f, accuracy %s%%", p->loss, plt_points(p->accuracy, 1));
    lg_buf_release(&line);
}

static void doc_so_far(plt_doc *doc, const fit_view *view)
{
    enum { MOST = 400 };
    double a[MOST], va[MOST], l[MOST], vl[MOST];
    const nn_run *r = &view->so_far;
    int n = r->epochs < MOST ? r->epochs : MOST, first = r->epochs - n;
    if (!n) return;
    for (int i = 0; i < n; i++) {
        const nn_epoch *e = &r->epoch[first + i];
        a[i] = e->accuracy, va[i] = e->val_accuracy, l[i] = e->loss, vl[i] = e->val_loss;
    }
    bool val = !isnan(va[0]);
    plt_curves(doc, &(plt_curves_spec){.n = n,
                                       .first = r->epoch[first].epoch,
                                       .total = view->run->planned,
                                       .train_accuracy = a,
                                       .val_accuracy = val ? va : NULL,
                                       .train_loss = l,
                                       .val_loss = val ? vl : NULL,
                                       .best = r->best >= 0 ? r->epoch[r->best].epoch : 0});
}

static const double QUIET_FOR = 0.75; /* seconds; after them a quiet training tells how far it is, until its one line */

static void fit_batch(void *ctx, const nn_progress *progress)
{
    fit_view *view = ctx;
    if (!cmd_live_due(&view->live) || (view->quiet && lg_now() - view->began < QUIET_FOR)) return;
    plt_doc doc;
    plt_doc_init(&doc);
    doc_now(&doc, view, progress);
    if (!view->quiet) {
        doc_so_far(&doc, view);
        cmd_doc_alarms(&doc, view->run, &view->so_far, &view->silent);
    }
    cmd_live_send(&view->live, &doc);
}

static void fit_epoch(void *ctx, const nn_epoch *epoch)
{
    fit_view *view = ctx;
    lg_err ignored = {0};
    size_t n = (size_t)view->so_far.epochs;
    if (n == view->room) {
        nn_epoch *more = lg_realloc(view->epoch, n, 2 * n + 16, sizeof *more, &ignored);
        if (!more) return; /* the live picture stands still; the run itself goes on */
        view->epoch = more;
        view->room = 2 * n + 16;
    }
    view->epoch[n] = *epoch;
    view->epoch[n].recall = NULL, view->epoch[n].confusion = NULL;
    view->so_far.epoch = view->epoch;
    view->so_far.epochs++;
    if (epoch->best) view->so_far.best = (int)n;
    cmd_silent_note(&view->silent, epoch, view->run->labels.count);
}

/* ---- the job ---- */
static lg_status set_spec(const dsl_call *call, cmd_train_spec *spec, lg_err *err)
{
    const dsl_value *model = &call->arg[MODEL].value[0], *as = dsl_val(call, AS);
    const dsl_value *patience = dsl_val(call, PATIENCE), *time = dsl_val(call, TIME);
    *spec = (cmd_train_spec){
        .model = cmd_model_of(model),
        .model_name = model->name,
        .on = dsl_val(call, ON),
        .name = as ? as->text : NULL,
        .epochs = (int)call->arg[EPOCHS].value[0].integer,
        .batch = (int)call->arg[BATCH].value[0].integer,
        .lr = call->arg[LR].value[0].number,
        .momentum = call->arg[MOMENTUM].given ? call->arg[MOMENTUM].value[0].number : -1, /* else the optimiser's own */
        .optimizer = call->arg[OPTIMIZER].value[0].text,
        .schedule = call->arg[SCHEDULE].value[0].text,
        .loss = call->arg[LOSS].value[0].text,
        .decay = call->arg[DECAY].value[0].number,
        .patience = patience && patience->type == DSL_T_INT ? (int)patience->integer : 0,
        .time = time ? time->number : 0,
        .seed = cmd_seed(call, SEED),
        .keep_last = call->arg[KEEP].value[0].choice == 1,
        .balance = dsl_on(call, BALANCE),
        .no_shuffle = !dsl_on(call, SHUFFLE),
        .resume = dsl_on(call, CONTINUE),
        .again = dsl_on(call, AGAIN),
        .lost = call->loop_index > 0,
        .publish = true,
    };
    if (!as || !call->loop_index) return LG_OK;
    spec->name = lg_arena_strf(call->arena, err, "%s.%d", as->text, call->loop_index);
    return spec->name ? LG_OK : err->status;
}

/* ---- afterwards ---- */
/* Which images, and from where: the first weights, the run before, or what the run store had. */
static void result_title(plt_doc *doc, const dsl_call *call, const cmd_train *job, const cmd_run *run)
{
    char from[64] = "from its first weights", times[16] = "";
    static const char *const part[DATA_SPLITS] = {[DATA_VAL] = ".val", [DATA_TEST] = ".test"};
    if (job->reused) {
        plt_title(doc, "fit %s: same as %s of %s, not trained again; add `again` to train", job->spec.model_name,
                  job->found_as, job->found_of);
        return;
    }
    if (job->taken_up) snprintf(from, sizeof from, "taken up after epoch %d, where it was cut off", job->taken_up);
    else if (job->options.resume) snprintf(from, sizeof from, "continued");
    if (data_variants(job->train) > 1) snprintf(times, sizeof times, " × %d", data_variants(job->train));
    plt_title(doc, "fit %s on %s%s%s: %s%s training and %s validation images, %s%s%s", job->spec.model_name,
              job->data_name, part[job->part] ? part[job->part] : "", cmd_where_text(call),
              lg_thousands((long long)run->train_count), times,
              lg_thousands(job->val ? (long long)data_count(job->val) : 0), from, *call->note ? " " : "", call->note);
}

/* Where the images do not fill whole batches, a step made of a few counts as much as one made of many. */
static void note_last_batch(plt_doc *doc, const nn_fit_options *o)
{
    enum { TINY = 8 }; /* at most this part of a batch */
    int64_t left = o->train.count % o->batch;
    if (!left || left * TINY > o->batch) return;
    plt_note(doc, "the last batch of an epoch has %s image%s, the others %d: its step is as long as theirs",
             lg_thousands(left), left == 1 ? "" : "s", o->batch);
}

/* A frozen beginning was asked once, not in every epoch. */
static void note_features(plt_doc *doc, const cmd_train *job)
{
    const cmd_pretrained *base = &job->spec.model->base;
    int64_t all = job->feed.source.count + job->val_feed.source.count;
    int64_t new = job->feed.computed + job->val_feed.computed;
    double seconds = job->feed.seconds + job->val_feed.seconds;
    char how[80];
    if (!job->cut.head) {
        if (nn_net_cut(job->spec.model->net) && data_augment_of(job->train).fresh && base->layers)
            plt_note(doc,
                     "`fresh` variants are other pictures in every epoch, so what %s makes of them cannot be kept: "
                     "every epoch goes through all layers",
                     base->name);
        return;
    }
    if (!new) snprintf(how, sizeof how, "was kept from before");
    else if (new == all) snprintf(how, sizeof how, "was computed once, in %.1f s", seconds);
    else
        snprintf(how, sizeof how, "was kept from before, but for %s (%.1f s)", lg_thousands((long long)new), seconds);
    plt_note(doc, "%s is frozen: what it makes of %s images %s, and epochs train what lies behind it",
             base->layers ? base->name : "the beginning", lg_thousands((long long)all), how);
}

/* One line; in a loop it begins with the name of the round, and once there are two, they can be compared. */
static void doc_quiet(plt_doc *doc, const dsl_call *call, const cmd_run *run)
{
    const nn_run *r = &run->run;
    const nn_epoch *e = cmd_run_kept(run);
    char val[40] = "";
    cmd_doc_stopped(doc, run);
    if (e && !isnan(e->val_accuracy)) snprintf(val, sizeof val, ", validation %s%%", plt_points(e->val_accuracy, 1));
    if (e)
        plt_text(doc, "%s: epoch %d of %d kept, training %s%%%s", run->settings, e->epoch,
                 r->epoch[r->epochs - 1].epoch, plt_points(e->accuracy, 1), val);
    else plt_text(doc, "%s: nothing was learnt, the weights are those it began with", run->settings);
    if (call->loop_index == 2) plt_note(doc, "`curves %s` draws the rounds beside each other", run->model);
}

/* run: the object the session holds by now. */
static lg_status show_result(const dsl_call *call, fit_view *view, const cmd_train *job, const cmd_run *run,
                             lg_err *err)
{
    const nn_run *r = &run->run;
    plt_doc doc;
    plt_doc_init(&doc);
    result_title(&doc, call, job, run);
    if (dsl_on(call, QUIET)) {
        doc_quiet(&doc, call, run);
        return cmd_live_result(call, &view->live, &doc, false, err);
    }
    if (!job->val) plt_note(&doc, "no images are left to judge by: the best epoch is that of the lowest training loss");
    if (job->asked_batch > job->options.batch)
        plt_note(&doc, "batch %s is more than there are training images: every epoch was one step with all %s of them",
                 lg_thousands(job->asked_batch), lg_thousands(job->options.batch));
    note_last_batch(&doc, &job->options);
    note_features(&doc, job);
    cmd_doc_run(&doc, run);
    /* Somebody who interrupts is waiting: no picture is painted then, text and HTML say it all. */
    return cmd_live_end(&view->live, &doc, !r->interrupted, cmd_output_limit(call), err);
}

/* Kept before it is drawn: a picture that fails must not cost the training. */
static lg_status finish(const dsl_call *call, fit_view *view, cmd_train *job, lg_err *err)
{
    const cmd_run *run = job->run;
    LG_TRY(cmd_train_bind(call, job, call->arg[AS].count ? call->arg[AS].value[0].text : NULL, err));
    dsl_session_unpublish(call->session); /* subshells see the result from here on */
    return show_result(call, view, job, run, err);
}

/* The last run was the same, first weights (they belong to the model) included: it is shown again instead of trained
 * again. */
static lg_status show_last(const dsl_call *call, const cmd_train *job, lg_err *err)
{
    const cmd_model *model = job->spec.model;
    const cmd_run *last = cmd_model_run(model);
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "fit %s: same as %s, not trained again; add `again` to train", job->spec.model_name, last->name);
    if (dsl_on(call, QUIET)) doc_quiet(&doc, call, last);
    else cmd_doc_run(&doc, last);
    LG_TRY(cmd_display(call, &doc, !dsl_on(call, QUIET), err));
    if (!call->arg[AS].count) return LG_OK;
    return dsl_call_bind(call, call->arg[AS].value[0].text, dsl_object_ref(model->run[model->runs - 1]), err);
}

static lg_status train(const dsl_call *call, cmd_train *job, lg_err *err)
{
    lg_err later = {0};
    fit_view view = {.call = call,
                     .run = job->run,
                     .train_count = job->run->train_count,
                     .began = lg_now(),
                     .quiet = dsl_on(call, QUIET),
                     .so_far = {.best = -1, .before = job->options.resume != NULL}};
    if (data_variants(job->train) > 1)
        snprintf(view.times, sizeof view.times, ": %s × %d training images", lg_thousands((long long)view.train_count),
                 data_variants(job->train));
    cmd_live_init(&view.live, call->out);
    job->options.ctx = &view;
    job->options.on_batch = fit_batch;
    job->options.on_epoch = fit_epoch;
    lg_status st = cmd_train_run(call, job, err);
    if (st == LG_E_NUMERIC) lg_err_place(err, call->arg[LR].count ? call->arg[LR].value[0].span : call->span);
    lg_status shown = job->whole ? finish(call, &view, job, &later) : LG_OK;
    if (st == LG_E_NUMERIC && job->whole && call->loop_index) { /* one rate of several: a result, not the end */
        lg_err_clear(err);
        st = LG_OK;
    }
    if (st == LG_OK && shown) *err = later, st = shown;
    dsl_session_unpublish(call->session);
    if (st && view.live.shown) call->out->display_end(call->out, view.live.id);
    lg_free(view.epoch);
    return st ? lg_err_place(err, call->span) : LG_OK;
}

static lg_status fit_run(const dsl_call *call, lg_err *err)
{
    cmd_train_spec spec;
    cmd_train job = {0};
    lg_status st = set_spec(call, &spec, err);
    if (st == LG_OK) st = cmd_train_prepare(call, &spec, &job, err);
    const cmd_run *last = cmd_model_run(spec.model);
    if (st) lg_err_place(err, call->arg[MODEL].value[0].span);
    else if (last && !dsl_on(call, AGAIN) && !dsl_on(call, CONTINUE) && cmd_train_same(&job, last))
        st = show_last(call, &job, err);
    else st = train(call, &job, err);
    cmd_train_release(&job);
    return st;
}

const dsl_command dsl_cmd_fit = {
    .name = "fit",
    .summary = "train a model, with live curves; interrupt keeps the best weights",
    .detail = "Starts from the model's first weights, so that running a cell again gives the same result; "
              "`continue` goes on instead. A run that was made before, in this session or an earlier one, is "
              "shown and not trained again unless the line says `again`; one that was cut off is taken up after"
              " its last whole epoch. Validation images are never learnt from. The weights of the best epoch "
              "are kept. With `where` only images that pass are learnt from, and only such ones judge the epochs. "
              "While it trains, a second console of the kernel (in JupyterLab: New Subshell Console for Notebook) "
              "shows `curves`, `confusion` and all else of the last finished epoch.",
    .group = "Train",
    .params = params,
    .examples = (const char *const[]){"fit scratch epochs 20 batch 32 lr 0.01",
                                      "fit scratch epochs 5 lr 0.05 balance as trial",
                                      "fit scratch on logos epochs 2 where not duplicate", NULL},
    .anew = "continue",
    .makes = DSL_KIND_RUN,
    .takes_where = true,
    .run = fit_run,
};
