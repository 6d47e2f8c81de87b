/* cmd_show.c - `show`: look at anything; for datasets a contact sheet, filtered, sorted, with a model's opinion. */
#include "kernel/commands/box_table.h"
#include "kernel/commands/dataset_edits.h"
#include "kernel/commands/posts_gallery.h"
#include "kernel/commands/show_boxes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { OBJECT, WITH, LIMIT, SORT, COLUMNS, IMAGE, SIZE, ASCENDING, BOXES };

static const dsl_param params[] = {
    [OBJECT] = {.name = "object",
                .role = DSL_POSITIONAL,
                .type = DSL_T_OBJECT,
                .kinds = DSL_ANYTHING,
                .required = true,
                .implicit = true,
                .help = "a dataset (or a part of one), posts, a model, a run, a table, a grid"},
    [WITH] = {.name = "with",
              .role = DSL_PREPOSITION,
              .type = DSL_T_OBJECT,
              .kinds = DSL_MODELS,
              .help = "a model: adds predicted, confidence, second, loss, correct"},
    [LIMIT] = {.name = "limit",
               .role = DSL_OPTION,
               .type = DSL_T_INT,
               .dflt = "24",
               .min = 1,
               .max = 1000,
               .help = "images at most"},
    [SORT] = {.name = "sort",
              .role = DSL_OPTION,
              .type = DSL_T_WORD,
              .offers = DSL_OFFER_FIELDS,
              .dflt = "id",
              .help = "a field; confidence, loss, likes and date begin with the largest"},
    [COLUMNS] = {.name = "columns",
                 .role = DSL_OPTION,
                 .type = DSL_T_INT,
                 .dflt = "8",
                 .min = 1,
                 .max = 24,
                 .help = "images side by side; 3 with `boxes`"},
    [IMAGE] = {.name = "image",
               .role = DSL_OPTION,
               .type = DSL_T_IMAGE,
               .list = true,
               .help = "numbers or names of single images"},
    [SIZE] = {.name = "size",
              .role = DSL_OPTION,
              .type = DSL_T_INT,
              .dflt = "96",
              .min = 16,
              .max = 512,
              .help = "pixels of each picture"},
    [ASCENDING] = {.name = "ascending", .role = DSL_FLAG, .type = DSL_T_FLAG, .help = "smallest first"},
    [BOXES] = {.name = "boxes",
               .role = DSL_FLAG,
               .type = DSL_T_FLAG,
               .help = "the whole pictures, with the marks drawn and named"},
    {0},
};

/* ---- order ---- */
typedef struct sort_row {
    uint32_t row;
    dsl_fact key;
} sort_row;

static int by_key(const void *a, const void *b)
{
    const sort_row *x = a, *y = b;
    if (x->key.text && y->key.text) {
        int order = lg_casecmp(x->key.text, y->key.text);
        if (order) return order;
    } else if (isnan(x->key.number) != isnan(y->key.number)) {
        return isnan(x->key.number) ? -1 : 1; /* what has no value comes last where the largest is first */
    } else if (x->key.number < y->key.number || x->key.number > y->key.number) {
        return x->key.number < y->key.number ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

static bool largest_first(const char *field)
{
    static const char *const fields[] = {"confidence", "loss", "likes", "date"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(field, fields[i]) == 0) return true;
    return false;
}

static lg_status key_of(const cmd_opinion *o, const data_set *set, size_t row, const dsl_value *field, dsl_fact *out,
                        lg_err *err)
{
    data_value value;
    *out = (dsl_fact){0};
    if (cmd_opinion_field((void *)o, set, row, field->text, out)) return LG_OK;
    if (data_field(set, row, field->text, &value, err)) {
        if (value.kind == DATA_TEXT) out->text = value.text;
        else out->number = value.number;
        return LG_OK;
    }
    if (err->status) return err->status;
    bool needs_model = false;
    for (size_t i = 0; cmd_opinion_fields[i]; i++) needs_model |= strcmp(field->text, cmd_opinion_fields[i]) == 0;
    lg_fail(err, LG_E_NAME, 149, "these images have no field `%.60s` to sort by", field->text);
    if (needs_model) lg_try(err, "add `with MODEL`: %s is what a model says", field->text);
    return lg_err_place(err, field->span);
}

/* All rows in the order asked for. */
static lg_status sorted_rows(const dsl_call *call, const cmd_opinion *o, const data_set *set, uint32_t **out,
                             lg_err *err)
{
    const dsl_value *field = &call->arg[SORT].value[0];
    size_t n = data_count(set);
    bool down = largest_first(field->text) && !dsl_on(call, ASCENDING);
    sort_row *rows = lg_alloc(n + 1, sizeof *rows, err);
    uint32_t *order = rows ? lg_alloc(n + 1, sizeof *order, err) : NULL;
    lg_status st = order ? LG_OK : err->status;
    for (size_t i = 0; st == LG_OK && i < n; i++) {
        rows[i].row = (uint32_t)i;
        st = key_of(o, set, i, field, &rows[i].key, err);
    }
    if (st == LG_OK) {
        qsort(rows, n, sizeof *rows, by_key);
        for (size_t i = 0; i < n; i++) order[i] = rows[down ? n - 1 - i : i].row;
        *out = order;
        order = NULL;
    }
    lg_free(order);
    lg_free(rows);
    return st;
}

/* ---- pictures ---- */
static plt_edge edge_of(const cmd_opinion *o, const data_image *image, int best)
{
    if (o->probability && image->label >= 0) return best == image->label ? PLT_EDGE_GOOD : PLT_EDGE_BAD;
    return image->split == DATA_TRAIN  ? PLT_EDGE_TRAIN
           : image->split == DATA_VAL  ? PLT_EDGE_VAL
           : image->split == DATA_TEST ? PLT_EDGE_TEST
                                       : PLT_EDGE_NONE;
}

static lg_status add_thumb(plt_doc *doc, const cmd_opinion *o, const data_set *set, uint32_t row, int side, lg_err *err)
{
    data_image image;
    data_image_at(set, row, &image);
    const float *p = o->probability && !image.broken ? cmd_opinion_of(o, set, row) : NULL;
    int best = p ? nn_argmax(p, o->classes) : -1;
    LG_TRY(cmd_doc_tile(doc, set, row, side, edge_of(o, &image, best), err));
    if (p)
        plt_thumb_bar(doc, best == image.label ? PLT_TONE_GOOD : PLT_TONE_BAD, p[best], "%s %s%%",
                      cmd_opinion_label(o, best), plt_points((double)p[best], 0));
    return LG_OK;
}

static lg_status readable(void *ctx, const data_set *set, size_t row, bool *keep, lg_err *err)
{
    (void)ctx, (void)err;
    data_image image;
    data_image_at(set, row, &image);
    *keep = !image.broken;
    return LG_OK;
}

/* A model has no opinion of what nobody can read: unless such an image is named, it is left out. */
static lg_status drop_broken(const dsl_call *call, data_set **part, lg_err *err)
{
    data_set *seen = NULL;
    if (call->arg[IMAGE].count) return LG_OK;
    LG_TRY(data_where(*part, readable, NULL, &seen, err));
    data_unref(*part);
    *part = seen;
    return LG_OK;
}

/* The part, the single images and the `where` of a call, as one set. */
static lg_status chosen(const dsl_call *call, cmd_opinion *o, data_set **out, lg_err *err)
{
    const dsl_value *object = &call->arg[OBJECT].value[0];
    data_set *part = NULL;
    LG_TRY(cmd_dataset_part(object, &part, err));
    lg_status st = LG_OK;
    const dsl_value *with = dsl_val(call, WITH);
    if (with) {
        st = drop_broken(call, &part, err);
        if (st == LG_OK) st = cmd_model_fits(cmd_model_of(with), with->name, part, object->name, err);
        if (st == LG_OK) st = cmd_opinion_ask(call, cmd_model_of(with), part, o, err);
    }
    if (st == LG_OK)
        st = cmd_dataset_where(call, part, with ? cmd_opinion_field : NULL, o, with ? cmd_opinion_fields : NULL, out,
                               err);
    data_unref(part);
    return st;
}

static lg_status pick_images(const dsl_call *call, const data_set *set, uint32_t *rows, size_t *n, lg_err *err)
{
    const uint32_t *ids = NULL;
    LG_TRY(cmd_image_ids(call, IMAGE, set, call->arg[OBJECT].value[0].text, &ids, n, err));
    for (size_t i = 0; i < *n; i++) rows[i] = (uint32_t)data_row_of(set, ids[i]);
    return LG_OK;
}

static lg_status choose_rows(const dsl_call *call, const cmd_opinion *o, const data_set *set, uint32_t **out, size_t *n,
                             lg_err *err)
{
    size_t limit = (size_t)call->arg[LIMIT].value[0].integer;
    bool single = call->arg[IMAGE].count > 0;
    bool plain = !call->arg[SORT].given && !o->probability && !call->where;
    if (!single && !plain) {
        LG_TRY(sorted_rows(call, o, set, out, err));
        *n = data_count(set) < limit ? data_count(set) : limit;
        return LG_OK;
    }
    *out = lg_alloc((single ? (size_t)call->arg[IMAGE].count : limit) + 1, sizeof **out, err);
    if (!*out) return err->status;
    if (single) return pick_images(call, set, *out, n, err);
    *n = data_sample(set, limit, data_seed(set), *out); /* a fair look: some of every class */
    return LG_OK;
}

/* photos: NULL, or the pictures with their boxes that are shown instead of the images. */
static void title_of(const dsl_call *call, plt_doc *doc, const data_set *set, size_t shown, const cmd_photos *photos)
{
    const char *where = cmd_where_text(call);
    const dsl_value *with = dsl_val(call, WITH);
    if (call->arg[IMAGE].count) {
        lg_buf ids;
        lg_buf_init(&ids, 4096);
        for (int i = 0; i < call->arg[IMAGE].count; i++)
            lg_buf_addf(&ids, "%s%s", i ? ", " : "", call->arg[IMAGE].value[i].text);
        plt_title(doc, "%s%s%s%s: image %s%s%s", call->arg[OBJECT].value[0].text, with ? " with " : "",
                  with ? with->name : "", where, lg_buf_str(&ids), *call->note ? " " : "", call->note);
        lg_buf_release(&ids);
        return;
    }
    if (photos) {
        plt_title(doc, "%s%s%s%s boxes: %zu of %s picture%s, %s box%s%s%s", call->arg[OBJECT].value[0].text,
                  with ? " with " : "", with ? with->name : "", where, photos->count,
                  lg_thousands((long long)photos->pictures), photos->pictures == 1 ? "" : "s",
                  lg_thousands((long long)photos->marks), photos->marks == 1 ? "" : "es", *call->note ? " " : "",
                  call->note);
        return;
    }
    size_t broken = 0;
    for (size_t i = 0; i < data_count(set); i++) {
        data_image image;
        data_image_at(set, i, &image);
        broken += image.broken != NULL;
    }
    char unreadable[60] = ""; /* so that numbers agree with tables, which count what can be used */
    if (broken) snprintf(unreadable, sizeof unreadable, ", %s of them unreadable", lg_thousands((long long)broken));
    plt_title(doc, "%s%s%s%s: %zu of %s image%s%s%s%s", call->arg[OBJECT].value[0].text, with ? " with " : "",
              with ? with->name : "", where, shown, lg_thousands((long long)data_count(set)),
              data_count(set) == 1 ? "" : "s", unreadable, *call->note ? " " : "", call->note);
}

/* As wide as the columns asked for: a row of a sheet breaks at the width of the card. */
static int shown_size(const dsl_call *call)
{
    enum { BOX_COLUMNS = 3 };
    int size = (int)call->arg[SIZE].value[0].integer, columns = (int)call->arg[COLUMNS].value[0].integer;
    bool boxes = dsl_on(call, BOXES);
    if (boxes && !call->arg[COLUMNS].given) columns = BOX_COLUMNS;
    int fit = 618 / columns - 10;
    if (!call->arg[SIZE].given && (fit < size || boxes)) size = fit < 16 ? 16 : fit;
    return size;
}

static lg_status add_thumbs(const dsl_call *call, plt_doc *doc, const cmd_opinion *o, const data_set *set,
                            const uint32_t *rows, size_t n, lg_err *err)
{
    int size = shown_size(call), side = cmd_tile_side(size, n);
    plt_grid(doc, size, "%s", o->probability ? "number, true label; bar: what the model says and how sure it is" : "");
    for (size_t i = 0; i < n; i++) LG_TRY(add_thumb(doc, o, set, rows[i], side, err));
    return LG_OK;
}

static lg_status show_dataset(const dsl_call *call, lg_err *err)
{
    cmd_opinion o = {0};
    data_set *set = NULL;
    uint32_t *rows = NULL;
    size_t n = 0;
    cmd_photos photos;
    plt_doc doc;
    plt_doc_init(&doc);
    lg_status st;
    LG_GO(chosen(call, &o, &set, err));
    LG_GO(choose_rows(call, &o, set, &rows, &n, err));
    if (dsl_on(call, BOXES)) LG_GO(cmd_photos_of(call, set, rows, n, &photos, err));
    title_of(call, &doc, set, n, dsl_on(call, BOXES) ? &photos : NULL);
    if (o.model) {
        const char *model_name = call->arg[WITH].value[0].name;
        cmd_note_stale(&doc, call, o.model);
        cmd_warn_cleaned(&doc, o.model, model_name, set, call->arg[OBJECT].value[0].text);
    }
    const dsl_value *object = &call->arg[OBJECT].value[0];
    if (!n && !call->where && object->part != DSL_PART_ALL) cmd_doc_part_empty(&doc, object);
    else if (!n) plt_text(&doc, "no image passes; `show %s` shows them all", object->text);
    else if (dsl_on(call, BOXES)) LG_GO(cmd_doc_photos(&doc, &photos, &o, shown_size(call), err));
    else LG_GO(add_thumbs(call, &doc, &o, set, rows, n, err));
    st = cmd_display(call, &doc, true, err);
done:
    if (st) plt_doc_release(&doc);
    lg_free(rows);
    cmd_opinion_release(&o);
    data_unref(set);
    return st;
}

static lg_status show_rows(const dsl_call *call, const dsl_value *table, lg_err *err)
{
    return cmd_table_show(call, table, call->arg[LIMIT].given ? dsl_val(call, LIMIT) : NULL,
                          call->arg[SORT].given ? dsl_val(call, SORT) : NULL, dsl_on(call, ASCENDING), err);
}

/* A sweep, a matrix or a run of which some rows are asked for: its rows as a table. */
static lg_status show_some_rows(const dsl_call *call, const dsl_value *object, lg_err *err)
{
    rep_table rows;
    dsl_value as_table = *object;
    lg_status st = cmd_table_of(object->object, &rows, err);
    if (st == LG_OK) st = cmd_table_new(&rows, object->name, NULL, &as_table.object, err);
    if (st == LG_OK) {
        st = show_rows(call, &as_table, err);
        dsl_object_unref(as_table.object);
    }
    rep_table_release(&rows);
    return st;
}

/* A table whose model or images have changed since says so first. */
static lg_status say_stale(const dsl_call *call, const dsl_value *table, lg_err *err)
{
    plt_doc doc;
    if (table->object->cls->kind != DSL_KIND_TABLE || !dsl_session_stale(call->session, table->name)) return LG_OK;
    plt_doc_init(&doc);
    plt_note(&doc, "%s is out of date: what it was made from has changed since", table->name);
    return cmd_display(call, &doc, false, err);
}

/* Of posts the options of images that mean something: which ones, how many, how large. */
static lg_status show_posts(const dsl_call *call, const dsl_value *posts, lg_err *err)
{
    enum { PAGE = 880, FRAME = 20 };
    const dsl_value *with = dsl_val(call, WITH);
    cmd_gallery ask = {.limit = (size_t)call->arg[LIMIT].value[0].integer, .ascending = dsl_on(call, ASCENDING)};
    if (with) {
        lg_fail(err, LG_E_ARG, 133, "`with` asks a model about images of a dataset, and `%s` is posts", posts->name);
        lg_try(err, "classify %s with %s", posts->name, with->name);
        return lg_err_place(err, with->span);
    }
    if (call->arg[IMAGE].count || dsl_on(call, BOXES)) {
        lg_fail(err, LG_E_ARG, 133, "`image` and `boxes` are of datasets, and `%s` is posts", posts->name);
        lg_try(err, "show %s where id = …", posts->name);
        return lg_err_place(err, call->arg[IMAGE].count ? call->arg[IMAGE].value[0].span : posts->span);
    }
    if (call->arg[SORT].given) ask.sort = call->arg[SORT].value[0].text;
    if (call->arg[SIZE].given) ask.size = (int)call->arg[SIZE].value[0].integer;
    else if (call->arg[COLUMNS].given) ask.size = PAGE / (int)call->arg[COLUMNS].value[0].integer - FRAME;
    if (ask.size && ask.size < 32) ask.size = 32;
    lg_status st = cmd_posts_show_some(call, posts, &ask, err);
    return st == LG_E_NAME && ask.sort ? lg_err_place(err, call->arg[SORT].value[0].span) : st;
}

static lg_status show_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *object = &call->arg[OBJECT].value[0];
    if (object->object->cls->kind == DSL_KIND_DATASET) return show_dataset(call, err);
    if (object->object->cls->kind == DSL_KIND_POSTS) return show_posts(call, object, err);
    LG_TRY(say_stale(call, object, err));
    bool some = call->where || call->arg[LIMIT].given || call->arg[SORT].given;
    dsl_kind kind = object->object->cls->kind;
    if (object->object->cls == &cmd_table_class && !call->arg[WITH].count) return show_rows(call, object, err);
    if (some && !call->arg[WITH].count && (kind == DSL_KIND_TABLE || kind == DSL_KIND_RUN))
        return show_some_rows(call, object, err);
    if (call->where || call->arg[WITH].count) {
        lg_fail(err, LG_E_ARG, 133, "`where` and `with` choose among images and rows, and `%s` is a %s", object->name,
                dsl_kind_name(object->object->cls->kind));
        return lg_err_place(err, object->span);
    }
    return object->object->cls->show(object->object, object->name, call->out, err);
}

const dsl_command dsl_cmd_show = {
    .name = "show",
    .summary = "look at anything: images of a dataset, posts, a model, a run, a table",
    .detail = "Without `where` or `sort` a dataset shows some images of every class, the same ones each time.",
    .group = "Data",
    .params = params,
    .examples =
        (const char *const[]){"show logos limit 12",
                              "show logos.val with scratch where predicted = adidas sort confidence limit 12", NULL},
    .takes_where = true,
    .run = show_run,
};
