/* split.c - train, val and test: stratified, seeded, with look-alikes and equal users or sources on one side. One part
 * alone may be cut, and the others stay: a set's published test images.
 *
 * Images that must stay together form groups (union-find over near-duplicate group and `by` value). Each class has a
 * target per part; groups are placed one after the other, larger ones first, where the sum over classes and parts of
 * (have - target)^2 / target grows least. Groups of one thereby meet the targets exactly. Among groups of one size the
 * order is hash(seed, content hash), so a part's members do not depend on file names or numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

typedef struct member {
    uint32_t row, group; /* group: smallest row in it */
    uint32_t size;       /* of the group */
    uint64_t order;      /* of the group */
} member;

typedef struct splitting {
    data_set *set;
    const data_split_spec *spec;
    double part[DATA_SPLITS]; /* shares */
    bool by_class;            /* targets are those of each class, else of all images together */
    size_t classes;
    int32_t *class; /* (rows) as data_drawn_classes says */
    size_t drawn;   /* classes in it */
    bool *asked;    /* (rows) those that are drawn for a part */
    member *member; /* of those */
    size_t members;
    uint32_t *parent; /* (rows) union-find */
    size_t placed[DATA_SPLITS];
    double *target, *have; /* (DATA_SPLITS, classes) */
    double *want;          /* (classes) of the group being placed */
} splitting;

/* Which rows are drawn for a part: they are in none until they are placed. A label that came after the images' own
 * were drawn by learns; where one part is split, it stays there. */
static lg_status find_asked(splitting *s, lg_err *err)
{
    data_set *set = s->set;
    data_split_kind of = s->spec->of;
    s->asked = lg_alloc(set->rows, sizeof *s->asked, err);
    s->class = lg_alloc(set->rows, sizeof *s->class, err);
    if (!s->asked || !s->class) return err->status;
    LG_TRY(data_drawn_classes(set, s->class, &s->drawn, err));
    for (size_t i = 0; i < set->rows; i++) {
        if (of && set->row[i].split != of) continue;
        bool wanted = data_usable(set, i) && (!s->spec->only || s->spec->only[i]);
        s->asked[i] = wanted && s->class[i] >= 0;
        set->row[i].split = !wanted || s->asked[i] ? DATA_NONE : of ? of : DATA_TRAIN;
    }
    return LG_OK;
}

/* ---- groups ---- */
static uint32_t find_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

static void join(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = find_root(parent, a);
    b = find_root(parent, b);
    if (a < b) parent[b] = a;
    else parent[a] = b;
}

/* Joins rows whose key was seen before. */
static lg_status join_equal(splitting *s, data_map *map, const char *key, uint32_t row, lg_err *err)
{
    int64_t first;
    LG_TRY(data_map_put(map, key, row, &first, err));
    join(s->parent, (uint32_t)first, row);
    return LG_OK;
}

static const char *value_text(const data_value *value, char number[40])
{
    if (value->kind == DATA_TEXT || value->text) return value->text;
    lg_err quiet = {0};
    char *text = lg_strf(&quiet, "%.17g", value->number);
    if (text) memcpy(number, text, strlen(text) + 1);
    else *number = 0;
    lg_free(text);
    return number;
}

/* Rows with an equal, non-empty value of the `by` field stay together. *values counts distinct ones. */
static lg_status join_by(splitting *s, const char *by, size_t *values, lg_err *err)
{
    data_map map;
    lg_arena keys;
    lg_status st = LG_OK;
    LG_TRY(data_map_init(&map, 64, false, err));
    lg_arena_init(&keys, 0);
    for (size_t i = 0; i < s->set->rows && !st; i++) {
        data_value value;
        char number[40];
        if (!s->asked[i]) continue;
        if (!data_field(s->set, i, by, &value, err)) {
            st = err->status;
            continue;
        }
        const char *text = value_text(&value, number);
        if (!*text) continue;
        const char *key = text == number ? lg_arena_strndup(&keys, text, strlen(text), err) : text;
        st = key ? join_equal(s, &map, key, (uint32_t)i, err) : err->status;
    }
    *values = map.count;
    data_map_release(&map);
    lg_arena_release(&keys);
    return st;
}

static lg_status join_near(splitting *s, lg_err *err)
{
    uint32_t *first = lg_alloc(data_group_places(s->set->table), sizeof *first, err); /* row + 1 by group id */
    if (!first) return err->status;
    for (size_t i = 0; i < s->set->rows; i++) {
        if (!s->asked[i]) continue;
        uint32_t group = data_fact_of(s->set, i)->group;
        if (first[group]) join(s->parent, first[group] - 1, (uint32_t)i);
        else first[group] = (uint32_t)i + 1;
    }
    lg_free(first);
    return LG_OK;
}

static int by_place(const void *left, const void *right)
{
    const member *a = left, *b = right;
    if (a->size != b->size) return a->size > b->size ? -1 : 1;
    if (a->order != b->order) return a->order < b->order ? -1 : 1;
    if (a->group != b->group) return a->group < b->group ? -1 : 1;
    return a->row < b->row ? -1 : 1;
}

static lg_status list_members(splitting *s, lg_err *err)
{
    data_set *set = s->set;
    uint32_t *size = lg_alloc(set->rows, sizeof *size, err);
    uint64_t *order = lg_alloc(set->rows, sizeof *order, err);
    s->member = lg_alloc(set->rows, sizeof *s->member, err);
    bool done = size && order && s->member;
    if (done) {
        for (size_t i = 0; i < set->rows; i++) {
            if (!s->asked[i]) continue;
            uint32_t root = find_root(s->parent, (uint32_t)i);
            const char *sha = data_fact_of(set, i)->sha256;
            uint64_t draw = lg_hash64(sha, strlen(sha), s->spec->seed);
            if (size[root]++ == 0 || draw < order[root]) order[root] = draw;
            s->member[s->members++] = (member){.row = (uint32_t)i, .group = root};
        }
        for (size_t i = 0; i < s->members; i++) {
            s->member[i].size = size[s->member[i].group];
            s->member[i].order = order[s->member[i].group];
        }
        qsort(s->member, s->members, sizeof *s->member, by_place);
    }
    lg_free(size);
    lg_free(order);
    return done ? LG_OK : err->status;
}

/* ---- targets ---- */
/* Whole numbers that sum to n, by largest remainder; where n allows it no wanted part is empty. */
static void targets(const double part[DATA_SPLITS], size_t n, double out[DATA_SPLITS])
{
    size_t given = 0, wanted = 0;
    double rest[DATA_SPLITS];
    for (int p = DATA_TRAIN; p < DATA_SPLITS; p++) {
        out[p] = floor(part[p] * (double)n + 1e-9);
        rest[p] = part[p] * (double)n - out[p];
        given += (size_t)out[p];
        wanted += part[p] > 0;
    }
    for (; given < n; given++) {
        int best = DATA_TRAIN;
        for (int p = DATA_TRAIN; p < DATA_SPLITS; p++)
            if (rest[p] > rest[best] + 1e-9) best = p;
        out[best]++;
        rest[best]--;
    }
    for (int p = DATA_TRAIN; p < DATA_SPLITS && n >= wanted; p++) {
        if (part[p] <= 0 || out[p] > 0) continue;
        int most = DATA_TRAIN;
        for (int q = DATA_TRAIN; q < DATA_SPLITS; q++)
            if (out[q] > out[most]) most = q;
        out[most]--;
        out[p]++;
    }
}

static size_t class_of(const splitting *s, size_t row)
{
    return s->by_class ? (size_t)s->class[row] : 0;
}

static lg_status set_targets(splitting *s, lg_err *err)
{
    s->classes = s->by_class ? s->drawn : 1;
    lg_free(s->target);
    lg_free(s->have);
    lg_free(s->want);
    s->target = lg_alloc(DATA_SPLITS * s->classes, sizeof *s->target, err);
    s->have = lg_alloc(DATA_SPLITS * s->classes, sizeof *s->have, err);
    s->want = lg_alloc(s->classes, sizeof *s->want, err);
    if (!s->target || !s->have || !s->want) return err->status;
    for (size_t i = 0; i < s->members; i++) s->want[class_of(s, s->member[i].row)]++;
    for (size_t c = 0; c < s->classes; c++) {
        double part[DATA_SPLITS] = {0};
        targets(s->part, (size_t)s->want[c], part);
        for (int p = 0; p < DATA_SPLITS; p++) s->target[(size_t)p * s->classes + c] = part[p];
        s->want[c] = 0;
    }
    return LG_OK;
}

/* ---- placing ---- */
static double cost(const splitting *s, int part, const member *group)
{
    double sum = 0;
    for (uint32_t i = 0; i < group->size; i++) { /* each class of the group once */
        size_t c = class_of(s, group[i].row), at = (size_t)part * s->classes + c;
        double g = s->want[c];
        double over = s->target[at] > 0.5 ? s->target[at] : 0.5;
        sum +=
            (2 * (s->have[at] - s->target[at]) + g) / over; /* times g / g: g rows of this class add up to g * (...) */
    }
    return sum;
}

/* fill: only a part that has nothing yet will do. */
static void place(splitting *s, const member *group, bool fill)
{
    int best = 0;
    double least = 0;
    for (uint32_t i = 0; i < group->size; i++) s->want[class_of(s, group[i].row)]++;
    for (int p = DATA_TRAIN; p < DATA_SPLITS; p++) {
        if (s->part[p] <= 0 || (fill && s->placed[p])) continue;
        double c = cost(s, p, group);
        if (!best || c < least - 1e-12) best = p, least = c;
    }
    for (uint32_t i = 0; i < group->size; i++) {
        size_t c = class_of(s, group[i].row);
        s->set->row[group[i].row].split = (uint32_t)best;
        s->have[(size_t)best * s->classes + c]++;
        s->want[c] = 0;
    }
    s->placed[best] += group->size;
}

static size_t empty_parts(const splitting *s)
{
    size_t n = 0;
    for (int p = DATA_TRAIN; p < DATA_SPLITS; p++) n += s->part[p] > 0 && !s->placed[p];
    return n;
}

static lg_status place_all(splitting *s, bool by_class, lg_err *err)
{
    size_t left = 0;
    s->by_class = by_class;
    memset(s->placed, 0, sizeof s->placed);
    LG_TRY(set_targets(s, err));
    for (size_t i = 0; i < s->members; i += s->member[i].size) left++;
    for (size_t i = 0; i < s->members; i += s->member[i].size, left--)
        place(s, &s->member[i], !by_class && left <= empty_parts(s));
    return LG_OK;
}

/* ---- the whole ---- */
static lg_status check_cut(const data_cut *cut, double part[DATA_SPLITS], lg_err *err)
{
    double sum = cut->train + cut->val + cut->test;
    data_cut use = sum == 0 && cut->train == 0 ? DATA_80_20 : *cut;
    sum = use.train + use.val + use.test;
    part[DATA_TRAIN] = use.train;
    part[DATA_VAL] = use.val;
    part[DATA_TEST] = use.test;
    if (use.train > 0 && use.val >= 0 && use.test >= 0 && fabs(sum - 1) < 1e-6) return LG_OK;
    lg_fail(err, LG_E_ARG, 312, "the parts of a split must add up to 100, and train needs a share");
    lg_why(err, "train %g, val %g, test %g: together %g", use.train * 100, use.val * 100, use.test * 100, sum * 100);
    return lg_try(err, "80/20 or 70/15/15");
}

static lg_status check_by(const data_set *set, const char *by, lg_err *err)
{
    size_t n;
    const char *const *field = data_fields(set, &n);
    if (!by) return LG_OK;
    for (size_t i = 0; i < n; i++)
        if (lg_casecmp(field[i], by) == 0) return LG_OK;
    lg_buf list;
    lg_buf_init(&list, 500);
    for (size_t i = 0; i < n; i++) {
        lg_buf_adds(&list, i ? ", " : "");
        lg_buf_add_plain(&list, field[i], strlen(field[i]));
    }
    lg_fail(err, LG_E_NAME, 312, "the images have no field `%s` to split by", by);
    lg_why(err, "they have: %s", lg_buf_str(&list));
    const char *near = lg_nearest(by, field, n);
    if (near) lg_try(err, "did you mean `%s`?", near);
    else lg_try(err, "by source, or a column of the labels file");
    lg_buf_release(&list);
    return err->status;
}

/* A part without images is no split. */
static lg_status check_values(const splitting *s, size_t values, lg_err *err)
{
    size_t wanted = 0;
    for (int p = DATA_TRAIN; p < DATA_SPLITS; p++) wanted += s->part[p] > 0;
    if (values >= wanted) return LG_OK;
    lg_fail(err, LG_E_DATA, 312, "`%s` has %zu value%s, too few for %zu parts", s->spec->by, values,
            values == 1 ? "" : "s", wanted);
    lg_why(err, "images with the same `%s` stay together", s->spec->by);
    return lg_try(err, "leave out `by %s`; near-duplicates stay together anyway", s->spec->by);
}

/* A part without an image to cut would be taken apart. */
static lg_status check_members(const splitting *s, lg_err *err)
{
    if (!s->spec->of || s->members) return LG_OK;
    lg_fail(err, LG_E_DATA, 312, "there is no %s image to cut", data_split_names[s->spec->of]);
    return lg_try(err, "`show` with the same `where` says which images there are");
}

static lg_status split_rows(data_set *set, const data_split_spec *spec, size_t *by_values, lg_err *err)
{
    lg_status st;
    splitting s = {.set = set, .spec = spec};
    LG_TRY(check_cut(&spec->cut, s.part, err));
    LG_TRY(check_by(set, spec->by, err));
    s.parent = lg_alloc(set->rows, sizeof *s.parent, err);
    if (!s.parent) return err->status;
    for (size_t i = 0; i < set->rows; i++) s.parent[i] = (uint32_t)i;
    LG_GO(find_asked(&s, err));
    *by_values = 0;
    if (!spec->no_together) LG_GO(join_near(&s, err));
    if (spec->by) {
        LG_GO(join_by(&s, spec->by, by_values, err));
        LG_GO(check_values(&s, *by_values, err));
    }
    LG_GO(list_members(&s, err));
    LG_GO(check_members(&s, err));
    LG_GO(place_all(&s, !spec->no_stratify, err));
    /* Values that hold whole classes (by label) fall into train one class after the other; all together they fit. */
    if (spec->by && !spec->no_stratify && empty_parts(&s)) LG_GO(place_all(&s, false, err));
done:
    lg_free(s.asked);
    lg_free(s.parent);
    lg_free(s.class);
    lg_free(s.member);
    lg_free(s.target);
    lg_free(s.have);
    lg_free(s.want);
    return st;
}

static lg_status add_recipe(data_set *set, const data_split_spec *spec, lg_err *err)
{
    double part[DATA_SPLITS];
    LG_TRY(check_cut(&spec->cut, part, err));
    char test[32] = "";
    if (part[DATA_TEST] > 0) snprintf(test, sizeof test, "/%g", part[DATA_TEST] * 100);
    return data_recipe_add(set, err, "split %s%s%g/%g%s%s%s seed %llu%s%s%s", data_split_names[spec->of],
                           spec->of ? " " : "", part[DATA_TRAIN] * 100, part[DATA_VAL] * 100, test,
                           spec->by ? " by " : "", spec->by ? spec->by : "", (unsigned long long)spec->seed,
                           spec->no_stratify ? " no stratify" : "", spec->no_together ? " no together" : "",
                           spec->only ? " of chosen images" : "");
}

lg_status data_split_apply(data_set *set, const data_split_spec *spec, lg_err *err)
{
    size_t values;
    LG_TRY(split_rows(set, spec, &values, err));
    return add_recipe(set, spec, err);
}

lg_status data_leak_check(const data_set *set, data_split_report *report, lg_err *err)
{
    *report = (data_split_report){0};
    size_t n = data_group_places(set->table);
    uint32_t *size = lg_alloc(n, sizeof *size, err);
    uint8_t *parts = lg_alloc(n, sizeof *parts, err); /* bits of the parts a group is in */
    if (size && parts) {
        for (size_t i = 0; i < set->rows; i++) {
            if (!data_usable(set, i) || set->row[i].split == DATA_NONE) continue;
            uint32_t group = data_fact_of(set, i)->group;
            size[group]++;
            parts[group] |= (uint8_t)(1u << set->row[i].split);
        }
        for (size_t i = 0; i < set->rows; i++) {
            uint32_t split = set->row[i].split, group = data_fact_of(set, i)->group;
            if (!data_usable(set, i) || split == DATA_NONE) continue;
            if (split != DATA_TRAIN && (parts[group] & ~(1u << split))) report->across++;
        }
        for (size_t g = 0; g < n; g++) {
            if (size[g] < 2) continue;
            report->groups++;
            report->group_images += size[g];
        }
    }
    lg_free(size);
    lg_free(parts);
    return err->status;
}

/* Values of the field that are in several parts. */
static lg_status count_across(const data_set *set, const char *by, size_t *across, lg_err *err)
{
    data_map map;
    lg_arena keys;
    lg_status st;
    uint8_t *parts = NULL; /* bits of the parts a value is in, by the row that has it first */
    LG_TRY(data_map_init(&map, 64, false, err));
    lg_arena_init(&keys, 0);
    parts = lg_alloc(set->rows, sizeof *parts, err);
    if (!parts) LG_GO(err->status);
    for (size_t i = 0; i < set->rows; i++) {
        data_value value;
        char number[40];
        int64_t first;
        uint8_t part = (uint8_t)(1u << set->row[i].split);
        if (set->row[i].split == DATA_NONE) continue;
        if (!data_field(set, i, by, &value, err)) {
            LG_GO(err->status);
            continue;
        }
        const char *text = value_text(&value, number);
        if (!*text) continue;
        const char *key = text == number ? lg_arena_strndup(&keys, text, strlen(text), err) : text;
        if (!key) LG_GO(err->status);
        LG_GO(data_map_put(&map, key, (int64_t)i, &first, err));
        bool was = (parts[first] & (parts[first] - 1)) != 0;
        parts[first] |= part;
        *across += !was && (parts[first] & (parts[first] - 1));
    }
    st = LG_OK;
done:
    lg_free(parts);
    data_map_release(&map);
    lg_arena_release(&keys);
    return st;
}

lg_status data_split(const data_set *set, const data_split_spec *spec, data_set **out, data_split_report *report,
                     lg_err *err)
{
    lg_status st;
    size_t values = 0;
    data_set *next = data_set_next(set, set->rows, err);
    if (!next) return err->status;
    memcpy(next->row, set->row, set->rows * sizeof *next->row);
    LG_GO(split_rows(next, spec, &values, err));
    LG_GO(add_recipe(next, spec, err));
    if (report) {
        LG_GO(data_leak_check(next, report, err));
        report->by_groups = values;
        if (spec->by) LG_GO(count_across(next, spec->by, &report->by_across, err));
    }
    *out = next;
    next = NULL;
done:
    data_unref(next);
    return st;
}
