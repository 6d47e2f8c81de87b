/* fit.c - the training loop. All memory is taken before the first batch, but for the record of each epoch. */
#include "nnlib/train/fit.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "nnlib/core/rng.h"
#include "nnlib/train/feed.h"
#include "nnlib/train/metrics.h"
#include "lib/base/banned.h"

enum { FIT_MAX_EPOCHS = 100000 };

typedef struct fit {
    const nn_fit_options *o;
    nn_run *run;
    const nn_optim_type *optim;
    nn_exec *exec;
    nn_feed train, validation;
    int64_t *order;   /* (training images) */
    size_t recall_room; /* epochs */
    int batch, classes, since_best;
    const nn_loss_type *loss;
    nn_schedule schedule;
    nn_hyper hyper;
    double begun;
    bool out_of_time;
} fit;

/* Running sums of an epoch or a validation. */
typedef struct tally {
    int64_t images, right;
    double loss; /* sum over images */
    int64_t *confusion;
    nn_calibration calibration;
} tally;

nn_fit_options nn_fit_defaults(void)
{
    return (nn_fit_options){.epochs = 10, .batch = 32, .lr = 0.01, .momentum = -1, .optimizer = "sgd",
                            .schedule = "constant", .loss = "auto", .seed = 1};
}

/* ---- before the first batch ---- */

/* names: those of a registry, n of them. */
static lg_status wrong_name(const char *option, const char *given, const char *const *names, size_t n, lg_err *err)
{
    char list[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < n && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    const char *near = lg_nearest(given, names, n);
    lg_status st = lg_fail(err, LG_E_ARG, 141, "`fit %s` wants one of %s, not `%.40s`", option, list, given);
    return near ? lg_try(err, "did you mean `%s`?", near) : st;
}

static lg_status wrong_optimizer(const char *given, lg_err *err)
{
    const char *names[32];
    size_t n = 0;
    for (; nn_optims[n] && n < 32; n++) names[n] = nn_optims[n]->name;
    return wrong_name("optimizer", given, names, n, err);
}

static lg_status wrong_loss(const char *given, lg_err *err)
{
    const char *names[32] = {"auto"};
    size_t n = 1;
    for (; nn_losses[n - 1] && n < 32; n++) names[n] = nn_losses[n - 1]->name;
    return wrong_name("loss", given, names, n, err);
}

static lg_status check_numbers(const nn_fit_options *o, lg_err *err)
{
    if (o->epochs < 1 || o->epochs > FIT_MAX_EPOCHS) {
        lg_fail(err, LG_E_ARG, 142, "`fit epochs` must be 1 to 100,000, not %s", lg_thousands(o->epochs));
        return lg_try(err, "`epochs 10` is a good start");
    }
    if (o->batch < 1) {
        lg_fail(err, LG_E_ARG, 142, "`fit batch` must be at least 1, not %d", o->batch);
        return lg_try(err, "`batch 32` is a good start");
    }
    if (!(o->lr > 0) || isinf(o->lr)) {
        lg_fail(err, LG_E_ARG, 142, "`fit lr` must be above 0, not %g", o->lr);
        return lg_try(err, "`lr 0.01` is a good start");
    }
    if (o->momentum >= 1) return lg_fail(err, LG_E_ARG, 142, "`fit momentum` must be below 1, not %g", o->momentum);
    if (!(o->decay >= 0)) return lg_fail(err, LG_E_ARG, 142, "`fit decay` must not be below 0, not %g", o->decay);
    return LG_OK;
}

static lg_status find_words(fit *f, lg_err *err)
{
    const nn_fit_options *o = f->o;
    int schedule = nn_schedule_find(o->schedule);
    if (schedule < 0) return wrong_name("schedule", o->schedule, nn_schedule_names, NN_SCHEDULES, err);
    f->optim = nn_optim_find(o->optimizer);
    if (!f->optim) return wrong_optimizer(o->optimizer, err);
    f->loss = nn_loss_find(strcmp(o->loss, "auto") == 0 ? "crossentropy" : o->loss);
    if (!f->loss) return wrong_loss(o->loss, err);
    nn_schedule_init(&f->schedule, (nn_schedule_kind)schedule, o->lr, 0);
    return LG_OK;
}

static lg_status check_options(const nn_fit_options *o, lg_err *err)
{
    LG_TRY(check_numbers(o, err));
    if (o->train.count < 1) {
        lg_fail(err, LG_E_DATA, 406, "there are no training images");
        return lg_try(err, "`describe` the dataset, or `split` it again (80/20)");
    }
    return LG_OK;
}

/* ---- the record of an epoch ---- */

static lg_status need_counts(const fit *f, int64_t **counts, lg_err *err)
{
    size_t cells = (size_t)f->classes;
    *counts = lg_alloc(cells * cells, sizeof **counts, err);
    return *counts ? LG_OK : LG_E_MEMORY;
}

/* Counts are kept of the best and of the last epoch; those of any other give their room back. */
static void drop_counts(nn_run *run, int i)
{
    if (i < 0 || i == run->best || i == run->epochs - 1) return;
    lg_free(run->epoch[i].confusion);
    run->epoch[i].confusion = NULL;
}

/* Recall of all epochs is one block, whose epochs point into it. */
static lg_status recall_resize(fit *f, size_t epochs, lg_err *err)
{
    nn_run *run = f->run;
    size_t cells = (size_t)f->classes;
    double *block = lg_realloc(run->recall, f->recall_room * cells, epochs * cells, sizeof *block, err);
    if (!block) return LG_E_MEMORY;
    run->recall = block;
    f->recall_room = epochs;
    for (int i = 0; i < run->epochs; i++) run->epoch[i].recall = block + (size_t)i * cells;
    return LG_OK;
}

static lg_status need_recall(fit *f, nn_epoch *e, lg_err *err)
{
    size_t at = (size_t)(e - f->run->epoch);
    if (at == f->recall_room) LG_TRY(recall_resize(f, 2 * at + 16, err));
    e->recall = f->run->recall + at * (size_t)f->classes;
    return LG_OK;
}

static lg_status resume_epoch(fit *f, int i, lg_err *err)
{
    const nn_epoch *old = &f->o->resume->epoch[i];
    nn_epoch *e = &f->run->epoch[i];
    size_t cells = (size_t)f->classes;
    *e = *old;
    e->confusion = NULL;
    e->recall = f->run->recall + (size_t)i * cells;
    memcpy(e->recall, old->recall, cells * sizeof *e->recall);
    if (!old->confusion) return LG_OK;
    LG_TRY(need_counts(f, &e->confusion, err));
    memcpy(e->confusion, old->confusion, cells * cells * sizeof *e->confusion);
    return LG_OK;
}

/* The loss an epoch is judged by. */
static double judged(const nn_epoch *e)
{
    return isnan(e->val_accuracy) ? e->loss : e->val_loss;
}

/* Where this run began, and how long ago its best epoch was. What came before a continued run costs no patience. */
static void resume_place(fit *f)
{
    const nn_run *old = f->o->resume;
    int last = old->epochs ? old->epoch[old->epochs - 1].epoch : 0;
    f->run->before = f->o->within ? old->before : last;
    int best = old->best >= 0 ? old->epoch[old->best].epoch : 0;
    f->since_best = last - (best > f->run->before ? best : f->run->before);
    for (int i = 0; i < old->epochs; i++)
        if (old->epoch[i].epoch > f->run->before) nn_schedule_epoch(&f->schedule, judged(&old->epoch[i]));
}

/* One that begins anew, since it is another or moves other layers, counts its steps anew: Adam divides by them. */
static void resume_optimiser(fit *f)
{
    const nn_run *old = f->o->resume;
    bool same = strcmp(old->optimizer, f->optim->name) == 0, there = old->slots || !old->nslots;
    if (!same || !there || old->nslots != f->run->nslots) return;
    if (old->last && !nn_net_trains_alike(nn_weights_net(old->last), f->o->net)) return;
    if (old->nslots) memcpy(nn_exec_slots(f->exec), old->slots, old->nslots * sizeof *old->slots);
    nn_exec_set_steps(f->exec, old->steps);
}

/* What an earlier run left is the beginning of this one. */
static lg_status resume(fit *f, lg_err *err)
{
    const nn_run *old = f->o->resume;
    nn_run *run = f->run;
    if (old->epochs) LG_TRY(recall_resize(f, (size_t)old->epochs, err));
    for (int i = 0; i < old->epochs; i++) {
        run->epochs = i + 1;
        LG_TRY(resume_epoch(f, i, err));
    }
    const nn_weights *top = old->top ? old->top : old->weights;
    run->best = old->best >= 0 && nn_weights_frozen_alike(top, f->o->weights) ? old->best : -1;
    run->seconds = old->seconds;
    run->waited = old->waited > 0 ? old->waited : 0;
    if (run->best >= 0) nn_weights_put(top, run->top);
    resume_place(f);
    resume_optimiser(f);
    return LG_OK;
}

static lg_status fit_memory(fit *f, lg_err *err)
{
    const nn_fit_options *o = f->o;
    nn_run *run = f->run;
    int before = o->resume ? o->resume->epochs : 0;
    LG_TRY(nn_exec_new(&(nn_exec_options){.net = o->net, .max_batch = f->batch, .train = true, .pool = o->pool,
                                          .loss = f->loss, .optim = f->optim, .seed = o->seed, .limit = o->limit},
                       &f->exec, err));
    LG_TRY(nn_feed_init(&f->train, err));
    LG_TRY(nn_feed_init(&f->validation, err));
    LG_TRY(nn_weights_for(o->weights, o->net, &run->last, err));
    LG_TRY(nn_weights_copy(run->last, &run->top, err));
    run->nslots = (size_t)f->optim->slots * nn_net_trained_block(o->net);
    run->slots = lg_alloc(run->nslots, sizeof *run->slots, err);
    run->epoch = lg_alloc((size_t)(before + o->epochs), sizeof *run->epoch, err);
    f->order = lg_alloc((size_t)o->train.count, sizeof *f->order, err);
    return run->slots && run->epoch && f->order ? LG_OK : LG_E_MEMORY;
}

/* Steps of this run before an epoch. */
static int64_t first_step(const fit *f, int epoch)
{
    return (int64_t)(epoch - f->run->before - 1) * ((f->o->train.count + f->batch - 1) / f->batch);
}

static lg_status fit_begin(fit *f, lg_err *err)
{
    const nn_fit_options *o = f->o;
    size_t size = nn_shape_size(nn_net_input(o->net));
    LG_TRY(check_options(o, err));
    LG_TRY(find_words(f, err));
    f->classes = (int)nn_net_output(o->net).dim[0];
    f->batch = o->batch < o->train.count ? o->batch : (int)o->train.count;
    f->train = (nn_feed){.source = o->train, .pool = o->pool, .size = size, .classes = f->classes};
    f->validation = (nn_feed){.source = o->validation ? *o->validation : (nn_source){0}, .pool = o->pool, .size = size,
                              .classes = f->classes};
    f->hyper = (nn_hyper){.lr = o->lr, .momentum = o->momentum < 0 ? f->optim->momentum : o->momentum,
                          .nesterov = o->nesterov, .decay = o->decay};
    f->run->classes = f->classes;
    f->run->best = -1;
    f->run->optimizer = f->optim->name;
    LG_TRY(fit_memory(f, err));
    nn_exec_load(f->exec, f->run->last);
    nn_exec_set_class_weight(f->exec, o->class_weight);
    nn_exec_set_cancel(f->exec, o->cancel);
    if (o->resume) LG_TRY(resume(f, err));
    f->schedule.steps = first_step(f, f->run->before + 1 + o->epochs);
    return LG_OK;
}

/* ---- one epoch ---- */

static void tally_batch(const fit *f, tally *t, int n, double mean_loss)
{
    const float *p = nn_exec_output(f->exec);
    const int32_t *label = nn_exec_labels(f->exec);
    for (int i = 0; i < n; i++) {
        const float *row = p + (size_t)i * (size_t)f->classes;
        int guess = nn_argmax(row, f->classes);
        t->right += guess == label[i];
        nn_calibration_add(&t->calibration, (double)row[guess], guess == label[i]);
        if (t->confusion) nn_confusion_add(t->confusion, f->classes, label[i], guess);
    }
    t->images += n;
    t->loss += mean_loss * n;
}

static lg_status diverged(fit *f, int epoch, int batch, lg_err *err)
{
    double lr = f->o->lr, less = lr / 10 < 0.01 ? lr / 10 : 0.01;
    f->run->diverged = true;
    lg_fail(err, LG_E_NUMERIC, 401, "the loss is no longer a number (epoch %d, batch %d), so training was stopped",
            epoch, batch);
    lg_why(err, "with the learning rate %g the steps overshoot and the weights grow without end; %s", lr,
           f->run->best >= 0 ? "the weights of the best epoch were kept"
                             : "the weights from before the training were kept");
    return lg_try(err, "take smaller steps: `lr %g`", less);
}

/* The next batch in its place, and how long it took. */
static lg_status feed(fit *f, nn_feed *from, const int64_t *indices, int n, lg_err *err)
{
    double since = lg_now();
    lg_status st = nn_feed_batch(from, indices, n, nn_exec_input(f->exec), nn_exec_labels(f->exec), err);
    f->run->waited += lg_now() - since;
    return st;
}

static lg_status train_batch(fit *f, int epoch, int64_t from, int n, tally *t, lg_err *err)
{
    LG_TRY(feed(f, &f->train, f->order + from, n, err));
    nn_exec_gradient(f->exec, n);
    LG_TRY(lg_cancel_check(f->o->cancel, err));
    if (!isfinite(nn_exec_loss(f->exec))) return diverged(f, epoch, (int)(from / f->batch) + 1, err);
    f->hyper.lr = nn_schedule_lr(&f->schedule, first_step(f, epoch) + from / f->batch);
    nn_exec_step(f->exec, &f->hyper);
    tally_batch(f, t, n, nn_exec_loss(f->exec));
    return LG_OK;
}

static void report_batch(const fit *f, int epoch, int last_epoch, const tally *t, double since)
{
    const nn_fit_options *o = f->o;
    if (!o->on_batch) return;
    o->on_batch(o->ctx, &(nn_progress){.epoch = epoch,
                                       .epochs = last_epoch,
                                       .batch = (int)((t->images + f->batch - 1) / f->batch),
                                       .batches = (int)((o->train.count + f->batch - 1) / f->batch),
                                       .images = t->images,
                                       .loss = t->loss / (double)t->images,
                                       .accuracy = (double)t->right / (double)t->images,
                                       .seconds = lg_now() - since});
}

static bool all_finite(const float *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(v[i])) return false;
    }
    return true;
}

static bool weights_finite(const fit *f)
{
    return all_finite(nn_exec_weights(f->exec), nn_net_block(f->o->net));
}

static lg_status train_epoch(fit *f, int epoch, int last_epoch, tally *t, lg_err *err)
{
    double since = lg_now();
    int64_t count = f->o->train.count;
    nn_feed_order(&f->o->train, f->o->seed, epoch, !f->o->no_shuffle, f->order);
    for (int64_t from = 0; from < count && !f->out_of_time; from += f->batch) {
        int n = count - from < f->batch ? (int)(count - from) : f->batch;
        LG_TRY(lg_cancel_check(f->o->cancel, err));
        LG_TRY(train_batch(f, epoch, from, n, t, err));
        report_batch(f, epoch, last_epoch, t, since);
        f->out_of_time = f->o->time > 0 && lg_now() - f->begun > f->o->time;
    }
    /* The last step may have been the one too many: no loss has been computed since. */
    if (!weights_finite(f)) return diverged(f, epoch, (int)((t->images + f->batch - 1) / f->batch), err);
    return LG_OK;
}

static lg_status validate(fit *f, tally *t, lg_err *err)
{
    int64_t count = f->validation.source.count, index[64];
    int most = f->batch < 64 ? f->batch : 64;
    for (int64_t from = 0; from < count; from += most) {
        int n = count - from < most ? (int)(count - from) : most;
        for (int i = 0; i < n; i++) index[i] = from + i;
        LG_TRY(feed(f, &f->validation, index, n, err));
        nn_exec_forward(f->exec, n);
        LG_TRY(lg_cancel_check(f->o->cancel, err));
        tally_batch(f, t, n, nn_mean_loss(f->loss, nn_exec_output(f->exec), nn_exec_labels(f->exec), n, f->classes));
    }
    return LG_OK;
}

/* Is epoch a a better one than b? */
static bool better(const nn_epoch *a, const nn_epoch *b)
{
    if (isnan(a->val_accuracy) || isnan(b->val_accuracy)) return a->loss < b->loss;
    if (a->val_accuracy != b->val_accuracy) return a->val_accuracy > b->val_accuracy;
    return a->val_loss < b->val_loss;
}

/* What belongs to the weights in use goes into the run. */
static void store_state(fit *f)
{
    nn_run *run = f->run;
    nn_exec_store(f->exec, run->last);
    if (run->nslots) memcpy(run->slots, nn_exec_slots(f->exec), run->nslots * sizeof *run->slots);
    run->steps = nn_exec_steps(f->exec);
}

static void set_weights(fit *f)
{
    nn_run *run = f->run;
    nn_weights_unref(run->weights);
    run->weights = nn_weights_ref(run->best >= 0 && !f->o->keep_last ? run->top : run->last);
}

static void checkpoint(fit *f)
{
    nn_run *run = f->run;
    double before = run->seconds;
    store_state(f);
    set_weights(f);
    run->seconds += lg_now() - f->begun;
    f->o->on_checkpoint(f->o->checkpoint_ctx, run);
    run->seconds = before;
}

/* The epoch is over: keep its weights if they are the best, tell the caller. */
static void close_epoch(fit *f, nn_epoch *e)
{
    nn_run *run = f->run;
    int was_best = run->best, was_last = run->epochs - 1;
    for (int k = 0; k < f->classes; k++) {
        nn_class_score s = nn_confusion_class(e->confusion, f->classes, k);
        e->recall[k] = s.truth ? s.recall : (double)NAN;
    }
    e->best = run->best < 0 || better(e, &run->epoch[run->best]);
    f->since_best = e->best ? 0 : f->since_best + 1;
    if (e->best) {
        run->best = run->epochs;
        nn_exec_store(f->exec, run->top);
    }
    run->epochs++;
    drop_counts(run, was_best);
    drop_counts(run, was_last);
    nn_schedule_epoch(&f->schedule, judged(e));
    if (f->o->on_epoch) f->o->on_epoch(f->o->ctx, e);
    if (f->o->on_checkpoint) checkpoint(f);
}

static lg_status run_epoch(fit *f, int last_epoch, lg_err *err)
{
    nn_run *run = f->run;
    nn_epoch *e = &run->epoch[run->epochs];
    bool validates = f->validation.source.count > 0;
    tally train = {0}, val = {0};
    double since = lg_now();
    lg_status st;
    *e = (nn_epoch){.epoch = run->epochs ? run->epoch[run->epochs - 1].epoch + 1 : 1,
                    .val_loss = (double)NAN, .val_accuracy = (double)NAN};
    LG_GO(need_recall(f, e, err));
    LG_GO(need_counts(f, &e->confusion, err));
    train.confusion = validates ? NULL : e->confusion;
    val.confusion = e->confusion;
    LG_GO(train_epoch(f, e->epoch, last_epoch, &train, err));
    e->images_per_second = (double)train.images / fmax(lg_now() - since, 1e-9);
    e->lr = f->hyper.lr;
    e->loss = train.loss / (double)train.images;
    e->accuracy = (double)train.right / (double)train.images;
    if (validates) {
        LG_GO(validate(f, &val, err));
        e->val_loss = val.loss / (double)val.images + nn_exec_penalty(f->exec);
        e->val_accuracy = (double)val.right / (double)val.images;
    }
    e->calibration = validates ? val.calibration : train.calibration;
    e->seconds = lg_now() - since;
    close_epoch(f, e);
    return LG_OK;
done:
    lg_free(e->confusion);
    *e = (nn_epoch){0};
    return st;
}

static bool out_of_patience(const fit *f)
{
    return f->o->patience > 0 && f->since_best >= f->o->patience;
}

static lg_status fit_epochs(fit *f, lg_err *err)
{
    const nn_run *run = f->run;
    int done = run->epochs ? run->epoch[run->epochs - 1].epoch : 0, last = run->before + f->o->epochs;
    while (done < last && !f->out_of_time && !out_of_patience(f)) {
        LG_TRY(run_epoch(f, last, err));
        done++;
    }
    f->run->patience = out_of_patience(f);
    return LG_OK;
}

/* Hands over what there is, whatever ended the run: nothing here can fail. A run holds finite numbers only, which is
 * what its file can hold: an interrupt may come between the step that was too large and the loss that would have told,
 * and an optimiser's squares may overflow where the weights do not; it then begins afresh. */
static void fit_end_run(fit *f)
{
    nn_run *run = f->run;
    lg_err ignored = {0};
    if (run->epochs && recall_resize(f, (size_t)run->epochs, &ignored)) lg_log(LG_LOG_DEBUG, "%s", ignored.msg);
    run->diverged |= !weights_finite(f);
    if (!run->diverged) {
        store_state(f);
        if (!all_finite(run->slots, run->nslots)) memset(run->slots, 0, run->nslots * sizeof *run->slots);
    } else {
        if (run->best >= 0) nn_weights_put(run->top, run->last);
        memset(run->slots, 0, run->nslots * sizeof *run->slots);
        run->steps = nn_exec_steps(f->exec);
    }
    set_weights(f);
    run->seconds += lg_now() - f->begun;
}

lg_status nn_fit(const nn_fit_options *options, nn_run *run, lg_err *err)
{
    fit f = {.o = options, .run = run, .begun = lg_now()};
    *run = (nn_run){.best = -1};
    lg_status st = fit_begin(&f, err);
    if (st == LG_OK) {
        st = fit_epochs(&f, err);
        run->interrupted = st == LG_E_INTERRUPTED;
        fit_end_run(&f);
    } else {
        nn_run_release(run);
    }
    nn_feed_release(&f.train);
    nn_feed_release(&f.validation);
    lg_free(f.order);
    nn_exec_free(f.exec);
    return st;
}

void nn_run_release(nn_run *run)
{
    for (int i = 0; i < run->epochs; i++) lg_free(run->epoch[i].confusion);
    lg_free(run->epoch);
    lg_free(run->recall);
    lg_free(run->slots);
    nn_weights_unref(run->weights);
    nn_weights_unref(run->last);
    nn_weights_unref(run->top);
    *run = (nn_run){.best = -1};
}
