/* box_table.h - tables as objects of the language, and any object as a table.
 *
 *     rep_table table;                                    // `export`: every object that has rows
 *     LG_TRY(cmd_table_of(object, &table, err));          // fills it; release also after a failure
 *     rep_csv_write(&table, ',', &out);
 *     rep_table_release(&table);
 *
 *     LG_TRY(cmd_table_open("t", "results.csv", bytes, len, call->recipe, &object, err)); // `open t from results.csv`
 *     LG_TRY(dsl_call_bind(call, "t", object, err));
 */
#ifndef CMD_BOX_TABLE_H
#define CMD_BOX_TABLE_H

#include "kernel/commands/box_dataset.h"
#include "lib/report/table.h"

/* A table object: what it is about, and its rows. The payload of cmd_table_class. */
typedef struct cmd_table {
    rep_table table;
    char *title; /* "report scratch on logos.val, 601 images"; owned */
} cmd_table;
extern const dsl_class cmd_table_class;

/* An object from a finished table. table is consumed (its content moves; it is left empty), title is copied. */
lg_status cmd_table_new(rep_table *table, const char *title, const char *recipe, dsl_object **out,
                        lg_err *err) LG_MUST_CHECK;
/* Keeps it under the name of `as`, where param (a NEWNAME) was given; else only releases it. table is consumed. */
lg_status cmd_table_keep(const dsl_call *call, int param, rep_table *table, const char *title,
                         lg_err *err) LG_MUST_CHECK;

/* The rows of any object that has some: a table as it is; a confusion matrix with the column `true \ predicted`, one
 * column a label and True Total, and the last row Predicted Total; a dataset with one row an image; a run with one row
 * an epoch; a grid with numbered columns; posts as lib/report/posts_table.h has them, without names of thumbnails.
 * table is initialised here; release it whatever comes back. LL133: this kind has no rows. */
lg_status cmd_table_of(const dsl_object *object, rep_table *table, lg_err *err) LG_MUST_CHECK;

/* Bytes of a .csv, .tsv or .json file (by the ending of `file`) as an object: a confusion matrix where the table is
 * one - as many rows as columns of whole numbers, under the same labels, with or without totals - else a table. LL330
 * with the line of the file, LL335 totals that do not add up. */
lg_status cmd_table_open(const char *name, const char *file, const char *bytes, size_t len, const char *recipe,
                         dsl_object **out, lg_err *err) LG_MUST_CHECK;

/* `show TABLE [where …] [sort FIELD] [limit N]`: limit and sort NULL where they were not given. */
lg_status cmd_table_show(const dsl_call *call, const dsl_value *table, const dsl_value *limit, const dsl_value *sort,
                         bool ascending, lg_err *err) LG_MUST_CHECK;

/* The column `id` of a table of images, the first one: what people call them. A set with marks has numbers such as
 * 412.10, which are texts. */
void cmd_id_column(rep_table *table, const data_set *set);
void cmd_id_cell(rep_table *table, const data_image *image);

#endif
