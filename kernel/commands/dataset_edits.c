/* dataset_edits.c - images by number or name, and what an edit changed. */
#include "kernel/commands/dataset_edits.h"
#include "lib/data/clean.h"

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

/* An image by number or name. */
static lg_status id_of(const dsl_value *v, const data_set *set, const char *set_name, uint32_t *id, lg_err *err)
{
    data_image image;
    ptrdiff_t row = v->integer > 0 ? data_row_numbered(set, v->text) : data_row_named(set, v->text);
    if (row < 0 && v->integer > 0 && !strchr(v->text, '.')) row = row_of_id(set, v->integer);
    if (row < 0) return no_image(v, set, set_name, err);
    if (v->integer <= 0) LG_TRY(one_of_many(v, set, set_name, err));
    data_image_at(set, (size_t)row, &image);
    *id = image.id;
    return LG_OK;
}

lg_status cmd_image_ids(const dsl_call *call, int param, const data_set *set, const char *set_name,
                        const uint32_t **out, size_t *count, lg_err *err)
{
    const dsl_arg *arg = &call->arg[param];
    uint32_t *ids = lg_arena_alloc(call->arena, (size_t)arg->count + 1, sizeof *ids, err);
    if (!ids) return err->status;
    for (int i = 0; i < arg->count; i++) LG_TRY(id_of(&arg->value[i], set, set_name, &ids[i], err));
    *out = ids;
    *count = (size_t)arg->count;
    return LG_OK;
}

/* ---- files ---- */
bool cmd_image_is_file(const dsl_value *value, const data_set *set)
{
    if (value->integer > 0 || !strpbrk(value->text, "./")) return false;
    return !set || data_row_named(set, value->text) < 0;
}

size_t cmd_image_files(const dsl_call *call, int param, const data_set *set)
{
    size_t files = 0;
    for (int i = 0; i < call->arg[param].count; i++) files += cmd_image_is_file(&call->arg[param].value[i], set);
    return files;
}

/* There is neither an image nor a file of this name. */
static lg_status neither(const dsl_value *v, const data_set *named, const char *set_name, lg_err *err)
{
    if (!named || err->code != 302) return lg_err_place(err, v->span);
    lg_err file = *err;
    lg_err_clear(err);
    lg_fail(err, LG_E_DATA, 314, "`%s` has no image `%.80s`, and there is no such file", set_name, v->text);
    lg_why(err, "%s", file.why);
    if (*file.hint) lg_try(err, "%s", file.hint);
    return lg_err_place(err, v->span);
}

static lg_status no_address(const dsl_call *call, const dsl_value *v, lg_err *err)
{
    lg_fail(err, LG_E_UNSUPPORTED, 505, "`%s` reads files, not `%.60s`", call->command->name, v->text);
    lg_try(err, "download the picture and name its file");
    return lg_err_place(err, v->span);
}

lg_status cmd_image_open(const dsl_call *call, int param, const data_set *rows, const data_rules *rules,
                         const data_set *named, const char *set_name, data_set **out, lg_err *err)
{
    const dsl_arg *arg = &call->arg[param];
    size_t n = 0, failed = 0;
    const dsl_value **value = lg_arena_alloc(call->arena, (size_t)arg->count, sizeof *value, err);
    const char **file = value ? lg_arena_alloc(call->arena, (size_t)arg->count, sizeof *file, err) : NULL;
    if (!file) return err->status;
    for (int i = 0; i < arg->count; i++) {
        if (!cmd_image_is_file(&arg->value[i], named)) continue;
        if (strstr(arg->value[i].text, "://")) return no_address(call, &arg->value[i], err);
        value[n] = &arg->value[i];
        file[n++] = arg->value[i].text;
    }
    lg_status st = data_with_files(rows, rules, file, n, out, &failed, err);
    return st && failed < n ? neither(value[failed], named, set_name, err) : st;
}

lg_status cmd_images_named(const dsl_call *call, int param, const data_set *set, const char *set_name, data_set **out,
                           uint32_t **row, size_t *n, lg_err *err)
{
    const dsl_arg *arg = &call->arg[param];
    size_t ids = 0, files = 0;
    data_set *kept = NULL;
    lg_status st;
    *n = (size_t)arg->count;
    *row = lg_arena_alloc(call->arena, *n, sizeof **row, err);
    uint32_t *id = *row ? lg_arena_alloc(call->arena, *n, sizeof *id, err) : NULL;
    if (!id) return err->status;
    for (size_t i = 0; i < *n; i++)
        if (!cmd_image_is_file(&arg->value[i], set)) LG_TRY(id_of(&arg->value[i], set, set_name, &id[ids++], err));
    LG_TRY(cmd_keep_images(set, id, ids, &kept, err));
    const data_rules rules = data_rules_of(set);
    if (ids < *n) LG_GO(cmd_image_open(call, param, kept, &rules, set, set_name, out, err));
    else *out = data_ref(kept);
    st = LG_OK;
    for (size_t i = 0; i < *n; i++)
        if (cmd_image_is_file(&arg->value[i], set)) (*row)[i] = (uint32_t)(data_count(kept) + files++);
        else (*row)[i] = (uint32_t)data_row_of(*out, id[i - files]);
done:
    data_unref(kept);
    return st;
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
