/* dataset.c - versions of a dataset: what they share, and reading them. */
#include "lib/data/dataset_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "lib/image/hash.h"

#include "lib/base/banned.h"

const char *const data_split_names[DATA_SPLITS] = {"", "train", "val", "test"};

/* ---- the shared parts ---- */
static bool last_ref(atomic_int *refs)
{
    return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

static void add_ref(atomic_int *refs)
{
    atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

data_table *data_table_new(size_t count, lg_err *err)
{
    data_table *table = lg_alloc(1, sizeof *table, err);
    if (!table) return NULL;
    atomic_init(&table->refs, 1);
    lg_arena_init(&table->text, 0);
    table->count = count;
    table->fact = lg_alloc(count, sizeof *table->fact, err);
    if (table->fact) return table;
    data_table_unref(table);
    return NULL;
}

enum {
    OWN_ID,
    OWN_FILE,
    OWN_LABEL,
    OWN_SPLIT,
    OWN_SOURCE,
    OWN_WIDTH,
    OWN_HEIGHT,
    OWN_BRIGHTNESS,
    OWN_DUPLICATE,
    OWN_GROUP,
    OWN_BROKEN,
    OWN_GLARE,
    OWN_SHARPNESS,
    OWN_FIELDS
};
static const char *const own_fields[OWN_FIELDS] = {
    [OWN_ID] = "id", [OWN_FILE] = "file", [OWN_LABEL] = "label",
    [OWN_SPLIT] = "split", [OWN_SOURCE] = "source", [OWN_WIDTH] = "width",
    [OWN_HEIGHT] = "height", [OWN_BRIGHTNESS] = "brightness", [OWN_DUPLICATE] = "duplicate",
    [OWN_GROUP] = "group", [OWN_BROKEN] = "broken", [OWN_GLARE] = "glare",
    [OWN_SHARPNESS] = "sharpness",
};

static int own_field(const char *name)
{
    for (int i = 0; i < OWN_FIELDS; i++)
        if (lg_casecmp(own_fields[i], name) == 0) return i;
    return -1;
}

lg_status data_table_fields(data_table *table, lg_err *err)
{
    table->field = lg_alloc(OWN_FIELDS + table->columns + 1, sizeof *table->field, err);
    if (!table->field) return err->status;
    for (int i = 0; i < OWN_FIELDS; i++) table->field[table->fields++] = own_fields[i];
    for (size_t i = 0; i < table->columns; i++)
        if (own_field(table->column[i]) < 0) table->field[table->fields++] = table->column[i];
    return LG_OK;
}

void data_table_unref(data_table *table)
{
    if (!table || !last_ref(&table->refs)) return;
    lg_arena_release(&table->text);
    lg_free(table->fact);
    lg_free(table->column);
    lg_free(table->cell);
    lg_free(table->field);
    for (size_t i = 0; i < table->idxs; i++) data_idx_unref(table->idx[i]);
    lg_free(table->idx);
    for (size_t i = 0; i < table->archives; i++) data_archive_unref(table->archive[i]);
    lg_free(table->archive);
    lg_free(table);
}

data_table *data_table_ref(data_table *table)
{
    add_ref(&table->refs);
    return table;
}

void data_names_unref(data_names *names)
{
    if (!names || !last_ref(&names->refs)) return;
    lg_arena_release(&names->text);
    lg_free(names->name);
    lg_free(names);
}

/* ---- class names: distinct ignoring case, spelt as first seen, sorted ---- */
typedef struct ranked {
    const char *name;
    int32_t seen; /* place in order of first appearance */
} ranked;

static int by_name(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    int order = lg_casecmp(a->name, b->name);
    return order ? order : strcmp(a->name, b->name);
}

/* Distinct names in order of appearance into list (room for all), each text's place into seen. */
static lg_status distinct_names(const char *const *name, size_t n, ranked *list, int32_t *seen, size_t *count,
                                lg_err *err)
{
    data_map map;
    lg_status st = LG_OK;
    LG_TRY(data_map_init(&map, 16, true, err));
    *count = 0;
    for (size_t i = 0; i < n && !st; i++) {
        int64_t first = -1;
        if (name[i] && *name[i]) {
            st = data_map_put(&map, name[i], (int64_t)*count, &first, err);
            if (!st && first == (int64_t)*count) {
                list[*count] = (ranked){.name = name[i], .seen = (int32_t)*count};
                *count += 1;
            }
        }
        seen[i] = (int32_t)first;
    }
    data_map_release(&map);
    return st;
}

data_names *data_names_new(const char *const *name, size_t n, int32_t *number, lg_err *err)
{
    lg_status st = LG_OK;
    size_t count = 0;
    data_names *names = lg_alloc(1, sizeof *names, err);
    ranked *list = lg_alloc(n, sizeof *list, err);
    int32_t *seen = lg_alloc(n, sizeof *seen, err), *rank = NULL;
    if (!names || !list || !seen) goto fail;
    atomic_init(&names->refs, 1);
    lg_arena_init(&names->text, 0);
    LG_GO(distinct_names(name, n, list, seen, &count, err));
    qsort(list, count, sizeof *list, by_name);
    rank = lg_alloc(count, sizeof *rank, err);
    names->name = lg_alloc(count + 1, sizeof *names->name, err);
    if (!rank || !names->name) goto fail;
    for (size_t i = 0; i < count; i++) {
        rank[list[i].seen] = (int32_t)i;
        names->name[i] = lg_arena_strndup(&names->text, list[i].name, strlen(list[i].name), err);
        if (!names->name[i]) goto fail;
    }
    names->count = (int)count;
    for (size_t i = 0; number && i < n; i++) number[i] = seen[i] < 0 ? -1 : rank[seen[i]];
    goto done;
fail:
    st = LG_E_MEMORY;
done:
    lg_free(list);
    lg_free(seen);
    lg_free(rank);
    if (st && names) {
        lg_arena_release(&names->text);
        lg_free(names->name);
        lg_free(names);
        names = NULL;
    }
    return names;
}

/* ---- versions ---- */
data_set *data_set_new(data_table *table, data_names *names, data_block *block, size_t rows, lg_err *err)
{
    data_set *set = lg_alloc(1, sizeof *set, err);
    if (!set) return NULL;
    atomic_init(&set->refs, 1);
    set->row = lg_alloc(rows, sizeof *set->row, err);
    set->recipe = lg_strdup("", err);
    if (!set->row || !set->recipe) {
        lg_free(set->row);
        lg_free(set->recipe);
        lg_free(set);
        return NULL;
    }
    set->rows = rows;
    set->table = data_table_ref(table);
    set->names = names;
    set->block = data_block_ref(block);
    set->rules = DATA_RULES_NONE;
    add_ref(&names->refs);
    return set;
}

data_set *data_set_next(const data_set *set, size_t rows, lg_err *err)
{
    data_set *next = data_set_new(set->table, set->names, set->block, rows, err);
    if (!next) return NULL;
    next->fit = set->fit;
    next->seed = set->seed;
    next->rules = set->rules;
    next->augment = set->augment;
    next->drawn = set->drawn;
    if (next->drawn) add_ref(&next->drawn->refs);
    if (data_recipe_add(next, err, "%s", set->recipe) == LG_OK) return next;
    data_unref(next);
    return NULL;
}

lg_status data_recipe_add(data_set *set, lg_err *err, const char *fmt, ...)
{
    lg_buf text;
    va_list ap;
    lg_buf_init(&text, 16 << 20);
    lg_buf_adds(&text, set->recipe);
    if (*set->recipe) lg_buf_addc(&text, '\n');
    va_start(ap, fmt);
    lg_buf_addv(&text, fmt, ap);
    va_end(ap);
    char *whole = lg_buf_take(&text, err);
    lg_buf_release(&text);
    if (!whole) return err->status;
    lg_free(set->recipe);
    set->recipe = whole;
    return LG_OK;
}

data_set *data_ref(const data_set *set)
{
    data_set *shared = (data_set *)set; /* counting is all that ever changes */
    if (shared) add_ref(&shared->refs);
    return shared;
}

void data_unref(const data_set *set)
{
    data_set *shared = (data_set *)set;
    if (!shared || !last_ref(&shared->refs)) return;
    data_table_unref(shared->table);
    data_names_unref(shared->names);
    data_names_unref(shared->drawn);
    data_block_unref(shared->block);
    lg_free(shared->row);
    lg_free(shared->recipe);
    lg_free(atomic_load(&shared->fingerprint));
    lg_free(atomic_load(&shared->by_name));
    lg_free(shared);
}

/* ---- reading ---- */
size_t data_count(const data_set *set)
{
    return set->rows;
}

/* Marks that lie outside of their picture may lie anywhere. */
static int whole_pixels(double v)
{
    return v > -1e9 && v < 1e9 ? (int)v : 0;
}

static data_box box_of(const data_crop *crop)
{
    if (crop->w <= 0) return (data_box){0};
    int w = whole_pixels(crop->w), h = whole_pixels(crop->h);
    return (data_box){whole_pixels(crop->x), whole_pixels(crop->y), w > 0 ? w : 1, h > 0 ? h : 1};
}

void data_image_at(const data_set *set, size_t row, data_image *out)
{
    const data_fact *fact = data_fact_of(set, row);
    *out = (data_image){
        .id = fact->id,
        .number = fact->number,
        .name = fact->name,
        .path = fact->path,
        .source = fact->source,
        .sha256 = fact->sha256,
        .w = fact->w,
        .h = fact->h,
        .box = box_of(&fact->crop),
        .grey = fact->grey,
        .brightness = fact->brightness,
        .phash = fact->phash,
        .group = fact->group,
        .duplicate = data_is_duplicate(set, row),
        .broken = fact->broken,
        .label = set->row[row].label,
        .split = (data_split_kind)set->row[row].split,
        .fixed = set->row[row].fixed,
        .unlogged = set->row[row].unlogged,
    };
}

ptrdiff_t data_row_of(const data_set *set, uint32_t id)
{
    size_t low = 0, high = set->rows;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        uint32_t at = data_fact_of(set, mid)->id;
        if (at == id) return (ptrdiff_t)mid;
        if (at < id) low = mid + 1;
        else high = mid;
    }
    return -1;
}

ptrdiff_t data_row_numbered(const data_set *set, const char *number)
{
    for (size_t i = 0; i < set->rows; i++)
        if (strcmp(data_fact_of(set, i)->number, number) == 0) return (ptrdiff_t)i;
    return -1;
}

const char *data_number(const data_set *set, uint32_t id)
{
    ptrdiff_t row = data_row_of(set, id);
    return row < 0 ? "" : data_fact_of(set, (size_t)row)->number;
}

static bool name_matches(const char *full, const char *name, int how)
{
    if (how == 0) return strcmp(full, name) == 0;
    const char *slash = strrchr(full, '/'), *base = slash ? slash + 1 : full;
    if (how == 1) return strcmp(base, name) == 0;
    const char *dot = strrchr(base, '.');
    size_t len = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    return strlen(name) == len && memcmp(base, name, len) == 0;
}

size_t data_rows_named(const data_set *set, const char *name, uint32_t *rows, size_t most)
{
    size_t n = 0;
    for (int how = 0; how < 3 && !n; how++)
        for (size_t i = 0; i < set->rows; i++)
            if (name_matches(data_fact_of(set, i)->name, name, how) && n++ < most) rows[n - 1] = (uint32_t)i;
    return n;
}

ptrdiff_t data_row_named(const data_set *set, const char *name)
{
    uint32_t row = 0;
    return data_rows_named(set, name, &row, 1) ? (ptrdiff_t)row : -1;
}

int data_classes(const data_set *set)
{
    return set->names->count;
}

const char *data_class_name(const data_set *set, int label)
{
    return label >= 0 && label < set->names->count ? set->names->name[label] : "";
}

int data_class_find(const data_set *set, const char *name)
{
    for (int i = 0; i < set->names->count; i++)
        if (lg_casecmp(set->names->name[i], name) == 0) return i;
    return -1;
}

data_size data_shape(const data_set *set)
{
    return set->block ? data_block_size(set->block) : (data_size){0};
}

img_fit_mode data_fit(const data_set *set)
{
    return set->fit;
}

uint64_t data_seed(const data_set *set)
{
    return set->seed;
}

const char *data_recipe(const data_set *set)
{
    return set->recipe;
}

static lg_status make_fingerprint(const data_set *set, char hex[65], lg_err *err)
{
    lg_buf text;
    data_size size = data_shape(set);
    lg_buf_init(&text, (size_t)4 << 30);
    lg_buf_addf(&text, "%dx%dx%d %d\n", size.h, size.w, size.c, (int)set->fit);
    const data_rules *rules = &set->rules; /* those that leave images out are told by the rows */
    char low[40], high[40];
    lg_number_text(rules->low, low), lg_number_text(rules->high, high);
    lg_buf_addf(&text, "%d %d %s..%s ", rules->glare, rules->glare ? (int)rules->replace : 0, low, high);
    if (set->augment.times > 1) data_augment_text(&set->augment, &text);
    lg_buf_addc(&text, '\n');
    for (int i = 0; i < set->names->count; i++) lg_buf_addf(&text, "%s\n", set->names->name[i]);
    for (size_t i = 0; i < set->rows; i++) {
        const data_fact *fact = data_fact_of(set, i);
        lg_buf_addf(&text, "%s %d %u", fact->sha256, set->row[i].label, set->row[i].split);
        if (set->augment.times > 1) lg_buf_addf(&text, " %u", fact->id); /* variants are drawn by it */
        lg_buf_addc(&text, '\n');
    }
    lg_status st = lg_buf_check(&text, err);
    if (!st) img_sha256(lg_buf_str(&text), text.len, hex);
    lg_buf_release(&text);
    return st;
}

/* Two threads may both work it out; the first one's copy stays. */
lg_status data_fingerprint(const data_set *set, char hex[65], lg_err *err)
{
    data_set *shared = (data_set *)set;
    char *known = atomic_load(&shared->fingerprint), *none = NULL;
    if (known) {
        memcpy(hex, known, 65);
        return LG_OK;
    }
    LG_TRY(make_fingerprint(set, hex, err));
    char *copy = lg_strdup(hex, err);
    if (!copy) return err->status;
    if (!atomic_compare_exchange_strong(&shared->fingerprint, &none, copy)) lg_free(copy);
    return LG_OK;
}

lg_status data_count_classes(const data_set *set, data_counts *out, lg_err *err)
{
    *out = (data_counts){.classes = set->names->count};
    for (int s = 0; s < DATA_SPLITS; s++) {
        out->count[s] = lg_alloc((size_t)out->classes, sizeof *out->count[s], err);
        if (!out->count[s]) {
            data_counts_release(out);
            return err->status;
        }
    }
    for (size_t i = 0; i < set->rows; i++) {
        const data_row *row = &set->row[i];
        if (data_fact_of(set, i)->broken) {
            out->broken++;
        } else if (row->label < 0) {
            out->unlabelled++;
        } else {
            out->count[row->split][row->label]++;
            out->total[row->split]++;
            out->usable++;
        }
    }
    return LG_OK;
}

void data_counts_release(data_counts *counts)
{
    for (int s = 0; s < DATA_SPLITS; s++) lg_free(counts->count[s]);
    *counts = (data_counts){0};
}

/* ---- fields ---- */
const char *const *data_fields(const data_set *set, size_t *count)
{
    if (count) *count = set->table->fields;
    return set->table->field;
}

static data_value number_value(double number)
{
    return (data_value){.kind = DATA_NUMBER, .number = number};
}

static data_value text_value(const char *text)
{
    return (data_value){.kind = DATA_TEXT, .text = text};
}

static data_value truth_value(bool truth)
{
    return (data_value){.kind = DATA_TRUTH, .number = truth};
}

/* Further columns are texts; one that is a number can be compared as one. */
static bool column_value(const data_set *set, size_t row, const char *field, data_value *out)
{
    const data_table *table = set->table;
    for (size_t i = 0; i < table->columns; i++) {
        if (lg_casecmp(table->column[i], field)) continue;
        *out = text_value(table->cell[set->row[row].fact * table->columns + i]);
        if (lg_parse_double(out->text, &out->number)) out->kind = DATA_NUMBER;
        return true;
    }
    return false;
}

/* What an operation of lib/image says of the picture as a network sees it; NaN where there is none. false: its pixels
 * cannot be had. */
static bool measured(const data_set *set, size_t row, const char *op, data_value *out, lg_err *err)
{
    data_size size = data_shape(set);
    data_room room = {0};
    const uint8_t *px;
    *out = number_value((double)NAN);
    if (!set->block || data_fact_of(set, row)->broken) return true;
    lg_status st = data_pixels(set, row, &room, &px, err);
    if (!st)
        out->number =
            img_op_find(op)->measure(&(img_picture){.h = size.h, .w = size.w, .c = size.c, .px = (uint8_t *)px});
    data_room_release(&room);
    return st == LG_OK;
}

bool data_field(const data_set *set, size_t row, const char *field, data_value *out, lg_err *err)
{
    const data_fact *fact = data_fact_of(set, row);
    switch (own_field(field)) {
    case OWN_ID:
        *out = number_value(fact->id);
        if (fact->crop.w > 0) lg_parse_double(fact->number, &out->number);
        out->text = fact->crop.w > 0 ? fact->number : NULL;
        return true;
    case OWN_FILE: *out = text_value(fact->name); return true;
    case OWN_LABEL: *out = text_value(data_class_name(set, set->row[row].label)); return true;
    case OWN_SPLIT: *out = text_value(data_split_names[set->row[row].split]); return true;
    case OWN_SOURCE: *out = text_value(fact->source); return true;
    case OWN_WIDTH: *out = number_value(fact->w); return true;
    case OWN_HEIGHT: *out = number_value(fact->h); return true;
    case OWN_BRIGHTNESS: *out = number_value((double)fact->brightness); return true;
    case OWN_DUPLICATE: *out = truth_value(data_is_duplicate(set, row)); return true;
    case OWN_GROUP: *out = number_value(fact->group); return true;
    case OWN_BROKEN: *out = truth_value(fact->broken != NULL); return true;
    case OWN_GLARE: return measured(set, row, "glare", out, err);
    case OWN_SHARPNESS: return measured(set, row, "blur", out, err);
    default: return column_value(set, row, field, out);
    }
}

bool data_field_measured(const char *field)
{
    int own = own_field(field);
    return own == OWN_GLARE || own == OWN_SHARPNESS;
}

/* ---- pixels ---- */
lg_status data_pixels(const data_set *set, size_t row, data_room *room, const uint8_t **px, lg_err *err)
{
    return data_block_get(set->block, set->row[row].fact, room, px, err);
}

lg_status data_need_pixels(const data_set *set, const char *name, lg_err *err)
{
    if (set->block) return LG_OK;
    lg_fail(err, LG_E_DATA, 315, "the images of `%s` differ in size, and a network needs one size", name);
    for (size_t i = 0; i < set->rows; i++) {
        const data_fact *fact = data_fact_of(set, i);
        if (fact->broken) continue;
        lg_why(err, "e.g. %s is %dx%d", fact->name, fact->h, fact->w);
        break;
    }
    return lg_try(err, "clean %s size 64x64", name);
}

lg_status data_fill(const data_set *set, const uint32_t *rows, size_t n, float *x, int32_t *y, lg_err *err)
{
    data_size shape = data_shape(set);
    data_room room = {0};
    const uint8_t *px;
    lg_status st = LG_OK;
    size_t size = (size_t)shape.h * (size_t)shape.w * (size_t)shape.c;
    for (size_t i = 0; y && i < n; i++) y[i] = set->row[rows[i]].label;
    for (size_t i = 0; x && i < n && !st; i++) {
        st = data_pixels(set, rows[i], &room, &px, err);
        if (!st) data_rules_scale(&set->rules, px, size, x + i * size);
    }
    data_room_release(&room);
    return st;
}
