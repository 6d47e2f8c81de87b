/* cmd_confusion.c - `confusion`: where does the model take one brand for another? */
#include "kernel/commands/box_matrix.h"

#include "lib/base/banned.h"

enum { MODEL, ON, AS, NORMALIZE, SORT };

static const dsl_param params[] = {
    [MODEL] = CMD_JUDGED_MODEL,
    [ON] = CMD_JUDGED_ON,
    [AS] = {.name = "as", .role = DSL_PREPOSITION, .type = DSL_T_NEWNAME, .help = "keep the matrix under this name"},
    [NORMALIZE] = {.name = "normalize",
                   .role = DSL_OPTION,
                   .type = DSL_T_CHOICE,
                   .choices = "none rows columns all",
                   .dflt = "none",
                   .help = "also as shares of rows, columns or all"},
    [SORT] = {.name = "sort",
              .role = DSL_OPTION,
              .type = DSL_T_CHOICE,
              .choices = "name count error",
              .dflt = "name",
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

static lg_status make_matrix(const dsl_call *call, cmd_judged *j, cmd_matrix **out, lg_err *err)
{
    char *words = cmd_judged_words(call, j, err);
    lg_status st = words ? cmd_matrix_new(j, words, out, err) : err->status;
    lg_free(words);
    LG_TRY(st);
    (*out)->normalize = call->arg[NORMALIZE].value[0].choice;
    return sort_classes(*out, call->arg[SORT].value[0].choice, err);
}

static lg_status confusion_run(const dsl_call *call, lg_err *err)
{
    cmd_judged j;
    cmd_matrix *m = NULL;
    plt_doc doc;
    lg_status st;
    LG_TRY(cmd_judge(call, MODEL, 0, ON, &j, err));
    plt_doc_init(&doc);
    cmd_doc_judged(&doc, call, &j, err);
    LG_GO(err->status);
    LG_GO(make_matrix(call, &j, &m, err));
    cmd_doc_matrix(&doc, m, err);
    if (!call->where) cmd_doc_never(&doc, &m->score, m->labels.name, j.model_name);
    cmd_doc_pairs(&doc, m, err);
    LG_GO(err->status);
    st = cmd_display(call, &doc, false, err);
done:
    if (st) plt_doc_release(&doc);
    cmd_judged_release(&j);
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
    .asks_model = true,
    .run = confusion_run,
};
