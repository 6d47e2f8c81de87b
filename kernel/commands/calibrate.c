/* calibrate.c - what validation images tell of a model's confidence. */
#include "kernel/commands/classify.h"
#include "lib/plot/theme.h"

#include <math.h>

#include "lib/base/banned.h"

void cmd_calibration_release(cmd_calibration *calibration)
{
    lg_free(calibration->validation);
    *calibration = (cmd_calibration){0};
}

void cmd_calibrated(const cmd_calibration *calibration, const float *p, int classes, rep_picture *out)
{
    enum { MOST = 4096 };
    float calibrated[MOST];
    out->label = nn_argmax(p, classes);
    out->raw = out->confidence = p[out->label];
    if (calibration->temperature == 1 || classes > MOST) return;
    nn_temperature_apply(calibration->temperature, p, classes, calibrated);
    out->confidence = calibrated[out->label];
}

static lg_status keep_validation(const data_set *set, const float *p, int classes, cmd_calibration *out, lg_err *err)
{
    size_t n = data_count(set);
    out->validation = lg_alloc(n + 1, sizeof *out->validation, err);
    if (!out->validation) return err->status;
    for (size_t i = 0; i < n; i++) {
        data_image image;
        rep_picture said;
        data_image_at(set, i, &image);
        cmd_calibrated(out, p + i * (size_t)classes, classes, &said);
        out->validation[i] = (rep_validation){.truth = image.label, .said = said.label, .confidence = said.confidence};
    }
    out->validations = n;
    return LG_OK;
}

/* Mean confidence less accuracy, in words. */
static const char *how_far_off(const data_set *set, const float *p, int classes, const dsl_call *call, lg_err *err)
{
    nn_calibration before = {0};
    for (size_t i = 0; i < data_count(set); i++) {
        data_image image;
        const float *row = p + i * (size_t)classes;
        int said = nn_argmax(row, classes);
        data_image_at(set, i, &image);
        nn_calibration_add(&before, (double)row[said], said == image.label);
    }
    double gap = nn_calibration_gap(&before);
    if (fabs(gap) < 0.005) return "the network was about as sure as it was right";
    return lg_arena_strf(call->arena, err, "before, the network was %.0f point%s %s", fabs(100 * gap),
                         round(fabs(100 * gap)) == 1 ? "" : "s", gap > 0 ? "too sure" : "less sure than it was right");
}

static lg_status fit(const dsl_call *call, const data_set *set, const float *p, int classes, cmd_calibration *out,
                     lg_err *err)
{
    size_t n = data_count(set), wrong = 0;
    const char *images = n == 1 ? "validation image" : "validation images";
    int32_t *truth = lg_arena_alloc(call->arena, n + 1, sizeof *truth, err);
    if (!truth) return err->status;
    for (size_t i = 0; i < n; i++) {
        data_image image;
        data_image_at(set, i, &image);
        truth[i] = image.label;
        wrong += nn_argmax(p + i * (size_t)classes, classes) != image.label;
    }
    if (n < CMD_CALIBRATES)
        out->words =
            lg_arena_strf(call->arena, err, "as the network gives it, not calibrated: %s has %zu %s, and that takes %d",
                          out->name, n, images, CMD_CALIBRATES);
    else if (!wrong)
        out->words = lg_arena_strf(call->arena, err,
                                   "as the network gives it, not calibrated: none of the %zu %s of %s was called "
                                   "wrong, so nothing tells how sure it may be",
                                   n, images, out->name);
    else {
        const char *off = how_far_off(set, p, classes, call, err);
        out->temperature = nn_temperature_fit(p, truth, n, classes).t;
        out->words = off ? lg_arena_strf(call->arena, err, "calibrated on the %s %s of %s (temperature %.2f; %s)",
                                         lg_thousands((long long)n), images, out->name, out->temperature, off)
                         : NULL;
    }
    return out->words ? LG_OK : err->status;
}

/* A model without images of its own that were judged is no failure. */
static bool does_without(const lg_err *e)
{
    return e->status != LG_E_INTERRUPTED && e->status != LG_E_MEMORY && e->status != LG_E_INTERNAL;
}

lg_status cmd_calibrate(const dsl_call *call, const dsl_value *model, cmd_calibration *out, lg_err *err)
{
    const cmd_model *m = cmd_model_of(model);
    data_set *set = NULL;
    float *p = NULL;
    bool training;
    lg_err reason = {0};
    *out = (cmd_calibration){.temperature = 1};
    int classes = (int)nn_shape_size(nn_net_output(m->net));
    lg_status st = cmd_judged_part(call, m, model->name, NULL, &set, &out->name, &training, &reason);
    if (!st) st = cmd_predict(call, m, set, &p, &reason);
    if (!st) st = fit(call, set, p, classes, out, &reason);
    if (!st) st = keep_validation(set, p, classes, out, &reason);
    data_unref(set);
    lg_free(p);
    if (!st) return LG_OK;
    cmd_calibration_release(out);
    out->temperature = 1;
    if (!does_without(&reason)) {
        *err = reason;
        return st;
    }
    out->words = lg_arena_strf(call->arena, err, "as the network gives it, not calibrated: %s", reason.msg);
    return out->words ? LG_OK : err->status;
}

/* ---- in words ---- */
static void count_validation(const rep_posts *posts, size_t *sure, size_t *right)
{
    *sure = *right = 0;
    for (size_t i = 0; i < posts->validations; i++) {
        const rep_validation *v = &posts->validation[i];
        if (v->confidence < posts->least) continue;
        ++*sure;
        *right += v->said == v->truth;
    }
}

void cmd_doc_posts_trust(plt_doc *doc, const rep_posts *posts)
{
    size_t sure, right, all = posts->validations;
    if (!posts->labels) return;
    if (posts->calibration) plt_note(doc, "Confidence is %s.", posts->calibration);
    if (!all) {
        plt_note(doc, "Without validation images nothing tells how many of these are right.");
        return;
    }
    count_validation(posts, &sure, &right);
    nn_interval range = nn_wilson((int64_t)right, (int64_t)sure, 0.95);
    if (!sure) {
        plt_sentence(doc,
                     "Of none of the %zu validation images of %s is %s at least %s%% sure, so nothing tells how "
                     "many of these are right",
                     all, posts->validation_name, posts->model, plt_points((double)posts->least, 0));
        return;
    }
    if (posts->least > 0)
        plt_sentence(doc,
                     "Of the %zu validation images of %s that %s is at least %s%% sure of, %zu are right "
                     "(%s%%, %s to %s%%); of the other %zu it is less sure",
                     sure, posts->validation_name, posts->model, plt_points((double)posts->least, 0), right,
                     plt_points((double)right / (double)sure, 0), plt_points(range.low, 0), plt_points(range.high, 0),
                     all - sure);
    else
        plt_sentence(doc, "Of the %zu validation images of %s, %s is right on %zu (%s%%, %s to %s%%)", all,
                     posts->validation_name, posts->model, right, plt_points((double)right / (double)sure, 0),
                     plt_points(range.low, 0), plt_points(range.high, 0));
    if (!cmd_posts_are_files(posts))
        plt_note(doc, "Posts may differ from validation images: of a picture such as none of them showed, the network "
                      "can be sure and wrong.");
}
