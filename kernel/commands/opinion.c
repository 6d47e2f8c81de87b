/* opinion.c - one prediction per image, found by the image's number. */
#include "kernel/commands/opinion.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

const char *const cmd_opinion_fields[] = {"predicted", "confidence", "second", "correct", "loss", NULL};

static lg_status count_outputs(cmd_opinion *o, lg_err *err)
{
    if (o->model->labels.count >= o->classes) return LG_OK;
    o->unnamed = lg_alloc((size_t)o->classes, sizeof *o->unnamed, err);
    if (!o->unnamed) return err->status;
    for (int k = 0; k < o->classes; k++) snprintf(o->unnamed[k], sizeof o->unnamed[k], "output %d", k);
    return LG_OK;
}

lg_status cmd_opinion_ask(const dsl_call *call, const cmd_model *model, const data_set *set, cmd_opinion *out,
                          lg_err *err)
{
    *out = (cmd_opinion){.model = model, .classes = (int)nn_shape_size(nn_net_output(model->net))};
    LG_TRY(count_outputs(out, err));
    lg_status st = cmd_predict(call, model, set, &out->probability, err);
    if (st) {
        cmd_opinion_release(out);
        return st;
    }
    out->set = data_ref(set);
    return LG_OK;
}

void cmd_opinion_release(cmd_opinion *opinion)
{
    lg_free(opinion->probability);
    lg_free(opinion->unnamed);
    data_unref(opinion->set);
    *opinion = (cmd_opinion){0};
}

const float *cmd_opinion_of(const cmd_opinion *o, const data_set *set, size_t row)
{
    data_image image;
    if (!o->probability) return NULL;
    if (set == o->set) return o->probability + row * (size_t)o->classes;
    data_image_at(set, row, &image);
    ptrdiff_t at = data_row_of(o->set, image.id);
    return at < 0 ? NULL : o->probability + (size_t)at * (size_t)o->classes;
}

static int second_best(const float *p, int n, int best)
{
    int second = -1;
    for (int k = 0; k < n; k++)
        if (k != best && (second < 0 || p[k] > p[second])) second = k;
    return second < 0 ? best : second;
}

const char *cmd_opinion_label(const cmd_opinion *o, int label)
{
    if (label >= 0 && label < o->model->labels.count) return o->model->labels.name[label];
    return o->unnamed && label >= 0 && label < o->classes ? o->unnamed[label] : "?";
}

bool cmd_opinion_field(void *ctx, const data_set *set, size_t row, const char *field, dsl_fact *out)
{
    const cmd_opinion *o = ctx;
    data_image image;
    const float *p = cmd_opinion_of(o, set, row);
    if (!p) return false;
    data_image_at(set, row, &image);
    int best = nn_argmax(p, o->classes);
    if (strcmp(field, "predicted") == 0) out->text = cmd_opinion_label(o, best);
    else if (strcmp(field, "second") == 0) out->text = cmd_opinion_label(o, second_best(p, o->classes, best));
    else if (strcmp(field, "confidence") == 0) out->number = p[best];
    else if (strcmp(field, "correct") == 0) out->number = image.label == best;
    else if (strcmp(field, "loss") == 0)
        out->number = image.label < 0 ? (double)NAN : nn_cross_entropy(p, &image.label, 1, o->classes);
    else return false;
    return true;
}
