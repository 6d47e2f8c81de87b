/* combine.c - several sets as one: a new table, new numbers, look-alikes found across all. */
#include <string.h>
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

typedef struct merging {
    const data_set *const *set;
    size_t sets, rows;
    data_table *table;
    data_block *block, **from; /* (rows) where the pixels of each are */
    uint32_t *at;
    data_names *names;
    int32_t *number;
} merging;

static lg_status different(const data_set *a, const data_set *b, lg_err *err)
{
    data_size x = data_shape(a), y = data_shape(b);
    lg_fail(err, LG_E_DATA, 315, "the datasets have images of different sizes");
    if (x.h && y.h) lg_why(err, "%dx%dx%d and %dx%dx%d", x.h, x.w, x.c, y.h, y.w, y.c);
    return lg_try(err, "load them with the same size: load NAME from … size 64x64");
}

/* Of pixels: those that leave images out have done their work. */
static bool same_rules(const data_rules *a, const data_rules *b)
{
    bool fill = !a->glare || a->replace == b->replace;
    return a->glare == b->glare && fill && a->low >= b->low && a->low <= b->low && a->high >= b->high &&
           a->high <= b->high;
}

static lg_status fitted_apart(const data_set *a, const data_set *b, lg_err *err)
{
    lg_fail(err, LG_E_DATA, 343, "the datasets were fitted in different ways");
    lg_why(err, "one was made with `fit %s`, another with `fit %s`", data_fit_name(a->fit), data_fit_name(b->fit));
    return lg_try(err, "fit one like the other: clean NAME fit %s", data_fit_name(a->fit));
}

static lg_status check_shapes(const merging *m, lg_err *err)
{
    data_size first = data_shape(m->set[0]);
    for (size_t i = 1; i < m->sets; i++) {
        data_size size = data_shape(m->set[i]);
        if (size.h != first.h || size.w != first.w || size.c != first.c) return different(m->set[0], m->set[i], err);
        if (size.h && m->set[0]->fit != m->set[i]->fit) return fitted_apart(m->set[0], m->set[i], err);
        if (same_rules(&m->set[0]->rules, &m->set[i]->rules)) continue;
        lg_fail(err, LG_E_DATA, 343, "the datasets were cleaned in different ways");
        lg_why(err, "glare or scale differ, and one dataset has one rule for all of its images");
        return lg_try(err, "combine them first, then `clean` the result");
    }
    return LG_OK;
}

/* What all sets have is what the result has; of different ones none is everybody's. */
static data_augment common_augment(const merging *m)
{
    const data_augment *first = &m->set[0]->augment;
    for (size_t i = 1; i < m->sets; i++) {
        const data_augment *a = &m->set[i]->augment;
        if (a->times != first->times || a->seed != first->seed || a->fresh != first->fresh ||
            memcmp(&a->how, &first->how, sizeof a->how))
            return (data_augment){0};
    }
    return *first;
}

/* Further columns of all sets, each name once. */
static lg_status merge_columns(merging *m, lg_err *err)
{
    size_t most = 0;
    data_table *t = m->table;
    for (size_t s = 0; s < m->sets; s++) most += m->set[s]->table->columns;
    t->column = lg_alloc(most, sizeof *t->column, err);
    if (!t->column) return err->status;
    for (size_t s = 0; s < m->sets; s++) {
        for (size_t k = 0; k < m->set[s]->table->columns; k++) {
            const char *name = m->set[s]->table->column[k];
            size_t at = 0;
            while (at < t->columns && lg_casecmp(t->column[at], name)) at++;
            if (at < t->columns) continue;
            t->column[at] = lg_arena_strndup(&t->text, name, strlen(name), err);
            if (!t->column[at]) return err->status;
            t->columns++;
        }
    }
    t->cell = lg_alloc(m->rows * (t->columns ? t->columns : 1), sizeof *t->cell, err);
    return t->cell ? data_table_fields(t, err) : err->status;
}

static const char *copy(data_table *t, const char *text, lg_err *err)
{
    return *text ? lg_arena_strndup(&t->text, text, strlen(text), err) : "";
}

static lg_status merge_row(merging *m, const data_set *set, size_t row, size_t at, lg_err *err)
{
    data_table *t = m->table;
    const data_fact *from = data_fact_of(set, row);
    data_fact *fact = &t->fact[at];
    *fact = *from;
    fact->id = (uint32_t)at + 1;
    fact->name = copy(t, from->name, err);
    fact->path = copy(t, from->path, err);
    fact->source = copy(t, from->source, err);
    fact->broken = from->broken ? copy(t, from->broken, err) : NULL;
    if (!fact->name || !fact->path || !fact->source || (from->broken && !fact->broken)) return err->status;
    for (size_t k = 0; k < t->columns; k++) {
        t->cell[at * t->columns + k] = "";
        for (size_t j = 0; j < set->table->columns; j++) {
            if (lg_casecmp(set->table->column[j], t->column[k])) continue;
            const char *cell = copy(t, set->table->cell[set->row[row].fact * set->table->columns + j], err);
            if (!cell) return err->status;
            t->cell[at * t->columns + k] = cell;
        }
    }
    m->from[at] = set->block;
    m->at[at] = set->row[row].fact;
    return LG_OK;
}

static lg_status merge_names(merging *m, lg_err *err)
{
    size_t at = 0;
    const char **label = lg_alloc(m->rows, sizeof *label, err);
    m->number = lg_alloc(m->rows, sizeof *m->number, err);
    if (label && m->number) {
        for (size_t s = 0; s < m->sets; s++)
            for (size_t i = 0; i < m->set[s]->rows; i++)
                label[at++] = data_class_name(m->set[s], m->set[s]->row[i].label);
        m->names = data_names_new(label, m->rows, m->number, err);
    }
    lg_free(label);
    return m->names ? LG_OK : err->status;
}

static lg_status merge_parts(merging *m, lg_err *err)
{
    size_t at = 0;
    data_size size = data_shape(m->set[0]);
    LG_TRY(check_shapes(m, err));
    m->table = data_table_new(m->rows, err);
    if (!m->table) return err->status;
    m->from = lg_alloc(m->rows, sizeof *m->from, err);
    m->at = lg_alloc(m->rows, sizeof *m->at, err);
    if (!m->from || !m->at) return err->status;
    LG_TRY(merge_columns(m, err));
    for (size_t s = 0; s < m->sets; s++) LG_TRY(data_table_keep_all(m->table, m->set[s]->table, err));
    for (size_t s = 0; s < m->sets; s++)
        for (size_t i = 0; i < m->set[s]->rows; i++) LG_TRY(merge_row(m, m->set[s], i, at++, err));
    if (size.h > 0 && m->rows) m->block = data_block_joined(m->table, m->from, m->at, m->rows, err);
    if (size.h > 0 && m->rows && !m->block) return err->status;
    LG_TRY(data_table_number(m->table, false, err));
    LG_TRY(data_find_groups(m->table, NULL, err));
    return merge_names(m, err);
}

static data_row merged_row(const merging *m, const data_row *from, size_t at)
{
    return (data_row){.fact = (uint32_t)at,
                      .label = m->number[at],
                      .split = from->split,
                      .fixed = from->fixed,
                      .unlogged = from->unlogged};
}

static lg_status merge_drawn(const merging *m, data_set *set, lg_err *err)
{
    size_t at = 0;
    const char **drawn = lg_alloc(m->rows, sizeof *drawn, err);
    if (!drawn) return err->status;
    for (size_t s = 0; s < m->sets; s++)
        for (size_t i = 0; i < m->set[s]->rows; i++) drawn[at++] = data_drawn_label(m->set[s], i);
    lg_status st = data_draw_by(set, drawn, err);
    lg_free(drawn);
    return st;
}

static lg_status merge_recipe(const merging *m, data_set *set, lg_err *err)
{
    for (size_t s = 0; s < m->sets; s++)
        if (*m->set[s]->recipe) LG_TRY(data_recipe_add(set, err, "%s", m->set[s]->recipe));
    return data_recipe_add(set, err, "combine these %zu", m->sets);
}

lg_status data_combine(const data_set *const *sets, size_t n, data_set **out, lg_err *err)
{
    lg_status st;
    merging m = {.set = sets, .sets = n};
    data_set *set = NULL;
    if (n == 0) return lg_fail(err, LG_E_ARG, 309, "there is nothing to combine");
    for (size_t s = 0; s < n; s++) m.rows += sets[s]->rows;
    LG_GO(merge_parts(&m, err));
    set = data_set_new(m.table, m.names, m.block, m.rows, err);
    if (!set) {
        st = err->status;
        goto done;
    }
    set->fit = sets[0]->fit;
    set->seed = sets[0]->seed;
    set->rules = sets[0]->rules;
    set->augment = common_augment(&m);
    size_t at = 0;
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < sets[s]->rows; i++, at++) set->row[at] = merged_row(&m, &sets[s]->row[i], at);
    LG_GO(merge_drawn(&m, set, err));
    LG_GO(merge_recipe(&m, set, err));
    *out = set;
    set = NULL;
done:
    data_unref(set);
    data_table_unref(m.table);
    data_names_unref(m.names);
    data_block_unref(m.block);
    lg_free(m.from);
    lg_free(m.at);
    lg_free(m.number);
    return st;
}
