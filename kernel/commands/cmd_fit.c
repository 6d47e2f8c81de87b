/* cmd_fit.c - `fit`: train a model, with live curves; interrupt keeps the best weights. */
#include "kernel/commands/box_model.h"

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
    [MODEL] = {.name = "model",
               .role = DSL_POSITIONAL,
               .type = DSL_T_OBJECT,
               .kinds = DSL_MODELS,
               .required = true,
               .implicit = true,
               .help = "the model to train"},
    [ON] = {.name = "on",
            .role = DSL_PREPOSITION,
            .type = DSL_T_OBJECT,
            .kinds = DSL_DATASETS,
            .dflt_help = "the model's own dataset",
            .help = "images to learn from; their .val part judges"},
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the run under this name"},
    [EPOCHS] =
        {.name = "epochs",
         .role = DSL_OPTION,
         .type = DSL_T_INT,
         .dflt = "10",
         .min = 1,
         .max = 100000,
         .help = "how often every training image is seen",
         .advice =
             "10 to 50 for a few thousand images; too few: still learning when it ends; too many: learns by heart"},
    [BATCH] = {.name = "batch",
               .role = DSL_OPTION,
               .type = DSL_T_INT,
               .dflt = "32",
               .min = 1,
               .max = 1e6,
               .help = "images per step",
               .advice = "16 to 128; small: noisy steps; large: fewer steps an epoch, so it needs a larger lr"},
    [LR] = {.name = "lr",
            .role = DSL_OPTION,
            .type = DSL_T_NUMBER,
            .dflt = "0.01",
            .min = 1e-9,
            .max = 1e12,
            .help = "learning rate: how far each step goes",
            .advice = "0.001 to 0.1 for sgd; too low: hardly learns; too high: loss rises or becomes NaN"},
    [OPTIMIZER] = {.name = "optimizer",
                   .role = DSL_OPTION,
                   .type = DSL_T_CHOICE,
                   .choices = "sgd momentum adam rmsprop",
                   .dflt = "sgd",
                   .help = "how a step follows from the gradient"},
    [MOMENTUM] = {.name = "momentum",
                  .role = DSL_OPTION,
                  .type = DSL_T_NUMBER,
                  .dflt = "0",
                  .min = 0,
                  .max = 0.9999,
                  .help = "share of the last step that carries on (sgd; `optimizer momentum` uses 0.9)"},
    [SCHEDULE] = {.name = "schedule",
                  .role = DSL_OPTION,
                  .type = DSL_T_CHOICE,
                  .choices = "constant cosine onecycle step plateau",
                  .dflt = "constant",
                  .late = true,
                  .help = "how lr changes while training"},
    [LOSS] = {.name = "loss",
              .role = DSL_OPTION,
              .type = DSL_T_CHOICE,
              .choices = "auto crossentropy",
              .dflt = "auto",
              .help = "what is made small"},
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
    [SEED] = {.name = "seed",
              .role = DSL_OPTION,
              .type = DSL_T_INT,
              .dflt = "1",
              .min = 0,
              .max = 9e15,
              .help = "order of the images and dropout"},
    [TIME] = {.name = "time",
              .role = DSL_OPTION,
              .type = DSL_T_DURATION,
              .dflt_help = "no limit",
              .min = 1,
              .max = 1e9,
              .help = "stop after so long: 30s, 5m, 2h"},
    [BALANCE] = {.name = "balance",
                 .role = DSL_FLAG,
                 .type = DSL_T_FLAG,
                 .help = "rare classes weigh more, so that all count the same"},
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
    nn_epoch *epoch;    /* copies, owned; recall and confusion are not kept here */
    size_t room;
    int64_t train_count;
    double began;
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
    plt_title(doc, "fit %s on %s", view->run->model, view->run->data);
    plt_progress(doc, plt_progress_share(&state), "%s", lg_buf_str(&line));
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

static void fit_batch(void *ctx, const nn_progress *progress)
{
    fit_view *view = ctx;
    if (view->quiet || !cmd_live_due(&view->live)) return;
    plt_doc doc;
    plt_doc_init(&doc);
    doc_now(&doc, view, progress);
    doc_so_far(&doc, view);
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
}

/* ---- preparing ---- */
typedef struct fit_job {
    const cmd_model *model;
    const char *model_name, *data_name;
    data_set *train, *val, *test; /* owned; val and test NULL where there are no images */
    data_split_kind part;         /* the one to learn from */
    int asked_batch;              /* options.batch is at most the number of images */
    char name[40];                /* of the run where `as` gives none: "run 3" */
    cmd_run *run;                 /* owned until bound */
    nn_source val_source;
    float *weight;                /* class weights, or NULL; owned */
    nn_fit_options options;
} fit_job;

static void job_release(fit_job *job)
{
    data_unref(job->train);
    data_unref(job->val);
    data_unref(job->test);
    cmd_run_free(job->run);
    lg_free(job->weight);
}

static lg_status part_or_null(const data_set *set, data_split_kind kind, data_set **out, lg_err *err)
{
    LG_TRY(data_part(set, kind, out, err));
    if (data_count(*out)) return LG_OK;
    data_unref(*out);
    *out = NULL;
    return LG_OK;
}

/* The dataset: `on`, else the model's own. */
static lg_status find_data(const dsl_call *call, fit_job *job, const data_set **set, lg_err *err)
{
    const dsl_value *on = dsl_val(call, ON);
    job->data_name = on ? on->name : job->model->on;
    dsl_object *object = on ? on->object : job->data_name ? dsl_session_get(call->session, job->data_name) : NULL;
    if (!object || object->cls->kind != DSL_KIND_DATASET) {
        lg_fail(err, LG_E_NAME, 404, "which images should `%s` learn from?", job->model_name);
        if (job->data_name) lg_why(err, "it was made on `%s`, which is no longer here", job->data_name);
        return lg_try(err, "fit %s on DATASET", job->model_name);
    }
    *set = object->payload;
    return LG_OK;
}

static lg_status find_parts(const dsl_call *call, fit_job *job, const data_set *set, lg_err *err)
{
    const dsl_value *on = dsl_val(call, ON);
    data_split_kind part = on && on->part != DSL_PART_ALL ? cmd_split_of(on->part) : DATA_TRAIN;
    job->part = part;
    LG_TRY(cmd_model_fits(job->model, job->model_name, set, job->data_name, err));
    LG_TRY(data_part(set, part, &job->train, err));
    if (part != DATA_VAL) LG_TRY(part_or_null(set, DATA_VAL, &job->val, err));
    if (part != DATA_TEST) LG_TRY(part_or_null(set, DATA_TEST, &job->test, err));
    if (data_count(job->train)) return LG_OK;
    lg_fail(err, LG_E_DATA, 406, "`%s` has no %s images to learn from", job->data_name, data_split_names[part]);
    return lg_try(err, "split %s 80/20", job->data_name);
}

/* Weights that make every class count the same: images / (classes x images of the class), as scikit-learn's
 * "balanced". A class without images gets 1. */
static lg_status class_weights(fit_job *job, lg_err *err)
{
    data_counts counts;
    LG_TRY(data_count_classes(job->train, &counts, err));
    job->weight = lg_alloc((size_t)counts.classes + 1, sizeof *job->weight, err);
    double total = (double)counts.total[DATA_TRAIN];
    for (int k = 0; job->weight && k < counts.classes; k++) {
        double n = (double)counts.count[DATA_TRAIN][k];
        job->weight[k] = n > 0 ? (float)(total / (counts.classes * n)) : 1;
    }
    data_counts_release(&counts);
    job->options.class_weight = job->weight;
    return job->weight ? LG_OK : err->status;
}

/* Runs made with this model so far, those it no longer remembers included. */
static int run_number(const cmd_model *model)
{
    const cmd_run *last = cmd_model_run(model);
    return last ? last->number : 0;
}

static lg_status describe_run(const dsl_call *call, fit_job *job, const data_set *set, lg_err *err)
{
    cmd_run *run = job->run;
    const nn_fit_options *o = &job->options;
    lg_buf text;
    lg_buf_init(&text, 4096);
    lg_buf_addf(&text, "epochs %d batch %d lr %.9g optimizer %s", o->epochs, o->batch, o->lr, o->optimizer);
    if (o->momentum > 0) lg_buf_addf(&text, " momentum %g", o->momentum);
    if (o->decay > 0) lg_buf_addf(&text, " decay %g", o->decay);
    if (o->patience) lg_buf_addf(&text, " patience %d", o->patience);
    if (job->part != DATA_TRAIN) lg_buf_addf(&text, " on the %s part", data_split_names[job->part]);
    lg_buf_addf(&text, " keep %s seed %llu%s%s%s", o->keep_last ? "last" : "best", (unsigned long long)o->seed,
                o->class_weight ? " balance" : "", o->no_shuffle ? " no shuffle" : "", o->resume ? " continue" : "");
    const dsl_value *as = dsl_val(call, AS);
    snprintf(job->name, sizeof job->name, "run %d", run_number(job->model) + 1);
    if (as && call->loop_index) run->name = lg_strf(err, "%s.%d", as->text, call->loop_index);
    else run->name = lg_strdup(as ? as->text : job->name, err);
    run->model = lg_strdup(job->model_name, err);
    run->data = lg_strdup(job->data_name, err);
    run->settings = lg_buf_take(&text, err);
    lg_buf_release(&text);
    run->number = run_number(job->model) + 1;
    run->keep_last = o->keep_last;
    run->threads = lg_pool_size(o->pool);
    run->train_count = (int64_t)data_count(job->train);
    run->planned = o->epochs + (o->resume && o->resume->epochs ? o->resume->epoch[o->resume->epochs - 1].epoch : 0);
    LG_TRY(data_fingerprint(set, run->fingerprint, err));
    LG_TRY(cmd_labels_of(set, &run->labels, err));
    return run->name && run->model && run->data && run->settings ? LG_OK : err->status;
}

static lg_status set_options(const dsl_call *call, fit_job *job, lg_err *err)
{
    lg_pool *pool = NULL;
    const dsl_value *patience = dsl_val(call, PATIENCE), *time = dsl_val(call, TIME);
    LG_TRY(cmd_pool(call, &pool, err));
    nn_fit_options *o = &job->options;
    *o = nn_fit_defaults();
    o->net = job->model->net;
    o->weights = job->model->first;
    o->train = cmd_source(job->train);
    if (job->val) job->val_source = cmd_source(job->val);
    o->validation = job->val ? &job->val_source : NULL;
    o->epochs = (int)call->arg[EPOCHS].value[0].integer;
    job->asked_batch = (int)call->arg[BATCH].value[0].integer;
    o->batch = job->asked_batch < o->train.count ? job->asked_batch : (int)o->train.count;
    o->lr = call->arg[LR].value[0].number;
    if (call->arg[MOMENTUM].given) o->momentum = call->arg[MOMENTUM].value[0].number; /* else the optimiser's own */
    o->optimizer = call->arg[OPTIMIZER].value[0].text;
    o->decay = call->arg[DECAY].value[0].number;
    o->seed = cmd_seed(call, SEED);
    o->no_shuffle = !dsl_on(call, SHUFFLE);
    o->keep_last = call->arg[KEEP].value[0].choice == 1;
    o->patience = patience && patience->type == DSL_T_INT ? (int)patience->integer : 0;
    o->time = time ? time->number : 0;
    o->pool = pool;
    o->cancel = call->cancel;
    if (dsl_on(call, CONTINUE) && job->model->runs) {
        o->resume = &cmd_model_run(job->model)->run;
        o->weights = o->resume->last;
    }
    return dsl_on(call, BALANCE) ? class_weights(job, err) : LG_OK;
}

static lg_status prepare(const dsl_call *call, fit_job *job, lg_err *err)
{
    const data_set *set = NULL;
    const dsl_value *model = &call->arg[MODEL].value[0];
    job->model = cmd_model_of(model);
    job->model_name = model->name;
    LG_TRY(find_data(call, job, &set, err));
    LG_TRY(find_parts(call, job, set, err));
    LG_TRY(set_options(call, job, err));
    job->run = lg_alloc(1, sizeof *job->run, err);
    if (!job->run) return err->status;
    return describe_run(call, job, set, err);
}

/* ---- afterwards ---- */
/* The model with its new weights. run_object: one reference, consumed. */
static lg_status model_after(const fit_job *job, dsl_object *run_object, cmd_model **out, lg_err *err)
{
    const cmd_model *old = job->model;
    const cmd_run *run = run_object->payload;
    cmd_model *model = lg_alloc(1, sizeof *model, err);
    if (!model) {
        dsl_object_unref(run_object);
        return err->status;
    }
    int keep = old->runs < CMD_RUNS - 1 ? old->runs : CMD_RUNS - 1;
    for (int i = 0; i < keep; i++) model->run[i] = dsl_object_ref(old->run[old->runs - keep + i]);
    model->run[keep] = run_object;
    model->runs = keep + 1;
    model->net = nn_net_ref(old->net);
    model->first = nn_weights_ref(old->first);
    model->weights = nn_weights_ref(run->run.weights);
    model->seed = old->seed;
    model->by_class = old->by_class;
    model->on = lg_strdup(job->data_name, err);
    if (!model->on || cmd_labels_copy(&run->labels, &model->labels, err)) {
        cmd_model_free(model);
        return err->status;
    }
    *out = model;
    return LG_OK;
}

/* Measured once, with the weights that are kept; an interrupt that came before must not stop it. */
/* What this run's own validation already counted for exactly the weights that are kept; false where it did not. */
static bool counted(const fit_job *job, cmd_score *out, lg_err *err)
{
    const nn_run *r = &job->run->run;
    const nn_epoch *kept = cmd_run_kept(job->run);
    int first = job->options.resume ? job->options.resume->epochs : 0;
    bool whole = r->best >= 0 && (!job->run->keep_last || !r->interrupted);
    if (!job->val || !whole || kept < r->epoch + first || isnan(kept->val_loss)) return false;
    return cmd_score_copy(&(cmd_score){.count = kept->confusion, .classes = r->classes, .loss = kept->val_loss,
                                         .calibration = kept->calibration}, out, err) == LG_OK;
}

static lg_status measure(const dsl_call *call, fit_job *job, lg_err *err)
{
    const data_set *part[DATA_SPLITS] = {[DATA_VAL] = job->val, [DATA_TEST] = job->test};
    dsl_call quiet = *call;
    cmd_model view = *job->model;
    quiet.cancel = NULL;
    view.weights = job->run->run.weights;
    for (int split = DATA_VAL; split < DATA_SPLITS; split++)
        if (part[split] && !(split == DATA_VAL && counted(job, &job->run->score[split], err)))
            LG_TRY(cmd_score_of(&quiet, &view, part[split], &job->run->score[split], err));
    return err->status;
}

/* run: the object the session holds by now. */
static lg_status show_result(const dsl_call *call, fit_view *view, const fit_job *job, const cmd_run *run, lg_err *err)
{
    const nn_run *r = &run->run;
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "fit %s on %s%s: %s training and %s validation images, %s%s%s", job->model_name, job->data_name,
              job->part == DATA_VAL ? ".val" : job->part == DATA_TEST ? ".test" : "",
              lg_thousands((long long)run->train_count), lg_thousands(job->val ? (long long)data_count(job->val) : 0),
              job->options.resume ? "continued" : "from its first weights", *call->note ? " " : "", call->note);
    if (dsl_on(call, QUIET)) {
        const nn_epoch *e = cmd_run_kept(run);
        cmd_doc_stopped(&doc, run);
        char val[40] = "";
        if (e && !isnan(e->val_accuracy))
            snprintf(val, sizeof val, ", validation %s%%", plt_points(e->val_accuracy, 1));
        if (e) plt_text(&doc, "%s: epoch %d of %d kept, training %s%%%s", run->settings, e->epoch,
                        r->epoch[r->epochs - 1].epoch, plt_points(e->accuracy, 1), val);
        return cmd_display(call, &doc, false, err);
    }
    if (!job->val) plt_note(&doc, "no images are left to judge by: the best epoch is that of the lowest training loss");
    if (job->asked_batch > job->options.batch)
        plt_note(&doc, "batch %s is more than there are training images: every epoch was one step with all %s of them",
                 lg_thousands(job->asked_batch), lg_thousands(job->options.batch));
    cmd_doc_run(&doc, run);
    /* Somebody who interrupts is waiting: no picture is painted then, text and HTML say it all. */
    return cmd_live_end(&view->live, &doc, !r->interrupted, cmd_output_limit(call), err);
}

static lg_status bind_results(const dsl_call *call, fit_job *job, lg_err *err)
{
    dsl_object *run_object = NULL;
    cmd_model *model = NULL;
    cmd_run *run = job->run;
    job->run = NULL;
    LG_TRY(dsl_object_new(&cmd_run_class, run, call->recipe, &run_object, err));
    dsl_object *kept = dsl_object_ref(run_object);
    lg_status st = model_after(job, run_object, &model, err);
    if (st == LG_OK) st = cmd_model_bind(call, job->model_name, model, err);
    if (st == LG_OK && call->arg[AS].count) return dsl_call_bind(call, call->arg[AS].value[0].text, kept, err);
    dsl_object_unref(kept);
    return st;
}

/* An interrupt in the words of this run. */
static void say_interrupted(const fit_job *job, lg_err *err)
{
    const nn_run *r = &job->run->run;
    lg_err_clear(err);
    if (r->best >= 0)
        lg_fail(err, LG_E_INTERRUPTED, 0, "stopped at epoch %d of %d, best was epoch %d",
                r->epoch[r->epochs - 1].epoch + 1, job->run->planned, r->epoch[r->best].epoch);
    else lg_fail(err, LG_E_INTERRUPTED, 0, "stopped before the first epoch had ended");
    lg_why(err, "the weights of %s are kept", r->best >= 0 ? "the best epoch" : "the last whole batch");
    lg_try(err, "`fit %s continue` goes on from here", job->model_name);
}

/* What nn_fit said is returned at the very end, after everything it left has been shown and kept. */
static lg_status finish(const dsl_call *call, fit_view *view, fit_job *job, lg_status fitted, lg_err *err)
{
    lg_err later = {0};
    const nn_run *r = &job->run->run;
    if (!r->weights || (fitted && !r->epochs && fitted != LG_E_INTERRUPTED)) return fitted;
    if (fitted == LG_E_INTERRUPTED) say_interrupted(job, err);
    if (job->options.resume && r->best >= 0 && r->best < job->options.resume->epochs)
        memcpy(job->run->fingerprint, cmd_model_run(job->model)->fingerprint, sizeof job->run->fingerprint);
    const cmd_run *run = job->run;
    lg_status st = measure(call, job, &later);
    if (st == LG_OK) st = bind_results(call, job, &later); /* first: a picture that fails must not cost the training */
    if (st == LG_OK) st = show_result(call, view, job, run, &later);
    if (fitted == LG_OK && st) *err = later;
    return fitted ? fitted : st;
}

/* The last run was the same: same settings, same images, same first weights (they belong to the model), ended by
 * itself. Then it is shown again instead of trained again. */
static bool same_as_last(const dsl_call *call, const fit_job *job)
{
    const cmd_run *last = cmd_model_run(job->model);
    if (!last || dsl_on(call, AGAIN) || dsl_on(call, CONTINUE) || call->arg[TIME].count) return false;
    bool whole =
        last->run.patience || (last->run.epochs && last->run.epoch[last->run.epochs - 1].epoch >= last->planned);
    return whole && !last->run.interrupted && !last->run.diverged && strcmp(last->settings, job->run->settings) == 0 &&
           strcmp(last->data, job->data_name) == 0 && strcmp(last->fingerprint, job->run->fingerprint) == 0 &&
           last->train_count == job->run->train_count;
}

static lg_status show_last(const dsl_call *call, const fit_job *job, lg_err *err)
{
    const cmd_run *last = cmd_model_run(job->model);
    dsl_object *object = job->model->run[job->model->runs - 1];
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "fit %s: same as %s, not trained again; add `again` to train", job->model_name, last->name);
    cmd_doc_run(&doc, last);
    LG_TRY(cmd_display(call, &doc, true, err));
    if (!call->arg[AS].count) return LG_OK;
    return dsl_call_bind(call, call->arg[AS].value[0].text, dsl_object_ref(object), err);
}

static lg_status fit_run(const dsl_call *call, lg_err *err)
{
    fit_job job = {0};
    lg_status st = prepare(call, &job, err);
    if (st == LG_OK && same_as_last(call, &job)) {
        st = show_last(call, &job, err);
        job_release(&job);
        return st;
    }
    if (st) {
        job_release(&job);
        return lg_err_place(err, call->arg[MODEL].value[0].span);
    }
    fit_view view = {.call = call, .run = job.run, .train_count = job.run->train_count, .began = lg_now(),
                     .quiet = dsl_on(call, QUIET), .so_far = {.best = -1}};
    cmd_live_init(&view.live, call->out);
    job.options.ctx = &view;
    job.options.on_batch = fit_batch;
    job.options.on_epoch = fit_epoch;
    st = nn_fit(&job.options, &job.run->run, err);
    job.run->seconds = lg_now() - view.began;
    if (st == LG_E_NUMERIC) lg_err_place(err, call->arg[LR].count ? call->arg[LR].value[0].span : call->span);
    st = finish(call, &view, &job, st, err);
    if (st && view.live.shown) call->out->display_end(call->out, view.live.id);
    lg_free(view.epoch);
    job_release(&job);
    return st ? lg_err_place(err, call->span) : LG_OK;
}

const dsl_command dsl_cmd_fit = {
    .name = "fit",
    .summary = "train a model, with live curves; interrupt keeps the best weights",
    .detail = "Starts from the model's first weights, so that running a cell again gives the same result (an unchanged "
              "line is "
              "not even trained again); `continue` goes on instead. Validation images are never learnt from. The "
              "weights of the best epoch are kept.",
    .group = "Train",
    .params = params,
    .examples = (const char *const[]){"fit scratch epochs 20 batch 32 lr 0.01",
                                      "fit scratch epochs 5 lr 0.05 balance as trial", NULL},
    .anew = "continue",
    .makes = DSL_KIND_RUN,
    .run = fit_run,
};
