/* workbook.h - a Tableau workbook (.twb) over CSV files that lie beside it.
 *
 *     rep_source source = {.caption = "posts", .file = "adidas-posts.csv", .table = &table};
 *     rep_sheet sheets[] = {{.name = "Pictures by brand", .mark = REP_BAR, .source = 0,
 *                            .rows = {"brand", REP_ITSELF}, .cols = {"image", REP_COUNT}}};
 *     rep_book book = {.source = &source, .sources = 1, .sheet = sheets, .sheets = 1};
 *     rep_book_write(&book, &out);
 *
 * The file is one that Tableau 2018.1 and everything later reads (version 18.1, no feature that is younger). Its
 * structure follows Tableau's published schemas (tableau/tableau-document-schemas), against which
 * tests/real/tables.py checks it. Connections are to the folder ".", that of the workbook.
 *
 * Numbers are integer where the table says they are whole, else real; days are dates. Times and truths stay strings:
 * which of them Tableau takes for a date or a truth depends on its version and the reader's country.
 *
 * Invariants: same book, same bytes; any text is escaped, and what XML 1.0 cannot hold becomes U+FFFD. */
#ifndef REP_WORKBOOK_H
#define REP_WORKBOOK_H

#include "lib/report/table.h"

typedef struct rep_source {
    const char *caption; /* different from those of others */
    const char *file;    /* its name, without a folder */
    const rep_table *table;
} rep_source;

typedef enum rep_mark { REP_BAR, REP_LINE, REP_CELL } rep_mark; /* CELL: coloured squares with their number */
typedef enum rep_derived { REP_ITSELF, REP_SUM, REP_COUNT, REP_COUNT_DIFFERENT, REP_WEEK } rep_derived;

/* A column of the source as a sheet uses it; {0}: none. Columns that are not there are left out. */
typedef struct rep_field {
    const char *column;
    rep_derived derived;
} rep_field;

typedef struct rep_sheet {
    const char *name; /* different from those of others */
    rep_mark mark;
    int source;
    rep_field rows, cols, color;
} rep_sheet;

typedef struct rep_book {
    const rep_source *source;
    int sources; /* at least 1 */
    const rep_sheet *sheet;
    int sheets; /* 0: one that is empty */
} rep_book;

void rep_book_write(const rep_book *book, lg_buf *out);

#endif
