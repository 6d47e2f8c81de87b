/* export_book.c - any object with rows as a Tableau workbook: which tables go with it, and which sheets show them. */
#include "kernel/commands/export_book.h"

#include <math.h>
#include <string.h>

#include "kernel/commands/box_customers.h"
#include "kernel/commands/box_matrix.h"
#include "kernel/commands/box_posts.h"
#include "kernel/commands/box_table.h"
#include "kernel/commands/export_rows.h"
#include "lib/base/reach.h"
#include "lib/report/posts_table.h"
#include "lib/base/banned.h"

/* ---- putting a book together ---- */
/* The workbook's own name without a folder and without .twb. */
static void stem_of(const char *path, const char **stem, int *len)
{
    const char *slash = strrchr(path, '/'), *dot;
    *stem = slash ? slash + 1 : path;
    dot = strrchr(*stem, '.');
    *len = dot && dot > *stem ? (int)(dot - *stem) : (int)strlen(*stem);
}

/* A new table of the book, empty; its file is called after the workbook and the caption. NULL: err is filled. */
static rep_table *add_source(cmd_book *book, const char *caption, lg_err *err)
{
    const char *stem;
    int len, at = book->book.sources;
    stem_of(book->path, &stem, &len);
    book->file[at] = lg_strf(err, "%.*s-%s.csv", len, stem, caption);
    if (!book->file[at]) return NULL;
    book->source[at] = (rep_source){caption, book->file[at], &book->table[at]};
    book->book.sources++;
    return &book->table[at];
}

static void add_sheet(cmd_book *book, const char *name, rep_mark mark, rep_field rows, rep_field cols, rep_field color)
{
    book->sheet[book->book.sheets++] = (rep_sheet){name, mark, book->book.sources - 1, rows, cols, color};
}

#define OF(column, derived) ((rep_field){column, derived})
#define NO_FIELD            ((rep_field){0})

/* ---- posts ---- */
static lg_status add_posts(cmd_book *book, const rep_posts *posts, lg_err *err)
{
    rep_table *table = add_source(book, "posts", err);
    if (!table) return err->status;
    LG_TRY(rep_posts_table(posts, NULL, table, err));
    if (posts->labels) {
        add_sheet(book, "Pictures by brand", REP_BAR, OF("brand", REP_ITSELF), OF("image", REP_COUNT), NO_FIELD);
        add_sheet(book, "Brands by week", REP_LINE, OF("image", REP_COUNT), OF("day", REP_WEEK),
                  OF("brand", REP_ITSELF));
    }
    add_sheet(book, "Posts by week", REP_LINE, OF("post_id", REP_COUNT_DIFFERENT), OF("day", REP_WEEK),
              OF("platform", REP_ITSELF));
    return LG_OK;
}

static lg_status of_posts(const dsl_object *object, cmd_book *book, lg_err *err)
{
    LG_TRY(add_posts(book, object->payload, err));
    add_sheet(book, "Posts by user", REP_BAR, OF("user", REP_ITSELF), OF("post_id", REP_COUNT_DIFFERENT), NO_FIELD);
    return LG_OK;
}

/* ---- customers, with the posts that they were found in. Those name people, so an anonymous list goes alone. ---- */
static lg_status of_customers(const dsl_object *object, cmd_book *book, lg_err *err)
{
    const rep_customers *list = cmd_customers(object);
    rep_table *table = add_source(book, "customers", err);
    if (!table) return err->status;
    LG_TRY(cmd_export_table(object, table, err));
    add_sheet(book, "Customers", REP_BAR, OF("user", REP_ITSELF), OF("posts", REP_SUM), OF("standing", REP_ITSELF));
    if (!list->anonymous) return add_posts(book, list->posts, err);
    book->note = "the posts are left out: they would name the people of an anonymous list";
    return LG_OK;
}

/* ---- confusion matrices: in long form, which is what Tableau counts with, and figures by label ---- */
static void fill_pairs(const cmd_matrix *m, rep_table *table)
{
    int n = m->score.classes;
    rep_column_add(table, "true", REP_TEXT);
    rep_column_add(table, "predicted", REP_TEXT);
    rep_column_mean(table, "count", REP_NUMBER, REP_AS_WHOLE);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            rep_row_add(table);
            rep_text(table, m->labels.name[m->order[i]]);
            rep_text(table, m->labels.name[m->order[k]]);
            rep_number(table, (double)m->score.count[m->order[i] * n + m->order[k]]);
        }
}

static void fill_metrics(const cmd_matrix *m, rep_table *table)
{
    static const char *const columns[] = {"images", "predicted", "right", "recall", "precision", "f1"};
    rep_column_add(table, "label", REP_TEXT);
    for (int i = 0; i < 6; i++) rep_column_mean(table, columns[i], REP_NUMBER, i < 3 ? REP_AS_WHOLE : REP_AS_IS);
    for (int i = 0; i < m->score.classes; i++) {
        const nn_class_score s = nn_confusion_class(m->score.count, m->score.classes, m->order[i]);
        const double value[] = {(double)s.truth,
                                (double)s.predicted,
                                (double)s.right,
                                s.truth ? s.recall : (double)NAN,
                                s.predicted ? s.precision : (double)NAN,
                                s.f1}; /* of nothing there is no share */
        rep_row_add(table);
        rep_text(table, m->labels.name[m->order[i]]);
        for (int k = 0; k < 6; k++) rep_number(table, value[k]);
    }
}

static lg_status of_matrix(const dsl_object *object, cmd_book *book, lg_err *err)
{
    rep_table *table = add_source(book, "confusion", err);
    if (!table) return err->status;
    fill_pairs(object->payload, table);
    LG_TRY(rep_table_check(table, err));
    add_sheet(book, "Confusion matrix", REP_CELL, OF("true", REP_ITSELF), OF("predicted", REP_ITSELF),
              OF("count", REP_SUM));
    table = add_source(book, "metrics", err);
    if (!table) return err->status;
    fill_metrics(object->payload, table);
    add_sheet(book, "Recall by label", REP_BAR, OF("label", REP_ITSELF), OF("recall", REP_SUM), NO_FIELD);
    add_sheet(book, "Precision by label", REP_BAR, OF("label", REP_ITSELF), OF("precision", REP_SUM), NO_FIELD);
    return rep_table_check(table, err);
}

/* ---- whatever else has rows ---- */
static lg_status of_run(const dsl_object *object, cmd_book *book, lg_err *err)
{
    rep_table *table = add_source(book, "epochs", err);
    if (!table) return err->status;
    LG_TRY(cmd_export_table(object, table, err));
    add_sheet(book, "Accuracy by epoch", REP_LINE, OF("accuracy", REP_SUM), OF("epoch", REP_ITSELF), NO_FIELD);
    add_sheet(book, "Validation accuracy by epoch", REP_LINE, OF("val_accuracy", REP_SUM), OF("epoch", REP_ITSELF),
              NO_FIELD);
    add_sheet(book, "Loss by epoch", REP_LINE, OF("loss", REP_SUM), OF("epoch", REP_ITSELF), NO_FIELD);
    return LG_OK;
}

static lg_status of_images(const dsl_object *object, cmd_book *book, lg_err *err)
{
    rep_table *table = add_source(book, "images", err);
    if (!table) return err->status;
    LG_TRY(cmd_export_table(object, table, err));
    add_sheet(book, "Images by label", REP_BAR, OF("label", REP_ITSELF), OF("id", REP_COUNT), OF("split", REP_ITSELF));
    return LG_OK;
}

/* The first column of texts by the first one of numbers, if there are such. */
static void add_first_sheet(cmd_book *book, const rep_table *t)
{
    const char *text = NULL, *number = NULL;
    for (int i = t->columns - 1; i >= 0; i--)
        if (t->column[i].type == REP_TEXT) text = t->column[i].name;
        else if (t->column[i].type == REP_NUMBER) number = t->column[i].name;
    if (text && number) add_sheet(book, "Rows", REP_BAR, OF(text, REP_ITSELF), OF(number, REP_SUM), NO_FIELD);
}

static lg_status of_anything(const dsl_object *object, cmd_book *book, lg_err *err)
{
    rep_table *table = add_source(book, "rows", err);
    if (!table) return err->status;
    LG_TRY(cmd_export_table(object, table, err));
    add_first_sheet(book, table);
    return LG_OK;
}

static lg_status fill(const dsl_object *object, cmd_book *book, lg_err *err)
{
    static const struct {
        const dsl_class *cls;
        lg_status (*fill)(const dsl_object *object, cmd_book *book, lg_err *err);
    } kinds[] = {{&cmd_posts_class, of_posts},
                 {&cmd_customers_class, of_customers},
                 {&cmd_matrix_class, of_matrix},
                 {&cmd_run_class, of_run},
                 {&cmd_dataset_class, of_images}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].cls == object->cls) return kinds[i].fill(object, book, err);
    return of_anything(object, book, err);
}

lg_status cmd_book_new(const dsl_object *object, const char *path, cmd_book **out, lg_err *err)
{
    cmd_book *book = lg_alloc(1, sizeof *book, err);
    if (!book) return err->status;
    for (int i = 0; i < CMD_BOOK_SOURCES; i++) rep_table_init(&book->table[i]);
    book->book = (rep_book){.source = book->source, .sheet = book->sheet};
    book->path = lg_strdup(path, err);
    lg_status st = book->path ? fill(object, book, err) : err->status;
    if (st) cmd_book_free(book);
    else *out = book;
    return st;
}

void cmd_book_free(cmd_book *book)
{
    if (!book) return;
    for (int i = 0; i < CMD_BOOK_SOURCES; i++) {
        rep_table_release(&book->table[i]);
        lg_free(book->file[i]);
    }
    lg_free(book->path);
    lg_free(book);
}

/* ---- files ---- */
static lg_status write_beside(const cmd_book *book, const char *name, const lg_buf *bytes, lg_err *err)
{
    const char *slash = strrchr(book->path, '/');
    char *path = lg_strf(err, "%.*s%s", slash ? (int)(slash - book->path + 1) : 0, book->path, name);
    if (!path) return err->status;
    lg_status st = lg_reach_write(path, bytes->data, bytes->len, 0666, err);
    lg_free(path);
    return st;
}

static lg_status make_all(const cmd_book *book, const rep_work *work, lg_buf bytes[], lg_err *err)
{
    for (int i = 0; i < book->book.sources; i++)
        LG_TRY(cmd_rows_format_find("csv")->write(book->source[i].table, work, &bytes[i], err));
    rep_book_write(&book->book, &bytes[book->book.sources]);
    return lg_buf_check(&bytes[book->book.sources], err);
}

/* All is made before the first file is written; the workbook, which names the others, comes last. */
lg_status cmd_book_write(cmd_book *book, const rep_work *work, lg_err *err)
{
    lg_buf bytes[CMD_BOOK_SOURCES + 1];
    int n = book->book.sources;
    for (int i = 0; i <= n; i++) lg_buf_init(&bytes[i], (size_t)1 << 31);
    lg_status st = make_all(book, work, bytes, err);
    if (st == LG_OK) st = lg_cancel_check(work->cancel, err);
    for (int i = 0; i < n && st == LG_OK; i++) st = write_beside(book, book->file[i], &bytes[i], err);
    if (st == LG_OK) st = lg_reach_write(book->path, bytes[n].data, bytes[n].len, 0666, err);
    for (int i = 0; i <= n; i++) {
        book->bytes[i] = bytes[i].len;
        lg_buf_release(&bytes[i]);
    }
    return st;
}
