/* train_job.c - preparing, running, measuring and keeping one training run. */
#include "kernel/commands/run_store.h"
#include "kernel/commands/train_publish.h"
#include "lib/data/clean.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

cmd_train_spec cmd_train_defaults(void)
{
    const nn_fit_options o = nn_fit_defaults();
    return (cmd_train_spec){.epochs = o.epochs,
                            .batch = o.batch,
                            .lr = o.lr,
                            .momentum = o.momentum,
                            .optimizer = o.optimizer,
                            .schedule = o.schedule,
                            .loss = o.loss,
                            .seed = o.seed};
}

void cmd_train_release(cmd_train *job)
{
    cmd_feed_close(&job->feed);
    cmd_feed_close(&job->val_feed);
    cmd_cut_release(&job->cut);
    nn_weights_unref(job->start);
    data_unref(job->set);
    data_unref(job->view);
    data_unref(job->train);
    data_unref(job->val);
    data_unref(job->test);
    cmd_run_free(job->run);
    lg_free(job->weight);
    *job = (cmd_train){0};
}

/* ---- preparing ---- */
static lg_status part_or_null(const data_set *set, data_split_kind kind, data_set **out, lg_err *err)
{
    LG_TRY(data_part(set, kind, out, err));
    if (data_count(*out)) return LG_OK;
    data_unref(*out);
    *out = NULL;
    return LG_OK;
}

/* The dataset: `on`, else the model's own. */
static lg_status find_data(const dsl_call *call, cmd_train *job, lg_err *err)
{
    const dsl_value *on = job->spec.on;
    job->data_name = on ? on->name : job->spec.model->on;
    dsl_object *object = on ? on->object : job->data_name ? dsl_session_get(call->session, job->data_name) : NULL;
    if (!object || object->cls->kind != DSL_KIND_DATASET) {
        lg_fail(err, LG_E_NAME, 404, "which images should `%s` learn from?", job->spec.model_name);
        if (job->data_name) lg_why(err, "it was made on `%s`, which is no longer here", job->data_name);
        return lg_try(err, "%s %s on DATASET", call->command->name, job->spec.model_name);
    }
    return cmd_dataset_chosen(call, object->payload, job->data_name, &job->set, err);
}

static lg_status find_parts(cmd_train *job, lg_err *err)
{
    const data_set *set = job->set;
    const dsl_value *on = job->spec.on;
    data_split_kind part = on && on->part != DSL_PART_ALL ? cmd_split_of(on->part) : DATA_TRAIN;
    job->part = part;
    LG_TRY(cmd_model_fits(job->spec.model, job->spec.model_name, set, job->data_name, err));
    LG_TRY(cmd_model_view(job->spec.model, set, &job->view, err));
    LG_TRY(data_part(job->view, part, &job->train, err));
    if (part != DATA_VAL) LG_TRY(part_or_null(job->view, DATA_VAL, &job->val, err));
    if (part != DATA_TEST) LG_TRY(part_or_null(job->view, DATA_TEST, &job->test, err));
    if (data_count(job->train)) return LG_OK;
    lg_fail(err, LG_E_DATA, 406, "`%s` has no %s images to learn from", job->data_name, data_split_names[part]);
    return lg_try(err, "split %s 80/20", job->data_name);
}

/* Weights that make every class count the same: images / (classes x images of the class), as scikit-learn's
 * "balanced". A class without images gets 1. */
static lg_status class_weights(cmd_train *job, lg_err *err)
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

/* Where a run begins: `continue` at the end of the last one, else at the first weights; what is frozen stays as the
 * model has it, which after a run that kept its best epoch is not as that run ended. */
static lg_status find_start(cmd_train *job, lg_err *err)
{
    const cmd_model *model = job->spec.model;
    if (job->spec.resume && model->runs) {
        job->options.resume = &cmd_model_run(model)->run;
        LG_TRY(nn_weights_join(model->weights, job->options.resume->last, &job->start, err));
    } else if (model->weights == model->first || !nn_net_frozen(model->net)) {
        job->start = nn_weights_ref(model->first);
        return LG_OK;
    } else {
        LG_TRY(nn_weights_copy(model->first, &job->start, err));
    }
    cmd_keep_frozen(model, job->start);
    return LG_OK;
}

/* What is trained, and on what: the whole network on pixels, or what a frozen beginning leaves on its features. */
static lg_status find_sources(const dsl_call *call, cmd_train *job, lg_err *err)
{
    nn_fit_options *o = &job->options;
    const cmd_feeds feeds = {.view = job->train,
                             .training = true,
                             .feed = &job->feed,
                             .more = job->val,
                             .more_feed = &job->val_feed};
    LG_TRY(cmd_feeds_open(call, job->spec.model, &feeds, &job->cut, err));
    o->net = job->cut.tail;
    o->train = job->feed.source;
    o->validation = job->val ? &job->val_feed.source : NULL;
    return LG_OK;
}

static lg_status set_options(const dsl_call *call, cmd_train *job, lg_err *err)
{
    lg_pool *pool = NULL;
    LG_TRY(cmd_pool(call, &pool, err));
    const cmd_train_spec *s = &job->spec;
    nn_fit_options *o = &job->options;
    *o = nn_fit_defaults();
    o->pool = pool;
    LG_TRY(find_start(job, err));
    LG_TRY(find_sources(call, job, err));
    o->weights = job->start;
    o->epochs = s->epochs;
    job->asked_batch = s->batch;
    o->batch = s->batch < o->train.count ? s->batch : (int)o->train.count;
    o->lr = s->lr;
    o->momentum = s->momentum;
    o->optimizer = s->optimizer;
    o->schedule = nn_schedule_names[nn_schedule_find(s->schedule)];
    o->loss = s->loss;
    o->decay = s->decay;
    o->seed = s->seed;
    o->no_shuffle = s->no_shuffle;
    o->keep_last = s->keep_last;
    o->patience = s->patience;
    o->time = s->time;
    o->cancel = call->cancel;
    return s->balance ? class_weights(job, err) : LG_OK;
}

static void add_number(lg_buf *text, const char *name, double value)
{
    char number[40];
    lg_number_text(value, number);
    lg_buf_addf(text, " %s %s", name, number);
}

static void settings_text(const dsl_call *call, const cmd_train *job, lg_buf *text)
{
    const nn_fit_options *o = &job->options;
    lg_buf_addf(text, "epochs %d batch %d", o->epochs, o->batch);
    add_number(text, "lr", o->lr);
    lg_buf_addf(text, " optimizer %s", o->optimizer);
    if (o->momentum > 0) add_number(text, "momentum", o->momentum);
    if (strcmp(o->schedule, "constant")) lg_buf_addf(text, " schedule %s", o->schedule);
    if (strcmp(o->loss, "focal") == 0) lg_buf_addf(text, " loss %s", o->loss);
    if (o->decay > 0) add_number(text, "decay", o->decay);
    if (o->patience) lg_buf_addf(text, " patience %d", o->patience);
    if (job->part != DATA_TRAIN) lg_buf_addf(text, " on the %s part", data_split_names[job->part]);
    lg_buf_addf(text, " keep %s seed %llu%s%s%s", o->keep_last ? "last" : "best", (unsigned long long)o->seed,
                o->class_weight ? " balance" : "", o->no_shuffle ? " no shuffle" : "", o->resume ? " continue" : "");
    if (job->cut.head) /* which features: other ones are another run */
        lg_buf_addf(text, " frozen to %s (%.12s)",
                    nn_net_node(job->cut.head, nn_net_count(job->cut.head) - 1)->name, job->cut.fingerprint);
    if (data_variants(job->train) > 1)
        lg_buf_addf(text, " augment x%d%s", data_variants(job->train),
                    data_augment_of(job->train).fresh ? " fresh" : "");
    lg_buf_adds(text, cmd_where_whole(call)); /* last: cmd_run_where */
}

/* Runs made with this model so far, those it no longer remembers included. */
static int run_number(const cmd_model *model)
{
    const cmd_run *last = cmd_model_run(model);
    return last ? last->number : 0;
}

enum { SETTINGS = 1 << 20 }; /* bytes: a `where` may name every image */

static lg_status describe_run(const dsl_call *call, cmd_train *job, lg_err *err)
{
    cmd_run *run = job->run;
    const nn_fit_options *o = &job->options;
    lg_buf text;
    lg_buf_init(&text, SETTINGS);
    settings_text(call, job, &text);
    run->number = run_number(job->spec.model) + 1;
    run->name = job->spec.name ? lg_strdup(job->spec.name, err) : lg_strf(err, "run %d", run->number);
    run->model = lg_strdup(job->spec.model_name, err);
    run->data = lg_strdup(job->data_name, err);
    run->settings = lg_buf_take(&text, err);
    lg_buf_release(&text);
    run->keep_last = o->keep_last;
    run->threads = lg_pool_size(o->pool);
    run->train_count = (int64_t)data_count(job->train);
    run->planned = o->epochs + (o->resume && o->resume->epochs ? o->resume->epoch[o->resume->epochs - 1].epoch : 0);
    LG_TRY(data_fingerprint(job->set, run->fingerprint, err));
    LG_TRY(cmd_labels_of(job->set, &run->labels, err));
    return run->name && run->model && run->data && run->settings ? LG_OK : err->status;
}

lg_status cmd_train_prepare(const dsl_call *call, const cmd_train_spec *spec, cmd_train *job, lg_err *err)
{
    *job = (cmd_train){.spec = *spec};
    LG_TRY(find_data(call, job, err));
    LG_TRY(find_parts(job, err));
    LG_TRY(set_options(call, job, err));
    job->run = lg_alloc(1, sizeof *job->run, err);
    return job->run ? describe_run(call, job, err) : err->status;
}

bool cmd_train_same(const cmd_train *job, const cmd_run *run)
{
    const nn_run *r = &run->run;
    bool whole = r->patience || (r->epochs && r->epoch[r->epochs - 1].epoch >= run->planned);
    if (r->weights && !nn_net_same(nn_weights_net(r->weights), job->options.net)) return false; /* others are frozen */
    return !job->options.resume && !(job->options.time > 0) && whole && !r->interrupted && !r->diverged &&
           !run->going_on && strcmp(run->settings, job->run->settings) == 0 && strcmp(run->data, job->data_name) == 0 &&
           strcmp(run->fingerprint, job->run->fingerprint) == 0 && run->train_count == job->run->train_count;
}

/* ---- running and measuring ---- */

/* What this run's own validation already counted for exactly the weights that are kept; false where it did not. A loss
 * that is not cross-entropy is no figure of `evaluate`. */
static bool counted(const cmd_train *job, cmd_score *out, lg_err *err)
{
    const nn_run *r = &job->run->run;
    const nn_epoch *kept = cmd_run_kept(job->run);
    if (strcmp(job->options.loss, "focal") == 0) return false;
    bool whole = r->best >= 0 && (!job->run->keep_last || !r->interrupted);
    if (!job->val || !whole || kept->epoch <= r->before || isnan(kept->val_loss)) return false;
    const cmd_score score = {
        .count = kept->confusion, .classes = r->classes, .loss = kept->val_loss, .calibration = kept->calibration};
    return cmd_score_copy(&score, out, err) == LG_OK;
}

/* Measured once, with the weights that are kept; an interrupt that came before must not stop it. */
static lg_status measure(const dsl_call *call, cmd_train *job, lg_err *err)
{
    const data_set *part[DATA_SPLITS] = {[DATA_VAL] = job->val, [DATA_TEST] = job->test};
    dsl_call quiet = *call;
    cmd_model view = *job->spec.model;
    quiet.cancel = NULL;
    nn_weights *whole = NULL;
    LG_TRY(cmd_train_weights(job, &whole, err));
    view.weights = whole;
    lg_status st = LG_OK;
    for (int split = DATA_VAL; split < DATA_SPLITS; split++)
        if (part[split] && !(split == DATA_VAL && counted(job, &job->run->score[split], err)))
            if (st == LG_OK) st = cmd_score_of(&quiet, &view, part[split], &job->run->score[split], err);
    nn_weights_unref(whole);
    return st;
}

/* An interrupt in the words of this run. */
static void say_interrupted(const cmd_train *job, lg_err *err)
{
    const nn_run *r = &job->run->run;
    lg_err_clear(err);
    if (r->best >= 0)
        lg_fail(err, LG_E_INTERRUPTED, 0, "stopped at epoch %d of %d, best was epoch %d",
                r->epoch[r->epochs - 1].epoch + 1, job->run->planned, r->epoch[r->best].epoch);
    else lg_fail(err, LG_E_INTERRUPTED, 0, "stopped before the first epoch had ended");
    lg_why(err, "the weights of %s are kept", r->best >= 0 ? "the best epoch" : "the last whole batch");
    lg_try(err, "`fit %s continue` goes on from here", job->spec.model_name);
}

/* The status of nn_fit is returned after everything it left has been measured. */
static lg_status settle(const dsl_call *call, cmd_train *job, lg_status fitted, lg_err *err)
{
    lg_err later = {0};
    const nn_run *r = &job->run->run;
    bool kept = fitted == LG_E_INTERRUPTED || (fitted == LG_E_NUMERIC && job->spec.lost);
    if (!r->weights || (fitted && !r->epochs && !kept)) return fitted;
    if (fitted == LG_E_INTERRUPTED) say_interrupted(job, err);
    if (job->options.resume && r->best >= 0 && r->epoch[r->best].epoch <= r->before)
        memcpy(job->run->fingerprint, cmd_model_run(job->spec.model)->fingerprint, sizeof job->run->fingerprint);
    lg_status st = measure(call, job, &later);
    job->whole = st == LG_OK;
    if (fitted == LG_OK && st) *err = later;
    return fitted ? fitted : st;
}

/* Who looks at each epoch of a run. */
typedef struct watchers {
    cmd_run_store store;
    cmd_train_publisher publisher;
} watchers;

static void on_checkpoint(void *ctx, const nn_run *run)
{
    watchers *w = ctx;
    if (w->store.on) cmd_run_store_checkpoint(&w->store, run);
    if (w->publisher.job) cmd_train_publish(&w->publisher, run);
}

static void watch(const dsl_call *call, cmd_train *job, watchers *w)
{
    if (job->spec.publish) cmd_train_publish_begin(call, job, &w->publisher);
    if (!w->store.on && !job->spec.publish) return;
    job->options.checkpoint_ctx = w;
    job->options.on_checkpoint = on_checkpoint;
}

lg_status cmd_train_run(const dsl_call *call, cmd_train *job, lg_err *err)
{
    watchers w = {0};
    lg_status st = LG_OK;
    cmd_run_store_open(call, job, &w.store);
    if (!cmd_run_store_take(&w.store, job)) {
        cmd_run_store_begin(&w.store, job);
        watch(call, job, &w);
        st = nn_fit(&job->options, &job->run->run, err);
        cmd_run_store_trained(&w.store, job);
        st = settle(call, job, st, err);
        if (st == LG_OK && job->whole) cmd_run_store_keep(&w.store, job);
    }
    cmd_train_publish_end(&w.publisher);
    cmd_run_store_close(&w.store);
    return st;
}

/* ---- keeping ---- */

lg_status cmd_train_weights(const cmd_train *job, nn_weights **out, lg_err *err)
{
    const nn_weights *learnt = job->run ? job->run->run.weights : NULL;
    if (learnt && job->cut.head) return nn_weights_join(job->start, learnt, out, err);
    *out = nn_weights_ref(learnt ? learnt : job->start);
    return LG_OK;
}


#define RUNS_BYTES ((size_t)1 << 30)
/* The model's runs and one more; the oldest goes where there are too many. */
static void add_run(cmd_model *model, dsl_object *run)
{
    if (model->runs == CMD_RUNS) {
        dsl_object_unref(model->run[0]);
        memmove(model->run, model->run + 1, (CMD_RUNS - 1) * sizeof *model->run);
        model->runs--;
    }
    model->run[model->runs++] = run;
}

lg_status cmd_train_model(const cmd_train *job, dsl_object *run_object, cmd_model **out, lg_err *err)
{
    const cmd_model *old = job->spec.model;
    const cmd_run *run = run_object->payload;
    cmd_model *model = NULL;
    lg_status st = cmd_model_again(old, &model, err);
    if (st) {
        dsl_object_unref(run_object);
        return st;
    }
    add_run(model, run_object);
    cmd_model_forget_runs(model, RUNS_BYTES);
    model->net = nn_net_ref(old->net);
    model->first = nn_weights_ref(old->first);
    st = job->cut.head ? nn_weights_join(job->start, run->run.weights, &model->weights, err) : LG_OK;
    if (!job->cut.head) model->weights = nn_weights_ref(run->run.weights);
    model->ruled = true;
    model->rules = data_rules_of(job->set);
    cmd_labels_release(&model->labels);
    lg_free(model->on);
    model->on = lg_strdup(job->data_name, err);
    if (st || !model->on || cmd_labels_copy(&run->labels, &model->labels, err)) {
        cmd_model_free(model);
        return err->status;
    }
    *out = model;
    return LG_OK;
}

lg_status cmd_train_take(const dsl_call *call, cmd_train *job, dsl_object **out, lg_err *err)
{
    cmd_run *run = job->run;
    job->run = NULL;
    return dsl_object_new(&cmd_run_class, run, call->recipe, out, err);
}

lg_status cmd_train_bind(const dsl_call *call, cmd_train *job, const char *as, lg_err *err)
{
    dsl_object *run_object = NULL;
    cmd_model *model = NULL;
    LG_TRY(cmd_train_take(call, job, &run_object, err));
    dsl_object *kept = dsl_object_ref(run_object);
    lg_status st = cmd_train_model(job, run_object, &model, err);
    if (st == LG_OK) st = cmd_model_bind(call, job->spec.model_name, model, err);
    if (st == LG_OK && as) return dsl_call_bind(call, as, kept, err);
    dsl_object_unref(kept);
    return st;
}
