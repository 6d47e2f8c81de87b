/* score.c - what a model got right: confusion counts of one part of a dataset and every figure that follows from them.
 */
#include "kernel/commands/box_model.h"

#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

int64_t cmd_score_total(const cmd_score *score)
{
    return score->count ? nn_confusion_total(score->count, score->classes) : 0;
}

void cmd_score_release(cmd_score *score)
{
    lg_free(score->count);
    *score = (cmd_score){0};
}

lg_status cmd_score_copy(const cmd_score *from, cmd_score *to, lg_err *err)
{
    *to = *from;
    if (!from->count) return LG_OK;
    size_t cells = (size_t)from->classes * (size_t)from->classes;
    to->count = lg_alloc(cells, sizeof *to->count, err);
    if (!to->count) return err->status;
    memcpy(to->count, from->count, cells * sizeof *to->count);
    return LG_OK;
}

double cmd_score_baseline(const cmd_score *score)
{
    int64_t most = 0, total = cmd_score_total(score);
    for (int k = 0; k < score->classes; k++) {
        nn_class_score s = nn_confusion_class(score->count, score->classes, k);
        if (s.truth > most) most = s.truth;
    }
    return total ? (double)most / (double)total : 0;
}

/* Each figure of one class, by its word. */
static bool class_figure(const nn_class_score *s, const char *word, double *out)
{
    if (strcmp(word, "recall") == 0) *out = s->recall;
    else if (strcmp(word, "precision") == 0) *out = s->precision;
    else if (strcmp(word, "f1") == 0) *out = s->f1;
    else if (strcmp(word, "count") == 0) *out = (double)s->truth;
    else return false;
    return true;
}

lg_status cmd_score_field(const cmd_score *score, char *const *label, const char *path, double *out)
{
    if (!score->count) return LG_E_NAME;
    const int64_t *count = score->count;
    int n = score->classes;
    bool measured = nn_calibration_total(&score->calibration) > 0; /* else it is from a file, which has counts only */
    if (strcmp(path, "accuracy") == 0) *out = nn_confusion_accuracy(count, n);
    else if (measured && strcmp(path, "loss") == 0) *out = score->loss;
    else if (measured && strcmp(path, "calibration") == 0) *out = nn_calibration_error(&score->calibration);
    else if (measured && strcmp(path, "overconfidence") == 0) *out = nn_calibration_gap(&score->calibration);
    else if (strcmp(path, "count") == 0) *out = (double)nn_confusion_total(count, n);
    else if (strcmp(path, "baseline") == 0) *out = cmd_score_baseline(score);
    else if (strcmp(path, "balanced_accuracy") == 0) *out = nn_confusion_balanced_accuracy(count, n);
    else if (strcmp(path, "macro_f1") == 0) *out = nn_confusion_macro_f1(count, n);
    else {
        for (int k = 0; k < n; k++) {
            size_t len = strlen(label[k]);
            if (strncasecmp(path, label[k], len) != 0 || path[len] != '.') continue;
            nn_class_score s = nn_confusion_class(count, n, k);
            return class_figure(&s, path + len + 1, out) ? LG_OK : LG_E_NAME;
        }
        return LG_E_NAME;
    }
    return LG_OK;
}

void cmd_score_fields(const cmd_score *score, char *const *label, const char *prefix, lg_buf *out)
{
    static const char *const all[] = {"accuracy", "count", "baseline", "balanced_accuracy", "macro_f1",
                                      "loss",     "calibration", "overconfidence"};
    static const char *const each[] = {"recall", "precision", "f1", "count"};
    if (!score->count) return;
    size_t known = nn_calibration_total(&score->calibration) ? sizeof all / sizeof *all : 5;
    for (size_t i = 0; i < known; i++) lg_buf_addf(out, "%s%s\n", prefix, all[i]);
    for (int k = 0; k < score->classes && k < 64; k++)
        for (size_t i = 0; i < sizeof each / sizeof *each; i++)
            lg_buf_addf(out, "%s%s.%s\n", prefix, label[k], each[i]);
}

/* ---- class names ---- */
static lg_status labels_fill(cmd_labels *out, int count, const char *(*name)(const void *, int), const void *ctx,
                             lg_err *err)
{
    *out = (cmd_labels){0};
    out->name = lg_alloc((size_t)count + 1, sizeof *out->name, err);
    if (!out->name) return err->status;
    for (; out->count < count; out->count++)
        if (!(out->name[out->count] = lg_strdup(name(ctx, out->count), err))) {
            cmd_labels_release(out);
            return err->status;
        }
    return LG_OK;
}

static const char *name_in_set(const void *set, int k)
{
    return data_class_name(set, k);
}

static const char *name_in_labels(const void *labels, int k)
{
    return ((const cmd_labels *)labels)->name[k];
}

lg_status cmd_labels_of(const data_set *set, cmd_labels *out, lg_err *err)
{
    return labels_fill(out, data_classes(set), name_in_set, set, err);
}

lg_status cmd_labels_copy(const cmd_labels *from, cmd_labels *to, lg_err *err)
{
    return labels_fill(to, from->count, name_in_labels, from, err);
}

void cmd_labels_release(cmd_labels *labels)
{
    for (int i = 0; i < labels->count; i++) lg_free(labels->name[i]);
    lg_free(labels->name);
    *labels = (cmd_labels){0};
}
