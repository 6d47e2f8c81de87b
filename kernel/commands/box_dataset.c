/* box_dataset.c - a data_set as an object of the language. */
#include "kernel/commands/box_dataset.h"
#include "kernel/commands/distinct.h"
#include "lib/data/clean.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

const data_set *cmd_dataset(const dsl_value *value)
{
    return value->object->payload;
}

data_split_kind cmd_split_of(dsl_part part)
{
    static const data_split_kind kind[] = {DATA_NONE, DATA_TRAIN, DATA_VAL, DATA_TEST};
    return kind[part];
}

lg_status cmd_dataset_part(const dsl_value *value, data_set **out, lg_err *err)
{
    if (value->part != DSL_PART_ALL) return data_part(cmd_dataset(value), cmd_split_of(value->part), out, err);
    *out = data_ref(cmd_dataset(value));
    return LG_OK;
}

static const char *part_word(dsl_part part)
{
    static const char *const word[] = {"", "training", "validation", "test"};
    return word[cmd_split_of(part)];
}

/* What makes images of a part. */
static const char *shares_with(dsl_part part)
{
    return part == DSL_PART_TEST ? "70/15/15" : "80/20";
}

lg_status cmd_part_empty(const dsl_value *value, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 407, "`%s` has no %s images", value->name, part_word(value->part));
    return lg_try(err, "split %s %s", value->name, shares_with(value->part));
}

void cmd_doc_part_empty(plt_doc *doc, const dsl_value *value)
{
    plt_text(doc, "`%s` has no %s images; `split %s %s` makes some", value->name, part_word(value->part), value->name,
             shares_with(value->part));
}

lg_status cmd_part_name(const dsl_call *call, const dsl_value *value, const char **out, lg_err *err)
{
    const char *part = data_split_names[cmd_split_of(value->part)];
    *out = lg_arena_strf(call->arena, err, "%s%s%s", value->name, *part ? "." : "", part);
    return *out ? LG_OK : err->status;
}

/* ---- the class ---- */
static void dataset_drop(void *payload)
{
    data_unref(payload);
}

void cmd_dataset_brief(const void *payload, lg_buf *out)
{
    const data_set *set = payload;
    data_size shape = data_shape(set);
    lg_buf_addf(out, "%s image%s, %d class%s", lg_thousands((long long)data_count(set)),
                data_count(set) == 1 ? "" : "s", data_classes(set), data_classes(set) == 1 ? "" : "es");
    if (shape.h) lg_buf_addf(out, ", %dx%dx%d", shape.h, shape.w, shape.c);
    else lg_buf_adds(out, ", sizes as they are");
    if (data_augment_of(set).times > 1) lg_buf_addf(out, ", training images × %d", data_augment_of(set).times);
}

/* train.count, val.adidas.count, count, classes, height, width, channels, seed, broken, unlabelled, fixes. */
static bool count_field(const data_counts *counts, const data_set *set, const char *path, double *number)
{
    for (int split = DATA_NONE; split < DATA_SPLITS; split++) {
        const char *name = data_split_names[split];
        size_t len = strlen(name);
        if (len && (strncmp(path, name, len) != 0 || path[len] != '.')) continue;
        const char *rest = len ? path + len + 1 : path;
        if (strcmp(rest, "count") == 0) {
            *number = split == DATA_NONE ? (double)data_count(set) : (double)counts->total[split];
            return true;
        }
        for (int label = 0; label < counts->classes; label++) {
            const char *class_name = data_class_name(set, label);
            size_t n = strlen(class_name);
            if (strncasecmp(rest, class_name, n) != 0 || strcmp(rest + n, ".count") != 0) continue;
            *number = 0;
            for (int s = DATA_NONE; s < DATA_SPLITS; s++)
                if (split == DATA_NONE || s == split) *number += (double)counts->count[s][label];
            return true;
        }
    }
    return false;
}

static lg_status dataset_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    const data_set *set = payload;
    *out = (dsl_fact){0};
    if (strcmp(path, "fingerprint") == 0) {
        char hex[65];
        LG_TRY(data_fingerprint(set, hex, err));
        out->text = lg_arena_strndup(arena, hex, 64, err);
        return out->text ? LG_OK : err->status;
    }
    data_size shape = data_shape(set);
    data_counts counts;
    LG_TRY(data_count_classes(set, &counts, err));
    const struct {
        const char *name;
        double value;
    } facts[] = {{"classes", data_classes(set)},
                 {"height", shape.h},
                 {"width", shape.w},
                 {"channels", shape.c},
                 {"seed", (double)data_seed(set)},
                 {"broken", (double)counts.broken},
                 {"unlabelled", (double)counts.unlabelled},
                 {"fixes", (double)data_fixed(set)}};
    lg_status st = LG_E_NAME;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (strcmp(facts[i].name, path) == 0) {
            out->number = facts[i].value;
            st = LG_OK;
        }
    if (st && count_field(&counts, set, path, &out->number)) st = LG_OK;
    data_counts_release(&counts);
    return st;
}

static void dataset_fields(const void *payload, lg_buf *out)
{
    const data_set *set = payload;
    lg_buf_adds(out, "count\nclasses\nheight\nwidth\nchannels\nseed\nbroken\nunlabelled\nfixes\nfingerprint\n");
    for (int split = DATA_TRAIN; split < DATA_SPLITS; split++) {
        lg_buf_addf(out, "%s.count\n", data_split_names[split]);
        for (int label = 0; label < data_classes(set) && label < 64; label++)
            lg_buf_addf(out, "%s.%s.count\n", data_split_names[split], data_class_name(set, label));
    }
}

static void dataset_labels(const void *payload, lg_buf *out)
{
    const data_set *set = payload;
    for (int label = 0; label < data_classes(set); label++) {
        lg_buf_adds(out, data_class_name(set, label));
        lg_buf_addc(out, '\n');
    }
}

typedef struct image_lines {
    const data_set *set;
    lg_buf *out;
} image_lines;

static void image_line(void *ctx, size_t row, const char *means)
{
    image_lines *l = ctx;
    data_image image;
    data_image_at(l->set, row, &image);
    if (strpbrk(means, "\t\n")) return;
    lg_buf_addf(l->out, "%s\t%s%s%s\n", means, data_class_name(l->set, image.label), image.split ? ", " : "",
                data_split_names[image.split]);
}

static void dataset_images(const void *payload, int part, const char *prefix, int most, lg_buf *out)
{
    image_lines lines = {payload, out};
    data_split_kind kind = part == DSL_PART_ALL ? DATA_NONE : cmd_split_of((dsl_part)part);
    data_rows_begun(payload, kind, prefix, (size_t)most, image_line, &lines);
}

static void dataset_values(const void *payload, const char *field, const char *prefix, int most, lg_buf *out)
{
    const data_set *set = payload;
    cmd_distinct d = {.prefix = prefix, .most = most, .out = out};
    for (size_t row = 0; row < data_count(set) && row < CMD_DISTINCT_ROWS && !cmd_distinct_full(&d); row++) {
        data_value value = {0};
        lg_err ignored = {0};
        if (!data_field(set, row, field, &value, &ignored) || value.kind != DATA_TEXT) return;
        cmd_distinct_add(&d, value.text);
    }
}

static void dataset_where_fields(const void *payload, lg_buf *out)
{
    static const char *const kinds[] = {[DATA_NUMBER] = "number", [DATA_TEXT] = "text", [DATA_TRUTH] = "truth"};
    const data_set *set = payload;
    size_t count;
    const char *const *fields = data_fields(set, &count);
    for (size_t i = 0; i < count; i++) {
        data_value value = {0};
        double number;
        lg_err ignored = {0};
        /* what is measured is a number, and need not be measured to know that */
        bool known = data_count(set) > 0;
        if (!data_field_measured(fields[i])) known = known && data_field(set, 0, fields[i], &value, &ignored);
        if (known && value.kind == DATA_TEXT) known = !lg_parse_double(value.text, &number); /* a column of numbers */
        lg_buf_addf(out, "%s %s\n", fields[i], known ? kinds[value.kind] : "any");
    }
}

/* ---- documents ---- */
void cmd_doc_histogram(plt_doc *doc, const data_set *set, const data_counts *counts)
{
    enum { MOST = 64 };
    static const char *const names[] = {"train", "val", "test", "no part"};
    static const data_split_kind kinds[] = {DATA_TRAIN, DATA_VAL, DATA_TEST, DATA_NONE};
    const char *splits[4], *labels[MOST];
    int64_t values[MOST * 4];
    int nsplit = 0, n = counts->classes < MOST ? counts->classes : MOST;
    int used[4];
    for (int s = 0; s < 4; s++)
        if (counts->total[kinds[s]]) {
            used[nsplit] = s;
            splits[nsplit++] = names[s];
        }
    if (!n || !nsplit) return;
    for (int label = 0; label < n; label++) {
        labels[label] = data_class_name(set, label);
        for (int s = 0; s < nsplit; s++)
            values[label * nsplit + s] = (int64_t)counts->count[kinds[used[s]]][label];
    }
    plt_histogram(doc, &(plt_histogram_spec){.title = "Images per class", .labels = labels, .n = n, .splits = splits,
                                             .nsplit = nsplit, .counts = values});
    if (counts->classes > MOST) plt_note(doc, "the first %d of %d classes are drawn", MOST, counts->classes);
}

/* A label's images in all parts. */
static size_t images_of(const data_counts *counts, int label)
{
    size_t sum = 0;
    for (int split = DATA_NONE; split < DATA_SPLITS; split++) sum += counts->count[split][label];
    return sum;
}

/* The label with the most images that is not chosen yet; -1. */
static int largest_left(const data_counts *counts, const cmd_class_columns *chosen)
{
    int best = -1;
    for (int label = 0; label < counts->classes; label++) {
        bool there = false;
        for (int i = 0; i < chosen->n; i++) there |= chosen->label[i] == label;
        if (!there && (best < 0 || images_of(counts, label) > images_of(counts, best))) best = label;
    }
    return best;
}

static int by_number(const void *left, const void *right)
{
    return *(const int *)left - *(const int *)right;
}

void cmd_choose_columns(const data_set *set, const data_counts *counts, cmd_class_columns *out)
{
    enum { MOST = 12, PAGE = 600, LETTER = 8, GAP = 17 }; /* pixels */
    int width = 0;
    *out = (cmd_class_columns){0};
    for (int label; (label = largest_left(counts, out)) >= 0; out->n++) {
        size_t letters = lg_utf8_count(data_class_name(set, label), strlen(data_class_name(set, label)));
        width += GAP + LETTER * (letters > 5 ? (int)letters : 5);
        out->rest = out->n == MOST || (out->n > 0 && width > PAGE);
        if (out->rest) break;
        out->label[out->n] = label;
    }
    qsort(out->label, (size_t)out->n, sizeof *out->label, by_number);
}

/* count: images by label. times: variants of each image, 1 for none. */
static void split_row(plt_doc *doc, const char *name, const cmd_class_columns *columns, const size_t *count,
                      size_t total, size_t of, int times)
{
    size_t rest = total;
    plt_head(doc, "%s", name);
    for (int i = 0; i < columns->n; i++) {
        plt_cell(doc, "%s", lg_thousands((long long)count[columns->label[i]]));
        rest -= count[columns->label[i]];
    }
    if (columns->rest) plt_cell(doc, "%s", lg_thousands((long long)rest));
    if (times > 1) plt_cell(doc, "%s × %d", lg_thousands((long long)total), times);
    else plt_cell(doc, "%s", lg_thousands((long long)total));
    plt_cell(doc, "%s%%", plt_points(of ? (double)total / (double)of : 0, 0));
}

void cmd_doc_split_table(plt_doc *doc, const data_set *set, const data_counts *counts)
{
    cmd_class_columns columns;
    size_t all = counts->usable;
    lg_err ignored = {0}; /* the document, too, will lack memory, and says so */
    size_t *sum = lg_alloc((size_t)counts->classes, sizeof *sum, &ignored);
    if (!all || !sum) {
        lg_free(sum);
        return;
    }
    for (int label = 0; label < counts->classes; label++) sum[label] = images_of(counts, label);
    cmd_choose_columns(set, counts, &columns);
    plt_table(doc, "Split");
    plt_column(doc, PLT_LEFT, "Part");
    for (int i = 0; i < columns.n; i++) plt_column(doc, PLT_RIGHT, "%s", data_class_name(set, columns.label[i]));
    if (columns.rest) plt_column(doc, PLT_RIGHT, "%d others", counts->classes - columns.n);
    plt_column(doc, PLT_RIGHT, "Total");
    plt_column(doc, PLT_RIGHT, "Share");
    for (int split = DATA_TRAIN; split < DATA_SPLITS; split++) {
        if (!counts->total[split]) continue;
        plt_row(doc, PLT_ROW_PLAIN);
        split_row(doc, data_split_names[split], &columns, counts->count[split], counts->total[split], all,
                  split == DATA_TRAIN ? data_augment_of(set).times : 1);
    }
    if (counts->total[DATA_NONE]) {
        plt_row(doc, PLT_ROW_PLAIN);
        split_row(doc, "no part", &columns, counts->count[DATA_NONE], counts->total[DATA_NONE], all, 1);
    }
    plt_row(doc, PLT_ROW_TOTAL);
    split_row(doc, "total", &columns, sum, all, all, 1);
    lg_free(sum);
}

enum { LACKS = 6 }; /* classes named in a warning */

/* Why a split came out uneven, and what to do about it. */
static void split_reason(lg_err *warning, const data_counts *counts, const char *name, const char *by)
{
    if (by) {
        lg_why(warning, "images with the same `%s` stay together", by);
        lg_try(warning, "split %s 80/20", name);
    } else if (counts->usable < 2 * (size_t)counts->classes + 1) {
        lg_why(warning, "%s images for %d classes; the only image of a class goes into train",
               lg_thousands((long long)counts->usable), counts->classes);
        lg_try(warning, "load more images of each class");
    } else {
        lg_why(warning, "pictures that look alike stay together");
        lg_try(warning, "split %s no together", name);
    }
}

/* Classes that a part has no image of while others have: of train all count, of val those that could have one there. */
static void warn_lacks(plt_doc *doc, const data_set *set, const data_counts *counts, data_split_kind part,
                       const char *name, const char *by)
{
    lg_buf lacks;
    lg_err warning = {0};
    int n = 0;
    lg_buf_init(&lacks, 2000);
    for (int label = 0; label < counts->classes; label++) {
        size_t rest = 0;
        for (int other = DATA_TRAIN; other < DATA_SPLITS; other++) rest += counts->count[other][label];
        if (counts->count[part][label] || rest < (part == DATA_TRAIN ? 1 : 2)) continue;
        if (n++ < LACKS) lg_buf_addf(&lacks, "%s%s", lacks.len ? ", " : "", data_class_name(set, label));
    }
    if (n > LACKS) lg_buf_addf(&lacks, " and %d more", n - LACKS);
    if (n)
        lg_fail(&warning, LG_E_DATA, 312,
                part == DATA_TRAIN ? "train has no image of %s, so a network cannot learn %s"
                                   : "val has no image of %s, so nothing says how well a network tells %s",
                lg_buf_str(&lacks), n == 1 ? "it" : "them");
    if (n) split_reason(&warning, counts, name, by);
    if (n) plt_warning(doc, &warning);
    lg_buf_release(&lacks);
}

void cmd_doc_split_warnings(plt_doc *doc, const data_set *set, const data_counts *counts, const data_cut *cut,
                            const char *name, const char *by)
{
    const double share[DATA_SPLITS] = {0, cut->train, cut->val, cut->test};
    if (!counts->usable) return;
    for (int part = DATA_TRAIN; part < DATA_SPLITS; part++) {
        lg_err warning = {0};
        if (share[part] <= 0 || counts->total[part]) continue;
        lg_fail(&warning, LG_E_DATA, 312, "the %s part is empty", data_split_names[part]);
        split_reason(&warning, counts, name, by);
        plt_warning(doc, &warning);
    }
    warn_lacks(doc, set, counts, DATA_TRAIN, name, by);
    if (counts->total[DATA_VAL]) warn_lacks(doc, set, counts, DATA_VAL, name, by);
}

static plt_edge edge_of(data_split_kind split)
{
    static const plt_edge edge[DATA_SPLITS] = {PLT_EDGE_NONE, PLT_EDGE_TRAIN, PLT_EDGE_VAL, PLT_EDGE_TEST};
    return edge[split];
}

/* ---- tiles ---- */
int cmd_tile_side(int size, size_t n)
{
    enum { ROOM = 24 << 20 }; /* bytes of pixels in one document, which may have 64 MB */
    double most = sqrt(ROOM / 3.0 / (double)(n ? n : 1));
    return most < 2.0 * size ? (int)most : 2 * size;
}

/* At most `side` wide and high. */
static lg_status shrink(img_picture *picture, int side, lg_err *err)
{
    img_picture small = {0};
    int larger = picture->h > picture->w ? picture->h : picture->w;
    if (larger <= side) return LG_OK;
    int h = (int)((int64_t)picture->h * side / larger), w = (int)((int64_t)picture->w * side / larger);
    LG_TRY(img_resize(picture, h > 0 ? h : 1, w > 0 ? w : 1, &small, err));
    img_picture_release(picture);
    *picture = small;
    return LG_OK;
}

/* Grey with a cross: a file that cannot be read. */
static lg_status blank_tile(img_picture *out, int side, lg_err *err)
{
    LG_TRY(img_picture_init(out, side, side, 3, err));
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            bool cross = abs(x - y) <= side / 48 || abs(x + y - side + 1) <= side / 48;
            memset(img_at(out, y, x), cross ? 0x90 : 0xd0, 3);
        }
    return LG_OK;
}

static lg_status tile_pixels(const data_set *set, size_t row, int side, img_picture *rgb, lg_err *err)
{
    data_image image;
    img_picture raw = {0};
    data_image_at(set, row, &image);
    if (image.broken) return blank_tile(rgb, side < 64 ? side : 64, err);
    LG_TRY(data_thumbnail(set, row, &raw, err));
    lg_status st = shrink(&raw, side, err);
    if (st == LG_OK) st = img_convert(&raw, 3, rgb, err);
    img_picture_release(&raw);
    return st;
}

/* "12 Nike", or for a broken file "12 cannot be read: the file is empty"; of a long reason the beginning. */
static void tile_caption(const data_set *set, const data_image *image, lg_buf *out)
{
    enum { REASON = 40 };
    lg_buf_addf(out, "%s ", image->number);
    if (!image->broken) {
        lg_buf_adds(out, image->label < 0 ? "no label" : data_class_name(set, image->label));
        return;
    }
    size_t len = strcspn(image->broken, ";"), n = lg_utf8_offset(image->broken, len, REASON);
    while (n < len && n > 0 && image->broken[n] != ' ') n--;
    lg_buf_adds(out, "cannot be read: ");
    lg_buf_add(out, image->broken, n);
    if (n < len) lg_buf_adds(out, " …");
}

lg_status cmd_doc_tile(plt_doc *doc, const data_set *set, size_t row, int side, plt_edge edge, lg_err *err)
{
    data_image image;
    img_picture rgb = {0};
    lg_buf caption;
    LG_TRY(tile_pixels(set, row, side, &rgb, err));
    lg_buf_init(&caption, 0);
    data_image_at(set, row, &image);
    tile_caption(set, &image, &caption);
    plt_thumb(doc, rgb.px, rgb.w, rgb.h, image.broken ? PLT_EDGE_NONE : edge, "%s", lg_buf_str(&caption));
    lg_buf_release(&caption);
    img_picture_release(&rgb);
    return LG_OK;
}

/* Names above rows are worth their place where these have a few pictures each. */
static bool worth_grouping(const data_set *set, const uint32_t *rows, size_t n)
{
    enum { EACH = 3 };
    size_t groups = 0;
    int32_t group = -2;
    for (size_t i = 0; i < n; i++) {
        data_image image;
        data_image_at(set, rows[i], &image);
        groups += image.label != group;
        group = image.label;
    }
    return n >= EACH * groups;
}

lg_status cmd_doc_sheet(plt_doc *doc, const data_set *set, const uint32_t *rows, size_t n, int size, bool grouped,
                        lg_err *err)
{
    int32_t group = -2;
    int side = cmd_tile_side(size, n);
    grouped = grouped && worth_grouping(set, rows, n);
    plt_grid(doc, size, "%zu of %s images", n, lg_thousands((long long)data_count(set)));
    for (size_t i = 0; i < n; i++) {
        data_image image;
        data_image_at(set, rows[i], &image);
        if (grouped && image.label != group) {
            group = image.label;
            plt_grid_group(doc, "%s", group < 0 ? "no label" : data_class_name(set, group));
        }
        LG_TRY(cmd_doc_tile(doc, set, rows[i], side, edge_of(image.split), err));
    }
    return LG_OK;
}

/* What a line that is only the dataset's name shows. */
static lg_status dataset_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const data_set *set = object->payload;
    data_counts counts;
    lg_buf brief;
    uint32_t rows[24];
    LG_TRY(data_count_classes(set, &counts, err));
    plt_doc doc;
    plt_doc_init(&doc);
    lg_buf_init(&brief, 0);
    cmd_dataset_brief(set, &brief);
    plt_title(&doc, "%s: %s", name, lg_buf_str(&brief));
    lg_buf_release(&brief);
    cmd_doc_histogram(&doc, set, &counts);
    cmd_doc_split_table(&doc, set, &counts);
    size_t n = data_sample(set, 24, data_seed(set), rows);
    lg_status st = cmd_doc_sheet(&doc, set, rows, n, 64, true, err);
    if (st == LG_OK && *object->recipe) {
        plt_fold_begin(&doc, "How it was made");
        plt_code(&doc, "%s", object->recipe);
        plt_fold_end(&doc);
    }
    data_counts_release(&counts);
    if (st) {
        plt_doc_release(&doc);
        return st;
    }
    return cmd_display_to(out, &doc, true, 0, err);
}

const dsl_class cmd_dataset_class = {
    .kind = DSL_KIND_DATASET,
    .drop = dataset_drop,
    .field = dataset_field,
    .fields = dataset_fields,
    .labels = dataset_labels,
    .where_fields = dataset_where_fields,
    .images = dataset_images,
    .values = dataset_values,
    .brief = cmd_dataset_brief,
    .show = dataset_show,
};

lg_status cmd_dataset_bind_kept(const dsl_call *call, const char *name, data_set *set, const char *kept, lg_err *err)
{
    dsl_object *object = NULL;
    LG_TRY(dsl_object_new(&cmd_dataset_class, set, call->recipe, &object, err));
    return dsl_session_bind_edit(call->session, name, object, call->step, kept, err);
}

lg_status cmd_dataset_bind(const dsl_call *call, const char *name, data_set *set, lg_err *err)
{
    dsl_object *object = NULL;
    if (strcmp(call->command->name, "open")) return cmd_dataset_bind_kept(call, name, set, NULL, err);
    LG_TRY(dsl_object_new(&cmd_dataset_class, set, call->recipe, &object, err));
    return dsl_session_bind(call->session, name, object, err);
}

/* ---- where ---- */
typedef struct where_row {
    const data_set *set;
    size_t row;
    cmd_extra_field *extra;
    void *ctx;
} where_row;

static lg_status where_field(const void *row, const char *field, dsl_fact *out, lg_err *err)
{
    const where_row *r = row;
    data_value value;
    *out = (dsl_fact){0};
    if (r->extra && r->extra(r->ctx, r->set, r->row, field, out)) return LG_OK;
    if (!data_field(r->set, r->row, field, &value, err)) return err->status ? err->status : LG_E_NAME;
    if (value.kind == DATA_TEXT) out->text = value.text;
    else out->number = value.number;
    return LG_OK;
}

typedef struct where_ctx {
    const dsl_call *call;
    const char *const *names;
    cmd_extra_field *extra;
    void *ctx;
} where_ctx;

static lg_status where_keep(void *ctx, const data_set *set, size_t row, bool *keep, lg_err *err)
{
    const where_ctx *w = ctx;
    where_row r = {.set = set, .row = row, .extra = w->extra, .ctx = w->ctx};
    if ((row & 1023) == 0) LG_TRY(lg_cancel_check(w->call->cancel, err));
    return dsl_cond_eval(w->call->where, where_field, &r, w->names, keep, err);
}

lg_status cmd_dataset_where(const dsl_call *call, const data_set *set, cmd_extra_field *extra, void *ctx,
                            const char *const *extra_names, data_set **out, lg_err *err)
{
    if (!call->where) {
        *out = data_ref(set);
        return LG_OK;
    }
    size_t known, more = 0;
    const char *const *fields = data_fields(set, &known);
    while (extra_names && extra_names[more]) more++;
    const char **names = lg_arena_alloc(call->arena, known + more + 1, sizeof *names, err);
    if (!names) return err->status;
    if (known) memcpy(names, fields, known * sizeof *names);
    if (more) memcpy(names + known, extra_names, more * sizeof *names);
    where_ctx w = {.call = call, .names = names, .extra = extra, .ctx = ctx};
    return data_where(set, where_keep, &w, out, err);
}

static lg_status none_passes(const char *name, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 407, "no image of `%s` passes this `where`", name);
    return lg_try(err, "show %s", name);
}

lg_status cmd_dataset_chosen(const dsl_call *call, const data_set *set, const char *name, data_set **out, lg_err *err)
{
    data_set *chosen = NULL;
    LG_TRY(cmd_dataset_where(call, set, NULL, NULL, NULL, &chosen, err));
    if (!call->where || data_count(chosen)) {
        *out = chosen;
        return LG_OK;
    }
    data_unref(chosen);
    return none_passes(name, err);
}

lg_status cmd_part_chosen(const dsl_call *call, const dsl_value *value, data_set **out, lg_err *err)
{
    const char *name;
    data_set *part = NULL;
    LG_TRY(cmd_part_name(call, value, &name, err));
    LG_TRY(cmd_dataset_part(value, &part, err));
    bool empty = value->part != DSL_PART_ALL && data_count(part) == 0;
    lg_status st = empty ? cmd_part_empty(value, err) : cmd_dataset_chosen(call, part, name, out, err);
    data_unref(part);
    return st;
}

lg_status cmd_dataset_marks(const dsl_call *call, const dsl_value *value, const bool **out, lg_err *err)
{
    const data_set *set = cmd_dataset(value);
    data_set *chosen = NULL;
    *out = NULL;
    if (!call->where && value->part == DSL_PART_ALL) return LG_OK;
    bool *mark = lg_arena_alloc(call->arena, data_count(set) + 1, sizeof *mark, err);
    if (!mark) return err->status;
    if (cmd_part_chosen(call, value, &chosen, err)) return lg_err_place(err, value->span);
    for (size_t i = 0; i < data_count(chosen); i++) {
        data_image image;
        data_image_at(chosen, i, &image);
        mark[data_row_of(set, image.id)] = true;
    }
    data_unref(chosen);
    *out = mark;
    return LG_OK;
}

const char *cmd_where_whole(const dsl_call *call)
{
    lg_buf text;
    lg_err ignored = {0};
    if (!call->where) return "";
    lg_buf_init(&text, 0);
    lg_buf_adds(&text, " where ");
    dsl_cond_text(call->where, &text);
    const char *out = text.failed ? NULL : lg_arena_strf(call->arena, &ignored, "%s", lg_buf_str(&text));
    lg_buf_release(&text);
    return out ? out : " where …";
}

const char *cmd_where_short(const dsl_call *call, const char *where)
{
    enum { MOST = 120 }; /* characters */
    lg_err ignored = {0};
    size_t len = strlen(where), n = lg_utf8_offset(where, len, MOST);
    if (n == len) return where;
    while (n > 0 && where[n] != ' ') n--;
    const char *out = lg_arena_strf(call->arena, &ignored, "%.*s …", (int)n, where);
    return out ? out : " where …";
}

const char *cmd_where_text(const dsl_call *call)
{
    return cmd_where_short(call, cmd_where_whole(call));
}
