/* cmd_drop.c - `drop`: leave images out of a dataset; the files stay. */
#include "kernel/commands/dataset_edits.h"
#include "kernel/commands/params.h"

#include "lib/base/banned.h"

enum { DATA, IMAGE };

static const dsl_param params[] = {
    [DATA] = CMD_DATASET("the dataset to take images from, or a part of it"),
    [IMAGE] = {.name = "image",
               .role = DSL_OPTION,
               .type = DSL_T_IMAGE,
               .list = true,
               .help = "numbers or names of single images"},
    {0},
};

static lg_status drop_check(const dsl_call *call, lg_err *err)
{
    if (call->where || call->arg[IMAGE].count) return LG_OK;
    const char *name = "logos";
    if (call->arg[DATA].count) LG_TRY(cmd_part_name(call, &call->arg[DATA].value[0], &name, err));
    lg_fail(err, LG_E_ARG, 143, "`drop` needs to know which images");
    lg_why(err, "it leaves out single images, or those that fulfil a condition");
    lg_try(err, "drop %s image 12   or   drop %s where broken", name, name);
    return lg_err_place(err, call->span);
}

/* The images that go: of the part named, those listed, and of them those that pass `where`. */
static lg_status doomed(const dsl_call *call, data_set **out, lg_err *err)
{
    const dsl_value *value = &call->arg[DATA].value[0];
    const uint32_t *ids = NULL;
    size_t n = 0;
    data_set *part = NULL, *rest = NULL;
    const char *name;
    LG_TRY(cmd_part_name(call, value, &name, err));
    LG_TRY(cmd_dataset_part(value, &part, err));
    lg_status st = value->part != DSL_PART_ALL && data_count(part) == 0 ? cmd_part_empty(value, err) : LG_OK;
    if (st) LG_GO(lg_err_place(err, value->span));
    if (call->arg[IMAGE].count) {
        LG_GO(cmd_image_ids(call, IMAGE, part, name, &ids, &n, err));
        LG_GO(cmd_keep_images(part, ids, n, &rest, err));
        data_unref(part);
        part = rest;
    }
    st = cmd_dataset_where(call, part, NULL, NULL, NULL, out, err);
done:
    data_unref(part);
    return st;
}

static lg_status drop_document(const dsl_call *call, const data_set *before, const data_set *gone,
                               const data_set *after, lg_err *err)
{
    enum { SHOWN = 24 };
    uint32_t rows[SHOWN];
    plt_doc doc;
    plt_doc_init(&doc);
    size_t n = data_count(gone), shown = n < SHOWN ? n : SHOWN;
    plt_title(&doc, "%s: %s image%s dropped, %s left%s%s", call->arg[DATA].value[0].name, lg_thousands((long long)n),
              n == 1 ? "" : "s", lg_thousands((long long)data_count(after)), *call->note ? " " : "", call->note);
    lg_status st = cmd_doc_change(&doc, before, after, err);
    for (size_t i = 0; i < shown; i++) rows[i] = (uint32_t)i;
    if (st == LG_OK) st = cmd_doc_sheet(&doc, gone, rows, shown, 64, false, err);
    plt_sentence(&doc, "Nothing is deleted on disk; `undo` brings %s back", n == 1 ? "it" : "them");
    if (st == LG_OK) return cmd_display(call, &doc, true, err);
    plt_doc_release(&doc);
    return st;
}

static lg_status drop_rows(const data_set *set, const data_set *gone, data_set **out, lg_err *err)
{
    size_t n = data_count(gone);
    uint32_t *ids = lg_alloc(n + 1, sizeof *ids, err);
    if (!ids) return err->status;
    for (size_t i = 0; i < n; i++) {
        data_image image;
        data_image_at(gone, i, &image);
        ids[i] = image.id;
    }
    lg_status st = data_drop(set, ids, n, out, err);
    lg_free(ids);
    return st;
}

static lg_status drop_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *value = &call->arg[DATA].value[0];
    const data_set *before = cmd_dataset(value);
    data_set *gone = NULL, *after = NULL;
    lg_status st;
    LG_GO(doomed(call, &gone, err));
    if (data_count(gone) == 0 || data_count(gone) == data_count(before)) {
        bool all = data_count(gone) > 0;
        lg_fail(err, LG_E_DATA, 407,
                all ? "this would leave `%s` without an image" : "no image of `%s` passes this `where`",
                all ? value->name : value->text);
        lg_try(err, "show %s", value->text);
        st = lg_err_place(err, value->span);
        goto done;
    }
    LG_GO(drop_rows(before, gone, &after, err));
    LG_GO(drop_document(call, before, gone, after, err));
    st = cmd_dataset_bind(call, value->name, data_ref(after), err);
done:
    data_unref(gone);
    data_unref(after);
    return st;
}

const dsl_command dsl_cmd_drop = {
    .name = "drop",
    .summary = "remove images from a dataset (not from disk)",
    .group = "Data",
    .params = params,
    .examples = (const char *const[]){"drop logos image 12, 14", "drop logos where label = puma", NULL},
    .takes_where = true,
    .check = drop_check,
    .run = drop_run,
};
