/* clean.c - cleaning rules over a dataset: pixels first, then, on what they have become, which images stay. */
#include "lib/data/clean.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "lib/data/dataset_private.h"
#include "lib/image/hash.h"

#include "lib/base/banned.h"

const char *const data_rule_names[DATA_RULES] = {"size", "glare", "drop", "brightness", "blur", "dedupe"};

typedef struct cleaning {
    const data_set *set;
    const data_clean_spec *spec;
    data_clean_report *report;
    data_rules rules;
    data_block *block;
    uint32_t *changed; /* (table) pixels replaced, of each image */
    bool *present;     /* (table) images that are in the set: others may be gone from the disk */
    uint32_t *image;   /* (rows) their places in the table */
    bool *skip;        /* (rows) of a walk over the pictures */
    bool *gone;        /* (rows) */
    float *value;      /* (rows) what the rule at hand measured */
    const img_op *measure;
} cleaning;

data_rules data_rules_of(const data_set *set)
{
    data_rules rules = set->rules;
    rules.size = data_shape(set);
    rules.fit = set->fit;
    return rules;
}

void data_clean_report_release(data_clean_report *report)
{
    for (int r = 0; r < DATA_RULES; r++) lg_free(report->measured[r]);
    lg_free(report->gone);
    *report = (data_clean_report){0};
}

/* ---- pixels ---- */
static void choose_size(cleaning *c)
{
    data_size now = data_shape(c->set), *size = &c->rules.size;
    if (!size->h) *size = now.h ? now : (data_size){.h = 64, .w = 64};
    if (!size->c) size->c = now.c;
}

static bool same_fit(const cleaning *c)
{
    data_size now = data_shape(c->set), size = c->rules.size;
    bool fits = now.h == size.h && now.w == size.w && now.c == size.c;
    return fits && c->set->fit == c->rules.fit;
}

/* The pictures of the rows, from `block`; skip: those not asked for. */
static data_visit visit_of(cleaning *c, data_block *block,
                           lg_status (*fn)(void *ctx, size_t row, uint8_t *px, lg_err *err))
{
    const data_clean_spec *s = c->spec;
    for (size_t i = 0; i < c->set->rows; i++) c->image[i] = c->set->row[i].fact;
    return (data_visit){.block = block,
                        .count = c->set->rows,
                        .image = c->image,
                        .skip = c->skip,
                        .fn = fn,
                        .ctx = c,
                        .pool = s->pool,
                        .cancel = s->cancel,
                        .progress = s->progress,
                        .progress_ctx = s->progress_ctx};
}

static lg_status glare_of(void *ctx, size_t row, uint8_t *px, lg_err *err)
{
    cleaning *c = ctx;
    data_size size = c->rules.size;
    uint32_t image = c->image[row];
    img_picture picture = {.h = size.h, .w = size.w, .c = size.c, .px = px}; /* borrowed */
    LG_TRY(data_rules_count(&c->rules, &picture, &c->changed[image], err));
    data_block_keep(c->block, image, px, true);
    return LG_OK;
}

/* The fitted pictures are known, untouched by rules: no file is read again. */
static lg_status copy_pixels(cleaning *c, lg_err *err)
{
    c->block = data_block_new(c->set->table, &c->rules, err);
    if (!c->block) return err->status;
    for (size_t i = 0; i < c->set->rows; i++) c->skip[i] = data_fact_of(c->set, i)->broken;
    const data_visit visit = visit_of(c, c->set->block, glare_of);
    return data_block_visit(&visit, err);
}

static lg_status decode_pixels(cleaning *c, lg_err *err)
{
    c->present = lg_alloc(c->set->table->count, sizeof *c->present, err);
    if (!c->present) return err->status;
    for (size_t i = 0; i < c->set->rows; i++) c->present[c->set->row[i].fact] = true;
    data_decode_job job = {.table = c->set->table,
                           .present = c->present,
                           .rules = c->rules,
                           .changed = c->changed,
                           .verify = true,
                           .pool = c->spec->pool,
                           .cancel = c->spec->cancel,
                           .progress = c->spec->progress,
                           .progress_ctx = c->spec->progress_ctx};
    return data_decode_block(&job, &c->block, err);
}

static lg_status make_pixels(cleaning *c, lg_err *err)
{
    const data_set *set = c->set;
    c->changed = lg_alloc(set->table->count, sizeof *c->changed, err);
    c->image = lg_alloc(set->rows, sizeof *c->image, err);
    c->skip = lg_alloc(set->rows, sizeof *c->skip, err);
    if (!c->changed || !c->image || !c->skip) return err->status;
    if (!same_fit(c) || set->rules.glare) return decode_pixels(c, err);
    return c->rules.glare ? copy_pixels(c, err) : LG_OK; /* the block of the old version serves */
}

/* ---- the report ---- */
/* Keeps the ids of the most changed images, most changed first. */
static void add_example(data_clean_report *report, data_rule rule, uint32_t id, uint32_t much, uint32_t *least)
{
    uint32_t *example = report->rule[rule].example;
    int n = report->rule[rule].examples, at = n;
    while (at > 0 && least[at - 1] < much) at--;
    if (at >= DATA_EXAMPLES) return;
    if (n < DATA_EXAMPLES) report->rule[rule].examples = ++n;
    for (int i = n - 1; i > at; i--) example[i] = example[i - 1], least[i] = least[i - 1];
    example[at] = id;
    least[at] = much;
}

static void report_pixels(cleaning *c)
{
    uint32_t much[DATA_EXAMPLES];
    double share = 0;
    data_clean_report *r = c->report;
    data_size size = c->rules.size;
    r->rule[DATA_RULE_SIZE].on = !same_fit(c);
    r->rule[DATA_RULE_GLARE].on = c->rules.glare > 0;
    for (size_t i = 0; i < c->set->rows; i++) {
        uint32_t replaced = c->changed[c->set->row[i].fact];
        const data_fact *fact = data_fact_of(c->set, i);
        if (fact->broken) continue;
        if (fact->h != size.h || fact->w != size.w) r->rule[DATA_RULE_SIZE].images++;
        if (!replaced || !c->rules.glare) continue;
        r->rule[DATA_RULE_GLARE].images++;
        share += (double)replaced / ((double)size.h * size.w);
        add_example(r, DATA_RULE_GLARE, fact->id, replaced, much);
    }
    if (share > 0) r->rule[DATA_RULE_GLARE].share = share / (double)r->rule[DATA_RULE_GLARE].images;
}

static void leave_out(cleaning *c, size_t row, data_rule rule, float value, uint32_t like)
{
    data_clean_report *r = c->report;
    uint32_t id = data_fact_of(c->set, row)->id;
    c->gone[row] = true;
    r->gone[r->gones++] = (data_gone){.id = id, .rule = rule, .value = value, .like = like};
    if (r->rule[rule].examples < DATA_EXAMPLES) r->rule[rule].example[r->rule[rule].examples++] = id;
    r->rule[rule].images++;
}

/* ---- which images stay ---- */
static void drop_unusable(cleaning *c)
{
    c->report->rule[DATA_RULE_DROP].on = true;
    for (size_t i = 0; i < c->set->rows; i++)
        if (!data_usable(c->set, i) && (!c->spec->only || c->spec->only[i])) leave_out(c, i, DATA_RULE_DROP, 0, 0);
}

static bool asked(const cleaning *c, size_t row)
{
    return !c->gone[row] && !data_fact_of(c->set, row)->broken && (!c->spec->only || c->spec->only[row]);
}

static lg_status measure_one(void *ctx, size_t row, uint8_t *px, lg_err *err)
{
    cleaning *c = ctx;
    data_size size = c->rules.size;
    (void)err;
    c->value[row] = (float)c->measure->measure(&(img_picture){.h = size.h, .w = size.w, .c = size.c, .px = px});
    return LG_OK;
}

/* Leaves out those whose measure lies below low or above high. */
static lg_status keep_measured(cleaning *c, data_rule rule, double low, double high, lg_err *err)
{
    data_clean_report *r = c->report;
    float *all = lg_alloc(c->set->rows, sizeof *all, err);
    if (!all) return err->status;
    r->measured[rule] = all;
    r->rule[rule].on = true;
    c->measure = img_op_find(data_rule_names[rule]);
    for (size_t i = 0; i < c->set->rows; i++) c->skip[i] = !asked(c, i);
    const data_visit visit = visit_of(c, c->block ? c->block : c->set->block, measure_one);
    LG_TRY(data_block_visit(&visit, err));
    for (size_t i = 0; i < c->set->rows; i++) {
        if (!asked(c, i)) continue;
        float v = c->value[i];
        if (!r->asked[rule] || v < r->rule[rule].least) r->rule[rule].least = v;
        if (!r->asked[rule] || v > r->rule[rule].most) r->rule[rule].most = v;
        all[r->asked[rule]++] = v;
        if ((double)v < low || (double)v > high) leave_out(c, i, rule, v, 0);
    }
    return LG_OK;
}

typedef struct lookalike {
    uint32_t row, group, keeper;
    int32_t label;
} lookalike;

static int by_group_label(const void *left, const void *right)
{
    const lookalike *a = left, *b = right;
    if (a->group != b->group) return a->group < b->group ? -1 : 1;
    if (a->label != b->label) return a->label > b->label ? -1 : 1; /* those without a label last */
    return (a->row > b->row) - (a->row < b->row);
}

static int by_row(const void *left, const void *right)
{
    const lookalike *a = left, *b = right;
    return (a->row > b->row) - (a->row < b->row);
}

/* Of each group the first one of every label stays: pictures that look alike and are labelled otherwise are for people
 * to judge. One without a label goes where any has one. list is sorted by group and label. */
static void find_keepers(cleaning *c, lookalike *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool joined = i && list[i].group == list[i - 1].group;
        bool repeats = joined && (list[i].label == list[i - 1].label || list[i].label < 0);
        list[i].keeper = repeats ? list[i - 1].keeper : list[i].row;
        c->report->conflicts += joined && !repeats;
    }
}

static lg_status find_groups(cleaning *c, lookalike *list, size_t n, lg_err *err)
{
    lg_status st = LG_E_MEMORY;
    uint64_t *hash = lg_alloc(n, sizeof *hash, err);
    uint32_t *group = lg_alloc(n, sizeof *group, err);
    if (!hash || !group) goto done;
    for (size_t i = 0; i < n; i++) hash[i] = data_fact_of(c->set, list[i].row)->phash;
    LG_GO(img_near_groups(hash, n, c->rules.near, c->spec->cancel, group, NULL, err));
    for (size_t i = 0; i < n; i++) list[i].group = group[i];
done:
    lg_free(hash);
    lg_free(group);
    return st;
}

static lg_status drop_lookalikes(cleaning *c, lg_err *err)
{
    size_t n = 0, rows = c->set->rows;
    lookalike *list = lg_alloc(rows, sizeof *list, err);
    if (!list) return err->status;
    c->report->rule[DATA_RULE_DEDUPE].on = true;
    for (size_t i = 0; i < rows; i++)
        if (asked(c, i)) list[n++] = (lookalike){.row = (uint32_t)i, .label = c->set->row[i].label};
    lg_status st = find_groups(c, list, n, err);
    if (!st) {
        qsort(list, n, sizeof *list, by_group_label);
        find_keepers(c, list, n);
        qsort(list, n, sizeof *list, by_row);
    }
    for (size_t i = 0; !st && i < n; i++)
        if (list[i].keeper != list[i].row)
            leave_out(c, list[i].row, DATA_RULE_DEDUPE, 0, data_fact_of(c->set, list[i].keeper)->id);
    lg_free(list);
    return st;
}

/* 0.0104, 23,612. */
static void add_measure(lg_buf *out, double value)
{
    if (value >= 1000) lg_buf_adds(out, lg_thousands((long long)(value + 0.5)));
    else lg_buf_addf(out, "%.3g", value);
}

static lg_status nothing_left(const cleaning *c, lg_err *err)
{
    const data_clean_report *r = c->report;
    lg_buf list;
    lg_buf_init(&list, 0);
    for (int rule = DATA_RULE_DROP; rule < DATA_RULES; rule++) {
        if (!r->rule[rule].images) continue;
        lg_buf_addf(&list, "%s%s left out %s", list.len ? "; " : "", data_rule_names[rule],
                    lg_thousands((long long)r->rule[rule].images));
        if (!r->asked[rule]) continue;
        lg_buf_adds(&list, ", which measure ");
        add_measure(&list, (double)r->rule[rule].least);
        lg_buf_adds(&list, " to ");
        add_measure(&list, (double)r->rule[rule].most);
    }
    lg_fail(err, LG_E_DATA, 341, "these rules leave no images");
    lg_why(err, "%s", lg_buf_str(&list));
    lg_buf_release(&list);
    return lg_try(err, "widen the rule, or leave it out");
}

/* Files that cannot be read are no images that somebody could work with. */
static bool some_stay(const cleaning *c)
{
    for (size_t i = 0; i < c->set->rows; i++)
        if (!c->gone[i] && !data_fact_of(c->set, i)->broken) return true;
    return false;
}

static lg_status choose_rows(cleaning *c, lg_err *err)
{
    const data_rules *rules = &c->spec->rules;
    size_t rows = c->set->rows;
    c->gone = lg_alloc(rows, sizeof *c->gone, err);
    c->value = lg_alloc(rows, sizeof *c->value, err);
    c->report->gone = lg_alloc(rows, sizeof *c->report->gone, err);
    if (!c->gone || !c->value || !c->report->gone) return err->status;
    if (rules->drop) drop_unusable(c);
    if (rules->dark > 0 || rules->bright < 1)
        LG_TRY(keep_measured(c, DATA_RULE_BRIGHTNESS, rules->dark, rules->bright, err));
    if (rules->blur > 0) LG_TRY(keep_measured(c, DATA_RULE_BLUR, rules->blur, INFINITY, err));
    if (rules->dedupe) LG_TRY(drop_lookalikes(c, err));
    return c->report->gones && !some_stay(c) ? nothing_left(c, err) : LG_OK;
}

/* ---- the new version ---- */
/* What earlier cleaning decided stays decided, and said. */
static data_rules remembered(const cleaning *c)
{
    data_rules rules = c->rules;
    const data_rules *before = &c->set->rules;
    if (c->spec->only) { /* a rule for some images is none of the dataset's: the rows tell what it did */
        rules.dark = 0, rules.bright = 1, rules.blur = 0;
        rules.dedupe = rules.drop = false;
    }
    if (rules.dark <= 0 && rules.bright >= 1) rules.dark = before->dark, rules.bright = before->bright;
    if (rules.blur <= 0) rules.blur = before->blur;
    if (!rules.dedupe) rules.dedupe = before->dedupe, rules.near = before->near;
    rules.drop |= before->drop;
    return rules;
}

static lg_status make_version(cleaning *c, data_set **out, lg_err *err)
{
    const data_set *set = c->set;
    data_set *next = data_set_next(set, set->rows - c->report->gones, err);
    if (!next) return err->status;
    for (size_t i = 0, n = 0; i < set->rows; i++)
        if (!c->gone[i]) next->row[n++] = set->row[i];
    if (c->block) {
        data_block_unref(next->block);
        next->block = c->block;
        c->block = NULL;
    }
    next->fit = c->rules.fit;
    next->rules = remembered(c);
    lg_buf text;
    lg_buf_init(&text, 0);
    c->rules.size = data_shape(next);
    data_rules_text(&c->rules, &text);
    lg_status st = lg_buf_check(&text, err);
    if (!st) st = data_recipe_add(next, err, "clean %s%s", lg_buf_str(&text), c->spec->only ? " of chosen images" : "");
    if (!st) st = data_find_firsts(next, err);
    lg_buf_release(&text);
    if (st) data_unref(next);
    else *out = next;
    return st;
}

lg_status data_clean(const data_set *set, const data_clean_spec *spec, data_set **out, data_clean_report *report,
                     lg_err *err)
{
    cleaning c = {.set = set, .spec = spec, .report = report, .rules = spec->rules};
    lg_status st;
    *report = (data_clean_report){0};
    choose_size(&c);
    LG_GO(data_check_size(c.rules.size, err));
    LG_GO(make_pixels(&c, err));
    if (c.block) c.rules.size = data_block_size(c.block);
    report_pixels(&c);
    LG_GO(choose_rows(&c, err));
    LG_GO(make_version(&c, out, err));
done:
    data_block_unref(c.block);
    lg_free(c.changed);
    lg_free(c.image);
    lg_free(c.skip);
    lg_free(c.present);
    lg_free(c.gone);
    lg_free(c.value);
    return st;
}

lg_status data_at_size(const data_set *set, data_size size, data_set **out, lg_err *err)
{
    data_rules rules = data_rules_of(set);
    rules.size = size;
    LG_TRY(data_check_size(size, err));
    data_block *block = data_block_new(set->table, &rules, err);
    data_set *next = block ? data_set_next(set, set->rows, err) : NULL;
    if (!next) {
        data_block_unref(block);
        return err->status;
    }
    memcpy(next->row, set->row, set->rows * sizeof *next->row);
    data_block_unref(next->block);
    next->block = block;
    next->rules.low = 0, next->rules.high = 1;
    *out = next;
    return LG_OK;
}
