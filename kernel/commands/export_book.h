/* export_book.h - any object with rows as a Tableau workbook and the CSV files it opens.
 *
 *     cmd_book *book;
 *     LG_TRY(cmd_book_new(object, "nets/adidas.twb", &book, err));
 *     … book->source[0].file is adidas-posts.csv, book->source[0].table its rows …
 *     LG_GO(cmd_book_write(book, &work, err));   // the CSV files, then the workbook; each whole or not at all
 *     done: cmd_book_free(book);
 */
#ifndef CMD_EXPORT_BOOK_H
#define CMD_EXPORT_BOOK_H

#include "kernel/dsl/value.h"
#include "lib/report/workbook.h"

enum { CMD_BOOK_SOURCES = 3, CMD_BOOK_SHEETS = 6 };

typedef struct cmd_book {
    char *path; /* of the workbook */
    rep_table table[CMD_BOOK_SOURCES];
    char *file[CMD_BOOK_SOURCES]; /* names beside it */
    size_t bytes[CMD_BOOK_SOURCES + 1]; /* what was written: of each, and of the workbook behind the last */
    rep_source source[CMD_BOOK_SOURCES];
    rep_sheet sheet[CMD_BOOK_SHEETS];
    rep_book book;
    const char *note; /* what is not in it, for people, or NULL */
} cmd_book;

/* LL133: it has no rows. */
lg_status cmd_book_new(const dsl_object *object, const char *path, cmd_book **out, lg_err *err) LG_MUST_CHECK;
lg_status cmd_book_write(cmd_book *book, const rep_work *work, lg_err *err) LG_MUST_CHECK;
void cmd_book_free(cmd_book *book); /* NULL is fine */

#endif
