/* cmd_confusion.c - `confusion`: where does the model take one brand for another? */
#include "kernel/commands/box_matrix.h"

#include "lib/base/banned.h"

enum { MODEL, ON, AS, NORMALIZE, SORT };

static const dsl_param params[] = {
    [MODEL] = {.name = "model", .role = DSL_POSITIONAL, .type = DSL_T_OBJECT, .kinds = DSL_MODELS, .required = true,
               .implicit = true, .help = "a trained model"},
    [ON] = {.name = "on", .role = DSL_PREPOSITION, .type = DSL_T_OBJECT, .kinds = DSL_DATASETS,
            .dflt_help = "the validation part of its own dataset", .help = "the images to judge it on"},
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the matrix under this name"},
    [NORMALIZE] = {.name = "normalize", .role = DSL_OPTION, .type = DSL_T_CHOICE, .choices = "none rows columns all",
                   .dflt = "none", .help = "also as shares of rows, columns or all"},
    [SORT] = {.name = "sort", .role = DSL_OPTION, .type = DSL_T_CHOICE, .choices = "name count error", .dflt = "name",
              .help = "order of the classes: by name, most images first, most mistakes first"},
    {0},
};

static double sort_key(const cmd_matrix *m, int sort, int k)
{
    nn_class_score s = nn_confusion_class(m->score.count, m->score.classes, k);
    return sort == 1 ? (double)s.truth : sort == 2 ? (double)(s.truth - s.right) : 0;
}

/* Stable: equal keys keep the order of the names. */
static lg_status sort_classes(cmd_matrix *m, int sort, lg_err *err)
{
    double *key = lg_alloc((size_t)m->score.classes + 1, sizeof *key, err);
    if (!key) return err->status;
    for (int i = 0; i < m->score.classes; i++) {
        int at = i;
        key[i] = sort ? sort_key(m, sort, i) : 0;
        for (; at > 0 && key[m->order[at - 1]] < key[i]; at--) m->order[at] = m->order[at - 1];
        m->order[at] = i;
    }
    lg_free(key);
    return LG_OK;
}

static lg_status make_matrix(const dsl_call *call, const cmd_model *model, const data_set *set, const char *data_name,
                             cmd_matrix *m, lg_err *err)
{
    LG_TRY(cmd_score_of(call, model, set, &m->score, err));
    LG_TRY(cmd_labels_of(set, &m->labels, err));
    m->title = lg_strf(err, "%s on %s, %s images", call->arg[MODEL].value[0].name, data_name,
                       lg_thousands((long long)data_count(set)));
    m->order = lg_alloc((size_t)m->score.classes + 1, sizeof *m->order, err);
    if (!m->title || !m->order) return err->status;
    m->normalize = call->arg[NORMALIZE].value[0].choice;
    return sort_classes(m, call->arg[SORT].value[0].choice, err);
}

static lg_status show_matrix(const dsl_call *call, const cmd_model *model, const cmd_matrix *m, lg_err *err)
{
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "confusion %s%s%s", m->title, *call->note ? " " : "", call->note);
    cmd_note_stale(&doc, call, model);
    cmd_doc_matrix(&doc, m, err);
    if (err->status == LG_OK) return cmd_display(call, &doc, false, err);
    plt_doc_release(&doc);
    return err->status;
}

static lg_status confusion_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *model_value = &call->arg[MODEL].value[0], *on = dsl_val(call, ON);
    const cmd_model *model = cmd_model_of(model_value);
    const char *data_name = NULL;
    data_set *set = NULL;
    bool training;
    if (cmd_judged_on(call, model, model_value->name, on, &set, &data_name, &training, err))
        return lg_err_place(err, on ? on->span : model_value->span);
    cmd_matrix *m = lg_alloc(1, sizeof *m, err);
    lg_status st = m ? make_matrix(call, model, set, data_name, m, err) : err->status;
    if (st == LG_OK) {
        m->training = training;
        st = show_matrix(call, model, m, err);
    }
    data_unref(set);
    if (st == LG_OK && call->arg[AS].count) {
        dsl_object *object;
        LG_TRY(dsl_object_new(&cmd_matrix_class, m, call->recipe, &object, err));
        return dsl_call_bind(call, call->arg[AS].value[0].text, object, err);
    }
    cmd_matrix_free(m);
    return st;
}

const dsl_command dsl_cmd_confusion = {
    .name = "confusion",
    .summary = "true label by predicted label, with totals",
    .detail =
        "Each row is a true label, each column what the model said; the diagonal is right. Precision: of those it "
        "called Nike, how many are Nike. Recall: of all Nikes, how many it found. All figures come from one set of "
        "predictions. The brackets are 95% Wilson intervals.",
    .group = "Evaluate",
    .params = params,
    .examples =
        (const char *const[]){"confusion scratch on logos.val", "confusion scratch normalize rows sort error", NULL},
    .makes = DSL_KIND_TABLE,
    .takes_where = true,
    .run = confusion_run,
};
