/* export_rows.c - tables as files of other programs. */
#include "kernel/commands/export_rows.h"
#include "kernel/commands/box_customers.h"
#include "lib/report/hyper.h"
#include "lib/report/parquet.h"

#include "lib/base/banned.h"

/* Handles lose their @: so they are as posts have them, and no spreadsheet takes them for a formula. */
static void bare_handles(rep_table *table)
{
    int user = rep_column_find(table, "user");
    for (size_t r = 0; user >= 0 && r < table->rows; r++) {
        rep_cell *cell = &table->cell[r * (size_t)table->columns + (size_t)user];
        cell->text += *cell->text == '@';
    }
}

lg_status cmd_export_table(const dsl_object *object, rep_table *table, lg_err *err)
{
    LG_TRY(cmd_table_of(object, table, err));
    if (cmd_customers(object)) bare_handles(table);
    return LG_OK;
}

/* ---- formats ---- */
enum { CELLS_AT_ONCE = 1 << 16 }; /* between two looks at the user: a few milliseconds */

typedef void add_rows(const rep_table *table, char separator, size_t from, size_t to, lg_buf *out);

static lg_status in_parts(const rep_table *table, const rep_work *work, add_rows *add, char separator, lg_buf *out,
                          lg_err *err)
{
    size_t step = CELLS_AT_ONCE / (size_t)(table->columns ? table->columns : 1) + 1;
    for (size_t from = 0; from < table->rows; from += step) {
        size_t to = table->rows - from < step ? table->rows : from + step;
        LG_TRY(lg_cancel_check(work->cancel, err));
        add(table, separator, from, to, out);
        LG_TRY(lg_buf_check(out, err));
        if (work->progress) work->progress(work->ctx, to, table->rows);
    }
    return lg_buf_check(out, err);
}

static lg_status write_csv(const rep_table *table, const rep_work *work, lg_buf *out, lg_err *err)
{
    rep_csv_head(table, ',', out);
    return in_parts(table, work, rep_csv_rows, ',', out, err);
}

static lg_status write_tsv(const rep_table *table, const rep_work *work, lg_buf *out, lg_err *err)
{
    rep_csv_head(table, '\t', out);
    return in_parts(table, work, rep_csv_rows, '\t', out, err);
}

static void add_json(const rep_table *table, char separator, size_t from, size_t to, lg_buf *out)
{
    (void)separator;
    rep_json_rows(table, from, to, out);
}

static lg_status write_json(const rep_table *table, const rep_work *work, lg_buf *out, lg_err *err)
{
    lg_buf_adds(out, "[");
    LG_TRY(in_parts(table, work, add_json, 0, out, err));
    lg_buf_adds(out, "\n]\n");
    return lg_buf_check(out, err);
}

#define GUARDED "texts that a spreadsheet would take for a formula begin with '"
static const cmd_rows_format formats[] = {
    {"csv", write_csv, GUARDED},          {"tsv", write_tsv, GUARDED},      {"json", write_json, NULL},
    {"parquet", rep_parquet_write, NULL}, {"hyper", rep_hyper_write, NULL},
};

const cmd_rows_format *cmd_rows_format_find(const char *ending)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (lg_casecmp(formats[i].ending, ending) == 0) return &formats[i];
    return NULL;
}
