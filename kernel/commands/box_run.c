/* box_run.c - a training run as an object: its fields, its curves, and what they say in words. */
#include "kernel/commands/box_model.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

void cmd_run_free(cmd_run *run)
{
    if (!run) return;
    nn_run_release(&run->run);
    for (int i = 0; i < DATA_SPLITS; i++) cmd_score_release(&run->score[i]);
    cmd_labels_release(&run->labels);
    lg_free(run->model);
    lg_free(run->name);
    lg_free(run->data);
    lg_free(run->settings);
    lg_free(run);
}

static void run_drop(void *payload)
{
    cmd_run_free(payload);
}

static const nn_epoch *last_epoch(const cmd_run *run)
{
    return run->run.epochs ? &run->run.epoch[run->run.epochs - 1] : NULL;
}

const nn_epoch *cmd_run_kept(const cmd_run *run)
{
    return run->run.best >= 0 && !run->keep_last ? &run->run.epoch[run->run.best] : last_epoch(run);
}

static double mean_epoch_seconds(const cmd_run *run)
{
    double sum = 0;
    for (int i = 0; i < run->run.epochs; i++) sum += run->run.epoch[i].seconds;
    return run->run.epochs ? sum / run->run.epochs : 0;
}

/* The share of the training in which the network waited for its pictures; -1 where it is not known. */
static double idle_share(const cmd_run *run)
{
    const nn_run *r = &run->run;
    return r->waited >= 0 && r->seconds > 0 ? fmin(r->waited / r->seconds, 1) : -1;
}

static bool epoch_figure(const nn_epoch *e, const char *word, double *out)
{
    if (strcmp(word, "epoch") == 0) *out = e->epoch;
    else if (strcmp(word, "loss") == 0) *out = e->loss;
    else if (strcmp(word, "accuracy") == 0) *out = e->accuracy;
    else if (strcmp(word, "val_loss") == 0) *out = e->val_loss;
    else if (strcmp(word, "val_accuracy") == 0) *out = e->val_accuracy;
    else if (strcmp(word, "seconds") == 0) *out = e->seconds;
    else if (strcmp(word, "lr") == 0) *out = e->lr;
    else return false;
    return true;
}

static bool run_figure(const cmd_run *run, const char *path, double *out)
{
    const nn_epoch *last = last_epoch(run), *kept = cmd_run_kept(run);
    if (strcmp(path, "epochs") == 0) *out = run->run.epochs;
    else if (strcmp(path, "seconds") == 0) *out = run->seconds;
    else if (strcmp(path, "epoch_seconds") == 0) *out = mean_epoch_seconds(run);
    else if (strcmp(path, "images_per_second") == 0) *out = last ? last->images_per_second : 0;
    else if (strcmp(path, "threads") == 0) *out = run->threads;
    else if (strcmp(path, "idle") == 0 && idle_share(run) >= 0) *out = idle_share(run);
    else if (kept && strncmp(path, "best.", 5) == 0) return epoch_figure(kept, path + 5, out);
    else if (last && strncmp(path, "last.", 5) == 0) return epoch_figure(last, path + 5, out);
    else if (kept && strcmp(path, "train.accuracy") == 0) *out = kept->accuracy;
    else if (kept && strcmp(path, "train.loss") == 0) *out = kept->loss;
    else if (strcmp(path, "train.count") == 0) *out = (double)run->train_count;
    else return false;
    return true;
}

static lg_status run_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    (void)arena;
    (void)err;
    const cmd_run *run = payload;
    *out = (dsl_fact){0};
    if (run_figure(run, path, &out->number)) return LG_OK;
    for (int split = DATA_VAL; split < DATA_SPLITS; split++) {
        size_t len = strlen(data_split_names[split]);
        if (strncmp(path, data_split_names[split], len) == 0 && path[len] == '.')
            return cmd_score_field(&run->score[split], run->labels.name, path + len + 1, &out->number);
    }
    return LG_E_NAME;
}

static void run_fields(const void *payload, lg_buf *out)
{
    const cmd_run *run = payload;
    lg_buf_adds(out,
                "epochs\nseconds\nepoch_seconds\nimages_per_second\nidle\nthreads\nbest.epoch\nbest.accuracy\n"
                "best.loss\nbest.val_accuracy\nbest.val_loss\nbest.lr\nlast.lr\nlast.accuracy\nlast.loss\n"
                "last.val_accuracy\nlast.val_loss\n"
                "train.accuracy\ntrain.loss\ntrain.count\n");
    cmd_score_fields(&run->score[DATA_VAL], run->labels.name, "val.", out);
    cmd_score_fields(&run->score[DATA_TEST], run->labels.name, "test.", out);
}

static void run_brief(const void *payload, lg_buf *out)
{
    const cmd_run *run = payload;
    const nn_epoch *kept = cmd_run_kept(run);
    lg_buf_addf(out, "%s on %s, %d of %d epochs", run->model, run->data, run->run.epochs, run->planned);
    if (kept && !isnan(kept->val_accuracy))
        lg_buf_addf(out, ", %s epoch %d: validation accuracy %s%%", run->going_on ? "in training, after" : "best",
                    kept->epoch, plt_points(kept->val_accuracy, 1));
}

/* ---- the run in words ---- */
static void doc_gap(plt_doc *doc, const nn_run *run)
{
    const nn_epoch *last = &run->epoch[run->epochs - 1];
    int since = cmd_overfits_since(run);
    if (isnan(last->val_accuracy)) {
        plt_sentence(doc, "Training %s%% after epoch %d; there are no validation images to compare with",
                     plt_points(last->accuracy, 1), last->epoch);
        return;
    }
    if (!since) {
        plt_sentence(doc, "Training %s%%, validation %s%% after epoch %d", plt_points(last->accuracy, 1),
                     plt_points(last->val_accuracy, 1), last->epoch);
        return;
    }
    plt_sentence(doc, "Training %s%%, validation %s%%: a gap of %.0f points, growing since epoch %d (overfitting)",
                 plt_points(last->accuracy, 1), plt_points(last->val_accuracy, 1),
                 100 * (last->accuracy - last->val_accuracy), since);
    plt_note(doc, "to close it, try one at a time: a larger `dropout`, `augment`, more images, `patience 3` or fewer "
                  "epochs (the best epoch's weights are kept unless you said `keep last`)");
}

/* Did training make it worse? Then the steps were too large. */
static bool went_wrong(const nn_run *run)
{
    return run->epochs &&
           (run->diverged || run->epoch[run->epochs - 1].loss > 1.02 * log(run->classes > 1 ? run->classes : 2));
}

/* A tenth of the largest rate: what a schedule ended with may be next to nothing. */
static double gentler_rate(const nn_run *run)
{
    double most = 0;
    for (int i = 0; i < run->epochs; i++) most = fmax(most, run->epoch[i].lr);
    return fmax(most / 10, 1e-9);
}

/* Classes the kept network never names although they are there: one warning for all. */
static void doc_never_predicted(plt_doc *doc, const cmd_run *run)
{
    const cmd_score *score = &run->score[DATA_VAL];
    lg_buf names;
    int64_t missed = 0, count = 0;
    if (!run->run.epochs || !score->count) return;
    lg_buf_init(&names, 4096);
    for (int k = 0; k < score->classes; k++) {
        nn_class_score s = nn_confusion_class(score->count, score->classes, k);
        if (s.predicted || !s.truth) continue;
        lg_buf_addf(&names, "%s%s", count++ ? ", " : "", run->labels.name[k]);
        missed += s.truth;
    }
    if (count) {
        lg_err warning = {0};
        lg_fail(&warning, LG_E_DATA, 410, "%s %s never predicted", lg_buf_str(&names), count == 1 ? "is" : "are");
        if (went_wrong(&run->run))
            lg_why(&warning, "the loss is no better than guessing: the steps were too large to learn anything");
        else
            lg_why(&warning, "%lld of the %lld validation images are %s; so far guessing the other classes costs less",
                   (long long)missed, (long long)cmd_score_total(score),
                   count == 1 ? "of this class" : "of these classes");
        if (went_wrong(&run->run))
            lg_try(&warning, "a smaller `lr`: fit %s lr %g", run->model, gentler_rate(&run->run));
        else if (cmd_hardly_learns(&run->run))
            lg_try(&warning, "a larger `lr` first: `findlr %s` suggests one", run->model);
        else
            lg_try(&warning,
                   "more `epochs`, or `fit %s balance`, which makes rare classes count as much as frequent ones",
                   run->model);
        plt_warning(doc, &warning);
    }
    lg_buf_release(&names);
}

static double *column(const nn_run *run, double *to, size_t offset)
{
    for (int i = 0; i < run->epochs; i++) memcpy(&to[i], (const char *)&run->epoch[i] + offset, sizeof *to);
    return to;
}

/* Of the weights that are kept, so that the numbers are those of `confusion`. */
static void doc_kept_recall(plt_doc *doc, const cmd_run *run)
{
    const cmd_score *val = &run->score[DATA_VAL];
    lg_buf text;
    if (!val->count || val->classes > 12) return;
    lg_buf_init(&text, 4096);
    for (int k = 0; k < val->classes; k++)
        lg_buf_addf(&text, "%s%s %s%%", k ? ", " : "", run->labels.name[k],
                    plt_points(nn_confusion_class(val->count, val->classes, k).recall, 1));
    plt_text(doc, "Recall of the %s epoch: %s", run->going_on ? "last" : "kept", lg_buf_str(&text));
    lg_buf_release(&text);
}

static void doc_recall(plt_doc *doc, const cmd_run *run)
{
    const nn_run *r = &run->run;
    lg_err err = {0};
    if (!r->epochs || r->classes < 1 || r->classes > 12) return;
    double *recall = lg_alloc((size_t)r->classes * (size_t)r->epochs, sizeof *recall, &err);
    if (!recall) return;
    for (int k = 0; k < r->classes; k++)
        for (int i = 0; i < r->epochs; i++) recall[k * r->epochs + i] = r->epoch[i].recall[k];
    plt_recall(doc, &(plt_recall_spec){.title = "Recall per class",
                                       .sentence = "",
                                       .labels = (const char *const *)run->labels.name,
                                       .n = r->classes,
                                       .epochs = r->epochs,
                                       .recall = recall});
    lg_free(recall);
}

static void doc_curves(plt_doc *doc, const cmd_run *run)
{
    const nn_run *r = &run->run;
    lg_err err = {0};
    if (!r->epochs) return;
    size_t n = (size_t)r->epochs;
    double *all = lg_alloc(4 * n, sizeof *all, &err);
    if (!all) return;
    bool val = !isnan(r->epoch[0].val_accuracy);
    plt_curves(doc, &(plt_curves_spec){
                        .title = "",
                        .n = r->epochs,
                        .first = r->epoch[0].epoch,
                        .total = run->planned,
                        .train_accuracy = column(r, all, offsetof(nn_epoch, accuracy)),
                        .val_accuracy = val ? column(r, all + n, offsetof(nn_epoch, val_accuracy)) : NULL,
                        .train_loss = column(r, all + 2 * n, offsetof(nn_epoch, loss)),
                        .val_loss = val ? column(r, all + 3 * n, offsetof(nn_epoch, val_loss)) : NULL,
                        .best = r->best >= 0 ? r->epoch[r->best].epoch : 0,
                        .sentence = "",
                    });
    lg_free(all);
}

/* The learning rate at the ends of epochs, where a schedule changed it. */
static void doc_rates(plt_doc *doc, const nn_run *run)
{
    if (!run->epochs) return;
    const nn_epoch *first = &run->epoch[0], *last = &run->epoch[run->epochs - 1], *most = first;
    bool level = true;
    for (int i = 1; i < run->epochs; i++) {
        const nn_epoch *e = &run->epoch[i];
        level = level && e->lr == first->lr;
        if (e->lr > most->lr) most = e;
    }
    if (!level)
        plt_pair(doc, "learning rate", "%.2g at the end of epoch %d, %.2g of epoch %d; largest %.2g, of epoch %d",
                 first->lr, first->epoch, last->lr, last->epoch, most->lr, most->epoch);
}

const char *cmd_run_where(const cmd_run *run)
{
    return strstr(run->settings, " where ");
}

static void doc_card(plt_doc *doc, const cmd_run *run)
{
    const nn_epoch *last = last_epoch(run);
    plt_fold_begin(doc, "Run card");
    plt_pair(doc, "run", "%s", run->name);
    plt_pair(doc, "settings", "%s", run->settings);
    doc_rates(doc, &run->run);
    const char *times = strstr(run->settings, " augment x");
    int digits = times ? (int)strspn(times += strlen(" augment x"), "0123456789") : 0;
    plt_pair(doc, "data", "%s, %s%s%.*s training images, fingerprint %.12s", run->data,
             lg_thousands((long long)run->train_count), digits ? " × " : "", digits, digits ? times : "",
             run->fingerprint);
    plt_pair(doc, "threads", "%d (the result does not depend on them)", run->threads);
    plt_pair(doc, "time", "%.2g s, %.2g s an epoch, %s images a second", run->seconds, mean_epoch_seconds(run),
             lg_thousands((long long)(last ? last->images_per_second : 0)));
    if (idle_share(run) >= 0)
        plt_pair(doc, "idle", "%.1f %% of the training, while pictures were decoded, varied and turned into numbers",
                 100 * idle_share(run));
    plt_pair(doc, "accuracy",
             "training: the mean over an epoch's batches while it went on, as Keras reports it; "
             "validation: measured after the epoch");
    plt_fold_end(doc);
}

void cmd_doc_stopped(plt_doc *doc, const cmd_run *run)
{
    const nn_run *r = &run->run;
    const nn_epoch *last = last_epoch(run), *kept = cmd_run_kept(run);
    if (run->going_on)
        plt_text(doc, "The training goes on: this is what it had after epoch %d of %d", last->epoch, run->planned);
    else if (r->interrupted && r->best >= 0)
        plt_text(doc, "Stopped at epoch %d of %d, best was epoch %d", last->epoch + 1, run->planned, kept->epoch);
    else if (r->interrupted)
        plt_text(doc, "Stopped before the first epoch had ended; kept: the weights of the last whole batch");
    else if (r->patience && kept)
        plt_text(doc, "Stopped early at epoch %d of %d: nothing better since epoch %d", last->epoch, run->planned,
                 kept->epoch);
    else if (r->diverged)
        plt_text(doc, "Stopped: the loss was no longer a number after epoch %d of %d", last ? last->epoch : 0,
                 run->planned);
    else if (last && last->epoch < run->planned)
        plt_text(doc, "Stopped at epoch %d of %d: the time was up", last->epoch, run->planned);
}

void cmd_doc_run(plt_doc *doc, const cmd_run *run)
{
    const nn_epoch *kept = cmd_run_kept(run);
    const cmd_score *val = &run->score[DATA_VAL];
    cmd_doc_stopped(doc, run);
    doc_curves(doc, run);
    doc_recall(doc, run);
    doc_kept_recall(doc, run);
    doc_never_predicted(doc, run);
    if (run->run.epochs) doc_gap(doc, &run->run);
    cmd_doc_alarms(doc, run, &run->run, NULL);
    if (val->count && kept) {
        int64_t total = cmd_score_total(val);
        double accuracy = nn_confusion_accuracy(val->count, val->classes);
        nn_interval ci = nn_wilson((int64_t)(accuracy * (double)total + 0.5), total, 0.95);
        plt_text(doc,
                 "%s: epoch %d, validation accuracy %s%% (95%% interval %s to %s); always the largest class: %s%%",
                 run->going_on ? "So far" : "Kept", kept->epoch, plt_points(accuracy, 1), plt_points(ci.low, 1),
                 plt_points(ci.high, 1), plt_points(cmd_score_baseline(val), 1));
    }
    doc_card(doc, run);
}

static lg_status run_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const cmd_run *run = object->payload;
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "%s: %s on %s, %.10s %.5s UTC", name, run->model, run->data, object->made, object->made + 11);
    cmd_doc_run(&doc, run);
    return cmd_display_to(out, &doc, true, 0, err);
}

const dsl_class cmd_run_class = {
    .kind = DSL_KIND_RUN,
    .drop = run_drop,
    .field = run_field,
    .fields = run_fields,
    .brief = run_brief,
    .show = run_show,
};
