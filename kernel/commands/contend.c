/* contend.c - who is compared with whom, and on which images. */
#include "kernel/commands/contend.h"

#include <string.h>

#include "lib/base/banned.h"

void cmd_contest_close(cmd_contest *c)
{
    for (int i = 0; i < c->n; i++) cmd_judged_release(&c->one[i].judged);
    *c = (cmd_contest){0};
}

/* ---- the same images? ---- */
static bool same_images(const data_set *a, const data_set *b)
{
    if (a == b) return true;
    if (!a || !b || data_count(a) != data_count(b)) return false;
    for (size_t i = 0; i < data_count(a); i++) {
        data_image x, y;
        data_image_at(a, i, &x);
        data_image_at(b, i, &y);
        if (x.label != y.label || strcmp(x.sha256, y.sha256) != 0) return false;
    }
    return true;
}

static const data_set *data_of(const dsl_call *call, const cmd_model *model)
{
    dsl_object *object = model->on ? dsl_session_get(call->session, model->on) : NULL;
    return object && object->cls->kind == DSL_KIND_DATASET ? object->payload : NULL;
}

/* Of two models made on datasets of different names, today's validation images decide. */
static lg_status validated_alike(const dsl_call *call, const cmd_model *a, const cmd_model *b, bool *same, lg_err *err)
{
    const data_set *x = data_of(call, a), *y = data_of(call, b);
    const cmd_run *run = cmd_model_run(a), *other = cmd_model_run(b);
    data_set *first = NULL, *second = NULL;
    *same = true;
    if (run && other && run->score[DATA_VAL].count && other->score[DATA_VAL].count)
        *same = cmd_score_total(&run->score[DATA_VAL]) == cmd_score_total(&other->score[DATA_VAL]);
    if (x == y || !x || !y || !*same) return LG_OK;
    LG_TRY(data_part(x, DATA_VAL, &first, err));
    lg_status st = data_part(y, DATA_VAL, &second, err);
    if (st == LG_OK) *same = same_images(first, second);
    data_unref(first);
    data_unref(second);
    return st;
}

static long long validated_on(const dsl_call *call, const cmd_model *model)
{
    const cmd_run *run = cmd_model_run(model);
    const data_set *set = data_of(call, model);
    data_set *part = NULL;
    lg_err ignored = {0};
    if (run && run->score[DATA_VAL].count) return (long long)cmd_score_total(&run->score[DATA_VAL]);
    if (!set || data_part(set, DATA_VAL, &part, &ignored)) return 0;
    long long images = (long long)data_count(part);
    data_unref(part);
    return images;
}

static lg_status need_common_images(const dsl_call *call, const dsl_value *a, const dsl_value *b, lg_err *err)
{
    const cmd_model *first = cmd_model_of(a), *second = cmd_model_of(b);
    bool same;
    LG_TRY(validated_alike(call, first, second, &same, err));
    if (same) return LG_OK;
    lg_fail(err, LG_E_DATA, 402, "`compare` needs the same images for both models");
    lg_why(err, "%s was validated on %s images, %s on %s others", a->name, lg_thousands(validated_on(call, first)),
           b->name, lg_thousands(validated_on(call, second)));
    if (first->on) lg_try(err, "compare %s, %s on %s.val", a->name, b->name, first->on);
    return lg_err_place(err, (lg_span){.line = call->span.line, .col = call->span.col});
}

/* ---- who ---- */
static lg_status judge_models(const dsl_call *call, int objects, int on, cmd_contest *c, lg_err *err)
{
    const dsl_arg *arg = &call->arg[objects];
    for (int i = 1; !call->arg[on].count && i < arg->count; i++)
        LG_TRY(need_common_images(call, &arg->value[0], &arg->value[i], err));
    for (int i = 0; i < arg->count; i++) {
        cmd_contender *one = &c->one[i];
        c->n = i + 1;
        if (i == 0) LG_TRY(cmd_judge(call, objects, 0, on, &one->judged, err));
        else LG_TRY(cmd_judge_same(call, &arg->value[i], &c->one[0].judged, &one->judged, err));
        one->model = one->judged.model;
        one->score = &one->judged.score;
        one->labels = &one->judged.labels;
        one->set = one->judged.set;
        one->said = one->judged.said;
    }
    c->paired = true;
    return LG_OK;
}

static lg_status same_labels(const dsl_value *a, const dsl_value *b, const cmd_labels *x, const cmd_labels *y,
                             lg_err *err)
{
    bool same = x->count == y->count;
    for (int k = 0; same && k < x->count; k++) same = lg_casecmp(x->name[k], y->name[k]) == 0;
    if (same) return LG_OK;
    lg_fail(err, LG_E_DATA, 409, "`%s` and `%s` do not have the same labels in the same order", a->name, b->name);
    lg_why(err, "%s has %d labels, %s has %d", a->name, x->count, b->name, y->count);
    return lg_err_place(err, b->span);
}

static lg_status take_matrices(const dsl_call *call, int objects, cmd_contest *c, lg_err *err)
{
    const dsl_arg *arg = &call->arg[objects];
    c->paired = true;
    for (int i = 0; i < arg->count; i++) {
        const cmd_matrix *m = cmd_matrix_of(&arg->value[i]);
        if (!m) {
            lg_fail(err, LG_E_ARG, 133, "`compare` wants models or confusion matrices, and `%s` is another table",
                    arg->value[i].name);
            lg_why(err, "a matrix has the same labels across and down, and whole numbers in its cells");
            return lg_err_place(err, arg->value[i].span);
        }
        c->one[i] =
            (cmd_contender){.matrix = m, .score = &m->score, .labels = &m->labels, .set = m->set, .said = m->said};
        c->n = i + 1;
        c->paired = c->paired && m->set && same_images(c->one[0].set, m->set);
        LG_TRY(same_labels(&arg->value[0], &arg->value[i], c->one[0].labels, &m->labels, err));
    }
    return LG_OK;
}

static lg_status all_different(const dsl_arg *arg, lg_err *err)
{
    for (int i = 1; i < arg->count; i++)
        for (int k = 0; k < i; k++) {
            if (arg->value[i].object != arg->value[k].object) continue;
            lg_fail(err, LG_E_ARG, 143, "`%s` would be compared with itself", arg->value[i].name);
            lg_try(err, "name two that differ; `list` shows what there is");
            return lg_err_place(err, arg->value[i].span);
        }
    return LG_OK;
}

lg_status cmd_contest_open(const dsl_call *call, int objects, int on, cmd_contest *out, lg_err *err)
{
    const dsl_arg *arg = &call->arg[objects];
    int models = 0;
    *out = (cmd_contest){0};
    for (int i = 0; i < arg->count; i++) models += arg->value[i].object->cls->kind == DSL_KIND_MODEL;
    if (arg->count < 2 || arg->count > CMD_CONTENDERS) {
        lg_fail(err, LG_E_ARG, 143, "`compare` wants two to %d models, or as many matrices", CMD_CONTENDERS);
        lg_try(err, "compare %s, transfer", strcmp(arg->value[0].name, "transfer") ? arg->value[0].name : "scratch");
        return lg_err_place(err, arg->value[0].span);
    }
    if (models && models < arg->count) {
        lg_fail(err, LG_E_ARG, 133, "`compare` takes models or tables, not both in one line");
        return lg_err_place(err, arg->value[0].span);
    }
    LG_TRY(all_different(arg, err));
    LG_TRY(models ? judge_models(call, objects, on, out, err) : take_matrices(call, objects, out, err));
    for (int i = 0; i < out->n; i++) out->one[i].name = arg->value[i].name;
    return LG_OK;
}

/* ---- counting ---- */
void cmd_contest_pair(const cmd_contest *c, int a, int b, int label, cmd_pair *out)
{
    const cmd_contender *x = &c->one[a], *y = &c->one[b];
    *out = (cmd_pair){0};
    for (size_t i = 0; i < data_count(x->set); i++) {
        data_image image;
        data_image_at(x->set, i, &image);
        if (label >= 0 && image.label != label) continue;
        bool first = x->said[i] == image.label, second = y->said[i] == image.label;
        out->both += first && second;
        out->only_first += first && !second;
        out->only_second += !first && second;
        out->neither += !first && !second;
    }
    out->test = nn_mcnemar_test(out->only_first, out->only_second);
}

double cmd_contender_sure(const cmd_contender *one, size_t row)
{
    return (double)(one->matrix ? one->matrix->sure[row] : cmd_judged_probability(&one->judged, row)[one->said[row]]);
}

int cmd_contest_best(const cmd_contest *c)
{
    int best = 0;
    double most = -1;
    for (int i = 0; i < c->n; i++) {
        double accuracy = nn_confusion_accuracy(c->one[i].score->count, c->one[i].score->classes);
        if (accuracy > most) most = accuracy, best = i;
    }
    return best;
}
