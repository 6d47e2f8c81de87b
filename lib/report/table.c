/* table.c - building tables; failures stick, as in documents. */
#include "lib/report/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { TEXT_BYTES = 256 << 20 };

void rep_table_init(rep_table *table)
{
    table->columns = 0;
    table->rows = 0;
    table->cell = NULL;
    table->capacity = 0;
    table->filled = 0;
    table->failed = (lg_err){0};
    lg_arena_init(&table->text, TEXT_BYTES);
}

void rep_table_release(rep_table *table)
{
    lg_free(table->cell);
    lg_arena_release(&table->text);
    rep_table_init(table);
}

lg_status rep_table_check(const rep_table *table, lg_err *err)
{
    if (table->failed.status == LG_OK) return LG_OK;
    return lg_fail(err, table->failed.status, table->failed.code, "%s", table->failed.msg);
}

/* ---- columns and rows ---- */
static char *keep(rep_table *table, const char *text)
{
    return lg_arena_strndup(&table->text, text, strlen(text), &table->failed);
}

void rep_column_mean(rep_table *table, const char *name, rep_type type, rep_meaning meaning)
{
    if (table->failed.status) return;
    if (table->columns == REP_COLUMNS) {
        lg_fail(&table->failed, LG_E_LIMIT, 902, "a table has more than %d columns", REP_COLUMNS);
        return;
    }
    char *copy = keep(table, name);
    if (!copy) return;
    table->meaning[table->columns] = meaning;
    table->column[table->columns++] = (rep_column){copy, type};
}

void rep_column_add(rep_table *table, const char *name, rep_type type)
{
    rep_column_mean(table, name, type, REP_AS_IS);
}

static rep_cell missing(rep_type type)
{
    return type == REP_TEXT ? (rep_cell){.text = ""} : (rep_cell){.number = NAN};
}

/* Room for one more row, doubled each time. */
static bool grow(rep_table *table)
{
    size_t need = (table->rows + 1) * (size_t)table->columns;
    if (need <= table->capacity) return true;
    if (need > REP_CELLS) {
        lg_fail(&table->failed, LG_E_LIMIT, 902, "a table has more than %s cells", lg_thousands(REP_CELLS));
        return false;
    }
    size_t capacity = table->capacity * 2 > need + 64 ? table->capacity * 2 : need + 64;
    rep_cell *cell = lg_realloc(table->cell, table->capacity, capacity, sizeof *cell, &table->failed);
    if (!cell) return false;
    table->cell = cell;
    table->capacity = capacity;
    return true;
}

void rep_row_add(rep_table *table)
{
    if (table->failed.status || !table->columns || !grow(table)) return;
    rep_cell *row = table->cell + table->rows++ * (size_t)table->columns;
    for (int i = 0; i < table->columns; i++) row[i] = missing(table->column[i].type);
    table->filled = 0;
}

/* ---- cells ---- */
/* The place of the next cell when its column is of this type; NULL leaves it missing. */
static rep_cell *next_cell(rep_table *table, rep_type type)
{
    if (table->failed.status || !table->rows || table->filled >= table->columns) return NULL;
    int at = table->filled++;
    return table->column[at].type == type ? &table->cell[(table->rows - 1) * (size_t)table->columns + (size_t)at]
                                          : NULL;
}

void rep_text(rep_table *table, const char *text)
{
    rep_cell *cell = next_cell(table, REP_TEXT);
    char *copy = cell && *text ? keep(table, text) : NULL;
    if (copy) cell->text = copy;
}

void rep_textf(rep_table *table, const char *fmt, ...)
{
    lg_buf text;
    va_list ap;
    lg_buf_init(&text, 1 << 20);
    va_start(ap, fmt);
    lg_buf_addv(&text, fmt, ap);
    va_end(ap);
    if (table->failed.status || lg_buf_check(&text, &table->failed) == LG_OK) rep_text(table, lg_buf_str(&text));
    lg_buf_release(&text);
}

void rep_number(rep_table *table, double number)
{
    rep_cell *cell = next_cell(table, REP_NUMBER);
    if (cell) cell->number = isfinite(number) ? number : (double)NAN;
}

void rep_truth(rep_table *table, bool truth)
{
    rep_cell *cell = next_cell(table, REP_TRUTH);
    if (cell) cell->number = truth;
}

void rep_missing(rep_table *table)
{
    if (table->filled < table->columns) table->filled++;
}

void rep_table_copy(const rep_table *from, rep_table *to)
{
    for (int i = 0; i < from->columns; i++)
        rep_column_mean(to, from->column[i].name, from->column[i].type, from->meaning[i]);
    for (size_t r = 0; r < from->rows; r++) {
        rep_row_add(to);
        for (int i = 0; i < from->columns; i++) {
            const rep_cell *cell = rep_cell_at(from, r, i);
            if (from->column[i].type == REP_TEXT) rep_text(to, cell->text);
            else if (isnan(cell->number)) rep_missing(to);
            else if (from->column[i].type == REP_NUMBER) rep_number(to, cell->number);
            else rep_truth(to, cell->number != 0);
        }
    }
    if (!to->failed.status) to->failed = from->failed;
}

/* ---- reading ---- */
int rep_column_find(const rep_table *table, const char *name)
{
    for (int i = 0; i < table->columns; i++)
        if (lg_casecmp(table->column[i].name, name) == 0) return i;
    return -1;
}

/* 15 digits suffice for most numbers people write, 17 for all of binary64. */
void rep_number_text(double number, lg_buf *out)
{
    char text[40];
    double back;
    if (!isfinite(number)) return;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (lg_parse_double(text, &back) && !(back < number) && !(back > number)) break;
    }
    lg_buf_adds(out, text);
}

void rep_cell_text(const rep_table *table, size_t row, int column, lg_buf *out)
{
    const rep_cell *cell = rep_cell_at(table, row, column);
    if (table->column[column].type == REP_TEXT) lg_buf_adds(out, cell->text);
    else if (isnan(cell->number)) return;
    else if (table->column[column].type == REP_TRUTH) lg_buf_adds(out, cell->number != 0 ? "yes" : "no");
    else rep_number_text(cell->number, out);
}
