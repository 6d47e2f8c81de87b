/* train_publish.c - copies of a run that goes on. */
#include "kernel/commands/train_publish.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

static const double SHARE = 200; /* the time between two is so many times what one takes, where nobody follows */

/* ---- the run so far ---- */
static lg_status copy_epochs(const nn_run *from, nn_run *to, lg_err *err)
{
    size_t epochs = (size_t)from->epochs, classes = (size_t)from->classes;
    to->epoch = lg_alloc(epochs, sizeof *to->epoch, err);
    to->recall = lg_alloc(epochs * classes, sizeof *to->recall, err);
    if (!to->epoch || !to->recall) return err->status;
    for (; to->epochs < from->epochs; to->epochs++) {
        const nn_epoch *e = &from->epoch[to->epochs];
        nn_epoch *made = &to->epoch[to->epochs];
        *made = *e;
        made->recall = to->recall + (size_t)to->epochs * classes;
        made->confusion = e->confusion ? lg_alloc(classes * classes, sizeof *made->confusion, err) : NULL;
        if (e->confusion && !made->confusion) return err->status;
        memcpy(made->recall, e->recall, classes * sizeof *made->recall);
        if (e->confusion) memcpy(made->confusion, e->confusion, classes * classes * sizeof *made->confusion);
    }
    return LG_OK;
}

/* The weights of the last epoch and of the best one; the latter change seldom. */
static lg_status copy_weights(cmd_train_publisher *p, const nn_run *from, nn_run *to, lg_err *err)
{
    LG_TRY(nn_weights_copy(from->last, &to->last, err));
    to->weights = nn_weights_ref(to->last);
    if (from->best < 0) return LG_OK;
    int best = from->epoch[from->best].epoch;
    if (best != p->best) {
        nn_weights *top = NULL;
        if (from->best == from->epochs - 1) top = nn_weights_ref(to->last);
        else LG_TRY(nn_weights_copy(from->top, &top, err));
        nn_weights_unref(p->top);
        p->top = top;
        p->best = best;
    }
    to->top = nn_weights_ref(p->top);
    return LG_OK;
}

static lg_status copy_run(cmd_train_publisher *p, const nn_run *from, nn_run *to, lg_err *err)
{
    to->best = from->best, to->before = from->before, to->classes = from->classes;
    to->steps = from->steps, to->seconds = from->seconds, to->waited = from->waited;
    to->optimizer = from->optimizer;
    LG_TRY(copy_epochs(from, to, err));
    return copy_weights(p, from, to, err);
}

/* What its validation counted with exactly these weights (as train_job.c does in the end). */
static lg_status copy_score(const cmd_train *job, cmd_run *run, lg_err *err)
{
    const nn_epoch *e = &run->run.epoch[run->run.epochs - 1];
    if (!job->val || isnan(e->val_loss) || strcmp(job->options.loss, "focal") == 0) return LG_OK;
    const cmd_score score = {
        .count = e->confusion, .classes = run->run.classes, .loss = e->val_loss, .calibration = e->calibration};
    return cmd_score_copy(&score, &run->score[DATA_VAL], err);
}

static lg_status describe(const cmd_run *from, cmd_run *to, lg_err *err)
{
    to->name = lg_strdup(from->name, err);
    to->model = lg_strdup(from->model, err);
    to->data = lg_strdup(from->data, err);
    to->settings = lg_strdup(from->settings, err);
    memcpy(to->fingerprint, from->fingerprint, sizeof to->fingerprint);
    to->train_count = from->train_count;
    to->number = from->number, to->planned = from->planned, to->threads = from->threads;
    to->keep_last = to->going_on = true;
    LG_TRY(cmd_labels_copy(&from->labels, &to->labels, err));
    return to->name && to->model && to->data && to->settings ? LG_OK : err->status;
}

static lg_status run_so_far(cmd_train_publisher *p, const nn_run *run, dsl_object **out, lg_err *err)
{
    cmd_run *made = lg_alloc(1, sizeof *made, err);
    if (!made) return err->status;
    lg_status st = describe(p->job->run, made, err);
    if (st == LG_OK) st = copy_run(p, run, &made->run, err);
    if (st == LG_OK) st = copy_score(p->job, made, err);
    if (st == LG_OK) {
        made->seconds = made->run.seconds;
        return dsl_object_new(&cmd_run_class, made, p->call->recipe, out, err);
    }
    cmd_run_free(made);
    return st;
}

/* ---- publishing ---- */
static lg_status publish_model(const cmd_train_publisher *p, dsl_object *run, lg_err *err)
{
    cmd_model *model = NULL;
    dsl_object *object = NULL;
    LG_TRY(cmd_train_model(p->job, dsl_object_ref(run), &model, err));
    LG_TRY(dsl_object_new(&cmd_model_class, model, p->call->recipe, &object, err));
    return dsl_session_publish(p->call->session, p->job->spec.model_name, object, err);
}

static lg_status publish(cmd_train_publisher *p, const nn_run *run, lg_err *err)
{
    dsl_object *object = NULL;
    const char *as = p->job->spec.name;
    LG_TRY(run_so_far(p, run, &object, err));
    lg_status st = publish_model(p, object, err);
    if (st == LG_OK && as) st = dsl_session_publish(p->call->session, as, dsl_object_ref(object), err);
    dsl_object_unref(object);
    return st;
}

void cmd_train_publish_begin(const dsl_call *call, const cmd_train *job, cmd_train_publisher *p)
{
    *p = (cmd_train_publisher){.call = call, .job = job, .ended = lg_now()};
}

void cmd_train_publish(cmd_train_publisher *p, const nn_run *run)
{
    lg_err err = {0};
    double now = lg_now();
    if (!dsl_session_followed(p->call->session) && now - p->ended < SHARE * p->cost) return;
    if (publish(p, run, &err)) lg_log(LG_LOG_WARN, "subshells do not see epoch %d: %s", run->epochs, err.msg);
    p->ended = lg_now();
    p->cost = p->ended - now;
}

void cmd_train_publish_end(cmd_train_publisher *p)
{
    nn_weights_unref(p->top);
    *p = (cmd_train_publisher){0};
}
