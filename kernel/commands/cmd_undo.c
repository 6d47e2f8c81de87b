/* cmd_undo.c - `undo`: take back the last edits of datasets. */
#include "kernel/commands/dataset_edits.h"
#include "kernel/commands/label_fixes.h"

#include "lib/base/banned.h"

enum { DATA, TIMES };

static const dsl_param params[] = {
    [DATA] = {.name = "dataset",
              .role = DSL_POSITIONAL,
              .type = DSL_T_OBJECT,
              .kinds = DSL_DATASETS,
              .help = "only edits of this one; without it, the last edits of any"},
    [TIMES] = {.name = "times",
               .role = DSL_POSITIONAL,
               .type = DSL_T_INT,
               .dflt = "1",
               .min = 1,
               .max = 200,
               .help = "how many edits"},
    {0},
};

static lg_status nothing_to_undo(const dsl_call *call, const char *name, lg_err *err)
{
    if (name) lg_fail(err, LG_E_NAME, 324, "no edit of `%s` is left to take back", name);
    else lg_fail(err, LG_E_NAME, 324, "no data edit is left to take back");
    lg_why(err, "`relabel`, `split`, `drop`, `combine` and the like are edits; `load` begins anew");
    lg_try(err, "`list datasets` shows what there is");
    return lg_err_place(err, call->span);
}

/* The parts differ and the labels do not: a `split` was taken back. */
static bool split_only(const data_counts *is, const data_counts *was)
{
    size_t moved = 0;
    if (is->classes != was->classes || is->usable != was->usable) return false;
    for (int k = 0; k < is->classes; k++) {
        size_t now = 0, then = 0;
        for (int s = DATA_NONE; s < DATA_SPLITS; s++) {
            now += is->count[s][k], then += was->count[s][k];
            moved += is->count[s][k] != was->count[s][k];
        }
        if (now != then) return false;
    }
    return moved > 0;
}

/* is: the version that is there again; was: the one taken back. */
static lg_status doc_back(plt_doc *doc, const data_set *is, const data_set *was, lg_err *err)
{
    data_counts now, then;
    LG_TRY(data_count_classes(is, &now, err));
    lg_status st = data_count_classes(was, &then, err);
    if (st == LG_OK && split_only(&now, &then)) cmd_doc_split_table(doc, is, &now);
    else if (st == LG_OK) cmd_doc_before_after(doc, was, &then, is, &now);
    if (st == LG_OK) data_counts_release(&then);
    data_counts_release(&now);
    return st;
}

/* What came back, in words and counts. */
static lg_status doc_undone(plt_doc *doc, const dsl_undone *undone, lg_err *err)
{
    lg_buf brief;
    lg_buf_init(&brief, 0);
    if (undone->before) cmd_dataset_brief(undone->before->payload, &brief);
    else lg_buf_addf(&brief, "there is no `%s` any more", undone->name);
    plt_title(doc, "%s is as before: %s", undone->name, lg_buf_str(&brief));
    lg_buf_release(&brief);
    plt_pair(doc, "taken back", "%s", undone->step);
    if (!undone->before || !undone->after) return LG_OK;
    return doc_back(doc, undone->before->payload, undone->after->payload, err);
}

/* Versions are of whole datasets. */
static lg_status undo_check(const dsl_call *call, lg_err *err)
{
    const dsl_value *data = call->arg[DATA].count ? &call->arg[DATA].value[0] : NULL;
    if (!data || data->part == DSL_PART_ALL) return LG_OK;
    lg_fail(err, LG_E_ARG, 344, "`undo` takes back an edit of all of `%s`, not of a part of it", data->name);
    lg_try(err, "undo %s", data->name);
    return lg_err_place(err, data->span);
}

static lg_status undo_run(const dsl_call *call, lg_err *err)
{
    const char *name = call->arg[DATA].count ? call->arg[DATA].value[0].name : NULL;
    long long times = call->arg[TIMES].value[0].integer, done = 0;
    lg_status st = LG_OK;
    plt_doc doc;
    plt_doc_init(&doc);
    for (; done < times && dsl_session_edits(call->session, name) && st == LG_OK; done++) {
        dsl_undone undone;
        st = dsl_session_undo(call->session, name, &undone, err);
        if (st == LG_OK) st = doc_undone(&doc, &undone, err);
        if (st == LG_OK) cmd_fixes_take(call, undone.kept, &doc);
        dsl_undone_release(&undone);
    }
    size_t left = dsl_session_edits(call->session, name);
    if (st == LG_OK && !done) st = nothing_to_undo(call, name, err);
    if (done < times) plt_note(&doc, "that was all: %lld of %lld edits asked for", done, times);
    else if (left) plt_note(&doc, "%zu earlier edit%s can be taken back too", left, left == 1 ? "" : "s");
    if (st == LG_OK) return cmd_display(call, &doc, false, err);
    plt_doc_release(&doc);
    return st;
}

const dsl_command dsl_cmd_undo = {
    .name = "undo",
    .summary = "take back the last data edit",
    .detail =
        "relabel, split, drop, combine and all else that changes a dataset can be taken back, the latest first. "
        "Pictures were never touched. Label fixes of single images are taken out of their log as well, right after "
        "`load` those that it applied. Models trained meanwhile stay as they are.",
    .group = "Data",
    .params = params,
    .examples = (const char *const[]){"relabel logos puma as other\nundo",
                                      "drop logos image 3; split logos 70/30\nundo 2", NULL},
    .check = undo_check,
    .run = undo_run,
};
