/* cmd_overfit.c - `overfit`: train on a few images on purpose, then with each cure. */
#include "kernel/commands/overfit.h"
#include "kernel/commands/params.h"
#include "kernel/commands/train_job.h"
#include "lib/data/clean.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, ON, IMAGES, EPOCHS_, CURES_, SEED };
/* What learns a few images by heart within some dozen epochs, whatever the network; cures that can be seen to work. */
enum { JUDGES = 2000, WATCHED = 200, TIMES = 10, PATIENCE = 5, STEPS = 5, LARGEST_BATCH = 32 };
static const double RATE = 0.001, DECAY = 5, DROP = 0.5;

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the network to train anew; the model itself stays as it is"),
    [ON] = CMD_ON("where the few images are from; its .val part judges"),
    [IMAGES] = {.name = "images",
                .role = DSL_OPTION,
                .type = DSL_T_INT,
                .dflt = "40",
                .min = 2,
                .max = 100000,
                .help = "training images to learn by heart",
                .advice = "20 to 100; the fewer, the larger the gap"},
    [EPOCHS_] = {.name = "epochs",
                 .role = DSL_OPTION,
                 .type = DSL_T_INT,
                 .dflt = "40",
                 .min = 1,
                 .max = 10000,
                 .help = "how often each image is seen, in every run",
                 .advice = "30 to 60; too few and nothing is learnt by heart"},
    [CURES_] = {.name = "cures",
                .role = DSL_OPTION,
                .type = DSL_T_CHOICE,
                .choices = "dropout augment decay patience",
                .dflt = "dropout, augment, decay",
                .list = true,
                .help = "dropout: parts of the network are switched off in turn; augment: ten variants of each image; "
                        "decay: weights are kept small; patience: stop when new images are no longer called better"},
    [SEED] = CMD_SEED("draws the images, the first weights and the order, the same for every run"),
    {0},
};

typedef struct overfit_job {
    const dsl_call *call;
    const cmd_model *model;
    const char *data_name;
    data_set *plain, *varied; /* the few, and some judges to watch the epochs by; the second with variants. Owned */
    data_set *judges;         /* all judges, as the network wants them. Owned */
    nn_net *bare, *dropping;  /* the network without dropout and l2, and with dropout; same parameters. Owned */
    nn_weights *first;        /* owned */
    uint64_t seed;
    cmd_overfit lab;
    cmd_live live;
    int running; /* place of the run that is on */
    double began;
} overfit_job;

/* ---- the images ---- */
typedef struct chosen {
    const uint32_t *id; /* ascending */
    size_t n;
} chosen;

static int by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static lg_status is_chosen(void *ctx, const data_set *set, size_t row, bool *keep, lg_err *err)
{
    const chosen *c = ctx;
    data_image image;
    (void)err;
    data_image_at(set, row, &image);
    *keep = bsearch(&image.id, c->id, c->n, sizeof *c->id, by_id) != NULL;
    return LG_OK;
}

/* How many of each class, so that shares stay and the sum is n: the largest remainders get one more. */
static void quotas(const size_t *count, int classes, size_t all, size_t n, size_t *quota)
{
    size_t given = 0;
    for (int k = 0; k < classes; k++) given += quota[k] = count[k] * n / all;
    for (; given < n; given++) {
        int most = 0;
        double left = -1;
        for (int k = 0; k < classes; k++) {
            double rest = (double)count[k] * (double)n / (double)all - (double)quota[k];
            if (quota[k] < count[k] && rest > left) left = rest, most = k;
        }
        quota[most]++;
    }
}

/* n images of a part, drawn with the seed in proportion to the classes: ids, ascending, behind those that are there. */
static lg_status draw(const overfit_job *job, const data_set *part, size_t n, uint32_t *id, lg_err *err)
{
    size_t rows = data_count(part), taken = 0;
    int classes = data_classes(part);
    data_image image;
    lg_rng rng;
    uint32_t *row = lg_arena_alloc(job->call->arena, rows + 1, sizeof *row, err);
    size_t *count = lg_arena_alloc(job->call->arena, 2 * (size_t)classes + 1, sizeof *count, err);
    if (!row || !count) return err->status;
    for (size_t i = 0; i < rows; i++) {
        data_image_at(part, i, &image);
        row[i] = (uint32_t)i;
        count[image.label]++;
    }
    quotas(count, classes, rows, n, count + classes);
    lg_rng_init(&rng, job->seed);
    for (size_t i = rows; i > 1; i--) {
        size_t k = (size_t)lg_rng_below(&rng, i);
        uint32_t t = row[i - 1];
        row[i - 1] = row[k], row[k] = t;
    }
    for (size_t i = 0; i < rows && taken < n; i++) {
        data_image_at(part, row[i], &image);
        if (!count[classes + image.label]) continue;
        count[classes + image.label]--;
        id[taken++] = image.id;
    }
    return LG_OK;
}

static lg_status too_few(const overfit_job *job, size_t there, size_t asked, lg_err *err)
{
    const dsl_value *images = &job->call->arg[IMAGES].value[0];
    lg_fail(err, LG_E_DATA, 439, "`%s` has %s training image%s, not %s", job->data_name, lg_thousands((long long)there),
            there == 1 ? "" : "s", lg_thousands((long long)asked));
    if (there > 1) lg_try(err, "images %zu", there);
    else lg_try(err, "split %s 80/20", job->data_name);
    return lg_err_place(err, job->call->arg[IMAGES].given ? images->span : job->call->arg[MODEL].value[0].span);
}

/* Rows of the whole set with these ids, which are sorted. *out owned. */
static lg_status pick(const data_set *set, uint32_t *id, size_t n, data_set **out, lg_err *err)
{
    qsort(id, n, sizeof *id, by_id);
    return data_where(set, is_chosen, &(chosen){id, n}, out, err);
}

/* The few and who watches them, as one set, with variants and without; and all judges. */
static lg_status draw_sets(overfit_job *job, const data_set *set, const data_set *train, const data_set *val,
                           lg_err *err)
{
    cmd_overfit *lab = &job->lab;
    size_t n = (size_t)lab->images;
    uint32_t *id = lg_arena_alloc(job->call->arena, n + lab->judges, sizeof *id, err);
    data_set *both = NULL, *judges = NULL;
    data_augment none = {0}, how = data_augment_of(set);
    lg_status st;
    if (!id) return err->status;
    if (how.times < 2) how = cmd_augment_usual(TIMES, job->seed);
    LG_GO(draw(job, val, lab->judges, id, err));
    LG_GO(pick(val, id, lab->judges, &judges, err));
    LG_GO(cmd_model_view(job->model, judges, &job->judges, err));
    LG_GO(draw(job, train, n, id, err));
    LG_GO(draw(job, judges, lab->watched, id + n, err));
    LG_GO(pick(set, id, n + lab->watched, &both, err));
    LG_GO(data_augmented(both, &none, &job->plain, err));
    LG_GO(data_augmented(both, &how, &job->varied, err));
done:
    data_unref(both);
    data_unref(judges);
    return st;
}

static double largest_share(const data_set *val, lg_err *err)
{
    data_counts counts;
    size_t most = 0;
    if (data_count_classes(val, &counts, err)) return 0;
    for (int k = 0; k < counts.classes; k++)
        if (counts.count[DATA_VAL][k] > most) most = counts.count[DATA_VAL][k];
    data_counts_release(&counts);
    return data_count(val) ? (double)most / (double)data_count(val) : 0;
}

static lg_status find_images(overfit_job *job, lg_err *err)
{
    const dsl_call *call = job->call;
    const dsl_value *on = dsl_val(call, ON);
    cmd_overfit *lab = &job->lab;
    data_set *set = NULL, *train = NULL, *val = NULL;
    lg_status st;
    job->data_name = lab->data = on ? on->name : job->model->on;
    dsl_object *object = on ? on->object : job->data_name ? dsl_session_get(call->session, job->data_name) : NULL;
    if (!object || object->cls->kind != DSL_KIND_DATASET) {
        lg_fail(err, LG_E_NAME, 404, "which images should `%s` learn from?", lab->model);
        if (job->data_name) lg_why(err, "it was made on `%s`, which is no longer here", job->data_name);
        return lg_try(err, "overfit %s on DATASET", lab->model);
    }
    LG_GO(cmd_dataset_chosen(call, object->payload, job->data_name, &set, err));
    LG_GO(cmd_model_fits(job->model, lab->model, set, job->data_name, err));
    LG_GO(data_part(set, DATA_TRAIN, &train, err));
    LG_GO(data_part(set, DATA_VAL, &val, err));
    lab->images = (int)call->arg[IMAGES].value[0].integer;
    lab->all_images = data_count(train), lab->all_judges = data_count(val);
    size_t most = job->model->base.layers ? WATCHED : JUDGES; /* large networks take their time for an image */
    lab->judges = lab->all_judges < most ? lab->all_judges : most;
    lab->watched = lab->judges < WATCHED ? lab->judges : WATCHED;
    if (lab->all_images < (size_t)lab->images) LG_GO(too_few(job, lab->all_images, (size_t)lab->images, err));
    if (!lab->judges) {
        st = lg_fail(err, LG_E_DATA, 403, "`%s` has no val images to judge by", job->data_name);
        lg_try(err, "split %s 80/20", job->data_name);
        goto done;
    }
    LG_GO(draw_sets(job, set, train, val, err));
    lab->baseline = largest_share(job->judges, err);
    st = err->status;
done:
    data_unref(set);
    data_unref(train);
    data_unref(val);
    return st;
}

/* ---- the network ---- */
static bool is(const nn_node *node, const char *type)
{
    return strcmp(node->type->name, type) == 0;
}

/* Where a dropout goes that the network does not have: before its last layer with weights; 0: it has one. */
static int place_of_dropout(const nn_net *net, bool *own)
{
    int place = nn_net_count(net) - 1;
    *own = false;
    for (int i = 1; i < nn_net_count(net); i++) *own |= is(nn_net_node(net, i), "dropout");
    while (place > 1 && !nn_net_node(net, place)->nparam) place--;
    return place;
}

static lg_status set_field(const nn_node *node, const char *field, void *config, const char *value, lg_err *err)
{
    const nn_field *f = nn_field_find(node->type->fields, field);
    return f ? nn_field_set(f, node->type->name, config, value, err) : LG_OK;
}

/* node as it was, behind the copies of what it reads; l2 off, and dropout unless it is to drop. */
static lg_status copy_node(nn_net *to, const nn_node *node, const int *copy_of, bool drops, bool frozen, int place,
                           lg_err *err)
{
    int input[NN_MAX_INPUTS];
    void *config = lg_memdup(node->spec.config, 1, node->type->config_size, err);
    lg_status st = config ? LG_OK : err->status;
    for (int k = 0; k < node->spec.nin; k++) input[k] = copy_of[node->input[k]];
    if (st == LG_OK) st = set_field(node, "l2", config, "0", err);
    if (st == LG_OK && is(node, "dropout") && !drops) st = set_field(node, "rate", config, "0", err);
    if (st == LG_OK) st = nn_net_add_to(to, node->type, config, input, node->spec.nin, err);
    if (st == LG_OK && frozen) nn_net_freeze(to, place);
    lg_free(config);
    return st;
}

static lg_status add_dropout(nn_net *to, int input, bool drops, lg_err *err)
{
    char words[32];
    char config[256];
    const nn_layer_type *type = nn_layer_find("dropout");
    LG_BUG_ON(type->config_size > sizeof config);
    nn_config_init(type, config);
    snprintf(words, sizeof words, "%g", drops ? DROP : 0);
    LG_TRY(nn_config_parse(type, config, words, err));
    return nn_net_add_to(to, type, config, &input, 1, err);
}

/* The model's layers with or without dropout: both have the same parameters. Only a base stays frozen. */
static lg_status net_with(const cmd_model *model, bool drops, nn_net **out, lg_err *err)
{
    const nn_net *net = model->net;
    int count = nn_net_count(net), made = 0;
    bool own;
    int place = place_of_dropout(net, &own);
    nn_net *copy = NULL;
    int *copy_of = lg_alloc((size_t)count, sizeof *copy_of, err);
    lg_status st = copy_of ? nn_net_new(&copy, err) : err->status;
    for (int i = 0; st == LG_OK && i < count; i++) {
        const nn_node *node = nn_net_node(net, i);
        if (!own && i == place) {
            int input = node->input[0];
            st = add_dropout(copy, copy_of[input], drops, err);
            copy_of[input] = made++;
        }
        if (st == LG_OK) st = copy_node(copy, node, copy_of, drops, node->frozen && i <= model->base.layers, made, err);
        copy_of[i] = made++;
    }
    if (st == LG_OK) st = nn_net_finish(copy, err);
    if (st == LG_OK) *out = copy;
    else nn_net_unref(copy);
    lg_free(copy_of);
    return st;
}

/* What of the network's own is off without a cure. */
static const char *what_is_off(const overfit_job *job, lg_err *err)
{
    bool l2 = false, own;
    const nn_net *net = job->model->net;
    place_of_dropout(net, &own);
    for (int i = 1; i < nn_net_count(net); i++)
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++) l2 |= nn_net_node(net, i)->param[k].l2 > 0;
    if (!own && !l2) return "";
    return lg_arena_strf(job->call->arena, err, "; its own %s%s%s are off", own ? "dropout layers" : "",
                         own && l2 ? " and " : "", l2 ? "l2 penalties" : "");
}

static lg_status make_nets(overfit_job *job, lg_err *err)
{
    LG_TRY(net_with(job->model, false, &job->bare, err));
    LG_TRY(net_with(job->model, true, &job->dropping, err));
    job->lab.off = what_is_off(job, err);
    if (!job->lab.off) return err->status;
    return cmd_first_weights(job->model, job->bare, job->model->seed + job->seed - 1, &job->first, err);
}

/* ---- live ---- */
static void note_epoch(void *ctx, const nn_epoch *epoch)
{
    overfit_job *job = ctx;
    cmd_overfit_run *run = &job->lab.run[job->running];
    if (run->epochs >= job->lab.planned) return;
    run->train[run->epochs] = epoch->accuracy;
    run->val[run->epochs++] = epoch->val_accuracy;
}

static void show_batch(void *ctx, const nn_progress *p)
{
    overfit_job *job = ctx;
    const cmd_overfit *lab = &job->lab;
    lg_buf line;
    plt_doc doc;
    if (!cmd_live_due(&job->live)) return;
    double now = (p->epoch - 1 + (p->batches ? (double)p->batch / p->batches : 0)) / p->epochs;
    double share = (job->running + now) / lab->runs;
    plt_doc_init(&doc);
    lg_buf_init(&line, 400);
    lg_buf_addf(&line, "run %d of %d · %s · epoch %d of %d", job->running + 1, lab->runs,
                cmd_cure_names[lab->run[job->running].cure], p->epoch, p->epochs);
    plt_title(&doc, "overfit %s on %d images of %s", lab->model, lab->images, lab->data);
    plt_progress(&doc, share, "%s", lg_buf_str(&line));
    cmd_doc_overfit_picture(&doc, lab, "");
    cmd_live_send(&job->live, &doc);
    lg_buf_release(&line);
}

/* ---- one run ---- */
static cmd_train_spec spec_of(const overfit_job *job, const cmd_model *variant, const dsl_value *on, cmd_cure cure)
{
    cmd_train_spec spec = cmd_train_defaults();
    int batch = job->lab.images / STEPS;
    spec.model = variant;
    spec.model_name = job->lab.model;
    spec.on = on;
    spec.epochs = job->lab.planned;
    spec.batch = batch < 1 ? 1 : batch > LARGEST_BATCH ? LARGEST_BATCH : batch;
    spec.optimizer = "adam";
    spec.lr = RATE;
    spec.seed = job->seed;
    spec.keep_last = cure != CURE_PATIENCE;
    if (cure == CURE_DECAY) spec.decay = DECAY;
    if (cure == CURE_PATIENCE) spec.patience = PATIENCE;
    return spec;
}

/* What the cure is, exactly. */
static void say_cure(const overfit_job *job, cmd_cure cure, const cmd_train *train, char did[160])
{
    bool own;
    int place = place_of_dropout(job->model->net, &own);
    if (cure == CURE_DROPOUT && own)
        snprintf(did, 160, "the dropout layers of %s drop as they do there", job->lab.model);
    else if (cure == CURE_DROPOUT)
        snprintf(did, 160, "a layer `dropout %g` before %s, which %s does not have", DROP,
                 nn_net_node(job->model->net, place)->name, job->lab.model);
    else if (cure == CURE_AUGMENT)
        snprintf(did, 160, "%d variants of each image as `augment` makes them, so an epoch has %s images",
                 data_variants(train->train), lg_thousands((long long)train->options.train.count));
    else if (cure == CURE_DECAY)
        snprintf(did, 160, "`decay %g`: with every step weights shrink by lr x %g, %s%%", DECAY, DECAY,
                 plt_points(RATE * DECAY, 1));
    else if (cure == CURE_PATIENCE)
        snprintf(did, 160, "stopped after %d epochs without a better one, whose weights stay: the judges chose it",
                 PATIENCE);
}

static int64_t count_right(const data_set *set, const float *p, int classes, uint8_t *right)
{
    int64_t n = 0;
    for (size_t i = 0; i < data_count(set); i++) {
        data_image image;
        data_image_at(set, i, &image);
        bool ok = nn_argmax(p + i * (size_t)classes, classes) == image.label;
        n += ok;
        if (right) right[i] = ok;
    }
    return n;
}

static lg_status measure(const overfit_job *job, const cmd_model *variant, cmd_train *train, cmd_overfit_run *run,
                         lg_err *err)
{
    int classes = (int)nn_shape_size(nn_net_output(variant->net));
    const data_set *set[] = {train->train, job->judges};
    cmd_model learnt = *variant;
    nn_weights *whole = NULL;
    LG_TRY(cmd_train_weights(train, &whole, err));
    learnt.weights = whole;
    lg_status st = LG_OK;
    for (int i = 0; st == LG_OK && i < 2; i++) {
        float *p = NULL;
        st = cmd_predict(job->call, &learnt, set[i], &p, err);
        if (st) break;
        *(i ? &run->val_right : &run->train_right) = count_right(set[i], p, classes, i ? run->right : NULL);
        lg_free(p);
    }
    nn_weights_unref(whole);
    return st;
}

static lg_status train_one(overfit_job *job, const cmd_model *variant, cmd_train *train, cmd_overfit_run *run,
                           lg_err *err)
{
    train->options.ctx = job;
    train->options.on_batch = show_batch;
    train->options.on_epoch = note_epoch;
    say_cure(job, run->cure, train, run->did);
    lg_status st = cmd_train_run(job->call, train, err);
    if (st && st != LG_E_NUMERIC) return st;
    lg_err_clear(err); /* a loss that was lost is a result here */
    const nn_run *r = &train->run->run;
    run->diverged = r->diverged;
    for (int i = run->epochs; i < r->epochs; i++) note_epoch(job, &r->epoch[i]); /* found in the run store */
    LG_TRY(measure(job, variant, train, run, err));
    run->done = true;
    return LG_OK;
}

static lg_status run_cure(overfit_job *job, cmd_overfit_run *run, lg_err *err)
{
    cmd_overfit *lab = &job->lab;
    data_set *set = data_ref(run->cure == CURE_AUGMENT ? job->varied : job->plain);
    dsl_object *object = NULL;
    cmd_train train = {0};
    cmd_model variant = *job->model; /* borrows all else */
    variant.net = run->cure == CURE_DROPOUT ? job->dropping : job->bare;
    variant.first = variant.weights = job->first;
    variant.runs = 0;
    nn_weights *first = NULL;
    lg_status st;
    LG_GO(dsl_object_new(&cmd_dataset_class, set, NULL, &object, err));
    LG_GO(nn_weights_for(job->first, variant.net, &first, err));
    variant.first = variant.weights = first;
    const dsl_value on = {.type = DSL_T_OBJECT, .text = job->data_name, .name = job->data_name, .object = object};
    const cmd_train_spec spec = spec_of(job, &variant, &on, run->cure);
    run->train = lg_alloc((size_t)lab->planned, sizeof *run->train, err);
    run->val = run->train ? lg_alloc((size_t)lab->planned, sizeof *run->val, err) : NULL;
    run->right = run->val ? lg_alloc(lab->judges, 1, err) : NULL;
    LG_GO(run->right ? LG_OK : err->status);
    LG_GO(cmd_train_prepare(job->call, &spec, &train, err));
    LG_GO(train_one(job, &variant, &train, run, err));
done:
    cmd_train_release(&train);
    nn_weights_unref(first);
    dsl_object_unref(object);
    return st;
}

static void plan_cures(overfit_job *job)
{
    const dsl_arg *arg = &job->call->arg[CURES_];
    cmd_overfit *lab = &job->lab;
    lab->run[lab->runs++].cure = CURE_NONE;
    for (int i = 0; i < arg->count; i++) {
        cmd_cure cure = (cmd_cure)(CURE_DROPOUT + arg->value[i].choice);
        bool known = false;
        for (int k = 0; k < lab->runs; k++) known |= lab->run[k].cure == cure;
        if (!known) lab->run[lab->runs++].cure = cure;
    }
}

static lg_status run_all(overfit_job *job, lg_err *err)
{
    for (job->running = 0; job->running < job->lab.runs; job->running++)
        LG_TRY(run_cure(job, &job->lab.run[job->running], err));
    return LG_OK;
}

/* ---- afterwards ---- */
static lg_status show(overfit_job *job, lg_err *err)
{
    const dsl_call *call = job->call;
    cmd_overfit *lab = &job->lab;
    lg_buf took;
    plt_doc doc;
    plt_doc_init(&doc);
    lg_buf_init(&took, 0);
    plt_duration(lg_now() - job->began, &took);
    plt_title(&doc, "overfit %s on %d images of %s%s: %s validation images judge, %s%s%s", lab->model, lab->images,
              lab->data, cmd_where_text(call), lg_thousands((long long)lab->judges), lg_buf_str(&took),
              *call->note ? " " : "", call->note);
    lg_buf_release(&took);
    cmd_doc_overfit(&doc, lab);
    return cmd_live_result(call, &job->live, &doc, true, err);
}

/* What was finished is shown, also after an interrupt. */
static lg_status finish(overfit_job *job, lg_status st, lg_err *err)
{
    int done = cmd_overfit_finished(&job->lab);
    lg_err later = {0};
    if (st && (st != LG_E_INTERRUPTED || !done)) return st;
    for (int i = 0; i < job->lab.runs; i++)
        if (!job->lab.run[i].done) job->lab.run[i].epochs = 0; /* half a run says nothing */
    lg_status shown = show(job, &later);
    if (st == LG_E_INTERRUPTED) {
        lg_err_clear(err);
        lg_fail(err, st, 0, "stopped after %d of %d runs", done, job->lab.runs);
        return lg_why(err, "the finished ones are shown");
    }
    if (shown) *err = later;
    return shown;
}

static lg_status begin(overfit_job *job, lg_err *err)
{
    const dsl_call *call = job->call;
    cmd_overfit *lab = &job->lab;
    lab->model = call->arg[MODEL].value[0].name;
    lab->planned = (int)call->arg[EPOCHS_].value[0].integer;
    job->seed = cmd_seed(call, SEED);
    LG_TRY(find_images(job, err));
    LG_TRY(make_nets(job, err));
    plan_cures(job);
    const cmd_train_spec spec = spec_of(job, job->model, NULL, CURE_NONE);
    lab->settings = lg_arena_strf(call->arena, err, "batch %d, %s, lr %g, seed %llu", spec.batch, spec.optimizer,
                                  spec.lr, (unsigned long long)job->seed);
    return lab->settings ? LG_OK : err->status;
}

static lg_status overfit_run(const dsl_call *call, lg_err *err)
{
    overfit_job job = {.call = call, .model = cmd_model_of(&call->arg[MODEL].value[0]), .began = lg_now()};
    cmd_live_init(&job.live, call->out);
    lg_status st = begin(&job, err);
    if (st == LG_OK) st = finish(&job, run_all(&job, err), err);
    if (st) cmd_live_close(&job.live, st);
    cmd_overfit_release(&job.lab);
    nn_weights_unref(job.first);
    nn_net_unref(job.bare);
    nn_net_unref(job.dropping);
    data_unref(job.plain);
    data_unref(job.varied);
    data_unref(job.judges);
    return st && !err->span.line ? lg_err_place(err, call->arg[MODEL].value[0].span) : st;
}

const dsl_command dsl_cmd_overfit = {
    .name = "overfit",
    .summary = "train on a few images on purpose, then with the cures",
    .detail =
        "Draws a few training images and trains the network on them, from new weights and with nothing that keeps "
        "it from learning them by heart; then once with each cure. The validation images judge all runs, so that "
        "the gap between what was learnt and what is new can be compared, and the verdict says which differences "
        "are more than chance. The model itself stays as it is.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"overfit scratch images 12 epochs 4 cures dropout, decay",
                                      "overfit scratch images 8 epochs 3 cures patience seed 2", NULL},
    .takes_where = true,
    .run = overfit_run,
};
