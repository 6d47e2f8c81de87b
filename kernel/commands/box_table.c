/* box_table.c - tables as objects: their fields, their rows under `where` and `sort`, and other objects as tables. */
#include "kernel/commands/box_table.h"
#include "kernel/commands/distinct.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { ROWS_SHOWN = 24, ROWS_NAMED = 64 };

static void table_drop(void *payload)
{
    cmd_table *t = payload;
    if (!t) return;
    rep_table_release(&t->table);
    lg_free(t->title);
    lg_free(t);
}

/* ---- fields: `rows`, `columns`; a table of one row: COLUMN; else ROW.COLUMN, where ROW is best (the first), a number
 * from 1, or the text of its first column ---- */
static bool row_named(const rep_table *t, const char *name, size_t len, size_t *row)
{
    char word[128];
    long long number;
    if (!len || len >= sizeof word) return false;
    memcpy(word, name, len);
    word[len] = 0;
    *row = 0;
    if (strcmp(word, "best") == 0) return t->rows > 0;
    for (*row = 0; t->columns && t->column[0].type == REP_TEXT && *row < t->rows; ++*row)
        if (lg_casecmp(rep_cell_at(t, *row, 0)->text, word) == 0) return true;
    if (!lg_parse_int(word, &number) || number < 1 || (unsigned long long)number > t->rows) return false;
    *row = (size_t)number - 1;
    return true;
}

static lg_status cell_fact(const rep_table *t, size_t row, const char *column, dsl_fact *out)
{
    int at = rep_column_find(t, column);
    if (at < 0) return LG_E_NAME;
    const rep_cell *cell = rep_cell_at(t, row, at);
    if (t->column[at].type == REP_TEXT) out->text = cell->text;
    else out->number = cell->number;
    return LG_OK;
}

static lg_status table_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    (void)arena, (void)err;
    const rep_table *t = &((const cmd_table *)payload)->table;
    *out = (dsl_fact){0};
    if (t->rows == 1 && cell_fact(t, 0, path, out) == LG_OK) return LG_OK;
    if (strcmp(path, "rows") == 0) out->number = (double)t->rows;
    else if (strcmp(path, "columns") == 0) out->number = t->columns;
    else {
        size_t row;
        for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) /* a label may hold dots */
            if (row_named(t, path, (size_t)(dot - path), &row) && cell_fact(t, row, dot + 1, out) == LG_OK)
                return LG_OK;
        return LG_E_NAME;
    }
    return LG_OK;
}

static void table_fields(const void *payload, lg_buf *out)
{
    const rep_table *t = &((const cmd_table *)payload)->table;
    lg_buf_adds(out, "rows\ncolumns\n");
    for (int i = 0; t->rows == 1 && i < t->columns; i++) lg_buf_addf(out, "%s\n", t->column[i].name);
    bool named = t->columns && t->column[0].type == REP_TEXT;
    for (size_t r = 0; t->rows > 1 && r < t->rows && r < ROWS_NAMED; r++)
        for (int i = named; i < t->columns; i++) {
            if (named && *rep_cell_at(t, r, 0)->text)
                lg_buf_addf(out, "%s.%s\n", rep_cell_at(t, r, 0)->text, t->column[i].name);
            else if (!named) lg_buf_addf(out, "%zu.%s\n", r + 1, t->column[i].name);
        }
}

static void table_where_fields(const void *payload, lg_buf *out)
{
    static const char *const kinds[] = {[REP_TEXT] = "text", [REP_NUMBER] = "number", [REP_TRUTH] = "truth"};
    const rep_table *t = &((const cmd_table *)payload)->table;
    for (int i = 0; i < t->columns; i++)
        if (!strpbrk(t->column[i].name, " \n") && *t->column[i].name)
            lg_buf_addf(out, "%s %s\n", t->column[i].name, kinds[t->column[i].type]);
}

static void table_brief(const void *payload, lg_buf *out)
{
    const cmd_table *t = payload;
    lg_buf_addf(out, "%s: %s row%s, %d column%s", t->title, lg_thousands((long long)t->table.rows),
                t->table.rows == 1 ? "" : "s", t->table.columns, t->table.columns == 1 ? "" : "s");
}

/* ---- as a document ---- */
static void doc_cell(plt_doc *doc, const rep_table *t, size_t row, int column)
{
    const rep_cell *cell = rep_cell_at(t, row, column);
    rep_type type = t->column[column].type;
    if (type == REP_TEXT && column == 0) plt_head(doc, "%s", cell->text);
    else if (type == REP_TEXT) plt_cell(doc, "%s", cell->text);
    else if (isnan(cell->number)) plt_cell(doc, "%s", "–");
    else if (type == REP_TRUTH) plt_cell(doc, "%s", cell->number != 0 ? "yes" : "no");
    else if (fabs(cell->number) >= 10000 && fabs(cell->number) < 1e15 && cell->number == floor(cell->number))
        plt_cell(doc, "%s", lg_thousands((long long)cell->number));
    else if (cell->number == floor(cell->number)) plt_cell(doc, "%.6g", cell->number);
    else plt_cell(doc, "%.4g", cell->number);
}

static void doc_rows(plt_doc *doc, const rep_table *t, const size_t *order, size_t n)
{
    plt_table(doc, "%s", "");
    for (int i = 0; i < t->columns; i++)
        plt_column(doc, t->column[i].type == REP_NUMBER ? PLT_RIGHT : PLT_LEFT, "%s", t->column[i].name);
    for (size_t r = 0; r < n; r++) {
        plt_row(doc, PLT_ROW_PLAIN);
        for (int i = 0; i < t->columns; i++) doc_cell(doc, t, order ? order[r] : r, i);
    }
}

static void table_values(const void *payload, const char *field, const char *prefix, int most, lg_buf *out)
{
    const rep_table *t = &((const cmd_table *)payload)->table;
    cmd_distinct d = {.prefix = prefix, .most = most, .out = out};
    for (int c = 0; c < t->columns; c++)
        for (size_t r = 0; strcmp(t->column[c].name, field) == 0 && t->column[c].type == REP_TEXT && r < t->rows &&
                           r < CMD_DISTINCT_ROWS && !cmd_distinct_full(&d);
             r++)
            cmd_distinct_add(&d, rep_cell_at(t, r, c)->text);
}

static lg_status table_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const cmd_table *t = object->payload;
    size_t n = t->table.rows < ROWS_SHOWN ? t->table.rows : ROWS_SHOWN;
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "%s: %s", name, t->title);
    doc_rows(&doc, &t->table, NULL, n);
    if (n < t->table.rows)
        plt_note(&doc, "%s more rows: show %s limit %zu", lg_thousands((long long)(t->table.rows - n)), name,
                 t->table.rows);
    return cmd_display_to(out, &doc, false, 0, err);
}

const dsl_class cmd_table_class = {
    .kind = DSL_KIND_TABLE,
    .drop = table_drop,
    .field = table_field,
    .fields = table_fields,
    .where_fields = table_where_fields,
    .values = table_values,
    .brief = table_brief,
    .show = table_show,
};

/* ---- making ---- */
lg_status cmd_table_new(rep_table *table, const char *title, const char *recipe, dsl_object **out, lg_err *err)
{
    lg_status st;
    cmd_table *t = NULL;
    LG_GO(rep_table_check(table, err));
    t = lg_alloc(1, sizeof *t, err);
    LG_GO(t ? LG_OK : err->status);
    t->title = lg_strdup(title, err);
    if (!t->title) {
        lg_free(t);
        LG_GO(err->status);
    }
    t->table = *table;
    rep_table_init(table);
    return dsl_object_new(&cmd_table_class, t, recipe, out, err);
done:
    rep_table_release(table);
    return st;
}

lg_status cmd_table_keep(const dsl_call *call, int param, rep_table *table, const char *title, lg_err *err)
{
    dsl_object *object;
    if (!call->arg[param].count) {
        rep_table_release(table);
        return LG_OK;
    }
    LG_TRY(cmd_table_new(table, title, call->recipe, &object, err));
    return dsl_call_bind(call, call->arg[param].value[0].text, object, err);
}

/* ---- show with where, sort, limit ---- */
typedef struct table_row {
    const rep_table *table;
    size_t row;
} table_row;

static lg_status row_field(const void *row, const char *field, dsl_fact *out, lg_err *err)
{
    const table_row *r = row;
    (void)err;
    *out = (dsl_fact){0};
    return cell_fact(r->table, r->row, field, out);
}

/* Rows that pass `where`, in order. */
static lg_status rows_where(const dsl_call *call, const rep_table *t, size_t *order, size_t *n, lg_err *err)
{
    const char *names[REP_COLUMNS + 1];
    int known = 0;
    for (int i = 0; i < t->columns; i++) names[known++] = t->column[i].name;
    names[known] = NULL;
    *n = 0;
    for (size_t r = 0; r < t->rows; r++) {
        bool pass;
        if ((r & 4095) == 0) LG_TRY(lg_cancel_check(call->cancel, err));
        LG_TRY(dsl_cond_eval(call->where, row_field, &(table_row){t, r}, names, &pass, err));
        if (pass) order[(*n)++] = r;
    }
    return LG_OK;
}

typedef struct sort_key {
    size_t row;
    const char *text;
    double number;
    bool down;
} sort_key;

/* What is missing comes last, whichever way; equal ones keep their order. */
static int by_key(const void *a, const void *b)
{
    const sort_key *x = a, *y = b;
    int order = 0;
    if (x->text) order = lg_casecmp(x->text, y->text);
    else if (isnan(x->number) || isnan(y->number)) {
        if (isnan(x->number) != isnan(y->number)) return isnan(x->number) ? 1 : -1;
    } else order = (x->number > y->number) - (x->number < y->number);
    if (order) return x->down ? -order : order;
    return x->row < y->row ? -1 : x->row > y->row;
}

static lg_status sort_rows(const rep_table *t, const dsl_value *field, bool ascending, size_t *order, size_t n,
                           lg_err *err)
{
    static const char *const down[] = {"confidence", "loss", "likes", "date"};
    int at = rep_column_find(t, field->text);
    bool largest = false;
    if (at < 0) {
        lg_fail(err, LG_E_NAME, 149, "this table has no column `%.60s` to sort by", field->text);
        return lg_err_place(err, field->span);
    }
    for (size_t i = 0; i < sizeof down / sizeof *down; i++) largest = largest || !lg_casecmp(field->text, down[i]);
    sort_key *key = lg_alloc(n + 1, sizeof *key, err);
    if (!key) return err->status;
    for (size_t i = 0; i < n; i++) {
        const rep_cell *cell = rep_cell_at(t, order[i], at);
        key[i] = (sort_key){.row = order[i], .down = largest && !ascending};
        if (t->column[at].type == REP_TEXT) key[i].text = cell->text;
        else key[i].number = cell->number;
    }
    qsort(key, n, sizeof *key, by_key);
    for (size_t i = 0; i < n; i++) order[i] = key[i].row;
    lg_free(key);
    return LG_OK;
}

static lg_status show_rows(const dsl_call *call, const dsl_value *table, const size_t *order, size_t n, size_t limit,
                           lg_err *err)
{
    const cmd_table *t = table->object->payload;
    size_t shown = n < limit ? n : limit;
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "%s%s: %s, %zu of %s rows", table->name, cmd_where_text(call), t->title, shown,
              lg_thousands((long long)t->table.rows));
    if (n) doc_rows(&doc, &t->table, order, shown);
    else plt_text(&doc, "no row passes; `show %s` shows them all", table->name);
    if (shown < n) plt_note(&doc, "%s more rows pass: add `limit %zu`", lg_thousands((long long)(n - shown)), n);
    return cmd_display(call, &doc, false, err);
}

lg_status cmd_table_show(const dsl_call *call, const dsl_value *table, const dsl_value *limit, const dsl_value *sort,
                         bool ascending, lg_err *err)
{
    const rep_table *t = &((const cmd_table *)table->object->payload)->table;
    size_t n = 0, *order = lg_alloc(t->rows + 1, sizeof *order, err);
    if (!order) return err->status;
    lg_status st = rows_where(call, t, order, &n, err);
    if (st == LG_OK && sort) st = sort_rows(t, sort, ascending, order, n, err);
    if (st == LG_OK) st = show_rows(call, table, order, n, limit ? (size_t)limit->integer : ROWS_SHOWN, err);
    lg_free(order);
    return st;
}

void cmd_id_column(rep_table *table, const data_set *set)
{
    bool ids = true; /* they are the numbers */
    for (size_t i = 0; i < data_count(set) && ids; i++) {
        data_image image;
        long long number;
        data_image_at(set, i, &image);
        ids = lg_parse_int(image.number, &number) && number == image.id;
    }
    rep_column_add(table, "id", ids ? REP_NUMBER : REP_TEXT);
}

void cmd_id_cell(rep_table *table, const data_image *image)
{
    if (table->columns && table->column[0].type == REP_TEXT) rep_text(table, image->number);
    else rep_number(table, image->id);
}
