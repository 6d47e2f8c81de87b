/* dataset_edits.c - images by number or name, and what an edit changed. */
#include "kernel/commands/dataset_edits.h"
#include <string.h>

#include "lib/base/banned.h"

static lg_status no_image(const dsl_value *v, const data_set *set, const char *set_name, lg_err *err)
{
    size_t n = data_count(set);
    data_image first = {0}, last = {0};
    lg_fail(err, LG_E_DATA, 314, "`%s` has no image `%.80s`", set_name, v->text);
    if (n) {
        data_image_at(set, 0, &first);
        data_image_at(set, n - 1, &last);
        lg_why(err, "it has %s image%s, numbered from %s to %s", lg_thousands((long long)n), n == 1 ? "" : "s",
               first.number, last.number);
    } else lg_why(err, "it is empty");
    return lg_err_place(err, v->span);
}

/* A name that several images have is no choice: the first would be taken for the one that is meant. */
static lg_status one_of_many(const dsl_value *v, const data_set *set, const char *set_name, lg_err *err)
{
    enum { SHOWN = 3 };
    uint32_t rows[SHOWN];
    data_image image;
    lg_buf list;
    size_t n = data_rows_named(set, v->text, rows, SHOWN);
    if (n < 2) return LG_OK;
    lg_buf_init(&list, 0);
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        data_image_at(set, rows[i], &image);
        lg_buf_addf(&list, "%s%s is %s", i ? ", " : "", image.number, image.name);
    }
    if (n > SHOWN) lg_buf_addf(&list, " and %s more", lg_thousands((long long)(n - SHOWN)));
    lg_fail(err, LG_E_DATA, 314, "`%s` has %s images called `%.80s`", set_name, lg_thousands((long long)n), v->text);
    lg_why(err, "%s", lg_buf_str(&list));
    lg_buf_release(&list);
    data_image_at(set, rows[0], &image);
    lg_try(err, "say which by its number: image %s", image.number);
    return lg_err_place(err, v->span);
}

/* "0412", "4.12e2": the number in other words. Sets of marks have numbers that are no ids. */
static ptrdiff_t row_of_id(const data_set *set, long long id)
{
    data_image image;
    ptrdiff_t row = id <= UINT32_MAX ? data_row_of(set, (uint32_t)id) : -1;
    long long number;
    if (row < 0) return -1;
    data_image_at(set, (size_t)row, &image);
    return lg_parse_int(image.number, &number) && number == id ? row : -1;
}

lg_status cmd_image_ids(const dsl_call *call, int param, const data_set *set, const char *set_name,
                        const uint32_t **out, size_t *count, lg_err *err)
{
    const dsl_arg *arg = &call->arg[param];
    uint32_t *ids = lg_arena_alloc(call->arena, (size_t)arg->count + 1, sizeof *ids, err);
    if (!ids) return err->status;
    for (int i = 0; i < arg->count; i++) {
        const dsl_value *v = &arg->value[i];
        ptrdiff_t row = v->integer > 0 ? data_row_numbered(set, v->text) : data_row_named(set, v->text);
        if (row < 0 && v->integer > 0 && !strchr(v->text, '.')) row = row_of_id(set, v->integer);
        data_image image;
        if (row < 0) return no_image(v, set, set_name, err);
        if (v->integer <= 0) LG_TRY(one_of_many(v, set, set_name, err));
        data_image_at(set, (size_t)row, &image);
        ids[i] = image.id;
    }
    *out = ids;
    *count = (size_t)arg->count;
    return LG_OK;
}

typedef struct wanted {
    const uint32_t *ids;
    size_t count;
} wanted;

static lg_status is_wanted(void *ctx, const data_set *set, size_t row, bool *keep, lg_err *err)
{
    const wanted *w = ctx;
    data_image image;
    (void)err;
    data_image_at(set, row, &image);
    *keep = false;
    for (size_t i = 0; i < w->count && !*keep; i++) *keep = w->ids[i] == image.id;
    return LG_OK;
}

lg_status cmd_keep_images(const data_set *set, const uint32_t *ids, size_t count, data_set **out, lg_err *err)
{
    return data_where(set, is_wanted, &(wanted){ids, count}, out, err);
}

void cmd_doc_before_after(plt_doc *doc, const data_set *before, const data_counts *b, const data_set *after,
                          const data_counts *a)
{
    enum { MOST = 40 };
    plt_table(doc, "Images per label");
    plt_column(doc, PLT_LEFT, "Label");
    plt_column(doc, PLT_RIGHT, "Before");
    plt_column(doc, PLT_RIGHT, "After");
    for (int k = 0; k < a->classes + b->classes; k++) {
        bool old = k >= a->classes;
        const char *label = old ? data_class_name(before, k - a->classes) : data_class_name(after, k);
        int in_after = data_class_find(after, label), in_before = data_class_find(before, label);
        if ((old && in_after >= 0) || k >= MOST) continue;
        long long was = 0, is = 0;
        for (int s = DATA_NONE; s < DATA_SPLITS; s++) {
            if (in_before >= 0) was += (long long)b->count[s][in_before];
            if (in_after >= 0) is += (long long)a->count[s][in_after];
        }
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", label);
        plt_cell(doc, "%s", lg_thousands(was));
        plt_cell(doc, "%s", lg_thousands(is));
    }
}

lg_status cmd_doc_change(plt_doc *doc, const data_set *before, const data_set *after, lg_err *err)
{
    data_counts b, a;
    LG_TRY(data_count_classes(before, &b, err));
    lg_status st = data_count_classes(after, &a, err);
    if (st == LG_OK) {
        cmd_doc_before_after(doc, before, &b, after, &a);
        data_counts_release(&a);
    }
    data_counts_release(&b);
    return st;
}
