/* judge.c - predictions counted. */
#include "kernel/commands/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plot/theme.h"

#include "lib/base/banned.h"

void cmd_judged_release(cmd_judged *j)
{
    data_unref(j->set);
    cmd_opinion_release(&j->opinion);
    cmd_labels_release(&j->labels);
    cmd_score_release(&j->score);
    lg_free(j->said);
    *j = (cmd_judged){0};
}

/* Every image of the set once, by its own prediction. */
static lg_status count_up(cmd_judged *j, lg_err *err)
{
    int classes = j->opinion.classes;
    size_t n = data_count(j->set);
    j->score.classes = classes;
    j->score.count = lg_alloc((size_t)classes * (size_t)classes, sizeof *j->score.count, err);
    j->said = j->score.count ? lg_alloc(n + 1, sizeof *j->said, err) : NULL;
    if (!j->said) return err->status;
    for (size_t i = 0; i < n; i++) {
        data_image image;
        data_image_at(j->set, i, &image);
        const float *p = cmd_judged_probability(j, i);
        j->said[i] = nn_argmax(p, classes);
        nn_confusion_add(j->score.count, classes, image.label, j->said[i]);
        nn_calibration_add(&j->score.calibration, (double)p[j->said[i]], image.label == j->said[i]);
        j->score.loss += nn_cross_entropy(p, &image.label, 1, classes) / (double)n;
    }
    return cmd_labels_of(j->set, &j->labels, err);
}

/* The part, asked, and of it the rows that pass. */
static lg_status ask(const dsl_call *call, data_set *part, cmd_judged *j, lg_err *err)
{
    LG_TRY(cmd_opinion_ask(call, j->model, part, &j->opinion, err));
    bool asks = call->command->asks_model; /* else several models are meant, and none of them chooses the images */
    LG_TRY(cmd_dataset_where(call, part, asks ? cmd_opinion_field : NULL, &j->opinion, asks ? cmd_opinion_fields : NULL,
                             &j->set, err));
    if (data_count(j->set)) return count_up(j, err);
    lg_fail(err, LG_E_DATA, 407, "no image of `%s` passes this `where`", j->data_name);
    return lg_try(err, "show %s", j->data_name);
}

lg_status cmd_judge(const dsl_call *call, int model, int at, int on, cmd_judged *out, lg_err *err)
{
    const dsl_value *value = &call->arg[model].value[at], *data = dsl_val(call, on);
    data_set *part = NULL;
    *out = (cmd_judged){.model = cmd_model_of(value), .model_name = value->name};
    if (cmd_judged_part(call, out->model, value->name, data, &part, &out->data_name, &out->training, err))
        return lg_err_place(err, data ? data->span : value->span);
    lg_status st = ask(call, part, out, err);
    data_unref(part);
    if (st) cmd_judged_release(out);
    return st;
}

lg_status cmd_judge_same(const dsl_call *call, const dsl_value *model, const cmd_judged *first, cmd_judged *out,
                         lg_err *err)
{
    *out = (cmd_judged){.model = cmd_model_of(model),
                        .model_name = model->name,
                        .data_name = first->data_name,
                        .training = first->training};
    if (cmd_model_fits(out->model, model->name, first->set, first->data_name, err))
        return lg_err_place(err, model->span);
    lg_status st = cmd_opinion_ask(call, out->model, first->set, &out->opinion, err);
    out->set = data_ref(first->set);
    if (st == LG_OK) st = count_up(out, err);
    if (st) cmd_judged_release(out);
    return st;
}

/* ---- words ---- */
int64_t cmd_score_right(const cmd_score *score)
{
    int64_t right = 0;
    for (int k = 0; k < score->classes; k++) right += score->count[(size_t)k * ((size_t)score->classes + 1)];
    return right;
}

const char *cmd_score_largest(const cmd_score *score, char *const *label)
{
    int largest = 0;
    int64_t most = -1;
    for (int k = 0; k < score->classes; k++) {
        int64_t images = nn_confusion_class(score->count, score->classes, k).truth;
        if (images > most) most = images, largest = k;
    }
    return score->classes ? label[largest] : "";
}

char *cmd_judged_words(const dsl_call *call, const cmd_judged *j, lg_err *err)
{
    size_t n = data_count(j->set);
    return lg_strf(err, "%s on %s%s, %s image%s", j->model_name, j->data_name, cmd_where_text(call),
                   lg_thousands((long long)n), n == 1 ? "" : "s");
}

void cmd_doc_training(plt_doc *doc)
{
    plt_heading(doc, "TRAINING IMAGES: these figures say nothing about new pictures");
}

void cmd_doc_judged(plt_doc *doc, const dsl_call *call, const cmd_judged *j, lg_err *err)
{
    char *words = cmd_judged_words(call, j, err);
    if (!words) return;
    plt_title(doc, "%s %s%s%s", call->command->name, words, *call->note ? " " : "", call->note);
    lg_free(words);
    cmd_note_stale(doc, call, j->model);
    cmd_warn_cleaned(doc, j->model, j->model_name, j->set, j->data_name);
    if (!j->training) cmd_warn_seen(doc, call, j->model, j->model_name, j->set);
    if (j->training) cmd_doc_training(doc);
}

/* ---- was it learnt from? ---- */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many images of a set are, byte for byte, among the training images of another; 0 where memory is short. */
static size_t count_seen(const data_set *trained, const data_set *set)
{
    lg_err ignored = {0};
    data_image image;
    size_t n = data_count(trained), seen = 0;
    const char **hash = lg_alloc(n + 1, sizeof *hash, &ignored);
    if (!hash) return 0;
    for (size_t i = 0; i < n; i++) {
        data_image_at(trained, i, &image);
        hash[i] = image.sha256;
    }
    qsort(hash, n, sizeof *hash, by_text);
    for (size_t i = 0; i < data_count(set); i++) {
        data_image_at(set, i, &image);
        seen += *image.sha256 && bsearch(&image.sha256, hash, n, sizeof *hash, by_text);
    }
    lg_free(hash);
    return seen;
}

void cmd_warn_seen(plt_doc *doc, const dsl_call *call, const cmd_model *model, const char *name, const data_set *set)
{
    const cmd_run *run = cmd_model_run(model);
    dsl_object *object = run ? dsl_session_get(call->session, run->data) : NULL;
    data_set *trained = NULL;
    lg_err ignored = {0}, warning = {0};
    if (!object || object->cls->kind != DSL_KIND_DATASET) return;
    if (data_part(object->payload, DATA_TRAIN, &trained, &ignored)) return;
    size_t seen = count_seen(trained, set);
    data_unref(trained);
    if (!seen) return;
    lg_fail(&warning, LG_E_DATA, 420, "%s has learnt from %s of these %s images", name, lg_thousands((long long)seen),
            lg_thousands((long long)data_count(set)));
    lg_why(&warning, "they are training images of %s, so its figures are better than they would be on new pictures",
           run->data);
    plt_warning(doc, &warning);
}

void cmd_doc_never(plt_doc *doc, const cmd_score *score, char *const *label, const char *model)
{
    lg_buf names;
    lg_err warning = {0};
    int64_t count = 0, images = 0;
    lg_buf_init(&names, 4096);
    for (int k = 0; k < score->classes; k++) {
        nn_class_score s = nn_confusion_class(score->count, score->classes, k);
        if (s.predicted || !s.truth) continue;
        lg_buf_addf(&names, "%s%s", count++ ? ", " : "", label[k]);
        images += s.truth;
    }
    if (count) {
        lg_fail(&warning, LG_E_DATA, 410, "%s %s never predicted", lg_buf_str(&names), count == 1 ? "is" : "are");
        lg_why(&warning, "%s of the %s images %s of %s", lg_thousands((long long)images),
               lg_thousands((long long)cmd_score_total(score)), images == 1 ? "is" : "are",
               count == 1 ? "this class" : "these classes");
        lg_try(&warning, "more `epochs`, or `fit %s balance`, which makes rare classes count as much as frequent ones",
               model);
        plt_warning(doc, &warning);
    }
    lg_buf_release(&names);
}

/* Less than a point is no difference to speak of. */
const char *cmd_calibration_text(const nn_calibration *c)
{
    static _Thread_local char text[48];
    double gap = nn_calibration_gap(c);
    int points = (int)lround(100 * fabs(gap));
    if (points < 1) return "as sure as it is right";
    snprintf(text, sizeof text, "%s by %d point%s", gap > 0 ? "overconfident" : "underconfident", points,
             points == 1 ? "" : "s");
    return text;
}

static const dsl_value *ci_value(const dsl_call *call)
{
    for (int i = 0; call->command->params[i].name; i++)
        if (strcmp(call->command->params[i].name, "ci") == 0) return dsl_val(call, i);
    return NULL;
}

/* Nobody wants an interval of half a percent: from 50 on a number means percent. */
double cmd_ci_level(const dsl_call *call)
{
    const dsl_value *ci = ci_value(call);
    return !ci ? 0.95 : ci->number >= 50 ? ci->number / 100 : ci->number;
}

lg_status cmd_ci_check(const dsl_call *call, lg_err *err)
{
    double level = cmd_ci_level(call);
    if (level >= 0.5 && level <= 0.999) return LG_OK;
    lg_fail(err, LG_E_ARG, 142, "`%s ci` must lie between 50%% and 99.9%%, not `%s`", call->command->name,
            ci_value(call)->text);
    lg_try(err, "ci 95%%");
    return lg_err_place(err, ci_value(call)->span);
}

const char *cmd_interval_text(int64_t right, int64_t total, double level)
{
    static _Thread_local char room[8][32];
    static _Thread_local unsigned turn;
    char *to = room[turn++ & 7];
    nn_interval ci = nn_wilson(right, total, level);
    if (total > 0) snprintf(to, sizeof *room, "%s to %s%%", plt_points(ci.low, 1), plt_points(ci.high, 1));
    else snprintf(to, sizeof *room, "–");
    return to;
}

/* ---- the command as a whole ---- */
static lg_status keep(const dsl_call *call, const cmd_judging *judging, const cmd_judged *j, lg_err *err)
{
    rep_table table;
    char *words = cmd_judged_words(call, j, err);
    char *title = words ? lg_strf(err, "%s of %s", call->command->name, words) : NULL;
    lg_status st = err->status;
    if (title) {
        rep_table_init(&table);
        judging->rows(&table, call, j);
        st = cmd_table_keep(call, judging->as, &table, title, err);
    }
    lg_free(title);
    lg_free(words);
    return st;
}

lg_status cmd_judging_run(const dsl_call *call, const cmd_judging *judging, lg_err *err)
{
    cmd_judged j;
    plt_doc doc;
    LG_TRY(cmd_judge(call, judging->model, 0, judging->on, &j, err));
    plt_doc_init(&doc);
    cmd_doc_judged(&doc, call, &j, err);
    lg_status st = err->status;
    if (st == LG_OK) st = judging->fill(&doc, call, &j, err);
    if (st == LG_OK) st = cmd_display(call, &doc, judging->png, err);
    else plt_doc_release(&doc);
    if (st == LG_OK && call->arg[judging->as].count) st = keep(call, judging, &j, err);
    cmd_judged_release(&j);
    return st;
}
