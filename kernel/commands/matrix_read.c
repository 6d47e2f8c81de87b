/* matrix_read.c - files as tables, and the tables among them that are confusion matrices. */
#include "kernel/commands/box_matrix.h"
#include "kernel/commands/box_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/banned.h"

/* ---- is it a matrix? ---- */
typedef struct layout {
    const rep_table *table;
    int n;            /* classes */
    int total_column; /* 0: none */
    bool total_row;
    bool transposed; /* rows are what was predicted */
} layout;

static bool is_total(const char *name)
{
    static const char *const words[] = {"true total", "predicted total", "total", "all", "sum"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (lg_casecmp(name, words[i]) == 0) return true;
    return false;
}

static const char *row_name(const rep_table *t, size_t row)
{
    return rep_cell_at(t, row, 0)->text;
}

/* Whole numbers that binary64 holds exactly. */
static bool is_count(double x)
{
    return x >= 0 && x <= 9007199254740992.0 && x == floor(x);
}

/* Names across and down are the same, in one order; what may follow are totals. */
static bool find_layout(const rep_table *t, layout *out)
{
    *out = (layout){.table = t};
    if (t->columns < 3 || t->columns > 1000 || t->rows < 2 || t->column[0].type != REP_TEXT) return false;
    int n = t->columns - 1;
    if (is_total(t->column[n].name)) out->total_column = n--;
    out->total_row = t->rows == (size_t)n + 1 && is_total(row_name(t, t->rows - 1));
    if (n < 2 || t->rows != (size_t)n + out->total_row) return false;
    for (int i = 0; i < n; i++) {
        if (t->column[i + 1].type != REP_NUMBER || lg_casecmp(t->column[i + 1].name, row_name(t, (size_t)i)))
            return false;
        for (int j = 0; j < n; j++)
            if (!is_count(rep_cell_at(t, (size_t)i, j + 1)->number)) return false;
    }
    out->n = n;
    out->transposed = strncasecmp(t->column[0].name, "predicted", 9) == 0 ||
                      (out->total_row && lg_casecmp(row_name(t, t->rows - 1), "true total") == 0) ||
                      (out->total_column && lg_casecmp(t->column[out->total_column].name, "predicted total") == 0);
    return true;
}

/* ---- do its totals hold? ---- */
static int64_t cell(const layout *l, int row, int column)
{
    return (int64_t)rep_cell_at(l->table, (size_t)row, column + 1)->number;
}

/* A total that was left empty, or that is no number, says nothing. */
static lg_status total_holds(const char *name, double said, int64_t sum, lg_err *err)
{
    if (isnan(said) || said == (double)sum) return LG_OK;
    lg_fail(err, LG_E_DATA, 335,
            "the totals of this confusion matrix do not add up: `%.80s` is said to have %.15g images", name, said);
    lg_why(err, "its cells add up to %s", lg_thousands((long long)sum));
    return lg_try(err, "correct the file, or leave out its totals");
}

static lg_status totals_hold(const layout *l, lg_err *err)
{
    const rep_table *t = l->table;
    for (int i = 0; i < l->n; i++) {
        int64_t across = 0, down = 0;
        for (int j = 0; j < l->n; j++) across += cell(l, i, j), down += cell(l, j, i);
        if (l->total_column && t->column[l->total_column].type == REP_NUMBER)
            LG_TRY(
                total_holds(row_name(t, (size_t)i), rep_cell_at(t, (size_t)i, l->total_column)->number, across, err));
        if (l->total_row)
            LG_TRY(total_holds(t->column[i + 1].name, rep_cell_at(t, (size_t)l->n, i + 1)->number, down, err));
    }
    return LG_OK;
}

/* The corner is where totals are most often forgotten: it is told, not refused. */
static lg_status corner_note(const layout *l, int64_t total, char **out, lg_err *err)
{
    const rep_table *t = l->table;
    if (!l->total_column || !l->total_row || t->column[l->total_column].type != REP_NUMBER) return LG_OK;
    double corner = rep_cell_at(t, (size_t)l->n, l->total_column)->number;
    if (isnan(corner) || corner == (double)total) return LG_OK;
    *out = lg_strf(err, "the corner of the file says %.15g; its cells add up to %s", corner,
                   lg_thousands((long long)total));
    return *out ? LG_OK : err->status;
}

/* ---- making it ---- */
static lg_status fill_matrix(const layout *l, const char *file, cmd_matrix *m, lg_err *err)
{
    size_t n = (size_t)l->n;
    m->score.classes = l->n;
    m->score.loss = (double)NAN;
    m->score.count = lg_alloc(n * n, sizeof *m->score.count, err);
    m->order = m->score.count ? lg_alloc(n, sizeof *m->order, err) : NULL;
    m->labels.name = m->order ? lg_alloc(n + 1, sizeof *m->labels.name, err) : NULL;
    if (!m->labels.name) return err->status;
    for (int i = 0; i < l->n; i++) {
        m->order[i] = i;
        if (!(m->labels.name[i] = lg_strdup(row_name(l->table, (size_t)i), err))) return err->status;
        m->labels.count++;
        for (int j = 0; j < l->n; j++)
            m->score.count[(size_t)i * n + (size_t)j] = l->transposed ? cell(l, j, i) : cell(l, i, j);
    }
    LG_TRY(totals_hold(l, err));
    LG_TRY(corner_note(l, cmd_score_total(&m->score), &m->note, err));
    m->title = lg_strf(err, "%s, %s images", file, lg_thousands((long long)cmd_score_total(&m->score)));
    return m->title ? LG_OK : err->status;
}

static lg_status open_matrix(const layout *l, const char *file, const char *recipe, dsl_object **out, lg_err *err)
{
    cmd_matrix *m = lg_alloc(1, sizeof *m, err);
    if (!m) return err->status;
    if (fill_matrix(l, file, m, err)) {
        cmd_matrix_free(m);
        return err->status;
    }
    return dsl_object_new(&cmd_matrix_class, m, recipe, out, err);
}

/* ---- one line a pair: true, predicted, count ---- */
static int column_called(const rep_table *t, rep_type type, const char *const *words)
{
    for (; *words; words++) {
        int at = rep_column_find(t, *words);
        if (at >= 0 && t->column[at].type == type) return at;
    }
    return -1;
}

static int by_name(const void *a, const void *b)
{
    return lg_casecmp(*(const char *const *)a, *(const char *const *)b);
}

/* All labels once, in the order of classes; NULL where there are too few or too many for a matrix, or memory is out. */
static const char **labels_of(const rep_table *t, const int column[2], int *count)
{
    lg_err ignored = {0};
    const char **all = t->rows <= 1000000 ? lg_alloc(2 * t->rows, sizeof *all, &ignored) : NULL;
    if (!all) return NULL;
    for (size_t i = 0; i < 2 * t->rows; i++) all[i] = rep_cell_at(t, i / 2, column[i % 2])->text;
    qsort(all, 2 * t->rows, sizeof *all, by_name);
    size_t n = 1;
    for (size_t i = 1; i < 2 * t->rows; i++)
        if (by_name(&all[i], &all[n - 1])) all[n++] = all[i];
    *count = n < 1000 ? (int)n : 0;
    if (n >= 2 && n < REP_COLUMNS - 2 && **all) return all;
    lg_free(all);
    return NULL;
}

static int place_of(const char *const *label, int n, const char *name)
{
    const char *const *at = bsearch(&name, label, (size_t)n, sizeof *label, by_name);
    return (int)(at - label);
}

/* The same counts as a table that is a matrix; false where the table is not such a list. A pair said twice is not. */
static bool widen(const rep_table *t, rep_table *out)
{
    static const char *const truths[] = {"true", "actual", "true label", "truth", "label", NULL};
    static const char *const saids[] = {"predicted", "prediction", "predicted label", NULL};
    static const char *const counts[] = {"count", "images", "number", "n", NULL};
    int column[2] = {column_called(t, REP_TEXT, truths), column_called(t, REP_TEXT, saids)}, n = 0;
    int number = column_called(t, REP_NUMBER, counts);
    if (t->columns != 3 || !t->rows || column[0] < 0 || column[1] < 0 || number < 0) return false;
    const char **label = labels_of(t, column, &n);
    lg_err ignored = {0};
    double *cell = label ? lg_alloc((size_t)n * (size_t)n, sizeof *cell, &ignored) : NULL;
    bool whole = cell != NULL;
    for (int i = 0; whole && i < n * n; i++) cell[i] = -1;
    for (size_t i = 0; whole && i < t->rows; i++) {
        int truth = place_of(label, n, rep_cell_at(t, i, column[0])->text);
        int said = place_of(label, n, rep_cell_at(t, i, column[1])->text);
        double *at = &cell[truth * n + said];
        whole = *at < 0 && is_count(rep_cell_at(t, i, number)->number);
        *at = rep_cell_at(t, i, number)->number;
    }
    if (whole) rep_column_add(out, "true \\ predicted", REP_TEXT);
    for (int i = 0; whole && i < n; i++) rep_column_add(out, label[i], REP_NUMBER);
    for (int i = 0; whole && i < n; i++) {
        rep_row_add(out);
        rep_text(out, label[i]);
        for (int j = 0; j < n; j++) rep_number(out, fmax(cell[i * n + j], 0));
    }
    lg_free(cell);
    lg_free(label);
    return whole;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcasecmp(text + n - m, end) == 0;
}

lg_status cmd_table_open(const char *name, const char *file, const char *bytes, size_t len, const char *recipe,
                         dsl_object **out, lg_err *err)
{
    (void)name;
    rep_table table;
    layout l;
    lg_status st;
    const char *slash = strrchr(file, '/'), *short_name = slash ? slash + 1 : file;
    rep_table_init(&table);
    if (ends_with(file, ".json")) st = rep_json_read(bytes, len, short_name, &table, err);
    else st = rep_csv_read(bytes, len, ends_with(file, ".tsv") ? '\t' : 0, short_name, &table, err);
    rep_table wide;
    rep_table_init(&wide);
    if (st == LG_OK && widen(&table, &wide) && (st = rep_table_check(&wide, err)) == LG_OK && find_layout(&wide, &l))
        st = open_matrix(&l, short_name, recipe, out, err);
    else if (st == LG_OK && find_layout(&table, &l)) st = open_matrix(&l, short_name, recipe, out, err);
    else if (st == LG_OK) st = cmd_table_new(&table, short_name, recipe, out, err);
    rep_table_release(&wide);
    rep_table_release(&table);
    return st;
}
