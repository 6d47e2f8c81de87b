/* cmd_sweep.c - `sweep`: train once for each combination of listed values, and rank what came out. */
#include "kernel/commands/box_sweep.h"
#include "kernel/commands/train_job.h"
#include "kernel/commands/params.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum {
    MODEL,
    ON,
    BY,
    AS,
    LR,
    BATCH,
    EPOCHS,
    OPTIMIZER,
    MOMENTUM,
    DROPOUT,
    SCHEDULE,
    RANDOM,
    REPEAT,
    TIME,
    SEED,
    BALANCE
};

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model to train; it stays as it is"),
    [ON] = CMD_ON("images to learn from; their .val part judges"),
    [BY] = {.name = "by",
            .role = DSL_PREPOSITION,
            .type = DSL_T_WORD,
            .dflt = "val.accuracy",
            .help = "what ranks them: val.accuracy, val.loss, val.macro_f1, val.LABEL.recall, …"},
    [AS] = {.name = "as",
            .role = DSL_PREPOSITION,
            .type = DSL_T_NEWNAME,
            .dflt_help = "MODEL_sweep",
            .help = "keep the result under this name; NAME.best.lr and so on are its fields"},
    [LR] = CMD_LR("learning rates to try", .list = true, .ranges = true,
                  .advice = "three to five, each about a third of the one before: 0.3, 0.1, 0.03, 0.01"),
    [BATCH] = CMD_BATCH("images per step to try", .list = true, .ranges = true),
    [EPOCHS] = CMD_EPOCHS("how often every training image is seen", .list = true, .ranges = true),
    [OPTIMIZER] = CMD_OPTIMIZER("how a step follows from the gradient", .list = true),
    [MOMENTUM] = CMD_MOMENTUM("shares of the last step that carry on", .list = true, .ranges = true,
                              .dflt_help = "the optimizer's own"),
    [DROPOUT] = {.name = "dropout",
                 .role = DSL_OPTION,
                 .type = DSL_T_NUMBER,
                 .list = true,
                 .ranges = true,
                 .dflt_help = "as the model has it",
                 .min = 0,
                 .max = 0.99,
                 .help = "rates for all dropout layers of the model"},
    [SCHEDULE] = CMD_SCHEDULE("how lr changes while training", .list = true),
    [RANDOM] = {.name = "random",
                .role = DSL_OPTION,
                .type = DSL_T_INT,
                .dflt_help = "all combinations",
                .min = 1,
                .max = SWEEP_RUNS,
                .help = "draw so many of the combinations; ranges such as 0.01..0.3 are drawn from",
                .advice = "10 to 30: most settings hardly matter, so a few draws often find as good a one"},
    [REPEAT] = {.name = "repeat",
                .role = DSL_OPTION,
                .type = DSL_T_INT,
                .dflt = "1",
                .min = 1,
                .max = SWEEP_REPEAT,
                .help = "train each so many times, with other seeds",
                .advice = "3 shows how much is luck; 1 cannot"},
    [TIME] = CMD_TIME("stop after so long and keep what is finished: 30s, 5m, 2h"),
    [SEED] = CMD_SEED("of the first run of each setting, and of what is drawn"),
    [BALANCE] = CMD_BALANCE("rare classes weigh more, so that all count the same"),
    {0},
};

static const int axis_param[SWEEP_AXES] = {
    [SWEEP_LR] = LR,
    [SWEEP_BATCH] = BATCH,
    [SWEEP_EPOCHS] = EPOCHS,
    [SWEEP_OPTIMIZER] = OPTIMIZER,
    [SWEEP_MOMENTUM] = MOMENTUM,
    [SWEEP_DROPOUT] = DROPOUT,
    [SWEEP_SCHEDULE] = SCHEDULE,
};

/* ---- from the line to the settings ---- */
static lg_status range_of(const dsl_call *call, int a, cmd_sweep_axis *axis, lg_err *err)
{
    const dsl_arg *arg = &call->arg[axis_param[a]];
    const dsl_value *v = &arg->value[0];
    const char *name = cmd_sweep_axis_names[a];
    for (int i = 0; i < arg->count; i++)
        if (arg->value[i].type == DSL_T_RANGE) v = &arg->value[i];
    axis->range = true;
    axis->low = v->number, axis->high = v->high;
    axis->whole = a == SWEEP_BATCH || a == SWEEP_EPOCHS;
    if (arg->count > 1) {
        lg_fail(err, LG_E_ARG, 441, "`%s` takes either one range or a list of numbers", name);
        lg_try(err, "sweep %s %s %s random 10", call->arg[MODEL].value[0].name, name, v->text);
        return lg_err_place(err, v->span);
    }
    if (axis->whole || call->arg[RANDOM].count) return LG_OK;
    lg_fail(err, LG_E_ARG, 441, "there is no end of numbers in `%s %s`", name, v->text);
    lg_try(err, "add `random 10` to draw some of them, or list the values to try");
    return lg_err_place(err, v->span);
}

static lg_status axis_of(const dsl_call *call, int a, cmd_sweep_axis *axis, lg_err *err)
{
    const dsl_arg *arg = &call->arg[axis_param[a]];
    cmd_sweep_value *value = lg_arena_alloc(call->arena, (size_t)arg->count + 1, sizeof *value, err);
    if (!value) return err->status;
    axis->value = value;
    for (int i = 0; i < arg->count; i++) {
        const dsl_value *v = &arg->value[i];
        bool known = false;
        if (v->type == DSL_T_RANGE) return range_of(call, a, axis, err);
        cmd_sweep_value next = {.number = v->number};
        if (v->type == DSL_T_CHOICE) snprintf(next.text, sizeof next.text, "%s", v->text);
        else lg_number_text(v->number, next.text);
        for (int k = 0; k < axis->count && !known; k++) known = strcmp(value[k].text, next.text) == 0;
        if (!known) value[axis->count++] = next;
    }
    return LG_OK;
}

/* How long it would take at the speed of the model's last training; "" where there was none. */
static const char *time_text(const dsl_call *call, const cmd_model *model, double runs, lg_err *err)
{
    const cmd_run *last = cmd_model_run(model);
    lg_buf text;
    double epochs = call->arg[EPOCHS].value[0].number;
    if (!last || !last->run.epochs || runs > 1e9) return "";
    lg_buf_init(&text, 400);
    plt_duration(runs * epochs * last->run.seconds / last->run.epochs, &text);
    const char *out =
        lg_arena_strf(call->arena, err, "; at the speed of the last training about %s", lg_buf_str(&text));
    lg_buf_release(&text);
    return out ? out : "";
}

/* Too many: the count, how it arises, and how long it would take. */
static lg_status too_many(const dsl_call *call, const cmd_model *model, const cmd_sweep_axis *axis, double settings,
                          lg_err *err)
{
    int repeat = (int)call->arg[REPEAT].value[0].integer;
    double runs = settings * repeat;
    lg_buf text;
    const char *gap = "";
    lg_buf_init(&text, 1000);
    for (int a = 0; a < SWEEP_AXES; a++) {
        double size = axis[a].range ? axis[a].high - axis[a].low + 1 : axis[a].count;
        if (size < 2) continue;
        lg_buf_addf(&text, "%s%.0f of %s", gap, size, cmd_sweep_axis_names[a]);
        gap = " x ";
    }
    if (repeat > 1) lg_buf_addf(&text, "%s%d seeds", gap, repeat);
    lg_err_clear(err);
    lg_fail(err, LG_E_LIMIT, 440, "that would be %s runs, and at most %d are trained at once",
            runs < 1e15 ? lg_thousands((long long)runs) : "very many", SWEEP_RUNS);
    lg_why(err, "%s%s", lg_buf_str(&text), time_text(call, model, runs, err));
    lg_buf_release(&text);
    lg_try(err, "`random %d` draws some of the combinations", repeat > 1 ? SWEEP_RUNS / repeat / 4 + 1 : 20);
    return lg_err_place(err, call->span);
}

typedef struct sweep_job {
    const dsl_call *call;
    const cmd_model *model;
    const char *model_name, *data_name;
    cmd_sweep *sweep; /* owned until bound */
    bool own_first;   /* the model's first weights are no fresh ones, so every run begins with them */
    double deadline;  /* 0: none */
    int reused;
    cmd_live live;
    double began;
    double work, done; /* epochs to train and trained, reused ones left out */
    int place;         /* of the run that is on */
} sweep_job;

static lg_status plan(sweep_job *job, lg_err *err)
{
    const dsl_call *call = job->call;
    cmd_sweep *sweep = job->sweep;
    cmd_sweep_axis axis[SWEEP_AXES] = {0};
    cmd_sweep_setting *setting = NULL;
    int drawn = call->arg[RANDOM].count ? (int)call->arg[RANDOM].value[0].integer : 0, count = 0;
    for (int a = 0; a < SWEEP_AXES; a++) {
        LG_TRY(axis_of(call, a, &axis[a], err));
        sweep->varies[a] = axis[a].count > 1 || (axis[a].range && axis[a].high > axis[a].low);
    }
    sweep->repeat = (int)call->arg[REPEAT].value[0].integer;
    sweep->seed = cmd_seed(call, SEED);
    lg_status st = cmd_sweep_plan(axis, drawn, sweep->seed, call->arena, &setting, &count, err);
    if (st == LG_E_LIMIT || (st == LG_OK && count * sweep->repeat > SWEEP_RUNS))
        return too_many(call, job->model, axis, count, err);
    LG_TRY(st);
    sweep->settings = count;
    sweep->setting = lg_alloc((size_t)count, sizeof *setting, err);
    sweep->trial = lg_alloc((size_t)(count * sweep->repeat), sizeof *sweep->trial, err);
    if (!sweep->setting || !sweep->trial) return err->status;
    memcpy(sweep->setting, setting, (size_t)count * sizeof *setting);
    for (int i = 0; i < count; i++) job->work += sweep->repeat * setting[i].value[SWEEP_EPOCHS].number;
    return LG_OK;
}

/* ---- what ranks them ---- */
static bool ranks(const char *metric)
{
    size_t n = strlen(metric);
    if (strcmp(metric, "baseline") == 0 || strcmp(metric, "overconfidence") == 0) return false;
    return n < 5 || strcmp(metric + n - 5, "count") != 0;
}

static lg_status find_metric(const sweep_job *job, const cmd_labels *labels, lg_err *err)
{
    const dsl_value *by = &job->call->arg[BY].value[0];
    const char *word = strncmp(by->text, "val.", 4) == 0 ? by->text + 4 : by->text;
    cmd_score score = {.classes = labels->count};
    double ignored;
    score.count = lg_alloc((size_t)labels->count * (size_t)labels->count + 1, sizeof *score.count, err);
    if (!score.count) return err->status;
    nn_calibration_add(&score.calibration, 1, true);
    bool known = cmd_score_field(&score, labels->name, word, &ignored) == LG_OK && ranks(word);
    cmd_score_release(&score);
    job->sweep->metric = lg_strdup(word, err);
    job->sweep->lower = strcmp(word, "loss") == 0 || strcmp(word, "calibration") == 0;
    if (known || !job->sweep->metric) return err->status;
    if (strncmp(word, "train.", 6) == 0 || strncmp(word, "test.", 5) == 0) {
        lg_fail(err, LG_E_ARG, 442, "settings are chosen by the validation images, not by `%s`", word);
        lg_why(err, *word == 't' && word[1] == 'r' ? "images that were learnt by heart look best there"
                                                   : "test images are for the last word, which choosing would spoil");
    } else {
        lg_fail(err, LG_E_ARG, 442, "`sweep` cannot rank by `%s`", word);
        lg_why(err,
               "it ranks by val.accuracy, val.loss, val.balanced_accuracy, val.macro_f1, and recall, precision or "
               "f1 of a label: val.%s.recall",
               labels->count ? labels->name[0] : "nike");
    }
    lg_try(err, "by val.accuracy");
    return lg_err_place(err, by->span);
}

/* ---- networks ---- */
/* The same network with other dropout rates; a reference. */
static lg_status net_with(const nn_net *net, const char *rate, nn_net **out, lg_err *err)
{
    nn_net *copy;
    LG_TRY(nn_net_new(&copy, err));
    lg_status st = LG_OK;
    for (int i = 0; st == LG_OK && i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        bool dropout = strcmp(node->type->name, "dropout") == 0;
        void *config = lg_alloc(1, node->type->config_size, err);
        if (!config) st = err->status;
        if (config) memcpy(config, node->spec.config, node->type->config_size);
        if (st == LG_OK && dropout)
            st = nn_field_set(nn_field_find(node->type->fields, "rate"), "dropout", config, rate, err);
        if (st == LG_OK) st = nn_net_add_to(copy, node->type, config, node->input, node->spec.nin, err);
        if (st == LG_OK && node->frozen) nn_net_freeze(copy, i);
        lg_free(config);
    }
    if (st == LG_OK) st = nn_net_finish(copy, err);
    if (st == LG_OK) *out = copy;
    else nn_net_unref(copy);
    return st;
}

static bool has_dropout(const nn_net *net)
{
    for (int i = 0; i < nn_net_count(net); i++)
        if (strcmp(nn_net_node(net, i)->type->name, "dropout") == 0) return true;
    return false;
}

static lg_status check_dropout(const sweep_job *job, lg_err *err)
{
    const dsl_arg *arg = &job->call->arg[DROPOUT];
    if (!arg->count || has_dropout(job->model->net)) return LG_OK;
    lg_fail(err, LG_E_ARG, 443, "`%s` has no dropout layer whose rate could be changed", job->model_name);
    lg_try(err, "put `dropout 0.5` into the model, usually before its last `dense`");
    return lg_err_place(err, arg->value[0].span);
}

/* Do the model's first weights follow from its seed? Weights that were read or taken over do not, and stay. */
static lg_status look_at_first(sweep_job *job, lg_err *err)
{
    nn_weights *drawn;
    const cmd_model *m = job->model;
    LG_TRY(cmd_first_weights(m, m->net, m->seed, &drawn, err)); /* those of a base stay in any case */
    size_t bytes = nn_net_block(m->net) * sizeof(float);
    job->own_first = memcmp(nn_weights_block(drawn), nn_weights_block(m->first), bytes) != 0;
    job->sweep->fresh = !job->own_first;
    nn_weights_unref(drawn);
    return LG_OK;
}

/* First weights of a round for a network that differs from the model's at most in its rates; what is frozen is as the
 * model has it now, as in `fit`. */
static lg_status first_weights(const sweep_job *job, const nn_net *net, int round, nn_weights **out, lg_err *err)
{
    if (round && !job->own_first)
        LG_TRY(cmd_first_weights(job->model, net, job->model->seed + (uint64_t)round, out, err));
    else LG_TRY(nn_weights_for(job->model->first, net, out, err));
    cmd_keep_frozen(job->model, *out);
    return LG_OK;
}

/* ---- the live display ---- */
static void sweep_batch(void *ctx, const nn_progress *p)
{
    sweep_job *job = ctx;
    lg_buf line;
    lg_err ignored = {0};
    if (!cmd_live_due(&job->live)) return;
    double now = p->epoch - 1 + (p->batches ? (double)p->batch / p->batches : 0), done = job->done + now;
    double elapsed = lg_now() - job->began, share = job->work > 0 ? done / job->work : 0;
    int runs = job->sweep->settings * job->sweep->repeat, setting = job->place % job->sweep->settings;
    plt_doc doc;
    plt_doc_init(&doc);
    lg_buf_init(&line, 4096);
    lg_buf_addf(&line, "run %d of %d · ", job->place + 1, runs);
    cmd_sweep_setting_text(job->sweep, setting, &line);
    lg_buf_addf(&line, " · epoch %d of %d", p->epoch, p->epochs);
    if (share > 0.005) {
        lg_buf_adds(&line, " · ");
        plt_duration(elapsed / share - elapsed, &line);
        lg_buf_adds(&line, " left");
    }
    plt_title(&doc, "sweep %s on %s", job->model_name, job->data_name);
    plt_progress(&doc, share, "%s", lg_buf_str(&line));
    cmd_doc_sweep_so_far(&doc, job->sweep, &ignored);
    cmd_live_send(&job->live, &doc);
    lg_buf_release(&line);
}

/* ---- one run ---- */
typedef struct known {
    const char *key;
    const nn_net *net;
    cmd_trial *found;
} known;

static bool look_in(void *ctx, const char *name, dsl_object *object)
{
    known *k = ctx;
    (void)name;
    if (object->cls != &cmd_sweep_class) return true;
    const cmd_sweep *sweep = object->payload;
    for (int i = 0; i < sweep->settings * sweep->repeat && !k->found; i++) {
        cmd_trial *t = sweep->trial[i];
        if (t && strcmp(t->key, k->key) == 0 && nn_net_same(t->net, k->net)) k->found = t;
    }
    return !k->found;
}

/* Everything that decides a run: settings, images, first weights. */
static char *key_of(const cmd_train *train, const nn_weights *first, const nn_net *net, lg_err *err)
{
    uint64_t hash = lg_hash64(nn_weights_block(first), nn_net_block(net) * sizeof(float), 1);
    return lg_strf(err, "%s|%s|%lld|%016llx", train->run->settings, train->run->fingerprint,
                   (long long)train->run->train_count, (unsigned long long)hash);
}

/* Which of the validation images the kept weights have right. */
static lg_status measure(const sweep_job *job, const cmd_model *model, cmd_train *train, cmd_trial *trial, lg_err *err)
{
    const cmd_run *run = train->run;
    float *p = NULL;
    dsl_call quiet = *job->call;
    cmd_model view = *model;
    int classes = (int)nn_shape_size(nn_net_output(model->net));
    quiet.cancel = NULL;
    nn_weights *whole = NULL;
    trial->images = data_count(train->val);
    trial->right = lg_alloc(trial->images + 1, 1, err);
    trial->val_accuracy = lg_alloc((size_t)run->run.epochs + 1, sizeof(double), err);
    if (!trial->right || !trial->val_accuracy) return err->status;
    LG_TRY(cmd_train_weights(train, &whole, err));
    view.weights = whole;
    lg_status st = cmd_predict(&quiet, &view, train->val, &p, err);
    nn_weights_unref(whole);
    LG_TRY(st);
    for (size_t i = 0; i < trial->images; i++) {
        data_image image;
        data_image_at(train->val, i, &image);
        trial->right[i] = nn_argmax(p + i * (size_t)classes, classes) == image.label;
    }
    lg_free(p);
    for (int i = 0; i < run->run.epochs; i++) trial->val_accuracy[i] = run->run.epoch[i].val_accuracy;
    trial->epochs = run->run.epochs;
    trial->kept = cmd_run_kept(run) ? cmd_run_kept(run)->epoch : 0;
    trial->seconds = run->seconds;
    trial->diverged = run->run.diverged;
    if (run->score[DATA_VAL].count) return cmd_score_copy(&run->score[DATA_VAL], &trial->score, err);
    return cmd_score_of(&quiet, &view, train->val, &trial->score, err);
}

static bool cut_by_time(const cmd_run *run)
{
    const nn_run *r = &run->run;
    return !r->diverged && (!r->epochs || r->epoch[r->epochs - 1].epoch < run->planned);
}

/* Trains; the trial stays NULL where the time ran out. */
static lg_status train_one(sweep_job *job, const cmd_model *model, cmd_train *train, char *key, cmd_trial **out,
                           lg_err *err)
{
    train->options.ctx = job;
    train->options.on_batch = sweep_batch;
    lg_status st = cmd_train_run(job->call, train, err);
    if (st && st != LG_E_NUMERIC) return st;
    if (job->deadline > 0 && cut_by_time(train->run)) {
        job->sweep->late = true;
        return LG_OK;
    }
    lg_err_clear(err); /* a rate so large that the loss is lost is a result here */
    cmd_trial *trial = lg_alloc(1, sizeof *trial, err);
    if (!trial) return err->status;
    atomic_init(&trial->refs, 1);
    trial->net = nn_net_ref(model->net);
    st = measure(job, model, train, trial, err);
    trial->diverged |= train->run->run.diverged;
    trial->key = lg_strdup(key, err);
    if (st == LG_OK && trial->key) *out = trial;
    else cmd_trial_unref(trial);
    return err->status;
}

static cmd_train_spec spec_of(const sweep_job *job, const cmd_model *model, int setting, int round)
{
    const cmd_sweep_value *v = job->sweep->setting[setting].value;
    cmd_train_spec spec = cmd_train_defaults();
    spec.model = model;
    spec.model_name = job->model_name;
    spec.on = dsl_val(job->call, ON);
    spec.lr = v[SWEEP_LR].number;
    spec.batch = (int)v[SWEEP_BATCH].number;
    spec.epochs = (int)v[SWEEP_EPOCHS].number;
    spec.optimizer = v[SWEEP_OPTIMIZER].text;
    spec.schedule = v[SWEEP_SCHEDULE].text;
    if (v[SWEEP_MOMENTUM].text[0]) spec.momentum = v[SWEEP_MOMENTUM].number;
    spec.seed = job->sweep->seed + (uint64_t)round;
    spec.balance = dsl_on(job->call, BALANCE);
    if (job->deadline > 0) spec.time = fmax(job->deadline - lg_now(), 0.01);
    return spec;
}

/* What the first run tells about all of them. */
static lg_status note_data(sweep_job *job, const cmd_train *train, lg_err *err)
{
    cmd_sweep *sweep = job->sweep;
    if (sweep->data) return LG_OK;
    job->data_name = train->spec.on ? train->spec.on->text : train->data_name;
    sweep->data = lg_strdup(job->data_name, err);
    sweep->tested = train->test != NULL;
    sweep->train_count = train->run->train_count;
    LG_TRY(cmd_labels_copy(&train->run->labels, &sweep->labels, err));
    if (!sweep->data) return err->status;
    if (train->val) return find_metric(job, &sweep->labels, err);
    lg_fail(err, LG_E_DATA, 403, "`%s` has no val images to choose the settings by", train->data_name);
    return lg_try(err, "split %s 80/20", train->data_name);
}

static lg_status run_variant(sweep_job *job, const cmd_model *model, int place, lg_err *err)
{
    cmd_sweep *sweep = job->sweep;
    int setting = place % sweep->settings, round = place / sweep->settings;
    cmd_trial **to = &sweep->trial[setting * sweep->repeat + round];
    cmd_train_spec spec = spec_of(job, model, setting, round);
    cmd_train train = {0};
    char *key = NULL;
    lg_status st = cmd_train_prepare(job->call, &spec, &train, err);
    if (st == LG_OK) st = note_data(job, &train, err);
    if (st == LG_OK) st = (key = key_of(&train, model->first, model->net, err)) ? LG_OK : err->status;
    known k = {.key = key, .net = model->net};
    if (st == LG_OK) dsl_session_each(job->call->session, look_in, &k);
    if (k.found) {
        *to = cmd_trial_ref(k.found);
        job->reused++;
        job->work -= spec.epochs;
    } else if (st == LG_OK) {
        st = train_one(job, model, &train, key, to, err);
        job->done += spec.epochs;
    }
    lg_free(key);
    cmd_train_release(&train);
    return st;
}

static lg_status run_place(sweep_job *job, int place, lg_err *err)
{
    const char *rate = job->sweep->setting[place % job->sweep->settings].value[SWEEP_DROPOUT].text;
    nn_net *net = nn_net_ref(job->model->net);
    nn_weights *first = NULL;
    lg_status st = LG_OK;
    job->place = place;
    if (*rate) {
        nn_net_unref(net);
        net = NULL;
        st = net_with(job->model->net, rate, &net, err);
    }
    if (st == LG_OK) st = first_weights(job, net, place / job->sweep->settings, &first, err);
    if (st == LG_OK) {
        cmd_model variant = *job->model; /* borrows all else */
        variant.net = net, variant.first = first, variant.weights = first;
        st = run_variant(job, &variant, place, err);
    }
    nn_weights_unref(first);
    nn_net_unref(net);
    return st;
}

/* Round by round, so that whatever ends it early leaves settings that were tried equally often. */
static lg_status run_all(sweep_job *job, lg_err *err)
{
    for (int i = 0; i < job->sweep->settings * job->sweep->repeat && !job->sweep->late; i++) {
        if (job->deadline > 0 && lg_now() >= job->deadline) job->sweep->late = true;
        else LG_TRY(run_place(job, i, err));
    }
    return LG_OK;
}

/* ---- afterwards ---- */
/* Kept as asked, else as MODEL_sweep, unless that is something else already. */
static lg_status keep(sweep_job *job, char name[80], lg_err *err)
{
    const dsl_value *as = dsl_val(job->call, AS);
    dsl_object *object;
    snprintf(name, 80, as ? "%.70s" : "%.70s_sweep", as ? as->text : job->model_name);
    dsl_object *there = as ? NULL : dsl_session_get(job->call->session, name);
    if (there && there->cls != &cmd_sweep_class) return LG_OK;
    cmd_sweep *sweep = job->sweep;
    job->sweep = NULL;
    LG_TRY(dsl_object_new(&cmd_sweep_class, sweep, job->call->recipe, &object, err));
    return dsl_call_bind(job->call, name, object, err);
}

static lg_status show(sweep_job *job, const cmd_sweep *sweep, lg_err *err)
{
    lg_buf took;
    plt_doc doc;
    plt_doc_init(&doc);
    lg_buf_init(&took, 400);
    plt_duration(lg_now() - job->began, &took);
    plt_title(&doc, "sweep %s on %s%s by val.%s: %d setting%s%s, %d run%s, %s%s%s", job->model_name, job->data_name,
              cmd_where_text(job->call), sweep->metric, sweep->settings, sweep->settings == 1 ? "" : "s",
              sweep->repeat > 1 ? lg_arena_strf(job->call->arena, err, " x %d seeds", sweep->repeat) : "",
              cmd_sweep_finished(sweep), cmd_sweep_finished(sweep) == 1 ? "" : "s", lg_buf_str(&took),
              *job->call->note ? " " : "", job->call->note);
    lg_buf_release(&took);
    if (job->reused) plt_note(&doc, "%d of these runs had been made before and were not trained again", job->reused);
    cmd_doc_sweep(&doc, sweep, err);
    return cmd_live_end(&job->live, &doc, !sweep->stopped, cmd_output_limit(job->call), err);
}

/* What was finished stays, also after an interrupt or a fault; it is kept before it is drawn. */
static lg_status finish(sweep_job *job, lg_status st, lg_err *err)
{
    int done = cmd_sweep_finished(job->sweep), asked = job->sweep->settings * job->sweep->repeat;
    lg_err later = {0};
    char name[80] = "";
    if (!done && st == LG_OK) {
        lg_fail(err, LG_E_LIMIT, 444, "the time was up before the first run had ended");
        return lg_try(err, "give it more time, or fewer `epochs`");
    }
    if (!done && st == LG_E_INTERRUPTED) {
        lg_err_clear(err);
        return lg_fail(err, LG_E_INTERRUPTED, 0, "stopped before the first of %d runs had ended", asked);
    }
    if (!done) return st;
    job->sweep->stopped = st == LG_E_INTERRUPTED;
    const cmd_sweep *sweep = job->sweep;
    lg_status after = keep(job, name, &later);
    if (after == LG_OK) after = show(job, sweep, &later);
    if (st == LG_E_INTERRUPTED) {
        lg_err_clear(err);
        lg_fail(err, LG_E_INTERRUPTED, 0, "stopped after %d of %d runs", done, asked);
        lg_why(err, "the finished ones are kept as `%s`", name);
        return lg_try(err, "run the line again to go on from here");
    }
    if (st == LG_OK && after) *err = later;
    return st ? st : after;
}

static lg_status sweep_begin(sweep_job *job, lg_err *err)
{
    const dsl_call *call = job->call;
    const dsl_value *time = dsl_val(call, TIME);
    job->model = cmd_model_of(&call->arg[MODEL].value[0]);
    job->model_name = call->arg[MODEL].value[0].name;
    job->sweep = lg_alloc(1, sizeof *job->sweep, err);
    if (!job->sweep) return err->status;
    LG_TRY(plan(job, err));
    LG_TRY(check_dropout(job, err));
    LG_TRY(look_at_first(job, err));
    job->sweep->model = lg_strdup(job->model_name, err);
    const char *where = cmd_where_whole(call);
    job->sweep->rest = dsl_on(call, BALANCE) || job->sweep->seed != 1
                           ? lg_strf(err, "%s seed %llu%s", dsl_on(call, BALANCE) ? " balance" : "",
                                     (unsigned long long)job->sweep->seed, where)
                           : lg_strdup(where, err);
    if (!job->sweep->model || !job->sweep->rest) return err->status;
    job->began = lg_now();
    job->deadline = time ? job->began + time->number : 0;
    cmd_live_init(&job->live, call->out);
    return LG_OK;
}

static lg_status sweep_run(const dsl_call *call, lg_err *err)
{
    sweep_job job = {.call = call};
    lg_status st = sweep_begin(&job, err);
    if (st == LG_OK) st = finish(&job, run_all(&job, err), err);
    if (st && job.live.shown) call->out->display_end(call->out, job.live.id);
    cmd_sweep_free(job.sweep);
    return st ? lg_err_place(err, call->span) : LG_OK;
}

static const char *const *sweep_words(int param, const char *before)
{
    static const char *const metrics[] = {"val.accuracy", "val.loss", "val.balanced_accuracy", "val.macro_f1",
                                          "val.calibration", NULL};
    (void)before;
    return param == BY ? metrics : NULL;
}

const dsl_command dsl_cmd_sweep = {
    .name = "sweep",
    .summary = "fit once per combination of listed values",
    .detail = "Every combination is trained from first weights and judged on the validation images. `repeat 3` trains "
              "each with three seeds, which shows how much of a difference is luck; the verdict says which settings "
              "can be told apart from the best. The model itself stays as it is; the line that trains it like the best "
              "one is printed. An interrupt keeps the finished runs, and the same line goes on from there.",
    .group = "Train",
    .params = params,
    .examples = (const char *const[]){"sweep scratch lr 0.1, 0.01 batch 16, 32 epochs 2 repeat 2 as board",
                                      "sweep scratch lr 0.001..0.3 random 3 epochs 1",
                                      "sweep scratch on logos lr 0.1, 0.01 epochs 1 where not duplicate", NULL},
    .takes_where = true,
    .words = sweep_words,
    .makes = DSL_KIND_TABLE,
    .run = sweep_run,
};
