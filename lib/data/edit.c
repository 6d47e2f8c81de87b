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

/* What becomes of each row. */
typedef struct relabelling {
    const data_set *set;
    const data_relabel_spec *spec;
    const char *as, *rest; /* as they are spelt in the set */
    const char **edit;     /* (classes) new label of every class, NULL where it stays, "" where it goes */
    const char **label;    /* (rows) new label, "" none */
    const char **drawn;    /* (rows) the label that splits go by, "" none */
    bool *given;           /* (rows) its label was given to the row, not to its class */
    int32_t *number;
} relabelling;

static const char *drawn_name(const data_set *set, const char *word)
{
    for (int i = 0; set->drawn && i < set->drawn->count; i++)
        if (lg_casecmp(set->drawn->name[i], word) == 0) return set->drawn->name[i];
    return NULL;
}

/* A label as it was first seen, where the set has it in whatever case, or had it. A rename of that very label may
 * change its case: relabel logos puma as PUMA. */
static const char *as_seen(const data_set *set, const data_relabel_spec *spec, const char *word)
{
    int c = word ? data_class_find(set, word) : -1;
    const char *had = word && c < 0 ? drawn_name(set, word) : NULL;
    for (size_t i = 0; c >= 0 && !spec->keep && !spec->only && i < spec->labels; i++)
        if (data_class_find(set, spec->label[i]) == c) return word;
    return c >= 0 ? set->names->name[c] : had ? had : word;
}

/* A label that only images had which were fixed since is none of the classes, and no mistake. */
static lg_status class_edits(relabelling *r, lg_err *err)
{
    const data_set *set = r->set;
    const data_relabel_spec *spec = r->spec;
    r->as = as_seen(set, spec, spec->as), r->rest = as_seen(set, spec, spec->rest);
    for (int c = 0; spec->keep && c < set->names->count; c++) r->edit[c] = r->rest ? r->rest : "";
    for (size_t i = 0; i < spec->labels; i++) {
        int c = data_class_find(set, spec->label[i]);
        if (c < 0 && !drawn_name(set, spec->label[i])) return no_label(set, spec->label[i], err);
        if (c >= 0) r->edit[c] = r->as; /* kept ones have none */
    }
    return LG_OK;
}

/* The same of a label that may be none of the classes. */
static const char *drawn_edit(const relabelling *r, const char *label)
{
    const data_relabel_spec *spec = r->spec;
    int c = data_class_find(r->set, label);
    bool named = false;
    if (c >= 0) return r->edit[c];
    for (size_t i = 0; i < spec->labels && !named; i++) named = lg_casecmp(spec->label[i], label) == 0;
    if (spec->keep) return named ? NULL : r->rest ? r->rest : "";
    return named ? r->as : NULL;
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

/* What edits of whole classes make of a row. */
static void edit_row(relabelling *r, size_t row)
{
    const data_set *set = r->set;
    const data_relabel_spec *spec = r->spec;
    int32_t now = set->row[row].label;
    bool chosen = !spec->only || spec->only[row], apart = set->row[row].drawn;
    const char *edited = now >= 0 && chosen ? r->edit[now] : NULL;
    r->label[row] = edited ? edited : data_class_name(set, now);
    r->drawn[row] = r->label[row];
    if (!apart) return;
    const char *drawn = data_drawn_label(set, row);
    edited = *drawn && chosen ? drawn_edit(r, drawn) : NULL;
    r->drawn[row] = edited ? edited : drawn;
}

static lg_status give_to_image(relabelling *r, uint32_t id, lg_err *err)
{
    ptrdiff_t row = data_row_of(r->set, id);
    if (row < 0) return no_image(r->set, id, err);
    if (!r->spec->as || (r->spec->only && !r->spec->only[row])) return LG_OK;
    r->label[row] = r->as;
    if (!*r->drawn[row]) r->drawn[row] = r->as; /* its first one */
    r->given[row] = true;
    return LG_OK;
}

/* The new label text of every row into label. */
static lg_status new_labels(relabelling *r, lg_err *err)
{
    const data_relabel_spec *spec = r->spec;
    bool everything = spec->only && !spec->keep && !spec->labels && !spec->images;
    LG_TRY(class_edits(r, err));
    for (size_t i = 0; i < r->set->rows; i++) {
        edit_row(r, i);
        if (!everything || !spec->only[i]) continue;
        r->label[i] = r->drawn[i] = r->as;
        r->given[i] = true;
    }
    for (size_t i = 0; i < spec->images; i++) LG_TRY(give_to_image(r, spec->image[i], err));
    return LG_OK;
}

/* Rows that just got their first label have no part yet: they learn, as the smallest surprise for val. Those that a
 * split left out stay out. */
static void take_labels(const relabelling *r, data_set *next)
{
    const data_set *set = r->set;
    bool split = false;
    for (size_t i = 0; i < next->rows; i++) split |= next->row[i].split != DATA_NONE;
    for (size_t i = 0; i < next->rows; i++) {
        bool first = next->row[i].label < 0 || (r->given[i] && !*data_drawn_label(set, i));
        next->row[i].label = r->number[i];
        if (r->number[i] < 0) next->row[i].split = DATA_NONE;
        else if (split && first) next->row[i].split = DATA_TRAIN;
        if (!r->given[i]) continue;
        bool back = *data_drawn_label(set, i) && lg_casecmp(r->drawn[i], r->label[i]) == 0;
        next->row[i].fixed = r->spec->images && !back;
    }
}

static lg_status relabelling_init(relabelling *r, lg_err *err)
{
    size_t rows = r->set->rows;
    r->edit = lg_alloc((size_t)r->set->names->count, sizeof *r->edit, err);
    r->label = lg_alloc(rows, sizeof *r->label, err);
    r->drawn = lg_alloc(rows, sizeof *r->drawn, err);
    r->given = lg_alloc(rows, sizeof *r->given, err);
    r->number = lg_alloc(rows, sizeof *r->number, err);
    return r->edit && r->label && r->drawn && r->given && r->number ? LG_OK : err->status;
}

static void relabelling_release(relabelling *r)
{
    lg_free(r->edit);
    lg_free(r->label);
    lg_free(r->drawn);
    lg_free(r->given);
    lg_free(r->number);
}

/* The rows of the new version. */
static lg_status relabelled(relabelling *r, data_set **out, lg_err *err)
{
    data_names *names = data_names_new(r->label, r->set->rows, r->number, err);
    data_set *next = names ? data_set_next(r->set, r->set->rows, err) : NULL;
    if (!next) {
        data_names_unref(names);
        return err->status;
    }
    memcpy(next->row, r->set->row, r->set->rows * sizeof *next->row);
    data_names_unref(next->names);
    next->names = names;
    take_labels(r, next);
    *out = next;
    return data_draw_by(next, r->drawn, err);
}

lg_status data_relabel(const data_set *set, const data_relabel_spec *spec, data_set **out, lg_err *err)
{
    lg_status st;
    lg_buf text;
    data_set *next = NULL;
    relabelling r = {.set = set, .spec = spec};
    LG_TRY(check_relabel(spec, err));
    lg_buf_init(&text, 1 << 20);
    LG_GO(relabelling_init(&r, err));
    LG_GO(new_labels(&r, err));
    LG_GO(relabelled(&r, &next, err));
    LG_GO(add_list(&text, spec, err));
    LG_GO(data_recipe_add(next, err, "%s", lg_buf_str(&text)));
    *out = next;
    next = NULL;
done:
    data_unref(next);
    relabelling_release(&r);
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
