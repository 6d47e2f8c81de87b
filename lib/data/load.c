/* load.c - data_load: list, label, limit, decode, group, split, report. */
#include <stdlib.h>
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

enum { LABELS_LIMIT = 512 << 20 };

/* ---- the labels ---- */
/* A pattern has a group; a file name may have brackets too ("labels (1).csv"), but ends like one. */
static bool is_pattern(const char *labels)
{
    const char *dot = strrchr(labels, '.');
    bool file = dot && (lg_casecmp(dot, ".txt") == 0 || lg_casecmp(dot, ".csv") == 0 || lg_casecmp(dot, ".tsv") == 0);
    return strchr(labels, '(') && !file;
}

static lg_status no_labels_file(const loading *l, lg_err *err)
{
    const char *near = NULL, *text[64];
    size_t texts = 0;
    for (size_t i = 0; i < l->list.count && texts < 64; i++) {
        const char *dot = strrchr(l->list.path[i], '.');
        if (dot && (!strcmp(dot, ".txt") || !strcmp(dot, ".csv") || !strcmp(dot, ".tsv")))
            text[texts++] = l->list.path[i];
    }
    near = lg_nearest(l->spec->labels, text, texts);
    if (!near && texts == 1) near = text[0];
    lg_fail(err, LG_E_DATA, 302, "there is no labels file `%s`", l->spec->labels);
    lg_why(err, "looked in %s and in %s", lg_reach_start(), l->shown);
    if (near) return lg_try(err, "did you mean `%s`?", near);
    return lg_try(err, "leave `labels` out if each class has its own folder");
}

/* A labels file below the images. In an archive it may be named by the way to it, as "data/set.zip/labels.txt". */
static char *labels_below(const loading *l, const char *name, lg_err *err)
{
    const char *from = l->spec->from;
    size_t n = strlen(from);
    bool long_way = l->archive && strncmp(name, from, n) == 0 && name[n] == '/';
    return lg_strf(err, "%s/%s", l->folder, long_way ? name + n + 1 : name);
}

/* From the start folder, then below the images. */
static lg_status read_labels_file(loading *l, lg_buf *bytes, lg_err *err)
{
    lg_err first = {0}, second = {0};
    const char *name = l->spec->labels, *slash = strrchr(name, '/');
    l->labels_name = slash ? slash + 1 : name;
    if (lg_reach_read(name, bytes, &first) == LG_OK) return LG_OK;
    if (first.code != 302) {
        *err = first;
        return err->status;
    }
    char *below = labels_below(l, name, err);
    if (!below) return err->status;
    lg_buf_clear(bytes);
    lg_status st = data_load_read(l, below, bytes, &second);
    lg_free(below);
    if (st && second.code == 302) return no_labels_file(l, err);
    if (st) *err = second;
    return st;
}

static lg_status no_rows(const loading *l, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 306, "%s has no label lines", l->labels_name);
    if (l->labels.header) lg_why(err, "it has a line with the names of the columns and nothing below it");
    return lg_try(err, "write a line per image: image.jpg,Adidas");
}

/* Lines may begin with the way to the folder: for an archive, with the way to where it would be unpacked. */
static lg_status match_lines(loading *l, lg_err *err)
{
    const char *top = l->archive ? strstr(l->folder, "//") : NULL;
    const char *slash = strrchr(l->shown, '/'), *dot = strrchr(l->shown, '.');
    size_t n = strlen(l->shown), tar = n > 7 && lg_casecmp(l->shown + n - 7, ".tar.gz") == 0 ? 7 : 0;
    if (l->archive && tar) n -= tar;
    else if (l->archive && dot > slash) n = (size_t)(dot - l->shown);
    char *folder = lg_strf(err, "%.*s%s", (int)n, l->shown, top ? top + 1 : "");
    if (!folder) return err->status;
    lg_status st = data_match_labels(&l->labels, l->list.path, l->list.count, folder, l->labels_name, &l->match, err);
    lg_free(folder);
    return st;
}

static lg_status label_by_file(loading *l, lg_err *err)
{
    lg_buf bytes;
    lg_buf_init(&bytes, LABELS_LIMIT);
    lg_status st = read_labels_file(l, &bytes, err);
    data_labels_options want = {
        .name = l->labels_name, .file_column = l->spec->file_column, .label_column = l->spec->label_column};
    if (!st) st = data_labels_parse(lg_buf_str(&bytes), bytes.len, &want, &l->labels, err);
    lg_buf_release(&bytes);
    if (st) return st;
    if (l->labels.rows == 0) return no_rows(l, err);
    LG_TRY(match_lines(l, err));
    if (l->match.unmatched == l->labels.rows) return data_fail_unmatched(l, err);
    for (size_t i = 0; i < l->list.count; i++)
        if (l->match.row[i] >= 0 && !l->match.conflict[i]) l->label[i] = l->labels.row[l->match.row[i]].label;
    return LG_OK;
}

/* The folder a file lies in names its class. */
static lg_status label_by_folder(loading *l, lg_err *err)
{
    for (size_t i = 0; i < l->list.count; i++) {
        const char *path = l->list.path[i], *end = strrchr(path, '/'), *start = end;
        if (!end || !data_is_picture_name(path)) continue;
        while (start > path && start[-1] != '/') start--;
        l->label[i] = lg_arena_strndup(&l->text, start, (size_t)(end - start), err);
        if (!l->label[i]) return err->status;
        if (strlen(l->label[i]) <= DATA_MAX_LABEL &&
            lg_utf8_valid(l->label[i], (size_t)(end - start)) == (size_t)(end - start))
            continue;
        lg_fail(err, LG_E_LIMIT, 322, "a folder name cannot be a label: it is longer than %d bytes or not UTF-8",
                DATA_MAX_LABEL);
        return lg_try(err, "rename the folder, or name a labels file");
    }
    return LG_OK;
}

static lg_status no_boxes(const loading *l, bool known, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 326, "nothing in `%s` says where the marks are", l->spec->from);
    if (l->spec->labels) {
        lg_why(err, "`boxes` reads the annotations a set was published with; a labels file names pictures, not marks");
        return lg_try(err, "leave `labels` out, or `boxes`; `labels folders` and a pattern go with `boxes`");
    }
    if (known) lg_why(err, "the set is known, but its annotations have no boxes for these pictures");
    else
        lg_why(err, "there are no annotations of Flickr Logos, BelgaLogos, COCO, Pascal VOC or YOLO below %s",
               l->shown);
    return lg_try(err, "leave `boxes` out");
}

/* Labels by the paths of pictures hold for the marks in them as well: what the annotations call them is forgotten. */
static void forget_labels(loading *l)
{
    for (size_t i = 0; i < l->list.count; i++) {
        l->label[i] = "";
        l->several[i] = false;
    }
    l->severals = 0;
}

static lg_status find_labels(loading *l, lg_err *err)
{
    const char *labels = l->spec->labels;
    bool known = false, by_path = labels && (strcmp(labels, "folders") == 0 || is_pattern(labels));
    if (!labels || (by_path && l->spec->boxes)) LG_TRY(data_label_by_layout(l, &known, err));
    for (size_t i = 0; i < l->list.count; i++) l->published = l->published || l->part[i];
    if (l->spec->boxes && !l->boxes) return no_boxes(l, known, err);
    if (labels && l->boxes) forget_labels(l);
    else if (known) return LG_OK;
    if (!labels) data_parts_by_folder(l, 1);
    for (size_t i = 0; i < l->list.count; i++) l->published = l->published || l->part[i];
    if (!labels || strcmp(labels, "folders") == 0) return label_by_folder(l, err);
    if (is_pattern(labels)) return data_label_by_pattern(l, err);
    return label_by_file(l, err);
}

/* ---- which files are the set ---- */
/* The pictures may be in an archive that lies there. */
static const char *listed_archive(const loading *l)
{
    static const char *const ends[] = {".zip", ".tar", ".tar.gz", ".tgz"};
    for (size_t i = 0; i < l->list.count; i++)
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
            if (data_ends_with(l->list.path[i], ends[k])) return l->list.path[i];
    return NULL;
}

static lg_status no_images(const loading *l, lg_err *err)
{
    const char *inner = listed_archive(l);
    lg_fail(err, LG_E_DATA, 309, "there are no images in `%s`", l->spec->from);
    if (l->list.count == 0) lg_why(err, "%s is empty", l->shown);
    else
        lg_why(err, "%s has %s file%s, none with a name like .jpg, .png or .bmp; the first is %s", l->shown,
               lg_thousands((long long)l->list.count), l->list.count == 1 ? "" : "s", l->list.path[0]);
    if (inner && l->archive) return lg_try(err, "unpack it, and load the archive in it: %s", inner);
    if (inner) return lg_try(err, "load %s from %s/%s", l->spec->name, l->spec->from, inner);
    return lg_try(err, "name the folder the images are in");
}

static lg_status take_files(loading *l, lg_err *err)
{
    for (size_t i = 0; i < l->list.count; i++)
        if (l->inside || data_is_picture_name(l->list.path[i]) || (l->match.row && l->match.row[i] >= 0))
            l->taken[l->count++] = i;
    l->pictures = l->count;
    if (l->count == 0) return no_images(l, err);
    return l->spec->limit > 0 && l->spec->limit < l->count ? data_limit(l, err) : LG_OK;
}

/* ---- the table ---- */
static lg_status copy_columns(loading *l, lg_err *err)
{
    data_table *t = l->table;
    size_t columns = l->labels.columns + (l->boxes ? 2 : 0);
    t->column = lg_alloc(columns, sizeof *t->column, err);
    t->cell = lg_alloc(l->count * (columns ? columns : 1), sizeof *t->cell, err);
    if (!t->column || !t->cell) return err->status;
    t->columns = columns;
    for (size_t k = 0; k < columns; k++) {
        const char *name = k < l->labels.columns        ? l->labels.column[k]
                           : k == l->labels.columns + 1 ? DATA_BOX_COLUMN
                                                        : DATA_MARK_COLUMN;
        if (!l->boxes && lg_casecmp(name, DATA_BOX_COLUMN) == 0) name = "box text"; /* these two are our own */
        if (!l->boxes && lg_casecmp(name, DATA_MARK_COLUMN) == 0) name = "mark text";
        t->column[k] = lg_arena_strndup(&t->text, name, strlen(name), err);
        if (!t->column[k]) return err->status;
    }
    for (size_t i = 0; i < l->count; i++) {
        int64_t row = l->match.row ? l->match.row[l->taken[i]] : -1;
        for (size_t k = 0; k < columns; k++) {
            const char *cell = row >= 0 && k < l->labels.columns ? l->labels.row[row].cell[k] : "";
            t->cell[i * columns + k] = *cell ? lg_arena_strndup(&t->text, cell, strlen(cell), err) : "";
            if (!t->cell[i * columns + k]) return err->status;
        }
    }
    return data_table_fields(t, err);
}

static lg_status make_table(loading *l, lg_err *err)
{
    l->table = data_table_new(l->count, err);
    if (!l->table) return err->status;
    LG_TRY(copy_columns(l, err));
    data_table *t = l->table;
    size_t column = t->columns;
    for (size_t k = 0; k < t->columns; k++)
        if (lg_casecmp(t->column[k], "source") == 0) column = k;
    const char *source = lg_arena_strndup(&t->text, l->spec->name, strlen(l->spec->name), err);
    if (!source) return err->status;
    for (size_t i = 0; i < l->count; i++) {
        data_fact *fact = &t->fact[i];
        const char *name = l->list.path[l->taken[i]];
        fact->id = (uint32_t)i + 1;
        fact->path = lg_arena_strf(&t->text, err, "%s/%s", l->folder, name);
        if (!fact->path) return err->status;
        fact->name = fact->path + strlen(l->folder) + 1;
        if (l->crop) fact->crop = l->crop[l->taken[i]];
        fact->source =
            column < t->columns && *t->cell[i * t->columns + column] ? t->cell[i * t->columns + column] : source;
    }
    LG_TRY(data_table_number(t, false, err));
    if (l->archive) LG_TRY(data_table_keep_archive(t, l->archive, err));
    return data_table_open(t, &(data_archive_watch){.cancel = l->spec->cancel}, err);
}

/* What was cut out, once the pictures' sizes are known. */
static lg_status write_boxes(loading *l, lg_err *err)
{
    data_table *t = l->table;
    for (size_t i = 0; l->boxes && i < l->count; i++) {
        const data_crop *crop = &t->fact[i].crop;
        if (crop->w <= 0 || crop->shares) continue;
        const char **cell = &t->cell[i * t->columns + t->columns - 1];
        *cell = lg_arena_strf(&t->text, err, "%.0fx%.0f+%.0f+%.0f", crop->w, crop->h, crop->x, crop->y);
        if (!*cell) return err->status;
    }
    return LG_OK;
}

static lg_status decode(loading *l, lg_err *err)
{
    const data_load_spec *s = l->spec;
    data_decode_job job = {.table = l->table,
                           .rules = {.size = s->size, .fit = s->fit},
                           .pool = s->pool,
                           .cancel = s->cancel,
                           .progress = s->progress,
                           .progress_ctx = s->progress_ctx};
    LG_TRY(data_decode_block(&job, &l->block, err));
    size_t readable = 0;
    for (size_t i = 0; i < l->count; i++) readable += !l->table->fact[i].broken;
    if (readable > 0) return data_find_groups(l->table, s->cancel, err);
    if (l->count == 1) lg_fail(err, LG_E_DATA, 309, "the only image in `%s` cannot be read", s->from);
    else
        lg_fail(err, LG_E_DATA, 309, "none of the %s images in `%s` can be read", lg_thousands((long long)l->count),
                s->from);
    return lg_why(err, "the first, %s: %s", l->table->fact[0].name, l->table->fact[0].broken);
}

/* A class none of whose images can be read is none of the set's: its images lose their label, and a note says so. */
static lg_status drop_lost(loading *l, const char **label, lg_err *err)
{
    data_names_unref(l->names);
    l->names = data_names_new(label, l->count, l->number, err);
    enum { LOST, FOUND, TOLD };
    uint8_t *found = l->names ? lg_alloc((size_t)l->names->count, sizeof *found, err) : NULL;
    if (!found) return err->status;
    for (size_t i = 0; i < l->count; i++)
        if (l->number[i] >= 0 && !l->table->fact[i].broken) found[l->number[i]] = FOUND;
    for (size_t i = 0; i < l->count; i++) {
        int32_t c = l->number[i];
        if (c < 0 || found[c] == FOUND) continue;
        if (found[c] == LOST && l->losts++ < DATA_EXAMPLES) l->lost[l->losts - 1] = label[i];
        found[c] = TOLD;
        label[i] = "";
    }
    lg_free(found);
    return LG_OK;
}

static lg_status make_names(loading *l, lg_err *err)
{
    const char **label = lg_alloc(l->count, sizeof *label, err);
    l->number = lg_alloc(l->count, sizeof *l->number, err);
    lg_status st = label && l->number ? LG_OK : err->status;
    for (size_t i = 0; !st && i < l->count; i++) label[i] = l->label[l->taken[i]];
    if (!st) st = drop_lost(l, label, err);
    if (!st && l->losts) {
        data_names_unref(l->names);
        l->names = data_names_new(label, l->count, l->number, err);
        st = l->names ? LG_OK : err->status;
    }
    lg_free(label);
    return st;
}

/* ---- the set ---- */
static lg_status recipe(const loading *l, data_set *set, lg_err *err)
{
    const data_load_spec *s = l->spec;
    lg_buf text;
    lg_status st;
    if (s->as_written) return data_recipe_add(set, err, "%s", s->as_written);
    lg_buf_init(&text, 1 << 16);
    lg_buf_addf(&text, "load %s from %s labels %s", s->name, s->from, s->labels ? s->labels : "folders");
    if (s->file_column || s->label_column)
        lg_buf_addf(&text, " columns %s, %s", s->file_column ? s->file_column : "file",
                    s->label_column ? s->label_column : "label");
    if (s->size.h) lg_buf_addf(&text, " size %dx%d", s->size.h, s->size.w);
    else lg_buf_adds(&text, " size keep");
    if (s->size.h && s->size.c) lg_buf_addf(&text, "x%d", s->size.c);
    lg_buf_addf(&text, " fit %s", data_fit_name(s->fit));
    if (s->limit) lg_buf_addf(&text, " limit %zu", s->limit);
    lg_buf_addf(&text, " seed %llu", (unsigned long long)s->seed);
    LG_GO(lg_buf_check(&text, err));
    st = data_recipe_add(set, err, "%s", lg_buf_str(&text));
done:
    lg_buf_release(&text);
    return st;
}

static lg_status make_set(loading *l, data_set **out, lg_err *err)
{
    const data_load_spec *s = l->spec;
    data_set *set = data_set_new(l->table, l->names, l->block, l->count, err);
    if (!set) return err->status;
    *out = set;
    set->fit = s->fit;
    set->seed = s->seed;
    for (size_t i = 0; i < l->count; i++)
        set->row[i] = (data_row){.fact = (uint32_t)i, .label = l->number[i], .unlogged = s->unlogged};
    LG_TRY(recipe(l, set, err));
    data_split_spec split = {.cut = s->cut, .by = s->by, .seed = s->seed};
    if (!s->published || !l->published) return data_split_apply(set, &split, err);
    for (size_t i = 0; i < l->count; i++)
        if (data_usable(set, i)) set->row[i].split = l->part[l->taken[i]];
    return data_recipe_add(set, err, "split as published");
}

static lg_status check_enough(const loading *l, const data_report *report, lg_err *err)
{
    if (!l->match.row || report->labelled > 1 || l->count == 0) return LG_OK;
    lg_fail(err, LG_E_DATA, 310,
            report->labelled ? "only 1 image has a label and can be read" : "no image with a label can be read");
    lg_why(err, "%s has %s label line%s, `%s` has %s image%s", l->labels_name, lg_thousands((long long)l->labels.rows),
           l->labels.rows == 1 ? "" : "s", l->spec->from, lg_thousands((long long)l->pictures),
           l->pictures == 1 ? "" : "s");
    if (l->count < l->pictures) return lg_try(err, "take more: leave out `limit %zu`", l->spec->limit);
    return lg_try(err, "add lines for more images to %s, and load again", l->labels_name);
}

static void count_set(const loading *l, const data_set *set, data_report *report)
{
    report->files = l->count;
    report->published = l->spec->published && l->published;
    report->ignored = l->list.count - l->pictures;
    report->lines = l->labels.rows;
    report->unmatched = l->match.unmatched;
    report->repeated = l->match.repeated;
    report->conflicts = l->match.conflicts;
    for (size_t i = 0; i < set->rows; i++) {
        report->broken += data_fact_of(set, i)->broken != NULL;
        report->labelled += data_usable(set, i);
        report->unlabelled += !*l->label[l->taken[i]];
        report->near += data_fact_of(set, i)->duplicate;
    }
}

static lg_status count_exact(const data_set *set, data_report *report, lg_err *err)
{
    data_map map;
    lg_status st = LG_OK;
    LG_TRY(data_map_init(&map, set->rows, false, err));
    for (size_t i = 0; i < set->rows && !st; i++) {
        const data_fact *fact = data_fact_of(set, i);
        int64_t first = (int64_t)i;
        if (!fact->broken) st = data_map_put(&map, fact->sha256, (int64_t)i, &first, err);
        report->exact += first != (int64_t)i;
    }
    data_map_release(&map);
    return st;
}

void data_loading_release(loading *l)
{
    lg_free(l->folder);
    lg_free(l->shown);
    data_archive_unref(l->archive);
    lg_listing_release(&l->list);
    data_labels_release(&l->labels);
    data_match_release(&l->match);
    lg_arena_release(&l->text);
    lg_free(l->label);
    lg_free(l->taken);
    lg_free(l->part);
    lg_free(l->crop);
    lg_free(l->several);
    lg_free(l->number);
    data_table_unref(l->table);
    data_names_unref(l->names);
    data_block_unref(l->block);
}

lg_status data_load(const data_load_spec *spec, data_set **out, data_report *report, lg_err *err)
{
    lg_status st;
    loading l = {.spec = spec, .read = data_load_read};
    data_set *set = NULL;
    lg_arena_init(&l.text, 0);
    LG_GO(data_check_size(spec->size, err));
    LG_GO(data_list_files(&l, err));
    report->failed = spec->labels ? DATA_AT_LABELS : DATA_AT_FROM;
    LG_GO(find_labels(&l, err));
    report->failed = DATA_AT_FROM;
    LG_GO(take_files(&l, err));
    LG_GO(make_table(&l, err));
    LG_GO(decode(&l, err));
    LG_GO(write_boxes(&l, err));
    LG_GO(make_names(&l, err));
    LG_GO(make_set(&l, &set, err));
    count_set(&l, set, report);
    LG_GO(count_exact(set, report, err));
    LG_GO(check_enough(&l, report, err));
    LG_GO(data_note_labels(&l, set, report, err));
    LG_GO(data_note_set(&l, set, report, err));
    *out = set;
    set = NULL;
done:
    data_unref(set);
    data_loading_release(&l);
    return st;
}
