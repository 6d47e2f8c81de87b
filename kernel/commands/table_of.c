/* table_of.c - any object with rows as a table, for `export` and for `compare`. */
#include "kernel/commands/box_customers.h"
#include "kernel/commands/box_grid.h"
#include "kernel/commands/box_matrix.h"
#include "kernel/commands/box_posts.h"
#include "kernel/commands/box_sweep.h"
#include "kernel/commands/box_table.h"
#include "lib/report/posts_table.h"

#include <math.h>
#include <stdio.h>

#include "lib/base/banned.h"

static lg_status of_table(const void *payload, rep_table *table, lg_err *err)
{
    rep_table_copy(&((const cmd_table *)payload)->table, table);
    return rep_table_check(table, err);
}

static lg_status of_matrix(const void *payload, rep_table *table, lg_err *err)
{
    const cmd_matrix *m = payload;
    int n = m->score.classes;
    rep_column_add(table, "true \\ predicted", REP_TEXT);
    for (int i = 0; i < n; i++) rep_column_mean(table, m->labels.name[m->order[i]], REP_NUMBER, REP_AS_WHOLE);
    rep_column_mean(table, "True Total", REP_NUMBER, REP_AS_WHOLE);
    for (int i = 0; i < n; i++) {
        nn_class_score row = nn_confusion_class(m->score.count, n, m->order[i]);
        rep_row_add(table);
        rep_text(table, m->labels.name[m->order[i]]);
        for (int j = 0; j < n; j++) rep_number(table, (double)m->score.count[m->order[i] * n + m->order[j]]);
        rep_number(table, (double)row.truth);
    }
    rep_row_add(table);
    rep_text(table, "Predicted Total");
    for (int j = 0; j < n; j++) rep_number(table, (double)nn_confusion_class(m->score.count, n, m->order[j]).predicted);
    rep_number(table, (double)cmd_score_total(&m->score));
    return rep_table_check(table, err);
}

/* The type of a column is that of its values: texts where any row has one. */
static rep_type field_type(const data_set *set, const char *field)
{
    data_value value;
    lg_err ignored = {0};
    rep_type type = REP_TEXT;
    for (size_t i = 0; i < data_count(set) && i < 100; i++)
        if (data_field(set, i, field, &value, &ignored))
            type = value.kind == DATA_TEXT ? REP_TEXT : value.kind == DATA_TRUTH ? REP_TRUTH : REP_NUMBER;
    return type;
}

static void add_field(rep_table *table, rep_type type, const data_set *set, size_t row, const char *field)
{
    data_value value;
    lg_err ignored = {0};
    if (!data_field(set, row, field, &value, &ignored)) rep_missing(table);
    else if (type == REP_TEXT && value.kind == DATA_TEXT) rep_text(table, value.text);
    else if (type == REP_TRUTH && value.kind == DATA_TRUTH) rep_truth(table, value.number != 0);
    else if (type == REP_NUMBER && value.kind == DATA_NUMBER) rep_number(table, value.number);
    else rep_missing(table);
}

static lg_status of_dataset(const void *payload, rep_table *table, lg_err *err)
{
    const data_set *set = payload;
    size_t count;
    const char *const *fields = data_fields(set, &count);
    for (size_t i = 0; i < count; i++) rep_column_add(table, fields[i], field_type(set, fields[i]));
    LG_TRY(rep_table_check(table, err));
    for (size_t r = 0; r < data_count(set); r++) {
        rep_row_add(table);
        for (int i = 0; i < table->columns; i++) add_field(table, table->column[i].type, set, r, fields[i]);
    }
    return rep_table_check(table, err);
}

static lg_status of_run(const void *payload, rep_table *table, lg_err *err)
{
    static const char *const columns[] = {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"};
    const nn_run *run = &((const cmd_run *)payload)->run;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        rep_column_mean(table, columns[i], REP_NUMBER, i == 0 ? REP_AS_WHOLE : REP_AS_IS);
    for (int i = 0; i < run->epochs; i++) {
        const nn_epoch *e = &run->epoch[i];
        const double values[] = {e->epoch, e->loss, e->accuracy, e->val_loss, e->val_accuracy, e->seconds};
        rep_row_add(table);
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) rep_number(table, values[k]);
    }
    return rep_table_check(table, err);
}

/* Columns are numbered, as `at ROW,COL` counts them. */
static lg_status of_grid(const void *payload, rep_table *table, lg_err *err)
{
    const dsl_grid *grid = payload;
    for (int c = 0; c < grid->cols; c++) {
        char name[16];
        snprintf(name, sizeof name, "%d", c + 1);
        rep_column_add(table, name, REP_NUMBER);
    }
    for (int r = 0; r < grid->rows; r++) {
        rep_row_add(table);
        for (int c = 0; c < grid->cols; c++) rep_number(table, grid->cell[(size_t)r * (size_t)grid->cols + (size_t)c]);
    }
    return rep_table_check(table, err);
}

static lg_status of_posts(const void *payload, rep_table *table, lg_err *err)
{
    return rep_posts_table(payload, NULL, table, err);
}

lg_status cmd_table_of(const dsl_object *object, rep_table *table, lg_err *err)
{
    static const struct {
        const dsl_class *cls;
        lg_status (*fill)(const void *payload, rep_table *table, lg_err *err);
    } kinds[] = {{&cmd_table_class, of_table},     {&cmd_customers_class, of_table}, /* begins with one */
                 {&cmd_matrix_class, of_matrix},   {&cmd_sweep_class, cmd_sweep_table},
                 {&cmd_dataset_class, of_dataset}, {&cmd_posts_class, of_posts},
                 {&cmd_run_class, of_run},         {&cmd_grid_class, of_grid}};
    rep_table_init(table);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].cls == object->cls) return kinds[i].fill(object->payload, table, err);
    lg_fail(err, LG_E_ARG, 133, "%s has no rows to make a table of", dsl_kind_phrase(object->cls->kind));
    return lg_try(err, "posts, datasets, runs, tables and grids have rows");
}
