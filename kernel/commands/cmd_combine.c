/* cmd_combine.c - `combine`: several datasets as one, with look-alikes found across all of them. */
#include "kernel/commands/dataset_edits.h"
#include "kernel/commands/params.h"
#include "lib/data/clean.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { DATA, INTO, SEED, DEDUPE };

static const dsl_param params[] = {
    [DATA] = {.name = "dataset",
              .role = DSL_POSITIONAL,
              .type = DSL_T_OBJECT,
              .kinds = DSL_DATASETS,
              .required = true,
              .list = true,
              .help = "two or more datasets"},
    [INTO] = {.name = "into",
              .role = DSL_PREPOSITION,
              .type = DSL_T_NEWNAME,
              .required = true,
              .help = "what the result will be called"},
    [SEED] = CMD_SEED("draws the split; the same seed, the same split"),
    [DEDUPE] = {.name = "dedupe",
                .role = DSL_FLAG,
                .type = DSL_T_FLAG,
                .help = "of pictures that look alike only the first with a label stays"},
    {0},
};

/* Is the one in the other? Parts of one dataset share nothing. */
static bool overlap(const dsl_value *a, const dsl_value *b)
{
    bool whole = a->part == DSL_PART_ALL || b->part == DSL_PART_ALL;
    return strcmp(a->name, b->name) == 0 && (whole || a->part == b->part);
}

static lg_status named_twice(const dsl_value *a, const dsl_value *b, lg_err *err)
{
    if (strcmp(a->text, b->text) == 0) lg_fail(err, LG_E_ARG, 345, "`%s` is named twice", b->text);
    else lg_fail(err, LG_E_ARG, 345, "`%s` and `%s` have images in common", a->text, b->text);
    lg_why(err, "each image would be there twice, once on each side of the split perhaps");
    lg_try(err, "name it once; `augment %s x2` is for more variants of each image", b->name);
    return lg_err_place(err, b->span);
}

static lg_status combine_check(const dsl_call *call, lg_err *err)
{
    const dsl_arg *arg = &call->arg[DATA];
    for (int i = 0; i < arg->count; i++)
        for (int k = 0; k < i; k++)
            if (overlap(&arg->value[k], &arg->value[i])) return named_twice(&arg->value[k], &arg->value[i], err);
    if (arg->count != 1 || call->where) return LG_OK;
    const dsl_value *only = &arg->value[0];
    lg_fail(err, LG_E_ARG, 143, "`combine` needs at least two datasets");
    if (only->part == DSL_PART_ALL) lg_try(err, "combine %s, OTHER into both", only->name);
    else
        lg_try(err, "combine %s, OTHER into both   or   combine %s into %s where split = %s", only->text, only->name,
               call->arg[INTO].count ? call->arg[INTO].value[0].text : "part",
               data_split_names[cmd_split_of(only->part)]);
    return lg_err_place(err, only->span);
}

typedef struct joining {
    const dsl_call *call;
    data_set **set; /* a part or a resized version of each; owned */
    size_t count;
    data_size size;
    img_fit_mode fit;
    size_t resized; /* sets */
    size_t refitted; /* sets of that size, fitted in another way */
    size_t alike;   /* images that look like an earlier one */
    size_t dropped, conflicts;
    data_cut cut;
    cmd_live live;
    data_split_report leak;
} joining;

static void resize_progress(void *ctx, size_t done, size_t count)
{
    cmd_live_progress(ctx, "fitting pictures", (long)done, (long)count);
}

/* All to the size of the first set that has one, fitted as that one is. */
static lg_status same_size(joining *j, size_t at, lg_err *err)
{
    data_size size = data_shape(j->set[at]);
    data_set *fitted = NULL;
    lg_pool *pool = NULL;
    bool same = size.h == j->size.h && size.w == j->size.w && size.c == j->size.c;
    if (!j->size.h || (same && data_fit(j->set[at]) == j->fit)) return LG_OK;
    LG_TRY(cmd_pool(j->call, &pool, err));
    LG_TRY(data_resize(j->set[at],
                       &(data_resize_spec){.size = j->size,
                                           .fit = j->fit,
                                           .pool = pool,
                                           .cancel = j->call->cancel,
                                           .progress = resize_progress,
                                           .progress_ctx = &j->live},
                       &fitted, err));
    data_unref(j->set[at]);
    j->set[at] = fitted;
    if (same) j->refitted++;
    else j->resized++;
    return LG_OK;
}

static lg_status gather(joining *j, lg_err *err)
{
    const dsl_arg *arg = &j->call->arg[DATA];
    j->set = lg_arena_alloc(j->call->arena, (size_t)arg->count, sizeof *j->set, err);
    if (!j->set) return err->status;
    for (; j->count < (size_t)arg->count; j->count++) {
        const dsl_value *value = &arg->value[j->count];
        if (cmd_part_chosen(j->call, value, &j->set[j->count], err)) return lg_err_place(err, value->span);
        if (!j->size.h) j->size = data_shape(j->set[j->count]), j->fit = data_fit(j->set[j->count]);
    }
    for (size_t i = 0; i < j->count; i++)
        if (same_size(j, i, err)) return lg_err_place(err, arg->value[i].span);
    return LG_OK;
}

/* The shares the sets have on the whole, in steps of 5%. */
static lg_status shares(joining *j, const data_set *set, lg_err *err)
{
    data_counts counts;
    LG_TRY(data_count_classes(set, &counts, err));
    double all = (double)(counts.total[DATA_TRAIN] + counts.total[DATA_VAL] + counts.total[DATA_TEST]);
    j->cut = DATA_80_20;
    if (all > 0) {
        double test = round(20 * (double)counts.total[DATA_TEST] / all) / 20;
        double val = round(20 * (double)counts.total[DATA_VAL] / all) / 20;
        if (counts.total[DATA_TEST] && test <= 0) test = 0.05;
        if (counts.total[DATA_VAL] && val <= 0) val = 0.05;
        if (val + test < 1) j->cut = (data_cut){.train = 1 - val - test, .val = val, .test = test};
    }
    data_counts_release(&counts);
    return LG_OK;
}

/* A label that stays among the images that look alike. */
typedef struct kept_label {
    uint32_t group;
    int32_t label;
} kept_label;

static int by_kept(const void *left, const void *right)
{
    const kept_label *a = left, *b = right;
    if (a->group != b->group) return a->group < b->group ? -1 : 1;
    return (a->label > b->label) - (a->label < b->label);
}

/* Labels that went with an image while none of those that stay and look like it has them. */
static lg_status count_conflicts(joining *j, const data_set *set, const bool *goes, lg_err *err)
{
    size_t n = data_count(set), count = 0;
    data_image image;
    kept_label *kept = lg_alloc(n, sizeof *kept, err);
    if (!kept) return err->status;
    for (size_t i = 0; i < n; i++) {
        data_image_at(set, i, &image);
        if (!goes[i]) kept[count++] = (kept_label){image.group, image.label};
    }
    qsort(kept, count, sizeof *kept, by_kept);
    for (size_t i = 0; i < n; i++) {
        data_image_at(set, i, &image);
        kept_label was = {image.group, image.label};
        j->conflicts += goes[i] && image.label >= 0 && !bsearch(&was, kept, count, sizeof *kept, by_kept);
    }
    lg_free(kept);
    return LG_OK;
}

/* Which go: what looks like an earlier image, but a labelled one rather than one without a label stays. The marks of
 * one picture are of one group, and nevertheless no duplicates: each stays. */
static lg_status choose(joining *j, const data_set *set, uint32_t **out, size_t *gone, lg_err *err)
{
    size_t n = data_count(set);
    uint32_t *bare = lg_alloc(n + 2, sizeof *bare, err); /* by group: row + 1 of a first one without a label */
    bool *goes = lg_alloc(n, sizeof *goes, err);
    uint32_t *ids = lg_alloc(n + 1, sizeof *ids, err);
    data_image image;
    lg_status st = bare && goes && ids ? LG_OK : err->status;
    for (size_t i = 0; !st && i < n; i++) {
        data_image_at(set, i, &image);
        uint32_t *first = &bare[image.group];
        goes[i] = image.duplicate;
        if (!image.duplicate && image.label < 0 && image.group == image.id) *first = (uint32_t)i + 1;
        if (!image.duplicate || image.label < 0 || !*first) continue;
        goes[*first - 1] = true;
        goes[i] = false;
        *first = 0;
    }
    if (!st) st = count_conflicts(j, set, goes, err);
    for (size_t i = 0; !st && i < n; i++) {
        data_image_at(set, i, &image);
        if (goes[i]) ids[(*gone)++] = image.id;
    }
    lg_free(bare);
    lg_free(goes);
    if (st) lg_free(ids);
    else *out = ids;
    return st;
}

static lg_status dedupe(joining *j, data_set **set, lg_err *err)
{
    uint32_t *ids = NULL;
    data_set *left = NULL;
    LG_TRY(choose(j, *set, &ids, &j->dropped, err));
    lg_status st = j->dropped ? data_drop(*set, ids, j->dropped, &left, err) : LG_OK;
    lg_free(ids);
    if (!left) return st;
    data_unref(*set);
    *set = left;
    return LG_OK;
}

static lg_status join(joining *j, data_set **out, lg_err *err)
{
    data_set *all = NULL;
    LG_TRY(gather(j, err));
    LG_TRY(data_combine((const data_set *const *)j->set, j->count, &all, err));
    for (size_t i = 0; i < data_count(all); i++) {
        data_image image;
        data_image_at(all, i, &image);
        j->alike += image.duplicate;
    }
    lg_status st = shares(j, all, err);
    if (st == LG_OK && dsl_on(j->call, DEDUPE)) st = dedupe(j, &all, err);
    if (st == LG_OK && data_classes(all))
        st = data_split(all, &(data_split_spec){.cut = j->cut, .seed = cmd_seed(j->call, SEED)}, out, &j->leak, err);
    else if (st == LG_OK) *out = data_ref(all);
    data_unref(all);
    return st;
}

/* ---- V3: where the images come from ---- */
enum { SOURCES = 40, CLASSES = 12 }; /* as many columns as there are at most */
typedef struct source_row {
    const char *name;
    size_t count[CLASSES + 1]; /* by column; the last: other labels, and none */
    size_t total;
    char files[3][80];
} source_row;

static source_row *source_of(source_row *rows, int *n, const char *name)
{
    for (int i = 0; i < *n; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    if (*n == SOURCES) return NULL;
    rows[*n] = (source_row){.name = name};
    return &rows[(*n)++];
}

static int column_of(const cmd_class_columns *columns, int32_t label)
{
    for (int k = 0; k < columns->n; k++)
        if (columns->label[k] == label) return k;
    return CLASSES;
}

static int count_sources(const data_set *set, const cmd_class_columns *columns, source_row *rows, size_t *others)
{
    int n = 0;
    for (size_t i = 0; i < data_count(set); i++) {
        data_image image;
        data_image_at(set, i, &image);
        source_row *row = source_of(rows, &n, image.source);
        if (!row) {
            ++*others;
            continue;
        }
        if (row->total < 3) {
            size_t len = lg_utf8_offset(image.name, strlen(image.name), 70);
            memcpy(row->files[row->total], image.name, len < 79 ? len : 0);
        }
        row->total++;
        row->count[column_of(columns, image.label)]++;
    }
    return n;
}

static void source_cells(plt_doc *doc, const source_row *row, int classes, bool rest)
{
    plt_row(doc, PLT_ROW_PLAIN);
    plt_head(doc, "%s", *row->name ? row->name : "(unknown)");
    for (int k = 0; k <= classes; k++) {
        size_t count = row->count[k == classes ? CLASSES : k];
        if (k == classes && !rest) break;
        plt_cell(doc, "%s", lg_thousands((long long)count));
        if (count) plt_cell_tone(doc, PLT_TONE_HEAT, (double)count / (double)row->total);
    }
    plt_cell(doc, "%s", lg_thousands((long long)row->total));
}

static lg_status doc_sources(plt_doc *doc, const data_set *set, const data_counts *counts, lg_err *err)
{
    cmd_class_columns columns;
    source_row *rows = lg_alloc(SOURCES, sizeof *rows, err);
    if (!rows) return err->status;
    size_t others = 0, rest = 0;
    cmd_choose_columns(set, counts, &columns);
    int n = count_sources(set, &columns, rows, &others);
    for (int i = 0; i < n; i++) rest += rows[i].count[CLASSES];
    plt_table(doc, "Where the images come from");
    plt_column(doc, PLT_LEFT, "Source");
    for (int k = 0; k < columns.n; k++) plt_column(doc, PLT_RIGHT, "%s", data_class_name(set, columns.label[k]));
    if (rest) plt_column(doc, PLT_RIGHT, columns.rest ? "others" : "no label");
    plt_column(doc, PLT_RIGHT, "Total");
    for (int i = 0; i < n; i++) source_cells(doc, &rows[i], columns.n, rest > 0);
    if (others) plt_note(doc, "and %s images of further sources", lg_thousands((long long)others));
    plt_fold_begin(doc, "Some files of each source");
    for (int i = 0; i < n; i++)
        plt_item(doc, "%s: %s%s%s%s%s", rows[i].name, rows[i].files[0], *rows[i].files[1] ? ", " : "", rows[i].files[1],
                 *rows[i].files[2] ? ", " : "", rows[i].files[2]);
    plt_fold_end(doc);
    lg_free(rows);
    return LG_OK;
}

static void doc_alike(plt_doc *doc, const joining *j)
{
    const char *s = j->alike == 1 ? "" : "s";
    if (!j->alike) plt_sentence(doc, "No image looks like one of another set");
    else if (dsl_on(j->call, DEDUPE))
        plt_sentence(doc, "%s near-duplicate%s left out, one of each stays", lg_thousands((long long)j->dropped),
                     j->dropped == 1 ? "" : "s");
    else
        plt_sentence(doc, "%s near-duplicate%s kept on one side of the split; `dedupe` leaves them out",
                     lg_thousands((long long)j->alike), s);
    if (j->conflicts)
        plt_note(doc, "%s of them had another label than the one that stays", lg_thousands((long long)j->conflicts));
    if (j->refitted)
        plt_note(doc, "%zu of the sets had been fitted in another way; all are fitted as the first one now",
                 j->refitted);
    if (j->resized)
        plt_note(doc, "%zu of the sets had pictures of another size; all are %dx%dx%d now", j->resized, j->size.h,
                 j->size.w, j->size.c);
}

/* One dataset has one augmentation: where the sets had different ones, none is left. */
static void doc_augment(plt_doc *doc, const joining *j, const data_set *set, const char *name)
{
    int most = 0;
    for (size_t i = 0; i < j->count; i++) {
        int times = data_augment_of(j->set[i]).times;
        if (times > most) most = times;
    }
    if (most > 1 && data_augment_of(set).times < 2)
        plt_note(doc, "the datasets were augmented in different ways, %s is not augmented; `augment %s x%d` does it",
                 name, name, most);
}

static lg_status combine_document(joining *j, const data_set *set, lg_err *err)
{
    const dsl_call *call = j->call;
    const char *name = call->arg[INTO].value[0].text;
    data_counts counts;
    lg_buf brief;
    plt_doc doc;
    LG_TRY(data_count_classes(set, &counts, err));
    plt_doc_init(&doc);
    lg_buf_init(&brief, 0);
    cmd_dataset_brief(set, &brief);
    plt_title(&doc, "%s from %zu dataset%s%s: %s, seed %llu", name, j->count,
              j->count == 1 ? "" : "s", cmd_where_text(call), lg_buf_str(&brief),
              (unsigned long long)cmd_seed(call, SEED));
    lg_buf_release(&brief);
    lg_status st = doc_sources(&doc, set, &counts, err);
    cmd_doc_histogram(&doc, set, &counts);
    cmd_doc_split_table(&doc, set, &counts);
    cmd_doc_split_warnings(&doc, set, &counts, &j->cut, name, NULL);
    plt_note(&doc, "split anew, so that look-alikes of different sets stay on one side; numbers begin again at 1");
    doc_alike(&doc, j);
    doc_augment(&doc, j, set, name);
    data_counts_release(&counts);
    if (st == LG_OK) return cmd_live_result(call, &j->live, &doc, true, err);
    plt_doc_release(&doc);
    return st;
}

static lg_status combine_run(const dsl_call *call, lg_err *err)
{
    joining j = {.call = call};
    data_set *set = NULL;
    cmd_live_init(&j.live, call->out);
    lg_status st = join(&j, &set, err);
    if (st == LG_OK) st = cmd_dataset_bind(call, call->arg[INTO].value[0].text, data_ref(set), err);
    if (st == LG_OK) st = combine_document(&j, set, err);
    if (st) cmd_live_close(&j.live, st);
    for (size_t i = 0; i < j.count; i++) data_unref(j.set[i]);
    data_unref(set);
    return st;
}

const dsl_command dsl_cmd_combine = {
    .name = "combine",
    .summary = "merge datasets into one",
    .detail =
        "Pictures are fitted to the size of the first set that has one, numbered anew and split anew in the shares "
        "they had: look-alikes of different sets stay on one side. `where source = …` finds them again. With `where` "
        "only images that pass are taken; of one dataset alone that gives its part a name.",
    .group = "Data",
    .params = params,
    .examples =
        (const char *const[]){"combine logos, small into both", "combine logos, small into both dedupe seed 3",
                              "combine logos into bright where brightness > 0.4", NULL},
    .takes_where = true,
    .makes = DSL_KIND_DATASET,
    .check = combine_check,
    .run = combine_run,
};
