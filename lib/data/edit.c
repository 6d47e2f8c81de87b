/* edit.c - relabel, drop, filter, part, combine, sample: new versions from old ones. */
#include <stdlib.h>
#include <string.h>
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

/* ---- relabel ---- */
static lg_status no_label(const data_set *set, const char *label, lg_err *err)
{
    lg_buf list;
    lg_buf_init(&list, 500);
    for (int i = 0; i < set->names->count; i++) {
        lg_buf_adds(&list, i ? ", " : "");
        lg_buf_add_plain(&list, set->names->name[i], strlen(set->names->name[i]));
    }
    lg_fail(err, LG_E_NAME, 313, "no image has the label `%s`", label);
    lg_why(err, "the labels are: %s", set->names->count ? lg_buf_str(&list) : "none");
    const char *near = lg_nearest(label, set->names->name, (size_t)set->names->count);
    if (near) lg_try(err, "did you mean `%s`?", near);
    lg_buf_release(&list);
    return err->status;
}

static lg_status no_image(const data_set *set, uint32_t id, lg_err *err)
{
    lg_fail(err, LG_E_NAME, 314, "there is no image %u", id);
    if (set->rows == 0) return lg_why(err, "the dataset is empty");
    return lg_why(err, "the numbers go from %s to %s", data_fact_of(set, 0)->number,
                  data_fact_of(set, set->rows - 1)->number);
}

/* A label as it was first seen, where the set has it in whatever case. A rename of that very label may change its case:
 * relabel logos puma as PUMA. */
static const char *as_seen(const data_set *set, const data_relabel_spec *spec, const char *word)
{
    int c = word ? data_class_find(set, word) : -1;
    for (size_t i = 0; c >= 0 && !spec->keep && !spec->only && i < spec->labels; i++)
        if (data_class_find(set, spec->label[i]) == c) return word;
    return c < 0 ? word : set->names->name[c];
}

/* New label text of every class, NULL where it stays, "" where it goes. */
static lg_status class_edits(const data_set *set, const data_relabel_spec *spec, const char **edit, lg_err *err)
{
    const char *as = as_seen(set, spec, spec->as), *rest = as_seen(set, spec, spec->rest);
    for (int c = 0; spec->keep && c < set->names->count; c++) edit[c] = rest ? rest : "";
    for (size_t i = 0; i < spec->labels; i++) {
        int c = data_class_find(set, spec->label[i]);
        if (c < 0) return no_label(set, spec->label[i], err);
        edit[c] = as; /* kept ones have none */
    }
    return LG_OK;
}

static lg_status check_relabel(const data_relabel_spec *spec, lg_err *err)
{
    const char *word = spec->as ? spec->as : spec->rest;
    if (!spec->keep && !spec->as) {
        lg_fail(err, LG_E_ARG, 143, "`relabel` needs the new label");
        return lg_try(err, "relabel NAME reebok, vans as other");
    }
    if (!spec->labels && !spec->images && !spec->only) {
        lg_fail(err, LG_E_ARG, 143, "`relabel` needs labels or images to change");
        return lg_try(err, "relabel NAME reebok, vans as other");
    }
    if (word && strlen(word) > DATA_MAX_LABEL)
        return lg_fail(err, LG_E_LIMIT, 322, "a label may have %d bytes", DATA_MAX_LABEL);
    return LG_OK;
}

static lg_status add_list(lg_buf *text, const data_relabel_spec *spec, lg_err *err)
{
    lg_buf_adds(text, spec->keep ? "relabel keep " : "relabel ");
    for (size_t i = 0; i < spec->labels; i++) lg_buf_addf(text, "%s\"%s\"", i ? ", " : "", spec->label[i]);
    for (size_t i = 0; i < spec->images; i++)
        lg_buf_addf(text, "%s%u", i ? ", " : spec->labels ? " image " : "image ", spec->image[i]);
    if (spec->only) lg_buf_adds(text, " of chosen images");
    if (spec->as) lg_buf_addf(text, " as \"%s\"", spec->as);
    if (spec->rest) lg_buf_addf(text, " rest \"%s\"", spec->rest);
    return lg_buf_check(text, err);
}

/* The new label text of every row into label. */
static lg_status new_labels(const data_set *set, const data_relabel_spec *spec, const char **label, lg_err *err)
{
    const char **edit = lg_alloc((size_t)set->names->count, sizeof *edit, err);
    bool everything = spec->only && !spec->keep && !spec->labels && !spec->images;
    if (!edit) return err->status;
    lg_status st = class_edits(set, spec, edit, err);
    for (size_t i = 0; i < set->rows && !st; i++) {
        int32_t now = set->row[i].label;
        const char *edited = now >= 0 && (!spec->only || spec->only[i]) ? edit[now] : NULL;
        label[i] = edited ? edited : now < 0 ? "" : set->names->name[now];
        if (everything && spec->only[i]) label[i] = as_seen(set, spec, spec->as);
    }
    for (size_t i = 0; i < spec->images && !st; i++) {
        ptrdiff_t row = data_row_of(set, spec->image[i]);
        if (row < 0) st = no_image(set, spec->image[i], err);
        else if (spec->as && (!spec->only || spec->only[row])) label[row] = as_seen(set, spec, spec->as);
    }
    lg_free(edit);
    return st;
}

/* Rows that just got their first label have no part yet: they learn, as the smallest surprise for val. Those that a
 * split left out stay out. */
static void take_labels(data_set *next, const int32_t *number)
{
    bool split = false;
    for (size_t i = 0; i < next->rows; i++) split |= next->row[i].split != DATA_NONE;
    for (size_t i = 0; i < next->rows; i++) {
        bool first = next->row[i].label < 0;
        next->row[i].label = number[i];
        if (number[i] < 0) next->row[i].split = DATA_NONE;
        else if (split && first) next->row[i].split = DATA_TRAIN;
    }
}

lg_status data_relabel(const data_set *set, const data_relabel_spec *spec, data_set **out, lg_err *err)
{
    lg_status st;
    lg_buf text;
    data_set *next = NULL;
    data_names *names = NULL;
    LG_TRY(check_relabel(spec, err));
    lg_buf_init(&text, 1 << 20);
    const char **label = lg_alloc(set->rows, sizeof *label, err);
    int32_t *number = lg_alloc(set->rows, sizeof *number, err);
    if (!label || !number) goto fail;
    LG_GO(new_labels(set, spec, label, err));
    names = data_names_new(label, set->rows, number, err);
    next = names ? data_set_next(set, set->rows, err) : NULL;
    if (!next) goto fail;
    memcpy(next->row, set->row, set->rows * sizeof *next->row);
    data_names_unref(next->names);
    next->names = names;
    names = NULL;
    take_labels(next, number);
    LG_GO(add_list(&text, spec, err));
    LG_GO(data_recipe_add(next, err, "%s", lg_buf_str(&text)));
    *out = next;
    next = NULL;
    goto done;
fail:
    st = err->status;
done:
    data_unref(next);
    data_names_unref(names);
    lg_free(label);
    lg_free(number);
    lg_buf_release(&text);
    return st;
}

/* ---- fewer rows ---- */
/* A version with the marked rows only. */
static lg_status keep_rows(const data_set *set, const bool *keep, data_set **out, lg_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < set->rows; i++) n += keep[i];
    data_set *next = data_set_next(set, n, err);
    if (!next) return err->status;
    n = 0;
    for (size_t i = 0; i < set->rows; i++)
        if (keep[i]) next->row[n++] = set->row[i];
    *out = next;
    return LG_OK;
}

lg_status data_where(const data_set *set, data_keep_fn *keep, void *ctx, data_set **out, lg_err *err)
{
    lg_status st = LG_OK;
    bool *mark = lg_alloc(set->rows, sizeof *mark, err);
    if (!mark) return err->status;
    for (size_t i = 0; i < set->rows && !st; i++) st = keep(ctx, set, i, &mark[i], err);
    if (!st) st = keep_rows(set, mark, out, err);
    lg_free(mark);
    return st;
}

static lg_status in_part(void *ctx, const data_set *set, size_t row, bool *keep, lg_err *err)
{
    (void)err;
    data_split_kind part = *(data_split_kind *)ctx;
    *keep = data_usable(set, row) && (part == DATA_NONE || set->row[row].split == (uint32_t)part);
    return LG_OK;
}

lg_status data_part(const data_set *set, data_split_kind part, data_set **out, lg_err *err)
{
    return data_where(set, in_part, &part, out, err);
}

lg_status data_find_firsts(data_set *set, lg_err *err)
{
    bool *seen = lg_alloc(data_group_places(set->table), sizeof *seen, err);
    if (!seen) return err->status;
    for (size_t i = 0; i < set->rows; i++) {
        uint32_t group = data_fact_of(set, i)->group;
        set->row[i].first = !seen[group];
        seen[group] = true;
    }
    lg_free(seen);
    return LG_OK;
}

lg_status data_drop(const data_set *set, const uint32_t *image, size_t images, data_set **out, lg_err *err)
{
    lg_status st = LG_OK;
    lg_buf text;
    data_set *next = NULL;
    bool *mark = lg_alloc(set->rows, sizeof *mark, err);
    if (!mark) return err->status;
    lg_buf_init(&text, 64 << 20);
    lg_buf_adds(&text, "drop image ");
    for (size_t i = 0; i < set->rows; i++) mark[i] = true;
    for (size_t i = 0; i < images && !st; i++) {
        ptrdiff_t row = data_row_of(set, image[i]);
        if (row < 0) st = no_image(set, image[i], err);
        else mark[row] = false;
        lg_buf_addf(&text, "%s%u", i ? ", " : "", image[i]);
    }
    if (!st) st = keep_rows(set, mark, &next, err);
    if (!st) st = data_find_firsts(next, err);
    if (!st) st = lg_buf_check(&text, err);
    if (!st) st = data_recipe_add(next, err, "%s", lg_buf_str(&text));
    if (st) data_unref(next);
    else *out = next;
    lg_buf_release(&text);
    lg_free(mark);
    return st;
}

/* ---- sampling ---- */
typedef struct ticket {
    uint64_t order;
    uint32_t row;
    int32_t label;
} ticket;

static int by_ticket(const void *left, const void *right)
{
    const ticket *a = left, *b = right;
    if (a->label != b->label) return a->label < b->label ? -1 : 1;
    if (a->order != b->order) return a->order < b->order ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static int by_label_id(const void *left, const void *right)
{
    const ticket *a = left, *b = right;
    if (a->label != b->label) return a->label < b->label ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Takes turns over the classes until `limit` are chosen; t is sorted by class, then order. */
static size_t take_turns(ticket *t, size_t n, size_t limit)
{
    size_t kept = 0;
    for (size_t turn = 0; kept < limit && kept < n; turn++) {
        size_t before = kept;
        for (size_t i = 0, start = 0; i < n && kept < limit; i++) {
            if (t[i].label != t[start].label) start = i;
            if (i - start != turn) continue;
            t[i].order = UINT64_MAX; /* chosen */
            kept++;
        }
        if (kept == before) break;
    }
    size_t to = 0;
    for (size_t i = 0; i < n; i++)
        if (t[i].order == UINT64_MAX) t[to++] = t[i];
    return to;
}

size_t data_sample(const data_set *set, size_t limit, uint64_t seed, uint32_t *rows)
{
    lg_err quiet = {0};
    size_t n = 0, labelled = 0;
    ticket *t = lg_alloc(set->rows, sizeof *t, &quiet);
    if (!t) return 0;
    for (size_t i = 0; i < set->rows; i++) labelled += data_usable(set, i);
    for (size_t i = 0; i < set->rows; i++) {
        const data_fact *fact = data_fact_of(set, i);
        if (labelled ? !data_usable(set, i) : fact->broken != NULL) continue;
        uint64_t order = lg_hash64(fact->sha256, strlen(fact->sha256), seed);
        t[n++] = (ticket){.order = order >> 1, .row = (uint32_t)i, .label = set->row[i].label};
    }
    qsort(t, n, sizeof *t, by_ticket);
    n = take_turns(t, n, limit);
    qsort(t, n, sizeof *t, by_label_id);
    for (size_t i = 0; i < n; i++) rows[i] = t[i].row;
    lg_free(t);
    return n;
}
